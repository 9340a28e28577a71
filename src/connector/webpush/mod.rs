//! Browsers of readers, by the push services of their makers: Web Push (RFC 8030, 8291, 8292).
//!
//! A reader asks on a group's page; their browser then has an address at its maker's service to which whoever knows
//! it can send. A post is told by one notification that shows how it begins and opens its page, where all of it
//! stands for good: nothing is cut. A later edition takes the place of one that was not yet shown.
//!
//! **Invariant:** where a browser is stands in no error and no log, and in the store only sealed; and nothing is
//! posted to a host that the operator does not name, nor to an address within this machine's own networks.

mod errors;
mod opening;
mod place;
mod services;
mod settings;

pub use place::{Given, Unfit};
pub use settings::{Settings, SettingsError, is_contact, is_service};

use self::errors::Subject;
use self::place::Place;
use self::services::Services;
use super::http::{CallFailure, Caller};
use super::signed::push::{Fresh, encrypt};
use super::signed::vapid::Key;
use super::{
    Addresses, Amendment, Connector, Lead, Limits, Outgoing, Receipt, Secret, SendFailure, Told,
    capabilities,
};
use crate::clock::Clock;
use crate::model::{AccountId, Address, ChatKind, MessageRef, Platform, Post, Priority, TopicId};
use crate::text::{Markup, Size, Unit};
use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a proof of who we are is good; a day at most.
const PROOF: Duration = Duration::from_hours(12);

/// A post is one notification, and is handed over whole.
const WHOLE: Size = Size {
    unit: Unit::Bytes,
    max: usize::MAX,
    marks: usize::MAX,
    links: usize::MAX,
    markup: Markup::Beside,
};

/// The pages on which readers can ask to be notified.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// The base of their addresses, without a slash at its end.
    pub base: String,
    /// Their names in addresses, and the topics that each shows.
    pub topics: HashMap<String, Vec<TopicId>>,
}

impl Pages {
    /// The address of a page.
    #[must_use]
    pub fn url(&self, page: &str) -> String {
        format!("{}/g/{page}", self.base)
    }
}

