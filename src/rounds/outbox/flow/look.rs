//! When the queue is looked at, and how what was found comes into the lanes.

use super::{AGAIN, Event, Flow};
use crate::model::At;
use crate::rounds::outbox::claim::Claim;
use crate::rounds::outbox::hands::{Hands, Health, UNDER_WAY};
use crate::rounds::outbox::prepare::{Look, Looked, Marks, only_bulk};
use crate::rounds::outbox::settle::Settlement;
use crate::store::StoreError;
use futures::future::join_all;

/// How many are claimed by one look.
const PAGE: usize = 128;

/// Every so often a look begins at the front again, of the queues of what somebody waits for, and of all queues: in
/// the long one there lies what was settled since, which costs time to pass over.
const LOOKS_ONWARD: (u32, u32) = (8, 64);

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
        if !matches!(self.gaze, Gaze::Wanted) || startable > parallel + parallel / 2 {
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
            self.marks = only_bulk(std::mem::take(&mut self.marks));
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
        let claims = self.outbox.decide(hands, looked.found, now).into_iter();
        let commits = claims.map(|mut claim| {
            let store = self.outbox.store.clone();
            let mut changes = std::mem::take(&mut claim.changes);
            self.hold.fence(&mut changes);
            async move {
                let result = store.commit(changes).await;
                (claim, result)
            }
        });
        // Nothing is looked for while a part of the page is on its way: it may fill the lanes. What it found comes
        // there together and in its order, whichever commit ended first.
        let page = join_all(commits);
        self.gaze = Gaze::UnderWay;
        self.events.push(Box::pin(async move { Event::Claimed(page.await) }));
    }

    /// All that the last look found is ours, or the store's again.
    pub(super) fn arrived(
        &mut self,
        hands: &mut Hands,
        page: Vec<(Claim, Result<(), StoreError>)>,
        now: At,
    ) -> Result<(), StoreError> {
        self.gaze = Gaze::Wanted;
        page.into_iter().try_for_each(|(claim, result)| self.claimed(hands, claim, result, now))
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
