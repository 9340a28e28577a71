//! The few fields of Feishu's events that we read. Whatever else they hold, now or later, is passed over.

use super::card::Carried;
use serde::Deserialize;
use serde_json::Value;

/// The check of an address.
#[derive(Deserialize)]
pub(super) struct Verification {
    #[serde(rename = "type")]
    pub kind: String,
    pub challenge: String,
    pub token: String,
}

/// An event of version 2.0.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub header: Header,
    #[serde(default)]
    pub event: Value,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub event_id: String,
    pub event_type: String,
    /// Missing over a connection.
    #[serde(default)]
    pub token: String,
    #[serde(default)]
    pub app_id: String,
}

/// Somebody, under the names that this app, this developer and this tenant know them by; we read the first.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Ids {
    #[serde(default)]
    pub open_id: String,
}

#[derive(Deserialize)]
pub(super) struct Received {
    pub sender: Author,
    pub message: Said,
}

#[derive(Deserialize)]
pub(super) struct Author {
    pub sender_id: Ids,
    #[serde(default)]
    pub sender_type: String,
}

#[derive(Deserialize)]
pub(super) struct Said {
    pub message_id: String,
    #[serde(default)]
    pub root_id: String,
    #[serde(default)]
    pub parent_id: String,
    pub chat_id: String,
    pub chat_type: String,
    pub message_type: String,
    /// JSON, once more.
    pub content: String,
    #[serde(default)]
    pub mentions: Vec<Mention>,
}

/// Somebody who is called in a message, in whose text `key` stands for the name.
#[derive(Deserialize)]
pub(super) struct Mention {
    pub key: String,
    #[serde(default)]
    pub id: Ids,
    #[serde(default)]
    pub name: String,
}

/// The content of a `text`, and of a `post` in one language.
#[derive(Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub content: Vec<Vec<Piece>>,
}

#[derive(Deserialize)]
pub(super) struct Piece {
    #[serde(default)]
    pub text: String,
    /// Whom a call in a `post` is for, by its key.
    #[serde(default)]
    pub user_id: String,
}

/// A press of a button.
#[derive(Deserialize)]
pub(super) struct Press {
    pub operator: Ids,
    pub action: Action,
    pub context: Context,
}

#[derive(Deserialize)]
pub(super) struct Action {
    pub value: Carried,
}

#[derive(Deserialize)]
pub(super) struct Context {
    pub open_message_id: String,
    pub open_chat_id: String,
}

/// A change of how the bot stands in a group, or of the group.
#[derive(Deserialize)]
pub(super) struct Membership {
    pub chat_id: String,
    #[serde(default)]
    pub operator_id: Ids,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub after_change: After,
}

/// What a group is called now.
#[derive(Default, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    pub name: String,
}
