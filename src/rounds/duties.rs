//! Who does what, when several processes work over one store.
//!
//! **Invariant:** of each duty there is at most one worker whose commits under it are taken.
//!
//! Every worker has a record of its own, in which it counts its beats, and every duty a lease that names
//! its holder. A beat rewrites the worker's record; the lease is written only when the holder changes.
//!
//! Wanted, and why it holds:
//!
//! 1. *One owner.* A lease changes hands by a commit that stands only on the version of the lease that was
//!    read and, where the holder is taken for dead, on the version of that worker's record: whoever beats
//!    meanwhile keeps what it has.
//! 2. *Who comes back late changes nothing.* What is done under a duty is committed with a check of the
//!    lease's version ([`Hold::fence`]); once the lease has changed hands, that is a conflict.
//! 3. *Who comes back late sends nothing.* A hold ends by itself two thirds of a span after the beat that
//!    renewed it began ([`Hold::stands`]); others wait a whole span from when they first saw that beat, which
//!    was later. So at the hand-over the old holder has known for a third of a span that it must not send.
//!    What had left before is the outbox's to mark: it stands as leased, and is taken for interrupted.
//! 4. *No clock is trusted.* Nobody compares the time of two machines. A worker is dead when its record did
//!    not change for a span *as measured by who looks*, by a clock that nobody sets.
//! 5. *Hand-over within a stated time.* A dead worker's duties are taken a span, and at most a beat, after
//!    its last beat was seen; one that stops in order gives them back at once.
//!
//! Races, by name. *Two take the same lease*: one version, one winner; the other reads again. *Taken for dead
//! and alive* (it was frozen, or cut off from the store): its next beat finds its record gone; it drops what
//! it held and begins again under a new name. *Frozen between asking [`Hold::stands`] and the request*: the
//! request leaves late. No platform takes a fencing token, so this cannot be closed from here; it concerns
//! what one connection was about to send, and the ledger marks it, since the new owner finds it leased.
//! *The store does not answer*: no beat, so the hold ends by itself. *A beat whose commit was made and whose
//! answer was lost*: the record is read before each beat, so the next one goes on from what is there.

use crate::clock::Clock;
use crate::model::{At, Changes, Duty, Key, Lease, RunId, Version, Versioned, Worker};
use crate::store::{Reads, Sharing, Store, StoreError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How a worker takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub label: String,
    /// How long a worker may be silent before others take over what it did.
    pub span: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { label: "worker".to_owned(), span: Duration::from_secs(15) }
    }
}

/// Keeps a worker alive for the others, and takes what nobody does.
pub struct Duties {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    label: String,
    span: Duration,
    wanted: Vec<Duty>,
    /// Told whenever a duty was taken or lost.
    changed: Arc<Notify>,
    state: Mutex<State>,
    /// Until when what is held may be done, in milliseconds of [`Clock::elapsed`].
    until: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    me: Option<RunId>,
    held: HashMap<Duty, Tenure>,
    /// Of each other worker the version of its record, and when it was first seen.
    seen: HashMap<RunId, (Version, Duration)>,
}

#[derive(Clone)]
struct Tenure {
    version: Version,
    epoch: u64,
    over: Arc<AtomicBool>,
}

/// The right to do something, for as long as it stands.
#[derive(Clone)]
pub struct Hold {
    fence: Option<(Key, Version)>,
    epoch: u64,
    until: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

impl Hold {
    /// Whether it may be done at this moment: ask right before each effect outside.
    #[must_use]
    pub fn stands(&self) -> bool {
        let now = u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX);
        !self.lost() && now < self.until.load(Ordering::Acquire)
    }

    /// Whether somebody else does it from now on.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.over.load(Ordering::Acquire)
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
                over: Arc::default(),
                clock: clock.clone(),
            }),
            Self::Duties(duties) => duties.hold(duty),
        }
    }
}

