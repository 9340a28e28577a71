//! The long connection: an address that is asked for, and frames in protobuf that are acknowledged one by one.
//!
//! `POST /callback/ws/endpoint` gives an address with a ticket in it. What comes over the connection is what would come
//! in a call, neither signed nor encrypted: it is believed because we asked for the connection with the app's secret.
//! What is not acknowledged within three seconds comes again. Several connections of an app share what happens.

use super::errors::{Trouble, read};
use super::parts::{Of, Parts};
use super::receive::Says;
use super::wire::Envelope;
use super::{Data, Feishu, PATIENCE};
use crate::connector::socket::{Declined, Event, Frame, Meaning, Socket, Speaker, Unready};
use async_trait::async_trait;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How often we say that we are there, unless the platform says otherwise; and how often at most and at least.
const PULSE: Duration = Duration::from_mins(2);
const PULSE_LEAST: Duration = Duration::from_secs(10);
const PULSE_MOST: Duration = Duration::from_mins(10);
/// How long we wait where the app has as many connections as it may.
const FULL: Duration = Duration::from_mins(5);

const CONTROL: i32 = 0;
const DATA: i32 = 1;

/// A frame (`pbbp2.proto` of the platform's libraries).
#[derive(Clone, PartialEq, prost::Message)]
struct Told {
    #[prost(uint64, required, tag = "1")]
    seq_id: u64,
    #[prost(uint64, required, tag = "2")]
    log_id: u64,
    #[prost(int32, required, tag = "3")]
    service: i32,
    #[prost(int32, required, tag = "4")]
    method: i32,
    #[prost(message, repeated, tag = "5")]
    headers: Vec<Header>,
    #[prost(string, optional, tag = "6")]
    payload_encoding: Option<String>,
    #[prost(string, optional, tag = "7")]
    payload_type: Option<String>,
    #[prost(bytes = "vec", optional, tag = "8")]
    payload: Option<Vec<u8>>,
    #[prost(string, optional, tag = "9")]
    log_id_new: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Header {
    #[prost(string, required, tag = "1")]
    key: String,
    #[prost(string, required, tag = "2")]
    value: String,
}

impl Told {
    fn header(&self, key: &str) -> &str {
        self.headers.iter().find(|h| h.key == key).map_or("", |h| h.value.as_str())
    }

    fn number(&self, key: &str) -> usize {
        self.header(key).parse().unwrap_or(0)
    }

    /// The same, with this answer in it.
    fn answered(mut self, code: u16) -> Frame {
        self.headers.push(Header { key: "biz_rt".to_owned(), value: "0".to_owned() });
        self.payload =
            Some(format!(r#"{{"code":{code},"headers":null,"data":null}}"#).into_bytes());
        Frame::Bytes(self.encode_to_vec().into())
    }
}

/// Who holds the connection.
pub(super) struct Long {
    feishu: Arc<Feishu>,
    parts: Parts,
}

#[derive(Serialize)]
struct Asked<'a> {
    #[serde(rename = "AppID")]
    app_id: &'a str,
    #[serde(rename = "AppSecret")]
    app_secret: &'a str,
}

/// Where a connection may be made.
#[derive(Deserialize)]
pub(super) struct Endpoint {
    #[serde(rename = "URL")]
    url: String,
    #[serde(rename = "ClientConfig")]
    config: Option<Pace>,
}

#[derive(Deserialize)]
struct Pace {
    #[serde(rename = "PingInterval", default)]
    ping: u64,
}

impl Pace {
    fn pulse(&self) -> Option<Duration> {
        let every = Duration::from_secs(self.ping);
        (!every.is_zero()).then(|| every.clamp(PULSE_LEAST, PULSE_MOST))
    }
}

impl Feishu {
    /// Where a connection may be made. To ask makes none.
    pub(super) async fn endpoint(&self) -> Result<Endpoint, Trouble> {
        let asked =
            Asked { app_id: &self.settings.app_id, app_secret: self.settings.app_secret.reveal() };
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["callback", "ws", "endpoint"]);
        }
        let answer = self.caller.post_json(url, &asked, PATIENCE).await?;
        Ok(read::<Data<Endpoint>>(&answer)?.data)
    }
}

impl Long {
    pub(super) fn new(feishu: Arc<Feishu>) -> Self {
        Self { feishu, parts: Parts::default() }
    }

    fn unread(&self, what: &str) -> Meaning {
        tracing::warn!(
            platform = "feishu",
            account.id = %self.feishu.account,
            what,
            "something of an unknown form was left out",
        );
        Meaning::Nothing
    }

