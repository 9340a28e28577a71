//! Posts: written, shown, scheduled, pushed, taken back, accounted for.

use super::pushes::standing;
use super::{Call, Desk, DeskError, may};
use crate::model::{
    At, Author, Code, Content, Delivery, DeliveryId, DeliveryState, Edition, Enclosed, FanOut,
    Index, Kind, OpenState, Outcome, Post, PostId, PostState, Priority, Revision, Role, Segments,
    Subscriber, SubscriberId, Tally, Version, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::command::When;
use crate::text::say::{ChatName, HandLine, Refusal};
use chrono::TimeZone as _;

/// How a push went, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushReport {
    /// The post.
    pub post: Post,
    /// Chats to which it is owed.
    pub planned: u64,
    /// Chats that have it.
    pub sent: u64,
    /// Chats that will not get it.
    pub dead: u64,
    /// Chats of which nobody knows whether they have it.
    pub unknown: u64,
    /// Chats that had left, or that it was taken back from before it arrived.
    pub dropped: u64,
    /// Suggestions that answer it.
    pub suggestions: u64,
    /// The first chats that did not get it, and why.
    pub troubles: Vec<(ChatName, String)>,
    /// Some of the chats that wait for it, and why.
    pub waits: Vec<(String, Waits)>,
    /// How it stands in some of the groups that people keep.
    pub in_hands: Vec<HandLine>,
}

/// Why a chat still waits for a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Its turn has not come.
    Turn,
    /// The platform asked to wait until then.
    Until(At),
    /// It failed for this reason, and is tried again then.
    Again(String, At),
}

impl PushReport {
    /// Chats that still wait for it.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        let over = self.sent + self.dead + self.unknown + self.dropped;
        self.planned.saturating_sub(over)
    }
}

/// How many chats in trouble a report names.
const TROUBLES_SHOWN: usize = 10;

/// How many groups that people keep a report names.
const HANDS_SHOWN: usize = 20;

/// How many chats that wait a report names.
const WAITS_SHOWN: usize = 5;

/// Among how many deliveries of a post those that wait are looked for.
const WAITS_LOOKED_FOR: usize = 1_000;

impl Desk {
    /// Begins a post.
    ///
    /// # Errors
    /// When the caller is no editor, or the topic is unknown.
    pub async fn compose(
        &self,
        call: &mut Call,
        topic: &str,
        content: Content,
    ) -> Result<Post, DeskError> {
        self.compose_with(call, topic, content, Vec::new()).await
    }

    /// Begins a post that carries pictures or files.
    ///
    /// # Errors
    /// When the caller is no editor, the topic is unknown, or it cannot carry that.
    pub async fn compose_with(
        &self,
        call: &mut Call,
        topic: &str,
        content: Content,
        enclosed: Vec<Enclosed>,
    ) -> Result<Post, DeskError> {
        let author = Author::Person(may(call, Role::Editor)?.id);
        let topic = self.topic(topic)?.id.clone();
        let id = PostId(self.clock.fresh());
        let post = Post {
            id,
            code: self.post_code().await?,
            topic,
            title: content.title().to_owned(),
            revision: Revision::FIRST,
            priority: Priority::Bulk,
            author,
            created: call.at,
            state: PostState::Draft,
        };
        self.hold(call, &enclosed).await?;
        let (revision, at) = (Revision::FIRST, call.at);
        call.changes.insert(post.clone());
        call.changes.insert(Edition { post: id, revision, content, at, enclosed });
        Ok(post)
    }

    /// Replaces what a post says, as long as it has not begun to go out; one that was thrown away before is a draft
    /// again. What it carries stays.
    ///
    /// # Errors
    /// When the caller is no editor, or it is too late.
    pub async fn rewrite(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        content: Content,
    ) -> Result<Post, DeskError> {
        let edition = self.edition(post).await?;
        let enclosed = edition.map(|e| e.enclosed).unwrap_or_default();
        self.revise(call, post, content, enclosed).await
    }

