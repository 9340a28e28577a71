//! What pages show: posts for good, the archive, and never anybody's script.

use super::office::Office;
use axum::http::StatusCode;
use std::time::Duration;

const SCRIPT: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn scripts_in_feeds_posts_and_replies_are_words() {
    let office = Office::open().await;
    let hostile = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;消息";
    office.digest(&[hostile]).await;
    let text = format!(
        "{SCRIPT}\n[看](javascript:alert(1)) <b onclick=\"x\">粗</b>\n[\"><i>](https://example.org/\"onmouseover=\"x)"
    );
    let code = office.push("政策解读", "题<img src=x onerror=alert(1)>目", &text).await;
    let reader = office.reader();
    let post = format!("/g/east/p/{code}");
    let form = reader.get(&post).await.form(&format!("{post}/reply"));
    let short = reader.send(&form.clone().with("text", "</textarea><i>").with("agreed", "")).await;
    assert_eq!(short.form(&format!("{post}/reply")).field("text"), "</textarea><i>");
    reader
        .send(
            &form.with("text", &format!("{SCRIPT}\"><img src=x onerror=y>")).with("agreed", "yes"),
        )
        .await;
    office.turn().await;
    let mut reviewer = office.seat("reviewer").await;
    let seat = reviewer.press("认领").await;
    assert!(seat.main().contains(SCRIPT), "it is read as it was written");
    let mut editor = office.seat("editor").await;
    editor.say(&format!("/写稿 {SCRIPT}")).await;
    for page in [
        reader.get("/g/east").await,
        reader.get(&post).await,
        short,
        seat,
        editor.get("/seat").await,
        reader.get("/g/east?before=%22%3E%3Cscript%3E").await,
    ] {
        assert!(!page.body.contains(SCRIPT));
        assert_eq!(
            page.attributes("[onclick], [onerror], [onmouseover]", "class"),
            Vec::<String>::new()
        );
        assert_eq!(page.all("main script, main img, main i, main b"), Vec::<String>::new());
        assert!(page.attributes("a[href]", "href").iter().all(|h| !h.starts_with("javascript")));
    }
}

#[tokio::test]
async fn the_archive_goes_back_page_by_page_and_every_post_has_its_address() {
    let office = Office::open().await;
    let mut codes = Vec::new();
    for n in 0..33 {
        codes.push(office.push("政策解读", &format!("第{n}篇"), "正文").await);
        office.clock.advance(Duration::from_mins(1));
    }
    let reader = office.reader();
    let first = reader.get("/g/east").await;
    assert_eq!(first.all("article").len(), 30);
    let older = first.attributes(".pages a", "href");
    let [older] = &older[..] else { panic!("{older:?}") };
    let second = reader.get(older).await;
    assert_eq!(second.all("article h2"), ["第2篇", "第1篇", "第0篇"]);
    assert_eq!(
        second.attributes("[data-live]", "class"),
        Vec::<String>::new(),
        "old pages stand still"
    );
    assert_eq!(second.attributes(".pages a", "href"), ["/g/east"]);
    let mut all = first.attributes("article h2 a", "href");
    all.extend(second.attributes("article h2 a", "href"));
    let wanted: Vec<String> = codes.iter().rev().map(|c| format!("/g/east/p/{c}")).collect();
    assert_eq!(all, wanted);

    let loose = codes[0].replace('-', "").to_lowercase();
    assert_eq!(reader.get(&format!("/g/east/p/{loose}")).await.words("h1"), "第0篇");
    let other = reader.get(&format!("/g/english/p/{}", codes[0])).await;
    assert_eq!(other.status, StatusCode::OK, "both groups subscribed to the topic");
    drop(reader);
    let office = office.restarted(super::office::staff()).await;
    let page = office.reader().get(&wanted[32]).await;
    assert_eq!(page.words("h1"), "第0篇");
    assert_eq!(office.reader().get("/g/east").await.all("article").len(), 30, "nothing came twice");
}

