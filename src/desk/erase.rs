//! T25: what is somebody's is erased, and what remains is told.
//!
//! Erasing goes one suggestion a commit, and is safe to repeat: a process that dies on the way has erased
//! what it has, and the same wish again goes on with the rest.

use super::{Actor, Call, Desk, DeskError, events};
use crate::model::{
    Act, Address, At, Changes, ChatKind, Delivery, DeliveryId, Index, Kind, MemberKey, Notice,
    NoticeTo, Phase, Return, Segments, Shred, Standing, Subscriber, Suggestion, SuggestionId,
    Tries, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{Kept, PastRefusal, Refusal, TriageSays};
use std::collections::BTreeSet;

/// What was erased, and what remains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// How many suggestions and drafts were erased.
    pub suggestions: usize,
    /// How many subscriptions of their own ended.
    pub subscriptions: usize,
    /// What remains.
    pub kept: Vec<Kept>,
}

/// What is left of a reader who must not be brought along again: that they left.
fn away(own: &Subscriber, at: At) -> Subscriber {
    let standing = Standing::Ended { at, reason: String::new() };
    Subscriber { title: String::new(), topics: BTreeSet::new(), standing, ..own.clone() }
}

/// Whether nothing but that is left.
fn is_away(own: &Subscriber) -> bool {
    let ended = matches!(&own.standing, Standing::Ended { reason, .. } if reason.is_empty());
    ended && own.title.is_empty() && own.topics.is_empty()
}

/// How many things are erased in one commit.
const PAGE: usize = 8;

/// Of how many notices the words are erased in one commit.
const NOTICES: usize = 40;

impl Desk {
    /// T25: erases everything that is the caller's, in commits of its own; safe to repeat.
    ///
    /// # Errors
    /// When nothing is left to erase, or the store fails; what was erased until then stays erased.
    pub async fn forget_me(&self, call: &mut Call) -> Result<Forgotten, DeskError> {
        let suggestions = self.erase_all_of(call.member, call.at).await?;
        if let Some(spoken) = &mut call.spoken {
            spoken.forget();
        }
        let (mut subscriptions, mut kept) = (0, vec![Kept::Counts, Kept::Platform]);
        if let Some(chat) = call.direct.clone() {
            let brings = self.office.brings.contains(&chat.account);
            let own = self.subscriber(&chat).await?;
            if let Some(own) = own.filter(|own| !(brings && is_away(own))) {
                subscriptions = 1;
                if brings {
                    // The office's list would bring them along again with the next start.
                    let away = away(&own, call.at);
                    self.becomes(&mut call.changes, Some(own), away).await?;
                    kept.push(Kept::Away);
                } else {
                    let bare = away(&own, call.at);
                    if let Some(own) = self.nearer(Some(own), &bare).await? {
                        call.changes.remove(&own);
                    }
                }
            }
            if call.staff().is_none() {
                self.forget_chat(&chat).await?;
            }
        }
        match &call.actor {
            Actor::Member(_, Some(settings)) => call.changes.remove(settings),
            Actor::Member(_, None) => {}
            Actor::Staff(_) => kept.push(Kept::Roles),
        }
        if suggestions == 0 && call.changes.is_empty() {
            return Err(Refusal::from(PastRefusal::NothingLeft).into());
        }
        Ok(Forgotten { suggestions, subscriptions, kept })
    }

