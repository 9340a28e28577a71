//! One page of work on an edition's deliveries: what it changes.

use super::{PAGE, Round};
use crate::model::{
    AccountId, Changes, Delivery, DeliveryId, DeliveryState, FanOut, Going, Index, Key, Kind, Post,
    PostState, Ruling, SegmentReader, Segments, Stored as _, Subscriber, SubscriberId, Tally,
    Versioned, Work,
};
use crate::store::{Line, Reads, Scan, StoreError, typed};
use crate::text::Speak as _;
use crate::text::say::LedgerSays;

/// How many deliveries are made due again in one commit: each takes three keys.
pub(super) const PAGE_AGAIN: usize = 28;

/// Among how many accounts one commit divides the work.
const ACCOUNTS: usize = 30;

/// How far some work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It is over, or rests.
    All,
    /// There is more.
    More,
    /// There is more, and no room for it.
    Full,
    /// It was divided: what came of it is to be looked for.
    Divided,
}

/// Some work and its post, as they were read.
pub(super) struct Turn {
    pub fan_out: Versioned<FanOut>,
    pub post: Versioned<Post>,
}

impl Round<'_> {
    fn reads(&self) -> &dyn Reads {
        &*self.planner.store
    }

    /// Does one page of the work under this key.
    pub(super) async fn page(&mut self, key: &Key) -> Result<Done, StoreError> {
        let Some(fan_out) = self.reads().find::<FanOut>(key).await? else { return Ok(Done::All) };
        let of = Segments::new().id(fan_out.post.0).key(Kind::Post);
        let post = self.reads().find::<Post>(&of).await?;
        let Some(post) = post.filter(|p| belongs(&p.state, &fan_out.work)) else {
            let mut changes = Changes::new();
            changes.remove(&fan_out);
            self.planner.store.commit(changes).await?;
            return Ok(Done::All);
        };
        let rests = !matches!(fan_out.work, Work::Rule(_));
        if let (PostState::Paused { .. }, true) = (&post.state, rests) {
            let mut changes = Changes::new();
            changes.check(&post);
            let halted = FanOut { going: Going::Halted, ..fan_out.value.clone() };
            changes.update(&fan_out, halted);
            self.planner.store.commit(changes).await?;
            return Ok(Done::All);
        }
        let work = fan_out.work.clone();
        let turn = Turn { fan_out, post };
        match work {
            Work::Divide => self.divide(&turn).await,
            Work::Plan(account) => self.plan(&turn, &account).await,
            Work::Unpark => self.unpark(&turn).await,
            Work::Retry => self.retry(&turn).await,
            Work::Rule(ruling) => self.rule(&turn, ruling).await,
            // No index that is looked at here leads to it.
            Work::CallOff => Ok(Done::All),
        }
    }

    /// Divides the planning by account, so that one that is slow keeps no other waiting.
    async fn divide(&self, turn: &Turn) -> Result<Done, StoreError> {
        let topic = &turn.fan_out.topic;
        let (mut changes, mut cursor) = (Changes::new(), turn.fan_out.cursor.clone());
        let mut accounts = 0;
        while accounts < ACCOUNTS {
            let scan = Scan::of(Index::TopicSubscribers, Subscriber::of_topic(topic), 1);
            let lines = self.planner.store.scan(&scan.after(cursor.clone())).await?;
            let Some((account, _)) = lines.first().and_then(read) else { break };
            let of = Segments::new().text(&topic.0).account(&account);
            changes.ensure(turn.fan_out.with(Work::Plan(account)));
            // Longer than any subscriber's place: behind them all.
            cursor = Some(of.bytes(&[0xFF; 17]).done());
            accounts += 1;
        }
        if accounts == ACCOUNTS {
            changes.check(&turn.post);
            changes.update(&turn.fan_out, FanOut { cursor, ..turn.fan_out.value.clone() });
            self.planner.store.commit(changes).await?;
            return Ok(Done::Divided);
        }
        if accounts == 0 {
            self.end(turn, &mut changes).await?;
        } else {
            changes.check(&turn.post);
            changes.remove(&turn.fan_out);
        }
        self.planner.store.commit(changes).await?;
        Ok(Done::Divided)
    }

    async fn plan(&mut self, turn: &Turn, account: &AccountId) -> Result<Done, StoreError> {
        let FanOut { post, revision, topic, priority, .. } = &turn.fan_out.value;
        let room = self.room(account, *priority).await?.min(PAGE);
        let prefix = Segments::new().text(&topic.0).account(account).done();
        let scan = Scan::of(Index::TopicSubscribers, prefix, room);
        let lines = self.planner.store.scan(&scan.after(turn.fan_out.cursor.clone())).await?;
        let (mut changes, now) = (Changes::new(), self.planner.clock.now());
        for (account, subscriber) in lines.iter().filter_map(read) {
            let id = DeliveryId::Post(*post, *revision, subscriber);
            changes.ensure(Delivery::due(id, account, *priority, now));
        }
        let planned = changes.changes.len();
        let counted = i64::try_from(planned).unwrap_or(i64::MAX);
        changes.add(Tally::Planned.of(*post), counted);
        let done = if lines.len() == room {
            changes.check(&turn.post);
            let next = FanOut {
                cursor: lines.last().map(|line| line.at.clone()),
                planned: turn.fan_out.planned.saturating_add(counted.unsigned_abs()),
                ..turn.fan_out.value.clone()
            };
            changes.update(&turn.fan_out, next);
            Done::More
        } else {
            self.end(turn, &mut changes).await?;
            Done::All
        };
        self.planner.store.commit(changes).await?;
        self.take_room(account, *priority, planned);
        Ok(done)
    }

    /// Ends the planning of an account; with the last one the post is published.
    async fn end(&self, turn: &Turn, changes: &mut Changes) -> Result<(), StoreError> {
        let prefix = FanOut::of_post(turn.post.id);
        let others = self.planner.store.list(Kind::FanOut, &prefix, None, ACCOUNTS).await?;
        let own = turn.fan_out.key();
        let mut last = true;
        for other in others {
            let other = typed::<FanOut>(other)?;
            let plans = matches!(other.work, Work::Divide | Work::Plan(_));
            last &= !plans || other.key() == own;
        }
        changes.remove(&turn.fan_out);
        let state = turn.post.state.clone();
        let state = match state.clone().complete(self.planner.clock.now()) {
            Ok(complete) if last => complete,
            // Written all the same, so that of two that end at once the second sees that it is the last.
            _ => state,
        };
        changes.update(&turn.post, Post { state, ..turn.post.value.clone() });
        Ok(())
    }

    /// Makes due again what rested with the post, and lets go on what was halted with it.
    async fn unpark(&mut self, turn: &Turn) -> Result<Done, StoreError> {
        if self.let_go_on(turn).await? > 0 {
            return Ok(Done::Divided);
        }
        let prefix = Delivery::parked(turn.post.id);
        let scan = Scan::of(Index::Parked, prefix, PAGE_AGAIN);
        let found = self.planner.store.scan(&scan).await?;
        self.again(turn, &found, |delivery, now| match delivery.state {
            DeliveryState::Parked { .. } => Some(delivery.unpark(now)),
            _ => None,
        })
        .await
    }

    /// Lets work go on that was halted with the post, or removes it where it is not to be done any more. Gives
    /// how many works that were.
    async fn let_go_on(&self, turn: &Turn) -> Result<usize, StoreError> {
        let prefix = FanOut::of_post(turn.post.id);
        let (mut changes, mut count, mut after) = (Changes::new(), 0, None);
        changes.check(&turn.post);
        while count < ACCOUNTS {
            let works = self.planner.store.list(Kind::FanOut, &prefix, after.as_ref(), ACCOUNTS);
            let works = works.await?;
            let Some(last) = works.last() else { break };
            after = Some(last.value.key());
            for work in works {
                let work = typed::<FanOut>(work)?;
                if work.going == Going::On || count == ACCOUNTS {
                    continue;
                }
                if belongs(&turn.post.state, &work.work) {
                    changes.update(&work, FanOut { going: Going::On, ..work.value.clone() });
                } else {
                    changes.remove(&work);
                }
                count += 1;
            }
        }
        if count > 0 {
            self.planner.store.commit(changes).await?;
        }
        Ok(count)
    }

    /// Deals with what is held as a person said.
    async fn rule(&mut self, turn: &Turn, ruling: Ruling) -> Result<Done, StoreError> {
        let prefix = Delivery::troubled(turn.post.id);
        let scan = Scan::of(Index::Troubled, prefix, PAGE_AGAIN);
        let found = self.planner.store.scan(&scan.after(turn.fan_out.cursor.clone())).await?;
        let reason = LedgerSays::RuledNotSent.say(self.planner.lang);
        self.again(turn, &found, |delivery, now| match delivery.state {
            DeliveryState::Unknown { .. } => Some(delivery.rule(now, ruling, reason.clone())),
            _ => None,
        })
        .await
    }

    /// Takes a step with these deliveries, whether there is room for them or not: what rested was planned before
    /// it did, and what is held is there to be dealt with.
    async fn again(
        &mut self,
        turn: &Turn,
        found: &[Line],
        step: impl Fn(Delivery, crate::model::At) -> Option<Delivery> + Send,
    ) -> Result<Done, StoreError> {
        let (mut changes, now) = (Changes::new(), self.planner.clock.now());
        let mut count = 0;
        for line in found {
            let Some(old) = self.reads().find::<Delivery>(&line.key).await? else { continue };
            if let Some(new) = step(old.value.clone(), now) {
                self.take_room(&old.account, old.priority, 1);
                changes.update(&old, new);
                count += 1;
            }
        }
        changes.check(&turn.post);
        for (tally, by) in counts(&turn.fan_out.work) {
            changes.add(tally.of(turn.post.id), by * count);
        }
        let over = found.len() < PAGE_AGAIN;
        if over {
            changes.remove(&turn.fan_out);
        } else {
            let cursor = found.last().map(|line| line.at.clone());
            let planned = turn.fan_out.planned.saturating_add(count.unsigned_abs());
            changes.update(&turn.fan_out, FanOut { cursor, planned, ..turn.fan_out.value.clone() });
        }
        self.planner.store.commit(changes).await?;
        Ok(if over { Done::All } else { Done::More })
    }
}

/// What one delivery that was dealt with adds to the counts of its post.
fn counts(work: &Work) -> &'static [(Tally, i64)] {
    match work {
        Work::Rule(ruling) => ruling.counts(),
        _ => &[],
    }
}

/// Whether some work is still to be done for a post that stands so.
const fn belongs(state: &PostState, work: &Work) -> bool {
    match state {
        PostState::Paused { .. } | PostState::Publishing { .. } => true,
        PostState::Published { .. } => !matches!(work, Work::Divide | Work::Plan(_)),
        // What rested is dropped by the outbox, one by one, as everything that was planned.
        PostState::Withdrawn { .. } => {
            matches!(work, Work::Unpark | Work::Rule(_) | Work::CallOff)
        }
        _ => false,
    }
}

/// The account and the subscriber of a line of [`Index::TopicSubscribers`].
fn read(line: &Line) -> Option<(AccountId, SubscriberId)> {
    let mut place = SegmentReader::new(&line.at);
    place.text()?;
    let account = place.text()?.to_owned();
    Some((AccountId(account), SubscriberId(place.id()?)))
}
