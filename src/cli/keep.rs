//! Commands that look after what is kept, and seats.

use super::{runtime, say, say_error};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use std::io::{BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;
use tongxin::app::control::{self, Answer, Ask};
use tongxin::app::{AppError, keep};
use tongxin::config::{Backend, Config};
use tongxin::metrics::Stopwatch;
use tongxin::model::{Code, Lang, Role};
use tongxin::store::export::Totals;
use tongxin::store::sled;
use tongxin::text::command;
use tongxin::text::say::role_name;

/// Asks a running daemon whether it is well.
pub(super) fn health(listen: SocketAddr) -> Result<(), AppError> {
    let wait = Duration::from_secs(3);
    // What listens on every address is asked on this machine's own.
    let mut listen = listen;
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let mut stream = TcpStream::connect_timeout(&listen, wait)
        .map_err(|e| AppError::Told(format!("no daemon answers on {listen}: {e}")))?;
    stream.set_read_timeout(Some(wait))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0u8; 12];
    stream.read_exact(&mut answer)?;
    if answer.ends_with(b"200") {
        Ok(())
    } else {
        Err(AppError::Told("the daemon is not well".into()))
    }
}

/// Looks whether all that is kept hangs together.
pub(super) fn verify(config: &Config) -> Result<(), AppError> {
    if let Some(answer) = asked(config, &Ask::Verify)? {
        return tell(answer);
    }
    kept(config)?;
    let report = runtime()?.block_on(keep::verify(config))?;
    say(&keep::verified(&report));
    if report.faults == 0 { Ok(()) } else { Err(AppError::Told("restore a backup".into())) }
}

/// Refuses a data directory in which nothing is kept: a mistyped one would be made, and found to be well.
pub(super) fn kept(config: &Config) -> Result<(), AppError> {
    if matches!(config.data.store, Backend::Postgres(_)) || sled::has_store(&config.data.dir) {
        return Ok(());
    }
    Err(AppError::Told(format!(
        "nothing is kept in {}: name the right directory as data.dir or with --data",
        config.data.dir.display()
    )))
}

/// Shows which worker does what.
pub(super) fn workers(config: &Config) -> Result<(), AppError> {
    say(&runtime()?.block_on(keep::workers(config))?);
    Ok(())
}

/// Gives back the space of what was deleted.
pub(super) fn compact(config: &Config) -> Result<(), AppError> {
    kept(config)?;
    say(&keep::compact(config)?);
    Ok(())
}

/// Writes everything as JSON lines, by the running daemon if it alone has the store.
pub(super) fn export(config: &Config, to: &Path) -> Result<(), AppError> {
    let to = std::path::absolute(to)?;
    if let Some(answer) = asked(config, &Ask::Export(to.clone()))? {
        return tell(answer);
    }
    kept(config)?;
    let mut shown = Shown::begin();
    let told = runtime()?.block_on(keep::export(config, &to, &mut |t| shown.at(t)))?;
    say(&told);
    Ok(())
}

/// Fills an empty store with an export.
pub(super) fn import(config: &Config, from: &Path) -> Result<(), AppError> {
    let file = std::fs::File::open(from)
        .map_err(|e| AppError::Told(format!("cannot read {}: {e}", from.display())))?;
    let (mut shown, mut from) = (Shown::begin(), BufReader::new(file));
    let read = async { keep::import(config, &mut from, &mut |t| shown.at(t)).await };
    let totals = runtime()?.block_on(read)?;
    say(&format!("{} records and {} counts read", totals.records, totals.tallies));
    Ok(())
}

/// Asks the running daemon, where only it can do it: over the embedded store.
fn asked(config: &Config, ask: &Ask) -> Result<Option<Answer>, AppError> {
    match config.data.store {
        Backend::Sled(_) => control::ask(&config.data.dir, ask, &mut |pace| say_error(&pace)),
        Backend::Postgres(_) => Ok(None),
    }
}

/// Shows every second on standard error how far something is.
struct Shown {
    watch: Stopwatch,
    seconds: u64,
}

impl Shown {
    fn begin() -> Self {
        Self { watch: Stopwatch::start(), seconds: 0 }
    }

    fn at(&mut self, totals: Totals) {
        let seconds = self.watch.elapsed().as_secs();
        if seconds > self.seconds {
            self.seconds = seconds;
            say_error(&keep::pace(totals, &self.watch));
        }
    }
}

/// Makes a seat's secret, and the lines for the configuration.
pub(super) fn seat(name: &str, roles: &[String]) -> Result<(), AppError> {
    for role in roles {
        if command::role(role).is_none() {
            let known = Role::ALL.map(|r| role_name(r, Lang::En).to_lowercase()).join(", ");
            return Err(AppError::Told(format!("“{role}” is no role; roles are {known}")));
        }
    }
    let mut bytes = [0u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|e| AppError::Told(e.to_string()))?;
    let token = Code::from_random(&bytes);
    let hash = Sha256::digest(token.as_str().as_bytes());
    let hash = hex(&hash);
    let roles: Vec<String> = roles.iter().map(|r| format!("{r:?}")).collect();
    say(&format!(
        "# Put these lines into the configuration and restart:\n[[seat]]\nname = {name:?}\nroles = [{}]\ntoken_sha256 = \"{hash}\"\n\n# The seat's address, for its owner alone; it is shown only now:\n#   <public_url>/seat/{}",
        roles.join(", "),
        token.as_str()
    ));
    Ok(())
}

fn tell(answer: Answer) -> Result<(), AppError> {
    match answer {
        Answer::Done(told) | Answer::Underway(told) => {
            say(&told);
            Ok(())
        }
        Answer::Failed(why) => Err(AppError::Told(why)),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
