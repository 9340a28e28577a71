//! The long connection (长连接): `aibot_subscribe`, a `ping` every 30 seconds, and what happens.
//!
//! WeCom lets one connection be open for a robot: a new one ends the old one (`disconnected_event`). It knows no
//! acknowledgement of what it says, and says nothing twice: what people write while there is no connection is lost.
//!
//! It may drop the subscription and leave the connection open: whatever we say is then refused, a ping as well, and
//! the connection is made anew.

use super::WecomBot;
use super::errors::Denial;
use super::outlet::Inlet;
use super::wire::{Asked, Given, Happened, Headers, Subscribe, Told};
use crate::connector::socket::{Cut, Event, Frame, Meaning, Socket, Speaker, Unready};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// How often we say that we are there.
const PULSE: Duration = Duration::from_secs(30);
/// How long the answer to the subscription may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a ping goes by.
const PING: &str = "ping";

/// Who holds the connection.
pub(super) struct Long {
    bot: Arc<WecomBot>,
    inlet: Option<Inlet>,
    /// What the platform said when it had dropped the subscription: nothing more is said over this connection.
    dropped: Option<String>,
}

impl Long {
    pub(super) const fn new(bot: Arc<WecomBot>) -> Self {
        Self { bot, inlet: None, dropped: None }
    }

    /// Hands on an answer. Where the subscription was dropped, the connection is over once all that was said over it
    /// is answered: whether something arrived that got no answer, nobody would know.
    fn answered(&mut self, req_id: &str, done: Result<Given, Denial>) -> Meaning {
        if let Err(denial) = &done
            && denial.ends_the_connection()
        {
            self.dropped = Some(denial.clone().words());
        }
        let waits = self.inlet.as_mut().is_some_and(|inlet| {
            inlet.answered(req_id, done);
            inlet.waits()
        });
        match &self.dropped {
            Some(words) if !waits => Meaning::Over(None, Unready::Again(words.clone())),
            _ => Meaning::Nothing,
        }
    }
}

impl WecomBot {
    /// A connection that is subscribed.
    pub(super) async fn subscribed(&self) -> Result<Socket, Unready> {
        let ping = Asked::<()> { cmd: PING, headers: headers(PING), body: None };
        let pulse = (PULSE, Frame::Text(json(&ping)?));
        let opened = Socket::open(&self.caller, &self.base, pulse, &*self.clock).await?;
        let mut socket = opened.map_err(|declined| {
            Unready::Again(format!("status {} in place of a connection", declined.status))
        })?;
        let req_id = self.fresh("aibot_subscribe");
        let secret = self.settings.receive.key().reveal();
        let body = Some(Subscribe { bot_id: &self.settings.bot_id, secret });
        let asked = Asked { cmd: "aibot_subscribe", headers: headers(&req_id), body };
        socket.say(Frame::Text(json(&asked)?)).await?;
        match tokio::time::timeout(PATIENCE, answer(&mut socket, &req_id)).await {
            Err(_) => Err(Unready::Again("no answer to the subscription".to_owned())),
            Ok(Err(cut)) => Err(cut.into()),
            Ok(Ok(Ok(()))) => Ok(socket),
            Ok(Ok(Err(denial))) if denial.passes() => Err(Unready::Again(denial.words())),
            Ok(Ok(Err(denial))) => Err(Unready::Refused(denial.words())),
        }
    }
}

#[async_trait]
impl Speaker for Long {
    async fn connect(&mut self) -> Result<Socket, Unready> {
        let socket = self.bot.subscribed().await?;
        self.inlet = self.bot.outlet().map(super::outlet::Outlet::open);
        self.dropped = None;
        Ok(socket)
    }

    fn read(&mut self, frame: Frame) -> Meaning {
        let Frame::Text(text) = frame else { return Meaning::Nothing };
        let Ok(Told { cmd, headers, body, errcode, errmsg }) = serde_json::from_str(&text) else {
            self.bot.unread("a frame");
            return Meaning::Nothing;
        };
        match cmd.as_str() {
            "" => {
                let Some(code) = errcode else { return Meaning::Nothing };
                let done = match code {
                    0 => Ok(serde_json::from_value(body).unwrap_or_default()),
                    _ => Err(Denial::new(code, &errmsg)),
                };
                self.answered(&headers.req_id, done)
            }
            "aibot_msg_callback" | "aibot_event_callback" => {
                let Ok(happened) = serde_json::from_value::<Happened>(body) else {
                    self.bot.unread("an event");
                    return Meaning::Nothing;
                };
                if happened.event.as_ref().is_some_and(|e| e.eventtype == "disconnected_event") {
                    let words =
                        "another connection of this robot ended ours; a robot has one alone";
                    return Meaning::Over(None, Unready::Taken(words.to_owned()));
                }
                let inbound = self.bot.heard(happened, Some(&headers.req_id));
                Meaning::Event(Box::new(Event { inbound, overheard: None, ack: None }))
            }
            _ => Meaning::Nothing,
        }
    }

    async fn wants(&mut self) -> Frame {
        let said = match &mut self.inlet {
            Some(inlet) if self.dropped.is_none() => inlet.next().await,
            _ => None,
        };
        match said {
            Some(frame) => Frame::Text(frame),
            None => std::future::pending().await,
        }
    }

    fn over(&mut self, why: &Unready, taken: u32) {
        if let Some(outlet) = self.bot.outlet() {
            match why {
                Unready::Again(words) | Unready::Wait(words, _) => outlet.away(words),
                // Once may be a test, or the program that follows this one.
                Unready::Taken(words) if taken == 0 => outlet.away(words),
                Unready::Taken(words) | Unready::Refused(words) => outlet.stop(words),
            }
        }
        // Whoever waits for an answer learns now that none comes.
        self.inlet = None;
    }
}

/// Waits for the answer to one frame; whatever else comes before it is passed over.
async fn answer(socket: &mut Socket, req_id: &str) -> Result<Result<(), Denial>, Cut> {
    loop {
        let Frame::Text(text) = socket.hear().await? else { continue };
        let Ok(told) = serde_json::from_str::<Told>(&text) else { continue };
        if let (true, Some(code)) = (told.headers.req_id == req_id, told.errcode) {
            return Ok(if code == 0 { Ok(()) } else { Err(Denial::new(code, &told.errmsg)) });
        }
    }
}

fn headers(req_id: &str) -> Headers {
    Headers { req_id: req_id.to_owned() }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Unready> {
    serde_json::to_string(value).map_err(|e| Unready::Again(e.to_string()))
}
