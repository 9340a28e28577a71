//! How a reviewer sorts a suggestion: buttons under it, or a line that is typed.
//!
//! A press changes one side and shows the suggestion again in its place, with the date that would be promised;
//! nothing is told to its submitter before it is taken up.

use super::Talk;
use super::triage::{done, in_place, show_with};
use crate::desk::{CaseView, DeskError, Saying, Which, buttons};
use crate::model::{
    At, Button, Facet, Happening, Pick, Sorting, Suggestion, SuggestionId, Version,
};
use crate::text::Speak as _;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{SortingSays, TriageSays, back_label, facet_label};

/// How many choices stand in a row: their names are short, and a phone is narrow.
const IN_A_ROW: usize = 3;

/// T14 as typed, or by a button that did not show how it is sorted. Without a choice it is shown first, unless
/// the office leaves nothing to choose.
pub(super) async fn take_up(
    talk: &mut Talk<'_>,
    which: &Which,
    typed: &str,
) -> Result<(), DeskError> {
    let picks = talk.desk.office().suggestions.picks(typed)?;
    if picks.is_empty() && talk.desk.has_choice() {
        let now = talk.desk.look(&mut talk.call, which).await?;
        return told(talk, &TriageSays::LookFirst, &now).await;
    }
    let now = talk.desk.accept(&mut talk.call, which, &picks).await?;
    done(talk, TriagePress::TakeUp, &now).await
}

/// Sorts it as typed.
pub(super) async fn typed(
    talk: &mut Talk<'_>,
    which: &Which,
    typed: &str,
) -> Result<(), DeskError> {
    let picks = talk.desk.office().suggestions.picks(typed)?;
    let now = talk.desk.sort(&mut talk.call, which, &picks).await?;
    told(talk, &TriageSays::SortedNow, &now).await
}

/// Shows by what it can be sorted.
pub(super) async fn opened(talk: &mut Talk<'_>, which: &Which) -> Result<(), DeskError> {
    let now = talk.desk.having(&talk.call, which).await?;
    told(talk, &TriageSays::Done(TriagePress::Sort), &now).await
}

/// Shows what can be chosen for a side.
pub(super) async fn choices(
    talk: &mut Talk<'_>,
    facet: Facet,
    (id, shown): (SuggestionId, Version),
) -> Result<(), DeskError> {
    let now = talk.desk.having(&talk.call, &Which::Shown(id, shown)).await?;
    let view = talk.desk.case_of(&talk.call, &now).await?;
    let lang = talk.call.lang;
    let mut below = rows(talk, &view, &talk.desk.offered(facet).await?);
    below.push(vec![Press::Triage(TriagePress::Sort, id, shown).button(back_label(lang))]);
    talk.toast(TriageSays::ChooseFrom(facet).say(lang))?;
    let act = in_place(talk);
    show_with(talk, &view, (below, act))
}

/// Sorts it as pressed.
pub(super) async fn picked(
    talk: &mut Talk<'_>,
    pick: &Pick,
    (id, shown): (SuggestionId, Version),
) -> Result<(), DeskError> {
    let which = Which::Shown(id, shown);
    let now = talk.desk.sort(&mut talk.call, &which, std::slice::from_ref(pick)).await?;
    let title = talk.desk.office().suggestions.title(pick, talk.call.lang);
    told(talk, &TriageSays::Chosen { facet: pick.facet(), title }, &now).await
}

/// Says something about a suggestion, and shows it in its place with all by which it can be sorted.
async fn told(talk: &mut Talk<'_>, says: &TriageSays, now: &Suggestion) -> Result<(), DeskError> {
    let view = talk.desk.case_of(&talk.call, now).await?;
    match &talk.inbound.what {
        Happening::Pressed { .. } => talk.toast(says.say(talk.call.lang))?,
        _ => talk.answer(Saying::of(says.doc(talk.call.lang)))?,
    }
    let (below, act) = (panel(talk, &view), in_place(talk));
    show_with(talk, &view, (below, act))
}

/// The buttons by which a suggestion is sorted, and those of its steps.
pub(super) fn panel(talk: &Talk<'_>, view: &CaseView) -> Vec<Vec<Button>> {
    let (lang, rules) = (talk.call.lang, &talk.desk.office().suggestions);
    let mut below = Vec::new();
    if view.sides.contains(&Facet::Kind) {
        below.extend(rows(talk, view, &rules.choices(Facet::Kind)));
    }
    let opens = |facet: &Facet| {
        let chosen = chosen(view).map(|sorting| rules.title(&sorting.pick(*facet), lang));
        let press = Press::Choices(*facet, view.line.id, view.version());
        press.button(facet_label(*facet, &chosen.unwrap_or_default(), lang))
    };
    let sides: Vec<_> = view.sides.iter().filter(|f| **f != Facet::Kind).map(opens).collect();
    below.extend(sides.chunks(2).map(<[Button]>::to_vec));
    let steps: Vec<_> = view.steps.iter().copied().filter(|s| *s != TriagePress::Sort).collect();
    below.extend(buttons(&steps, view.line.id, view.version(), lang));
    below
}

/// A button for each choice; the one that stands is marked.
fn rows(talk: &Talk<'_>, view: &CaseView, picks: &[Pick]) -> Vec<Vec<Button>> {
    let rules = &talk.desk.office().suggestions;
    let button = |pick: &Pick| {
        let stands = chosen(view).is_some_and(|sorting| sorting.pick(pick.facet()) == *pick);
        let mark = if stands { "✓ " } else { "" };
        let label = format!("{mark}{}", rules.title(pick, talk.call.lang));
        Press::Pick(pick.clone(), view.line.id, view.version()).button(label)
    };
    picks.chunks(IN_A_ROW).map(|row| row.iter().map(button).collect()).collect()
}

fn chosen(view: &CaseView) -> Option<&Sorting> {
    view.proposal.as_ref().map(|p| &p.sorting).or(view.line.sorting.as_ref())
}

/// What a suggestion is sorted under, in the words of whoever reads it.
pub(super) fn says(talk: &Talk<'_>, sorting: &Sorting, if_taken_up: Option<At>) -> SortingSays {
    let rules = &talk.desk.office().suggestions;
    let title = |facet| rules.title(&sorting.pick(facet), talk.call.lang);
    SortingSays {
        kind: sorting.kind,
        category: title(Facet::Category),
        area: title(Facet::Area),
        unit: title(Facet::Unit),
        if_taken_up: if_taken_up.map(|at| talk.desk.day(at)),
    }
}
