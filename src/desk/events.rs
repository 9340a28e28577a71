//! The events of suggestions: one for each step, chained by hash, with nobody in them.

use crate::model::{
    At, Changes, Phase, PhaseName, Shred, StepEvent, Suggestion, SuggestionId, Versioned,
};
use sha2::{Digest as _, Sha256};

/// Notes a step: its event goes into `changes`, its hash into the suggestion's chain.
fn note(
    changes: &mut Changes,
    suggestion: &mut Suggestion,
    (from, to): (Option<PhaseName>, PhaseName),
    at: At,
) {
    let mut event = StepEvent {
        suggestion: suggestion.id,
        number: suggestion.chain.length,
        at,
        from,
        to,
        hash: [0; 32],
    };
    event.hash = link(&suggestion.chain.head, &event);
    suggestion.chain.length += 1;
    suggestion.chain.head = event.hash;
    changes.insert(event);
}

/// T1: notes that it was begun.
pub(super) fn begin(changes: &mut Changes, suggestion: &mut Suggestion, at: At) {
    note(changes, suggestion, (None, suggestion.phase.name()), at);
}

/// Moves a suggestion that is not stored yet to another phase.
pub(super) fn step(changes: &mut Changes, suggestion: &mut Suggestion, to: Phase, at: At) {
    let from = suggestion.phase.name();
    note(changes, suggestion, (Some(from), to.name()), at);
    suggestion.phase = to;
}

/// Moves a stored suggestion to the phase of `now`, with whatever else differs.
pub(super) fn advance(
    changes: &mut Changes,
    old: &Versioned<Suggestion>,
    mut now: Suggestion,
    at: At,
) -> Suggestion {
    let steps = (Some(old.phase.name()), now.phase.name());
    note(changes, &mut now, steps, at);
    replace(changes, old, now.clone());
    now
}

/// Puts `now` in place of what was read. Whatever was sealed and is no longer part of it is destroyed:
/// no step can forget a key.
pub(super) fn replace(changes: &mut Changes, old: &Versioned<Suggestion>, now: Suggestion) {
    let kept = now.slots();
    for slot in old.slots().into_iter().filter(|s| !kept.contains(s)) {
        changes.ensure(Shred { slot });
    }
    changes.update(old, now);
}

/// The phase to which the events of one suggestion lead, in their order; `None` when they do not follow
/// from each other.
#[must_use]
pub fn replay(events: &[StepEvent]) -> Option<PhaseName> {
    let mut phase = None;
    for event in events {
        if event.from != phase {
            return None;
        }
        phase = Some(event.to);
    }
    phase
}

/// Whether nobody has changed, left out or added one of these events of a suggestion.
#[must_use]
pub fn intact(of: SuggestionId, events: &[StepEvent]) -> bool {
    let mut head = [0; 32];
    for (number, event) in (0u32..).zip(events) {
        if event.suggestion != of || event.number != number || event.hash != link(&head, event) {
            return false;
        }
        head = event.hash;
    }
    true
}

fn link(head: &[u8; 32], event: &StepEvent) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(event.hashed()).finalize().into()
}
