//! What is true: plain values and their steps.
//!
//! **Invariant:** nothing here does I/O, waits, or asks what time it is. A step takes the state and
//! gives the next one or an [`InvalidStep`]; whatever a value knows about the outside was handed to it.

mod account;
mod address;
mod answer;
mod at;
mod attempt;
mod calendar;
mod changes;
mod delivery;
mod document;
mod edition;
mod fanout;
mod hand;
mod hex;
mod id;
mod inbound;
mod key;
mod media;
mod notice;
mod person;
mod post;
mod record;
mod schedule;
mod seal;
mod source;
mod subscriber;
mod suggestion;
mod tally;
mod telling;
mod topic;
mod usage;
mod worker;

pub use account::{AccountState, Pairing, Probe, ProbeAnswer, Shut};
pub use address::{AccountId, Address, ChatKind, Identity, Lang, MessageRef, Platform};
pub use answer::{Answer, Fetched, Piece as AnswerPiece, Told};
pub use at::At;
pub use attempt::{Attempt, Outcome, Ruling, UnknownPolicy};
pub use calendar::{Calendar, Span};
pub use changes::{Change, Changes, Counter, Expect, Version, Versioned};
pub use delivery::{Delivery, DeliveryId, DeliveryState, MessageMark};
pub use document::{Block, Document, Inline};
pub use edition::{Content, Digest, DigestItem, DigestSection, Edition, Explainer, Revision};
pub use fanout::{FanOut, Going, Work};
pub use hand::{Asked, Hand};
pub use hex::{hex, unhex};
pub use id::{
    CODE_ALPHABET, Code, EntryId, NoticeId, PersonId, PostId, RunId, SubscriberId, SuggestionId,
};
pub use inbound::{
    Attached, Beside, Cursor, Happening, Inbound, InboxItem, InboxState, Overheard, Rank, Sender,
    Whence,
};
pub use key::{Index, Key, Kind, Place, SegmentReader, Segments};
pub use media::{Enclosed, Media, MediaClass, MediaId, MediaKind, MediaState, Piece};
pub use notice::{Act, Button, ButtonDoes, Notice, NoticeBody, NoticeTo, Prompt};
pub use person::{Invite, Member, Person, Role};
pub use post::{Author, InvalidStep, OpenState, PauseReason, Post, PostState, Priority};
pub use record::{Record, Stored};
pub use schedule::{Field as ScheduleField, Schedule, ScheduleError};
pub use seal::{Drawer, KeyMark, MemberKey, Sealed, SealedAddress, Slot};
pub use source::{
    Entry, Likeness, Selectors, Source, SourceForm, SourceId, SourceState, Trial, Trouble, Used,
    Verdict,
};
pub use subscriber::{Audience, Standing, Subscriber};
pub use suggestion::{
    Chain, Clocks, Consent, ConsentText, DeclineCode, Facet, Label, LabelId, MatterKind, Phase,
    PhaseName, Pick, Reminder, Return, Shred, Sorting, StepEvent, Suggestion, Tries,
};
pub use tally::Tally;
pub use telling::{Became, Cause, Judged, Matter, Reach, Telling};
pub use topic::{DigestForm, Missed, Section, Topic, TopicId, TopicState, WhenEmpty};
pub use usage::{ChatUsage, Rate, Spent, Usage};
pub use worker::{Duty, Lease, Wanted, Wishes, Worker};
