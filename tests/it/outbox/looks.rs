//! How often the queue is read: on a large store that is what sending costs.

use super::world::{ACCOUNT, World, no_limits};
use crate::fakes::around::{Around, Otherwise};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::connector::Limits;
use tongxin::model::{
    AccountId, Change, Changes, ChatKind, Delivery, DeliveryState, Index, PauseReason, Post,
    Priority, Record,
};
use tongxin::rounds::duties::Gate;
use tongxin::rounds::outbox::Outbox;
use tongxin::store::{Scan, Sharing, Store, StoreError};

/// Of each look at the long queue whether it began at its front.
#[derive(Default)]
struct Counting(Mutex<Vec<bool>>);

#[async_trait]
impl Otherwise for Counting {
    fn sharing(&self, _: &dyn Store) -> Sharing {
        Sharing::Shared
    }

    fn scanned(&self, scan: &Scan) {
        let queue = Delivery::queue(&AccountId(ACCOUNT.to_owned()), Priority::Bulk);
        if scan.index == Index::Due && scan.prefix == queue {
            self.0.lock().expect("a lock").push(scan.after.is_none());
        }
    }
}

fn counted(world: &World) -> (Arc<Around<Counting>>, Outbox) {
    let store = Arc::new(Around::over(world.store.clone(), Counting::default()));
    let outbox = world.outbox_over(store.clone(), Gate::Open(world.clock.clone()));
    (store, outbox)
}

#[tokio::test]
async fn one_look_at_a_time_takes_a_page_and_the_next_begins_behind_it() {
    let world = World::new(Limits { parallel: 64, ..no_limits() });
    world.subscribe(1000, ChatKind::Group).await;
    world.push("you", Priority::Bulk).await;
    let (store, outbox) = counted(&world);
    let account = AccountId(ACCOUNT.to_owned());
    assert_eq!(outbox.round(&account).await, Ok(None));
    assert_eq!(world.chats.shown().len(), 1000);
    let fronts = store.otherwise.0.lock().expect("a lock").clone();
    // A look takes what the requests under way leave room for, 128 at most: so the first seven find something behind
    // them. How often it is made sure at the end that nothing more came depends on how the last ones end.
    assert!((8..=200).contains(&fronts.len()), "{fronts:?}");
    assert!(fronts[0] && !fronts[1..7].contains(&true), "{fronts:?}");
}

#[tokio::test]
async fn what_is_planned_later_is_found_behind_a_long_queue_and_before_it_within_a_moment() {
    let world = World::new(Limits { parallel: 64, ..no_limits() });
    world.subscribe(4200, ChatKind::Group).await;
    world.push("many", Priority::Bulk).await;
    let (_, outbox) = counted(&world);
    rests(&world, &outbox).await;
    assert_eq!(world.chats.shown().len(), 4200);
    // Another worker, whose clock is behind, plans meanwhile: what it says lies before.
    let now = world.clock.now();
    world.clock.jump(now.minus(Duration::from_secs(2)));
    world.push("one more", Priority::Bulk).await;
    world.clock.jump(now.plus(SPARED));
    rests(&world, &outbox).await;
    assert_eq!(world.chats.shown().len(), 8400);
}

/// How long something before what was read may wait.
const SPARED: Duration = Duration::from_millis(250);

/// Turns the round until it is sure that nothing is left: where it is not, it looks again soon.
async fn rests(world: &World, outbox: &Outbox) {
    let account = AccountId(ACCOUNT.to_owned());
    for _ in 0..4 {
        let now = world.clock.now();
        let Some(next) = outbox.round(&account).await.expect("sends") else { return };
        assert!(next > now && next.since(now) <= SPARED, "{next} is not soon after {now}");
        world.clock.jump(next);
    }
    panic!("the outbox does not come to rest");
}

/// Has a post go on just before the first delivery of it is parked.
struct GoesOn(Mutex<Option<Changes>>);

#[async_trait]
impl Otherwise for GoesOn {
    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        let parks = |change: &Change| {
            let Some(Record::Delivery(delivery)) = &change.record else { return false };
            matches!(delivery.state, DeliveryState::Parked { .. })
        };
        if changes.changes.iter().any(parks) {
            let goes_on = self.0.lock().expect("a lock").take();
            if let Some(goes_on) = goes_on {
                below.commit(goes_on).await.expect("goes on");
            }
        }
        below.commit(changes).await
    }
}

#[tokio::test]
async fn what_a_paused_post_owes_is_not_parked_once_the_post_goes_on() {
    let world = World::new(no_limits());
    world.subscribe(5, ChatKind::Group).await;
    let post = world.push("you", Priority::Bulk).await;
    let old = world.post(post).await;
    let why = PauseReason::Failing { dead: 1, of: 2, reason: "gone".to_owned() };
    let state = old.state.clone().pause(why, world.clock.now()).expect("pauses");
    let mut changes = Changes::new();
    changes.update(&old, Post { state, ..old.value.clone() });
    world.commit(changes).await;
    let paused = world.post(post).await;
    let mut goes_on = Changes::new();
    let state = paused.state.clone().resume().expect("goes on");
    goes_on.update(&paused, Post { state, ..paused.value.clone() });
    let store = Arc::new(Around::over(world.store.clone(), GoesOn(Mutex::new(Some(goes_on)))));
    let outbox = world.outbox_over(store, Gate::Open(world.clock.clone()));
    world.drain(&outbox).await;
    assert_eq!(world.chats.shown().len(), 5);
}
