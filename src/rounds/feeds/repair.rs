//! What is mended in a feed that cannot be read as it is, before it is tried once more.
//!
//! - an `rss` root without a version, or with one that nobody knows, is taken for 2.0;
//! - a `type` other than `text`, `html` or `xhtml` is dropped, so that one odd content type does not
//!   cost the whole feed;
//! - text elements without text (`<title/>`) are dropped;
//! - a `&` that begins no reference is escaped, and characters that XML forbids are dropped.

use super::plain::{Tag, TagKind};

/// Elements that may not be empty for the parser.
const TEXTS: [&str; 6] = ["title", "summary", "content", "subtitle", "rights", "tagline"];

/// The text, mended; `None` when there is nothing to mend.
pub(super) fn repaired(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut root_seen = false;
    while let Some(at) = rest.find('<') {
        push_text(&mut out, &rest[..at]);
        rest = &rest[at..];
        let tag = Tag::read(rest);
        let (here, beyond) = rest.split_at(tag.length);
        let local = tag.name.rsplit(':').next().unwrap_or_default();
        rest = beyond;
        match tag.kind {
            TagKind::Open | TagKind::Empty if !root_seen => {
                root_seen = true;
                if tag.name.eq_ignore_ascii_case("rss") {
                    push_root(&mut out, here);
                } else {
                    out.push_str(here);
                }
            }
            TagKind::Empty if TEXTS.contains(&local) && !here.contains("src") => {}
            TagKind::Open if TEXTS.contains(&local) && closes(beyond, tag.name) => {
                let skipped = beyond.find('>').map_or(beyond.len(), |end| end + 1);
                rest = &beyond[skipped..];
            }
            TagKind::Open | TagKind::Empty => push_tag(&mut out, here),
            TagKind::Text => out.push_str("&lt;"),
            TagKind::Close | TagKind::Other | TagKind::Data => push_clean(&mut out, here),
        }
    }
    push_text(&mut out, rest);
    (out != text).then_some(out)
}

fn closes(beyond: &str, name: &str) -> bool {
    let end = beyond.trim_start().strip_prefix("</");
    end.and_then(|e| e.strip_prefix(name)).is_some_and(|e| e.trim_start().starts_with('>'))
}

fn push_root(out: &mut String, tag: &str) {
    let version = value(tag, "version");
    if matches!(version, Some("2.0" | "0.91" | "0.92")) {
        return out.push_str(tag);
    }
    let bare = without(tag, "version");
    let name = bare.len() - bare[1..].trim_start_matches(char::is_alphabetic).len();
    out.push_str(&bare[..name]);
    out.push_str(" version=\"2.0\"");
    out.push_str(&bare[name..]);
}

fn push_tag(out: &mut String, tag: &str) {
    match value(tag, "type") {
        None | Some("text" | "html" | "xhtml") => push_clean(out, tag),
        Some(_) => push_clean(out, &without(tag, "type")),
    }
}

/// Where the attribute `name` stands in `tag`: from the space before it to the quote behind it, and
/// its value.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<(usize, usize, &'a str)> {
    for (at, _) in tag.match_indices(name) {
        if !tag[..at].ends_with(char::is_whitespace) {
            continue;
        }
        let Some(rest) = tag[at + name.len()..].trim_start().strip_prefix('=') else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let start = tag.len() - rest.len() + 1;
        let end = start + tag[start..].find(quote)?;
        return Some((at, end + 1, &tag[start..end]));
    }
    None
}

fn value<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    attribute(tag, name).map(|(.., value)| value.trim())
}

fn without(tag: &str, name: &str) -> String {
    match attribute(tag, name) {
        Some((from, to, _)) => format!("{}{}", &tag[..from], &tag[to..]),
        None => tag.to_owned(),
    }
}

fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        push_clean(out, &rest[..at]);
        rest = &rest[at + 1..];
        let name = rest.as_bytes().iter().take(32).position(|b| *b == b';');
        let reference = name.is_some_and(|end| {
            end > 0 && rest.as_bytes()[..end].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'#')
        });
        out.push_str(if reference { "&" } else { "&amp;" });
    }
    push_clean(out, rest);
}

fn push_clean(out: &mut String, text: &str) {
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    out.extend(text.chars().filter(allowed));
}
