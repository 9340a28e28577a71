//! Sends what is owed: claims, sends, settles, in a pipeline; one round an account.
//!
//! **Invariant:** nothing leaves before its lease is durable, and nothing is taken for sent before the
//! platform said so. So a delivery is never lost, and is repeated only when a run ended, or a connection
//! died, between a request and the settling of its answer; such an attempt stands in the ledger as
//! unknown, written before the next one leaves.
//!
//! Races, by name. *The run ends with leases*: the next run finds deliveries leased that are not in its
//! hands, and takes each for interrupted; those that had not left yet are marked too, which is more than
//! needed and never less. *The daemon stops in order*: within a round or between two, what waits is given back,
//! and nothing is interrupted but what neither platform nor store answered in time. *A round is dropped in the
//! middle*: the same, within one run. *Sent, and the settling not yet durable*: counted as under way; there are
//! never more of them than `UNDER_WAY` times
//! the connector's parallel requests. *A post is withdrawn or paused while it goes out*: posts are read
//! once a page, so that at most what is in our hands still leaves; what is queued is dropped or parked, once,
//! as it is come by. *Two rounds of one account*: the second finds
//! nothing to do. *An urgent delivery arrives in a long round*: each page asks the most urgent queue first,
//! and a page is small; lanes are tried by priority. *Another worker takes the account over*: see
//! `duties/`; what is claimed and settled here is committed under our tenure, and no request leaves once
//! our hold has ended.
//!
//! Order in a chat is the order in which things became due, through waits, limits and the first failures;
//! what keeps failing by itself is overtaken after a minute, and what is given back unsent while others of a long
//! queue go out may be, because that queue is read from its front only now and then. Posts of one priority go in the order in which
//! they were planned, which the fan-out interleaves, a little ahead of us.

mod alarm;
mod brake;
mod claim;
mod flow;
mod given_up;
mod hands;
mod lanes;
mod outcome;
mod prepare;
mod request;
mod settle;
mod words;

use crate::clock::Clock;
use crate::connector::Connector;
use crate::metrics::Metrics;
use crate::model::{AccountId, AccountState, At, Duty, Lang, MediaId, RunId, UnknownPolicy, Usage};
use crate::rounds::duties::Gate;
use crate::store::vault::{AddressKeys, Hasher, TextKeys};
use crate::store::{Reads, Sharing, Store, StoreError};
use bytes::Bytes;
use flow::Flow;
use futures::future::{BoxFuture, WeakShared};
use hands::{Hands, Health};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use words::Words;

/// How the outbox deals with failures.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// After the first failure it is tried again within so many seconds; the span doubles each time.
    pub retry_first_seconds: u64,
    /// The longest span between two tries, in seconds.
    pub retry_longest_seconds: u64,
    /// After so many failures it is given up.
    pub failures_most: u16,
    /// An account whose settings the platform refuses is tried again after so many seconds.
    pub probe_seconds: u64,
    /// How many seconds what is under way has to end when the daemon stops.
    pub stop_seconds: u64,
    /// A post pauses itself when so many percent of its chats do not get it; 0 for never.
    pub pause_share: u8,
    /// … once so many were tried.
    pub pause_after: u64,
    /// The language of the ledger.
    pub ledger: Lang,
    /// The base of links to our pages, without a slash at the end.
    pub public_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            retry_first_seconds: 5,
            retry_longest_seconds: 30 * 60,
            failures_most: 12,
            probe_seconds: 5 * 60,
            stop_seconds: 10,
            pause_share: 20,
            pause_after: 20,
            ledger: Lang::Zh,
            public_url: String::new(),
        }
    }
}

/// An account and what becomes of its deliveries whose outcome is not known.
pub struct Channel {
    /// How it leaves.
    pub connector: Arc<dyn Connector>,
    /// What becomes of what may have arrived.
    pub unknown: UnknownPolicy,
}

