//! How a message leaves: in Markdown, and as cards where there are buttons that come back to us.
//!
//! A card shows about a hundred characters. A longer message with buttons is said in Markdown, and its card repeats
//! the first line. Where the Markdown left and the card did not, only the card is sent again.
//!
//! An answer to a message in a group is bound to it while the frame in which it came can be answered; otherwise it is
//! said by itself. A robot that is called can do nothing but answer, once for each message that it heard.

use super::card::{beginning, cards, closed, holds, presses, written};
use super::doors::Doors;
use super::errors::{Denial, Trouble};
use super::outlet::Outlet;
use super::recent::Recent;
use super::wire::{Card, Message, Replaced, Sent, Stream, Written};
use super::{Way, WecomBot, quote};
use crate::connector::{Outgoing, Receipt, SendFailure};
use crate::model::{Button, MessageRef};
use crate::text::Part;
use serde::Deserialize;
use std::time::Duration;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long after a press the platform lets its card be replaced.
const CARD_OPEN: Duration = Duration::from_secs(5);
/// How long after a message we bind an answer to it.
const MESSAGE_OPEN: Duration = Duration::from_mins(5);

/// What is to be said, and where.
struct Words<'a> {
    chat: &'a str,
    part: &'a Part,
    buttons: &'a [Vec<Button>],
    text: String,
}

#[derive(Deserialize)]
struct Answered {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl WecomBot {
    pub(super) async fn say(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let words = Words::of(&message.to.chat, &message.part, &message.buttons)?;
        let said = match &self.way {
            Way::Long(outlet) => {
                let heard = message
                    .reply_to
                    .as_deref()
                    .and_then(|id| self.asked.take(id, self.clock.now(), MESSAGE_OPEN));
                match heard {
                    Some(heard) => self.respond(outlet, &words, heard, &message.once).await,
                    None => self.send(outlet, &words, &message.once).await,
                }
            }
            Way::Called(_, doors) => self.answer(doors, &words).await,
        };
        said.map(|message| Receipt { message }).map_err(Trouble::failure)
    }

    /// Puts other words in place of a card whose button was just pressed; otherwise they are said anew.
    pub(super) async fn edit(
        &self,
        sent: &MessageRef,
        part: &Part,
        buttons: &[Vec<Button>],
    ) -> Result<(), SendFailure> {
        let words = Words::of(&sent.chat, part, buttons)?;
        let outlet = match &self.way {
            Way::Long(outlet) => outlet,
            Way::Called(_, doors) => {
                return self.answer(doors, &words).await.map(drop).map_err(Trouble::failure);
            }
        };
        let tap = self.taps.take(&sent.message, self.clock.now(), CARD_OPEN);
        if let Some((tap, card)) = tap.and_then(|tap| words.in_place(&tap).map(|card| (tap, card)))
        {
            let body = Replaced { response_type: "update_template_card", template_card: &card };
            match outlet.ask("aibot_respond_update_msg", tap.req_id, body).await {
                Err(Trouble::Denied(_)) => {}
                done => return done.map_err(Trouble::failure),
            }
        }
        let once = self.fresh("");
        self.send(outlet, &words, &once).await.map(drop).map_err(Trouble::failure)
    }

