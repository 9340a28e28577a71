//! One round over all hosts: each is asked on its own, and a slow one keeps no other waiting.
//!
//! A round ends when nothing is under way. While one host is slow the others are asked again as they fall due,
//! for [`ROUND_MOST`] at most, so that the round does not go on for ever.

use super::{Feeds, RoundReport, host};
use crate::model::{At, Source};
use crate::store::StoreError;
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::FuturesUnordered;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How often the clock is looked at while something is under way.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long hosts are asked again in one round.
const ROUND_MOST: Duration = Duration::from_mins(10);

/// What came of asking a host.
type Asked = (String, Result<RoundReport, StoreError>);

/// One round.
struct Turning<'a> {
    feeds: &'a Feeds,
    hosts: BTreeMap<String, Vec<&'a Source>>,
    /// Hosts whose turn has come.
    waiting: VecDeque<String>,
    under_way: FuturesUnordered<BoxFuture<'a, Asked>>,
    /// When hosts that are not under way are due again.
    next: BTreeMap<String, At>,
    report: RoundReport,
    failure: Option<StoreError>,
}

impl Feeds {
    /// Asks every source that is due, several hosts at once, one source of a host at a time.
    ///
    /// # Errors
    /// When the store fails; a source that fails is no error here.
    pub async fn round(&self) -> Result<RoundReport, StoreError> {
        let mut hosts: BTreeMap<String, Vec<&Source>> = BTreeMap::new();
        for source in &self.sources {
            hosts.entry(host(source)).or_default().push(source);
        }
        let mut turning = Turning {
            feeds: self,
            waiting: hosts.keys().cloned().collect(),
            hosts,
            under_way: FuturesUnordered::new(),
            next: BTreeMap::new(),
            report: RoundReport::default(),
            failure: None,
        };
        let last = self.clock.now().plus(ROUND_MOST);
        while turning.start() > 0 {
            tokio::select! {
                asked = turning.under_way.next() => asked.into_iter().for_each(|a| turning.came(a)),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            turning.again(last);
        }
        let Turning { mut report, next, failure, .. } = turning;
        report.next = next.into_values().min();
        failure.map_or(Ok(report), Err)
    }
}

impl Turning<'_> {
    /// Asks as many hosts as may be asked at once; gives how many are under way.
    fn start(&mut self) -> usize {
        while self.under_way.len() < self.feeds.settings.parallel.max(1)
            && let Some(name) = self.waiting.pop_front()
        {
            let (feeds, sources) = (self.feeds, self.hosts.get(&name).cloned().unwrap_or_default());
            let asked = async move {
                let done = feeds.host_round(&name, sources).await;
                (name, done)
            };
            self.under_way.push(asked.boxed());
        }
        self.under_way.len()
    }

    fn came(&mut self, (name, done): Asked) {
        match done {
            Ok(part) => {
                self.report.add(&part);
                self.next.extend(part.next.map(|at| (name, at)));
            }
            // The other hosts are read to their end: what they fetched is not thrown away.
            Err(error) => {
                let worse = self.failure.take().filter(|e| *e != StoreError::Conflict);
                self.failure = worse.or(Some(error));
            }
        }
    }

    /// Puts those in line that have fallen due meanwhile, unless nothing else is under way.
    fn again(&mut self, last: At) {
        let now = self.feeds.clock.now();
        if self.under_way.is_empty() || self.failure.is_some() || now >= last {
            return;
        }
        let due: Vec<_> =
            self.next.iter().filter(|(_, at)| **at <= now).map(|(name, _)| name.clone()).collect();
        for name in due {
            self.next.remove(&name);
            self.waiting.push_back(name);
        }
    }
}
