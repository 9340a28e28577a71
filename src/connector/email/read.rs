//! What a message that arrived says, and whether anybody says it: programs answer programs, and that is left out.
//!
//! Who a message is from is what it says itself, and anybody can write that. So what it asks for is only done where it
//! names a message that was sent to the one whom it is said to be from. Other words are taken as words: they are asked
//! about, by a message to the address, before anything comes of them.

use super::Email;
use super::bounce;
use super::message::LEAVE;
use super::names::{Ticket, typed};
use super::own_words::own_words;
use super::receive::named;
use crate::model::{Inbound, Lang, MessageRef};
use crate::text::command::{self, Command, Slash, Verb};
use mail_parser::{Message, MessageParser};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much of somebody's words is read, in characters: many times what a suggestion may have.
const WORDS_MAX: usize = 100_000;

/// What stands for a greeting, which tells how to go on.
const GREETING: &str = "/start";

/// Why a message is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Unreadable,
    NobodysAddress,
    Ours,
    Automatic,
    Bounce,
    TooOften,
}

/// A message of ours, as another message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ours {
    pub(super) chat: String,
    pub(super) name: String,
}

impl Email {
    /// What a message brings. What it is left out for costs one line in the log, which names nobody.
    pub(super) fn read(&self, raw: &[u8]) -> Vec<Inbound> {
        let reading = AssertUnwindSafe(|| match MessageParser::default().parse(raw) {
            Some(message) => self.read_message(&message, raw),
            None => Err(Left::Unreadable),
        });
        match catch_unwind(reading).unwrap_or(Err(Left::Unreadable)) {
            Ok(inbound) => vec![inbound],
            Err(why) => {
                tracing::info!(account.id = %self.account, why = ?why, bytes = raw.len(), "a message was left out");
                Vec::new()
            }
        }
    }

    fn read_message(&self, message: &Message<'_>, raw: &[u8]) -> Result<Inbound, Left> {
        if let Some(report) = bounce::kind(message) {
            return self.bounced(report, message, raw).ok_or(Left::Bounce);
        }
        let from = message.from().and_then(|from| from.first());
        let address = from.and_then(|from| from.address()).and_then(typed);
        let address = address.ok_or(Left::NobodysAddress)?;
        if address == self.settings.from.email {
            return Err(Left::Ours);
        }
        if is_automatic(message) {
            return Err(Left::Automatic);
        }
        let subject = message.subject().unwrap_or_default().trim();
        let event = event(message, raw);
        if let Some(inbound) = self.leaves(subject, &event) {
            return Ok(inbound);
        }
        let chat = self.names.chat(&address);
        let answered = self.answered(message, &chat);
        let proven = answered.as_ref().is_some_and(|ours| ours.chat == chat);
        let text = words(message, subject, answered.as_ref());
        let text = if proven { text } else { self.unproven(&chat, text, answered.as_ref())? };
        let account = self.account.clone();
        let reply_to = answered.map(|o| MessageRef { account, chat: o.chat, message: o.name });
        let reply_to = reply_to.filter(|_| text != GREETING);
        let name = from.and_then(|from| from.name()).unwrap_or_default();
        self.said(&chat, (event, name), text, reply_to).ok_or(Left::NobodysAddress)
    }

    /// Somebody's mail program ends a subscription (RFC 2369): the subject carries the ticket.
    fn leaves(&self, subject: &str, event: &str) -> Option<Inbound> {
        let letters = subject.strip_prefix(LEAVE)?.trim();
        let Ticket::Leave { chat, topic } = self.ticket(letters)? else { return None };
        let text = format!("/{} {}", Verb::Unsubscribe.name(Lang::En), topic.0);
        self.said(&chat, (event.to_owned(), ""), text, None)
    }

    /// The message of ours that a message answers: by what it refers to, or by the address that it went to.
    fn answered(&self, message: &Message<'_>, chat: &str) -> Option<Ours> {
        let lines =
            ["In-Reply-To", "References"].map(|name| message.header_raw(name).unwrap_or_default());
        let referred = lines.iter().find_map(|line| self.named_in(line, Some(chat)));
        let referred = referred.or_else(|| lines.iter().find_map(|line| self.named_in(line, None)));
        referred.or_else(|| {
            let lines = ["To", "Cc", "Delivered-To", "X-Original-To"];
            let lines = lines.iter().filter_map(|name| message.header_raw(*name));
            lines.flat_map(|line| self.tags(line)).find_map(|name| {
                let chat = chat.to_owned();
                self.names.went_to(&chat, &name).then_some(Ours { chat, name })
            })
        })
    }

