//! The fake in a process of its own, so that both sides of a comparison share the machine with it alike.

use crate::args::{Args, on_processor};
use crate::telegram::{FakeTelegram, Options, Place};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::SystemClock;

/// Where the fake is, and which chats it has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Served {
    pub url: String,
    pub token: String,
    pub chats: Vec<i64>,
    pub groups: Vec<i64>,
}

/// What it took so far.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Took {
    pub taken: u64,
    pub repeated: u64,
    pub too_many: u64,
}

/// Serves until nobody asks any more.
pub async fn serve(args: &Args) {
    let rates = args.text("kind") == "rates";
    let options = Options { rates, ..Options::BENCH };
    let fake = FakeTelegram::start(Arc::new(SystemClock), options).await;
    fake.slows_to(Duration::from_millis(args.number("latency-ms", 0)));
    let chats = fake.directs(args.size("chats", 1000)).iter().map(Place::number).collect();
    let groups = fake.groups(args.size("groups", 0)).iter().map(Place::number).collect();
    let served = Served { url: fake.url().to_owned(), token: fake.token(), chats, groups };
    println!("{}", serde_json::to_string(&served).expect("writes"));
    let runtime = tokio::runtime::Handle::current();
    let asked = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if let Some(count) = line.strip_prefix("updates ").and_then(|n| n.parse().ok()) {
                runtime.block_on(updates(&fake, count));
            }
            let counts = fake.counts();
            let took =
                Took { taken: counts.taken, repeated: counts.repeated, too_many: counts.too_many };
            println!("{}", serde_json::to_string(&took).expect("writes"));
            let _ = std::io::stdout().flush();
        }
    });
    let _ = asked.await;
}

/// Tells the bot of so many messages, and waits until it has confirmed them all.
async fn updates(fake: &FakeTelegram, count: i64) {
    for number in 0..count {
        let update = crate::hook::says(crate::inbound::writer(number), crate::inbound::TEXT);
        fake.pushes("message", &update["message"]);
    }
    fake.is_heard_out().await;
}

/// A fake that runs beside us.
pub struct Beside {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub served: Served,
}

impl Beside {
    /// How long it has been on a processor.
    pub fn on_processor(&self) -> Duration {
        on_processor(&self.child.id().to_string())
    }

    /// Starts one.
    pub fn start(chats: usize, latency_ms: u64, kind: &str) -> Self {
        Self::run(kind, [chats, 0], latency_ms)
    }

    /// Starts one that keeps the platform's rates and has groups as well.
    pub fn start_with_groups(chats: usize, groups: usize, latency_ms: u64) -> Self {
        Self::run("rates", [chats, groups], latency_ms)
    }

    fn run(kind: &str, [chats, groups]: [usize; 2], latency_ms: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("our own path"))
            .args(["fake-telegram", "--kind", kind, "--chats"])
            .args([chats.to_string(), "--groups".to_owned(), groups.to_string()])
            .args(["--latency-ms", &latency_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the fake starts");
        let ask = child.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        answers.read_line(&mut line).expect("it says where it is");
        let served = serde_json::from_str(&line).expect("it says where it is");
        Self { child, ask, answers, served }
    }

    /// What it took so far.
    pub fn took(&mut self) -> Took {
        self.ask("counts")
    }

    /// Tells the bot of so many messages, and waits until it has confirmed them all.
    pub fn updates(&mut self, count: u64) {
        self.ask(&format!("updates {count}"));
    }

    fn ask(&mut self, what: &str) -> Took {
        writeln!(self.ask, "{what}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("it answers")
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
