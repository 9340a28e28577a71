//! Work on the deliveries of one edition, done page by page.

use super::{
    AccountId, At, Index, Key, Kind, Place, PostId, Priority, Record, Revision, Ruling, Segments,
    Stored, TopicId,
};
use serde::{Deserialize, Serialize};

/// How far some work on an edition's deliveries has come: planning them, first of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOut {
    /// The post.
    pub post: PostId,
    /// The edition.
    pub revision: Revision,
    /// The topic whose subscribers get it.
    pub topic: TopicId,
    /// What goes first.
    pub priority: Priority,
    /// What lies up to this place of the index that is worked through is done. Of what is tried again: a place
    /// before all, behind it when that began.
    pub cursor: Option<Vec<u8>>,
    /// How many deliveries were planned, or are due again.
    pub planned: u64,
    /// What is done.
    #[serde(default)]
    pub work: Work,
    /// Whether it goes on.
    #[serde(default)]
    pub going: Going,
}

/// What is done to an edition's deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// It is to be divided by account before anything is planned.
    #[default]
    Divide,
    /// The subscribers of this account get their delivery.
    Plan(AccountId),
    /// What rested with the post is due again.
    Unpark,
    /// What was given up is due again.
    Retry,
    /// What is held is dealt with as a person said.
    Rule(Ruling),
    /// Whoever has brought it to a chat, or is asked to, is told that it was taken back.
    CallOff,
}

/// Whether some work goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Going {
    /// It does.
    #[default]
    On,
    /// It rests with its post: no index leads to it.
    Halted,
}

impl FanOut {
    /// Planning from the first subscriber on.
    #[must_use]
    pub const fn begin(
        post: PostId,
        revision: Revision,
        topic: TopicId,
        priority: Priority,
    ) -> Self {
        let (cursor, work) = (None, Work::Divide);
        Self { post, revision, topic, priority, cursor, planned: 0, work, going: Going::On }
    }

    /// The same for other work, from its beginning on.
    #[must_use]
    pub fn with(&self, work: Work) -> Self {
        Self { work, cursor: None, planned: 0, going: Going::On, ..self.clone() }
    }

    /// The prefix of the keys of all work on the deliveries of `post`.
    #[must_use]
    pub fn of_post(post: PostId) -> Vec<u8> {
        Segments::new().id(post.0).done()
    }

    /// The prefix of the places of all work of this priority.
    #[must_use]
    pub fn of_priority(priority: Priority) -> Vec<u8> {
        Segments::new().byte(priority as u8).done()
    }

    /// The account that a key names, where it is the planning of one.
    #[must_use]
    pub fn account_of(key: &Key) -> Option<AccountId> {
        let mut id = super::SegmentReader::new(&key.id);
        let (_, _) = (id.id()?, id.short()?);
        if id.byte()? == 1 { Some(AccountId(id.text()?.to_owned())) } else { None }
    }

    fn name(&self, front: Segments) -> Segments {
        let name = front.id(self.post.0).short(self.revision.0);
        match &self.work {
            Work::Divide => name,
            Work::Plan(account) => name.byte(1).account(account),
            Work::Unpark => name.byte(2),
            Work::Retry => name.byte(3),
            Work::Rule(ruling) => name.byte(4).byte(*ruling as u8),
            Work::CallOff => name.byte(5),
        }
    }
}

impl Stored for FanOut {
    const KIND: Kind = Kind::FanOut;

    fn key(&self) -> Key {
        self.name(Segments::new()).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        match self.going {
            // It is done by whoever looks after what is in people's hands, and at once.
            Going::On if self.work == Work::CallOff => {
                let at = self.name(Segments::new().at(At::from_millis(0)));
                vec![at.place(Index::Hands)]
            }
            Going::On => {
                let at = self.name(Segments::new().byte(self.priority as u8));
                vec![at.place(Index::FanOuts)]
            }
            Going::Halted => Vec::new(),
        }
    }

    fn into_record(self) -> Record {
        Record::FanOut(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::FanOut(it) = record { Some(it) } else { None }
    }
}
