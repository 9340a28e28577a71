//! How a part is written in a platform's own markup, and how much room that takes.
//!
//! **Invariant:** what a person wrote is never taken for markup. None of the platforms with a Markdown of their
//! own documents an escape, so the few signs that would be read as markup are written as their full-width
//! twins (`*` as `＊`), and a link's two halves are kept apart by a space of no width.
//!
//! What text and marks are said to take are upper bounds: a part that fits by them fits when written.

use super::{Mark, Part, Style};
use std::fmt::Write as _;

/// How a platform wants marked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// The text, and the marks beside it: Telegram, our own pages. It takes no room.
    Beside,
    /// The text alone.
    Bare,
    /// Markdown as WeCom reads it: bold, code, quotes, links; no italics.
    WeCom,
    /// Markdown as DingTalk reads it: the same; a line ends with two spaces. Its italics beside bold letters are
    /// read in more than one way, and are left out too.
    DingTalk,
    /// Runs of text in JSON, line by line: Feishu's `post`.
    Runs,
    /// The text, with links as `<a href="…">`, and nothing else marked: messages of WeChat Official Accounts.
    Anchors,
    /// HTML, for e-mail.
    Html,
}

/// A sign that is not seen and that no platform reads as markup.
const GAP: char = '\u{200b}';

/// What one run costs in JSON besides its text: `{"tag":"text","text":"","style":["bold","italic"]},`.
const RUN: usize = 64;

/// A stretch of text that looks the same throughout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// The text.
    pub text: &'a str,
    /// How it looks, outermost first.
    pub styles: Vec<&'a Style>,
}

impl Markup {
    /// What a part takes besides its text and marks.
    pub(super) const fn of_part(self) -> usize {
        match self {
            Self::Beside | Self::Bare | Self::Anchors | Self::Html => 0,
            Self::WeCom | Self::DingTalk => 6,
            Self::Runs => RUN + 4,
        }
    }

    /// The characters of `text` as they are counted, where each may be written as several.
    pub(super) fn of_text(self, text: &str, count: impl Fn(&str) -> usize) -> usize {
        let more = |c: char| match (self, c) {
            (Self::WeCom | Self::DingTalk, '\n') => 8,
            (
                Self::WeCom | Self::DingTalk,
                '*' | '_' | '`' | '<' | ']' | '[' | '~' | '\\' | '&',
            )
            | (Self::Anchors, '<' | '&') => 3,
            (Self::Runs, '\n') => RUN + 4,
            (Self::Runs, '"' | '\\' | '\t') => 1,
            (Self::Html, '\n' | '<' | '>' | '&' | '"' | '\'') => 5,
            _ => 0,
        };
        count(text) + text.chars().map(more).sum::<usize>()
    }

    /// What a mark takes besides its text.
    pub(super) fn of_mark(self, style: &Style) -> usize {
        match (self, style) {
            (Self::Anchors, Style::Link(address)) => 16 + anchor(address).len(),
            (Self::Beside | Self::Bare | Self::Anchors, _) => 0,
            (Self::WeCom | Self::DingTalk, Style::Link(address)) => 4 + link(address).len(),
            // Fences with their line ends, and what keeps a sign of its own apart.
            (Self::WeCom | Self::DingTalk, _) => 12,
            // A mark divides at most two runs more.
            (Self::Runs, Style::Link(address)) => 2 * RUN + 2 * address.len() + 16,
            (Self::Runs, _) => 2 * RUN,
            (Self::Html, Style::Link(address)) => 5 * address.len() + 16,
            (Self::Html, _) => 64,
        }
    }
}

