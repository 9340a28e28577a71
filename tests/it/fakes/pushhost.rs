//! A push service with browsers that hold real keys: it knows who sends, refuses what the rules forbid, keeps what a
//! browser that is off has not seen, and its browsers decrypt what they are given.

use super::telegram::net::{CuttableListener, Knife};
use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hkdf::Hkdf;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;

/// The largest body that is taken.
const BODY_MAX: usize = 4_096;
/// So long the service keeps what a browser has not seen, whatever is asked for.
const TTL_MOST: u64 = 28 * 24 * 3600;

/// How the next call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// With this status, perhaps a header, and these words.
    Status(u16, Option<(&'static str, &'static str)>, &'static str),
    /// The connection is cut before anything happens.
    CutUnread,
    /// It is taken, and the connection is cut before the answer.
    CutUnanswered,
}

/// The keys of one browser.
#[derive(Clone)]
pub struct Keys {
    private: SecretKey,
    auth: [u8; 16],
}

impl Keys {
    pub fn new(private: &[u8], auth: [u8; 16]) -> Self {
        Self { private: SecretKey::from_slice(private).expect("a key"), auth }
    }

    pub fn public(&self) -> String {
        BASE64.encode(self.private.public_key().to_sec1_point(false).as_bytes())
    }

    pub fn auth(&self) -> String {
        BASE64.encode(self.auth)
    }

    /// What a body says; none where it is not for this browser, or was altered.
    pub fn decrypt(&self, body: &[u8]) -> Option<Vec<u8>> {
        let (salt, rest) = body.split_at_checked(16)?;
        let (record, rest) = rest.split_at_checked(4)?;
        let (length, rest) = rest.split_first()?;
        let (sender, sealed) = rest.split_at_checked(usize::from(*length))?;
        let record = u32::from_be_bytes(record.try_into().ok()?);
        if sealed.len() > usize::try_from(record).ok()? {
            return None;
        }
        let public = PublicKey::from_sec1_bytes(sender).ok()?;
        let shared = self.private.diffie_hellman(&public);
        let own = self.private.public_key().to_sec1_point(false);
        let info = [b"WebPush: info\0", own.as_bytes(), sender].concat();
        let mut ikm = [0; 32];
        let secret = shared.raw_secret_bytes();
        Hkdf::<Sha256>::new(Some(&self.auth), secret).expand(&info, &mut ikm).ok()?;
        let content = Hkdf::<Sha256>::new(Some(salt), &ikm);
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        content.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
        content.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
        let plain = Aes128Gcm::new(&key.into()).decrypt(&Nonce::from(nonce), sealed).ok()?;
        // Behind the sign of the last record nothing but zeros.
        let end = plain.iter().rposition(|byte| *byte != 0)?;
        (plain[end] == 2).then(|| plain[..end].to_vec())
    }
}

/// What a browser shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub title: String,
    pub body: String,
    pub url: String,
    pub tag: String,
    pub urgency: String,
}

/// Whether a browser takes what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Device {
    On,
    Off,
}

struct Subscription {
    keys: Keys,
    /// The key of the one who may send.
    sender: String,
    device: Device,
    /// What it has not seen: under which topic, and until when.
    waiting: Vec<(String, Shown, i64)>,
    shown: Vec<Shown>,
    /// How much came, what took the place of another included.
    came: usize,
}

#[derive(Default)]
struct Inside {
    subscriptions: BTreeMap<String, Subscription>,
    faults: VecDeque<Fault>,
    calls: usize,
    made: usize,
    violations: Vec<String>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    origin: String,
    inside: Mutex<Inside>,
}

pub struct PushHost {
    inner: Arc<Inner>,
}

