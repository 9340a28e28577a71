//! What goes through a robot of a DingTalk app.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::dingtalk::{FakeDingtalk, Fault, Rid, Stopped, Unreached, When};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tongxin::connector::dingtalk::Dingtalk;
use tongxin::connector::{Amendment, Connector as _, Outgoing, SendFailure};
use tongxin::model::{AccountId, Address, ChatKind, MessageRef, Platform};
use tongxin::text::Part;

const GROUP: &str = "cidAbc123==";
const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1)。";

/// An office with a group that an administrator there has subscribed.
async fn office() -> (World, FakeDingtalk) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let ding = FakeDingtalk::start(clock.clone()).await;
    let mut world = World::beside(clock, &ding.account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let call = ding.call("boss", Some(GROUP), "/订阅 政策解读", None);
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last(GROUP).text.contains("已订阅“政策解读”"), "{:?}", ding.last(GROUP));
    (world, ding)
}

/// Taps the button with this label below the latest message to somebody.
async fn taps(world: &mut World, ding: &FakeDingtalk, who: &str, label: &str) {
    let below = ding.last(who);
    let words = below.taps.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{below:?}"));
    let call = ding.call(who, None, &words.1, None);
    assert_eq!(world.is_posted(call.request()).await, 200);
}

#[tokio::test]
async fn a_post_goes_out_and_an_answer_becomes_a_suggestion_and_is_answered() {
    let (mut world, ding) = office().await;
    let admin = world.admin.clone();
    world.hires(&admin, "审阅人").await;
    world.pushes(TEXT).await;
    let mut tale = Tale::default();
    let pushed = ding.last(GROUP);
    tale.tells("群", &pushed.text);
    let call = ding.call("zhao", Some(GROUP), "请早一点通知，老人家里要蓄水。", Some(&pushed));
    for _ in 0..3 {
        assert_eq!(world.is_posted(call.request()).await, 200, "also when it is repeated");
    }
    let asked = ding.last(GROUP);
    tale.tells("群", &asked.text);
    let words = asked.taps.iter().find(|(label, _)| label == "提交").expect("a button").1.clone();
    let stranger = ding.call("qian", Some(GROUP), &words, Some(&asked));
    assert_eq!(world.is_posted(stranger.request()).await, 200);
    let author = ding.call("zhao", Some(GROUP), &words, Some(&asked));
    assert_eq!(world.is_posted(author.request()).await, 200);
    tale.tells("群", &ding.last(GROUP).text);
    let receipt = ding.last("zhao").text;
    let number = word_after(&receipt, "编号：");
    world.calls(&number, "〈编号〉");
    world.calls(&word_after(&receipt, "查询码："), "〈查询码〉");
    tale.tells("赵敏", &world.named(receipt));
    let desk = admin.private();
    let told = world.hears(&desk);
    assert!(told.contains("收到新建议 〈编号〉（针对《停水通知》）"), "{told}");
    world.answers_suggestion("今后提前三天通知，并上门告知独居老人。").await;
    tale.tells("赵敏", &world.named(ding.last("zhao").text));
    insta::assert_snapshot!(tale.0, @"
    【群】
    停水通知
    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1〉。

    【群】
    要把这条留言作为建议提交吗？（仅留言者本人可选）
    提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。
    24 小时内不确认，将自动删除。
    ［提交］　［不提交］

    【群】
    已提交。回执和答复会私下告诉留言者本人；没有收到的，请点我的头像或搜索我的名字打开私聊，发送 /我的。

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
    ");
}

#[tokio::test]
async fn somebody_who_writes_alone_confirms_by_a_tap() {
    let (mut world, ding) = office().await;
    let call = ding.call("zhao", None, "公园里请多装几盏路灯，晚上太黑了。", None);
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last("zhao").text.contains("要作为建议提交吗"));
    taps(&mut world, &ding, "zhao", "提交").await;
    let told = ding.shown("zhao");
    assert!(told.iter().any(|shown| shown.text.contains("已收到您的建议")), "{told:?}");
}

