//! The accounts: which there are, and whether one works.

use super::{Configured, runtime, say};
use clap::{Args, Subcommand};
use tongxin::app::{AppError, channels};
use tongxin::model::Lang;
use tongxin::text::Speak as _;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Channel {
    List(Configured),
    Test(Test),
}

/// Which account is tried.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    configured: Configured,
    account: String,
}

/// Does it, and says what came of it.
pub(super) fn run(what: &Channel, lang: Lang) -> Result<(), AppError> {
    let says = match what {
        Channel::List(configured) => channels::list(&configured.load()?),
        Channel::Test(Test { configured, account }) => {
            let config = configured.load()?;
            runtime()?.block_on(channels::test(&config, account, lang))?
        }
    };
    say(&says.say(lang));
    Ok(())
}
