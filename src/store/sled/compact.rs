//! Gives space back, which sled never does: a copy, and a swap.
//!
//! `store.building` is written, compared and brought to the disk, and becomes `store.new`; `store`
//! becomes `store.old`, `store.new` becomes `store`, `store.old` goes. A kill between any two of these
//! leaves either `store` as it was, or a whole `store.new` without a `store`: [`recover`] undoes the
//! one and finishes the other. Everything happens under the lock of the data directory.

use super::block::Entry;
use super::blocks::{Batch, Blocks, Range};
use super::layout::Meta;
use super::recent::{Recent, View};
use super::reserve::{FreeSpace, free_on_disk};
use super::{OpenError, Settings, files, guard, layout, reserve};
use crate::clock::{Clock, SystemClock};
use crate::model::{Key, Kind, Place};
use crate::store::StoreError;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many records of a kind are looked at to see how long they are.
const SAMPLE: usize = 500;

/// A store without anything in it has about so many bytes.
const LEAST: u64 = 512 * 1024;

/// Where a copy is being written.
pub fn building(dir: &Path) -> PathBuf {
    dir.join("store.building")
}

/// A copy that is whole.
pub fn ready(dir: &Path) -> PathBuf {
    dir.join("store.new")
}

/// What the copy has replaced.
pub fn replaced(dir: &Path) -> PathBuf {
    dir.join("store.old")
}

/// What compacting gave back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The length of the log before, in bytes.
    pub before: u64,
    /// The length of the log now, in bytes.
    pub after: u64,
}

/// Copies what is alive to a new log and takes it for the old one. Nobody else may have the store;
/// about 10 seconds for a million records, and as much space again while it lasts.
///
/// # Errors
/// When the store cannot be opened, or the copy is not the same: then the store is as it was.
pub fn compact(dir: &Path, settings: &Settings) -> Result<Compacted, OpenError> {
    // The copy is never longer than what it is made of.
    reserve::admit_copy(dir, files::length(dir))?;
    swap(dir, settings, guard::open(dir, settings, SystemClock.fresh())?)
}

/// Compacts a store whose log is much longer than what is alive in it, as the settings say; gives what that
/// gave back. Nobody else may have the store.
///
/// # Errors
/// When the store cannot be opened, or the copy is not the same: then the store is as it was.
pub fn compact_at_start(dir: &Path, settings: &Settings) -> Result<Option<Compacted>, OpenError> {
    const MIB: u64 = 1024 * 1024;
    let (times, length) = (settings.compact_at_start, files::length(dir));
    if times == 0 || length < settings.compact_from_mb.saturating_mul(MIB) {
        return Ok(None);
    }
    reserve::admit_opening(dir, &(Arc::new(free_on_disk) as FreeSpace))?;
    let opened = guard::open(dir, settings, SystemClock.fresh())?;
    let live = alive(&opened.db)?;
    // Twice as long as a log is that was just compacted: otherwise it would be done again and again.
    let least = opened.marker.compacted.saturating_mul(2).max(live.saturating_mul(times));
    let room = reserve::admit_copy(dir, length.min(live.saturating_mul(2)));
    if let (true, Err(why)) = (length >= least, &room) {
        tracing::warn!(%why, "the store is not compacted");
    }
    if length < least || room.is_err() {
        drop(opened.db);
        files::wait_until_closed(&files::data(dir))?;
        return Ok(None);
    }
    tracing::info!(store.bytes = length, store.alive = live, "compacting before serving");
    let done = swap(dir, settings, opened)?;
    tracing::info!(store.before = done.before, store.after = done.after, "compacted");
    Ok(Some(done))
}

/// About how many bytes are alive: of each kind as many as are counted, each as long as the first of them.
fn alive(db: &::sled::Db) -> Result<u64, StoreError> {
    let (blocks, recent) = (Blocks::over(db), Recent::default());
    let (mut all, tree) = (0, View::of(&recent, &blocks));
    for kind in Kind::ALL {
        let count = tree.get(&Meta::Records(kind).key())?;
        let count = layout::number(count.as_deref())?;
        if count == 0 {
            continue;
        }
        let (mut bytes, mut looked) = (0, 0);
        let prefix = layout::record(&Key { kind, id: Vec::new() });
        for pair in tree.beginning(prefix)?.take(SAMPLE) {
            let (raw, value) = pair?;
            let key = layout::read_record_key(&raw)?;
            let head = layout::read_head(&value)?;
            bytes += raw.len() + value.len() + usize::from(head.chunks) * layout::VALUE_MAX;
            let places = layout::read(tree, &key, &value)?.value.places();
            let line = |p: &Place| layout::line(p.index, &p.at, &key).len();
            bytes += places.iter().map(line).sum::<usize>();
            looked += 1;
        }
        all += count * bytes as u64 / u64::max(looked, 1);
    }
    Ok(all.max(LEAST))
}

