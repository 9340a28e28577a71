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
//!    read, and only once its holder has no record any more. The record of who is taken for dead is removed by a
//!    commit that stands only on the version of that record: whoever beats meanwhile keeps what it has.
//! 2. *Who comes back late changes nothing.* What is done under a duty is committed with a check of the
//!    lease's version ([`Hold::fence`]); once the lease has changed hands, that is a conflict.
//! 3. *Who comes back late sends nothing.* A span is the holder's own, or the longer one of who looks. A hold ends by
//!    itself two thirds of a span after the beat that renewed it began ([`Hold::stands`]); others wait a whole span
//!    from when they first saw that beat, which was later. So at the hand-over the old holder has known for a third of a span that it must not send.
//!    What had left before is the outbox's to mark: it stands as leased, and is taken for interrupted.
//! 4. *No clock is trusted.* Nobody compares the time of two machines. A worker is dead when its record did
//!    not change for a span *as measured by who looks*, by a clock that nobody sets.
//! 5. *Hand-over within a stated time.* A dead worker's duties are taken a span, and at most a beat, after
//!    its last beat was seen (two beats more where one that would have to take a part of them is itself about
//!    to be found dead); one that stops in order gives them back at once.
//! 6. *Nobody has two more than another* of what is spread and both would do, once both have shown for two beats that
//!    they live, and what stays together is with one (`share.rs`). Every
//!    worker says in the store what it would do, so all make the same plan. Who has what is another's in it lets
//!    it go: from then on nothing begins under it ([`Hold::stands`]), what is under way ends under the same lease,
//!    and only when nobody holds it any more is the lease given back. So a duty that moves leaves nothing
//!    interrupted, but what no platform answered within the time that a stop may take.
//!
//! Races, by name. *Two take the same lease*: one version, one winner; the other reads again. *Taken for dead
//! and alive* (it was frozen, or cut off from the store): its next beat finds its record gone; it drops what
//! it held and begins again under a new name. *Frozen between asking [`Hold::stands`] and the request*: the
//! request leaves late. No platform takes a fencing token, so this cannot be closed from here; it concerns
//! what one connection was about to send, and the ledger marks it, since the new owner finds it leased. *Dies
//! while it lets go*: the lease is still its own, and is taken as any other's. *The store does not answer*: no
//! beat, so the hold ends by itself. *A beat whose commit was made and whose answer was lost*: the record is
//! read before each beat, so the next one goes on from what is there. *One joins while another looks*: leases are
//! read before the records of workers, so that whoever has one is known, or is gone.

mod hold;
mod roster;
mod seen;
mod share;

pub use crate::model::Wanted;
pub use hold::{Gate, Hold};
pub use roster::{Roster, roster};

use crate::clock::Clock;
use crate::model::{At, Changes, Duty, Lease, RunId, Version, Versioned, Wishes, Worker};
use crate::rounds::SHARED_SLEEP;
use crate::store::{Reads, Store, StoreError};
use hold::Term;
use seen::Seen;
use share::{Look, Memory, Moves};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How many duties are taken, or given back, by one commit.
const TOGETHER: usize = 64;

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
    wanted: Wanted,
    /// Told whenever a duty was taken or lost, or is let go.
    changed: Arc<Notify>,
    state: Mutex<State>,
    /// Apart from the state: whoever asks what is held does not wait while a plan is made.
    memory: Mutex<Memory>,
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
    term: Arc<Term>,
}

impl Tenure {
    fn is_leaving(&self) -> bool {
        self.term.leaving.is_cancelled()
    }

    /// Whether nobody holds it any more.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.term) == 1
    }
}

