//! The token that every call carries: `POST /v1.0/oauth2/accessToken`, kept until shortly before it ends.
//!
//! DingTalk gives the same token while it is good, so one that it refuses is asked for again once. The lock is held
//! while DingTalk is asked, which is its purpose: whoever comes meanwhile waits for the answer in place of asking.

use super::errors::{Trouble, read};
use super::{Dingtalk, PATIENCE};
use crate::connector::Secret;
use crate::connector::http::CallFailure;
use crate::model::At;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::Mutex;

/// So long before its end a token is no longer used.
const SPARE: Duration = Duration::from_mins(5);

/// The token, once there is one, and until when it is used.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Option<(Secret, At)>>);

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

impl Dingtalk {
    /// A token that should be good, and is not the one that was refused, where DingTalk has another.
    pub(super) async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Trouble> {
        let mut kept = self.tokens.0.lock().await;
        let now = self.clock.now();
        if let Some((token, until)) = &*kept
            && now < *until
            && Some(token) != refused
        {
            return Ok(token.clone());
        }
        *kept = None;
        let asked = Asked {
            app_key: &self.settings.app_key,
            app_secret: self.settings.app_secret.reveal(),
        };
        let url = self.url("/v1.0/oauth2/accessToken")?;
        let answer = self.caller.post_json(url, &asked, PATIENCE).await.map_err(|e| match e {
            // Nothing of what the token is for has been done.
            CallFailure::Unanswered(words) => Trouble::Unsent(words),
            other => other.into(),
        })?;
        let Given { access_token, expire_in } = read(&answer).map_err(Trouble::of_token)?;
        let token = Secret::new(access_token);
        let lives = Duration::from_secs(expire_in).saturating_sub(SPARE);
        *kept = Some((token.clone(), now.plus(lives)));
        Ok(token)
    }
}
