//! Pictures and files: given over the connection in pieces (`aibot_upload_media_init`, `…_chunk`, `…_finish`), then
//! named in a message of their own. A name lives for three days, as elsewhere in WeCom.
//!
//! A robot that is called can only answer, and answers with links.

use super::errors::Trouble;
use super::outlet::Outlet;
use super::wire::{Media, Message};
use super::{Way, WecomBot};
use crate::connector::given::{Next, Ungiven, sort, unknown_name};
use crate::connector::robot::md5;
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure};
use crate::model::{At, Enclosed, MediaClass};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use std::time::Duration;

/// How many bytes a piece has.
const PIECE: usize = 512 * 1024;
/// For so long a name is used.
const LIVES: Duration = Duration::from_hours(60);

/// What is about to be given.
#[derive(Serialize)]
struct Begun<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    filename: &'a str,
    total_size: usize,
    total_chunks: usize,
    md5: String,
}

#[derive(Serialize)]
struct Piece<'a> {
    upload_id: &'a str,
    chunk_index: usize,
    base64_data: String,
}

#[derive(Serialize)]
struct Ended<'a> {
    upload_id: &'a str,
}

impl WecomBot {
    /// Sends a picture or file as what it is; as a link where WeCom does not take it.
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<Receipt, SendFailure> {
        let linked = || message.linked(std::slice::from_ref(enclosure), &self.limits.size);
        let Way::Long(outlet) = &self.way else { return self.say(&linked()).await };
        let it = enclosure.what.id.to_string();
        let now = self.clock.now();
        let named = match self.given.name(&it, now, self.give(outlet, enclosure)).await {
            Ok(named) => named,
            Err(Ungiven::Refused(_)) => return self.say(&linked()).await,
            Err(Ungiven::Failed(failure)) => return Err(failure),
        };
        let media = Media { media_id: &named.name };
        let says = match enclosure.what.class() {
            MediaClass::Picture => Message::Image { image: media },
            MediaClass::File => Message::File { file: media },
        };
        let sent = self.push(outlet, &message.to.chat, says).await.map_err(Trouble::failure);
        let Some(words) = unknown_name(&sent) else {
            return sent.map(|()| Receipt { message: self.fresh("") });
        };
        match self.given.disown(&it, &named, &words, now).await {
            Next::Again => Err(SendFailure::Transient(words)),
            Next::Without => self.say(&linked()).await,
        }
    }

    async fn give(&self, outlet: &Outlet, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        match self.upload(outlet, &enclosure.what, &bytes).await {
            Ok(name) if !name.is_empty() => Ok((name, until)),
            Ok(_) => {
                let words = "a file was given and not named".to_owned();
                Err(Ungiven::Failed(SendFailure::Transient(words)))
            }
            // Whatever is wrong with the robot itself, a message will tell.
            Err(Trouble::Denied(denial)) if !denial.passes() => {
                Err(Ungiven::Refused(denial.words()))
            }
            Err(trouble) => Err(Ungiven::of(trouble.failure())),
        }
    }

    async fn upload(
        &self,
        outlet: &Outlet,
        it: &Enclosed,
        bytes: &Bytes,
    ) -> Result<String, Trouble> {
        let (total_size, total_chunks) = (bytes.len(), bytes.len().div_ceil(PIECE));
        let filename = &it.file_name();
        let begun = Begun { kind: sort(it), filename, total_size, total_chunks, md5: md5(bytes) };
        let upload_id = self.ask_for(outlet, "aibot_upload_media_init", begun).await?.upload_id;
        for (chunk_index, piece) in bytes.chunks(PIECE).enumerate() {
            let base64_data = STANDARD.encode(piece);
            let piece = Piece { upload_id: &upload_id, chunk_index, base64_data };
            self.ask_for(outlet, "aibot_upload_media_chunk", piece).await?;
        }
        let ended = Ended { upload_id: &upload_id };
        Ok(self.ask_for(outlet, "aibot_upload_media_finish", ended).await?.media_id)
    }

    async fn ask_for<B: Serialize>(
        &self,
        outlet: &Outlet,
        cmd: &str,
        body: B,
    ) -> Result<super::wire::Given, Trouble> {
        outlet.ask_for(cmd, self.fresh(cmd), body).await
    }
}
