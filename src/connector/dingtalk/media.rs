//! Pictures and files: given to DingTalk (`POST https://oapi.dingtalk.com/media/upload`), then named in a message of
//! their own.
//!
//! How long a name lives is published nowhere, and neither is what is said of one that does not live: what is refused
//! under a name that was known is given once more, and is a link where that is refused too.

use super::Dingtalk;
use super::errors::{Trouble, read_old};
use crate::connector::given::{Next, Ungiven, sort};
use crate::connector::http::form;
use crate::connector::token::Bearer as _;
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure};
use crate::model::{At, Enclosed, MediaClass};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// How long giving the largest file may take.
const UPLOAD: Duration = Duration::from_mins(2);
/// For so long a name is used.
const LIVES: Duration = Duration::from_hours(60);

#[derive(Deserialize)]
struct Given {
    media_id: String,
}

/// A picture: by its address, or by the name that it was given.
#[derive(Serialize)]
struct Picture<'a> {
    #[serde(rename = "photoURL")]
    photo: &'a str,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "mediaId")]
    id: &'a str,
    #[serde(rename = "fileName")]
    name: &'a str,
    #[serde(rename = "fileType")]
    kind: &'a str,
}

impl Dingtalk {
    /// Sends a picture or file as what it is; as a link where DingTalk does not take it.
    pub(super) async fn send_media(
        &self,
        message: &Outgoing,
        enclosure: &Enclosure,
    ) -> Result<Receipt, SendFailure> {
        let (id, now) = (enclosure.what.id.to_string(), self.clock.now());
        let linked = || message.linked(std::slice::from_ref(enclosure), &self.limits.size);
        // Under a name that was kept, and under one that was just given.
        for _ in 0..2 {
            let named = match self.given.name(&id, now, self.give(enclosure)).await {
                Ok(named) => named,
                Err(Ungiven::Refused(_)) => break,
                Err(Ungiven::Failed(failure)) => return Err(failure),
            };
            let words = match self.post_media(message, &enclosure.what, &named.name).await {
                Err(SendFailure::Rejected(words)) => words,
                sent => return sent,
            };
            tracing::debug!(account.id = %self.account, reason = %words, "a name is refused");
            if self.given.disown(&id, &named, &words, now).await == Next::Without {
                let sent = self.say(&linked()).await;
                // A chat that does not take words either is to blame, and not the name.
                if matches!(sent, Err(SendFailure::Rejected(_))) {
                    self.given.pardon(&id).await;
                }
                return sent;
            }
        }
        self.say(&linked()).await
    }

    async fn post_media(
        &self,
        message: &Outgoing,
        it: &Enclosed,
        name: &str,
    ) -> Result<Receipt, SendFailure> {
        let chat = &message.to.chat;
        match it.class() {
            MediaClass::Picture => {
                self.post(chat, "sampleImageMsg", &Picture { photo: name }).await
            }
            MediaClass::File => {
                let file = File { id: name, name: &it.name, kind: it.kind.ending() };
                self.post(chat, "sampleFile", &file).await
            }
        }
    }

    async fn give(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let until = self.clock.now().plus(LIVES);
        match self.upload(&enclosure.what, bytes).await {
            Ok(Given { media_id }) => Ok((media_id, until)),
            // A token that is good elsewhere: the app may send, and not give.
            Err(Trouble::Denied(denial)) if denial.token_is_refused() => {
                Err(Ungiven::Refused(denial.words()))
            }
            Err(trouble) => Err(Ungiven::of(trouble.failure())),
        }
    }

    async fn upload(&self, it: &Enclosed, bytes: Bytes) -> Result<Given, Trouble> {
        let name = it.file_name();
        let given = self.call_under(|token| {
            let form = form(Vec::new(), ("media", &name, it.kind.mime(), bytes.clone()));
            async move {
                let mut url = self.upload_url()?;
                let query = [("access_token", token.reveal()), ("type", sort(it))];
                url.query_pairs_mut().extend_pairs(query);
                read_old(&self.caller.post_form(url, form, UPLOAD).await?)
            }
        });
        given.await
    }

    /// Where things are given: beside the API, under the older of its names.
    fn upload_url(&self) -> Result<Url, Trouble> {
        let mut url = self.url("/media/upload")?;
        let older =
            url.host_str().and_then(|host| host.strip_prefix("api.")).map(|h| format!("oapi.{h}"));
        if let Some(host) = older {
            url.set_host(Some(&host)).map_err(|e| Trouble::Unsent(e.to_string()))?;
        }
        Ok(url)
    }
}
