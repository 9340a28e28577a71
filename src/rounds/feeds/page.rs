//! List pages without a feed, by CSS selectors.

use super::dates::page_date;
use super::parse::{DEPTH_MAX, ITEMS_MAX, Item, Listing, SUMMARY_MAX, TITLE_MAX};
use super::parse::{absolute, complete, distinct};
use super::plain::{Markup, bounded, depth};
use crate::model::{At, Selectors};
use crate::text::say::sources::SourceSays;
use chrono_tz::Tz;
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// Where and when a page was read: links and dates on it are relative.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Its address.
    pub base: Option<&'a Url>,
    /// The zone of its dates.
    pub zone: Tz,
    /// When it was read.
    pub now: At,
}

/// Reads a list page.
///
/// # Errors
/// When a selector is wrong, or nothing matches.
pub fn page(html: &str, by: &Selectors, at: Reading<'_>) -> Result<Listing, SourceSays> {
    let rows = selector(&by.item)?;
    let title = optional(&by.title)?;
    let link = optional(if by.link.is_empty() { "a[href]" } else { &by.link })?;
    let date = optional(&by.date)?;
    let document = document(html)?;
    let base = base_of(&document, at.base);
    let mut items = Vec::new();
    for row in document.select(&rows).take(ITEMS_MAX) {
        let anchor = link.as_ref().and_then(|s| itself_or_within(row, s));
        let href = anchor.and_then(|a| a.value().attr("href")).unwrap_or_default();
        let named = title.as_ref().and_then(|s| itself_or_within(row, s)).or(anchor);
        let dated = date.as_ref().and_then(|s| itself_or_within(row, s));
        let item = complete(Item {
            link: absolute(href, base.as_ref()),
            title: named.map(name).unwrap_or_default(),
            published: dated.and_then(|d| page_date(&words(d, 100), at.now, at.zone)),
            ..Item::default()
        });
        items.push(item);
    }
    let (items, blank) = distinct(items);
    if items.is_empty() {
        return Err(SourceSays::NothingFound(by.item.clone()));
    }
    Ok(Listing { kind: "page", title: page_title(&document), items, blank })
}

/// The text of an article's page, for a summary; `None` when the selector finds nothing.
///
/// # Errors
/// When the selector is wrong, or the page is refused.
pub fn article(html: &str, by: &str) -> Result<Option<String>, SourceSays> {
    let body = selector(by)?;
    let document = document(html)?;
    let text = document.select(&body).next().map(|e| words(e, SUMMARY_MAX));
    Ok(text.filter(|t| !t.is_empty()))
}

/// Finds out whether a CSS selector can be read.
///
/// # Errors
/// When it cannot.
pub fn selector(text: &str) -> Result<Selector, SourceSays> {
    Selector::parse(text).map_err(|_| SourceSays::BadSelector(text.to_owned()))
}

fn optional(text: &str) -> Result<Option<Selector>, SourceSays> {
    if text.trim().is_empty() { Ok(None) } else { selector(text).map(Some) }
}

fn document(html: &str) -> Result<Html, SourceSays> {
    if html.trim().is_empty() {
        return Err(SourceSays::Empty);
    }
    if depth(html, Markup::Html) > DEPTH_MAX {
        return Err(SourceSays::TooDeep);
    }
    Ok(Html::parse_document(html))
}

fn base_of(document: &Html, base: Option<&Url>) -> Option<Url> {
    let said = selector("base[href]").ok().and_then(|s| document.select(&s).next());
    let href = said.and_then(|e| e.value().attr("href"));
    match (href, base) {
        (Some(href), Some(base)) => base.join(href).ok().or_else(|| Some(base.clone())),
        (Some(href), None) => Url::parse(href).ok(),
        (None, base) => base.cloned(),
    }
}

fn page_title(document: &Html) -> String {
    let title = selector("title").ok().and_then(|s| document.select(&s).next());
    title.map(|t| words(t, TITLE_MAX)).unwrap_or_default()
}

fn itself_or_within<'a>(row: ElementRef<'a>, by: &Selector) -> Option<ElementRef<'a>> {
    if by.matches(&row) { Some(row) } else { row.select(by).next() }
}

/// A title that the page shortened for show stands whole in the `title` attribute.
fn name(element: ElementRef<'_>) -> String {
    let shown = words(element, TITLE_MAX);
    let whole = element.value().attr("title").map(|t| bounded(t, TITLE_MAX)).unwrap_or_default();
    let short = shown.trim_end_matches(['.', '…']);
    let cut = short.len() < shown.len() && whole.starts_with(short);
    if shown.is_empty() || cut { whole } else { shown }
}

fn words(element: ElementRef<'_>, max: usize) -> String {
    let mut text = String::new();
    for node in element.descendants() {
        let Some(piece) = node.value().as_text() else { continue };
        let hidden = |n: &scraper::Node| {
            n.as_element().is_some_and(|e| matches!(e.name(), "script" | "style" | "noscript"))
        };
        if !node.parent().is_some_and(|p| hidden(p.value())) {
            text.push_str(piece);
            text.push(' ');
        }
        if text.len() > max * 8 {
            break;
        }
    }
    bounded(&text, max)
}
