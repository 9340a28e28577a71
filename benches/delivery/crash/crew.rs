//! Workers on one database, and what becomes of them.

use super::books::{BOT, Heard, Ledger, Wrongs, suggestions};
use super::daemon::{Daemon, free_address};
use super::office::{self, Ask, BUSY, Bot, NEWS, publish, subscribe};
use super::relay::Relay;
use super::talk::Talk;
use crate::telegram::{FakeTelegram, Options, Place};
use crate::workers::Blow;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;
use tongxin::clock::SystemClock;
use tongxin::model::{Duty, PostId};
use tongxin::rounds::duties::roster;
use tongxin::store::postgres::{Address, Encryption, PostgresStore, Settings};
use tongxin::store::vault::Vault;
use tongxin::store::{Reads, Store as _};

/// How long workers may take to finish their work at the end.
const PATIENCE: Duration = Duration::from_mins(3);

/// How long a worker may take to start, and others to take over.
const SOON: Duration = Duration::from_mins(1);

/// What an office with several workers has.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub chats: usize,
    pub parallel: u64,
    pub latency: Duration,
    pub takeover: Duration,
}

/// The names of the bots; people talk to the first.
const BOTS: [&str; 4] = [BOT, "bot-2", "bot-3", "bot-4"];

/// How many groups each bot has that owe more than a minute's limit, and how much they owe.
const GROUPS: usize = 3;
const GROUPS_OWE: usize = 25;

/// One worker.
struct Worker {
    name: String,
    daemon: Daemon,
    line: Relay,
}

/// How a hand-over went.
pub struct Taken {
    /// How many accounts changed hands.
    pub accounts: u64,
    /// After what time the last duty was somebody else's.
    pub leases: Duration,
    /// After what time somebody else had sent through every account.
    pub sends: Duration,
    /// How long it took, once it was back or replaced, until each worker had its share of the accounts.
    pub spread: Duration,
    /// How many messages came from the worker that was replaced while another sent.
    pub late: u64,
}

/// What was counted at the end.
pub struct Books {
    pub sent: u64,
    pub repeated: u64,
    pub too_many: u64,
    pub heard: u64,
}

/// The office.
pub struct Crew {
    shape: Shape,
    fake: FakeTelegram,
    tokens: Vec<String>,
    server: String,
    schema: String,
    dir: TempDir,
    store: PostgresStore,
    workers: Vec<Worker>,
    hired: u32,
    chats: Vec<i64>,
    busy: Vec<i64>,
    busy_posts: Vec<PostId>,
    posts: Vec<PostId>,
    talk: Talk,
    heard: Heard,
}

async fn execute(server: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let mut driver = JoinSet::new();
    driver.spawn(async move { drop(connection.await) });
    client.batch_execute(sql).await
}

/// An address of the database, in which only our schema is seen.
fn within(server: &str, schema: &str) -> String {
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}options=-csearch_path%3D{schema}")
}

/// The part `host:port` of an address.
fn place(server: &str) -> String {
    let behind = server.split_once("://").map_or(server, |(_, behind)| behind);
    let host = behind.split(['/', '?']).next().unwrap_or(behind);
    let host = host.rsplit('@').next().unwrap_or(host);
    if host.contains(':') { host.to_owned() } else { format!("{host}:5432") }
}

/// The bot of which this is the account.
fn is_bot(duty: &Duty) -> Option<String> {
    match duty {
        Duty::Account(account) if account.0 != "web" => Some(account.0.clone()),
        _ => None,
    }
}

