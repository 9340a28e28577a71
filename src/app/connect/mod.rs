//! Connecting and disconnecting channels from the command line.
//!
//! **Invariant:** whenever this ends, the configuration is whole and can be used: as it was, or as it is to be. The
//! file of a secret is there before anything names it, and goes only after nothing names it any more. What is said
//! and logged holds no secret.

mod add;
mod files;
mod made;
mod remove;

pub use add::{How, Trial, add};
pub use made::made;
pub use remove::{Confirmed, Removal, removal};

use super::{AppError, control};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Account, Config, ConfigError, Draft, Overrides, with_account};
use crate::model::Platform;
use crate::text::say::operator::{ConfigSays, ConnectTrouble, DaemonSays, RemarkSays, TroubleSays};
use files::Place;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A configuration file as it stands, to be changed.
pub struct Sheet {
    file: PathBuf,
    text: String,
    config: Config,
    overrides: Overrides,
}

impl Sheet {
    /// Reads a file that is sound.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub fn open(file: &Path, overrides: Overrides) -> Result<Self, AppError> {
        let text = Config::text(file)?;
        let config = Config::of_text(file, &text, &overrides)?;
        Ok(Self { file: file.to_owned(), text, config, overrides })
    }

    /// What it says.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// A name for another account of this platform.
    #[must_use]
    pub fn free_name(&self, platform: Platform) -> String {
        let first = platform.name().to_owned();
        let others = (2..).map(|number| format!("{first}-{number}"));
        let mut names = std::iter::once(first.clone()).chain(others);
        names.find(|name| self.account(name).is_none()).unwrap_or(first)
    }

    fn account(&self, name: &str) -> Option<&Account> {
        self.config.accounts.iter().find(|account| account.id.0 == name)
    }

    /// What is wrong with one key of a draft, if anything: as the configuration has it.
    ///
    /// # Errors
    /// When the file is no longer TOML.
    pub fn wrong(&self, draft: &Draft, key: &str) -> Result<Option<ConfigSays>, AppError> {
        if key == "name" && self.account(&draft.name).is_some() {
            return Ok(Some(ConfigSays::NameTwice(draft.name.clone())));
        }
        let full = format!("account.{key}");
        match self.with(draft) {
            Ok(_) => Ok(None),
            Err(remarks) => Ok(remarks.into_iter().find(|r| r.key == full).map(|r| r.what)),
        }
    }

    /// What it is called.
    fn name(&self) -> String {
        self.file.display().to_string()
    }

    /// The place of the file, for us alone, where it still says what it said when it was opened.
    fn place(&self) -> Result<Place, AppError> {
        let place = Place::take(&self.file)?;
        if place.says(&self.text) {
            return Ok(place);
        }
        Err(trouble(ConnectTrouble::Changed(self.name())))
    }

    /// Whether a daemon runs over it now.
    fn daemon(&self) -> DaemonSays {
        let served = control::is_served(&self.config.data.dir);
        if served { DaemonSays::Runs } else { DaemonSays::None }
    }

    /// The configuration with this account in it, or what is wrong with it. Its secrets stand in a text that is
    /// nowhere but here.
    fn with(&self, draft: &Draft) -> Result<Config, Vec<RemarkSays>> {
        let text = with_account(&self.text, draft, (&BTreeMap::new(), ""));
        // It was TOML when it was opened.
        let text = text.unwrap_or_default();
        match Config::of_text(&self.file, &text, &self.overrides) {
            Ok(config) => Ok(config),
            Err(ConfigError::Wrong(remarks)) => Err(remarks),
            Err(ConfigError::Unreadable { .. }) => Err(Vec::new()),
        }
    }
}

/// A backup as it is shown: beside the file that was named, unless a link leads elsewhere.
fn shown(backup: &Path, file: &Path) -> String {
    let beside = files::beside(file, files::BACKUP);
    let same = beside.canonicalize().is_ok_and(|real| real == backup);
    if same { beside } else { backup.to_owned() }.display().to_string()
}

/// The day, as it stands in a comment.
fn today(config: &Config) -> String {
    let day = SystemClock.now().utc().with_timezone(&config.office.zone);
    day.date_naive().to_string()
}

fn trouble(trouble: ConnectTrouble) -> AppError {
    TroubleSays::Connect(trouble).into()
}
