//! How long an application waits that the platform refuses because of too many calls (45009).
//!
//! The platform counts each call by the minute, by the hour and by the day, shuts it for as long as that goes on, and
//! does not say for which of them. So it is asked again after a minute; refused then, after an hour; refused again, on
//! the next day. What is asked meanwhile by others that were under way learns how long is left. A restart begins with
//! the minute again.

use crate::connector::day::day_left;
use crate::model::At;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Who is refused so soon after a wait was refused in spite of it.
const AFTER: Duration = Duration::from_mins(3);

/// How long each call is shut.
#[derive(Default)]
pub(super) struct Throttle(Mutex<HashMap<String, Shut>>);

#[derive(Clone, Copy)]
struct Shut {
    until: At,
    step: u8,
}

impl Throttle {
    /// A call was refused with these words: how long to wait.
    pub(super) fn refused(&self, path: &str, words: &str, now: At) -> Duration {
        let mut shut = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shut.get(path).copied();
        let step = match known {
            Some(shut) if now < shut.until => return shut.until.since(now),
            Some(shut) if now.since(shut.until) < AFTER => shut.step.saturating_add(1),
            _ => 0,
        };
        let span = match step {
            _ if words.contains("daily") => day_left(now),
            0 => MINUTE,
            1 => HOUR,
            _ => day_left(now),
        };
        shut.insert(path.to_owned(), Shut { until: now.plus(span), step });
        span
    }

    /// A call was taken.
    pub(super) fn passed(&self, path: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::Throttle;
    use crate::connector::day::day_left;
    use crate::model::At;
    use std::time::Duration;

    #[test]
    fn who_is_refused_again_waits_a_minute_an_hour_and_for_the_next_day() {
        let throttle = Throttle::default();
        let mut now = At::from_millis(1_795_478_400_000);
        let slow = "api freq out of limit";
        assert_eq!(throttle.refused("/a", slow, now), Duration::from_mins(1));
        let beside = now.plus(Duration::from_secs(20));
        assert_eq!(throttle.refused("/a", slow, beside), Duration::from_secs(40), "under way");
        assert_eq!(throttle.refused("/b", slow, beside), Duration::from_mins(1), "each alone");
        now = now.plus(Duration::from_secs(61));
        assert_eq!(throttle.refused("/a", slow, now), Duration::from_hours(1));
        now = now.plus(Duration::from_secs(3_601));
        assert_eq!(throttle.refused("/a", slow, now), day_left(now));
        now = now.plus(day_left(now));
        throttle.passed("/a");
        assert_eq!(throttle.refused("/a", slow, now), Duration::from_mins(1));
        let said = "reach max api daily quota limit";
        assert_eq!(throttle.refused("/c", said, now), day_left(now), "it says so");
    }
}
