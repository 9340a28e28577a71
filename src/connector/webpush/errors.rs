//! What a push service answers, and what we do next.

use super::place::Place;
use super::services::{Fault, Services};
use crate::connector::http::Answer;
use crate::connector::{SendFailure, WaitScope};
use crate::model::At;
use std::time::Duration;

/// How long we wait where a service does not say.
const WAIT: Duration = Duration::from_mins(1);
/// How long we let ourselves be told to wait.
const WAIT_MOST: Duration = Duration::from_hours(24);
/// How much of what a service says is kept.
const WORDS_MAX: usize = 300;

/// What an answer is about.
pub(super) struct Subject<'a> {
    pub place: &'a Place,
    pub service: &'a str,
    pub now: At,
}

/// What an answer means. A service speaks for its own browsers alone, so nothing but wrong settings concerns others.
pub(super) fn read(
    answer: &Answer,
    subject: &Subject<'_>,
    services: &Services,
) -> Result<(), SendFailure> {
    let Subject { place, service, now } = subject;
    let status = answer.status.as_u16();
    services.answered(service);
    match status {
        200..300 => {
            services.took(service, *now);
            Ok(())
        }
        // The subscription is over, or never was.
        404 | 410 => Err(SendFailure::Gone(said(answer, subject))),
        // The service of Windows says 406 for the second.
        429 | 406 => Err(wait(answer)),
        400 | 401 | 403 => {
            let words = said(answer, subject);
            match services.refused(service, place.endpoint.as_str(), *now) {
                Fault::Ours => {
                    tracing::warn!(push.service = *service, answer = %words, "a push service does not take us");
                    Err(SendFailure::Misconfigured(words))
                }
                Fault::Theirs => {
                    tracing::info!(push.service = *service, answer = %words, "a push service does not take one subscription from us");
                    Err(SendFailure::Blocked(words))
                }
            }
        }
        300..=399 | 405 | 407 => Err(SendFailure::Misconfigured(said(answer, subject))),
        500.. if answer.retry_after().is_some() => Err(wait(answer)),
        500.. => Err(SendFailure::Transient(said(answer, subject))),
        _ => Err(SendFailure::Rejected(said(answer, subject))),
    }
}

fn wait(answer: &Answer) -> SendFailure {
    let span = answer.retry_after().unwrap_or(WAIT).min(WAIT_MOST);
    SendFailure::Wait { span, scope: WaitScope::Chat }
}

/// The service's own words, without where the browser is.
fn said(answer: &Answer, subject: &Subject<'_>) -> String {
    let words = String::from_utf8_lossy(&answer.body);
    let words = subject.place.hidden_from(&words.split_whitespace().collect::<Vec<_>>().join(" "));
    let words: String = words.chars().take(WORDS_MAX).collect();
    let status = answer.status.as_u16();
    let service = subject.service;
    if words.is_empty() {
        format!("{service}: status {status}")
    } else {
        format!("{service}: status {status}, {words}")
    }
}
