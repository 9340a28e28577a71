//! What triage owes a suggestion, and when staff are reminded of it.

use super::{Phase, Suggestion};
use crate::model::At;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// By when triage has to do what: set when a suggestion is received, and kept with it, so that a change of the
/// office's rules leaves alone what was promised before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// When it was received. Questions pause the promise to respond; this stands.
    pub since: At,
    /// By when a reviewer takes it.
    pub claim_by: At,
    /// By when it is decided whether it is taken up, whatever was asked meanwhile.
    pub decide_by: At,
    /// Until when the one who has it may have it, however busy they are with it.
    pub held_until: At,
    /// The last thing that staff were reminded of.
    pub reminded: Reminder,
}

/// What staff are reminded of, in the order in which it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reminder {
    /// Nothing yet.
    Nothing,
    /// Nobody took it in time.
    Unclaimed,
    /// The promise to respond ends today.
    RespondToday,
    /// The promise to respond is broken.
    NotResponded,
    /// Today it has to be decided whether it is taken up.
    DecideToday,
    /// It should have been decided.
    Undecided,
    /// The promise to answer ends today.
    AnswerToday,
    /// The promise to answer is broken.
    Unanswered,
}

/// How long before the end of a promise it is said that it ends: promises end with a day, so this is nine in the
/// morning of that day.
const BEFORE: Duration = Duration::from_hours(15);

/// How long after the end of a promise it is said that it was broken: nobody is woken at midnight.
const AFTER: Duration = Duration::from_hours(9);

impl Suggestion {
    /// What staff are to be reminded of, of all that is due: the weightiest alone.
    #[must_use]
    pub fn reminder(&self, now: At) -> Option<Reminder> {
        self.reminders().filter(|(_, at)| *at <= now).map(|(what, _)| what).max()
    }

    /// When staff are reminded of it next.
    #[must_use]
    pub fn next_reminder(&self) -> Option<At> {
        self.reminders().map(|(_, at)| at).min()
    }

    /// What staff have still to be reminded of. Those kept since before there were clocks have none until their
    /// next step.
    fn reminders(&self) -> impl Iterator<Item = (Reminder, At)> {
        let mut all = Vec::new();
        if let Some(clocks) = &self.clocks {
            if let Phase::Received { .. } = self.phase {
                all.push((Reminder::Unclaimed, clocks.claim_by.plus(AFTER)));
            }
            if let Some(respond_by) = self.phase.respond_by() {
                all.push((Reminder::RespondToday, respond_by.minus(BEFORE)));
                all.push((Reminder::NotResponded, respond_by.plus(AFTER)));
                all.push((Reminder::DecideToday, clocks.decide_by.minus(BEFORE)));
                all.push((Reminder::Undecided, clocks.decide_by.plus(AFTER)));
            }
            if let Some(answer_by) = self.phase.answer_by() {
                all.push((Reminder::AnswerToday, answer_by.minus(BEFORE)));
                all.push((Reminder::Unanswered, answer_by.plus(AFTER)));
            }
            all.retain(|(what, _)| *what > clocks.reminded);
        }
        all.into_iter()
    }
}
