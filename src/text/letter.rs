//! A post as messages: its words in parts, and what it carries as messages of their own, with the words, or as
//! links in them, by what a platform takes.
//!
//! Pictures go before the words and files behind them, one message each. Words that are one part, and fit what the
//! platform shows with a picture, go with the last picture; without pictures, with the first file. Where a platform
//! has them within the message of the words, the first of the words' messages has all of them.

use super::card::{CARDS_MAX, Card, News, news};
use super::compose::compose;
use super::say::EnclosedSays;
use super::{Part, Size, Speak as _, render};
use crate::model::{Block, Content, Document, Enclosed, Inline, Lang, MediaClass, MediaKind};

/// How a platform takes something that a post carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As what it is: a message of its own, or with the words.
    Itself,
    /// In the message of the words, together with all that goes this way.
    Within,
    /// It is shown there with the words, without being sent.
    Shown,
    /// As a link in the words.
    Linked,
}

/// How a platform takes pictures and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carries {
    /// Pictures.
    pub pictures: Way,
    /// Files.
    pub files: Way,
    /// How much text goes with one of them in one message; `None` where none does.
    pub caption: Option<Size>,
    /// Which of them are taken at all; the others are links.
    pub fits: Fits,
    /// In which form posts are told there.
    pub form: Form,
}

/// In which form posts are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// In words.
    #[default]
    Words,
    /// What is news with links, and what has a link and a picture, in cards; anything else in words.
    News,
}

/// Which pictures and files a platform takes, of all that a post may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fits {
    /// The fewest bytes.
    pub least: u32,
    /// The most bytes of a picture.
    pub picture: u32,
    /// The kinds that are not taken.
    pub but: &'static [MediaKind],
}

impl Fits {
    /// Whatever a post may carry.
    pub const ALL: Self = Self { least: 0, picture: u32::MAX, but: &[] };

    fn takes(&self, it: &Enclosed) -> bool {
        let most = match it.class() {
            MediaClass::Picture => self.picture,
            MediaClass::File => u32::MAX,
        };
        (self.least..=most).contains(&it.size) && !self.but.contains(&it.kind)
    }
}

impl Carries {
    /// By links alone.
    pub const LINKS: Self = Self {
        pictures: Way::Linked,
        files: Way::Linked,
        caption: None,
        fits: Fits::ALL,
        form: Form::Words,
    };

    fn way(&self, it: &Enclosed) -> Way {
        match it.class() {
            _ if !self.fits.takes(it) => Way::Linked,
            MediaClass::Picture => self.pictures,
            MediaClass::File => self.files,
        }
    }
}

/// One message: words, something that is carried, or both; or cards alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The words; empty beside something that goes alone.
    pub part: Part,
    /// What goes with them.
    pub enclosed: Vec<Enclosed>,
    /// The cards, where it is a message of such.
    pub cards: Vec<Card>,
}

impl Letter {
    fn words(part: Part) -> Self {
        Self { part, ..Self::default() }
    }

    /// As many messages of cards as they need.
    fn cards(cards: &[Card]) -> impl Iterator<Item = Self> {
        let chunks = cards.chunks(CARDS_MAX);
        chunks.map(|cards| Self { cards: cards.to_vec(), ..Self::default() })
    }
}

/// What an account takes.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    /// How much text one message holds.
    pub size: Size,
    /// How it takes pictures and files.
    pub carries: Carries,
    /// The base of links to our pages, without a slash at the end.
    pub base: &'a str,
}

/// The address under which something that a post carries is shown.
#[must_use]
pub fn address(base: &str, it: &Enclosed) -> String {
    format!("{base}/media/{}", it.id)
}

/// The messages of a post, in the order in which they are sent.
#[must_use]
pub fn letters(
    content: &Content,
    enclosed: &[Enclosed],
    lang: Lang,
    taking: Taking<'_>,
) -> Vec<Letter> {
    let document = compose(content, lang);
    let told = match taking.carries.form {
        Form::News => news(content, &document, enclosed, &taking),
        Form::Words => None,
    };
    match told {
        None => told_in_words(document, enclosed, lang, taking),
        Some(News::Many(rest, cards)) => {
            let mut letters = told_in_words(rest, enclosed, lang, taking);
            // Files are behind everything.
            let is_file = |l: &Letter| l.enclosed.iter().any(|it| it.class() == MediaClass::File);
            let place = letters.iter().position(is_file).unwrap_or(letters.len());
            letters.splice(place..place, Letter::cards(&cards));
            letters
        }
        Some(News::One(card, words, picture)) => {
            let others: Vec<_> = enclosed.iter().filter(|it| *it != picture).cloned().collect();
            let words = words.unwrap_or_default();
            let letters = told_in_words(words, &others, lang, taking);
            Letter::cards(&[*card]).chain(letters).collect()
        }
    }
}

fn told_in_words(
    mut document: Document,
    enclosed: &[Enclosed],
    lang: Lang,
    taking: Taking<'_>,
) -> Vec<Letter> {
    let Taking { size, carries, base } = taking;
    let by_link = enclosed.iter().filter(|it| carries.way(it) == Way::Linked);
    let link = |it: &Enclosed| vec![Inline::link(address(base, it), EnclosedSays(it).say(lang))];
    document.0.extend(by_link.map(|it| Block::Paragraph(link(it))));
    let own = |class: MediaClass| {
        enclosed.iter().filter(move |it| it.class() == class && carries.way(it) == Way::Itself)
    };
    let alone = |it: &Enclosed| Letter { enclosed: vec![it.clone()], ..Letter::default() };
    let mut pictures: Vec<_> = own(MediaClass::Picture).map(alone).collect();
    let mut files: Vec<_> = own(MediaClass::File).map(alone).collect();
    let mut within = enclosed.iter().filter(|it| carries.way(it) == Way::Within).peekable();
    let caption = |with: &mut Letter| {
        let mut parts = carries.caption.map(|size| render(&document, &size)).unwrap_or_default();
        match (parts.pop(), parts.is_empty()) {
            (Some(part), true) => with.part = part,
            _ => return false,
        }
        true
    };
    let together = match pictures.last_mut().or(files.first_mut()) {
        Some(with) if within.peek().is_none() => caption(with),
        _ => false,
    };
    let words = if together { Vec::new() } else { render(&document, &size) };
    let mut words: Vec<_> = words.into_iter().map(Letter::words).collect();
    if within.peek().is_some() {
        if words.is_empty() {
            words.push(Letter::default());
        }
        words[0].enclosed.extend(within.cloned());
    }
    pictures.into_iter().chain(words).chain(files).collect()
}
