//! What is set once: the office, its data, its pages, its logs, and how it delivers and hears.

use super::remark::{Wrong, nearest};
use super::section::Section;
use super::setting::{Choice, Filled, Setting, WebAddress, quoted, show_span};
use crate::connector::Secret;
use crate::desk;
use crate::model::{Identity, Lang};
use crate::store::{postgres, sled};
use crate::text::say::operator::{ConfigSays, Expects, PagesSays, SortingSays};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
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
    /// What keeps it, and how that is run.
    pub store: Backend,
}

/// What keeps what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded store, in the data directory.
    Sled(sled::Settings),
    /// A database, which several processes may share.
    Postgres(Box<postgres::Settings>),
}

/// The pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Where they are served.
    pub listen: SocketAddr,
    /// Where the address of a reader is taken from.
    pub reader: Reader,
    /// With this bearer token `/metrics` can be read from elsewhere; none: only on this machine.
    pub metrics_token: Option<Secret>,
    /// How many suggestions one address may submit within ten minutes.
    pub submissions: usize,
    /// How many browsers one address may have notified within ten minutes.
    pub browsers: usize,
    /// How many forms of any kind one address may send within a minute.
    pub forms: usize,
    /// How many pages may be shown live at once.
    pub live_pages: usize,
    /// A font for posters in place of the one that comes with the program.
    pub poster_font: Option<PathBuf>,
}

/// Where the address of a reader is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// From the connection: the program is reached directly.
    Peer,
    /// From the last entry of `X-Forwarded-For`: a reverse proxy of ours stands before the program.
    Forwarded,
}

impl Choice for Reader {
    const NAMES: &'static [(&'static str, Self)] =
        &[("peer", Self::Peer), ("forwarded", Self::Forwarded)];
}

/// How sources are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// One answer must be complete within this.
    pub timeout: Duration,
    /// The largest answer, in KiB, after decompression.
    pub size_max_kb: usize,
    /// The most redirects that are followed.
    pub redirects_max: usize,
    /// The time between two requests to one host.
    pub spacing: Duration,
    /// The longest back-off of a source that fails.
    pub back_off_max: Duration,
    /// How many linked articles are read in one poll of a list page.
    pub articles_max: usize,
    /// How many hosts are asked at once.
    pub parallel: usize,
}

/// The logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// For whom they are written.
    pub format: LogFormat,
    /// From which level on: `info`, or `info,tongxin::rounds=debug`.
    pub level: String,
}

/// For whom logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// For programs: one JSON object a line.
    Json,
}

impl Choice for LogFormat {
    const NAMES: &'static [(&'static str, Self)] = &[("human", Self::Human), ("json", Self::Json)];
}

/// The levels of a log.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// What is logged: a level, or several with the part of the program that each is for.
struct Level(String);

impl Setting for Level {
    fn expects() -> Expects {
        Expects::OneOf(LEVELS.to_vec())
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        for piece in text.split(',') {
            let level = piece.rsplit('=').next().unwrap_or_default().trim();
            if !LEVELS.contains(&level) {
                return Err(Wrong::not(level, Self::expects()).or(nearest(level, LEVELS)));
            }
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// How failures to deliver are dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The wait after the first failure; it doubles with each.
    pub retry_first: Duration,
    /// The longest wait between two attempts.
    pub retry_longest: Duration,
    /// After so many failed attempts a delivery is given up.
    pub attempts: u16,
    /// An account whose settings the platform refuses is tried again after this.
    pub probe: Duration,
    /// How long what is under way has to end when the program stops.
    pub stop: Duration,
    /// A post pauses itself when so many percent of its chats do not get it; 0 for never.
    pub pause_share: u16,
    /// … once so many were tried.
    pub pause_after: u64,
    /// How long deliveries are kept in detail after their post was over; then only counts of them stay.
    pub keep: Duration,
}

/// How long what is kept is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Posts, their editions and counts, after they were over.
    pub posts: Duration,
    /// Entries of sources, after they were seen.
    pub entries: Duration,
    /// Subscribers, after they ended.
    pub subscribers: Duration,
}

/// How this process takes part, where several work over one store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// What people call it; empty: the machine and the number of the process.
    pub name: String,
    /// How long a worker may be silent before others take over what it did.
    pub takeover: Duration,
}

pub(super) fn worker(section: &mut Section<'_>) -> Worker {
    let span = 15 * SECOND;
    Worker {
        name: section.get("name", String::new()),
        takeover: section.within("takeover", span, &(3 * SECOND..=HOUR), &show_span),
    }
}

