//! What the clock alone moves on: drafts that nobody confirmed, leases, questions without an answer, texts of
//! withdrawn suggestions. One suggestion a commit; doing it twice changes nothing.

use super::{Desk, DeskError, events, hours};
use crate::model::{At, Index, Kind, Phase, SegmentReader, Suggestion, Versioned};
use crate::store::{Scan, StoreError};
use crate::text::say::{SuggestionSays, TriageSays};

impl Desk {
    /// The suggestions that the clock has to look at, at most `limit`, and when the next one's turn will be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn overdue(
        &self,
        limit: usize,
    ) -> Result<(Vec<Versioned<Suggestion>>, Option<At>), StoreError> {
        let now = self.clock.now();
        let mut overdue = Vec::new();
        let lines = self.reads().scan(&Scan::of(Index::Promises, Vec::new(), limit)).await?;
        for line in lines.iter().filter(|l| l.key.kind == Kind::Suggestion) {
            match SegmentReader::new(&line.at).at() {
                Some(at) if at > now => return Ok((overdue, Some(at))),
                _ => overdue.extend(self.reads().find(&line.key).await?),
            }
        }
        let next = (lines.len() == limit).then_some(now);
        Ok((overdue, next))
    }

    /// Moves one suggestion on whose time is over, in a commit of its own.
    ///
    /// # Errors
    /// A conflict when it has moved on meanwhile: then there is nothing to do.
    pub async fn lapse(&self, old: &Versioned<Suggestion>) -> Result<(), StoreError> {
        let mut call = self.visitor(old.lang);
        let over = old.phase.deadline().is_some_and(|at| at <= call.at);
        if !over {
            return Ok(());
        }
        let done = match &old.phase {
            Phase::Draft { .. } => self.lapse_draft(&mut call, old).await,
            Phase::Claimed { .. } => self.lapse_claim(&mut call, old).await,
            Phase::NeedInfo { .. } => self.lapse_question(&mut call, old).await,
            Phase::Withdrawn { .. } => Ok(self.erase(&mut call.changes, old, call.at).await?),
            _ => Ok(()),
        };
        match done {
            Ok(()) => self.commit(call).await,
            Err(DeskError::Failed(error)) => Err(error),
            // It has moved on meanwhile.
            Err(DeskError::Refused(_) | DeskError::Stale(..)) => Ok(()),
        }
    }

    /// T3: the text is destroyed at once. Where its author can be told so, the address stays a day longer,
    /// for that; then nothing is left.
    async fn lapse_draft(
        &self,
        call: &mut super::Call,
        old: &Versioned<Suggestion>,
    ) -> Result<(), DeskError> {
        if old.texts.is_empty() || old.back == crate::model::Return::Page {
            return Ok(self.remove_draft(&mut call.changes, old).await?);
        }
        let mut now = old.value.clone();
        now.texts.clear();
        now.message = None;
        now.phase = Phase::Draft { until: call.at.plus(hours(24)) };
        self.tell_back(call, &now, &SuggestionSays::DraftLapsed, None)?;
        events::replace(&mut call.changes, old, now);
        Ok(())
    }

    /// T8: it goes back to all reviewers.
    async fn lapse_claim(
        &self,
        call: &mut super::Call,
        old: &Versioned<Suggestion>,
    ) -> Result<(), DeskError> {
        let Phase::Claimed { by, .. } = old.phase else { return Ok(()) };
        let mut now = old.value.clone();
        now.phase = now.phase.release(call.at).map_err(|_| StoreError::Conflict)?;
        let now = events::advance(&mut call.changes, old, now, call.at);
        let says = TriageSays::LeaseOver { number: now.number.to_string() };
        self.tell_person(call, by, &now, &says).await
    }

    /// T10: it goes on with what there is.
    async fn lapse_question(
        &self,
        call: &mut super::Call,
        old: &Versioned<Suggestion>,
    ) -> Result<(), DeskError> {
        let Phase::NeedInfo { by, .. } = old.phase else { return Ok(()) };
        let now = self.resumed(old, call.at).map_err(|_| StoreError::Conflict)?;
        let now = events::advance(&mut call.changes, old, now, call.at);
        let says = SuggestionSays::GoesOnWithout { number: now.number.to_string() };
        self.tell_back(call, &now, &says, None)?;
        let says = TriageSays::QuestionOver { number: now.number.to_string() };
        self.tell_person(call, by, &now, &says).await
    }
}
