//! What all followers read: an article, kept by `POST /cgi-bin/draft/add`, and sent by a person or by
//! `POST /cgi-bin/message/mass/sendall`; or one that has a page of its own, by `POST /cgi-bin/freepublish/submit`.
//!
//! A post is one article, and is never cut: an account may send only once a day. A sending that got no answer is
//! repeated under its `clientmsgid` with a draft of its own; the platform then says that it has it (45065), and the
//! second draft is taken away. Publishing knows nothing again: what got no answer may be published.

use super::errors::{Errand, Trouble};
use super::media::{Alt, Pictures};
use super::{Done, Official, Publish, jobs, number};
use crate::connector::{Outgoing, Receipt, SendFailure};
use crate::text::{Mark, Markup, Part, Size, Unit};
use serde::{Deserialize, Serialize};

/// An article holds any post: what is too long is refused, and not cut. Addresses are written out, because the
/// platform takes links to other sites out of articles.
pub(super) const SIZE: Size =
    Size { unit: Unit::Chars, max: usize::MAX, marks: 1_000, links: 0, markup: Markup::Html };

/// The characters of an article's HTML are fewer than this …
const CHARS_MAX: usize = 20_000;
/// … and so are its bytes.
const BYTES_MAX: usize = 1_000_000;
/// The longest title.
const TITLE_MAX: usize = 32;
/// The longest address of the original (阅读原文), in bytes.
const SOURCE_MAX: usize = 1_024;
/// The longest `clientmsgid`, in bytes.
const ONCE_MAX: usize = 64;

#[derive(Serialize)]
struct Articles<'a> {
    articles: [Article<'a>; 1],
}

#[derive(Serialize)]
struct Article<'a> {
    #[serde(rename = "article_type")]
    kind: &'static str,
    title: String,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_source_url: Option<&'a str>,
    thumb_media_id: &'a str,
}

#[derive(Deserialize)]
struct Draft {
    media_id: String,
}

#[derive(Serialize)]
struct Named<'a> {
    media_id: &'a str,
}

#[derive(Serialize)]
struct ToAll<'a> {
    filter: Filter,
    mpnews: Named<'a>,
    msgtype: &'static str,
    /// An article that is taken for somebody else's goes out all the same: what an office passes on is often.
    send_ignore_reprint: u8,
    clientmsgid: &'a str,
}

#[derive(Serialize)]
struct Filter {
    is_to_all: bool,
}

/// The platform's name for a sending.
#[derive(Deserialize)]
struct Sent {
    msg_id: serde_json::Value,
}

/// The platform's name for a publication.
#[derive(Deserialize)]
struct Submitted {
    publish_id: serde_json::Value,
}

impl Official {
    /// Puts the article into the box of drafts, and sends it to all where it is to go by itself; its pictures stand
    /// above its words.
    pub(super) async fn send_article(
        &self,
        message: &Outgoing,
        pictures: &Pictures,
    ) -> Result<Receipt, SendFailure> {
        let cover = pictures.cover.as_deref().or(self.settings.thumb_media_id.as_deref());
        let Some(thumb) = cover else {
            let words = "the account has no `thumb_media_id`, without which there is no article";
            return Err(SendFailure::Misconfigured(words.to_owned()));
        };
        let (title, content) = written(message, pictures)?;
        let article = Article {
            kind: "news",
            title,
            content,
            content_source_url: source(&message.part.text),
            thumb_media_id: thumb,
        };
        let now = self.clock.now();
        let kept = self.call("/cgi-bin/draft/add", &Articles { articles: [article] }).await;
        match self.settings.publish {
            Publish::Draft => {
                // A person may find it twice.
                let Draft { media_id } = kept.map_err(|t| t.failure(Errand::Article, now))?;
                Ok(Receipt { message: media_id })
            }
            Publish::Mass => {
                // A draft more is read by nobody.
                let draft: Draft = kept.map_err(|t| t.repeatable(Errand::Article, now))?;
                self.send_to_all(&draft, &message.once).await
            }
            Publish::Page => {
                let draft: Draft = kept.map_err(|t| t.repeatable(Errand::Article, now))?;
                self.publish(&draft).await
            }
        }
    }

    async fn publish(&self, draft: &Draft) -> Result<Receipt, SendFailure> {
        let named = Named { media_id: &draft.media_id };
        match self.call::<_, Submitted>("/cgi-bin/freepublish/submit", &named).await {
            Ok(Submitted { publish_id }) => match number(&publish_id) {
                Some(name) => Ok(Receipt { message: jobs::publication(&name) }),
                None => Err(SendFailure::Unknown("a publication without a name".to_owned())),
            },
            Err(trouble) => {
                if !matches!(trouble, Trouble::Unanswered(_) | Trouble::Gateway(_)) {
                    self.forget(draft).await;
                }
                Err(trouble.failure(Errand::Article, self.clock.now()))
            }
        }
    }

