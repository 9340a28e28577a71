//! What visitors want, done again where somebody else was faster.

use crate::desk::DeskError;
use crate::store::StoreError;
use futures::future::BoxFuture;

/// How often it is tried.
const TRIES: usize = 5;

/// Does something at the desk, its commit included, until nobody else was faster.
///
/// # Errors
/// When it is refused, or the store fails.
pub(super) async fn until_done<'a, T>(
    step: impl Fn() -> BoxFuture<'a, Result<T, DeskError>>,
) -> Result<T, DeskError> {
    for _ in 0..TRIES {
        match step().await {
            Err(DeskError::Failed(StoreError::Conflict)) => {}
            done => return done,
        }
    }
    Err(StoreError::Conflict.into())
}
