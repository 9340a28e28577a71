//! Reading feeds and pages: encodings, repairs, what is odd and what is hostile.

use chrono_tz::Tz;
use tongxin::model::{At, Selectors};
use tongxin::rounds::feeds::dates::page_date;
use tongxin::rounds::feeds::decode::decode;
use tongxin::rounds::feeds::page::{self, Reading};
use tongxin::rounds::feeds::parse::{Listing, feed};
use tongxin::rounds::feeds::plain::plain;
use tongxin::text::say::sources::SourceSays;
use url::Url;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("a fixture")
}

fn at(moment: &str) -> At {
    At::from(chrono::DateTime::parse_from_rfc3339(moment).expect("a moment").to_utc())
}

fn read(text: &str) -> Result<Listing, SourceSays> {
    feed(text, Some(&Url::parse("https://news.example/feed").expect("a URL")))
}

fn titles(listing: &Listing) -> Vec<&str> {
    listing.items.iter().map(|i| i.title.as_str()).collect()
}

#[test]
fn real_feeds_read_whole() {
    for (name, kind, count) in [
        ("content-encoded.rss", "RSS 2.0", 7),
        ("craigslist.rss", "RSS 1.0", 25),
        ("encoding.rss", "RSS 2.0", 40),
        ("feedburner.atom", "Atom", 25),
        ("guardian.rss", "RSS 2.0", 55),
        ("heise.atom", "Atom", 15),
        ("many-links.rss", "Atom", 25),
        ("missing-fields.atom", "Atom", 0),
        ("reddit-atom.rss", "RSS 2.0", 24),
        ("rss-1.rss", "RSS 1.0", 69),
        ("uolNoticias.rss", "RSS 2.0", 15),
    ] {
        let decoded = decode(&fixture(&format!("feeds/{name}")), None);
        let listing = read(&decoded.text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((listing.kind, listing.items.len()), (kind, count), "{name}");
        for item in &listing.items {
            assert!(
                !item.guid.is_empty() && !item.title.contains(['<', '\u{fffd}']),
                "{name}: {item:?}"
            );
        }
    }
}

#[test]
fn real_list_pages_read_by_selectors() {
    let now = at("2020-07-10T12:00:00+08:00");
    for (name, item, title, link, date, count, first) in [
        ("dfa66_announcement", "li:has(span.t)", "", "", "span.t", 10, "2020-07-02"),
        ("hrfund_announcement", ".infor-con li", "h2 a", "h2 a", "i", 10, "2020-04-30"),
        ("rtfund_xxpl", "#expertList1 li", "", "", "span", 15, "2020-07-09"),
        ("hsqhfunds_announcement", "#dyContentMsgList .list-all", "", "", "span", 20, "2020-07-02"),
        ("netease_rolling_news", ".list_txt li", "a + a", "a + a", "span", 40, "2020-08-16"),
        ("tencent_important_news", "li.item.cf[data-pos]", "h3", "h3 a", ".time", 10, "2020-07-10"),
    ] {
        let by = Selectors {
            item: item.to_owned(),
            title: title.to_owned(),
            link: link.to_owned(),
            date: date.to_owned(),
            article: String::new(),
        };
        let base = Url::parse("https://www.example.cn/list/index.html").expect("a URL");
        let decoded = decode(&fixture(&format!("pages/{name}.html")), None);
        let reading = Reading { base: Some(&base), zone: Tz::Asia__Shanghai, now };
        let listing =
            page::page(&decoded.text, &by, reading).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(listing.items.len(), count, "{name}");
        for item in &listing.items {
            assert!(
                item.link.starts_with("http") && item.title.chars().count() > 5,
                "{name}: {item:?}"
            );
        }
        let date =
            listing.items[0].published.expect("a date").utc().with_timezone(&Tz::Asia__Shanghai);
        assert_eq!(date.format("%Y-%m-%d").to_string(), first, "{name}");
    }
}

#[test]
fn every_encoding_reads_right_wherever_it_is_declared() {
    let body = "<rss version=\"2.0\"><channel><title>信息公开</title><item><title>关于举办青年读书分享会的通知</title>\
                <link>https://a.example/1</link></item></channel></rss>";
    let wide = |big: bool, mark: bool| {
        let units = mark.then_some(0xfeff).into_iter().chain(body.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let declared = |name: &str| format!("<?xml version='1.0' encoding='{name}'?>\n{body}");
    let utf8_bom = [b"\xef\xbb\xbf".as_slice(), declared("gb2312").as_bytes()].concat();
    let cases: Vec<(&str, Vec<u8>, Option<&str>)> = vec![
        ("plain UTF-8", body.as_bytes().to_vec(), None),
        ("a mark against a wrong declaration", utf8_bom, Some("text/xml; charset=gbk")),
        ("GBK in the header alone", gbk(body), Some("text/xml; charset=GBK")),
        ("GB2312, quoted, in the header", gbk(body), Some("text/xml;charset=\"gb2312\"")),
        ("GB2312 declared", gbk(&declared("GB2312")), Some("text/xml")),
        ("GB18030 declared", gbk(&declared("gb18030")), None),
        ("a header that is wrong", gbk(&declared("gbk")), Some("text/xml; charset=utf-8")),
        (
            "a declaration that is wrong",
            declared("gb2312").into_bytes(),
            Some("text/xml; charset=utf-8"),
        ),
        ("nothing declared", gbk(body), None),
        ("UTF-16 LE with a mark", wide(false, true), None),
        ("UTF-16 BE with a mark", wide(true, true), None),
        ("UTF-16 LE without a mark", wide(false, false), Some("text/xml")),
        ("UTF-16 BE without a mark", wide(true, false), None),
    ];
    for (name, bytes, header) in cases {
        let listing = read(&decode(&bytes, header).text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(titles(&listing), ["关于举办青年读书分享会的通知"], "{name}");
    }
    let big5 = encoding_rs::BIG5
        .encode(&body.replace("关于举办青年读书分享会的通知", "關於舉辦青年讀書會"))
        .0
        .into_owned();
    let listing = read(&decode(&big5, Some("text/xml; charset=big5")).text).expect("reads");
    assert_eq!(titles(&listing), ["關於舉辦青年讀書會"]);
}

#[test]
fn what_is_slightly_wrong_is_mended_and_read() {
    let item = "<item><title>第一条</title><link>https://a.example/1</link></item>";
    let entry = |inner: &str| {
        format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>x</title><id>f</id><updated>2026-07-01T00:00:00Z</updated>\
            <entry><id>1</id>{inner}<link href=\"https://a.example/1\"/></entry>\
            <entry><id>2</id><title>第二条</title></entry></feed>"
        )
    };
    for (name, text, expected) in [
        ("rss without a version", format!("<rss><channel><title>x</title>{item}</channel></rss>"), vec!["第一条"]),
        ("rss of an odd version", format!("<rss version='2.1' a='b'><channel>{item}</channel></rss>"), vec!["第一条"]),
        ("a bare ampersand", format!("<rss version='2.0'><channel>{}</channel></rss>", item.replace("第一条", "A & B")), vec!["A & B"]),
        ("a control character", format!("<rss version='2.0'><channel>{}</channel></rss>", item.replace("第", "\u{1}第")), vec!["第一条"]),
        ("an HTML entity", format!("<rss version='2.0'><channel>{}</channel></rss>", item.replace("第一条", "A&nbsp;B &mdash; C")), vec!["A B — C"]),
        ("an odd content type", entry("<title type=\"no such/type/at all\">第一条</title>"), vec!["第一条", "第二条"]),
        ("an odd type of content", entry("<title>第一条</title><content type=\"???\">x</content>"), vec!["第一条", "第二条"]),
        ("an empty title", entry("<title type=\"html\"></title><summary>摘要</summary>"), vec!["摘要", "第二条"]),
        ("an empty title, short", entry("<title/><summary/>"), vec!["https://a.example/1", "第二条"]),
        ("an enclosure of odd type", format!("<rss version='2.0'><channel>{}</channel></rss>",
            item.replace("<link>", "<enclosure url='https://a.example/x' type='mp3, perhaps' length='many'/><link>")), vec!["第一条"]),
        ("JSON of an odd version", "{\"version\":\"9\",\"items\":[{\"id\":7,\"title\":\"第一条\"},3,{\"id\":\"8\",\"title\":\"第二条\"}]}".to_owned(), vec!["第一条", "第二条"]),
    ] {
        let listing = read(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(titles(&listing), expected, "{name}");
    }
}

#[test]
fn what_is_no_feed_is_one_clear_error() {
    let deep = |n: usize| format!("<rss version='2.0'><channel>{}x", "<a>".repeat(n));
    for (name, text) in [
        ("empty", String::new()),
        ("white space", " \n ".to_owned()),
        ("words", "hello".to_owned()),
        ("a page", "<!DOCTYPE html><html><body>x</body></html>".to_owned()),
        ("another root", "<a><b/></a>".to_owned()),
        ("cut off", "<rss version='2.0'><channel><item><title>x".to_owned()),
        ("crossed tags", "<rss version='2.0'><channel><item></channel></item></rss>".to_owned()),
        ("JSON without items", "{\"a\":1}".to_owned()),
        ("half a JSON", "{\"items\":[".to_owned()),
        ("a hundred thousand tags", deep(100_000)),
        ("a hundred thousand lists", format!("{{\"items\":{}", "[".repeat(100_000))),
        ("zero bytes", "\0\0\0\0".to_owned()),
        ("an entity bomb", "<!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;\">]><rss version='2.0'><channel><item>".to_owned()),
    ] {
        assert!(read(&text).is_err(), "{name}: {:?}", read(&text));
    }
    let page = format!("<ul>{}", "<div><b>".repeat(100_000));
    let by = Selectors {
        item: "li".into(),
        title: String::new(),
        link: String::new(),
        date: String::new(),
        article: String::new(),
    };
    let reading = Reading { base: None, zone: Tz::UTC, now: at("2026-07-01T00:00:00Z") };
    assert_eq!(page::page(&page, &by, reading), Err(SourceSays::TooDeep));
    let wrong = Selectors { item: "li[".into(), ..by };
    assert_eq!(page::page("<li>x", &wrong, reading), Err(SourceSays::BadSelector("li[".into())));
}

#[test]
fn markup_becomes_plain_bounded_text_without_a_stack() {
    for (html, text) in [
        ("<p>一</p><p>二 &amp; 三&hellip;</p>", "一 二 & 三…"),
        ("a<b>b</b>c<script>alert('<p>')</script>d<style>x{}</style>e", "abcde"),
        ("1 < 2 &lt;3 > 0", "1 < 2 <3 > 0"),
        ("<![CDATA[x & y]]> <!-- <b> -->z", "x & y z"),
        ("<img alt=\"a > b\" src='x'>图", "图"),
        ("<a href=\"x", ""),
        ("&nbsp; &#x4e2d;&#25991; &nosuch;", "中文 &nosuch;"),
    ] {
        assert_eq!(plain(html, 100), text, "{html}");
    }
    assert_eq!(plain(&"很".repeat(50), 10), format!("{}…", "很".repeat(9)));
    for bomb in ["<div>", "<script></a ", "<", "<a \"", "&amp;", "<!--", "</x"] {
        assert!(plain(&bomb.repeat(100_000), 1000).chars().count() <= 1000);
    }
}

#[test]
fn dates_of_chinese_pages_are_understood() {
    let now = at("2026-01-03T10:00:00+08:00");
    for (text, expected) in [
        ("2026-01-02", Some("2026-01-02T00:00:00+08:00")),
        ("[2026-01-02 08:30]", Some("2026-01-02T08:30:00+08:00")),
        ("发布时间：2026年1月2日 08：30", Some("2026-01-02T08:30:00+08:00")),
        ("2026 年 1 月 2 日", Some("2026-01-02T00:00:00+08:00")),
        ("2026/1/2", Some("2026-01-02T00:00:00+08:00")),
        ("2026.01.02", Some("2026-01-02T00:00:00+08:00")),
        ("20260102", Some("2026-01-02T00:00:00+08:00")),
        ("01-02", Some("2026-01-02T00:00:00+08:00")),
        ("12-31", Some("2025-12-31T00:00:00+08:00")),
        ("1月2日", Some("2026-01-02T00:00:00+08:00")),
        ("今天 08:05", Some("2026-01-03T08:05:00+08:00")),
        ("昨天", Some("2026-01-02T00:00:00+08:00")),
        ("3小时前", Some("2026-01-03T07:00:00+08:00")),
        ("15 分钟前", Some("2026-01-03T09:45:00+08:00")),
        ("2天前", Some("2026-01-01T10:00:00+08:00")),
        ("刚刚", Some("2026-01-03T10:00:00+08:00")),
        ("2026-02-30", None),
        ("99999999999999999999", None),
        ("置顶", None),
        ("", None),
    ] {
        assert_eq!(page_date(text, now, Tz::Asia__Shanghai), expected.map(at), "{text}");
    }
}
