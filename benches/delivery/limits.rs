//! The platform's rates in real time: nothing needless refused, nearly all of what is allowed used.

use crate::args::Args;
use crate::fake::Beside;
use crate::ledger::Ledger;
use crate::office::Pace;
use serde_json::json;
use std::time::{Duration, Instant};
use tongxin::clock::{Clock, SystemClock};

/// Sends for some seconds to persons' own chats, at thirty a second over all.
pub async fn run(args: &Args) {
    let (chats, seconds) = (args.size("chats", 1000), args.number("seconds", 20));
    let mut fake = Beside::start(chats, args.number("latency-ms", 20), "rates");
    let ledger = Ledger::make(args).await;
    let office = ledger.open().await;
    office.subscribe(&fake.served.chats).await;
    office.publish("限速").await;
    office.plan().await;
    let served = fake.served.clone();
    let outbox = office.outbox(&served.url, &served.token, 32, Pace::Platform);
    let began = Instant::now();
    let until = SystemClock.now().plus(Duration::from_secs(seconds));
    office.send_until(&outbox, until).await;
    let took = fake.took();
    let span = began.elapsed().as_secs_f64();
    // Thirty in any second: the first go at once, the last second is begun and not over.
    let allowed = 30.0 * span;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let sent = took.taken as f64;
    drop(outbox);
    office.close().await;
    args.tell(&json!({
        "store": ledger.store(),
        "seconds": span,
        "sent": took.taken,
        "allowed": allowed.min(1000.0),
        "share": (sent / allowed.min(1000.0) * 1000.0).round() / 1000.0,
        "too_many_requests": took.too_many,
    }));
}
