//! An office with pages: every room over a store on the disk, one router, a clock that stands, and browsers.

use super::page::{Form, Page};
use crate::clock::StandingClock;
use crate::fakes::feedhost::rss;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tongxin::app::rooms::{Ground, Rooms};
use tongxin::config::{Config, Given, Overrides, WEB_ACCOUNT};
use tongxin::connector::web::Web;
use tongxin::connector::webpush::WebPush;
use tongxin::desk::{Seat, Seated};
use tongxin::metrics::Metrics;
use tongxin::model::{AccountId, Role, UnknownPolicy};
use tongxin::rounds::{duties, feeds, outbox, retention};
use tongxin::store::Reads;
use tongxin::store::sled::{self, SledStore};
use tongxin::store::vault::Vault;
use tongxin::web::{self, Group, ReadAt, Seats};
use tower::ServiceExt as _;

/// What the secret of a seat begins with in tests; the name of its role follows.
pub const SEAT: &str = "SECRET-OF-THE-";

const CONFIG: &str = r#"
[office]
name = "城东街道"
public_url = "https://news.example.org"

[web]
submissions = 3
forms = 40
live_pages = 4

[triage]
units = ["office: 办公室 / the office", "city: 城管科 / city management"]

[[source]]
id = "notices"
url = "file:{feed}"
first_poll = 10

[[topic]]
id = "news"
title = "便民信息"
schedule = "0 9 * * *"
[[topic.section]]
sources = ["notices"]

[[topic]]
id = "policy"
title = "政策解读"

[[group]]
id = "east"
title = "城东群"
topics = ["news", "policy"]

[[group]]
id = "english"
title = "Neighbours"
lang = "en"
topics = ["policy"]
"#;

pub struct Office {
    pub rooms: Arc<Rooms>,
    pub store: Arc<SledStore>,
    pub clock: Arc<StandingClock>,
    pub stop: CancellationToken,
    pub seated: Vec<Seated>,
    router: axum::Router,
    bell: Arc<Notify>,
    turning: Arc<tokio::sync::Mutex<()>>,
    turner: JoinSet<()>,
    dir: tempfile::TempDir,
}

/// Who sits in the office.
pub fn staff() -> Vec<(&'static str, Vec<Role>)> {
    vec![
        ("editor", vec![Role::Editor, Role::Administrator]),
        ("reviewer", vec![Role::Reviewer]),
        ("lead", vec![Role::Lead, Role::Reviewer]),
    ]
}

