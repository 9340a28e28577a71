//! Reads sources on trial for editors who asked, and tells them what was found.
//!
//! The asking is a record, so that a restart forgets no question; the answer and the question's end are one
//! commit.

use super::feeds::Feeds;
use super::feeds::Tried;
use crate::desk::{Desk, Saying};
use crate::model::{At, Changes, Document, Kind, Trial, Verdict, Versioned};
use crate::store::{Reads, Store, StoreError, typed};
use crate::text::Speak as _;
use crate::text::say::{TrialLine, TrialSays, TrialStanding};
use chrono_tz::Tz;
use std::sync::Arc;

/// How many questions are answered in one round.
const PAGE: usize = 5;

/// Reads sources on trial.
pub struct Trials {
    store: Arc<dyn Store>,
    desk: Desk,
    feeds: Arc<Feeds>,
}

impl Trials {
    /// Trials by this reader, answered through this desk.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, desk: Desk, feeds: Arc<Feeds>) -> Self {
        Self { store, desk, feeds }
    }

    /// Answers the questions that wait; when to look again, if some are left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let reads: &dyn Reads = &*self.store;
        let asked = reads.list(Kind::Trial, &[], None, PAGE).await?;
        let more = asked.len() == PAGE;
        for trial in asked {
            self.answer(&typed(trial)?).await?;
        }
        Ok(more.then(|| self.desk.now()))
    }

    async fn answer(&self, trial: &Versioned<Trial>) -> Result<(), StoreError> {
        let tried = self.feeds.try_url(&trial.url).await?;
        let zone = self.desk.office().zone;
        let words = match tried {
            Ok(tried) => told(&trial.url, tried, zone).say(trial.lang),
            Err(says) => says.say(trial.lang),
        };
        let mut changes = Changes::new();
        changes.remove(trial);
        self.desk.tell(&mut changes, &trial.to, Saying::of(Document::plain(&words)));
        self.store.commit(changes).await
    }
}

/// A trial in words, with times as the clock on the wall in `zone` shows them.
#[must_use]
pub fn told(url: &str, tried: Tried, zone: Tz) -> TrialSays {
    let entries = tried.entries.into_iter().map(|entry| TrialLine {
        title: entry.title,
        link: entry.link,
        published: entry.published.map(|at| at.utc().with_timezone(&zone).naive_local()),
        text: entry.article.map(|()| entry.summary),
        standing: match entry.verdict {
            Verdict::New => TrialStanding::New,
            Verdict::Archive => TrialStanding::Archive,
            Verdict::Same { .. } => TrialStanding::Known,
        },
    });
    TrialSays {
        url: url.to_owned(),
        kind: tried.kind.to_owned(),
        title: tried.title,
        encoding: tried.encoding.to_owned(),
        moved: tried.moved,
        entries: entries.collect(),
        blank: tried.blank,
    }
}
