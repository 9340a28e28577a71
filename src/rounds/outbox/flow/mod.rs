//! One round: what is under way, and what each thing that comes back leads to.

mod look;

use super::Outbox;
use super::alarm::Mend;
use super::claim::{self, Claim};
use super::hands::{Hands, Health, UNDER_WAY};
use super::outcome::Answer;
use super::prepare::{Item, Looked, Marks, Says};
use super::settle::{Left, Settlement, Then};
use crate::model::{At, Changes, PostId, Priority};
use crate::rounds::duties::Hold;
use crate::rounds::limiter::{Grant, Limiter};
use crate::store::StoreError;
use crate::text::say::AlarmSays;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use look::Gaze;
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::time::Duration;

/// How many commits of settlements are under way at once: asked for together, they become durable together.
const SETTLING_MOST: usize = 4;

/// How many keys one settlement may need, a post's count and the usage included.
const SETTLE_KEYS: usize = 6;

/// So many outcomes are worth commits of their own beside those that are under way.
const BATCH: usize = 48;

/// How long fewer wait for more.
const GATHERED: Duration = Duration::from_millis(2);

/// How many pages of what was spent lately are written down by one commit.
const USAGE_PAGES: usize = 4;

/// After what time the store is asked again that could not do it.
const AGAIN: Duration = Duration::from_millis(250);

/// Something that came back.
pub(super) enum Event {
    Looked(Result<Looked, StoreError>),
    Claimed(Vec<(Claim, Result<(), StoreError>)>),
    Answered(Box<Item>, Answer),
    Settled(Done, Result<(), StoreError>),
    Told(Result<(), StoreError>),
    Gathered,
}

/// What one commit of settlements is about.
#[derive(Default)]
pub(super) struct Done {
    settled: Vec<Settlement>,
    /// What the same commit has besides: the fence, what was spent, how the account does.
    beside: Changes,
    /// The posts of which some chat will not get it.
    failed: HashSet<PostId>,
}

impl Done {
    fn add(&mut self, settlement: Settlement) {
        self.failed.extend(settlement.failed());
        self.settled.push(settlement);
    }

    /// The same commit once more.
    fn again(&self) -> Changes {
        let mut changes = self.beside.clone();
        self.settled.iter().for_each(|settlement| settlement.add_to(&mut changes));
        changes
    }
}

/// Does what the store may not be able to do now (it has no room, or does not answer), until it is done: what
/// came of a request is in our hands alone, and lost from there it would be sent again. Ends when our hold is lost.
async fn insist<F>(hold: &Hold, mut attempt: impl FnMut() -> F + Send) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>> + Send,
{
    loop {
        match attempt().await {
            Err(StoreError::Unavailable(_)) if !hold.lost() => tokio::time::sleep(AGAIN).await,
            done => return done,
        }
    }
}

/// Whether outcomes wait for more of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gathering {
    Not,
    Begun,
    Over,
}

/// One round.
pub(super) struct Flow<'a> {
    pub(super) outbox: &'a Outbox,
    hold: Hold,
    events: FuturesUnordered<BoxFuture<'a, Event>>,
    /// What became of what was in our hands, not yet written down.
    pub(super) outcomes: VecDeque<Settlement>,
    sending: usize,
    under_way: usize,
    settling: usize,
    gathering: Gathering,
    gaze: Gaze,
    marks: Marks,
    looks: u32,
}

impl<'a> Flow<'a> {
    /// A round that begins.
    pub(super) fn new(outbox: &'a Outbox, hold: Hold) -> Self {
        Self {
            outbox,
            hold,
            events: FuturesUnordered::new(),
            outcomes: VecDeque::new(),
            sending: 0,
            under_way: 0,
            settling: 0,
            gathering: Gathering::Not,
            gaze: Gaze::Wanted,
            marks: Marks::default(),
            looks: 0,
        }
    }

    /// Goes on until nothing is due or allowed, or the daemon stops, or the account is to be another worker's.
    pub(super) async fn run(mut self, hands: &mut Hands) -> Result<Option<At>, StoreError> {
        let (stop, hold) = (self.outbox.stop.clone(), self.hold.clone());
        let ends = async {
            tokio::select! { () = stop.cancelled() => {} () = hold.left() => {} }
        };
        let mut ends = std::pin::pin!(ends);
        // Only after a round that ended because nothing more was found: what others gave back lies at the front.
        self.marks[Priority::Bulk as usize] = hands.queue.mark.take();
        loop {
            if self.hold.lost() {
                // What is in our hands is read as interrupted by whoever has the account now.
                hands.lanes.clear();
                return Ok(None);
            }
            let now = self.outbox.clock.now();
            self.send_more(hands, now);
            self.settle_more(hands, now);
            self.look_more(hands, now);
            let event = tokio::select! {
                biased;
                () = &mut ends => return self.wind_up(hands).await,
                event = self.events.next() => event,
            };
            match event {
                Some(event) => self.take(hands, event)?,
                None if hands.held > 0 => self.tell_held(hands),
                None => {
                    if hands.health == Health::Open && matches!(self.gaze, Gaze::Dry(_)) {
                        hands.queue.mark = self.marks[Priority::Bulk as usize].take();
                    }
                    return Ok(self.next(hands));
                }
            }
        }
    }

