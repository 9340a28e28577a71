//! Pictures and files that posts carry: what an edition says of them, and the bytes, each kept once under its
//! hash however many posts have it.

use super::{At, Index, Key, Kind, Place, PostId, Record, Revision, Segments, Stored, hex, unhex};
use serde::{Deserialize, Serialize};

/// Names bytes: their SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MediaId(pub [u8; 32]);

impl MediaId {
    /// The same out of 64 small hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(unhex(text)?.try_into().ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl std::fmt::Display for MediaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for MediaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MediaId({self})")
    }
}

/// What bytes are, known by themselves and never by a name. The order of the variants is on disk: append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MediaKind {
    /// A JPEG.
    Jpeg,
    /// A PNG.
    Png,
    /// A PDF.
    Pdf,
    /// A document of Word's.
    Docx,
    /// A sheet of Excel's.
    Xlsx,
    /// Slides of `PowerPoint`'s.
    Pptx,
}

/// Whether something is looked at or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaClass {
    /// A picture.
    Picture,
    /// A file.
    File,
}

impl MediaKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Jpeg, Self::Png, Self::Pdf, Self::Docx, Self::Xlsx, Self::Pptx];

    /// Whether it is looked at or opened.
    #[must_use]
    pub const fn class(self) -> MediaClass {
        match self {
            Self::Jpeg | Self::Png => MediaClass::Picture,
            Self::Pdf | Self::Docx | Self::Xlsx | Self::Pptx => MediaClass::File,
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
        }
    }

    /// What the names of such files end with.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
        }
    }
}

/// A picture or file as an edition has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// The bytes.
    pub id: MediaId,
    /// What they are.
    pub kind: MediaKind,
    /// The name of a file, with the ending of its kind.
    pub name: String,
    /// How many bytes there are.
    pub size: u32,
    /// How wide and high a picture is, in pixels; 0 for a file.
    pub pixels: (u32, u32),
    /// What a picture shows, for those who do not see it; may be empty.
    pub alt: String,
}

impl Enclosed {
    /// How many a post may carry.
    pub const MOST: usize = 6;

    /// Whether it is looked at or opened.
    #[must_use]
    pub const fn class(&self) -> MediaClass {
        self.kind.class()
    }

    /// What it is called: what it shows, or its name.
    #[must_use]
    pub fn called(&self) -> &str {
        match self.class() {
            MediaClass::Picture => &self.alt,
            MediaClass::File => &self.name,
        }
    }

    /// The place under which an edition that carries it is found.
    #[must_use]
    pub fn place_of(&self, post: PostId, revision: Revision) -> Place {
        let at = Segments::new().bytes(&self.id.0).id(post.0).short(revision.0);
        at.place(Index::Enclosed)
    }
}

/// Bytes that are kept, in pieces. Whoever has an edition carry them writes this anew, so that nobody takes
/// them away meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Their name.
    pub id: MediaId,
    /// What they are.
    pub kind: MediaKind,
    /// How many there are.
    pub size: u32,
    /// In how many pieces they lie.
    pub pieces: u16,
    /// When they were last brought, or put into an edition.
    pub at: At,
    /// Whether they stay.
    pub state: MediaState,
}

/// Whether bytes stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaState {
    /// They do.
    Kept,
    /// No edition has them: their pieces are being removed.
    Leaving,
}

impl Media {
    /// The most bytes of a picture: what a group robot of `WeCom` takes.
    pub const PICTURE_MAX: usize = 2 * 1024 * 1024;
    /// The most bytes of a file. The embedded store bears more (100 MB of files took 44 MB of memory when they were
    /// written and 58 MB more when all were read, and no more from then on; measured); what is sent is held in
    /// memory as a whole.
    pub const FILE_MAX: usize = 10 * 1024 * 1024;
    /// How long bytes that no edition has are kept: whoever brought them may be about to use them.
    pub const UNUSED: std::time::Duration = std::time::Duration::from_hours(24);

    /// The key of these bytes.
    #[must_use]
    pub fn key_of(id: MediaId) -> Key {
        Segments::new().bytes(&id.0).key(Kind::Media)
    }

    /// The keys of its pieces.
    pub fn pieces(&self) -> impl Iterator<Item = Key> + use<> {
        let id = self.id;
        (0..self.pieces).map(move |number| Piece::key_of(id, number))
    }

    /// The prefix of the places of all editions that carry these bytes.
    #[must_use]
    pub fn uses_of(id: MediaId) -> Vec<u8> {
        Segments::new().bytes(&id.0).done()
    }
}

impl Stored for Media {
    const KIND: Kind = Kind::Media;

    fn key(&self) -> Key {
        Self::key_of(self.id)
    }

    fn into_record(self) -> Record {
        Record::Media(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Media(it) = record { Some(it) } else { None }
    }
}

/// A piece of bytes that are kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Of which.
    pub of: MediaId,
    /// Which piece, from 0.
    pub number: u16,
    /// The bytes.
    #[serde(with = "octets")]
    pub bytes: Vec<u8>,
}

impl Piece {
    /// How many bytes a piece has at most: well below the longest record, and a commit of its own.
    pub const MAX: usize = 128 * 1024;

    /// The key of one piece.
    #[must_use]
    pub fn key_of(of: MediaId, number: u16) -> Key {
        Segments::new().bytes(&of.0).short(number).key(Kind::Piece)
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({}/{}, {} bytes)", self.of, self.number, self.bytes.len())
    }
}

impl Stored for Piece {
    const KIND: Kind = Kind::Piece;

    fn key(&self) -> Key {
        Self::key_of(self.of, self.number)
    }

    fn into_record(self) -> Record {
        Record::Piece(self)
    }

    fn from_record(record: Record) -> Option<Self> {
        if let Record::Piece(it) = record { Some(it) } else { None }
    }
}

/// Bytes as they are, and in what people may read as hexadecimal digits: a list of numbers takes twice as much.
mod octets {
    use crate::model::{hex, unhex};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return to.serialize_bytes(bytes);
        }
        to.serialize_str(&hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        if !from.is_human_readable() {
            return Vec::deserialize(from);
        }
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        unhex(&text).ok_or_else(|| de::Error::custom("no hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written_and_nothing_else_is() {
        let id = MediaId(std::array::from_fn(|n| u8::try_from(n * 7).unwrap_or(255)));
        assert_eq!(MediaId::parse(&id.to_string()), Some(id));
        for odd in ["", "00", &"g".repeat(64), &"A".repeat(64), &"0".repeat(66)] {
            assert_eq!(MediaId::parse(odd), None, "{odd}");
        }
    }
}
