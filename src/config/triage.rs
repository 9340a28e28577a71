//! By what reviewers sort suggestions, within what time each kind is answered, and which days the office works.

use super::meant;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Setting, quoted};
use crate::desk;
use crate::model::{Calendar, Facet, Label, LabelId, MatterKind, Span};
use crate::text::say::operator::{ConfigSays, Expects, SortingSays};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The longest name of a category, area or unit: it stands on a button.
const TITLE_MAX: usize = 24;

/// The most categories, areas or units: they are shown as buttons, all at once.
const LABELS_MAX: usize = 60;

/// The longest row of holidays.
const ROW_MAX: usize = 40;

/// The most days that a promise can take.
const DAYS_MAX: u16 = 366;

fn wrong(says: SortingSays) -> Wrong {
    Wrong::new(ConfigSays::Sorting(says))
}

fn not<T: Setting>(text: &str) -> Wrong {
    wrong(SortingSays::Not(text.to_owned(), T::expects()))
}

impl Choice for MatterKind {
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Suggestion.name(), Self::Suggestion),
        (Self::Consult.name(), Self::Consult),
        (Self::Complaint.name(), Self::Complaint),
        (Self::Report.name(), Self::Report),
        (Self::Complex.name(), Self::Complex),
    ];
}

impl Setting for Span {
    fn expects() -> Expects {
        Expects::Days
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let within = |days: &str| days.trim().parse().ok().filter(|n| (1..=DAYS_MAX).contains(n));
        let days = text.strip_suffix("wd").map(|days| within(days).map(Self::Working));
        let days = days.or_else(|| text.strip_suffix('d').map(|days| within(days).map(Self::Days)));
        match days {
            Some(Some(days)) => Ok(days),
            Some(None) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(wrong(SortingSays::DaysBetween(DAYS_MAX)))
            }
            _ => Err(Wrong { nearest: meant::days(text), ..not::<Self>(text) }),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Working(days) => quoted(&format!("{days}wd")),
            Self::Days(days) => quoted(&format!("{days}d")),
        }
    }
}

impl Setting for Label {
    fn expects() -> Expects {
        Expects::Label
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let (id, titles) = text.split_once([':', '：']).ok_or_else(|| not::<Self>(text))?;
        let (id, titles) = (id.trim(), titles.trim());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > LabelId::MAX || !id.chars().all(fits) {
            return Err(wrong(SortingSays::LabelName(id.to_owned())));
        }
        let (zh, en) = titles.split_once('/').unwrap_or((titles, titles));
        let [zh, en] = [zh, en].map(|title| title.trim().to_owned());
        for title in [&zh, &en] {
            if title.is_empty() {
                return Err(not::<Self>(text));
            }
            if title.chars().count() > TITLE_MAX {
                return Err(wrong(SortingSays::TitleTooLong(title.clone(), TITLE_MAX)));
            }
            if title.contains(|c: char| "，,、;；=＝:：".contains(c)) {
                return Err(wrong(SortingSays::TitleUntypable(title.clone())));
            }
        }
        Ok(Self { id: LabelId(id.to_owned()), zh, en })
    }

    fn show(&self) -> String {
        let Self { id, zh, en } = self;
        quoted(&if zh == en { format!("{}: {zh}", id.0) } else { format!("{}: {zh} / {en}", id.0) })
    }
}

/// A day, or several in a row.
#[derive(Clone, Copy)]
struct Row(NaiveDate, NaiveDate);

impl Setting for Row {
    fn expects() -> Expects {
        Expects::DaysInARow
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let day = |text: &str| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
        let (Some(first), Some(last)) = (day(first), day(last)) else {
            return Err(Wrong { nearest: meant::row_of_days(text), ..not::<Self>(text) });
        };
        if last < first {
            let nearest = Some(format!("{last}..{first}"));
            return Err(Wrong { nearest, ..wrong(SortingSays::Backwards(text.to_owned())) });
        }
        if first.iter_days().take_while(|d| *d <= last).nth(ROW_MAX).is_some() {
            return Err(wrong(SortingSays::RowTooLong(text.to_owned(), ROW_MAX)));
        }
        Ok(Self(first, last))
    }

    fn show(&self) -> String {
        let Self(first, last) = self;
        quoted(&if first == last { first.to_string() } else { format!("{first}..{last}") })
    }
}

impl Row {
    fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.0.iter_days().take_while(move |day| *day <= self.1)
    }
}

/// Reads by what suggestions are sorted into the rules for them.
pub(super) fn triage(section: &mut Section<'_>, rules: &mut desk::Settings) {
    rules.kinds = section.list_or("kinds", std::mem::take(&mut rules.kinds));
    let mut seen = BTreeSet::new();
    if let Some(twice) = rules.kinds.iter().find(|kind| !seen.insert(**kind)) {
        section.wrong("kinds", wrong(SortingSays::KindTwice(twice.name())));
    }
    some(section, "kinds", rules.kinds.is_empty());
    for kind in MatterKind::ALL {
        let within = section.get(kind.name(), rules.answer_within(kind));
        rules.answer.insert(kind, within);
    }
    for (key, facet) in
        [("categories", Facet::Category), ("areas", Facet::Area), ("units", Facet::Unit)]
    {
        let list = match facet {
            Facet::Category => &mut rules.categories,
            Facet::Area => &mut rules.areas,
            Facet::Kind | Facet::Unit => &mut rules.units,
        };
        *list = labels(section, key, std::mem::take(list));
    }
}

fn labels(section: &mut Section<'_>, key: &'static str, default: Vec<Label>) -> Vec<Label> {
    let labels = section.list_or(key, default);
    some(section, key, labels.is_empty());
    if labels.len() > LABELS_MAX {
        section.wrong(key, wrong(SortingSays::TooMany(LABELS_MAX)));
    }
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for label in &labels {
        if !ids.insert(&label.id) {
            section.wrong(key, Wrong::new(ConfigSays::NameTwice(label.id.0.clone())));
        }
        for title in BTreeSet::from([&label.zh, &label.en]) {
            if !titles.insert(title.to_lowercase()) {
                section.wrong(key, wrong(SortingSays::TitleTwice(title.clone())));
            }
        }
    }
    labels
}

fn some(section: &mut Section<'_>, key: &'static str, empty: bool) {
    if empty && section.is_sound(key) {
        section.wrong(key, wrong(SortingSays::NoneAtAll));
    }
}

/// Reads which days the office works.
pub(super) fn calendar(section: &mut Section<'_>, default: &Calendar) -> Calendar {
    let holidays = section.list_or("holidays", rows(&default.holidays));
    let workdays = section.list_or("workdays", rows(&default.workdays));
    let days = |rows: Vec<Row>| rows.into_iter().flat_map(Row::days).collect::<BTreeSet<_>>();
    let calendar = Calendar { holidays: days(holidays), workdays: days(workdays) };
    for day in &calendar.workdays {
        if calendar.holidays.contains(day) {
            section.wrong("workdays", wrong(SortingSays::BothWays(*day)));
        } else if Calendar::is_weekday(*day) {
            section.warn("workdays", ConfigSays::Sorting(SortingSays::WorksAnyway(*day)));
        }
    }
    calendar
}

/// Days as rows, as a person would write them.
fn rows(days: &BTreeSet<NaiveDate>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for day in days {
        match rows.last_mut() {
            Some(row) if row.1.succ_opt() == Some(*day) => row.1 = *day,
            _ => rows.push(Row(*day, *day)),
        }
    }
    rows
}
