//! Attempts to deliver: how each ended, and what a person says where nobody knows.

use super::{Asked, At, Became, PersonId, Tally};
use serde::{Deserialize, Serialize};

/// One attempt to send, or one reason to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: At,
    /// How it ended.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The platform took it.
    Taken,
    /// The platform asked to wait until then.
    Waited(At),
    /// It failed and will be tried again.
    Failed(String),
    /// The chat had moved; the new address is used from now on.
    Moved,
    /// The platform will not take it.
    Refused(String),
    /// The connection or the process ended between the request and its answer: it may have
    /// arrived, so a further attempt may repeat it.
    Unknown(String),
    /// It was planned: it is owed since then.
    Planned,
    /// Its post was paused, and it rests with it.
    Rested,
    /// Its post goes on, and so does it.
    WentOn,
    /// A person had it tried again after it was given up.
    Retried,
    /// A person said what had become of it, or what was to become of it.
    Ruled(Ruling),
    /// The platform took it for some of those who read there, and left these out.
    LeftOut(String),
    /// Our part was done, and it came into people's hands.
    Handed,
    /// Somebody was asked to bring it to the chat.
    Asked(Asked),
    /// Somebody said that they had brought it there.
    Posted(PersonId),
    /// Somebody decided that it is not brought there.
    Skipped(PersonId),
    /// Somebody said that what was said last was a slip.
    Undone(PersonId),
    /// Its post was taken back after it was brought there, and whoever had done so was told.
    CalledOff,
    /// The platform told later what had become of what it took.
    Became(Became),
}

/// What a person says of a delivery of which nobody knows whether it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ruling {
    /// It arrived.
    Sent,
    /// It did not arrive, and is not sent again.
    NotSent,
    /// It is sent again, although it may have arrived.
    Resend,
}

/// What becomes of a delivery whose outcome is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownPolicy {
    /// It is sent again: better twice than never.
    #[default]
    Resend,
    /// It is held until a person decides: better never than twice.
    Hold,
}

impl Ruling {
    /// What a held delivery that is dealt with so adds to the counts of its post.
    #[must_use]
    pub const fn counts(self) -> &'static [(Tally, i64)] {
        match self {
            Self::Sent => &[(Tally::Unknown, -1), (Tally::Sent, 1)],
            Self::NotSent => &[(Tally::Unknown, -1), (Tally::Dead, 1)],
            Self::Resend => &[(Tally::Unknown, -1)],
        }
    }
}
