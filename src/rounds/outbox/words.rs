//! What a post says, rendered once for all who read it in one language at one size.

use crate::model::{Edition, Enclosed, Lang, PostId, Revision};
use crate::store::{Reads, StoreError};
use crate::text::letter::{Taking, letters};
use crate::text::{Card, Carries, Letter, Part, Size};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The parts of a message, shared by all who get it.
pub(super) type Parts = Arc<Vec<Leaf>>;

/// One message of several: words, and what goes with them, which may be nothing.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) part: Arc<Part>,
    pub(super) enclosed: Arc<[Enclosed]>,
    /// What it is instead, where it is a message of cards.
    pub(super) cards: Arc<[Card]>,
}

/// How many renderings are kept: posts that go out at once, times languages and sizes.
const KEPT: usize = 64;

/// Which rendering.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wording {
    pub(super) post: PostId,
    pub(super) revision: Revision,
    pub(super) lang: Lang,
    pub(super) size: Size,
    pub(super) carries: Carries,
}

/// The renderings used last.
#[derive(Default)]
pub(super) struct Words(Mutex<VecDeque<(Wording, Parts)>>);

impl Words {
    /// The parts of a post's edition; `None` where it is gone.
    pub(super) async fn of(
        &self,
        reads: &dyn Reads,
        wording: Wording,
        base: &str,
    ) -> Result<Option<Parts>, StoreError> {
        if let Some(parts) = self.known(wording) {
            return Ok(Some(parts));
        }
        let key = Edition::key_of(wording.post, wording.revision);
        let Some(edition) = reads.find::<Edition>(&key).await? else { return Ok(None) };
        let Wording { lang, size, carries, .. } = wording;
        let taking = Taking { size, carries, base };
        let letters = letters(&edition.content, &edition.enclosed, lang, taking);
        let parts: Parts = Arc::new(letters.into_iter().map(Leaf::of).collect());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((wording, parts.clone()));
        kept.truncate(KEPT);
        Ok(Some(parts))
    }

    fn known(&self, wording: Wording) -> Option<Parts> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(w, _)| *w == wording)?;
        if place > 0 {
            let found = kept.remove(place)?;
            kept.push_front(found);
        }
        kept.front().map(|(_, parts)| parts.clone())
    }
}

impl Leaf {
    fn of(letter: Letter) -> Self {
        let Letter { part, enclosed, cards } = letter;
        Self { part: Arc::new(part), enclosed: enclosed.into(), cards: cards.into() }
    }
}

/// Parts to be shared.
pub(super) fn parts(rendered: Vec<Part>) -> Parts {
    let leaf =
        |part| Leaf { part: Arc::new(part), enclosed: Arc::default(), cards: Arc::default() };
    Arc::new(rendered.into_iter().map(leaf).collect())
}
