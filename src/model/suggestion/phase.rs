//! Where a suggestion stands, and every step from there. The steps carry the numbers (T1 …) of the table of
//! states in the documentation.

use crate::model::{At, InvalidStep, PersonId, Sealed};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a suggestion stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Written, not confirmed. Dies at `until`.
    Draft {
        /// Until when it can be confirmed.
        until: At,
    },
    /// Confirmed; waits for a reviewer.
    Received {
        /// Since when.
        at: At,
        /// When the first human response is promised.
        respond_by: At,
    },
    /// A reviewer has it.
    Claimed {
        /// Who.
        by: PersonId,
        /// Until when, unless something is done with it.
        until: At,
        /// When the first human response is promised.
        respond_by: At,
    },
    /// The submitter was asked for more.
    NeedInfo {
        /// By whom.
        by: PersonId,
        /// The question.
        question: Sealed,
        /// After this, it is decided with what there is.
        until: At,
        /// How much of the promise was left when the clock paused: a day for each working day.
        left: Duration,
    },
    /// Taken up; an answer is promised.
    Accepted {
        /// By whom.
        by: PersonId,
        /// When the answer is promised.
        answer_by: At,
    },
    /// A reviewer would decline it; a lead has to confirm.
    DeclineProposed {
        /// By whom.
        by: PersonId,
        /// The reason code.
        code: DeclineCode,
        /// The reason, in a sentence for the submitter.
        reason: Sealed,
        /// When the answer is promised.
        answer_by: At,
    },
    /// Answered.
    Answered {
        /// When.
        at: At,
    },
    /// Declined, with a reason.
    Declined {
        /// When.
        at: At,
        /// The reason code.
        code: DeclineCode,
    },
    /// Taken back by its submitter; its text goes at `erase_at`.
    Withdrawn {
        /// When.
        at: At,
        /// When the text is destroyed.
        erase_at: At,
    },
    /// Identity and text are destroyed.
    Erased {
        /// When.
        at: At,
    },
}

/// Why a suggestion is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineCode {
    /// Outside what the office may decide.
    OutsideRemit,
    /// Already the rule or under way.
    AlreadyDone,
    /// Not possible with the law or the means as they are.
    NotFeasible,
    /// Not enough to go on, also after asking.
    TooVague,
    /// Another reason, told in the sentence.
    Other,
}

/// The name of a phase: what lists, indexes and events know of it. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[expect(missing_docs, reason = "named as the variants of Phase")]
pub enum PhaseName {
    Draft = 1,
    Received = 2,
    Claimed = 3,
    NeedInfo = 4,
    Accepted = 5,
    DeclineProposed = 6,
    Answered = 7,
    Declined = 8,
    Withdrawn = 9,
    Erased = 10,
}

impl PhaseName {
    /// Every phase.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Received,
        Self::Claimed,
        Self::NeedInfo,
        Self::Accepted,
        Self::DeclineProposed,
        Self::Answered,
        Self::Declined,
        Self::Withdrawn,
        Self::Erased,
    ];

    /// Whether it is submitted and not over: its submitter may add to it, and take it back.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Received
                | Self::Claimed
                | Self::NeedInfo
                | Self::Accepted
                | Self::DeclineProposed
        )
    }

    /// The name, for errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Received => "received",
            Self::Claimed => "claimed",
            Self::NeedInfo => "need-info",
            Self::Accepted => "accepted",
            Self::DeclineProposed => "decline-proposed",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }
}

impl Phase {
    /// The phase's name.
    #[must_use]
    pub const fn name(&self) -> PhaseName {
        match self {
            Self::Draft { .. } => PhaseName::Draft,
            Self::Received { .. } => PhaseName::Received,
            Self::Claimed { .. } => PhaseName::Claimed,
            Self::NeedInfo { .. } => PhaseName::NeedInfo,
            Self::Accepted { .. } => PhaseName::Accepted,
            Self::DeclineProposed { .. } => PhaseName::DeclineProposed,
            Self::Answered { .. } => PhaseName::Answered,
            Self::Declined { .. } => PhaseName::Declined,
            Self::Withdrawn { .. } => PhaseName::Withdrawn,
            Self::Erased { .. } => PhaseName::Erased,
        }
    }

    /// When the clock alone moves it on, if it does.
    #[must_use]
    pub const fn deadline(&self) -> Option<At> {
        match self {
            Self::Draft { until } | Self::Claimed { until, .. } | Self::NeedInfo { until, .. } => {
                Some(*until)
            }
            Self::Withdrawn { erase_at, .. } => Some(*erase_at),
            _ => None,
        }
    }

    /// When the first human response is promised, while it is.
    #[must_use]
    pub const fn respond_by(&self) -> Option<At> {
        match self {
            Self::Received { respond_by, .. } | Self::Claimed { respond_by, .. } => {
                Some(*respond_by)
            }
            _ => None,
        }
    }

