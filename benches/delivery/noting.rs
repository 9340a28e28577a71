//! A store that also notes when posts begin to go out: the moment at which the commit that says so was
//! acknowledged as durable. Everything else it leaves to the store below.

use crate::around::Otherwise;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{At, Changes, PostState, Record, TopicState};
use tongxin::store::{Store, StoreError};

/// The beginning of a push.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// The title of the post.
    pub title: String,
    /// The run of its topic's schedule, where it is a digest.
    pub slot: Option<At>,
    /// When the commit was acknowledged.
    pub at: At,
}

/// What was noted.
#[derive(Default)]
pub struct Noting {
    starts: Mutex<Vec<Start>>,
}

impl Noting {
    /// All that was noted.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&*self.starts.lock().expect("a lock")).expect("writes")
    }
}

/// The posts of a commit that begin to go out.
fn starts(changes: &Changes) -> Vec<(String, Option<At>)> {
    let records = || changes.changes.iter().filter_map(|change| change.record.as_ref());
    let slot = |topic: &tongxin::model::TopicId| {
        records().find_map(|record| match record {
            Record::Topic(TopicState { id, last_slot, .. }) if id == topic => Some(*last_slot),
            _ => None,
        })
    };
    // A post goes out from when its fan-out is written together with it.
    let begins = |id| records().any(|r| matches!(r, Record::FanOut(work) if work.post == id));
    let start = |record: &Record| match record {
        Record::Post(post)
            if matches!(post.state, PostState::Publishing { .. }) && begins(post.id) =>
        {
            Some((post.title.clone(), slot(&post.topic)))
        }
        _ => None,
    };
    records().filter_map(start).collect()
}

#[async_trait]
impl Otherwise for Noting {
    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        let begun = starts(&changes);
        below.commit(changes).await?;
        if !begun.is_empty() {
            let at = SystemClock.now();
            let start = |(title, slot)| Start { title, slot, at };
            self.starts.lock().expect("a lock").extend(begun.into_iter().map(start));
        }
        Ok(())
    }
}
