//! What is said about suggestions: to those who make them, and to those who answer them.
//!
//! Nobody of the staff is named to a submitter, and no submitter to the staff.

mod en;
mod page;
mod past;
mod refusal;
pub(super) mod sorting;
mod zh;

pub use page::FormSays;
pub use past::PastRefusal;
pub use refusal::TriageRefusal;
pub use sorting::{SortingSays, back_label, facet_label, facet_name, kind_name};

use crate::model::{DeclineCode, Facet, Lang, PhaseName, Reminder};
use crate::text::Speak;
use crate::text::command::Verb;
use crate::text::press::TriagePress;
use chrono::NaiveDate;

/// A sentence about suggestions. Numbers and codes are as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum SuggestionSays {
    /// To the author of a draft, alone: asks for consent.
    ConsentQuestion {
        consent: String,
        hours: u32,
    },
    /// The same in a group, without naming anybody.
    ConsentQuestionGroup {
        hours: u32,
    },
    /// Of a message with a picture or file, the words alone are kept.
    WordsAlone,
    /// The short form of the consent text, for groups.
    ConsentShort,
    ConsentChanged,
    ButtonYes,
    ButtonNo,
    /// The author changed the text of a draft or suggestion.
    TextChanged,
    /// The author changed the text while somebody was at it.
    ChangedTooLate {
        number: String,
        /// Where something is added, if an answer in the chat cannot be told from other words.
        page: Option<String>,
    },
    /// In place of the question, in a group, above a button that opens its author's own chat.
    SubmittedHere,
    /// The same where no button can open that chat.
    SubmittedHereFindMe,
    /// In place of the question, in one's own chat.
    Submitted,
    /// To the one who pressed.
    SubmittedToast {
        number: String,
    },
    ButtonMine,
    /// T2.
    Receipt {
        number: String,
        secret: String,
        respond_by: NaiveDate,
        url: String,
    },
    /// T3, by the author.
    Discarded,
    /// T3, by the clock.
    DraftLapsed,
    /// T9.
    Question {
        number: String,
        question: String,
        until: NaiveDate,
        /// Where it is answered, if an answer in the chat cannot be told from other words.
        page: Option<String>,
    },
    /// T10.
    SupplementTaken {
        number: String,
    },
    /// T10, by the clock.
    GoesOnWithout {
        number: String,
    },
    /// T14.
    Accepted {
        number: String,
        unit: String,
        answer_by: NaiveDate,
    },
    /// A slip in what was taken up was put right.
    Sorted {
        number: String,
        unit: String,
        answer_by: NaiveDate,
    },
    /// T17.
    Answered {
        number: String,
        answer: String,
    },
    /// T19.
    Declined {
        number: String,
        code: DeclineCode,
        reason: String,
    },
    /// T24.
    Withdrawn {
        number: String,
        erase_on: NaiveDate,
    },
    Mine(Vec<MineSays>),
    ForgetQuestion,
    ForgetButton,
    Forgotten {
        suggestions: usize,
        subscriptions: usize,
        kept: Vec<Kept>,
    },
}

/// A sentence to those who answer suggestions. Numbers are as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum TriageSays {
    NewCase {
        number: String,
        post: Option<String>,
        respond_by: NaiveDate,
    },
    SupplementFor {
        number: String,
    },
    /// What was asked was not answered in time.
    QuestionOver {
        number: String,
    },
    LeaseOver {
        number: String,
    },
    /// T24, to whoever works on it.
    TakenBack {
        number: String,
    },
    /// T25, to whoever works on it.
    Erased {
        number: String,
    },
    /// A colleague has it from now on.
    TakenOver {
        number: String,
        by: String,
    },
    DeclineToConfirm {
        number: String,
        code: DeclineCode,
        reason: String,
    },
    DeclineReturned {
        number: String,
    },
    InboxEmpty,
    Inbox(Vec<CaseSays>),
    Case(Box<CaseSays>),
    /// In place of words that cannot be opened.
    Unreadable,
    AskHow {
        number: String,
    },
    AnswerHow {
        number: String,
    },
    DeclineHow {
        number: String,
    },
    /// The same where an answer does not name what it answers.
    ByCommand {
        verb: Verb,
        number: String,
    },
    /// Before something is taken up: how it is sorted has to be looked at.
    LookFirst,
    /// A side was opened to choose from.
    ChooseFrom(Facet),
    /// A choice was made.
    Chosen {
        facet: Facet,
        title: String,
    },
    /// Several choices were made, or none was needed.
    SortedNow,
    Reminder {
        what: Reminder,
        numbers: Vec<String>,
        named: Named,
    },
    Done(TriagePress),
}

/// Whether all that is meant is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as what they say")]
pub enum Named {
    All,
    Some,
}

/// A suggestion, as its submitter is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MineSays {
    /// The receipt number.
    pub number: String,
    /// When it was begun.
    pub on: NaiveDate,
    /// Where it stands.
    pub phase: PhaseName,
    /// Until when the next step is promised.
    pub promised: Option<NaiveDate>,
    /// The unit that answers, once it is taken up.
    pub unit: Option<String>,
    /// The question that waits for the submitter.
    pub question: Option<String>,
    /// The answer, or the reason for declining.
    pub answer: Option<String>,
}

