//! Reads of neighbours: what lies beside what was read last is read out of the same block.

use super::block;
use super::blocks::is_plain;
use super::recent::{Lately, View};
use crate::store::StoreError;
use std::cell::RefCell;

/// Reads of a tree to which nobody writes meanwhile.
pub struct Near<'a> {
    view: View<'a>,
    last: RefCell<Option<Seen>>,
}

/// A block that was read.
struct Seen {
    name: ::sled::IVec,
    block: ::sled::IVec,
    /// The last key in it: what is not behind this lies here or nowhere.
    last: Vec<u8>,
}

impl<'a> Near<'a> {
    /// Reads of this tree.
    pub fn of(view: View<'a>) -> Self {
        Self { view, last: RefCell::new(None) }
    }

    /// The value under a key.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.see(key, <[u8]>::to_vec)
    }

    /// What `read` makes of the value under a key.
    ///
    /// # Errors
    /// When the tree cannot be read.
    pub fn see<T>(
        &self,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, StoreError> {
        match self.view.lately(key) {
            Lately::Nothing => {}
            Lately::Removed => return Ok(None),
            Lately::Written(value) => return Ok(Some(read(value))),
        }
        let blocks = self.view.blocks();
        if is_plain(key) {
            return Ok(blocks.get(key)?.map(|value| read(&value)));
        }
        let mut seen = self.last.borrow_mut();
        if seen.as_ref().is_none_or(|s| key < &s.name[..] || key > s.last.as_slice()) {
            *seen = match blocks.holding(key)? {
                Some((name, block)) => {
                    let last = block::last(&block)?;
                    Some(Seen { name, block, last })
                }
                None => None,
            };
        }
        match &*seen {
            Some(seen) => Ok(block::find(&seen.block, key)?.map(read)),
            None => Ok(None),
        }
    }
}
