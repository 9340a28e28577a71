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
    /// (Feishu); or the whole address, as the platform shows it: then its host is one of the platform's.
    pub token: Secret,
    /// Where its platform is reached, whatever address is given; by default at the host of the whole address, or the
    /// platform's first. Lark, where no whole address is given: `https://open.larksuite.com`.
    pub api_url: Option<String>,
    /// Signs each message, where the group's settings ask for it (加签; DingTalk, Feishu).
    pub secret: Option<Secret>,
    /// Without this word the group's settings refuse a message (关键词; DingTalk, Feishu): it is added where it
    /// does not occur.
    pub keyword: Option<String>,
    /// How messages are written.
    pub format: Format,
    /// In which form posts are told; of the robots, WeCom's alone have news cards.
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

/// How the addresses of a platform's robots look.
struct Shape {
    /// Where they are; the first unless something else is said.
    hosts: &'static [&'static str],
    /// What stands behind the host.
    path: &'static str,
    /// What names the robot; `None` where that stands at the end of the path.
    query: Option<&'static str>,
}

impl Make {
    const fn shape(self) -> Shape {
        let (hosts, path, query): (&[&str], _, _) = match self {
            Self::Wecom => (&["qyapi.weixin.qq.com"], "/cgi-bin/webhook/send", Some("key")),
            Self::Dingtalk => (&["oapi.dingtalk.com"], "/robot/send", Some("access_token")),
            Self::Feishu => {
                (&["open.feishu.cn", "open.larksuite.com"], "/open-apis/bot/v2/hook/", None)
            }
        };
        Shape { hosts, path, query }
    }
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
        let given = self.token.reveal().trim();
        let Shape { hosts, path, query } = self.make.shape();
        let (token, host) = match Url::parse(given) {
            Ok(whole) => {
                let token = match query {
                    Some(name) => {
                        whole.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into())
                    }
                    None => whole.path().strip_prefix(path).map(str::to_owned),
                };
                let host = hosts.iter().copied().find(|host| whole.host_str() == Some(*host));
                (token.ok_or(SettingsError::Token)?, host)
            }
            Err(_) => (given.to_owned(), hosts.first().copied()),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if token.is_empty() || !token.chars().all(fits) {
            return Err(SettingsError::Token);
        }
        let place = match (&self.api_url, host) {
            (Some(place), _) => place.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("https://{host}"),
            (None, None) => return Err(SettingsError::Host),
        };
        let url = match query {
            Some(name) => format!("{place}{path}?{name}={token}"),
            None => format!("{place}{path}{token}"),
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
    /// The address is at a host that is none of the platform's.
    #[error("`token` is an address at a host of somebody else's")]
    Host,
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
