//! How updates arrive: what is addressed to us is taken, everything else is dropped unread.
//!
//! teloxide's `Message` becomes empty when a single entity or attachment in it is newer than the crate,
//! and a suggestion would be lost with it. So the few fields that we need are read here, one update at a
//! time, and nothing else of it can spoil them.

use super::wire::{Chat, Incoming, Membership, Presence, Press};
use super::{Receive, Telegram};
use crate::connector::signed::press;
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    AccountId, Address, At, Beside, ChatKind, Happening, Identity, Inbound, Lang, MessageRef,
    Overheard, Platform, Rank, Sender,
};
use crate::text::command;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;
use teloxide::types::User;

/// The header in which Telegram shows the webhook's secret.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The kinds of updates that we asked for, by the names of their fields.
const ALLOWED_KEYS: [&str; 5] =
    ["message", "edited_message", "channel_post", "callback_query", "my_chat_member"];

/// What a message may hold instead of text. Anything else without text is a service message.
const MEDIA: [&str; 19] = [
    "animation",
    "audio",
    "checklist",
    "contact",
    "dice",
    "document",
    "game",
    "live_photo",
    "location",
    "paid_media",
    "photo",
    "poll",
    "rich_message",
    "sticker",
    "story",
    "venue",
    "video",
    "video_note",
    "voice",
];

/// To whom a text is addressed.
enum Addressed {
    /// It is no command.
    Nobody,
    /// A command for us, as it reads without our name.
    Us(String),
    /// A command for another bot.
    Another,
}

/// What a message answers.
enum Answered {
    /// A message of ours.
    Ours(MessageRef),
    /// A channel's post, in the group where its posts are discussed. Who wrote it Telegram does not say there.
    Post(MessageRef),
}

/// What an update says.
pub(super) enum Says {
    /// Something that is addressed to us.
    Addressed(Inbound),
    /// Something that is, if it answers a message of ours.
    Overheard(Overheard),
}

/// An update that has to come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deaf {
    /// It names a bot, and we have not yet been told our own name.
    Nameless,
    /// It cannot be read; it is left out.
    Unread,
}

/// Hears updates for one bot.
pub(super) struct Ear<'a> {
    account: &'a AccountId,
    bot: u64,
    press_key: &'a [u8; 32],
    username: Option<&'a str>,
    now: At,
}

impl Telegram {
    pub(super) fn accept_call(
        &self,
        callback: &http::Request<Bytes>,
    ) -> Result<Accepted, CallbackError> {
        let Receive::Webhook { secret, .. } = &self.settings.receive else {
            return Err(CallbackError::NotCalled);
        };
        let shown = callback.headers().get(SECRET_HEADER).ok_or(CallbackError::Forged)?;
        if !bool::from(shown.as_bytes().ct_eq(secret.reveal().as_bytes())) {
            return Err(CallbackError::Forged);
        }
        let update: Value = serde_json::from_slice(callback.body())
            .map_err(|_| CallbackError::Malformed("not JSON".to_owned()))?;
        if update_id(&update).is_none() {
            return Err(CallbackError::Malformed("no `update_id`".to_owned()));
        }
        let (mut inbound, mut overheard) = (Vec::new(), None);
        match Ear::of(self).hear(update) {
            Ok(Some(Says::Addressed(it))) => inbound.push(it),
            Ok(Some(Says::Overheard(it))) => overheard = Some(it),
            // Telegram would repeat what we cannot read for a day; it is in the log.
            Ok(None) | Err(Deaf::Unread) => {}
            Err(Deaf::Nameless) => {
                let words = "our own name is not known yet; to be repeated";
                return Err(CallbackError::Malformed(words.to_owned()));
            }
        }
        Ok(Accepted { inbound, overheard, answer: http::Response::new(Bytes::new()) })
    }
}

impl Answered {
    const fn message(&self) -> &MessageRef {
        match self {
            Self::Ours(message) | Self::Post(message) => message,
        }
    }
}

impl Says {
    /// What is said with `inbound`, which answers this.
    fn of(inbound: Inbound, answered: Option<Answered>) -> Self {
        match answered {
            Some(Answered::Post(answers)) => Self::Overheard(Overheard { inbound, answers }),
            Some(Answered::Ours(_)) | None => Self::Addressed(inbound),
        }
    }
}

fn update_id(update: &Value) -> Option<i64> {
    update.get("update_id")?.as_i64()
}

impl<'a> Ear<'a> {
    /// The ear of this bot, now.
    pub(super) fn of(telegram: &'a Telegram) -> Self {
        Self {
            account: &telegram.account,
            bot: telegram.bot,
            press_key: &telegram.press_key,
            username: telegram.username.get().map(String::as_str),
            now: telegram.clock.now(),
        }
    }

