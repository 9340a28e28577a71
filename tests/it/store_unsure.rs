//! What can be read and is not yet on the disk: nothing that no commit takes back is done on the word of it.

use crate::clock::StandingClock;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tongxin::clock::Clock as _;
use tongxin::desk::Desk;
use tongxin::model::{
    AccountId, Address, Changes, ChatKind, Counter, Drawer, Happening, Inbound, Key, Kind,
    MessageRef, Record, Shred, Versioned,
};
use tongxin::rounds::sweep::Sweep;
use tongxin::store::sled::{Settings, SledStore};
use tongxin::store::vault::{Parts, Vault};
use tongxin::store::{Line, Reads, Report, Scan, Sharing, Snapshot, Store, StoreError};

/// A store that shows more than it has on the disk, for as long as a test wants.
struct Unsure {
    store: SledStore,
    unsure: AtomicBool,
}

#[async_trait]
impl Reads for Unsure {
    async fn get(&self, key: &Key) -> Result<Option<Versioned<Record>>, StoreError> {
        self.store.get(key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Line>, StoreError> {
        self.store.scan(scan).await
    }

    async fn list(
        &self,
        kind: Kind,
        prefix: &[u8],
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<Versioned<Record>>, StoreError> {
        self.store.list(kind, prefix, after, limit).await
    }

    async fn tally(&self, counter: &Counter) -> Result<i64, StoreError> {
        self.store.tally(counter).await
    }

    async fn tallies(&self, prefix: &[u8]) -> Result<Vec<(Counter, i64)>, StoreError> {
        self.store.tallies(prefix).await
    }
}

#[async_trait]
impl Store for Unsure {
    fn sharing(&self) -> Sharing {
        Sharing::Alone
    }

    /// Makes it so; whoever waits until it is durable waits in vain.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.store.commit(changes).await?;
        match self.unsure.load(Ordering::SeqCst) {
            true => Err(StoreError::Backend("the power is gone".to_owned())),
            false => Ok(()),
        }
    }

    async fn failed(&self) -> String {
        self.store.failed().await
    }

    async fn close(&self) -> Result<(), StoreError> {
        Store::close(&self.store).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.store.snapshot().await
    }

    async fn verify(&self) -> Result<Report, StoreError> {
        self.store.verify().await
    }
}

fn open(dir: &Path) -> (Arc<Unsure>, Parts, Arc<StandingClock>) {
    let clock = Arc::new(StandingClock::at("2026-11-24T01:00:00Z"));
    let vault = Vault::open(&dir.join("keys"), clock.clone()).expect("a vault");
    let store = SledStore::open(&dir.join("data"), &Settings::default()).expect("a store");
    (Arc::new(Unsure { store, unsure: AtomicBool::new(false) }), vault, clock)
}

#[tokio::test]
async fn a_key_outlives_an_order_to_destroy_it_that_is_not_yet_on_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, vault, clock) = open(dir.path());
    let sealed = vault.sealer.seal(Drawer::Text, "路灯".as_bytes()).expect("seals");
    let sweep = Sweep::new(store.clone(), vault.sealer.clone(), clock);
    let mut changes = Changes::new();
    changes.ensure(Shred { slot: sealed.slot });
    store.unsure.store(true, Ordering::SeqCst);
    assert!(store.commit(changes).await.is_err());
    assert_eq!(store.list(Kind::Shred, &[], None, 9).await.expect("reads").len(), 1, "it is seen");
    assert!(sweep.round().await.is_err());
    let opened = vault.texts.open(&sealed).expect("reads the key file");
    assert_eq!(opened.as_deref(), Some("路灯".as_bytes()), "the key is still there");

    store.unsure.store(false, Ordering::SeqCst);
    sweep.round().await.expect("sweeps");
    assert_eq!(vault.texts.open(&sealed).expect("reads the key file"), None);
    assert!(store.list(Kind::Shred, &[], None, 9).await.expect("reads").is_empty());
}

#[tokio::test]
async fn an_event_that_comes_twice_at_once_is_acknowledged_only_when_it_is_on_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, vault, clock) = open(dir.path());
    let keys = (vault.sealer.clone(), vault.texts.clone(), vault.hasher.clone());
    let office = crate::suggestions_room::office();
    let desk = Desk::new(store.clone(), clock.clone(), keys, Arc::new(office));
    let account = AccountId("bot".to_owned());
    let chat = Address {
        account: account.clone(),
        kind: ChatKind::Direct,
        chat: "7".to_owned(),
        thread: None,
    };
    let message =
        MessageRef { account: account.clone(), chat: "7".to_owned(), message: "1".to_owned() };
    let event = Inbound {
        account,
        event: "5001".to_owned(),
        at: clock.now(),
        chat,
        chat_title: String::new(),
        from: None,
        what: Happening::Said { message, text: "你好".to_owned(), reply_to: None },
    };
    store.unsure.store(true, Ordering::SeqCst);
    assert!(desk.take_in(std::slice::from_ref(&event)).await.is_err());
    assert_eq!(store.list(Kind::Inbox, &[], None, 9).await.expect("reads").len(), 1, "it is seen");
    assert!(desk.take_in(std::slice::from_ref(&event)).await.is_err(), "not yet acknowledged");
    store.unsure.store(false, Ordering::SeqCst);
    desk.take_in(std::slice::from_ref(&event)).await.expect("acknowledges");
    assert_eq!(store.list(Kind::Inbox, &[], None, 9).await.expect("reads").len(), 1);
}
