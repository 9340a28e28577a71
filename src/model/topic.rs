//! Topics (栏目): what subscribers choose, and when and how a digest of it is made.

use super::{At, Key, Kind, Lang, Record, Schedule, Segments, SourceId, Stored};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Names a topic, as in the configuration: `policy`, `weekly-news`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicId(pub String);

impl std::fmt::Display for TopicId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A topic, as the configuration describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its name in the configuration and in commands.
    pub id: TopicId,
    /// What people call it.
    pub title: String,
    /// The language in which its posts speak.
    pub lang: Lang,
    /// Where its digest takes entries from, each under a section.
    pub sections: Vec<Section>,
    /// When a digest is due; a topic without one is written by editors alone.
    pub schedule: Option<Schedule>,
    /// What becomes of a run that was missed while the daemon was down.
    pub missed: Missed,
    /// How a digest looks.
    pub digest: DigestForm,
}

/// One section of a digest and its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading; empty for none.
    pub title: String,
    /// Its sources.
    pub sources: Vec<SourceId>,
}

/// What becomes of a scheduled run that was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nothing is sent; the next run takes its entries.
    Skip,
    /// One digest is sent for all missed runs together.
    Once,
    /// One digest is sent if the last missed run is less than this late.
    Within(Duration),
}

/// How a digest looks.
#[derive(Clone, Debug, PartialEq)]
pub struct DigestForm {
    /// The title, as a template over `topic`, `date` and `count`.
    pub title: String,
    /// What one entry says under its linked title, as a template over `title`, `summary`, `source`,
    /// `date` and `link`; may be empty.
    pub item: String,
    /// At most so many entries; the others wait for the next digest.
    pub max_entries: usize,
    /// At most so many characters; entries that do not fit wait for the next digest.
    pub max_chars: usize,
    /// What happens when there is nothing new.
    pub when_empty: WhenEmpty,
}

/// What a digest does when there is nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenEmpty {
    /// Nothing is sent.
    Silent,
    /// A line says so.
    Say,
}

/// What is remembered of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicState {
    /// The topic.
    pub id: TopicId,
    /// The latest scheduled time that was dealt with (pushed, found empty, or skipped).
    pub last_slot: At,
    /// Entries seen up to here were considered by the last digest.
    pub considered: At,
}

impl Stored for TopicState {
    const KIND: Kind = Kind::Topic;

    fn key(&self) -> Key {
        Segments::new().text(&self.id.0).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Topic(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Topic(it) = record { Some(it) } else { None }
    }
}
