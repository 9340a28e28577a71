//! From a published post to what is owed, page by page.

use crate::outbox::world::{World, no_limits, platform_limits, topic};
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::model::{
    AccountId, Address, At, Became, Cause, Changes, ChatKind, Delivery, DeliveryId, DeliveryState,
    FanOut, Index, Judged, Lang, MessageMark, PostId, PostState, Priority, Revision, Ruling,
    Standing, Subscriber, SubscriberId, Tally, UnknownPolicy, Work,
};
use tongxin::rounds::fanout::{Planner, Rest};
use tongxin::store::{Reads, Scan, Store};
use uuid::Uuid;

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

/// How many chats of each account have a delivery.
const EACH: u128 = 40;

/// A post that is out, whose deliveries to chats of the accounts `stuck` and `works`, in that order, stand as they
/// are made to; the former has as much to send as it is given, and sends nothing.
async fn stopped(world: &World, make: impl Fn(Delivery, At) -> Delivery) -> PostId {
    let post = world.push("one", Priority::Bulk).await;
    let (other, now) = (PostId(Uuid::from_u128(7)), world.clock.now());
    let due = |post, account: &str, n| {
        let id = DeliveryId::Post(post, Revision::FIRST, SubscriberId(Uuid::from_u128(n)));
        Delivery::due(id, AccountId(account.to_owned()), Priority::Bulk, now)
    };
    for n in 0..EACH {
        let mut changes = Changes::new();
        changes.insert(due(other, "stuck", n));
        changes.insert(make(due(post, "stuck", n), now));
        changes.insert(make(due(post, "works", EACH + n), now));
        world.commit(changes).await;
    }
    post
}

/// Begins some work on the deliveries of a post.
async fn begin(world: &World, post: PostId, work: Work) {
    let mut changes = Changes::new();
    changes.insert(FanOut::begin(post, Revision::FIRST, topic(), Priority::Bulk).with(work));
    world.commit(changes).await;
}

/// A planner that gives the two accounts little to send ahead; it has made so many rounds.
async fn goes_on(world: &World, rounds: usize) -> Planner {
    let ahead = |account: &str| (AccountId(account.to_owned()), 40);
    let planner = world.planner().ahead([ahead("stuck"), ahead("works")]);
    for _ in 0..rounds {
        planner.round().await.expect("plans");
    }
    planner
}

/// How many deliveries of a post are due, of the two accounts.
async fn due(world: &World, post: PostId) -> [usize; 2] {
    let all = world.deliveries(post).await;
    let due = all.iter().filter(|d| matches!(d.state, DeliveryState::Due { .. }));
    let [mut stuck, mut works] = [0, 0];
    due.for_each(|d| if d.account.0 == "stuck" { stuck += 1 } else { works += 1 });
    [stuck, works]
}

#[tokio::test]
async fn an_account_that_sends_nothing_keeps_no_other_from_going_on() {
    let world = World::new(no_limits());
    let post = stopped(&world, Delivery::park).await;
    begin(&world, post, Work::Unpark).await;
    let planner = goes_on(&world, 10).await;
    assert_eq!(due(&world, post).await, [40, 40]);
    assert_eq!(planner.round().await.expect("plans").rest, Rest::Nothing);
}

#[tokio::test]
async fn an_account_that_sends_nothing_keeps_nothing_from_being_settled() {
    let unknown = |delivery: Delivery, now| {
        delivery.settle_unknown(now, "cut".to_owned(), UnknownPolicy::Hold, now)
    };
    for (ruling, due_again) in [(Ruling::Resend, [40, 40]), (Ruling::Sent, [0, 0])] {
        let world = World::new(no_limits());
        let post = stopped(&world, unknown).await;
        begin(&world, post, Work::Rule(ruling)).await;
        let planner = goes_on(&world, 10).await;
        assert_eq!(due(&world, post).await, due_again);
        let held = world.store.scan(&Scan::of(Index::Troubled, Vec::new(), 1)).await;
        assert_eq!(held, Ok(Vec::new()));
        assert_eq!(planner.round().await.expect("plans").rest, Rest::Nothing);
    }
}

#[tokio::test]
async fn an_account_that_sends_nothing_keeps_no_other_from_trying_again_and_has_its_turn_later() {
    let world = World::new(no_limits());
    let dead = |delivery: Delivery, now| delivery.settle_dead(now, "full".to_owned());
    let post = stopped(&world, dead).await;
    begin(&world, post, Work::Retry).await;
    let planner = goes_on(&world, 10).await;
    assert_eq!(due(&world, post).await, [0, 40]);
    // What is given up once more is not tried once more.
    world.clock.advance(Duration::from_secs(1));
    settle(&world, post, dead).await;
    for _ in 0..10 {
        // None of these is made again at once: nothing has room.
        assert_eq!(planner.round().await.expect("plans").rest, Rest::Waiting);
    }
    assert_eq!(due(&world, post).await, [0, 0]);
    // When the other account sends again, its chats have their turn.
    for _ in 0..4 {
        let other = PostId(Uuid::from_u128(7));
        settle(&world, other, Delivery::settle_sent).await;
        settle(&world, post, Delivery::settle_sent).await;
        for _ in 0..10 {
            planner.round().await.expect("plans");
        }
    }
    let all = world.deliveries(post).await;
    let sent = all.iter().filter(|d| matches!(d.state, DeliveryState::Sent { .. }));
    assert_eq!(sent.map(|d| d.account.0.as_str()).collect::<Vec<_>>(), ["stuck"; 40]);
    assert_eq!(planner.round().await.expect("plans").rest, Rest::Nothing);
}

#[tokio::test]
async fn what_a_platform_took_in_parts_and_turned_down_is_tried_again() {
    let world = World::new(no_limits());
    let refused = |delivery: Delivery, now| {
        let mark = |part: u32| {
            let (chat, message) = (format!("{:?}", delivery.id), part.to_string());
            MessageMark::Open { chat, message }
        };
        let sent = (0..4).map(mark).fold(delivery.clone(), Delivery::part_taken);
        let became = Became::Refused(Cause::Other("spam".to_owned()));
        match sent.settle_sent(now).judge(now, &became, "spam".to_owned()) {
            Judged::So(delivery, _) => delivery,
            Judged::Later => panic!("it was sent"),
        }
    };
    let post = stopped(&world, refused).await;
    begin(&world, post, Work::Retry).await;
    goes_on(&world, 20).await;
    assert_eq!(due(&world, post).await, [0, 40]);
    assert_eq!(world.store.verify().await.expect("looks").problems, Vec::<String>::new());
}

/// Settles what is due of a post.
async fn settle(world: &World, post: PostId, step: impl Fn(Delivery, At) -> Delivery) {
    let reads: &dyn Reads = &*world.store;
    for delivery in world.deliveries(post).await {
        if let DeliveryState::Due { .. } = delivery.state {
            let old = reads.find::<Delivery>(&delivery.id.key()).await.expect("reads");
            let old = old.expect("is there");
            let mut changes = Changes::new();
            changes.update(&old, step(old.value.clone(), world.clock.now()));
            world.commit(changes).await;
        }
    }
}
