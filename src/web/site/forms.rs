//! The forms by which readers make suggestions: with a post, or without one.
//!
//! What was typed is never lost: a form that cannot be taken comes back with its words and a reason.

use super::super::again::until_done;
use super::super::guard::{self, Flooded, Kind, Visitor};
use super::super::page::{self, Fault, Frame};
use super::super::{App, Group};
use super::groups::{self, Shown};
use crate::desk::{self, ConsentShown, DeskError, ReceiptShown, Showing};
use crate::model::{Code, Lang, PostId, SubscriberId, hex, unhex};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::{PageSays as P, Refusal};
use askama::Template;
use axum::extract::{Form as Fields, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures::FutureExt as _;
use serde::Deserialize;

/// The form, as it stands on a page.
pub(super) struct Form {
    pub action: String,
    pub token: String,
    pub consent: String,
    pub consent_hash: String,
    pub max: usize,
    pub text: String,
    pub error: String,
}

impl Form {
    /// A form that nobody has filled in yet.
    pub fn empty(app: &App, group: &Group, post: Option<&Code>) -> Self {
        let action = match post {
            Some(code) => format!("/g/{}/p/{code}/reply", group.slug),
            None => format!("/g/{}/suggest", group.slug),
        };
        let [consent, _] = app.desk.consents(group.lang);
        Self {
            token: guard::issue(&app.hasher, &*app.clock, "suggest"),
            consent: consent.text,
            consent_hash: hex(&consent.hash),
            max: app.desk.office().suggestions.max_chars,
            text: String::new(),
            error: String::new(),
            action,
        }
    }

    fn again(self, text: &str, error: String) -> Self {
        Self { text: text.to_owned(), error, ..self }
    }
}

/// What a reader sends.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    #[serde(default)]
    token: String,
    #[serde(default)]
    consent: String,
    #[serde(default)]
    agreed: String,
    #[serde(default)]
    text: String,
}

#[derive(Template)]
#[template(path = "suggest.html", config = "src/web/askama.toml")]
struct SuggestPage<'a> {
    f: Frame,
    slug: &'a str,
    group: &'a str,
    form: Form,
}

#[derive(Template)]
#[template(path = "receipt_new.html", config = "src/web/askama.toml")]
struct ReceiptPage<'a> {
    f: Frame,
    slug: &'a str,
    group: &'a str,
    number: String,
    secret: String,
    promise: String,
    anew: String,
}

/// The form without a post.
pub(in crate::web) async fn suggest(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    suggest_page(&app, group, (Form::empty(&app, group, None), StatusCode::OK))
}

fn suggest_page(
    app: &App,
    group: &Group,
    (form, status): (Form, StatusCode),
) -> Result<Response, Fault> {
    let f = Frame::of_group(app, group, P::MakeSuggestion.say(group.lang));
    page::unkept(&SuggestPage { f, slug: &group.slug, group: &group.title, form }, status)
}

/// Takes a suggestion without a post.
pub(in crate::web) async fn suggested(
    State(app): State<App>,
    Path(slug): Path<String>,
    visitor: Visitor,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let from = (None, groups::came_by(&app, group).await?);
    match submit(&app, (group.lang, &visitor), from, &sent).await {
        Ok(receipt) => receipt_page(&app, group, &receipt),
        Err((why, status)) => {
            let form = Form::empty(&app, group, None).again(&sent.text, why);
            suggest_page(&app, group, (form, status))
        }
    }
}

/// Takes a reply to a post.
pub(in crate::web) async fn reply(
    State(app): State<App>,
    Path((slug, code)): Path<(String, String)>,
    visitor: Visitor,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let shown: Shown = groups::find(&app, group, &code).await?;
    let from = (Some(shown.post.id), groups::came_by(&app, group).await?);
    match submit(&app, (group.lang, &visitor), from, &sent).await {
        Ok(receipt) => receipt_page(&app, group, &receipt),
        Err((why, status)) => {
            let form = Form::empty(&app, group, Some(&shown.post.code)).again(&sent.text, why);
            groups::post_page(&app, group, shown, (form, status))
        }
    }
}

