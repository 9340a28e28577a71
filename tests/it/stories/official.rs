//! What a WeChat Official Account goes through: followers who write and are answered, and articles for all of them.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::official::{FakeOfficial, Fault, Rank};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::config::{Config, Given, Overrides};
use tongxin::model::Lang;
use tongxin::text::Speak as _;

const LI: &str = "oLi_openid_of_the_story_000001";
const SEND: &str = "/cgi-bin/message/custom/send";
const DRAFT: &str = "/cgi-bin/draft/add";
const MASS: &str = "/cgi-bin/message/mass/sendall";
const TOKEN: &str = "/cgi-bin/stable_token";

/// An office with an Official Account, with these lines in its settings.
async fn office(more: &str) -> (World, FakeOfficial) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wechat = FakeOfficial::start(clock.clone()).await;
    let world = World::beside(clock, &format!("{}{more}", wechat.account())).await;
    (world, wechat)
}

/// The platform tells a message, and all that follows is done.
async fn told(world: &mut World, wechat: &FakeOfficial, message: &str) {
    let (status, answer) = world.answers(wechat.call(message)).await;
    assert_eq!((status, answer.as_str()), (200, "success"));
    world.quiet().await;
}

/// A follower submits a suggestion; its number, after so many messages.
async fn submits(world: &mut World, wechat: &FakeOfficial, text: &str) -> (String, usize) {
    told(world, wechat, &wechat.says(LI, text)).await;
    told(world, wechat, &wechat.chooses(LI, "提交")).await;
    let shown = wechat.shown(LI);
    (word_after(&shown[shown.len() - 1], "编号："), shown.len())
}

/// What a follower was told, after so many messages.
fn since(wechat: &FakeOfficial, seen: usize) -> String {
    wechat.shown(LI)[seen..].join("\n───\n")
}

/// What the administrator was told since.
fn staff(world: &mut World) -> String {
    let desk = world.admin.private();
    world.hears(&desk)
}

/// An editor writes a post and pushes it; what staff are told then.
async fn pushes(world: &mut World, text: &str) -> String {
    let editor = world.admin.clone();
    world.hires(&editor, "编辑").await;
    world.pushes(text).await.1
}

#[tokio::test]
async fn a_followers_suggestion_is_confirmed_triaged_and_answered_by_customer_service() {
    let (mut world, wechat) = office("").await;
    let wang = world.telegram.user("王芳");
    world.hires(&wang, "审阅人").await;
    let text = "<b>小区</b>门口 ]]> 加装路灯，见 https://a.cn/?x=1&y=2";
    let mut tale = Tale::default();
    told(&mut world, &wechat, &wechat.says(LI, text)).await;
    tale.tells("关注者", &since(&wechat, 0));
    told(&mut world, &wechat, &wechat.chooses(LI, "提交")).await;
    let number = word_after(&since(&wechat, 1), "编号：");
    let code = word_after(&since(&wechat, 1), "查询码：");
    tale.tells("关注者", &since(&wechat, 1).replace(&number, "NUMBER").replace(&code, "CODE"));
    let notice = world.last(&wang.private());
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains(text) && !shown.contains(LI), "{shown}");
    world.tells(&wang, &format!("/认领 {number}")).await;
    world.tells(&wang, &format!("/受理 {number} 建议")).await;
    let answer = format!("/答复 {number} 路灯已列入<年底>计划，见 https://a.cn/?x=1&y=2。");
    world.tells(&wang, &answer).await;
    world.hears(&wang.private());
    tale.tells("关注者", &since(&wechat, 2).replace(&number, "NUMBER"));
    insta::assert_snapshot!(tale.0, @"
    【关注者】
    这条内容要作为建议提交吗？
    提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。
    24 小时内不确认，将自动删除。
    ［提交］
    ［不提交］

    【关注者】
    已收到您的建议。
    编号：NUMBER
    查询码：CODE（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 NUMBER

    【关注者】
    您的建议 NUMBER 已受理，由办公室办理，将在 12月15日 前答复。
    ───
    您的建议 NUMBER 有答复了：
    路灯已列入<年底>计划，见 https://a.cn/?x=1&y=2。
    ");
    assert!(world.files_with(LI.as_bytes()).is_empty(), "who wrote is kept nowhere in clear");
}

