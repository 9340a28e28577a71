//! Pages that show what is new by themselves, by server-sent events.
//!
//! The store says what is new; the connector's wake only says when to look, and a tick looks without one. Each
//! event carries its message's name as its ID, so a browser that lost the connection asks for what came after
//! it and misses nothing. A wake comes a moment before the delivery is settled, so looking is repeated for a
//! while after it.

use super::page::Fault;
use super::said;
use super::{App, Group, console, site};
use crate::connector::web::Shown;
use crate::model::Address;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How often a page looks without being woken.
const TICK: Duration = Duration::from_secs(5);

/// How long after a wake a page looks again, each time.
const STEPS: [u64; 8] = [10, 30, 60, 100, 200, 300, 400, 500];

/// How many messages are looked at in one go.
const PAGE: usize = 50;

/// From where a page goes on.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: String,
}

/// The new posts of a group.
pub(super) async fn group(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(from): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let (chat, at) = (group.address.clone(), Place::Page(group.clone()));
    stream(&app, Reader { chat, at }, from.after, &headers)
}

/// What is said at a seat.
pub(super) async fn seat(
    State(app): State<App>,
    Query(from): Query<After>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let sitter = console::sitter(&app, &headers).await?;
    let (chat, at) = (sitter.address.clone(), Place::Seat(sitter));
    stream(&app, Reader { chat, at }, from.after, &headers)
}

struct Reader {
    chat: Address,
    at: Place,
}

/// Where something is shown.
enum Place {
    /// On the page of a group.
    Page(Group),
    /// At a seat.
    Seat(console::Sitter),
}

struct Looking {
    app: App,
    reader: Reader,
    wakes: Receiver<String>,
    last: String,
    ready: VecDeque<Event>,
    step: usize,
    /// The last toast that was shown here.
    toast: u64,
    _counted: crate::metrics::LivePage,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

#[expect(clippy::unnecessary_wraps, reason = "what handlers of this room return")]
fn stream(
    app: &App,
    reader: Reader,
    after: String,
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    let Ok(permit) = app.live.clone().try_acquire_owned() else {
        // The page stands without it; the browser tries again by itself.
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    };
    let again = headers.get("last-event-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let looking = Looking {
        wakes: app.web.wakes(),
        last: again.unwrap_or(after),
        app: app.clone(),
        reader,
        ready: VecDeque::new(),
        step: 0,
        toast: 0,
        _counted: app.metrics.live_page(),
        _permit: permit,
    };
    let alive = KeepAlive::new().interval(Duration::from_secs(20));
    Ok(Sse::new(events(looking)).keep_alive(alive).into_response())
}

fn events(looking: Looking) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(looking, |mut looking| async move {
        loop {
            if let Some(event) = looking.ready.pop_front() {
                return Some((Ok(event), looking));
            }
            // A store that failed ends the daemon; until then the browser asks again.
            looking.look().await.ok()?;
            if looking.ready.is_empty() {
                looking.wait().await?;
            }
        }
    })
}

impl Looking {
    async fn look(&mut self) -> Result<(), Fault> {
        let new = said::since(&self.app, &self.reader.chat, &self.last, PAGE).await?;
        for said in new {
            self.last.clone_from(&said.message);
            let html = self.html(&said).await?;
            let event = Event::default().id(&said.message).data(html);
            self.ready.push_back(event);
        }
        let toast = || self.app.web.toast_after(&self.reader.chat.chat, self.toast);
        if matches!(self.reader.at, Place::Seat(_))
            && let Some((number, words)) = toast()
        {
            self.toast = number;
            self.ready.push_back(Event::default().event("toast").data(words.replace('\r', " ")));
        }
        Ok(())
    }

    async fn html(&self, said: &said::Said) -> Result<String, Fault> {
        let html = match &self.reader.at {
            Place::Seat(sitter) => console::said_html(&self.app, sitter, (said, "")).await?,
            Place::Page(group) => site::article_html(&self.app, group, said)?,
        };
        Ok(html.replace('\r', ""))
    }

    /// Waits until it is worth looking again; `None` when there is nothing to wait for any more.
    async fn wait(&mut self) -> Option<()> {
        let span = STEPS.get(self.step).map_or(TICK, |ms| Duration::from_millis(*ms));
        self.step = (self.step + 1).min(STEPS.len());
        let pause = tokio::time::sleep(span);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = self.app.stop.cancelled() => return None,
                () = &mut pause => return Some(()),
                woken = self.wakes.recv() => match woken {
                    Ok(chat) if chat == self.reader.chat.chat => {
                        self.step = 0;
                        self.amended().await;
                        return Some(());
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some(()),
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    /// What was put in place of other words at a seat has no new line in the store.
    async fn amended(&mut self) {
        let Place::Seat(sitter) = &self.reader.at else { return };
        let Ok(latest) = said::newest(&self.app, &self.reader.chat, None, PAGE).await else {
            return;
        };
        for said in latest {
            let shown = self.app.web.shown(&self.reader.chat.chat, &said.message);
            let differs = matches!(shown, Some(Shown::Amended(..) | Shown::Recalled));
            if differs && let Ok(html) = console::said_html(&self.app, sitter, (&said, "")).await {
                self.ready.push_back(Event::default().event("amend").data(html.replace('\r', "")));
            }
        }
    }
}