impl Part {
    /// The runs of the text, in order: together they are all of it.
    #[must_use]
    pub fn runs(&self) -> Vec<Run<'_>> {
        let mut bounds: Vec<usize> = self.marks.iter().flat_map(|m| [m.start, m.end]).collect();
        bounds.extend([0, self.text.len()]);
        bounds.sort_unstable();
        bounds.dedup();
        let run = |pair: &[usize]| {
            let (from, to) = (*pair.first()?, *pair.get(1)?);
            let over = self.marks.iter().filter(|m| m.start <= from && m.end >= to);
            Some(Run { text: self.text.get(from..to)?, styles: over.map(|m| &m.style).collect() })
        };
        bounds.windows(2).filter_map(run).collect()
    }

    /// The part in Markdown as WeCom reads it or DingTalk; italics are left out.
    #[must_use]
    pub fn markdown(&self, markup: Markup) -> String {
        Markdown { markup, out: String::new() }.part(self)
    }

    /// The part with its links as `<a href="…">`. Official Accounts document no escape: a `<` that could begin a
    /// tag is written as its full-width twin, and what could be a reference is kept apart.
    #[must_use]
    pub fn anchored(&self) -> String {
        let mut out = String::new();
        let mut open: Option<&str> = None;
        for run in self.runs() {
            let link = run.styles.iter().find_map(|style| match style {
                Style::Link(address) if super::html::may_link(address) => Some(address.as_str()),
                _ => None,
            });
            if link != open {
                if open.is_some() {
                    out.push_str("</a>");
                }
                if let Some(address) = link {
                    let _ = write!(out, "<a href=\"{}\">", anchor(address));
                }
                open = link;
            }
            untagged(run.text, &mut out);
        }
        if open.is_some() {
            out.push_str("</a>");
        }
        out
    }

    /// The text alone, with the addresses of links behind them.
    #[must_use]
    pub fn spelled_out(&self) -> String {
        let mut out = String::new();
        let mut from = 0;
        let links = self.marks.iter().filter_map(|mark| match &mark.style {
            Style::Link(address) => Some((mark, address)),
            _ => None,
        });
        for (mark, address) in links {
            let label = self.text.get(mark.start..mark.end).unwrap_or_default();
            out.push_str(self.text.get(from..mark.end).unwrap_or_default());
            if label.trim() != address {
                let _ = write!(out, " ({address})");
            }
            from = mark.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        out
    }

    /// The part as HTML that stands within a block, lines ended by `<br>`.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = String::new();
        for run in self.runs() {
            for style in &run.styles {
                match style {
                    Style::Link(address) => {
                        let _ = write!(out, "<a href=\"{}\">", super::html::escape(address));
                    }
                    other => {
                        let _ = write!(out, "<{}>", tag(other));
                    }
                }
            }
            out.push_str(&super::html::escape(run.text).replace('\n', "<br>\n"));
            for style in run.styles.iter().rev() {
                let _ = write!(out, "</{}>", tag(style));
            }
        }
        out
    }
}

const fn tag(style: &Style) -> &'static str {
    match style {
        Style::Bold => "strong",
        Style::Italic => "em",
        Style::Code => "code",
        Style::Pre => "samp",
        Style::Quote => "q",
        Style::Link(_) => "a",
    }
}

/// The address of a link as it stands in Markdown, so that nothing in it ends the link.
#[must_use]
pub fn link(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for c in address.chars() {
        match c {
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            c if c.is_whitespace() => out.push_str("%20"),
            c => out.push(c),
        }
    }
    out
}

/// The same between the quotes of a tag.
fn anchor(address: &str) -> String {
    link(address).replace('"', "%22").replace('\'', "%27")
}

/// Text in which nothing is read as a tag or as a reference.
fn untagged(text: &str, out: &mut String) {
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '<' if rest.starts_with(|n: char| n.is_ascii_alphabetic() || "/!?".contains(n)) => {
                out.push('＜');
            }
            // At the end of a run the next one may begin with letters.
            '<' if rest.is_empty() => out.push('＜'),
            '&' if refers(rest) => out.extend(['&', GAP]),
            c => out.push(c),
        }
    }
}

/// Whether this, behind an `&`, is a reference such as `lt;` or `#60;`.
fn refers(rest: &str) -> bool {
    let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
    name > 0 && rest[name..].starts_with(';')
}

impl Mark {
    const fn is_raw(&self) -> bool {
        matches!(self.style, Style::Code | Style::Pre)
    }
}

/// The part without italics, and with bold marks that begin and end with something that is seen and have no code
/// in them: signs beside white space are read as text, and signs within code are.
fn solid(part: &Part) -> Part {
    let within = |mark: &Mark| match mark.style {
        Style::Italic => Vec::new(),
        Style::Bold => bold(part, mark),
        _ => vec![mark.clone()],
    };
    let mut marks: Vec<Mark> = part.marks.iter().flat_map(within).collect();
    marks.sort_by_key(|m| (m.start, std::cmp::Reverse(m.end)));
    Part { text: part.text.clone(), marks }
}

/// What is written bold of a bold mark, in pieces: where a mark ends that began before it, its signs stand on both
/// sides of that end.
fn bold(part: &Part, mark: &Mark) -> Vec<Mark> {
    let code = |m: &Mark| m.is_raw() && m.start < mark.end && mark.start < m.end;
    if part.marks.iter().any(code) {
        return Vec::new();
    }
    let (mut pieces, mut from) = (Vec::new(), mark.start);
    while let Some(text) = part.text.get(from..mark.end).filter(|text| !text.trim().is_empty()) {
        let start = from + text.len() - text.trim_start().len();
        let around = part.marks.iter().filter(|m| m.start < start && start < m.end);
        let cut = around.map(|m| m.end).fold(mark.end, usize::min);
        let seen = part.text.get(start..cut).unwrap_or_default().trim_end();
        pieces.push(Mark { start, end: start + seen.len(), style: Style::Bold });
        from = cut;
    }
    pieces
}

/// Writes Markdown.
struct Markdown {
    markup: Markup,
    out: String,
}

