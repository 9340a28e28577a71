//! What was already taken, so that nobody can send it a second time.
//!
//! *Wanted*: within the window nothing is taken twice, whatever comes in between; memory has a bound. A call
//! older than the window is refused by its age, so only the window is remembered. When more comes than is
//! held, the oldest is let go, and from then on what was signed no later than it, and is not remembered, is
//! refused as old: under a flood late calls are lost rather than old ones taken again. The same mark keeps a
//! clock that was set back from bringing old calls to life.
//!
//! *Accepted*: what was taken before a restart is forgotten; the durable inbox knows it by the platform's ID.

use super::{Stamp, Untrusted, within};
use crate::model::At;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// One account's memory of the calls that it took. Of a call 24 bytes are kept, twice, whatever its length:
/// with what maps and trees need for themselves, some 150 bytes for each place, at most.
#[derive(Clone, Debug)]
pub struct Replay {
    skew: Duration,
    places: usize,
    known: HashMap<[u8; 16], At>,
    oldest: BTreeSet<(At, [u8; 16])>,
    /// Nothing unknown is taken that was signed then or earlier.
    floor: At,
}

impl Replay {
    /// Remembers at most `places` calls (at least one), each until `skew` after it was signed: the same that
    /// the signature's check allows.
    #[must_use]
    pub fn new(skew: Duration, places: usize) -> Self {
        Self {
            skew,
            places: places.max(1),
            known: HashMap::new(),
            oldest: BTreeSet::new(),
            floor: At::from_millis(i64::MIN),
        }
    }

    /// Takes a call whose signature was checked, once.
    ///
    /// # Errors
    /// `Replayed` when it was taken before; `Old` when it is outside the window, or so old that nobody knows
    /// any more.
    pub fn take(&mut self, stamp: &Stamp, now: At) -> Result<(), Untrusted> {
        within(stamp.at, now, self.skew)?;
        self.expire(now);
        if let Some(before) = self.known.get(&stamp.once).copied() {
            // Signed anew: its last signature is good for longer than the first, so it is kept for longer.
            if before < stamp.at {
                self.oldest.remove(&(before, stamp.once));
                self.keep(stamp);
            }
            return Err(Untrusted::Replayed);
        }
        if stamp.at <= self.floor {
            return Err(Untrusted::Old);
        }
        self.keep(stamp);
        if self.known.len() > self.places {
            self.let_go();
        }
        Ok(())
    }

    /// Forgets a call that was taken and then could not be stored: when the platform repeats it, it is taken.
    pub fn release(&mut self, stamp: &Stamp) {
        if let Some(at) = self.known.remove(&stamp.once) {
            self.oldest.remove(&(at, stamp.once));
        }
    }

    /// How many calls are remembered.
    #[must_use]
    pub fn held(&self) -> usize {
        self.known.len()
    }

    fn keep(&mut self, stamp: &Stamp) {
        self.known.insert(stamp.once, stamp.at);
        self.oldest.insert((stamp.at, stamp.once));
    }

    fn expire(&mut self, now: At) {
        while self.oldest.first().is_some_and(|(at, _)| now.since(*at) > self.skew) {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        if let Some((at, once)) = self.oldest.pop_first() {
            self.known.remove(&once);
            self.floor = self.floor.max(at);
        }
    }
}
