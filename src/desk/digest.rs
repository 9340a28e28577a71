//! A digest: which entries it takes, in which order, in which words. Pure.
//!
//! **The rule.** Of the entries that a topic's sources said within [`LOOKBACK`], or since its last digest where that
//! is longer ago, and that the topic has not sent, each section takes the newest first, and sections take turns, so
//! that a loud one leaves room for the others. What does not fit waits for the next digest, as far as that looks
//! back. The first entry always fits.

use crate::model::{
    At, Digest, DigestForm, DigestItem, DigestSection, Entry, EntryId, Lang, Topic, Verdict,
};
use crate::text::template::{ItemWords, TitleWords, render};
use chrono::Datelike;
use chrono_tz::Tz;
use std::collections::HashSet;
use std::time::Duration;

/// How far back entries are taken from at least …
pub const LOOKBACK: Duration = Duration::from_hours(336);
/// … and at most: what one digest a month tells.
const LOOKBACK_MOST: Duration = Duration::from_hours(31 * 24);
/// The most entries of one digest, whatever its form says: they are marked as sent in the commit that
/// makes the post, and a commit has a limit.
pub const ENTRIES_MAX: usize = 40;
/// The longest title, in characters.
const TITLE_MAX: usize = 200;
/// The longest line under an entry, in characters.
const LINE_MAX: usize = 1000;

/// An entry that may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The entry.
    pub entry: Entry,
    /// What people call its source.
    pub source_title: String,
}

impl Candidate {
    /// The news that the entry tells: the entry that told it first.
    #[must_use]
    pub fn news(&self) -> EntryId {
        news(&self.entry)
    }
}

/// The news that an entry tells: the entry that told it first.
#[must_use]
pub fn news(entry: &Entry) -> EntryId {
    match entry.verdict {
        Verdict::Same { of, .. } => of,
        Verdict::New | Verdict::Archive => entry.id,
    }
}

/// A digest and the news that it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The digest.
    pub digest: Digest,
    /// The news to be marked as sent.
    pub used: Vec<EntryId>,
}

/// Since when entries are taken for a digest at `at`, where those up to `considered` were there for the last one.
#[must_use]
pub fn since(considered: At, at: At) -> At {
    at.minus(LOOKBACK).min(considered).max(at.minus(LOOKBACK_MOST))
}

/// Composes the digest of `topic` due at `at` from those of `candidates` that were seen `since` then, none of which
/// the topic has sent.
#[must_use]
pub fn compose(topic: &Topic, candidates: &[Candidate], since: At, at: At) -> Composed {
    let zone = topic.schedule.as_ref().map_or(Tz::UTC, crate::model::Schedule::zone);
    let wording = Wording { form: &topic.digest, lang: topic.lang, zone };
    let queues = queues(topic, candidates, since);
    let total: usize = queues.iter().map(Vec::len).sum();
    let taken = take(
        &wording,
        &topic.sections.iter().map(|s| s.title.as_str()).collect::<Vec<_>>(),
        &queues,
    );
    let used: Vec<EntryId> = taken.iter().flatten().map(|(news, _)| *news).collect();
    let sections = topic.sections.iter().zip(taken).filter(|(_, items)| !items.is_empty());
    let sections = sections.map(|(section, items)| DigestSection {
        title: section.title.clone(),
        items: items.into_iter().map(|(_, item)| item).collect(),
    });
    let digest = Digest {
        title: wording.title(&topic.title, at, used.len()),
        sections: sections.collect(),
        waiting: u32::try_from(total - used.len()).unwrap_or(u32::MAX),
    };
    Composed { digest, used }
}