impl Crew {
    /// An office without workers yet.
    pub async fn begin(server: &str, shape: Shape) -> Self {
        let schema = format!("tongxin_trial_{}_{}", std::process::id(), shape.chats);
        execute(server, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"))
            .await
            .expect("the server that TONGXIN_TEST_POSTGRES names lets us make a schema");
        let address = Address::parse(&within(server, &schema)).expect("an address");
        let settings = Settings { encryption: Encryption::Off, ..Settings::new(address) };
        let store = PostgresStore::open(&settings).await.expect("a store");
        let options = Options { rates: true, texts: true, ..Options::BENCH };
        let fake = FakeTelegram::start(Arc::new(SystemClock), options).await;
        fake.slows_to(shape.latency);
        let mut tokens = vec![fake.token()];
        tokens.extend(BOTS[1..].iter().map(|name| fake.adds_bot(name)));
        let (mut chats, mut busy) = (Vec::new(), Vec::new());
        for (name, token) in BOTS.iter().zip(&tokens) {
            let own = fake.directs_of(token, shape.chats / BOTS.len());
            let groups = fake.groups_of(token, GROUPS);
            let own: Vec<_> = own.iter().map(Place::number).collect();
            let groups: Vec<_> = groups.iter().map(Place::number).collect();
            subscribe(&store, name, NEWS, &own).await;
            subscribe(&store, name, BUSY, &groups).await;
            chats.extend(own);
            busy.extend(groups);
        }
        let dir = tempfile::tempdir().expect("a directory");
        // Data without keys are refused.
        drop(Vault::open_shared(&dir.path().join("keys"), Arc::new(SystemClock)).expect("keys"));
        let mut crew = Self {
            shape,
            fake,
            tokens,
            server: server.to_owned(),
            schema,
            dir,
            store,
            workers: Vec::new(),
            hired: 0,
            chats,
            busy,
            busy_posts: Vec::new(),
            posts: Vec::new(),
            talk: Talk::new(),
            heard: Heard::default(),
        };
        for number in 1..=GROUPS_OWE {
            let post = publish(&crew.store, BUSY, &format!("快讯第{number}条")).await;
            crew.busy_posts.push(post);
        }
        crew.publishes().await;
        crew
    }

    /// One more worker.
    pub async fn hire(&mut self) {
        self.hired += 1;
        let name = format!("worker-{}", self.hired);
        let line = Relay::to(place(&self.server)).await;
        let config = self.config(&name, &line);
        let daemon = Daemon::start("serve", &config);
        self.workers.push(Worker { name, daemon, line });
    }

    fn config(&self, name: &str, line: &Relay) -> PathBuf {
        let over = self.server.replacen(&place(&self.server), &line.address().to_string(), 1);
        let data = format!(
            "store = \"postgres\"\npostgres_url = \"{}\"\npostgres_tls = \"off\"\npostgres_pool = 4",
            within(&over, &self.schema)
        );
        let takeover = self.shape.takeover.as_secs();
        let sections = format!("[worker]\nname = \"{name}\"\ntakeover = \"{takeover}s\"\n");
        let limits = format!("parallel = {}", self.shape.parallel);
        let url = format!("{}/{name}", self.fake.url());
        let bots = BOTS.iter().zip(&self.tokens);
        let shape = office::Shape {
            data_dir: &self.dir.path().join(name),
            keys_dir: &self.dir.path().join("keys"),
            listen: free_address(),
            ask: Ask::Polling,
            data: &data,
            sections: &sections,
            limits: &limits,
            bots: bots.map(|(name, token)| Bot { name, token, url: &url }).collect(),
        };
        let file = self.dir.path().join(format!("{name}.toml"));
        std::fs::write(&file, shape.text()).expect("writes");
        file
    }

    /// Lets everybody work for a while.
    pub async fn works_for(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            self.step().await;
        }
    }

