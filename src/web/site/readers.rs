//! Reading by e-mail: the form on a group's page, and the pages of links in messages.
//!
//! A link does nothing by being opened: programs that look through mail open them all. What it does, it does when the
//! button on its page is pressed, or when a mail program presses for its reader (RFC 8058). The link alone says who:
//! there are no cookies, and no address.

use super::super::again::until_done;
use super::super::guard::{self, Flooded, Kind, Visitor};
use super::super::page::{self, Fault, Frame, Speaks};
use super::super::{App, Group};
use super::Message;
use crate::connector::Connector as _;
use crate::connector::email::{Email, Ticket};
use crate::desk::{CONFIRMED_WITHIN, DeskError};
use crate::model::{Address, At, Lang, TopicId};
use crate::text::Speak as _;
use crate::text::say::{MailSays as M, PageSays as P};
use askama::Template;
use axum::extract::{Form as Fields, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures::FutureExt as _;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

#[derive(Template)]
#[template(path = "reader.html", config = "src/web/askama.toml")]
struct ReaderPage<'a> {
    f: Frame,
    slug: &'a str,
    group: &'a str,
    topics: Vec<String>,
    token: String,
    address: String,
    error: String,
}

#[derive(Template)]
#[template(path = "ticket.html", config = "src/web/askama.toml")]
struct TicketPage {
    f: Frame,
    lead: String,
    button: String,
    all: String,
    once: String,
}

/// What a reader sends.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    #[serde(default)]
    token: String,
    #[serde(default)]
    address: String,
}

/// The form.
pub(in crate::web) async fn reader(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    app.mail.first().ok_or(Fault::NotFound)?;
    form(&app, group, (String::new(), String::new()), StatusCode::OK)
}

fn form(
    app: &App,
    group: &Group,
    (address, error): (String, String),
    status: StatusCode,
) -> Result<Response, Fault> {
    let topics = group.topics.iter().map(|t| app.desk.office().title(t).to_owned()).collect();
    let page = ReaderPage {
        f: Frame::of_group(app, group, M::Title.say(group.lang)),
        slug: &group.slug,
        group: &group.title,
        topics,
        token: guard::issue(&app.hasher, &*app.clock, "reader"),
        address,
        error,
    };
    page::unkept(&page, status)
}

/// Takes an address. What is answered is the same whether it is known or not.
pub(in crate::web) async fn asked(
    State(app): State<App>,
    Path(slug): Path<String>,
    visitor: Visitor,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let mail = app.mail.first().ok_or(Fault::NotFound)?;
    let lang = group.lang;
    let again = |why: String, status| form(&app, group, (sent.address.clone(), why), status);
    if !guard::valid(&app.hasher, "reader", &sent.token, app.clock.now()) {
        return again(P::StaleForm.say(lang), StatusCode::FORBIDDEN);
    }
    let Some(reader) = mail.reader(&sent.address) else {
        return again(M::NoAddress.say(lang), StatusCode::UNPROCESSABLE_ENTITY);
    };
    if let Err(Flooded(span)) = app.floods.admit(&app, &visitor, Kind::Address) {
        let minutes = u32::try_from(span.as_secs().div_ceil(60).max(1)).unwrap_or(u32::MAX);
        return again(M::TooMany(minutes).say(lang), StatusCode::TOO_MANY_REQUESTS);
    }
    // Whoever is asked too often is not asked again, and nobody is told so: it may be somebody else's address.
    let often = app.floods.admit(&app, &Visitor::reader(&app.hasher, &reader), Kind::Asked);
    if often.is_ok() {
        let until = app.clock.now().plus(Duration::from_hours(CONFIRMED_WITHIN.into()));
        let (chat, topics) = (reader.chat.clone(), group.topics.clone());
        let ticket = Ticket::Confirm { chat, topics, until: until.millis(), lang };
        let page = mail.ticket_page(&ticket);
        let mut call = app.desk.visitor(lang);
        let owed = app.desk.ask_reader(&mut call, &reader, &group.topics, page);
        owed.map_err(|error| failed(&error))?;
        app.desk.commit(call).await?;
        app.bell.notify_one();
    }
    let lead = M::AskedLead { hours: CONFIRMED_WITHIN }.say(lang);
    let frame = Frame::private(&app, lang, M::Asked.say(lang));
    let next = format!("/g/{}", group.slug);
    let words = group.title.clone();
    page::unkept(&Message::new(frame, vec![lead], &next, words), StatusCode::OK)
}

