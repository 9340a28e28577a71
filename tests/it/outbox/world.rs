//! A store, an outbox over it, and chats that hold what they were told.

use crate::clock::StandingClock;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tongxin::clock::Clock;
use tongxin::connector::{
    Accepted, Amendment, CallbackError, Connector, Heard, Limits, Outgoing, Rate, Receipt,
    SendFailure, WaitScope,
};
use tongxin::metrics::Metrics;
use tongxin::model::{
    AccountId, Act, Address, At, Author, Block, Changes, ChatKind, Code, Content, Delivery,
    DeliveryId, DeliveryState, Document, Drawer, Edition, FanOut, Identity, Inline, Key, Kind,
    Lang, MessageRef, Notice, NoticeBody, NoticeId, NoticeTo, Person, PersonId, Platform, Post,
    PostId, PostState, Priority, Revision, Role, RunId, Segments, Standing, Stored, Subscriber,
    SubscriberId, TopicId, UnknownPolicy, Versioned,
};
use tongxin::rounds::duties::Gate;
use tongxin::rounds::fanout::{Planner, Rest};
use tongxin::rounds::outbox::{Channel, Outbox, OutboxParts, Settings};
use tongxin::store::sled::{self, OpenError, SledStore};
use tongxin::store::vault::{Parts, Vault};
use tongxin::store::{Reads, Store};
use tongxin::text::{Markup, Size, Unit};

/// What a chat does with the next message.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers so; nothing is shown.
    Fails(SendFailure),
    /// Shows it, and never answers.
    ShowsAndHangs,
    /// Shows it; the answer is lost.
    ShowsAndCuts,
}

/// One message as it stands in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub chat: String,
    pub text: String,
    pub at: At,
}

#[derive(Default)]
struct State {
    shown: Vec<Shown>,
    does: HashMap<String, VecDeque<Does>>,
    account_refuses: Option<SendFailure>,
    under_way: usize,
    most_under_way: usize,
    too_many: usize,
    account_log: VecDeque<At>,
    chat_log: HashMap<String, VecDeque<At>>,
}

/// Chats that keep what they were sent, and the limits of a platform.
pub struct Chats {
    account: AccountId,
    limits: Limits,
    clock: Arc<StandingClock>,
    state: Mutex<State>,
    pub hung: Notify,
}

fn waits(log: &mut VecDeque<At>, rates: &[Rate], now: At) -> Option<Duration> {
    let wait = |rate: &Rate| {
        let nth = log.len().checked_sub(rate.sends as usize)?;
        let free = log[nth].plus(rate.span);
        (free > now).then(|| free.since(now))
    };
    rates.iter().filter_map(wait).max()
}

impl Chats {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no chat panicked")
    }

    /// The next messages to this chat are dealt with so.
    pub fn script(&self, chat: &str, does: impl IntoIterator<Item = Does>) {
        self.state().does.entry(chat.to_owned()).or_default().extend(does);
    }

    /// The next messages to this chat are taken as any other.
    pub fn mend(&self, chat: &str) {
        self.state().does.remove(chat);
    }

    /// Every message is refused so, until told otherwise.
    pub fn refuse(&self, failure: Option<SendFailure>) {
        self.state().account_refuses = failure;
    }

    pub fn shown(&self) -> Vec<Shown> {
        self.state().shown.clone()
    }

    pub fn texts(&self, chat: &str) -> Vec<String> {
        let shown = self.shown().into_iter();
        shown.filter(|s| s.chat == chat).map(|s| s.text).collect()
    }

    pub fn too_many(&self) -> usize {
        self.state().too_many
    }

    pub fn most_under_way(&self) -> usize {
        self.state().most_under_way
    }

    fn take(&self, message: &Outgoing) -> (Result<Receipt, SendFailure>, Option<Does>) {
        let now = self.clock.now();
        let mut state = self.state();
        let chat = message.to.chat.clone();
        if let Some(failure) = &state.account_refuses {
            return (Err(failure.clone()), None);
        }
        let kind = message.to.kind;
        let rates = self.limits.chat.iter().find(|(k, _)| *k == kind);
        let rates = rates.map_or(&[][..], |(_, r)| r);
        let chat_wait = waits(state.chat_log.entry(chat.clone()).or_default(), rates, now);
        let wait = chat_wait.max(waits(&mut state.account_log, &self.limits.account, now));
        if let Some(span) = wait {
            state.too_many += 1;
            return (Err(SendFailure::Wait { span, scope: WaitScope::Chat }), None);
        }
        let does = state.does.get_mut(&chat).and_then(VecDeque::pop_front);
        if let Some(Does::Fails(failure)) = does {
            return (Err(failure), None);
        }
        state.account_log.push_back(now);
        state.chat_log.entry(chat.clone()).or_default().push_back(now);
        state.shown.push(Shown { chat, text: message.part.text.clone(), at: now });
        let message = state.shown.len().to_string();
        (Ok(Receipt { message }), does)
    }
}

