//! The receipt page: how a suggestion stands, for whoever has its number and code.
//!
//! Number and code travel in forms alone, never in an address; to take back or erase, the code is typed again.
//! The forms on the page of a receipt bear a token of that receipt, which shows that their sender has seen it: what is
//! erased has no code any more, and a form that is sent twice is told so by its token. What was typed stays.

use super::super::App;
use super::super::again::until_done;
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
use futures::FutureExt as _;
use serde::Deserialize;

/// The purpose of the form that asks for number and code.
const ASKED: &str = "receipt";

/// The purpose of the forms on the page of this receipt.
fn of(number: &Code) -> String {
    format!("{ASKED} {number}")
}

#[derive(Template)]
#[template(path = "receipt_form.html", config = "src/web/askama.toml")]
struct AskPage {
    f: Frame,
    token: String,
    number: String,
    text: String,
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
    ask(&app, lang, (String::new(), String::new()), (String::new(), StatusCode::OK))
}

fn ask(
    app: &App,
    lang: Lang,
    (number, text): (String, String),
    (error, status): (String, StatusCode),
) -> Result<Response, Fault> {
    let f = Frame::private(app, lang, P::CheckReceipt.say(lang));
    let token = guard::issue(&app.hasher, &*app.clock, ASKED);
    page::unkept(&AskPage { f, token, number, text, error }, status)
}

/// Shows how a suggestion stands.
pub(in crate::web) async fn receipt(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    match opened(&app, &sent, |_| ASKED.to_owned()) {
        Ok((number, secret)) => show(&app, lang, (&number, &secret), (&sent, None)).await,
        Err(error) => turned_away(&app, lang, &sent, error),
    }
}

/// Takes what the submitter adds.
pub(in crate::web) async fn supplement(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let (number, secret) = match opened(&app, &sent, of) {
        Ok(both) => both,
        Err(error) => return turned_away(&app, lang, &sent, error),
    };
    let text = sent.text.replace("\r\n", "\n");
    let both = (&number, &secret);
    let added = until_done(|| app.desk.supplement_by_receipt(both.0, both.1, &text).boxed()).await;
    match added {
        Ok(()) => {
            app.bell.notify_one();
            done(&app, lang, P::SupplementDone)
        }
        Err(error) => not_done(&app, lang, both, (&sent, error)).await,
    }
}

/// Takes a suggestion back.
pub(in crate::web) async fn withdraw(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let (number, secret) = match opened(&app, &sent, of) {
        Ok(both) => both,
        Err(error) => return turned_away(&app, lang, &sent, error),
    };
    let both = (&number, &secret);
    match until_done(|| app.desk.withdraw_by_receipt(both.0, both.1).boxed()).await {
        Ok(at) => {
            app.bell.notify_one();
            let zone = &app.desk.office().zone;
            done(&app, lang, P::WithdrawDone(at.utc().with_timezone(zone).date_naive()))
        }
        Err(error) => not_done(&app, lang, both, (&sent, error)).await,
    }
}

/// Erases a suggestion and all that leads to its submitter.
pub(in crate::web) async fn erase(
    State(app): State<App>,
    Speaks(lang): Speaks,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let (number, secret) = match opened(&app, &sent, of) {
        Ok(both) => both,
        Err(error) => return turned_away(&app, lang, &sent, error),
    };
    let both = (&number, &secret);
    match until_done(|| app.desk.erase_by_receipt(both.0, both.1).boxed()).await {
        Ok(()) => {
            app.bell.notify_one();
            done(&app, lang, P::EraseDone)
        }
        Err(error) => not_done(&app, lang, both, (&sent, error)).await,
    }
}

/// Shows somebody who has seen the receipt how it stands, and why their step was not taken.
async fn not_done(
    app: &App,
    lang: Lang,
    (number, secret): (&Code, &Code),
    (sent, error): (&Sent, DeskError),
) -> Result<Response, Fault> {
    match error {
        DeskError::Failed(_) => turned_away(app, lang, sent, error.into()),
        _ if app.desk.is_erased(number).await? => done(app, lang, P::EraseDone),
        DeskError::Refused(Refusal::WrongCode | Refusal::TooManyTries { .. }) => {
            turned_away(app, lang, sent, error.into())
        }
        DeskError::Refused(why) | DeskError::Stale(why, _) => {
            show(app, lang, (number, secret), (sent, Some(why))).await
        }
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

/// Number and code, as typed into a form of ours for this purpose.
fn opened(app: &App, sent: &Sent, purpose: impl Fn(&Code) -> String) -> Result<(Code, Code), Why> {
    let (number, secret) = (Code::parse(&sent.number), Code::parse(&sent.secret));
    let purpose = number.as_ref().map_or_else(|| ASKED.to_owned(), purpose);
    if !guard::valid(&app.hasher, &purpose, &sent.token, app.clock.now()) {
        return Err(Why::OldForm);
    }
    match (number, secret) {
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
    ask(app, lang, (sent.number.clone(), sent.text.clone()), (words, status))
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
        token: guard::issue(&app.hasher, &*app.clock, &of(&view.number)),
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
        open: view.phase.is_open(),
        erasable: view.phase != PhaseName::Erased,
    }
}
