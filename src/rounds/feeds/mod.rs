//! The feeds' round: asks every source that is due, and keeps what is new.
//!
//! **Invariant:** whatever a source sends costs that source alone, and one visible error at most. An entry's
//! name follows from its source and the source's own ID, and a source's state is written after its entries:
//! a round that dies anywhere and is run again finds the same entries, and nothing twice.

mod articles;
pub mod dates;
pub mod decode;
pub mod fetch;
mod hosts;
pub mod intake;
pub mod likeness;
mod lookup;
pub mod page;
pub mod parse;
pub mod plain;
mod poll;
mod repair;
mod trial;

pub use trial::{Tried, TriedEntry, feed_at};

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::model::{At, Lang, Segments, Source, SourceState, Stored};
use crate::store::{Store, StoreError};
use fetch::{Fetcher, web_address};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How sources are asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// One answer must be complete within this; seconds in the configuration.
    #[serde(deserialize_with = "seconds")]
    pub timeout: Duration,
    /// The largest answer, in bytes, after decompression.
    pub size_max: usize,
    /// The most redirects that are followed.
    pub redirects_max: usize,
    /// The time between two requests to one host; seconds in the configuration.
    #[serde(deserialize_with = "seconds")]
    pub spacing: Duration,
    /// The longest back-off of a source that fails; seconds in the configuration.
    #[serde(deserialize_with = "seconds")]
    pub back_off_max: Duration,
    /// How many linked articles are read in one poll of a list page.
    pub articles_max: usize,
    /// How many hosts are asked at once.
    pub parallel: usize,
    /// The zone of dates on list pages.
    pub zone: chrono_tz::Tz,
    /// The language of the errors that staff read.
    pub lang: Lang,
}

fn seconds<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_secs)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            size_max: 8 * 1024 * 1024,
            redirects_max: 5,
            spacing: Duration::from_secs(2),
            back_off_max: Duration::from_hours(24),
            articles_max: 10,
            parallel: 8,
            zone: chrono_tz::Tz::Asia__Shanghai,
            lang: Lang::Zh,
        }
    }
}

/// Reads the sources.
pub struct Feeds {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    sources: Vec<Source>,
    fetcher: Fetcher,
    settings: Settings,
    metrics: Arc<Metrics>,
    /// When each host was last asked. Lost at a restart, which costs one request too early.
    hosts: Mutex<HashMap<String, At>>,
    /// Held from looking up what is known to the commit of what is decided by it.
    deciding: tokio::sync::Mutex<()>,
}

/// What one round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundReport {
    /// Sources asked.
    pub asked: usize,
    /// Sources that failed.
    pub failed: usize,
    /// Entries that count as new.
    pub fresh: usize,
    /// When something is due again; `None` without sources.
    pub next: Option<At>,
}

impl Feeds {
    /// Reads `sources` within these limits.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        sources: Vec<Source>,
        settings: Settings,
        metrics: Arc<Metrics>,
    ) -> Result<Self, reqwest::Error> {
        let fetcher = Fetcher::new(&settings)?;
        let (hosts, deciding) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { store, clock, sources, fetcher, settings, metrics, hosts, deciding })
    }

    async fn host_round(
        &self,
        host: &str,
        sources: Vec<&Source>,
    ) -> Result<RoundReport, StoreError> {
        let mut report = RoundReport::default();
        for source in sources {
            let state = self.state(source).await?;
            let now = self.clock.now();
            let due = state.as_ref().map_or(now, |s| self.due(source, s, now));
            let free = self.free_at(host);
            if due > now || free > now {
                report.at(due.max(free));
                continue;
            }
            self.touch(host, now);
            report.asked += 1;
            let polled = self.poll(source, state.as_ref()).await?;
            self.touch(host, self.clock.now());
            report.fresh += polled.fresh;
            report.failed += usize::from(polled.failed);
            report.at(polled.next);
        }
        Ok(report)
    }

    async fn state(&self, source: &Source) -> Result<Option<SourceState>, StoreError> {
        let key = Segments::new().text(&source.id.0).key(SourceState::KIND);
        let reads: &dyn crate::store::Reads = &*self.store;
        Ok(reads.find::<SourceState>(&key).await?.map(|s| s.value))
    }

    /// When a source is due. A clock that was set back must not silence it: what was read, or failed first, at a
    /// time that is still to come is due, and nothing waits longer than the longest wait there is.
    fn due(&self, source: &Source, state: &SourceState, now: At) -> At {
        let longest = source.every.max(self.settings.back_off_max).max(poll::GONE);
        let asked = state.read.max(state.trouble.as_ref().map(|trouble| trouble.since));
        let is_wrong = asked.is_some_and(|at| at > now) || state.next > now.plus(longest);
        if is_wrong { now } else { state.next }
    }

    fn free_at(&self, host: &str) -> At {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match hosts.get(host) {
            // A mark in the future was made before the clock was set back.
            Some(last) if !host.is_empty() && *last <= now => last.plus(self.settings.spacing),
            _ => At::from_millis(i64::MIN),
        }
    }

    fn touch(&self, host: &str, now: At) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.insert(host.to_owned(), now);
    }
}

impl RoundReport {
    fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.failed += other.failed;
        self.fresh += other.fresh;
    }

    fn at(&mut self, next: At) {
        self.next = Some(self.next.map_or(next, |n| n.min(next)));
    }
}

/// The host of a source; empty for files, which need no spacing.
fn host(source: &Source) -> String {
    let url = web_address(&source.url).ok();
    let place = |u: url::Url| {
        format!("{}:{}", u.host_str().unwrap_or_default(), u.port_or_known_default().unwrap_or(0))
    };
    url.map(place).unwrap_or_default()
}
