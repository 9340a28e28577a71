//! What can be typed after `tongxin`, and what comes of it.
//!
//! **Invariant:** a command that fails says in one sentence what to do, on standard error, and ends with 1; a
//! command line that cannot be read ends with 2.
//!
//! What is typed is declared here; every word of it is said by `text::say::operator`, in the language that
//! [`language`] finds.

mod ask;
mod channel;
mod connect;
mod help;
mod keep;
mod mistake;
mod posts;
mod source;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tongxin::app::{self, AppError};
use tongxin::config::{self, Config};
use tongxin::model::Lang;
use tongxin::text::Speak as _;
use tongxin::text::say::operator::DoneSays;

/// What was typed.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The commands. What each does is said by [`tongxin::text::say::operator::CommandSays`], what an option sets by
/// `OptionSays` beside it.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(Demo),
    Serve(Configured),
    Check(Configured),
    Health {
        #[arg(long, short, env = "TONGXIN_CONFIG")]
        config: Option<PathBuf>,
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    Verify(Configured),
    Compact(Configured),
    Export {
        #[command(flatten)]
        configured: Configured,
        #[arg(long)]
        to: PathBuf,
    },
    Import {
        #[command(flatten)]
        configured: Configured,
        #[arg(long)]
        from: PathBuf,
    },
    Workers(Configured),
    #[command(flatten)]
    Posts(posts::Posts),
    #[command(subcommand)]
    Source(Source),
    #[command(subcommand)]
    Channel(channel::Channel),
    Seat {
        #[arg(long)]
        name: String,
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
}

/// What can be done with sources.
#[derive(Debug, Subcommand)]
enum Source {
    Try(source::Try),
}

/// Where the demo is.
#[derive(Debug, Args)]
struct Demo {
    #[arg(long, default_value = "tongxin-demo")]
    dir: PathBuf,
    #[arg(long, default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
}

/// Which configuration is used.
#[derive(Debug, Args)]
pub struct Configured {
    #[arg(long, short, env = "TONGXIN_CONFIG")]
    config: PathBuf,
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Configured {
    fn load(&self) -> Result<Config, AppError> {
        let flags = config::Overrides { data: self.data.clone(), listen: self.listen };
        Ok(Config::load(&self.config, &flags)?)
    }

    /// The file, to be changed.
    fn sheet(&self) -> Result<app::connect::Sheet, AppError> {
        let flags = config::Overrides { data: self.data.clone(), listen: self.listen };
        app::connect::Sheet::open(&self.config, flags)
    }
}

/// Reads what was typed, and does it.
pub fn main(typed: Vec<OsString>) -> ExitCode {
    let lang = language(&typed);
    app::panics::tell_where(lang);
    let mut command = help::worded(Cli::command(), lang);
    let read = match command.try_get_matches_from_mut(typed) {
        Ok(read) => read,
        Err(error) => return mistake::tell(&error, lang),
    };
    let asked = help::shown(&mut command, &read);
    match asked.unwrap_or_else(|| Cli::from_arg_matches(&read).map(|cli| run(cli.command, lang))) {
        Ok(code) => code,
        Err(error) => mistake::tell(&error, lang),
    }
}

/// The language in which everything is said. It is looked for before anything else is read, because what is said
/// of a mistake depends on it; a value that is none is told later, as every other.
fn language(typed: &[OsString]) -> Lang {
    let mut words = typed.iter().filter_map(|word| word.to_str());
    let asked = words.find_map(|word| match word.strip_prefix("--lang") {
        Some("") => Some(None),
        Some(value) => value.strip_prefix('=').map(Some),
        None => None,
    });
    let asked = asked.and_then(|value| value.or_else(|| words.next()));
    let known = asked.filter(|asked| help::LANGUAGES.contains(asked));
    config::operator_lang(known)
}

/// Does what was typed.
fn run(command: Command, lang: Lang) -> ExitCode {
    let done = match command {
        Command::Demo(demo) => serve_demo(&demo, lang),
        Command::Serve(configured) => configured.load().and_then(|c| serve(c, lang)),
        Command::Check(configured) => configured.load().and_then(|config| check(&config, lang)),
        Command::Health { config, listen } => {
            listens(config, listen).and_then(|listen| keep::health(listen, lang))
        }
        Command::Verify(configured) => configured.load().and_then(|c| keep::verify(&c, lang)),
        Command::Compact(configured) => configured.load().and_then(|c| keep::compact(&c, lang)),
        Command::Export { configured, to } => {
            configured.load().and_then(|c| keep::export(&c, &to, lang))
        }
        Command::Import { configured, from } => {
            configured.load().and_then(|c| keep::import(&c, &from, lang))
        }
        Command::Workers(configured) => configured.load().and_then(|c| keep::workers(&c, lang)),
        Command::Posts(what) => posts::run(what, lang),
        Command::Source(Source::Try(what)) => source::run(&what, lang),
        Command::Channel(what) => channel::run(&what, lang),
        Command::Seat { name, roles } => keep::seat(&name, &roles, lang),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error.say(lang));
            ExitCode::FAILURE
        }
    }
}

/// Where a daemon listens, as its configuration or the command line says.
fn listens(config: Option<PathBuf>, listen: Option<SocketAddr>) -> Result<SocketAddr, AppError> {
    match (config, listen) {
        (_, Some(listen)) => Ok(listen),
        (Some(config), None) => {
            Configured { config, data: None, listen: None }.load().map(|c| c.web.listen)
        }
        (None, None) => Ok(SocketAddr::from(([127, 0, 0, 1], 8088))),
    }
}

fn serve(config: Config, lang: Lang) -> Result<(), AppError> {
    start_logs(&config);
    let announce = match config.log.format {
        config::LogFormat::Human => app::Announce::Ready(lang),
        config::LogFormat::Json => app::Announce::Logs,
    };
    runtime()?.block_on(app::serve(config, announce))
}

fn serve_demo(demo: &Demo, lang: Lang) -> Result<(), AppError> {
    let config = app::demo::prepare(&demo.dir, demo.listen)?;
    start_logs(&config);
    runtime()?.block_on(app::serve(config, app::Announce::Demo(lang)))
}

fn check(config: &Config, lang: Lang) -> Result<(), AppError> {
    say(config.effective_toml())?;
    for warning in &config.warnings {
        say_error(&warning.say(lang));
    }
    say_error(&DoneSays::Checked { warnings: config.warnings.len() }.say(lang));
    Ok(())
}

/// The runtime on which a command waits.
///
/// # Errors
/// When the system gives no threads.
fn runtime() -> Result<tokio::runtime::Runtime, AppError> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Logs go to standard error, so that what a command prints can be piped.
fn start_logs(config: &Config) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // A line that cannot be written is lost: telling so would be written to the same place, and end the daemon.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    match config.log.format {
        config::LogFormat::Human => logs.with_target(false).init(),
        config::LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Prints a result.
///
/// # Errors
/// When it cannot be written; where nobody reads it any more it need not be.
fn say(text: &str) -> Result<(), AppError> {
    Ok(app::say(text)?)
}

/// Prints what is wrong, or how far something is: apart from results, which may be piped. Where that cannot be
/// written, nobody can be told.
fn say_error(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
