//! What an operator sets for a smart robot of WeCom.

use crate::connector::http::{ClientError, served};
use crate::connector::signed::KeyFault;
use crate::connector::{Quota, Secret};
use url::Url;

/// One robot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The robot's ID (`Bot ID`).
    pub bot_id: String,
    /// How it hears what happens.
    pub receive: Receive,
    /// What groups call it by, where an operator says it.
    pub name: Option<String>,
    /// Who may subscribe groups, by their `userid`; everybody in them where nobody is named.
    pub deciders: Vec<String>,
    /// Where the platform is reached: in the long mode where connections are held, otherwise what the addresses for
    /// answers begin with.
    pub api_url: String,
    /// The HTTP proxy through which it is reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// What is limited besides over all chats.
    pub quota: Quota,
    /// What is limited besides in each chat.
    pub chat_quota: Quota,
}

/// How a robot hears what happens, as it is chosen on its page in WeCom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receive {
    /// Over a connection that we hold (长连接).
    Long {
        /// What proves that we are the robot.
        secret: Secret,
    },
    /// It is called (回调 URL), and can only answer.
    Called {
        /// What signs the calls (Token).
        token: Secret,
        /// What encrypts them (`EncodingAESKey`): 43 letters.
        aes_key: Secret,
    },
}

impl Receive {
    /// Where the platform is reached unless an operator says otherwise.
    #[must_use]
    pub const fn api_url(&self) -> &'static str {
        match self {
            Self::Long { .. } => "https://openws.work.weixin.qq.com",
            Self::Called { .. } => "https://qyapi.weixin.qq.com",
        }
    }

    /// What nobody else knows.
    pub(super) const fn key(&self) -> &Secret {
        match self {
            Self::Long { secret } => secret,
            Self::Called { aes_key, .. } => aes_key,
        }
    }
}

impl Settings {
    /// A robot with this ID and the defaults.
    #[must_use]
    pub fn new(bot_id: String, receive: Receive) -> Self {
        Self {
            bot_id,
            api_url: receive.api_url().to_owned(),
            receive,
            name: None,
            deciders: Vec::new(),
            proxy: None,
            quota: Quota::default(),
            chat_quota: Quota::default(),
        }
    }

    /// Where connections are held, or answers go.
    pub(super) fn base(&self) -> Result<Url, SettingsError> {
        served(&self.api_url).ok_or(SettingsError::ApiUrl)
    }
}

/// What is wrong with the settings of a robot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// Calls could not be read.
    #[error("`token` or `aes_key` cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
