//! What an operator sets for an app of Feishu or Lark.

use crate::connector::http::{ClientError, served};
use crate::connector::{Quota, Secret};
use url::Url;

/// One app. Only its ID and its secret must be given; without [`Calls`] and without a connection it sends and hears
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The app's ID, `cli_…`.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Secret,
    /// How it hears what happens.
    pub receive: Receive,
    /// What proves that a call comes from the platform; `None` where none is to be taken.
    pub calls: Option<Calls>,
    /// Where the platform is reached. Lark: `https://open.larksuite.com`.
    pub api_url: String,
    /// The HTTP proxy through which the platform is reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// What is limited besides over all chats.
    pub quota: Quota,
    /// What is limited besides in each chat.
    pub chat_quota: Quota,
    /// At most so many requests at once.
    pub parallel: u32,
}

/// How an app hears what happens, as it is chosen on its page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receive {
    /// The platform calls us.
    #[default]
    Http,
    /// Over a connection that we hold (长连接).
    Long,
}

/// What proves that a call comes from the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// The Encrypt Key: calls are encrypted and signed with it.
    pub encrypt_key: Secret,
    /// The Verification Token, which stands in each call.
    pub verification_token: Secret,
}

impl Settings {
    /// Where Feishu is reached.
    pub const API: &'static str = "https://open.feishu.cn";
    /// How many requests there may be at once.
    pub const PARALLEL: u32 = 16;

    /// An app with this ID and secret and the defaults.
    #[must_use]
    pub fn new(app_id: String, app_secret: Secret) -> Self {
        Self {
            app_id,
            app_secret,
            receive: Receive::default(),
            calls: None,
            api_url: Self::API.to_owned(),
            proxy: None,
            quota: Quota::default(),
            chat_quota: Quota::default(),
            parallel: Self::PARALLEL,
        }
    }

    /// Where the API begins.
    pub(super) fn base(&self) -> Result<Url, SettingsError> {
        let named = |letters: &str| !letters.is_empty() && !letters.contains(char::is_whitespace);
        if !named(&self.app_id) || !named(self.app_secret.reveal()) {
            return Err(SettingsError::App);
        }
        let empty = |calls: &Calls| {
            calls.encrypt_key.reveal().is_empty() || calls.verification_token.reveal().is_empty()
        };
        if self.calls.as_ref().is_some_and(empty) {
            return Err(SettingsError::Calls);
        }
        served(self.api_url.trim_end_matches('/')).ok_or(SettingsError::ApiUrl)
    }

    /// Where a person's own chat with the app is opened.
    pub(super) fn direct(&self) -> String {
        let host = if self.api_url.contains("larksuite") { "larksuite.com" } else { "feishu.cn" };
        format!("https://applink.{host}/client/bot/open?appId={}", self.app_id)
    }
}

/// What is wrong with the settings of an app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No app is named.
    #[error("`app_id` and `app_secret` must be as the platform shows them")]
    App,
    /// With an empty key everybody could sign.
    #[error("`encrypt_key` and `verification_token` must not be empty")]
    Calls,
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
