//! A newsroom: staff who write in their own chats, a desk and a bot over a store, and what is owed to chats
//! that keep what they are told.

use crate::outbox::world::{ACCOUNT, World, topic};
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tongxin::bot::Bot;
use tongxin::clock::Clock as _;
use tongxin::connector::{Connector as _, Limits};
use tongxin::desk::{Carrier, Desk, Office, Outlet, Replies, Settings};
use tongxin::model::*;
use tongxin::rounds::fanout::{Planner, Rest};
use tongxin::rounds::outbox::Outbox;
use tongxin::store::{Reads, Store as _, typed};

pub struct Newsroom {
    pub world: World,
    pub desk: Desk,
    pub planner: Planner,
    bot: Bot,
    events: AtomicU64,
    read: Mutex<HashSet<Key>>,
}

/// Something that was said to one of the staff.
pub struct Said {
    pub text: String,
    pub buttons: Vec<Button>,
}

impl Newsroom {
    pub async fn new(limits: Limits) -> Self {
        Self::over(World::new(limits)).await
    }

    pub async fn over(world: World) -> Self {
        let keys = &world.vault;
        let keys = (keys.sealer.clone(), keys.texts.clone(), keys.hasher.clone());
        let limits = world.chats.limits().clone();
        let outlet = Outlet {
            account: AccountId(ACCOUNT.to_owned()),
            size: limits.size,
            rates: limits.account,
            chats: limits.chat,
            parallel: limits.parallel,
            carrier: Carrier::Program,
            replies: Replies::Named,
            carries: tongxin::text::Carries::LINKS,
        };
        let desk = Desk::new(world.store.clone(), world.clock.clone(), keys, Arc::new(office()));
        let desk = desk.through(vec![outlet]);
        let room = Self {
            bot: Bot::new(desk.clone(), vec![world.chats.clone()]),
            planner: world.planner().ahead([world.ahead()]),
            desk,
            world,
            events: AtomicU64::new(1),
            read: Mutex::default(),
        };
        room.seat("editor", Role::Editor).await;
        room.seat("reviewer", Role::Reviewer).await;
        room
    }

    async fn seat(&self, name: &str, role: Role) {
        let identity = Identity::new(Platform::Telegram, name);
        let direct = self.world.address(name, ChatKind::Direct);
        let roles = BTreeSet::from([role]);
        let person = Person {
            id: PersonId(self.world.clock.fresh()),
            identities: BTreeSet::from([identity]),
            name: name.to_owned(),
            roles,
            direct: Some(direct),
            lang: Lang::Zh,
            since: self.world.clock.now(),
        };
        let mut changes = Changes::new();
        changes.insert(person);
        self.world.commit(changes).await;
    }

    /// What the editor writes, and what is answered.
    pub async fn editor(&self, text: &str) -> String {
        self.asks("editor", text).await.text
    }

    /// What somebody writes in their own chat, and what is answered last.
    pub async fn asks(&self, who: &str, text: &str) -> Said {
        let message = self.message(who, "m");
        let what = Happening::Said { message, text: text.to_owned(), reply_to: None };
        self.happens(who, self.world.address(who, ChatKind::Direct), what).await
    }

    /// What somebody answers to a message of ours in a group, and what is answered last, if anything.
    pub async fn replies(&self, chat: &str, to: &str, text: &str) -> Option<String> {
        let group = self.world.address(chat, ChatKind::Group);
        let message = self.message(chat, "m");
        let of = |m: &str| MessageRef { message: m.to_owned(), ..message.clone() };
        let what = Happening::Said {
            reply_to: Some(of(to)),
            message: message.clone(),
            text: text.to_owned(),
        };
        self.arrives("member", group, what).await;
        self.unread().await.pop().map(|said| said.text)
    }

    /// Presses the button of this label below what was said.
    pub async fn presses(&self, who: &str, said: &Said, label: &str) -> String {
        let button = said.buttons.iter().find(|b| b.label == label);
        let Some(ButtonDoes::Press(data)) = button.map(|b| b.does.clone()) else {
            panic!("no button {label} among {:?}", said.buttons);
        };
        let press = format!("p{}", self.events.fetch_add(1, Ordering::SeqCst));
        let what = Happening::Pressed { press: Some(press), message: None, data };
        self.happens(who, self.world.address(who, ChatKind::Direct), what).await.text
    }

    fn message(&self, chat: &str, kind: &str) -> MessageRef {
        let number = self.events.fetch_add(1, Ordering::SeqCst);
        let account = AccountId(ACCOUNT.to_owned());
        MessageRef { account, chat: chat.to_owned(), message: format!("{kind}{number}") }
    }

