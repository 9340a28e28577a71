//! Notices: everything said to one chat – answers to commands, receipts, questions, alarms.

use super::{
    AccountId, Address, At, Document, Index, Key, Kind, Lang, NoticeId, Place, PostId, Record,
    Revision, Sealed, Segments, Slot, Stored, SuggestionId,
};
use serde::{Deserialize, Serialize};

/// Something said to one chat. It is owed as a delivery of the same ID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its name here.
    pub id: NoticeId,
    /// To whom.
    pub to: NoticeTo,
    /// In which way.
    pub act: Act,
    /// What is said.
    pub body: NoticeBody,
    /// What can be pressed below it, row by row.
    pub buttons: Vec<Vec<Button>>,
    /// What an answer to it means.
    pub prompt: Option<Prompt>,
    /// The suggestion that it is about: that of its submitter where the address is sealed, and elsewhere one that
    /// staff are shown, or that was begun in a group. Its words go when that is erased.
    pub about: Option<SuggestionId>,
    /// When it was said.
    pub at: At,
}

/// To whom a notice goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeTo {
    /// A chat that we may know.
    Open(Address),
    /// The return address of a submitter: opened by the sender alone, for this notice.
    Sealed {
        /// The account through which it goes.
        account: AccountId,
        /// The sealed [`Address`].
        address: Sealed,
    },
}

/// In which way a notice is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// As a new message, under the message of this name where one is given.
    Say {
        /// The message that it answers.
        reply_to: Option<String>,
    },
    /// In place of an earlier message of ours.
    Amend {
        /// The message.
        message: String,
    },
    /// To the one who pressed a button, and to nobody else.
    AnswerPress {
        /// The platform's name for the press.
        press: String,
    },
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeBody {
    /// Words that may be kept.
    Open(Document),
    /// A sealed [`Document`] (as JSON): receipts with their code, and what people wrote.
    Sealed(Sealed),
    /// What an edition says, with all that it carries, as its readers get it in this language.
    Edition(PostId, Revision, Lang),
}

impl NoticeBody {
    /// Where the key lies under which it is sealed, if it is.
    #[must_use]
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Sealed(words) => Some(words.slot),
            Self::Open(_) | Self::Edition(..) => None,
        }
    }
}

/// Something that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What it does.
    pub does: ButtonDoes,
}

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ButtonDoes {
    /// Comes back to us with these letters, at most [`Button::DATA_MAX`] bytes.
    Press(String),
    /// Opens a page.
    Open(String),
    /// Opens the person's own chat with us, where this payload (letters, digits, `_`, `-`) arrives as a start.
    OpenDirect(String),
}

impl Button {
    /// How many bytes a press may carry back (Telegram's `callback_data`, the narrowest).
    pub const DATA_MAX: usize = 64;
}

/// What an answer to a notice means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// The answer to a suggestion, written by a reviewer.
    Answer(SuggestionId),
    /// The question to a submitter, written by a reviewer.
    Question(SuggestionId),
    /// The reason for declining, written by a reviewer.
    Decline(SuggestionId),
    /// What the submitter was asked for.
    Supplement(SuggestionId),
    /// The new text of a post that is being written.
    Rewrite(PostId),
}

impl Notice {
    /// How long it is remembered: so long can it be answered, and its delivery be explained.
    pub const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(30 * 24);

    /// How long one to an address that was sealed for it alone: that address goes with it, and whoever
    /// has all of theirs erased is promised that it is done within three days.
    pub const REMEMBERED_ALONE: std::time::Duration = std::time::Duration::from_hours(48);
}

impl Stored for Notice {
    const KIND: Kind = Kind::Notice;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let index = match self.to {
            NoticeTo::Sealed { .. } => Index::NoticesOf,
            NoticeTo::Open(_) => Index::NoticesShowing,
        };
        let of = |s: SuggestionId| Segments::new().id(s.0).id(self.id.0).place(index);
        let mut places: Vec<_> = self.about.map(of).into_iter().collect();
        let alone = matches!((&self.to, self.about), (NoticeTo::Sealed { .. }, None));
        let kept = if alone { Self::REMEMBERED_ALONE } else { Self::REMEMBERED };
        let over = self.at.plus(kept);
        let expiring = Segments::new().at(over).byte(Self::KIND as u8).id(self.id.0);
        places.push(expiring.place(Index::Expiring));
        places
    }

    fn into_record(self) -> Record {
        Record::Notice(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Notice(it) = record { Some(it) } else { None }
    }
}
