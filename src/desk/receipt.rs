//! The receipt: what a submitter sees with number and code, and what they see of all that is theirs.
//!
//! A try is counted before the code is looked at, so that tries made at the same time are counted one after
//! another: of two, one commits, and the other reads again. A code is compared in constant time, and a number
//! that does not exist costs as much time as one that does.

use super::{Call, Desk, DeskError};
use crate::model::{
    At, Changes, Code, Index, Lang, Phase, PhaseName, Suggestion, Tries, Versioned,
};
use crate::store::vault::{hash_secret, verify_secret};
use crate::store::{Scan, StoreError};
use crate::text::say::Refusal;
use std::sync::Arc;
use std::time::Duration;

/// How many wrong tries in a row cost nothing.
const FREE_TRIES: u32 = 5;

/// The longest wait between tries.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How many suggestions a member is shown.
const LISTED: usize = 20;

/// A hash of no code, with the cost of the real ones.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What the receipt page shows. Not what was written: that takes the code once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    /// The number.
    pub number: Code,
    /// When it was begun.
    pub created: At,
    /// Where it stands.
    pub phase: PhaseName,
    /// Until when the next step is promised.
    pub promised: Option<At>,
    /// The unit that answers, once it is taken up.
    pub unit: Option<String>,
    /// The title of the post that it answers.
    pub post: Option<String>,
    /// What the submitter is asked.
    pub question: Option<String>,
    /// The answer, or the reason for declining.
    pub answer: Option<String>,
    /// The reason code, when it was declined.
    pub declined: Option<crate::model::DeclineCode>,
    /// The language in which it was submitted.
    pub lang: Lang,
}

/// A suggestion, as its submitter sees it in a list.
pub type MineLine = ReceiptView;

impl Desk {
    /// What the receipt page shows to whoever has number and code.
    ///
    /// # Errors
    /// When there is no such number or the code is wrong (which of both is not told), or there were too
    /// many wrong tries.
    pub async fn receipt(&self, number: &Code, secret: &Code) -> Result<ReceiptView, DeskError> {
        let suggestion = self.unlock(number, secret).await?;
        self.view(&suggestion).await
    }

    /// What was written, for whoever has number and code.
    ///
    /// # Errors
    /// As [`Desk::receipt`].
    pub async fn original(&self, number: &Code, secret: &Code) -> Result<Vec<String>, DeskError> {
        let suggestion = self.unlock(number, secret).await?;
        self.texts_of(&suggestion)
    }

    /// T24, by whoever has number and code. Returns when the text is erased.
    ///
    /// # Errors
    /// As [`Desk::receipt`], and when it is over.
    pub async fn withdraw_by_receipt(&self, number: &Code, secret: &Code) -> Result<At, DeskError> {
        let suggestion = self.unlock(number, secret).await?;
        let mut call = self.visitor(suggestion.lang);
        let (_, erase_at) = self.take_back(&mut call, &suggestion).await?;
        self.commit(call).await?;
        Ok(erase_at)
    }

    /// T25, by whoever has number and code.
    ///
    /// # Errors
    /// As [`Desk::receipt`].
    pub async fn erase_by_receipt(&self, number: &Code, secret: &Code) -> Result<(), DeskError> {
        let suggestion = self.unlock(number, secret).await?;
        let mut changes = Changes::new();
        self.erase(&mut changes, &suggestion, self.clock.now()).await?;
        Ok(self.store.commit(changes).await?)
    }

    /// Something is added (T10), by whoever has number and code.
    ///
    /// # Errors
    /// As [`Desk::receipt`], and when it is over, or the text is too short or long.
    pub async fn supplement_by_receipt(
        &self,
        number: &Code,
        secret: &Code,
        text: &str,
    ) -> Result<(), DeskError> {
        let suggestion = self.unlock(number, secret).await?;
        let mut call = self.visitor(suggestion.lang);
        self.add_to(&mut call, &suggestion, text).await?;
        Ok(self.commit(call).await?)
    }

