//! Leases of many at once.

use super::world::{ACCOUNT, Does, World, no_limits};
use std::time::Duration;
use tongxin::connector::{SendFailure, WaitScope};
use tongxin::model::{
    AccountId, ChatKind, Delivery, DeliveryState, Departure, Kind, Outcome, PostId, Priority,
    SubscriberId,
};
use tongxin::rounds::outbox::Outbox;
use tongxin::store::{Reads as _, Store as _};

async fn departures(world: &World) -> Vec<Departure> {
    let found = world.store.list(Kind::Departure, &[], None, 100).await.expect("reads");
    let typed = |read| tongxin::store::typed::<Departure>(read).expect("a departure").value;
    found.into_iter().map(typed).collect()
}

/// Goes on with a round until something holds. What it has asked of the store by then is still made so.
async fn until(world: &World, outbox: &Outbox, holds: impl AsyncFn() -> bool) {
    let account = AccountId(ACCOUNT.to_owned());
    let mut round = Box::pin(outbox.round(&account));
    while !holds().await {
        assert!(futures::poll!(&mut round).is_pending(), "the round ended before");
        tokio::task::yield_now().await;
    }
    drop(round);
    world.store.durable().await.expect("commits");
}

async fn to(world: &World, post: PostId, chat: &str) -> Delivery {
    let id: SubscriberId = world.subscriber(chat).await.id;
    let all = world.deliveries(post).await.into_iter();
    let mut its =
        all.filter(|d| matches!(d.id, tongxin::model::DeliveryId::Post(_, _, to) if to == id));
    its.next().expect("a delivery")
}

fn unknown(delivery: &Delivery) -> usize {
    delivery.attempts.iter().filter(|a| matches!(a.outcome, Outcome::Unknown(_))).count()
}

#[tokio::test]
async fn many_are_leased_by_one_record_which_goes_when_all_are_settled() {
    let world = World::new(no_limits());
    world.subscribe(100, ChatKind::Group).await;
    let post = world.push("together", Priority::Bulk).await;
    let outbox = world.outbox();
    until(&world, &outbox, async || world.chats.shown().len() >= 10).await;
    let leased: usize = departures(&world).await.iter().map(|d| d.deliveries.len()).sum();
    assert!(leased >= 8, "{leased} of 100 are leased");
    // The lease is in the deliveries of a small page alone: the others need not be written for it.
    let by_itself = |d: &&Delivery| matches!(d.state, DeliveryState::Leased { .. });
    assert!(world.deliveries(post).await.iter().filter(by_itself).count() < 8);
    world.drain(&world.outbox()).await;
    assert_eq!(departures(&world).await, []);
}

#[tokio::test]
async fn of_those_that_a_dead_run_had_leased_together_only_the_open_ones_are_marked() {
    let world = World::new(no_limits());
    let names = world.subscribe(40, ChatKind::Group).await;
    let (span, scope) = (Duration::from_secs(30), WaitScope::Chat);
    world.chats.script(&names[3], [Does::Fails(SendFailure::Wait { span, scope })]);
    world.chats.script(&names[20], [Does::ShowsAndHangs]);
    let post = world.push("one of them hangs", Priority::Bulk).await;
    {
        let outbox = world.outbox();
        until(&world, &outbox, async || {
            let hangs = !world.chats.texts(&names[20]).is_empty();
            hangs && to(&world, post, &names[3]).await.attempts.len() > 1
        })
        .await;
    }
    world.clock.advance(Duration::from_mins(1));
    world.drain(&world.outbox()).await;
    for name in &names {
        let delivery = to(&world, post, name).await;
        assert!(matches!(delivery.state, DeliveryState::Sent { .. }), "{name}: {delivery:?}");
        let repeats = world.chats.texts(name).len() - 1;
        assert!(repeats <= unknown(&delivery), "{name} had it {repeats} times more, unmarked");
    }
    // It waited, which was written down: nothing of it is in doubt.
    assert_eq!(unknown(&to(&world, post, &names[3]).await), 0);
    assert_eq!(unknown(&to(&world, post, &names[20]).await), 1);
    assert_eq!(departures(&world).await, []);
}

#[tokio::test]
async fn a_round_that_is_dropped_is_looked_after_by_the_next_of_the_same_run() {
    let world = World::new(no_limits());
    let names = world.subscribe(40, ChatKind::Group).await;
    world.chats.script(&names[0], [Does::ShowsAndHangs]);
    let post = world.push("dropped", Priority::Bulk).await;
    let outbox = world.outbox();
    until(&world, &outbox, async || !world.chats.texts(&names[0]).is_empty()).await;
    world.drain(&outbox).await;
    assert_eq!(unknown(&to(&world, post, &names[0]).await), 1);
    assert_eq!(world.chats.texts(&names[0]).len(), 2);
    assert_eq!(departures(&world).await, []);
}

#[tokio::test]
async fn a_few_are_leased_each_by_itself() {
    let world = World::new(no_limits());
    world.subscribe(5, ChatKind::Group).await;
    let post = world.push("few", Priority::Bulk).await;
    let outbox = world.outbox();
    until(&world, &outbox, async || !world.chats.shown().is_empty()).await;
    assert_eq!(departures(&world).await, []);
    let due = |d: &&Delivery| matches!(d.state, DeliveryState::Due { .. });
    assert_eq!(world.deliveries(post).await.iter().filter(due).count(), 0);
}

#[tokio::test]
async fn a_full_disk_leaves_no_departure_behind_once_there_is_room() {
    let world = World::new(no_limits());
    world.subscribe(60, ChatKind::Group).await;
    let post = world.push("full", Priority::Bulk).await;
    let outbox = world.outbox();
    let account = AccountId(ACCOUNT.to_owned());
    let mut round = Box::pin(outbox.round(&account));
    while world.chats.shown().len() < 20 {
        assert!(futures::poll!(&mut round).is_pending());
        tokio::task::yield_now().await;
    }
    world.disk.has(0);
    let looked = world.disk.looks();
    while world.disk.looks() < looked + 3 {
        assert!(futures::poll!(&mut round).is_pending());
        tokio::task::yield_now().await;
    }
    world.disk.has(1_000);
    round.await.expect("goes on");
    world.drain(&outbox).await;
    let all = world.deliveries(post).await;
    assert!(all.iter().all(|d| matches!(d.state, DeliveryState::Sent { .. }) && unknown(d) == 0));
    assert_eq!(world.chats.shown().len(), 60);
    assert_eq!(departures(&world).await, []);
}

#[tokio::test]
async fn what_was_leased_together_is_held_for_a_person_where_that_is_the_policy() {
    let mut world = World::new(no_limits());
    world.policy = tongxin::model::UnknownPolicy::Hold;
    let names = world.subscribe(40, ChatKind::Group).await;
    world.chats.script(&names[0], [Does::ShowsAndHangs]);
    let post = world.push("held", Priority::Bulk).await;
    until(&world, &world.outbox(), async || !world.chats.texts(&names[0]).is_empty()).await;
    world.drain(&world.outbox()).await;
    let held = to(&world, post, &names[0]).await;
    assert!(matches!(held.state, DeliveryState::Unknown { .. }), "{held:?}");
    assert!(names.iter().all(|name| world.chats.texts(name).len() <= 1));
    assert_eq!(departures(&world).await, []);
}
