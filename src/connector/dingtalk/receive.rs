//! What a message says, and how it arrives by HTTP, signed with the app's secret over the time alone.
//!
//! In a group only what calls the robot arrives; alone everything does. An answer to a message of ours names it by
//! `originalProcessQueryKey`. Words between pictures (`richText`) are words; pictures, voices and files are not
//! fetched. Words that begin with the sign of a press are one (see [`super::send`]).

use super::Dingtalk;
use super::send::PRESS;
use crate::connector::signed::dingtalk;
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    Address, At, Button, ChatKind, Happening, Identity, Inbound, MessageRef, Platform, Rank, Sender,
};
use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What arrives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    conversation_id: String,
    conversation_type: String,
    #[serde(default)]
    conversation_title: String,
    robot_code: Option<String>,
    msg_id: String,
    msgtype: String,
    text: Option<Text>,
    content: Option<Content>,
    sender_staff_id: Option<String>,
    #[serde(default)]
    sender_nick: String,
    #[serde(default)]
    is_admin: bool,
    create_at: Option<i64>,
    /// The name that we were given for the message that this answers.
    original_process_query_key: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    content: String,
}

/// What a message holds that is no plain text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    /// Words, and what stands between them.
    #[serde(rename_all = "camelCase")]
    Rich {
        rich_text: Vec<Run>,
    },
    Other(IgnoredAny),
}

/// Words, or something without any.
#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    text: String,
}

/// What a call names where it does not name the robot.
const NO_ROBOT: &str = "normal";

impl Dingtalk {
    pub(super) fn take(&self, callback: &Request<Bytes>) -> Result<Accepted, CallbackError> {
        let line = |name| callback.headers().get(name).and_then(|v| v.to_str().ok());
        let (Some(timestamp), Some(sign)) = (line("timestamp"), line("sign")) else {
            return Err(CallbackError::Forged);
        };
        let now = self.clock.now();
        let secret = &self.settings.app_secret;
        dingtalk::check(secret, timestamp, sign, now)?;
        let mut call: Call = serde_json::from_slice(callback.body())?;
        // The signature says that the app is meant.
        call.robot_code = call.robot_code.filter(|code| code != NO_ROBOT);
        let inbound = self.heard(call, now)?.into_iter().collect();
        Ok(Accepted { inbound, overheard: None, answer: Response::new(Bytes::from_static(b"{}")) })
    }

    /// What a call says.
    pub(super) fn heard(&self, call: Call, now: At) -> Result<Option<Inbound>, CallbackError> {
        if call.robot_code.as_deref().is_some_and(|code| code != self.settings.robot()) {
            return Err(CallbackError::Malformed("another robot is called".to_owned()));
        }
        Ok(self.read(call, now))
    }

    /// What happened; `None` where nothing of it is for us: no text in a group, or a sender from outside of the
    /// organisation, whom DingTalk gives no name by which they could be answered.
    fn read(&self, call: Call, now: At) -> Option<Inbound> {
        let staff = call.sender_staff_id.filter(|id| !id.is_empty())?;
        let alone = self.chat(ChatKind::Direct, &staff);
        let chat = match call.conversation_type.as_str() {
            "1" => alone.clone(),
            _ => self.chat(ChatKind::Group, &call.conversation_id),
        };
        let text = match (call.msgtype.as_str(), call.text, call.content) {
            ("text", Some(text), _) => text.content,
            ("richText", _, Some(Content::Rich { rich_text })) => words(&rich_text, chat.kind),
            // Without words: they are told that we read words.
            _ if chat.kind == ChatKind::Direct => String::new(),
            _ => return None,
        };
        let text = text.trim().to_owned();
        let rank = match (chat.kind, call.is_admin) {
            (ChatKind::Direct, _) | (_, true) => Rank::Decides,
            // Who owns or administers a group is not told, and cannot be asked.
            _ => Rank::Unknown,
        };
        let message = |message: String| MessageRef {
            account: self.account.clone(),
            chat: chat.chat.clone(),
            message,
        };
        let answered = call.original_process_query_key.filter(|key| !key.is_empty());
        let pressed = text.strip_prefix(PRESS).filter(|data| {
            (1..=Button::DATA_MAX).contains(&data.len())
                && data.chars().all(|c| c.is_ascii_graphic())
        });
        let what = match pressed {
            Some(data) => Happening::Pressed {
                press: None,
                message: answered.map(message),
                data: data.to_owned(),
            },
            None => Happening::Said {
                message: message(call.msg_id.clone()),
                text,
                reply_to: answered.map(message),
            },
        };
        let from = Sender {
            identity: Identity::new(Platform::Dingtalk, &staff),
            name: call.sender_nick,
            direct: Some(alone),
            lang: None,
            rank,
        };
        Some(Inbound {
            account: self.account.clone(),
            event: call.msg_id,
            at: call.create_at.map_or(now, At::from_millis),
            chat_title: if chat.kind == ChatKind::Direct {
                String::new()
            } else {
                call.conversation_title
            },
            chat,
            from: Some(from),
            what,
        })
    }

    fn chat(&self, kind: ChatKind, name: &str) -> Address {
        let chat = if kind == ChatKind::Direct { format!("u/{name}") } else { format!("g/{name}") };
        Address { account: self.account.clone(), kind, chat, thread: None }
    }
}

/// The words of a message with pictures between them. In a group, where it is not cut off as it is in a plain text,
/// what calls the robot comes first: a run of its own, or the beginning of one.
fn words(runs: &[Run], kind: ChatKind) -> String {
    let mut words = String::new();
    for Run { text } in runs {
        let first = kind != ChatKind::Direct && words.trim().is_empty();
        words.push_str(if first { uncalled(text) } else { text });
    }
    words
}

/// The words behind the names that are called (`@`).
fn uncalled(words: &str) -> &str {
    let mut rest = words.trim_start();
    while let Some(called) = rest.strip_prefix(['@', '＠']) {
        rest = called.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    rest
}
