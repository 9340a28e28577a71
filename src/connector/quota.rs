//! Limits that an operator may set for any account, whatever its platform.

use crate::model::Rate;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much may be sent besides the rate of a second. What is not named is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quota {
    /// At most so many at once: fewer than the rate of a second spread them, more let them come in bursts of
    /// the same average.
    pub burst: Option<u32>,
    /// At most so many a minute.
    pub minute: Option<u32>,
    /// At most so many an hour.
    pub hour: Option<u32>,
    /// At most so many a day, within any 24 hours.
    pub day: Option<u32>,
    /// At most so many a month, within any 31 days: whatever day a platform's month begins on.
    pub month: Option<u32>,
}

impl Quota {
    /// All rates that are kept beside `second`.
    #[must_use]
    pub fn rates(&self, second: Rate) -> Vec<Rate> {
        let mut rates = match self.burst {
            Some(burst) if burst > second.sends => vec![second.burst(burst)],
            Some(burst) if burst < second.sends => vec![second, second.burst(burst)],
            _ => vec![second],
        };
        rates.extend(self.more());
        rates
    }

    /// The rates of a minute and more.
    pub fn more(&self) -> impl Iterator<Item = Rate> + use<> {
        let spans = [
            (self.minute, Duration::from_mins(1)),
            (self.hour, Duration::from_hours(1)),
            (self.day, Duration::from_hours(24)),
            (self.month, Duration::from_hours(31 * 24)),
        ];
        spans.into_iter().filter_map(|(sends, span)| Some(Rate::new(sends?, span)))
    }
}
