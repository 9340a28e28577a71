//! The embedded store: sled behind a journal, made durable, watched, and written by one thread.
//!
//! **Invariant:** what was acknowledged is on the disk, and a store that lost something is refused
//! rather than written over. sled is named in this folder alone.
//!
//! A commit is durable when it stands in the journal; from there many are brought into sled together, neighbours in
//! one value (`merger.rs`): a delivery that is planned, leased and settled within a moment is laid there once.
//!
//! Reads run where they are called, without another thread: what is read is mostly in memory, and a
//! read from the disk takes a fraction of a millisecond. Each read sees commits whole.

mod block;
mod blocks;
mod compact;
mod error;
mod files;
mod guard;
mod journal;
mod layout;
mod merger;
mod near;
mod plan;
mod recent;
mod reserve;
mod shim;
mod step;
mod transfer;
mod verify;
mod writer;

pub use blocks::{Batch, Blocks, Range};
pub use compact::{Compacted, compact, compact_at_start};
pub use error::OpenError;
pub use files::{has_store, is_imported, lock};
pub use reserve::{FreeSpace, free_on_disk};
pub use transfer::import;
pub use verify::verify;

use super::space::Space;
use super::{Line, Order, Reads, Report, Scan, Sharing, Snapshot, Store, StoreError};
use crate::clock::{Clock, SystemClock};
use crate::model::{Changes, Counter, Key, Kind, Record, Versioned};
use async_trait::async_trait;
use journal::Journal;
use merger::Merger;
use near::Near;
use recent::{Recent, View};
use reserve::Reserve;
use serde::Deserialize;
use std::fs::File;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};
use writer::{Request, Writer};

/// How the embedded store is run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How much of the data is kept in memory, in MiB. Reads slow down to a sixth when it is much
    /// smaller than the data.
    pub cache_mb: u64,
    /// How many times as long as what is alive in it the log may be before it is compacted at the start; 0
    /// for never.
    pub compact_at_start: u64,
    /// A log shorter than this, in MiB, is not compacted at the start.
    pub compact_from_mb: u64,
    /// So much of the disk is kept free, in MiB: nothing is taken in while less is; 0 for none.
    pub reserve_mb: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_mb: 16, compact_at_start: 4, compact_from_mb: 64, reserve_mb: 32 }
    }
}

/// What readers and the writer share. What is declared last is let go last: the lock.
struct Core {
    blocks: Blocks,
    /// Ends sled before the lock is let go.
    _db: ::sled::Db,
    /// Held for writing while a commit is taken in or the blocks are written, for reading while something is read.
    view: RwLock<Recent>,
    /// The number of the last commit that is durable.
    sequence: AtomicU64,
    /// Set when the store is closed while the disk is full: nobody waits for room any more.
    leaving: AtomicBool,
    failed: watch::Sender<Option<String>>,
    flushes: AtomicU64,
    commits: AtomicU64,
    reserve: Reserve,
    dir: PathBuf,
    marker: files::Marker,
    parting: Parting,
    _lock: File,
}

/// What the marker is to say after the store was closed. sled goes on writing until it is let go, so
/// that only then the log is as long as the next start will find it.
struct Parting {
    dir: PathBuf,
    marker: Mutex<Option<files::Marker>>,
}

impl Drop for Parting {
    fn drop(&mut self) {
        let marker = *self.marker.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(marker) = marker else { return };
        let bytes = files::length(&self.dir);
        if bytes == marker.bytes {
            return;
        }
        if let Err(error) = files::write_marker(&self.dir, &files::Marker { bytes, ..marker }) {
            tracing::warn!(%error, "the marker of the store was not refreshed");
        }
    }
}

impl Core {
    /// An error once the store has failed.
    fn check(&self) -> Result<(), StoreError> {
        match self.failed.borrow().as_ref() {
            Some(why) => Err(StoreError::Backend(why.clone())),
            None => Ok(()),
        }
    }

