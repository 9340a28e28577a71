//! The seat itself: what was said to its person, a box to type in, buttons to press.
//!
//! What is typed or pressed goes into the inbox like a message of any platform; the page waits a moment for
//! the answer before it shows itself again.

use super::super::App;
use super::super::guard;
use super::super::media::enclosed_html;
use super::super::page::{self, Fault, Frame};
use super::super::part::part_html;
use super::super::said::{self, Said, What};
use super::session::{SEAT, Sitter, sitter};
use super::sorting;
use crate::connector::Connector as _;
use crate::connector::web::{Shown, Web};
use crate::model::{
    Address, Button, ButtonDoes, Edition, Happening, Inbound, Kind, Lang, MessageRef, Notice,
    NoticeBody, PhaseName, Prompt, Role, Segments, Suggestion, Versioned, hex,
};
use crate::text::command::{Audience, Verb};
use crate::text::html::may_link;
use crate::text::press::Press;
use crate::text::say::{PageSays as P, help};
use crate::text::{Speak as _, compose, to_html};
use askama::Template;
use axum::extract::{Form as Fields, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;

/// How many messages a seat shows.
const SHOWN: usize = 60;

/// How often, and how long apart, a page looks for the answer before it shows itself again.
const LOOKS: u32 = 30;
const LOOK: Duration = Duration::from_millis(50);

/// After so many looks that show nothing new an answer counts as whole.
const CALM: u32 = 3;

#[derive(Template)]
#[template(path = "seat.html", config = "src/web/askama.toml")]
struct SeatPage<'a> {
    f: Frame,
    who: &'a str,
    token: String,
    after: String,
    saids: Vec<String>,
    /// Why what was typed was not taken.
    alert: String,
    typed: &'a str,
    toast: String,
    hint: &'static str,
    hints: Vec<Usage>,
    usages: Vec<Usage>,
}

struct Usage {
    name: String,
    gist: String,
}

/// The seat of whoever brings its cookie.
pub(in crate::web) async fn seat(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    seat_page(&app, &sitter, None).await
}

/// The page of a seat. What was typed and not taken, because its form had lain open for too long, stands in its box
/// again.
async fn seat_page(app: &App, sitter: &Sitter, unsent: Option<&Typed>) -> Result<Response, Fault> {
    let mut latest = said::newest(app, &sitter.address, None, SHOWN).await?;
    latest.reverse();
    let mut saids = Vec::with_capacity(latest.len());
    let (to, typed) = unsent.map_or(("", ""), |typed| (&*typed.reply_to, &*typed.text));
    let below = |said: &Said| if said.message == to { typed } else { "" };
    let answers = latest.iter().any(|said| said.message == to);
    for said in &latest {
        saids.push(said_html(app, sitter, (said, below(said))).await?);
    }
    let status = unsent.map_or(StatusCode::OK, |_| StatusCode::FORBIDDEN);
    let lang = sitter.person.lang;
    page::unkept(
        &SeatPage {
            f: Frame::private(app, lang, P::SeatTitle.say(lang)),
            who: &sitter.person.name,
            token: guard::issue(&app.hasher, &*app.clock, &sitter.purpose()),
            after: latest.last().map(|s| s.message.clone()).unwrap_or_default(),
            saids,
            alert: unsent.map(|_| P::StaleForm.say(lang)).unwrap_or_default(),
            typed: if answers { "" } else { typed },
            toast: app.web.take_toast(&sitter.address.chat).unwrap_or_default(),
            hint: Verb::Help.name(lang),
            hints: verbs(sitter).filter(|v| is_handy(*v)).map(|v| short(v, lang)).collect(),
            usages: verbs(sitter).filter(|v| *v != Verb::Start).map(|v| long(v, lang)).collect(),
        },
        status,
    )
}

fn verbs(sitter: &Sitter) -> impl Iterator<Item = Verb> {
    let has = |role| sitter.person.roles.contains(&role);
    let (editor, administrator) = (has(Role::Editor), has(Role::Administrator));
    let reviewer = has(Role::Reviewer) || has(Role::Lead);
    Verb::all().filter(move |verb| match verb.audience() {
        Audience::Members => true,
        Audience::Editors => editor,
        Audience::Reviewers => reviewer,
        Audience::Administrators => administrator,
    })
}

/// Verbs that take nothing, for one press.
const fn is_handy(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Help | Verb::Topics | Verb::Queue | Verb::Sources | Verb::Inbox | Verb::Staff
    )
}

fn short(verb: Verb, lang: Lang) -> Usage {
    Usage { name: verb.name(lang).to_owned(), gist: help::gist(verb, lang).to_owned() }
}

fn long(verb: Verb, lang: Lang) -> Usage {
    Usage { name: help::usage(verb, lang), gist: help::gist(verb, lang).to_owned() }
}

