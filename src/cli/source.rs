//! Reading a source on trial.

use super::{runtime, say};
use clap::{Args, ValueEnum};
use std::sync::Arc;
use tongxin::app::{self, AppError};
use tongxin::config;
use tongxin::model::{Lang, Selectors, SourceForm};
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
    #[arg(long, requires = "item")]
    title: Option<String>,
    /// The selector of the link within an entry; the first link where left out.
    #[arg(long, requires = "item")]
    link: Option<String>,
    /// The selector of the date within an entry.
    #[arg(long, requires = "item")]
    date: Option<String>,
    /// The selector of the text on the linked page; the page is not read where left out.
    #[arg(long, requires = "item")]
    article: Option<String>,
    /// The language of the report; that of the terminal where left out.
    #[arg(long, value_enum)]
    lang: Option<Tongue>,
}

/// The languages that can be asked for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tongue {
    Zh,
    En,
}

/// Reads it and shows what would be taken.
pub(super) fn run(what: &Try) -> Result<(), AppError> {
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
    let lang = match what.lang {
        Some(Tongue::Zh) => Lang::Zh,
        Some(Tongue::En) => Lang::En,
        None => config::terminal_lang(),
    };
    let temporary = std::env::temp_dir();
    let told = runtime()?.block_on(app::trial::read(Arc::new(source), lang, &temporary))?;
    say(&told);
    Ok(())
}
