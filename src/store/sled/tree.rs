//! The one tree, in which what is written together lies together.
//!
//! sled copies a leaf for every key that it writes, and puts all of it into its log after some of them. A
//! push changes hundreds of small neighbours at once; therefore these lie packed, up to 4 KiB in one value, and
//! many changes of theirs are one change of the tree. What lies under other keys lies there as it is.
//!
//! **Invariant:** each block has every packed key from its own name to the next block's. The first block of a
//! family may bear the name of the family itself. There is one writer; readers see batches whole.

use super::block::{self, Entries, Write};
use super::layout::{self, BLOCKS, PLACES, RECORDS};
use crate::model::{Index, Kind};
use crate::store::{Order, StoreError};
use ::sled::IVec;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Bound;

/// Which keys lie packed: all that begin with one of these. In order.
pub const FAMILIES: [[u8; 2]; 2] = [[RECORDS, Kind::Delivery as u8], [PLACES, Index::Due as u8]];

/// A key and its value.
pub type Pair = (Vec<u8>, IVec);

/// The tree as everybody but the engine sees it.
#[derive(Clone, Copy)]
pub struct Tree<'a>(pub &'a ::sled::Tree);

impl<'a> Tree<'a> {
    /// What lies under a key.
    pub fn get(self, raw: &[u8]) -> Result<Option<IVec>, StoreError> {
        if family(raw).is_none() {
            return self.0.get(raw).map_err(|e| layout::failed(&e));
        }
        match self.block_of(raw)? {
            Some((_, block)) => Ok(Entries::of(&block).find(raw)?.map(IVec::from)),
            None => Ok(None),
        }
    }

