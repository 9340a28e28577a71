//! From an older format to ours, and from nothing.
//!
//! Each step is a numbered file of plain statements, made so together with the number of the format to
//! which it leads. Only whoever holds the lock row takes steps; the row is a lease, so that a process that
//! died on the way keeps nobody out for long.
//!
//! Races, by name. *Two processes start on an empty database*: both make the two tables of this file if
//! they are not there, one takes the lock, the other waits and then finds nothing to do. *The holder
//! hangs past its lease*: whoever comes next takes the lock; the step of the first one is refused, because
//! each looks at the lock row, and locks it, in the transaction in which it works. *Killed within a step*:
//! the step is undone with its transaction; where an engine keeps what was made of tables, the statements
//! of a step may be run again. *A step changes rows*: it makes no tables beside, so that its transaction is
//! undone as a whole everywhere.

use super::OpenError;
use super::link::{Pause, Session, wish};
use crate::clock::Deadline;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// The steps: the first leads from nothing to format 1.
pub const STEPS: [&str; 4] = [
    include_str!("migrations/0001_records.sql"),
    include_str!("migrations/0002_writers.sql"),
    include_str!("migrations/0003_sorting.sql"),
    include_str!("migrations/0004_room.sql"),
];

/// How long the lock is held at a time.
const LEASE_SECONDS: f64 = 60.0;

/// How long we wait for somebody else's steps.
const WAIT: Duration = Duration::from_secs(90);

const BASE: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS meta (name text NOT NULL, value text NOT NULL, PRIMARY KEY (name))",
    "CREATE TABLE IF NOT EXISTS migration
     (one smallint NOT NULL, holder uuid NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (one))",
];

/// A wish, not a need: a record is written again soon after it was added (a delivery is planned, leased, settled), and
/// where its page has room for that, no index is touched. Engines that know no such room go on without.
const ROOM: &str = "ALTER TABLE records SET (fillfactor = 50)";

/// Leads the data to our format; `fresh` names a store that is new.
pub async fn migrate(session: &Session, fresh: Uuid) -> Result<(), OpenError> {
    let client = &session.client;
    if found(client).await? == Some(STEPS.len()) {
        return Ok(());
    }
    for table in BASE {
        base(client, table).await?;
    }
    let mut pause = Pause::new(Duration::from_millis(50), Duration::from_secs(2));
    let until = Deadline::after(WAIT);
    while !take(client, fresh).await? {
        if until.is_over() {
            return Err(OpenError::Migrating);
        }
        pause.wait().await;
    }
    let migrated = steps(client, fresh).await;
    let freed = "DELETE FROM migration WHERE one = 1 AND holder = $1";
    let freed = client.execute(freed, &[&fresh]).await;
    migrated?;
    freed?;
    wish(client, ROOM).await?;
    Ok(())
}

/// The format of the data; none where there are none.
///
/// # Errors
/// When a later program made it.
pub async fn found(client: &Client) -> Result<Option<usize>, OpenError> {
    let asked = "SELECT value FROM meta WHERE name = 'format'";
    let row = match client.query_opt(asked, &[]).await {
        Ok(row) => row,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(row) = row else { return Ok(None) };
    let found: usize = row.get::<_, String>(0).parse().map_err(|_| OpenError::Damaged)?;
    if found > STEPS.len() {
        return Err(OpenError::Newer { found, known: STEPS.len() });
    }
    Ok(Some(found))
}

/// Makes a table unless it is there; two who do it at once may hinder each other.
async fn base(client: &Client, table: &str) -> Result<(), Error> {
    let mut pause = Pause::new(Duration::from_millis(20), Duration::from_millis(200));
    for _ in 0..5 {
        if client.batch_execute(table).await.is_ok() {
            return Ok(());
        }
        pause.wait().await;
    }
    client.batch_execute(table).await
}

/// Takes the lock; false while somebody else has it.
async fn take(client: &Client, me: Uuid) -> Result<bool, Error> {
    let taken = "INSERT INTO migration (one, holder, until)
         VALUES (1, $1, now() + $2::float8 * interval '1 second')
         ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE migration.until < now() OR migration.holder = excluded.holder";
    Ok(client.execute(taken, &[&me, &LEASE_SECONDS]).await? == 1)
}

async fn steps(client: &Client, me: Uuid) -> Result<(), OpenError> {
    let first = found(client).await?.unwrap_or(0);
    for (number, step) in STEPS.iter().enumerate().skip(first) {
        let done = one(client, me, number, step).await;
        if done.is_err() {
            // What is undone already cannot be undone.
            let _ = client.batch_execute("ROLLBACK").await;
        }
        done?;
        tracing::info!(store.format = number + 1, "the format of the database is led on");
    }
    Ok(())
}

async fn one(client: &Client, me: Uuid, number: usize, step: &str) -> Result<(), OpenError> {
    client.batch_execute("BEGIN").await?;
    let mine = "SELECT holder FROM migration WHERE one = 1 AND holder = $1 AND until > now()
         FOR UPDATE";
    if client.query_opt(mine, &[&me]).await?.is_none() {
        return Err(OpenError::Migrating);
    }
    client.batch_execute(step).await?;
    let write = "INSERT INTO meta (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    let (format, next) = ("format".to_owned(), (number + 1).to_string());
    client.execute(write, &[&format, &next]).await?;
    let named = "INSERT INTO meta (name, value) VALUES ('store', $1) ON CONFLICT (name) DO NOTHING";
    client.execute(named, &[&me.to_string()]).await?;
    client.batch_execute("COMMIT").await?;
    Ok(())
}
