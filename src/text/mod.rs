//! Words, purely: the markup tree made to fit a platform, commands, and every sentence we say.
//!
//! **Invariant:** nothing that was written is lost on its way through here: what does not fit one message
//! goes on in the next, and every sentence exists in every language, or the program does not compile.

mod autolink;
pub mod card;
pub mod command;
pub mod compose;
pub mod html;
pub mod letter;
pub mod markdown;
pub mod markup;
pub mod press;
pub mod render;
pub mod say;
pub mod split;
pub mod template;

pub use autolink::plain_linked;
pub use card::Card;
pub use compose::compose;
pub use html::{escape, to_html};
pub use letter::{Carries, Fits, Form, Letter, Way};
pub use markdown::parse_markdown;
pub use markup::Markup;
pub use render::{excerpt, plain, render};
pub use split::visible;

use crate::model::{Document, Lang};

/// In what a platform counts the length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// UTF-16 code units (Telegram).
    Utf16,
    /// Bytes of UTF-8 (WeCom, DingTalk).
    Bytes,
    /// Unicode scalar values.
    Chars,
}

/// How much text one message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// In what it is counted.
    pub unit: Unit,
    /// At most so many units.
    pub max: usize,
    /// At most so many marked stretches (bold, links …).
    pub marks: usize,
    /// At most so many bytes in the addresses of all links. The address of a link that alone is longer is
    /// written into the text.
    pub links: usize,
    /// How marked text is written there; what that takes counts with the text.
    pub markup: Markup,
}

/// One message's text with its marks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The text, as it is read.
    pub text: String,
    /// The marked stretches, by start; inner ones after outer ones. They nest and never overlap otherwise.
    pub marks: Vec<Mark>,
}

/// A marked stretch of a part's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it starts, in bytes of the text; on a character boundary.
    pub start: usize,
    /// Where it ends (exclusive), in bytes of the text.
    pub end: usize,
    /// How it looks.
    pub style: Style,
}

/// How a stretch of text looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// Strong.
    Bold,
    /// Stressed.
    Italic,
    /// Letter for letter.
    Code,
    /// Lines as they were typed.
    Pre,
    /// Somebody else's words.
    Quote,
    /// Leads to this address.
    Link(String),
}

/// A sentence that can be said in every language.
pub trait Speak {
    /// The sentence in `lang`.
    fn say(&self, lang: Lang) -> String;

    /// The sentence as a document, line by line.
    fn doc(&self, lang: Lang) -> Document {
        Document::plain(&self.say(lang))
    }
}