pub(super) fn office(section: &mut Section<'_>) -> Office {
    let name = section.get("name", Filled("同心".to_owned())).0;
    let lang = section.get("language", Lang::Zh);
    let zone = section.get("time_zone", chrono_tz::Asia::Shanghai);
    let url = section.get("public_url", WebAddress("http://127.0.0.1:8088".to_owned())).0;
    let admins = section.list("admins");
    if let Some(root) = beyond_its_root(&url) {
        section
            .wrong("public_url", Wrong::new(ConfigSays::Pages(PagesSays::SitePath)).or(Some(root)));
    }
    if is_plain(&url) {
        section.warn("public_url", ConfigSays::PlainSite(url.clone()));
    }
    match admins.as_slice() {
        [] => section.warn("admins", ConfigSays::NobodyNamed),
        [_] => section.warn("admins", ConfigSays::OnePersonNamed),
        _ => {}
    }
    Office { name, lang, zone, public_url: url, admins }
}

/// The root of the site, where an address has a path below it.
fn beyond_its_root(address: &str) -> Option<String> {
    let mut url = url::Url::parse(address).ok().filter(|url| url.path() != "/")?;
    url.set_path("");
    Some(String::from(url).trim_end_matches('/').to_owned())
}

/// Whether a web address is unencrypted and leads beyond this machine.
pub(super) fn is_plain(address: &str) -> bool {
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
    // Where there is none, why was told already.
    let store = store(section, base).unwrap_or_else(|| Backend::Sled(sled::Settings::default()));
    let (dir, keys) = (base.join(dir), base.join(keys));
    let (whole_dir, whole_keys) = (whole(&dir), whole(&keys));
    if whole_keys.starts_with(&whole_dir) || whole_dir.starts_with(&whole_keys) {
        section.wrong("keys", Wrong::new(ConfigSays::KeysWithData));
    }
    Data { dir, keys, store }
}

#[derive(Clone, Copy, PartialEq)]
enum Keeper {
    Sled,
    Postgres,
}

impl Choice for Keeper {
    const NAMES: &'static [(&'static str, Self)] =
        &[("sled", Self::Sled), ("postgres", Self::Postgres)];
}

/// Every key of both is known, whichever is used: to change from one to the other is to change a word.
fn store(section: &mut Section<'_>, base: &Path) -> Option<Backend> {
    let keeper = section.get("store", Keeper::Sled);
    let cache_mb = section.count("cache_mb", 16, 1..=1_048_576);
    let compact_at_start = section.count("compact_at_start", 4, 0..=1_000);
    let compact_from_mb = section.count("compact_from_mb", 64, 1..=1_048_576);
    let reserve_mb = section.count("reserve_mb", 32, 8..=1_048_576);
    let database = database(section, base, keeper);
    match keeper {
        Keeper::Sled => {
            let settings =
                sled::Settings { cache_mb, compact_at_start, compact_from_mb, reserve_mb };
            Some(Backend::Sled(settings))
        }
        Keeper::Postgres => Some(Backend::Postgres(Box::new(database?))),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Encrypted {
    Verify,
    Off,
}

impl Choice for Encrypted {
    const NAMES: &'static [(&'static str, Self)] = &[("verify", Self::Verify), ("off", Self::Off)];
}

