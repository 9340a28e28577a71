//! What arrives from chats, and the inbox that keeps it until it is handled.

use super::{
    AccountId, Address, At, Became, Identity, Index, Key, Kind, Lang, MediaId, MessageRef, Place,
    Record, Sealed, Segments, Stored,
};
use serde::{Deserialize, Serialize};

/// Something that happened in a chat and is addressed to us.
///
/// Connectors drop everything else before it reaches anybody: what members say to each other is
/// never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The account that it came to.
    pub account: AccountId,
    /// The platform's own name for this event; the same event has the same name.
    pub event: String,
    /// When it arrived.
    pub at: At,
    /// The chat.
    pub chat: Address,
    /// The chat's title; empty for a person's own chat.
    pub chat_title: String,
    /// Who did it; `None` where the platform does not say (a channel's own post).
    pub from: Option<Sender>,
    /// What happened.
    pub what: Happening,
}

/// Something that is addressed to us only if it answers a message of ours, where the connector cannot tell: whoever
/// keeps our messages looks, before anything is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overheard {
    /// What happened.
    pub inbound: Inbound,
    /// The message that it answers.
    pub answers: MessageRef,
}

/// Who did something in a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Who, on their platform.
    pub identity: Identity,
    /// The name they go by. Kept for staff only.
    pub name: String,
    /// Where they can be reached alone.
    pub direct: Option<Address>,
    /// The language that their app speaks, where it says so.
    pub lang: Option<Lang>,
    /// Whether they may decide for the chat (its administrators; everyone in their own chat).
    pub rank: Rank,
}

impl Sender {
    /// Somebody in their own chat, of whom the platform says no language.
    #[must_use]
    pub fn alone(chat: &Address, identity: Identity, name: String) -> Self {
        Self { identity, name, direct: Some(chat.clone()), lang: None, rank: Rank::Decides }
    }
}

impl Inbound {
    /// What somebody did in their own chat; `event` is its name and when it arrived.
    #[must_use]
    pub fn alone(chat: Address, from: Sender, (event, at): (String, At), what: Happening) -> Self {
        let (account, chat_title) = (chat.account.clone(), String::new());
        Self { account, event, at, chat, chat_title, from: Some(from), what }
    }
}

/// Whether a sender may decide for the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rank {
    /// One of its administrators, or its only person.
    Decides,
    /// One of its members.
    Member,
    /// The platform did not say; the connector can be asked.
    Unknown,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// Somebody wrote to us: in their own chat, as a command, or as a reply to a message of ours.
    Said {
        /// The message.
        message: MessageRef,
        /// Its text.
        text: String,
        /// The message of ours that it answers.
        reply_to: Option<MessageRef>,
    },
    /// The same with pictures or files: what is carried here names them, and none of their bytes. Those are
    /// fetched when an editor has a post carry them, and at no other time.
    Sent {
        /// The message.
        message: MessageRef,
        /// The words below them; may be empty.
        text: String,
        /// The message of ours that it answers.
        reply_to: Option<MessageRef>,
        /// What was sent.
        files: Vec<Attached>,
        /// Whether it was sent with others, which come by themselves.
        beside: Beside,
    },
    /// Somebody changed a message that they had written to us.
    Edited {
        /// The message.
        message: MessageRef,
        /// Its new text.
        text: String,
    },
    /// Somebody pressed a button of ours.
    Pressed {
        /// The platform's name for the press, by which it is answered; `None` where it waits for no answer.
        press: Option<String>,
        /// The message under which the button stands.
        message: Option<MessageRef>,
        /// What the button carried.
        data: String,
    },
    /// We may write there from now on.
    Joined,
    /// We are not there any more, and why.
    Left(String),
    /// We are still there, and may not write, and why.
    Muted(String),
    /// The chat goes on under another address.
    MovedTo(Address),
    /// The platform tells what became of a message of ours that it had taken.
    Became {
        /// The message.
        message: MessageRef,
        /// What became of it.
        became: Became,
    },
}

/// A picture or file that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Where its bytes are.
    pub place: Whence,
    /// What the sender's app calls it; may be empty.
    pub name: String,
    /// How many bytes the platform says that it has; 0 where it does not say.
    pub size: u64,
}

/// Whether something was sent with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beside {
    /// It was not.
    Nothing,
    /// It is one of an album.
    More,
}

/// Where the bytes of something that was sent are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whence {
    /// With the platform, under its own name for them.
    Platform(String),
    /// Here: they were brought by a form of ours.
    Kept(MediaId),
}

impl Happening {
    /// The message by which somebody said something, and the message of ours that it answers.
    #[must_use]
    pub const fn said(&self) -> Option<(&MessageRef, Option<&MessageRef>)> {
        match self {
            Self::Said { message, reply_to, .. } | Self::Sent { message, reply_to, .. } => {
                Some((message, reply_to.as_ref()))
            }
            _ => None,
        }
    }
}

/// Something that arrived, kept until it is handled, and its name for some time after that, so that
/// a repeated event changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxItem {
    /// The account.
    pub account: AccountId,
    /// The platform's name for the event.
    pub event: String,
    /// When it arrived.
    pub at: At,
    /// Whether it has been handled.
    pub state: InboxState,
}

/// Whether something that arrived has been handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InboxState {
    /// Not yet: the sealed [`Inbound`] (as JSON), and how often handling it failed.
    Waiting(Sealed, u8),
    /// It has; only the name is left.
    Handled,
    /// Handling it failed again and again. None is made; what is there goes with the next start.
    Stuck(Sealed),
}

impl InboxItem {
    /// How long the name of a handled event is kept (a platform repeats within a day).
    pub const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(48);
}

impl Stored for InboxItem {
    const KIND: Kind = Kind::Inbox;

    fn key(&self) -> Key {
        Segments::new().account(&self.account).text(&self.event).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let id = self.key().id;
        match self.state {
            InboxState::Waiting(..) => {
                let at = Segments::new().account(&self.account).at(self.at).bytes(&id);
                vec![at.place(Index::InboxWaiting)]
            }
            InboxState::Handled => {
                vec![
                    Segments::new()
                        .at(self.at.plus(Self::REMEMBERED))
                        .byte(Self::KIND as u8)
                        .bytes(&id)
                        .place(Index::Expiring),
                ]
            }
            InboxState::Stuck(_) => Vec::new(),
        }
    }

    fn into_record(self) -> Record {
        Record::Inbox(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Inbox(it) = record { Some(it) } else { None }
    }
}

/// How far an account that is asked for its events (polling) has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The account.
    pub account: AccountId,
    /// The connector's own mark.
    pub mark: String,
}

impl Stored for Cursor {
    const KIND: Kind = Kind::Cursor;

    fn key(&self) -> Key {
        Segments::new().account(&self.account).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Cursor(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Cursor(it) = record { Some(it) } else { None }
    }
}
