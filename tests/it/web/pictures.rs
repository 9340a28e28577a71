//! What posts carry, on our own pages and in the feeds, and what is given out to whom.

use super::office::{Browser, Office};
use super::page::{Form, Page};
use crate::pictures::{BRIDGE, SECRETS, hash, photo};
use axum::http::{Method, StatusCode};

const PDF: &[u8] = b"%PDF-1.7 the plan of the bridge";

fn address(bytes: &[u8]) -> String {
    format!("/media/{}", hash(bytes))
}

/// Where an editor at their seat sees it, whether or not it went out.
fn at_seat(bytes: &[u8]) -> String {
    format!("/seat{}", address(bytes))
}

/// Sends a form that brings a file, as a browser does.
async fn brings(browser: &Browser, form: &Form, name: &str, bytes: &[u8]) -> Page {
    let mut body = Vec::new();
    for (field, text) in form.fields.iter().filter(|(field, _)| field != "file") {
        let head = format!("--XYZ\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n");
        body.extend([head.as_bytes(), text.as_bytes(), b"\r\n"].concat());
    }
    let head = format!(
        "--XYZ\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    body.extend([head.as_bytes(), bytes, b"\r\n--XYZ--\r\n"].concat());
    browser.post(&form.action, "multipart/form-data; boundary=XYZ", body).await
}

async fn got(browser: &Browser, path: &str) -> (StatusCode, axum::http::HeaderMap, Vec<u8>) {
    let (status, headers, body) = browser.follow(path).await;
    (status, headers, axum::body::to_bytes(body, 16 << 20).await.expect("a body").to_vec())
}

#[tokio::test]
async fn an_editor_adds_a_photo_and_a_file_and_readers_see_them_on_the_page_and_in_the_feeds() {
    let office = Office::open().await;
    let mut editor = office.seat("editor").await;
    editor.say("/写稿 政策解读\n桥通了\n明天起通行。").await;
    let form = editor.get("/seat").await.form("/seat/bring").with("text", "桥的\"全景\" <b>");
    let done = brings(&editor, &form, "IMG_2041.JPG", &photo(1, *b"II")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    office.turn().await;
    let forms = editor.get("/seat").await;
    // The form stands below the draft as it is now.
    let form = forms.attributes("form[action='/seat/bring'] input[name=reply_to]", "value");
    let form = forms.form("/seat/bring").with("reply_to", form.last().expect("a form"));
    let done = brings(&editor, &form, "方案.pdf", PDF).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    office.turn().await;
    let seat = editor.get("/seat").await;
    let shown = seat.attributes(".said img", "src");
    assert_eq!(shown.last(), Some(&at_seat(BRIDGE)), "{}", seat.main());
    let linked = seat.attributes(".said .file a", "href");
    assert_eq!(linked.last(), Some(&at_seat(PDF)), "{}", seat.main());
    let reader = office.reader();
    for bytes in [BRIDGE, PDF] {
        let (status, headers, seen) = got(&editor, &at_seat(bytes)).await;
        assert!(status == StatusCode::OK && seen == bytes, "{status}");
        assert_eq!(headers["cache-control"], "private, no-store");
        for not_yet in [address(bytes), at_seat(bytes)] {
            assert_eq!(got(&reader, &not_yet).await.0, StatusCode::NOT_FOUND, "{not_yet}");
        }
    }
    let reviewer = office.seat("reviewer").await;
    assert_eq!(got(&reviewer, &at_seat(PDF)).await.0, StatusCode::NOT_FOUND);

    let push = seat.button("立即推送");
    assert_eq!(editor.send(&push).await.status, StatusCode::SEE_OTHER);
    office.turn().await;
    let group = reader.get("/g/east").await;
    assert_eq!(group.attributes("article img", "src"), [address(BRIDGE)]);
    assert_eq!(group.attributes("article img", "alt"), ["桥的\"全景\" <b>"]);
    assert_eq!(group.attributes("article img", "width"), ["60"]);
    assert_eq!(group.words("article .file"), "［文件］方案.pdf（1 KB）");
    assert!(group.all("article b").is_empty());

    let (status, headers, seen) = got(&reader, &address(BRIDGE)).await;
    assert_eq!((status, seen.as_slice()), (StatusCode::OK, BRIDGE));
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert!(headers["content-security-policy"].to_str().expect("text").ends_with("; sandbox"));
    let etag = headers["etag"].to_str().expect("text").to_owned();
    let again = office.reader().with("if-none-match", &etag);
    assert_eq!(got(&again, &address(BRIDGE)).await.0, StatusCode::NOT_MODIFIED);
    let (_, headers, _) = got(&reader, &address(PDF)).await;
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E6%96%B9%E6%A1%88.pdf"
    );

    let base = "https://news.example.org";
    let picture = format!("{base}{}", address(BRIDGE));
    for end in ["rss", "atom", "json"] {
        let page = reader.get(&format!("/t/policy/feed.{end}")).await;
        let feed = feed_rs::parser::parse(page.body.as_bytes()).expect("a feed");
        let html = format!("{:?}", feed.entries[0]);
        assert!(html.contains(&picture), "{end}: {html}");
        assert!(page.body.contains("1345"), "{end}: how long it is");
    }
    for secret in SECRETS {
        assert!(office.files_with(secret.as_bytes()).is_empty(), "{secret}");
    }
}

#[tokio::test]
async fn what_a_post_cannot_carry_is_not_taken_and_what_none_carries_is_not_given_out() {
    let office = Office::open().await;
    let reader = office.reader();
    for odd in ["/media/", "/media/x", &address(b"unknown"), "/media/..%2f..%2fkeys"] {
        assert_eq!(
            reader.ask(Method::GET, odd, axum::body::Body::empty()).await.status,
            404,
            "{odd}"
        );
    }
    let mut editor = office.seat("editor").await;
    editor.say("/写稿 政策解读\n桥通了\n明天起通行。").await;
    let form = editor.get("/seat").await.form("/seat/bring");
    for (name, bytes) in
        [("a.svg", b"<svg/>".as_slice()), ("a.jpg", b""), ("a.png", b"\x89PNG\r\n\x1a\n")]
    {
        let told = brings(&editor, &form, name, bytes).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.main().contains("图片"), "{}", told.main());
    }
    let stale = form.clone().with("token", "x");
    assert_eq!(brings(&editor, &stale, "a.pdf", PDF).await.status, StatusCode::FORBIDDEN);
    let stranger = brings(&office.reader(), &form, "a.pdf", PDF).await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let reviewer = office.seat("reviewer").await;
    assert_eq!(brings(&reviewer, &form, "a.pdf", PDF).await.status, StatusCode::FORBIDDEN);
    let huge = vec![b'x'; 11 << 20];
    let told = brings(&editor, &form, "a.pdf", &huge).await;
    assert!(told.main().contains("10 MB"), "{}", told.main());

    assert_eq!(brings(&editor, &form, "a.pdf", PDF).await.status, StatusCode::SEE_OTHER);
    office.turn().await;
    let push = editor.get("/seat").await.button("立即推送");
    assert_eq!(editor.send(&push).await.status, StatusCode::SEE_OTHER);
    office.turn().await;
    assert_eq!(got(&reader, &address(PDF)).await.0, StatusCode::OK);
}
