//! How often those are heard who did not show that they are who they say: whoever answers them may be writing to
//! somebody who never wrote.
//!
//! It is counted in memory, under sealed names, and forgotten with the hour.

use crate::model::At;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many messages of one of them are taken in an hour.
const EACH: usize = 6;
/// How many of all of them.
const ALL: usize = 300;
const HOUR: Duration = Duration::from_hours(1);

/// Who wrote lately.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashMap<String, Vec<At>>>);

impl Strangers {
    /// Counts one more, unless it is one too many.
    pub(super) fn admit(&self, chat: &str, now: At) -> bool {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.retain(|_, times| {
            times.retain(|at| *at <= now && now.since(*at) < HOUR);
            !times.is_empty()
        });
        if lately.values().map(Vec::len).sum::<usize>() >= ALL {
            return false;
        }
        let times = lately.entry(chat.to_owned()).or_default();
        if times.len() >= EACH {
            return false;
        }
        times.push(now);
        true
    }
}
