//! Deliveries: what is owed to whom, each attempt, and how it ended.

use super::hand::{self, Hand};
use super::{
    AccountId, At, Attempt, Index, Key, Kind, MessageRef, NoticeId, Outcome, Place, PostId,
    Priority, Record, Revision, Ruling, RunId, Segments, Stored, SubscriberId, UnknownPolicy,
};
use serde::{Deserialize, Serialize};

/// Names a delivery. Planning the same one twice leaves one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DeliveryId {
    /// A post's edition, to one subscriber.
    Post(PostId, Revision, SubscriberId),
    /// A notice; it knows itself to whom.
    Notice(NoticeId),
}

impl DeliveryId {
    /// The key of the delivery.
    #[must_use]
    pub fn key(&self) -> Key {
        self.onto(Segments::new()).key(Kind::Delivery)
    }

    /// The prefix of the keys of all deliveries of one edition.
    #[must_use]
    pub fn of_edition(post: PostId, revision: Revision) -> Vec<u8> {
        Segments::new().byte(1).id(post.0).short(revision.0).done()
    }

    /// The prefix of the keys of all deliveries of a post.
    #[must_use]
    pub fn of_post(post: PostId) -> Vec<u8> {
        Segments::new().byte(1).id(post.0).done()
    }

    /// Reads a key back.
    #[must_use]
    pub fn from_key(key: &Key) -> Option<Self> {
        let mut id = super::SegmentReader::new(&key.id);
        match id.byte()? {
            1 => Some(Self::Post(PostId(id.id()?), Revision(id.short()?), SubscriberId(id.id()?))),
            2 => Some(Self::Notice(NoticeId(id.id()?))),
            _ => None,
        }
    }

    /// Appends its segments.
    pub(super) fn onto(&self, segments: Segments) -> Segments {
        match self {
            Self::Post(post, revision, subscriber) => {
                segments.byte(1).id(post.0).short(revision.0).id(subscriber.0)
            }
            Self::Notice(notice) => segments.byte(2).id(notice.0),
        }
    }
}

/// One thing owed to one chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// What is owed to whom.
    pub id: DeliveryId,
    /// The account through which it goes.
    pub account: AccountId,
    /// What goes first.
    pub priority: Priority,
    /// Where it stands.
    pub state: DeliveryState,
    /// The messages that the platform has taken so far, one for each part sent.
    pub sent: Vec<MessageMark>,
    /// The latest attempts, oldest first, at most [`Delivery::ATTEMPTS_KEPT`].
    pub attempts: Vec<Attempt>,
    /// How many attempts failed (waiting is no failure).
    pub failures: u16,
}

/// A message of ours, as far as the store may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageMark {
    /// Where and which.
    Open {
        /// The platform's name for the chat.
        chat: String,
        /// The platform's name for the message.
        message: String,
    },
    /// A keyed hash of the message's reference: a submitter's chat is not written down.
    Hidden([u8; 16]),
}

/// Where a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryState {
    /// To be sent, not before a time.
    Due {
        /// Not before this.
        at: At,
    },
    /// A run of the daemon is about to send it, or has just done so.
    Leased {
        /// When it had become due (it keeps its place in the queue until it is settled).
        due: At,
        /// Which run.
        by: RunId,
        /// Until when others keep away.
        until: At,
    },
    /// The platform took all of it.
    Sent {
        /// When.
        at: At,
    },
    /// It will not arrive.
    Dead {
        /// When that became certain.
        at: At,
        /// Why, in the platform's words or ours.
        reason: String,
    },
    /// Whether it arrived is not known, and the channel's policy leaves it to a person.
    Unknown {
        /// Since when.
        at: At,
    },
    /// It rests with its post, which is paused: it stands in no queue.
    Parked {
        /// Since when.
        at: At,
    },
    /// Nobody is to have it any more: the post was withdrawn, or the subscriber had left.
    Dropped {
        /// When that was found.
        at: At,
        /// Why.
        reason: String,
    },
    /// It is in people's hands, who bring it to the chat.
    Handed(Hand),
}

impl DeliveryState {
    /// The state's name, for errors.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Due { .. } => "due",
            Self::Leased { .. } => "leased",
            Self::Sent { .. } => "sent",
            Self::Dead { .. } => "dead",
            Self::Unknown { .. } => "unknown",
            Self::Parked { .. } => "parked",
            Self::Dropped { .. } => "dropped",
            Self::Handed(_) => "handed",
        }
    }
}

impl Delivery {
    /// How many attempts are kept in detail.
    pub const ATTEMPTS_KEPT: usize = 8;

