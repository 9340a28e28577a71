//! What the configuration describes is made at each start, of whatever size it is, and by however many workers at once.

use crate::clock::StandingClock;
use crate::digest::topic;
use crate::fakes::around::{Around, Otherwise};
use crate::store_postgres::OnServer;
use crate::suggestions_room::{Room, account, direct, group, office};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use tongxin::app::ready::Ready;
use tongxin::config::{Config, Given, Overrides};
use tongxin::desk::{Desk, Office, Seat};
use tongxin::model::*;
use tongxin::store::sled::{self, SledStore};
use tongxin::store::vault::Vault;
use tongxin::store::{Reads, Scan, Store, StoreError, typed};

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
async fn what_is_pushed_on_very_many_topics_is_worded_in_the_language_that_is_asked_for() {
    let room = with_topics(60).await;
    room.desk
        .settle_group(&direct("li"), "", topics(60), Lang::Zh)
        .await
        .expect("is subscribed to all");
    room.writes("li", "/语言 english", None).await;
    let own = subscribers(&room).await.remove(0);
    assert_eq!((own.lang, own.topics), (Lang::En, topics(60)));
    assert_eq!(audience(&room, &topics(1).pop_first().expect("one")).await, 1);
    whole(&room).await;
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
    // Nobody was there before; then its title and topics change.
    for (title, count) in [("邻里群", 2), ("新邻里群", 3)] {
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
async fn of_two_workers_that_begin_together_neither_fails_and_readers_are_brought_along_once() {
    let room = Room::new().await;
    let known: Vec<_> = (0..20).map(|n| direct(&format!("reader{n:02}"))).collect();
    let wanted: Vec<_> = topics(6).into_iter().collect();
    let (others, theirs) = (known[10..].to_vec(), wanted.clone());
    let faster = desk(&room, room.store.clone());
    let between: Between = Box::pin(async move {
        faster.bring_along(&others, (&theirs, Lang::Zh)).await.expect("brings");
    });
    let brought = slower(&room, between).bring_along(&known, (&wanted, Lang::Zh)).await;
    assert_eq!(brought, Ok(10), "those that the other brought are not brought again");
    assert_eq!(subscribers(&room).await.len(), 20);
    assert_eq!(audience(&room, &wanted[0]).await, 20);
    whole(&room).await;
}

#[tokio::test]
async fn of_two_workers_that_begin_together_neither_fails_and_a_seat_has_one_person() {
    let room = Room::new().await;
    let editor = |name: &str| Seat::new(name, BTreeSet::from([Role::Editor]));
    let both = |name: &str| Seat::new(name, BTreeSet::from([Role::Editor, Role::Reviewer]));
    // All are new; then one of them has another role, and the other is no more.
    for wanted in [vec![editor("wang"), editor("li")], vec![both("wang")]] {
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

/// All that is settled at a start.
async fn settles_all(desk: &Desk) {
    for n in 0..20 {
        let chat = Address { chat: format!("-{n}"), ..group() };
        desk.settle_group(&chat, "群", topics(n), Lang::Zh).await.expect("settles");
    }
    let known: Vec<_> = (0..100).map(|n| direct(&format!("reader{n:02}"))).collect();
    let wanted: Vec<_> = topics(6).into_iter().collect();
    desk.bring_along(&known, (&wanted, Lang::Zh)).await.expect("brings");
    desk.settle_seats(&seats(20), at_seat).await.expect("settles");
    desk.join_doubles().await.expect("joins");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_over_a_database_that_begin_together_settle_everything_once() {
    let Some(server) = OnServer::make().await else { return };
    let room = Room::new().await;
    let stores = [Arc::new(server.store().await), Arc::new(server.store().await)];
    let [one, two] = stores.each_ref().map(|store| desk(&room, store.clone()));
    tokio::join!(settles_all(&one), settles_all(&two));
    for (kind, count) in [(Kind::Subscriber, 120), (Kind::Person, 20)] {
        let all = stores[0].list(kind, &[], None, 1_000).await.expect("lists");
        assert_eq!(all.len(), count, "{kind:?}");
    }
    let report = stores[0].verify().await.expect("looks");
    assert_eq!(report.faults, 0, "{:?}", report.problems);
    for store in stores {
        store.close().await.expect("closes");
    }
}

#[tokio::test]
async fn a_reader_who_confirms_twice_at_one_moment_is_one_subscriber_with_both_topics() {
    let room = with_topics(2).await;
    let all: Vec<_> = topics(2).into_iter().collect();
    let (mut one, mut two) = (room.call("li").await, room.call("li").await);
    let confirmed = room.desk.reader_confirmed(&mut one, &direct("li"), &all[..1]).await;
    confirmed.expect("confirms");
    room.desk.reader_confirmed(&mut two, &direct("li"), &all[1..]).await.expect("confirms");
    room.desk.commit(one).await.expect("commits");
    assert_eq!(room.desk.commit(two).await, Err(StoreError::Conflict));
    let mut again = room.call("li").await;
    room.desk.reader_confirmed(&mut again, &direct("li"), &all[1..]).await.expect("confirms");
    room.desk.commit(again).await.expect("commits");
    let now = subscribers(&room).await;
    assert_eq!((now.len(), &now[0].topics), (1, &topics(2)));
}

#[tokio::test]
async fn whoever_comes_to_an_address_that_a_chat_has_left_is_another_subscriber() {
    let room = Room::new().await;
    let there = |chat: &str| Address { chat: chat.into(), ..group() };
    let settle = async |chat: &str| {
        room.desk.settle_group(&there(chat), chat, topics(1), Lang::Zh).await.expect("settles")
    };
    let first = settle("-100").await;
    for (from, to) in [("-100", "-200"), ("-200", "-300")] {
        room.happens("wang", there(from), Happening::MovedTo(there(to))).await;
        settle(from).await;
    }
    let all = subscribers(&room).await;
    let places: BTreeSet<_> = all.iter().map(|s| s.address.chat.as_str()).collect();
    assert_eq!((all.len(), places), (3, BTreeSet::from(["-100", "-200", "-300"])));
    let found = room.desk.subscriber(&there("-300")).await.expect("reads").expect("is there");
    assert_eq!(found.id, first, "it is the one that it was");
    whole(&room).await;
}

/// An office of three topics, and a group that reads two of them.
fn office_of(dir: &Path) -> Config {
    let topic = |n: usize| format!("[[topic]]\nid = \"topic{n:02}\"\ntitle = \"栏目{n}\"\n");
    let topics: String = (0..3).map(topic).collect();
    let text = format!(
        "[office]\npublic_url = \"https://tongxin.example.org\"\n[web]\nlisten = \"127.0.0.1:0\"\n\
         {topics}[[group]]\nid = \"east\"\ntitle = \"城东群\"\ntopics = [\"topic00\", \"topic01\"]\n"
    );
    let (file, variables) = (dir.join("tongxin.toml"), Vec::new());
    let given = Given { file: &file, text: &text, variables, overrides: Overrides::default() };
    Config::read(given).expect("a good configuration")
}

/// The program begins, and ends.
async fn begins(config: &Config, store: &Arc<dyn Store>) {
    let clock = Arc::new(StandingClock::at("2026-11-25T08:00:00+08:00"));
    let vault = Vault::open(&config.data.keys, clock.clone()).expect("a vault");
    let ready = Ready::make(config, store, (clock, vault), CancellationToken::new()).await;
    drop(ready.expect("is ready"));
}

/// What stands of the subscribers at this address.
async fn at(store: &Arc<dyn Store>, address: &Address) -> Vec<Versioned<Subscriber>> {
    let place = Subscriber::by_address(address);
    let reads: &dyn Reads = &**store;
    reads.find_all(&Scan::of(place.index, place.at, 9)).await.expect("reads")
}

#[tokio::test]
async fn subscribers_that_two_workers_doubled_are_joined_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = office_of(dir.path());
    let store: Arc<dyn Store> =
        Arc::new(SledStore::open(&config.data.dir, &sled::Settings::default()).expect("a store"));
    let east = Address {
        account: AccountId("web".into()),
        kind: ChatKind::Group,
        chat: "g/east".into(),
        thread: None,
    };
    let number = AtomicU64::new(1);
    let add = async |address: &Address, names: &[usize], standing: Standing| {
        let number = number.fetch_add(1, Ordering::SeqCst);
        let all: Vec<_> = topics(3).into_iter().collect();
        let subscriber = Subscriber {
            id: SubscriberId(uuid::Uuid::from_u128(number.into())),
            address: address.clone(),
            title: String::new(),
            topics: names.iter().map(|n| all[*n].clone()).collect(),
            lang: Lang::Zh,
            standing,
            since: At::from_millis(i64::try_from(number).expect("small")),
        };
        let mut changes = Changes::new();
        changes.insert(subscriber);
        store.commit(changes).await.expect("commits");
    };
    let ended = Standing::Ended { at: At::from_millis(1), reason: String::new() };
    // What a group reads is as it is configured; nobody has touched the first reader; the second has left a topic
    // since, and the third all of them; a thread is a chat of its own.
    for _ in 0..3 {
        add(&east, &[0, 1], Standing::Active).await;
    }
    add(&direct("one"), &[0], Standing::Active).await;
    add(&direct("one"), &[1], Standing::Active).await;
    for reader in ["two", "three"] {
        add(&direct(reader), &[0, 1], Standing::Active).await;
        add(&direct(reader), &[0, 1], Standing::Active).await;
    }
    for (reader, topics, standing) in
        [("two", topics(1), Standing::Active), ("three", BTreeSet::new(), ended.clone())]
    {
        let old = at(&store, &direct(reader)).await.remove(0);
        let mut changes = Changes::new();
        changes.update(&old, Subscriber { topics, standing, ..old.value.clone() });
        store.commit(changes).await.expect("commits");
    }
    let thread = |name: &str| Address { thread: Some(name.into()), ..group() };
    add(&group(), &[0], Standing::Active).await;
    add(&thread("7"), &[1], Standing::Active).await;
    // Many who are not doubled, so that there is more than one page of them; the last page begins between two.
    for n in 0..600 {
        add(&direct(&format!("z{n:03}")), &[2], Standing::Active).await;
        if n % 2 == 0 {
            add(&direct(&format!("z{n:03}")), &[2], Standing::Active).await;
        }
    }

    begins(&config, &store).await;
    let topics_at = async |address: &Address| {
        let here = at(&store, address).await;
        assert_eq!(here.len(), 1, "{here:?}");
        here[0].topics.len()
    };
    assert_eq!(topics_at(&east).await, 2);
    assert_eq!(topics_at(&direct("one")).await, 2, "nothing that was asked for is lost");
    assert_eq!(topics_at(&direct("two")).await, 1, "what was left stays left");
    assert_eq!(topics_at(&direct("three")).await, 0);
    assert_eq!(at(&store, &direct("three")).await[0].standing, ended);
    assert_eq!((topics_at(&group()).await, topics_at(&thread("7")).await), (1, 1));
    for n in 0..600 {
        assert_eq!(topics_at(&direct(&format!("z{n:03}"))).await, 1);
    }
    let report = store.verify().await.expect("looks");
    assert_eq!(report.faults, 0, "{:?}", report.problems);
}

#[tokio::test]
async fn a_seat_that_two_workers_doubled_has_one_person_after_the_next_start() {
    let room = Room::new().await;
    let seat = [Seat::new("wang", BTreeSet::from([Role::Editor]))];
    let seated = room.desk.settle_seats(&seat, at_seat).await.expect("settles");
    let first = people(&room).await.remove(0);
    let mut changes = Changes::new();
    changes.insert(Person { id: PersonId(uuid::Uuid::from_u128(u128::MAX)), ..first.clone() });
    room.store.commit(changes).await.expect("commits");
    assert_eq!(people(&room).await.len(), 2);
    let again = room.desk.settle_seats(&seat, at_seat).await.expect("settles");
    assert_eq!(again[0].person, seated[0].person);
    assert_eq!(people(&room).await, [first]);
}
