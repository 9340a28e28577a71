//! From bytes to text, whatever the encoding.
//!
//! In order: a byte order mark, UTF-16 seen by its zero bytes, the charset of the HTTP header, the
//! declaration in the document, UTF-8 if it is, a guess. A declaration under which the bytes do not
//! read is passed over when a later one fits.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Text, and how it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; without an XML declaration, which no longer holds.
    pub text: String,
    /// The name of the encoding it had.
    pub encoding: &'static str,
}

/// How far into a document a declaration is looked for.
const PEEK: usize = 4096;

/// Reads `bytes` as text; `content_type` is what the server said. Never fails: what cannot be read
/// becomes U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (unmarked(bytes, content_type), bytes),
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: undeclared(&text).to_owned(), encoding: encoding.name() }
}

fn unmarked(bytes: &[u8], content_type: Option<&str>) -> &'static Encoding {
    if let Some(wide) = wide(bytes) {
        return wide;
    }
    let said = content_type.and_then(charset);
    let declared = declared(&bytes[..bytes.len().min(PEEK)]);
    let named: Vec<_> = [said, declared].into_iter().flatten().collect();
    let fits = |e: &&&'static Encoding| !e.decode_without_bom_handling(bytes).1;
    if let Some(fitting) = named.iter().find(fits) {
        return fitting;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    named.first().copied().unwrap_or_else(|| guess(bytes))
}

/// UTF-16 without a mark: markup and JSON begin with an ASCII character.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [b'<' | b'{' | b' ' | b'\n' | b'\r', 0, _, 0, ..] => Some(UTF_16LE),
        [0, b'<' | b'{' | b' ' | b'\n' | b'\r', 0, _, ..] => Some(UTF_16BE),
        _ => None,
    }
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    after_word(content_type.as_bytes(), b"charset")
}

/// `encoding="…"` of an XML declaration, or the charset of an HTML `meta`.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let start = head.iter().position(|b| !b.is_ascii_whitespace())?;
    let head = &head[start..];
    let found = if head.starts_with(b"<?xml") {
        let end = head.windows(2).position(|w| w == b"?>").unwrap_or(head.len());
        after_word(&head[..end], b"encoding")
    } else {
        let meta = head.windows(5).position(|w| w.eq_ignore_ascii_case(b"<meta"));
        meta.and_then(|at| after_word(&head[at..], b"charset"))
    };
    // The declaration was read byte by byte, so a two-byte encoding it cannot be.
    found.map(|e| if e == UTF_16LE || e == UTF_16BE { UTF_8 } else { e })
}

/// The encoding named after `word`, `=` and perhaps a quote.
fn after_word(text: &[u8], word: &[u8]) -> Option<&'static Encoding> {
    let mut rest = text;
    while let Some(at) = rest.windows(word.len()).position(|w| w.eq_ignore_ascii_case(word)) {
        rest = &rest[at + word.len()..];
        let value = rest.trim_ascii_start();
        if let Some(value) = value.strip_prefix(b"=") {
            let value = value.trim_ascii_start();
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let end = value.iter().position(|b| b"\"'; \t\r\n>/?".contains(b)).unwrap_or(value.len());
            return Encoding::for_label(&value[..end]);
        }
    }
    None
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// The text without its XML declaration: it is UTF-8 now, whatever the declaration says.
fn undeclared(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    match text.strip_prefix("<?xml") {
        Some(rest) if rest.starts_with(|c: char| c.is_whitespace()) => {
            rest.find("?>").map_or(text, |end| rest[end + 2..].trim_start())
        }
        _ => text,
    }
}
