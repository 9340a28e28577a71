//! What can be typed after `tongxin`, and what comes of it.
//!
//! **Invariant:** a command that fails says in one sentence what to do, on standard error, and ends with 1; a
//! command line that cannot be read ends with 2.

mod keep;
mod posts;
mod source;

use clap::{Args, Parser, Subcommand};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tongxin::app::{self, AppError};
use tongxin::config::{self, Config};

/// Tongxin 同心: pushes news digests and policy explainers to chat groups, takes the replies as suggestions,
/// and brings the answers back.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  tongxin demo\n  tongxin check --config office.toml\n  tongxin serve --config office.toml\n  tongxin source try https://example.org/feed.xml"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the whole program on sample data, without any account: open the addresses that it prints.
    #[command(after_help = "Example:\n  tongxin demo --dir ./tongxin-demo --listen 127.0.0.1:8088")]
    Demo(Demo),
    /// Runs the daemon.
    #[command(after_help = "Example:\n  tongxin serve --config office.toml")]
    Serve(Configured),
    /// Checks a configuration and prints it as it will be used, secrets masked. Starts nothing.
    #[command(after_help = "Example:\n  tongxin check --config office.toml")]
    Check(Configured),
    /// Asks a running daemon whether it is well; for health checks of containers.
    #[command(
        after_help = "Examples:\n  tongxin health --config office.toml\n  tongxin health --listen 127.0.0.1:8088"
    )]
    Health {
        /// The configuration that says where the daemon listens.
        #[arg(long, short, env = "TONGXIN_CONFIG")]
        config: Option<PathBuf>,
        /// Where the daemon listens, in place of the address in the file; 127.0.0.1:8088 without one.
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Looks whether all that is kept hangs together. Works while the daemon runs.
    #[command(after_help = "Example:\n  tongxin verify --config office.toml")]
    Verify(Configured),
    /// Gives back the space of what was deleted in the embedded store. The daemon must not be running.
    #[command(after_help = "Example:\n  tongxin compact --config office.toml")]
    Compact(Configured),
    /// Writes everything as JSON lines: the backup. Works while the daemon runs.
    #[command(
        after_help = "Example:\n  tongxin export --config office.toml --to backup.jsonl\nThe key directory is not part of it: keep that apart, or what is sealed cannot be read again."
    )]
    Export {
        #[command(flatten)]
        configured: Configured,
        /// The file to write; it must not exist yet.
        #[arg(long)]
        to: PathBuf,
    },
    /// Reads what `export` wrote into an empty store, the embedded one or a database. Interrupted, it goes on
    /// where it was when it is called again with the same file.
    #[command(after_help = "Example:\n  tongxin import --config office.toml --from backup.jsonl")]
    Import {
        #[command(flatten)]
        configured: Configured,
        /// The file to read.
        #[arg(long)]
        from: PathBuf,
    },
    /// Shows which worker does what, where several processes work over one PostgreSQL store.
    #[command(after_help = "Example:\n  tongxin workers --config office.toml")]
    Workers(Configured),
    #[command(flatten)]
    Posts(posts::Posts),
    /// Works with sources.
    #[command(
        subcommand,
        after_help = "Example:\n  tongxin source try https://example.org/feed.xml"
    )]
    Source(Source),
    /// Makes a seat: the secret address from which one of the staff works in a browser.
    #[command(after_help = "Example:\n  tongxin seat --name 王芳 --role editor --role reviewer")]
    Seat {
        /// What colleagues call them.
        #[arg(long)]
        name: String,
        /// What they are trusted with; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Source {
    /// Reads a feed or a list page once and shows what would be taken. Keeps nothing.
    #[command(
        after_help = "Examples:\n  tongxin source try https://example.org/feed.xml\n  tongxin source try https://example.gov.cn/list.html --item 'ul.list li' --date 'span.date'"
    )]
    Try(source::Try),
}

#[derive(Debug, Args)]
struct Demo {
    /// Where its data goes; run it again with the same directory and it goes on.
    #[arg(long, default_value = "tongxin-demo")]
    dir: PathBuf,
    /// Where its pages are.
    #[arg(long, default_value = "127.0.0.1:8088")]
    listen: SocketAddr,
}

/// Which configuration is used.
#[derive(Debug, Args)]
pub struct Configured {
    /// The configuration file.
    #[arg(long, short, env = "TONGXIN_CONFIG")]
    config: PathBuf,
    /// The data directory, in place of the one in the file.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where the pages are, in place of the address in the file.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

impl Configured {
    fn load(&self) -> Result<Config, AppError> {
        let flags = config::Overrides { data: self.data.clone(), listen: self.listen };
        Ok(Config::load(&self.config, &flags)?)
    }
}

/// Does what was typed.
pub fn run(cli: Cli) -> ExitCode {
    let done = match cli.command {
        Command::Demo(demo) => serve_demo(&demo),
        Command::Serve(configured) => configured.load().and_then(serve),
        Command::Check(configured) => configured.load().map(|config| check(&config)),
        Command::Health { config, listen } => listens(config, listen).and_then(keep::health),
        Command::Verify(configured) => configured.load().and_then(|c| keep::verify(&c)),
        Command::Compact(configured) => configured.load().and_then(|c| keep::compact(&c)),
        Command::Export { configured, to } => configured.load().and_then(|c| keep::export(&c, &to)),
        Command::Import { configured, from } => {
            configured.load().and_then(|c| keep::import(&c, &from))
        }
        Command::Workers(configured) => configured.load().and_then(|c| keep::workers(&c)),
        Command::Posts(what) => posts::run(what),
        Command::Source(Source::Try(what)) => source::run(&what),
        Command::Seat { name, roles } => keep::seat(&name, &roles),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_error(&error);
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

fn serve(config: Config) -> Result<(), AppError> {
    start_logs(&config);
    runtime()?.block_on(app::serve(config, app::Announce::Logs))
}

fn serve_demo(demo: &Demo) -> Result<(), AppError> {
    let config = app::demo::prepare(&demo.dir, demo.listen)?;
    start_logs(&config);
    runtime()?.block_on(app::serve(config, app::Announce::Demo))
}

fn check(config: &Config) {
    say(config.effective_toml());
    for warning in &config.warnings {
        say_error(warning);
    }
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
        .with_writer(std::io::stderr);
    match config.log.format {
        config::LogFormat::Human => logs.with_target(false).init(),
        config::LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Prints a result.
#[expect(clippy::print_stdout, reason = "printing is what a command line does")]
fn say(text: &str) {
    println!("{text}");
}

fn say_error(error: &dyn std::fmt::Display) {
    eprintln!("{error}");
}
