//! How events arrive: what is addressed to us is taken, everything else is dropped unread.
//!
//! An event is encrypted and signed over the body as it came. Only the check of an address comes unsigned, so nothing
//! is believed by it but that the address may be confirmed; whatever is wrong with it, the answer is the same.
//!
//! In a group we are addressed by a mention, and by an answer to a message of ours. Whose message is answered an
//! event does not say; so an answer without a mention is only overheard, and whoever keeps our messages looks.

use super::card::Stands;
use super::wire::{Envelope, Membership, Mention, Press, Received, Said, Verification, Words};
use super::{Feishu, Pressed};
use crate::connector::signed::feishu;
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    Address, ChatKind, Happening, Identity, Inbound, MessageRef, Overheard, Platform, Rank, Sender,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

const SIGNATURE: &str = "x-lark-signature";
const TIMESTAMP: &str = "x-lark-request-timestamp";
const NONCE: &str = "x-lark-request-nonce";

/// How much of a person's ID stands for the name that an event does not tell.
const NAME: usize = 6;

/// What a call says.
pub(super) enum Says {
    /// The address is checked: this is to be answered.
    Check(String),
    /// Something that is addressed to us.
    Addressed(Box<Inbound>),
    /// Something that is, if it answers a message of ours.
    Overheard(Box<Overheard>),
    /// Nothing that concerns us.
    Nothing,
}

/// A body that is encrypted.
#[derive(Deserialize)]
struct Shut {
    encrypt: String,
}

/// Why an event is left out.
enum Deaf {
    /// It names people, and we have not yet been told who we are.
    Nameless,
    /// It cannot be read.
    Unread,
}