#[async_trait]
impl Connector for Chats {
    fn platform(&self) -> Platform {
        Platform::Telegram
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        {
            let mut state = self.state();
            state.under_way += 1;
            state.most_under_way = state.most_under_way.max(state.under_way);
        }
        tokio::task::yield_now().await;
        self.state().under_way -= 1;
        let (result, does) = self.take(message);
        match does {
            Some(Does::ShowsAndHangs) => {
                self.hung.notify_one();
                std::future::pending().await
            }
            Some(Does::ShowsAndCuts) => Err(SendFailure::Unknown("cut".to_owned())),
            _ => result,
        }
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        let Amendment::Edit { part, .. } = to else { return Ok(()) };
        let number: usize = sent.message.parse().expect("a number");
        self.state().shown[number - 1].text.clone_from(&part.text);
        Ok(())
    }

    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        let (chat, at) = (format!("press {press}"), self.clock.now());
        self.state().shown.push(Shown { chat, text: words.to_owned(), at });
        Ok(())
    }

    fn accept(&self, _: &http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        Err(CallbackError::NotCalled)
    }

    fn listen(self: Arc<Self>, _: Option<String>) -> Option<BoxStream<'static, Heard>> {
        None
    }

    fn direct_link(&self, _: &str) -> Option<String> {
        None
    }
}

/// Limits that never bite, and small messages.
pub fn no_limits() -> Limits {
    let size =
        Size { unit: Unit::Chars, max: 40, marks: 100, links: usize::MAX, markup: Markup::Beside };
    Limits { size, account: Vec::new(), chat: Vec::new(), parallel: 8 }
}

/// Thirty a second, and for groups one a second and twenty a minute.
pub fn platform_limits() -> Limits {
    let per = |sends, seconds| Rate { sends, span: Duration::from_secs(seconds) };
    let chat =
        vec![(ChatKind::Group, vec![per(1, 1), per(20, 60)]), (ChatKind::Direct, vec![per(1, 1)])];
    Limits { account: vec![per(30, 1)], chat, ..no_limits() }
}

/// A disk of which a story says how much is free.
pub struct Disk {
    free: AtomicU64,
    looks: AtomicU64,
}

impl Default for Disk {
    fn default() -> Self {
        Self { free: AtomicU64::new(u64::MAX), looks: AtomicU64::new(0) }
    }
}

impl Disk {
    /// A store on it.
    pub fn store(self: &Arc<Self>, dir: &Path) -> SledStore {
        self.try_store(dir).expect("opens")
    }

    pub fn try_store(self: &Arc<Self>, dir: &Path) -> Result<SledStore, OpenError> {
        let disk = self.clone();
        let free = Arc::new(move |_: &Path| {
            disk.looks.fetch_add(1, Ordering::SeqCst);
            Some(disk.free.load(Ordering::SeqCst))
        });
        SledStore::open_on(dir, &sled::Settings::default(), free)
    }

    /// So many MiB are free from now on.
    pub fn has(&self, mib: u64) {
        self.free.store(mib << 20, Ordering::SeqCst);
    }

    /// How often was looked how much is free.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::SeqCst)
    }
}

/// Everything that one story needs.
pub struct World {
    pub store: Arc<SledStore>,
    pub clock: Arc<StandingClock>,
    pub chats: Arc<Chats>,
    pub vault: Parts,
    pub policy: UnknownPolicy,
    pub stop: CancellationToken,
    pub disk: Arc<Disk>,
    _dir: tempfile::TempDir,
}

pub const ACCOUNT: &str = "bot";

pub fn topic() -> TopicId {
    TopicId("news".to_owned())
}

