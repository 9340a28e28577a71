//! A disk that fills: the store takes nothing in for which there is no room, keeps what it has, and goes on when
//! there is room; and so does everything that stands on it.

use crate::clock::StandingClock;
use crate::fakes::telegram::{FakeTelegram, Options};
use crate::outbox::world::{Disk, World, no_limits};
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tongxin::app::ready::{Ready, menus};
use tongxin::config::{Config, Given, Overrides};
use tongxin::metrics::Metrics;
use tongxin::model::{
    Changes, ChatKind, ConsentText, Counter, Delivery, DeliveryState, Kind, Priority,
};
use tongxin::rounds::Nudges;
use tongxin::rounds::space::Watch;
use tongxin::store::sled::{OpenError, SledStore};
use tongxin::store::space::Level;
use tongxin::store::vault::Vault;
use tongxin::store::{Reads, Store, StoreError};
use tower::ServiceExt as _;

/// The default reserve is 32 MiB.
const GONE: u64 = 31;
const STILL_GONE: u64 = 39;
const SCARCE: u64 = 45;
const AMPLE: u64 = 1000;

async fn add(store: &SledStore, number: u8) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash: [number; 32], text: "字".repeat(9) });
    changes.add(Counter(b"texts".to_vec()), 1);
    store.commit(changes).await
}

async fn kept(store: &SledStore) -> (usize, i64) {
    let texts = store.list(Kind::Consent, &[], None, 99).await.expect("reads").len();
    (texts, store.tally(&Counter(b"texts".to_vec())).await.expect("reads"))
}

#[tokio::test]
async fn while_the_disk_is_full_commits_are_refused_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = Arc::new(Disk::default());
    let store = disk.store(dir.path());
    add(&store, 1).await.expect("there is room");
    assert_eq!(store.space().expect("is known").level, Level::Ample);
    disk.has(SCARCE);
    assert_eq!(store.space().expect("is known").level, Level::Scarce);
    add(&store, 2).await.expect("there is room yet");

    disk.has(GONE);
    let Err(StoreError::Unavailable(why)) = add(&store, 3).await else { panic!("it was taken") };
    assert!(why.contains("only 31 MiB are free") && why.contains("32 MiB are kept free"), "{why}");
    assert_eq!(store.space().expect("is known").level, Level::Gone);
    disk.has(STILL_GONE);
    assert!(
        matches!(add(&store, 3).await, Err(StoreError::Unavailable(_))),
        "not at the very byte"
    );
    assert_eq!(kept(&store).await, (2, 2), "what is kept can be read");
    assert_eq!(store.verify().await.expect("verifies").faults, 0);

    disk.has(SCARCE);
    add(&store, 3).await.expect("there is room again");
    assert_eq!(kept(&store).await, (3, 3));
    drop(store);
    assert_eq!(kept(&disk.store(dir.path())).await, (3, 3));
}

#[tokio::test]
async fn a_store_is_not_opened_where_opening_it_could_break_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = Arc::new(Disk::default());
    add(&disk.store(dir.path()), 1).await.expect("there is room");
    disk.has(3);
    let before = files(dir.path());
    let Err(why) = disk.try_store(dir.path()) else { panic!("it was opened") };
    assert!(matches!(why, OpenError::NoSpace { .. }), "{why:?}");
    assert!(why.to_string().contains("3 MiB are free, 5 MiB are needed; make room"), "{why}");
    assert_eq!(files(dir.path()), before, "nothing was touched");
    disk.has(GONE);
    let store = disk.store(dir.path());
    assert_eq!(kept(&store).await, (1, 1), "with a little room it serves those who read");
    assert!(matches!(add(&store, 2).await, Err(StoreError::Unavailable(_))));
}

/// Ends the test where a store that waits for room would wait for ever.
async fn soon<T>(done: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("nobody waits for ever")
}

