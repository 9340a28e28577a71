//! What DingTalk says when it does not do it, and what we do next.
//!
//! Judged by `code`, a word with points in it; a code that nobody knows yet falls to its status.

use crate::connector::gateway::gateway;
use crate::connector::http::{Answer, CallFailure};
use crate::connector::{SendFailure, WaitScope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long we wait where DingTalk does not say: it counts by the second.
const WAIT: Duration = Duration::from_secs(2);
/// The calls of the month are used up; whether more were bought is found out so often.
const USED_UP: Duration = Duration::from_hours(6);
/// How much of what DingTalk says is kept.
const WORDS_MAX: usize = 300;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// DingTalk said no.
    Denied(Denial),
    /// Something between us and DingTalk said no.
    Gateway(u16, Option<Duration>),
    /// Nothing was sent.
    Unsent(String),
    /// It was sent, and no answer can be read.
    Unanswered(String),
}

/// What DingTalk answers instead of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    code: String,
    status: u16,
    said: String,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    #[serde(default)]
    message: String,
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let status = answer.status.as_u16();
    if let Ok(Refused { code, message }) = serde_json::from_slice(&answer.body) {
        let said = format!("{code} {message}").chars().take(WORDS_MAX).collect();
        return Err(Trouble::Denied(Denial { code, status, said }));
    }
    if !answer.status.is_success() {
        return Err(Trouble::Gateway(status, answer.retry_after()));
    }
    serde_json::from_slice(&answer.body)
        .map_err(|_| Trouble::Unanswered("an answer without a result".to_owned()))
}

/// What the older addresses answer, with a number in place of a word.
#[derive(Deserialize)]
struct Old {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    /// What it is about, where the gateway wraps it (88).
    sub_code: Option<Sub>,
}

/// A code of its own, which is mostly a number in quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sub {
    Number(i64),
    Word(String),
}

/// Reads an answer of one of the older addresses. Success is what the body says.
pub(super) fn read_old<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let Ok(Old { errcode, errmsg, sub_code }) = serde_json::from_slice(&answer.body) else {
        return Err(Trouble::Gateway(answer.status.as_u16(), answer.retry_after()));
    };
    if errcode == 0 {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| Trouble::Unanswered("an answer without a result".to_owned()));
    }
    let code = match sub_code {
        Some(Sub::Number(code)) => code.to_string(),
        Some(Sub::Word(code)) if !code.is_empty() => code,
        _ => errcode.to_string(),
    };
    let status = match code.as_str() {
        "-1" => 503,
        "40000" | "40001" | "40014" | "41001" | "42001" => 401,
        _ => 400,
    };
    let said = format!("{code} {errmsg}").chars().take(WORDS_MAX).collect();
    Err(Trouble::Denied(Denial { code, status, said }))
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
    /// The token is not, or no longer, one of DingTalk's.
    pub(super) fn token_is_refused(&self) -> bool {
        self.status == 401 || self.code == "InvalidAuthentication"
    }

    /// The platform has troubles, or is asked too often: it may say otherwise later.
    pub(super) const fn passes(&self) -> bool {
        self.status == 429 || self.status >= 500
    }

    /// What DingTalk said.
    pub(super) fn words(self) -> String {
        self.said
    }

    /// Whether a group may have got rid of the robot: DingTalk says the same of one that does not exist.
    pub(super) fn may_be_of_the_group(&self) -> bool {
        self.is_any(&["robotcode.notexsit", "robotcode.notexist", "robotcode.empty", "bot.stopped"])
    }

    /// Whether somebody may have no robot that writes to them alone: DingTalk says the same of one that writes to nobody.
    pub(super) fn may_be_of_the_person(&self) -> bool {
        self.is_any(&["robot.oto.notexist", "notallow.sendoto"])
    }

    fn is_any(&self, known: &[&str]) -> bool {
        let code = self.code.to_ascii_lowercase();
        known.iter().any(|known| code.contains(known))
    }

    fn failure(&self) -> SendFailure {
        let said = self.said.clone();
        if self.is_any(&["apicountlimit", "90020"]) {
            return wait(USED_UP, WaitScope::Account);
        }
        if self.status == 429 || self.is_any(&["throttling", "qpslimit", "90018", "90019"]) {
            return wait(WAIT, WaitScope::Account);
        }
        // The group is no more; the robot is not in it; nobody in the organisation has this name.
        let gone = ["group.disbanded", "openconversationid", "robot.notexist", "staffid.notexist"];
        if self.is_any(&gone) {
            return SendFailure::Gone(said);
        }
        // It may have been sent.
        if self.is_any(&["unknown.send.result"]) {
            return SendFailure::Unknown(said);
        }
        // The robot was stopped; no such app or robot; a right that was not granted; an address not listed.
        let settings =
            ["bot.stopped", "robotcode", "appkey", "appsecret", "accessdenied", "invalidclient"];
        if self.is_any(&settings) || self.may_be_of_the_person() || matches!(self.status, 401 | 403)
        {
            return SendFailure::Misconfigured(said);
        }
        if self.status >= 500 {
            return SendFailure::Transient(said);
        }
        SendFailure::Rejected(said)
    }
}

impl Trouble {
    /// The same about a token: whatever is wrong with the question is wrong with the settings.
    pub(super) fn of_token(self) -> Self {
        match self {
            Self::Denied(denial) if denial.status < 429 => {
                Self::Denied(Denial { status: 403, ..denial })
            }
            Self::Unanswered(words) => Self::Unsent(words),
            other => other,
        }
    }

    /// Our next step. DingTalk knows no message again: what got no answer may be there.
    pub(super) fn failure(&self) -> SendFailure {
        match self {
            Self::Denied(denial) => denial.failure(),
            Self::Unsent(words) => SendFailure::Transient(words.clone()),
            Self::Unanswered(words) => SendFailure::Unknown(words.clone()),
            Self::Gateway(status, retry_after) => gateway(*status, retry_after.unwrap_or(WAIT)),
        }
    }

    /// The same for a call that may be made twice without harm.
    pub(super) fn of_repeatable(&self) -> SendFailure {
        self.failure().repeatable()
    }
}

pub(super) const fn wait(span: Duration, scope: WaitScope) -> SendFailure {
    SendFailure::Wait { span, scope }
}
