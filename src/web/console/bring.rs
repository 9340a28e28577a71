//! A picture or file that an editor adds to a post at their seat.
//!
//! It is kept before its message goes into the inbox, which names it: a message is small, whatever it brings.

use super::super::App;
use super::super::guard;
use super::super::page::{self, Fault, Frame};
use super::super::site;
use super::seat::{message_of, take};
use super::session::sitter;
use crate::desk::{Brought, DeskError};
use crate::model::{Attached, Beside, Happening, Whence};
use crate::text::Speak as _;
use crate::text::say::{MediaRefusal, PageSays as P, Refusal};
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;

/// What was sent, field by field.
#[derive(Default)]
struct Sent {
    token: String,
    reply_to: String,
    text: String,
    name: String,
    file: Bytes,
}

/// Takes a picture or file for the post below whose preview the form stands.
pub(in crate::web) async fn bring(
    State(app): State<App>,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    let read = read(form).await;
    let Ok(sent) = read else {
        return refused(&app, sitter.person.lang, &MediaRefusal::FileTooLarge.into());
    };
    if !guard::valid(&app.hasher, &sitter.purpose(), &sent.token, app.clock.now()) {
        return Err(Fault::StaleForm);
    }
    let call = app.desk.call(&sitter.sender()).await?;
    let brought = Brought { bytes: &sent.file, name: &sent.name, alt: &sent.text };
    let kept = match app.desk.keep(&call, brought).await {
        Ok(kept) => kept,
        Err(DeskError::Failed(error)) => return Err(error.into()),
        Err(DeskError::Refused(refusal) | DeskError::Stale(refusal, _)) => {
            return refused(&app, sitter.person.lang, &refusal);
        }
    };
    let event = app.clock.fresh().simple().to_string();
    let file =
        Attached { place: Whence::Kept(kept.id), name: sent.name, size: u64::from(kept.size) };
    let what = Happening::Sent {
        message: message_of(&app, &sitter, &event),
        text: sent.text.trim().to_owned(),
        reply_to: Some(message_of(&app, &sitter, &sent.reply_to)),
        files: vec![file],
        beside: Beside::Nothing,
    };
    take(&app, &sitter, &sent.token, (event, what)).await
}

async fn read(mut form: Multipart) -> Result<Sent, MultipartError> {
    let mut sent = Sent::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "token" => sent.token = field.text().await?,
            "reply_to" => sent.reply_to = field.text().await?,
            "text" => sent.text = field.text().await?,
            "file" => {
                sent.name = field.file_name().unwrap_or_default().to_owned();
                sent.file = field.bytes().await?;
            }
            _ => {}
        }
    }
    Ok(sent)
}

/// Tells why it is not taken, and leads back.
fn refused(app: &App, lang: crate::model::Lang, refusal: &Refusal) -> Result<Response, Fault> {
    let frame = Frame::private(app, lang, P::BringFile.say(lang));
    let next = P::BackToSeat.say(lang);
    let page = site::Message::new(frame, vec![refusal.say(lang)], "/seat#end", next);
    page::unkept(&page, StatusCode::UNPROCESSABLE_ENTITY)
}
