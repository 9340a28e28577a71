//! An application of WeCom 企业微信 that the organisation made itself (自建应用): members write to it alone and are
//! answered; what is pushed goes to all of them, to some departments or tags, and to group chats that it makes.
//!
//! Buttons are cards (模板卡片). The platform tells of a press and gives a code by which that card can be changed
//! once; the code is part of the name of the pressed message, so that it is kept with what is owed.
//!
//! **Invariant:** success is what the body says, never the status, and a message that the platform took for some alone
//! is never told as taken by all; no error shows a secret or a token.

mod card;
mod chat;
mod errors;
mod media;
mod pace;
mod receive;
mod send;
mod settings;
mod throttle;
mod token;

pub use settings::{AppChat, Calls, Settings, SettingsError, Together};

use self::card::{Says, written};
use self::errors::{Errand, Trouble, read};
use self::pace::Pace;
use self::throttle::Throttle;
use self::token::Refused;
use super::begun::Begun;
use super::given::Given;
use super::http::Caller;
use super::menu::Keys;
use super::news::News;
use super::signed::envelope::{Dialect, Envelope};
use super::token::{Bearer as _, Tokens};
use super::unsure::Unsure;
use super::{
    Accepted, Amendment, Answers, CallbackError, Connector, Enclosure, Limits, Menu, Outgoing,
    OwnMenu, Receipt, Secret, SendFailure, capabilities, enclosure,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, MessageRef, Platform, Rate};
use crate::text::{Card, Carries};
use async_trait::async_trait;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many calls may be under way at once.
const PARALLEL: usize = 8;
/// To an application the platform gives 200 messages a day for each seat of the organisation. What goes to all of
/// them together takes one for each: 120 such messages may be sent a day, and so many are left for each seat.
const ALONE: u32 = 80;
const DAY: Duration = Duration::from_hours(24);
/// What the one chat of all who are pushed to together is called; no member is called so.
const TOGETHER: &str = "to/together";
/// For so long the platform surely knows a message again that says that it is checked; it is four hours.
const KNOWN: Duration = Duration::from_mins(230);

/// One application.
pub struct Wecom {
    account: AccountId,
    settings: Settings,
    base: String,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    envelope: Option<Envelope>,
    tokens: Tokens,
    refused: Refused,
    pace: Pace,
    throttle: Throttle,
    unsure: Unsure,
    /// The platform's names for what was taken of messages that are several there.
    begun: Begun<Vec<String>>,
    /// What it was given, by the platform's names.
    given: Given,
}

/// An answer that says no more than that it is done.
#[derive(Deserialize)]
struct Done {}

/// What the platform knows of the application.
#[derive(Deserialize)]
struct Agent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    close: i64,
    #[serde(default)]
    allow_userinfos: Seen,
    #[serde(default)]
    allow_partys: Seen,
    #[serde(default)]
    allow_tags: Seen,
}

/// Whom it may see, of one sort.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Seen {
    user: Vec<serde::de::IgnoredAny>,
    partyid: Vec<serde::de::IgnoredAny>,
    tagid: Vec<serde::de::IgnoredAny>,
}

impl Seen {
    const fn is_empty(&self) -> bool {
        self.user.is_empty() && self.partyid.is_empty() && self.tagid.is_empty()
    }
}

impl Wecom {
    /// The application with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let can = capabilities::of(Platform::Wecom);
        let mut limits = Limits::of(can, &settings.quota, PARALLEL);
        let seats = settings.seats.map(|seats| Rate::new(seats.saturating_mul(ALONE), DAY));
        limits.account.extend(seats);
        let calls = settings.calls.as_ref();
        let envelope = calls.map(|Calls { token, aes_key }| {
            Envelope::new(Dialect::WeChat, token.clone(), aes_key, settings.corp_id.clone())
        });
        Ok(Self {
            given: Given::by(Platform::Wecom, &account),
            account,
            base: settings.base()?,
            caller: Caller::new(PARALLEL, proxy)?,
            clock,
            limits,
            envelope: envelope.transpose()?,
            tokens: Tokens::default(),
            refused: Refused::default(),
            pace: Pace::default(),
            throttle: Throttle::default(),
            unsure: Unsure::new(KNOWN),
            begun: Begun::default(),
            settings: settings.clone(),
        })
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, Trouble> {
        let address = format!("{}{path}", self.base);
        Url::parse_with_params(&address, query).map_err(|e| Trouble::Unsent(e.to_string()))
    }

