//! Writers: each has a connection, and makes groups of commits so, one transaction after the other.
//!
//! Properties wanted: a commit is whole or not at all; it is decided over what stands at the moment in
//! which it becomes so; its answer is `Ok` exactly when it was made, whatever happens on the way.
//!
//! A transaction is two round trips. *First*: begin, note the number of this commit in the writer's own
//! row, lock the records that are touched, in the order of their keys, and take a version. What is only
//! checked is locked so that others may check it too: all that is done under a lease checks the lease.
//! *Second*, once it is decided what to write: all of it, and the end.
//!
//! Races, by name. *Two writers, one record*: the second waits for the lock, and reads the version that the
//! first has left. *Two writers add the same record*: what is not there cannot be locked; the second gets an
//! error of its key, and decides again. *Two writers wait for each other*: records are locked and added in
//! the order of their keys, then lines, then counts, which are held for the end of a transaction only; where
//! it comes to a deadlock all the same (each writes what the other checks), the engine ends one of the two, and
//! that one decides again. *The connection dies before the
//! second trip*: nothing was made, and it is done again. *It dies within the second trip*: nobody knows.
//! The row of the writer knows: it was changed in the first trip, so that until the old transaction is over
//! its row cannot be read for update; then it has the number of this commit, or of one before. This is asked
//! until there is an answer. *The writer's row was swept*: it is of a week ago; it is made again before
//! anything else. *All writers ask how a commit ended, and nobody takes what waits*: whoever asks tells those whose
//! time is over. *A commit cannot be, and others are in its group*: each is tried alone. *A caller goes
//! away*: the commit stands all the same.

use super::fault::Fault;
use super::link::{GRACE, Health, Link, Parameters, Pause, Wire};
use super::plan::{Plan, Touched, Writes};
use super::queue::{Queue, Request};
use super::read;
use super::sql::Sql;
use crate::clock::Deadline;
use crate::model::{Key, Version};
use crate::store::StoreError;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{Error, Row};
use uuid::Uuid;

/// The first wait after a race, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// How long somebody who must have a connection waits for it at a time.
const WAIT: Duration = Duration::from_mins(1);

/// What each commit of a group comes to.
type Results = Vec<Result<(), StoreError>>;

/// One that writes.
pub struct Writer {
    /// Its connection.
    pub wire: Wire,
    /// What it does.
    pub queue: Arc<Queue>,
    /// Told when the database takes no writes.
    pub health: Arc<Health>,
    /// How long the server may take for a statement.
    pub statement: Duration,
    /// Its name among all writers of all processes.
    pub id: Uuid,
    /// The number of its last transaction.
    pub number: i64,
}

impl Writer {
    /// Commits group after group until the queue is closed.
    pub async fn run(mut self) {
        while let Some(group) = self.queue.take().await {
            self.settle(group).await;
        }
        if self.number > 0
            && let Ok(link) = self.wire.up(Deadline::after(Duration::ZERO)).await
            && let Err(error) = link.change(Sql::Unregister, &[&self.id]).await
        {
            tracing::debug!(error = ?Fault::of(&error), "the row of a writer stays until it is swept");
        }
    }

    /// Tries until the group is made, or refused, or out of time.
    async fn settle(&mut self, mut group: Vec<Request>) {
        let mut pause = Pause::new(PAUSES.0, PAUSES.1);
        while !group.is_empty() {
            match self.attempt(&group).await {
                Ok(results) => {
                    self.health.well();
                    for (request, result) in group.into_iter().zip(results) {
                        let _ = request.answer.send(result);
                    }
                    return;
                }
                Err(fault @ Fault::Never(_)) => return self.one_by_one(group, fault).await,
                Err(fault) => {
                    if let Fault::Later(_) = fault {
                        self.health.ill(&fault);
                    }
                    // Nobody waits for what has been away for longer than anybody waits.
                    let away = matches!(fault, Fault::Lost(_)) && self.wire.is_away();
                    group = if away { all_told(group, &fault) } else { in_time(group, &fault) };
                    pause.wait().await;
                }
            }
        }
    }

    /// One of them cannot be: it shall not take the others with it.
    async fn one_by_one(&mut self, group: Vec<Request>, fault: Fault) {
        let alone = group.len() == 1;
        for request in group {
            if alone {
                let _ = request.answer.send(Err(fault.clone().into_error()));
            } else {
                Box::pin(self.settle(vec![request])).await;
            }
        }
    }

