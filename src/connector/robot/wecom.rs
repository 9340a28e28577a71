//! WeCom's group robot: `POST …/cgi-bin/webhook/send?key=…` (developer.work.weixin.qq.com, path 99110).
//!
//! Judged by `errcode`, never by `errmsg`, whose texts change. Nothing makes a repeated message one: what got no
//! answer may have arrived.

use super::{Format, Robot, WAIT, gateway, unanswered, wait, words};
use crate::connector::SendFailure;
use crate::connector::http::Answer;
use crate::text::{Markup, Part};
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Serialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
enum Message {
    Markdown { markdown: Content },
    Text { text: Content },
}

#[derive(Serialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Reply {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl Robot {
    pub(super) async fn to_wecom(&self, part: &Part) -> Result<(), SendFailure> {
        let message = match self.settings.format {
            Format::Markdown => {
                Message::Markdown { markdown: Content { content: part.markdown(Markup::WeCom) } }
            }
            Format::Text => Message::Text { text: Content { content: part.text.clone() } },
        };
        read(&self.post(self.url.clone(), &message).await.map_err(unanswered)?)
    }
}

fn read(answer: &Answer) -> Result<(), SendFailure> {
    let Ok(Reply { errcode, errmsg }) = serde_json::from_slice(&answer.body) else {
        return Err(gateway(answer));
    };
    let said = words(&format!("{errcode} {errmsg}"));
    match errcode {
        0 => Ok(()),
        // Busy.
        -1 => Err(SendFailure::Transient(said)),
        // Too many; for about as long as the minute.
        45009 | 45033 => Err(wait(WAIT)),
        // The address is wrong or the robot was removed; the robot was switched off.
        93000 | 93004 => Err(SendFailure::Misconfigured(said)),
        // The group is no more; the robot is not in it.
        93006 | 93008 => Err(SendFailure::Gone(said)),
        _ => Err(SendFailure::Rejected(said)),
    }
}
