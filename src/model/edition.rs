//! Editions: what a post says, revision by revision.

use super::{At, Document, Enclosed, Key, Kind, Place, PostId, Record, Segments, Stored};
use serde::{Deserialize, Serialize};

/// Counts the editions of a post, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u16);

impl Revision {
    /// The first edition.
    pub const FIRST: Self = Self(1);

    /// The edition after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What a post says in one revision. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The post.
    pub post: PostId,
    /// The revision.
    pub revision: Revision,
    /// What it says.
    pub content: Content,
    /// When it was written.
    pub at: At,
    /// The pictures and files that it carries, in order; at most [`Enclosed::MOST`]. Kept beside the edition
    /// ([`Record::Enclosing`]), so that those without any are on disk what they always were.
    #[serde(skip)]
    pub enclosed: Vec<Enclosed>,
}

impl Edition {
    /// Where it is found when it carries this.
    pub(super) fn places_with(&self, enclosed: &[Enclosed]) -> Vec<Place> {
        let mut places: Vec<_> =
            enclosed.iter().map(|it| it.place_of(self.post, self.revision)).collect();
        places.sort();
        places.dedup();
        places
    }

    /// The key of one edition.
    #[must_use]
    pub fn key_of(post: PostId, revision: Revision) -> Key {
        Segments::new().id(post.0).short(revision.0).key(Kind::Edition)
    }
}

impl Stored for Edition {
    const KIND: Kind = Kind::Edition;

    fn key(&self) -> Key {
        Self::key_of(self.post, self.revision)
    }

    fn places(&self) -> Vec<Place> {
        self.places_with(&self.enclosed)
    }

    fn into_record(mut self) -> Record {
        let enclosed = std::mem::take(&mut self.enclosed);
        if enclosed.is_empty() { Record::Edition(self) } else { Record::Enclosing(self, enclosed) }
    }

    fn from_record(record: Record) -> Option<Self> {
        match record {
            Record::Edition(it) => Some(it),
            Record::Enclosing(it, enclosed) => Some(Self { enclosed, ..it }),
            _ => None,
        }
    }
}

/// What a post says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Free text under a title.
    Article {
        /// The title.
        title: String,
        /// The text.
        body: Document,
    },
    /// A policy, explained.
    Explainer(Explainer),
    /// News, gathered.
    Digest(Digest),
}

impl Content {
    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Article { title, .. } => title,
            Self::Explainer(it) => &it.title,
            Self::Digest(it) => &it.title,
        }
    }
}

/// A policy explainer: what a reader must know to act. Empty fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explainer {
    /// The title.
    pub title: String,
    /// What is new 新变化.
    pub news: Document,
    /// For whom 适用对象.
    pub audience: String,
    /// What to do 怎么办理.
    pub steps: Document,
    /// By when 截止时间.
    pub deadline: String,
    /// Where to ask 咨询渠道.
    pub contact: String,
    /// The source document 政策原文: its name.
    pub source: String,
    /// Its number 文号.
    pub number: String,
    /// Where it can be read.
    pub link: String,
}

/// A digest: entries, picked, grouped and worded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The title.
    pub title: String,
    /// The sections, none of them empty; no section at all when there is nothing new.
    pub sections: Vec<DigestSection>,
    /// How many entries did not fit and wait for the next digest.
    pub waiting: u32,
}

/// One section of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSection {
    /// Its heading; empty for none.
    pub title: String,
    /// Its items, in order.
    pub items: Vec<DigestItem>,
}

/// One entry, as the digest tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestItem {
    /// The title.
    pub title: String,
    /// Where it can be read; empty when nowhere.
    pub link: String,
    /// The line under it; may be empty.
    pub line: String,
}
