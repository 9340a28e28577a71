//! Feishu's custom bot: `POST https://open.feishu.cn/open-apis/bot/v2/hook/…`, signed in the body where the
//! group asks for it; the same on Lark's host.
//!
//! A message is a `post`: lines of runs, in which nothing has to be escaped. Nothing makes a repeated message
//! one: what got no answer may have arrived.

use super::{Format, Robot, WAIT, gateway, unanswered, wait, words};
use crate::connector::SendFailure;
use crate::connector::http::Answer;
use crate::connector::runs::Tongues;
use crate::connector::signed::{Signature, feishu};
use crate::text::Part;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One message.
#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign: Option<String>,
    msg_type: &'static str,
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Post { post: Tongues<'a> },
    Text { text: String },
}

#[derive(Deserialize)]
struct Reply {
    code: i64,
    #[serde(default)]
    msg: String,
}

impl Robot {
    pub(super) async fn to_feishu(&self, part: &Part) -> Result<(), SendFailure> {
        let signed = self.settings.secret.as_ref().map(|secret| {
            let Signature { timestamp, sign } = feishu::sign_bot(secret, self.clock.now());
            (timestamp, sign)
        });
        let (timestamp, sign) = signed.unzip();
        let message = match self.settings.format {
            Format::Markdown => {
                let content = Content::Post { post: Tongues::of(part) };
                Message { timestamp, sign, msg_type: "post", content }
            }
            Format::Text => {
                // A member is called by a tag in the text: nobody who wrote it meant one.
                let content = Content::Text { text: part.text.replace("<at", "＜at") };
                Message { timestamp, sign, msg_type: "text", content }
            }
        };
        read(&self.post(self.url.clone(), &message).await.map_err(unanswered)?)
    }
}

fn read(answer: &Answer) -> Result<(), SendFailure> {
    let Ok(Reply { code, msg }) = serde_json::from_slice(&answer.body) else {
        return Err(gateway(answer));
    };
    let said = words(&format!("{code} {msg}"));
    match code {
        0 => Ok(()),
        // Too many: the robot's own limit, and the platform's for everybody.
        11232 | 99_991_400 => Err(wait(reset(answer).unwrap_or(WAIT))),
        // No such robot; the signature, the address, the word that the group's settings ask for.
        19001 | 19021 | 19022 | 19024 => Err(SendFailure::Misconfigured(said)),
        _ => Err(SendFailure::Rejected(said)),
    }
}

/// How long the platform says that one has to wait.
fn reset(answer: &Answer) -> Option<Duration> {
    answer.seconds("x-ogw-ratelimit-reset")
}
