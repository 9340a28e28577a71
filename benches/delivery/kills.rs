//! Kills the daemon at random moments, and counts: nobody may be lost, and what is repeated must have been
//! under way at a kill and stand in the ledger.

use crate::args::Args;
use crate::office::Office;
use crate::telegram::{FakeTelegram, Options, Place};
use rand::Rng;
use serde_json::json;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::SystemClock;
use tongxin::model::{Delivery, DeliveryState, MessageMark, Outcome, PostId};

/// How many requests of a daemon may be under way, for each that it sends at once: it waits for the
/// ledger when twice as many are not yet settled.
const UNDER_WAY: u64 = 2;

/// What was counted.
#[derive(Default)]
struct Counted {
    kills: u64,
    opens_failed: u64,
    /// The most that one kill repeated.
    repeated_most: u64,
}

/// Runs the test; exits with 1 when a promise was broken.
pub async fn run(args: &Args) {
    let (chats, kills) = (args.size("chats", 2000), args.number("kills", 50));
    let parallel = args.number("parallel", 16);
    let fake = FakeTelegram::start(Arc::new(SystemClock), Options::BENCH).await;
    fake.slows_to(Duration::from_millis(args.number("latency-ms", 15)));
    let names: Vec<_> = fake.directs(chats).iter().map(Place::number).collect();
    let dir = tempfile::tempdir().expect("a directory");
    let mut posts = Vec::new();
    let mut counted = Counted::default();
    Office::open(dir.path()).expect("a ledger").subscribe(&names).await;
    while counted.kills < kills {
        let office = Office::open(dir.path()).expect("a ledger");
        posts.push(office.publish(&format!("第{}期", posts.len() + 1)).await);
        drop(office);
        send_and_kill(args, dir.path(), &fake, &mut counted, kills).await;
    }
    let (unsettled, unmarked) = verify(dir.path(), &fake, &posts).await;
    let counts = fake.counts();
    let owed = (chats * posts.len()) as u64;
    let lost = owed.saturating_sub(counts.taken - counts.repeated) + unsettled;
    let in_flight_max = parallel * UNDER_WAY;
    args.tell(&json!({
        "kills": counted.kills,
        "posts": posts.len(),
        "lost": lost,
        "repeated": counts.repeated,
        "repeated_unmarked": unmarked,
        "repeated_most_by_one_kill": counted.repeated_most,
        "in_flight_max": in_flight_max,
        "opens_failed": counted.opens_failed,
    }));
    let broken = lost + unmarked + counted.opens_failed > 0
        || counted.repeated_most > in_flight_max
        || counts.repeated > in_flight_max * counted.kills;
    if broken {
        std::process::exit(1);
    }
}

/// Runs daemons, killing each at a random moment, until one ends by itself: nothing is owed any more.
async fn send_and_kill(
    args: &Args,
    dir: &Path,
    fake: &FakeTelegram,
    counted: &mut Counted,
    kills: u64,
) {
    loop {
        let repeated = fake.counts().repeated;
        let mut child = Command::new(std::env::current_exe().expect("our own path"))
            .args(["office", "--url", fake.url(), "--token", &fake.token()])
            .args(["--parallel", &args.number("parallel", 16).to_string(), "--dir"])
            .arg(dir)
            .stdout(Stdio::null())
            .spawn()
            .expect("the daemon starts");
        let killing = counted.kills < kills;
        let span = rand::rng().random_range(1..120);
        let mut left = if killing { span } else { u64::MAX };
        let status = loop {
            if let Some(status) = child.try_wait().expect("the daemon is ours") {
                break Some(status);
            }
            if left == 0 {
                break None;
            }
            // The first sends come some while after the start: the moments lie around them.
            let started = fake.counts().taken;
            tokio::time::sleep(Duration::from_millis(1)).await;
            let sends = fake.counts().taken > started;
            left -= u64::from(sends || left > 60 || rand::rng().random_bool(0.2));
        };
        let ended = match status {
            None => {
                child.kill().expect("the daemon is ours");
                child.wait().expect("the daemon is ours");
                counted.kills += 1;
                false
            }
            Some(status) => {
                counted.opens_failed += u64::from(!status.success());
                true
            }
        };
        let more = fake.counts().repeated - repeated;
        counted.repeated_most = counted.repeated_most.max(more);
        if ended {
            return;
        }
    }
}

/// How many deliveries the ledger does not show as sent, and how many repeats it does not show.
async fn verify(dir: &Path, fake: &FakeTelegram, posts: &[PostId]) -> (u64, u64) {
    let office = Office::open(dir).expect("a ledger");
    let mut marked: HashMap<i64, u64> = HashMap::new();
    let mut unsettled = 0;
    for post in posts {
        for delivery in office.deliveries(*post).await {
            let Some(chat) = chat(&delivery) else {
                unsettled += 1;
                continue;
            };
            let unknown = |a: &&tongxin::model::Attempt| matches!(a.outcome, Outcome::Unknown(_));
            let unknown = delivery.attempts.iter().filter(unknown).count() as u64;
            *marked.entry(chat).or_default() += unknown;
        }
    }
    let posts = posts.len() as u64;
    let unmarked = fake.taken_by_chat().into_iter().map(|(chat, taken)| {
        let repeats = taken.saturating_sub(posts);
        repeats.saturating_sub(marked.get(&chat).copied().unwrap_or(0))
    });
    (unsettled, unmarked.sum())
}

fn chat(delivery: &Delivery) -> Option<i64> {
    let DeliveryState::Sent { .. } = delivery.state else { return None };
    match delivery.sent.first()? {
        MessageMark::Open { chat, .. } => chat.parse().ok(),
        MessageMark::Hidden(_) => None,
    }
}
