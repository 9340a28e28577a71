//! The Stream mode: a connection that we ask for, and frames of JSON that are acknowledged one by one.
//!
//! `POST /v1.0/gateway/connections/open` gives an address and a ticket that is good once. What is not acknowledged is
//! said again, over this connection or another of the app's; several share what is said.

use super::errors::{Trouble, read};
use super::receive::Call;
use super::{Dingtalk, PATIENCE};
use crate::connector::http::CallFailure;
use crate::connector::socket::{Event, Frame, Meaning, Socket, Speaker, Unready};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How often we say that we are there.
const PULSE: Duration = Duration::from_mins(1);
/// What robots hear.
const MESSAGES: &str = "/v1.0/im/bot/messages/get";

/// Who holds the connection.
pub(super) struct Stream {
    ding: Arc<Dingtalk>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    subscriptions: [Topic; 1],
    ua: &'static str,
    local_ip: &'static str,
}

#[derive(Serialize)]
struct Topic {
    #[serde(rename = "type")]
    kind: &'static str,
    topic: &'static str,
}

/// Where a connection may be made, once.
#[derive(Deserialize)]
pub(super) struct Ticket {
    endpoint: String,
    ticket: String,
}

#[derive(Deserialize)]
struct Told {
    #[serde(rename = "type")]
    kind: String,
    headers: Named,
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    message_id: String,
    topic: String,
}

#[derive(Serialize)]
struct Ack<'a> {
    code: u16,
    headers: Heads<'a>,
    message: &'static str,
    data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Heads<'a> {
    message_id: &'a str,
    content_type: &'static str,
}

impl Stream {
    pub(super) const fn new(ding: Arc<Dingtalk>) -> Self {
        Self { ding }
    }

    /// What a message to the robot says. It is acknowledged whatever it says, or it would come for ever.
    fn message(&self, data: &str) -> Event {
        let call = serde_json::from_str::<Call>(data).map_err(|_| ());
        let heard =
            call.and_then(|call| self.ding.heard(call, self.ding.clock.now()).map_err(|_| ()));
        if heard.is_err() {
            tracing::warn!(
                platform = "dingtalk",
                account.id = %self.ding.account,
                "a message of an unknown form was left out",
            );
        }
        let inbound = heard.ok().flatten().into_iter().collect();
        Event { inbound, overheard: None, ack: None }
    }
}

impl Dingtalk {
    /// A ticket for a connection. To ask for one makes none.
    pub(super) async fn ticket(&self) -> Result<Ticket, Trouble> {
        let asked = Asked {
            client_id: &self.settings.app_key,
            client_secret: self.settings.app_secret.reveal(),
            subscriptions: [Topic { kind: "CALLBACK", topic: MESSAGES }],
            ua: concat!("tongxin/", env!("CARGO_PKG_VERSION")),
            local_ip: "",
        };
        let url = self.url("/v1.0/gateway/connections/open")?;
        let answer = self.caller.post_json(url, &asked, PATIENCE).await.map_err(|e| match e {
            CallFailure::Unanswered(words) => Trouble::Unsent(words),
            other => other.into(),
        })?;
        read(&answer)
    }

    fn place(&self, ticket: &Ticket) -> Option<Url> {
        let mut url = Url::parse(&ticket.endpoint).ok()?;
        // Whoever is reached with TLS is not asked to do without.
        if url.scheme() != "wss" && self.settings.api_url.starts_with("https") {
            return None;
        }
        url.query_pairs_mut().append_pair("ticket", &ticket.ticket);
        Some(url)
    }
}

#[async_trait]
impl Speaker for Stream {
    async fn connect(&mut self) -> Result<Socket, Unready> {
        let again = |words: &str| Unready::Again(words.to_owned());
        let ticket = self.ding.ticket().await.map_err(|trouble| match trouble {
            Trouble::Denied(denial) if denial.passes() => Unready::Again(denial.words()),
            Trouble::Denied(denial) => Unready::Refused(denial.words()),
            Trouble::Gateway(status, None) => Unready::Again(format!("status {status}")),
            Trouble::Gateway(status, Some(span)) => Unready::Wait(format!("status {status}"), span),
            Trouble::Unsent(words) | Trouble::Unanswered(words) => Unready::Again(words),
        })?;
        let place = self.ding.place(&ticket).ok_or_else(|| again("no address to connect to"))?;
        let pulse = (PULSE, Frame::Ping);
        let opened = Socket::open(&self.ding.caller, &place, pulse, &*self.ding.clock).await?;
        opened.map_err(|declined| {
            Unready::Again(format!("status {} in place of a connection", declined.status))
        })
    }

    fn read(&mut self, frame: Frame) -> Meaning {
        let told = match &frame {
            Frame::Text(text) => serde_json::from_str::<Told>(text).ok(),
            _ => None,
        };
        let Some(Told { kind, headers, data }) = told else {
            tracing::warn!(
                platform = "dingtalk",
                account.id = %self.ding.account,
                "a frame of an unknown form was left out",
            );
            return Meaning::Nothing;
        };
        let ack = |code, data: &str| ack(&headers.message_id, code, data);
        match (kind.as_str(), headers.topic.as_str()) {
            ("SYSTEM", "ping") => ack(200, &data).map_or(Meaning::Nothing, Meaning::Answer),
            ("SYSTEM", "disconnect") => {
                let words = "the platform asks for another connection";
                Meaning::Over(ack(200, ""), Unready::Again(words.to_owned()))
            }
            ("SYSTEM", _) => Meaning::Nothing,
            ("CALLBACK", MESSAGES) => {
                let ack = ack(200, r#"{"response":"OK"}"#);
                Meaning::Event(Box::new(Event { ack, ..self.message(&data) }))
            }
            ("EVENT", _) => ack(200, r#"{"status":"SUCCESS","message":"OK"}"#)
                .map_or(Meaning::Nothing, Meaning::Answer),
            _ => ack(404, "").map_or(Meaning::Nothing, Meaning::Answer),
        }
    }
}

fn ack(message_id: &str, code: u16, data: &str) -> Option<Frame> {
    let headers = Heads { message_id, content_type: "application/json" };
    let ack = Ack { code, headers, message: "OK", data };
    serde_json::to_string(&ack).ok().map(Frame::Text)
}
