//! The one thread that commits: checks, and makes many commits durable by one entry in the journal.
//!
//! Properties wanted: a commit is whole or not at all; it is decided against everything that was
//! decided before it; its answer comes only when it is durable.
//!
//! *Two commits at once*: there is one thread, so that between the check of a version and the write
//! nothing comes. *Same group*: each commit is decided on top of those before it, whether they are durable
//! yet or not. *The loser of a conflict* is told when the winner can be read, so that it does
//! not read the same again. *Readers* see what is durable, and nothing else. *A caller goes away before the
//! answer*: the commit stands all the same. *The layer above is full before the one below is in the blocks*: it grows
//! on for a while, and then commits wait; on a full disk they are refused instead.

use super::journal::{Journal, Unwritten};
use super::merger::Merger;
use super::plan::{Pending, Plan, Stop};
use super::recent::View;
use super::{Core, files};
use crate::clock::{Clock, SystemClock};
use crate::model::{At, Changes};
use crate::store::StoreError;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many commits wait for one flush at most.
const GROUP_MAX: usize = 256;

/// An entry of the journal that has so many keys takes no further commit.
const ENTRY_KEYS: usize = 20 * Changes::KEYS_MAX;

/// A turn of the journal ends when it has so many bytes, or the layer so many keys: the more there are, the more
/// neighbours are brought into the blocks together, and the more memory two layers take (about 10 MB).
const TURN: (u64, usize) = (4 * 1024 * 1024, 20_000);

/// So many times as much, and commits wait until the layer below is in the blocks.
const TURNS_MOST: u64 = 4;

/// How long after the marker was written it is refreshed.
const MARKER_EVERY: Duration = Duration::from_mins(1);

/// What the thread is asked.
pub enum Request {
    /// To make changes so.
    Commit(Changes, Answer),
    /// To write nothing from when `begun` is told until `over` ends.
    Hold {
        /// Told when everything before is durable.
        begun: Tell,
        /// Nothing is written until this is dropped on the other side.
        over: Receiver<()>,
    },
    /// To bring everything to the disk and end.
    Close(Tell),
}

/// Tells somebody, who waits on a thread or in a future, how it went.
pub type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Whom to tell.
type Answer = oneshot::Sender<Result<(), StoreError>>;

/// Commits that become durable together.
#[derive(Default)]
struct Group {
    /// What is decided and not yet in the tree.
    pending: Pending,
    /// To be told when it is durable.
    made: Vec<Answer>,
    /// To be told when whoever was faster can be read.
    refused: Vec<(Answer, StoreError)>,
}

/// What the thread has.
pub struct Writer {
    core: Arc<Core>,
    requests: Receiver<Request>,
    sequence: u64,
    durable: u64,
    marked: u64,
    marked_at: At,
    journal: Journal,
    merger: Merger,
}

impl Writer {
    /// Goes on from the last commit, all of which lie in the blocks.
    pub fn new(
        core: Arc<Core>,
        requests: Receiver<Request>,
        journal: Journal,
        merger: Merger,
    ) -> Self {
        let sequence = core.marker.sequence;
        let (durable, marked, marked_at) = (sequence, sequence, SystemClock.now());
        Self { core, requests, sequence, durable, marked, marked_at, journal, merger }
    }

    /// Serves until it is told to end, or nobody is left to ask.
    pub fn run(mut self) {
        let core = self.core.clone();
        let _told = TellOfPanic(&core, "writer");
        loop {
            let first = match self.requests.recv_timeout(MARKER_EVERY) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    self.mark();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Some(tell) = self.serve(first) {
                tell(self.close());
                return;
            }
        }
        let _ = self.close();
    }

    /// Serves one group; gives whom to tell when it was the last.
    fn serve(&mut self, first: Request) -> Option<Tell> {
        let mut group = Group::default();
        let mut next = Some(first);
        let mut last = None;
        while let Some(request) = next.take() {
            let Request::Commit(changes, answer) = request else {
                last = Some(request);
                break;
            };
            match self.take(&mut group.pending, &changes) {
                Ok(()) => group.made.push(answer),
                Err(why) => group.refused.push((answer, why)),
            }
            let commits = group.made.len() + group.refused.len();
            if commits < GROUP_MAX && group.pending.keys() < ENTRY_KEYS {
                next = self.requests.try_recv().ok();
            }
        }
        self.settle(group);
        match last? {
            Request::Close(tell) => return Some(tell),
            Request::Hold { begun, over } => {
                begun(self.core.check().and_then(|()| self.rest()));
                // Ends with an error when the other side drops its end: that is the sign.
                let _ = over.recv();
            }
            Request::Commit(..) => {}
        }
        None
    }

