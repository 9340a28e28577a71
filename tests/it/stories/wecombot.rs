//! What goes through a smart robot of WeCom.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::wecombot::{FakeWecomBot, Fault, Quotes, Shown};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tongxin::app::channels;
use tongxin::config::{Config, Given, Overrides};
use tongxin::model::Lang;
use tongxin::text::Speak as _;

const GROUP: &str = "wrAbc0123456789";
const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1)。";

/// An office with a group that somebody there has subscribed.
async fn office() -> (World, FakeWecomBot) {
    office_with("").await
}

/// The same with further settings of the robot.
async fn office_with(settings: &str) -> (World, FakeWecomBot) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecomBot::start(clock.clone()).await;
    let mut world = World::beside(clock, &format!("{}{settings}", wecom.account())).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    wecom.is_heard_out().await;
    happens(&mut world, &wecom, &wecom.says("boss", Some(GROUP), "/订阅 政策解读")).await;
    assert!(wecom.last(GROUP).text.contains("已订阅“政策解读”"), "{:?}", wecom.last(GROUP));
    (world, wecom)
}

/// Something happens on the platform, and all that follows is done.
async fn happens(world: &mut World, wecom: &FakeWecomBot, body: &Value) {
    wecom.happens(body);
    wecom.is_heard_out().await;
    world.quiet().await;
}

/// Somebody taps a button below the latest card in a chat.
async fn taps(world: &mut World, wecom: &FakeWecomBot, who: &str, (chat, label): (&str, &str)) {
    let card = card(wecom, chat);
    happens(world, wecom, &wecom.taps(who, &card, label)).await;
}

/// The latest card with buttons in a chat.
fn card(wecom: &FakeWecomBot, chat: &str) -> Shown {
    let with_keys = |shown: &Shown| !shown.keys.is_empty();
    wecom.shown(chat).into_iter().rfind(with_keys).expect("a card")
}

/// What stands in a chat, as a story tells it.
fn told(shown: &[Shown]) -> String {
    let one = |shown: &Shown| {
        let mut text = String::new();
        if shown.answers.is_some() {
            text.push_str("↩ ");
        }
        text.push_str(&shown.text);
        for key in &shown.keys {
            text.extend(["［", &key.label, "］"]);
        }
        text
    };
    shown.iter().map(one).collect::<Vec<_>>().join("\n───\n")
}

