//! What holds of every text, whoever wrote it.

use proptest::prelude::*;
use std::collections::BTreeSet;
use tongxin::model::{Block, Document, Inline};
use tongxin::text::split::measure;
use tongxin::text::{
    Mark, Markup, Part, Size, Style, Unit, parse_markdown, plain, render, to_html,
};
use unicode_segmentation::UnicodeSegmentation;

fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[一-龥]{1,40}",
        3 => "[a-z]{1,12}",
        4 => prop::sample::select(vec![
            "。", "，", "！”", " ", "\n", "\n\n", "\r\n", "\t", ". ", "1.5", "👨‍👩‍👧‍👦", "🇨🇳", "e\u{301}", "👍🏽",
            "नि", "\u{200b}", "\u{7}", "　", "—", "한", "\u{301}", "\u{200d}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|p| p.concat())
}

fn address() -> impl Strategy<Value = String> {
    (0..40u32).prop_map(|n| format!("https://a.cn/{n}"))
}

fn inline() -> impl Strategy<Value = Inline> {
    let leaf = prop_oneof![
        5 => words().prop_map(Inline::Text),
        1 => words().prop_map(Inline::Code),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let inners = prop::collection::vec(inner, 0..4);
        prop_oneof![
            inners.clone().prop_map(Inline::Bold),
            inners.clone().prop_map(Inline::Italic),
            (address(), inners).prop_map(|(a, label)| Inline::Link(a, label)),
        ]
    })
}

fn block() -> impl Strategy<Value = Block> {
    let line = || prop::collection::vec(inline(), 0..5);
    prop_oneof![
        2 => (0..8u8, line()).prop_map(|(level, l)| Block::Heading(level, l)),
        5 => line().prop_map(Block::Paragraph),
        2 => prop::collection::vec(line(), 0..5).prop_map(Block::Bullets),
        2 => prop::collection::vec(line(), 0..5).prop_map(Block::Numbers),
        1 => line().prop_map(Block::Quote),
        1 => words().prop_map(Block::Preformatted),
        1 => prop::collection::vec(prop::collection::vec(line(), 0..4), 0..4).prop_map(Block::Table),
        1 => Just(Block::Rule),
    ]
}

fn document() -> impl Strategy<Value = Document> {
    prop::collection::vec(block(), 0..8).prop_map(Document)
}

