//! The press round: digests that are due, and posts whose time has come.
//!
//! **Invariant:** a scheduled time is dealt with in the one commit that also records it: a crash or a second round
//! pushes no digest twice. A digest's entries are marked in the same commit, so no topic sends an entry twice.
//!
//! **A clock that was ahead.** A run that is recorded later than [`ON_TIME`] from now was dealt with by a wrong clock.
//! The topic begins with the present again, or it would be silent until then. A run may come a second time so, and
//! tells what is new since the first.
//!
//! **Missed runs.** A run is missed when the round comes later than [`ON_TIME`]; then the topic's rule
//! decides. Several missed runs are one. A topic that was never seen begins with the present: nothing is
//! pushed for the past. A post scheduled by a person goes out however late it is.
//!
//! **Many schedules.** A round looks at what is due and at nothing else: posts lie by time in an index, and for
//! topics an agenda in memory says when each is to be looked at next. The agenda can be behind the store, where
//! another worker had the press meanwhile, and is never ahead of it, since what is recorded only grows as long as the
//! clock does: a topic is then looked at too early, and found to rest. Where the clock was set back the agenda is made
//! anew. What is due at once goes side by side, so that the store brings it to the disk together.

use crate::clock::Clock;
use crate::desk::digest::{Candidate, Composed, compose, news, since};
use crate::model::{
    At, Author, Changes, Code, Content, Edition, Entry, EntryId, FanOut, Index, Kind, Missed,
    OpenState, Post, PostId, PostState, Priority, Revision, Segments, Source, SourceId, Topic,
    TopicState, Used, Verdict, Versioned, WhenEmpty,
};
use crate::store::{Line, Reads, Scan, Store, StoreError};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A run is on time when the round comes within this.
pub const ON_TIME: Duration = Duration::from_mins(2);
/// How many scheduled posts are published in one sweep over them.
const PAGE: usize = 50;
/// How many entries of one source are looked at, besides those of its archive; and how many are read at a time.
const ENTRIES: usize = 500;
/// How often a decision is made again when somebody else was faster.
const TRIES: usize = 5;
/// How long a post's code is.
const CODE: usize = 5;

/// How many digests are made, and how many posts published, at once: of each that is made all entries are in memory.
const SIDE_BY_SIDE: usize = 16;

/// How many digests are dealt with at once: those that are made wait for their commits together.
const TOGETHER: usize = 128;

/// Publishes what is due.
pub struct Press {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    topics: Vec<Topic>,
    sources: Vec<Source>,
    /// When each topic is to be looked at next; none before the first round.
    agenda: Mutex<Option<Agenda>>,
}

/// When which topic is to be looked at next.
struct Agenda {
    /// The latest that the clock showed while this was kept.
    seen: At,
    /// Topics by their place in the list, by time.
    topics: BTreeSet<(At, usize)>,
}

/// What became of a look at one topic.
struct Looked {
    made: Made,
    /// The run that was dealt with last, and when it was looked.
    last: At,
    now: At,
}

/// What is to be committed of a topic.
#[derive(Default)]
struct Made {
    changes: Changes,
    /// The digest among it, if there is one: its post, the run, and how many entries it tells.
    digest: Option<(PostId, At, usize)>,
}

impl From<Changes> for Made {
    fn from(changes: Changes) -> Self {
        Self { changes, digest: None }
    }
}

/// What a due run comes to.
enum Run {
    /// Nothing is due.
    Rest,
    /// A run is due.
    Due(At),
    /// A run was missed and is not made up for.
    Skipped(At),
}

