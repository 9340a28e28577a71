//! How we stand in a chat: the platform told us that we are out of it, may not write there, may write there
//! again, or that it goes on elsewhere.
//!
//! A chat may be several subscribers, one for each thread that asked; what happens to the chat happens to all
//! of them. Staff are told in the same commit, once for the chat.

use super::{Desk, Saying};
use crate::model::{
    Address, Changes, ChatKind, Index, Lang, Role, Segments, Standing, Subscriber, TopicId,
    Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::Speak as _;
use crate::text::say::AlarmSays;
use std::collections::{BTreeMap, BTreeSet};

/// How many subscribers of one chat are read; others follow with their next delivery.
const CHAT_MOST: usize = 12;

/// How many of the staff are told.
const STAFF_MOST: usize = 8;

/// How many keys of the commit are left for what goes with it: the inbox's, and a greeting's.
const SPARE: usize = 24;

impl Desk {
    /// The platform told us that a chat has put us out, or is gone: its subscriptions end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_out(
        &self,
        changes: &mut Changes,
        chat: &Address,
        reason: String,
    ) -> Result<(), StoreError> {
        let open = |s: &Standing| !matches!(s, Standing::Ended { .. });
        let standing = Standing::Ended { at: self.clock.now(), reason: reason.clone() };
        let says = |title| AlarmSays::SubscriptionEnded { title, reason };
        self.stand(changes, chat, (open, standing), says).await?;
        Ok(())
    }

    /// The platform told us that we are still in a chat, and may not write there: its subscriptions rest.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn muted(
        &self,
        changes: &mut Changes,
        chat: &Address,
        reason: String,
    ) -> Result<(), StoreError> {
        let standing = Standing::Paused { at: self.clock.now(), reason: reason.clone() };
        let says = |title| AlarmSays::SubscriptionPaused { title, reason };
        self.stand(changes, chat, (|s| *s == Standing::Active, standing), says).await?;
        Ok(())
    }

    /// The platform told us that we may write to a chat again: subscriptions that rested go on, with the
    /// topics that they had. Returns what people call these.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn may_write_again(
        &self,
        changes: &mut Changes,
        chat: &Address,
    ) -> Result<Vec<String>, StoreError> {
        let rests = |s: &Standing| matches!(s, Standing::Paused { .. });
        let says = |title| AlarmSays::SubscriptionResumed { title };
        let topics = self.stand(changes, chat, (rests, Standing::Active), says).await?;
        Ok(topics.iter().map(|t| self.office.title(t).to_owned()).collect())
    }

    /// Changes how the chat's subscribers stand, of those whose standing is such, and tells staff if there
    /// were any. Returns the topics that this is about.
    async fn stand(
        &self,
        changes: &mut Changes,
        chat: &Address,
        (such, new): (fn(&Standing) -> bool, Standing),
        says: impl FnOnce(String) -> AlarmSays,
    ) -> Result<BTreeSet<TopicId>, StoreError> {
        let mut here = self.subscribers_of(chat).await?;
        here.retain(|s| such(&s.standing));
        let Some(first) = here.first() else { return Ok(BTreeSet::new()) };
        // Readers come and go by themselves, and nobody has to mend it.
        if chat.kind != ChatKind::Direct {
            self.alarm(changes, &says(first.title.clone())).await?;
        }
        let mut topics = BTreeSet::new();
        for old in &here {
            let mut one = Changes::new();
            one.update(old, Subscriber { standing: new.clone(), ..old.value.clone() });
            if !changes.has_room(&one, SPARE) {
                break;
            }
            changes.append(one);
            topics.extend(old.topics.iter().cloned());
        }
        Ok(topics)
    }

    /// The platform told us that a chat goes on under another address. Whoever subscribed first stays the
    /// subscriber that it was, so that what is owed to it still arrives; where the new address had
    /// subscribed as well, both are one from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn moved(
        &self,
        changes: &mut Changes,
        from: &Address,
        to: &Address,
    ) -> Result<(), StoreError> {
        for old in self.subscribers_of(from).await? {
            let address = Address { thread: old.address.thread.clone(), ..to.clone() };
            let mut now = Subscriber { address, ..old.value.clone() };
            let mut one = Changes::new();
            if let Some(other) = self.subscriber(&now.address).await?.filter(|o| o.id != now.id) {
                if other.standing == Standing::Active {
                    now.topics.extend(other.topics.iter().cloned());
                }
                one.remove(&other);
            }
            one.update(&old, now);
            if !changes.has_room(&one, SPARE) {
                break;
            }
            changes.append(one);
        }
        Ok(())
    }

    /// The subscribers that a chat is, whatever its threads.
    async fn subscribers_of(
        &self,
        chat: &Address,
    ) -> Result<Vec<Versioned<Subscriber>>, StoreError> {
        let there = Segments::new().account(&chat.account).text(&chat.chat).done();
        self.reads().find_all(&Scan::of(Index::SubscriberByAddress, there, CHAT_MOST)).await
    }

    /// Tells administrators and editors who have a chat of their own with us.
    async fn alarm(&self, changes: &mut Changes, says: &AlarmSays) -> Result<(), StoreError> {
        let mut staff: BTreeMap<(String, String), (Address, Lang)> = BTreeMap::new();
        for role in [Role::Administrator, Role::Editor] {
            for (address, lang) in self.reachable(role).await? {
                let place = (address.account.0.clone(), address.chat.clone());
                if staff.len() < STAFF_MOST {
                    staff.entry(place).or_insert((address, lang));
                }
            }
        }
        for (address, lang) in staff.values() {
            self.tell(changes, address, Saying::of(says.doc(*lang)));
        }
        Ok(())
    }
}
