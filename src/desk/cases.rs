//! Suggestions, as reviewers and leads see them. Nothing in them leads to a person outside.

use super::{Call, Desk, DeskError, may};
use crate::model::{
    At, Button, Code, DeclineCode, Facet, Index, Lang, MatterKind, Person, PersonId, Phase,
    PhaseName, Role, Sorting, Suggestion, SuggestionId, Version,
};
use crate::store::{Scan, StoreError};
use crate::text::Speak as _;
use crate::text::press::{Press, TriagePress};
use crate::text::say::{Refusal, TriageSays, triage_label};

/// How many rounds of questions there may be.
pub(super) const QUESTIONS: u8 = 2;

/// How many suggestions of each phase the inbox lists.
const LISTED: usize = 30;

/// Which suggestion is meant, and how it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one of this receipt number, as it stands.
    Number(Code),
    /// The one of this ID, as it stands.
    Id(SuggestionId),
    /// The one of this ID, as it was shown.
    Shown(SuggestionId, Version),
}

/// A suggestion in the reviewers' inbox. Nothing in it leads to a person outside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CaseLine {
    /// Its name here.
    pub id: SuggestionId,
    /// The receipt number.
    pub number: Code,
    /// What reviewers call its submitter; another one for each suggestion.
    pub pseudonym: Code,
    /// The title of the post that it answers.
    pub post: Option<String>,
    /// The group by whose code its submitter came, where people keep one.
    pub came_by: Option<String>,
    /// Where it stands.
    pub phase: PhaseName,
    /// Until when the next step is promised.
    pub due: Option<At>,
    /// The colleague who has it, as long as they handle suggestions.
    pub by: Option<String>,
    /// What it was sorted under, once it is taken up.
    pub sorting: Option<Sorting>,
    /// How many steps it has taken: what a button carries.
    #[serde(skip)]
    pub version: Version,
}

/// A suggestion, as reviewers see it. Nothing in it leads to a person outside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CaseView {
    /// What the inbox lists of it.
    #[serde(flatten)]
    pub line: CaseLine,
    /// When it was begun.
    pub created: At,
    /// What was written, then what was added.
    pub texts: Vec<String>,
    /// What the submitter was asked and has not answered.
    pub question: Option<String>,
    /// Why a colleague would decline it.
    pub reason: Option<(DeclineCode, String)>,
    /// The answer, or the reason for declining.
    pub answer: Option<String>,
    /// What it would be taken up as by the one who looks.
    pub proposal: Option<Proposal>,
    /// The sides by which the one who looks can sort it now.
    #[serde(skip)]
    pub sides: Vec<Facet>,
    /// What the one who looks can do with it now.
    #[serde(skip)]
    pub steps: Vec<TriagePress>,
}

/// What a suggestion would be taken up as.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Proposal {
    /// What it would be sorted under.
    pub sorting: Sorting,
    /// When its answer would be promised.
    pub answer_by: At,
}

impl CaseView {
    /// How many steps it has taken: what a button carries.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.line.version
    }
}

impl Desk {
    /// The suggestions that wait for a reviewer, the oldest of each phase first.
    ///
    /// # Errors
    /// When the caller is neither reviewer nor lead.
    pub async fn inbox(&self, call: &Call) -> Result<Vec<CaseLine>, DeskError> {
        triages(call)?;
        let open = [
            PhaseName::Received,
            PhaseName::DeclineProposed,
            PhaseName::Claimed,
            PhaseName::Accepted,
            PhaseName::NeedInfo,
        ];
        let mut lines = Vec::new();
        for phase in open {
            let scan = Scan::of(Index::SuggestionsByPhase, Suggestion::in_phase(phase), LISTED);
            for suggestion in self.reads().find_all::<Suggestion>(&scan).await? {
                lines.push(self.line(&suggestion).await?);
            }
        }
        Ok(lines)
    }

    /// One suggestion, opened. The call's commit is a conflict when it has changed meanwhile, so that nothing of it is
    /// written down that was erased at the same moment.
    ///
    /// # Errors
    /// When there is none, or the caller is neither reviewer nor lead.
    pub async fn show(&self, call: &mut Call, which: &Which) -> Result<CaseView, DeskError> {
        triages(call)?;
        let found = match which {
            Which::Number(number) => self.by_number(number).await?,
            Which::Id(id) | Which::Shown(id, _) => self.suggestion(*id).await?,
        };
        let typed = match which {
            Which::Number(number) => number.to_string(),
            Which::Id(_) | Which::Shown(..) => String::new(),
        };
        // What nobody has submitted is nobody's business.
        let found = found.filter(|s| s.phase.name() != PhaseName::Draft);
        let found = found.ok_or(Refusal::NoSuchSuggestion(typed))?;
        call.changes.check(&found);
        self.case_of(call, &found).await
    }

    /// A suggestion as it is at hand, opened: for showing what a step leads to that is not committed yet.
    ///
    /// # Errors
    /// When the caller is neither reviewer nor lead.
    pub async fn case_of(&self, call: &Call, found: &Suggestion) -> Result<CaseView, DeskError> {
        triages(call)?;
        let question = match &found.phase {
            Phase::NeedInfo { question, .. } => self.open_text(question)?,
            _ => None,
        };
        let reason = match &found.phase {
            Phase::DeclineProposed { code, reason, .. } => {
                self.open_text(reason)?.map(|r| (*code, r))
            }
            _ => None,
        };
        let line = self.line(found).await?;
        let answer = found.answer.as_ref().map(|a| self.open_text(a)).transpose()?.flatten();
        Ok(CaseView {
            steps: steps(call, found, line.by.as_deref()),
            line,
            created: found.created,
            texts: self.texts_for(call, found)?,
            question,
            reason,
            answer,
            proposal: self.proposed(call, found),
            sides: self.sides(call, found),
        })
    }

