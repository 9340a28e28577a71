//! The configuration: a file, then the environment, then flags.
//!
//! **Invariant:** nothing starts with a configuration that has a mistake, and every mistake that can be
//! found is told at once, each with its place, its key and what was probably meant.
//!
//! A variable `TONGXIN__WEB__LISTEN` stands for `listen` in `[web]`, and `TONGXIN__ACCOUNT__TELEGRAM__TOKEN` for
//! `token` in the `[[account]]` named `telegram`. Paths are counted from the directory of the file.

mod by_hand;
mod channels;
mod dingtalk;
mod email;
mod feishu;
mod hooks;
mod meant;
pub mod needs;
mod news;
mod official;
mod parts;
mod quotas;
mod remark;
mod robots;
mod section;
mod setting;
mod tongue;
mod tree;
mod triage;
mod webpush;
mod wecom;
mod wecombot;
mod written;

pub use channels::{Account, AccountSettings, Group, OnlyChat, Seat, WEB_ACCOUNT};
pub use parts::{
    Backend, Data, Delivery, Feeds, Log, LogFormat, Office, Reader, Retention, Web, Worker,
};
pub use remark::{ConfigError, Remark};
pub use tongue::{lang_of_locale, operator_lang};
pub use written::{Draft, Given as GivenFor, Taken, with_account, without_account};

use crate::desk;
use crate::model::{AccountId, Source, SourceId, Topic};
use crate::text::say::operator::{BrowsersSays, ConfigSays, PlaceSays};
use remark::{Origin, Wrong, nearest};
use section::{Report, Section};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The configuration that ships with the program: every key, with its default and what it means.
pub const DEFAULT: &str = include_str!("../../config/default.toml");

/// Everything that an operator sets.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose program it is.
    pub office: Office,
    /// Where what is kept is kept.
    pub data: Data,
    /// The pages.
    pub web: Web,
    /// The logs.
    pub log: Log,
    /// How suggestions are handled.
    pub suggestions: desk::Settings,
    /// How failures to deliver are dealt with.
    pub delivery: Delivery,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// How sources are asked.
    pub feeds: Feeds,
    /// How this process takes part, where several work over one store.
    pub worker: Worker,
    /// The accounts on platforms, besides the program's own pages.
    pub accounts: Vec<Account>,
    /// The groups on the program's own pages.
    pub groups: Vec<Group>,
    /// Who of the staff works in a browser.
    pub seats: Vec<Seat>,
    /// Where news comes from.
    pub sources: Vec<Source>,
    /// What subscribers can choose.
    pub topics: Vec<Topic>,
    /// What is allowed, and probably not meant.
    pub warnings: Vec<Remark>,
    /// What took effect, as TOML, secrets masked.
    effective: String,
    /// Every key there is, with its sections.
    keys: BTreeSet<String>,
}

/// What the command line says over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data`: the data directory.
    pub data: Option<PathBuf>,
    /// `--listen`: where the pages are served.
    pub listen: Option<SocketAddr>,
}

/// All that a configuration is read from.
#[derive(Clone, Debug)]
pub struct Given<'a> {
    /// The file's name, for remarks; paths are counted from its directory.
    pub file: &'a Path,
    /// What it says.
    pub text: &'a str,
    /// The variables of the environment; only those of ours are looked at.
    pub variables: Vec<(String, String)>,
    /// The command line.
    pub overrides: Overrides,
}