    /// Makes a new edition of a post that has not begun to go out.
    pub(super) async fn revise(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        content: Content,
        enclosed: Vec<Enclosed>,
    ) -> Result<Post, DeskError> {
        may(call, Role::Editor)?;
        if !post.state.may_change() {
            return Err(Refusal::PostAlready(standing(&post.state)).into());
        }
        let revision = post.revision.next();
        let now = Post {
            revision,
            title: content.title().to_owned(),
            // A new text is looked at anew before it goes out.
            state: PostState::Draft,
            ..post.value.clone()
        };
        self.hold(call, &enclosed).await?;
        let at = call.at;
        call.changes.update(post, now.clone());
        call.changes.insert(Edition { post: post.id, revision, content, at, enclosed });
        Ok(now)
    }

    /// The post of this code.
    ///
    /// # Errors
    /// When there is none, or the caller is no editor.
    pub async fn post(&self, call: &Call, code: &Code) -> Result<Versioned<Post>, DeskError> {
        may(call, Role::Editor)?;
        let place = Post::by_code(code);
        let found = self.reads().find_by(place.index, place.at).await?;
        Ok(found.ok_or_else(|| Refusal::NoSuchPost(code.to_string()))?)
    }

    /// The post of this ID, as long as it stands as `shown` (where a button showed it).
    ///
    /// # Errors
    /// When there is none, it has changed, or the caller is no editor.
    pub async fn post_shown(
        &self,
        call: &Call,
        id: PostId,
        shown: Option<Version>,
    ) -> Result<Versioned<Post>, DeskError> {
        may(call, Role::Editor)?;
        let key = Segments::new().id(id.0).key(Kind::Post);
        let found = self.reads().find::<Post>(&key).await?;
        let post = found.ok_or_else(|| Refusal::NoSuchPost(String::new()))?;
        match shown {
            Some(version) if version != Version(post.revision.0.into()) => {
                Err(Refusal::PostChanged.into())
            }
            _ => Ok(post),
        }
    }

