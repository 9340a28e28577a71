//! Feishu and Lark, by an app and its bot, which hears over a connection or is called over HTTP.
//!
//! A group goes by its `chat_id`, a person's own chat by the person's `open_id`: the one is in every event, and the
//! other can be written to without an event of it.
//!
//! **Invariant:** neither the app's secret nor a token leaves this folder except in a call, and no error repeats
//! one. What is not signed with the Encrypt Key is not believed; whoever presses a button is named outside of this
//! folder only sealed.

mod card;
mod errors;
mod long;
mod media;
mod parts;
mod receive;
mod send;
mod settings;
mod token;
mod wire;

pub use settings::{Calls, Receive, Settings, SettingsError};

use self::errors::{Trouble, read};
use self::long::Long;
use self::token::Tokens;
use super::given::Given;
use super::http::Caller;
use super::lately::Lately;
use super::signed::press;
use super::token::Bearer as _;
use super::unsure::Unsure;
use super::{
    Accepted, Amendment, CallbackError, Connector, Enclosure, Heard, Limits, Menu, Outgoing,
    Receipt, Secret, SendFailure, capabilities, socket,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, Identity, MessageRef, Platform, Rank};
use ::http::Method;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use url::Url;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// For so long Feishu surely knows a message again by its `uuid`; it is an hour.
const KNOWN: Duration = Duration::from_mins(55);
/// How many groups are asked for at once; Feishu's own limit.
const PAGE: &str = "100";
/// How many pages of groups are asked for.
const PAGES: usize = 100;

/// A result of which nothing is read.
type Void = IgnoredAny;

/// One app.
pub struct Feishu {
    account: AccountId,
    settings: Settings,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    base: Url,
    tokens: Tokens,
    unsure: Unsure,
    lately: Lately,
    /// What it was given, by Feishu's names.
    given: Given,
    /// Who the bot is, once Feishu has said it.
    own: OnceLock<Bot>,
    /// What groups are called, as far as Feishu has said it: most events do not.
    titles: Mutex<HashMap<String, String>>,
}

/// The bot of an app.
#[derive(Clone, Debug, Deserialize)]
struct Bot {
    app_name: String,
    open_id: String,
}

#[derive(Deserialize)]
struct Info {
    bot: Bot,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Chat {
    #[serde(default)]
    name: String,
    #[serde(default)]
    owner_id: String,
    #[serde(default)]
    user_manager_id_list: Vec<String>,
}

#[derive(Deserialize)]
struct Chats {
    #[serde(default)]
    items: Vec<Listed>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    page_token: String,
}

#[derive(Deserialize)]
struct Listed {
    chat_id: String,
    #[serde(default)]
    name: String,
}

/// Who pressed a button, and in which group.
struct Pressed {
    chat: String,
    who: String,
}

impl Feishu {
    /// The app with these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let can = capabilities::of(Platform::Feishu);
        Ok(Self {
            given: Given::by(Platform::Feishu, &account),
            account,
            base: settings.base()?,
            caller: Caller::new(settings.parallel as usize, proxy)?,
            clock,
            limits: Limits::of(can, &settings.quota, settings.parallel as usize)
                .each_chat(&settings.chat_quota),
            tokens: Tokens::new(),
            unsure: Unsure::new(KNOWN),
            lately: Lately::default(),
            own: OnceLock::new(),
            titles: Mutex::default(),
            settings: settings.clone(),
        })
    }

    /// Who the bot is, asked for once.
    async fn bot(&self) -> Result<&Bot, Trouble> {
        if let Some(known) = self.own.get() {
            return Ok(known);
        }
        let url = self.url(&["bot", "v3", "info"], None);
        let info: Info = self.call::<(), _>(Method::GET, url, None).await?;
        Ok(self.own.get_or_init(|| info.bot))
    }

