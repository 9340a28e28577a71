//! Looks after what is in people's hands: asks whoever keeps a group, reminds them, asks their deputy, tells staff,
//! and tells all of them when it is called off. And after what is in a platform's hands: what it tells of a message
//! that it had taken is brought together with its delivery, whichever was there first.
//!
//! Each is moved on in a commit of its own, with what is told for it. Who died between two finds the rest due; who
//! comes second to one finds it moved on.

use crate::desk::Desk;
use crate::model::{At, Key};
use crate::store::StoreError;
use std::time::Duration;

/// How many are looked at together.
const PAGE: usize = 50;

/// How long the round rests when nothing moves on.
const PAUSE: Duration = Duration::from_mins(1);

/// The round of what is in people's hands.
#[derive(Clone)]
pub struct Hands {
    desk: Desk,
}

/// What came of looking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// When to look again.
    pub next: Option<At>,
    /// How many were moved on: somebody may have to be told.
    pub moved: usize,
}

impl Hands {
    /// A round over this desk.
    #[must_use]
    pub const fn new(desk: Desk) -> Self {
        Self { desk }
    }

    /// Moves on everything whose time has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn round(&self) -> Result<Looked, StoreError> {
        let (mut seen, mut moved) = (Vec::<Key>::new(), self.desk.judge().await?);
        loop {
            let (due, next) = self.desk.hands_due(PAGE).await?;
            if due.is_empty() {
                return Ok(Looked { next, moved });
            }
            if due == seen {
                // What does not move on must not turn this into a loop without end.
                tracing::error!(hands.due = due.len(), "what is in people's hands is not moved on");
                return Ok(Looked { next: Some(self.desk.now().plus(PAUSE)), moved });
            }
            for key in &due {
                match self.desk.hand_on(key).await {
                    Ok(()) => moved += 1,
                    // Somebody said what became of it meanwhile.
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                }
            }
            seen = due;
        }
    }
}
