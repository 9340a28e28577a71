//! The token under which an app calls (`tenant_access_token`): fetched when it is needed, and kept.
//!
//! Feishu gives a new one only when less than half an hour is left of the old, and both hold until they end. So one
//! that is that old is replaced, and while it cannot be, it serves. Whoever needs one while it is fetched waits for
//! that one fetch: the turn is a permit of a semaphore, not a lock, and what is kept is locked for a moment alone.

use super::errors::{Trouble, read};
use super::{Feishu, PATIENCE};
use crate::connector::Secret;
use crate::connector::token::Bearer;
use crate::model::At;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// With so little left Feishu gives a new one.
const LEFT: Duration = Duration::from_mins(30);

/// The token that was fetched last.
pub(super) struct Tokens {
    kept: Mutex<Option<Kept>>,
    turn: Semaphore,
}

#[derive(Clone)]
struct Kept {
    token: Secret,
    until: At,
}

#[derive(Serialize)]
struct Asked<'a> {
    app_id: &'a str,
    app_secret: &'a str,
}

#[derive(Deserialize)]
struct Given {
    tenant_access_token: String,
    expire: u64,
}

impl Tokens {
    pub(super) const fn new() -> Self {
        Self { kept: Mutex::new(None), turn: Semaphore::const_new(1) }
    }

    /// What is kept, unless it is the one that was refused, and still holds for this long.
    fn kept(&self, refused: Option<&Secret>, at: At) -> Option<Secret> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (Some(&kept.token) != refused && kept.until > at).then_some(kept.token)
    }

    fn keep(&self, kept: Kept) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

impl Bearer<Trouble> for Feishu {
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, Trouble> {
        let fresh = || self.tokens.kept(refused, self.clock.now().plus(LEFT));
        if let Some(token) = fresh() {
            return Ok(token);
        }
        let _turn = self.tokens.turn.acquire().await;
        // Somebody else may have had it fetched meanwhile.
        if let Some(token) = fresh() {
            return Ok(token);
        }
        match self.fetch_token().await {
            Ok(token) => Ok(token),
            Err(trouble) => self.tokens.kept(refused, self.clock.now()).ok_or(trouble),
        }
    }

    fn is_refused(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Denied(denial) if denial.token_is_refused())
    }
}

impl Feishu {
    async fn fetch_token(&self) -> Result<Secret, Trouble> {
        let asked =
            Asked { app_id: &self.settings.app_id, app_secret: self.settings.app_secret.reveal() };
        let url = self.url(&["auth", "v3", "tenant_access_token", "internal"], None);
        let now = self.clock.now();
        let answer = self.caller.post_json(url, &asked, PATIENCE).await?;
        let Given { tenant_access_token, expire } = read(&answer).map_err(Trouble::of_token)?;
        let token = Secret::new(tenant_access_token);
        let until = now.plus(Duration::from_secs(expire));
        self.tokens.keep(Kept { token: token.clone(), until });
        Ok(token)
    }
}