/// What the outbox is made of.
pub struct OutboxParts {
    /// What is owed, and where it is written down.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The accounts.
    pub channels: Vec<Channel>,
    /// Opens return addresses.
    pub addresses: AddressKeys,
    /// Opens sealed notices.
    pub texts: TextKeys,
    /// Names chats and messages that must not be written down.
    pub hasher: Hasher,
    /// How failures are dealt with.
    pub settings: Settings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Which run of the daemon this is.
    pub run: RunId,
    /// Which accounts are ours.
    pub gate: Gate,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// Sends what is owed.
pub struct Outbox {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    accounts: HashMap<AccountId, Account>,
    addresses: AddressKeys,
    texts: TextKeys,
    hasher: Hasher,
    settings: Settings,
    metrics: Arc<Metrics>,
    run: RunId,
    gate: Gate,
    stop: CancellationToken,
    words: Words,
    /// What is being read of what posts carry.
    readings: Mutex<HashMap<MediaId, Underway>>,
}

/// A reading that some request still waits for, or uses.
type Underway = WeakShared<BoxFuture<'static, Result<Option<Bytes>, String>>>;

struct Account {
    channel: Channel,
    hands: Mutex<Place>,
}

/// Where an account's hands are.
enum Place {
    /// No round was made yet.
    Unmade,
    /// Between two rounds.
    Here(Box<Hands>),
    /// A round has them.
    Taken,
}

/// Hands that go back to their place, whatever becomes of the round.
struct Held<'a> {
    place: &'a Mutex<Place>,
    hands: Option<Box<Hands>>,
    finished: Finished,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Finished {
    Yes,
    No,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(mut hands) = self.hands.take() {
            if self.finished == Finished::No {
                // What was under way is unknown now: its leases will be read as interrupted.
                hands.lanes.clear();
                hands.keeps = None;
            }
            *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Place::Here(hands);
        }
    }
}

impl Outbox {
    /// An outbox that has not looked yet.
    #[must_use]
    pub fn new(parts: OutboxParts) -> Self {
        let account = |channel: Channel| {
            let account = Account { channel, hands: Mutex::new(Place::Unmade) };
            (account.channel.connector.account().clone(), account)
        };
        Self {
            store: parts.store,
            clock: parts.clock,
            accounts: parts.channels.into_iter().map(account).collect(),
            addresses: parts.addresses,
            texts: parts.texts,
            hasher: parts.hasher,
            settings: parts.settings,
            metrics: parts.metrics,
            run: parts.run,
            gate: parts.gate,
            stop: parts.stop,
            words: Words::default(),
            readings: Mutex::default(),
        }
    }

    /// The accounts through which it sends.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    /// Sends everything of an account that is due and allowed now. Gives when to look again; `None` when
    /// nothing is queued (something new is told by a nudge), when another round is under way, when the account
    /// is another worker's, or when the daemon stops.
    ///
    /// # Errors
    /// When the store fails: nothing more is sure then.
    pub async fn round(&self, account: &AccountId) -> Result<Option<At>, StoreError> {
        let Some(known) = self.accounts.get(account) else { return Ok(None) };
        let Some(tenure) = self.gate.hold(&Duty::Account(account.clone())) else {
            self.let_go(known).await?;
            return Ok(None);
        };
        let Some(mut held) = self.hold(known, tenure.epoch()).await? else { return Ok(None) };
        let Some(hands) = held.hands.as_deref_mut() else { return Ok(None) };
        if hands.epoch != tenure.epoch() {
            // Others had the account meanwhile: what we knew of it is theirs, and in the store.
            *hands = self.make(&known.channel, tenure.epoch()).await?;
        }
        let (now, keeps) = (self.clock.now(), tenure.clone());
        let next = match hands.health {
            // A clock that was set back must not keep the account shut.
            Health::Shut(until) if until > now && until.since(now) <= self.probe() => Some(until),
            _ => {
                if let Health::Shut(_) = hands.health {
                    hands.health = Health::Probing;
                }
                Flow::new(self, tenure).run(hands).await?
            }
        };
        // What waits for its turn is leased by us: the account cannot be another's before that is given back.
        hands.keeps = (hands.lanes.held() > 0).then_some(keeps);
        held.finished = Finished::Yes;
        Ok(next)
    }

