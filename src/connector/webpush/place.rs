//! Where a browser is: what it gave when its reader asked to be notified.

use super::settings::Settings;
use crate::connector::http::{Reach, is_public};
use crate::connector::signed::push::Browser;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use url::{Host, Url};

/// The longest endpoint that is taken, in bytes; those of today have up to about 900.
const ENDPOINT_MAX: usize = 2_048;

/// A subscription as a browser gives it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Where its service takes messages for it. Whoever knows it can send.
    pub endpoint: String,
    /// The browser's public key.
    pub p256dh: String,
    /// The secret that goes into the encryption.
    pub auth: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Why a subscription is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The endpoint is no address that can be called.
    #[error("the endpoint is no address that is called")]
    Endpoint,
    /// It is of a service that the operator does not name.
    #[error("the operator does not name the push service")]
    Service,
    /// The keys are none.
    #[error("the keys are none")]
    Keys,
}

/// A subscription that was read.
pub(super) struct Place {
    pub endpoint: Url,
    pub browser: Browser,
    given: Given,
}

impl Place {
    /// Reads what a browser gave, which may be anything.
    pub fn read(given: &Given, settings: &Settings) -> Result<Self, Unfit> {
        if given.endpoint.len() > ENDPOINT_MAX {
            return Err(Unfit::Endpoint);
        }
        let place = Self::of(given.clone())?;
        let url = &place.endpoint;
        let plain = url.username().is_empty() && url.password().is_none();
        let open = match settings.reach {
            Reach::Public => url.scheme() == "https" && url.port().is_none(),
            Reach::Any => matches!(url.scheme(), "http" | "https"),
        };
        let numbers = match url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::from(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::from(v6)),
            _ => None,
        };
        let inner = settings.reach == Reach::Public && numbers.is_some_and(|n| !is_public(n));
        if !plain || !open || inner || url.fragment().is_some() {
            return Err(Unfit::Endpoint);
        }
        let host = url.host_str().unwrap_or_default();
        if settings.names(host) { Ok(place) } else { Err(Unfit::Service) }
    }

    fn of(given: Given) -> Result<Self, Unfit> {
        let endpoint = Url::parse(&given.endpoint).map_err(|_| Unfit::Endpoint)?;
        let browser = Browser::read(&given.p256dh, &given.auth).map_err(|_| Unfit::Keys)?;
        Ok(Self { endpoint, browser, given })
    }

    /// The place as an address holds it.
    pub fn written(&self) -> String {
        // Three texts always have a JSON form.
        serde_json::to_string(&self.given).unwrap_or_default()
    }

    /// The same read back.
    pub fn written_in(chat: &str) -> Option<Self> {
        Self::of(serde_json::from_str(chat).ok()?).ok()
    }

    /// The host of its service, which may be told.
    pub fn service(&self) -> String {
        self.endpoint.host_str().unwrap_or_default().to_owned()
    }

    /// For whom a proof of who we are is meant.
    pub fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    /// What a service said, without what only the browser's own service may know.
    pub fn hidden_from(&self, words: &str) -> String {
        let own = [self.given.endpoint.as_str(), self.endpoint.path()];
        let last = self.endpoint.path().rsplit('/').next().unwrap_or_default();
        let long = |text: &&str| text.len() >= 8;
        let own = own.into_iter().chain([last, &self.given.auth]).filter(long);
        own.fold(words.to_owned(), |words, part| words.replace(part, "***"))
    }
}
