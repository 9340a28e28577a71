//! The files of a data directory: its lock, its marker, and names that change durably.

use super::OpenError;
use super::layout::FORMAT;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// How often a lock is tried again that this very process has.
const OUR_OWN_TRIES: u32 = 50;

/// What the file `FORMAT` says about the data beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The version of the layout.
    pub format: u32,
    /// The store's name.
    pub store: Uuid,
    /// How many commits there were at least; exactly so many once the store was closed.
    pub sequence: u64,
    /// How long sled's log was.
    pub bytes: u64,
    /// How long it was after it was last compacted; 0 where it never was.
    #[serde(default)]
    pub compacted: u64,
}

/// Where sled's files lie.
pub fn data(dir: &Path) -> PathBuf {
    dir.join("store")
}

/// Whether a data directory has a store, whole or in the middle of being compacted.
#[must_use]
pub fn has_store(dir: &Path) -> bool {
    ["FORMAT", "store", "store.new", "store.old"].iter().any(|name| dir.join(name).exists())
}

/// Whether the data were brought by an import: other data, newer ones perhaps, share their keys.
#[must_use]
pub fn is_imported(dir: &Path) -> bool {
    dir.join("imported").exists()
}

/// Notes that the data are brought by an import.
pub fn note_import(dir: &Path) -> Result<(), OpenError> {
    let path = dir.join("imported");
    let noted = File::create(&path).and_then(|file| file.sync_all());
    noted.and_then(|()| File::open(dir)?.sync_all()).map_err(|e| OpenError::io("write", &path, &e))
}

/// Takes the lock of a data directory, which is made where there is none.
///
/// # Errors
/// When another process has it, it is another user's, or the directory cannot be used.
pub fn lock(dir: &Path) -> Result<File, OpenError> {
    make_private(dir)?;
    let path = dir.join("lock");
    is_ours(dir, &path)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| OpenError::io("open", &path, &e))?;
    let mut tries = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) => return Err(OpenError::io("lock", &path, &e)),
        }
        let pid = holder(&mut file);
        // A program that we are starting has what we had open until it runs, for a moment longer than we.
        if pid != Some(std::process::id()) || tries == OUR_OWN_TRIES {
            return Err(OpenError::Busy { dir: dir.to_owned(), pid });
        }
        tries += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|e| OpenError::io("write", &path, &e))?;
    Ok(file)
}

/// Refuses a directory whose lock another user made: root can write there, and its user could not use what it made.
/// The lock and not the directory is looked at, since whoever mounts a directory may own it for others.
fn is_ours(dir: &Path, lock: &Path) -> Result<(), OpenError> {
    #[cfg(unix)]
    if let (Ok(made), Ok(we)) = (fs::metadata(lock), fs::metadata("/proc/self")) {
        let owner = made.uid();
        if owner != we.uid() && made_by_us(dir).is_some_and(|us| us != owner) {
            return Err(OpenError::Foreign { dir: dir.to_owned(), owner, us: we.uid() });
        }
    }
    #[cfg(not(unix))]
    let _ = (dir, lock);
    Ok(())
}

/// Whose a file is that we make there. Some file systems give all of them to one user, whoever makes them.
#[cfg(unix)]
fn made_by_us(dir: &Path) -> Option<u32> {
    let path = dir.join("owner");
    let made = File::create(&path).and_then(|file| file.metadata());
    let _ = fs::remove_file(&path);
    made.ok().map(|about| about.uid())
}

/// Which process wrote itself down as the one that has the lock.
fn holder(file: &mut File) -> Option<u32> {
    let mut pid = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut pid)).ok()?;
    pid.trim().parse().ok()
}

fn make_private(dir: &Path) -> Result<(), OpenError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| OpenError::io("make", dir, &e))
}

/// How long sled's log is; 0 where there is none.
pub fn length(dir: &Path) -> u64 {
    fs::metadata(data(dir).join("db")).map_or(0, |m| m.len())
}

/// The part of a marker that no later format changes.
#[derive(Deserialize)]
struct Number {
    format: u32,
}

/// What the marker says; `None` where there is none.
pub fn read_marker(dir: &Path) -> Result<Option<Marker>, OpenError> {
    let path = dir.join("FORMAT");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(OpenError::io("read", &path, &e)),
    };
    let damaged =
        |e: serde_json::Error| OpenError::Marker { path: path.clone(), why: e.to_string() };
    // The number alone first: a later format may say other things beside it.
    let Number { format } = serde_json::from_str(&text).map_err(damaged)?;
    if format > FORMAT {
        return Err(OpenError::Newer { found: format, known: FORMAT });
    }
    serde_json::from_str(&text).map(Some).map_err(damaged)
}

/// Writes the marker: wholly or not at all.
pub fn write_marker(dir: &Path, marker: &Marker) -> Result<(), OpenError> {
    let (new, path) = (dir.join("FORMAT.new"), dir.join("FORMAT"));
    let text = serde_json::to_string_pretty(marker)
        .map_err(|e| OpenError::Marker { path: path.clone(), why: e.to_string() })?;
    File::create(&new)
        .and_then(|mut file| writeln!(file, "{text}").and_then(|()| file.sync_all()))
        .map_err(|e| OpenError::io("write", &new, &e))?;
    rename(&new, &path)
}

/// Renames within one directory, durably.
pub fn rename(from: &Path, to: &Path) -> Result<(), OpenError> {
    fs::rename(from, to).map_err(|e| OpenError::io("rename", from, &e))?;
    sync_dir(to.parent().unwrap_or_else(|| Path::new(".")))
}

/// Brings the names in a directory to the disk.
pub fn sync_dir(dir: &Path) -> Result<(), OpenError> {
    // Only Unix lets a directory be opened; elsewhere renames are the file system's promise.
    if cfg!(unix) {
        let synced = File::open(dir).and_then(|d| d.sync_all());
        synced.map_err(|e| OpenError::io("sync", dir, &e))?;
    }
    Ok(())
}

/// Waits until nothing in this process has the data any more: sled's threads end a little later than
/// what they served.
pub fn wait_until_closed(path: &Path) -> Result<(), OpenError> {
    const TRIES: u32 = 1000;
    let log = path.join("db");
    let file = File::open(&log).map_err(|e| OpenError::io("open", &log, &e))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(e)) => return Err(OpenError::io("lock", &log, &e)),
        }
    }
    Err(OpenError::Engine("the data files stay locked".to_owned()))
}

/// Brings every file below a directory to the disk, and its name.
pub fn sync_tree(dir: &Path) -> Result<(), OpenError> {
    let io = |e: std::io::Error| OpenError::io("sync", dir, &e);
    for entry in fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(io)?;
        }
    }
    sync_dir(dir)
}

/// Copies a directory, and brings the copy to the disk.
pub fn copy_dir(from: &Path, to: &Path) -> Result<(), OpenError> {
    let copied = || -> std::io::Result<()> {
        if to.exists() {
            fs::remove_dir_all(to)?;
        }
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), &target)?;
                File::open(&target)?.sync_all()?;
            } else {
                copy_dir(&entry.path(), &target).map_err(std::io::Error::other)?;
            }
        }
        Ok(())
    };
    copied().map_err(|e| OpenError::io("copy", from, &e))
}
