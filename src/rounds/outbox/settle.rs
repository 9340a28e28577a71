//! Writing down what became of what was in our hands, many in one commit.
//!
//! A leased delivery has one writer: the run that holds the lease. So a settlement replaces whatever is
//! there, and needs no version.

use super::prepare::Item;
use crate::model::{
    AccountId, At, Change, Changes, Delivery, DeliveryId, Expect, Place, PostId, Shred, Slot,
    Stored as _, Tally,
};

/// How a delivery that was in our hands goes on.
pub(super) struct Settlement {
    /// What led to it before.
    was: Vec<Place>,
    new: Delivery,
    tally: Option<Tally>,
    shred: Option<Slot>,
    pub(super) then: Then,
    /// Whether a request had left for it.
    pub(super) left: Left,
}

/// What follows once it is durable.
pub(super) enum Then {
    /// It is the store's again.
    GivenBack,
    /// Its next part is sent.
    Next(Box<Item>),
}

/// Whether a request had left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    Yes,
    No,
}

impl Settlement {
    /// It was tried, and stands thus now.
    pub(super) fn tried(old: &Delivery, new: Delivery) -> Self {
        Self::step(old.places(), new)
    }

    /// The same, where `was` led to it before.
    pub(super) fn step(was: Vec<Place>, new: Delivery) -> Self {
        let then = Then::GivenBack;
        Self { was, new, tally: None, shred: None, then, left: Left::Yes }
    }

    /// It was not tried, and is due again at `at`.
    pub(super) fn released(leased: Delivery, at: At) -> Self {
        let was = leased.places();
        Self { left: Left::No, ..Self::step(was, leased.release(at)) }
    }

    /// Counts for its post as this.
    pub(super) fn counted(mut self, tally: Tally) -> Self {
        self.tally = Some(tally);
        self
    }

    /// What was sealed for it is destroyed.
    pub(super) fn shredding(mut self, slot: Option<Slot>) -> Self {
        self.shred = slot;
        self
    }

    /// Its next part is sent once this is durable.
    pub(super) fn then_next(mut self, item: Item) -> Self {
        self.then = Then::Next(Box::new(item));
        self
    }

    /// Of which delivery.
    pub(super) fn id(&self) -> DeliveryId {
        self.new.id
    }

    /// The post of which one more chat will not get it.
    pub(super) fn failed(&self) -> Option<PostId> {
        match (self.new.id, self.tally) {
            (DeliveryId::Post(post, ..), Some(Tally::Dead)) => Some(post),
            _ => None,
        }
    }

    /// Of which account.
    pub(super) const fn account(&self) -> &AccountId {
        &self.new.account
    }

    /// What it changes.
    pub(super) fn add_to(&self, changes: &mut Changes) {
        let change = Change::of(self.new.clone(), Expect::Whatever, &self.was);
        changes.changes.push(change);
        if let Some(tally) = self.tally {
            count(changes, self.new.id, tally, self.shred);
        }
    }
}

/// Adds to the counts of the delivery's post, and orders what was sealed for it to be destroyed.
pub(super) fn count(changes: &mut Changes, id: DeliveryId, tally: Tally, shred: Option<Slot>) {
    if let DeliveryId::Post(post, ..) = id {
        changes.add(tally.of(post), 1);
    }
    if let Some(slot) = shred {
        changes.ensure(Shred { slot });
    }
}
