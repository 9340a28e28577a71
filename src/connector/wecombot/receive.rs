//! How messages and events arrive, over the connection or in calls: both hold the same.
//!
//! In a group only what calls the robot arrives. A quote holds the words of what is quoted (see [`super::quote`]).
//! The text holds the call itself, with a name that may have blanks and that WeCom does not tell us.
//! WeCom does not say who decides for a group: whoever is named in the settings, and everybody where nobody is.

use super::recent::Recent;
use super::wire::{Happened, Quote, Tap};
use super::{Way, WecomBot, card, quote};
use crate::connector::called::{field, letter, query, unread};
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    Address, Button, ChatKind, Happening, Identity, Inbound, MessageRef, Platform, Rank, Sender,
};
use crate::text::command;
use ::http::{Method, Request, Response};
use bytes::Bytes;
use serde::Deserialize;
use url::Url;

/// How many letters of a group's name stand for the title that WeCom does not tell.
const TITLE: usize = 6;
/// What begins a call, and a command, as people type them too.
const CALLS: [char; 2] = ['@', '＠'];
const SLASHES: [char; 2] = ['/', '／'];

/// A call's body.
#[derive(Deserialize)]
struct Shut {
    encrypt: String,
}

impl WecomBot {
    /// Takes a call: the check of our address, or a message. It is answered before it is handled, with nothing.
    pub(super) fn accept_call(&self, call: &Request<Bytes>) -> Result<Accepted, CallbackError> {
        let Way::Called(envelope, doors) = &self.way else { return Err(CallbackError::NotCalled) };
        let query = query(call);
        let check = *call.method() == Method::GET;
        let encrypt = if check {
            field(&query, "echostr")?
        } else {
            let shut: Result<Shut, _> = serde_json::from_slice(call.body());
            shut.map_err(|_| unread("not encrypted"))?.encrypt
        };
        let now = self.clock.now();
        let opened = envelope.open(&letter(&query, encrypt)?, now)?;
        let answer = |body: Vec<u8>| Response::new(Bytes::from(body));
        if check {
            let answer = answer(opened.message);
            return Ok(Accepted { inbound: Vec::new(), overheard: None, answer });
        }
        let Ok(happened) = serde_json::from_slice::<Happened>(&opened.message) else {
            // The platform would repeat what we cannot read.
            self.unread("a call");
            let answer = answer(Vec::new());
            return Ok(Accepted { inbound: Vec::new(), overheard: None, answer });
        };
        let (kind, chat) = chat_of(&happened);
        // Nothing but the platform is called, whatever a call says.
        let door = Url::parse(&happened.response_url).ok();
        if let Some(door) = door.filter(|door| door.origin() == self.base.origin()) {
            doors.opens(&named(kind, chat), door, now);
        }
        let inbound = self.heard(happened, None);
        Ok(Accepted { inbound, overheard: None, answer: answer(Vec::new()) })
    }

    /// What happened, as far as it is addressed to us; `req_id` names the frame in which it came.
    pub(super) fn heard(&self, happened: Happened, req_id: Option<&str>) -> Vec<Inbound> {
        if happened.from.userid.is_empty() || happened.msgid.is_empty() {
            return Vec::new();
        }
        let (kind, chat) = chat_of(&happened);
        let at = Place { kind, chat: named(kind, chat) };
        let what = match (&happened.event, happened.msgtype.as_str()) {
            (Some(event), _) => match event.eventtype.as_str() {
                // They came to their own chat with us.
                "enter_chat" if kind == ChatKind::Direct => Some(Happening::Joined),
                "template_card_event" => {
                    let tap = event.inner.clone().unwrap_or_else(|| event.outer.clone());
                    self.pressed(&at, tap, req_id)
                }
                _ => None,
            },
            _ => self.said(&at, &happened, req_id),
        };
        let Some(what) = what else { return Vec::new() };
        let open = matches!(self.way, Way::Long(_)) && kind == ChatKind::Direct;
        let mut inbound = Vec::new();
        if open && !matches!(what, Happening::Joined) {
            // Whoever writes may be written to: what could not be said before is said now. A robot that is called
            // may say one thing, and says what is asked.
            let event = format!("{}.open", happened.msgid);
            inbound.push(self.inbound(&at, &happened.from.userid, event, Happening::Joined));
        }
        inbound.push(self.inbound(&at, &happened.from.userid, happened.msgid, what));
        inbound
    }

