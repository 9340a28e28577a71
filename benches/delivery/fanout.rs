//! A push to everybody, by the daemon in a process of its own: how much memory it takes, how long, and how soon
//! the first message leaves.

use crate::args::{Args, per_second, rounded};
use crate::daemon::{Arrival, Daemon, Which, configure};
use crate::fake::Beside;
use crate::hook::{Hook, presses, says};
use crate::ledger::Ledger;
use crate::seed::Kept;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tongxin::model::{Tally, Version};
use tongxin::text::press::{PostPress, Press};

/// To how many it is pushed where nothing else is asked: to few and to many, in all to as many in few as in many, half of
/// it before and half after. Machines are not as fast at one minute as at the next, and this way both have their share.
const SIZES: [u64; 11] = {
    let mut sizes = [100_000; 11];
    sizes[5] = 1_000_000;
    sizes
};

/// What is pushed.
const TEXT: &str = "【政策速递】关于进一步优化办事流程的通知：自下月一日起，居民办理居住证可在线提交材料，无需到现场排队。";

/// Nothing more is waited for when nothing came for so long.
const PATIENCE: Duration = Duration::from_mins(1);

/// What one push came to.
struct Run {
    chats: u64,
    seeding: Duration,
    took: Duration,
    first: Duration,
    peak_mb: f64,
    /// What the daemon and the platform were on a processor, in microseconds for each send.
    busy: (f64, f64),
    lost: u64,
    repeated: u64,
    unsettled: u64,
    /// How many bytes of the disk a delivery takes as it is written, and what stays alive of them.
    written: f64,
    alive: f64,
}

/// Pushes to each number of chats; exits with 1 when anything was lost or repeated.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub async fn run(args: &Args) {
    let sizes = args.given("chats").map_or(SIZES.to_vec(), |chats| vec![chats]);
    let (mut runs, mut store) = (Vec::new(), "");
    for chats in sizes {
        let ledger = Ledger::make(args).await;
        store = ledger.store();
        runs.push(one(args, &ledger, chats).await);
    }
    let most = |of: fn(&Run) -> f64| runs.iter().map(of).fold(0.0, f64::max);
    let sum = |of: fn(&Run) -> u64| runs.iter().map(of).sum::<u64>();
    let failed = sum(|r| r.lost + r.repeated + r.unsettled) > 0;
    let mut figures = json!({
        "store": store,
        "peak_rss_mb": most(|r| r.peak_mb),
        "first_message_ms": most(|r| millis(r.first)),
        "lost": sum(|r| r.lost),
        "repeated": sum(|r| r.repeated),
        "unsettled": sum(|r| r.unsettled),
        "runs": runs.iter().map(tell).collect::<Vec<_>>(),
    });
    let (few, many) = (runs.iter().map(|r| r.chats).min(), runs.iter().map(|r| r.chats).max());
    if let (Some(few), Some(many)) = (few, many)
        && few < many
    {
        // How many times as long, for how many times as many.
        let took = |chats| {
            let took =
                runs.iter().filter(|run| run.chats == chats).map(|run| run.took.as_secs_f64());
            took.clone().sum::<f64>() / took.count() as f64
        };
        figures["times_as_many"] = json!(many / few.max(1));
        figures["times_as_long"] = json!(rounded(took(many) / took(few), 2));
    }
    args.tell(&figures);
    if failed {
        std::process::exit(1);
    }
}

fn millis(span: Duration) -> f64 {
    rounded(span.as_secs_f64() * 1000.0, 1)
}

fn tell(run: &Run) -> Value {
    json!({
        "chats": run.chats,
        "seeding_s": rounded(run.seeding.as_secs_f64(), 1),
        "seconds": rounded(run.took.as_secs_f64(), 1),
        "sends_per_s": per_second(run.chats, run.took),
        "peak_rss_mb": run.peak_mb,
        "daemon_cpu_us_per_send": run.busy.0,
        "platform_cpu_us_per_send": run.busy.1,
        "first_message_ms": millis(run.first),
        "lost": run.lost,
        "repeated": run.repeated,
        "unsettled": run.unsettled,
        "bytes_written_per_delivery": run.written,
        "bytes_alive_per_delivery": run.alive,
    })
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
async fn one(args: &Args, ledger: &Ledger, chats: u64) -> Run {
    let parallel = args.size("parallel", 64);
    // One more, who pushes.
    let size = usize::try_from(chats).expect("a size");
    let mut fake = Beside::start(size + 1, args.number("latency-ms", 0), "free");
    let mut names = std::mem::take(&mut fake.served.chats);
    let editor = names.pop().expect("somebody");
    let began = Instant::now();
    let office = ledger.open().await;
    office.subscribe(&names).await;
    drop(names);
    office.editor(editor).await;
    let post = office.draft(TEXT).await;
    office.close().await;
    let seeding = began.elapsed();
    let before = (ledger.bytes().await, ledger.alive().await);
    configure(ledger, &fake.served, (Arrival::Webhook, parallel), "");
    let daemon = Daemon::start(Which::Free, ledger.dir());
    let before_push = (daemon.on_processor(), fake.on_processor());
    let (took, first) = push(&daemon, &mut fake, (editor, &post), chats).await;
    let each = |now: Duration, before: Duration| {
        rounded(now.saturating_sub(before).as_secs_f64() * 1e6 / chats as f64, 1)
    };
    let busy =
        (each(daemon.on_processor(), before_push.0), each(fake.on_processor(), before_push.1));
    let counts = fake.took();
    let peak_mb = daemon.peak_rss_mb();
    daemon.stop();
    let written = ledger.bytes().await.saturating_sub(before.1) as f64 / chats as f64;
    let office = ledger.open().await;
    let sent = office.store.tally(&Tally::Sent.of(post.id)).await.expect("reads");
    office.close().await;
    let alive = ledger.alive().await.saturating_sub(before.1) as f64 / chats as f64;
    // One message told the editor what it costs.
    let taken = counts.taken - counts.repeated - 1;
    Run {
        chats,
        seeding,
        took,
        first,
        peak_mb,
        busy,
        lost: chats.saturating_sub(taken),
        repeated: counts.repeated,
        unsettled: chats.saturating_sub(sent.unsigned_abs()),
        written: written.round(),
        alive: alive.round(),
    }
}

/// Pushes as an editor does, by command and button. Gives how long it took from when the press was acknowledged
/// to the last message, and to the first.
async fn push(
    daemon: &Daemon,
    fake: &mut Beside,
    (editor, post): (i64, &Kept),
    chats: u64,
) -> (Duration, Duration) {
    let hook = Hook::of(daemon, 1);
    hook.tell(&says(editor, &format!("/推送 {}", post.code))).await;
    until(fake, 1, Duration::from_millis(5)).await;
    let button = Press::Post(PostPress::Push, post.id, Version(1)).encode();
    let press = presses(editor, 1, &button);
    hook.tell(&press).await;
    let began = Instant::now();
    until(fake, 2, Duration::from_millis(1)).await;
    let first = began.elapsed();
    until(fake, chats + 1, Duration::from_millis(20)).await;
    let took = began.elapsed();
    (took, first)
}

/// Waits until so many messages were taken, or none came for too long.
async fn until(fake: &mut Beside, count: u64, every: Duration) {
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let taken = fake.took().taken;
        if taken >= count {
            return;
        }
        if taken > last {
            (last, moved) = (taken, Instant::now());
        } else if moved.elapsed() > PATIENCE {
            return;
        }
        tokio::time::sleep(every).await;
    }
}