    fn send_more(&mut self, hands: &mut Hands, now: At) {
        let parallel = hands.parallel();
        while self.sending < parallel && self.under_way < parallel * UNDER_WAY {
            if !self.hold.stands() {
                break;
            }
            if hands.limiter.ask_account(now) != Grant::Now {
                break;
            }
            let Some(chat) = hands.lanes.next(now) else { break };
            let Some(first) = hands.lanes.first(chat) else { continue };
            let press = matches!(first.load.says, Says::Press { .. });
            let kind = first.kind;
            if press {
                hands.limiter.spend_account(now);
            } else {
                if let Grant::NotBefore(at) = hands.limiter.ask(chat, kind, now) {
                    self.not_yet(hands, chat, at, now);
                    continue;
                }
                hands.limiter.spend(chat, kind, now);
            }
            hands.spend();
            if let Some(item) = hands.lanes.take(chat) {
                self.send(hands, item, now);
            }
        }
    }

    /// A chat's turn has not come: its lane waits, or is given back when that is long.
    fn not_yet(&mut self, hands: &mut Hands, chat: u64, at: At, now: At) {
        if at.since(now) <= Limiter::SOON {
            hands.lanes.postpone(chat, at);
        } else {
            let back = claim::give_back(hands, chat, (at, now));
            self.outcomes.extend(back);
        }
    }

    fn send(&mut self, hands: &mut Hands, item: Item, now: At) {
        self.sending += 1;
        self.under_way += 1;
        let Some(request) = self.outbox.request(&item) else {
            self.answered(hands, item, Answer::Unopened, now);
            return;
        };
        let connector = hands.connector.clone();
        let (outbox, hold) = (self.outbox, self.hold.clone());
        self.events.push(Box::pin(async move {
            // Asked as late as can be: the process may have been frozen since the lease was written.
            let answer = if hold.stands() {
                request.make(outbox, &*connector, &item.load).await
            } else {
                Answer::Unsent
            };
            Event::Answered(Box::new(item), answer)
        }));
    }

    /// Takes the answer to a request.
    fn answered(&mut self, hands: &mut Hands, item: Item, answer: Answer, now: At) {
        self.sending -= 1;
        self.conclude(hands, item, answer, now);
    }

    fn settle_more(&mut self, hands: &mut Hands, now: At) {
        if !self.worth_settling() {
            return;
        }
        while !self.outcomes.is_empty() && self.settling < SETTLING_MOST {
            let (changes, done) = self.batch(hands, now);
            let (outbox, hold) = (self.outbox, self.hold.clone());
            self.settling += 1;
            self.events.push(Box::pin(async move {
                let mut first = Some(changes);
                let result = insist(&hold, || {
                    let changes = first.take().unwrap_or_else(|| done.again());
                    outbox.store.commit(changes)
                });
                let result = result.await;
                Event::Settled(done, result)
            }));
        }
    }

    /// Whether to settle what came back, or to wait a moment for more: a commit costs as much for one.
    fn worth_settling(&mut self) -> bool {
        if self.outcomes.is_empty() || self.settling >= SETTLING_MOST {
            return false;
        }
        let rest = self.gathering == Gathering::Over || self.sending == 0;
        if self.outcomes.len() >= BATCH || (self.settling == 0 && rest) {
            self.gathering = Gathering::Not;
            return true;
        }
        if self.gathering == Gathering::Not {
            self.gathering = Gathering::Begun;
            self.events.push(Box::pin(tokio::time::sleep(GATHERED).map(|()| Event::Gathered)));
        }
        false
    }

    fn batch(&mut self, hands: &mut Hands, now: At) -> (Changes, Done) {
        let mut changes = Changes::new();
        self.hold.fence(&mut changes);
        for _ in 0..USAGE_PAGES {
            match hands.usage_due(now) {
                Some(usage) => changes.overwrite(usage),
                None => break,
            }
        }
        if let Some(state) = hands.state_due(now) {
            changes.overwrite(state);
        }
        let mut done = Done { beside: changes.clone(), ..Done::default() };
        let mut keys = changes.keys();
        while keys + SETTLE_KEYS <= Changes::KEYS_MAX {
            let Some(settlement) = self.outcomes.pop_front() else { break };
            settlement.add_to(&mut changes);
            keys = changes.keys();
            done.add(settlement);
        }
        (changes, done)
    }