impl PushHost {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let inner = Arc::new(Inner { clock, origin, inside: Mutex::default() });
        let router = axum::Router::new().fallback(serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner }
    }

    /// The account in the configuration, and a page.
    pub fn account() -> String {
        "[[account]]\nname = \"browsers\"\nplatform = \"web-push\"\n\
         contact = \"mailto:it@office.example.org\"\nservices = [\"127.0.0.1\"]\nreach = \"any\"\n\
         [[group]]\nid = \"east\"\ntitle = \"城东群\"\ntopics = [\"policy\"]\n"
            .to_owned()
    }

    /// A browser subscribes under this key, and gives what its page is given.
    pub fn subscribes(&self, key: &str) -> Value {
        let (mut private, mut auth) = ([0; 32], [0; 16]);
        self.inner.clock.random(&mut private);
        self.inner.clock.random(&mut auth);
        let keys = Keys::new(&private, auth);
        let mut inside = self.inside();
        inside.made += 1;
        let path = format!("/push/capability-{:04}", inside.made);
        let given = json!({
            "endpoint": format!("{}{path}", self.inner.origin),
            "p256dh": keys.public(),
            "auth": keys.auth(),
        });
        let subscription = Subscription {
            keys,
            sender: key.to_owned(),
            device: Device::On,
            waiting: Vec::new(),
            shown: Vec::new(),
            came: 0,
        };
        inside.subscriptions.insert(path, subscription);
        given
    }

    /// What a browser shows, the oldest first.
    pub fn shown(&self, browser: &Value) -> Vec<Shown> {
        self.of(browser, |it| it.shown.clone())
    }

    /// What it shows that nobody has looked at; afterwards nothing.
    pub fn looks(&self, browser: &Value) -> Vec<Shown> {
        self.of(browser, |it| std::mem::take(&mut it.shown))
    }

    /// How much came to it.
    pub fn came(&self, browser: &Value) -> usize {
        self.of(browser, |it| it.came)
    }

    pub fn turns_off(&self, browser: &Value) {
        self.of(browser, |it| it.device = Device::Off);
    }

    /// It sees what still waits for it.
    pub fn turns_on(&self, browser: &Value) {
        let now = self.inner.clock.now().millis() / 1000;
        self.of(browser, |it| {
            it.device = Device::On;
            for (_, shown, until) in std::mem::take(&mut it.waiting) {
                if now < until {
                    it.show(shown);
                }
            }
        });
    }

    /// Its reader takes back that it may notify.
    pub fn unsubscribes(&self, browser: &Value) {
        let path = self.path(browser);
        self.inside().subscriptions.remove(&path);
    }

    /// For some reason it was made under the key of another sender.
    pub fn knows_another(&self, browser: &Value) {
        self.knows(browser, "the key of another sender");
    }

    /// It is made under this key.
    pub fn knows(&self, browser: &Value, key: &str) {
        self.of(browser, |it| key.clone_into(&mut it.sender));
    }

    pub fn fails(&self, fault: Fault) {
        self.inside().faults.push_back(fault);
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.inside().calls
    }

    fn of<T>(&self, browser: &Value, look: impl FnOnce(&mut Subscription) -> T) -> T {
        let path = self.path(browser);
        look(self.inside().subscriptions.get_mut(&path).expect("it subscribed"))
    }

    fn path(&self, browser: &Value) -> String {
        let endpoint = browser["endpoint"].as_str().expect("an endpoint");
        endpoint.strip_prefix(&self.inner.origin).expect("of this host").to_owned()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inner.inside.lock().expect("no call panicked")
    }
}

impl Drop for PushHost {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = &self.inside().violations;
            assert!(violations.is_empty(), "not as the rules have it: {violations:#?}");
        }
    }
}

impl Subscription {
    fn take(&mut self, topic: &str, shown: Shown, until: i64) {
        self.came += 1;
        match self.device {
            Device::On => self.show(shown),
            Device::Off => {
                self.waiting.retain(|(known, ..)| known != topic || topic.is_empty());
                self.waiting.push((topic.to_owned(), shown, until));
            }
        }
    }

    /// One of the same tag takes the place of another.
    fn show(&mut self, shown: Shown) {
        self.shown.retain(|known| known.tag != shown.tag || shown.tag.is_empty());
        self.shown.push(shown);
    }
}

