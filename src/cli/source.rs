//! Reading a source on trial.

use super::{runtime, say};
use clap::Args;
use std::sync::Arc;
use tongxin::app::{self, AppError};
use tongxin::model::{Selectors, SourceForm};
use tongxin::rounds::feeds::feed_at;

/// What is read.
#[derive(Debug, Args)]
pub(super) struct Try {
    /// Where it is read: a feed, or a list page with `--item`.
    url: String,
    /// For a list page: the CSS selector of one entry.
    #[arg(long)]
    item: Option<String>,
    /// The selector of the title within an entry; the link's text where left out.
    #[arg(long, default_value = "")]
    title: String,
    /// The selector of the link within an entry; the first link where left out.
    #[arg(long, default_value = "")]
    link: String,
    /// The selector of the date within an entry.
    #[arg(long, default_value = "")]
    date: String,
    /// The selector of the text on the linked page; the page is not read where left out.
    #[arg(long, default_value = "")]
    article: String,
}

/// Reads it and shows what would be taken.
pub(super) fn run(what: &Try) -> Result<(), AppError> {
    let mut source = feed_at(&what.url);
    if let Some(item) = &what.item {
        source.form = SourceForm::Page(Selectors {
            item: item.clone(),
            title: what.title.clone(),
            link: what.link.clone(),
            date: what.date.clone(),
            article: what.article.clone(),
        });
    }
    let told = runtime()?.block_on(app::trial::read(Arc::new(source), &std::env::temp_dir()))?;
    say(&told);
    Ok(())
}
