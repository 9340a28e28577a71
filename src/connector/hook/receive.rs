//! How what happens in another system arrives: signed, one event a call, known again by its ID.
//!
//! Whoever signs with the secret is believed about who wrote: the other system knows its people, and we do not.

use super::send::TO_GROUP;
use super::{GROUP, Hook};
use crate::connector::signed::standard;
use crate::connector::{Accepted, CallbackError};
use crate::model::{ChatKind, Happening, Identity, Inbound, Lang, MessageRef, Platform, Sender};
use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use serde::Deserialize;

/// The longest name that another system may give to a person or a message, in bytes.
const NAME_MAX: usize = 128;

/// What happened.
#[derive(Deserialize)]
#[serde(tag = "type", content = "data")]
enum Event {
    #[serde(rename = "message.said")]
    Said(Said),
    #[serde(rename = "message.changed")]
    Changed(Said),
    #[serde(rename = "button.pressed")]
    Pressed(Pressed),
}

/// Somebody wrote something, or changed it.
#[derive(Deserialize)]
struct Said {
    from: From,
    message: String,
    text: String,
    /// Our message that it answers.
    #[serde(default)]
    reply_to: Option<String>,
}

/// Somebody pressed a button.
#[derive(Deserialize)]
struct Pressed {
    from: From,
    /// The message under which it stands.
    message: String,
    /// What the button carries.
    data: String,
}

/// Who it was.
#[derive(Deserialize)]
struct From {
    /// Their name in that system's own tongue: an ID that stays.
    id: String,
    /// What people call them.
    #[serde(default)]
    name: String,
    #[serde(default)]
    lang: Option<Lang>,
}

impl Hook {
    pub(super) fn take(&self, callback: &Request<Bytes>) -> Result<Accepted, CallbackError> {
        let line = |name| callback.headers().get(name).and_then(|v| v.to_str().ok());
        let line = |name| line(name).ok_or(CallbackError::Forged);
        let call = standard::Call {
            id: line("webhook-id")?,
            timestamp: line("webhook-timestamp")?,
            signatures: line("webhook-signature")?,
            body: callback.body(),
        };
        standard::check(&self.keys, &call, self.clock.now())?;
        let event: Event = serde_json::from_slice(callback.body())?;
        let inbound = self.read(call.id, event)?;
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        Ok(Accepted { inbound: vec![inbound], overheard: None, answer })
    }

    fn read(&self, id: &str, event: Event) -> Result<Inbound, CallbackError> {
        let (from, happened) = match event {
            Event::Said(said) => {
                let reply_to = match &said.reply_to {
                    Some(to) => Some(self.answered(&said.from, to)?),
                    None => None,
                };
                let message = self.message(&said.from, &said.message)?;
                (said.from, Happening::Said { message, text: said.text, reply_to })
            }
            Event::Changed(said) => {
                let message = self.message(&said.from, &said.message)?;
                (said.from, Happening::Edited { message, text: said.text })
            }
            Event::Pressed(Pressed { from, message, data }) => {
                let message = Some(self.message(&from, &message)?);
                (from, Happening::Pressed { press: Some(id.to_owned()), message, data })
            }
        };
        let chat = self.chat(ChatKind::Direct, &from.id);
        let identity = Identity::new(Platform::Webhook, &format!("{}:{}", self.account, from.id));
        let sender = Sender { lang: from.lang, ..Sender::alone(&chat, identity, from.name) };
        Ok(Inbound::alone(chat, sender, (id.to_owned(), self.clock.now()), happened))
    }

    fn message(&self, from: &From, message: &str) -> Result<MessageRef, CallbackError> {
        let short = |name: &str| (1..=NAME_MAX).contains(&name.len());
        if !short(&from.id) || !short(message) || from.id == GROUP {
            return Err(CallbackError::Malformed("a name is empty or too long".to_owned()));
        }
        let (account, chat) = (self.account.clone(), from.id.clone());
        Ok(MessageRef { account, chat, message: message.to_owned() })
    }

    /// What somebody answers: a message to themselves, or one to the group.
    fn answered(&self, from: &From, message: &str) -> Result<MessageRef, CallbackError> {
        let said = self.message(from, message)?;
        let to_group = message.split_once('_').is_some_and(|(kind, _)| kind == TO_GROUP);
        Ok(if to_group { MessageRef { chat: GROUP.to_owned(), ..said } } else { said })
    }
}