/// The page of a link: what it does, and a button.
pub(in crate::web) async fn ticket(
    State(app): State<App>,
    Path((account, letters)): Path<(String, String)>,
    Speaks(lang): Speaks,
) -> Result<Response, Fault> {
    let Some((mail, ticket)) = find(&app, &account, &letters) else { return over(&app, lang) };
    let title = |topic: &TopicId| app.desk.office().title(topic).to_owned();
    let (says, lead, button, all) = match &ticket {
        Ticket::Confirm { topics, .. } => {
            let lead = M::ConfirmLead(topics.iter().map(title).collect());
            (M::ConfirmTitle, lead, M::ConfirmButton.say(lang), String::new())
        }
        Ticket::Leave { topic, .. } => {
            let lead = M::LeaveLead(title(topic));
            (M::LeaveTitle, lead, M::Leave.say(lang), M::LeaveAll.say(lang))
        }
        Ticket::Press { label, .. } => {
            (M::PressTitle, M::PressLead(label.clone()), label.clone(), String::new())
        }
    };
    tracing::debug!(account.id = %mail.account(), "the page of a link was opened");
    let page = TicketPage {
        f: Frame::private(&app, lang, says.say(lang)),
        lead: lead.say(lang),
        button,
        all,
        once: guard::issue(&app.hasher, &*app.clock, "ticket"),
    };
    page::unkept(&page, StatusCode::OK)
}

/// Uses a link. It never answers with a redirect, and asks for nothing else.
pub(in crate::web) async fn used(
    State(app): State<App>,
    Path((account, letters)): Path<(String, String)>,
    Speaks(lang): Speaks,
    body: Bytes,
) -> Result<Response, Fault> {
    let Some((mail, ticket)) = find(&app, &account, &letters) else { return over(&app, lang) };
    let said = |name: &str| {
        let mut fields = url::form_urlencoded::parse(&body);
        fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let done = match ticket {
        Ticket::Confirm { chat, topics, until, lang } => {
            if app.clock.now() > At::from_millis(until) {
                return over(&app, lang);
            }
            let reader = mail.direct(chat);
            M::Confirmed(have_done(&app, lang, &Wish::Have(reader, topics)).await?)
        }
        Ticket::Leave { chat, topic } => {
            let reader = mail.direct(chat);
            let topic = if said("all").is_some() { None } else { Some(topic) };
            match have_done(&app, lang, &Wish::Leave(reader, topic)).await? {
                titles if titles.is_empty() => M::LeftAlready,
                titles => M::Left(titles),
            }
        }
        Ticket::Press { chat, data, .. } => {
            let once = said("once").unwrap_or_default();
            let pressed = mail.pressed(&chat, data, &once);
            app.desk.take_in(pressed.as_slice()).await?;
            app.bell.notify_one();
            M::Pressed
        }
    };
    told(&app, lang, (done.say(lang), StatusCode::OK))
}

fn find(app: &App, account: &str, letters: &str) -> Option<(Arc<Email>, Ticket)> {
    let mail = app.mail.iter().find(|mail| mail.account().0 == account)?;
    Some((mail.clone(), mail.ticket(letters)?))
}

fn over(app: &App, lang: Lang) -> Result<Response, Fault> {
    told(app, lang, (M::TicketOver.say(lang), StatusCode::NOT_FOUND))
}

fn told(app: &App, lang: Lang, (words, status): (String, StatusCode)) -> Result<Response, Fault> {
    let frame = Frame::private(app, lang, app.desk.office().name.clone());
    let next = P::AllGroups.say(lang);
    page::unkept(&Message::new(frame, vec![words], "/", next), status)
}

/// What a reader wants.
enum Wish {
    /// To have these.
    Have(Address, Vec<TopicId>),
    /// Not to have this any more, or nothing.
    Leave(Address, Option<TopicId>),
}

/// Does at the desk what a reader wants. Gives what people call the topics.
async fn have_done(app: &App, lang: Lang, wish: &Wish) -> Result<Vec<String>, Fault> {
    let done = until_done(|| wished(app, lang, wish).boxed()).await;
    done.map_err(|error| failed(&error))
}

async fn wished(app: &App, lang: Lang, wish: &Wish) -> Result<Vec<String>, DeskError> {
    let mut call = app.desk.visitor(lang);
    let titles = match wish {
        Wish::Have(reader, topics) => app.desk.reader_confirmed(&mut call, reader, topics).await?,
        Wish::Leave(reader, topic) => {
            app.desk.reader_left(&mut call, reader, topic.as_ref()).await?
        }
    };
    app.desk.commit(call).await?;
    Ok(titles)
}

fn failed(error: &DeskError) -> Fault {
    match error {
        DeskError::Failed(error) => Fault::from(error.clone()),
        // A topic that is no more.
        DeskError::Refused(_) | DeskError::Stale(..) => Fault::NotFound,
    }
}
