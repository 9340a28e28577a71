//! The fields of a cron line: what people write, made into plain lists.

use super::ScheduleError;
use std::collections::BTreeSet;

/// One field of a cron line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// The day of the month, 1 to 31.
    Day,
    /// 1 to 12, or JAN to DEC.
    Month,
    /// 0 to 7 (0 and 7 are Sunday), or SUN to SAT.
    Weekday,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        })
    }
}

impl Field {
    /// The least and the greatest number that can stand there.
    #[must_use]
    pub const fn range(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The names that can stand there in place of numbers, as the end of a sentence on them.
    pub(super) const fn names(self) -> &'static str {
        match self {
            Self::Month => " or jan to dec",
            Self::Weekday => " or sun to sat",
            Self::Minute | Self::Hour | Self::Day => "",
        }
    }

    /// What is written (lower case), as a list that the `cron` crate reads in the same sense; `*` where
    /// nothing is left out.
    pub(super) fn list(self, text: &str) -> Result<String, ScheduleError> {
        let wrong = || ScheduleError::Field { field: self, text: text.to_owned() };
        let mut set = BTreeSet::new();
        for part in text.split(',') {
            set.extend(self.part(part).ok_or_else(wrong)?.into_iter().map(|n| self.number(n)));
        }
        let (least, greatest) = self.range();
        let all = if self == Self::Weekday { 7 } else { greatest - least + 1 };
        if set.len() == all as usize {
            return Ok("*".to_owned());
        }
        let word = |n: &u32| match self {
            Self::Weekday => WEEKDAYS[*n as usize].to_uppercase(),
            _ => n.to_string(),
        };
        Ok(set.iter().map(word).collect::<Vec<_>>().join(","))
    }

    /// `*`, `n`, `n-m`, each with `/step`; `None` where it cannot be read.
    fn part(self, part: &str) -> Option<Vec<u32>> {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(number(step).filter(|n| *n > 0)?)),
            None => (part, None),
        };
        let (least, greatest) = self.range();
        let greatest = if self == Self::Weekday { 6 } else { greatest };
        let question = matches!(self, Self::Day | Self::Weekday);
        let (from, to) = match span.split_once('-') {
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None if span == "*" || (span == "?" && question) => (least, greatest),
            // As in cron, `5/15` means from 5 on.
            None => (self.value(span)?, if step.is_some() { greatest } else { self.value(span)? }),
        };
        // A week goes round: `FRI-MON`, `6-0`.
        let to = if self == Self::Weekday && to < from { to + 7 } else { to };
        (from <= to).then(|| (from..=to).step_by(step.unwrap_or(1) as usize).collect())
    }

    /// Sunday is 0 and 7 and 14.
    const fn number(self, n: u32) -> u32 {
        if matches!(self, Self::Weekday) { n % 7 } else { n }
    }

    fn value(self, word: &str) -> Option<u32> {
        let place = |names: &[&str]| names.iter().position(|n| *n == word);
        let named = match self {
            Self::Month => place(&MONTHS).map(|i| i + 1),
            Self::Weekday => place(&WEEKDAYS),
            _ => None,
        };
        let value = match named {
            Some(n) => u32::try_from(n).ok()?,
            None => number(word)?,
        };
        let (least, greatest) = self.range();
        (least..=greatest).contains(&value).then_some(value)
    }
}

/// Digits alone: `+5` is not what anybody writes in a schedule.
fn number(word: &str) -> Option<u32> {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten()
}