    fn said(&self, at: &Place, happened: &Happened, req_id: Option<&str>) -> Option<Happening> {
        let direct = at.kind == ChatKind::Direct;
        let content = |it: &super::wire::Content| it.content.clone();
        let text = match happened.msgtype.as_str() {
            "text" => happened.text.as_ref().map(content)?,
            "voice" => happened.voice.as_ref().map(content)?,
            "mixed" => happened.mixed.as_ref()?.words(),
            // Without words: they are told that we read words.
            "image" | "file" | "video" if direct => String::new(),
            _ => return None,
        };
        let reply_to = happened.quote.as_ref().map(|quoted| self.quoted(at, quoted));
        let words = match at.kind {
            ChatKind::Direct => text.trim().to_owned(),
            _ => uncalled(&text, self.settings.name.as_deref()),
        };
        let text = if direct || reply_to.is_some() {
            words
        } else if text.trim_start().starts_with(CALLS) {
            commanded(&words)?.to_owned()
        } else {
            words.starts_with(SLASHES).then_some(words)?
        };
        if let (false, Some(req_id)) = (direct, req_id) {
            let (message, req_id) = (happened.msgid.clone(), req_id.to_owned());
            let at = self.clock.now();
            self.asked.add(Recent { message, task: String::new(), req_id, at });
        }
        let message = self.message(at, happened.msgid.clone());
        Some(Happening::Said { message, text, reply_to })
    }

    /// The message of ours that is quoted, if it is one.
    fn quoted(&self, at: &Place, quoted: &Quote) -> MessageRef {
        let words = match (&quoted.text, &quoted.mixed) {
            (Some(text), _) => text.content.clone(),
            (None, Some(mixed)) => mixed.words(),
            (None, None) => String::new(),
        };
        let name = quote::name(self.settings.receive.key(), &at.chat, &words);
        self.message(at, name.unwrap_or_default())
    }

    fn pressed(&self, at: &Place, tap: Tap, req_id: Option<&str>) -> Option<Happening> {
        let Tap { event_key: data, task_id: task } = tap;
        if !(1..=Button::DATA_MAX).contains(&data.len()) || task.is_empty() {
            return None;
        }
        let message = card::message_of(&task).to_owned();
        if let Some(req_id) = req_id {
            let (message, req_id) = (message.clone(), req_id.to_owned());
            self.taps.add(Recent { message, task, req_id, at: self.clock.now() });
        }
        // What is put in place of a card would take the one answer that there is.
        let message = matches!(self.way, Way::Long(_)).then(|| self.message(at, message));
        Some(Happening::Pressed { press: None, message, data })
    }

    fn inbound(&self, at: &Place, who: &str, event: String, what: Happening) -> Inbound {
        let rank = match at.kind {
            ChatKind::Direct => Rank::Decides,
            _ if self.settings.deciders.is_empty() => Rank::Decides,
            _ if self.settings.deciders.iter().any(|id| id == who) => Rank::Decides,
            _ => Rank::Member,
        };
        let from = Sender {
            identity: Identity::new(Platform::WecomBot, who),
            name: who.to_owned(),
            direct: Some(self.address(ChatKind::Direct, named(ChatKind::Direct, who))),
            lang: None,
            rank,
        };
        let title = match at.kind {
            ChatKind::Direct => String::new(),
            _ => last(&at.chat).to_owned(),
        };
        Inbound {
            account: self.account.clone(),
            event,
            at: self.clock.now(),
            chat: self.address(at.kind, at.chat.clone()),
            chat_title: title,
            from: Some(from),
            what,
        }
    }

