//! The sweep: keys are destroyed, and what has had its time is removed.
//!
//! A key is destroyed before the order to do so is removed: whoever dies between the two destroys it again,
//! which changes nothing.

use crate::clock::Clock;
use crate::model::{
    Answer, At, Changes, Delivery, DeliveryId, DeliveryState, InboxItem, InboxState, Index, Invite,
    Kind, Notice, NoticeTo, Pairing, Record, SegmentReader, Shred, Slot, Telling, Versioned,
};
use crate::store::vault::{Lost, Sealer, VaultError};
use crate::store::{Line, Scan, Store, StoreError, typed};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// How many keys are destroyed with one wait for the disk, and records removed in one commit.
const PAGE: usize = 40;

/// How often the sweep looks without being nudged.
const PERIOD: Duration = Duration::from_mins(1);

/// The round that sweeps.
#[derive(Clone)]
pub struct Sweep {
    store: Arc<dyn Store>,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
}

/// How the keys were found at a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reclaimed {
    /// How many slots have no key, and can have one.
    pub free: usize,
    /// How many keys the files have no slot for: they are older than the data.
    pub missing: usize,
}

impl Sweep {
    /// A sweep over this store and these keys.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, sealer: Sealer, clock: Arc<dyn Clock>) -> Self {
        Self { store, sealer, clock }
    }

    /// Destroys the keys that are to be destroyed, and removes what has expired. Returns when to look again.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        self.expire().await?;
        self.shred().await?;
        Ok(Some(self.clock.now().plus(PERIOD)))
    }

    /// Deals with keys that nothing refers to, as `unnamed` says: what a crash between sealing and committing left
    /// behind; keeps the places of those that are referred to and missing; and orders those destroyed of what lies in the
    /// inbox and is handled no more. To be called at the start, when nothing is being sealed.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn reclaim(&self, unnamed: Lost) -> Result<Reclaimed, StoreError> {
        let mut used = HashSet::new();
        let kinds = [
            Kind::Inbox,
            Kind::Notice,
            Kind::Suggestion,
            Kind::SealedAddress,
            Kind::Answer,
            Kind::Shred,
        ];
        for kind in kinds {
            let mut after = None;
            loop {
                let page = self.store.list(kind, &[], after.as_ref(), 500).await?;
                used.extend(page.iter().flat_map(|r| slots_of(&r.value)));
                match page.last() {
                    Some(last) => after = Some(last.value.key()),
                    None => break,
                }
                self.let_go(page).await?;
            }
        }
        let sealer = self.sealer.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let missing = sealer.reach(&used)?;
            let free = sealer.reclaim(&|slot| used.contains(&slot), unnamed)?;
            Ok::<_, VaultError>(Reclaimed { free, missing })
        });
        Ok(looked.await??)
    }

    /// Lets go of what could not be handled: it is left as what was, and its key goes.
    async fn let_go(&self, page: Vec<Versioned<Record>>) -> Result<(), StoreError> {
        for record in page {
            let Record::Inbox(InboxItem { state: InboxState::Stuck(sealed), .. }) = &record.value
            else {
                continue;
            };
            let mut changes = Changes::new();
            changes.ensure(Shred { slot: sealed.slot });
            let item: Versioned<InboxItem> = typed(record)?;
            changes.update(&item, InboxItem { state: InboxState::Handled, ..item.value.clone() });
            match self.store.commit(changes).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn shred(&self) -> Result<(), StoreError> {
        loop {
            let page = self.store.list(Kind::Shred, &[], None, PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            let orders: Vec<Versioned<Shred>> =
                page.into_iter().map(typed).collect::<Result<_, _>>()?;
            // The key must not go before the order to destroy it is sure to stay: after a power cut, what it had
            // sealed would be there again and could not be read.
            self.store.durable().await?;
            let slots: Vec<Slot> = orders.iter().map(|o| o.slot).collect();
            let sealer = self.sealer.clone();
            tokio::task::spawn_blocking(move || sealer.destroy(&slots)).await??;
            let mut changes = Changes::new();
            for order in &orders {
                changes.remove(order);
            }
            match self.store.commit(changes).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            tracing::debug!(sweep.keys = orders.len(), "keys were destroyed");
        }
    }

    async fn expire(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut scan = Scan::of(Index::Expiring, Vec::new(), PAGE);
        loop {
            let page = self.store.scan(&scan).await?;
            for line in &page {
                match SegmentReader::new(&line.at).at() {
                    Some(at) if at > now => return Ok(()),
                    _ => self.expire_one(line).await?,
                }
            }
            match page.last() {
                Some(last) => scan.after = Some(last.at.clone()),
                None => return Ok(()),
            }
        }
    }

    async fn expire_one(&self, line: &Line) -> Result<(), StoreError> {
        let mut changes = Changes::new();
        match line.key.kind {
            Kind::Inbox => {
                if let Some(item) = self.reads().find::<InboxItem>(&line.key).await? {
                    changes.remove(&item);
                }
            }
            Kind::Invite => {
                if let Some(invite) = self.reads().find::<Invite>(&line.key).await? {
                    changes.remove(&invite);
                }
            }
            Kind::Pairing => {
                if let Some(pairing) = self.reads().find::<Pairing>(&line.key).await? {
                    changes.remove(&pairing);
                }
            }
            Kind::Answer => {
                if let Some(answer) = self.reads().find::<Answer>(&line.key).await? {
                    changes.ensure(Shred { slot: answer.told.slot });
                    changes.remove(&answer);
                }
            }
            Kind::Telling => {
                if let Some(telling) = self.reads().find::<Telling>(&line.key).await? {
                    // Of a message that is not ours, or no longer kept.
                    changes.remove(&telling);
                }
            }
            Kind::Notice => {
                if let Some(notice) = self.reads().find::<Notice>(&line.key).await? {
                    self.expire_notice(&mut changes, &notice).await?;
                }
            }
            _ => {}
        }
        if changes.is_empty() {
            return Ok(());
        }
        match self.store.commit(changes).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes a notice with its delivery, unless it is still owed.
    async fn expire_notice(
        &self,
        changes: &mut Changes,
        notice: &Versioned<Notice>,
    ) -> Result<(), StoreError> {
        let key = DeliveryId::Notice(notice.id).key();
        if let Some(delivery) = self.reads().find::<Delivery>(&key).await? {
            if matches!(delivery.state, DeliveryState::Due { .. } | DeliveryState::Leased { .. }) {
                return Ok(());
            }
            changes.remove(&delivery);
        }
        for slot in own_slots(notice) {
            changes.ensure(Shred { slot });
        }
        changes.remove(notice);
        Ok(())
    }

    fn reads(&self) -> &dyn crate::store::Reads {
        self.store.as_ref()
    }
}

/// The keys that go with a notice. An address that belongs to a suggestion stays with that.
fn own_slots(notice: &Notice) -> Vec<Slot> {
    let mut slots: Vec<_> = notice.body.slot().into_iter().collect();
    if let (NoticeTo::Sealed { address, .. }, None) = (&notice.to, notice.about) {
        slots.push(address.slot);
    }
    slots
}

/// Every key to which a record refers.
fn slots_of(record: &Record) -> Vec<Slot> {
    match record {
        Record::Inbox(item) => match &item.state {
            InboxState::Waiting(sealed, _) | InboxState::Stuck(sealed) => vec![sealed.slot],
            InboxState::Handled => Vec::new(),
        },
        Record::Notice(notice) => {
            let mut slots = own_slots(notice);
            if let NoticeTo::Sealed { address, .. } = &notice.to {
                slots.push(address.slot);
            }
            slots
        }
        Record::Suggestion(suggestion) => suggestion.slots(),
        Record::SealedAddress(it) => vec![it.address.slot],
        Record::Answer(it) => vec![it.told.slot],
        Record::Shred(order) => vec![order.slot],
        _ => Vec::new(),
    }
}
