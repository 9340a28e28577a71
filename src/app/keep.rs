//! What a command does with all that is kept, whichever store keeps it.

use super::{AppError, control};
use crate::clock::{Clock, SystemClock};
use crate::config::{Backend, Config};
use crate::metrics::Stopwatch;
use crate::rounds::duties;
use crate::store::export::Totals;
use crate::store::transfer::{self, Progress};
use crate::store::vault::{Parts, Vault, VaultError};
use crate::store::{Reads, Report, Sharing, Store, StoreError, postgres, sled};
use std::io::BufRead;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

/// Opens the store, and refuses one whose keys are missing.
///
/// # Errors
/// When it cannot be used; the sentence says what to do.
pub async fn open(config: &Config) -> Result<Arc<dyn Store>, AppError> {
    match &config.data.store {
        Backend::Sled(settings) => {
            let place = config.data.dir.display().to_string();
            if config.data.dir.join("store").exists() {
                keys(config, &place)?;
            }
            Ok(Arc::new(sled::SledStore::open(&config.data.dir, settings)?))
        }
        Backend::Postgres(settings) => {
            make_private(&config.data.dir)?;
            let store = postgres::PostgresStore::open(settings).await?;
            if !is_blank(&store).await? {
                keys(config, &settings.address.place())?;
            }
            Ok(Arc::new(store))
        }
    }
}

/// Opens the store to serve from it: the embedded one is compacted before, where that pays. A new one is made
/// after its keys: killed in between, the program finds keys without data, and never data without keys.
///
/// # Errors
/// When it cannot be used; the sentence says what to do.
pub async fn open_to_serve(config: &Config) -> Result<Arc<dyn Store>, AppError> {
    if let Backend::Sled(settings) = &config.data.store {
        if sled::has_store(&config.data.dir) {
            keys(config, &config.data.dir.display().to_string())?;
            sled::compact_at_start(&config.data.dir, settings)?;
        } else {
            drop(Vault::open(&config.data.keys, Arc::new(SystemClock))?);
        }
    }
    open(config).await
}

/// Opens the keys: for this process alone, or together with all that work over the same store.
///
/// # Errors
/// When they cannot be used.
pub fn vault(
    config: &Config,
    store: &dyn Store,
    random: Arc<dyn Clock>,
) -> Result<Parts, VaultError> {
    match store.sharing() {
        Sharing::Alone => Vault::open(&config.data.keys, random),
        Sharing::Shared => Vault::open_shared(&config.data.keys, random),
    }
}

