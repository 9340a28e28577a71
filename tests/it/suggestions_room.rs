//! A room for suggestions: a desk over a store on the disk, a bot, and chats that are read from what is owed.

use crate::clock::StandingClock;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tongxin::bot::Bot;
use tongxin::clock::Clock as _;
use tongxin::desk::{Desk, Office, Settings};
use tongxin::model::*;
use tongxin::rounds::promises::Promises;
use tongxin::rounds::sweep::Sweep;
use tongxin::store::sled::{self, SledStore};
use tongxin::store::vault::{Parts, Vault};
use tongxin::store::{Reads, Store, typed};

/// The account of all chats here.
pub fn account() -> AccountId {
    AccountId("main".into())
}

/// Something said in a chat, as its readers see it.
#[derive(Clone, Debug)]
pub struct Said {
    pub text: String,
    pub buttons: Vec<Button>,
    pub act: Act,
    /// The platform's name for the message.
    pub message: String,
}

impl Said {
    /// What the button with this label carries.
    pub fn button(&self, label: &str) -> String {
        let found = self.buttons.iter().find(|b| b.label == label);
        match found.map(|b| &b.does) {
            Some(ButtonDoes::Press(data)) => data.clone(),
            other => panic!("no button {label}: {other:?} of {:?}", self.buttons),
        }
    }
}

pub struct Room {
    pub dir: TempDir,
    pub store: Arc<SledStore>,
    pub desk: Desk,
    pub parts: Parts,
    pub clock: Arc<StandingClock>,
    pub promises: Promises,
    pub sweep: Sweep,
    pub bot: Bot,
    events: AtomicU64,
}

pub const POST: PostId = PostId(uuid::Uuid::from_u128(77));

impl Room {
    pub async fn new() -> Self {
        Self::of(office()).await
    }

    /// A room of this office.
    pub async fn of(office: Office) -> Self {
        let room = Self::open(tempfile::tempdir().expect("a directory"), office);
        room.push().await;
        room
    }

    /// The same office after its process has ended and begun anew.
    pub fn restarted(self) -> Self {
        self.restarted_after(|_| {})
    }

