//! Pictures and files: given to Telegram once, and named by its own name for them from then on.
//!
//! Races, by name. *Many chats at once*: the first gives the bytes, the others wait for the name that they get.
//! *It fails*: the next one gives them. *The name is refused* (Telegram may forget): it is forgotten, and the
//! message is sent again with the bytes. A name is remembered for as long as the process runs.

use super::errors::Trouble;
use super::{PATIENCE, Telegram, read};
use crate::connector::http::{CallFailure, form};
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure, WaitScope};
use crate::model::{MediaClass, MediaId};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use teloxide::payloads::{GetFile, SendMessage};
use teloxide::types::{FileId, MessageEntity, Recipient, ReplyMarkup, ReplyParameters, ThreadId};
use url::Url;

/// How long giving the largest file may take.
const UPLOAD: Duration = Duration::from_mins(2);
/// How long getting one may take.
const DOWNLOAD: Duration = Duration::from_secs(40);
/// How many names are remembered.
const KEPT: usize = 64;

/// What Telegram calls something, once it has it.
type Name = Arc<tokio::sync::Mutex<Option<String>>>;

/// The names that Telegram gave, those used last first.
#[derive(Default)]
pub(super) struct Names(Mutex<VecDeque<(MediaId, Name)>>);

impl Names {
    fn of(&self, id: MediaId) -> Name {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().position(|(known, _)| *known == id);
        let name = known.and_then(|place| names.remove(place)).unwrap_or((id, Name::default()));
        names.push_front(name.clone());
        names.truncate(KEPT);
        name.1
    }
}

/// A message with a picture or a file.
#[derive(Serialize)]
struct Captioned {
    chat_id: Recipient,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<ThreadId>,
    #[serde(skip_serializing_if = "String::is_empty")]
    caption: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption_entities: Option<Vec<MessageEntity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<ReplyParameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<ReplyMarkup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
}

impl Captioned {
    fn of(words: SendMessage) -> Self {
        Self {
            chat_id: words.chat_id,
            message_thread_id: words.message_thread_id,
            caption: words.text,
            caption_entities: words.entities,
            reply_parameters: words.reply_parameters,
            reply_markup: words.reply_markup,
            photo: None,
            document: None,
        }
    }

    /// The same as the fields of a form: what is no text is written as JSON.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let Ok(Value::Object(mut whole)) = serde_json::to_value(self) else { return Vec::new() };
        let names = [
            "chat_id",
            "message_thread_id",
            "caption",
            "caption_entities",
            "reply_parameters",
            "reply_markup",
        ];
        let field = |name: &'static str| match whole.remove(name)? {
            Value::String(text) => Some((name, text)),
            other => Some((name, other.to_string())),
        };
        names.into_iter().filter_map(field).collect()
    }
}

/// What we read of the message that Telegram made.
#[derive(Deserialize)]
struct Made {
    message_id: i64,
    #[serde(default)]
    photo: Vec<Named>,
    document: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    file_id: String,
}

#[derive(Deserialize)]
struct Found {
    file_path: Option<String>,
}

impl Telegram {
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<Receipt, SendFailure> {
        let mut call = Captioned::of(self.compose(message).await?);
        let name = self.names.of(enclosure.what.id);
        let mut held = name.lock().await;
        let outcome = match held.clone() {
            Some(known) => {
                drop(held);
                self.send_named(&mut call, enclosure, known).await
            }
            None => match self.give(&mut call, enclosure).await? {
                Ok(made) => {
                    let given = made.document.as_ref().or(made.photo.last());
                    *held = given.map(|it| it.file_id.clone());
                    Ok(made)
                }
                Err(trouble) => Err(trouble),
            },
        };
        match outcome {
            Ok(made) => Ok(Receipt { message: made.message_id.to_string() }),
            Err(Trouble::Denied(denial)) if denial.name_is_unknown() => {
                *name.lock().await = None;
                Err(SendFailure::Transient("telegram has forgotten the file".to_owned()))
            }
            Err(Trouble::Denied(denial)) if denial.forbids_media() => {
                self.send_message(&message.linked(std::slice::from_ref(enclosure))).await
            }
            Err(trouble) => Err(trouble.of_send(&self.account)),
        }
    }

