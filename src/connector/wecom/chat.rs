//! Group chats that the application makes (群聊会话): `POST /cgi-bin/appchat/send`.
//!
//! A group's name is chosen in the configuration, so that making it twice makes one. It is made when something is to
//! be said there and the platform does not know it: members see a group with its first message, and not before. Later
//! its owner adds and removes whom they like. Nobody's words come back from there.

use super::card::Says;
use super::errors::{Errand, Trouble};
use super::{AppChat, Done, Wecom};
use crate::connector::{Receipt, SendFailure};
use serde::Serialize;

/// What our name for a group begins with; no member's does.
const GROUP: &str = "g/";

#[derive(Serialize)]
struct Message<'a> {
    chatid: &'a str,
    #[serde(flatten)]
    says: &'a Says,
}

#[derive(Serialize)]
struct Made<'a> {
    chatid: &'a str,
    name: &'a str,
    owner: &'a str,
    userlist: &'a [String],
}

/// Our name for a group.
pub(super) fn address(id: &str) -> String {
    format!("{GROUP}{id}")
}

/// The platform's name for a group of ours; `None` for what is none.
pub(super) fn named(chat: &str) -> Option<&str> {
    chat.strip_prefix(GROUP)
}

impl Wecom {
    pub(super) async fn to_chat(
        &self,
        chat: &str,
        says: &Says,
        once: &str,
    ) -> Result<Receipt, SendFailure> {
        let Some(chatid) = named(chat) else {
            return Err(SendFailure::Rejected("the chat is none of the application's".to_owned()));
        };
        let message = Message { chatid, says };
        let mut sent = self.post("/cgi-bin/appchat/send", &message).await;
        let known = self.settings.chats.iter().find(|chat| chat.id == chatid);
        if let (Err(Trouble::Denied(denial)), Some(chat)) = (&sent, known)
            && denial.no_chat()
            && !chat.members.is_empty()
        {
            self.make(chat).await?;
            sent = self.post("/cgi-bin/appchat/send", &message).await;
        }
        sent.map(|Done {}| ()).map_err(|trouble| trouble.failure(Errand::Many))?;
        // The platform names no message there.
        Ok(Receipt { message: once.to_owned() })
    }

    async fn make(&self, chat: &AppChat) -> Result<(), SendFailure> {
        let Some(owner) = chat.members.first() else { return Ok(()) };
        let made = Made { chatid: &chat.id, name: &chat.title, owner, userlist: &chat.members };
        match self.post("/cgi-bin/appchat/create", &made).await {
            Ok(Done {}) => {
                tracing::info!(account.id = %self.account, chat = %chat.id, "a group chat was made");
                Ok(())
            }
            Err(Trouble::Denied(denial)) if denial.chat_is_there() => Ok(()),
            Err(trouble) => Err(trouble.repeatable(Errand::Many)),
        }
    }
}
