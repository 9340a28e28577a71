//! The store for those who outgrow one machine: PostgreSQL, and engines that speak as it does.
//!
//! **Invariant:** [`Store::commit`] answers `Ok` exactly when the commit was made, whatever becomes of
//! connections and servers meanwhile; what cannot be done within the time that was set is answered with
//! [`StoreError::Unavailable`], and was not done. Only a commit of which nobody knows whether it was made is
//! never answered before that is known. The client is named in this folder alone.
//!
//! Once the database has been away for as long as anybody waits, whoever asks is told so at once.
//!
//! Any number of processes may use one database. Commits of one process that come at once go together in
//! one transaction (`commit.rs`); reads share a few connections, on which many questions are under way at a
//! time. Nothing is needed of the engine but tables, row locks, one sequence, and READ COMMITTED.

mod address;
mod commit;
mod error;
mod fault;
mod link;
mod migrate;
mod plan;
mod queue;
mod read;
mod sql;
mod tls;
mod transfer;
mod verify;

pub use address::{Address, Encryption, NoAddress, Settings};
pub use error::{Advice, OpenError};
pub use transfer::import;

use super::{Line, Reads, Report, Scan, Sharing, Snapshot, Store, StoreError};
use crate::clock::{Clock, Deadline, SystemClock};
use crate::model::{Changes, Counter, Key, Kind, Record, Versioned};
use async_trait::async_trait;
use commit::Writer;
use fault::Fault;
use link::{GRACE, Health, Parameters, Pause, Session, Wire};
use queue::{Queue, Request};
use sql::Sql;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_postgres::Row;

/// How many transactions of one process are under way at once: while one is brought to the disk the other is
/// decided. More of them wait for each other's records and counts (measured).
const WRITERS: usize = 2;

/// What goes on in the background, ended with the store.
struct Tasks {
    writers: JoinSet<()>,
    _keepers: JoinSet<()>,
}

/// Records in a database.
pub struct PostgresStore {
    settings: Arc<Settings>,
    readers: Vec<Wire>,
    turn: AtomicUsize,
    queue: Arc<Queue>,
    tasks: Mutex<Option<Tasks>>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PostgresStore({})", self.settings.address.place())
    }
}

impl PostgresStore {
    /// Opens the store in a database, which is made where there is none. Tries once, so that a mistake in
    /// the address is told within seconds.
    ///
    /// # Errors
    /// When the database cannot be used; the sentence says what to do.
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        let session = enter(settings).await?;
        if transfer::noted(&session.client).await?.is_some() {
            return Err(OpenError::Unfinished);
        }
        let swept = "DELETE FROM writers WHERE seen < now() - interval '7 days'";
        session.client.execute(swept, &[]).await?;
        let (settings, queue) = (Arc::new(settings.clone()), Arc::new(Queue::default()));
        let (mut keepers, mut writers) = (JoinSet::new(), JoinSet::new());
        let health = Arc::new(Health::default());
        let count = WRITERS.min(settings.pool.saturating_sub(1)).max(1);
        for _ in 0..count {
            let writer = Writer {
                wire: Wire::keep(settings.clone(), health.clone(), &mut keepers),
                queue: queue.clone(),
                health: health.clone(),
                statement: settings.statement,
                id: SystemClock.fresh(),
                number: 0,
            };
            writers.spawn(writer.run());
        }
        let readers = settings.pool.saturating_sub(count).max(1);
        let wire = |_| Wire::keep(settings.clone(), health.clone(), &mut keepers);
        let readers = (0..readers).map(wire).collect();
        let tasks = Mutex::new(Some(Tasks { writers, _keepers: keepers }));
        Ok(Self { settings, readers, turn: AtomicUsize::new(0), queue, tasks })
    }

    /// The next connection to read on; one that is up, where there is one.
    fn reader(&self) -> &Wire {
        let (turn, all) = (self.turn.fetch_add(1, Ordering::Relaxed), self.readers.len());
        let mut next = (0..all).map(|n| &self.readers[turn.wrapping_add(n) % all]);
        next.find(|wire| wire.is_up()).unwrap_or(&self.readers[turn % all])
    }

    /// Asks for rows until there is an answer, or no time is left.
    async fn rows(&self, sql: Sql, parameters: Parameters<'_>) -> Result<Vec<Row>, StoreError> {
        let until = Deadline::after(self.settings.patience);
        let mut pause = Pause::new(Duration::from_millis(5), Duration::from_secs(1));
        loop {
            let link = self.reader().up(until).await.map_err(Fault::into_error)?;
            let asked = link.rows(sql, parameters);
            let fault = match tokio::time::timeout(self.settings.statement + GRACE, asked).await {
                Ok(Ok(rows)) => return Ok(rows),
                Ok(Err(error)) => Fault::of(&error),
                Err(_) => Fault::Lost("the connection fell silent".to_owned()),
            };
            if matches!(fault, Fault::Lost(_)) {
                link.cut();
            }
            if until.is_over() || matches!(fault, Fault::Never(_)) {
                return Err(fault.into_error());
            }
            pause.wait().await;
        }
    }
}

