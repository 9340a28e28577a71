//! In a real browser, where there is one: a reader presses the button, and the worker shows what is pushed.
//!
//! No push service of a browser's maker is reached from a test: in its place the page is given a subscription of the
//! fake one, and what that was sent is handed to the worker by the browser's own tools.

use super::browser::{Chromium, chromium};
use super::office::Office;
use crate::clock::StandingClock;
use crate::fakes::pushhost::PushHost;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tongxin::connector::http::Reach;
use tongxin::connector::webpush::{Pages, Settings, WebPush};
use tongxin::model::{AccountId, TopicId};

/// What stands in for the browser's own push service: a subscription that is given.
const GIVEN: &str = r#"(() => {
  const given = GIVEN;
  const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
  let held = null;
  const made = () => ({
    endpoint: given.endpoint,
    options: {},
    getKey: (name) => bytes(given[name]),
    unsubscribe: async () => { held = null; return true; },
  });
  PushManager.prototype.subscribe = async (how) => {
    if (!how.userVisibleOnly || how.applicationServerKey.byteLength !== 65) throw new Error("unfit");
    return held = made();
  };
  PushManager.prototype.getSubscription = async () => held;
})()"#;

/// What the worker shows now.
const SHOWN: &str = "navigator.serviceWorker.getRegistration('/g/east/').then((r) => r.getNotifications())\
     .then((all) => all.map((n) => [n.title, n.body, n.data.url].join('|')).sort().join('\\n'))";

fn push(clock: Arc<StandingClock>) -> Arc<WebPush> {
    let settings = Settings {
        services: vec!["127.0.0.1".to_owned()],
        reach: Reach::Any,
        ..Settings::new("mailto:it@office.example.org".to_owned())
    };
    let topics = ["news", "policy"].map(|topic| TopicId(topic.to_owned())).to_vec();
    let topics = HashMap::from([("east".to_owned(), topics)]);
    let pages = Pages { base: "https://news.example.org".to_owned(), topics };
    let account = AccountId("browsers".to_owned());
    Arc::new(WebPush::new(account, &settings, (&[5; 32], pages), clock).expect("good settings"))
}

/// How often a push is handed over, and how long apart.
const TIMES: usize = 20;
const APART: Duration = Duration::from_millis(500);

/// The worker is handed a push that says this, until what is shown is as it should be: a browser that is asked what
/// it shows in the moment in which it begins to show something forgets that it does.
fn shows(browser: &mut Chromium, base: &str, said: &str, holds: impl Fn(&str) -> bool) {
    let mut shown = String::new();
    for _ in 0..TIMES {
        hands_over(browser, base, said);
        std::thread::sleep(APART);
        browser.look_on(SHOWN).as_str().unwrap_or_default().clone_into(&mut shown);
        if holds(&shown) {
            return;
        }
    }
    panic!("{said} shows as {shown:?}");
}

/// The worker of the page is handed a push that says this.
fn hands_over(browser: &mut Chromium, base: &str, said: &str) {
    let told = browser.told("ServiceWorker.workerRegistrationUpdated");
    let mut known = told.iter().filter_map(|t| t["registrations"].as_array()).flatten();
    let scope = json!(format!("{base}/g/east/"));
    let registration = known.rfind(|r| r["scopeURL"] == scope).expect("a worker");
    let what = json!({
        "origin": base,
        "registrationId": registration["registrationId"],
        "data": said,
    });
    browser.ask("ServiceWorker.deliverPushMessage", &what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_is_notified_in_a_real_browser() {
    let Some(program) = chromium() else {
        eprintln!("skipped: no chromium; name one as TONGXIN_TEST_CHROMIUM");
        return;
    };
    let clock = Arc::new(StandingClock::at("2026-11-25T08:00:00+08:00"));
    let host = PushHost::start(clock.clone()).await;
    let push = push(clock.clone());
    let given: Value = host.subscribes(push.key());
    let office = Office::notifying(clock, push).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let service = office.router().into_make_service_with_connect_info::<SocketAddr>();
    let mut serving = tokio::task::JoinSet::new();
    serving.spawn(async move { axum::serve(listener, service).await.expect("serves") });

    tokio::task::block_in_place(|| {
        let mut browser = Chromium::start(&program);
        let allowed = json!({"origin": base, "permissions": ["notifications"]});
        browser.ask_all("Browser.grantPermissions", &allowed);
        let source = GIVEN.replace("GIVEN", &given.to_string());
        browser.ask("Page.addScriptToEvaluateOnNewDocument", &json!({"source": source}));
        browser.ask("ServiceWorker.enable", &json!({}));
        browser.ask("Page.navigate", &json!({"url": format!("{base}/g/east")}));
        let button = "document.querySelector('.notify button')";
        let status = "document.querySelector('.notify [role=status]')";
        browser.wait_for(&format!("{button}.innerText === '订阅通知'"));
        browser.wait_for("document.querySelector('.notify').innerText.includes('FCM')");
        browser.wait_for("document.documentElement.scrollWidth <= window.innerWidth");
        browser.look(&format!("{button}.click()"));
        browser.wait_for(&format!("{status}.innerText.includes('已订阅')"));
        browser.wait_for(&format!("{button}.innerText === '停止通知'"));
        let greeting = host.looks(&given);
        assert_eq!(greeting.len(), 1, "{greeting:?}");
        assert!(greeting[0].body.contains("通知已开通"), "{greeting:?}");

        let said = |body: &str, url: &str| {
            json!({"title": "停水通知", "body": body, "url": url, "tag": "one"}).to_string()
        };
        let first = format!("停水通知|明天九点|{base}/g/east/p/ABC");
        shows(&mut browser, &base, &said("明天九点", "/g/east/p/ABC"), |shown| shown == first);
        // A later edition takes its place; an address elsewhere is not opened; what cannot be read is shown.
        let second = format!("停水通知|改为十点|{base}/g/east");
        let evil = said("改为十点", "https://evil.example/x");
        shows(&mut browser, &base, &evil, |shown| shown == second);
        shows(&mut browser, &base, "not what we send", |shown| shown.contains('…'));

        browser.look(&format!("{button}.click()"));
        browser.wait_for(&format!("{status}.innerText.includes('已停止')"));
        browser.wait_for(&format!("{button}.innerText === '订阅通知'"));
    });
}
