//! How messages leave and arrive, one file a platform.
//!
//! **Invariant:** no platform's own word (the type of a chat's ID, an error code, a way of marking
//! text) passes above this room; what a platform answers becomes a [`SendFailure`] that names our next
//! step.

mod begun;
mod below;
pub mod by_hand;
mod called;
pub mod capabilities;
mod cause;
mod day;
pub mod dingtalk;
pub mod email;
mod enclosure;
pub mod feishu;
mod gateway;
mod given;
pub mod hook;
pub mod http;
mod lately;
mod menu;
mod news;
pub mod official;
mod pause;
mod quota;
pub mod robot;
mod runs;
mod secret;
pub mod signed;
mod socket;
pub mod telegram;
mod token;
mod unsure;
pub mod web;
pub mod webpush;
pub mod wecom;
pub mod wecombot;
pub mod xml;

pub use crate::model::Rate;
use capabilities::Capabilities;
pub use cause::diagnose;
pub use enclosure::{Enclosure, Reading};
pub use menu::{Menu, MenuLine, OwnMenu};
pub use quota::Quota;
pub use secret::Secret;

use crate::model::{
    AccountId, Address, Button, ChatKind, Document, Identity, Inbound, MessageRef, Overheard,
    Platform, Post, Priority, Rank, TopicId,
};
use crate::text::{Card, Carries, Part, Size};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::sync::Arc;
use std::time::Duration;

/// Where platforms call us, below the office's address; the account's name stands behind it.
pub const HOOKS: &str = "/hook";

/// The address at which its platform calls an account.
#[must_use]
pub fn called_at(public_url: &str, account: &str) -> String {
    format!("{public_url}{HOOKS}/{account}")
}

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
    /// It was taken for some of those who read there, and is not sent again; staff are told whom it left out.
    #[error("{left_out}")]
    Partly {
        /// What it was taken as.
        receipt: Receipt,
        /// Whom, in the platform's words.
        left_out: String,
    },
}

impl SendFailure {
    /// The same of what may be done twice without harm: what is not known is tried again.
    #[must_use]
    pub fn repeatable(self) -> Self {
        match self {
            Self::Unknown(words) => Self::Transient(words),
            other => other,
        }
    }
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

impl Limits {
    /// What a platform lets an account do, and besides what an operator says of it.
    fn of(can: Capabilities, quota: &Quota, parallel: usize) -> Self {
        let account = can.account.into_iter().chain(quota.more()).collect();
        Self { size: can.size, account, chat: can.chats, parallel }
    }

    /// With what an operator says of each chat.
    fn each_chat(mut self, quota: &Quota) -> Self {
        self.chat.iter_mut().for_each(|(_, rates)| rates.extend(quota.more()));
        self
    }
}

/// One message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub to: Arc<Address>,
    /// What it says; fits the platform's [`Limits::size`].
    pub part: Arc<Part>,
    /// What can be pressed below it.
    pub buttons: Arc<Vec<Vec<Button>>>,
    /// The message that it answers, by the platform's name; sent without the link where that is gone.
    pub reply_to: Option<String>,
    /// The topic of the post that it belongs to; none for what is said to this chat alone.
    pub topic: Option<Arc<TopicId>>,
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
    /// Nothing has left the house: it is in people's hands from here, and owed until one of them says that it is
    /// there.
    Handed,
}

/// Whether somebody's answer names the message that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// It does.
    Named,
    /// It comes as any other message.
    Bare,
}

/// When something can be said in a chat where somebody writes to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Whenever there is something to say.
    Freely,
    /// In the answer to the call that tells of what they said, and at no other time.
    WhenAsked,
    /// As an answer to what somebody said there, once for each, and at no other time; in groups too.
    AsAnswers,
}

/// How much of a post a chat is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// All of it, in as many messages as that takes.
    Whole,
    /// That it is there: one message shows how it begins, and leads to where all of it is read.
    Opening(Lead),
    /// Nothing: what the chat asked for no longer holds this post.
    Nothing,
}

/// Where the opening of a post leads to, and how soon it has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The page on which all of it stands, for good.
    pub url: String,
    /// How urgent it is.
    pub priority: Priority,
}

/// What the store knows of where an account's subscribers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Their addresses.
    Open,
    /// Names for them: their addresses are sealed.
    Sealed,
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
    /// What is, if it answers a message of ours.
    pub overheard: Option<Overheard>,
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

impl From<signed::Untrusted> for CallbackError {
    fn from(why: signed::Untrusted) -> Self {
        match why {
            signed::Untrusted::Malformed(words) => Self::Malformed(words),
            _ => Self::Forged,
        }
    }
}

