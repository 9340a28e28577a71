//! A daemon that sends is killed, again and again: nobody is lost, and what is repeated is in the ledger.
//! The long version is `cargo bench --bench delivery -- kills`.

#[expect(dead_code, reason = "the benchmark's ledger, of which this test needs a part")]
#[path = "../../benches/delivery/office.rs"]
mod office;

use crate::fakes::telegram::{FakeTelegram, Options, Place};
use office::{Office, Pace};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::SystemClock;
use tongxin::model::{
    Delivery, DeliveryId, DeliveryState, Kind, MessageMark, Outcome, PostId, Revision, Stored,
};
use tongxin::rounds::fanout::{Planner, Rest};
use tongxin::store::sled::{self, SledStore};

/// Tells the process that will be killed where to work: directory, address and token.
const WORK: &str = "TONGXIN_KILL_OUTBOX";
const KILLS: u64 = 8;
const CHATS: usize = 300;
const PARALLEL: usize = 8;

/// The ledger in a directory.
fn opened(dir: &Path) -> Office {
    let store = SledStore::open(&dir.join("data"), &sled::Settings::default()).expect("opens");
    Office::over(Arc::new(store), dir)
}

/// What is killed: a daemon that plans and sends until nothing is owed.
async fn work(dir: &Path, url: &str, token: &str, parallel: usize) {
    let office = opened(dir);
    let outbox = office.outbox(url, token, parallel, Pace::Free);
    let fanout = Planner::new(office.store.clone(), Arc::new(SystemClock));
    loop {
        // Planning and sending side by side, as the daemon has it.
        let (grown, ()) = tokio::join!(fanout.round(), office.send_all(&outbox));
        let grown = grown.expect("plans");
        if grown.planned == 0 && grown.rest == Rest::Nothing {
            return;
        }
    }
}

/// All deliveries of a post.
async fn deliveries(office: &Office, post: PostId) -> Vec<Delivery> {
    let prefix = DeliveryId::of_edition(post, Revision::FIRST);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = office.store.list(Kind::Delivery, &prefix, after.as_ref(), 500).await;
        let page = page.expect("reads");
        let Some(last) = page.last() else { return all };
        after = Some(last.value.key());
        all.extend(page.into_iter().filter_map(|r| Delivery::from_record(r.value)));
    }
}

/// Does something only in a process that the test below started.
#[tokio::test]
async fn the_daemon_that_is_killed() {
    let Some(told) = std::env::var_os(WORK) else { return };
    let told = told.into_string().expect("text");
    let [dir, url, token] = told.split('\n').collect::<Vec<_>>()[..] else { panic!("{told}") };
    work(Path::new(dir), url, token, PARALLEL).await;
}

fn start(dir: &Path, fake: &FakeTelegram) -> Child {
    let work = format!("{}\n{}\n{}", dir.display(), fake.url(), fake.token());
    Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", "kills::the_daemon_that_is_killed"])
        .env(WORK, work)
        .stdout(Stdio::null())
        .spawn()
        .expect("starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_killed_while_it_sends_loses_nobody_and_marks_what_it_repeats() {
    let fake = FakeTelegram::start(Arc::new(SystemClock), Options::BENCH).await;
    fake.slows_to(Duration::from_millis(5));
    let chats: Vec<_> = fake.directs(CHATS).iter().map(Place::number).collect();
    let dir = tempfile::tempdir().expect("a directory");
    let office = opened(dir.path());
    office.subscribe(&chats).await;
    let post = office.publish("一则通知").await;
    drop(office);
    for kill in 1..=KILLS {
        let mut child = start(dir.path(), &fake);
        let before = fake.counts().repeated;
        // Each time somewhat further on: the moment is told by what has arrived, not by a clock.
        let until = kill * (CHATS as u64) / (KILLS + 2);
        while fake.counts().taken < until {
            tokio::task::yield_now().await;
            assert_eq!(child.try_wait().expect("ours"), None, "it was to be killed while it works");
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        let repeated = fake.counts().repeated - before;
        assert!(repeated <= 2 * PARALLEL as u64, "{repeated} were under way at the kill before");
    }
    assert!(start(dir.path(), &fake).wait().expect("ends").success());

    let office = opened(dir.path());
    let mut marked = HashMap::new();
    for delivery in deliveries(&office, post).await {
        assert!(matches!(delivery.state, DeliveryState::Sent { .. }), "{delivery:?}");
        let [MessageMark::Open { chat, .. }] = &delivery.sent[..] else { panic!("{delivery:?}") };
        let unknown = delivery.attempts.iter().filter(|a| matches!(a.outcome, Outcome::Unknown(_)));
        marked.insert(chat.parse::<i64>().expect("a number"), unknown.count() as u64);
    }
    assert_eq!(marked.len(), CHATS);
    for (chat, taken) in fake.taken_by_chat() {
        assert!(taken >= 1, "nobody is lost");
        assert!(taken - 1 <= marked[&chat], "a repeat that the ledger does not know of");
    }
}
