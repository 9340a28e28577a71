//! How much one address may send: told apart by a hash whose key lives in memory and changes every hour,
//! never logged, never stored.

use super::super::{App, Reader, State};
use crate::clock::Clock;
use crate::model::{Address, At};
use crate::store::vault::Hasher;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a key is used; when it goes, so does what was counted under it.
const KEY_AGE: Duration = Duration::from_hours(1);

/// How many openings of one address are counted in a minute: many people may share one.
const OPENINGS: usize = 30;

/// How many addresses are told apart; a flood from more of them begins a new key.
const ADDRESSES: usize = 50_000;

/// How often one reader is asked within an hour whether an address is theirs.
const ASKED: usize = 3;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::web) enum Kind {
    /// Any form.
    Form,
    /// A suggestion that is submitted.
    Submission,
    /// A browser that is to be notified.
    Browser,
    /// A page whose openings are counted.
    Opening,
    /// An address that is left.
    Address,
    /// A reader who is asked whether an address is theirs.
    Asked,
}

/// Too much from one address; it may go on after this.
pub(in crate::web) struct Flooded(pub Duration);

/// Where a request comes from: an IPv4 address, or the network of an IPv6 address.
pub(in crate::web) struct Visitor([u8; 8]);

impl Visitor {
    /// A reader by e-mail, who is asked.
    pub fn reader(hasher: &Hasher, reader: &Address) -> Self {
        Self(hasher.chat(&reader.account, &reader.chat).to_be_bytes())
    }
}

/// How much each address sent lately.
pub(in crate::web) struct Floods(Mutex<Counts>);

struct Counts {
    key: [u8; 32],
    since: At,
    sent: HashMap<([u8; 16], Kind), Vec<At>>,
}

impl Floods {
    /// Nothing counted yet.
    pub fn new(clock: &dyn Clock) -> Self {
        let mut key = [0u8; 32];
        clock.random(&mut key);
        Self(Mutex::new(Counts { key, since: clock.now(), sent: HashMap::new() }))
    }

    /// Counts one more, unless it is one too many.
    ///
    /// # Errors
    /// When it is.
    pub fn admit(&self, state: &State, visitor: &Visitor, kind: Kind) -> Result<(), Flooded> {
        let now = state.clock.now();
        let (most, span) = match kind {
            Kind::Form => (state.settings.forms, Duration::from_mins(1)),
            Kind::Asked => (ASKED, Duration::from_hours(1)),
            Kind::Browser => (state.settings.browsers, Duration::from_mins(10)),
            Kind::Opening => (OPENINGS, Duration::from_mins(1)),
            Kind::Submission | Kind::Address => {
                (state.settings.submissions, Duration::from_mins(10))
            }
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.since(counts.since) > KEY_AGE || now < counts.since || counts.sent.len() >= ADDRESSES
        {
            state.clock.random(&mut counts.key);
            counts.since = now;
            counts.sent.clear();
        }
        let name = (hashed(&counts.key, visitor), kind);
        let sent = counts.sent.entry(name).or_default();
        sent.retain(|at| now.since(*at) < span);
        match sent.first() {
            Some(first) if sent.len() >= most => {
                Err(Flooded(span.saturating_sub(now.since(*first))))
            }
            _ => {
                sent.push(now);
                Ok(())
            }
        }
    }

    /// Takes the latest one back: it was refused for another reason, and costs nothing.
    pub fn forgive(&self, visitor: &Visitor, kind: Kind) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (hashed(&counts.key, visitor), kind);
        if let Some(sent) = counts.sent.get_mut(&name) {
            sent.pop();
        }
    }
}

fn hashed(key: &[u8; 32], visitor: &Visitor) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::new().chain_update(key).chain_update(visitor.0).finalize().into();
    let mut half = [0u8; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let address = match app.settings.reader {
            Reader::Peer => peer,
            Reader::Forwarded => forwarded(parts).or(peer),
        };
        Ok(Self(match address.map(|a| a.to_canonical()) {
            Some(IpAddr::V4(four)) => u64::from(four.to_bits()).to_be_bytes(),
            Some(IpAddr::V6(six)) => {
                let [a, b, c, d, ..] = six.segments();
                let network = [a, b, c, d].iter().fold(0, |n, s| n << 16 | u64::from(*s));
                network.to_be_bytes()
            }
            None => [0; 8],
        }))
    }
}

fn forwarded(parts: &Parts) -> Option<IpAddr> {
    let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}
