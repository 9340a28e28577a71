//! What can be read and is not yet on the disk: nothing that no commit takes back is done on the word of it.

use crate::clock::StandingClock;
use crate::fakes::around::{Around, Otherwise};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tongxin::clock::Clock as _;
use tongxin::desk::Desk;
use tongxin::model::{
    AccountId, Address, Changes, ChatKind, Drawer, Happening, Inbound, Kind, MessageRef, Shred,
};
use tongxin::rounds::sweep::Sweep;
use tongxin::store::sled::{Settings, SledStore};
use tongxin::store::vault::{Parts, Vault};
use tongxin::store::{Reads, Store, StoreError};

/// A store that shows more than it has on the disk, for as long as a test wants.
#[derive(Default)]
struct Unsure(AtomicBool);

#[async_trait]
impl Otherwise for Unsure {
    /// Makes it so; whoever waits until it is durable waits in vain.
    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        below.commit(changes).await?;
        if self.0.load(Ordering::SeqCst) {
            return Err(StoreError::Backend("the power is gone".to_owned()));
        }
        Ok(())
    }
}

fn open(dir: &Path) -> (Arc<Around<Unsure>>, Parts, Arc<StandingClock>) {
    let clock = Arc::new(StandingClock::at("2026-11-24T01:00:00Z"));
    let vault = Vault::open(&dir.join("keys"), clock.clone()).expect("a vault");
    let store = SledStore::open(&dir.join("data"), &Settings::default()).expect("a store");
    (Arc::new(Around::over(Arc::new(store), Unsure::default())), vault, clock)
}

#[tokio::test]
async fn a_key_outlives_an_order_to_destroy_it_that_is_not_yet_on_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, vault, clock) = open(dir.path());
    let sealed = vault.sealer.seal(Drawer::Text, "路灯".as_bytes()).expect("seals");
    let sweep = Sweep::new(store.clone(), vault.sealer.clone(), clock);
    let mut changes = Changes::new();
    changes.ensure(Shred { slot: sealed.slot });
    store.otherwise.0.store(true, Ordering::SeqCst);
    assert!(store.commit(changes).await.is_err());
    assert_eq!(store.list(Kind::Shred, &[], None, 9).await.expect("reads").len(), 1, "it is seen");
    assert!(sweep.round().await.is_err());
    let opened = vault.texts.open(&sealed).expect("reads the key file");
    assert_eq!(opened.as_deref(), Some("路灯".as_bytes()), "the key is still there");

    store.otherwise.0.store(false, Ordering::SeqCst);
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
    store.otherwise.0.store(true, Ordering::SeqCst);
    assert!(desk.take_in(std::slice::from_ref(&event)).await.is_err());
    assert_eq!(store.list(Kind::Inbox, &[], None, 9).await.expect("reads").len(), 1, "it is seen");
    assert!(desk.take_in(std::slice::from_ref(&event)).await.is_err(), "not yet acknowledged");
    store.otherwise.0.store(false, Ordering::SeqCst);
    desk.take_in(std::slice::from_ref(&event)).await.expect("acknowledges");
    assert_eq!(store.list(Kind::Inbox, &[], None, 9).await.expect("reads").len(), 1);
}
