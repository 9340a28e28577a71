//! What goes through an application of WeCom.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::wecom::{FakeWecom, Fault, Shown, Stands};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::clock::Clock as _;
use tongxin::config::{AccountSettings, Config, Given, Overrides};
use tongxin::connector::wecom::{Together, Wecom};
use tongxin::connector::{Amendment, Connector as _, Outgoing, SendFailure};
use tongxin::model::{
    AccountId, Address, Button, ButtonDoes, ChatKind, InboxItem, Kind, Lang, MessageRef, hex,
};
use tongxin::store::typed;
use tongxin::text::{Part, Speak as _};

const LI: &str = "lisi";
const BOSS: &str = "zhangsan";
const MEMBERS: [&str; 4] = ["lisi", "wangwu", "zhangsan", "zhaoliu"];
const SEND: &str = "/cgi-bin/message/send";
const TOKEN: &str = "/cgi-bin/gettoken";
const CHAT: &str = "/cgi-bin/appchat/send";
const ALL: &str = "to = \"@all\"\ntitle = \"全体职工\"\ntopics = [\"policy\"]\n";
const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1)。";

/// An office with an application, with these lines in its settings.
async fn office(more: &str) -> (World, FakeWecom) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecom::start(clock.clone(), &MEMBERS).await;
    let world = World::beside(clock, &format!("{}{more}", wecom.account())).await;
    (world, wecom)
}

/// The platform tells a message, and all that follows is done.
async fn told(world: &mut World, wecom: &FakeWecom, message: &str) {
    assert_eq!(world.answers(wecom.call(message)).await, (200, String::new()));
    world.quiet().await;
}

/// What somebody was shown, after so many messages.
fn since(wecom: &FakeWecom, who: &str, seen: usize) -> String {
    let shown = wecom.shown(who);
    shown[seen..].iter().map(Shown::told).collect::<Vec<_>>().join("\n───\n")
}

/// What the administrator was told since.
fn staff(world: &mut World) -> String {
    let desk = world.admin.private();
    world.hears(&desk)
}

/// An editor writes a post and pushes it; its code, and what staff are told then.
async fn pushes(world: &mut World, text: &str) -> (String, String) {
    let editor = world.admin.clone();
    world.hires(&editor, "编辑").await;
    world.pushes(text).await
}

#[tokio::test]
async fn a_members_suggestion_is_confirmed_by_a_card_triaged_and_answered() {
    let (mut world, wecom) = office("").await;
    let wang = world.telegram.user("王芳");
    world.hires(&wang, "审阅人").await;
    let text = "<b>食堂</b>请多开一个窗口 ]]>，见 https://a.cn/?x=1&y=2";
    told(&mut world, &wecom, &wecom.says("LiSi", text)).await;
    let mut tale = Tale::default();
    tale.tells("李四", &since(&wecom, LI, 0));
    let press = wecom.presses(LI, "提交");
    for _ in 0..3 {
        told(&mut world, &wecom, &press).await;
    }
    let after = since(&wecom, LI, 0);
    let (number, code) = (word_after(&after, "编号："), word_after(&after, "查询码："));
    tale.tells("李四", &after.replace(&number, "NUMBER").replace(&code, "CODE"));
    let seen = wecom.shown(LI).len();
    let notice = world.last(&wang.private());
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains(text) && !shown.contains(LI), "{shown}");
    world.tells(&wang, &format!("/认领 {number}")).await;
    world.tells(&wang, &format!("/受理 {number} 建议")).await;
    world.tells(&wang, &format!("/答复 {number} 下周起开三个<窗口>。")).await;
    world.hears(&wang.private());
    tale.tells("李四", &since(&wecom, LI, seen).replace(&number, "NUMBER"));
    insta::assert_snapshot!(tale.0, @"
    【李四】
    这条内容要作为建议提交吗？
    提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。
    24 小时内不确认，将自动删除。
    ［提交］［不提交］

    【李四】
    已提交，回执见下一条消息。
    （✓）
    ───
    已收到您的建议。
    编号：NUMBER
    查询码：CODE（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 NUMBER

    【李四】
    您的建议 NUMBER 已受理，由办公室办理，将在 12月15日 前答复。
    ───
    您的建议 NUMBER 有答复了：
    下周起开三个<窗口>。
    ");
    assert!(world.files_with(LI.as_bytes()).is_empty(), "who wrote is kept nowhere in clear");
}

