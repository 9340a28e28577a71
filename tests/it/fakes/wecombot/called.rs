//! A robot that is called: encrypted calls, and addresses that take one answer within an hour.

use super::{BOT, FakeWecomBot, Inner, frames};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use tongxin::connector::Secret;
use tongxin::connector::signed::envelope::{Chance, Dialect, Envelope, Letter};

const TOKEN: &str = "token0of1the2robot";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const HOUR: i64 = 3_600_000;

/// A call that is about to be made.
#[derive(Clone, Debug)]
pub struct Call(pub Letter);

impl Call {
    pub fn request(&self) -> axum::http::Request<Body> {
        let body = json!({"encrypt": self.0.encrypt}).to_string();
        axum::http::Request::post(self.address(None)).body(Body::from(body)).expect("a request")
    }

    /// The check of the address instead.
    pub fn check(&self) -> axum::http::Request<Body> {
        axum::http::Request::get(self.address(Some(&self.0.encrypt)))
            .body(Body::empty())
            .expect("a request")
    }

    fn address(&self, echo: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("msg_signature", &self.0.signature);
        query.append_pair("timestamp", &self.0.timestamp).append_pair("nonce", &self.0.nonce);
        if let Some(echo) = echo {
            query.append_pair("echostr", echo);
        }
        format!("/hook/robot?{}", query.finish())
    }
}

impl FakeWecomBot {
    /// The account of a robot that is called, in the configuration.
    pub fn called_account(&self) -> String {
        format!(
            "[[account]]\nname = \"robot\"\nplatform = \"wecom-bot\"\nbot_id = \"{BOT}\"\n\
             receive = \"http\"\ntoken = \"{TOKEN}\"\naes_key = \"{KEY}\"\napi_url = \"{}\"\n",
            self.url
        )
    }

    /// A call that tells this, with an address for an answer.
    pub fn call(&self, body: &Value) -> Call {
        let now = self.inner.now();
        let mut state = self.state();
        let number = state.number();
        let code = format!("code-{number}");
        let chat = body["chatid"].as_str().or(body["from"]["userid"].as_str()).expect("a chat");
        state.doors.insert(code.clone(), (chat.to_owned(), now + HOUR));
        state.written.insert(chat.to_owned());
        drop(state);
        let mut body = body.clone();
        let address = format!("{}/cgi-bin/aibot/response?response_code={code}", self.url);
        body["response_url"] = address.into();
        self.seal(&body.to_string())
    }

    /// A letter that says this.
    pub fn seal(&self, message: &str) -> Call {
        let secret = |letters: &str| Secret::new(letters.to_owned());
        let envelope = Envelope::new(Dialect::WeChat, secret(TOKEN), &secret(KEY), "");
        let number = self.state().number();
        let mut random = [7; 16];
        random[..8].copy_from_slice(&number.to_be_bytes());
        let chance = Chance { random, nonce: format!("nonce{number}") };
        let now = self.inner.clock.now();
        let letter = envelope.expect("a key").seal(message.as_bytes(), now, chance);
        Call(letter.expect("is sealed"))
    }
}

pub(super) async fn serve(inner: Arc<Inner>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = axum::Router::new().fallback(answer).with_state(inner);
    #[expect(clippy::disallowed_methods, reason = "a fake serves beside the test")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let now = inner.now();
    let mut state = inner.state();
    let code = parts.uri.query().and_then(|q| q.strip_prefix("response_code=")).unwrap_or_default();
    let door = state.doors.remove(code).filter(|(_, until)| *until > now);
    let said = match door {
        None => json!({"errcode": 60140, "errmsg": "invalid response_code"}),
        Some((to, _)) => {
            let shown = match body["msgtype"].as_str() {
                Some("markdown") => frames::words(&body["markdown"]["content"], to, None),
                Some("template_card") => state.card(&body["template_card"], to, None),
                other => Err(format!("no such kind here: {other:?}")),
            };
            match shown {
                Ok(shown) => {
                    state.shown.push(shown);
                    json!({"errcode": 0, "errmsg": "ok"})
                }
                Err(violation) => {
                    state.violations.push(format!("{violation}: {body}"));
                    json!({"errcode": 40058, "errmsg": "invalid parameter"})
                }
            }
        }
    };
    let answer = Response::builder().header("content-type", "application/json");
    answer.body(Body::from(said.to_string())).expect("an answer")
}
