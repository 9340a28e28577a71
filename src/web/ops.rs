//! What operators and their machines ask: is it alive, is it ready, how much of what.

use super::App;
use crate::model::Counter;
use crate::store::space::Level;
use crate::text::Speak as _;
use crate::text::say::operator::ProbeSays;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How long the store may take to answer before it counts as not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process is alive.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The store answers, and can take something in.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let asked = Counter(vec![0]);
    match tokio::time::timeout(PATIENCE, app.reads.tally(&asked)).await {
        Ok(Ok(_)) if app.reads.space().is_some_and(|s| s.level == Level::Gone) => {
            unwell(&app, ProbeSays::DiskFull)
        }
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(_)) => unwell(&app, ProbeSays::StoreFailed),
        Err(_) => unwell(&app, ProbeSays::StoreSilent),
    }
}

/// Why it is not ready, in the office's language; monitors read the status.
fn unwell(app: &App, says: ProbeSays) -> Response {
    let why = format!("{}\n", says.say(app.desk.office().lang));
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

/// All figures, for this machine or whoever brings the token.
pub(super) async fn metrics(State(app): State<App>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0);
    if !may_read(&app, peer, request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], app.metrics.text()).into_response()
}

fn may_read(app: &App, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let token = app.settings.metrics_token.as_bytes();
    let given = headers.get(AUTHORIZATION).and_then(|v| v.as_bytes().strip_prefix(b"Bearer "));
    if !token.is_empty() && given.is_some_and(|g| bool::from(g.ct_eq(token))) {
        return true;
    }
    // A reverse proxy on this machine passes on what others ask.
    let passed_on =
        ["x-forwarded-for", "forwarded", "via"].iter().any(|h| headers.contains_key(*h));
    !passed_on && peer.is_some_and(|p| p.ip().to_canonical().is_loopback())
}
