//! Another system with a group and people, as Standard Webhooks have it: what is posted to it is checked and taken
//! once by its ID, and it signs what it posts.

use super::telegram::net::{CuttableListener, Knife};
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tongxin::clock::Clock;

const KEY: [u8; 32] = *b"a key of thirty-two bytes, told.";
const BODY_MAX: usize = 20_000;
/// Where it is called: whoever knows the path may call.
pub const PATH: &str = "HIDDEN-PATH";

/// How the next call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// With this status, and perhaps a header.
    Status(u16, Option<(&'static str, String)>),
    /// The connection is cut before anything happens.
    CutUnread,
    /// It is taken, and the connection is cut before the answer.
    CutUnanswered,
}

/// One event as it was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub kind: String,
    pub data: Value,
}

#[derive(Default)]
struct Inside {
    taken: Vec<Taken>,
    known: HashSet<String>,
    faults: VecDeque<Fault>,
    calls: usize,
    violations: Vec<String>,
    said: u64,
}

struct Inner {
    clock: Arc<dyn Clock>,
    inside: Mutex<Inside>,
}

pub struct HookHost {
    inner: Arc<Inner>,
    url: String,
}

impl HookHost {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let inner = Arc::new(Inner { clock, inside: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/{PATH}", listener.local_addr().expect("an address"));
        let router = axum::Router::new().fallback(serve).with_state(inner.clone());
        let service = router.into_make_service_with_connect_info::<Knife>();
        #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
        tokio::spawn(async move { axum::serve(CuttableListener(listener), service).await });
        Self { inner, url }
    }

    /// The account in the configuration; `reach` as the operator sets it.
    pub fn account(&self, reach: &str) -> String {
        format!(
            "[[account]]\nname = \"portal\"\nplatform = \"webhook\"\nurl = \"{}\"\nsecret = \"{}\"\n\
             reach = \"{reach}\"\ntitle = \"门户\"\ntopics = [\"policy\"]\n",
            self.url,
            secret(),
        )
    }

    /// Where it is called, and what signs.
    pub fn place(&self) -> (String, String) {
        (self.url.clone(), secret())
    }

    /// Events of this kind, to this person (`None`: to the group).
    pub fn taken(&self, kind: &str, to: Option<&str>) -> Vec<Value> {
        let inside = self.inside();
        let of = |t: &&Taken| t.kind == kind && t.data["to"].as_str() == to;
        inside.taken.iter().filter(of).map(|t| t.data.clone()).collect()
    }

    /// The latest message to this person.
    pub fn last(&self, to: Option<&str>) -> Value {
        self.taken("message.sent", to).pop().expect("something was said")
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.inside().calls
    }

    pub fn fails(&self, fault: Fault) {
        self.inside().faults.push_back(fault);
    }

    /// A call of ours, signed now.
    pub fn call(&self, kind: &str, data: &Value) -> Sealed {
        let id = {
            let mut inside = self.inside();
            inside.said += 1;
            format!("evt_{}", inside.said)
        };
        let at = self.inner.clock.now().millis() / 1000;
        let body = json!({"type": kind, "timestamp": "2026-11-24T08:00:00Z", "data": data});
        Sealed { id, at, body: body.to_string(), signature: None }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inner.inside.lock().expect("no call panicked")
    }
}

impl Drop for HookHost {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let violations = &self.inside().violations;
            assert!(violations.is_empty(), "not as the rules have it: {violations:#?}");
        }
    }
}

/// A call that is about to be made; a test may alter it after it was signed.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub id: String,
    pub at: i64,
    pub body: String,
    signature: Option<String>,
}

impl Sealed {
    /// Signs it as it stands.
    pub fn signed(mut self) -> Self {
        self.signature = Some(sign(&self.id, &self.at.to_string(), self.body.as_bytes()));
        self
    }

    pub fn request(&self) -> axum::http::Request<Body> {
        let signature = self.signature.clone().expect("it is signed");
        axum::http::Request::post("/hook/portal")
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.at)
            .header("webhook-signature", signature)
            .body(Body::from(self.body.clone()))
            .expect("a request")
    }
}

fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(KEY))
}

fn sign(id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("any key");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let line = |name: &str| {
        parts.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    };
    let mut inside = inner.inside.lock().expect("no call panicked");
    inside.calls += 1;
    let fault = inside.faults.pop_front();
    if let Some(Fault::Status(status, header)) = &fault {
        let mut answer = Response::builder().status(*status);
        if let Some((name, value)) = header {
            answer = answer.header(*name, value);
        }
        return answer.body(Body::empty()).expect("an answer");
    }
    if fault == Some(Fault::CutUnread) {
        knife.cut();
        return Response::new(Body::empty());
    }
    let (id, timestamp) = (line("webhook-id"), line("webhook-timestamp"));
    let now = inner.clock.now().millis() / 1000;
    let fresh = timestamp.parse::<i64>().is_ok_and(|at| (at - now).abs() <= 300);
    let signatures = line("webhook-signature");
    let right = sign(&id, &timestamp, &body);
    if !fresh || id.contains('.') || !signatures.split(' ').any(|shown| shown == right) {
        inside.violations.push(format!("{id} at {timestamp} is not signed"));
    }
    if body.len() > BODY_MAX {
        inside.violations.push(format!("a call of {} bytes", body.len()));
    }
    let event: Value = serde_json::from_slice(&body).expect("JSON");
    if inside.known.insert(id) {
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        inside.taken.push(Taken { kind, data: event["data"].clone() });
    }
    if fault == Some(Fault::CutUnanswered) {
        knife.cut();
    }
    Response::builder().status(204).body(Body::empty()).expect("an answer")
}
