//! What the configuration describes is made at each start, of whatever size it is, and by however many workers at once.

use crate::digest::topic;
use crate::fakes::around::{Around, Otherwise};
use crate::suggestions_room::{Room, account, direct, group, office};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tongxin::desk::{Desk, Office, Seat};
use tongxin::model::*;
use tongxin::store::{Reads as _, Store, StoreError, typed};

/// What another worker does between what is read here and the next commit.
type Between = BoxFuture<'static, ()>;

/// A store that another worker has as well.
#[derive(Default)]
struct Shared(Mutex<Option<Between>>);

#[async_trait]
impl Otherwise for Shared {
    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        let between = self.0.lock().expect("a lock").take();
        if let Some(between) = between {
            between.await;
        }
        below.commit(changes).await
    }
}

fn topics(count: usize) -> BTreeSet<TopicId> {
    (0..count).map(|n| TopicId(format!("topic{n:02}"))).collect()
}

/// A room of an office with so many topics.
async fn with_topics(count: usize) -> Room {
    let topics = topics(count).into_iter();
    let topics = topics.map(|id| Topic { title: id.0.clone(), id, ..topic() }).collect();
    Room::of(Office { topics, ..office() }).await
}

fn desk(room: &Room, store: Arc<dyn Store>) -> Desk {
    let keys = (room.parts.sealer.clone(), room.parts.texts.clone(), room.parts.hasher.clone());
    Desk::new(store, room.clock.clone(), keys, Arc::new(room.desk.office().clone()))
}

/// A worker; whatever it reads first, another does `between` before it commits.
fn slower(room: &Room, between: Between) -> Desk {
    let store = Around::over(room.store.clone(), Shared(Mutex::new(Some(between))));
    desk(room, Arc::new(store))
}

async fn subscribers(room: &Room) -> Vec<Subscriber> {
    let records = room.store.list(Kind::Subscriber, &[], None, 1_000).await.expect("lists");
    records.into_iter().map(|r| typed(r).expect("a subscriber").value).collect()
}

async fn people(room: &Room) -> Vec<Person> {
    let records = room.store.list(Kind::Person, &[], None, 1_000).await.expect("lists");
    records.into_iter().map(|r| typed(r).expect("a person").value).collect()
}

/// How many chats receive this topic.
async fn audience(room: &Room, topic: &TopicId) -> i64 {
    let counts = room.store.tallies(&Audience::of_topic(topic)).await.expect("reads");
    counts.iter().map(|(_, count)| count).sum()
}

/// Everything leads to everything.
async fn whole(room: &Room) {
    let report = Store::verify(&*room.store).await.expect("looks");
    assert_eq!(report.faults, 0, "{:?}", report.problems);
}

fn seats(count: usize) -> Vec<Seat> {
    (0..count).map(|n| Seat::new(&format!("seat{n:02}"), BTreeSet::from([Role::Editor]))).collect()
}

fn at_seat(person: PersonId) -> Address {
    direct(&format!("seat-{person}"))
}

#[tokio::test]
async fn readers_are_brought_along_however_many_topics_they_are_sent() {
    for (readers, count) in [(30, 6), (3, 60)] {
        let room = Room::new().await;
        let topics: Vec<_> = topics(count).into_iter().collect();
        let mut known: Vec<_> = (0..readers).map(|n| direct(&format!("reader{n:02}"))).collect();
        // One of them stands in the list twice.
        known.push(known[0].clone());
        let to = (topics.as_slice(), Lang::Zh);
        assert_eq!(room.desk.bring_along(&known, to).await, Ok(readers));
        assert_eq!(room.desk.bring_along(&known, to).await, Ok(0));
        let all = subscribers(&room).await;
        assert_eq!(all.len(), readers);
        assert!(all.iter().all(|s| s.topics.len() == count && s.standing == Standing::Active));
        assert_eq!(audience(&room, &topics[0]).await, i64::try_from(readers).expect("few"));
        whole(&room).await;
    }
}

#[tokio::test]
async fn seats_are_settled_however_many_there_are() {
    let room = Room::new().await;
    let seated = room.desk.settle_seats(&seats(60), at_seat).await.expect("settles");
    assert_eq!(seated.len(), 60);
    assert_eq!(people(&room).await.len(), 60);
    let seated = room.desk.settle_seats(&seats(1), at_seat).await.expect("settles");
    assert_eq!(seated.len(), 60, "those that are no more are told as well");
    assert_eq!(people(&room).await.len(), 1);
    whole(&room).await;
}