    /// True when something lies under a key.
    pub fn contains(self, raw: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(raw)?.is_some())
    }

    /// Everything from `from` on and before `to`, in this order.
    pub fn range(self, from: Bound<Vec<u8>>, to: Vec<u8>, order: Order) -> Pairs {
        let mut from = match from {
            Bound::Included(from) => from,
            Bound::Excluded(before) => [before.as_slice(), &[0]].concat(),
            Bound::Unbounded => Vec::new(),
        };
        let mut parts = VecDeque::new();
        for family in FAMILIES {
            let behind = layout::behind(family.to_vec());
            if from < to && from.as_slice() < &family[..] {
                let end = to.clone().min(family.to_vec());
                parts.push_back(Part::Plain(self.0.range(from..end)));
                from = family.to_vec();
            }
            if from < to && from < behind {
                let end = to.clone().min(behind.clone());
                parts.push_back(self.blocks(from, end));
                from = behind;
            }
        }
        if from < to {
            parts.push_back(Part::Plain(self.0.range(from..to)));
        }
        if order == Order::Backward {
            parts.make_contiguous().reverse();
        }
        Pairs { parts, order, ready: VecDeque::new() }
    }

    /// Everything that begins with `prefix`.
    pub fn prefixed(self, prefix: Vec<u8>) -> Pairs {
        let to = layout::behind(prefix.clone());
        self.range(Bound::Included(prefix), to, Order::Forward)
    }

    /// Adds changes to a batch, each where it belongs.
    pub fn write(
        self,
        writes: impl IntoIterator<Item = Write>,
        batch: &mut ::sled::Batch,
    ) -> Result<(), StoreError> {
        let mut packed = Vec::new();
        for (raw, value) in writes {
            match value {
                value if family(&raw).is_some() => packed.push((raw, value)),
                Some(value) => batch.insert(raw, value),
                None => batch.remove(raw),
            }
        }
        packed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut rest = packed.as_slice();
        while let Some((first, _)) = rest.first() {
            let (name, block) = match self.block_of(first)? {
                Some((name, block)) => (name.to_vec(), Some(block)),
                None => (named(&family(first).unwrap_or_default()), None),
            };
            let next = self.name_after(&name)?;
            let within = |(raw, _): &Write| next.as_ref().is_none_or(|next| raw[..] < next[1..]);
            // Only what is of the same family: of another there may be no block yet.
            let of = family(first);
            let count = rest.iter().take_while(|w| within(w) && family(&w.0) == of).count();
            let (these, others) = rest.split_at(count);
            replace(name, block.as_deref(), these, batch)?;
            rest = others;
        }
        Ok(())
    }

    /// The block in which a packed key lies, or would.
    fn block_of(self, raw: &[u8]) -> Result<Option<(IVec, IVec)>, StoreError> {
        let mut beyond = named(raw);
        beyond.push(0);
        let found = self.0.get_lt(beyond).map_err(|e| layout::failed(&e))?;
        let of = family(raw);
        Ok(found.filter(|(name, _)| name.first() == Some(&BLOCKS) && family(&name[1..]) == of))
    }

    fn name_after(self, name: &[u8]) -> Result<Option<IVec>, StoreError> {
        let found = self.0.get_gt(name).map_err(|e| layout::failed(&e))?;
        Ok(found.map(|(next, _)| next).filter(|next| next.first() == Some(&BLOCKS)))
    }

    /// The blocks that have something of a range within one family.
    fn blocks(self, from: Vec<u8>, to: Vec<u8>) -> Part {
        let first = match self.block_of(&from) {
            Ok(Some((name, _))) => name.to_vec(),
            Ok(None) => named(&from),
            Err(error) => return Part::Failed(error),
        };
        let blocks = self.0.range(first..named(&to));
        Part::Blocks { blocks, from, to }
    }

    /// What is wrong with the blocks, each in words.
    pub fn unsound(self) -> Result<Vec<String>, StoreError> {
        let mut wrong = Vec::new();
        let mut last: Option<Vec<u8>> = None;
        for pair in self.0.scan_prefix([BLOCKS]) {
            let (name, block) = pair.map_err(|e| layout::failed(&e))?;
            let mut entries = Entries::of(&block);
            let mut least = name[1..].to_vec();
            let mut any = false;
            loop {
                match entries.step() {
                    Ok(Some((raw, _))) if raw >= least.as_slice() && family(raw).is_some() => {
                        least = [raw, &[0]].concat();
                        any = true;
                    }
                    Ok(Some((raw, _))) => {
                        wrong.push(format!("{raw:?} lies in a block where it is not looked for"));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        wrong.push(error.to_string());
                        break;
                    }
                }
            }
            if !any || last.is_some_and(|last| name[1..] < last[..]) {
                wrong.push(format!("the block {name:?} is empty, or begins before another ends"));
            }
            last = Some(least);
        }
        Ok(wrong)
    }
}

/// Reads of a tree that does not change meanwhile: what lies beside what was read last is read out of the same
/// block.
pub struct Near<'a> {
    tree: Tree<'a>,
    last: RefCell<Option<Seen>>,
}

/// A block that was read.
struct Seen {
    name: IVec,
    block: IVec,
    /// The last key in it.
    end: Vec<u8>,
}

impl<'a> Near<'a> {
    /// Reads of this tree.
    pub fn of(tree: Tree<'a>) -> Self {
        Self { tree, last: RefCell::new(None) }
    }

    /// What lies under a key.
    pub fn get(&self, raw: &[u8]) -> Result<Option<IVec>, StoreError> {
        if !is_packed(raw) {
            return self.tree.get(raw);
        }
        let mut last = self.last.borrow_mut();
        if last.as_ref().is_none_or(|seen| raw < &seen.name[1..] || raw > seen.end.as_slice()) {
            *last = match self.tree.block_of(raw)? {
                Some((name, block)) => {
                    let end = Entries::of(&block).last_key()?;
                    Some(Seen { name, block, end })
                }
                None => None,
            };
        }
        match &*last {
            Some(seen) => Ok(Entries::of(&seen.block).find(raw)?.map(IVec::from)),
            None => Ok(None),
        }
    }
}

