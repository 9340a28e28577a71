//! T14: a suggestion is sorted and taken up. Its submitter is told which unit answers, and by when.
//!
//! What is proposed when a reviewer takes a suggestion is what was chosen last for one that answers the same
//! post, else what was chosen last at all; that is read from the suggestions themselves, so that nothing is
//! kept of any reviewer. It is stored with the claim: what the reviewer is shown is what is taken up.
//!
//! A slip is put right while the answer is still owed: category, area and unit at any time, the kind only as
//! long as a claim lasts, since the promised time hangs on it and a longer time is a lead's to grant.

use super::cases::{Which, shown_version};
use super::{Call, Desk, DeskError, events, hours, may};
use crate::model::{
    At, Facet, Index, LabelId, MatterKind, Phase, PhaseName, Pick, PostId, Role, Sorting, Span,
    Suggestion, Versioned,
};
use crate::store::{Scan, StoreError};
use crate::text::say::{Refusal, SuggestionSays, TriageRefusal};

/// How many suggestions of a phase are looked at for what was chosen last.
const LATELY: usize = 40;

/// The phases whose suggestions are sorted by somebody's decision.
const SORTED: [PhaseName; 3] = [PhaseName::Accepted, PhaseName::Answered, PhaseName::Declined];

impl Desk {
    /// T7: the caller takes the one that has waited longest.
    ///
    /// # Errors
    /// When none waits, or the caller is no reviewer.
    pub async fn claim_next(&self, call: &mut Call) -> Result<Suggestion, DeskError> {
        may(call, Role::Reviewer)?;
        let waiting = Suggestion::in_phase(PhaseName::Received);
        let scan = Scan::of(Index::SuggestionsByPhase, waiting, 1);
        let first = self.reads().find_all::<Suggestion>(&scan).await?.into_iter().next();
        let first = first.ok_or(TriageRefusal::NothingWaits)?;
        self.claim(call, &Which::Shown(first.id, shown_version(&first))).await
    }

