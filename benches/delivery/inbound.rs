//! Updates that arrive: how many a second are stored durably and acknowledged, when the platform calls and when
//! it is asked.

use crate::args::{Args, per_second, percentile};
use crate::daemon::{Arrival, Daemon, Which, configure};
use crate::fake::Beside;
use crate::hook::{Hook, says};
use crate::ledger::Ledger;
use crate::office::Office;
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::time::{Duration, Instant};
use tongxin::model::{InboxItem, Index};
use tongxin::store::Scan;

/// What is written.
pub const TEXT: &str = "建议在小区东门加装一个路灯，晚上回家的路太暗了，老人和孩子走路不方便。";

/// How many people write.
const PEOPLE: i64 = 10_000;

/// Who writes the message of this number.
pub const fn writer(number: i64) -> i64 {
    2_000_000 + number % PEOPLE
}

/// What one way came to.
struct Way {
    took: Duration,
    acknowledged: u64,
    latencies_ms: Vec<f64>,
    lost: u64,
    handled: u64,
    peak_mb: f64,
}

/// Lets as many arrive in each way; exits with 1 when anything that was acknowledged was lost.
pub async fn run(args: &Args) {
    let updates = args.number("updates", 50_000);
    let mut called = one(args, Arrival::Webhook, updates).await;
    let asked = one(args, Arrival::Polling, updates).await;
    args.tell(&json!({
        "store": if args.text("store") == "postgres" { "postgres" } else { "sled" },
        "updates": updates,
        "parallel": args.size("parallel", 64),
        "updates_per_s": per_second(called.acknowledged, called.took),
        "p50_ms": percentile(&mut called.latencies_ms, 50),
        "p99_ms": percentile(&mut called.latencies_ms, 99),
        "acknowledged": called.acknowledged,
        "refused": updates - called.acknowledged,
        "lost": called.lost + asked.lost,
        "handled_meanwhile": called.handled,
        "polling_updates_per_s": per_second(asked.acknowledged, asked.took),
        "polling_lost": asked.lost,
        "polling_handled_meanwhile": asked.handled,
        "peak_rss_mb": called.peak_mb.max(asked.peak_mb),
    }));
    if called.lost + asked.lost > 0 {
        std::process::exit(1);
    }
}

async fn one(args: &Args, arrival: Arrival, updates: u64) -> Way {
    let ledger = Ledger::make(args).await;
    let mut fake = Beside::start(1, 0, "free");
    configure(&ledger, &fake.served, (arrival, 32), "");
    let daemon = Daemon::start(Which::Program, ledger.dir());
    // Until the daemon has asked for its name, what comes may be for another bot.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let mut latencies_ms = match arrival {
        Arrival::Webhook => call(args, &daemon, updates).await,
        Arrival::Polling => {
            fake.updates(updates);
            Vec::new()
        }
    };
    let took = began.elapsed();
    latencies_ms.retain(|span| span.is_finite());
    let acknowledged =
        if arrival == Arrival::Webhook { latencies_ms.len() as u64 } else { updates };
    let peak_mb = daemon.peak_rss_mb();
    daemon.stop();
    let office = ledger.open().await;
    let kept = office.count::<InboxItem>().await;
    let waiting = waiting(&office).await;
    office.close().await;
    let lost = acknowledged.saturating_sub(kept);
    Way { took, acknowledged, latencies_ms, lost, handled: kept.saturating_sub(waiting), peak_mb }
}

/// How many were not handled yet.
async fn waiting(office: &Office) -> u64 {
    let (mut count, mut after) = (0, None);
    loop {
        let scan = Scan::of(Index::InboxWaiting, Vec::new(), 1000).after(after);
        let lines = office.store.scan(&scan).await.expect("reads");
        count += lines.len() as u64;
        let Some(last) = lines.last() else { return count };
        after = Some(last.at.clone());
    }
}

/// Calls the webhook so often, as fast as it acknowledges or at a rate; how long each took from when it was due,
/// in milliseconds: without end where it was not acknowledged.
async fn call(args: &Args, daemon: &Daemon, updates: u64) -> Vec<f64> {
    let parallel = args.size("parallel", 64);
    let hook = Hook::of(daemon, parallel);
    let (began, rate) = (Instant::now(), args.given("rate"));
    let one = |number: u64| {
        let hook = hook.clone();
        let due = rate.map(|rate| {
            let ahead = Duration::from_nanos(number.saturating_mul(1_000_000_000) / rate.max(1));
            began + ahead
        });
        async move {
            let update = says(writer(i64::try_from(number).expect("few")), TEXT).to_string();
            let due = match due {
                Some(due) => {
                    tokio::time::sleep_until(due.into()).await;
                    due
                }
                None => Instant::now(),
            };
            if hook.call(update).await {
                due.elapsed().as_secs_f64() * 1000.0
            } else {
                f64::INFINITY
            }
        }
    };
    stream::iter((0..updates).map(one)).buffer_unordered(parallel).collect().await
}