    /// When the answer is promised, while it is.
    #[must_use]
    pub const fn answer_by(&self) -> Option<At> {
        match self {
            Self::Accepted { answer_by, .. } | Self::DeclineProposed { answer_by, .. } => {
                Some(*answer_by)
            }
            _ => None,
        }
    }

    const fn invalid(&self, what: &'static str) -> InvalidStep {
        InvalidStep { what, from: self.name().name() }
    }

    /// T2: the author confirms.
    ///
    /// # Errors
    /// When it is no draft: nothing is ever received twice.
    pub fn confirm(self, now: At, respond_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Draft { .. } => Ok(Self::Received { at: now, respond_by }),
            other => Err(other.invalid("confirming")),
        }
    }

    /// T7: a reviewer takes it.
    ///
    /// # Errors
    /// When it does not wait for one.
    pub fn claim(self, by: PersonId, until: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Received { respond_by, .. } => Ok(Self::Claimed { by, until, respond_by }),
            other => Err(other.invalid("claiming")),
        }
    }

    /// T8: it goes back to all reviewers; the clock goes on.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn release(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { respond_by, .. } => Ok(Self::Received { at: now, respond_by }),
            other => Err(other.invalid("releasing")),
        }
    }

    /// T9: the submitter is asked; the clock pauses with so much of the promise `left`.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn ask(self, question: Sealed, until: At, left: Duration) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { by, .. } => Ok(Self::NeedInfo { by, question, until, left }),
            other => Err(other.invalid("asking")),
        }
    }

    /// T10: the submitter answered, or did not in time; the clock goes on.
    ///
    /// # Errors
    /// When nothing was asked.
    pub fn resume(self, until: At, respond_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::NeedInfo { by, .. } => Ok(Self::Claimed { by, until, respond_by }),
            other => Err(other.invalid("resuming")),
        }
    }

    /// T14: it is taken up; an answer is promised.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn accept(self, answer_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { by, .. } => Ok(Self::Accepted { by, answer_by }),
            other => Err(other.invalid("accepting")),
        }
    }

    /// Somebody else has what was taken up from now on; what was promised stands.
    ///
    /// # Errors
    /// When it is not taken up, or they have it already.
    pub fn take_over(self, by: PersonId) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { by: before, answer_by } if before != by => {
                Ok(Self::Accepted { by, answer_by })
            }
            other => Err(other.invalid("taking over")),
        }
    }

    /// The reviewer is still at it, so it stays theirs for longer.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn keep(self, until: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { by, respond_by, .. } => Ok(Self::Claimed { by, until, respond_by }),
            other => Err(other.invalid("keeping")),
        }
    }

    /// A slip in what was taken up is put right: the answer is promised for this time.
    ///
    /// # Errors
    /// When it is not taken up.
    pub fn promise_anew(self, answer_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { by, .. } => Ok(Self::Accepted { by, answer_by }),
            other => Err(other.invalid("sorting")),
        }
    }

    /// T17: it is answered.
    ///
    /// # Errors
    /// When it was not taken up.
    pub fn answer(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { .. } => Ok(Self::Answered { at: now }),
            other => Err(other.invalid("answering")),
        }
    }

    /// T19, first half: a reviewer would decline it.
    ///
    /// # Errors
    /// When it was not taken up.
    pub fn propose_decline(
        self,
        by: PersonId,
        code: DeclineCode,
        reason: Sealed,
    ) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { answer_by, .. } => {
                Ok(Self::DeclineProposed { by, code, reason, answer_by })
            }
            other => Err(other.invalid("declining")),
        }
    }

    /// T19, second half: a lead, who is another person, confirms.
    ///
    /// # Errors
    /// When nothing was proposed, or by the same person.
    pub fn confirm_decline(self, lead: PersonId, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::DeclineProposed { by, code, .. } if by != lead => {
                Ok(Self::Declined { at: now, code })
            }
            other => Err(other.invalid("confirming the decline")),
        }
    }

    /// T19, undone: the lead sends it back to be answered.
    ///
    /// # Errors
    /// When nothing was proposed.
    pub fn return_decline(self) -> Result<Self, InvalidStep> {
        match self {
            Self::DeclineProposed { by, answer_by, .. } => Ok(Self::Accepted { by, answer_by }),
            other => Err(other.invalid("returning the decline")),
        }
    }

    /// T24: its submitter takes it back.
    ///
    /// # Errors
    /// When it is a draft, or over.
    pub fn withdraw(self, now: At, erase_at: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Received { .. }
            | Self::Claimed { .. }
            | Self::NeedInfo { .. }
            | Self::Accepted { .. }
            | Self::DeclineProposed { .. } => Ok(Self::Withdrawn { at: now, erase_at }),
            other => Err(other.invalid("withdrawing")),
        }
    }
}
