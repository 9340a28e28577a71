//! What the host took and refused lately, as far as it decides whom a refusal is about.
//!
//! *Wanted*: a host that takes nothing from us (this machine stands on a block list, it may not hand in for others)
//! stops the account and costs nobody's subscription; a reader for whom it takes nothing keeps nobody else waiting.
//! *The rule*: messages are handed in at the office's own host, so what it says of us is about us. It is about the
//! reader where something was taken within the last hour and nobody was refused since. Whoever was the last to be
//! refused is put off, so that another shows which of both it is.
//! *Accepted*: where the host takes nothing any more, one reader rests whom it refused first; two such readers in a row
//! stop the account until it is tried again. What is known is lost at a restart; the rule then begins anew.

use crate::connector::SendFailure;
use crate::model::At;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long what the host took says that it takes mail from us.
const KNOWN: Duration = Duration::from_hours(1);

/// What became of the last messages.
#[derive(Default)]
pub(super) struct Lately(Mutex<Last>);

#[derive(Default)]
struct Last {
    took: Option<At>,
    /// The chat that was refused since.
    refused: Option<String>,
}

impl Lately {
    /// It took something.
    pub(super) fn took(&self, now: At) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Last { took: Some(now), refused: None };
    }

    /// It said so of a message to this chat: what we do next. `None`: it is put off.
    pub(super) fn refused(&self, chat: &str, said: String, now: At) -> Option<SendFailure> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.took.is_some_and(|at| now >= at && now.since(at) < KNOWN);
        match last.refused.replace(chat.to_owned()) {
            Some(before) if before == chat => None,
            None if known => Some(SendFailure::Blocked(said)),
            _ => Some(SendFailure::Misconfigured(said)),
        }
    }
}
