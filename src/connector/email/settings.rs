//! What an operator sets for a mailbox.

use super::dkim::{KeyFault, Signer};
use crate::connector::{Quota, Secret};
use crate::model::{Lang, TopicId};
use lettre::Address;
use lettre::message::Mailbox;
use std::net::IpAddr;

/// One mailbox, and how mail leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who writes: `同心社区 <news@example.org>`. Its domain names our messages.
    pub from: Mailbox,
    /// Where mail is handed in.
    pub smtp: Host,
    /// Where answers are read; none: nothing is heard.
    pub imap: Option<Inbox>,
    /// Whether an answer's address may carry a name of its own behind a sign (`news+NAME@…`).
    pub tags: Tags,
    /// Signs what leaves, where the host that takes it does not.
    pub dkim: Option<Dkim>,
    /// The base of links to our pages, without a slash at the end.
    pub public_url: String,
    /// Whom the office brings along.
    pub known: Known,
    /// How many messages are on their way at once.
    pub parallel: usize,
    /// What is limited besides the rate of the table.
    pub quota: Quota,
}

/// Whom the office brings along: they agreed to that elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Their addresses.
    pub addresses: Vec<Address>,
    /// What they are sent.
    pub topics: Vec<TopicId>,
    /// The language in which they are written to.
    pub lang: Lang,
}

/// A host, and who we are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Who we are there; none: nobody asks (a host on this machine).
    pub login: Option<Login>,
}

/// Who we are at a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// What proves it.
    pub password: Secret,
}

/// A mailbox that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The host.
    pub host: Host,
    /// The folder.
    pub folder: String,
    /// What becomes of a message once it was taken in.
    pub taken: Taken,
}

/// What becomes of a message in the mailbox once it was taken in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taken {
    /// It goes: what people write is kept here alone, where it can be erased.
    #[default]
    Delete,
    /// It stays, marked as read.
    Keep,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (ports 465 and 993).
    Implicit,
    /// Asked for at the beginning, and insisted on (ports 587 and 143).
    Starttls,
    /// Not at all: within this machine alone.
    None,
}

/// Whether the address of an answer carries a name of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tags {
    /// Behind a plus sign.
    #[default]
    Plus,
    /// Behind a minus sign.
    Minus,
    /// It does not: answers are known by what they refer to.
    None,
}

impl Tags {
    /// The sign.
    pub(super) const fn sign(self) -> Option<char> {
        match self {
            Self::Plus => Some('+'),
            Self::Minus => Some('-'),
            Self::None => None,
        }
    }
}

/// What signs our messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dkim {
    /// The domain that vouches for them.
    pub domain: String,
    /// Under which name its key is published.
    pub selector: String,
    /// The private key, in PEM: RSA of 2048 bits or more, or Ed25519.
    pub key: Secret,
}

impl Dkim {
    /// Looks whether it can sign.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self) -> Result<(), KeyFault> {
        Signer::new(self).map(|_| ())
    }
}

impl Host {
    /// Whether it is this machine: nothing else may be reached in clear.
    #[must_use]
    pub fn is_here(&self) -> bool {
        let numbers = self.name.trim_matches(['[', ']']).parse::<IpAddr>();
        self.name == "localhost" || numbers.is_ok_and(|ip| ip.is_loopback())
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.tls == Tls::None && !self.is_here() {
            return Err(SettingsError::InClear(self.name.clone()));
        }
        Ok(())
    }
}

impl Settings {
    /// Looks whether they can be used.
    ///
    /// # Errors
    /// When they cannot.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.smtp.check()?;
        self.imap.iter().try_for_each(|inbox| inbox.host.check())
    }
}

/// What is wrong with the settings of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// What people write would go over the network as it is.
    #[error("`{0}` would be reached in clear: `tls = \"none\"` is for this machine alone")]
    InClear(String),
    /// Nothing could be signed.
    #[error("`dkim_key` cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// No encrypted connection could be made.
    #[error("prepare for encrypted connections: {0}")]
    Tls(String),
}
