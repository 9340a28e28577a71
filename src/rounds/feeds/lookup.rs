//! What the store knows that bears on a listing.

use super::intake::{Known, Titled, entry_id};
use super::likeness::{Likely, OWN_SPAN, TITLE_SPAN, canonical, twins};
use super::parse::Item;
use crate::model::{At, Entry, EntryId, Index, Source, Verdict, Versioned};
use crate::store::{Reads, Scan, StoreError};

/// How many titles of one source are remembered.
const TITLES_MAX: usize = 200;

/// Looks up what bears on `items` of `source`; the titles of `sources` are read only when something is
/// not known yet.
pub(super) async fn lookup(
    reads: &dyn Reads,
    source: &Source,
    sources: &[Source],
    items: &[Item],
    now: At,
) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let mut unknown = false;
    for item in items {
        let id = entry_id(&source.id, &item.guid);
        if let Some(entry) = reads.find::<Entry>(&entry_key(id)).await? {
            known.entries.insert(id, entry);
            continue;
        }
        unknown = true;
        for link in twins(&canonical(&item.link)) {
            let found =
                reads.find_by::<Entry>(Index::EntriesByLink, Entry::with_link(&link)).await?;
            if let Some(entry) = found {
                known.links.insert(link, root(&entry));
            }
        }
    }
    if unknown {
        for other in sources.iter().filter(|s| s.id != source.id) {
            known.titles.extend(titles(reads, other, now.minus(TITLE_SPAN)).await?);
        }
        known.titles.extend(titles(reads, source, now.minus(OWN_SPAN)).await?);
    }
    Ok(known)
}

async fn titles(reads: &dyn Reads, source: &Source, since: At) -> Result<Vec<Titled>, StoreError> {
    let scan =
        Scan::of(Index::EntriesBySource, Entry::of_source(&source.id), TITLES_MAX).backward();
    let entries = reads.find_all::<Entry>(&scan).await?;
    let titled = |e: &Versioned<Entry>| Titled {
        entry: root(e),
        source: e.source.clone(),
        title: Likely::of(&e.title),
    };
    Ok(entries.iter().filter(|e| e.seen >= since).map(titled).collect())
}

/// The entry that was there first.
fn root(entry: &Entry) -> EntryId {
    match entry.verdict {
        Verdict::Same { of, .. } => of,
        Verdict::New | Verdict::Archive => entry.id,
    }
}

/// The key of an entry.
pub(super) fn entry_key(id: EntryId) -> crate::model::Key {
    crate::model::Segments::new().id(id.0).key(crate::model::Kind::Entry)
}
