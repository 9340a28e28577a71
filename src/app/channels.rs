//! The accounts as an operator connects them: which there are, and whether one works.

use super::AppError;
use super::control::{Ask, Asked};
use super::errands::{by_daemon, over_store};
use super::ready::{self, connector};
use crate::clock::{Clock, SystemClock};
use crate::config::{Account, AccountSettings, Backend, Config, OnlyChat};
use crate::connector::http::CallFailure;
use crate::connector::{called_at, diagnose, webpush};
use crate::desk::Desk;
use crate::model::{AccountId, Lang, Platform};
use crate::rounds::probes::{Probed, probe};
use crate::store::sled;
use crate::text::Speak as _;
use crate::text::say::operator::{ChannelLine, ChannelSays, ChannelTrouble, TroubleSays};
use crate::text::say::{Cause, DiagnosisSays};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which accounts there are.
#[must_use]
pub fn list(config: &Config) -> ChannelSays {
    let line = |account: &Account| ChannelLine {
        account: account.id.to_string(),
        platform: account.settings.platform().name(),
        chats: account.only_chat.iter().chain(&account.more_chats).map(topics).collect(),
    };
    ChannelSays::List(config.accounts.iter().map(line).collect())
}

fn topics(chat: &OnlyChat) -> (String, Vec<String>) {
    (chat.title.clone(), chat.topics.iter().map(|t| t.0.clone()).collect())
}

/// Tries the account of this name: a test message where it has one group alone, and otherwise the question who it
/// is. Nothing is kept of it, and a daemon that is running is not asked.
///
/// # Errors
/// When it does not work: why, and what to do.
pub async fn test(config: &Config, name: &str) -> Result<ChannelSays, AppError> {
    let Some(account) = config.accounts.iter().find(|a| a.id.0 == name) else {
        let known = config.accounts.iter().map(|a| a.id.to_string()).collect();
        return Err(failed(ChannelTrouble::NoAccount(name.to_owned(), known)));
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if let AccountSettings::WebPush(settings) = &account.settings {
        return reached(account, settings, clock).await;
    }
    let connector = connector(account, clock.clone())?;
    let lang = account.only_chat.as_ref().map_or(config.office.lang, |chat| chat.lang);
    let words = ChannelSays::Message { office: config.office.name.clone() }.doc(lang);
    let probed = probe(&*connector, &words, &clock.fresh().simple().to_string()).await;
    let account_name = account.id.to_string();
    match probed {
        Ok(Probed::Known(name)) => {
            let hook = called_at(&config.office.public_url, &account.id.0);
            Ok(ChannelSays::known(connector.platform(), (account_name, name), hook))
        }
        Ok(Probed::Taken) => {
            let chat = account.only_chat.as_ref().map(|chat| chat.title.clone());
            Ok(ChannelSays::Taken { account: account_name, chat: chat.unwrap_or_default() })
        }
        Ok(Probed::Own) => Ok(list(config)),
        Err(failure) => {
            Err(failed(ChannelTrouble::Refused(diagnose(connector.platform(), &failure))))
        }
    }
}

/// Tries the push services, which know nobody without a reader: whether they answer from here.
async fn reached(
    account: &Account,
    settings: &webpush::Settings,
    clock: Arc<dyn Clock>,
) -> Result<ChannelSays, AppError> {
    let push = webpush::alone(account.id.clone(), settings, clock);
    let push = push.map_err(|e| ready::impossible(account, e.to_string()))?;
    let (answer, silent): (Vec<_>, Vec<_>) =
        push.reached().await.into_iter().partition(|(_, answer)| answer.is_ok());
    let told = |(host, answer): (String, Result<(), CallFailure>)| match answer {
        Ok(()) => host,
        Err(failure) => format!("{host} ({failure})"),
    };
    let (answer, silent): (Vec<_>, Vec<_>) =
        (answer.into_iter().map(told).collect(), silent.into_iter().map(told).collect());
    if answer.is_empty() && !silent.is_empty() {
        return Err(failed(ChannelTrouble::Refused(DiagnosisSays {
            platform: Platform::WebPush,
            cause: Cause::Unreached,
            said: silent.join(", "),
        })));
    }
    Ok(ChannelSays::Reached { account: account.id.to_string(), answer, silent })
}

/// What is asked about an account of whoever has the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountAsk {
    /// What hangs on it, as JSON.
    Hanging(AccountId),
    /// End what was subscribed through it.
    End(AccountId),
}

/// Does it, for whoever operates the machine.
///
/// # Errors
/// When the store fails.
pub(super) async fn carry_out(desk: &Desk, ask: &AccountAsk) -> Result<String, AppError> {
    match ask {
        AccountAsk::Hanging(account) => {
            let hangs = desk.hanging(account).await?;
            Ok(serde_json::to_string(&hangs).map_err(std::io::Error::from)?)
        }
        AccountAsk::End(account) => {
            desk.end_account(account).await?;
            Ok(String::new())
        }
    }
}

/// Has it done by the running daemon, or else on the store; `None` where nothing was ever kept.
///
/// # Errors
/// When neither can do it.
pub(super) async fn asked(
    config: &Config,
    ask: AccountAsk,
    lang: Lang,
) -> Result<Option<String>, AppError> {
    let asked = Asked { ask: Ask::Account(ask.clone()), lang };
    if let Some(told) = by_daemon(config, &asked)? {
        return Ok(Some(told));
    }
    if matches!(config.data.store, Backend::Sled(_)) && !sled::has_store(&config.data.dir) {
        return Ok(None);
    }
    over_store(config, async |desk| carry_out(desk, &ask).await).await.map(Some)
}

fn failed(trouble: ChannelTrouble) -> AppError {
    TroubleSays::Channel(trouble).into()
}
