//! Out of the store and into an empty one, while others read and commit, or by nobody else.

use super::layout::{self, FORMAT, Meta};
use super::writer::Request;
use super::{OpenError, Settings, SledStore, compact, ended, guard};
use crate::model::{Kind, Record, Versioned};
use crate::store::export::{ExportError, ExportLine, Header, Reader, Totals, Writer};
use crate::store::{StoreError, sled::verify};
use std::collections::BTreeMap;
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
    let _lock = guard::lock(dir)?;
    compact::recover(dir)?;
    if guard::read_marker(dir)?.is_some() || guard::data(dir).exists() {
        return Err(TransferError::NotEmpty(dir.display().to_string()));
    }
    let mut reader = Reader::begin(from)?;
    let building = compact::building(dir);
    let db = guard::open_sled(&building, settings)?;
    let filled = fill(&db, &mut reader);
    drop(db);
    guard::wait_until_closed(&building)?;
    let sequence = match filled {
        Ok(sequence) => sequence,
        Err(why) => {
            let removed = fs::remove_dir_all(&building);
            removed.map_err(|e| OpenError::io("remove", &building, &e))?;
            return Err(why);
        }
    };
    guard::sync_tree(&building)?;
    // Data without a marker are adopted; a marker without data would be a loss.
    guard::rename(&building, &guard::data(dir))?;
    let (store, bytes) = (reader.header().store, guard::length(dir));
    let marker = guard::Marker { format: FORMAT, store, sequence, bytes, closed: true };
    guard::write_marker(dir, &marker)?;
    Ok(reader.totals())
}

fn fill(db: &::sled::Tree, reader: &mut Reader<&mut dyn BufRead>) -> Result<u64, TransferError> {
    let failed = |e: ::sled::Error| layout::failed(&e);
    let mut sequence = reader.header().sequence;
    let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
    while let Some(line) = reader.line()? {
        match line {
            ExportLine::Record(record) => {
                sequence = sequence.max(record.version.0);
                let key = record.value.key();
                if db.contains_key(layout::record(&key)).map_err(failed)? {
                    return Err(reader.wrong(format!("record {key:?} comes twice")).into());
                }
                *kinds.entry(key.kind).or_default() += 1;
                let batch = batch_of(&record).map_err(|e| reader.wrong(e.to_string()))?;
                db.apply_batch(batch).map_err(failed)?;
            }
            ExportLine::Tally(counter, sum) => {
                db.insert(layout::count(&counter), &sum.to_be_bytes()).map_err(failed)?;
            }
        }
    }
    let mut meta = ::sled::Batch::default();
    meta.insert(Meta::Format.key(), &FORMAT.to_be_bytes());
    meta.insert(Meta::Store.key(), reader.header().store.as_bytes());
    meta.insert(Meta::Sequence.key(), &sequence.to_be_bytes());
    for (kind, number) in kinds {
        meta.insert(Meta::Records(kind).key(), &number.to_be_bytes());
    }
    db.apply_batch(meta).map_err(failed)?;
    db.flush().map_err(failed)?;
    Ok(sequence)
}

fn batch_of(record: &Versioned<Record>) -> Result<::sled::Batch, StoreError> {
    let key = record.value.key();
    let written = layout::write(&key, record.version, &record.value)?;
    let mut batch = ::sled::Batch::default();
    batch.insert(layout::record(&key), written.value);
    for (number, chunk) in (0..).zip(written.chunks) {
        batch.insert(layout::chunk(&key, number), chunk);
    }
    for place in record.value.places() {
        batch.insert(layout::line(place.index, &place.at, &key), &[]);
    }
    Ok(batch)
}
