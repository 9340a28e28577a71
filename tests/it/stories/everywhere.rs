//! One post on all channels at once, each with its own limit.

use super::world::{World, word_after};
use crate::clock::StandingClock;
use crate::fakes::dingtalk::FakeDingtalk;
use crate::fakes::feishu::FakeFeishu;
use crate::fakes::hookhost::HookHost;
use crate::fakes::mailhost::MailHost;
use crate::fakes::official::FakeOfficial;
use crate::fakes::pushhost::PushHost;
use crate::fakes::robots::{FakeRobots, Make};
use crate::fakes::telegram::Person;
use crate::fakes::wecom::FakeWecom;
use crate::fakes::wecombot::FakeWecomBot;
use axum::body::Body;
use axum::http::Request;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::At;

/// A reader whom the office brings along.
const READER: &str = "li@example.com";

const DING_GROUP: &str = "cidAbc123==";
const WECOM_GROUP: &str = "wrAbc0123456789";

/// How many posts are pushed at once: more than a minute of the slowest channel takes.
const POSTS: usize = 30;

/// A group that somebody keeps.
const BY_HAND: &str = r#"
[[account]]
name = "by-hand"
platform = "by-hand"

[[account.group]]
id = "yangguang"
title = "阳光花园业主群"
topics = ["policy"]
keeper = "王姐"
"#;

struct Channels {
    robots: FakeRobots,
    host: HookHost,
    ding: FakeDingtalk,
    wechat: FakeOfficial,
    mail: MailHost,
    feishu: FakeFeishu,
    feishu_group: String,
    wecom: FakeWecom,
    bot: FakeWecomBot,
    push: PushHost,
    browser: serde_json::Value,
    /// Who keeps a group to which nothing comes by itself.
    keeper: Person,
    brought: usize,
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
        let wecom: String = self.wecom.shown("lisi").into_iter().map(|m| m.text).collect();
        let bot: String = self.bot.shown(WECOM_GROUP).into_iter().map(|m| m.text).collect();
        let browser: String = self.push.shown(&self.browser).into_iter().map(|s| s.title).collect();
        let mut shown = BTreeMap::from([
            ("wecom", count(&wecom)),
            ("web-push", count(&browser)),
            ("webhook", count(&hook)),
            ("dingtalk", count(&ding)),
            ("official-account", count(&wechat)),
            ("feishu", count(&feishu)),
            ("email", self.mail.mails(READER).len()),
            ("telegram", count(telegram)),
            ("by-hand", self.brought),
            ("wecom-bot", count(&bot)),
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
    let wecom = FakeWecom::start(clock.clone(), &["lisi"]).await;
    let bot = FakeWecomBot::start(clock.clone()).await;
    let push = PushHost::start(clock.clone()).await;
    let mail = MailHost::start(clock.clone()).await;
    let mut accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    accounts += BY_HAND;
    accounts += &[host.account("any"), ding.account(), wechat.account(), feishu.account()].concat();
    accounts += &[wecom.account().as_str(), "to = \"@all\"\ntopics = [\"policy\"]\n"].concat();
    accounts += &bot.account();
    accounts += &mail.account();
    accounts += &["addresses = [\"", READER, "\"]\ntopics = [\"policy\"]\n"].concat();
    // Last, because a page follows its account.
    accounts += &PushHost::account();
    let mut world = World::beside(clock, &accounts).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let keeper = world.telegram.user("王姐");
    world.hires(&keeper, "转发人").await;
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
    bot.is_heard_out().await;
    bot.happens(&bot.says("boss", Some(WECOM_GROUP), "/订阅 政策解读"));
    bot.is_heard_out().await;
    world.quiet().await;
    assert!(bot.last(WECOM_GROUP).text.contains("已订阅"));
    let browser = super::webpush::subscribes(&world, &push).await;
    let brought = 0;
    let channels = Channels {
        robots,
        host,
        ding,
        wechat,
        mail,
        feishu,
        feishu_group,
        wecom,
        bot,
        push,
        browser,
        keeper,
        brought,
    };
    (world, channels, group)
}

/// Whoever keeps the group posts whatever she is asked for, and says so.
async fn bring(world: &mut World, channels: &mut Channels) {
    let asked = world.telegram.messages(&channels.keeper.private());
    let links = asked.iter().flat_map(|m| m.links()).map(str::to_owned);
    let links: Vec<_> = links.filter(|link| link.contains("/by-hand/")).collect();
    world.hears(&channels.keeper.private());
    for link in links.iter().skip(channels.brought) {
        let path = link.strip_prefix("https://tongxin.example.org").expect("ours");
        let page = Request::get(path).body(Body::empty()).expect("a request");
        let form = world.browses(page).await.button("已发到群里");
        let sent = Request::post(&form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.encoded()));
        let done = world.browses(sent.expect("a request")).await;
        assert_eq!(done.status, 303);
        channels.brought += 1;
    }
}

#[tokio::test]
async fn one_post_reaches_every_channel_and_many_take_each_the_time_of_its_limit() {
    let (mut world, mut channels, group) = office().await;
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
    while ready.len() < 13 {
        bring(&mut world, &mut channels).await;
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
    assert!(ready["by-hand"] <= 90, "as fast as one person is asked: {ready:?}");
    // At eight a minute.
    assert!((175..=240).contains(&ready["wecom"]), "{ready:?}");
    for quick in
        ["webhook", "feishu-robot", "dingtalk", "official-account", "feishu", "web-push", "email"]
    {
        assert!(ready[quick] <= 40, "{quick}: {ready:?}");
    }
    for make in Make::ALL {
        assert_eq!(channels.robots.refused(make), 0, "{make:?}");
    }
    let refused = channels.ding.refused() + channels.feishu.refused() + channels.bot.refused();
    assert_eq!(refused, 0);
    for code in [&codes[0], &codes[POSTS - 1]] {
        world.tells(&editor, &format!("/送达 {code}")).await;
        let report = world.hears(&desk);
        assert!(report.contains("应达 14，已达 14，等待 0，失败 0"), "{report}");
    }
}
