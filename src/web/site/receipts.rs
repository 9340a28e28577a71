//! The receipt page: how a suggestion stands, for whoever has its number and code.
//!
//! Number and code travel in forms alone, never in an address; to take back or erase, the code is typed again.

use super::super::App;
use super::super::guard;
use super::super::page::{self, Fault, Frame, Speaks};
use super::Message;
use crate::desk::{DeskError, ReceiptView};
use crate::model::{Code, Lang, PhaseName};
use crate::text::say::{PageSays as P, Refusal, decline_name, phase_name};
use crate::text::{Speak as _, plain_linked, to_html};
use askama::Template;
use axum::extract::{Form as Fields, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "receipt_form.html", config = "src/web/askama.toml")]
struct AskPage {
    f: Frame,
    token: String,
    number: String,
    error: String,
}

#[derive(Template)]
#[template(path = "receipt.html", config = "src/web/askama.toml")]
struct StatusPage {
    f: Frame,
    token: String,
    number: String,
    secret: String,
    status: String,
    promised: String,
    created: String,
    unit: String,
    post: String,
    declined: String,
    question: String,
    answer: String,
    text: String,
    error: String,
    open: bool,
    erasable: bool,
}

/// What a submitter sends.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    #[serde(default)]
    token: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    text: String,
}

/// Asks for number and code.
pub(in crate::web) async fn receipt_form(
    State(app): State<App>,
    Speaks(lang): Speaks,
) -> Result<Response, Fault> {
    ask(&app, lang, String::new(), (String::new(), StatusCode::OK))
}

fn ask(
    app: &App,
    lang: Lang,
    number: String,
    (error, status): (String, StatusCode),
) -> Result<Response, Fault> {
    let f = Frame::private(app, lang, P::CheckReceipt.say(lang));
    let token = guard::issue(&app.hasher, &*app.clock, "receipt");
    page::unkept(&AskPage { f, token, number, error }, status)
}

/// Shows how a suggestion stands.
pub(in crate::web) async fn receipt(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    match opened(&app, &sent) {
        Ok((number, secret)) => show(&app, lang, (&number, &secret), (&sent, None)).await,
        Err(error) => turned_away(&app, lang, &sent, error),
    }
}

/// Takes what the submitter was asked for.
pub(in crate::web) async fn supplement(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let (number, secret) = match opened(&app, &sent) {
        Ok(both) => both,
        Err(error) => return turned_away(&app, lang, &sent, error),
    };
    let text = sent.text.replace("\r\n", "\n");
    match app.desk.supplement_by_receipt(&number, &secret, &text).await {
        Ok(()) => {
            app.bell.notify_one();
            done(&app, lang, P::SupplementDone)
        }
        // Whoever has the code sees the page again, with the words that were typed.
        Err(DeskError::Refused(
            why @ (Refusal::TooShort | Refusal::TooLong { .. } | Refusal::ReceiptInText),
        )) => show(&app, lang, (&number, &secret), (&sent, Some(why))).await,
        Err(error) => turned_away(&app, lang, &sent, error.into()),
    }
}

/// Takes a suggestion back.
pub(in crate::web) async fn withdraw(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let withdrawn = match opened(&app, &sent) {
        Ok((number, secret)) => {
            app.desk.withdraw_by_receipt(&number, &secret).await.map_err(Why::Desk)
        }
        Err(error) => Err(error),
    };
    match withdrawn {
        Ok(at) => {
            let zone = &app.desk.office().zone;
            done(&app, lang, P::WithdrawDone(at.utc().with_timezone(zone).date_naive()))
        }
        Err(error) => turned_away(&app, lang, &sent, error),
    }
}

/// Erases a suggestion and all that leads to its submitter.
pub(in crate::web) async fn erase(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let erased = match opened(&app, &sent) {
        Ok((number, secret)) => {
            app.desk.erase_by_receipt(&number, &secret).await.map_err(Why::Desk)
        }
        Err(error) => Err(error),
    };
    match erased {
        Ok(()) => done(&app, lang, P::EraseDone),
        Err(error) => turned_away(&app, lang, &sent, error),
    }
}