#[tokio::test]
async fn whoever_knows_the_members_cannot_tell_from_an_events_name_whose_it_is() {
    let (mut world, wecom) = office("").await;
    told(&mut world, &wecom, &wecom.says("LiSi", "食堂请多开一个窗口")).await;
    let press = wecom.presses(LI, "提交");
    told(&mut world, &wecom, &press).await;
    let said = tongxin::connector::xml::fields(&press).expect("XML");
    let said = |name: &str| said.get(name).map_or("", String::as_str);
    let parts = ["FromUserName", "CreateTime", "Event", "EventKey", "MsgType", "TaskId"].map(said);
    let guess = hex(&Sha256::digest(parts.join("\n"))[..16]);
    let items = world.store().list(Kind::Inbox, &[], None, 999).await.expect("lists");
    let names = items.into_iter().map(|r| typed::<InboxItem>(r).expect("an item").value.event);
    let names: Vec<_> = names.filter(|name| name.starts_with('e')).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_ne!(names[0], format!("e{guess}"));
}

#[tokio::test]
async fn a_push_to_everybody_arrives_and_staff_are_told_once_whom_it_left_out() {
    let (mut world, wecom) = office(ALL).await;
    wecom.unlicenses("zhaoliu");
    let lines: Vec<_> =
        (0..60).map(|n| format!("第{n:02}条，停水时间见附表，请相互转告。")).collect();
    let (code, told) = pushes(&mut world, &format!("停水通知\n{}", lines.join("\n\n"))).await;
    for who in ["lisi", "wangwu", "zhangsan"] {
        let shown = wecom.shown(who);
        assert!(shown.len() > 1, "in several parts");
        let read: String = shown.iter().map(|shown| shown.text.as_str()).collect();
        let at: Vec<_> = lines.iter().map(|l| read.find(l.as_str()).expect("is there")).collect();
        assert!(at.is_sorted());
    }
    assert_eq!(wecom.shown("zhaoliu"), []);
    assert_eq!(told.matches("没有发给其中一部分人").count(), 1, "{told}");
    assert!(told.contains("unlicenseduser zhaoliu"), "{told}");
    let calls = wecom.calls(SEND);
    world.later(Duration::from_hours(1)).await;
    assert_eq!(wecom.calls(SEND), calls, "it is not sent again");
    let editor = world.admin.clone();
    world.tells(&editor, &format!("/送达 {code}")).await;
    let report = staff(&mut world);
    assert!(report.contains("应达 1，已达 1"), "{report}");
    world.tells(&editor, &format!("/为何 {code} 全体职工")).await;
    let why = staff(&mut world);
    assert!(why.contains("没有发给：unlicenseduser zhaoliu"), "{why}");
}

