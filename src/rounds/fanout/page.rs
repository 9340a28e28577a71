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
const PAGE_AGAIN: usize = 28;

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
struct Task {
    fan_out: Versioned<FanOut>,
    post: Versioned<Post>,
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
        let task = Task { fan_out, post };
        match work {
            Work::Divide => self.divide(&task).await,
            Work::Plan(account) => self.plan(&task, &account).await,
            Work::Unpark => self.unpark(&task).await,
            Work::Retry => self.retry(&task).await,
            Work::Rule(ruling) => self.rule(&task, ruling).await,
        }
    }

    /// Divides the planning by account, so that one that is slow keeps no other waiting.
    async fn divide(&self, task: &Task) -> Result<Done, StoreError> {
        let topic = &task.fan_out.topic;
        let (mut changes, mut cursor) = (Changes::new(), task.fan_out.cursor.clone());
        let mut accounts = 0;
        while accounts < ACCOUNTS {
            let scan = Scan::of(Index::TopicSubscribers, Subscriber::of_topic(topic), 1);
            let lines = self.planner.store.scan(&scan.after(cursor.clone())).await?;
            let Some((account, _)) = lines.first().and_then(read) else { break };
            let of = Segments::new().text(&topic.0).account(&account);
            changes.ensure(task.fan_out.with(Work::Plan(account)));
            // Longer than any subscriber's place: behind them all.
            cursor = Some(of.bytes(&[0xFF; 17]).done());
            accounts += 1;
        }
        if accounts == ACCOUNTS {
            changes.check(&task.post);
            changes.update(&task.fan_out, FanOut { cursor, ..task.fan_out.value.clone() });
            self.planner.store.commit(changes).await?;
            return Ok(Done::Divided);
        }
        if accounts == 0 && task.fan_out.cursor.is_none() {
            self.end(task, &mut changes).await?;
        } else {
            changes.check(&task.post);
            changes.remove(&task.fan_out);
        }
        self.planner.store.commit(changes).await?;
        Ok(Done::Divided)
    }

    async fn plan(&mut self, task: &Task, account: &AccountId) -> Result<Done, StoreError> {
        let FanOut { post, revision, topic, priority, .. } = &task.fan_out.value;
        let room = self.room(account, *priority).await?.min(PAGE);
        let prefix = Segments::new().text(&topic.0).account(account).done();
        let scan = Scan::of(Index::TopicSubscribers, prefix, room);
        let lines = self.planner.store.scan(&scan.after(task.fan_out.cursor.clone())).await?;
        let (mut changes, now) = (Changes::new(), self.planner.clock.now());
        for (account, subscriber) in lines.iter().filter_map(read) {
            let id = DeliveryId::Post(*post, *revision, subscriber);
            changes.ensure(Delivery::due(id, account, *priority, now));
        }
        let planned = changes.changes.len();
        let counted = i64::try_from(planned).unwrap_or(i64::MAX);
        changes.add(Tally::Planned.of(*post), counted);
        let done = if lines.len() == room {
            changes.check(&task.post);
            let next = FanOut {
                cursor: lines.last().map(|line| line.at.clone()),
                planned: task.fan_out.planned.saturating_add(counted.unsigned_abs()),
                ..task.fan_out.value.clone()
            };
            changes.update(&task.fan_out, next);
            Done::More
        } else {
            self.end(task, &mut changes).await?;
            Done::All
        };
        self.planner.store.commit(changes).await?;
        self.take_room(account, *priority, planned);
        Ok(done)
    }

    /// Ends the planning of an account; with the last one the post is published.
    async fn end(&self, task: &Task, changes: &mut Changes) -> Result<(), StoreError> {
        let prefix = FanOut::of_post(task.post.id);
        let others = self.planner.store.list(Kind::FanOut, &prefix, None, ACCOUNTS).await?;
        let own = task.fan_out.key();
        let mut last = true;
        for other in others {
            let other = typed::<FanOut>(other)?;
            let plans = matches!(other.work, Work::Divide | Work::Plan(_));
            last &= !plans || other.key() == own;
        }
        changes.remove(&task.fan_out);
        let state = task.post.state.clone();
        let state = match state.clone().complete(self.planner.clock.now()) {
            Ok(complete) if last => complete,
            // Written all the same, so that of two that end at once the second sees that it is the last.
            _ => state,
        };
        changes.update(&task.post, Post { state, ..task.post.value.clone() });
        Ok(())
    }

    /// Makes due again what rested with the post.
    async fn unpark(&mut self, task: &Task) -> Result<Done, StoreError> {
        let prefix = Delivery::parked(task.post.id);
        let scan = Scan::of(Index::Parked, prefix, PAGE_AGAIN);
        let found = self.planner.store.scan(&scan).await?;
        self.again(task, &found, |delivery, now| match delivery.state {
            DeliveryState::Parked { .. } => Some(delivery.unpark(now)),
            _ => None,
        })
        .await
    }

    /// Makes due again what was given up.
    async fn retry(&mut self, task: &Task) -> Result<Done, StoreError> {
        let prefix = Delivery::troubled(task.post.id);
        let scan = Scan::of(Index::Troubled, prefix, PAGE_AGAIN);
        let found = self.planner.store.scan(&scan.after(task.fan_out.cursor.clone())).await?;
        self.again(task, &found, |delivery, now| match delivery.state {
            DeliveryState::Dead { .. } => Some(delivery.retry(now)),
            _ => None,
        })
        .await
    }

    /// Deals with what is held as a person said.
    async fn rule(&mut self, task: &Task, ruling: Ruling) -> Result<Done, StoreError> {
        let prefix = Delivery::troubled(task.post.id);
        let scan = Scan::of(Index::Troubled, prefix, PAGE_AGAIN);
        let found = self.planner.store.scan(&scan.after(task.fan_out.cursor.clone())).await?;
        let reason = LedgerSays::RuledNotSent.say(self.planner.lang);
        self.again(task, &found, |delivery, now| match delivery.state {
            DeliveryState::Unknown { .. } => Some(delivery.rule(now, ruling, reason.clone())),
            _ => None,
        })
        .await
    }

    async fn again(
        &mut self,
        task: &Task,
        found: &[Line],
        step: impl Fn(Delivery, crate::model::At) -> Option<Delivery> + Send,
    ) -> Result<Done, StoreError> {
        let (mut changes, now) = (Changes::new(), self.planner.clock.now());
        let (mut cursor, mut seen, mut count) = (task.fan_out.cursor.clone(), 0, 0);
        for line in found {
            let Some(old) = self.reads().find::<Delivery>(&line.key).await? else { continue };
            if self.room(&old.account, old.priority).await? == 0 {
                break;
            }
            if let Some(new) = step(old.value.clone(), now) {
                self.take_room(&old.account, old.priority, 1);
                changes.update(&old, new);
                count += 1;
            }
            cursor = Some(line.at.clone());
            seen += 1;
        }
        if seen == 0 && !found.is_empty() {
            return Ok(Done::Full);
        }
        changes.check(&task.post);
        for (tally, by) in counts(&task.fan_out.work) {
            changes.add(tally.of(task.post.id), by * count);
        }
        let over = found.len() < PAGE_AGAIN && seen == found.len();
        if over {
            changes.remove(&task.fan_out);
        } else {
            let planned = task.fan_out.planned.saturating_add(count.unsigned_abs());
            changes.update(&task.fan_out, FanOut { cursor, planned, ..task.fan_out.value.clone() });
        }
        self.planner.store.commit(changes).await?;
        Ok(if over { Done::All } else { Done::More })
    }
}

/// What one delivery that was dealt with adds to the counts of its post.
fn counts(work: &Work) -> Vec<(Tally, i64)> {
    match work {
        Work::Divide | Work::Plan(_) | Work::Unpark => Vec::new(),
        Work::Retry => vec![(Tally::Dead, -1), (Tally::ForgivenDead, -1)],
        Work::Rule(ruling) => ruling.counts().to_vec(),
    }
}

/// Whether some work is still to be done for a post that stands so.
const fn belongs(state: &PostState, work: &Work) -> bool {
    match (state, work) {
        (PostState::Paused { .. } | PostState::Publishing { .. }, _) => true,
        (PostState::Published { .. }, Work::Unpark | Work::Retry | Work::Rule(_)) => true,
        // What rested is dropped by the outbox, one by one, as everything that was planned.
        (PostState::Withdrawn { .. }, Work::Unpark | Work::Rule(_)) => true,
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
