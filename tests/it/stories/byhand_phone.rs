//! The page from which a post is brought to a group, on a phone: in a real browser, where there is one.

use super::byhand::{ACCOUNT, GUIHUA, Scene};
use crate::web::browser::{Chromium, chromium};
use base64::Engine as _;
use serde_json::json;
use std::net::SocketAddr;

/// Nothing is wider than the phone.
const NARROW: &str = "document.documentElement.scrollWidth <= window.innerWidth";

/// Keeps a picture of the page, where somebody wants to look at it.
fn keep(browser: &mut Chromium, name: &str) {
    let Some(dir) = std::env::var_os("TONGXIN_TEST_PICTURES") else { return };
    let shot = browser.ask("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().expect("one"));
    let file = std::path::Path::new(&dir).join(format!("{name}.png"));
    std::fs::write(file, bytes.expect("base64")).expect("writes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_text_is_copied_by_one_tap_and_the_button_says_that_it_is_there() {
    let Some(program) = chromium() else {
        eprintln!("skipped: no chromium; name one as TONGXIN_TEST_CHROMIUM");
        return;
    };
    let mut scene = Scene::open(ACCOUNT).await;
    scene.pushed().await;
    let wang = scene.wang.clone();
    scene.hears(&wang);
    let path = scene.page_of(&wang, GUIHUA);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let service = scene.world.router().into_make_service_with_connect_info::<SocketAddr>();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, service).await.expect("serves") });
    tokio::task::block_in_place(|| {
        let mut browser = Chromium::start(&program);
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        browser.ask("Emulation.setDeviceMetricsOverride", &phone);
        browser.ask(
            "Browser.grantPermissions",
            &json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
        );
        browser.ask("Page.navigate", &json!({"url": format!("{base}{path}")}));
        browser.wait_for("document.querySelector('[data-copy]') !== null && !document.querySelector('[data-copy]').hidden");
        browser.wait_for(NARROW);
        browser.look("document.querySelector('.poster').loading = 'eager'");
        browser.wait_for("document.querySelector('.poster').naturalWidth === 1080");
        keep(&mut browser, "page");
        browser.look("document.querySelector('[data-copy]').click()");
        browser.wait_for("document.querySelector('[data-copy]').textContent === '已复制 ✓'");
        keep(&mut browser, "page-copied");
        browser.look("document.querySelector('button.whole').click()");
        browser.wait_for("document.querySelector('.status') !== null");
        browser.wait_for("document.querySelector('.status').textContent.startsWith('王姐已于')");
        browser.wait_for(NARROW);
        keep(&mut browser, "page-done");
    });
    serving.shutdown().await;
}
