//! A reader asks on a group's page, and their browser tells them of what is new there.

use super::world::World;
use crate::clock::StandingClock;
use crate::fakes::pushhost::{Fault, PushHost, Shown};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::clock::Clock as _;
use tongxin::config::{Config, Given as FileGiven, Overrides};
use tongxin::connector::webpush::{Given, Pages, Settings, Unfit, WebPush, is_contact};
use tongxin::connector::{Connector as _, Lead, Outgoing, SendFailure, Told};
use tongxin::model::{
    AccountId, Address, Author, ChatKind, Code, Kind, Lang, Post, PostId, PostState, Priority,
    Revision, TopicId,
};
use tongxin::text::Speak as _;
use tongxin::text::say::operator::ChannelSays;

const TEXT: &str =
    "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1&c=2)。";

/// The page of a group, as the browser of a reader uses it.
const PAGE: &str = "/g/east";

async fn office() -> (World, PushHost) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = PushHost::start(clock.clone()).await;
    let mut world = World::beside(clock, &PushHost::account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, host)
}

/// A request of a page of ours, as a browser makes it.
fn request(path: &str, what: Option<&Value>) -> Request<Body> {
    let request = Request::builder().uri(path).header("host", "tongxin.example.org");
    let request = match what {
        Some(what) => request
            .method("POST")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .body(Body::from(what.to_string())),
        None => request.body(Body::empty()),
    };
    request.expect("a request")
}

/// What the page offers: the key, and a token.
async fn offered(world: &World) -> Value {
    let (status, body) = world.answers(request(&format!("{PAGE}/notify"), None)).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

/// What the script sends for a browser.
async fn asked(world: &World, browser: &Value) -> Value {
    let mut asked = offered(world).await;
    asked.as_object_mut().expect("an object").extend(browser.as_object().expect("one").clone());
    asked
}

async fn tells(world: &World, browser: &Value) -> u16 {
    let asked = asked(world, browser).await;
    world.answers(request(&format!("{PAGE}/notify"), Some(&asked))).await.0
}

/// A reader asks to be notified, and sees that it works.
pub async fn subscribes(world: &World, host: &PushHost) -> Value {
    let key = offered(world).await["key"].as_str().expect("a key").to_owned();
    let browser = host.subscribes(&key);
    assert_eq!(tells(world, &browser).await, 204);
    let greeting = host.looks(&browser);
    assert_eq!(greeting.len(), 1);
    assert!(greeting[0].body.contains("通知已开通"), "{greeting:?}");
    browser
}

async fn stops(world: &World, browser: &Value) -> u16 {
    let token = offered(world).await["token"].clone();
    let ended = json!({"token": token, "endpoint": browser["endpoint"]});
    world.answers(request(&format!("{PAGE}/notify/end"), Some(&ended))).await.0
}

/// What a browser shows, as a reader sees it.
fn seen(shown: &[Shown]) -> Vec<(&str, &str)> {
    shown.iter().map(|s| (s.title.as_str(), s.body.as_str())).collect()
}

/// How many browsers the store can lead to, and how many keys are still to be destroyed.
async fn kept(world: &mut World) -> (usize, usize) {
    world.quiet().await;
    let store = world.store();
    let sealed = store.list(Kind::SealedAddress, &[], None, 100).await.expect("reads").len();
    (sealed, store.list(Kind::Shred, &[], None, 100).await.expect("reads").len())
}

/// What has been said to staff since they last looked.
fn staff(world: &mut World) -> String {
    let desk = world.admin.private();
    world.hears(&desk)
}

#[tokio::test]
async fn a_reader_of_a_group_that_people_keep_is_told_of_what_is_new_there() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = PushHost::start(clock.clone()).await;
    let accounts = format!("{}{}", super::byhand::ACCOUNT, PushHost::account());
    let mut world = World::beside(clock, &accounts).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let page = "/g/guihua/notify";
    let (_, offer) = world.answers(request(page, None)).await;
    let mut asked: Value = serde_json::from_str(&offer).expect("JSON");
    let browser = host.subscribes(asked["key"].as_str().expect("a key"));
    asked.as_object_mut().expect("one").extend(browser.as_object().expect("one").clone());
    assert_eq!(world.answers(request(page, Some(&asked))).await.0, 204);
    assert!(host.looks(&browser)[0].body.contains("通知已开通"));
    world.pushes(TEXT).await;
    assert_eq!(seen(&host.looks(&browser)), [("停水通知", "明天九点到十二点停水，见区政府网。")]);
    staff(&mut world);
}

