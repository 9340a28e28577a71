//! Looks from time to time how much waits, for whoever watches the daemon.

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::model::{AccountId, At, Delivery, Index, Priority, Usage};
use crate::store::{Reads, Scan, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(15);

/// A queue is counted up to here; a longer one is told as this long.
const COUNTED: usize = 100_000;

/// How many lines are read at a time.
const PAGE: usize = 1_000;

/// Keeps the gauges of queues and inbox.
pub struct Gauges {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    accounts: Vec<AccountId>,
}

impl Gauges {
    /// Gauges for these accounts.
    #[must_use]
    pub const fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        accounts: Vec<AccountId>,
    ) -> Self {
        Self { store, clock, metrics, accounts }
    }

    /// Looks once; when to look again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let now = self.clock.now();
        for account in &self.accounts {
            let mut oldest: Option<At> = None;
            for priority in [Priority::Answer, Priority::Urgent, Priority::Bulk] {
                let prefix = Delivery::queue(account, priority);
                let (depth, first) = self.count(Index::Due, &prefix).await?;
                self.metrics.queue_depth(account, priority, depth);
                let due = first.and_then(|at| Delivery::due_of_place(&at, &prefix));
                oldest = [oldest, due].into_iter().flatten().min();
            }
            let age = oldest.map_or(Duration::ZERO, |due| now.since(due));
            self.metrics.queue_age(account, age);
            let reads: &dyn Reads = &*self.store;
            let usage = reads.find::<Usage>(&Usage::key_of(account)).await?;
            self.metrics.pace(account, usage.map_or(Usage::FULL, |u| u.paced(now)));
        }
        let (depth, _) = self.count(Index::InboxWaiting, &[]).await?;
        self.metrics.inbox_depth(depth);
        Ok(Some(now.plus(EVERY)))
    }

    async fn count(
        &self,
        index: Index,
        prefix: &[u8],
    ) -> Result<(usize, Option<Vec<u8>>), StoreError> {
        let reads: &dyn Reads = &*self.store;
        let mut scan = Scan::of(index, prefix.to_vec(), PAGE);
        let (mut count, mut first) = (0, None);
        loop {
            let lines = reads.scan(&scan).await?;
            count += lines.len();
            first = first.or_else(|| lines.first().map(|l| l.at.clone()));
            match lines.last() {
                Some(last) if lines.len() == PAGE && count < COUNTED => {
                    scan.after = Some(last.at.clone());
                }
                _ => return Ok((count, first)),
            }
        }
    }
}
