//! What was committed lately and lies in no block yet: layers in memory, above the blocks.
//!
//! A commit is durable once it stands in the [journal](super::journal); here it can be read. The upper layer
//! takes what is written. When it has grown it becomes the lower one, which the [merger](super::merger) brings
//! into the blocks, neighbours together, and which is let go when all of it lies there.
//!
//! **Invariant:** what a layer says of a key is newer than what the layer below it and the blocks say.

use super::block::Entry;
use super::blocks::Blocks;
use super::layout;
use crate::store::{Order, StoreError};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

/// Keys and what lies under them; `None` where nothing does any more.
pub type Layer = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What the layers say of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lately<'a> {
    /// Nothing: the blocks know.
    Nothing,
    /// That nothing lies under it any more.
    Removed,
    /// That this lies under it.
    Written(&'a [u8]),
}

/// The layers.
#[derive(Default)]
pub struct Recent {
    upper: Layer,
    lower: Option<Arc<Layer>>,
}

impl Recent {
    /// Takes in what was written.
    pub fn add(&mut self, writes: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>) {
        self.upper.extend(writes);
    }

    /// How many keys the upper layer has.
    pub fn keys(&self) -> usize {
        self.upper.len()
    }

    /// The upper layer becomes the lower one, of which there must be none.
    pub fn sink(&mut self) -> Arc<Layer> {
        let layer = Arc::new(std::mem::take(&mut self.upper));
        self.lower = Some(layer.clone());
        layer
    }

    /// All of the lower layer lies in the blocks.
    pub fn merged(&mut self) {
        self.lower = None;
    }

    fn get(&self, key: &[u8]) -> Lately<'_> {
        let lower = || self.lower.as_ref().and_then(|layer| layer.get(key));
        match self.upper.get(key).or_else(lower) {
            None => Lately::Nothing,
            Some(None) => Lately::Removed,
            Some(Some(value)) => Lately::Written(value),
        }
    }
}

/// The layers with the blocks below them, as one.
#[derive(Clone, Copy)]
pub struct View<'a> {
    recent: &'a Recent,
    blocks: &'a Blocks,
}

impl<'a> View<'a> {
    /// These layers over these blocks.
    pub const fn of(recent: &'a Recent, blocks: &'a Blocks) -> Self {
        Self { recent, blocks }
    }

    /// What the layers alone say of a key.
    pub fn lately(&self, key: &[u8]) -> Lately<'a> {
        self.recent.get(key)
    }

    /// The blocks alone.
    pub const fn blocks(&self) -> &'a Blocks {
        self.blocks
    }

    /// The value under a key.
    ///
    /// # Errors
    /// When the blocks cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.lately(key) {
            Lately::Nothing => self.blocks.get(key),
            Lately::Removed => Ok(None),
            Lately::Written(value) => Ok(Some(value.to_vec())),
        }
    }

    /// Everything between these keys.
    ///
    /// # Errors
    /// When the blocks cannot be read.
    pub fn range(
        &self,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        order: Order,
    ) -> Result<Walk<'a>, StoreError> {
        let bounds = (as_slice(&from), as_slice(&to));
        let layer = |layer: &'a Layer| -> Written<'a> {
            // A range that ends before it begins is empty; a map does not take it.
            if is_empty(bounds) {
                return (Box::new(std::iter::empty()) as Box<dyn Iterator<Item = _>>).peekable();
            }
            let found = layer.range::<[u8], _>(bounds);
            let found: Box<dyn Iterator<Item = _>> = match order {
                Order::Forward => Box::new(found),
                Order::Backward => Box::new(found.rev()),
            };
            found.peekable()
        };
        let upper = layer(&self.recent.upper);
        let lower = self.recent.lower.as_deref().map(layer);
        let blocks = self.blocks.range(from, to)?;
        let blocks: Box<dyn Iterator<Item = _>> = match order {
            Order::Forward => Box::new(blocks),
            Order::Backward => Box::new(blocks.rev()),
        };
        Ok(Walk { order, upper, lower, blocks: blocks.peekable() })
    }

    /// Everything that begins with this.
    ///
    /// # Errors
    /// When the blocks cannot be read.
    pub fn beginning(&self, prefix: Vec<u8>) -> Result<Walk<'a>, StoreError> {
        let to = layout::behind(prefix.clone());
        let to = if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) };
        self.range(Bound::Included(prefix), to, Order::Forward)
    }

    /// Whether there is such a key.
    ///
    /// # Errors
    /// When the blocks cannot be read.
    pub fn contains(&self, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.get(key)?.is_some())
    }
}

fn as_slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    match bound {
        Bound::Included(key) => Bound::Included(key),
        Bound::Excluded(key) => Bound::Excluded(key),
        Bound::Unbounded => Bound::Unbounded,
    }
}

