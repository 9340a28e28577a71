//! Pictures and files: given to Feishu, then named. Pictures stand in the message of the words, above them; a file is a
//! message of its own.
//!
//! Feishu says nothing of an end of the names that it gives. An app that was not granted `im:resource` sends links.

use super::Feishu;
use super::card::Card;
use super::errors::{Trouble, read};
use super::send::{Written, json, stands};
use crate::connector::given::{self, Age, Ungiven};
use crate::connector::http::form;
use crate::connector::runs::Tongues;
use crate::connector::token::Bearer as _;
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure};
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
    known: Vec<(String, given::Named)>,
}

impl Feishu {
    /// Sends words with pictures above them, or a file; and links to what Feishu does not take.
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        let (mut named, mut refused, now) = (Named::default(), Vec::new(), self.clock.now());
        for enclosure in enclosures {
            let it = enclosure.what.id.to_string();
            match self.given.name(&it, now, self.give(enclosure)).await {
                Ok(known) => {
                    let key = known.name.clone();
                    named.known.push((it, known));
                    match enclosure.what.class() {
                        MediaClass::Picture => named.pictures.push(key),
                        MediaClass::File => named.file = Some(key),
                    }
                }
                Err(Ungiven::Refused(_)) => refused.push(enclosure.clone()),
                Err(Ungiven::Failed(failure)) => return Err(failure),
            }
        }
        let linked = message.linked(&refused, &self.limits.size);
        let written = self.written_with(&linked, &named)?;
        let words = match self.send_written(&linked, &written).await {
            Ok(sent) => return sent,
            Err(Trouble::Denied(denial)) if denial.key_is_unknown() => denial.words(),
            Err(trouble) => return Err(self.judged(&trouble, &message.to.chat)),
        };
        // Feishu does not say which: all are given once more, and are links if that does not help.
        if named.known.iter().any(|(_, known)| known.age == Age::Kept) {
            for (it, known) in &named.known {
                self.given.forget(it, &known.name).await;
            }
            return Err(SendFailure::Transient(words));
        }
        for (it, known) in &named.known {
            self.given.refuse(it, known, &words, now).await;
        }
        let linked = message.linked(enclosures, &self.limits.size);
        let written = self.written_with(&linked, &Named::default())?;
        let sent = self.send_written(&linked, &written).await;
        sent.map_err(|trouble| self.judged(&trouble, &linked.to.chat))?
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

    async fn upload(&self, it: &Enclosed, bytes: Bytes) -> Result<Given, Trouble> {
        let name = it.file_name();
        let given = self.call_under(|token| {
            let (path, field, others) = fields(it);
            let form = form(others, (field, &name, it.kind.mime(), bytes.clone()));
            let at = (Method::POST, self.url(&["im", "v1", path], None));
            async move { read(&self.caller.call_form(at, token.reveal(), form, UPLOAD).await?) }
        });
        given.await
    }
}

/// Where it is given; in which field of a form, and with which others.
fn fields(it: &Enclosed) -> (&'static str, &'static str, Vec<(&'static str, String)>) {
    match it.class() {
        MediaClass::Picture => ("images", "image", vec![("image_type", "message".to_owned())]),
        MediaClass::File => {
            let kind = file_type(it.kind).to_owned();
            let fields = vec![("file_type", kind), ("file_name", it.file_name().into_owned())];
            ("files", "file", fields)
        }
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
