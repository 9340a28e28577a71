//! By what reviewers sort suggestions, within what time each kind is answered, and which days the office works.

use super::meant;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Setting, quoted};
use crate::desk;
use crate::model::{Calendar, Facet, Label, LabelId, MatterKind, Span};
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

impl Choice for MatterKind {
    const EXPECTS: &'static str =
        "a kind: \"suggestion\", \"consult\", \"complaint\", \"report\" or \"complex\"";
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Suggestion.name(), Self::Suggestion),
        (Self::Consult.name(), Self::Consult),
        (Self::Complaint.name(), Self::Complaint),
        (Self::Report.name(), Self::Report),
        (Self::Complex.name(), Self::Complex),
    ];
}

impl Setting for Span {
    const EXPECTS: &'static str = "working days such as \"15wd\", or days such as \"60d\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let within = |days: &str| days.trim().parse().ok().filter(|n| (1..=DAYS_MAX).contains(n));
        let days = text.strip_suffix("wd").map(|days| within(days).map(Self::Working));
        let days = days.or_else(|| text.strip_suffix('d').map(|days| within(days).map(Self::Days)));
        match days {
            Some(Some(days)) => Ok(days),
            Some(None) if text.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(Wrong::new(format!("must lie between 1 and {DAYS_MAX} days")))
            }
            _ => Err(Wrong {
                what: format!("\"{text}\" is not {}", Self::EXPECTS),
                nearest: meant::days(text),
            }),
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
    const EXPECTS: &'static str =
        "a name and what people call it, such as \"roads: 道路交通 / roads and traffic\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let not = || Wrong::new(format!("\"{text}\" is not {}", Self::EXPECTS));
        let (id, titles) = text.split_once([':', '：']).ok_or_else(not)?;
        let (id, titles) = (id.trim(), titles.trim());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || id.len() > LabelId::MAX || !id.chars().all(fits) {
            let what = "at most 20 lower-case letters, digits and dashes";
            return Err(Wrong::new(format!("\"{id}\" is no name: {what}")));
        }
        let (zh, en) = titles.split_once('/').unwrap_or((titles, titles));
        let [zh, en] = [zh, en].map(|title| title.trim().to_owned());
        for title in [&zh, &en] {
            if title.is_empty() {
                return Err(not());
            }
            if title.chars().count() > TITLE_MAX {
                let what = format!("\"{title}\" is longer than {TITLE_MAX} characters");
                return Err(Wrong::new(format!("{what}: it stands on a button")));
            }
            if title.contains(|c: char| "，,、;；=＝:：".contains(c)) {
                let what = format!("\"{title}\" has a comma, colon or equals sign in it");
                return Err(Wrong::new(format!("{what}: it could not be typed in a command")));
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
    const EXPECTS: &'static str =
        "a day in quotes such as \"2026-10-10\", or several: \"2026-10-01..2026-10-07\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let day = |text: &str| NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok();
        let (Some(first), Some(last)) = (day(first), day(last)) else {
            let what = format!("\"{text}\" is not {}", Self::EXPECTS);
            return Err(Wrong { what, nearest: meant::row_of_days(text) });
        };
        if last < first {
            let what = format!("\"{text}\" ends before it begins");
            return Err(Wrong { what, nearest: Some(format!("{last}..{first}")) });
        }
        if first.iter_days().take_while(|d| *d <= last).nth(ROW_MAX).is_some() {
            return Err(Wrong::new(format!("\"{text}\" is longer than {ROW_MAX} days")));
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
        section.wrong("kinds", Wrong::new(format!("names \"{}\" twice", twice.name())));
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
        section.wrong(key, Wrong::new(format!("has more than {LABELS_MAX} choices")));
    }
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for label in &labels {
        if !ids.insert(&label.id) {
            section.wrong(key, Wrong::new(format!("there are two of the name \"{}\"", label.id.0)));
        }
        for title in BTreeSet::from([&label.zh, &label.en]) {
            if !titles.insert(title.to_lowercase()) {
                let what =
                    format!("two are called \"{title}\": reviewers could not tell them apart");
                section.wrong(key, Wrong::new(what));
            }
        }
    }
    labels
}

fn some(section: &mut Section<'_>, key: &'static str, empty: bool) {
    if empty && section.is_sound(key) {
        section.wrong(key, Wrong::new("must name at least one: every suggestion is sorted by it"));
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
            section.wrong("workdays", Wrong::new(format!("{day} is one of the holidays")));
        } else if Calendar::is_weekday(*day) {
            let what = format!("{day} is a {} and works anyway", day.format("%A"));
            section.warn("workdays", what);
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