#[tokio::test]
async fn calls_that_are_forged_or_old_change_nothing_and_their_quick_address_is_not_called() {
    let (mut world, ding) = office().await;
    let before = ding.shown("zhao").len();
    let mut forged = ding.call("zhao", None, "公园里请多装几盏路灯，晚上太黑了。", None);
    forged.sign = Some("AAAA".to_owned());
    assert_eq!(world.is_posted(forged.request()).await, 401);
    for hours in [-2, 2] {
        let mut old = ding.call("zhao", None, "公园里请多装几盏路灯，晚上太黑了。", None);
        old.timestamp += hours * 3_600_000;
        assert_eq!(world.is_posted(old.request()).await, 401);
    }
    let mut another = ding.call("zhao", None, "公园里请多装几盏路灯，晚上太黑了。", None);
    another.body = another.body.replace("dingkey", "another");
    assert_eq!(world.is_posted(another.request()).await, 400);
    let mut broken = ding.call("zhao", None, "x", None);
    broken.body.truncate(40);
    assert_eq!(world.is_posted(broken.request()).await, 400);
    assert_eq!(ding.shown("zhao").len(), before);
}

#[tokio::test]
async fn a_call_of_another_form_is_told_by_its_place_and_none_of_its_words() {
    let (world, ding) = office().await;
    let mut odd = ding.call("zhao", None, "路灯坏了", None);
    odd.body = odd.body.replace("\"zhao\"", "13800138000");
    let call = odd.request().map(|_| odd.body.clone().into());
    let refused = world.account(Platform::Dingtalk).accept(&call).expect_err("it is odd");
    let told = refused.to_string();
    assert!(told.contains("line 1, column") && !told.contains("13800138000"), "{told}");
}

#[tokio::test]
async fn a_token_that_ends_is_replaced_and_one_that_is_good_is_kept() {
    let (mut world, ding) = office().await;
    assert_eq!(ding.fetched(), 1);
    ding.ends_tokens();
    world.pushes(TEXT).await;
    assert_eq!((ding.last(GROUP).text.contains("停水"), ding.fetched()), (true, 2));
    world.later(Duration::from_hours(3)).await;
    world.pushes("第二篇\n内容").await;
    assert_eq!((ding.last(GROUP).text.contains("第二篇"), ding.fetched()), (true, 3));
}

#[tokio::test]
async fn ten_thousand_characters_arrive_whole_and_in_order() {
    let (mut world, ding) = office().await;
    let line = |n: usize| {
        format!(
            "第{n:04}条，关于“即来即办”的通知，详见[官网](https://gov.example.org/{n})，请相互转告。"
        )
    };
    let lines: Vec<_> = (0..250).map(line).collect();
    world.pushes(&format!("长文\n{}", lines.join("\n\n"))).await;
    world.later(Duration::from_mins(1)).await;
    let read: String = ding.shown(GROUP).iter().map(|shown| shown.text.as_str()).collect();
    let at: Vec<_> =
        (0..250).map(|n| read.find(&format!("第{n:04}条")).expect("is there")).collect();
    assert!(at.is_sorted());
    assert_eq!(read.matches("官网〈https://gov.example.org/").count(), 250);
    assert_eq!(ding.refused(), 0);
}