#[tokio::test]
async fn a_reader_asks_on_the_page_and_a_notification_opens_the_whole_of_a_post() {
    let (mut world, host) = office().await;
    let (_, page) = world.answers(request(PAGE, None)).await;
    for part in ["订阅通知", "data-notify=\"/g/east/notify\"", "FCM", "/g/east/manifest.json"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let browser = subscribes(&world, &host).await;
    let (code, _) = world.pushes(TEXT).await;
    let shown = host.looks(&browser);
    assert_eq!(seen(&shown), [("停水通知", "明天九点到十二点停水，见区政府网。")]);
    assert_eq!(shown[0].urgency, "normal");
    assert_eq!(shown[0].url, format!("https://tongxin.example.org/g/east/p/{code}"));
    let path = shown[0].url.strip_prefix("https://tongxin.example.org").expect("of ours");
    let (status, page) = world.answers(request(path, None)).await;
    assert_eq!(status, 200);
    assert!(page.contains("明天九点到十二点停水") && page.contains("https://gov.example.org/a"));
    world.tells(&world.admin.clone(), &format!("/送达 {code}")).await;
    let report = staff(&mut world);
    assert!(report.contains("应达 2，已达 2，等待 0，失败 0"), "{report}");
}

#[tokio::test]
async fn of_a_long_post_one_notification_shows_the_beginning_and_the_page_has_the_end() {
    let (mut world, host) = office().await;
    let browser = subscribes(&world, &host).await;
    let line = "本周起各小区分批检修供水管道，\"引号\"与\\反斜线也在其中。";
    let text = format!("{}\n{}最后一句。", "长标题".repeat(60), line.repeat(200));
    let (code, told) = world.pushes(&text).await;
    assert!(!told.is_empty());
    assert_eq!(host.came(&browser), 2, "the greeting, and one for the post");
    let shown = host.looks(&browser);
    let (title, body) = seen(&shown)[0];
    assert!(title.starts_with("长标题长标题") && title.ends_with('…'), "{title}");
    assert!(body.starts_with("长标题") && body.ends_with('…'), "{body}");
    let (_, page) = world.answers(request(&format!("{PAGE}/p/{code}"), None)).await;
    assert!(page.contains("最后一句。"), "nothing is cut where it is read whole");
}

#[tokio::test]
async fn an_urgent_post_wakes_the_device_and_what_was_sent_again_is_shown_once() {
    let (mut world, host) = office().await;
    let browser = subscribes(&world, &host).await;
    let editor = world.admin.clone();
    host.fails(Fault::CutUnanswered);
    world.tells(&editor, "/写稿 政策解读\n紧急通知\n煤气泄漏，请撤离。").await;
    let preview = world.last(&editor.private());
    staff(&mut world);
    world.presses(&editor, &preview, "加急推送").await;
    world.later(Duration::from_mins(2)).await;
    staff(&mut world);
    assert_eq!(host.came(&browser), 3, "the greeting, and the post twice");
    let shown = host.looks(&browser);
    assert_eq!(seen(&shown), [("紧急通知", "煤气泄漏，请撤离。")], "of which one is shown");
    assert_eq!(shown[0].urgency, "high");
}

#[tokio::test]
async fn a_browser_that_was_off_sees_each_post_once_when_it_is_on_again_and_nothing_too_old() {
    let (mut world, host) = office().await;
    let (away, gone_long) = (subscribes(&world, &host).await, subscribes(&world, &host).await);
    host.turns_off(&away);
    host.turns_off(&gone_long);
    host.fails(Fault::CutUnanswered);
    host.fails(Fault::CutUnanswered);
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(2)).await;
    staff(&mut world);
    world.pushes("第二篇\n内容").await;
    staff(&mut world);
    host.turns_on(&away);
    let shown = host.looks(&away);
    let titles: Vec<&str> = seen(&shown).iter().map(|(title, _)| *title).collect();
    assert_eq!(titles, ["停水通知", "第二篇"]);
    world.clock.advance(Duration::from_hours(8 * 24));
    host.turns_on(&gone_long);
    assert!(host.looks(&gone_long).is_empty());
}

