//! What is new among what a source lists. Pure: what is known was looked up before.

use super::likeness::{Likely, canonical, twins};
use super::parse::Item;
use crate::model::{At, Entry, EntryId, Likeness, Source, SourceId, Verdict, Versioned};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// What the store knows that bears on a listing.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The entries of this source that are listed again.
    pub entries: HashMap<EntryId, Versioned<Entry>>,
    /// Entries of any source, by canonical link.
    pub links: HashMap<String, EntryId>,
    /// Titles seen lately, of any source.
    pub titles: Vec<Titled>,
}

/// A title seen lately.
#[derive(Clone, Debug)]
pub struct Titled {
    /// The entry; the original where it was itself recognised as the same.
    pub entry: EntryId,
    /// Who said it.
    pub source: SourceId,
    /// The title.
    pub title: Likely,
}

/// Whether a source was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// This is the first time: most of what it lists is its archive.
    First,
    /// It was read before: what is not known is new.
    Old,
}

/// What the same listing said before.
#[derive(Default)]
struct Own {
    links: HashMap<String, EntryId>,
    titles: Vec<(EntryId, Likely)>,
}

/// What becomes of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It was not there before.
    Fresh(Entry),
    /// It was there, and says something else now.
    Changed(Versioned<Entry>, Entry),
    /// It is as it was.
    Known(Entry),
}

/// The name of an entry: the same whenever this source lists this ID.
#[must_use]
pub fn entry_id(source: &SourceId, guid: &str) -> EntryId {
    let hash = Sha256::new()
        .chain_update(source.0.as_bytes())
        .chain_update([0])
        .chain_update(guid)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    EntryId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Decides on every item, the newest first.
#[must_use]
pub fn take_in(
    source: &Source,
    met: Acquaintance,
    items: Vec<Item>,
    known: &Known,
    now: At,
) -> Vec<Taken> {
    let mut items: Vec<Item> = items.into_iter().map(|item| tidy(item, now)).collect();
    // Where all are dated the dates say what is newest; otherwise the source's own order does.
    if items.iter().all(|i| i.published.is_some()) {
        items.sort_by_key(|i| std::cmp::Reverse(i.published));
    }
    let shared = shared_links(&items);
    let mut own = Own::default();
    let mut taken = Vec::with_capacity(items.len());
    for (rank, item) in items.into_iter().enumerate() {
        let id = entry_id(&source.id, &item.guid);
        if let Some(old) = known.entries.get(&id) {
            taken.push(again(old, item));
            continue;
        }
        let like = (!shared.contains(&item.link))
            .then(|| likeness(id, &item, source, known, &own))
            .flatten();
        let verdict = match like {
            _ if met == Acquaintance::First && rank >= source.first_poll => Verdict::Archive,
            Some((of, by)) => Verdict::Same { of, by },
            None => Verdict::New,
        };
        if !item.link.is_empty() {
            own.links.entry(item.link.clone()).or_insert(id);
        }
        if like.is_none() {
            own.titles.push((id, Likely::of(&item.title)));
        }
        taken.push(Taken::Fresh(entry(id, source, item, now, verdict)));
    }
    taken
}

fn tidy(mut item: Item, now: At) -> Item {
    item.link = canonical(&item.link);
    // A date far ahead is a mistake of the source, and would stay on top for ever.
    let limit = now.plus(Duration::from_hours(48));
    item.published = item.published.filter(|at| *at <= limit);
    item
}

/// Links that several items of one listing share lead to no single thing.
fn shared_links(items: &[Item]) -> HashSet<String> {
    let mut seen = HashSet::new();
    items.iter().filter(|i| !seen.insert(i.link.as_str())).map(|i| i.link.clone()).collect()
}

fn likeness(
    id: EntryId,
    item: &Item,
    source: &Source,
    known: &Known,
    own: &Own,
) -> Option<(EntryId, Likeness)> {
    let twins = twins(&item.link);
    let by_link = twins.iter().find_map(|l| known.links.get(l).or_else(|| own.links.get(l)));
    if let Some(of) = by_link.filter(|of| **of != id) {
        return Some((*of, Likeness::Link));
    }
    let title = Likely::of(&item.title);
    let same = |t: &Titled| {
        if t.source == source.id { t.title.is_again(&title) } else { t.title.is_like(&title) }
    };
    let like = |t: &&Titled| t.entry != id && same(t);
    let before = known.titles.iter().find(like).map(|t| t.entry);
    let beside = || own.titles.iter().find(|(_, t)| t.is_again(&title)).map(|(of, _)| *of);
    before.or_else(beside).map(|of| (of, Likeness::Title))
}

fn entry(id: EntryId, source: &Source, item: Item, now: At, verdict: Verdict) -> Entry {
    Entry {
        id,
        source: source.id.clone(),
        guid: item.guid,
        link: item.link,
        title: item.title,
        summary: item.summary,
        published: item.published,
        seen: now,
        verdict,
    }
}

/// An item that changed stays the entry that it was: what was pushed is not pushed again.
fn again(old: &Versioned<Entry>, item: Item) -> Taken {
    let mut entry = old.value.clone();
    entry.title = item.title;
    entry.link = item.link;
    if !item.summary.is_empty() {
        entry.summary = item.summary;
    }
    // Kept as first read: pages that say “3 hours ago” would change it at every poll.
    entry.published = entry.published.or(item.published);
    if entry == old.value { Taken::Known(entry) } else { Taken::Changed(old.clone(), entry) }
}
