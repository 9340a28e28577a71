//! Where a token comes from: `GET /cgi-bin/gettoken`. The platform gives the same one while it is good, and may end it
//! early.
//!
//! Whoever asks again and again with a wrong secret is shut out, with all that calls from the same address. So a
//! refusal is remembered: with the secret of this run nobody asks again for an hour.

use super::errors::{Trouble, read};
use super::{PATIENCE, Wecom};
use crate::connector::Secret;
use crate::connector::http::{CallFailure, Caller};
use crate::connector::token::Bearer;
use crate::model::At;
use serde::Deserialize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So long before its end a token is no longer used.
const SPARE: Duration = Duration::from_mins(5);
/// So long after a refusal nobody asks again.
const REST: Duration = Duration::from_hours(1);

/// What the platform said when it refused our secret, and until when that stands.
#[derive(Default)]
pub(super) struct Refused(Mutex<Option<(String, At)>>);

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

impl Refused {
    fn look(&self, now: At) -> Result<(), Trouble> {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match said {
            Some((words, until)) if now < until => Err(Trouble::Unknown(words)),
            _ => Ok(()),
        }
    }

    fn note(&self, words: &str, until: At) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((words.to_owned(), until));
    }
}

impl Bearer<Trouble> for Wecom {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Trouble> {
        self.tokens.token(refused, self.clock.now(), self.ask_token()).await
    }

    fn is_refused(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Denied(denial) if denial.is_token())
    }
}

impl Wecom {
    async fn ask_token(&self) -> Result<(Secret, At), Trouble> {
        let now = self.clock.now();
        self.refused.look(now)?;
        let secret = self.settings.secret.reveal();
        let asked = [("corpid", self.settings.corp_id.as_str()), ("corpsecret", secret)];
        let url = self.url("/cgi-bin/gettoken", &asked)?;
        let answer =
            self.caller.get(url, Caller::ANSWER_MAX, PATIENCE).await.map_err(|failure| {
                match failure {
                    // Nothing of what the token is for has been done.
                    CallFailure::Unanswered(words) => Trouble::Unsent(words),
                    other => other.into(),
                }
            })?;
        match read::<Given>(&answer) {
            Ok(Given { access_token, expires_in }) => {
                let lives = Duration::from_secs(expires_in).saturating_sub(SPARE);
                Ok((Secret::new(access_token), now.plus(lives)))
            }
            Err(Trouble::Denied(denial)) if !denial.passes() => {
                let secret_is_wrong = denial.is_secret();
                let words = denial.without(secret);
                if secret_is_wrong {
                    self.refused.note(&words, now.plus(REST));
                }
                Err(Trouble::Unknown(words))
            }
            Err(Trouble::Gateway(status)) if status != 404 && status != 407 => {
                Err(Trouble::Unsent(format!("status {status} in place of a token")))
            }
            Err(Trouble::Unanswered(words)) => Err(Trouble::Unsent(words)),
            Err(other) => Err(other),
        }
    }
}
