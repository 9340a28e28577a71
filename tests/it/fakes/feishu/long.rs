//! Long connections of an app: an address with a ticket, frames in protobuf, events in parts, acknowledgements.

use super::{APP, APP_SECRET, FakeFeishu, Inner, State};
use crate::fakes::sockets::{Act, Platform};
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::HashSet;
use tokio_tungstenite::tungstenite::Message;

/// How often the app shall say that it is there, in seconds.
const PULSE: u64 = 90;
const SERVICE: i32 = 33_554_678;

/// A frame, as the platform's own libraries define it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Frame {
    #[prost(uint64, required, tag = "1")]
    pub seq_id: u64,
    #[prost(uint64, required, tag = "2")]
    pub log_id: u64,
    #[prost(int32, required, tag = "3")]
    pub service: i32,
    #[prost(int32, required, tag = "4")]
    pub method: i32,
    #[prost(message, repeated, tag = "5")]
    pub headers: Vec<Header>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub payload: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Header {
    #[prost(string, required, tag = "1")]
    pub key: String,
    #[prost(string, required, tag = "2")]
    pub value: String,
}

/// How an event is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    Whole,
    /// In so many frames, the last one first.
    Into(usize),
}

/// When the connection breaks around an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It is lost.
    Before,
    /// It is heard.
    After,
}

#[derive(Default)]
pub(super) struct Held {
    pub address: String,
    tickets: HashSet<String>,
    opened: usize,
    line: Option<u64>,
    owed: Vec<(String, Vec<Frame>)>,
    acknowledged: usize,
    cuts_ack: Option<When>,
    /// How often the app may not connect, because it has as many connections as it may.
    full: usize,
}

impl Frame {
    fn header(&self, key: &str) -> &str {
        self.headers.iter().find(|h| h.key == key).map_or("", |h| h.value.as_str())
    }

    fn act(&self) -> Act {
        Act::Say(Message::binary(self.encode_to_vec()))
    }
}

fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
    let header =
        |(key, value): &(&str, &str)| Header { key: (*key).to_owned(), value: (*value).to_owned() };
    pairs.iter().map(header).collect()
}

impl State {
    /// Where a connection may be made.
    pub(super) fn endpoint(&mut self, body: &Value) -> Value {
        if body["AppID"] != APP || body["AppSecret"] != APP_SECRET {
            return json!({"code": 1_000_040_345_i64, "msg": "app_id or app_secret is invalid"});
        }
        let ticket = self.name("tk");
        let url = format!(
            "ws://{}/ws/v2?device_id=1&service_id={SERVICE}&ticket={ticket}",
            self.held.address
        );
        self.held.tickets.insert(ticket);
        json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": {"ReconnectCount": -1,
            "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": PULSE}}})
    }

    fn acknowledged(&mut self, frame: &Frame) -> Vec<Act> {
        let name = frame.header("message_id").to_owned();
        let payload: Value = serde_json::from_slice(frame.payload.as_deref().unwrap_or_default())
            .unwrap_or_default();
        if frame.header("biz_rt").is_empty() || payload["code"] != 200 {
            self.violations.push(format!("no acknowledgement: {payload}"));
        }
        let when = self.held.cuts_ack.take();
        if when == Some(When::Before) {
            return vec![Act::Cut];
        }
        match self.held.owed.iter().position(|(owed, _)| *owed == name) {
            Some(at) => {
                self.held.owed.remove(at);
                self.held.acknowledged += 1;
            }
            None => self.violations.push(format!("nobody asked: {name}")),
        }
        if when == Some(When::After) { vec![Act::Cut] } else { Vec::new() }
    }
}

impl Platform for Inner {
    fn asked(&self, _: u64, path: &str) -> Result<(), (u16, String)> {
        let mut state = self.state.lock().expect("nobody panicked");
        let ticket = path.split_once("ticket=").map_or("", |(_, ticket)| ticket);
        if !state.held.tickets.remove(ticket) {
            return Err((401, String::new()));
        }
        if state.held.full > 0 {
            state.held.full -= 1;
            let headers = "Handshake-Status: 514\r\nHandshake-Autherrcode: 1000040350\r\n";
            return Err((400, headers.to_owned()));
        }
        Ok(())
    }

    fn began(&self, line: u64) -> Vec<Act> {
        let mut state = self.state.lock().expect("nobody panicked");
        state.held.line = Some(line);
        state.held.opened += 1;
        state.held.owed.iter().flat_map(|(_, frames)| frames).map(Frame::act).collect()
    }

