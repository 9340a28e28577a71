//! Posts: everything that goes out to subscribers, and the steps from draft to published.

use super::{
    At, Code, Index, Key, Kind, PersonId, Place, PostId, Record, Revision, SegmentReader, Segments,
    Stored, TopicId,
};
use serde::{Deserialize, Serialize};

/// A post and where it stands. What it says is in its [`super::Edition`]s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its name here.
    pub id: PostId,
    /// What people type to name it.
    pub code: Code,
    /// The topic to whose subscribers it goes.
    pub topic: TopicId,
    /// The title, for lists.
    pub title: String,
    /// The edition that goes out.
    pub revision: Revision,
    /// How urgent it is.
    pub priority: Priority,
    /// Who wrote it.
    pub author: Author,
    /// When it was begun.
    pub created: At,
    /// Where it stands.
    pub state: PostState,
}

/// Who wrote a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Author {
    /// The clock: a digest that was due.
    Clock,
    /// An editor.
    Person(PersonId),
}

/// What goes first when not all can go at once. Lower numbers go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Priority {
    /// An answer to a person who waits for it.
    Answer = 0,
    /// An urgent post.
    Urgent = 1,
    /// Everything else.
    Bulk = 2,
}

/// Where a post stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostState {
    /// Being written.
    Draft,
    /// Waiting for an approver (enabled by a later setting; the place is kept).
    Submitted {
        /// Who submitted it.
        by: PersonId,
        /// When.
        at: At,
    },
    /// Approved, not yet scheduled.
    Approved {
        /// Who approved it.
        by: PersonId,
        /// When.
        at: At,
    },
    /// To be published at a time.
    Scheduled {
        /// When it goes out.
        at: At,
    },
    /// Going out.
    Publishing {
        /// Since when.
        since: At,
    },
    /// All deliveries are planned.
    Published {
        /// When it began to go out.
        since: At,
        /// When the last delivery was planned.
        at: At,
    },
    /// Taken back before, while or after going out.
    Withdrawn {
        /// Who took it back.
        by: PersonId,
        /// When.
        at: At,
        /// When it had begun to go out, if it had.
        since: Option<At>,
    },
    /// Replaced by a later edition that has gone out.
    Corrected {
        /// When.
        at: At,
    },
    /// Stopped while going out; it can go on.
    Paused {
        /// When it began to go out.
        since: At,
        /// When it was stopped.
        at: At,
        /// When the last delivery was planned, if all were.
        planned: Option<At>,
        /// Why.
        why: PauseReason,
    },
}

/// Why a post does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PauseReason {
    /// Somebody stopped it.
    By(PersonId),
    /// It failed too often.
    Failing {
        /// So many chats did not get it …
        dead: u64,
        /// … of so many that were tried.
        of: u64,
        /// What most of them said.
        reason: String,
    },
}

/// A step that the present state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is not possible from {from}")]
pub struct InvalidStep {
    /// The step.
    pub what: &'static str,
    /// The state, by name.
    pub from: &'static str,
}

