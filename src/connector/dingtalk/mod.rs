//! DingTalk, by a robot of an app of one's own (企业内部应用机器人): it writes to groups and to people, and hears
//! whoever writes to it alone or calls it in a group.
//!
//! What it hears comes over a connection that we hold, or by HTTP, signed in two headers that cover nothing of the
//! body: the address must be `https`. What comes twice is known by its `msgId`. The address for quick answers that comes with each message
//! (`sessionWebhook`) is not used: whoever could write one into a call would be called by us.
//!
//! **Invariant:** neither the app's secret nor a token leaves this folder except in a call to DingTalk, and no
//! error repeats one.

mod errors;
mod media;
mod receive;
mod send;
mod settings;
mod stream;
mod token;

pub(super) use send::title;
pub use settings::{Receive, Settings, SettingsError};

use self::errors::{Trouble, read};
use self::stream::Stream;
use super::given::Given;
use super::http::{Answer, Caller};
use super::lately::Lately;
use super::token::{Bearer as _, Tokens};
use super::{
    Accepted, Amendment, CallbackError, Connector, Enclosure, Heard, Limits, Outgoing, Receipt,
    Secret, SendFailure, capabilities, enclosure, socket,
};
use crate::clock::Clock;
use crate::model::{AccountId, MessageRef, Platform};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The header of every call but the one for a token.
const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

/// One robot of an app.
pub struct Dingtalk {
    account: AccountId,
    settings: Settings,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    tokens: Tokens,
    lately: Lately,
    /// What it was given, by DingTalk's names.
    given: Given,
}

impl Dingtalk {
    /// The robot with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut can = capabilities::of(Platform::Dingtalk);
        if settings.quota.month.is_some() {
            can.account.retain(|rate| rate.span < Duration::from_hours(24));
        }
        let limits = Limits::of(can, &settings.quota, 8);
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        Ok(Self {
            given: Given::by(Platform::Dingtalk, &account),
            account,
            caller: Caller::new(8, proxy)?,
            clock,
            limits,
            tokens: Tokens::default(),
            lately: Lately::default(),
            settings: settings.clone(),
        })
    }

    fn url(&self, path: &str) -> Result<Url, Trouble> {
        let base = self.settings.api_url.trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|e| Trouble::Unsent(e.to_string()))
    }

    /// Calls one address.
    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, Trouble> {
        let asked = self.call_under(|token| async move {
            let unsent = |e: &dyn std::fmt::Display| Trouble::Unsent(e.to_string());
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let mut value = HeaderValue::from_str(token.reveal()).map_err(|e| unsent(&e))?;
            value.set_sensitive(true);
            headers.insert(TOKEN_HEADER, value);
            let body = serde_json::to_vec(body).map_err(|e| unsent(&e))?;
            let answer: Answer = self.caller.post(self.url(path)?, headers, body, PATIENCE).await?;
            read(&answer)
        });
        asked.await
    }
}

#[async_trait]
impl Connector for Dingtalk {
    fn platform(&self) -> Platform {
        Platform::Dingtalk
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        self.token(None).await.map_err(|trouble| trouble.failure())?;
        if self.settings.receive == Receive::Stream {
            self.ticket().await.map_err(|trouble| trouble.of_repeatable())?;
        }
        Ok(Some(self.settings.robot().to_owned()))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.say(message).await
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.send_media(message, enclosure::alone(enclosures)?).await
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        match to {
            // DingTalk changes no message: how it stands now is said anew.
            Amendment::Edit { part, buttons } => {
                self.write(&sent.chat, part, buttons).await.map(drop)
            }
            Amendment::Recall => self.recall(sent).await,
        }
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        // A press is a message of the person's, and waits for no answer.
        Ok(())
    }

    fn accept(&self, callback: &http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        match self.settings.receive {
            Receive::Http => self.take(callback),
            Receive::Stream => Err(CallbackError::NotCalled),
        }
    }

    fn listen(self: Arc<Self>, _: Option<String>) -> Option<BoxStream<'static, Heard>> {
        if self.settings.receive == Receive::Http {
            return None;
        }
        let (name, clock) = ((Platform::Dingtalk, self.account.clone()), self.clock.clone());
        Some(socket::listen(Stream::new(self), name, clock))
    }
}
