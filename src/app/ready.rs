//! Everything made and looked at once, before anything begins. Tests make it in the same way, and turn its
//! rounds by hand.

use super::demo;
use super::rooms::{Ground, Rooms};
use super::{Announce, AppError, VaultParts, control, keep};
use crate::clock::Clock;
use crate::config::{self, AccountSettings, Config, WEB_ACCOUNT};
use crate::connector::by_hand::ByHand;
use crate::connector::dingtalk::Dingtalk;
use crate::connector::email::Email;
use crate::connector::feishu::Feishu;
use crate::connector::hook::Hook;
use crate::connector::official::Official;
use crate::connector::robot::Robot;
use crate::connector::telegram::Telegram;
use crate::connector::web::Web;
use crate::connector::webpush::{self, WebPush};
use crate::connector::wecom::Wecom;
use crate::connector::wecombot::WecomBot;
use crate::connector::{Connector, Menu, MenuLine};
use crate::desk::{self, person_code};
use crate::metrics::Metrics;
use crate::model::{AccountId, At, Changes, KeyMark, Lang, UnknownPolicy};
use crate::rounds::sweep::Reclaimed;
use crate::rounds::{Nudges, duties, feeds, outbox, retention};
use crate::store::vault::{Hasher, Lost};
use crate::store::{Reads, Store, recount, sled};
use crate::text::Speak as _;
use crate::text::command::{Audience, Verb};
use crate::text::say::operator::{DataSays, DoneSays, TroubleSays};
use crate::text::say::{DemoSays, help};
use crate::web::{self, Group, ReadAt, Seats};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Everything that the tasks need.
pub struct Ready {
    /// The rooms.
    pub rooms: Rooms,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What wakes the rounds.
    pub nudges: Nudges,
    /// Every account.
    pub connectors: Vec<Arc<dyn Connector>>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The pages.
    pub router: axum::Router,
    /// Where the pages are served.
    pub listener: TcpListener,
    /// The door through which the command line reaches the daemon, where there is one.
    pub control: Option<control::Door>,
}

