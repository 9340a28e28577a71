//! What goes to another system and comes from it, by signed calls.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::hookhost::{Fault, HookHost, PATH};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::config::{Config, Given, Overrides};
use tongxin::connector::hook::{Hook, Settings};
use tongxin::connector::http::{Reach, is_public};
use tongxin::connector::{Amendment, Connector as _, Outgoing, Secret, SendFailure};
use tongxin::model::{AccountId, Address, Lang, MessageRef, Platform};
use tongxin::text::{Part, Speak as _};

const TEXT: &str =
    "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1&c=2)。";

async fn office(reach: &str) -> (World, HookHost) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = HookHost::start(clock.clone()).await;
    let mut world = World::beside(clock, &host.account(reach)).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, host)
}

/// What a message says, and its buttons.
fn shown(message: &Value) -> String {
    let mut text = message["text"].as_str().expect("a text").to_owned();
    for row in message["buttons"].as_array().into_iter().flatten() {
        text.push('\n');
        for key in row.as_array().expect("a row") {
            text.extend(["［", key["label"].as_str().expect("a label"), "］"]);
        }
    }
    text
}

fn said(
    host: &HookHost,
    message: &str,
    text: &str,
    reply_to: Option<&Value>,
) -> crate::fakes::hookhost::Sealed {
    let from = json!({"id": "u-7", "name": "赵敏"});
    let reply_to = reply_to.map(|it| it["message"].clone());
    let data = json!({"from": from, "message": message, "text": text, "reply_to": reply_to});
    host.call("message.said", &data).signed()
}

/// Presses the button with this label below the latest message to the person.
async fn presses(world: &mut World, host: &HookHost, label: &str) {
    let below = host.last(Some("u-7"));
    let rows = below["buttons"].as_array().expect("buttons").clone();
    let keys: Vec<Value> =
        rows.iter().flat_map(|row| row.as_array().expect("a row").clone()).collect();
    let key = keys.iter().find(|key| key["label"] == label).unwrap_or_else(|| panic!("{keys:?}"));
    let data = json!({"from": {"id": "u-7"}, "message": below["message"], "data": key["data"]});
    let call = host.call("button.pressed", &data).signed();
    assert_eq!(world.is_posted(call.request()).await, 204);
}

#[tokio::test]
async fn a_post_is_signed_and_taken_once_and_a_reply_comes_back_answered() {
    let (mut world, host) = office("any").await;
    let admin = world.admin.clone();
    world.hires(&admin, "审阅人").await;
    // The answer to the first call is lost: it comes again under the same ID.
    host.fails(Fault::CutUnanswered);
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(2)).await;
    let mut tale = Tale::default();
    let pushed = host.last(None);
    assert_eq!((host.taken("message.sent", None).len(), host.calls()), (1, 2));
    tale.tells("门户", &shown(&pushed));
    tale.tells("HTML", pushed["html"].as_str().expect("HTML"));
    let call = said(&host, "m-1", "请早一点通知，老人家里要蓄水。", Some(&pushed));
    for _ in 0..3 {
        assert_eq!(world.is_posted(call.request()).await, 204, "also when it is repeated");
    }
    tale.tells("赵敏", &shown(&host.last(Some("u-7"))));
    assert_eq!(host.taken("message.sent", Some("u-7")).len(), 1);
    presses(&mut world, &host, "提交").await;
    let receipt = shown(&host.last(Some("u-7")));
    let number = word_after(&receipt, "编号：");
    world.calls(&number, "〈编号〉");
    world.calls(&word_after(&receipt, "查询码："), "〈查询码〉");
    tale.tells("赵敏", &world.named(receipt));
    let desk = admin.private();
    let told = world.hears(&desk);
    assert!(told.contains("收到新建议 〈编号〉（针对《停水通知》）"), "{told}");
    world.answers_suggestion("今后提前三天通知，并上门告知独居老人。").await;
    tale.tells("赵敏", &world.named(shown(&host.last(Some("u-7")))));
    insta::assert_snapshot!(tale.0, @r#"
    【门户】
    停水通知

    明天九点到十二点停水，见区政府网。

    【HTML】
    <strong>停水通知</strong><br>
    <br>
    明天九点到十二点停水，见<a href="https://gov.example.org/a?b=1&amp;c=2">区政府网</a>。

    【赵敏】
    这条内容要作为建议提交吗？
    提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。
    24 小时内不确认，将自动删除。
    ［提交］［不提交］

    【赵敏】
    已收到您的建议。
    编号：〈编号〉
    查询码：〈查询码〉（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 〈编号〉

    【赵敏】
    您的建议 〈编号〉 有答复了：
    今后提前三天通知，并上门告知独居老人。
    "#);
}

