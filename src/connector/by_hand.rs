//! Groups that no program can write to: those of personal WeChat, before all. A person brings it there.
//!
//! Nothing leaves from here. What is sent is only ready to be copied; from then on it is in people's hands (see
//! [`Finish::Handed`]), and whoever looks after these asks them, reminds them, and writes down who did it.

use super::{Amendment, Connector, Finish, Limits, Outgoing, Receipt, SendFailure, capabilities};
use crate::model::{AccountId, Address, ChatKind, MessageRef, Platform};
use crate::text::Size;
use async_trait::async_trait;
use std::time::Duration;

/// Groups that people keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The groups.
    pub groups: Vec<Group>,
    /// How many characters a piece has that is copied at once.
    pub piece: usize,
}

/// A group that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in addresses.
    pub id: String,
    /// Who brings things there: an identity, a seat, or what the list of staff says (see `desk`).
    pub keeper: String,
    /// Who does when the keeper does not.
    pub deputy: Option<String>,
    /// After what time the keeper is reminded.
    pub remind_after: Duration,
    /// After what time from there on the deputy is asked, and then staff are told.
    pub hand_over_after: Duration,
}

impl Settings {
    /// How much one piece holds.
    #[must_use]
    pub fn size(&self) -> Size {
        Size { max: self.piece, ..capabilities::of(Platform::ByHand).size }
    }

    /// Where a group of the account `account` is.
    #[must_use]
    pub fn address(account: &AccountId, group: &str) -> Address {
        let (account, chat) = (account.clone(), format!("h/{group}"));
        Address { account, kind: ChatKind::Group, chat, thread: None }
    }
}

/// The groups of one account.
pub struct ByHand {
    account: AccountId,
    chats: Vec<String>,
    limits: Limits,
}

impl ByHand {
    /// The account with these settings.
    #[must_use]
    pub fn new(account: AccountId, settings: &Settings) -> Self {
        let chat = |group: &Group| Settings::address(&account, &group.id).chat;
        let chats = settings.groups.iter().map(chat).collect();
        let limits =
            Limits { size: settings.size(), account: Vec::new(), chat: Vec::new(), parallel: 8 };
        Self { account, chats, limits }
    }
}

#[async_trait]
impl Connector for ByHand {
    fn platform(&self) -> Platform {
        Platform::ByHand
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn finish(&self, _kind: ChatKind) -> Finish {
        Finish::Handed
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        if !self.chats.contains(&message.to.chat) {
            return Err(SendFailure::Gone("the configuration no longer has this group".to_owned()));
        }
        Ok(Receipt { message: message.once.clone() })
    }

    async fn amend(&self, _: &MessageRef, _: &Amendment) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("nothing is changed where a person brings it".to_owned()))
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("nobody presses anything where a person brings it".to_owned()))
    }
}
