//! By when triage has to do what, as the office counts its days.

use super::{Desk, hours};
use crate::model::{At, Clocks, InvalidStep, Phase, Reminder, Span, Suggestion};
use std::time::Duration;

/// A working day, as the rest of a paused promise is kept.
const DAY: Duration = Duration::from_hours(24);

impl Desk {
    /// By when something is due that begins `at` and has so much time.
    #[must_use]
    pub fn due(&self, at: At, span: Span) -> At {
        self.office.suggestions.calendar.due(at, span, self.office.zone)
    }

    /// The clocks of a suggestion that is received `at`, and when a person responds to it.
    pub(super) fn begun(&self, at: At) -> (Clocks, At) {
        let rules = &self.office.suggestions;
        let decide_by = self.due(at, Span::Days(rules.decide_days));
        let clocks = Clocks {
            since: at,
            claim_by: self.due(at, Span::Working(rules.claim_days)),
            decide_by,
            held_until: decide_by,
            reminded: Reminder::Nothing,
        };
        (clocks, self.due(at, Span::Working(rules.respond_days)).min(decide_by))
    }

    /// A suggestion's clocks. One that was received before there were any has them from when it was begun.
    pub(super) fn clocks_of(&self, suggestion: &Suggestion) -> Clocks {
        suggestion.clocks.unwrap_or_else(|| self.begun(suggestion.created).0)
    }

    /// The clocks of a suggestion that a reviewer has from now on: for a working day at most.
    pub(super) fn taken(&self, suggestion: &Suggestion, at: At) -> Clocks {
        let clocks = self.clocks_of(suggestion);
        let held_until = self.due(at, Span::Working(self.office.suggestions.claim_days));
        // It was claimed: whoever gives it back later has not broken that promise.
        Clocks { held_until, reminded: clocks.reminded.max(Reminder::Unclaimed), ..clocks }
    }

    /// Until when a reviewer has a suggestion who does something with it now.
    pub(super) fn lease(&self, clocks: &Clocks, at: At) -> At {
        at.plus(hours(self.office.suggestions.claim_hours)).min(clocks.held_until)
    }

    /// Until when a submitter who is asked now may answer, the last day to its end: no question reaches beyond the day
    /// on which it has to be decided. None where that day is over.
    pub(super) fn answerable_until(&self, clocks: &Clocks, at: At) -> Option<At> {
        let days = Span::Days(self.office.suggestions.question_days);
        let until = self.due(at, days).min(clocks.decide_by);
        (until > at).then_some(until)
    }

    /// How much of a promise is left: a day for each working day to come.
    pub(super) fn rest_of(&self, at: At, until: At) -> Duration {
        let calendar = &self.office.suggestions.calendar;
        DAY * calendar.working_days(at, until, self.office.zone).into()
    }

    /// T10: what was asked is answered, or will not be; the promise to respond goes on with what was left of it.
    pub(super) fn resumed(&self, old: &Suggestion, at: At) -> Result<Suggestion, InvalidStep> {
        let mut now = old.clone();
        let clocks = self.taken(old, at);
        let left = match &old.phase {
            Phase::NeedInfo { left, .. } => left.as_secs().div_ceil(DAY.as_secs()),
            _ => 0,
        };
        let left = Span::Working(u16::try_from(left).unwrap_or(u16::MAX));
        let respond_by = self.due(at, left).min(clocks.decide_by.max(at));
        // Whoever has it was waiting, and nobody looks for an answer by the hour.
        now.phase = now.phase.resume(clocks.held_until, respond_by)?;
        now.clocks = Some(clocks);
        Ok(now)
    }
}
