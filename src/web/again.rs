//! What visitors want, done again where somebody else was faster.

use crate::desk::DeskError;
use crate::store::again;
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
    again(TRIES, step).await
}
