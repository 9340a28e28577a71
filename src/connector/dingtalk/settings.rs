//! What an operator sets for a robot of an app.

use crate::connector::http::{ClientError, served};
use crate::connector::{Quota, Secret};

/// One robot of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The app's key (`AppKey`, also called Client ID).
    pub app_key: String,
    /// The app's secret: it fetches tokens, and signs what DingTalk calls us with.
    pub app_secret: Secret,
    /// The robot's code; for most apps the same as the key.
    pub robot_code: Option<String>,
    /// How it hears what is said.
    pub receive: Receive,
    /// Where DingTalk is reached.
    pub api_url: String,
    /// The HTTP proxy through which it is reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// What is limited besides; `month` replaces the 10,000 calls of the standard edition.
    pub quota: Quota,
}

/// How a robot hears what is said, as it is chosen on the app's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receive {
    /// DingTalk calls us.
    #[default]
    Http,
    /// Over a connection that we hold (Stream 模式).
    Stream,
}

impl Settings {
    /// Where DingTalk is reached unless an operator says otherwise.
    pub const API_URL: &str = "https://api.dingtalk.com";

    /// An app with this key and secret and the defaults.
    #[must_use]
    pub fn new(app_key: String, app_secret: Secret) -> Self {
        Self {
            app_key,
            app_secret,
            robot_code: None,
            receive: Receive::default(),
            api_url: Self::API_URL.to_owned(),
            proxy: None,
            quota: Quota::default(),
        }
    }

    /// The robot's code.
    pub(super) fn robot(&self) -> &str {
        self.robot_code.as_deref().unwrap_or(&self.app_key)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        served(&self.api_url).map(drop).ok_or(SettingsError::ApiUrl)
    }
}

/// What is wrong with the settings of a robot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
