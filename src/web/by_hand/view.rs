//! What stands on the page: pieces to copy, the poster, how it stands, what can be said.

use super::super::page::{self, Fault, Frame};
use super::super::poster::{self, Words};
use super::super::{App, guard, site};
use super::purpose;
use crate::desk::{HAND_PAGES, Pass};
use crate::model::{
    Block, DeliveryId, DeliveryState, Document, Edition, Inline, PostState, Revision,
};
use crate::text::Speak as _;
use crate::text::say::{HandPageSays as H, PageSays as P};
use crate::text::{compose, plain, render};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

/// The longest text of a post that a poster begins to show.
const BODY: usize = 1_000;

#[derive(Template)]
#[template(path = "by_hand.html", config = "src/web/askama.toml")]
struct HandPage {
    f: Frame,
    post: String,
    path: String,
    token: String,
    error: String,
    paused: bool,
    stands: Stands,
    pieces: Vec<String>,
    lacks: String,
    next: Option<(String, String)>,
}

/// How it stands, as far as the page differs.
enum Stands {
    Waits(String),
    /// It is over, and can be undone as long as is told.
    Over {
        words: String,
        undo: String,
    },
}

impl HandPage {
    #[expect(clippy::needless_pass_by_value, reason = "templates name the sentence in place")]
    fn h(&self, says: H) -> String {
        says.say(self.f.lang)
    }

    const fn waits(&self) -> bool {
        matches!(self.stands, Stands::Waits(_))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn piece_of(&self, number: &usize) -> String {
        H::Piece { number: *number, of: self.pieces.len() }.say(self.f.lang)
    }
}

/// The path of a page.
pub(super) fn path(slug: &str, code: &str, key: &str) -> String {
    format!("{HAND_PAGES}/{slug}/{code}/{key}")
}

/// The page, with what was refused.
pub(super) async fn page(
    app: &App,
    pass: &Pass,
    key: &str,
    (error, status): (String, StatusCode),
) -> Result<Response, Fault> {
    let lang = pass.person.lang;
    let edition = edition(app, pass).await?;
    let pieces = edition.as_ref().map(|e| pieces(app, pass, e)).unwrap_or_default();
    let lacks = match edition.as_ref().map(|e| words(app, pass, e)) {
        Some(words) => lacks(app, words, lang).await?,
        None => String::new(),
    };
    let next = app.desk.next_in_hands(pass).await?;
    let page = HandPage {
        f: Frame::private(app, lang, H::Title(pass.group.title.clone()).say(lang)),
        post: pass.post.title.clone(),
        path: path(&pass.group.slug, &pass.post.code.to_string(), key),
        token: guard::issue(&app.hasher, &*app.clock, &purpose(key)),
        error,
        paused: matches!(pass.post.state, PostState::Paused { .. }),
        stands: stands(app, pass).await?,
        pieces,
        lacks,
        next,
    };
    page::unkept(&page, status)
}

async fn edition(app: &App, pass: &Pass) -> Result<Option<Edition>, Fault> {
    let key = Edition::key_of(pass.post.id, revision(pass));
    Ok(app.reads.find::<Edition>(&key).await?.map(|e| e.value))
}

fn revision(pass: &Pass) -> Revision {
    match pass.delivery.id {
        DeliveryId::Post(_, revision, _) => revision,
        DeliveryId::Notice(_) => pass.post.revision,
    }
}

async fn stands(app: &App, pass: &Pass) -> Result<Stands, Fault> {
    let (lang, zone) = (pass.person.lang, app.desk.office().zone);
    let local = |at: crate::model::At| at.utc().with_timezone(&zone).naive_local();
    let delivery = &pass.delivery;
    let over = match (&delivery.state, delivery.carried()) {
        (DeliveryState::Handed(hand), _) => {
            let until = delivery.in_hands_until().unwrap_or(hand.next);
            let says = H::Waits { since: local(hand.since), until: local(until) };
            return Ok(Stands::Waits(says.say(lang)));
        }
        (DeliveryState::Sent { .. }, Some((by, at))) => {
            H::IsThere { by: app.desk.called_person(by).await?, at: local(at) }
        }
        (DeliveryState::Dropped { reason, .. }, Some((by, at))) => {
            let by = app.desk.called_person(by).await?;
            H::IsLeftOut { by, at: local(at), reason: reason.clone() }
        }
        (DeliveryState::Dropped { reason, .. } | DeliveryState::Dead { reason, .. }, None) => {
            H::NotOwed(reason.clone())
        }
        _ => H::NothingNow,
    };
    let undo = delivery.undo_until().filter(|until| app.clock.now() < *until);
    let undo = undo.map(|until| H::UndoUntil(local(until)).say(lang)).unwrap_or_default();
    Ok(Stands::Over { words: over.say(lang), undo })
}

/// What is copied, piece by piece; at its end is where more is read and answered.
fn pieces(app: &App, pass: &Pass, edition: &Edition) -> Vec<String> {
    let mut document: Document = compose(&edition.content, pass.group.lang);
    let url = app.desk.kept_page(&pass.group, &pass.post.code);
    let end = H::TextEnd(url).say(pass.group.lang);
    document.0.push(Block::Paragraph(vec![Inline::Text(end)]));
    render(&document, &pass.group.size).into_iter().map(|part| part.text).collect()
}

/// What stands on the poster; nothing where the post is gone.
pub(super) async fn poster_words(app: &App, pass: &Pass) -> Result<Option<Words>, Fault> {
    Ok(edition(app, pass).await?.map(|edition| words(app, pass, &edition)))
}

fn words(app: &App, pass: &Pass, edition: &Edition) -> Words {
    let (office, lang) = (app.desk.office(), pass.group.lang);
    let body = plain(&site::body_of(&edition.content, lang));
    let since = pass.post.state.since().unwrap_or(pass.post.created);
    let topic = office.title(&pass.post.topic).to_owned();
    Words {
        office: office.name.clone(),
        group: pass.group.title.clone(),
        title: pass.post.title.clone(),
        under: H::Under { topic, day: app.desk.day(since) }.say(lang),
        body: body.chars().take(BODY).collect(),
        scan: vec![H::Scan.say(lang), H::ScanFor.say(lang)],
        url: app.desk.kept_page(&pass.group, &pass.post.code),
    }
}

async fn lacks(app: &App, words: Words, lang: crate::model::Lang) -> Result<String, Fault> {
    let font = app.settings.poster_font.clone();
    // The office's own font may be large, and is read for this: one at a time, as posters are made.
    let turn = app.posters.acquire().await.map_err(|_| Fault::Page)?;
    let shown = tokio::task::spawn_blocking(move || poster::unshown(&words, font.as_deref())).await;
    drop(turn);
    let shown = shown.map_err(|_| Fault::Page)?;
    if shown.pictures.is_empty() && shown.lacking.is_empty() {
        return Ok(String::new());
    }
    let (pictures, lacking) = (shown.pictures.concat(), shown.lacking.into_iter().collect());
    Ok(H::PosterLacks { pictures, lacking }.say(lang))
}
