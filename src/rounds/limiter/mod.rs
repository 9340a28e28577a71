//! How fast an account and each of its chats may be written to: sliding windows, purely.
//!
//! Wanted, and why it holds:
//!
//! 1. *No needless "too many requests".* Of every rate, be it of a second or of a month, at most `sends` lie
//!    within any `span`: a send is granted only when enough of those before it are at least the span (and a
//!    margin of a two-hundredth, at most [`MARGIN`], for requests that overtake each other on the way) ago.
//! 2. *The allowed rate is used.* Nothing but the windows, the holds and the pace delays a send; margin and
//!    slices (`window.rs`) together cost less than 1 %.
//! 3. *A clock that jumps back neither blocks for ever nor allows a burst.* Time here is the clock's while
//!    it goes on, and stands while the clock is behind where it was; so a window stays as full as it was,
//!    and empties in its own length. A jump forward empties the windows, as a long pause would; what the
//!    platform then says is a wait.
//! 4. *Order within a chat.* Whoever must wait longer than the outbox keeps it in memory gets a slot of its
//!    own ([`Limiter::turn`]), the k-th the k-th free one; whoever comes later gets a later one, and the
//!    owner of a slot is known again by its time.
//! 5. *A restart, or another worker, spends nothing twice.* [`Limiter::usage`] and [`Limiter::resume`]; what
//!    was spent after the last usage was written is assumed to be a full interval.
//! 6. *Bounded memory, bounded records.* A window keeps counts in slices of its span, however many were
//!    sent; chats idle beyond their longest window are forgotten; slots of a chat are at most
//!    [`SLOTS_MOST`]; usages are written in pages. A chat that has a rate of a day or a month is remembered
//!    so long: set such rates for accounts, and for chats only where the platform has them.
//! 7. *A platform that is stricter than we were told is believed.* Each time that an account is refused in
//!    spite of its limits its pace falls by a fifth and its sends are spread evenly; it climbs back by a
//!    fiftieth of the limits every fifteen seconds ([`Limiter::refused`], `pace.rs`).

mod kept;
mod pace;
mod window;

use crate::connector::Limits;
use crate::model::{At, ChatKind, Usage};
use pace::Pace;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;
use window::{Rule, Window, most, rules};

/// How much longer than the platform's own a window is taken to be at most, in milliseconds.
pub const MARGIN: i64 = 25;

/// How many slots of one chat are remembered.
pub const SLOTS_MOST: usize = 4096;

/// How long the owner of a slot may take to come for it, in milliseconds.
const SLOT_KEPT: i64 = 60_000;

/// How many are taken up at once by an account whose sends are spread.
const SPREAD: usize = 8;

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

/// Whether something waits behind what was deferred before it: behind its like, and what is named below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manners {
    /// It waits its turn.
    Queues,
    /// It is more urgent than what queues.
    Overtakes,
    /// It is more urgent than anything else.
    Precedes,
}

impl Manners {
    /// Whether it waits behind this one.
    fn heeds(self, other: Self) -> bool {
        other >= self
    }
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
    pace: Pace,
    chats: HashMap<u64, Chat>,
    /// How many chats there was something to write about when it was written last.
    lines: usize,
    /// Over how many pages the usage of chats is spread; only grows.
    pages: u16,
    /// Those in which something stands.
    written: HashSet<u16>,
    /// How many chats there may be before idle ones are looked for.
    crowd: usize,
}

#[derive(Clone, Debug)]
struct Rules {
    account: Vec<Rule>,
    kinds: Vec<(ChatKind, Vec<Rule>)>,
}

/// The clock, as far as it goes forward.
#[derive(Clone, Debug, Default)]
struct Time {
    last: i64,
    behind: i64,
}

#[derive(Clone, Debug)]
struct Chat {
    kind: ChatKind,
    window: Window,
    /// From the first to the last.
    slots: VecDeque<Reserved>,
}

/// A slot, and how its owner is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reserved {
    at: i64,
    manners: Manners,
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

impl Rules {
    fn chat(&self, kind: ChatKind) -> &[Rule] {
        self.kinds.iter().find(|(k, _)| *k == kind).map_or(&[], |(_, rates)| rates)
    }
}

