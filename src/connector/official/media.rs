//! Pictures of articles: one within the text is given by `POST /cgi-bin/media/uploadimg` and named by the address that
//! it gets there; no other pictures are shown. The first one is the cover as well, and for that becomes one of the
//! account's permanent materials (`POST /cgi-bin/material/add_material`).
//!
//! Both stay for good. A restart forgets their names, and a picture that is used again is then given once more.

use super::errors::{Errand, Trouble};
use super::{Official, PATIENCE, Reply, read};
use crate::connector::given::Ungiven;
use crate::connector::http::form;
use crate::connector::{Enclosure, Outgoing, Receipt, Secret, SendFailure};
use crate::model::At;
use crate::text::html::escape;
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::time::Duration;

/// For so long a name is used.
const LIVES: Duration = Duration::from_hours(30 * 24);
/// What a refusal begins with where a cover is not known any more.
const UNKNOWN_MEDIA: &str = "40007 ";

/// The pictures of an article.
#[derive(Default)]
pub(super) struct Pictures {
    /// The cover's name, where it is one of them.
    pub cover: Option<String>,
    /// All of them, as they stand above the words.
    pub html: String,
}

#[derive(Deserialize)]
struct Shown {
    url: String,
}

#[derive(Deserialize)]
struct Material {
    media_id: String,
}

impl Official {
    /// Sends an article with pictures, and links to those that the platform does not take.
    pub(super) async fn send_pictures(
        &self,
        message: &Outgoing,
        enclosures: &[Enclosure],
    ) -> Result<Receipt, SendFailure> {
        let (mut pictures, mut refused) = (Pictures::default(), Vec::new());
        for enclosure in enclosures {
            let it = format!("shown {}", enclosure.what.id);
            match self.given.name(&it, self.clock.now(), self.show(enclosure)).await {
                Ok(url) => {
                    let (url, alt) = (escape(&url), escape(&enclosure.what.alt));
                    let _ = write!(pictures.html, "<p><img src=\"{url}\" alt=\"{alt}\"></p>");
                }
                Err(Ungiven::Refused(_)) => refused.push(enclosure.clone()),
                Err(Ungiven::Failed(failure)) => return Err(failure),
            }
        }
        let Some(first) = enclosures.first() else {
            return self.send_article(message, &pictures).await;
        };
        let cover = format!("cover {}", first.what.id);
        match self.given.name(&cover, self.clock.now(), self.keep(first)).await {
            Ok(name) => pictures.cover = Some(name),
            // The one of the configuration serves.
            Err(Ungiven::Refused(_)) => {}
            Err(Ungiven::Failed(failure)) => return Err(failure),
        }
        match self.send_article(&message.linked(&refused), &pictures).await {
            Err(SendFailure::Rejected(words)) if words.starts_with(UNKNOWN_MEDIA) => {
                self.given.forget(&cover, pictures.cover.as_deref().unwrap_or_default()).await;
                Err(SendFailure::Transient(words))
            }
            sent => sent,
        }
    }

    /// Gives a picture that stands in an article; the address that it gets.
    async fn show(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let Shown { url } = self.upload("/cgi-bin/media/uploadimg", enclosure).await?;
        Ok((url, self.clock.now().plus(LIVES)))
    }

    /// Makes a picture one of the account's materials.
    async fn keep(&self, enclosure: &Enclosure) -> Result<(String, At), Ungiven> {
        let path = "/cgi-bin/material/add_material?type=image";
        let Material { media_id } = self.upload(path, enclosure).await?;
        Ok((media_id, self.clock.now().plus(LIVES)))
    }

    /// Gives it, once more with a new token where the old one is refused.
    async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        enclosure: &Enclosure,
    ) -> Result<T, Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let given = async {
            let token = self.token().await?;
            match self.upload_with(&token, path, (enclosure, bytes.clone())).await {
                Err(Trouble::Denied(denial)) if denial.is_token() => {
                    let token = self.token_after(&token).await?;
                    self.upload_with(&token, path, (enclosure, bytes)).await
                }
                other => other,
            }
        };
        given.await.map_err(|t| Ungiven::of(t.failure(Errand::Article, self.clock.now())))
    }

    async fn upload_with<T: DeserializeOwned>(
        &self,
        token: &Secret,
        path: &str,
        (enclosure, bytes): (&Enclosure, Bytes),
    ) -> Reply<T> {
        let kind = enclosure.what.kind;
        let name = format!("picture.{}", kind.ending());
        let form = form(Vec::new(), ("media", &name, kind.mime(), bytes));
        let url = self.url(path, Some(token))?;
        read(&self.caller.post_form(url, form, PATIENCE).await?)
    }
}
