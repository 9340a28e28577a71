//! What the platform answers instead of doing it, and what we do next.
//!
//! Judged by `errcode`, never by `errmsg`, whose texts change. What concerns one receiver (a member who is not there,
//! a group that is not ours) never stops the application.

use crate::connector::gateway::gateway;
use crate::connector::http::{Answer, CallFailure};
use crate::connector::{SendFailure, WaitScope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long we wait where the platform counts minutes; so long it refuses what is beyond them.
const MINUTE: Duration = Duration::from_mins(1);
/// How much of what the platform says is kept.
pub(super) const WORDS_MAX: usize = 300;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The platform said no.
    Denied(Denial),
    /// It does not take who we are.
    Unknown(String),
    /// Something between us and the platform said no.
    Gateway(u16),
    /// Nothing was done.
    Unsent(String),
    /// It was sent, and no answer can be read.
    Unanswered(String),
}

/// What the platform answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    code: i64,
    words: String,
    /// How long it is to wait, where it came too often.
    wait: Duration,
}

/// What every answer holds.
#[derive(Deserialize)]
struct Head {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

/// What was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Words to one member.
    Member,
    /// Words to many, or to a group.
    Many,
    /// A question, or the menu.
    Other,
}

/// Reads an answer. Success is what the body says.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let Ok(Head { errcode, errmsg }) = serde_json::from_slice(&answer.body) else {
        return Err(Trouble::Gateway(answer.status.as_u16()));
    };
    if errcode != 0 {
        let words = format!("{errcode} {errmsg}").chars().take(WORDS_MAX).collect();
        return Err(Trouble::Denied(Denial { code: errcode, words, wait: MINUTE }));
    }
    let lacks = || Trouble::Unanswered("an answer without a result".to_owned());
    serde_json::from_slice(&answer.body).map_err(|_| lacks())
}

impl From<CallFailure> for Trouble {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unsent(words) => Self::Unsent(words),
            CallFailure::Forbidden(words) => Self::Unknown(words),
            CallFailure::Unanswered(words) => Self::Unanswered(words),
        }
    }
}

impl Denial {
    /// The token is over, or was never one.
    pub(super) const fn is_token(&self) -> bool {
        matches!(self.code, 40014 | 42001 | 41001)
    }

    /// Organisation and secret do not go together.
    pub(super) const fn is_secret(&self) -> bool {
        matches!(self.code, 40001 | 40013)
    }

    /// There is no group chat of this name that we made.
    pub(super) const fn no_chat(&self) -> bool {
        matches!(self.code, 86001 | 86003 | 40050)
    }

    /// A group chat has this name already.
    pub(super) const fn chat_is_there(&self) -> bool {
        self.code == 86215
    }

    /// Busy, or too many calls: the same may be asked again.
    pub(super) const fn passes(&self) -> bool {
        matches!(self.code, -1 | 45009 | 45033)
    }

    /// The words, where it was one call too many.
    pub(super) fn too_many(&self) -> Option<&str> {
        (self.code == 45009).then_some(self.words.as_str())
    }

    /// The same, with so long to wait.
    pub(super) fn waiting(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// The same, without these letters.
    pub(super) fn without(self, secret: &str) -> String {
        if secret.is_empty() { self.words } else { self.words.replace(secret, "***") }
    }

    fn failure(self, errand: Errand) -> SendFailure {
        let Self { code, words, wait } = self;
        match (code, errand) {
            (-1, _) => SendFailure::Transient(words),
            (45009 | 45033, _) => SendFailure::Wait { span: wait, scope: WaitScope::Account },
            // Secret, organisation, address, the application's number, that it is not ours, that it is switched
            // off; and a token that is refused although it was just made.
            (
                40001 | 40013 | 60020 | 40056 | 41011 | 301_002 | 48004 | 50001 | 40014 | 42001
                | 41001,
                _,
            )
            | (48002, Errand::Member | Errand::Other) => SendFailure::Misconfigured(words),
            // No such member, or none whom the application may see; no such group, or another application's.
            (81013 | 40003 | 40031 | 46004 | 60111, Errand::Member)
            | (86001 | 86003 | 86008 | 40050, _) => SendFailure::Gone(words),
            // No right to write to them; the call is not for this application; none of them is there.
            (60011, _) | (48002 | 81013 | 82001 | 40066 | 40068 | 60123, Errand::Many) => {
                SendFailure::Blocked(words)
            }
            _ => SendFailure::Rejected(words),
        }
    }
}

impl Trouble {
    /// Our next step. What got no answer may be there.
    pub(super) fn failure(self, errand: Errand) -> SendFailure {
        match self {
            Self::Denied(denial) => denial.failure(errand),
            Self::Unknown(words) => SendFailure::Misconfigured(words),
            Self::Unsent(words) => SendFailure::Transient(words),
            Self::Unanswered(words) => SendFailure::Unknown(words),
            Self::Gateway(status) => gateway(status, MINUTE),
        }
    }

    /// The same for what may be done twice without harm.
    pub(super) fn repeatable(self, errand: Errand) -> SendFailure {
        self.failure(errand).repeatable()
    }
}
