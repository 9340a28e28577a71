//! Reports of hosts: that nobody is there (RFC 3464), and that somebody complained (RFC 5965).
//!
//! Anybody can write such a report. It is believed where it names a message of ours by its whole name, or returns to the
//! address that only this message had.

use super::Email;
use super::errors::{Said, detail};
use super::names::typed;
use super::read::{Ours, event};
use crate::model::{Happening, Inbound};
use mail_parser::{Message, MimeHeaders as _, PartType};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// Something did not arrive.
    Delivery,
    /// Somebody did not want it.
    Complaint,
}

/// Whether a message is a report.
pub(super) fn kind(message: &Message<'_>) -> Option<Report> {
    let of = message.content_type()?;
    let report = of.ctype().eq_ignore_ascii_case("multipart")
        && of.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"));
    match of.attribute("report-type").map(str::to_ascii_lowercase).as_deref() {
        Some("delivery-status") if report => Some(Report::Delivery),
        Some("feedback-report") if report => Some(Report::Complaint),
        _ => None,
    }
}

impl Email {
    /// What a report leads to: where nobody is, and where somebody does not want it, the subscription ends.
    pub(super) fn bounced(
        &self,
        report: Report,
        message: &Message<'_>,
        raw: &[u8],
    ) -> Option<Inbound> {
        let parts = texts(message);
        let status = parts.iter().find_map(|text| field(text, "status")).unwrap_or_default();
        let failed = parts.iter().find_map(|text| field(text, "action"));
        let reason = match report {
            Report::Complaint => "complaint".to_owned(),
            Report::Delivery => {
                let said = Said { code: 550, detail: detail(&status), words: String::new() };
                let failed = failed.is_some_and(|action| action.eq_ignore_ascii_case("failed"));
                if !failed || !said.is_nobody() {
                    return None;
                }
                format!("{status} (returned)")
            }
        };
        let ours = self.reported(message, &parts)?;
        let event = event(message, raw);
        self.inbound(&ours.chat, event, String::new(), Happening::Left(reason))
    }

    fn reported(&self, message: &Message<'_>, parts: &[String]) -> Option<Ours> {
        if let Some(ours) = parts.iter().find_map(|text| self.named_in(text, None)) {
            return Some(ours);
        }
        let whom = parts.iter().find_map(|text| {
            field(text, "original-recipient").or_else(|| field(text, "final-recipient"))
        })?;
        let whom = whom.rsplit(';').next().and_then(typed)?;
        let chat = self.names.chat(&whom);
        let lines = ["To", "Delivered-To", "X-Original-To"];
        let lines = lines.iter().filter_map(|name| message.header_raw(*name));
        let mut tags = lines.flat_map(|line| self.tags(line));
        let name = tags.find(|name| self.names.went_to(&chat, name))?;
        Some(Ours { chat, name })
    }
}

/// The texts of all parts, a returned message's headers among them.
fn texts(message: &Message<'_>) -> Vec<String> {
    let text = |part: &mail_parser::MessagePart<'_>| match &part.body {
        PartType::Text(text) | PartType::Html(text) => Some(text.to_string()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        PartType::Message(inner) => Some(String::from_utf8_lossy(inner.raw_message()).into_owned()),
        PartType::Multipart(_) => None,
    };
    message.parts.iter().skip(1).take(10).filter_map(text).collect()
}

/// What a field of a report says.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}
