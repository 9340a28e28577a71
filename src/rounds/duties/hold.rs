//! The right to do a duty, as those have it who do it.

use super::Duties;
use crate::clock::Clock;
use crate::model::{Changes, Duty, Key, Version};
use crate::store::{Sharing, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// What a tenure and all holds of it share.
#[derive(Default)]
pub(super) struct Term {
    /// Somebody else has the duty.
    pub(super) over: AtomicBool,
    /// It is being let go.
    pub(super) leaving: CancellationToken,
}

/// The right to do something, for as long as it stands.
#[derive(Clone)]
pub struct Hold {
    pub(super) fence: Option<(Key, Version)>,
    pub(super) epoch: u64,
    pub(super) until: Arc<AtomicU64>,
    pub(super) term: Arc<Term>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Hold {
    /// Whether something may be begun at this moment: ask right before each effect outside.
    #[must_use]
    pub fn stands(&self) -> bool {
        let now = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        !self.lost() && !self.leaves() && now < self.until.load(Ordering::Acquire)
    }

    /// Whether somebody else does it from now on.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.term.over.load(Ordering::Acquire)
    }

    /// Whether it is being let go: what is under way ends, and is committed; nothing else begins.
    #[must_use]
    pub fn leaves(&self) -> bool {
        self.term.leaving.is_cancelled()
    }

    /// Waits until it is being let go.
    pub fn left(&self) -> WaitForCancellationFuture<'_> {
        self.term.leaving.cancelled()
    }

    /// Whether nothing else is under way under it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        // The tenure's own, and this one.
        Arc::strong_count(&self.term) <= 2
    }

    /// Makes a commit stand only while this tenure lasts.
    pub fn fence(&self, changes: &mut Changes) {
        if let Some((key, version)) = &self.fence {
            changes.checks.push((key.clone(), *version));
        }
    }

    /// Counts the tenures of the duty.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// Where a round asks whether it may be turned here.
#[derive(Clone)]
pub enum Gate {
    /// Nobody else works over this store: everything may be done.
    Open(Arc<dyn Clock>),
    /// What this worker holds.
    Duties(Arc<Duties>),
}

impl Gate {
    /// A gate to this store: open where nobody else can write to it.
    #[must_use]
    pub fn to(store: &dyn Store, duties: &Arc<Duties>, clock: &Arc<dyn Clock>) -> Self {
        match store.sharing() {
            Sharing::Alone => Self::Open(clock.clone()),
            Sharing::Shared => Self::Duties(duties.clone()),
        }
    }

    /// The right to do this, if it is ours.
    #[must_use]
    pub fn hold(&self, duty: &Duty) -> Option<Hold> {
        match self {
            Self::Open(clock) => Some(Hold {
                fence: None,
                epoch: 0,
                until: Arc::new(AtomicU64::new(u64::MAX)),
                term: Arc::default(),
                clock: clock.clone(),
            }),
            Self::Duties(duties) => duties.hold(duty),
        }
    }
}
