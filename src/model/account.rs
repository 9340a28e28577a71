//! Accounts, as far as something is kept of them: how one does, whether somebody asked if it works, and codes by which
//! a group is connected through one.

use super::{
    AccountId, Address, At, Index, Key, Kind, Lang, PersonId, Place, Record, Segments, Stored,
    TopicId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How an account does, as whoever sends through it last wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    /// The account.
    pub account: AccountId,
    /// Since when the platform refuses it, and why; `None` while it does not.
    pub shut: Option<Shut>,
    /// When the platform last took a message, to about a minute.
    pub taken: Option<At>,
}

/// That a platform refuses an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shut {
    /// Since when.
    pub since: At,
    /// What it said.
    pub reason: String,
}

impl AccountState {
    /// The key of the state of an account.
    #[must_use]
    pub fn key_of(account: &AccountId) -> Key {
        Segments::new().account(account).key(Self::KIND)
    }
}

impl Stored for AccountState {
    const KIND: Kind = Kind::Account;

    fn key(&self) -> Key {
        Self::key_of(&self.account)
    }

    fn into_record(self) -> Record {
        Record::Account(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Account(it) = record { Some(it) } else { None }
    }
}

/// The question whether an account works; one for each account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The account.
    pub account: AccountId,
    /// Where what came of it is told.
    pub to: Address,
    /// In which language.
    pub lang: Lang,
    /// When it was asked.
    pub at: At,
    /// Whether it was answered.
    pub answer: ProbeAnswer,
}

/// Whether a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeAnswer {
    /// Not yet.
    Owed,
    /// It was; kept so that an account is not tried again and again.
    Given,
}

impl Probe {
    /// The key of the question about an account.
    #[must_use]
    pub fn key_of(account: &AccountId) -> Key {
        Segments::new().account(account).key(Self::KIND)
    }
}

impl Stored for Probe {
    const KIND: Kind = Kind::Probe;

    fn key(&self) -> Key {
        Self::key_of(&self.account)
    }

    fn into_record(self) -> Record {
        Record::Probe(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Probe(it) = record { Some(it) } else { None }
    }
}

/// A code by which a group is subscribed: whoever may decide there and brings it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// SHA-256 of the code; the code itself is shown once.
    pub hash: [u8; 32],
    /// What the group is subscribed to.
    pub topics: BTreeSet<TopicId>,
    /// Who made it.
    pub by: PersonId,
    /// Until when it can be used.
    pub until: At,
}

impl Pairing {
    /// The key of the pairing whose code has this hash.
    #[must_use]
    pub fn key_of(hash: &[u8; 32]) -> Key {
        Segments::new().bytes(hash).key(Self::KIND)
    }
}

impl Stored for Pairing {
    const KIND: Kind = Kind::Pairing;

    fn key(&self) -> Key {
        Self::key_of(&self.hash)
    }

    fn places(&self) -> Vec<Place> {
        let at = Segments::new().at(self.until).byte(Self::KIND as u8).bytes(&self.hash);
        vec![at.place(Index::Expiring)]
    }

    fn into_record(self) -> Record {
        Record::Pairing(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Pairing(it) = record { Some(it) } else { None }
    }
}
