//! One function for each thing that people do.
//!
//! **Invariant:** whoever comes through whatever door, permissions are checked here, and what was decided
//! is one commit: a function reads, asks [`may`], and adds to the [`Call`]'s changes; the door adds what it
//! answers and has it all committed by [`Desk::commit`]. On a conflict the door does it again from the start.

mod accounts;
mod again;
mod answers;
mod browsers;
mod by_hand;
mod cases;
mod chats;
mod clocks;
mod consent;
mod cost;
pub mod digest;
mod doubles;
mod erase;
mod events;
mod explain;
mod finished;
mod inbox;
mod labels;
mod lapse;
mod meaning;
mod media;
mod pairing;
mod people;
pub mod picture;
mod posts;
mod pushes;
mod readers;
mod receipt;
mod remind;
mod resend;
mod say;
mod settings;
mod sorting;
mod sources;
mod standing;
mod steps;
mod subscriptions;
mod suggest;
mod tellings;
mod triage;

pub use accounts::AccountLine;
pub use answers::{Answered, Reply, Spoken};
pub use browsers::{Browser, Notified, Wish};
pub use by_hand::{HAND_PAGES, KeptGroup, Mark, Pass};
pub use cases::{CaseLine, CaseView, Proposal, Which, buttons};
pub use consent::{ConsentShown, Form, RECEIPT_PAGE, ReceiptShown, Showing, consent_prefix};
pub use cost::{AccountCost, Break, Cost, Plan, Says};
pub use erase::Forgotten;
pub use events::{intact, replay};
pub use explain::LedgerLine;
pub use inbox::{SetAside, Waiting};
pub use meaning::Meant;
pub use media::Brought;
pub use pairing::{PAIRING_HOLDS, Paired};
pub use people::{Seat, Seated, may, person_code};
pub use posts::{PushReport, Waits};
pub use pushes::{HeldLine, Ruled, Stopped, standing};
pub use readers::CONFIRMED_WITHIN;
pub use receipt::{MineLine, ReceiptView};
pub use remind::Reminded;
pub use say::Saying;
pub use settings::Settings;
pub use sources::SourceLine;
pub use subscriptions::{Choice, Chosen};
pub use suggest::{Back, Edited, NewDraft};

use crate::clock::Clock;
use crate::model::{
    AccountId, Address, At, Changes, ChatKind, Code, Identity, Lang, Member, MemberKey, Person,
    Rate, Sealed, Source, SuggestionId, Topic, TopicId, Versioned,
};
use crate::store::vault::{Hasher, Sealer, TextKeys, VaultError};
use crate::store::{Reads, Store, StoreError};
use crate::text::say::{ChannelRefusal, MediaRefusal, Refusal, TriageRefusal};
use crate::text::{Carries, Size};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What the desk knows of the office.
#[derive(Clone, Debug)]
pub struct Office {
    /// What it calls itself.
    pub name: String,
    /// The language in which it speaks to strangers.
    pub lang: Lang,
    /// Its time zone.
    pub zone: chrono_tz::Tz,
    /// The base of links to its pages, without a slash at the end.
    pub public_url: String,
    /// The first administrators.
    pub admins: Vec<Identity>,
    /// Its topics.
    pub topics: Vec<Topic>,
    /// Its sources.
    pub sources: Vec<Source>,
    /// How suggestions are handled.
    pub suggestions: Settings,
    /// The groups to which people bring what is pushed there.
    pub kept: Vec<KeptGroup>,
    /// The accounts whose readers the office brings along.
    pub brings: Vec<AccountId>,
}

impl Office {
    /// The topic of this name: its ID, or what people call it.
    #[must_use]
    pub fn topic(&self, typed: &str) -> Option<&Topic> {
        let typed = typed.trim();
        self.topics.iter().find(|t| t.id.0.eq_ignore_ascii_case(typed) || t.title == typed)
    }

    /// What people call a topic; its ID where the configuration no longer has it.
    #[must_use]
    pub fn title<'a>(&'a self, topic: &'a TopicId) -> &'a str {
        self.topics.iter().find(|t| t.id == *topic).map_or(&topic.0, |t| &t.title)
    }

    /// The consent text in this language.
    #[must_use]
    pub fn consent(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.suggestions.consent_zh,
            Lang::En => &self.suggestions.consent_en,
        }
    }
}

/// Why something was not done, told by what the door does next.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeskError {
    /// The person is told so; nothing has changed.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The person is told so and shown how it stands now; nothing has changed.
    #[error("refused: {0:?}")]
    Stale(Refusal, SuggestionId),
    /// The store failed, or somebody was faster: do it again, or stop.
    #[error(transparent)]
    Failed(#[from] StoreError),
}

