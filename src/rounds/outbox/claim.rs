//! Taking what is due into our hands: which is leased, which waits for its turn, which nobody gets.

use super::Outbox;
use super::departures::Departing;
use super::hands::{Hands, UNDER_WAY};
use super::prepare::{Aim, Item, Load, Prepared, Says};
use super::settle::{self, Settlement};
use crate::connector::Finish;
use crate::metrics::SendCount;
use crate::model::{
    At, Changes, ChatKind, Delivery, DeliveryId, DeliveryState, Departure, PostId, Priority,
    Slot as KeySlot, Tally, Versioned,
};
use crate::rounds::limiter::{Manners, Slot, Turn};
use crate::text::Speak;
use crate::text::say::LedgerSays;
use std::collections::HashSet;
use std::time::Duration;

/// How many of one chat are kept in memory.
const LANE_MOST: usize = 8;

/// How many may wait in memory for their turn.
const PARKED_MOST: usize = 512;

/// How long a lease keeps others away (another run takes it sooner: it knows that we have ended).
const LEASE: Duration = Duration::from_mins(5);

/// How many keys of a commit one claim needs at most.
const CLAIM_KEYS: usize = 6;

/// So many are leased by one record together; fewer each by its own, which needs nothing removed afterwards.
const TOGETHER: usize = 8;

/// One commit of a page, and what it makes true.
#[derive(Default)]
pub(super) struct Claim {
    pub(super) changes: Changes,
    /// What is leased, and when it may be tried.
    pub(super) admitted: Vec<(Item, At)>,
    /// Which of those are to be leased as they stand.
    plain: Vec<usize>,
    /// By which record those are leased.
    pub(super) departure: Option<Departing>,
    /// What is the store's again.
    pub(super) given_back: Vec<DeliveryId>,
    /// The posts of which some chat will not get it.
    pub(super) failed: HashSet<PostId>,
}

impl Claim {
    /// How many keys its commit touches, at most.
    fn keys(&self) -> usize {
        self.changes.keys() + self.plain.len()
    }

    /// Everything that this commit is about.
    pub(super) fn ids(&self) -> Vec<DeliveryId> {
        let admitted = self.admitted.iter().map(|(item, _)| item.delivery.value.id);
        admitted.chain(self.given_back.iter().copied()).collect()
    }
}

/// What would be sent, to which chat.
struct Wish {
    load: Load,
    chat: u64,
    kind: ChatKind,
    due: At,
}

impl Outbox {
    /// Decides what becomes of a page, as commits of a size that the store takes.
    pub(super) fn decide(&self, hands: &mut Hands, found: Vec<Prepared>, now: At) -> Vec<Claim> {
        let mut claims = Vec::new();
        let mut claim = Claim::default();
        for prepared in found {
            let id = prepared.delivery.value.id;
            if hands.lanes.knows(id) {
                continue;
            }
            if claim.keys() + CLAIM_KEYS > Changes::KEYS_MAX {
                claims.push(self.lease(hands, std::mem::take(&mut claim), now));
            }
            hands.lanes.know(id);
            self.decide_one(hands, prepared, now, &mut claim);
        }
        if claim.keys() > 0 {
            claims.push(self.lease(hands, claim, now));
        }
        claims
    }

    /// Leases those of a claim that stand as they were read: together by one record, where they are many.
    fn lease(&self, hands: &Hands, mut claim: Claim, now: At) -> Claim {
        let plain = std::mem::take(&mut claim.plain);
        let items = plain.iter().filter_map(|place| claim.admitted.get(*place));
        let leased = items.map(|(item, _)| &item.delivery);
        if plain.len() < TOGETHER {
            leased.for_each(|leased| claim.changes.update(leased, leased.value.clone()));
            return claim;
        }
        let (account, name) = (hands.connector.account().clone(), self.clock.fresh());
        let (by, until) = (self.run, now.plus(LEASE));
        let mut departure = Departure { account, name, by, until, deliveries: Vec::new() };
        for leased in leased {
            claim.changes.check(leased);
            departure.takes(leased.value.id, leased.version);
        }
        claim.departure = Some(Departing::of(&departure));
        claim.changes.insert(departure);
        claim
    }

