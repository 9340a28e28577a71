//! What an operator sets for a WeChat Official Account.

use crate::connector::http::{ClientError, served};
use crate::connector::signed::KeyFault;
use crate::connector::{OwnMenu, Quota, Secret};

/// One Official Account. The first four are shown by its console (开发接口管理), or chosen there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The account's own name for itself: `wx…` (开发者 ID).
    pub app_id: String,
    /// What proves that a call is ours (开发者密码).
    pub app_secret: Secret,
    /// What signs the platform's calls (令牌).
    pub token: Secret,
    /// What encrypts them (消息加解密密钥): 43 letters.
    pub aes_key: Secret,
    /// How followers are answered.
    pub replies: Replies,
    /// How far a post goes by itself.
    pub publish: Publish,
    /// The cover of every article without a picture of its own: a permanent material's name.
    pub thumb_media_id: Option<String>,
    /// Whether the account's menu is ours.
    pub menu: OwnMenu,
    /// Where the API is served.
    pub api_url: String,
    /// The HTTP proxy through which the platform is reached; none by default. It may hold a password. Its address
    /// is the one that the platform has to allow.
    pub proxy: Option<Secret>,
    /// What is limited besides what the platform limits.
    pub quota: Quota,
}

/// How followers are answered: what an account may depends on whether the platform has verified it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    /// By customer-service messages (客服消息).
    #[default]
    CustomerService,
    /// In the answer to the platform's call (被动回复), and at no other time.
    Passive,
}

/// How far a post goes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Publish {
    /// Into the box of drafts, from which a person sends it.
    #[default]
    Draft,
    /// To all followers (群发).
    Mass,
    /// Onto a page of its own (发布), of which no follower is told.
    Page,
}

impl Settings {
    /// The address of the API, without a slash at its end.
    pub(super) fn base(&self) -> Result<String, SettingsError> {
        served(&self.api_url).ok_or(SettingsError::ApiUrl)?;
        Ok(self.api_url.trim_end_matches('/').to_owned())
    }
}

/// What is wrong with the settings of an Official Account.
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
