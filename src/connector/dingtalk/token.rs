//! Where a token comes from: `POST /v1.0/oauth2/accessToken`. DingTalk gives the same one while it is good, so one that
//! it refuses is asked for again once.

use super::errors::{Trouble, read};
use super::{Dingtalk, PATIENCE};
use crate::connector::Secret;
use crate::connector::http::CallFailure;
use crate::connector::token::Bearer;
use crate::model::At;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So long before its end a token is no longer used.
const SPARE: Duration = Duration::from_mins(5);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    app_key: &'a str,
    app_secret: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    access_token: String,
    expire_in: u64,
}

impl Bearer<Trouble> for Dingtalk {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Trouble> {
        self.tokens.token(refused, self.clock.now(), self.ask_token()).await
    }

    fn is_refused(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Denied(denial) if denial.token_is_refused())
    }
}

impl Dingtalk {
    async fn ask_token(&self) -> Result<(Secret, At), Trouble> {
        let asked = Asked {
            app_key: &self.settings.app_key,
            app_secret: self.settings.app_secret.reveal(),
        };
        let now = self.clock.now();
        let url = self.url("/v1.0/oauth2/accessToken")?;
        let answer = self.caller.post_json(url, &asked, PATIENCE).await.map_err(|e| match e {
            // Nothing of what the token is for has been done.
            CallFailure::Unanswered(words) => Trouble::Unsent(words),
            other => other.into(),
        })?;
        let Given { access_token, expire_in } = read(&answer).map_err(Trouble::of_token)?;
        let lives = Duration::from_secs(expire_in).saturating_sub(SPARE);
        Ok((Secret::new(access_token), now.plus(lives)))
    }
}
