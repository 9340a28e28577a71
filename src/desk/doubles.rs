//! Subscribers that lie twice at one address: two workers that subscribed the same chat at the same moment, each under
//! a name that it had made at random. They are joined once, at a start.

use super::Desk;
use super::again::until_settled;
use crate::model::{Changes, Counter, Index, Standing, Subscriber, Versioned};
use crate::store::{Scan, StoreError};
use std::collections::BTreeSet;

/// How many places are read together.
const PAGE: usize = 500;

/// Says that a store's subscribers are joined.
fn joined() -> Counter {
    Counter(b"\x03doubled subscribers are joined".to_vec())
}

impl Desk {
    /// Joins subscribers that lie at one address, unless that was done before. The first of them stays: it is the
    /// older, and the one that was found there until now. Gives how many were joined to another.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn join_doubles(&self) -> Result<usize, StoreError> {
        if self.reads().tally(&joined()).await? > 0 {
            return Ok(0);
        }
        let (mut scan, mut found) = (Scan::of(Index::SubscriberByAddress, Vec::new(), PAGE), 0);
        loop {
            let page = self.reads().scan(&scan).await?;
            // What lies at the last place may go on behind the page.
            let Some(last) = page.last().map(|line| line.at.clone()) else { break };
            let twice = page.windows(2).filter(|lines| lines[0].at == lines[1].at);
            let mut places: BTreeSet<_> = twice.map(|lines| lines[0].at.clone()).collect();
            places.insert(last.clone());
            for place in &places {
                while until_settled(|| self.join_at(place)).await?.is_some() {
                    found += 1;
                }
            }
            scan.after = Some(last);
        }
        let mut changes = Changes::new();
        changes.add(joined(), 1);
        self.store.commit(changes).await?;
        Ok(found)
    }

    /// Joins the second subscriber at a place to the first; gives it.
    async fn join_at(&self, place: &[u8]) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        let scan = Scan::of(Index::SubscriberByAddress, place.to_vec(), 2);
        let mut here = self.reads().find_all::<Subscriber>(&scan).await?;
        here.retain(|found| Subscriber::by_address(&found.address).at == place);
        let (Some(second), Some(first)) = (here.pop(), here.pop()) else { return Ok(None) };
        let active = |s: &Subscriber| s.standing == Standing::Active;
        // Whoever has changed the first since then could not change the second: what they left stays left.
        if first.version < second.version && active(&first) && active(&second) {
            let mut now = first.value.clone();
            now.topics.extend(second.topics.iter().cloned());
            let mut changes = Changes::new();
            changes.check(&second);
            self.becomes(&mut changes, Some(first), now).await?;
            self.store.commit(changes).await?;
        }
        let bare = Subscriber { topics: BTreeSet::new(), ..second.value.clone() };
        let Some(second) = self.nearer(Some(second), &bare).await? else { return Ok(None) };
        let mut changes = Changes::new();
        changes.remove(&second);
        self.destroy_address(&mut changes, second.id).await?;
        self.store.commit(changes).await?;
        Ok(Some(second))
    }
}
