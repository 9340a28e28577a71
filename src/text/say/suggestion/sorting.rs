//! What the sides are called by which suggestions are sorted, and what is said of them.

use super::Named;
use crate::model::{Facet, Lang, MatterKind, Reminder, Span};
use crate::text::command::Verb;
use chrono::NaiveDate;

/// What a suggestion is sorted under, in the words of whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortingSays {
    /// What it asks for.
    pub kind: MatterKind,
    /// What it is about.
    pub category: String,
    /// Which place it is about.
    pub area: String,
    /// Which unit answers.
    pub unit: String,
    /// When the answer would be promised, while it is not taken up yet.
    pub if_taken_up: Option<NaiveDate>,
}

/// What a kind is called.
#[must_use]
pub const fn kind_name(kind: MatterKind, lang: Lang) -> &'static str {
    match (kind, lang) {
        (MatterKind::Suggestion, Lang::Zh) => "建议",
        (MatterKind::Consult, Lang::Zh) => "咨询",
        (MatterKind::Complaint, Lang::Zh) => "投诉",
        (MatterKind::Report, Lang::Zh) => "举报",
        (MatterKind::Complex, Lang::Zh) => "复杂",
        (MatterKind::Suggestion, Lang::En) => "suggestion",
        (MatterKind::Consult, Lang::En) => "question",
        (MatterKind::Complaint, Lang::En) => "complaint",
        (MatterKind::Report, Lang::En) => "report",
        (MatterKind::Complex, Lang::En) => "complex",
    }
}

/// What a side is called.
#[must_use]
pub const fn facet_name(facet: Facet, lang: Lang) -> &'static str {
    match (facet, lang) {
        (Facet::Kind, Lang::Zh) => "类型",
        (Facet::Category, Lang::Zh) => "类别",
        (Facet::Area, Lang::Zh) => "区域",
        (Facet::Unit, Lang::Zh) => "承办",
        (Facet::Kind, Lang::En) => "kind",
        (Facet::Category, Lang::En) => "category",
        (Facet::Area, Lang::En) => "area",
        (Facet::Unit, Lang::En) => "unit",
    }
}

/// What stands on the button that opens a side to choose from.
#[must_use]
pub fn facet_label(facet: Facet, chosen: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}：{chosen}", facet_name(facet, lang)),
        Lang::En => format!("{}: {chosen}", facet_name(facet, lang)),
    }
}

/// What stands on the button that leads back from there.
#[must_use]
pub const fn back_label(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "返回",
        Lang::En => "Back",
    }
}

/// How much time that is.
pub(in crate::text::say) fn span(span: Span, lang: Lang) -> String {
    match (span, lang) {
        (Span::Working(days), Lang::Zh) => format!("{days} 个工作日"),
        (Span::Days(days), Lang::Zh) => format!("{days} 天"),
        (Span::Working(1), Lang::En) => "one working day".to_owned(),
        (Span::Working(days), Lang::En) => format!("{days} working days"),
        (Span::Days(1), Lang::En) => "one day".to_owned(),
        (Span::Days(days), Lang::En) => format!("{days} days"),
    }
}

/// What can be chosen, side by side.
pub(in crate::text::say) fn known(sides: &[(Facet, Vec<[String; 2]>)], lang: Lang) -> String {
    let (between, colon, end) = match lang {
        Lang::Zh => ("、", "：", "；"),
        Lang::En => (", ", ": ", "; "),
    };
    let side = |(facet, titles): &(Facet, Vec<[String; 2]>)| {
        let title = |[zh, en]: &[String; 2]| if lang == Lang::Zh { zh.clone() } else { en.clone() };
        let titles = titles.iter().map(title).collect::<Vec<_>>().join(between);
        format!("{}{colon}{titles}", facet_name(*facet, lang))
    };
    sides.iter().map(side).collect::<Vec<_>>().join(end)
}

/// What staff are reminded of.
pub(super) fn reminder(what: Reminder, (numbers, named): (&[String], Named), lang: Lang) -> String {
    let inbox = Verb::Inbox.name(lang);
    match (lang, named) {
        (Lang::Zh, Named::All) => reminder_zh(what, &numbers.join("、")),
        (Lang::Zh, Named::Some) => {
            reminder_zh(what, &format!("{} 等（其余请发 /{inbox} 查看）", numbers.join("、")))
        }
        (Lang::En, Named::All) => reminder_en(what, &numbers.join(", ")),
        (Lang::En, Named::Some) => reminder_en(
            what,
            &format!("{} and more (for the rest send /{inbox})", numbers.join(", ")),
        ),
    }
}

fn reminder_zh(what: Reminder, numbers: &str) -> String {
    match what {
        Reminder::Nothing => format!("请留意这些建议：{numbers}。"),
        Reminder::Unclaimed => format!("这些建议一直没有人认领，请尽快认领：{numbers}。"),
        Reminder::RespondToday => {
            format!("今天是承诺回应这些建议的最后一天，请受理或追问：{numbers}。")
        }
        Reminder::NotResponded => {
            format!("这些建议已过承诺回应的日期，还没有受理，请马上办理：{numbers}。")
        }
        Reminder::DecideToday => {
            format!("今天是决定是否受理这些建议的最后期限，不能再追问：{numbers}。")
        }
        Reminder::Undecided => {
            format!("这些建议已过受理的最后期限，仍未决定，请马上办理：{numbers}。")
        }
        Reminder::AnswerToday => format!("今天是承诺答复这些建议的最后一天：{numbers}。"),
        Reminder::Unanswered => {
            format!("这些建议已过承诺答复的日期，还没有答复，请马上办理：{numbers}。")
        }
    }
}

fn reminder_en(what: Reminder, numbers: &str) -> String {
    match what {
        Reminder::Nothing => format!("Please look at these suggestions: {numbers}."),
        Reminder::Unclaimed => format!("Nobody has claimed these suggestions yet: {numbers}."),
        Reminder::RespondToday => format!(
            "Today is the last day on which a response is promised, please take up or ask back: {numbers}."
        ),
        Reminder::NotResponded => {
            format!("A response was promised and is late, please see to it now: {numbers}.")
        }
        Reminder::DecideToday => {
            format!("Today it has to be decided whether these are taken up: {numbers}.")
        }
        Reminder::Undecided => format!(
            "It should have been decided whether these are taken up, please see to it now: {numbers}."
        ),
        Reminder::AnswerToday => {
            format!("Today is the last day on which an answer is promised: {numbers}.")
        }
        Reminder::Unanswered => {
            format!("An answer was promised and is late, please see to it now: {numbers}.")
        }
    }
}
