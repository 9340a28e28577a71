//! A Telegram that holds chats, people and messages as state, and keeps the real limits.
//!
//! It listens on the loopback, answers with the real error bodies, and checks each request against the
//! published schema: a request that does not keep to it is answered 400 *and* fails the test when the
//! fake is dropped. Time is what the clock says that it was given, so a standing clock makes the limits
//! stand. It needs nothing of the other tests, so benches can include it by its path.

mod channels;
mod files;
pub mod form;
pub mod methods;
pub mod net;
mod rates;
mod schema;
mod speak;
mod state;
mod updates;

pub use speak::{Person, Place};
pub use state::Message;

use self::methods::{Denied, denied, fingerprint};
use self::net::{CuttableListener, Knife};
use self::rates::Bucket;
use self::state::{Bot, Chat, User};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use tongxin::clock::Clock;

const SHARDS: usize = 64;
const BODY_MAX: usize = 60 << 20;
const METHODS: [&str; 14] = [
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "getFile",
    "editMessageText",
    "deleteMessage",
    "answerCallbackQuery",
    "getChatMember",
    "getMe",
    "getUpdates",
    "setWebhook",
    "deleteWebhook",
    "getWebhookInfo",
    "setMyCommands",
];

/// What the fake looks at. Benches switch off what costs.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether each request is checked against the schema.
    pub strict: bool,
    /// Whether Telegram's rates are kept.
    pub rates: bool,
    /// Whether messages are kept; without it only their numbers are.
    pub texts: bool,
}

impl Options {
    /// Everything on, for tests.
    pub const TEST: Self = Self { strict: true, rates: true, texts: true };
    /// At full speed, for benches.
    pub const BENCH: Self = Self { strict: false, rates: false, texts: false };
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A 500 of Telegram's own.
    Internal,
    /// A page in HTML from a gateway: 502.
    BadGateway,
    /// The connection is cut before the request is read: nothing happens.
    CutUnread,
    /// The request has its effect, and the connection is cut before the answer.
    CutUnanswered,
    /// The answer has status 200 and is no JSON, after the request had its effect.
    Garbled,
}

/// What was asked, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests by method.
    pub requests: BTreeMap<&'static str, u64>,
    /// Messages taken.
    pub taken: u64,
    /// Messages taken although the same text was taken in the same chat before.
    pub repeated: u64,
    /// How often a request was answered with 429.
    pub too_many: u64,
    /// Marks that were dropped without a word because a message had more than 100.
    pub marks_dropped: u64,
}

#[derive(Debug, Default)]
struct Tallies {
    requests: [AtomicU64; METHODS.len()],
    taken: AtomicU64,
    repeated: AtomicU64,
    too_many: AtomicU64,
    marks_dropped: AtomicU64,
}

/// A message that was taken from a caller who has a path of its own.
#[derive(Clone, Debug)]
pub struct Call {
    /// The caller: the first part of the path that it calls.
    pub by: String,
    /// The token of the bot.
    pub token: String,
    /// When.
    pub at: Instant,
}

#[derive(Debug)]
struct Planned {
    left: usize,
    chat: Option<i64>,
    method: &'static str,
    fault: Fault,
}

/// What the handles share.
pub struct Inner {
    clock: Arc<dyn Clock>,
    options: Options,
    url: String,
    bots: RwLock<Vec<(String, Arc<Bot>)>>,
    users: Mutex<HashMap<i64, User>>,
    shards: Vec<Mutex<HashMap<i64, Chat>>>,
    next_id: AtomicI64,
    planned: Mutex<Vec<Planned>>,
    armed: AtomicUsize,
    latency_ms: AtomicU64,
    counts: Tallies,
    violations: Mutex<Vec<String>>,
    /// Messages of callers that have a path of their own, in order.
    calls: Mutex<Vec<Call>>,
    /// Pictures and files, by the names that were given for them.
    files: Mutex<HashMap<String, files::Kept>>,
    /// How often one was given with its bytes.
    given: AtomicU64,
}