    /// Gives back what still waits in our hands when the daemon has stopped between two rounds: whoever begins
    /// then would take it for interrupted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wind_up(&self, account: &AccountId) -> Result<(), StoreError> {
        match self.accounts.get(account) {
            Some(known) => self.let_go(known).await,
            None => Ok(()),
        }
    }

    /// The account is another's, or is to be, or the daemon stops: what still waits in our hands is given back first.
    async fn let_go(&self, account: &Account) -> Result<(), StoreError> {
        let waits = {
            let place = account.hands.lock().unwrap_or_else(PoisonError::into_inner);
            matches!(&*place, Place::Here(hands) if hands.keeps.is_some())
        };
        if !waits {
            return Ok(());
        }
        let Some(mut held) = self.hold(account, 0).await? else { return Ok(()) };
        let Some(hands) = held.hands.as_deref_mut() else { return Ok(()) };
        match hands.keeps.take() {
            Some(tenure) if tenure.lost() => hands.lanes.clear(),
            Some(tenure) if tenure.leaves() || self.stop.is_cancelled() => {
                Flow::new(self, tenure).wind_up(hands).await?;
            }
            // The store did not answer for a while; it may come to stand again.
            tenure => hands.keeps = tenure,
        }
        held.finished = Finished::Yes;
        Ok(())
    }

    async fn hold<'a>(
        &self,
        account: &'a Account,
        epoch: u64,
    ) -> Result<Option<Held<'a>>, StoreError> {
        let taken = {
            let mut place = account.hands.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *place, Place::Taken)
        };
        let mut held = Held { place: &account.hands, hands: None, finished: Finished::No };
        held.hands = match taken {
            Place::Taken => return Ok(None),
            Place::Here(hands) => Some(hands),
            Place::Unmade => match self.make(&account.channel, epoch).await {
                Ok(hands) => Some(Box::new(hands)),
                Err(error) => {
                    *account.hands.lock().unwrap_or_else(PoisonError::into_inner) = Place::Unmade;
                    return Err(error);
                }
            },
        };
        Ok(Some(held))
    }

    async fn make(&self, channel: &Channel, epoch: u64) -> Result<Hands, StoreError> {
        let connector = channel.connector.clone();
        let reads: &dyn Reads = &*self.store;
        let usage = reads.all::<Usage>(&Usage::pages_of(connector.account())).await?;
        let usage: Vec<_> = usage.into_iter().map(|page| page.value).collect();
        let mut hands = Hands::new(connector.clone(), channel.unknown, &usage, self.clock.now());
        hands.epoch = epoch;
        let state = reads.find::<AccountState>(&AccountState::key_of(connector.account())).await?;
        hands.stands(state.map(|state| state.value));
        Ok(hands)
    }

    /// Whether the front of a long queue is read no more often than must be: databases pass over what was removed
    /// there until they have tidied up. Our own store has nothing there.
    fn spares_front(&self) -> bool {
        self.store.sharing() == Sharing::Shared
    }

    /// How long what is under way has to end when the daemon stops.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_secs(self.settings.stop_seconds)
    }

    fn probe(&self) -> Duration {
        Duration::from_secs(self.settings.probe_seconds)
    }

    /// How long after its `failures`-th failure something is tried again: anything up to a span that
    /// doubles each time, so that those that failed together do not come back together.
    fn backoff(&self, failures: u16) -> Duration {
        let doubled = 1u64.checked_shl(u32::from(failures)).unwrap_or(u64::MAX);
        let most = self.settings.retry_first_seconds.saturating_mul(doubled);
        let most = most.min(self.settings.retry_longest_seconds).max(1).saturating_mul(1000);
        let mut random = [0; 8];
        self.clock.random(&mut random);
        Duration::from_millis(100 + u64::from_be_bytes(random) % most)
    }
}
