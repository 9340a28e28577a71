//! What somebody is told in the very answer to the call that told of what they said, on accounts that have no other
//! way to tell them anything.
//!
//! One record for each of them: what they were told last, for a call that comes again; and what did not fit, or was
//! not fetched by any call, for the next time they write. Its words are sealed, and destroyed when something takes
//! their place or their time is over.

use super::{
    AccountId, At, Button, Document, Index, Key, Kind, Lang, MemberKey, Place, Record, Sealed,
    Segments, Stored,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What somebody is told in the answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The account.
    pub account: AccountId,
    /// Who.
    pub member: MemberKey,
    /// The event that it answers.
    pub event: String,
    /// The sealed [`Told`] (as JSON).
    pub told: Sealed,
    /// Whether a call has fetched it.
    pub fetched: Fetched,
    /// The language in which they are spoken to.
    pub lang: Lang,
    /// Until when it is kept.
    pub until: At,
}

/// Whether a call has fetched an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fetched {
    /// One has.
    Yes,
    /// None has: it is told again next time.
    No,
}

/// What somebody is told, and what is still to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What stands in the answer.
    pub now: Vec<Piece>,
    /// What did not fit.
    pub later: Vec<Piece>,
}

/// One thing that is said, and what can be chosen below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The words.
    pub words: Document,
    /// What comes back to us when it is chosen.
    pub choices: Vec<Button>,
}

impl Answer {
    /// How long an answer is kept for a call that comes again: a platform tries three times within 15 seconds.
    pub const REPEATED: Duration = Duration::from_mins(10);

    /// How long what is still to be told, or to be chosen, is kept: as a notice to somebody alone.
    pub const KEPT: Duration = Duration::from_hours(48);

    /// The key of what somebody is told.
    #[must_use]
    pub fn key_of(account: &AccountId, member: MemberKey) -> Key {
        Segments::new().account(account).bytes(&member.0).key(Self::KIND)
    }
}

impl Stored for Answer {
    const KIND: Kind = Kind::Answer;

    fn key(&self) -> Key {
        Self::key_of(&self.account, self.member)
    }

    fn places(&self) -> Vec<Place> {
        let over = Segments::new().at(self.until).byte(Self::KIND as u8);
        vec![over.bytes(&self.key().id).place(Index::Expiring)]
    }

    fn into_record(self) -> Record {
        Record::Answer(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Answer(it) = record { Some(it) } else { None }
    }
}