impl Feishu {
    pub(super) fn accept_call(
        &self,
        callback: &http::Request<Bytes>,
    ) -> Result<Accepted, CallbackError> {
        let (mut inbound, mut overheard, mut answer) = (Vec::new(), None, "{}".to_owned());
        match self.read_call(callback)? {
            Says::Check(challenge) => {
                answer = serde_json::json!({ "challenge": challenge }).to_string();
            }
            Says::Addressed(said) => inbound.push(*said),
            Says::Overheard(said) => overheard = Some(*said),
            Says::Nothing => {}
        }
        let answer = http::Response::builder()
            .header(http::header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(Bytes::from(answer))
            .map_err(|e| CallbackError::Malformed(e.to_string()))?;
        Ok(Accepted { inbound, overheard, answer })
    }

    fn read_call(&self, callback: &http::Request<Bytes>) -> Result<Says, CallbackError> {
        let Some(calls) = &self.settings.calls else { return Err(CallbackError::NotCalled) };
        let token = calls.verification_token.reveal().as_bytes();
        let body = callback.body();
        let header = |name| callback.headers().get(name).and_then(|value| value.to_str().ok());
        let Some(signature) = header(SIGNATURE) else {
            let text = match serde_json::from_slice(body) {
                Ok(Shut { encrypt }) => feishu::decrypt(&calls.encrypt_key, &encrypt),
                Err(_) => Ok(body.to_vec()),
            };
            let text = text.map_err(|_| CallbackError::Forged)?;
            return check(&text, token).ok_or(CallbackError::Forged);
        };
        let timestamp = header(TIMESTAMP).unwrap_or_default();
        let nonce = header(NONCE).unwrap_or_default();
        let call = feishu::Call { signature, timestamp, nonce, body };
        feishu::check(&calls.encrypt_key, &call, self.clock.now())?;
        let Shut { encrypt } = serde_json::from_slice(body)
            .map_err(|_| CallbackError::Malformed("not encrypted".to_owned()))?;
        let text = feishu::decrypt(&calls.encrypt_key, &encrypt)?;
        if let Some(says) = check(&text, token) {
            return Ok(says);
        }
        let envelope: Envelope = serde_json::from_slice(&text)
            .map_err(|_| CallbackError::Malformed("no event of version 2.0".to_owned()))?;
        let shown = envelope.header.token.as_bytes();
        let named = !envelope.header.event_id.is_empty();
        if !bool::from(shown.ct_eq(token)) || envelope.header.app_id != self.settings.app_id {
            return Err(CallbackError::Forged);
        }
        if !named {
            return Err(CallbackError::Malformed("no `event_id`".to_owned()));
        }
        self.hear(&envelope)
    }

    /// What an event says. What cannot be read is logged by its kind alone: Feishu would repeat it for hours.
    pub(super) fn hear(&self, envelope: &Envelope) -> Result<Says, CallbackError> {
        let (kind, event) = (envelope.header.event_type.as_str(), &envelope.event);
        let id = &envelope.header.event_id;
        let heard = match kind {
            "im.message.receive_v1" => self.message(event),
            "card.action.trigger" => self.press(event, id),
            "im.chat.member.bot.added_v1" => self.membership(event, Happening::Joined),
            "im.chat.member.bot.deleted_v1" => {
                self.membership(event, Happening::Left("bot.deleted".to_owned()))
            }
            "im.chat.disbanded_v1" => {
                self.membership(event, Happening::Left("disbanded".to_owned()))
            }
            "im.chat.updated_v1" => {
                self.renamed(event);
                Ok(Says::Nothing)
            }
            _ => Ok(Says::Nothing),
        };
        match heard {
            Ok(Says::Addressed(it)) => Ok(Says::Addressed(Box::new(named(*it, id)))),
            Ok(Says::Overheard(it)) => {
                let Overheard { inbound, answers } = *it;
                let inbound = named(inbound, id);
                Ok(Says::Overheard(Box::new(Overheard { inbound, answers })))
            }
            Ok(says) => Ok(says),
            Err(Deaf::Nameless) => {
                let words = "who we are is not known yet; to be repeated";
                Err(CallbackError::Malformed(words.to_owned()))
            }
            Err(Deaf::Unread) => {
                tracing::warn!(
                    platform = "feishu",
                    account.id = %self.account,
                    event.kind = kind,
                    "an event of an unknown form was left out",
                );
                Ok(Says::Nothing)
            }
        }
    }

    fn message(&self, event: &Value) -> Result<Says, Deaf> {
        let Received { sender, message } =
            Received::deserialize(event).map_err(|_| Deaf::Unread)?;
        let who = sender.sender_id.open_id;
        // Other bots talk as well.
        if sender.sender_type != "user" || who.is_empty() {
            return Ok(Says::Nothing);
        }
        let kind = if message.chat_type == "p2p" { ChatKind::Direct } else { ChatKind::Group };
        let chat = if kind == ChatKind::Direct { who.clone() } else { message.chat_id.clone() };
        let answered = [&message.parent_id, &message.root_id].into_iter().find(|id| !id.is_empty());
        let reply_to = answered.map(|id| self.named(&chat, id));
        let called = self.calls_us(&message.mentions)?;
        let Some(text) = self.text(&message, kind) else { return Ok(Says::Nothing) };
        let command = text.starts_with(['/', '／']);
        let answers = reply_to.clone();
        let what =
            Happening::Said { message: self.named(&chat, &message.message_id), text, reply_to };
        let inbound = self.inbound((kind, &chat), &who, what);
        Ok(match (kind, answers) {
            (ChatKind::Direct, _) => Says::Addressed(Box::new(inbound)),
            (_, answers) if called && (command || answers.is_some()) => {
                Says::Addressed(Box::new(inbound))
            }
            (_, Some(answers)) if !command => {
                Says::Overheard(Box::new(Overheard { inbound, answers }))
            }
            _ => Says::Nothing,
        })
    }

    /// Whether we are among those who are called.
    fn calls_us(&self, mentions: &[Mention]) -> Result<bool, Deaf> {
        if mentions.is_empty() {
            return Ok(false);
        }
        let own = self.own.get().ok_or(Deaf::Nameless)?;
        Ok(mentions.iter().any(|mention| mention.id.open_id == own.open_id))
    }

    /// What a message says, without our own name; in a person's own chat, nothing for what is no text.
    fn text(&self, message: &Said, kind: ChatKind) -> Option<String> {
        let written = match message.message_type.as_str() {
            "text" | "post" => {
                let content: Words = serde_json::from_str(&message.content).ok()?;
                let lines = content.content.iter().map(|line| {
                    let pieces =
                        line.iter().map(|p| [p.text.as_str(), p.user_id.as_str()].concat());
                    pieces.collect::<String>()
                });
                let lines = [content.title.clone()].into_iter().chain(lines);
                let post = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
                if content.text.is_empty() { post } else { content.text }
            }
            _ if kind == ChatKind::Direct => String::new(),
            _ => return None,
        };
        Some(self.spoken(written, &message.mentions))
    }

    /// The text with names in place of keys, and without our own. A longer key is never taken for a shorter one.
    fn spoken(&self, mut text: String, mentions: &[Mention]) -> String {
        let own = self.own.get().map(|bot| bot.open_id.as_str());
        let mut mentions: Vec<_> = mentions.iter().filter(|m| !m.key.is_empty()).collect();
        mentions.sort_by_key(|mention| std::cmp::Reverse(mention.key.len()));
        for mention in mentions {
            let ours = Some(mention.id.open_id.as_str()) == own;
            let name = if ours { String::new() } else { format!("@{}", mention.name) };
            text = text.replace(&mention.key, &name);
        }
        text.trim().to_owned()
    }

    fn press(&self, event: &Value, id: &str) -> Result<Says, Deaf> {
        let Press { operator, action, context } =
            Press::deserialize(event).map_err(|_| Deaf::Unread)?;
        let who = operator.open_id;
        if who.is_empty() {
            return Err(Deaf::Unread);
        }
        let (kind, chat) = match action.value.place {
            Stands::Direct => (ChatKind::Direct, who.clone()),
            Stands::Group => (ChatKind::Group, context.open_chat_id),
        };
        // In a person's own chat an answer is a message like any other.
        let press = (kind == ChatKind::Group)
            .then(|| self.seal(&Pressed { chat: chat.clone(), who: who.clone() }, id));
        let message = Some(self.named(&chat, &context.open_message_id));
        let what = Happening::Pressed { press, message, data: action.value.press };
        Ok(Says::Addressed(Box::new(self.inbound((kind, &chat), &who, what))))
    }

    fn membership(&self, event: &Value, what: Happening) -> Result<Says, Deaf> {
        let change = Membership::deserialize(event).map_err(|_| Deaf::Unread)?;
        if !change.name.is_empty() {
            self.keep_title(&change.chat_id, change.name);
        }
        let who = change.operator_id.open_id;
        let chat = (ChatKind::Group, change.chat_id.as_str());
        Ok(Says::Addressed(Box::new(self.inbound(chat, &who, what))))
    }

    fn renamed(&self, event: &Value) {
        if let Ok(change) = Membership::deserialize(event)
            && !change.after_change.name.is_empty()
        {
            self.keep_title(&change.chat_id, change.after_change.name);
        }
    }

    fn inbound(&self, (kind, chat): (ChatKind, &str), who: &str, what: Happening) -> Inbound {
        let title = if kind == ChatKind::Direct { String::new() } else { self.title(chat) };
        Inbound {
            account: self.account.clone(),
            event: String::new(),
            at: self.clock.now(),
            chat: self.address(kind, chat),
            chat_title: title,
            from: (!who.is_empty()).then(|| self.sender(who, kind)),
            what,
        }
    }

    fn sender(&self, who: &str, kind: ChatKind) -> Sender {
        let rank = if kind == ChatKind::Direct { Rank::Decides } else { Rank::Unknown };
        let name = who.char_indices().rev().nth(NAME - 1).map_or(who, |(at, _)| &who[at..]);
        Sender {
            identity: Identity::new(Platform::Feishu, who),
            name: name.to_owned(),
            direct: Some(self.address(ChatKind::Direct, who)),
            lang: None,
            rank,
        }
    }

    fn address(&self, kind: ChatKind, chat: &str) -> Address {
        Address { account: self.account.clone(), kind, chat: chat.to_owned(), thread: None }
    }

    fn named(&self, chat: &str, message: &str) -> MessageRef {
        MessageRef {
            account: self.account.clone(),
            chat: chat.to_owned(),
            message: message.to_owned(),
        }
    }
}

fn named(inbound: Inbound, event: &str) -> Inbound {
    Inbound { event: event.to_owned(), ..inbound }
}

/// The check of an address, if it is one and its token is right.
fn check(text: &[u8], token: &[u8]) -> Option<Says> {
    let asked: Verification = serde_json::from_slice(text).ok()?;
    let right = bool::from(asked.token.as_bytes().ct_eq(token));
    (right && asked.kind == "url_verification").then_some(Says::Check(asked.challenge))
}
