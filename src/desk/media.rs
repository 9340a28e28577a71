//! Pictures and files of posts: kept by editors, read by whoever may, carried by editions.

use super::picture::{Cleaned, clean};
use super::{Call, Desk, DeskError, may};
use crate::model::{
    Changes, Enclosed, Media, MediaClass, MediaId, MediaKind, MediaState, Piece, Post, Role,
    Versioned,
};
use crate::store::StoreError;
use crate::text::say::MediaRefusal;
use sha2::{Digest as _, Sha256};

/// How long the name of a file may be, and the words for a picture, in characters.
const NAME_MAX: usize = 60;
const ALT_MAX: usize = 200;

/// A picture or file that an editor brings.
#[derive(Clone, Copy, Debug)]
pub struct Brought<'a> {
    /// What it consists of.
    pub bytes: &'a [u8],
    /// What its sender calls it; may be empty.
    pub name: &'a str,
    /// What it shows; may be empty.
    pub alt: &'a str,
}

impl Desk {
    /// Keeps a picture or file, without what nobody meant to tell with it, for an edition that is about to carry it.
    /// What no edition carries after a day is removed. This commits by itself, piece by piece: whoever does it
    /// again, or dies meanwhile, leaves no more than one such thing behind.
    ///
    /// # Errors
    /// When the caller is no editor, or it is nothing that a post may carry.
    pub async fn keep(&self, call: &Call, brought: Brought<'_>) -> Result<Enclosed, DeskError> {
        may(call, Role::Editor)?;
        let Cleaned { bytes, kind, pixels } = clean(brought.bytes)?;
        let id = MediaId(Sha256::digest(&bytes).into());
        let unfit = |_| DeskError::from(MediaRefusal::FileTooLarge);
        let size = u32::try_from(bytes.len()).map_err(unfit)?;
        let pieces = u16::try_from(bytes.len().div_ceil(Piece::MAX)).map_err(unfit)?;
        let media = Media { id, kind, size, pieces, at: call.at, state: MediaState::Kept };
        if self.announce(media).await? == Found::Nothing {
            for (number, bytes) in (0..).zip(bytes.chunks(Piece::MAX)) {
                let mut changes = Changes::new();
                changes.overwrite(Piece { of: id, number, bytes: bytes.to_vec() });
                self.store.commit(changes).await?;
            }
        }
        let name = match kind.class() {
            MediaClass::File => named(brought.name, kind),
            MediaClass::Picture => String::new(),
        };
        let alt: String = line(brought.alt, ALT_MAX);
        Ok(Enclosed { id, kind, name, size, pixels, alt })
    }

    /// Writes down that these bytes are there from now on. Gives whether they were before.
    async fn announce(&self, media: Media) -> Result<Found, StoreError> {
        let mut changes = Changes::new();
        let old = self.reads().find::<Media>(&Media::key_of(media.id)).await?;
        match &old {
            Some(old) => changes.update(old, media.clone()),
            None => changes.insert(media.clone()),
        }
        self.store.commit(changes).await?;
        let whole = match old {
            Some(old) if old.state == MediaState::Kept => self.reads().media(media.id).await?,
            _ => None,
        };
        Ok(if whole.is_some() { Found::Whole } else { Found::Nothing })
    }

    /// What an editor brought by a form, as a post may carry it.
    ///
    /// # Errors
    /// When it is not there any more, or the caller is no editor.
    pub async fn kept(
        &self,
        call: &Call,
        id: MediaId,
        (name, alt): (&str, &str),
    ) -> Result<Enclosed, DeskError> {
        may(call, Role::Editor)?;
        let bytes = self.reads().media(id).await?.ok_or(MediaRefusal::Gone)?;
        self.keep(call, Brought { bytes: &bytes, name, alt }).await
    }

    /// Has a post that is being written carry more. Gives all that it carries then.
    ///
    /// # Errors
    /// When that is too much, it is too late, or the caller is no editor.
    pub async fn enclose(
        &self,
        call: &mut Call,
        post: &Versioned<Post>,
        more: Vec<Enclosed>,
    ) -> Result<(Post, Vec<Enclosed>), DeskError> {
        let edition = self.edition(post).await?.ok_or(MediaRefusal::Gone)?;
        let mut enclosed = edition.enclosed;
        // What it has already is told anew, and is not there twice.
        enclosed.retain(|it| more.iter().all(|new| new.id != it.id));
        enclosed.extend(more);
        let now = self.revise(call, post, edition.content, enclosed.clone()).await?;
        Ok((now, enclosed))
    }

    /// Has a post that is being written carry nothing.
    ///
    /// # Errors
    /// When it is too late, or the caller is no editor.
    pub async fn bare(&self, call: &mut Call, post: &Versioned<Post>) -> Result<Post, DeskError> {
        let edition = self.edition(post).await?.ok_or(MediaRefusal::Gone)?;
        self.revise(call, post, edition.content, Vec::new()).await
    }

    /// Sees to it that what an edition is about to carry stays there.
    pub(super) async fn hold(
        &self,
        call: &mut Call,
        enclosed: &[Enclosed],
    ) -> Result<(), DeskError> {
        if enclosed.len() > Enclosed::MOST {
            return Err(MediaRefusal::TooMany.into());
        }
        let ids: std::collections::BTreeSet<_> = enclosed.iter().map(|it| it.id).collect();
        for id in ids {
            let found = self.reads().find::<Media>(&Media::key_of(id)).await?;
            let media = found.filter(|m| m.state == MediaState::Kept).ok_or(MediaRefusal::Gone)?;
            call.changes.update(&media, Media { at: call.at, ..media.value.clone() });
        }
        Ok(())
    }
}

/// Whether bytes were there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Whole,
    Nothing,
}

/// The name of a file in one line that leads nowhere, with the ending of what it is.
fn named(name: &str, kind: MediaKind) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let plain: String =
        stem.chars().filter(|c| !matches!(c, '"' | '<' | '>' | '|' | ':' | '*' | '?')).collect();
    let stem = line(plain.trim_matches(['.', ' ']), NAME_MAX);
    let stem = if stem.is_empty() { "file" } else { &stem };
    format!("{stem}.{}", kind.ending())
}

/// Words in one line, and nothing that is not seen.
fn line(words: &str, most: usize) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let seen = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    words.chars().filter(seen).take(most).collect()
}
