//! What WeCom says when it does not do it, and what we do next.
//!
//! Judged by `errcode`, never by `errmsg`, whose texts change. Which codes a robot's connection gives is not published
//! in one list: these are those of WeCom's other interfaces, and one that nobody knows ends the message. Those from
//! 846000 on are of the connection itself, as public clients report them: what they refuse is tried again.

use crate::connector::http::CallFailure;
use crate::connector::{SendFailure, WaitScope};
use std::time::Duration;

/// How long a chat waits that was written to too often: the platform counts minutes.
const WAIT: Duration = Duration::from_mins(1);
/// The platform dropped the subscription, though the connection is open (`aibot websocket not subscribed`).
const NOT_SUBSCRIBED: i64 = 846_609;
/// How much of what WeCom says is kept.
const WORDS_MAX: usize = 300;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// WeCom said no.
    Denied(Denial),
    /// Nothing was sent.
    Unsent(String),
    /// It was sent, and no answer came.
    Unanswered(String),
    /// Nothing is sent until an operator mends something.
    Stopped(String),
    /// This chat takes nothing for now.
    Shut(String),
}

/// What WeCom answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    /// `errcode`.
    pub code: i64,
    said: String,
}

impl Denial {
    pub(super) fn new(code: i64, message: &str) -> Self {
        let said = format!("{code} {message}").chars().take(WORDS_MAX).collect();
        Self { code, said }
    }

    /// It may be tried again soon.
    pub(super) const fn passes(&self) -> bool {
        matches!(self.code, -1 | 45009 | 45033 | 846_000..=846_999)
    }

    /// It is too late to say it as an answer (`invalid req_id`, `stream message update expired`).
    pub(super) const fn is_late(&self) -> bool {
        matches!(self.code, 846_604..=846_606 | 846_608)
    }

    /// The connection takes nothing any more until it is made anew.
    pub(super) const fn ends_the_connection(&self) -> bool {
        self.code == NOT_SUBSCRIBED
    }

    pub(super) fn words(self) -> String {
        self.said
    }
}

impl From<CallFailure> for Trouble {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unsent(words) | CallFailure::Forbidden(words) => Self::Unsent(words),
            CallFailure::Unanswered(words) => Self::Unanswered(words),
        }
    }
}

impl Trouble {
    /// Our next step. WeCom knows no message again: what got no answer may be there.
    pub(super) fn failure(self) -> SendFailure {
        match self {
            Self::Denied(denial) => denied(denial),
            Self::Unsent(words) => SendFailure::Transient(words),
            Self::Unanswered(words) => SendFailure::Unknown(words),
            Self::Stopped(words) => SendFailure::Misconfigured(words),
            Self::Shut(words) => SendFailure::Blocked(words),
        }
    }
}

fn denied(Denial { code, said }: Denial) -> SendFailure {
    match code {
        // 846607: `aibot send msg frequency limit exceeded`.
        45009 | 45033 | 846_607 => SendFailure::Wait { span: WAIT, scope: WaitScope::Chat },
        -1 | 846_000..=846_999 => SendFailure::Transient(said),
        // The robot is unknown, was switched off, or lacks the right; an address that is not listed.
        40001 | 40013 | 40014 | 40056 | 48002 | 60020 | 301_002 => SendFailure::Misconfigured(said),
        // No such chat; the robot is not in it; nobody there has ever written to it.
        40050 | 86001 | 86003 | 93006 | 93008 => SendFailure::Gone(said),
        _ => SendFailure::Rejected(said),
    }
}