    /// Decides one commit on top of what is pending.
    fn take(&mut self, pending: &mut Pending, changes: &Changes) -> Result<(), StoreError> {
        self.core.check()?;
        let decided = {
            let recent = self.core.view.read().unwrap_or_else(PoisonError::into_inner);
            let view = View::of(&recent, &self.core.blocks);
            Plan::decide(view, pending, self.sequence + 1, changes)
        };
        let commit = decided.map_err(|stop| match stop {
            Stop::Refused(why) => why,
            Stop::Broken(why) => self.core.fail(why),
        })?;
        if commit.keys() == 0 {
            return Ok(());
        }
        self.core.reserve.admit()?;
        pending.merge(commit);
        self.sequence += 1;
        self.core.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Brings what is pending to the disk, where it can be read from then on.
    fn apply(&mut self, pending: Pending) -> Result<(), StoreError> {
        let core = self.core.clone();
        core.check()?;
        if pending.keys() == 0 {
            return Ok(());
        }
        let writes = pending.into_writes();
        let keys = writes.iter().map(|(key, value)| (key, value.as_deref()));
        if let Err(error) = self.journal.write((self.durable + 1, self.sequence), keys) {
            // What was decided since is not: the numbers are given anew.
            self.sequence = self.durable;
            return Err(refused(&core, error));
        }
        core.view.write().unwrap_or_else(PoisonError::into_inner).add(writes.into_iter());
        core.flushes.fetch_add(1, Ordering::Relaxed);
        self.durable = self.sequence;
        core.sequence.store(self.durable, Ordering::Release);
        Ok(())
    }

    /// Ends the turn of the journal where it has grown to this, once the one before lies in the blocks.
    fn turn(&mut self, (bytes, keys): (u64, usize)) -> Result<(), StoreError> {
        let (core, length) = (self.core.clone(), self.journal.length());
        let has = core.view.read().unwrap_or_else(PoisonError::into_inner).keys();
        if has == 0 || (length < bytes && has < keys) {
            return Ok(());
        }
        if length >= bytes * TURNS_MOST {
            self.merger.wait(&core)?;
        } else if !self.merger.idle()? {
            return Ok(());
        }
        self.journal.turn().map_err(|why| refused(&core, why))?;
        let layer = core.view.write().unwrap_or_else(PoisonError::into_inner).sink();
        self.merger.merge(layer, self.durable);
        Ok(())
    }

    /// Waits until no layer is brought into the blocks: whoever reads for long would keep that, and with it
    /// everybody else, waiting. On a full disk none is.
    fn rest(&mut self) -> Result<(), StoreError> {
        match self.merger.wait(&self.core) {
            Err(StoreError::Unavailable(_)) => Ok(()),
            waited => waited,
        }
    }

    /// Brings everything into the blocks; false when the disk has no room for that.
    fn lay(&mut self) -> Result<bool, StoreError> {
        let core = self.core.clone();
        let below = self.merger.wait(&core);
        let laid = below.and_then(|()| self.turn((0, 0))).and_then(|()| self.merger.wait(&core));
        if !matches!(laid, Err(StoreError::Unavailable(_))) {
            return laid.map(|()| true);
        }
        // It ends with what it is writing.
        core.leaving.store(true, Ordering::Release);
        match self.merger.wait(&core) {
            Ok(()) | Err(StoreError::Unavailable(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn settle(&mut self, group: Group) {
        let applied = self.apply(group.pending);
        for (answer, why) in group.refused {
            let _ = answer.send(Err(why));
        }
        for answer in group.made {
            let _ = answer.send(applied.clone());
        }
        match self.turn(TURN) {
            // The next commit tries again.
            Ok(()) | Err(StoreError::Unavailable(_)) => {}
            Err(error) => drop(self.core.fail(error)),
        }
        // A clock that was set back only makes the marker older, and the guard weaker, for a while.
        if SystemClock.now().since(self.marked_at) >= MARKER_EVERY {
            self.mark();
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.core.check()?;
        if self.lay()? {
            let emptied = self.journal.empty();
            emptied.map_err(|e| StoreError::Backend(format!("the journal failed: {e}")))?;
        }
        self.mark();
        let marker = files::Marker { sequence: self.marked, ..self.core.marker };
        let parting = &self.core.parting.marker;
        *parting.lock().unwrap_or_else(PoisonError::into_inner) = Some(marker);
        Ok(())
    }

    /// Says beside the data how many commits are surely in them.
    fn mark(&mut self) {
        self.marked_at = SystemClock.now();
        if self.marked == self.durable {
            return;
        }
        let core = &self.core;
        let bytes = files::length(&core.dir);
        let marker = files::Marker { sequence: self.durable, bytes, ..core.marker };
        // An old marker is a weaker guard, not a danger: the data are whole.
        match files::write_marker(&core.dir, &marker) {
            Ok(()) => self.marked = self.durable,
            Err(error) => tracing::warn!(%error, "the marker of the store was not refreshed"),
        }
    }
}

/// What it means that the journal was not written: where there was no room it is tried again.
fn refused(core: &Core, why: Unwritten) -> StoreError {
    match why {
        Unwritten::NoRoom(error) => {
            StoreError::Unavailable(format!("the journal cannot be written: {error}"))
        }
        Unwritten::Unsure(error) => {
            core.fail(StoreError::Backend(format!("the journal failed: {error}")))
        }
    }
}

/// Tells everybody when the thread ends by a panic.
pub struct TellOfPanic<'a>(pub &'a Core, pub &'static str);

impl Drop for TellOfPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(StoreError::Backend(format!("the {} of the store panicked", self.1)));
        }
    }
}