    /// An event, once all of it is there. It is acknowledged whatever it says, unless we cannot read it yet.
    fn event(&mut self, told: Told) -> Meaning {
        let of = Of { seq: told.number("seq"), sum: told.number("sum") };
        let bytes = told.payload.clone().unwrap_or_default();
        let name = told.header("message_id");
        let Some(whole) = self.parts.add(name, of, bytes, self.feishu.clock.now()) else {
            return Meaning::Nothing;
        };
        let says = match serde_json::from_slice::<Envelope>(&whole) {
            Ok(envelope) if envelope.header.event_id.is_empty() => None,
            Ok(envelope) => match self.feishu.hear(&envelope) {
                Ok(says) => Some(says),
                Err(_) => return Meaning::Answer(told.answered(500)),
            },
            Err(_) => None,
        };
        let (mut inbound, mut overheard) = (Vec::new(), None);
        match says {
            Some(Says::Addressed(said)) => inbound.push(*said),
            Some(Says::Overheard(said)) => overheard = Some(*said),
            Some(Says::Check(_) | Says::Nothing) => {}
            None => {
                self.unread("an event");
            }
        }
        Meaning::Event(Box::new(Event { inbound, overheard, ack: Some(told.answered(200)) }))
    }
}

#[async_trait]
impl Speaker for Long {
    async fn connect(&mut self) -> Result<Socket, Unready> {
        let again = |words: &str| Unready::Again(words.to_owned());
        // Without knowing who the bot is, we could not tell in a group who is called.
        self.feishu.bot().await.map_err(unready)?;
        let Endpoint { url, config } = self.feishu.endpoint().await.map_err(unready)?;
        let place = Url::parse(&url).map_err(|_| again("no address to connect to"))?;
        // Whoever is reached with TLS is not asked to do without.
        if place.scheme() != "wss" && self.feishu.base.scheme() == "https" {
            return Err(again("an address without TLS"));
        }
        let service = place.query_pairs().find(|(name, _)| name == "service_id");
        let ping = Told {
            service: service.and_then(|(_, id)| id.parse().ok()).unwrap_or(0),
            method: CONTROL,
            headers: vec![Header { key: "type".to_owned(), value: "ping".to_owned() }],
            ..Told::default()
        };
        let every = config.as_ref().and_then(Pace::pulse).unwrap_or(PULSE);
        let pulse = (every, Frame::Bytes(ping.encode_to_vec().into()));
        let opened = Socket::open(&self.feishu.caller, &place, pulse, &*self.feishu.clock).await?;
        self.parts = Parts::default();
        opened.map_err(|declined| declined_words(&declined))
    }

    fn read(&mut self, frame: Frame) -> Meaning {
        let Frame::Bytes(bytes) = frame else { return self.unread("a frame") };
        let Ok(told) = Told::decode(bytes) else { return self.unread("a frame") };
        match (told.method, told.header("type")) {
            (CONTROL, "pong") => {
                let pace = serde_json::from_slice::<Pace>(told.payload.as_deref().unwrap_or(b""));
                let every = pace.ok().and_then(|pace| pace.pulse());
                every.map_or(Meaning::Nothing, Meaning::Pulse)
            }
            (DATA, "event" | "card") => self.event(told),
            _ => Meaning::Nothing,
        }
    }
}

fn unready(trouble: Trouble) -> Unready {
    match trouble {
        Trouble::Denied(denial) if denial.passes() => Unready::Again(denial.words()),
        Trouble::Denied(denial) => Unready::Refused(denial.words()),
        Trouble::Gateway { status, retry_after: Some(span) } => {
            Unready::Wait(format!("status {status}"), span)
        }
        Trouble::Gateway { status, retry_after: None } => {
            Unready::Again(format!("status {status}"))
        }
        Trouble::Unsent(words) | Trouble::Unanswered(words) => Unready::Again(words),
    }
}

/// Why the platform did not keep the connection open, as its headers say.
fn declined_words(declined: &Declined) -> Unready {
    let header = |name: &str| {
        let value = declined.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (status, why) = (header("handshake-status"), header("handshake-autherrcode"));
    let said = format!("{} {status} {why}", declined.status);
    match (status.as_str(), why.as_str()) {
        ("514", "1000040350") => Unready::Wait(format!("{said}: too many connections"), FULL),
        ("403", _) => Unready::Refused(said),
        _ => Unready::Again(said),
    }
}
