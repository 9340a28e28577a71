//! Suggestions: from a draft that its author has not confirmed to an answer.
//!
//! The steps carry the numbers (T1 …) of the table of states in the documentation. Every step writes
//! exactly one [`StepEvent`]; replaying the events gives the same phase.

use super::{
    AccountId, At, Code, Index, InvalidStep, Key, Kind, Lang, MemberKey, PersonId, Place, PostId,
    Record, Sealed, Segments, Slot, Stored, SuggestionId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

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

/// Where a suggestion stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Written, not confirmed. Dies at `until`.
    Draft {
        /// Until when it can be confirmed.
        until: At,
    },
    /// Confirmed; waits for a reviewer.
    Received {
        /// Since when.
        at: At,
        /// When the first human response is promised.
        respond_by: At,
    },
    /// A reviewer has it.
    Claimed {
        /// Who.
        by: PersonId,
        /// Until when, unless something is done with it.
        until: At,
        /// When the first human response is promised.
        respond_by: At,
    },
    /// The submitter was asked for more.
    NeedInfo {
        /// By whom.
        by: PersonId,
        /// The question.
        question: Sealed,
        /// After this, it is decided with what there is.
        until: At,
        /// How much of the promise was left when the clock paused.
        left: Duration,
    },
    /// Taken up; an answer is promised.
    Accepted {
        /// By whom.
        by: PersonId,
        /// When the answer is promised.
        answer_by: At,
    },
    /// A reviewer would decline it; a lead has to confirm.
    DeclineProposed {
        /// By whom.
        by: PersonId,
        /// The reason code.
        code: DeclineCode,
        /// The reason, in a sentence for the submitter.
        reason: Sealed,
        /// When the answer is promised.
        answer_by: At,
    },
    /// Answered.
    Answered {
        /// When.
        at: At,
    },
    /// Declined, with a reason.
    Declined {
        /// When.
        at: At,
        /// The reason code.
        code: DeclineCode,
    },
    /// Taken back by its submitter; its text goes at `erase_at`.
    Withdrawn {
        /// When.
        at: At,
        /// When the text is destroyed.
        erase_at: At,
    },
    /// Identity and text are destroyed.
    Erased {
        /// When.
        at: At,
    },
}

/// Why a suggestion is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineCode {
    /// Outside what the office may decide.
    OutsideRemit,
    /// Already the rule or under way.
    AlreadyDone,
    /// Not possible with the law or the means as they are.
    NotFeasible,
    /// Not enough to go on, also after asking.
    TooVague,
    /// Another reason, told in the sentence.
    Other,
}

/// The name of a phase: what lists, indexes and events know of it. The numbers are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[expect(missing_docs, reason = "named as the variants of Phase")]
pub enum PhaseName {
    Draft = 1,
    Received = 2,
    Claimed = 3,
    NeedInfo = 4,
    Accepted = 5,
    DeclineProposed = 6,
    Answered = 7,
    Declined = 8,
    Withdrawn = 9,
    Erased = 10,
}

impl PhaseName {
    /// Every phase.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Received,
        Self::Claimed,
        Self::NeedInfo,
        Self::Accepted,
        Self::DeclineProposed,
        Self::Answered,
        Self::Declined,
        Self::Withdrawn,
        Self::Erased,
    ];

    /// The name, for errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Received => "received",
            Self::Claimed => "claimed",
            Self::NeedInfo => "need-info",
            Self::Accepted => "accepted",
            Self::DeclineProposed => "decline-proposed",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }
}

impl Phase {
    /// The phase's name.
    #[must_use]
    pub const fn name(&self) -> PhaseName {
        match self {
            Self::Draft { .. } => PhaseName::Draft,
            Self::Received { .. } => PhaseName::Received,
            Self::Claimed { .. } => PhaseName::Claimed,
            Self::NeedInfo { .. } => PhaseName::NeedInfo,
            Self::Accepted { .. } => PhaseName::Accepted,
            Self::DeclineProposed { .. } => PhaseName::DeclineProposed,
            Self::Answered { .. } => PhaseName::Answered,
            Self::Declined { .. } => PhaseName::Declined,
            Self::Withdrawn { .. } => PhaseName::Withdrawn,
            Self::Erased { .. } => PhaseName::Erased,
        }
    }

    /// When the clock alone moves it on, if it does.
    #[must_use]
    pub const fn deadline(&self) -> Option<At> {
        match self {
            Self::Draft { until } | Self::Claimed { until, .. } | Self::NeedInfo { until, .. } => {
                Some(*until)
            }
            Self::Withdrawn { erase_at, .. } => Some(*erase_at),
            _ => None,
        }
    }

    const fn invalid(&self, what: &'static str) -> InvalidStep {
        InvalidStep { what, from: self.name().name() }
    }

