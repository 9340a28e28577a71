//! Subscribers: chats that asked to receive.

use super::{
    AccountId, Address, At, ChatKind, Counter, Index, Key, Kind, Lang, Place, Record,
    SegmentReader, Segments, Stored, SubscriberId, TopicId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A chat that asked to receive some topics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// Its name here.
    pub id: SubscriberId,
    /// Where it is.
    pub address: Address,
    /// What staff call it (a group's title; empty for a person's own chat).
    pub title: String,
    /// What it chose.
    pub topics: BTreeSet<TopicId>,
    /// The language of what the program says there.
    pub lang: Lang,
    /// Whether it receives.
    pub standing: Standing,
    /// When it first asked.
    pub since: At,
}

/// Whether a subscriber receives, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It receives.
    Active,
    /// It cannot be written to until a person mends something there (rights, a closed topic).
    Paused {
        /// Since when.
        at: At,
        /// What the platform said.
        reason: String,
    },
    /// It ended: the chat is gone, or put us out, or asked to stop.
    Ended {
        /// Since when.
        at: At,
        /// What the platform said; empty when the chat itself asked.
        reason: String,
    },
}

impl Subscriber {
    /// The key under which a subscriber is found.
    #[must_use]
    pub fn key_of(id: SubscriberId) -> Key {
        Segments::new().id(id.0).key(Self::KIND)
    }

    /// The place under which the subscriber at `address` is found.
    #[must_use]
    pub fn by_address(address: &Address) -> Place {
        Segments::new()
            .account(&address.account)
            .text(&address.chat)
            .text(address.thread.as_deref().unwrap_or_default())
            .place(Index::SubscriberByAddress)
    }

    /// The prefix of the places of all active subscribers of `topic`.
    #[must_use]
    pub fn of_topic(topic: &TopicId) -> Vec<u8> {
        Segments::new().text(&topic.0).done()
    }
}

/// Some of a topic's subscribers, who are counted together: what a post costs depends on no more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience {
    /// The account through which they are reached.
    pub account: AccountId,
    /// What sort of chat.
    pub kind: ChatKind,
    /// The language in which they read.
    pub lang: Lang,
}

impl Audience {
    /// The prefix of the counts of all subscribers of any topic.
    pub const COUNTS: [u8; 1] = [2];

    /// The prefix of the counts of all active subscribers of `topic`.
    #[must_use]
    pub fn of_topic(topic: &TopicId) -> Vec<u8> {
        Segments::new().bytes(&Self::COUNTS).text(&topic.0).done()
    }

    /// The count of those of `topic`.
    #[must_use]
    pub fn counter(&self, topic: &TopicId) -> Counter {
        let of = Segments::new().bytes(&Self::COUNTS).text(&topic.0).account(&self.account);
        Counter(of.byte(self.kind as u8).byte(self.lang as u8).done())
    }

    /// Whom a count is of; `None` where it is another.
    #[must_use]
    pub fn of_counter(counter: &Counter) -> Option<Self> {
        let mut name = SegmentReader::new(&counter.0);
        let (_, _) = (name.byte()?, name.text()?);
        let account = AccountId(name.text()?.to_owned());
        let kind = name.byte()?;
        let kinds = [ChatKind::Group, ChatKind::Channel, ChatKind::Direct];
        let kind = kinds.into_iter().find(|k| *k as u8 == kind)?;
        let lang = name.byte()?;
        let lang = [Lang::Zh, Lang::En].into_iter().find(|l| *l as u8 == lang)?;
        Some(Self { account, kind, lang })
    }
}

impl Stored for Subscriber {
    const KIND: Kind = Kind::Subscriber;

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn places(&self) -> Vec<Place> {
        let mut places = vec![Self::by_address(&self.address)];
        if self.standing == Standing::Active {
            let of = |topic: &TopicId| {
                Segments::new()
                    .text(&topic.0)
                    .account(&self.address.account)
                    .id(self.id.0)
                    .place(Index::TopicSubscribers)
            };
            places.extend(self.topics.iter().map(of));
        }
        places
    }

    fn counts(&self) -> Vec<Counter> {
        if self.standing != Standing::Active {
            return Vec::new();
        }
        let (account, kind) = (self.address.account.clone(), self.address.kind);
        let audience = Audience { account, kind, lang: self.lang };
        self.topics.iter().map(|topic| audience.counter(topic)).collect()
    }

    fn into_record(self) -> Record {
        Record::Subscriber(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Subscriber(it) = record { Some(it) } else { None }
    }
}