    /// People talk, and there is always something to send.
    async fn step(&mut self) {
        self.talk.goes_on(&self.fake);
        self.talk.reads(&self.fake);
        self.publishes().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    async fn publishes(&mut self) {
        let distinct = self.fake.distinct_by_chat();
        let sent: u64 = self.chats.iter().filter_map(|chat| distinct.get(chat)).sum();
        let owed = (self.posts.len() * self.chats.len()) as u64;
        if owed <= sent + self.chats.len() as u64 / 2 {
            let text = format!("第{}期", self.posts.len() + 1);
            self.posts.push(publish(&self.store, NEWS, &text).await);
        }
    }

    /// Who does what, as the store has it.
    async fn duties(&self) -> HashMap<Duty, String> {
        let reads: &dyn Reads = &self.store;
        let lines = roster(reads).await.expect("reads").into_iter();
        lines.filter_map(|line| Some((line.duty, line.worker?.label))).collect()
    }

    /// Puts the worker out of work that has the most accounts, and waits until others do all that it did.
    pub async fn strike(&mut self, blow: Blow) -> Taken {
        let (name, had) = self.busiest().await;
        let place = self.workers.iter().position(|w| w.name == name).expect("a worker of ours");
        let began = Instant::now();
        let worker = &mut self.workers[place];
        match blow {
            Blow::Kill => worker.daemon.kill(),
            Blow::Freeze => worker.daemon.signal("STOP"),
            Blow::Cut => worker.line.is_cut(),
            Blow::Stop => worker.daemon.signal("TERM"),
        }
        let leases = self.until_taken(&name, &had, began).await;
        let accounts: HashSet<String> = had.iter().filter_map(is_bot).collect();
        let sends = self.until_sent(&name, &accounts, began).await;
        match blow {
            Blow::Kill | Blow::Stop => {
                self.workers.remove(place);
                self.hire().await;
            }
            Blow::Freeze => self.workers[place].daemon.signal("CONT"),
            Blow::Cut => self.workers[place].line.is_whole(),
        }
        let spread = self.until_spread().await;
        // Long enough for whoever comes back to do what it must not.
        self.works_for(self.shape.takeover).await;
        let late = self.late(&name, &accounts, began);
        Taken { accounts: accounts.len() as u64, leases, sends, spread, late }
    }

    fn last_words(&self) -> String {
        let said = |w: &Worker| format!("{}: {}", w.name, w.daemon.last_words());
        self.workers.iter().map(said).collect::<Vec<_>>().join("\n")
    }

    /// The worker with the most accounts, and all that it does.
    async fn busiest(&mut self) -> (String, Vec<Duty>) {
        let until = Instant::now() + SOON;
        loop {
            let mut by: HashMap<String, Vec<Duty>> = HashMap::new();
            for (duty, name) in self.duties().await {
                by.entry(name).or_default().push(duty);
            }
            let accounts =
                |(_, duties): &(String, Vec<Duty>)| duties.iter().filter_map(is_bot).count();
            let known =
                by.into_iter().filter(|(name, _)| self.workers.iter().any(|w| w.name == *name));
            if let Some(busiest) = known.max_by_key(accounts) {
                return busiest;
            }
            assert!(Instant::now() < until, "no worker has taken anything: {}", self.last_words());
            self.step().await;
        }
    }

    /// Waits until every account is somebody's, nobody has more of them than a share, and nobody none.
    pub async fn until_spread(&mut self) -> Duration {
        let began = Instant::now();
        let share = BOTS.len().div_ceil(self.workers.len());
        loop {
            let mut by: HashMap<String, usize> = HashMap::new();
            for (duty, name) in self.duties().await {
                if is_bot(&duty).is_some() {
                    *by.entry(name).or_default() += 1;
                }
            }
            let all = by.values().sum::<usize>() == BOTS.len();
            let each = by.len() == BOTS.len().min(self.workers.len());
            if all && each && by.values().all(|count| *count <= share) {
                return began.elapsed();
            }
            assert!(began.elapsed() < SOON, "not spread: {by:?}\n{}", self.last_words());
            self.step().await;
        }
    }

    async fn until_taken(&mut self, name: &str, had: &[Duty], began: Instant) -> Duration {
        let until = began + SOON;
        loop {
            let now = self.duties().await;
            let taken = |duty: &Duty| now.get(duty).is_some_and(|by| by != name);
            if had.iter().all(taken) {
                return began.elapsed();
            }
            assert!(Instant::now() < until, "nobody took over from {name}: {}", self.last_words());
            self.step().await;
        }
    }

    async fn until_sent(
        &mut self,
        name: &str,
        accounts: &HashSet<String>,
        began: Instant,
    ) -> Duration {
        let until = began + SOON;
        loop {
            let first = self.first_by_others(name, accounts, began);
            if first.len() == accounts.len() {
                let last = first.values().max().copied().unwrap_or(began);
                return last.duration_since(began);
            }
            assert!(Instant::now() < until, "nobody sends for {name}: {}", self.last_words());
            self.step().await;
        }
    }

    /// When somebody else first sent through each of these accounts.
    fn first_by_others(
        &self,
        name: &str,
        accounts: &HashSet<String>,
        began: Instant,
    ) -> HashMap<String, Instant> {
        let mut first = HashMap::new();
        for call in self.fake.calls_since(began) {
            let account = self.account(&call.token);
            if call.by != name && accounts.contains(account) {
                first.entry(account.to_owned()).or_insert(call.at);
            }
        }
        first
    }

    fn account(&self, token: &str) -> &'static str {
        let place = self.tokens.iter().position(|t| t == token).expect("a bot of ours");
        BOTS[place]
    }

