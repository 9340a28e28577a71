//! What is kept: records by key, places that lead to them, counts.
//!
//! **Invariant:** a commit is made so as a whole or not at all, and is acknowledged only when it is
//! durable. Whoever decides carries the versions that were read; when one no longer stands, the commit
//! is a [`StoreError::Conflict`] and nothing has changed.

mod again;
mod codec;
pub mod export;
pub mod media;
pub mod postgres;
mod recount;
pub mod sled;
pub mod space;
pub mod transfer;
pub mod vault;
mod verify;
mod whereabouts;

pub use again::again;
pub use transfer::{Snapshot, TransferError};
pub use verify::Report;
pub use whereabouts::Whereabouts;

pub use recount::recount;

use crate::model::{Changes, Counter, Index, Key, Kind, Record, Stored, Versioned};
use async_trait::async_trait;
use space::Space;

/// The most bytes that a record may have on any store, as it is encoded: whoever takes in what others
/// wrote bounds it well below.
pub const RECORD_MAX: usize = 60 * 4096;

/// How many records are read at a time where all of a kind are.
const ALL_PAGE: usize = 200;

/// Why the store could not do it, told by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: read again, decide again.
    #[error("conflict with a change made meanwhile")]
    Conflict,
    /// The store cannot do it now: it does not answer, has no room, or takes no writes. Nothing was
    /// changed. Wait, read again, decide again.
    #[error("the store cannot do it now: {0}")]
    Unavailable(String),
    /// It can never be done as it was asked: a commit or a record that is too large, sealed bytes that are damaged.
    /// Nothing was changed, and the store is as well as before. Do without it.
    #[error("it cannot be done: {0}")]
    Impossible(String),
    /// The store itself failed: stop, for nothing more is sure.
    #[error("the store failed: {0}")]
    Backend(String),
}

/// What a task said that panicked is told to nobody: it may hold what somebody wrote.
impl From<tokio::task::JoinError> for StoreError {
    fn from(ended: tokio::task::JoinError) -> Self {
        let words = if ended.is_panic() { "a task panicked" } else { "a task was ended" };
        Self::Backend(words.to_owned())
    }
}

/// In which direction a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the first.
    Forward,
    /// From the last.
    Backward,
}

/// Which lines of an index are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The index.
    pub index: Index,
    /// Only lines whose place begins with this.
    pub prefix: Vec<u8>,
    /// Only lines strictly beyond this place, in the direction of the scan.
    pub after: Option<Vec<u8>>,
    /// In which direction.
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}

impl Scan {
    /// The lines of `index` that begin with `prefix`, from the first, at most `limit`.
    #[must_use]
    pub const fn of(index: Index, prefix: Vec<u8>, limit: usize) -> Self {
        Self { index, prefix, after: None, order: Order::Forward, limit }
    }

    /// Strictly beyond this place.
    #[must_use]
    pub fn after(mut self, place: Option<Vec<u8>>) -> Self {
        self.after = place;
        self
    }

    /// From the last.
    #[must_use]
    pub const fn backward(mut self) -> Self {
        self.order = Order::Backward;
        self
    }
}

/// One line of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where in the index.
    pub at: Vec<u8>,
    /// The record to which it leads.
    pub key: Key,
}

/// What can be read. Pages show it; only those who hold a [`Store`] can change it.
#[async_trait]
pub trait Reads: Send + Sync + 'static {
    /// One record.
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError>;

    /// The records under these keys, in their order; `None` for each that has none.
    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Option<Versioned<Record>>>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.get(key).await?);
        }
        Ok(found)
    }

    /// Lines of an index, in order.
    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError>;

    /// Records of one kind whose ID begins with `prefix`, in order, strictly after `after`, at most
    /// `limit`.
    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError>;

    /// A count; nothing counted is 0.
    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError>;

    /// All counts whose name begins with `prefix`, in order; those that are 0 are left out.
    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError>;

    /// How much space its disk has; `None` where that is not this process's to know, or none is kept free.
    fn space(&self) -> Option<Space> {
        None
    }
}

