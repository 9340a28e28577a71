//! WeCom's group robot: `POST …/cgi-bin/webhook/send?key=…` (developer.work.weixin.qq.com, path 99110).
//!
//! Judged by `errcode`, never by `errmsg`, whose texts change. Nothing makes a repeated message one: what got no
//! answer may have arrived.

use super::{Format, Robot, WAIT, gateway, unanswered, wait, words};
use crate::connector::given::Ungiven;
use crate::connector::http::{Answer, form};
use crate::connector::news::News;
use crate::connector::{Enclosure, Outgoing, SendFailure};
use crate::model::{At, MediaClass, hex};
use crate::text::{Card, Markup, Part};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long giving the largest file may take.
const UPLOAD: Duration = Duration::from_mins(2);
/// For so long the name of a file is used; it is three days.
const LIVES: Duration = Duration::from_hours(60);
/// What a refusal begins with where such a name is not known any more.
const UNKNOWN_MEDIA: &str = "40007 ";

/// One message.
#[derive(Serialize)]
#[serde(tag = "msgtype", rename_all = "lowercase")]
enum Message {
    Markdown { markdown: Content },
    Text { text: Content },
    Image { image: Image },
    File { file: File },
    News { news: News },
}

/// A picture, within the message.
#[derive(Serialize)]
struct Image {
    base64: String,
    /// Of the bytes as they are.
    md5: String,
}

impl Image {
    fn of(bytes: &[u8]) -> Self {
        Self { base64: STANDARD.encode(bytes), md5: md5(bytes) }
    }
}

/// A file that was given before.
#[derive(Serialize)]
struct File {
    media_id: String,
}

#[derive(Serialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Reply {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    /// What a file is called that was given.
    media_id: Option<String>,
}

impl Robot {
    pub(super) async fn to_wecom(&self, part: &Part) -> Result<(), SendFailure> {
        let message = match self.settings.format {
            Format::Markdown => {
                Message::Markdown { markdown: Content { content: part.markdown(Markup::WeCom) } }
            }
            Format::Text => Message::Text { text: Content { content: part.text.clone() } },
        };
        self.post_to_wecom(&message).await
    }

    async fn post_to_wecom(&self, message: &Message) -> Result<(), SendFailure> {
        read(&self.post(self.url.clone(), message).await.map_err(unanswered)?).map(drop)
    }

    /// A picture stands within its message; a file is given first, and then named. What the platform does not take is
    /// a link.
    pub(super) async fn media_to_wecom(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<(), SendFailure> {
        if enclosure.what.class() == MediaClass::Picture {
            let image = Image::of(&enclosure.read().await?);
            return self.post_to_wecom(&Message::Image { image }).await;
        }
        let it = enclosure.what.id.to_string();
        let media_id = match self.given.name(&it, self.clock.now(), self.give(enclosure)).await {
            Ok(media_id) => media_id,
            Err(Ungiven::Refused(_)) => {
                return self.to_wecom(&message.linked(std::slice::from_ref(enclosure)).part).await;
            }
            Err(Ungiven::Failed(failure)) => return Err(failure),
        };
        let file = File { media_id: media_id.clone() };
        match self.post_to_wecom(&Message::File { file }).await {
            Err(SendFailure::Rejected(words)) if words.starts_with(UNKNOWN_MEDIA) => {
                self.given.forget(&it, &media_id).await;
                Err(SendFailure::Transient(words))
            }
            sent => sent,
        }
    }

    pub(super) async fn cards_to_wecom(&self, cards: &[Card]) -> Result<(), SendFailure> {
        self.post_to_wecom(&Message::News { news: News::of(cards) }).await
    }

    async fn give(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        let given = self.upload(enclosure, bytes).await.map_err(Ungiven::of)?;
        Ok((given, until))
    }

    async fn upload(&self, enclosure: &Enclosure, bytes: Bytes) -> Result<String, SendFailure> {
        let mut url = self.url.clone();
        let path = url.path().replace("/webhook/send", "/webhook/upload_media");
        url.set_path(&path);
        url.query_pairs_mut().append_pair("type", "file");
        let it = &enclosure.what;
        let form = form(Vec::new(), ("media", &it.name, it.kind.mime(), bytes));
        let answer = self.caller.post_form(url, form, UPLOAD).await.map_err(unanswered)?;
        let given = read(&answer)?.media_id;
        given.ok_or_else(|| SendFailure::Transient("a file was given and not named".to_owned()))
    }
}

fn read(answer: &Answer) -> Result<Reply, SendFailure> {
    let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
        return Err(gateway(answer));
    };
    let Reply { errcode, errmsg, .. } = &reply;
    let said = words(&format!("{errcode} {errmsg}"));
    match errcode {
        0 => Ok(reply),
        // Busy.
        -1 => Err(SendFailure::Transient(said)),
        // Too many; for about as long as the minute.
        45009 | 45033 => Err(wait(WAIT)),
        // The address is wrong or the robot was removed; the robot was switched off.
        93000 | 93004 => Err(SendFailure::Misconfigured(said)),
        // The group is no more; the robot is not in it.
        93006 | 93008 => Err(SendFailure::Gone(said)),
        _ => Err(SendFailure::Rejected(said)),
    }
}

/// The MD5 of bytes, as WeCom asks for it.
pub(in crate::connector) fn md5(bytes: &[u8]) -> String {
    hex(&Md5::digest(bytes))
}
