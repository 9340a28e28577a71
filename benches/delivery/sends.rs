//! Sends through the ledger against raw requests: same bodies, same concurrency, same machine, same run. Beside
//! them the [floor]: the same raw requests, with nothing but a durable line before and one behind each.

use crate::args::{Args, on_processor, peak_rss_mb};
use crate::fake::{Beside, Took};
use crate::floor::{self, Lines};
use crate::ledger::Ledger;
use crate::office::Pace;
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::future::Future;
use std::time::{Duration, Instant};

/// What is sent: about as long as the head of a digest.
const TEXT: &str = "【政策速递】关于进一步优化办事流程的通知：自下月一日起，居民办理居住证可在线提交材料，无需到现场排队。";

/// What one side came to.
#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    /// Time on a processor, of our process alone, and for how many.
    busy: Duration,
    count: usize,
    lost: u64,
    repeated: u64,
    too_many: u64,
}

impl Side {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn note(&mut self, count: usize, span: &Span, before: Took, after: Took) {
        self.rates.push(count as f64 / span.took.as_secs_f64());
        self.busy += span.busy;
        self.count += count;
        let repeated = after.repeated - before.repeated;
        let taken = after.taken - before.taken;
        self.lost += (count as u64).saturating_sub(taken - repeated);
        self.repeated += repeated;
        self.too_many += after.too_many - before.too_many;
    }

    /// Microseconds on a processor for each.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn busy_us(&self) -> f64 {
        (self.busy.as_secs_f64() * 1e7 / self.count.max(1) as f64).round() / 10.0
    }

    fn median(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(0.0)
    }
}

/// How long something takes.
struct Span {
    began: (Instant, Duration),
    took: Duration,
    busy: Duration,
}

impl Span {
    fn begin() -> Self {
        let began = (Instant::now(), on_processor("self"));
        Self { began, took: Duration::ZERO, busy: Duration::ZERO }
    }

    fn end(self) -> Self {
        let (took, busy) =
            (self.began.0.elapsed(), on_processor("self").saturating_sub(self.began.1));
        Self { took, busy, ..self }
    }
}

/// Measures all sides, each first as often as the others.
pub async fn run(args: &Args) {
    let (chats, parallel) = (args.size("chats", 5000), args.size("parallel", 64));
    let latency = args.number("latency-ms", 0);
    let mut fake = Beside::start(chats, latency, "free");
    let ledger = Ledger::make(args).await;
    let office = ledger.open().await;
    office.subscribe(&fake.served.chats).await;
    let served = fake.served.clone();
    let outbox = office.outbox(&served.url, &served.token, parallel, Pace::Free);
    let client = reqwest::Client::builder().http1_only().no_proxy();
    let client = client.pool_max_idle_per_host(parallel).build().expect("a client");
    let url = format!("{}/bot{}/sendMessage", served.url, served.token);
    let url = reqwest::Url::parse(&url).expect("an address");
    let lines = match ledger.clients().await {
        Some(clients) => Lines::in_table(clients).await,
        None => Lines::in_file(),
    };
    let [mut ours, mut raw, mut floor] = [Side::default(), Side::default(), Side::default()];
    let mut planning = Duration::ZERO;
    let rounds = args.number("rounds", 6);
    for round in 0..rounds {
        office.publish(&format!("{TEXT} {round}")).await;
        let began = Instant::now();
        office.plan().await;
        planning += began.elapsed();
        for side in 0..3 {
            let bodies = served.chats.iter().map(|chat| body(*chat, round, side));
            let calls = requests(&client, &url, bodies);
            let before = fake.took();
            let span = Span::begin();
            let whose = match (side + round) % 3 {
                0 => {
                    office.send_all(&outbox).await;
                    &mut ours
                }
                1 => {
                    stream::iter(calls).buffer_unordered(parallel).for_each(|()| async {}).await;
                    &mut raw
                }
                _ => {
                    floor::send(&lines, calls, parallel).await;
                    &mut floor
                }
            };
            let span = span.end();
            whose.note(chats, &span, before, fake.took());
        }
    }
    let rounds = f64::from(u32::try_from(rounds).unwrap_or(1));
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let planned = chats as f64 * rounds / planning.as_secs_f64();
    let (sends, raws, floors) = (ours.median(), raw.median(), floor.median());
    let of_raw = |rate: f64| (rate / raws * 1000.0).round() / 1000.0;
    office.close().await;
    args.tell(&json!({
        "store": ledger.store(),
        "chats": chats,
        "parallel": parallel,
        "latency_ms": latency,
        "sends_per_s": sends.round(),
        "raw_per_s": raws.round(),
        "ratio": of_raw(sends),
        "floor_ratio": of_raw(floors),
        "busy_us": ours.busy_us(),
        "raw_busy_us": raw.busy_us(),
        "floor_busy_us": floor.busy_us(),
        "planned_per_s": planned.round(),
        "lost": ours.lost,
        "repeated": ours.repeated,
        "too_many_requests": ours.too_many,
        "raw_lost": raw.lost,
        "peak_rss_mb": peak_rss_mb(),
    }));
}

fn body(chat: i64, round: u64, side: u64) -> Vec<u8> {
    let body = json!({
        "chat_id": chat,
        "text": format!("raw {TEXT} {round} {side}"),
        "link_preview_options": { "is_disabled": true, "prefer_small_media": false,
            "prefer_large_media": false, "show_above_text": false },
    });
    serde_json::to_vec(&body).expect("writes")
}

/// The requests with these bodies.
fn requests<'a>(
    client: &'a reqwest::Client,
    url: &'a reqwest::Url,
    bodies: impl Iterator<Item = Vec<u8>> + 'a,
) -> impl Iterator<Item = impl Future<Output = ()>> + 'a {
    bodies.map(move |body| {
        let request = client.post(url.clone()).header("content-type", "application/json");
        let request = request.timeout(Duration::from_secs(30)).body(body);
        async move {
            let answer = request.send().await.expect("an answer");
            assert!(answer.status().is_success());
            answer.bytes().await.expect("a body");
        }
    })
}
