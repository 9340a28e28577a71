//! A smart robot of WeCom (企业微信智能机器人): it writes to groups and people that have written to it, and hears
//! whoever calls it in a group or writes to it alone.
//!
//! It hears over a connection that we hold ([`Receive::Long`]) or is called ([`Receive::Called`]); the robot's page in
//! WeCom says which. Over the connection it also writes; one that is called can only answer.
//!
//! **Invariant:** neither a secret nor an address for answers leaves this folder except to WeCom, and no error repeats
//! one. What is written without a connection has not left; what got no answer may have arrived.

mod card;
mod doors;
mod errors;
mod long;
mod media;
mod outlet;
mod quote;
mod receive;
mod recent;
mod send;
mod settings;
mod wire;

pub use settings::{Receive, Settings, SettingsError};

use self::doors::Doors;
use self::long::Long;
use self::outlet::Outlet;
use self::recent::Recents;
use super::begun::Begun;
use super::given::Given;
use super::http::Caller;
use super::signed::envelope::{Dialect, Envelope};
use super::socket::{self, Unready};
use super::{
    Accepted, Amendment, CallbackError, Connector, Enclosure, Heard, Limits, Outgoing, Receipt,
    Secret, SendFailure, Speaks, capabilities, enclosure,
};
use crate::clock::Clock;
use crate::model::{AccountId, ChatKind, MessageRef, Platform};
use crate::text::Carries;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::sync::Arc;
use url::Url;

/// How many requests may be under way at once.
const PARALLEL: usize = 8;

/// One robot.
pub struct WecomBot {
    account: AccountId,
    settings: Settings,
    base: Url,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    way: Way,
    /// Presses whose cards can be replaced.
    taps: Recents,
    /// Messages in groups to which an answer can be bound.
    asked: Recents,
    /// What was said of which the card is still owed.
    begun: Begun<()>,
    /// What it was given, by WeCom's names.
    given: Given,
}

/// How messages leave.
enum Way {
    /// Over the connection.
    Long(Outlet),
    /// As answers to calls.
    Called(Box<Envelope>, Doors),
}

impl WecomBot {
    /// The robot with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let way = match &settings.receive {
            Receive::Long { .. } => Way::Long(Outlet::new()),
            Receive::Called { token, aes_key } => {
                let envelope = Envelope::new(Dialect::WeChat, token.clone(), aes_key, "")?;
                Way::Called(Box::new(envelope), Doors::default())
            }
        };
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let can = capabilities::of(Platform::WecomBot);
        Ok(Self {
            given: Given::by(Platform::WecomBot, &account),
            account,
            base: settings.base()?,
            caller: Caller::new(PARALLEL, proxy)?,
            clock,
            limits: Limits::of(can, &settings.quota, PARALLEL).each_chat(&settings.chat_quota),
            way,
            taps: Recents::default(),
            asked: Recents::default(),
            begun: Begun::default(),
            settings: settings.clone(),
        })
    }

    /// A name that was never given before, behind these letters.
    fn fresh(&self, before: &str) -> String {
        let name = self.clock.fresh().simple();
        if before.is_empty() { name.to_string() } else { format!("{before}_{name}") }
    }

    const fn outlet(&self) -> Option<&Outlet> {
        match &self.way {
            Way::Long(outlet) => Some(outlet),
            Way::Called(..) => None,
        }
    }
}

#[async_trait]
impl Connector for WecomBot {
    fn platform(&self) -> Platform {
        Platform::WecomBot
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn speaks(&self) -> Speaks {
        match self.way {
            Way::Long(_) => Speaks::Freely,
            Way::Called(..) => Speaks::AsAnswers,
        }
    }

    /// WeCom takes the secret or does not. To ask ends a connection that another process holds.
    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let Way::Long(outlet) = &self.way else { return Ok(None) };
        if !outlet.is_open() {
            self.subscribed().await.map_err(|why| match why {
                Unready::Refused(words) => SendFailure::Misconfigured(words),
                Unready::Again(words) | Unready::Wait(words, _) | Unready::Taken(words) => {
                    SendFailure::Transient(words)
                }
            })?;
        }
        Ok(Some(self.settings.bot_id.clone()))
    }

    /// A robot that is called has one answer, and gives nothing beside it.
    fn carries(&self, _: ChatKind) -> Carries {
        match self.way {
            Way::Long(_) => capabilities::carries(self.platform()),
            Way::Called(..) => Carries::LINKS,
        }
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
            Amendment::Edit { part, buttons } => self.edit(sent, part, buttons).await,
            Amendment::Recall => {
                Err(SendFailure::Rejected("a robot of WeCom cannot take back what it said".into()))
            }
        }
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        // A press waits for no answer.
        Ok(())
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        self.accept_call(callback)
    }

    fn listen(self: Arc<Self>, _: Option<String>) -> Option<BoxStream<'static, Heard>> {
        self.outlet()?;
        let (name, clock) = ((Platform::WecomBot, self.account.clone()), self.clock.clone());
        Some(socket::listen(Long::new(self), name, clock))
    }
}
