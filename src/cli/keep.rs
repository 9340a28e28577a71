//! Commands that look after what is kept, and seats.

use super::{runtime, say, say_error};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use std::io::{BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;
use tongxin::app::control::{self, Answer, Ask, Asked};
use tongxin::app::{AppError, keep};
use tongxin::config::{Backend, Config};
use tongxin::metrics::Stopwatch;
use tongxin::model::{Code, Lang, hex};
use tongxin::store::export::Totals;
use tongxin::store::sled;
use tongxin::text::Speak as _;
use tongxin::text::command;
use tongxin::text::say::operator::{DataSays, DoneSays, TroubleSays};
use tongxin::text::say::role_name;

/// Asks a running daemon whether it is well.
pub(super) fn health(listen: SocketAddr, lang: Lang) -> Result<(), AppError> {
    let wait = Duration::from_secs(3);
    // What listens on every address is asked on this machine's own.
    let mut listen = listen;
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let mut stream = TcpStream::connect_timeout(&listen, wait)
        .map_err(|e| TroubleSays::NoDaemon { address: listen.to_string(), why: (&e).into() })?;
    stream.set_read_timeout(Some(wait))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0u8; 12];
    stream.read_exact(&mut answer)?;
    if !answer.ends_with(b"200") {
        return Err(TroubleSays::DaemonUnwell.into());
    }
    say(&DoneSays::Healthy.say(lang))
}

/// Looks whether all that is kept hangs together.
pub(super) fn verify(config: &Config, lang: Lang) -> Result<(), AppError> {
    if let Some(answer) = asked(config, Ask::Verify, lang)? {
        return tell(answer);
    }
    kept(config)?;
    say(&runtime()?.block_on(keep::verify(config))?.say(lang))
}

/// Refuses a data directory in which nothing is kept: a mistyped one would be made, and found to be well.
pub(super) fn kept(config: &Config) -> Result<(), AppError> {
    if matches!(config.data.store, Backend::Postgres(_)) || sled::has_store(&config.data.dir) {
        return Ok(());
    }
    let dir = config.data.dir.display().to_string();
    Err(TroubleSays::Data(DataSays::NothingKept { dir }).into())
}

/// Shows which worker does what.
pub(super) fn workers(config: &Config, lang: Lang) -> Result<(), AppError> {
    say(&runtime()?.block_on(keep::workers(config))?.say(lang))
}

/// Gives back the space of what was deleted.
pub(super) fn compact(config: &Config, lang: Lang) -> Result<(), AppError> {
    kept(config)?;
    say(&keep::compact(config)?.say(lang))
}

/// Writes everything as JSON lines, by the running daemon if it alone has the store.
pub(super) fn export(config: &Config, to: &Path, lang: Lang) -> Result<(), AppError> {
    let to = std::path::absolute(to)?;
    if let Some(answer) = asked(config, Ask::Export(to.clone()), lang)? {
        return tell(answer);
    }
    kept(config)?;
    let mut shown = Shown::begin(lang);
    let told = runtime()?.block_on(keep::export(config, &to, &mut |t| shown.at(t)))?;
    say(&told.say(lang))
}

/// Fills an empty store with an export.
pub(super) fn import(config: &Config, from: &Path, lang: Lang) -> Result<(), AppError> {
    let file = std::fs::File::open(from).map_err(|e| TroubleSays::CannotRead {
        path: from.display().to_string(),
        why: (&e).into(),
    })?;
    let (mut shown, mut from) = (Shown::begin(lang), BufReader::new(file));
    let read = async { keep::import(config, &mut from, &mut |t| shown.at(t)).await };
    let totals = runtime()?.block_on(read)?;
    say(&DoneSays::Imported { records: totals.records, counts: totals.tallies }.say(lang))
}

/// Asks the running daemon, where only it can do it: over the embedded store.
fn asked(config: &Config, ask: Ask, lang: Lang) -> Result<Option<Answer>, AppError> {
    match config.data.store {
        Backend::Sled(_) => {
            control::ask(&config.data.dir, &Asked { ask, lang }, &mut |pace| say_error(pace))
        }
        Backend::Postgres(_) => Ok(None),
    }
}

/// Shows every second on standard error how far something is.
struct Shown {
    watch: Stopwatch,
    seconds: u64,
    lang: Lang,
}

impl Shown {
    fn begin(lang: Lang) -> Self {
        Self { watch: Stopwatch::start(), seconds: 0, lang }
    }

    fn at(&mut self, totals: Totals) {
        let seconds = self.watch.elapsed().as_secs();
        if seconds > self.seconds {
            self.seconds = seconds;
            say_error(&keep::pace(totals, &self.watch).say(self.lang));
        }
    }
}

/// Makes a seat's secret, and the lines for the configuration.
pub(super) fn seat(name: &str, roles: &[String], lang: Lang) -> Result<(), AppError> {
    let role = |typed: &String| {
        // As the configuration writes it, in whatever language it was typed.
        let role = command::role(typed).map(|role| role_name(role, Lang::En));
        role.ok_or_else(|| TroubleSays::NoSuchRole(typed.clone()))
    };
    let roles = roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
    let mut bytes = [0u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
    let token = Code::from_random(&bytes);
    let hash = hex(&Sha256::digest(token.as_str().as_bytes()));
    let lines = format!("[[seat]]\nname = {name:?}\nroles = {roles:?}\ntoken_sha256 = \"{hash}\"");
    say(&DoneSays::Seat { lines, secret: token.as_str().to_owned() }.say(lang))
}

fn tell(answer: Answer) -> Result<(), AppError> {
    match answer {
        Answer::Done(told) | Answer::Underway(told) => say(&told),
        Answer::Failed(why) => Err(TroubleSays::Answered(why).into()),
    }
}