    /// What a post says in the edition that goes out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn edition(&self, post: &Post) -> Result<Option<Edition>, StoreError> {
        let key = Edition::key_of(post.id, post.revision);
        Ok(self.reads().find::<Edition>(&key).await?.map(|e| e.value))
    }

    /// Has a post go out at a time, also one that was thrown away before it went out. Returns that moment.
    ///
    /// # Errors
    /// When the time has passed, the post is already going out, or the caller is no editor.
    #[expect(clippy::unused_async, reason = "all doors of the desk are async")]
    pub async fn schedule(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        when: &When,
    ) -> Result<At, DeskError> {
        may(call, Role::Editor)?;
        let at = self.moment(call.at, when).filter(|at| *at > call.at).ok_or(Refusal::PastTime)?;
        let state = post.state.clone().schedule(at);
        let state = state.map_err(|_| Refusal::PostAlready(standing(&post.state)))?;
        call.changes.update(post, Post { state, ..post.value.clone() });
        Ok(at)
    }

    /// Has a post go out now.
    ///
    /// # Errors
    /// When nobody would get it, it is already going out, or the caller is no editor.
    pub async fn push(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        priority: Priority,
    ) -> Result<(), DeskError> {
        may(call, Role::Editor)?;
        let state = post.state.clone().publish(call.at);
        let state = state.map_err(|_| Refusal::PostAlready(standing(&post.state)))?;
        let scan = Scan::of(Index::TopicSubscribers, Subscriber::of_topic(&post.topic), 1);
        if self.reads().scan(&scan).await?.is_empty() {
            let topic = self.office.title(&post.topic).to_owned();
            return Err(Refusal::NobodySubscribed(topic).into());
        }
        call.changes.update(post, Post { priority, state, ..post.value.clone() });
        call.changes.insert(FanOut::begin(post.id, post.revision, post.topic.clone(), priority));
        Ok(())
    }

    /// The posts that are being written, scheduled or going out, at most `limit` of each.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn queue(
        &self,
        call: &Call,
        limit: usize,
    ) -> Result<Vec<Versioned<Post>>, DeskError> {
        may(call, Role::Editor)?;
        let mut posts = Vec::new();
        let states =
            [OpenState::Publishing, OpenState::Paused, OpenState::Scheduled, OpenState::Draft];
        for state in states {
            let scan = Scan::of(Index::OpenPosts, Post::open(state), limit);
            // Drafts that nobody goes on with stay; the one that was just written must not stand behind them.
            let scan = if state == OpenState::Draft { scan.backward() } else { scan };
            posts.extend(self.reads().find_all::<Post>(&scan).await?);
        }
        Ok(posts)
    }

    /// How a push went, or goes.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn report(&self, call: &Call, post: &Post) -> Result<PushReport, DeskError> {
        may(call, Role::Editor)?;
        let count = |kind: Tally| async move {
            let n = self.reads().tally(&kind.of(post.id)).await?;
            Ok::<_, StoreError>(u64::try_from(n).unwrap_or(0))
        };
        let mut report = PushReport {
            post: post.clone(),
            planned: count(Tally::Planned).await?,
            sent: count(Tally::Sent).await?,
            dead: count(Tally::Dead).await?,
            unknown: count(Tally::Unknown).await?,
            dropped: count(Tally::Dropped).await?,
            suggestions: count(Tally::Suggestions).await?,
            troubles: self.troubles(post).await?,
            waits: Vec::new(),
            in_hands: self.in_hands(call, post, HANDS_SHOWN).await?,
        };
        if report.waiting() > 0 {
            report.waits = self.waits(post).await?;
        }
        Ok(report)
    }

    async fn waits(&self, post: &Post) -> Result<Vec<(String, Waits)>, StoreError> {
        let edition = DeliveryId::of_edition(post.id, post.revision);
        let page = self.reads().list(Kind::Delivery, &edition, None, WAITS_LOOKED_FOR).await?;
        let mut waits = Vec::new();
        for record in page {
            let delivery: Versioned<Delivery> = crate::store::typed(record)?;
            let DeliveryState::Due { at } = delivery.state else { continue };
            let why = match delivery.attempts.last().map(|a| &a.outcome) {
                Some(Outcome::Waited(until)) => Waits::Until((*until).max(at)),
                Some(Outcome::Failed(what) | Outcome::Unknown(what)) => {
                    Waits::Again(what.clone(), at)
                }
                _ => Waits::Turn,
            };
            let DeliveryId::Post(_, _, to) = delivery.id else { continue };
            waits.push((self.called(to).await?, why));
            if waits.len() == WAITS_SHOWN {
                break;
            }
        }
        Ok(waits)
    }

    /// What staff call a subscriber.
    async fn called(&self, subscriber: SubscriberId) -> Result<String, StoreError> {
        let key = Segments::new().id(subscriber.0).key(Kind::Subscriber);
        let found = self.reads().find::<Subscriber>(&key).await?;
        Ok(found.map(|s| s.value.title).unwrap_or_default())
    }

    async fn troubles(&self, post: &Post) -> Result<Vec<(ChatName, String)>, StoreError> {
        let scan = Scan::of(Index::Troubled, Delivery::troubled(post.id), TROUBLES_SHOWN);
        let mut troubles = Vec::new();
        for delivery in self.reads().find_all::<Delivery>(&scan).await? {
            let DeliveryId::Post(_, _, to) = delivery.id else { continue };
            let reason = match &delivery.state {
                DeliveryState::Dead { reason, .. } => reason.clone(),
                _ => String::new(),
            };
            troubles.push((self.chat_name(to).await?, reason));
        }
        Ok(troubles)
    }

    async fn post_code(&self) -> Result<Code, StoreError> {
        loop {
            let code = self.code(5);
            let place = Post::by_code(&code);
            if self.reads().find_by::<Post>(place.index, place.at).await?.is_none() {
                return Ok(code);
            }
        }
    }

    /// The moment meant by what was typed, in the office's time zone. A local time that a change of clocks
    /// leaves out is taken an hour later; one that it repeats is taken the first time.
    fn moment(&self, now: At, when: &When) -> Option<At> {
        let zone = self.office.zone;
        let today = now.utc().with_timezone(&zone).date_naive();
        let local = |date: chrono::NaiveDate, time: chrono::NaiveTime| {
            let naive = date.and_time(time);
            let there = zone.from_local_datetime(&naive).earliest();
            let later = naive.checked_add_signed(chrono::TimeDelta::hours(1))?;
            let there = there.or_else(|| zone.from_local_datetime(&later).earliest())?;
            Some(At::from(there.with_timezone(&chrono::Utc)))
        };
        match when {
            When::Moment(at) => Some(*at),
            When::Local(Some(date), time) => local(*date, *time),
            When::Today(time) => local(today, *time),
            When::Tomorrow(time) => local(today.succ_opt()?, *time),
            When::Local(None, time) => {
                let at = local(today, *time)?;
                if at > now { Some(at) } else { local(today.succ_opt()?, *time) }
            }
        }
    }
}
