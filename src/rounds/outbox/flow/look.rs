//! When the queue is looked at, and how what was found comes into the lanes.

use super::{AGAIN, Event, Flow};
use crate::model::{At, Priority};
use crate::rounds::outbox::claim::Claim;
use crate::rounds::outbox::hands::{Hands, Health, UNDER_WAY};
use crate::rounds::outbox::prepare::{Look, Looked, Marks};
use crate::rounds::outbox::settle::Settlement;
use crate::store::StoreError;

/// How many are claimed by one look.
const PAGE: usize = 128;

/// Every so often a look begins at the front again, of the queues of what somebody waits for, and of all queues: in
/// the long one there lies what was settled since, which costs time to pass over.
const LOOKS_ONWARD: (u32, u32) = (8, 64);

/// A part of what a look found, and whether it is ours.
pub(in crate::rounds::outbox) struct Claimed {
    claim: Claim,
    result: Result<(), StoreError>,
}

/// Whether the store has to be looked at.
pub(super) enum Gaze {
    Wanted,
    UnderWay,
    /// Nothing more is due; something is at this time, if ever.
    Dry(Option<At>),
}

impl Flow<'_> {
    pub(super) fn look_more(&mut self, hands: &mut Hands, now: At) {
        let parallel = hands.parallel();
        let startable = hands.lanes.startable();
        // One look at a time, and none while what it found is on its way: it may fill the lanes.
        let busy = !matches!(self.gaze, Gaze::Wanted) || !self.page.is_empty();
        if busy || startable > parallel + parallel / 2 {
            return;
        }
        let full = hands.lanes.held() >= parallel * UNDER_WAY + 1024;
        let want = hands.limiter.room(now, parallel * 2).saturating_sub(startable).min(PAGE);
        if want == 0 || full || (hands.health == Health::Probing && self.under_way > 0) {
            return;
        }
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(LOOKS_ONWARD.1) {
            self.marks = Marks::default();
        } else if self.looks.is_multiple_of(LOOKS_ONWARD.0) {
            let bulk = self.marks[Priority::Bulk as usize].take();
            self.marks = Marks::default();
            self.marks[Priority::Bulk as usize] = bulk;
        }
        let look = Look {
            connector: hands.connector.clone(),
            known: hands.lanes.known(),
            marks: std::mem::take(&mut self.marks),
            front: self.outbox.spares_front().then(|| hands.queue.front(now)).flatten(),
            want,
            now,
        };
        let outbox = self.outbox;
        self.gaze = Gaze::UnderWay;
        self.events.push(Box::pin(async move { Event::Looked(outbox.look(look).await) }));
    }

    pub(super) fn looked(&mut self, hands: &mut Hands, looked: Looked, now: At) {
        self.marks = looked.marks;
        hands.queue.looked(looked.found.len(), looked.fronted, now);
        if looked.found.is_empty() {
            self.gaze = Gaze::Dry(looked.next);
            return;
        }
        self.gaze = Gaze::Wanted;
        for mut claim in self.outbox.decide(hands, looked.found, now) {
            let (store, place) = (self.outbox.store.clone(), self.page.len());
            self.page.push(None);
            let mut changes = std::mem::take(&mut claim.changes);
            self.hold.fence(&mut changes);
            self.events.push(Box::pin(async move {
                let result = store.commit(changes).await;
                Event::Claimed(place, Claimed { claim, result })
            }));
        }
    }

    /// What a page found comes into the lanes together and in its order, whichever commit ended first.
    pub(super) fn arrived(
        &mut self,
        hands: &mut Hands,
        (place, claimed): (usize, Claimed),
        now: At,
    ) -> Result<(), StoreError> {
        self.page[place] = Some(claimed);
        if self.page.iter().any(Option::is_none) {
            return Ok(());
        }
        for Claimed { claim, result } in std::mem::take(&mut self.page).into_iter().flatten() {
            self.claimed(hands, claim, result, now)?;
        }
        Ok(())
    }

    fn claimed(
        &mut self,
        hands: &mut Hands,
        claim: Claim,
        result: Result<(), StoreError>,
        now: At,
    ) -> Result<(), StoreError> {
        match result {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                // Somebody changed one of the page: all of it is read again.
                claim.ids().into_iter().for_each(|id| hands.lanes.forget(id));
                self.marks = Marks::default();
                return Ok(());
            }
            Err(StoreError::Unavailable(_)) => {
                // None of it was leased, so none of it leaves.
                claim.ids().into_iter().for_each(|id| hands.lanes.forget(id));
                self.marks = Marks::default();
                self.gaze = Gaze::Dry(Some(now.plus(AGAIN)));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        self.brake(claim.failed);
        claim.given_back.iter().for_each(|id| hands.lanes.forget(*id));
        for (item, at) in claim.admitted {
            if let Health::Shut(_) = hands.health {
                let due = item.due;
                self.outcomes.push_back(Settlement::released(item.delivery.value, due));
            } else {
                hands.lanes.admit(item, at, now);
            }
        }
        Ok(())
    }

    /// The store is looked at again although nothing more was due.
    pub(super) fn look_again(&mut self) {
        if let Gaze::Dry(_) = self.gaze {
            self.gaze = Gaze::Wanted;
        }
    }
}
