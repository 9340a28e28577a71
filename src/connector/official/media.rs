//! Pictures of articles: one within the text is given by `POST /cgi-bin/media/uploadimg` and named by the address that
//! it gets there; no other pictures are shown. The first one is the cover as well, and for that becomes one of the
//! account's permanent materials (`POST /cgi-bin/material/add_material`).
//!
//! Both stay for good. A restart forgets their names, and a picture that is used again is then given once more.

use super::article::SIZE;
use super::errors::Errand;
use super::{Official, PATIENCE, read};
use crate::connector::given::{self, Next, Ungiven, unknown_name};
use crate::connector::http::form;
use crate::connector::token::Bearer as _;
use crate::connector::{Enclosure, Outgoing, Receipt, SendFailure};
use crate::model::At;
use crate::text::html::escape;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::time::Duration;

/// For so long a name is used.
const LIVES: Duration = Duration::from_hours(30 * 24);

/// The pictures of an article.
#[derive(Default)]
pub(super) struct Pictures {
    /// The cover's name, where it is one of them.
    pub cover: Option<String>,
    /// All of them, by the addresses that they got, in the order in which they stand above the words.
    pub shown: Vec<(String, Enclosure)>,
}

/// Whether it is said what a picture shows, for those who do not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alt {
    Told,
    LeftOut,
}

impl Pictures {
    /// What stands above the words.
    pub(super) fn html(&self, alt: Alt) -> String {
        let mut html = String::new();
        for (url, enclosure) in &self.shown {
            let alt = match alt {
                Alt::Told => escape(&enclosure.what.alt),
                Alt::LeftOut => String::new(),
            };
            let _ = write!(html, "<p><img src=\"{}\" alt=\"{alt}\"></p>", escape(url));
        }
        html
    }
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
        let (mut pictures, mut refused, now) = (Pictures::default(), Vec::new(), self.clock.now());
        for enclosure in enclosures {
            let it = format!("shown {}", enclosure.what.id);
            match self.given.name(&it, now, self.show(enclosure)).await {
                Ok(given::Named { name, .. }) => pictures.shown.push((name, enclosure.clone())),
                Err(Ungiven::Refused(_)) => refused.push(enclosure.clone()),
                Err(Ungiven::Failed(failure)) => return Err(failure),
            }
        }
        let Some(first) = enclosures.first() else {
            return self.send_article(message, &pictures).await;
        };
        let message = message.linked(&refused, &SIZE);
        let it = format!("cover {}", first.what.id);
        let cover = match self.given.name(&it, now, self.keep(first)).await {
            Ok(cover) => cover,
            // The one of the configuration serves.
            Err(Ungiven::Refused(_)) => return self.send_article(&message, &pictures).await,
            Err(Ungiven::Failed(failure)) => return Err(failure),
        };
        pictures.cover = Some(cover.name.clone());
        let sent = self.send_article(&message, &pictures).await;
        let Some(words) = unknown_name(&sent) else { return sent };
        match self.given.disown(&it, &cover, &words, now).await {
            Next::Again => Err(SendFailure::Transient(words)),
            Next::Without => {
                pictures.cover = None;
                self.send_article(&message, &pictures).await
            }
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

    async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        enclosure: &Enclosure,
    ) -> Result<T, Ungiven> {
        let bytes = enclosure.read().await.map_err(Ungiven::Failed)?;
        let it = &enclosure.what;
        let name = it.file_name();
        let given = self.call_under(|token| {
            let form = form(Vec::new(), ("media", &name, it.kind.mime(), bytes.clone()));
            async move {
                let url = self.url(path, Some(&token))?;
                read(&self.caller.post_form(url, form, PATIENCE).await?)
            }
        });
        given.await.map_err(|t| Ungiven::of(t.failure(Errand::Article, self.clock.now())))
    }
}
