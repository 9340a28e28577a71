//! Counts subscribers anew, once, where a store was written before they were counted.
//!
//! To be called at the start, before anything changes a subscription. Done twice it changes nothing: what is
//! added is the difference to what is there. (Where several processes have a store, its subscribers were counted
//! from the first; only what was brought there from a program that did not count is counted at the first
//! start, which is to be the start of one process alone.)

use super::{Store, StoreError};
use crate::model::{Audience, Changes, Counter, Kind};
use std::collections::BTreeMap;

/// How many records are read at a time.
const PAGE: usize = 1_000;

/// How many counts are changed by one commit.
const COUNTS: usize = 90;

/// Says that a store's subscribers are counted.
fn counted() -> Counter {
    Counter(b"\x03subscribers are counted".to_vec())
}

/// Counts subscribers, unless that was done before. Gives how many there are when it was done now.
///
/// # Errors
/// When the store fails.
pub async fn recount(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    if store.tally(&counted()).await? > 0 {
        return Ok(None);
    }
    let mut counts: BTreeMap<Counter, i64> = BTreeMap::new();
    for (counter, sum) in store.tallies(&Audience::COUNTS).await? {
        *counts.entry(counter).or_default() -= sum;
    }
    let (mut after, mut found) = (None, 0);
    loop {
        let page = store.list(Kind::Subscriber, &[], after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.value.key());
        found += page.len() as u64;
        for counter in page.iter().flat_map(|read| read.value.counts()) {
            *counts.entry(counter).or_default() += 1;
        }
    }
    let differences: Vec<_> = counts.into_iter().filter(|(_, by)| *by != 0).collect();
    for page in differences.chunks(COUNTS) {
        let mut changes = Changes::new();
        for (counter, by) in page {
            changes.add(counter.clone(), *by);
        }
        store.commit(changes).await?;
    }
    let mut changes = Changes::new();
    changes.add(counted(), 1);
    store.commit(changes).await?;
    Ok(Some(found))
}