impl Press {
    /// A press for these topics, whose sections name these sources.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        topics: Vec<Topic>,
        sources: Vec<Source>,
    ) -> Self {
        Self { store, clock, topics, sources, agenda: Mutex::new(None) }
    }

    /// Publishes all that is due; gives the time of what is due next.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let (posts, digests) = futures::join!(self.publish_scheduled(), self.digests());
        Ok([posts?, digests?].into_iter().flatten().min())
    }

    /// Deals with the topics that are due; gives the time of the next.
    async fn digests(&self) -> Result<Option<At>, StoreError> {
        let now = self.clock.now();
        if self.agenda().as_ref().is_none_or(|agenda| is_ahead(agenda.seen, now)) {
            let agenda = self.begin(now).await?;
            *self.agenda() = Some(agenda);
        }
        let due: Vec<_> = match self.agenda().as_mut() {
            Some(agenda) => {
                agenda.seen = agenda.seen.max(now);
                agenda.topics.range(..=(now, usize::MAX)).copied().collect()
            }
            None => Vec::new(),
        };
        // Many come due at once: what they tell is read of a few at a time, and committed of all together.
        let few = Semaphore::new(SIDE_BY_SIDE);
        let done = due.into_iter().enumerate().map(|(turn, (at, number))| {
            let few = &few;
            async move {
                if turn % SIDE_BY_SIDE == SIDE_BY_SIDE - 1 {
                    // The embedded store reads where it is asked: others shall have their turn.
                    tokio::task::yield_now().await;
                }
                let next = self.digest(&self.topics[number], few).await?;
                // Only now: a round that ends in the middle is made again.
                if let Some(agenda) = self.agenda().as_mut() {
                    agenda.topics.remove(&(at, number));
                    agenda.topics.extend(next.map(|next| (next, number)));
                }
                Ok::<(), StoreError>(())
            }
        });
        stream::iter(done).buffer_unordered(TOGETHER).try_collect::<()>().await?;
        Ok(self.agenda().as_ref().and_then(|agenda| agenda.topics.first()).map(|(at, _)| *at))
    }

    /// When each topic is to be looked at first.
    async fn begin(&self, now: At) -> Result<Agenda, StoreError> {
        let known = self.reads().all::<TopicState>(&[]).await?;
        let known: HashMap<_, _> = known.iter().map(|s| (&s.id, &s.value)).collect();
        let topics = self.topics.iter().enumerate().filter_map(|(number, topic)| {
            let schedule = topic.schedule.as_ref()?;
            let at = match known.get(&topic.id) {
                Some(state) if !is_of_wrong_clock(state, now) => schedule.next(state.last_slot)?,
                _ => now,
            };
            Some((at, number))
        });
        Ok(Agenda { seen: now, topics: topics.collect() })
    }

    fn agenda(&self) -> MutexGuard<'_, Option<Agenda>> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reads(&self) -> &dyn Reads {
        &*self.store
    }

    /// Deals with the runs of one topic, which is looked at together with a `few`; gives the time of its next.
    async fn digest(&self, topic: &Topic, few: &Semaphore) -> Result<Option<At>, StoreError> {
        let Some(schedule) = &topic.schedule else { return Ok(None) };
        for _ in 0..TRIES {
            let Looked { made: Made { changes, digest }, last, now } = {
                // It is never closed.
                let _one = few.acquire().await;
                self.look(topic).await?
            };
            let committed =
                if changes.is_empty() { Ok(()) } else { self.store.commit(changes).await };
            match committed {
                Ok(()) => {
                    if let Some((post, slot, entries)) = digest {
                        tracing::info!(topic.id = %topic.id, post.id = %post, slot = %slot, entries, "digest published");
                    }
                    return Ok(schedule.next(last.max(now)));
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Looks what is due of one topic.
    async fn look(&self, topic: &Topic) -> Result<Looked, StoreError> {
        let now = self.clock.now();
        let key = Segments::new().text(&topic.id.0).key(Kind::Topic);
        let old = self.reads().find::<TopicState>(&key).await?;
        if let Some(old) = &old
            && is_of_wrong_clock(old, now)
        {
            tracing::warn!(topic.id = %topic.id, slot = %old.last_slot, "the clock was ahead: the topic's digests begin with the present again");
            let last = old.last_slot.min(now);
            let made = state(topic, Some(old), last, old.considered.min(now)).into();
            return Ok(Looked { made, last, now });
        }
        let last = old.as_ref().map_or(now, |s| s.last_slot);
        let made = match (&old, run(topic, last, now)) {
            (Some(_), Run::Rest) => Made::default(),
            (None, _) => state(topic, None, now, now).into(),
            (Some(old), Run::Skipped(slot)) => {
                tracing::info!(topic.id = %topic.id, slot = %slot, "missed digest skipped");
                // What it would have told is left to the next run.
                state(topic, Some(old), slot, old.considered).into()
            }
            (Some(old), Run::Due(slot)) => self.publish(topic, old, slot, now).await?,
        };
        Ok(Looked { made, last, now })
    }

    /// What a due run changes: post, edition, fan-out, marks and the run itself, together.
    async fn publish(
        &self,
        topic: &Topic,
        old: &Versioned<TopicState>,
        slot: At,
        now: At,
    ) -> Result<Made, StoreError> {
        let since = since(old.considered, now);
        let (candidates, code) = futures::join!(self.candidates(topic, since), self.code());
        let (candidates, code) = (candidates?, code?);
        let Composed { digest: told, used } = compose(topic, &candidates, since, now);
        let mut changes = state(topic, Some(old), slot, now);
        if used.is_empty() && topic.digest.when_empty == WhenEmpty::Silent {
            tracing::debug!(topic.id = %topic.id, slot = %slot, "digest has nothing to tell");
            return Ok(changes.into());
        }
        let post = Post {
            id: PostId(self.clock.fresh()),
            code,
            topic: topic.id.clone(),
            title: told.title.clone(),
            revision: Revision::FIRST,
            priority: Priority::Bulk,
            author: Author::Clock,
            created: now,
            state: PostState::Publishing { since: now },
        };
        let digest = Some((post.id, slot, used.len()));
        changes.insert(fan_out(&post));
        changes.insert(Edition {
            post: post.id,
            revision: Revision::FIRST,
            content: Content::Digest(told),
            at: now,
            enclosed: Vec::new(),
        });
        for entry in used {
            changes.insert(Used { topic: topic.id.clone(), entry, post: post.id });
        }
        changes.insert(post);
        Ok(Made { changes, digest })
    }

    /// What the topic's sources said since that it has not sent.
    async fn candidates(&self, topic: &Topic, since: At) -> Result<Vec<Candidate>, StoreError> {
        let mut found = Vec::new();
        let mut met = HashSet::new();
        for id in topic.sections.iter().flat_map(|s| &s.sources).filter(|id| met.insert(*id)) {
            let configured = self.sources.iter().find(|s| s.id == *id);
            let title = configured.map_or_else(|| id.0.clone(), |s| s.title.clone());
            let entries = self.lately(id, since).await?;
            let news = self.are_news(topic, &entries).await?;
            for (entry, _) in entries.into_iter().zip(news).filter(|(_, news)| *news) {
                found.push(Candidate { entry: entry.value, source_title: title.clone() });
            }
        }
        Ok(found)
    }

    /// What a source said since, without its archive, which is paged over: all that was listed when the source was
    /// first read was seen at one moment, and stands in no order.
    async fn lately(
        &self,
        source: &SourceId,
        since: At,
    ) -> Result<Vec<Versioned<Entry>>, StoreError> {
        let (mut entries, mut after) = (Vec::new(), None);
        loop {
            let scan = Scan::of(Index::EntriesBySource, Entry::of_source(source), ENTRIES);
            let lines = self.reads().scan(&scan.backward().after(after)).await?;
            let keys: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
            let mut page: Vec<_> =
                self.reads().find_each::<Entry>(&keys).await?.into_iter().flatten().collect();
            let past = page.iter().any(|entry| entry.seen < since);
            page.retain(|entry| entry.seen >= since && entry.verdict != Verdict::Archive);
            entries.append(&mut page);
            if past || lines.len() < ENTRIES || entries.len() >= ENTRIES {
                return Ok(entries);
            }
            after = lines.into_iter().last().map(|line| line.at);
        }
    }

    /// Which of these are news. An entry that says the same as another is news to a topic that has not sent either; but
    /// what was another source's archive is old.
    async fn are_news(
        &self,
        topic: &Topic,
        entries: &[Versioned<Entry>],
    ) -> Result<Vec<bool>, StoreError> {
        let used = |entry: &Versioned<Entry>| {
            [entry.id, news(entry)].map(|id| Used::key_of(&topic.id, id))
        };
        let used: Vec<_> = entries.iter().flat_map(used).collect();
        let used = self.reads().get_each(&used).await?;
        let first = |entry: &Versioned<Entry>| match entry.verdict {
            Verdict::Same { of, .. } => Some(of),
            _ => None,
        };
        let firsts: Vec<_> = entries.iter().filter_map(first).collect();
        let keys: Vec<_> =
            firsts.iter().map(|id| Segments::new().id(id.0).key(Kind::Entry)).collect();
        let found = self.reads().find_each::<Entry>(&keys).await?.into_iter().flatten();
        let archived = found.filter(|e| e.verdict == Verdict::Archive).map(|e| e.id);
        let archived: HashSet<EntryId> = archived.collect();
        let is_news = |(entry, used): (&Versioned<Entry>, &[Option<_>])| {
            used.iter().all(Option::is_none)
                && first(entry).is_none_or(|of| !archived.contains(&of))
        };
        Ok(entries.iter().zip(used.chunks(2)).map(is_news).collect())
    }

    /// A code that no post has; a longer one where the short ones are used up.
    async fn code(&self) -> Result<Code, StoreError> {
        let mut length = CODE;
        loop {
            let mut bytes = vec![0; length];
            self.clock.random(&mut bytes);
            let code = Code::from_random(&bytes);
            let place = Post::by_code(&code);
            if self.reads().scan(&Scan::of(place.index, place.at, 1)).await?.is_empty() {
                return Ok(code);
            }
            length = (length + 1).min(16);
        }
    }

    /// Publishes the posts whose time has come, however late; gives the time of the next.
    async fn publish_scheduled(&self) -> Result<Option<At>, StoreError> {
        let prefix = Post::open(OpenState::Scheduled);
        let mut after = None;
        loop {
            let scan = Scan::of(Index::OpenPosts, prefix.clone(), PAGE).after(after);
            let lines = self.reads().scan(&scan).await?;
            let now = self.clock.now();
            let time = |line: &Line| Post::open_at(&line.at).unwrap_or(now);
            let due = lines.iter().take_while(|line| time(line) <= now);
            let next = lines.iter().map(time).find(|at| *at > now);
            let posts =
                stream::iter(due.map(|line| self.publish_post(&line.key)).collect::<Vec<_>>());
            let put_off: Vec<_> = posts.buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
            match lines.last() {
                Some(last) if lines.len() == PAGE && next.is_none() => {
                    after = Some(last.at.clone());
                }
                _ => return Ok(put_off.into_iter().flatten().chain(next).min()),
            }
        }
    }

    /// Publishes one scheduled post if its time has come; gives its time if not.
    async fn publish_post(&self, key: &crate::model::Key) -> Result<Option<At>, StoreError> {
        for _ in 0..TRIES {
            let Some(old) = self.reads().find::<Post>(key).await? else { return Ok(None) };
            let PostState::Scheduled { at } = old.state else { return Ok(None) };
            let now = self.clock.now();
            if at > now {
                return Ok(Some(at));
            }
            let mut post = old.value.clone();
            post.state = PostState::Publishing { since: now };
            let mut changes = Changes::new();
            changes.insert(fan_out(&post));
            changes.update(&old, post);
            match self.store.commit(changes).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    tracing::info!(post.id = %old.id, "scheduled post published");
                    return Ok(None);
                }
            }
        }
        Err(StoreError::Conflict)
    }
}

/// What is due of a topic whose run at `last` was dealt with.
fn run(topic: &Topic, last: At, now: At) -> Run {
    let slot = topic.schedule.as_ref().and_then(|s| s.latest(last, now));
    match (slot, topic.missed) {
        (None, _) => Run::Rest,
        (Some(slot), _) if now.since(slot) <= ON_TIME => Run::Due(slot),
        (Some(slot), Missed::Once) => Run::Due(slot),
        (Some(slot), Missed::Within(span)) if now.since(slot) < span => Run::Due(slot),
        (Some(slot), _) => Run::Skipped(slot),
    }
}

/// Whether the record of a run was made while the clock was ahead.
fn is_of_wrong_clock(state: &TopicState, now: At) -> bool {
    is_ahead(state.last_slot.max(state.considered), now)
}

/// Whether a moment lies further ahead than clocks differ.
fn is_ahead(at: At, now: At) -> bool {
    at > now.plus(ON_TIME)
}

/// The record of a run.
fn state(topic: &Topic, old: Option<&Versioned<TopicState>>, slot: At, considered: At) -> Changes {
    let new = TopicState { id: topic.id.clone(), last_slot: slot, considered };
    let mut changes = Changes::new();
    match old {
        Some(old) => changes.update(old, new),
        None => changes.insert(new),
    }
    changes
}

fn fan_out(post: &Post) -> FanOut {
    FanOut::begin(post.id, post.revision, post.topic.clone(), post.priority)
}
