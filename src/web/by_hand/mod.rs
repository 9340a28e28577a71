//! The pages from which people bring a post to a group that no program can write to: made for a phone, and read and
//! used without a script.
//!
//! Who opens one is told by its address alone (see `desk`): a page that is looked at changes nothing, so that a chat
//! which fetches it to show what it is about does no harm.

mod view;

use super::again::until_done;
use super::guard;
use super::page::{self, Fault, Frame, Speaks};
use super::poster;
use super::{App, site};
use crate::desk::{DeskError, Mark, Pass};
use crate::model::Lang;
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::{HandPageSays as H, PageSays as P};
use axum::extract::{Form as Fields, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use serde::Deserialize;

/// What somebody reads whose word is not taken.
type Refused = (String, StatusCode);

/// Where a page is: the group, the post, the key.
type At = Path<(String, String, String)>;

/// Text, poster, and the button.
pub(super) async fn show(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Path((slug, code, key)): At,
) -> Result<Response, Fault> {
    let Some(pass) = app.desk.hand_pass(&slug, &code, &key).await? else {
        return gone(&app, lang);
    };
    view::page(&app, &pass, &key, (String::new(), StatusCode::OK)).await
}

/// What somebody says.
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    token: String,
    #[serde(default)]
    mark: String,
    #[serde(default)]
    reason: String,
}

/// Takes what somebody says became of it.
pub(super) async fn mark(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Path((slug, code, key)): At,
    Fields(said): Fields<Said>,
) -> Result<Response, Fault> {
    let mark = match said.mark.as_str() {
        "posted" => Mark::Posted,
        "skipped" => Mark::Skipped(said.reason.clone()),
        "undone" => Mark::Undone,
        _ => return Err(Fault::NotFound),
    };
    let at = (slug.as_str(), code.as_str(), key.as_str());
    match until_done(|| told(&app, at, &said.token, &mark).boxed()).await {
        Ok(None) => gone(&app, lang),
        Ok(Some((_, None))) => see_other(&slug, &code, &key),
        Ok(Some((pass, Some(refused)))) => view::page(&app, &pass, &key, refused).await,
        Err(DeskError::Failed(error)) => Err(error.into()),
        // It was told above.
        Err(_) => Err(Fault::NotFound),
    }
}

/// Whose page it is, and why it is not taken where it is not; nothing where the page leads nowhere.
async fn told(
    app: &App,
    (slug, code, key): (&str, &str, &str),
    token: &str,
    mark: &Mark,
) -> Result<Option<(Pass, Option<Refused>)>, DeskError> {
    let Some(pass) = app.desk.hand_pass(slug, code, key).await? else { return Ok(None) };
    let lang = pass.person.lang;
    if !guard::valid(&app.hasher, &purpose(key), token, app.clock.now()) {
        return Ok(Some((pass, Some((P::StaleForm.say(lang), StatusCode::FORBIDDEN)))));
    }
    let refused = match say(app, &pass, mark).await {
        Ok(()) => None,
        Err(DeskError::Refused(why) | DeskError::Stale(why, _)) => {
            Some((why.say(lang), StatusCode::CONFLICT))
        }
        Err(failed) => return Err(failed),
    };
    Ok(Some((pass, refused)))
}

async fn say(app: &App, pass: &Pass, mark: &Mark) -> Result<(), DeskError> {
    let Some(mut call) = app.desk.call_of(pass.person.id).await? else {
        return Err(StoreError::Conflict.into());
    };
    app.desk.mark(&mut call, pass, mark).await?;
    Ok(app.desk.commit(call).await?)
}

/// The poster.
pub(super) async fn poster(
    State(app): State<App>,
    Path((slug, code, key)): At,
) -> Result<Response, Fault> {
    let pass = app.desk.hand_pass(&slug, &code, &key).await?.ok_or(Fault::NotFound)?;
    let words = view::poster_words(&app, &pass).await?.ok_or(Fault::NotFound)?;
    let font = app.settings.poster_font.clone();
    // One at a time: each takes some megabytes while it is made.
    let turn = app.posters.acquire().await.map_err(|_| Fault::Page)?;
    let made = tokio::task::spawn_blocking(move || poster::poster(&words, font.as_deref())).await;
    drop(turn);
    let made = made.map_err(|_| Fault::Page)?.map_err(|error| {
        tracing::error!(%error, "a poster could not be made");
        Fault::Page
    })?;
    let name = format!("inline; filename=\"{}-{}.png\"", pass.group.slug, pass.post.code);
    let mut response = made.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn purpose(key: &str) -> String {
    format!("by-hand/{key}")
}

fn see_other(slug: &str, code: &str, key: &str) -> Result<Response, Fault> {
    let to = HeaderValue::from_str(&view::path(slug, code, key)).map_err(|_| Fault::NotFound)?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, to);
    Ok(response)
}

/// The link was not made here, or its time is over.
fn gone(app: &App, lang: Lang) -> Result<Response, Fault> {
    let frame = Frame::private(app, lang, H::GoneTitle.say(lang));
    let page = site::Message::new(frame, vec![H::Gone.say(lang)], "/", P::AllGroups.say(lang));
    page::unkept(&page, StatusCode::NOT_FOUND)
}
