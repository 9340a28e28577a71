//! Neighbours that lie together in one value, as bytes.
//!
//! An entry is how many bytes its key shares with the one before it (1 byte, 0 for the first), how many
//! follow (2 bytes), these, how long its value is (2 bytes), and the value. Entries are in the order of
//! their keys.

use crate::store::StoreError;
use crate::store::codec::damaged;
use std::ops::Range;

/// A block is not longer than this, unless it has a single entry.
pub const BLOCK_MAX: usize = super::layout::VALUE_MAX;

/// How full a block is made when what comes next will go behind it: what is in it may yet grow.
const FILL: usize = BLOCK_MAX / 4 * 3;

/// What an entry has beside the rest of its key and its value.
const FRAME: usize = 5;

/// Reads the entries of a block, one after another.
pub struct Entries<'a> {
    rest: &'a [u8],
    key: Vec<u8>,
}

impl<'a> Entries<'a> {
    /// Reads from the first entry on.
    pub fn of(block: &'a [u8]) -> Self {
        Self { rest: block, key: Vec::new() }
    }

    /// The next entry: its key, until the next is asked for, and its value.
    pub fn step(&mut self) -> Result<Option<(&[u8], &'a [u8])>, StoreError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let value = self.take().ok_or_else(|| damaged("a block"))?;
        Ok(Some((&self.key, value)))
    }

    /// The value under this key.
    pub fn find(mut self, key: &[u8]) -> Result<Option<&'a [u8]>, StoreError> {
        while let Some((found, value)) = self.step()? {
            if found >= key {
                return Ok((found == key).then_some(value));
            }
        }
        Ok(None)
    }

    /// The last key; empty where there is none.
    pub fn last_key(mut self) -> Result<Vec<u8>, StoreError> {
        while self.step()?.is_some() {}
        Ok(self.key)
    }

    fn take(&mut self) -> Option<&'a [u8]> {
        let (shared, rest) = self.rest.split_first()?;
        let (added, rest) = sized(rest)?;
        let (value, rest) = sized(rest)?;
        if usize::from(*shared) > self.key.len() {
            return None;
        }
        self.key.truncate(usize::from(*shared));
        self.key.extend_from_slice(added);
        self.rest = rest;
        Some(value)
    }
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// A change of one entry: its key, and its value or nothing to remove it.
pub type Write = (Vec<u8>, Option<Vec<u8>>);

/// A block after these changes, as one or several blocks, each with its first key; none where nothing is
/// left. The changes are in the order of their keys, no key twice.
pub fn changed(block: &[u8], writes: &[Write]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    let mut merged = Merged::default();
    let mut old = Entries::of(block);
    let mut entry = old.step()?;
    for (key, value) in writes {
        while let Some((at, kept)) = entry {
            if at >= key.as_slice() {
                break;
            }
            merged.push(at, kept);
            entry = old.step()?;
        }
        if entry.is_some_and(|(at, _)| at == key) {
            entry = old.step()?;
        }
        if let Some(value) = value {
            merged.push(key, value);
        }
    }
    let appended = entry.is_none();
    while let Some((at, kept)) = entry {
        merged.push(at, kept);
        entry = old.step()?;
    }
    let size: usize = merged.entries.iter().map(|e| e.size).sum();
    let most = match (size.div_ceil(BLOCK_MAX), appended) {
        (0 | 1, _) => BLOCK_MAX,
        (_, true) => FILL,
        // In equal shares, for there is no telling where the next goes.
        (shares, false) => size.div_ceil(shares),
    };
    merged.divided(most)
}

/// Entries of a block to be written.
#[derive(Default)]
struct Merged<'a> {
    keys: Vec<u8>,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    key: Range<usize>,
    value: &'a [u8],
    /// How long it is behind the one before it.
    size: usize,
}

impl<'a> Merged<'a> {
    fn push(&mut self, key: &[u8], value: &'a [u8]) {
        let before = self.entries.last().map_or(&[][..], |e| &self.keys[e.key.clone()]);
        let size = FRAME + key.len() - shared(before, key) + value.len();
        let from = self.keys.len();
        self.keys.extend_from_slice(key);
        self.entries.push(Entry { key: from..self.keys.len(), value, size });
    }

    fn divided(&self, most: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        let mut blocks: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut before: &[u8] = &[];
        for Entry { key, value, size } in &self.entries {
            let key = &self.keys[key.clone()];
            if blocks.last().is_none_or(|(_, bytes)| bytes.len() + size > most) {
                blocks.push((key.to_vec(), Vec::with_capacity(most.min(BLOCK_MAX))));
                before = &[];
            }
            let Some((_, bytes)) = blocks.last_mut() else { break };
            put(bytes, before, key, value)?;
            before = key;
        }
        Ok(blocks)
    }
}

fn put(bytes: &mut Vec<u8>, before: &[u8], key: &[u8], value: &[u8]) -> Result<(), StoreError> {
    let long = |_| StoreError::Backend("an entry is longer than a block can have".to_owned());
    let shared = shared(before, key);
    let added = &key[shared..];
    bytes.push(u8::try_from(shared).unwrap_or(u8::MAX));
    bytes.extend_from_slice(&u16::try_from(added.len()).map_err(long)?.to_be_bytes());
    bytes.extend_from_slice(added);
    bytes.extend_from_slice(&u16::try_from(value.len()).map_err(long)?.to_be_bytes());
    bytes.extend_from_slice(value);
    Ok(())
}

/// How many bytes both begin with, at most what one byte can say.
fn shared(before: &[u8], key: &[u8]) -> usize {
    before.iter().zip(key).take(usize::from(u8::MAX)).take_while(|(a, b)| a == b).count()
}
