//! The few fields of Telegram's types that we read. Whatever else they hold, now or later, is passed over.

use crate::model::{Attached, ChatKind, Media, Whence};
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
    pub photo: Option<Vec<Picture>>,
    #[serde(default, deserialize_with = "tolerant")]
    pub document: Option<File>,
    pub animation: Option<IgnoredAny>,
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

/// A picture in one of its sizes.
#[derive(Deserialize)]
pub(super) struct Picture {
    pub file_id: String,
    pub width: u32,
    #[serde(default)]
    pub file_size: u64,
}

/// A file.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(rename = "file_id")]
    pub id: String,
    #[serde(rename = "file_name", default)]
    pub name: String,
    #[serde(rename = "file_size", default)]
    pub size: u64,
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
    /// The picture or file in it: the name of it, and none of its bytes.
    pub(super) fn attached(&self) -> Vec<Attached> {
        let sizes = self.photo.iter().flatten();
        let fits = |p: &&Picture| p.file_size <= Media::PICTURE_MAX as u64;
        let largest = sizes.clone().filter(fits).max_by_key(|p| p.width);
        let picture = largest.or(sizes.max_by_key(|p| p.width));
        let picture = picture.map(|p| (&p.file_id, String::new(), p.file_size));
        // What moves comes as a file as well.
        let file = self.document.as_ref().filter(|_| self.animation.is_none());
        let file = file.map(|f| (&f.id, f.name.clone(), f.size));
        let attached = |(id, name, size): (&String, String, u64)| Attached {
            place: Whence::Platform(id.clone()),
            name,
            size,
        };
        picture.or(file).map(attached).into_iter().collect()
    }

    pub(super) fn is_by_another_bot(&self) -> bool {
        self.sender_chat.is_none() && self.from.as_ref().is_some_and(|u| u.is_bot)
    }
}

/// What we can do in a chat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Write.
    Writes,
    /// Read alone.
    Reads,
    /// Nothing.
    Absent,
}

impl Standing {
    pub(super) fn presence(&self, kind: ChatKind) -> Presence {
        let writes = match self.status.as_str() {
            "creator" => true,
            "administrator" => kind != ChatKind::Channel || self.can_post_messages == Some(true),
            "member" => kind != ChatKind::Channel,
            "restricted" if self.is_member != Some(false) => self.can_send_messages == Some(true),
            _ => return Presence::Absent,
        };
        if writes { Presence::Writes } else { Presence::Reads }
    }
}