#[tokio::test]
async fn whoever_stops_on_the_page_is_not_notified_and_where_they_were_is_destroyed() {
    let (mut world, host) = office().await;
    let (stays, leaves) = (subscribes(&world, &host).await, subscribes(&world, &host).await);
    for secret in ["capability-0001", "capability-0002"] {
        assert!(world.files_with(secret.as_bytes()).is_empty(), "where a browser is lies sealed");
    }
    assert_eq!(kept(&mut world).await, (2, 0));
    assert_eq!(stops(&world, &leaves).await, 204);
    assert_eq!(kept(&mut world).await, (1, 0), "its key is destroyed, and nothing refers to it");
    assert_eq!(stops(&world, &leaves).await, 204, "twice is the same as once");
    world.pushes(TEXT).await;
    assert_eq!((host.looks(&stays).len(), host.looks(&leaves).len()), (1, 0));
    // Asked for again, it begins again.
    assert_eq!(tells(&world, &leaves).await, 204);
    assert_eq!(host.looks(&leaves).len(), 1, "the greeting");
    world.pushes("第二篇\n内容").await;
    assert_eq!((host.looks(&stays).len(), host.looks(&leaves).len()), (1, 1));
}

#[tokio::test]
async fn where_browsers_were_is_destroyed_when_the_account_is_no_more() {
    let (mut world, host) = office().await;
    let (one, _) = (subscribes(&world, &host).await, subscribes(&world, &host).await);
    assert_eq!(kept(&mut world).await, (2, 0));
    for _ in 0..2 {
        let ended = world.desk().end_account(&AccountId("browsers".to_owned())).await;
        assert_eq!(ended, Ok(()));
        assert_eq!(kept(&mut world).await, (0, 0));
    }
    world.pushes(TEXT).await;
    assert!(host.looks(&one).is_empty());
}

#[tokio::test]
async fn what_was_asked_for_outlives_a_restart_under_the_same_key() {
    let (mut world, host) = office().await;
    let browser = subscribes(&world, &host).await;
    let before = offered(&world).await["key"].clone();
    world.restarts().await;
    assert_eq!(offered(&world).await["key"], before);
    world.pushes(TEXT).await;
    assert_eq!(host.looks(&browser).len(), 1);
    // Told of once more it is not greeted again.
    assert_eq!(tells(&world, &browser).await, 204);
    assert!(host.looks(&browser).is_empty());
}

#[tokio::test]
async fn a_browser_that_is_gone_ends_without_an_alarm_and_without_counting_as_a_failure() {
    let (mut world, host) = office().await;
    let (stays, leaves) = (subscribes(&world, &host).await, subscribes(&world, &host).await);
    host.unsubscribes(&leaves);
    let (code, mut told) = world.pushes(TEXT).await;
    told += &staff(&mut world);
    assert!(!told.contains("终止"), "{told}");
    assert_eq!(kept(&mut world).await, (1, 0));
    assert_eq!(host.looks(&stays).len(), 1);
    let calls = host.calls();
    world.tells(&world.admin.clone(), &format!("/送达 {code}")).await;
    let report = staff(&mut world);
    assert!(report.contains("已达 2，等待 0，失败 0"), "{report}");
    world.pushes("第二篇\n内容").await;
    assert_eq!(host.calls(), calls + 1, "only the one that stays is called");
}