/// The fake. Dropping it stops it, and fails the test if a request broke the schema.
pub struct FakeTelegram {
    inner: Arc<Inner>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeTelegram {
    /// Starts on the loopback, with one bot named `tongxin_bot`.
    pub async fn start(clock: Arc<dyn Clock>, options: Options) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Inner {
            clock,
            options,
            url,
            bots: RwLock::default(),
            users: Mutex::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            next_id: AtomicI64::new(1_001),
            planned: Mutex::default(),
            armed: AtomicUsize::new(0),
            latency_ms: AtomicU64::new(0),
            counts: Tallies::default(),
            violations: Mutex::default(),
            calls: Mutex::default(),
            files: Mutex::default(),
            given: AtomicU64::new(0),
        });
        let app = axum::Router::new()
            .fallback(handle)
            .with_state(inner.clone())
            .into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "the fake runs beside the test")]
        let server = tokio::spawn(async move {
            let served = axum::serve(CuttableListener(listener), app).await;
            served.expect("the fake serves until it is dropped");
        });
        let fake = Self { inner, server };
        fake.adds_bot("tongxin_bot");
        fake
    }

    /// Where its API is served: the connector's `api_url`.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The token of the first bot.
    pub fn token(&self) -> String {
        self.inner.bots.read().expect("a lock")[0].0.clone()
    }

    /// A further bot, by its name; gives its token.
    pub fn adds_bot(&self, username: &str) -> String {
        let mut bots = self.inner.bots.write().expect("a lock");
        let id = 700_000_001 + i64::try_from(bots.len()).expect("few bots");
        let token = format!("{id}:TEST-TOKEN_{username}");
        let bot = Bot {
            id,
            username: username.to_owned(),
            revoked: AtomicBool::new(false),
            pending: Mutex::new(VecDeque::new()),
            next_update: AtomicI64::new(5_000_001),
            arrived: tokio::sync::Notify::new(),
            confirmed: tokio::sync::Notify::new(),
            asked: AtomicU64::new(0),
            webhook: Mutex::default(),
            allowed: Mutex::default(),
            rate: Mutex::new(Bucket::bot()),
            flooded_until: AtomicI64::new(i64::MIN),
            queries: Mutex::default(),
            menus: Mutex::default(),
        };
        bots.push((token.clone(), Arc::new(bot)));
        token
    }

    /// Every request takes at least so long.
    pub fn slows_to(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).expect("a short span");
        self.inner.latency_ms.store(millis, Ordering::SeqCst);
    }

    /// The next `times` sends fail in this way.
    pub fn fails_next(&self, times: usize, fault: Fault) {
        self.plan(Planned { left: times, chat: None, method: "sendMessage", fault });
    }

    /// The next `times` sends to this chat fail in this way.
    pub fn fails_next_in(&self, place: &Place, times: usize, fault: Fault) {
        let chat = Some(place.number());
        self.plan(Planned { left: times, chat, method: "sendMessage", fault });
    }

    /// The next `times` requests of one method fail in this way.
    pub fn fails_next_calls(&self, method: &'static str, times: usize, fault: Fault) {
        self.plan(Planned { left: times, chat: None, method, fault });
    }

    fn plan(&self, planned: Planned) {
        self.inner.planned.lock().expect("a lock").push(planned);
        self.inner.armed.fetch_add(1, Ordering::SeqCst);
    }

    /// How often a picture or file was given with its bytes.
    pub fn given(&self) -> u64 {
        self.inner.given.load(Ordering::SeqCst)
    }

    /// Forgets every name that it gave for a picture or file.
    pub fn forgets_files(&self) {
        self.inner.files.lock().expect("a lock").clear();
    }

    /// Revokes the first bot's token.
    pub fn revokes_token(&self) {
        self.inner.bot().revoked.store(true, Ordering::SeqCst);
    }

    /// What was asked so far, and what came of it.
    pub fn counts(&self) -> Counts {
        let counts = &self.inner.counts;
        let read = |n: &AtomicU64| n.load(Ordering::SeqCst);
        let requests = METHODS.iter().zip(&counts.requests).map(|(m, n)| (*m, read(n)));
        Counts {
            requests: requests.filter(|(_, n)| *n > 0).collect(),
            taken: read(&counts.taken),
            repeated: read(&counts.repeated),
            too_many: read(&counts.too_many),
            marks_dropped: read(&counts.marks_dropped),
        }
    }

    /// The messages that were taken since then from callers that have a path of their own
    /// (`http://…/NAME/bot…`), in order.
    pub fn calls_since(&self, since: Instant) -> Vec<Call> {
        let calls = self.inner.calls.lock().expect("a lock");
        calls[calls.partition_point(|call| call.at < since)..].to_vec()
    }

    /// How many messages each chat took, for all chats.
    pub fn taken_by_chat(&self) -> HashMap<i64, u64> {
        let shards = self.inner.shards.iter();
        shards
            .flat_map(|s| {
                let chats = s.lock().expect("a lock");
                chats.values().map(|c| (c.id, c.taken)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// How many messages each chat took that were not there before, for all chats.
    pub fn distinct_by_chat(&self) -> HashMap<i64, u64> {
        let shards = self.inner.shards.iter();
        let distinct = |c: &Chat| (c.id, u64::try_from(c.taken_texts.len()).unwrap_or(u64::MAX));
        let of = |s: &Mutex<HashMap<i64, Chat>>| {
            s.lock().expect("a lock").values().map(distinct).collect::<Vec<_>>()
        };
        shards.flat_map(of).collect()
    }

    /// What the requests did wrong so far; taken out, so that the drop does not fail for them.
    pub fn takes_violations(&self) -> Vec<String> {
        std::mem::take(&mut *self.inner.violations.lock().expect("a lock"))
    }
}

impl Drop for FakeTelegram {
    fn drop(&mut self) {
        self.server.abort();
        let violations = self.takes_violations();
        if !std::thread::panicking() {
            assert!(violations.is_empty(), "requests broke Telegram's schema: {violations:#?}");
        }
    }
}

impl Inner {
    /// The first bot.
    fn bot(&self) -> Arc<Bot> {
        self.bots.read().expect("a lock")[0].1.clone()
    }

    fn bots(&self) -> Vec<Arc<Bot>> {
        self.bots.read().expect("a lock").iter().map(|(_, b)| b.clone()).collect()
    }

    /// The bot of a token: 404 for what is no token, 401 for one that is not valid.
    fn bot_of(&self, token: &str) -> Result<Arc<Bot>, Denied> {
        if !token.contains(':') {
            return Err(denied(404, "Not Found"));
        }
        let bots = self.bots.read().expect("a lock");
        let bot = bots.iter().find(|(t, _)| t == token).map(|(_, b)| b.clone());
        bot.filter(|b| !b.revoked.load(Ordering::SeqCst)).ok_or_else(|| denied(401, "Unauthorized"))
    }

    fn chat<T>(&self, id: i64, run: impl FnOnce(&mut Chat) -> T) -> Option<T> {
        let shard = usize::try_from(id.unsigned_abs()).unwrap_or(0) % SHARDS;
        self.shards[shard].lock().expect("a lock").get_mut(&id).map(run)
    }

    fn add_chat(&self, chat: Chat) {
        let shard = usize::try_from(chat.id.unsigned_abs()).unwrap_or(0) % SHARDS;
        self.shards[shard].lock().expect("a lock").insert(chat.id, chat);
    }

    fn date(&self) -> i64 {
        self.clock.now().millis() / 1000
    }

    fn violation(&self, words: &str) {
        self.violations.lock().expect("a lock").push(words.to_owned());
    }

    /// Writes a message of a bot's down.
    fn took(&self, chat: &mut Chat, message: Message) {
        self.counts.taken.fetch_add(1, Ordering::Relaxed);
        chat.taken += 1;
        let says = match &message.carried {
            Some(it) => fingerprint(&format!("{}#{}", message.text, it.bytes.len())),
            None => fingerprint(&message.text),
        };
        if !chat.taken_texts.insert(says) {
            self.counts.repeated.fetch_add(1, Ordering::Relaxed);
        }
        if self.options.texts {
            chat.messages.insert(message.id, message);
        }
    }

    #[expect(clippy::disallowed_methods, reason = "when it was really called")]
    fn note_call(&self, by: &str, token: &str) {
        let mut calls = self.calls.lock().expect("a lock");
        calls.push(Call { by: by.to_owned(), token: token.to_owned(), at: Instant::now() });
    }

    fn fault(&self, method: &str, chat: Option<i64>) -> Option<Fault> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut planned = self.planned.lock().expect("a lock");
        let fits = |p: &Planned| p.method == method && p.chat == chat;
        let place = planned.iter().position(fits)?;
        let fault = planned[place].fault;
        planned[place].left -= 1;
        if planned[place].left == 0 {
            planned.remove(place);
            self.armed.fetch_sub(1, Ordering::SeqCst);
        }
        Some(fault)
    }

    /// The fault planned for the chat that the request is for.
    fn fault_in_chat(&self, method: &str, body: &[u8]) -> Option<Fault> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let body: Value = serde_json::from_slice(body).ok()?;
        self.fault(method, Some(body.get("chat_id")?.as_i64()?))
    }
}

async fn handle(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let (by, path) = match parts.uri.path().split_once("/bot") {
        Some((by, path)) => (by.trim_start_matches('/'), path.split_once('/')),
        None => ("", None),
    };
    let Some((token, method)) = path else { return answer(Err(denied(404, "Not Found"))) };
    if by == "file" {
        let found = inner.bot_of(token).ok().and_then(|_| inner.file_at(method));
        return match found {
            Some(bytes) => Response::new(Body::from(bytes.to_vec())),
            None => answer(Err(denied(404, "Not Found"))),
        };
    }
    if let Some(place) = METHODS.iter().position(|m| *m == method) {
        inner.counts.requests[place].fetch_add(1, Ordering::Relaxed);
    }
    let latency = inner.latency_ms.load(Ordering::Relaxed);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let mut fault = inner.fault(method, None);
    if fault == Some(Fault::CutUnread) {
        knife.cut();
        return Response::default();
    }
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return answer(Err(denied(413, "Request Entity Too Large")));
    };
    let kind = parts.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (body, file) = match form::read(kind, &body) {
        Some(pieces) => files::fields(pieces),
        None => (body.to_vec(), None),
    };
    fault = fault.or_else(|| inner.fault_in_chat(method, &body));
    match fault {
        Some(Fault::CutUnread) => {
            knife.cut();
            return Response::default();
        }
        Some(Fault::Internal) => return answer(Err(denied(500, "Internal Server Error"))),
        Some(Fault::BadGateway) => return page(502),
        _ => {}
    }
    let outcome = match inner.bot_of(token) {
        Ok(bot) => serve(&inner, &bot, method, (&body, file)).await,
        Err(denied) => Err(denied),
    };
    if !by.is_empty() && method == "sendMessage" && outcome.is_ok() {
        inner.note_call(by, token);
    }
    match fault {
        Some(Fault::CutUnanswered) => {
            knife.cut();
            Response::default()
        }
        Some(Fault::Garbled) => page(200),
        _ => {
            if outcome.as_ref().is_err_and(|d| d.code == 429) {
                inner.counts.too_many.fetch_add(1, Ordering::Relaxed);
            }
            answer(outcome)
        }
    }
}