#[tokio::test]
async fn a_post_goes_out_and_a_quote_of_it_becomes_a_suggestion_and_is_answered() {
    for how in [Quotes::Shown, Quotes::Written] {
        let (mut world, wecom) = office().await;
        let admin = world.admin.clone();
        world.hires(&admin, "审阅人").await;
        world.pushes(TEXT).await;
        let pushed = wecom.last(GROUP);
        let seen = wecom.shown(GROUP).len();
        let words = "请早一点通知，老人家里要蓄水。";
        let quote = wecom.quotes("zhao", Some(GROUP), words, Some((&pushed, how)));
        for _ in 0..3 {
            happens(&mut world, &wecom, &quote).await;
        }
        let asked = card(&wecom, GROUP);
        happens(&mut world, &wecom, &wecom.taps("qian", &asked, "提交")).await;
        assert_eq!(card(&wecom, GROUP).task, asked.task, "somebody else's tap submits nothing");
        happens(&mut world, &wecom, &wecom.taps("zhao", &asked, "提交")).await;
        let mut tale = Tale::default();
        tale.tells("群", &told(&wecom.shown(GROUP)[seen - 1..]));
        assert!(
            wecom.shown("zhao").is_empty(),
            "who never wrote to the robot cannot be written to"
        );
        happens(&mut world, &wecom, &wecom.says("zhao", None, "/我的")).await;
        let mut receipts = wecom.shown("zhao").into_iter().map(|shown| shown.text);
        let receipt = receipts.rfind(|text| text.contains("编号：")).expect("a receipt");
        let number = word_after(&receipt, "编号：");
        world.calls(&number, "〈编号〉");
        world.calls(&word_after(&receipt, "查询码："), "〈查询码〉");
        tale.tells("赵敏", &world.named(receipt));
        let desk = admin.private();
        let told = world.hears(&desk);
        assert!(told.contains("收到新建议 〈编号〉（针对《停水通知》）"), "{told}");
        world.answers_suggestion("今后提前三天通知，并上门告知独居老人。").await;
        tale.tells("赵敏", &world.named(wecom.last("zhao").text));
        insta::allow_duplicates! { insta::assert_snapshot!(tale.0, @"
        【群】
        停水通知
        明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1〉。
        ───
        ↩ 要把这条留言作为建议提交吗？（仅留言者本人可选）
        提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。
        24 小时内不确认，将自动删除。
        ───
        已提交。回执和答复会私下告诉留言者本人；没有收到的，请点我的头像或搜索我的名字打开私聊，发送 /我的。
        ───
        只有写这条留言的人可以确认或放弃。

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
        "); }
        assert_eq!(wecom.refused(), 0);
    }
}

#[tokio::test]
async fn somebody_who_writes_alone_confirms_by_a_tap_and_the_card_is_replaced() {
    let (mut world, wecom) = office().await;
    happens(&mut world, &wecom, &wecom.says("zhao", None, "公园里请多装几盏路灯，晚上太黑了。"))
        .await;
    taps(&mut world, &wecom, "zhao", ("zhao", "提交")).await;
    let shown = wecom.shown("zhao");
    assert!(shown.iter().any(|s| s.text.contains("已收到您的建议")), "{shown:#?}");
    assert!(shown.iter().all(|s| s.keys.is_empty()), "nothing is left to tap: {shown:#?}");
}

#[tokio::test]
async fn a_reviewer_works_with_cards_and_quotes() {
    let (mut world, wecom) = office().await;
    let admin = world.admin.clone();
    world.tells(&admin, "/邀请 审阅人").await;
    let invitation = world.hears(&admin.private());
    let payload = invitation.split("?start=").nth(1).expect("a link");
    let payload = payload.split_whitespace().next().expect("a payload").to_owned();
    happens(&mut world, &wecom, &wecom.says("wang", None, &format!("/start {payload}"))).await;
    assert!(wecom.last("wang").text.contains("您已担任“审阅人”"), "{:?}", wecom.last("wang"));
    happens(&mut world, &wecom, &wecom.says("zhao", None, "公园里请多装几盏路灯，晚上太黑了。"))
        .await;
    taps(&mut world, &wecom, "zhao", ("zhao", "提交")).await;
    for label in ["认领", "受理", "答复"] {
        taps(&mut world, &wecom, "wang", ("wang", label)).await;
    }
    let prompt = wecom.last("wang");
    assert!(prompt.text.contains("写下对建议"), "{prompt:?}");
    let words = "已与园林部门商定，年底前装好十二盏路灯。";
    let answer = wecom.quotes("wang", None, words, Some((&prompt, Quotes::Shown)));
    happens(&mut world, &wecom, &answer).await;
    assert!(wecom.last("zhao").text.contains(words), "{}", told(&wecom.shown("wang")));
    let desk = admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again_and_what_was_under_way_is_not_lost() {
    let (mut world, wecom) = office().await;
    let before = wecom.shown(GROUP).len();
    wecom.fails(Fault::CutUnread);
    world.pushes(TEXT).await;
    wecom.is_heard_out().await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.shown(GROUP).len(), before + 1, "it had not arrived, and was sent again");
    happens(&mut world, &wecom, &wecom.says("zhao", None, "/帮助")).await;
    wecom.fails(Fault::CutUnanswered);
    world.pushes("第二篇\n内容").await;
    wecom.is_heard_out().await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.shown(GROUP).len(), before + 3, "it may have arrived, and came again");
    assert_eq!((wecom.connections(), wecom.lost()), (3, 0));
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_subscription_that_the_platform_dropped_is_made_again_and_nothing_is_lost() {
    let (mut world, wecom) = office_with("unknown = \"hold\"\n").await;
    let others = ["wrB", "wrC", "wrD"];
    for group in others {
        happens(&mut world, &wecom, &wecom.says("boss", Some(group), "/订阅 政策解读")).await;
    }
    let before = wecom.shown(GROUP).len();
    wecom.forgets_us();
    let (_, mut told) = world.pushes(TEXT).await;
    wecom.is_heard_out().await;
    world.later(Duration::from_mins(2)).await;
    assert_eq!((wecom.shown(GROUP).len(), wecom.connections()), (before + 1, 2));
    for group in others {
        assert!(wecom.last(group).text.contains("停水"), "what was refused is known to be unsent");
    }
    // Nothing is written: the answer to a ping tells of it.
    wecom.forgets_us();
    wecom.answers_a_ping();
    wecom.is_heard_out().await;
    assert_eq!((wecom.connections(), wecom.kicked()), (3, 0));
    happens(&mut world, &wecom, &wecom.says("zhao", Some(GROUP), "/帮助")).await;
    assert!(wecom.last(GROUP).text.contains("可用的命令"), "{:?}", wecom.last(GROUP));
    told.push_str(&world.hears(&world.admin.private()));
    assert!(!told.contains("未能送达") && !told.contains("846609"), "{told}");
}

#[tokio::test]
async fn an_answer_for_which_a_group_is_too_full_waits_and_one_that_is_too_late_stands_by_itself() {
    let (mut world, wecom) = office().await;
    let before = wecom.shown(GROUP).len();
    wecom.fails(Fault::Full);
    happens(&mut world, &wecom, &wecom.says("zhao", Some(GROUP), "/帮助")).await;
    assert_eq!(wecom.shown(GROUP).len(), before, "nothing is asked again at once");
    world.later(Duration::from_mins(2)).await;
    assert_eq!(wecom.shown(GROUP).len(), before + 1);
    wecom.fails(Fault::Late);
    happens(&mut world, &wecom, &wecom.says("zhao", Some(GROUP), "/帮助")).await;
    let last = wecom.last(GROUP);
    assert_eq!((wecom.shown(GROUP).len(), last.answers), (before + 2, None));
}

#[tokio::test]
async fn a_restart_goes_on_with_a_connection_of_its_own_and_repeats_nothing() {
    let (mut world, wecom) = office().await;
    world.pushes(TEXT).await;
    let pushed = wecom.last(GROUP);
    let quote = wecom.quotes("zhao", Some(GROUP), "请早一点通知。", Some((&pushed, Quotes::Shown)));
    wecom.happens(&quote);
    wecom.is_heard_out().await;
    world.restarts().await;
    wecom.is_heard_out().await;
    world.quiet().await;
    let seen = wecom.shown(GROUP).len();
    assert!(!card(&wecom, GROUP).keys.is_empty(), "what was stored is asked about");
    happens(&mut world, &wecom, &quote).await;
    assert_eq!(wecom.shown(GROUP).len(), seen, "and is known when it comes again");
}

#[tokio::test]
async fn a_second_connection_is_not_fought_over() {
    let (mut world, wecom) = office().await;
    let (told, clock) = (wecom.connections(), world.clock.clone());
    let other = World::beside(clock.clone(), &wecom.account()).await;
    wecom.is_heard_out().await;
    assert_eq!((wecom.connections(), wecom.kicked()), (told + 1, 1));
    let (_, said) = world.pushes(TEXT).await;
    assert_eq!(wecom.connections(), told + 1, "the first stays away");
    drop(other);
    while wecom.connections() == told + 1 {
        clock.elapses(Duration::from_mins(2));
        tokio::task::yield_now().await;
    }
    wecom.is_heard_out().await;
    world.later(Duration::from_mins(2)).await;
    assert!(wecom.last(GROUP).text.contains("停水"), "{said}");
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_secret_that_is_refused_stops_the_account_and_staff_are_told() {
    let (mut world, wecom) = office().await;
    wecom.changes_secret();
    wecom.is_refused().await;
    let (_, mut told) = world.pushes(TEXT).await;
    world.later(Duration::from_mins(2)).await;
    let desk = world.admin.private();
    told.push_str(&world.hears(&desk));
    assert!(told.contains("robot") && told.contains("40001"), "{told}");
}

#[tokio::test]
async fn frames_that_nobody_understands_cost_nothing_but_the_connection_at_most() {
    let (mut world, wecom) = office().await;
    for hostile in [
        "",
        "{",
        "[]",
        "null",
        "{\"cmd\":1}",
        "{\"headers\":{\"req_id\":\"x\"},\"errcode\":\"x\"}",
        "{\"cmd\":\"aibot_msg_callback\",\"headers\":{\"req_id\":\"r\"},\"body\":{\"msgid\":[]}}",
        "{\"cmd\":\"aibot_event_callback\",\"headers\":{\"req_id\":\"r\"},\"body\":{\"msgid\":\"m\",\
          \"msgtype\":\"event\",\"from\":{\"userid\":\"u\"},\"event\":{\"eventtype\":\"template_card_event\"}}}",
    ] {
        wecom.says_raw(Message::text(hostile));
    }
    wecom.says_raw(Message::binary(vec![0xff; 4096]));
    wecom.is_heard_out().await;
    assert_eq!(wecom.connections(), 1);
    wecom.says_raw(Message::text("x".repeat(2 << 20)));
    happens(&mut world, &wecom, &wecom.says("zhao", None, "/帮助")).await;
    wecom.is_heard_out().await;
    happens(&mut world, &wecom, &wecom.says("zhao", None, "/帮助")).await;
    assert!(wecom.last("zhao").text.contains("可用的命令"), "{:?}", wecom.last("zhao"));
}

#[tokio::test]
async fn limits_are_kept_and_a_busy_platform_costs_no_message() {
    let (mut world, wecom) = office().await;
    let before = wecom.shown(GROUP).len();
    wecom.fails(Fault::Busy);
    for n in 0..40 {
        world.pushes(&format!("第{n}篇\n内容")).await;
    }
    world.later(Duration::from_mins(3)).await;
    assert_eq!((wecom.shown(GROUP).len(), wecom.refused()), (before + 40, 0));
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_robot_that_is_called_answers_and_forged_calls_change_nothing() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecomBot::start(clock.clone()).await;
    let mut world = World::beside(clock, &wecom.called_account()).await;
    let checked = world.answers(wecom.seal("3141592653").check()).await;
    assert_eq!(checked, (200, "3141592653".to_owned()));
    let words = wecom.says("zhao", None, "公园里请多装几盏路灯，晚上太黑了。");
    let mut forged = wecom.call(&words);
    forged.0.signature = forged.0.signature.replace(['0', '1', '2', '3', '4'], "5");
    assert_eq!(world.is_posted(forged.request()).await, 401);
    let mut old = wecom.call(&words);
    old.0.timestamp = "1700000000".to_owned();
    assert_eq!(world.is_posted(old.request()).await, 401);
    assert!(wecom.shown("zhao").is_empty());
    let call = wecom.call(&words);
    for _ in 0..3 {
        assert_eq!(world.is_posted(call.request()).await, 200);
    }
    let asked = wecom.last("zhao");
    assert_eq!((wecom.shown("zhao").len(), asked.keys.len()), (1, 2));
    let tap = wecom.call(&wecom.taps("zhao", &asked, "提交"));
    assert_eq!(world.is_posted(tap.request()).await, 200);
    world.later(Duration::from_hours(2)).await;
    let told = wecom.shown("zhao");
    assert_eq!(told.len(), 2, "one answer to each call: {told:#?}");
    assert!(told[1].text.contains("已收到您的建议"), "{told:#?}");
    // Nothing but the platform is called, whatever a call names.
    let mut greedy = wecom.says("zhao", None, "/帮助");
    greedy["response_url"] = "http://169.254.169.254/steal".into();
    let greedy = wecom.seal(&greedy.to_string());
    assert_eq!(world.is_posted(greedy.request()).await, 200);
    assert_eq!(wecom.shown("zhao").len(), 2);
    let desk = world.admin.private();
    world.hears(&desk);
}

#[tokio::test]
async fn a_robot_that_is_called_takes_no_subscription_and_says_what_to_do_instead() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecomBot::start(clock.clone()).await;
    let mut world = World::beside(clock, &wecom.called_account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    world.tells(&admin, "/配对 政策解读").await;
    let told = world.hears(&admin.private());
    let code = word_after(&told, "/配对 ");
    for (who, group, says) in [
        ("zhao", Some(GROUP), "/订阅 政策解读".to_owned()),
        ("zhao", Some(GROUP), format!("/配对 {code}")),
        ("zhao", None, "/订阅 政策解读".to_owned()),
    ] {
        let chat = group.unwrap_or(who);
        let seen = wecom.shown(chat).len();
        let call = wecom.call(&wecom.says(who, group, &says));
        assert_eq!(world.is_posted(call.request()).await, 200);
        let shown = wecom.shown(chat);
        assert_eq!(shown.len(), seen + 1, "{says}");
        assert!(shown[seen].text.contains("长连接"), "{says}: {}", shown[seen].text);
    }
    // A push reaches nobody there, and nothing was left half done.
    let seen = (wecom.shown(GROUP).len(), wecom.shown("zhao").len());
    world.pushes("停水通知\n明天九点停水。").await;
    assert_eq!((wecom.shown(GROUP).len(), wecom.shown("zhao").len()), seen);
    world.hears(&admin.private());
}

#[tokio::test]
async fn an_operator_learns_whether_the_platform_takes_the_secret() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecomBot::start(clock).await;
    let tried = async |text: String| {
        let given = Given {
            file: Path::new("office.toml"),
            text: &text,
            variables: Vec::new(),
            overrides: Overrides::default(),
        };
        let config = Config::read(given).expect("a good configuration");
        let tried = channels::test(&config, "robot").await;
        tried.map(|says| says.say(Lang::En)).map_err(|error| error.say(Lang::En))
    };
    let good = tried(wecom.account()).await.expect("it works");
    assert!(good.contains("the platform knows it as aibAbc123"), "{good}");
    let wrong = tried(wecom.account().replace("secret-of", "secret-without")).await;
    assert!(wrong.expect_err("it does not").contains("40001 invalid credential"));
    let called = tried(wecom.called_account()).await.expect("there is nothing to try");
    assert!(called.contains("wecom-bot"), "{called}");
}

#[tokio::test]
async fn ten_thousand_characters_arrive_whole_and_in_order() {
    let (mut world, wecom) = office().await;
    let line = |n: usize| {
        format!(
            "第{n:04}条，关于“即来即办”的通知，详见[官网](https://gov.example.org/{n})，请相互转告。"
        )
    };
    let lines: Vec<_> = (0..250).map(line).collect();
    world.pushes(&format!("长文\n{}", lines.join("\n\n"))).await;
    world.later(Duration::from_mins(2)).await;
    let read: String = wecom.shown(GROUP).iter().map(|shown| shown.text.as_str()).collect();
    let at: Vec<_> =
        (0..250).map(|n| read.find(&format!("第{n:04}条")).expect("is there")).collect();
    assert!(at.is_sorted());
    assert_eq!(read.matches("官网〈https://gov.example.org/").count(), 250);
    assert_eq!(wecom.refused(), 0);
    // Any of its parts can be quoted.
    let parts: Vec<_> = wecom.shown(GROUP).into_iter().filter(|s| s.text.contains('条')).collect();
    let words = "第二百条说的网站打不开，请看一看。";
    let quote = wecom.quotes("zhao", Some(GROUP), words, Some((&parts[3], Quotes::Shown)));
    happens(&mut world, &wecom, &quote).await;
    assert!(!wecom.last(GROUP).keys.is_empty(), "{:?}", wecom.last(GROUP));
}

#[tokio::test]
async fn a_chat_that_is_full_waits_and_one_that_is_lost_ends_and_a_refusal_is_told() {
    let (mut world, wecom) = office().await;
    wecom.floods(GROUP);
    world.pushes(TEXT).await;
    assert_eq!((wecom.last(GROUP).text.contains("停水"), wecom.refused()), (false, 1));
    world.later(Duration::from_mins(3)).await;
    assert!(wecom.last(GROUP).text.contains("停水"));
    let desk = world.admin.private();
    world.hears(&desk);
    wecom.fails(Fault::Refused);
    let (_, mut told) = world.pushes("第二篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    told.push_str(&world.hears(&desk));
    assert!(told.contains("40058"), "{told}");
    wecom.loses(GROUP);
    let (_, mut told) = world.pushes("第三篇\n内容").await;
    world.later(Duration::from_mins(2)).await;
    told.push_str(&world.hears(&desk));
    assert!(told.contains("的订阅已终止"), "{told}");
}

#[tokio::test]
async fn a_command_is_found_behind_whatever_names_the_robot_is_called_by() {
    for settings in ["", "bot_name = \"News Bot\"\n"] {
        let (mut world, wecom) = office_with(settings).await;
        wecom.is_named("News Bot");
        for called in
            ["@News Bot", "@张三 @News Bot", "@News Bot @张三", "＠News Bot\u{2005}", "@News Bot\n"]
        {
            let mut body = wecom.says("zhao", Some(GROUP), "");
            body["text"]["content"] = format!("{called} /帮助").into();
            let seen = wecom.shown(GROUP).len();
            happens(&mut world, &wecom, &body).await;
            let shown = wecom.shown(GROUP);
            assert_eq!(shown.len(), seen + 1, "{called}");
            assert!(shown[seen].text.contains("可用的命令"), "{called}: {:?}", shown[seen]);
        }
        let seen = wecom.shown(GROUP).len();
        for chatter in ["晚上吃什么", "看 /etc/passwd 吧", "是/帮助 吗"] {
            happens(&mut world, &wecom, &wecom.says("zhao", Some(GROUP), chatter)).await;
        }
        assert_eq!(wecom.shown(GROUP).len(), seen, "chatter is not read");
        world.pushes(TEXT).await;
        let pushed = wecom.last(GROUP);
        let words = "请把 /订阅 的说明写清楚。";
        let quote = wecom.quotes("zhao", Some(GROUP), words, Some((&pushed, Quotes::Shown)));
        happens(&mut world, &wecom, &quote).await;
        let asked = card(&wecom, GROUP);
        assert!(asked.keys.iter().any(|key| key.label == "提交"), "{asked:?}");
    }
}

#[tokio::test]
async fn a_quote_of_something_else_is_told_to_be_unknown_and_chatter_is_not_read() {
    let (mut world, wecom) = office().await;
    world.pushes(TEXT).await;
    let mut other = wecom.last(GROUP);
    other.written = "老李说的别的话".to_owned();
    let quote = wecom.quotes("zhao", Some(GROUP), "请早一点通知。", Some((&other, Quotes::Shown)));
    happens(&mut world, &wecom, &quote).await;
    assert!(wecom.last(GROUP).text.contains("已过保存期"), "{:?}", wecom.last(GROUP));
    let seen = wecom.shown(GROUP).len();
    happens(&mut world, &wecom, &wecom.says("zhao", Some(GROUP), "晚上吃什么？暗号甲乙丙")).await;
    assert_eq!(wecom.shown(GROUP).len(), seen);
    assert!(world.files_with("暗号甲乙丙".as_bytes()).is_empty());
}
