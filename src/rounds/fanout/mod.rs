//! From a post that is published to what is owed to each subscriber, page by page.
//!
//! **Invariant:** a page of deliveries, the cursor behind it and the count are one commit, so that a crash
//! plans nobody twice and forgets nobody; and the commit stands only while the post is as it was read, so
//! that nothing is planned for a post that was withdrawn or paused meanwhile.
//!
//! *Fairness.* No more is planned ahead for an account than it can send in some seconds ([`ahead`]); whenever
//! there is room again, the posts that are going out through it take turns, one page each. So a post to 50
//! groups that is published behind one to half a million waits for what is planned already and for one page
//! of each other post per page of its own: with *n* posts going out, `m` chats, and a rate of `r`, it is
//! through after `(ahead + n × (m + PAGE)) / r`, however large the others are. A queue that is short is also
//! cheap to keep, and leaves little to be parked or dropped when a post is paused or withdrawn. (Due times
//! that run in a post's own virtual time would give the same order, at the price of a queue as long as all
//! posts together, and of due times that are no times.)
//!
//! Races, by name. *Withdrawn or paused between reading and committing*: the post's version is checked; the
//! next page sees it, and ends or halts the work. *Somebody subscribes while it goes out*: behind the cursor
//! of their account they get this post, before it the next one. *Two accounts end at once*: each end writes
//! the post, so the second sees that it is the last. *The outbox is faster than we look*: it wakes us when it
//! has nothing left, and we look again soon by ourselves.

mod page;
mod retry;

use crate::clock::Clock;
use crate::connector::Limits;
use crate::model::{AccountId, Delivery, FanOut, Index, Key, Lang, Priority};
use crate::store::{Line, Scan, Store, StoreError};
use page::Done;
use retry::Pass;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many deliveries are planned in one commit: each takes two keys.
const PAGE: usize = 40;

/// How many pages one round plans at most, over all posts.
const PAGES: usize = 32;

/// How many posts that are going out take turns in one round; the others have theirs in the next.
const SIDE_BY_SIDE: usize = 256;

/// For how long an account is to have something to send.
const AHEAD: Duration = Duration::from_secs(8);

/// Between how few and how many are planned ahead.
const AHEAD_LEAST: usize = 128;
const AHEAD_MOST: usize = 4096;

/// Every so many looks at how much is there begin at the front of the queue again: what lies there was mostly sent
/// since, and some engines pass over that slowly until they have tidied up.
const LOOKS_ONWARD: u32 = 16;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many deliveries it planned, or made due again.
    pub planned: usize,
    /// Whether something is left to be planned.
    pub rest: Rest,
}

/// Whether something is left to be planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rest {
    /// All is planned.
    #[default]
    Nothing,
    /// Enough is planned ahead: run the round again in a moment.
    Waiting,
    /// Run the round again at once.
    Something,
}

/// How many deliveries are planned ahead for an account with these limits.
#[must_use]
pub fn ahead(limits: &Limits) -> usize {
    let short = limits.account.iter().filter(|rate| rate.span <= Duration::from_mins(1));
    let rate = |rate: &crate::model::Rate| {
        let spans = AHEAD.as_secs_f64() / rate.span.as_secs_f64().max(0.001);
        usize::try_from(rate.sends).unwrap_or(usize::MAX).saturating_mul(whole(spans))
    };
    short.map(rate).min().unwrap_or(AHEAD_MOST).clamp(AHEAD_LEAST, AHEAD_MOST)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
fn whole(spans: f64) -> usize {
    spans.ceil().clamp(1.0, 100_000.0) as usize
}

/// Plans deliveries.
pub struct Planner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// How many are planned ahead, by account; all at once for accounts that are not named.
    ahead: HashMap<AccountId, usize>,
    /// The language of the ledger.
    lang: Lang,
    /// Whose turn was last, by priority.
    turns: Mutex<HashMap<Priority, Vec<u8>>>,
    fronts: Mutex<Fronts>,
    /// How far trying again has come, by the work's key.
    passes: Mutex<HashMap<Key, Pass>>,
}

/// By account and priority, how often the queue was looked at, and where it began then.
type Fronts = HashMap<(AccountId, Priority), (u32, Option<Vec<u8>>)>;

