//! How many messages each member had lately.
//!
//! *Wanted*: no member is sent more than the platform lets through. Beyond 30 a minute or 1,000 an hour from one
//! application it takes messages and shows none of them. Whoever sends keeps to that already, counted in what we say;
//! but what has buttons may be several messages, and here each of them counts.
//!
//! *Accepted*: a restart forgets it. The limits leave room for what is sent to all members together, and that is what
//! a restart within the minute uses.

use crate::connector::{SendFailure, WaitScope};
use crate::model::At;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
/// So many within so long; what is sent to all members together comes on top.
pub(super) const MOST: [(usize, Duration); 2] = [(20, Duration::from_mins(1)), (800, HOUR)];
/// So many members are remembered before those who had nothing lately are looked for.
const CROWD: usize = 1_024;

/// When each member was sent something within the hour.
#[derive(Default)]
pub(super) struct Pace(Mutex<Lately>);

#[derive(Default)]
struct Lately {
    sent: HashMap<String, VecDeque<At>>,
    crowd: usize,
}

impl Pace {
    /// Counts so many messages to a member, or says how long they have to wait.
    pub(super) fn take(&self, who: &str, count: usize, now: At) -> Result<(), SendFailure> {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Lately { sent, crowd } = &mut *lately;
        if sent.len() >= (*crowd).max(CROWD) {
            sent.retain(|_, times| times.back().is_some_and(|at| now.since(*at) < HOUR));
            *crowd = 2 * sent.len();
        }
        let times = sent.entry(who.to_owned()).or_default();
        while times.front().is_some_and(|at| now.since(*at) >= HOUR) {
            times.pop_front();
        }
        for (most, span) in MOST {
            let within = times.iter().rev().take_while(|at| now.since(**at) < span).count();
            let over = (within + count).saturating_sub(most).min(within);
            // So many of them have to be older before this may follow.
            if let Some(last) =
                over.checked_sub(1).and_then(|n| times.get(times.len() - within + n))
            {
                let span = span.saturating_sub(now.since(*last));
                return Err(SendFailure::Wait { span, scope: WaitScope::Chat });
            }
        }
        times.extend(std::iter::repeat_n(now, count));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use crate::connector::{SendFailure, WaitScope};
    use crate::model::At;
    use std::time::Duration;

    #[test]
    fn a_member_has_twenty_messages_a_minute_and_eight_hundred_an_hour() {
        let pace = Pace::default();
        let begin = At::from_millis(1_795_478_400_000);
        let wait = |span| Err(SendFailure::Wait { span, scope: WaitScope::Chat });
        let mut now = begin;
        for _ in 0..6 {
            assert_eq!(pace.take("li", 3, now), Ok(()));
            now = now.plus(Duration::from_secs(5));
        }
        // Eighteen stand there; three more have to wait for the first three.
        assert_eq!(pace.take("li", 3, now), wait(Duration::from_secs(30)));
        assert_eq!(pace.take("li", 2, now), Ok(()));
        assert_eq!(pace.take("wang", 3, now), Ok(()), "each counts alone");
        for minute in 1..40 {
            assert_eq!(pace.take("li", 20, now.plus(Duration::from_mins(minute))), Ok(()));
        }
        let full = now.plus(Duration::from_mins(40));
        assert_eq!(pace.take("li", 20, full), wait(Duration::from_mins(20)));
    }
}
