//! Keys and places: how records are named and found, the same on every store.
//!
//! A key is a kind and bytes that sort; a place is one line of an index that leads to a key.
//! Both are built from segments that keep their order: integers big-endian, text ended by a NUL.

use super::{At, address::AccountId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What kind of record a key names. The numbers are on disk: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Kind {
    /// See [`super::Subscriber`].
    Subscriber = 1,
    /// See [`super::Post`].
    Post = 2,
    /// See [`super::Edition`].
    Edition = 3,
    /// See [`super::FanOut`].
    FanOut = 4,
    /// See [`super::Delivery`].
    Delivery = 5,
    /// See [`super::Notice`].
    Notice = 6,
    /// See [`super::Usage`].
    Usage = 7,
    /// See [`super::SourceState`].
    Source = 8,
    /// See [`super::Entry`].
    Entry = 9,
    /// See [`super::TopicState`].
    Topic = 10,
    /// See [`super::Used`].
    Used = 11,
    /// See [`super::InboxItem`].
    Inbox = 12,
    /// See [`super::Person`].
    Person = 13,
    /// See [`super::Invite`].
    Invite = 14,
    /// See [`super::Member`].
    Member = 15,
    /// See [`super::Suggestion`].
    Suggestion = 16,
    /// See [`super::StepEvent`].
    Event = 17,
    /// See [`super::Shred`].
    Shred = 18,
    /// See [`super::Cursor`].
    Cursor = 19,
    /// See [`super::ConsentText`].
    Consent = 20,
    /// See [`super::Trial`].
    Trial = 21,
    /// See [`super::Worker`].
    Worker = 22,
    /// See [`super::Lease`].
    Lease = 23,
    /// See [`super::KeyMark`].
    KeyMark = 24,
    /// See [`super::SealedAddress`].
    SealedAddress = 25,
    /// See [`super::Media`].
    Media = 26,
    /// See [`super::Piece`].
    Piece = 27,
    /// See [`super::Pairing`].
    Pairing = 28,
    /// See [`super::AccountState`].
    Account = 29,
    /// See [`super::Probe`].
    Probe = 30,
    /// See [`super::Telling`].
    Telling = 31,
    /// See [`super::Answer`].
    Answer = 32,
    /// See [`super::Wishes`].
    Wishes = 33,
}

impl Kind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 33] = [
        Self::Subscriber,
        Self::Post,
        Self::Edition,
        Self::FanOut,
        Self::Delivery,
        Self::Notice,
        Self::Usage,
        Self::Source,
        Self::Entry,
        Self::Topic,
        Self::Used,
        Self::Inbox,
        Self::Person,
        Self::Invite,
        Self::Member,
        Self::Suggestion,
        Self::Event,
        Self::Shred,
        Self::Cursor,
        Self::Consent,
        Self::Trial,
        Self::Worker,
        Self::Lease,
        Self::KeyMark,
        Self::SealedAddress,
        Self::Media,
        Self::Piece,
        Self::Pairing,
        Self::Account,
        Self::Probe,
        Self::Telling,
        Self::Answer,
        Self::Wishes,
    ];
}

/// The name of one record.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The kind of record.
    pub kind: Kind,
    /// Its name within the kind; sorts.
    pub id: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}/", self.kind)?;
        f.write_str(&super::hex(&self.id))
    }
}