#[tokio::test]
async fn everything_can_be_done_without_a_script() {
    let office = Office::open().await;
    office.digest(&["一则消息"]).await;
    let reader = office.reader();
    for path in ["/", "/g/east", "/g/east/suggest", "/r", "/privacy"] {
        let page = reader.get(path).await;
        assert_eq!(
            page.attributes("[hidden]:not(.live), noscript", "class"),
            Vec::<String>::new(),
            "{path}"
        );
        let scripts = page.attributes("script", "src");
        assert!(
            scripts.is_empty() || scripts == ["/assets/live.js"] && path == "/g/east",
            "{path}"
        );
        assert_eq!(page.attributes("html", "lang"), ["zh-CN"]);
        assert_eq!(page.all("h1").len(), 1, "{path}");
        assert_eq!(page.attributes("meta[name=viewport]", "content").len(), 1);
        for form in page.attributes("form", "method") {
            assert_eq!(form, "post");
        }
        let fields =
            page.attributes("textarea, input:not([type=hidden]):not([type=checkbox])", "id");
        let labels = page.attributes("label[for]", "for");
        assert!(fields.iter().all(|f| labels.contains(f)), "{path}: {fields:?} {labels:?}");
    }
}

#[tokio::test]
async fn an_english_group_speaks_english_throughout() {
    let office = Office::open().await;
    let code = office.push("政策解读", "Lift grants", "Up to 180,000 yuan.").await;
    let reader = office.reader();
    let page = reader.get("/g/english").await;
    insta::assert_snapshot!(page.main(), @"Neighbours 政策解读 live Make a suggestion Lift grants 25 Nov 2026, 08:00 政策解读 Up to 180,000 yuan. Reply to this Permanent link");
    let post = reader.get(&format!("/g/english/p/{code}")).await;
    let form = post.form(&format!("/g/english/p/{code}/reply"));
    let short = reader.send(&form.clone().with("text", "no").with("agreed", "yes")).await;
    insta::assert_snapshot!(short.words("[role=alert]"), @"That is too short. Please write at least four characters.");
    let done = reader.send(&form.with("text", "Please add ramps").with("agreed", "yes")).await;
    let codes = done.all(".receipt dd code");
    let shown = done.main().replace(&codes[0], "[number]").replace(&codes[1], "[code]");
    insta::assert_snapshot!(shown, @"Received, thank you Number and code are shown only this once. Take a screenshot or write them down, and keep them to yourself. Number [number] Code [code] What happens next A person responds by 30 November 2026. With number and code you can see progress and answer under “Check a receipt” at any time. If you change your mind, withdraw or erase it there. ← Neighbours");
}

#[tokio::test]
async fn what_has_gone_out_is_taken_back_after_a_question_and_no_page_or_feed_shows_it_any_more() {
    let office = Office::open().await;
    let code = office.push("政策解读", "电梯补贴", "每台十八万元").await;
    let reader = office.reader();
    let (post, feed) = (format!("/g/east/p/{code}"), "/t/policy/feed.json");
    let shown = [post.as_str(), "/g/east", feed];
    let mut editor = office.seat("editor").await;
    let asked = editor.say(&format!("/取消 {code}")).await;
    let told = format!("稿件 {code}“电梯补贴”已经推送完毕，");
    assert!(asked.main().contains(&told), "{}", asked.main());
    for path in shown {
        assert!(reader.get(path).await.body.contains("十八万"), "{path}: nobody confirmed it");
    }
    let done = editor.press("确认撤回").await;
    let told = format!("稿件 {code} 已撤回：本单位的网页和订阅源不再显示它的正文");
    assert!(done.main().contains(&told), "{}", done.main());
    for path in shown {
        assert!(!reader.get(path).await.body.contains("十八万"), "{path}");
    }
    assert!(reader.get(&post).await.main().contains("这条内容已撤回"));
    let again = editor.say(&format!("/取消 {code}")).await;
    assert!(again.main().contains("这篇稿件已经取消"), "{}", again.main());
}
