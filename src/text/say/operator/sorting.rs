//! What is wrong with how suggestions are sorted, and with the days on which the office works.

use super::Expects;
use crate::model::Lang;
use crate::text::Speak;
use chrono::{Datelike, NaiveDate};

/// What is wrong with the kinds, labels and days of a configuration, or probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortingSays {
    /// A time beyond what can be promised, in days.
    DaysBetween(u16),
    /// Not of the form that is expected.
    Not(String, Expects),
    /// The name of a label has other characters.
    LabelName(String),
    /// What people call a label is longer than so many characters.
    TitleTooLong(String, usize),
    /// What people call a label could not be typed.
    TitleUntypable(String),
    /// A row of days ends before it begins.
    Backwards(String),
    /// A row of days has more than so many.
    RowTooLong(String, usize),
    /// A kind is named twice.
    KindTwice(&'static str),
    /// There are more choices than so many.
    TooMany(usize),
    /// Two labels are called alike.
    TitleTwice(String),
    /// There is no choice at all.
    NoneAtAll,
    /// The promise of all kinds alike, as it was once.
    EachKind,
    /// A day is a holiday and a working day.
    BothWays(NaiveDate),
    /// A working day that is one without being said.
    WorksAnyway(NaiveDate),
}

impl Speak for SortingSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &SortingSays) -> String {
    use SortingSays as S;
    match says {
        S::DaysBetween(most) => format!("应在 1 至 {most} 天之间"),
        S::Not(text, expects) => format!("“{text}”不可用，应填{}", expects.say(Lang::Zh)),
        S::LabelName(id) => {
            format!("“{id}”不能作名称：只能用小写字母、数字和短横，最多 20 个字符")
        }
        S::TitleTooLong(title, most) => {
            format!("“{title}”超过 {most} 个字符，按钮上放不下")
        }
        S::TitleUntypable(title) => {
            format!("“{title}”含有逗号、分号、冒号或等号，无法在命令中输入")
        }
        S::Backwards(row) => format!("“{row}”的结束早于开始"),
        S::RowTooLong(row, most) => format!("“{row}”超过 {most} 天"),
        S::KindTwice(kind) => format!("“{kind}”写了两次"),
        S::TooMany(most) => format!("超过 {most} 项"),
        S::TitleTwice(title) => format!("有两项都叫“{title}”，审核人员无法区分"),
        S::NoneAtAll => "至少要有一项：每条建议都按它分类".into(),
        S::EachKind => "现在每一类各有时限，请在 [triage] 中设定，如 suggestion = \"15wd\"".into(),
        S::BothWays(day) => format!("{day} 同时写在 holidays 里"),
        S::WorksAnyway(day) => {
            let name = ["一", "二", "三", "四", "五", "六", "日"]
                .get(day.weekday().num_days_from_monday() as usize)
                .copied()
                .unwrap_or_default();
            format!("{day} 是星期{name}，本来就上班")
        }
    }
}

fn en(says: &SortingSays) -> String {
    use SortingSays as S;
    match says {
        S::DaysBetween(most) => format!("must lie between 1 and {most} days"),
        S::Not(text, expects) => format!("\"{text}\" is not {}", expects.say(Lang::En)),
        S::LabelName(id) => {
            format!("\"{id}\" is no name: at most 20 lower-case letters, digits and dashes")
        }
        S::TitleTooLong(title, most) => {
            format!("\"{title}\" is longer than {most} characters: it stands on a button")
        }
        S::TitleUntypable(title) => format!(
            "\"{title}\" has a comma, colon or equals sign in it: it could not be typed in a command"
        ),
        S::Backwards(row) => format!("\"{row}\" ends before it begins"),
        S::RowTooLong(row, most) => format!("\"{row}\" is longer than {most} days"),
        S::KindTwice(kind) => format!("names \"{kind}\" twice"),
        S::TooMany(most) => format!("has more than {most} choices"),
        S::TitleTwice(title) => {
            format!("two are called \"{title}\": reviewers could not tell them apart")
        }
        S::NoneAtAll => "must name at least one: every suggestion is sorted by it".into(),
        S::EachKind => {
            "each kind has its own time now: set it in [triage], such as suggestion = \"15wd\""
                .into()
        }
        S::BothWays(day) => format!("{day} is one of the holidays"),
        S::WorksAnyway(day) => format!("{day} is a {} and works anyway", day.format("%A")),
    }
}
