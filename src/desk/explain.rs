//! The whole story of one delivery, and the ledger of a post: who got it, who did not, and why.
//!
//! Both are of posts alone. What is said to submitters, and where they are, stands in no story.

use super::{Call, Desk, DeskError, may};
use crate::model::{
    Asked, At, ChatKind, Delivery, DeliveryId, DeliveryState, Key, Kind, Outcome, Post, PostState,
    Reach, Revision, Role, Standing, Subscriber, Usage, Versioned,
};
use crate::store::{StoreError, typed};
use crate::text::say::{Refusal, WhyEnd, WhyNote, WhySays, WhyStep, WhyTelling};
use chrono::NaiveDateTime;

/// How many lines of a ledger are read at a time.
const PAGE: usize = 500;

/// One line of the ledger: one chat and one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The revision.
    pub revision: u16,
    /// What names the chat in commands.
    pub chat: String,
    /// Its title; empty for a person's own chat.
    pub title: String,
    /// What sort of chat; empty where that is no longer known.
    pub kind: &'static str,
    /// The account through which it goes.
    pub account: String,
    /// The platform's name for the chat; empty for a person's own chat.
    pub address: String,
    /// Where it stands: `sent`, `dead`, `dropped`, `waiting`, `held`, `paused` or `in_hands`.
    pub state: &'static str,
    /// Since when it is owed.
    pub planned: Option<At>,
    /// When its state became so, where it is over.
    pub settled: Option<At>,
    /// How many messages of it the platform took.
    pub messages: usize,
    /// How many attempts failed.
    pub failures: u16,
    /// Whether it may have arrived twice.
    pub may_repeat: &'static str,
    /// Why it did not arrive.
    pub reason: String,
    /// Who brought it there, or decided that it is not, where people do; empty otherwise.
    pub by: String,
    /// For how many it was meant, how many have it, and how many do not, where the platform told; empty otherwise.
    pub reach: [String; 3],
    /// Where it stands for good, where the platform told; empty otherwise.
    pub page: String,
}

impl Desk {
    /// The whole story of what became of a post in one chat.
    ///
    /// # Errors
    /// When the chat is unknown or was never owed the post, or the caller is no editor.
    pub async fn why(&self, call: &Call, post: &Post, typed: &str) -> Result<WhySays, DeskError> {
        may(call, Role::Editor)?;
        let chat = self.chat_of(post, typed).await?;
        let name = self.chat_name(chat).await?;
        let mut tellings = Vec::new();
        let mut account = None;
        for revision in 1..=post.revision.0 {
            let id = DeliveryId::Post(post.id, Revision(revision), chat);
            if let Some(delivery) = self.reads().find::<Delivery>(&id.key()).await? {
                tellings.push(self.telling(revision, &delivery, call.at).await?);
                account = Some(delivery.value.account);
            }
        }
        let Some(account) = account else { return Err(Refusal::NotOwed(name).into()) };
        let subscriber = self.chat(chat).await?;
        let mut notes = self.notes(post, subscriber.as_ref());
        let usage = self.reads().find::<Usage>(&Usage::key_of(&account)).await?;
        let waits = tellings.iter().any(|t| matches!(t.end, WhyEnd::Due { .. }));
        if let (Some(usage), true) = (usage, waits) {
            let percent = usage.paced(call.at) / 10;
            if percent < 100 {
                notes.push(WhyNote::Slow { percent });
            }
            if let Some(hold) = usage.hold.filter(|hold| *hold > call.at) {
                notes.push(WhyNote::AccountWaits { until: self.local(hold) });
            }
        }
        let (code, title) = (post.code.to_string(), post.title.clone());
        Ok(WhySays { code, title, chat: name, account: account.0, tellings, notes })
    }

    pub(super) fn local(&self, at: At) -> NaiveDateTime {
        at.utc().with_timezone(&self.office.zone).naive_local()
    }

    async fn telling(
        &self,
        revision: u16,
        delivery: &Delivery,
        now: At,
    ) -> Result<WhyTelling, StoreError> {
        let end = match &delivery.state {
            DeliveryState::Due { at } => WhyEnd::Due { at: (*at > now).then(|| self.local(*at)) },
            DeliveryState::Leased { .. } => WhyEnd::UnderWay,
            DeliveryState::Sent { at } if delivery.carried().is_some() => {
                WhyEnd::Brought { at: self.local(*at), by: self.carrier(delivery).await? }
            }
            DeliveryState::Sent { at } => {
                WhyEnd::Sent { at: self.local(*at), messages: delivery.sent.len() }
            }
            DeliveryState::Dead { at, reason } => {
                WhyEnd::Dead { at: self.local(*at), reason: reason.clone() }
            }
            DeliveryState::Dropped { at, reason } => {
                WhyEnd::Dropped { at: self.local(*at), reason: reason.clone() }
            }
            DeliveryState::Unknown { at } => WhyEnd::Held { at: self.local(*at) },
            DeliveryState::Parked { at } => WhyEnd::Parked { at: self.local(*at) },
            DeliveryState::Handed(hand) => {
                let who = self.called_asked(&hand.asked).await?;
                WhyEnd::InHands { at: self.local(hand.since), who }
            }
        };
        let mut steps = Vec::with_capacity(delivery.attempts.len());
        for attempt in &delivery.attempts {
            steps.push((self.local(attempt.at), self.step(&attempt.outcome).await?));
        }
        Ok(WhyTelling { revision, steps, end, may_repeat: delivery.may_repeat() })
    }

