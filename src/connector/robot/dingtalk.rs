//! DingTalk's custom robot: `POST https://oapi.dingtalk.com/robot/send?access_token=…`, signed where the group
//! asks for it.
//!
//! Over 20 messages a minute the robot is locked for ten minutes. `msgUuid` makes a repeated message one, so a
//! message that got no answer is sent again without harm. What comes back is not always JSON: a gateway that
//! has had enough of an address answers with a page.

use super::{Format, Robot, WAIT, gateway, unanswered, wait, words};
use crate::connector::dingtalk::title;
use crate::connector::http::Answer;
use crate::connector::signed::{Signature, dingtalk};
use crate::connector::{Enclosure, SendFailure};
use crate::text::{Markup, Part};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// For so long a robot is locked that sent too many.
const LOCKED: Duration = Duration::from_mins(10);
/// For so long an address is refused from which too many calls come.
const BANNED: Duration = Duration::from_mins(5);

/// One message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    msgtype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<Markdown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    msg_uuid: &'a str,
}

#[derive(Serialize)]
struct Markdown {
    title: String,
    text: String,
}

#[derive(Serialize)]
struct Text<'a> {
    content: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl Robot {
    /// A picture is named by its address, which the platform fetches; words that go with it follow.
    pub(super) async fn picture_to_dingtalk(
        &self,
        part: &Part,
        enclosure: &Enclosure,
        once: &str,
    ) -> Result<(), SendFailure> {
        let alt = enclosure.what.alt.replace(['[', ']', '\\', '<', '>', '\n'], " ");
        let picture = format!("![{}]({})", alt.trim(), enclosure.address);
        let words = part.markdown(Markup::DingTalk);
        let title = if part.text.is_empty() && !alt.trim().is_empty() {
            title(&alt)
        } else {
            title(&part.text)
        };
        let markdown = Markdown { title, text: format!("{picture}\n\n{words}") };
        let message =
            Message { msgtype: "markdown", markdown: Some(markdown), text: None, msg_uuid: once };
        self.post_to_dingtalk(&message).await
    }

    pub(super) async fn to_dingtalk(&self, part: &Part, once: &str) -> Result<(), SendFailure> {
        let (markdown, text) = match self.settings.format {
            Format::Markdown => {
                let markdown =
                    Markdown { title: title(&part.text), text: part.markdown(Markup::DingTalk) };
                (Some(markdown), None)
            }
            Format::Text => (None, Some(Text { content: &part.text })),
        };
        let msgtype = if text.is_some() { "text" } else { "markdown" };
        self.post_to_dingtalk(&Message { msgtype, markdown, text, msg_uuid: once }).await
    }

    async fn post_to_dingtalk(&self, message: &Message<'_>) -> Result<(), SendFailure> {
        let mut url = self.url.clone();
        if let Some(secret) = &self.settings.secret {
            let Signature { timestamp, sign } = dingtalk::sign(secret, self.clock.now());
            url.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
        }
        match self.post(url, message).await.map_err(unanswered) {
            Ok(answer) => read(&answer),
            Err(failure) => Err(failure),
        }
        .map_err(SendFailure::repeatable)
    }
}

fn read(answer: &Answer) -> Result<(), SendFailure> {
    let Ok(Reply { errcode, errmsg }) = serde_json::from_slice(&answer.body) else {
        let page = answer.body.trim_ascii_start().starts_with(b"<");
        return Err(if page && answer.status.is_success() {
            wait(BANNED)
        } else {
            gateway(answer)
        });
    };
    let said = words(&format!("{errcode} {errmsg}"));
    match errcode {
        0 => Ok(()),
        -1 => Err(SendFailure::Transient(said)),
        130_101 => Err(wait(LOCKED)),
        410_100 | 450_101 => Err(wait(WAIT)),
        // The organisation's calls of this month are used up.
        90030 => Err(wait(Duration::from_hours(6))),
        // A word, the signature, the time or the address is not what the group's settings ask for.
        // No such token; none; the robot was switched off.
        310_000 | 300_001 | 300_005 | 400_101 | 400_102 => Err(SendFailure::Misconfigured(said)),
        // The group is no more.
        400_013 => Err(SendFailure::Gone(said)),
        _ => Err(SendFailure::Rejected(said)),
    }
}
