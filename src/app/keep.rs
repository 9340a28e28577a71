//! What a command does with all that is kept, whichever store keeps it.

use super::{AppError, control, trouble};
use crate::clock::{Clock, SystemClock};
use crate::config::{Backend, Config};
use crate::metrics::Stopwatch;
use crate::model::Duty;
use crate::rounds::duties;
use crate::store::export::Totals;
use crate::store::transfer::{self, Progress};
use crate::store::vault::{Parts, Vault, VaultError};
use crate::store::{Reads, Report, Sharing, Store, StoreError, Whereabouts, postgres, sled};
use crate::text::say::operator::{
    DataSays, DoneSays, DutySays, TroubleSays, VerifiedSays, WhereSays, WorkerLine,
};
use std::io::BufRead;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

/// Opens the store, and refuses one whose keys are missing.
///
/// # Errors
/// When it cannot be used; the sentence says what to do.
pub async fn open(config: &Config) -> Result<Arc<dyn Store>, AppError> {
    match &config.data.store {
        Backend::Sled(settings) => {
            if config.data.dir.join("store").exists() {
                keys(config)?;
            }
            Ok(Arc::new(sled::SledStore::open(&config.data.dir, settings)?))
        }
        Backend::Postgres(settings) => {
            make_private(&config.data.dir)?;
            let store = postgres::PostgresStore::open(settings).await?;
            if !is_blank(&store).await? {
                keys(config)?;
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
            keys(config)?;
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
pub async fn workers(config: &Config) -> Result<DoneSays, AppError> {
    let Backend::Postgres(_) = &config.data.store else {
        let dir = config.data.dir.display().to_string();
        return Ok(if control::is_served(&config.data.dir) {
            DoneSays::DaemonDoesAll { dir }
        } else {
            DoneSays::NoDaemon { dir }
        });
    };
    let store = open(config).await?;
    let lines = duties::roster(&*store).await;
    store.close().await?;
    let lines = lines?;
    if lines.is_empty() {
        return Ok(DoneSays::NoWorkers);
    }
    let zone = config.office.zone;
    let line = |r: duties::Roster| WorkerLine {
        duty: match r.duty {
            Duty::Account(account) => DutySays::Account(account.0),
            Duty::Round(name) => DutySays::Round(name),
        },
        worker: r.worker.map(|w| w.label),
        since: r.since.utc().with_timezone(&zone).naive_local(),
        tenure: r.epoch,
    };
    Ok(DoneSays::Workers(lines.into_iter().map(line).collect()))
}

/// Refuses data whose keys are missing.
fn keys(config: &Config) -> Result<(), AppError> {
    if Vault::exists(&config.data.keys) {
        return Ok(());
    }
    let (place, keys) = (place(config), config.data.keys.display().to_string());
    Err(TroubleSays::Data(DataSays::NoKeys { place, keys }).into())
}

/// Where what is kept is kept, in words.
pub(super) fn place(config: &Config) -> WhereSays {
    trouble::place(&match &config.data.store {
        Backend::Sled(_) => Whereabouts::Directory(config.data.dir.clone()),
        Backend::Postgres(settings) => settings.address.place(),
    })
}

/// Whether nothing was ever kept.
pub(super) async fn is_blank(store: &dyn Reads) -> Result<bool, StoreError> {
    for kind in crate::model::Kind::ALL {
        if !store.list(kind, &[], None, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_private(dir: &Path) -> Result<(), AppError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    let path = dir.display().to_string();
    Ok(made.map_err(|e| TroubleSays::CannotMake { path, why: (&e).into() })?)
}

/// Looks whether everything leads to everything. The daemon must not run over the embedded store.
///
/// # Errors
/// When the store cannot be opened or read, or something is wrong with what it keeps.
pub async fn verify(config: &Config) -> Result<DoneSays, AppError> {
    let store = open(config).await?;
    let report = store.verify().await;
    let closed = store.close().await;
    let report = report?;
    closed?;
    verified(report)
}

/// Gives back the space of what was deleted; gives what a person is told.
///
/// # Errors
/// When the store cannot be opened, or the copy is not the same: then it is as it was.
pub fn compact(config: &Config) -> Result<DoneSays, AppError> {
    match &config.data.store {
        Backend::Sled(settings) => {
            let done = sled::compact(&config.data.dir, settings)?;
            Ok(DoneSays::Compacted { before: done.before, after: done.after })
        }
        Backend::Postgres(_) => Ok(DoneSays::CompactsItself),
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
) -> Result<DoneSays, AppError> {
    let store = open(config).await?;
    let told = export_to(&*store, to, progress).await;
    let closed = store.close().await;
    let told = told?;
    closed?;
    Ok(told)
}

/// A new file that is removed again unless it is finished.
struct Half<'a>(Option<&'a Path>);

impl Half<'_> {
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Half<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Writes an export to a new file, durably; one that fails or is abandoned leaves no file.
///
/// # Errors
/// When the file exists or cannot be written, or the store fails.
pub async fn export_to(
    store: &dyn Store,
    to: &Path,
    progress: Progress<'_>,
) -> Result<DoneSays, AppError> {
    let path = to.display().to_string();
    let exists =
        |e: std::io::Error| TroubleSays::CannotWrite { path: path.clone(), why: (&e).into() };
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(to).map_err(exists)?;
    let half = Half(Some(to));
    let out = std::io::BufWriter::new(file);
    let (Totals { records, tallies }, out) = transfer::export(store, out, progress).await?;
    out.get_ref().sync_all()?;
    half.finish();
    Ok(DoneSays::Exported { records, counts: tallies, path })
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
        return Err(TroubleSays::DaemonRuns.into());
    }
    match &config.data.store {
        Backend::Sled(settings) => Ok(sled::import(&config.data.dir, settings, from, progress)?),
        Backend::Postgres(settings) => Ok(postgres::import(settings, from, progress).await?),
    }
}

/// How far it is, and how fast.
#[must_use]
pub fn pace(totals: Totals, watch: &Stopwatch) -> DoneSays {
    let moved = totals.records + totals.tallies;
    let millis = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    DoneSays::Pace { moved, a_second: moved.saturating_mul(1000) / millis }
}

/// What a person is told of a report.
///
/// # Errors
/// When something is not as it should be: what.
pub fn verified(report: Report) -> Result<DoneSays, AppError> {
    let Report { lines, counts, faults, problems, .. } = report;
    let records = report.records.values().sum();
    if faults > 0 {
        return Err(TroubleSays::Faulty { faults, records, problems }.into());
    }
    Ok(DoneSays::Verified(VerifiedSays { records, lines, counts }))
}
