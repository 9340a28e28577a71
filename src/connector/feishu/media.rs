//! Pictures and files: given to Feishu, then named. Pictures stand in the message of the words, above them; a file is a
//! message of its own.
//!
//! Feishu says nothing of an end of the names that it gives. An app that was not granted `im:resource` sends links.

use super::Feishu;
use super::card::Card;
use super::errors::{Trouble, read};
use super::send::{Written, json, stands};
use crate::connector::given::Ungiven;
use crate::connector::http::form;
use crate::connector::runs::Tongues;
use crate::connector::{Enclosure, Outgoing, Receipt, Secret, SendFailure};
use crate::model::{At, Enclosed, MediaClass, MediaKind};
use ::http::Method;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long giving the largest file may take.
const UPLOAD: Duration = Duration::from_mins(2);
/// For so long a name is used.
const LIVES: Duration = Duration::from_hours(30 * 24);

/// A message that is a file.
#[derive(Serialize)]
struct File<'a> {
    file_key: &'a str,
}

#[derive(Deserialize)]
struct Given {
    data: Keys,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(alias = "file_key")]
    image_key: String,
}

/// What stands in a message, by Feishu's names.
#[derive(Default)]
struct Named {
    pictures: Vec<String>,
    file: Option<String>,
    /// All of them, by ours.
    known: Vec<(String, String)>,
}

impl Feishu {
    /// Sends words with pictures above them, or a file; and links to what Feishu does not take.
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        let (mut named, mut refused) = (Named::default(), Vec::new());
        for enclosure in enclosures {
            let it = enclosure.what.id.to_string();
            match self.given.name(&it, self.clock.now(), self.give(enclosure)).await {
                Ok(key) => {
                    named.known.push((it, key.clone()));
                    match enclosure.what.class() {
                        MediaClass::Picture => named.pictures.push(key),
                        MediaClass::File => named.file = Some(key),
                    }
                }
                Err(Ungiven::Refused(_)) => refused.push(enclosure.clone()),
                Err(Ungiven::Failed(failure)) => return Err(failure),
            }
        }
        let message = message.linked(&refused);
        let written = self.written_with(&message, &named)?;
        match self.send_written(&message, &written).await {
            Ok(sent) => sent,
            Err(Trouble::Denied(denial)) if denial.key_is_unknown() => {
                for (it, key) in &named.known {
                    self.given.forget(it, key).await;
                }
                Err(SendFailure::Transient(denial.words()))
            }
            Err(trouble) => Err(trouble.failure()),
        }
    }

    fn written_with(&self, message: &Outgoing, named: &Named) -> Result<Written, SendFailure> {
        let Outgoing { part, buttons, .. } = message;
        if let Some(file_key) = &named.file {
            return Ok(Written { msg_type: "file", content: json(&File { file_key })? });
        }
        if buttons.iter().all(Vec::is_empty) {
            let content = json(&Tongues::below(&named.pictures, part))?;
            return Ok(Written { msg_type: "post", content });
        }
        let card = Card::of(part, buttons, stands(message), &self.settings.direct());
        Ok(Written { msg_type: "interactive", content: json(&card.below(&named.pictures))? })
    }

    async fn give(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        match self.upload(&enclosure.what, bytes).await {
            Ok(Given { data: Keys { image_key } }) => Ok((image_key, until)),
            Err(Trouble::Denied(denial)) if denial.lacks_scope() => {
                Err(Ungiven::Refused(denial.words()))
            }
            Err(trouble) => Err(Ungiven::of(trouble.failure())),
        }
    }

    /// Gives it, once more with a new token where the old one is refused.
    async fn upload(&self, it: &Enclosed, bytes: Bytes) -> Result<Given, Trouble> {
        let token = self.token(None).await?;
        match self.upload_under(&token, it, bytes.clone()).await {
            Err(Trouble::Denied(denial)) if denial.token_is_refused() => {
                let token = self.token(Some(&token)).await?;
                self.upload_under(&token, it, bytes).await
            }
            other => other,
        }
    }

    async fn upload_under(
        &self,
        token: &Secret,
        it: &Enclosed,
        bytes: Bytes,
    ) -> Result<Given, Trouble> {
        let picture = format!("picture.{}", it.kind.ending());
        let (path, form) = match it.class() {
            MediaClass::Picture => {
                let fields = vec![("image_type", "message".to_owned())];
                ("images", form(fields, ("image", &picture, it.kind.mime(), bytes)))
            }
            MediaClass::File => {
                let fields = vec![
                    ("file_type", file_type(it.kind).to_owned()),
                    ("file_name", it.name.clone()),
                ];
                ("files", form(fields, ("file", &it.name, it.kind.mime(), bytes)))
            }
        };
        let at = (Method::POST, self.url(&["im", "v1", path], None));
        read(&self.caller.call_form(at, token.reveal(), form, UPLOAD).await?)
    }
}

/// How Feishu sorts files.
const fn file_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Pdf => "pdf",
        MediaKind::Docx => "doc",
        MediaKind::Xlsx => "xls",
        MediaKind::Pptx => "ppt",
        MediaKind::Jpeg | MediaKind::Png => "stream",
    }
}
