//! A daemon in a process of its own, so that its memory is its alone: the program itself, or the same without
//! the limits that its configuration cannot lift.

use crate::args::{memory_mb, on_processor};
use crate::around::Around;
use crate::fake::Served;
use crate::ledger::Ledger;
use crate::noting::Noting;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tongxin::app;
use tongxin::config::{AccountSettings, Config, Overrides};

/// What is called by a platform shows this.
pub const SECRET: &str = "shown-with-each-call";

/// Which daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The program, as an operator runs it.
    Program,
    /// The same rooms and tasks, with accounts that send as fast as they can.
    Free,
    /// The same, which also notes when each post begins to go out.
    Noting,
}

/// How the platform's updates arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The daemon asks.
    Polling,
    /// The platform calls.
    Webhook,
}

/// Writes the configuration of a daemon over this ledger; `more` is added at its end.
pub fn configure(
    ledger: &Ledger,
    served: &Served,
    (arrival, parallel): (Arrival, usize),
    more: &str,
) {
    let comes = match arrival {
        Arrival::Polling => "mode = \"polling\"".to_owned(),
        Arrival::Webhook => format!(
            "mode = \"webhook\"\nwebhook_url = \"https://bench.example.org/hook/bot\"\nwebhook_secret = \"{SECRET}\""
        ),
    };
    let (url, token, data) = (&served.url, &served.token, ledger.lines());
    let text = format!(
        "[office]\nname = \"量一量\"\n{data}\n[web]\nlisten = \"127.0.0.1:0\"\n\n\
         [[account]]\nname = \"bot\"\nplatform = \"telegram\"\ntoken = \"{token}\"\napi_url = \"{url}\"\n\
         parallel = {parallel}\n{comes}\n\n[[topic]]\nid = \"news\"\ntitle = \"便民信息\"\n\n{more}"
    );
    std::fs::write(ledger.dir().join("office.toml"), text).expect("writes");
}

/// A daemon that runs until it is stopped, or this is dropped.
pub struct Daemon {
    child: Child,
    pub listen: SocketAddr,
}

impl Daemon {
    /// Starts one over the ledger and configuration in `dir`, and waits until it is ready.
    pub fn start(which: Which, dir: &Path) -> Self {
        let mut command = match which {
            Which::Program => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_tongxin"));
                command.args(["serve", "--config"]).arg(dir.join("office.toml"));
                command
            }
            Which::Free | Which::Noting => {
                let kind = if which == Which::Free { "free" } else { "noting" };
                let mut command = Command::new(std::env::current_exe().expect("our own path"));
                command.args(["daemon", "--kind", kind, "--dir"]).arg(dir);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the daemon starts");
        let errors = child.stderr.take().expect("piped");
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut daemon = Self { child, listen };
        let (tell, lines) = mpsc::channel();
        // Read to its end: a pipe that is full would hold the daemon up.
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if line.contains(" WARN ") || line.contains(" ERROR ") {
                    eprintln!("daemon: {line}");
                }
                let _ = tell.send(line);
            }
        });
        let mut said = String::new();
        while daemon.listen.port() == 0 {
            let Ok(line) = lines.recv_timeout(Duration::from_mins(5)) else {
                panic!("the daemon is not ready: {said}");
            };
            said.push_str(&line);
            said.push('\n');
            if let Some((_, rest)) = line.split_once("web.listen=") {
                let address = rest.split_whitespace().next().unwrap_or_default();
                daemon.listen = address.parse().expect("an address");
            }
        }
        daemon
    }

    /// The memory that it has now, in MiB.
    pub fn rss_mb(&self) -> f64 {
        memory_mb(&self.child.id().to_string(), "VmRSS:")
    }

    /// The most that it ever had.
    pub fn peak_rss_mb(&self) -> f64 {
        memory_mb(&self.child.id().to_string(), "VmHWM:")
    }

    /// What the system says of its memory under this name, in MiB.
    pub fn memory_mb(&self, line: &str) -> f64 {
        memory_mb(&self.child.id().to_string(), line)
    }

    /// How long it has been on a processor.
    pub fn on_processor(&self) -> Duration {
        on_processor(&self.child.id().to_string())
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("runs");
        assert!(asked.success(), "the daemon can be asked to stop");
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "the daemon ended badly: {ended}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The configuration in `dir`, with accounts that send as fast as they can.
fn freed(dir: &Path) -> Result<Config, app::AppError> {
    let mut config = Config::load(&dir.join("office.toml"), &Overrides::default())?;
    for account in &mut config.accounts {
        let AccountSettings::Telegram(bot) = &mut account.settings else { continue };
        bot.per_second = 1_000_000;
        bot.chat_per_second = 1_000_000;
        bot.group_per_minute = 1_000_000;
    }
    Ok(config)
}

/// What a benchmark starts of itself: a daemon over the configuration in `dir`.
///
/// # Errors
/// When it cannot start, or something failed that nothing survives.
pub async fn serve(dir: &Path, kind: &str) -> Result<(), app::AppError> {
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    let config = freed(dir)?;
    if kind != "noting" {
        return app::serve(config, app::Announce::Logs).await;
    }
    let store = app::keep::open_to_serve(&config).await?;
    let noting = std::sync::Arc::new(Around::over(store, Noting::default()));
    let ended = app::serve_from(config, noting.clone(), app::Announce::Logs).await;
    std::fs::write(dir.join("starts.json"), noting.otherwise.to_json())?;
    ended
}
