//! A post as messages: its words in parts, and what it carries as messages of their own, with the words, or as
//! links in them, by what a platform takes.
//!
//! Pictures go before the words and files behind them, one message each. Words that are one part, and fit what the
//! platform shows with a picture, go with the last picture; without pictures, with the first file.

use super::say::EnclosedSays;
use super::{Part, Size, Speak as _, render};
use crate::model::{Block, Document, Enclosed, Inline, Lang, MediaClass};

/// How a platform takes something that a post carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As what it is: a message of its own, or with the words.
    Itself,
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
}

impl Carries {
    /// By links alone.
    pub const LINKS: Self = Self { pictures: Way::Linked, files: Way::Linked, caption: None };

    const fn way(&self, it: &Enclosed) -> Way {
        match it.class() {
            MediaClass::Picture => self.pictures,
            MediaClass::File => self.files,
        }
    }
}

/// One message: words, something that is carried, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The words; empty beside something that goes alone.
    pub part: Part,
    /// What goes with them.
    pub enclosed: Option<Enclosed>,
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
    let alone = |it: &Enclosed| Letter { part: Part::default(), enclosed: Some(it.clone()) };
    let mut pictures: Vec<_> = own(MediaClass::Picture).map(alone).collect();
    let mut files: Vec<_> = own(MediaClass::File).map(alone).collect();
    let caption = |with: &mut Letter| {
        let mut parts = carries.caption.map(|size| render(&document, &size)).unwrap_or_default();
        match (parts.pop(), parts.is_empty()) {
            (Some(part), true) => with.part = part,
            _ => return false,
        }
        true
    };
    let together = match pictures.last_mut().or(files.first_mut()) {
        Some(with) => caption(with),
        None => false,
    };
    let words = if together { Vec::new() } else { render(&document, &size) };
    let words = words.into_iter().map(|part| Letter { part, enclosed: None });
    pictures.into_iter().chain(words).chain(files).collect()
}
