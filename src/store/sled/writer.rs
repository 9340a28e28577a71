//! The one thread that writes: checks, applies, and makes many commits durable by one flush.
//!
//! Properties wanted: a commit is whole or not at all; it is decided against everything that was
//! decided before it; its answer comes only when it is durable.
//!
//! *Two commits at once*: there is one thread, so that between the check of a version and the write
//! nothing comes. *Same group*: each commit is applied before the next is checked. *Conflict seen in a
//! group that never became durable*: harmless, the loser reads again; but a reader may see what is not
//! durable yet, for as long as one flush takes. Who decides on it commits behind it, and so becomes
//! durable after it; who only shows it shows at worst what a power cut takes back. *A caller goes away
//! before the answer*: the commit stands all the same.

use super::layout::{self, Head, Meta};
use super::{Core, guard};
use crate::model::{Change, Changes, Expect, Key, Kind, Version};
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many commits wait for one flush at most.
const GROUP_MAX: usize = 256;

/// How many groups, or how long without any, until the marker is refreshed.
const GROUPS_PER_MARKER: u32 = 4096;
const MARKER_EVERY: Duration = Duration::from_mins(1);

/// What the thread is asked.
pub enum Request {
    /// To make changes so.
    Commit(Changes, oneshot::Sender<Result<(), StoreError>>),
    /// To write nothing from when `begun` is told until `over` ends.
    Hold {
        /// Told when everything before is durable.
        begun: SyncSender<Result<(), StoreError>>,
        /// Nothing is written until this is dropped on the other side.
        over: Receiver<()>,
    },
    /// To bring everything to the disk and end.
    Close(SyncSender<Result<(), StoreError>>),
}

/// Why a commit was not applied.
enum Stop {
    /// This one cannot be; the store is as well as before.
    Refused(StoreError),
    /// The store itself failed.
    Broken(StoreError),
}

/// What the thread has.
pub struct Writer {
    core: Arc<Core>,
    requests: Receiver<Request>,
    sequence: u64,
    durable: u64,
    marked: u64,
    groups: u32,
}

impl Writer {
    /// Goes on from the commit with this number.
    pub fn new(core: Arc<Core>, requests: Receiver<Request>, sequence: u64) -> Self {
        Self { core, requests, sequence, durable: sequence, marked: sequence, groups: 0 }
    }

    /// Serves until it is told to end, or nobody is left to ask.
    pub fn run(mut self) {
        let core = self.core.clone();
        let _told = TellOfPanic(&core);
        loop {
            let first = match self.requests.recv_timeout(MARKER_EVERY) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    self.mark(false);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Some(answer) = self.serve(first) {
                let closed = self.close();
                let _ = answer.send(closed);
                return;
            }
        }
        let _ = self.close();
    }

    /// Serves one group; gives whom to tell when it was the last.
    fn serve(&mut self, first: Request) -> Option<SyncSender<Result<(), StoreError>>> {
        let mut applied = Vec::new();
        let mut next = Some(first);
        let mut last = None;
        while let Some(request) = next.take() {
            match request {
                Request::Commit(changes, answer) => {
                    applied.extend(self.take(&changes, answer));
                }
                other => {
                    last = Some(other);
                    break;
                }
            }
            if applied.len() < GROUP_MAX {
                next = match self.requests.try_recv() {
                    Ok(request) => Some(request),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
                };
            }
        }
        self.settle(applied);
        match last? {
            Request::Close(answer) => return Some(answer),
            Request::Hold { begun, over } => {
                // Ends with an error when the other side drops its end: that is the sign.
                if begun.send(self.core.check()).is_ok() {
                    let _ = over.recv();
                }
            }
            Request::Commit(..) => {}
        }
        None
    }

    /// Applies one commit; gives the answer that has to wait for the flush, where one has to.
    fn take(
        &mut self,
        changes: &Changes,
        answer: oneshot::Sender<Result<(), StoreError>>,
    ) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let done = match self.core.check() {
            Ok(()) => self.apply(changes),
            Err(failed) => Err(Stop::Refused(failed)),
        };
        let stop = match done {
            Ok(()) => return Some(answer),
            Err(Stop::Refused(why)) => why,
            Err(Stop::Broken(why)) => self.core.fail(why),
        };
        let _ = answer.send(Err(stop));
        None
    }

    fn settle(&mut self, applied: Vec<oneshot::Sender<Result<(), StoreError>>>) {
        if applied.is_empty() {
            return;
        }
        let flushed = self.flush();
        for answer in applied {
            let _ = answer.send(flushed.clone());
        }
        self.groups += 1;
        if self.groups >= GROUPS_PER_MARKER {
            self.mark(false);
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.core.check()?;
        if self.durable == self.sequence {
            return Ok(());
        }
        self.core.db.flush().map_err(|e| self.core.fail(layout::failed(&e)))?;
        self.core.flushes.fetch_add(1, Ordering::Relaxed);
        self.durable = self.sequence;
        Ok(())
    }

    fn apply(&mut self, changes: &Changes) -> Result<(), Stop> {
        let keys = changes.keys();
        if keys > Changes::KEYS_MAX {
            let most = Changes::KEYS_MAX;
            return Err(Stop::Refused(StoreError::Backend(format!(
                "a commit of {keys} keys is larger than {most}"
            ))));
        }
        let mut plan = Plan::new(&self.core.db, self.sequence + 1);
        for (key, version) in &changes.checks {
            if plan.head(key)?.map(|h| h.version) != Some(*version) {
                return Err(Stop::Refused(StoreError::Conflict));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        changes.changes.iter().try_for_each(|change| plan.change(change))?;
        for (counter, by) in &changes.tallies {
            plan.add(layout::count(counter), *by)?;
        }
        let batch = plan.finish()?;
        let whole = self.core.view.write().unwrap_or_else(PoisonError::into_inner);
        let applied = self.core.db.apply_batch(batch);
        drop(whole);
        applied.map_err(|e| Stop::Broken(layout::failed(&e)))?;
        self.sequence += 1;
        self.core.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.mark(true);
        Ok(())
    }

    /// Says beside the data how many commits are surely in them.
    fn mark(&mut self, closed: bool) {
        self.groups = 0;
        if self.marked == self.durable && !closed {
            return;
        }
        let core = &self.core;
        let bytes = guard::length(&core.dir);
        let marker = guard::Marker { sequence: self.durable, bytes, closed, ..core.marker };
        // An old marker is a weaker guard, not a danger: the data are whole.
        match guard::write_marker(&core.dir, &marker) {
            Ok(()) => self.marked = self.durable,
            Err(error) => tracing::warn!(%error, "the marker of the store was not refreshed"),
        }
    }
}

/// Tells everybody when the thread ends by a panic.
struct TellOfPanic<'a>(&'a Core);

impl Drop for TellOfPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(StoreError::Backend("the writer of the store panicked".to_owned()));
        }
    }
}

