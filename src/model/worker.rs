//! Who works for the office when several processes do, and who does what.

use super::{AccountId, At, Key, Kind, Record, RunId, Segments, Stored};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that one worker at a time may do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Duty {
    /// To send and to listen through an account.
    Account(AccountId),
    /// To turn the round of this name.
    Round(String),
}

impl std::fmt::Display for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(account) => write!(f, "account {account}"),
            Self::Round(name) => write!(f, "round {name}"),
        }
    }
}

impl Duty {
    /// The key of its lease.
    #[must_use]
    pub fn key(&self) -> Key {
        let id = match self {
            Self::Account(account) => Segments::new().byte(1).account(account),
            Self::Round(name) => Segments::new().byte(2).text(name),
        };
        id.key(Kind::Lease)
    }
}

/// A process that works for the office. It shows that it lives by counting its beats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Which run of the daemon it is.
    pub id: RunId,
    /// What people call it: the machine and the number of the process.
    pub label: String,
    /// Since when it works.
    pub since: At,
    /// How often it has shown that it lives.
    pub beats: u64,
}

impl Worker {
    /// The key of the worker of this run.
    #[must_use]
    pub fn key_of(id: RunId) -> Key {
        Segments::new().id(id.0).key(Kind::Worker)
    }
}

impl Stored for Worker {
    const KIND: Kind = Kind::Worker;

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn into_record(self) -> Record {
        Record::Worker(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Worker(it) = record { Some(it) } else { None }
    }
}

/// What a worker would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// One worker does all of these, as long as it can.
    pub stays: Vec<Duty>,
    /// Workers do these in equal shares.
    pub spreads: Vec<Duty>,
}

impl Wanted {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Duty> {
        self.stays.iter().chain(&self.spreads)
    }
}

/// What a worker would do, and how long it may be silent, for the others to know what to leave to it, and when to take
/// it for dead. It is written with the worker's own record, and goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// Whose.
    pub worker: RunId,
    /// How long it may be silent before it counts as dead.
    pub span: Duration,
    /// What it would do.
    pub wanted: Wanted,
}

impl Stored for Wishes {
    const KIND: Kind = Kind::Wishes;

    fn key(&self) -> Key {
        Segments::new().id(self.worker.0).key(Kind::Wishes)
    }

    fn into_record(self) -> Record {
        Record::Wishes(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Wishes(it) = record { Some(it) } else { None }
    }
}

/// Which worker does something. It is written only when that changes, so that its version stands for
/// one tenure: whoever commits under it checks that version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What.
    pub duty: Duty,
    /// Which worker; `None` when it was given back.
    pub holder: Option<RunId>,
    /// Counts the tenures.
    pub epoch: u64,
    /// Since when.
    pub since: At,
}

impl Stored for Lease {
    const KIND: Kind = Kind::Lease;

    fn key(&self) -> Key {
        self.duty.key()
    }

    fn into_record(self) -> Record {
        Record::Lease(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Lease(it) = record { Some(it) } else { None }
    }
}