/// Why a follower cannot be told something.
enum Closed {
    /// They wrote too long ago.
    Late,
    /// They were told as much as may be.
    Full,
}

#[tokio::test]
async fn what_cannot_be_said_is_kept_not_tried_again_and_said_once_they_write() {
    for closed in [Closed::Late, Closed::Full] {
        let (mut world, wechat) = office("").await;
        let wang = world.telegram.user("王芳");
        world.hires(&wang, "审阅人").await;
        let (number, seen) = submits(&mut world, &wechat, "小区门口加装路灯").await;
        match closed {
            Closed::Late => world.later(Duration::from_hours(49)).await,
            Closed::Full => wechat.uses_up(LI),
        }
        world.tells(&wang, &format!("/认领 {number}")).await;
        world.tells(&wang, &format!("/追问 {number} 请问是哪个门？")).await;
        let tried = wechat.calls(SEND);
        world.later(Duration::from_hours(24)).await;
        assert_eq!((wechat.shown(LI).len(), wechat.calls(SEND)), (seen, tried));
        told(&mut world, &wechat, &wechat.says(LI, "/栏目")).await;
        let told = since(&wechat, seen);
        assert!(told.contains("请问是哪个门？") && told.contains("便民信息"), "{told}");
        // No answer of theirs names the question: it is answered where that can be told.
        assert!(told.contains("/r ，凭编号和查询码补充") && !told.contains("引用"), "{told}");
        world.hears(&wang.private());
        staff(&mut world);
    }
}

