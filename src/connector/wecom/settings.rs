//! What an operator sets for an application of WeCom.

use crate::connector::http::{ClientError, served};
use crate::connector::signed::KeyFault;
use crate::connector::{OwnMenu, Quota, Secret};
use crate::text::Form;

/// One application that the organisation made itself (自建应用).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The organisation's ID (企业 ID): `ww…`.
    pub corp_id: String,
    /// The application's number there (`AgentId`).
    pub agent_id: u32,
    /// What proves that a call is ours (Secret).
    pub secret: Secret,
    /// What proves that a call is the platform's. Without it the application only sends.
    pub calls: Option<Calls>,
    /// Who is pushed to together, if anybody is.
    pub to: Option<Together>,
    /// Group chats that the application makes.
    pub chats: Vec<AppChat>,
    /// In which form posts are told.
    pub form: Form,
    /// Whether the application's menu is ours.
    pub menu: OwnMenu,
    /// Where the API is served.
    pub api_url: String,
    /// The HTTP proxy through which the platform is reached; none by default. It may hold a password. Its address
    /// is the one that the platform has to allow.
    pub proxy: Option<Secret>,
    /// For how many accounts the organisation has seats (账号上限): 200 times as many messages may be sent a day.
    /// `None`: what is sent to members alone is not counted by the day.
    pub seats: Option<u32>,
    /// What is limited besides what the platform limits.
    pub quota: Quota,
}

/// What the page of the application's calls (接收消息) shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// What signs the platform's calls (Token).
    pub token: Secret,
    /// What encrypts them (`EncodingAESKey`): 43 letters.
    pub aes_key: Secret,
}

/// Who is pushed to together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Together {
    /// Everybody whom the application may see.
    All,
    /// Those of some departments or with some tags.
    Some {
        /// Departments, by their numbers.
        parties: Vec<u32>,
        /// Tags, by their numbers.
        tags: Vec<u32>,
    },
}

/// A group chat that the application makes (群聊会话).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppChat {
    /// The platform's name for it: 1 to 32 letters and digits.
    pub id: String,
    /// What it is called when it is made.
    pub title: String,
    /// Who owns it and who else is in it, when it is made: names of members; nobody where it was made before.
    pub members: Vec<String>,
}

impl Settings {
    /// Where the API is served unless an operator says otherwise.
    pub const API: &str = "https://qyapi.weixin.qq.com";

    /// The address of the API, without a slash at its end.
    pub(super) fn base(&self) -> Result<String, SettingsError> {
        served(&self.api_url).ok_or(SettingsError::ApiUrl)?;
        Ok(self.api_url.trim_end_matches('/').to_owned())
    }
}

/// What is wrong with the settings of an application.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address of the API cannot be read.
    #[error("`api_url` is not an http or https address")]
    ApiUrl,
    /// Calls could not be read.
    #[error("`token` or `aes_key` cannot be used: {0}")]
    Key(#[from] KeyFault),
    /// No client can be built.
    #[error(transparent)]
    Client(#[from] ClientError),
}
