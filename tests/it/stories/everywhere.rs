//! One post on all channels at once, each with its own limit.

use super::world::{World, word_after};
use crate::clock::StandingClock;
use crate::fakes::dingtalk::FakeDingtalk;
use crate::fakes::feishu::FakeFeishu;
use crate::fakes::hookhost::HookHost;
use crate::fakes::official::FakeOfficial;
use crate::fakes::robots::{FakeRobots, Make};
use crate::fakes::wecombot::FakeWecomBot;
use axum::body::Body;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::At;

const DING_GROUP: &str = "cidAbc123==";
const WECOM_GROUP: &str = "wrAbc0123456789";

/// How many posts are pushed at once: more than a minute of the slowest channel takes.
const POSTS: usize = 30;

struct Channels {
    robots: FakeRobots,
    host: HookHost,
    ding: FakeDingtalk,
    wechat: FakeOfficial,
    feishu: FakeFeishu,
    feishu_group: String,
    wecom: FakeWecomBot,
}

impl Channels {
    /// How many of the posts each channel shows.
    fn shown(&self, telegram: &str) -> BTreeMap<&'static str, usize> {
        let count = |text: &str| text.matches("号通知").count();
        let hook = self.host.taken("message.sent", None);
        let hook: String = hook.iter().filter_map(|m| m["text"].as_str()).collect();
        let ding: String = self.ding.shown(DING_GROUP).into_iter().map(|m| m.text).collect();
        let wechat: String = self.wechat.drafts().into_iter().map(|a| a.title + &a.text).collect();
        let feishu = format!("{:?}", self.feishu.messages(&self.feishu_group));
        let wecom: String = self.wecom.shown(WECOM_GROUP).into_iter().map(|m| m.text).collect();
        let mut shown = BTreeMap::from([
            ("webhook", count(&hook)),
            ("dingtalk", count(&ding)),
            ("official-account", count(&wechat)),
            ("feishu", count(&feishu)),
            ("telegram", count(telegram)),
            ("wecom-bot", count(&wecom)),
        ]);
        for make in Make::ALL {
            shown.insert(make.platform(), count(&self.robots.shown(make).concat()));
        }
        shown
    }
}

/// An office that is connected everywhere.
async fn office() -> (World, Channels, crate::fakes::telegram::Place) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robots = FakeRobots::start(clock.clone()).await;
    let host = HookHost::start(clock.clone()).await;
    let ding = FakeDingtalk::start(clock.clone()).await;
    let wechat = FakeOfficial::start(clock.clone()).await;
    let feishu = FakeFeishu::start(clock.clone()).await;
    let wecom = FakeWecomBot::start(clock.clone()).await;
    let mut accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    accounts += &[host.account("any"), ding.account(), wechat.account(), feishu.account()].concat();
    accounts += &wecom.account();
    let mut world = World::beside(clock, &accounts).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let group = world.telegram.group("桂花巷居民群");
    let owner = world.telegram.user("物业老陈");
    world.subscribes(&group, &owner, "政策解读").await;
    let call = ding.call("boss", Some(DING_GROUP), "/订阅 政策解读", None);
    assert_eq!(world.is_posted(call.request()).await, 200);
    let owner = feishu.person("王芳");
    let feishu_group = feishu.group("阳光花园", &owner);
    feishu.adds_bot(&feishu_group, &owner);
    feishu.says(&owner, &feishu_group, "@机器人 /订阅 政策解读");
    while let Some(event) = feishu.next_event() {
        assert_eq!(world.is_posted(feishu.call(&event).map(Body::from)).await, 200);
    }
    assert!(feishu.hears(&feishu_group).contains("已订阅"));
    wecom.is_heard_out().await;
    wecom.happens(&wecom.says("boss", Some(WECOM_GROUP), "/订阅 政策解读"));
    wecom.is_heard_out().await;
    world.quiet().await;
    assert!(wecom.last(WECOM_GROUP).text.contains("已订阅"));
    (world, Channels { robots, host, ding, wechat, feishu, feishu_group, wecom }, group)
}

#[tokio::test]
async fn one_post_reaches_every_channel_and_many_take_each_the_time_of_its_limit() {
    let (mut world, channels, group) = office().await;
    let editor = world.admin.clone();
    let desk = editor.private();
    let mut codes = Vec::new();
    for n in 0..POSTS {
        let text = format!("{n}号通知\n请看[全文](https://gov.example.org/{n})。");
        world.tells(&editor, &format!("/写稿 政策解读\n{text}")).await;
        let code = word_after(&world.last(&desk).text, "以上是稿件 ");
        world.tells(&editor, &format!("/定时 {code} 今天 09:00")).await;
        let asked = world.last(&desk);
        world.presses(&editor, &asked, "确认定时").await;
        world.hears(&desk);
        codes.push(code);
    }
    // All of them are due at nine.
    let begun = At::from_millis(1_795_482_000_000);
    assert!(world.clock.now() < begun);
    world.later(begun.since(world.clock.now())).await;
    let mut ready: BTreeMap<&str, u64> = BTreeMap::new();
    let mut telegram = String::new();
    while ready.len() < 9 {
        telegram += &world.hears(&group);
        let at = world.clock.now().since(begun).as_secs();
        for (channel, shown) in channels.shown(&telegram) {
            assert!(shown <= POSTS, "{channel}: {shown}");
            if shown == POSTS {
                ready.entry(channel).or_insert(at);
            }
        }
        assert!(at < 600, "{ready:?} of {:?}", channels.shown(&telegram));
        world.later(Duration::from_secs(5)).await;
    }
    // 30 messages at 18 or 20 a minute, and as fast as they can be made; a story goes by in steps of some seconds.
    for slow in ["wecom-robot", "wecom-bot", "dingtalk-robot", "telegram"] {
        assert!((55..=90).contains(&ready[slow]), "{slow}: {ready:?}");
    }
    for quick in ["webhook", "feishu-robot", "dingtalk", "official-account", "feishu"] {
        assert!(ready[quick] <= 40, "{quick}: {ready:?}");
    }
    for make in Make::ALL {
        assert_eq!(channels.robots.refused(make), 0, "{make:?}");
    }
    let refused = channels.ding.refused() + channels.feishu.refused() + channels.wecom.refused();
    assert_eq!(refused, 0);
    for code in [&codes[0], &codes[POSTS - 1]] {
        world.tells(&editor, &format!("/送达 {code}")).await;
        let report = world.hears(&desk);
        assert!(report.contains("应达 9，已达 9，等待 0，失败 0"), "{report}");
    }
}
