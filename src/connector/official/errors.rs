//! What the platform answers instead of doing it, and what we do next.
//!
//! Judged by `errcode`, never by `errmsg`, whose texts change and end with the call's number (`rid`). A right that
//! an account lacks (48001) never stops the account: an unverified one may keep drafts and not send messages.

use crate::connector::day::day_left;
use crate::connector::gateway::gateway;
use crate::connector::http::CallFailure;
use crate::connector::{SendFailure, WaitScope};
use crate::model::At;
use std::time::Duration;

/// How long we wait where the platform counts minutes.
const MINUTE: Duration = Duration::from_mins(1);
/// How much of what the platform says is kept.
const WORDS_MAX: usize = 300;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The platform said no.
    Denied(Denial),
    /// It does not take who we are: identity, secret, address.
    Unknown(String),
    /// Something between us and the platform said no.
    Gateway(u16),
    /// Nothing was done.
    Unsent(String),
    /// It was sent, and no answer can be read.
    Unanswered(String),
}

impl From<CallFailure> for Trouble {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unsent(words) => Self::Unsent(words),
            CallFailure::Unanswered(words) => Self::Unanswered(words),
            CallFailure::Forbidden(words) => Self::Unknown(words),
        }
    }
}

/// What the platform answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    /// `errcode`.
    pub code: i64,
    /// Both, as far as they are kept.
    pub words: String,
    /// The platform's name for what it had taken before, where it says so.
    pub taken: Option<String>,
}

impl Denial {
    pub(super) fn new(code: i64, message: &str) -> Self {
        let words = format!("{code} {message}");
        Self { code, words: words.chars().take(WORDS_MAX).collect(), taken: None }
    }

    /// The token is over, or was never one.
    pub(super) const fn is_token(&self) -> bool {
        matches!(self.code, 40001 | 40014 | 42001)
    }

    /// It was taken before under the same `clientmsgid`.
    pub(super) const fn is_repeated(&self) -> bool {
        self.code == 45065
    }
}

/// What was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Words to one person.
    Message,
    /// An article, or its mass sending.
    Article,
    /// A question, or the menu.
    Other,
}

impl Trouble {
    /// Our next step.
    pub(super) fn failure(self, errand: Errand, now: At) -> SendFailure {
        match self {
            Self::Denied(denial) => denied(denial, errand, now),
            Self::Unknown(words) => SendFailure::Misconfigured(words),
            Self::Unsent(words) => SendFailure::Transient(words),
            Self::Unanswered(words) => SendFailure::Unknown(words),
            Self::Gateway(status) => gateway(status, MINUTE),
        }
    }

    /// The same for what may be done twice without harm.
    pub(super) fn repeatable(self, errand: Errand, now: At) -> SendFailure {
        self.failure(errand, now).repeatable()
    }
}

fn denied(Denial { code, words, .. }: Denial, errand: Errand, now: At) -> SendFailure {
    let chat = |span| SendFailure::Wait { span, scope: WaitScope::Chat };
    match code {
        // Busy.
        -1 => SendFailure::Transient(words),
        45011 => SendFailure::Wait { span: MINUTE, scope: WaitScope::Account },
        // The day's calls are used up: of this call, and each has its own count. No mass sending is left: of the
        // day, or of the month, which the platform does not say.
        45009 | 45028 => chat(day_left(now)),
        // The same article again too soon.
        45066 => chat(MINUTE),
        // Who we are, from where, and an account that the platform has stopped; the last three: a token that is
        // refused although it was just made.
        40164 | 40013 | 40125 | 40243 | 48004 | 50001 | 50002 | 89503 | 89506 | 89507 | 40001
        | 40014 | 42001 => SendFailure::Misconfigured(words),
        43004 | 40003 if errand == Errand::Message => SendFailure::Gone(words),
        // Nobody wrote within 48 hours; the messages of that time are used up; the account may write to nobody;
        // the follower is blocked, or wants no messages. Whoever writes opens the chat again.
        45015 | 45047 | 48001 | 43019 | 48002 if errand == Errand::Message => {
            SendFailure::Blocked(words)
        }
        _ => SendFailure::Rejected(words),
    }
}
