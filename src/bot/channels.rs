//! What staff do about channels: see how the accounts do, try one, read how one is connected, and connect a group by a
//! code.

use super::{Deed, Heard, Talk};
use crate::connector::{Connector, SendFailure, called_at, diagnose};
use crate::desk::{AccountLine, DeskError, PAIRING_HOLDS, Saying};
use crate::model::{AccountId, At, ChatKind, Code, Platform};
use crate::text::Speak as _;
use crate::text::command::{Command, Verb};
use crate::text::say::{
    AccountSays, AccountSaysLine, ChannelRefusal, MistakeSays, Refusal, StandsSays, platform_called,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The accounts, by their names.
type Accounts = HashMap<AccountId, Arc<dyn Connector>>;

/// Hears what is about channels.
pub(super) async fn hears(
    talk: &mut Talk<'_>,
    deed: &Deed,
    accounts: &Accounts,
) -> Result<Heard, DeskError> {
    let Deed::Command(command) = deed else { return Ok(Heard::NotMine) };
    match command {
        Command::Channels => {
            talk.alone()?;
            let lines = talk.desk.accounts(&talk.call).await?;
            let lines = lines.into_iter().filter_map(|line| says(talk, line, accounts)).collect();
            talk.say(&AccountSays::Lines(lines))?;
        }
        Command::ChannelTest { account } => {
            talk.alone()?;
            let to = &talk.inbound.chat;
            let account = talk.desk.try_account(&mut talk.call, account, to).await?;
            talk.say(&AccountSays::Trying(account.0))?;
        }
        Command::Connect { platform } => {
            talk.alone()?;
            talk.desk.connects(&talk.call)?;
            let says = connect(talk, platform, accounts)?;
            talk.say(&says)?;
        }
        Command::Pair { what } if talk.inbound.chat.kind == ChatKind::Direct => {
            let (code, topics) = talk.desk.pairing(&mut talk.call, what)?;
            let minutes = PAIRING_HOLDS.as_secs() / 60;
            let says = AccountSays::Code { code: code.to_string(), topics, minutes };
            talk.say_code(&says)?;
        }
        Command::Pair { what } => pair(talk, what).await?,
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}

/// Connects this group by a code.
async fn pair(talk: &mut Talk<'_>, what: &str) -> Result<(), DeskError> {
    talk.pushes()?;
    let code = Code::parse(what).ok_or(Refusal::Mistake(MistakeSays::Usage(Verb::Pair)))?;
    let rank = talk.rank().await;
    let (chat, title) = (&talk.inbound.chat, talk.inbound.chat_title.clone());
    let paired = talk.desk.pair(&mut talk.call, (chat, &title), rank, &code).await?;
    let topics = paired.topics.clone();
    talk.say(&AccountSays::Paired { topics })?;
    if let Some((to, lang)) = paired.tell {
        let says = AccountSays::PairedThere { title, topics: paired.topics };
        talk.desk.say_to(&mut talk.call, &to, Saying::of(says.doc(lang)));
    }
    Ok(())
}

fn connect(talk: &Talk<'_>, typed: &str, accounts: &Accounts) -> Result<AccountSays, Refusal> {
    if typed.trim().is_empty() {
        return Ok(AccountSays::Platforms);
    }
    let platform = platform_called(typed).filter(|platform| *platform != Platform::Web);
    let platform = platform
        .ok_or_else(|| ChannelRefusal::NoSuchPlatform { typed: typed.trim().to_owned() })?;
    let mut known: Vec<String> = accounts
        .values()
        .filter(|connector| connector.platform() == platform)
        .map(|connector| connector.account().to_string())
        .collect();
    known.sort();
    // Where there is one, it is meant.
    let name = known.first().map_or_else(|| platform.name(), String::as_str);
    let hook = called_at(&talk.desk.office().public_url, name);
    Ok(AccountSays::Steps { platform, hook, accounts: known })
}

fn says(talk: &Talk<'_>, line: AccountLine, accounts: &Accounts) -> Option<AccountSaysLine> {
    let platform = accounts.get(&line.account)?.platform();
    let local = |at: At| at.utc().with_timezone(&talk.desk.office().zone).naive_local();
    let taken = line.state.as_ref().and_then(|state| state.taken);
    let shut = line.state.and_then(|state| state.shut);
    let stands = match (shut, line.waits) {
        (Some(shut), _) => {
            let failure = SendFailure::Misconfigured(shut.reason);
            StandsSays::Shut(local(shut.since), diagnose(platform, &failure))
        }
        (None, Some(until)) => StandsSays::Waits(local(until)),
        (None, None) if taken.is_none() => StandsSays::Fresh,
        (None, None) => StandsSays::Works,
    };
    Some(AccountSaysLine {
        account: line.account.0,
        platform,
        stands,
        taken: taken.map(local),
        owed: line.owed,
        chats: line.chats,
    })
}
