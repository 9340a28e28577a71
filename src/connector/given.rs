//! What a platform was given, under the names that it gave for it: given once, and named while the name lives.
//!
//! Races, by name. *Many chats at once*: the first gives it, the others wait for the name that it gets; that is what
//! the lock is held for. *It fails*: the next one gives it. *The platform does not take it*: nobody tries again for a
//! while. *The name is refused*: it is forgotten, and the message is sent again with another. *Accepted*: a restart
//! forgets all names, and what is sent then is given once more.

use super::SendFailure;
use crate::model::At;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many names are remembered.
const KEPT: usize = 64;
/// For so long nobody tries again what the platform did not take.
const REFUSED: Duration = Duration::from_hours(1);

/// Why a platform has no name for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ungiven {
    /// It does not take it: a link has to do.
    Refused(String),
    /// The message cannot be sent now.
    Failed(SendFailure),
}

impl Ungiven {
    /// What follows from a failure to give it. To give it twice does no harm.
    pub(super) fn of(failure: SendFailure) -> Self {
        match failure.repeatable() {
            SendFailure::Rejected(words) | SendFailure::Blocked(words) => Self::Refused(words),
            other => Self::Failed(other),
        }
    }
}

/// What the platform calls it or why it does not take it, and until when that surely holds.
type Name = Arc<tokio::sync::Mutex<Option<(Result<String, String>, At)>>>;

/// The names that a platform gave, those used last first.
#[derive(Default)]
pub(super) struct Given(Mutex<VecDeque<(String, Name)>>);

impl Given {
    /// The platform's name for something; `give` is only begun where none is known that lives.
    pub(super) async fn name(
        &self,
        it: &str,
        now: At,
        give: impl Future<Output = Result<(String, At), Ungiven>> + Send,
    ) -> Result<String, Ungiven> {
        let name = self.of(it);
        let mut held = name.lock().await;
        if let Some((known, until)) = &*held
            && now < *until
        {
            return known.clone().map_err(Ungiven::Refused);
        }
        *held = None;
        match give.await {
            Ok((given, until)) => {
                *held = Some((Ok(given.clone()), until));
                Ok(given)
            }
            Err(Ungiven::Refused(words)) => {
                tracing::warn!(reason = %words, "a platform does not take a file: links are sent");
                *held = Some((Err(words.clone()), now.plus(REFUSED)));
                Err(Ungiven::Refused(words))
            }
            Err(failed) => Err(failed),
        }
    }

    /// The platform does not know this name any more. Another, that somebody has got meanwhile, is kept.
    pub(super) async fn forget(&self, it: &str, refused: &str) {
        let name = self.of(it);
        let mut held = name.lock().await;
        if held.as_ref().is_some_and(|(known, _)| known.as_deref() == Ok(refused)) {
            *held = None;
        }
    }

    fn of(&self, it: &str) -> Name {
        let mut names = self.lock();
        let known = names.iter().position(|(known, _)| known == it);
        let name = known.and_then(|place| names.remove(place));
        let name = name.unwrap_or_else(|| (it.to_owned(), Name::default()));
        names.push_front(name.clone());
        names.truncate(KEPT);
        name.1
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Name)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