#[tokio::test]
async fn a_service_that_asks_to_wait_is_waited_for_also_where_it_says_so_in_its_own_way() {
    for (status, header, span) in [
        (429, Some(("retry-after", "600")), 600),
        (406, None, 60),
        (503, Some(("retry-after", "120")), 120),
    ] {
        let (mut world, host) = office().await;
        let browser = subscribes(&world, &host).await;
        host.fails(Fault::Status(status, header, ""));
        let calls = host.calls();
        world.pushes(TEXT).await;
        world.later(Duration::from_secs(span - 30)).await;
        assert_eq!(host.calls(), calls + 1, "{status}");
        world.later(Duration::from_mins(1)).await;
        assert_eq!(host.looks(&browser).len(), 1, "{status}");
        staff(&mut world);
    }
}

#[tokio::test]
async fn what_a_service_cannot_take_for_now_comes_later_and_what_it_never_takes_is_told() {
    let (mut world, host) = office().await;
    let browser = subscribes(&world, &host).await;
    host.fails(Fault::Status(500, None, ""));
    host.fails(Fault::CutUnread);
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(5)).await;
    assert_eq!(host.looks(&browser).len(), 1);
    host.fails(Fault::Status(413, None, r#"{"errno":104,"error":"Payload Too Large"}"#));
    let (_, mut told) = world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(5)).await;
    told += &staff(&mut world);
    assert!(told.contains("status 413") && told.contains("Payload Too Large"), "{told}");
    assert!(!told.contains("capability"), "{told}");
}