    /// The last message of ours that is named in a text; of this chat, where one is given.
    pub(super) fn named_in(&self, text: &str, of: Option<&str>) -> Option<Ours> {
        let end = format!("@{}", self.settings.from.email.domain());
        let part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        text.rmatch_indices(end.as_str()).take(50).find_map(|(at, _)| {
            let before = text.get(..at)?;
            let from = before.rfind(|c| !part(c)).map_or(0, |place| place + 1);
            let (name, chat) = before.get(from..)?.split_once('.')?;
            let fits = of.is_none_or(|of| of == chat) && self.names.went_to(chat, name);
            fits.then(|| Ours { chat: chat.to_owned(), name: name.to_owned() })
        })
    }

    /// What stands behind the sign in those of our addresses that a text names.
    pub(super) fn tags(&self, text: &str) -> Vec<String> {
        let own = &self.settings.from.email;
        let Some(sign) = self.settings.tags.sign() else { return Vec::new() };
        let begin = format!("{}{sign}", own.user());
        let tag = |(at, _): (usize, &str)| {
            let rest = text.get(at + begin.len()..)?;
            rest.split_once('@').map(|(tag, _)| tag.to_ascii_lowercase())
        };
        text.match_indices(begin.as_str()).take(20).filter_map(tag).collect()
    }

    /// What is taken of the words of somebody who did not show that they are who they say.
    fn unproven(&self, chat: &str, text: String, answered: Option<&Ours>) -> Result<String, Left> {
        if !self.strangers.admit(chat, self.clock.now()) {
            return Err(Left::TooOften);
        }
        let slash = if answered.is_some() { Slash::Needed } else { Slash::Optional };
        Ok(match command::parse(&text, slash) {
            None | Some(Err(_) | Ok(Command::Suggest { .. } | Command::Help | Command::Topics)) => {
                text
            }
            // It is answered by a message to which the same can be said.
            Some(Ok(_)) => GREETING.to_owned(),
        })
    }
}

/// The name by which a message is known when it is read again.
pub(super) fn event(message: &Message<'_>, raw: &[u8]) -> String {
    // What hosts add on its way stands before the message's own headers.
    let own = ["Message-ID", "Date", "From", "Subject"]
        .map(|name| message.header_raw(name).unwrap_or_default());
    let body = message.body_text(0).unwrap_or_default();
    match own[0] {
        "" => named("mail", &[&String::from_utf8_lossy(raw)]),
        _ => named("mail", &[own[0], own[1], own[2], own[3], &body]),
    }
}

/// Somebody's own words. What is no answer may say in its subject what it is about, or all of it.
fn words(message: &Message<'_>, subject: &str, answered: Option<&Ours>) -> String {
    let body: String = message.body_text(0).unwrap_or_default().chars().take(WORDS_MAX).collect();
    let own = own_words(&body);
    let answers = answered.is_some() || message.header_raw("In-Reply-To").is_some();
    if answers || subject.is_empty() || own.contains(subject) {
        return own;
    }
    if own.starts_with(['/', '／']) {
        return own;
    }
    format!("{subject}\n{own}").trim_end().to_owned()
}

/// Whether a program wrote it (RFC 3834), or it went to many.
fn is_automatic(message: &Message<'_>) -> bool {
    let says = |name: &str| message.header_raw(name).map(|v| v.trim().to_ascii_lowercase());
    let auto = says("Auto-Submitted").is_some_and(|v| !v.starts_with("no"));
    let bulk = says("Precedence").is_some_and(|v| ["bulk", "junk", "list"].contains(&v.as_str()));
    let empty = says("Return-Path").is_some_and(|v| v == "<>");
    let marks = ["List-Id", "X-Autoreply", "X-Autorespond", "X-Failed-Recipients"];
    auto || bulk || empty || marks.iter().any(|name| message.header_raw(*name).is_some())
}
