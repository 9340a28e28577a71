//! People: staff with their roles, members with their settings. No count is kept of anybody.

use super::{
    Address, At, Identity, Index, Key, Kind, Lang, MemberKey, PersonId, Place, Record, Segments,
    Stored,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What somebody is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Grants and takes roles; sees alarms.
    Administrator,
    /// Writes and pushes posts.
    Editor,
    /// Approves posts (used by a later setting).
    Approver,
    /// Triages and answers suggestions.
    Reviewer,
    /// Signs: confirms what needs a second person, and takes over what a colleague took up.
    Lead,
    /// Guards identities (used by a later setting).
    Custodian,
    /// Keeps chats that we cannot write to, and brings there what is owed to them.
    Keeper,
}

impl Role {
    /// Every role, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Administrator,
        Self::Editor,
        Self::Approver,
        Self::Reviewer,
        Self::Lead,
        Self::Custodian,
        Self::Keeper,
    ];
}

/// Somebody who works with the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their name here.
    pub id: PersonId,
    /// Who they are on their platforms.
    pub identities: BTreeSet<Identity>,
    /// What colleagues call them. It never goes out to members.
    pub name: String,
    /// What they are trusted with.
    pub roles: BTreeSet<Role>,
    /// Their own chat, where notices for staff go.
    pub direct: Option<Address>,
    /// The language they chose.
    pub lang: Lang,
    /// Since when.
    pub since: At,
}

impl Person {
    /// The place under which the person of this identity is found.
    #[must_use]
    pub fn by_identity(identity: &Identity) -> Place {
        Segments::new().text(&identity.0).place(Index::PersonByIdentity)
    }
}

impl Stored for Person {
    const KIND: Kind = Kind::Person;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        self.identities.iter().map(Self::by_identity).collect()
    }

    fn into_record(self) -> Record {
        Record::Person(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Person(it) = record { Some(it) } else { None }
    }
}

/// An invitation to a role: whoever brings the code first has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// SHA-256 of the code; the code itself is shown once.
    pub hash: [u8; 32],
    /// The role.
    pub role: Role,
    /// Who invited.
    pub by: PersonId,
    /// Until when it can be used.
    pub until: At,
}

impl Stored for Invite {
    const KIND: Kind = Kind::Invite;

    fn key(&self) -> Key {
        Segments::new().bytes(&self.hash).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let at = Segments::new().at(self.until).byte(Self::KIND as u8).bytes(&self.hash);
        vec![at.place(Index::Expiring)]
    }

    fn into_record(self) -> Record {
        Record::Invite(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Invite(it) = record { Some(it) } else { None }
    }
}

/// What a member chose. Nothing else is kept of members, and nothing is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who, as a keyed hash.
    pub key: MemberKey,
    /// The language they chose.
    pub lang: Lang,
}

impl Member {
    /// The key of this member's settings.
    #[must_use]
    pub fn key_of(key: MemberKey) -> Key {
        Segments::new().bytes(&key.0).key(Kind::Member)
    }
}

impl Stored for Member {
    const KIND: Kind = Kind::Member;

    fn key(&self) -> Key {
        Self::key_of(self.key)
    }

    fn into_record(self) -> Record {
        Record::Member(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Member(it) = record { Some(it) } else { None }
    }
}
