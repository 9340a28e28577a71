//! One page of trying again what was given up.
//!
//! What has no room keeps nothing else waiting: it is passed over, and looked at again in the next pass from the
//! front. A page of which nothing has room is the last of its round, so that a queue that stays full costs a look
//! now and then. How far a pass has come is kept in memory: lost at a restart, which only means that it begins at
//! the front again. When the work began is kept in its cursor: what was given up after that is not tried once more.

use super::page::{Done, PAGE_AGAIN, Turn};
use super::{Planner, Round};
use crate::model::{
    At, Changes, Delivery, DeliveryState, FanOut, Index, Key, PostId, SegmentReader, Segments,
    Stored as _, Tally,
};
use crate::store::{Line, Reads, Scan, StoreError};
use std::sync::PoisonError;

/// How many keys of a commit are left for the work itself and for what is counted.
const SPARE: usize = 8;

/// How far a pass has come.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// When the work began.
    begun: At,
    /// What lies up to here was looked at.
    after: Option<Vec<u8>>,
    /// Whether some of it had no room.
    left: bool,
}

/// What looking at a page came to.
#[derive(Default)]
struct Page {
    changes: Changes,
    /// How many deliveries are due again.
    count: u32,
    /// How many had no room.
    full: u32,
    /// How many lines were looked at.
    looked: usize,
}

impl Planner {
    /// How far the work under this key has come that began then.
    fn pass(&self, key: &Key, begun: Option<At>) -> Pass {
        let passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = passes.get(key).filter(|pass| Some(pass.begun) == begun).cloned();
        let begun = begun.unwrap_or_else(|| self.clock.now());
        known.unwrap_or(Pass { begun, after: None, left: false })
    }

    fn keep(&self, key: Key, pass: Option<Pass>) {
        let mut passes = self.passes.lock().unwrap_or_else(PoisonError::into_inner);
        match pass {
            Some(pass) => passes.insert(key, pass),
            None => passes.remove(&key),
        };
    }
}

impl Round<'_> {
    /// Makes due again what was given up.
    pub(super) async fn retry(&mut self, turn: &Turn) -> Result<Done, StoreError> {
        let begun = turn.fan_out.cursor.as_deref().and_then(begun);
        let mut pass = self.planner.pass(&turn.fan_out.key(), begun);
        let prefix = Delivery::troubled(turn.post.id);
        let scan = Scan::of(Index::Troubled, prefix, PAGE_AGAIN).after(pass.after.clone());
        let lines = self.planner.store.scan(&scan).await?;
        let Page { mut changes, count, full, looked } = self.look(&lines, pass.begun).await?;
        pass.left |= full > 0;
        let ended = looked == lines.len() && lines.len() < PAGE_AGAIN;
        let over = ended && !pass.left;
        if over {
            changes.remove(&turn.fan_out);
        } else if count > 0 || begun.is_none() {
            let cursor = Some(cursor(turn.post.id, pass.begun));
            let planned = turn.fan_out.planned.saturating_add(u64::from(count));
            changes.update(&turn.fan_out, FanOut { cursor, planned, ..turn.fan_out.value.clone() });
        }
        if !changes.is_empty() {
            changes.check(&turn.post);
            for tally in [Tally::Dead, Tally::ForgivenDead] {
                changes.add(tally.of(turn.post.id), -i64::from(count));
            }
            self.planner.store.commit(changes).await?;
        }
        match lines.get(looked.saturating_sub(1)) {
            Some(last) if !ended => pass.after = Some(last.at.clone()),
            _ => (pass.after, pass.left) = (None, false),
        }
        self.planner.keep(turn.fan_out.key(), Some(pass).filter(|_| !over));
        Ok(match count {
            _ if over => Done::All,
            0 if ended || full > 0 => Done::Full,
            _ => Done::More,
        })
    }

    /// Looks which of these are to be tried again, and have room; at as many as one commit takes.
    async fn look(&mut self, lines: &[Line], begun: At) -> Result<Page, StoreError> {
        let reads: &dyn Reads = &*self.planner.store;
        let keys: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
        let (mut page, now) = (Page::default(), self.planner.clock.now());
        for old in reads.find_each::<Delivery>(&keys).await? {
            let given_up =
                |d: &Delivery| matches!(d.state, DeliveryState::Dead { at, .. } if at <= begun);
            if let Some(old) = old.filter(|old| given_up(old)) {
                let mut one = Changes::new();
                one.update(&old, old.value.clone().retry(now));
                if page.count > 0 && !page.changes.has_room(&one, SPARE) {
                    break;
                }
                if self.room(&old.account, old.priority).await? == 0 {
                    page.full += 1;
                } else {
                    self.take_room(&old.account, old.priority, 1);
                    page.changes.append(one);
                    page.count += 1;
                }
            }
            page.looked += 1;
        }
        Ok(page)
    }
}

/// Where the cursor stands of work that began then: before all that is tried again.
fn cursor(post: PostId, begun: At) -> Vec<u8> {
    Segments::new().id(post.0).byte(0).at(begun).done()
}

/// When the work of a cursor began.
fn begun(cursor: &[u8]) -> Option<At> {
    let mut cursor = SegmentReader::new(cursor);
    cursor.id()?;
    if cursor.byte()? == 0 { cursor.at() } else { None }
}
