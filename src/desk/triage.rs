//! Triage: reviewers take suggestions up, ask, answer, propose to decline; a lead decides on that.
//!
//! A button carries how many steps a suggestion had taken when it was shown ([`super::CaseView::version`]): a press
//! on an older state is refused, and told who was faster. Two presses at the same moment meet at the commit:
//! one is a conflict, reads again, and is refused the same way.

use super::cases::{QUESTIONS, Which, buttons, handles, holder, is_report, shown_version};
use super::finished::finished;
use super::people::may_any;
use super::{Call, Desk, DeskError, Saying, events, may};
use crate::model::{
    Changes, DeclineCode, Person, PersonId, Phase, PhaseName, Prompt, Role, Segments, Stored as _,
    Suggestion, Versioned,
};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::press::TriagePress;
use crate::text::say::{Refusal, SuggestionSays, TriageRefusal, TriageSays};

/// How many leads are told of one proposal, so that it fits a commit.
const LEADS_TOLD: usize = 6;

impl Desk {
    /// T7: the caller takes it. What was taken up they take over: a lead from everybody, a reviewer from somebody
    /// who handles suggestions no more.
    ///
    /// # Errors
    /// When somebody else was faster, has taken it up and still handles it, or the caller is no reviewer.
    pub async fn claim(&self, call: &mut Call, which: &Which) -> Result<Suggestion, DeskError> {
        let me = may_any(call, [Role::Reviewer, Role::Lead])?.id;
        let old = self.found(which).await?;
        if let Phase::Accepted { .. } = old.phase {
            return self.take_over(call, &old, me).await;
        }
        may(call, Role::Reviewer)?;
        let mut now = old.value.clone();
        let clocks = self.taken(&old, call.at);
        let phase = now.phase.clone().claim(me, self.lease(&clocks, call.at));
        now.phase = self.possible(phase, &old, me).await?;
        now.clocks = Some(clocks);
        now.sorting = Some(self.proposal(&old, call.at).await?);
        Ok(events::advance(&mut call.changes, &old, now, call.at))
    }

    /// Whoever was promised an answer gets it, also when the one who took the suggestion up is gone. The date stands.
    async fn take_over(
        &self,
        call: &mut Call,
        old: &Versioned<Suggestion>,
        me: PersonId,
    ) -> Result<Suggestion, DeskError> {
        let mut now = old.value.clone();
        now.phase = self.possible(now.phase.take_over(me), old, me).await?;
        let before = self.handler(&old.phase).await?;
        if before.is_some() && may(call, Role::Lead).is_err() {
            return Err(self.not_theirs(old, me).await?);
        }
        let now = events::advance(&mut call.changes, old, now, call.at);
        let by = call.staff().map(|me| me.name.clone()).unwrap_or_default();
        let says = TriageSays::TakenOver { number: now.number.to_string(), by };
        if let Some(before) = before {
            self.tell_staff(call, &before, &now, (&says, &[TriagePress::Show]))?;
        }
        Ok(now)
    }

