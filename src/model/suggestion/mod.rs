//! Suggestions: from a draft that its author has not confirmed to an answer.
//!
//! Every step writes exactly one [`StepEvent`]; replaying the events gives the same phase.

mod clocks;
mod event;
mod phase;
mod sorting;

pub use clocks::{Clocks, Reminder};
pub use event::{ConsentText, Shred, StepEvent};
pub use phase::{DeclineCode, Phase, PhaseName};
pub use sorting::{Facet, Label, LabelId, MatterKind, Pick, Sorting};

use super::{
    AccountId, At, Code, Index, Key, Kind, Lang, MemberKey, Place, PostId, Record, Sealed,
    Segments, Slot, Stored, SubscriberId, SuggestionId,
};
use serde::{Deserialize, Serialize};

/// One submitter's matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Its name here.
    pub id: SuggestionId,
    /// The receipt number, which its submitter and staff call it by.
    pub number: Code,
    /// What reviewers call its submitter; another one for each suggestion.
    pub pseudonym: Code,
    /// The post that it answers, if any.
    pub post: Option<PostId>,
    /// The submitter, as a keyed hash; `None` once erased, or when they came without an account.
    pub member: Option<MemberKey>,
    /// Where answers go.
    pub back: Return,
    /// The language in which the submitter is spoken to.
    pub lang: Lang,
    /// What was written: the text, then what was added to it, each under its own key.
    pub texts: Vec<Sealed>,
    /// The consent that was given; `None` while it is a draft.
    pub consent: Option<Consent>,
    /// The receipt's secret code, hashed (Argon2id, PHC string); `None` while it is a draft.
    pub secret: Option<String>,
    /// A keyed hash of the chat message that it came from, so that an edit of it is taken.
    pub message: Option<[u8; 16]>,
    /// When it was begun.
    pub created: At,
    /// Where it stands.
    pub phase: Phase,
    /// How many rounds of questions there were.
    pub questions: u8,
    /// The answer, once there is one: words of the office, addressed to the submitter.
    pub answer: Option<Sealed>,
    /// How many events there are, and the hash of the last.
    pub chain: Chain,
    /// Wrong tries of the secret code, and when the next one is taken.
    pub tries: Tries,
    /// What triage owes it and by when; `None` while it is a draft.
    pub clocks: Option<Clocks>,
    /// What triage made of it: proposed while a reviewer has it, decided once it is taken up.
    pub sorting: Option<Sorting>,
}

/// Where answers go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Return {
    /// To the chat of this sealed [`super::Address`], through this account.
    Chat(AccountId, Sealed),
    /// To the receipt page, where the submitter looks.
    Page,
    /// Nowhere any more: erased.
    Erased,
    /// To the receipt page, for somebody who came by the code of this chat.
    PageOf(SubscriberId),
}

impl Return {
    /// The chat by whose code somebody came to our own pages.
    #[must_use]
    pub const fn came_by(&self) -> Option<SubscriberId> {
        match self {
            Self::PageOf(chat) => Some(*chat),
            Self::Chat(..) | Self::Page | Self::Erased => None,
        }
    }
}

/// The consent that a submitter gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// SHA-256 of the text that was shown.
    pub text: [u8; 32],
    /// When.
    pub at: At,
}

/// Wrong tries of a receipt's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// In a row.
    pub wrong: u32,
    /// None is taken before this.
    pub next: At,
}

/// The end of a chain of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// How many there are.
    pub length: u32,
    /// SHA-256 over the last one and all before it.
    pub head: [u8; 32],
}

impl Suggestion {
    /// The place under which the suggestion of this receipt number is found.
    #[must_use]
    pub fn by_number(number: &Code) -> Place {
        Segments::new().text(number.as_str()).place(Index::SuggestionsByNumber)
    }

    /// The prefix of the places of all suggestions of a member.
    #[must_use]
    pub fn of_member(member: MemberKey) -> Vec<u8> {
        member.0.to_vec()
    }

    /// The prefix of the places of all suggestions in one phase, oldest first.
    #[must_use]
    pub fn in_phase(phase: PhaseName) -> Vec<u8> {
        vec![phase as u8]
    }

    /// The place under which the draft or suggestion that came from this message is found.
    #[must_use]
    pub fn by_message(hash: &[u8; 16]) -> Place {
        Segments::new().bytes(hash).place(Index::DraftByMessage)
    }

    /// What was decided about it; `None` while a reviewer is still choosing.
    #[must_use]
    pub const fn decided(&self) -> Option<&Sorting> {
        match self.phase {
            Phase::Accepted { .. }
            | Phase::DeclineProposed { .. }
            | Phase::Answered { .. }
            | Phase::Declined { .. } => self.sorting.as_ref(),
            _ => None,
        }
    }

    /// When the clock looks at it next: to move it on, or to remind somebody of it.
    #[must_use]
    pub fn due(&self) -> Option<At> {
        let reminder = self.next_reminder();
        self.phase.deadline().into_iter().chain(reminder).min()
    }

    /// Every key that has to be destroyed to erase it.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<_> = self.texts.iter().map(|t| t.slot).collect();
        slots.extend(self.answer.iter().map(|t| t.slot));
        if let Return::Chat(_, address) = &self.back {
            slots.push(address.slot);
        }
        match &self.phase {
            Phase::NeedInfo { question, .. } => slots.push(question.slot),
            Phase::DeclineProposed { reason, .. } => slots.push(reason.slot),
            _ => {}
        }
        slots
    }
}

impl Stored for Suggestion {
    const KIND: Kind = Kind::Suggestion;

    fn key(&self) -> Key {
        Segments::new().id(self.id.0).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let phase = Segments::new().byte(self.phase.name() as u8).at(self.created).id(self.id.0);
        let mut places =
            vec![Self::by_number(&self.number), phase.place(Index::SuggestionsByPhase)];
        if let Some(member) = self.member {
            let of = Segments::new().bytes(&member.0).id(self.id.0);
            places.push(of.place(Index::SuggestionsByMember));
        }
        if let Some(hash) = &self.message {
            places.push(Self::by_message(hash));
        }
        if let Some(at) = self.due() {
            places.push(Segments::new().at(at).id(self.id.0).place(Index::Promises));
        }
        places
    }

    fn into_record(self) -> Record {
        Record::Suggestion(Box::new(self))
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Suggestion(it) = record { Some(*it) } else { None }
    }
}