/// The entries of each section, the newest first, each news once.
fn queues<'a>(topic: &Topic, candidates: &'a [Candidate], since: At) -> Vec<Vec<&'a Candidate>> {
    let mut told = HashSet::new();
    let mut queues = Vec::with_capacity(topic.sections.len());
    for section in &topic.sections {
        let mut queue: Vec<&Candidate> = candidates
            .iter()
            .filter(|c| section.sources.contains(&c.entry.source) && c.entry.seen >= since)
            .filter(|c| c.entry.verdict != Verdict::Archive)
            .collect();
        // Of several that tell the same news, the one that was seen first speaks.
        queue.sort_by_key(|c| (c.entry.seen, c.entry.id));
        queue.retain(|c| told.insert(c.news()));
        let date = |c: &&Candidate| c.entry.published.unwrap_or(c.entry.seen);
        queue.sort_by_key(|c| std::cmp::Reverse(date(c)));
        queues.push(queue);
    }
    queues
}

/// Takes from the queues in turn until the budget is spent.
fn take(
    wording: &Wording<'_>,
    headings: &[&str],
    queues: &[Vec<&Candidate>],
) -> Vec<Vec<(EntryId, DigestItem)>> {
    let most = wording.form.max_entries.clamp(1, ENTRIES_MAX);
    let (mut count, mut chars) = (0, 0);
    let mut taken: Vec<Vec<_>> = queues.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<usize> = (0..queues.len()).collect();
    while !open.is_empty() {
        open.retain(|&section| {
            let place: usize = taken[section].len();
            let Some(candidate) = queues[section].get(place) else { return false };
            let item = wording.item(candidate);
            let heading = if place == 0 { length(headings[section]) } else { 0 };
            let cost = heading + length(&item.title) + length(&item.line);
            if count == most || (count > 0 && chars + cost > wording.form.max_chars) {
                return false;
            }
            count += 1;
            chars += cost;
            taken[section].push((candidate.news(), item));
            true
        });
    }
    taken
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Finds out whether the templates of a form can be rendered.
///
/// # Errors
/// What is wrong with the first that cannot, and which one.
pub fn check_templates(form: &DigestForm) -> Result<(), String> {
    render(&form.title, TitleWords::sample()).map_err(|e| format!("title: {e}"))?;
    render(&form.item, ItemWords::sample()).map_err(|e| format!("item: {e}"))?;
    Ok(())
}

/// How one digest is worded.
struct Wording<'a> {
    form: &'a DigestForm,
    lang: Lang,
    zone: Tz,
}

impl Wording<'_> {
    fn title(&self, topic: &str, at: At, count: usize) -> String {
        let words = TitleWords { topic, date: long_date(at, self.zone, self.lang), count };
        match render(&self.form.title, words) {
            Ok(title) if !title.trim().is_empty() => cut(title.trim(), TITLE_MAX),
            Ok(_) => topic.to_owned(),
            Err(error) => {
                tracing::warn!(template = "title", %error, "digest template failed");
                topic.to_owned()
            }
        }
    }

    fn item(&self, candidate: &Candidate) -> DigestItem {
        let entry = &candidate.entry;
        let words = ItemWords {
            title: &entry.title,
            summary: &entry.summary,
            source: &candidate.source_title,
            date: short_date(entry.published.unwrap_or(entry.seen), self.zone, self.lang),
            link: &entry.link,
        };
        let line = render(&self.form.item, words).unwrap_or_else(|error| {
            tracing::warn!(template = "item", %error, "digest template failed");
            String::new()
        });
        let line = cut(line.trim(), LINE_MAX);
        DigestItem { title: entry.title.clone(), link: entry.link.clone(), line }
    }
}

/// At most `max` characters, ended by an ellipsis where it was longer.
fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(max.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// `2026年7月1日`, `1 July 2026`.
#[must_use]
pub fn long_date(at: At, zone: Tz, lang: Lang) -> String {
    let day = at.utc().with_timezone(&zone).date_naive();
    match lang {
        Lang::Zh => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Lang::En => day.format("%-d %B %Y").to_string(),
    }
}

/// `7月1日`, `1 July`.
#[must_use]
pub fn short_date(at: At, zone: Tz, lang: Lang) -> String {
    let day = at.utc().with_timezone(&zone).date_naive();
    match lang {
        Lang::Zh => format!("{}月{}日", day.month(), day.day()),
        Lang::En => day.format("%-d %B").to_string(),
    }
}