#[tokio::test]
async fn a_push_goes_to_departments_and_tags_and_what_is_unknown_of_them_is_told() {
    let more = "to_parties = [2, 9]\nto_tags = [7]\ntitle = \"二科\"\ntopics = [\"policy\"]\n";
    let (mut world, wecom) = office(more).await;
    let (_, told) = pushes(&mut world, TEXT).await;
    assert!(told.contains("invalidparty 9; invalidtag 7"), "{told}");
    let shown: Vec<_> = MEMBERS.iter().map(|who| wecom.shown(who).len()).collect();
    assert_eq!(shown, [1, 1, 0, 0]);
    insta::assert_snapshot!(since(&wecom, LI, 0), @"
    停水通知

    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1〉。
    ");
}

#[tokio::test]
async fn a_push_that_reaches_nobody_rests_and_does_not_stop_the_application() {
    let more = "to_parties = [9]\ntitle = \"九科\"\ntopics = [\"policy\"]\n";
    let (mut world, wecom) = office(more).await;
    let (_, told_staff) = pushes(&mut world, TEXT).await;
    assert!(
        told_staff.contains("“九科”的订阅已暂停") && told_staff.contains("81013"),
        "{told_staff}"
    );
    told(&mut world, &wecom, &wecom.says(LI, "/栏目")).await;
    assert!(since(&wecom, LI, 0).contains("政策解读"));
}

#[tokio::test]
async fn a_reviewer_works_through_the_queue_by_the_buttons_of_cards() {
    let (mut world, wecom) = office("").await;
    let admin = world.admin.clone();
    world.tells(&admin, "/邀请 审阅人").await;
    let invitation = staff(&mut world);
    let payload = invitation.split("?start=").nth(1).expect("a link");
    let payload = payload.split_whitespace().next().expect("a payload");
    told(&mut world, &wecom, &wecom.says(BOSS, &format!("/start {payload}"))).await;
    assert!(since(&wecom, BOSS, 0).contains("您已担任“审阅人”"));
    let mut seen = wecom.shown(BOSS).len();
    told(&mut world, &wecom, &wecom.says(LI, "食堂请多开一个窗口")).await;
    told(&mut world, &wecom, &wecom.presses(LI, "提交")).await;
    let number = word_after(&since(&wecom, LI, 0), "编号：");
    world.calls(&number, "〈编号〉");
    let mut tale = Tale::default();
    for label in ["", "认领", "咨询", "受理", "答复"] {
        if !label.is_empty() {
            // The call is answered; the program ends before it is handled.
            let call = wecom.call(&wecom.presses(BOSS, label));
            assert_eq!(world.answers(call).await.0, 200);
            world.restarts().await;
            world.quiet().await;
        }
        let shown = since(&wecom, BOSS, seen);
        if label == "认领" {
            world.calls(&word_after(&shown, "提交人代号 "), "〈代号〉");
        }
        tale.tells(&format!("张三：{label}"), &world.named(shown));
        seen = wecom.shown(BOSS).len();
    }
    told(
        &mut world,
        &wecom,
        &wecom.says(BOSS, &format!("/答复 {number} 下周一起开三个窗口，另设清真窗口。")),
    )
    .await;
    tale.tells("张三：/答复", &world.named(since(&wecom, BOSS, seen)));
    tale.tells("李四", &world.named(since(&wecom, LI, 2)));
    insta::assert_snapshot!(tale.0, @"
    【张三：】
    收到新建议 〈编号〉，请于 11月27日 前回应。
    ［查看］［认领］

    【张三：认领】
    已认领。
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    审阅中（zhangsan），限 11月27日
    归类：建议 · 综合 · 全辖区 · 办公室办理（受理后 12月15日 前答复）
    内容：食堂请多开一个窗口
    ［✓ 建议］［咨询］［投诉］［举报］［复杂］［类别：综合］
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    ［受理］［追问］［放回］

    【张三：咨询】
    类型：咨询
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    审阅中（zhangsan），限 11月27日
    归类：咨询 · 综合 · 全辖区 · 办公室办理（受理后 12月1日 前答复）
    内容：食堂请多开一个窗口
    ［建议］［✓ 咨询］［投诉］［举报］［复杂］［类别：综合］
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    ［受理］［追问］［放回］

    【张三：受理】
    已受理，提交人会收到通知。

    【张三：答复】
    请发送：/答复 〈编号〉 答复

    【张三：/答复】
    答复已发出。
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    已答复
    归类：咨询 · 综合 · 全辖区 · 办公室办理
    内容：食堂请多开一个窗口
    答复：下周一起开三个窗口，另设清真窗口。

    【李四】
    您的建议 〈编号〉 已受理，由办公室办理，将在 12月1日 前答复。
    ───
    您的建议 〈编号〉 有答复了：
    下周一起开三个窗口，另设清真窗口。
    ");
    staff(&mut world);
    assert_eq!(wecom.dropped(), 0);
}

#[tokio::test]
async fn where_a_card_alone_was_refused_the_text_above_it_is_not_said_again() {
    let (mut world, wecom) = office("").await;
    let admin = world.admin.clone();
    world.tells(&admin, "/邀请 审阅人").await;
    let invitation = staff(&mut world);
    let payload = invitation.split("?start=").nth(1).expect("a link");
    let payload = payload.split_whitespace().next().expect("a payload");
    told(&mut world, &wecom, &wecom.says(BOSS, &format!("/start {payload}"))).await;
    let long = "食堂请多开一个窗口，中午排队太久，很多人吃不上热饭。".repeat(10);
    told(&mut world, &wecom, &wecom.says(LI, &long)).await;
    told(&mut world, &wecom, &wecom.presses(LI, "提交")).await;
    let number = word_after(&since(&wecom, LI, 0), "编号：");
    told(&mut world, &wecom, &wecom.says(BOSS, &format!("/认领 {number}"))).await;
    let view = format!("/查看 {number}");
    let seen = wecom.shown(BOSS).len();
    told(&mut world, &wecom, &wecom.says(BOSS, &view)).await;
    let whole = since(&wecom, BOSS, seen);
    let messages = wecom.shown(BOSS).len() - seen;
    assert!(whole.contains(&long) && messages == 3, "a text and two cards: {whole}");
    let lost = [Fault::CutUnread, Fault::CutUnanswered, Fault::Page(200)];
    let refused = [Fault::Refused(45033), Fault::Busy, Fault::Page(502)];
    for fault in refused.into_iter().chain(lost) {
        for before in 1..messages {
            let (seen, calls) = (wecom.shown(BOSS).len(), wecom.calls(SEND));
            (0..before).for_each(|_| wecom.fails(SEND, Fault::None));
            // Again and again.
            wecom.fails(SEND, fault);
            wecom.fails(SEND, fault);
            told(&mut world, &wecom, &wecom.says(BOSS, &view)).await;
            world.later(Duration::from_mins(4)).await;
            assert_eq!(since(&wecom, BOSS, seen), whole, "{fault:?} after {before}");
            assert_eq!(wecom.calls(SEND) - calls, messages + 2, "{fault:?} after {before}");
        }
    }
    staff(&mut world);
}

#[tokio::test]
async fn a_card_is_changed_where_it_was_pressed_and_said_anew_where_that_is_too_late() {
    let (mut world, wecom) = office("").await;
    for (late, more) in [(Stands::No, 1), (Stands::Yes, 2)] {
        told(&mut world, &wecom, &wecom.says(LI, "食堂请多开一个窗口")).await;
        let (seen, press) = (wecom.shown(LI).len(), wecom.presses(LI, "提交"));
        let card = wecom.shown(LI).pop().expect("a card");
        if late == Stands::Yes {
            wecom.forgets_codes();
        }
        told(&mut world, &wecom, &press).await;
        let shown = wecom.shown(LI);
        assert_eq!(shown.len(), seen + more, "{shown:?}");
        assert_eq!(shown[seen - 1] == card, late == Stands::Yes, "{shown:?}");
        let anew = &shown[if late == Stands::Yes { seen } else { seen - 1 }];
        assert!(anew.text.contains("已提交") || anew.text.contains("已收到您的建议"), "{anew:?}");
    }
    assert_eq!(wecom.calls("/cgi-bin/message/update_template_card"), 2);
    staff(&mut world);
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_another_when_it_ends_early_or_in_time() {
    let (mut world, wecom) = office("").await;
    for _ in 0..3 {
        told(&mut world, &wecom, &wecom.says(LI, "/栏目")).await;
    }
    assert_eq!((wecom.shown(LI).len(), wecom.calls(TOKEN)), (3, 1));
    wecom.ends_token();
    told(&mut world, &wecom, &wecom.says(LI, "/栏目")).await;
    assert_eq!((wecom.shown(LI).len(), wecom.calls(TOKEN)), (4, 2));
    world.later(Duration::from_hours(2)).await;
    told(&mut world, &wecom, &wecom.says(LI, "/栏目")).await;
    assert_eq!((wecom.shown(LI).len(), wecom.calls(TOKEN)), (5, 3));
}

#[tokio::test]
async fn an_address_that_is_not_allowed_stops_the_account_is_named_and_loses_nothing() {
    let (mut world, wecom) = office(ALL).await;
    wecom.allows(Stands::No);
    let (_, alarm) = pushes(&mut world, TEXT).await;
    assert!(alarm.contains("60020") && alarm.contains("203.0.113.9"), "{alarm}");
    assert!(!alarm.contains(FakeWecom::secret()), "{alarm}");
    assert_eq!(wecom.shown(LI).len(), 0);
    wecom.allows(Stands::Yes);
    world.later(Duration::from_mins(6)).await;
    assert_eq!(wecom.shown(LI).len(), 1);
}

#[tokio::test]
async fn a_wrong_secret_stops_the_account_and_is_not_tried_again_within_the_hour() {
    let (mut world, wecom) = office(ALL).await;
    wecom.makes_secret_anew();
    let (_, alarm) = pushes(&mut world, TEXT).await;
    assert!(alarm.contains("40001") && !alarm.contains(FakeWecom::secret()), "{alarm}");
    world.later(Duration::from_mins(50)).await;
    assert_eq!(wecom.calls(TOKEN), 1);
    world.later(Duration::from_mins(20)).await;
    assert_eq!(wecom.calls(TOKEN), 2);
    staff(&mut world);
}

#[tokio::test]
async fn a_member_who_asks_forty_times_is_answered_forty_times_and_nothing_is_dropped() {
    let (mut world, wecom) = office(ALL).await;
    for n in 0..40 {
        let call = wecom.call(&wecom.says(LI, if n % 2 == 0 { "/栏目" } else { "/帮助" }));
        assert_eq!(world.answers(call).await.0, 200);
    }
    world.quiet().await;
    let minute = wecom.shown(LI).len();
    assert!((15..=28).contains(&minute), "{minute}");
    pushes(&mut world, TEXT).await;
    world.later(Duration::from_mins(3)).await;
    assert_eq!((wecom.shown(LI).len(), wecom.dropped()), (41, 0));
}

#[tokio::test]
async fn faults_of_the_platform_and_of_the_line_repeat_no_push_to_everybody() {
    let (mut world, wecom) = office(ALL).await;
    let faults = [Fault::Busy, Fault::TooFast, Fault::Page(502), Fault::CutUnread];
    for fault in faults.into_iter().chain([Fault::CutUnanswered, Fault::Page(200)]) {
        wecom.fails(SEND, fault);
    }
    wecom.fails(TOKEN, Fault::Page(503));
    wecom.fails(TOKEN, Fault::CutUnanswered);
    pushes(&mut world, TEXT).await;
    world.later(Duration::from_hours(1)).await;
    assert_eq!((wecom.shown(LI).len(), wecom.calls(SEND)), (1, 7));
    staff(&mut world);
}

#[tokio::test]
async fn who_is_refused_again_and_again_waits_longer_each_time_and_nothing_fails() {
    let (mut world, wecom) = office(ALL).await;
    for _ in 0..3 {
        wecom.fails(SEND, Fault::TooFast);
    }
    let (code, _) = pushes(&mut world, TEXT).await;
    for (later, calls) in [(2, 2), (57, 2), (7, 3), (14 * 60, 3), (2 * 60 + 5, 4)] {
        world.later(Duration::from_mins(later)).await;
        assert_eq!(wecom.calls(SEND), calls, "{later}");
    }
    assert_eq!(wecom.shown(LI).len(), 1);
    let editor = world.admin.clone();
    staff(&mut world);
    world.tells(&editor, &format!("/送达 {code}")).await;
    let report = staff(&mut world);
    assert!(report.contains("应达 1，已达 1，等待 0，失败 0"), "{report}");
}

#[tokio::test]
async fn what_the_seats_allow_a_day_is_known_to_the_limiter_and_told_to_editors() {
    let (world, _wecom) = office(&format!("seats = 3\n{ALL}")).await;
    let app = world.account(tongxin::model::Platform::Wecom);
    let day = Duration::from_hours(24);
    assert!(app.limits().account.contains(&tongxin::model::Rate::new(240, day)));
    let together = app.limits().chat.iter().find(|(kind, _)| *kind == ChatKind::Channel);
    assert!(together.expect("a chat").1.contains(&tongxin::model::Rate::new(120, day)));
}

#[tokio::test]
async fn what_got_no_answer_alone_may_come_twice_and_two_equal_answers_both_come() {
    let (mut world, wecom) = office("").await;
    told(&mut world, &wecom, &wecom.says(LI, "/帮助")).await;
    told(&mut world, &wecom, &wecom.says(LI, "/帮助")).await;
    assert_eq!(wecom.shown(LI).len(), 2);
    wecom.fails(SEND, Fault::CutUnanswered);
    told(&mut world, &wecom, &wecom.says(LI, "/帮助")).await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.shown(LI).len(), 4);
}

#[tokio::test]
async fn a_member_who_is_out_of_sight_ends_and_one_without_a_licence_rests_until_they_look_in() {
    let (mut world, wecom) = office("").await;
    for who in [LI, "wangwu"] {
        told(&mut world, &wecom, &wecom.says(who, "/订阅 政策解读")).await;
    }
    wecom.hides(LI);
    wecom.unlicenses("wangwu");
    let (_, told_staff) = pushes(&mut world, TEXT).await;
    assert!(!told_staff.contains("订阅已"), "{told_staff}");
    assert_eq!(wecom.shown("wangwu").len(), 1);
}

#[tokio::test]
async fn a_group_is_made_with_its_first_message_and_one_that_is_not_ours_ends() {
    let more = "[[account.chat]]\nid = \"tongxin01\"\ntitle = \"通知群\"\n\
                members = [\"zhangsan\", \"lisi\"]\ntopics = [\"policy\"]\n\
                [[account.chat]]\nid = \"other\"\ntopics = [\"policy\"]\n";
    let (mut world, wecom) = office(more).await;
    wecom.fails("/cgi-bin/appchat/create", Fault::CutUnanswered);
    let (_, told) = pushes(&mut world, TEXT).await;
    assert!(told.contains("“other”的订阅已终止") && told.contains("86001"), "{told}");
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.members_of("tongxin01"), ["zhangsan", "lisi"]);
    let shown = wecom.in_group("tongxin01");
    assert_eq!(shown.len(), 1);
    assert_eq!(
        shown[0].text,
        "停水通知\n\n明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1〉。"
    );
    world.pushes("第二篇\n内容").await;
    assert_eq!(wecom.in_group("tongxin01").len(), 2);
    assert_eq!(wecom.calls("/cgi-bin/appchat/create"), 1);
    wecom.fails(CHAT, Fault::CutUnanswered);
    world.pushes("第三篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.in_group("tongxin01").len(), 4, "it may have arrived, and came again");
}

#[tokio::test]
async fn a_group_that_is_named_no_more_gets_nothing_more() {
    let more = "[[account.chat]]\nid = \"tongxin01\"\nmembers = [\"zhangsan\", \"lisi\"]\n\
                topics = [\"policy\"]\n";
    let (mut world, wecom) = office(more).await;
    told(&mut world, &wecom, &wecom.says(LI, "/订阅 政策解读")).await;
    pushes(&mut world, TEXT).await;
    let named = |config: &mut Config| {
        let account = config.accounts.iter_mut().find(|a| a.id.0 == "wecom").expect("the account");
        account.more_chats.clear();
        if let AccountSettings::Wecom(settings) = &mut account.settings {
            settings.chats.clear();
        }
    };
    world.is_configured(named).await;
    world.pushes("第二篇\n内容").await;
    assert_eq!(wecom.in_group("tongxin01").len(), 1);
    assert_eq!(wecom.shown(LI).len(), 3, "whoever subscribed alone still gets it");
}

#[tokio::test]
async fn the_address_is_confirmed_and_forged_altered_old_and_foreign_calls_are_refused() {
    let (world, wecom) = office("").await;
    let good = world.answers(wecom.check("1616140317555161061")).await;
    assert_eq!(good, (200, "1616140317555161061".to_owned()));
    let message = wecom.says(LI, "食堂请多开一个窗口");
    let altered = |from: &'static str, to: &'static str| {
        let (mut parts, body) = wecom.call(&message).into_parts();
        parts.uri = parts.uri.to_string().replacen(from, to, 1).parse().expect("an address");
        axum::http::Request::from_parts(parts, body)
    };
    for (from, to) in [("msg_signature=", "msg_signature=0"), ("&nonce=", "&nonce=9")] {
        assert_eq!(world.answers(altered(from, to)).await.0, 401, "{to}");
    }
    assert_eq!(world.answers(altered("msg_signature", "other")).await.0, 401);
    assert_eq!(world.answers(wecom.call_for(&message, "wwanother")).await.0, 400);
    let another = message.replace("1000002", "1000003");
    assert_eq!(world.answers(wecom.call(&another)).await.0, 400);
    let plain = axum::http::Request::post("/hook/wecom?msg_signature=1&timestamp=1&nonce=1");
    let plain = plain.body(axum::body::Body::from(message.clone())).expect("a request");
    assert_eq!(world.answers(plain).await.0, 400);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>";
    assert_eq!(world.answers(wecom.call(bomb)).await, (200, String::new()));
    let old = wecom.call(&message);
    world.clock.jump(world.clock.now().plus(Duration::from_mins(11)));
    assert_eq!(world.answers(old).await.0, 400);
    world.turns_rounds().await;
    assert_eq!(wecom.shown(LI).len(), 0);
}

#[tokio::test]
async fn a_call_that_comes_three_times_is_handled_once_also_after_a_restart() {
    let (mut world, wecom) = office("").await;
    let messages = [wecom.says(LI, "食堂请多开一个窗口"), wecom.happens(LI, "click", "/topics")];
    for message in &messages {
        let before = wecom.shown(LI).len();
        told(&mut world, &wecom, message).await;
        told(&mut world, &wecom, message).await;
        world.restarts().await;
        told(&mut world, &wecom, message).await;
        assert_eq!(wecom.shown(LI).len(), before + 1, "{}", since(&wecom, LI, 0));
    }
}

#[tokio::test]
async fn who_comes_is_greeted_who_leaves_is_forgotten_and_what_is_no_text_is_answered() {
    let (mut world, wecom) = office("menu = \"replace\"\n").await;
    insta::assert_snapshot!(wecom.menu().expect("a menu"), @r#"{"button":[{"key":"/topics","name":"栏目","type":"click"},{"key":"/suggest","name":"建议","type":"click"},{"key":"/mine","name":"我的","type":"click"}]}"#);
    told(&mut world, &wecom, &wecom.happens(LI, "subscribe", "")).await;
    assert!(since(&wecom, LI, 0).starts_with("您好，这里是同心社区。"));
    let mut seen = wecom.shown(LI).len();
    told(&mut world, &wecom, &wecom.happens(LI, "enter_agent", "")).await;
    told(&mut world, &wecom, &wecom.happens(LI, "click", "V1001_TODAY_MUSIC")).await;
    told(&mut world, &wecom, &wecom.happens(LI, "location", "")).await;
    assert_eq!(wecom.shown(LI).len(), seen);
    told(&mut world, &wecom, &wecom.shows(LI, "voice")).await;
    assert_eq!(since(&wecom, LI, seen), "内容太短，请至少写四个字。");
    told(&mut world, &wecom, &wecom.says(LI, "/订阅 政策解读")).await;
    told(&mut world, &wecom, &wecom.happens(LI, "unsubscribe", "")).await;
    seen = wecom.shown(LI).len();
    pushes(&mut world, TEXT).await;
    assert_eq!(wecom.shown(LI).len(), seen, "who left is told nothing");
    staff(&mut world);
}

#[tokio::test]
async fn what_was_said_is_taken_back_within_a_day() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecom::start(clock.clone(), &MEMBERS).await;
    let mut settings = wecom.settings();
    settings.to = Some(Together::All);
    let account = AccountId("wecom".to_owned());
    let app = Wecom::new(account.clone(), &settings, clock.clone()).expect("good settings");
    let part = |text: &str| Arc::new(Part { text: text.to_owned(), marks: Vec::new() });
    let button =
        |n: usize| Button { label: format!("按钮{n}"), does: ButtonDoes::Press(format!("b{n}")) };
    let alone = |chat: &str| Address {
        account: account.clone(),
        kind: ChatKind::Direct,
        chat: chat.to_owned(),
        thread: None,
    };
    let together = app.only_chat().expect("a chat");
    let long = "很长的一段说明，一张卡片放不下。".repeat(20);
    for (to, text, buttons) in [
        (alone(LI), "第一版", 0),
        (alone(LI), "第一版", 3),
        (alone(LI), long.as_str(), 8),
        (together, "第一版", 0),
    ] {
        let buttons = Arc::new((0..buttons).map(|n| vec![button(n)]).collect::<Vec<_>>());
        let chat = to.chat.clone();
        let once = format!("{}-{}", text.len(), buttons.len());
        let message = Outgoing {
            to: to.into(),
            part: part(text),
            buttons,
            reply_to: None,
            topic: None,
            once,
        };
        let sent = app.send(&message).await.expect("is taken");
        assert!(!wecom.shown(LI).is_empty());
        let sent = MessageRef { account: account.clone(), chat, message: sent.message };
        app.amend(&sent, &Amendment::Recall).await.expect("is taken");
        assert_eq!(wecom.shown(LI), []);
        clock.jump(clock.now().plus(Duration::from_hours(25)));
        let late = app.amend(&sent, &Amendment::Recall).await;
        assert!(matches!(late, Err(SendFailure::Rejected(_))), "{late:?}");
    }
}

/// What an operator is told who tries the account.
async fn tried(wecom: &FakeWecom, change: impl Fn(String) -> String) -> String {
    let text = change(format!("{}{ALL}[[topic]]\nid = \"policy\"\n", wecom.account()));
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    let tried = channels::test(&config, "wecom").await;
    tried.map_or_else(|e| e.say(Lang::Zh), |says| says.say(Lang::Zh))
}

#[tokio::test]
async fn whoever_connects_an_application_is_told_whether_it_works_and_what_is_wrong() {
    let wecom = FakeWecom::start(Arc::new(tongxin::clock::SystemClock), &MEMBERS).await;
    let mut told = vec![tried(&wecom, |text| text).await];
    told.push(tried(&wecom, |text| text.replace(FakeWecom::secret(), "WRONG-SECRET")).await);
    told.push(tried(&wecom, |text| text.replace("1000002", "1000009")).await);
    wecom.switches(Stands::No);
    told.push(tried(&wecom, |text| text).await);
    wecom.switches(Stands::Yes);
    wecom.allows(Stands::No);
    told.push(tried(&wecom, |text| text).await);
    wecom.allows(Stands::Yes);
    for who in MEMBERS {
        wecom.hides(who);
    }
    told.push(tried(&wecom, |text| text).await);
    assert!(!told.concat().contains("SECRET"));
    insta::assert_snapshot!(told.join("\n"), @"
    “wecom”可用：企业微信认可应用 同心（1000002） 的 Secret 和本机 IP。要收到成员的消息，请在企业微信管理后台该应用的“接收消息 > 设置 API 接收”里把 URL 设为 http://127.0.0.1:8088/hook/wecom，Token 和 EncodingAESKey 与配置一致；保存时本程序须正在运行。
    secret 不对，或已重置。请在企业微信管理后台该应用的页面核对 Secret；不要反复尝试，否则本机 IP 会被封禁一小时。（原话：40001 invalid credential, hint: [1795478400123456789012345], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=40001）
    平台不认识 corp_id（企业 ID）或 agent_id（须是这个 Secret 的应用），请到平台的设置页重新复制。（原话：301002 not allow operate another agent with this accesstoken, hint: [1795478400123456789012345], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=301002）
    机器人或应用已停用：请在平台上启用它（应用须有已发布的版本，并开启机器人能力）。（原话：the application “同心” is switched off (已停用)）
    平台不允许从 203.0.113.9 调用：请把 203.0.113.9 加入企业微信管理后台该应用的“企业可信IP”，几分钟后再试。（原话：60020 not allow to access from your ip, hint: [1795478400123456789012345], from ip: 203.0.113.9, more info at https://open.work.weixin.qq.com/devtool/query?e=60020）
    应用的可见范围里没有人，或没有收件人：请在企业微信管理后台该应用的“可见范围”里添加成员。（原话：the application “同心” may see nobody (可见范围)）
    ");
}
