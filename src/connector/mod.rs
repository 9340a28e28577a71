//! How messages leave and arrive, one file a platform.
//!
//! **Invariant:** no platform's own word (the type of a chat's ID, an error code, a way of marking
//! text) passes above this room; what a platform answers becomes a [`SendFailure`] that names our next
//! step.

pub mod capabilities;
mod cause;
pub mod dingtalk;
pub mod feishu;
pub mod hook;
pub mod http;
mod menu;
pub mod official;
mod quota;
pub mod robot;
mod runs;
mod secret;
pub mod signed;
pub mod telegram;
pub mod web;
pub mod xml;

pub use crate::model::Rate;
pub use cause::diagnose;
pub use menu::{Menu, MenuLine};
pub use quota::Quota;
pub use secret::Secret;

use crate::model::{
    AccountId, Address, Button, ChatKind, Identity, Inbound, MessageRef, Platform, Rank,
};
use crate::text::{Part, Size};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::sync::Arc;
use std::time::Duration;

/// Why a platform did not take a message, told by what we do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// Ask again, not sooner than this. It is no failure, and is not counted.
    #[error("asked to wait {span:?}")]
    Wait {
        /// How long.
        span: Duration,
        /// Who has to wait.
        scope: WaitScope,
    },
    /// Ask again, when the policy says: nothing was sent.
    #[error("{0}")]
    Transient(String),
    /// The chat goes on under this address.
    #[error("the chat has moved")]
    Moved(Address),
    /// This message will never be taken; others may.
    #[error("{0}")]
    Rejected(String),
    /// This chat takes nothing any more.
    #[error("{0}")]
    Gone(String),
    /// This chat takes nothing until a person mends something there (rights, a closed topic).
    #[error("{0}")]
    Blocked(String),
    /// This account sends nothing until an operator mends its settings.
    #[error("{0}")]
    Misconfigured(String),
    /// The request left, and no answer came: it may have arrived.
    #[error("{0}")]
    Unknown(String),
}

/// Who has to wait when a platform says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitScope {
    /// This chat alone.
    Chat,
    /// The whole account.
    Account,
}

/// What a platform takes, how much of it, and how fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How much text one message holds.
    pub size: Size,
    /// How fast the account may send, over all chats.
    pub account: Vec<Rate>,
    /// How fast one chat of a kind may be written to.
    pub chat: Vec<(ChatKind, Vec<Rate>)>,
    /// How many requests may be under way at once.
    pub parallel: usize,
}

/// One message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub to: Address,
    /// What it says; fits the platform's [`Limits::size`].
    pub part: Arc<Part>,
    /// What can be pressed below it.
    pub buttons: Arc<Vec<Vec<Button>>>,
    /// The message that it answers, by the platform's name; sent without the link where that is gone.
    pub reply_to: Option<String>,
    /// The same for every attempt to send this part: platforms with an idempotency key use it.
    pub once: String,
}

/// What a platform gave for a message that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The platform's name for the message.
    pub message: String,
}

/// Whether people read a message once the platform took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// They do.
    Done,
    /// Somebody of the staff has to send it on from the platform's own pages.
    ByHand,
}

/// What becomes of a message that was sent earlier.
#[derive(Clone, Debug)]
pub enum Amendment {
    /// It says this instead.
    Edit {
        /// What it says.
        part: Arc<Part>,
        /// What can be pressed below it.
        buttons: Arc<Vec<Vec<Button>>>,
    },
    /// It is taken back.
    Recall,
}

/// What came of a platform calling us.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// What happened, as far as it is addressed to us.
    pub inbound: Vec<Inbound>,
    /// What is addressed to us only if it answers a message of ours, where the connector cannot tell: whoever
    /// keeps our messages looks, before anything is stored.
    pub overheard: Option<Inbound>,
    /// What the platform is answered once that is stored.
    pub answer: ::http::Response<Bytes>,
}

/// Why a call from outside is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It does not come from the platform.
    #[error("the call is not signed by the platform")]
    Forged,
    /// It cannot be read.
    #[error("the call cannot be read: {0}")]
    Malformed(String),
    /// This account takes no calls.
    #[error("this account takes no calls")]
    NotCalled,
}

/// A batch that arrived from a platform that is asked, and the mark to ask from once it is stored.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What happened, as far as it is addressed to us.
    pub inbound: Vec<Inbound>,
    /// The connector's own mark: everything before it was in this or an earlier batch.
    pub mark: String,
}

/// One account on one platform.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// The platform.
    fn platform(&self) -> Platform;

    /// The account's name.
    fn account(&self) -> &AccountId;

    /// What it takes, how much, how fast.
    fn limits(&self) -> &Limits;

    /// How much text one message to a chat of this kind holds.
    fn size(&self, _kind: ChatKind) -> Size {
        self.limits().size
    }

    /// Whether what was sent to a chat of this kind is read there once it was taken.
    fn finish(&self, _kind: ChatKind) -> Finish {
        Finish::Done
    }

    /// Makes the platform ready for us, with these menus where it shows any. May be called again.
    ///
    /// # Errors
    /// When the platform does not do it; the daemon goes on without, and calls again later.
    async fn prepare(&self, _menus: &[Menu]) -> Result<(), SendFailure> {
        Ok(())
    }

    /// What the platform knows the account as, which proves that it works; `None` where that can be found out
    /// by a message alone.
    ///
    /// # Errors
    /// When the platform does not say it.
    async fn whoami(&self) -> Result<Option<String>, SendFailure> {
        Ok(None)
    }

    /// Sends one message.
    async fn send(&self, message: &Outgoing) -> Result<Receipt, SendFailure>;

    /// Edits or takes back a message that was sent.
    async fn amend(&self, sent: &MessageRef, to: &Amendment) -> Result<(), SendFailure>;

    /// Tells the one who pressed a button, and nobody else. A press too old to be answered is no failure.
    async fn answer_press(&self, press: &str, words: &str) -> Result<(), SendFailure>;

    /// Whether somebody may decide for a chat, for platforms that do not say so with each message. By
    /// default that cannot be found out: then a code of an editor's stands for it.
    ///
    /// # Errors
    /// When the platform does not answer.
    async fn rank(&self, _chat: &Address, _who: &Identity) -> Result<Rank, SendFailure> {
        Ok(Rank::Unknown)
    }

    /// Reads a call from the platform. Pure: signature, parsing, what to answer. By default nobody calls.
    ///
    /// # Errors
    /// When the call is forged or cannot be read.
    fn accept(&self, _callback: &::http::Request<Bytes>) -> Result<Accepted, CallbackError> {
        Err(CallbackError::NotCalled)
    }

    /// Asks the platform for what happened since `mark` (`None`: from the beginning), for platforms that
    /// are asked; by default none is. The next batch is asked for only when the one before was taken from the stream, so
    /// whoever stores a batch before taking the next loses nothing.
    fn listen(self: Arc<Self>, _mark: Option<String>) -> Option<BoxStream<'static, Heard>> {
        None
    }

    /// The chat of an account that has one alone and never hears of others: what is pushed there is said in the
    /// configuration.
    fn only_chat(&self) -> Option<Address> {
        None
    }

    /// The page or chat where a person meets us alone, with a payload that arrives as a start; `None` where
    /// the platform has no such link.
    fn direct_link(&self, _payload: &str) -> Option<String> {
        None
    }
}