    /// The same, where somebody does something with its files meanwhile.
    pub fn restarted_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { dir, store, desk, parts, promises, sweep, bot, events, .. } = self;
        let office = desk.office().clone();
        drop((desk, parts, promises, sweep, bot));
        store.close().expect("closes");
        drop(store);
        meanwhile(dir.path());
        Self { events, ..Self::open(dir, office) }
    }

    fn open(dir: TempDir, office: Office) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T01:00:00Z"));
        let parts = Vault::open(&dir.path().join("keys"), clock.clone()).expect("a vault");
        let open = SledStore::open(&dir.path().join("data"), &sled::Settings::default());
        let store = Arc::new(open.expect("a store"));
        let keys = (parts.sealer.clone(), parts.texts.clone(), parts.hasher.clone());
        let desk = Desk::new(store.clone(), clock.clone(), keys, Arc::new(office));
        Self {
            promises: Promises::new(desk.clone()),
            sweep: Sweep::new(store.clone(), parts.sealer.clone(), clock.clone()),
            bot: Bot::new(desk.clone(), Vec::new()),
            events: AtomicU64::new(1),
            dir,
            store,
            desk,
            parts,
            clock,
        }
    }

    /// A post that has gone out to the group as its message `1`.
    async fn push(&self) {
        let at = self.clock.now();
        let mut changes = Changes::new();
        changes.insert(Post {
            id: POST,
            code: Code::parse("7K3QD").expect("a code"),
            topic: TopicId("news".into()),
            title: "公园改造".into(),
            revision: Revision::FIRST,
            priority: Priority::Bulk,
            author: Author::Clock,
            created: at,
            state: PostState::Published { since: at, at },
        });
        let subscriber = SubscriberId(uuid::Uuid::from_u128(5));
        let id = DeliveryId::Post(POST, Revision::FIRST, subscriber);
        let mark = MessageMark::Open { chat: "-100".into(), message: "1".into() };
        let sent = Delivery::due(id, account(), Priority::Bulk, at).part_taken(mark);
        changes.insert(sent.settle_sent(at));
        self.store.commit(changes).await.expect("commits");
    }

    /// Somebody of the staff, with a chat of their own of the same name.
    pub async fn staff(&self, name: &str, roles: &[Role]) -> PersonId {
        let person = Person {
            id: PersonId(self.clock.fresh()),
            identities: BTreeSet::from([Identity::new(Platform::Telegram, name)]),
            name: name.to_owned(),
            roles: roles.iter().copied().collect(),
            direct: Some(direct(name)),
            lang: Lang::Zh,
            since: self.clock.now(),
        };
        let id = person.id;
        let mut changes = Changes::new();
        changes.insert(person);
        self.store.commit(changes).await.expect("commits");
        id
    }

    pub async fn call(&self, who: &str) -> tongxin::desk::Call {
        self.desk.call(&sender(who)).await.expect("a call")
    }

    /// Somebody writes in their own chat; returns the message's name.
    pub async fn writes(&self, who: &str, text: &str, reply_to: Option<&str>) -> String {
        self.says(who, direct(who), text, reply_to).await
    }

    /// Somebody answers a message in the group.
    pub async fn replies(&self, who: &str, text: &str, reply_to: &str) -> String {
        self.says(who, group(), text, Some(reply_to)).await
    }

    async fn says(&self, who: &str, chat: Address, text: &str, reply: Option<&str>) -> String {
        let message = format!("m{}", self.events.fetch_add(1, Ordering::SeqCst));
        let reference = |m: &str| MessageRef {
            account: account(),
            chat: chat.chat.clone(),
            message: m.to_owned(),
        };
        let what = Happening::Said {
            message: reference(&message),
            text: text.into(),
            reply_to: reply.map(reference),
        };
        self.happens(who, chat.clone(), what).await;
        message
    }

    pub async fn edits(&self, who: &str, chat: Address, message: &str, text: &str) {
        let message =
            MessageRef { account: account(), chat: chat.chat.clone(), message: message.into() };
        self.happens(who, chat, Happening::Edited { message, text: text.into() }).await;
    }

    /// Somebody answers a message in their own chat with a photo and words below it.
    pub async fn sends(&self, who: &str, words: &str, reply_to: &str) {
        let reference =
            |m: String| MessageRef { account: account(), chat: direct(who).chat, message: m };
        let what = Happening::Sent {
            message: reference(format!("m{}", self.events.fetch_add(1, Ordering::SeqCst))),
            text: words.into(),
            reply_to: Some(reference(reply_to.into())),
            files: vec![Attached {
                place: Whence::Platform("photo".into()),
                name: String::new(),
                size: 9,
            }],
            beside: Beside::Nothing,
        };
        self.happens(who, direct(who), what).await;
    }

    /// Somebody presses a button below a message of ours.
    pub async fn presses(&self, who: &str, chat: Address, below: &Said, label: &str) {
        let message = Some(MessageRef {
            account: account(),
            chat: chat.chat.clone(),
            message: below.message.clone(),
        });
        let press = format!("p{}", self.events.fetch_add(1, Ordering::SeqCst));
        let data = below.button(label);
        let what = Happening::Pressed { press: Some(press), message, data };
        self.happens(who, chat, what).await;
    }

    /// Something happens in a chat.
    pub async fn happens(&self, who: &str, chat: Address, what: Happening) {
        let inbound = Inbound {
            account: account(),
            event: format!("e{}", self.events.fetch_add(1, Ordering::SeqCst)),
            at: self.clock.now(),
            chat,
            chat_title: String::new(),
            from: Some(sender(who)),
            what,
        };
        self.desk.take_in(&[inbound]).await.expect("takes in");
        self.bot.round().await.expect("a round");
    }

    /// Delivers all that is owed, and gives what was said in this chat.
    pub async fn heard(&self, chat: &Address) -> Vec<Said> {
        let mut heard = Vec::new();
        for (to, said) in self.deliver().await {
            if to.chat == chat.chat {
                heard.push(said);
            }
        }
        heard
    }

    /// What was said last in this chat, besides what only toasts.
    pub async fn last(&self, chat: &Address) -> Said {
        let heard = self.heard(chat).await;
        let said = heard.into_iter().rfind(|s| !matches!(s.act, Act::AnswerPress { .. }));
        said.expect("something was said")
    }

    /// Sends every notice that is owed, as the outbox does.
    pub async fn deliver(&self) -> Vec<(Address, Said)> {
        let mut all = Vec::new();
        for record in self.store.list(Kind::Notice, &[], None, 10_000).await.expect("lists") {
            let notice: Versioned<Notice> = typed(record).expect("a notice");
            let key = DeliveryId::Notice(notice.id).key();
            let reads: &dyn Reads = self.store.as_ref();
            let delivery = reads.find::<Delivery>(&key).await.expect("reads").expect("owed");
            if !matches!(delivery.state, DeliveryState::Due { .. }) {
                continue;
            }
            all.extend(self.send(&notice, &delivery).await);
        }
        all
    }

    async fn send(
        &self,
        notice: &Notice,
        delivery: &Versioned<Delivery>,
    ) -> Option<(Address, Said)> {
        let mut changes = Changes::new();
        let now = self.clock.now();
        let to = match &notice.to {
            NoticeTo::Open(address) => Some(address.clone()),
            NoticeTo::Sealed { address, .. } => {
                let opened = self.parts.addresses.open(address).expect("opens");
                opened.map(|b| serde_json::from_slice(&b).expect("an address"))
            }
        };
        let words: Option<Document> = match &notice.body {
            NoticeBody::Open(words) => Some(words.clone()),
            NoticeBody::Edition(..) => Some(Document::plain("（预览）")),
            NoticeBody::Sealed(sealed) => {
                changes.ensure(Shred { slot: sealed.slot });
                let opened = self.parts.texts.open(sealed).expect("opens");
                opened.map(|b| serde_json::from_slice(&b).expect("words"))
            }
        };
        let (Some(to), Some(words)) = (to, words) else {
            changes.update(delivery, delivery.value.clone().settle_dead(now, "erased".into()));
            self.store.commit(changes).await.expect("commits");
            return None;
        };
        let message = match &notice.act {
            Act::Amend { message } => message.clone(),
            _ => format!("o{}", self.events.fetch_add(1, Ordering::SeqCst)),
        };
        let reference =
            MessageRef { account: account(), chat: to.chat.clone(), message: message.clone() };
        let mark = match &notice.to {
            NoticeTo::Open(_) => {
                MessageMark::Open { chat: to.chat.clone(), message: message.clone() }
            }
            NoticeTo::Sealed { .. } => MessageMark::Hidden(self.parts.hasher.message(&reference)),
        };
        changes.update(delivery, delivery.value.clone().part_taken(mark).settle_sent(now));
        self.store.commit(changes).await.expect("commits");
        let text = plain(&words);
        let buttons = notice.buttons.iter().flatten().cloned().collect();
        Some((to, Said { text, buttons, act: notice.act.clone(), message }))
    }

    /// All suggestions in one phase.
    pub async fn in_phase(&self, phase: PhaseName) -> Vec<Versioned<Suggestion>> {
        self.all().await.into_iter().filter(|s| s.phase.name() == phase).collect()
    }

    pub async fn all(&self) -> Vec<Versioned<Suggestion>> {
        let records = self.store.list(Kind::Suggestion, &[], None, 1_000).await.expect("lists");
        records.into_iter().map(|r| typed(r).expect("a suggestion")).collect()
    }

    /// A suggestion that somebody wrote in their own chat and confirmed there; with its code.
    pub async fn submitted(&self, who: &str, text: &str) -> (Code, Code) {
        self.writes(who, text, None).await;
        let question = self.last(&direct(who)).await;
        self.presses(who, direct(who), &question, "提交").await;
        let heard = self.heard(&direct(who)).await;
        let receipt = heard.iter().find(|s| s.text.contains("查询码")).expect("a receipt");
        let after = |label: &str| {
            let rest = receipt.text.split_once(label).expect("a label").1;
            let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next();
            Code::parse(word.expect("a word")).expect("a code")
        };
        (after("编号："), after("查询码："))
    }

    /// Runs the clock's rounds until all that is due is done.
    pub async fn later(&self, span: Duration) {
        self.clock.advance(span);
        self.promises.round().await.expect("promises");
        self.sweep.round().await.expect("sweeps");
    }

    /// The files under the data and the key directory in which these bytes stand.
    pub fn files_with(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        search(self.dir.path(), bytes, &mut found);
        found
    }
}

