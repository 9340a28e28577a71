//! What a platform tells later of something that it had taken, and how the delivery goes on.
//!
//! It may come before it is written down that the message was taken, again, much later, or of a message that is not
//! ours: so it is kept by itself until it meets its delivery, or its time is over.

use super::{
    AccountId, At, Delivery, DeliveryState, Index, Key, Kind, MessageRef, Outcome, Place, Record,
    Segments, Stored, Tally,
};
use serde::{Deserialize, Serialize};

/// What a platform told of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// The account.
    pub account: AccountId,
    /// The platform's own name for the telling.
    pub event: String,
    /// Of which message.
    pub message: MessageRef,
    /// What became of it.
    pub became: Became,
    /// When it was told.
    pub at: At,
}

/// What became of a message that the platform had taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Became {
    /// It is out.
    Out(Reach),
    /// It is not, and why.
    Refused(Cause),
    /// It was out, and somebody of the house took it away on the platform's own pages.
    TakenAway,
}

/// How far a message came, as far as the platform says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// For how many it was meant.
    pub meant: Option<u64>,
    /// How many have it.
    pub reached: Option<u64>,
    /// How many do not have it although it was meant for them.
    pub missed: Option<u64>,
    /// Where it stands for good.
    pub page: Option<String>,
}

/// Why a message that the platform had taken did not go out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The platform does not say.
    Failed,
    /// What it says was not passed by the platform's review.
    Content(Matter),
    /// It is taken for a copy of somebody else's.
    Copied,
    /// The account's administrator said no on the platform's pages.
    AdminRefused,
    /// The account's administrator did not answer there in time.
    AdminSilent,
    /// It was out, and the platform closed it.
    Closed,
    /// Nobody could be given it any more.
    NobodyReached,
    /// What the platform says, in its own words.
    Other(String),
}

/// What a review found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Matter {
    Unsaid,
    Advertising,
    Politics,
    Pornography,
    Society,
    Crime,
    Fraud,
    Copyright,
    MutualPromotion,
    Other,
}

impl Telling {
    /// How long one waits for its delivery: so long a sending that got no answer is known again.
    pub const KEPT: std::time::Duration = std::time::Duration::from_hours(48);
}

impl Stored for Telling {
    const KIND: Kind = Kind::Telling;

    fn key(&self) -> Key {
        Segments::new().account(&self.account).text(&self.event).key(Self::KIND)
    }

    fn places(&self) -> Vec<Place> {
        let over = Segments::new().at(self.at.plus(Self::KEPT)).byte(Self::KIND as u8);
        vec![over.bytes(&self.key().id).place(Index::Expiring)]
    }

    fn into_record(self) -> Record {
        Record::Telling(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Telling(it) = record { Some(it) } else { None }
    }
}

/// Whether a delivery can be told what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It stands so now, and counts so for its post.
    So(Delivery, &'static [(Tally, i64)]),
    /// It is still under way: it is told later.
    Later,
}

impl Delivery {
    /// What the platform told of it; `reason` is what the ledger says where it is not there.
    #[must_use]
    pub fn judge(mut self, now: At, became: &Became, reason: String) -> Judged {
        const DIED: &[(Tally, i64)] = &[(Tally::Sent, -1), (Tally::Dead, 1)];
        const DROPPED: &[(Tally, i64)] = &[(Tally::Sent, -1), (Tally::Dropped, 1)];
        let (state, counts) = match (&self.state, became) {
            (
                DeliveryState::Due { .. }
                | DeliveryState::Leased { .. }
                | DeliveryState::Parked { .. }
                | DeliveryState::Unknown { .. }
                | DeliveryState::Handed(_),
                _,
            ) => return Judged::Later,
            (DeliveryState::Sent { .. }, Became::Refused(_)) => {
                (DeliveryState::Dead { at: now, reason }, DIED)
            }
            (DeliveryState::Sent { .. }, Became::TakenAway) => {
                (DeliveryState::Dropped { at: now, reason }, DROPPED)
            }
            // What is over stays so, whatever comes late.
            (state, _) => (state.clone(), [].as_slice()),
        };
        self.note(now, Outcome::Became(became.clone()));
        self.state = state;
        Judged::So(self, counts)
    }

    /// How far it came, where the platform told so.
    #[must_use]
    pub fn reach(&self) -> Option<&Reach> {
        self.attempts.iter().rev().find_map(|attempt| match &attempt.outcome {
            Outcome::Became(Became::Out(reach)) => Some(reach),
            _ => None,
        })
    }

    /// How often the platform took it and did not bring it: each time it is sent anew it is another sending.
    #[must_use]
    pub fn turned_down(&self) -> usize {
        let down = |outcome: &Outcome| matches!(outcome, Outcome::Became(Became::Refused(_)));
        self.attempts.iter().filter(|attempt| down(&attempt.outcome)).count()
    }
}