impl From<Refusal> for DeskError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ChannelRefusal> for DeskError {
    fn from(refusal: ChannelRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<TriageRefusal> for DeskError {
    fn from(refusal: TriageRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<MediaRefusal> for DeskError {
    fn from(refusal: MediaRefusal) -> Self {
        Self::Refused(Refusal::Media(refusal))
    }
}

impl From<VaultError> for DeskError {
    fn from(error: VaultError) -> Self {
        Self::Failed(error.into())
    }
}

/// Who does something.
#[derive(Clone, Debug)]
pub enum Actor {
    /// Somebody who works here.
    Staff(Versioned<Person>),
    /// Somebody else, as a keyed hash, with the settings they chose, if any.
    Member(MemberKey, Option<Versioned<Member>>),
}

/// One thing that somebody does, from the door to the commit.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who.
    pub actor: Actor,
    /// Who, as a keyed hash: what is theirs as a submitter, whether they work here or not.
    pub member: MemberKey,
    /// Where they can be reached alone, if anywhere.
    pub direct: Option<Address>,
    /// The language in which they are spoken to.
    pub lang: Lang,
    /// When.
    pub at: At,
    /// What it changes; committed once, at the end.
    pub changes: Changes,
    /// What is said in the answer to it, where that is gathered.
    pub spoken: Option<Spoken>,
}

impl Call {
    /// The member of staff who does it, if it is one.
    #[must_use]
    pub const fn staff(&self) -> Option<&Versioned<Person>> {
        match &self.actor {
            Actor::Staff(person) => Some(person),
            Actor::Member(..) => None,
        }
    }
}

/// An account through which posts go out, as far as it decides what a post costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// The account.
    pub account: AccountId,
    /// How much text one message holds.
    pub size: Size,
    /// How fast the account may send, over all chats.
    pub rates: Vec<Rate>,
    /// How fast one chat of a kind may be written to.
    pub chats: Vec<(ChatKind, Vec<Rate>)>,
    /// How many requests may be under way at once.
    pub parallel: usize,
    /// Who brings it to its chats.
    pub carrier: Carrier,
    /// How it takes pictures and files.
    pub carries: Carries,
    /// How somebody's answer comes.
    pub replies: Replies,
}

/// How somebody's answer to a message of ours comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    /// It names the message that it answers.
    #[default]
    Named,
    /// As any other message.
    Bare,
}

/// Who brings something to a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// The program.
    #[default]
    Program,
    /// People: when it is there is up to them.
    People,
}

/// How many codes are hashed at once.
const HASHED_AT_ONCE: usize = 2;

/// Where everything that people do is done.
#[derive(Clone)]
pub struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    sealer: Sealer,
    texts: TextKeys,
    hasher: Hasher,
    office: Arc<Office>,
    /// The accounts through which posts go out.
    outlets: Arc<Vec<Outlet>>,
    /// Codes are hashed a few at a time: each takes memory.
    hashing: Arc<tokio::sync::Semaphore>,
    /// Wakes those who wait for the answer to a call.
    answered: Arc<tokio::sync::Notify>,
}

impl Desk {
    /// A desk over this store, with the keys that it needs: it can seal addresses, and cannot open them.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        keys: (Sealer, TextKeys, Hasher),
        office: Arc<Office>,
    ) -> Self {
        let (sealer, texts, hasher) = keys;
        let hashing = Arc::new(tokio::sync::Semaphore::new(HASHED_AT_ONCE));
        let (outlets, answered) = (Arc::default(), Arc::default());
        Self { store, clock, sealer, texts, hasher, office, outlets, hashing, answered }
    }

    /// Knows these accounts, through which posts go out.
    #[must_use]
    pub fn through(mut self, outlets: Vec<Outlet>) -> Self {
        self.outlets = Arc::new(outlets);
        self
    }

    /// The office.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// Makes what was decided so.
    ///
    /// # Errors
    /// A conflict when somebody was faster: decide again.
    pub async fn commit(&self, call: Call) -> Result<(), StoreError> {
        if call.changes.is_empty() { Ok(()) } else { self.store.commit(call.changes).await }
    }

    /// Makes changes so that a door has put together.
    ///
    /// # Errors
    /// A conflict when somebody was faster: decide again.
    pub async fn make_so(&self, changes: Changes) -> Result<(), StoreError> {
        self.store.commit(changes).await
    }

    fn reads(&self) -> &dyn Reads {
        self.store.as_ref()
    }

    /// What was sealed; `None` once it was erased, and where it cannot be read any more.
    fn unsealed(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        match self.texts.open(sealed) {
            Err(error @ VaultError::Damaged(_)) => {
                tracing::error!(%error, "sealed words cannot be opened");
                Ok(None)
            }
            opened => opened,
        }
    }

    /// A name made from something, the same on every worker; without the key file nobody can tell from what.
    fn name_from(&self, label: &str, of: &[u8]) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.hasher.keyed(label, of)[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// A code of `length` characters that nobody can guess.
    fn code(&self, length: usize) -> Code {
        let mut bytes = vec![0u8; length];
        self.clock.random(&mut bytes);
        Code::from_random(&bytes)
    }
}

const fn days(n: u32) -> Duration {
    Duration::from_secs(n as u64 * 24 * 3600)
}

const fn hours(n: u32) -> Duration {
    Duration::from_secs(n as u64 * 3600)
}