#[tokio::test]
async fn limits_pages_and_cut_connections_cost_no_message() {
    let (mut world, ding) = office().await;
    let before = ding.shown(GROUP).len();
    for fault in [Fault::TooFast, Fault::Page(502), Fault::CutUnread, Fault::MonthUsedUp] {
        ding.fails(fault);
    }
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(ding.shown(GROUP).len(), before, "the month is used up");
    world.later(Duration::from_hours(7)).await;
    assert_eq!(ding.shown(GROUP).len(), before + 1);
    ding.fails(Fault::CutUnanswered);
    world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(ding.shown(GROUP).len(), before + 3, "it may have arrived, and came again");
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_robot_that_was_stopped_waits_and_a_group_that_is_no_more_ends() {
    let (mut world, ding) = office().await;
    world.later(Duration::from_hours(2)).await;
    ding.stops_robot(Stopped::Yes);
    let (_, told) = world.pushes(TEXT).await;
    assert!(told.contains("账号“ding”已停止发送") && told.contains("bot.stopped"), "{told}");
    ding.stops_robot(Stopped::No);
    world.later(Duration::from_mins(6)).await;
    assert!(ding.last(GROUP).text.contains("停水"));
    ding.loses(GROUP);
    let (_, mut told) = world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    let desk = world.admin.private();
    told.push_str(&world.hears(&desk));
    assert!(told.contains("的订阅已终止"), "{told}");
}

const OTHER: &str = "cidDef456==";

/// The same with a second group.
async fn two_groups() -> (World, FakeDingtalk) {
    let (world, ding) = office().await;
    let mut world = world;
    let call = ding.call("boss", Some(OTHER), "/订阅 政策解读", None);
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last(OTHER).text.contains("已订阅“政策解读”"), "{:?}", ding.last(OTHER));
    (world, ding)
}

/// What staff are told until then.
async fn told_until(world: &mut World, mut told: String, span: Duration) -> String {
    world.later(span).await;
    let desk = world.admin.private();
    told.push_str(&world.hears(&desk));
    told
}

#[tokio::test]
async fn a_group_that_gets_rid_of_the_robot_rests_and_keeps_no_other_waiting() {
    for (how, words) in [(Rid::Removed, "robotCode.notExsit"), (Rid::Stopped, "bot.stopped")] {
        let (mut world, ding) = two_groups().await;
        ding.is_rid_of_robot(GROUP, how);
        let (_, told) = world.pushes(TEXT).await;
        assert!(told.contains("的订阅已暂停") && told.contains(words), "{told}");
        assert!(told.contains("机器人已被移出或停用的，先加回或启用"), "{told}");
        assert!(!told.contains("已停止发送"), "{told}");
        assert!(ding.last(OTHER).text.contains("停水"));
        world.pushes("第二篇\n内容").await;
        assert!(ding.last(OTHER).text.contains("第二篇"));
    }
}

#[tokio::test]
async fn a_group_that_refuses_first_after_a_quiet_hour_holds_the_other_for_minutes_at_most() {
    let mut alarms = 0;
    for (rid, other) in [(GROUP, OTHER), (OTHER, GROUP)] {
        let (mut world, ding) = two_groups().await;
        world.later(Duration::from_hours(2)).await;
        ding.is_rid_of_robot(rid, Rid::Removed);
        let (_, told) = world.pushes(TEXT).await;
        let told = told_until(&mut world, told, Duration::from_mins(6)).await;
        assert!(ding.last(other).text.contains("停水"), "{told}");
        let told = told_until(&mut world, told, Duration::from_mins(40)).await;
        assert!(told.contains("的订阅已暂停"), "{told}");
        alarms += told.matches("已停止发送").count();
    }
    assert_eq!(alarms, 1, "of the one that was written to first");
}

#[tokio::test]
async fn a_robot_that_is_stopped_at_work_costs_one_subscription_at_most() {
    let (mut world, ding) = two_groups().await;
    ding.stops_robot(Stopped::Yes);
    let (_, told) = world.pushes(TEXT).await;
    assert!(told.contains("账号“ding”已停止发送"), "{told}");
    ding.stops_robot(Stopped::No);
    let told = told_until(&mut world, told, Duration::from_mins(40)).await;
    assert_eq!(told.matches("的订阅已暂停").count(), 1, "{told}");
    let got = [GROUP, OTHER].map(|group| ding.last(group).text.contains("停水"));
    assert_ne!(got[0], got[1]);
}