/// An account by itself, with no pages and no readers, to try the services with. It is known to nobody by its key.
///
/// # Errors
/// When a setting cannot be used.
pub fn alone(
    account: AccountId,
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> Result<WebPush, SettingsError> {
    WebPush::new(account, settings, (&[0; 32], Pages::default()), clock)
}

/// The browsers of an office's readers.
pub struct WebPush {
    account: AccountId,
    caller: Caller,
    clock: Arc<dyn Clock>,
    limits: Limits,
    settings: Settings,
    key: Key,
    pages: Pages,
    services: Services,
}

impl WebPush {
    /// The readers of these pages, who know us by the key that belongs to `seed`. Nothing is sent yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(
        account: AccountId,
        settings: &Settings,
        (seed, pages): (&[u8; 32], Pages),
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let can = capabilities::of(Platform::WebPush);
        let limits = Limits::of(can, &settings.quota, settings.parallel);
        let proxy = settings.proxy.as_ref().map(Secret::reveal);
        Ok(Self {
            account,
            caller: Caller::reaching(settings.reach, settings.parallel, proxy)?,
            clock,
            limits,
            settings: settings.clone(),
            key: Key::from_seed(seed).map_err(|_| SettingsError::Key)?,
            pages,
            services: Services::default(),
        })
    }

    /// The public half of our key: browsers subscribe under it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.public()
    }

    /// The address of a page.
    #[must_use]
    pub fn page(&self, page: &str) -> String {
        self.pages.url(page)
    }

    /// Where a browser is that asks to be notified of what is new on `page`. Whoever keeps the address seals it.
    ///
    /// # Errors
    /// When what the browser gave is no subscription, or one of a service that the operator does not name.
    pub fn place(&self, page: &str, given: &Given) -> Result<Address, Unfit> {
        let chat = Place::read(given, &self.settings)?.written();
        Ok(Address {
            account: self.account.clone(),
            kind: ChatKind::Direct,
            chat,
            thread: Some(page.to_owned()),
        })
    }

    /// Which of the named services answer from here; those of which only a part of the name is known are left out.
    pub async fn reached(&self) -> Vec<(String, Result<(), CallFailure>)> {
        let mut reached = Vec::new();
        for host in self.settings.probed() {
            let answer = match Url::parse(&format!("https://{host}/")) {
                Ok(url) => self.caller.post(url, HeaderMap::new(), Vec::new(), PATIENCE).await,
                Err(e) => Err(CallFailure::Unsent(e.to_string())),
            };
            reached.push((host, answer.map(drop)));
        }
        reached
    }

    /// Sends a notification that says `plain`.
    async fn notify(&self, to: &Address, lead: &Lead, plain: &[u8]) -> Result<(), SendFailure> {
        let place = Place::written_in(&to.chat);
        // It was sealed as it was read, so this is another program's.
        let place = place.ok_or_else(|| SendFailure::Gone("no subscription".to_owned()))?;
        let service = place.service();
        let now = self.clock.now();
        if self.services.rests(&service, now) {
            return Err(SendFailure::Transient(format!("{service} was not reached a moment ago")));
        }
        let body = encrypt(plain, &place.browser, &self.fresh())
            .map_err(|e| SendFailure::Rejected(e.to_string()))?;
        let headers = self.headers(&place, lead)?;
        match self.caller.post(place.endpoint.clone(), headers, body, PATIENCE).await {
            Ok(answer) => {
                let subject = Subject { place: &place, service: &service, now };
                errors::read(&answer, &subject, &self.services)
            }
            Err(CallFailure::Unsent(words)) => {
                self.services.missed(&service, now);
                Err(SendFailure::Transient(format!("{service}: {words}")))
            }
            Err(CallFailure::Unanswered(words)) => {
                Err(SendFailure::Unknown(format!("{service}: {words}")))
            }
            Err(CallFailure::Forbidden(words)) => {
                Err(SendFailure::Misconfigured(format!("{service}: {words}")))
            }
        }
    }

    fn headers(&self, place: &Place, lead: &Lead) -> Result<HeaderMap, SendFailure> {
        let until = self.clock.now().plus(PROOF);
        let proof = self.key.authorization(&place.origin(), &self.settings.contact, until);
        let ttl = self.settings.ttl.as_secs().to_string();
        let topic = opening::topic(&lead.url);
        let lines = [
            (HeaderName::from_static("ttl"), ttl.as_str()),
            (HeaderName::from_static("urgency"), urgency(lead.priority)),
            (HeaderName::from_static("topic"), &topic),
            (header::CONTENT_ENCODING, "aes128gcm"),
            (header::CONTENT_TYPE, "application/octet-stream"),
            (header::AUTHORIZATION, &proof),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value);
            let mut value = value.map_err(|e| SendFailure::Misconfigured(e.to_string()))?;
            value.set_sensitive(name == header::AUTHORIZATION);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn fresh(&self) -> Fresh {
        let (mut key, mut salt) = ([0; 32], [0; 16]);
        loop {
            self.clock.random(&mut key);
            self.clock.random(&mut salt);
            if let Ok(fresh) = Fresh::new(&key, salt) {
                return fresh;
            }
        }
    }
}

/// How soon a device is woken for it.
const fn urgency(priority: Priority) -> &'static str {
    match priority {
        Priority::Answer | Priority::Urgent => "high",
        Priority::Bulk => "normal",
    }
}

#[async_trait]
impl Connector for WebPush {
    fn platform(&self) -> Platform {
        Platform::WebPush
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn size(&self, _kind: ChatKind) -> Size {
        WHOLE
    }

    fn told(&self, chat: &Address, post: &Post) -> Told {
        let page = chat.thread.as_deref().unwrap_or_default();
        match self.pages.topics.get(page) {
            Some(topics) if topics.contains(&post.topic) => {
                let url = format!("{}/p/{}", self.pages.url(page), post.code);
                Told::Opening(Lead { url, priority: post.priority })
            }
            _ => Told::Nothing,
        }
    }

    fn addresses(&self) -> Addresses {
        Addresses::Sealed
    }

    /// Words that belong to no post lead to the page on which the reader asked.
    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let page = message.to.thread.as_deref().unwrap_or_default();
        let lead = Lead { url: self.pages.url(page), priority: Priority::Answer };
        self.announce(message, &lead).await
    }

    async fn announce(&self, message: &Outgoing, lead: &Lead) -> Result<Receipt, SendFailure> {
        let plain = opening::plain(&message.part.text, &lead.url);
        let plain = plain.ok_or_else(|| {
            SendFailure::Rejected("the address of the page leaves no room for words".to_owned())
        })?;
        self.notify(&message.to, lead, &plain).await?;
        Ok(Receipt { message: message.once.clone() })
    }

    async fn amend(&self, _sent: &MessageRef, _to: &Amendment) -> Result<(), SendFailure> {
        Err(SendFailure::Rejected("a notification that was shown stays as it is".to_owned()))
    }

    async fn answer_press(&self, _press: &str, _words: &str) -> Result<(), SendFailure> {
        Ok(())
    }
}
