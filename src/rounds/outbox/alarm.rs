//! Telling staff, and what becomes of subscriptions that no longer take anything.

use super::Outbox;
use super::settle::Settlement;
use crate::model::{
    Act, Address, At, Changes, ChatKind, Delivery, DeliveryId, Index, Kind, Notice, NoticeBody,
    NoticeId, NoticeTo, Person, Priority, Role, SealedAddress, Segments, Standing, Subscriber,
    Versioned,
};
use crate::rounds::duties::Hold;
use crate::store::{Reads, Scan, StoreError};
use crate::text::Speak;
use crate::text::say::AlarmSays;
use std::sync::Arc;

/// How many of the staff are told.
const STAFF_MOST: usize = 8;

/// How many subscriptions of one chat move in one commit; others follow with their next delivery.
const MOVED_MOST: usize = 6;

/// How many keys of a commit are kept free for what else it holds.
const SPARE: usize = 4;

/// How often a change that others were faster than is decided again.
const TRIES: usize = 8;

/// What a platform's answer means for the subscription.
#[derive(Clone)]
pub(super) enum Mend {
    /// The chat goes on elsewhere.
    Moved { from: Arc<Address>, to: Address },
    /// It takes nothing any more.
    Ended(String),
    /// It takes nothing for now.
    Paused(String),
    /// It failed too often, or never can be taken: nothing becomes of the subscription, and staff are told.
    GivenUp(String),
}

