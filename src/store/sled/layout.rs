//! What lies where in the one tree, byte by byte.
//!
//! | first byte | then | value |
//! |---|---|---|
//! | 0 meta | a name | see [`Meta`] |
//! | 1 record | kind, ID | a head, then the record (below) |
//! | 2 place | index, escaped place, `00 01`, kind, ID | nothing |
//! | 3 count | the counter's name | the count, 8 bytes |
//! | 4 chunk | kind, ID, number of the chunk (2 bytes) | up to 4 KiB of a record |
//!
//! In a place, `00` is written `00 FF`, so that the ending `00 01` sorts before everything that goes
//! on, the order of places is kept, and the place and the key can be told apart again.
//!
//! All of it but what begins with 0 lies in blocks, many keys in one value of the tree ([`super::blocks`]).
//!
//! The head of a record is its form (1 byte), its version (8 bytes) and, where it is chunked, the
//! number of chunks (2 bytes). A version is the sequence number of the commit that wrote it: a record
//! that was removed and made again never has a version that it had before. Numbers are big-endian.

use super::recent::View;
use crate::model::{Counter, Index, Key, Kind, Record, Version, Versioned};
use crate::store::codec::{self, damaged};
use crate::store::{Line, StoreError};
use std::borrow::Cow;

/// The version of this layout.
pub const FORMAT: u32 = 5;

/// The last format in which every key lay in the tree as it is, without blocks.
pub const WITHOUT_BLOCKS: u32 = 3;

/// The longest value. sled keeps up to 16 of them in one leaf, and a leaf over 128 KiB goes to a file
/// that it writes without any fsync.
pub const VALUE_MAX: usize = 4096;

/// Where records begin.
pub const RECORDS: u8 = 1;
/// Where places begin.
pub const PLACES: u8 = 2;
/// Where counts begin.
pub const COUNTS: u8 = 3;
/// Where chunks begin.
pub const CHUNKS: u8 = 4;

const END: [u8; 2] = [0, 1];
const BEYOND: [u8; 2] = [0, 2];
const WHOLE: u8 = 1;
const CHUNKED: u8 = 2;

/// What the store knows about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// The version of the layout, 4 bytes.
    Format,
    /// The store's name, 16 bytes.
    Store,
    /// The number of the last commit, 8 bytes.
    Sequence,
    /// Written at each start to see that it becomes durable, 8 bytes.
    Probe,
    /// How many lines of the file from which it was imported are there, 8 bytes, and the SHA-256 of these
    /// lines; of use while the import is not finished.
    Import,
    /// How many records of a kind there are, 8 bytes.
    Records(Kind),
}

impl Meta {
    /// Its key in the tree.
    pub fn key(self) -> Vec<u8> {
        match self {
            Self::Format => b"\0format".to_vec(),
            Self::Store => b"\0store".to_vec(),
            Self::Sequence => b"\0sequence".to_vec(),
            Self::Probe => b"\0probe".to_vec(),
            Self::Import => b"\0import".to_vec(),
            Self::Records(kind) => [b"\0records".as_slice(), &[kind as u8]].concat(),
        }
    }
}

/// What stands before a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The commit that wrote it.
    pub version: Version,
    /// In how many chunks it lies; 0 when it follows at once.
    pub chunks: u16,
}

/// A record as it is written: the value under its key, and the chunks beside it.
pub struct Written {
    /// Head and, when it is short, the record.
    pub value: Vec<u8>,
    /// The record when it is long.
    pub chunks: Vec<Vec<u8>>,
}

/// Where a record lies.
pub fn record(key: &Key) -> Vec<u8> {
    [&[RECORDS, key.kind as u8], key.id.as_slice()].concat()
}

/// Where a chunk of a record lies.
pub fn chunk(key: &Key, number: u16) -> Vec<u8> {
    [&[CHUNKS, key.kind as u8], key.id.as_slice(), &number.to_be_bytes()].concat()
}

/// Where a count lies.
pub fn count(counter: &Counter) -> Vec<u8> {
    [&[COUNTS], counter.0.as_slice()].concat()
}

/// Where a line of an index lies.
pub fn line(index: Index, at: &[u8], key: &Key) -> Vec<u8> {
    let mut raw = place_prefix(index, at);
    raw.extend_from_slice(&END);
    raw.push(key.kind as u8);
    raw.extend_from_slice(&key.id);
    raw
}

/// With what all lines begin whose place begins with `prefix`.
pub fn place_prefix(index: Index, prefix: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(prefix.len() + 32);
    raw.extend_from_slice(&[PLACES, index as u8]);
    for byte in prefix {
        raw.push(*byte);
        if *byte == 0 {
            raw.push(0xFF);
        }
    }
    raw
}

/// Before all lines of exactly this place.
pub fn before_place(index: Index, at: &[u8]) -> Vec<u8> {
    [place_prefix(index, at).as_slice(), &END].concat()
}

/// Behind all lines of exactly this place, before every longer one.
pub fn behind_place(index: Index, at: &[u8]) -> Vec<u8> {
    [place_prefix(index, at).as_slice(), &BEYOND].concat()
}

/// The first bytes that sort behind everything that begins with `prefix`, as every key does that is
/// made here: the first byte says what it is.
pub fn behind(prefix: Vec<u8>) -> Vec<u8> {
    codec::behind(prefix).unwrap_or_default()
}

/// The key of a record out of where it lies.
pub fn read_record_key(raw: &[u8]) -> Result<Key, StoreError> {
    match raw {
        [RECORDS, kind, id @ ..] => Ok(Key { kind: codec::kind(*kind)?, id: id.to_vec() }),
        _ => Err(damaged("the key of a record")),
    }
}