    /// Sends it by the name that Telegram gave it.
    async fn send_named(
        &self,
        call: &mut Captioned,
        enclosure: &Enclosure,
        name: String,
    ) -> Result<Made, Trouble> {
        let method = match enclosure.what.class() {
            MediaClass::Picture => {
                call.photo = Some(name);
                "sendPhoto"
            }
            MediaClass::File => {
                call.document = Some(name);
                "sendDocument"
            }
        };
        let mut outcome = self.call(method, call, PATIENCE).await;
        if reply_is_missing(&outcome) && call.reply_parameters.take().is_some() {
            outcome = self.call(method, call, PATIENCE).await;
        }
        outcome
    }

    /// Sends it with its bytes.
    async fn give(
        &self,
        call: &mut Captioned,
        enclosure: &Enclosure,
    ) -> Result<Result<Made, Trouble>, SendFailure> {
        let bytes = enclosure.read().await?;
        let mut outcome = self.upload(call, enclosure, bytes.clone()).await;
        if reply_is_missing(&outcome) && call.reply_parameters.take().is_some() {
            outcome = self.upload(call, enclosure, bytes).await;
        }
        Ok(outcome)
    }

    async fn upload(
        &self,
        call: &Captioned,
        enclosure: &Enclosure,
        bytes: Bytes,
    ) -> Result<Made, Trouble> {
        let it = &enclosure.what;
        let picture = format!("picture.{}", it.kind.ending());
        let (method, field, name) = match it.class() {
            MediaClass::Picture => ("sendPhoto", "photo", picture.as_str()),
            MediaClass::File => ("sendDocument", "document", it.name.as_str()),
        };
        let url = self.method(method)?;
        let form = form(call.fields(), (field, name, it.kind.mime(), bytes));
        match self.caller.post_form(url, form, UPLOAD).await {
            Ok(answer) => read(&answer),
            Err(failure) => Err(trouble(failure)),
        }
    }

    /// What somebody sent, by Telegram's name for it.
    pub(super) async fn fetch_file(&self, name: &str, most: usize) -> Result<Bytes, SendFailure> {
        let failed = |t: Trouble| t.of_repeatable(&self.account, WaitScope::Account);
        let call = GetFile::new(FileId(name.to_owned()));
        let found: Found = self.call("getFile", &call, PATIENCE).await.map_err(failed)?;
        let url = found.file_path.and_then(|path| self.file_url(&path));
        let url = url.ok_or_else(|| SendFailure::Rejected("the file is not given out".into()))?;
        let answer = self.caller.get(url, most, DOWNLOAD).await.map_err(|f| failed(trouble(f)))?;
        match answer.status.as_u16() {
            200 => Ok(answer.body),
            status => Err(SendFailure::Transient(format!("status {status} for a file"))),
        }
    }

    /// The address of a file; none where the server names a place on its own disk.
    fn file_url(&self, path: &str) -> Option<Url> {
        let plain =
            !path.starts_with('/') && path.split('/').all(|name| !matches!(name, "" | "." | ".."));
        let base = self.settings.api_url.trim_end_matches('/');
        let url = format!("{base}/file/bot{}/{path}", self.settings.token.reveal());
        Url::parse(&url).ok().filter(|_| plain)
    }
}

fn reply_is_missing(outcome: &Result<Made, Trouble>) -> bool {
    matches!(outcome, Err(Trouble::Denied(denial)) if denial.reply_is_missing())
}

fn trouble(failure: CallFailure) -> Trouble {
    match failure {
        CallFailure::Unsent(words) | CallFailure::Forbidden(words) => Trouble::Unsent(words),
        CallFailure::Unanswered(words) => Trouble::Unanswered(words),
    }
}