    /// Answers what was said in a group, bound to it.
    async fn respond(
        &self,
        outlet: &Outlet,
        words: &Words<'_>,
        heard: Recent,
        once: &str,
    ) -> Result<String, Trouble> {
        let name = self.fresh("");
        let stream = Stream { id: &name, finish: true, content: &words.text };
        let mut cards = words.cards(&name);
        let card = if cards.len() > 1 { None } else { cards.pop() };
        let (message, named) = match &card {
            Some(template_card) => {
                (Message::StreamWithTemplateCard { stream, template_card }, name.clone())
            }
            None if cards.is_empty() => {
                (Message::Stream { stream }, self.name(words).unwrap_or_else(|| name.clone()))
            }
            // More buttons than one card has.
            None => return self.send(outlet, words, once).await,
        };
        match outlet.ask("aibot_respond_msg", heard.req_id, message).await {
            Ok(()) => Ok(named),
            // It is too late for that, or it does not fit.
            Err(Trouble::Denied(denial)) if denial.is_late() || !denial.passes() => {
                self.send(outlet, words, once).await
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Says something that nobody asked for just now.
    async fn send(
        &self,
        outlet: &Outlet,
        words: &Words<'_>,
        once: &str,
    ) -> Result<String, Trouble> {
        let name = self.fresh("");
        let cards = words.cards(&name);
        let half = self.begun.of(once).is_some();
        if !half && (cards.is_empty() || !words.fit_a_card()) {
            let markdown = Written { content: &words.text };
            self.push(outlet, words.chat, Message::Markdown { markdown }).await?;
            if cards.is_empty() {
                return Ok(self.name(words).unwrap_or(name));
            }
            self.begun.keep(once, ());
        }
        for template_card in &cards {
            self.push(outlet, words.chat, Message::TemplateCard { template_card }).await?;
        }
        self.begun.forget(once);
        Ok(name)
    }

    pub(super) async fn push(
        &self,
        outlet: &Outlet,
        chat: &str,
        message: Message<'_>,
    ) -> Result<(), Trouble> {
        let body = Sent { chatid: chat.get(2..).unwrap_or_default(), message };
        outlet.ask("aibot_send_msg", self.fresh("aibot_send_msg"), body).await
    }

    /// Answers at an address that came with a message.
    async fn answer(&self, doors: &Doors, words: &Words<'_>) -> Result<String, Trouble> {
        let name = self.fresh("");
        let keys = presses(words.buttons);
        // There is one answer: the card holds all of the words, however many an app shows.
        let mut cards = super::card::cards(&words.part.text, &keys, &name);
        if cards.len() > 1 {
            let said = "a robot that is called shows no more than six buttons";
            return Err(Trouble::Denied(Denial::new(0, said)));
        }
        let card = cards.pop();
        let message = match &card {
            Some(template_card) => Message::TemplateCard { template_card },
            None => Message::Markdown { markdown: Written { content: &words.text } },
        };
        let Some(door) = doors.take(words.chat, self.clock.now()) else {
            let said =
                "nobody there has written in the last hour; a robot that is called can only answer";
            return Err(Trouble::Shut(said.to_owned()));
        };
        let answer = match self.caller.post_json(door.clone(), &message, PATIENCE).await {
            Ok(answer) => answer,
            Err(failure) => {
                let trouble = Trouble::from(failure);
                if matches!(trouble, Trouble::Unsent(_)) {
                    doors.back(words.chat, &door);
                }
                return Err(trouble);
            }
        };
        match serde_json::from_slice(&answer.body) {
            Ok(Answered { errcode: 0, .. }) => {
                let quoted = card.is_none().then(|| self.name(words)).flatten();
                Ok(quoted.unwrap_or(name))
            }
            Ok(Answered { errcode, errmsg }) => Err(Trouble::Denied(Denial::new(errcode, &errmsg))),
            Err(_) => {
                let status = answer.status.as_u16();
                let said = format!("status {status} without an answer of the platform's");
                Err(match status {
                    200..300 | 504 => Trouble::Unanswered(said),
                    _ => {
                        doors.back(words.chat, &door);
                        Trouble::Unsent(said)
                    }
                })
            }
        }
    }

    fn name(&self, words: &Words<'_>) -> Option<String> {
        quote::name(self.settings.receive.key(), words.chat, &words.part.text)
    }
}

impl<'a> Words<'a> {
    fn of(chat: &'a str, part: &'a Part, buttons: &'a [Vec<Button>]) -> Result<Self, SendFailure> {
        if !chat.starts_with("g/") && !chat.starts_with("u/") {
            return Err(SendFailure::Rejected("the chat is not one of WeCom's".to_owned()));
        }
        Ok(Self { chat, part, buttons, text: written(part, buttons) })
    }

    fn fit_a_card(&self) -> bool {
        holds(self.part, self.buttons)
    }

    /// The cards with the buttons that come back to us; they say all of it where it fits.
    fn cards(&self, name: &str) -> Vec<Card> {
        let text =
            if self.fit_a_card() { self.part.text.clone() } else { beginning(&self.part.text) };
        cards(&text, &presses(self.buttons), name)
    }

    /// The one card that takes the place of the card that was tapped, if it holds all of it.
    fn in_place(&self, tap: &Recent) -> Option<Card> {
        if !self.fit_a_card() {
            return None;
        }
        let mut cards = self.cards("");
        match cards.len() {
            0 => Some(closed(&self.part.text, &tap.task)),
            1 => cards.pop().map(|card| Card { task_id: tap.task.clone(), ..card }),
            _ => None,
        }
    }
}
