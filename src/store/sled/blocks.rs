//! Keys and values in order, many of them in one value of sled's tree.
//!
//! sled keeps at most 16 keys in a page and some hundred bytes in memory for each page, however small the cache:
//! with a key of sled's for each of ours a million subscribers took 500 MB (measured). And every key that is
//! written is a change of a page by itself. So neighbours lie together in blocks ([`block`]), each under a name
//! that is not behind its first key and behind all keys of the block before.
//!
//! **Invariant:** a key lies in the block with the last name that is not behind it, or nowhere. Only one writes
//! at a time; who reads meanwhile keeps the writer out while they do. Keys that begin with 0 lie in the tree as
//! they are: what the store knows of itself can be read by every program, whatever its format.
//!
//! *sled waits for itself.* Where its log grows at the end, sled waits for an earlier cut of the file, under the
//! lock of its accounts; the cut is work for the same seven threads that write the log, and each of these needs
//! that lock to finish. When seven writes are under way, nobody is left to make the cut, and all stand still for
//! ever (seen while a million subscribers were added). A batch is at most three writes; so none begins before
//! the one before it is on the disk.

use super::block::{self, Divide, Entry};
use super::layout;
use crate::store::StoreError;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

/// What is written together; `None` removes.
#[derive(Clone, Debug, Default)]
pub struct Batch(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Batch {
    /// Writes a value under a key.
    pub fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    /// Removes a key.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }
}

/// A key and what is written under it; `None` removes it.
pub type Write<'w> = (&'w [u8], Option<&'w [u8]>);

/// The tree.
#[derive(Clone)]
pub struct Blocks(::sled::Tree);

/// Whether a key lies in the tree as it is.
pub(super) fn is_plain(key: &[u8]) -> bool {
    key.first().is_none_or(|byte| *byte == 0)
}

/// The first name that a block can have.
const FIRST: [u8; 1] = [1];

#[expect(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
fn failed(error: ::sled::Error) -> StoreError {
    layout::failed(&error)
}

impl Blocks {
    /// Over a tree of sled's.
    #[must_use]
    pub fn over(tree: &::sled::Tree) -> Self {
        Self(tree.clone())
    }

    /// The value under a key.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if is_plain(key) {
            return Ok(self.0.get(key).map_err(failed)?.map(|value| value.to_vec()));
        }
        let Some((_, block)) = self.holding(key)? else { return Ok(None) };
        Ok(block::find(&block, key)?.map(<[u8]>::to_vec))
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(key)?.is_some())
    }

    /// Everything between these keys, from either end.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn range(&self, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Range, StoreError> {
        let names = match &from {
            Bound::Included(key) | Bound::Excluded(key) if !is_plain(key) => {
                let holding = self.holding(key)?;
                Bound::Included(holding.map_or_else(|| key.clone(), |(name, _)| name.to_vec()))
            }
            Bound::Excluded(key) => Bound::Excluded(key.clone()),
            Bound::Included(key) => Bound::Included(key.clone()),
            Bound::Unbounded => Bound::Unbounded,
        };
        let found = self.0.range((names, to.clone()));
        let (ahead, behind) = (VecDeque::new(), VecDeque::new());
        Ok(Range { found, from, to, ahead, behind })
    }

    /// Everything that begins with this.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn beginning(&self, prefix: Vec<u8>) -> Result<Range, StoreError> {
        let to = layout::behind(prefix.clone());
        let to = if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) };
        self.range(Bound::Included(prefix), to)
    }

    /// Everything.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn all(&self) -> Result<Range, StoreError> {
        self.range(Bound::Unbounded, Bound::Unbounded)
    }

    /// Brings what was written to the disk.
    ///
    /// # Errors
    /// When that fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.0.flush().map_err(failed)?;
        Ok(())
    }

    /// Writes all of a batch, or nothing; gives how many keys of sled's that took. Nobody else may write meanwhile.
    /// Where it is not followed by [`Self::flush`], the next batch waits for the disk.
    ///
    /// # Errors
    /// When the tree cannot be read or written.
    pub fn apply(&self, batch: &Batch) -> Result<usize, StoreError> {
        let writes = batch.0.iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
        self.write(&writes.collect::<Vec<_>>())
    }

    /// The same of writes in the order of their keys, of which there is one for each; those that lie in the tree as
    /// they are come first, in any order.
    ///
    /// # Errors
    /// The same.
    pub fn write(&self, writes: &[Write<'_>]) -> Result<usize, StoreError> {
        self.flush()?;
        let (mut writing, mut rest) = (Writing::default(), writes);
        while let Some(((key, value), behind)) = rest.split_first() {
            if is_plain(key) {
                writing.plain(key, *value);
                rest = behind;
                continue;
            }
            let place = self.place(key)?;
            let here = |key: &[u8]| place.end.as_ref().is_none_or(|end| key < end.as_slice());
            let (run, behind) = rest.split_at(rest.iter().take_while(|(key, _)| here(key)).count());
            self.rewrite(&mut writing, place, run)?;
            rest = behind;
        }
        let (batch, keys) = writing.end();
        self.0.apply_batch(batch).map_err(failed)?;
        Ok(keys)
    }

    /// The block in which a key lies, if anywhere.
    pub(super) fn holding(
        &self,
        key: &[u8],
    ) -> Result<Option<(::sled::IVec, ::sled::IVec)>, StoreError> {
        let found = self.0.range::<&[u8], _>(FIRST.as_slice()..=key).next_back();
        found.transpose().map_err(failed)
    }

    /// Where a key is to be written.
    fn place(&self, key: &[u8]) -> Result<Place, StoreError> {
        let (name, entries) = match self.holding(key)? {
            Some((name, block)) => (Some(name.to_vec()), block::decode(&block)?),
            None => (None, Vec::new()),
        };
        let end = self.0.get_gt(name.as_deref().unwrap_or(key)).map_err(failed)?;
        Ok(Place { name, entries, end: end.map(|(name, _)| name.to_vec()) })
    }

    fn rewrite(
        &self,
        writing: &mut Writing,
        place: Place,
        run: &[Write<'_>],
    ) -> Result<(), StoreError> {
        let first = run.first().map_or(&[][..], |(key, _)| key);
        let behind = place.entries.last().is_none_or(|(last, _)| last.as_slice() < first);
        let divide = if behind { Divide::Full } else { Divide::Even };
        let before = block::size(&place.entries);
        let entries = merged(place.entries, run);
        let size = block::size(&entries);
        let shrunk = size < before && size < block::LEAST && !entries.is_empty();
        if let (Some(name), true) = (&place.name, shrunk)
            && writing.joins(name, &entries, self)?
        {
            return Ok(());
        }
        let name = place.name.unwrap_or_else(|| first.to_vec());
        writing.settle();
        writing.open = Some(Open { covers: name.clone(), name, entries, divide });
        Ok(())
    }

    /// The block before the one of this name.
    fn before(&self, name: &[u8]) -> Result<Option<(::sled::IVec, ::sled::IVec)>, StoreError> {
        let found = self.0.range::<&[u8], _>(FIRST.as_slice()..name).next_back();
        found.transpose().map_err(failed)
    }
}

/// The old entries with what is written over them.
fn merged(old: Vec<Entry>, run: &[Write<'_>]) -> Vec<Entry> {
    let mut merged = Vec::with_capacity(old.len() + run.len());
    let mut old = old.into_iter().peekable();
    for (key, value) in run {
        while let Some(entry) = old.next_if(|(other, _)| other.as_slice() < *key) {
            merged.push(entry);
        }
        old.next_if(|(other, _)| other.as_slice() == *key);
        merged.extend(value.map(|value| (key.to_vec(), value.to_vec())));
    }
    merged.extend(old);
    merged
}

/// Where a key is to be written: a block with its name, which is none where no block begins before the key, and
/// the name of the block behind it.
struct Place {
    name: Option<Vec<u8>>,
    entries: Vec<Entry>,
    end: Option<Vec<u8>>,
}

/// A batch while it is made of blocks, from the first to the last.
#[derive(Default)]
struct Writing {
    batch: ::sled::Batch,
    keys: usize,
    /// The last block that was written, which the next may still be joined with.
    open: Option<Open>,
}

struct Open {
    name: Vec<u8>,
    /// The name of the last block of the tree that went into it.
    covers: Vec<u8>,
    entries: Vec<Entry>,
    divide: Divide,
}

impl Writing {
    fn plain(&mut self, key: &[u8], value: Option<&[u8]>) {
        match value {
            Some(value) => self.insert(key.to_vec(), value.to_vec()),
            None => self.remove(key.to_vec()),
        }
    }

    fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.keys += 1;
        self.batch.insert(key, value);
    }

    fn remove(&mut self, key: Vec<u8>) {
        self.keys += 1;
        self.batch.remove(key);
    }

    /// Joins what is left of a block with the block before it, where both fit into one.
    fn joins(
        &mut self,
        name: &[u8],
        entries: &[Entry],
        blocks: &Blocks,
    ) -> Result<bool, StoreError> {
        let Some((before, block)) = blocks.before(name)? else { return Ok(false) };
        let fits = |with: &[Entry]| block::size(with) + block::size(entries) <= block::MOST;
        match &mut self.open {
            // What the tree has under that name is not what it will be.
            Some(open) if open.covers == *before => {
                if !fits(&open.entries) {
                    return Ok(false);
                }
                open.entries.extend_from_slice(entries);
                name.clone_into(&mut open.covers);
            }
            _ => {
                let mut joined = block::decode(&block)?;
                if !fits(&joined) {
                    return Ok(false);
                }
                joined.extend_from_slice(entries);
                self.settle();
                let (name, covers) = (before.to_vec(), name.to_vec());
                self.open = Some(Open { name, covers, entries: joined, divide: Divide::Even });
            }
        }
        self.remove(name.to_vec());
        Ok(true)
    }

    /// Writes the block that is open.
    fn settle(&mut self) {
        let Some(Open { name, entries, divide, .. }) = self.open.take() else { return };
        if entries.is_empty() {
            self.remove(name);
            return;
        }
        let mut name = Some(name);
        for part in block::parts(entries, divide) {
            // The first keeps the name; the others are called by their first key.
            let of_part = || part.first().map(|(key, _)| key.clone()).unwrap_or_default();
            let name = name.take().unwrap_or_else(of_part);
            self.insert(name, block::encode(&part));
        }
    }

    fn end(mut self) -> (::sled::Batch, usize) {
        self.settle();
        (self.batch, self.keys)
    }
}

/// Entries between two keys, from either end.
pub struct Range {
    found: ::sled::Iter,
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    /// Of the block that was read last from the front, and from the back, what was not given yet.
    ahead: VecDeque<Entry>,
    behind: VecDeque<Entry>,
}

impl Range {
    /// The entries of a value of the tree that lie in the range.
    fn open(
        &self,
        found: ::sled::Result<(::sled::IVec, ::sled::IVec)>,
    ) -> Result<VecDeque<Entry>, StoreError> {
        let (name, value) = found.map_err(failed)?;
        let mut entries: VecDeque<_> = if is_plain(&name) {
            [(name.to_vec(), value.to_vec())].into()
        } else {
            block::decode(&value)?.into()
        };
        entries.retain(|(key, _)| self.contains(key));
        Ok(entries)
    }

    fn contains(&self, key: &[u8]) -> bool {
        let begun = match &self.from {
            Bound::Included(from) => key >= from.as_slice(),
            Bound::Excluded(from) => key > from.as_slice(),
            Bound::Unbounded => true,
        };
        let over = match &self.to {
            Bound::Included(to) => key > to.as_slice(),
            Bound::Excluded(to) => key >= to.as_slice(),
            Bound::Unbounded => false,
        };
        begun && !over
    }
}

impl Iterator for Range {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ahead.pop_front() {
                return Some(Ok(entry));
            }
            let Some(found) = self.found.next() else { return self.behind.pop_front().map(Ok) };
            match self.open(found) {
                Ok(entries) => self.ahead = entries,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl DoubleEndedIterator for Range {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.behind.pop_back() {
                return Some(Ok(entry));
            }
            let Some(found) = self.found.next_back() else { return self.ahead.pop_back().map(Ok) };
            match self.open(found) {
                Ok(entries) => self.behind = entries,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree() -> (tempfile::TempDir, ::sled::Db) {
        let dir = tempfile::tempdir().expect("a directory");
        let config = ::sled::Config::new().path(dir.path()).flush_every_ms(None);
        (dir, config.open().expect("opens"))
    }

    /// Everything, forwards.
    fn all(blocks: &Blocks) -> Vec<Entry> {
        blocks.all().expect("reads").map(|entry| entry.expect("reads")).collect()
    }

    /// What the invariant says of the tree's own keys.
    fn check(tree: &::sled::Tree) {
        let mut last: Vec<u8> = Vec::new();
        for pair in tree {
            let (name, value) = pair.expect("reads");
            if is_plain(&name) {
                continue;
            }
            let entries = block::decode(&value).expect("reads");
            assert!(!entries.is_empty(), "an empty block is removed");
            assert!(last < name.to_vec() || last.is_empty(), "blocks do not overlap");
            assert!(*name <= *entries[0].0, "a name is not behind its first key");
            assert!(entries.is_sorted_by(|a, b| a.0 < b.0));
            last.clone_from(&entries[entries.len() - 1].0);
        }
    }

    /// Keys that lie close together or far apart, and values that fill a block or none.
    fn write() -> impl Strategy<Value = (Vec<u8>, Option<Vec<u8>>)> {
        let key = (0u8..4, 0u16..400, 0usize..40).prop_map(|(kind, number, tail)| {
            [&[kind], number.to_be_bytes().as_slice(), &vec![7; tail / 13]].concat()
        });
        let value = prop_oneof![
            3 => (0usize..200).prop_map(|n| Some(vec![n.to_le_bytes()[0]; n])),
            1 => (1000usize..4096).prop_map(|n| Some(vec![1; n])),
            3 => Just(None),
        ];
        (key, value)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn blocks_hold_what_a_map_would_hold(
            batches in proptest::collection::vec(proptest::collection::vec(write(), 1..100), 1..30),
            bounds in proptest::collection::vec((write(), write(), any::<[bool; 2]>()), 1..10),
            turns in proptest::collection::vec(any::<bool>(), 200),
        ) {
            let (_dir, db) = tree();
            let (blocks, mut map) = (Blocks::over(&db), BTreeMap::new());
            for writes in batches {
                let mut batch = Batch::default();
                for (key, value) in writes {
                    if let Some(value) = value {
                        map.insert(key.clone(), value.clone());
                        batch.insert(key, value);
                    } else {
                        map.remove(&key);
                        batch.remove(key);
                    }
                }
                blocks.apply(&batch).expect("writes");
                check(&db);
            }
            let want: Vec<_> = map.clone().into_iter().collect();
            prop_assert_eq!(&all(&blocks), &want);
            for ((from, _), (to, _), [closed, open]) in bounds {
                prop_assert_eq!(blocks.get(&from)?, map.get(&from).cloned());
                if from >= to {
                    continue;
                }
                let from = if closed { Bound::Included(from) } else { Bound::Excluded(from) };
                let to = if open { Bound::Excluded(to) } else { Bound::Included(to) };
                let mut want: VecDeque<_> = map.range((from.clone(), to.clone())).collect();
                let mut found = blocks.range(from, to)?;
                for front in &turns {
                    let (want, found) = if *front {
                        (want.pop_front(), found.next())
                    } else {
                        (want.pop_back(), found.next_back())
                    };
                    let want = want.map(|(key, value)| (key.clone(), value.clone()));
                    prop_assert_eq!(found.transpose()?, want);
                }
            }
        }
    }

    #[test]
    fn a_queue_that_is_filled_at_one_end_and_emptied_at_the_other_leaves_no_blocks() {
        let (_dir, db) = tree();
        let blocks = Blocks::over(&db);
        let key = |number: u32| [&[2], number.to_be_bytes().as_slice()].concat();
        for round in 0..200u32 {
            let mut batch = Batch::default();
            for number in 0..40 {
                batch.insert(key(round * 40 + number), vec![5; 40]);
                if round > 10 {
                    batch.remove(key((round - 11) * 40 + number));
                }
            }
            blocks.apply(&batch).expect("writes");
        }
        check(&db);
        let full = 11 * 40 * 46 / block::MOST;
        assert_eq!(all(&blocks).len(), 11 * 40);
        assert!(db.len() <= full * 2, "{} blocks where {full} would do", db.len());
    }
}
