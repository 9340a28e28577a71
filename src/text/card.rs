//! News cards (图文): each has a title, a few words and perhaps a picture, and leads to a page. WeCom shows up to eight
//! in one message.
//!
//! Nothing is lost: what a card cannot hold whole is said in words too. A title that is too long ends with an ellipsis,
//! and stands whole at the head of what is below it.

use super::html::may_link;
use super::letter::{Taking, address};
use super::render::{clean, plain};
use crate::model::{Block, Content, Digest, DigestItem, Document, Enclosed, Inline, MediaClass};
use unicode_segmentation::UnicodeSegmentation as _;

/// How many cards stand in one message.
pub const CARDS_MAX: usize = 8;
/// The longest title, in bytes.
pub const TITLE_MAX: usize = 128;
/// The longest words below it, in bytes.
pub const BELOW_MAX: usize = 512;
/// The longest address that a card leads to, in bytes.
const URL_MAX: usize = 2_048;
/// What ends a title that is cut.
const CUT: char = '…';

/// One card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its title, not empty.
    pub title: String,
    /// The words below it; may be empty.
    pub below: String,
    /// The page that it leads to.
    pub url: String,
    /// The address of its picture, where it has one.
    pub picture: Option<String>,
}

/// How a post is told in cards.
pub(super) enum News<'a> {
    /// Each entry is a card; words before them say the rest.
    Many(Document, Vec<Card>),
    /// The post is one card with this picture; words behind it say all, where it does not hold it.
    One(Box<Card>, Option<Document>, &'a Enclosed),
}

/// Whether a card holds all of what it is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    All,
    Part,
}

impl Card {
    /// The card of a page, as far as there is room.
    fn of(title: &str, below: &str, url: &str) -> (Self, Holds) {
        let (title, below) = (clean(title).replace('\n', " "), clean(below));
        let (title, below) = (title.trim(), below.trim());
        let (shown, mut whole) = (cut(title, TITLE_MAX), String::new());
        if shown != title {
            whole.push_str(title);
            whole.push_str(if below.is_empty() { "" } else { "\n" });
        }
        whole.push_str(below);
        let below = cut(&whole, BELOW_MAX);
        let holds = if below == whole { Holds::All } else { Holds::Part };
        (Self { title: shown, below, url: url.to_owned(), picture: None }, holds)
    }
}

/// A text of at most so many bytes, cut between characters as they are read.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut head = String::new();
    for grapheme in text.graphemes(true) {
        if head.len() + grapheme.len() + CUT.len_utf8() > most {
            break;
        }
        head.push_str(grapheme);
    }
    format!("{}{CUT}", head.trim_end())
}

/// Whether a card may lead there.
fn leads(url: &str) -> bool {
    let web = url.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    web && may_link(url) && url.len() <= URL_MAX
}

/// The cards of a post; `None` where it is no news with links, and has no link and picture of its own.
pub(super) fn news<'a>(
    content: &Content,
    document: &Document,
    enclosed: &'a [Enclosed],
    taking: &Taking<'_>,
) -> Option<News<'a>> {
    let Content::Digest(digest) = content else {
        return one(content, document, enclosed, taking);
    };
    let (mut left, mut cards) = (digest.clone(), Vec::new());
    for section in &mut left.sections {
        section.items.retain(|item| {
            let Some((card, holds)) = entry(&section.title, item) else { return true };
            cards.push(card);
            holds == Holds::Part
        });
    }
    left.sections.retain(|section| !section.items.is_empty());
    (!cards.is_empty()).then(|| News::Many(rest(&left, document), cards))
}

/// The card of an entry, which says in which section it stands; none where it leads nowhere.
fn entry(section: &str, item: &DigestItem) -> Option<(Card, Holds)> {
    let (title, section) = (item.title.trim(), section.trim());
    if clean(title).trim().is_empty() || !leads(item.link.trim()) {
        return None;
    }
    let title = if section.is_empty() { title.to_owned() } else { format!("{section}｜{title}") };
    Some(Card::of(&title, &item.line, item.link.trim()))
}

/// What cards leave of a digest: its title and whatever stands below the entries, and the entries that are left.
fn rest(left: &Digest, document: &Document) -> Document {
    let is_entry = |block: &&Block| matches!(block, Block::Heading(2.., _) | Block::Numbers(_));
    let mut blocks: Vec<Block> = document.0.iter().filter(|b| !is_entry(b)).cloned().collect();
    let place = usize::from(matches!(blocks.first(), Some(Block::Heading(1, _))));
    let entries = super::compose::entries(left);
    blocks.splice(place..place, entries);
    Document(blocks)
}

/// The card of a post that has a link and a picture.
fn one<'a>(
    content: &Content,
    document: &Document,
    enclosed: &'a [Enclosed],
    taking: &Taking<'_>,
) -> Option<News<'a>> {
    let picture = enclosed.iter().find(|it| it.class() == MediaClass::Picture)?;
    let mut links = Vec::new();
    for block in &document.0 {
        links_of(block, &mut links);
    }
    let url = links.iter().find(|url| leads(url))?;
    let is_title = matches!(document.0.first(), Some(Block::Heading(1, _)));
    let body = Document(document.0.iter().skip(usize::from(is_title)).cloned().collect());
    if clean(content.title()).trim().is_empty() {
        return None;
    }
    let (card, holds) = Card::of(content.title(), &plain(&body), url);
    let whole = holds == Holds::All && links.iter().all(|other| other == url);
    let card = Card { picture: Some(address(taking.base, picture)), ..card };
    Some(News::One(Box::new(card), (!whole).then(|| document.clone()), picture))
}

fn links_of<'a>(block: &'a Block, links: &mut Vec<&'a str>) {
    let runs: Vec<&[Inline]> = match block {
        Block::Heading(_, inner) | Block::Paragraph(inner) | Block::Quote(inner) => vec![inner],
        Block::Bullets(items) | Block::Numbers(items) => items.iter().map(Vec::as_slice).collect(),
        Block::Table(rows) => rows.iter().flatten().map(Vec::as_slice).collect(),
        Block::Preformatted(_) | Block::Rule => Vec::new(),
    };
    for run in runs {
        links_in(run, links);
    }
}

fn links_in<'a>(inlines: &'a [Inline], links: &mut Vec<&'a str>) {
    for inline in inlines {
        match inline {
            Inline::Link(url, _) => links.push(url),
            Inline::Bold(inner) | Inline::Italic(inner) => links_in(inner, links),
            Inline::Text(_) | Inline::Code(_) => {}
        }
    }
}
