//! Taking what is due into our hands: which is leased, which waits for its turn, which nobody gets.

use super::Outbox;
use super::hands::{Hands, UNDER_WAY};
use super::outcome::policy_of;
use super::prepare::{Aim, Item, Load, Prepared, Says};
use super::settle::{self, Settlement};
use crate::connector::Finish;
use crate::metrics::SendCount;
use crate::model::{
    At, Change, Changes, ChatKind, Delivery, DeliveryId, DeliveryState, Expect, Place, PostId,
    Priority, Slot as KeySlot, Stored as _, Tally, Version, Versioned,
};
use crate::rounds::limiter::{Manners, Slot, Turn};
use crate::text::Speak;
use crate::text::say::LedgerSays;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How many of one chat are kept in memory.
const LANE_MOST: usize = 8;

/// How many may wait in memory for their turn.
const PARKED_MOST: usize = 512;

/// How long a lease keeps others away (another run takes it sooner: it knows that we have ended).
const LEASE: Duration = Duration::from_mins(5);

/// How many keys of a commit one claim needs at most.
const CLAIM_KEYS: usize = 6;

/// One commit of a page, and what it makes true.
#[derive(Default)]
pub(super) struct Claim {
    pub(super) changes: Changes,
    /// What is leased, and when it may be tried.
    pub(super) admitted: Vec<(Item, At)>,
    /// What is the store's again.
    pub(super) given_back: Vec<DeliveryId>,
    /// The posts of which some chat will not get it.
    pub(super) failed: HashSet<PostId>,
}

impl Claim {
    /// Everything that this commit is about.
    pub(super) fn ids(&self) -> Vec<DeliveryId> {
        let admitted = self.admitted.iter().map(|(item, _)| item.delivery.value.id);
        admitted.chain(self.given_back.iter().copied()).collect()
    }
}

/// What one look has brought so far, over all its commits.
#[derive(Default)]
struct Page {
    by_chat: HashMap<u64, usize>,
    all: usize,
}

impl Page {
    fn of(&self, chat: u64) -> usize {
        self.by_chat.get(&chat).copied().unwrap_or_default()
    }

    fn admit(&mut self, chat: u64) {
        *self.by_chat.entry(chat).or_default() += 1;
        self.all += 1;
    }
}

/// What would be sent, to which chat.
struct Wish {
    load: Load,
    chat: u64,
    kind: ChatKind,
    due: At,
}

/// A delivery as it was read.
struct Was {
    version: Version,
    places: Vec<Place>,
}

impl Was {
    fn becomes(&self, new: Delivery, changes: &mut Changes) {
        let change = Change::of(new, Expect::Version(self.version), &self.places);
        changes.changes.push(change);
    }
}

impl Outbox {
    /// Decides what becomes of a page, as commits of a size that the store takes.
    pub(super) fn decide(
        &self,
        hands: &mut Hands,
        mut found: Vec<Prepared>,
        now: At,
    ) -> Vec<Claim> {
        let (mut claims, mut page) = (Vec::new(), Page::default());
        let mut claim = Claim::default();
        // Whoever comes first has its turn first.
        found.sort_by_key(|prepared| !precedes(prepared));
        for prepared in found {
            let id = prepared.delivery.value.id;
            if hands.lanes.knows(id) {
                continue;
            }
            if claim.changes.keys() + CLAIM_KEYS > Changes::KEYS_MAX {
                claims.push(std::mem::take(&mut claim));
            }
            hands.lanes.know(id);
            self.decide_one(hands, (&mut page, &mut claim), prepared, now);
        }
        if !claim.changes.is_empty() {
            claims.push(claim);
        }
        claims
    }

    fn decide_one(
        &self,
        hands: &mut Hands,
        (page, claim): (&mut Page, &mut Claim),
        prepared: Prepared,
        now: At,
    ) {
        let Prepared { delivery: read, due, aim } = prepared;
        let id = read.value.id;
        let was = Was { version: read.version, places: read.value.places() };
        let mut delivery = read.value;
        if matches!(delivery.state, DeliveryState::Leased { .. }) && stays_in(hands) {
            delivery = delivery.release(due);
        } else if matches!(delivery.state, DeliveryState::Leased { .. }) {
            // Leased and not in our hands: whoever held it ended before it was settled.
            self.metrics.sent(hands.connector.platform(), SendCount::Unknown);
            let what = LedgerSays::Interrupted.say(self.settings.ledger);
            let policy = policy_of(id, hands.policy);
            delivery = delivery.settle_unknown(now, what, policy, due);
            if matches!(delivery.state, DeliveryState::Unknown { .. }) {
                hands.held += 1;
                return conclude(claim, &was, delivery, Some(Tally::Unknown), None);
            }
        }
        match aim {
            Aim::Drop(why) => {
                let dropped = delivery.settle_dropped(now, why.say(self.settings.ledger));
                conclude(claim, &was, dropped, Some(Tally::Dropped), None);
            }
            Aim::Park(post, version) => {
                // Whoever has the post go on meanwhile would not find what is parked after that.
                let check = (post, version);
                if !claim.changes.checks.contains(&check) {
                    claim.changes.checks.push(check);
                }
                conclude(claim, &was, delivery.park(now), None, None);
            }
            Aim::Dead(why, shred) => {
                let dead = delivery.settle_dead(now, why.say(self.settings.ledger));
                conclude(claim, &was, dead, Some(Tally::Dead), shred);
            }
            Aim::Send { load, chat, kind } => {
                let wish = Wish { load, chat, kind, due };
                self.lease_or_defer(hands, (page, claim), (&was, delivery), wish, now);
            }
        }
    }

