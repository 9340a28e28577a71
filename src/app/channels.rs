//! The accounts as an operator connects them: which there are, and whether one works.

use super::AppError;
use super::ready::accounts_apart;
use crate::clock::{Clock, SystemClock};
use crate::config::{Account, Config};
use crate::connector::{Outgoing, SendFailure};
use crate::model::{Document, Lang, Platform};
use crate::text::Speak as _;
use crate::text::render;
use crate::text::say::operator::{ChannelLine, ChannelSays, ChannelTrouble, TroubleSays};
use std::sync::Arc;

/// Which accounts there are.
#[must_use]
pub fn list(config: &Config) -> ChannelSays {
    let topics = |account: &Account| {
        let chat = account.only_chat.as_ref()?;
        let topics = chat.topics.iter().map(|t| t.0.clone()).collect();
        Some((chat.title.clone(), topics))
    };
    let line = |account: &Account| ChannelLine {
        account: account.id.to_string(),
        platform: account.settings.platform().name(),
        chat: topics(account),
    };
    ChannelSays::List(config.accounts.iter().map(line).collect())
}

/// Tries the account of this name: a test message where it has one group alone, and otherwise the question who it
/// is. Nothing is kept of it, and a daemon that is running is not asked.
///
/// # Errors
/// When it does not work: why, and what to do.
pub async fn test(config: &Config, name: &str, lang: Lang) -> Result<ChannelSays, AppError> {
    let Some(account) = config.accounts.iter().find(|a| a.id.0 == name) else {
        let known = config.accounts.iter().map(|a| a.id.to_string()).collect();
        return Err(failed(ChannelTrouble::NoAccount(name.to_owned(), known)));
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let accounts = accounts_apart(config, &clock)?;
    let account_name = account.id.to_string();
    let connector = accounts.iter().map(|(connector, _)| connector);
    let Some(connector) = connector.into_iter().find(|c| *c.account() == account.id) else {
        return Ok(list(config));
    };
    let mailbox = account.settings.platform() == Platform::Email;
    let asked = connector.whoami().await.map_err(|failure| match failure {
        SendFailure::Misconfigured(said) if mailbox => failed(ChannelTrouble::Hosts(said)),
        SendFailure::Misconfigured(said) if account.only_chat.is_some() => {
            failed(ChannelTrouble::Console(said))
        }
        other => failed(trouble(other)),
    });
    if let Some(name) = asked? {
        let hook = format!("{}/hook/{}", config.office.public_url, account.id);
        return Ok(match account.only_chat {
            Some(_) => ChannelSays::Called { account: account_name, name, hook },
            None if mailbox => ChannelSays::Mailbox { account: account_name, name },
            None => ChannelSays::Known { account: account_name, name },
        });
    }
    let Some((to, chat)) = connector.only_chat().zip(account.only_chat.as_ref()) else {
        return Ok(list(config));
    };
    let says = ChannelSays::Message { office: config.office.name.clone() };
    let document = Document::plain(&says.say(chat.lang));
    for part in render(&document, &connector.size(to.kind)) {
        let message = Outgoing {
            to: to.clone(),
            part: Arc::new(part),
            buttons: Arc::default(),
            reply_to: None,
            topic: None,
            once: clock.fresh().simple().to_string(),
        };
        connector.send(&message).await.map_err(|e| failed(trouble(e)))?;
    }
    tracing::debug!(account = name, lang = lang.tag(), "a test message was taken");
    Ok(ChannelSays::Taken { account: account_name, chat: chat.title.clone() })
}

fn failed(trouble: ChannelTrouble) -> AppError {
    TroubleSays::Channel(trouble).into()
}

fn trouble(failure: SendFailure) -> ChannelTrouble {
    use ChannelTrouble as T;
    match failure {
        SendFailure::Wait { span, .. } => T::Wait(span.as_secs().max(1)),
        SendFailure::Transient(said) => T::Unreached(said),
        SendFailure::Moved(to) => T::Gone(to.chat),
        SendFailure::Rejected(said) => T::Message(said),
        SendFailure::Gone(said) => T::Gone(said),
        SendFailure::Blocked(said) => T::Blocked(said),
        SendFailure::Misconfigured(said) => T::Settings(said),
        SendFailure::Unknown(said) => T::Unanswered(said),
    }
}
