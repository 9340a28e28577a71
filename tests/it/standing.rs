//! How we stand in a chat: what the platform tells of it, and what becomes of subscriptions.

use crate::suggestions_room::{Room, account, direct, group};
use std::collections::BTreeSet;
use tongxin::clock::Clock as _;
use tongxin::model::*;
use tongxin::store::{Reads as _, Store as _, typed};

fn thread(name: &str) -> Address {
    Address { thread: Some(name.into()), ..group() }
}

/// Subscribes this address to these topics; the subscriber's ID.
async fn subscribed(room: &Room, address: Address, topics: &[&str]) -> SubscriberId {
    let id = SubscriberId(room.clock.fresh());
    let mut changes = Changes::new();
    changes.insert(Subscriber {
        id,
        address,
        title: "邻里群".into(),
        topics: topics.iter().map(|t| TopicId((*t).into())).collect(),
        lang: Lang::Zh,
        standing: Standing::Active,
        since: room.clock.now(),
    });
    room.store.commit(changes).await.expect("commits");
    id
}

async fn all(room: &Room) -> Vec<Subscriber> {
    let records = room.store.list(Kind::Subscriber, &[], None, 100).await.expect("lists");
    records.into_iter().map(|r| typed::<Subscriber>(r).expect("a subscriber").value).collect()
}

#[tokio::test]
async fn staff_are_told_when_a_group_puts_us_out_and_every_thread_of_it_ends() {
    let room = Room::new().await;
    room.staff("admin", &[Role::Administrator, Role::Editor]).await;
    room.staff("rev", &[Role::Reviewer]).await;
    subscribed(&room, group(), &["news"]).await;
    subscribed(&room, thread("7"), &["policy"]).await;
    room.happens("wang", group(), Happening::Left("kicked".into())).await;
    let told = room.deliver().await;
    assert_eq!(told.len(), 1, "once, and only those who see alarms: {told:?}");
    assert_eq!(told[0].0, direct("admin"));
    assert_eq!(told[0].1.text, "“邻里群”的订阅已终止，今后不再推送。\n平台返回：kicked");
    let ended = |s: &Subscriber| matches!(&s.standing, Standing::Ended { reason, .. } if reason == "kicked");
    assert!(all(&room).await.iter().all(ended));
    room.happens("wang", group(), Happening::Left("kicked".into())).await;
    assert!(room.deliver().await.is_empty(), "what ended does not end again");
}

#[tokio::test]
async fn a_group_that_takes_our_right_to_write_away_rests_and_goes_on_with_its_topics_when_it_is_back()
 {
    let room = Room::new().await;
    room.staff("admin", &[Role::Administrator]).await;
    subscribed(&room, thread("7"), &["news", "policy"]).await;
    room.happens("wang", group(), Happening::Muted("restricted".into())).await;
    let told = room.deliver().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].1.text.starts_with("“邻里群”的订阅已暂停"), "{told:?}");
    assert!(matches!(all(&room).await[0].standing, Standing::Paused { .. }));

    room.happens("wang", group(), Happening::Joined).await;
    let told = room.deliver().await;
    let to = |chat: &str| -> Vec<_> {
        told.iter().filter(|(a, _)| a.chat == chat).map(|(_, s)| s.text.as_str()).collect()
    };
    assert_eq!(to("chat-of-admin"), ["“邻里群”恢复了发言权限，订阅继续。"]);
    assert_eq!(to("-100"), ["发言权限已恢复，继续推送：news、policy。"]);
    let now = all(&room).await.remove(0);
    assert_eq!(now.standing, Standing::Active);
    assert_eq!(now.topics, BTreeSet::from([TopicId("news".into()), TopicId("policy".into())]));
}

#[tokio::test]
async fn a_group_that_lets_us_in_anew_after_it_put_us_out_is_greeted_and_gets_nothing_unasked() {
    let room = Room::new().await;
    subscribed(&room, group(), &["news"]).await;
    room.happens("wang", group(), Happening::Left("kicked".into())).await;
    room.happens("wang", group(), Happening::Joined).await;
    let told = room.deliver().await;
    assert!(told[0].1.text.starts_with("大家好"), "{told:?}");
    assert!(matches!(all(&room).await[0].standing, Standing::Ended { .. }));
}

#[tokio::test]
async fn of_two_addresses_of_one_chat_the_subscriber_that_deliveries_are_owed_to_stays() {
    let room = Room::new().await;
    let old = subscribed(&room, group(), &["news"]).await;
    let to = Address { chat: "-200".into(), ..group() };
    subscribed(&room, to.clone(), &["policy"]).await;
    let in_thread = subscribed(&room, thread("7"), &["policy"]).await;
    room.happens("wang", group(), Happening::MovedTo(to.clone())).await;
    let now = all(&room).await;
    assert_eq!(now.len(), 2, "{now:?}");
    let of = |id| now.iter().find(|s| s.id == id).expect("stays");
    assert_eq!(of(old).address, to);
    assert_eq!(of(old).topics, BTreeSet::from([TopicId("news".into()), TopicId("policy".into())]));
    assert_eq!(of(in_thread).address, Address { thread: Some("7".into()), ..to.clone() });
    let found = room.desk.subscriber(&to).await.expect("reads").expect("is found there");
    assert_eq!(found.id, old);
    assert_eq!(room.desk.subscriber(&group()).await, Ok(None));
    assert_eq!(found.address.account, account());
}
