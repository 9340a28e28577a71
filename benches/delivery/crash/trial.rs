//! One office, whose daemon dies again and again while posts go out and people talk to it.
//!
//! A life is a start of the program and its death at a random moment: while it opens, while it serves (asking
//! for updates or being called), or while `tongxin compact` rewrites its store. After every second death the store
//! is opened here, and whatever was acknowledged must be in it; otherwise the program itself is the next to open
//! it. At the end the daemon finishes its work, and all books are read.

use super::books::{BOT, Heard, Ledger, Wrongs, suggestions};
use super::daemon::{Daemon, free_address, listens};
use super::ground::Ground;
use super::office::{Ask, Bot, NEWS, SECRET, Shape, publish, subscribe};
use super::talk::Talk;
use crate::telegram::{FakeTelegram, Options, Place};
use rand::Rng as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tongxin::clock::SystemClock;
use tongxin::model::PostId;
use tongxin::store::Store as _;
use tongxin::store::sled::{Settings, SledStore};

/// How long the daemon may take to finish its work at the end.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many requests of a daemon may be under way, for each that it sends at once: it waits for the
/// ledger when twice as many are not yet settled.
pub const UNDER_WAY: u64 = 2;

/// How often the first start of an office is killed.
const FIRST_STARTS: u32 = 6;

/// Every so many looks the store is looked through as a whole.
const WHOLE: u64 = 8;

/// What was counted over all offices.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub wrongs: Wrongs,
    pub opening: u64,
    pub serving: u64,
    pub compacting: u64,
    /// How many messages were sent, how many of them again, and the most after one death.
    pub sent: u64,
    pub repeated: u64,
    pub repeated_most: u64,
    /// How many more were sent again than could have been under way at all deaths so far.
    pub repeated_beyond: u64,
    /// How many updates and suggestions were acknowledged.
    pub heard: u64,
    pub suggestions: u64,
    pub posts: u64,
}

impl Counted {
    /// How often the daemon died.
    pub fn deaths(&self) -> u64 {
        self.opening + self.serving + self.compacting
    }
}

/// How an office is tried.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub chats: usize,
    pub parallel: u64,
    pub latency: Duration,
    /// The longest that a daemon serves, in milliseconds.
    pub longest: u64,
}

/// One office on trial.
pub struct Trial {
    pub ground: Ground,
    fake: FakeTelegram,
    plan: Plan,
    /// Configurations and logs: they outlive power cuts.
    side: TempDir,
    listen: SocketAddr,
    client: reqwest::Client,
    chats: Vec<i64>,
    posts: Vec<PostId>,
    talk: Talk,
    heard: Heard,
    looks: u64,
    deaths: u64,
}

/// How a life went on.
enum Life {
    Goes,
    Ended,
    /// All work is done.
    Quiet,
}

impl Trial {
    /// An office with its subscribers.
    pub async fn begin(ground: Ground, plan: Plan) -> Self {
        let options = Options { texts: true, ..Options::BENCH };
        let fake = FakeTelegram::start(Arc::new(SystemClock), options).await;
        fake.slows_to(plan.latency);
        let chats: Vec<_> = fake.directs(plan.chats).iter().map(Place::number).collect();
        let side = tempfile::tempdir().expect("a directory");
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        let mut trial = Self {
            ground,
            fake,
            plan,
            side,
            listen: free_address(),
            client: client.build().expect("a client"),
            chats,
            posts: Vec::new(),
            talk: Talk::new(),
            heard: Heard::default(),
            looks: 0,
            deaths: 0,
        };
        for ask in [Ask::Polling, Ask::Webhook] {
            std::fs::write(trial.config(ask), trial.shape(ask)).expect("writes");
        }
        trial.first_starts().await;
        let store = trial.open().expect("a new store");
        subscribe(&store, BOT, NEWS, &trial.chats).await;
        trial
    }