async fn serve(
    inner: &Inner,
    bot: &Bot,
    method: &str,
    (body, file): (&[u8], Option<form::Piece>),
) -> methods::Outcome {
    if inner.options.strict {
        let body = if body.is_empty() { Value::Null } else { methods::parse(body)? };
        if let Some(fault) = schema::fault(method, &body) {
            inner.violation(&fault);
            return Err(denied(400, &format!("Bad Request: {fault}")));
        }
    }
    match method {
        "getUpdates" => updates::get(bot, body).await,
        "sendPhoto" => files::send(inner, bot, (body, file), "photos"),
        "sendDocument" => files::send(inner, bot, (body, file), "documents"),
        "getFile" => files::get(inner, bot, body),
        _ => methods::call(inner, bot, method, body),
    }
}

fn answer(outcome: methods::Outcome) -> Response {
    let mut response = Response::builder().header("content-type", "application/json");
    let body = match outcome {
        Ok(result) => json!({ "ok": true, "result": result }),
        Err(denied) => {
            let mut body = json!({ "ok": false, "error_code": denied.code,
                                   "description": denied.description });
            response = response.status(denied.code);
            if let Some(parameters) = denied.parameters {
                if let Some(seconds) = parameters.get("retry_after") {
                    response = response.header("retry-after", seconds.to_string());
                }
                body["parameters"] = parameters;
            }
            body
        }
    };
    response.body(Body::from(body.to_string())).expect("a response")
}

fn page(status: u16) -> Response {
    let body = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    Response::builder()
        .status(status)
        .header("content-type", "text/html")
        .body(Body::from(body))
        .expect("a response")
}