impl Config {
    /// Reads a file, this process's environment, and flags.
    ///
    /// # Errors
    /// When the file cannot be read, or anything in file, environment or flags is wrong.
    pub fn load(file: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        Self::of_text(file, &Self::text(file)?, overrides)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no text.
    pub fn text(file: &Path) -> Result<String, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: file.to_owned(), source };
        text_of(file, std::fs::read(file).map_err(unreadable)?)
    }

    /// Reads what a file says or would say, this process's environment, and flags.
    ///
    /// # Errors
    /// When anything in file, environment or flags is wrong.
    pub fn of_text(file: &Path, text: &str, overrides: &Overrides) -> Result<Self, ConfigError> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect();
        Self::read(Given { file, text, variables, overrides: overrides.clone() })
    }

    /// Reads what was given.
    ///
    /// # Errors
    /// When anything is wrong: all the mistakes that were found.
    pub fn read(given: Given<'_>) -> Result<Self, ConfigError> {
        let file = given.file.display().to_string();
        let mut report = Report { file, ..Report::default() };
        let mut root = match tree::parse(given.text, &report.file) {
            Ok(root) => root,
            Err(remark) => return Err(ConfigError::Wrong(vec![*remark])),
        };
        for (name, value) in given.variables {
            if name.starts_with(tree::PREFIX)
                && let Err(remark) = tree::set_variable(&mut root, &name, value)
            {
                report.mistakes.push((Origin::Variable(name), *remark));
            }
        }
        given.overrides.apply(&mut root);
        let base = given.file.parent().map_or_else(PathBuf::new, Path::to_owned);
        let mut config = sections(Section::root(&mut report, root), &base);
        if !report.mistakes.is_empty() {
            return Err(ConfigError::Wrong(in_order(report.mistakes)));
        }
        config.effective.push_str(report.effective.trim_start());
        config.keys = report.asked;
        config.warnings = in_order(report.warnings);
        // Whoever has a seat works with it, whether anybody is named or not.
        if config.seats.iter().any(|seat| !seat.roles.is_empty()) {
            config.warnings.retain(|warning| warning.what != ConfigSays::NobodyNamed);
        }
        Ok(config)
    }

    /// What took effect, as TOML; secrets are masked.
    #[must_use]
    pub fn effective_toml(&self) -> &str {
        &self.effective
    }

    /// Every key that was asked for, with its sections: `topic.section.title`.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// What the desk knows of the office.
    #[must_use]
    pub fn desk_office(&self) -> desk::Office {
        desk::Office {
            name: self.office.name.clone(),
            lang: self.office.lang,
            zone: self.office.zone,
            public_url: self.office.public_url.clone(),
            admins: self.office.admins.clone(),
            topics: self.topics.clone(),
            sources: self.sources.clone(),
            suggestions: self.suggestions.clone(),
            kept: by_hand::kept(&self.accounts),
            brings: self.brings(),
        }
    }

    /// The accounts whose readers the office brings along.
    #[must_use]
    pub fn brings(&self) -> Vec<AccountId> {
        let brings = |account: &&Account| match &account.settings {
            AccountSettings::Email(it) => !it.known.addresses.is_empty(),
            _ => false,
        };
        self.accounts.iter().filter(brings).map(|account| account.id.clone()).collect()
    }
}

/// The text of a file.
fn text_of(file: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes).map_err(|e| {
        let sound = String::from_utf8_lossy(&e.as_bytes()[..e.utf8_error().valid_up_to()]);
        let line = sound.matches('\n').count() + 1;
        ConfigError::Wrong(vec![Remark {
            place: PlaceSays::Line(file.display().to_string(), line),
            key: String::new(),
            what: ConfigSays::NotUtf8,
            nearest: None,
        }])
    })
}

impl Overrides {
    fn apply(self, root: &mut tree::Table) {
        // Counted from where the command is typed, not from the file.
        let data = self.data.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
        let data = data.map(|dir| dir.to_string_lossy().into_owned());
        let listen = self.listen.map(|address| address.to_string());
        let flags = [("--data", ["data", "dir"], data), ("--listen", ["web", "listen"], listen)];
        for (flag, path, value) in flags {
            if let Some(value) = value {
                tree::set(root, &path, value, Origin::Flag(flag));
            }
        }
    }
}

/// Remarks in the order of the file; those on variables and flags behind them.
fn in_order(mut remarks: Vec<(Origin, Remark)>) -> Vec<Remark> {
    let line = |origin: &Origin| if let Origin::Line(line) = origin { *line } else { usize::MAX };
    remarks.sort_by_key(|(origin, _)| line(origin));
    remarks.into_iter().map(|(_, remark)| remark).collect()
}

