//! How fast an account and each of its chats may be written to: sliding windows, purely.
//!
//! Wanted, and why it holds:
//!
//! 1. *No needless "too many requests".* Of every rate, at most `sends` lie within any `span`: a send is
//!    granted only when the one `sends` places before it is at least the span (and [`MARGIN`], for requests
//!    that overtake each other on the way) ago.
//! 2. *The allowed rate is used.* Nothing but the windows and the holds delays a send; the margin costs
//!    2.5 % of a window of one second, and less of longer ones.
//! 3. *A clock that jumps back neither blocks for ever nor allows a burst.* Time here is the clock's while
//!    it goes on, and stands while the clock is behind where it was; so a window stays as full as it was,
//!    and empties in its own length. A jump forward empties the windows, as a long pause would; what the
//!    platform then says is a wait.
//! 4. *Order within a chat.* Whoever must wait longer than the outbox keeps it in memory gets a slot of its
//!    own ([`Limiter::turn`]), the k-th the k-th free one; whoever comes later gets a later one, and the
//!    owner of a slot is known again by its time.
//! 5. *A restart spends nothing twice.* [`Limiter::usage`] and [`Limiter::resume`]; what was spent after the
//!    last usage was written is assumed to be a full interval.
//! 6. *Bounded memory.* A window keeps as many moments as its largest rate; chats idle beyond their
//!    longest window are forgotten; slots of a chat are at most [`SLOTS_MOST`].

use crate::connector::{Limits, Rate};
use crate::model::{AccountId, At, ChatKind, Usage};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How much longer than the platform's own a window is taken to be, in milliseconds.
pub const MARGIN: i64 = 25;

/// How many slots of one chat are remembered.
pub const SLOTS_MOST: usize = 4096;

/// How long the owner of a slot may take to come for it, in milliseconds.
const SLOT_KEPT: i64 = 60_000;

/// Windows up to this length, in milliseconds, are not written down: they are over before a restart is.
const SHORT: i64 = 2_000;

/// Whether something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// At once.
    Now,
    /// Not before this.
    NotBefore(At),
}

/// What wants to be sent to a chat, and what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// How many stand before it in memory.
    pub ahead: usize,
    /// When it had become due: an owner of a slot is known by it.
    pub due: At,
    /// Whether it waits behind what was deferred before it.
    pub manners: Manners,
}

/// Whether something waits behind what was deferred before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// It waits its turn.
    Queues,
    /// It is more urgent than what was deferred.
    Overtakes,
}

/// When it is something's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Soon enough to be kept in memory until then.
    Soon(At),
    /// So late that it had better be put back until then; the slot is its own.
    Later(At),
}

/// What was sent lately, and what may be sent next.
#[derive(Clone, Debug)]
pub struct Limiter {
    rules: Rules,
    time: Time,
    account: Window,
    chats: HashMap<u64, Chat>,
    /// How many chats there may be before idle ones are looked for.
    crowd: usize,
}

#[derive(Clone, Debug)]
struct Rules {
    account: Vec<Rate>,
    kinds: Vec<(ChatKind, Vec<Rate>)>,
}

/// The clock, as far as it goes forward.
#[derive(Clone, Debug, Default)]
struct Time {
    last: i64,
    behind: i64,
}

#[derive(Clone, Debug, Default)]
struct Window {
    sent: VecDeque<i64>,
    hold: i64,
}

#[derive(Clone, Debug)]
struct Chat {
    kind: ChatKind,
    window: Window,
    slots: VecDeque<i64>,
}

impl Time {
    fn follow(&mut self, now: At) -> i64 {
        let now = now.millis().saturating_add(self.behind);
        if now < self.last {
            self.behind = self.behind.saturating_add(self.last.saturating_sub(now));
        } else {
            self.last = now;
        }
        self.last
    }

    fn shown(&self, time: i64) -> At {
        At::from_millis(time.saturating_sub(self.behind))
    }

