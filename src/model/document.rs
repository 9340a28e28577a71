//! The markup tree: what a message says, before any platform's way of saying it.

use serde::{Deserialize, Serialize};

/// A whole text: blocks, one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document(pub Vec<Block>);

/// One block of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A heading; 1 is the title.
    Heading(u8, Vec<Inline>),
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// Items with a dot each.
    Bullets(Vec<Vec<Inline>>),
    /// Items with a number each, from 1.
    Numbers(Vec<Vec<Inline>>),
    /// Somebody else's words.
    Quote(Vec<Inline>),
    /// Text as it was typed, line by line.
    Preformatted(String),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<Vec<Inline>>>),
    /// A line between two parts.
    Rule,
}

/// A run of text within a block. A `\n` inside a text is a line break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Strong.
    Bold(Vec<Inline>),
    /// Stressed.
    Italic(Vec<Inline>),
    /// Letter for letter.
    Code(String),
    /// A link: its address (`http`, `https`, `mailto` or `tel`) and what is shown.
    Link(String, Vec<Inline>),
}

impl Document {
    /// A document of plain paragraphs, line by line as `text` has them; an empty line ends a paragraph.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let paragraphs = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
        let paragraph = |lines: &[&str]| Block::Paragraph(vec![Inline::Text(lines.join("\n"))]);
        Self(paragraphs.map(paragraph).collect())
    }

    /// Appends a block and gives the document back, for composing.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.0.push(block);
        self
    }

    /// True when there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Inline {
    /// Plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Plain text, made strong.
    #[must_use]
    pub fn bold(text: impl Into<String>) -> Self {
        Self::Bold(vec![Self::text(text)])
    }

    /// A link with a plain label.
    #[must_use]
    pub fn link(url: impl Into<String>, label: impl Into<String>) -> Self {
        Self::Link(url.into(), vec![Self::text(label)])
    }
}
