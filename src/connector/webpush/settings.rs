//! What an operator sets for the browsers of readers.

use crate::connector::http::{ClientError, Reach};
use crate::connector::{Quota, Secret};
use std::time::Duration;
use url::Url;

/// The browsers of readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whom a push service writes to when something is wrong: `mailto:` and an address, or an https address.
    pub contact: String,
    /// The hosts of the push services; `*.` before one stands for any name below it.
    pub services: Vec<String>,
    /// How long a service keeps a notification for a browser that is not there.
    pub ttl: Duration,
    /// Which addresses may be called.
    pub reach: Reach,
    /// The HTTP proxy through which they are reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// At most so many calls at once.
    pub parallel: usize,
    /// What is limited besides.
    pub quota: Quota,
}

/// The services of Chrome, Firefox, Safari and Edge.
const SERVICES: [&str; 4] = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
];

/// A name that is known below one of which only the end is given.
const KNOWN: [(&str, &str); 1] = [("*.push.apple.com", "web.push.apple.com")];

impl Settings {
    /// How long a service keeps a notification, unless an operator says otherwise.
    pub const TTL: Duration = Duration::from_hours(7 * 24);

    /// The defaults, with this contact.
    #[must_use]
    pub fn new(contact: String) -> Self {
        Self {
            contact,
            services: Self::services(),
            ttl: Self::TTL,
            reach: Reach::Public,
            proxy: None,
            parallel: 8,
            quota: Quota::default(),
        }
    }

    /// The hosts of the push services, unless an operator says otherwise.
    #[must_use]
    pub fn services() -> Vec<String> {
        SERVICES.map(str::to_owned).to_vec()
    }

    /// Whether this host is named.
    pub(super) fn names(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.services.iter().any(|service| match service.strip_prefix("*.") {
            Some(end) => host.strip_suffix(end).is_some_and(|front| front.ends_with('.')),
            None => host == *service,
        })
    }

    /// The hosts that can be tried without a browser's address.
    pub(super) fn probed(&self) -> Vec<String> {
        let known = |service: &String| match KNOWN.iter().find(|(name, _)| name == service) {
            Some((_, host)) => Some((*host).to_owned()),
            None => (!service.starts_with("*.")).then(|| service.clone()),
        };
        self.services.iter().filter_map(known).collect()
    }

    /// Finds out whether the settings can be used.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !is_contact(&self.contact) {
            return Err(SettingsError::Contact);
        }
        if self.services.is_empty() || !self.services.iter().all(|service| is_service(service)) {
            return Err(SettingsError::Service);
        }
        Ok(())
    }
}

/// Whether push services take it for a contact. Apple is the strictest: an address that could be one, with nothing
/// around it, or an https address; neither of this machine.
#[must_use]
pub fn is_contact(contact: &str) -> bool {
    let open = |host: &str| {
        let host = host.to_ascii_lowercase();
        let labels = |c: char| c.is_ascii_alphanumeric() || c == '-';
        host.contains('.')
            && host.split('.').all(|label| !label.is_empty() && label.chars().all(labels))
            && !host.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()))
            && ![".local", ".localhost", ".invalid", ".test"].iter().any(|end| host.ends_with(end))
    };
    if let Some(address) = contact.strip_prefix("mailto:") {
        let fits = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"@?&".contains(c);
        return address
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && name.chars().all(fits) && open(host));
    }
    let url = Url::parse(contact).ok().filter(|url| url.scheme() == "https");
    let plain = contact.chars().all(|c| c.is_ascii_graphic());
    plain && url.is_some_and(|url| url.host_str().is_some_and(open))
}

/// Whether it is the name of a host, or `*.` and the end of one.
#[must_use]
pub fn is_service(service: &str) -> bool {
    let host = service.strip_prefix("*.").unwrap_or(service);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| !label.is_empty() && label.chars().all(fits);
    host.split('.').all(label) && (host == service || host.contains('.'))
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No service would take the contact.
    #[error(
        "`contact` is neither mailto: with an address nor an https address of the open network"
    )]
    Contact,
    /// No service is named, or not by its host.
    #[error("`services` names no hosts")]
    Service,
    /// There is no key.
    #[error("no key can be made")]
    Key,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
