//! Done again where somebody else was faster.

use super::StoreError;

/// Reads, decides and commits until nobody else was faster, so many times at most.
///
/// # Errors
/// Those of the step; a conflict where somebody else was faster each time.
pub async fn again<T, E, F>(tries: usize, step: impl Fn() -> F) -> Result<T, E>
where
    E: From<StoreError> + PartialEq,
    F: Future<Output = Result<T, E>>,
{
    let conflict = || E::from(StoreError::Conflict);
    for _ in 0..tries {
        match step().await {
            Err(error) if error == conflict() => {}
            done => return done,
        }
    }
    Err(conflict())
}
