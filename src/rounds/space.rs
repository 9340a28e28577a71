//! Watches the disk under the store: the operator sees how much is free, and staff are told before it is full and
//! when it no longer is.
//!
//! While nothing can be taken in nobody can be told either, since what is told is owed first; who was not told in
//! time is told as soon as there is room.

use super::Nudges;
use super::outbox::Outbox;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::model::At;
use crate::store::space::{Level, Space};
use crate::store::{Store, StoreError};
use crate::text::say::AlarmSays;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);

const MIB: u64 = 1024 * 1024;

/// Watches the disk.
pub struct Watch {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    told: Mutex<Told>,
}

/// What staff know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// That nothing is wrong.
    Well,
    /// That space is scarce.
    Scarce,
    /// Nothing yet of what happened: the disk was full, and is, or was until just now.
    Owed,
}

impl Watch {
    /// A watch that has not looked yet.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { store, clock, metrics, told: Mutex::new(Told::Well) }
    }

    /// Looks once, and tells staff through the outbox what they do not know; when to look again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self, outbox: &Outbox, nudges: &Nudges) -> Result<Option<At>, StoreError> {
        let Some(space) = self.store.space() else { return Ok(None) };
        self.metrics.space(space.free, space.reserve);
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (says, next) = step(told, space);
        if let Some(says) = says {
            outbox.tell(says).await?;
            nudges.owed();
        }
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(Some(self.clock.now().plus(EVERY)))
    }
}

/// What staff are told now, and what they know then.
fn step(told: Told, space: Space) -> (Option<AlarmSays>, Told) {
    let (free_mb, reserve_mb) = (space.free / MIB, space.reserve / MIB);
    match (told, space.level) {
        (Told::Well, Level::Scarce) => {
            (Some(AlarmSays::SpaceScarce { free_mb, reserve_mb }), Told::Scarce)
        }
        (_, Level::Gone) => (None, Told::Owed),
        (Told::Owed, Level::Scarce) => (Some(AlarmSays::SpaceBack { free_mb }), Told::Scarce),
        (Told::Owed, Level::Ample) => (Some(AlarmSays::SpaceBack { free_mb }), Told::Well),
        (Told::Scarce, Level::Scarce) => (None, Told::Scarce),
        (Told::Well | Told::Scarce, Level::Ample) => (None, Told::Well),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(levels: &[Level]) -> Vec<&'static str> {
        let mut told = Told::Well;
        let tell = |level: &Level| {
            let space = Space { free: 40 * MIB, reserve: 32 * MIB, level: *level };
            let (says, next) = step(told, space);
            told = next;
            match says {
                None => "-",
                Some(AlarmSays::SpaceScarce { .. }) => "scarce",
                Some(_) => "back",
            }
        };
        levels.iter().map(tell).collect()
    }

    #[test]
    fn staff_are_told_once_of_each_turn() {
        use Level::{Ample, Gone, Scarce};
        assert_eq!(
            walk(&[Ample, Scarce, Scarce, Ample, Scarce]),
            ["-", "scarce", "-", "-", "scarce"]
        );
        assert_eq!(walk(&[Scarce, Gone, Gone, Scarce, Ample]), ["scarce", "-", "-", "back", "-"]);
        assert_eq!(walk(&[Ample, Gone, Ample]), ["-", "-", "back"], "who was not warned is told");
    }
}
