//! The control socket: how a command reaches the daemon that has the data directory.
//!
//! A Unix socket in the data directory, which only its owner can open. One line of JSON asks, one line
//! answers. Whoever can open it could read the directory anyway.
//!
//! A socket's path may have some hundred bytes and no more. Where the data directory lies deeper, both sides
//! reach it through the directory's open file (`/proc/self/fd/…`), which Linux offers; where that is not to be
//! had the daemon works all the same, without a door for commands, and says so.

use super::AppError;
use crate::store::sled::SledStore;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
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

/// The longest path that every system takes for a socket, in bytes.
const PATH_MOST: usize = 100;

/// Uses the socket under a path that is short enough.
fn reach<T>(data: &Path, with: impl FnOnce(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    let path = socket(data);
    if path.as_os_str().len() <= PATH_MOST {
        return with(&path);
    }
    let dir = std::fs::File::open(data)?;
    with(&socket(Path::new(&format!("/proc/self/fd/{}", dir.as_raw_fd()))))
}

/// The socket, as the daemon has it.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Makes the socket in this data directory, whose lock we hold. `None` where the system cannot: the daemon
    /// does not need it.
    #[must_use]
    pub fn open(data: &Path) -> Option<Self> {
        let path = socket(data);
        // We hold the directory's lock, so a socket that is there was left by a process that has ended.
        let _ = std::fs::remove_file(&path);
        let private = |_: &UnixListener| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        };
        let made = reach(data, |short| UnixListener::bind(short));
        match made.and_then(|listener| private(&listener).map(|()| listener)) {
            Ok(listener) => Some(Self { listener, path }),
            Err(error) => {
                tracing::warn!(
                    socket = %path.display(),
                    error = %error,
                    "commands cannot reach this daemon: stop it for `export` and `verify`"
                );
                None
            }
        }
    }
}

/// Answers what is asked until it is told to stop.
///
/// # Errors
/// None at present: a command that cannot be answered is logged.
pub async fn serve(
    door: Door,
    store: Arc<SledStore>,
    stop: CancellationToken,
) -> Result<(), AppError> {
    let Door { listener, path } = door;
    loop {
        let asker = tokio::select! {
            () = stop.cancelled() => break,
            asker = listener.accept() => asker,
        };
        if let Ok((asker, _)) = asker
            && let Err(error) = answer(asker, &store).await
        {
            tracing::warn!(error = %error, "a command could not be answered");
        }
    }
    let _ = std::fs::remove_file(&path);
    Ok(())
}

async fn answer(asker: Asker, store: &Arc<SledStore>) -> std::io::Result<()> {
    let (read, mut write) = asker.into_split();
    let mut line = String::new();
    let mut read = tokio::io::BufReader::new(read.take(64 * 1024));
    let heard = tokio::time::timeout(Duration::from_secs(5), read.read_line(&mut line)).await;
    let answer = match (heard, serde_json::from_str::<Ask>(&line)) {
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
    let Ok(mut stream) = reach(data, |short| UnixStream::connect(short)) else { return Ok(None) };
    let mut line = serde_json::to_vec(ask).map_err(std::io::Error::from)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer).map_err(std::io::Error::from)?))
}
