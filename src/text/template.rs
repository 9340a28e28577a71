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

impl TitleWords<'_> {
    /// What a title can speak of, by the names in templates.
    pub const NAMES: [&'static str; 3] = ["topic", "date", "count"];

    /// Words to try a template with.
    #[must_use]
    pub fn sample() -> Self {
        Self { topic: "x", date: "x".to_owned(), count: 1 }
    }
}

impl ItemWords<'_> {
    /// What the line under an entry can speak of, by the names in templates.
    pub const NAMES: [&'static str; 5] = ["title", "summary", "source", "date", "link"];

    /// Words to try a template with.
    #[must_use]
    pub fn sample() -> Self {
        Self { title: "x", summary: "x", source: "x", date: "x".to_owned(), link: "x" }
    }
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It speaks of something by a name that nothing has.
    Unknown(String),
    /// It cannot be read or filled; why, in words for the one who wrote it.
    Broken(String),
}

/// Fills a template.
///
/// # Errors
/// When the template is broken, or speaks of something that it cannot: in words, for the one who wrote it.
pub fn render(template: &str, words: impl Into<Value>) -> Result<String, String> {
    let rendered = environment().render_str(template, words);
    rendered.map_err(|e| e.to_string())
}

/// Finds out whether a template can be filled, in all its branches, with words of these names.
///
/// # Errors
/// When it cannot: the first thing that is wrong with it.
pub fn check(template: &str, names: &[&str], words: impl Into<Value>) -> Result<(), Fault> {
    let environment = environment();
    let broken = |e: &minijinja::Error| {
        let detail = e.detail().map_or_else(String::new, |d| format!(": {d}"));
        Fault::Broken(format!("{}{detail}", e.kind()))
    };
    let compiled = environment.template_from_str(template).map_err(|e| broken(&e))?;
    let given = |name: &String| {
        names.contains(&name.as_str()) || environment.globals().any(|(global, _)| global == name)
    };
    let mut unknown: Vec<_> = compiled.undeclared_variables(false).into_iter().collect();
    unknown.retain(|name| !given(name));
    if let Some(name) = unknown.into_iter().min() {
        return Err(Fault::Unknown(name));
    }
    compiled.render(words.into()).map(drop).map_err(|e| broken(&e))
}

fn environment<'a>() -> Environment<'a> {
    let mut environment = Environment::new();
    // A misspelt name is a mistake to be told, not an empty place.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}
