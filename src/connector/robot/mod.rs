//! Group robots: an address that takes messages for one group and gives nothing back. WeCom, DingTalk, Feishu.
//!
//! They differ in how a message is written and in what the answer means; what they have in common is here. A
//! robot is an account with one chat: its group. Nobody can answer through it, and nothing that it said can be
//! changed.
//!
//! **Invariant:** success is what the body says, never the status of the answer: all three answer 200 to a
//! message that they refuse. The address of a robot is its secret, and no error repeats it.

mod dingtalk;
mod feishu;
mod settings;
mod wecom;

pub use settings::{Format, Settings, SettingsError};
pub(super) use wecom::md5;

use super::given::Given;
use super::http::{Answer, CallFailure, Caller};
use super::{
    Amendment, Connector, Enclosure, Limits, Outgoing, Receipt, Secret, SendFailure, WaitScope,
    capabilities, enclosure,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, MessageRef, Platform};
use crate::text::{Card, Carries, Part, Way};
use async_trait::async_trait;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long we wait where the platform does not say: its windows are minutes.
const WAIT: Duration = Duration::from_mins(1);
/// How much of what a platform says is kept.
const WORDS_MAX: usize = 300;
/// What the one chat of a robot is called.
const GROUP: &str = "group";

/// Whose robot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// WeCom's (企业微信 群机器人, 消息推送).
    Wecom,
    /// DingTalk's (钉钉 自定义机器人).
    Dingtalk,
    /// Feishu's or Lark's (飞书 自定义机器人).
    Feishu,
}

impl Make {
    /// The platform.
    #[must_use]
    pub const fn platform(self) -> Platform {
        match self {
            Self::Wecom => Platform::WecomRobot,
            Self::Dingtalk => Platform::DingtalkRobot,
            Self::Feishu => Platform::FeishuRobot,
        }
    }
}

/// One robot.
pub struct Robot {
    account: AccountId,
    settings: Settings,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    url: Url,
    /// Files that it was given, by the platform's names.
    given: Given,
}

impl Robot {
    /// The robot with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let mut can = capabilities::of(settings.make.platform());
        can.size = match settings.format {
            Format::Markdown => can.size,
            Format::Text => can.bare.unwrap_or(can.size),
        };
        can.size.max -= settings.keyword.as_ref().map_or(0, |word| word.len() + 8);
        let limits = Limits::of(can, &settings.quota, 1);
        Ok(Self {
            account,
            caller: Caller::new(1, proxy)?,
            clock,
            limits,
            url: settings.url()?,
            given: Given::default(),
            settings: settings.clone(),
        })
    }

    /// What the message says, with the word without which the group's settings refuse it.
    fn written(&self, part: &Part) -> Part {
        let mut part = part.clone();
        if let Some(word) = self.settings.keyword.as_deref()
            && !part.text.contains(word)
        {
            part.text.push('\n');
            part.text.push_str(word);
        }
        part
    }

    async fn post<T: Serialize + Sync>(&self, url: Url, body: &T) -> Result<Answer, CallFailure> {
        self.caller.post_json(url, body, PATIENCE).await
    }
}

/// The words of a platform, as many as are kept.
fn words(said: &str) -> String {
    said.chars().take(WORDS_MAX).collect()
}

/// Everything that this account sends waits.
const fn wait(span: Duration) -> SendFailure {
    SendFailure::Wait { span, scope: WaitScope::Account }
}

/// Our next step where no answer of the platform's came.
fn unanswered(failure: CallFailure) -> SendFailure {
    match failure {
        CallFailure::Unsent(words) | CallFailure::Forbidden(words) => SendFailure::Transient(words),
        CallFailure::Unanswered(words) => SendFailure::Unknown(words),
    }
}

/// Our next step after a page that the platform's robots did not write.
fn gateway(answer: &Answer) -> SendFailure {
    super::gateway::gateway(answer.status.as_u16(), answer.retry_after().unwrap_or(WAIT))
}

#[async_trait]
impl Connector for Robot {
    fn platform(&self) -> Platform {
        self.settings.make.platform()
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn carries(&self, _: ChatKind) -> Carries {
        let can = Carries { form: self.settings.form, ..capabilities::carries(self.platform()) };
        match (self.settings.make, self.settings.format) {
            // Its pictures are a part of its Markdown.
            (Make::Dingtalk, Format::Text) => Carries { pictures: Way::Linked, ..can },
            _ => can,
        }
    }

    fn only_chat(&self) -> Option<Address> {
        let (account, chat) = (self.account.clone(), GROUP.to_owned());
        Some(Address { account, kind: ChatKind::Channel, chat, thread: None })
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let part = self.written(&message.part);
        match self.settings.make {
            Make::Wecom => self.to_wecom(&part).await,
            Make::Dingtalk => self.to_dingtalk(&part, &message.once).await,
            Make::Feishu => self.to_feishu(&part).await,
        }?;
        // None of them names what it took.
        Ok(Receipt { message: message.once.clone() })
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        let enclosure = enclosure::alone(enclosures)?;
        match self.settings.make {
            Make::Wecom => self.media_to_wecom(message, enclosure).await,
            Make::Dingtalk => {
                let part = self.written(&message.part);
                self.picture_to_dingtalk(&part, enclosure, &message.once).await
            }
            Make::Feishu => Err(SendFailure::Rejected("only links are sent there".to_owned())),
        }?;
        Ok(Receipt { message: message.once.clone() })
    }

    async fn send_cards(&self, message: &Outgoing, cards: &[Card]) -> Result<Receipt, SendFailure> {
        self.cards_to_wecom(cards).await?;
        Ok(Receipt { message: message.once.clone() })
    }

    async fn amend(&self, _: &MessageRef, _: &Amendment) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("a group robot cannot change what it said".to_owned()))
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("a group robot has no buttons".to_owned()))
    }
}
