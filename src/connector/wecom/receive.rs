//! How a member's words arrive: encrypted and signed, for the organisation and the application, and answered with
//! nothing.
//!
//! The platform repeats a call up to three times, signed anew: it is known by the message's name, and an event, which
//! has none, by what it says. A text does not name the message that it answers.

use super::Wecom;
use super::send::CODE;
use crate::connector::called::{self, Fields, answer, field, name_of, query, said, unread};
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    Address, At, Button, ChatKind, Happening, Identity, Inbound, MessageRef, Platform, Sender,
};
use ::http::{Method, Request};
use bytes::Bytes;

/// By what an event is known.
const NAMED: [&str; 6] = ["FromUserName", "CreateTime", "Event", "EventKey", "MsgType", "TaskId"];

impl Wecom {
    pub(super) fn accept_call(&self, call: &Request<Bytes>) -> Result<Accepted, CallbackError> {
        let envelope = self.envelope.as_ref().ok_or(CallbackError::NotCalled)?;
        let now = self.clock.now();
        if *call.method() == Method::GET {
            // The check of our address: what was sealed is answered, and nothing else.
            let query = query(call);
            let echo = field(&query, "echostr")?;
            let opened = called::open_letter(envelope, &query, echo, now)?;
            let answer = answer(&opened.message);
            return Ok(Accepted { inbound: Vec::new(), overheard: None, answer });
        }
        let said = said(&called::open(envelope, call, now)?);
        let Some(said) = said else {
            // The platform would repeat what we cannot read.
            tracing::warn!(account.id = %self.account, "a message of an unknown form was left out");
            return Ok(Accepted { inbound: Vec::new(), overheard: None, answer: answer(b"") });
        };
        let agent = said.get("AgentID").filter(|agent| !agent.is_empty());
        if agent.is_some_and(|agent| *agent != self.settings.agent_id.to_string()) {
            return Err(unread("another application is called"));
        }
        let inbound = self.heard(&said, now);
        Ok(Accepted { inbound, overheard: None, answer: answer(b"") })
    }

    /// What a message says, as far as it concerns us.
    fn heard(&self, said: &Fields, now: At) -> Vec<Inbound> {
        let get = |name: &str| said.get(name).map_or("", String::as_str);
        // Upper and lower case are one to the platform.
        let from = get("FromUserName").to_lowercase();
        if from.is_empty() {
            return Vec::new();
        }
        let name = name_of(said, &NAMED, &self.settings.secret);
        let what = match get("MsgType") {
            "event" => match get("Event") {
                "unsubscribe" => vec![Happening::Left("unsubscribe".to_owned())],
                "subscribe" => {
                    vec![Happening::Joined, self.said(&from, &name, "/start".to_owned())]
                }
                // They look into the chat, which says no more than that we may write there.
                "enter_agent" => vec![Happening::Joined],
                // A key that says no command belongs to a menu that is not ours.
                "click" if get("EventKey").starts_with('/') => {
                    vec![self.said(&from, &name, get("EventKey").to_owned())]
                }
                "template_card_event" => self.pressed(&from, said).into_iter().collect(),
                // Where they are, what became of our calls, who came to the organisation.
                _ => Vec::new(),
            },
            "text" => vec![self.said(&from, &name, get("Content").to_owned())],
            // Without words: they are told that we read words.
            "image" | "voice" | "video" | "location" | "link" | "file" => {
                vec![self.said(&from, &name, String::new())]
            }
            _ => Vec::new(),
        };
        let inbound = |what: Happening| {
            // The one that only says that we may write has a name beside the other's.
            let event = match what {
                Happening::Joined => format!("{name}.open"),
                _ => name.clone(),
            };
            self.inbound(&from, event, now, what)
        };
        what.into_iter().map(inbound).collect()
    }

    /// A press of a button; `None` where it carries nothing of ours.
    fn pressed(&self, from: &str, said: &Fields) -> Option<Happening> {
        let data = said.get("EventKey")?.clone();
        if !(1..=Button::DATA_MAX).contains(&data.len()) {
            return None;
        }
        let code = said.get("ResponseCode").filter(|code| !code.is_empty());
        let message = code.map(|code| self.message(from, format!("{CODE}{code}")));
        Some(Happening::Pressed { press: None, message, data })
    }

    fn said(&self, from: &str, name: &str, text: String) -> Happening {
        let message = self.message(from, name.to_owned());
        Happening::Said { message, text, reply_to: None }
    }

    fn message(&self, chat: &str, message: String) -> MessageRef {
        MessageRef { account: self.account.clone(), chat: chat.to_owned(), message }
    }

    fn inbound(&self, from: &str, event: String, at: At, what: Happening) -> Inbound {
        let chat = Address {
            account: self.account.clone(),
            kind: ChatKind::Direct,
            chat: from.to_owned(),
            thread: None,
        };
        // The platform does not say with a message what members are called, but gave them this name.
        let sender = Sender::alone(&chat, Identity::new(Platform::Wecom, from), from.to_owned());
        Inbound::alone(chat, sender, (event, at), what)
    }
}