fn search(dir: &Path, bytes: &[u8], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("reads") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            search(&path, bytes, found);
        } else if std::fs::read(&path).expect("reads").windows(bytes.len()).any(|w| w == bytes) {
            found.push(path);
        }
    }
}

pub fn direct(who: &str) -> Address {
    Address {
        account: account(),
        kind: ChatKind::Direct,
        chat: format!("chat-of-{who}"),
        thread: None,
    }
}

pub fn group() -> Address {
    Address { account: account(), kind: ChatKind::Group, chat: "-100".into(), thread: None }
}

pub fn sender(who: &str) -> Sender {
    Sender {
        identity: Identity::new(Platform::Telegram, who),
        name: format!("name-of-{who}"),
        direct: Some(direct(who)),
        lang: Some(Lang::Zh),
        rank: Rank::Member,
    }
}

pub fn office() -> Office {
    Office {
        name: "同心社区".into(),
        lang: Lang::Zh,
        zone: chrono_tz::Asia::Shanghai,
        public_url: "https://example.org".into(),
        admins: Vec::new(),
        topics: Vec::new(),
        sources: Vec::new(),
        suggestions: Settings {
            areas: labels(&[
                ("whole", "全辖区", "the whole area"),
                ("east", "东片", "the east"),
                ("west", "西片", "the west"),
                ("other", "其他", "elsewhere"),
            ]),
            units: labels(&[
                ("office", "办公室", "the office"),
                ("city", "城管科", "city management"),
                ("schools", "教育科", "schools"),
            ]),
            categories: {
                let mut categories = Settings::default().categories;
                categories.extend(labels(&[("other", "其他", "other")]));
                categories
            },
            ..Settings::default()
        },
        kept: Vec::new(),
        brings: Vec::new(),
    }
}

fn labels(list: &[(&str, &str, &str)]) -> Vec<Label> {
    let label = |(id, zh, en): &(&str, &str, &str)| Label {
        id: LabelId((*id).into()),
        zh: (*zh).into(),
        en: (*en).into(),
    };
    list.iter().map(label).collect()
}

fn plain(words: &Document) -> String {
    let lines = words.0.iter().map(|block| match block {
        Block::Paragraph(inlines) => {
            inlines.iter().map(|i| if let Inline::Text(t) = i { t.as_str() } else { "" }).collect()
        }
        other => format!("{other:?}"),
    });
    lines.collect::<Vec<String>>().join("\n")
}
