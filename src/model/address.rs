//! Where messages go and who they come from, without a platform's own words.

use serde::{Deserialize, Serialize};

/// A kind of chat platform. The names are the ones of configuration and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Telegram, by a bot.
    Telegram,
    /// The program's own pages.
    Web,
    /// A robot of a WeCom group, which only sends.
    WecomRobot,
    /// A custom robot of a DingTalk group, which only sends.
    DingtalkRobot,
    /// A custom bot of a Feishu or Lark group, which only sends.
    FeishuRobot,
    /// Another system, by signed calls in both directions.
    Webhook,
    /// DingTalk, by a robot of an app.
    Dingtalk,
    /// A WeChat Official Account.
    OfficialAccount,
    /// An app of Feishu or Lark, by its bot.
    Feishu,
    /// An application of WeCom that the organisation made itself.
    Wecom,
    /// Browsers of readers, by their push services.
    WebPush,
    /// Groups that no program can write to, such as those of WeChat: a person brings it there.
    ByHand,
    /// E-mail.
    Email,
    /// A smart robot of WeCom.
    WecomBot,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Telegram,
        Self::Web,
        Self::WecomRobot,
        Self::DingtalkRobot,
        Self::FeishuRobot,
        Self::Webhook,
        Self::Dingtalk,
        Self::OfficialAccount,
        Self::Feishu,
        Self::Wecom,
        Self::WebPush,
        Self::ByHand,
        Self::Email,
        Self::WecomBot,
    ];

    /// The name in configuration, addresses and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Web => "web",
            Self::WecomRobot => "wecom-robot",
            Self::DingtalkRobot => "dingtalk-robot",
            Self::FeishuRobot => "feishu-robot",
            Self::Webhook => "webhook",
            Self::Dingtalk => "dingtalk",
            Self::OfficialAccount => "official-account",
            Self::Feishu => "feishu",
            Self::Wecom => "wecom",
            Self::WebPush => "web-push",
            Self::ByHand => "by-hand",
            Self::Email => "email",
            Self::WecomBot => "wecom-bot",
        }
    }
}

/// One account on a platform (a bot, a robot key, this site), by its name in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What sort of chat it is; limits and manners differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChatKind {
    /// Several members who can all write.
    Group,
    /// Readers, and few who write.
    Channel,
    /// One person and the program.
    Direct,
}

/// A chat that can be written to. `chat` and `thread` mean something to the connector alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The account through which it is reached.
    pub account: AccountId,
    /// What sort of chat it is.
    pub kind: ChatKind,
    /// The platform's name for the chat.
    pub chat: String,
    /// The thread (forum topic) within the chat, where one was chosen.
    pub thread: Option<String>,
}

/// One message in a chat, ours or another's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageRef {
    /// The account through which it was seen.
    pub account: AccountId,
    /// The platform's name for the chat.
    pub chat: String,
    /// The platform's name for the message within the chat.
    pub message: String,
}

/// Who somebody is on a platform: `telegram:4242`, `web:…`. Kept in clear for staff only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(pub String);

impl Identity {
    /// The identity of `name` on `platform`.
    #[must_use]
    pub fn new(platform: Platform, name: &str) -> Self {
        Self(format!("{}:{name}", platform.name()))
    }
}

/// The languages in which the program speaks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Lang {
    /// Simplified Chinese, the default.
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// The BCP 47 tag, as in `<html lang>`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}
