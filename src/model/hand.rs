//! A delivery in people's hands: we have done our part, and one of the staff brings it to the chat.
//!
//! It is owed until somebody says that it is there, that it will not be, or its time is over. Whoever says so twice,
//! or later than another, changes nothing.

use super::{At, Attempt, Delivery, DeliveryId, DeliveryState, Index, Outcome, PersonId, Place};
use super::{InvalidStep, Segments};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Since when a delivery is in people's hands, how far that has come, and what is next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Since when.
    pub since: At,
    /// Who was asked last.
    pub asked: Asked,
    /// When the clock looks at it next.
    pub next: At,
}

/// Who was asked last to bring something to a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Nobody yet.
    Nobody,
    /// Whoever keeps the chat.
    Keeper(PersonId),
    /// The same, once more.
    Again(PersonId),
    /// Their deputy.
    Deputy(PersonId),
    /// All who push: neither of the two did it, or there is none.
    Staff,
}

impl Asked {
    /// The one person, where it is one.
    #[must_use]
    pub const fn person(self) -> Option<PersonId> {
        match self {
            Self::Keeper(person) | Self::Again(person) | Self::Deputy(person) => Some(person),
            Self::Nobody | Self::Staff => None,
        }
    }
}

impl Delivery {
    /// How long it can be said that something done by a slip was not done.
    pub const UNDO: Duration = Duration::from_mins(10);

    /// How long something waits for a person: old news is not brought to a chat any more.
    pub const IN_HANDS: Duration = Duration::from_hours(72);

    /// The prefix of the places of all deliveries of `post` that are, or were, in people's hands.
    #[must_use]
    pub fn handed(post: super::PostId) -> Vec<u8> {
        Segments::new().id(post.0).done()
    }

    /// Our part is done: from here a person brings it to the chat.
    #[must_use]
    pub fn hand_over(mut self, now: At) -> Self {
        self.note(now, Outcome::Handed);
        self.state = DeliveryState::Handed(Hand { since: now, asked: Asked::Nobody, next: now });
        self
    }

    /// Somebody was asked, and is given until `next`.
    #[must_use]
    pub fn ask(mut self, now: At, asked: Asked, next: At) -> Self {
        if let DeliveryState::Handed(hand) = &mut self.state {
            (hand.asked, hand.next) = (asked, next);
            self.note(now, Outcome::Asked(asked));
        }
        self
    }

    /// The clock looks at it again at `next`, and not before.
    #[must_use]
    pub fn look_at(mut self, next: At) -> Self {
        if let DeliveryState::Handed(hand) = &mut self.state {
            hand.next = next;
        }
        self
    }

    /// Somebody has brought it to the chat.
    ///
    /// # Errors
    /// When it is in nobody's hands any more.
    pub fn posted(mut self, now: At, by: PersonId) -> Result<Self, InvalidStep> {
        self.in_hands("posting")?;
        self.note(now, Outcome::Posted(by));
        self.state = DeliveryState::Sent { at: now };
        Ok(self)
    }

    /// Somebody decided that it is not brought to the chat.
    ///
    /// # Errors
    /// When it is in nobody's hands any more.
    pub fn skipped(mut self, now: At, by: PersonId, reason: String) -> Result<Self, InvalidStep> {
        self.in_hands("skipping")?;
        self.note(now, Outcome::Skipped(by));
        self.state = DeliveryState::Dropped { at: now, reason };
        Ok(self)
    }

    /// What was said last was a slip of `by`: it is theirs to bring, until `next`.
    ///
    /// # Errors
    /// When nothing was said, or too long ago.
    pub fn undone(mut self, now: At, by: PersonId, next: At) -> Result<Self, InvalidStep> {
        let error = InvalidStep { what: "undoing", from: self.state.name() };
        if self.undo_until().is_none_or(|until| now >= until) {
            return Err(error);
        }
        let since = self.handed_at().unwrap_or(now);
        self.note(now, Outcome::Undone(by));
        self.state = DeliveryState::Handed(Hand { since, asked: Asked::Again(by), next });
        Ok(self)
    }

    /// It was taken back after it was brought to the chat, and whoever had done so was told.
    #[must_use]
    pub fn called_off(mut self, now: At) -> Self {
        self.note(now, Outcome::CalledOff);
        self
    }

    /// Who said last what became of it, and when, as long as that stands.
    #[must_use]
    pub fn carried(&self) -> Option<(PersonId, At)> {
        let over = matches!(self.state, DeliveryState::Sent { .. } | DeliveryState::Dropped { .. });
        let last = self.attempts.iter().rev().find_map(|a| match a.outcome {
            Outcome::Posted(by) | Outcome::Skipped(by) => Some(Some((by, a.at))),
            Outcome::Undone(_) => Some(None),
            _ => None,
        });
        last.flatten().filter(|_| over)
    }

    /// Until when what was said last can be undone.
    #[must_use]
    pub fn undo_until(&self) -> Option<At> {
        self.carried().map(|(_, at)| at.plus(Self::UNDO))
    }

    /// Since when it is, or last came to be, in people's hands.
    #[must_use]
    pub fn handed_at(&self) -> Option<At> {
        self.attempts.iter().rev().find(|a| a.outcome == Outcome::Handed).map(|a| a.at)
    }

    /// Until when it waits for a person.
    #[must_use]
    pub fn in_hands_until(&self) -> Option<At> {
        self.handed_at().map(|at| at.plus(Self::IN_HANDS))
    }

    fn in_hands(&self, what: &'static str) -> Result<(), InvalidStep> {
        match self.state {
            DeliveryState::Handed(_) => Ok(()),
            _ => Err(InvalidStep { what, from: self.state.name() }),
        }
    }

    /// Where it is found because it is, or was, in people's hands.
    pub(super) fn hand_places(&self) -> Vec<Place> {
        let DeliveryId::Post(post, ..) = self.id else { return Vec::new() };
        let mut places = Vec::new();
        if let DeliveryState::Handed(hand) = &self.state {
            places.push(self.id.onto(Segments::new().at(hand.next)).place(Index::Hands));
        }
        if self.handed_at().is_some() {
            places.push(self.id.onto(Segments::new().id(post.0)).place(Index::Handed));
        }
        places
    }
}

/// Whether an attempt is told as long as its delivery is kept.
pub(super) const fn stays(attempt: &Attempt) -> bool {
    matches!(
        attempt.outcome,
        Outcome::Unknown(_)
            | Outcome::Planned
            | Outcome::Handed
            | Outcome::Posted(_)
            | Outcome::Became(_)
    )
}