    /// Asks what the groups are called.
    async fn learn_titles(&self) -> Result<(), Trouble> {
        let mut from = String::new();
        for _ in 0..PAGES {
            let mut url = self.url(&["im", "v1", "chats"], Some(("page_size", PAGE)));
            if !from.is_empty() {
                url.query_pairs_mut().append_pair("page_token", &from);
            }
            let asked: Data<Chats> = self.call::<(), _>(Method::GET, url, None).await?;
            let Chats { items, has_more, page_token } = asked.data;
            for Listed { chat_id, name } in items {
                self.keep_title(&chat_id, name);
            }
            from = page_token;
            if !has_more || from.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Remembers what a group is called, for events that do not say it; nothing else hangs on it.
    fn keep_title(&self, chat: &str, title: String) {
        let mut titles = self.titles.lock().unwrap_or_else(PoisonError::into_inner);
        titles.insert(chat.to_owned(), title);
    }

    fn title(&self, chat: &str) -> String {
        let titles = self.titles.lock().unwrap_or_else(PoisonError::into_inner);
        titles.get(chat).cloned().unwrap_or_default()
    }

    fn url(&self, path: &[&str], query: Option<(&str, &str)>) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("open-apis").extend(path);
        }
        if let Some((name, value)) = query {
            url.query_pairs_mut().append_pair(name, value);
        }
        url
    }

    /// Makes a call, and gives its result.
    async fn call<P: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<&P>,
    ) -> Result<T, Trouble> {
        let asked = self.call_under(|token| {
            let at = (method.clone(), url.clone());
            async move { read(&self.caller.call_json(at, token.reveal(), body, PATIENCE).await?) }
        });
        asked.await
    }

    /// What a trouble means for what is said, or stands, in this chat.
    fn judged(&self, trouble: &Trouble, chat: &str) -> SendFailure {
        match trouble {
            Trouble::Denied(denial) if denial.may_be_of_the_chat() => {
                self.lately.judge(chat, denial.clone().words(), self.clock.now())
            }
            _ => trouble.failure(),
        }
    }

    /// The name of a press: who pressed and where, so that nobody else can read it. `event` names the call.
    fn seal(&self, pressed: &Pressed, event: &str) -> String {
        let told = format!("{}\n{}", pressed.chat, pressed.who);
        press::seal(self.settings.app_secret.reveal().as_bytes(), event, &told)
    }

    fn unseal(&self, press: &str) -> Option<Pressed> {
        let told = press::open(self.settings.app_secret.reveal().as_bytes(), press)?;
        let (chat, who) = told.split_once('\n')?;
        Some(Pressed { chat: chat.to_owned(), who: who.to_owned() })
    }
}

#[async_trait]
impl Connector for Feishu {
    fn platform(&self) -> Platform {
        Platform::Feishu
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Without knowing who the bot is, we could not tell in a group who is called.
    async fn prepare(&self, _: &[Menu]) -> Result<(), SendFailure> {
        self.bot().await.map_err(|trouble| trouble.failure())?;
        self.learn_titles().await.map_err(|trouble| trouble.failure())
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let bot = self.bot().await.map_err(|trouble| trouble.failure())?;
        if self.settings.receive == Receive::Long {
            self.endpoint().await.map_err(|trouble| trouble.failure())?;
        }
        Ok(Some(bot.app_name.clone()))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.send_message(message).await
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.send_media(message, enclosures).await
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        match to {
            Amendment::Edit { part, buttons } => self.edit(sent, part, buttons).await,
            Amendment::Recall => self.recall(sent).await,
        }
    }

    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        self.tell(press, words).await
    }

    async fn rank(&self, chat: &Address, who: &Identity) -> Result<Rank, SendFailure> {
        if chat.kind == ChatKind::Direct {
            return Ok(Rank::Decides);
        }
        let url = self.url(&["im", "v1", "chats", &chat.chat], Some(("user_id_type", "open_id")));
        let asked = self.call::<(), Data<Chat>>(Method::GET, url, None).await;
        let Chat { name, owner_id, user_manager_id_list } = asked.map_err(|t| t.failure())?.data;
        self.keep_title(&chat.chat, name);
        let decides = |id: &String| *who == Identity::new(Platform::Feishu, id);
        let found = decides(&owner_id) || user_manager_id_list.iter().any(decides);
        Ok(if found { Rank::Decides } else { Rank::Member })
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        match self.settings.receive {
            Receive::Http => self.accept_call(callback),
            Receive::Long => Err(CallbackError::NotCalled),
        }
    }

    fn listen(self: Arc<Self>, _: Option<String>) -> Option<BoxStream<'static, Heard>> {
        if self.settings.receive == Receive::Http {
            return None;
        }
        let (name, clock) = ((Platform::Feishu, self.account.clone()), self.clock.clone());
        Some(socket::listen(Long::new(self), name, clock))
    }

    fn direct_link(&self, _: &str) -> Option<String> {
        // There is a link to the chat, but none that brings anything along.
        None
    }
}