/// The key of a record, and the number of its chunk, out of where the chunk lies.
pub fn read_chunk_key(raw: &[u8]) -> Result<(Key, u16), StoreError> {
    match raw {
        [CHUNKS, kind, id @ .., high, low] => {
            let key = Key { kind: codec::kind(*kind)?, id: id.to_vec() };
            Ok((key, u16::from_be_bytes([*high, *low])))
        }
        _ => Err(damaged("the key of a chunk")),
    }
}

/// A count out of where it lies.
pub fn read_count(raw: &[u8], value: &[u8]) -> Result<(Counter, i64), StoreError> {
    Ok((Counter(raw[1..].to_vec()), number(Some(value))?.cast_signed()))
}

/// A line of an index, and the index, out of where it lies.
pub fn read_line(raw: &[u8]) -> Result<(u8, Line), StoreError> {
    let [PLACES, index, rest @ ..] = raw else { return Err(damaged("a place")) };
    let mut at = Vec::with_capacity(rest.len());
    let mut bytes = rest.iter();
    loop {
        match bytes.next() {
            Some(0) => match bytes.next() {
                Some(0xFF) => at.push(0),
                Some(1) => break,
                _ => return Err(damaged("a place")),
            },
            Some(byte) => at.push(*byte),
            None => return Err(damaged("a place")),
        }
    }
    let [kind, id @ ..] = bytes.as_slice() else { return Err(damaged("a place")) };
    Ok((*index, Line { at, key: Key { kind: codec::kind(*kind)?, id: id.to_vec() } }))
}

/// What stands before a record.
pub fn read_head(value: &[u8]) -> Result<Head, StoreError> {
    let damaged = || damaged("the head of a record");
    let (form, rest) = value.split_first().ok_or_else(damaged)?;
    let (version, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
    let version = Version(u64::from_be_bytes(*version));
    match *form {
        WHOLE => Ok(Head { version, chunks: 0 }),
        CHUNKED => {
            let chunks = rest.try_into().map_err(|_| damaged())?;
            Ok(Head { version, chunks: u16::from_be_bytes(chunks) })
        }
        _ => Err(damaged()),
    }
}

/// A record as it will be written.
///
/// # Errors
/// When it is longer than [`RECORD_MAX`](crate::store::RECORD_MAX).
pub fn write(key: &Key, version: Version, record: &Record) -> Result<Written, StoreError> {
    let body = codec::encode(key, record)?;
    let version = version.0.to_be_bytes();
    if body.len() + 9 <= VALUE_MAX {
        let value = [&[WHOLE], version.as_slice(), &body].concat();
        return Ok(Written { value, chunks: Vec::new() });
    }
    let chunks: Vec<_> = body.chunks(VALUE_MAX).map(<[u8]>::to_vec).collect();
    let number = u16::try_from(chunks.len()).unwrap_or(u16::MAX);
    Ok(Written { value: [&[CHUNKED], version.as_slice(), &number.to_be_bytes()].concat(), chunks })
}

/// A record out of its value and, where it is chunked, its chunks.
pub fn read(view: View<'_>, key: &Key, value: &[u8]) -> Result<Versioned<Record>, StoreError> {
    read_by(|chunk| view.get(chunk), key, value)
}

/// The same, whose chunks are found by `get`.
pub fn read_by(
    get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    key: &Key,
    value: &[u8],
) -> Result<Versioned<Record>, StoreError> {
    let (head, body) = read_body(get, key, value)?;
    Ok(Versioned { version: head.version, value: codec::decode(key, &body)? })
}

/// A record as it is encoded, and what stands before it; its chunks are found by `get`.
pub fn read_body<'v>(
    get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    key: &Key,
    value: &'v [u8],
) -> Result<(Head, Cow<'v, [u8]>), StoreError> {
    let head = read_head(value)?;
    if head.chunks == 0 {
        return Ok((head, Cow::Borrowed(&value[9..])));
    }
    let mut body = Vec::with_capacity(usize::from(head.chunks) * VALUE_MAX);
    for number in 0..head.chunks {
        let part = get(&chunk(key, number))?;
        body.extend_from_slice(&part.ok_or_else(|| damaged("a chunked record"))?);
    }
    Ok((head, Cow::Owned(body)))
}

/// A number of 8 bytes; 0 where there is none.
pub fn number(value: Option<&[u8]>) -> Result<u64, StoreError> {
    let Some(value) = value else { return Ok(0) };
    Ok(u64::from_be_bytes(value.try_into().map_err(|_| damaged("a number"))?))
}

/// An error of sled as one of the store.
pub fn failed(error: &::sled::Error) -> StoreError {
    StoreError::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &[u8]) -> Key {
        Key { kind: Kind::Post, id: id.to_vec() }
    }

    #[test]
    fn places_keep_their_order_and_come_back() {
        let places: [&[u8]; 8] =
            [b"", b"\0", b"\0\0", b"\0\x01", b"a", b"a\0", b"a\0\xFF", b"a\x01"];
        let raw: Vec<_> = places.iter().map(|p| line(Index::Due, p, &key(b"\xFF\0\x01"))).collect();
        assert!(raw.is_sorted());
        for (place, raw) in places.iter().zip(&raw) {
            let (index, read) = read_line(raw).expect("reads");
            assert_eq!((index, read.at.as_slice()), (Index::Due as u8, *place));
            assert_eq!(read.key, key(b"\xFF\0\x01"));
            assert!(*raw >= before_place(Index::Due, place));
            assert!(*raw < behind_place(Index::Due, place));
        }
        for (raw, next) in raw.iter().zip(&places[1..]) {
            assert!(*raw < before_place(Index::Due, next));
        }
    }
}