/// Replaces a block by what becomes of it.
fn replace(
    name: Vec<u8>,
    block: Option<&[u8]>,
    writes: &[Write],
    batch: &mut ::sled::Batch,
) -> Result<(), StoreError> {
    let blocks = block::changed(block.unwrap_or_default(), writes)?;
    if blocks.is_empty() && block.is_some() {
        batch.remove(name);
        return Ok(());
    }
    let mut name = Some(name);
    for (first, bytes) in blocks {
        // The first of them keeps the name, from which all of the range are found.
        batch.insert(name.take().unwrap_or_else(|| named(&first)), bytes);
    }
    Ok(())
}

/// True when what has this key lies in a block.
pub fn is_packed(raw: &[u8]) -> bool {
    family(raw).is_some()
}

/// The family of a packed key.
fn family(raw: &[u8]) -> Option<[u8; 2]> {
    let of = raw.first_chunk::<2>()?;
    FAMILIES.contains(of).then_some(*of)
}

/// What a block is called that begins with this key.
fn named(raw: &[u8]) -> Vec<u8> {
    [&[BLOCKS], raw].concat()
}

/// A part of a range.
enum Part {
    Plain(::sled::Iter),
    Blocks { blocks: ::sled::Iter, from: Vec<u8>, to: Vec<u8> },
    Failed(StoreError),
}

/// Keys and their values, one after another.
pub struct Pairs {
    parts: VecDeque<Part>,
    order: Order,
    ready: VecDeque<Pair>,
}

impl Pairs {
    fn more(&mut self) -> Result<Option<Pair>, StoreError> {
        loop {
            if let Some(pair) = self.ready.pop_front() {
                return Ok(Some(pair));
            }
            match self.parts.front_mut() {
                None => return Ok(None),
                Some(Part::Failed(_)) => {
                    if let Some(Part::Failed(error)) = self.parts.pop_front() {
                        return Err(error);
                    }
                }
                Some(Part::Plain(pairs)) => match step(pairs, self.order)? {
                    Some((raw, value)) => return Ok(Some((raw.to_vec(), value))),
                    None => drop(self.parts.pop_front()),
                },
                Some(Part::Blocks { blocks, from, to }) => match step(blocks, self.order)? {
                    Some((_, block)) => unpack(&block, from, to, &mut self.ready)?,
                    None => drop(self.parts.pop_front()),
                },
            }
            if self.order == Order::Backward {
                self.ready.make_contiguous().reverse();
            }
        }
    }
}

impl Iterator for Pairs {
    type Item = Result<Pair, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.more().transpose()
    }
}

fn step(pairs: &mut ::sled::Iter, order: Order) -> Result<Option<(IVec, IVec)>, StoreError> {
    let next = match order {
        Order::Forward => pairs.next(),
        Order::Backward => pairs.next_back(),
    };
    next.transpose().map_err(|e| layout::failed(&e))
}