/// Why somebody is asked for number and code again.
enum Why {
    OldForm,
    Desk(DeskError),
}

impl From<DeskError> for Why {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

/// Number and code, as typed into a form of ours.
fn opened(app: &App, sent: &Sent) -> Result<(Code, Code), Why> {
    if !guard::valid(&app.hasher, "receipt", &sent.token, app.clock.now()) {
        return Err(Why::OldForm);
    }
    match (Code::parse(&sent.number), Code::parse(&sent.secret)) {
        (Some(number), Some(secret)) => Ok((number, secret)),
        _ => Err(DeskError::from(Refusal::WrongCode).into()),
    }
}

fn turned_away(app: &App, lang: Lang, sent: &Sent, why: Why) -> Result<Response, Fault> {
    let (words, status) = match why {
        Why::OldForm => (P::StaleForm.say(lang), StatusCode::FORBIDDEN),
        Why::Desk(DeskError::Refused(why @ Refusal::TooManyTries { .. })) => {
            (why.say(lang), StatusCode::TOO_MANY_REQUESTS)
        }
        Why::Desk(DeskError::Refused(why) | DeskError::Stale(why, _)) => {
            (why.say(lang), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Why::Desk(DeskError::Failed(error)) => {
            tracing::error!(%error, "a receipt could not be read");
            (P::Broken.say(lang), StatusCode::SERVICE_UNAVAILABLE)
        }
    };
    ask(app, lang, sent.number.clone(), (words, status))
}

#[expect(clippy::needless_pass_by_value, reason = "a sentence is handed over")]
fn done(app: &App, lang: Lang, says: P) -> Result<Response, Fault> {
    let f = Frame::private(app, lang, P::Done.say(lang));
    let page =
        Message::new(f, vec![says.say(lang)], crate::desk::RECEIPT_PAGE, P::CheckReceipt.say(lang));
    page::unkept(&page, StatusCode::OK)
}

async fn show(
    app: &App,
    lang: Lang,
    (number, secret): (&Code, &Code),
    (sent, why): (&Sent, Option<Refusal>),
) -> Result<Response, Fault> {
    let view = match app.desk.receipt(number, secret).await {
        Ok(view) => view,
        Err(error) => return turned_away(app, lang, sent, error.into()),
    };
    let status = match why {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let mut page = status_page(app, &view, secret);
    page.error = match why {
        None => String::new(),
        Some(Refusal::ReceiptInText) => P::ReceiptHere.say(view.lang),
        Some(why) => why.say(view.lang),
    };
    page.text.clone_from(&sent.text);
    page::unkept(&page, status)
}

fn status_page(app: &App, view: &ReceiptView, secret: &Code) -> StatusPage {
    use PhaseName as N;
    let lang = view.lang;
    let zone = &app.desk.office().zone;
    let promised = view.promised.map(|at| {
        let day = at.utc().with_timezone(zone).date_naive();
        P::Promised(view.phase, day).say(lang)
    });
    // As they are said in a chat: letter for letter.
    let words = |text: &Option<String>| {
        text.as_deref().map(|t| to_html(&plain_linked(t))).unwrap_or_default()
    };
    StatusPage {
        f: Frame::private(app, lang, P::ReceiptTitle.say(lang)),
        token: guard::issue(&app.hasher, &*app.clock, "receipt"),
        number: view.number.to_string(),
        secret: secret.to_string(),
        status: phase_name(view.phase, lang).to_owned(),
        promised: promised.unwrap_or_default(),
        created: page::day(app, lang, view.created),
        unit: view.unit.clone().unwrap_or_default(),
        post: view.post.clone().unwrap_or_default(),
        declined: view.declined.map(|c| decline_name(c, lang).to_owned()).unwrap_or_default(),
        question: words(&view.question),
        answer: words(&view.answer),
        text: String::new(),
        error: String::new(),
        open: !matches!(view.phase, N::Answered | N::Declined | N::Withdrawn | N::Erased),
        erasable: view.phase != N::Erased,
    }
}