impl Ready {
    /// Makes everything. The pages' address is bound here, so that a port that is taken is told at once.
    ///
    /// # Errors
    /// When anything cannot be used as it is configured, or the store or the key file fails.
    pub async fn make(
        config: &Config,
        store: &Arc<dyn Store>,
        (clock, vault): (Arc<dyn Clock>, VaultParts),
        stop: CancellationToken,
    ) -> Result<Self, AppError> {
        know_again(store.as_ref(), &vault, config).await?;
        if let Some(subscribers) = recount(store.as_ref()).await? {
            tracing::debug!(subscribers, "subscribers were counted");
        }
        let listener = TcpListener::bind(config.web.listen).await.map_err(|e| {
            let address = config.web.listen.to_string();
            TroubleSays::CannotListen { address, why: (&e).into() }
        })?;
        let pages = Arc::new(Web::new(AccountId(WEB_ACCOUNT.to_owned()), clock.clone()));
        let push = browsers(config, &vault, &clock)?;
        let mail_key = |id: &AccountId| vault.hasher.keyed("email", id.0.as_bytes());
        let mail = mailboxes(config, &clock, &mail_key)?;
        let all = accounts(config, (&clock, push.as_ref()), &mail, &vault.hasher)?;
        let mut channels: Vec<(Arc<dyn Connector>, UnknownPolicy)> =
            vec![(pages.clone(), UnknownPolicy::Resend)];
        channels.extend(all);
        let connectors: Vec<_> = channels.iter().map(|(c, _)| c.clone()).collect();
        let metrics = Arc::new(Metrics::new());
        let hasher = vault.hasher.clone();
        let rooms = Rooms::new(Ground {
            store: store.clone(),
            clock: clock.clone(),
            vault,
            office: config.desk_office(),
            channels,
            feeds: feed_settings(config),
            outbox: outbox_settings(config),
            retention: retention_settings(config),
            duties: duties_settings(config),
            metrics: metrics.clone(),
            stop: stop.clone(),
        })?;
        let imported = sled::is_imported(&config.data.dir);
        let unnamed = if imported { Lost::Kept } else { Lost::Destroyed };
        let Reclaimed { free, missing } = rooms.sweep.reclaim(unnamed).await?;
        if free > 0 {
            tracing::debug!(slots = free, "slots for keys are free");
        }
        if missing > 0 {
            tracing::error!(
                keys.missing = missing,
                "the key files are older than the data: what was sealed since then cannot be read. Where there is a \
                 newer copy of the key directory, stop now and put it back: what is sealed from now on needs this one"
            );
        }
        let joined = rooms.desk.join_doubles().await?;
        if joined > 0 {
            tracing::info!(subscribers = joined, "chats that were subscribed twice are so once");
        }
        let nudges = Nudges::new(&rooms.accounts);
        calendar_ends(config, clock.now());
        let groups = groups(config, &rooms, &pages).await?;
        only_chats(config, &rooms, &connectors).await?;
        for mailbox in &mail {
            let (known, readers) = mailbox.known();
            let to = (known.topics.as_slice(), known.lang);
            let brought = rooms.desk.bring_along(&readers, to).await?;
            if brought > 0 {
                tracing::info!(account.id = %mailbox.account(), readers = brought, "readers were brought along");
            }
        }
        let seats = seats(config, &rooms, &pages).await?;
        let reads: Arc<dyn Reads> = store.clone();
        let router = web::router(web::State {
            desk: rooms.desk.clone(),
            reads,
            clock: clock.clone(),
            hasher,
            web: pages,
            push,
            connectors: connectors.clone(),
            mail,
            groups,
            seats,
            bell: nudges.inbox.clone(),
            metrics: metrics.clone(),
            settings: web_settings(config),
            stop,
        });
        let control = control::Door::open(&config.data.dir);
        Ok(Self { rooms, clock, nudges, connectors, metrics, router, listener, control })
    }

    /// Says that everything is ready.
    pub(super) fn announce(&self, config: &Config, how: Announce) -> Result<(), AppError> {
        let listen = self.listener.local_addr()?;
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        tracing::info!(
            web.listen = %listen,
            accounts = self.connectors.len(),
            topics = config.topics.len(),
            sources = config.sources.len(),
            "ready"
        );
        if let Announce::Ready(lang) = how {
            let says = DoneSays::Ready {
                listen: listen.to_string(),
                public: config.office.public_url.clone(),
                accounts: config.accounts.len(),
                sources: config.sources.len(),
                topics: config.topics.len(),
            };
            super::say(&says.say(lang))?;
        }
        if let Announce::Demo(lang) = how {
            let dir = config.data.dir.parent().map_or_else(PathBuf::new, PathBuf::from);
            let seats = demo::seats(&dir)?;
            let says = DemoSays {
                url: config.office.public_url.clone(),
                editor: seats.editor.as_str().to_owned(),
                reviewer: seats.reviewer.as_str().to_owned(),
                lead: seats.lead.as_str().to_owned(),
                dir: dir.display().to_string(),
            };
            super::say(&says.say(lang))?;
        }
        Ok(())
    }
}

/// The menus that platforms show beside the text field: what everybody may use.
#[must_use]
pub fn menus() -> Vec<Menu> {
    let lines = |lang: Lang| {
        let verbs = Verb::all().filter(|v| v.audience() == Audience::Members);
        let line = |v: Verb| MenuLine {
            command: v.name(Lang::En).to_owned(),
            name: v.name(lang).to_owned(),
            about: help::gist(v, lang).to_owned(),
        };
        verbs.map(line).collect()
    };
    vec![
        Menu { lang: None, lines: lines(Lang::Zh) },
        Menu { lang: Some(Lang::En), lines: lines(Lang::En) },
    ]
}

