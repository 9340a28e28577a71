//! Reading a source on trial: what would be read, and nothing is kept.

use super::Feeds;
use super::fetch::{Fetched, Validators};
use super::intake::{Acquaintance, take_in};
use super::lookup::lookup;
use super::poll::entry_of;
use crate::model::{At, Block, Document, Inline, Lang, Source, SourceForm, SourceId, Verdict};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::sources::SourceSays;
use std::time::Duration;

/// How many articles of a list page are read on trial.
const ARTICLES_TRIED: usize = 3;

/// What would be read of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What it is: `RSS 2.0`, `Atom`, `JSON Feed`, `page`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// How it is encoded.
    pub encoding: &'static str,
    /// Where it has moved for good, if the server said so.
    pub moved: Option<String>,
    /// What it lists, the newest first.
    pub entries: Vec<TriedEntry>,
    /// How many entries say nothing and would be left out.
    pub blank: usize,
}

/// One entry that would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedEntry {
    /// Its title.
    pub title: String,
    /// Where it can be read.
    pub link: String,
    /// When it was published.
    pub published: Option<At>,
    /// The head of its text.
    pub summary: String,
    /// What went wrong with the page that it links, where that was read.
    pub article: Result<(), SourceSays>,
    /// Whether it would count as new.
    pub verdict: Verdict,
}

impl Tried {
    /// The report of a trial, with at most `limit` entries.
    #[must_use]
    pub fn report(&self, lang: Lang, limit: usize) -> Document {
        let plain = |says: SourceSays| Block::Paragraph(vec![Inline::text(says.say(lang))]);
        let head = SourceSays::Read {
            kind: self.kind,
            title: self.title.clone(),
            encoding: self.encoding,
            count: self.entries.len(),
        };
        let mut report = Document(vec![plain(head)]);
        report.0.extend(self.moved.clone().map(|to| plain(SourceSays::Moved(to))));
        let line = |entry: &TriedEntry| {
            let counts = SourceSays::Counts(entry.verdict.clone()).say(lang);
            let date = entry.published.map(|at| at.utc().format(" %Y-%m-%d").to_string());
            let title = match entry.link.as_str() {
                "" => Inline::text(&entry.title),
                link => Inline::link(link, &entry.title),
            };
            vec![title, Inline::text(format!(" · {counts}{}", date.unwrap_or_default()))]
        };
        report.0.push(Block::Numbers(self.entries.iter().take(limit).map(line).collect()));
        if let Some(more) = self.entries.len().checked_sub(limit).filter(|n| *n > 0) {
            report.0.push(plain(SourceSays::NotShown(more)));
        }
        report
    }
}

impl Feeds {
    /// Reads a source as its first poll would, and keeps nothing. The inner error is what went wrong with the
    /// source.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_source(
        &self,
        source: &Source,
    ) -> Result<Result<Tried, SourceSays>, StoreError> {
        let now = self.clock.now();
        let fetched = self.fetcher.fetch(&source.url, &Validators::default(), now).await;
        let body = match fetched {
            Ok(Fetched::Body(body)) => *body,
            // Nothing was known, so a server that says so has nothing.
            Ok(Fetched::Unchanged) => return Ok(Err(SourceSays::Empty)),
            Err(failed) => return Ok(Err(failed.says)),
        };
        let moved = body.moved.as_ref().map(ToString::to_string);
        let read = match self.read(source, body).await {
            Ok(read) => read,
            Err(says) => return Ok(Err(says)),
        };
        let items = read.listing.items;
        let known = lookup(&*self.store, source, &self.sources, &items, now).await?;
        let taken = take_in(source, Acquaintance::First, items, &known, now);
        let entries = taken.iter().map(entry_of).map(|entry| TriedEntry {
            title: entry.title.clone(),
            link: entry.link.clone(),
            published: entry.published,
            summary: entry.summary.clone(),
            article: Ok(()),
            verdict: entry.verdict.clone(),
        });
        let mut entries: Vec<_> = entries.collect();
        self.try_articles(source, &mut entries).await;
        Ok(Ok(Tried {
            kind: read.listing.kind,
            title: read.listing.title,
            encoding: read.encoding,
            moved,
            entries,
            blank: read.listing.blank,
        }))
    }

    /// Reads the first few articles of a list page.
    async fn try_articles(&self, source: &Source, entries: &mut [TriedEntry]) {
        let SourceForm::Page(by) = &source.form else { return };
        if by.article.is_empty() {
            return;
        }
        let linked = entries.iter_mut().filter(|e| !e.link.is_empty());
        for entry in linked.take(ARTICLES_TRIED) {
            tokio::time::sleep(self.settings.spacing).await;
            match self.article(&entry.link, &by.article).await {
                Ok(text) => entry.summary = text,
                Err(says) => entry.article = Err(says),
            }
        }
    }

    /// Reads the address as a feed on trial: the configured source of this address where there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn try_url(&self, url: &str) -> Result<Result<Tried, SourceSays>, StoreError> {
        // A person who may try addresses may not thereby read the machine's files.
        let configured = self.sources.iter().find(|s| s.url == url || s.id.0 == url);
        match configured {
            Some(source) => self.try_source(source).await,
            None if super::web_address(url).is_err() => {
                Ok(Err(SourceSays::BadAddress(url.to_owned())))
            }
            None => self.try_source(&feed_at(url)).await,
        }
    }
}

/// A feed at this address, as it would be configured.
#[must_use]
pub fn feed_at(url: &str) -> Source {
    Source {
        id: SourceId("trial".to_owned()),
        title: url.to_owned(),
        url: url.to_owned(),
        form: SourceForm::Feed,
        every: Duration::from_mins(30),
        first_poll: 5,
    }
}
