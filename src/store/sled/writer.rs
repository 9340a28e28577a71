//! The one thread that writes: checks, applies, and makes many commits durable by one flush.
//!
//! Properties wanted: a commit is whole or not at all; it is decided against everything that was
//! decided before it; its answer comes only when it is durable.
//!
//! *Two commits at once*: there is one thread, so that between the check of a version and the write
//! nothing comes. *Same group*: each commit is decided on top of those before it, whether they are in
//! the tree yet or not. *The loser of a conflict* is told when the winner can be read, so that it does
//! not read the same again. *Readers* may see what is not durable yet, for as long as one flush takes:
//! who decides on it commits behind it, and so becomes durable after it; who only shows it shows at
//! worst what a power cut takes back; who does something outside on the word of it asks first for a commit of
//! nothing, which is answered when all before it is durable. *A caller goes away before the answer*: the commit stands all
//! the same.

use super::plan::{Pending, Plan, Stop};
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

/// How many keys of ours a batch may touch where several commits go into it. Neighbours share a key of sled's, of
/// which larger batches than a hundred or so make it hold on to memory (measured).
const BATCH_KEYS: usize = 2 * Changes::KEYS_MAX;

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
}

impl Writer {
    /// Goes on from the commit with this number.
    pub fn new(core: Arc<Core>, requests: Receiver<Request>, sequence: u64) -> Self {
        Self {
            core,
            requests,
            sequence,
            durable: sequence,
            marked: sequence,
            marked_at: SystemClock.now(),
        }
    }

    /// Serves until it is told to end, or nobody is left to ask.
    pub fn run(mut self) {
        let core = self.core.clone();
        let _told = TellOfPanic(&core);
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
            if group.made.len() + group.refused.len() < GROUP_MAX {
                next = self.requests.try_recv().ok();
            }
        }
        self.settle(group);
        match last? {
            Request::Close(tell) => return Some(tell),
            Request::Hold { begun, over } => {
                begun(self.core.check());
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
        let decided = Plan::decide(&self.core.blocks, pending, self.sequence + 1, changes);
        let commit = decided.map_err(|stop| match stop {
            Stop::Refused(why) => why,
            Stop::Broken(why) => self.core.fail(why),
        })?;
        if commit.keys() == 0 {
            return Ok(());
        }
        self.core.reserve.admit()?;
        if pending.keys() + commit.keys() > BATCH_KEYS {
            self.apply(std::mem::take(pending))?;
        }
        pending.merge(commit);
        self.sequence += 1;
        self.core.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Writes what is pending, and brings it to the disk.
    fn apply(&mut self, pending: Pending) -> Result<(), StoreError> {
        let core = &self.core;
        core.check()?;
        if pending.keys() == 0 {
            return Ok(());
        }
        let batch = pending.into_batch(self.sequence);
        {
            let _whole = core.view.write().unwrap_or_else(PoisonError::into_inner);
            core.blocks.apply(batch).map_err(|e| core.fail(e))?;
        }
        core.blocks.flush().map_err(|e| core.fail(e))?;
        core.flushes.fetch_add(1, Ordering::Relaxed);
        self.durable = self.sequence;
        Ok(())
    }

    fn settle(&mut self, group: Group) {
        let applied = self.apply(group.pending);
        for (answer, why) in group.refused {
            let _ = answer.send(Err(why));
        }
        for answer in group.made {
            let _ = answer.send(applied.clone());
        }
        // A clock that was set back only makes the marker older, and the guard weaker, for a while.
        if SystemClock.now().since(self.marked_at) >= MARKER_EVERY {
            self.mark();
        }
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.core.check()?;
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

/// Tells everybody when the thread ends by a panic.
struct TellOfPanic<'a>(&'a Core);

impl Drop for TellOfPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(StoreError::Backend("the writer of the store panicked".to_owned()));
        }
    }
}