/// Refuses key files that are another store's: before anything is read with them, and before their keys are
/// taken for unused. So are those with keys of a store that is blank: its data are elsewhere.
async fn know_again(
    store: &dyn Store,
    vault: &VaultParts,
    config: &Config,
) -> Result<(), AppError> {
    let reads: &dyn Reads = store;
    let keys = || config.data.keys.display().to_string();
    if reads.find::<KeyMark>(&KeyMark::the_key()).await?.is_none() {
        // In this order: another process that has begun makes keys after its mark.
        if vault.sealer.has_keys() && keep::is_blank(reads).await? {
            let says = DataSays::KeysOfOtherData { place: keep::place(config), keys: keys() };
            return Err(TroubleSays::Data(says).into());
        }
        // Another process may be the first as well: then its mark stands, and ours must be the same.
        let mut changes = Changes::new();
        changes.ensure(vault.mark);
        store.commit(changes).await?;
    }
    let known = reads.find::<KeyMark>(&KeyMark::the_key()).await?;
    if known.is_some_and(|known| known.value == vault.mark) {
        return Ok(());
    }
    Err(TroubleSays::Data(DataSays::ForeignKeys(keys())).into())
}

/// An account, and what becomes of what may have arrived through it.
pub(super) type Handled = (Arc<dyn Connector>, UnknownPolicy);

/// The mailboxes as they are configured, each sealing under a key of its own. Nothing is sent yet.
pub(super) fn mailboxes(
    config: &Config,
    clock: &Arc<dyn Clock>,
    key: &dyn Fn(&AccountId) -> [u8; 32],
) -> Result<Vec<Arc<Email>>, AppError> {
    let mut mailboxes = Vec::new();
    for account in &config.accounts {
        let AccountSettings::Email(settings) = &account.settings else { continue };
        let id = account.id.clone();
        let made = Email::new(id.clone(), settings, &key(&id), clock.clone());
        mailboxes.push(Arc::new(made.map_err(|e| impossible(account, e.to_string()))?));
    }
    Ok(mailboxes)
}

/// The accounts on platforms as they are configured, besides the program's own pages, each with a key of its own for
/// what it seals. Nothing is sent yet.
pub(super) fn accounts(
    config: &Config,
    (clock, push): (&Arc<dyn Clock>, Option<&Arc<WebPush>>),
    mailboxes: &[Arc<Email>],
    hasher: &Hasher,
) -> Result<Vec<Handled>, AppError> {
    let make = |account: &config::Account| {
        let mailbox = mailboxes.iter().find(|m| *m.account() == account.id);
        let connector: Arc<dyn Connector> = match (&account.settings, push, mailbox) {
            // Made before, because the pages have them as well.
            (AccountSettings::WebPush(_), Some(push), _) => push.clone(),
            (AccountSettings::Email(_), _, Some(mailbox)) => mailbox.clone(),
            _ => {
                let key = hasher.keyed("press", account.id.0.as_bytes());
                made(account, key, clock.clone())?
            }
        };
        Ok((connector, account.unknown))
    };
    config.accounts.iter().map(make).collect()
}

