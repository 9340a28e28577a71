//! The token that every call carries: `POST /cgi-bin/stable_token`, kept until shortly before it ends.
//!
//! *Wanted*: one question for a token at a time, however many calls need one; a token that the platform refuses is
//! replaced once, whoever met with it first. The lock is held while the platform is asked, which is its purpose:
//! whoever comes meanwhile waits for the answer in place of asking. It is never held while anything else is.
//!
//! *Accepted*: another program of the office that asks by the older `/cgi-bin/token` ends our token each time; we
//! then ask for another, by force when the platform gives the refused one again, at most once in [`FORCED`].

use super::errors::{Denial, Trouble};
use super::{Official, PATIENCE, Reply, read};
use crate::connector::Secret;
use crate::connector::http::CallFailure;
use crate::connector::token::Bearer;
use crate::model::At;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::Mutex;

/// So long before its end a token is no longer used.
const SPARE: Duration = Duration::from_mins(2);
/// The platform takes a question by force each 30 seconds, and 20 times a day.
const FORCED: Duration = Duration::from_mins(5);

/// The token, once there is one.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Held>);

#[derive(Default)]
struct Held {
    token: Option<(Secret, At)>,
    forced: Option<At>,
}

/// Whether the platform may give the token that it gave before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Force {
    No,
    Yes,
}

#[derive(Serialize)]
struct Question<'a> {
    grant_type: &'static str,
    appid: &'a str,
    secret: &'a str,
    force_refresh: bool,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

impl Bearer<Trouble> for Official {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Trouble> {
        let mut held = self.tokens.0.lock().await;
        if let Some((token, until)) = &held.token
            && self.clock.now() < *until
            && Some(token) != refused
        {
            return Ok(token.clone());
        }
        held.token = None;
        let mut given = self.ask(Force::No).await?;
        let now = self.clock.now();
        let rested = held.forced.is_none_or(|at| now.since(at) >= FORCED);
        if Some(&given.0) == refused && rested {
            held.forced = Some(now);
            given = self.ask(Force::Yes).await?;
        }
        held.token = Some(given.clone());
        Ok(given.0)
    }

    fn is_refused(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Denied(denial) if denial.is_token())
    }
}

impl Official {
    async fn ask(&self, force: Force) -> Result<(Secret, At), Trouble> {
        let question = Question {
            grant_type: "client_credential",
            appid: &self.settings.app_id,
            secret: self.settings.app_secret.reveal(),
            force_refresh: force == Force::Yes,
        };
        let url = self.url("/cgi-bin/stable_token", None)?;
        let answer = self.caller.post_json(url, &question, PATIENCE).await;
        let answer = answer.map_err(|failure| match failure {
            // Nothing of what the token is for has been done.
            CallFailure::Unsent(words) | CallFailure::Unanswered(words) => Trouble::Unsent(words),
            CallFailure::Forbidden(words) => Trouble::Unknown(words),
        })?;
        let given: Reply<Given> = read(&answer);
        match given {
            Ok(Given { access_token, expires_in }) => {
                let lives = Duration::from_secs(expires_in).saturating_sub(SPARE);
                Ok((Secret::new(access_token), self.clock.now().plus(lives)))
            }
            Err(Trouble::Denied(denial)) => Err(self.denied(denial)),
            Err(Trouble::Gateway(status)) if status != 404 && status != 407 => {
                Err(Trouble::Unsent(format!("status {status} in place of a token")))
            }
            Err(Trouble::Unanswered(words)) => Err(Trouble::Unsent(words)),
            Err(other) => Err(other),
        }
    }

    /// Why there is no token. The platform's words name the address that it does not allow (40164).
    fn denied(&self, denial: Denial) -> Trouble {
        match denial.code {
            -1 | 45009 | 45011 => Trouble::Denied(denial),
            _ => Trouble::Unknown(self.without_secrets(denial.words)),
        }
    }

    /// The platform does not repeat secrets; should it ever, we do not.
    fn without_secrets(&self, words: String) -> String {
        match self.settings.app_secret.reveal() {
            "" => words,
            secret => words.replace(secret, "***"),
        }
    }
}
