//! Several workers over one store, as the outbox has it.

use super::world::{ACCOUNT, Does, World, no_limits, platform_limits};
use std::sync::Arc;
use tongxin::clock::Clock;
use tongxin::model::{AccountId, ChatKind, DeliveryState, Duty, Priority};
use tongxin::rounds::duties::{Duties, Gate, Settings, Wanted};
use tongxin::rounds::outbox::Outbox;

fn account() -> AccountId {
    AccountId(ACCOUNT.to_owned())
}

/// A worker that would do another account and ours; what it has beyond its share is ours.
fn worker(world: &World) -> (Arc<Duties>, Outbox) {
    let another = Duty::Account(AccountId("another".to_owned()));
    let wanted = Wanted { stays: vec![], spreads: vec![another, Duty::Account(account())] };
    let (store, clock) = (world.store.clone(), world.clock.clone());
    let duties = Arc::new(Duties::new(store, clock, Settings::default(), wanted));
    let outbox = world.outbox_of(Gate::Duties(duties.clone()));
    (duties, outbox)
}

async fn beat(worker: &Duties) {
    worker.round().await.expect("beats");
}

/// A worker joins, and shows that it stays.
async fn joins(worker: &Duties) {
    for _ in 0..3 {
        beat(worker).await;
    }
}

#[tokio::test]
async fn an_account_that_moves_in_mid_push_leaves_nothing_interrupted_and_repeats_nothing() {
    let world = World::new(no_limits());
    let names = world.subscribe(100, ChatKind::Group).await;
    let post = world.push("moves", Priority::Bulk).await;
    let ((one, sends), (two, goes_on)) = (worker(&world), worker(&world));
    let ours = account();
    beat(&one).await;
    {
        let mut round = Box::pin(sends.round(&ours));
        while world.chats.shown().len() < 10 {
            assert!(futures::poll!(&mut round).is_pending());
            tokio::task::yield_now().await;
        }
        joins(&two).await;
        beat(&one).await;
        // It is not the other's while something is under way here.
        beat(&two).await;
        assert_eq!(goes_on.round(&ours).await, Ok(None));
        assert_eq!(round.await, Ok(None));
    }
    let before = world.chats.shown().len();
    assert!((10..100).contains(&before), "{before}");
    let deliveries = world.deliveries(post).await;
    let sent = deliveries.iter().filter(|d| matches!(d.state, DeliveryState::Sent { .. })).count();
    assert_eq!(sent, before);
    let due = deliveries.iter().filter(|d| matches!(d.state, DeliveryState::Due { .. })).count();
    assert_eq!(due, 100 - before);
    beat(&one).await;
    beat(&two).await;
    assert_eq!(sends.round(&ours).await, Ok(None));
    assert_eq!(world.chats.shown().len(), before);
    goes_on.round(&ours).await.expect("sends");
    for name in &names {
        assert_eq!(world.chats.texts(name), ["moves"], "{name}");
    }
    assert!(world.deliveries(post).await.iter().all(|d| !d.may_repeat()));
}

#[tokio::test]
async fn what_waits_for_its_chats_turn_is_given_back_before_the_account_moves() {
    let world = World::new(platform_limits());
    let names = world.subscribe(5, ChatKind::Group).await;
    let posts = world.push_each(["one", "two", "three"]).await;
    let ((one, sends), (two, goes_on)) = (worker(&world), worker(&world));
    let ours = account();
    beat(&one).await;
    sends.round(&ours).await.expect("sends").expect("something waits");
    assert!(world.leased(&posts).await > 0);
    joins(&two).await;
    beat(&one).await;
    beat(&two).await;
    assert!(two.hold(&Duty::Account(ours.clone())).is_none());
    assert_eq!(sends.round(&ours).await, Ok(None));
    assert_eq!(world.leased(&posts).await, 0);
    beat(&one).await;
    beat(&two).await;
    while let Some(next) = goes_on.round(&ours).await.expect("sends") {
        world.clock.jump(next.max(world.clock.now()));
        beat(&one).await;
        beat(&two).await;
    }
    for name in &names {
        assert_eq!(world.chats.texts(name), ["one", "two", "three"], "{name}");
    }
    assert_eq!(world.chats.too_many(), 0);
    for post in posts {
        assert!(world.deliveries(post).await.iter().all(|d| !d.may_repeat()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_never_answers_holds_an_account_up_for_no_longer_than_a_stop() {
    let world = World::new(no_limits());
    let names = world.subscribe(3, ChatKind::Group).await;
    world.chats.script(&names[0], [Does::ShowsAndHangs]);
    let post = world.push("hangs", Priority::Bulk).await;
    let ((one, sends), (two, goes_on)) = (worker(&world), worker(&world));
    let ours = account();
    beat(&one).await;
    let began = tokio::time::Instant::now();
    {
        let mut round = Box::pin(sends.round(&ours));
        tokio::select! {
            _ = &mut round => panic!("the round does not wait for the platform"),
            () = world.chats.hung.notified() => {}
        }
        joins(&two).await;
        beat(&one).await;
        assert_eq!(round.await, Ok(None));
    }
    assert_eq!(began.elapsed().as_secs(), 10);
    beat(&one).await;
    beat(&two).await;
    goes_on.round(&ours).await.expect("sends");
    // What was not answered may have arrived: it is sent again, and marked.
    assert_eq!(world.chats.texts(&names[0]), ["hangs", "hangs"]);
    let deliveries = world.deliveries(post).await;
    assert_eq!(deliveries.iter().filter(|d| d.may_repeat()).count(), 1);
    assert!(deliveries.iter().all(|d| matches!(d.state, DeliveryState::Sent { .. })));
}
