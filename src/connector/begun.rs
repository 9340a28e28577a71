//! What one message says in several calls, of which some were taken: whoever tries it again goes on where that ended.
//!
//! It is kept in memory alone, and of the latest only: after a restart, or behind so many others, a message is said
//! again from its beginning.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many are kept.
const MOST: usize = 256;

/// What was taken of each, by the message's name; the latest is the last.
#[derive(Default)]
pub(super) struct Begun<T>(Mutex<VecDeque<(String, T)>>);

impl<T: Clone> Begun<T> {
    /// What was taken of this message, where it was not all.
    pub(super) fn of(&self, once: &str) -> Option<T> {
        self.lock().iter().find(|(it, _)| it == once).map(|(_, taken)| taken.clone())
    }

    /// So much was taken, and more is to come.
    pub(super) fn keep(&self, once: &str, taken: T) {
        let mut all = self.lock();
        all.retain(|(it, _)| it != once);
        all.push_back((once.to_owned(), taken));
        if all.len() > MOST {
            all.pop_front();
        }
    }

    /// All of it was taken.
    pub(super) fn forget(&self, once: &str) {
        self.lock().retain(|(it, _)| it != once);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Begun, MOST};

    #[test]
    fn the_latest_are_kept_until_all_of_a_message_was_taken() {
        let begun = Begun::default();
        for number in 0..=MOST {
            begun.keep(&number.to_string(), 1);
        }
        assert_eq!((begun.of("0"), begun.of("1")), (None, Some(1)));
        begun.keep("1", 2);
        begun.keep("more", 1);
        assert_eq!((begun.of("1"), begun.of("2")), (Some(2), None));
        begun.forget("1");
        assert_eq!(begun.of("1"), None);
    }
}
