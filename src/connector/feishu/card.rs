//! Cards: messages with buttons.
//!
//! The text is written in the Markdown of cards, where each sign that would be read as markup has a numeric
//! character reference of its own (the documentation of the component lists them). That can make the text several
//! times as long; where it would not fit any more it is written as plain text, without links and bold letters.

use crate::model::{Button, ButtonDoes};

use crate::text::{Part, Style, markup};
use serde::Serialize;
use std::fmt::Write as _;

/// How long a card may be as it stands in a request, JSON within JSON, with room for its pictures: the whole may have
/// 30 KB.
const CARD_MAX: usize = 27_000;

/// A card.
#[derive(Serialize)]
pub(super) struct Card {
    config: Config,
    elements: Vec<Element>,
}

#[derive(Serialize)]
struct Config {
    /// What is changed later is changed for everybody; without it a card cannot be changed.
    update_multi: bool,
    wide_screen_mode: bool,
}

#[derive(Serialize)]
#[serde(tag = "tag", rename_all = "lowercase")]
enum Element {
    Img { img_key: String, alt: Text },
    Markdown { content: String },
    Div { text: Text },
    Action { actions: Vec<Key> },
}

#[derive(Serialize)]
struct Text {
    tag: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Key {
    tag: &'static str,
    text: Text,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Carried>,
}

/// What a button carries back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(super) struct Carried {
    /// What a press means.
    pub press: String,
    /// In what sort of chat the card stands: the press does not say.
    #[serde(rename = "in")]
    pub place: Stands,
}

/// In what sort of chat a card stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stands {
    /// In a person's own chat.
    Direct,
    /// Among several.
    Group,
}

impl Card {
    /// The same below pictures, by the platform's names for them.
    pub(super) fn below(mut self, pictures: &[String]) -> Self {
        let picture = |key: &String| {
            let alt = Text { tag: "plain_text", content: String::new() };
            Element::Img { img_key: key.clone(), alt }
        };
        self.elements.splice(..0, pictures.iter().map(picture));
        self
    }

    /// The card that says this and has these buttons; `direct` opens a person's own chat with the app.
    pub(super) fn of(part: &Part, buttons: &[Vec<Button>], place: Stands, direct: &str) -> Self {
        let marked =
            Self::with(Element::Markdown { content: markdown(part) }, buttons, place, direct);
        let within = serde_json::to_string(&marked).and_then(|json| serde_json::to_vec(&json));
        if within.is_ok_and(|json| json.len() <= CARD_MAX) {
            return marked;
        }
        let text = Text { tag: "plain_text", content: part.text.clone() };
        Self::with(Element::Div { text }, buttons, place, direct)
    }

    fn with(text: Element, buttons: &[Vec<Button>], place: Stands, direct: &str) -> Self {
        let key = |button: &Button| {
            let (url, value) = match &button.does {
                ButtonDoes::Press(data) => (None, Some(Carried { press: data.clone(), place })),
                ButtonDoes::Open(address) => (Some(address.clone()), None),
                // What it would begin cannot be carried there.
                ButtonDoes::OpenDirect(_) => (Some(direct.to_owned()), None),
            };
            let text = Text { tag: "plain_text", content: button.label.clone() };
            Key { tag: "button", text, kind: "default", url, value }
        };
        let rows = buttons.iter().filter(|row| !row.is_empty());
        let rows = rows.map(|row| Element::Action { actions: row.iter().map(key).collect() });
        let config = Config { update_multi: true, wide_screen_mode: true };
        Self { config, elements: std::iter::once(text).chain(rows).collect() }
    }
}

/// The text of a part in the Markdown of cards.
fn markdown(part: &Part) -> String {
    let mut out = String::new();
    for run in part.runs() {
        let link = run.styles.iter().find_map(|style| match style {
            Style::Link(address) => Some(address),
            _ => None,
        });
        let bold = run.styles.iter().any(|s| matches!(s, Style::Bold));
        for (number, line) in run.text.split('\n').enumerate() {
            if number > 0 {
                out.push('\n');
            }
            // Signs beside white space are read as text.
            let inner = line.trim();
            let (before, after) = match line.find(inner) {
                Some(at) if !inner.is_empty() => (&line[..at], &line[at + inner.len()..]),
                _ => {
                    out.push_str(line);
                    continue;
                }
            };
            out.push_str(before);
            let begins = out.is_empty() || out.ends_with('\n');
            let inner = escaped(inner, begins);
            match (link, bold) {
                (Some(address), _) => {
                    let _ = write!(out, "[{inner}]({})", markup::link(address));
                }
                (None, true) => {
                    let _ = write!(out, "**{inner}**");
                }
                (None, false) => out.push_str(&inner),
            }
            out.push_str(after);
        }
    }
    out
}

/// A text in which nothing is markup.
fn escaped(text: &str, begins: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next();
        let marks = match c {
            '<' | '>' | '*' | '~' | '`' | '[' | ']' | '\\' | '$' => true,
            // A reference, a mood, a heading, a list.
            '&' => next.is_some_and(|n| n == '#' || n.is_ascii_alphabetic()),
            ':' => next.is_some_and(|n| n.is_ascii_uppercase()),
            '#' | '-' | '+' => begins && at == 0,
            _ => false,
        };
        if marks {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