    /// Kills the program while it makes its data for the first time, again and again, and lets it do so in the end.
    async fn first_starts(&mut self) {
        for _ in 0..FIRST_STARTS {
            let mut daemon = Daemon::start("serve", &self.config(Ask::Polling));
            let span = Duration::from_millis(rand::rng().random_range(1..40));
            tokio::time::sleep(span).await;
            self.ground.die(&mut daemon);
        }
        let mut daemon = Daemon::start("serve", &self.config(Ask::Polling));
        let until = Instant::now() + PATIENCE;
        while self.get("/readyz").await.is_none() {
            assert!(Instant::now() < until, "it never starts: {}", daemon.last_words());
            assert!(daemon.ended().is_none(), "it does not start: {}", daemon.last_words());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        daemon.signal("TERM");
        let end = daemon.end(PATIENCE).await;
        assert!(end.is_some_and(|end| end.success()), "{}", daemon.last_words());
    }

    /// Its configuration.
    pub fn config(&self, ask: Ask) -> PathBuf {
        self.side.path().join(if ask == Ask::Polling { "polling.toml" } else { "webhook.toml" })
    }

    fn shape(&self, ask: Ask) -> String {
        let limits = format!(
            "per_second = 1000\nchat_per_second = 30\ngroup_per_minute = 1000\nparallel = {}\n",
            self.plan.parallel
        );
        let (token, url) = (self.fake.token(), self.fake.url());
        let root = self.ground.root();
        let shape = Shape {
            data_dir: &root.join("data"),
            keys_dir: &root.join("keys"),
            listen: self.listen,
            ask,
            // Compacted at the start as soon as it pays at all.
            data: "compact_at_start = 2\ncompact_from_mb = 1",
            sections: "",
            limits: &limits,
            bots: vec![Bot { name: BOT, token: &token, url }],
        };
        shape.text()
    }

    fn open(&self) -> Result<SledStore, String> {
        let opened = SledStore::open(&self.ground.root().join("data"), &Settings::default());
        opened.map_err(|e| e.to_string())
    }

    /// One life and one death; nothing is counted when the program had done its work before.
    pub async fn live_and_die(&mut self, counted: &mut Counted) {
        let (dice, before) = (rand::rng().random_range(0..100), self.fake.counts().repeated);
        let ask = if dice % 2 == 0 { Ask::Polling } else { Ask::Webhook };
        let compacts = dice < 15;
        let span = match dice {
            0..15 => rand::rng().random_range(1..120),
            15..35 => rand::rng().random_range(1..30),
            _ => rand::rng().random_range(60..self.plan.longest.max(61)),
        };
        let command = if compacts { "compact" } else { "serve" };
        let mut daemon = Daemon::start(command, &self.config(ask));
        let life = self.live(&mut daemon, ask, Some(Duration::from_millis(span))).await;
        if let Life::Ended = life {
            let well = daemon.ended().is_some_and(|status| status.success());
            if !(compacts && well) {
                counted.wrongs.daemons_failed += 1;
                eprintln!("the program ended by itself: {}", daemon.last_words());
            }
        } else {
            let place = match (compacts, listens(self.listen)) {
                (true, _) => &mut counted.compacting,
                (false, true) => &mut counted.serving,
                (false, false) => &mut counted.opening,
            };
            *place += 1;
            self.deaths += 1;
            self.ground.die(&mut daemon);
        }
        self.repeats(before, counted);
        if rand::rng().random_bool(0.5) {
            self.look(&mut counted.wrongs).await;
        }
    }

    /// Counts what was sent again since there were `before`, against what may have been under way: of what was so at
    /// one death some may be sent again in the next life, and the rest in a later one.
    fn repeats(&mut self, before: u64, counted: &mut Counted) {
        let now = self.fake.counts().repeated;
        counted.repeated_most = counted.repeated_most.max(now - before);
        let beyond = now.saturating_sub(self.deaths * self.plan.parallel * UNDER_WAY);
        counted.repeated_beyond = counted.repeated_beyond.max(beyond);
    }

    /// Lets a daemon that is called work for a while, and people talk.
    pub async fn works(&mut self, daemon: &mut Daemon, span: Duration) {
        self.live(daemon, Ask::Webhook, Some(span)).await;
    }

    /// Asks the daemon for a page: its status and what it says.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer = self.client.get(format!("http://{}{path}", self.listen)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Something that was under way cannot be written down.
    pub const fn dies_once(&mut self) {
        self.deaths += 1;
    }

    /// How many messages were taken.
    pub fn sent(&self) -> u64 {
        self.fake.counts().taken
    }

    /// How many updates were acknowledged.
    pub fn acknowledged(&self) -> i64 {
        let (next, pending) = self.fake.numbers();
        next - i64::try_from(pending.len()).expect("few")
    }

    /// Publishes a post; the daemon must not be running.
    pub async fn publishes(&mut self) {
        let store = self.open().expect("the store opens");
        let number = self.posts.len() + 1;
        self.posts.push(publish(&store, NEWS, &format!("第{number}期")).await);
    }

    /// Lets the daemon live for a while, or until all is done.
    async fn live(&mut self, daemon: &mut Daemon, ask: Ask, span: Option<Duration>) -> Life {
        let until = span.map(|span| Instant::now() + span);
        let mut quiet_at = Instant::now();
        loop {
            if daemon.ended().is_some() {
                return Life::Ended;
            }
            let now = Instant::now();
            if until.is_some_and(|until| now >= until) {
                return Life::Goes;
            }
            self.talk.reads(&self.fake);
            if until.is_some() {
                self.talk.goes_on(&self.fake);
            } else if now.duration_since(quiet_at) > Duration::from_millis(200) {
                quiet_at = now;
                if self.is_quiet() {
                    return Life::Quiet;
                }
            }
            let step = now + Duration::from_millis(2);
            let calls = async {
                if ask == Ask::Webhook {
                    self.calls().await;
                }
                tokio::time::sleep_until(step.into()).await;
            };
            match until {
                // A call may be under way at the death, and is then not answered.
                Some(until) => drop(tokio::time::timeout_at(until.into(), calls).await),
                None => calls.await,
            }
        }
    }

    /// Makes the call that is due, as the platform does: it is made again until it is answered well.
    async fn calls(&self) {
        let Some(call) = self.fake.next_call() else { return };
        let url = format!("http://{}/hook/{BOT}", self.listen);
        let call =
            self.client.post(url).header("content-type", "application/json").body(call.into_body());
        let answer = call.header("X-Telegram-Bot-Api-Secret-Token", SECRET).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            self.fake.call_was_answered();
        }
    }

