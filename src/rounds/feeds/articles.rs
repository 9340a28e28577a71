//! The pages that a list page links: read for the text of new entries, some in each poll.
//!
//! What could not be read, and what is beyond the limit of one poll, is tried again in the next ones while the
//! page still lists it, for [`POLLS`] polls after the entry was first seen.

use super::Feeds;
use super::decode;
use super::fetch::{Fetched, Validators};
use super::intake::{Acquaintance, take_in};
use super::lookup::lookup;
use super::page;
use super::parse::Item;
use super::poll::entry_of;
use crate::model::{At, Entry, Source, SourceForm, Verdict};
use crate::store::StoreError;
use crate::text::say::sources::SourceSays;
use std::collections::HashMap;

/// In how many polls the text of an entry is asked for, about.
const POLLS: u32 = 4;

/// What is left to do about articles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lack {
    /// How many could not be read now, and what went wrong with the last.
    pub failed: Option<(usize, SourceSays)>,
    /// How many are to be read at the next poll.
    pub left: usize,
}

impl Feeds {
    /// Reads the pages of what would be entries without a text if it were decided at once, and gives the items that
    /// text. It takes its time: they are decided on when it is over.
    pub(super) async fn read_articles(
        &self,
        source: &Source,
        met: Acquaintance,
        items: &mut [Item],
    ) -> Result<Lack, StoreError> {
        let mut lack = Lack::default();
        let by = match &source.form {
            SourceForm::Page(by) if !by.article.is_empty() => &by.article,
            _ => return Ok(lack),
        };
        let now = self.clock.now();
        let known = lookup(&*self.store, source, &self.sources, items, now).await?;
        let taken = take_in(source, met, items.to_vec(), &known, now);
        let (mut texts, mut read) = (HashMap::new(), 0);
        for entry in taken.iter().map(entry_of).filter(|entry| wants(entry, source, now)) {
            if read == self.settings.articles_max {
                lack.left += 1;
                continue;
            }
            read += 1;
            tokio::time::sleep(self.settings.spacing).await;
            match self.article(&entry.link, by).await {
                Ok(text) => {
                    texts.insert(entry.guid.clone(), text);
                }
                Err(says) => {
                    let before = lack.failed.map_or(0, |(count, _)| count);
                    lack.failed = Some((before + 1, says));
                    lack.left += 1;
                }
            }
        }
        for item in items {
            if let Some(text) = texts.remove(&item.guid) {
                item.summary = text;
            }
        }
        Ok(lack)
    }

    /// The text of a linked page.
    pub(super) async fn article(&self, link: &str, by: &str) -> Result<String, SourceSays> {
        let fetched = self.fetcher.fetch(link, &Validators::default(), self.clock.now()).await;
        let body = match fetched {
            Ok(Fetched::Body(body)) => body,
            Ok(Fetched::Unchanged) => return Err(SourceSays::Empty),
            Err(failed) => return Err(failed.says),
        };
        let selector = by.to_owned();
        let work = tokio::task::spawn_blocking(move || {
            let decoded = decode::decode(&body.bytes, body.content_type.as_deref());
            page::article(&decoded.text, &selector)
        });
        match tokio::time::timeout(self.settings.timeout, work).await {
            Ok(Ok(Ok(text))) => text.ok_or_else(|| SourceSays::NothingFound(by.to_owned())),
            Ok(Ok(Err(says))) => Err(says),
            Ok(Err(_)) => Err(SourceSays::ParserFailed),
            Err(_) => Err(SourceSays::Slow(self.settings.timeout)),
        }
    }
}

/// Whether the text of an entry is still wanted.
fn wants(entry: &Entry, source: &Source, now: At) -> bool {
    let young = now < entry.seen.plus(source.every.saturating_mul(POLLS));
    entry.verdict == Verdict::New && !entry.link.is_empty() && entry.summary.is_empty() && young
}