fn database(section: &mut Section<'_>, base: &Path, keeper: Keeper) -> Option<postgres::Settings> {
    let given = section.has("postgres_url") || section.has("postgres_url_file");
    let url = section.secret_or_file("postgres_url", "postgres_url_file", base);
    let tls = section.get("postgres_tls", Encrypted::Verify);
    let roots: Option<Filled> = section.maybe("postgres_ca");
    let pool = section.count("postgres_pool", 8, postgres::Settings::POOL_MIN..=200);
    let (second, minute) = (SECOND, 60 * SECOND);
    let connect = section.within("postgres_connect", 5 * second, &(second..=minute), &show_span);
    let statement =
        section.within("postgres_statement", 10 * second, &(second..=10 * minute), &show_span);
    let patience = section.within("postgres_retry", minute / 2, &(second..=HOUR), &show_span);
    if keeper == Keeper::Postgres && !given {
        section.wrong("postgres_url", Wrong::new(ConfigSays::NoDatabase));
    }
    let (url, key) = url?;
    let Ok(address) = postgres::Address::parse(url.reveal()) else {
        section.wrong(key, Wrong::new(ConfigSays::NotADatabase));
        return None;
    };
    let encryption = match tls {
        Encrypted::Off if !address.is_near() => {
            section.warn("postgres_tls", ConfigSays::PlainDatabase);
            postgres::Encryption::Off
        }
        Encrypted::Off => postgres::Encryption::Off,
        Encrypted::Verify => {
            postgres::Encryption::Verified { roots: roots.map(|file| base.join(file.0)) }
        }
    };
    Some(postgres::Settings { address, encryption, pool, connect, statement, patience })
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

pub(super) fn web(section: &mut Section<'_>, base: &Path, public_url: &str) -> Web {
    let listen = section.get("listen", SocketAddr::from(([127, 0, 0, 1], 8088)));
    let reader = section.get("reader", Reader::Peer);
    // We speak no TLS: something before us does, and on this machine alone it reaches us.
    if reader == Reader::Peer && listen.ip().is_loopback() && public_url.starts_with("https:") {
        section.warn("reader", ConfigSays::Pages(PagesSays::ProxyIsReader));
    }
    Web {
        listen,
        reader,
        metrics_token: section.secret("metrics_token"),
        submissions: section.count("submissions", 5, 1..=10_000),
        browsers: section.count("browsers", 20, 1..=10_000),
        forms: section.count("forms", 60, 1..=100_000),
        live_pages: section.count("live_pages", 2_000, 0..=100_000),
        poster_font: poster_font(section, base),
    }
}

/// A font for posters: it must be there, so that a wrong name is told at once.
fn poster_font(section: &mut Section<'_>, base: &Path) -> Option<PathBuf> {
    let Filled(name) = section.maybe("poster_font")?;
    let path = base.join(&name);
    match std::fs::File::open(&path) {
        Ok(_) => Some(path),
        Err(e) => {
            section.wrong("poster_font", Wrong::new(ConfigSays::FileUnreadable(name, (&e).into())));
            None
        }
    }
}

pub(super) fn feeds(section: &mut Section<'_>) -> Feeds {
    let (timeout, spacing) = (30 * SECOND, 2 * SECOND);
    Feeds {
        timeout: section.within("timeout", timeout, &(SECOND..=HOUR), &show_span),
        size_max_kb: section.count("size_max_kb", 8_192, 64..=102_400),
        redirects_max: section.count("redirects_max", 5, 0..=20),
        spacing: section.within("spacing", spacing, &(Duration::ZERO..=HOUR), &show_span),
        back_off_max: section.within("back_off_max", DAY, &(SECOND..=7 * DAY), &show_span),
        articles_max: section.count("articles_max", 10, 0..=100),
        parallel: section.count("parallel", 8, 1..=64),
    }
}

pub(super) fn log(section: &mut Section<'_>) -> Log {
    Log {
        format: section.get("format", LogFormat::Human),
        level: section.get("level", Level("info".to_owned())).0,
    }
}

pub(super) fn delivery(section: &mut Section<'_>) -> Delivery {
    let (first, longest, probe) = (5 * SECOND, HOUR / 2, HOUR / 12);
    let delivery = Delivery {
        retry_first: section.within("retry_first", first, &(SECOND..=HOUR), &show_span),
        retry_longest: section.within("retry_longest", longest, &(SECOND..=DAY), &show_span),
        attempts: section.count("attempts", 12, 1..=100),
        probe: section.within("probe", probe, &(SECOND..=DAY), &show_span),
        stop: section.within("stop", 10 * SECOND, &(SECOND..=HOUR / 12), &show_span),
        pause_share: section.count("pause_share", 20, 0..=100),
        pause_after: section.count("pause_after", 20, 1..=1_000_000),
        keep: section.within("keep", 90 * DAY, &(DAY..=3_660 * DAY), &show_span),
    };
    if delivery.retry_longest < delivery.retry_first {
        section.wrong("retry_longest", Wrong::new(ConfigSays::ShorterThan("retry_first")));
    }
    delivery
}

pub(super) fn retention(section: &mut Section<'_>) -> Retention {
    // Digests look back a month at most.
    let (least, most) = (30 * DAY, 36_600 * DAY);
    Retention {
        posts: section.within("posts", 1_826 * DAY, &(least..=most), &show_span),
        entries: section.within("entries", 180 * DAY, &(least..=most), &show_span),
        subscribers: section.within("subscribers", 365 * DAY, &(DAY..=most), &show_span),
    }
}

pub(super) fn suggestions(section: &mut Section<'_>) -> desk::Settings {
    let default = desk::Settings::default();
    let filled = |section: &mut Section<'_>, key, text| section.get(key, Filled(text)).0;
    section.gone("answer_days", ConfigSays::Sorting(SortingSays::EachKind));
    desk::Settings {
        consent_zh: filled(section, "consent_zh", default.consent_zh.clone()),
        consent_en: filled(section, "consent_en", default.consent_en.clone()),
        draft_hours: section.count("draft_hours", default.draft_hours, 1..=720),
        respond_days: section.count("respond_days", default.respond_days, 1..=90),
        claim_days: section.count("claim_days", default.claim_days, 1..=90),
        decide_days: section.count("decide_days", default.decide_days, 1..=366),
        question_days: section.count("question_days", default.question_days, 1..=90),
        claim_hours: section.count("claim_hours", default.claim_hours, 1..=720),
        withdrawn_days: section.count("withdrawn_days", default.withdrawn_days, 1..=90),
        max_chars: section.count("max_chars", default.max_chars, 100..=20_000),
        ..default
    }
}
