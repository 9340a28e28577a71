//! What all pages have in common: the frame, the language, how they are answered.

use super::{App, Group, ReadAt, State};
use crate::model::{At, Lang};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::{MailSays as M, PageSays as P};
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;

/// What stands around every page.
pub(super) struct Frame {
    pub lang: Lang,
    pub title: String,
    pub office: String,
    pub feeds: Vec<TopicFeeds>,
    /// Kept out of search engines.
    pub private: bool,
}

/// The feeds of a topic, which readers can subscribe to.
pub(super) struct TopicFeeds {
    pub title: String,
    pub links: Vec<FeedLink>,
}

/// One of them.
pub(super) struct FeedLink {
    pub media: &'static str,
    pub name: &'static str,
    pub url: String,
}

impl Frame {
    /// The frame of a page of no group.
    pub fn new(state: &State, lang: Lang, title: String) -> Self {
        let office = state.desk.office().name.clone();
        Self { lang, title, office, feeds: Vec::new(), private: false }
    }

    /// The frame of a page that is one reader's own.
    pub fn private(state: &State, lang: Lang, title: String) -> Self {
        Self { private: true, ..Self::new(state, lang, title) }
    }

    /// The frame of a page of a group, with its feeds.
    pub fn of_group(state: &State, group: &Group, title: String) -> Self {
        if group.read == ReadAt::Chat {
            return Self::private(state, group.lang, title);
        }
        let office = state.desk.office();
        let feeds = group.topics.iter().map(|topic| {
            let url = |end| format!("/t/{}/feed.{end}", topic.0);
            let links =
                FEEDS.iter().map(|(name, end, media)| FeedLink { media, name, url: url(end) });
            TopicFeeds { title: office.title(topic).to_owned(), links: links.collect() }
        });
        Self { feeds: feeds.collect(), ..Self::new(state, group.lang, title) }
    }

    /// A sentence about e-mail in the page's language.
    #[expect(clippy::needless_pass_by_value, reason = "templates name the sentence in place")]
    pub fn m(&self, says: M) -> String {
        says.say(self.lang)
    }

    /// A sentence in the page's language.
    #[expect(clippy::needless_pass_by_value, reason = "templates name the sentence in place")]
    pub fn t(&self, says: P) -> String {
        says.say(self.lang)
    }
}

const FEEDS: [(&str, &str, &str); 3] = [
    ("RSS", "rss", "application/rss+xml"),
    ("Atom", "atom", "application/atom+xml"),
    ("JSON", "json", "application/feed+json"),
];

/// The language that a reader's browser prefers, else the office's.
#[derive(Clone, Copy)]
pub(super) struct Speaks(pub Lang);

impl FromRequestParts<App> for Speaks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(preferred(&parts.headers).unwrap_or(app.desk.office().lang)))
    }
}

/// The first language of ours among those that a browser asks for; browsers list the preferred one first.
pub(super) fn preferred(headers: &HeaderMap) -> Option<Lang> {
    let asked = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    asked.split(',').find_map(|tag| {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.get(..2)? {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    })
}

/// Why there is no page; the words are put around it by the guard, in the reader's language.
#[derive(Debug)]
pub(super) enum Fault {
    /// There is nothing under this address.
    NotFound,
    /// Only whoever has a seat sees this.
    NoSeat,
    /// The form is too old, or not ours.
    StaleForm,
    /// Too many at once from one address.
    Flood,
    /// The store failed.
    Store,
    /// A page could not be written.
    Page,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a page could not be read from the store");
        Self::Store
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be written");
        Self::Page
    }
}

/// Marks an answer whose words are still to be found, where its status does not say enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untold {
    NoSeat,
    StaleForm,
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::NoSeat => told_later(Untold::NoSeat),
            Self::StaleForm => told_later(Untold::StaleForm),
            Self::Flood => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Self::Store => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::Page => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

fn told_later(what: Untold) -> Response {
    let mut response = StatusCode::FORBIDDEN.into_response();
    response.extensions_mut().insert(what);
    response
}

/// A page that may be kept by the reader's browser as long as it asks again.
pub(super) fn open(page: &impl Template) -> Result<Response, Fault> {
    with(page, StatusCode::OK, "no-cache")
}

/// A page that no browser and no proxy may keep: forms, receipts, seats.
pub(super) fn unkept(page: &impl Template, status: StatusCode) -> Result<Response, Fault> {
    with(page, status, "no-store")
}

fn with(page: &impl Template, status: StatusCode, keep: &'static str) -> Result<Response, Fault> {
    let mut response = (status, page.render()?).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    Ok(response)
}

/// A moment as readers see it, in the office's time zone.
pub(super) fn moment(state: &State, lang: Lang, at: At) -> String {
    P::Moment(at.utc().with_timezone(&state.desk.office().zone).naive_local()).say(lang)
}

/// A day as readers see it, in the office's time zone.
pub(super) fn day(state: &State, lang: Lang, at: At) -> String {
    P::Day(at.utc().with_timezone(&state.desk.office().zone).date_naive()).say(lang)
}
