//! A topic's feeds: what our own reader of feeds reads from them, and what readers of feeds ask for.

use super::office::Office;
use axum::http::StatusCode;

#[tokio::test]
async fn the_feeds_of_a_topic_can_be_read_and_lead_to_the_posts() {
    let office = Office::open().await;
    let first =
        office.push("政策解读", "电梯补贴", "每台**18万元** <script>alert(1)</script>").await;
    office.clock.advance(std::time::Duration::from_mins(1));
    let second = office.push("政策解读", "医保 & 社保", "第二篇").await;
    let links = [&second, &first].map(|code| format!("https://news.example.org/g/east/p/{code}"));
    for (end, kind) in [("rss", "rss+xml"), ("atom", "atom+xml"), ("json", "feed+json")] {
        let page = office.reader().get(&format!("/t/policy/feed.{end}")).await;
        assert_eq!(page.header("content-type"), format!("application/{kind}; charset=utf-8"));
        let feed = feed_rs::parser::parse(page.body.as_bytes()).expect("a feed");
        let title = feed.title.as_ref().map(|t| t.content.as_str());
        assert_eq!(title, Some("政策解读"), "{end}");
        let titles: Vec<_> = feed.entries.iter().filter_map(|e| e.title.as_ref()).collect();
        assert_eq!(
            titles.iter().map(|t| t.content.as_str()).collect::<Vec<_>>(),
            ["医保 & 社保", "电梯补贴"]
        );
        let found: Vec<_> = feed.entries.iter().map(|e| e.links[0].href.clone()).collect();
        assert_eq!(found, links, "{end}");
        assert!(feed.entries.iter().all(|e| e.published.is_some()), "{end}");
        assert!(end == "json" || !page.body.contains("<script>"), "{end}");
        for link in links.iter().filter_map(|l| l.strip_prefix("https://news.example.org")) {
            assert_eq!(office.reader().get(link).await.status, StatusCode::OK);
        }
    }
    let json = office.reader().get("/t/policy/feed.json").await;
    let feed: serde_json::Value = serde_json::from_str(&json.body).expect("JSON");
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["home_page_url"], "https://news.example.org/g/east");
    assert_eq!(feed["feed_url"], "https://news.example.org/t/policy/feed.json");
    assert_eq!(feed["items"][1]["content_text"], "每台18万元 <script>alert(1)</script>");
    let html = feed["items"][1]["content_html"].as_str().expect("HTML");
    assert!(html.contains("<strong>18万元</strong>") && !html.contains("<script"), "{html}");
    let page = office.reader().get("/g/east").await;
    assert_eq!(page.attributes("link[rel=alternate]", "href").len(), 6);
}

#[tokio::test]
async fn a_feed_that_has_not_changed_is_not_sent_again() {
    let office = Office::open().await;
    let empty = office.reader().get("/t/news/feed.rss").await;
    assert_eq!(feed_rs::parser::parse(empty.body.as_bytes()).expect("a feed").entries.len(), 0);
    office.digest(&["一则消息"]).await;
    let page = office.reader().get("/t/news/feed.rss").await;
    assert_ne!(page.header("etag"), empty.header("etag"));
    for (name, value) in [
        ("if-none-match", page.header("etag")),
        ("if-modified-since", page.header("last-modified")),
    ] {
        let again = office.reader().with(name, value).get("/t/news/feed.rss").await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{name}");
    }
    let changed = office.reader().with("if-none-match", empty.header("etag"));
    assert_eq!(changed.get("/t/news/feed.rss").await.status, StatusCode::OK);
}
