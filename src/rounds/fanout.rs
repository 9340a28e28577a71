//! From a post that is published to what is owed to each subscriber, page by page.
//!
//! **Invariant:** a page of deliveries, the cursor behind it and the count are one commit, so that a crash
//! plans nobody twice and forgets nobody; and the commit stands only while the post is as it was read, so
//! that nothing is planned for a post that was withdrawn meanwhile.
//!
//! Races, by name. *Withdrawn between reading and committing*: the post's version is checked; the next page
//! sees it and ends the fan-out. *Somebody subscribes while it goes out*: behind the cursor they get this
//! post, before it the next one. *Several fan-outs*: the most urgent ones go first; those of one priority
//! take turns page by page, so that a large one does not keep a small one waiting.

use crate::clock::Clock;
use crate::model::{
    AccountId, At, Changes, Delivery, DeliveryId, FanOut, Index, Kind, Post, PostState,
    SegmentReader, Segments, Subscriber, SubscriberId, Tally, Versioned,
};
use crate::store::{Line, Reads, Scan, Store, StoreError};
use std::sync::Arc;

/// How many deliveries are planned in one commit: each takes two keys.
const PAGE: usize = 40;

/// How many pages one round plans at most, over all posts.
const PAGES: usize = 32;

/// How many fan-outs of one priority take turns.
const SIDE_BY_SIDE: usize = 16;

/// What a round came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many deliveries it planned.
    pub planned: usize,
    /// Whether something is left to be planned.
    pub rest: Rest,
}

/// Whether something is left to be planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// All is planned.
    #[default]
    Nothing,
    /// Run the round again at once.
    Something,
}

/// Plans deliveries.
pub struct Planner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl Planner {
    /// A planner over this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Plans a bounded number of deliveries, the most urgent posts first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Progress, StoreError> {
        let mut progress = Progress::default();
        let mut pages = 0;
        while pages < PAGES {
            let open = self.most_urgent().await?;
            if open.is_empty() {
                return Ok(progress);
            }
            for fan_out in open {
                match self.page(&fan_out).await {
                    Ok(planned) => progress.planned += planned,
                    // The post or the fan-out has changed: it is read again.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
                pages += 1;
            }
        }
        progress.rest = Rest::Something;
        Ok(progress)
    }

    /// The open fan-outs of the most urgent priority.
    async fn most_urgent(&self) -> Result<Vec<Versioned<FanOut>>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let scan = Scan::of(Index::FanOuts, Vec::new(), SIDE_BY_SIDE);
        let mut open = reads.find_all::<FanOut>(&scan).await?;
        if let Some(first) = open.first().map(|f| f.priority) {
            open.retain(|f| f.priority == first);
        }
        Ok(open)
    }

    async fn page(&self, fan_out: &Versioned<FanOut>) -> Result<usize, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let key = Segments::new().id(fan_out.post.0).key(Kind::Post);
        let post = reads.find::<Post>(&key).await?;
        let Some(post) = post.filter(|p| matches!(p.state, PostState::Publishing { .. })) else {
            let mut changes = Changes::new();
            changes.remove(fan_out);
            self.store.commit(changes).await?;
            return Ok(0);
        };
        let prefix = Subscriber::of_topic(&fan_out.topic);
        let scan = Scan::of(Index::TopicSubscribers, prefix.clone(), PAGE);
        let lines = self.store.scan(&scan.after(fan_out.cursor.clone())).await?;
        let (changes, planned) = plan(fan_out, &post, &lines, self.clock.now());
        self.store.commit(changes).await?;
        Ok(planned)
    }
}

/// What one page changes: deliveries and the cursor, or the end of the fan-out.
fn plan(
    fan_out: &Versioned<FanOut>,
    post: &Versioned<Post>,
    lines: &[Line],
    now: At,
) -> (Changes, usize) {
    let mut changes = Changes::new();
    for (account, subscriber) in lines.iter().filter_map(read) {
        let id = DeliveryId::Post(fan_out.post, fan_out.revision, subscriber);
        changes.ensure(Delivery::due(id, account, fan_out.priority, now));
    }
    let planned = changes.changes.len();
    let counted = i64::try_from(planned).unwrap_or(i64::MAX);
    if planned > 0 {
        changes.add(Tally::Planned.of(fan_out.post), counted);
    }
    if lines.len() == PAGE {
        changes.check(post);
        let next = FanOut {
            cursor: lines.last().map(|line| line.at.clone()),
            planned: fan_out.planned.saturating_add(counted.unsigned_abs()),
            ..fan_out.value.clone()
        };
        changes.update(fan_out, next);
        return (changes, planned);
    }
    changes.remove(fan_out);
    // A post that is not going out was turned away before; should that change, the old state stands.
    if let Ok(state) = post.state.clone().complete(now) {
        changes.update(post, Post { state, ..post.value.clone() });
    }
    (changes, planned)
}

/// The account and the subscriber of a line of [`Index::TopicSubscribers`].
fn read(line: &Line) -> Option<(AccountId, SubscriberId)> {
    let mut place = SegmentReader::new(&line.at);
    place.text()?;
    let account = place.text()?.to_owned();
    Some((AccountId(account), SubscriberId(place.id()?)))
}
