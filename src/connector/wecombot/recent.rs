//! What was heard just now and can be answered for a short while under the name of the frame in which it came.

use crate::model::At;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many are kept.
const MOST: usize = 256;

/// Something that was heard.
#[derive(Clone)]
pub(super) struct Recent {
    /// The message: theirs that can be answered, or ours whose button was pressed.
    pub message: String,
    /// The card with the button.
    pub task: String,
    /// The name of the frame.
    pub req_id: String,
    /// When.
    pub at: At,
}

/// The latest, oldest first.
#[derive(Default)]
pub(super) struct Recents(Mutex<VecDeque<Recent>>);

impl Recents {
    pub(super) fn add(&self, recent: Recent) {
        let mut all = self.lock();
        // The same may come twice, and only the later frame is open.
        all.retain(|it| it.message != recent.message);
        all.push_back(recent);
        if all.len() > MOST {
            all.pop_front();
        }
    }

    /// What was heard of this message within this span. It can be answered once.
    pub(super) fn take(&self, message: &str, now: At, within: Duration) -> Option<Recent> {
        let mut all = self.lock();
        let at = all.iter().position(|it| it.message == message)?;
        all.remove(at).filter(|it| now.since(it.at) <= within)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Recent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
