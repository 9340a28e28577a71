//! Everything that is kept, as one type: what stores write and exports carry.

use super::{
    AccountState, Answer, ConsentText, Counter, Cursor, Delivery, Edition, Enclosed, Entry, FanOut,
    InboxItem, Invite, Key, KeyMark, Kind, Lease, Media, Member, Notice, Pairing, Person, Piece,
    Place, Post, Probe, SealedAddress, Shred, SourceState, StepEvent, Subscriber, Suggestion,
    Telling, TopicState, Trial, Usage, Used, Wishes, Worker,
};
use serde::{Deserialize, Serialize};

/// A record of any kind. The order of the variants is on disk: append, never reorder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant holds the type of its name")]
pub enum Record {
    Subscriber(Subscriber),
    Post(Post),
    Edition(Edition),
    FanOut(FanOut),
    Delivery(Delivery),
    Notice(Notice),
    Usage(Usage),
    Source(SourceState),
    Entry(Entry),
    Topic(TopicState),
    Used(Used),
    Inbox(InboxItem),
    Person(Person),
    Invite(Invite),
    Member(Member),
    Suggestion(Box<Suggestion>),
    Event(StepEvent),
    Shred(Shred),
    Cursor(Cursor),
    Consent(ConsentText),
    Trial(Trial),
    Worker(Worker),
    Lease(Lease),
    KeyMark(KeyMark),
    SealedAddress(SealedAddress),
    /// An edition together with what it carries: an [`Edition`] that carries something.
    Enclosing(Edition, Vec<Enclosed>),
    Media(Media),
    Piece(Piece),
    Pairing(Pairing),
    Account(AccountState),
    Probe(Probe),
    Telling(Telling),
    Answer(Answer),
    Wishes(Wishes),
}

/// A type of which records are kept.
pub trait Stored: Sized {
    /// The kind under which it is kept.
    const KIND: Kind;

    /// Its name.
    fn key(&self) -> Key;

    /// Where else it is found, as its present state has it.
    fn places(&self) -> Vec<Place> {
        Vec::new()
    }

    /// Counts to which the record adds one, as its present state has it. Changes keep them.
    fn counts(&self) -> Vec<Counter> {
        Vec::new()
    }

    /// Itself, as one of all.
    fn into_record(self) -> Record;

    /// Itself out of one of all; `None` when the record is of another kind.
    fn from_record(record: Record) -> Option<Self>;
}

impl Record {
    /// The record's name.
    #[must_use]
    pub fn key(&self) -> Key {
        self.both().0
    }

    /// Counts to which the record adds one.
    #[must_use]
    pub fn counts(&self) -> Vec<Counter> {
        if let Self::Subscriber(subscriber) = self { subscriber.counts() } else { Vec::new() }
    }

    /// Where else it is found.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        self.both().1
    }

    fn both(&self) -> (Key, Vec<Place>) {
        fn of<T: Stored>(value: &T) -> (Key, Vec<Place>) {
            (value.key(), value.places())
        }
        match self {
            Self::Subscriber(v) => of(v),
            Self::Post(v) => of(v),
            Self::Edition(v) => of(v),
            Self::FanOut(v) => of(v),
            Self::Delivery(v) => of(v),
            Self::Notice(v) => of(v),
            Self::Usage(v) => of(v),
            Self::Source(v) => of(v),
            Self::Entry(v) => of(v),
            Self::Topic(v) => of(v),
            Self::Used(v) => of(v),
            Self::Inbox(v) => of(v),
            Self::Person(v) => of(v),
            Self::Invite(v) => of(v),
            Self::Member(v) => of(v),
            Self::Suggestion(v) => of(&**v),
            Self::Event(v) => of(v),
            Self::Shred(v) => of(v),
            Self::Cursor(v) => of(v),
            Self::Consent(v) => of(v),
            Self::Trial(v) => of(v),
            Self::Worker(v) => of(v),
            Self::Lease(v) => of(v),
            Self::KeyMark(v) => of(v),
            Self::SealedAddress(v) => of(v),
            Self::Enclosing(v, enclosed) => (v.key(), v.places_with(enclosed)),
            Self::Media(v) => of(v),
            Self::Piece(v) => of(v),
            Self::Pairing(v) => of(v),
            Self::Account(v) => of(v),
            Self::Probe(v) => of(v),
            Self::Telling(v) => of(v),
            Self::Answer(v) => of(v),
            Self::Wishes(v) => of(v),
        }
    }
}
