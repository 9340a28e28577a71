//! From one store to another: everything as it was at one moment, page by page.
//!
//! Whoever exports never has more than a page in memory. Whoever imports notes with each batch how much
//! of the file is in the store, so that an import that was interrupted goes on from there; the note
//! holds a SHA-256 of that much of the file, so that another file is known as another.

use super::export::{ExportError, ExportLine, Header, Reader, Totals, Writer};
use super::{Store, StoreError, Whereabouts, postgres, sled};
use crate::model::Version;
use async_trait::async_trait;
use std::io::{BufRead, Write};
use std::path::PathBuf;

/// How many lines a page has.
pub const PAGE: usize = 500;

/// Told how much was moved, again and again.
pub type Progress<'a> = &'a mut (dyn FnMut(Totals) + Send);

/// Everything that a store has, as it was at one moment.
#[async_trait]
pub trait Snapshot: Send {
    /// What the first line of an export says of it.
    fn header(&self) -> Header;

    /// The next lines, about [`PAGE`] of them: records in the order of their keys, then counts in the
    /// order of their names. None is left when it is empty.
    async fn page(&mut self) -> Result<Vec<ExportLine>, StoreError>;
}

/// Why something was not exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The export itself.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The store out of which it was to come, or into which it was to go.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(sled::OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(postgres::OpenError),
    /// There is something already.
    #[error("{0} has a store already; import into an empty one")]
    NotEmpty(Whereabouts),
    /// An import was begun with something else.
    #[error(
        "an import of another file was begun into {place} and is not finished: give that file again, or begin anew in an empty one"
    )]
    Another {
        /// Where.
        place: Whereabouts,
        /// What is to be removed to begin anew; with a database that is another one.
        importing: Option<PathBuf>,
    },
    /// Another process imports into the same database at this moment.
    #[error("another import into the same database is under way")]
    Underway,
}

/// Writes everything that a store has to `out`, as it is at one moment, and gives `out` back.
///
/// # Errors
/// When the store fails, or `out` does not take it.
pub async fn export<W: Write + Send + 'static>(
    store: &dyn Store,
    out: W,
    progress: Progress<'_>,
) -> Result<(Totals, W), TransferError> {
    let mut snapshot = store.snapshot().await?;
    let mut writer = Writer::begin(out, &snapshot.header())?;
    loop {
        let page = snapshot.page().await?;
        if page.is_empty() {
            return Ok(writer.finish()?);
        }
        // A disk may be slow, and others wait for this thread.
        let written = tokio::task::spawn_blocking(move || {
            page.iter().try_for_each(|line| writer.write(line)).map(|()| writer)
        });
        writer = written.await.map_err(StoreError::from)??;
        progress(writer.totals());
    }
}

/// How much of a file is in a store that is being filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// So many lines, the first one counted.
    pub lines: u64,
    /// The SHA-256 of their bytes.
    pub sha256: [u8; 32],
}

impl Note {
    /// How much `reader` has read.
    pub fn of<R: BufRead>(reader: &Reader<R>) -> Self {
        Self { lines: reader.lines(), sha256: reader.sha256() }
    }
}

/// Goes through the lines that were taken in before an interruption, and shows each to `see`; false
/// when the file is not the one with which the import was begun.
///
/// # Errors
/// When a line is not what was written.
pub fn skip<R: BufRead>(
    reader: &mut Reader<R>,
    note: &Note,
    mut see: impl FnMut(&ExportLine),
) -> Result<bool, ExportError> {
    while reader.lines() < note.lines {
        match reader.line() {
            Ok(Some(line)) => see(&line),
            // All of it may have been taken in.
            Ok(None) => break,
            // Another file may end sooner, or be no export.
            Err(ExportError::Line { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(Note::of(reader) == *note)
}

/// The highest number that a commit of the store can have had.
///
/// # Errors
/// When no store can count so far.
pub fn sequence<R: BufRead>(reader: &Reader<R>, highest: Version) -> Result<u64, ExportError> {
    let sequence = reader.header().sequence.max(highest.0);
    if i64::try_from(sequence).is_err() {
        return Err(reader.wrong(format!("there cannot have been {sequence} commits")));
    }
    Ok(sequence)
}
