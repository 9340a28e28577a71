//! What the program counts about itself: figures of matters and machines, never of people.
//!
//! **Invariant:** one [`Metrics`] is made at the start and handed to whoever counts; there is no global one,
//! and no label ever holds a chat, a person or an address.

use crate::model::{AccountId, Platform, Priority};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

type Seconds = Gauge<f64, AtomicU64>;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    sends: Family<SendLabels, Counter>,
    waited: Family<AccountLabels, Counter<f64, AtomicU64>>,
    depth: Family<QueueLabels, Gauge>,
    age: Family<AccountLabels, Seconds>,
    pace: Family<AccountLabels, Seconds>,
    polls: Family<PollLabels, Counter>,
    rounds: Family<RoundLabels, Histogram>,
    inbox: Gauge,
    requests: Family<RequestLabels, Counter>,
    live: Gauge,
    space: Gauge,
    reserve: Gauge,
}

/// What came of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the outcomes of an attempt")]
pub enum SendCount {
    Taken,
    Waited,
    Failed,
    Moved,
    Refused,
    Unknown,
}

/// What came of asking a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is told by its name")]
pub enum PollCount {
    Changed,
    Unchanged,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SendLabels {
    platform: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AccountLabels {
    account: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueueLabels {
    account: String,
    priority: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PollLabels {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RoundLabels {
    round: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        let rounds =
            || Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0]);
        let mut it = Self {
            registry: Registry::with_prefix("tongxin"),
            sends: Family::default(),
            waited: Family::default(),
            depth: Family::default(),
            age: Family::default(),
            pace: Family::default(),
            polls: Family::default(),
            rounds: Family::new_with_constructor(rounds as fn() -> Histogram),
            inbox: Gauge::default(),
            requests: Family::default(),
            live: Gauge::default(),
            space: Gauge::default(),
            reserve: Gauge::default(),
        };
        it.register();
        it
    }

    fn register(&mut self) {
        let all = &mut self.registry;
        all.register("sends", "Attempts to send, by platform and outcome", self.sends.clone());
        let waited = self.waited.clone();
        all.register_with_unit(
            "waited",
            "Time that platforms asked us to wait",
            Unit::Seconds,
            waited,
        );
        all.register("queue_depth", "Deliveries that are owed", self.depth.clone());
        let age = self.age.clone();
        all.register_with_unit(
            "queue_age",
            "How overdue the oldest delivery is",
            Unit::Seconds,
            age,
        );
        let pace = self.pace.clone();
        all.register_with_unit(
            "account_pace",
            "How much of its limits an account uses after refusals in spite of them",
            Unit::Ratios,
            pace,
        );
        all.register("polls", "Times that a source was asked, by result", self.polls.clone());
        let rounds = self.rounds.clone();
        all.register_with_unit("round", "How long a round took", Unit::Seconds, rounds);
        all.register(
            "inbox_depth",
            "Things that arrived and wait to be handled",
            self.inbox.clone(),
        );
        all.register("http_requests", "Requests, by route and status", self.requests.clone());
        all.register("live_pages", "Pages that are shown live", self.live.clone());
        let (space, reserve) = (self.space.clone(), self.reserve.clone());
        all.register_with_unit(
            "store_free",
            "What is free on the disk of the embedded store",
            Unit::Bytes,
            space,
        );
        all.register_with_unit(
            "store_reserve",
            "What is kept free there: below it nothing is taken in",
            Unit::Bytes,
            reserve,
        );
    }

    /// An attempt to send ended.
    pub fn sent(&self, platform: Platform, outcome: SendCount) {
        let outcome = match outcome {
            SendCount::Taken => "taken",
            SendCount::Waited => "waited",
            SendCount::Failed => "failed",
            SendCount::Moved => "moved",
            SendCount::Refused => "refused",
            SendCount::Unknown => "unknown",
        };
        self.sends.get_or_create(&SendLabels { platform: platform.name(), outcome }).inc();
    }

    /// A platform asked an account to wait.
    pub fn waited(&self, account: &AccountId, span: Duration) {
        let labels = AccountLabels { account: account.0.clone() };
        self.waited.get_or_create(&labels).inc_by(span.as_secs_f64());
    }

    /// How many deliveries an account owes.
    pub fn queue_depth(&self, account: &AccountId, priority: Priority, depth: usize) {
        let priority = match priority {
            Priority::Answer => "answer",
            Priority::Urgent => "urgent",
            Priority::Bulk => "bulk",
        };
        let labels = QueueLabels { account: account.0.clone(), priority };
        self.depth.get_or_create(&labels).set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    /// How overdue an account's oldest delivery is.
    pub fn queue_age(&self, account: &AccountId, age: Duration) {
        let labels = AccountLabels { account: account.0.clone() };
        self.age.get_or_create(&labels).set(age.as_secs_f64());
    }

    /// How much of its limits an account uses, in thousandths.
    pub fn pace(&self, account: &AccountId, thousandths: u16) {
        let labels = AccountLabels { account: account.0.clone() };
        self.pace.get_or_create(&labels).set(f64::from(thousandths) / 1000.0);
    }

    /// A source was asked.
    pub fn polled(&self, result: PollCount) {
        let result = match result {
            PollCount::Changed => "changed",
            PollCount::Unchanged => "unchanged",
            PollCount::Failed => "failed",
        };
        self.polls.get_or_create(&PollLabels { result }).inc();
    }

    /// A round ended that had begun when `since` was started.
    pub fn round(&self, round: &'static str, since: &Stopwatch) {
        self.rounds.get_or_create(&RoundLabels { round }).observe(since.elapsed().as_secs_f64());
    }

    /// How many things that arrived wait to be handled.
    pub fn inbox_depth(&self, depth: usize) {
        self.inbox.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    /// So many bytes are free on the disk of the store, of which so many are kept free.
    pub fn space(&self, free: u64, reserve: u64) {
        self.space.set(i64::try_from(free).unwrap_or(i64::MAX));
        self.reserve.set(i64::try_from(reserve).unwrap_or(i64::MAX));
    }

    /// A request was answered; `route` is the pattern, never the path.
    pub fn request(&self, route: &str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route: route.to_owned(), status }).inc();
    }

    /// A page begins to be shown live; it is counted until what is returned is dropped.
    #[must_use]
    pub fn live_page(&self) -> LivePage {
        self.live.inc();
        LivePage(self.live.clone())
    }

    /// All figures in the text format of Prometheus (`OpenMetrics` 1.0).
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A page that is shown live, as long as this is held.
#[derive(Debug)]
pub struct LivePage(Gauge);

impl Drop for LivePage {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Measures how long something takes, for figures alone: nothing is decided by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that measures durations for figures"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
