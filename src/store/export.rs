//! Everything that a store has, as JSON lines: the backup, and the way from one store to another.
//!
//! The first line names the format and the store, the last one counts the lines between and has the
//! SHA-256 of every byte before it. A file that was cut or altered is therefore known as such, and
//! whoever imports it gives up all of it.
//!
//! ```json
//! {"tongxin":"export","format":1,"store":"0192…","sequence":7}
//! {"version":3,"record":{"Member":{…}}}
//! {"tally":"73656e74","sum":12}
//! {"records":1,"tallies":1,"sha256":"9f86…"}
//! ```

use crate::model::{Counter, Record, Version, Versioned, hex, unhex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read, Write};
use uuid::Uuid;

/// The version of this form.
pub const FORMAT: u32 = 1;

/// The longest line that is read; the longest record that a store takes is far shorter.
const LINE_MAX: usize = 8 * 1024 * 1024;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    tongxin: String,
    format: u32,
    /// The store from which it comes.
    pub store: Uuid,
    /// How many commits there were.
    pub sequence: u64,
}

impl Header {
    /// The first line of an export of `store` after so many commits.
    #[must_use]
    pub fn new(store: Uuid, sequence: u64) -> Self {
        Self { tongxin: "export".to_owned(), format: FORMAT, store, sequence }
    }
}

/// One line between the first and the last.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one line lives at a time")]
pub enum ExportLine {
    /// A record with its version.
    Record(Versioned<Record>),
    /// A count.
    Tally(Counter, i64),
}

/// What was exported or imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records.
    pub records: u64,
    /// Counts.
    pub tallies: u64,
}

/// Why an export cannot be imported. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A line is not what it should be.
    #[error("line {line}: {why}")]
    Line {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        why: LineFault,
    },
    /// It cannot be read or written.
    #[error("cannot read or write the export: {0}")]
    Io(#[from] std::io::Error),
}

/// What is wrong with a line of an export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is the first one, and none of ours begins so.
    #[error("this is no export of Tongxin{0}")]
    NoExport(String),
    /// The export is of another format.
    #[error("the export is of format {found}, this program knows format {FORMAT}")]
    Format {
        /// Its format.
        found: u32,
    },
    /// The file ends before the last line.
    #[error("the export ends before its end: it was cut")]
    Cut,
    /// What stands before the last line is not what was written.
    #[error("something before it was altered (SHA-256 differs)")]
    Altered,
    /// Something else; what.
    #[error("{0}")]
    Other(String),
}

impl From<String> for LineFault {
    fn from(why: String) -> Self {
        Self::Other(why)
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Out<'a> {
    Record { version: u64, record: &'a Record },
    Tally { tally: String, sum: i64 },
    End { records: u64, tallies: u64, sha256: String },
}

/// The part of the first line that no later format changes.
#[derive(Deserialize)]
struct Form {
    tongxin: String,
    format: u32,
}

/// Any line but the first, before it is known which.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct In {
    version: Option<u64>,
    record: Option<Record>,
    tally: Option<String>,
    sum: Option<i64>,
    records: Option<u64>,
    tallies: Option<u64>,
    sha256: Option<String>,
}

/// Writes an export line by line.
pub struct Writer<W> {
    out: W,
    hash: Sha256,
    totals: Totals,
}

impl<W: Write> Writer<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn begin(out: W, header: &Header) -> Result<Self, ExportError> {
        let mut this = Self { out, hash: Sha256::new(), totals: Totals::default() };
        this.put(header)?;
        Ok(this)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn write(&mut self, line: &ExportLine) -> Result<(), ExportError> {
        match line {
            ExportLine::Record(record) => {
                self.totals.records += 1;
                self.put(&Out::Record { version: record.version.0, record: &record.value })
            }
            ExportLine::Tally(counter, sum) => {
                self.totals.tallies += 1;
                self.put(&Out::Tally { tally: hex(&counter.0), sum: *sum })
            }
        }
    }

    /// What was written so far.
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Writes the last line, without which the export is worth nothing; gives back where it was written.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn finish(mut self) -> Result<(Totals, W), ExportError> {
        let totals = self.totals;
        let sha256 = hex(&self.hash.clone().finalize());
        self.put(&Out::End { records: totals.records, tallies: totals.tallies, sha256 })?;
        self.out.flush()?;
        Ok((totals, self.out))
    }

