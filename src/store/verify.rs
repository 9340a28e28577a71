//! What is found when everything that a store has is looked through.

use crate::model::{Audience, Counter, Kind, MediaId, Record};
use std::collections::BTreeMap;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Records of each kind.
    pub records: BTreeMap<Kind, u64>,
    /// Lines of indexes.
    pub lines: u64,
    /// Counts.
    pub counts: u64,
    /// How many things are not as they should be.
    pub faults: u64,
    /// The first of them, in words.
    pub problems: Vec<String>,
    /// What posts carry, and what is there of it.
    pub(super) media: BTreeMap<MediaId, Carried>,
    /// What records say of counts that are kept beside them, less what the counts say.
    pub(super) sums: BTreeMap<Vec<u8>, i64>,
}

/// How something that posts carry lies in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    editions: u64,
    pieces: Option<u16>,
    found: u64,
}

impl Report {
    /// How many problems are told in words.
    pub const TOLD_MAX: usize = 100;

    /// Notes that a record adds to these counts.
    pub(super) fn adds(&mut self, counters: Vec<Counter>) {
        for counter in counters {
            *self.sums.entry(counter.0).or_default() += 1;
        }
    }

    /// Notes what a record says of what posts carry.
    pub(super) fn sees(&mut self, record: &Record) {
        match record {
            Record::Enclosing(_, enclosed) => {
                for it in enclosed {
                    self.media.entry(it.id).or_default().editions += 1;
                }
            }
            Record::Media(media) => {
                self.media.entry(media.id).or_default().pieces = Some(media.pieces);
            }
            Record::Piece(piece) => self.media.entry(piece.of).or_default().found += 1,
            _ => {}
        }
    }

    /// Notes a count, and what it says where records say the same.
    pub(super) fn count(&mut self, counter: Counter, sum: i64) {
        self.counts += 1;
        if counter.0.starts_with(&Audience::COUNTS) {
            *self.sums.entry(counter.0).or_default() -= sum;
        }
    }

    /// Tells the counts that differ from what the records say, and what posts carry that is not there. What no
    /// edition carries may be on its way in or out.
    pub(super) fn compare(&mut self) {
        for (id, it) in std::mem::take(&mut self.media) {
            if it.editions > 0 && it.pieces.map(u64::from) != Some(it.found) {
                self.problem(format!("{} editions carry {id:?}, which is not whole", it.editions));
            }
            if it.pieces.is_none() && it.found > 0 {
                self.problem(format!("{} pieces belong to no {id:?}", it.found));
            }
        }
        for (name, difference) in std::mem::take(&mut self.sums) {
            if difference != 0 {
                let counter = Counter(name);
                self.problem(format!(
                    "subscribers {counter:?} are counted wrongly by {difference}"
                ));
            }
        }
    }

    pub(super) fn problem(&mut self, what: String) {
        self.faults += 1;
        if self.problems.len() < Self::TOLD_MAX {
            self.problems.push(what);
        }
    }
}
