//! Pictures and files: what was given to the fake, what people sent, and how both are named.

use super::methods::{
    ChatId, Denied, Markup, Outcome, Reply, allowed, answered, bad, content, denied, keys, rates,
    with_chat,
};
use super::state::{Author, Bot, Carried, Entity, Message};
use super::{Inner, form};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const CAPTION_MAX: usize = 1024;
const PHOTO_MAX: usize = 10 << 20;
const DOCUMENT_MAX: usize = 50 << 20;
const DOWNLOAD_MAX: usize = 20 << 20;

/// Something that the fake keeps, as its files are.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The bot to which its name means something.
    pub bot: i64,
    /// `photos` or `documents`.
    pub folder: &'static str,
    pub carried: Carried,
}

/// A request as a form: its fields as JSON would have them, and the file in it.
pub fn fields(pieces: Vec<form::Piece>) -> (Vec<u8>, Option<form::Piece>) {
    let (mut fields, mut file) = (Map::new(), None);
    for piece in pieces {
        if piece.file.is_some() {
            fields.insert(piece.name.clone(), json!({}));
            file = Some(piece);
            continue;
        }
        let text = String::from_utf8(piece.bytes).expect("text in a field");
        let plain = matches!(piece.name.as_str(), "caption" | "photo" | "document");
        let read = if plain { None } else { serde_json::from_str(&text).ok() };
        fields.insert(piece.name, read.unwrap_or(Value::String(text)));
    }
    (Value::Object(fields).to_string().into_bytes(), file)
}

#[derive(Deserialize)]
struct Send {
    chat_id: ChatId,
    message_thread_id: Option<i64>,
    #[serde(default)]
    caption: String,
    #[serde(default)]
    caption_entities: Vec<Entity>,
    reply_parameters: Option<Reply>,
    reply_markup: Option<Markup>,
    photo: Option<Value>,
    document: Option<Value>,
}

/// `sendPhoto` and `sendDocument`.
pub fn send(
    inner: &Inner,
    bot: &Bot,
    (body, file): (&[u8], Option<form::Piece>),
    folder: &'static str,
) -> Outcome {
    let mut call: Send = super::methods::parse(body)?;
    if call.caption.chars().count() > CAPTION_MAX {
        return Err(bad("message caption is too long"));
    }
    if !call.caption.is_empty() {
        content(inner, &call.caption, &mut call.caption_entities)?;
    }
    let keys = keys(call.reply_markup)?;
    let named = call.photo.or(call.document);
    let (name, carried) = match (named.as_ref().and_then(Value::as_str), file) {
        (Some(name), None) => (name.to_owned(), inner.known(bot.id, folder, name)?),
        (None, Some(file)) => given(inner, bot.id, folder, file)?,
        _ => {
            return Err(bad(&format!(
                "there is no {} in the request",
                &folder[..folder.len() - 1]
            )));
        }
    };
    let picture = folder == "photos";
    with_chat(inner, &call.chat_id, |chat| {
        allowed(bot, chat, call.message_thread_id)?;
        if chat.words_alone {
            let what = if picture { "photos" } else { "documents" };
            return Err(bad(&format!("not enough rights to send {what} to the chat")));
        }
        let reply_to = answered(inner, chat, call.reply_parameters)?;
        rates(inner, bot, chat)?;
        let message = Message {
            chat: chat.id,
            id: chat.fresh_message(),
            author: Author::Bot(bot.id),
            text: call.caption,
            entities: call.caption_entities,
            keys,
            reply_to,
            thread: call.message_thread_id,
            edited: false,
            carried: Some(carried.clone()),
        };
        let size = carried.bytes.len();
        let mut result = json!({ "message_id": message.id, "from": bot.json(), "chat": chat.json(),
                                 "date": inner.date(), "caption": message.text });
        if picture {
            let sizes = [(90, "small"), (1280, "")];
            let sizes = sizes.map(|(width, which)| {
                let id = if which.is_empty() { name.clone() } else { format!("{name}-{which}") };
                json!({ "file_id": id, "file_unique_id": "U", "width": width, "height": width,
                        "file_size": size })
            });
            result["photo"] = json!(sizes);
        } else {
            result["document"] = json!({ "file_id": name, "file_unique_id": "U",
                                         "file_name": carried.name, "file_size": size });
        }
        inner.took(chat, message);
        Ok(result)
    })
}

/// Keeps what was given, as Telegram does: a picture is one that can be seen.
fn given(
    inner: &Inner,
    bot: i64,
    folder: &'static str,
    file: form::Piece,
) -> Result<(String, Carried), Denied> {
    let form::Piece { file: name, bytes, .. } = file;
    let most = if folder == "photos" { PHOTO_MAX } else { DOCUMENT_MAX };
    if bytes.len() > most {
        return Err(denied(413, "Request Entity Too Large"));
    }
    if bytes.is_empty() {
        return Err(bad("file must be non-empty"));
    }
    let seen = bytes.starts_with(&[0xFF, 0xD8]) && bytes.ends_with(&[0xFF, 0xD9])
        || bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    if folder == "photos" && !seen {
        return Err(bad("IMAGE_PROCESS_FAILED"));
    }
    let name = name.unwrap_or_default();
    let carried = Carried { folder, name, bytes: Arc::new(bytes) };
    inner.given.fetch_add(1, Ordering::SeqCst);
    Ok((inner.keep(bot, carried.clone()), carried))
}

#[derive(Deserialize)]
struct Asked {
    file_id: String,
}

/// `getFile`.
pub fn get(inner: &Inner, bot: &Bot, body: &[u8]) -> Outcome {
    let Asked { file_id } = super::methods::parse(body)?;
    let files = inner.files.lock().expect("a lock");
    let found = files.get(&file_id).filter(|kept| kept.bot == bot.id);
    let kept = found.ok_or_else(|| bad("wrong file_id or the file is temporarily unavailable"))?;
    let size = kept.carried.bytes.len();
    if size > DOWNLOAD_MAX {
        return Err(bad("file is too big"));
    }
    Ok(json!({ "file_id": file_id, "file_unique_id": "U", "file_size": size,
               "file_path": format!("{}/{file_id}", kept.folder) }))
}

impl Inner {
    /// Keeps something under a name that is good for one bot.
    pub fn keep(&self, bot: i64, carried: Carried) -> String {
        let n = self.next_id.fetch_add(1, Ordering::SeqCst);
        let name = format!("AgACAgQAAx-{bot}-{n}");
        let kept = Kept { bot, folder: carried.folder, carried };
        self.files.lock().expect("a lock").insert(name.clone(), kept);
        name
    }

    fn known(&self, bot: i64, folder: &str, name: &str) -> Result<Carried, Denied> {
        let files = self.files.lock().expect("a lock");
        let found = files.get(name).filter(|kept| kept.bot == bot && kept.folder == folder);
        let kept = found.ok_or_else(|| bad("wrong file identifier/HTTP URL specified"))?;
        Ok(kept.carried.clone())
    }

    /// What lies at a path that `getFile` gave.
    pub fn file_at(&self, path: &str) -> Option<Arc<Vec<u8>>> {
        let (_, name) = path.split_once('/')?;
        let files = self.files.lock().expect("a lock");
        files.get(name).map(|kept| kept.carried.bytes.clone())
    }
}
