//! What sources leave out, repeat, or are slow with.

use crate::fakes::feedhost::{FeedHost, Page};
use crate::feeds_round::{HALF_HOUR, Office, source};
use std::time::Duration;
use tongxin::model::{Lang, Likeness, Selectors, Source, SourceForm, Verdict};
use tongxin::rounds::feeds::likeness::Likely;
use tongxin::rounds::feeds::parse;
use tongxin::rounds::trials::told;
use tongxin::text::Speak as _;

/// A long title.
const TITLE: &str = "关于调整城乡居民基本养老保险缴费档次标准的通知";

fn page(office: &Office, path: &str) -> Source {
    let by = Selectors {
        item: "li".into(),
        title: String::new(),
        link: String::new(),
        date: String::new(),
        article: "#c".into(),
    };
    Source { form: SourceForm::Page(by), first_poll: 9, ..source("p", &office.host.url(path)) }
}

fn put_list(office: &Office, count: usize) {
    let row = |n: usize| {
        format!("<li><a href='/n/{n}'>公告之{}</a>", "甲乙丙丁戊".chars().nth(n).expect("few"))
    };
    let list: String = (0..count).map(row).collect();
    office.host.put("/list", Page::Document(format!("<ul>{list}</ul>").into_bytes(), "text/html"));
}

fn put_article(office: &Office, n: usize) {
    let text = format!("<div id=c>正文{n}</div>");
    office.host.put(&format!("/n/{n}"), Page::Document(text.into_bytes(), "text/html"));
}

