//! What is found when everything that a store has is looked through.

use crate::model::Kind;
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
}

impl Report {
    /// How many problems are told in words.
    pub const TOLD_MAX: usize = 100;

    pub(super) fn problem(&mut self, what: String) {
        self.faults += 1;
        if self.problems.len() < Self::TOLD_MAX {
            self.problems.push(what);
        }
    }
}