/// One commit while it is put together: what it has changed so far lies over what is in the tree.
struct Plan<'a> {
    tree: &'a ::sled::Tree,
    sequence: u64,
    batch: ::sled::Batch,
    heads: HashMap<Vec<u8>, Option<Head>>,
    sums: HashMap<Vec<u8>, i64>,
}

impl<'a> Plan<'a> {
    fn new(tree: &'a ::sled::Tree, sequence: u64) -> Self {
        let (batch, heads, sums) = Default::default();
        Self { tree, sequence, batch, heads, sums }
    }

    fn head(&self, key: &Key) -> Result<Option<Head>, Stop> {
        let raw = layout::record(key);
        if let Some(head) = self.heads.get(&raw) {
            return Ok(*head);
        }
        let value = self.tree.get(raw).map_err(|e| Stop::Broken(layout::failed(&e)))?;
        value.map(|v| layout::read_head(&v)).transpose().map_err(Stop::Broken)
    }

    fn change(&mut self, change: &Change) -> Result<(), Stop> {
        let head = self.head(&change.key)?;
        match (change.expect, head) {
            (Expect::AbsentOrKeep, Some(_)) => return Ok(()),
            (Expect::Absent, Some(_)) => return Err(Stop::Refused(StoreError::Conflict)),
            (Expect::Version(version), head) if head.map(|h| h.version) != Some(version) => {
                return Err(Stop::Refused(StoreError::Conflict));
            }
            _ => {}
        }
        let chunks = match &change.record {
            Some(record) => Some(self.put(&change.key, record)?),
            None => {
                self.batch.remove(layout::record(&change.key));
                None
            }
        };
        // What the record no longer fills.
        for number in chunks.unwrap_or(0)..head.map_or(0, |h| h.chunks) {
            self.batch.remove(layout::chunk(&change.key, number));
        }
        for place in &change.lost {
            self.batch.remove(layout::line(place.index, &place.at, &change.key));
        }
        for place in &change.gained {
            self.batch.insert(layout::line(place.index, &place.at, &change.key), &[]);
        }
        let now = chunks.map(|chunks| Head { version: Version(self.sequence), chunks });
        self.count(change.key.kind, head.is_some(), now.is_some())?;
        self.heads.insert(layout::record(&change.key), now);
        Ok(())
    }

    fn put(&mut self, key: &Key, record: &crate::model::Record) -> Result<u16, Stop> {
        let written = layout::write(key, Version(self.sequence), record).map_err(Stop::Refused)?;
        self.batch.insert(layout::record(key), written.value);
        let mut number = 0;
        for chunk in written.chunks {
            self.batch.insert(layout::chunk(key, number), chunk);
            number += 1;
        }
        Ok(number)
    }

    fn count(&mut self, kind: Kind, was: bool, is: bool) -> Result<(), Stop> {
        match (was, is) {
            (false, true) => self.add(Meta::Records(kind).key(), 1),
            (true, false) => self.add(Meta::Records(kind).key(), -1),
            _ => Ok(()),
        }
    }

    fn add(&mut self, raw: Vec<u8>, by: i64) -> Result<(), Stop> {
        let sum = match self.sums.get(&raw) {
            Some(sum) => *sum,
            None => {
                let value = self.tree.get(&raw).map_err(|e| Stop::Broken(layout::failed(&e)))?;
                layout::number(value.as_deref()).map_err(Stop::Broken)?.cast_signed()
            }
        };
        self.sums.insert(raw, sum.saturating_add(by));
        Ok(())
    }

    fn finish(mut self) -> Result<::sled::Batch, Stop> {
        for (raw, sum) in self.sums {
            if sum == 0 {
                self.batch.remove(raw);
            } else {
                self.batch.insert(raw, &sum.to_be_bytes());
            }
        }
        self.batch.insert(Meta::Sequence.key(), &self.sequence.to_be_bytes());
        Ok(self.batch)
    }
}