async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let mut inside = inner.inside.lock().expect("no call panicked");
    inside.calls += 1;
    let fault = inside.faults.pop_front();
    match &fault {
        Some(Fault::Status(status, header, words)) => return answer(*status, *header, words),
        Some(Fault::CutUnread) => {
            knife.cut();
            return Response::new(Body::empty());
        }
        _ => {}
    }
    if parts.method != "POST" {
        return answer(405, None, "");
    }
    let Some(subscription) = inside.subscriptions.get(parts.uri.path()) else {
        return answer(410, None, r#"{"code":410,"errno":106,"error":"Gone"}"#);
    };
    let proof = proof(&parts.headers, &inner, &subscription.sender);
    let keys = subscription.keys.clone();
    if let Err((status, words)) = proof {
        return answer(status, None, words);
    }
    if body.len() > BODY_MAX {
        return answer(413, None, r#"{"code":413,"errno":104,"error":"Payload Too Large"}"#);
    }
    match message(&parts.headers, &keys, &body) {
        Ok((topic, shown, ttl)) => {
            let until = inner.clock.now().millis() / 1000 + i64::try_from(ttl).expect("a span");
            let it = inside.subscriptions.get_mut(parts.uri.path()).expect("it is there");
            it.take(&topic, shown, until);
        }
        Err(what) => {
            inside.violations.push(what.clone());
            return answer(400, None, "Bad Request");
        }
    }
    if fault == Some(Fault::CutUnanswered) {
        knife.cut();
    }
    answer(201, Some(("location", "/message/1")), "")
}

fn answer(status: u16, header: Option<(&'static str, &'static str)>, words: &str) -> Response {
    let mut answer = Response::builder().status(status);
    if let Some((name, value)) = header {
        answer = answer.header(name, value);
    }
    answer.body(Body::from(words.to_owned())).expect("an answer")
}

/// A status, and what is said with it.
type Refusal = (u16, &'static str);

/// Checks who sends, as strictly as the strictest service does.
fn proof(headers: &HeaderMap, inner: &Inner, sender: &str) -> Result<(), Refusal> {
    let forbidden = || (403, r#"{"reason":"BadJwtToken"}"#);
    let line = headers.get("authorization").and_then(|v| v.to_str().ok());
    let line = line
        .and_then(|line| line.strip_prefix("vapid "))
        .ok_or((401, r#"{"code":401,"errno":109,"error":"Unauthorized"}"#))?;
    let field = |name: &str| {
        line.split(',').find_map(|f| f.trim().strip_prefix(name)?.strip_prefix('=')).map(str::trim)
    };
    let (token, key) = field("t").zip(field("k")).ok_or_else(forbidden)?;
    if key != sender {
        let words = "the key in the authorization header does not correspond to the sender ID";
        return Err((403, words));
    }
    let read = |text: &str| {
        let bytes = BASE64.decode(text).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (signed, sign) = token.rsplit_once('.').ok_or_else(forbidden)?;
    let (head, claims) = signed.split_once('.').ok_or_else(forbidden)?;
    let (head, claims) = read(head).zip(read(claims)).ok_or_else(forbidden)?;
    let now = inner.clock.now().millis() / 1000;
    let expires = claims["exp"].as_i64().unwrap_or_default();
    let contact = claims["sub"].as_str().unwrap_or_default();
    let good = head["alg"] == "ES256"
        && claims["aud"] == inner.origin.as_str()
        && expires > now
        && expires <= now + 24 * 3600
        && contact == "mailto:it@office.example.org";
    let key = BASE64.decode(key).ok().and_then(|k| VerifyingKey::from_sec1_bytes(&k).ok());
    let sign = BASE64.decode(sign).ok().and_then(|s| Signature::from_slice(&s).ok());
    let (key, sign) = key.zip(sign).ok_or_else(forbidden)?;
    if good && key.verify(signed.as_bytes(), &sign).is_ok() { Ok(()) } else { Err(forbidden()) }
}

/// Reads a message as its browser does: the topic, what is shown, and how long it is kept.
fn message(headers: &HeaderMap, keys: &Keys, body: &[u8]) -> Result<(String, Shown, u64), String> {
    let line = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let ttl: u64 = line("ttl").parse().map_err(|_| format!("a TTL of {:?}", line("ttl")))?;
    let urgency = line("urgency");
    if !["very-low", "low", "normal", "high"].contains(&urgency) {
        return Err(format!("an urgency of {urgency:?}"));
    }
    let topic = line("topic");
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if topic.len() > 32 || !topic.chars().all(letters) {
        return Err(format!("a topic of {topic:?}"));
    }
    if line("content-encoding") != "aes128gcm" {
        return Err(format!("an encoding of {:?}", line("content-encoding")));
    }
    let plain = keys.decrypt(body).ok_or("what cannot be decrypted")?;
    if plain.len() > 3_000 {
        return Err(format!("{} bytes, more than services advise", plain.len()));
    }
    let said: Value = serde_json::from_slice(&plain).map_err(|e| e.to_string())?;
    let text = |name: &str| said[name].as_str().map(str::to_owned).ok_or(format!("no {name}"));
    let shown = Shown {
        title: text("title")?,
        body: text("body")?,
        url: text("url")?,
        tag: text("tag")?,
        urgency: urgency.to_owned(),
    };
    Ok((topic.to_owned(), shown, ttl.min(TTL_MOST)))
}
