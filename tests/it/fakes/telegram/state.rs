//! What the fake knows: bots, people, chats and what was said in them.

use super::rates::{Bucket, Minute};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Bot {
    pub id: i64,
    pub username: String,
    pub revoked: AtomicBool,
    pub pending: Mutex<VecDeque<(i64, Value)>>,
    pub next_update: AtomicI64,
    pub arrived: Notify,
    /// Something was confirmed.
    pub confirmed: Notify,
    /// Which question for updates is the latest.
    pub asked: AtomicU64,
    pub webhook: Mutex<Option<Webhook>>,
    pub allowed: Mutex<Option<HashSet<String>>>,
    pub rate: Mutex<Bucket>,
    /// Until when (in milliseconds of the clock) every send is answered with 429.
    pub flooded_until: AtomicI64,
    pub queries: Mutex<HashMap<String, Query>>,
    pub menus: Mutex<HashMap<String, Vec<(String, String)>>>,
}

#[derive(Clone, Debug)]
pub struct Webhook {
    pub url: String,
    pub secret: Option<String>,
}

/// A press and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub answer: Option<String>,
    pub too_old: bool,
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub lang: String,
}

impl User {
    pub fn json(&self) -> Value {
        json!({ "id": self.id, "is_bot": false, "first_name": self.name,
                "language_code": self.lang })
    }
}

impl Bot {
    pub fn json(&self) -> Value {
        json!({ "id": self.id, "is_bot": true, "first_name": "同心", "username": self.username })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Private,
    Basic,
    Super,
    Channel,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Basic => "group",
            Self::Super => "supergroup",
            Self::Channel => "channel",
        }
    }
}

/// How a bot stands in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Member,
    Admin,
    /// A member who may not write.
    Muted,
    Kicked,
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Deleted,
    /// The person's account is gone.
    Deactivated,
    /// Goes on under this ID.
    Upgraded(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Open,
    Closed,
    Deleted,
}

/// Fingerprints of what was said in a chat. The first takes no memory of its own: where a million chats hear one thing
/// each, as many small pieces that stay make every later allocation slower.
#[derive(Debug, Default)]
pub struct Texts {
    first: Option<u64>,
    more: HashSet<u64>,
}

impl Texts {
    /// Adds one; false when it is there.
    pub fn insert(&mut self, text: u64) -> bool {
        match self.first {
            None => {
                self.first = Some(text);
                true
            }
            Some(first) => first != text && self.more.insert(text),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }
}

#[derive(Debug)]
pub struct Chat {
    pub id: i64,
    pub kind: Kind,
    pub title: String,
    pub fate: Fate,
    pub bots: Vec<(i64, Standing)>,
    pub admins: Vec<i64>,
    pub topics: BTreeMap<i64, Topic>,
    /// The discussion group of a channel.
    pub linked: Option<i64>,
    pub messages: BTreeMap<i64, Message>,
    pub last_message: i64,
    pub taken: u64,
    pub taken_texts: Texts,
    pub rate: Bucket,
    pub minute: Minute,
    /// Until when (in milliseconds of the clock) every send is answered with 429.
    pub flooded_until: i64,
    /// Pictures and files are not allowed there.
    pub words_alone: bool,
}

impl Chat {
    pub fn new(id: i64, kind: Kind, title: &str) -> Self {
        Self {
            id,
            kind,
            title: title.to_owned(),
            fate: Fate::Open,
            bots: Vec::new(),
            admins: Vec::new(),
            topics: BTreeMap::new(),
            linked: None,
            messages: BTreeMap::new(),
            last_message: 0,
            taken: 0,
            taken_texts: Texts::default(),
            rate: Bucket::chat(),
            minute: Minute::default(),
            flooded_until: i64::MIN,
            words_alone: false,
        }
    }

    pub fn standing(&self, bot: i64) -> Option<Standing> {
        self.bots.iter().find(|(id, _)| *id == bot).map(|(_, s)| *s)
    }

    pub fn set_standing(&mut self, bot: i64, standing: Standing) -> Option<Standing> {
        if let Some((_, old)) = self.bots.iter_mut().find(|(id, _)| *id == bot) {
            return Some(std::mem::replace(old, standing));
        }
        self.bots.push((bot, standing));
        None
    }

    pub fn fresh_message(&mut self) -> i64 {
        self.last_message += 1;
        self.last_message
    }

    pub fn json(&self) -> Value {
        if self.kind == Kind::Private {
            return json!({ "id": self.id, "type": "private", "first_name": self.title });
        }
        let mut chat = json!({ "id": self.id, "type": self.kind.name(), "title": self.title });
        if !self.topics.is_empty() {
            chat["is_forum"] = true.into();
        }
        chat
    }
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Bot(i64),
    Person(i64),
    /// The channel in which it stands.
    Channel,
    /// A channel, mirrored into its discussion group: the channel and the post.
    Mirror(i64, i64),
}

/// A message in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub chat: i64,
    pub id: i64,
    pub author: Author,
    pub text: String,
    pub entities: Vec<Entity>,
    pub keys: Vec<Vec<Key>>,
    pub reply_to: Option<i64>,
    pub thread: Option<i64>,
    pub edited: bool,
    /// The picture or file in it.
    pub carried: Option<Carried>,
}

/// A picture or file.
#[derive(Clone, PartialEq, Eq)]
pub struct Carried {
    /// `photos` or `documents`.
    pub folder: &'static str,
    /// What its sender calls it.
    pub name: String,
    pub bytes: Arc<Vec<u8>>,
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} ({} bytes)", self.folder, self.name, self.bytes.len())
    }
}

impl Message {
    /// The stretches marked as `kind`, as they read.
    pub fn marked(&self, kind: &str) -> Vec<String> {
        let units: Vec<u16> = self.text.encode_utf16().collect();
        let of_kind = self.entities.iter().filter(|e| e.kind == kind);
        of_kind.map(|e| String::from_utf16_lossy(&units[e.offset..e.offset + e.length])).collect()
    }

    /// The addresses that its buttons open.
    pub fn links(&self) -> Vec<&str> {
        self.keys.iter().flatten().filter_map(|k| k.url.as_deref()).collect()
    }

    /// The labels of its buttons, row by row.
    pub fn labels(&self) -> Vec<Vec<&str>> {
        self.keys.iter().map(|row| row.iter().map(|k| k.label.as_str()).collect()).collect()
    }
}

/// A marked stretch, in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Entity {
    #[serde(rename = "type")]
    pub kind: String,
    pub offset: usize,
    pub length: usize,
    pub url: Option<String>,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Key {
    #[serde(rename = "text")]
    pub label: String,
    #[serde(rename = "callback_data")]
    pub data: Option<String>,
    pub url: Option<String>,
}
