//! What goes well, and what a restart makes of it.

use super::world::{ACCOUNT, Does, World, no_limits, platform_limits};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tongxin::clock::Clock;
use tongxin::model::{
    AccountId, Act, Attempt, Changes, ChatKind, DeliveryState, MessageMark, NoticeTo, Outcome,
    PersonId, Post, Priority, Shred, Stored, Tally, UnknownPolicy,
};
use tongxin::store::Reads;

fn sent(d: &tongxin::model::Delivery) -> bool {
    matches!(d.state, DeliveryState::Sent { .. })
}

#[tokio::test]
async fn a_post_reaches_every_subscriber_once_and_is_counted() {
    let world = World::new(no_limits());
    let names = world.subscribe(333, ChatKind::Group).await;
    let post = world.push("你好", Priority::Bulk).await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    for name in &names {
        assert_eq!(world.chats.texts(name), ["你好"], "{name}");
    }
    let deliveries = world.deliveries(post).await;
    assert_eq!(deliveries.len(), 333);
    assert!(deliveries.iter().all(sent));
    assert!(deliveries.iter().all(|d| d.sent.len() == 1 && !d.may_repeat()));
    assert_eq!(world.store.tally(&Tally::Sent.of(post)).await, Ok(333));
    assert_eq!(world.store.tally(&Tally::Planned.of(post)).await, Ok(333));
    assert!(world.chats.most_under_way() <= 8 && world.chats.most_under_way() > 4);
    // A second round finds nothing.
    assert_eq!(world.round(&outbox).await, None);
    assert_eq!(world.chats.shown().len(), 333);
}

