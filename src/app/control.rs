//! The control socket: how a command reaches the daemon that has the data directory.
//!
//! A Unix socket in the data directory, which only its owner can open. One line of JSON asks, one line
//! answers. Whoever can open it could read the directory anyway.

use super::{AppError, errands};
use crate::desk::Desk;
use crate::rounds::Nudges;
use crate::store::sled::SledStore;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream as Asker};
use tokio_util::sync::CancellationToken;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Write an export to this file, which must not exist.
    Export(PathBuf),
    /// Look whether everything in the store leads to everything.
    Verify,
    /// Do something about a post.
    Errand(errands::Errand),
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done; this is what a person is told.
    Done(String),
    /// It is not; this is why.
    Failed(String),
}

/// Where the socket of the daemon over this data directory is.
#[must_use]
pub fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Answers what is asked until it is told to stop.
///
/// # Errors
/// When the socket cannot be made.
pub async fn serve(
    data: PathBuf,
    store: Arc<SledStore>,
    (desk, nudges): (Desk, Nudges),
    stop: CancellationToken,
) -> Result<(), AppError> {
    let path = socket(&data);
    // We hold the directory's lock, so a socket that is there was left by a process that has ended.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    loop {
        let asker = tokio::select! {
            () = stop.cancelled() => break,
            asker = listener.accept() => asker,
        };
        if let Ok((asker, _)) = asker
            && let Err(error) = answer(asker, &store, (&desk, &nudges)).await
        {
            tracing::warn!(error = %error, "a command could not be answered");
        }
    }
    let _ = std::fs::remove_file(&path);
    Ok(())
}

async fn answer(
    asker: Asker,
    store: &Arc<SledStore>,
    (desk, nudges): (&Desk, &Nudges),
) -> std::io::Result<()> {
    let (read, mut write) = asker.into_split();
    let mut line = String::new();
    let mut read = tokio::io::BufReader::new(read.take(64 * 1024));
    let heard = tokio::time::timeout(Duration::from_secs(5), read.read_line(&mut line)).await;
    let answer = match (heard, serde_json::from_str::<Ask>(&line)) {
        (Ok(Ok(_)), Ok(Ask::Errand(errand))) => {
            let done = errands::carry_out(desk, &errand).await;
            nudges.decided();
            done.map_or_else(|error| Answer::Failed(error.to_string()), Answer::Done)
        }
        (Ok(Ok(_)), Ok(ask)) => {
            let store = Arc::clone(store);
            let done = tokio::task::spawn_blocking(move || carry_out(&store, &ask)).await;
            done.unwrap_or_else(|_| Answer::Failed("the daemon failed within".into()))
        }
        _ => Answer::Failed("the daemon does not understand this command; is it older?".into()),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}

fn carry_out(store: &SledStore, ask: &Ask) -> Answer {
    let done = match ask {
        Ask::Export(to) => export(store, to),
        // Done above, by the desk.
        Ask::Errand(_) => Ok(String::new()),
        Ask::Verify => store.verify().map_err(AppError::from).map(|report| verified(&report)),
    };
    match done {
        Ok(told) => Answer::Done(told),
        Err(error) => Answer::Failed(error.to_string()),
    }
}

/// Writes an export to a new file, durably; a failed one leaves no file.
///
/// # Errors
/// When the file exists or cannot be written, or the store fails.
pub fn export(store: &SledStore, to: &Path) -> Result<String, AppError> {
    let exists = |e: std::io::Error| AppError::Told(format!("cannot write {}: {e}", to.display()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(to).map_err(exists)?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let mut out = std::io::BufWriter::new(file);
    let written = store.export(&mut out).map_err(AppError::from);
    let written = written.and_then(|totals| {
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(totals)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(to);
    }
    let totals = written?;
    Ok(format!(
        "{} records and {} counts written to {}",
        totals.records,
        totals.tallies,
        to.display()
    ))
}

/// What a person is told of a report; the first line says whether all is well.
#[must_use]
pub fn verified(report: &crate::store::sled::Report) -> String {
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

/// Asks the daemon over this data directory; `None` when none is running.
///
/// # Errors
/// When the daemon does not answer.
pub fn ask(data: &Path, ask: &Ask) -> Result<Option<Answer>, AppError> {
    let Ok(mut stream) = UnixStream::connect(socket(data)) else { return Ok(None) };
    let mut line = serde_json::to_vec(ask).map_err(std::io::Error::from)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer).map_err(std::io::Error::from)?))
}