#[tokio::test]
async fn a_group_has_as_many_topics_as_the_configuration_gives_it() {
    let room = Room::new().await;
    let settle = async |count, lang| {
        let settled = room.desk.settle_group(&group(), "邻里群", topics(count), lang).await;
        settled.expect("settles")
    };
    let id = settle(120, Lang::Zh).await;
    for (count, lang) in [(70, Lang::Zh), (70, Lang::En), (130, Lang::Zh), (0, Lang::Zh)] {
        assert_eq!(settle(count, lang).await, id);
        let all = subscribers(&room).await;
        assert_eq!(all.len(), 1);
        assert_eq!((&all[0].topics, all[0].lang), (&topics(count), lang));
        whole(&room).await;
    }
}

#[tokio::test]
async fn a_member_leaves_all_of_very_many_topics_at_once_and_comes_back_to_them() {
    let room = with_topics(60).await;
    let (first, last) = (topics(1).pop_first().expect("one"), topics(60).pop_last().expect("one"));
    room.desk
        .settle_group(&direct("li"), "", topics(60), Lang::Zh)
        .await
        .expect("is subscribed to all");
    room.writes("li", "/退订", None).await;
    let said = room.last(&direct("li")).await.text;
    assert!(said.contains(&first.0) && said.contains(&last.0), "{said}");
    let own = subscribers(&room).await.remove(0);
    assert!(own.topics.is_empty() && matches!(own.standing, Standing::Ended { .. }), "{own:?}");
    assert_eq!(audience(&room, &last).await, 0);

    let mut call = room.call("li").await;
    let all: Vec<_> = topics(60).into_iter().collect();
    room.desk.reader_confirmed(&mut call, &direct("li"), &all).await.expect("confirms");
    room.desk.commit(call).await.expect("commits");
    assert_eq!(subscribers(&room).await[0].topics, topics(60));
    room.writes("li", "/忘记我", None).await;
    let asked = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &asked, &asked.buttons[0].label.clone()).await;
    assert_eq!(subscribers(&room).await, []);
    whole(&room).await;
}

#[tokio::test]
async fn an_account_that_is_no_more_ends_its_chats_however_many_topics_they_have() {
    let room = Room::new().await;
    for n in 0..8 {
        let chat = Address { chat: format!("-{n}"), ..group() };
        room.desk.settle_group(&chat, "群", topics(n * 8), Lang::Zh).await.expect("settles");
    }
    room.desk.end_account(&account()).await.expect("ends");
    let ended = |s: &Subscriber| matches!(s.standing, Standing::Ended { .. });
    assert!(subscribers(&room).await.iter().all(ended));
    whole(&room).await;
}

#[tokio::test]
async fn of_two_workers_that_begin_together_neither_fails_and_a_group_is_subscribed_once() {
    let room = Room::new().await;
    let settles = |desk: Desk, title: &'static str, count| async move {
        desk.settle_group(&group(), title, topics(count), Lang::Zh).await.expect("settles")
    };
    settles(room.desk.clone(), "邻里群", 2).await;
    for (title, count) in [("新邻里群", 3)] {
        let faster = desk(&room, room.store.clone());
        let between: Between = Box::pin(async move {
            settles(faster, title, count).await;
        });
        settles(slower(&room, between), title, count).await;
        let all = subscribers(&room).await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((all[0].title.as_str(), &all[0].topics), (title, &topics(count)));
    }
    // It is named no more.
    let faster = desk(&room, room.store.clone());
    let between: Between = Box::pin(async move {
        faster.unsettle_groups(&account(), &[]).await.expect("takes its topics");
    });
    slower(&room, between).unsettle_groups(&account(), &[]).await.expect("takes its topics");
    assert!(subscribers(&room).await[0].topics.is_empty());
    whole(&room).await;
}

#[tokio::test]
async fn of_two_workers_that_begin_together_neither_fails_and_a_seat_has_one_person() {
    let room = Room::new().await;
    let editor = |name: &str| Seat::new(name, BTreeSet::from([Role::Editor]));
    let both = |name: &str| Seat::new(name, BTreeSet::from([Role::Editor, Role::Reviewer]));
    let all = [editor("wang"), editor("li")];
    room.desk.settle_seats(&all, at_seat).await.expect("settles");
    // One of them has another role, and the other is no more.
    for wanted in [vec![both("wang")]] {
        let (faster, theirs) = (desk(&room, room.store.clone()), wanted.clone());
        let between: Between = Box::pin(async move {
            faster.settle_seats(&theirs, at_seat).await.expect("settles");
        });
        let slower = slower(&room, between);
        let seated = slower.settle_seats(&wanted, at_seat).await.expect("settles");
        let all = people(&room).await;
        assert_eq!(all.len(), wanted.len(), "{all:?}");
        for sits in &seated[..wanted.len()] {
            let person = all.iter().find(|p| p.id == sits.person).expect("is there");
            assert_eq!(person.direct, Some(at_seat(person.id)));
        }
    }
    assert_eq!(people(&room).await[0].roles, BTreeSet::from([Role::Editor, Role::Reviewer]));
}
