//! From a published post to what is owed, page by page.

use crate::outbox::world::{World, no_limits, platform_limits, topic};
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::model::{
    AccountId, Address, Changes, ChatKind, Index, Lang, PostState, Priority, Standing, Subscriber,
    SubscriberId, Tally,
};
use tongxin::rounds::fanout::Rest;
use tongxin::store::{Reads, Scan};

#[tokio::test]
async fn every_active_subscriber_is_planned_once_and_the_post_is_published() {
    let world = World::new(no_limits());
    world.subscribe(1500, ChatKind::Group).await;
    let post = world.publish("one", Priority::Bulk).await;
    let first = world.planner().round().await.expect("plans");
    assert_eq!(first.rest, Rest::Something);
    assert!(first.planned < 1500);
    assert!(matches!(world.post(post).await.state, PostState::Publishing { .. }));
    // Another planner, as after a restart, goes on behind the cursor.
    let second = world.planner().round().await.expect("plans");
    assert_eq!(first.planned + second.planned, 1500);
    assert_eq!(world.deliveries(post).await.len(), 1500);
    assert_eq!(world.store.tally(&Tally::Planned.of(post)).await, Ok(1500));
    assert!(matches!(world.post(post).await.state, PostState::Published { .. }));
    let open = world.store.scan(&Scan::of(Index::FanOuts, Vec::new(), 1)).await;
    assert_eq!(open, Ok(Vec::new()));
}

#[tokio::test]
async fn an_urgent_post_is_planned_before_a_large_one_goes_on() {
    let world = World::new(no_limits());
    world.subscribe(1500, ChatKind::Group).await;
    let bulk = world.publish("bulk", Priority::Bulk).await;
    world.planner().round().await.expect("plans");
    let urgent = world.publish("urgent", Priority::Urgent).await;
    world.planner().round().await.expect("plans");
    assert!(world.deliveries(urgent).await.len() > 1200);
    assert!(world.deliveries(bulk).await.len() < 1500);
}

#[tokio::test]
async fn a_post_without_subscribers_is_published_at_once() {
    let world = World::new(no_limits());
    let post = world.push("alone", Priority::Bulk).await;
    assert!(matches!(world.post(post).await.state, PostState::Published { .. }));
}

