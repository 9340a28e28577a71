//! The pages' own files: one sheet, some scripts, one mark. Nothing comes from elsewhere.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

const FOR_AN_HOUR: &str = "public, max-age=3600";

/// The stylesheet.
pub(super) async fn css() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("assets/site.css"))
}

/// The script.
pub(super) async fn js() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/live.js"))
}

/// The script of notifications.
pub(super) async fn notify() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/notify.js"))
}

/// The script that copies.
pub(super) async fn hand() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/hand.js"))
}

/// The script that keeps what is typed.
pub(super) async fn keep() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("assets/keep.js"))
}

/// The mark: circles with one centre.
pub(super) async fn mark() -> impl IntoResponse {
    file("image/svg+xml", include_str!("assets/mark.svg"))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_AN_HOUR)], text)
}