    fn address(&self, kind: ChatKind, chat: String) -> Address {
        Address { account: self.account.clone(), kind, chat, thread: None }
    }

    fn message(&self, at: &Place, message: String) -> MessageRef {
        MessageRef { account: self.account.clone(), chat: at.chat.clone(), message }
    }

    /// Something that cannot be read costs a line in the log.
    pub(super) fn unread(&self, what: &str) {
        tracing::warn!(
            platform = "wecom-bot",
            account.id = %self.account,
            what,
            "something of an unknown form was left out",
        );
    }
}

/// A chat, by our name for it.
struct Place {
    kind: ChatKind,
    chat: String,
}

/// In what sort of chat something happened, and WeCom's name for it.
fn chat_of(happened: &Happened) -> (ChatKind, &str) {
    let group = match happened.chattype.as_str() {
        "" => !happened.chatid.is_empty(),
        kind => kind == "group",
    };
    if group {
        (ChatKind::Group, &happened.chatid)
    } else {
        (ChatKind::Direct, &happened.from.userid)
    }
}

/// Our name for a chat: it says whether WeCom's name behind it is a group's or a person's.
fn named(kind: ChatKind, chat: &str) -> String {
    if kind == ChatKind::Direct { format!("u/{chat}") } else { format!("g/{chat}") }
}

fn last(chat: &str) -> &str {
    chat.char_indices().rev().nth(TITLE - 1).map_or(chat, |(at, _)| &chat[at..])
}

/// A group's text without the call of the robot: its name, where it is known, or else the word that the text begins
/// with. WeCom writes a call as `@` and a name, which may have blanks.
fn uncalled(text: &str, name: Option<&str>) -> String {
    let text = text.trim();
    let by_name = name.and_then(|name| {
        text.match_indices(CALLS).find_map(|(at, sign)| {
            let rest = text[at + sign.len()..].strip_prefix(name)?;
            let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
            ends.then(|| [&text[..at], rest.trim_start()].concat().trim().to_owned())
        })
    });
    by_name.unwrap_or_else(|| match text.strip_prefix(CALLS) {
        Some(called) => {
            let rest = called.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            rest.trim().to_owned()
        }
        None => text.to_owned(),
    })
}

/// The command that a text begins with, or that stands behind others who are called, or the rest of a name.
fn commanded(text: &str) -> Option<&str> {
    if text.starts_with(SLASHES) {
        return Some(text);
    }
    let slashes = text.match_indices(SLASHES).map(|(at, _)| text.split_at(at));
    let mut commands = slashes
        .filter(|(before, rest)| before.ends_with(char::is_whitespace) && command::begins(rest));
    commands.next().map(|(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::{commanded, uncalled};

    #[test]
    fn a_call_of_the_robot_is_no_part_of_what_is_said() {
        let named = |text| uncalled(text, Some("News Bot"));
        for text in ["@News Bot 请早点", "＠News Bot　请早点", "请早点 @News Bot", "请早点"]
        {
            assert_eq!(named(text), "请早点", "{text}");
        }
        assert_eq!(named("@张三 @News Bot 请早点"), "@张三 请早点");
        assert_eq!(named("@News Bot"), "");
        assert_eq!(named("@News Botox 请早点"), "Botox 请早点", "another's name");
        assert_eq!(uncalled("@同心 @张三 说得对", None), "@张三 说得对");
        assert_eq!(uncalled("@News Bot 请早点", None), "Bot 请早点");
        assert_eq!(uncalled("请 @同心 早点", None), "请 @同心 早点");
    }

    #[test]
    fn a_command_is_taken_from_behind_other_names() {
        for (text, found) in [
            ("Bot /订阅 news", Some("/订阅 news")),
            ("@张三 ／订阅 a/b /c", Some("／订阅 a/b /c")),
            ("看 /etc /help", Some("/help")),
            ("/etc /help", Some("/etc /help")),
            ("and/or", None),
        ] {
            assert_eq!(commanded(text), found, "{text}");
        }
    }
}