    /// A delivery that is due at `at`.
    #[must_use]
    pub fn due(id: DeliveryId, account: AccountId, priority: Priority, at: At) -> Self {
        let planned = Attempt { at, outcome: Outcome::Planned };
        Self {
            id,
            account,
            priority,
            state: DeliveryState::Due { at },
            sent: Vec::new(),
            // A notice knows itself since when it is owed.
            attempts: if let DeliveryId::Post(..) = id { vec![planned] } else { Vec::new() },
            failures: 0,
        }
    }

    /// The prefix of the queue of one account and priority.
    #[must_use]
    pub fn queue(account: &AccountId, priority: Priority) -> Vec<u8> {
        Segments::new().account(account).byte(priority as u8).done()
    }

    /// When the delivery at this place of [`Index::Due`] becomes due; `prefix` is [`Delivery::queue`]'s.
    #[must_use]
    pub fn due_of_place(at: &[u8], prefix: &[u8]) -> Option<At> {
        super::SegmentReader::new(at.strip_prefix(prefix)?).at()
    }

    /// The place under which the message `message` leads to its delivery.
    #[must_use]
    pub fn by_message(message: &MessageRef) -> Place {
        Self::message_place(&message.account, &message.chat, &message.message)
    }

    /// The prefix of the places of all our messages in one chat.
    #[must_use]
    pub fn messages_in(account: &AccountId, chat: &str) -> Vec<u8> {
        Segments::new().account(account).text(chat).done()
    }

    /// The place under which a hidden message leads to its delivery.
    #[must_use]
    pub fn by_hidden_message(hash: &[u8; 16]) -> Place {
        Segments::new().text("").bytes(hash).place(Index::Messages)
    }

    /// The prefix of the places of all deliveries that rest with `post`.
    #[must_use]
    pub fn parked(post: PostId) -> Vec<u8> {
        Segments::new().id(post.0).done()
    }

    /// The prefix of the places of all deliveries of `post` that a person may have to look at.
    #[must_use]
    pub fn troubled(post: PostId) -> Vec<u8> {
        Segments::new().id(post.0).done()
    }

    /// Takes it for sending, until `until`.
    #[must_use]
    pub fn lease(mut self, by: RunId, until: At) -> Self {
        let (DeliveryState::Due { at: due } | DeliveryState::Leased { due, .. }) = self.state
        else {
            return self;
        };
        self.state = DeliveryState::Leased { due, by, until };
        self
    }

    /// The platform took a part, as `mark`.
    #[must_use]
    pub fn part_taken(mut self, mark: MessageMark) -> Self {
        // Mostly it is the only one.
        self.sent.reserve_exact(1);
        self.sent.push(mark);
        self
    }

    /// The platform takes it for some alone: whom it leaves out.
    #[must_use]
    pub fn note_left_out(mut self, now: At, left_out: String) -> Self {
        self.note(now, Outcome::LeftOut(left_out));
        self
    }

    /// The platform took all of it.
    #[must_use]
    pub fn settle_sent(mut self, now: At) -> Self {
        self.note(now, Outcome::Taken);
        self.state = DeliveryState::Sent { at: now };
        self
    }

    /// The platform asked to wait until then. That is no failure; it is due again at `at`.
    #[must_use]
    pub fn settle_wait(mut self, now: At, until: At, at: At) -> Self {
        self.note(now, Outcome::Waited(until));
        self.state = DeliveryState::Due { at };
        self
    }

    /// It failed and is due again at `at`.
    #[must_use]
    pub fn settle_failed(mut self, now: At, what: String, at: At) -> Self {
        self.failures = self.failures.saturating_add(1);
        self.note(now, Outcome::Failed(what));
        self.state = DeliveryState::Due { at };
        self
    }

    /// The chat has moved; it is due at once, at the new address.
    #[must_use]
    pub fn settle_moved(mut self, now: At) -> Self {
        self.note(now, Outcome::Moved);
        self.state = DeliveryState::Due { at: now };
        self
    }

    /// It is given back unsent (the daemon stops, or the account is shut): nothing was attempted.
    #[must_use]
    pub fn release(mut self, at: At) -> Self {
        if let DeliveryState::Leased { .. } = self.state {
            self.state = DeliveryState::Due { at };
        }
        self
    }

    /// It will not arrive.
    #[must_use]
    pub fn settle_dead(mut self, now: At, reason: String) -> Self {
        self.note(now, Outcome::Refused(reason.clone()));
        self.state = DeliveryState::Dead { at: now, reason };
        self
    }

    /// What kept it from arriving is mended: it is due at `at`, as if it had not been tried.
    #[must_use]
    pub fn owe_again(mut self, at: At) -> Self {
        if let DeliveryState::Dead { .. } = self.state {
            self.failures = 0;
            self.state = DeliveryState::Due { at };
        }
        self
    }

