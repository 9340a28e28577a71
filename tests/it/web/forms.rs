//! Form mistakes: each has a clear sentence, and what was typed is not lost.

use super::office::Office;
use super::page::{Form, Page};
use axum::http::StatusCode;
use tongxin::model::Kind;
use tongxin::store::Reads as _;

const FORM: &str = "application/x-www-form-urlencoded";

async fn form(office: &Office) -> Form {
    let form = office.reader().get("/g/east/suggest").await.form("/g/east/suggest");
    form.with("agreed", "yes")
}

async fn nothing_was_taken(office: &Office) {
    let all = office.store.list(Kind::Suggestion, &[], None, 9).await.expect("lists");
    assert_eq!(all.len(), 0);
}

fn said(page: &Page) -> (u16, String, String) {
    (
        page.status.as_u16(),
        page.words("[role=alert]"),
        page.form("/g/east/suggest").field("text").into(),
    )
}

#[tokio::test]
async fn each_mistake_in_a_suggestion_is_told_and_the_words_stay() {
    let office = Office::open().await;
    let (reader, form) = (office.reader(), form(&office).await);
    let long = "长".repeat(4001);
    let kept = |text: &str| text.to_owned();
    let stale = "页面打开太久，或不是从本站提交的。请核对内容后再提交一次。";
    for (sent, status, words) in [
        (form.clone().with("text", ""), 422, "内容太短，请至少写四个字。"),
        (form.clone().with("text", " 好\n的 ！"), 422, "内容太短，请至少写四个字。"),
        (form.clone().with("text", &long), 422, "内容太长，请控制在 4000 字以内，或分几条发送。"),
        (
            form.clone().with("text", &"长".repeat(20_000)),
            422,
            "内容太长，请控制在 4000 字以内，或分几条发送。",
        ),
        (form.clone().with("text", "路灯坏了").with("agreed", ""), 422, "请先勾选同意提交说明。"),
        (form.clone().with("text", "路灯坏了").with("token", ""), 403, stale),
        (form.clone().with("text", "路灯坏了").with("token", "1-0.00"), 403, stale),
        (
            form.clone().with("text", "路灯坏了").with("consent", "00"),
            422,
            "提交说明已更新，请阅读新的说明后再确认。",
        ),
        (
            form.clone().with("text", "AAAA-BBBB-CCCC"),
            422,
            "这是编号或查询码，没有提交。要看办到哪一步，请打开页面上方的“查询进展”。",
        ),
    ] {
        let page = reader.send(&sent).await;
        assert_eq!(said(&page), (status, words.to_owned(), kept(sent.field("text"))));
    }
    nothing_was_taken(&office).await;
}

#[tokio::test]
async fn letters_that_cannot_be_read_are_shown_and_not_taken() {
    let office = Office::open().await;
    let form = form(&office).await;
    let body = format!("{}&text=%C2%B7%B5%C6%BB%B5%C1%CB", form.clone().with("x", "").encoded());
    let body = body.replacen("text=&", "", 1);
    let page = office.reader().post("/g/east/suggest", FORM, body).await;
    let (status, words, text) = said(&page);
    assert_eq!(status, 422);
    insta::assert_snapshot!(words, @"有些字没有读出来，在下面显示为“�”。请改正这些字后再提交。");
    assert!(text.contains('\u{fffd}'), "{text}");
    nothing_was_taken(&office).await;
}