    /// What was written, and of what cannot be read, that it cannot.
    fn texts_for(&self, call: &Call, found: &Suggestion) -> Result<Vec<String>, DeskError> {
        let unreadable = || TriageSays::Unreadable.say(call.lang);
        let texts = found.texts.iter();
        texts.map(|sealed| Ok(self.open_text(sealed)?.unwrap_or_else(unreadable))).collect()
    }

    fn proposed(&self, call: &Call, found: &Suggestion) -> Option<Proposal> {
        let Phase::Claimed { .. } = found.phase else { return None };
        let sorting = found.sorting.clone().filter(|_| is_mine(call, found))?;
        let within = self.office.suggestions.answer_within(sorting.kind);
        Some(Proposal { sorting, answer_by: self.due(call.at, within) })
    }

    /// The sides by which the caller can sort it now, as far as the office leaves a choice.
    fn sides(&self, call: &Call, found: &Suggestion) -> Vec<Facet> {
        let kind = match (&found.phase, &found.sorting) {
            (Phase::Claimed { .. }, _) | (Phase::Accepted { .. }, None) => true,
            (Phase::Accepted { .. }, Some(sorting)) => self.kind_may_change(sorting, call),
            _ => return Vec::new(),
        };
        let open = |f: &Facet| self.office.suggestions.is_open(*f) && (kind || *f != Facet::Kind);
        let sides = if is_mine(call, found) { Facet::ALL.to_vec() } else { Vec::new() };
        sides.into_iter().filter(open).collect()
    }

    async fn line(&self, suggestion: &Suggestion) -> Result<CaseLine, StoreError> {
        let by = self.handler(&suggestion.phase).await?.map(|person| person.name);
        Ok(CaseLine {
            id: suggestion.id,
            number: suggestion.number.clone(),
            pseudonym: suggestion.pseudonym.clone(),
            post: self.title_of(suggestion.post).await?,
            came_by: match suggestion.back.came_by() {
                Some(chat) => self.chat(chat).await?.map(|s| s.value.title),
                None => None,
            },
            phase: suggestion.phase.name(),
            due: super::receipt::promised(&suggestion.phase),
            by,
            sorting: suggestion.decided().cloned(),
            version: shown_version(suggestion),
        })
    }
}

/// The buttons for these steps.
#[must_use]
pub fn buttons(
    steps: &[TriagePress],
    id: SuggestionId,
    shown: Version,
    lang: Lang,
) -> Vec<Vec<Button>> {
    let button =
        |press: &TriagePress| Press::Triage(*press, id, shown).button(triage_label(*press, lang));
    steps.chunks(3).map(|row| row.iter().map(button).collect()).collect()
}

/// Lets reviewers and leads look.
fn triages(call: &Call) -> Result<(), Refusal> {
    may(call, Role::Reviewer).or_else(|refusal| may(call, Role::Lead).map_err(|_| refusal))?;
    Ok(())
}

/// Who has it.
pub(super) const fn holder(phase: &Phase) -> Option<PersonId> {
    match phase {
        Phase::Claimed { by, .. }
        | Phase::NeedInfo { by, .. }
        | Phase::Accepted { by, .. }
        | Phase::DeclineProposed { by, .. } => Some(*by),
        _ => None,
    }
}

/// Whether somebody may go on with what they have: a lead too, who takes over what was taken up.
pub(super) fn handles(person: &Person) -> bool {
    person.roles.contains(&Role::Reviewer) || person.roles.contains(&Role::Lead)
}

/// Whether the caller has it, and may go on with it.
fn is_mine(call: &Call, suggestion: &Suggestion) -> bool {
    let me = call.staff().filter(|me| handles(me));
    me.is_some_and(|me| holder(&suggestion.phase) == Some(me.id))
}

/// Whether it was taken up as a report of wrongdoing.
pub(super) fn is_report(suggestion: &Suggestion) -> bool {
    suggestion.decided().is_some_and(|sorting| sorting.kind == MatterKind::Report)
}

/// How many steps it has taken: wrong tries of its code and edits do not count.
pub(super) fn shown_version(suggestion: &Suggestion) -> Version {
    Version(suggestion.chain.length.into())
}

/// What the caller can do with it now. `by` is the colleague who has it and handles it: from them a lead takes it by
/// the command alone, so that a press in passing takes it from nobody.
fn steps(call: &Call, suggestion: &Suggestion, by: Option<&str>) -> Vec<TriagePress> {
    use TriagePress as T;
    let Some(me) = call.staff() else { return Vec::new() };
    let reviews = me.roles.contains(&Role::Reviewer);
    let mine = is_mine(call, suggestion);
    let mut steps = match &suggestion.phase {
        Phase::Received { .. } if reviews => vec![T::Claim],
        Phase::Claimed { .. } if mine && suggestion.questions < QUESTIONS => {
            vec![T::TakeUp, T::Ask, T::Release]
        }
        Phase::Claimed { .. } if mine => vec![T::TakeUp, T::Release],
        Phase::Accepted { .. } if mine && is_report(suggestion) => {
            vec![T::Answer, T::Sort, T::Next]
        }
        Phase::Accepted { .. } if mine => vec![T::Answer, T::Decline, T::Sort, T::Next],
        Phase::Accepted { .. } if by.is_none() && handles(me) => vec![T::Claim],
        Phase::DeclineProposed { by, .. } if me.roles.contains(&Role::Lead) && *by != me.id => {
            vec![T::Confirm, T::Return]
        }
        Phase::DeclineProposed { .. } if mine => vec![T::Return],
        _ => Vec::new(),
    };
    steps.retain(|step| reviews || *step != T::Next);
    steps
}
