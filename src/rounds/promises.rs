//! What the clock owes to those who wrote: drafts end, leases end, questions end, withdrawn texts go; and staff
//! are reminded of what was promised, on the last day and when it is late.
//!
//! Each suggestion is moved on in a commit of its own. Who died between two finds the rest due; who comes
//! second to one finds it moved on.

use crate::desk::{Desk, Reminded};
use crate::model::{At, Suggestion, Versioned};
use crate::store::StoreError;
use std::time::Duration;

/// How many suggestions are read at a time.
const PAGE: usize = 50;

/// How long the round rests when nothing moves on.
const PAUSE: Duration = Duration::from_mins(1);

/// The round of promises.
#[derive(Clone)]
pub struct Promises {
    desk: Desk,
}

impl Promises {
    /// A round over this desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    /// Moves on everything whose time is over. Returns when the next time will be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Option<At>, StoreError> {
        let (mut seen, mut reminded) = (Vec::new(), Reminded::default());
        loop {
            let (overdue, next) = self.desk.overdue(PAGE).await?;
            if overdue.is_empty() {
                return Ok(next);
            }
            let page: Vec<_> = overdue.iter().map(|s| (s.id, s.version)).collect();
            if page == seen {
                // What does not move on must not turn this into a loop without end.
                tracing::error!(promises.overdue = page.len(), "suggestions could not be moved on");
                return Ok(Some(self.desk.now().plus(PAUSE)));
            }
            seen = page;
            let now = self.desk.now();
            let over = |s: &Versioned<Suggestion>| s.phase.deadline().is_some_and(|at| at <= now);
            // What ends now may be somebody else's afterwards: of that they are reminded in the next turn.
            let (ended, others): (Vec<_>, Vec<_>) = overdue.into_iter().partition(over);
            self.desk.remind(&others, &mut reminded).await?;
            for suggestion in ended {
                match self.desk.lapse(&suggestion).await {
                    // Somebody moved it on meanwhile: it is looked at again, as it stands now.
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
