//! The accounts: which there are, whether one works, and how one is added or taken out.

use super::ask::{self, Somebody, somebody};
use super::connect::{Add, add};
use super::{Configured, runtime, say};
use clap::{Args, Subcommand};
use tongxin::app::connect::{Confirmed, removal};
use tongxin::app::{AppError, channels};
use tongxin::model::Lang;
use tongxin::text::Speak as _;
use tongxin::text::say::operator::{AskSays, ConnectSays, ConnectTrouble, TroubleSays};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Channel {
    List(Configured),
    Test(Test),
    Add(Box<Add>),
    Remove(Remove),
}

/// Which account is tried.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    configured: Configured,
    account: String,
}

/// Which account is taken out.
#[derive(Debug, Args)]
pub(super) struct Remove {
    #[command(flatten)]
    configured: Configured,
    account: String,
    #[arg(long)]
    yes: bool,
    #[arg(long)]
    dry_run: bool,
}

/// Does it, and says what came of it.
pub(super) fn run(what: &Channel, lang: Lang) -> Result<(), AppError> {
    let says = match what {
        Channel::List(configured) => channels::list(&configured.load()?),
        Channel::Test(Test { configured, account }) => {
            let config = configured.load()?;
            runtime()?.block_on(channels::test(&config, account))?
        }
        Channel::Add(what) => return add(what, lang),
        Channel::Remove(what) => return remove(what, lang),
    };
    say(&says.say(lang))
}

fn remove(what: &Remove, lang: Lang) -> Result<(), AppError> {
    let sheet = what.configured.sheet()?;
    let runtime = runtime()?;
    let removal = runtime.block_on(removal(&sheet, &what.account, lang))?;
    if what.dry_run || !what.yes {
        say(&removal.would().say(lang))?;
    }
    if what.dry_run {
        return Ok(());
    }
    if !what.yes {
        if somebody() == Somebody::Nobody {
            return Err(TroubleSays::Connect(ConnectTrouble::Unconfirmed).into());
        }
        let typed = ask::line(&AskSays::Remove(what.account.clone()), lang)?;
        if typed.is_none_or(|typed| !typed.eq_ignore_ascii_case("yes")) {
            say(&ConnectSays::LeftAlone.say(lang))?;
            return Ok(());
        }
    }
    say(&runtime.block_on(removal.carry_out(Confirmed))?.say(lang))
}
