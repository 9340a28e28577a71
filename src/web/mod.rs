//! The door from the browser: public pages, seats of staff, calls from platforms, figures for operators.
//!
//! **Invariant:** nothing that was written by anybody reaches a page unescaped; every change comes from a
//! form of ours, goes through the desk, and is followed by a redirect or a page that can be loaded again
//! without doing it twice. Addresses of readers are never logged and never stored.
//!
//! The web is a platform like any other: a *group* is a chat of the account `web`, a *seat* is the direct line
//! of a member of staff. What pages show is read from the store (`said.rs`); the connector only wakes them.

mod again;
mod assets;
mod by_hand;
mod console;
mod guard;
mod hooks;
mod known;
mod live;
mod media;
mod ops;
mod page;
mod part;
mod poster;
mod said;
mod site;

use crate::clock::Clock;
use crate::connector::email::{self, Email};
use crate::connector::web::Web;
use crate::connector::webpush::WebPush;
use crate::connector::{Connector, HOOKS};
use crate::desk::{Desk, HAND_PAGES, KeptGroup, RECEIPT_PAGE};
use crate::metrics::Metrics;
use crate::model::{Address, Lang, Media, PersonId, TopicId};
use crate::store::Reads;
use crate::store::vault::Hasher;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use guard::Floods;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// How the pages are served.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// Where the address of a reader is taken from.
    pub reader: Reader,
    /// With this bearer token `/metrics` can be read from elsewhere; empty: only on this machine.
    pub metrics_token: String,
    /// How many suggestions one address may submit within ten minutes.
    pub submissions: usize,
    /// How many browsers one address may have notified within ten minutes.
    pub browsers: usize,
    /// How many forms of any kind one address may send within a minute.
    pub forms: usize,
    /// How many pages may be shown live at once; further ones are shown without.
    pub live_pages: usize,
    /// A font for posters in place of the one that comes with the program.
    pub poster_font: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            reader: Reader::Peer,
            metrics_token: String::new(),
            submissions: 5,
            browsers: 20,
            forms: 60,
            live_pages: 2_000,
            poster_font: None,
        }
    }
}

/// Where the address of a reader is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// From the connection: the program is reached directly.
    Peer,
    /// From the last entry of `X-Forwarded-For`: a reverse proxy of ours stands before the program.
    Forwarded,
}

/// A group with pages that show what is pushed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The chat to which it is pushed.
    pub address: Address,
    /// Where else its members read it.
    pub read: ReadAt,
    /// Its name in addresses: letters, digits, `-`.
    pub slug: String,
    /// What people call it.
    pub title: String,
    /// What it subscribed to.
    pub topics: Vec<TopicId>,
    /// The language of its pages.
    pub lang: Lang,
}

/// Where the members of a group read what is pushed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAt {
    /// On its pages, which anybody may find.
    Pages,
    /// In a chat to which people bring it. Nothing leads to its pages but the group's own code.
    Chat,
}

/// Who sits where: people by the hash of the token that opens their seat.
#[derive(Clone, Debug, Default)]
pub struct Seats(HashMap<[u8; 32], PersonId>);

impl Seats {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives `person` the seat that a token opens, by the token's SHA-256: the token itself is shown once and
    /// kept nowhere. It should come from at least 128 random bits.
    #[must_use]
    pub fn with(mut self, token_hash: [u8; 32], person: PersonId) -> Self {
        self.0.insert(token_hash, person);
        self
    }

    /// What is kept of a token.
    #[must_use]
    pub fn hash(token: &str) -> [u8; 32] {
        Sha256::digest(token.as_bytes()).into()
    }

    fn by_hash(&self, hash: &[u8; 32]) -> Option<PersonId> {
        self.0.get(hash).copied()
    }

    fn all(&self) -> impl Iterator<Item = (&[u8; 32], &PersonId)> {
        self.0.iter()
    }
}

/// What the pages are made from.
pub struct State {
    /// Where things are done.
    pub desk: Desk,
    /// What pages show.
    pub reads: Arc<dyn Reads>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Signs forms and cookies.
    pub hasher: Hasher,
    /// The pages as a platform.
    pub web: Arc<Web>,
    /// The accounts that platforms may call.
    pub connectors: Vec<Arc<dyn Connector>>,
    /// The browsers of readers, where they can be notified.
    pub push: Option<Arc<WebPush>>,
    /// The mailboxes, through which readers can have what is posted.
    pub mail: Vec<Arc<Email>>,
    /// The public groups.
    pub groups: Vec<Group>,
    /// The seats of staff.
    pub seats: Seats,
    /// Rung when something has arrived for the bot.
    pub bell: Arc<Notify>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How the pages are served.
    pub settings: Settings,
    /// Cancelled when everything shall stop: pages that are shown live end then.
    pub stop: CancellationToken,
}

