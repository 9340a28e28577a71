//! How a message leaves: as a `post`, or as a card where it has buttons; edits; answers to presses.
//!
//! A card can only be patched and a `post` only edited, and the name of a message does not tell which it is. What is
//! changed here are messages whose buttons were pressed: cards. So a change is tried as a card first, and as a
//! `post` where Feishu says that it is none.

use super::card::{Card, Stands};
use super::errors::Trouble;
use super::{Feishu, Pressed, Void};
use crate::connector::runs::Tongues;
use crate::connector::signed::short_name;
use crate::connector::{Outgoing, Receipt, SendFailure};
use crate::model::{Button, ChatKind, MessageRef};
use crate::text::Part;
use ::http::Method;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    receive_id: Option<&'a str>,
    msg_type: &'static str,
    /// JSON, once more.
    content: &'a str,
    /// The same for every attempt; it may have 50 letters.
    uuid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_in_thread: Option<bool>,
}

/// What stands in place of a message.
#[derive(Serialize)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    msg_type: Option<&'static str>,
    content: &'a str,
}

/// A card that one person alone is shown.
#[derive(Serialize)]
struct Aside<'a> {
    chat_id: &'a str,
    open_id: &'a str,
    msg_type: &'static str,
    card: &'a Card,
}

#[derive(Deserialize)]
struct Made {
    data: MadeData,
}

#[derive(Deserialize)]
struct MadeData {
    message_id: String,
}

/// A message as it is written.
pub(super) struct Written {
    pub msg_type: &'static str,
    pub content: String,
}

impl Feishu {
    pub(super) async fn send_message(&self, message: &Outgoing) -> Result<Receipt, SendFailure> {
        let written = self.written(&message.part, &message.buttons, stands(message))?;
        let sent = self.send_written(message, &written).await;
        sent.map_err(|trouble| self.judged(&trouble, &message.to.chat))?
    }

    /// Sends it as it is written. What got no answer so long ago that it is not known again is not sent.
    pub(super) async fn send_written(
        &self,
        message: &Outgoing,
        written: &Written,
    ) -> Result<Result<Receipt, SendFailure>, Trouble> {
        let once = short_name(&message.once);
        if let Err(unsure) = self.unsure.ask(&once, self.clock.now()) {
            return Ok(Err(unsure));
        }
        let sent = self.deliver(message, written, &once).await;
        match &sent {
            Err(trouble) if trouble.is_unsure() => self.unsure.note(&once, self.clock.now()),
            Err(_) => {}
            Ok(_) => {
                self.unsure.forget(&once);
                self.lately.took(self.clock.now());
            }
        }
        sent.map(|made| Ok(Receipt { message: made.data.message_id }))
    }

    /// Sends it under the message that it answers, and by itself where that is gone.
    async fn deliver(
        &self,
        message: &Outgoing,
        written: &Written,
        once: &str,
    ) -> Result<Made, Trouble> {
        if let Some(answered) = &message.reply_to {
            let replied = self.reply(answered, written, once).await;
            match &replied {
                Err(Trouble::Denied(denial)) if denial.reply_is_missing() => {}
                _ => return replied,
            }
        }
        self.post(&message.to.chat, written, once).await
    }

    async fn reply(&self, to: &str, written: &Written, uuid: &str) -> Result<Made, Trouble> {
        let Written { msg_type, content } = written;
        let reply_in_thread = Some(false);
        let body = Message { receive_id: None, msg_type, content, uuid, reply_in_thread };
        self.call(Method::POST, self.url(&["im", "v1", "messages", to, "reply"], None), Some(&body))
            .await
    }

    async fn post(&self, to: &str, written: &Written, uuid: &str) -> Result<Made, Trouble> {
        let Written { msg_type, content } = written;
        let body = Message { receive_id: Some(to), msg_type, content, uuid, reply_in_thread: None };
        let kind = if to.starts_with("ou_") { "open_id" } else { "chat_id" };
        let url = self.url(&["im", "v1", "messages"], Some(("receive_id_type", kind)));
        self.call(Method::POST, url, Some(&body)).await
    }

