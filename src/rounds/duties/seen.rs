//! What lies in the store about those who work.

use crate::model::{Changes, Duty, Lease, RunId, Versioned, Wanted, Wishes, Worker};
use crate::store::{Reads, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// After so many beats a worker is no longer fresh.
const SETTLED: u64 = 2;

/// What one look at the store shows.
pub(super) struct Seen {
    pub(super) workers: Vec<Versioned<Worker>>,
    pub(super) wishes: Vec<Versioned<Wishes>>,
    pub(super) leases: HashMap<Duty, Versioned<Lease>>,
}

impl Seen {
    /// Reads it.
    pub(super) async fn look(reads: &dyn Reads) -> Result<Self, StoreError> {
        // In this order: who has a lease, or wishes, had a record before. Whoever has none after them is gone.
        let leases = reads.all::<Lease>(&[]).await?;
        let wishes = reads.all::<Wishes>(&[]).await?;
        let workers = reads.all::<Worker>(&[]).await?;
        let leases = leases.into_iter().map(|lease| (lease.duty.clone(), lease)).collect();
        Ok(Self { workers, wishes, leases })
    }

    /// Whether there is a record of it.
    pub(super) fn knows(&self, id: RunId) -> bool {
        self.workers.iter().any(|worker| worker.id == id)
    }

    /// Everybody, and what each would do; nothing where it did not say.
    pub(super) fn wanted(&self) -> BTreeMap<RunId, Wanted> {
        let mut wanted: BTreeMap<_, _> =
            self.workers.iter().map(|w| (w.id, Wanted::default())).collect();
        for wishes in &self.wishes {
            wanted.entry(wishes.worker).and_modify(|wanted| wanted.clone_from(&wishes.wanted));
        }
        wanted
    }

    /// Those that have not shown for long that they live.
    pub(super) fn fresh(&self) -> BTreeSet<RunId> {
        self.workers.iter().filter(|w| w.beats < SETTLED).map(|w| w.id).collect()
    }

    /// Who has what.
    pub(super) fn holders(&self) -> BTreeMap<Duty, RunId> {
        let held = |lease: &Versioned<Lease>| {
            Some((lease.duty.clone(), lease.holder.filter(|id| self.knows(*id))?))
        };
        self.leases.values().filter_map(held).collect()
    }

    /// Removes what lies there of a worker, if it did not show since that it lives.
    pub(super) fn forget(&self, id: RunId, changes: &mut Changes) {
        if let Some(wishes) = self.wishes.iter().find(|wishes| wishes.worker == id) {
            changes.remove(wishes);
        }
        if let Some(worker) = self.workers.iter().find(|worker| worker.id == id) {
            changes.remove(worker);
        }
    }

    /// The same without one that was silent for too long.
    pub(super) fn without(&mut self, id: RunId) {
        if let Some(worker) = self.workers.iter().find(|worker| worker.id == id) {
            tracing::warn!(worker = worker.label, "a worker is silent, and is replaced");
        }
        self.workers.retain(|worker| worker.id != id);
        self.wishes.retain(|wishes| wishes.worker != id);
    }
}
