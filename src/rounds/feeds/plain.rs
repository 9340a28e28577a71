//! From markup to plain text, in one pass without a tree: nothing can be nested too deeply for it.

use scraper::Html;

/// How markup is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Every element is closed.
    Xml,
    /// Some elements need not be closed, or never are.
    Html,
}

/// Elements whose content is no text.
const DROPPED: [&str; 6] = ["script", "style", "head", "template", "iframe", "svg"];
/// Elements that stand within a line.
const INLINE: [&str; 22] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "ins", "del", "mark", "q", "s",
    "small", "span", "strong", "sub", "sup", "u", "time",
];
/// Elements that are never closed, or closed by the next of their kind.
const UNCLOSED: [&str; 28] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "thead", "tbody",
    "tfoot", "colgroup", "rp",
];

/// The plain text of `html`: tags dropped, entities decoded, white space joined, at most `max`
/// characters, ended by an ellipsis where it was longer.
#[must_use]
pub fn plain(html: &str, max: usize) -> String {
    let bare = if html.contains('<') { strip(html) } else { html.to_owned() };
    // What is left holds no tag, so the tree is flat: it serves for the names of entities alone.
    let text = if bare.contains('&') {
        Html::parse_fragment(&bare.replace('<', "&lt;")).root_element().text().collect()
    } else {
        bare
    };
    bounded(&text, max)
}

/// `text` with white space joined and control characters dropped, at most `max` characters.
#[must_use]
pub fn bounded(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    let clean = |c: &char| !c.is_control() && !matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}');
    let spaced = |c: char| if c.is_whitespace() { ' ' } else { c };
    for c in text.chars().map(spaced).filter(clean) {
        if c == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if count == max {
            out.pop();
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        out.push(c);
        count += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = Tag::read(rest);
        if tag.kind == TagKind::Text {
            out.push('<');
            rest = &rest[1..];
            continue;
        }
        if tag.kind == TagKind::Data {
            out.push_str(tag.inner(rest));
        } else if !INLINE.iter().any(|n| tag.name.eq_ignore_ascii_case(n)) {
            out.push(' ');
        }
        let name = tag.name;
        rest = &rest[tag.length..];
        if tag.kind == TagKind::Open && DROPPED.iter().any(|n| name.eq_ignore_ascii_case(n)) {
            rest = beyond(rest, name);
        }
    }
    out.push_str(rest);
    out
}

/// What comes after the end of the element `name`; nothing when it has no end.
fn beyond<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let here = rest.as_bytes().get(..name.len());
        if here.is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes())) {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

/// How deeply elements are nested in `text`, at most; elements that need no end do not count in HTML.
#[must_use]
pub fn depth(text: &str, markup: Markup) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let tag = Tag::read(rest);
        let counts =
            markup == Markup::Xml || !UNCLOSED.iter().any(|n| tag.name.eq_ignore_ascii_case(n));
        match tag.kind {
            TagKind::Open if counts => now += 1,
            TagKind::Close if counts => now = now.saturating_sub(1),
            _ => {}
        }
        most = most.max(now);
        let raw = markup == Markup::Html
            && tag.kind == TagKind::Open
            && ["script", "style"].iter().any(|n| tag.name.eq_ignore_ascii_case(n));
        let name = tag.name;
        rest = &rest[tag.length..];
        if raw {
            now = now.saturating_sub(1);
            rest = beyond(rest, name);
        }
    }
    most
}

/// One tag at the start of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'a> {
    /// What it is.
    pub kind: TagKind,
    /// The name of the element; empty where there is none.
    pub name: &'a str,
    /// How many bytes it takes.
    pub length: usize,
}

/// What stands at a `<`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    Open,
    Close,
    /// Opens and closes at once.
    Empty,
    /// Comment, declaration or processing instruction.
    Other,
    /// A CDATA section.
    Data,
    /// No tag at all.
    Text,
}

impl<'a> Tag<'a> {
    /// Reads the tag at the start of `text`, which begins with `<`.
    pub(super) fn read(text: &'a str) -> Self {
        let to = |end: &str, kind: TagKind| {
            let length = text.find(end).map_or(text.len(), |at| at + end.len());
            Self { kind, name: "", length }
        };
        if text.starts_with("<!--") {
            return to("-->", TagKind::Other);
        }
        if text.starts_with("<![CDATA[") {
            return to("]]>", TagKind::Data);
        }
        if text.starts_with("<?") || text.starts_with("<!") {
            return to(">", TagKind::Other);
        }
        let close = text[1..].starts_with('/');
        let start = if close { 2 } else { 1 };
        let name_end = |c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<');
        let end = text[start..].find(name_end).map_or(text.len(), |at| start + at);
        let name = &text[start..end];
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Self { kind: TagKind::Text, name: "", length: 1 };
        }
        let length = end + tag_end(&text[end..]);
        let empty = text[..length].ends_with("/>");
        let kind = if close {
            TagKind::Close
        } else if empty {
            TagKind::Empty
        } else {
            TagKind::Open
        };
        Self { kind, name, length }
    }

    /// What stands inside a CDATA section.
    fn inner(&self, text: &'a str) -> &'a str {
        let section = &text["<![CDATA[".len().min(self.length)..self.length];
        section.strip_suffix("]]>").unwrap_or(section)
    }
}

/// Where a tag ends; a `>` within quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, b) in text.bytes().enumerate() {
        match (quote, b) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') if text[..at].trim_end().ends_with('=') => quote = Some(b),
            (Some(open), b) if open == b => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed: the tag ends where it would without it.
    text.find('>').map_or(text.len(), |at| at + 1)
}