#[tokio::test]
async fn a_long_post_goes_out_in_parts_and_in_order() {
    let world = World::new(no_limits());
    let names = world.subscribe(3, ChatKind::Group).await;
    let body = (0..12).map(|n| format!("第{n}段，内容要足够长才会分开发送。")).collect::<Vec<_>>();
    let post = world.push(&body.join("|"), Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    for name in &names {
        let texts = world.chats.texts(name);
        assert!(texts.len() > 3);
        let whole = texts.join("\n");
        let places: Vec<_> =
            body.iter().map(|p| whole.find(p.as_str()).expect("is there")).collect();
        assert!(places.is_sorted());
    }
    let deliveries = world.deliveries(post).await;
    assert!(deliveries.iter().all(|d| sent(d) && d.sent.len() > 3));
}

#[tokio::test]
async fn messages_to_one_chat_keep_their_order_and_urgent_ones_overtake() {
    let world = World::new(no_limits());
    world.subscribe(1, ChatKind::Group).await;
    for n in 0..20 {
        world.push(&format!("bulk {n}"), Priority::Bulk).await;
        world.clock.advance(Duration::from_millis(5));
    }
    world.push("urgent", Priority::Urgent).await;
    world.drain(&world.outbox()).await;
    let texts = world.chats.texts("chat0000");
    assert_eq!(texts[0], "urgent");
    let bulk: Vec<_> = (0..20).map(|n| format!("bulk {n}")).collect();
    assert_eq!(texts[1..], bulk[..]);
}

#[tokio::test]
async fn a_post_that_is_withdrawn_is_planned_and_sent_to_nobody_more() {
    let world = World::new(no_limits());
    world.subscribe(50, ChatKind::Group).await;
    let post = world.push("gone", Priority::Bulk).await;
    let unplanned = world.publish("never", Priority::Bulk).await;
    for id in [post, unplanned] {
        let old = world.post(id).await;
        let by = PersonId(world.clock.fresh());
        let state = old.state.clone().withdraw(by, world.clock.now()).expect("withdraws");
        let mut changes = Changes::new();
        changes.update(&old, Post { state, ..old.value.clone() });
        world.commit(changes).await;
    }
    world.planner().round().await.expect("plans");
    assert!(world.deliveries(unplanned).await.is_empty());
    world.drain(&world.outbox()).await;
    assert!(world.chats.shown().is_empty());
    assert_eq!(world.store.tally(&Tally::Dropped.of(post)).await, Ok(50));
}

#[tokio::test]
async fn a_round_that_is_cut_off_loses_nobody_and_marks_what_may_repeat() {
    let mut world = World::new(no_limits());
    for policy in [UnknownPolicy::Resend, UnknownPolicy::Hold] {
        world.policy = policy;
        let first = world.chats.shown().len();
        let names = if first == 0 {
            world.subscribe(60, ChatKind::Group).await
        } else {
            (0..60).map(|n| format!("chat{n:04}")).collect()
        };
        for name in &names[20..28] {
            world.chats.script(name, [Does::ShowsAndHangs]);
        }
        let post = world.push(&format!("{policy:?}"), Priority::Bulk).await;
        let account = AccountId(ACCOUNT.to_owned());
        let outbox = world.outbox();
        for _ in 0..8 {
            // Ends when a chat hangs: the process dies there.
            let round = outbox.round(&account);
            tokio::select! {
                () = world.chats.hung.notified() => break,
                _ = round => {}
            }
        }
        drop(outbox);
        for name in &names[20..28] {
            world.chats.script(name, []);
        }
        world.clock.advance(Duration::from_secs(1));
        // The chats that still would hang get to do so: each time the next run goes on.
        for _ in 0..9 {
            let outbox = world.outbox();
            tokio::select! {
                () = world.chats.hung.notified() => {}
                () = world.drain(&outbox) => break,
            }
        }
        let deliveries = world.deliveries(post).await;
        let shown = world.chats.shown().split_off(first);
        for delivery in &deliveries {
            match (&delivery.state, policy) {
                (DeliveryState::Sent { .. }, _) => {}
                (DeliveryState::Unknown { .. }, UnknownPolicy::Hold) => {
                    assert!(delivery.may_repeat());
                }
                other => panic!("{other:?}"),
            }
        }
        for name in &names {
            let times = shown.iter().filter(|s| s.chat == *name).count();
            assert!(times >= 1 || policy == UnknownPolicy::Hold, "{name}");
            let repeated = times > 1;
            assert!(!repeated || policy == UnknownPolicy::Resend);
        }
        let repeats = shown.len() - names.len().min(shown.len());
        let marked = deliveries.iter().filter(|d| d.may_repeat()).count();
        // Whatever came twice stands in the ledger as an attempt of which nobody knew, once for each time.
        let unknown = |a: &&Attempt| matches!(a.outcome, Outcome::Unknown(_));
        let unknown: usize =
            deliveries.iter().map(|d| d.attempts.iter().filter(unknown).count()).sum();
        assert!(marked >= 8 && repeats <= unknown, "{repeats} repeats, {unknown} unknown");
    }
}

#[tokio::test]
async fn a_message_of_parts_goes_on_with_the_part_after_a_restart() {
    let world = World::new(no_limits());
    world.subscribe(1, ChatKind::Group).await;
    let body = (0..4).map(|n| format!("Part {n} of a text that does not fit")).collect::<Vec<_>>();
    world.push(&body.join("|"), Priority::Bulk).await;
    world.chats.script("chat0000", []);
    let outbox = world.outbox();
    let account = AccountId(ACCOUNT.to_owned());
    // Cut off after the second part was shown.
    {
        let round = outbox.round(&account);
        let mut round = Box::pin(round);
        while world.chats.shown().len() < 2 {
            assert!(futures::poll!(&mut round).is_pending());
            tokio::task::yield_now().await;
        }
    }
    drop(outbox);
    world.clock.advance(Duration::from_secs(1));
    world.drain(&world.outbox()).await;
    let texts = world.chats.texts("chat0000");
    assert_eq!(texts.first().map(String::as_str), Some(body[0].as_str()));
    // At most the part that was under way is there twice.
    assert!((4..=5).contains(&texts.len()), "{texts:?}");
    let mut once = texts.clone();
    once.dedup();
    assert_eq!(once, body);
}

#[tokio::test]
async fn stopping_gives_back_what_waits_and_lets_the_rest_end() {
    let world = World::new(no_limits());
    world.subscribe(100, ChatKind::Group).await;
    let post = world.push("halt", Priority::Bulk).await;
    let outbox = world.outbox();
    let account = AccountId(ACCOUNT.to_owned());
    {
        let mut round = Box::pin(outbox.round(&account));
        while world.chats.shown().len() < 10 {
            assert!(futures::poll!(&mut round).is_pending());
            tokio::task::yield_now().await;
        }
        world.stop.cancel();
        round.await.expect("ends");
    }
    let deliveries = world.deliveries(post).await;
    let done = deliveries.iter().filter(|d| sent(d)).count();
    assert_eq!(done, world.chats.shown().len());
    assert!(deliveries.iter().all(|d| sent(d) || matches!(d.state, DeliveryState::Due { .. })));
    assert!(deliveries.iter().all(|d| !d.may_repeat()));
}

#[tokio::test]
async fn stopping_between_two_rounds_gives_back_what_waits_for_its_chats_turn() {
    let mut world = World::new(platform_limits());
    let names = world.subscribe(5, ChatKind::Group).await;
    let posts = world.push_each(["one", "two", "three"]).await;
    let (outbox, account) = (world.outbox(), AccountId(ACCOUNT.to_owned()));
    world.round(&outbox).await.expect("something waits");
    assert!(world.leased(&posts).await > 0);
    // As long as it goes on, it keeps what it has.
    outbox.wind_up(&account).await.expect("does nothing");
    assert!(world.leased(&posts).await > 0);
    world.stop.cancel();
    outbox.wind_up(&account).await.expect("gives back");
    assert_eq!(world.leased(&posts).await, 0);
    // Whoever begins next sends each once, in order, and takes none for interrupted.
    world.stop = CancellationToken::new();
    world.drain(&world.outbox()).await;
    for name in &names {
        assert_eq!(world.chats.texts(name), ["one", "two", "three"], "{name}");
    }
    for post in posts {
        assert!(world.deliveries(post).await.iter().all(|d| !d.may_repeat()));
    }
}

#[tokio::test]
async fn a_sealed_notice_leaves_no_address_and_orders_its_text_destroyed() {
    let world = World::new(no_limits());
    let (id, slot) = world.say_sealed("4242", "secret words").await;
    world.drain(&world.outbox()).await;
    assert_eq!(world.chats.texts("4242"), ["secret words"]);
    let delivery = world.delivery(id).await;
    assert!(matches!(delivery.sent[..], [MessageMark::Hidden(_)]));
    assert!(world.store.get(&Shred { slot }.key()).await.expect("reads").is_some());
}

#[tokio::test]
async fn a_notice_whose_key_was_destroyed_dies_and_says_why() {
    let world = World::new(no_limits());
    let (id, slot) = world.say_sealed("4242", "secret words").await;
    world.vault.sealer.destroy(&[slot]).expect("destroys");
    world.drain(&world.outbox()).await;
    assert!(world.chats.shown().is_empty());
    assert!(matches!(world.delivery(id).await.state, DeliveryState::Dead { .. }));
}

#[tokio::test]
async fn notices_are_said_amended_and_whispered() {
    let world = World::new(no_limits());
    let to = || NoticeTo::Open(world.address("g", ChatKind::Group));
    world.say(to(), Act::Say { reply_to: None }, "one").await;
    let outbox = world.outbox();
    world.drain(&outbox).await;
    world.say(to(), Act::Amend { message: "1".to_owned() }, "two").await;
    world.say(to(), Act::AnswerPress { press: "p".to_owned() }, "whisper").await;
    world.drain(&outbox).await;
    assert_eq!(world.chats.texts("g"), ["two"]);
    assert_eq!(world.chats.texts("press p"), ["whisper"]);
}
