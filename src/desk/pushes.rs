//! A push while it goes out: stopped, resumed, taken back, tried again; what is held is settled.
//!
//! What concerns many deliveries is only ordered here, in one commit with the post's new state; the fan-out
//! carries it out page by page.

use super::{Call, Desk, DeskError, PushReport, may};
use crate::model::{
    At, Delivery, DeliveryId, DeliveryState, FanOut, Index, Kind, Outcome, PauseReason, Post,
    PostState, Role, Ruling, Tally, Usage, Versioned, Work,
};
use crate::store::{Scan, StoreError, typed};
use crate::text::Speak as _;
use crate::text::command::Which;
use crate::text::say::{ChatName, HeldSays, LedgerSays, PostStanding, Refusal};

/// How many works of one post there may be at once: its accounts, and what else is done to it.
const WORKS: usize = 200;

/// How many deliveries are looked through for those who have a post.
const LOOKED_THROUGH: usize = 500;

/// A delivery of which nobody knows whether it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// The chat.
    pub chat: ChatName,
    /// Since when.
    pub at: At,
    /// What is known of the attempt.
    pub what: String,
}

impl HeldLine {
    /// The same in words, with times of an office's zone.
    #[must_use]
    pub fn says(self, zone: chrono_tz::Tz) -> HeldSays {
        let at = self.at.utc().with_timezone(&zone).naive_local();
        HeldSays { chat: self.chat, at, what: self.what }
    }
}

/// What came of ruling on what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruled {
    /// So many are being settled.
    All(u64),
    /// This one is settled.
    One(ChatName),
}

/// How a push stands that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// So many chats have it.
    pub sent: u64,
    /// So many would have got it that will not now.
    pub waiting: u64,
    /// Some of those who have it.
    pub some: Vec<ChatName>,
}

impl Desk {
    /// Stops a push for a while.
    ///
    /// # Errors
    /// When it is not going out, or the caller is no editor.
    pub async fn pause(&self, call: &mut Call, post: &Versioned<Post>) -> Result<u64, DeskError> {
        let by = may(call, Role::Editor)?.id;
        let report = self.report(call, post).await?;
        let state = post.state.clone().pause(PauseReason::By(by), call.at);
        let state = state.ok().filter(|_| !is_out(&report));
        let state = state.ok_or_else(|| not_going(&post.state))?;
        call.changes.update(post, Post { state, ..post.value.clone() });
        Ok(report.sent)
    }

    /// Has a push go on. What had failed until now does not stop it again.
    ///
    /// # Errors
    /// When it is not paused, or the caller is no editor.
    pub async fn resume(&self, call: &mut Call, post: &Versioned<Post>) -> Result<u64, DeskError> {
        may(call, Role::Editor)?;
        let state = post.state.clone().resume();
        let state = state.map_err(|_| Refusal::PostNotPaused(standing(&post.state)))?;
        self.begin(call, post, Work::Unpark).await?;
        self.forgive(call, post).await?;
        call.changes.update(post, Post { state, ..post.value.clone() });
        Ok(self.report(call, post).await?.waiting())
    }

    /// Takes a post back that has not gone out to all yet. Chats that have it keep it; the others will not get it.
    ///
    /// # Errors
    /// When it has gone out to all, it is over, or the caller is no editor.
    pub async fn cancel(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
    ) -> Result<Stopped, DeskError> {
        let report = self.report(call, post).await?;
        if is_out(&report) {
            let (code, sent) = (post.code.to_string(), report.sent);
            return Err(Refusal::AllOut { code, sent }.into());
        }
        self.stop(call, post, &report).await
    }

    /// Takes a post back, also one that has gone out to all: chats that have it keep it, and our own pages no longer
    /// show it.
    ///
    /// # Errors
    /// When it is over, or the caller is no editor.
    pub async fn withdraw_post(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
    ) -> Result<Stopped, DeskError> {
        let report = self.report(call, post).await?;
        self.stop(call, post, &report).await
    }

