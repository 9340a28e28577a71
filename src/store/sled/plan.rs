//! A commit while it is decided, and the commits of a group that are decided and not yet on the disk.

use super::journal::Written;
use super::layout::{self, Head, Meta};
use super::near::Near;
use super::recent::View;
use crate::model::{Change, Changes, Expect, Key, Kind, Place, Record, Version};
use crate::store::StoreError;
use std::collections::HashMap;

/// Why a commit was not made.
pub enum Stop {
    /// This one cannot be; the store is as well as before.
    Refused(StoreError),
    /// The store itself failed.
    Broken(StoreError),
}

/// What is decided and not yet on the disk.
#[derive(Default)]
pub struct Pending {
    /// Records, chunks and lines, in the order in which they are written.
    writes: Vec<Written>,
    /// What stands before each record that was touched; `None` when it was removed.
    heads: HashMap<Vec<u8>, Option<Head>>,
    /// Counts, as they will be.
    sums: HashMap<Vec<u8>, i64>,
}

impl Pending {
    /// How many keys it touches.
    pub fn keys(&self) -> usize {
        self.writes.len() + self.sums.len()
    }

    /// Takes over a commit that was decided on top of this.
    pub fn merge(&mut self, commit: Self) {
        self.writes.extend(commit.writes);
        self.heads.extend(commit.heads);
        self.sums.extend(commit.sums);
    }

    /// What lies under which key afterwards.
    pub fn into_writes(self) -> Vec<Written> {
        let mut writes = self.writes;
        let sum =
            |(raw, sum): (Vec<u8>, i64)| (raw, (sum != 0).then(|| sum.to_be_bytes().to_vec()));
        writes.extend(self.sums.into_iter().map(sum));
        writes
    }
}

/// One commit while it is decided: over what is pending, over what is there.
pub struct Plan<'a> {
    there: Near<'a>,
    pending: &'a Pending,
    sequence: u64,
    own: Pending,
}

impl<'a> Plan<'a> {
    /// Decides the commit with this number; gives what it changes.
    pub fn decide(
        view: View<'a>,
        pending: &'a Pending,
        sequence: u64,
        changes: &Changes,
    ) -> Result<Pending, Stop> {
        let keys = changes.keys();
        if keys > Changes::KEYS_MAX {
            let most = Changes::KEYS_MAX;
            return Err(Stop::Refused(StoreError::Impossible(format!(
                "a commit of {keys} keys is larger than {most}"
            ))));
        }
        let mut plan = Self { there: Near::of(view), pending, sequence, own: Pending::default() };
        for (key, version) in &changes.checks {
            if plan.head(&layout::record(key))?.map(|h| h.version) != Some(*version) {
                return Err(Stop::Refused(StoreError::Conflict));
            }
        }
        changes.changes.iter().try_for_each(|change| plan.change(change))?;
        for (counter, by) in &changes.tallies {
            plan.add(layout::count(counter), *by)?;
        }
        Ok(plan.own)
    }

    fn head(&self, raw: &[u8]) -> Result<Option<Head>, Stop> {
        if let Some(head) = self.own.heads.get(raw).or_else(|| self.pending.heads.get(raw)) {
            return Ok(*head);
        }
        let head = self.there.see(raw, layout::read_head).map_err(Stop::Broken)?;
        head.transpose().map_err(Stop::Broken)
    }

    fn change(&mut self, change: &Change) -> Result<(), Stop> {
        let key = &change.key;
        let raw = layout::record(key);
        let head = self.head(&raw)?;
        match (change.expect, head) {
            (Expect::AbsentOrKeep, Some(_)) => return Ok(()),
            (Expect::Absent, Some(_)) => return Err(Stop::Refused(StoreError::Conflict)),
            (Expect::Version(version), head) if head.map(|h| h.version) != Some(version) => {
                return Err(Stop::Refused(StoreError::Conflict));
            }
            _ => {}
        }
        let now = match &change.record {
            Some(record) => Some(self.put((key, &raw), record)?),
            None => None,
        };
        if now.is_none() {
            self.own.writes.push((raw.clone(), None));
        }
        // What the record no longer fills.
        let gone = now.map_or(0, |h| h.chunks)..head.map_or(0, |h| h.chunks);
        let writes = &mut self.own.writes;
        writes.extend(gone.map(|number| (layout::chunk(key, number), None)));
        let line = |place: &Place| layout::line(place.index, &place.at, key);
        writes.extend(change.lost.iter().map(|place| (line(place), None)));
        writes.extend(change.gained.iter().map(|place| (line(place), Some(Vec::new()))));
        self.count(key.kind, head.is_some(), now.is_some())?;
        self.own.heads.insert(raw, now);
        Ok(())
    }

    fn put(&mut self, (key, raw): (&Key, &[u8]), record: &Record) -> Result<Head, Stop> {
        let version = Version(self.sequence);
        let written = layout::write(key, version, record).map_err(Stop::Refused)?;
        self.own.writes.push((raw.to_vec(), Some(written.value)));
        let mut chunks = 0;
        for chunk in written.chunks {
            self.own.writes.push((layout::chunk(key, chunks), Some(chunk)));
            chunks += 1;
        }
        Ok(Head { version, chunks })
    }

    fn count(&mut self, kind: Kind, was: bool, is: bool) -> Result<(), Stop> {
        match (was, is) {
            (false, true) => self.add(Meta::Records(kind).key(), 1),
            (true, false) => self.add(Meta::Records(kind).key(), -1),
            _ => Ok(()),
        }
    }

    fn add(&mut self, raw: Vec<u8>, by: i64) -> Result<(), Stop> {
        let known = self.own.sums.get(&raw).or_else(|| self.pending.sums.get(&raw));
        let sum = if let Some(sum) = known {
            *sum
        } else {
            let value = self.there.get(&raw).map_err(Stop::Broken)?;
            layout::number(value.as_deref()).map_err(Stop::Broken)?.cast_signed()
        };
        self.own.sums.insert(raw, sum.saturating_add(by));
        Ok(())
    }
}
