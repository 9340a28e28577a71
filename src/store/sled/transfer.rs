//! Out of the store and into an empty one, while others read and commit, or by nobody else.

use super::blocks::{Batch, Blocks};
use super::layout::{self, FORMAT, Meta};
use super::recent::View;
use super::writer::Request;
use super::{Core, OpenError, Settings, compact, ended, files, guard, journal};
use crate::model::{Kind, Record, Version, Versioned};
use crate::store::export::{ExportError, ExportLine, Header, Reader, Totals};
use crate::store::transfer::{self, Note, PAGE, Progress, TransferError};
use crate::store::{Order, Snapshot, StoreError, Whereabouts, media};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::BufRead;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;

/// How many keys of ours a batch of an import takes, about: records come in order, so that neighbours share keys of
/// sled's.
const KEYS: usize = 200;

impl From<OpenError> for TransferError {
    fn from(error: OpenError) -> Self {
        Self::Directory(error)
    }
}

/// While this lives, nothing is written; commits wait, reads go on.
pub struct Held {
    _over: Sender<()>,
}

/// Waits until everything that was asked before is durable, and keeps the writer from writing.
pub async fn hold(requests: &Sender<Request>) -> Result<Held, StoreError> {
    let (tell, begins) = oneshot::channel();
    let (goes_on, over) = mpsc::channel();
    let begun = Box::new(move |begun| drop(tell.send(begun)));
    requests.send(Request::Hold { begun, over }).map_err(|_| ended())?;
    begins.await.map_err(|_| ended())??;
    Ok(Held { _over: goes_on })
}

/// Everything in the store, while nothing is written.
pub struct Whole {
    core: Arc<Core>,
    header: Header,
    /// Where the next page begins.
    from: Bound<Vec<u8>>,
    _held: Held,
}

impl Whole {
    /// Reads from the first record on.
    pub fn of(core: Arc<Core>, held: Held) -> Self {
        let sequence = core.sequence.load(Ordering::Acquire);
        let header = Header::new(core.marker.store, sequence);
        let from = Bound::Included(vec![layout::RECORDS]);
        Self { core, header, from, _held: held }
    }

    fn next(&mut self) -> Result<Vec<ExportLine>, StoreError> {
        let core = self.core.clone();
        core.read(|view| self.read(view))
    }

    fn read(&mut self, tree: View<'_>) -> Result<Vec<ExportLine>, StoreError> {
        let rest = |from| tree.range(from, Bound::Excluded(vec![layout::CHUNKS]), Order::Forward);
        let (mut lines, mut found) = (Vec::new(), rest(self.from.clone())?);
        let mut room = PAGE;
        while lines.len() < room
            && let Some(pair) = found.next()
        {
            let (raw, value) = pair?;
            match raw.first() {
                Some(&layout::RECORDS) => {
                    let key = layout::read_record_key(&raw)?;
                    room = room.min(media::page(key.kind, PAGE));
                    lines.push(ExportLine::Record(layout::read(tree, &key, &value)?));
                }
                Some(&layout::COUNTS) => {
                    let (counter, sum) = layout::read_count(&raw, &value)?;
                    lines.push(ExportLine::Tally(counter, sum));
                }
                // Places are made again out of the records.
                _ => {
                    self.from = Bound::Included(vec![layout::COUNTS]);
                    found = rest(self.from.clone())?;
                    continue;
                }
            }
            self.from = Bound::Excluded(raw);
        }
        Ok(lines)
    }
}

#[async_trait]
impl Snapshot for Whole {
    fn header(&self) -> Header {
        self.header.clone()
    }

    async fn page(&mut self) -> Result<Vec<ExportLine>, StoreError> {
        self.next()
    }
}

/// Where an import is being written.
pub fn importing(dir: &Path) -> PathBuf {
    dir.join("store.importing")
}

/// Fills an empty directory with an export, versions and the store's name included. An import that was
/// interrupted goes on where it was when it is called again with the same file.
///
/// # Errors
/// When the directory has a store, or an import of another file was begun there; or when the export was
/// cut or altered: then nothing of it is there.
pub fn import(
    dir: &Path,
    settings: &Settings,
    from: &mut dyn BufRead,
    progress: Progress<'_>,
) -> Result<Totals, TransferError> {
    let _lock = files::lock(dir)?;
    compact::recover(dir)?;
    let journal = journal::read(dir)?;
    if files::read_marker(dir)?.is_some() || files::data(dir).exists() || !journal.is_empty() {
        return Err(TransferError::NotEmpty(Whereabouts::Directory(dir.to_owned())));
    }
    let mut reader = Reader::begin(from)?;
    let importing = importing(dir);
    guard::remove_half_written(&importing)?;
    let db = begin(&importing, settings)?;
    let filled = fill(&db, &mut reader, dir, progress);
    drop(db);
    files::wait_until_closed(&importing)?;
    let sequence = match filled {
        Ok(sequence) => sequence,
        Err(why @ TransferError::Export(ExportError::Line { .. })) => {
            let removed = fs::remove_dir_all(&importing);
            removed.map_err(|e| OpenError::io("remove", &importing, &e))?;
            return Err(why);
        }
        Err(why) => return Err(why),
    };
    files::sync_tree(&importing)?;
    files::note_import(dir)?;
    // Data without a marker are adopted; a marker without data would be a loss.
    files::rename(&importing, &files::data(dir))?;
    let (store, bytes) = (reader.header().store, files::length(dir));
    let marker = files::Marker { format: FORMAT, store, sequence, bytes, compacted: bytes };
    files::write_marker(dir, &marker)?;
    Ok(reader.totals())
}

