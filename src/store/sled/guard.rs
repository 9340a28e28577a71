//! What happens before a store may be used: nobody else has it, nothing of it was lost, it is of a
//! format that we know, and what is written becomes durable.
//!
//! The marker file beside the data says what was there last. sled takes a log whose end is missing for
//! a shorter log, or for none, and then writes over it; therefore the marker is compared *before* sled
//! opens the log (by size) and again before anything is written (by name and number of commits).
//!
//! Races, by name. *Two processes*: the lock file is held as long as the store is open. *Killed while
//! sled opens*: sled leaves a half-written `snap.*.generating` and would take it for a whole one at
//! the next start; it is removed under our lock. *Killed before the first marker*: a store without a
//! marker is adopted, never emptied. *Killed while compacting*: see `compact.rs`.

use super::layout::{self, FORMAT, Meta};
use super::{OpenError, Settings, compact, shim};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What the file `FORMAT` says about the data beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The version of the layout.
    pub format: u32,
    /// The store's name.
    pub store: Uuid,
    /// How many commits there were at least.
    pub sequence: u64,
    /// How long sled's log was.
    pub bytes: u64,
    /// Whether the store was closed after this was written.
    pub closed: bool,
}

/// A store that may be used. What is declared last is let go last: the lock.
pub struct Opened {
    /// The data.
    pub db: ::sled::Db,
    /// What the marker says now.
    pub marker: Marker,
    /// Nobody else opens the store while this lives.
    pub lock: File,
}

/// One step from a format to the next, made on the opened data.
pub struct Step {
    /// The format from which it leads to the one after.
    pub from: u32,
    /// What it does; it may be done twice when the process dies within.
    pub run: fn(&::sled::Db) -> Result<(), OpenError>,
}

/// Every step from an older format. Format 1 is the first.
const STEPS: &[Step] = &[];

/// Where sled's files lie.
pub fn data(dir: &Path) -> PathBuf {
    dir.join("store")
}

/// Opens the data in `dir` for this process alone, or says why it must not be used. `fresh` names a
/// store that is new.
pub fn open(dir: &Path, settings: &Settings, fresh: Uuid) -> Result<Opened, OpenError> {
    let lock = lock(dir)?;
    compact::recover(dir)?;
    let marker = read_marker(dir)?;
    let kept = marker.as_ref().map_or(Ok(None), |marker| inspect(dir, marker))?;
    if let Some(closed) = marker.filter(|m| m.closed) {
        // From here on sled may cut the log as it likes, and its length proves nothing any more.
        write_marker(dir, &Marker { closed: false, ..closed })?;
    }
    remove_half_written(&data(dir))?;
    let db = match (open_sled(&data(dir), settings), &kept, &marker) {
        (Err(OpenError::Engine(why)), Some(kept), Some(marker)) => {
            let expected = format!("a log of {} bytes", marker.bytes);
            return Err(OpenError::Lost { expected, found: why, kept: Some(kept.clone()) });
        }
        (opened, ..) => opened?,
    };
    let found = found(&db)?;
    if let Some(marker) = &marker {
        compare(marker, &found, kept.as_deref())?;
    }
    migrate(&db, found.format.unwrap_or(FORMAT), STEPS)?;
    let store = found.store.unwrap_or(fresh);
    db.insert(Meta::Format.key(), &FORMAT.to_be_bytes()).map_err(OpenError::engine)?;
    db.insert(Meta::Store.key(), store.as_bytes()).map_err(OpenError::engine)?;
    prove_durable(&db)?;
    let (sequence, bytes) = (found.sequence, length(dir));
    let marker = Marker { format: FORMAT, store, sequence, bytes, closed: false };
    write_marker(dir, &marker)?;
    if let Some(kept) = kept {
        fs::remove_dir_all(&kept).map_err(|e| OpenError::io("remove", &kept, &e))?;
    }
    Ok(Opened { db, marker, lock })
}