#[tokio::test]
async fn a_service_that_does_not_know_us_stops_the_account_and_its_words_are_told() {
    let (mut world, host) = office().await;
    let browser = subscribes(&world, &host).await;
    // Long ago: what it took then says nothing of today.
    world.later(Duration::from_hours(2)).await;
    host.fails(Fault::Status(403, None, r#"{"reason":"BadJwtToken"}"#));
    let (_, mut told) = world.pushes(TEXT).await;
    told += &staff(&mut world);
    assert!(told.contains("账号“browsers”已停止发送") && told.contains("BadJwtToken"), "{told}");
    assert!(!told.contains("capability"), "{told}");
    world.later(Duration::from_mins(6)).await;
    assert_eq!(host.looks(&browser).len(), 1, "it went on after a while, and nothing was lost");
}

#[tokio::test]
async fn one_subscription_that_is_not_taken_from_us_keeps_nobody_else_waiting() {
    let (mut world, host) = office().await;
    let (odd, good) = (subscribes(&world, &host).await, subscribes(&world, &host).await);
    host.knows_another(&odd);
    let (_, mut told) = world.pushes(TEXT).await;
    told += &staff(&mut world);
    assert!(!told.contains("停止发送"), "the service takes others from us: {told}");
    assert_eq!((host.looks(&odd).len(), host.looks(&good).len()), (0, 1));
    let calls = host.calls();
    world.pushes("第二篇\n内容").await;
    assert_eq!((host.looks(&good).len(), host.calls()), (1, calls + 1), "the odd one rests");
    // Its reader comes back to the page, where it subscribes anew.
    host.knows(&odd, offered(&world).await["key"].as_str().expect("a key"));
    assert_eq!(tells(&world, &odd).await, 204);
    host.looks(&odd);
    world.pushes("第三篇\n内容").await;
    assert_eq!((host.looks(&odd).len(), host.looks(&good).len()), (1, 1));
}

#[tokio::test]
async fn when_nothing_was_taken_lately_an_odd_subscription_costs_one_pause_and_no_more() {
    let (mut world, host) = office().await;
    let odd = subscribes(&world, &host).await;
    world.later(Duration::from_hours(2)).await;
    host.knows_another(&odd);
    let (_, mut told) = world.pushes(TEXT).await;
    told += &staff(&mut world);
    assert!(told.contains("停止发送"), "{told}");
    let good = subscribes(&world, &host).await;
    world.later(Duration::from_mins(6)).await;
    world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(6)).await;
    staff(&mut world);
    assert_eq!((host.looks(&odd).len(), host.looks(&good).len()), (0, 1));
}

#[tokio::test]
async fn a_place_that_a_service_gives_anew_keeps_what_it_had() {
    let (mut world, host) = office().await;
    let old = subscribes(&world, &host).await;
    let mut asked_anew = asked(&world, &host.subscribes("")).await;
    let fresh = host.subscribes(asked_anew["key"].as_str().expect("a key"));
    for name in ["endpoint", "p256dh", "auth"] {
        asked_anew[name] = fresh[name].clone();
    }
    asked_anew["former"] = old["endpoint"].clone();
    let path = format!("{PAGE}/notify");
    assert_eq!(world.answers(request(&path, Some(&asked_anew))).await.0, 204);
    assert!(host.looks(&fresh).is_empty(), "whoever is known is not greeted");
    host.unsubscribes(&old);
    let calls = host.calls();
    world.pushes(TEXT).await;
    assert_eq!((host.looks(&fresh).len(), host.calls()), (1, calls + 1));
}

#[tokio::test]
async fn nobody_is_taken_whose_service_does_not_take_the_first_notification() {
    let (mut world, host) = office().await;
    let key = offered(&world).await["key"].as_str().expect("a key").to_owned();
    let strange = host.subscribes("the key of another sender");
    assert_eq!(tells(&world, &strange).await, 502);
    let gone = host.subscribes(&key);
    host.unsubscribes(&gone);
    assert_eq!(tells(&world, &gone).await, 422);
    let busy = host.subscribes(&key);
    host.fails(Fault::Status(429, Some(("retry-after", "7")), ""));
    assert_eq!(tells(&world, &busy).await, 503);
    let calls = host.calls();
    world.pushes(TEXT).await;
    assert_eq!(host.calls(), calls, "nothing was kept of any of them");
}

/// Something in what the script sends that is not as it should be.
type Change = fn(&mut Value);

#[tokio::test]
async fn what_does_not_come_from_our_page_is_refused() {
    let (world, host) = office().await;
    let good = asked(&world, &host.subscribes("")).await;
    let path = format!("{PAGE}/notify");
    let changed = |change: Change| {
        let mut asked = good.clone();
        change(&mut asked);
        request(&path, Some(&asked))
    };
    let calls = host.calls();
    let mut foreign = changed(|_| ());
    foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
    assert_eq!(world.answers(foreign).await.0, 403, "another site");
    let mut form = changed(|_| ());
    form.headers_mut().insert("content-type", "text/plain".parse().expect("a header"));
    assert_eq!(world.answers(form).await.0, 415, "a form of another site");
    let refused: [(u16, Change); 8] = [
        (403, |a| a["token"] = json!("")),
        (403, |a| a["token"] = json!("18f-00.00")),
        (409, |a| a["key"] = json!("another key")),
        (422, |a| a["endpoint"] = json!("http://127.0.0.2/push/1")),
        (422, |a| a["endpoint"] = json!("file:///etc/passwd")),
        (422, |a| a["endpoint"] = json!("http://a:b@127.0.0.1/push/1")),
        (422, |a| a["p256dh"] = json!("BAAA")),
        (422, |a| a["auth"] = json!(7)),
    ];
    for (n, (status, change)) in refused.into_iter().enumerate() {
        assert_eq!(world.answers(changed(change)).await.0, status, "{n}");
    }
    assert_eq!(host.calls(), calls, "none of them was called");
    world.clock.advance(Duration::from_hours(13));
    assert_eq!(world.answers(changed(|_| ())).await.0, 403, "too old a page");
    let nowhere = request("/g/west/notify", Some(&good));
    assert_eq!(world.answers(nowhere).await.0, 404);
    let ended = json!({"token": "", "endpoint": good["endpoint"]});
    let ended = request(&format!("{PAGE}/notify/end"), Some(&ended));
    assert_eq!(world.answers(ended).await.0, 403);
}

#[tokio::test]
async fn a_flood_of_browsers_from_one_address_is_refused_and_later_taken_again() {
    let (world, host) = office().await;
    let key = offered(&world).await["key"].as_str().expect("a key").to_owned();
    for _ in 0..20 {
        assert_eq!(tells(&world, &host.subscribes(&key)).await, 204);
    }
    let calls = host.calls();
    let late = host.subscribes(&key);
    assert_eq!(tells(&world, &late).await, 429);
    assert_eq!(host.calls(), calls);
    world.clock.advance(Duration::from_mins(11));
    assert_eq!(tells(&world, &late).await, 204);
}

#[test]
fn a_place_is_taken_of_named_services_alone_and_never_within_this_machines_networks() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let push = |settings: &Settings| {
        let account = AccountId("browsers".to_owned());
        let pages = (&[1; 32], Pages::default());
        WebPush::new(account, settings, pages, clock.clone()).expect("good settings")
    };
    let given = |endpoint: &str| Given {
        endpoint: endpoint.to_owned(),
        p256dh: crate::fakes::pushhost::Keys::new(&[3; 32], [4; 16]).public(),
        auth: crate::fakes::pushhost::Keys::new(&[3; 32], [4; 16]).auth(),
    };
    let public = push(&Settings::new("mailto:it@office.example.org".to_owned()));
    for endpoint in [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://FCM.googleapis.com:443/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-by3p.notify.windows.com/w/?token=abc",
    ] {
        assert!(public.place("east", &given(endpoint)).is_ok(), "{endpoint}");
    }
    for endpoint in [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:8443/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/abc",
        "https://evilpush.apple.com/abc",
        "https://push.apple.com/abc",
        "https://evil.example/fcm.googleapis.com",
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://169.254.169.254/latest",
        "https://user@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com/abc#x",
        "",
    ] {
        assert!(public.place("east", &given(endpoint)).is_err(), "{endpoint}");
    }
    let services = ["127.0.0.1", "localhost", "metadata.example"].map(str::to_owned).to_vec();
    let named = Settings { services, ..Settings::new("https://office.example.org/it".to_owned()) };
    let named = push(&named);
    assert_eq!(named.place("east", &given("https://127.0.0.1/abc")), Err(Unfit::Endpoint));
    let long = format!("https://metadata.example/{}", "a".repeat(2_048));
    assert_eq!(named.place("east", &given(&long)), Err(Unfit::Endpoint));
    assert!(!format!("{:?}", given("https://localhost/abc")).contains("abc"));
}

