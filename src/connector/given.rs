//! What a platform was given, under the names that it gave for it: given once, and named while the name lives.
//!
//! Races, by name. *Many chats at once*: the first gives it, the others wait for the name that it gets; that is what
//! the lock is held for. *It fails*: the next one gives it. *The platform does not take it*: nobody tries again for a
//! while. *A name that was kept is refused*: it is forgotten, and the message is sent again with another. *One that was
//! just given is refused*: another would be too, so for a while it counts as not taken. *Accepted*: a restart forgets
//! all names, and what is sent then is given once more.

use super::SendFailure;
use crate::model::{AccountId, At, Enclosed, MediaClass, Platform};
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

/// A name that the platform gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The name.
    pub name: String,
    /// Whether it was given for this message.
    pub age: Age,
}

/// Whether a name was given for the message at hand, or before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    Kept,
}

/// What becomes of a message that was refused because of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is sent again, with another name.
    Again,
    /// It goes without: a link has to do.
    Without,
}

/// What WeCom and DingTalk call its sort, where it is given.
pub(super) const fn sort(it: &Enclosed) -> &'static str {
    match it.class() {
        MediaClass::Picture => "image",
        MediaClass::File => "file",
    }
}

/// What WeCom or Official Accounts said of a message that was refused because they do not know a name in it.
pub(super) fn unknown_name<T>(sent: &Result<T, SendFailure>) -> Option<String> {
    match sent {
        Err(SendFailure::Rejected(words)) if words.starts_with("40007 ") => Some(words.clone()),
        _ => None,
    }
}

/// What the platform calls it or why it does not take it, and until when that surely holds.
type Name = Arc<tokio::sync::Mutex<Option<(Result<String, String>, At)>>>;

/// The names that a platform gave, those used last first.
pub(super) struct Given {
    platform: Platform,
    account: AccountId,
    names: Mutex<VecDeque<(String, Name)>>,
}

impl Given {
    /// Nothing yet, by this account of a platform.
    pub(super) fn by(platform: Platform, account: &AccountId) -> Self {
        Self { platform, account: account.clone(), names: Mutex::default() }
    }

    /// The platform's name for something; `give` is only begun where none is known that lives.
    pub(super) async fn name(
        &self,
        it: &str,
        now: At,
        give: impl Future<Output = Result<(String, At), Ungiven>> + Send,
    ) -> Result<Named, Ungiven> {
        let name = self.of(it);
        let mut held = name.lock().await;
        if let Some((known, until)) = &*held
            && now < *until
        {
            let named = |name| Named { name, age: Age::Kept };
            return known.clone().map(named).map_err(Ungiven::Refused);
        }
        *held = None;
        match give.await {
            Ok((given, until)) => {
                *held = Some((Ok(given.clone()), until));
                Ok(Named { name: given, age: Age::Fresh })
            }
            Err(Ungiven::Refused(words)) => {
                self.warn(&words);
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

    /// The platform does not take it under the name that it has just given. Another, that somebody has got meanwhile,
    /// is kept.
    pub(super) async fn refuse(&self, it: &str, named: &Named, words: &str, now: At) {
        let name = self.of(it);
        let mut held = name.lock().await;
        if held.as_ref().is_none_or(|(known, _)| known.as_deref() == Ok(&named.name)) {
            self.warn(words);
            *held = Some((Err(words.to_owned()), now.plus(REFUSED)));
        }
    }

    /// It was not the name's fault that it was refused.
    pub(super) async fn pardon(&self, it: &str) {
        let name = self.of(it);
        let mut held = name.lock().await;
        if held.as_ref().is_some_and(|(known, _)| known.is_err()) {
            *held = None;
        }
    }

    /// What follows from the refusal of a message with a name, which is forgotten if it was kept, and refused if not.
    pub(super) async fn disown(&self, it: &str, named: &Named, words: &str, now: At) -> Next {
        match named.age {
            Age::Kept => {
                self.forget(it, &named.name).await;
                Next::Again
            }
            Age::Fresh => {
                self.refuse(it, named, words, now).await;
                Next::Without
            }
        }
    }

    fn warn(&self, words: &str) {
        tracing::warn!(
            platform = self.platform.name(),
            account.id = %self.account,
            reason = words,
            "the platform does not take a picture or file: links are sent"
        );
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
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
