//! Another system, by signed calls in both directions: Standard Webhooks (standardwebhooks.com).
//!
//! What we say is posted to one address of theirs, and what happens there they post to `/hook/NAME` here. A call
//! carries `webhook-id`, which is the same when it is repeated: whoever takes it takes it once, and so do we.
//! Their group is one chat; each of their people is another, under whatever name that system gives them.
//!
//! **Invariant:** nothing goes to an address within this machine's own networks unless the operator allows it,
//! whatever a name resolves to and whenever it does; and no answer leads to another address.

mod receive;
mod send;
mod settings;

pub use settings::{Settings, SettingsError};

use super::http::Caller;
use super::signed::standard::Key;
use super::{
    Accepted, Amendment, CallbackError, Connector, Enclosure, Limits, Outgoing, Receipt, Secret,
    SendFailure, capabilities,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, MessageRef, Platform};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use url::Url;

/// What the group of the other system is called in addresses; no person there is.
const GROUP: &str = "*";

/// One other system.
pub struct Hook {
    account: AccountId,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    url: Url,
    /// The newest first.
    keys: Vec<Key>,
}

impl Hook {
    /// The system with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let can = capabilities::of(Platform::Webhook);
        let limits = Limits::of(can, &settings.quota, settings.parallel);
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        Ok(Self {
            account,
            caller: Caller::reaching(settings.reach, settings.parallel, proxy)?,
            clock,
            limits,
            url: settings.url()?,
            keys: settings.keys()?,
        })
    }

    fn chat(&self, kind: ChatKind, chat: &str) -> Address {
        Address { account: self.account.clone(), kind, chat: chat.to_owned(), thread: None }
    }
}

#[async_trait]
impl Connector for Hook {
    fn platform(&self) -> Platform {
        Platform::Webhook
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn only_chat(&self) -> Option<Address> {
        Some(self.chat(ChatKind::Channel, GROUP))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.say(message, &[]).await
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.say(message, enclosures).await
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        self.change(sent, to).await
    }

    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        self.answer(press, words).await
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        self.take(callback)
    }
}
