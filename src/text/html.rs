//! From the markup tree to HTML.
//!
//! Safe by construction: every letter that a document holds passes [`escape`], every address passes
//! [`may_link`], and the only elements are the ones written here.

use super::render::clean;
use crate::model::{Block, Document, Inline};

/// A document as an HTML fragment.
#[must_use]
pub fn to_html(doc: &Document) -> String {
    let mut html = String::new();
    for block in &doc.0 {
        write_block(&mut html, block);
    }
    html
}

/// Text as it stands between or inside the quotes of HTML tags.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether an address may be linked: `http`, `https`, `mailto` or `tel`, and nothing odd within.
#[must_use]
pub fn may_link(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(':') else { return false };
    let known = ["http", "https", "mailto", "tel"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    let web = scheme.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("http"));
    let whole = if web { rest.len() > 2 && rest.starts_with("//") } else { !rest.is_empty() };
    known && whole && !address.contains(|c: char| c.is_control() || c.is_whitespace())
}

fn write_block(html: &mut String, block: &Block) {
    match block {
        Block::Heading(level, inner) => {
            let tag = ["h1", "h2", "h3", "h4", "h5", "h6"][usize::from((*level).clamp(1, 6)) - 1];
            element(html, tag, |h| write_inlines(h, inner, Within::Text));
        }
        Block::Paragraph(inner) => element(html, "p", |h| write_inlines(h, inner, Within::Text)),
        Block::Bullets(items) => element(html, "ul", |h| write_each(h, "li", items)),
        Block::Numbers(items) => element(html, "ol", |h| write_each(h, "li", items)),
        Block::Quote(inner) => element(html, "blockquote", |h| {
            element(h, "p", |h| write_inlines(h, inner, Within::Text));
        }),
        Block::Preformatted(text) => element(html, "pre", |h| h.push_str(&escape(text))),
        Block::Table(rows) => element(html, "table", |h| write_rows(h, rows)),
        Block::Rule => html.push_str("<hr>"),
    }
    html.push('\n');
}

fn write_rows(html: &mut String, rows: &[Vec<Vec<Inline>>]) {
    let Some((head, body)) = rows.split_first() else { return };
    element(html, "thead", |h| element(h, "tr", |h| write_each(h, "th", head)));
    element(html, "tbody", |h| {
        for row in body {
            element(h, "tr", |h| write_each(h, "td", row));
        }
    });
}

fn write_each(html: &mut String, tag: &str, cells: &[Vec<Inline>]) {
    for cell in cells {
        element(html, tag, |h| write_inlines(h, cell, Within::Text));
    }
}

fn element(html: &mut String, tag: &str, inner: impl FnOnce(&mut String)) {
    html.push('<');
    html.push_str(tag);
    html.push('>');
    inner(html);
    html.push_str("</");
    html.push_str(tag);
    html.push('>');
}

/// Where an inline stands: HTML knows no link within a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Text,
    Link,
}

fn write_inlines(html: &mut String, inlines: &[Inline], within: Within) {
    for inline in inlines {
        match inline {
            Inline::Text(text) => html.push_str(&escape(text).replace('\n', "<br>")),
            Inline::Bold(inner) => element(html, "strong", |h| write_inlines(h, inner, within)),
            Inline::Italic(inner) => element(html, "em", |h| write_inlines(h, inner, within)),
            Inline::Code(text) => element(html, "code", |h| h.push_str(&escape(text))),
            Inline::Link(address, label) => write_link(html, address, label, within),
        }
    }
}

fn write_link(html: &mut String, address: &str, label: &[Inline], within: Within) {
    let mut words = String::new();
    write_inlines(&mut words, label, Within::Link);
    let bare = super::render::plain(&Document(vec![Block::Paragraph(label.to_vec())]));
    let shown = escape(address);
    if bare.trim().is_empty() {
        words.clone_from(&shown);
    }
    if within == Within::Text && may_link(address) {
        html.push_str("<a href=\"");
        html.push_str(&shown);
        html.push_str("\" rel=\"noopener nofollow ugc\">");
        html.push_str(&words);
        html.push_str("</a>");
    } else {
        html.push_str(&words);
        if !address.is_empty() && !bare.trim().is_empty() && bare.trim() != address {
            html.push_str(" (");
            html.push_str(&shown);
            html.push(')');
        }
    }
}