/// Opens what an import fills. What a program of another format has begun is begun anew.
fn begin(importing: &Path, settings: &Settings) -> Result<::sled::Db, OpenError> {
    let db = guard::open_sled(importing, settings)?;
    let format = db.get(Meta::Format.key()).map_err(OpenError::engine)?;
    if format.is_none_or(|format| *format != FORMAT.to_be_bytes()) {
        drop(db);
        files::wait_until_closed(importing)?;
        fs::remove_dir_all(importing).map_err(|e| OpenError::io("remove", importing, &e))?;
        let db = guard::open_sled(importing, settings)?;
        db.insert(Meta::Format.key(), &FORMAT.to_be_bytes()).map_err(OpenError::engine)?;
        return Ok(db);
    }
    Ok(db)
}

/// What an import has read and not yet written, and what it counted.
struct Filling {
    batch: Batch,
    keys: usize,
    seen: HashSet<Vec<u8>>,
    kinds: BTreeMap<Kind, u64>,
    /// The highest version of a record.
    highest: Version,
}

impl Default for Filling {
    fn default() -> Self {
        let (batch, seen, kinds) = Default::default();
        Self { batch, keys: 0, seen, kinds, highest: Version(0) }
    }
}

impl Filling {
    fn insert(&mut self, raw: Vec<u8>, value: Vec<u8>) {
        self.batch.insert(raw, value);
        self.keys += 1;
    }

    /// Adds a record with its places; false when it was there already.
    fn add(&mut self, tree: &Blocks, record: &Versioned<Record>) -> Result<bool, StoreError> {
        let key = record.value.key();
        let raw = layout::record(&key);
        let there = tree.contains(&raw)?;
        if there || !self.seen.insert(raw.clone()) {
            return Ok(false);
        }
        let written = layout::write(&key, record.version, &record.value)?;
        self.insert(raw, written.value);
        for (number, chunk) in (0..).zip(written.chunks) {
            self.insert(layout::chunk(&key, number), chunk);
        }
        for place in record.value.places() {
            self.insert(layout::line(place.index, &place.at, &key), Vec::new());
        }
        self.see(record);
        Ok(true)
    }

    /// Counts a record.
    fn see(&mut self, record: &Versioned<Record>) {
        *self.kinds.entry(record.value.key().kind).or_default() += 1;
        self.highest = self.highest.max(record.version);
    }

    /// Writes what was read, and how far that is.
    fn write(&mut self, db: &::sled::Tree, note: &Note) -> Result<(), StoreError> {
        self.keys = 0;
        self.seen.clear();
        self.batch.insert(Meta::Import.key(), written(note));
        Blocks::over(db).apply(&std::mem::take(&mut self.batch))?;
        Ok(())
    }
}

fn written(note: &Note) -> Vec<u8> {
    [note.lines.to_be_bytes().as_slice(), &note.sha256].concat()
}

/// How much of the file is there already, when an import was interrupted.
fn noted(db: &::sled::Tree) -> Result<Option<Note>, StoreError> {
    let Some(bytes) = db.get(Meta::Import.key()).map_err(|e| layout::failed(&e))? else {
        return Ok(None);
    };
    let damaged = || StoreError::Backend("the note of an import is damaged".to_owned());
    let (lines, sha256) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    let sha256 = sha256.try_into().map_err(|_| damaged())?;
    Ok(Some(Note { lines: u64::from_be_bytes(*lines), sha256 }))
}

fn fill(
    db: &::sled::Tree,
    reader: &mut Reader<&mut dyn BufRead>,
    dir: &Path,
    progress: Progress<'_>,
) -> Result<u64, TransferError> {
    let (mut filling, tree) = (Filling::default(), Blocks::over(db));
    if let Some(note) = noted(db)? {
        let see = |line: &ExportLine| {
            if let ExportLine::Record(record) = line {
                filling.see(record);
            }
        };
        if !transfer::skip(reader, &note, see)? {
            let place = Whereabouts::Directory(dir.to_owned());
            return Err(TransferError::Another { place, importing: Some(importing(dir)) });
        }
    }
    while let Some(line) = reader.line()? {
        match line {
            ExportLine::Record(record) => {
                if !filling.add(&tree, &record).map_err(|e| reader.wrong(e.to_string()))? {
                    let key = record.value.key();
                    return Err(reader.wrong(format!("record {key:?} comes twice")).into());
                }
            }
            ExportLine::Tally(counter, sum) => {
                filling.insert(layout::count(&counter), sum.to_be_bytes().to_vec());
            }
        }
        if filling.keys >= KEYS {
            filling.write(db, &Note::of(reader))?;
            progress(reader.totals());
        }
    }
    finish(db, reader, filling)
}

/// Writes what is left, and what the store must know of itself. Until the data have their name it can be done
/// again: the note says that all of the file is there.
fn finish(
    db: &::sled::Tree,
    reader: &Reader<&mut dyn BufRead>,
    mut filling: Filling,
) -> Result<u64, TransferError> {
    let sequence = transfer::sequence(reader, filling.highest)?;
    for (kind, number) in std::mem::take(&mut filling.kinds) {
        filling.insert(Meta::Records(kind).key(), number.to_be_bytes().to_vec());
    }
    filling.insert(Meta::Format.key(), FORMAT.to_be_bytes().to_vec());
    filling.insert(Meta::Store.key(), reader.header().store.as_bytes().to_vec());
    filling.insert(Meta::Sequence.key(), sequence.to_be_bytes().to_vec());
    filling.insert(Meta::Import.key(), written(&Note::of(reader)));
    Blocks::over(db).apply(&filling.batch)?;
    db.flush().map_err(|e| layout::failed(&e))?;
    Ok(sequence)
}
