//! Putting an account into the configuration.
//!
//! In this order: it is checked as the configuration checks it, tried, its secrets are written, and only then the
//! configuration names it. Whoever dies in between leaves at most a file that nothing names, and finds it again by
//! doing the same once more.

use super::files::{Fresh, Kept, Place, hand_over};
use super::{AppError, Sheet, shown, today, trouble};
use crate::app::channels;
use crate::config::{Account, Config, Draft, with_account};
use crate::model::{Lang, Platform};
use crate::text::Speak as _;
use crate::text::say::operator::{ChannelSays, ConnectSays, ConnectTrouble, WrittenSays};
use std::collections::BTreeMap;

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is only told what would be written.
    DryRun,
    /// It is written.
    Write(Trial),
}

/// Whether an account is tried before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It is, and one that does not work is not written.
    First,
    /// It is not.
    LeftOut,
}

/// Puts an account into the configuration.
///
/// # Errors
/// When it cannot be used, does not work, or cannot be written: then the configuration is as it was.
pub async fn add(
    sheet: &Sheet,
    draft: &Draft,
    (how, lang): (How, Lang),
) -> Result<ConnectSays, AppError> {
    let config = admissible(sheet, draft)?;
    let trial = match how {
        How::DryRun => return would_add(sheet, draft),
        How::Write(trial) => trial,
    };
    let tried = match trial {
        Trial::LeftOut => None,
        Trial::First => {
            let tried = channels::test(&config, &draft.name).await;
            let tried = tried.map_err(|e| trouble(ConnectTrouble::Failed(e.say(lang))))?;
            Some(Box::new(tried))
        }
    };
    write(sheet, draft, tried)
}

/// The configuration with this account in it, where it may have it.
fn admissible(sheet: &Sheet, draft: &Draft) -> Result<Config, AppError> {
    if draft.platform == Platform::Web {
        return Err(trouble(ConnectTrouble::OwnPages));
    }
    if sheet.account(&draft.name).is_some() {
        return Err(trouble(ConnectTrouble::NameTaken(draft.name.clone())));
    }
    let config = sheet.with(draft).map_err(|remarks| {
        let bare = |key: &str| key.strip_prefix("account.").unwrap_or(key).to_owned();
        let wrong = remarks.into_iter().map(|remark| (bare(&remark.key), remark.what));
        trouble(ConnectTrouble::Wrong(wrong.collect()))
    })?;
    let new = config.accounts.iter().find(|account| account.id.0 == draft.name);
    match new.and_then(|new| twin(sheet, new)) {
        Some(other) => Err(trouble(ConnectTrouble::Twin(other))),
        None => Ok(config),
    }
}

/// The account that has something which must be the new one's alone.
fn twin(sheet: &Sheet, new: &Account) -> Option<String> {
    let own = new.settings.own();
    let same = |other: &&Account| other.settings.own().iter().any(|theirs| own.contains(theirs));
    sheet.config().accounts.iter().find(same).map(|other| other.id.to_string())
}

fn file_name(draft: &Draft, key: &str) -> String {
    format!("{}.{key}", draft.name)
}

fn would_add(sheet: &Sheet, draft: &Draft) -> Result<ConnectSays, AppError> {
    let keys = draft.secrets().map(|(key, _)| (key.to_owned(), file_name(draft, key)));
    let files: BTreeMap<String, String> = keys.collect();
    let lines = with_account("", draft, (&files, &today(sheet.config())));
    Ok(ConnectSays::WouldAdd {
        file: sheet.name(),
        lines: lines.map_err(std::io::Error::other)?,
        secrets: files.into_values().collect(),
    })
}

fn write(
    sheet: &Sheet,
    draft: &Draft,
    tried: Option<Box<ChannelSays>>,
) -> Result<ConnectSays, AppError> {
    let place = sheet.place()?;
    let mut kept = Vec::new();
    let done = written(sheet, draft, (&place, &mut kept));
    let (backup, owner) = done.inspect_err(|_| {
        for made in kept.iter().filter(|file| file.made == Fresh::Yes) {
            place.remove(&made.name);
        }
    })?;
    tracing::debug!(account.id = %draft.name, platform = draft.platform.name(), "an account was added");
    let secrets = kept.iter().map(|file| file.path.display().to_string()).collect();
    let (file, daemon) = (sheet.name(), sheet.daemon());
    let written = WrittenSays { file, backup, secrets, owner, daemon };
    Ok(ConnectSays::Added { tried, written, account: draft.name.clone() })
}

fn written(
    sheet: &Sheet,
    draft: &Draft,
    (place, kept): (&Place, &mut Vec<Kept>),
) -> Result<(String, Option<u32>), AppError> {
    let mut files = BTreeMap::new();
    for (key, secret) in draft.secrets() {
        let file = place.keep(&file_name(draft, key), secret)?;
        files.insert(key.to_owned(), file.name.clone());
        kept.push(file);
    }
    let owner = hand_over(sheet.config(), &sheet.file, kept);
    let text = with_account(&sheet.text, draft, (&files, &today(sheet.config())));
    let text = text.map_err(std::io::Error::other)?;
    // As the daemon will read it: from its files.
    Config::of_text(&sheet.file, &text, &sheet.overrides)?;
    let backup = place.replace(&sheet.text, &text)?;
    Ok((shown(&backup, &sheet.file), owner))
}
