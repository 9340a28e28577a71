//! Out of the database, as it is at one moment, and into an empty one.

use super::fault::Fault;
use super::link::{Parameters, Session};
use super::plan::{FORM, Lines, Records};
use super::{OpenError, Settings, enter, read};
use crate::model::{Counter, Key, Record, Version, Versioned, hex, unhex};
use crate::store::export::{ExportError, ExportLine, Header, Reader, Totals};
use crate::store::transfer::{self, Note, PAGE, Progress, TransferError};
use crate::store::{Snapshot, StoreError, codec, media};
use async_trait::async_trait;
use std::collections::HashSet;
use std::io::BufRead;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Row, Statement};
use uuid::Uuid;

/// At most so many bytes of records go into one transaction of an import.
const BYTES_MAX: usize = 4 * 1024 * 1024;

impl From<OpenError> for TransferError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            error => Self::Database(error),
        }
    }
}

fn failed(error: &Error) -> StoreError {
    Fault::of(error).into_error()
}

/// Everything in the database, as one transaction sees it.
pub struct Whole {
    /// Its connection; nobody else asks on it.
    pub session: Session,
    header: Header,
    records: Statement,
    counts: Statement,
    /// The kinds of records that there are and were not read yet, the first one last.
    kinds: Vec<i16>,
    /// Of the kind that is read, the first name that was not.
    from: Vec<u8>,
    /// The last count that was read.
    counted: Option<Vec<u8>>,
}

impl Whole {
    /// From here on nothing changes for this reader.
    pub async fn begin(settings: &Settings) -> Result<Self, StoreError> {
        let session = Session::open(settings).await.map_err(Fault::into_error)?;
        Self::of(session).await.map_err(|e| failed(&e))?
    }

    async fn of(session: Session) -> Result<Result<Self, StoreError>, Error> {
        let client = &session.client;
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let named = client.query_opt("SELECT value FROM meta WHERE name = 'store'", &[]).await?;
        let named = named.and_then(|row| Uuid::parse_str(row.get(0)).ok());
        let Some(store) = named else { return Ok(Err(codec::damaged("the store's name"))) };
        // Behind the first read: what is seen was numbered before.
        let counted = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM versions";
        let sequence: i64 = client.query_one(counted, &[]).await?.get(0);
        let records = "SELECT kind, id, version, value FROM records
             WHERE kind = $1 AND id >= $2 ORDER BY kind, id LIMIT $3::bigint";
        let counts = "SELECT name, sum FROM counts WHERE name >= $1 AND sum <> 0
             ORDER BY name LIMIT $2::bigint";
        let (records, counts) = (client.prepare(records).await?, client.prepare(counts).await?);
        let kinds =
            client.query("SELECT DISTINCT kind FROM records ORDER BY kind DESC", &[]).await?;
        let kinds = kinds.iter().map(|row| row.get(0)).collect();
        let header = Header::new(store, sequence.cast_unsigned());
        let (from, counted) = (Vec::new(), None);
        Ok(Ok(Self { session, header, records, counts, kinds, from, counted }))
    }

    /// The next records, in the order of their keys.
    pub async fn rows(&mut self) -> Result<Vec<Row>, StoreError> {
        while let Some(kind) = self.kinds.last() {
            let known = u8::try_from(*kind).ok().and_then(|kind| codec::kind(kind).ok());
            let limit = super::most(known.map_or(PAGE, |kind| media::page(kind, PAGE)));
            let place: Parameters<'_> = &[kind, &self.from, &limit];
            let rows = self.session.client.query(&self.records, place).await;
            let rows = rows.map_err(|e| failed(&e))?;
            if let Some(last) = rows.last() {
                self.from = [last.get::<_, &[u8]>(1), &[0]].concat();
                return Ok(rows);
            }
            self.kinds.pop();
            self.from.clear();
        }
        Ok(Vec::new())
    }

    async fn tallies(&mut self) -> Result<Vec<ExportLine>, StoreError> {
        let limit = super::most(PAGE);
        let from =
            self.counted.as_ref().map_or_else(Vec::new, |last| [last.as_slice(), &[0]].concat());
        let rows = self.session.client.query(&self.counts, &[&from, &limit]).await;
        let rows = rows.map_err(|e| failed(&e))?;
        if let Some(last) = rows.last() {
            self.counted = Some(last.get(0));
        }
        let line = |row: &Row| ExportLine::Tally(Counter(row.get(0)), row.get(1));
        Ok(rows.iter().map(line).collect())
    }
}

