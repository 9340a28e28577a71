//! What stands before the pages: who may send what, how much of it, and what every answer carries.

mod floods;
mod token;

pub(super) use floods::{Flooded, Floods, Kind, Visitor};
pub(super) use token::{issue, sign, valid};

use super::console::SEAT;
use super::page::{self, Fault, Frame, Untold};
use super::{App, site};
use crate::model::Lang;
use crate::text::Speak as _;
use crate::text::say::PageSays as P;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The longest form that is read, in bytes: the longest text that may be configured takes up to twelve bytes
/// a character in a form, and one that is too long by far is still shown again to whoever wrote it.
pub(super) const BODY_MAX: usize = 512 * 1024;

/// The longest that answering may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What every answer carries: nothing runs, loads or frames that is not ours.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Guards the pages that people read: forms from elsewhere and floods are refused, errors get words.
pub(super) fn for_people(router: Router<App>, app: &App) -> Router<App> {
    router
        .fallback(|| async { Fault::NotFound })
        .layer(middleware::from_fn_with_state(app.clone(), admit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), explain))
}

/// Guards everything: size, time, headers, and one line in the log that names nobody.
pub(super) fn for_all(router: Router<App>, app: &App) -> Router<App> {
    router
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), note))
        .layer(middleware::from_fn(protect))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    // What the panic said may hold what somebody wrote: it is not logged.
    tracing::error!("answering a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // What a post carries says for itself what it may do, and that pages elsewhere may show it.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    let watch = crate::metrics::Stopwatch::start();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics.request(&route, status);
    let duration_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(http.method = %method, http.route = %route, http.status = status, duration_ms, "answered");
    response
}

/// Lets a request through when it may come in at all.
async fn admit(State(app): State<App>, visitor: Visitor, request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        if comes_from_elsewhere(request.headers()) {
            return Fault::StaleForm.into_response();
        }
        if let Err(Flooded(span)) = app.floods.admit(&app, &visitor, Kind::Form) {
            return flooded(span);
        }
    }
    next.run(request).await
}

fn flooded(span: Duration) -> Response {
    let mut response = Fault::Flood.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(span.as_secs().max(1)));
    response
}

/// Whether a browser says that a page that is not ours sent this form. Without either header (old browsers,
/// and pages served without TLS to other machines, where our own referrer policy makes the origin `null`)
/// the form's token alone decides.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (None | Some("null"), _) => false,
        (Some(origin), Some(host)) => origin.split_once("://").is_none_or(|(_, from)| from != host),
        (Some(_), None) => true,
    }
}

/// Puts words around an answer that is nothing but a status.
async fn explain(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let known = request.extensions().get::<MatchedPath>().is_some();
    let lang = language(&app, &path, request.headers());
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let worded = kind.is_some_and(|k| k.starts_with("text/html"));
    if worded || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let untold = response.extensions().get::<Untold>().copied();
    let (title, line, next, go_on) = match (untold, status) {
        (Some(Untold::NoSeat), _) => (P::NoSeatTitle, P::NoSeat, "/", P::AllGroups),
        (Some(Untold::StaleForm), _) => {
            (P::StaleFormTitle, P::StaleForm, shown_at(&path, known), P::Again)
        }
        (_, StatusCode::NOT_FOUND) => (P::NotFoundTitle, P::NotFound, "/", P::AllGroups),
        (_, StatusCode::METHOD_NOT_ALLOWED) => {
            (P::NotFoundTitle, P::WrongMethod, "/", P::AllGroups)
        }
        (_, StatusCode::PAYLOAD_TOO_LARGE) => (P::TooLargeTitle, P::TooLarge, "/", P::AllGroups),
        (_, StatusCode::TOO_MANY_REQUESTS) => (P::TooManyTitle, P::TooMany, "/", P::AllGroups),
        (_, s) if s.is_client_error() => (P::BadFormTitle, P::BadForm, "/", P::AllGroups),
        _ => (P::BrokenTitle, P::Broken, "/", P::AllGroups),
    };
    let frame = Frame::private(&app, lang, title.say(lang));
    let page = site::Message::new(frame, vec![line.say(lang)], next, go_on.say(lang));
    let Ok(mut told) = page::unkept(&page, status) else { return response };
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told
}

/// Where the page is shown whose form was sent to this path, if it is one of ours: `//x` would be a page of somebody
/// else's.
fn shown_at(path: &str, known: bool) -> &str {
    match path {
        _ if !known || path.starts_with("//") => "/",
        _ if path.strip_prefix(SEAT).is_some_and(|below| below.starts_with('/')) => SEAT,
        _ => path.trim_end_matches("/reply"),
    }
}

fn language(app: &App, path: &str, headers: &HeaderMap) -> Lang {
    let group = path.strip_prefix("/g/").and_then(|p| p.split('/').next());
    let group = group.and_then(|slug| app.group(slug)).map(|g| g.lang);
    group.or_else(|| page::preferred(headers)).unwrap_or(app.desk.office().lang)
}
