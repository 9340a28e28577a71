//! What posts carry: pictures, files, and how pages show them.
//!
//! Something is given out when a post that carries it went out and was not withdrawn, or to whoever writes posts
//! and asks below their seat.
//! What it says may be anything: it is never looked into by a browser that does not know what it is, runs
//! nothing, and is saved rather than opened where it is no picture.

use super::App;
use super::console::sits_an_editor;
use super::known;
use super::page::Fault;
use super::site::went_out;
use crate::model::{
    Edition, Enclosed, Index, Kind, Lang, Media, MediaClass, MediaId, Post, PostState, Segments,
    Versioned,
};
use crate::store::{Reads, Scan};
use crate::text::Speak as _;
use crate::text::html::escape;
use crate::text::letter::address;
use crate::text::say::EnclosedSays;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;

/// How many of the editions that carry something are looked at for one that went out.
const USES: usize = 100;

/// The bytes never change: their name is made of them.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Before the post goes out, nobody on the way may keep it.
const NOT_YET: &str = "private, no-store";
/// Nothing within runs, loads or asks.
const LOCKED: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// What a post carries, by its hash.
pub(super) async fn media(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let id = MediaId::parse(&id).ok_or(Fault::NotFound)?;
    let (enclosed, kept) = match find(&app, id).await? {
        (Some(enclosed), true) => (enclosed, FOR_GOOD),
        (Some(enclosed), false) if sits_an_editor(&app, &headers).await? => (enclosed, NOT_YET),
        _ => return Err(Fault::NotFound),
    };
    let tag = format!("\"{id}\"");
    let marks = [(ETAG, tag.clone()), (CACHE_CONTROL, kept.to_owned())];
    if known::has(&headers, &tag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, marks, SHARED).into_response());
    }
    let reads: &dyn Reads = &*app.reads;
    let bytes = reads.media(id).await?.ok_or(Fault::NotFound)?;
    let about = [
        (CONTENT_TYPE, HeaderValue::from_static(enclosed.kind.mime())),
        (CONTENT_DISPOSITION, disposition(&enclosed)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOCKED)),
    ];
    Ok((marks, SHARED, about, bytes).into_response())
}

/// Readers of feeds show pictures on their own pages.
const SHARED: [(HeaderName, &str); 1] =
    [(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")];

/// How some edition has it, and whether one that went out does.
async fn find(app: &App, id: MediaId) -> Result<(Option<Enclosed>, bool), Fault> {
    let scan = Scan::of(Index::Enclosed, Media::uses_of(id), USES).backward();
    let mut found = None;
    for edition in app.reads.find_all::<Edition>(&scan).await? {
        let enclosed = edition.value.enclosed.iter().find(|it| it.id == id).cloned();
        let Some(enclosed) = enclosed else { continue };
        let key = Segments::new().id(edition.post.0).key(Kind::Post);
        let post: Option<Versioned<Post>> = app.reads.find(&key).await?;
        let is_out = |post: &Post| {
            let withdrawn = matches!(post.state, PostState::Withdrawn { .. });
            !withdrawn && post.revision == edition.revision && went_out(&post.state).is_some()
        };
        if post.is_some_and(|post| is_out(&post)) {
            return Ok((Some(enclosed), true));
        }
        found = Some(enclosed);
    }
    Ok((found, false))
}

/// A picture is looked at; anything else is saved under its name, which is written twice: as what every browser
/// reads, and as what it is (RFC 6266).
fn disposition(enclosed: &Enclosed) -> HeaderValue {
    let ending = enclosed.kind.ending();
    let text = match enclosed.class() {
        MediaClass::Picture => format!("inline; filename=\"picture.{ending}\""),
        MediaClass::File => {
            let mut name = String::new();
            for byte in enclosed.name.bytes() {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
                    name.push(char::from(byte));
                } else {
                    let _ = write!(name, "%{byte:02X}");
                }
            }
            format!("attachment; filename=\"file.{ending}\"; filename*=UTF-8''{name}")
        }
    };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"))
}

/// What a post carries, as a fragment of a page of ours, or (with the base of our addresses) of one elsewhere, or
/// (with the path of the seat) of a page that only staff see.
pub(super) fn enclosed_html(enclosed: &[Enclosed], lang: Lang, base: &str) -> String {
    let mut html = String::new();
    for it in enclosed {
        let (url, called) = (escape(&address(base, it)), escape(it.called()));
        match it.class() {
            MediaClass::Picture => {
                let (wide, high) = it.pixels;
                let _ = write!(
                    html,
                    "<figure><a href=\"{url}\"><img src=\"{url}\" alt=\"{called}\" width=\"{wide}\" \
                     height=\"{high}\" loading=\"lazy\"></a>"
                );
                if !called.is_empty() {
                    let _ = write!(html, "<figcaption>{called}</figcaption>");
                }
                html.push_str("</figure>\n");
            }
            MediaClass::File => {
                let says = escape(&EnclosedSays(it).say(lang));
                let _ = writeln!(html, "<p class=\"file\"><a href=\"{url}\">{says}</a></p>");
            }
        }
    }
    html
}