    fn put(&mut self, line: &impl Serialize) -> Result<(), ExportError> {
        let mut bytes = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.out.write_all(&bytes)?;
        Ok(())
    }
}

/// Reads an export line by line. It is whole only when [`Reader::line`] has given `None`.
pub struct Reader<R> {
    from: R,
    header: Header,
    hash: Sha256,
    totals: Totals,
    line: u64,
    over: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// When it is no export, or one of a later program.
    pub fn begin(from: R) -> Result<Self, ExportError> {
        let header = Header::new(Uuid::nil(), 0);
        let (hash, totals) = (Sha256::new(), Totals::default());
        let mut this = Self { from, header, hash, totals, line: 0, over: false };
        let bytes = this.bytes()?;
        let form: Form = serde_json::from_slice(&bytes)
            .map_err(|e| this.wrong(LineFault::NoExport(format!(": {e}"))))?;
        if form.tongxin != "export" {
            return Err(this.wrong(LineFault::NoExport(String::new())));
        }
        if form.format != FORMAT {
            let found = form.format;
            return Err(this.wrong(LineFault::Format { found }));
        }
        this.header = serde_json::from_slice(&bytes).map_err(|e| this.wrong(e.to_string()))?;
        this.hash.update(&bytes);
        Ok(this)
    }

    /// The first line.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What was read so far.
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// How many lines were read, the first one counted.
    pub const fn lines(&self) -> u64 {
        self.line
    }

    /// The SHA-256 of what was read so far.
    pub fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// An error that names the line read last.
    pub fn wrong(&self, why: impl Into<LineFault>) -> ExportError {
        ExportError::Line { line: self.line, why: why.into() }
    }

    /// The next line; `None` behind the last, when everything was as it was written.
    ///
    /// # Errors
    /// When it is not what was written, or the end is missing.
    pub fn line(&mut self) -> Result<Option<ExportLine>, ExportError> {
        if self.over {
            return Ok(None);
        }
        let bytes = self.bytes()?;
        let read = serde_json::from_slice(&bytes).map_err(|e| self.wrong(e.to_string()))?;
        let line = match read {
            In { version: Some(version), record: Some(value), .. } => {
                self.totals.records += 1;
                ExportLine::Record(Versioned { version: Version(version), value })
            }
            In { tally: Some(name), sum: Some(sum), .. } => {
                self.totals.tallies += 1;
                let name = unhex(&name).ok_or_else(|| {
                    self.wrong("the name of a count must be hexadecimal".to_owned())
                })?;
                ExportLine::Tally(Counter(name), sum)
            }
            In { records: Some(records), tallies: Some(tallies), sha256: Some(sha256), .. } => {
                self.end(Totals { records, tallies }, &sha256)?;
                return Ok(None);
            }
            _ => return Err(self.wrong("neither a record, nor a count, nor the end".to_owned())),
        };
        self.hash.update(&bytes);
        Ok(Some(line))
    }

    fn end(&mut self, totals: Totals, sha256: &str) -> Result<(), ExportError> {
        if totals != self.totals {
            let (records, tallies) = (totals.records, totals.tallies);
            return Err(self.wrong(format!(
                "there should be {records} records and {tallies} counts before it"
            )));
        }
        if hex(&self.hash.clone().finalize()) != sha256 {
            return Err(self.wrong(LineFault::Altered));
        }
        if !self.from.fill_buf()?.is_empty() {
            return Err(self.wrong("something follows behind the end".to_owned()));
        }
        self.over = true;
        Ok(())
    }

    fn bytes(&mut self) -> Result<Vec<u8>, ExportError> {
        self.line += 1;
        let mut bytes = Vec::new();
        let most = LINE_MAX as u64 + 1;
        self.from.by_ref().take(most).read_until(b'\n', &mut bytes)?;
        match bytes.last() {
            Some(b'\n') => Ok(bytes),
            Some(_) if bytes.len() > LINE_MAX => Err(self.wrong("the line is too long".to_owned())),
            _ => Err(self.wrong(LineFault::Cut)),
        }
    }
}