/// Reads every section, and what they say of each other.
fn sections(mut root: Section<'_>, base: &Path) -> Config {
    let office = root.table("office", "office", parts::office);
    let data = root.table("data", "data", |s| parts::data(s, base));
    let web = root.table("web", "web", |s| parts::web(s, base, &office.public_url));
    let log = root.table("log", "log", parts::log);
    let mut suggestions = root.table("suggestions", "suggestions", parts::suggestions);
    root.table("triage", "triage", |s| triage::triage(s, &mut suggestions));
    suggestions.calendar =
        root.table("calendar", "calendar", |s| triage::calendar(s, &suggestions.calendar));
    let delivery = root.table("delivery", "delivery", parts::delivery);
    let retention = root.table("retention", "retention", parts::retention);
    let feeds = root.table("feeds", "feeds", parts::feeds);
    let worker = root.table("worker", "worker", parts::worker);
    let mut names = Names::default();
    let (sources, topics) = news(&mut root, base, &office, &mut names);
    let accounts = root.tables("account", "account", |s| {
        let about = (base, office.public_url.as_str(), office.lang);
        let (name, account) = channels::account(s, about, &names);
        names.once(s, "account", "name", &name);
        let pushes = |a: &Account| matches!(a.settings, AccountSettings::WebPush(_));
        if account.as_ref().is_some_and(pushes) && !names.0.insert(("web-push", String::new())) {
            s.wrong("platform", Wrong::new(ConfigSays::Browsers(BrowsersSays::OnePush)));
        }
        // They have pages as our own groups have, under the same addresses.
        if let Some(AccountSettings::ByHand(settings, _)) = account.as_ref().map(|a| &a.settings) {
            settings.groups.iter().for_each(|group| names.once(s, "group", "group", &group.id));
        }
        account
    });
    let groups = root.tables("group", "group", |s| {
        let group = channels::group(s, office.lang, &names);
        names.once(s, "group", "id", &group.id);
        group
    });
    let seats = root.tables("seat", "seat", |s| {
        let seat = channels::seat(s)?;
        names.once(s, "seat", "name", &seat.name);
        if !names.0.insert(("token", format!("{:?}", seat.token))) {
            s.wrong("token_sha256", Wrong::new(ConfigSays::SecretTwice));
        }
        Some(seat)
    });
    let seats = seats.into_iter().flatten().collect();
    let accounts = accounts.into_iter().flatten().collect();
    root.finish();
    let (warnings, effective, keys) = (Vec::new(), String::new(), BTreeSet::new());
    Config {
        office,
        data,
        web,
        log,
        suggestions,
        delivery,
        retention,
        feeds,
        worker,
        accounts,
        groups,
        seats,
        sources,
        topics,
        warnings,
        effective,
        keys,
    }
}

/// Reads sources and topics.
fn news(
    root: &mut Section<'_>,
    base: &Path,
    office: &Office,
    names: &mut Names,
) -> (Vec<Source>, Vec<Topic>) {
    let sources = root.tables("source", "source", |s| {
        let source = news::source(s, base);
        names.once(s, "source", "id", &source.id.0);
        (source, s.origin("id"))
    });
    let topics = root.tables("topic", "topic", |s| {
        let topic = news::topic(s, office, names);
        names.once(s, "topic", "id", &topic.id.0);
        topic
    });
    let used: BTreeSet<&SourceId> =
        topics.iter().flat_map(|t| &t.sections).flat_map(|s| &s.sources).collect();
    for (source, origin) in sources.iter().filter(|(s, _)| !used.contains(&s.id)) {
        root.report.warn(origin, "source.id", ConfigSays::SourceUnused(source.id.0.clone()));
    }
    (sources.into_iter().map(|(source, _)| source).collect(), topics)
}

/// The names that were given, by what they name.
#[derive(Default)]
struct Names(BTreeSet<(&'static str, String)>);

impl Names {
    /// Remembers a name; a second one like it is a mistake.
    fn once(&mut self, section: &mut Section<'_>, of: &'static str, key: &str, name: &str) {
        if !name.is_empty() && !self.0.insert((of, name.to_owned())) {
            section.wrong(key, Wrong::new(ConfigSays::NameTwice(name.to_owned())));
        }
    }

    /// Refuses names that name nothing.
    fn exist(&self, section: &mut Section<'_>, of: &'static str, key: &str, names: &[String]) {
        for name in names.iter().filter(|name| !self.0.contains(&(of, (*name).clone()))) {
            let known =
                self.0.iter().filter(|(what, _)| *what == of).map(|(_, known)| known.as_str());
            let near = nearest(name, known);
            section.wrong(key, Wrong::new(ConfigSays::NothingNamed(of, name.clone())).or(near));
        }
    }
}
