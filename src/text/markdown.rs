//! From what an editor types to the markup tree.
//!
//! People type in chat: a line end is a line end, HTML is only letters, and an address that must not be
//! linked stays readable as text. Lists within lists become lines of their item.

use super::autolink::autolink;
use super::html::may_link;
use crate::model::{Block, Document, Inline};
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

/// How deep styles may lie in one another; deeper ones are left out, their text is not.
const DEPTH: usize = 16;

/// Reads Markdown. There are no mistakes: whatever is not Markdown is text.
#[must_use]
pub fn parse_markdown(source: &str) -> Document {
    let mut reader = Reader::default();
    let mut parser = Parser::new_ext(source, Options::ENABLE_TABLES);
    for event in parser.by_ref() {
        reader.event(event);
    }
    // A line like `[name]: address` that no link uses would vanish.
    let definitions = parser.reference_definitions().iter();
    let mut unused: Vec<_> =
        definitions.filter(|(name, _)| !reader.used.contains(&fold(name))).collect();
    unused.sort_by_key(|(_, definition)| definition.span.start);
    for (name, definition) in unused {
        let label = vec![Inline::text(name)];
        let inlines = linked(definition.dest.to_string(), label, Shown::Link);
        reader.blocks.push(Block::Paragraph(inlines));
    }
    Document(reader.blocks)
}

/// What is being read; the rest of the document's structure is on its stacks.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    /// Styles that are open, and what stood before them.
    styles: Vec<(Span, Vec<Inline>)>,
    /// The line or paragraph being read.
    line: Vec<Inline>,
    /// The quote or list being read, whose blocks become lines.
    outer: Option<Outer>,
    /// Lists that are open: the next number, or a dot.
    lists: Vec<Option<u64>>,
    quotes: usize,
    code: Option<String>,
    table: Vec<Vec<Vec<Inline>>>,
    /// Names of the link definitions that were used.
    used: BTreeSet<String>,
}

/// A quote, or a list outside of all others.
struct Outer {
    kind: OuterKind,
    items: Vec<Vec<Inline>>,
    /// The next line goes on behind its sign.
    signed: bool,
}

enum OuterKind {
    Quote,
    List(Option<u64>),
}

/// A style that is open.
enum Span {
    Bold,
    Italic,
    Link(String, Shown),
    /// Too deep, or none of ours.
    Bare,
}

