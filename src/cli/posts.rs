//! Commands about posts and their pushes.

use super::keep::kept;
use super::{Configured, runtime, say};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use tongxin::app::AppError;
use tongxin::app::errands::{self, Errand, What};
use tongxin::app::ledger::Format;
use tongxin::model::{Lang, Ruling};

/// What can be done about a post. All of it works while the daemon runs, and without it.
#[derive(Debug, Subcommand)]
pub(super) enum Posts {
    Cost(Named),
    Pause(Named),
    Resume(Named),
    Cancel {
        #[command(flatten)]
        named: Named,
        #[arg(long)]
        published: bool,
    },
    Retry(Named),
    Held(Named),
    Settle {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        which: Which,
        how: How,
    },
    Why {
        #[command(flatten)]
        named: Named,
        #[arg(allow_hyphen_values = true)]
        chat: String,
    },
    Ledger {
        #[command(flatten)]
        named: Named,
        #[arg(long, default_value = "csv")]
        format: LedgerFormat,
        #[arg(long)]
        to: Option<PathBuf>,
    },
}

/// A post, and the configuration.
#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    configured: Configured,
    post: String,
}

/// Which chats are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    #[arg(long, allow_hyphen_values = true)]
    chat: Option<String>,
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum How {
    Sent,
    Notsent,
    Resend,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LedgerFormat {
    Csv,
    Jsonl,
}

/// Does it.
pub(super) fn run(what: Posts, lang: Lang) -> Result<(), AppError> {
    let (named, what) = match what {
        Posts::Cost(named) => (named, What::Cost),
        Posts::Pause(named) => (named, What::Pause),
        Posts::Resume(named) => (named, What::Resume),
        Posts::Cancel { named, published: false } => (named, What::Cancel),
        Posts::Cancel { named, published: true } => (named, What::TakeBack),
        Posts::Retry(named) => (named, What::Retry),
        Posts::Held(named) => (named, What::Held),
        Posts::Why { named, chat } => (named, What::Why(chat)),
        Posts::Settle { named, which, how } => (named, What::Settle(which.chat, ruling(how))),
        Posts::Ledger { named, format, to } => return ledger(named, (format, to.as_deref()), lang),
    };
    let config = named.configured.load()?;
    kept(&config)?;
    let errand = Errand { post: named.post, what };
    say(&runtime()?.block_on(errands::run(&config, errand, lang))?)
}

const fn ruling(how: How) -> Ruling {
    match how {
        How::Sent => Ruling::Sent,
        How::Notsent => Ruling::NotSent,
        How::Resend => Ruling::Resend,
    }
}

fn ledger(
    named: Named,
    (format, to): (LedgerFormat, Option<&Path>),
    lang: Lang,
) -> Result<(), AppError> {
    let config = named.configured.load()?;
    kept(&config)?;
    let format = match format {
        LedgerFormat::Csv => Format::Csv,
        LedgerFormat::Jsonl => Format::Jsonl,
    };
    let mut out = std::io::stdout();
    let written = errands::ledger(&config, named.post, (format, to), lang, &mut out);
    if let Some(told) = runtime()?.block_on(written)? {
        say(&told)?;
    }
    Ok(())
}