    /// Nobody is to have it any more.
    #[must_use]
    pub fn settle_dropped(mut self, now: At, reason: String) -> Self {
        self.note(now, Outcome::Refused(reason.clone()));
        self.state = DeliveryState::Dropped { at: now, reason };
        self
    }

    /// It rests with its post.
    #[must_use]
    pub fn park(mut self, now: At) -> Self {
        if let DeliveryState::Due { .. } | DeliveryState::Leased { .. } = self.state {
            self.note(now, Outcome::Rested);
            self.state = DeliveryState::Parked { at: now };
        }
        self
    }

    /// Its post goes on: it is due again.
    #[must_use]
    pub fn unpark(mut self, now: At) -> Self {
        if let DeliveryState::Parked { .. } = self.state {
            self.note(now, Outcome::WentOn);
            self.state = DeliveryState::Due { at: now };
        }
        self
    }

    /// A person has it tried again after it was given up.
    #[must_use]
    pub fn retry(mut self, now: At) -> Self {
        if let DeliveryState::Dead { .. } = self.state {
            self.failures = 0;
            if self.turned_down() > 0 {
                // What the platform had taken of it is nowhere.
                self.sent.clear();
            }
            self.note(now, Outcome::Retried);
            self.state = DeliveryState::Due { at: now };
        }
        self
    }

    /// A person says what became of it; `reason` is what the ledger says where it did not arrive.
    #[must_use]
    pub fn rule(mut self, now: At, ruling: Ruling, reason: String) -> Self {
        if let DeliveryState::Unknown { .. } = self.state {
            self.note(now, Outcome::Ruled(ruling));
            self.state = match ruling {
                Ruling::Sent => DeliveryState::Sent { at: now },
                Ruling::NotSent => DeliveryState::Dead { at: now, reason },
                Ruling::Resend => DeliveryState::Due { at: now },
            };
        }
        self
    }

    /// Nobody knows whether it arrived; `policy` decides what becomes of it.
    #[must_use]
    pub fn settle_unknown(mut self, now: At, what: String, policy: UnknownPolicy, at: At) -> Self {
        self.note(now, Outcome::Unknown(what));
        self.state = match policy {
            UnknownPolicy::Resend => DeliveryState::Due { at },
            UnknownPolicy::Hold => DeliveryState::Unknown { at: now },
        };
        self
    }

    /// True when an attempt may have arrived without our knowing, so that a later one may be a repeat.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.attempts.iter().any(|a| matches!(a.outcome, Outcome::Unknown(_)))
    }

    pub(super) fn note(&mut self, at: At, outcome: Outcome) {
        if self.attempts.len() >= Self::ATTEMPTS_KEPT {
            // The unknown ones stay: they explain repeats; and it stays told since when it is owed.
            let oldest = self.attempts.iter().position(|a| !hand::stays(a)).unwrap_or(1);
            self.attempts.remove(oldest);
        }
        self.attempts.reserve_exact(1);
        self.attempts.push(Attempt { at, outcome });
    }

    fn message_place(account: &AccountId, chat: &str, message: &str) -> Place {
        Segments::new().account(account).text(chat).text(message).place(Index::Messages)
    }
}

impl Stored for Delivery {
    const KIND: Kind = Kind::Delivery;

    fn key(&self) -> Key {
        self.id.key()
    }

    fn places(&self) -> Vec<Place> {
        let mut places = Vec::with_capacity(1 + self.sent.len());
        match &self.state {
            DeliveryState::Due { at: due } | DeliveryState::Leased { due, .. } => {
                let queue = Segments::new().account(&self.account).byte(self.priority as u8);
                places.push(self.id.onto(queue.at(*due)).place(Index::Due));
            }
            DeliveryState::Dead { .. } | DeliveryState::Unknown { .. } => {
                if let DeliveryId::Post(post, ..) = self.id {
                    places.push(self.id.onto(Segments::new().id(post.0)).place(Index::Troubled));
                }
            }
            DeliveryState::Parked { .. } => {
                if let DeliveryId::Post(post, ..) = self.id {
                    places.push(self.id.onto(Segments::new().id(post.0)).place(Index::Parked));
                }
            }
            DeliveryState::Sent { .. }
            | DeliveryState::Dropped { .. }
            | DeliveryState::Handed(_) => {}
        }
        places.extend(self.hand_places());
        places.extend(self.sent.iter().map(|mark| match mark {
            MessageMark::Open { chat, message } => {
                Self::message_place(&self.account, chat, message)
            }
            MessageMark::Hidden(hash) => Self::by_hidden_message(hash),
        }));
        places
    }

    fn into_record(self) -> Record {
        Record::Delivery(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Delivery(it) = record { Some(it) } else { None }
    }
}
