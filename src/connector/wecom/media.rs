//! Pictures and files: given to the platform (`POST /cgi-bin/media/upload`, 临时素材), then named in a message of their
//! own. A name lives for three days, in the whole organisation.
//!
//! What goes to many is known again by its request, letter by letter; the same picture under the same name in two
//! posts would be one message. So for them each message has a name of its own, which its repetitions share.

use super::Wecom;
use super::card::{Named, Says};
use super::errors::{Errand, Trouble, UNKNOWN_MEDIA, read};
use crate::connector::given::Ungiven;
use crate::connector::http::form;
use crate::connector::{Enclosure, Outgoing, Receipt, Secret, SendFailure};
use crate::model::{At, ChatKind, MediaClass};
use bytes::Bytes;
use serde::Deserialize;
use std::time::Duration;

/// How long giving the largest file may take.
const UPLOAD: Duration = Duration::from_mins(2);
/// For so long a name is used; it is three days.
const LIVES: Duration = Duration::from_hours(60);

#[derive(Deserialize)]
struct Given {
    media_id: String,
}

impl Wecom {
    /// Sends a picture or file as what it is; as a link where the platform does not take it.
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<Receipt, SendFailure> {
        let mut it = enclosure.what.id.to_string();
        if message.to.kind == ChatKind::Channel {
            it.extend([" ", &message.once]);
        }
        let media_id = match self.given.name(&it, self.clock.now(), self.give(enclosure)).await {
            Ok(media_id) => media_id,
            Err(Ungiven::Refused(_)) => {
                let message = message.linked(std::slice::from_ref(enclosure));
                return self.say_to(&message, &Says::text(&message.part)).await;
            }
            Err(Ungiven::Failed(failure)) => return Err(failure),
        };
        let named = Named { media_id: media_id.clone() };
        let says = match enclosure.what.class() {
            MediaClass::Picture => Says::Image { image: named },
            MediaClass::File => Says::File { file: named },
        };
        match self.say_to(message, &says).await {
            Err(SendFailure::Rejected(words)) if words.starts_with(UNKNOWN_MEDIA) => {
                self.given.forget(&it, &media_id).await;
                Err(SendFailure::Transient(words))
            }
            sent => sent,
        }
    }

    async fn give(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        let given = self.upload(enclosure, bytes).await;
        let Given { media_id } = given.map_err(|t| Ungiven::of(t.failure(Errand::Many)))?;
        Ok((media_id, until))
    }

    /// Gives it, once more with a new token where the old one is refused.
    async fn upload(&self, enclosure: &Enclosure, bytes: Bytes) -> Result<Given, Trouble> {
        let token = self.token(None).await?;
        match self.upload_with(&token, enclosure, bytes.clone()).await {
            Err(Trouble::Denied(denial)) if denial.is_token() => {
                let token = self.token(Some(&token)).await?;
                self.upload_with(&token, enclosure, bytes).await
            }
            other => other,
        }
    }

    async fn upload_with(
        &self,
        token: &Secret,
        enclosure: &Enclosure,
        bytes: Bytes,
    ) -> Result<Given, Trouble> {
        let it = &enclosure.what;
        let picture = format!("picture.{}", it.kind.ending());
        let (kind, name) = match it.class() {
            MediaClass::Picture => ("image", picture.as_str()),
            MediaClass::File => ("file", it.name.as_str()),
        };
        let query = [("access_token", token.reveal()), ("type", kind)];
        let url = self.url("/cgi-bin/media/upload", &query)?;
        let form = form(Vec::new(), ("media", name, it.kind.mime(), bytes));
        read(&self.caller.post_form(url, form, UPLOAD).await?)
    }
}
