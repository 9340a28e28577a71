//! What platforms answer, and what becomes of it.

use super::world::{Does, World, no_limits, platform_limits};
use std::time::Duration;
use tongxin::clock::Clock;
use tongxin::connector::{SendFailure, WaitScope};
use tongxin::model::{
    Changes, ChatKind, Delivery, DeliveryState, Priority, Standing, Subscriber, Tally, TopicId,
    UnknownPolicy,
};
use tongxin::store::Reads;

fn words(what: &str) -> String {
    what.to_owned()
}

#[tokio::test]
async fn a_chat_that_waits_delays_no_other_and_is_not_counted_a_failure() {
    let world = World::new(no_limits());
    world.subscribe(40, ChatKind::Group).await;
    let wait = SendFailure::Wait { span: Duration::from_mins(1), scope: WaitScope::Chat };
    world.chats.script("chat0007", [Does::Fails(wait)]);
    let post = world.push("one", Priority::Bulk).await;
    world.clock.advance(Duration::from_millis(3));
    world.push("two", Priority::Bulk).await;
    let start = world.clock.now();
    let outbox = world.outbox();
    let next = world.round(&outbox).await.expect("one waits");
    assert_eq!(world.chats.shown().len(), 78);
    assert!(next.since(start) >= Duration::from_secs(59), "{:?}", next.since(start));
    world.clock.advance(Duration::from_millis(10));
    world.push("three", Priority::Bulk).await;
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("chat0007"), ["one", "two", "three"]);
    let shown = world.chats.shown().into_iter().filter(|s| s.chat == "chat0007");
    assert!(shown.map(|s| s.at.since(start)).all(|late| late >= Duration::from_mins(1)));
    let deliveries = world.deliveries(post).await;
    assert!(deliveries.iter().all(|d| d.failures == 0));
}

#[tokio::test]
async fn several_chats_that_wait_at_once_hold_the_account() {
    let world = World::new(no_limits());
    world.subscribe(40, ChatKind::Group).await;
    let wait = SendFailure::Wait { span: Duration::from_secs(5), scope: WaitScope::Chat };
    for chat in ["chat0000", "chat0001", "chat0002"] {
        world.chats.script(chat, [Does::Fails(wait.clone())]);
    }
    world.push("one", Priority::Bulk).await;
    let start = world.clock.now();
    let outbox = world.outbox();
    let next = world.round(&outbox).await.expect("all wait");
    // What had left before the third answer came is there; nothing leaves after it.
    assert!(world.chats.shown().len() <= 16, "{}", world.chats.shown().len());
    assert_eq!(next, start.plus(Duration::from_secs(5)));
    world.drain(&outbox).await;
    assert_eq!(world.chats.shown().len(), 40);
}

#[tokio::test]
async fn what_fails_for_a_while_is_tried_again_and_what_fails_always_is_given_up() {
    let world = World::new(no_limits());
    world.subscribe(2, ChatKind::Group).await;
    let fails = || Does::Fails(SendFailure::Transient(words("502")));
    world.chats.script("chat0000", (0..3).map(|_| fails()));
    world.chats.script("chat0001", (0..40).map(|_| fails()));
    let post = world.push("one", Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    assert_eq!(world.chats.texts("chat0000"), ["one"]);
    assert!(world.chats.texts("chat0001").is_empty());
    let deliveries = world.deliveries(post).await;
    let dead: Vec<_> =
        deliveries.iter().filter(|d| matches!(d.state, DeliveryState::Dead { .. })).collect();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].failures, 11);
    assert_eq!(world.store.tally(&Tally::Dead.of(post)).await, Ok(1));
}

#[tokio::test]
async fn a_chat_that_moved_is_written_to_at_its_new_address() {
    let world = World::new(no_limits());
    world.subscribe(3, ChatKind::Group).await;
    let to = world.address("super", ChatKind::Group);
    world.chats.script("chat0001", [Does::Fails(SendFailure::Moved(to))]);
    world.push("one", Priority::Bulk).await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    world.clock.advance(Duration::from_secs(1));
    world.push("two", Priority::Bulk).await;
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("super"), ["one", "two"]);
    assert!(world.chats.texts("chat0001").is_empty());
}