/// Where a call has another form than it should, and none of what it says: that is somebody's.
impl From<serde_json::Error> for CallbackError {
    fn from(why: serde_json::Error) -> Self {
        let (line, column) = (why.line(), why.column());
        Self::Malformed(format!("line {line}, column {column}: {:?}", why.classify()))
    }
}

/// A batch that arrived from a platform to which we listen, and the mark to go on from once it is stored.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What happened, as far as it is addressed to us.
    pub inbound: Vec<Inbound>,
    /// What is, as far as it answers messages of ours.
    pub overheard: Vec<Overheard>,
    /// The connector's own mark: everything before it was in this or an earlier batch. `None` where the platform
    /// itself knows what we have heard.
    pub mark: Option<String>,
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

    /// Whether an answer in a person's own chat names what it answers.
    fn answers(&self) -> Answers {
        Answers::Named
    }

    /// When something can be said in a chat where somebody writes to us. Nothing is pushed to chats of an account that
    /// cannot speak freely.
    fn speaks(&self) -> Speaks {
        Speaks::Freely
    }

    /// The answer to a call that says this to whoever the call tells of, with what they can choose. Only where
    /// [`Connector::speaks`] says so, and only what fits [`Connector::size`].
    ///
    /// # Errors
    /// When the call is forged or cannot be read.
    fn reply(
        &self,
        _callback: &::http::Request<Bytes>,
        _words: &Document,
        _choices: &[Button],
    ) -> Result<::http::Response<Bytes>, CallbackError> {
        Err(CallbackError::NotCalled)
    }

    /// How much of this post the subscriber at this address is told; all of it by default.
    fn told(&self, _chat: &Address, _post: &Post) -> Told {
        Told::Whole
    }

    /// What the store knows of where its subscribers are: by default their addresses.
    fn addresses(&self) -> Addresses {
        Addresses::Open
    }

    /// How it takes what posts carry, in a chat of this kind. What it does not take is a link in the words by then.
    fn carries(&self, _kind: ChatKind) -> Carries {
        capabilities::carries(self.platform())
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

    /// Sends a message that holds the whole of a post, and shows of it what there is room for. Only where
    /// [`Connector::told`] says so.
    ///
    /// # Errors
    /// When the platform does not take it.
    async fn announce(&self, message: &Outgoing, _lead: &Lead) -> Result<Receipt, SendFailure> {
        self.send(message).await
    }

    /// Sends one message together with what goes with it, as [`Connector::carries`] has it: one thing where each
    /// is a message of its own, all of them where they stand within that of the words. The words may be empty. By
    /// default nothing can be sent so, and nothing is.
    async fn send_with(&self, _: &Outgoing, _: &[Enclosure]) -> Result<Receipt, SendFailure> {
        Err(SendFailure::Rejected("pictures and files are not sent there".to_owned()))
    }

    /// Sends one message of news cards. Only where [`Connector::carries`] says that posts are told so.
    async fn send_cards(&self, _: &Outgoing, _: &[Card]) -> Result<Receipt, SendFailure> {
        Err(SendFailure::Rejected("news cards are not sent there".to_owned()))
    }

    /// What somebody sent, by the platform's own name for it ([`crate::model::Whence::Platform`]), if it has at
    /// most so many bytes. May be called again.
    ///
    /// # Errors
    /// When the platform does not give it out; [`SendFailure::Rejected`] when it never will.
    async fn fetch(&self, _name: &str, _most: usize) -> Result<Bytes, SendFailure> {
        Err(SendFailure::Rejected("nothing is fetched from there".to_owned()))
    }

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

    /// Listens for what happened since `mark` (`None`: from the beginning), for platforms that are asked, or that
    /// talk over a connection of ours; by default none is. To ask the stream for the next batch says that the one
    /// before is stored: only then is the platform told so. Whoever stores a batch before asking loses nothing.
    /// Where messages leave over the same connection, they leave while the stream is asked.
    fn listen(self: Arc<Self>, _mark: Option<String>) -> Option<BoxStream<'static, Heard>> {
        None
    }

    /// The chat of an account that has one alone and never hears of others: what is pushed there is said in the
    /// configuration.
    fn only_chat(&self) -> Option<Address> {
        None
    }

    /// The further chats of an account that are named in the configuration, in its order.
    fn more_chats(&self) -> Vec<Address> {
        Vec::new()
    }

    /// The page or chat where a person meets us alone, with a payload that arrives as a start; `None` where
    /// the platform has no such link.
    fn direct_link(&self, _payload: &str) -> Option<String> {
        None
    }
}