    /// From now on everything is answered with the first error: nothing more is sure.
    fn fail(&self, error: StoreError) -> StoreError {
        let why = match &error {
            StoreError::Backend(why) => why.clone(),
            StoreError::Conflict | StoreError::Unavailable(_) | StoreError::Impossible(_) => {
                error.to_string()
            }
        };
        self.failed.send_if_modified(|failed| {
            let first = failed.is_none();
            if first {
                tracing::error!(error = %why, "the store failed");
                *failed = Some(why);
            }
            first
        });
        error
    }

    fn read<T>(
        &self,
        read: impl FnOnce(View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check()?;
        let recent = self.view.read().unwrap_or_else(PoisonError::into_inner);
        read(View::of(&recent, &self.blocks)).map_err(|e| self.fail(e))
    }
}

/// How much the store has written since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Commits that changed something.
    pub commits: u64,
    /// Flushes that made them durable; fewer, where several commits came at once.
    pub flushes: u64,
    /// The length of the log, in bytes.
    pub bytes: u64,
}

/// Records on the disk of this machine. Dropping it brings everything to the disk.
pub struct SledStore {
    core: Arc<Core>,
    requests: Sender<Request>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SledStore({})", self.core.dir.display())
    }
}

impl SledStore {
    /// Opens the store in `dir`, which is made where there is none. Takes up to some seconds for a
    /// million records.
    ///
    /// # Errors
    /// When another process has it, when it is of a format that we do not know, or when something of
    /// it was lost.
    pub fn open(dir: &Path, settings: &Settings) -> Result<Self, OpenError> {
        Self::open_on(dir, settings, Arc::new(free_on_disk))
    }

    /// The same on a disk of which `free` tells how much is free.
    ///
    /// # Errors
    /// The same.
    pub fn open_on(dir: &Path, settings: &Settings, free: FreeSpace) -> Result<Self, OpenError> {
        reserve::admit_opening(dir, &free)?;
        let opened = guard::open(dir, settings, SystemClock.fresh())?;
        let (requests, asked) = mpsc::channel();
        let core = Arc::new(Core {
            blocks: Blocks::over(&opened.db),
            _db: opened.db,
            view: RwLock::default(),
            sequence: AtomicU64::new(opened.marker.sequence),
            leaving: AtomicBool::new(false),
            failed: watch::Sender::new(None),
            flushes: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            reserve: Reserve::new(dir, settings.reserve_mb, free),
            dir: dir.to_owned(),
            marker: opened.marker,
            parting: Parting { dir: dir.to_owned(), marker: Mutex::new(None) },
            _lock: opened.lock,
        });
        let journal = Journal::begin(dir, opened.marker.store)?;
        let thread = |e: std::io::Error| OpenError::io("start a thread for", dir, &e);
        let merger = Merger::start(core.clone()).map_err(thread)?;
        let writer = Writer::new(core.clone(), asked, journal, merger);
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(thread)?;
        Ok(Self { core, requests, writer: Mutex::new(Some(writer)) })
    }

    /// Brings everything to the disk and ends; every later call is answered with an error. Blocks
    /// until what was asked before is done.
    ///
    /// # Errors
    /// When the store failed, now or before.
    pub fn close(&self) -> Result<(), StoreError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let tell = Box::new(move |closed| drop(answer.send(closed)));
        let asked = self.requests.send(Request::Close(tell));
        let closed = asked.map_err(|_| ended()).and_then(|()| answered.recv().map_err(|_| ended()));
        self.join();
        closed?
    }

    /// How much was written since it was opened.
    #[must_use]
    pub fn written(&self) -> Written {
        Written {
            commits: self.core.commits.load(Ordering::Relaxed),
            flushes: self.core.flushes.load(Ordering::Relaxed),
            bytes: files::length(&self.core.dir),
        }
    }

    /// How many records of a kind there are; counted as they are written, not by looking.
    ///
    /// # Errors
    /// When the store fails.
    pub fn records(&self, kind: Kind) -> Result<u64, StoreError> {
        self.core.read(|tree| {
            let value = tree.get(&layout::Meta::Records(kind).key())?;
            layout::number(value.as_deref())
        })
    }

    fn join(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Close(Box::new(drop)));
        self.join();
    }
}