    async fn send_to_all(&self, draft: &Draft, once: &str) -> Result<Receipt, SendFailure> {
        let body = ToAll {
            filter: Filter { is_to_all: true },
            mpnews: Named { media_id: &draft.media_id },
            msgtype: "mpnews",
            send_ignore_reprint: 1,
            clientmsgid: once.get(..ONCE_MAX).unwrap_or(once),
        };
        match self.call::<_, Sent>("/cgi-bin/message/mass/sendall", &body).await {
            Ok(Sent { msg_id }) => {
                let message = number(&msg_id).unwrap_or_else(|| once.to_owned());
                Ok(Receipt { message })
            }
            Err(Trouble::Denied(denial)) if denial.is_repeated() => {
                self.forget(draft).await;
                // Under this name the platform tells what becomes of it.
                let message = denial.taken.unwrap_or_else(|| once.to_owned());
                Ok(Receipt { message })
            }
            Err(trouble) => {
                if !matches!(trouble, Trouble::Unanswered(_) | Trouble::Gateway(_)) {
                    self.forget(draft).await;
                }
                Err(trouble.repeatable(Errand::Article, self.clock.now()))
            }
        }
    }

    /// Takes away a draft that was not sent; left behind it does no harm.
    async fn forget(&self, draft: &Draft) {
        let named = Named { media_id: &draft.media_id };
        if let Err(trouble) = self.call::<_, Done>("/cgi-bin/draft/delete", &named).await {
            tracing::debug!(account.id = %self.account, ?trouble, "a draft stays behind");
        }
    }
}

/// The title and the content: what pictures show is left out where there is no room for it, and the pictures
/// themselves are links where there is none for them.
fn written(message: &Outgoing, pictures: &Pictures) -> Result<(String, String), SendFailure> {
    let (title, body) = titled(&message.part);
    let with = [Alt::Told, Alt::LeftOut].map(|alt| content(&pictures.html(alt), &body));
    if let Some(content) = with.into_iter().find(|content| lacks_room(content).is_none()) {
        return Ok((title, content));
    }
    let enclosures: Vec<_> = pictures.shown.iter().map(|(_, it)| it.clone()).collect();
    let (title, body) = titled(&message.linked(&enclosures, &SIZE).part);
    let content = content("", &body);
    match lacks_room(&content) {
        None => Ok((title, content)),
        Some(words) => Err(SendFailure::Rejected(words)),
    }
}

fn content(above: &str, body: &Part) -> String {
    // What ends a line takes enough room as it is.
    format!("{above}<p>{}</p>", body.html().replace("<br>\n", "<br>"))
}

/// What is wrong with a content that is too long.
fn lacks_room(content: &str) -> Option<String> {
    let (chars, bytes) = (content.chars().count(), content.len());
    (chars >= CHARS_MAX || bytes >= BYTES_MAX).then(|| {
        format!("the article has {chars} characters with its markup, and may have {CHARS_MAX}")
    })
}

/// The title, and what is below it: the first line is the title, and stays below it too where it had to be cut.
fn titled(part: &Part) -> (String, Part) {
    let first = part.text.lines().next().unwrap_or_default();
    let title = first.trim();
    if title.chars().count() > TITLE_MAX {
        let head: String = title.chars().take(TITLE_MAX - 1).collect();
        return (format!("{}…", head.trim_end()), part.clone());
    }
    let rest = part.text.get(first.len()..).unwrap_or_default();
    let from = part.text.len() - rest.trim_start_matches('\n').len();
    if from == part.text.len() {
        return (title.to_owned(), part.clone());
    }
    let moved = |m: &Mark| Mark {
        start: m.start.saturating_sub(from),
        end: m.end.saturating_sub(from),
        style: m.style.clone(),
    };
    let marks = part.marks.iter().map(moved).filter(|m| m.start < m.end).collect();
    (title.to_owned(), Part { text: part.text[from..].to_owned(), marks })
}

/// The first address in a text, to which "read the original" leads.
fn source(text: &str) -> Option<&str> {
    let start = [text.find("https://"), text.find("http://")].into_iter().flatten().min()?;
    let rest = text.get(start..)?;
    let ends = |c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | ')' | '`');
    let address = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
    let address = address.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    (address.len() <= SOURCE_MAX && crate::text::html::may_link(address)).then_some(address)
}