fn swap(dir: &Path, settings: &Settings, opened: guard::Opened) -> Result<Compacted, OpenError> {
    let guard::Opened { db, marker, lock } = opened;
    let before = files::length(dir);
    let after = exchange(dir, settings, (db, Some(marker)), Source::Blocks)?;
    files::write_marker(dir, &files::Marker { bytes: after, compacted: after, ..marker })?;
    drop(lock);
    Ok(Compacted { before, after })
}

/// Lays the keys of a format without blocks into blocks, in a copy that takes the place of the old data. Only
/// under the lock; the data are to be opened again.
pub fn pack(
    dir: &Path,
    settings: &Settings,
    db: ::sled::Db,
    marker: Option<files::Marker>,
) -> Result<(), OpenError> {
    tracing::info!(store.bytes = files::length(dir), "bringing the data to a new format");
    exchange(dir, settings, (db, marker), Source::Plain)?;
    Ok(())
}

/// How what is copied lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// In blocks.
    Blocks,
    /// Every key as it is.
    Plain,
}

/// Puts a copy in the place of the data; gives its length.
fn exchange(
    dir: &Path,
    settings: &Settings,
    (db, marker): (::sled::Db, Option<files::Marker>),
    source: Source,
) -> Result<u64, OpenError> {
    let before = files::length(dir);
    let copy = guard::open_sled(&building(dir), settings)?;
    let copied = copy_all(&db, &copy, source);
    drop(copy);
    drop(db);
    files::wait_until_closed(&building(dir))?;
    files::wait_until_closed(&files::data(dir))?;
    if let Err(why) = copied {
        remove(&building(dir))?;
        return Err(why.into());
    }
    files::sync_tree(&building(dir))?;
    files::rename(&building(dir), &ready(dir))?;
    let after = fs::metadata(ready(dir).join("db")).map_or(0, |m| m.len());
    if let Some(marker) = marker {
        // Before the swap the marker must stand for both: the shorter log is not a loss.
        files::write_marker(dir, &files::Marker { bytes: before.min(after), ..marker })?;
    }
    files::rename(&files::data(dir), &replaced(dir))?;
    files::rename(&ready(dir), &files::data(dir))?;
    remove(&replaced(dir))?;
    Ok(after)
}

type Entries = Box<dyn Iterator<Item = Result<Entry, StoreError>>>;

fn entries(tree: &::sled::Tree, source: Source) -> Result<Entries, StoreError> {
    let plain = |pair: ::sled::Result<(::sled::IVec, ::sled::IVec)>| {
        let (key, value) = pair.map_err(|e| layout::failed(&e))?;
        Ok((key.to_vec(), value.to_vec()))
    };
    Ok(match source {
        Source::Blocks => Box::new(Blocks::over(tree).all()?),
        Source::Plain => Box::new(tree.iter().map(plain)),
    })
}

/// Copies everything, sees that it is the same, and brings it to the disk.
fn copy_all(from: &::sled::Tree, to: &::sled::Tree, source: Source) -> Result<(), StoreError> {
    // In order, so that a key of the copy's takes many.
    const KEYS: usize = 1_000;
    let (blocks, mut batch, mut keys) = (Blocks::over(to), Batch::default(), 0);
    for entry in entries(from, source)? {
        let (key, value) = entry?;
        batch.insert(key, value);
        keys += 1;
        if keys == KEYS {
            blocks.apply(&std::mem::take(&mut batch))?;
            keys = 0;
        }
    }
    blocks.apply(&batch)?;
    compare(entries(from, source)?, blocks.all()?)?;
    to.insert(Meta::Format.key(), &layout::FORMAT.to_be_bytes()).map_err(|e| layout::failed(&e))?;
    blocks.flush()
}

fn compare(from: Entries, mut copied: Range) -> Result<(), StoreError> {
    for entry in from {
        if copied.next().transpose()? != Some(entry?) {
            return Err(StoreError::Backend("the copy is not the same".to_owned()));
        }
    }
    match copied.next() {
        None => Ok(()),
        Some(_) => Err(StoreError::Backend("the copy has more".to_owned())),
    }
}

/// Finishes or undoes a swap in which the process died. Only under the lock.
pub fn recover(dir: &Path) -> Result<(), OpenError> {
    let data = files::data(dir);
    remove(&building(dir))?;
    remove(&guard::tried(dir))?;
    if data.exists() {
        // Not yet swapped, or wholly: the copy is not needed, or the old data are not.
        remove(&ready(dir))?;
        return remove(&replaced(dir));
    }
    if ready(dir).exists() {
        files::rename(&ready(dir), &data)?;
        return remove(&replaced(dir));
    }
    if replaced(dir).exists() {
        files::rename(&replaced(dir), &data)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), OpenError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenError::io("remove", path, &e))
        }
        _ => Ok(()),
    }
}