/// The ways to find records other than by key. The numbers are on disk: append, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Index {
    /// Deliveries that are owed: account, priority, due time, delivery.
    Due = 1,
    /// Active subscribers of a topic: topic, account, subscriber.
    TopicSubscribers = 2,
    /// Messages of ours: account, chat, message → delivery.
    Messages = 3,
    /// Posts by the code that people type.
    PostsByCode = 4,
    /// Posts of a topic, by time of publishing: topic, time, post.
    PostsByTopic = 5,
    /// Posts that are not over: state number, time, post.
    OpenPosts = 6,
    /// Deliveries that did not arrive or may have arrived twice: post, delivery.
    Troubled = 7,
    /// Entries of a source, by the time they were seen: source, time, entry.
    EntriesBySource = 8,
    /// Entries by canonical link.
    EntriesByLink = 9,
    /// Staff by identity.
    PersonByIdentity = 10,
    /// Inbox items not yet handled: account, time, item.
    InboxWaiting = 11,
    /// Suggestions by phase: phase number, time, suggestion.
    SuggestionsByPhase = 12,
    /// Suggestions by receipt number.
    SuggestionsByNumber = 13,
    /// Suggestions of a member: member key, suggestion.
    SuggestionsByMember = 14,
    /// What comes due by the clock: time, key.
    Promises = 15,
    /// Subscribers by address: account, chat, thread.
    SubscriberByAddress = 16,
    /// Notices to the submitter of a suggestion: suggestion, notice.
    NoticesOf = 17,
    /// What is swept away once its time is over: that time, kind, ID.
    Expiring = 18,
    /// A message by which a person edits or finds a draft: keyed hash → suggestion.
    DraftByMessage = 19,
    /// Work on deliveries that is not complete: priority, post, what is done.
    FanOuts = 20,
    /// Deliveries that rest with their post: post, delivery.
    Parked = 21,
    /// What is over and is swept away when its time has come: kind, when it was over, ID.
    Over = 22,
    /// What is in people's hands, by when the clock looks at it: time, key.
    Hands = 23,
    /// Deliveries that are or were in people's hands: post, delivery.
    Handed = 24,
    /// Editions that carry a picture or file: its hash, post, revision.
    Enclosed = 25,
    /// Notices to staff in which the words of a suggestion stand: suggestion, notice.
    NoticesShowing = 26,
}

/// One line of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The index.
    pub index: Index,
    /// Where in the index; sorts.
    pub at: Vec<u8>,
}

/// Writes segments that keep their order.
#[derive(Clone, Debug, Default)]
pub struct Segments(Vec<u8>);

impl Segments {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::with_capacity(64))
    }

    /// Appends text; it must hold no NUL, and any is left out so that no text reaches into the next segment.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend(text.bytes().filter(|b| *b != 0));
        self.0.push(0);
        self
    }

    /// Appends an account's name.
    #[must_use]
    pub fn account(self, account: &AccountId) -> Self {
        self.text(&account.0)
    }

    /// Appends an ID.
    #[must_use]
    pub fn id(mut self, id: Uuid) -> Self {
        self.0.extend_from_slice(id.as_bytes());
        self
    }

    /// Appends a moment; earlier ones sort first.
    #[must_use]
    pub fn at(mut self, at: At) -> Self {
        // Flipping the sign bit sorts moments before 1970 first.
        self.0.extend_from_slice(&(at.millis().cast_unsigned() ^ (1 << 63)).to_be_bytes());
        self
    }

    /// Appends a byte.
    #[must_use]
    pub fn byte(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// Appends a number of two bytes.
    #[must_use]
    pub fn short(mut self, number: u16) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends bytes as they are; only as the last segment, or of a fixed length.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// What was written.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }

    /// What was written, as a place of `index`.
    #[must_use]
    pub fn place(self, index: Index) -> Place {
        Place { index, at: self.0 }
    }

    /// What was written, as a key of `kind`.
    #[must_use]
    pub fn key(self, kind: Kind) -> Key {
        Key { kind, id: self.0 }
    }
}

/// Reads segments back in the order in which they were written.
#[derive(Clone, Copy, Debug)]
pub struct SegmentReader<'a>(&'a [u8]);

impl<'a> SegmentReader<'a> {
    /// Reads from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next text.
    pub fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let text = std::str::from_utf8(&self.0[..end]).ok()?;
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// The next ID.
    pub fn id(&mut self) -> Option<Uuid> {
        let (head, rest) = self.0.split_first_chunk::<16>()?;
        self.0 = rest;
        Some(Uuid::from_bytes(*head))
    }

    /// The next moment.
    pub fn at(&mut self) -> Option<At> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(At::from_millis((u64::from_be_bytes(*head) ^ (1 << 63)).cast_signed()))
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (head, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*head)
    }

    /// The next number of two bytes.
    pub fn short(&mut self) -> Option<u16> {
        let (head, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*head))
    }

    /// All that is left.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
