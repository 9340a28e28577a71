//! What an operator sets for a bot.

pub use crate::connector::Secret;

use crate::connector::Quota;
use serde::{Deserialize, Serialize};

/// One bot. Only `token` must be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The token that `@BotFather` gave: `123456:ABC…`.
    pub token: Secret,
    /// Where the Bot API is served; another address for a server of one's own.
    #[serde(default = "Settings::default_api_url")]
    pub api_url: String,
    /// The HTTP proxy through which Telegram is reached; none by default. It may hold a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Secret>,
    /// How updates arrive: `"polling"` (default), or a table `webhook` with `url` and `secret`.
    #[serde(default)]
    pub receive: Receive,
    /// At most so many messages a second, over all chats (default 30).
    #[serde(default = "Settings::default_per_second")]
    pub per_second: u32,
    /// At most so many messages a second to one chat (default 1).
    #[serde(default = "Settings::default_chat_per_second")]
    pub chat_per_second: u32,
    /// At most so many messages a minute to one group or channel (default 20).
    #[serde(default = "Settings::default_group_per_minute")]
    pub group_per_minute: u32,
    /// What is limited besides over all chats.
    #[serde(default)]
    pub quota: Quota,
    /// What is limited besides in each chat.
    #[serde(default)]
    pub chat_quota: Quota,
    /// At most so many requests at once (default 32).
    #[serde(default = "Settings::default_parallel")]
    pub parallel: u32,
}

/// How updates arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Receive {
    /// We ask Telegram.
    #[default]
    Polling,
    /// Telegram calls us.
    Webhook {
        /// The public `https` address of this account's callback, on port 443, 80, 88 or 8443.
        url: String,
        /// What Telegram shows with each call: 1 to 256 of `A-Z a-z 0-9 _ -`.
        secret: Secret,
    },
}

impl Settings {
    /// A bot with this token and the defaults.
    #[must_use]
    pub fn new(token: Secret) -> Self {
        Self {
            token,
            api_url: Self::default_api_url(),
            proxy: None,
            receive: Receive::Polling,
            per_second: Self::default_per_second(),
            chat_per_second: Self::default_chat_per_second(),
            group_per_minute: Self::default_group_per_minute(),
            quota: Quota::default(),
            chat_quota: Quota::default(),
            parallel: Self::default_parallel(),
        }
    }

    fn default_api_url() -> String {
        "https://api.telegram.org".to_owned()
    }

    const fn default_per_second() -> u32 {
        30
    }

    const fn default_chat_per_second() -> u32 {
        1
    }

    const fn default_group_per_minute() -> u32 {
        20
    }

    const fn default_parallel() -> u32 {
        32
    }

    /// The bot's own ID, which every token begins with.
    pub(super) fn bot_id(&self) -> Result<u64, SettingsError> {
        let (id, rest) = self.token.reveal().split_once(':').ok_or(SettingsError::Token)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if rest.is_empty() || !rest.chars().all(fits) {
            return Err(SettingsError::Token);
        }
        id.parse().map_err(|_| SettingsError::Token)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let counts = [
            ("per_second", self.per_second),
            ("chat_per_second", self.chat_per_second),
            ("group_per_minute", self.group_per_minute),
            ("parallel", self.parallel),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, n)| *n == 0) {
            return Err(SettingsError::Zero(name));
        }
        let Receive::Webhook { url, secret } = &self.receive else { return Ok(()) };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let length = secret.reveal().len();
        if !(1..=256).contains(&length) || !secret.reveal().chars().all(fits) {
            return Err(SettingsError::WebhookSecret);
        }
        match url::Url::parse(url) {
            Ok(url) if url.scheme() == "https" => Ok(()),
            _ => Err(SettingsError::WebhookUrl),
        }
    }
}

/// What is wrong with the settings of a bot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The token is none.
    #[error("`token` is not of the form 123456:ABC…")]
    Token,
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// The webhook's address cannot be used.
    #[error("`receive.webhook.url` is not an https address")]
    WebhookUrl,
    /// The webhook's secret cannot be used.
    #[error("`receive.webhook.secret` is not 1 to 256 of A-Z a-z 0-9 _ -")]
    WebhookSecret,
    /// A limit lets nothing through.
    #[error("`{0}` is 0, so nothing would ever be sent")]
    Zero(&'static str),
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] crate::connector::http::ClientError),
}
