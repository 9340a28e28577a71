//! The ledger under measurement: the real store, the real connector, fan-out and outbox.

use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tongxin::clock::{Clock, SystemClock};
use tongxin::connector::telegram::{Secret, Settings, Telegram};
use tongxin::model::{
    AccountId, Address, At, Author, Changes, ChatKind, Code, Content, Document, Edition, FanOut,
    Index, Lang, Post, PostId, PostState, Priority, Revision, RunId, Segments, Standing,
    Subscriber, SubscriberId, TopicId, UnknownPolicy,
};
use tongxin::rounds::duties::Gate;
use tongxin::rounds::fanout::{Planner, Rest};
use tongxin::rounds::outbox::{Channel, Outbox, OutboxParts, Settings as OutboxSettings};
use tongxin::store::vault::Vault;
use tongxin::store::{Scan, Store};

/// How fast the bot may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can.
    Free,
    /// As the platform allows.
    Platform,
}

/// A ledger in a directory.
pub struct Office {
    pub store: Arc<dyn Store>,
    dir: PathBuf,
}

/// The account through which everything goes out.
pub fn account() -> AccountId {
    AccountId("bot".to_owned())
}

/// The topic of everything that goes to all.
pub fn topic() -> TopicId {
    TopicId("news".to_owned())
}

impl Office {
    /// Over a ledger that is open, with its keys in `dir`.
    pub fn over(store: Arc<dyn Store>, dir: &Path) -> Self {
        Self { store, dir: dir.to_owned() }
    }

    /// Closes the ledger, so that another process can have it.
    pub async fn close(self) {
        self.store.close().await.expect("closes");
    }

    /// Subscribes these chats.
    pub async fn subscribe(&self, chats: &[i64]) {
        self.subscribe_to(&topic(), ChatKind::Direct, chats).await;
    }

    /// Subscribes these chats to a topic.
    pub async fn subscribe_to(&self, topic: &TopicId, kind: ChatKind, chats: &[i64]) {
        let clock = SystemClock;
        // Each takes three keys of a commit, and the page one more.
        let pages = chats.chunks(Changes::KEYS_MAX / 3 - 1).map(|page| {
            let mut changes = Changes::new();
            for chat in page {
                let title = if kind == ChatKind::Direct { "" } else { "邻里互助群" };
                changes.insert(Subscriber {
                    id: SubscriberId(clock.fresh()),
                    address: Address {
                        account: account(),
                        kind,
                        chat: chat.to_string(),
                        thread: None,
                    },
                    title: title.to_owned(),
                    topics: BTreeSet::from([topic.clone()]),
                    lang: Lang::Zh,
                    standing: Standing::Active,
                    since: clock.now(),
                });
            }
            self.store.commit(changes)
        });
        let done = stream::iter(pages).buffer_unordered(64).try_collect::<Vec<_>>().await;
        done.expect("subscribes");
    }

    /// Publishes a post; its deliveries are still to be planned.
    pub async fn publish(&self, text: &str) -> PostId {
        let (clock, mut random) = (SystemClock, [0; 8]);
        let (id, now) = (PostId(clock.fresh()), clock.now());
        clock.random(&mut random);
        let content = Content::Article { title: String::new(), body: Document::plain(text) };
        let (revision, priority) = (Revision::FIRST, Priority::Bulk);
        let mut changes = Changes::new();
        changes.insert(Post {
            id,
            code: Code::from_random(&random),
            topic: topic(),
            title: text.to_owned(),
            revision,
            priority,
            author: Author::Clock,
            created: now,
            state: PostState::Publishing { since: now },
        });
        changes.insert(Edition { post: id, revision, content, at: now, enclosed: Vec::new() });
        changes.insert(FanOut::begin(id, revision, topic(), priority));
        self.store.commit(changes).await.expect("publishes");
        id
    }

    /// Plans what every subscriber is owed.
    pub async fn plan(&self) {
        let fanout = Planner::new(self.store.clone(), Arc::new(SystemClock));
        while fanout.round().await.expect("plans").rest == Rest::Something {}
    }

    /// The outbox over the real connector.
    pub fn outbox(&self, url: &str, token: &str, parallel: usize, pace: Pace) -> Outbox {
        let clock = Arc::new(SystemClock);
        let mut settings = Settings::new(Secret::new(token.to_owned()));
        url.clone_into(&mut settings.api_url);
        settings.parallel = u32::try_from(parallel).expect("few");
        if pace == Pace::Free {
            settings.per_second = 1_000_000;
            settings.chat_per_second = 1_000_000;
            settings.group_per_minute = 1_000_000;
        }
        let connector = Telegram::new(account(), &settings, [7; 32], clock.clone()).expect("a bot");
        let vault = Vault::open(&self.dir.join("keys"), clock.clone()).expect("a vault");
        let connector = Arc::new(connector);
        Outbox::new(OutboxParts {
            store: self.store.clone(),
            run: RunId(clock.fresh()),
            clock,
            channels: vec![Channel { connector, unknown: UnknownPolicy::Resend }],
            addresses: vault.addresses,
            texts: vault.texts,
            hasher: vault.hasher,
            metrics: Arc::default(),
            settings: OutboxSettings::default(),
            gate: Gate::Open(Arc::new(SystemClock)),
            stop: CancellationToken::new(),
        })
    }

    /// Sends until nothing is owed.
    pub async fn send_all(&self, outbox: &Outbox) {
        while let Some(next) = outbox.round(&account()).await.expect("a round") {
            // It may only want to look once more.
            let queue = Segments::new().account(&account());
            let owed = self.store.scan(&Scan::of(Index::Due, queue.done(), 1)).await;
            if owed.expect("reads").is_empty() {
                return;
            }
            let span: Duration = next.since(SystemClock.now());
            tokio::time::sleep(span.max(Duration::from_millis(1))).await;
        }
    }

    /// Sends what is due now, until `until`.
    pub async fn send_until(&self, outbox: &Outbox, until: At) {
        while let Some(next) = outbox.round(&account()).await.expect("a round") {
            if SystemClock.now() >= until {
                return;
            }
            let span = next.min(until).since(SystemClock.now());
            tokio::time::sleep(span.max(Duration::from_millis(1))).await;
        }
    }
}
