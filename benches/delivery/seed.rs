//! What a ledger holds before a measurement begins, besides subscribers.

use crate::office::{Office, account, topic};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::BTreeSet;
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{
    Address, At, Author, Changes, ChatKind, Code, Content, Document, Edition, Identity, Lang,
    Person, PersonId, Platform, Post, PostId, PostState, Priority, Revision, Role, Stored, TopicId,
    TopicState,
};

/// A post that is kept and does not go out yet.
pub struct Kept {
    pub id: PostId,
    pub code: Code,
}

impl Office {
    /// Makes somebody an editor.
    pub async fn editor(&self, chat: i64) {
        let direct = Address {
            account: account(),
            kind: ChatKind::Direct,
            chat: chat.to_string(),
            thread: None,
        };
        let mut changes = Changes::new();
        changes.insert(Person {
            id: PersonId(SystemClock.fresh()),
            identities: BTreeSet::from([Identity::new(Platform::Telegram, &chat.to_string())]),
            name: "编辑".to_owned(),
            roles: BTreeSet::from([Role::Editor]),
            direct: Some(direct),
            lang: Lang::Zh,
            since: SystemClock.now(),
        });
        self.store.commit(changes).await.expect("makes an editor");
    }

    /// Keeps a draft for all.
    pub async fn draft(&self, text: &str) -> Kept {
        let (kept, changes) = post(text, &topic(), PostState::Draft);
        self.store.commit(changes).await.expect("keeps a draft");
        kept
    }

    /// Keeps posts with the times at which they go out, each to its topic.
    pub async fn scheduled(&self, posts: impl Iterator<Item = (String, TopicId, At)>) {
        let commits = posts.map(|(text, topic, at)| {
            let (_, changes) = post(&text, &topic, PostState::Scheduled { at });
            self.store.commit(changes)
        });
        let done = stream::iter(commits).buffer_unordered(256).try_collect::<Vec<_>>().await;
        done.expect("keeps posts");
    }

    /// Has topics been seen before, so that their schedules run from now on.
    pub async fn seen(&self, topics: impl Iterator<Item = TopicId>) {
        let now = SystemClock.now();
        let topics: Vec<_> = topics.collect();
        let commits = topics.chunks(64).map(|page| {
            let mut changes = Changes::new();
            for id in page {
                changes.insert(TopicState { id: id.clone(), last_slot: now, considered: now });
            }
            self.store.commit(changes)
        });
        let done = stream::iter(commits).buffer_unordered(64).try_collect::<Vec<_>>().await;
        done.expect("remembers topics");
    }

    /// How many records of a type there are.
    pub async fn count<T: Stored>(&self) -> u64 {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.store.list(T::KIND, &[], after.as_ref(), 1000).await.expect("reads");
            count += page.len() as u64;
            let Some(last) = page.last() else { return count };
            after = Some(last.value.key());
        }
    }
}

fn post(text: &str, topic: &TopicId, state: PostState) -> (Kept, Changes) {
    let (clock, mut random) = (SystemClock, [0; 12]);
    let (id, now) = (PostId(clock.fresh()), clock.now());
    clock.random(&mut random);
    let code = Code::from_random(&random);
    let content = Content::Article { title: String::new(), body: Document::plain(text) };
    let mut changes = Changes::new();
    changes.insert(Post {
        id,
        code: code.clone(),
        topic: topic.clone(),
        title: text.to_owned(),
        revision: Revision::FIRST,
        priority: Priority::Bulk,
        author: Author::Clock,
        created: now,
        state,
    });
    changes.insert(Edition {
        post: id,
        revision: Revision::FIRST,
        content,
        at: now,
        enclosed: Vec::new(),
    });
    (Kept { id, code }, changes)
}
