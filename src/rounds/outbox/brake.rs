//! The brake: a post that fails too often pauses itself, and staff are told why.
//!
//! What had failed when a person last had the post go on, or tried again, does not count again. Two batches
//! that find it at once: the second sees that it is paused.

use super::Outbox;
use crate::model::{
    Delivery, DeliveryState, Index, Kind, PauseReason, Post, PostId, PostState, Segments, Tally,
};
use crate::store::{Reads, Scan, StoreError};
use crate::text::say::AlarmSays;
use std::collections::HashMap;

/// Of how many failures the most frequent reason is told.
const LOOKED_AT: usize = 200;

/// How often a change that others were faster than is decided again.
const TRIES: usize = 4;

impl Outbox {
    /// Pauses a post if too many of its chats do not get it.
    pub(super) async fn brake(&self, post: PostId) -> Result<(), StoreError> {
        if self.too_many(post).await?.is_none() {
            return Ok(());
        }
        for _ in 0..TRIES {
            match self.pause(post).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        // Whoever keeps changing the post knows of it; the next failure brings us here again.
        Ok(())
    }

    /// How many failed, and of how many, where that is too many.
    async fn too_many(&self, post: PostId) -> Result<Option<(u64, u64)>, StoreError> {
        let (share, after) = (self.settings.pause_share, self.settings.pause_after);
        if share == 0 {
            return Ok(None);
        }
        let dead = self.since(post, Tally::Dead, Tally::ForgivenDead).await?;
        let of = dead + self.since(post, Tally::Sent, Tally::ForgivenSent).await?;
        Ok((of >= after && dead * 100 >= u64::from(share) * of).then_some((dead, of)))
    }

    async fn since(&self, post: PostId, all: Tally, known: Tally) -> Result<u64, StoreError> {
        let (all, known) =
            (self.store.tally(&all.of(post)).await?, self.store.tally(&known.of(post)).await?);
        Ok(u64::try_from(all - known).unwrap_or(0))
    }

    async fn pause(&self, post: PostId) -> Result<(), StoreError> {
        let reads: &dyn Reads = &*self.store;
        let key = Segments::new().id(post.0).key(Kind::Post);
        let Some(old) = reads.find::<Post>(&key).await? else { return Ok(()) };
        // Counted once the post is read: whoever has it go on changes both, and what they know of does not count.
        let Some((dead, of)) = self.too_many(post).await? else { return Ok(()) };
        if let PostState::Published { .. } = old.state
            && self.waiting(post).await? <= 0
        {
            return Ok(());
        }
        let reason = self.main_reason(post).await?;
        let why = PauseReason::Failing { dead, of, reason: reason.clone() };
        let Ok(state) = old.state.clone().pause(why, self.clock.now()) else { return Ok(()) };
        let (code, title) = (old.code.to_string(), old.title.clone());
        let says = AlarmSays::PostPaused { code, title, dead, of, reason };
        let mut changes = self.alarm(&says).await?;
        changes.update(&old, Post { state, ..old.value.clone() });
        self.store.commit(changes).await?;
        tracing::warn!(post.id = %post, dead, of, "a post fails too often and is paused");
        Ok(())
    }

    async fn waiting(&self, post: PostId) -> Result<i64, StoreError> {
        let mut waiting = self.store.tally(&Tally::Planned.of(post)).await?;
        for over in [Tally::Sent, Tally::Dead, Tally::Unknown, Tally::Dropped] {
            waiting -= self.store.tally(&over.of(post)).await?;
        }
        Ok(waiting)
    }

    /// What most of the first failures say.
    async fn main_reason(&self, post: PostId) -> Result<String, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let scan = Scan::of(Index::Troubled, Delivery::troubled(post), LOOKED_AT);
        let mut reasons: HashMap<String, usize> = HashMap::new();
        for delivery in reads.find_all::<Delivery>(&scan).await? {
            if let DeliveryState::Dead { reason, .. } = delivery.value.state {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        let most = reasons.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
        Ok(most.map(|(reason, _)| reason).unwrap_or_default())
    }
}