impl Office {
    /// An office at eight in the morning whose digest is due at nine.
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(StandingClock::at("2026-11-25T08:00:00+08:00"));
        Self::make(dir, (clock, None), staff()).await
    }

    /// The same office, whose pages offer notifications.
    pub async fn notifying(clock: Arc<StandingClock>, push: Arc<WebPush>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self::make(dir, (clock, Some(push)), staff()).await
    }

    /// The same office after its process has ended and begun anew, with this staff.
    pub async fn restarted(self, staff: Vec<(&'static str, Vec<Role>)>) -> Self {
        let Self { rooms, store, clock, mut turner, router, dir, .. } = self;
        turner.shutdown().await;
        drop((rooms, router));
        store.close().expect("closes");
        drop(store);
        Self::make(dir, (clock, None), staff).await
    }

    async fn make(
        dir: tempfile::TempDir,
        (clock, push): (Arc<StandingClock>, Option<Arc<WebPush>>),
        staff: Vec<(&'static str, Vec<Role>)>,
    ) -> Self {
        let feed = dir.path().join("feed.xml");
        let text = CONFIG.replace("{feed}", &feed.display().to_string());
        let config = Config::read(Given {
            file: Path::new("office.toml"),
            text: &text,
            variables: Vec::new(),
            overrides: Overrides::default(),
        });
        let config = config.unwrap_or_else(|e| panic!("{e}"));
        let open = SledStore::open(&dir.path().join("data"), &sled::Settings::default());
        let store = Arc::new(open.expect("a store"));
        let vault = Vault::open(&dir.path().join("keys"), clock.clone()).expect("a vault");
        let pages = Arc::new(Web::new(AccountId(WEB_ACCOUNT.to_owned()), clock.clone()));
        let (metrics, stop) = (Arc::new(Metrics::new()), CancellationToken::new());
        let hasher = vault.hasher.clone();
        let rooms = Rooms::new(Ground {
            store: store.clone(),
            clock: clock.clone(),
            vault,
            office: config.desk_office(),
            channels: vec![(pages.clone(), UnknownPolicy::Resend)],
            feeds: feeds::Settings { zone: config.office.zone, ..feeds::Settings::default() },
            outbox: outbox::Settings::default(),
            duties: duties::Settings::default(),
            retention: retention::Settings {
                deliveries: config.delivery.keep,
                posts: config.retention.posts,
                entries: config.retention.entries,
                subscribers: config.retention.subscribers,
                pages: vec![AccountId(WEB_ACCOUNT.to_owned())],
                brings: Vec::new(),
                topics: config.topics.iter().map(|t| t.id.clone()).collect(),
            },
            metrics: metrics.clone(),
            stop: stop.clone(),
        });
        let rooms = Arc::new(rooms.expect("rooms"));
        let (seated, seats) = seat(&rooms, &pages, &staff).await;
        let (groups, bell) = (groups(&config, &rooms, &pages).await, Arc::new(Notify::new()));
        let reads: Arc<dyn Reads> = store.clone();
        let router = web::router(web::State {
            desk: rooms.desk.clone(),
            reads,
            clock: clock.clone(),
            hasher,
            web: pages,
            push,
            connectors: Vec::new(),
            mail: Vec::new(),
            groups,
            seats,
            bell: bell.clone(),
            metrics,
            settings: web::Settings {
                submissions: config.web.submissions,
                forms: config.web.forms,
                live_pages: config.web.live_pages,
                ..web::Settings::default()
            },
            stop: stop.clone(),
        });
        let (turning, turner) = (Arc::default(), JoinSet::new());
        let mut office =
            Self { rooms, store, clock, stop, seated, router, bell, turning, turner, dir };
        office.begin_turning();
        office
    }

    /// Turns the rounds whenever somebody has said something.
    fn begin_turning(&mut self) {
        let (rooms, bell, turning) = (self.rooms.clone(), self.bell.clone(), self.turning.clone());
        self.turner.spawn(async move {
            loop {
                bell.notified().await;
                let _turn = turning.lock().await;
                rooms.settle().await.expect("settles");
            }
        });
    }

    /// Turns every round until nothing is left to do.
    pub async fn turn(&self) {
        let _turn = self.turning.lock().await;
        self.rooms.settle().await.expect("settles");
    }

    /// The same, some time later.
    pub async fn later(&self, span: Duration) {
        self.clock.advance(span);
        self.turn().await;
    }

    /// Puts these titles into the office's feed, the newest first.
    pub fn feed(&self, titles: &[&str]) {
        let links: Vec<String> = (0..titles.len())
            .map(|n| format!("https://example.org/{}", titles.len() - n))
            .collect();
        let items: Vec<(&str, &str)> =
            titles.iter().copied().zip(links.iter().map(String::as_str)).collect();
        std::fs::write(self.dir.path().join("feed.xml"), rss(&items)).expect("writes");
    }

    /// Feeds these titles and lets the digest come at nine.
    pub async fn digest(&self, titles: &[&str]) {
        self.feed(titles);
        self.turn().await;
        self.later(Duration::from_hours(1)).await;
    }

    /// The editor pushes a post to a topic; the code of the post.
    pub async fn push(&self, topic: &str, title: &str, text: &str) -> String {
        let mut editor = self.seat("editor").await;
        editor.say(&format!("/写稿 {topic}\n{title}\n{text}")).await;
        let said = editor.get("/seat").await;
        let done = editor.send(&said.button("立即推送")).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        self.turn().await;
        let newest = self.reader().get(&format!("/t/{}/feed.json", self.topic(topic))).await;
        let feed: serde_json::Value = serde_json::from_str(&newest.body).expect("JSON");
        let url = feed["items"][0]["url"].as_str().expect("a link");
        url.rsplit('/').next().expect("a code").to_owned()
    }

    fn topic(&self, title: &str) -> String {
        let topic = self.rooms.desk.office().topic(title).expect("a topic");
        topic.id.0.clone()
    }

    /// A browser that nobody knows.
    pub fn reader(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookie: None,
            from: SocketAddr::from(([192, 0, 2, 1], 4000)),
            extra: Mutex::default(),
        }
    }

    /// The browser of somebody at their seat.
    pub async fn seat(&self, name: &str) -> Browser {
        let mut browser = self.reader();
        let opened = browser.get(&format!("/seat/{SEAT}{name}")).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
        browser.cookie = Some(Cookie::of(opened.header("set-cookie")));
        browser
    }

    /// Every file of the data directory that holds these bytes.
    pub fn files_with(&self, bytes: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.dir.path().join("data")];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(
                    std::fs::read_dir(&path).expect("reads").map(|e| e.expect("one").path()),
                );
            } else if std::fs::read(&path).expect("reads").windows(bytes.len()).any(|w| w == bytes)
            {
                found.push(path);
            }
        }
        found
    }

    /// The pages as they are served.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }
}

