//! Who sits at a seat: a token opens it, a signed cookie keeps it open.
//!
//! The cookie holds no token: the day on which it ends and a mark that only whoever has the vault and the
//! seat's token hash can make. A token that the configuration no longer has closes its seat at once.

use super::super::guard;
use super::super::page::{self, Fault, Frame, Speaks};
use super::super::{App, site};
use crate::model::{
    Address, Identity, Kind, Person, PersonId, Platform, Segments, Sender, Versioned,
};
use crate::model::{At, Rank, Role, hex};
use crate::text::Speak as _;
use crate::text::say::PageSays as P;
use axum::extract::{Form as Fields, Path, State};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How long a seat stays open.
const OPEN: Duration = Duration::from_hours(168);

const COOKIE_NAME: &str = "tongxin-seat";

/// The path of a seat. Its cookie goes nowhere else, so that pictures and files are fetched below it as well: what has
/// not gone out is given to nobody without the cookie.
pub(in crate::web) const SEAT: &str = "/seat";

/// A member of staff at their seat.
pub(in crate::web) struct Sitter {
    /// Who.
    pub person: Versioned<Person>,
    /// Their own chat with the program.
    pub address: Address,
    identity: Identity,
}

impl Sitter {
    /// The person as the sender of what they type.
    pub fn sender(&self) -> Sender {
        Sender {
            identity: self.identity.clone(),
            name: self.person.name.clone(),
            direct: Some(self.address.clone()),
            lang: Some(self.person.lang),
            rank: Rank::Decides,
        }
    }

    /// What the tokens of this seat's forms are for.
    pub fn purpose(&self) -> String {
        format!("seat/{}", self.person.id)
    }
}

/// Whether whoever asks sits at a seat, and writes posts.
pub(in crate::web) async fn sits_an_editor(app: &App, headers: &HeaderMap) -> Result<bool, Fault> {
    match sitter(app, headers).await {
        Ok(sitter) => Ok(sitter.person.roles.contains(&Role::Editor)),
        Err(Fault::NoSeat) => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Opens the seat of a token.
pub(in crate::web) async fn enter(
    State(app): State<App>,
    Path(token): Path<String>,
    Speaks(lang): Speaks,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let hash = super::super::Seats::hash(&token);
    app.seats.by_hash(&hash).ok_or(Fault::NoSeat)?;
    let until = app.clock.now().plus(OPEN);
    let cookie = cookie(
        &app,
        &format!("{until}.{}", mark(&app, &hash, until), until = until.millis()),
        OPEN,
    );
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|s| s == "cross-site");
    if !elsewhere {
        let to = [(SET_COOKIE, cookie), (LOCATION, HeaderValue::from_static("/seat"))];
        return Ok((StatusCode::SEE_OTHER, to).into_response());
    }
    // A link on somebody else's page led here: the browser would keep a strict cookie back on a redirect, so
    // the last step is a page of ours.
    let frame = Frame::private(&app, lang, P::SeatTitle.say(lang));
    let page =
        site::Message::new(frame, vec![P::SeatOpened.say(lang)], "/seat", P::SeatGoOn.say(lang));
    let mut response = page::unkept(&page, StatusCode::OK)?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// What a leaving person sends.
#[derive(Deserialize)]
pub(in crate::web) struct Leaving {
    #[serde(default)]
    token: String,
}

/// Closes the seat in this browser.
pub(in crate::web) async fn leave(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(sent): Fields<Leaving>,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    if !guard::valid(&app.hasher, &sitter.purpose(), &sent.token, app.clock.now()) {
        return Err(Fault::StaleForm);
    }
    let to =
        [(SET_COOKIE, cookie(&app, "", Duration::ZERO)), (LOCATION, HeaderValue::from_static("/"))];
    Ok((StatusCode::SEE_OTHER, to).into_response())
}

/// Who sits here, by the cookie.
pub(in crate::web) async fn sitter(app: &App, headers: &HeaderMap) -> Result<Sitter, Fault> {
    let person = seated(app, headers).ok_or(Fault::NoSeat)?;
    let key = Segments::new().id(person.0).key(Kind::Person);
    let person = app.reads.find::<Person>(&key).await?.ok_or(Fault::NoSeat)?;
    let of_web = format!("{}:", Platform::Web.name());
    let identity = person.identities.iter().find(|i| i.0.starts_with(&of_web)).cloned();
    let identity = identity.ok_or(Fault::NoSeat)?;
    let address = app.web.seat(person.id);
    Ok(Sitter { person, address, identity })
}

fn seated(app: &App, headers: &HeaderMap) -> Option<PersonId> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|c| c.split(';')).filter_map(|c| c.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
    let (until, given) = value.split_once('.')?;
    let until = At::from_millis(until.parse().ok()?);
    if until <= app.clock.now() {
        return None;
    }
    let same =
        |hash: &[u8; 32]| bool::from(mark(app, hash, until).as_bytes().ct_eq(given.as_bytes()));
    app.seats.all().find(|(hash, _)| same(hash)).map(|(_, person)| *person)
}

fn mark(app: &App, hash: &[u8; 32], until: At) -> String {
    hex(&guard::sign(&app.hasher, &hex(hash), &until.millis().to_string()))
}

fn cookie(app: &App, value: &str, age: Duration) -> HeaderValue {
    let secure = if app.desk.office().public_url.starts_with("https:") { "; Secure" } else { "" };
    let age = age.as_secs();
    let text = format!(
        "{COOKIE_NAME}={value}; Path={SEAT}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"
    );
    // It is made of letters, digits and signs that headers may hold.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
