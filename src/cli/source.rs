//! Reading a source on trial.

use super::{runtime, say};
use clap::Args;
use std::sync::Arc;
use tongxin::app::{self, AppError};
use tongxin::model::{Lang, Selectors, SourceForm};
use tongxin::rounds::feeds::feed_at;

/// What is read.
#[derive(Debug, Args)]
pub(super) struct Try {
    url: String,
    #[arg(long)]
    item: Option<String>,
    #[arg(long, requires = "item")]
    title: Option<String>,
    #[arg(long, requires = "item")]
    link: Option<String>,
    #[arg(long, requires = "item")]
    date: Option<String>,
    #[arg(long, requires = "item")]
    article: Option<String>,
}

/// Reads it and shows what would be taken.
pub(super) fn run(what: &Try, lang: Lang) -> Result<(), AppError> {
    let mut source = feed_at(&what.url);
    if let Some(item) = &what.item {
        source.form = SourceForm::Page(Selectors {
            item: item.clone(),
            title: what.title.clone().unwrap_or_default(),
            link: what.link.clone().unwrap_or_default(),
            date: what.date.clone().unwrap_or_default(),
            article: what.article.clone().unwrap_or_default(),
        });
    }
    let temporary = std::env::temp_dir();
    let told = runtime()?.block_on(app::trial::read(Arc::new(source), lang, &temporary))?;
    say(&told)
}
