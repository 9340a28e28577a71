//! Pictures and files: given to the platform (`POST /cgi-bin/media/upload`, 临时素材), then named in a message of their
//! own. A name lives for three days, in the whole organisation.
//!
//! What goes to many is known again by its request, letter by letter; the same picture under the same name in two
//! posts would be one message. So for them each message has a name of its own, which its repetitions share until a
//! restart; and a link in place of a picture is not to be known again.

use super::Wecom;
use super::card::{Named, Says};
use super::errors::{Errand, Trouble, read};
use crate::connector::given::{Next, Ungiven, sort, unknown_name};
use crate::connector::http::form;
use crate::connector::token::Bearer as _;
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure};
use crate::model::{At, ChatKind, Enclosed, MediaClass};
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
        let now = self.clock.now();
        let named = match self.given.name(&it, now, self.give(enclosure)).await {
            Ok(named) => named,
            Err(Ungiven::Refused(_)) => return self.send_link(message, enclosure).await,
            Err(Ungiven::Failed(failure)) => return Err(failure),
        };
        let media = Named { media_id: named.name.clone() };
        let says = match enclosure.what.class() {
            MediaClass::Picture => Says::Image { image: media },
            MediaClass::File => Says::File { file: media },
        };
        let sent = self.say_to(message, &says).await;
        let Some(words) = unknown_name(&sent) else { return sent };
        match self.given.disown(&it, &named, &words, now).await {
            Next::Again => Err(SendFailure::Transient(words)),
            Next::Without => self.send_link(message, enclosure).await,
        }
    }

    async fn send_link(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<Receipt, SendFailure> {
        let message = message.linked(std::slice::from_ref(enclosure), &self.limits.size);
        self.say_alike(&message, &Says::text(&message.part)).await
    }

    async fn give(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        let given = self.upload(&enclosure.what, bytes).await;
        let Given { media_id } = given.map_err(|t| Ungiven::of(t.failure(Errand::Many)))?;
        Ok((media_id, until))
    }

    async fn upload(&self, it: &Enclosed, bytes: Bytes) -> Result<Given, Trouble> {
        let name = it.file_name();
        let given = self.call_under(|token| {
            let form = form(Vec::new(), ("media", &name, it.kind.mime(), bytes.clone()));
            async move {
                let query = [("access_token", token.reveal()), ("type", sort(it))];
                let url = self.url("/cgi-bin/media/upload", &query)?;
                read(&self.caller.post_form(url, form, UPLOAD).await?)
            }
        });
        given.await
    }
}
