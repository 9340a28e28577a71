//! What staff are reminded of: promises that end today, and promises that were broken.
//!
//! Promises end with a day, so many end at once; whoever has several is told of them together, once a round, by the
//! numbers of the first. What was said is noted in the same commit, and of the rest it is noted without a word behind
//! it: who dies between the two is told of the rest once more.

use super::cases::{handles, holder, shown_version};
use super::{Desk, Saying, events};
use crate::model::{
    Address, Changes, Clocks, Lang, PersonId, Phase, Reminder, Role, Suggestion, Versioned,
};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{Named, TriageSays, triage_label};
use std::collections::{BTreeMap, BTreeSet};

/// Of how many suggestions it is noted in one commit that somebody was reminded; with those who are told they fit it.
const NOTED: usize = 12;

/// How many suggestions one reminder names.
const NAMED: usize = 40;

/// How many of the staff one reminder goes to.
const TOLD: usize = 8;

/// Who can take the next step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whom {
    /// Whoever reviews.
    Reviewers,
    /// Whoever has it.
    Holder(PersonId),
    /// A lead, besides the one who has proposed it.
    LeadsBeside(PersonId),
}

impl Whom {
    const fn acts(phase: &Phase) -> Self {
        match (phase, holder(phase)) {
            (Phase::DeclineProposed { by, .. }, _) => Self::LeadsBeside(*by),
            (_, Some(by)) => Self::Holder(by),
            (_, None) => Self::Reviewers,
        }
    }
}

/// Who was reminded of what in a round.
#[derive(Default)]
pub struct Reminded(BTreeSet<(Reminder, Whom)>);

impl Desk {
    /// Reminds staff of these suggestions, as far as there is anything to be reminded of, and whoever was not in this
    /// round.
    ///
    /// # Errors
    /// When the store fails; what somebody has moved on meanwhile is left for the next time.
    pub async fn remind(
        &self,
        due: &[Versioned<Suggestion>],
        Reminded(reminded): &mut Reminded,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut groups: BTreeMap<(Reminder, Whom), Vec<&Versioned<Suggestion>>> = BTreeMap::new();
        for suggestion in due {
            if let Some(what) = suggestion.reminder(now) {
                let group = (what, Whom::acts(&suggestion.phase));
                groups.entry(group).or_default().push(suggestion);
            }
        }
        for ((what, whom), group) in groups {
            let mut told = if reminded.contains(&(what, whom)) {
                Vec::new()
            } else {
                self.to_remind(what, whom).await?
            };
            let named = if group.len() > NAMED { Named::Some } else { Named::All };
            for page in group.chunks(NOTED) {
                let changes = self.reminded((what, named), (&group, page), &told);
                match self.store.commit(changes).await {
                    Ok(()) => {
                        told.clear();
                        if named == Named::Some {
                            reminded.insert((what, whom));
                        }
                    }
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn reminded(
        &self,
        (what, named): (Reminder, Named),
        (group, page): (&[&Versioned<Suggestion>], &[&Versioned<Suggestion>]),
        told: &[(Address, Lang)],
    ) -> Changes {
        let mut changes = Changes::new();
        for old in page {
            let clocks = old.clocks.map(|clocks| Clocks { reminded: what, ..clocks });
            events::replace(&mut changes, old, Suggestion { clocks, ..old.value.clone() });
        }
        let named_here = group.iter().take(NAMED);
        let numbers: Vec<_> = named_here.map(|s| s.number.to_string()).collect();
        let says = TriageSays::Reminder { what, numbers, named };
        for (address, lang) in told {
            let button = |press, of: &Suggestion| {
                let press_of = Press::Triage(press, of.id, shown_version(of));
                vec![vec![press_of.button(triage_label(press, *lang))]]
            };
            let buttons = match group {
                [one] => button(TriagePress::Show, one),
                [first, ..] if what == Reminder::Unclaimed => button(TriagePress::Next, first),
                _ => Vec::new(),
            };
            self.tell(&mut changes, address, Saying::of(says.doc(*lang)).buttons(buttons));
        }
        changes
    }

    /// Who is reminded: whoever has it, else all reviewers; of what is late or must be decided, the leads too. Where
    /// only another lead can take the next step, the leads, and whoever proposed it if there is none.
    async fn to_remind(
        &self,
        what: Reminder,
        whom: Whom,
    ) -> Result<Vec<(Address, Lang)>, StoreError> {
        let mut told: Vec<(Address, Lang)> = Vec::new();
        let holder = match whom {
            Whom::Reviewers => None,
            Whom::Holder(person) => Some(person),
            Whom::LeadsBeside(person) => {
                let own = self.person(person).await?.and_then(|it| it.value.direct);
                let leads = self.reachable(Role::Lead).await?.into_iter();
                told.extend(leads.filter(|(lead, _)| Some(lead) != own.as_ref()).take(TOLD));
                if !told.is_empty() {
                    return Ok(told);
                }
                Some(person)
            }
        };
        if let Some(person) = holder
            && let Some(person) = self.person(person).await?
            && handles(&person)
        {
            told.extend(person.value.direct.map(|address| (address, person.value.lang)));
        }
        let mut others = Vec::new();
        if told.is_empty() {
            others.extend(self.reachable(Role::Reviewer).await?);
        }
        if !matches!(what, Reminder::Unclaimed | Reminder::RespondToday | Reminder::AnswerToday) {
            // Leads come first, so that a large staff does not crowd them out.
            let leads = self.reachable(Role::Lead).await?;
            others.splice(0..0, leads);
        }
        for other in others {
            if told.len() < TOLD && !told.iter().any(|(address, _)| *address == other.0) {
                told.push(other);
            }
        }
        Ok(told)
    }
}