/// The connector by itself.
fn alone(ding: &FakeDingtalk, clock: Arc<StandingClock>) -> Dingtalk {
    Dingtalk::new(AccountId("ding".to_owned()), &ding.settings(), clock).expect("good settings")
}

/// A message to somebody alone.
fn to_person(name: &str) -> Outgoing {
    let (account, kind) = (AccountId("ding".to_owned()), ChatKind::Direct);
    let to = Address { account, kind, chat: format!("u/{name}"), thread: None };
    Outgoing {
        to: to.into(),
        part: Arc::new(Part { text: "通知".to_owned(), marks: Vec::new() }),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: "once".to_owned(),
    }
}

#[tokio::test]
async fn what_is_said_of_one_person_concerns_nobody_else() {
    use SendFailure as F;
    for (why, gone) in [
        (Unreached::NoStaff, true),
        (Unreached::LeftOut, false),
        (Unreached::NoRobot, false),
        (Unreached::NotAllowed, false),
    ] {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let ding = FakeDingtalk::start(clock.clone()).await;
        let robot = alone(&ding, clock);
        robot.send(&to_person("qian")).await.expect("is taken");
        ding.does_not_reach("zhao", why);
        let failure = robot.send(&to_person("zhao")).await.expect_err("not reached");
        assert_eq!(matches!(failure, F::Gone(_)), gone, "{why:?}: {failure:?}");
        assert_eq!(matches!(failure, F::Blocked(_)), !gone, "{why:?}: {failure:?}");
        assert!(ding.shown("zhao").is_empty());
        robot.send(&to_person("qian")).await.expect("is taken");
    }
}

#[tokio::test]
async fn a_robot_that_may_write_to_nobody_alone_stops_the_account() {
    for why in [Unreached::NoRobot, Unreached::NotAllowed] {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let ding = FakeDingtalk::start(clock.clone()).await;
        let robot = alone(&ding, clock);
        for name in ["zhao", "qian"] {
            ding.does_not_reach(name, why);
            let failure = robot.send(&to_person(name)).await.expect_err("not reached");
            assert!(matches!(failure, SendFailure::Misconfigured(_)), "{why:?}: {failure:?}");
        }
    }
}

#[tokio::test]
async fn somebody_who_left_the_organisation_ends_their_subscription() {
    let (mut world, ding) = office().await;
    let call = ding.call("zhao", None, "/订阅 政策解读", None);
    assert_eq!(world.is_posted(call.request()).await, 200);
    ding.does_not_reach("zhao", Unreached::NoStaff);
    let (_, told) = world.pushes(TEXT).await;
    assert!(told.contains("共 2 个会话") && !told.contains("已终止"), "{told}");
    assert!(ding.last(GROUP).text.contains("停水"));
    let (_, told) = world.pushes("第二篇\n内容").await;
    assert!(told.contains("共 1 个会话"), "{told}");
}

#[tokio::test]
async fn words_between_pictures_are_read_and_the_names_before_them_are_not() {
    let (mut world, ding) = office().await;
    let admin = world.admin.clone();
    world.hires(&admin, "审阅人").await;
    world.pushes(TEXT).await;
    let pushed = ding.last(GROUP);
    let parts = json!({"richText": [
        {"text": "@同心"}, {"text": " "}, {"text": "请早一点通知，"},
        {"type": "picture", "downloadCode": "x1"}, {"text": "老人家里要蓄水。"}]});
    let mut call = ding.call_of("zhao", Some(GROUP), "richText", parts);
    let key = format!("\"originalProcessQueryKey\":\"{}\",\"msgtype\"", pushed.key);
    call.body = call.body.replace("\"msgtype\"", &key);
    assert_eq!(world.is_posted(call.request()).await, 200);
    let asked = ding.last(GROUP);
    let words = asked.taps.iter().find(|(label, _)| label == "提交").expect("a button").1.clone();
    let author = ding.call("zhao", Some(GROUP), &words, Some(&asked));
    assert_eq!(world.is_posted(author.request()).await, 200);
    let desk = admin.private();
    let notice = world.last(&desk);
    world.hears(&desk);
    world.presses(&admin, &notice, "查看").await;
    let told = world.hears(&desk);
    assert!(told.contains("请早一点通知，老人家里要蓄水。") && !told.contains("@同心"), "{told}");
    let parts = json!({"richText": [{"text": "@同心 @钱七 /帮助"}]});
    let call = ding.call_of("qian", Some(GROUP), "richText", parts);
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last(GROUP).text.contains("可用的命令"), "{:?}", ding.last(GROUP));
    let parts = json!({"richText": [
        {"type": "picture", "downloadCode": "x2"}, {"text": "公园里请多装几盏路灯，晚上太黑了。"}]});
    let call = ding.call_of("sun", None, "richText", parts);
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last("sun").text.contains("要作为建议提交吗"));
}