impl Limiter {
    /// How long something may have to wait and still be kept in memory.
    pub const SOON: Duration = Duration::from_secs(2);

    /// A limiter that knows of nothing sent yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let kind = |(kind, rates): &(ChatKind, Vec<_>)| (*kind, rules(rates));
        let rules = Rules {
            account: rules(&limits.account),
            kinds: limits.chat.iter().map(kind).collect(),
        };
        Self {
            account: Window::new(&rules.account),
            rules,
            time: Time { last: i64::MIN / 4, behind: 0 },
            pace: Pace::of(Usage::FULL, 0),
            chats: HashMap::new(),
            lines: 0,
            pages: 1,
            written: HashSet::new(),
            crowd: 1024,
        }
    }

    /// The limiter's own time at `now`. The pace climbs with it.
    fn follow(&mut self, now: At) -> i64 {
        let now = self.time.follow(now);
        if let Some(pace) = self.pace.climb(now) {
            tracing::info!(pace, "the account sends faster again (thousandths of its limits)");
        }
        now
    }

    /// When the account may send next.
    fn account_free(&self, now: i64) -> i64 {
        self.pace.free(self.account.free(&self.rules.account, now))
    }

    /// How much of its limits the account uses, in thousandths.
    #[must_use]
    pub const fn pace(&self) -> u16 {
        self.pace.share()
    }

    /// The platform refused the account in spite of its limits, and may be asked again at `until`: the
    /// account holds still until then, and is slower from then on. Gives its new pace, unless this belongs
    /// to a refusal that was counted before.
    pub fn refused(&mut self, until: At, now: At) -> Option<u16> {
        let now = self.follow(now);
        self.hold_account(until);
        self.pace.lower(now, self.time.read(until))
    }

    /// Whether the account may send at all.
    pub fn ask_account(&mut self, now: At) -> Grant {
        let now = self.follow(now);
        self.grant(self.account_free(now), now)
    }

    /// Whether this chat may be written to.
    pub fn ask(&mut self, chat: u64, kind: ChatKind, now: At) -> Grant {
        let now = self.follow(now);
        let account = self.account_free(now);
        let chat = self.chats.get(&chat).map_or(now, |c| c.window.free(self.rules.chat(kind), now));
        self.grant(account.max(chat), now)
    }

    /// How many more sends the account may make at once, at most `most`.
    pub fn room(&mut self, now: At, most: usize) -> usize {
        let now = self.follow(now);
        let most = match self.pace.share() {
            Usage::FULL => most,
            _ if self.pace.free(now) > now => 0,
            _ => most.min(SPREAD),
        };
        self.account.room(&self.rules.account, now, most)
    }

    /// Notes that something is sent to this chat now.
    pub fn spend(&mut self, chat: u64, kind: ChatKind, now: At) {
        let now = self.follow(now);
        self.spend_one(now);
        let rules = self.rules.chat(kind);
        if rules.is_empty() {
            return;
        }
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind, rules));
        known.window.spend(rules, now);
        self.forget_idle(now);
    }

    /// Notes that something is sent that counts for the account alone (an answer to a press).
    pub fn spend_account(&mut self, now: At) {
        let now = self.follow(now);
        self.spend_one(now);
    }

    fn spend_one(&mut self, now: i64) {
        self.account.spend(&self.rules.account, now);
        self.pace.spend(&self.rules.account, now);
    }

    /// Nothing goes to this chat before `until`.
    pub fn hold_chat(&mut self, chat: u64, kind: ChatKind, until: At) {
        let until = self.time.read(until);
        let rules = self.rules.chat(kind);
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind, rules));
        known.window.hold = known.window.hold.max(until);
    }

    /// Nothing goes out through the account before `until`.
    pub fn hold_account(&mut self, until: At) {
        self.account.hold = self.account.hold.max(self.time.read(until));
    }

    /// When it is the turn of something that wants to be sent to this chat.
    pub fn turn(&mut self, chat: u64, kind: ChatKind, turn: Turn, now: At) -> Slot {
        let now = self.follow(now);
        let due = self.time.read(turn.due);
        self.forget_idle(now);
        let Self { rules, chats, time, .. } = self;
        let rules = rules.chat(kind);
        if rules.is_empty() && !chats.contains_key(&chat) {
            return Slot::Soon(time.shown(now));
        }
        let known = chats.entry(chat).or_insert_with(|| Chat::new(kind, rules));
        let mine = Reserved { at: due, manners: turn.manners };
        let owned = known.slots.iter().position(|slot| *slot == mine);
        if let Some(place) = owned {
            known.slots.remove(place);
        }
        // While others have slots to come, whoever was held up for long (a hold of the account) keeps its own.
        if known.slots.back().is_none_or(|last| last.at <= now) {
            known.slots.retain(|slot| slot.at.saturating_add(SLOT_KEPT) > now);
        }
        let (before, at) = known.after(rules, turn.ahead, now);
        // Who has none goes behind all slots; who had one meets the others there: of those, the one that was planned
        // first is the first.
        let most = if owned.is_some() { at } else { i64::MAX };
        let mut others = known.slots.iter().filter(|slot| slot.at > now && slot.at <= most);
        let waits = others.any(|slot| turn.manners.heeds(slot.manners));
        if !waits && at.saturating_sub(now) <= Self::soon() {
            return Slot::Soon(time.shown(at));
        }
        // An owner who came too early keeps its place before the others.
        let slot = if owned.is_some() {
            known.insert(at, turn.manners)
        } else {
            known.reserve(rules, (before, at), turn.manners)
        };
        Slot::Later(time.shown(slot))
    }

    /// The first slot of this chat from `from` on, for something whose turn it was and that is put back: those who have
    /// slots come after it. Of several at one time the one that was planned first is the first.
    pub fn put_back(
        &mut self,
        chat: u64,
        kind: ChatKind,
        manners: Manners,
        (from, now): (At, At),
    ) -> At {
        let now = self.follow(now);
        self.forget_idle(now);
        let from = self.time.read(from);
        let rules = self.rules.chat(kind);
        let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind, rules));
        let (_, free) = known.after(rules, 0, now);
        self.time.shown(known.insert(free.max(from), manners))
    }

    /// Something that is put back for the sake of its whole account, and is due when it was, is known again as whose
    /// turn it was.
    pub fn keep_place(&mut self, chat: u64, kind: ChatKind, manners: Manners, due: At) {
        let rules = self.rules.chat(kind);
        if !rules.is_empty() {
            let known = self.chats.entry(chat).or_insert_with(|| Chat::new(kind, rules));
            known.insert(self.time.read(due), manners);
        }
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
            |c: &Chat| c.slots.back().is_some_and(|s| s.at.saturating_add(SLOT_KEPT) > now);
        chats.retain(|_, c| awaited(c) || !c.window.idle(rules.chat(c.kind), now));
        self.crowd = (chats.len() * 2).max(1024);
    }
}