#[tokio::test]
async fn a_chat_that_moved_to_a_subscriber_is_one_with_it() {
    let world = World::new(no_limits());
    world.subscribe(3, ChatKind::Group).await;
    let to = world.address("chat0002", ChatKind::Group);
    let outbox = world.outbox();
    world.chats.script("chat0001", [Does::Fails(SendFailure::Moved(to))]);
    world.push("one", Priority::Bulk).await;
    world.drain(&outbox).await;
    world.clock.advance(Duration::from_secs(1));
    world.push("two", Priority::Bulk).await;
    world.drain(&outbox).await;
    let texts = world.chats.texts("chat0002");
    assert_eq!(texts.iter().filter(|t| *t == "two").count(), 1, "{texts:?}");
}

#[tokio::test]
async fn a_chat_that_is_gone_ends_and_one_that_is_blocked_rests_and_staff_are_told_once() {
    let world = World::new(no_limits());
    world.administrator().await;
    world.subscribe(4, ChatKind::Group).await;
    world.chats.script("chat0001", [Does::Fails(SendFailure::Gone(words("kicked")))]);
    world.chats.script("chat0002", [Does::Fails(SendFailure::Blocked(words("no rights")))]);
    let post = world.push("one", Priority::Bulk).await;
    world.push("two", Priority::Bulk).await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    let ended = world.subscriber("chat0001").await;
    assert!(matches!(&ended.standing, Standing::Ended { reason, .. } if reason == "kicked"));
    let paused = world.subscriber("chat0002").await;
    assert!(matches!(&paused.standing, Standing::Paused { reason, .. } if reason == "no rights"));
    let alarms = world.chats.texts("admin").join("\n");
    assert!(alarms.contains("Group chat0001") && alarms.contains("kicked"), "{alarms}");
    assert!(alarms.contains("Group chat0002") && alarms.contains("no rights"), "{alarms}");
    assert_eq!(alarms.matches("kicked").count(), 1);
    assert_eq!(world.store.tally(&Tally::Sent.of(post)).await, Ok(2));
    assert_eq!(world.store.tally(&Tally::Dead.of(post)).await, Ok(2));
    // The third post is not even planned for them.
    world.clock.advance(Duration::from_secs(1));
    let third = world.push("three", Priority::Bulk).await;
    assert_eq!(world.deliveries(third).await.len(), 2);
}

