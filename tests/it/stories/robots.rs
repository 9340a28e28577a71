//! What a group robot of WeCom, DingTalk or Feishu goes through. Nobody can answer through one, nothing that it
//! said can be changed or taken back, and it has no buttons: those stories are of other channels.

use super::world::World;
use crate::clock::StandingClock;
use crate::fakes::robots::{FakeRobots, Fault, Make, Standing};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tongxin::app::channels;
use tongxin::config::{Config, Given, Overrides};
use tongxin::connector::{Connector as _, Outgoing, Secret, robot};
use tongxin::model::{AccountId, Lang};
use tongxin::text::Speak as _;

const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1&c=(2))。\n\n\
    - **一号楼** 3*4*5\n- `二号楼` <font> <@all> [x](y)";

/// An office with a robot of each make, and an editor.
async fn office() -> (World, FakeRobots) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robots = FakeRobots::start(clock.clone()).await;
    let accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    let mut world = World::beside(clock, &accounts).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, robots)
}

/// What the editor is told since.
fn told(world: &mut World) -> String {
    let desk = world.admin.private();
    world.hears(&desk)
}

#[tokio::test]
async fn a_post_is_read_in_the_group_of_each_robot_as_it_was_written() {
    let (mut world, robots) = office().await;
    world.pushes(TEXT).await;
    let read: Vec<_> = Make::ALL.iter().map(|make| robots.shown(*make).join("\n───\n")).collect();
    insta::assert_snapshot!(read.join("\n\n【】\n"), @"
    停水通知
    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1&c=%282%29〉。
    • 一号楼 345
    • 二号楼 ＜font> ＜@all> x (y)

    【】
    停水通知
    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1&c=%282%29〉。
    • 一号楼 345
    • 二号楼 ＜font> ＜@all> x (y)
    同心

    【】
    停水通知

    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1&c=(2)〉。

    • 一号楼 345
    • 二号楼 <font> <@all> x (y)
    ");
}

#[tokio::test]
async fn ten_thousand_characters_arrive_whole_in_order_and_within_every_limit() {
    let (mut world, robots) = office().await;
    let line = |n: usize| {
        format!(
            "第{n:04}条，关于办理居住证“即来即办”的通知，详见[官网](https://gov.example.org/{n})。"
        )
    };
    let lines: Vec<_> = (0..250).map(line).collect();
    world.pushes(&format!("长文\n{}", lines.join("\n\n"))).await;
    world.later(Duration::from_mins(5)).await;
    for make in Make::ALL {
        let read = robots.shown(make).concat();
        let at: Vec<_> =
            (0..250).map(|n| read.find(&format!("第{n:04}条")).expect("is there")).collect();
        assert!(at.is_sorted(), "{make:?}");
        assert_eq!(read.matches("官网〈https://gov.example.org/").count(), 250, "{make:?}");
        assert_eq!(robots.refused(make), 0, "{make:?}");
    }
    told(&mut world);
}

#[tokio::test]
async fn a_robot_whose_minute_others_use_up_waits_and_loses_nothing() {
    let (mut world, robots) = office().await;
    for make in Make::ALL {
        robots.floods(make);
    }
    world.pushes(TEXT).await;
    for make in Make::ALL {
        assert_eq!((robots.shown(make).len(), robots.refused(make)), (0, 1), "{make:?}");
    }
    world.later(Duration::from_mins(11)).await;
    for make in Make::ALL {
        assert_eq!((robots.shown(make).len(), robots.refused(make)), (1, 1), "{make:?}");
    }
    told(&mut world);
}

#[tokio::test]
async fn twenty_five_posts_at_once_never_come_too_fast() {
    let (mut world, robots) = office().await;
    for n in 0..25 {
        world.pushes(&format!("通知{n}\n内容{n}")).await;
    }
    world.later(Duration::from_mins(3)).await;
    for make in Make::ALL {
        assert_eq!((robots.shown(make).len(), robots.refused(make)), (25, 0), "{make:?}");
    }
    told(&mut world);
}

#[tokio::test]
async fn a_robot_that_was_removed_stops_its_account_tells_staff_and_goes_on_when_it_is_back() {
    let (mut world, robots) = office().await;
    for make in Make::ALL {
        robots.becomes(make, Standing::Removed);
    }
    let (_, alarm) = world.pushes(TEXT).await;
    for make in Make::ALL {
        assert!(alarm.contains(make.platform()), "{alarm}");
    }
    for make in Make::ALL {
        robots.becomes(make, Standing::Works);
    }
    world.later(Duration::from_mins(6)).await;
    for make in Make::ALL {
        assert_eq!(robots.shown(make).len(), 1, "{make:?}");
    }
    told(&mut world);
}

#[tokio::test]
async fn a_group_that_is_no_more_ends_and_staff_are_told() {
    let (mut world, robots) = office().await;
    for make in [Make::Wecom, Make::Dingtalk] {
        robots.becomes(make, Standing::Dissolved);
    }
    let (_, mut alarm) = world.pushes(TEXT).await;
    world.later(Duration::from_mins(6)).await;
    alarm.push_str(&told(&mut world));
    assert!(alarm.contains("wecom-robot 群") && alarm.contains("dingtalk-robot 群"), "{alarm}");
    assert_eq!(robots.shown(Make::Feishu).len(), 1);
}

#[tokio::test]
async fn a_message_without_an_answer_is_sent_again_and_shown_once_where_the_platform_can_tell() {
    let (mut world, robots) = office().await;
    for make in Make::ALL {
        robots.fails(make, Fault::CutUnanswered);
    }
    let (code, _) = world.pushes(TEXT).await;
    world.later(Duration::from_mins(2)).await;
    let shown = Make::ALL.map(|make| robots.shown(make).len());
    assert_eq!(shown, [2, 1, 2], "DingTalk knows a message again");
    let editor = world.admin.clone();
    told(&mut world);
    world.tells(&editor, &format!("/送达 {code}")).await;
    let report = told(&mut world);
    assert!(report.contains("已达 3"), "{report}");
}

#[tokio::test]
async fn busy_platforms_pages_of_gateways_and_cut_connections_cost_no_message() {
    let (mut world, robots) = office().await;
    for make in Make::ALL {
        for fault in [Fault::CutUnread, Fault::Page(502), Fault::Page(429)] {
            robots.fails(make, fault);
        }
    }
    robots.fails(Make::Wecom, Fault::Busy);
    robots.fails(Make::Dingtalk, Fault::Busy);
    robots.fails(Make::Dingtalk, Fault::Page(200));
    world.pushes(TEXT).await;
    world.later(Duration::from_mins(20)).await;
    for make in Make::ALL {
        assert_eq!(robots.shown(make).len(), 1, "{make:?}");
    }
    told(&mut world);
}

/// The host at which a robot with this address is called, as its proxy hears it.
async fn called_at(make: robot::Make, token: &str, api_url: Option<&str>) -> String {
    let proxy = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = format!("http://{}", proxy.local_addr().expect("an address"));
    let settings = robot::Settings {
        api_url: api_url.map(str::to_owned),
        proxy: Some(Secret::new(at)),
        ..robot::Settings::new(make, Secret::new(token.to_owned()))
    };
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robot = robot::Robot::new(AccountId("robot".to_owned()), &settings, clock);
    let robot = robot.expect("good settings");
    let message = Outgoing {
        to: robot.only_chat().expect("a chat").into(),
        part: Arc::default(),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: "once".to_owned(),
    };
    let hears = async {
        let (call, _) = proxy.accept().await.expect("a call");
        let mut line = String::new();
        BufReader::new(call).read_line(&mut line).await.expect("a line");
        line.split(' ').nth(1).expect("a host").to_owned()
    };
    let (sent, host) = tokio::join!(robot.send(&message), hears);
    sent.expect_err("nobody answers");
    host
}

#[tokio::test]
async fn a_robot_is_called_at_the_host_of_its_whole_address_or_where_it_is_told_to() {
    use robot::Make::{Dingtalk, Feishu, Wecom};
    let feishu = "https://open.feishu.cn/open-apis/bot/v2/hook/1-a";
    let lark = "https://open.larksuite.com/open-apis/bot/v2/hook/1-a";
    let dingtalk = "https://oapi.dingtalk.com/robot/send?access_token=1";
    let wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1-a";
    let own = Some("https://lark.example.org");
    for (make, token, api_url, host) in [
        (Feishu, lark, None, "open.larksuite.com:443"),
        (Feishu, feishu, None, "open.feishu.cn:443"),
        (Feishu, "1-a", None, "open.feishu.cn:443"),
        (Feishu, "1-a", Some("https://open.larksuite.com"), "open.larksuite.com:443"),
        (Feishu, lark, own, "lark.example.org:443"),
        (Dingtalk, dingtalk, None, "oapi.dingtalk.com:443"),
        (Wecom, wecom, None, "qyapi.weixin.qq.com:443"),
    ] {
        assert_eq!(called_at(make, token, api_url).await, host, "{token}, {api_url:?}");
    }
    for (make, token) in [
        (Feishu, "https://open.larksuite.com.example.org/open-apis/bot/v2/hook/1-a"),
        (Feishu, "https://open.feishu.cn@example.org/open-apis/bot/v2/hook/1-a"),
        (Dingtalk, "https://example.org/robot/send?access_token=1"),
        (Wecom, "https://example.org/cgi-bin/webhook/send?key=1-a"),
    ] {
        let settings = robot::Settings::new(make, Secret::new(token.to_owned()));
        assert_eq!(settings.check(), Err(robot::SettingsError::Host), "{token}");
    }
}

/// What an operator is told who tries each robot.
async fn tried(robots: &FakeRobots, change: impl Fn(String) -> String) -> String {
    let accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    let text = change(format!("{accounts}[[topic]]\nid = \"policy\"\n"));
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    let mut told = channels::list(&config).say(Lang::Zh);
    for make in Make::ALL {
        let tried = channels::test(&config, make.platform()).await;
        let said = tried.map_or_else(|e| e.say(Lang::Zh), |says| says.say(Lang::Zh));
        let _ = write!(told, "\n{}：{said}", make.platform());
    }
    told
}

#[tokio::test]
async fn whoever_connects_a_robot_is_told_whether_it_works_and_what_is_wrong() {
    let robots = FakeRobots::start(Arc::new(tongxin::clock::SystemClock)).await;
    let mut told = tried(&robots, |text| text).await;
    assert!(robots.shown(Make::Wecom)[0].contains("本群已接通"));
    told += "\n\n【密钥、签名和关键词不对】\n";
    told += &tried(&robots, |text| {
        text.replace("key-of-wecom", "other").replace("SEC-", "SEC").replace("keyword", "# ")
    })
    .await;
    told += "\n\n【移出、解散、太快】\n";
    robots.becomes(Make::Wecom, Standing::Removed);
    robots.becomes(Make::Dingtalk, Standing::Dissolved);
    robots.floods(Make::Feishu);
    told += &tried(&robots, |text| text).await;
    insta::assert_snapshot!(told, @"
    wecom-robot　wecom-robot　wecom-robot 群：policy
    dingtalk-robot　dingtalk-robot　dingtalk-robot 群：policy
    feishu-robot　feishu-robot　feishu-robot 群：policy
    wecom-robot：“wecom-robot”可用：平台已收下测试消息，请到“wecom-robot 群”确认已显示。
    dingtalk-robot：“dingtalk-robot”可用：平台已收下测试消息，请到“dingtalk-robot 群”确认已显示。
    feishu-robot：“feishu-robot”可用：平台已收下测试消息，请到“feishu-robot 群”确认已显示。

    【密钥、签名和关键词不对】
    wecom-robot　wecom-robot　wecom-robot 群：policy
    dingtalk-robot　dingtalk-robot　dingtalk-robot 群：policy
    feishu-robot　feishu-robot　feishu-robot 群：policy
    wecom-robot：平台上没有这个机器人：地址抄得不全，或机器人已被移出群。请在群设置里核对；已移出的要重新添加，换用新的地址。（原话：93000 invalid webhook url, hint: [1700000000000_1], from ip: 127.0.0.1）
    dingtalk-robot：签名不对：secret 与机器人安全设置里“加签（签名校验）”的密钥不一样，或本机时间不准。请重新复制密钥，并核对本机时间。（原话：310000 sign not match, more: [https://ding-doc.dingtalk.com]）
    feishu-robot：签名不对：secret 与机器人安全设置里“加签（签名校验）”的密钥不一样，或本机时间不准。请重新复制密钥，并核对本机时间。（原话：19021 sign match fail or timestamp is not within one hour from current time）

    【移出、解散、太快】
    wecom-robot　wecom-robot　wecom-robot 群：policy
    dingtalk-robot　dingtalk-robot　dingtalk-robot 群：policy
    feishu-robot　feishu-robot　feishu-robot 群：policy
    wecom-robot：平台上没有这个机器人：地址抄得不全，或机器人已被移出群。请在群设置里核对；已移出的要重新添加，换用新的地址。（原话：93000 invalid webhook url, hint: [1700000000000_1], from ip: 127.0.0.1）
    dingtalk-robot：账号已不在群里，或群已解散：请重新添加，群机器人要换用新的地址。（原话：400013 group has been disbanded）
    feishu-robot：发送太频繁，平台要求等待 60 秒。设置没有问题，请稍后再试。
    ");
}
