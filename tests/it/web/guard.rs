//! What stands before the pages: forms from elsewhere, floods, headers, figures.

use super::office::Office;
use axum::body::Body;
use axum::http::{Method, StatusCode};

#[tokio::test]
async fn a_form_that_another_site_sends_is_refused() {
    let office = Office::open().await;
    let form = office.reader().get("/g/east/suggest").await.form("/g/east/suggest");
    let form = form.with("text", "路灯坏了").with("agreed", "yes");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "http://pages.test.evil.example"),
    ] {
        let page = office.reader().with(name, value).send(&form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}: {value}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(page.main(), @"页面已过期 页面打开太久，或不是从本站提交的。请核对内容后再提交一次。 返回");
        }
    }
    let own =
        office.reader().with("sec-fetch-site", "same-origin").with("origin", "https://pages.test");
    assert_eq!(own.send(&form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_good_for_one_purpose_and_for_half_a_day() {
    let office = Office::open().await;
    let reader = office.reader();
    let form = reader.get("/g/east/suggest").await.form("/g/east/suggest");
    let form = form.with("text", "路灯坏了").with("agreed", "yes");
    let other = reader.get("/r").await.form("/r");
    let swapped = reader.send(&form.clone().with("token", other.field("token"))).await;
    assert_eq!(swapped.status, StatusCode::FORBIDDEN);
    office.clock.advance(std::time::Duration::from_hours(13));
    let old = reader.send(&form).await;
    assert_eq!(old.status, StatusCode::FORBIDDEN);
    let again = old.form("/g/east/suggest").with("agreed", "yes");
    assert_eq!(again.field("text"), "路灯坏了", "the words stay, under a fresh token");
    assert_eq!(reader.send(&again).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_flood_of_forms_is_slowed_with_a_sentence() {
    let office = Office::open().await;
    let reader = office.reader();
    let form = "application/x-www-form-urlencoded";
    for _ in 0..40 {
        assert_eq!(reader.post("/r", form, "").await.status, StatusCode::FORBIDDEN);
    }
    let page = reader.post("/r", form, "").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.header("retry-after"), "60");
    insta::assert_snapshot!(page.main(), @"操作太频繁 请稍等一分钟，返回上一页再试。 首页");
    assert_eq!(reader.get("/g/east").await.status, StatusCode::OK, "reading is never slowed");
    assert_eq!(
        office.reader().from([198, 51, 100, 7]).post("/r", form, "").await.status,
        StatusCode::FORBIDDEN
    );
    office.clock.advance(std::time::Duration::from_mins(1));
    assert_eq!(reader.post("/r", form, "").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_others_out() {
    let office = Office::open().await;
    let code = office.push("政策解读", "标题", "正文").await;
    let editor = office.seat("editor").await;
    let post = format!("/g/east/p/{code}");
    let open = ["/", "/g/east", &post, "/g/east/suggest", "/r", "/privacy", "/t/policy/feed.rss"];
    let more = ["/assets/site.css", "/assets/live.js", "/healthz", "/readyz", "/x", "/seat"];
    for path in open.iter().chain(&more) {
        let page = editor.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{path}"
        );
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{path}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{path}: {name}");
        }
        assert!(page.header("permissions-policy").contains("camera=()"), "{path}");
        assert!(!page.header("cache-control").is_empty(), "{path}");
        assert_eq!(page.headers.get("server"), None, "{path}");
        // Nothing from elsewhere, nothing inline.
        for selector in ["script[src]", "link[href]", "img[src]", "form[action]"] {
            for name in ["src", "href", "action"] {
                for address in page.attributes(selector, name) {
                    assert!(
                        address.starts_with('/') && !address.starts_with("//"),
                        "{path}: {address}"
                    );
                }
            }
        }
        let inline = page.attributes("[style], [onclick], style, script:not([src])", "class");
        assert_eq!(inline, Vec::<String>::new(), "{path}");
    }
}

#[tokio::test]
async fn public_pages_set_no_cookie() {
    let office = Office::open().await;
    for path in ["/", "/g/east", "/g/east/suggest", "/r", "/privacy"] {
        let page = office.reader().get(path).await;
        assert_eq!(page.headers.get("set-cookie"), None, "{path}");
    }
}

#[tokio::test]
async fn health_is_told_to_everybody_and_figures_to_this_machine_alone() {
    let office = Office::open().await;
    let reader = office.reader();
    assert_eq!(reader.get("/healthz").await.body, "ok\n");
    assert_eq!(reader.get("/readyz").await.body, "ready\n");
    assert_eq!(reader.get("/metrics").await.status, StatusCode::FORBIDDEN);
    let here = office.reader().from([127, 0, 0, 1]);
    let figures = here.get("/metrics").await;
    assert!(figures.body.contains("# EOF"), "{}", figures.body);
    assert!(!figures.body.contains("192.0.2"), "no address of a reader is counted by");
    let passed_on = office.reader().from([127, 0, 0, 1]).with("x-forwarded-for", "192.0.2.9");
    assert_eq!(passed_on.get("/metrics").await.status, StatusCode::FORBIDDEN);
    let head = reader.ask(Method::HEAD, "/g/east", Body::empty()).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
}
