//! Fills the disk under the daemon while posts go out and people talk to it, up to the last byte, and makes room
//! again: it must say so, take nothing in and send nothing meanwhile, keep what it has, and go on by itself.
//!
//! The disk is a small tmpfs, which needs root. A file beside the data takes the room.

use crate::args::Args;
use crate::crash::daemon::Daemon;
use crate::crash::ground::{Ground, Small};
use crate::crash::office::Ask;
use crate::crash::trial::{Counted, Trial};
use crate::kills::{figures, plan, tell};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What the daemon keeps free by default, in MiB. A start brings in what the journal has, which takes less.
const RESERVE: u64 = 32;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the trial; exits with 1 when a promise was broken, and with 3 where there can be no such disk.
pub async fn run(args: &Args) {
    let began = Instant::now();
    let small = match Small::make(192) {
        Ok(small) => small,
        Err(why) => {
            eprintln!("fulldisk: not tried: {why}");
            std::process::exit(3);
        }
    };
    let plan = plan(args, 0);
    let mut counted = Counted::default();
    let mut trial = Trial::begin(Ground::Small(small), plan).await;
    for _ in 0..20 {
        trial.publishes().await;
    }
    let told = story(&mut trial, &mut counted).await;
    trial.finish(&mut counted).await;
    let mut figures = figures(&counted, plan, began.elapsed());
    if let (Value::Object(figures), Value::Object(told)) = (&mut figures, told) {
        figures.extend(told);
    }
    tell(args, &counted, &figures);
}

async fn story(trial: &mut Trial, counted: &mut Counted) -> Value {
    let mut daemon = Daemon::start("serve", &trial.config(Ask::Webhook));
    until(trial, &mut daemon, 200).await;
    trial.works(&mut daemon, Duration::from_secs(1)).await;
    // A little above the reserve, which the daemon then comes to by itself.
    trial.ground.small().leaves(RESERVE + 2);
    let at = Instant::now();
    let said = until(trial, &mut daemon, 503).await;
    let noticed = at.elapsed();
    trial.works(&mut daemon, Duration::from_secs(1)).await;
    let (sent, acknowledged) = (trial.sent(), trial.acknowledged());
    trial.works(&mut daemon, Duration::from_secs(2)).await;
    // Somebody else takes the reserve as well.
    trial.ground.small().leaves(0);
    trial.works(&mut daemon, Duration::from_secs(2)).await;
    let (sent, acknowledged) = (trial.sent() - sent, trial.acknowledged() - acknowledged);
    let alive = trial.get("/healthz").await.is_some_and(|(status, _)| status == 200);
    let metrics = trial.get("/metrics").await.map(|(_, text)| text).unwrap_or_default();

    // What is under way and cannot be written down before it stops may be repeated.
    trial.dies_once();
    daemon.signal("TERM");
    let stopped = daemon.end(PATIENCE).await.is_some_and(|status| status.success());
    let mut again = Daemon::start("serve", &trial.config(Ask::Polling));
    let refuses = again.end(PATIENCE).await.is_some_and(|status| !status.success());
    let says_why = again.last_words().contains("there is no room on the disk");

    trial.ground.small().leaves(RESERVE - 1);
    let mut daemon = Daemon::start("serve", &trial.config(Ask::Polling));
    until(trial, &mut daemon, 503).await;
    trial.ground.small().leaves(1000);
    let at = Instant::now();
    until(trial, &mut daemon, 200).await;
    let before = trial.sent();
    while trial.sent() == before && at.elapsed() < PATIENCE {
        trial.works(&mut daemon, Duration::from_millis(20)).await;
    }
    let goes_on = at.elapsed();
    trial.works(&mut daemon, Duration::from_secs(1)).await;
    daemon.signal("TERM");
    let ended = daemon.end(PATIENCE).await.is_some_and(|status| status.success());

    let kept = [alive, stopped, refuses, says_why, ended, sent == 0, acknowledged == 0];
    counted.wrongs.daemons_failed += kept.iter().filter(|kept| !**kept).count() as u64;
    json!({
        "noticed_ms": noticed.as_millis(),
        "readyz_said": said.trim(),
        "metrics_tell": metrics.contains("tongxin_store_free_bytes"),
        "sent_while_full": sent,
        "acknowledged_while_full": acknowledged,
        "alive_while_full": alive,
        "stopped_well": stopped && ended,
        "start_refused_at_the_last_byte": refuses && says_why,
        "goes_on_ms": goes_on.as_millis(),
    })
}

/// Works until `/readyz` answers so; what it said.
async fn until(trial: &mut Trial, daemon: &mut Daemon, wanted: u16) -> String {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if let Some((status, said)) = trial.get("/readyz").await
            && status == wanted
        {
            return said;
        }
        trial.works(daemon, Duration::from_millis(10)).await;
    }
    panic!("/readyz never answered {wanted}: {}", daemon.last_words());
}