/// Takes the lock of a data directory, which is made where there is none.
pub fn lock(dir: &Path) -> Result<File, OpenError> {
    make_private(dir)?;
    let path = dir.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| OpenError::io("open", &path, &e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = file.read_to_string(&mut pid);
            let pid = pid.trim().parse().ok();
            return Err(OpenError::Busy { dir: dir.to_owned(), pid });
        }
        Err(TryLockError::Error(e)) => return Err(OpenError::io("lock", &path, &e)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|e| OpenError::io("write", &path, &e))?;
    Ok(file)
}

fn make_private(dir: &Path) -> Result<(), OpenError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| OpenError::io("make", dir, &e))
}

/// Compares the log with the marker before sled touches it. Where the log is shorter although nobody
/// closed the store, sled may itself have cut it: then a copy is kept until the store proved whole.
fn inspect(dir: &Path, marker: &Marker) -> Result<Option<PathBuf>, OpenError> {
    if marker.format > FORMAT {
        return Err(OpenError::Newer { found: marker.format, known: FORMAT });
    }
    let bytes = length(dir);
    if bytes >= marker.bytes && (bytes > 0 || marker.sequence == 0) {
        return Ok(None);
    }
    if marker.closed || bytes == 0 {
        return Err(OpenError::Lost {
            expected: format!("a log of {} bytes", marker.bytes),
            found: format!("{bytes} bytes"),
            kept: None,
        });
    }
    let kept = dir.join("store.kept");
    if !kept.exists() {
        let half = dir.join("store.keeping");
        copy_dir(&data(dir), &half)?;
        rename(&half, &kept)?;
    }
    Ok(Some(kept))
}

fn copy_dir(from: &Path, to: &Path) -> Result<(), OpenError> {
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

/// What the data say of themselves.
struct Found {
    format: Option<u32>,
    store: Option<Uuid>,
    sequence: u64,
}

fn found(db: &::sled::Db) -> Result<Found, OpenError> {
    let get = |meta: Meta| db.get(meta.key()).map_err(OpenError::engine);
    let format = get(Meta::Format)?
        .map(|v| v.as_ref().try_into().map(u32::from_be_bytes))
        .transpose()
        .map_err(|_| OpenError::Engine("the format number is damaged".to_owned()))?;
    let store = get(Meta::Store)?
        .map(|v| Uuid::from_slice(&v))
        .transpose()
        .map_err(|e| OpenError::Engine(format!("the store's name is damaged: {e}")))?;
    let sequence = layout::number(get(Meta::Sequence)?.as_deref())?;
    Ok(Found { format, store, sequence })
}

fn compare(marker: &Marker, found: &Found, kept: Option<&Path>) -> Result<(), OpenError> {
    let lost = |expected: String, found: String| OpenError::Lost {
        expected,
        found,
        kept: kept.map(Path::to_owned),
    };
    match found.store {
        Some(store) if store != marker.store => {
            Err(lost(format!("store {}", marker.store), format!("store {store}")))
        }
        None if marker.sequence > 0 => {
            Err(lost(format!("{} commits", marker.sequence), "an empty store".to_owned()))
        }
        _ if found.sequence < marker.sequence => {
            Err(lost(format!("{} commits", marker.sequence), format!("{} commits", found.sequence)))
        }
        _ => Ok(()),
    }
}

/// Leads the data from an older format to ours, step by step.
fn migrate(db: &::sled::Db, found: u32, steps: &[Step]) -> Result<(), OpenError> {
    if found > FORMAT {
        return Err(OpenError::Newer { found, known: FORMAT });
    }
    for format in found..FORMAT {
        let step = steps.iter().find(|s| s.from == format);
        let step = step.ok_or(OpenError::Older { found, known: FORMAT })?;
        (step.run)(db)?;
        db.insert(Meta::Format.key(), &(format + 1).to_be_bytes()).map_err(OpenError::engine)?;
        db.flush().map_err(OpenError::engine)?;
    }
    Ok(())
}

/// Removes what sled was writing when it was killed at an earlier start.
fn remove_half_written(data: &Path) -> Result<(), OpenError> {
    let Ok(entries) = fs::read_dir(data) else { return Ok(()) };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        if path.extension().is_some_and(|e| e == "generating") {
            tracing::warn!(file = %path.display(), "removing a snapshot that was half written");
            fs::remove_file(&path).map_err(|e| OpenError::io("remove", &path, &e))?;
        }
    }
    Ok(())
}