#[async_trait]
impl Snapshot for Whole {
    fn header(&self) -> Header {
        self.header.clone()
    }

    async fn page(&mut self) -> Result<Vec<ExportLine>, StoreError> {
        let rows = self.rows().await?;
        if rows.is_empty() {
            return self.tallies().await;
        }
        let line = |row: &Row| {
            let key = Key { kind: read::kind(row, 0)?, id: row.get(1) };
            Ok(ExportLine::Record(read::record(&key, row, 2)?))
        };
        rows.iter().map(line).collect()
    }
}

/// How much of a file is there already, when an import was interrupted.
pub async fn noted(client: &Client) -> Result<Option<Note>, OpenError> {
    let row = client.query_opt("SELECT value FROM meta WHERE name = 'import'", &[]).await?;
    let Some(row) = row else { return Ok(None) };
    let text: String = row.get(0);
    let note = text.split_once(' ').and_then(|(lines, sha256)| {
        let sha256 = unhex(sha256)?.try_into().ok()?;
        Some(Note { lines: lines.parse().ok()?, sha256 })
    });
    Ok(Some(note.ok_or(OpenError::Damaged)?))
}

fn written(note: &Note) -> String {
    format!("{} {}", note.lines, hex(&note.sha256))
}

/// Fills an empty database with an export, versions and the store's name included. An import that was
/// interrupted goes on where it was when it is called again with the same file.
///
/// # Errors
/// When the database has records, or an import of another file was begun there; or when the export was cut
/// or altered: then nothing of it is there.
pub async fn import(
    settings: &Settings,
    from: &mut (dyn BufRead + Send),
    progress: Progress<'_>,
) -> Result<Totals, TransferError> {
    let mut reader = Reader::begin(from)?;
    let session = enter(settings).await?;
    let mut filling = Filling::begin(&session.client, settings, &mut reader).await?;
    match filling.fill(&mut reader, progress).await {
        Ok(()) => Ok(reader.totals()),
        Err(why @ TransferError::Export(ExportError::Line { .. })) => {
            empty(&session.client).await.map_err(|e| failed(&e))?;
            Err(why)
        }
        Err(why) => Err(why),
    }
}

/// Gives up all of an import: where that fails all of it stays, and it goes on with the same file.
async fn empty(client: &Client) -> Result<(), Error> {
    let all = [
        // A transaction may be open in which something went wrong.
        "ROLLBACK",
        "BEGIN",
        // There may be much of it.
        "SET LOCAL statement_timeout = 0",
        "DELETE FROM places",
        "DELETE FROM counts",
        "DELETE FROM records",
        "DELETE FROM meta WHERE name = 'import'",
        "COMMIT",
    ];
    for asked in all {
        client.batch_execute(asked).await?;
    }
    Ok(())
}

/// An import under way.
struct Filling<'a> {
    client: &'a Client,
    note: Note,
    highest: Version,
    batch: Batch,
}

/// What was read and is not written yet.
#[derive(Default)]
struct Batch {
    keys: HashSet<Key>,
    records: Records,
    versions: Vec<i64>,
    lines: Lines,
    names: Vec<Vec<u8>>,
    sums: Vec<i64>,
    bytes: usize,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes >= BYTES_MAX || self.versions.len() + self.names.len() >= 2 * PAGE
    }

    /// Adds a record with its places; false when it was there already.
    fn add(&mut self, record: &Versioned<Record>) -> Result<bool, StoreError> {
        let key = record.value.key();
        if !self.keys.insert(key.clone()) {
            return Ok(false);
        }
        let body = codec::encode(&key, &record.value)?;
        self.bytes += body.len();
        for place in record.value.places() {
            self.lines.push(place.index as u8, place.at, key.clone());
        }
        self.records.push(key, [&[FORM], body.as_slice()].concat());
        self.versions.push(record.version.0.cast_signed());
        Ok(true)
    }
}

impl<'a> Filling<'a> {
    /// Looks whether the database is empty, or has the beginning of this very file.
    async fn begin(
        client: &'a Client,
        settings: &Settings,
        reader: &mut Reader<&mut (dyn BufRead + Send)>,
    ) -> Result<Self, TransferError> {
        let place = settings.address.place();
        let mut highest = Version(0);
        let note = if let Some(note) = noted(client).await? {
            let see = |line: &ExportLine| {
                if let ExportLine::Record(record) = line {
                    highest = highest.max(record.version);
                }
            };
            if !transfer::skip(reader, &note, see)? {
                return Err(TransferError::Another { place, importing: None });
            }
            note
        } else {
            let any = "SELECT 1 FROM records UNION ALL SELECT 1 FROM counts LIMIT 1";
            let any = client.query_opt(any, &[]).await.map_err(|e| failed(&e))?;
            if any.is_some() {
                return Err(TransferError::NotEmpty(place));
            }
            let note = Note::of(reader);
            let begun = "INSERT INTO meta (name, value) VALUES ('import', $1)";
            client.execute(begun, &[&written(&note)]).await.map_err(|e| failed(&e))?;
            note
        };
        Ok(Self { client, note, highest, batch: Batch::default() })
    }

