//! Finds the web addresses that people paste into a text.

use super::html::may_link;
use crate::model::{Block, Document, Inline};

/// Words as they were typed, with the web addresses in them linked: nothing else in them is a mark.
#[must_use]
pub fn plain_linked(text: &str) -> Document {
    let linked = |block| match block {
        Block::Paragraph(inlines) => Block::Paragraph(autolink(inlines)),
        other => other,
    };
    Document(Document::plain(text).0.into_iter().map(linked).collect())
}

/// Links the web addresses that stand in plain text.
pub(super) fn autolink(inlines: Vec<Inline>) -> Vec<Inline> {
    let mut out = Vec::with_capacity(inlines.len());
    for inline in inlines {
        match inline {
            Inline::Text(text) => link_text(&text, &mut out),
            Inline::Bold(inner) => out.push(Inline::Bold(autolink(inner))),
            Inline::Italic(inner) => out.push(Inline::Italic(autolink(inner))),
            other => out.push(other),
        }
    }
    out
}

fn link_text(text: &str, out: &mut Vec<Inline>) {
    let mut rest = text;
    let mut done = 0;
    while let Some(start) = find_address(&rest[done..]).map(|at| at + done) {
        // Addresses are ASCII; Chinese text follows them without a space.
        let ends =
            |c: char| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\');
        let length = rest[start..].find(ends).unwrap_or(rest.len() - start);
        let address = trim_address(&rest[start..start + length]);
        if !may_link(address) {
            done = start + 4;
            continue;
        }
        if start > 0 {
            out.push(Inline::text(&rest[..start]));
        }
        out.push(Inline::link(address, address));
        rest = &rest[start + address.len()..];
        done = 0;
    }
    if !rest.is_empty() {
        out.push(Inline::text(rest));
    }
}

fn find_address(text: &str) -> Option<usize> {
    [text.find("https://"), text.find("http://")].into_iter().flatten().min()
}

/// An address without the punctuation of the sentence that it ends.
fn trim_address(address: &str) -> &str {
    let mut address = address;
    loop {
        let trimmed = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
        let unpaired = trimmed.ends_with(')') && !trimmed.contains('(')
            || trimmed.ends_with(']') && !trimmed.contains('[');
        let shorter = if unpaired { &trimmed[..trimmed.len() - 1] } else { trimmed };
        if shorter.len() == address.len() {
            return address;
        }
        address = shorter;
    }
}