/// Connects, and leads the data to our format.
async fn enter(settings: &Settings) -> Result<Session, OpenError> {
    let opened = Session::open(settings).await;
    let session = opened.map_err(|fault| OpenError::refused(settings, fault))?;
    match migrate::migrate(&session, SystemClock.fresh()).await {
        Ok(()) => Ok(session),
        // It let us in, and then not do what we need.
        Err(OpenError::Store(error)) => {
            let (StoreError::Backend(why) | StoreError::Unavailable(why)) = error else {
                return Err(error.into());
            };
            Err(OpenError::refused(settings, Fault::Never(why)))
        }
        Err(error) => Err(error),
    }
}

fn ended() -> StoreError {
    StoreError::Backend("the store is closed".to_owned())
}

/// A number of rows as the database takes it.
fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl Reads for PostgresStore {
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError> {
        let rows = self.rows(Sql::Get, &[&read::number(key.kind), &key.id]).await?;
        rows.first().map(|row| read::record(key, row, 0)).transpose()
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<Record>>>, StoreError> {
        let kinds: BTreeSet<Kind> = keys.iter().map(|key| key.kind).collect();
        let (mut found, mut first) = (vec![None; keys.len()], HashMap::with_capacity(keys.len()));
        for (number, key) in keys.iter().enumerate() {
            first.entry((key.kind, &*key.id)).or_insert(number);
        }
        for kind in kinds {
            let ids: Vec<_> = keys.iter().filter(|k| k.kind == kind).map(|k| &*k.id).collect();
            for row in self.rows(Sql::GetEach, &[&read::number(kind), &ids]).await? {
                if let Some(number) = first.get(&(kind, row.get(2))).copied() {
                    found[number] = Some(read::record(&keys[number], &row, 0)?);
                }
            }
        }
        // A key that is asked for twice is found once.
        for (number, key) in keys.iter().enumerate() {
            let first = first.get(&(key.kind, &*key.id)).copied().unwrap_or(number);
            if first != number {
                let twice = found[first].clone();
                found[number] = twice;
            }
        }
        Ok(found)
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError> {
        let range = read::Range::of_scan(scan);
        if range.is_empty() || scan.limit == 0 {
            return Ok(Vec::new());
        }
        let (index, limit) = (i16::from(scan.index as u8), most(scan.limit));
        let sql = read::scanned(scan.order, range.to.is_some());
        let rows = match &range.to {
            Some(to) => self.rows(sql, &[&index, &range.from, to, &limit]).await?,
            None => self.rows(sql, &[&index, &range.from, &limit]).await?,
        };
        rows.iter().map(read::line).collect()
    }

    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError> {
        let Some(range) = read::Range::of_list(kind, prefix, after) else { return Ok(Vec::new()) };
        if range.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let (number, limit) = (read::number(kind), most(limit));
        let rows = match &range.to {
            Some(to) => self.rows(Sql::List, &[&number, &range.from, to, &limit]).await?,
            None => self.rows(Sql::ListOpen, &[&number, &range.from, &limit]).await?,
        };
        let record = |row: &Row| read::record(&Key { kind, id: row.get(0) }, row, 1);
        rows.iter().map(record).collect()
    }

    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError> {
        let rows = self.rows(Sql::Tally, &[&counter.0]).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError> {
        let prefix = prefix.to_vec();
        let rows = match super::codec::behind(prefix.clone()) {
            Some(to) => self.rows(Sql::Tallies, &[&prefix, &to]).await?,
            None => self.rows(Sql::TalliesOpen, &[&prefix]).await?,
        };
        Ok(rows.iter().map(|row| (Counter(row.get(0)), row.get(1))).collect())
    }
}

#[async_trait]
impl Store for PostgresStore {
    fn sharing(&self) -> Sharing {
        Sharing::Shared
    }

    /// When the caller goes away before the answer, the commit may still be made.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let (keys, most) = (changes.keys(), Changes::KEYS_MAX);
        if keys > most {
            return Err(StoreError::Impossible(format!(
                "a commit of {keys} keys is larger than {most}"
            )));
        }
        if changes.is_empty() && changes.checks.is_empty() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        let until = Deadline::after(self.settings.patience);
        if !self.queue.push(Request { changes, until, answer }) {
            return Err(ended());
        }
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// A database that is out of reach has not failed: whoever asks is told so, and asks again.
    async fn failed(&self) -> String {
        std::future::pending().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.queue.close();
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut tasks) = tasks else { return Err(ended()) };
        let all = async { while tasks.writers.join_next().await.is_some() {} };
        let patience = self.settings.patience;
        tokio::time::timeout(patience, all).await.map_err(|_| {
            StoreError::Unavailable("the database did not take the last commits in time".to_owned())
        })
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(transfer::Whole::begin(&self.settings).await?))
    }

    async fn verify(&self) -> Result<Report, StoreError> {
        verify::look(&self.settings).await
    }
}