    /// T14: it is taken up as it is sorted, with these choices over what stands there; the submitter is told
    /// which unit answers, and by when.
    ///
    /// # Errors
    /// When the caller does not have it, or the office does not offer what it is sorted under.
    pub async fn accept(
        &self,
        call: &mut Call,
        which: &Which,
        picks: &[Pick],
    ) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        let mut now = old.value.clone();
        let mut sorting = match &old.sorting {
            Some(sorting) => sorting.clone(),
            // Nobody has seen what would be proposed.
            None if picks.is_empty() && self.has_choice() => {
                return Err(DeskError::Stale(TriageRefusal::SortFirst.into(), old.id));
            }
            None => self.proposal(&old, call.at).await?,
        };
        sorting = picks.iter().cloned().fold(sorting, Sorting::with);
        if Facet::ALL.iter().any(|f| !self.office.suggestions.offers(&sorting.pick(*f))) {
            return Err(DeskError::Stale(TriageRefusal::SortFirst.into(), old.id));
        }
        let clock = self.office.suggestions.answer_within(sorting.kind);
        let answer_by = self.due(call.at, clock);
        now.phase = self.possible(now.phase.accept(answer_by), &old, me).await?;
        now.clocks = Some(self.clocks_of(&old));
        let says = SuggestionSays::Accepted {
            number: now.number.to_string(),
            unit: self.office.suggestions.unit(&sorting, now.lang),
            answer_by: self.day(answer_by),
        };
        now.sorting = Some(Sorting { clock, at: call.at, ..sorting });
        let now = events::advance(&mut call.changes, &old, now, call.at);
        self.tell_back(call, &now, &says, None)?;
        Ok(now)
    }

    /// What stands before taking up: how a suggestion is sorted is there to be looked at.
    ///
    /// # Errors
    /// When the caller does not have it, or it is taken up already.
    pub async fn look(&self, call: &mut Call, which: &Which) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        match &old.phase {
            Phase::Claimed { .. } => self.choose(call, &old, &[]).await,
            _ => Err(self.stale(&old, Some(me)).await?),
        }
    }

    /// Sorts a suggestion that the caller has: before it is taken up, or afterwards to put a slip right.
    ///
    /// # Errors
    /// When the caller does not have it, the office does not offer such a choice, or it is too late for it.
    pub async fn sort(
        &self,
        call: &mut Call,
        which: &Which,
        picks: &[Pick],
    ) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        if picks.iter().any(|pick| !self.office.suggestions.offers(pick)) {
            return Err(DeskError::Stale(TriageRefusal::SortFirst.into(), old.id));
        }
        match &old.phase {
            Phase::Claimed { .. } => self.choose(call, &old, picks).await,
            Phase::Accepted { .. } => self.put_right(call, &old, picks).await,
            _ => Err(self.stale(&old, Some(me)).await?),
        }
    }

    /// All that can be chosen for a side: what was chosen lately comes first. Kinds keep their order, since they
    /// are few and found by their place.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn offered(&self, facet: Facet) -> Result<Vec<Pick>, StoreError> {
        let all = self.office.suggestions.choices(facet);
        if facet == Facet::Kind {
            return Ok(all);
        }
        let mut sorted: Vec<Pick> = Vec::with_capacity(all.len());
        for (_, sorting) in self.lately().await? {
            let pick = sorting.pick(facet);
            if all.contains(&pick) && !sorted.contains(&pick) {
                sorted.push(pick);
            }
        }
        let others: Vec<_> = all.into_iter().filter(|p| !sorted.contains(p)).collect();
        sorted.extend(others);
        Ok(sorted)
    }

    /// Whether the office leaves reviewers anything to choose.
    #[must_use]
    pub fn has_choice(&self) -> bool {
        Facet::ALL.iter().any(|facet| self.office.suggestions.is_open(*facet))
    }

    /// Whether a kind that was decided on may still be changed.
    pub(super) fn kind_may_change(&self, sorting: &Sorting, call: &Call) -> bool {
        call.at <= sorting.at.plus(hours(self.office.suggestions.claim_hours))
    }

    /// What a suggestion is proposed to be sorted under: as far as it goes, what stands there.
    pub(super) async fn proposal(
        &self,
        suggestion: &Suggestion,
        at: At,
    ) -> Result<Sorting, StoreError> {
        let rules = &self.office.suggestions;
        let lately = self.lately().await?;
        let same = |post: &Option<PostId>| post.is_some() && *post == suggestion.post;
        let like = lately.iter().find(|(post, _)| same(post)).or_else(|| lately.first());
        let known = [suggestion.sorting.as_ref(), like.map(|(_, sorting)| sorting)];
        let [kind, category, area, unit] = rules.first_choices().map(|first| {
            let mut of = known.iter().flatten().map(|sorting| sorting.pick(first.facet()));
            of.find(|pick| rules.offers(pick)).unwrap_or(first)
        });
        let empty = || LabelId(String::new());
        let sorting = Sorting {
            kind: MatterKind::Suggestion,
            category: empty(),
            area: empty(),
            unit: empty(),
            clock: Span::Days(0),
            at,
        };
        let sorting = sorting.with(kind).with(category).with(area).with(unit);
        Ok(Sorting { clock: rules.answer_within(sorting.kind), ..sorting })
    }

    /// What was decided lately, and for which post; the latest first.
    async fn lately(&self) -> Result<Vec<(Option<PostId>, Sorting)>, StoreError> {
        let mut lately = Vec::new();
        for phase in SORTED {
            let scan = Scan::of(Index::SuggestionsByPhase, Suggestion::in_phase(phase), LATELY);
            let found = self.reads().find_all::<Suggestion>(&scan.backward()).await?;
            lately.extend(found.into_iter().filter_map(|s| Some((s.post, s.value.sorting?))));
        }
        lately.sort_by_key(|(_, sorting)| std::cmp::Reverse(sorting.at));
        Ok(lately)
    }

    async fn choose(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        picks: &[Pick],
    ) -> Result<Suggestion, DeskError> {
        let clocks = old.clocks.unwrap_or_else(|| self.taken(old, call.at));
        let mut now = old.value.clone();
        // Whoever is at it is not idle.
        now.phase =
            now.phase.keep(self.lease(&clocks, call.at)).map_err(|_| Refusal::WrongPhase)?;
        now.clocks = Some(clocks);
        let sorting = picks.iter().cloned().fold(self.proposal(old, call.at).await?, Sorting::with);
        let clock = self.office.suggestions.answer_within(sorting.kind);
        now.sorting = Some(Sorting { clock, ..sorting });
        events::replace(&mut call.changes, old, now.clone());
        Ok(now)
    }

    /// Puts a slip right in what was taken up. Where the unit or the promised time changes, the submitter is
    /// told.
    async fn put_right(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        picks: &[Pick],
    ) -> Result<Suggestion, DeskError> {
        let Some(promised) = old.phase.answer_by() else { return Err(Refusal::WrongPhase.into()) };
        let before = match &old.sorting {
            Some(sorting) => sorting.clone(),
            // Taken up before anything was sorted: its time was promised, and stands.
            None => Sorting {
                clock: Span::Days(days_between(old.created, promised)),
                at: old.created,
                ..self.proposal(old, call.at).await?
            },
        };
        let mut sorting = picks.iter().cloned().fold(before.clone(), Sorting::with);
        let mut answer_by = promised;
        if sorting.kind != before.kind && old.sorting.is_some() {
            if !self.kind_may_change(&before, call) {
                let hours = self.office.suggestions.claim_hours;
                return Err(DeskError::Stale(TriageRefusal::KindStands { hours }.into(), old.id));
            }
            sorting.clock = self.office.suggestions.answer_within(sorting.kind);
            answer_by = self.due(sorting.at, sorting.clock);
        }
        let mut now = old.value.clone();
        now.phase = now.phase.promise_anew(answer_by).map_err(|_| Refusal::WrongPhase)?;
        let told = old.sorting.is_none() || sorting.unit != before.unit || answer_by != promised;
        let says = SuggestionSays::Sorted {
            number: now.number.to_string(),
            unit: self.office.suggestions.unit(&sorting, now.lang),
            answer_by: self.day(answer_by),
        };
        now.sorting = Some(sorting);
        events::replace(&mut call.changes, old, now.clone());
        if told {
            self.tell_back(call, &now, &says, None)?;
        }
        Ok(now)
    }
}

/// Whole days between two moments.
fn days_between(from: At, until: At) -> u16 {
    u16::try_from(until.since(from).as_secs() / (24 * 3600)).unwrap_or(u16::MAX)
}