    /// T2: the author confirms.
    ///
    /// # Errors
    /// When it is no draft: nothing is ever received twice.
    pub fn confirm(self, now: At, respond_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Draft { .. } => Ok(Self::Received { at: now, respond_by }),
            other => Err(other.invalid("confirming")),
        }
    }

    /// T7: a reviewer takes it.
    ///
    /// # Errors
    /// When it does not wait for one.
    pub fn claim(self, by: PersonId, until: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Received { respond_by, .. } => Ok(Self::Claimed { by, until, respond_by }),
            other => Err(other.invalid("claiming")),
        }
    }

    /// T8: it goes back to all reviewers; the clock goes on.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn release(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { respond_by, .. } => Ok(Self::Received { at: now, respond_by }),
            other => Err(other.invalid("releasing")),
        }
    }

    /// T9: the submitter is asked; the clock pauses.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn ask(self, question: Sealed, now: At, until: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { by, respond_by, .. } => {
                Ok(Self::NeedInfo { by, question, until, left: respond_by.since(now) })
            }
            other => Err(other.invalid("asking")),
        }
    }

    /// T10: the submitter answered, or did not in time; the clock goes on.
    ///
    /// # Errors
    /// When nothing was asked.
    pub fn resume(self, now: At, until: At) -> Result<Self, InvalidStep> {
        match self {
            Self::NeedInfo { by, left, .. } => {
                Ok(Self::Claimed { by, until, respond_by: now.plus(left) })
            }
            other => Err(other.invalid("resuming")),
        }
    }

    /// T14: it is taken up; an answer is promised.
    ///
    /// # Errors
    /// When nobody has it.
    pub fn accept(self, answer_by: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Claimed { by, .. } => Ok(Self::Accepted { by, answer_by }),
            other => Err(other.invalid("accepting")),
        }
    }

    /// T17: it is answered.
    ///
    /// # Errors
    /// When it was not taken up.
    pub fn answer(self, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { .. } => Ok(Self::Answered { at: now }),
            other => Err(other.invalid("answering")),
        }
    }

    /// T19, first half: a reviewer would decline it.
    ///
    /// # Errors
    /// When it was not taken up.
    pub fn propose_decline(
        self,
        by: PersonId,
        code: DeclineCode,
        reason: Sealed,
    ) -> Result<Self, InvalidStep> {
        match self {
            Self::Accepted { answer_by, .. } => {
                Ok(Self::DeclineProposed { by, code, reason, answer_by })
            }
            other => Err(other.invalid("declining")),
        }
    }

    /// T19, second half: a lead, who is another person, confirms.
    ///
    /// # Errors
    /// When nothing was proposed, or by the same person.
    pub fn confirm_decline(self, lead: PersonId, now: At) -> Result<Self, InvalidStep> {
        match self {
            Self::DeclineProposed { by, code, .. } if by != lead => {
                Ok(Self::Declined { at: now, code })
            }
            other => Err(other.invalid("confirming the decline")),
        }
    }

    /// T19, undone: the lead sends it back to be answered.
    ///
    /// # Errors
    /// When nothing was proposed.
    pub fn return_decline(self) -> Result<Self, InvalidStep> {
        match self {
            Self::DeclineProposed { by, answer_by, .. } => Ok(Self::Accepted { by, answer_by }),
            other => Err(other.invalid("returning the decline")),
        }
    }

    /// T24: its submitter takes it back.
    ///
    /// # Errors
    /// When it is a draft, or over.
    pub fn withdraw(self, now: At, erase_at: At) -> Result<Self, InvalidStep> {
        match self {
            Self::Received { .. }
            | Self::Claimed { .. }
            | Self::NeedInfo { .. }
            | Self::Accepted { .. }
            | Self::DeclineProposed { .. } => Ok(Self::Withdrawn { at: now, erase_at }),
            other => Err(other.invalid("withdrawing")),
        }
    }
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
        if let Some(at) = self.phase.deadline() {
            places.push(Segments::new().at(at).id(self.id.0).place(Index::Promises));
        }
        places
    }

    fn into_record(self) -> Record {
        Record::Suggestion(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Suggestion(it) = record { Some(it) } else { None }
    }
}

/// One step of a suggestion: append-only, chained by hash, and without any person in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvent {
    /// The suggestion.
    pub suggestion: SuggestionId,
    /// Its number within the suggestion, from 0.
    pub number: u32,
    /// When.
    pub at: At,
    /// From which phase; `None` for the first.
    pub from: Option<PhaseName>,
    /// To which phase.
    pub to: PhaseName,
    /// SHA-256 over the event before and this one.
    pub hash: [u8; 32],
}

impl StepEvent {
    /// The prefix of the keys of all events of a suggestion.
    #[must_use]
    pub fn of(suggestion: SuggestionId) -> Vec<u8> {
        suggestion.0.as_bytes().to_vec()
    }

    /// The bytes over which the hash goes, after the hash of the event before.
    #[must_use]
    pub fn hashed(&self) -> Vec<u8> {
        let from = self.from.map_or(0, |p| p as u8);
        Segments::new()
            .id(self.suggestion.0)
            .bytes(&self.number.to_be_bytes())
            .at(self.at)
            .byte(from)
            .byte(self.to as u8)
            .done()
    }
}

impl Stored for StepEvent {
    const KIND: Kind = Kind::Event;

    fn key(&self) -> Key {
        let id = Segments::new().id(self.suggestion.0);
        id.bytes(&self.number.to_be_bytes()).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Event(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Event(it) = record { Some(it) } else { None }
    }
}

/// A key that has to be destroyed. Committed with the decision; carried out by the sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shred {
    /// The key.
    pub slot: Slot,
}

impl Stored for Shred {
    const KIND: Kind = Kind::Shred;

    fn key(&self) -> Key {
        let drawer = match self.slot.drawer {
            super::Drawer::Text => 1,
            super::Drawer::Address => 2,
        };
        Segments::new().byte(drawer).bytes(&self.slot.index.to_be_bytes()).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Shred(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Shred(it) = record { Some(it) } else { None }
    }
}

/// A consent text that was shown, kept under its hash as long as anybody consented to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentText {
    /// SHA-256 of the text.
    pub hash: [u8; 32],
    /// The text, as it was shown.
    pub text: String,
}

impl Stored for ConsentText {
    const KIND: Kind = Kind::Consent;

    fn key(&self) -> Key {
        Segments::new().bytes(&self.hash).key(Self::KIND)
    }

    fn into_record(self) -> Record {
        Record::Consent(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Consent(it) = record { Some(it) } else { None }
    }
}
