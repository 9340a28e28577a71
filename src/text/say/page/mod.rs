//! The words of the pages: labels, leads, and what stands where nothing stands yet.

mod en;
mod zh;

use crate::model::{Lang, MatterKind, PhaseName, Span};
use crate::text::Speak;
use chrono::{NaiveDate, NaiveDateTime};
use en::en;
use zh::zh;

/// A label or sentence of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the words of its name")]
pub enum PageSays {
    SkipToContent,
    AllGroups,
    CheckReceipt,
    Privacy,
    HomeLead,
    NoGroupsTitle,
    NoGroups,
    NothingYetTitle,
    NothingYet,
    Latest,
    Live,
    Newest,
    Older,
    SubscribeTo,
    MakeSuggestion,
    ReplyToThis,
    Permalink,
    PostWithdrawn,
    PostCode,
    ReplyTitle,
    SuggestLead,
    YourWords,
    ConsentTitle,
    IAgree,
    Submit,
    SentBefore,
    /// The receipt of what was sent before, with a new code.
    ReceiptAnew,
    Received,
    KeepReceipt,
    Number,
    Secret,
    WhatNext,
    NextRespond(NaiveDate),
    NextLook,
    NextWithdraw,
    ReceiptLead,
    ReceiptTitle,
    Look,
    SubmittedOn,
    AboutPost,
    Promised(PhaseName, NaiveDate),
    DeclinedBecause,
    TheAnswer,
    WeAskYou,
    YourSupplement,
    TakeBackTitle,
    TakeBackLead,
    SecretAgain,
    Withdraw,
    Erase,
    Done,
    SupplementDone,
    WithdrawDone(NaiveDate),
    EraseDone,
    PrivacyKept,
    KeptText,
    KeptDraft(u32),
    KeptWithdrawn(u32),
    KeptReceipt,
    KeptSubscriptions,
    KeptOpenings,
    PrivacyNotKept,
    NotKeptAddress,
    NotKeptChatter,
    NotKeptCookies,
    NotKeptProfiles,
    PrivacyPromised,
    PromisedResponse(Span),
    PromisedDecision(Span),
    /// For each kind of matter.
    PromisedAnswer(Vec<(MatterKind, Span)>),
    WhoAnswers,
    SortHow,
    SortChange,
    TakeUp,
    Change,
    /// A kind, and when its answer would be promised.
    KindBy(MatterKind, NaiveDate),
    PromisedErasure,
    PrivacyLimits,
    LimitPlatforms,
    LimitGroups,
    LimitUrgent,
    SeatTitle,
    SeatLead,
    SeatEmptyTitle,
    SeatEmpty,
    SeatType,
    SeatNotKept,
    SeatAgain,
    SeatHow,
    SeatOpened,
    SeatGoOn,
    SealedGone,
    TakenBack,
    AnswerThis,
    /// A picture or file for the post that is being written.
    BringFile,
    /// What a picture shows, for those who do not see it.
    BringAlt,
    /// Where somebody may go on who brought something that is not taken.
    BackToSeat,
    Send,
    Leave,
    NoSeatTitle,
    NoSeat,
    StaleFormTitle,
    StaleForm,
    Again,
    NotFoundTitle,
    NotFound,
    WrongMethod,
    TooLargeTitle,
    TooLarge,
    TooManyTitle,
    TooMany,
    TooManySubmissions(u32),
    Unreadable,
    ReceiptHere,
    BadFormTitle,
    BadForm,
    BrokenTitle,
    Broken,
    /// A moment in the office's time zone.
    Moment(NaiveDateTime),
    /// A day in the office's time zone.
    Day(NaiveDate),
}

impl Speak for PageSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}
