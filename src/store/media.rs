//! Reading what pictures and files consist of, out of the pieces in which they lie.

use super::{Reads, StoreError};
use crate::model::{Kind, Media, MediaId, Piece};
use bytes::Bytes;

/// How many pieces are read at a time: about a megabyte.
const TOGETHER: usize = 8;

/// How many lines or records of a page there may be of this kind: those of pieces are long.
#[must_use]
pub fn page(kind: Kind, usual: usize) -> usize {
    if kind == Kind::Piece { usual.min(TOGETHER * 4) } else { usual }
}

impl dyn Reads + '_ {
    /// The bytes of a picture or file; `None` where they are not kept, or not yet whole.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn media(&self, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        let Some(media) = self.find::<Media>(&Media::key_of(id)).await? else { return Ok(None) };
        let keys: Vec<_> = media.pieces().collect();
        let mut bytes = Vec::with_capacity((media.size as usize).min(Media::FILE_MAX));
        for keys in keys.chunks(TOGETHER) {
            for piece in self.find_each::<Piece>(keys).await? {
                let Some(piece) = piece else { return Ok(None) };
                bytes.extend_from_slice(&piece.value.bytes);
            }
        }
        Ok((bytes.len() == media.size as usize).then(|| bytes.into()))
    }
}