    /// Calls the API.
    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        (path, query): (&str, &[(&str, &str)]),
        body: Option<&B>,
    ) -> Result<T, Trouble> {
        let asked = self.call_under(|token| async move {
            let mut url = self.url(path, query)?;
            url.query_pairs_mut().append_pair("access_token", token.reveal());
            let answer = match body {
                Some(body) => self.caller.post_json(url, body, PATIENCE).await?,
                None => self.caller.get(url, Caller::ANSWER_MAX, PATIENCE).await?,
            };
            read(&answer)
        });
        match asked.await {
            Ok(done) => {
                self.throttle.passed(path);
                Ok(done)
            }
            Err(Trouble::Denied(denial)) => {
                let Some(words) = denial.too_many() else { return Err(Trouble::Denied(denial)) };
                let wait = self.throttle.refused(path, words, self.clock.now());
                Err(Trouble::Denied(denial.waiting(wait)))
            }
            Err(other) => Err(other),
        }
    }

    /// Posts to a path that needs nothing in its query.
    async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<T, Trouble> {
        self.call((path, &[]), Some(body)).await
    }
}

#[async_trait]
impl Connector for Wecom {
    fn platform(&self) -> Platform {
        Platform::Wecom
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn only_chat(&self) -> Option<Address> {
        self.settings.to.as_ref()?;
        let (account, chat) = (self.account.clone(), TOGETHER.to_owned());
        Some(Address { account, kind: ChatKind::Channel, chat, thread: None })
    }

    fn more_chats(&self) -> Vec<Address> {
        let address = |chat: &AppChat| Address {
            account: self.account.clone(),
            kind: ChatKind::Group,
            chat: chat::address(&chat.id),
            thread: None,
        };
        self.settings.chats.iter().map(address).collect()
    }

    fn answers(&self) -> Answers {
        Answers::Bare
    }

    fn carries(&self, _: ChatKind) -> Carries {
        Carries { form: self.settings.form, ..capabilities::carries(self.platform()) }
    }

    async fn prepare(&self, menus: &[Menu]) -> Result<(), SendFailure> {
        let keys = Keys::of(menus).filter(|_| self.settings.menu == OwnMenu::Replace);
        let Some(keys) = keys else { return Ok(()) };
        let agent = self.settings.agent_id.to_string();
        let path = ("/cgi-bin/menu/create", &[("agentid", agent.as_str())][..]);
        let made = self.call::<_, Done>(path, Some(&keys)).await;
        made.map(|Done {}| ()).map_err(|t| t.repeatable(Errand::Other))
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let number = self.settings.agent_id.to_string();
        let path = ("/cgi-bin/agent/get", &[("agentid", number.as_str())][..]);
        let asked = self.call::<(), Agent>(path, None).await;
        let agent = asked.map_err(|t| t.repeatable(Errand::Other))?;
        let sees = [&agent.allow_userinfos, &agent.allow_partys, &agent.allow_tags];
        let name = agent.name.as_str();
        if agent.close != 0 {
            let words = format!("the application “{name}” is switched off (已停用)");
            return Err(SendFailure::Misconfigured(words));
        }
        if sees.into_iter().all(Seen::is_empty) {
            let words = format!("the application “{name}” may see nobody (可见范围)");
            return Err(SendFailure::Misconfigured(words));
        }
        Ok(Some(format!("{name}（{number}）")))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let Outgoing { to, part, buttons, once, .. } = message;
        match to.kind {
            ChatKind::Direct => {
                self.to_member(&to.chat, once, &written(part, buttons, once)?).await
            }
            ChatKind::Channel | ChatKind::Group => self.say_to(message, &Says::text(part)).await,
        }
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.send_media(message, enclosure::alone(enclosures)?).await
    }

    async fn send_cards(&self, message: &Outgoing, cards: &[Card]) -> Result<Receipt, SendFailure> {
        self.say_to(message, &Says::News { news: News::of(cards) }).await
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        match to {
            Amendment::Edit { part, buttons } => self.change(sent, part, buttons).await,
            Amendment::Recall => self.recall(sent).await,
        }
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        // A press waits for no answer: what there is to say is a message.
        Ok(())
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        self.accept_call(callback)
    }
}