    async fn fill(
        &mut self,
        reader: &mut Reader<&mut (dyn BufRead + Send)>,
        progress: Progress<'_>,
    ) -> Result<(), TransferError> {
        while let Some(line) = reader.line()? {
            match line {
                ExportLine::Record(record) => {
                    self.highest = self.highest.max(record.version);
                    let added = self.batch.add(&record);
                    if !added.map_err(|e| reader.wrong(e.to_string()))? {
                        let key = record.value.key();
                        return Err(reader.wrong(format!("record {key:?} comes twice")).into());
                    }
                }
                ExportLine::Tally(counter, sum) => {
                    self.batch.names.push(counter.0);
                    self.batch.sums.push(sum);
                }
            }
            if self.batch.is_full() {
                self.write(reader).await?;
                progress(reader.totals());
            }
        }
        let sequence = transfer::sequence(reader, self.highest)?;
        self.write(reader).await?;
        let store = reader.header().store;
        self.finish(store, sequence.cast_signed()).await.map_err(|e| failed(&e))?;
        progress(reader.totals());
        Ok(())
    }

    /// Writes what was read, and how far that is, in one transaction.
    async fn write(
        &mut self,
        reader: &Reader<&mut (dyn BufRead + Send)>,
    ) -> Result<(), TransferError> {
        let (batch, note) = (std::mem::take(&mut self.batch), Note::of(reader));
        let moved = self.put(&batch, &note).await;
        match moved {
            Ok(true) => {
                self.note = note;
                Ok(())
            }
            Ok(false) => Err(TransferError::Underway),
            Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                Err(reader.wrong("a record or a count before it comes twice".to_owned()).into())
            }
            Err(error) => Err(failed(&error).into()),
        }
    }

    async fn put(&self, batch: &Batch, note: &Note) -> Result<bool, Error> {
        let Self { client, .. } = self;
        client.batch_execute("BEGIN").await?;
        let moved = "UPDATE meta SET value = $1 WHERE name = 'import' AND value = $2";
        if client.execute(moved, &[&written(note), &written(&self.note)]).await? == 0 {
            client.batch_execute("ROLLBACK").await?;
            return Ok(false);
        }
        let (records, lines) = (&batch.records, &batch.lines);
        let wrote = "INSERT INTO records (kind, id, version, value) SELECT kind, id, version, value
             FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::bytea[])
             AS k (kind, id, version, value)";
        let columns: Parameters<'_> =
            &[&records.kinds, &records.ids, &batch.versions, &records.values];
        client.execute(wrote, columns).await?;
        let wrote = "INSERT INTO places (idx, place, kind, id) SELECT idx, place, kind, id
             FROM unnest($1::smallint[], $2::bytea[], $3::smallint[], $4::bytea[])
             AS k (idx, place, kind, id)";
        let columns: Parameters<'_> = &[&lines.indexes, &lines.places, &lines.kinds, &lines.ids];
        client.execute(wrote, columns).await?;
        let wrote = "INSERT INTO counts (name, sum) SELECT name, sum
             FROM unnest($1::bytea[], $2::bigint[]) AS k (name, sum)";
        client.execute(wrote, &[&batch.names, &batch.sums]).await?;
        client.batch_execute("COMMIT").await?;
        Ok(true)
    }

    /// From here on the store can be opened.
    async fn finish(&self, store: Uuid, sequence: i64) -> Result<(), Error> {
        let Self { client, .. } = self;
        // The first number is given again where none was.
        let set = "SELECT setval('versions', greatest($1::bigint, 1::bigint), $2)";
        client.query(set, &[&sequence, &(sequence > 0)]).await?;
        let named = store.to_string();
        client.batch_execute("BEGIN").await?;
        client.execute("UPDATE meta SET value = $1 WHERE name = 'store'", &[&named]).await?;
        client.execute("DELETE FROM meta WHERE name = 'import'", &[]).await?;
        client.batch_execute("COMMIT").await
    }
}
