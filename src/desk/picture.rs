//! What somebody brought, as it may be kept: known by its bytes, and without what nobody meant to tell.
//!
//! A picture is taken apart and put together again out of what is needed to see it, and of nothing else: where
//! and when it was taken, by which device, small copies of it, and whatever lies behind its end stay behind.
//! Nothing is decoded, so nothing is lost of the picture. (Crates that take pictures apart keep all that lies
//! behind the first scan as it was; a phone puts whole films there.) What is written within a file is its author's
//! own, and stays.

use crate::model::{Media, MediaKind};
use crate::text::say::MediaRefusal;

/// What may be kept of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub kind: MediaKind,
    /// How wide and high a picture is seen; 0 for a file.
    pub pixels: (u32, u32),
}

/// The most that a picture may have: wide and high together, and one against the other (Telegram's limits).
const SIDES_MAX: u32 = 10_000;
const RATIO_MAX: u32 = 20;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The chunks of a PNG by which it is seen, moving ones included.
const PNG_SEEN: [&[u8; 4]; 15] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// What may be kept of these bytes.
///
/// # Errors
/// When they are of no kind that is taken, too large, or not whole.
pub fn clean(bytes: &[u8]) -> Result<Cleaned, MediaRefusal> {
    let cleaned = if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        seen(of_jpeg(bytes).ok_or(MediaRefusal::Damaged)?)?
    } else if bytes.starts_with(PNG) {
        seen(of_png(bytes).ok_or(MediaRefusal::Damaged)?)?
    } else {
        let kind = file(bytes).ok_or(MediaRefusal::Kind)?;
        if bytes.len() > Media::FILE_MAX {
            return Err(MediaRefusal::FileTooLarge);
        }
        Cleaned { bytes: bytes.to_vec(), kind, pixels: (0, 0) }
    };
    Ok(cleaned)
}

/// A picture within the limits of all who have to show it.
fn seen(picture: Cleaned) -> Result<Cleaned, MediaRefusal> {
    let (wide, high) = picture.pixels;
    let (long, short) = (wide.max(high), wide.min(high));
    if short == 0 {
        return Err(MediaRefusal::Damaged);
    }
    if long.saturating_add(short) > SIDES_MAX || long / short > RATIO_MAX {
        return Err(MediaRefusal::OddShape);
    }
    if picture.bytes.len() > Media::PICTURE_MAX {
        return Err(MediaRefusal::PictureTooLarge);
    }
    Ok(picture)
}

/// Reads from the front of bytes.
struct Front<'a>(&'a [u8]);

impl<'a> Front<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// The marker of a JPEG's end.
const END: u8 = 0xD9;

/// A JPEG while it is put together again.
#[derive(Default)]
struct Jpeg {
    body: Vec<u8>,
    pixels: Option<(u32, u32)>,
    scans: usize,
    /// Which way up it is to be shown; 0 where that is not said.
    way_up: u8,
}

/// A JPEG out of its tables, frames and scans, its colour profile, and the way up; `None` when it is not whole.
fn of_jpeg(bytes: &[u8]) -> Option<Cleaned> {
    let mut front = Front(bytes);
    front.take(2)?;
    let mut jpeg = Jpeg::default();
    loop {
        let marker = marker(&mut front)?;
        if marker == END {
            break;
        }
        let length = usize::from(front.short()?).checked_sub(2)?;
        jpeg.take(marker, front.take(length)?)?;
        if marker == 0xDA {
            jpeg.scans += 1;
            scan(&mut front, &mut jpeg.body)?;
        }
    }
    let Jpeg { mut body, pixels, scans, way_up } = jpeg;
    let (wide, high) = pixels.filter(|_| scans > 0)?;
    let mut whole = vec![0xFF, 0xD8];
    if way_up > 1 {
        segment(&mut whole, 0xE1, &turned(way_up))?;
    }
    whole.append(&mut body);
    whole.extend([0xFF, 0xD9]);
    let pixels = if way_up > 4 { (high, wide) } else { (wide, high) };
    Some(Cleaned { bytes: whole, kind: MediaKind::Jpeg, pixels })
}

/// The next marker behind which something stands, or that of the end.
fn marker(front: &mut Front<'_>) -> Option<u8> {
    loop {
        if front.byte()? != 0xFF {
            return None;
        }
        let marker = loop {
            match front.byte()? {
                0xFF => {}
                marker => break marker,
            }
        };
        match marker {
            0x01 | 0xD0..=0xD7 => {}
            0x00 | 0xD8 => return None,
            marker => return Some(marker),
        }
    }
}

