//! Subscriptions: a chat asks for topics, and stops asking.

use super::again::until_settled;
use super::{Call, Desk, DeskError};
use crate::model::{
    AccountId, Address, Changes, ChatKind, Index, Lang, Rank, Segments, Standing, Subscriber,
    SubscriberId, TopicId, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{ChannelRefusal, Refusal};
use std::collections::BTreeSet;

/// How many subscribers are looked at together.
const PAGE: usize = 256;

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
        self.subscribe_to(call, (chat, title), BTreeSet::from([topic.id])).await?;
        Ok(topic.title)
    }

    /// What is pushed to a chat is worded in this language from now on, where the caller decides for it. Gives what kind
    /// of chat it is, where something is pushed to it and that has changed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn push_in(
        &self,
        call: &mut Call,
        (chat, rank): (&Address, Rank),
        lang: Lang,
    ) -> Result<Option<ChatKind>, StoreError> {
        let Some(old) = self.subscriber(chat).await? else { return Ok(None) };
        if old.lang == lang || decides(chat, rank).is_err() {
            return Ok(None);
        }
        let now = Subscriber { lang, ..old.value.clone() };
        self.becomes(&mut call.changes, Some(old), now).await?;
        Ok(Some(chat.kind))
    }

    /// Subscribes a chat to these topics, besides those that it has.
    pub(super) async fn subscribe_to(
        &self,
        call: &mut Call,
        (chat, title): (&Address, &str),
        topics: BTreeSet<TopicId>,
    ) -> Result<(), StoreError> {
        let known = self.subscriber(chat).await?;
        let mut now = match &known {
            Some(it) => it.value.clone(),
            None => self.newcomer(chat, title, call.lang).await?,
        };
        // What ended begins anew; what only rests goes on with what it had.
        if matches!(now.standing, Standing::Ended { .. }) {
            now.topics.clear();
            now.lang = call.lang;
        }
        now.standing = Standing::Active;
        now.topics.extend(topics);
        self.becomes(&mut call.changes, known, now).await
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
        self.becomes(&mut call.changes, Some(old), now).await?;
        Ok(ended.iter().map(|t| self.office.title(t).to_owned()).collect())
    }

    /// All topics, and which of them a chat has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn choices(&self, chat: &Address) -> Result<Vec<Choice>, StoreError> {
        let known = self.subscriber(chat).await?;
        let open = known.filter(|s| !matches!(s.standing, Standing::Ended { .. }));
        let has = |id: &TopicId| open.as_ref().is_some_and(|s| s.topics.contains(id));
        let choice = |t: &crate::model::Topic| Choice {
            topic: t.id.clone(),
            title: t.title.clone(),
            chosen: if has(&t.id) { Chosen::Yes } else { Chosen::No },
        };
        Ok(self.office.topics.iter().map(choice).collect())
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
        until_settled(|| self.settle_once(chat, title, &topics, lang)).await
    }

    async fn settle_once(
        &self,
        chat: &Address,
        title: &str,
        topics: &BTreeSet<TopicId>,
        lang: Lang,
    ) -> Result<SubscriberId, StoreError> {
        let known = self.subscriber(chat).await?;
        let base = match &known {
            Some(old) => old.value.clone(),
            None => self.newcomer(chat, title, lang).await?,
        };
        let (title, topics) = (title.to_owned(), topics.clone());
        let now = Subscriber { title, topics, lang, standing: Standing::Active, ..base };
        let id = now.id;
        if known.as_ref().is_some_and(|old| old.value == now) {
            return Ok(id);
        }
        let mut changes = Changes::new();
        self.becomes(&mut changes, known, now).await?;
        self.store.commit(changes).await?;
        Ok(id)
    }

    /// Takes their topics from the groups of an account that are not among these: nothing is pushed there any more.
    /// For accounts whose groups are all named in the configuration.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unsettle_groups(
        &self,
        account: &AccountId,
        kept: &[Address],
    ) -> Result<(), StoreError> {
        let prefix = Segments::new().account(account).done();
        let mut after = None;
        loop {
            let scan = Scan::of(Index::SubscriberByAddress, prefix.clone(), PAGE).after(after);
            let page = self.reads().scan(&scan).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.at.clone());
            let keys: Vec<_> = page.into_iter().map(|line| line.key).collect();
            for old in self.reads().find_each::<Subscriber>(&keys).await?.into_iter().flatten() {
                let Subscriber { address, title, lang, topics, .. } = &old.value;
                let alone = address.kind == ChatKind::Direct || topics.is_empty();
                if !alone && !kept.contains(address) {
                    self.settle_group(address, title, BTreeSet::new(), *lang).await?;
                }
            }
        }
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

    /// Whoever is new at an address.
    pub(super) async fn newcomer(
        &self,
        chat: &Address,
        title: &str,
        lang: Lang,
    ) -> Result<Subscriber, StoreError> {
        Ok(Subscriber {
            id: self.name_at(chat).await?,
            address: chat.clone(),
            title: title.to_owned(),
            topics: BTreeSet::new(),
            lang,
            standing: Standing::Active,
            since: self.clock.now(),
        })
    }

    /// The name of whoever is new at an address: the same on every worker, so that of two who subscribe them at the
    /// same moment the second finds that the first was faster. A chat that has moved takes its name along; then it
    /// is the next.
    async fn name_at(&self, chat: &Address) -> Result<SubscriberId, StoreError> {
        let place = Subscriber::by_address(chat);
        let mut number = 0u32;
        loop {
            let of = [place.at.as_slice(), &number.to_be_bytes()].concat();
            let id = SubscriberId(self.name_from("subscriber", &of));
            match self.chat(id).await? {
                None => return Ok(id),
                // It was not there a moment ago.
                Some(other) if Subscriber::by_address(&other.address) == place => {
                    return Err(StoreError::Conflict);
                }
                Some(_) => number += 1,
            }
        }
    }
}

fn decides(chat: &Address, rank: Rank) -> Result<(), Refusal> {
    match (chat.kind, rank) {
        (ChatKind::Direct, _) | (_, Rank::Decides) => Ok(()),
        (_, Rank::Unknown) => Err(ChannelRefusal::RankUntold.into()),
        _ => Err(Refusal::NotChatAdministrator),
    }
}