    async fn stop(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        report: &PushReport,
    ) -> Result<Stopped, DeskError> {
        let by = may(call, Role::Editor)?.id;
        let state = post.state.clone().withdraw(by, call.at).ok();
        let state = state.ok_or_else(|| Refusal::PostAlready(standing(&post.state)))?;
        if let PostState::Paused { .. } = post.state {
            // What rested is due again, and is dropped one by one: each is told in the ledger.
            self.begin(call, post, Work::Unpark).await?;
        }
        if post.state.since().is_some() && !self.office.kept.is_empty() {
            self.begin(call, post, Work::CallOff).await?;
        }
        call.changes.update(post, Post { state, ..post.value.clone() });
        let some = self.who_has(post, 5).await?;
        Ok(Stopped { sent: report.sent, waiting: report.waiting(), some })
    }

    /// Has everything tried again that was given up. Returns how many that are.
    ///
    /// # Errors
    /// When nothing was given up, the post is not out or going out, or the caller is no editor.
    pub async fn retry(&self, call: &mut Call, post: &Versioned<Post>) -> Result<u64, DeskError> {
        may(call, Role::Editor)?;
        let tried = matches!(
            post.state,
            PostState::Publishing { .. } | PostState::Published { .. } | PostState::Paused { .. }
        );
        if !tried {
            return Err(not_going(&post.state).into());
        }
        let dead = self.tally_of(post, Tally::Dead).await?;
        if dead == 0 {
            return Err(Refusal::NothingFailed.into());
        }
        self.begin(call, post, Work::Retry).await?;
        // Whoever has it go on at the same moment forgives as well.
        call.changes.check(post);
        self.forgive(call, post).await?;
        Ok(dead)
    }

