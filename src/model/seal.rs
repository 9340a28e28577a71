//! Text and addresses that only a key outside the store can open.

use super::{Changes, Key, Kind, Record, Segments, Shred, Stored, SubscriberId, Versioned};
use serde::{Deserialize, Serialize};

/// Which of the two key files a sealed value belongs to. They can be held by different processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Drawer {
    /// What people wrote.
    Text,
    /// Where an answer goes.
    Address,
}

/// A place for one key in a key file. Overwriting it erases all that was sealed under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// The key file.
    pub drawer: Drawer,
    /// The place within the file, from 0.
    pub index: u32,
}

/// Bytes under a key of their own; once the key is overwritten, nobody can read them again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Where the key lies.
    pub slot: Slot,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({:?}/{}, {} bytes)", self.slot.drawer, self.slot.index, self.bytes.len())
    }
}

/// Who wrote, as a keyed hash of the platform identity: the same person finds their own
/// suggestions again, and nobody without the key file finds the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MemberKey(pub [u8; 16]);

/// Which key files a store is sealed under. There is one in a store, made at its first start; with other key
/// files nothing of it could be read, and their keys would be taken for unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMark {
    /// A hash of what the two files hold from the day on which they were made.
    pub name: [u8; 16],
}

impl KeyMark {
    /// Its key.
    #[must_use]
    pub fn the_key() -> Key {
        Segments::new().text("vault").key(Kind::KeyMark)
    }
}

impl Stored for KeyMark {
    const KIND: Kind = Kind::KeyMark;

    fn key(&self) -> Key {
        Self::the_key()
    }

    fn into_record(self) -> Record {
        Record::KeyMark(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::KeyMark(it) = record { Some(it) } else { None }
    }
}

/// Where a subscriber really is, when that is theirs alone: whoever knows it could write to them. The address of the
/// subscriber is a name for it then, from which it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAddress {
    /// The subscriber.
    pub subscriber: SubscriberId,
    /// Their [`super::Address`].
    pub address: Sealed,
}

impl SealedAddress {
    /// The key under which a subscriber's is found.
    #[must_use]
    pub fn key_of(subscriber: SubscriberId) -> Key {
        Segments::new().id(subscriber.0).key(Kind::SealedAddress)
    }

    /// Destroys it with its key, because the subscription has ended.
    pub fn destroy(sealed: &Versioned<Self>, changes: &mut Changes) {
        changes.ensure(Shred { slot: sealed.address.slot });
        changes.remove(sealed);
    }
}

impl Stored for SealedAddress {
    const KIND: Kind = Kind::SealedAddress;

    fn key(&self) -> Key {
        Self::key_of(self.subscriber)
    }

    fn into_record(self) -> Record {
        Record::SealedAddress(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::SealedAddress(it) = record { Some(it) } else { None }
    }
}