#[derive(Template)]
#[template(path = "said.html", config = "src/web/askama.toml")]
struct SaidView<'a> {
    lang: Lang,
    message: &'a str,
    at: String,
    when: String,
    body: String,
    recalled: bool,
    buttons: Vec<Vec<Pressable>>,
    sorting: String,
    /// What stands in the box for an answer, where there is one.
    answers: Option<&'a str>,
    /// Whether pictures and files can be added to what it shows.
    brings: bool,
    token: String,
}

enum Pressable {
    Press { label: String, data: String },
    Link { label: String, url: String },
    Start { label: String, payload: String },
}

impl SaidView<'_> {
    #[expect(clippy::needless_pass_by_value, reason = "templates name the sentence in place")]
    fn t(&self, says: P) -> String {
        says.say(self.lang)
    }
}

/// A message at a seat, and what stands in the box for an answer to it.
pub(in crate::web) async fn said_html(
    app: &App,
    sitter: &Sitter,
    (said, typed): (&Said, &str),
) -> Result<String, Fault> {
    let lang = sitter.person.lang;
    let shown = app.web.shown(&sitter.address.chat, &said.message);
    let shown = if is_over(app, said, shown.as_ref()).await? { None } else { shown };
    let recalled = matches!(shown, Some(Shown::Recalled));
    let (body, mut buttons, answers) = match (&said.what, &shown) {
        (_, Some(Shown::Amended(part, buttons))) => (part_html(part), buttons.to_vec(), false),
        (What::Post(_, edition), _) => (edition_html(edition, lang), Vec::new(), false),
        (What::Notice(notice), shown) => {
            let body = match (&notice.body, shown) {
                (NoticeBody::Open(words), _) => to_html(words),
                (NoticeBody::Edition(post, revision, lang), _) => {
                    let edition = app.reads.find(&Edition::key_of(*post, *revision)).await?;
                    let html = edition.map(|e: Versioned<Edition>| edition_html(&e, *lang));
                    html.unwrap_or_default()
                }
                (NoticeBody::Sealed(_), Some(Shown::Sent(part))) => part_html(part),
                // Sealed words are erased once they were shown; whoever may see them asks again.
                (NoticeBody::Sealed(_), _) => to_html(&P::SealedGone.doc(lang)),
            };
            (body, notice.buttons.clone(), notice.prompt.is_some())
        }
    };
    let brings = matches!(&said.what, What::Notice(notice)
        if matches!(notice.prompt, Some(Prompt::Rewrite(_))));
    let gone = recalled || is_gone(said, shown.as_ref());
    let sorting = if gone { None } else { sorting::form(app, sitter, &buttons).await? };
    // Nobody takes up what they cannot read here.
    if gone || sorting.is_some() {
        for row in &mut buttons {
            row.retain(|button| !sorting::stands_for(button));
        }
        buttons.retain(|row| !row.is_empty());
    }
    let view = SaidView {
        lang,
        message: &said.message,
        at: said.at.to_string(),
        when: page::moment(app, lang, said.at),
        body,
        recalled,
        buttons: if recalled { Vec::new() } else { buttons.into_iter().map(pressables).collect() },
        sorting: sorting.map(|form| form.render()).transpose()?.unwrap_or_default(),
        answers: (answers && !recalled).then_some(typed),
        brings: brings && !gone,
        token: guard::issue(&app.hasher, &*app.clock, &sitter.purpose()),
    };
    Ok(view.render()?)
}

fn edition_html(edition: &Edition, lang: Lang) -> String {
    let words = to_html(&compose(&edition.content, lang));
    words + &enclosed_html(&edition.enclosed, lang, SEAT)
}

/// Whether what is remembered of sealed words is shown no more: their time is over, or the suggestion is erased in
/// which they stand.
async fn is_over(app: &App, said: &Said, shown: Option<&Shown>) -> Result<bool, Fault> {
    let What::Notice(notice) = &said.what else { return Ok(false) };
    let below = match shown {
        Some(Shown::Sent(_)) => notice.buttons.as_slice(),
        Some(Shown::Amended(_, buttons)) => buttons.as_slice(),
        Some(Shown::Recalled) | None => return Ok(false),
    };
    if !matches!(notice.body, NoticeBody::Sealed(_)) {
        return Ok(false);
    }
    if said.at.plus(Notice::REMEMBERED_ALONE) <= app.clock.now() {
        return Ok(true);
    }
    let below = below.iter().flatten().find_map(|button| Press::of(button)?.suggestion());
    let Some(id) = notice.about.or(below) else { return Ok(false) };
    let found =
        app.reads.find::<Suggestion>(&Segments::new().id(id.0).key(Kind::Suggestion)).await?;
    Ok(found.is_none_or(|suggestion| suggestion.phase.name() == PhaseName::Erased))
}

