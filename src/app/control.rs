//! The control socket: how a command reaches the daemon that has the data directory.
//!
//! A Unix socket in the data directory, which only its owner can open. One line of JSON asks, one line
//! answers. Whoever can open it could read the directory anyway.
//!
//! A socket's path may have some hundred bytes and no more. Where the data directory lies deeper, both sides
//! reach it through the directory's open file (`/proc/self/fd/…`), which Linux offers; where that is not to be
//! had the daemon works all the same, without a door for commands, and says so.

use super::{AppError, channels, errands, keep};
use crate::desk::Desk;
use crate::metrics::Stopwatch;
use crate::model::Lang;
use crate::rounds::Nudges;
use crate::store::Store;
use crate::store::export::Totals;
use crate::text::Speak as _;
use crate::text::say::operator::TroubleSays;
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::OwnedWriteHalf;
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
    /// Do something about an account.
    Account(channels::AccountAsk),
}

/// What is asked, and by whom.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub ask: Ask,
    /// The language in which it is answered.
    pub lang: Lang,
}

/// What is answered, one line each; the last one is no [`Answer::Underway`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is being done; this is how far.
    Underway(String),
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
    store: Arc<dyn Store>,
    (desk, nudges): (Desk, Nudges),
    stop: CancellationToken,
) -> Result<(), AppError> {
    let Door { listener, path } = door;
    loop {
        let asker = tokio::select! {
            () = stop.cancelled() => break,
            asker = listener.accept() => asker,
        };
        if let Ok((asker, _)) = asker
            && let Err(error) = answer(asker, &store, (&desk, &nudges), &stop).await
        {
            tracing::warn!(error = %error, "a command could not be answered");
        }
    }
    let _ = std::fs::remove_file(&path);
    Ok(())
}

async fn answer(
    asker: Asker,
    store: &Arc<dyn Store>,
    (desk, nudges): (&Desk, &Nudges),
    stop: &CancellationToken,
) -> std::io::Result<()> {
    let (read, mut write) = asker.into_split();
    let mut line = String::new();
    let mut read = tokio::io::BufReader::new(read.take(64 * 1024));
    let heard = tokio::time::timeout(Duration::from_secs(5), read.read_line(&mut line)).await;
    let answer = match (heard, serde_json::from_str(&line)) {
        (Ok(Ok(_)), Ok(Asked { ask: Ask::Errand(errand), lang })) => {
            let done = errands::carry_out(desk, &errand, lang).await;
            nudges.decided();
            done.map_or_else(|error| Answer::Failed(error.say(lang)), Answer::Done)
        }
        (Ok(Ok(_)), Ok(Asked { ask: Ask::Account(ask), lang })) => {
            let done = channels::carry_out(desk, &ask).await;
            done.map_or_else(|error| Answer::Failed(error.say(lang)), Answer::Done)
        }
        (Ok(Ok(_)), Ok(wanted)) => carry_out(&**store, &wanted, &mut write, stop).await?,
        _ => Answer::Failed(TroubleSays::DaemonPuzzled.say(desk.office().lang)),
    };
    say(&mut write, &answer).await
}

async fn say(write: &mut OwnedWriteHalf, answer: &Answer) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    write.write_all(&line).await
}

/// Does what was asked, and tells every second how far it is. It ends when the daemon is to stop: until it does, nothing
/// can be written, and what is under way must still be settled.
async fn carry_out(
    store: &dyn Store,
    Asked { ask, lang }: &Asked,
    write: &mut OwnedWriteHalf,
    stop: &CancellationToken,
) -> std::io::Result<Answer> {
    let (watch, moved) = (Stopwatch::start(), tokio::sync::watch::Sender::new(Totals::default()));
    let mut progress = |totals| {
        moved.send_replace(totals);
    };
    let done = async {
        match ask {
            Ask::Export(to) => keep::export_to(store, to, &mut progress).await,
            Ask::Verify => keep::verified(store.verify().await?),
            // Done by the desk.
            Ask::Errand(_) | Ask::Account(_) => Err(TroubleSays::DaemonPuzzled.into()),
        }
    };
    tokio::pin!(done);
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.tick().await;
    loop {
        tokio::select! {
            done = &mut done => return Ok(match done {
                Ok(done) => Answer::Done(done.say(*lang)),
                Err(error) => Answer::Failed(error.say(*lang)),
            }),
            () = stop.cancelled() => {
                return Ok(Answer::Failed(TroubleSays::DaemonGone.say(*lang)));
            }
            _ = seconds.tick() => {
                let totals = *moved.borrow();
                say(write, &Answer::Underway(keep::pace(totals, &watch).say(*lang))).await?;
            }
        }
    }
}

/// Whether a daemon runs over this data directory.
#[must_use]
pub fn is_served(data: &Path) -> bool {
    reach(data, |short| UnixStream::connect(short)).is_ok()
}

/// Asks the daemon over this data directory, and shows how far it is; `None` when none is running.
///
/// # Errors
/// When the daemon does not answer.
pub fn ask(
    data: &Path,
    asked: &Asked,
    show: &mut dyn FnMut(&str),
) -> Result<Option<Answer>, AppError> {
    let Ok(mut stream) = reach(data, |short| UnixStream::connect(short)) else { return Ok(None) };
    let mut line = serde_json::to_vec(asked).map_err(std::io::Error::from)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut read = BufReader::new(stream);
    loop {
        let mut answer = String::new();
        if read.read_line(&mut answer)? == 0 {
            return Err(TroubleSays::DaemonGone.into());
        }
        match serde_json::from_str(&answer).map_err(std::io::Error::from)? {
            Answer::Underway(pace) => show(&pace),
            answer => return Ok(Some(answer)),
        }
    }
}