/// One account, by itself, as it is configured. Nothing is sent yet.
pub(super) fn connector(
    account: &config::Account,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Connector>, AppError> {
    // What is sealed here is never read again.
    let mut key = [0; 32];
    clock.random(&mut key);
    made(account, key, clock)
}

fn made(
    account: &config::Account,
    key: [u8; 32],
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Connector>, AppError> {
    on_platform(account, key, clock).map_err(|said| impossible(account, said))
}

pub(super) fn impossible(account: &config::Account, said: String) -> AppError {
    TroubleSays::AccountImpossible { account: account.id.to_string(), said }.into()
}

/// The browsers of readers, where they can be notified. They know us by a key that belongs to the key files: whoever
/// has those, on whichever machine, is known by it.
fn browsers(
    config: &Config,
    vault: &VaultParts,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<WebPush>>, AppError> {
    let settings = |a: &config::Account| matches!(a.settings, AccountSettings::WebPush(_));
    let Some(account) = config.accounts.iter().find(|a| settings(a)) else { return Ok(None) };
    let AccountSettings::WebPush(settings) = &account.settings else { return Ok(None) };
    let kept = config.desk_office().kept.into_iter().map(|group| (group.slug, group.topics));
    let topics = config.groups.iter().map(|group| (group.id.clone(), group.topics.clone()));
    let base = config.office.public_url.trim_end_matches('/').to_owned();
    let pages = webpush::Pages { base, topics: topics.chain(kept).collect() };
    let seed = vault.hasher.keyed("web-push", b"vapid");
    let made = WebPush::new(account.id.clone(), settings, (&seed, pages), clock.clone());
    Ok(Some(Arc::new(made.map_err(|e| impossible(account, e.to_string()))?)))
}

fn on_platform(
    account: &config::Account,
    key: [u8; 32],
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Connector>, String> {
    let id = account.id.clone();
    Ok(match &account.settings {
        AccountSettings::Telegram(settings) => {
            Arc::new(Telegram::new(id, settings, key, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Dingtalk(settings) => {
            Arc::new(Dingtalk::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Feishu(settings) => {
            Arc::new(Feishu::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::ByHand(settings, _) => Arc::new(ByHand::new(id, settings)),
        AccountSettings::Email(settings) => {
            Arc::new(Email::new(id, settings, &key, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Hook(settings) => {
            Arc::new(Hook::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Robot(settings) => {
            Arc::new(Robot::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Wecom(settings) => {
            Arc::new(Wecom::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::WebPush(settings) => {
            Arc::new(webpush::alone(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::Official(settings) => {
            Arc::new(Official::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
        AccountSettings::WecomBot(settings) => {
            Arc::new(WecomBot::new(id, settings, clock).map_err(|e| e.to_string())?)
        }
    })
}

/// Subscribes the chats of each account that are named in the configuration to what is pushed there. Those that are
/// named no more get nothing more.
async fn only_chats(
    config: &Config,
    rooms: &Rooms,
    connectors: &[Arc<dyn Connector>],
) -> Result<(), AppError> {
    for account in &config.accounts {
        let connector = connectors.iter().find(|c| *c.account() == account.id);
        let Some(connector) = connector else { continue };
        let only = connector.only_chat().into_iter().zip(&account.only_chat);
        let named: Vec<_> =
            only.chain(connector.more_chats().into_iter().zip(&account.more_chats)).collect();
        for (chat, known) in &named {
            let topics = known.topics.iter().cloned().collect();
            rooms.desk.settle_group(chat, &known.title, topics, known.lang).await?;
        }
        if let AccountSettings::Wecom(_) = &account.settings {
            let kept: Vec<_> = named.into_iter().map(|(chat, _)| chat).collect();
            rooms.desk.unsettle_groups(&account.id, &kept).await?;
        }
    }
    for group in &rooms.desk.office().kept {
        let topics = group.topics.iter().cloned().collect();
        rooms.desk.settle_group(&group.address, &group.title, topics, group.lang).await?;
    }
    Ok(())
}

async fn groups(config: &Config, rooms: &Rooms, pages: &Web) -> Result<Vec<Group>, AppError> {
    let mut groups = Vec::new();
    for group in &config.groups {
        let topics = group.topics.iter().cloned().collect();
        let chat = pages.group(&group.id);
        rooms.desk.settle_group(&chat, &group.title, topics, group.lang).await?;
        groups.push(Group {
            address: chat,
            read: ReadAt::Pages,
            slug: group.id.clone(),
            title: group.title.clone(),
            topics: group.topics.clone(),
            lang: group.lang,
        });
    }
    Ok(groups)
}

async fn seats(config: &Config, rooms: &Rooms, pages: &Web) -> Result<Seats, AppError> {
    let wanted: Vec<desk::Seat> = config
        .seats
        .iter()
        .map(|seat| desk::Seat::new(&seat.name, seat.roles.iter().copied().collect()))
        .collect();
    let seated = rooms.desk.settle_seats(&wanted, |id| pages.seat(id)).await?;
    for seat in seated.iter().filter(|s| !s.added.is_empty() || !s.taken.is_empty()) {
        let person = person_code(seat.person);
        tracing::info!(person.code = %person, roles.added = ?seat.added, roles.taken = ?seat.taken,
            "the roles of a seat follow the configuration");
    }
    // Those whose seat is no more come after all the others.
    let tokens = config.seats.iter().map(|seat| seat.token);
    Ok(tokens.zip(seated).fold(Seats::new(), |seats, (token, sits)| seats.with(token, sits.person)))
}

/// Warns while there is time when promises of today reach beyond the last day of which the calendar knows
/// anything: from there on every weekday would count as a working day.
fn calendar_ends(config: &Config, now: At) {
    let rules = &config.suggestions;
    let spans = rules.kinds.iter().map(|kind| rules.answer_within(*kind));
    let due = spans.map(|span| rules.calendar.due(now, span, config.office.zone)).max();
    let last = due.map(|at| at.utc().with_timezone(&config.office.zone).date_naive());
    if let (Some(last), Some(known)) = (last, rules.calendar.known_until())
        && last > known
    {
        tracing::warn!(
            calendar.known_until = %known,
            "promises reach beyond the last holiday that is known: add the next year's to [calendar]"
        );
    }
}

fn feed_settings(config: &Config) -> feeds::Settings {
    feeds::Settings {
        timeout: config.feeds.timeout,
        size_max: config.feeds.size_max_kb * 1024,
        redirects_max: config.feeds.redirects_max,
        spacing: config.feeds.spacing,
        back_off_max: config.feeds.back_off_max,
        articles_max: config.feeds.articles_max,
        parallel: config.feeds.parallel,
        zone: config.office.zone,
        lang: config.office.lang,
    }
}

fn outbox_settings(config: &Config) -> outbox::Settings {
    outbox::Settings {
        retry_first_seconds: config.delivery.retry_first.as_secs(),
        retry_longest_seconds: config.delivery.retry_longest.as_secs(),
        failures_most: config.delivery.attempts,
        probe_seconds: config.delivery.probe.as_secs(),
        stop_seconds: config.delivery.stop.as_secs(),
        pause_share: u8::try_from(config.delivery.pause_share).unwrap_or(100),
        pause_after: config.delivery.pause_after,
        ledger: config.office.lang,
        public_url: config.office.public_url.clone(),
    }
}

fn retention_settings(config: &Config) -> retention::Settings {
    retention::Settings {
        deliveries: config.delivery.keep,
        posts: config.retention.posts,
        entries: config.retention.entries,
        subscribers: config.retention.subscribers,
        pages: vec![AccountId(WEB_ACCOUNT.to_owned())],
        brings: config.brings(),
        topics: config.topics.iter().map(|t| t.id.clone()).collect(),
    }
}

fn duties_settings(config: &Config) -> duties::Settings {
    let label = if config.worker.name.is_empty() {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "worker" } else { host.trim() };
        format!("{host}/{}", std::process::id())
    } else {
        config.worker.name.clone()
    };
    duties::Settings { label, span: config.worker.takeover }
}

fn web_settings(config: &Config) -> web::Settings {
    let token = config.web.metrics_token.as_ref().map(|t| t.reveal().to_owned());
    web::Settings {
        listen: config.web.listen,
        reader: match config.web.reader {
            config::Reader::Peer => web::Reader::Peer,
            config::Reader::Forwarded => web::Reader::Forwarded,
        },
        metrics_token: token.unwrap_or_default(),
        submissions: config.web.submissions,
        browsers: config.web.browsers,
        forms: config.web.forms,
        live_pages: config.web.live_pages,
        poster_font: config.web.poster_font.clone(),
    }
}
