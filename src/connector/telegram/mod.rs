//! Telegram, by a bot: teloxide's types and methods, sent by ourselves.
//!
//! teloxide's own sending loses the numeric code of an error, sleeps ten seconds on a 5xx and turns many
//! errors into one; its webhook answers before anything is stored. So its payloads are serialised here,
//! posted by [`Caller`], and the answer is read by us.
//!
//! **Invariant:** the token never leaves this folder except in the address of a call, and no error
//! repeats that address. Telegram's name for a press holds the number of whoever pressed: outside of this
//! folder it stands only sealed.

mod errors;
mod listen;
mod media;
mod receive;
mod send;
mod settings;
mod wire;

pub use settings::{Receive, Settings, SettingsError};

use self::errors::{Denial, Trouble};
pub use super::Secret;
use super::http::{Answer, CallFailure, Caller, served};
use super::{
    Accepted, Amendment, CallbackError, Connector, Enclosure, Heard, Limits, Menu, Outgoing, Rate,
    Receipt, SendFailure, WaitScope, capabilities, enclosure,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, Identity, MessageRef, Platform, Rank};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use teloxide::payloads::{DeleteWebhook, GetMe, SetMyCommands, SetWebhook};
use teloxide::types::{AllowedUpdate, BotCommand};
use url::Url;

/// How long an ordinary call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The kinds of updates that we ask for; no other kind is ever addressed to us.
const ALLOWED: [AllowedUpdate; 5] = [
    AllowedUpdate::Message,
    AllowedUpdate::EditedMessage,
    AllowedUpdate::ChannelPost,
    AllowedUpdate::CallbackQuery,
    AllowedUpdate::MyChatMember,
];

/// One bot.
pub struct Telegram {
    account: AccountId,
    settings: Settings,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    bot: u64,
    /// The address of `sendMessage`, read once: it is by far the most called.
    send_url: Url,
    /// What Telegram calls what it was given.
    names: media::Names,
    /// What seals who pressed.
    press_key: [u8; 32],
    /// The bot's name for `/command@name` and links, once Telegram has said it.
    username: OnceLock<String>,
}

/// The answer to every call.
#[derive(Deserialize)]
struct Reply<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    migrate_to_chat_id: Option<i64>,
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
struct Me {
    username: Option<String>,
}

#[derive(Deserialize)]
struct ChatMember {
    status: String,
}

impl Telegram {
    /// The bot with these settings, sealing who pressed under this key. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        press_key: [u8; 32],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        let parallel = settings.parallel as usize;
        Ok(Self {
            account,
            caller: Caller::new(parallel, proxy)?,
            clock,
            limits: limits(settings),
            bot: settings.bot_id()?,
            send_url: method_url(settings, "sendMessage")?,
            names: media::Names::default(),
            press_key,
            username: OnceLock::new(),
            settings: settings.clone(),
        })
    }

    /// Asks for our name, sets or removes the webhook (what is pending stays pending), and shows the menus.
    async fn make_ready(&self, menus: &[Menu]) -> Result<(), Trouble> {
        self.username().await?;
        match &self.settings.receive {
            Receive::Polling => self.remove_webhook().await,
            Receive::Webhook { url, secret } => self.set_webhook(url, secret).await,
        }?;
        for menu in menus {
            self.show_menu(menu).await?;
        }
        Ok(())
    }

    /// Our name on Telegram, asked for once.
    async fn username(&self) -> Result<&str, Trouble> {
        if let Some(known) = self.username.get() {
            return Ok(known);
        }
        let me: Me = self.call("getMe", &GetMe::new(), PATIENCE).await?;
        let name = me.username.ok_or_else(|| Trouble::Unanswered("getMe without a name".into()))?;
        Ok(self.username.get_or_init(|| name))
    }

    async fn remove_webhook(&self) -> Result<(), Trouble> {
        self.call::<_, bool>("deleteWebhook", &DeleteWebhook::new(), PATIENCE).await?;
        Ok(())
    }

    async fn set_webhook(&self, url: &str, secret: &Secret) -> Result<(), Trouble> {
        let url = Url::parse(url).map_err(|e| Trouble::Unsent(e.to_string()))?;
        let mut call = SetWebhook::new(url);
        call.secret_token = Some(secret.reveal().to_owned());
        call.allowed_updates = Some(ALLOWED.to_vec());
        self.call::<_, bool>("setWebhook", &call, PATIENCE).await?;
        Ok(())
    }

    async fn show_menu(&self, menu: &Menu) -> Result<(), Trouble> {
        let lines = menu.lines.iter().map(|l| BotCommand::new(&l.command, &l.about));
        let mut call = SetMyCommands::new(lines);
        // Telegram takes two letters.
        call.language_code = menu.lang.map(|l| l.tag().chars().take(2).collect());
        self.call::<_, bool>("setMyCommands", &call, PATIENCE).await?;
        Ok(())
    }

    fn repeatable(&self, trouble: &Trouble) -> SendFailure {
        trouble.of_repeatable(&self.account, WaitScope::Account)
    }

    /// Calls one method, and gives its result.
    async fn call<P: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: &str,
        payload: &P,
        patience: Duration,
    ) -> Result<T, Trouble> {
        self.call_at(self.method(method)?, payload, patience).await
    }

    fn method(&self, method: &str) -> Result<Url, Trouble> {
        method_url(&self.settings, method).map_err(|e| Trouble::Unsent(e.to_string()))
    }

    /// The same, whose payload need not be kept until it is answered.
    fn call_at<P: Serialize, T: DeserializeOwned>(
        &self,
        url: Url,
        payload: &P,
        patience: Duration,
    ) -> impl Future<Output = Result<T, Trouble>> + Send + use<P, T> {
        let asked = self.caller.post_json(url, payload, patience);
        async move {
            match asked.await {
                Ok(answer) => read(&answer),
                Err(CallFailure::Unsent(words) | CallFailure::Forbidden(words)) => {
                    Err(Trouble::Unsent(words))
                }
                Err(CallFailure::Unanswered(words)) => Err(Trouble::Unanswered(words)),
            }
        }
    }
}

