//! A world for stories: the program in all its rooms over a store on the disk, a Telegram, a host of feeds,
//! and a clock that stands. Nothing runs by itself: a story turns the rounds.

use crate::clock::StandingClock;
use crate::fakes::feedhost::FeedHost;
use crate::fakes::telegram::{FakeTelegram, Message, Options, Person, Place};
use crate::web::page::Page;
use axum::body::Body;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tongxin::app::keep;
use tongxin::app::ready::{Ready, menus};
use tongxin::clock::Clock as _;
use tongxin::config::{Config, Given, Overrides};
use tongxin::connector::{Connector, Heard};
use tongxin::model::{AccountId, At, Platform};
use tongxin::store::Store;
use tongxin::store::vault::Vault;
use tower::ServiceExt as _;

/// What is due within this is waited for; what is due later is another part of the story.
const SOON: Duration = Duration::from_secs(5);

/// How many rounds a quiet world needs at most.
const ROUNDS: usize = 400;

/// The path of the feed on the host.
pub const FEED: &str = "/gov.xml";

/// How the bot learns what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It asks.
    Polling,
    /// It is called.
    Webhook,
}

/// Whether the program is ended and begun anew between two parts of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// It goes on.
    GoesOn,
    /// All that it holds in memory is dropped.
    Restarts,
}

/// The program while it runs.
struct Running {
    ready: Arc<Ready>,
    store: Arc<dyn Store>,
    heard: Option<BoxStream<'static, Heard>>,
    /// Who listens to other platforms over connections.
    ears: JoinSet<()>,
    stop: CancellationToken,
}

/// Everything that a story needs.
pub struct World {
    pub clock: Arc<StandingClock>,
    pub telegram: FakeTelegram,
    pub host: FeedHost,
    /// The first administrator.
    pub admin: Person,
    pub between: Between,
    dir: TempDir,
    config: Config,
    running: Option<Running>,
    /// Messages as they stood when they were read.
    read: HashMap<(i64, i64), Message>,
    /// What differs from run to run, and what stands for it.
    names: Vec<(String, &'static str)>,
}

impl World {
    /// The office on a Tuesday at eight in the morning; its administrator has said hello.
    pub async fn open() -> Self {
        Self::with(Ask::Polling, Between::GoesOn).await
    }

    pub async fn with(ask: Ask, between: Between) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        Self::made(clock, (ask, between), "").await
    }

    /// The office at the hour of this clock, with further accounts.
    pub async fn beside(clock: Arc<StandingClock>, accounts: &str) -> Self {
        Self::made(clock, (Ask::Polling, Between::GoesOn), accounts).await
    }

    async fn made(
        clock: Arc<StandingClock>,
        (ask, between): (Ask, Between),
        accounts: &str,
    ) -> Self {
        let telegram = FakeTelegram::start(clock.clone(), Options::TEST).await;
        let host = FeedHost::open().await;
        host.feed(FEED, &[("旧闻：社区活动室开放", "https://gov.example.org/1")]);
        let admin = telegram.user("周站长");
        let dir = tempfile::tempdir().expect("a directory");
        let text = config(&telegram, &host, &admin, ask) + accounts;
        let file = dir.path().join("tongxin.toml");
        let given = Given {
            file: &file,
            text: &text,
            variables: Vec::new(),
            overrides: Overrides::default(),
        };
        let config = Config::read(given).expect("a good configuration");
        let (running, read, names) = (None, HashMap::new(), Vec::new());
        let mut world =
            Self { clock, telegram, host, admin, between, dir, config, running, read, names };
        world.start().await;
        world.admin.starts("");
        world.quiet().await;
        let hello = world.hears(&world.admin.private());
        assert!(hello.starts_with("您好，这里是同心社区。"), "{hello}");
        world
    }

    async fn start(&mut self) {
        let store = keep::open(&self.config).await.expect("a store");
        let clock = self.clock.clone();
        let vault = Vault::open(&self.config.data.keys, clock.clone()).expect("a vault");
        let stop = CancellationToken::new();
        let ready = Ready::make(&self.config, &store, (clock, vault), stop.clone()).await;
        let ready = ready.expect("everything is made ready");
        for connector in &ready.connectors {
            connector.prepare(&menus()).await.expect("the account is ready");
        }
        let bot = bot_of(&ready);
        let mark = ready.rooms.desk.heard(bot.account()).await.expect("a mark");
        let heard = bot.listen(mark);
        let ready = Arc::new(ready);
        let mut ears = JoinSet::new();
        for connector in ready.connectors.iter().filter(|c| c.platform() != Platform::Telegram) {
            // Mailboxes are read when a story says so.
            if connector.platform() == Platform::Email {
                continue;
            }
            if let Some(stream) = connector.clone().listen(None) {
                ears.spawn(listens(ready.clone(), connector.account().clone(), stream));
            }
        }
        self.running = Some(Running { ready, store, heard, ears, stop });
    }

