//! Cuts a text into parts that fit, where it reads best.

use super::{Mark, Part, Size, Style, Unit, markup};
use unicode_segmentation::UnicodeSegmentation;

/// A whole text, its marks, and where it is best cut.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// The text.
    pub text: String,
    /// The marks, by start, outer ones first.
    pub marks: Vec<Mark>,
    /// Where blocks end; the white space up to the next block follows.
    pub breaks: Vec<usize>,
    /// Line ends below a heading: a heading stays with what it is over.
    pub glue: Vec<usize>,
}

/// The parts of `flow`, in order.
pub(super) fn split(flow: &Flow, size: &Size) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut from = flow.begin(0);
    while from < flow.text.len() {
        let end = flow.cut(from, size);
        parts.extend(flow.part(from, end));
        from = flow.begin(end);
    }
    parts
}

impl Flow {
    /// Where the next part begins: white space is left out, but not the indentation of a preformatted line.
    fn begin(&self, at: usize) -> usize {
        let mut solid = at;
        let mut line = at;
        for grapheme in self.text[at..].graphemes(true) {
            if !grapheme.chars().all(char::is_whitespace) {
                break;
            }
            solid += grapheme.len();
            if grapheme == "\n" {
                line = solid;
            }
        }
        let pre = |m: &Mark| m.style == Style::Pre && m.start <= line && solid < m.end;
        if self.marks.iter().any(pre) { line } else { solid }
    }

    /// Where the part that begins at `from` ends.
    fn cut(&self, from: usize, size: &Size) -> usize {
        let stops = self.stops(from, size);
        let end = stops.last().copied().unwrap_or(self.text.len());
        if end == self.text.len() {
            return end;
        }
        // A cut that reads well is not worth a part that is nearly empty.
        let least = from + (end - from) / 3;
        let best = |good: &dyn Fn(usize) -> bool| {
            stops.iter().rev().copied().take_while(|s| *s > least).find(|s| good(*s))
        };
        best(&|s| self.breaks.binary_search(&s).is_ok())
            .or_else(|| best(&|s| self.ends_line(s)))
            .or_else(|| best(&|s| self.ends_sentence(s)))
            .or_else(|| {
                let words = self.words(from, end);
                best(&|s| words.binary_search(&s).is_ok() && !self.goes_on(s))
            })
            .unwrap_or(end)
    }

    /// The places after `from` where the text may be cut and the part still fits; never none.
    fn stops(&self, from: usize, size: &Size) -> Vec<usize> {
        let graphemes = self.text[from..].graphemes(true);
        let mut stops = self.fitting(from, size, graphemes);
        if stops.is_empty() {
            // One grapheme alone is too large: it is cut after the last character that fits.
            let mut ends = self.text[from..].char_indices().map(|(i, c)| i..i + c.len_utf8());
            let chars = std::iter::from_fn(|| ends.next().map(|r| &self.text[from..][r]));
            let whole = self.text[from..].graphemes(true).next().unwrap_or_default();
            stops = self.fitting(from, size, chars);
            stops.retain(|s| *s < from + whole.len());
            stops = stops.last().copied().into_iter().collect();
        }
        if stops.is_empty() {
            stops.extend(self.text[from..].chars().next().map(|c| from + c.len_utf8()));
        }
        stops
    }

    /// Where the pieces end that fit together.
    fn fitting<'a>(
        &self,
        from: usize,
        size: &Size,
        pieces: impl Iterator<Item = &'a str>,
    ) -> Vec<usize> {
        let mut next = self.marks.partition_point(|m| m.start < from);
        let open = || self.marks[..next].iter().filter(|m| m.end > from);
        let (mut marks, mut links) = open().fold((0, 0), |(n, bytes), m| (n + 1, bytes + link(m)));
        let mut units = size.markup.of_part() + markup::open(size.markup, open());
        let mut end = from;
        let mut stops = Vec::new();
        for piece in pieces {
            end += piece.len();
            units += size.markup.of_text(piece, |text| measure(text, size.unit));
            while let Some(mark) = self.marks.get(next).filter(|m| m.start < end) {
                next += 1;
                marks += 1;
                links += link(mark);
                units += size.markup.of_mark(&mark.style);
            }
            if units > size.max || marks > size.marks || links > size.links {
                break;
            }
            stops.push(end);
        }
        stops
    }

    fn ends_line(&self, at: usize) -> bool {
        self.text[at..].starts_with('\n') && self.glue.binary_search(&at).is_err()
    }

    fn ends_sentence(&self, at: usize) -> bool {
        let after = self.text[at..].chars().next();
        if after.is_none_or(|c| closes(c) || stops(c)) {
            return false;
        }
        let last = self.text[..at].chars().rev().find(|c| !closes(*c));
        match last {
            Some('。' | '！' | '？' | '；' | '…' | '｡') => true,
            // Within an address or a number these end nothing.
            Some('.' | '!' | '?' | ';') => {
                after.is_some_and(|c| c.is_whitespace() || !c.is_ascii())
            }
            _ => false,
        }
    }

    /// Where words end between `from` and `end`.
    fn words(&self, from: usize, end: usize) -> Vec<usize> {
        // A little more than the window, so that its end does not look like the end of a word.
        let beyond = self.text.ceil_char_boundary(end + 64);
        let bounds = self.text[from..beyond].split_word_bound_indices();
        bounds.map(|(i, word)| from + i + word.len()).take_while(|s| *s <= end).collect()
    }

    /// Whether what follows must not begin a line.
    fn goes_on(&self, at: usize) -> bool {
        self.text[at..].chars().next().is_some_and(|c| closes(c) || stops(c))
    }

    fn part(&self, from: usize, end: usize) -> Option<Part> {
        let text = self.text[from..end].trim_end();
        let end = from + text.len();
        let marks = self.marks.iter().take_while(|m| m.start < end).filter(|m| m.end > from);
        let clip = |m: &Mark| Mark {
            start: m.start.max(from) - from,
            end: m.end.min(end) - from,
            style: m.style.clone(),
        };
        let marks = marks.map(clip).collect();
        (!text.is_empty()).then(|| Part { text: text.to_owned(), marks })
    }
}

/// How many characters a reader sees in `text`: not white space, nor what has no width. What is put together
/// from several code points is one.
#[must_use]
pub fn visible(text: &str) -> usize {
    let blank = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
    };
    text.graphemes(true).filter(|g| !g.chars().all(blank)).count()
}

/// How many bytes the address of a link has.
const fn link(mark: &Mark) -> usize {
    match &mark.style {
        Style::Link(address) => address.len(),
        _ => 0,
    }
}

/// How long `text` is in `unit`.
#[must_use]
pub fn measure(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Utf16 => text.chars().map(char::len_utf16).sum(),
        Unit::Bytes => text.len(),
        Unit::Chars => text.chars().count(),
    }
}

const fn closes(c: char) -> bool {
    matches!(c, '”' | '’' | '」' | '』' | '）' | '》' | '】' | '〉' | ')' | ']' | '}' | '"' | '\'')
}

const fn stops(c: char) -> bool {
    matches!(
        c,
        '。' | '！' | '？' | '；' | '，' | '、' | '：' | '…' | '.' | '!' | '?' | ';' | ',' | ':'
    )
}