/// Reads an answer. Success is what the body says.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let status = answer.status.as_u16();
    let reply: Reply<T> = match serde_json::from_slice(&answer.body) {
        Ok(reply) => reply,
        Err(_) => return Err(Trouble::Gateway { status, retry_after: answer.retry_after() }),
    };
    match reply {
        Reply { ok: true, result: Some(result), .. } => Ok(result),
        Reply { ok: true, .. } => Err(Trouble::Unanswered("an answer without a result".into())),
        denied => {
            let parameters = denied.parameters;
            let told = parameters.as_ref().and_then(|p| p.retry_after).map(Duration::from_secs);
            Err(Trouble::Denied(Denial {
                code: denied.error_code.unwrap_or(status),
                description: denied.description.unwrap_or_default(),
                retry_after: told.or_else(|| answer.retry_after()),
                moved_to: parameters.and_then(|p| p.migrate_to_chat_id),
            }))
        }
    }
}

fn method_url(settings: &Settings, method: &str) -> Result<Url, SettingsError> {
    let base = settings.api_url.trim_end_matches('/');
    let url = format!("{base}/bot{}/{method}", settings.token.reveal());
    served(&url).ok_or(SettingsError::ApiUrl)
}

fn limits(settings: &Settings) -> Limits {
    let each_second = |sends| Rate { sends, span: Duration::from_secs(1) };
    let single = settings.chat_quota.rates(each_second(settings.chat_per_second));
    let minute = Rate { sends: settings.group_per_minute, span: Duration::from_mins(1) };
    Limits {
        size: capabilities::of(Platform::Telegram).size,
        account: settings.quota.rates(each_second(settings.per_second)),
        chat: vec![
            (ChatKind::Group, [single.as_slice(), &[minute]].concat()),
            (ChatKind::Channel, [single.as_slice(), &[minute]].concat()),
            (ChatKind::Direct, single),
        ],
        parallel: settings.parallel as usize,
    }
}

#[async_trait]
impl Connector for Telegram {
    fn platform(&self) -> Platform {
        Platform::Telegram
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn prepare(&self, menus: &[Menu]) -> Result<(), SendFailure> {
        self.make_ready(menus).await.map_err(|t| self.repeatable(&t))
    }

    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        let name = self.username().await.map_err(|t| self.repeatable(&t))?;
        Ok(Some(format!("@{name}")))
    }

    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        self.send_message(message).await
    }

    async fn send_with(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        self.send_media(message, enclosure::alone(enclosures)?).await
    }

    async fn fetch(&self, name: &str, most: usize) -> Result<Bytes, SendFailure> {
        self.fetch_file(name, most).await
    }

    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure> {
        match to {
            Amendment::Edit { part, buttons } => self.edit(sent, part, buttons).await,
            Amendment::Recall => self.recall(sent).await,
        }
    }

    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        self.answer_query(press, words).await
    }

    async fn rank(&self, chat: &Address, who: &Identity) -> Result<Rank, SendFailure> {
        if chat.kind == ChatKind::Direct {
            return Ok(Rank::Decides);
        }
        let call = send::membership(chat, who)?;
        let member: ChatMember = self
            .call("getChatMember", &call, PATIENCE)
            .await
            .map_err(|t| t.of_repeatable(&self.account, WaitScope::Chat))?;
        match member.status.as_str() {
            "creator" | "administrator" => Ok(Rank::Decides),
            _ => Ok(Rank::Member),
        }
    }

    fn accept(&self, callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        self.accept_call(callback)
    }

    fn listen(self: Arc<Self>, mark: Option<String>) -> Option<BoxStream<'static, Heard>> {
        match self.settings.receive {
            Receive::Polling => Some(listen::stream(self, mark.as_deref())),
            Receive::Webhook { .. } => None,
        }
    }

    fn direct_link(&self, payload: &str) -> Option<String> {
        self.username.get().map(|name| format!("https://t.me/{name}?start={payload}"))
    }
}