    /// Ends the program, with all that it holds in memory, and begins it anew.
    pub async fn restarts(&mut self) {
        let Running { ready, store, heard, mut ears, stop } = self.running.take().expect("it runs");
        stop.cancel();
        ears.shutdown().await;
        drop((heard, ready));
        store.close().await.expect("closes");
        assert_eq!(Arc::strong_count(&store), 1, "nothing holds the store any more");
        drop(store);
        self.start().await;
    }

    /// The operator changes the configuration, and begins the program anew.
    pub async fn is_configured(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.restarts().await;
    }

    /// A part of the story ends: all that is due soon is done.
    pub async fn part(&mut self) {
        self.quiet().await;
        if self.between == Between::Restarts {
            self.restarts().await;
            self.quiet().await;
        }
    }

    fn ready(&self) -> &Ready {
        &self.running.as_ref().expect("it runs").ready
    }

    /// Lets time go by, and all that is due meanwhile be done.
    pub async fn later(&mut self, span: Duration) {
        let until = self.clock.now().plus(span);
        while let Some(next) = self.settle().await.filter(|at| *at <= until) {
            self.clock.jump(next.max(self.clock.now().plus(Duration::from_millis(1))));
        }
        self.clock.jump(until);
        self.quiet().await;
    }

    /// Does all that is due now or soon.
    pub async fn quiet(&mut self) {
        for _ in 0..ROUNDS {
            let soon = self.clock.now().plus(SOON);
            match self.settle().await {
                Some(at) if at <= soon => self.clock.jump(at.max(self.clock.now())),
                _ => return,
            }
        }
        panic!("something is due again and again");
    }

    async fn settle(&mut self) -> Option<At> {
        let something = !self.telegram.pending().is_empty();
        self.takes_in().await;
        if something && self.between == Between::Restarts {
            // What was taken in is on the disk, and nowhere else.
            self.restarts().await;
        }
        self.turns_rounds().await
    }

    /// Turns the rounds, and does not listen to Telegram.
    pub async fn turns_rounds(&self) -> Option<At> {
        self.ready().rooms.settle().await.expect("settles")
    }

    /// Takes in what happened on Telegram.
    pub async fn takes_in(&mut self) {
        let Running { ready, heard, .. } = self.running.as_mut().expect("it runs");
        let Some(heard) = heard else { return self.is_called().await };
        let account = bot_of(ready).account().clone();
        loop {
            tokio::select! {
                biased;
                () = self.telegram.is_heard_out() => return,
                batch = heard.next() => {
                    let batch = batch.expect("it listens for ever");
                    ready.rooms.hear(&account, &batch).await.expect("stores");
                }
            }
        }
    }

    async fn is_called(&self) {
        while self.is_called_once().await {
            self.telegram.call_was_answered();
        }
    }

    /// Telegram makes the call that is due next, and does not yet hear of its answer. False when none was.
    pub async fn is_called_once(&self) -> bool {
        let Some(call) = self.telegram.next_call() else { return false };
        let answer = self.ready().router.clone().oneshot(call.map(Body::from)).await;
        assert_eq!(answer.expect("an answer").status(), 200);
        true
    }

    /// Something outside calls the program; what it is answered.
    pub async fn is_posted(&mut self, call: axum::http::Request<Body>) -> u16 {
        let answer = self.ready().router.clone().oneshot(call).await.expect("an answer");
        let status = answer.status().as_u16();
        self.quiet().await;
        status
    }

    /// Another platform calls; what it is answered, and with which status.
    pub async fn answers(&self, call: axum::http::Request<Body>) -> (u16, String) {
        let answer = self.ready().router.clone().oneshot(call).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        (parts.status.as_u16(), String::from_utf8(body.to_vec()).expect("text"))
    }

    /// Somebody opens an address of ours in a browser, or sends one of its forms.
    pub async fn browses(&self, call: axum::http::Request<Body>) -> Page {
        let answer = self.ready().router.clone().oneshot(call).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.expect("a body");
        let body = String::from_utf8_lossy(&body).into_owned();
        Page { status: parts.status, headers: parts.headers, body }
    }

