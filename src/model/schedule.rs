//! Schedules: ordinary five-field cron lines, or `every 20s`, in a time zone.
//!
//! The `cron` crate does the field arithmetic, but only in the calendar of the zone, where no hour is
//! missing or doubled; what daylight saving makes of a local time is decided here:
//! - a fixed hour that is missing fires at the end of the gap; one that comes twice fires the first time;
//! - a schedule whose hour begins with `*` fires in every real hour, also in a repeated one.

mod fields;

use super::At;
use chrono::{DateTime, Duration as Span, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
pub use fields::Field;

/// When something is due, again and again, in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    line: String,
    zone: Tz,
    rule: Rule,
}

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// A cron line, and whether its hour begins with `*`.
    Lines(Box<cron::Schedule>, Hours),
    /// Every so many milliseconds, counted from 1970.
    Every(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hours {
    Fixed,
    Any,
}

/// Why a schedule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// A cron line has five fields.
    #[error(
        "a schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has {0}"
    )]
    FieldCount(usize),
    /// A field cannot be read.
    #[error("`{text}` is no {field}: {} to {}{} is possible", .field.range().0, .field.range().1, .field.names())]
    Field {
        /// Which one.
        field: Field,
        /// What stands there.
        text: String,
    },
    /// Both a day of the month and a weekday are given; programs disagree on what that means.
    #[error("a day of the month and a weekday cannot be given together: make two schedules")]
    BothDays,
    /// No day of the calendar is meant.
    #[error("this date never comes")]
    NeverComes,
    /// The span of `every` cannot be read, or is not between a second and a week.
    #[error("`{0}` is no span: write `every 20s`, `every 5m` or `every 2h`, up to a week")]
    Every(String),
}

/// The longest span of `every`: a week.
const EVERY_MAX: i64 = 7 * 24 * 3600 * 1000;

impl Schedule {
    /// Reads `MIN HOUR DAY MONTH WEEKDAY` (names, ranges, lists, steps; weekday 0 and 7 are Sunday),
    /// `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`, or `every N`
    /// with `s`, `m` or `h`.
    ///
    /// # Errors
    /// When the line cannot be read, or means no day that ever comes.
    pub fn parse(line: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let text = line.trim();
        let lower = text.to_ascii_lowercase();
        let rule = match lower.strip_prefix("every ") {
            Some(span) => Rule::Every(every(span.trim())?),
            None => cron_rule(named(&lower))?,
        };
        Ok(Self { line: text.to_owned(), zone, rule })
    }

    /// The first run strictly after `after`; `None` when the calendar has no more.
    #[must_use]
    pub fn next(&self, after: At) -> Option<At> {
        match &self.rule {
            Rule::Every(millis) => {
                let slot = after.millis().div_euclid(*millis).checked_add(1)?;
                slot.checked_mul(*millis).map(At::from_millis)
            }
            Rule::Lines(lines, hours) => {
                let local = after.utc().with_timezone(&self.zone).naive_local();
                let found = match hours {
                    Hours::Fixed => self.next_fixed(lines, local, after.utc()),
                    Hours::Any => self.next_any(lines, local, after.utc()),
                };
                found.map(At::from)
            }
        }
    }

    /// The latest run after `after` and not after `now`; `None` when nothing was due in between.
    #[must_use]
    pub fn latest(&self, after: At, now: At) -> Option<At> {
        if let Rule::Every(millis) = self.rule {
            let slot = At::from_millis(now.millis().div_euclid(millis) * millis);
            return (slot > after).then_some(slot);
        }
        // Looking back in growing windows costs the same after a minute and after years of absence.
        for hours in [1, 24, 32 * 24, 400 * 24, 10 * 366 * 24] {
            let from = after.max(now.minus(std::time::Duration::from_secs(hours * 3600)));
            if let Some(last) = self.last_between(from, now) {
                return Some(last);
            }
            if from == after {
                return None;
            }
        }
        self.last_between(after, now)
    }

    /// The next `n` runs after `after`, to be read back to whoever wrote the line.
    #[must_use]
    pub fn upcoming(&self, after: At, n: usize) -> Vec<At> {
        std::iter::successors(self.next(after), |at| self.next(*at)).take(n).collect()
    }