fn size() -> impl Strategy<Value = Size> {
    let unit = prop::sample::select(vec![Unit::Utf16, Unit::Bytes, Unit::Chars]);
    (unit, 4..300usize, 0..20usize).prop_map(|(unit, max, marks)| Size {
        unit,
        max,
        marks,
        links: usize::MAX,
        markup: Markup::Beside,
    })
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn addresses(inlines: &[Inline], found: &mut BTreeSet<String>) {
    for inline in inlines {
        match inline {
            Inline::Bold(inner) | Inline::Italic(inner) => addresses(inner, found),
            Inline::Link(address, label) => {
                found.insert(address.clone());
                addresses(label, found);
            }
            Inline::Text(_) | Inline::Code(_) => {}
        }
    }
}

fn all_addresses(doc: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for block in &doc.0 {
        match block {
            Block::Heading(_, line) | Block::Paragraph(line) | Block::Quote(line) => {
                addresses(line, &mut found);
            }
            Block::Bullets(lines) | Block::Numbers(lines) => {
                for line in lines {
                    addresses(line, &mut found);
                }
            }
            Block::Table(rows) => {
                for line in rows.iter().flatten() {
                    addresses(line, &mut found);
                }
            }
            Block::Preformatted(_) | Block::Rule => {}
        }
    }
    found
}

fn well_marked(part: &Part) -> Result<(), String> {
    let mut open: Vec<&Mark> = Vec::new();
    let mut last = 0;
    for mark in &part.marks {
        if mark.start < last || mark.start >= mark.end || mark.end > part.text.len() {
            return Err(format!("order or bounds: {mark:?}"));
        }
        if !part.text.is_char_boundary(mark.start) || !part.text.is_char_boundary(mark.end) {
            return Err(format!("within a character: {mark:?}"));
        }
        last = mark.start;
        open.retain(|o| o.end > mark.start);
        if open.iter().any(|o| o.end < mark.end || o.style == mark.style) {
            return Err(format!("nesting: {mark:?}"));
        }
        open.push(mark);
    }
    Ok(())
}

fn sound(part: &Part, size: &Size) -> Result<(), String> {
    if part.text.is_empty() || part.text != part.text.trim_end() {
        return Err("blank or with a blank end".into());
    }
    if part.text.lines().next().is_none_or(|l| l.trim().is_empty()) {
        return Err("begins with a blank line".into());
    }
    if measure(&part.text, size.unit) > size.max {
        return Err(format!("{} are more than {}", measure(&part.text, size.unit), size.max));
    }
    if part.marks.len() > size.marks {
        return Err(format!("{} marks", part.marks.len()));
    }
    well_marked(part)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_parts_together_say_all_of_a_document(doc in document(), size in size()) {
        let parts = render(&doc, &size);
        let said: String = parts.iter().map(|p| p.text.as_str()).collect();
        let meant = if size.marks == 0 {
            render(&doc, &Size { max: usize::MAX, ..size }).concat_text()
        } else {
            plain(&doc)
        };
        prop_assert_eq!(solid(&said), solid(&meant));
    }

    #[test]
    fn every_part_fits_and_its_marks_nest(doc in document(), size in size()) {
        for part in render(&doc, &size) {
            prop_assert_eq!(sound(&part, &size), Ok(()), "{:?}", part);
        }
    }

    #[test]
    fn every_address_of_a_document_arrives(doc in document(), size in size()) {
        let parts = render(&doc, &size);
        let text = solid(&parts.concat_text());
        let marks = parts.iter().flat_map(|p| &p.marks);
        let linked: BTreeSet<_> = marks
            .filter_map(|m| if let Style::Link(a) = &m.style { Some(a.clone()) } else { None })
            .collect();
        for address in all_addresses(&doc) {
            prop_assert!(linked.contains(&address) || text.contains(&address), "{}", address);
        }
    }

    #[test]
    fn no_grapheme_is_cut_that_fits_a_part(text in words(), max in 30..60usize) {
        let doc = Document(vec![Block::Paragraph(vec![Inline::Text(text)])]);
        let whole = plain(&doc);
        let largest = whole.graphemes(true).map(str::len).max().unwrap_or(0);
        prop_assume!(largest <= max);
        let parts = render(&doc, &Size { unit: Unit::Bytes, max, marks: 9, links: usize::MAX, markup: Markup::Beside });
        let pieces: Vec<&str> = parts.iter().flat_map(|p| p.text.graphemes(true)).collect();
        let blank = |g: &&str| !g.chars().all(char::is_whitespace);
        let meant: Vec<&str> = whole.graphemes(true).filter(blank).collect();
        prop_assert_eq!(pieces.into_iter().filter(blank).collect::<Vec<_>>(), meant);
    }

    #[test]
    fn markdown_never_panics_and_its_html_balances(
        source in prop::collection::vec(prop_oneof![
            2 => prop::sample::select(vec![
                "- ", "1. ", "> ", "# ", "```\n", "|", "|-|\n", "[", "](", ")", "!", "**", "*", "_", "`", "\n",
                "\n\n", "    ", "<b>", "<!--", "-->", "&amp;", "https://", "---\n", "[a]: b\n", "\\", "\0", "<a@b.c>",
            ]).prop_map(str::to_owned),
            1 => words(),
        ], 0..40),
    ) {
        let doc = parse_markdown(&source.concat());
        let html = to_html(&doc);
        prop_assert_eq!(html.matches("<a ").count(), html.matches("</a>").count());
        prop_assert_eq!(html.matches("<p>").count(), html.matches("</p>").count());
        for part in render(&doc, &Size { unit: Unit::Utf16, max: 64, marks: 8, links: usize::MAX, markup: Markup::Beside }) {
            prop_assert_eq!(well_marked(&part), Ok(()));
        }
    }

    #[test]
    fn plain_words_survive_markdown(text in "[一-龥a-z，。 \n]{0,200}") {
        let bare = |t: &str| solid(t);
        prop_assert_eq!(bare(&plain(&parse_markdown(&text))), bare(&text));
    }
}

/// The text of several parts, one after another.
trait ConcatText {
    fn concat_text(&self) -> String;
}

impl ConcatText for Vec<Part> {
    fn concat_text(&self) -> String {
        self.iter().map(|p| p.text.as_str()).collect()
    }
}

#[test]
fn ten_thousand_characters_with_everything_in_them_arrive_whole_and_in_order() {
    let mut blocks = vec![Block::Heading(1, vec![Inline::text("年度工作报告")])];
    for n in 0..120 {
        blocks.push(Block::Paragraph(vec![
            Inline::text(format!("第{n}段。各单位要认真学习，抓好落实，{}", "汉".repeat(n % 70))),
            Inline::bold("重点工作！"),
            Inline::link(format!("https://a.cn/{n}"), "关于进一步做好有关工作的通知全文链接"),
            Inline::text("👨‍👩‍👧‍👦👍🏽请转告同事。"),
        ]));
    }
    let row = |n: usize| vec![vec![Inline::text(format!("项目{n}"))], vec![Inline::bold("标准")]];
    blocks.push(Block::Table((0..40).map(row).collect()));
    let doc = Document(blocks);
    assert!(plain(&doc).chars().count() > 10_000);
    for (unit, max) in
        [(Unit::Utf16, 4096), (Unit::Bytes, 2048), (Unit::Chars, 500), (Unit::Bytes, 64)]
    {
        let size = Size { unit, max, marks: 100, links: usize::MAX, markup: Markup::Beside };
        let parts = render(&doc, &size);
        for part in &parts {
            assert_eq!(sound(part, &size), Ok(()));
        }
        assert_eq!(solid(&parts.concat_text()), solid(&plain(&doc)));
        let links = parts.iter().flat_map(|p| &p.marks).filter_map(|m| match &m.style {
            Style::Link(a) => Some(a.clone()),
            _ => None,
        });
        let mut in_order: Vec<String> = links.collect();
        in_order.dedup();
        let meant: Vec<String> = (0..120).map(|n| format!("https://a.cn/{n}")).collect();
        assert_eq!(in_order, meant);
    }
}

#[test]
fn hostile_nesting_neither_panics_nor_takes_long() {
    for source in [
        "*".repeat(20_000),
        "[".repeat(20_000),
        "> ".repeat(5_000),
        "- ".repeat(5_000),
        "![".repeat(9_000),
    ] {
        let doc = parse_markdown(&source);
        let _ = to_html(&doc);
        let _ = render(
            &doc,
            &Size {
                unit: Unit::Utf16,
                max: 4096,
                marks: 100,
                links: usize::MAX,
                markup: Markup::Beside,
            },
        );
    }
    let nested = format!("{}x{}", "**_".repeat(3_000), "_**".repeat(3_000));
    assert!(plain(&parse_markdown(&nested)).contains('x'));
}

/// What a reader of Markdown sees of it: signs that were written as their twins are the same sign.
fn read_markdown(written: &str) -> String {
    use pulldown_cmark::{Event, Parser};
    let mut seen = String::new();
    for event in Parser::new(written) {
        match event {
            Event::Text(text) | Event::Code(text) => seen.push_str(&text),
            Event::SoftBreak | Event::HardBreak => seen.push('\n'),
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html:?} in {written:?}"),
            _ => {}
        }
    }
    seen
}

