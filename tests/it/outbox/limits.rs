//! A platform's limits, on a clock that jumps from one time that the outbox named to the next.

use super::world::{World, no_limits, platform_limits};
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::connector::Limits;
use tongxin::model::{At, ChatKind, Priority};

#[tokio::test]
async fn a_thousand_chats_are_told_at_thirty_a_second_without_one_needless_refusal() {
    let world = World::new(platform_limits());
    world.subscribe(1000, ChatKind::Direct).await;
    world.push("one", Priority::Bulk).await;
    let start = world.clock.now();
    world.drain(&world.outbox()).await;
    let took = world.clock.now().since(start);
    assert_eq!(world.chats.shown().len(), 1000);
    assert_eq!(world.chats.too_many(), 0);
    let ideal = Duration::from_millis(1000 * 1000 / 30);
    assert!(took.as_secs_f64() <= ideal.as_secs_f64() / 0.95, "{took:?} for {ideal:?}");
}

#[tokio::test]
async fn groups_get_twenty_a_minute_in_order_without_one_needless_refusal() {
    let world = World::new(platform_limits());
    let names = world.subscribe(5, ChatKind::Group).await;
    for n in 0..60 {
        world.push(&format!("{n:02}"), Priority::Bulk).await;
        world.clock.advance(Duration::from_millis(1));
    }
    let start = world.clock.now();
    world.drain(&world.outbox()).await;
    assert_eq!(world.chats.too_many(), 0);
    let in_order: Vec<_> = (0..60).map(|n| format!("{n:02}")).collect();
    for name in &names {
        assert_eq!(world.chats.texts(name), in_order, "{name}");
    }
    // Sixty at twenty a minute: two full windows, and twenty seconds for the last twenty.
    let took = world.clock.now().since(start);
    assert!(took.as_secs_f64() <= 139.0 / 0.95, "{took:?}");
}

#[tokio::test]
async fn a_restart_in_the_middle_causes_no_refusal() {
    let world = World::new(platform_limits());
    world.subscribe(40, ChatKind::Group).await;
    for n in 0..30 {
        world.push(&format!("{n:02}"), Priority::Bulk).await;
        world.clock.advance(Duration::from_millis(1));
    }
    let mut outbox = world.outbox();
    for round in 0..100_000 {
        if round % 50 == 49 {
            outbox = world.outbox();
        }
        match world.round(&outbox).await {
            Some(next) if next > world.clock.now() => world.clock.jump(next),
            Some(_) => {}
            None => break,
        }
    }
    assert_eq!(world.chats.shown().len(), 40 * 30);
    assert_eq!(world.chats.too_many(), 0);
}

#[tokio::test]
async fn an_urgent_post_overtakes_a_large_one_that_is_going_out() {
    let world = World::new(platform_limits());
    world.subscribe(300, ChatKind::Direct).await;
    world.push("bulk", Priority::Bulk).await;
    let outbox = world.outbox();
    for _ in 0..3 {
        let next = world.round(&outbox).await.expect("more");
        world.clock.jump(next);
    }
    let before = world.chats.shown().len();
    assert!(before < 150);
    world.push("urgent", Priority::Urgent).await;
    world.drain(&outbox).await;
    let shown = world.chats.shown().split_off(before);
    let last_urgent = shown.iter().rposition(|s| s.text == "urgent").expect("is there");
    let overtaken = shown[..last_urgent].iter().filter(|s| s.text == "bulk").count();
    assert!(overtaken <= 70, "{overtaken}");
    assert_eq!(world.chats.too_many(), 0);
}

/// Of what waits for one group some goes out; two urgent posts that come then are next, and the others keep their order.
async fn urgent_ones_overtake(world: &World, names: &[String]) {
    let outbox = world.outbox();
    let mut before = 0;
    while before < 20 {
        let next = world.round(&outbox).await.expect("more");
        before = world.chats.shown().len();
        world.clock.jump(next.min(world.clock.now().plus(Duration::from_secs(3))));
    }
    for name in ["urgent", "more urgent"] {
        world.push(name, Priority::Urgent).await;
        world.clock.advance(Duration::from_millis(3));
    }
    world.drain(&outbox).await;
    let texts = world.chats.texts("chat0000");
    assert_eq!(texts[before..before + 2], ["urgent", "more urgent"]);
    let others: Vec<_> = texts.into_iter().filter(|text| !text.ends_with("urgent")).collect();
    assert_eq!(others, names);
    assert_eq!(world.chats.too_many(), 0);
}

#[tokio::test]
async fn an_urgent_post_overtakes_what_waits_in_the_same_group() {
    let world = World::new(platform_limits());
    world.subscribe(1, ChatKind::Group).await;
    let names: Vec<_> = (0..60).map(|n| format!("{n}")).collect();
    for name in &names {
        world.push(name, Priority::Bulk).await;
        world.clock.advance(Duration::from_millis(3));
    }
    urgent_ones_overtake(&world, &names).await;
}

#[tokio::test]
async fn an_urgent_post_goes_before_what_is_said_to_one_in_the_same_group() {
    let world = World::new(platform_limits());
    world.subscribe(1, ChatKind::Group).await;
    let to = tongxin::model::NoticeTo::Open(world.address("chat0000", ChatKind::Group));
    let names: Vec<_> = (0..200).map(|n| format!("{n}")).collect();
    for name in &names {
        let act = tongxin::model::Act::Say { reply_to: None };
        world.say(to.clone(), act, name).await;
        world.clock.advance(Duration::from_millis(3));
    }
    urgent_ones_overtake(&world, &names).await;
}

#[tokio::test]
async fn a_clock_that_jumps_back_ends_no_delivery() {
    let world = World::new(platform_limits());
    world.subscribe(100, ChatKind::Direct).await;
    let post = world.push("one", Priority::Bulk).await;
    let outbox = world.outbox();
    world.round(&outbox).await;
    let back = world.clock.now().minus(Duration::from_hours(1));
    world.clock.jump(back);
    // Nothing is due before the clock is where it was; then all goes on.
    let next = world.round(&outbox).await;
    assert!(next.is_some());
    world.drain(&outbox).await;
    assert_eq!(world.chats.shown().len(), 100);
    assert_eq!(world.deliveries(post).await.len(), 100);
}

#[tokio::test]
async fn a_long_queue_of_one_chat_leaves_room_for_others() {
    let limits = Limits { parallel: 4, ..no_limits() };
    let world = World::new(Limits { chat: platform_limits().chat, ..limits });
    let to = tongxin::model::NoticeTo::Open(world.address("busy", ChatKind::Group));
    for n in 0..300 {
        let act = tongxin::model::Act::Say { reply_to: None };
        world.say(to.clone(), act, &format!("{n}")).await;
        world.clock.advance(Duration::from_millis(1));
    }
    world.subscribe(30, ChatKind::Direct).await;
    world.push("one", Priority::Bulk).await;
    let outbox = world.outbox();
    let start: At = world.clock.now();
    world.round(&outbox).await;
    let others = world.chats.shown().into_iter().filter(|s| s.text == "one").count();
    assert_eq!((others, world.clock.now()), (30, start));
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("busy").len(), 300);
    let order: Vec<_> =
        world.chats.texts("busy").iter().map(|t| t.parse::<u32>().expect("n")).collect();
    assert!(order.is_sorted(), "{order:?}");
}
