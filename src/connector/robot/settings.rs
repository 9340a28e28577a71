//! What an operator sets for a group robot.

use super::Make;
use crate::connector::http::{ClientError, served};
use crate::connector::{Quota, Secret};
use crate::text::Form;
use url::Url;

/// One robot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose it is.
    pub make: Make,
    /// What makes its address its own: the key (WeCom), the access token (DingTalk), the last part of the path
    /// (Feishu); or the whole address, as the platform shows it.
    pub token: Secret,
    /// Where its platform is reached; by default where the platform says. Lark: `https://open.larksuite.com`.
    pub api_url: Option<String>,
    /// Signs each message, where the group's settings ask for it (加签; DingTalk, Feishu).
    pub secret: Option<Secret>,
    /// Without this word the group's settings refuse a message (关键词; DingTalk, Feishu): it is added where it
    /// does not occur.
    pub keyword: Option<String>,
    /// How messages are written.
    pub format: Format,
    /// In which form posts are told; news cards are WeCom's alone.
    pub form: Form,
    /// The HTTP proxy through which the platform is reached; none by default. It may hold a password.
    pub proxy: Option<Secret>,
    /// What is limited besides what the platform limits.
    pub quota: Quota,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With bold letters and links behind words.
    #[default]
    Markdown,
    /// As bare text, addresses written out: for readers whose app does not show the other.
    Text,
}

impl Settings {
    /// A robot with this token and the defaults.
    #[must_use]
    pub fn new(make: Make, token: Secret) -> Self {
        Self {
            make,
            token,
            api_url: None,
            secret: None,
            keyword: None,
            format: Format::default(),
            form: Form::default(),
            proxy: None,
            quota: Quota::default(),
        }
    }

    /// The whole address of the robot.
    pub(super) fn url(&self) -> Result<Url, SettingsError> {
        let token = self.token.reveal().trim();
        let (host, path, query) = match self.make {
            Make::Wecom => ("https://qyapi.weixin.qq.com", "/cgi-bin/webhook/send", Some("key")),
            Make::Dingtalk => ("https://oapi.dingtalk.com", "/robot/send", Some("access_token")),
            Make::Feishu => ("https://open.feishu.cn", "/open-apis/bot/v2/hook/", None),
        };
        let token = match Url::parse(token) {
            Ok(whole) => match query {
                Some(name) => whole.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into()),
                None => whole.path().strip_prefix(path).map(str::to_owned),
            }
            .ok_or(SettingsError::Token)?,
            Err(_) => token.to_owned(),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if token.is_empty() || !token.chars().all(fits) {
            return Err(SettingsError::Token);
        }
        let host = self.api_url.as_deref().unwrap_or(host).trim_end_matches('/');
        let url = match query {
            Some(name) => format!("{host}{path}?{name}={token}"),
            None => format!("{host}{path}{token}"),
        };
        served(&url).ok_or(SettingsError::ApiUrl)
    }

    /// The address without its host, which is the robot's own; none where it cannot be used.
    #[must_use]
    pub fn own(&self) -> Option<Secret> {
        let url = self.url().ok()?;
        Some(Secret::new(format!("{}?{}", url.path(), url.query().unwrap_or_default())))
    }

    /// Finds out whether the settings can be used.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.url().map(drop)
    }
}

/// What is wrong with the settings of a robot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The token is none.
    #[error("`token` is neither a robot's address nor the key in it")]
    Token,
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
