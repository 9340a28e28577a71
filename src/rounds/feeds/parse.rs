//! Feeds: RSS and Atom through feed-rs, guarded; JSON Feed by ourselves.
//!
//! A document is read as it is; only when that fails it is repaired in a few stated ways and read once
//! more (`repair.rs` beside this file). A parser that panics costs this document alone.

use super::plain::{Markup, bounded, depth, plain};
use super::repair::{is_lossy, repaired};
use crate::model::{At, hex};
use crate::text::say::sources::SourceSays;
use feed_rs::model::{FeedType, Text};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

/// The longest title that is kept, in characters.
pub const TITLE_MAX: usize = 300;
/// The longest summary that is kept, in characters.
pub const SUMMARY_MAX: usize = 1000;
/// The longest link that is kept, in bytes; a longer one counts as none. Entries are found by their links, and no
/// store takes a much longer name.
pub const LINK_MAX: usize = 2000;
/// The longest ID that is kept as it is, in bytes; of a longer one its SHA-256 is.
pub const GUID_MAX: usize = 1000;
/// The most entries that are taken from one document.
pub const ITEMS_MAX: usize = 2000;
/// The deepest nesting that is read.
pub const DEPTH_MAX: usize = 500;
/// How much of an item's markup is looked at for its summary, in bytes.
const MARKUP_MAX: usize = 64 * 1024;

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What it is: `RSS 2.0`, `Atom`, `JSON Feed`, `page`.
    pub kind: &'static str,
    /// Its title.
    pub title: String,
    /// What it lists, in its order.
    pub items: Vec<Item>,
    /// How many entries say nothing (no title, no text, no link) and were left out.
    pub blank: usize,
}

/// One thing that a document lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// The source's own ID of it, or what stands for a very long one; never empty.
    pub guid: String,
    /// Where it can be read, absolute; empty when nowhere.
    pub link: String,
    /// Its title, plain text; never empty.
    pub title: String,
    /// Its summary, plain text.
    pub summary: String,
    /// When it was published.
    pub published: Option<At>,
}

/// Reads a feed; `base` is where it came from.
///
/// # Errors
/// When it is no feed, or cannot be read even after repair.
pub fn feed(text: &str, base: Option<&Url>) -> Result<Listing, SourceSays> {
    let text = text.trim_start();
    match text.chars().next() {
        None => Err(SourceSays::Empty),
        Some('{') => json(text, base),
        Some('<') if is_page(text) => Err(SourceSays::PageNotFeed),
        Some('<') if depth(text, Markup::Xml) > DEPTH_MAX => Err(SourceSays::TooDeep),
        Some('<') if is_lossy(text) => xml(&repaired(text).unwrap_or_default(), base),
        Some('<') => xml(text, base).or_else(|first| match repaired(text) {
            Some(mended) => xml(&mended, base).map_err(|_| first),
            None => Err(first),
        }),
        Some(_) => Err(SourceSays::NotAFeed),
    }
}

fn is_page(text: &str) -> bool {
    let head: String = text.chars().take(400).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.contains("<html")
}

fn xml(text: &str, base: Option<&Url>) -> Result<Listing, SourceSays> {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let parser = feed_rs::parser::Builder::new()
            .base_uri(base.map(Url::as_str))
            .sanitize_content(false)
            // An ID made up at random would make every poll find everything new.
            .id_generator(|_, _, _| String::new())
            .build();
        parser.parse(text.as_bytes())
    }));
    let feed = match read {
        Err(_) => return Err(SourceSays::ParserFailed),
        Ok(Err(feed_rs::parser::ParseFeedError::ParseError(
            feed_rs::parser::ParseErrorKind::NoFeedRoot,
        ))) => return Err(SourceSays::NotAFeed),
        Ok(Err(e)) => return Err(SourceSays::Malformed(bounded(&e.to_string(), 200))),
        Ok(Ok(feed)) => feed,
    };
    let atom = feed.feed_type == FeedType::Atom;
    let title = feed.title.as_ref().map(|t| words(t, atom, TITLE_MAX)).unwrap_or_default();
    let item = |entry: feed_rs::model::Entry| item(entry, atom, base);
    let (items, blank) = distinct(feed.entries.into_iter().take(ITEMS_MAX).map(item).collect());
    Ok(Listing { kind: kind(&feed.feed_type), title, items, blank })
}

const fn kind(kind: &FeedType) -> &'static str {
    match kind {
        FeedType::Atom => "Atom",
        FeedType::JSON => "JSON Feed",
        FeedType::RSS0 => "RSS 0.9",
        FeedType::RSS1 => "RSS 1.0",
        FeedType::RSS2 => "RSS 2.0",
    }
}

/// Atom says which texts are plain; what RSS calls plain is markup more often than not.
fn words(text: &Text, atom: bool, max: usize) -> String {
    if atom && text.content_type.subty() == "plain" {
        bounded(&text.content, max)
    } else {
        plain(head(&text.content), max)
    }
}

fn head(markup: &str) -> &str {
    &markup[..markup.floor_char_boundary(MARKUP_MAX)]
}

