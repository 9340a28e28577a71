//! What an office has before a trial begins: its configuration, its subscribers, its posts.

use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{
    AccountId, Address, Author, Changes, ChatKind, Code, Content, Document, Edition, FanOut, Lang,
    Post, PostId, PostState, Priority, Revision, Standing, Subscriber, SubscriberId, TopicId,
};
use tongxin::store::Store;

/// What shows that a call comes from the platform.
pub const SECRET: &str = "a-secret-of-the-trial";

/// How the bots learn what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Polling,
    Webhook,
}

/// One bot.
pub struct Bot<'a> {
    pub name: &'a str,
    pub token: &'a str,
    pub url: &'a str,
}

/// What differs between configurations.
pub struct Shape<'a> {
    pub data_dir: &'a Path,
    pub keys_dir: &'a Path,
    pub listen: SocketAddr,
    pub ask: Ask,
    /// Further lines of `[data]` and of sections of their own.
    pub data: &'a str,
    pub sections: &'a str,
    /// Further lines of each account.
    pub limits: &'a str,
    pub bots: Vec<Bot<'a>>,
}

impl Shape<'_> {
    /// The configuration file.
    pub fn text(&self) -> String {
        let (data, keys) = (self.data_dir.display(), self.keys_dir.display());
        let mut text = format!(
            "[office]\nname = \"试验办公室\"\npublic_url = \"https://trial.example.org\"\nadmins = [\"telegram:1\"]\n\
             [data]\ndir = \"{data}\"\nkeys = \"{keys}\"\n{}\n[web]\nlisten = \"{}\"\n[log]\nlevel = \"info\"\n{}\n\
             [[topic]]\nid = \"{NEWS}\"\ntitle = \"便民信息\"\n[[topic]]\nid = \"{BUSY}\"\ntitle = \"快讯\"\n",
            self.data, self.listen, self.sections,
        );
        let mode = match self.ask {
            Ask::Polling => "mode = \"polling\"".to_owned(),
            Ask::Webhook => format!("mode = \"webhook\"\nwebhook_secret = \"{SECRET}\""),
        };
        for Bot { name, token, url } in &self.bots {
            let limits = self.limits;
            let _ = writeln!(
                text,
                "[[account]]\nname = \"{name}\"\nplatform = \"telegram\"\ntoken = \"{token}\"\napi_url = \"{url}\"\n{mode}\n{limits}"
            );
        }
        text
    }
}

/// The topic of everybody, and one of which much is sent.
pub const NEWS: &str = "news";
pub const BUSY: &str = "busy";

/// Subscribes these chats of one account to a topic.
pub async fn subscribe(store: &dyn Store, account: &str, topic: &str, chats: &[i64]) {
    let clock = SystemClock;
    let pages = chats.chunks(20).map(|page| {
        let mut changes = Changes::new();
        for chat in page {
            let kind = if *chat > 0 { ChatKind::Direct } else { ChatKind::Group };
            let (account, chat) = (AccountId(account.to_owned()), chat.to_string());
            changes.insert(Subscriber {
                id: SubscriberId(clock.fresh()),
                address: Address { account, kind, chat, thread: None },
                title: String::new(),
                topics: BTreeSet::from([TopicId(topic.to_owned())]),
                lang: Lang::Zh,
                standing: Standing::Active,
                since: clock.now(),
            });
        }
        store.commit(changes)
    });
    let done = stream::iter(pages).buffer_unordered(64).try_collect::<Vec<_>>().await;
    done.expect("subscribes");
}

/// Publishes a post to all subscribers of a topic; its deliveries are still to be planned.
pub async fn publish(store: &dyn Store, topic: &str, text: &str) -> PostId {
    let topic = TopicId(topic.to_owned());
    let (clock, mut random) = (SystemClock, [0; 8]);
    let (id, now) = (PostId(clock.fresh()), clock.now());
    clock.random(&mut random);
    let (revision, priority) = (Revision::FIRST, Priority::Bulk);
    let mut changes = Changes::new();
    changes.insert(Post {
        id,
        code: Code::from_random(&random),
        topic: topic.clone(),
        title: text.to_owned(),
        revision,
        priority,
        author: Author::Clock,
        created: now,
        state: PostState::Publishing { since: now },
    });
    let content = Content::Article { title: String::new(), body: Document::plain(text) };
    changes.insert(Edition { post: id, revision, content, at: now, enclosed: Vec::new() });
    changes.insert(FanOut::begin(id, revision, topic, priority));
    store.commit(changes).await.expect("publishes");
    id
}
