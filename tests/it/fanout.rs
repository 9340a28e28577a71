//! From a published post to what is owed, page by page.

use crate::outbox::world::World;
use crate::outbox::world::no_limits;
use tongxin::model::{ChatKind, Index, PostState, Priority, Tally};
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