    async fn happens(&self, who: &str, chat: Address, what: Happening) -> Said {
        self.arrives(who, chat, what).await;
        // An empty answer to a press only ends it.
        let mut said = self.unread().await.into_iter();
        said.rfind(|said| !said.text.is_empty()).expect("an answer")
    }

    async fn arrives(&self, who: &str, chat: Address, what: Happening) {
        let direct = self.world.address(who, ChatKind::Direct);
        let inbound = Inbound {
            account: AccountId(ACCOUNT.to_owned()),
            event: format!("e{}", self.events.fetch_add(1, Ordering::SeqCst)),
            at: self.world.clock.now(),
            chat,
            chat_title: String::new(),
            from: Some(Sender {
                identity: Identity::new(Platform::Telegram, who),
                name: who.to_owned(),
                direct: Some(direct),
                lang: Some(Lang::Zh),
                rank: Rank::Member,
            }),
            what,
        };
        self.desk.take_in(&[inbound]).await.expect("takes in");
        self.bot.round().await.expect("a round");
    }

    /// What was said to anybody since this was asked last.
    pub async fn unread(&self) -> Vec<Said> {
        let records = self.world.store.list(Kind::Notice, &[], None, 10_000).await.expect("lists");
        let said = |record| {
            let notice: Notice = typed::<Notice>(record).expect("a notice").value;
            let words = match &notice.body {
                NoticeBody::Open(words) => words.clone(),
                NoticeBody::Edition(..) => Document::plain("（预览）"),
                NoticeBody::Sealed(sealed) => {
                    let opened = self.world.vault.texts.open(sealed).expect("opens");
                    serde_json::from_slice(&opened.expect("is there")).expect("a document")
                }
            };
            let buttons = notice.buttons.into_iter().flatten().collect();
            (notice.at, Said { text: plain(&words), buttons })
        };
        let mut read = self.read.lock().expect("nobody panicked");
        let fresh = records.into_iter().filter(|record| read.insert(record.value.key()));
        // Names sort by time, but for those made of what the notice is about.
        let mut fresh: Vec<_> = fresh.map(said).collect();
        fresh.sort_by_key(|(at, _)| *at);
        fresh.into_iter().map(|(_, said)| said).collect()
    }

    /// A post that is written and pushed; its code and ID.
    pub async fn push(&self, title: &str) -> (String, PostId) {
        let id = self.world.publish(title, Priority::Bulk).await;
        (self.world.post(id).await.code.to_string(), id)
    }

    /// Plans and sends for so long, on the clock.
    pub async fn goes_on(&self, outbox: &Outbox, span: Duration) {
        let end = self.world.clock.now().plus(span);
        for _ in 0..100_000 {
            let progress = self.planner.round().await.expect("plans");
            let next = self.world.round(outbox).await;
            let now = self.world.clock.now();
            if now >= end || (progress.rest == Rest::Nothing && next.is_none()) {
                return;
            }
            let soon = now.plus(Duration::from_millis(100)).min(end);
            self.world.clock.jump(next.map_or(soon, |at| at.clamp(now, soon)));
        }
    }

    pub async fn count(&self, tally: Tally, post: PostId) -> i64 {
        self.world.store.tally(&tally.of(post)).await.expect("reads")
    }

    pub async fn commit(&self, changes: Changes) {
        self.world.store.commit(changes).await.expect("commits");
    }
}

pub fn office() -> Office {
    let form = DigestForm {
        title: "{{ topic }}".to_owned(),
        item: String::new(),
        max_entries: 20,
        max_chars: 3_500,
        when_empty: WhenEmpty::Silent,
    };
    let news = Topic {
        id: topic(),
        title: "便民信息".to_owned(),
        lang: Lang::Zh,
        sections: Vec::new(),
        schedule: None,
        missed: Missed::Skip,
        digest: form,
    };
    Office {
        name: "同心社区".into(),
        lang: Lang::Zh,
        zone: chrono_tz::Asia::Shanghai,
        public_url: "https://example.org".into(),
        admins: Vec::new(),
        topics: vec![news],
        sources: Vec::new(),
        suggestions: Settings::default(),
        kept: Vec::new(),
        brings: Vec::new(),
    }
}

pub fn plain(words: &Document) -> String {
    let lines = words.0.iter().map(|block| match block {
        Block::Paragraph(inlines) => {
            inlines.iter().map(|i| if let Inline::Text(t) = i { t.as_str() } else { "" }).collect()
        }
        other => format!("{other:?}"),
    });
    lines.collect::<Vec<String>>().join("\n")
}
