//! What Telegram says when it does not do it, and what we do next.
//!
//! Classified by the numeric code and the beginning of the description (the texts are the Bot API
//! server's own, `Client.cpp`; those in capital letters come from Telegram's core). A text that nobody
//! knows yet falls to its code: 403 ends the chat, 400 the message.

use crate::connector::{SendFailure, WaitScope};
use crate::model::{AccountId, Address, ChatKind};
use std::time::Duration;

/// How long we wait where Telegram does not say.
const WAIT: Duration = Duration::from_secs(30);
/// How much of a description is kept.
const WORDS_MAX: usize = 300;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Telegram said no.
    Denied(Denial),
    /// Something between us and Telegram said no: a proxy, a gateway, a page in HTML.
    Gateway {
        /// The HTTP status.
        status: u16,
        /// The `Retry-After` header.
        retry_after: Option<Duration>,
    },
    /// Nothing was sent.
    Unsent(String),
    /// It was sent, and no answer can be read.
    Unanswered(String),
}

/// What Telegram answers instead of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Denial {
    /// The numeric code, which equals the HTTP status.
    pub code: u16,
    /// The words, such as `Bad Request: chat not found`.
    pub description: String,
    /// How long to wait.
    pub retry_after: Option<Duration>,
    /// The ID under which the chat goes on.
    pub moved_to: Option<i64>,
}

const REPLY_MISSING: [&str; 3] =
    ["message to be replied not found", "message to reply not found", "reply_message_id_invalid"];

const UNKNOWN_NAME: [&str; 4] =
    ["wrong file identifier", "wrong remote file", "wrong file_id", "file_reference_"];

const NO_MEDIA: [&str; 5] = [
    "not enough rights to send photos",
    "not enough rights to send documents",
    "chat_send_photos_forbidden",
    "chat_send_docs_forbidden",
    "chat_send_media_forbidden",
];

/// The chat takes nothing any more, although the code is 400.
const GONE: [&str; 13] = [
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "channel_private",
    "channel_invalid",
    "chat_id_invalid",
    "input_user_deactivated",
    "user_deactivated",
    "user is deactivated",
    "group chat was deactivated",
    "the group chat was deleted",
    "bot was kicked",
    "bot is not a member",
];

/// A person has to mend something in the chat.
const BLOCKED: [&str; 18] = [
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_admin_required",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "chat_guest_send_forbidden",
    "chat_forbidden",
    "user_banned_in_channel",
    "user_restricted",
    "right_forbidden",
    "topic_closed",
    "topic_deleted",
    "topic closed",
    "topic deleted",
    "message thread not found",
    "group chat was upgraded",
];

impl Denial {
    /// The words without their class, in small letters.
    fn core(&self) -> String {
        let words = self.description.as_str();
        let rest = ["Bad Request: ", "Forbidden: "].iter().find_map(|p| words.strip_prefix(p));
        rest.unwrap_or(words).to_ascii_lowercase()
    }

    fn begins_with_any(&self, list: &[&str]) -> bool {
        let core = self.core();
        list.iter().any(|known| core.starts_with(known))
    }

    /// The message that it answers is gone.
    pub(super) fn reply_is_missing(&self) -> bool {
        self.code == 400 && self.begins_with_any(&REPLY_MISSING)
    }

    /// The edit would change nothing.
    pub(super) fn changes_nothing(&self) -> bool {
        self.code == 400 && self.begins_with_any(&["message is not modified"])
    }

    /// The message to take back is not there.
    pub(super) fn already_taken_back(&self) -> bool {
        self.code == 400 && self.begins_with_any(&["message to delete not found"])
    }

    /// It does not know a file by the name that it gave it.
    pub(super) fn name_is_unknown(&self) -> bool {
        self.code == 400 && self.begins_with_any(&UNKNOWN_NAME)
    }

    /// The chat takes words, and no pictures or files.
    pub(super) fn forbids_media(&self) -> bool {
        matches!(self.code, 400 | 403) && self.begins_with_any(&NO_MEDIA)
    }

    /// The press is too old to be answered.
    pub(super) fn press_is_too_old(&self) -> bool {
        self.code == 400 && self.begins_with_any(&["query is too old", "query_id_invalid"])
    }

    /// The bot is called by a webhook, so it cannot ask.
    pub(super) fn webhook_is_set(&self) -> bool {
        self.code == 409 && self.description.contains("webhook")
    }

    fn words(&self) -> String {
        self.description.chars().take(WORDS_MAX).collect()
    }

    /// Our next step, for something that was meant for `account` and perhaps a chat of it.
    ///
    /// Telegram does not say whether a 429 means the chat or the bot. Sends are limited by chat far more
    /// tightly, so a send waits in its chat; a 429 on anything else is the account's. That the whole
    /// account has to wait shows in several chats being told so at once, which only the outbox sees.
    fn failure(&self, account: &AccountId, scope: WaitScope) -> SendFailure {
        if let Some(id) = self.moved_to {
            return SendFailure::Moved(group(account, id));
        }
        match self.code {
            429 => SendFailure::Wait { span: self.retry_after.unwrap_or(WAIT), scope },
            401 | 404 => SendFailure::Misconfigured(self.words()),
            400 | 403 if self.begins_with_any(&BLOCKED) => SendFailure::Blocked(self.words()),
            403 => SendFailure::Gone(self.words()),
            400 if self.begins_with_any(&GONE) => SendFailure::Gone(self.words()),
            409 | 500.. => SendFailure::Transient(self.words()),
            _ => SendFailure::Rejected(self.words()),
        }
    }
}

impl Trouble {
    /// Our next step after a message was not taken.
    pub(super) fn of_send(&self, account: &AccountId) -> SendFailure {
        self.failure(account, WaitScope::Chat)
    }

    /// Our next step after a call that may be made twice without harm: what is not known is tried again.
    pub(super) fn of_repeatable(&self, account: &AccountId, scope: WaitScope) -> SendFailure {
        self.failure(account, scope).repeatable()
    }

    fn failure(&self, account: &AccountId, scope: WaitScope) -> SendFailure {
        match self {
            Self::Denied(denial) => denial.failure(account, scope),
            Self::Unsent(words) => SendFailure::Transient(words.clone()),
            Self::Unanswered(words) => SendFailure::Unknown(words.clone()),
            Self::Gateway { status, retry_after } => gateway(*status, *retry_after),
        }
    }
}

/// Our next step after a page that Telegram did not write.
fn gateway(status: u16, retry_after: Option<Duration>) -> SendFailure {
    let words = format!("status {status} without an answer of Telegram's");
    match status {
        401 | 404 | 407 => SendFailure::Misconfigured(words),
        413 => SendFailure::Rejected(words),
        429 => SendFailure::Wait { span: retry_after.unwrap_or(WAIT), scope: WaitScope::Account },
        // 504: the gateway passed it on and gave up waiting. 2xx: a page stands where the answer should.
        // Either way Telegram may have taken it.
        200..300 | 504 => SendFailure::Unknown(words),
        // Also 403: a page that forbids is a proxy's; it says nothing about the chat.
        _ => SendFailure::Transient(words),
    }
}

/// The address of a group of this ID.
pub(super) fn group(account: &AccountId, id: i64) -> Address {
    Address { account: account.clone(), kind: ChatKind::Group, chat: id.to_string(), thread: None }
}
