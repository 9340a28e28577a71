//! One poll of one source: fetch, read, keep, and say when to ask again.

use super::articles::Lack;
use super::fetch::{Body, FetchFailed, Fetched, Validators};
use super::intake::{Acquaintance, Taken, take_in};
use super::lookup::lookup;
use super::page::{self, Reading};
use super::parse::{self, Item, Listing};
use super::{Feeds, decode};
use crate::metrics::PollCount;
use crate::model::{At, Changes, Entry, Source, SourceForm, SourceState, Trouble, Verdict};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::sources::SourceSays;
use std::time::Duration;

/// How many entries are written in one commit: each touches up to five keys.
const PAGE: usize = 18;
/// How long a source that declared itself gone is left alone.
pub(super) const GONE: Duration = Duration::from_hours(24);

/// What one poll did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polled {
    /// Entries that count as new.
    pub fresh: usize,
    /// Whether it failed.
    pub failed: bool,
    /// When it is due again.
    pub next: At,
}

/// What was kept of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Entries that count as new.
    pub fresh: usize,
    /// What is missing of the articles that they link.
    pub lack: Lack,
}

impl Kept {
    /// What staff should know, although the source itself could be read.
    fn wrong(&self) -> Option<SourceSays> {
        let (count, why) = self.lack.failed.clone()?;
        Some(SourceSays::Articles { count, why: Box::new(why) })
    }
}

/// A document that was read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// What it says.
    pub listing: Listing,
    /// How it was encoded.
    pub encoding: &'static str,
}

impl Feeds {
    /// Polls a source and keeps what came of it.
    pub(super) async fn poll(
        &self,
        source: &Source,
        state: Option<&SourceState>,
    ) -> Result<Polled, StoreError> {
        let known = state.map_or_else(Validators::default, |s| Validators {
            etag: s.etag.clone(),
            modified: s.modified.clone(),
        });
        let fetched = self.fetcher.fetch(&source.url, &known, self.clock.now()).await;
        let unchanged = matches!(fetched, Ok(Fetched::Unchanged));
        let (outcome, validators) = match fetched {
            Err(failed) => (Err(failed), known),
            Ok(Fetched::Unchanged) => (Ok(Kept::default()), known),
            Ok(Fetched::Body(body)) => self.keep(source, state, *body).await?,
        };
        self.metrics.polled(match &outcome {
            Err(_) => PollCount::Failed,
            Ok(_) if unchanged => PollCount::Unchanged,
            Ok(_) => PollCount::Changed,
        });
        let next = self.settle(source, state, &outcome, validators).await?;
        let fresh = outcome.as_ref().map_or(0, |kept| kept.fresh);
        Ok(Polled { fresh, failed: outcome.is_err(), next })
    }

    /// Reads a body and keeps its entries. What cannot be read is asked for in full next time.
    async fn keep(
        &self,
        source: &Source,
        state: Option<&SourceState>,
        body: Body,
    ) -> Result<(Result<Kept, FetchFailed>, Validators), StoreError> {
        if let Some(to) = &body.moved {
            tracing::warn!(source.id = %source.id, to.host = to.host_str(), "source has moved for good");
        }
        let validators = body.validators.clone();
        let met = match state.and_then(|s| s.read) {
            None => Acquaintance::First,
            Some(_) => Acquaintance::Old,
        };
        match self.read(source, body).await {
            Ok(read) => {
                if read.listing.blank > 0 {
                    tracing::warn!(source.id = %source.id, entries.blank = read.listing.blank, "entries without title, text and link were left out");
                }
                let kept = self.store_items(source, met, read.listing.items).await?;
                // Where articles are still to be read the list is needed again, changed or not.
                let validators =
                    if kept.lack.left > 0 { Validators::default() } else { validators };
                Ok((Ok(kept), validators))
            }
            Err(says) => Ok((Err(says.into()), Validators::default())),
        }
    }

