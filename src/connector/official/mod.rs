//! A WeChat Official Account 微信公众号: followers write to it, and are answered; articles go to all of them.
//!
//! What a follower is told goes out as a customer-service message, which is possible for 48 hours after they wrote,
//! five times. The calls of the platform are answered with nothing but that they were taken. What is pushed becomes
//! an article in the box of drafts, from which a person sends it, or is sent to all followers at once, or published
//! at an address for good; what becomes of the last two the platform tells later.
//!
//! **Invariant:** success is what the body says, never the status alone; and no error shows a secret or a token.

mod article;
mod errors;
mod jobs;
mod media;
mod passive;
mod receive;
mod send;
mod settings;
mod token;

pub use settings::{Publish, Replies, Settings, SettingsError};

use self::errors::{Denial, Errand, Trouble};
use self::media::Pictures;
use self::token::Tokens;
use super::given::Given;
use super::http::{Answer, Caller};
use super::menu::Keys;
use super::signed::envelope::{Dialect, Envelope};
use super::token::Bearer as _;
use super::{
    Accepted, Amendment, Answers, CallbackError, Connector, Enclosure, Finish, Limits, Menu,
    Outgoing, OwnMenu, Receipt, Secret, SendFailure, Speaks, capabilities,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, Button, ChatKind, Document, MessageRef, Platform};
use crate::text::{Carries, Size};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many calls may be under way at once.
const PARALLEL: usize = 4;
/// What the one chat of all followers is called.
const FOLLOWERS: &str = "followers";

/// One Official Account.
pub struct Official {
    account: AccountId,
    settings: Settings,
    base: String,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    envelope: Envelope,
    tokens: Tokens,
    /// What it was given, by the platform's names.
    given: Given,
}

/// A result, or why there is none.
type Reply<T> = Result<T, Trouble>;

/// What every answer holds where it is no result; some results hold it too.
#[derive(Deserialize)]
struct Head {
    errcode: Option<i64>,
    #[serde(default)]
    errmsg: String,
    /// What was taken before under the same name.
    #[serde(default)]
    msg_id: Option<serde_json::Value>,
}

/// An answer that says no more than that it is done. That is its `errcode`: an object without one is somebody else's.
#[derive(Deserialize)]
struct Done {
    #[serde(rename = "errcode")]
    _zero: i64,
}

/// The question how much of a day's calls is left; it does nothing, and needs all that a call needs.
#[derive(Serialize)]
struct QuotaOf {
    cgi_path: &'static str,
}