impl Chat {
    fn new(kind: ChatKind, rules: &[Rule]) -> Self {
        Self { kind, window: Window::new(rules), slots: VecDeque::new() }
    }

    /// When something may go that has `ahead` before it, and what will have been sent by then.
    fn after(&self, rules: &[Rule], ahead: usize, now: i64) -> (Window, i64) {
        let mut sent = self.window.clone();
        let mut at = sent.free(rules, now);
        for _ in 0..ahead {
            sent.spend(rules, at);
            at = sent.free(rules, at);
        }
        (sent, at)
    }

    /// The first slot from `from` on that is behind all others that are heeded; `before` is sent before any of them.
    fn reserve(&mut self, rules: &[Rule], (before, from): (Window, i64), manners: Manners) -> i64 {
        let heeded = || self.slots.iter().filter(|slot| manners.heeds(slot.manners));
        let skip = heeded().count().saturating_sub(most(rules));
        let mut taken = before;
        for slot in heeded().skip(skip) {
            taken.spend(rules, slot.at);
        }
        let behind = heeded().next_back().map_or(from, |last| from.max(last.at.saturating_add(1)));
        let slot = taken.free(rules, behind);
        self.insert(slot, manners)
    }

    fn insert(&mut self, at: i64, manners: Manners) -> i64 {
        let place = self.slots.partition_point(|other| other.at <= at);
        self.slots.insert(place, Reserved { at, manners });
        if self.slots.len() > SLOTS_MOST {
            self.slots.pop_front();
        }
        at
    }
}
