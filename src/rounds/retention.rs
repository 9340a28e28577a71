//! Retention: what has been over for its stated time is removed, page by page, in the background.
//!
//! | What | Rule |
//! |---|---|
//! | deliveries of a post, and where its messages stand | [`Settings::deliveries`] after the post was over; the counts of its outcomes stay as long as the post |
//! | posts, their editions and counts | [`Settings::posts`] after they were over |
//! | pictures and files | a day after they were brought, or last put into an edition, once no edition carries them |
//! | entries of a source, and the marks that a topic sent them | [`Settings::entries`] after they were seen, but never the newest [`NEWEST`] of a source: what it still lists must not look new |
//! | subscribers that ended | [`Settings::subscribers`] after they ended |
//! | events that were handled, notices, invitations, keys | see the sweep |
//! | suggestions and the events of their steps | as long as the office keeps them; what people wrote goes by the rules of the desk |
//! | sources, topics, cursors, consent texts, usages | one of each, or a bounded number: nothing grows |
//!
//! **Invariant:** nothing that is still owed is removed, and a crash between two pages only leaves the rest for
//! the next round. What is read on our own pages lies there in its deliveries: those of [`Settings::pages`]
//! stay as long as their post.

use super::feeds::parse::ITEMS_MAX;
use crate::clock::Clock;
use crate::model::{
    AccountId, At, Change, Changes, Delivery, DeliveryId, DeliveryState, Edition, Entry, Expect,
    Index, Key, Kind, Media, MediaState, Post, Record, SegmentReader, Segments, Standing, Stored,
    Subscriber, Tally, TopicId, Used, Versioned,
};
use crate::store::{Line, Reads, Scan, Store, StoreError, typed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many of the newest entries of a source always stay: all that it may list at once, and as many that came since.
pub const NEWEST: usize = 2 * ITEMS_MAX;

/// How many records one round removes at most, about.
const BUDGET: usize = 2_000;

/// How many records are read at a time.
const PAGE: usize = 200;

/// How often it looks when nothing is left to do.
pub const PERIOD: Duration = Duration::from_mins(10);

/// How soon it reads the next page of what it walks through.
const STRIDE: Duration = Duration::from_secs(30);

/// How soon it looks when something is left to remove.
const SOON: Duration = Duration::from_millis(200);

/// How often posts that still owe something when their own time is over are looked at again.
const OWED: Duration = Duration::from_hours(24);

/// How long what is kept is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Deliveries in detail, after their post was over.
    pub deliveries: Duration,
    /// Posts, after they were over.
    pub posts: Duration,
    /// Entries, after they were seen.
    pub entries: Duration,
    /// Subscribers, after they ended.
    pub subscribers: Duration,
    /// The accounts whose chats are our own pages.
    pub pages: Vec<AccountId>,
    /// The accounts whose readers the office brings along: whoever left is known, so that they are not brought again.
    pub brings: Vec<AccountId>,
    /// The topics of the office.
    pub topics: Vec<TopicId>,
}

/// How far the looking has come; lost at a restart, which only means that it looks again.
#[derive(Debug, Default)]
struct Marks {
    posts: Option<Vec<u8>>,
    /// Since when posts whose own time is over are looked through, and up to where.
    old_posts: Option<(At, Option<Vec<u8>>)>,
    subscribers: Option<Key>,
    used: Option<Key>,
    media: Option<Key>,
}

impl Marks {
    /// Whether it is in the middle of what is looked through page by page.
    const fn walks(&self) -> bool {
        self.subscribers.is_some() || self.used.is_some() || self.media.is_some()
    }
}

/// Where the next page begins; at the front where this one is the last.
fn onward(page: &[Versioned<Record>]) -> Option<Key> {
    page.get(PAGE - 1).map(|last| last.value.key())
}

/// The round that removes what has had its time.
pub struct Retention {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    marks: Mutex<Marks>,
}