    fn said(&self, _: u64, message: Message) -> Vec<Act> {
        let mut state = self.state.lock().expect("nobody panicked");
        let frame = match message {
            Message::Binary(bytes) => Frame::decode(bytes).ok(),
            _ => None,
        };
        match frame {
            Some(frame) if frame.method == 0 && frame.header("type") == "ping" => {
                if frame.service != SERVICE {
                    state.violations.push(format!("the service {}", frame.service));
                }
                let payload = json!({"PingInterval": PULSE}).to_string().into_bytes();
                let headers = headers(&[("type", "pong")]);
                vec![Frame { headers, payload: Some(payload), ..frame }.act()]
            }
            Some(frame) if frame.method == 1 => state.acknowledged(&frame),
            _ => {
                state.violations.push("no frame".to_owned());
                vec![Act::Cut]
            }
        }
    }

    fn ended(&self, line: u64) {
        let mut state = self.state.lock().expect("nobody panicked");
        if state.held.line == Some(line) {
            state.held.line = None;
        }
    }
}

impl FakeFeishu {
    /// The account of an app that holds a connection, in the configuration.
    pub fn held_account(&self) -> String {
        format!(
            "[[account]]\nname = \"feishu\"\nplatform = \"feishu\"\napp_id = \"{APP}\"\n\
             app_secret = \"{APP_SECRET}\"\nreceive = \"long\"\napi_url = \"{}\"\n",
            self.url
        )
    }

    /// The event that is due next is said over the connection, and again until it is acknowledged. False when none was.
    pub fn tells_next(&self, split: Split) -> bool {
        let Some(mut event) = self.next_event() else { return false };
        event["header"]["token"] = "".into();
        self.holds(&event, split);
        true
    }

    /// This is said over the connection, and again until it is acknowledged.
    pub fn holds(&self, event: &Value, split: Split) {
        let bytes = event.to_string().into_bytes();
        let mut state = self.state();
        let name = state.name("ms");
        let sum = match split {
            Split::Whole => 1,
            Split::Into(sum) => sum,
        };
        let parts = bytes.chunks(bytes.len().div_ceil(sum)).enumerate();
        let frame = |(seq, part): (usize, &[u8])| Frame {
            seq_id: 0,
            log_id: 0,
            service: SERVICE,
            method: 1,
            headers: headers(&[
                ("type", "event"),
                ("message_id", &name),
                ("sum", &sum.to_string()),
                ("seq", &seq.to_string()),
                ("trace_id", "trace"),
            ]),
            payload: Some(part.to_vec()),
        };
        let mut frames: Vec<_> = parts.map(frame).collect();
        frames.reverse();
        for frame in &frames {
            if let Some(line) = state.held.line {
                self.inner.sockets.act(line, frame.act());
            }
        }
        state.held.owed.push((name, frames));
    }

    /// This is said over the connection, whatever it means.
    pub fn says_raw(&self, message: Message) {
        let line = self.state().held.line.expect("a connection");
        self.inner.sockets.act(line, Act::Say(message));
    }

    pub fn cuts_around_ack(&self, when: When) {
        self.state().held.cuts_ack = Some(when);
    }

    /// The app has as many connections as it may, the next time that it asks for one.
    pub fn is_full_once(&self) {
        self.state().held.full = 1;
        let line = self.state().held.line;
        if let Some(line) = line {
            self.inner.sockets.act(line, Act::Cut);
        }
    }

    /// Waits until a connection was refused.
    pub async fn was_full(&self) {
        loop {
            let rings = self.inner.sockets.bell.notified();
            if self.state().held.full == 0 {
                return;
            }
            rings.await;
        }
    }

    /// How many connections there were.
    pub fn opened(&self) -> usize {
        self.state().held.opened
    }

    /// How many events were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.state().held.acknowledged
    }

    /// Waits until there is a connection, and all that was said is acknowledged.
    pub async fn is_heard_out(&self) {
        loop {
            let rings = self.inner.sockets.bell.notified();
            let (line, owes) = {
                let held = &self.state().held;
                (held.line, !held.owed.is_empty())
            };
            match line {
                Some(line) if !owes && self.inner.sockets.is_heard_out(line).await => return,
                Some(_) if !owes => {}
                _ => rings.await,
            }
        }
    }
}