    async fn attempt(&mut self, group: &[Request]) -> Result<Results, Fault> {
        let first = group.iter().map(|r| r.until).min();
        let link = self.wire.up(first.unwrap_or(Deadline::after(Duration::ZERO))).await?;
        self.number += 1;
        let touched = Touched::by(group.iter().map(|r| &r.changes));
        let mut plan = match self.begin(&link, &touched).await {
            Ok(plan) => plan,
            Err(fault) => {
                match fault {
                    Fault::Lost(_) => link.cut(),
                    _ => self.roll_back(&link).await,
                }
                return Err(fault);
            }
        };
        let results = group.iter().map(|request| plan.take(&request.changes)).collect();
        let writes = plan.into_writes();
        if writes.is_empty() {
            self.roll_back(&link).await;
        } else {
            self.finish(&link, &writes).await?;
        }
        Ok(results)
    }

    /// The first trip.
    async fn begin(&self, link: &Link, touched: &Touched) -> Result<Plan, Fault> {
        let (written, checked) = (&touched.written, &touched.checked);
        let mark: Parameters<'_> = &[&self.id, &self.number];
        let lock: Parameters<'_> = &[&written.kinds, &written.ids];
        let share: Parameters<'_> = &[&checked.kinds, &checked.ids];
        let asked = async {
            let shared = async {
                if checked.is_empty() {
                    return Ok(Vec::new());
                }
                link.rows(Sql::Share, share).await
            };
            // They go out in this order, at once.
            let (begun, marked, locked, shared, version) = tokio::join!(
                biased;
                link.say("BEGIN"),
                link.change(Sql::Mark, mark),
                link.rows(Sql::Lock, lock),
                shared,
                link.rows(Sql::Version, &[]),
            );
            // The first error says why; those behind it only that there was one.
            begun?;
            let (marked, mut stands) = (marked?, locked?);
            stands.append(&mut shared?);
            Ok::<_, Error>((marked, stands, version?))
        };
        let answered = tokio::time::timeout(self.patience(), asked).await;
        let Ok(answered) = answered else {
            link.cut();
            return Err(Fault::Lost("the connection fell silent".to_owned()));
        };
        let (marked, locked, version) = answered.map_err(|e| Fault::of(&e))?;
        if marked == 0 {
            self.register(link).await?;
            return Err(Fault::Raced("the writer was not known".to_owned()));
        }
        let stands = locked.iter().map(stands).collect::<Result<_, _>>();
        let stands = stands.map_err(|e: StoreError| Fault::Never(e.to_string()))?;
        let version = version.first().map_or(0, |row| row.get::<_, i64>(0));
        Ok(Plan::new(stands, Version(version.cast_unsigned())))
    }

    async fn register(&self, link: &Link) -> Result<(), Fault> {
        // Outside of the transaction, which is undone.
        link.say("ROLLBACK").await.map_err(|e| Fault::of(&e))?;
        link.change(Sql::Register, &[&self.id]).await.map_err(|e| Fault::of(&e))?;
        Ok(())
    }

    /// Undoes a transaction of which nothing was to be kept.
    async fn roll_back(&self, link: &Link) {
        let undone = tokio::time::timeout(self.patience(), link.say("ROLLBACK")).await;
        if !matches!(undone, Ok(Ok(()))) {
            link.cut();
        }
    }