impl Retention {
    /// Retention over this store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self { store, clock, settings, marks: Mutex::default() }
    }

    /// Removes a bounded number of records. Returns when to look again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let mut left = BUDGET;
        self.posts(&mut left).await?;
        self.entries(&mut left).await?;
        self.used(&mut left).await?;
        self.subscribers(&mut left).await?;
        self.media(&mut left).await?;
        if left < BUDGET {
            tracing::debug!(retention.removed = BUDGET - left, "what has had its time was removed");
        }
        let again = match left {
            0 => SOON,
            _ if self.marks().walks() => STRIDE,
            _ => PERIOD,
        };
        Ok(Some(self.clock.now().plus(again)))
    }

    fn reads(&self) -> &dyn Reads {
        &*self.store
    }

    fn past(&self, at: At, kept: Duration) -> bool {
        at.plus(kept) <= self.clock.now()
    }

    fn marks(&self) -> std::sync::MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts that are over, the longest first: their deliveries, and in time themselves.
    async fn posts(&self, left: &mut usize) -> Result<(), StoreError> {
        self.old_posts(left).await?;
        loop {
            let after = self.marks().posts.clone();
            let prefix = Segments::new().byte(Kind::Post as u8).done();
            let scan = Scan::of(Index::Over, prefix, PAGE).after(after);
            let lines = self.store.scan(&scan).await?;
            for line in &lines {
                if !over(line).is_some_and(|at| self.past(at, self.settings.deliveries)) {
                    return Ok(());
                }
                let Some(post) = self.reads().find::<Post>(&line.key).await? else { continue };
                self.deliveries(&post, &self.settings.pages, left).await?;
                if *left == 0 {
                    return Ok(());
                }
                self.marks().posts = Some(line.at.clone());
            }
            if lines.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Posts whose own time is over. One that still owes something is passed over, and looked at again in a day.
    async fn old_posts(&self, left: &mut usize) -> Result<(), StoreError> {
        let mark = self.marks().old_posts.clone().filter(|(since, _)| !self.past(*since, OWED));
        let (since, mut after) = mark.unwrap_or((self.clock.now(), None));
        while *left > 0 {
            self.marks().old_posts = Some((since, after.clone()));
            let prefix = Segments::new().byte(Kind::Post as u8).done();
            let lines =
                self.store.scan(&Scan::of(Index::Over, prefix, 1).after(after.clone())).await?;
            let old =
                |line: &&Line| over(line).is_some_and(|at| self.past(at, self.settings.posts));
            let Some(line) = lines.first().filter(old) else { return Ok(()) };
            if let Some(post) = self.reads().find::<Post>(&line.key).await? {
                let owed = self.deliveries(&post, &[], left).await?;
                if *left == 0 {
                    return Ok(());
                }
                if !owed {
                    self.post(&post, left).await?;
                    continue;
                }
            }
            after = Some(line.at.clone());
        }
        Ok(())
    }

    /// A post with its editions and counts; itself last, so that a crash before leaves what leads to the rest.
    async fn post(&self, post: &Versioned<Post>, left: &mut usize) -> Result<(), StoreError> {
        let prefix = Segments::new().id(post.id.0).done();
        let (mut changes, mut after) = (Changes::new(), None);
        loop {
            let page = self.store.list(Kind::Edition, &prefix, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.key());
            for read in page {
                self.remove(&mut changes, &typed::<Edition>(read)?, left).await?;
            }
        }
        self.commit(changes).await?;
        let counts = self.store.tallies(&Tally::all_of(post.id)).await?;
        for some in counts.chunks(Changes::KEYS_MAX) {
            let mut changes = Changes::new();
            for (counter, sum) in some {
                changes.add(counter.clone(), -sum);
            }
            self.commit(changes).await?;
        }
        let mut changes = Changes::new();
        self.remove(&mut changes, post, left).await?;
        self.commit(changes).await
    }

    /// The deliveries of a post, except those of some accounts and those that are owed. Gives whether some are.
    async fn deliveries(
        &self,
        post: &Post,
        kept: &[AccountId],
        left: &mut usize,
    ) -> Result<bool, StoreError> {
        let (prefix, mut after, mut owed) = (DeliveryId::of_post(post.id), None, false);
        while *left > 0 {
            let page = self.store.list(Kind::Delivery, &prefix, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(owed) };
            after = Some(last.value.key());
            let mut changes = Changes::new();
            for read in page {
                let delivery = typed::<Delivery>(read)?;
                if kept.contains(&delivery.account) {
                    continue;
                }
                let Some(delivery) = self.shorten(delivery).await? else { continue };
                if is_owed(&delivery) {
                    owed = true;
                    continue;
                }
                self.remove(&mut changes, &delivery, left).await?;
            }
            self.commit(changes).await?;
        }
        Ok(owed)
    }

    /// Gives a delivery as it is read once no more of its messages lead to it than one commit takes away.
    async fn shorten(
        &self,
        mut delivery: Versioned<Delivery>,
    ) -> Result<Option<Versioned<Delivery>>, StoreError> {
        while !is_owed(&delivery) && removal(&delivery).keys() > Changes::KEYS_MAX {
            let mut shorter = delivery.value.clone();
            // The record itself is one of the keys.
            let few = shorter.sent.len().saturating_sub(Changes::KEYS_MAX - 1);
            shorter.sent.truncate(few);
            let mut changes = Changes::new();
            changes.update(&delivery, shorter);
            self.commit(changes).await?;
            let Some(read) = self.reads().find(&delivery.key()).await? else { return Ok(None) };
            delivery = read;
        }
        Ok(Some(delivery))
    }

    /// Adds the removal of a record to a commit; where both together are more than one commit takes, what was
    /// there is committed before.
    async fn remove<T: Stored>(
        &self,
        changes: &mut Changes,
        old: &Versioned<T>,
        left: &mut usize,
    ) -> Result<(), StoreError> {
        let one = removal(old);
        if !changes.has_room(&one, 0) {
            self.commit(std::mem::take(changes)).await?;
        }
        changes.append(one);
        *left = left.saturating_sub(1);
        Ok(())
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        match self.store.commit(changes).await {
            // Somebody changed one of them meanwhile: it is looked at again.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Entries, source by source.
    async fn entries(&self, left: &mut usize) -> Result<(), StoreError> {
        let mut after: Option<Vec<u8>> = None;
        while *left > 0 {
            let scan = Scan::of(Index::EntriesBySource, Vec::new(), 1).after(after.clone());
            let lines = self.store.scan(&scan).await?;
            let Some(line) = lines.first() else { return Ok(()) };
            let Some(source) = SegmentReader::new(&line.at).text().map(str::to_owned) else {
                return Ok(());
            };
            let prefix = Segments::new().text(&source).done();
            if self.past(seen(line).unwrap_or(self.clock.now()), self.settings.entries) {
                self.entries_of(&prefix, left).await?;
            }
            // Longer than any entry's place: behind them all.
            after = Some(Segments::new().text(&source).bytes(&[0xFF; 25]).done());
        }
        Ok(())
    }

    async fn entries_of(&self, prefix: &[u8], left: &mut usize) -> Result<(), StoreError> {
        let newest = Scan::of(Index::EntriesBySource, prefix.to_vec(), NEWEST).backward();
        let newest = self.store.scan(&newest).await?;
        let Some(first_kept) = newest.last().filter(|_| newest.len() == NEWEST) else {
            return Ok(());
        };
        let mut changes = Changes::new();
        let lines = Scan::of(Index::EntriesBySource, prefix.to_vec(), *left);
        for line in self.store.scan(&lines).await? {
            let old = seen(&line).is_some_and(|at| self.past(at, self.settings.entries));
            if !old || line.at >= first_kept.at || *left == 0 {
                break;
            }
            let Some(entry) = self.reads().find::<Entry>(&line.key).await? else { continue };
            for topic in &self.settings.topics {
                let key = Used::key_of(topic, entry.id);
                if let Some(used) = self.reads().find::<Used>(&key).await? {
                    self.remove(&mut changes, &used, left).await?;
                }
            }
            self.remove(&mut changes, &entry, left).await?;
        }
        self.commit(changes).await
    }

    /// Marks of entries that are gone, a page at a time: those of topics that the office no longer has.
    async fn used(&self, left: &mut usize) -> Result<(), StoreError> {
        let after = self.marks().used.clone();
        let page = self.store.list(Kind::Used, &[], after.as_ref(), PAGE).await?;
        self.marks().used = onward(&page);
        let mut changes = Changes::new();
        for read in page {
            let used = typed::<Used>(read)?;
            let key = Segments::new().id(used.entry.0).key(Kind::Entry);
            if self.store.get(&key).await?.is_none() {
                self.remove(&mut changes, &used, left).await?;
            }
        }
        self.commit(changes).await
    }

    /// Pictures and files that no edition carries, a page at a time.
    async fn media(&self, left: &mut usize) -> Result<(), StoreError> {
        let after = self.marks().media.clone();
        let page = self.store.list(Kind::Media, &[], after.as_ref(), PAGE).await?;
        self.marks().media = onward(&page);
        for read in page {
            let media = typed::<Media>(read)?;
            if *left == 0 {
                self.marks().media = None;
                return Ok(());
            }
            if media.state == MediaState::Kept && !self.past(media.at, Media::UNUSED) {
                continue;
            }
            let uses = Scan::of(Index::Enclosed, Media::uses_of(media.id), 1);
            if self.store.scan(&uses).await?.is_empty() {
                self.take_away(media, left).await?;
            }
        }
        Ok(())
    }

    /// Removes pieces and then what leads to them. Whoever brings the same, or has an edition carry it, meanwhile
    /// changes its record: then this ends, and what was removed is written anew by them, who found it leaving.
    async fn take_away(&self, media: Versioned<Media>, left: &mut usize) -> Result<(), StoreError> {
        let key = Media::key_of(media.id);
        if media.state == MediaState::Kept {
            let mut changes = Changes::new();
            changes.update(&media, Media { state: MediaState::Leaving, ..media.value.clone() });
            self.commit(changes).await?;
        }
        let Some(media) = self.reads().find::<Media>(&key).await? else { return Ok(()) };
        if media.state != MediaState::Leaving {
            return Ok(());
        }
        for piece in media.pieces() {
            let mut changes = Changes::new();
            changes.check(&media);
            let (gained, lost) = (Vec::new(), Vec::new());
            let (expect, record) = (Expect::Whatever, None);
            changes.changes.push(Change { key: piece, expect, record, gained, lost });
            match self.store.commit(changes).await {
                Ok(()) => *left = left.saturating_sub(1),
                Err(StoreError::Conflict) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let mut changes = Changes::new();
        changes.remove(&media);
        self.commit(changes).await
    }

    /// Subscribers that ended, a page at a time.
    async fn subscribers(&self, left: &mut usize) -> Result<(), StoreError> {
        let after = self.marks().subscribers.clone();
        let page = self.store.list(Kind::Subscriber, &[], after.as_ref(), PAGE).await?;
        self.marks().subscribers = onward(&page);
        let mut changes = Changes::new();
        for read in page {
            let subscriber = typed::<Subscriber>(read)?;
            if let Standing::Ended { at, .. } = subscriber.standing
                && !self.settings.brings.contains(&subscriber.address.account)
                && self.past(at, self.settings.subscribers)
            {
                self.remove(&mut changes, &subscriber, left).await?;
            }
        }
        self.commit(changes).await
    }
}

/// Whether a delivery is still to be made.
const fn is_owed(delivery: &Versioned<Delivery>) -> bool {
    matches!(
        delivery.value.state,
        DeliveryState::Due { .. } | DeliveryState::Leased { .. } | DeliveryState::Handed(_)
    )
}

/// What the removal of a record changes.
fn removal<T: Stored>(old: &Versioned<T>) -> Changes {
    let mut changes = Changes::new();
    changes.remove(old);
    changes
}

/// When what a line of [`Index::Over`] leads to was over.
fn over(line: &Line) -> Option<At> {
    let mut place = SegmentReader::new(&line.at);
    place.byte()?;
    place.at()
}

/// When what a line of [`Index::EntriesBySource`] leads to was seen.
fn seen(line: &Line) -> Option<At> {
    let mut place = SegmentReader::new(&line.at);
    place.text()?;
    place.at()
}
