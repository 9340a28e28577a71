//! What has had its time is removed, what is counted stays, and files do not grow for ever.

use crate::clock::StandingClock;
use crate::newsroom::Newsroom;
use crate::outbox::world::{World, no_limits};
use futures::future::join_all;
use insta::assert_snapshot;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::*;
use tongxin::rounds::retention::{NEWEST, Retention, Settings};
use tongxin::store::sled::{self, SledStore, compact_at_start};
use tongxin::store::{Reads, Scan, Store};
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

fn settings() -> Settings {
    Settings {
        deliveries: 90 * DAY,
        posts: 1_000 * DAY,
        entries: 180 * DAY,
        subscribers: 365 * DAY,
        pages: vec![AccountId("web".to_owned())],
        brings: Vec::new(),
        topics: vec![TopicId("news".to_owned())],
    }
}

fn retention(world: &World) -> Retention {
    Retention::new(world.store.clone(), world.clock.clone(), settings())
}

/// Runs the round until nothing is left to do at this moment.
async fn sweep(retention: &Retention, clock: &StandingClock) {
    for _ in 0..200 {
        let next = retention.round().await.expect("a round").expect("a time");
        if next.since(clock.now()) > Duration::from_secs(1) {
            return;
        }
    }
    panic!("it never ends");
}

async fn records(world: &World, kind: Kind) -> usize {
    world.store.list(kind, &[], None, 100_000).await.expect("lists").len()
}

#[tokio::test]
async fn deliveries_go_when_their_post_was_over_long_enough_and_the_counts_stay() {
    let room = Newsroom::new(no_limits()).await;
    let world = &room.world;
    world.subscribe(300, ChatKind::Group).await;
    let (code, post) = room.push("one").await;
    room.goes_on(&world.outbox(), Duration::from_mins(1)).await;
    // One is owed still, by an account that sends no more; and one stands on a page of our own.
    let mut changes = Changes::new();
    for (number, account) in [(1, "lost"), (2, "web")] {
        let id = DeliveryId::Post(post, Revision::FIRST, SubscriberId(Uuid::from_u128(number)));
        let account = AccountId(account.to_owned());
        let due = Delivery::due(id, account, Priority::Bulk, world.clock.now());
        let mark = MessageMark::Open { chat: "g:all".into(), message: "1".into() };
        let now = world.clock.now();
        changes.insert(if number == 1 { due } else { due.part_taken(mark).settle_sent(now) });
    }
    room.commit(changes).await;
    let retention = retention(world);
    world.clock.advance(89 * DAY);
    sweep(&retention, &world.clock).await;
    assert_eq!(world.deliveries(post).await.len(), 302);
    let message = world.deliveries(post).await.into_iter().find_map(|d| match d.sent.first() {
        Some(MessageMark::Open { chat, message }) if chat == "chat0007" => Some(message.clone()),
        _ => None,
    });
    let message = message.expect("was sent");
    room.unread().await;
    let understood = room.replies("chat0007", &message, "路灯坏了，请修一修").await;
    assert!(understood.expect("an answer").contains("建议"));
    world.clock.advance(2 * DAY);
    sweep(&retention, &world.clock).await;
    let left: Vec<_> = world.deliveries(post).await.into_iter().map(|d| d.account.0).collect();
    assert_eq!(left, ["lost", "web"]);
    assert_eq!(room.count(Tally::Sent, post).await, 300);
    let report = room.editor(&format!("/送达 {code}")).await;
    assert!(report.contains("已达 300"), "{report}");
    // Nothing of theirs is left in any index, and who quotes an old push is told what to do.
    let places = world.store.scan(&Scan::of(Index::Messages, Vec::new(), 9_000)).await;
    let posts = places.expect("reads").into_iter().filter(|l| l.key.id.first() == Some(&1)).count();
    assert_eq!(posts, 1);
    let answer = room.replies("chat0007", &message, "路灯还是没修").await;
    assert_snapshot!(answer.expect("an answer"), @"您引用的这条消息已过保存期，我已不记得它的内容，您刚才写的也没有保存。要提建议，请发送：/建议 内容");
    assert_snapshot!(room.editor(&format!("/为何 {code} bot:chat0007")).await, @"这篇稿件没有发给“Group chat0007”（0000-000C）的记录：发布时该会话没有订阅这个栏目，或者还没有轮到它，或者详细记录已过保存期。");
    assert_eq!(world.store.verify().await.expect("looks").problems, Vec::<String>::new());
}