    /// What happened, if it may be addressed to us. What cannot be read is logged by its number alone.
    pub(super) fn hear(&self, update: Value) -> Result<Option<Says>, Deaf> {
        let id = update_id(&update);
        let Value::Object(mut update) = update else { return Err(Deaf::Unread) };
        let mut kinds = ALLOWED_KEYS.iter().filter_map(|k| Some((*k, update.remove(*k)?)));
        let heard = match kinds.next() {
            Some(("message" | "channel_post", body)) => self.message(&body),
            Some(("edited_message", body)) => self.edited(&body),
            Some(("callback_query", body)) => Ok(self.press(&body)?.map(Says::Addressed)),
            Some((_, body)) => Ok(self.membership(&body)?.map(Says::Addressed)),
            None => Err(Deaf::Unread),
        };
        if matches!(heard, Err(Deaf::Unread)) {
            tracing::warn!(
                platform = "telegram",
                account.id = %self.account,
                update.id = id,
                "an update of an unknown form was left out",
            );
        }
        let (Some(mut says), Some(id)) = (heard?, id) else { return Ok(None) };
        let (Says::Addressed(inbound) | Says::Overheard(Overheard { inbound, .. })) = &mut says;
        inbound.event = id.to_string();
        Ok(Some(says))
    }

    fn message(&self, body: &Value) -> Result<Option<Says>, Deaf> {
        let message = Incoming::deserialize(body).map_err(|_| Deaf::Unread)?;
        if let Some(moved) = self.migration(&message) {
            return Ok(Some(Says::Addressed(moved)));
        }
        if message.is_automatic_forward || message.is_by_another_bot() {
            return Ok(None);
        }
        let answered = self.answers(&message);
        let reply_to = answered.as_ref().map(|it| it.message().clone());
        let beside = match message.media_group_id {
            Some(_) => Beside::More,
            None => Beside::Nothing,
        };
        let written = message.text.as_deref().or(message.caption.as_deref());
        let text = match (self.addressed(written.unwrap_or_default())?, message.chat.kind()) {
            (Addressed::Us(command), _) => Some(command),
            (_, ChatKind::Direct) => match written {
                Some(text) => Some(text.to_owned()),
                // The words of an album stand under one of its parts; the others say nothing, unless they answer.
                None if message.media_group_id.is_some() && reply_to.is_none() => None,
                None => MEDIA.iter().any(|k| body.get(k).is_some()).then(String::new),
            },
            (Addressed::Nobody, ChatKind::Group) if reply_to.is_some() => {
                written.map(str::to_owned)
            }
            _ => None,
        };
        let (reference, files) = (self.reference(&message), message.attached());
        let said = |text: String| {
            let message = reference;
            if files.is_empty() {
                return Happening::Said { message, text, reply_to };
            }
            Happening::Sent { message, text, reply_to, files, beside }
        };
        // A command is for us wherever it stands.
        let answered = answered.filter(|_| !text.as_deref().is_some_and(command::begins));
        let says = |what| Says::of(self.inbound(&message, what), answered);
        Ok(text.map(said).map(says))
    }

    fn edited(&self, body: &Value) -> Result<Option<Says>, Deaf> {
        let message = Incoming::deserialize(body).map_err(|_| Deaf::Unread)?;
        let answered = self.answers(&message);
        let ours = match message.chat.kind() {
            ChatKind::Direct => true,
            ChatKind::Group => answered.is_some(),
            ChatKind::Channel => false,
        };
        let written = message.text.as_deref().or(message.caption.as_deref());
        let (true, false, Some(text)) = (ours, message.is_by_another_bot(), written) else {
            return Ok(None);
        };
        let what = Happening::Edited { message: self.reference(&message), text: text.to_owned() };
        Ok(Some(Says::of(self.inbound(&message, what), answered)))
    }

    fn press(&self, body: &Value) -> Result<Option<Inbound>, Deaf> {
        let press = Press::deserialize(body).map_err(|_| Deaf::Unread)?;
        // Without a message it was made inline in a chat we know nothing of: we make no such buttons.
        let (Some(message), Some(data)) = (&press.message, press.data) else { return Ok(None) };
        let place = Some(self.reference(message));
        let name = press::seal(self.press_key, &press.id, &press.id);
        let what = Happening::Pressed { press: Some(name), message: place, data };
        let from = Some(self.sender(&press.from, message.chat.kind()));
        Ok(Some(Inbound { from, ..self.inbound(message, what) }))
    }

    fn membership(&self, body: &Value) -> Result<Option<Inbound>, Deaf> {
        let change = Membership::deserialize(body).map_err(|_| Deaf::Unread)?;
        let kind = change.chat.kind();
        let before = change.old_chat_member.presence(kind);
        let what = match change.new_chat_member.presence(kind) {
            now if now == before => return Ok(None),
            Presence::Writes => Happening::Joined,
            Presence::Reads => Happening::Muted(change.new_chat_member.status),
            Presence::Absent => Happening::Left(change.new_chat_member.status),
        };
        Ok(Some(Inbound {
            account: self.account.clone(),
            event: String::new(),
            at: self.now,
            chat: self.address(&change.chat, None),
            from: Some(self.sender(&change.from, kind)),
            chat_title: change.chat.title.unwrap_or_default(),
            what,
        }))
    }