impl Planner {
    /// A planner over this store, which plans everything at once.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        let (ahead, lang) = (HashMap::new(), Lang::Zh);
        let (turns, fronts, passes) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { store, clock, ahead, lang, turns, fronts, passes }
    }

    /// Plans no more than so many ahead for these accounts.
    #[must_use]
    pub fn ahead(mut self, ahead: impl IntoIterator<Item = (AccountId, usize)>) -> Self {
        self.ahead.extend(ahead);
        self
    }

    /// Writes into the ledger in this language.
    #[must_use]
    pub const fn speaking(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Plans a bounded number of deliveries, the most urgent posts first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Progress, StoreError> {
        let mut round = Round { planner: self, pages: PAGES, rooms: HashMap::new(), planned: 0 };
        let mut rest = Rest::Nothing;
        for priority in [Priority::Answer, Priority::Urgent, Priority::Bulk] {
            let left = round.priority(priority).await?;
            rest = rest.max(left);
            if left == Rest::Something {
                break;
            }
        }
        Ok(Progress { planned: round.planned, rest })
    }

    /// The work of one priority whose turn it is, beginning behind whose turn was last.
    async fn open(&self, priority: Priority) -> Result<Vec<Line>, StoreError> {
        let prefix = FanOut::of_priority(priority);
        let last = {
            let turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.get(&priority).cloned()
        };
        let scan = Scan::of(Index::FanOuts, prefix.clone(), SIDE_BY_SIDE);
        let mut lines = self.store.scan(&scan.after(last.clone())).await?;
        if let (Some(last), true) = (last, lines.len() < SIDE_BY_SIDE) {
            let scan = Scan::of(Index::FanOuts, prefix, SIDE_BY_SIDE - lines.len());
            let before = self.store.scan(&scan).await?;
            lines.extend(before.into_iter().take_while(|line| line.at <= last));
        }
        Ok(lines)
    }

    /// How many deliveries of this queue are due, up to so many. What came in before the line where the last
    /// look began (it was given back, or is tried again) is left out until a look begins at the front: then
    /// more is planned ahead than need be, which costs room and nothing else.
    async fn depth(
        &self,
        account: &AccountId,
        priority: Priority,
        most: usize,
    ) -> Result<usize, StoreError> {
        let (prefix, now) = (Delivery::queue(account, priority), self.clock.now());
        let due = |at: &[u8]| Delivery::due_of_place(at, &prefix).is_some_and(|d| d <= now);
        let queue = (account.clone(), priority);
        let (looks, front) = self.fronts().remove(&queue).unwrap_or_default();
        // What is planned from now on lies behind what was due before; not so where the clock was set back.
        let front = front.filter(|at| due(at) && !looks.is_multiple_of(LOOKS_ONWARD));
        let scan = Scan::of(Index::Due, prefix.clone(), most);
        let mut lines = self.store.scan(&scan.clone().after(front.clone())).await?;
        if lines.is_empty() && front.is_some() {
            lines = self.store.scan(&scan).await?;
        }
        let depth = lines.iter().take_while(|line| due(&line.at)).count();
        let front = lines.into_iter().next().map(|line| line.at).filter(|at| due(at));
        self.fronts().insert(queue, (looks.wrapping_add(1), front));
        Ok(depth)
    }

    fn fronts(&self) -> MutexGuard<'_, Fronts> {
        self.fronts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn had_its_turn(&self, priority: Priority, line: &Line) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.insert(priority, line.at.clone());
    }
}

/// One round while it goes on.
struct Round<'a> {
    planner: &'a Planner,
    /// How many pages are left.
    pages: usize,
    /// For how many more there is room, by account and priority.
    rooms: HashMap<(AccountId, Priority), usize>,
    planned: usize,
}

impl Round<'_> {
    /// Plans what there is room for in one priority, all posts in turn.
    async fn priority(&mut self, priority: Priority) -> Result<Rest, StoreError> {
        let mut open = self.planner.open(priority).await?;
        let mut rest = Rest::Nothing;
        while !open.is_empty() {
            let (mut again, mut divided) = (Vec::new(), false);
            for line in open {
                if self.pages == 0 {
                    return Ok(Rest::Something);
                }
                match self.turn(&line, priority).await? {
                    Done::More => again.push(line),
                    Done::Full => rest = Rest::Waiting,
                    Done::Divided => divided = true,
                    Done::All => {}
                }
            }
            open = if divided { self.planner.open(priority).await? } else { again };
        }
        Ok(rest)
    }

    /// One post's turn: one page.
    async fn turn(&mut self, line: &Line, priority: Priority) -> Result<Done, StoreError> {
        self.planner.had_its_turn(priority, line);
        if let Some(account) = FanOut::account_of(&line.key)
            && self.room(&account, priority).await? == 0
        {
            return Ok(Done::Full);
        }
        self.pages -= 1;
        match self.page(&line.key).await {
            // The post or the work has changed: it is read again.
            Err(StoreError::Conflict) => Ok(Done::More),
            done => done,
        }
    }

    /// For how many more deliveries of an account there is room. Where half of what is planned ahead is
    /// still there, none: so that looking how much there is stays cheap beside planning.
    async fn room(&mut self, account: &AccountId, priority: Priority) -> Result<usize, StoreError> {
        let Some(ahead) = self.planner.ahead.get(account).copied() else { return Ok(usize::MAX) };
        if let Some(room) = self.rooms.get(&(account.clone(), priority)) {
            return Ok(*room);
        }
        // One more than that half says that it is more.
        let depth = self.planner.depth(account, priority, ahead / 2 + 1).await?;
        let room = if depth > ahead / 2 { 0 } else { ahead - depth };
        self.rooms.insert((account.clone(), priority), room);
        Ok(room)
    }

    fn take_room(&mut self, account: &AccountId, priority: Priority, planned: usize) {
        self.planned += planned;
        if let Some(room) = self.rooms.get_mut(&(account.clone(), priority)) {
            *room = room.saturating_sub(planned);
        }
    }
}
