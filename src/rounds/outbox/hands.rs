//! What the outbox knows of one account between rounds.

use super::lanes::Lanes;
use crate::connector::Connector;
use crate::model::{AccountState, At, PostId, Shut, UnknownPolicy, Usage};
use crate::rounds::duties::Hold;
use crate::rounds::limiter::Limiter;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How many times the connector's parallel requests may be under way, counted from leaving until what
/// became of them is durable.
pub(super) const UNDER_WAY: usize = 2;

/// Chats of one account that are asked to wait within [`Hands::TOGETHER`]: so many, and the account waits.
const CHATS_WAITING: usize = 3;

/// What is in our hands of one account.
pub(super) struct Hands {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) policy: UnknownPolicy,
    pub(super) limiter: Limiter,
    pub(super) lanes: Lanes,
    pub(super) health: Health,
    /// How many were held for a person since staff were last told.
    pub(super) held: usize,
    /// In which tenure of the account they were made.
    pub(super) epoch: u64,
    /// Keeps the account ours between rounds, while something waits in the lanes.
    pub(super) keeps: Option<Hold>,
    /// How far the long queue was read.
    pub(super) queue: Queue,
    /// Of which posts staff were told that something was given up.
    pub(super) given_up: HashSet<PostId>,
    standing: Standing,
    waits: Vec<Waiting>,
    saved: Option<At>,
    /// Pages of what was spent that are still to be written down.
    pages: VecDeque<Usage>,
    spent: Spent,
}

/// How far the long queue was read: what lies before was mostly sent since, and some engines pass over that slowly
/// until they have tidied up.
#[derive(Default)]
pub(super) struct Queue {
    /// Where the last round that found nothing more left off.
    pub(super) mark: Option<Vec<u8>>,
    /// When it was last read from its front.
    fronted: Option<At>,
    /// How much was found since it was first read.
    passed: usize,
}

impl Queue {
    /// Once so many were found, the front is read no more often than [`Self::SPARED`] where nothing is found.
    const MANY: usize = 4096;

    /// What may have come in before the mark waits no longer than this.
    const SPARED: Duration = Duration::from_millis(250);

    /// Notes a look.
    pub(super) fn looked(&mut self, found: usize, fronted: bool, now: At) {
        self.passed = self.passed.saturating_add(found);
        if fronted {
            self.fronted = Some(now);
        }
    }

    /// Before what time it is not read from its front again.
    pub(super) fn front(&self, now: At) -> Option<At> {
        // A clock that was set back spares nothing.
        let last = self.fronted.filter(|at| self.passed > Self::MANY && *at <= now)?;
        Some(last.plus(Self::SPARED))
    }
}

/// Whether the account may send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It sends.
    Open,
    /// The platform refuses its settings: nothing is tried before this.
    Shut(At),
    /// One is tried.
    Probing,
}

/// How the account does, as it is written down for staff.
#[derive(Default)]
struct Standing {
    shut: Option<Shut>,
    taken: Option<At>,
    /// What was last written down of when something was taken.
    written: Option<At>,
    told: Said,
}

/// Whether a change was written down.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Said {
    #[default]
    Written,
    Not,
}

/// A chat that was asked to wait.
struct Waiting {
    asked: At,
    chat: u64,
    until: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spent {
    Nothing,
    Something,
}

impl Hands {
    /// So often it is written down when the platform took something.
    const WRITTEN_EVERY: Duration = Duration::from_mins(1);

    /// Waits within this count as one.
    const TOGETHER: Duration = Duration::from_secs(1);

    /// Goes on from what the last run left.
    pub(super) fn new(
        connector: Arc<dyn Connector>,
        policy: UnknownPolicy,
        usage: &[Usage],
        now: At,
    ) -> Self {
        let limiter = Limiter::resume(connector.limits(), usage, now);
        Self {
            connector,
            policy,
            limiter,
            lanes: Lanes::default(),
            health: Health::Open,
            held: 0,
            epoch: 0,
            keeps: None,
            queue: Queue::default(),
            given_up: HashSet::new(),
            standing: Standing::default(),
            waits: Vec::new(),
            saved: None,
            pages: VecDeque::new(),
            spent: Spent::Nothing,
        }
    }

