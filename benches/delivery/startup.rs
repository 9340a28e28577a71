//! How long the ledger takes to open, and the outbox to look for the first time.

use crate::args::{Args, peak_rss_mb};
use crate::ledger::Ledger;
use crate::office::Pace;
use serde_json::json;
use std::time::Instant;

/// Fills a ledger, closes it, and opens it again.
pub async fn run(args: &Args) {
    let count = args.number("chats", 100_000);
    let ledger = Ledger::make(args).await;
    let office = ledger.open().await;
    let chats: Vec<_> = (1..=i64::try_from(count).expect("few")).collect();
    office.subscribe(&chats).await;
    office.close().await;
    let began = Instant::now();
    let office = ledger.open().await;
    let opened = began.elapsed();
    // Nothing listens there, and nothing is owed: only the look is measured.
    let outbox = office.outbox("http://127.0.0.1:9", "1:none", 8, Pace::Platform);
    office.send_all(&outbox).await;
    let ready = began.elapsed();
    drop(outbox);
    office.close().await;
    args.tell(&json!({
        "store": ledger.store(),
        "subscribers": count,
        "open_ms": opened.as_millis(),
        "startup_ms_100k": ready.as_millis(),
        "peak_rss_mb": peak_rss_mb(),
    }));
}
