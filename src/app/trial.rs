//! Reading a source on trial from the command line, over a store that is thrown away.

use super::AppError;
use crate::clock::{Clock, SystemClock};
use crate::metrics::Metrics;
use crate::model::{Lang, Source};
use crate::rounds::feeds::{Feeds, Settings};
use crate::rounds::trials::told;
use crate::store::Store;
use crate::store::sled::{self, SledStore};
use crate::text::Speak as _;
use crate::text::say::operator::TroubleSays;
use std::sync::Arc;

/// What would be read of a source, in words.
///
/// # Errors
/// When it cannot be read; the error says why.
pub async fn read(
    source: Arc<Source>,
    lang: Lang,
    temporary: &std::path::Path,
) -> Result<String, AppError> {
    let dir = temporary.join(format!("tongxin-trial-{}", SystemClock.fresh().simple()));
    let store = Arc::new(SledStore::open(&dir, &sled::Settings::default())?);
    let done = read_over(store.clone(), &source, lang).await;
    let closed = store.close();
    let removed = std::fs::remove_dir_all(&dir);
    let told = done?;
    closed?;
    removed?;
    Ok(told)
}

async fn read_over(store: Arc<dyn Store>, source: &Source, lang: Lang) -> Result<String, AppError> {
    let settings = Settings::default();
    let zone = settings.zone;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new());
    let feeds = Feeds::new(store, clock, vec![source.clone()], settings, metrics)
        .map_err(|e| TroubleSays::SourcesImpossible(e.to_string()))?;
    match feeds.try_source(source).await? {
        Ok(tried) => Ok(told(&source.url, tried, zone).say(lang)),
        Err(says) => Err(TroubleSays::Source(says).into()),
    }
}
