//! What somebody did, as it is handed on.

use super::Email;
use crate::connector::signed::short_name;
use crate::model::{Happening, Identity, Inbound, MessageRef, Platform, Sender};

/// The longest name of somebody that is kept, in characters.
const NAME_MAX: usize = 80;

impl Email {
    /// The press of a button by whoever was sent its link; `once` tells two presses apart. `None` where nobody is behind
    /// the chat.
    #[must_use]
    pub fn pressed(&self, chat: &str, data: String, once: &str) -> Option<Inbound> {
        let event = named("press", &[chat, &data, once]);
        let what = Happening::Pressed { press: None, message: None, data };
        self.inbound(chat, event, String::new(), what)
    }

    /// Words of whoever reads a chat.
    pub(super) fn said(
        &self,
        chat: &str,
        (event, name): (String, &str),
        text: String,
        reply_to: Option<MessageRef>,
    ) -> Option<Inbound> {
        let account = self.account.clone();
        let message = MessageRef { account, chat: chat.to_owned(), message: event.clone() };
        let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        self.inbound(chat, event, name, Happening::Said { message, text, reply_to })
    }

    pub(super) fn inbound(
        &self,
        chat: &str,
        event: String,
        name: String,
        what: Happening,
    ) -> Option<Inbound> {
        let address = self.names.address(chat)?;
        let direct = self.direct(chat.to_owned());
        let identity = Identity::new(Platform::Email, address.as_ref());
        let sender = Sender::alone(&direct, identity, name);
        Some(Inbound::alone(direct, sender, (event, self.clock.now()), what))
    }
}

/// A name of what happened: the same when it is told again. It says nothing of whom it is about.
pub(super) fn named(kind: &str, parts: &[&str]) -> String {
    format!("{kind}.{}", short_name(&parts.join("\0")))
}
