//! From the markup tree to parts that fit a platform, and to bare text.
//!
//! A document is first written down as one flow: its whole text, the marked stretches, and the places
//! where it is best cut. [`split`](super::split) then cuts the flow; so what is said never depends on
//! where it is cut.

use super::split::{Flow, split};
use super::{Mark, Part, Size, Style};
use crate::model::{Block, Document, Inline};

/// What stands for a rule in text.
const RULE: &str = "———";

/// The parts in which a document is sent: each fits `size`, none is empty, together they say all of it.
///
/// It is cut between blocks, else between lines, sentences, words, and never within a grapheme, save
/// one that alone is larger than the limit. A link or a style that runs over a cut goes on in the next
/// part. Where `size` allows no marks at all, or no link so long, the addresses of links are written
/// behind their labels.
/// A limit that is smaller than one character is exceeded by that character.
#[must_use]
pub fn render(doc: &Document, size: &Size) -> Vec<Part> {
    split(&Writer::write(doc, size.marks, size.links), size)
}

/// The bare text of a document: labels of links without their addresses.
#[must_use]
pub fn plain(doc: &Document) -> String {
    Writer::write(doc, usize::MAX, usize::MAX).text
}

/// The beginning of a document in one line of at most `chars` characters, with an ellipsis where it goes on.
#[must_use]
pub fn excerpt(doc: &Document, chars: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    let line = plain(doc).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars {
        return line;
    }
    let mut left = chars.saturating_sub(1);
    let fits = |g: &&str| {
        let taken = left.checked_sub(g.chars().count());
        left = taken.unwrap_or(0);
        taken.is_some()
    };
    let head: String = line.graphemes(true).take_while(fits).collect();
    if chars == 0 { String::new() } else { format!("{}…", head.trim_end()) }
}