    async fn erase_all_of(&self, member: MemberKey, at: At) -> Result<usize, StoreError> {
        let mut erased = 0;
        // Erasing takes a suggestion out of the index, so the first lines are always the next ones.
        let scan = Scan::of(Index::SuggestionsByMember, Suggestion::of_member(member), PAGE);
        loop {
            let page: Vec<Versioned<Suggestion>> = self.reads().find_all(&scan).await?;
            if page.is_empty() {
                return Ok(erased);
            }
            for suggestion in page {
                let mut changes = Changes::new();
                self.erase(&mut changes, &suggestion, at).await?;
                match self.store.commit(changes).await {
                    Ok(()) => erased += 1,
                    // It has moved on meanwhile, and is found again.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Erases one suggestion: its keys are destroyed, nothing leads to its author any more. Steps and
    /// counts stay, and whoever works on it is told.
    pub(super) async fn erase(
        &self,
        changes: &mut Changes,
        old: &Versioned<Suggestion>,
        at: At,
    ) -> Result<(), StoreError> {
        self.erase_words(old.id).await?;
        match &old.phase {
            Phase::Draft { .. } => self.remove_draft(changes, old).await?,
            Phase::Erased { .. } => events::replace(changes, old, bare(old, at)),
            phase => {
                let says = TriageSays::Erased { number: old.number.to_string() };
                self.tell_those_at_it(changes, phase, &says).await?;
                events::advance(changes, old, bare(old, at), at);
            }
        }
        Ok(())
    }

    /// Erases what was said of a suggestion and may still be owed: to its submitter, to the group where it was
    /// begun, and to staff who were shown it. In commits of its own, for staff may have been shown it any number of
    /// times.
    async fn erase_words(&self, suggestion: SuggestionId) -> Result<(), StoreError> {
        for index in [Index::NoticesOf, Index::NoticesShowing] {
            let mut after = None;
            loop {
                let of = Segments::new().id(suggestion.0).done();
                let lines = self.reads().scan(&Scan::of(index, of, NOTICES).after(after)).await?;
                let Some(last) = lines.last() else { break };
                after = Some(last.at.clone());
                let keys: Vec<_> = lines.into_iter().map(|line| line.key).collect();
                let mut changes = Changes::new();
                for notice in self.reads().find_each::<Notice>(&keys).await?.iter().flatten() {
                    if let Some(slot) = notice.body.slot() {
                        changes.ensure(Shred { slot });
                    }
                    if let Some(bare) = unlinked(notice) {
                        changes.update(notice, bare);
                    }
                }
                self.store.commit(changes).await?;
            }
        }
        Ok(())
    }

    /// Removes what was said to a member in their own chat, as far as it names the chat.
    async fn forget_chat(&self, chat: &Address) -> Result<(), StoreError> {
        let prefix = Delivery::messages_in(&chat.account, &chat.chat);
        let scan = Scan::of(Index::Messages, prefix, PAGE);
        loop {
            let mut page: Vec<Versioned<Delivery>> = self.reads().find_all(&scan).await?;
            page.dedup_by_key(|d| d.id);
            if page.is_empty() {
                return Ok(());
            }
            for delivery in page {
                let mut changes = Changes::new();
                match delivery.id {
                    DeliveryId::Notice(id) => {
                        let key = Segments::new().id(id.0).key(Kind::Notice);
                        if let Some(notice) = self.reads().find::<Notice>(&key).await? {
                            forget_notice(&mut changes, &notice);
                        }
                        changes.remove(&delivery);
                    }
                    DeliveryId::Post(..) => {
                        let bare = Delivery { sent: Vec::new(), ..delivery.value.clone() };
                        changes.update(&delivery, bare);
                    }
                }
                match self.store.commit(changes).await {
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

fn forget_notice(changes: &mut Changes, notice: &Versioned<Notice>) {
    if let Some(slot) = notice.body.slot() {
        changes.ensure(Shred { slot });
    }
    changes.remove(notice);
}

/// What is left of a notice of a suggestion that many could read: nothing in it leads to that, nor to the message in
/// which it was written, nor to who pressed. `None` for one to somebody's own chat.
fn unlinked(notice: &Notice) -> Option<Notice> {
    let NoticeTo::Open(Address { kind: ChatKind::Group | ChatKind::Channel, .. }) = notice.to
    else {
        return None;
    };
    let act = match &notice.act {
        Act::Say { .. } => Act::Say { reply_to: None },
        Act::AnswerPress { .. } => Act::AnswerPress { press: String::new() },
        amend @ Act::Amend { .. } => amend.clone(),
    };
    Some(Notice { act, buttons: Vec::new(), about: None, ..notice.clone() })
}

/// What is left of a suggestion that was erased.
fn bare(old: &Suggestion, at: At) -> Suggestion {
    Suggestion {
        member: None,
        back: Return::Erased,
        texts: Vec::new(),
        consent: None,
        secret: None,
        message: None,
        phase: Phase::Erased { at },
        answer: None,
        tries: Tries::default(),
        ..old.clone()
    }
}