#[tokio::test]
async fn calls_that_are_forged_altered_old_or_empty_change_nothing() {
    let (mut world, host) = office("any").await;
    let good = said(&host, "m-1", "请多装几盏路灯，晚上太黑了。", None);
    let mut altered = good.clone();
    altered.body = altered.body.replace("路灯", "红灯");
    assert_eq!(world.is_posted(altered.request()).await, 401);
    let mut renamed = good.clone();
    renamed.id = "evt_another".into();
    assert_eq!(world.is_posted(renamed.request()).await, 401);
    for minutes in [-6, 6] {
        let mut moved = said(&host, "m-2", "请多装几盏路灯，晚上太黑了。", None);
        moved.at += minutes * 60;
        assert_eq!(world.is_posted(moved.signed().request()).await, 401);
    }
    for data in [
        json!({}),
        json!({"from": {"id": ""}, "message": "m", "text": "x"}),
        json!({"from": {"id": "*"}, "message": "m", "text": "x"}),
    ] {
        let call = host.call("message.said", &data).signed();
        assert_eq!(world.is_posted(call.request()).await, 400);
    }
    assert_eq!(
        world.is_posted(host.call("nothing.known", &json!({})).signed().request()).await,
        400
    );
    assert!(host.taken("message.sent", Some("u-7")).is_empty());
    assert_eq!(world.is_posted(good.request()).await, 204);
    assert_eq!(host.taken("message.sent", Some("u-7")).len(), 1);
}

#[tokio::test]
async fn a_system_that_is_busy_is_waited_for_as_long_as_it_says() {
    let (mut world, host) = office("any").await;
    host.fails(Fault::Status(429, Some(("retry-after", "600".into()))));
    host.fails(Fault::Status(500, None));
    host.fails(Fault::CutUnread);
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(9)).await;
    assert_eq!(host.calls(), 1);
    world.later(Duration::from_mins(9)).await;
    assert_eq!((host.taken("message.sent", None).len(), host.calls()), (1, 4));
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_system_that_leads_elsewhere_stops_its_account_and_one_that_is_gone_ends() {
    let (mut world, host) = office("any").await;
    host.fails(Fault::Status(302, Some(("location", "http://169.254.169.254/".into()))));
    let (_, told) = world.pushes(TEXT).await;
    assert!(told.contains("portal") && told.contains("302"), "{told}");
    world.later(Duration::from_mins(6)).await;
    assert_eq!(host.taken("message.sent", None).len(), 1, "it went on after a while");
    host.fails(Fault::Status(410, None));
    let (_, mut told) = world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    let desk = world.admin.private();
    told.push_str(&world.hears(&desk));
    assert!(told.contains("“门户”的订阅已终止"), "{told}");
}