async fn summaries(office: &Office) -> Vec<String> {
    let mut entries = office.entries("p").await;
    entries.sort_by(|a, b| a.link.cmp(&b.link));
    entries.into_iter().map(|e| e.summary).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_failed_is_read_at_the_next_poll_and_is_the_sources_trouble_meanwhile() {
    let office = Office::open().await;
    let sources = [page(&office, "/list")];
    put_list(&office, 2);
    put_article(&office, 0);
    office.host.put("/n/1", Page::Status(500, None));
    assert_eq!(office.round(&sources).await.fresh, 2);
    assert_eq!(summaries(&office).await, ["正文0", ""]);
    let state = office.state("p").await;
    let trouble = state.trouble.expect("trouble").what;
    assert_eq!(trouble, "有 1 篇正文未能读取，下次再试：对方服务器答复出错（500）。");
    assert!(state.read.is_some(), "the list itself was read");
    put_article(&office, 1);
    office.pass(HALF_HOUR);
    assert_eq!(office.round(&sources).await.fresh, 0, "it is no new entry");
    assert_eq!(summaries(&office).await, ["正文0", "正文1"]);
    assert_eq!(office.state("p").await.trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn articles_beyond_the_limit_of_a_poll_are_read_in_the_next_ones_and_hopeless_ones_are_given_up()
 {
    let mut office = Office::open().await;
    office.settings.articles_max = 2;
    let sources = [page(&office, "/list")];
    put_list(&office, 5);
    (0..4).for_each(|n| put_article(&office, n));
    let mut asked = Vec::new();
    for _ in 0..6 {
        office.round(&sources).await;
        asked.push(office.host.seen().len());
        office.pass(HALF_HOUR);
    }
    assert_eq!(summaries(&office).await, ["正文0", "正文1", "正文2", "正文3", ""]);
    assert_eq!(asked, [3, 3, 2, 2, 1, 1], "the page that is not there is asked for no longer");
    assert_eq!(office.state("p").await.trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_of_a_list_page_shows_the_text_of_its_first_articles_or_why_there_is_none() {
    let office = Office::open().await;
    put_list(&office, 5);
    put_article(&office, 0);
    office.host.put("/n/2", Page::Document(b"<p>elsewhere".to_vec(), "text/html"));
    let feeds = office.feeds(&[]);
    let page = page(&office, "/list");
    let tried = feeds.try_source(&page).await.expect("a store").expect("a page");
    let says = told(&page.url, tried, chrono_tz::Asia::Shanghai);
    let said = says.say(Lang::Zh);
    assert!(said.contains("　　正文0"), "{said}");
    assert!(said.contains("　　正文未能读取：对方服务器上没有这个地址（404）"), "{said}");
    assert!(said.contains("　　正文未能读取：页面上没有找到与“#c”"), "{said}");
    assert_eq!(said.matches("　　").count(), 3, "three are read: {said}");
    let said = says.say(Lang::En);
    assert!(said.contains("5 entries, of which the first read takes 5"), "{said}");
    assert!(said.contains("its page was not read: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_host_keeps_no_other_waiting() {
    let office = Office::open().await;
    let slow = FeedHost::open().await;
    slow.put("/s", Page::Silent);
    office.host.feed("/a", &[("一则公告", "https://x.cn/1")]);
    let every = Duration::from_mins(5);
    let quick = Source { every, ..office.source("a") };
    let sources = [source("s", &slow.url("/s")), quick];
    let feeds = office.feeds(&sources);
    let story = async {
        until(|| !office.host.seen().is_empty()).await;
        // Its state is written before it can be due again.
        until_read(&office).await;
        office.host.feed("/a", &[("另一则公告", "https://x.cn/2")]);
        office.pass(every);
        until(|| !office.host.seen().is_empty()).await;
    };
    tokio::select! {
        _ = feeds.round() => panic!("the slow host has not answered yet"),
        () = story => {}
    }
    assert_eq!(slow.seen().len(), 1);
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until_read(office: &Office) {
    use tongxin::model::{Segments, SourceState, Stored as _};
    let key = Segments::new().text("a").key(SourceState::KIND);
    while office.store.get(&key).await.expect("reads").is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn an_entry_without_title_text_and_link_is_left_out_and_counted() {
    let item = |inner: &str| format!("<item>{inner}</item>");
    let feed = |items: &[String]| {
        format!("<rss version='2.0'><channel><title>t</title>{}</channel></rss>", items.concat())
    };
    let read = parse::feed(
        &feed(&[
            item("<guid>n-1</guid>"),
            item("<guid>n-2</guid><title>  </title><description> </description>"),
            item("<title>有标题</title>"),
            item("<guid>https://x.cn/9</guid>"),
            item("<description>只有正文</description>"),
        ]),
        None,
    )
    .expect("a feed");
    let titles: Vec<_> = read.items.iter().map(|i| i.title.as_str()).collect();
    assert_eq!(titles, ["有标题", "https://x.cn/9", "只有正文"]);
    assert_eq!(read.blank, 2);
    let read = parse::feed("{\"items\":[{\"id\":7},{\"id\":8,\"title\":\"好\"}]}", None);
    let read = read.expect("a feed");
    assert_eq!((read.items.len(), read.blank), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_says_anew_under_another_link_is_recognised_for_three_days() {
    let office = Office::open().await;
    let a = [Source { first_poll: 9, ..office.source("a") }];
    office.host.feed("/a", &[(TITLE, "https://x.cn/1")]);
    assert_eq!(office.round(&a).await.fresh, 1);
    let again = format!("{TITLE}（更正）");
    let last = "关于调整城乡居民基本医疗保险缴费档次标准的通知";
    office.pass(HALF_HOUR);
    office.host.feed(
        "/a",
        &[(last, "https://x.cn/3"), (&again, "https://x.cn/2"), (TITLE, "https://x.cn/1")],
    );
    assert_eq!(office.round(&a).await.fresh, 1);
    let verdict = office.verdict("a", &again).await;
    assert!(matches!(verdict, Verdict::Same { by: Likeness::Title, .. }), "{verdict:?}");
    assert_eq!(office.verdict("a", last).await, Verdict::New);
    office.pass(Duration::from_hours(73));
    let anew = format!("{TITLE}！");
    office.host.feed("/a", &[(&anew, "https://x.cn/4")]);
    assert_eq!(office.round(&a).await.fresh, 1, "after that it is news again");
}

#[test]
fn titles_of_one_source_are_taken_for_the_same_only_when_little_is_added() {
    let again = |a: &str, b: &str| Likely::of(a).is_again(&Likely::of(b));
    let long = "浦东新区人民政府关于甲镇征地补偿安置方案的公告";
    assert!(again(long, "浦东新区人民政府关于甲镇征地补偿安置方案的公告。"));
    assert!(again(long, "【图】浦东新区人民政府关于甲镇征地补偿安置方案的公告"));
    assert!(!again(long, "浦东新区人民政府关于乙镇征地补偿安置方案的公告"));
    assert!(!again("空气质量日报", "空气质量日报"), "too short to tell");
    assert!(!again(long, "浦东新区人民政府关于甲镇征地补偿安置方案的公告（第二批）"));
    assert!(!again(long, "浦东新区人民政府关于甲镇征地补偿安置方案的公告的解读材料"));
}