    fn is_quiet(&self) -> bool {
        let distinct = self.fake.distinct_by_chat();
        let served = |chat| distinct.get(chat).is_some_and(|n| *n >= self.posts.len() as u64);
        self.talk.is_over() && self.fake.numbers().1.is_empty() && self.chats.iter().all(served)
    }

    /// Opens the store and looks for what was acknowledged; publishes further posts when the last
    /// are nearly out.
    pub async fn look(&mut self, wrongs: &mut Wrongs) {
        let store = match self.open() {
            Ok(store) => store,
            Err(why) => {
                eprintln!("the store does not open: {why}");
                wrongs.opens_failed += 1;
                return;
            }
        };
        self.heard.look(&self.fake, &store, wrongs).await;
        self.looks += 1;
        if self.looks.is_multiple_of(WHOLE) {
            faults(&store, wrongs).await;
        }
        let enough = self.distinct() + 2 * self.chats.len() as u64;
        while ((self.posts.len() * self.chats.len()) as u64) < enough {
            let number = self.posts.len() + 1;
            self.posts.push(publish(&store, NEWS, &format!("第{number}期")).await);
        }
    }

    fn distinct(&self) -> u64 {
        let distinct = self.fake.distinct_by_chat();
        self.chats.iter().filter_map(|chat| distinct.get(chat)).sum()
    }

    /// Lets the daemon finish, stops it, and reads the books.
    pub async fn finish(mut self, counted: &mut Counted) {
        self.look(&mut counted.wrongs).await;
        let ask = if rand::rng().random_bool(0.5) { Ask::Polling } else { Ask::Webhook };
        let mut daemon = Daemon::start("serve", &self.config(ask));
        let before = self.fake.counts().repeated;
        let life = tokio::time::timeout(PATIENCE, self.live(&mut daemon, ask, None)).await;
        if !matches!(life, Ok(Life::Quiet)) {
            let (distinct, owed) = (self.distinct(), self.posts.len() * self.chats.len());
            let (waiting, pending) = (self.talk.waiting(&self.fake), self.fake.numbers().1.len());
            eprintln!(
                "the daemon did not finish its work: {distinct} of {owed} sent, {pending} updates pending, waiting: {waiting}: {}",
                daemon.last_words()
            );
            counted.wrongs.daemons_failed += 1;
        }
        self.repeats(before, counted);
        // What the fake has taken may not be written down yet; a stop in order waits for that.
        daemon.signal("TERM");
        if !daemon.end(Duration::from_secs(30)).await.is_some_and(|status| status.success()) {
            eprintln!("the daemon did not stop well: {}", daemon.last_words());
            counted.wrongs.daemons_failed += 1;
        }
        drop(daemon);
        self.audit(counted).await;
    }

    async fn audit(&mut self, counted: &mut Counted) {
        let wrongs = &mut counted.wrongs;
        let store = match self.open() {
            Ok(store) => store,
            Err(why) => {
                eprintln!("the store does not open: {why}");
                wrongs.opens_failed += 1;
                return;
            }
        };
        faults(&store, wrongs).await;
        self.heard.look(&self.fake, &store, wrongs).await;
        self.heard.look_at_all(&store, wrongs).await;
        let ledger = Ledger::read(&store, &self.posts).await;
        let owed = (self.posts.len() * self.chats.len()) as u64;
        wrongs.deliveries_lost += owed - self.distinct() + ledger.unsettled;
        wrongs.unmarked += ledger.unmarked(&self.fake);
        let submitted = suggestions(&store).await;
        wrongs.suggestions_lost += submitted.abs_diff(self.talk.confirmed);
        let counts = self.fake.counts();
        counted.sent += counts.taken;
        counted.repeated += counts.repeated;
        counted.heard += self.heard.count() as u64;
        counted.suggestions += submitted;
        counted.posts += self.posts.len() as u64;
    }
}

async fn faults(store: &SledStore, wrongs: &mut Wrongs) {
    let report = store.verify().await.expect("reads");
    for problem in &report.problems {
        eprintln!("the store is wrong: {problem}");
    }
    wrongs.faults += report.faults;
}