    async fn step(&self, outcome: &Outcome) -> Result<WhyStep, StoreError> {
        Ok(match outcome {
            Outcome::Planned => WhyStep::Planned,
            Outcome::Taken => WhyStep::Taken,
            Outcome::Waited(until) => WhyStep::Waited(self.local(*until)),
            Outcome::Failed(what) => WhyStep::Failed(what.clone()),
            Outcome::Moved => WhyStep::Moved,
            Outcome::Refused(what) => WhyStep::Refused(what.clone()),
            Outcome::Unknown(what) => WhyStep::Unknown(what.clone()),
            Outcome::Rested => WhyStep::Rested,
            Outcome::WentOn => WhyStep::WentOn,
            Outcome::Retried => WhyStep::Retried,
            Outcome::Ruled(ruling) => WhyStep::Ruled(*ruling),
            Outcome::LeftOut(whom) => WhyStep::LeftOut(whom.clone()),
            Outcome::Handed => WhyStep::Handed,
            Outcome::Asked(Asked::Again(who)) => WhyStep::Reminded(self.called_person(*who).await?),
            Outcome::Asked(asked) => WhyStep::Asked(self.called_asked(asked).await?),
            Outcome::Posted(who) => WhyStep::Posted(self.called_person(*who).await?),
            Outcome::Skipped(who) => WhyStep::Skipped(self.called_person(*who).await?),
            Outcome::Undone(who) => WhyStep::Undone(self.called_person(*who).await?),
            Outcome::CalledOff => WhyStep::CalledOff,
            Outcome::Became(became) => WhyStep::Became(became.clone()),
        })
    }

    fn notes(&self, post: &Post, subscriber: Option<&Versioned<Subscriber>>) -> Vec<WhyNote> {
        let mut notes = Vec::new();
        match &post.state {
            PostState::Paused { why, .. } => notes.push(WhyNote::PostPaused(why.clone())),
            PostState::Withdrawn { at, .. } => {
                notes.push(WhyNote::PostWithdrawn { at: self.local(*at) });
            }
            _ => {}
        }
        match subscriber.map(|s| (&s.standing, s.topics.contains(&post.topic))) {
            None => notes.push(WhyNote::ChatGone),
            Some((Standing::Ended { at, reason }, _)) => {
                let (at, reason) = (self.local(*at), reason.clone());
                notes.push(WhyNote::Ended { at, reason });
            }
            Some((Standing::Paused { at, reason }, _)) => {
                let (at, reason) = (self.local(*at), reason.clone());
                notes.push(WhyNote::Paused { at, reason });
            }
            Some((Standing::Active, false)) => notes.push(WhyNote::TopicLeft),
            Some((Standing::Active, true)) => {}
        }
        notes
    }

    /// A page of the ledger of a post, after a line of it; and after which line the next begins.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn ledger(
        &self,
        call: &Call,
        post: &Post,
        after: Option<&Key>,
    ) -> Result<(Vec<LedgerLine>, Option<Key>), DeskError> {
        may(call, Role::Editor)?;
        let prefix = DeliveryId::of_post(post.id);
        let page = self.reads().list(Kind::Delivery, &prefix, after, PAGE).await?;
        let next = page.last().map(|last| last.value.key());
        let mut lines = Vec::with_capacity(page.len());
        for read in page {
            lines.extend(self.ledger_line(&typed::<Delivery>(read)?.value).await?);
        }
        Ok((lines, next))
    }

    async fn ledger_line(&self, delivery: &Delivery) -> Result<Option<LedgerLine>, StoreError> {
        let DeliveryId::Post(_, revision, chat) = delivery.id else { return Ok(None) };
        let subscriber = self.chat(chat).await?.map(|s| s.value);
        let (state, settled, reason) = ledger_state(&delivery.state);
        let kind = subscriber.as_ref().map(|s| s.address.kind);
        let open = subscriber.as_ref().filter(|s| s.address.kind != ChatKind::Direct);
        let planned = delivery.attempts.iter().find(|a| a.outcome == Outcome::Planned);
        let reach = delivery.reach();
        let count = |of: fn(&Reach) -> Option<u64>| {
            reach.and_then(of).map(|n| n.to_string()).unwrap_or_default()
        };
        Ok(Some(LedgerLine {
            revision: revision.0,
            chat: chat.code().to_string(),
            address: open.map(|s| s.address.chat.clone()).unwrap_or_default(),
            kind: match kind {
                Some(ChatKind::Group) => "group",
                Some(ChatKind::Channel) => "channel",
                Some(ChatKind::Direct) => "direct",
                None => "",
            },
            title: subscriber.map(|s| s.title).unwrap_or_default(),
            account: delivery.account.0.clone(),
            state,
            planned: planned.map(|a| a.at),
            settled,
            messages: delivery.sent.len(),
            failures: delivery.failures,
            may_repeat: if delivery.may_repeat() { "yes" } else { "no" },
            reason: reason.to_owned(),
            by: self.carrier(delivery).await?,
            reach: [count(|r| r.meant), count(|r| r.reached), count(|r| r.missed)],
            page: reach.and_then(|r| r.page.clone()).unwrap_or_default(),
        }))
    }
}

fn ledger_state(state: &DeliveryState) -> (&'static str, Option<At>, &str) {
    match state {
        DeliveryState::Due { .. } | DeliveryState::Leased { .. } => ("waiting", None, ""),
        DeliveryState::Parked { .. } => ("paused", None, ""),
        DeliveryState::Handed(_) => ("in_hands", None, ""),
        DeliveryState::Sent { at } => ("sent", Some(*at), ""),
        DeliveryState::Dead { at, reason } => ("dead", Some(*at), reason),
        DeliveryState::Dropped { at, reason } => ("dropped", Some(*at), reason),
        DeliveryState::Unknown { at } => ("held", Some(*at), ""),
    }
}
