//! How what we say leaves: one JSON object a call, signed, under an ID that a repeated call has too.

use super::{GROUP, Hook};
use crate::connector::http::{Answer, CallFailure};
use crate::connector::signed::standard;
use crate::connector::{Amendment, Enclosure, Outgoing, Receipt, SendFailure, WaitScope};
use crate::model::{Button, ButtonDoes, MessageRef};
use crate::text::Part;
use ::http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::time::Duration;
use url::{Origin, Url};

/// What the names of messages to a person begin with.
const DIRECT: &str = "msg";
/// What the names of messages to the group begin with: whoever answers one answers there.
pub(super) const TO_GROUP: &str = "grp";
/// How long a call may take: what the published rules advise.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long we wait where the other side does not say.
const WAIT: Duration = Duration::from_mins(1);
/// The longest name of a host, with what stands before and behind it.
const ORIGIN_MAX: usize = "https://".len() + 253 + ":65535".len();
/// How long we let ourselves be told to wait.
const WAIT_MOST: Duration = Duration::from_hours(24);

/// What a call says.
#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize, Default)]
struct Data<'a> {
    /// The person; left out for the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    /// The message that this is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<Vec<Key<'a>>>,
    /// Pictures and files that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    /// The press that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    press: Option<&'a str>,
}

/// A picture or a file, which is fetched from us.
#[derive(Serialize)]
struct Attachment<'a> {
    name: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    bytes: u32,
    sha256: String,
    url: &'a str,
    /// What a picture shows.
    #[serde(skip_serializing_if = "str::is_empty")]
    alt: &'a str,
}

impl<'a> Attachment<'a> {
    fn of(enclosure: &'a Enclosure) -> Self {
        let it = &enclosure.what;
        Self {
            name: it.file_name(),
            kind: it.kind.mime(),
            bytes: it.size,
            sha256: it.id.to_string(),
            url: &enclosure.address,
            alt: &it.alt,
        }
    }
}

/// A button.
#[derive(Serialize)]
struct Key<'a> {
    label: &'a str,
    /// Comes back in `button.pressed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl Hook {
    pub(super) async fn say(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        let to = person(&message.to.chat);
        let name = named(if to.is_some() { DIRECT } else { TO_GROUP }, &message.once);
        let data = Data {
            to,
            message: Some(&name),
            reply_to: message.reply_to.as_deref(),
            attachments: enclosures.iter().map(Attachment::of).collect(),
            ..shown(&message.part, &message.buttons)
        };
        self.post("message.sent", &name, data).await?;
        Ok(Receipt { message: name.clone() })
    }

    pub(super) async fn change(
        &self,
        sent: &MessageRef,
        to: &Amendment,
    ) -> Result<(), SendFailure> {
        let about =
            Data { to: person(&sent.chat), message: Some(&sent.message), ..Data::default() };
        match to {
            Amendment::Edit { part, buttons } => {
                let shown = shown(part, buttons);
                let id = named("evt", &format!("{}\n{}", sent.message, part.text));
                let data = Data { to: about.to, message: about.message, ..shown };
                self.post("message.edited", &id, data).await
            }
            Amendment::Recall => {
                let id = named("evt", &format!("{}\nrecalled", sent.message));
                self.post("message.recalled", &id, about).await
            }
        }
    }

    pub(super) async fn answer(&self, press: &str, words: &str) -> Result<(), SendFailure> {
        let data = Data { press: Some(press), text: Some(words), ..Data::default() };
        self.post("press.answered", &named("evt", &format!("{press}\n{words}")), data).await
    }

    async fn post(&self, kind: &'static str, id: &str, data: Data<'_>) -> Result<(), SendFailure> {
        let now = self.clock.now();
        let event = Event { kind, timestamp: now.utc().to_rfc3339(), data };
        let body = serde_json::to_vec(&event).map_err(|e| SendFailure::Rejected(e.to_string()))?;
        let signed = standard::sign(&self.keys, id, now, &body);
        let mut headers = HeaderMap::new();
        let lines = [
            ("content-type", "application/json"),
            ("webhook-id", id),
            ("webhook-timestamp", &signed.timestamp),
            ("webhook-signature", &signed.sign),
        ];
        for (name, value) in lines {
            let value = HeaderValue::from_str(value);
            headers.insert(name, value.map_err(|e| SendFailure::Rejected(e.to_string()))?);
        }
        match self.caller.post(self.url.clone(), headers, body, PATIENCE).await {
            Ok(answer) => read(&answer, &self.url),
            Err(CallFailure::Forbidden(words)) => Err(SendFailure::Misconfigured(words)),
            // Under the same ID it is taken once, however often it comes.
            Err(CallFailure::Unsent(words) | CallFailure::Unanswered(words)) => {
                Err(SendFailure::Transient(words))
            }
        }
    }
}

/// A name for one thing that is said: the same whenever it is said again, and without a full stop.
fn named(kind: &str, once: &str) -> String {
    let hash = Sha256::digest(once.as_bytes());
    let (digits, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    format!("{kind}_{:032x}", u128::from_be_bytes(*digits))
}

fn person(chat: &str) -> Option<&str> {
    (chat != GROUP).then_some(chat)
}

fn shown<'a>(part: &'a Part, rows: &'a [Vec<Button>]) -> Data<'a> {
    let key = |button: &'a Button| match &button.does {
        ButtonDoes::Press(data) => Some(Key { label: &button.label, data: Some(data), url: None }),
        ButtonDoes::Open(url) => Some(Key { label: &button.label, data: None, url: Some(url) }),
        // There is no link that leads to a person's own chat in a system that we do not know.
        ButtonDoes::OpenDirect(_) => None,
    };
    let rows = rows.iter().map(|row| row.iter().filter_map(key).collect::<Vec<_>>());
    let buttons = rows.filter(|row| !row.is_empty()).collect();
    Data { text: Some(&part.text), html: Some(part.html()), buttons, ..Data::default() }
}

/// What an answer from this address means.
fn read(answer: &Answer, from: &Url) -> Result<(), SendFailure> {
    let status = answer.status.as_u16();
    let said = format!("status {status}");
    match status {
        200..300 => Ok(()),
        // The rules' word for: never call again.
        410 => Err(SendFailure::Gone(said)),
        429 | 502 | 503 | 504 => {
            let span = answer.retry_after().unwrap_or(WAIT).min(WAIT_MOST);
            Err(SendFailure::Wait { span, scope: WaitScope::Account })
        }
        // It leads elsewhere, knows no such address, or does not know us.
        300..=399 | 401 | 403 | 404 | 405 | 407 => {
            let to = answer.headers.get(header::LOCATION).map(|to| elsewhere(from, to));
            let to = to.map(|to| format!(", which leads to {to}")).unwrap_or_default();
            Err(SendFailure::Misconfigured(format!("{said}{to}")))
        }
        500.. => Err(SendFailure::Transient(said)),
        _ => Err(SendFailure::Rejected(said)),
    }
}

/// Where it leads from an address, as far as anybody may read that: a path may be all that keeps others out.
fn elsewhere(from: &Url, to: &HeaderValue) -> String {
    let to = to.to_str().ok().and_then(|to| from.join(to).ok());
    let to = to.map(|to| to.origin());
    match to.filter(Origin::is_tuple) {
        Some(to) if to == from.origin() => "another path of the same host".to_owned(),
        Some(to) if to.ascii_serialization().len() <= ORIGIN_MAX => to.ascii_serialization(),
        _ => "no address of the web".to_owned(),
    }
}