    fn written(
        &self,
        part: &Part,
        buttons: &[Vec<Button>],
        place: Stands,
    ) -> Result<Written, SendFailure> {
        if buttons.iter().all(Vec::is_empty) {
            return Ok(Written { msg_type: "post", content: json(&Tongues::of(part))? });
        }
        let card = Card::of(part, buttons, place, &self.settings.direct());
        Ok(Written { msg_type: "interactive", content: json(&card)? })
    }

    pub(super) async fn edit(
        &self,
        sent: &MessageRef,
        part: &Part,
        buttons: &[Vec<Button>],
    ) -> Result<(), SendFailure> {
        let place = if sent.chat.starts_with("ou_") { Stands::Direct } else { Stands::Group };
        let url = || self.url(&["im", "v1", "messages", &sent.message], None);
        let card = json(&Card::of(part, buttons, place, &self.settings.direct()))?;
        let change = Change { msg_type: None, content: &card };
        match self.call::<_, Void>(Method::PATCH, url(), Some(&change)).await {
            Err(Trouble::Denied(denial)) if denial.is_no_card() => {}
            done => return done.map(drop).map_err(|trouble| self.judged(&trouble, &sent.chat)),
        }
        let post = json(&Tongues::of(part))?;
        let change = Change { msg_type: Some("post"), content: &post };
        let done = self.call::<_, Void>(Method::PUT, url(), Some(&change)).await;
        done.map(drop).map_err(|trouble| self.judged(&trouble, &sent.chat))
    }

    pub(super) async fn recall(&self, sent: &MessageRef) -> Result<(), SendFailure> {
        let url = self.url(&["im", "v1", "messages", &sent.message], None);
        match self.call::<(), Void>(Method::DELETE, url, None).await {
            Ok(_) => Ok(()),
            Err(Trouble::Denied(denial)) if denial.already_taken_back() => Ok(()),
            Err(trouble) => Err(self.judged(&trouble, &sent.chat)),
        }
    }

    /// Tells the one who pressed in a group. Feishu waits three seconds for the answer to the call itself, which is
    /// given before the press is handled; so what there is to say comes as a card that only they are shown. A group
    /// that takes no such cards (one of topics) has it sent to their own chat.
    pub(super) async fn tell(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        // One that is not ours to open is too old: the secret was changed.
        let (false, Some(Pressed { chat, who })) = (words.is_empty(), self.unseal(press)) else {
            return Ok(());
        };
        let part = Part { text: words.to_owned(), marks: Vec::new() };
        let card = Card::of(&part, &[], Stands::Group, "");
        let body = Aside { chat_id: &chat, open_id: &who, msg_type: "interactive", card: &card };
        let url = self.url(&["ephemeral", "v1", "send"], None);
        let shown = self.call::<_, Void>(Method::POST, url, Some(&body)).await;
        match shown.map_err(|trouble| trouble.failure()) {
            Ok(_) => return Ok(()),
            Err(later @ (SendFailure::Wait { .. } | SendFailure::Transient(_))) => {
                return Err(later);
            }
            Err(_) => {}
        }
        let written = self.written(&part, &[], Stands::Direct)?;
        let sent = self.post(&who, &written, &short_name(&format!("{press}{words}"))).await;
        sent.map(drop).map_err(|trouble| trouble.failure())
    }
}

/// In what sort of chat a message stands.
pub(super) fn stands(message: &Outgoing) -> Stands {
    match message.to.kind {
        ChatKind::Direct => Stands::Direct,
        ChatKind::Group | ChatKind::Channel => Stands::Group,
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, SendFailure> {
    serde_json::to_string(value).map_err(|e| SendFailure::Rejected(e.to_string()))
}