async fn submit(
    app: &App,
    (lang, visitor): (Lang, &Visitor),
    (post, came_by): (Option<PostId>, Option<SubscriberId>),
    sent: &Sent,
) -> Result<ReceiptShown, (String, StatusCode)> {
    let refused = |refusal: &Refusal| (refusal.say(lang), StatusCode::UNPROCESSABLE_ENTITY);
    if !guard::valid(&app.hasher, "suggest", &sent.token, app.clock.now()) {
        return Err((P::StaleForm.say(lang), StatusCode::FORBIDDEN));
    }
    if sent.agreed != "yes" {
        return Err(refused(&Refusal::ConsentFirst));
    }
    let hash = unhex(&sent.consent).and_then(|hash| hash.try_into().ok());
    let hash = hash.ok_or_else(|| refused(&Refusal::ConsentChanged))?;
    if sent.text.contains(char::REPLACEMENT_CHARACTER) {
        return Err((P::Unreadable.say(lang), StatusCode::UNPROCESSABLE_ENTITY));
    }
    let form = desk::Form {
        // Browsers send line ends as CR LF.
        text: sent.text.replace("\r\n", "\n"),
        post,
        came_by,
        consent: ConsentShown::Whole(hash),
        once: sent.token.clone(),
    };
    // What was sent before is no submission more.
    let made = app.desk.made_by(&form).await.map_err(|error| broken(lang, &error))?;
    if made.is_none()
        && let Err(Flooded(span)) = app.floods.admit(app, visitor, Kind::Submission)
    {
        let minutes = u32::try_from(span.as_secs().div_ceil(60).max(1)).unwrap_or(u32::MAX);
        let words = P::TooManySubmissions(minutes).say(lang);
        return Err((words, StatusCode::TOO_MANY_REQUESTS));
    }
    let sent = until_done(|| submit_once(app, lang, form.clone()).boxed()).await;
    let counts = matches!(&sent, Ok(receipt) if receipt.shown == Showing::First);
    if made.is_none() && !counts {
        app.floods.forgive(visitor, Kind::Submission);
    }
    told(app, lang, sent)
}

/// What a reader is told of what they sent.
fn told(
    app: &App,
    lang: Lang,
    sent: Result<ReceiptShown, DeskError>,
) -> Result<ReceiptShown, (String, StatusCode)> {
    let refused = |refusal: &Refusal| (refusal.say(lang), StatusCode::UNPROCESSABLE_ENTITY);
    match sent {
        Ok(receipt) => {
            app.bell.notify_one();
            Ok(receipt)
        }
        // The same form was sent before, with other words or a while ago: its receipt was shown then.
        Err(DeskError::Refused(Refusal::DraftGone)) => {
            Err((P::SentBefore.say(lang), StatusCode::CONFLICT))
        }
        // What the chat says of it names a command.
        Err(DeskError::Refused(Refusal::ReceiptInText)) => {
            Err((P::ReceiptHere.say(lang), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(DeskError::Refused(why) | DeskError::Stale(why, _)) => Err(refused(&why)),
        Err(DeskError::Failed(error)) => Err(broken(lang, &error)),
    }
}

fn broken(lang: Lang, error: &StoreError) -> (String, StatusCode) {
    tracing::error!(%error, "a form could not be taken");
    (P::Broken.say(lang), StatusCode::SERVICE_UNAVAILABLE)
}

async fn submit_once(app: &App, lang: Lang, form: desk::Form) -> Result<ReceiptShown, DeskError> {
    let mut call = app.desk.visitor(lang);
    let receipt = app.desk.submit_form(&mut call, form).await?;
    app.desk.commit(call).await?;
    Ok(receipt)
}

fn receipt_page(app: &App, group: &Group, receipt: &ReceiptShown) -> Result<Response, Fault> {
    let by = receipt.respond_by.utc().with_timezone(&app.desk.office().zone).date_naive();
    let page = ReceiptPage {
        f: Frame::private(app, group.lang, P::Received.say(group.lang)),
        slug: &group.slug,
        group: &group.title,
        number: receipt.number.to_string(),
        secret: receipt.secret.to_string(),
        promise: P::NextRespond(by).say(group.lang),
        anew: match receipt.shown {
            Showing::First => String::new(),
            Showing::Anew => P::ReceiptAnew.say(group.lang),
        },
    };
    page::unkept(&page, StatusCode::OK)
}