#[test]
fn a_page_that_no_longer_shows_a_topic_notifies_of_it_no_more() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let topics = HashMap::from([("east".to_owned(), vec![TopicId("policy".to_owned())])]);
    let pages = Pages { base: "https://tongxin.example.org".to_owned(), topics };
    let settings = Settings::new("mailto:it@office.example.org".to_owned());
    let account = AccountId("browsers".to_owned());
    let push = WebPush::new(account.clone(), &settings, (&[1; 32], pages), clock.clone());
    let push = push.expect("good settings");
    let told = |page: &str, topic: &str| {
        let chat = Address {
            account: account.clone(),
            kind: ChatKind::Direct,
            chat: "a name".to_owned(),
            thread: Some(page.to_owned()),
        };
        let post = Post {
            id: PostId(clock.fresh()),
            code: Code::parse("ABCDEF").expect("a code"),
            topic: TopicId(topic.to_owned()),
            title: String::new(),
            revision: Revision::FIRST,
            priority: Priority::Urgent,
            author: Author::Clock,
            created: clock.now(),
            state: PostState::Draft,
        };
        push.told(&chat, &post)
    };
    let url = "https://tongxin.example.org/g/east/p/ABCDEF".to_owned();
    let lead = Lead { url, priority: Priority::Urgent };
    assert_eq!(told("east", "policy"), Told::Opening(lead));
    assert_eq!(told("east", "news"), Told::Nothing);
    assert_eq!(told("west", "policy"), Told::Nothing);
}

