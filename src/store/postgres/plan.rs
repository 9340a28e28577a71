//! What a group of commits changes, decided over what stands, and then written as a few statements.
//!
//! Each commit is decided on top of those before it in its group, as if they had come one by one. Those
//! that are refused leave no trace.

use crate::model::{Change, Changes, Counter, Expect, Key, Place, Version};
use crate::store::{StoreError, codec};
use std::collections::{BTreeMap, BTreeSet};

/// The first byte of every value: how the rest is encoded.
pub const FORM: u8 = 1;

/// The records that are locked before anything is decided: sorted, so that nobody waits for each other.
#[derive(Debug, Default)]
pub struct Touched {
    /// Those that may be written.
    pub written: Records,
    /// Those that must only stand.
    pub checked: Records,
}

impl Touched {
    /// What a group touches.
    pub fn by<'a>(group: impl Iterator<Item = &'a Changes> + Clone) -> Self {
        let written = group.clone().flat_map(|c| c.changes.iter().map(|change| &change.key));
        let written: BTreeSet<&Key> = written.collect();
        let checked = group.flat_map(|c| c.checks.iter().map(|(key, _)| key));
        let checked: BTreeSet<&Key> = checked.filter(|key| !written.contains(key)).collect();
        let mut touched = Self::default();
        for (keys, records) in [(written, &mut touched.written), (checked, &mut touched.checked)] {
            for key in keys {
                records.push(key.clone(), Vec::new());
            }
        }
        touched
    }
}

/// What is written: records by their bytes, `None` where one is removed; lines, false where one is
/// removed; what is added to counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Pending {
    records: BTreeMap<Key, Option<Vec<u8>>>,
    places: BTreeMap<(u8, Vec<u8>, Key), bool>,
    sums: BTreeMap<Counter, i64>,
}

/// A group while it is decided.
pub struct Plan {
    /// The version of each record that is there.
    stands: BTreeMap<Key, Version>,
    /// The version of what is written now.
    version: Version,
    pending: Pending,
}

impl Plan {
    /// Begins over the records that are there.
    pub fn new(stands: BTreeMap<Key, Version>, version: Version) -> Self {
        Self { stands, version, pending: Pending::default() }
    }

    /// Decides one commit, and takes it in unless it is refused.
    pub fn take(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut own = Pending::default();
        for (key, version) in &changes.checks {
            if self.head(&own, key) != Some(*version) {
                return Err(StoreError::Conflict);
            }
        }
        changes.changes.iter().try_for_each(|change| self.change(&mut own, change))?;
        for (counter, by) in &changes.tallies {
            let sum = own.sums.entry(counter.clone()).or_default();
            *sum = sum.saturating_add(*by);
        }
        self.pending.records.extend(own.records);
        self.pending.places.extend(own.places);
        for (counter, by) in own.sums {
            let sum = self.pending.sums.entry(counter).or_default();
            *sum = sum.saturating_add(by);
        }
        Ok(())
    }

    fn head(&self, own: &Pending, key: &Key) -> Option<Version> {
        match own.records.get(key).or_else(|| self.pending.records.get(key)) {
            Some(written) => written.as_ref().map(|_| self.version),
            None => self.stands.get(key).copied(),
        }
    }

    fn change(&self, own: &mut Pending, change: &Change) -> Result<(), StoreError> {
        let key = &change.key;
        match (change.expect, self.head(own, key)) {
            (Expect::AbsentOrKeep, Some(_)) => return Ok(()),
            (Expect::Absent, Some(_)) => return Err(StoreError::Conflict),
            (Expect::Version(version), head) if head != Some(version) => {
                return Err(StoreError::Conflict);
            }
            _ => {}
        }
        let value = change.record.as_ref().map(|record| {
            codec::encode(key, record).map(|body| [&[FORM], body.as_slice()].concat())
        });
        own.records.insert(key.clone(), value.transpose()?);
        let line = |p: &Place| (p.index as u8, p.at.clone(), key.clone());
        own.places.extend(change.lost.iter().map(|p| (line(p), false)));
        own.places.extend(change.gained.iter().map(|p| (line(p), true)));
        Ok(())
    }

    /// What has to be written.
    pub fn into_writes(self) -> Writes {
        let mut writes = Writes { version: self.version, ..Writes::default() };
        for (key, value) in self.pending.records {
            let was = self.stands.contains_key(&key);
            match (was, value) {
                (true, Some(value)) => writes.replaced.push(key, value),
                (false, Some(value)) => writes.inserted.push(key, value),
                (true, None) => writes.removed.push(key, Vec::new()),
                (false, None) => {}
            }
        }
        for ((index, at, key), stays) in self.pending.places {
            let lines = if stays { &mut writes.gained } else { &mut writes.lost };
            lines.push(index, at, key);
        }
        for (counter, by) in self.pending.sums {
            if by < 0 {
                writes.sunk.push(counter.0.clone());
            }
            writes.counters.push(counter.0);
            writes.sums.push(by);
        }
        writes
    }
}

/// Records as columns.
#[derive(Debug, Default)]
pub struct Records {
    /// Their kinds.
    pub kinds: Vec<i16>,
    /// Their names.
    pub ids: Vec<Vec<u8>>,
    /// What is written; empty where nothing is.
    pub values: Vec<Vec<u8>>,
}

impl Records {
    /// Adds one.
    pub fn push(&mut self, key: Key, value: Vec<u8>) {
        self.kinds.push(i16::from(key.kind as u8));
        self.ids.push(key.id);
        self.values.push(value);
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

/// Lines of indexes as columns.
#[derive(Debug, Default)]
pub struct Lines {
    /// The indexes.
    pub indexes: Vec<i16>,
    /// Where in them.
    pub places: Vec<Vec<u8>>,
    /// The kinds of the records to which they lead.
    pub kinds: Vec<i16>,
    /// Their names.
    pub ids: Vec<Vec<u8>>,
}

impl Lines {
    /// Adds one.
    pub fn push(&mut self, index: u8, at: Vec<u8>, key: Key) {
        self.indexes.push(i16::from(index));
        self.places.push(at);
        self.kinds.push(i16::from(key.kind as u8));
        self.ids.push(key.id);
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.indexes.is_empty()
    }
}

/// What has to be written, as columns, each in the order of its keys.
#[derive(Debug)]
pub struct Writes {
    /// The version of what is written.
    pub version: Version,
    /// Records that are there and go.
    pub removed: Records,
    /// Records that are there and change.
    pub replaced: Records,
    /// Records that are not there.
    pub inserted: Records,
    /// Lines that go.
    pub lost: Lines,
    /// Lines that come.
    pub gained: Lines,
    /// Counts.
    pub counters: Vec<Vec<u8>>,
    /// What is added to each.
    pub sums: Vec<i64>,
    /// The counts that become less, and may become nothing.
    pub sunk: Vec<Vec<u8>>,
}

impl Default for Writes {
    fn default() -> Self {
        let (removed, replaced, inserted) = Default::default();
        let (lost, gained) = Default::default();
        let (counters, sums, sunk) = Default::default();
        let version = Version(0);
        Self { version, removed, replaced, inserted, lost, gained, counters, sums, sunk }
    }
}

impl Writes {
    /// Whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.removed.is_empty()
            && self.replaced.is_empty()
            && self.inserted.is_empty()
            && self.lost.is_empty()
            && self.gained.is_empty()
            && self.counters.is_empty()
    }
}
