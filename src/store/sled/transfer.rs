//! Out of the store and into an empty one, while others read and commit, or by nobody else.

use super::layout::{self, FORMAT, Meta};
use super::writer::Request;
use super::{OpenError, Settings, SledStore, compact, ended, files, guard, verify};
use crate::model::{Changes, Kind, Record, Versioned};
use crate::store::StoreError;
use crate::store::export::{ExportError, ExportLine, Header, Reader, Totals, Writer};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{self, Sender};

/// Why something was not exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The export itself.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The store out of which it was to come.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something already.
    #[error("{0} has a store already; import into an empty directory")]
    NotEmpty(String),
}

/// While this lives, nothing is written; commits wait, reads go on.
pub struct Held {
    _over: Sender<()>,
}

impl SledStore {
    /// Writes everything that the store has to `out`, as it is at one moment. Commits wait until it
    /// is done, reads go on. Blocks; write to a file, not to somebody who reads slowly.
    ///
    /// # Errors
    /// When the store fails, or `out` does not take it.
    pub fn export(&self, out: &mut dyn Write) -> Result<Totals, TransferError> {
        let _held = self.hold()?;
        let tree: &::sled::Tree = &self.core.db;
        let failed = |e: ::sled::Error| layout::failed(&e);
        let sequence = tree.get(Meta::Sequence.key()).map_err(failed)?;
        let sequence = layout::number(sequence.as_deref())?;
        let header = Header::new(self.core.marker.store, sequence);
        let mut writer = Writer::begin(out, &header)?;
        for pair in tree.scan_prefix([layout::RECORDS]) {
            let (raw, value) = pair.map_err(failed)?;
            let record = layout::read(tree, &layout::read_record_key(&raw)?, &value)?;
            writer.write(&ExportLine::Record(record))?;
        }
        for pair in tree.scan_prefix([layout::COUNTS]) {
            let (raw, value) = pair.map_err(failed)?;
            let (counter, sum) = layout::read_count(&raw, &value)?;
            writer.write(&ExportLine::Tally(counter, sum))?;
        }
        Ok(writer.finish()?)
    }

    /// Looks whether everything leads to everything. Commits wait until it is done, reads go on.
    ///
    /// # Errors
    /// When the store fails.
    pub fn verify(&self) -> Result<verify::Report, StoreError> {
        let _held = self.hold()?;
        verify::look(&self.core.db)
    }

    fn hold(&self) -> Result<Held, StoreError> {
        let (begun, begins) = mpsc::sync_channel(1);
        let (goes_on, over) = mpsc::channel();
        self.requests.send(Request::Hold { begun, over }).map_err(|_| ended())?;
        begins.recv().map_err(|_| ended())??;
        Ok(Held { _over: goes_on })
    }
}

/// Fills an empty directory with an export, versions and the store's name included. A kill within
/// leaves an empty directory.
///
/// # Errors
/// When the directory has a store, or the export was cut or altered: then nothing of it is there.
pub fn import(
    dir: &Path,
    settings: &Settings,
    from: &mut dyn BufRead,
) -> Result<Totals, TransferError> {
    let _lock = files::lock(dir)?;
    compact::recover(dir)?;
    if files::read_marker(dir)?.is_some() || files::data(dir).exists() {
        return Err(TransferError::NotEmpty(dir.display().to_string()));
    }
    let mut reader = Reader::begin(from)?;
    let building = compact::building(dir);
    let db = guard::open_sled(&building, settings)?;
    let filled = fill(&db, &mut reader);
    drop(db);
    files::wait_until_closed(&building)?;
    let sequence = match filled {
        Ok(sequence) => sequence,
        Err(why) => {
            let removed = fs::remove_dir_all(&building);
            removed.map_err(|e| OpenError::io("remove", &building, &e))?;
            return Err(why);
        }
    };
    files::sync_tree(&building)?;
    // Data without a marker are adopted; a marker without data would be a loss.
    files::rename(&building, &files::data(dir))?;
    let (store, bytes) = (reader.header().store, files::length(dir));
    let marker = files::Marker { format: FORMAT, store, sequence, bytes, compacted: bytes };
    files::write_marker(dir, &marker)?;
    Ok(reader.totals())
}

/// What an import has read and not yet written, and what it counted.
#[derive(Default)]
struct Filling {
    batch: ::sled::Batch,
    keys: usize,
    seen: HashSet<Vec<u8>>,
    kinds: BTreeMap<Kind, u64>,
}

impl Filling {
    fn insert(&mut self, raw: Vec<u8>, value: Vec<u8>) {
        self.batch.insert(raw, value);
        self.keys += 1;
    }

    /// Adds a record with its places; false when it was there already.
    fn add(&mut self, db: &::sled::Tree, record: &Versioned<Record>) -> Result<bool, StoreError> {
        let key = record.value.key();
        let raw = layout::record(&key);
        let there = db.contains_key(&raw).map_err(|e| layout::failed(&e))?;
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
        *self.kinds.entry(key.kind).or_default() += 1;
        Ok(true)
    }

    fn write(&mut self, db: &::sled::Tree) -> Result<(), StoreError> {
        self.keys = 0;
        self.seen.clear();
        db.apply_batch(std::mem::take(&mut self.batch)).map_err(|e| layout::failed(&e))
    }
}

fn fill(db: &::sled::Tree, reader: &mut Reader<&mut dyn BufRead>) -> Result<u64, TransferError> {
    let mut sequence = reader.header().sequence;
    let mut filling = Filling::default();
    while let Some(line) = reader.line()? {
        match line {
            ExportLine::Record(record) => {
                sequence = sequence.max(record.version.0);
                if !filling.add(db, &record).map_err(|e| reader.wrong(e.to_string()))? {
                    let key = record.value.key();
                    return Err(reader.wrong(format!("record {key:?} comes twice")).into());
                }
            }
            ExportLine::Tally(counter, sum) => {
                filling.insert(layout::count(&counter), sum.to_be_bytes().to_vec());
            }
        }
        // The last record may take it a little beyond what a commit may touch.
        if filling.keys >= Changes::KEYS_MAX / 2 {
            filling.write(db)?;
        }
    }
    if i64::try_from(sequence).is_err() {
        return Err(reader.wrong(format!("there cannot have been {sequence} commits")).into());
    }
    for (kind, number) in std::mem::take(&mut filling.kinds) {
        filling.insert(Meta::Records(kind).key(), number.to_be_bytes().to_vec());
    }
    filling.insert(Meta::Format.key(), FORMAT.to_be_bytes().to_vec());
    filling.insert(Meta::Store.key(), reader.header().store.as_bytes().to_vec());
    filling.insert(Meta::Sequence.key(), sequence.to_be_bytes().to_vec());
    filling.write(db)?;
    db.flush().map_err(|e| layout::failed(&e))?;
    Ok(sequence)
}