impl Jpeg {
    /// Takes what is needed to see it.
    fn take(&mut self, marker: u8, content: &[u8]) -> Option<()> {
        match marker {
            0xC0..=0xCF | 0xDA..=0xDD => segment(&mut self.body, marker, content)?,
            0xE0 if content.starts_with(b"JFIF\0") && content.len() >= 14 => {
                // Without the small copy that may follow.
                segment(&mut self.body, marker, &[&content[..12], &[0, 0]].concat())?;
            }
            0xE1 => self.way_up = orientation(content).unwrap_or(self.way_up),
            0xE2 if content.starts_with(b"ICC_PROFILE\0") => {
                segment(&mut self.body, marker, content)?;
            }
            0xEE if content.starts_with(b"Adobe") && content.len() >= 12 => {
                segment(&mut self.body, marker, &content[..12])?;
            }
            _ => {}
        }
        let frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        if frame && self.pixels.is_none() {
            let mut frame = Front(content.get(1..)?);
            let (high, wide) = (frame.short()?, frame.short()?);
            self.pixels = Some((u32::from(wide), u32::from(high)));
        }
        Some(())
    }
}

fn segment(to: &mut Vec<u8>, marker: u8, content: &[u8]) -> Option<()> {
    to.extend([0xFF, marker]);
    to.extend(u16::try_from(content.len() + 2).ok()?.to_be_bytes());
    to.extend_from_slice(content);
    Some(())
}

/// Copies a scan up to the marker behind it.
fn scan(front: &mut Front<'_>, to: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    loop {
        at += front.0.get(at..)?.iter().position(|b| *b == 0xFF)?;
        match front.0.get(at + 1)? {
            0x00 | 0xD0..=0xD7 => at += 2,
            0xFF => at += 1,
            _ => break,
        }
    }
    to.extend_from_slice(front.take(at)?);
    Some(())
}

/// Which way up a picture is to be shown (1 to 8), as a camera writes it into its notes.
fn orientation(content: &[u8]) -> Option<u8> {
    let notes = content.strip_prefix(b"Exif\0\0")?;
    let short = |at: usize| -> Option<u16> {
        let pair = notes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match &notes[..2] {
            b"II" => u16::from_le_bytes(pair),
            _ => u16::from_be_bytes(pair),
        })
    };
    let long = |at: usize| -> Option<usize> {
        let (first, second) = (u32::from(short(at)?), u32::from(short(at.checked_add(2)?)?));
        let whole =
            if notes.starts_with(b"II") { second << 16 | first } else { first << 16 | second };
        usize::try_from(whole).ok()
    };
    let list = long(4)?;
    let entries = usize::from(short(list)?);
    let entry = |n: usize| list.checked_add(2 + n * 12);
    let found = (0..entries).map_while(entry).find(|at| short(*at) == Some(0x0112))?;
    let way = u8::try_from(short(found.checked_add(8)?)?).ok()?;
    (1..=8).contains(&way).then_some(way)
}

/// A camera's notes that say which way up, and nothing else.
fn turned(way_up: u8) -> [u8; 32] {
    let mut notes = *b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    notes[25] = way_up;
    notes
}

/// A PNG out of the chunks by which it is seen; `None` when it is not whole.
fn of_png(bytes: &[u8]) -> Option<Cleaned> {
    let mut front = Front(bytes);
    let mut whole = front.take(PNG.len())?.to_vec();
    let (mut pixels, mut painted) = (None, 0);
    loop {
        let chunk = front.0;
        let length = usize::try_from(front.long()?).ok()?;
        let kind: &[u8; 4] = front.take(4)?.try_into().ok()?;
        let content = front.take(length)?;
        front.take(4)?;
        match kind {
            b"IHDR" if pixels.is_none() => {
                let mut head = Front(content);
                pixels = Some((head.long()?, head.long()?));
            }
            // The head comes first, and once.
            _ if pixels.is_none() => return None,
            b"IHDR" => return None,
            b"IDAT" => painted += 1,
            _ => {}
        }
        if PNG_SEEN.contains(&kind) {
            whole.extend_from_slice(chunk.get(..length.checked_add(12)?)?);
        }
        if kind == b"IEND" {
            break;
        }
    }
    let pixels = pixels.filter(|_| painted > 0)?;
    Some(Cleaned { bytes: whole, kind: MediaKind::Png, pixels })
}

/// What kind of file these bytes are, if one that is taken: nothing that runs when it is opened.
fn file(bytes: &[u8]) -> Option<MediaKind> {
    if bytes.starts_with(b"%PDF-") {
        return Some(MediaKind::Pdf);
    }
    if !bytes.starts_with(b"PK\x03\x04") || !holds(bytes, b"[Content_Types].xml") {
        return None;
    }
    // Names of parts are not compressed.
    if holds(bytes, b"vbaProject") {
        return None;
    }
    let parts: [(&[u8], MediaKind); 3] = [
        (b"word/document.xml", MediaKind::Docx),
        (b"xl/workbook.xml", MediaKind::Xlsx),
        (b"ppt/presentation.xml", MediaKind::Pptx),
    ];
    parts.into_iter().find(|(part, _)| holds(bytes, part)).map(|(_, kind)| kind)
}

fn holds(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|window| window == name)
}
