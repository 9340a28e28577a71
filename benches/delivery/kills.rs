//! Kills the daemon at random moments, and counts: nothing that was acknowledged may be lost, the store must always
//! open, and what is repeated must have been under way at a kill and stand in the ledger.
//!
//! The daemon is the real program. It is killed while it opens and compacts its store, fans posts out, sends and
//! settles them, and takes in what people say to it, by polling and by webhook.

use crate::args::Args;
use crate::crash::ground::Ground;
use crate::crash::trial::{Counted, Plan, Trial, UNDER_WAY};
use serde_json::{Value, json};
use std::time::Duration;

/// After so many deaths an office is finished and another one begins: books do not grow without end.
const DEATHS: u64 = 100;

/// Runs the trial; exits with 1 when a promise was broken.
pub async fn run(args: &Args) {
    let (kills, began) = (args.number("kills", 50), std::time::Instant::now());
    let plan = plan(args, 1500);
    let mut counted = Counted::default();
    while counted.deaths() < kills {
        let until = kills.min(counted.deaths() + DEATHS);
        let mut trial = Trial::begin(Ground::dir(), plan).await;
        while counted.deaths() < until && counted.wrongs.count() == 0 {
            trial.live_and_die(&mut counted).await;
        }
        trial.finish(&mut counted).await;
        if counted.wrongs.count() > 0 {
            break;
        }
    }
    let mut figures = figures(&counted, plan, began.elapsed());
    figures["kills"] = counted.deaths().into();
    tell(args, &counted, &figures);
}

/// How an office is tried, as the command line has it.
pub fn plan(args: &Args, longest: u64) -> Plan {
    Plan {
        chats: args.size("chats", 300),
        parallel: args.number("parallel", 16),
        latency: Duration::from_millis(args.number("latency-ms", 20)),
        longest,
    }
}

/// What was counted.
pub fn figures(counted: &Counted, plan: Plan, took: Duration) -> Value {
    let wrongs = &counted.wrongs;
    json!({
        "killed_opening": counted.opening,
        "killed_serving": counted.serving,
        "killed_compacting": counted.compacting,
        "posts": counted.posts,
        "sent": counted.sent,
        "lost": wrongs.deliveries_lost,
        "updates_acknowledged": counted.heard,
        "updates_lost": wrongs.inbound_lost,
        "suggestions": counted.suggestions,
        "suggestions_lost": wrongs.suggestions_lost,
        "repeated": counted.repeated,
        "repeated_unmarked": wrongs.unmarked,
        "repeated_most_in_one_life": counted.repeated_most,
        "in_flight_max": plan.parallel * UNDER_WAY,
        "repeated_beyond_in_flight": counted.repeated_beyond,
        "opens_failed": wrongs.opens_failed,
        "store_faults": wrongs.faults,
        "daemons_failed": wrongs.daemons_failed,
        "seconds": took.as_secs(),
    })
}

/// Tells the figures, and exits with 1 when a promise was broken.
pub fn tell(args: &Args, counted: &Counted, figures: &Value) {
    args.tell(figures);
    if counted.wrongs.count() + counted.repeated_beyond > 0 {
        std::process::exit(1);
    }
}