async fn seat(
    rooms: &Rooms,
    pages: &Web,
    staff: &[(&'static str, Vec<Role>)],
) -> (Vec<Seated>, Seats) {
    let wanted: Vec<Seat> = staff
        .iter()
        .map(|(name, roles)| Seat::new(name, roles.iter().copied().collect::<BTreeSet<_>>()))
        .collect();
    let seated = rooms.desk.settle_seats(&wanted, |id| pages.seat(id)).await.expect("seats");
    let seats = staff.iter().zip(&seated).fold(Seats::new(), |seats, ((name, _), sits)| {
        seats.with(Seats::hash(&format!("{SEAT}{name}")), sits.person)
    });
    (seated, seats)
}

async fn groups(config: &Config, rooms: &Rooms, pages: &Web) -> Vec<Group> {
    let mut groups = Vec::new();
    for group in &config.groups {
        let topics = group.topics.iter().cloned().collect();
        let chat = pages.group(&group.id);
        let settled = rooms.desk.settle_group(&chat, &group.title, topics, group.lang).await;
        settled.expect("settles");
        groups.push(Group {
            address: chat,
            read: ReadAt::Pages,
            slug: group.id.clone(),
            title: group.title.clone(),
            topics: group.topics.clone(),
            lang: group.lang,
        });
    }
    groups
}

/// What a browser keeps, and for which addresses (RFC 6265).
struct Cookie {
    pair: String,
    path: String,
}

impl Cookie {
    fn of(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let pair = parts.next().expect("a cookie").to_owned();
        let path = parts.find_map(|part| part.strip_prefix("Path=")).expect("a path").to_owned();
        Self { pair, path }
    }

    /// Whether it goes with a request for this address (5.1.4).
    fn goes_to(&self, address: &str) -> bool {
        let path = address.split('?').next().unwrap_or_default();
        let below = path.strip_prefix(&self.path);
        below.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        })
    }
}

/// A browser without scripts: it keeps its cookie and sends forms.
pub struct Browser {
    router: axum::Router,
    cookie: Option<Cookie>,
    from: SocketAddr,
    extra: Mutex<Vec<(&'static str, String)>>,
}

impl Browser {
    /// One that comes from another address.
    pub fn from(mut self, address: [u8; 4]) -> Self {
        self.from = SocketAddr::from((address, 4000));
        self
    }

    /// One that sends this header with everything.
    pub fn with(self, name: &'static str, value: &str) -> Self {
        self.extra.lock().expect("held").push((name, value.to_owned()));
        self
    }

    pub async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, Body::empty()).await
    }

    /// Sends a form.
    pub async fn send(&self, form: &Form) -> Page {
        self.post(&form.action, "application/x-www-form-urlencoded", form.encoded()).await
    }

    pub async fn post(&self, path: &str, kind: &str, body: impl Into<Body>) -> Page {
        let (status, headers, body) =
            self.open(self.request(Method::POST, path, Some(kind), body.into())).await;
        page(status, headers, body).await
    }

    /// Types into the seat, and looks at it again.
    pub async fn say(&mut self, text: &str) -> Page {
        let seat = self.get("/seat").await;
        let form = seat.form("/seat/say").with("text", text);
        let done = self.send(&form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        self.get("/seat").await
    }

    /// Presses a button of the seat, and looks at it again.
    pub async fn press(&mut self, label: &str) -> Page {
        let done = self.send(&self.get("/seat").await.button(label)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        self.get("/seat").await
    }

    /// Any request of this browser.
    pub async fn ask(&self, method: Method, path: &str, body: Body) -> Page {
        let (status, headers, body) = self.open(self.request(method, path, None, body)).await;
        page(status, headers, body).await
    }

    /// A page that goes on, from after the message of this name.
    pub async fn follow(&self, path: &str) -> (StatusCode, HeaderMap, Body) {
        self.open(self.request(Method::GET, path, None, Body::empty())).await
    }

    fn request(&self, method: Method, path: &str, kind: Option<&str>, body: Body) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).header("host", "pages.test");
        if let Some(cookie) = self.cookie.as_ref().filter(|cookie| cookie.goes_to(path)) {
            request = request.header("cookie", &cookie.pair);
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        for (name, value) in self.extra.lock().expect("held").iter() {
            request = request.header(*name, value);
        }
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().insert(ConnectInfo(self.from));
        request
    }

    async fn open(&self, request: Request<Body>) -> (StatusCode, HeaderMap, Body) {
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body)
    }
}

async fn page(status: StatusCode, headers: HeaderMap, body: Body) -> Page {
    let bytes = axum::body::to_bytes(body, 4 << 20).await.expect("a body");
    Page { status, headers, body: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}
