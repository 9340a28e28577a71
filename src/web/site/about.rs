//! What is kept and what is not, from the figures that the program works by.

use super::super::App;
use super::super::page::{self, Fault, Frame, Speaks};
use crate::model::Span;
use crate::text::Speak as _;
use crate::text::say::{NotifySays, PageSays as P};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "privacy.html", config = "src/web/askama.toml")]
struct PrivacyPage {
    f: Frame,
    parts: Vec<Part>,
    consent: String,
}

struct Part {
    title: String,
    lines: Vec<String>,
}

/// The page on privacy.
pub(in crate::web) async fn privacy(
    State(app): State<App>,
    Speaks(lang): Speaks,
) -> Result<Response, Fault> {
    let rules = &app.desk.office().suggestions;
    let part = |title: P, lines: Vec<P>| Part {
        title: title.say(lang),
        lines: lines.iter().map(|l| l.say(lang)).collect(),
    };
    let mut kept = vec![
        P::KeptText,
        P::KeptDraft(rules.draft_hours),
        P::KeptWithdrawn(rules.withdrawn_days),
        P::KeptReceipt,
        P::KeptSubscriptions,
    ];
    if !app.desk.office().kept.is_empty() {
        kept.push(P::KeptOpenings);
    }
    let mut kept = part(P::PrivacyKept, kept);
    if app.push.is_some() {
        kept.lines.push(NotifySays::Kept.say(lang));
    }
    let not_kept = part(
        P::PrivacyNotKept,
        vec![P::NotKeptAddress, P::NotKeptChatter, P::NotKeptCookies, P::NotKeptProfiles],
    );
    let answers = rules.kinds.iter().map(|kind| (*kind, rules.answer_within(*kind)));
    let promised = part(
        P::PrivacyPromised,
        vec![
            P::PromisedResponse(Span::Working(rules.respond_days)),
            P::PromisedDecision(Span::Days(rules.decide_days)),
            P::PromisedAnswer(answers.collect()),
            P::PromisedErasure,
        ],
    );
    let limits = part(P::PrivacyLimits, vec![P::LimitPlatforms, P::LimitGroups, P::LimitUrgent]);
    page::open(&PrivacyPage {
        f: Frame::new(&app, lang, P::Privacy.say(lang)),
        parts: vec![kept, not_kept, promised, limits],
        consent: app.desk.office().consent(lang).to_owned(),
    })
}
