//! A store around a store: everything is left to the one below, but what a test or a measurement does otherwise.

use async_trait::async_trait;
use std::sync::Arc;
use tongxin::model::{Changes, Counter, Key, Kind, Record, Versioned};
use tongxin::store::space::Space;
use tongxin::store::{Line, Reads, Report, Scan, Sharing, Snapshot, Store, StoreError};

/// What is done otherwise.
#[async_trait]
pub trait Otherwise: Send + Sync + 'static {
    /// Whether others may write to it as well.
    fn sharing(&self, below: &dyn Store) -> Sharing {
        below.sharing()
    }

    /// Is told of each scan.
    fn scanned(&self, _: &Scan) {}

    /// Is told of each page of records of a kind that was read.
    async fn listed(&self, _: Kind) {}

    /// Makes changes so.
    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        below.commit(changes).await
    }
}

/// The store around.
pub struct Around<O> {
    below: Arc<dyn Store>,
    /// What is done otherwise.
    pub otherwise: O,
}

impl<O> Around<O> {
    /// Around this store.
    pub fn over(below: Arc<dyn Store>, otherwise: O) -> Self {
        Self { below, otherwise }
    }
}

#[async_trait]
impl<O: Otherwise> Reads for Around<O> {
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError> {
        self.below.get(key).await
    }

    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<Record>>>, StoreError> {
        self.below.get_each(keys).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError> {
        self.otherwise.scanned(scan);
        self.below.scan(scan).await
    }

    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError> {
        let page = self.below.list(kind, prefix, after, limit).await;
        self.otherwise.listed(kind).await;
        page
    }

    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError> {
        self.below.tally(counter).await
    }

    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError> {
        self.below.tallies(prefix).await
    }

    fn space(&self) -> Option<Space> {
        self.below.space()
    }
}

#[async_trait]
impl<O: Otherwise> Store for Around<O> {
    fn sharing(&self) -> Sharing {
        self.otherwise.sharing(&*self.below)
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.otherwise.commit(&*self.below, changes).await
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
