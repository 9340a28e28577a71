//! What is wrong with a configuration, and where.

pub use crate::text::say::operator::RemarkSays as Remark;

use crate::model::Lang;
use crate::text::Speak;
use crate::text::say::operator::{ConfigSays, Expects, PlaceSays, SystemSays, TroubleSays};
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A line of the file, from 1.
    Line(usize),
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(&'static str),
    /// Nowhere: it was not given.
    Nowhere,
}

impl Origin {
    /// The place in words, for a value of this file.
    pub(super) fn place(&self, file: &str) -> PlaceSays {
        match self {
            Self::Line(line) => PlaceSays::Line(file.to_owned(), *line),
            Self::Variable(name) => PlaceSays::Variable(name.clone()),
            Self::Flag(name) => PlaceSays::Flag((*name).to_owned()),
            Self::Nowhere => PlaceSays::File(file.to_owned()),
        }
    }
}

/// Why a configuration cannot be used. Nothing starts with it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It has mistakes: all that were found, in the order of the file.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Remark>),
}

impl ConfigError {
    /// What an operator is told.
    #[must_use]
    pub fn trouble(&self) -> TroubleSays {
        match self {
            Self::Unreadable { path, source } => TroubleSays::ConfigUnreadable {
                path: path.display().to_string(),
                why: SystemSays::from(source),
            },
            Self::Wrong(remarks) => TroubleSays::Mistakes(remarks.clone()),
        }
    }
}

impl Speak for ConfigError {
    fn say(&self, lang: Lang) -> String {
        self.trouble().say(lang)
    }
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Wrong {
    pub what: ConfigSays,
    pub nearest: Option<String>,
}

impl Wrong {
    pub(super) const fn new(what: ConfigSays) -> Self {
        Self { what, nearest: None }
    }

    /// Something that is not what is expected.
    pub(super) fn not(text: &str, expects: Expects) -> Self {
        Self::new(ConfigSays::Not(text.to_owned(), expects))
    }

    /// The same, and what was probably meant.
    pub(super) fn or(mut self, nearest: Option<String>) -> Self {
        self.nearest = nearest;
        self
    }
}

/// The one of `known` that is written most like `typed`, if any is much like it.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let typed = typed.to_lowercase();
    let near = |name: &'a str| {
        let folded = name.to_lowercase();
        // One slip in a short name weighs too much by likeness alone.
        let slip = strsim::osa_distance(&typed, &folded) == 1 && folded.len() > 2;
        (strsim::jaro_winkler(&typed, &folded).max(if slip { 0.9 } else { 0.0 }), name)
    };
    let best = known.into_iter().map(near).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= 0.75).map(|(_, name)| name.to_owned())
}
