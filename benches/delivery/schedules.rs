//! Many schedules: how late pushes begin that fall due while a fan-out runs.
//!
//! A push has begun when the commit that says so is acknowledged as durable ([`crate::noting`]).

use crate::args::{Args, per_second, percentile, rounded};
use crate::daemon::{Arrival, Daemon, Which, configure};
use crate::fake::Beside;
use crate::ledger::Ledger;
use crate::noting::Start;
use crate::office::topic;
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tongxin::clock::{Clock, SystemClock};
use tongxin::model::{At, ChatKind, TopicId};

/// How long the daemon has to start before the seconds begin that are measured.
const LEAD: Duration = Duration::from_secs(20);

/// To how many topics the posts go that people scheduled; each has one chat.
const TOPICS: u64 = 100;

/// How many posts to all go out at once meanwhile.
const BULK: u64 = 50;

/// With this begin the titles of posts that people scheduled; their time is behind it.
const DUE: &str = "due-";

/// What is to happen, and when.
struct Plan {
    posts: u64,
    digests: u64,
    due_each_second: u64,
    seconds: u64,
    begin: At,
}

impl Plan {
    fn of(args: &Args) -> Self {
        let all = args.number("schedules", 100_000);
        Self {
            posts: all / 2,
            digests: all - all / 2,
            due_each_second: args.number("due", 100),
            seconds: args.number("seconds", 30),
            begin: At::default(),
        }
    }

    fn end(&self) -> At {
        self.begin.plus(Duration::from_secs(self.seconds))
    }

    /// How many posts go out within the seconds: half of what is due in them.
    fn posts_due(&self) -> u64 {
        (self.due_each_second / 2 * self.seconds).min(self.posts)
    }

    /// When the post of this number goes out within the seconds.
    fn soon(&self, number: u64) -> At {
        let spread = self.seconds * 1000 * number / self.posts_due().max(1);
        self.begin.plus(Duration::from_millis(spread))
    }

    /// Every how many seconds a digest comes: such that the other half of what is due in each second is some
    /// digest's run. No two neighbours come alike, so that the runs lie everywhere.
    fn every(&self, digest: u64) -> u64 {
        let half = (self.due_each_second / 2).max(1);
        let round = (self.digests / half).clamp(2, 600_000);
        (round * 3 / 4 + digest * 7919 % (round / 2).max(1)).max(1)
    }

    /// How many runs of digests fall within the seconds.
    fn runs(&self) -> u64 {
        let until = |at: At, every: u64| (at.millis().unsigned_abs() - 1) / (every * 1000);
        let of = |digest| {
            let every = self.every(digest);
            until(self.end(), every) - until(self.begin, every)
        };
        (0..self.digests).map(of).sum()
    }

    /// The topics, as lines of a configuration.
    fn lines(&self) -> String {
        let mut lines = String::new();
        for number in 0..TOPICS {
            let _ = writeln!(lines, "[[topic]]\nid = \"{}\"", by_hand(number));
        }
        for number in 0..self.digests {
            let (id, every) = (digest(number), self.every(number));
            let _ = writeln!(
                lines,
                "[[topic]]\nid = \"{id}\"\nschedule = \"every {every}s\"\nwhen_empty = \"say\""
            );
        }
        lines
    }
}

fn by_hand(number: u64) -> TopicId {
    TopicId(format!("by-hand-{number}"))
}

fn digest(number: u64) -> TopicId {
    TopicId(format!("digest-{number}"))
}

