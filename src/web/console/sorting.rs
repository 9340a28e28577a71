//! The form by which a suggestion is sorted at a seat: every side in one place, each kind with the date that it
//! promises. It stands in place of the buttons that do the same one by one.
//!
//! What is sent goes the way of all that is typed, as the command that it stands for.

use super::super::App;
use super::super::guard;
use super::super::page::Fault;
use super::seat::{message_of, take};
use super::session::{Sitter, sitter};
use crate::desk::{CaseView, Which};
use crate::model::{Button, Facet, Happening, Lang, Pick, SuggestionId, Version};
use crate::text::Speak as _;
use crate::text::command::Verb;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{PageSays as P, facet_name};
use askama::Template;
use axum::extract::{Form as Fields, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

/// The form, as it is shown.
#[derive(Template)]
#[template(path = "sorting.html", config = "src/web/askama.toml")]
pub(super) struct SortForm {
    title: String,
    token: String,
    number: String,
    verb: &'static str,
    send: String,
    sides: Vec<Side>,
}

/// One side, and what can be chosen for it.
struct Side {
    name: &'static str,
    label: String,
    choices: Vec<Choice>,
}

struct Choice {
    name: String,
    title: String,
    chosen: Chosen,
}

#[derive(PartialEq)]
enum Chosen {
    Yes,
    No,
}

/// What a message offers to do with a suggestion, as it stood then.
fn offered(buttons: &[Vec<Button>]) -> Option<(Verb, SuggestionId, Version)> {
    buttons.iter().flatten().find_map(|button| match Press::of(button)? {
        Press::Triage(TriagePress::TakeUp, id, shown) => Some((Verb::Accept, id, shown)),
        Press::Triage(TriagePress::Sort, id, shown) => Some((Verb::Sort, id, shown)),
        _ => None,
    })
}

/// Whether the form does what this button does.
pub(super) fn stands_for(button: &Button) -> bool {
    matches!(
        Press::of(button),
        Some(
            Press::Choices(..)
                | Press::Pick(..)
                | Press::Triage(TriagePress::TakeUp | TriagePress::Sort, ..)
        )
    )
}

/// The form for a message with these buttons; none where they do not sort, or the suggestion has moved on.
pub(super) async fn form(
    app: &App,
    sitter: &Sitter,
    buttons: &[Vec<Button>],
) -> Result<Option<SortForm>, Fault> {
    let Some((verb, id, shown)) = offered(buttons) else { return Ok(None) };
    let Some(mut call) = app.desk.call_of(sitter.person.id).await? else { return Ok(None) };
    let Ok(view) = app.desk.show(&mut call, &Which::Id(id)).await else { return Ok(None) };
    let expected = if view.proposal.is_some() { Verb::Accept } else { Verb::Sort };
    if view.version() != shown || verb != expected || view.sides.is_empty() {
        return Ok(None);
    }
    let lang = sitter.person.lang;
    let mut sides = Vec::with_capacity(view.sides.len());
    for facet in &view.sides {
        sides.push(side(app, lang, &view, *facet).await?);
    }
    let (title, send) = match verb {
        Verb::Accept => (P::SortHow, P::TakeUp),
        _ => (P::SortChange, P::Change),
    };
    Ok(Some(SortForm {
        title: title.say(lang),
        token: guard::issue(&app.hasher, &*app.clock, &sitter.purpose()),
        number: view.line.number.to_string(),
        verb: verb.name(Lang::En),
        send: send.say(lang),
        sides,
    }))
}

async fn side(app: &App, lang: Lang, view: &CaseView, facet: Facet) -> Result<Side, Fault> {
    let rules = &app.desk.office().suggestions;
    let sorting = view.proposal.as_ref().map(|p| &p.sorting).or(view.line.sorting.as_ref());
    let stands = sorting.map(|sorting| sorting.pick(facet));
    let since = view.line.sorting.as_ref().map_or_else(|| app.desk.now(), |sorting| sorting.at);
    let title = |pick: &Pick| match pick {
        Pick::Kind(kind) => {
            let by = app.desk.due(since, rules.answer_within(*kind));
            P::KindBy(*kind, app.desk.day(by)).say(lang)
        }
        _ => rules.title(pick, lang),
    };
    let choice = |pick: Pick| Choice {
        name: pick.name().to_owned(),
        title: title(&pick),
        chosen: if stands.as_ref() == Some(&pick) { Chosen::Yes } else { Chosen::No },
    };
    let choices = app.desk.offered(facet).await?.into_iter().map(choice).collect();
    let name = facet_name(facet, Lang::En);
    Ok(Side { name, label: facet_name(facet, lang).to_owned(), choices })
}

/// What a person sends with the form.
#[derive(Deserialize)]
pub(in crate::web) struct Sorted {
    #[serde(default)]
    token: String,
    #[serde(default)]
    verb: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    area: String,
    #[serde(default)]
    unit: String,
}

/// Takes the form.
pub(in crate::web) async fn sort(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(sorted): Fields<Sorted>,
) -> Result<Response, Fault> {
    let sitter = sitter(&app, &headers).await?;
    let verb = if sorted.verb == Verb::Accept.name(Lang::En) { Verb::Accept } else { Verb::Sort };
    let given = [
        (Facet::Kind, &sorted.kind),
        (Facet::Category, &sorted.category),
        (Facet::Area, &sorted.area),
        (Facet::Unit, &sorted.unit),
    ];
    let given = given.iter().filter(|(_, name)| !name.is_empty());
    let picks = given.map(|(facet, name)| format!("{}={name}", facet_name(*facet, Lang::En)));
    let picks = picks.collect::<Vec<_>>().join(",");
    let text = format!("/{} {} {picks}", verb.name(Lang::En), sorted.number);
    // A command is one line, whatever a form has in its fields.
    let text: String = text.chars().filter(|c| !c.is_control()).take(400).collect();
    let event = app.clock.fresh().simple().to_string();
    let said = Happening::Said { message: message_of(&app, &sitter, &event), text, reply_to: None };
    take(&app, &sitter, &sorted.token, (event, said)).await
}
