//! How long what a host puts off is tried again: minutes at first, for hosts that let strangers come twice
//! (greylisting), then hours, and after some days no more (RFC 5321, 4.5.4.1).
//!
//! Since when is remembered in memory: a restart begins anew, which only tries longer.

use crate::connector::{SendFailure, WaitScope};
use crate::model::At;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Up to what age, and how long until the next try.
const SPANS: [(Duration, Duration); 3] = [
    (Duration::from_hours(1), Duration::from_mins(5)),
    (Duration::from_hours(6), Duration::from_mins(30)),
    (Duration::from_hours(96), Duration::from_hours(2)),
];

/// Of how many messages it is remembered.
const REMEMBERED: usize = 10_000;

/// What was put off, and since when.
#[derive(Default)]
pub(super) struct PutOff(Mutex<HashMap<String, At>>);

impl PutOff {
    /// A host put this off, and said so.
    pub(super) fn again(&self, name: &str, said: String, now: At) -> SendFailure {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if since.len() >= REMEMBERED && !since.contains_key(name) {
            since.clear();
        }
        let age = now.since(*since.entry(name.to_owned()).or_insert(now));
        if let Some((_, span)) = SPANS.iter().find(|(until, _)| age < *until) {
            return SendFailure::Wait { span: *span, scope: WaitScope::Chat };
        }
        since.remove(name);
        SendFailure::Rejected(said)
    }

    /// It was taken, or refused for good.
    pub(super) fn over(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}
