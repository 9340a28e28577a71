//! What is kept beside suggestions: their steps, the keys that are to be destroyed, the texts that people
//! consented to.

use super::PhaseName;
use crate::model::{At, Drawer, Key, Kind, Record, Segments, Slot, Stored, SuggestionId};
use serde::{Deserialize, Serialize};

/// One step of a suggestion: append-only, chained by hash, and without any person in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvent {
    /// The suggestion.
    pub suggestion: SuggestionId,
    /// Its number within the suggestion, from 0.
    pub number: u32,
    /// When.
    pub at: At,
    /// From which phase; `None` for the first.
    pub from: Option<PhaseName>,
    /// To which phase.
    pub to: PhaseName,
    /// SHA-256 over the event before and this one.
    pub hash: [u8; 32],
}

impl StepEvent {
    /// The prefix of the keys of all events of a suggestion.
    #[must_use]
    pub fn of(suggestion: SuggestionId) -> Vec<u8> {
        suggestion.0.as_bytes().to_vec()
    }

    /// The bytes over which the hash goes, after the hash of the event before.
    #[must_use]
    pub fn hashed(&self) -> Vec<u8> {
        let from = self.from.map_or(0, |p| p as u8);
        Segments::new()
            .id(self.suggestion.0)
            .bytes(&self.number.to_be_bytes())
            .at(self.at)
            .byte(from)
            .byte(self.to as u8)
            .done()
    }
}

impl Stored for StepEvent {
    const KIND: Kind = Kind::Event;

    fn key(&self) -> Key {
        let id = Segments::new().id(self.suggestion.0);
        id.bytes(&self.number.to_be_bytes()).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Event(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Event(it) = record { Some(it) } else { None }
    }
}

/// A key that has to be destroyed. Committed with the decision; carried out by the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shred {
    /// The key.
    pub slot: Slot,
}

impl Stored for Shred {
    const KIND: Kind = Kind::Shred;

    fn key(&self) -> Key {
        let drawer = match self.slot.drawer {
            Drawer::Text => 1,
            Drawer::Address => 2,
        };
        Segments::new().byte(drawer).bytes(&self.slot.index.to_be_bytes()).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Shred(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Shred(it) = record { Some(it) } else { None }
    }
}

/// A consent text that was shown, kept under its hash as long as anybody consented to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentText {
    /// SHA-256 of the text.
    pub hash: [u8; 32],
    /// The text, as it was shown.
    pub text: String,
}

impl Stored for ConsentText {
    const KIND: Kind = Kind::Consent;

    fn key(&self) -> Key {
        Segments::new().bytes(&self.hash).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Consent(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Consent(it) = record { Some(it) } else { None }
    }
}
