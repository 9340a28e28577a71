//! Chats with very many topics: what is more than one commit takes changes in steps, each a commit of its own, until
//! the rest fits beside what else is decided. Whoever died on the way finds some of the topics, and goes on.

use super::Desk;
use crate::model::{Changes, Standing, Stored as _, Subscriber, TopicId, Versioned};
use crate::store::StoreError;
use std::collections::BTreeSet;

/// How many keys of a commit a subscriber may take; the others are for what is decided with it.
const ROOM: usize = Changes::KEYS_MAX - 28;

/// How many topics come in one step, and how many go. Each takes two keys: a place and a count.
const TOPICS: usize = 16;

impl Desk {
    /// Adds to `changes` that a subscriber becomes `now`, once it is near enough to that.
    pub(super) async fn becomes(
        &self,
        changes: &mut Changes,
        known: Option<Versioned<Subscriber>>,
        now: Subscriber,
    ) -> Result<(), StoreError> {
        let known = self.nearer(known, &now).await?;
        changes.append(change(known.as_ref(), now));
        Ok(())
    }

    /// Brings a subscriber so near to `now` that the rest fits into a commit beside other things. Gives it as it
    /// stands then.
    pub(super) async fn nearer(
        &self,
        mut known: Option<Versioned<Subscriber>>,
        now: &Subscriber,
    ) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        while let Some(step) = step(known.as_ref(), now) {
            self.store.commit(change(known.as_ref(), step.clone())).await?;
            known = self.reads().find(&now.key()).await?;
            if known.as_ref().is_none_or(|known| known.value != step) {
                return Err(StoreError::Conflict);
            }
        }
        Ok(known)
    }
}

/// What is changed where a subscriber becomes `now`.
pub(super) fn change(known: Option<&Versioned<Subscriber>>, now: Subscriber) -> Changes {
    let mut changes = Changes::new();
    match known {
        Some(old) => changes.update(old, now),
        None => changes.insert(now),
    }
    changes
}

/// The next step towards `now`; `None` where the rest is one. Topics that go come before those that come; where
/// another language or address has them counted otherwise, all of them go.
fn step(known: Option<&Versioned<Subscriber>>, now: &Subscriber) -> Option<Subscriber> {
    if change(known, now.clone()).keys() <= ROOM {
        return None;
    }
    let counted = |s: &Subscriber| match s.standing {
        Standing::Active => s.topics.clone(),
        _ => BTreeSet::new(),
    };
    let (had, has) = (known.map(|old| counted(old)).unwrap_or_default(), counted(now));
    let alike = |old: &&Versioned<Subscriber>| (&old.address, old.lang) == (&now.address, now.lang);
    let stay: BTreeSet<TopicId> = known.filter(alike).map(|_| &had & &has).unwrap_or_default();
    if let Some(old) = known.filter(|_| had.len() > stay.len() + TOPICS) {
        let go: BTreeSet<TopicId> = had.difference(&stay).take(TOPICS).cloned().collect();
        return Some(Subscriber { topics: &had - &go, ..old.value.clone() });
    }
    let come = has.difference(&stay).take(TOPICS).cloned();
    Some(Subscriber { topics: stay.iter().cloned().chain(come).collect(), ..now.clone() })
}
