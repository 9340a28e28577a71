//! What whoever asks has already.

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

/// Whether whoever asks has what bears this tag; `None` where they name no tags.
pub(super) fn has(headers: &HeaderMap, tag: &str) -> Option<bool> {
    let known = headers.get(IF_NONE_MATCH)?.to_str().ok()?;
    let same = |known: &str| known == "*" || known.trim_start_matches("W/") == tag;
    Some(known.split(',').any(|known| same(known.trim())))
}