    /// T8: the caller gives it back to all reviewers.
    ///
    /// # Errors
    /// When the caller does not have it.
    pub async fn release(&self, call: &mut Call, which: &Which) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        let mut now = old.value.clone();
        now.phase = self.possible(now.phase.release(call.at), &old, me).await?;
        Ok(events::advance(&mut call.changes, &old, now, call.at))
    }

    /// T9: the submitter is asked for more, on the channel that they came from.
    ///
    /// # Errors
    /// When the caller does not have it, they were asked twice already, or it has to be decided now.
    pub async fn ask(
        &self,
        call: &mut Call,
        which: &Which,
        question: &str,
    ) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        if old.questions >= QUESTIONS {
            return Err(Refusal::AskedEnough.into());
        }
        let question = said(question, 4)?;
        let clocks = self.clocks_of(&old);
        let days = self.office.suggestions.decide_days;
        let until =
            self.answerable_until(&clocks, call.at).ok_or(TriageRefusal::MustDecide { days })?;
        let mut now = old.value.clone();
        let left = now.phase.respond_by().map(|by| self.rest_of(call.at, by)).unwrap_or_default();
        let phase = now.phase.ask(self.seal_text(question)?, until, left);
        now.phase = self.possible(phase, &old, me).await?;
        now.clocks = Some(clocks);
        now.questions += 1;
        let now = events::advance(&mut call.changes, &old, now, call.at);
        let says = SuggestionSays::Question {
            number: now.number.to_string(),
            question: question.to_owned(),
            until: self.day(until),
            page: self.replies_bare(&now).then(|| self.receipt_url()),
        };
        self.tell_back(call, &now, &says, Some(Prompt::Supplement(now.id)))?;
        Ok(now)
    }

    /// T17: it is answered, and the submitter is told on the channel that they came from.
    ///
    /// # Errors
    /// When the answer is not finished, the suggestion was not taken up, or not by the caller.
    pub async fn answer(
        &self,
        call: &mut Call,
        which: &Which,
        answer: &str,
    ) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        let answer = finished(answer)?;
        let mut now = old.value.clone();
        now.phase = self.possible(now.phase.answer(call.at), &old, me).await?;
        now.answer = Some(self.seal_text(answer)?);
        let now = events::advance(&mut call.changes, &old, now, call.at);
        let (number, answer) = (now.number.to_string(), answer.to_owned());
        self.tell_back(call, &now, &SuggestionSays::Answered { number, answer }, None)?;
        Ok(now)
    }

    /// T19, first half: the caller would decline it; the leads are asked.
    ///
    /// # Errors
    /// When it was not taken up by the caller, it is a report, or there is no lead who is another person.
    pub async fn propose_decline(
        &self,
        call: &mut Call,
        which: &Which,
        code: DeclineCode,
        reason: &str,
    ) -> Result<Suggestion, DeskError> {
        let (old, me) = self.held(call, which).await?;
        if is_report(&old) {
            return Err(TriageRefusal::ReportStands.into());
        }
        let reason = finished(reason)?;
        let leads = self.others(Role::Lead, me).await?;
        if leads.is_empty() {
            return Err(Refusal::NeedsSecondPerson.into());
        }
        let mut now = old.value.clone();
        let phase = now.phase.propose_decline(me, code, self.seal_text(reason)?);
        now.phase = self.possible(phase, &old, me).await?;
        let now = events::advance(&mut call.changes, &old, now, call.at);
        let says = TriageSays::DeclineToConfirm {
            number: now.number.to_string(),
            code,
            reason: reason.to_owned(),
        };
        let steps = [TriagePress::Show, TriagePress::Confirm, TriagePress::Return];
        for lead in leads.iter().take(LEADS_TOLD) {
            self.tell_staff(call, lead, &now, (&says, &steps))?;
        }
        Ok(now)
    }

    /// T19, second half: a lead, who is another person, confirms; the submitter is told why.
    ///
    /// # Errors
    /// When nothing was proposed, or by the caller.
    pub async fn confirm_decline(
        &self,
        call: &mut Call,
        which: &Which,
    ) -> Result<Suggestion, DeskError> {
        let me = may(call, Role::Lead)?.id;
        let old = self.found(which).await?;
        let Phase::DeclineProposed { by, code, reason, .. } = old.phase.clone() else {
            return Err(DeskError::Stale(Refusal::WrongPhase, old.id));
        };
        if by == me {
            return Err(Refusal::SamePerson.into());
        }
        let mut now = old.value.clone();
        now.phase = self.possible(now.phase.confirm_decline(me, call.at), &old, me).await?;
        // The reason is what the submitter is answered.
        let words = self.open_text(&reason)?.unwrap_or_default();
        now.answer = Some(reason);
        let now = events::advance(&mut call.changes, &old, now, call.at);
        let says = SuggestionSays::Declined { number: now.number.to_string(), code, reason: words };
        self.tell_back(call, &now, &says, None)?;
        Ok(now)
    }

    /// T19, undone: a lead sends it back to be answered, or whoever proposed it takes that back.
    ///
    /// # Errors
    /// When nothing was proposed, or the caller is neither.
    pub async fn return_decline(
        &self,
        call: &mut Call,
        which: &Which,
    ) -> Result<Suggestion, DeskError> {
        may_any(call, [Role::Lead, Role::Reviewer])?;
        let old = self.found(which).await?;
        // Whoever proposed it takes it back.
        let own = call.staff().filter(|me| handles(me) && holder(&old.phase) == Some(me.id));
        let me = own.map_or_else(|| may(call, Role::Lead), Ok)?.id;
        let mut now = old.value.clone();
        now.phase = self.possible(now.phase.return_decline(), &old, me).await?;
        let now = events::advance(&mut call.changes, &old, now, call.at);
        if let Some(by) = holder(&now.phase).filter(|by| *by != me) {
            let says = TriageSays::DeclineReturned { number: now.number.to_string() };
            self.tell_person(call, by, &now, &says).await?;
        }
        Ok(now)
    }

    /// What the step led to; where it is not possible, who was faster.
    pub(super) async fn possible(
        &self,
        phase: Result<Phase, crate::model::InvalidStep>,
        old: &Suggestion,
        me: PersonId,
    ) -> Result<Phase, DeskError> {
        match phase {
            Ok(phase) => Ok(phase),
            Err(_) => Err(self.stale(old, Some(me)).await?),
        }
    }

    /// Why a step is not possible any more.
    pub(super) async fn stale(
        &self,
        now: &Suggestion,
        me: Option<PersonId>,
    ) -> Result<DeskError, StoreError> {
        let other = holder(&now.phase).filter(|by| Some(*by) != me);
        let name = match other {
            Some(by) => self.person(by).await?.map(|p| p.value.name),
            None => None,
        };
        let refusal = name.map_or(Refusal::WrongPhase, Refusal::TakenBy);
        Ok(DeskError::Stale(refusal, now.id))
    }

    /// The suggestion that is meant, as long as it stands as it was shown.
    async fn found(&self, which: &Which) -> Result<Versioned<Suggestion>, DeskError> {
        let none = |typed: String| DeskError::from(Refusal::NoSuchSuggestion(typed));
        match which {
            Which::Number(number) => {
                let found = self.by_number(number).await?;
                let found = found.filter(|s| s.phase.name() != PhaseName::Draft);
                found.ok_or_else(|| none(number.to_string()))
            }
            Which::Id(id) => self.suggestion(*id).await?.ok_or_else(|| none(String::new())),
            Which::Shown(id, shown) => {
                let found = self.suggestion(*id).await?.ok_or_else(|| none(String::new()))?;
                if shown_version(&found) == *shown {
                    Ok(found)
                } else {
                    Err(self.stale(&found, None).await?)
                }
            }
        }
    }

    /// The suggestion that is meant, as long as the caller has it and it stands as it was shown.
    ///
    /// # Errors
    /// When somebody else has it, or was faster.
    pub async fn having(&self, call: &Call, which: &Which) -> Result<Suggestion, DeskError> {
        Ok(self.held(call, which).await?.0.value)
    }

    pub(super) async fn held(
        &self,
        call: &Call,
        which: &Which,
    ) -> Result<(Versioned<Suggestion>, PersonId), DeskError> {
        let me = may_any(call, [Role::Reviewer, Role::Lead])?.id;
        let found = self.found(which).await?;
        if holder(&found.phase) == Some(me) {
            return Ok((found, me));
        }
        // A lead comes to have what was taken up, and nothing else.
        if found.phase.name() != PhaseName::Accepted {
            may(call, Role::Reviewer)?;
        }
        Err(self.not_theirs(&found, me).await?)
    }

    /// Why somebody cannot go on with what they do not have, and how they would come to have it.
    async fn not_theirs(&self, found: &Suggestion, me: PersonId) -> Result<DeskError, StoreError> {
        let handler = self.handler(&found.phase).await?.map(|p| p.name);
        let number = found.number.to_string();
        Ok(match (&found.phase, handler) {
            (Phase::Accepted { .. }, Some(name)) => {
                TriageRefusal::TakenUpBy { name, number }.into()
            }
            (Phase::Accepted { .. }, None) => TriageRefusal::TakenUpByNobody { number }.into(),
            (Phase::Claimed { .. }, Some(name)) => {
                DeskError::Stale(TriageRefusal::ClaimedBy(name).into(), found.id)
            }
            _ => self.stale(found, Some(me)).await?,
        })
    }

    /// Who has it, as long as they handle suggestions.
    pub(super) async fn handler(&self, phase: &Phase) -> Result<Option<Person>, StoreError> {
        let Some(by) = holder(phase) else { return Ok(None) };
        Ok(self.person(by).await?.map(|person| person.value).filter(handles))
    }

    pub(super) async fn person(
        &self,
        id: PersonId,
    ) -> Result<Option<Versioned<Person>>, StoreError> {
        self.reads().find(&Segments::new().id(id.0).key(Person::KIND)).await
    }

    async fn others(&self, role: Role, me: PersonId) -> Result<Vec<Person>, StoreError> {
        let everybody = self.everybody().await?.into_iter().map(|p| p.value);
        Ok(everybody.filter(|p| p.id != me && p.roles.contains(&role)).collect())
    }

    /// Who works on a suggestion in this phase: whoever has it, and the leads where they are to decide.
    pub(super) async fn at_it(&self, phase: &Phase) -> Result<Vec<Person>, StoreError> {
        let Some(by) = holder(phase) else { return Ok(Vec::new()) };
        let mut people: Vec<_> = self.person(by).await?.map(|p| p.value).into_iter().collect();
        if let Phase::DeclineProposed { .. } = phase {
            people.extend(self.others(Role::Lead, by).await?.into_iter().take(LEADS_TOLD));
        }
        Ok(people)
    }

    /// Tells whoever works on a suggestion in this phase something that shows nothing of it.
    pub(super) async fn tell_those_at_it(
        &self,
        changes: &mut Changes,
        phase: &Phase,
        says: &TriageSays,
    ) -> Result<(), StoreError> {
        for person in self.at_it(phase).await? {
            if let Some(address) = &person.direct {
                self.tell(changes, address, Saying::of(says.doc(person.lang)));
            }
        }
        Ok(())
    }

    /// Tells a member of staff about a suggestion, where they can be told.
    pub(super) async fn tell_person(
        &self,
        call: &mut Call,
        to: PersonId,
        about: &Suggestion,
        says: &TriageSays,
    ) -> Result<(), DeskError> {
        let Some(person) = self.person(to).await? else { return Ok(()) };
        self.tell_staff(call, &person, about, (says, &[TriagePress::Show]))
    }

    pub(super) fn tell_staff(
        &self,
        call: &mut Call,
        to: &Person,
        about: &Suggestion,
        (says, steps): (&TriageSays, &[TriagePress]),
    ) -> Result<(), DeskError> {
        let Some(address) = &to.direct else { return Ok(()) };
        let buttons = buttons(steps, about.id, shown_version(about), to.lang);
        let saying = Saying::of(says.doc(to.lang)).buttons(buttons);
        Ok(self.say_sealed(call, address, Some(about.id), saying)?)
    }
}

/// Words of at least so many characters.
fn said(words: &str, least: usize) -> Result<&str, Refusal> {
    let words = words.trim();
    let count = words.chars().filter(|c| !c.is_whitespace()).count();
    if count < least { Err(Refusal::TooShort) } else { Ok(words) }
}