    fn read(&self, at: At) -> i64 {
        at.millis().saturating_add(self.behind)
    }
}

fn span(rate: &Rate) -> i64 {
    i64::try_from(rate.span.as_millis()).unwrap_or(i64::MAX / 4).saturating_add(MARGIN)
}

fn sends(rate: &Rate) -> usize {
    usize::try_from(rate.sends).unwrap_or(usize::MAX).max(1)
}

fn longest(rates: &[Rate]) -> i64 {
    rates.iter().map(span).max().unwrap_or(0)
}

/// When the next send is allowed after those at `sent`, not before `from`.
fn free(rates: &[Rate], sent: &VecDeque<i64>, from: i64) -> i64 {
    let of = |rate: &Rate| {
        let nth = sent.len().checked_sub(sends(rate))?;
        sent.get(nth).map(|at| at.saturating_add(span(rate)))
    };
    rates.iter().filter_map(of).fold(from, i64::max)
}

impl Window {
    fn free(&self, rates: &[Rate], now: i64) -> i64 {
        free(rates, &self.sent, now.max(self.hold))
    }

    fn spend(&mut self, rates: &[Rate], now: i64) {
        let kept = rates.iter().map(sends).max().unwrap_or(0);
        let over = now.saturating_sub(longest(rates));
        self.sent.push_back(now);
        while self.sent.len() > kept || self.sent.front().is_some_and(|at| *at <= over) {
            self.sent.pop_front();
        }
    }

    fn idle(&self, rates: &[Rate], now: i64) -> bool {
        let last = self.sent.back().map_or(i64::MIN, |at| at.saturating_add(longest(rates)));
        self.hold <= now && last <= now
    }

    /// How long ago what counts for the longest rate was sent. Nothing where that is over before a
    /// restart is, or so little that it never delays anything.
    fn ages(&self, rates: &[Rate], now: i64) -> Vec<u32> {
        let few = |rate: &Rate| self.sent.len() < sends(rate) / 20;
        if longest(rates) <= SHORT || rates.iter().all(few) {
            return Vec::new();
        }
        let from = now.saturating_sub(longest(rates));
        let age = |at: &i64| u32::try_from(now.saturating_sub(*at)).unwrap_or(u32::MAX);
        self.sent.iter().filter(|at| **at > from).map(age).collect()
    }
}

impl Rules {
    fn chat(&self, kind: ChatKind) -> &[Rate] {
        self.kinds.iter().find(|(k, _)| *k == kind).map_or(&[], |(_, rates)| rates)
    }
}

impl Limiter {
    /// How long something may have to wait and still be kept in memory.
    pub const SOON: Duration = Duration::from_secs(2);

