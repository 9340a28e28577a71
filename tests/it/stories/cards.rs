//! Digests and posts as news cards, from a group robot and an application of WeCom.

use super::world::{FEED, World};
use crate::clock::StandingClock;
use crate::fakes::robots::{FakeRobots, Make};
use crate::fakes::wecom::FakeWecom;
use crate::pictures::{BRIDGE, hash};
use insta::assert_snapshot;
use std::sync::Arc;
use std::time::Duration;

const LI: &str = "lisi";

/// An office whose robot and application of WeCom tell posts in cards.
async fn office() -> (World, FakeRobots, FakeWecom) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robots = FakeRobots::start(clock.clone()).await;
    let wecom = FakeWecom::start(clock.clone(), &[LI]).await;
    let both = "topics = [\"news\", \"policy\"]\nform = \"news\"\n";
    let robot = robots.account(Make::Wecom).replace("topics = [\"policy\"]\n", both);
    let app = format!("{}to = \"@all\"\ntitle = \"全体职工\"\n{both}", wecom.account());
    let mut world = World::beside(clock, &format!("{robot}{app}")).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, robots, wecom)
}

/// What both show, which is the same.
fn shown(robots: &FakeRobots, wecom: &FakeWecom) -> Vec<String> {
    let read: Vec<_> = wecom.shown(LI).into_iter().map(|shown| shown.text).collect();
    // Markdown ends a paragraph with one line.
    let bare = |text: &String| text.replace("\n\n", "\n");
    assert_eq!(robots.shown(Make::Wecom), read.iter().map(bare).collect::<Vec<_>>());
    read
}

#[tokio::test]
async fn a_digest_goes_out_as_cards_eight_in_a_message_and_nothing_of_it_is_lost() {
    let (mut world, robots, wecom) = office().await;
    let long = format!("关于{}的通知", "进一步做好老旧小区改造工作".repeat(4));
    let mut entries: Vec<_> = (1..10)
        .map(|n| (format!("第{n}条公告"), format!("https://gov.example.org/a/{n}")))
        .collect();
    entries.push((long, "https://gov.example.org/a/long".to_owned()));
    let entries: Vec<_> = entries.iter().map(|(t, l)| (t.as_str(), l.as_str())).collect();
    world.host.feed(FEED, &entries);
    world.later(Duration::from_mins(31)).await;
    assert_snapshot!(shown(&robots, &wecom).join("\n───\n"), @"
    便民信息 2026年11月24日
    ───
    ▤ 要闻｜第2条公告〈https://gov.example.org/a/2〉
      区政府网 · 11月24日
    ▤ 要闻｜第4条公告〈https://gov.example.org/a/4〉
      区政府网 · 11月24日
    ▤ 要闻｜第1条公告〈https://gov.example.org/a/1〉
      区政府网 · 11月24日
    ▤ 要闻｜第5条公告〈https://gov.example.org/a/5〉
      区政府网 · 11月24日
    ▤ 要闻｜第8条公告〈https://gov.example.org/a/8〉
      区政府网 · 11月24日
    ▤ 要闻｜第7条公告〈https://gov.example.org/a/7〉
      区政府网 · 11月24日
    ▤ 要闻｜关于进一步做好老旧小区改造工作进一步做好老旧小区改造工作进一步做好老旧小区改…〈https://gov.example.org/a/long〉
      要闻｜关于进一步做好老旧小区改造工作进一步做好老旧小区改造工作进一步做好老旧小区改造工作进一步做好老旧小区改造工作的通知
      区政府网 · 11月24日
    ▤ 要闻｜第9条公告〈https://gov.example.org/a/9〉
      区政府网 · 11月24日
    ───
    ▤ 要闻｜第3条公告〈https://gov.example.org/a/3〉
      区政府网 · 11月24日
    ▤ 要闻｜第6条公告〈https://gov.example.org/a/6〉
      区政府网 · 11月24日
    ");
}

#[tokio::test]
async fn a_post_with_a_link_and_a_picture_is_one_card_and_what_it_cannot_hold_follows_in_words() {
    let (mut world, robots, wecom) = office().await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    let long = "桥面铺了新的沥青，两侧加了护栏。".repeat(20);
    for text in [
        "明天起**通行**，见[区政府网](https://gov.example.org/a)。",
        &format!("见[这里](https://gov.example.org/b)。{long}"),
        "没有链接。",
    ] {
        editor.sends_photo(&desk, BRIDGE, &format!("/写稿 政策解读\n桥通了\n{text}"));
        world.quiet().await;
        world.hears(&desk);
        world.pushes_last(Duration::from_mins(1)).await;
    }
    world.calls(&hash(BRIDGE), "〈图〉");
    let all = shown(&robots, &wecom).join("\n───\n");
    let begins = "桥面铺了新的沥青，两侧加了护栏。".repeat(10);
    let all = all.replace(&long, "〈全文〉").replace(&begins, "〈开头〉");
    assert_snapshot!(world.named(all), @"
    ▤ 桥通了〈https://gov.example.org/a〉
      明天起通行，见区政府网。
      🖼〈https://tongxin.example.org/media/〈图〉〉
    ───
    🖼 1345 字节
    ───
    ▤ 桥通了〈https://gov.example.org/b〉
      见这里。〈开头〉桥面铺了新…
      🖼〈https://tongxin.example.org/media/〈图〉〉
    ───
    🖼 1345 字节
    ───
    桥通了

    见这里〈https://gov.example.org/b〉。〈全文〉
    ───
    🖼 1345 字节
    ───
    桥通了

    没有链接。
    ");
}

#[tokio::test]
async fn staff_are_told_by_its_title_which_post_that_is_a_card_left_somebody_out() {
    let (mut world, _robots, wecom) = office().await;
    wecom.unlicenses(LI);
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    let text = "/写稿 政策解读\n桥通了\n见[区政府网](https://gov.example.org/a)。";
    editor.sends_photo(&desk, BRIDGE, text);
    world.quiet().await;
    world.hears(&desk);
    let told = world.pushes_last(Duration::from_mins(1)).await;
    assert!(told.contains("《桥通了》已经账号“wecom”发出"), "{told}");
}