/// A store on a disk that is full for the thread that brings layers into the blocks, and for the one that commits
/// from when this says so.
fn full_below(dir: &Path, full: impl Fn() -> bool + Send + Sync + 'static) -> SledStore {
    let free = move |_: &Path| {
        let merger = std::thread::current().name() == Some("store-merger");
        Some(if merger || full() { GONE } else { AMPLE } << 20)
    };
    let settings = tongxin::store::sled::Settings::default();
    SledStore::open_on(dir, &settings, Arc::new(free)).expect("opens")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_while_commits_wait_for_the_blocks_refuses_them_and_a_stop_ends() {
    let dir = tempfile::tempdir().expect("a directory");
    let journal = dir.path().join("journal.1");
    // So long it is when the writer waits until the turn before lies in the blocks.
    let long = move || std::fs::metadata(&journal).is_ok_and(|m| m.len() > 16 << 20);
    let store = full_below(dir.path(), long);
    let add = async |number: u32| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        let mut changes = Changes::new();
        changes.insert(ConsentText { hash, text: "字".repeat(60_000) });
        store.commit(changes).await
    };
    let mut made = 0;
    let refused = loop {
        match soon(add(made)).await {
            Ok(()) => made += 1,
            Err(why) => break why,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    assert!(made > 100, "only {made} were made");
    assert_eq!(soon(store.verify()).await.expect("verifies").faults, 0);
    soon(Store::close(&store)).await.expect("closes");
    drop(store);
    let store = Arc::new(Disk::default()).store(dir.path());
    assert_eq!(store.records(Kind::Consent), Ok(u64::from(made)), "nothing is lost");
    assert_eq!(store.verify().await.expect("verifies").faults, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_while_the_store_is_closed_lets_it_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let ample = Arc::new(AtomicU64::new(u64::MAX));
    let looks = ample.clone();
    let full = move || {
        let less = |left: u64| left.checked_sub(1);
        looks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err()
    };
    let store = full_below(dir.path(), full);
    for number in 0..9 {
        soon(add(&store, number)).await.expect("there is room");
    }
    // Once more, and then no longer.
    ample.store(1, Ordering::SeqCst);
    soon(Store::close(&store)).await.expect("closes");
    drop(store);
    assert_eq!(kept(&Arc::new(Disk::default()).store(dir.path())).await, (9, 9));
}

fn files(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).expect("reads").map(|e| e.expect("an entry").path());
    let (dirs, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().map(|path| (path.clone(), std::fs::read(path).expect("reads")));
    let mut all: Vec<_> = files.collect();
    all.extend(dirs.iter().flat_map(|dir| self::files(dir)));
    all.sort();
    all
}

/// How often the full disk has to be asked before it is taken for certain that all ask in vain.
const IN_VAIN: u64 = 12;

#[tokio::test]
async fn a_disk_that_fills_while_a_post_goes_out_costs_no_message_and_repeats_none() {
    let world = World::new(no_limits());
    let names = world.subscribe(300, ChatKind::Group).await;
    let post = world.push("一则通知", Priority::Bulk).await;
    let outbox = world.outbox();
    let looked_in_vain = async |times| {
        let before = world.disk.looks();
        while world.disk.looks() < before + times {
            tokio::task::yield_now().await;
        }
        world.chats.shown().len()
    };
    let fills = async {
        while world.chats.shown().len() < 60 {
            tokio::task::yield_now().await;
        }
        world.disk.has(GONE);
        let after_all_in_flight = looked_in_vain(IN_VAIN).await;
        assert!(after_all_in_flight < 300);
        assert_eq!(looked_in_vain(IN_VAIN).await, after_all_in_flight, "nothing leaves");
        world.disk.has(AMPLE);
    };
    tokio::join!(fills, world.drain(&outbox));
    for name in &names {
        assert_eq!(world.chats.texts(name), ["一则通知"], "{name}");
    }
    let deliveries = world.deliveries(post).await;
    let well = |d: &Delivery| matches!(d.state, DeliveryState::Sent { .. }) && !d.may_repeat();
    assert!(deliveries.len() == 300 && deliveries.iter().all(well));
}

#[tokio::test]
async fn staff_are_told_that_the_disk_fills_and_that_there_is_room_again() {
    let world = World::new(no_limits());
    world.administrator().await;
    let metrics = Arc::new(Metrics::new());
    let watch = Watch::new(world.store.clone(), world.clock.clone(), metrics.clone());
    let (outbox, nudges) = (world.outbox(), Nudges::default());
    for free in [AMPLE, SCARCE, SCARCE, GONE, STILL_GONE, SCARCE, AMPLE] {
        world.disk.has(free);
        let next = watch.round(&outbox, &nudges).await.expect("looks");
        assert!(next.is_some(), "it looks again");
        if free > STILL_GONE {
            world.drain(&outbox).await;
        }
    }
    insta::assert_snapshot!(world.chats.texts("admin").join("\n"), @r"
    The server's disk is nearly full: 45 MB
    are left. Below 32 MB nothing is taken
    in and nothing is sent;
    what is kept stays.
    Please have room made on it.
    The server's disk was full, and for a
    while nothing was taken in or sent.
    Now 45 MB are free, and all goes on.
    Nothing that was kept is lost;
    what was said in chats meanwhile is
    brought again by the platform, forms
    that were refused have to be sent again.
    ");
    world.disk.has(GONE);
    watch.round(&outbox, &nudges).await.expect("looks");
    let text = metrics.text();
    assert!(text.contains("tongxin_store_free_bytes 32505856"), "{text}");
    assert!(text.contains("tongxin_store_reserve_bytes 33554432"), "{text}");
}

fn config(telegram: &FakeTelegram, dir: &Path) -> Config {
    let text = format!(
        r#"
[office]
public_url = "https://tongxin.example.org"
admins = ["telegram:4242"]
[web]
listen = "127.0.0.1:0"
[[account]]
name = "bot"
platform = "telegram"
token = "{}"
api_url = "{}"
mode = "webhook"
webhook_secret = "a-secret-of-the-story"
"#,
        telegram.token(),
        telegram.url(),
    );
    let (file, variables) = (dir.join("tongxin.toml"), Vec::new());
    let overrides = Overrides::default();
    Config::read(Given { file: &file, text: &text, variables, overrides }).expect("is good")
}

#[tokio::test]
async fn a_full_disk_is_not_ready_and_what_a_platform_brings_meanwhile_comes_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let telegram = FakeTelegram::start(clock.clone(), Options::TEST).await;
    let config = config(&telegram, dir.path());
    let disk = Arc::new(Disk::default());
    let store: Arc<dyn Store> = Arc::new(disk.store(&config.data.dir));
    let vault = Vault::open(&config.data.keys, clock.clone()).expect("a vault");
    let stop = CancellationToken::new();
    let ready = Ready::make(&config, &store, (clock, vault), stop).await.expect("is ready");
    for connector in &ready.connectors {
        connector.prepare(&menus()).await.expect("is prepared");
    }
    let ask = async |request: Request<Body>| {
        let answer = ready.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        (parts.status, String::from_utf8(body.to_vec()).expect("text"))
    };
    let readyz = || Request::get("/readyz").body(Body::empty()).expect("a request");
    assert_eq!(ask(readyz()).await.0, StatusCode::OK);

    let zhao = telegram.user("赵敏");
    zhao.says(&zhao.private(), "公园里请多装几盏路灯");
    disk.has(GONE);
    let (status, said) = ask(readyz()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(said, "磁盘已满，暂不接收任何内容\n");
    let call = telegram.next_call().expect("a call").map(Body::from);
    assert_eq!(ask(call).await.0, StatusCode::SERVICE_UNAVAILABLE, "it is not acknowledged");

    disk.has(AMPLE);
    assert_eq!(ask(readyz()).await.0, StatusCode::OK);
    let call = telegram.next_call().expect("a call").map(Body::from);
    assert_eq!(ask(call).await.0, StatusCode::OK);
    telegram.call_was_answered();
    ready.rooms.settle().await.expect("settles");
    assert_eq!(telegram.messages(&zhao.private()).len(), 1, "the author is asked");
}
