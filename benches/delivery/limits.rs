//! The platform's rates in real time: nothing needless refused, nearly all of what is allowed used.

use crate::args::Args;
use crate::crash::books::{BOT, Ledger as Books};
use crate::crash::office::{BUSY, publish, subscribe};
use crate::fake::Beside;
use crate::ledger::Ledger;
use crate::office::Pace;
use serde_json::json;
use std::time::{Duration, Instant};
use tongxin::clock::{Clock, SystemClock};

/// What the platform allows: so many a second over all, so many a minute to one group.
const PER_SECOND: f64 = 30.0;
const PER_MINUTE: u64 = 20;

/// Sends for some seconds to persons' own chats, of which there is always one that may be sent to, and beside
/// them to groups that owe more than a minute's limit.
pub async fn run(args: &Args) {
    let (chats, seconds) = (args.size("chats", 1000), args.number("seconds", 20));
    let groups = args.size("groups", 10);
    let mut fake = Beside::start_with_groups(chats, groups, args.number("latency-ms", 20));
    let ledger = Ledger::make(args).await;
    let office = ledger.open().await;
    office.subscribe(&fake.served.chats).await;
    subscribe(&*office.store, BOT, BUSY, &fake.served.groups).await;
    for number in 0..=(seconds * 30).div_ceil(chats as u64) {
        office.publish(&format!("限速 {number}")).await;
    }
    let mut busy = Vec::new();
    for number in 0..PER_MINUTE * (seconds / 60 + 2) {
        busy.push(publish(&*office.store, BUSY, &format!("快讯 {number}")).await);
    }
    office.plan().await;
    let served = fake.served.clone();
    let outbox = office.outbox(&served.url, &served.token, 32, Pace::Platform);
    let began = Instant::now();
    let until = SystemClock.now().plus(Duration::from_secs(seconds));
    office.send_until(&outbox, until).await;
    let took = fake.took();
    let span = began.elapsed().as_secs_f64();
    // The last second is begun and not over.
    let allowed = PER_SECOND * span;
    let owed = Books::read(&*office.store, &busy).await.unsettled;
    let to_groups = (busy.len() * groups) as u64 - owed;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let sent = took.taken as f64;
    drop(outbox);
    office.close().await;
    args.tell(&json!({
        "store": ledger.store(),
        "seconds": span,
        "sent": took.taken,
        "allowed": allowed,
        "share": (sent / allowed * 1000.0).round() / 1000.0,
        "groups": groups,
        "sent_to_groups": to_groups,
        "to_each_group_per_minute": PER_MINUTE,
        "too_many_requests": took.too_many,
    }));
    if took.too_many > 0 {
        std::process::exit(1);
    }
}
