//! What platforms show of a message besides its words: its first line as a title, and buttons as links below it.

use crate::model::{Button, ButtonDoes};
use std::fmt::Write as _;

/// The first line of a text that says anything.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("·")
}

/// A text in Markdown, with a line below it for each row of buttons: links to where `leads` says. Buttons that lead
/// nowhere are left out.
pub(super) fn with_links(
    mut text: String,
    rows: &[Vec<Button>],
    leads: impl Fn(&ButtonDoes) -> Option<String>,
) -> String {
    let link = |button: &Button| {
        let label = button.label.replace(['[', ']', '*', '`', '\n'], " ");
        let address = leads(&button.does)?.replace('(', "%28").replace(')', "%29");
        Some(format!("[【{label}】]({address})"))
    };
    for row in rows {
        let links: Vec<String> = row.iter().filter_map(link).collect();
        if !links.is_empty() {
            let _ = write!(text, "\n\n{}", links.join("　"));
        }
    }
    text
}