    /// The second trip.
    async fn finish(&self, link: &Link, writes: &Writes) -> Result<(), Fault> {
        let version = writes.version.0.cast_signed();
        let answered = join_all(statements(link, writes, &version));
        let Ok(answers) = tokio::time::timeout(self.patience(), answered).await else {
            link.cut();
            return self.look_after().await;
        };
        // The first one counts: after it the server does nothing of the rest, nor of the end.
        match answers.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(error) if Fault::is_sure(&error) => Err(Fault::of(&error)),
            Some(_) => {
                link.cut();
                self.look_after().await
            }
        }
    }

    /// Nobody said how it ended: asks until it is known.
    async fn look_after(&self) -> Result<(), Fault> {
        tracing::warn!(
            "the connection to the database broke within a commit; looking whether it was made"
        );
        let mut pause = Pause::new(PAUSES.0, PAUSES.1);
        loop {
            self.tell_late();
            let Some(link) = self.link().await? else { continue };
            let me: Parameters<'_> = &[&self.id];
            let asked = link.rows(Sql::Made, me);
            match tokio::time::timeout(self.patience(), asked).await {
                Ok(Ok(rows)) => {
                    let last = rows.first().map(|row| row.get::<_, i64>(0));
                    tracing::info!(commit.made = (last == Some(self.number)), "it is known");
                    return match last {
                        Some(last) if last == self.number => Ok(()),
                        _ => Err(Fault::Lost("the connection broke within a commit".to_owned())),
                    };
                }
                Ok(Err(error)) => tracing::debug!(error = ?Fault::of(&error), "not known yet"),
                Err(_) => link.cut(),
            }
            pause.wait().await;
        }
    }

    /// Tells those in the queue whose time is over; all, where the connection has been away for longer than
    /// anybody waits.
    fn tell_late(&self) {
        let away = self.wire.is_away();
        let late = self.queue.late(|request| away || request.until.is_over());
        let fault = Fault::Lost("it did not say yet how another commit ended".to_owned());
        all_told(late, &fault);
    }

    /// The connection; none where it stays away, so that whoever must have it waits again.
    async fn link(&self) -> Result<Option<Arc<Link>>, Fault> {
        match self.wire.up(Deadline::after(WAIT)).await {
            Ok(link) => Ok(Some(link)),
            Err(fault @ Fault::Never(_)) => Err(fault),
            Err(_) => {
                tokio::time::sleep(PAUSES.1).await;
                Ok(None)
            }
        }
    }

    /// How long an answer may take before the connection counts as silent.
    fn patience(&self) -> Duration {
        self.statement + GRACE
    }
}

/// A record that is there.
fn stands(row: &Row) -> Result<(Key, Version), StoreError> {
    let key = Key { kind: read::kind(row, 0)?, id: row.get(1) };
    Ok((key, Version(row.get::<_, i64>(2).cast_unsigned())))
}

/// Tells everybody.
fn all_told(group: Vec<Request>, fault: &Fault) -> Vec<Request> {
    for request in group {
        let _ = request.answer.send(Err(fault.clone().into_error()));
    }
    Vec::new()
}

/// Tells those whose time is over, and keeps the others.
fn in_time(group: Vec<Request>, fault: &Fault) -> Vec<Request> {
    let (late, rest): (Vec<_>, Vec<_>) = group.into_iter().partition(|r| r.until.is_over());
    for request in late {
        let _ = request.answer.send(Err(fault.clone().into_error()));
    }
    rest
}

/// Everything that is written, and the end, in the order in which it goes out.
fn statements<'a>(
    link: &'a Link,
    writes: &'a Writes,
    version: &'a i64,
) -> Vec<BoxFuture<'a, Result<(), Error>>> {
    let mut all: Vec<BoxFuture<'a, Result<(), Error>>> = Vec::with_capacity(8);
    let Writes { removed, replaced, inserted, lost, gained, counters, sums, sunk, .. } = writes;
    if !removed.is_empty() {
        all.push(done(
            async move { link.change(Sql::Remove, &[&removed.kinds, &removed.ids]).await },
        ));
    }
    for (sql, records) in [(Sql::Replace, replaced), (Sql::Insert, inserted)] {
        if !records.is_empty() {
            all.push(done(async move {
                let columns: Parameters<'_> =
                    &[version, &records.kinds, &records.ids, &records.values];
                link.change(sql, columns).await
            }));
        }
    }
    for (sql, lines) in [(Sql::RemovePlaces, lost), (Sql::InsertPlaces, gained)] {
        if !lines.is_empty() {
            all.push(done(async move {
                let columns: Parameters<'_> =
                    &[&lines.indexes, &lines.places, &lines.kinds, &lines.ids];
                link.change(sql, columns).await
            }));
        }
    }
    if !counters.is_empty() {
        all.push(done(async move { link.change(Sql::Add, &[counters, sums]).await }));
    }
    if !sunk.is_empty() {
        all.push(done(async move { link.change(Sql::RemoveZero, &[sunk]).await }));
    }
    all.push(link.say("COMMIT").boxed());
    all
}

fn done<'a>(
    asked: impl Future<Output = Result<u64, Error>> + Send + 'a,
) -> BoxFuture<'a, Result<(), Error>> {
    asked.map(|changed| changed.map(|_| ())).boxed()
}
