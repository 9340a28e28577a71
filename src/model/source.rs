//! Sources: where news comes from, what was read, and what is remembered of it.

use super::{
    Address, At, EntryId, Index, Key, Kind, Lang, Place, PostId, Record, Segments, Stored, TopicId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Names a source, as in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl std::fmt::Display for SourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A source, as the configuration describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in the configuration.
    pub id: SourceId,
    /// What people call it, shown beside its entries.
    pub title: String,
    /// Where it is read: `http://`, `https://` or `file:`.
    pub url: String,
    /// How it is read.
    pub form: SourceForm,
    /// How often it is asked.
    pub every: Duration,
    /// How many entries of the very first read count as new; the older ones are archive.
    pub first_poll: usize,
}

/// How a source is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceForm {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A list page, by CSS selectors.
    Page(Selectors),
}

/// Where things stand on a list page and on the pages that it links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selectors {
    /// One entry.
    pub item: String,
    /// The title within an entry; the link's text where empty.
    pub title: String,
    /// The link within an entry; the first `a[href]` where empty.
    pub link: String,
    /// The date within an entry; none where empty.
    pub date: String,
    /// The text on the linked page; the page is not read where empty.
    pub article: String,
}

/// What is remembered of a source between polls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The source.
    pub id: SourceId,
    /// Not asked before this.
    pub next: At,
    /// When it was last read without an error.
    pub read: Option<At>,
    /// The validator of the last answer.
    pub etag: Option<String>,
    /// The other validator.
    pub modified: Option<String>,
    /// What is wrong, since when, and how many polls in a row; `None` when nothing is.
    pub trouble: Option<Trouble>,
}

/// Why a source could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when.
    pub since: At,
    /// Polls in a row that failed.
    pub failures: u32,
    /// What went wrong, for staff.
    pub what: String,
}

impl Stored for SourceState {
    const KIND: Kind = Kind::Source;

    fn key(&self) -> Key {
        Segments::new().text(&self.id.0).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Source(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Source(it) = record { Some(it) } else { None }
    }
}

/// One thing that a source said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name here; derived from source and the source's own ID, so that a poll repeated after a
    /// crash finds the same entry.
    pub id: EntryId,
    /// Who said it.
    pub source: SourceId,
    /// The source's own ID of it.
    pub guid: String,
    /// Where it can be read; canonical (no fragment, no tracking parameters). Empty when there is none.
    pub link: String,
    /// Its title, plain text.
    pub title: String,
    /// Its summary or the head of its text, plain text.
    pub summary: String,
    /// When it was published, as the source says.
    pub published: Option<At>,
    /// When it was first seen here.
    pub seen: At,
    /// Whether it counts as new, and if not, why.
    pub verdict: Verdict,
}

/// Whether an entry counts as new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It does.
    New,
    /// It was there before the source was first read, beyond what the first poll takes.
    Archive,
    /// It says the same as an entry that we have.
    Same {
        /// The entry that was there first.
        of: EntryId,
        /// By what it was recognised.
        by: Likeness,
    },
}

/// By what two entries were recognised as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Likeness {
    /// The same canonical link.
    Link,
    /// Titles that are nearly equal.
    Title,
}

impl Entry {
    /// The prefix of the places of all entries of `source`.
    #[must_use]
    pub fn of_source(source: &SourceId) -> Vec<u8> {
        Segments::new().text(&source.0).done()
    }

    /// The prefix of the places of all entries with this canonical link.
    #[must_use]
    pub fn with_link(link: &str) -> Vec<u8> {
        Segments::new().text(link).done()
    }
}

impl Stored for Entry {
    const KIND: Kind = Kind::Entry;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let by_source = Segments::new().text(&self.source.0).at(self.seen).id(self.id.0);
        let mut places = vec![by_source.place(Index::EntriesBySource)];
        if !self.link.is_empty() {
            let by_link = Segments::new().text(&self.link).id(self.id.0);
            places.push(by_link.place(Index::EntriesByLink));
        }
        places
    }

    fn into_record(self) -> Record {
        Record::Entry(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Entry(it) = record { Some(it) } else { None }
    }
}

/// The mark that a topic has sent an entry, and with which post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The topic.
    pub topic: TopicId,
    /// The entry.
    pub entry: EntryId,
    /// The post that carried it.
    pub post: PostId,
}

impl Used {
    /// The key of the mark of `entry` under `topic`.
    #[must_use]
    pub fn key_of(topic: &TopicId, entry: EntryId) -> Key {
        Segments::new().text(&topic.0).id(entry.0).key(Kind::Used)
    }
}

impl Stored for Used {
    const KIND: Kind = Kind::Used;

    fn key(&self) -> Key {
        Self::key_of(&self.topic, self.entry)
    }

    fn into_record(self) -> Record {
        Record::Used(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Used(it) = record { Some(it) } else { None }
    }
}

/// A source that an editor wants read on trial. The feeds' round reads it and says what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its name here.
    pub id: uuid::Uuid,
    /// Where it is read.
    pub url: String,
    /// Who is told.
    pub to: Address,
    /// In which language.
    pub lang: Lang,
}

impl Stored for Trial {
    const KIND: Kind = Kind::Trial;

    fn key(&self) -> Key {
        Segments::new().id(self.id).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Trial(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Trial(it) = record { Some(it) } else { None }
    }
}