impl Markdown {
    fn part(mut self, part: &Part) -> String {
        let part = &solid(part);
        let runs = part.runs();
        let mut open: Vec<&Style> = Vec::new();
        for (number, run) in runs.iter().enumerate() {
            let shown = run.styles.clone();
            let kept = open.iter().zip(&shown).take_while(|(a, b)| a == b).count();
            let next = run.text.chars().next();
            while open.len() > kept {
                if let Some(style) = open.pop() {
                    self.close(style, next);
                }
            }
            for (depth, style) in shown.iter().enumerate().skip(kept) {
                // A mark within begins with a sign of its own.
                let next = if depth + 1 < shown.len() { Some('[') } else { next };
                self.open(style, next);
                open.push(style);
            }
            let next = runs.get(number + 1).and_then(|r| r.text.chars().next());
            self.text(run.text, next, &open);
        }
        while let Some(style) = open.pop() {
            self.close(style, None);
        }
        self.out
    }

    fn open(&mut self, style: &Style, next: Option<char>) {
        let sign = match style {
            Style::Bold | Style::Italic => "**",
            Style::Code => "`",
            Style::Pre => "```\n",
            Style::Quote => "> ",
            Style::Link(_) => "[",
        };
        match style {
            // A sign between a letter and a stop would be read as text.
            Style::Bold | Style::Italic => {
                let letter = self.out.chars().next_back().is_some_and(|c| !c.is_whitespace());
                if letter && next.is_some_and(|c| !c.is_alphanumeric()) {
                    self.out.push(' ');
                }
            }
            Style::Pre | Style::Quote => self.line(),
            Style::Code | Style::Link(_) => {}
        }
        self.out.push_str(sign);
    }

    fn close(&mut self, style: &Style, next: Option<char>) {
        match style {
            Style::Bold | Style::Italic => {
                let stop = self.out.chars().next_back().is_some_and(|c| !c.is_alphanumeric());
                self.out.push_str("**");
                if stop && next.is_some_and(|c| !c.is_whitespace()) {
                    self.out.push(' ');
                }
            }
            Style::Code => self.out.push('`'),
            Style::Pre => {
                self.line();
                self.out.push_str("```");
                if next.is_some_and(|c| c != '\n') {
                    self.out.push('\n');
                }
            }
            Style::Quote => {
                if next.is_some_and(|c| c != '\n') {
                    self.out.push('\n');
                }
            }
            Style::Link(address) => {
                let _ = write!(self.out, "]({})", link(address));
            }
        }
    }

    /// Begins a new line, unless one has just begun.
    fn line(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn text(&mut self, text: &str, after: Option<char>, open: &[&Style]) {
        let raw = open.iter().any(|s| matches!(s, Style::Code | Style::Pre));
        let pre = open.contains(&&Style::Pre);
        let quoted = open.contains(&&Style::Quote);
        let labels = open.iter().any(|s| matches!(s, Style::Link(_)));
        // These end with the line; an empty one would end them for the reader too.
        let lines = open.iter().all(|s| matches!(s, Style::Pre | Style::Quote));
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied().or(after);
            match c {
                '\n' if lines => self.end_line(next, (pre, quoted)),
                '\n' => self.out.push(' '),
                '`' => self.out.push('｀'),
                // Within code as well: `[…]:` at the beginning of a line would define a link.
                '[' if labels => self.out.push('［'),
                ']' if labels => self.out.push('］'),
                c if raw => self.out.push(c),
                '*' => self.out.push('＊'),
                '\\' => self.out.push('＼'),
                '&' if next.is_some_and(|n| n == '#' || n.is_ascii_alphanumeric()) => {
                    self.out.extend(['&', GAP]);
                }
                '_' if !self.within_word(next) => self.out.push('＿'),
                '~' if next == Some('~') || self.out.ends_with('~') => self.out.push('～'),
                '<' if next.is_some_and(|n| n.is_ascii_alphabetic() || "/@!?".contains(n)) => {
                    self.out.push('＜');
                }
                ']' if matches!(next, Some('(' | '[' | ':')) => self.out.extend([']', GAP]),
                '#' | '>' | '-' | '+' | '=' | '\t' if self.begins_line(quoted) => {
                    self.out.extend([GAP, c]);
                }
                // A line that begins with so much white space would be code.
                ' ' if self.begins_line(quoted) && matches!(next, Some(' ' | '\t')) => {
                    self.out.extend([GAP, c]);
                }
                c => self.out.push(c),
            }
        }
    }

    fn end_line(&mut self, next: Option<char>, (pre, quoted): (bool, bool)) {
        let empty = self.out.ends_with('\n') || next == Some('\n');
        if self.markup == Markup::DingTalk && !pre && !empty {
            self.out.push_str("  ");
        }
        self.out.push('\n');
        if quoted {
            self.out.push_str("> ");
        }
    }

    fn within_word(&self, next: Option<char>) -> bool {
        let before = self.out.chars().next_back();
        before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
    }

    fn begins_line(&self, quoted: bool) -> bool {
        self.out.is_empty()
            || self.out.ends_with('\n')
            || quoted && (self.out == "> " || self.out.ends_with("\n> "))
    }
}

/// How many units the marks that are open at a place take.
pub(super) fn open<'a>(markup: Markup, marks: impl Iterator<Item = &'a Mark>) -> usize {
    marks.map(|m| markup.of_mark(&m.style)).sum()
}
