//! What an operator sets for another system.

use crate::connector::http::{ClientError, Reach};
use crate::connector::signed::standard::Key;
use crate::connector::{Quota, Secret};
use url::Url;

/// Another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where what we say is posted. It may hold a secret, and is shown to nobody.
    pub url: Secret,
    /// Signs both directions: `whsec_` and 24 to 64 bytes in base64.
    pub secret: Secret,
    /// The secret before it, while both are in use: we sign with both, and take either.
    pub old_secret: Option<Secret>,
    /// Which addresses may be called.
    pub reach: Reach,
    /// The HTTP proxy through which it is reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// At most so many calls at once.
    pub parallel: usize,
    /// What is limited besides.
    pub quota: Quota,
}

impl Settings {
    /// A system at this address with the defaults.
    #[must_use]
    pub fn new(url: Secret, secret: Secret) -> Self {
        Self {
            url,
            secret,
            old_secret: None,
            reach: Reach::Public,
            proxy: None,
            parallel: 4,
            quota: Quota::default(),
        }
    }

    pub(super) fn url(&self) -> Result<Url, SettingsError> {
        let url = Url::parse(self.url.reveal().trim()).map_err(|_| SettingsError::Url)?;
        let fits = url.host().is_some()
            && match self.reach {
                Reach::Public => url.scheme() == "https",
                Reach::Any => matches!(url.scheme(), "http" | "https"),
            };
        if fits { Ok(url) } else { Err(SettingsError::Url) }
    }

    pub(super) fn keys(&self) -> Result<Vec<Key>, SettingsError> {
        let all = std::iter::once(&self.secret).chain(&self.old_secret);
        all.map(|secret| Key::parse(secret).map_err(|_| SettingsError::Secret)).collect()
    }

    /// Finds out whether the settings can be used.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.url()?;
        self.keys().map(drop)
    }
}

/// What is wrong with the settings of another system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address cannot be used.
    #[error("`url` is not an https address")]
    Url,
    /// The secret is none.
    #[error("`secret` is not whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