#[tokio::test]
async fn posts_go_with_their_editions_and_counts_when_their_own_time_is_over() {
    let room = Newsroom::new(no_limits()).await;
    room.world.subscribe(3, ChatKind::Group).await;
    let (_, old) = room.push("one").await;
    room.goes_on(&room.world.outbox(), Duration::from_mins(1)).await;
    room.world.clock.advance(999 * DAY);
    let (_, new) = room.push("two").await;
    room.goes_on(&room.world.outbox(), Duration::from_mins(1)).await;
    let retention = retention(&room.world);
    sweep(&retention, &room.world.clock).await;
    assert_eq!(records(&room.world, Kind::Post).await, 2);
    room.world.clock.advance(2 * DAY);
    sweep(&retention, &room.world.clock).await;
    assert_eq!(records(&room.world, Kind::Post).await, 1);
    assert_eq!(records(&room.world, Kind::Edition).await, 1);
    assert_eq!(room.world.store.tallies(&Tally::all_of(old)).await, Ok(Vec::new()));
    assert_eq!(room.count(Tally::Sent, new).await, 3);
}

/// Nothing of any post is left, and nothing leads anywhere.
async fn no_post_is_left(world: &World) {
    for kind in [Kind::Post, Kind::Edition, Kind::Delivery] {
        assert_eq!(records(world, kind).await, 0, "{kind:?}");
    }
    assert_eq!(world.store.tallies(&Segments::new().byte(1).done()).await, Ok(Vec::new()));
    for index in [Index::Over, Index::Messages, Index::Enclosed] {
        let left = world.store.scan(&Scan::of(index, Vec::new(), 9)).await;
        assert_eq!(left, Ok(Vec::new()), "{index:?}");
    }
    assert_eq!(world.store.verify().await.expect("looks").problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_post_goes_that_was_opened_by_the_codes_of_very_many_chats() {
    let world = World::new(no_limits());
    let post = world.push("one", Priority::Bulk).await;
    let chats: Vec<_> = (0..120).map(|n| SubscriberId(Uuid::from_u128(n))).collect();
    for page in chats.chunks(60) {
        let mut changes = Changes::new();
        for chat in page {
            changes.add(Tally::Opened.in_chat(post, *chat), 3);
        }
        world.commit(changes).await;
    }
    world.clock.advance(1_001 * DAY);
    sweep(&retention(&world), &world.clock).await;
    no_post_is_left(&world).await;
}

#[tokio::test]
async fn a_post_goes_that_has_many_editions_full_of_pictures() {
    let world = World::new(no_limits());
    let post = world.push("one", Priority::Bulk).await;
    let picture = |n: u8| Enclosed {
        id: MediaId([n; 32]),
        kind: MediaKind::Png,
        name: String::new(),
        size: 1,
        pixels: (1, 1),
        alt: "一张图".to_owned(),
    };
    for revision in 2..=21 {
        let mut changes = Changes::new();
        changes.insert(Edition {
            post,
            revision: Revision(revision),
            content: Content::Article { title: String::new(), body: Document::plain("one") },
            at: world.clock.now(),
            enclosed: (0..6).map(picture).collect(),
        });
        world.commit(changes).await;
    }
    world.clock.advance(1_001 * DAY);
    sweep(&retention(&world), &world.clock).await;
    no_post_is_left(&world).await;
}

#[tokio::test]
async fn deliveries_of_very_many_parts_go() {
    let world = World::new(no_limits());
    let post = world.push("one", Priority::Bulk).await;
    for (number, parts) in [34, 34, 34, 150, 34].into_iter().enumerate() {
        let id = SubscriberId(Uuid::from_u128(number as u128));
        let id = DeliveryId::Post(post, Revision::FIRST, id);
        let account = AccountId("bot".to_owned());
        let mut changes = Changes::new();
        changes.insert(Delivery::due(id, account, Priority::Bulk, world.clock.now()));
        world.commit(changes).await;
        let marks: Vec<_> = (0..parts)
            .map(|part| MessageMark::Open {
                chat: format!("c{number}"),
                message: format!("{part}"),
            })
            .collect();
        for some in marks.chunks(75) {
            let reads: &dyn Reads = &*world.store;
            let old = reads.find::<Delivery>(&id.key()).await.expect("reads").expect("is there");
            let sent = some.iter().cloned().fold(old.value.clone(), Delivery::part_taken);
            let mut changes = Changes::new();
            changes.update(&old, sent.settle_sent(world.clock.now()));
            world.commit(changes).await;
        }
    }
    world.clock.advance(91 * DAY);
    let retention = retention(&world);
    sweep(&retention, &world.clock).await;
    assert_eq!((records(&world, Kind::Delivery).await, records(&world, Kind::Post).await), (0, 1));
    world.clock.advance(910 * DAY);
    sweep(&retention, &world.clock).await;
    no_post_is_left(&world).await;
}

#[tokio::test]
async fn a_post_that_is_owed_through_a_lost_account_keeps_no_later_one() {
    let world = World::new(no_limits());
    let [owed, _] = world.push_each(["one", "two"]).await[..] else { panic!("two posts") };
    let id = DeliveryId::Post(owed, Revision::FIRST, SubscriberId(Uuid::from_u128(1)));
    let lost = AccountId("lost".to_owned());
    let mut changes = Changes::new();
    changes.insert(Delivery::due(id, lost, Priority::Bulk, world.clock.now()));
    world.commit(changes).await;
    world.clock.advance(1_001 * DAY);
    let retention = retention(&world);
    sweep(&retention, &world.clock).await;
    let left = world.store.list(Kind::Post, &[], None, 9).await.expect("lists");
    assert_eq!(
        left.iter().map(|read| read.value.key()).collect::<Vec<_>>(),
        [world.post(owed).await.key()]
    );
    // Once it is owed no more it goes as well, within a day.
    let reads: &dyn Reads = &*world.store;
    let old = reads.find::<Delivery>(&id.key()).await.expect("reads").expect("is there");
    let mut changes = Changes::new();
    changes.update(&old, old.value.clone().settle_dropped(world.clock.now(), String::new()));
    world.commit(changes).await;
    world.clock.advance(DAY);
    sweep(&retention, &world.clock).await;
    no_post_is_left(&world).await;
}

#[tokio::test]
async fn entries_go_with_their_marks_but_what_a_source_may_still_list_stays() {
    let world = World::new(no_limits());
    let (topic, source) = (TopicId("news".to_owned()), SourceId("gov".to_owned()));
    let start = world.clock.now();
    let entry = |n: u64| Entry {
        id: EntryId(Uuid::from_u128(u128::from(n) + 1)),
        source: source.clone(),
        guid: String::new(),
        link: format!("https://example.org/{n}"),
        title: format!("{n}"),
        summary: String::new(),
        published: None,
        seen: start.plus(Duration::from_secs(n)),
        verdict: Verdict::New,
    };
    let count = u64::try_from(NEWEST).expect("small") + 60;
    let pages: Vec<_> = (0..count).collect();
    let commits = pages.chunks(20).map(|page| {
        let mut changes = Changes::new();
        for n in page {
            changes.insert(entry(*n));
            let post = PostId(Uuid::nil());
            changes.insert(Used { topic: topic.clone(), entry: entry(*n).id, post });
        }
        world.store.commit(changes)
    });
    join_all(commits).await.into_iter().for_each(|done| done.expect("commits"));
    let retention = retention(&world);
    sweep(&retention, &world.clock).await;
    assert_eq!(records(&world, Kind::Entry).await, NEWEST + 60);
    world.clock.advance(181 * DAY);
    sweep(&retention, &world.clock).await;
    assert_eq!(
        (records(&world, Kind::Entry).await, records(&world, Kind::Used).await),
        (NEWEST, NEWEST)
    );
    world.clock.advance(1_000 * DAY);
    sweep(&retention, &world.clock).await;
    assert_eq!(records(&world, Kind::Entry).await, NEWEST);
    // A mark of a topic that the office no longer has goes when its entry is gone.
    let mut changes = Changes::new();
    let gone = Used { topic: TopicId("old".into()), entry: entry(3).id, post: PostId(Uuid::nil()) };
    changes.insert(gone);
    world.commit(changes).await;
    for _ in 0..30 {
        sweep(&retention, &world.clock).await;
    }
    assert_eq!(records(&world, Kind::Used).await, NEWEST);
}

#[tokio::test]
async fn subscribers_that_ended_are_forgotten_after_their_time() {
    let world = World::new(no_limits());
    world.subscribe(5, ChatKind::Group).await;
    let old = world.subscriber("chat0002").await;
    let standing = Standing::Ended { at: world.clock.now(), reason: String::new() };
    let mut changes = Changes::new();
    changes.update(&old, Subscriber { standing, ..old.value.clone() });
    world.commit(changes).await;
    let retention = retention(&world);
    world.clock.advance(364 * DAY);
    sweep(&retention, &world.clock).await;
    assert_eq!(records(&world, Kind::Subscriber).await, 5);
    world.clock.advance(2 * DAY);
    // Whoever left where the office brings readers along is known for ever, or would be brought along again.
    let brings = Settings { brings: vec![old.address.account.clone()], ..settings() };
    let keeps = Retention::new(world.store.clone(), world.clock.clone(), brings);
    for _ in 0..2 {
        sweep(&keeps, &world.clock).await;
    }
    assert_eq!(records(&world, Kind::Subscriber).await, 5);
    for _ in 0..2 {
        sweep(&retention, &world.clock).await;
    }
    assert_eq!(records(&world, Kind::Subscriber).await, 4);
}

#[tokio::test]
async fn a_walk_that_has_begun_goes_on_sooner_than_the_next_begins() {
    let world = World::new(no_limits());
    world.subscribe(250, ChatKind::Group).await;
    let retention = retention(&world);
    let rests = async || {
        let next = retention.round().await.expect("a round").expect("a time");
        next.since(world.clock.now())
    };
    assert_eq!(rests().await, Duration::from_secs(30));
    assert_eq!(rests().await, Duration::from_mins(10));
}

/// One day: a post goes to so many chats, and is over.
async fn day(store: &Arc<SledStore>, clock: &StandingClock, deliveries: u128) {
    let (id, at) = (PostId(clock.fresh()), clock.now());
    let mut changes = Changes::new();
    let mut random = [0; 8];
    clock.random(&mut random);
    changes.insert(Post {
        id,
        code: Code::from_random(&random),
        topic: TopicId("news".to_owned()),
        title: "一天".to_owned(),
        revision: Revision::FIRST,
        priority: Priority::Bulk,
        author: Author::Clock,
        created: at,
        state: PostState::Published { since: at, at },
    });
    store.commit(changes).await.expect("commits");
    let ids: Vec<_> = (0..deliveries)
        .map(|n| DeliveryId::Post(id, Revision::FIRST, SubscriberId(Uuid::from_u128(n))))
        .collect();
    let due = |id: &DeliveryId| Delivery::due(*id, AccountId("bot".to_owned()), Priority::Bulk, at);
    let commits = |settled: bool| {
        let store = store.clone();
        ids.chunks(20)
            .map(move |page| {
                let mut changes = Changes::new();
                for id in page {
                    let message = format!("{}", clock.fresh());
                    let mark = MessageMark::Open { chat: "-100123456".into(), message };
                    let sent = due(id).part_taken(mark).settle_sent(at);
                    let now = if settled { sent } else { due(id) };
                    let (before, after) = if settled {
                        (due(id).places(), now.places())
                    } else {
                        (Vec::new(), now.places())
                    };
                    changes.changes.push(Change {
                        key: now.key(),
                        expect: Expect::Whatever,
                        record: Some(now.into_record()),
                        gained: after,
                        lost: before,
                    });
                }
                let store = store.clone();
                async move { store.commit(changes).await }
            })
            .collect::<Vec<_>>()
    };
    for settled in [false, true] {
        join_all(commits(settled)).await.into_iter().for_each(|done| done.expect("commits"));
    }
}

#[tokio::test]
async fn a_year_of_pushes_leaves_files_of_a_bounded_length() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Arc::new(StandingClock::at("2026-01-01T00:00:00Z"));
    let settings = sled::Settings { compact_from_mb: 1, ..sled::Settings::default() };
    let keep = Settings { deliveries: 30 * DAY, posts: 60 * DAY, ..self::settings() };
    let length = || std::fs::metadata(dir.path().join("store/db")).map_or(0, |m| m.len());
    let (mut longest, mut compacted) = (0, 0);
    // Four quarters, with a start after each.
    for quarter in 0..4 {
        if let Some(done) = compact_at_start(dir.path(), &settings).expect("compacts") {
            assert!(done.after * 2 < done.before, "{done:?}");
            compacted += 1;
        }
        let store = Arc::new(SledStore::open(dir.path(), &settings).expect("opens"));
        let retention = Retention::new(store.clone(), clock.clone(), keep.clone());
        for n in 0..91 {
            // Now and then a push to very many.
            day(&store, &clock, if n == 30 && quarter % 2 == 0 { 4_000 } else { 40 }).await;
            clock.advance(DAY);
            sweep(&retention, &clock).await;
        }
        let kept = store.list(Kind::Delivery, &[], None, 100_000).await.expect("lists").len();
        assert!((29 * 40..=31 * 40).contains(&kept), "{kept}");
        store.close().expect("closes");
        longest = longest.max(length());
    }
    assert!(longest < 32 * 1024 * 1024, "{longest}");
    assert!(compacted > 0);
    compact_at_start(dir.path(), &settings).expect("compacts");
    assert!(length() < 6 * 1024 * 1024, "{longest}");
    // A second start finds nothing to do.
    assert_eq!(compact_at_start(dir.path(), &settings).expect("looks"), None);
    let store = SledStore::open(dir.path(), &settings).expect("opens");
    assert_eq!(store.verify().await.expect("looks").problems, Vec::<String>::new());
}
