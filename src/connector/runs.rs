//! Feishu's `post`: lines of runs in JSON, in which nothing has to be escaped. Its group robots take it, and its
//! apps.

use crate::text::{Part, Style};
use serde::Serialize;

/// A run of one line.
#[derive(Serialize)]
#[serde(tag = "tag", rename_all = "lowercase")]
pub(super) enum Piece<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        style: Vec<&'static str>,
    },
    A {
        text: &'a str,
        href: &'a str,
    },
    /// A picture that the platform was given before.
    Img {
        image_key: &'a str,
    },
}

/// A text in the one language in which it is written; every reader is shown it.
#[derive(Serialize)]
pub(super) struct Tongues<'a> {
    zh_cn: Lines<'a>,
}

#[derive(Serialize)]
struct Lines<'a> {
    content: Vec<Vec<Piece<'a>>>,
}

impl<'a> Tongues<'a> {
    /// What a part says.
    pub(super) fn of(part: &'a Part) -> Self {
        Self::below(&[], part)
    }

    /// The same below pictures, by the platform's names for them.
    pub(super) fn below(pictures: &'a [String], part: &'a Part) -> Self {
        let pictures = pictures.iter().map(|image_key| vec![Piece::Img { image_key }]);
        let words = if part.text.is_empty() { Vec::new() } else { lines(part) };
        Self { zh_cn: Lines { content: pictures.chain(words).collect() } }
    }
}

/// The lines of a part, each in runs.
fn lines(part: &Part) -> Vec<Vec<Piece<'_>>> {
    let mut lines = vec![Vec::new()];
    for run in part.runs() {
        for (number, text) in run.text.split('\n').enumerate() {
            if number > 0 {
                lines.push(Vec::new());
            }
            let link = run.styles.iter().find_map(|style| match style {
                Style::Link(address) => Some(address.as_str()),
                _ => None,
            });
            let piece = match link {
                Some(href) => Piece::A { text, href },
                None => Piece::Text {
                    text,
                    style: run.styles.iter().filter_map(|s| style(s)).collect(),
                },
            };
            if !text.is_empty()
                && let Some(line) = lines.last_mut()
            {
                line.push(piece);
            }
        }
    }
    lines
}

const fn style(style: &Style) -> Option<&'static str> {
    match style {
        Style::Bold => Some("bold"),
        Style::Italic => Some("italic"),
        _ => None,
    }
}