    fn decide_one(&self, hands: &mut Hands, prepared: Prepared, now: At, claim: &mut Claim) {
        let Prepared { delivery: read, due, aim } = prepared;
        let mut delivery = read.value.clone();
        if matches!(delivery.state, DeliveryState::Leased { .. }) && stays_in(hands) {
            delivery = delivery.release(due);
        } else if matches!(delivery.state, DeliveryState::Leased { .. }) {
            // Leased and not in our hands: whoever held it ended before it was settled.
            self.metrics.sent(hands.connector.platform(), SendCount::Unknown);
            let what = LedgerSays::Interrupted.say(self.settings.ledger);
            delivery = delivery.settle_unknown(now, what, hands.policy, due);
            if matches!(delivery.state, DeliveryState::Unknown { .. }) {
                hands.held += 1;
                return conclude(claim, &read, delivery, Some(Tally::Unknown), None);
            }
        }
        match aim {
            Aim::Drop(why) => {
                let dropped = delivery.settle_dropped(now, why.say(self.settings.ledger));
                conclude(claim, &read, dropped, Some(Tally::Dropped), None);
            }
            Aim::Park => conclude(claim, &read, delivery.park(now), None, None),
            Aim::Dead(why, shred) => {
                let dead = delivery.settle_dead(now, why.say(self.settings.ledger));
                conclude(claim, &read, dead, Some(Tally::Dead), shred);
            }
            Aim::Send { load, chat, kind } => {
                let wish = Wish { load, chat, kind, due };
                self.lease_or_defer(hands, claim, (&read, delivery), wish, now);
            }
        }
    }

    fn lease_or_defer(
        &self,
        hands: &mut Hands,
        claim: &mut Claim,
        (read, delivery): (&Versioned<Delivery>, Delivery),
        wish: Wish,
        now: At,
    ) {
        let id = delivery.id;
        match turn(hands, claim, delivery.priority, &wish, now) {
            Slot::Soon(at) => {
                let plain = stands(read) && delivery == read.value;
                let leased = delivery.lease(self.run, now.plus(LEASE));
                if plain {
                    claim.plain.push(claim.admitted.len());
                } else {
                    claim.changes.update(read, leased.clone());
                }
                let delivery = Versioned { version: read.version, value: leased };
                let Wish { load, chat, kind, due } = wish;
                claim.admitted.push((Item { delivery, due, load, chat, kind }, at));
            }
            Slot::Later(at) => {
                let deferred = delivery.lease(self.run, now).release(at);
                claim.changes.update(read, deferred);
                claim.given_back.push(id);
            }
        }
    }
}

/// Gives everything that waits in this chat's lane back, each with a turn of its own.
pub(super) fn give_back(hands: &mut Hands, chat: u64, now: At) -> Vec<Settlement> {
    let items = hands.lanes.drain(chat);
    let back = |item: Item| {
        let at = hands.limiter.reserve(chat, item.kind, now);
        Settlement::released(item.delivery.value, at)
    };
    items.into_iter().map(back).collect()
}

/// Whether nobody but the outbox writes this delivery while it is under way: it is due, and no part of it lies in a
/// chat, from where it could be taken away.
fn stands(delivery: &Delivery) -> bool {
    matches!(delivery.state, DeliveryState::Due { .. }) && delivery.sent.is_empty()
}

/// Whether what is sent through the account does not leave the house: that it was interrupted then leaves no doubt.
fn stays_in(hands: &Hands) -> bool {
    hands.connector.finish(ChatKind::Group) == Finish::Handed
}

fn turn(hands: &mut Hands, claim: &Claim, priority: Priority, wish: &Wish, now: At) -> Slot {
    if matches!(wish.load.says, Says::Press { .. }) {
        return Slot::Soon(now);
    }
    let page = claim.admitted.iter().filter(|(item, _)| item.chat == wish.chat).count();
    let ahead = hands.lanes.ahead(wish.chat) + page;
    let manners = if priority == Priority::Bulk { Manners::Queues } else { Manners::Overtakes };
    let turn = Turn { ahead, due: wish.due, manners };
    let slot = hands.limiter.turn(wish.chat, wish.kind, turn, now);
    let parked = hands.lanes.held() + claim.admitted.len() >= PARKED_MOST + UNDER_WAY * 64;
    match slot {
        // Where no rate spaces them out, a long queue of one chat must still leave room for others.
        Slot::Soon(_) if ahead >= LANE_MOST => Slot::Later(now.plus(Duration::from_secs(1))),
        Slot::Soon(at) if at > now && parked => Slot::Later(at),
        slot => slot,
    }
}

fn conclude(
    claim: &mut Claim,
    read: &Versioned<Delivery>,
    end: Delivery,
    tally: Option<Tally>,
    shred: Option<KeySlot>,
) {
    claim.given_back.push(end.id);
    if let (Some(Tally::Dead), DeliveryId::Post(post, ..)) = (tally, end.id) {
        claim.failed.insert(post);
    }
    if let Some(tally) = tally {
        settle::count(&mut claim.changes, end.id, tally, shred);
    }
    claim.changes.update(read, end);
}