#[tokio::test]
async fn a_name_that_leads_into_this_machines_networks_is_not_called() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let settings = Settings {
        services: vec!["localhost".to_owned()],
        ..Settings::new("mailto:it@office.example.org".to_owned())
    };
    let pages = (&[1; 32], Pages::default());
    let push = WebPush::new(AccountId("browsers".to_owned()), &settings, pages, clock);
    let push = push.expect("good settings");
    let keys = crate::fakes::pushhost::Keys::new(&[3; 32], [4; 16]);
    let given = Given {
        endpoint: "https://localhost/push/abc".to_owned(),
        p256dh: keys.public(),
        auth: keys.auth(),
    };
    let message = Outgoing {
        to: push.place("east", &given).expect("a place").into(),
        part: Arc::default(),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: "once".to_owned(),
    };
    let refused = push.send(&message).await.expect_err("refuses");
    assert!(
        matches!(&refused, SendFailure::Misconfigured(said) if said.contains("private network")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_operator_learns_which_services_can_be_reached_from_here() {
    let text = "[[account]]\nname = \"browsers\"\nplatform = \"web-push\"\n\
                contact = \"mailto:it@office.example.org\"\n\
                services = [\"localhost\", \"*.push.example.net\"]\n";
    let config = Config::read(FileGiven {
        file: Path::new("tongxin.toml"),
        text,
        variables: Vec::new(),
        overrides: Overrides::default(),
    });
    let config = config.unwrap_or_else(|e| panic!("{e}"));
    let tried = channels::test(&config, "browsers").await;
    let told = tried.expect_err("no service is reached").say(Lang::Zh);
    assert!(told.contains("localhost") && told.contains("private network"), "{told}");
    assert!(!told.contains("example.net"), "what is not a whole name cannot be tried: {told}");
    let mixed = ChannelSays::Reached {
        account: "browsers".to_owned(),
        answer: vec!["updates.push.services.mozilla.com".to_owned()],
        silent: vec!["fcm.googleapis.com (no connection: timed out)".to_owned()],
    };
    insta::assert_snapshot!(mixed.say(Lang::Zh), @r"
    “browsers”：从本机可以连上 updates.push.services.mozilla.com。
    连不上 fcm.googleapis.com (no connection: timed out)：依靠它的浏览器无法订阅；可在该账号里设 proxy。
    请打开群的页面，点“订阅通知”，应立刻收到一条通知。
    ");
}

#[test]
fn a_contact_is_one_that_the_strictest_service_takes() {
    let contacts = BTreeMap::from([
        ("mailto:it@office.example.org", true),
        ("mailto:it+push@sub.office.example.cn", true),
        ("https://office.example.org", true),
        ("https://office.example.org/contact", true),
        ("", false),
        ("it@office.example.org", false),
        ("mailto:", false),
        ("mailto:it", false),
        ("mailto:@office.example.org", false),
        ("mailto:it@localhost", false),
        ("mailto:it@office.local", false),
        ("mailto:it@office", false),
        ("mailto: it@office.example.org", false),
        ("mailto:<it@office.example.org>", false),
        ("mailto:it@office.example.org?subject=x", false),
        ("http://office.example.org", false),
        ("https://localhost", false),
        ("https://127.0.0.1", false),
        ("https://office", false),
    ]);
    for (contact, good) in contacts {
        assert_eq!(is_contact(contact), good, "{contact}");
    }
}
