//! What is wrong with a configuration, and where.

use std::fmt;
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

/// One thing to mend, or to think about, in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where it stands: file and line, variable, or flag.
    pub place: String,
    /// The key, with its sections: `topic.schedule`; empty where the text as a whole cannot be read.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, what, nearest } = self;
        write!(f, "{place}: ")?;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        f.write_str(what)?;
        nearest.as_ref().map_or(Ok(()), |nearest| write!(f, "; did you mean \"{nearest}\"?"))
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

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Wrong {
    pub what: String,
    pub nearest: Option<String>,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), nearest: None }
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
