//! The few fields of Telegram's types that we read. Whatever else they hold, now or later, is passed over.

use crate::model::ChatKind;
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::IgnoredAny};
use serde_json::Value;
use teloxide::types::User;

/// Reads a part that may be of a newer form: it is then as if it were not there.
fn tolerant<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(serde_json::from_value(value).ok())
}

/// A chat, as far as we read it.
#[derive(Deserialize)]
pub(super) struct Chat {
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub title: Option<String>,
}

/// A message, as far as we read it.
#[derive(Deserialize)]
pub(super) struct Incoming {
    pub message_id: i64,
    pub message_thread_id: Option<i64>,
    #[serde(default)]
    pub is_topic_message: bool,
    pub from: Option<User>,
    pub sender_chat: Option<IgnoredAny>,
    pub chat: Chat,
    pub text: Option<String>,
    pub caption: Option<String>,
    pub media_group_id: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "tolerant")]
    pub reply_to_message: Option<Box<Incoming>>,
    #[serde(default, deserialize_with = "tolerant")]
    pub external_reply: Option<External>,
    #[serde(default)]
    pub is_automatic_forward: bool,
    #[serde(default, deserialize_with = "tolerant")]
    pub forward_origin: Option<Origin>,
    pub forum_topic_created: Option<IgnoredAny>,
    pub migrate_to_chat_id: Option<i64>,
    pub migrate_from_chat_id: Option<i64>,
}

/// A reply to a message of another chat or topic.
#[derive(Deserialize)]
pub(super) struct External {
    pub origin: Origin,
    pub chat: Option<Chat>,
    pub message_id: Option<i64>,
}

/// Where a forwarded message comes from.
#[derive(Deserialize)]
pub(super) struct Origin {
    pub sender_user: Option<User>,
    pub chat: Option<Chat>,
    pub message_id: Option<i64>,
}

/// A press of a button.
#[derive(Deserialize)]
pub(super) struct Press {
    pub id: String,
    pub from: User,
    pub message: Option<Incoming>,
    pub data: Option<String>,
}

/// A change of how we stand in a chat.
#[derive(Deserialize)]
pub(super) struct Membership {
    pub chat: Chat,
    pub from: User,
    pub old_chat_member: Standing,
    pub new_chat_member: Standing,
}

/// How somebody stands in a chat.
#[derive(Deserialize)]
pub(super) struct Standing {
    pub status: String,
    pub can_post_messages: Option<bool>,
    pub can_send_messages: Option<bool>,
    pub is_member: Option<bool>,
}

impl Chat {
    pub(super) fn kind(&self) -> ChatKind {
        match self.kind.as_str() {
            "private" => ChatKind::Direct,
            "channel" => ChatKind::Channel,
            _ => ChatKind::Group,
        }
    }
}

impl Incoming {
    pub(super) fn is_by_another_bot(&self) -> bool {
        self.sender_chat.is_none() && self.from.as_ref().is_some_and(|u| u.is_bot)
    }
}

impl Standing {
    /// Whether they are no member of the chat at all.
    pub(super) fn is_out(&self) -> bool {
        matches!(self.status.as_str(), "left" | "kicked")
            || (self.status == "restricted" && self.is_member == Some(false))
    }

    pub(super) fn may_write(&self, kind: ChatKind) -> bool {
        match self.status.as_str() {
            "creator" => true,
            "administrator" => kind != ChatKind::Channel || self.can_post_messages == Some(true),
            "member" => kind != ChatKind::Channel,
            "restricted" => self.is_member != Some(false) && self.can_send_messages == Some(true),
            _ => false,
        }
    }
}
