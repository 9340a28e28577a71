//! Sends that got no answer, on platforms that know a message again for some hours. What is sent once more after that
//! may stand there twice, and then the account's policy decides, not we.
//!
//! It is kept in memory alone: after a restart the time is not known, and the message is sent again.

use crate::connector::SendFailure;
use crate::model::At;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many are kept at most; more have never been without an answer at once.
const MOST: usize = 10_000;

/// When each was first sent without an answer.
pub(super) struct Unsure {
    known: Duration,
    first: Mutex<HashMap<String, At>>,
}

impl Unsure {
    /// For a platform that surely knows a message again for so long.
    pub(super) fn new(known: Duration) -> Self {
        Self { known, first: Mutex::default() }
    }

    /// Refuses once what was sent without an answer so long ago that it is not known again.
    pub(super) fn ask(&self, once: &str, now: At) -> Result<(), SendFailure> {
        let mut first = self.lock();
        if first.get(once).is_some_and(|at| now.since(*at) > self.known) {
            first.remove(once);
            let words = "no answer came for as long as the platform knows a message again";
            return Err(SendFailure::Unknown(words.to_owned()));
        }
        Ok(())
    }

    pub(super) fn note(&self, once: &str, now: At) {
        let mut first = self.lock();
        if first.len() >= MOST {
            first.retain(|_, at| now.since(*at) <= self.known);
        }
        if first.len() < MOST {
            first.entry(once.to_owned()).or_insert(now);
        }
    }

    pub(super) fn forget(&self, once: &str) {
        self.lock().remove(once);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, At>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