#[tokio::test]
async fn what_is_no_form_of_ours_is_refused_with_a_sentence() {
    let office = Office::open().await;
    let reader = office.reader();
    let json = reader.post("/g/east/suggest", "application/json", r#"{"text":"路灯坏了"}"#).await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    insta::assert_snapshot!(json.main(), @"没有读懂这次提交 提交的内容不完整，或不是本站的表单。请返回上一页再试一次。 首页");
    let twice = reader.post("/g/east/suggest", FORM, "text=a&text=b").await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let huge = reader.post("/g/east/suggest", FORM, format!("text={}", "x".repeat(600_000))).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    insta::assert_snapshot!(huge.main(), @"内容太长 一次提交不了这么多内容。请返回上一页，缩短后再提交。 首页");
    let english = reader.post("/g/english/suggest", "text/plain", "hello").await;
    insta::assert_snapshot!(english.main(), @"That could not be read Something was missing, or the form was not ours. Please go back and try again. Home");
}

#[tokio::test]
async fn what_is_not_there_is_said_politely_in_the_readers_language() {
    let office = Office::open().await;
    let reader = office.reader();
    let paths =
        ["/g/west", "/g/east/p/AAAA-A", "/g/east/p/x", "/t/none/feed.rss", "/x", "/g/west/live"];
    for path in paths {
        let page = reader.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            page.main(),
            "没有找到这个页面 链接可能不完整，或内容已撤回。请从首页进入。 首页"
        );
    }
    let english = office.reader().with("accept-language", "en-GB,en;q=0.9,zh;q=0.1");
    let page = english.get("/x").await;
    insta::assert_snapshot!(page.main(), @"There is no such page The link may be incomplete, or the post was withdrawn. Please start from the home page. Home");
    let gone = reader.post("/g/east/p/AAAA-A/reply", FORM, "text=路灯坏了").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let form = reader.get("/g/east/p/AAAA-A/reply").await;
    assert_eq!(form.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(form.main().contains("不能直接打开"));
}

#[tokio::test]
async fn mistakes_cost_no_submission_and_too_many_submissions_are_slowed() {
    let office = Office::open().await;
    let reader = office.reader();
    for _ in 0..6 {
        let page = reader.send(&form(&office).await.with("text", "短")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for n in 0..3 {
        let page = reader.send(&form(&office).await.with("text", &format!("第{n}条建议"))).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.main());
    }
    let page = reader.send(&form(&office).await.with("text", "再来一条")).await;
    assert_eq!(
        said(&page),
        (429, "提交得太频繁，请等 10 分钟再提交。您写的内容还在下面。".into(), "再来一条".into())
    );
    let neighbour = office.reader().from([192, 0, 2, 2]);
    let page = neighbour.send(&form(&office).await.with("text", "邻居的建议")).await;
    assert_eq!(page.status, StatusCode::OK);
    office.clock.advance(std::time::Duration::from_mins(10));
    let page = reader.send(&form(&office).await.with("text", "再来一条")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.main());
}

#[tokio::test]
async fn the_same_form_sent_again_is_one_suggestion_and_shows_a_receipt_that_works() {
    let office = Office::open().await;
    let reader = office.reader();
    let form = form(&office).await.with("text", "路灯坏了，请修一修");
    let first = reader.send(&form).await.all(".receipt dd code");
    // More often than submissions are taken: it is one.
    for _ in 0..4 {
        let page = reader.send(&form).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.main());
        let again = page.all(".receipt dd code");
        assert_eq!(again[0], first[0]);
        assert!(page.main().contains("查询码已换新，之前显示的不再有效"), "{}", page.main());
        let look = super::receipts::look(&reader, &again[0], &again[1]).await;
        assert_eq!(look.status, StatusCode::OK, "{}", look.main());
    }
    let old = super::receipts::look(&reader, &first[0], &first[1]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = reader.send(&form.clone().with("text", "别的事情，也请看一看")).await;
    assert_eq!(said(&other).0, 409);
    assert!(said(&other).1.starts_with("这份内容已经提交过"), "{}", other.main());
    let all = office.store.list(Kind::Suggestion, &[], None, 9).await.expect("lists");
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn of_two_taps_at_once_one_suggestion_comes_and_each_page_shows_its_receipt() {
    let office = Office::open().await;
    let form = form(&office).await.with("text", "路灯坏了，请修一修");
    let (one, two) = (office.reader(), office.reader());
    let (first, second) = tokio::join!(one.send(&form), two.send(&form));
    for page in [&first, &second] {
        assert_eq!(page.status, StatusCode::OK, "{}", page.main());
    }
    let [a, b] = [&first, &second].map(|page| page.all(".receipt dd code"));
    assert_eq!(a[0], b[0]);
    let all = office.store.list(Kind::Suggestion, &[], None, 9).await.expect("lists");
    assert_eq!(all.len(), 1);
}
