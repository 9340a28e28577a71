//! A part of the disk is kept free: sled outlives no write that fails, so none is begun that could.
//!
//! While less than the reserve is free every commit is refused as what cannot be done now, before anything of
//! it is written; what is kept stays and can be read. Once a quarter more than the reserve is free again, commits
//! are taken as before. What one commit writes, with all that sled buffers, is far less than the smallest reserve
//! that the configuration takes.
//!
//! Races, by name. *Somebody else fills the disk between the look and the write*: only a writer who takes the
//! whole reserve within that moment; then sled fails, the process ends, and the next start waits for room.
//! *The system does not say how much is free*: then nothing is refused.

use super::{OpenError, files};
use crate::store::StoreError;
use crate::store::space::{Level, Space};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MIB: u64 = 1024 * 1024;

/// What opening a store may write, besides a part of what it has.
const OPENING: u64 = 4 * MIB;

/// Tells how many bytes are free on the disk of a directory; `None` where the system does not say.
pub type FreeSpace = Arc<dyn Fn(&Path) -> Option<u64> + Send + Sync>;

/// What the system says of the disk of a directory that need not exist yet.
#[must_use]
pub fn free_on_disk(dir: &Path) -> Option<u64> {
    if let Ok(free) = fs4::available_space(dir) {
        return Some(free);
    }
    let dir = std::path::absolute(dir).ok()?;
    let there = dir.ancestors().find(|part| part.exists())?;
    fs4::available_space(there).ok()
}

/// Refuses to open a store whose disk has no room for what that writes.
pub fn admit_opening(dir: &Path, free: &FreeSpace) -> Result<(), OpenError> {
    // What sled writes to find its pages again is a small part of its log.
    has(dir, free(dir), OPENING + files::length(dir) / 64)
}

/// Refuses what would write so many bytes besides what opening does.
pub fn admit_copy(dir: &Path, bytes: u64) -> Result<(), OpenError> {
    has(dir, free_on_disk(dir), OPENING + bytes)
}

fn has(dir: &Path, free: Option<u64>, needed: u64) -> Result<(), OpenError> {
    match free {
        Some(free) if free < needed => {
            Err(OpenError::NoSpace { dir: dir.to_owned(), free, needed })
        }
        _ => Ok(()),
    }
}

/// Watches the disk of one store.
pub struct Reserve {
    dir: PathBuf,
    free: FreeSpace,
    /// So many bytes.
    least: u64,
    /// Whether commits are refused.
    shut: AtomicBool,
}

impl Reserve {
    /// Keeps so many MiB free on the disk of `dir`; 0 for none.
    pub fn new(dir: &Path, mib: u64, free: FreeSpace) -> Self {
        let (dir, least) = (dir.to_owned(), mib.saturating_mul(MIB));
        Self { dir, free, least, shut: AtomicBool::new(false) }
    }

    /// How it stands at this moment; `None` where nothing is kept free, or the system does not say.
    pub fn look(&self) -> Option<Space> {
        if self.least == 0 {
            return None;
        }
        let (free, reserve) = ((self.free)(&self.dir)?, self.least);
        let shut = self.shut.load(Ordering::Acquire);
        // Not open again at the very byte: it would be shut by the next commit.
        let least = if shut { reserve + reserve / 4 } else { reserve };
        let level = match free {
            free if free < least => Level::Gone,
            free if free < reserve.saturating_mul(2) => Level::Scarce,
            _ => Level::Ample,
        };
        let gone = level == Level::Gone;
        if self.shut.swap(gone, Ordering::AcqRel) != gone {
            let (dir, free_mib, kept_mib) = (self.dir.display(), free / MIB, reserve / MIB);
            if gone {
                tracing::error!(%dir, free_mib, kept_mib, "the disk is full but for the reserve: nothing is taken in until there is room");
            } else {
                tracing::info!(%dir, free_mib, kept_mib, "there is room on the disk again");
            }
        }
        Some(Space { free, reserve, level })
    }

    /// Whether commits are refused at this moment.
    pub fn is_gone(&self) -> bool {
        self.look().is_some_and(|space| space.level == Level::Gone)
    }

    /// Refuses a commit for which there is no room.
    pub fn admit(&self) -> Result<(), StoreError> {
        match self.look() {
            Some(Space { free, reserve, level: Level::Gone }) => {
                Err(StoreError::Unavailable(format!(
                    "only {} MiB are free on the disk of {}, where {} MiB are kept free; make room",
                    free / MIB,
                    self.dir.display(),
                    reserve / MIB
                )))
            }
            _ => Ok(()),
        }
    }
}