    /// What is held of a post because nobody knows whether it arrived, at most `limit`; and how many.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn unsettled(
        &self,
        call: &Call,
        post: &Post,
        limit: usize,
    ) -> Result<(Vec<HeldLine>, u64), DeskError> {
        may(call, Role::Editor)?;
        let count = self.tally_of(post, Tally::Unknown).await?;
        let mut lines = Vec::new();
        let (mut after, prefix) = (None, Delivery::troubled(post.id));
        while count > 0 && lines.len() < limit {
            let scan = Scan::of(Index::Troubled, prefix.clone(), 100).after(after);
            let page = self.reads().scan(&scan).await?;
            for line in &page {
                let Some(delivery) = self.reads().find::<Delivery>(&line.key).await? else {
                    continue;
                };
                if let Some(held) = self.held_line(&delivery).await?
                    && lines.len() < limit
                {
                    lines.push(held);
                }
            }
            match page.last() {
                Some(last) if page.len() == 100 => after = Some(last.at.clone()),
                _ => break,
            }
        }
        Ok((lines, count))
    }

    async fn held_line(&self, delivery: &Delivery) -> Result<Option<HeldLine>, StoreError> {
        let (DeliveryState::Unknown { at }, DeliveryId::Post(.., chat)) =
            (&delivery.state, delivery.id)
        else {
            return Ok(None);
        };
        let what = delivery.attempts.iter().rev().find_map(|a| match &a.outcome {
            Outcome::Unknown(what) => Some(what.clone()),
            _ => None,
        });
        let chat = self.chat_name(chat).await?;
        Ok(Some(HeldLine { chat, at: *at, what: what.unwrap_or_default() }))
    }

    /// A person says what became, or is to become, of what is held.
    ///
    /// # Errors
    /// When nothing such is held, or the caller is no editor.
    pub async fn rule(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        which: &Which,
        ruling: Ruling,
    ) -> Result<Ruled, DeskError> {
        may(call, Role::Editor)?;
        match which {
            Which::All => {
                let count = self.tally_of(post, Tally::Unknown).await?;
                if count == 0 {
                    return Err(Refusal::NothingHeld.into());
                }
                self.begin(call, post, Work::Rule(ruling)).await?;
                Ok(Ruled::All(count))
            }
            Which::Chat(typed) => {
                let chat = self.chat_of(post, typed).await?;
                let name = self.chat_name(chat).await?;
                let id = DeliveryId::Post(post.id, post.revision, chat);
                let known = self.reads().find::<Delivery>(&id.key()).await?;
                let held =
                    |d: &Versioned<Delivery>| matches!(d.state, DeliveryState::Unknown { .. });
                let Some(old) = known.filter(held) else {
                    return Err(Refusal::NotHeld(name).into());
                };
                let reason = LedgerSays::RuledNotSent.say(self.office.lang);
                call.changes.update(&old, old.value.clone().rule(call.at, ruling, reason));
                for (tally, by) in ruling.counts() {
                    call.changes.add(tally.of(post.id), *by);
                }
                Ok(Ruled::One(name))
            }
        }
    }

    /// The accounts that use less than all of their limits after refusals in spite of them, with how much, in
    /// percent.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn slowed(&self, call: &Call) -> Result<Vec<(String, u16)>, DeskError> {
        may(call, Role::Editor)?;
        let mut slowed = Vec::new();
        for outlet in self.outlets.iter() {
            let usage = self.reads().find::<Usage>(&Usage::key_of(&outlet.account)).await?;
            let percent = usage.map_or(100, |u| u.paced(call.at) / 10);
            if percent < 100 {
                slowed.push((outlet.account.0.clone(), percent));
            }
        }
        Ok(slowed)
    }

    /// Some of the chats that have a post.
    async fn who_has(&self, post: &Post, limit: usize) -> Result<Vec<ChatName>, StoreError> {
        let prefix = DeliveryId::of_edition(post.id, post.revision);
        let page = self.reads().list(Kind::Delivery, &prefix, None, LOOKED_THROUGH).await?;
        let mut names = Vec::new();
        for read in page {
            let delivery = typed::<Delivery>(read)?.value;
            if let (DeliveryState::Sent { .. }, DeliveryId::Post(.., chat)) =
                (&delivery.state, delivery.id)
                && names.len() < limit
            {
                names.push(self.chat_name(chat).await?);
            }
        }
        Ok(names)
    }

    async fn works(&self, post: &Post) -> Result<Vec<Versioned<FanOut>>, StoreError> {
        let prefix = FanOut::of_post(post.id);
        let works = self.reads().list(Kind::FanOut, &prefix, None, WORKS).await?;
        works.into_iter().map(typed).collect()
    }

    /// Begins some work on a post's deliveries, or begins it again.
    async fn begin(&self, call: &mut Call, post: &Post, work: Work) -> Result<(), StoreError> {
        let begin = FanOut::begin(post.id, post.revision, post.topic.clone(), post.priority);
        let begin = begin.with(work);
        let known = self.works(post).await?.into_iter().find(|w| w.work == begin.work);
        match known {
            Some(known) => call.changes.update(&known, begin),
            None => call.changes.insert(begin),
        }
        Ok(())
    }

    /// From now on, only what fails from now on counts as failed.
    async fn forgive(&self, call: &mut Call, post: &Post) -> Result<(), StoreError> {
        let pairs = [(Tally::Dead, Tally::ForgivenDead), (Tally::Sent, Tally::ForgivenSent)];
        for (all, known) in pairs {
            let (all, before) = (
                self.reads().tally(&all.of(post.id)).await?,
                self.reads().tally(&known.of(post.id)).await?,
            );
            call.changes.add(known.of(post.id), all - before);
        }
        Ok(())
    }

    pub(super) async fn tally_of(&self, post: &Post, tally: Tally) -> Result<u64, StoreError> {
        let count = self.reads().tally(&tally.of(post.id)).await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

/// Whether all of a push has gone out.
fn is_out(report: &PushReport) -> bool {
    matches!(report.post.state, PostState::Published { .. }) && report.waiting() == 0
}

fn not_going(state: &PostState) -> Refusal {
    Refusal::PostNotGoing(standing(state))
}

/// Where a post stands, for whoever is told that a step is not possible.
#[must_use]
pub const fn standing(state: &PostState) -> PostStanding {
    match state {
        PostState::Publishing { .. } => PostStanding::GoingOut,
        PostState::Withdrawn { since: None, .. } => PostStanding::Discarded,
        PostState::Withdrawn { .. } => PostStanding::Withdrawn,
        PostState::Paused { .. } => PostStanding::Paused,
        PostState::Published { .. } | PostState::Corrected { .. } => PostStanding::Out,
        PostState::Draft | PostState::Submitted { .. } | PostState::Approved { .. } => {
            PostStanding::Draft
        }
        PostState::Scheduled { .. } => PostStanding::Scheduled,
    }
}
