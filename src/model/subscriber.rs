//! Subscribers: chats that asked to receive.

use super::{
    Address, At, Index, Key, Kind, Lang, Place, Record, Segments, Stored, SubscriberId, TopicId,
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

impl Stored for Subscriber {
    const KIND: Kind = Kind::Subscriber;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
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

    fn into_record(self) -> Record {
        Record::Subscriber(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Subscriber(it) = record { Some(it) } else { None }
    }
}