impl PostState {
    /// The state's name, for errors and lists.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::Scheduled { .. } => "scheduled",
            Self::Publishing { .. } => "publishing",
            Self::Published { .. } => "published",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Corrected { .. } => "corrected",
            Self::Paused { .. } => "paused",
        }
    }

    /// Whether it was thrown away before it had begun to go out: then it can be taken up again.
    #[must_use]
    pub const fn is_discarded(&self) -> bool {
        matches!(self, Self::Withdrawn { since: None, .. })
    }

    /// Whether its text may still be changed: it has not begun to go out, thrown away or not.
    #[must_use]
    pub const fn may_change(&self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled { .. }) || self.is_discarded()
    }

    /// To be published at `at`.
    ///
    /// # Errors
    /// When it is already going out, or over.
    pub fn schedule(self, at: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Draft
            | Self::Approved { .. }
            | Self::Scheduled { .. }
            | Self::Withdrawn { since: None, .. } => Ok(Self::Scheduled { at }),
            other => Err(InvalidStep { what: "scheduling", from: other.name() }),
        }
    }

    /// Begins to go out.
    ///
    /// # Errors
    /// When it is already going out, or over.
    pub fn publish(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Draft | Self::Approved { .. } | Self::Scheduled { .. } => {
                Ok(Self::Publishing { since: now })
            }
            other => Err(InvalidStep { what: "publishing", from: other.name() }),
        }
    }

    /// All its deliveries are planned.
    ///
    /// # Errors
    /// When it is not going out.
    pub fn complete(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Publishing { since } => Ok(Self::Published { since, at: now }),
            other => Err(InvalidStep { what: "completing", from: other.name() }),
        }
    }

    /// Stops for a while.
    ///
    /// # Errors
    /// When it is not going out.
    pub fn pause(self, why: PauseReason, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Publishing { since } => Ok(Self::Paused { since, at: now, planned: None, why }),
            Self::Published { since, at } => {
                Ok(Self::Paused { since, at: now, planned: Some(at), why })
            }
            other => Err(InvalidStep { what: "pausing", from: other.name() }),
        }
    }

    /// Goes on.
    ///
    /// # Errors
    /// When it was not paused.
    pub fn resume(self) -> Result<Self, InvalidStep> {
        match self {
            Self::Paused { since, planned: None, .. } => Ok(Self::Publishing { since }),
            Self::Paused { since, planned: Some(at), .. } => Ok(Self::Published { since, at }),
            other => Err(InvalidStep { what: "going on", from: other.name() }),
        }
    }

    /// When it began to go out, if it has.
    #[must_use]
    pub const fn since(&self) -> Option<At> {
        match self {
            Self::Publishing { since }
            | Self::Published { since, .. }
            | Self::Paused { since, .. } => Some(*since),
            Self::Withdrawn { since, .. } => *since,
            _ => None,
        }
    }

    /// When it was over, if it is.
    #[must_use]
    pub const fn over(&self) -> Option<At> {
        match self {
            Self::Published { at, .. } | Self::Withdrawn { at, .. } | Self::Corrected { at } => {
                Some(*at)
            }
            _ => None,
        }
    }

    /// Is taken back. What has been delivered stays delivered.
    ///
    /// # Errors
    /// When it was taken back or replaced already.
    pub fn withdraw(self, by: PersonId, now: At) -> Result<Self, InvalidStep> {
        let since = match self {
            Self::Draft
            | Self::Submitted { .. }
            | Self::Approved { .. }
            | Self::Scheduled { .. } => None,
            Self::Publishing { since }
            | Self::Published { since, .. }
            | Self::Paused { since, .. } => Some(since),
            other => return Err(InvalidStep { what: "withdrawing", from: other.name() }),
        };
        Ok(Self::Withdrawn { by, at: now, since })
    }
}

impl Post {
    /// The place under which the post of this code is found.
    #[must_use]
    pub fn by_code(code: &Code) -> Place {
        Segments::new().text(code.as_str()).place(Index::PostsByCode)
    }

    /// The prefix of the places of all posts of `topic` that went out, by time.
    #[must_use]
    pub fn of_topic(topic: &TopicId) -> Vec<u8> {
        Segments::new().text(&topic.0).done()
    }

    /// The time by which an open post stands in a place of [`Index::OpenPosts`].
    #[must_use]
    pub fn open_at(place: &[u8]) -> Option<At> {
        let mut place = SegmentReader::new(place);
        place.byte()?;
        place.at()
    }

    /// The prefix of the places of open posts in one state.
    #[must_use]
    pub fn open(state: OpenState) -> Vec<u8> {
        vec![state as u8]
    }
}

/// The states in which a post is found by [`Index::OpenPosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OpenState {
    /// Being written, waiting or approved.
    Draft = 1,
    /// To be published at a time.
    Scheduled = 2,
    /// Going out.
    Publishing = 3,
    /// Stopped while going out.
    Paused = 4,
}

impl Stored for Post {
    const KIND: Kind = Kind::Post;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let open = |state: OpenState, at: At| {
            Segments::new().byte(state as u8).at(at).id(self.id.0).place(Index::OpenPosts)
        };
        let out = |since: At| {
            Segments::new().text(&self.topic.0).at(since).id(self.id.0).place(Index::PostsByTopic)
        };
        let mut places = vec![Self::by_code(&self.code)];
        match &self.state {
            PostState::Draft | PostState::Submitted { .. } | PostState::Approved { .. } => {
                places.push(open(OpenState::Draft, self.created));
            }
            PostState::Scheduled { at } => places.push(open(OpenState::Scheduled, *at)),
            PostState::Publishing { since } => {
                places.push(open(OpenState::Publishing, *since));
                places.push(out(*since));
            }
            PostState::Paused { since, .. } => {
                places.push(open(OpenState::Paused, *since));
                places.push(out(*since));
            }
            PostState::Published { since, .. } => places.push(out(*since)),
            PostState::Withdrawn { .. } | PostState::Corrected { .. } => {}
        }
        if let Some(at) = self.state.over() {
            let over = Segments::new().byte(Self::KIND as u8).at(at).id(self.id.0);
            places.push(over.place(Index::Over));
        }
        places
    }

    fn into_record(self) -> Record {
        Record::Post(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Post(it) = record { Some(it) } else { None }
    }
}
