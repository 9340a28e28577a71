//! A store that also notes when posts begin to go out: the moment at which the commit that says so was
//! acknowledged as durable. Everything else it leaves to the store below.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{At, Changes, Counter, Key, Kind, PostState, Record, TopicState, Versioned};
use tongxin::store::{Line, Reads, Report, Scan, Sharing, Snapshot, Store, StoreError};

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

/// The store.
pub struct Noting {
    below: Arc<dyn Store>,
    starts: Mutex<Vec<Start>>,
}

impl Noting {
    /// Over this store.
    pub fn over(below: Arc<dyn Store>) -> Self {
        Self { below, starts: Mutex::default() }
    }

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
impl Reads for Noting {
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError> {
        self.below.get(key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError> {
        self.below.scan(scan).await
    }

    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError> {
        self.below.list(kind, prefix, after, limit).await
    }

    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError> {
        self.below.tally(counter).await
    }

    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError> {
        self.below.tallies(prefix).await
    }
}

#[async_trait]
impl Store for Noting {
    fn sharing(&self) -> Sharing {
        self.below.sharing()
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let begun = starts(&changes);
        self.below.commit(changes).await?;
        if !begun.is_empty() {
            let at = SystemClock.now();
            let start = |(title, slot)| Start { title, slot, at };
            self.starts.lock().expect("a lock").extend(begun.into_iter().map(start));
        }
        Ok(())
    }

    async fn failed(&self) -> String {
        self.below.failed().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.below.close().await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.below.snapshot().await
    }

    async fn verify(&self) -> Result<Report, StoreError> {
        self.below.verify().await
    }
}
