//! What the outbox holds in memory: for each chat a lane, in which one goes after another.
//!
//! A lane is *ready* (its first may be tried), *waiting* (not before a time) or *busy* (its first is under
//! way). At most one of a lane is under way, so a chat reads in the order in which things were due.

use super::claim::manners;
use super::prepare::Item;
use crate::model::{At, DeliveryId, Priority};
use crate::rounds::limiter::Manners;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

/// The lanes of one account.
#[derive(Default)]
pub(super) struct Lanes {
    chats: HashMap<u64, Lane>,
    ready: [VecDeque<u64>; 3],
    waiting: BTreeSet<(At, u64)>,
    /// Everything taken from the store and not yet durably given back or settled.
    known: HashSet<DeliveryId>,
    held: usize,
}

struct Lane {
    queue: VecDeque<Item>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Waiting(At),
    Busy,
}

/// What of one chat goes first.
fn rank(item: &Item) -> (Reverse<Manners>, Priority, At, DeliveryId) {
    let delivery = &item.delivery.value;
    let manners = manners(delivery.priority, item.kind);
    (Reverse(manners), delivery.priority, item.due, delivery.id)
}

impl Lanes {
    /// Notes that this delivery is in our hands.
    pub(super) fn know(&mut self, id: DeliveryId) {
        self.known.insert(id);
    }

    /// Notes that this delivery is the store's again.
    pub(super) fn forget(&mut self, id: DeliveryId) {
        self.known.remove(&id);
    }

    /// Whether this delivery is in our hands.
    pub(super) fn knows(&self, id: DeliveryId) -> bool {
        self.known.contains(&id)
    }

    /// What is in our hands, for a look at the store that passes it over.
    pub(super) fn known(&self) -> HashSet<DeliveryId> {
        self.known.clone()
    }

    /// How many stand in lanes.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// How many lanes may be tried at once, about.
    pub(super) fn startable(&self) -> usize {
        self.ready.iter().map(VecDeque::len).sum()
    }

    /// How many stand in the lane of this chat, one under way included.
    pub(super) fn ahead(&self, chat: u64) -> usize {
        self.chats.get(&chat).map_or(0, |l| l.queue.len() + usize::from(l.state == State::Busy))
    }

    /// When the first waiting lane wakes.
    pub(super) fn wake(&self) -> Option<At> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// Takes an item in, to be tried from `at` on.
    pub(super) fn admit(&mut self, item: Item, at: At, now: At) {
        let chat = item.chat;
        let priority = item.delivery.value.priority;
        self.held += 1;
        let lane = self.chats.entry(chat).or_insert_with(|| {
            let state = if at <= now { State::Ready } else { State::Waiting(at) };
            // Mostly there is one.
            Lane { queue: VecDeque::with_capacity(1), state }
        });
        let fresh = lane.queue.is_empty();
        let place = lane.queue.iter().position(|other| rank(other) > rank(&item));
        lane.queue.insert(place.unwrap_or(lane.queue.len()), item);
        match lane.state {
            State::Ready if fresh || place == Some(0) => {
                self.ready[priority as usize].push_back(chat);
            }
            State::Waiting(until) if fresh => {
                self.waiting.insert((until, chat));
            }
            _ => {}
        }
    }

    /// The lane that is to be tried next: by priority, then by the order in which they became ready.
    pub(super) fn next(&mut self, now: At) -> Option<u64> {
        self.waken(now);
        for ready in &mut self.ready {
            while let Some(chat) = ready.pop_front() {
                let lane = self.chats.get(&chat);
                if lane.is_some_and(|l| l.state == State::Ready && !l.queue.is_empty()) {
                    return Some(chat);
                }
            }
        }
        None
    }

    /// The first of a lane.
    pub(super) fn first(&self, chat: u64) -> Option<&Item> {
        self.chats.get(&chat)?.queue.front()
    }

    /// Takes the first of a lane, which is busy from now on.
    pub(super) fn take(&mut self, chat: u64) -> Option<Item> {
        let lane = self.chats.get_mut(&chat)?;
        let item = lane.queue.pop_front()?;
        lane.state = State::Busy;
        self.held -= 1;
        Some(item)
    }

    /// The lane is not tried before `at`.
    pub(super) fn postpone(&mut self, chat: u64, at: At) {
        if let Some(lane) = self.chats.get_mut(&chat) {
            lane.state = State::Waiting(at);
            self.waiting.insert((at, chat));
        }
    }

    /// What was under way in this lane is over.
    pub(super) fn done(&mut self, chat: u64) {
        let Some(lane) = self.chats.get_mut(&chat) else { return };
        match lane.queue.front() {
            None => {
                self.chats.remove(&chat);
            }
            Some(first) => {
                lane.state = State::Ready;
                self.ready[first.delivery.value.priority as usize].push_back(chat);
            }
        }
    }

    /// What was under way goes on: it stands first in its lane again.
    pub(super) fn resume(&mut self, item: Item) {
        let chat = item.chat;
        if let Some(lane) = self.chats.get_mut(&chat) {
            self.held += 1;
            lane.queue.push_front(item);
            self.done(chat);
        }
    }

    /// Takes everything that waits in a lane; what is under way stays so.
    pub(super) fn drain(&mut self, chat: u64) -> Vec<Item> {
        let Some(lane) = self.chats.get_mut(&chat) else { return Vec::new() };
        let items: Vec<_> = lane.queue.drain(..).collect();
        self.held -= items.len();
        if let State::Waiting(at) = lane.state {
            self.waiting.remove(&(at, chat));
        }
        if lane.state != State::Busy {
            self.chats.remove(&chat);
        }
        items
    }

    /// Takes everything that waits in any lane.
    pub(super) fn drain_all(&mut self) -> Vec<Item> {
        let chats: Vec<_> = self.chats.keys().copied().collect();
        chats.into_iter().flat_map(|chat| self.drain(chat)).collect()
    }

    /// Forgets everything: whoever held it has ended, and its leases are read as interrupted.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn waken(&mut self, now: At) {
        while let Some((at, chat)) = self.waiting.first().copied().filter(|(at, _)| *at <= now) {
            self.waiting.remove(&(at, chat));
            if let Some(lane) = self.chats.get_mut(&chat) {
                lane.state = State::Ready;
                if let Some(first) = lane.queue.front() {
                    self.ready[first.delivery.value.priority as usize].push_back(chat);
                }
            }
        }
    }
}