fn ended() -> StoreError {
    StoreError::Backend("the store is closed".to_owned())
}

#[async_trait]
impl Reads for SledStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError> {
        self.core.read(|tree| {
            let value = tree.get(&layout::record(key))?;
            value.map(|value| layout::read(tree, key, &value)).transpose()
        })
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<Record>>>, StoreError> {
        self.core.read(|tree| {
            let near = Near::of(tree);
            let read = |key: &Key| {
                let value = near.get(&layout::record(key))?;
                value.map(|value| layout::read(tree, key, &value)).transpose()
            };
            keys.iter().map(read).collect()
        })
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError> {
        let prefix = layout::place_prefix(scan.index, &scan.prefix);
        let (mut from, mut to) = (prefix.clone(), layout::behind(prefix));
        match (&scan.after, scan.order) {
            (Some(at), Order::Forward) => from = from.max(layout::behind_place(scan.index, at)),
            (Some(at), Order::Backward) => to = to.min(layout::before_place(scan.index, at)),
            (None, _) => {}
        }
        self.core.read(|tree| {
            let mut lines = Vec::new();
            if from >= to {
                return Ok(lines);
            }
            let mut found = tree.range(Bound::Included(from), Bound::Excluded(to), scan.order)?;
            while lines.len() < scan.limit {
                let Some(found) = found.next() else { break };
                lines.push(layout::read_line(&found?.0)?.1);
            }
            Ok(lines)
        })
    }

    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError> {
        let prefix = layout::record(&Key { kind, id: prefix.to_vec() });
        let to = layout::behind(prefix.clone());
        let from = match after.map(layout::record) {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.core.read(|tree| {
            if matches!(&from, Bound::Excluded(from) if *from >= to) {
                return Ok(Vec::new());
            }
            let found = tree.range(from, Bound::Excluded(to), Order::Forward)?;
            let read = |entry: Result<(Vec<u8>, Vec<u8>), StoreError>| {
                let (raw, value) = entry?;
                layout::read(tree, &layout::read_record_key(&raw)?, &value)
            };
            found.take(limit).map(read).collect()
        })
    }

    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError> {
        self.core.read(|tree| {
            let value = tree.get(&layout::count(counter))?;
            Ok(layout::number(value.as_deref())?.cast_signed())
        })
    }

    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError> {
        let prefix = layout::count(&Counter(prefix.to_vec()));
        self.core.read(|tree| {
            let read = |entry: Result<(Vec<u8>, Vec<u8>), StoreError>| {
                let (raw, value) = entry?;
                layout::read_count(&raw, &value)
            };
            tree.beginning(prefix)?.map(read).collect()
        })
    }

    fn space(&self) -> Option<Space> {
        self.core.reserve.look()
    }
}

#[async_trait]
impl Store for SledStore {
    fn sharing(&self) -> Sharing {
        Sharing::Alone
    }

    /// When the caller goes away before the answer, the commit may still be made.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Commit(changes, answer)).map_err(|_| ended())?;
        answered.await.unwrap_or_else(|_| {
            self.core.check()?;
            Err(ended())
        })
    }

    async fn failed(&self) -> String {
        let mut failed = self.core.failed.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(why) => why.clone().unwrap_or_default(),
            Err(_) => "the store is gone".to_owned(),
        }
    }

    async fn close(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let tell = Box::new(move |closed| drop(answer.send(closed)));
        self.requests.send(Request::Close(tell)).map_err(|_| ended())?;
        let closed = answered.await.map_err(|_| ended())?;
        // It has told and ends now.
        self.join();
        closed
    }

    /// Commits wait until it is let go, reads go on.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let held = transfer::hold(&self.requests).await?;
        Ok(Box::new(transfer::Whole::of(self.core.clone(), held)))
    }

    /// Commits wait until it is done, reads go on.
    async fn verify(&self) -> Result<Report, StoreError> {
        let held = transfer::hold(&self.requests).await?;
        let core = self.core.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let _held = held;
            core.read(verify::look)
        });
        looked.await?
    }
}