/// A text as it may stand anywhere: line ends are `\n`, other control characters are gone.
pub(super) fn clean(text: &str) -> String {
    let ends = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    ends.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Writes a document down as a flow.
struct Writer {
    flow: Flow,
    /// Marks that are open, outermost first, by their index.
    open: Vec<usize>,
    /// How many marks may lie over one character.
    depth: usize,
    /// How many bytes the address of one link may have.
    links: usize,
    /// White space that would stand at this place is left out.
    edge: usize,
}

impl Writer {
    fn write(doc: &Document, depth: usize, links: usize) -> Flow {
        let mut writer = Self { flow: Flow::default(), open: Vec::new(), depth, links, edge: 0 };
        let mut before = None;
        for block in &doc.0 {
            let end = writer.flow.text.len();
            if let Some(before) = before {
                writer.separate(before);
            }
            let start = writer.flow.text.len();
            writer.block(block);
            writer.trim(start);
            if writer.flow.text.len() == start {
                writer.truncate(end);
                continue;
            }
            match before {
                Some(Block::Heading(..)) => writer.flow.glue.extend(end..start),
                Some(_) => writer.flow.breaks.push(end),
                None => {}
            }
            before = Some(block);
        }
        writer.flow.marks.retain(|m| m.start < m.end);
        writer.flow
    }

    /// What stands between a block and the next: an empty line, or none below a lesser heading.
    fn separate(&mut self, before: &Block) {
        let lesser = matches!(before, Block::Heading(level, _) if *level > 1);
        self.flow.text.push_str(if lesser { "\n" } else { "\n\n" });
    }

    fn block(&mut self, block: &Block) {
        self.edge = self.flow.text.len();
        match block {
            Block::Heading(_, inlines) => self.marked(Style::Bold, |w| w.inlines(inlines)),
            Block::Paragraph(inlines) => self.inlines(inlines),
            Block::Bullets(items) => self.items(items, |_| "• ".to_owned()),
            Block::Numbers(items) => self.items(items, |n| format!("{n}. ")),
            Block::Quote(inlines) => self.marked(Style::Quote, |w| w.inlines(inlines)),
            Block::Preformatted(text) => self.preformatted(text),
            Block::Table(rows) => self.rows(rows),
            Block::Rule => self.flow.text.push_str(RULE),
        }
    }

    fn preformatted(&mut self, text: &str) {
        let text = clean(text);
        // Empty lines before the first are left out; its indentation is not.
        let blank = text.len() - text.trim_start().len();
        let first = text[..blank].rfind('\n').map_or(0, |at| at + 1);
        self.edge = usize::MAX;
        self.marked(Style::Pre, |w| w.push(&text[first..]));
    }

    fn items(&mut self, items: &[Vec<Inline>], sign: impl Fn(usize) -> String) {
        let mut number = 1;
        for item in items {
            let end = self.flow.text.len();
            if number > 1 {
                self.flow.text.push('\n');
            }
            self.flow.text.push_str(&sign(number));
            self.edge = self.flow.text.len();
            self.inlines(item);
            self.trim(self.edge);
            if self.flow.text.len() == self.edge {
                self.truncate(end);
            } else {
                number += 1;
            }
        }
    }

    fn rows(&mut self, rows: &[Vec<Vec<Inline>>]) {
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                self.flow.text.push('\n');
            }
            let start = self.flow.text.len();
            if number == 0 {
                self.marked(Style::Bold, |w| w.cells(row));
            } else {
                self.cells(row);
            }
            // A row is one line, whatever its cells hold.
            let line = self.flow.text.split_off(start).replace('\n', " ");
            self.flow.text.push_str(&line);
        }
    }

    fn cells(&mut self, row: &[Vec<Inline>]) {
        for (number, cell) in row.iter().enumerate() {
            if number > 0 {
                self.flow.text.push_str(" | ");
            }
            self.edge = self.flow.text.len();
            self.inlines(cell);
            self.trim(self.edge);
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => self.push(&clean(text)),
                Inline::Bold(inner) => self.marked(Style::Bold, |w| w.inlines(inner)),
                Inline::Italic(inner) => self.marked(Style::Italic, |w| w.inlines(inner)),
                Inline::Code(text) => self.marked(Style::Code, |w| w.push(&clean(text))),
                Inline::Link(address, label) => self.link(clean(address).trim(), label),
            }
        }
    }

    fn link(&mut self, address: &str, label: &[Inline]) {
        if address.is_empty() {
            return self.inlines(label);
        }
        let style = Style::Link(address.to_owned());
        let marked = self.takes(&style);
        self.marked(style, |w| {
            let start = w.flow.text.len();
            w.inlines(label);
            if w.flow.text[start..].trim().is_empty() {
                w.push(address);
            } else if !marked && w.flow.text[start..].trim() != address {
                w.push(&format!(" ({address})"));
            }
        });
    }

    fn push(&mut self, text: &str) {
        let at_edge = self.flow.text.len() == self.edge;
        self.flow.text.push_str(if at_edge { text.trim_start() } else { text });
    }

    fn marked(&mut self, style: Style, write: impl FnOnce(&mut Self)) {
        if !self.takes(&style) {
            return write(self);
        }
        let index = self.flow.marks.len();
        let start = self.flow.text.len();
        self.flow.marks.push(Mark { start, end: start, style });
        self.open.push(index);
        write(self);
        self.open.pop();
        self.flow.marks[index].end = self.flow.text.len();
    }

    /// Whether a mark may be opened here: none within its like, and one place is always left for a link.
    fn takes(&self, style: &Style) -> bool {
        if matches!(style, Style::Link(address) if address.len() > self.links) {
            return false;
        }
        let link = |s: &Style| matches!(s, Style::Link(_));
        let open = || self.open.iter().map(|i| &self.flow.marks[*i].style);
        if link(style) {
            return !open().any(link) && self.open.len() < self.depth;
        }
        let kept = usize::from(!open().any(link));
        !open().any(|s| s == style) && self.open.len() + kept < self.depth
    }

    /// Takes white space away from the end, as far back as `start`.
    fn trim(&mut self, start: usize) {
        self.truncate(start + self.flow.text[start..].trim_end().len());
    }

    fn truncate(&mut self, length: usize) {
        self.flow.text.truncate(length);
        for mark in &mut self.flow.marks {
            mark.start = mark.start.min(length);
            mark.end = mark.end.min(length);
        }
    }
}