/// Opens sled in `path`. We hold our own lock, so that whoever has sled's can only be threads of an
/// earlier store of this very process, which are about to end.
pub fn open_sled(path: &Path, settings: &Settings) -> Result<::sled::Db, OpenError> {
    const TRIES: u32 = 1000;
    let config = ::sled::Config::new()
        .path(path)
        .cache_capacity(settings.cache_mb.max(1) * 1024 * 1024)
        .flush_every_ms(None);
    for _ in 0..TRIES {
        // Some damage makes sled panic where it should answer.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| {
            OpenError::Engine("sled cannot read its log: it is damaged or was cut".to_owned())
        })?;
        match opened {
            Err(::sled::Error::Io(e)) if e.to_string().contains("could not acquire lock") => {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other.map_err(OpenError::engine),
        }
    }
    Err(OpenError::Engine("the data files stay locked".to_owned()))
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

/// Writes something and sees that it was brought to the disk.
fn prove_durable(db: &::sled::Db) -> Result<(), OpenError> {
    let before = shim::syncs();
    let last = layout::number(db.get(Meta::Probe.key()).map_err(OpenError::engine)?.as_deref())?;
    db.insert(Meta::Probe.key(), &last.wrapping_add(1).to_be_bytes()).map_err(OpenError::engine)?;
    db.flush().map_err(OpenError::engine)?;
    match (before, shim::syncs()) {
        (Some(before), Some(after)) if after <= before => Err(OpenError::NotDurable),
        _ => Ok(()),
    }
}

/// How long sled's log is; 0 where there is none.
pub fn length(dir: &Path) -> u64 {
    fs::metadata(data(dir).join("db")).map_or(0, |m| m.len())
}

/// What the marker says; `None` where there is none.
pub fn read_marker(dir: &Path) -> Result<Option<Marker>, OpenError> {
    let path = dir.join("FORMAT");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(OpenError::io("read", &path, &e)),
    };
    // The number alone first: a later format may say other things beside it.
    #[derive(Deserialize)]
    struct Number {
        format: u32,
    }
    let damaged =
        |e: serde_json::Error| OpenError::Marker { path: path.clone(), why: e.to_string() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn db() -> (tempfile::TempDir, ::sled::Db) {
        let dir = tempfile::tempdir().expect("a directory");
        let db = open_sled(dir.path(), &Settings::default()).expect("opens");
        (dir, db)
    }

    #[test]
    fn an_older_format_is_led_to_ours_by_its_step() {
        let (_dir, db) = db();
        db.insert(b"old", b"1").expect("writes");
        let step = Step {
            from: 0,
            run: |db| {
                db.insert(b"new", b"1").map_err(OpenError::engine)?;
                db.remove(b"old").map_err(OpenError::engine)?;
                Ok(())
            },
        };
        migrate(&db, 0, &[step]).expect("migrates");
        assert!(db.contains_key(b"new").expect("reads"));
        assert_eq!(found(&db).expect("reads").format, Some(1));
    }

    #[test]
    fn a_format_to_which_no_step_is_known_is_refused_and_stays() {
        let (_dir, db) = db();
        assert!(matches!(migrate(&db, 0, STEPS), Err(OpenError::Older { found: 0, known: 1 })));
        assert_eq!(found(&db).expect("reads").format, None);
    }
}
