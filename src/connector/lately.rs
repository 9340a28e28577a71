//! What was taken and refused lately, as far as it decides whom a refusal is about that does not say it.
//!
//! *Wanted*: what concerns the account (a block list, a robot that is switched off) stops it and costs nobody's
//! subscription; a chat for which nothing is taken keeps no other waiting.
//! *The rule*: it is about the chat where something was taken within the last hour and nobody was refused since.
//! Whoever was the last to be refused is put off, so that another shows which of both it is.
//! *Accepted*: where nothing is taken any more, one chat rests which was refused first; two such chats in a row stop
//! the account until it is tried again. What is known is lost at a restart; the rule then begins anew.

use super::{SendFailure, WaitScope};
use crate::model::At;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long what was taken says that we are taken.
const KNOWN: Duration = Duration::from_hours(1);

/// How a chat is put off on platforms that know no way of their own.
const PUT_OFF: SendFailure =
    SendFailure::Wait { span: Duration::from_mins(30), scope: WaitScope::Chat };

/// What became of the last messages of an account.
#[derive(Default)]
pub(super) struct Lately(Mutex<Last<String>>);

/// What became of the last messages, to chats of these names.
#[derive(Default)]
pub(super) struct Last<Name> {
    took: Option<At>,
    refused: Option<Name>,
}

/// What was known when a chat was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) taken: Taken,
    pub(super) since: Since,
}

/// Whether something was taken within the last hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Lately,
    NotLately,
}

/// Who was the last to be refused since something was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    Nobody,
    Same,
    Another,
}

impl<Name: PartialEq> Last<Name> {
    /// Something was taken.
    pub(super) fn took(&mut self, now: At) {
        (self.took, self.refused) = (Some(now), None);
    }

    /// This chat was refused: what was known before.
    pub(super) fn refused(&mut self, chat: Name, now: At) -> Before {
        let lately = self.took.is_some_and(|at| now >= at && now.since(at) < KNOWN);
        let since = match &self.refused {
            None => Since::Nobody,
            Some(before) if *before == chat => Since::Same,
            Some(_) => Since::Another,
        };
        self.refused = Some(chat);
        Before { taken: if lately { Taken::Lately } else { Taken::NotLately }, since }
    }
}

impl Lately {
    /// Something was taken.
    pub(super) fn took(&self, now: At) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).took(now);
    }

    /// This chat was refused: what was known before.
    pub(super) fn refused(&self, chat: &str, now: At) -> Before {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).refused(chat.to_owned(), now)
    }

    /// This chat was refused in these words: what we do next, on platforms that know no way of their own to put it off.
    pub(super) fn judge(&self, chat: &str, said: String, now: At) -> SendFailure {
        self.refused(chat, now).failure(said).unwrap_or(PUT_OFF)
    }
}

impl Before {
    /// What we do next about a refusal in these words. `None`: the chat is put off.
    pub(super) fn failure(self, said: String) -> Option<SendFailure> {
        match (self.since, self.taken) {
            (Since::Same, _) => None,
            (Since::Nobody, Taken::Lately) => Some(SendFailure::Blocked(said)),
            _ => Some(SendFailure::Misconfigured(said)),
        }
    }
}