/// Whether the words of a message were sealed, and are shown no more.
fn is_gone(said: &Said, shown: Option<&Shown>) -> bool {
    let sealed = match &said.what {
        What::Notice(notice) => matches!(notice.body, NoticeBody::Sealed(_)),
        What::Post(..) => false,
    };
    sealed && !matches!(shown, Some(Shown::Sent(_) | Shown::Amended(..)))
}

fn pressables(row: Vec<Button>) -> Vec<Pressable> {
    let pressable = |button: Button| {
        let label = button.label;
        match button.does {
            ButtonDoes::Press(data) => Some(Pressable::Press { label, data }),
            ButtonDoes::Open(url) => may_link(&url).then_some(Pressable::Link { label, url }),
            ButtonDoes::OpenDirect(payload) => Some(Pressable::Start { label, payload }),
        }
    };
    row.into_iter().filter_map(pressable).collect()
}

/// What a person types.
#[derive(Deserialize)]
pub(in crate::web) struct Typed {
    #[serde(default)]
    token: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    reply_to: String,
}

/// Takes what a person typed.
pub(in crate::web) async fn say(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    // Browsers send line ends as CR LF.
    let text = typed.text.replace("\r\n", "\n").trim().to_owned();
    if text.is_empty() {
        return Ok(back());
    }
    if !guard::valid(&app.hasher, &sitter.purpose(), &typed.token, app.clock.now()) {
        return seat_page(&app, &sitter, Some(&typed)).await;
    }
    let event = event_of(&app, [&typed.token, &typed.reply_to, &text]);
    let message = |message: &str| message_of(&app, &sitter, message);
    let said = Happening::Said {
        message: message(&event),
        text,
        reply_to: (!typed.reply_to.is_empty()).then(|| message(&typed.reply_to)),
    };
    take(&app, &sitter, &typed.token, (event, said)).await
}

/// What a person presses.
#[derive(Deserialize)]
pub(in crate::web) struct Pressed {
    #[serde(default)]
    token: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: String,
}

/// Takes a press.
pub(in crate::web) async fn press(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(pressed): Fields<Pressed>,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    let press = event_of(&app, [&pressed.token, &pressed.message, &pressed.data]);
    let press = Web::press(&sitter.address.chat, &press);
    let message =
        (!pressed.message.is_empty()).then(|| message_of(&app, &sitter, &pressed.message));
    let data: String = pressed.data.chars().take(Button::DATA_MAX).collect();
    let what = Happening::Pressed { press: Some(press.clone()), message, data };
    take(&app, &sitter, &pressed.token, (press, what)).await
}

/// The name of what a form does. A form that is sent twice, by a double click say, does it once.
fn event_of(app: &App, sent: [&str; 3]) -> String {
    hex(&app.hasher.keyed("seat-form", sent.join("\0").as_bytes())[..16])
}

pub(super) fn message_of(app: &App, sitter: &Sitter, message: &str) -> MessageRef {
    let (account, chat) = (app.web.account().clone(), sitter.address.chat.clone());
    MessageRef { account, chat, message: message.to_owned() }
}

pub(super) async fn take(
    app: &App,
    sitter: &Sitter,
    token: &str,
    (event, what): (String, Happening),
) -> Result<Response, Fault> {
    if !guard::valid(&app.hasher, &sitter.purpose(), token, app.clock.now()) {
        return Err(Fault::StaleForm);
    }
    let chat = &sitter.address;
    let last = said::last(app, chat).await?;
    let mut wakes = app.web.wakes();
    let inbound = Inbound {
        account: app.web.account().clone(),
        event,
        at: app.clock.now(),
        chat: sitter.address.clone(),
        chat_title: String::new(),
        from: Some(sitter.sender()),
        what,
    };
    app.desk.take_in(&[inbound]).await?;
    app.bell.notify_one();
    let answered = wait_for_answer(app, chat, &last, &mut wakes);
    // Without an answer in time the page shows itself as it is; the answer comes to it later.
    let _ = tokio::time::timeout(LOOK * LOOKS, answered).await;
    Ok(back())
}

async fn wait_for_answer(
    app: &App,
    chat: &Address,
    last: &str,
    wakes: &mut tokio::sync::broadcast::Receiver<String>,
) -> Result<(), Fault> {
    while wakes.recv().await.is_ok_and(|woken| woken != chat.chat) {}
    // A wake comes a moment before the store has it, an amended message or a toast has no line there, and an
    // answer may be of several messages: it is whole when nothing more has come for a while.
    let (mut newest, mut calm) = (last.to_owned(), 0);
    while calm < CALM {
        tokio::time::sleep(LOOK).await;
        let now = said::last(app, chat).await?;
        calm = if now == newest { calm + 1 } else { 0 };
        newest = now;
    }
    Ok(())
}

fn back() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/seat#end")]).into_response()
}