    /// A limiter that knows of nothing sent yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let rules = Rules { account: limits.account.clone(), kinds: limits.chat.clone() };
        Self {
            rules,
            time: Time { last: i64::MIN / 4, behind: 0 },
            account: Window::default(),
            chats: HashMap::new(),
            crowd: 1024,
        }
    }

    /// Whether the account may send at all.
    pub fn ask_account(&mut self, now: At) -> Grant {
        let now = self.time.follow(now);
        self.grant(self.account.free(&self.rules.account, now), now)
    }

    /// Whether this chat may be written to.
    pub fn ask(&mut self, chat: u64, kind: ChatKind, now: At) -> Grant {
        let now = self.time.follow(now);
        let account = self.account.free(&self.rules.account, now);
        let chat = self.chats.get(&chat).map_or(now, |c| c.window.free(self.rules.chat(kind), now));
        self.grant(account.max(chat), now)
    }

    /// How many more sends the account may make at once, at most `most`.
    pub fn room(&mut self, now: At, most: usize) -> usize {
        let now = self.time.follow(now);
        if self.account.hold > now {
            return 0;
        }
        let room = |rate: &Rate| {
            let from = now.saturating_sub(span(rate));
            let before = self.account.sent.partition_point(|at| *at <= from);
            sends(rate).saturating_sub(self.account.sent.len() - before)
        };
        self.rules.account.iter().map(room).fold(most, usize::min)
    }

    /// Notes that something is sent to this chat now.
    pub fn spend(&mut self, chat: u64, kind: ChatKind, now: At) {
        let now = self.time.follow(now);
        self.account.spend(&self.rules.account, now);
        if self.rules.chat(kind).is_empty() {
            return;
        }
        self.forget_idle(now);
        let rates = self.rules.chat(kind);
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind));
        known.window.spend(rates, now);
    }

    /// Notes that something is sent that counts for the account alone (an answer to a press).
    pub fn spend_account(&mut self, now: At) {
        let now = self.time.follow(now);
        self.account.spend(&self.rules.account, now);
    }

    /// Nothing goes to this chat before `until`.
    pub fn hold_chat(&mut self, chat: u64, kind: ChatKind, until: At) {
        let until = self.time.read(until);
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind));
        known.window.hold = known.window.hold.max(until);
    }

    /// Nothing goes out through the account before `until`.
    pub fn hold_account(&mut self, until: At) {
        self.account.hold = self.account.hold.max(self.time.read(until));
    }

    /// When it is the turn of something that wants to be sent to this chat.
    pub fn turn(&mut self, chat: u64, kind: ChatKind, turn: Turn, now: At) -> Slot {
        let now = self.time.follow(now);
        let due = self.time.read(turn.due);
        self.forget_idle(now);
        let Self { rules, chats, time, .. } = self;
        let rates = rules.chat(kind);
        if rates.is_empty() && !chats.contains_key(&chat) {
            return Slot::Soon(time.shown(now));
        }
        let known = chats.entry(chat).or_insert_with(|| Chat::new(kind));
        let owned = known.slots.iter().position(|slot| *slot == due);
        if let Some(place) = owned {
            known.slots.remove(place);
        }
        known.slots.retain(|slot| slot.saturating_add(SLOT_KEPT) > now);
        let (before, at) = known.after(rates, turn.ahead, now);
        let behind = owned.is_none() && turn.manners == Manners::Queues;
        let queue = known.slots.iter().any(|slot| *slot > now);
        if !(behind && queue) && at.saturating_sub(now) <= Self::soon() {
            return Slot::Soon(time.shown(at));
        }
        // An owner who came too early keeps its place before the others.
        let slot =
            if owned.is_some() { known.insert(at) } else { known.reserve(rates, before, at) };
        Slot::Later(time.shown(slot))
    }

    /// The next slot of this chat behind all others, for something that is put back.
    pub fn reserve(&mut self, chat: u64, kind: ChatKind, now: At) -> At {
        let now = self.time.follow(now);
        self.forget_idle(now);
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind));
        let rates = self.rules.chat(kind);
        let (before, from) = known.after(rates, 0, now);
        self.time.shown(known.reserve(rates, before, from))
    }

    fn soon() -> i64 {
        i64::try_from(Self::SOON.as_millis()).unwrap_or(0)
    }

    fn grant(&self, at: i64, now: i64) -> Grant {
        if at <= now { Grant::Now } else { Grant::NotBefore(self.time.shown(at)) }
    }

    /// How many chats are remembered.
    #[must_use]
    pub fn chats(&self) -> usize {
        self.chats.len()
    }

    fn forget_idle(&mut self, now: i64) {
        if self.chats.len() < self.crowd {
            return;
        }
        let Self { rules, chats, .. } = self;
        let awaited =
            |c: &Chat| c.slots.back().is_some_and(|at| at.saturating_add(SLOT_KEPT) > now);
        chats.retain(|_, c| awaited(c) || !c.window.idle(rules.chat(c.kind), now));
        self.crowd = (chats.len() * 2).max(1024);
    }
}

impl Chat {
    fn new(kind: ChatKind) -> Self {
        Self {
            kind,
            window: Window { sent: VecDeque::new(), hold: i64::MIN / 4 },
            slots: VecDeque::new(),
        }
    }