/// Runs it; the figures are of what fell due within the seconds. Exits with 1 when something did not begin.
pub async fn run(args: &Args) {
    let mut plan = Plan::of(args);
    let ledger = Ledger::make(args).await;
    let mut fake = Beside::start(args.size("chats", 50_000), args.number("latency-ms", 0), "free");
    let parallel = args.size("parallel", 64);
    configure(&ledger, &fake.served, (Arrival::Webhook, parallel), &plan.lines());
    let began = Instant::now();
    seed(&ledger, &fake.served.chats, &mut plan).await;
    let seeding = began.elapsed();
    let began = Instant::now();
    let daemon = Daemon::start(Which::Noting, ledger.dir());
    let start = began.elapsed();
    assert!(SystemClock.now() < plan.begin, "the daemon took {start:?} to start, too long");
    wait(plan.begin).await;
    let before = fake.took().taken;
    wait(plan.end()).await;
    let sent = fake.took().taken - before;
    // Whatever is late has a while yet.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let peak_mb = daemon.peak_rss_mb();
    daemon.stop();
    let starts = std::fs::read(ledger.dir().join("starts.json")).expect("reads");
    let starts: Vec<Start> = serde_json::from_slice(&starts).expect("reads");
    let (mut posts, mut digests) = late(&starts, &plan);
    let found = (posts.len() + digests.len()) as u64;
    let missing = (plan.posts_due() + plan.runs()).saturating_sub(found);
    let mut all = [posts.as_slice(), digests.as_slice()].concat();
    args.tell(&json!({
        "store": ledger.store(),
        "schedules": plan.posts + plan.digests,
        "due": found,
        "missing": missing,
        "p50_ms": percentile(&mut all, 50),
        "p99_ms": percentile(&mut all, 99),
        "most_ms": percentile(&mut all, 100),
        "posts_p99_ms": percentile(&mut posts, 99),
        "digests_p99_ms": percentile(&mut digests, 99),
        "sends_per_s_meanwhile": per_second(sent, Duration::from_secs(plan.seconds)),
        "seeding_s": rounded(seeding.as_secs_f64(), 1),
        "start_s": rounded(start.as_secs_f64(), 1),
        "peak_rss_mb": peak_mb,
    }));
    if missing > 0 {
        std::process::exit(1);
    }
}

async fn wait(at: At) {
    tokio::time::sleep(at.since(SystemClock.now())).await;
}

/// Fills the ledger; last what is soon due.
async fn seed(ledger: &Ledger, chats: &[i64], plan: &mut Plan) {
    let office = ledger.open().await;
    office.subscribe(chats).await;
    for (number, chat) in (0..TOPICS).zip(chats) {
        office.subscribe_to(&by_hand(number), ChatKind::Direct, &[*chat]).await;
    }
    let later = SystemClock.now().plus(Duration::from_hours(24));
    let rest = plan.posts - plan.posts_due();
    let far = (0..rest).map(|number| {
        let at = later.plus(Duration::from_secs(number));
        (format!("later-{number}"), by_hand(number % TOPICS), at)
    });
    office.scheduled(far).await;
    plan.begin = SystemClock.now().plus(LEAD);
    let soon = (0..plan.posts_due()).map(|number| {
        let at = plan.soon(number);
        (format!("{DUE}{}", at.millis()), by_hand(number % TOPICS), at)
    });
    office.scheduled(soon).await;
    let bulk = plan.begin.minus(Duration::from_secs(1));
    office.scheduled((0..BULK).map(|n| (format!("bulk-{n}"), topic(), bulk))).await;
    office.seen((0..plan.digests).map(digest)).await;
    office.close().await;
}

/// How late the pushes began that were due within the seconds, in milliseconds: posts, and digests.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn late(starts: &[Start], plan: &Plan) -> (Vec<f64>, Vec<f64>) {
    let (mut posts, mut digests) = (Vec::new(), Vec::new());
    for start in starts {
        let by_hand = start.title.strip_prefix(DUE).and_then(|millis| millis.parse().ok());
        let due = start.slot.or(by_hand.map(At::from_millis));
        let Some(due) = due.filter(|due| *due >= plan.begin && *due < plan.end()) else {
            continue;
        };
        let late = start.at.since(due).as_millis() as f64;
        if start.slot.is_some() { digests.push(late) } else { posts.push(late) }
    }
    (posts, digests)
}
