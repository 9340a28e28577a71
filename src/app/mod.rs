//! Builds, starts and stops everything; the only place that names a concrete backend.
//!
//! **Invariant:** every task is started here and joined here. The first that ends by itself takes the others
//! with it, and is named; on a signal all are told to stop, and what is in flight is finished or given back
//! within a bounded time.

pub mod control;
pub mod demo;
mod ready;
pub mod rooms;
mod tasks;
pub mod trial;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::store::StoreError;
use crate::store::sled::{self, SledStore};
use crate::store::vault::Parts as VaultParts;
use crate::store::vault::{Vault, VaultError};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Why a command could not be carried out, as a person is told.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration has mistakes; each has a line.
    #[error("{0}")]
    Config(#[from] config::ConfigError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Open(#[from] sled::OpenError),
    /// The store cannot be moved in or out.
    #[error(transparent)]
    Transfer(#[from] sled::TransferError),
    /// The key directory cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed while the daemon ran.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused something.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
    /// Something else; a whole sentence.
    #[error("{0}")]
    Told(String),
}

/// How the daemon says that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// In its log.
    Logs,
    /// On standard output, with the addresses to open and what to try.
    Demo,
}

/// Runs the daemon until it is told to stop, or something fails.
///
/// # Errors
/// When it cannot start, or something failed that nothing survives.
pub async fn serve(config: Config, announce: Announce) -> Result<(), AppError> {
    let store = Arc::new(open(&config)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault = Vault::open(&config.data.keys, clock.clone())?;
    let stop = CancellationToken::new();
    let ready = ready::Ready::make(&config, &store, (clock, vault), stop.clone()).await?;
    // Whoever reads that it is ready may stop it the next moment.
    let signals = tasks::Signals::hear();
    ready.announce(&config, announce)?;
    let ended = tasks::run(ready, store.clone(), stop, signals).await;
    let closed = tokio::task::spawn_blocking(move || store.close()).await;
    ended?;
    closed.map_err(|_| AppError::Told("the store did not close".into()))??;
    tracing::info!("stopped");
    Ok(())
}

/// Opens the store, and refuses one whose keys are missing.
fn open(config: &Config) -> Result<SledStore, AppError> {
    let known = config.data.dir.join("store").exists();
    if known && !Vault::exists(&config.data.keys) {
        return Err(AppError::Told(format!(
            "{} has data, but {} has no keys: what people wrote could not be read. Put the key directory back, or name the right one as data.keys",
            config.data.dir.display(),
            config.data.keys.display()
        )));
    }
    Ok(SledStore::open(&config.data.dir, &config.data.store)?)
}

/// Prints what somebody who started the program by hand wants to read.
#[expect(clippy::print_stdout, reason = "the demo speaks to whoever started it")]
fn say(text: &str) {
    println!("{text}");
}