#[test]
fn bold_letters_in_which_a_link_ends_are_read_as_bold_on_both_sides_of_its_end() {
    let bold = |inlines| vec![Inline::text("一"), Inline::Bold(inlines)];
    let link = |label: &str| Inline::link(format!("https://a.cn/{}", label.trim()), label);
    for (inlines, written) in [
        (bold(vec![link(" 2 "), Inline::text("三")]), "一[ **2** ](https://a.cn/2)**三**"),
        (
            bold(vec![link(" 2 "), link(" 3 "), Inline::text("四")]),
            "一[ **2** ](https://a.cn/2)[ **3** ](https://a.cn/3)**四**",
        ),
        (bold(vec![link("2 "), Inline::text("三")]), "一 **[2 ](https://a.cn/2)三**"),
    ] {
        let size =
            Size { unit: Unit::Bytes, max: 500, marks: 100, links: 120, markup: Markup::DingTalk };
        let parts = render(&Document(vec![Block::Paragraph(inlines)]), &size);
        assert_eq!(parts[0].markdown(Markup::DingTalk), written);
        assert!(!read_markdown(written).contains('*'), "{written}");
    }
}

#[test]
fn a_line_that_begins_with_white_space_is_not_read_as_code() {
    for begins in ["\t", "\t\t", "    ", "  \t", "     "] {
        let line = vec![Inline::Text(format!("一\n\n{begins}")), Inline::bold("二")];
        for block in [Block::Paragraph(line.clone()), Block::Quote(line)] {
            let markup = Markup::DingTalk;
            let size = Size { unit: Unit::Bytes, max: 500, marks: 100, links: 120, markup };
            let part = &render(&Document(vec![block]), &size)[0];
            let written = part.markdown(markup);
            assert_eq!(alike(&read_markdown(&written)), "一二", "{written:?} of {part:?}");
        }
    }
}

