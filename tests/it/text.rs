//! What is written comes out whole, readable and harmless.

use tongxin::model::{
    Block, Content, Digest, DigestItem, DigestSection, Document, Explainer, Inline, Lang,
};
use tongxin::text::compose::{
    ArticleMistake, ExplainerMistake, Field, explainer_template, parse_article, parse_explainer,
};
use tongxin::text::{
    Mark, Markup, Part, Size, Speak, Style, Unit, compose, excerpt, parse_markdown, plain, render,
    to_html,
};

const WIDE: Size =
    Size { unit: Unit::Utf16, max: 4096, marks: 100, links: usize::MAX, markup: Markup::Beside };

fn chars(max: usize) -> Size {
    Size { unit: Unit::Chars, max, marks: 100, links: usize::MAX, markup: Markup::Beside }
}

fn paragraph(text: &str) -> Document {
    Document(vec![Block::Paragraph(vec![Inline::text(text)])])
}

fn texts(parts: &[Part]) -> Vec<&str> {
    parts.iter().map(|p| p.text.as_str()).collect()
}

/// A part with its marks written into the text, to be read in a test.
fn marked(part: &Part) -> String {
    let mut signs: Vec<(usize, i64, String)> = Vec::new();
    for (order, mark) in part.marks.iter().enumerate() {
        let name = match &mark.style {
            Style::Link(address) => format!("a={address}"),
            other => format!("{other:?}").to_lowercase(),
        };
        let order = i64::try_from(order).expect("few marks");
        signs.push((mark.start, order + 1, format!("<{name}>")));
        signs.push((mark.end, -order - 1, "</>".to_owned()));
    }
    signs.sort();
    let mut out = String::new();
    let mut at = 0;
    for (place, _, sign) in signs {
        out.push_str(&part.text[at..place]);
        out.push_str(&sign);
        at = place;
    }
    out.push_str(&part.text[at..]);
    out
}