/// The entries of a block from `from` on and before `to`.
fn unpack(
    block: &[u8],
    from: &[u8],
    to: &[u8],
    ready: &mut VecDeque<Pair>,
) -> Result<(), StoreError> {
    let mut entries = Entries::of(block);
    while let Some((raw, value)) = entries.step()? {
        if raw >= to {
            break;
        }
        if raw >= from {
            ready.push_back((raw.to_vec(), IVec::from(value)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::{Settings, guard};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Model = BTreeMap<Vec<u8>, Vec<u8>>;

    fn db() -> (tempfile::TempDir, ::sled::Db) {
        let dir = tempfile::tempdir().expect("a directory");
        let db = guard::open_sled(dir.path(), &Settings::default()).expect("opens");
        (dir, db)
    }

    fn write(tree: Tree<'_>, model: &mut Model, writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>) {
        let mut batch = ::sled::Batch::default();
        tree.write(writes.clone(), &mut batch).expect("is added");
        tree.0.apply_batch(batch).expect("is written");
        for (raw, value) in writes {
            match value {
                Some(value) => drop(model.insert(raw, value)),
                None => drop(model.remove(&raw)),
            }
        }
    }

    fn same(tree: Tree<'_>, model: &Model, from: &[u8], to: &[u8]) {
        let forward = tree.range(Bound::Included(from.to_vec()), to.to_vec(), Order::Forward);
        let forward: Vec<_> = forward.map(|p| p.map(|(k, v)| (k, v.to_vec()))).collect();
        let backward = tree.range(Bound::Included(from.to_vec()), to.to_vec(), Order::Backward);
        let mut backward: Vec<_> = backward.map(|p| p.map(|(k, v)| (k, v.to_vec()))).collect();
        backward.reverse();
        let within = model.iter().filter(|(k, _)| from <= &k[..] && &k[..] < to);
        let wanted: Vec<_> = within.map(|(k, v)| Ok((k.clone(), v.clone()))).collect();
        assert_eq!(forward, wanted);
        assert_eq!(backward, wanted);
    }

    /// Keys of both families, and of what lies before, between and behind them.
    fn key() -> impl Strategy<Value = Vec<u8>> {
        let first = prop::sample::select(vec![
            [0, 7],
            FAMILIES[0],
            [RECORDS, Kind::Delivery as u8 + 1],
            FAMILIES[1],
            [PLACES, Index::Due as u8 + 1],
        ]);
        let rest = prop_oneof![
            prop::collection::vec(0..4u8, 0..4),
            (0..400u16).prop_map(|n| n.to_be_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 250..300),
        ];
        (first, rest).prop_map(|(first, rest)| [&first[..], &rest].concat())
    }

    fn value() -> impl Strategy<Value = Option<Vec<u8>>> {
        let long = prop_oneof![8 => 0..60usize, 3 => 200..700usize, 1 => 3000..4096usize];
        prop_oneof![
            2 => Just(None),
            5 => (any::<u8>(), long).prop_map(|(byte, length)| Some(vec![byte; length])),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_lies_packed_reads_as_if_it_lay_alone(
            batches in prop::collection::vec(prop::collection::btree_map(key(), value(), 1..80), 1..24),
            (one, other) in (key(), key()),
        ) {
            let (_dir, db) = db();
            let (tree, mut model) = (Tree(&db), Model::new());
            for writes in batches {
                let touched: Vec<_> = writes.keys().cloned().collect();
                write(tree, &mut model, writes);
                for raw in touched {
                    let found = tree.get(&raw).expect("reads").map(|v| v.to_vec());
                    prop_assert_eq!(found.as_ref(), model.get(&raw));
                }
            }
            prop_assert_eq!(tree.unsound().expect("reads"), Vec::<String>::new());
            same(tree, &model, &[], &[BLOCKS]);
            same(tree, &model, &one, &other);
            for family in FAMILIES {
                same(tree, &model, &family, &layout::behind(family.to_vec()));
            }
            let all = model.keys().map(|raw| (raw.clone(), None)).collect();
            write(tree, &mut model, all);
            prop_assert_eq!(db.scan_prefix([BLOCKS]).count(), 0, "empty blocks go");
        }
    }

    #[test]
    fn what_comes_in_order_fills_blocks_and_is_changed_a_block_at_a_time() {
        let (_dir, db) = db();
        let (tree, mut model) = (Tree(&db), Model::new());
        let raw = |n: u32| [&FAMILIES[0][..], &n.to_be_bytes()].concat();
        for page in (0..2000u32).collect::<Vec<_>>().chunks(50) {
            let writes = page.iter().map(|n| (raw(*n), Some(vec![1; 100]))).collect();
            write(tree, &mut model, writes);
        }
        let blocks = db.scan_prefix([BLOCKS]).count();
        assert!((50..80).contains(&blocks), "{blocks} blocks");
        let longest = db.scan_prefix([BLOCKS]).values().map(|v| v.expect("reads").len()).max();
        assert!(longest <= Some(block::BLOCK_MAX));
        let all = || -> Vec<_> { db.scan_prefix([BLOCKS]).map(|p| p.expect("reads")).collect() };
        let before = all();
        write(tree, &mut model, (500..600).map(|n| (raw(n), Some(vec![2; 100]))).collect());
        let written = all().into_iter().filter(|block| !before.contains(block)).count();
        assert!((3..=6).contains(&written), "{written} blocks were written for 100 keys");
        same(tree, &model, &[], &[BLOCKS]);
    }
}
