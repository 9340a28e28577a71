//! What Feishu says when it does not do it, and what we do next.
//!
//! Judged by `code`: the status is 200 for many refusals, and the texts change. A code that nobody knows yet falls
//! to its status, and a 4xx ends the message.

use crate::connector::gateway::gateway;
use crate::connector::http::{Answer, CallFailure};
use crate::connector::{SendFailure, WaitScope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long we wait where Feishu does not say: its windows are seconds and a minute.
const WAIT: Duration = Duration::from_secs(10);
/// The same for one chat, whose window is a second.
const CHAT_WAIT: Duration = Duration::from_secs(1);
/// The calls of this month are used up.
const USED_UP: Duration = Duration::from_hours(6);
/// How much of what Feishu says is kept.
const WORDS_MAX: usize = 300;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Feishu said no.
    Denied(Denial),
    /// Something between us and Feishu said no.
    Gateway {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<Duration>,
    },
    /// Nothing was sent.
    Unsent(String),
    /// It was sent, and no answer can be read.
    Unanswered(String),
}

/// What Feishu answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    code: i64,
    status: u16,
    said: String,
    reset: Option<Duration>,
}

#[derive(Deserialize)]
struct Head {
    code: i64,
    #[serde(default)]
    msg: String,
}

/// Reads an answer. Success is what the body says.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let status = answer.status.as_u16();
    let Ok(Head { code, msg }) = serde_json::from_slice(&answer.body) else {
        return Err(Trouble::Gateway { status, retry_after: answer.retry_after() });
    };
    if code == 0 {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| Trouble::Unanswered("an answer without a result".to_owned()));
    }
    let said = format!("{code} {msg}").chars().take(WORDS_MAX).collect();
    Err(Trouble::Denied(Denial { code, status, said, reset: reset(answer) }))
}

/// How long Feishu says that one has to wait.
fn reset(answer: &Answer) -> Option<Duration> {
    answer.seconds("x-ogw-ratelimit-reset")
}

impl From<CallFailure> for Trouble {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Unsent(words) | CallFailure::Forbidden(words) => Self::Unsent(words),
            CallFailure::Unanswered(words) => Self::Unanswered(words),
        }
    }
}

impl Denial {
    /// The token is not, or no longer, one of Feishu's.
    pub(super) const fn token_is_refused(&self) -> bool {
        matches!(self.code, 99_991_661 | 99_991_663 | 99_991_664 | 99_991_668 | 99_991_671)
    }

    /// Whether it may be otherwise soon, without anybody mending anything.
    pub(super) fn passes(&self) -> bool {
        // Busy; troubles of the platform's own.
        matches!(self.code, 1 | 1_000_040_343)
            || !matches!(self.failure(), SendFailure::Misconfigured(_) | SendFailure::Rejected(_))
    }

    /// What Feishu said.
    pub(super) fn words(self) -> String {
        self.said
    }

    /// The message that it answers was taken back or cannot be answered.
    pub(super) fn reply_is_missing(&self) -> bool {
        matches!(self.code, 230_011 | 230_019 | 230_050 | 230_054 | 230_110)
            || (self.code == 230_001 && self.said.contains("message_id"))
    }

    /// The app was not granted what the call needs.
    pub(super) const fn lacks_scope(&self) -> bool {
        matches!(self.code, 99_991_672 | 99_991_679)
    }

    /// What the message names was never given, or is not known any more.
    pub(super) fn key_is_unknown(&self) -> bool {
        self.said.contains("image_key") || self.said.contains("file_key")
    }

    /// Whether it may be about the one chat: a group of others too, outside of the organisation. Feishu says the same of
    /// a right that was not granted, and names that.
    pub(super) fn may_be_of_the_chat(&self) -> bool {
        self.code == 230_027 && !self.said.contains("scope")
    }

    /// The message to take back is not there.
    pub(super) const fn already_taken_back(&self) -> bool {
        matches!(self.code, 230_011 | 230_110)
    }

    /// The message is no card.
    pub(super) fn is_no_card(&self) -> bool {
        self.code == 230_054 || (self.code == 230_001 && self.said.contains("NOT a card"))
    }

    fn failure(&self) -> SendFailure {
        let said = self.said.clone();
        match self.code {
            230_020 => wait(self.reset.unwrap_or(CHAT_WAIT), WaitScope::Chat),
            11_232 | 99_991_400 => wait(self.reset.unwrap_or(WAIT), WaitScope::Account),
            // The calls of the month are used up.
            99_991_403 => wait(self.reset.unwrap_or(USED_UP), WaitScope::Account),
            // Not in the chat; the chat or the person is no more; the person stopped the bot.
            230_002 | 230_029 | 230_034 | 230_053 | 232_009 | 232_006 => SendFailure::Gone(said),
            230_001 if said.contains("invalid receive_id") => SendFailure::Gone(said),
            // The person is outside of the app's range; the chat is muted; only some may write; another tenant.
            230_013 | 230_018 | 230_035 | 230_038 => SendFailure::Blocked(said),
            // No bot; a scope that was not granted; no such app, a wrong secret; the app was switched off; an
            // address that is not listed.
            230_006 | 230_027 | 10_003 | 10_012 | 10_014 | 99_991_401 | 99_991_543 | 99_991_662
            | 99_991_672 | 99_991_679 => SendFailure::Misconfigured(said),
            // Feishu's own troubles; a message that is on its way under the same `uuid`; and a token that is refused
            // although it is new.
            1500..=1599 | 2200 | 230_049 | 230_101 => SendFailure::Transient(said),
            _ if self.token_is_refused() => SendFailure::Transient(said),
            _ => match self.status {
                429 => wait(self.reset.unwrap_or(WAIT), WaitScope::Account),
                500.. => SendFailure::Transient(said),
                401 => SendFailure::Misconfigured(said),
                _ => SendFailure::Rejected(said),
            },
        }
    }
}

impl Trouble {
    /// The same about a token: whatever is wrong with the question is wrong with the settings.
    pub(super) fn of_token(self) -> Self {
        match self {
            Self::Denied(denial) if denial.status < 429 => {
                Self::Denied(Denial { status: 401, ..denial })
            }
            other => other,
        }
    }

    /// Our next step. Every call of ours may be repeated without harm – a message under its `uuid` – so what got no
    /// answer is made again.
    pub(super) fn failure(&self) -> SendFailure {
        match self {
            Self::Denied(denial) => denial.failure(),
            Self::Unsent(words) | Self::Unanswered(words) => SendFailure::Transient(words.clone()),
            Self::Gateway { status, retry_after } => {
                gateway(*status, retry_after.unwrap_or(WAIT)).repeatable()
            }
        }
    }

    /// Whether the call may have had its effect.
    pub(super) const fn is_unsure(&self) -> bool {
        match self {
            Self::Denied(_) | Self::Unsent(_) => false,
            Self::Unanswered(_) => true,
            Self::Gateway { status, .. } => matches!(status, 200..300 | 500..),
        }
    }
}

const fn wait(span: Duration, scope: WaitScope) -> SendFailure {
    SendFailure::Wait { span, scope }
}
