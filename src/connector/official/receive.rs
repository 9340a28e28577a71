//! How a follower's words arrive: encrypted and signed (安全模式), and answered with `success`. Calls in plain mode
//! are refused: their signature does not cover what they say.
//!
//! The platform repeats a call up to three times, signed anew: it is known by the message's name, and an event,
//! which has none, by what it says. Whoever writes may be written to for 48 hours: so each message also says that
//! we may write there, and what could not be said before is said now.

use super::{FOLLOWERS, Official, Replies, jobs};
use crate::connector::called::{
    self, Fields, answer, field, name_of, query, said, unread, untrusted,
};
use crate::connector::signed::envelope::{Plain, check_plain};
use crate::connector::{Accepted, CallbackError};
use crate::model::{
    Address, At, ChatKind, Happening, Identity, Inbound, MessageRef, Platform, Sender,
};
use crate::text::press::Press;
use ::http::{Method, Request};
use bytes::Bytes;

/// What ends the platform's call.
pub(super) const TAKEN: &str = "success";
/// The longest `echostr` that is repeated.
const ECHO_MAX: usize = 128;
/// What the name of a scanned code begins with when it made somebody follow.
const SCENE: &str = "qrscene_";

/// By what an event is known.
const NAMED: [&str; 5] = ["FromUserName", "CreateTime", "Event", "EventKey", "MsgType"];

impl Official {
    pub(super) fn accept_call(&self, call: &Request<Bytes>) -> Result<Accepted, CallbackError> {
        let now = self.clock.now();
        if *call.method() == Method::GET {
            return self.confirm(&query(call), now);
        }
        let opened = called::open(&self.envelope, call, now)?;
        let taken =
            |inbound| Ok(Accepted { inbound, overheard: None, answer: answer(TAKEN.as_bytes()) });
        match jobs::read(&opened.message) {
            jobs::Read::Job(job) => return taken(vec![self.told_of(job, now)]),
            jobs::Read::Nothing => return taken(Vec::new()),
            jobs::Read::Other => {}
        }
        let said = said(&opened);
        if said.is_none() {
            // The platform would repeat what we cannot read, and tell the follower that we fail.
            tracing::warn!(account.id = %self.account, "a message of an unknown form was left out");
        }
        taken(said.map(|said| self.heard(&said, now)).unwrap_or_default())
    }

    /// What became of a sending or a publication.
    fn told_of(&self, job: jobs::Job, at: At) -> Inbound {
        let chat = Address {
            account: self.account.clone(),
            kind: ChatKind::Channel,
            chat: FOLLOWERS.to_owned(),
            thread: None,
        };
        let account = self.account.clone();
        let message = MessageRef { account, chat: chat.chat.clone(), message: job.message };
        let what = Happening::Became { message, became: job.became };
        let (account, chat_title) = (self.account.clone(), String::new());
        Inbound { account, event: job.event, at, chat, chat_title, from: None, what }
    }

    /// Confirms our address, as the account's console asks for.
    fn confirm(&self, query: &Fields, now: At) -> Result<Accepted, CallbackError> {
        let signature = field(query, "signature")?;
        let (timestamp, nonce) = (field(query, "timestamp")?, field(query, "nonce")?);
        let call = Plain { signature: &signature, timestamp: &timestamp, nonce: &nonce };
        check_plain(&self.settings.token, &call, now).map_err(|e| untrusted(&e))?;
        let echo = field(query, "echostr")?;
        if echo.len() > ECHO_MAX || !echo.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(unread("an echo that is no number"));
        }
        Ok(Accepted { inbound: Vec::new(), overheard: None, answer: answer(echo.as_bytes()) })
    }

    /// What a message says, as far as it concerns us.
    fn heard(&self, said: &Fields, now: At) -> Vec<Inbound> {
        let get = |name: &str| said.get(name).map_or("", String::as_str);
        let from = get("FromUserName");
        if from.is_empty() {
            return Vec::new();
        }
        let name = name_of(said, &NAMED, &self.settings.app_secret);
        let what = match get("MsgType") {
            "event" => match get("Event") {
                "unsubscribe" => vec![Happening::Left("unsubscribe".to_owned())],
                "subscribe" => {
                    let scene = get("EventKey").strip_prefix(SCENE).unwrap_or_default();
                    vec![Happening::Joined, self.said(from, &name, start(scene))]
                }
                "SCAN" => vec![Happening::Joined, self.said(from, &name, start(get("EventKey")))],
                // A key that says no command belongs to a menu that is not ours.
                "CLICK" if !get("EventKey").starts_with('/') => vec![Happening::Joined],
                "CLICK" => {
                    vec![Happening::Joined, self.said(from, &name, get("EventKey").to_owned())]
                }
                // Where they are, what they looked at.
                _ => Vec::new(),
            },
            "text" => match get("bizmsgmenuid") {
                data if Press::decode(data).is_some() => {
                    let data = data.to_owned();
                    vec![Happening::Joined, Happening::Pressed { press: None, message: None, data }]
                }
                _ => vec![Happening::Joined, self.said(from, &name, get("Content").to_owned())],
            },
            // Without words: they are told that we read words.
            "image" | "voice" | "video" | "shortvideo" | "location" | "link" | "file" => {
                vec![Happening::Joined, self.said(from, &name, String::new())]
            }
            _ => Vec::new(),
        };
        let mut what = what;
        if self.settings.replies == Replies::Passive && what.len() > 1 {
            // There is one answer, to what they say.
            what.remove(0);
        }
        let inbound = |(number, what): (usize, Happening)| {
            // The first of two only says that we may write.
            let event = match (number, &what) {
                (0, Happening::Joined) => format!("{name}.open"),
                _ => name.clone(),
            };
            self.inbound(from, event, now, what)
        };
        what.into_iter().enumerate().map(inbound).collect()
    }

    fn said(&self, from: &str, name: &str, text: String) -> Happening {
        let message = MessageRef {
            account: self.account.clone(),
            chat: from.to_owned(),
            message: name.to_owned(),
        };
        Happening::Said { message, text, reply_to: None }
    }

    fn inbound(&self, from: &str, event: String, at: At, what: Happening) -> Inbound {
        let chat = Address {
            account: self.account.clone(),
            kind: ChatKind::Direct,
            chat: from.to_owned(),
            thread: None,
        };
        let identity = Identity::new(Platform::OfficialAccount, from);
        // The platform does not say what followers call themselves.
        let sender = Sender::alone(&chat, identity, String::new());
        Inbound::alone(chat, sender, (event, at), what)
    }
}

/// The command with which a follower begins, and what a code that was scanned stands for.
fn start(payload: &str) -> String {
    format!("/start {payload}").trim_end().to_owned()
}
