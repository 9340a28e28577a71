//! The token that every call to some platforms carries: asked for when it is needed, and kept while it is good.
//!
//! *Wanted*: one question for a token at a time, however many calls need one; a token that the platform refuses is
//! replaced once, whoever met with it first. The lock is held while the platform is asked, which is its purpose:
//! whoever comes meanwhile waits for the answer in place of asking. It is never held while anything else is.

use super::Secret;
use crate::model::At;
use std::future::Future;
use tokio::sync::Mutex;

/// What calls its platform under a token; `E` is why a call comes to nothing.
pub(super) trait Bearer<E> {
    /// A token that should be good, and is not the one that was refused, where the platform has another.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, E>;

    /// Whether it was the token that the platform refused, and it has done nothing.
    fn is_refused(trouble: &E) -> bool;

    /// Makes a call under a token; once more under a new one where that is refused.
    async fn call_under<T, F>(&self, call: impl Fn(Secret) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let token = self.token(None).await?;
        match call(token.clone()).await {
            Err(trouble) if Self::is_refused(&trouble) => {
                call(self.token(Some(&token)).await?).await
            }
            done => done,
        }
    }
}

/// The token, once there is one, and until when it is used.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Option<(Secret, At)>>);

impl Tokens {
    /// A token that should be good and is not the one that was refused; `ask` is only begun where none is kept.
    pub(super) async fn token<E>(
        &self,
        refused: Option<&Secret>,
        now: At,
        ask: impl Future<Output = Result<(Secret, At), E>> + Send,
    ) -> Result<Secret, E> {
        let mut kept = self.0.lock().await;
        if let Some((token, until)) = &*kept
            && now < *until
            && Some(token) != refused
        {
            return Ok(token.clone());
        }
        *kept = None;
        let (token, until) = ask.await?;
        *kept = Some((token.clone(), until));
        Ok(token)
    }
}
