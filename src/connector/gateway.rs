//! What an answer means that no platform wrote: a page of something between us and it.

use super::{SendFailure, WaitScope};
use std::time::Duration;

/// Our next step after a page with this status; `wait` is how long, where it asks to wait.
pub(super) fn gateway(status: u16, wait: Duration) -> SendFailure {
    let words = format!("status {status} without an answer of the platform's");
    match status {
        404 | 407 => SendFailure::Misconfigured(words),
        413 => SendFailure::Rejected(words),
        429 => SendFailure::Wait { span: wait, scope: WaitScope::Account },
        200..300 | 504 => SendFailure::Unknown(words),
        _ => SendFailure::Transient(words),
    }
}