    /// The line, as it was written.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The time zone.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    fn last_between(&self, after: At, now: At) -> Option<At> {
        std::iter::successors(self.next(after), |at| self.next(*at))
            .take_while(|at| *at <= now)
            .last()
    }

    /// Local times in order lead to moments in order, so the first later moment is the next.
    fn next_fixed(
        &self,
        lines: &cron::Schedule,
        local: NaiveDateTime,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        lines
            .after(&local.and_utc())
            .map(|slot| {
                let slot = slot.naive_utc();
                self.zone
                    .from_local_datetime(&slot)
                    .earliest()
                    .map_or_else(|| self.gap_end(slot), |at| at.with_timezone(&Utc))
            })
            .find(|at| *at > after)
    }

    fn next_any(
        &self,
        lines: &cron::Schedule,
        local: NaiveDateTime,
        after: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let onward = lines.after(&local.and_utc()).find_map(|slot| {
            let found = self.zone.from_local_datetime(&slot.naive_utc());
            [found.earliest(), found.latest()].into_iter().flatten().find(|at| *at > after)
        });
        // Within the first pass of a repeated hour, the second pass may hold an earlier local time.
        let folded = self.zone.from_local_datetime(&local);
        let first_pass = folded.earliest() != folded.latest()
            && folded.latest().is_some_and(|second| second > after);
        let repeated = first_pass.then(|| {
            let from = local - Span::hours(3);
            lines
                .after(&from.and_utc())
                .take_while(|slot| slot.naive_utc() <= local)
                .filter_map(|slot| {
                    let found = self.zone.from_local_datetime(&slot.naive_utc());
                    (found.earliest() != found.latest()).then(|| found.latest()).flatten()
                })
                .find(|at| *at > after)
        });
        let candidates = [onward, repeated.flatten()];
        candidates.into_iter().flatten().min().map(|at| at.with_timezone(&Utc))
    }

    /// The first moment after the gap in which `slot` lies.
    fn gap_end(&self, slot: NaiveDateTime) -> DateTime<Utc> {
        let offset = |at: NaiveDateTime| self.zone.offset_from_utc_datetime(&at).fix();
        let before = offset(slot - Span::hours(26));
        // By the old offset, `slot` lies beyond the change and less than the gap behind it.
        let (mut low, mut high) = (slot - Span::hours(26), slot - before);
        let after = offset(high);
        while high - low > Span::seconds(1) {
            let middle = low + (high - low) / 2;
            if offset(middle) == after { high = middle } else { low = middle }
        }
        // Changes happen on whole seconds; halving left a fraction.
        let end = high.and_utc();
        DateTime::from_timestamp(end.timestamp(), 0).unwrap_or(end)
    }
}

fn named(line: &str) -> &str {
    match line {
        "@hourly" => "0 * * * *",
        "@daily" | "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    }
}

fn every(span: &str) -> Result<i64, ScheduleError> {
    let wrong = || ScheduleError::Every(span.to_owned());
    let unit = span.chars().last().ok_or_else(wrong)?;
    let millis = match unit {
        's' => 1000,
        'm' => 60 * 1000,
        'h' => 3600 * 1000,
        _ => return Err(wrong()),
    };
    let digits = span[..span.len() - 1].trim();
    let count: i64 = digits.parse().map_err(|_| wrong())?;
    let total = count.checked_mul(millis).ok_or_else(wrong)?;
    (digits.bytes().all(|b| b.is_ascii_digit()) && (1000..=EVERY_MAX).contains(&total))
        .then_some(total)
        .ok_or_else(wrong)
}

fn cron_rule(line: &str) -> Result<Rule, ScheduleError> {
    let texts: Vec<&str> = line.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = texts[..] else {
        return Err(ScheduleError::FieldCount(texts.len()));
    };
    let list = |field: Field, text: &str| field.list(text);
    let minutes = list(Field::Minute, minute)?;
    let hours = list(Field::Hour, hour)?;
    let days = list(Field::Day, day)?;
    let months = list(Field::Month, month)?;
    let weekdays = list(Field::Weekday, weekday)?;
    if !day.starts_with(['*', '?']) && !weekday.starts_with(['*', '?']) {
        return Err(ScheduleError::BothDays);
    }
    // A line of the `cron` crate begins with seconds; it is given lists alone, so that nothing of its
    // own reading (Sunday is 1) is left to it.
    let line = format!("0 {minutes} {hours} {days} {months} {weekdays}");
    let parsed: cron::Schedule = line.parse().map_err(|_| ScheduleError::NeverComes)?;
    if parsed.after(&DateTime::UNIX_EPOCH).next().is_none() {
        return Err(ScheduleError::NeverComes);
    }
    let any = if hour.starts_with('*') { Hours::Any } else { Hours::Fixed };
    Ok(Rule::Lines(Box::new(parsed), any))
}
