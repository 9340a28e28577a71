//! A platform-neutral part – text and marks – as HTML: what the store no longer has is shown as it was sent.

use crate::text::html::{escape, may_link};
use crate::text::{Mark, Part, Style};

/// A part as an HTML fragment; line ends stay.
pub(super) fn part_html(part: &Part) -> String {
    let mut html = String::from("<p>");
    let mut open: Vec<&Mark> = Vec::new();
    let mut at = 0;
    for mark in &part.marks {
        close_before(&mut html, &mut open, (&part.text, &mut at), mark.start);
        copy(&mut html, &part.text, &mut at, mark.start);
        html.push_str(&opening(&mark.style));
        open.push(mark);
    }
    close_before(&mut html, &mut open, (&part.text, &mut at), usize::MAX);
    copy(&mut html, &part.text, &mut at, part.text.len());
    html.push_str("</p>");
    html
}

/// Closes, inner ones first, the marks that end at or before `place`.
fn close_before(
    html: &mut String,
    open: &mut Vec<&Mark>,
    (text, at): (&str, &mut usize),
    place: usize,
) {
    while let Some(mark) = open.pop_if(|m| m.end <= place) {
        copy(html, text, at, mark.end);
        html.push_str(closing(&mark.style));
    }
}

fn copy(html: &mut String, text: &str, at: &mut usize, to: usize) {
    // Marks lie on character boundaries; one that did not would lose its place, not the text.
    if let Some(piece) = text.get(*at..to.max(*at)) {
        // An empty line between paragraphs is a gap, not a line of its own.
        html.push_str(&escape(piece).replace("\n\n", "<span class=\"gap\"></span>"));
        *at = to.max(*at);
    }
}

fn opening(style: &Style) -> String {
    match style {
        Style::Bold => "<strong>".to_owned(),
        Style::Italic => "<em>".to_owned(),
        Style::Code | Style::Pre => "<code>".to_owned(),
        Style::Quote => "<q>".to_owned(),
        Style::Link(url) if may_link(url) => {
            format!("<a href=\"{}\" rel=\"noopener noreferrer\">", escape(url))
        }
        Style::Link(_) => "<a>".to_owned(),
    }
}

const fn closing(style: &Style) -> &'static str {
    match style {
        Style::Bold => "</strong>",
        Style::Italic => "</em>",
        Style::Code | Style::Pre => "</code>",
        Style::Quote => "</q>",
        Style::Link(_) => "</a>",
    }
}