    /// The picture at an address of ours.
    pub async fn picture(&self, path: &str) -> (u16, Vec<u8>) {
        let call = axum::http::Request::get(path).body(Body::empty()).expect("a request");
        let answer = self.ready().router.clone().oneshot(call).await.expect("an answer");
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 24).await.expect("a body");
        (status, body.to_vec())
    }

    /// The pages, to be served to a real browser.
    pub fn router(&self) -> axum::Router {
        self.ready().router.clone()
    }

    /// The desk, for what no door leads to.
    pub fn desk(&self) -> &tongxin::desk::Desk {
        &self.ready().rooms.desk
    }

    /// The account of this platform.
    pub fn account(&self, platform: Platform) -> Arc<dyn Connector> {
        let found = self.ready().connectors.iter().find(|c| c.platform() == platform);
        found.expect("an account").clone()
    }

    /// How far an account was read.
    pub async fn mark(&self, account: &AccountId) -> Option<String> {
        self.ready().rooms.desk.heard(account).await.expect("a mark")
    }

    /// Takes in what an account heard.
    pub async fn hears_of(&self, account: &AccountId, heard: &Heard) {
        self.ready().rooms.hear(account, heard).await.expect("stores");
    }

    /// Somebody says something to the bot alone.
    pub async fn tells(&mut self, who: &Person, text: &str) {
        who.says(&who.private(), text);
        self.quiet().await;
    }

    /// Somebody presses a button; what they are told for it.
    pub async fn presses(&mut self, who: &Person, below: &Message, label: &str) -> String {
        let press = who.presses(below, label);
        self.quiet().await;
        self.named(self.telegram.answer_to(&press).expect("the press is answered"))
    }

    /// The administrator invites somebody to a role, who follows the link.
    pub async fn hires(&mut self, who: &Person, role: &str) {
        let admin = self.admin.clone();
        self.tells(&admin, &format!("/邀请 {role}")).await;
        let invitation = self.hears(&admin.private());
        let payload = invitation.split("?start=").nth(1).expect("a link");
        let payload = payload.split_whitespace().next().expect("a payload");
        who.starts(payload);
        self.quiet().await;
        let taken = self.hears(&who.private());
        assert!(taken.contains(&format!("您已担任“{role}”")), "{taken}");
    }

    /// The administrator, who is an editor, writes a post and pushes it; its code, and what they are told then.
    pub async fn pushes(&mut self, text: &str) -> (String, String) {
        let editor = self.admin.clone();
        let desk = editor.private();
        self.tells(&editor, &format!("/写稿 政策解读\n{text}")).await;
        let preview = self.last(&desk);
        self.hears(&desk);
        self.presses(&editor, &preview, "立即推送").await;
        let told = self.hears(&desk);
        (word_after(&preview.text, "以上是稿件 "), told)
    }

    /// The administrator, who is an editor, pushes the post that their desk shows last; what they are told for so long.
    pub async fn pushes_last(&mut self, span: Duration) -> String {
        let (editor, desk) = (self.admin.clone(), self.admin.private());
        let below = self.last(&desk);
        self.presses(&editor, &below, "立即推送").await;
        self.later(span).await;
        self.hears(&desk)
    }

    /// The administrator, who is a reviewer, takes up the suggestion that they were told of last, and answers it.
    pub async fn answers_suggestion(&mut self, words: &str) {
        let reviewer = self.admin.clone();
        let desk = reviewer.private();
        let case = self.last(&desk);
        self.presses(&reviewer, &case, "认领").await;
        self.hears(&desk);
        let case = self.last(&desk);
        for label in ["受理", "答复"] {
            self.presses(&reviewer, &case, label).await;
            self.hears(&desk);
        }
        let asked = self.last(&desk);
        reviewer.replies(&asked, words);
        self.quiet().await;
        self.hears(&desk);
    }

    /// A group with the bot in it, subscribed by one of its administrators.
    pub async fn subscribes(&mut self, group: &Place, owner: &Person, topic: &str) {
        self.telegram.makes_admin(group, owner);
        self.telegram.adds_bot_to(group);
        owner.says(group, &format!("/订阅 {topic}"));
        self.quiet().await;
        let heard = self.hears(group);
        assert!(heard.contains(&format!("已订阅“{topic}”")), "{heard}");
    }

    /// The latest message of ours in a chat.
    pub fn last(&self, place: &Place) -> Message {
        self.telegram.messages(place).pop().expect("something was said")
    }

    /// Reads what was said in a chat since it was last read.
    pub fn hears(&mut self, place: &Place) -> String {
        let unread = self.unread(place);
        let told: Vec<_> = unread.iter().map(|m| self.told(m)).collect();
        self.read.extend(unread.into_iter().map(|m| ((m.chat, m.id), m)));
        self.named(told.join("\n───\n"))
    }

    fn unread(&self, place: &Place) -> Vec<Message> {
        let standing = self.telegram.messages(place).into_iter();
        standing.filter(|m| self.read.get(&(m.chat, m.id)) != Some(m)).collect()
    }

    fn told(&self, message: &Message) -> String {
        let place = self.telegram.chats().into_iter().find(|p| p.number() == message.chat);
        let all = self.telegram.all_messages(&place.expect("the chat"));
        let answered = message.reply_to.and_then(|id| all.into_iter().find(|m| m.id == id));
        let mut told = String::new();
        if let Some(answered) = answered {
            let first: String = answered.text.chars().take(12).collect();
            told.push_str("↩ ");
            told.push_str(&first.replace('\n', " "));
            told.push('\n');
        }
        if self.read.contains_key(&(message.chat, message.id)) {
            told.push_str("✎ ");
        }
        if let Some(carried) = &message.carried {
            let mark = if carried.folder == "photos" { "🖼 " } else { "📎 " };
            let _ = writeln!(told, "{mark}{}", carried.name);
        }
        told.push_str(&message.text);
        for row in message.labels() {
            told.push('\n');
            told.extend(row.iter().map(|label| format!("［{label}］")));
        }
        told
    }

    /// From now on a code is written as its name: it differs from run to run.
    pub fn calls(&mut self, code: &str, name: &'static str) {
        self.names.push((code.to_owned(), name));
    }

    /// A text in which each code is written as its name.
    pub fn named(&self, text: String) -> String {
        self.names.iter().fold(text, |text, (code, name)| text.replace(code, name))
    }

    /// The figures that the operator reads.
    pub fn metrics(&self) -> String {
        self.ready().metrics.text()
    }

    /// The files under the data and the key directory in which these bytes stand.
    pub fn files_with(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        search(self.dir.path(), bytes, &mut found);
        found
    }

    /// The store, as it stands.
    pub fn store(&self) -> Arc<dyn Store> {
        self.running.as_ref().expect("it runs").store.clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let chats = self.telegram.chats();
        let unread: Vec<_> = chats.iter().flat_map(|place| self.unread(place)).collect();
        let told: Vec<_> = unread.iter().map(|m| (m.chat, &m.text)).collect();
        assert!(told.is_empty(), "nobody read this: {told:#?}");
        assert_eq!(self.telegram.counts().marks_dropped, 0, "marks were dropped");
    }
}

