//! The accounts as an operator connects them: which there are, and whether one works.

use super::AppError;
use super::ready::connector;
use crate::clock::{Clock, SystemClock};
use crate::config::{Account, AccountSettings, Config, OnlyChat};
use crate::connector::http::CallFailure;
use crate::connector::{Outgoing, SendFailure, webpush};
use crate::model::{Document, Lang, Platform};
use crate::text::Speak as _;
use crate::text::render;
use crate::text::say::operator::{ChannelLine, ChannelSays, ChannelTrouble, TroubleSays};
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
pub async fn test(config: &Config, name: &str, lang: Lang) -> Result<ChannelSays, AppError> {
    let Some(account) = config.accounts.iter().find(|a| a.id.0 == name) else {
        let known = config.accounts.iter().map(|a| a.id.to_string()).collect();
        return Err(failed(ChannelTrouble::NoAccount(name.to_owned(), known)));
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let account_name = account.id.to_string();
    if let AccountSettings::WebPush(settings) = &account.settings {
        return reached(account, settings, clock).await;
    }
    let connector = connector(account, clock.clone())?;
    let platform = account.settings.platform();
    let asked = connector.whoami().await.map_err(|failure| match (failure, platform) {
        (SendFailure::Misconfigured(said), Platform::OfficialAccount) => {
            failed(ChannelTrouble::Console(said))
        }
        (SendFailure::Misconfigured(said), Platform::Wecom) => failed(ChannelTrouble::App(said)),
        (SendFailure::Misconfigured(said), Platform::Email) => failed(ChannelTrouble::Hosts(said)),
        (other, _) => failed(trouble(other)),
    });
    if let Some(name) = asked? {
        let hook = format!("{}/hook/{}", config.office.public_url, account.id);
        return Ok(match platform {
            Platform::OfficialAccount => ChannelSays::Called { account: account_name, name, hook },
            Platform::Wecom => ChannelSays::App { account: account_name, name, hook },
            Platform::Email => ChannelSays::Mailbox { account: account_name, name },
            _ => ChannelSays::Known { account: account_name, name },
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

/// Tries the push services, which know nobody without a reader: whether they answer from here.
async fn reached(
    account: &Account,
    settings: &webpush::Settings,
    clock: Arc<dyn Clock>,
) -> Result<ChannelSays, AppError> {
    let push = webpush::alone(account.id.clone(), settings, clock);
    let push = push.map_err(|e| failed(ChannelTrouble::Settings(e.to_string())))?;
    let (answer, silent): (Vec<_>, Vec<_>) =
        push.reached().await.into_iter().partition(|(_, answer)| answer.is_ok());
    let told = |(host, answer): (String, Result<(), CallFailure>)| match answer {
        Ok(()) => host,
        Err(failure) => format!("{host} ({failure})"),
    };
    let (answer, silent): (Vec<_>, Vec<_>) =
        (answer.into_iter().map(told).collect(), silent.into_iter().map(told).collect());
    if answer.is_empty() && !silent.is_empty() {
        return Err(failed(ChannelTrouble::Unreached(silent.join(", "))));
    }
    Ok(ChannelSays::Reached { account: account.id.to_string(), answer, silent })
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
        SendFailure::Partly { left_out, .. } => T::Message(left_out),
    }
}
