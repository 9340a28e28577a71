//! Leases of many at once, by one record: what of them is still open, and what is taken for interrupted.
//!
//! A departure is written before the first of its deliveries leaves, and removed in a commit that begins only when
//! it is durable what became of the last one. *We end in between*: whoever has the account next writes the lease
//! into each delivery that still stands as the departure names it, and removes the departure, all in one commit;
//! from there on they are found as leases are that were never together. *A settlement of a round that was dropped
//! becomes durable late*: before that commit it is a conflict, and all is read again; after it, what the settlement
//! says stands. (Rounds are dropped when the process ends, and with a hold that is lost.) *A claim does so*: its departure names what did not leave, which is marked at the next beginning if it still stands so; more
//! than needed, never less.

use super::Outbox;
use crate::model::{
    AccountId, Changes, Delivery, DeliveryId, DeliveryState, Departure, Key, Stored as _, Versioned,
};
use crate::rounds::duties::Hold;
use crate::store::{Reads, StoreError};
use std::collections::HashMap;
use uuid::Uuid;

/// How often one is tried to be taken apart while settlements of before still come in; then the round begins again.
const TRIES: u32 = 4;

/// The departures of one account that are in our hands.
#[derive(Default)]
pub(super) struct Departures {
    /// With which each delivery leaves that is not settled yet.
    of: HashMap<DeliveryId, Uuid>,
    /// How many of each are not.
    open: HashMap<Uuid, usize>,
    /// Those of which everything is durable.
    over: Vec<Uuid>,
    left_behind: LeftBehind,
}

/// Whether the store may have departures that are in nobody's hands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum LeftBehind {
    #[default]
    Maybe,
    No,
}

/// A departure that is about to be written.
pub(super) struct Departing {
    name: Uuid,
    deliveries: Vec<DeliveryId>,
}

impl Departing {
    /// What has to be known of this one.
    pub(super) fn of(departure: &Departure) -> Self {
        let deliveries = departure.deliveries.iter().map(|(id, _)| *id).collect();
        Self { name: departure.name, deliveries }
    }
}

impl Departures {
    /// Notes that it is written.
    pub(super) fn begin(&mut self, departing: Departing) {
        let Departing { name, deliveries } = departing;
        self.open.insert(name, deliveries.len());
        self.of.extend(deliveries.into_iter().map(|id| (id, name)));
    }

    /// Notes that it is durable what became of this delivery.
    pub(super) fn settled(&mut self, id: DeliveryId) {
        let Some(name) = self.of.remove(&id) else { return };
        let Some(open) = self.open.get_mut(&name) else { return };
        *open -= 1;
        if *open == 0 {
            self.open.remove(&name);
            self.over.push(name);
        }
    }

    /// Adds the removal of those that are over, as far as there is room.
    pub(super) fn clear_away(&mut self, account: &AccountId, changes: &mut Changes) {
        let room = Changes::KEYS_MAX.saturating_sub(changes.keys());
        let over = self.over.drain(..room.min(self.over.len()));
        over.for_each(|name| changes.forget(Departure::key_of(account, name)));
    }

    /// Whether some are to be removed.
    pub(super) fn are_over(&self) -> bool {
        !self.over.is_empty()
    }
}

impl Outbox {
    /// The departures of an account that is begun anew: what those before left behind is leased one by one.
    ///
    /// # Errors
    /// When the store fails, or something was settled meanwhile.
    pub(super) async fn departures(
        &self,
        known: Departures,
        account: &AccountId,
        hold: &Hold,
    ) -> Result<Departures, StoreError> {
        if known.left_behind == LeftBehind::No {
            return Ok(known);
        }
        let reads: &dyn Reads = &*self.store;
        for departure in reads.all::<Departure>(&Departure::of_account(account)).await? {
            let mut tries = TRIES;
            while let Err(error) = self.part(&departure, hold).await {
                tries -= 1;
                if tries == 0 || error != StoreError::Conflict {
                    return Err(error);
                }
            }
        }
        Ok(Departures { left_behind: LeftBehind::No, ..Departures::default() })
    }

    /// Writes the lease into each that still stands as the departure names it, and removes the departure.
    async fn part(&self, departure: &Versioned<Departure>, hold: &Hold) -> Result<(), StoreError> {
        let reads: &dyn Reads = &*self.store;
        let keys: Vec<Key> = departure.deliveries.iter().map(|(id, _)| id.key()).collect();
        let mut changes = Changes::new();
        hold.fence(&mut changes);
        for delivery in reads.find_each::<Delivery>(&keys).await?.into_iter().flatten() {
            let due = matches!(delivery.state, DeliveryState::Due { .. });
            if due && departure.has(&delivery) {
                let leased = delivery.value.clone().lease(departure.by, departure.until);
                changes.update(&delivery, leased);
            }
        }
        changes.forget(departure.value.key());
        self.store.commit(changes).await
    }
}