/// The bot on Telegram.
/// Stores what an account says over a connection, as the daemon does.
async fn listens(ready: Arc<Ready>, account: AccountId, mut stream: BoxStream<'static, Heard>) {
    while let Some(batch) = stream.next().await {
        ready.rooms.hear(&account, &batch).await.expect("stores");
    }
}

fn bot_of(ready: &Ready) -> Arc<dyn Connector> {
    let found = ready.connectors.iter().find(|c| c.platform() == Platform::Telegram);
    found.expect("a bot").clone()
}

/// What was told in a story, in order.
#[derive(Debug, Default)]
pub struct Tale(pub String);

impl Tale {
    /// What somebody was told, or a group was.
    pub fn tells(&mut self, whom: &str, words: &str) {
        self.0.extend(["【", whom, "】\n", words, "\n\n"]);
    }
}

/// The word that follows a label.
pub fn word_after(text: &str, label: &str) -> String {
    let rest = text.split_once(label).unwrap_or_else(|| panic!("no {label} in {text}")).1;
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

fn search(dir: &Path, bytes: &[u8], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("reads") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            search(&path, bytes, found);
        } else if path.is_file()
            && std::fs::read(&path).expect("reads").windows(bytes.len()).any(|w| w == bytes)
        {
            found.push(path);
        }
    }
}

fn config(telegram: &FakeTelegram, host: &FeedHost, admin: &Person, ask: Ask) -> String {
    let mode = match ask {
        Ask::Polling => "mode = \"polling\"",
        Ask::Webhook => "mode = \"webhook\"\nwebhook_secret = \"a-secret-of-the-story\"",
    };
    format!(
        r#"
[office]
name = "同心社区"
public_url = "https://tongxin.example.org"
admins = ["telegram:{admin}"]

[data]
dir = "data"
keys = "keys"

[web]
listen = "127.0.0.1:0"

[[account]]
name = "telegram"
platform = "telegram"
token = "{token}"
api_url = "{api}"
{mode}

[[source]]
id = "gov"
title = "区政府网"
url = "{feed}"
every = "10m"
first_poll = 0

[[topic]]
id = "news"
title = "便民信息"
schedule = "30 8 * * *"

[[topic.section]]
title = "要闻"
sources = ["gov"]

[[topic]]
id = "policy"
title = "政策解读"
"#,
        admin = admin.id(),
        token = telegram.token(),
        api = telegram.url(),
        feed = host.url(FEED),
    )
}