fn item(entry: feed_rs::model::Entry, atom: bool, base: Option<&Url>) -> Item {
    let page = |rel: Option<&str>| rel.is_none_or(|r| r == "alternate");
    let link = entry.links.iter().find(|l| page(l.rel.as_deref())).or(entry.links.first());
    let content = entry.content.and_then(|c| c.body);
    let summary = match (entry.summary, content) {
        (Some(text), _) if !text.content.trim().is_empty() => words(&text, atom, SUMMARY_MAX),
        (_, Some(body)) => plain(head(&body), SUMMARY_MAX),
        _ => String::new(),
    };
    complete(Item {
        guid: entry.id.trim().to_owned(),
        link: link.map(|l| absolute(&l.href, base)).unwrap_or_default(),
        title: entry.title.map(|t| words(&t, atom, TITLE_MAX)).unwrap_or_default(),
        summary,
        published: entry.published.or(entry.updated).map(At::from),
    })
}

/// Fills in what a source left out: a title, an ID, a link that is the ID.
pub(super) fn complete(mut item: Item) -> Item {
    if item.link.is_empty()
        && (item.guid.starts_with("http://") || item.guid.starts_with("https://"))
    {
        item.link = absolute(&item.guid, None);
    }
    if item.title.is_empty() {
        item.title = bounded(&item.summary, 60);
    }
    if item.title.is_empty() {
        item.title = bounded(&item.link, TITLE_MAX);
    }
    if item.guid.is_empty() {
        item.guid = if item.link.is_empty() { item.title.clone() } else { item.link.clone() };
    }
    if item.guid.len() > GUID_MAX {
        item.guid = hex(&Sha256::digest(&item.guid));
    }
    item
}

/// Drops what says nothing, and tells apart what carries one ID but leads to different places. Gives how many
/// said nothing as well.
pub(super) fn distinct(mut items: Vec<Item>) -> (Vec<Item>, usize) {
    let all = items.len();
    // Its title was made from its text or its link where it had none.
    items.retain(|item| !item.title.is_empty());
    let blank = all - items.len();
    let mut places: std::collections::HashMap<String, Vec<String>> =
        std::collections::HashMap::new();
    for item in &items {
        let links = places.entry(item.guid.clone()).or_default();
        if !links.contains(&item.link) {
            links.push(item.link.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::with_capacity(items.len());
    for mut item in items {
        if places.get(&item.guid).is_some_and(|links| links.len() > 1) {
            item.guid = format!("{} {}", item.guid, item.link);
        }
        if !item.guid.is_empty() && seen.insert(item.guid.clone()) {
            out.push(item);
        }
    }
    (out, blank)
}

/// `href` as an absolute address of the web; empty where it is none, or longer than [`LINK_MAX`].
pub(super) fn absolute(href: &str, base: Option<&Url>) -> String {
    let href = href.trim();
    if href.is_empty() {
        return String::new();
    }
    let joined = match base {
        Some(base) => base.join(href),
        None => Url::parse(href),
    };
    match joined {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LINK_MAX => {
            url.to_string()
        }
        _ => String::new(),
    }
}

#[derive(Deserialize)]
struct JsonFeed {
    #[serde(default)]
    version: Option<serde_json::Value>,
    #[serde(default)]
    title: Option<String>,
    items: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct JsonItem {
    #[serde(default)]
    id: Option<JsonId>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    external_url: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default)]
    content_text: Option<String>,
    #[serde(default)]
    content_html: Option<String>,
    #[serde(default)]
    date_published: Option<String>,
    #[serde(default)]
    date_modified: Option<String>,
}

/// IDs shall be text; numbers are met with.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonId {
    Text(String),
    Number(serde_json::Number),
}

/// The version is not looked at: whatever it is, what has items can be read. An odd item costs itself.
fn json(text: &str, base: Option<&Url>) -> Result<Listing, SourceSays> {
    let feed: JsonFeed = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => SourceSays::NotAFeed,
        _ => SourceSays::Malformed(bounded(&e.to_string(), 200)),
    })?;
    if let Some(version) = feed.version.as_ref().and_then(|v| v.as_str()) {
        tracing::trace!(feed.version = version, "JSON feed");
    }
    let read = |value| serde_json::from_value(value).ok().map(|item| json_item(item, base));
    let items = feed.items.into_iter().take(ITEMS_MAX).filter_map(read).collect();
    let title = bounded(&feed.title.unwrap_or_default(), TITLE_MAX);
    let (items, blank) = distinct(items);
    Ok(Listing { kind: "JSON Feed", title, items, blank })
}

fn json_item(item: JsonItem, base: Option<&Url>) -> Item {
    let date = item.date_published.or(item.date_modified);
    let time = date.and_then(|d| chrono::DateTime::parse_from_rfc3339(d.trim()).ok());
    let summary = match (item.summary.or(item.content_text), item.content_html) {
        (Some(text), _) => bounded(&text, SUMMARY_MAX),
        (None, Some(html)) => plain(head(&html), SUMMARY_MAX),
        (None, None) => String::new(),
    };
    complete(Item {
        guid: match item.id {
            Some(JsonId::Text(id)) => id.trim().to_owned(),
            Some(JsonId::Number(id)) => id.to_string(),
            None => String::new(),
        },
        link: absolute(&item.url.or(item.external_url).unwrap_or_default(), base),
        title: bounded(&item.title.unwrap_or_default(), TITLE_MAX),
        summary,
        published: time.map(|t| At::from(t.to_utc())),
    })
}