/// Who does what, as a person is told.
///
/// # Errors
/// When the store cannot be opened or read.
pub async fn workers(config: &Config) -> Result<String, AppError> {
    let Backend::Postgres(_) = &config.data.store else {
        let dir = config.data.dir.display();
        return Ok(if control::is_served(&config.data.dir) {
            format!("the daemon over {dir} does everything: the embedded store is its alone")
        } else {
            format!("no daemon runs over {dir}")
        });
    };
    let store = open(config).await?;
    let lines = duties::roster(&*store).await;
    store.close().await?;
    let lines = lines?;
    if lines.is_empty() {
        return Ok("no worker has taken anything yet: start one with `tongxin serve`".to_owned());
    }
    let line = |r: &duties::Roster| {
        let who = r.worker.as_ref().map_or("nobody", |w| w.label.as_str());
        format!("{:<24} {who}, since {} (tenure {})", r.duty.to_string(), r.since, r.epoch)
    };
    Ok(lines.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Refuses data whose keys are missing.
fn keys(config: &Config, place: &str) -> Result<(), AppError> {
    if Vault::exists(&config.data.keys) {
        return Ok(());
    }
    Err(AppError::Told(format!(
        "{place} has data, but {} has no keys: what people wrote could not be read. Put the key directory back, or name the right one as data.keys",
        config.data.keys.display()
    )))
}

/// Whether nothing was ever kept.
async fn is_blank(store: &dyn Reads) -> Result<bool, StoreError> {
    for kind in crate::model::Kind::ALL {
        if !store.list(kind, &[], None, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_private(dir: &Path) -> Result<(), AppError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|e| AppError::Told(format!("cannot make {}: {e}", dir.display())))
}

/// Looks whether everything leads to everything. The daemon must not run over the embedded store.
///
/// # Errors
/// When the store cannot be opened or read.
pub async fn verify(config: &Config) -> Result<Report, AppError> {
    let store = open(config).await?;
    let report = store.verify().await;
    let closed = store.close().await;
    let report = report?;
    closed?;
    Ok(report)
}

/// Gives back the space of what was deleted; gives what a person is told.
///
/// # Errors
/// When the store cannot be opened, or the copy is not the same: then it is as it was.
pub fn compact(config: &Config) -> Result<String, AppError> {
    match &config.data.store {
        Backend::Sled(settings) => {
            let done = sled::compact(&config.data.dir, settings)?;
            Ok(format!("{} bytes before, {} bytes now", done.before, done.after))
        }
        Backend::Postgres(_) => {
            Ok("there is nothing to do: PostgreSQL gives space back by itself (autovacuum)"
                .to_owned())
        }
    }
}

/// Opens the store, and writes all of it to a new file.
///
/// # Errors
/// When the file exists or cannot be written, or the store fails.
pub async fn export(
    config: &Config,
    to: &Path,
    progress: Progress<'_>,
) -> Result<String, AppError> {
    let store = open(config).await?;
    let told = export_to(&*store, to, progress).await;
    let closed = store.close().await;
    let told = told?;
    closed?;
    Ok(told)
}

/// Writes an export to a new file, durably; a failed one leaves no file.
///
/// # Errors
/// When the file exists or cannot be written, or the store fails.
pub async fn export_to(
    store: &dyn Store,
    to: &Path,
    progress: Progress<'_>,
) -> Result<String, AppError> {
    let exists = |e: std::io::Error| AppError::Told(format!("cannot write {}: {e}", to.display()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(to).map_err(exists)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let out = std::io::BufWriter::new(file);
    let written = match transfer::export(store, out, progress).await {
        Ok((totals, out)) => out.get_ref().sync_all().map(|()| totals).map_err(AppError::from),
        Err(error) => Err(error.into()),
    };
    if written.is_err() {
        let _ = std::fs::remove_file(to);
    }
    let Totals { records, tallies } = written?;
    Ok(format!("{records} records and {tallies} counts written to {}", to.display()))
}

/// Fills an empty store with an export.
///
/// # Errors
/// When there is something already, or the export is not what was written.
pub async fn import(
    config: &Config,
    from: &mut (dyn BufRead + Send),
    progress: Progress<'_>,
) -> Result<Totals, AppError> {
    if control::is_served(&config.data.dir) {
        return Err(AppError::Told("the daemon is running; stop it first".to_owned()));
    }
    match &config.data.store {
        Backend::Sled(settings) => Ok(sled::import(&config.data.dir, settings, from, progress)?),
        Backend::Postgres(settings) => Ok(postgres::import(settings, from, progress).await?),
    }
}

/// How far it is, and how fast.
#[must_use]
pub fn pace(totals: Totals, watch: &Stopwatch) -> String {
    let moved = totals.records + totals.tallies;
    let millis = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    format!("{moved} records, {} a second", moved.saturating_mul(1000) / millis)
}

/// What a person is told of a report; the first line says whether all is well.
#[must_use]
pub fn verified(report: &Report) -> String {
    let records: u64 = report.records.values().sum();
    let mut told = match report.faults {
        0 => format!(
            "all is well: {records} records, {} index lines, {} counts",
            report.lines, report.counts
        ),
        faults => format!("{faults} faults in {records} records:"),
    };
    for problem in &report.problems {
        told.push_str("\n  ");
        told.push_str(problem);
    }
    told
}