#[tokio::test]
async fn a_post_is_published_however_many_accounts_its_subscribers_have() {
    for accounts in [1, 29, 30, 31, 60] {
        let world = World::new(no_limits());
        for number in 0..accounts {
            let account = AccountId(format!("bot{number}"));
            let (kind, thread) = (ChatKind::Group, None);
            let mut changes = Changes::new();
            changes.insert(Subscriber {
                id: SubscriberId(world.clock.fresh()),
                address: Address { account, kind, chat: "g".to_owned(), thread },
                title: "Group".to_owned(),
                topics: BTreeSet::from([topic()]),
                lang: Lang::Zh,
                standing: Standing::Active,
                since: world.clock.now(),
            });
            world.commit(changes).await;
        }
        let post = world.publish("one", Priority::Bulk).await;
        while world.planner().round().await.expect("plans").rest != Rest::Nothing {}
        assert_eq!(world.deliveries(post).await.len(), accounts);
        let state = world.post(post).await.value.state;
        assert!(matches!(state, PostState::Published { .. }), "{accounts}: {state:?}");
        let open = world.store.scan(&Scan::of(Index::FanOuts, Vec::new(), 1)).await;
        assert_eq!(open, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn no_more_is_planned_ahead_than_an_account_can_send_in_some_seconds() {
    let world = World::new(platform_limits());
    world.subscribe(600, ChatKind::Direct).await;
    let planner = world.planner().ahead([world.ahead()]);
    let outbox = world.outbox();
    let post = world.publish("one", Priority::Bulk).await;
    let mut most = 0;
    for _ in 0..10_000 {
        let progress = planner.round().await.expect("plans");
        let sent = world.store.tally(&Tally::Sent.of(post)).await.expect("reads");
        let owed = world.store.tally(&Tally::Planned.of(post)).await.expect("reads");
        most = most.max(owed - sent);
        let next = world.round(&outbox).await;
        if progress.rest == Rest::Nothing && next.is_none() {
            break;
        }
        let soon = world.clock.now().plus(Duration::from_millis(100));
        world.clock.jump(next.map_or(soon, |at| at.clamp(world.clock.now(), soon)));
    }
    assert_eq!(world.chats.shown().len(), 600);
    assert!(most <= 240, "{most}");
    assert!(matches!(world.post(post).await.state, PostState::Published { .. }));
    assert_eq!(world.chats.too_many(), 0);
}

/// Several posts go out at once through one account of thirty a second. Gives when each began, and when each
/// was through, in seconds from the beginning.
async fn race(sizes: &[(usize, Priority, u64)]) -> Vec<f64> {
    let world = World::new(platform_limits());
    for (number, (size, ..)) in sizes.iter().enumerate() {
        world.subscribe_to(&format!("topic{number}"), *size, ChatKind::Direct).await;
    }
    let planner = world.planner().ahead([world.ahead()]);
    let (outbox, start) = (world.outbox(), world.clock.now());
    let mut begun = 0;
    for _ in 0..100_000 {
        let since = world.clock.now().since(start).as_secs();
        while let Some((_, priority, _)) = sizes.get(begun).filter(|(.., at)| *at <= since) {
            let name = format!("topic{begun}");
            world.publish_to(&name, &name, *priority).await;
            begun += 1;
        }
        let progress = planner.round().await.expect("plans");
        let next = world.round(&outbox).await;
        if begun == sizes.len() && progress.rest == Rest::Nothing && next.is_none() {
            break;
        }
        let soon = world.clock.now().plus(Duration::from_millis(100));
        world.clock.jump(next.map_or(soon, |at| at.clamp(world.clock.now(), soon)));
    }
    let shown = world.chats.shown();
    let through = |(number, (size, _, at)): (usize, &(usize, Priority, u64))| {
        let own: Vec<_> = shown.iter().filter(|s| s.text == format!("topic{number}")).collect();
        assert_eq!(own.len(), *size);
        let last = own.iter().map(|s| s.at).max().expect("something");
        let at = u32::try_from(*at).expect("small");
        last.since(start).as_secs_f64() - f64::from(at)
    };
    assert_eq!(world.chats.too_many(), 0);
    sizes.iter().enumerate().map(through).collect()
}

#[tokio::test]
async fn a_post_to_fifty_chats_published_behind_one_to_many_is_through_in_seconds() {
    let through = race(&[(2000, Priority::Bulk, 0), (50, Priority::Bulk, 5)]).await;
    // What is planned ahead, its own two pages, and one page of the other for each.
    assert!(through[1] <= f64::from(240 + 2 * 90) / 30.0 + 1.0, "{through:?}");
    // Who comes later costs the large one no more than its own sends.
    assert!(through[0] <= f64::from(2050) / 30.0 * 1.02 + 1.0, "{through:?}");
}

#[tokio::test]
async fn posts_of_one_size_that_go_out_together_end_together() {
    let bulk = Priority::Bulk;
    let through = race(&[(400, bulk, 0), (400, bulk, 0), (400, bulk, 0)]).await;
    let (first, last) =
        (through[0].min(through[1]).min(through[2]), through.iter().fold(0.0f64, |a, b| a.max(*b)));
    assert!(last - first <= 8.0, "{through:?}");
    assert!(last <= 1200.0 / 30.0 * 1.02 + 1.0, "{through:?}");
}

#[tokio::test]
async fn an_urgent_post_overtakes_all_that_is_planned() {
    let through = race(&[(1500, Priority::Bulk, 0), (60, Priority::Urgent, 3)]).await;
    assert!(through[1] <= 2.0 + 2.2, "{through:?}");
}