#[tokio::test]
async fn readers_who_left_are_no_failure_and_nobody_is_told_of_each() {
    let world = World::new(no_limits());
    world.administrator().await;
    let names = world.subscribe(60, ChatKind::Direct).await;
    for name in &names[..40] {
        world.chats.script(name, [Does::Fails(SendFailure::Gone("blocked by the user".into()))]);
    }
    let post = world.push("one", Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    let counted = async |tally: Tally| world.store.tally(&tally.of(post)).await.expect("reads");
    assert_eq!(counted(Tally::Sent).await, 20);
    assert_eq!((counted(Tally::Dropped).await, counted(Tally::Dead).await), (40, 0));
    assert!(world.chats.shown().iter().all(|said| said.text == "one"), "staff hear of none");
    world.push("two", Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    assert_eq!(world.chats.shown().iter().filter(|said| said.text == "two").count(), 20);
}

#[tokio::test]
async fn a_submitter_who_is_gone_costs_one_delivery() {
    let world = World::new(no_limits());
    world.administrator().await;
    world.chats.script("4242", [Does::Fails(SendFailure::Blocked(words("blocked")))]);
    let (id, _) = world.say_sealed("4242", "secret").await;
    world.drain(&world.outbox()).await;
    let state = world.delivery(id).await.state;
    assert!(matches!(state, DeliveryState::Dead { reason, .. } if reason == "blocked"));
    assert!(world.chats.texts("admin").is_empty());
}

#[tokio::test]
async fn a_refused_account_stops_loses_nothing_and_goes_on_when_it_is_mended() {
    let world = World::new(no_limits());
    world.administrator().await;
    world.subscribe(100, ChatKind::Group).await;
    let post = world.push("one", Priority::Bulk).await;
    world.chats.refuse(Some(SendFailure::Misconfigured(words("401"))));
    let outbox = world.outbox();
    let start = world.clock.now();
    let next = world.round(&outbox).await.expect("a probe");
    assert_eq!(next, start.plus(Duration::from_mins(5)));
    let deliveries = world.deliveries(post).await;
    assert!(deliveries.iter().all(|d| matches!(d.state, DeliveryState::Due { .. })));
    world.clock.jump(next);
    assert_eq!(world.round(&outbox).await, Some(next.plus(Duration::from_mins(5))));
    world.chats.refuse(None);
    world.clock.advance(Duration::from_mins(5));
    world.drain(&outbox).await;
    assert_eq!(world.store.tally(&Tally::Sent.of(post)).await, Ok(100));
    let alarms = world.chats.texts("admin").join("\n");
    assert_eq!(alarms.matches("401").count(), 1, "{alarms}");
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_or_held_as_the_policy_says() {
    for policy in [UnknownPolicy::Resend, UnknownPolicy::Hold] {
        let mut world = World::new(no_limits());
        world.policy = policy;
        world.administrator().await;
        world.subscribe(3, ChatKind::Group).await;
        world.chats.script("chat0001", [Does::ShowsAndCuts]);
        let post = world.push("one", Priority::Bulk).await;
        let outbox = world.outbox();
        world.drain(&outbox).await;
        world.drain(&outbox).await;
        let deliveries = world.deliveries(post).await;
        let marked: Vec<_> = deliveries.iter().filter(|d| d.may_repeat()).collect();
        assert_eq!(marked.len(), 1);
        let alarms = world.chats.texts("admin").len();
        match policy {
            UnknownPolicy::Resend => {
                assert_eq!(world.chats.texts("chat0001"), ["one", "one"]);
                assert!(matches!(marked[0].state, DeliveryState::Sent { .. }));
                assert_eq!(alarms, 0);
            }
            UnknownPolicy::Hold => {
                assert_eq!(world.chats.texts("chat0001"), ["one"]);
                assert!(matches!(marked[0].state, DeliveryState::Unknown { .. }));
                assert_eq!(world.store.tally(&Tally::Unknown.of(post)).await, Ok(1));
                assert!(alarms >= 1);
            }
        }
    }
}

#[tokio::test]
async fn a_post_of_which_nobody_ever_knows_whether_it_arrived_is_held_after_three_and_staff_are_told()
 {
    let world = World::new(no_limits());
    world.administrator().await;
    world.subscribe(3, ChatKind::Group).await;
    world.chats.script("chat0001", (0..40).map(|_| Does::ShowsAndCuts));
    let post = world.push("one", Priority::Bulk).await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("chat0001"), ["one", "one", "one"]);
    let copies: Vec<_> = world.chats.shown().into_iter().filter(|s| s.chat == "chat0001").collect();
    assert!(copies.windows(2).all(|two| two[1].at > two[0].at), "each after a while");
    let held =
        world.deliveries(post).await.into_iter().filter(Delivery::may_repeat).collect::<Vec<_>>();
    assert!(
        matches!(held[..], [Delivery { state: DeliveryState::Unknown { .. }, .. }]),
        "{held:?}"
    );
    assert_eq!(world.store.tally(&Tally::Unknown.of(post)).await, Ok(1));
    let told = world.chats.texts("admin").join(" ");
    assert_eq!(told.matches("may not have arrived").count(), 1, "{told}");
}

#[tokio::test]
async fn what_staff_are_told_of_held_messages_raises_no_alarm_when_it_is_lost_itself() {
    let mut world = World::new(no_limits());
    world.policy = UnknownPolicy::Hold;
    world.administrator().await;
    world.subscribe(3, ChatKind::Group).await;
    world.chats.script("chat0001", [Does::ShowsAndCuts]);
    world.chats.script("admin", (0..20).map(|_| Does::ShowsAndCuts));
    world.push("one", Priority::Bulk).await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("chat0001"), ["one"]);
    assert_eq!(world.chats.texts("admin").len(), 3);
    // An answer to somebody is given up in the end as well, and not held where nobody could settle it.
    world.chats.script("li", (0..20).map(|_| Does::ShowsAndCuts));
    let (answer, _) = world.say_sealed("li", "an answer").await;
    world.drain(&outbox).await;
    assert!(matches!(world.delivery(answer).await.state, DeliveryState::Dead { .. }));
}

#[tokio::test]
async fn a_platform_that_asks_for_no_wait_or_for_all_time_is_given_a_second_or_a_day() {
    let world = World::new(no_limits());
    world.subscribe(1, ChatKind::Group).await;
    let wait = |span, scope| Does::Fails(SendFailure::Wait { span, scope });
    world.chats.script("chat0000", (0..20).map(|_| wait(Duration::ZERO, WaitScope::Chat)));
    let began = world.clock.now();
    let outbox = world.outbox();
    world.push("one", Priority::Bulk).await;
    world.drain(&outbox).await;
    assert!(world.clock.now().since(began) >= Duration::from_secs(20));
    world.chats.script("chat0000", [wait(Duration::MAX, WaitScope::Account)]);
    world.push("two", Priority::Bulk).await;
    let began = world.clock.now();
    world.drain(&outbox).await;
    assert!(world.clock.now().since(began) <= Duration::from_hours(26));
    assert_eq!(world.chats.texts("chat0000"), ["one", "two"]);
}

#[tokio::test]
async fn posts_to_one_chat_keep_their_order_when_the_first_is_put_off() {
    let wait = SendFailure::Wait { span: Duration::from_secs(1), scope: WaitScope::Chat };
    let account = SendFailure::Wait { span: Duration::from_secs(7), scope: WaitScope::Account };
    let failure = SendFailure::Transient("502".to_owned());
    let refused = SendFailure::Misconfigured("a key that is no good".to_owned());
    for (failure, count) in [(wait, 4), (account, 40), (failure, 40), (refused, 40)] {
        let world = World::new(platform_limits());
        world.subscribe(1, ChatKind::Group).await;
        let names: Vec<_> = (0..count).map(|n| format!("{n}")).collect();
        for name in &names {
            world.push(name, Priority::Bulk).await;
            world.clock.advance(Duration::from_millis(3));
        }
        let outbox = world.outbox();
        if let SendFailure::Misconfigured(_) = failure {
            for _ in 0..3 {
                let next = world.round(&outbox).await.expect("more");
                world.clock.jump(next);
            }
            world.chats.refuse(Some(failure.clone()));
            world.round(&outbox).await;
            world.chats.refuse(None);
        } else {
            world.chats.script("chat0000", [Does::Fails(failure.clone())]);
        }
        world.drain(&outbox).await;
        assert_eq!(world.chats.texts("chat0000"), names, "{failure:?}");
        assert_eq!(world.chats.too_many(), 0);
    }
}

#[tokio::test]
async fn a_chat_with_very_many_topics_can_be_gone() {
    for count in [46, 60] {
        let world = World::new(no_limits());
        world.administrator().await;
        world.subscribe(2, ChatKind::Group).await;
        for to in (0..=count).step_by(20) {
            let old = world.subscriber("chat0001").await;
            let topics = (to..count.min(to + 20)).map(|n| TopicId(format!("topic{n}")));
            let topics = old.topics.iter().cloned().chain(topics).collect();
            let mut changes = Changes::new();
            changes.update(&old, Subscriber { topics, ..old.value.clone() });
            world.commit(changes).await;
        }
        world.chats.script("chat0001", [Does::Fails(SendFailure::Gone("left".to_owned()))]);
        let post = world.push("one", Priority::Bulk).await;
        let outbox = world.outbox();
        world.drain(&outbox).await;
        let dead = |d: &&Delivery| matches!(d.state, DeliveryState::Dead { .. });
        assert_eq!(world.deliveries(post).await.iter().filter(dead).count(), 1);
        let told = world.chats.texts("admin").join(" ");
        assert_eq!(told.matches("nothing more is sent there").count(), 1, "{told}");
        let ended = matches!(world.subscriber("chat0001").await.standing, Standing::Ended { .. });
        assert_eq!(ended, count == 46, "{count}");
    }
}