    /// Whether what has this number is erased. Only for whoever has shown that its receipt was theirs.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_erased(&self, number: &Code) -> Result<bool, StoreError> {
        let found = self.by_number(number).await?;
        Ok(found.is_some_and(|s| s.phase.name() == PhaseName::Erased))
    }

    /// All that the caller has submitted, the latest first.
    ///
    /// # Errors
    /// When the store or the key file fails.
    pub async fn mine(&self, call: &Call) -> Result<Vec<MineLine>, DeskError> {
        let prefix = Suggestion::of_member(call.member);
        let scan = Scan::of(Index::SuggestionsByMember, prefix, LISTED).backward();
        let mut lines = Vec::new();
        for suggestion in self.reads().find_all::<Suggestion>(&scan).await? {
            if suggestion.phase.name() != PhaseName::Draft {
                lines.push(self.view(&suggestion).await?);
            }
        }
        Ok(lines)
    }

    async fn view(&self, suggestion: &Suggestion) -> Result<ReceiptView, DeskError> {
        let question = match &suggestion.phase {
            Phase::NeedInfo { question, .. } => self.open_text(question)?,
            _ => None,
        };
        let answer = suggestion.answer.as_ref().map(|a| self.open_text(a)).transpose()?.flatten();
        let declined = match suggestion.phase {
            Phase::Declined { code, .. } => Some(code),
            _ => None,
        };
        Ok(ReceiptView {
            number: suggestion.number.clone(),
            created: suggestion.created,
            phase: suggestion.phase.name(),
            promised: promised(&suggestion.phase),
            unit: suggestion.decided().map(|s| self.office.suggestions.unit(s, suggestion.lang)),
            post: self.title_of(suggestion.post).await?,
            question,
            answer,
            declined,
            lang: suggestion.lang,
        })
    }

    pub(super) fn texts_of(&self, suggestion: &Suggestion) -> Result<Vec<String>, DeskError> {
        let mut texts = Vec::with_capacity(suggestion.texts.len());
        for sealed in &suggestion.texts {
            texts.extend(self.open_text(sealed)?);
        }
        Ok(texts)
    }

    /// The suggestion of this number, for whoever has its code.
    async fn unlock(
        &self,
        number: &Code,
        secret: &Code,
    ) -> Result<Versioned<Suggestion>, DeskError> {
        let Some(hash) = self.count_try(number).await? else {
            self.is_secret(secret.clone(), NOBODYS.to_owned()).await?;
            return Err(Refusal::WrongCode.into());
        };
        if !self.is_secret(secret.clone(), hash).await? {
            return Err(Refusal::WrongCode.into());
        }
        self.right_try(number).await
    }

    /// Counts a try, as a wrong one until it proves right. Returns the hash to compare with; `None` when
    /// there is nothing under this number.
    async fn count_try(&self, number: &Code) -> Result<Option<String>, DeskError> {
        loop {
            let Some(old) = self.by_number(number).await? else { return Ok(None) };
            let Some(hash) = old.secret.clone() else { return Ok(None) };
            let now = self.clock.now();
            if now < old.tries.next {
                let minutes = old.tries.next.since(now).as_secs().div_ceil(60).max(1);
                return Err(Refusal::TooManyTries { minutes }.into());
            }
            let wrong = old.tries.wrong.saturating_add(1);
            let tries = Tries { wrong, next: now.plus(wait_after(wrong)) };
            match self.set_tries(&old, tries).await {
                Ok(()) => return Ok(Some(hash)),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn right_try(&self, number: &Code) -> Result<Versioned<Suggestion>, DeskError> {
        loop {
            let found = self.by_number(number).await?.ok_or(Refusal::WrongCode)?;
            match self.set_tries(&found, Tries::default()).await {
                Ok(()) => break,
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.by_number(number).await?.ok_or(Refusal::WrongCode)?)
    }

    async fn set_tries(&self, old: &Versioned<Suggestion>, tries: Tries) -> Result<(), StoreError> {
        let mut changes = Changes::new();
        changes.update(old, Suggestion { tries, ..old.value.clone() });
        self.store.commit(changes).await
    }

    /// Hashes a code where nobody waits for it but the caller.
    pub(super) async fn hash_code(&self, code: Code) -> Result<String, DeskError> {
        let clock = Arc::clone(&self.clock);
        Ok(self.slowly(move || hash_secret(&code, &*clock)).await??)
    }

    async fn is_secret(&self, code: Code, hash: String) -> Result<bool, DeskError> {
        Ok(self.slowly(move || verify_secret(&code, &hash)).await??)
    }

    /// Does what takes long on another thread, only a few at a time: each takes 19 MiB.
    async fn slowly<T: Send + 'static>(
        &self,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |e| StoreError::Backend(format!("hashing: {e}"));
        let _turn = self.hashing.acquire().await.map_err(closed)?;
        Ok(tokio::task::spawn_blocking(what).await?)
    }
}

/// Until when the next step is promised.
pub(super) const fn promised(phase: &Phase) -> Option<At> {
    match phase {
        Phase::Received { respond_by, .. } | Phase::Claimed { respond_by, .. } => Some(*respond_by),
        Phase::NeedInfo { until, .. } => Some(*until),
        Phase::Accepted { answer_by, .. } | Phase::DeclineProposed { answer_by, .. } => {
            Some(*answer_by)
        }
        Phase::Withdrawn { erase_at, .. } => Some(*erase_at),
        Phase::Draft { .. }
        | Phase::Answered { .. }
        | Phase::Declined { .. }
        | Phase::Erased { .. } => None,
    }
}

/// How long nobody may try again after this many wrong tries in a row.
fn wait_after(wrong: u32) -> Duration {
    match wrong.checked_sub(FREE_TRIES) {
        None | Some(0) => Duration::ZERO,
        Some(over) => Duration::from_secs(1u64 << over.min(32)).min(LONGEST_WAIT),
    }
}