    /// Settles one together with its subscription.
    pub(super) fn settle_and_mend(&mut self, settlement: Settlement, mend: Mend) {
        let (outbox, hold) = (self.outbox, self.hold.clone());
        self.settling += 1;
        self.events.push(Box::pin(async move {
            let result = insist(&hold, || outbox.mend(&settlement, mend.clone(), &hold)).await;
            let mut done = Done::default();
            done.add(settlement);
            Event::Settled(done, result)
        }));
    }

    /// Tells staff.
    pub(super) fn tell(&mut self, says: AlarmSays) {
        let (outbox, hold) = (self.outbox, self.hold.clone());
        self.events.push(Box::pin(async move {
            Event::Told(insist(&hold, || outbox.tell(says.clone())).await)
        }));
    }

    /// Looks whether these posts fail too often.
    fn brake(&mut self, posts: HashSet<PostId>) {
        let outbox = self.outbox;
        for post in posts {
            let hold = self.hold.clone();
            self.events.push(Box::pin(async move {
                Event::Told(insist(&hold, || outbox.brake(post)).await)
            }));
        }
    }

    fn tell_held(&mut self, hands: &mut Hands) {
        let account = hands.connector.account().0.clone();
        self.tell(AlarmSays::DeliveriesHeld { account, count: std::mem::take(&mut hands.held) });
    }

    fn take(&mut self, hands: &mut Hands, event: Event) -> Result<(), StoreError> {
        let now = self.outbox.clock.now();
        match event {
            // What is in our hands stays there: the store is only asked again later.
            Event::Looked(Err(StoreError::Unavailable(_))) => {
                self.gaze = Gaze::Dry(Some(now.plus(AGAIN)));
            }
            Event::Looked(looked) => self.looked(hands, looked?, now),
            Event::Claimed(page) => self.arrived(hands, page, now)?,
            Event::Answered(item, answer) => self.answered(hands, *item, answer, now),
            Event::Settled(done, result) => {
                result?;
                self.settled(hands, done);
            }
            Event::Gathered => {
                if self.gathering == Gathering::Begun {
                    self.gathering = Gathering::Over;
                }
            }
            Event::Told(result) => {
                result?;
                // What tells staff is owed as well, and may be so by this account.
                self.look_again();
            }
        }
        Ok(())
    }

    fn settled(&mut self, hands: &mut Hands, done: Done) {
        self.settling -= 1;
        self.brake(done.failed);
        for settlement in done.settled {
            if settlement.left == Left::Yes {
                self.under_way -= 1;
            }
            match settlement.then {
                Then::GivenBack => hands.lanes.forget(settlement.id()),
                Then::Next(item) => hands.lanes.resume(*item),
            }
        }
        self.look_again();
    }

    fn next(&self, hands: &mut Hands) -> Option<At> {
        let now = self.outbox.clock.now();
        if let Health::Shut(until) = hands.health {
            return Some(until);
        }
        let queued = match self.gaze {
            Gaze::Dry(next) => next,
            _ => Some(now),
        };
        let first = [queued, hands.lanes.wake(), (hands.lanes.startable() > 0).then_some(now)];
        let first = first.into_iter().flatten().min()?;
        match hands.limiter.ask_account(now) {
            Grant::NotBefore(at) => Some(first.max(at)),
            Grant::Now => Some(first),
        }
    }

    /// The daemon stops, or lets the account go: what waits is given back, what is under way has a while to end.
    pub(super) async fn wind_up(mut self, hands: &mut Hands) -> Result<Option<At>, StoreError> {
        if hands.held > 0 {
            self.tell_held(hands);
        }
        if let Ok(ended) = tokio::time::timeout(self.outbox.grace(), self.end(hands)).await {
            ended?;
        } else {
            let under_way = self.under_way;
            tracing::warn!(under_way, "ending although not every platform has answered");
        }
        Ok(None)
    }

    async fn end(&mut self, hands: &mut Hands) -> Result<(), StoreError> {
        loop {
            let now = self.outbox.clock.now();
            // Also parts that were to follow, and pages that were on their way.
            let waits = hands.lanes.drain_all().into_iter();
            let back = |item: Item| Settlement::released(item.delivery.value, item.due);
            self.outcomes.extend(waits.map(back));
            self.settle_more(hands, now);
            match self.events.next().await {
                Some(event) => self.take(hands, event)?,
                None => return Ok(()),
            }
        }
    }
}
