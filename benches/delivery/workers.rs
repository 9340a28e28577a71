//! Several workers on one database: one is killed, one is frozen past its lease and goes on, one is cut off from the
//! database and comes back, one is told to stop. Each time the others must take over within the stated time,
//! nothing may be lost, no chat may get more than its limits, and nobody who was replaced may send; and whoever comes
//! back, or is new, gets a share of the accounts.
//!
//! The workers are the real program; four bots serve a few thousand chats, some of them groups that owe more than
//! a minute's limit; people talk to the first bot. Each worker reaches the platform under a path of its own,
//! so that the platform knows who sent what, and the database over a line of its own.

use crate::args::Args;
use crate::crash::books::Wrongs;
use crate::crash::crew::{Crew, Shape};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How many requests of a bot may be under way, for each that it sends at once.
const UNDER_WAY: u64 = 2;

/// How a worker is put out of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// It is killed.
    Kill,
    /// It is frozen until others have taken over, and goes on then.
    Freeze,
    /// It does not reach the database until others have taken over.
    Cut,
    /// It is told to stop.
    Stop,
}

const BLOWS: [(Blow, &str); 4] =
    [(Blow::Kill, "kill"), (Blow::Freeze, "freeze"), (Blow::Cut, "cut"), (Blow::Stop, "stop")];

/// Runs the trial; exits with 1 when a promise was broken, and with 3 where there is no database.
pub async fn run(args: &Args) {
    let server = std::env::var("TONGXIN_TEST_POSTGRES").unwrap_or_default();
    if server.is_empty() {
        eprintln!(
            "workers: not tried: name a PostgreSQL server in TONGXIN_TEST_POSTGRES, such as \
             postgres://name@127.0.0.1:5432/base (without encryption; a schema is made there for each run and \
             dropped at its end)"
        );
        std::process::exit(3);
    }
    let shape = Shape {
        chats: args.size("chats", 3000),
        parallel: args.number("parallel", 8),
        latency: Duration::from_millis(args.number("latency-ms", 50)),
        takeover: Duration::from_secs(args.number("takeover", 4)),
    };
    let counts = args.given("workers").map_or_else(|| vec![2, 4], |count| vec![count]);
    let (mut all, mut well) = (Map::new(), true);
    for count in counts {
        let (figures, kept) = trial(&server, shape, count).await;
        all.insert(format!("workers_{count}"), figures);
        well &= kept;
    }
    all.insert("takeover_s".to_owned(), shape.takeover.as_secs().into());
    args.tell(&Value::Object(all));
    if !well {
        std::process::exit(1);
    }
}

/// Tries so many workers; gives the figures, and whether all promises were kept.
async fn trial(server: &str, shape: Shape, workers: u64) -> (Value, bool) {
    let mut crew = Crew::begin(server, shape).await;
    for _ in 0..workers {
        crew.hire().await;
    }
    crew.works_for(Duration::from_secs(3)).await;
    let mut figures = Map::new();
    figures.insert("spread_s".to_owned(), seconds(crew.until_spread().await));
    let (mut late, mut in_flight, mut slowest) = (0, 0, Duration::ZERO);
    for (blow, name) in BLOWS {
        let taken = crew.strike(blow).await;
        figures.insert(format!("{name}_taken_over_s"), seconds(taken.leases));
        figures.insert(format!("{name}_sends_again_s"), seconds(taken.sends));
        figures.insert(format!("{name}_spread_again_s"), seconds(taken.spread));
        figures.insert(format!("{name}_accounts"), taken.accounts.into());
        in_flight += taken.accounts * shape.parallel * UNDER_WAY;
        late += taken.late;
        slowest = slowest.max(taken.leases);
        crew.works_for(Duration::from_secs(2)).await;
    }
    let mut wrongs = Wrongs::default();
    let books = crew.finish(&mut wrongs).await;
    // A span, a beat, and what a busy machine adds.
    let stated = shape.takeover + shape.takeover / 5 + Duration::from_secs(2);
    let rest = json!({
        "sent": books.sent,
        "lost": wrongs.deliveries_lost,
        "updates_acknowledged": books.heard,
        "updates_lost": wrongs.inbound_lost,
        "suggestions_lost": wrongs.suggestions_lost,
        "too_many_requests": books.too_many,
        "sent_by_who_was_replaced": late,
        "repeated": books.repeated,
        "repeated_unmarked": wrongs.unmarked,
        "in_flight_max": in_flight,
        "store_faults": wrongs.faults,
        "workers_failed": wrongs.daemons_failed,
    });
    let Value::Object(rest) = rest else { return (rest, false) };
    figures.extend(rest);
    let well = wrongs.count() == 0
        && late == 0
        && books.too_many == 0
        && books.repeated <= in_flight
        && slowest <= stated;
    (Value::Object(figures), well)
}

fn seconds(span: Duration) -> Value {
    json!((span.as_secs_f64() * 100.0).round() / 100.0)
}