impl Official {
    /// The account with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let can = capabilities::of(Platform::OfficialAccount);
        let (token, key) = (settings.token.clone(), &settings.aes_key);
        Ok(Self {
            given: Given::by(Platform::OfficialAccount, &account),
            account,
            base: settings.base()?,
            caller: Caller::new(PARALLEL, proxy)?,
            clock,
            limits: Limits::of(can, &settings.quota, PARALLEL),
            envelope: Envelope::new(Dialect::WeChat, token, key, settings.app_id.clone())?,
            tokens: Tokens::default(),
            settings: settings.clone(),
        })
    }

    /// Whether anything can be sent to a chat of this kind by itself.
    fn may_send(&self, kind: ChatKind) -> Result<(), SendFailure> {
        match (kind, self.settings.replies) {
            (ChatKind::Direct, Replies::Passive) => {
                Err(SendFailure::Blocked("this account can only answer what is written".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn url(&self, path: &str, token: Option<&Secret>) -> Result<Url, Trouble> {
        let address = format!("{}{path}", self.base);
        let mut url = Url::parse(&address).map_err(|e| Trouble::Unsent(e.to_string()))?;
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("access_token", token.reveal());
        }
        Ok(url)
    }

    /// Calls the API.
    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Reply<T> {
        let asked = self.call_under(|token| async move {
            let url = self.url(path, Some(&token))?;
            read(&self.caller.post_json(url, body, PATIENCE).await?)
        });
        asked.await
    }
}

/// Reads an answer. Success is what the body says; a status that is none comes from something before the platform,
/// unless there is a code with it.
fn read<T: DeserializeOwned>(answer: &Answer) -> Reply<T> {
    let gateway = || Trouble::Gateway(answer.status.as_u16());
    let head: Head = serde_json::from_slice(&answer.body).map_err(|_| gateway())?;
    match head.errcode {
        Some(0) => {}
        Some(code) => {
            let taken = head.msg_id.as_ref().and_then(number);
            return Err(Trouble::Denied(Denial { taken, ..Denial::new(code, &head.errmsg) }));
        }
        None if answer.status.is_success() => {}
        None => return Err(gateway()),
    }
    let lacks = || Trouble::Unanswered("an answer without a result".to_owned());
    serde_json::from_slice(&answer.body).map_err(|_| lacks())
}

/// The platform's name for a sending or a publication: a number, or one in quotes.
fn number(name: &serde_json::Value) -> Option<String> {
    match name {
        serde_json::Value::String(name) if !name.is_empty() => Some(name.clone()),
        serde_json::Value::Number(name) => Some(name.to_string()),
        _ => None,
    }
}

#[async_trait]
impl Connector for Official {
    fn platform(&self) -> Platform {
        Platform::OfficialAccount
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn size(&self, kind: ChatKind) -> Size {
        match kind {
            ChatKind::Direct => self.limits.size,
            ChatKind::Group | ChatKind::Channel => article::SIZE,
        }
    }

    /// A follower has five messages in two days: none of them is spent on a picture.
    fn carries(&self, kind: ChatKind) -> Carries {
        match kind {
            ChatKind::Direct => Carries::LINKS,
            ChatKind::Group | ChatKind::Channel => capabilities::carries(self.platform()),
        }
    }

    fn finish(&self, kind: ChatKind) -> Finish {
        match (kind, self.settings.publish) {
            (ChatKind::Channel, Publish::Draft) => Finish::ByHand,
            _ => Finish::Done,
        }
    }

    fn only_chat(&self) -> Option<Address> {
        let (account, chat) = (self.account.clone(), FOLLOWERS.to_owned());
        Some(Address { account, kind: ChatKind::Channel, chat, thread: None })
    }

    fn answers(&self) -> Answers {
        Answers::Bare
    }

    fn speaks(&self) -> Speaks {
        match self.settings.replies {
            Replies::CustomerService => Speaks::Freely,
            Replies::Passive => Speaks::WhenAsked,
        }
    }

    fn reply(
        &self,
        callback: &::http::Request<Bytes>,
        words: &Document,
        choices: &[Button],
    ) -> Result<::http::Response<Bytes>, CallbackError> {
        self.reply_to(callback, words, choices)
    }

    async fn prepare(&self, menus: &[Menu]) -> Result<(), SendFailure> {
        let keys = Keys::of(menus).filter(|_| self.settings.menu == OwnMenu::Replace);
        let Some(keys) = keys else { return Ok(()) };
        let made = self.call::<_, Done>("/cgi-bin/menu/create", &keys).await;
        made.map_err(|t| t.repeatable(Errand::Other, self.clock.now())).map(drop)
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let question = QuotaOf { cgi_path: "/cgi-bin/draft/add" };
        let asked = self.call::<_, Done>("/cgi-bin/openapi/quota/get", &question).await;
        asked.map_err(|t| t.repeatable(Errand::Other, self.clock.now()))?;
        Ok(Some(self.settings.app_id.clone()))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.may_send(message.to.kind)?;
        match message.to.kind {
            ChatKind::Direct => self.send_message(message).await,
            ChatKind::Group | ChatKind::Channel => {
                self.send_article(message, &Pictures::default()).await
            }
        }
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.may_send(message.to.kind)?;
        self.send_pictures(message, enclosures).await
    }

    async fn amend(&self, _: &MessageRef, _: &Amendment) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("an official account cannot change what it said".to_owned()))
    }

    async fn answer_press(&self, _: &str, _: &str) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("an official account is not waited for after a press".to_owned()))
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        self.accept_call(callback)
    }
}
