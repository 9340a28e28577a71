//! The letters of a poster: a font that comes with the program, or one of the office's own.
//!
//! What comes with it is a part of Noto Sans CJK SC (licence beside it): the 8,105 characters of the table of
//! general standard Chinese characters (通用规范汉字表), punctuation, Latin, Greek and signs. It has no pictures: these
//! are left out. What else a font lacks is shown as `〓`, as printers do.

use ab_glyph::{Font as _, FontArc, FontVec, Glyph, GlyphId, PxScale, ScaleFont as _, point};
use std::path::Path;
use unicode_segmentation::UnicodeSegmentation as _;

const OWN: &[u8] = include_bytes!("../assets/poster.otf");

/// The largest font file that is read.
const FILE_MAX: u64 = 64 * 1024 * 1024;

/// What stands for a character that the font does not have.
const LACKING: char = '〓';

/// A font.
pub(super) struct Letters(FontArc);

/// A text as it can be shown, and what is not shown of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct Shown {
    /// The text.
    pub text: String,
    /// The pictures that were left out, each once.
    pub pictures: Vec<String>,
    /// The characters that the font does not have, each once.
    pub lacking: Vec<char>,
}

impl Letters {
    /// The font of this file; the one that comes with the program where there is none, or it cannot be used.
    pub fn load(file: Option<&Path>) -> Option<Self> {
        if let Some(file) = file {
            match read(file) {
                Ok(font) => return Some(Self(font)),
                Err(why) => tracing::warn!(%why, "the font for posters cannot be used; ours is"),
            }
        }
        FontArc::try_from_slice(OWN).ok().map(Self)
    }

    /// A text as it can be shown.
    pub fn shown(&self, text: &str) -> Shown {
        let mut shown = Shown::default();
        for grapheme in text.graphemes(true) {
            if is_picture(grapheme) && !self.has_all(grapheme) {
                note(&mut shown.pictures, grapheme.to_owned());
                continue;
            }
            for c in grapheme.chars().filter(|c| !is_unseen(*c)) {
                if c == '\n' || c == ' ' || self.glyph(c) != GlyphId(0) {
                    shown.text.push(c);
                } else if c.is_whitespace() {
                    shown.text.push(' ');
                } else {
                    note(&mut shown.lacking, c);
                    shown.text.push(LACKING);
                }
            }
        }
        shown
    }

    /// How wide a text is, at `size` pixels an em.
    pub fn wide(&self, text: &str, size: f32) -> f32 {
        let font = self.0.as_scaled(self.scale(size));
        text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum()
    }

    /// Draws a text whose letters stand on `base`: gives each of its pixels with how far it is covered.
    pub fn draw(
        &self,
        text: &str,
        size: f32,
        (mut x, base): (f32, f32),
        put: &mut dyn FnMut(i32, i32, f32),
    ) {
        let scaled = self.0.as_scaled(self.scale(size));
        for c in text.chars() {
            let id = scaled.glyph_id(c);
            let glyph = Glyph { id, scale: scaled.scale(), position: point(x, base) };
            x += scaled.h_advance(id);
            let Some(outlined) = scaled.outline_glyph(glyph) else { continue };
            let bounds = outlined.px_bounds();
            let (left, top) = (whole(bounds.min.x), whole(bounds.min.y));
            outlined.draw(|dx, dy, covered| {
                let at = |from: i32, by: u32| from.saturating_add_unsigned(by);
                put(at(left, dx), at(top, dy), covered);
            });
        }
    }

    /// The scale at which an em is `size` pixels; a font counts from its highest to its lowest.
    fn scale(&self, size: f32) -> PxScale {
        let em = self.0.units_per_em().unwrap_or(1_000.0);
        PxScale::from(size * self.0.height_unscaled() / em)
    }

    fn glyph(&self, c: char) -> GlyphId {
        self.0.glyph_id(c)
    }

    fn has_all(&self, grapheme: &str) -> bool {
        grapheme.chars().filter(|c| !is_unseen(*c)).all(|c| self.glyph(c) != GlyphId(0))
    }
}

fn read(file: &Path) -> Result<FontArc, String> {
    let size = std::fs::metadata(file).map_err(|e| e.to_string())?.len();
    if size > FILE_MAX {
        return Err(format!("{size} bytes are too many"));
    }
    let bytes = std::fs::read(file).map_err(|e| e.to_string())?;
    let font = FontVec::try_from_vec_and_index(bytes, 0).map_err(|e| e.to_string())?;
    Ok(FontArc::new(font))
}

/// A coordinate within a picture, which is far smaller than what fits.
#[expect(clippy::cast_possible_truncation, reason = "a picture is some thousand pixels wide")]
const fn whole(coordinate: f32) -> i32 {
    coordinate as i32
}

fn note<T: PartialEq>(list: &mut Vec<T>, it: T) {
    if !list.contains(&it) {
        list.push(it);
    }
}

/// What has no shape of its own: joiners, selectors, marks of direction.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0020}'..='\u{e007f}')
        || (c.is_control() && c != '\n')
}

/// Whether something is an emoji.
fn is_picture(grapheme: &str) -> bool {
    grapheme.chars().any(|c| {
        matches!(c, '\u{fe0f}' | '\u{20e3}' | '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}'
            | '\u{2b00}'..='\u{2bff}' | '\u{231a}' | '\u{231b}' | '\u{23e9}'..='\u{23fa}')
    })
}