/// Leads of a system, each of which holds what nobody may read, and what is told of them.
fn leads(host: &HookHost) -> [(String, &'static str); 5] {
    let own = host.place().0;
    let long = "x".repeat(300);
    [
        (format!("{own}/"), "status 308, which leads to another path of the same host"),
        (
            format!("/v2/{PATH}?key={PATH}"),
            "status 308, which leads to another path of the same host",
        ),
        (
            format!("https://{PATH}:{PATH}@portal.example.org:8443/{PATH}"),
            "status 308, which leads to https://portal.example.org:8443",
        ),
        (
            format!("https://{long}.example.org/{PATH}"),
            "status 308, which leads to no address of the web",
        ),
        (format!("mailto:{PATH}@example.org"), "status 308, which leads to no address of the web"),
    ]
}

#[tokio::test]
async fn where_a_system_leads_is_told_by_its_host_and_its_address_stands_nowhere() {
    let (mut world, host) = office("any").await;
    let admin = world.admin.clone();
    for (to, told) in leads(&host) {
        host.fails(Fault::Status(308, Some(("location", to.clone()))));
        let (code, alarm) = world.pushes(TEXT).await;
        assert!(alarm.contains(told) && !alarm.contains(PATH), "{to}: {alarm}");
        world.tells(&admin, &format!("/为何 {code} 门户")).await;
        let why = world.hears(&admin.private());
        world.tells(&admin, "/频道").await;
        let accounts = world.hears(&admin.private());
        assert!(accounts.contains(told), "{to}: {accounts}");
        assert!(!why.contains(PATH) && !accounts.contains(PATH), "{why}\n{accounts}");
        world.later(Duration::from_mins(6)).await;
        world.hears(&admin.private());
    }
    assert_eq!(host.taken("message.sent", None).len(), 5);
    assert_eq!(world.files_with(PATH.as_bytes()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn whoever_tries_a_system_that_leads_elsewhere_is_told_its_host() {
    let host = HookHost::start(Arc::new(tongxin::clock::SystemClock)).await;
    let text = format!("{}[[topic]]\nid = \"policy\"\n", host.account("any"));
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    for (to, told) in leads(&host) {
        host.fails(Fault::Status(308, Some(("location", to))));
        let refused = channels::test(&config, "portal").await.expect_err("it leads elsewhere");
        let says = [Lang::Zh, Lang::En].map(|lang| refused.say(lang)).join("\n");
        assert!(says.contains(told) && !says.contains(PATH), "{says}");
    }
}

#[tokio::test]
async fn a_signed_call_of_another_form_is_told_by_its_place_and_none_of_its_words() {
    let (world, host) = office("any").await;
    let from = json!({"id": 13_800_138_000_i64, "name": "赵敏"});
    let data = json!({"from": from, "message": "1", "text": "路灯坏了"});
    let sealed = host.call("message.said", &data).signed();
    let call = sealed.request().map(|_| sealed.body.clone().into());
    let refused = world.account(Platform::Webhook).accept(&call).expect_err("it is odd");
    let told = refused.to_string();
    assert!(told.contains("line 1, column"), "{told}");
    for word in ["13800138000", "赵敏", "路灯"] {
        assert!(!told.contains(word), "{told}");
    }
}

#[tokio::test]
async fn an_address_within_this_machines_networks_is_not_called_unless_that_is_allowed() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("an option");
    let port = listener.local_addr().expect("an address").port();
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"] {
        let url = Secret::new(format!("https://{host}:{port}/in"));
        let settings = Settings::new(url, secret.clone());
        let hook = Hook::new(AccountId("portal".to_owned()), &settings, clock.clone());
        let hook = hook.expect("good settings");
        let message = Outgoing {
            to: hook.only_chat().expect("a chat").into(),
            part: Arc::default(),
            buttons: Arc::default(),
            reply_to: None,
            topic: None,
            once: "once".to_owned(),
        };
        let refused = hook.send(&message).await.expect_err("refuses");
        assert!(
            matches!(&refused, SendFailure::Misconfigured(said) if said.contains("private network")),
            "{host}: {refused:?}"
        );
    }
    let called = listener.accept().expect_err("nobody called");
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_message_is_changed_and_taken_back_and_a_press_is_answered() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = HookHost::start(clock.clone()).await;
    let (url, secret) = host.place();
    let given = Settings::new(Secret::new(url), Secret::new(secret));
    let settings = Settings { reach: Reach::Any, ..given };
    let hook = Hook::new(AccountId("portal".to_owned()), &settings, clock).expect("good settings");
    let part = |text: &str| Arc::new(Part { text: text.to_owned(), marks: Vec::new() });
    let to = Address { chat: "u-7".to_owned(), ..hook.only_chat().expect("a chat") };
    let message = Outgoing {
        to: to.into(),
        part: part("第一版"),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: "once".to_owned(),
    };
    let sent = hook.send(&message).await.expect("is taken");
    let sent = MessageRef {
        account: AccountId("portal".to_owned()),
        chat: "u-7".to_owned(),
        message: sent.message,
    };
    let edit = Amendment::Edit { part: part("第二版"), buttons: Arc::default() };
    for _ in 0..2 {
        hook.amend(&sent, &edit).await.expect("is taken");
        hook.amend(&sent, &Amendment::Recall).await.expect("is taken");
        hook.answer_press("evt_9", "已提交。").await.expect("is taken");
    }
    let edited = host.taken("message.edited", Some("u-7"));
    assert_eq!((edited.len(), edited[0]["text"].as_str()), (1, Some("第二版")));
    let recalled = host.taken("message.recalled", Some("u-7"));
    assert_eq!((recalled.len(), recalled[0]["message"].as_str()), (1, Some(&*sent.message)));
    let answered = host.taken("press.answered", None);
    assert_eq!((answered.len(), answered[0]["press"].as_str()), (1, Some("evt_9")));
}

#[test]
fn private_addresses_are_told_from_public_ones() {
    let private = [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "203.0.113.7",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001::1",
    ];
    let public = [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "198.20.0.1",
        "2400:3200::1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
    ];
    for address in private {
        assert!(!is_public(address.parse().expect("an address")), "{address}");
    }
    for address in public {
        assert!(is_public(address.parse().expect("an address")), "{address}");
    }
}