    /// How many requests may be under way at once.
    pub(super) fn parallel(&self) -> usize {
        match self.health {
            Health::Open => self.connector.limits().parallel.max(1),
            Health::Shut(_) => 0,
            Health::Probing => 1,
        }
    }

    /// Goes on from how the account was last seen to do.
    pub(super) fn stands(&mut self, known: Option<AccountState>) {
        let (shut, taken) = known.map(|known| (known.shut, known.taken)).unwrap_or_default();
        self.standing = Standing { shut, taken, written: taken, told: Said::Written };
    }

    /// Notes that the platform took something.
    pub(super) fn took(&mut self, now: At) {
        if self.standing.shut.take().is_some() {
            self.standing.told = Said::Not;
        }
        self.standing.taken = Some(now);
    }

    /// Notes that the platform refuses the account.
    pub(super) fn refuses(&mut self, reason: &str, now: At) {
        let since = self.standing.shut.as_ref().map_or(now, |shut| shut.since);
        let shut = Shut { since, reason: reason.to_owned() };
        if self.standing.shut.as_ref() != Some(&shut) {
            self.standing.shut = Some(shut);
            self.standing.told = Said::Not;
        }
    }

    /// How the account does, when it is time to write it down: at once when that has changed, and otherwise every
    /// minute in which something was taken.
    pub(super) fn state_due(&mut self, now: At) -> Option<AccountState> {
        let Standing { shut, taken, written, told } = &mut self.standing;
        let newer = match (*taken, *written) {
            (Some(taken), Some(written)) => taken.since(written) >= Self::WRITTEN_EVERY,
            (taken, None) => taken.is_some(),
            (None, Some(_)) => false,
        };
        if !newer && *told == Said::Written {
            return None;
        }
        (*written, *told) = (taken.or(Some(now)), Said::Written);
        let (account, shut, taken) = (self.connector.account().clone(), shut.clone(), *taken);
        Some(AccountState { account, shut, taken })
    }

    /// Notes that something was sent.
    pub(super) fn spend(&mut self) {
        self.spent = Spent::Something;
    }

    /// A page of what was spent lately, when it is time to write it down.
    pub(super) fn usage_due(&mut self, now: At) -> Option<Usage> {
        if let Some(page) = self.pages.pop_front() {
            return Some(page);
        }
        let limits = self.connector.limits();
        let limited = !limits.account.is_empty() || limits.chat.iter().any(|(_, r)| !r.is_empty());
        let interval = self.limiter.interval();
        let fresh = self.saved.is_some_and(|at| now >= at && now.since(at) < interval);
        if self.spent == Spent::Nothing || !limited || fresh {
            return None;
        }
        self.pages = self.limiter.usage(self.connector.account(), now).into();
        self.saved = Some(now);
        self.spent = Spent::Nothing;
        self.pages.pop_front()
    }

    /// The platform refused the account in spite of its limits.
    pub(super) fn refused(&mut self, until: At, now: At) {
        if let Some(pace) = self.limiter.refused(until, now) {
            tracing::warn!(
                account.id = %self.connector.account(),
                pace,
                "refused in spite of the limits, the account sends more slowly (thousandths of its limits)"
            );
        }
    }

    /// Notes that this chat was asked to wait. Several at once look like a limit of the account, which then
    /// holds still as long as the shortest of those waits: should it have been their own, little is lost.
    pub(super) fn wait(&mut self, chat: u64, now: At, until: At) {
        self.waits.retain(|w| w.chat != chat && now.since(w.asked) < Self::TOGETHER);
        self.waits.push(Waiting { asked: now, chat, until });
        if self.waits.len() >= CHATS_WAITING {
            let until = self.waits.iter().map(|w| w.until).min().unwrap_or(until);
            tracing::warn!(account.id = %self.connector.account(), until = %until, "several chats are asked to wait at once, the account waits");
            self.refused(until, now);
            self.waits.clear();
        }
    }
}