#[tokio::test]
async fn whoever_sends_no_words_alone_is_told_what_a_suggestion_needs() {
    let (mut world, ding) = office().await;
    for (kind, content) in [
        ("picture", json!({"downloadCode": "x", "pictureDownloadCode": "y"})),
        ("audio", json!({"downloadCode": "x", "duration": 4000, "recognition": "路灯"})),
        ("file", json!({"downloadCode": "x", "fileName": "a.pdf"})),
        ("richText", json!({"richText": [{"type": "picture", "downloadCode": "x"}]})),
        ("unknownMsgType", json!("{}")),
    ] {
        let who = format!("sender-of-{kind}");
        let call = ding.call_of(&who, None, kind, content.clone());
        assert_eq!(world.is_posted(call.request()).await, 200);
        let [told] = &ding.shown(&who)[..] else { panic!("{kind} is not answered") };
        assert_eq!(told.text, "内容太短，请至少写四个字。", "{kind}");
        let before = ding.shown(GROUP).len();
        if kind != "richText" {
            let call = ding.call_of(&who, Some(GROUP), kind, content);
            assert_eq!(world.is_posted(call.request()).await, 200);
        }
        assert_eq!(ding.shown(GROUP).len(), before, "{kind} in a group");
    }
}

#[tokio::test]
async fn a_call_that_is_signed_may_name_no_robot_of_its_own() {
    let (mut world, ding) = office().await;
    let mut call = ding.call("zhao", None, "/帮助", None);
    call.body = call.body.replace("dingkey", "normal");
    assert_eq!(world.is_posted(call.request()).await, 200);
    assert!(ding.last("zhao").text.contains("可用的命令"));
}

#[tokio::test]
async fn a_message_is_taken_back_in_a_group_and_alone_and_said_anew_where_it_changes() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let ding = FakeDingtalk::start(clock.clone()).await;
    let account = AccountId("ding".to_owned());
    let robot = Dingtalk::new(account.clone(), &ding.settings(), clock).expect("good settings");
    let part = |text: &str| Arc::new(Part { text: text.to_owned(), marks: Vec::new() });
    for (kind, chat, shown) in
        [(ChatKind::Group, "g/cidAbc123==", GROUP), (ChatKind::Direct, "u/zhao", "zhao")]
    {
        let to = Address { account: account.clone(), kind, chat: chat.to_owned(), thread: None };
        let message = Outgoing {
            to: to.into(),
            part: part("第一版"),
            buttons: Arc::default(),
            reply_to: None,
            topic: None,
            once: "once".to_owned(),
        };
        let sent = robot.send(&message).await.expect("is taken");
        let sent =
            MessageRef { account: account.clone(), chat: chat.to_owned(), message: sent.message };
        let edit = Amendment::Edit { part: part("第二版"), buttons: Arc::default() };
        robot.amend(&sent, &edit).await.expect("is taken");
        assert_eq!(ding.shown(shown).len(), 2);
        robot.amend(&sent, &Amendment::Recall).await.expect("is taken");
        let left = ding.shown(shown);
        assert_eq!((left.len(), left[0].text.as_str()), (1, "第二版"));
    }
}