impl World {
    pub fn new(limits: Limits) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(StandingClock::at("2026-03-02T08:00:00+08:00"));
        let disk = Arc::new(Disk::default());
        let store = disk.store(&dir.path().join("data"));
        let vault = Vault::open(&dir.path().join("keys"), clock.clone()).expect("opens");
        let account = AccountId(ACCOUNT.to_owned());
        let chats = Arc::new(Chats {
            account,
            limits,
            clock: clock.clone(),
            state: Mutex::default(),
            hung: Notify::new(),
        });
        let (policy, stop) = (UnknownPolicy::Resend, CancellationToken::new());
        Self { store: Arc::new(store), clock, chats, vault, policy, stop, disk, _dir: dir }
    }

    /// An outbox of a run of its own.
    pub fn outbox(&self) -> Outbox {
        self.outbox_of(Gate::Open(self.clock.clone()))
    }

    /// The outbox of a worker that does what this gate lets it.
    pub fn outbox_of(&self, gate: Gate) -> Outbox {
        self.outbox_over(self.store.clone(), gate)
    }

    /// The same over a store around ours.
    pub fn outbox_over(&self, store: Arc<dyn Store>, gate: Gate) -> Outbox {
        Outbox::new(OutboxParts {
            store,
            clock: self.clock.clone(),
            channels: vec![Channel { connector: self.chats.clone(), unknown: self.policy }],
            addresses: self.vault.addresses.clone(),
            texts: self.vault.texts.clone(),
            hasher: self.vault.hasher.clone(),
            settings: Settings::default(),
            metrics: Arc::new(Metrics::new()),
            run: RunId(self.clock.fresh()),
            gate,
            stop: self.stop.clone(),
        })
    }

    pub async fn commit(&self, changes: Changes) {
        self.store.commit(changes).await.expect("commits");
    }

    pub fn address(&self, chat: &str, kind: ChatKind) -> Address {
        let account = self.chats.account.clone();
        Address { account, kind, chat: chat.to_owned(), thread: None }
    }

    /// Subscribes chats to the topic; their names.
    pub async fn subscribe(&self, count: usize, kind: ChatKind) -> Vec<String> {
        let names: Vec<_> = (0..count).map(|n| format!("chat{n:04}")).collect();
        self.subscribe_names(&topic().0, &names, kind).await;
        names
    }

    /// Subscribes as many other chats to another topic.
    pub async fn subscribe_to(&self, topic: &str, count: usize, kind: ChatKind) {
        let names: Vec<_> = (0..count).map(|n| format!("{topic}-{n:04}")).collect();
        self.subscribe_names(topic, &names, kind).await;
    }

    async fn subscribe_names(&self, topic: &str, names: &[String], kind: ChatKind) {
        for page in names.chunks(20) {
            let mut changes = Changes::new();
            for name in page {
                changes.insert(Subscriber {
                    id: SubscriberId(self.clock.fresh()),
                    address: self.address(name, kind),
                    title: format!("Group {name}"),
                    topics: BTreeSet::from([TopicId(topic.to_owned())]),
                    lang: Lang::Zh,
                    standing: Standing::Active,
                    since: self.clock.now(),
                });
            }
            self.commit(changes).await;
        }
    }

    pub async fn subscriber(&self, chat: &str) -> Versioned<Subscriber> {
        let place = Subscriber::by_address(&self.address(chat, ChatKind::Group));
        let reads: &dyn Reads = &*self.store;
        let found = reads.find_by::<Subscriber>(place.index, place.at).await.expect("reads");
        found.expect("is subscribed")
    }

    /// Publishes a post; its fan-out is still to be run.
    pub async fn publish(&self, body: &str, priority: Priority) -> PostId {
        self.publish_to(&topic().0, body, priority).await
    }

    /// Publishes a post of another topic.
    pub async fn publish_to(&self, topic: &str, body: &str, priority: Priority) -> PostId {
        let topic = || TopicId(topic.to_owned());
        let (id, at) = (PostId(self.clock.fresh()), self.clock.now());
        let mut random = [0; 8];
        self.clock.random(&mut random);
        let paragraphs = body.split('|').map(|p| Block::Paragraph(vec![Inline::text(p)]));
        let content =
            Content::Article { title: String::new(), body: Document(paragraphs.collect()) };
        let mut changes = Changes::new();
        changes.insert(Post {
            id,
            code: Code::from_random(&random),
            topic: topic(),
            title: body.to_owned(),
            revision: Revision::FIRST,
            priority,
            author: Author::Clock,
            created: at,
            state: PostState::Publishing { since: at },
        });
        changes.insert(Edition {
            post: id,
            revision: Revision::FIRST,
            content,
            at,
            enclosed: Vec::new(),
        });
        changes.insert(FanOut::begin(id, Revision::FIRST, topic(), priority));
        self.commit(changes).await;
        id
    }

    pub fn planner(&self) -> Planner {
        Planner::new(self.store.clone(), self.clock.clone())
    }

    /// How much is planned ahead for the account.
    pub fn ahead(&self) -> (AccountId, usize) {
        (AccountId(ACCOUNT.to_owned()), tongxin::rounds::fanout::ahead(&self.chats.limits))
    }

    /// Publishes a post and plans all its deliveries.
    pub async fn push(&self, body: &str, priority: Priority) -> PostId {
        let post = self.publish(body, priority).await;
        while self.planner().round().await.expect("plans").rest == Rest::Something {}
        post
    }

    /// Runs rounds, each at the time that the one before named, until nothing is queued.
    pub async fn drain(&self, outbox: &Outbox) {
        let account = AccountId(ACCOUNT.to_owned());
        for _ in 0..200_000 {
            match outbox.round(&account).await.expect("a round") {
                Some(next) if next > self.clock.now() => self.clock.jump(next),
                Some(_) => {}
                None => return,
            }
        }
        panic!("the queue is never empty");
    }

    pub async fn round(&self, outbox: &Outbox) -> Option<At> {
        outbox.round(&AccountId(ACCOUNT.to_owned())).await.expect("a round")
    }

    /// All deliveries of a post.
    pub async fn deliveries(&self, post: PostId) -> Vec<Delivery> {
        let prefix = DeliveryId::of_edition(post, Revision::FIRST);
        let (mut all, mut after): (Vec<Delivery>, Option<Key>) = (Vec::new(), None);
        loop {
            let page = self.store.list(Kind::Delivery, &prefix, after.as_ref(), 500).await;
            let page = page.expect("reads");
            let Some(last) = page.last() else { return all };
            after = Some(last.value.key());
            all.extend(page.into_iter().filter_map(|r| Delivery::from_record(r.value)));
        }
    }

    /// Posts one after the other, a moment apart.
    pub async fn push_each<const N: usize>(&self, bodies: [&str; N]) -> Vec<PostId> {
        let mut posts = Vec::new();
        for body in bodies {
            posts.push(self.push(body, Priority::Bulk).await);
            self.clock.advance(Duration::from_millis(1));
        }
        posts
    }

    /// How many deliveries of these posts are leased.
    pub async fn leased(&self, posts: &[PostId]) -> usize {
        let mut leased = 0;
        for post in posts {
            let is_leased = |d: &&Delivery| matches!(d.state, DeliveryState::Leased { .. });
            leased += self.deliveries(*post).await.iter().filter(is_leased).count();
        }
        leased
    }

    pub async fn post(&self, post: PostId) -> Versioned<Post> {
        let key = Segments::new().id(post.0).key(Kind::Post);
        let reads: &dyn Reads = &*self.store;
        reads.find(&key).await.expect("reads").expect("is there")
    }

    /// An administrator, told of alarms in `admin`.
    pub async fn administrator(&self) {
        let mut changes = Changes::new();
        changes.insert(Person {
            id: PersonId(self.clock.fresh()),
            identities: BTreeSet::from([Identity::new(Platform::Telegram, "1")]),
            name: "Admin".to_owned(),
            roles: BTreeSet::from([Role::Administrator]),
            direct: Some(self.address("admin", ChatKind::Direct)),
            lang: Lang::En,
            since: self.clock.now(),
        });
        self.commit(changes).await;
    }

    /// Says something to one chat.
    pub async fn say(&self, to: NoticeTo, act: Act, words: &str) -> DeliveryId {
        let id = NoticeId(self.clock.fresh());
        let at = self.clock.now();
        let account = AccountId(ACCOUNT.to_owned());
        let mut changes = Changes::new();
        let body = NoticeBody::Open(Document::plain(words));
        let (buttons, prompt, about) = (Vec::new(), None, None);
        changes.insert(Notice { id, to, act, body, buttons, prompt, about, at });
        let id = DeliveryId::Notice(id);
        changes.insert(Delivery::due(id, account, Priority::Answer, at));
        self.commit(changes).await;
        id
    }

    /// Says sealed words to a sealed address.
    pub async fn say_sealed(&self, chat: &str, words: &str) -> (DeliveryId, tongxin::model::Slot) {
        let json = |v: &Document| serde_json::to_vec(v).expect("writes");
        let address = serde_json::to_vec(&self.address(chat, ChatKind::Direct)).expect("writes");
        let seal = |drawer, bytes: &[u8]| self.vault.sealer.seal(drawer, bytes).expect("seals");
        let address = seal(Drawer::Address, &address);
        let body = seal(Drawer::Text, &json(&Document::plain(words)));
        let (id, at) = (NoticeId(self.clock.fresh()), self.clock.now());
        let account = AccountId(ACCOUNT.to_owned());
        let slot = body.slot;
        let mut changes = Changes::new();
        changes.insert(Notice {
            id,
            to: NoticeTo::Sealed { account: account.clone(), address },
            act: Act::Say { reply_to: None },
            body: NoticeBody::Sealed(body),
            buttons: Vec::new(),
            prompt: None,
            about: None,
            at,
        });
        changes.insert(Delivery::due(DeliveryId::Notice(id), account, Priority::Answer, at));
        self.commit(changes).await;
        (DeliveryId::Notice(id), slot)
    }

    pub async fn delivery(&self, id: DeliveryId) -> Delivery {
        let reads: &dyn Reads = &*self.store;
        reads.find::<Delivery>(&id.key()).await.expect("reads").expect("is there").value
    }
}