    /// Decodes and parses apart from the other tasks, within a time: a document that is slow to read
    /// holds nobody up.
    pub(super) async fn read(&self, source: &Source, body: Body) -> Result<Read, SourceSays> {
        let (form, zone, now) = (source.form.clone(), self.settings.zone, self.clock.now());
        let work = tokio::task::spawn_blocking(move || {
            let decoded = decode::decode(&body.bytes, body.content_type.as_deref());
            let base = body.url.as_ref();
            let listing = match &form {
                SourceForm::Feed => parse::feed(&decoded.text, base)?,
                SourceForm::Page(by) => page::page(&decoded.text, by, Reading { base, zone, now })?,
            };
            Ok(Read { listing, encoding: decoded.encoding })
        });
        match tokio::time::timeout(self.settings.timeout, work).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(SourceSays::ParserFailed),
            Err(_) => Err(SourceSays::Slow(self.settings.timeout)),
        }
    }

    /// Decides on the items and commits them page by page, in an order that a repetition repeats; one source at a
    /// time, so that of two that list the same news at once the second finds it known.
    async fn store_items(
        &self,
        source: &Source,
        met: Acquaintance,
        mut items: Vec<Item>,
    ) -> Result<Kept, StoreError> {
        let lack = self.read_articles(source, met, &mut items).await?;
        let _one = self.deciding.lock().await;
        let now = self.clock.now();
        let known = lookup(&*self.store, source, &self.sources, &items, now).await?;
        let mut taken = take_in(source, met, items, &known, now);
        let new = |t: &&Taken| matches!(t, Taken::Fresh(e) if e.verdict == Verdict::New);
        let fresh = taken.iter().filter(new).count();
        taken.retain(|t| !matches!(t, Taken::Known(_)));
        for page in taken.chunks(PAGE) {
            let mut changes = Changes::new();
            for one in page {
                match one {
                    Taken::Fresh(entry) => changes.ensure(entry.clone()),
                    Taken::Changed(old, entry) => changes.update(old, entry.clone()),
                    Taken::Known(_) => {}
                }
            }
            self.store.commit(changes).await?;
        }
        Ok(Kept { fresh, lack })
    }

    /// Writes down how the poll went, last of all.
    async fn settle(
        &self,
        source: &Source,
        state: Option<&SourceState>,
        outcome: &Result<Kept, FetchFailed>,
        validators: Validators,
    ) -> Result<At, StoreError> {
        let now = self.clock.now();
        let before = state.and_then(|s| s.trouble.clone());
        let wrong = match outcome {
            Err(failed) => Some(failed.says.clone()),
            Ok(kept) => kept.wrong(),
        };
        let trouble = wrong.map(|says| Trouble {
            since: before.as_ref().map_or(now, |t| t.since.min(now)),
            failures: before.as_ref().map_or(0, |t| t.failures).saturating_add(1),
            what: says.say(self.settings.lang),
        });
        let next = now.plus(match (outcome, &trouble) {
            (Err(failed), Some(trouble)) => self.wait(source, failed, trouble.failures),
            _ => source.every,
        });
        report(source, outcome, before.as_ref(), next);
        let read_before = state.and_then(|s| s.read);
        let mut changes = Changes::new();
        changes.overwrite(SourceState {
            id: source.id.clone(),
            next,
            // Never ahead of the clock: that would have it asked again at once.
            read: if outcome.is_ok() { Some(now) } else { read_before.map(|at| at.min(now)) },
            etag: validators.etag,
            modified: validators.modified,
            trouble,
        });
        self.store.commit(changes).await?;
        Ok(next)
    }

    /// Twice as long after each failure, as long as the server says at least, a day at most.
    fn wait(&self, source: &Source, failed: &FetchFailed, failures: u32) -> Duration {
        let most = self.settings.back_off_max.max(source.every);
        if failed.says == SourceSays::Gone {
            return GONE.max(source.every);
        }
        let doubled = source.every.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.max(failed.wait.unwrap_or_default()).min(most)
    }
}

fn report(
    source: &Source,
    outcome: &Result<Kept, FetchFailed>,
    before: Option<&Trouble>,
    next: At,
) {
    match (outcome, before) {
        (Err(failed), _) => {
            tracing::warn!(source.id = %source.id, error = %failed.says, source.next = %next, "source failed");
        }
        (Ok(kept), _) if let Some(says) = kept.wrong() => {
            tracing::warn!(source.id = %source.id, error = %says, "articles of a source failed");
        }
        (Ok(kept), Some(_)) => {
            tracing::info!(source.id = %source.id, entries.fresh = kept.fresh, "source works again");
        }
        (Ok(kept), None) => {
            tracing::debug!(source.id = %source.id, entries.fresh = kept.fresh, "source read");
        }
    }
}

/// The title, link, date and verdict of what was decided on one item.
pub(super) const fn entry_of(taken: &Taken) -> &Entry {
    match taken {
        Taken::Fresh(entry) | Taken::Changed(_, entry) | Taken::Known(entry) => entry,
    }
}
