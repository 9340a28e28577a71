//! One block: entries in the order of their keys, as one value of sled's tree.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | form: 1 |
//! | then, for each entry | how many bytes of its key are those of the key before, how many are its own, and how many the value has (LEB128 each); its own bytes; the value |

use crate::store::StoreError;
use crate::store::codec::damaged;
use std::cmp::Ordering;

/// The only form.
const FORM: u8 = 1;

/// About how many bytes a block has at most, unless a single entry is longer. Small ones cost memory (sled keeps
/// some hundred bytes for each of its pages, and up to 16 blocks in a page), large ones are written again as a
/// whole for one entry.
pub const MOST: usize = 1200;

/// Blocks that have become shorter than this are joined with the one before, where both fit into one.
pub const LEAST: usize = MOST / 4;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// How a block that has become too long is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divide {
    /// Into parts that are full, because what comes next comes behind them.
    Full,
    /// Into parts of the same length.
    Even,
}

/// How many bytes an entry takes behind this one.
fn length(before: &[u8], entry: &Entry) -> usize {
    let (key, value) = entry;
    let own = key.len() - shared(before, key);
    own + value.len() + 3 + usize::from(value.len() > 127)
}

fn shared(before: &[u8], key: &[u8]) -> usize {
    before.iter().zip(key).take_while(|(a, b)| a == b).count()
}

/// About how many bytes these entries take in one block.
pub fn size(entries: &[Entry]) -> usize {
    let mut before: &[u8] = &[];
    let mut size = 1;
    for entry in entries {
        size += length(before, entry);
        before = &entry.0;
    }
    size
}

/// Divides entries into as many blocks as they need.
pub fn parts(entries: Vec<Entry>, divide: Divide) -> Vec<Vec<Entry>> {
    let size = size(&entries);
    if size <= MOST {
        return vec![entries];
    }
    let most = match divide {
        Divide::Full => MOST,
        Divide::Even => size.div_ceil(size.div_ceil(MOST)) + 1,
    };
    let (mut parts, mut part, mut taken) = (Vec::new(), Vec::<Entry>::new(), 1);
    for entry in entries {
        let behind = part.last().map_or(&[][..], |(key, _)| key);
        let more = length(behind, &entry);
        if !part.is_empty() && taken + more > most {
            parts.push(std::mem::take(&mut part));
            taken = 1 + length(&[], &entry);
        } else {
            taken += more;
        }
        part.push(entry);
    }
    parts.push(part);
    parts
}

/// These entries as a block.
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size(entries) + 16);
    bytes.push(FORM);
    let mut before: &[u8] = &[];
    for (key, value) in entries {
        let shared = shared(before, key);
        for number in [shared, key.len() - shared, value.len()] {
            put(&mut bytes, number);
        }
        bytes.extend_from_slice(&key[shared..]);
        bytes.extend_from_slice(value);
        before = key;
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while let (low, true) = (number & 0x7F, number > 0x7F) {
        bytes.push(low.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Reads a block entry by entry. The key is built in one place, the value is a part of the block.
struct Reader<'a> {
    rest: &'a [u8],
    key: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn begin(bytes: &'a [u8]) -> Result<Self, StoreError> {
        match bytes {
            [FORM, rest @ ..] => Ok(Self { rest, key: Vec::with_capacity(96) }),
            _ => Err(wrong()),
        }
    }

    /// Goes to the next entry; gives its value.
    fn next(&mut self) -> Result<Option<&'a [u8]>, StoreError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (shared, own, value) = (self.number()?, self.number()?, self.number()?);
        if shared > self.key.len() {
            return Err(wrong());
        }
        self.key.truncate(shared);
        let own = self.take(own)?;
        self.key.extend_from_slice(own);
        self.take(value).map(Some)
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or_else(wrong)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<usize, StoreError> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let (byte, rest) = self.rest.split_first().ok_or_else(wrong)?;
            self.rest = rest;
            number |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(wrong())
    }
}

fn wrong() -> StoreError {
    damaged("a block of the store")
}

/// All entries of a block.
///
/// # Errors
/// When it is damaged.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, StoreError> {
    let mut reader = Reader::begin(bytes)?;
    let mut entries = Vec::with_capacity(16);
    while let Some(value) = reader.next()? {
        entries.push((reader.key.clone(), value.to_vec()));
    }
    Ok(entries)
}

/// The last key of a block; empty where it has none.
///
/// # Errors
/// When it is damaged.
pub fn last(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut reader = Reader::begin(bytes)?;
    while reader.next()?.is_some() {}
    Ok(reader.key)
}

/// The value under a key in a block.
///
/// # Errors
/// When the block is damaged.
pub fn find<'a>(bytes: &'a [u8], key: &[u8]) -> Result<Option<&'a [u8]>, StoreError> {
    let mut reader = Reader::begin(bytes)?;
    while let Some(value) = reader.next()? {
        match reader.key.as_slice().cmp(key) {
            Ordering::Less => {}
            Ordering::Equal => return Ok(Some(value)),
            Ordering::Greater => return Ok(None),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let bytes = |most| proptest::collection::vec(any::<u8>(), 0..most);
        proptest::collection::btree_map(bytes(300), bytes(700), 0..40)
            .prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_was_put_into_a_block_comes_out(entries in entries()) {
            let bytes = encode(&entries);
            prop_assert_eq!(&decode(&bytes)?, &entries);
            for (key, value) in &entries {
                prop_assert_eq!(find(&bytes, key)?, Some(value.as_slice()));
                let behind = [key.as_slice(), &[0]].concat();
                prop_assert!(entries.iter().any(|(k, _)| *k == behind) || find(&bytes, &behind)?.is_none());
            }
            prop_assert!(bytes.len() <= size(&entries) + entries.len() * 4);
        }

        #[test]
        fn parts_are_everything_in_order_and_none_is_much_too_long(
            entries in entries(),
            even in any::<bool>(),
        ) {
            let divide = if even { Divide::Even } else { Divide::Full };
            let parts = parts(entries.clone(), divide);
            for part in &parts {
                prop_assert!(part.len() <= 1 || size(part) <= MOST + 2);
                prop_assert!(!part.is_empty() || entries.is_empty());
            }
            prop_assert_eq!(parts.concat(), entries);
        }

        #[test]
        fn a_block_that_is_cut_or_altered_is_an_error_or_another_block(
            entries in entries(),
            cut in any::<proptest::sample::Index>(),
            at in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = encode(&entries);
            let _ = decode(&bytes[..cut.index(bytes.len())]);
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(1);
            let _ = (decode(&bytes), find(&bytes, b"x"));
        }
    }
}
