//! Working days, and by when something is due that is counted in days.
//!
//! Weekends rest, holidays rest, and make-up days (调休) work. Days are counted as the law counts them: the day
//! on which something begins does not count, and the last one counts to its end. A promise therefore ends with
//! a day, whatever time it was when it was made, and what begins later never ends earlier.

use super::At;
use chrono::{Datelike as _, Days, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A time to do something in, counted in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Span {
    /// So many working days.
    Working(u16),
    /// So many days of the calendar.
    Days(u16),
}

/// Which days an office works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days that rest although the week would have them work.
    pub holidays: BTreeSet<NaiveDate>,
    /// Days that work although the week would have them rest.
    pub workdays: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// Whether the week alone would have the office work on this day.
    #[must_use]
    pub fn is_weekday(day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// Whether the office works on this day.
    #[must_use]
    pub fn works(&self, day: NaiveDate) -> bool {
        let rests = self.holidays.contains(&day) || !Self::is_weekday(day);
        self.workdays.contains(&day) || !rests
    }

    /// By when something is due that begins `from` and has so much time: the last moment of a day of that zone.
    /// No time at all means that day, or the first working day after it.
    #[must_use]
    pub fn due(&self, from: At, span: Span, zone: Tz) -> At {
        let last = day(from, zone).and_then(|begins| match span {
            Span::Days(days) => begins.checked_add_days(Days::new(days.into())),
            Span::Working(days) => self.working_day(begins, days),
        });
        // Beyond the end of the calendar there is no promise to keep.
        last.and_then(|day| end(day, zone)).unwrap_or(At::from_millis(i64::MAX)).max(from)
    }

    /// How many working days follow the day of `from` up to the day of `until`, that one included.
    #[must_use]
    pub fn working_days(&self, from: At, until: At, zone: Tz) -> u16 {
        let (Some(from), Some(until)) = (day(from, zone), day(until, zone)) else { return 0 };
        let days = from.iter_days().skip(1).take_while(|d| *d <= until);
        u16::try_from(days.filter(|d| self.works(*d)).count()).unwrap_or(u16::MAX)
    }

    /// The last day of which anything out of the ordinary is known.
    #[must_use]
    pub fn known_until(&self) -> Option<NaiveDate> {
        self.holidays.last().max(self.workdays.last()).copied()
    }

    fn working_day(&self, begins: NaiveDate, number: u16) -> Option<NaiveDate> {
        let mut working = begins.iter_days().filter(|day| self.works(*day));
        if number == 0 {
            return working.next();
        }
        let today = usize::from(self.works(begins));
        working.nth(today + usize::from(number) - 1)
    }
}

/// The day of a moment; none at the ends of the calendar, where a zone's day may lie beyond them.
fn day(at: At, zone: Tz) -> Option<NaiveDate> {
    let utc = at.utc().naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    utc.checked_add_offset(offset).map(|local| local.date())
}

/// The last moment of a day: just before the next one begins, which may be later than midnight where clocks
/// are put forward, or a whole day later where a zone changed its date.
fn end(day: NaiveDate, zone: Tz) -> Option<At> {
    const STEP: i64 = 15;
    let midnight = day.succ_opt()?.and_time(chrono::NaiveTime::MIN);
    let tries = (0..=2 * 24 * 60 / STEP).map(|n| midnight + TimeDelta::minutes(n * STEP));
    let mut begins = tries.filter_map(|local| zone.from_local_datetime(&local).earliest());
    let next = begins.next()?;
    Some(At::from_millis(next.timestamp_millis() - 1))
}
