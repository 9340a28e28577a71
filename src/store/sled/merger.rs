//! The thread that brings layers into the blocks, a slice at a time.
//!
//! What lies in a layer is durable already and can be read; so nobody waits for this, unless the next layer is full
//! as well. Within a slice readers wait; between two they go on. A layer is let go, and with it the turn of the
//! journal, only when all of it is on the disk in the blocks.
//!
//! *The disk is full*: slices wait until there is room; nothing is taken in meanwhile, so that no layer grows, and
//! the writer does not wait for a layer. When the store is closed before there is room, the journal keeps what is
//! not in the blocks.
//! *The process dies within a layer*: the next start brings all of it there again.

use super::Core;
use super::blocks::Write;
use super::layout::Meta;
use super::recent::Layer;
use super::writer::TellOfPanic;
use crate::store::StoreError;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How many keys of sled's a slice writes, about: of larger batches than a hundred or so it holds on to memory
/// (measured), and readers would wait for longer.
const SLICE: usize = 64;

/// How many keys of ours a slice takes at least, and at most: neighbours share a key of sled's.
const KEYS: (usize, usize) = (SLICE, 16 * SLICE);

/// How often it is looked whether there is room on the disk again.
const ROOM: Duration = Duration::from_millis(250);

/// A layer, and the number of the last commit in it.
struct Work {
    layer: Arc<Layer>,
    sequence: u64,
}

/// The thread, as the writer has it.
pub struct Merger {
    work: Option<Sender<Work>>,
    done: Receiver<Result<(), StoreError>>,
    state: State,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Busy,
}

impl Merger {
    /// Begins with nothing to do.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(core: Arc<Core>) -> std::io::Result<Self> {
        let (work, asked) = mpsc::channel();
        let (tell, done) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store-merger".to_owned());
        let thread = thread.spawn(move || serve(&core, &asked, &tell))?;
        Ok(Self { work: Some(work), done, state: State::Idle, thread: Some(thread) })
    }

    /// Brings this layer into the blocks, up to the commit of this number. Only when it is idle.
    pub fn merge(&mut self, layer: Arc<Layer>, sequence: u64) {
        self.state = State::Busy;
        if let Some(work) = &self.work {
            // Where the thread has ended, `wait` says so.
            let _ = work.send(Work { layer, sequence });
        }
    }

    /// Whether the last layer is in the blocks.
    ///
    /// # Errors
    /// When it could not be brought there.
    pub fn idle(&mut self) -> Result<bool, StoreError> {
        if self.state == State::Idle {
            return Ok(true);
        }
        match self.done.try_recv() {
            Ok(done) => self.ended(done).map(|()| true),
            Err(mpsc::TryRecvError::Empty) => Ok(false),
            Err(mpsc::TryRecvError::Disconnected) => Err(gone()),
        }
    }

    /// Waits until the last layer is in the blocks. While the disk is full nobody waits for it, unless it gives up
    /// as well because the store is closed.
    ///
    /// # Errors
    /// When it could not be brought there; [`StoreError::Unavailable`] when there is no room.
    pub fn wait(&mut self, core: &Core) -> Result<(), StoreError> {
        while !self.idle()? {
            if core.reserve.is_gone() && !core.leaving.load(Ordering::Acquire) {
                return Err(no_room());
            }
            match self.done.recv_timeout(ROOM) {
                Ok(done) => return self.ended(done),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
        Ok(())
    }

    fn ended(&mut self, done: Result<(), StoreError>) -> Result<(), StoreError> {
        self.state = State::Idle;
        done
    }
}

impl Drop for Merger {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn no_room() -> StoreError {
    StoreError::Unavailable("there is no room on the disk".to_owned())
}

fn gone() -> StoreError {
    StoreError::Backend("the merger of the store has ended".to_owned())
}

fn serve(core: &Core, asked: &Receiver<Work>, tell: &Sender<Result<(), StoreError>>) {
    let _told = TellOfPanic(core, "merger");
    while let Ok(work) = asked.recv() {
        if tell.send(merge(core, &work)).is_err() {
            return;
        }
    }
}

fn merge(core: &Core, work: &Work) -> Result<(), StoreError> {
    bring(&work.layer, work.sequence, |writes| {
        wait_for_room(core)?;
        slice(core, writes)
    })?;
    core.view.write().unwrap_or_else(PoisonError::into_inner).merged();
    Ok(())
}

/// Brings a layer into the blocks, slice by slice, each of which `write` writes and gives how many keys of sled's that
/// took. With the last one stands up to which commit all of it is there.
pub fn bring(
    layer: &Layer,
    sequence: u64,
    mut write: impl FnMut(&[Write<'_>]) -> Result<usize, StoreError>,
) -> Result<(), StoreError> {
    let (key, number) = (Meta::Sequence.key(), sequence.to_be_bytes());
    let last: Write<'_> = (&key, Some(&number));
    let (mut keys, mut writes, mut rest) = (KEYS.0, layer.iter(), layer.len());
    let mut slice = Vec::new();
    while rest > 0 {
        let taken = keys.min(rest);
        rest -= taken;
        slice.clear();
        if rest == 0 {
            // Of keys that lie in the tree as they are, each is written by itself, in whatever order.
            slice.push(last);
        }
        let next = writes.by_ref().take(taken);
        slice.extend(next.map(|(key, value)| (key.as_slice(), value.as_deref())));
        let written = write(&slice)?;
        keys = (taken * SLICE / written.max(1)).clamp(KEYS.0, KEYS.1);
    }
    Ok(())
}

/// Writes a slice and brings it to the disk; gives how many keys of sled's that took.
fn slice(core: &Core, writes: &[Write<'_>]) -> Result<usize, StoreError> {
    core.check()?;
    let written = {
        let _alone = core.view.write().unwrap_or_else(PoisonError::into_inner);
        core.blocks.write(writes).map_err(|e| core.fail(e))?
    };
    core.blocks.flush().map_err(|e| core.fail(e))?;
    Ok(written)
}

fn wait_for_room(core: &Core) -> Result<(), StoreError> {
    while core.reserve.is_gone() {
        core.check()?;
        if core.leaving.load(Ordering::Acquire) {
            return Err(no_room());
        }
        std::thread::sleep(ROOM);
    }
    Ok(())
}