impl Outbox {
    /// Settles a delivery together with what its outcome means for the subscription.
    pub(super) async fn mend(
        &self,
        settlement: &Settlement,
        mend: Mend,
        hold: &Hold,
    ) -> Result<(), StoreError> {
        let own = || {
            let mut changes = Changes::new();
            hold.fence(&mut changes);
            settlement.add_to(&mut changes);
            changes
        };
        for _ in 0..TRIES {
            let (mut changes, mut alarm) = (own(), Changes::new());
            match &mend {
                Mend::Moved { from, to } => {
                    self.moved(settlement.id(), from, to, &mut changes).await?;
                }
                Mend::GivenUp(reason) => self.given_up(settlement, reason, &mut changes).await?,
                Mend::Ended(reason) | Mend::Paused(reason) => {
                    let both = (&mut changes, &mut alarm);
                    self.stopped(settlement.id(), &mend, reason, both).await?;
                }
            }
            if changes.keys() > Changes::KEYS_MAX {
                tracing::error!(
                    "a subscription has too many topics to be changed at once, and stays"
                );
                changes = own();
            }
            match self.commit_with(changes, alarm).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        // Somebody keeps changing the subscription; the delivery's own state must not wait for that.
        self.store.commit(own()).await
    }

    /// Both in one commit where that fits; otherwise the alarm follows in one of its own.
    async fn commit_with(&self, mut changes: Changes, alarm: Changes) -> Result<(), StoreError> {
        if changes.has_room(&alarm, 0) {
            changes.append(alarm);
            return self.store.commit(changes).await;
        }
        self.store.commit(changes).await?;
        // What is settled must not be settled again for the sake of what is said about it.
        if let Err(error) = self.store.commit(alarm).await {
            tracing::error!(%error, "staff could not be told that a subscription has stopped");
        }
        Ok(())
    }

    async fn stopped(
        &self,
        id: DeliveryId,
        mend: &Mend,
        reason: &str,
        (changes, alarm): (&mut Changes, &mut Changes),
    ) -> Result<(), StoreError> {
        let DeliveryId::Post(_, _, subscriber) = id else { return Ok(()) };
        let reads: &dyn Reads = &*self.store;
        let key = Subscriber::key_of(subscriber);
        let active = |s: &Versioned<Subscriber>| s.standing == Standing::Active;
        let Some(old) = reads.find::<Subscriber>(&key).await?.filter(active) else {
            // It ended already, and staff know.
            return Ok(());
        };
        let (at, reason) = (self.clock.now(), reason.to_owned());
        let title = old.title.clone();
        let (standing, says) = match mend {
            Mend::Paused(_) => (
                Standing::Paused { at, reason: reason.clone() },
                AlarmSays::SubscriptionPaused { title, reason },
            ),
            _ => (
                Standing::Ended { at, reason: reason.clone() },
                AlarmSays::SubscriptionEnded { title, reason },
            ),
        };
        changes.update(&old, Subscriber { standing, ..old.value.clone() });
        let sealed = reads.find::<SealedAddress>(&SealedAddress::key_of(subscriber)).await?;
        if let (Some(sealed), Mend::Ended(_)) = (sealed, mend) {
            // A reader who left: the address goes with them, and there is nobody whom staff could ask.
            tracing::debug!(subscriber.id = %subscriber, "a reader is not there any more");
            SealedAddress::destroy(&sealed, changes);
            return Ok(());
        }
        tracing::warn!(subscriber.id = %subscriber, "a chat takes nothing any more");
        // Readers come and go by themselves, and nobody has to mend it.
        if old.address.kind != ChatKind::Direct {
            alarm.append(self.alarm(&says).await?);
        }
        Ok(())
    }

    async fn moved(
        &self,
        id: DeliveryId,
        from: &Address,
        to: &Address,
        changes: &mut Changes,
    ) -> Result<(), StoreError> {
        let reads: &dyn Reads = &*self.store;
        let there = Segments::new().account(&from.account).text(&from.chat).done();
        let scan = Scan::of(Index::SubscriberByAddress, there, MOVED_MOST);
        for old in reads.find_all::<Subscriber>(&scan).await? {
            let address = Address { thread: old.address.thread.clone(), ..to.clone() };
            let mut new = Subscriber { address, ..old.value.clone() };
            let place = Subscriber::by_address(&new.address);
            let other = reads.find_by::<Subscriber>(place.index, place.at).await?;
            let mut one = Changes::new();
            if let Some(other) = other.filter(|o| o.id != new.id && o.address == new.address) {
                // The chat had subscribed again under its new name: it is one subscriber from now on.
                new.topics.extend(other.topics.iter().cloned());
                one.remove(&other);
            }
            one.update(&old, new);
            if !changes.has_room(&one, SPARE) {
                tracing::error!("subscriptions have too many topics to be moved at once");
                break;
            }
            changes.append(one);
        }
        if let DeliveryId::Notice(notice) = id {
            let key = Segments::new().id(notice.0).key(Kind::Notice);
            if let Some(old) = reads.find::<Notice>(&key).await? {
                changes
                    .update(&old, Notice { to: NoticeTo::Open(to.clone()), ..old.value.clone() });
            }
        }
        tracing::info!(delivery.chat = self.hasher.chat(&to.account, &to.chat), "a chat has moved");
        Ok(())
    }

    /// What tells staff: a notice for each administrator and editor who has a chat of their own with us.
    pub(super) async fn alarm(&self, says: &AlarmSays) -> Result<Changes, StoreError> {
        let roles = [Role::Administrator, Role::Editor];
        self.tell_those(roles, says, |_| NoticeId(self.clock.fresh())).await
    }

    /// What tells those of the staff who have one of these roles, in notices of these names; one that is
    /// owed already stays the only one.
    pub(super) async fn tell_those(
        &self,
        roles: [Role; 2],
        says: &AlarmSays,
        name: impl Fn(&Person) -> NoticeId + Send,
    ) -> Result<Changes, StoreError> {
        let now = self.clock.now();
        let mut changes = Changes::new();
        for person in self.staff(roles).await? {
            let id = name(&person);
            let Some(direct) = person.direct else { continue };
            let account = direct.account.clone();
            changes.ensure(notice(id, direct, says.doc(person.lang), now));
            changes.ensure(Delivery::due(DeliveryId::Notice(id), account, Priority::Answer, now));
        }
        Ok(changes)
    }

    /// Tells staff, and nothing else.
    pub(in crate::rounds) async fn tell(&self, says: AlarmSays) -> Result<(), StoreError> {
        let changes = self.alarm(&says).await?;
        if changes.is_empty() { Ok(()) } else { self.store.commit(changes).await }
    }

    /// Those of the staff who have one of these roles and a chat of their own with us.
    async fn staff(&self, roles: [Role; 2]) -> Result<Vec<Person>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let staff = reads.all::<Person>(&[]).await?.into_iter().map(|read| read.value);
        let sees = |p: &Person| roles.iter().any(|r| p.roles.contains(r)) && p.direct.is_some();
        Ok(staff.filter(sees).take(STAFF_MOST).collect())
    }
}

/// Words to one of the staff.
fn notice(id: NoticeId, to: Address, body: crate::model::Document, at: At) -> Notice {
    Notice {
        id,
        to: NoticeTo::Open(to),
        act: Act::Say { reply_to: None },
        body: NoticeBody::Open(body),
        buttons: Vec::new(),
        prompt: None,
        about: None,
        at,
    }
}