    /// What came from this worker while another sent through the same account: between the first and the last of
    /// the other's. What it sends once the account is its own again is not late.
    fn late(&self, name: &str, accounts: &HashSet<String>, began: Instant) -> u64 {
        let first = self.first_by_others(name, accounts, began);
        let calls = self.fake.calls_since(began);
        let mut last = HashMap::new();
        for call in calls.iter().filter(|call| call.by != name) {
            last.insert(self.account(&call.token), call.at);
        }
        let late = calls.iter().filter(|call| {
            let account = self.account(&call.token);
            let between = first.get(account).zip(last.get(account));
            call.by == name && between.is_some_and(|(from, to)| call.at > *from && call.at < *to)
        });
        late.count() as u64
    }

    fn is_quiet(&self) -> bool {
        let distinct = self.fake.distinct_by_chat();
        let has = |chat: &i64, posts: &[PostId]| {
            distinct.get(chat).is_some_and(|n| *n >= posts.len() as u64)
        };
        self.talk.is_over()
            && self.fake.numbers().1.is_empty()
            && self.chats.iter().all(|chat| has(chat, &self.posts))
            && self.busy.iter().all(|chat| has(chat, &self.busy_posts))
    }

    /// Lets the workers finish, stops them, and reads the books.
    pub async fn finish(mut self, wrongs: &mut Wrongs) -> Books {
        let until = Instant::now() + PATIENCE;
        while !self.is_quiet() && Instant::now() < until {
            self.talk.reads(&self.fake);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for worker in &mut self.workers {
            let alive = worker.daemon.ended().is_none();
            if alive {
                worker.daemon.signal("TERM");
            }
            let end = worker.daemon.end(Duration::from_secs(40)).await;
            if !alive || !end.is_some_and(|status| status.success()) {
                eprintln!("{} failed: {}", worker.name, worker.daemon.last_words());
                wrongs.daemons_failed += 1;
            }
        }
        self.workers.clear();
        let report = self.store.verify().await.expect("reads");
        report.problems.iter().for_each(|problem| eprintln!("the store is wrong: {problem}"));
        wrongs.faults += report.faults;
        self.heard.look(&self.fake, &self.store, wrongs).await;
        self.heard.look_at_all(&self.store, wrongs).await;
        let posts = [self.posts.as_slice(), &self.busy_posts].concat();
        let ledger = Ledger::read(&self.store, &posts).await;
        let owed = self.posts.len() * self.chats.len() + self.busy_posts.len() * self.busy.len();
        let distinct = self.fake.distinct_by_chat();
        let all = self.chats.iter().chain(&self.busy);
        let got: u64 = all.filter_map(|chat| distinct.get(chat)).sum();
        wrongs.deliveries_lost += (owed as u64).saturating_sub(got) + ledger.unsettled;
        wrongs.unmarked += ledger.unmarked(&self.fake);
        let submitted = suggestions(&self.store).await;
        wrongs.suggestions_lost += submitted.abs_diff(self.talk.confirmed);
        let counts = self.fake.counts();
        let heard = self.heard.count() as u64;
        let _ = self.store.close().await;
        let dropped = execute(&self.server, &format!("DROP SCHEMA {} CASCADE", self.schema)).await;
        if let Err(error) = dropped {
            eprintln!("the schema {} stays behind: {error}", self.schema);
        }
        Books { sent: counts.taken, repeated: counts.repeated, too_many: counts.too_many, heard }
    }
}
