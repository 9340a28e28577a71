//! Schedules: ordinary five-field cron lines, in a time zone.
//!
//! To be filled by the fields' translation; the type is here so that the rooms above can name it.
use super::At;

/// A schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    line: String,
    zone: chrono_tz::Tz,
}

/// Why a schedule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScheduleError(pub String);

impl Schedule {
    /// Reads a line.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn parse(line: &str, zone: chrono_tz::Tz) -> Result<Self, ScheduleError> {
        Ok(Self { line: line.to_owned(), zone })
    }

    /// The first run after `after`; `None` when there is none.
    #[must_use]
    pub fn next(&self, _after: At) -> Option<At> {
        None
    }

    /// The line, as it was written.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The time zone.
    #[must_use]
    pub const fn zone(&self) -> chrono_tz::Tz {
        self.zone
    }
}
