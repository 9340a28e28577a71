//! Browsers that are notified of what is new on a group's page: asked for and ended by the page's script, kept up by
//! its worker.
//!
//! A browser is taken only after its service took a first notification for it, which the reader sees: so what cannot
//! arrive is told at once, and nobody can have us keep, or call again and again, what is no browser.

use super::super::again::until_done;
use super::super::guard::{self, Flooded, Kind, Visitor};
use super::super::page::Fault;
use super::super::{App, Group};
use crate::connector::webpush::{Given, WebPush};
use crate::connector::{Connector as _, Outgoing, SendFailure};
use crate::desk::{Browser, DeskError, Notified, Wish};
use crate::model::{Address, TopicId};
use crate::text::say::NotifySays;
use crate::text::{Part, Speak as _};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What tokens for this are for.
const PURPOSE: &str = "notify";

/// What the script needs before it asks the browser.
#[derive(Serialize)]
struct Offer<'a> {
    key: &'a str,
    token: String,
}

/// A browser as the script tells of it.
#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    token: String,
    /// Our key as the browser knows it.
    key: String,
    #[serde(flatten)]
    given: Given,
    /// Where it was before its service gave it another place.
    #[serde(default)]
    former: Option<String>,
}

/// A browser that is to be notified no longer.
#[derive(Deserialize)]
pub(in crate::web) struct Ended {
    token: String,
    endpoint: String,
}

/// What a page is when it is kept beside the reader's other apps.
#[derive(Serialize)]
struct Manifest<'a> {
    name: &'a str,
    short_name: &'a str,
    start_url: String,
    scope: &'static str,
    display: &'static str,
    lang: &'static str,
    icons: [Icon; 1],
}

#[derive(Serialize)]
struct Icon {
    src: &'static str,
    sizes: &'static str,
    r#type: &'static str,
}

fn channel<'a>(app: &'a App, slug: &str) -> Result<(&'a Group, &'a Arc<WebPush>), Fault> {
    let group = app.group(slug).ok_or(Fault::NotFound)?;
    Ok((group, app.push.as_ref().ok_or(Fault::NotFound)?))
}

/// The key under which a browser subscribes, and a token for what it sends then.
pub(in crate::web) async fn offer(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Fault> {
    let (_, push) = channel(&app, &slug)?;
    let token = guard::issue(&app.hasher, &*app.clock, PURPOSE);
    Ok(Json(Offer { key: push.key(), token }).into_response())
}

/// What a phone needs to keep the page beside its apps: some notify nobody else.
pub(in crate::web) async fn manifest(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Fault> {
    let (group, _) = channel(&app, &slug)?;
    let manifest = Manifest {
        name: &group.title,
        short_name: &group.title,
        start_url: format!("/g/{slug}"),
        scope: "/",
        display: "standalone",
        lang: group.lang.tag(),
        icons: [Icon { src: "/assets/mark.svg", sizes: "any", r#type: "image/svg+xml" }],
    };
    let mut response = Json(manifest).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/manifest+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// The worker that shows notifications; it works for its group's pages alone.
pub(in crate::web) async fn worker(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Fault> {
    channel(&app, &slug)?;
    let script = include_str!("../assets/worker.js");
    let kind = "text/javascript; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], script).into_response())
}

/// Notifies a browser from now on.
pub(in crate::web) async fn notified(
    State(app): State<App>,
    Path(slug): Path<String>,
    visitor: Visitor,
    Json(asked): Json<Asked>,
) -> Result<Response, Fault> {
    let (group, push) = channel(&app, &slug)?;
    if !guard::valid(&app.hasher, PURPOSE, &asked.token, app.clock.now()) {
        return Err(Fault::StaleForm);
    }
    if asked.key != push.key() {
        return Ok(StatusCode::CONFLICT.into_response());
    }
    let Ok(place) = push.place(&slug, &asked.given) else {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY.into_response());
    };
    let topics: BTreeSet<TopicId> = group.topics.iter().cloned().collect();
    let endpoint = &asked.given.endpoint;
    let browser = Browser { account: push.account(), page: &slug, endpoint };
    if app.desk.notified(browser, &topics).await? == Notified::Already {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let Err(Flooded(span)) = app.floods.admit(&app, &visitor, Kind::Browser) {
        return Ok(later(StatusCode::TOO_MANY_REQUESTS, span.as_secs()));
    }
    let known = match asked.former.as_deref() {
        Some(endpoint) => app.desk.knows_browser(Browser { endpoint, ..browser }).await?,
        None => false,
    };
    if !known && let Err(failure) = greet(&app, group, push, &place).await {
        return Ok(refused(&failure));
    }
    let wish = Wish { topics, place, former: asked.former.clone().filter(|_| known) };
    decide(&app, group, browser, Step::Notify(wish)).await
}

/// Notifies a browser no longer.
pub(in crate::web) async fn silenced(
    State(app): State<App>,
    Path(slug): Path<String>,
    Json(ended): Json<Ended>,
) -> Result<Response, Fault> {
    let (group, push) = channel(&app, &slug)?;
    if !guard::valid(&app.hasher, PURPOSE, &ended.token, app.clock.now()) {
        return Err(Fault::StaleForm);
    }
    let browser = Browser { account: push.account(), page: &slug, endpoint: &ended.endpoint };
    decide(&app, group, browser, Step::Silence).await
}

/// Shows the reader that it works, before anything is kept.
async fn greet(
    app: &App,
    group: &Group,
    push: &WebPush,
    place: &Address,
) -> Result<(), SendFailure> {
    let words = NotifySays::Greeting(group.title.clone()).say(group.lang);
    let message = Outgoing {
        to: Arc::new(place.clone()),
        part: Arc::new(Part { text: format!("{}\n{words}", group.title), marks: Vec::new() }),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: app.clock.fresh().simple().to_string(),
    };
    push.send(&message).await.map(drop)
}

/// What the script is answered when the first notification is not taken.
fn refused(failure: &SendFailure) -> Response {
    tracing::info!(%failure, "a browser's service did not take the first notification");
    match failure {
        SendFailure::Wait { span, .. } => later(StatusCode::SERVICE_UNAVAILABLE, span.as_secs()),
        SendFailure::Gone(_) | SendFailure::Rejected(_) => {
            StatusCode::UNPROCESSABLE_ENTITY.into_response()
        }
        _ => StatusCode::BAD_GATEWAY.into_response(),
    }
}

fn later(status: StatusCode, seconds: u64) -> Response {
    (status, [(RETRY_AFTER, HeaderValue::from(seconds.max(1)))]).into_response()
}

/// What becomes of a browser.
enum Step {
    Notify(Wish),
    Silence,
}

async fn decide(
    app: &App,
    group: &Group,
    browser: Browser<'_>,
    step: Step,
) -> Result<Response, Fault> {
    match until_done(|| decided(app, group, browser, &step).boxed()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(DeskError::Failed(error)) => Err(error.into()),
        Err(_) => Ok(StatusCode::UNPROCESSABLE_ENTITY.into_response()),
    }
}

async fn decided(
    app: &App,
    group: &Group,
    browser: Browser<'_>,
    step: &Step,
) -> Result<(), DeskError> {
    let mut call = app.desk.visitor(group.lang);
    match step {
        Step::Notify(wish) => app.desk.notify(&mut call, browser, wish.clone()).await?,
        Step::Silence => app.desk.silence(&mut call, browser).await?,
    }
    Ok(app.desk.commit(call).await?)
}