/// How an address is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Link,
    /// Behind its label: there is a link around it.
    Text,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Code(text) => self.line.push(Inline::Code(text.into_string())),
            Event::SoftBreak | Event::HardBreak => self.text("\n"),
            Event::Rule => self.leaf(Block::Rule),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text)
            | Event::FootnoteReference(text) => self.text(&text),
            Event::TaskListMarker(done) => self.text(if done { "[x] " } else { "[ ] " }),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.open(Span::Bold),
            Tag::Emphasis => self.open(Span::Italic),
            Tag::Link { link_type, dest_url, id, .. } => {
                self.used.insert(fold(&id));
                let email = link_type == LinkType::Email && !dest_url.starts_with("mailto:");
                let scheme = if email { "mailto:" } else { "" };
                self.open_link(format!("{scheme}{dest_url}"));
            }
            Tag::Image { dest_url, id, .. } => {
                self.used.insert(fold(&id));
                self.open_link(dest_url.into_string());
            }
            Tag::Strikethrough | Tag::Superscript | Tag::Subscript => self.open(Span::Bare),
            Tag::BlockQuote(_) => {
                self.flush();
                self.quotes += 1;
                self.outer.get_or_insert_with(|| Outer::new(OuterKind::Quote));
            }
            Tag::List(first) => self.start_list(first),
            Tag::Item => self.start_item(),
            Tag::CodeBlock(kind) => {
                self.flush();
                // What stands behind the fence is mostly a language; in chat it may be a word.
                let info = match kind {
                    CodeBlockKind::Fenced(info) if !info.is_ascii() => format!("{info}\n"),
                    _ => String::new(),
                };
                self.code = Some(info);
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            Tag::TableCell => {}
            _ => self.flush(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong
            | TagEnd::Emphasis
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => self.close(),
            TagEnd::Heading(level) => {
                let inlines = self.take();
                self.leaf(Block::Heading(level as u8, inlines));
            }
            TagEnd::CodeBlock => {
                if let Some(text) = self.code.take() {
                    self.leaf(Block::Preformatted(text.trim_end_matches('\n').to_owned()));
                }
            }
            TagEnd::TableCell => {
                let cell = self.take();
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.table);
                self.leaf(Block::Table(rows));
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                self.end_outer();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quotes = self.quotes.saturating_sub(1);
                self.end_outer();
            }
            _ => self.flush(),
        }
    }

    fn start_list(&mut self, first: Option<u64>) {
        self.flush();
        self.lists.push(first);
        self.outer.get_or_insert_with(|| Outer::new(OuterKind::List(first)));
    }

    fn start_item(&mut self) {
        self.flush();
        let depth = self.lists.len();
        let Some(outer) = &mut self.outer else { return };
        let number = self.lists.last_mut().and_then(Option::as_mut).map(|next| {
            *next += 1;
            *next - 1
        });
        if matches!(outer.kind, OuterKind::List(_)) && depth == 1 && self.quotes == 0 {
            outer.items.push(Vec::new());
            outer.signed = true;
            return;
        }
        // Wide white space: HTML does not fold it.
        let indent = "\u{2003}".repeat(depth.saturating_sub(1).min(8));
        let sign = number.map_or_else(|| "◦ ".to_owned(), |n| format!("{n}. "));
        outer.line(vec![Inline::Text(format!("{indent}{sign}"))]);
        outer.signed = true;
    }

    fn end_outer(&mut self) {
        if self.quotes > 0 || !self.lists.is_empty() {
            return;
        }
        let Some(Outer { kind, items, .. }) = self.outer.take() else { return };
        match kind {
            OuterKind::Quote => {
                self.blocks.extend(items.into_iter().filter(|i| !i.is_empty()).map(Block::Quote));
            }
            OuterKind::List(None) => self.blocks.push(Block::Bullets(items)),
            OuterKind::List(Some(1)) => self.blocks.push(Block::Numbers(items)),
            // Numbers of ours begin at 1; an editor's own are kept as they were typed.
            OuterKind::List(Some(first)) => {
                let numbered = |(number, mut item): (u64, Vec<Inline>)| {
                    item.insert(0, Inline::Text(format!("{number}. ")));
                    Block::Paragraph(item)
                };
                self.blocks.extend((first..).zip(items).map(numbered));
            }
        }
    }

    fn text(&mut self, text: &str) {
        match (&mut self.code, self.line.last_mut()) {
            (Some(code), _) => code.push_str(text),
            (None, Some(Inline::Text(before))) => before.push_str(text),
            (None, _) => self.line.push(Inline::text(text)),
        }
    }

    fn open_link(&mut self, address: String) {
        let inside = self.styles.iter().any(|(s, _)| matches!(s, Span::Link(..)));
        self.open(Span::Link(address, if inside { Shown::Text } else { Shown::Link }));
    }

    fn open(&mut self, span: Span) {
        // A link is never left out, however deep: its address would be lost.
        let deep = self.styles.len() >= DEPTH && !matches!(span, Span::Link(..));
        let span = if deep { Span::Bare } else { span };
        self.styles.push((span, std::mem::take(&mut self.line)));
    }

    fn close(&mut self) {
        let Some((span, before)) = self.styles.pop() else { return };
        let inner = std::mem::replace(&mut self.line, before);
        match span {
            Span::Bold => self.line.push(Inline::Bold(inner)),
            Span::Italic => self.line.push(Inline::Italic(inner)),
            Span::Bare => self.line.extend(inner),
            Span::Link(address, shown) => self.line.extend(linked(address, inner, shown)),
        }
    }

    /// The line that was read, with its bare addresses linked.
    fn take(&mut self) -> Vec<Inline> {
        while !self.styles.is_empty() {
            self.close();
        }
        autolink(std::mem::take(&mut self.line))
    }

    /// Ends a line that stands without a paragraph of its own.
    fn flush(&mut self) {
        let inlines = self.take();
        if !inlines.is_empty() {
            self.leaf(Block::Paragraph(inlines));
        }
    }

    fn leaf(&mut self, block: Block) {
        match &mut self.outer {
            Some(outer) => outer.leaf(block),
            None => self.blocks.push(block),
        }
    }
}

impl Outer {
    const fn new(kind: OuterKind) -> Self {
        Self { kind, items: Vec::new(), signed: false }
    }

    /// Adds a block as lines.
    fn leaf(&mut self, block: Block) {
        match block {
            Block::Heading(_, inlines) => self.line(vec![Inline::Bold(inlines)]),
            Block::Paragraph(inlines) | Block::Quote(inlines) => self.line(inlines),
            Block::Preformatted(text) => self.line(vec![Inline::Code(text)]),
            Block::Rule => self.line(vec![Inline::text("———")]),
            Block::Table(rows) => {
                for row in rows {
                    let mut line = row.join(&Inline::text(" | "));
                    line.retain(|i| *i != Inline::text(""));
                    self.line(line);
                }
            }
            Block::Bullets(items) | Block::Numbers(items) => {
                for item in items {
                    self.line(item);
                }
            }
        }
    }

    fn line(&mut self, inlines: Vec<Inline>) {
        if self.items.is_empty() {
            self.items.push(Vec::new());
        }
        let Some(item) = self.items.last_mut() else { return };
        if !self.signed && !item.is_empty() {
            item.push(Inline::text("\n"));
        }
        self.signed = false;
        item.extend(inlines);
    }
}

/// Names of link definitions are told apart without regard to case and spaces.
fn fold(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A link, or its label and its address as text where it must not be one.
fn linked(address: String, label: Vec<Inline>, shown: Shown) -> Vec<Inline> {
    if shown == Shown::Link && may_link(&address) {
        return vec![Inline::Link(address, label)];
    }
    let mut inlines = label;
    let bare = inlines == [Inline::text(address.as_str())];
    if !address.is_empty() && !bare {
        let behind = if inlines.is_empty() { address } else { format!(" ({address})") };
        inlines.push(Inline::Text(behind));
    }
    inlines
}