    /// A group that became a supergroup: told in the old chat, and once more in the new one.
    fn migration(&self, message: &Incoming) -> Option<Inbound> {
        let here = message.chat.id;
        let (old, new) = match (message.migrate_to_chat_id, message.migrate_from_chat_id) {
            (Some(new), _) => (here, new),
            (None, Some(old)) => (old, here),
            (None, None) => return None,
        };
        let address = |id| super::errors::group(self.account, id);
        let what = Happening::MovedTo(address(new));
        Some(Inbound { chat: address(old), from: None, ..self.inbound(message, what) })
    }

    /// What it answers, if that is ours or may be.
    fn answers(&self, message: &Incoming) -> Option<Answered> {
        let kind = message.chat.kind();
        if let Some(external) = &message.external_reply {
            let (chat, id) = (external.chat.as_ref()?, external.message_id?);
            let ours = self.is_us(external.origin.sender_user.as_ref());
            let of_channel = kind == ChatKind::Direct && external.origin.chat.is_some();
            return (ours || of_channel).then(|| Answered::Ours(self.named(chat.id, id)));
        }
        let answered = message.reply_to_message.as_deref()?;
        if answered.is_automatic_forward {
            // A comment under a channel's post, in the channel's discussion group.
            let origin = answered.forward_origin.as_ref()?;
            return Some(Answered::Post(self.named(origin.chat.as_ref()?.id, origin.message_id?)));
        }
        // Everything in a forum topic "answers" the message that opened it.
        let ours = self.is_us(answered.from.as_ref()) && answered.forum_topic_created.is_none();
        ours.then(|| Answered::Ours(self.reference(answered)))
    }

    fn is_us(&self, user: Option<&User>) -> bool {
        user.is_some_and(|u| u.id.0 == self.bot)
    }

    /// To whom a text is addressed, by its first word.
    fn addressed(&self, text: &str) -> Result<Addressed, Deaf> {
        let word = text.split(char::is_whitespace).next().unwrap_or_default();
        let Some(command) = word.strip_prefix('/') else { return Ok(Addressed::Nobody) };
        let (name, bot) = match command.split_once('@') {
            Some((name, bot)) => (name, Some(bot)),
            None => (command, None),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Ok(Addressed::Nobody);
        }
        let Some(bot) = bot else { return Ok(Addressed::Us(text.to_owned())) };
        let ours = self.username.ok_or(Deaf::Nameless)?;
        if !bot.eq_ignore_ascii_case(ours) {
            return Ok(Addressed::Another);
        }
        let rest = text.get(word.len()..).unwrap_or_default();
        Ok(Addressed::Us(format!("/{name}{rest}")))
    }

    fn inbound(&self, message: &Incoming, what: Happening) -> Inbound {
        let thread = message.message_thread_id.filter(|_| message.is_topic_message);
        let kind = message.chat.kind();
        // Who writes as a group or a channel is not named: Telegram puts a stand-in there.
        let named = kind == ChatKind::Direct || message.sender_chat.is_none();
        let from = message.from.as_ref().filter(|_| named).map(|user| self.sender(user, kind));
        Inbound {
            account: self.account.clone(),
            event: String::new(),
            at: self.now,
            chat: self.address(&message.chat, thread),
            chat_title: message.chat.title.clone().unwrap_or_default(),
            from,
            what,
        }
    }

    fn sender(&self, user: &User, kind: ChatKind) -> Sender {
        let id = user.id.0.to_string();
        let lang = match user.language_code.as_deref() {
            Some(code) if code.starts_with("zh") => Some(Lang::Zh),
            Some(code) if code.starts_with("en") => Some(Lang::En),
            _ => None,
        };
        let direct = Address {
            account: self.account.clone(),
            kind: ChatKind::Direct,
            chat: id.clone(),
            thread: None,
        };
        let rank = if kind == ChatKind::Direct { Rank::Decides } else { Rank::Unknown };
        Sender {
            identity: Identity::new(Platform::Telegram, &id),
            name: user.full_name(),
            direct: Some(direct),
            lang,
            rank,
        }
    }

    fn address(&self, chat: &Chat, thread: Option<i64>) -> Address {
        Address {
            account: self.account.clone(),
            kind: chat.kind(),
            chat: chat.id.to_string(),
            thread: thread.map(|id| id.to_string()),
        }
    }

    fn reference(&self, message: &Incoming) -> MessageRef {
        self.named(message.chat.id, message.message_id)
    }

    fn named(&self, chat: i64, message: i64) -> MessageRef {
        MessageRef {
            account: self.account.clone(),
            chat: chat.to_string(),
            message: message.to_string(),
        }
    }
}