/// An office that hears over a connection, with a group that an administrator there has subscribed.
async fn streamed() -> (World, FakeDingtalk) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let ding = FakeDingtalk::start(clock.clone()).await;
    let mut world = World::beside(clock, &ding.streamed_account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    heard(&mut world, &ding, &ding.call("boss", Some(GROUP), "/订阅 政策解读", None)).await;
    assert!(ding.last(GROUP).text.contains("已订阅“政策解读”"), "{:?}", ding.last(GROUP));
    (world, ding)
}

/// DingTalk says something over the connection, and all that follows is done.
async fn heard(world: &mut World, ding: &FakeDingtalk, call: &crate::fakes::dingtalk::Call) {
    ding.streams(call);
    ding.is_heard_out().await;
    world.quiet().await;
}

#[tokio::test]
async fn over_a_stream_an_answer_becomes_a_suggestion_and_is_answered() {
    let (mut world, ding) = streamed().await;
    let admin = world.admin.clone();
    world.hires(&admin, "审阅人").await;
    world.pushes(TEXT).await;
    let pushed = ding.last(GROUP);
    let answer = ding.call("zhao", Some(GROUP), "请早一点通知，老人家里要蓄水。", Some(&pushed));
    heard(&mut world, &ding, &answer).await;
    let asked = ding.last(GROUP);
    let words = asked.taps.iter().find(|(label, _)| label == "提交").expect("a button").1.clone();
    heard(&mut world, &ding, &ding.call("zhao", Some(GROUP), &words, Some(&asked))).await;
    assert!(ding.last("zhao").text.contains("已收到您的建议"));
    let desk = admin.private();
    assert!(world.hears(&desk).contains("收到新建议"));
    world.answers_suggestion("今后提前三天通知，并上门告知独居老人。").await;
    assert!(ding.last("zhao").text.contains("今后提前三天通知"));
    assert_eq!(ding.opened(), 1);
    let call = ding.call("zhao", None, "公园里请多装几盏路灯，晚上太黑了。", None);
    assert_eq!(world.is_posted(call.request()).await, 404, "nobody calls");
}

#[tokio::test]
async fn a_stream_that_breaks_around_an_acknowledgement_loses_nothing_and_repeats_nothing() {
    for when in [When::Before, When::After] {
        let (mut world, ding) = streamed().await;
        ding.cuts_around_ack(when);
        let words = "公园里请多装几盏路灯，晚上太黑了。";
        heard(&mut world, &ding, &ding.call("zhao", None, words, None)).await;
        assert_eq!((ding.opened(), ding.acknowledged()), (2, 2), "{when:?}");
        assert_eq!(ding.shown("zhao").len(), 1, "{when:?}");
        world.restarts().await;
        ding.is_heard_out().await;
        world.quiet().await;
        assert_eq!((ding.opened(), ding.shown("zhao").len()), (3, 1), "{when:?}");
    }
}

#[tokio::test]
async fn a_stream_answers_what_the_platform_asks_and_moves_where_it_says_so() {
    let (mut world, ding) = streamed().await;
    ding.says_of_itself("ping");
    ding.is_heard_out().await;
    ding.says_of_itself("disconnect");
    ding.is_heard_out().await;
    while ding.opened() < 2 {
        ding.is_heard_out().await;
        tokio::task::yield_now().await;
    }
    for hostile in ["", "{", "[]", "{\"type\":\"CALLBACK\"}", "{\"headers\":{}}"] {
        ding.says_raw(Message::text(hostile));
    }
    let mut broken = ding.call("zhao", None, "x", None);
    broken.body.truncate(40);
    heard(&mut world, &ding, &broken).await;
    heard(&mut world, &ding, &ding.call("zhao", None, "/帮助", None)).await;
    assert!(ding.last("zhao").text.contains("可用的命令"));
    assert_eq!((ding.opened(), ding.acknowledged()), (2, 5));
}
