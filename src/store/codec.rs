//! Records as bytes: one encoding for every store, so that what one has written the other can take.

use super::{RECORD_MAX, StoreError};
use crate::model::{Key, Kind, Record};

/// A record as bytes.
///
/// # Errors
/// When it is longer than [`RECORD_MAX`].
pub(super) fn encode(key: &Key, record: &Record) -> Result<Vec<u8>, StoreError> {
    let body = postcard::to_stdvec(record)
        .map_err(|e| StoreError::Impossible(format!("record {key:?} cannot be encoded: {e}")))?;
    if body.len() > RECORD_MAX {
        let (size, most) = (body.len(), RECORD_MAX);
        return Err(StoreError::Impossible(format!(
            "record {key:?} is larger than {most} bytes ({size})"
        )));
    }
    Ok(body)
}

/// A record out of its bytes.
///
/// # Errors
/// When they are not those of one record.
pub(super) fn decode(key: &Key, body: &[u8]) -> Result<Record, StoreError> {
    match postcard::take_from_bytes(body) {
        Ok((record, [])) => Ok(record),
        Ok(_) => Err(StoreError::Backend(format!("record {key:?} has bytes behind its end"))),
        Err(e) => Err(StoreError::Backend(format!("record {key:?} cannot be read: {e}"))),
    }
}

/// A kind out of its number.
///
/// # Errors
/// When there is none of this number.
pub(super) fn kind(number: u8) -> Result<Kind, StoreError> {
    let kind = Kind::ALL.into_iter().find(|k| *k as u8 == number);
    kind.ok_or_else(|| damaged("a kind of record"))
}

/// What is said of bytes that are not what they should be.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Backend(format!("{what} is damaged, or was written by a later program"))
}

/// The first bytes that sort behind everything that begins with `prefix`; none where nothing does.
pub(super) fn behind(mut prefix: Vec<u8>) -> Option<Vec<u8>> {
    while let Some(last) = prefix.pop() {
        if last < 0xFF {
            prefix.push(last + 1);
            return Some(prefix);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sorts_behind_a_prefix_is_behind_all_that_begins_with_it() {
        assert_eq!(behind(vec![2, 7, 0xFF, 0xFF]), Some(vec![2, 8]));
        assert_eq!(behind(vec![2, 7]), Some(vec![2, 8]));
        assert_eq!(behind(vec![0xFF, 0xFF]), None);
        assert_eq!(behind(Vec::new()), None);
    }
}