/// A suggestion, as reviewers are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseSays {
    /// The receipt number.
    pub number: String,
    /// What the submitter is called.
    pub pseudonym: String,
    /// The title of the post that it answers.
    pub post: Option<String>,
    /// The group by whose code its submitter came, where people keep one.
    pub came_by: Option<String>,
    /// Where it stands.
    pub phase: PhaseName,
    /// Until when the next step is promised.
    pub due: Option<NaiveDate>,
    /// The day on which this is said.
    pub today: NaiveDate,
    /// The colleague who has it.
    pub by: Option<String>,
    /// What it is sorted under, or would be.
    pub sorting: Option<SortingSays>,
    /// What was written; empty in lists.
    pub texts: Vec<String>,
    /// What the submitter was asked and has not answered.
    pub question: Option<String>,
    /// Why a colleague would decline it.
    pub reason: Option<(DeclineCode, String)>,
    /// The answer.
    pub answer: Option<String>,
}

/// What stays when somebody is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Counts and the names of steps, with nobody in them.
    Counts,
    /// What they may do here, as staff.
    Roles,
    /// What the platform and the members of a group have seen.
    Platform,
    /// That a reader whom the office's list names has left.
    Away,
}

impl Speak for TriageSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh::to_staff(self),
            Lang::En => en::to_staff(self),
        }
    }
}

impl Speak for SuggestionSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh::zh(self),
            Lang::En => en::en(self),
        }
    }
}

/// What a phase is called, for submitters and staff alike.
#[must_use]
pub const fn phase_name(phase: PhaseName, lang: Lang) -> &'static str {
    match (phase, lang) {
        (PhaseName::Draft, Lang::Zh) => "未提交",
        (PhaseName::Received, Lang::Zh) => "已收到",
        (PhaseName::Claimed, Lang::Zh) => "审阅中",
        (PhaseName::NeedInfo, Lang::Zh) => "待补充",
        (PhaseName::Accepted, Lang::Zh) => "已受理",
        (PhaseName::DeclineProposed, Lang::Zh) => "办理中",
        (PhaseName::Answered, Lang::Zh) => "已答复",
        (PhaseName::Declined, Lang::Zh) => "不采纳",
        (PhaseName::Withdrawn, Lang::Zh) => "已撤回",
        (PhaseName::Erased, Lang::Zh) => "已删除",
        (PhaseName::Draft, Lang::En) => "not submitted",
        (PhaseName::Received, Lang::En) => "received",
        (PhaseName::Claimed, Lang::En) => "being read",
        (PhaseName::NeedInfo, Lang::En) => "waiting for more",
        (PhaseName::Accepted, Lang::En) => "taken up",
        (PhaseName::DeclineProposed, Lang::En) => "being worked on",
        (PhaseName::Answered, Lang::En) => "answered",
        (PhaseName::Declined, Lang::En) => "declined",
        (PhaseName::Withdrawn, Lang::En) => "withdrawn",
        (PhaseName::Erased, Lang::En) => "erased",
    }
}

/// What a reason for declining is called.
#[must_use]
pub const fn decline_name(code: DeclineCode, lang: Lang) -> &'static str {
    match (code, lang) {
        (DeclineCode::OutsideRemit, Lang::Zh) => "不属职权",
        (DeclineCode::AlreadyDone, Lang::Zh) => "已有规定",
        (DeclineCode::NotFeasible, Lang::Zh) => "暂不可行",
        (DeclineCode::TooVague, Lang::Zh) => "信息不足",
        (DeclineCode::Other, Lang::Zh) => "其他",
        (DeclineCode::OutsideRemit, Lang::En) => "outside our remit",
        (DeclineCode::AlreadyDone, Lang::En) => "already the rule or under way",
        (DeclineCode::NotFeasible, Lang::En) => "not possible at present",
        (DeclineCode::TooVague, Lang::En) => "not enough to go on",
        (DeclineCode::Other, Lang::En) => "other",
    }
}

/// What stands on a reviewer's button.
#[must_use]
pub const fn triage_label(press: TriagePress, lang: Lang) -> &'static str {
    match (press, lang) {
        (TriagePress::Show, Lang::Zh) => "查看",
        (TriagePress::Claim, Lang::Zh) => "认领",
        (TriagePress::Release, Lang::Zh) => "放回",
        (TriagePress::Ask, Lang::Zh) => "追问",
        (TriagePress::Accept | TriagePress::TakeUp, Lang::Zh) => "受理",
        (TriagePress::Sort, Lang::Zh) => "改归类",
        (TriagePress::Next, Lang::Zh) => "认领下一件",
        (TriagePress::Answer, Lang::Zh) => "答复",
        (TriagePress::Decline, Lang::Zh) => "不采纳",
        (TriagePress::Confirm, Lang::Zh) => "同意不采纳",
        (TriagePress::Return, Lang::Zh) => "退回重办",
        (TriagePress::Show, Lang::En) => "Show",
        (TriagePress::Claim, Lang::En) => "Claim",
        (TriagePress::Release, Lang::En) => "Release",
        (TriagePress::Ask, Lang::En) => "Ask",
        (TriagePress::Accept | TriagePress::TakeUp, Lang::En) => "Take up",
        (TriagePress::Sort, Lang::En) => "Sort anew",
        (TriagePress::Next, Lang::En) => "Claim next",
        (TriagePress::Answer, Lang::En) => "Answer",
        (TriagePress::Decline, Lang::En) => "Decline",
        (TriagePress::Confirm, Lang::En) => "Confirm decline",
        (TriagePress::Return, Lang::En) => "Send back",
    }
}
