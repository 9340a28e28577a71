//! The durable inbox: what arrives is stored, sealed, before it is acknowledged.

use super::{Desk, Saying};
use crate::model::{
    AccountId, Changes, Cursor, Drawer, Inbound, InboxItem, InboxState, Index, Role, SegmentReader,
    Segments, Shred, Stored, Versioned,
};
use crate::store::vault::VaultError;
use crate::store::{Scan, StoreError};
use crate::text::Speak as _;
use crate::text::say::AlarmSays;

/// How many administrators are told of one thing.
const TOLD: usize = 8;

/// Something in the inbox, opened.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The item.
    pub item: Versioned<InboxItem>,
    /// What happened; `None` when it cannot be read any more, and why where its bytes are damaged.
    pub inbound: Result<Option<Inbound>, StoreError>,
}

impl Desk {
    /// Stores what arrived; once this returns it is safe to tell the platform so. An event that
    /// arrived before changes nothing.
    ///
    /// # Errors
    /// When it could not be stored: the platform must not be told that it was.
    pub async fn take_in(&self, inbound: &[Inbound]) -> Result<(), StoreError> {
        // Each takes two keys. One page after the other, so that nothing is handled before what came before it.
        for page in inbound.chunks(Changes::KEYS_MAX / 2) {
            let (mut changes, mut known) = (Changes::new(), Known::No);
            for event in page {
                let name = (event.account.clone(), event.event.clone());
                let key = Segments::new().account(&name.0).text(&name.1).key(InboxItem::KIND);
                // Looking first spares a key for the many repeats; `ensure` decides.
                if self.reads().get(&key).await?.is_some() {
                    known = Known::Yes;
                    continue;
                }
                let bytes = serde_json::to_vec(event)
                    .map_err(|e| StoreError::Backend(format!("an event has no JSON: {e}")))?;
                let sealed = self.sealer.seal(Drawer::Text, &bytes)?;
                changes.ensure(InboxItem {
                    account: name.0,
                    event: name.1,
                    at: event.at,
                    state: InboxState::Waiting(sealed, 0),
                });
            }
            match known {
                _ if !changes.is_empty() => self.store.commit(changes).await?,
                // Another call may be storing it at this moment.
                Known::Yes => self.store.durable().await?,
                Known::No => {}
            }
        }
        Ok(())
    }

    /// Remembers how far an account was read.
    ///
    /// # Errors
    /// When it could not be stored.
    pub async fn heard_up_to(&self, account: &AccountId, mark: String) -> Result<(), StoreError> {
        let mut changes = Changes::new();
        changes.overwrite(Cursor { account: account.clone(), mark });
        self.store.commit(changes).await
    }

    /// How far an account was read.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heard(&self, account: &AccountId) -> Result<Option<String>, StoreError> {
        let key = Segments::new().account(account).key(Cursor::KIND);
        Ok(self.reads().find::<Cursor>(&key).await?.map(|c| c.value.mark))
    }

    /// The accounts of which something waits in the inbox.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn accounts_waiting(&self) -> Result<Vec<AccountId>, StoreError> {
        let (mut accounts, mut after) = (Vec::new(), None);
        loop {
            let scan = Scan::of(Index::InboxWaiting, Vec::new(), 1).after(after);
            let lines = self.reads().scan(&scan).await?;
            let Some(account) = lines.first().and_then(|l| SegmentReader::new(&l.at).text()) else {
                return Ok(accounts);
            };
            let account = AccountId(account.to_owned());
            // Later than any moment: behind all that waits of the account.
            after = Some(Segments::new().account(&account).bytes(&[0xFF; 9]).done());
            accounts.push(account);
        }
    }

    /// The oldest things in the inbox of an account, opened, at most `limit`.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn waiting(
        &self,
        account: &AccountId,
        limit: usize,
    ) -> Result<Vec<Waiting>, StoreError> {
        let prefix = Segments::new().account(account).done();
        let scan = Scan::of(Index::InboxWaiting, prefix, limit);
        let mut waiting = Vec::new();
        for item in self.reads().find_all::<InboxItem>(&scan).await? {
            let InboxState::Waiting(sealed, _) = &item.state else { continue };
            let inbound = match self.texts.open(sealed) {
                // What is wrong with one is not the others'.
                Err(error @ VaultError::Damaged(_)) => Err(error.into()),
                opened => Ok(opened?.and_then(|bytes| serde_json::from_slice(&bytes).ok())),
            };
            waiting.push(Waiting { item, inbound });
        }
        Ok(waiting)
    }

    /// Marks an item as handled: its words go, its name stays for a while.
    pub fn handled(&self, changes: &mut Changes, item: &Versioned<InboxItem>) {
        if let InboxState::Waiting(sealed, _) = &item.state {
            changes.ensure(Shred { slot: sealed.slot });
        }
        changes.update(item, InboxItem { state: InboxState::Handled, ..item.value.clone() });
    }

    /// Notes that handling an item failed; after the fifth time it is set aside, so that it does not hold up the
    /// others: its words go, since nobody could find them there who wishes theirs to be erased, and administrators
    /// are told. Returns whether it was set aside.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn failed(&self, item: &Versioned<InboxItem>) -> Result<SetAside, StoreError> {
        let InboxState::Waiting(sealed, times) = item.state.clone() else {
            return Ok(SetAside::No);
        };
        let mut changes = Changes::new();
        let aside = if times >= 4 {
            self.handled(&mut changes, item);
            let says =
                AlarmSays::NotHandled { account: item.account.0.clone(), at: self.local(item.at) };
            let administrators = self.reachable(Role::Administrator).await?;
            for (address, lang) in administrators.into_iter().take(TOLD) {
                self.tell(&mut changes, &address, Saying::of(says.doc(lang)));
            }
            SetAside::Yes
        } else {
            let state = InboxState::Waiting(sealed, times + 1);
            changes.update(item, InboxItem { state, ..item.value.clone() });
            SetAside::No
        };
        self.store.commit(changes).await?;
        Ok(aside)
    }
}

/// Whether something of what arrived had arrived before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Yes,
    No,
}

/// Whether an item was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAside {
    /// It was.
    Yes,
    /// It will be tried again.
    No,
}
