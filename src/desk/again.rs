//! What is settled at a start, again where somebody else was faster: other workers may begin at the same moment, and
//! settle the same.

use crate::store::{StoreError, again};

/// How often it is tried: more often than there are workers.
const TRIES: usize = 20;

/// Reads, decides and commits until nobody else was faster.
///
/// # Errors
/// When the store fails, or somebody else was faster each time.
pub(super) async fn until_settled<T, F>(step: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    again(TRIES, step).await
}