    /// When something may go that has `ahead` before it, and what will have been sent by then.
    fn after(&self, rates: &[Rate], ahead: usize, now: i64) -> (VecDeque<i64>, i64) {
        let mut sent = self.window.sent.clone();
        let mut at = free(rates, &sent, now.max(self.window.hold));
        for _ in 0..ahead {
            sent.push_back(at);
            at = free(rates, &sent, at);
        }
        (sent, at)
    }

    /// The first slot from `from` on that is behind all others; `before` is sent before any of them.
    fn reserve(&mut self, rates: &[Rate], before: VecDeque<i64>, from: i64) -> i64 {
        let kept = rates.iter().map(sends).max().unwrap_or(0);
        let skip = self.slots.len().saturating_sub(kept);
        let mut taken = before;
        taken.extend(self.slots.iter().skip(skip));
        let behind = self.slots.back().map_or(from, |last| from.max(last.saturating_add(1)));
        let slot = free(rates, &taken, behind);
        self.insert(slot)
    }

    fn insert(&mut self, slot: i64) -> i64 {
        let place = self.slots.partition_point(|other| *other <= slot);
        self.slots.insert(place, slot);
        if self.slots.len() > SLOTS_MOST {
            self.slots.pop_front();
        }
        slot
    }
}

impl Limiter {
    /// How long after `usage` was written the next one is due: often while it is small.
    #[must_use]
    pub fn interval(usage: &Usage) -> Duration {
        Duration::from_secs(1 + u64::try_from(usage.chats.len() / 200).unwrap_or(0))
    }

    /// What was spent lately, to be written down.
    pub fn usage(&mut self, account: &AccountId, now: At) -> Usage {
        let at = now;
        let now = self.time.follow(now);
        let hold = (self.account.hold > now).then(|| self.time.shown(self.account.hold));
        let mut chats: Vec<_> =
            self.chats.iter().filter_map(|(k, c)| self.line(*k, c, now)).collect();
        chats.sort_unstable_by_key(|(key, ..)| *key);
        let sends = self.account.ages(&self.rules.account, now);
        Usage { account: account.clone(), at, hold, sends, chats }
    }

    fn line(&self, key: u64, chat: &Chat, now: i64) -> Option<(u64, u32, Vec<u32>)> {
        let rates = self.rules.chat(chat.kind);
        let hold = u32::try_from(chat.window.hold.saturating_sub(now).max(0)).unwrap_or(u32::MAX);
        let sends = chat.window.ages(rates, now);
        (hold > 0 || !sends.is_empty()).then_some((key, hold, sends))
    }

    /// Goes on from what was written down. A run that ended without a word may have spent one more
    /// interval: the account holds still until that is over.
    #[must_use]
    pub fn resume(limits: &Limits, usage: &Usage, now: At) -> Self {
        let mut limiter = Self::new(limits);
        // Written by a clock that was ahead of ours: as if it had been written now.
        let at = usage.at.min(now);
        let here = limiter.time.follow(at);
        let back =
            |ages: &[u32]| ages.iter().map(|age| here.saturating_sub(i64::from(*age))).collect();
        limiter.account.sent = back(&usage.sends);
        let shortest = limits.account.iter().map(|rate| rate.span).min();
        if let Some(shortest) = shortest {
            limiter.hold_account(at.plus(Self::interval(usage)).plus(shortest));
        }
        if let Some(hold) = usage.hold {
            limiter.hold_account(at.plus(hold.since(usage.at)));
        }
        for (key, hold, ages) in &usage.chats {
            // Only the windows of groups are longer than a moment; a wrong kind is mended by its next send.
            let mut chat = Chat::new(ChatKind::Group);
            chat.window.sent = back(ages);
            chat.window.hold = here.saturating_add(i64::from(*hold));
            limiter.chats.insert(*key, chat);
        }
        limiter.time.follow(now);
        limiter
    }
}