/// Without white space, with twins as one sign, and without what stands before an item of a list: a reader of
/// Markdown numbers anew.
fn alike(text: &str) -> String {
    let one = |c: char| match c {
        '＊' => '*',
        '＿' => '_',
        '｀' => '`',
        '～' => '~',
        '＜' => '<',
        '＼' => '\\',
        '［' => '[',
        '］' => ']',
        c => c,
    };
    let list = |c: &char| !matches!(c, '\u{200b}' | '.' | ')' | '•' | '0'..='9');
    text.chars().filter(|c| !c.is_whitespace()).map(one).filter(list).collect()
}

/// What is read of a text in which only links are tags.
fn without_anchors(written: &str) -> String {
    let ends = written.replace("</a>", "");
    let mut pieces = ends.split("<a href=\"");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |read, piece| read + piece.split_once("\">").map_or(piece, |(_, rest)| rest))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn each_part_written_in_a_platforms_markup_fits_and_says_all(
        doc in document(),
        max in 260..2_000usize,
        markup in prop::sample::select(vec![Markup::WeCom, Markup::DingTalk, Markup::Anchors, Markup::Html]),
    ) {
        let size = Size { unit: Unit::Bytes, max, marks: 100, links: 120, markup };
        let parts = render(&doc, &size);
        for part in &parts {
            let runs: String = part.runs().iter().map(|run| run.text).collect();
            prop_assert_eq!(&runs, &part.text);
            let written = match markup {
                Markup::Html => part.html(),
                Markup::Anchors => part.anchored(),
                _ => part.markdown(markup),
            };
            prop_assert!(written.len() <= max, "{} > {max}: {written:?} of {part:?}", written.len());
            if markup == Markup::Anchors {
                prop_assert_eq!(alike(&without_anchors(&written)), alike(&part.text), "{:?}", written);
            }
            if markup == Markup::DingTalk {
                prop_assert_eq!(alike(&read_markdown(&written)), alike(&part.text), "{:?}", written);
            }
        }
    }
}
