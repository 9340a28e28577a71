//! Templates that an office may change: the words of a digest's title, and of the line under an entry.

use minijinja::{Environment, UndefinedBehavior, Value};

/// What a title can speak of.
#[derive(Clone, Debug)]
pub struct TitleWords<'a> {
    /// What people call the topic.
    pub topic: &'a str,
    /// The day, in words.
    pub date: String,
    /// How many entries there are.
    pub count: usize,
}

/// What the line under an entry can speak of.
#[derive(Clone, Debug)]
pub struct ItemWords<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its summary.
    pub summary: &'a str,
    /// What people call its source.
    pub source: &'a str,
    /// Its day, in words.
    pub date: String,
    /// Where it can be read.
    pub link: &'a str,
}

impl From<TitleWords<'_>> for Value {
    fn from(words: TitleWords<'_>) -> Self {
        let count = Self::from(words.count);
        Self::from_pairs([
            ("topic", Self::from(words.topic)),
            ("date", Self::from(words.date)),
            ("count", count),
        ])
    }
}

impl From<ItemWords<'_>> for Value {
    fn from(words: ItemWords<'_>) -> Self {
        Self::from_pairs([
            ("title", Self::from(words.title)),
            ("summary", Self::from(words.summary)),
            ("source", Self::from(words.source)),
            ("date", Self::from(words.date)),
            ("link", Self::from(words.link)),
        ])
    }
}

/// Fills a template.
///
/// # Errors
/// When the template is broken, or speaks of something that it cannot: in words, for the one who wrote it.
pub fn render(template: &str, words: impl Into<Value>) -> Result<String, String> {
    let mut environment = Environment::new();
    // A misspelt name is a mistake to be told, not an empty place.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = environment.render_str(template, words);
    rendered.map_err(|e| e.to_string())
}
