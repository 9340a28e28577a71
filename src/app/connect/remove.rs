//! Taking an account out of the configuration.
//!
//! In this order: what hangs on it is shown, the configuration no longer names it, what was subscribed through it
//! ends, and the files of its secrets go. Whoever dies in between does it once more: an account that is no more in the
//! file and to which subscriptions still belong is taken for one that is being removed.

use super::{AppError, Sheet, shown, trouble};
use crate::app::channels::{self, AccountAsk};
use crate::config::{Config, Taken, without_account};
use crate::model::{AccountId, Lang};
use crate::text::Speak as _;
use crate::text::say::HangsSays;
use crate::text::say::operator::{
    ChannelTrouble, ConnectSays, ConnectTrouble, TroubleSays, WrittenSays,
};

/// An account that is to be taken out, and what hangs on it.
pub struct Removal<'a> {
    sheet: &'a Sheet,
    account: String,
    hangs: String,
    taken: Option<Taken>,
    lang: Lang,
}

/// Proof that somebody has read what hangs on it, and wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed;

/// What would become of an account that is taken out.
///
/// # Errors
/// When there is no such account, what hangs on it cannot be found out, or the configuration could not be used
/// without it.
pub async fn removal<'a>(
    sheet: &'a Sheet,
    name: &str,
    lang: Lang,
) -> Result<Removal<'a>, AppError> {
    let taken = without_account(&sheet.text, name).map_err(std::io::Error::other)?;
    let ask = AccountAsk::Hanging(AccountId(name.to_owned()));
    let told = channels::asked(sheet.config(), ask, lang).await;
    let told = told.map_err(|e| trouble(ConnectTrouble::Unread(e.say(lang))))?;
    let hangs: HangsSays = match told {
        Some(told) => serde_json::from_str(&told).map_err(std::io::Error::from)?,
        None => HangsSays::default(),
    };
    match &taken {
        Some(taken) => {
            Config::of_text(&sheet.file, &taken.text, &sheet.overrides)?;
        }
        None if hangs.chats.is_none() => {
            let known = sheet.config().accounts.iter().map(|a| a.id.to_string()).collect();
            let trouble = ChannelTrouble::NoAccount(name.to_owned(), known);
            return Err(TroubleSays::Channel(trouble).into());
        }
        None => {}
    }
    Ok(Removal { sheet, account: name.to_owned(), hangs: hangs.say(lang), taken, lang })
}

impl Removal<'_> {
    /// What is told before it is done.
    #[must_use]
    pub fn would(&self) -> ConnectSays {
        ConnectSays::WouldRemove {
            account: self.account.clone(),
            hangs: self.hangs.clone(),
            file: self.sheet.name(),
            secrets: self.ours(),
        }
    }

    /// The files of its secrets that are ours, and of no other account.
    fn ours(&self) -> Vec<String> {
        let Some(taken) = &self.taken else { return Vec::new() };
        let named = |file: &&String| {
            let quoted = [format!("\"{file}\""), format!("'{file}'")];
            !quoted.iter().any(|quoted| taken.text.contains(quoted))
        };
        taken.ours.iter().filter(named).cloned().collect()
    }

    /// Does it.
    ///
    /// # Errors
    /// When the configuration cannot be written: then it is as it was. When the subscriptions could not be ended:
    /// then doing it once more ends them.
    pub async fn carry_out(self, _: Confirmed) -> Result<ConnectSays, AppError> {
        let place = self.sheet.place()?;
        let backup = match &self.taken {
            Some(taken) => Some(place.replace(&self.sheet.text, &taken.text)?),
            None => None,
        };
        let end = AccountAsk::End(AccountId(self.account.clone()));
        channels::asked(self.sheet.config(), end, self.lang).await?;
        let Some(backup) = backup else {
            return Ok(ConnectSays::Finished { account: self.account, hangs: self.hangs });
        };
        let backup = shown(&backup, &self.sheet.file);
        let ours = self.ours();
        let gone = ours.iter().filter_map(|name| place.remove(name));
        let secrets = gone.map(|path| path.display().to_string()).collect();
        tracing::debug!(account.id = %self.account, "an account was removed");
        let (file, daemon) = (self.sheet.name(), self.sheet.daemon());
        let written = WrittenSays { file, backup, secrets, owner: None, daemon };
        let stay = self.taken.map(|taken| taken.others).unwrap_or_default();
        Ok(ConnectSays::Removed { account: self.account, hangs: self.hangs, written, stay })
    }
}
