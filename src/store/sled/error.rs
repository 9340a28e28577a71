//! Why a store is not opened.

use crate::store::StoreError;
use std::path::{Path, PathBuf};

/// Why a data directory cannot be used. The program wrote nothing to it; sled itself may cut its log
/// while it opens it, and therefore a copy is kept where the log is shorter than it was.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data directory {} is in use by another process{}", .dir.display(), process(*.pid))]
    Busy {
        /// The directory.
        dir: PathBuf,
        /// The process, when its number could be read.
        pid: Option<u32>,
    },
    /// It belongs to another user than the one who runs this: files that we made there would be of no use to them.
    #[error("the data directory {} belongs to the user {owner}, and this runs as {us}", .dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The number of the user whose it is.
        owner: u32,
        /// Our number.
        us: u32,
    },
    /// A later program wrote it.
    #[error(
        "the data are of format {found}, this program knows formats up to {known}; use a later program"
    )]
    Newer {
        /// The format of the data.
        found: u32,
        /// Our format.
        known: u32,
    },
    /// An earlier program wrote it, and no step leads from its format to ours.
    #[error(
        "the data are of format {found}, from which no step leads to format {known}; export them with the program that wrote them, and import the export"
    )]
    Older {
        /// The format of the data.
        found: u32,
        /// Our format.
        known: u32,
    },
    /// An import into it was begun.
    #[error(
        "an import into {} was interrupted: run it again with the same file, and it goes on; or remove {}",
        .dir.display(), .importing.display()
    )]
    Unfinished {
        /// The directory.
        dir: PathBuf,
        /// What is to be removed to begin anew.
        importing: PathBuf,
    },
    /// Something of it is gone.
    #[error(
        "the data are not what they were: expected {expected}, found {found}; restore a backup into an empty directory; nothing was written here"
    )]
    Lost {
        /// What the marker says.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The disk is full: what opening writes could break what is kept.
    #[error(
        "there is no room on the disk of {}: {} MiB are free, {} MiB are needed; make room and start again, nothing was changed",
        .dir.display(), .free >> 20, (.needed >> 20) + 1
    )]
    NoSpace {
        /// The data directory.
        dir: PathBuf,
        /// So many bytes are free.
        free: u64,
        /// So many are needed.
        needed: u64,
    },
    /// Writes do not reach the disk on this machine as this program was built.
    #[error(
        "writes do not become durable: sync_file_range was not replaced when this program was linked"
    )]
    NotDurable,
    /// The marker file cannot be read.
    #[error("the marker {} cannot be read: {why}", .path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The directory cannot be used as the program needs it.
    #[error("cannot {action} {}: {why}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What kind of refusal it was.
        kind: std::io::ErrorKind,
        /// What the system said.
        why: String,
    },
    /// The engine refuses the data.
    #[error("the data cannot be opened: {0}")]
    Engine(String),
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl OpenError {
    pub(super) fn io(action: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), kind: error.kind(), why: error.to_string() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "given to map_err by name")]
    pub(super) fn engine(error: ::sled::Error) -> Self {
        Self::Engine(error.to_string())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.to_string())
    }
}