impl Duties {
    /// The duties that this worker would do.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        wanted: Wanted,
    ) -> Self {
        let (changed, until) = (Arc::default(), Arc::default());
        let (state, memory) = (Mutex::default(), Mutex::default());
        let Settings { label, span } = settings;
        Self { store, clock, label, span, wanted, changed, state, memory, until }
    }

    /// What is told whenever a duty was taken or lost.
    #[must_use]
    pub fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// The right to do this, if it is ours at present.
    #[must_use]
    pub fn hold(&self, duty: &Duty) -> Option<Hold> {
        // Within one lock: who lets it go sees everybody who has it.
        let state = self.state();
        let tenure = state.held.get(duty).filter(|tenure| !tenure.is_leaving()).cloned()?;
        drop(state);
        let hold = Hold {
            fence: Some((duty.key(), tenure.version)),
            epoch: tenure.epoch,
            until: self.until.clone(),
            term: tenure.term,
            clock: self.clock.clone(),
        };
        hold.stands().then_some(hold)
    }

    /// Shows that this worker lives, looks who else does, takes what is free and its own, and lets go what is
    /// another's. Gives when to do so again.
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
        self.stands_from(began);
        let mut seen = Seen::look(self.reads()).await?;
        let all_buried = self.bury(&mut seen).await?;
        let moves = self.compare(&seen, began);
        // No more than there is time for: nobody may be silent while it takes one duty after the other.
        let is_late = || self.clock.elapsed().saturating_sub(began) >= self.beat_every();
        self.take(&moves.take, &seen, is_late).await?;
        self.give_back(&self.let_go(&moves.leave), &seen, is_late).await?;
        let again = if is_late() {
            Duration::ZERO
        } else if moves.restless || !all_buried {
            SHARED_SLEEP.min(self.beat_every())
        } else {
            self.beat_every()
        };
        Ok(Some(self.clock.now().plus(again)))
    }

    /// Shows that this worker lives, as long as it still ends what is under way: nothing is taken or let go.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lasts(&self) -> Result<(), StoreError> {
        let began = self.clock.elapsed();
        if self.state().me.is_some() && self.beat().await? {
            self.stands_from(began);
        }
        Ok(())
    }

    /// What is held may be done from a beat that began then.
    fn stands_from(&self, began: Duration) {
        let until = began.saturating_add(self.span * 2 / 3);
        self.until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Gives everything back, for others to take at once. To be called when everything else has stopped.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resign(&self) -> Result<(), StoreError> {
        let me = self.state().me;
        self.drop_all();
        let Some(me) = me else { return Ok(()) };
        // What it had is nobody's once it has no record any more.
        let seen = Seen::look(self.reads()).await?;
        let mut changes = Changes::new();
        seen.forget(me, &mut changes);
        overtaken_or(self.store.commit(changes).await)
    }

    /// How often a worker shows that it lives.
    #[must_use]
    pub fn beat_every(&self) -> Duration {
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
            let (span, wanted) = (self.span, self.wanted.clone());
            changes.insert(Wishes { worker: id, span, wanted });
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

    /// Removes the records of the dead, so that what they had is nobody's; whoever lives is a conflict. Gives whether
    /// that is done.
    async fn bury(&self, seen: &mut Seen) -> Result<bool, StoreError> {
        let mut all = true;
        for id in self.observe(seen) {
            let mut changes = Changes::new();
            seen.forget(id, &mut changes);
            match self.store.commit(changes).await {
                Ok(()) => seen.without(id),
                // It showed that it lives, or somebody else was faster: it is read again soon.
                Err(StoreError::Conflict) => all = false,
                Err(error) => return Err(error),
            }
        }
        for wishes in seen.wishes.iter().filter(|wishes| !seen.knows(wishes.worker)) {
            let mut changes = Changes::new();
            changes.remove(wishes);
            overtaken_or(self.store.commit(changes).await)?;
        }
        Ok(all)
    }

    /// Those whose record did not change for a span: theirs, or ours where that is longer.
    fn observe(&self, seen: &Seen) -> Vec<RunId> {
        let now = self.clock.elapsed();
        let spans: HashMap<_, _> = seen.wishes.iter().map(|w| (w.worker, w.span)).collect();
        let mut state = self.state();
        let me = state.me;
        state.seen.retain(|id, _| seen.knows(*id));
        let mut dead = Vec::new();
        for worker in seen.workers.iter().filter(|w| Some(w.id) != me) {
            let last = state.seen.entry(worker.id).or_insert((worker.version, now));
            if last.0 != worker.version {
                *last = (worker.version, now);
            }
            let span = spans.get(&worker.id).map_or(self.span, |span| self.span.max(*span));
            if now.saturating_sub(last.1) >= span {
                dead.push(worker.id);
            }
        }
        dead
    }

    /// Notes what is ours, and decides what to do about it.
    fn compare(&self, seen: &Seen, now: Duration) -> Moves {
        let me = self.state().me;
        for duty in self.wanted.all() {
            let ours = seen.leases.get(duty).filter(|lease| lease.holder == me);
            self.note(duty, ours);
        }
        // Who was frozen since its beat, and is gone, learns of it with the next.
        let Some(me) = me.filter(|me| seen.knows(*me)) else { return Moves::default() };
        let leaving = {
            let state = self.state();
            let leaving = state.held.iter().filter(|(_, tenure)| tenure.is_leaving());
            leaving.map(|(duty, _)| duty.clone()).collect()
        };
        let mut alive = seen.wanted();
        alive.insert(me, self.wanted.clone());
        let look = Look { me, alive, fresh: seen.fresh(), holders: seen.holders(), leaving };
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.decide(&look, (now, self.beat_every() * 2))
    }

    /// Takes what nobody has, as long as there is time.
    async fn take(
        &self,
        duties: &[Duty],
        seen: &Seen,
        is_late: impl Fn() -> bool,
    ) -> Result<(), StoreError> {
        let Some(me) = self.state().me else { return Ok(()) };
        let (holder, since) = (Some(me), self.clock.now());
        let take = |duty: &Duty, changes: &mut Changes| match seen.leases.get(duty) {
            Some(old) => {
                let epoch = old.epoch + 1;
                changes.update(old, Lease { duty: duty.clone(), holder, epoch, since });
            }
            None => changes.insert(Lease { duty: duty.clone(), holder, epoch: 1, since }),
        };
        for some in duties.chunks(TOGETHER) {
            let taken = self.all_or_each(some, take, &is_late).await?;
            let keys: Vec<_> = taken.iter().map(Duty::key).collect();
            let leases = self.reads().find_each::<Lease>(&keys).await?;
            for (duty, lease) in taken.iter().zip(leases) {
                let ours = lease.filter(|lease| lease.holder == Some(me));
                if let Some(lease) = &ours {
                    tracing::info!(duty = %duty, epoch = lease.epoch, "duty taken");
                }
                self.note(duty, ours.as_ref());
            }
        }
        Ok(())
    }

    /// Changes the leases of these, in one commit where nobody was faster at any of them; gives those that were
    /// changed. The others are read again with the next beat.
    async fn all_or_each(
        &self,
        duties: &[Duty],
        change: impl Fn(&Duty, &mut Changes),
        is_late: impl Fn() -> bool,
    ) -> Result<Vec<Duty>, StoreError> {
        let (mut rest, mut done) = (vec![duties], Vec::new());
        while let Some(some) = rest.pop().filter(|some| !some.is_empty() && !is_late()) {
            let mut changes = Changes::new();
            for duty in some {
                change(duty, &mut changes);
            }
            match self.store.commit(changes).await {
                Ok(()) => done.extend_from_slice(some),
                Err(StoreError::Conflict) if some.len() > 1 => rest.extend(some.chunks(1)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Lets these go, and gives what of all that is being let go nobody holds any more.
    fn let_go(&self, leave: &[Duty]) -> Vec<Duty> {
        let mut state = self.state();
        for tenure in leave.iter().filter_map(|duty| state.held.get(duty)) {
            tenure.term.leaving.cancel();
        }
        if !leave.is_empty() {
            // Whoever holds it has something to end.
            self.changed.notify_one();
        }
        let idle = |(duty, tenure): (&Duty, &mut Tenure)| {
            (tenure.is_leaving() && tenure.is_idle()).then(|| duty.clone())
        };
        state.held.iter_mut().filter_map(idle).collect()
    }

    /// Gives back what nobody holds any more here, as long as there is time.
    async fn give_back(
        &self,
        duties: &[Duty],
        seen: &Seen,
        is_late: impl Fn() -> bool,
    ) -> Result<(), StoreError> {
        let give_back = |duty: &Duty, changes: &mut Changes| {
            if let Some(lease) = seen.leases.get(duty) {
                changes.update(lease, Lease { holder: None, ..lease.value.clone() });
            }
        };
        for some in duties.chunks(TOGETHER) {
            for duty in self.all_or_each(some, give_back, &is_late).await? {
                tracing::info!(duty = %duty, "duty given back, for another worker");
                self.state().held.remove(&duty);
            }
        }
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
            old.term.over.store(true, Ordering::Release);
            tracing::warn!(duty = %duty, "duty lost");
        }
        if let Some(lease) = lease {
            let (version, epoch, term) = (lease.version, lease.epoch, Arc::default());
            state.held.insert(duty.clone(), Tenure { version, epoch, term });
        }
        drop(state);
        self.changed.notify_one();
    }

    fn drop_all(&self) {
        self.until.store(0, Ordering::Release);
        let mut state = self.state();
        for (_, tenure) in state.held.drain() {
            tenure.term.over.store(true, Ordering::Release);
        }
        state.me = None;
        drop(state);
        self.changed.notify_one();
    }

    fn reads(&self) -> &dyn Reads {
        self.store.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It is no fault that somebody else was faster.
fn overtaken_or(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}
