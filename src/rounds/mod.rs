//! What the clock does: loops that look at the store, do what is due, and stop.
//!
//! **Invariant:** a timer, a nudge and a restart run the same code. Deleting every nudge changes how soon a
//! thing happens, never whether it does.

pub mod duties;
pub mod fanout;
pub mod feeds;
pub mod gauges;
pub mod hands;
pub mod limiter;
pub mod outbox;
pub mod press;
pub mod probes;
pub mod promises;
pub mod retention;
pub mod space;
pub mod sweep;
pub mod trials;

use crate::clock::Clock;
use crate::model::{AccountId, At};
use crate::store::{Sharing, StoreError};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// No loop that is nudged sleeps longer than this: a clock that was set, or a nudge that was lost, is noticed by then.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The same where other processes decide as well, whose nudges do not reach this one.
pub const SHARED_SLEEP: Duration = Duration::from_millis(500);

/// No loop turns faster than this when it is told to look again at once.
const SHORTEST_SLEEP: Duration = Duration::from_millis(2);

/// How long a loop waits that the store could not serve; the store itself has tried for a while.
const AGAIN: Duration = Duration::from_secs(1);

/// What wakes each loop before its time.
#[derive(Clone, Debug, Default)]
pub struct Nudges {
    /// Something arrived.
    pub inbox: Arc<Notify>,
    /// A source may be due.
    pub feeds: Arc<Notify>,
    /// A source is to be read, or an account to be tried.
    pub trials: Arc<Notify>,
    /// A schedule may be due.
    pub press: Arc<Notify>,
    /// A post is to be fanned out.
    pub fanout: Arc<Notify>,
    /// A deadline may be due.
    pub promises: Arc<Notify>,
    /// Somebody may have to be asked.
    pub hands: Arc<Notify>,
    /// A key is to be destroyed.
    pub sweep: Arc<Notify>,
    /// Something is owed, by account.
    pub outbox: Arc<HashMap<AccountId, Arc<Notify>>>,
}

impl Nudges {
    /// Nudges for these accounts.
    #[must_use]
    pub fn new(accounts: &[AccountId]) -> Self {
        let of = |account: &AccountId| (account.clone(), Arc::new(Notify::new()));
        Self { outbox: Arc::new(accounts.iter().map(of).collect()), ..Self::default() }
    }

    /// What wakes the outbox of one account.
    #[must_use]
    pub fn outbox_of(&self, account: &AccountId) -> Arc<Notify> {
        self.outbox.get(account).cloned().unwrap_or_default()
    }

    /// Wakes the outbox of every account.
    pub fn owed(&self) {
        self.outbox.values().for_each(|nudge| nudge.notify_one());
    }

    /// Wakes every loop that may have something to do after a decision.
    pub fn decided(&self) {
        let rounds =
            [&self.press, &self.fanout, &self.promises, &self.hands, &self.sweep, &self.trials];
        for nudge in rounds {
            nudge.notify_one();
        }
        self.owed();
    }
}

/// What wakes a loop before its time.
#[derive(Clone, Debug)]
pub enum Wakes {
    /// What is decided or arrives, at other workers as well, whose nudges do not reach this one.
    News(Arc<Notify>),
    /// This process alone; the loop sleeps so long at most.
    Own(Arc<Notify>, Duration),
}

impl Wakes {
    /// Nothing: the loop has its own period, which is not longer than this.
    #[must_use]
    pub fn never(longest: Duration) -> Self {
        Self::Own(Arc::default(), longest)
    }

    /// The nudge, and how long the loop sleeps at most.
    #[must_use]
    pub fn rhythm(self, sharing: Sharing) -> (Arc<Notify>, Duration) {
        match (self, sharing) {
            (Self::News(nudge), Sharing::Shared) => (nudge, SHARED_SLEEP),
            (Self::News(nudge), Sharing::Alone) => (nudge, LONGEST_SLEEP),
            (Self::Own(nudge, longest), _) => (nudge, longest),
        }
    }
}

/// One run of a round: gives when the next is due.
pub type Round = BoxFuture<'static, Result<Option<At>, StoreError>>;

/// Turns one loop until it is told to stop: runs the round, sleeps until the time that it names, or until a
/// nudge, or for `longest`.
///
/// # Errors
/// When the store fails, which nothing survives. A conflict only means that the round is run again; a store
/// that cannot do it now is asked again a little later.
pub async fn turn(
    clock: Arc<dyn Clock>,
    (nudge, longest): (Arc<Notify>, Duration),
    stop: CancellationToken,
    round: impl Fn() -> Round + Send,
) -> Result<(), StoreError> {
    while !stop.is_cancelled() {
        let sleep = match round().await {
            Ok(Some(at)) => at.since(clock.now()).clamp(SHORTEST_SLEEP, longest),
            Ok(None) => longest,
            Err(StoreError::Conflict) => SHORTEST_SLEEP,
            Err(error @ StoreError::Unavailable(_)) => {
                // The store has told of it, once for all.
                tracing::debug!(%error, "a round waits for the store");
                AGAIN
            }
            Err(error) => return Err(error),
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = nudge.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_workers_cannot_wake_keeps_its_own_period() {
        let longest = |wakes: Wakes, sharing| wakes.rhythm(sharing).1;
        let news = || Wakes::News(Arc::default());
        assert_eq!(longest(news(), Sharing::Shared), SHARED_SLEEP);
        assert_eq!(longest(news(), Sharing::Alone), LONGEST_SLEEP);
        for sharing in [Sharing::Alone, Sharing::Shared] {
            let never = Wakes::never(retention::PERIOD);
            assert_eq!(longest(never, sharing), retention::PERIOD);
        }
    }
}
