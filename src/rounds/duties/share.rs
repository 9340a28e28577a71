//! Which duties a worker takes, and which it gives back, so that nobody has more than a fair share.
//!
//! **Invariant:** workers that agree on who lives want together every duty that is free, and none that another
//! one keeps; where they want the same, nothing moves once nobody has more than a share.
//!
//! A share is the number of duties that may be spread, by the number of workers that live, rounded up. A worker
//! takes what is free up to its share; what nobody has taken for two beats it takes beyond (another worker may not
//! be set up for it, or be about to be found dead), and keeps that until workers come or go. It gives back what
//! else it has beyond its share.

use crate::model::{Duty, RunId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// What a worker would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whoever does one goes on with it.
    pub stays: Vec<Duty>,
    /// Workers do these in equal shares.
    pub spreads: Vec<Duty>,
}

impl Wanted {
    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Duty> {
        self.stays.iter().chain(&self.spreads)
    }
}

/// Who has a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// This worker.
    Me,
    /// This worker, which lets it go.
    Leaving,
    /// Another one that lives.
    Other(RunId),
    /// Nobody that lives.
    Nobody,
}

/// What to do about the duties.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    /// To be taken.
    pub(super) take: Vec<Duty>,
    /// To be let go.
    pub(super) leave: Vec<Duty>,
    /// Whether something is about to move: it is worth looking again soon.
    pub(super) restless: bool,
}

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Since when a duty has been nobody's.
    free: HashMap<Duty, Duration>,
    /// What was left over by everybody else since workers came or went.
    kept: HashSet<Duty>,
    /// Who lives.
    alive: BTreeSet<RunId>,
}

impl Memory {
    /// Decides over one look at who has what. The patience is how long a free duty is left to others.
    pub(super) fn decide(
        &mut self,
        wanted: &Wanted,
        holder: impl Fn(&Duty) -> Holder,
        alive: BTreeSet<RunId>,
        (now, patience): (Duration, Duration),
    ) -> Moves {
        if self.alive != alive {
            self.kept.clear();
            self.alive = alive;
        }
        let share = wanted.spreads.len().div_ceil(self.alive.len().max(1));
        let free = |duty: &Duty| holder(duty) == Holder::Nobody;
        self.free.retain(|duty, _| free(duty));
        let mut moves = Moves::default();
        moves.take.extend(wanted.stays.iter().filter(|duty| free(duty)).cloned());
        let mut mine = wanted.spreads.iter().filter(|duty| holder(duty) == Holder::Me).count();
        for duty in wanted.spreads.iter().filter(|duty| free(duty)) {
            let since = *self.free.entry(duty.clone()).or_insert(now);
            let left_over = now.saturating_sub(since) >= patience;
            if mine >= share && !left_over {
                continue;
            }
            if mine >= share {
                self.kept.insert(duty.clone());
            }
            moves.take.push(duty.clone());
            mine += 1;
        }
        let movable = |duty: &&Duty| holder(duty) == Holder::Me && !self.kept.contains(*duty);
        let beyond = mine.saturating_sub(share);
        let leave = wanted.spreads.iter().rev().filter(movable).take(beyond).cloned();
        moves.leave.extend(leave);
        let leaving = wanted.spreads.iter().any(|duty| holder(duty) == Holder::Leaving);
        let others = wanted.spreads.iter().filter_map(|duty| match holder(duty) {
            Holder::Other(id) => Some(id),
            _ => None,
        });
        let mut by: HashMap<RunId, usize> = HashMap::new();
        others.for_each(|id| *by.entry(id).or_default() += 1);
        let expects = mine < share && by.values().any(|count| *count > share);
        moves.restless = leaving || expects || !moves.leave.is_empty();
        moves
    }
}
