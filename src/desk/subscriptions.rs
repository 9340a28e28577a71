//! Subscriptions: a chat asks for topics, and stops asking.

use super::{Call, Desk, DeskError, Saying};
use crate::model::{
    Address, Changes, ChatKind, Index, Lang, Person, Rank, Role, Segments, Standing, Subscriber,
    SubscriberId, TopicId, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::Speak as _;
use crate::text::say::{AlarmSays, Refusal};
use std::collections::BTreeSet;

/// How many subscriptions of one chat (its threads) change in one commit; the others with their next delivery.
const THREADS_MOST: usize = 4;

/// How many of the staff are told of one subscription.
const STAFF_TOLD: usize = 4;

/// Whether something goes on that rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// It does.
    Something,
    /// Nothing rested.
    Nothing,
}

/// A topic, and whether a chat has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The topic.
    pub topic: TopicId,
    /// What people call it.
    pub title: String,
    /// Whether the chat receives it.
    pub chosen: Chosen,
}

/// Whether a chat receives a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It does.
    Yes,
    /// It does not.
    No,
}

impl Desk {
    /// Who is at this address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subscriber(
        &self,
        address: &Address,
    ) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        let place = Subscriber::by_address(address);
        self.reads().find_by(place.index, place.at).await
    }

    /// Subscribes a chat to a topic. Returns what people call the topic.
    ///
    /// # Errors
    /// When the topic is unknown, or the caller may not decide for the chat.
    pub async fn subscribe(
        &self,
        call: &mut Call,
        (chat, title): (&Address, &str),
        rank: Rank,
        typed: &str,
    ) -> Result<String, DeskError> {
        decides(chat, rank)?;
        let topic = self.topic(typed)?.clone();
        let known = self.subscriber(chat).await?;
        let mut now = match &known {
            Some(it) => it.value.clone(),
            None => self.newcomer(chat, title, call.lang),
        };
        if let Standing::Ended { .. } = now.standing {
            now.topics.clear();
        }
        now.standing = Standing::Active;
        now.topics.insert(topic.id.clone());
        match &known {
            Some(old) => call.changes.update(old, now),
            None => call.changes.insert(now),
        }
        Ok(topic.title)
    }

    /// Ends a chat's subscription to a topic, or to all. Returns what people call those that ended.
    ///
    /// # Errors
    /// When the topic is unknown, or the caller may not decide for the chat.
    pub async fn unsubscribe(
        &self,
        call: &mut Call,
        chat: &Address,
        rank: Rank,
        typed: Option<&str>,
    ) -> Result<Vec<String>, DeskError> {
        decides(chat, rank)?;
        let only = typed.map(|t| self.topic(t).map(|t| t.id.clone())).transpose()?;
        let Some(old) = self.subscriber(chat).await? else { return Ok(Vec::new()) };
        let mut now = old.value.clone();
        let ended: BTreeSet<TopicId> = match &only {
            Some(id) => now.topics.take(id).into_iter().collect(),
            None => std::mem::take(&mut now.topics),
        };
        if now.topics.is_empty() {
            now.standing = Standing::Ended { at: call.at, reason: String::new() };
        }
        call.changes.update(&old, now);
        Ok(ended.iter().map(|t| self.office.title(t).to_owned()).collect())
    }

    /// All topics, and which of them a chat has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn choices(&self, chat: &Address) -> Result<Vec<Choice>, StoreError> {
        let known = self.subscriber(chat).await?;
        let active = known.filter(|s| s.standing == Standing::Active);
        let has = |id: &TopicId| active.as_ref().is_some_and(|s| s.topics.contains(id));
        let choice = |t: &crate::model::Topic| Choice {
            topic: t.id.clone(),
            title: t.title.clone(),
            chosen: if has(&t.id) { Chosen::Yes } else { Chosen::No },
        };
        Ok(self.office.topics.iter().map(choice).collect())
    }

    /// The platform told us that we are put out of a chat: its subscriptions end, and staff are told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_out(
        &self,
        changes: &mut Changes,
        chat: &Address,
        reason: &str,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        for old in self.subscribers_in(chat).await? {
            if let Standing::Ended { .. } = old.standing {
                continue;
            }
            let (title, reason) = (old.title.clone(), reason.to_owned());
            let standing = Standing::Ended { at, reason: reason.clone() };
            changes.update(&old, Subscriber { standing, ..old.value.clone() });
            self.alarm(changes, &AlarmSays::SubscriptionEnded { title, reason }).await?;
        }
        Ok(())
    }

    /// The platform told us that we may not write in a chat for now: its subscriptions rest, and staff are
    /// told.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn muted(
        &self,
        changes: &mut Changes,
        chat: &Address,
        reason: &str,
    ) -> Result<(), StoreError> {
        let at = self.clock.now();
        for old in self.subscribers_in(chat).await? {
            if old.standing != Standing::Active {
                continue;
            }
            let (title, reason) = (old.title.clone(), reason.to_owned());
            let standing = Standing::Paused { at, reason: reason.clone() };
            changes.update(&old, Subscriber { standing, ..old.value.clone() });
            self.alarm(changes, &AlarmSays::SubscriptionPaused { title, reason }).await?;
        }
        Ok(())
    }

    /// The platform told us that we may write in a chat again: what rested there goes on. Returns whether
    /// something did.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn may_write_again(
        &self,
        changes: &mut Changes,
        chat: &Address,
    ) -> Result<Resumed, StoreError> {
        let mut resumed = Resumed::Nothing;
        for old in self.subscribers_in(chat).await? {
            let Standing::Paused { .. } = old.standing else { continue };
            resumed = Resumed::Something;
            let standing = Standing::Active;
            changes.update(&old, Subscriber { standing, ..old.value.clone() });
            let title = old.title.clone();
            self.alarm(changes, &AlarmSays::SubscriptionResumed { title }).await?;
        }
        Ok(resumed)
    }

    /// The subscribers in a chat: the chat itself, and its threads.
    async fn subscribers_in(
        &self,
        chat: &Address,
    ) -> Result<Vec<Versioned<Subscriber>>, StoreError> {
        let there = Segments::new().account(&chat.account).text(&chat.chat).done();
        let scan = Scan::of(Index::SubscriberByAddress, there, THREADS_MOST);
        self.reads().find_all(&scan).await
    }

    /// Tells administrators and editors, as far as they have a chat of their own with us.
    async fn alarm(&self, changes: &mut Changes, says: &AlarmSays) -> Result<(), StoreError> {
        let sees = |p: &Versioned<Person>| {
            [Role::Administrator, Role::Editor].iter().any(|r| p.roles.contains(r))
        };
        let staff = self.everybody().await?.into_iter().filter(sees);
        let told = staff.filter_map(|p| Some((p.value.direct?, p.value.lang)));
        for (address, lang) in told.take(STAFF_TOLD) {
            self.tell(changes, &address, Saying::of(says.doc(lang)));
        }
        Ok(())
    }

    /// The platform told us that a chat goes on under another address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn moved(
        &self,
        changes: &mut Changes,
        from: &Address,
        to: &Address,
    ) -> Result<(), StoreError> {
        let Some(old) = self.subscriber(from).await? else { return Ok(()) };
        let mut now = Subscriber { address: to.clone(), ..old.value.clone() };
        match self.subscriber(to).await? {
            // Both were known: the new address takes over what the old one had.
            Some(there) => {
                now.id = there.id;
                now.topics.extend(there.topics.iter().cloned());
                changes.remove(&old);
                changes.update(&there, now);
            }
            None => changes.update(&old, now),
        }
        Ok(())
    }

    /// Makes the subscriber of a chat of our own that the configuration describes, or brings it up to date.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle_group(
        &self,
        chat: &Address,
        title: &str,
        topics: BTreeSet<TopicId>,
        lang: Lang,
    ) -> Result<SubscriberId, StoreError> {
        let known = self.subscriber(chat).await?;
        let base = known.as_ref().map(|k| k.value.clone());
        let base = base.unwrap_or_else(|| self.newcomer(chat, title, lang));
        let title = title.to_owned();
        let now = Subscriber { title, topics, lang, standing: Standing::Active, ..base };
        let id = now.id;
        let mut changes = Changes::new();
        match &known {
            Some(old) if old.value == now => return Ok(id),
            Some(old) => changes.update(old, now),
            None => changes.insert(now),
        }
        self.store.commit(changes).await?;
        Ok(id)
    }

    pub(super) fn topic(&self, typed: &str) -> Result<&crate::model::Topic, Refusal> {
        self.office.topic(typed).ok_or_else(|| {
            if self.office.topics.is_empty() {
                return Refusal::NoTopicsYet;
            }
            let known = self.office.topics.iter().map(|t| t.title.clone()).collect();
            Refusal::NoSuchTopic { typed: typed.trim().to_owned(), known }
        })
    }

    fn newcomer(&self, chat: &Address, title: &str, lang: Lang) -> Subscriber {
        Subscriber {
            id: SubscriberId(self.clock.fresh()),
            address: chat.clone(),
            title: title.to_owned(),
            topics: BTreeSet::new(),
            lang,
            standing: Standing::Active,
            since: self.clock.now(),
        }
    }
}

fn decides(chat: &Address, rank: Rank) -> Result<(), Refusal> {
    match (chat.kind, rank) {
        (ChatKind::Direct, _) | (_, Rank::Decides) => Ok(()),
        _ => Err(Refusal::NotChatAdministrator),
    }
}
