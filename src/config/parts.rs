//! What is set once: the office, its data, its pages, its logs, and how it delivers and hears.

use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::desk;
use crate::model::{Identity, Lang};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Whose program it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// What the office calls itself.
    pub name: String,
    /// The language in which it speaks to strangers.
    pub lang: Lang,
    /// Its time zone: of schedules, and of dates that are shown.
    pub zone: chrono_tz::Tz,
    /// The base of links to its pages, without a slash at the end.
    pub public_url: String,
    /// The first administrators.
    pub admins: Vec<Identity>,
}

/// Where what is kept is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// The data directory.
    pub dir: PathBuf,
    /// The directory of the keys; never inside the data directory, so that no backup holds both.
    pub keys: PathBuf,
    /// How much of the data is kept in memory, in MiB.
    pub cache_mb: u64,
}

/// The pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where they are served.
    pub listen: SocketAddr,
    /// Proxies whose word is taken for where a request came from.
    pub trusted_proxies: Vec<IpAddr>,
}

/// The logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// For whom they are written.
    pub format: LogFormat,
    /// From which level on.
    pub level: LogLevel,
}

/// For whom logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// For programs: one JSON object a line.
    Json,
}

/// From which level on something is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the levels of tracing")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// The name, as `tracing` knows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Choice for LogFormat {
    const EXPECTS: &'static str = "\"human\" or \"json\"";
    const NAMES: &'static [(&'static str, Self)] = &[("human", Self::Human), ("json", Self::Json)];
}

impl Choice for LogLevel {
    const EXPECTS: &'static str = "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"";
    const NAMES: &'static [(&'static str, Self)] = &[
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}

/// How deliveries are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How long a claimed delivery stays with the one who claimed it.
    pub lease: Duration,
    /// After so many failed attempts a delivery is given up.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each.
    pub retry_first: Duration,
    /// The longest wait between two attempts.
    pub retry_longest: Duration,
    /// How many deliveries of a post are planned in one commit.
    pub page: usize,
}

pub(super) fn office(section: &mut Section<'_>) -> Office {
    let name = section.get("name", Filled("同心".to_owned())).0;
    let lang = section.get("language", Lang::Zh);
    let zone = section.get("time_zone", chrono_tz::Asia::Shanghai);
    let url = section.get("public_url", WebAddress("http://127.0.0.1:8088".to_owned())).0;
    let admins = section.list("admins");
    if is_plain(&url) {
        section.warn(
            "public_url",
            format!("{url} is not encrypted: what people write there can be read on its way"),
        );
    }
    match admins.as_slice() {
        [] => section.warn("admins", "nobody is named: no one can grant a role, so nobody can work with it"),
        [_] => section.warn(
            "admins",
            "only one person is named: declining a suggestion needs a second one, grant the role lead to somebody",
        ),
        _ => {}
    }
    Office { name, lang, zone, public_url: url, admins }
}

/// Whether a web address is unencrypted and leads beyond this machine.
fn is_plain(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else { return false };
    let near = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !near
}

pub(super) fn data(section: &mut Section<'_>, base: &Path) -> Data {
    let dir = section.get("dir", Filled("data".to_owned())).0;
    let keys = section.get("keys", Filled("keys".to_owned())).0;
    let cache_mb = section.count("cache_mb", 64, 1..=1_048_576);
    let data = Data { dir: base.join(dir), keys: base.join(keys), cache_mb };
    let (dir, keys) = (whole(&data.dir), whole(&data.keys));
    if keys.starts_with(&dir) || dir.starts_with(&keys) {
        let what = "must lie apart from data.dir: whoever copies the data must not have the keys with them";
        section.wrong("keys", Wrong::new(what));
    }
    data
}

/// A path from the root on, links followed as far as it exists, without `.` and `..`.
fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut flat = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                flat.pop();
            }
            std::path::Component::CurDir => {}
            other => flat.push(other),
        }
    }
    let real = flat.ancestors().find_map(|there| Some((there, there.canonicalize().ok()?)));
    match real {
        Some((there, real)) => {
            flat.strip_prefix(there).map_or(flat.clone(), |rest| real.join(rest))
        }
        None => flat,
    }
}

pub(super) fn web(section: &mut Section<'_>) -> Web {
    let default = SocketAddr::from(([127, 0, 0, 1], 8088));
    Web { listen: section.get("listen", default), trusted_proxies: section.list("trusted_proxies") }
}

pub(super) fn log(section: &mut Section<'_>) -> Log {
    Log {
        format: section.get("format", LogFormat::Human),
        level: section.get("level", LogLevel::Info),
    }
}

pub(super) fn delivery(section: &mut Section<'_>) -> Delivery {
    let show = &super::setting::show_span;
    let lease = Duration::from_mins(2);
    let (first, longest) = (Duration::from_secs(5), Duration::from_mins(30));
    let hour = Duration::from_hours(1);
    let delivery = Delivery {
        lease: section.within("lease", lease, &(10 * SECOND..=hour), show),
        attempts: section.count("attempts", 12, 1..=100),
        retry_first: section.within("retry_first", first, &(SECOND..=hour), show),
        retry_longest: section.within("retry_longest", longest, &(SECOND..=DAY), show),
        page: section.count("page", 40, 1..=100),
    };
    if delivery.retry_longest < delivery.retry_first {
        section.wrong("retry_longest", Wrong::new("must not be shorter than retry_first"));
    }
    delivery
}

pub(super) fn suggestions(section: &mut Section<'_>) -> desk::Settings {
    let default = desk::Settings::default();
    let filled = |section: &mut Section<'_>, key, text| section.get(key, Filled(text)).0;
    desk::Settings {
        consent_zh: filled(section, "consent_zh", default.consent_zh),
        consent_en: filled(section, "consent_en", default.consent_en),
        draft_hours: section.count("draft_hours", default.draft_hours, 1..=720),
        respond_days: section.count("respond_days", default.respond_days, 1..=90),
        answer_days: section.count("answer_days", default.answer_days, 1..=366),
        question_days: section.count("question_days", default.question_days, 1..=90),
        claim_hours: section.count("claim_hours", default.claim_hours, 1..=720),
        withdrawn_days: section.count("withdrawn_days", default.withdrawn_days, 1..=90),
        max_chars: section.count("max_chars", default.max_chars, 100..=20_000),
    }
}