#[tokio::test]
async fn a_followers_own_subscription_rests_while_they_do_not_write_and_nobody_is_alarmed() {
    let (mut world, wechat) = office("").await;
    told(&mut world, &wechat, &wechat.says(LI, "/订阅 政策解读")).await;
    let seen = wechat.shown(LI).len();
    pushes(&mut world, "第一次\n明天九点停水，见[官网](https://a.cn/?x=\"1\")。").await;
    insta::assert_snapshot!(since(&wechat, seen), @"
    第一次

    明天九点停水，见官网〈https://a.cn/?x=%221%22〉。
    ");
    world.later(Duration::from_hours(49)).await;
    for title in ["第二次", "第三次"] {
        let told = pushes(&mut world, &format!("{title}\n明天九点停水。")).await;
        assert!(!told.contains("暂停"), "{told}");
    }
    let seen = wechat.shown(LI).len();
    told(&mut world, &wechat, &wechat.says(LI, "/帮助")).await;
    let told = pushes(&mut world, "第四次\n明天九点停水。").await;
    assert!(!told.contains("恢复"), "{told}");
    assert!(since(&wechat, seen).contains("第四次") && !since(&wechat, seen).contains("第三次"));
    staff(&mut world);
}

#[tokio::test]
async fn a_push_is_kept_as_a_draft_and_staff_are_told_to_send_it() {
    let (mut world, wechat) = office("").await;
    let text = "停水通知\n明天 <九点> 到十二点停水，见[区政府网](https://gov.example.org/a?b=1&c=2)。\n\n\
                - **一号楼** ]]>\n- 二号楼 &lt;";
    let told = pushes(&mut world, text).await;
    assert_eq!(wechat.sent(), []);
    let drafts = wechat.drafts();
    let code = word_after(&told, "稿件 ");
    insta::assert_snapshot!(format!("{drafts:#?}\n\n{}", told.replace(&code, "CODE")), @r#"
    [
        Article {
            title: "停水通知",
            text: "明天 <九点> 到十二点停水，见区政府网 (https://gov.example.org/a?b=1&c=2)。\n\n• 一号楼 ]]>\n• 二号楼 <",
            source: "https://gov.example.org/a?b=1&c=2",
            cover: "COVER",
        },
    ]

    ✎ 稿件 CODE 正在推送，共 1 个会话。查看进度：/送达 CODE
    ［送达情况］［取消］
    ───
    “停水通知”已存入公众号“wechat”的草稿箱，关注者还看不到：请登录 mp.weixin.qq.com，在“草稿箱”里预览、群发。
    "#);
}

#[tokio::test]
async fn twenty_thousand_characters_are_one_article_or_none() {
    let (mut world, wechat) = office("").await;
    let line = "关于办理居住证的通知，请居民朋友们相互转告。";
    let fits = format!("长文\n{}", vec![line; 600].join("\n\n"));
    pushes(&mut world, &fits).await;
    assert_eq!(wechat.drafts().len(), 1);
    assert_eq!(wechat.drafts()[0].text.matches(line).count(), 600);
    let long = format!("更长\n{}", vec![line; 1_000].join("\n\n"));
    let told = pushes(&mut world, &long).await;
    assert_eq!(wechat.drafts().len(), 1, "nothing is cut");
    assert!(told.contains("may have 20000"), "{told}");
}

#[tokio::test]
async fn a_push_to_all_goes_out_once_although_its_answers_were_lost() {
    let (mut world, wechat) = office("publish = \"mass\"\n").await;
    wechat.fails(DRAFT, Fault::CutUnanswered);
    wechat.fails(DRAFT, Fault::Busy);
    wechat.fails(MASS, Fault::CutUnread);
    wechat.fails(MASS, Fault::CutUnanswered);
    let told = pushes(&mut world, "停水通知\n明天九点停水。").await;
    assert!(!told.contains("草稿箱"), "{told}");
    world.later(Duration::from_mins(20)).await;
    let sent: Vec<_> = wechat.sent().into_iter().map(|a| (a.title, a.text)).collect();
    assert_eq!(sent, [("停水通知".to_owned(), "明天九点停水。".to_owned())]);
    assert_eq!(wechat.calls(MASS), 3);
    let left = wechat.drafts().len();
    assert_eq!(left, 2, "of the two whose fate was not known");
    staff(&mut world);
}

#[tokio::test]
async fn a_push_for_which_no_mass_sending_is_left_goes_out_the_next_day() {
    let (mut world, wechat) = office("publish = \"mass\"\n").await;
    wechat.spends();
    pushes(&mut world, "停水通知\n明天九点停水。").await;
    world.later(Duration::from_hours(15)).await;
    assert_eq!((wechat.sent().len(), wechat.calls(MASS), wechat.drafts().len()), (0, 1, 0));
    world.later(Duration::from_hours(2)).await;
    assert_eq!((wechat.sent().len(), wechat.calls(MASS)), (1, 2));
    staff(&mut world);
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_another_when_it_ends_early_or_in_time() {
    let (mut world, wechat) = office("").await;
    for n in 0..3 {
        told(&mut world, &wechat, &wechat.says(LI, &format!("第{n}条建议：加装路灯"))).await;
    }
    assert_eq!((wechat.shown(LI).len(), wechat.calls(TOKEN)), (3, 1));
    wechat.ends_tokens();
    told(&mut world, &wechat, &wechat.says(LI, "第四条建议：加装路灯")).await;
    assert_eq!((wechat.shown(LI).len(), wechat.calls(TOKEN)), (4, 2));
    world.later(Duration::from_hours(2)).await;
    told(&mut world, &wechat, &wechat.says(LI, "第五条建议：加装路灯")).await;
    assert_eq!((wechat.shown(LI).len(), wechat.calls(TOKEN)), (5, 3));
}

#[tokio::test]
async fn an_object_that_is_none_of_the_platforms_is_no_answer_and_the_words_arrive_once() {
    let upstream = r#"{"message":"An invalid response was received from the upstream server"}"#;
    for (status, object) in [(502, upstream), (503, "{}"), (200, "{}")] {
        let (mut world, wechat) = office("").await;
        wechat.fails(SEND, Fault::Object(status, object));
        told(&mut world, &wechat, &wechat.says(LI, "小区门口加装路灯")).await;
        world.later(Duration::from_mins(20)).await;
        assert_eq!((wechat.shown(LI).len(), wechat.calls(SEND)), (1, 2), "{status} {object}");
        assert!(since(&wechat, 0).contains("［提交］"), "{status} {object}");
    }
}

#[tokio::test]
async fn an_object_in_place_of_a_token_or_of_a_draft_is_asked_for_again() {
    for path in [TOKEN, DRAFT] {
        let (mut world, wechat) = office("").await;
        wechat.fails(
            path,
            Fault::Object(502, r#"{"access_token":"T","expires_in":7200,"media_id":"M"}"#),
        );
        let told = pushes(&mut world, "停水通知\n明天九点停水。").await;
        world.later(Duration::from_mins(20)).await;
        assert_eq!((wechat.drafts().len(), wechat.calls(path)), (1, 2), "{path}");
        assert!(!told.contains("暂停"), "{told}");
        staff(&mut world);
    }
}

#[tokio::test]
async fn an_address_that_is_not_allowed_stops_the_account_is_named_and_loses_nothing() {
    let (mut world, wechat) = office("").await;
    wechat.allows(false);
    told(&mut world, &wechat, &wechat.says(LI, "小区门口加装路灯")).await;
    assert_eq!(wechat.shown(LI).len(), 0);
    let alarm = staff(&mut world);
    assert!(alarm.contains("203.0.113.9") && !alarm.contains(FakeOfficial::secret()), "{alarm}");
    wechat.allows(true);
    world.later(Duration::from_mins(6)).await;
    assert_eq!(wechat.shown(LI).len(), 1);
}

#[tokio::test]
async fn an_account_that_may_not_write_keeps_what_is_owed_and_still_keeps_drafts() {
    let (mut world, wechat) = office("").await;
    wechat.becomes(Rank::Unverified);
    told(&mut world, &wechat, &wechat.says(LI, "小区门口加装路灯")).await;
    let told = pushes(&mut world, "停水通知\n明天九点停水。").await;
    assert!(told.contains("草稿箱"), "{told}");
    assert_eq!((wechat.shown(LI).len(), wechat.drafts().len()), (0, 1));
}

#[tokio::test]
async fn the_address_is_confirmed_and_forged_altered_old_foreign_and_plain_calls_are_refused() {
    let (world, wechat) = office("").await;
    let good = world.answers(wechat.check(FakeOfficial::token())).await;
    assert_eq!(good, (200, "5837397301622104395".to_owned()));
    assert_eq!(world.answers(wechat.check("another")).await.0, 401);
    let message = wechat.says(LI, "小区门口加装路灯");
    let altered = |from: &'static str, to: &'static str| {
        let (mut parts, body) = wechat.call(&message).into_parts();
        parts.uri = parts.uri.to_string().replacen(from, to, 1).parse().expect("an address");
        axum::http::Request::from_parts(parts, body)
    };
    for (from, to) in [("msg_signature=", "msg_signature=0"), ("&nonce=", "&nonce=9")] {
        assert_eq!(world.answers(altered(from, to)).await.0, 401, "{to}");
    }
    assert_eq!(world.answers(altered("msg_signature", "other")).await.0, 401);
    assert_eq!(world.answers(wechat.call_for(&message, "wxanother")).await.0, 400);
    let plain = axum::http::Request::post("/hook/wechat?signature=1&timestamp=1&nonce=1");
    let plain = plain.body(axum::body::Body::from(message.clone())).expect("a request");
    assert_eq!(world.answers(plain).await.0, 400);
    let old = wechat.call(&message);
    world.clock.jump(tongxin::clock::Clock::now(&*world.clock).plus(Duration::from_mins(11)));
    assert_eq!(world.answers(old).await.0, 400);
    world.turns_rounds().await;
    assert_eq!(wechat.shown(LI).len(), 0);
}

#[tokio::test]
async fn a_call_that_comes_three_times_is_handled_once_also_after_a_restart() {
    let (mut world, wechat) = office("").await;
    for message in [wechat.says(LI, "小区门口加装路灯"), wechat.happens(LI, "CLICK", "/topics")]
    {
        let before = wechat.shown(LI).len();
        told(&mut world, &wechat, &message).await;
        told(&mut world, &wechat, &message).await;
        world.restarts().await;
        told(&mut world, &wechat, &message).await;
        assert_eq!(wechat.shown(LI).len(), before + 1, "{}", since(&wechat, 0));
    }
}

#[tokio::test]
async fn who_follows_is_greeted_who_leaves_is_forgotten_and_what_is_no_text_is_answered() {
    let (mut world, wechat) = office("menu = \"replace\"\n").await;
    insta::assert_snapshot!(wechat.menu().expect("a menu"), @r#"{"button":[{"key":"/topics","name":"栏目","type":"click"},{"key":"/suggest","name":"建议","type":"click"},{"key":"/mine","name":"我的","type":"click"}]}"#);
    told(&mut world, &wechat, &wechat.happens(LI, "subscribe", "qrscene_")).await;
    let mut tale = Tale::default();
    tale.tells("新关注", &since(&wechat, 0));
    let seen = wechat.shown(LI).len();
    told(&mut world, &wechat, &wechat.shows(LI, "voice")).await;
    tale.tells("语音", &since(&wechat, seen));
    told(&mut world, &wechat, &wechat.says(LI, "/订阅 政策解读")).await;
    told(&mut world, &wechat, &wechat.happens(LI, "unsubscribe", "")).await;
    let seen = wechat.shown(LI).len();
    pushes(&mut world, "停水通知\n明天九点停水。").await;
    assert_eq!(wechat.shown(LI).len(), seen, "who left is told nothing");
    told(&mut world, &wechat, &wechat.happens(LI, "MASSSENDJOBFINISH", "")).await;
    told(&mut world, &wechat, "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>").await;
    assert_eq!(wechat.shown(LI).len(), seen);
    insta::assert_snapshot!(tale.0, @"
    【新关注】
    您好，这里是同心社区。
    我会按时推送您订阅的栏目。引用回复任何一条推送，或直接给我发消息，就可以提建议；答复会回到这里。
    发送 /帮助 查看全部命令。
    ───
    栏目：
    ○ 未订阅　便民信息，下一期 11月24日 08:30
    ○ 未订阅　政策解读
    订阅请发送：/订阅 栏目名

    【语音】
    内容太短，请至少写四个字。
    ");
    staff(&mut world);
}

#[tokio::test]
async fn a_menu_of_somebody_elses_stays_and_its_keys_say_nothing() {
    let (mut world, wechat) = office("").await;
    assert_eq!(wechat.menu(), None);
    told(&mut world, &wechat, &wechat.happens(LI, "CLICK", "V1001_TODAY_MUSIC")).await;
    assert_eq!(wechat.shown(LI).len(), 0);
}

/// What an operator is told who tries the account.
async fn tried(wechat: &FakeOfficial, change: impl Fn(String) -> String) -> String {
    let text = change(format!("{}[[topic]]\nid = \"policy\"\n", wechat.account()));
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    let tried = channels::test(&config, "wechat").await;
    tried.map_or_else(|e| e.say(Lang::Zh), |says| says.say(Lang::Zh))
}

#[tokio::test]
async fn whoever_connects_an_account_is_told_whether_it_works_and_what_is_wrong() {
    let wechat = FakeOfficial::start(Arc::new(tongxin::clock::SystemClock)).await;
    let mut told = vec![tried(&wechat, |text| text).await];
    told.push(tried(&wechat, |text| text.replace(FakeOfficial::secret(), "WRONG-SECRET")).await);
    wechat.allows(false);
    told.push(tried(&wechat, |text| text).await);
    assert!(!told.concat().contains("SECRET"));
    insta::assert_snapshot!(told.join("\n"), @"
    “wechat”可用：平台认可 wx0123456789abcdef 的密码和本机 IP。请在微信公众平台的“服务器配置”里把服务器地址（URL）设为 http://127.0.0.1:8088/hook/wechat，消息加解密方式选“安全模式”，再启用。
    app_secret 不对，或已重置。请在微信公众平台的“基本配置”里重置开发者密码（AppSecret），换上新的。（原话：40125 invalid appsecret rid: 6745a1b2-0c3d4e5f-12345678）
    平台不允许从 203.0.113.9 调用：请把 203.0.113.9 加入微信公众平台“基本配置”的“IP白名单”，几分钟后再试。（原话：40164 invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: 6745a1b2-0c3d4e5f-12345678）
    ");
}
