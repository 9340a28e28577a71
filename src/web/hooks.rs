//! Calls from platforms: stored first, answered after that.

use super::App;
use crate::connector::{CallbackError, Speaks};
use crate::desk::{Answered, Desk, Reply};
use crate::model::Inbound;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::time::Duration;

/// Takes a call from a platform to the account of this name.
pub(super) async fn call(
    State(app): State<App>,
    Path(account): Path<String>,
    request: Request,
) -> Response {
    let Some(connector) = app.connectors.iter().find(|c| c.account().0 == account) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, CALL_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let callback = http::Request::from_parts(parts, body);
    let mut accepted = match connector.accept(&callback) {
        Ok(accepted) => accepted,
        Err(error) => return refused(&account, &error),
    };
    let stored = match app.desk.concerns_us(accepted.overheard.take()).await {
        Ok(overheard) => {
            accepted.inbound.extend(overheard);
            app.desk.take_in(&accepted.inbound).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = stored {
        // The platform repeats what was not acknowledged.
        tracing::error!(account.id = account, %error, "a call could not be stored");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if !accepted.inbound.is_empty() {
        app.bell.notify_one();
    }
    let mut answer = accepted.answer;
    if connector.speaks() == Speaks::WhenAsked
        && let Some(reply) = spoken(&app, &accepted.inbound).await
    {
        match connector.reply(&callback, &reply.words, &reply.choices) {
            Ok(spoken) => answer = spoken,
            Err(error) => {
                tracing::error!(account.id = account, %error, "an answer could not be written");
            }
        }
    }
    answer.map(|bytes: Bytes| Body::from(bytes))
}

/// How often we look whether what arrived was handled, should it be another process that handles it.
const LOOKED: Duration = Duration::from_millis(250);

/// What there is to say to whoever the call tells of, once that was handled; nothing where it takes too long. It is
/// said then the next time that they write.
async fn spoken(app: &App, inbound: &[Inbound]) -> Option<Reply> {
    let event = inbound.iter().rfind(|event| Desk::awaits(event))?;
    let by = Desk::answer_by(event);
    loop {
        let mut news = std::pin::pin!(app.desk.answered());
        news.as_mut().enable();
        match app.desk.answer_to(event).await {
            Ok(Answered::Said(reply)) => return Some(reply),
            Ok(Answered::Nothing) => return None,
            Ok(Answered::NotYet) => {}
            Err(error) => {
                tracing::error!(%error, "an answer could not be read");
                return None;
            }
        }
        let left = by.since(app.desk.now());
        if left.is_zero() {
            tracing::warn!(account.id = %event.account, "a call was answered before what it told of was handled");
            return None;
        }
        tokio::select! {
            () = news => {}
            () = tokio::time::sleep(left.min(LOOKED)) => {}
        }
    }
}

/// The longest call that is read, in bytes: more than any platform sends.
const CALL_MAX: usize = 1024 * 1024;

fn refused(account: &str, error: &CallbackError) -> Response {
    tracing::warn!(account.id = account, %error, "a call was not taken");
    match error {
        CallbackError::Forged => StatusCode::UNAUTHORIZED,
        CallbackError::Malformed(_) => StatusCode::BAD_REQUEST,
        CallbackError::NotCalled => StatusCode::NOT_FOUND,
    }
    .into_response()
}
