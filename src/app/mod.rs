//! Builds, starts and stops everything; the only place that names a concrete backend.
//!
//! **Invariant:** every task is started here and joined here. The first that ends by itself takes the others
//! with it, and is named; on a signal all are told to stop, and what is in flight is finished or given back
//! within a bounded time.

pub mod channels;
pub mod connect;
pub mod control;
pub mod demo;
pub mod errands;
pub mod keep;
pub mod ledger;
pub mod panics;
pub mod ready;
pub mod rooms;
mod tasks;
pub mod trial;
mod trouble;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config};
use crate::model::Lang;
use crate::store::vault::Parts as VaultParts;
use crate::store::vault::VaultError;
use crate::store::{Store, StoreError, TransferError, postgres, sled};
use crate::text::say::operator::{PartSays, TroubleSays};
use std::io::Write as _;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Why a command could not be carried out. What an operator is told of it is its [`crate::text::Speak`]; its `Display`
/// is for logs.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration has mistakes; each has a line.
    #[error("{0}")]
    Config(#[from] config::ConfigError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Open(#[from] sled::OpenError),
    /// The database cannot be used.
    #[error(transparent)]
    Connect(#[from] postgres::OpenError),
    /// The store cannot be moved in or out.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The key directory cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store failed while the daemon ran.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refused something.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
    /// A part of the daemon ended, and took the others with it.
    #[error("{part:?}: {error}")]
    Ended {
        /// The part.
        part: PartSays,
        /// Why.
        error: Box<AppError>,
    },
    /// Something else; a whole sentence.
    #[error(transparent)]
    Told(#[from] TroubleSays),
}

/// How the daemon says that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// In its log alone, for programs that read it.
    Logs,
    /// In its log, and in a sentence on standard output.
    Ready(Lang),
    /// On standard output, with the addresses to open and what to try.
    Demo(Lang),
}

/// Runs the daemon until it is told to stop, or something fails.
///
/// # Errors
/// When it cannot start, or something failed that nothing survives.
pub async fn serve(config: Config, announce: Announce) -> Result<(), AppError> {
    let store = keep::open_to_serve(&config).await?;
    serve_from(config, store, announce).await
}

/// The same from a store that is open already; it is closed at the end.
///
/// # Errors
/// When it cannot start, or something failed that nothing survives.
pub async fn serve_from(
    config: Config,
    store: Arc<dyn Store>,
    announce: Announce,
) -> Result<(), AppError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let vault = keep::vault(&config, store.as_ref(), clock.clone())?;
    let stop = CancellationToken::new();
    let ready = ready::Ready::make(&config, &store, (clock, vault), stop.clone()).await?;
    // Whoever reads that it is ready may stop it the next moment.
    let signals = tasks::Signals::hear();
    ready.announce(&config, announce)?;
    let ended = tasks::run(ready, store.clone(), stop, signals).await;
    let closed = store.close().await;
    ended?;
    closed?;
    tracing::info!("stopped");
    Ok(())
}

/// Prints what somebody who started the program by hand wants to read.
///
/// # Errors
/// When it cannot be written; where nobody reads it any more it need not be.
pub fn say(text: &str) -> std::io::Result<()> {
    while_read(writeln!(std::io::stdout(), "{text}"))
}

/// What came of writing to a pipe: that nobody reads it any more is no failure.
pub(crate) fn while_read<T: Default>(written: std::io::Result<T>) -> std::io::Result<T> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(T::default()),
        other => other,
    }
}