#[test]
fn every_block_has_its_look_in_text() {
    let doc = Document(vec![
        Block::Heading(1, vec![Inline::text("一周要闻")]),
        Block::Heading(2, vec![Inline::text("政策")]),
        Block::Paragraph(vec![Inline::text("见"), Inline::link("https://a.cn/1", "原文")]),
        Block::Bullets(vec![vec![Inline::text("甲")], vec![Inline::bold("乙")]]),
        Block::Numbers(vec![vec![Inline::text("一")], vec![Inline::text("二")]]),
        Block::Quote(vec![Inline::text("引文")]),
        Block::Preformatted("  a\n  b".into()),
        Block::Table(vec![
            vec![vec![Inline::text("项目")], vec![Inline::text("标准")]],
            vec![vec![Inline::text("补贴")], vec![Inline::text("500\n元")]],
        ]),
        Block::Rule,
    ]);
    let parts = render(&doc, &WIDE);
    assert_eq!(parts.len(), 1);
    insta::assert_snapshot!(marked(&parts[0]), @r"
    <bold>一周要闻</>

    <bold>政策</>
    见<a=https://a.cn/1>原文</>

    • 甲
    • <bold>乙</>

    1. 一
    2. 二

    <quote>引文</>

    <pre>  a
      b</>

    <bold>项目 | 标准</>
    补贴 | 500 元

    ———
    ");
}

#[test]
fn an_empty_document_gives_no_part() {
    assert!(render(&Document::default(), &WIDE).is_empty());
    let blank = Document(vec![
        Block::Paragraph(vec![Inline::text(" \n\u{3000}")]),
        Block::Bullets(vec![vec![]]),
        Block::Heading(1, vec![]),
    ]);
    assert!(render(&blank, &WIDE).is_empty());
}

#[test]
fn a_blank_block_leaves_no_gap() {
    let doc = Document(vec![
        Block::Paragraph(vec![Inline::text("\n前\n")]),
        Block::Paragraph(vec![Inline::text("  ")]),
        Block::Paragraph(vec![Inline::text("后")]),
    ]);
    assert_eq!(texts(&render(&doc, &WIDE)), ["前\n\n后"]);
}

#[test]
fn a_text_is_cut_between_blocks_before_lines_before_sentences_before_words() {
    let blocks = Document::plain("第一段有几个字。\n第二段也有几个字。");
    assert_eq!(texts(&render(&blocks, &chars(14))), ["第一段有几个字。", "第二段也有几个字。"]);
    let lines = paragraph("第一行有几个字\n第二行也有几个字");
    assert_eq!(texts(&render(&lines, &chars(12))), ["第一行有几个字", "第二行也有几个字"]);
    let sentences = paragraph("第一句有几个字。“第二句也有？”第三句。");
    assert_eq!(
        texts(&render(&sentences, &chars(17))),
        ["第一句有几个字。“第二句也有？”", "第三句。"]
    );
    let words = paragraph("subscribe to the newsletter");
    assert_eq!(texts(&render(&words, &chars(19))), ["subscribe to the", "newsletter"]);
}

#[test]
fn no_part_begins_with_a_comma() {
    assert_eq!(texts(&render(&paragraph("办理时间，地点"), &chars(4))), ["办理时", "间，地点"]);
}

#[test]
fn a_heading_stays_with_what_it_is_over() {
    let doc = Document(vec![
        Block::Paragraph(vec![Inline::text("前面的话写在这里。")]),
        Block::Heading(2, vec![Inline::text("标题")]),
        Block::Paragraph(vec![Inline::text("后面的话写在这里。")]),
    ]);
    assert_eq!(
        texts(&render(&doc, &chars(15))),
        ["前面的话写在这里。", "标题\n后面的话写在这里。"]
    );
}

#[test]
fn a_link_that_is_cut_goes_on_in_the_next_part_with_its_address() {
    let doc = Document(vec![Block::Paragraph(vec![Inline::Bold(vec![Inline::link(
        "https://a.cn/",
        "关于进一步做好有关工作的通知",
    )])])]);
    let parts = render(&doc, &chars(8));
    assert_eq!(
        parts.iter().map(marked).collect::<Vec<_>>(),
        [
            "<bold><a=https://a.cn/>关于进一步做好有</></>",
            "<bold><a=https://a.cn/>关工作的通知</></>"
        ]
    );
}

#[test]
fn a_grapheme_is_cut_only_when_it_is_larger_than_a_message() {
    let family = "👨‍👩‍👧‍👦";
    let text = format!("{family}{family}e\u{301}");
    let size =
        Size { unit: Unit::Utf16, max: 12, marks: 1, links: usize::MAX, markup: Markup::Beside };
    assert_eq!(texts(&render(&paragraph(&text), &size)), [family, family, "e\u{301}"]);
    let size =
        Size { unit: Unit::Utf16, max: 4, marks: 1, links: usize::MAX, markup: Markup::Beside };
    let parts = render(&paragraph(family), &size);
    assert!(parts.len() > 1);
    assert_eq!(texts(&parts).concat(), family);
}

#[test]
fn a_limit_below_one_character_still_ends() {
    let parts = render(
        &paragraph("文字"),
        &Size { unit: Unit::Bytes, max: 0, marks: 0, links: usize::MAX, markup: Markup::Beside },
    );
    assert_eq!(texts(&parts), ["文", "字"]);
}

#[test]
fn a_platform_without_marks_reads_the_addresses() {
    let doc = Document(vec![Block::Paragraph(vec![
        Inline::bold("请看"),
        Inline::link("https://a.cn/", "原文"),
        Inline::link("https://b.cn/", "https://b.cn/"),
    ])]);
    let parts = render(
        &doc,
        &Size { unit: Unit::Chars, max: 100, marks: 0, links: usize::MAX, markup: Markup::Beside },
    );
    assert_eq!(texts(&parts), ["请看原文 (https://a.cn/)https://b.cn/"]);
    assert!(parts[0].marks.is_empty());
}

#[test]
fn a_part_ends_where_its_marks_are_used_up() {
    let links: Vec<_> = (0..10)
        .map(|n| vec![Inline::link(format!("https://a.cn/{n}"), format!("第{n}条"))])
        .collect();
    let doc = Document(vec![Block::Numbers(links)]);
    let parts = render(
        &doc,
        &Size { unit: Unit::Chars, max: 1000, marks: 4, links: usize::MAX, markup: Markup::Beside },
    );
    assert_eq!(parts.iter().map(|p| p.marks.len()).collect::<Vec<_>>(), [4, 4, 2]);
    assert!(parts[1].text.starts_with("5. 第4条"));
}

#[test]
fn a_link_without_a_label_shows_its_address() {
    let doc = Document(vec![Block::Paragraph(vec![Inline::Link("https://a.cn/".into(), vec![])])]);
    assert_eq!(marked(&render(&doc, &WIDE)[0]), "<a=https://a.cn/>https://a.cn/</>");
    assert!(to_html(&doc).contains(">https://a.cn/</a>"));
}

#[test]
fn preformatted_lines_keep_their_indentation_across_a_cut() {
    let doc = Document(vec![Block::Preformatted("\n  one\n  two\n  three".into())]);
    assert_eq!(texts(&render(&doc, &chars(12))), ["  one\n  two", "  three"]);
}

#[test]
fn an_excerpt_is_one_line_and_never_longer_than_asked() {
    let doc = Document::plain("第一段。\n第二段有更多的字。");
    assert_eq!(excerpt(&doc, 100), "第一段。 第二段有更多的字。");
    assert_eq!(excerpt(&doc, 6), "第一段。…");
    assert_eq!(excerpt(&doc, 0), "");
    assert_eq!(excerpt(&paragraph("👨‍👩‍👧‍👦👨‍👩‍👧‍👦"), 9), "👨‍👩‍👧‍👦…");
}

#[test]
fn markdown_is_read_as_people_type_it() {
    let source = "# 标题\n第一行\n第二行 **重点** *强调* `x<y`\n\n- 甲\n  - 甲一\n  - 甲二\n- 乙\n\n1. 一\n2. 二\n\n> 引文\n> 第二行\n\n```\nlet a;\n```\n\n| 项目 | 标准 |\n|---|---|\n| 补贴 | 500 |\n\n---\n<b>不是粗体</b>";
    let doc = parse_markdown(source);
    insta::assert_snapshot!(marked(&render(&doc, &WIDE)[0]).replace('\u{2003}', "~"), @r"
    <bold>标题</>

    第一行
    第二行 <bold>重点</> <italic>强调</> <code>x<y</>

    • 甲
    ~◦ 甲一
    ~◦ 甲二
    • 乙

    1. 一
    2. 二

    <quote>引文
    第二行</>

    <pre>let a;</>

    <bold>项目 | 标准</>
    补贴 | 500

    ———

    <b>不是粗体</b>
    ");
}

#[test]
fn only_harmless_addresses_are_linked_and_none_is_lost() {
    let source = "[好](https://a.cn/1) [信](mailto:a@b.cn) [电](tel:12345) [坏](javascript:alert(1)) [近](/page)\n\
                  ![图](https://a.cn/p.png) <a@b.cn> 见 https://c.cn/x?y=1。\n\n[通知]: https://d.cn/";
    let doc = parse_markdown(source);
    insta::assert_snapshot!(marked(&render(&doc, &WIDE)[0]), @r"
    <a=https://a.cn/1>好</> <a=mailto:a@b.cn>信</> <a=tel:12345>电</> 坏 (javascript:alert(1)) 近 (/page)
    <a=https://a.cn/p.png>图</> <a=mailto:a@b.cn>a@b.cn</> 见 <a=https://c.cn/x?y=1>https://c.cn/x?y=1</>。

    <a=https://d.cn/>通知</>
    ");
}

#[test]
fn numbers_that_do_not_begin_at_one_stay_as_typed() {
    assert_eq!(plain(&parse_markdown("3. 丙\n4. 丁")), "3. 丙\n\n4. 丁");
    assert_eq!(plain(&parse_markdown("2026. 年")), "2026. 年");
}

#[test]
fn lists_and_tables_within_quotes_become_its_lines() {
    let doc = parse_markdown("> 引文\n>\n> - 甲\n> - 乙\n>\n> ## 小题\n> 末行");
    assert_eq!(plain(&doc), "引文\n◦ 甲\n◦ 乙\n小题\n末行");
    assert!(matches!(doc.0.as_slice(), [Block::Quote(_)]));
}

#[test]
fn html_holds_no_tag_and_no_address_that_an_author_brought() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "https://a.cn/\" onclick=\"alert(1)",
        "http:javascript",
        "vbscript:x",
        "' onmouseover='x",
        "\u{0}<b>",
    ];
    for text in hostile {
        let label = || vec![Inline::text(text)];
        let doc = Document(vec![
            Block::Heading(200, label()),
            Block::Paragraph(vec![
                Inline::Link(text.into(), label()),
                Inline::Link(text.into(), vec![Inline::Link(text.into(), vec![])]),
                Inline::Code(text.into()),
            ]),
            Block::Bullets(vec![label()]),
            Block::Quote(label()),
            Block::Preformatted(text.into()),
            Block::Table(vec![vec![label()], vec![label()]]),
        ]);
        let html = to_html(&doc);
        assert!(
            !html.contains("<script") && !html.contains("<img") && !html.contains("<b>"),
            "{html}"
        );
        assert!(!html.contains("href=\"j") && !html.contains("href=\"J"), "{html}");
        assert!(!html.contains("onclick=\"") && !html.contains("='"), "{html}");
        assert!(!html.contains("<a "), "{html}");
        let read = to_html(&parse_markdown(text));
        assert!(
            !read.contains("<script") && !read.contains("<img") && !read.contains("<b>"),
            "{read}"
        );
    }
}

#[test]
fn what_a_reader_sees_is_counted_and_not_what_it_is_made_of() {
    for (text, seen) in [
        ("灯坏了！", 4),
        ("🏳️‍🌈", 1),
        ("👨‍👩‍👧‍👦 家", 2),
        ("e\u{301}", 1),
        ("\u{200b}\u{202e}\u{feff} \n", 0),
        ("", 0),
    ] {
        assert_eq!(tongxin::text::visible(text), seen, "{text:?}");
    }
}

#[test]
fn links_are_split_so_that_their_addresses_fit_and_one_that_never_fits_is_written_out() {
    let link =
        |n: usize| Inline::link(format!("https://a.cn/{}/{n}", "x".repeat(80)), format!("第{n}条"));
    let items = (0..30).map(|n| vec![link(n)]).collect();
    let doc = Document(vec![Block::Bullets(items)]);
    let size = Size { links: 1_000, ..WIDE };
    let parts = render(&doc, &size);
    let bytes = |part: &Part| -> usize {
        let address = |m: &Mark| if let Style::Link(a) = &m.style { a.len() } else { 0 };
        part.marks.iter().map(address).sum()
    };
    assert!(parts.len() > 1 && parts.iter().all(|p| bytes(p) <= 1_000), "{parts:?}");
    assert_eq!(parts.iter().map(|p| p.marks.len()).sum::<usize>(), 30, "none is lost");
    let long = Document(vec![Block::Paragraph(vec![link(1)])]);
    let parts = render(&long, &Size { links: 50, ..WIDE });
    assert!(parts[0].marks.is_empty() && parts[0].text.contains("(https://a.cn/xxx"), "{parts:?}");
}

#[test]
fn html_is_made_of_the_elements_that_mean_it() {
    let doc =
        parse_markdown("## 题\n行一\n行二\n\n- [甲](https://a.cn/?a=1&b=2)\n\n|头|\n|-|\n|格|");
    insta::assert_snapshot!(to_html(&doc), @r#"
    <h2>题</h2>
    <p>行一<br>行二</p>
    <ul><li><a href="https://a.cn/?a=1&amp;b=2" rel="noopener nofollow ugc">甲</a></li></ul>
    <table><thead><tr><th>头</th></tr></thead><tbody><tr><td>格</td></tr></tbody></table>
    "#);
}

fn explainer() -> Explainer {
    Explainer {
        title: "租房补贴提高".into(),
        news: parse_markdown("每月由 **300 元** 提高到 500 元。"),
        audience: "新就业人员".into(),
        steps: parse_markdown("1. 登录平台\n2. 上传合同"),
        deadline: "2026年12月31日".into(),
        contact: String::new(),
        source: "关于租房补贴的通知".into(),
        number: "〔2026〕5号".into(),
        link: "https://a.cn/5".into(),
    }
}

#[test]
fn an_explainer_has_a_label_for_each_field_that_is_filled() {
    let doc = compose(&Content::Explainer(explainer()), Lang::Zh);
    insta::assert_snapshot!(marked(&render(&doc, &WIDE)[0]), @r"
    <bold>租房补贴提高</>

    <bold>新变化</>
    每月由 <bold>300 元</> 提高到 500 元。

    <bold>适用对象：</>新就业人员

    <bold>怎么办理</>
    1. 登录平台
    2. 上传合同

    <bold>截止时间：</>2026年12月31日

    <bold>政策原文：</><a=https://a.cn/5>关于租房补贴的通知</>

    <bold>文号：</>〔2026〕5号
    ");
}

#[test]
fn a_digest_links_each_title_and_says_what_waits() {
    let item = |title: &str, link: &str, line: &str| DigestItem {
        title: title.into(),
        link: link.into(),
        line: line.into(),
    };
    let section = DigestSection {
        title: "政策".into(),
        items: vec![item("甲", "https://a.cn/1", "市政府 · 11月20日"), item("乙", "", "")],
    };
    let digest = Digest { title: "早报".into(), sections: vec![section], waiting: 3 };
    let doc = compose(&Content::Digest(digest), Lang::Zh);
    insta::assert_snapshot!(marked(&render(&doc, &WIDE)[0]), @r"
    <bold>早报</>

    <bold>政策</>
    1. <a=https://a.cn/1>甲</>
    市政府 · 11月20日
    2. 乙

    还有 3 条，留待下期。
    ");
}

#[test]
fn an_empty_digest_says_so_in_its_language() {
    let digest = |lang| {
        let digest = Digest { title: "News".into(), ..Digest::default() };
        plain(&compose(&Content::Digest(digest), lang))
    };
    assert_eq!(digest(Lang::Zh), "News\n\n本期没有新内容。");
    assert_eq!(digest(Lang::En), "News\n\nThere is nothing new this time.");
}

#[test]
fn an_article_is_a_title_and_markdown() {
    let content = parse_article("# 通知 \n\n明天**放假**。").expect("an article");
    assert_eq!(plain(&compose(&content, Lang::Zh)), "通知\n\n明天放假。");
    assert_eq!(parse_article(" \n "), Err(ArticleMistake::Empty));
    assert_eq!(parse_article("只有标题"), Err(ArticleMistake::NoBody));
}

#[test]
fn an_explainer_is_read_back_as_it_was_typed() {
    let typed = "标题：租房补贴提高\n新变化：每月由 **300 元** 提高到 500 元。\n适用对象:新就业人员\n怎么办理：\n1. 登录平台\n2. 上传合同\n截止时间：2026年12月31日\n政策原文：关于租房补贴的通知\n文号：〔2026〕5号\n链接：https://a.cn/5";
    assert_eq!(parse_explainer(typed), Ok(Content::Explainer(explainer())));
    let english = "title: T\nWhat's new: N\nfor whom: A\nWhat to do: S\nBy when: D\nwhere to ask: C\nsource: S\nNumber: 1\nLINK: https://a.cn";
    let Ok(Content::Explainer(read)) = parse_explainer(english) else { panic!("an explainer") };
    assert_eq!((read.audience.as_str(), read.contact.as_str()), ("A", "C"));
}

#[test]
fn the_template_filled_in_is_an_explainer() {
    for lang in [Lang::Zh, Lang::En] {
        let template = explainer_template(lang);
        assert_eq!(template.lines().count(), Field::ALL.len());
        assert_eq!(parse_explainer(&template), Err(ExplainerMistake::Missing(Field::Title)));
        let lines: Vec<String> = template.lines().map(|l| format!("{l} https://a.cn/")).collect();
        let filled = lines.join("\n");
        assert!(parse_explainer(&filled).is_ok(), "{filled}");
    }
}

#[test]
fn a_value_goes_on_over_lines_that_look_like_labels() {
    let typed = "标题：甲\n新变化：乙\n咨询渠道：\n电话：010-12345\n网上：https://a.cn/";
    let Ok(Content::Explainer(read)) = parse_explainer(typed) else { panic!("an explainer") };
    assert_eq!(read.contact, "电话：010-12345\n网上：https://a.cn/");
    for line in [
        "网上办理：乙",
        "办理时间：九点",
        "线上渠道：丙",
        "联系电话：丁",
        "办理地点：戊",
        "编号：1",
    ] {
        let read = parse_explainer(&format!("标题：甲\n新变化：乙\n怎么办理：\n{line}"));
        assert!(read.is_ok(), "{line}: {read:?}");
    }
}

#[test]
fn a_mistake_in_an_explainer_names_what_to_mend() {
    let say = |typed: &str| match parse_explainer(typed) {
        Err(mistake) => mistake.say(Lang::Zh),
        Ok(_) => panic!("{typed} was taken"),
    };
    assert_eq!(say("标题：甲\n适用对像：乙"), "没有“适用对像”这个标签，是不是想写“适用对象”？");
    assert_eq!(say("标题：甲\n截至时间：乙"), "没有“截至时间”这个标签，是不是想写“截止时间”？");
    assert_eq!(say("titel: x"), "没有“titel”这个标签，是不是想写“标题”？");
    assert!(say("颜色：红").starts_with("没有“颜色”这个标签。可用的标签有：标题、新变化"));
    assert_eq!(say("甲\n标题：乙"), "“甲”前面缺少标签：每一项请写成“标签：内容”，例如“标题：……”。");
    assert_eq!(say("标题：甲\n题目：乙"), "“标题”写了两次，请合并成一项。");
    assert_eq!(say("新变化：甲"), "缺少“标题”，请补上后重新发送。");
    assert_eq!(say("标题：甲"), "缺少“新变化”，请补上后重新发送。");
    assert!(say("标题：甲\n新变化：乙\n链接：javascript:x").contains("不是网址"));
    assert!(say("").starts_with("内容是空的"));
}