impl State {
    /// The group on whose pages posts of a topic are read; topics of no group are not public.
    fn group_of(&self, topic: &TopicId) -> Option<&Group> {
        self.groups.iter().find(|g| g.topics.contains(topic))
    }
}

/// What handlers share: what the pages are made from, and what is remembered between requests.
struct Shared {
    state: State,
    floods: Floods,
    live: Arc<Semaphore>,
    /// The groups to which people bring it.
    kept: Vec<Group>,
    /// How many posters may be made at once.
    posters: Semaphore,
}

impl Shared {
    /// The group of this name in addresses.
    fn group(&self, slug: &str) -> Option<&Group> {
        self.state.groups.iter().chain(&self.kept).find(|g| g.slug == slug)
    }
}

impl std::ops::Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

type App = Arc<Shared>;

/// All pages. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that floods are told
/// apart by address.
pub fn router(state: State) -> Router {
    let floods = Floods::new(&*state.clock);
    let live = Arc::new(Semaphore::new(state.settings.live_pages));
    let kept = kept(&state.desk);
    let app: App = Arc::new(Shared { state, floods, live, kept, posters: Semaphore::new(1) });
    let people = guard::for_people(public().merge(seats()).merge(hands()), &app);
    let machines = Router::new()
        .route(&format!("{HOOKS}/{{account}}"), get(hooks::call).post(hooks::call))
        .route(&ticket_page(), post(site::used))
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(ops::ready))
        .route("/metrics", get(ops::metrics));
    guard::for_all(people.merge(machines), &app).with_state(app)
}

fn kept(desk: &Desk) -> Vec<Group> {
    let group = |group: &KeptGroup| Group {
        address: group.address.clone(),
        read: ReadAt::Chat,
        slug: group.slug.clone(),
        title: group.title.clone(),
        topics: group.topics.clone(),
        lang: group.lang,
    };
    desk.office().kept.iter().map(group).collect()
}

/// Where the links in messages lead. Mail programs press for their readers, many of them from one address: only
/// opening the page is counted as what a visitor does.
fn ticket_page() -> String {
    format!("{}/{{account}}/{{ticket}}", email::PAGE)
}

/// The longest form that brings a file, in bytes.
const FORM_MAX: usize = Media::FILE_MAX + 64 * 1024;

fn public() -> Router<App> {
    Router::new()
        .route("/", get(site::home))
        .route("/g/{slug}", get(site::group))
        .route("/g/{slug}/live", get(live::group))
        .route("/g/{slug}/p/{code}", get(site::post))
        .route("/g/{slug}/p/{code}/reply", post(site::reply))
        .route("/g/{slug}/mail", get(site::reader).post(site::asked))
        .route(&ticket_page(), get(site::ticket))
        .route("/g/{slug}/suggest", get(site::suggest).post(site::suggested))
        .route("/g/{slug}/notify", get(site::offer).post(site::notified))
        .route("/g/{slug}/notify/end", post(site::silenced))
        .route("/g/{slug}/worker.js", get(site::worker))
        .route("/g/{slug}/manifest.json", get(site::manifest))
        .route(RECEIPT_PAGE, get(site::receipt_form).post(site::receipt))
        .route("/r/more", post(site::supplement))
        .route("/r/withdraw", post(site::withdraw))
        .route("/r/erase", post(site::erase))
        .route("/t/{topic}/feed.rss", get(site::rss))
        .route("/t/{topic}/feed.atom", get(site::atom))
        .route("/t/{topic}/feed.json", get(site::json_feed))
        .route("/media/{id}", get(media::media))
        .route("/privacy", get(site::privacy))
        .route("/assets/site.css", get(assets::css))
        .route("/assets/live.js", get(assets::js))
        .route("/assets/notify.js", get(assets::notify))
        .route("/assets/hand.js", get(assets::hand))
        .route("/assets/keep.js", get(assets::keep))
        .route("/assets/mark.svg", get(assets::mark))
}

fn hands() -> Router<App> {
    let page = format!("{HAND_PAGES}/{{group}}/{{code}}/{{key}}");
    Router::new()
        .route(&page, get(by_hand::show))
        .route(&format!("{page}/mark"), post(by_hand::mark))
        .route(&format!("{page}/poster.png"), get(by_hand::poster))
}

fn seats() -> Router<App> {
    Router::new()
        .route("/seat", get(console::seat))
        .route("/seat/{token}", get(console::enter))
        .route("/seat/live", get(live::seat))
        .route("/seat/media/{id}", get(media::media))
        .route("/seat/say", post(console::say))
        .route("/seat/press", post(console::press))
        .route("/seat/bring", post(console::bring).layer(DefaultBodyLimit::max(FORM_MAX)))
        .route("/seat/sort", post(console::sort))
        .route("/seat/leave", post(console::leave))
}
