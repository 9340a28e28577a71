//! Who does what, for people.

use crate::model::{At, Duty, Lease, Worker};
use crate::store::{Reads, StoreError};

/// One line about who does what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The duty.
    pub duty: Duty,
    /// Who does it; `None` when nobody does.
    pub worker: Option<Worker>,
    /// Counts the tenures.
    pub epoch: u64,
    /// Since when.
    pub since: At,
}

/// Who does what, as the store has it.
///
/// # Errors
/// When the store fails.
pub async fn roster(reads: &dyn Reads) -> Result<Vec<Roster>, StoreError> {
    let mut all = Vec::new();
    for lease in reads.all::<Lease>(&[]).await? {
        let worker = match lease.holder {
            Some(id) => reads.find::<Worker>(&Worker::key_of(id)).await?.map(|w| w.value),
            None => None,
        };
        let Lease { duty, epoch, since, .. } = lease.value;
        all.push(Roster { duty, worker, epoch, since });
    }
    Ok(all)
}