    fn lease_or_defer(
        &self,
        hands: &mut Hands,
        (page, claim): (&mut Page, &mut Claim),
        (was, delivery): (&Was, Delivery),
        wish: Wish,
        now: At,
    ) {
        let id = delivery.id;
        match turn(hands, page, delivery.priority, &wish, now) {
            Slot::Soon(at) => {
                let leased = delivery.lease(self.run, now.plus(LEASE));
                was.becomes(leased.clone(), &mut claim.changes);
                let delivery = Versioned { version: was.version, value: leased };
                let Wish { load, chat, kind, due } = wish;
                page.admit(chat);
                claim.admitted.push((Item { delivery, due, load, chat, kind }, at));
            }
            Slot::Later(at) => {
                let deferred = delivery.lease(self.run, now).release(at);
                was.becomes(deferred, &mut claim.changes);
                claim.given_back.push(id);
            }
        }
    }
}

/// Gives everything that waits in this chat's lane back, each with a turn of its own from `from` on.
pub(super) fn give_back(hands: &mut Hands, chat: u64, times: (At, At)) -> Vec<Settlement> {
    let items = hands.lanes.drain(chat);
    let back = |item: Item| {
        let at = put_back(hands, &item, times);
        Settlement::released(item.delivery.value, at)
    };
    items.into_iter().map(back).collect()
}

/// Whether what is sent through the account does not leave the house: that it was interrupted then leaves no doubt.
fn stays_in(hands: &Hands) -> bool {
    hands.connector.finish(ChatKind::Group) == Finish::Handed
}

/// When it is the turn of something again that is put back.
pub(super) fn put_back(hands: &mut Hands, item: &Item, times: (At, At)) -> At {
    let manners = manners(item.delivery.value.priority, item.kind);
    hands.limiter.put_back(item.chat, item.kind, manners, times)
}

/// What is put back and due when it was is known again as whose turn it was.
pub(super) fn keep_place(hands: &mut Hands, item: &Item) {
    let manners = manners(item.delivery.value.priority, item.kind);
    hands.limiter.keep_place(item.chat, item.kind, manners, item.due);
}

/// Whether something waits behind what was deferred before it. In a group, where anybody may have us answer any number
/// of times, an urgent post is held up by none of that.
pub(super) fn manners(priority: Priority, kind: ChatKind) -> Manners {
    match (priority, kind) {
        (Priority::Bulk, _) => Manners::Queues,
        (Priority::Urgent, ChatKind::Group | ChatKind::Channel) => Manners::Precedes,
        (Priority::Urgent, ChatKind::Direct) | (Priority::Answer, _) => Manners::Overtakes,
    }
}

/// Whether it goes before all that was found with it in the same chat.
fn precedes(prepared: &Prepared) -> bool {
    let Aim::Send { kind, .. } = prepared.aim else { return false };
    manners(prepared.delivery.value.priority, kind) == Manners::Precedes
}

fn turn(hands: &mut Hands, page: &Page, priority: Priority, wish: &Wish, now: At) -> Slot {
    if matches!(wish.load.says, Says::Press { .. }) {
        return Slot::Soon(now);
    }
    let ahead = hands.lanes.ahead(wish.chat) + page.of(wish.chat);
    let turn = Turn { ahead, due: wish.due, manners: manners(priority, wish.kind) };
    let slot = hands.limiter.turn(wish.chat, wish.kind, turn, now);
    let parked = hands.lanes.held() + page.all >= PARKED_MOST + UNDER_WAY * 64;
    match slot {
        // Where no rate spaces them out, a long queue of one chat must still leave room for others.
        Slot::Soon(_) if ahead >= LANE_MOST => Slot::Later(now.plus(Duration::from_secs(1))),
        Slot::Soon(at) if at > now && parked => Slot::Later(at),
        slot => slot,
    }
}

fn conclude(
    claim: &mut Claim,
    was: &Was,
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
    was.becomes(end, &mut claim.changes);
}
