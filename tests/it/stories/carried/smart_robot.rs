//! A smart robot of WeCom, which is given things over its connection.

use super::{PDF, TEXT, pushes};
use crate::clock::StandingClock;
use crate::fakes::wecombot::{FakeWecomBot, Fault};
use crate::pictures::BRIDGE;
use crate::stories::world::World;
use std::sync::Arc;
use std::time::Duration;

const GROUP: &str = "wrAbc0123456789";

/// An office whose posts go to one group of a smart robot, over its connection.
async fn smart_robot() -> (World, FakeWecomBot) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let bot = FakeWecomBot::start(clock.clone()).await;
    let mut world = World::beside(clock, &bot.account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    bot.is_heard_out().await;
    bot.happens(&bot.says("boss", Some(GROUP), "/订阅 政策解读"));
    bot.is_heard_out().await;
    world.quiet().await;
    (world, bot)
}

#[tokio::test]
async fn a_smart_robot_gives_what_it_shows_over_its_connection_and_a_break_costs_nothing() {
    let (mut world, bot) = smart_robot().await;
    let seen = bot.shown(GROUP).len();
    // Of three pieces.
    let plan = [PDF, &vec![b' '; 1_200_000]].concat();
    bot.fails(Fault::Busy);
    bot.fails(Fault::Full);
    bot.fails(Fault::CutUnanswered);
    let mut told = pushes(&mut world, TEXT, BRIDGE, Some(&plan)).await;
    for _ in 0..4 {
        bot.is_heard_out().await;
        world.later(Duration::from_mins(10)).await;
    }
    told += &world.hears(&world.admin.private());
    assert!(!told.contains("未能送达"), "{told}");
    let read: Vec<_> = bot.shown(GROUP).into_iter().skip(seen).map(|s| s.text).collect();
    assert_eq!(read, ["🖼 1345 字节", "桥通了\n明天起通行。", "📎 方案.pdf 1200031 字节"]);
    assert_eq!(bot.uploads(), 2);
}

#[tokio::test]
async fn a_smart_robot_shows_a_link_for_what_is_not_known_under_the_name_that_was_just_given() {
    let (mut world, bot) = smart_robot().await;
    let seen = bot.shown(GROUP).len();
    bot.disowns_media();
    let told = pushes(&mut world, TEXT, BRIDGE, None).await;
    assert!(!told.contains("未能送达"), "{told}");
    let read: Vec<_> = bot.shown(GROUP).into_iter().skip(seen).map(|s| s.text).collect();
    assert_eq!(read.len(), 2, "{read:?}");
    assert!(read[0].starts_with("［图片］〈https://tongxin.example.org/media/"), "{read:?}");
    assert_eq!(bot.uploads(), 1);
}
