//! Commands about posts and their pushes.

use super::keep::kept;
use super::{Configured, runtime, say};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use tongxin::app::AppError;
use tongxin::app::errands::{self, Errand, What};
use tongxin::app::ledger::Format;
use tongxin::model::Ruling;

/// What can be done about a post. All of it works while the daemon runs, and without it.
#[derive(Debug, Subcommand)]
pub(super) enum Posts {
    /// Tells what pushing a post costs: chats, messages, until when, and which quota it would break.
    #[command(after_help = "Example:\n  tongxin cost --config office.toml 7K3QD")]
    Cost(Named),
    /// Stops a push for a while.
    #[command(after_help = "Example:\n  tongxin pause --config office.toml 7K3QD")]
    Pause(Named),
    /// Lets a paused push go on.
    #[command(after_help = "Example:\n  tongxin resume --config office.toml 7K3QD")]
    Resume(Named),
    /// Takes a post back, and tells who has it.
    #[command(after_help = "Example:\n  tongxin cancel --config office.toml 7K3QD")]
    Cancel(Named),
    /// Tries again where a post failed, once the cause is mended.
    #[command(after_help = "Example:\n  tongxin retry --config office.toml 7K3QD")]
    Retry(Named),
    /// Lists the chats of which nobody knows whether they have a post.
    #[command(after_help = "Example:\n  tongxin held --config office.toml 7K3QD")]
    Held(Named),
    /// Says what became of a post in such a chat, or in all of them.
    #[command(
        after_help = "Examples:\n  tongxin settle --config office.toml 7K3QD --chat telegram:-100123 sent\n  tongxin settle --config office.toml 7K3QD --all resend"
    )]
    Settle {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        which: Which,
        /// What became of it, or is to become of it.
        how: How,
    },
    /// Tells the whole story of a post in one chat.
    #[command(after_help = "Example:\n  tongxin why --config office.toml 7K3QD telegram:-100123")]
    Why {
        #[command(flatten)]
        named: Named,
        /// The chat, by its title, code or address.
        #[arg(allow_hyphen_values = true)]
        chat: String,
    },
    /// Writes who got a post, who did not, and why: one line for each chat and revision.
    #[command(
        after_help = "Examples:\n  tongxin ledger --config office.toml 7K3QD --format jsonl\n  tongxin ledger --config office.toml 7K3QD --to ledger.csv"
    )]
    Ledger {
        #[command(flatten)]
        named: Named,
        /// How it is written.
        #[arg(long, default_value = "csv")]
        format: LedgerFormat,
        /// The file to write, which must not exist yet; printed where left out.
        #[arg(long)]
        to: Option<PathBuf>,
    },
}

/// A post, and the configuration.
#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    configured: Configured,
    /// The post's code, as `/queue` shows it.
    post: String,
}

/// Which chats are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// One chat, by its title, code or address.
    #[arg(long, allow_hyphen_values = true)]
    chat: Option<String>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum How {
    /// It arrived.
    Sent,
    /// It did not arrive, and is not sent again.
    Notsent,
    /// It is sent again, although it may have arrived.
    Resend,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LedgerFormat {
    /// Comma-separated values, as spreadsheets read them.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Does it.
pub(super) fn run(what: Posts) -> Result<(), AppError> {
    let (named, what) = match what {
        Posts::Cost(named) => (named, What::Cost),
        Posts::Pause(named) => (named, What::Pause),
        Posts::Resume(named) => (named, What::Resume),
        Posts::Cancel(named) => (named, What::Cancel),
        Posts::Retry(named) => (named, What::Retry),
        Posts::Held(named) => (named, What::Held),
        Posts::Why { named, chat } => (named, What::Why(chat)),
        Posts::Settle { named, which, how } => (named, What::Settle(which.chat, ruling(how))),
        Posts::Ledger { named, format, to } => return ledger(named, format, to.as_deref()),
    };
    let config = named.configured.load()?;
    kept(&config)?;
    say(&runtime()?.block_on(errands::run(&config, Errand { post: named.post, what }))?);
    Ok(())
}

const fn ruling(how: How) -> Ruling {
    match how {
        How::Sent => Ruling::Sent,
        How::Notsent => Ruling::NotSent,
        How::Resend => Ruling::Resend,
    }
}

fn ledger(named: Named, format: LedgerFormat, to: Option<&Path>) -> Result<(), AppError> {
    let config = named.configured.load()?;
    kept(&config)?;
    let format = match format {
        LedgerFormat::Csv => Format::Csv,
        LedgerFormat::Jsonl => Format::Jsonl,
    };
    let mut out = std::io::stdout();
    let written = errands::ledger(&config, named.post, (format, to), &mut out);
    if let Some(told) = runtime()?.block_on(written)? {
        say(&told);
    }
    Ok(())
}
