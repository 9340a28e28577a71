//! What a decision changes: collected purely, made so by one commit, or not at all.

use super::{Key, Place, Record, Stored};
use std::ops::Deref;

/// Counts the commits that wrote a record; a record never written has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u64);

/// A value together with the version that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The version that was read.
    pub version: Version,
    /// The value.
    pub value: T,
}

impl<T> Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What must stand of a record for a change to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing may be there; otherwise the commit is a conflict.
    Absent,
    /// This version must be there; otherwise the commit is a conflict.
    Version(Version),
    /// Nothing should be there; what is there stays, and this one change is left out.
    AbsentOrKeep,
    /// Whatever is there is replaced. For records with one writer.
    Whatever,
}

/// One change of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The record.
    pub key: Key,
    /// What must stand.
    pub expect: Expect,
    /// The record as it shall be; `None` removes it.
    pub record: Option<Record>,
    /// Places that lead to the record from now on.
    pub gained: Vec<Place>,
    /// Places that no longer lead to it.
    pub lost: Vec<Place>,
}

impl Change {
    /// The record as it shall be, to which `old` led before.
    #[must_use]
    pub fn of<T: Stored>(value: T, expect: Expect, old: &[Place]) -> Self {
        let mut gained = value.places();
        let lost = old.iter().filter(|p| !gained.contains(p)).cloned().collect();
        gained.retain(|p| !old.contains(p));
        let key = value.key();
        Self { key, expect, record: Some(value.into_record()), gained, lost }
    }
}

/// Names a count that commits add to: bytes that sort.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter(pub Vec<u8>);

/// Everything that one decision changes. All of it is committed, or none.
///
/// A commit may touch [`Changes::KEYS_MAX`] keys; larger work goes in pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The changes, in the order in which they were decided.
    pub changes: Vec<Change>,
    /// What is added to which count.
    pub tallies: Vec<(Counter, i64)>,
    /// Records that must still stand at this version although they do not change.
    pub checks: Vec<(Key, Version)>,
}

impl Changes {
    /// How many keys (records, places and counts) one commit may touch: larger batches make the
    /// embedded store hold on to memory (measured).
    pub const KEYS_MAX: usize = 100;

    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record that must not exist yet.
    pub fn insert<T: Stored>(&mut self, value: T) {
        self.count(&value, 1);
        self.put(value, Expect::Absent, &[]);
    }

    /// Adds a record unless there is one already: planning it twice leaves one. For records that add to no
    /// count of their own.
    pub fn ensure<T: Stored>(&mut self, value: T) {
        self.put(value, Expect::AbsentOrKeep, &[]);
    }

    /// Writes a record that has one writer and no places, whatever was there.
    pub fn overwrite<T: Stored>(&mut self, value: T) {
        self.put(value, Expect::Whatever, &[]);
    }

    /// Replaces what was read.
    pub fn update<T: Stored>(&mut self, old: &Versioned<T>, new: T) {
        self.count(&old.value, -1);
        self.count(&new, 1);
        self.put(new, Expect::Version(old.version), &old.value.places());
    }

    /// Removes what was read.
    pub fn remove<T: Stored>(&mut self, old: &Versioned<T>) {
        self.count(&old.value, -1);
        self.changes.push(Change {
            key: old.value.key(),
            expect: Expect::Version(old.version),
            record: None,
            gained: Vec::new(),
            lost: old.value.places(),
        });
    }

    /// Makes the commit a conflict when `read` has changed meanwhile.
    pub fn check<T: Stored>(&mut self, read: &Versioned<T>) {
        self.checks.push((read.value.key(), read.version));
    }

    /// Adds `by` to a count.
    pub fn add(&mut self, counter: Counter, by: i64) {
        match self.tallies.iter_mut().find(|(c, _)| *c == counter) {
            Some((_, sum)) => *sum += by,
            None if by == 0 => {}
            None => self.tallies.push((counter, by)),
        }
    }

    /// Takes over all that `other` changes.
    pub fn append(&mut self, mut other: Self) {
        self.changes.append(&mut other.changes);
        self.checks.append(&mut other.checks);
        for (counter, by) in other.tallies {
            self.add(counter, by);
        }
    }

    /// True when there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.tallies.is_empty()
    }

    /// How many keys the commit would touch, at most.
    #[must_use]
    pub fn keys(&self) -> usize {
        let one = |c: &Change| 1 + c.gained.len() + c.lost.len();
        self.changes.iter().map(one).sum::<usize>() + self.tallies.len()
    }

    /// Whether these and `spare` keys besides fit into the same commit.
    #[must_use]
    pub fn has_room(&self, more: &Self, spare: usize) -> bool {
        self.keys() + more.keys() + spare <= Self::KEYS_MAX
    }

    fn count<T: Stored>(&mut self, value: &T, by: i64) {
        for counter in value.counts() {
            self.add(counter, by);
        }
        self.tallies.retain(|(_, sum)| *sum != 0);
    }

    fn put<T: Stored>(&mut self, value: T, expect: Expect, old: &[Place]) {
        self.changes.push(Change::of(value, expect, old));
    }
}