/// Whether other processes may write to a store as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// This process alone has it.
    Alone,
    /// Any number of processes may have it at once.
    Shared,
}

/// What can be read and changed.
#[async_trait]
pub trait Store: Reads {
    /// Whether others may write to it as well.
    fn sharing(&self) -> Sharing;

    /// Makes all of `changes` so, durably, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a version no longer stands.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError>;

    /// Waits until all that could be read before is durable. Readers may see for a moment what is not yet so;
    /// whoever decides on it commits behind it, and needs nothing more. This is for who does something on the word
    /// of it that no commit of the store takes back: destroys a key, or tells a platform that it was heard.
    ///
    /// # Errors
    /// When the store fails: it may not be durable.
    async fn durable(&self) -> Result<(), StoreError> {
        self.commit(Changes::new()).await
    }

    /// Waits until the store has failed for good; gives why. From then on nothing is sure, and the
    /// process should end. A store that is only out of reach has not failed.
    async fn failed(&self) -> String;

    /// Finishes what was asked before and ends; every later call is answered with an error.
    ///
    /// # Errors
    /// When the store failed, now or before.
    async fn close(&self) -> Result<(), StoreError>;

    /// Everything as it is at this moment.
    ///
    /// # Errors
    /// When the store fails.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Looks whether everything leads to everything.
    ///
    /// # Errors
    /// When the store fails; what is wrong within is in the report.
    async fn verify(&self) -> Result<Report, StoreError>;
}

impl dyn Reads + '_ {
    /// One record of a known type.
    ///
    /// # Errors
    /// When the store fails, or the record under this key is of another type.
    pub async fn find<T: Stored>(&self, key: &Key) -> Result<Option<Versioned<T>>, StoreError> {
        self.get(key).await?.map(typed).transpose()
    }

    /// Records of a known type, in the order of their keys; `None` for each that is not there.
    ///
    /// # Errors
    /// When the store fails, or a record is of another type.
    pub async fn find_each<T: Stored>(
        &self,
        keys: &[Key],
    ) -> Result<Vec<Option<Versioned<T>>>, StoreError> {
        let found = self.get_each(keys).await?.into_iter();
        found.map(|read| read.map(typed).transpose()).collect()
    }

    /// All records of a known type whose ID begins with `prefix`, in order, read page by page. For kinds of
    /// which there are few.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all<T: Stored>(&self, prefix: &[u8]) -> Result<Vec<Versioned<T>>, StoreError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.list(T::KIND, prefix, after.as_ref(), ALL_PAGE).await?;
            let full = page.len() == ALL_PAGE;
            after = page.last().map(|read| read.value.key());
            for read in page {
                all.push(typed::<T>(read)?);
            }
            if !full {
                return Ok(all);
            }
        }
    }

    /// The record to which the first line at or below `prefix` leads.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_by<T: Stored>(
        &self,
        index: Index,
        prefix: Vec<u8>,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let lines = self.scan(&Scan::of(index, prefix, 1)).await?;
        match lines.first() {
            Some(line) => self.find(&line.key).await,
            None => Ok(None),
        }
    }

    /// The records to which the lines of a scan lead, in its order; lines whose record has gone
    /// meanwhile are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_all<T: Stored>(&self, scan: &Scan) -> Result<Vec<Versioned<T>>, StoreError> {
        let keys: Vec<_> = self.scan(scan).await?.into_iter().map(|line| line.key).collect();
        Ok(self.find_each(&keys).await?.into_iter().flatten().collect())
    }
}

/// Takes a record as the type that it must have.
///
/// # Errors
/// When it is of another type: the store is damaged, or was written by another program.
pub fn typed<T: Stored>(read: Versioned<Record>) -> Result<Versioned<T>, StoreError> {
    let Versioned { version, value } = read;
    let value = T::from_record(value)
        .ok_or_else(|| StoreError::Backend(format!("a record is not of kind {:?}", T::KIND)))?;
    Ok(Versioned { version, value })
}
