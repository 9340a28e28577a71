//! How an office handles suggestions: what submitters consent to, what they are promised, and by what triage
//! sorts.

use crate::model::{Calendar, Label, LabelId, MatterKind, Span};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// How suggestions are handled.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The consent text in Chinese, shown before anything is submitted.
    pub consent_zh: String,
    /// The consent text in English.
    pub consent_en: String,
    /// Hours after which a draft that was not confirmed is erased.
    pub draft_hours: u32,
    /// Working days within which a submitter hears from a person.
    pub respond_days: u16,
    /// Working days within which a reviewer takes a suggestion, and after which it is taken from them.
    pub claim_days: u16,
    /// Days within which it is decided whether a suggestion is taken up, whatever was asked meanwhile.
    pub decide_days: u16,
    /// Days that a submitter has to answer a question.
    pub question_days: u16,
    /// Hours without a step after which a claimed suggestion goes back to all reviewers.
    pub claim_hours: u32,
    /// Days after which the text of a withdrawn suggestion is erased.
    pub withdrawn_days: u32,
    /// At most so many characters in one suggestion.
    pub max_chars: usize,
    /// The kinds that reviewers choose from, in that order.
    pub kinds: Vec<MatterKind>,
    /// Within what time each kind is answered once it is taken up.
    pub answer: BTreeMap<MatterKind, Span>,
    /// The categories that reviewers choose from.
    pub categories: Vec<Label>,
    /// The areas that reviewers choose from.
    pub areas: Vec<Label>,
    /// The units that answer.
    pub units: Vec<Label>,
    /// Which days the office works.
    pub calendar: Calendar,
}

impl Settings {
    /// Within what time a kind is answered once it is taken up.
    #[must_use]
    pub fn answer_within(&self, kind: MatterKind) -> Span {
        self.answer.get(&kind).copied().unwrap_or_else(|| preset(kind))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consent_zh: "提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。\
                内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。\
                请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。"
                .into(),
            consent_en: "Staff will see what you wrote, but neither your name nor your account; the answer comes \
                back to where you wrote. Text and return address are kept encrypted; with your code \
                you can withdraw it or have it erased at any time (in a chat, /forget does that too). Please leave out identity and bank card \
                numbers and other people's private matters. In an emergency call 110, 119 or 120."
                .into(),
            draft_hours: 24,
            respond_days: 3,
            claim_days: 1,
            decide_days: 15,
            question_days: 7,
            claim_hours: 2,
            withdrawn_days: 7,
            max_chars: 4_000,
            kinds: MatterKind::ALL.to_vec(),
            answer: MatterKind::ALL.map(|kind| (kind, preset(kind))).into(),
            categories: labels(CATEGORIES),
            areas: labels(AREAS),
            units: labels(UNITS),
            calendar: calendar(),
        }
    }
}

/// The clock that a kind has unless an office sets another.
const fn preset(kind: MatterKind) -> Span {
    match kind {
        MatterKind::Consult => Span::Working(5),
        MatterKind::Suggestion | MatterKind::Complaint | MatterKind::Report => Span::Working(15),
        MatterKind::Complex => Span::Days(60),
    }
}

const CATEGORIES: &[[&str; 3]] = &[
    ["general", "综合", "general"],
    ["roads", "道路交通", "roads and traffic"],
    ["environment", "环境卫生", "environment"],
    ["housing", "住房物业", "housing"],
    ["education", "教育", "education"],
    ["health", "医疗卫生", "health"],
    ["welfare", "社保民政", "welfare"],
    ["safety", "公共安全", "public safety"],
    ["culture", "文体旅游", "culture and sports"],
    ["services", "政务服务", "public services"],
];

const AREAS: &[[&str; 3]] = &[["whole", "全辖区", "the whole area"]];

const UNITS: &[[&str; 3]] = &[["office", "办公室", "the office"]];

fn labels(list: &[[&str; 3]]) -> Vec<Label> {
    let label = |[id, zh, en]: &[&str; 3]| Label {
        id: LabelId((*id).to_owned()),
        zh: (*zh).to_owned(),
        en: (*en).to_owned(),
    };
    list.iter().map(label).collect()
}

/// Holidays from a day on, so many in a row. Of 2026 as the State Council announced them; of 2027 those that the
/// law itself fixes, until the notice for that year is added.
const HOLIDAYS: &[((i32, u32, u32), usize)] = &[
    ((2026, 1, 1), 3),
    ((2026, 2, 15), 9),
    ((2026, 4, 4), 3),
    ((2026, 5, 1), 5),
    ((2026, 6, 19), 3),
    ((2026, 9, 25), 3),
    ((2026, 10, 1), 7),
    ((2027, 1, 1), 1),
    ((2027, 2, 5), 4),
    ((2027, 4, 5), 1),
    ((2027, 5, 1), 2),
    ((2027, 6, 9), 1),
    ((2027, 9, 15), 1),
    ((2027, 10, 1), 3),
];

/// The make-up days of 2026, from the same notice.
const WORKDAYS: &[(i32, u32, u32)] =
    &[(2026, 1, 4), (2026, 2, 14), (2026, 2, 28), (2026, 5, 9), (2026, 9, 20), (2026, 10, 10)];

fn calendar() -> Calendar {
    let day = |(year, month, day): &(i32, u32, u32)| NaiveDate::from_ymd_opt(*year, *month, *day);
    let row = |(first, days): &((i32, u32, u32), usize)| {
        day(first).into_iter().flat_map(|first| first.iter_days()).take(*days).collect::<Vec<_>>()
    };
    Calendar {
        holidays: HOLIDAYS.iter().flat_map(row).collect(),
        workdays: WORKDAYS.iter().filter_map(day).collect(),
    }
}