fn is_empty((from, to): (Bound<&[u8]>, Bound<&[u8]>)) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (
            Bound::Included(from) | Bound::Excluded(from),
            Bound::Included(to) | Bound::Excluded(to),
        ) => from >= to,
        _ => false,
    }
}

type Written<'a> = Peekable<Box<dyn Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)> + 'a>>;
type Laid<'a> = Peekable<Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>>;

/// Entries of all layers and the blocks, in order.
pub struct Walk<'a> {
    order: Order,
    upper: Written<'a>,
    lower: Option<Written<'a>>,
    blocks: Laid<'a>,
}

impl<'a> Walk<'a> {
    /// Whether `a` comes before `b`, at the same place, or behind it.
    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        match self.order {
            Order::Forward => a.cmp(b),
            Order::Backward => b.cmp(a),
        }
    }

    /// The next key of the layers, and which of them has it.
    fn ahead(&mut self) -> Option<(&'a Vec<u8>, Ordering)> {
        let upper = self.upper.peek().map(|(key, _)| *key);
        let lower = self.lower.as_mut().and_then(|layer| layer.peek()).map(|(key, _)| *key);
        match (upper, lower) {
            (Some(upper), Some(lower)) => match self.compare(upper, lower) {
                Ordering::Greater => Some((lower, Ordering::Greater)),
                first => Some((upper, first)),
            },
            (Some(upper), None) => Some((upper, Ordering::Less)),
            (None, Some(lower)) => Some((lower, Ordering::Greater)),
            (None, None) => None,
        }
    }

    /// Passes the key over that [`Walk::ahead`] found, and gives what the upper of those that have it says.
    fn pass(&mut self, first: Ordering) -> Option<&'a Option<Vec<u8>>> {
        let below = if first.is_ge() { self.lower.as_mut().and_then(Iterator::next) } else { None };
        let above = if first.is_le() { self.upper.next() } else { None };
        above.or(below).map(|(_, value)| value)
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some((key, first)) = self.ahead() else { return self.blocks.next() };
            let laid = match self.blocks.peek() {
                Some(Ok((laid, _))) => match self.order {
                    Order::Forward => laid.as_slice().cmp(key),
                    Order::Backward => key.as_slice().cmp(laid),
                },
                Some(Err(_)) => Ordering::Less,
                None => Ordering::Greater,
            };
            if laid.is_lt() {
                return self.blocks.next();
            }
            if laid.is_eq() {
                self.blocks.next();
            }
            if let Some(Some(value)) = self.pass(first) {
                return Some(Ok((key.clone(), value.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::Batch;
    use super::super::{Settings, guard};
    use super::*;
    use proptest::prelude::*;

    fn layer() -> impl Strategy<Value = Layer> {
        let key = (0u8..60).prop_map(|n| vec![2, n]);
        let value = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..3));
        proptest::collection::btree_map(key, value, 0..40)
    }

    fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
        let key = || (0u8..60).prop_map(|n| vec![2, n]);
        prop_oneof![
            key().prop_map(Bound::Included),
            key().prop_map(Bound::Excluded),
            Just(Bound::Unbounded)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn layers_over_blocks_read_as_one_map_in_either_order(
            laid in layer(),
            below in proptest::option::of(layer()),
            above in layer(),
            bounds in proptest::collection::vec((bound(), bound()), 1..20),
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let db = guard::open_sled(dir.path(), &Settings::default()).expect("opens");
            let blocks = Blocks::over(&db);
            let (mut batch, mut map) = (Batch::default(), BTreeMap::new());
            for (key, value) in laid {
                let value = value.unwrap_or_default();
                batch.insert(key.clone(), value.clone());
                map.insert(key, value);
            }
            blocks.apply(&batch)?;
            let mut recent = Recent::default();
            for (layer, lower) in below.map(|l| (l, true)).into_iter().chain([(above, false)]) {
                for (key, value) in &layer {
                    match value {
                        Some(value) => drop(map.insert(key.clone(), value.clone())),
                        None => drop(map.remove(key)),
                    }
                }
                recent.add(layer.into_iter());
                if lower {
                    recent.sink();
                }
            }
            let view = View::of(&recent, &blocks);
            for number in 0..60 {
                prop_assert_eq!(view.get(&[2, number])?, map.get([2, number].as_slice()).cloned());
            }
            for (from, to) in bounds {
                let found = |order| view.range(from.clone(), to.clone(), order)?.collect::<Result<Vec<_>, _>>();
                let mut wanted = Vec::new();
                if !is_empty((as_slice(&from), as_slice(&to))) {
                    let range = map.range::<[u8], _>((as_slice(&from), as_slice(&to)));
                    wanted.extend(range.map(|(key, value)| (key.clone(), value.clone())));
                }
                prop_assert_eq!(&found(Order::Forward)?, &wanted);
                wanted.reverse();
                prop_assert_eq!(&found(Order::Backward)?, &wanted);
            }
        }
    }
}