impl Duties {
    /// The duties that this worker would do.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        wanted: Vec<Duty>,
    ) -> Self {
        let (changed, state, until) = (Arc::default(), Mutex::default(), Arc::default());
        let Settings { label, span } = settings;
        Self { store, clock, label, span, wanted, changed, state, until }
    }

    /// What is told whenever a duty was taken or lost.
    #[must_use]
    pub fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// The right to do this, if it is ours at present.
    #[must_use]
    pub fn hold(&self, duty: &Duty) -> Option<Hold> {
        let tenure = self.state().held.get(duty).cloned()?;
        let hold = Hold {
            fence: Some((duty.key(), tenure.version)),
            epoch: tenure.epoch,
            until: self.until.clone(),
            over: tenure.over,
            clock: self.clock.clone(),
        };
        hold.stands().then_some(hold)
    }

    /// Shows that this worker lives, looks who else does, and takes what nobody does. Gives when to do so
    /// again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let began = self.clock.elapsed();
        if !self.beat().await? {
            // Somebody took us for dead. What we held is not ours any more.
            self.drop_all();
            tracing::warn!("this worker was taken for dead by another, and begins again");
            self.beat().await?;
        }
        let until = began.saturating_add(self.span * 2 / 3);
        self.until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
        let workers = self.reads().all::<Worker>(&[]).await?;
        let dead = self.observe(&workers);
        for duty in &self.wanted {
            match self.tend(duty, &workers, &dead).await {
                // Somebody else was faster; it is read again with the next beat.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(self.clock.now().plus(self.beat_every())))
    }

    /// Gives everything back, for others to take at once. To be called when everything else has stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resign(&self) -> Result<(), StoreError> {
        let held: Vec<Duty> = self.state().held.keys().cloned().collect();
        let me = self.state().me;
        self.drop_all();
        for duty in held {
            let Some(lease) = self.reads().find::<Lease>(&duty.key()).await? else { continue };
            if lease.holder != me {
                continue;
            }
            let mut changes = Changes::new();
            changes.update(&lease, Lease { holder: None, ..lease.value.clone() });
            self.lenient(changes).await?;
        }
        let Some(me) = me else { return Ok(()) };
        if let Some(worker) = self.reads().find::<Worker>(&Worker::key_of(me)).await? {
            let mut changes = Changes::new();
            changes.remove(&worker);
            self.lenient(changes).await?;
        }
        Ok(())
    }

    /// How often a worker shows that it lives.
    fn beat_every(&self) -> Duration {
        self.span / 5
    }

    /// Counts one beat; false when our record is gone.
    async fn beat(&self) -> Result<bool, StoreError> {
        let me = self.state().me;
        let Some(me) = me else {
            let id = RunId(self.clock.fresh());
            let (label, since) = (self.label.clone(), self.clock.now());
            let mut changes = Changes::new();
            changes.insert(Worker { id, label, since, beats: 0 });
            self.store.commit(changes).await?;
            self.state().me = Some(id);
            return Ok(true);
        };
        let Some(old) = self.reads().find::<Worker>(&Worker::key_of(me)).await? else {
            return Ok(false);
        };
        let mut changes = Changes::new();
        let beats = old.beats.wrapping_add(1);
        changes.update(&old, Worker { beats, ..old.value.clone() });
        match self.store.commit(changes).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Those whose record did not change for a span.
    fn observe(&self, workers: &[Versioned<Worker>]) -> Vec<RunId> {
        let now = self.clock.elapsed();
        let mut state = self.state();
        let me = state.me;
        let alive: Vec<_> = workers.iter().map(|w| w.id).collect();
        state.seen.retain(|id, _| alive.contains(id));
        let mut dead = Vec::new();
        for worker in workers.iter().filter(|w| Some(w.id) != me) {
            let seen = state.seen.entry(worker.id).or_insert((worker.version, now));
            if seen.0 != worker.version {
                *seen = (worker.version, now);
            }
            if now.saturating_sub(seen.1) >= self.span {
                dead.push(worker.id);
            }
        }
        dead
    }

    /// Takes the duty if nobody has it, and notes whether it is ours.
    async fn tend(
        &self,
        duty: &Duty,
        workers: &[Versioned<Worker>],
        dead: &[RunId],
    ) -> Result<(), StoreError> {
        let Some(me) = self.state().me else { return Ok(()) };
        let lease = self.reads().find::<Lease>(&duty.key()).await?;
        if let Some(lease) = lease.as_ref().filter(|l| l.holder == Some(me)) {
            self.note(duty, Some(lease));
            return Ok(());
        }
        self.note(duty, None);
        let holder = lease.as_ref().and_then(|l| l.holder);
        let record = workers.iter().find(|w| Some(w.id) == holder);
        if record.is_some_and(|r| !dead.contains(&r.id)) {
            return Ok(());
        }
        let mut changes = Changes::new();
        let (holder, since) = (Some(me), self.clock.now());
        match &lease {
            Some(old) => {
                let epoch = old.epoch + 1;
                changes.update(old, Lease { duty: duty.clone(), holder, epoch, since });
            }
            None => changes.insert(Lease { duty: duty.clone(), holder, epoch: 1, since }),
        }
        // The first duty that is taken from the dead removes its record; whoever lives is a conflict.
        if let Some(dead) = record {
            let still = self.reads().find::<Worker>(&Worker::key_of(dead.id)).await?;
            if still.is_some() {
                changes.remove(dead);
            }
        }
        self.store.commit(changes).await?;
        let taken = self.reads().find::<Lease>(&duty.key()).await?;
        let ours = taken.filter(|l| l.holder == Some(me));
        if let Some(lease) = &ours {
            tracing::info!(duty = %duty, epoch = lease.epoch, from = record.map(|r| r.label.as_str()), "duty taken");
        }
        self.note(duty, ours.as_ref());
        Ok(())
    }

    /// Notes under which lease the duty is ours, if it is.
    fn note(&self, duty: &Duty, lease: Option<&Versioned<Lease>>) {
        let mut state = self.state();
        let held = state.held.get(duty).map(|t| t.version);
        if held == lease.map(|l| l.version) {
            return;
        }
        if let Some(old) = state.held.remove(duty) {
            old.over.store(true, Ordering::Release);
            tracing::warn!(duty = %duty, "duty lost");
        }
        if let Some(lease) = lease {
            let (version, epoch, over) = (lease.version, lease.epoch, Arc::default());
            state.held.insert(duty.clone(), Tenure { version, epoch, over });
        }
        drop(state);
        self.changed.notify_one();
    }

    fn drop_all(&self) {
        self.until.store(0, Ordering::Release);
        let mut state = self.state();
        for (_, tenure) in state.held.drain() {
            tenure.over.store(true, Ordering::Release);
        }
        state.me = None;
        drop(state);
        self.changed.notify_one();
    }

    /// Commits what may have been overtaken.
    async fn lenient(&self, changes: Changes) -> Result<(), StoreError> {
        match self.store.commit(changes).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn reads(&self) -> &dyn Reads {
        self.store.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line about who does what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The duty.
    pub duty: Duty,
    /// Who does it; `None` when nobody does.
    pub worker: Option<Worker>,
    /// Counts the tenures.
    pub epoch: u64,
    /// Since when.
    pub since: At,
}

/// Who does what, as the store has it.
///
/// # Errors
/// When the store fails.
pub async fn roster(reads: &dyn Reads) -> Result<Vec<Roster>, StoreError> {
    let mut all = Vec::new();
    for lease in reads.all::<Lease>(&[]).await? {
        let worker = match lease.holder {
            Some(id) => reads.find::<Worker>(&Worker::key_of(id)).await?.map(|w| w.value),
            None => None,
        };
        let Lease { duty, epoch, since, .. } = lease.value;
        all.push(Roster { duty, worker, epoch, since });
    }
    Ok(all)
}
