//! The press: runs on time, late and missed; posts whose time has come.

use crate::clock::StandingClock;
use crate::digest::topic;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::{
    At, Author, Changes, Code, Content, Digest, Edition, Entry, EntryId, FanOut, Index, Kind,
    Missed, OpenState, Post, PostId, PostState, Priority, Revision, Schedule, Segments, Source,
    SourceForm, SourceId, Stored as _, Topic, TopicId, TopicState, Verdict, WhenEmpty,
};
use tongxin::rounds::press::Press;
use tongxin::store::sled::SledStore;
use tongxin::store::{Reads, Scan, Store};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

struct Office {
    _dir: tempfile::TempDir,
    store: Arc<dyn Store>,
    clock: Arc<StandingClock>,
}

fn at(moment: &str) -> At {
    At::from(chrono::DateTime::parse_from_rfc3339(moment).expect("a moment").to_utc())
}

impl Office {
    /// Opens at eight in the morning; the topic's digest is due at nine.
    fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let opened =
            SledStore::open(&dir.path().join("data"), &tongxin::store::sled::Settings::default());
        let clock = Arc::new(StandingClock::at("2026-07-01T08:00:00+08:00"));
        Self { store: Arc::new(opened.expect("opens")), clock, _dir: dir }
    }

    fn reads(&self) -> &dyn Reads {
        &*self.store
    }

    async fn round(&self, topic: &Topic) -> Option<At> {
        self.round_of(vec![topic.clone()]).await
    }

    async fn round_of(&self, topics: Vec<Topic>) -> Option<At> {
        self.press(topics).round().await.expect("a round")
    }

    /// A press that has just begun.
    fn press(&self, topics: Vec<Topic>) -> Press {
        let source = Source {
            id: SourceId("a".to_owned()),
            title: "市政府网".to_owned(),
            url: String::new(),
            form: SourceForm::Feed,
            every: HOUR,
            first_poll: 5,
        };
        let (store, clock) = (Arc::clone(&self.store), Arc::clone(&self.clock));
        Press::new(store, clock, topics, vec![source])
    }

    async fn entry(&self, n: u128, title: &str, verdict: Verdict) {
        let mut changes = Changes::new();
        changes.insert(self.entry_of(n, title, verdict));
        self.store.commit(changes).await.expect("commits");
    }

    fn entry_of(&self, n: u128, title: &str, verdict: Verdict) -> Entry {
        Entry {
            id: EntryId(Uuid::from_u128(n)),
            source: SourceId("a".to_owned()),
            guid: n.to_string(),
            link: format!("https://x.cn/{n}"),
            title: title.to_owned(),
            summary: String::new(),
            published: None,
            seen: self.clock.now(),
            verdict,
        }
    }

    /// What was published: title, items, and the number of entries that wait.
    async fn digests(&self) -> Vec<Digest> {
        let mut found = Vec::new();
        for post in self.posts().await {
            assert!(matches!(post.state, PostState::Publishing { .. }));
            let fan_out = Segments::new().id(post.id.0).short(1).key(Kind::FanOut);
            assert!(self.reads().find::<FanOut>(&fan_out).await.expect("reads").is_some());
            let edition =
                self.reads().find::<Edition>(&Edition::key_of(post.id, post.revision)).await;
            if let Content::Digest(digest) =
                edition.expect("reads").expect("an edition").value.content
            {
                found.push(digest);
            }
        }
        found
    }

    async fn posts(&self) -> Vec<Post> {
        let found = self.reads().list(Kind::Post, &[], None, 1000).await.expect("reads");
        found.into_iter().filter_map(|r| Post::from_record(r.value)).collect()
    }

    async fn last_slot(&self) -> At {
        let key = Segments::new().text("news").key(Kind::Topic);
        let state = self.reads().find::<TopicState>(&key).await.expect("reads");
        state.expect("a state").value.last_slot
    }

    async fn scheduled(&self, n: u128, due: At) {
        let mut changes = Changes::new();
        changes.insert(Post {
            id: PostId(Uuid::from_u128(n)),
            code: Code::from_random(&n.to_be_bytes()[11..]),
            topic: TopicId("other".to_owned()),
            title: "通知".to_owned(),
            revision: Revision::FIRST,
            priority: Priority::Urgent,
            author: Author::Clock,
            created: self.clock.now(),
            state: PostState::Scheduled { at: due },
        });
        self.store.commit(changes).await.expect("commits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_goes_out_at_its_hour_once_with_what_was_not_sent() {
    let office = Office::open();
    let topic = topic();
    assert_eq!(office.round(&topic).await, Some(at("2026-07-01T09:00:00+08:00")));
    office.entry(1, "第一则", Verdict::New).await;
    office.entry(2, "旧档", Verdict::Archive).await;
    office.clock.advance(HOUR.saturating_sub(MINUTE));
    office.round(&topic).await;
    assert!(office.digests().await.is_empty());

    office.clock.advance(MINUTE);
    assert_eq!(office.round(&topic).await, Some(at("2026-07-02T09:00:00+08:00")));
    office.round(&topic).await;
    let digests = office.digests().await;
    assert_eq!(digests.len(), 1);
    assert_eq!(digests[0].sections[0].items[0].title, "第一则");
    assert_eq!(digests[0].sections[0].items[0].line, "市政府网 7月1日");

    office.entry(3, "第二则", Verdict::New).await;
    office.clock.advance(DAY);
    office.round(&topic).await;
    let digests = office.digests().await;
    assert_eq!(digests.len(), 2);
    let told: Vec<_> = digests.iter().map(|d| d.sections[0].items.len()).collect();
    assert_eq!(told, [1, 1], "what was sent is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_pushed_for_the_time_before_the_first_start() {
    let office = Office::open();
    office.clock.advance(HOUR + MINUTE);
    office.entry(1, "第一则", Verdict::New).await;
    office.round(&topic()).await;
    office.round(&topic()).await;
    assert!(office.posts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_new_is_silence_or_a_line_by_setting() {
    let office = Office::open();
    let mut topic = topic();
    office.round(&topic).await;
    office.clock.advance(HOUR);
    office.round(&topic).await;
    assert!(office.posts().await.is_empty());
    assert_eq!(office.last_slot().await, office.clock.now());
    topic.digest.when_empty = WhenEmpty::Say;
    office.clock.advance(DAY);
    office.round(&topic).await;
    let digests = office.digests().await;
    assert_eq!((digests.len(), digests[0].sections.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_run_follows_the_rule_of_its_topic() {
    for (missed, late, pushed) in [
        (Missed::Skip, MINUTE, 1),
        (Missed::Skip, 3 * MINUTE, 0),
        (Missed::Once, 20 * DAY + HOUR, 1),
        (Missed::Within(HOUR), 59 * MINUTE, 1),
        (Missed::Within(HOUR), 61 * MINUTE, 0),
        (Missed::Within(HOUR), 3 * DAY + 30 * MINUTE, 1),
    ] {
        let office = Office::open();
        let topic = Topic { missed, ..topic() };
        office.round(&topic).await;
        office.clock.advance(HOUR + late);
        office.entry(1, "第一则", Verdict::New).await;
        let due = office.clock.now();
        let next = office.round(&topic).await.expect("a next");
        assert_eq!(office.digests().await.len(), pushed, "{missed:?} {late:?}");
        assert!(next > due);
        // What a skipped run would have told is told by the next.
        office.clock.jump(next);
        office.round(&topic).await;
        assert_eq!(office.digests().await.len(), 1, "{missed:?} {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_a_little_pushes_no_run_twice() {
    let office = Office::open();
    let mut topic = topic();
    topic.digest.when_empty = WhenEmpty::Say;
    office.round(&topic).await;
    office.clock.advance(HOUR);
    office.round(&topic).await;
    let slot = office.last_slot().await;
    office.clock.jump(slot.minus(MINUTE));
    assert_eq!(office.round(&topic).await, Some(slot.plus(DAY)));
    office.clock.jump(slot);
    office.round(&topic).await;
    assert_eq!((office.posts().await.len(), office.last_slot().await), (1, slot));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_ahead_silences_no_topic() {
    for ahead in [DAY + 2 * HOUR, 400 * DAY + 2 * HOUR] {
        for restarts in [true, false] {
            let office = Office::open();
            let press = office.press(vec![topic()]);
            press.round().await.expect("a round");
            let began = office.clock.now();
            office.clock.jump(began.plus(ahead));
            press.round().await.expect("a round");
            assert!(office.last_slot().await > began.plus(HOUR));

            // It is set right, while the press goes on or is begun anew.
            office.clock.jump(began.plus(MINUTE));
            let press = if restarts { office.press(vec![topic()]) } else { press };
            let next = press.round().await.expect("a round");
            assert_eq!(next, Some(began.plus(HOUR)), "{ahead:?} {restarts}");
            office.entry(1, "第一则", Verdict::New).await;
            office.clock.jump(began.plus(HOUR));
            press.round().await.expect("a round");
            assert_eq!(office.digests().await.len(), 1, "{ahead:?} {restarts}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_comes_again_after_the_clock_was_set_back_tells_no_entry_twice() {
    let office = Office::open();
    let topic = topic();
    office.round(&topic).await;
    office.entry(1, "第一则", Verdict::New).await;
    office.clock.advance(HOUR);
    office.round(&topic).await;
    let slot = office.last_slot().await;
    office.clock.jump(slot.minus(HOUR));
    assert_eq!(office.round(&topic).await, Some(slot));
    office.entry(2, "第二则", Verdict::New).await;
    office.clock.jump(slot);
    office.round(&topic).await;
    let digests = office.digests().await;
    let told = |digest: &Digest| {
        digest.sections[0].items.iter().map(|i| i.title.clone()).collect::<Vec<_>>()
    };
    let mut told: Vec<_> = digests.iter().map(told).collect();
    told.sort();
    assert_eq!(told, [["第一则"], ["第二则"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_of_seconds_pushes_each_time_something_is_new() {
    let office = Office::open();
    let mut topic = topic();
    topic.schedule = Some(
        tongxin::model::Schedule::parse("every 20s", chrono_tz::Tz::Asia__Shanghai)
            .expect("a schedule"),
    );
    office.round(&topic).await;
    for n in 0..5 {
        office.entry(n, &format!("第{n}则"), Verdict::New).await;
        office.clock.advance(Duration::from_secs(20));
        office.round(&topic).await;
    }
    assert_eq!(office.digests().await.len(), 5);
    let mut codes: Vec<_> =
        office.posts().await.into_iter().map(|p| p.code.as_str().to_owned()).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_digest_fits_one_commit_and_the_rest_comes_next_time() {
    let office = Office::open();
    let mut topic = topic();
    topic.digest.max_entries = 1000;
    topic.digest.max_chars = 1_000_000;
    office.round(&topic).await;
    for n in 0..90 {
        office.entry(n, &format!("公告{n}{}", "长".repeat(200)), Verdict::New).await;
    }
    for (count, waiting) in [(40, 50), (40, 10), (10, 0)] {
        let next = office.round(&topic).await.expect("a next");
        office.clock.jump(next);
        office.round(&topic).await;
        let digest = office.digests().await.pop().expect("a digest");
        assert_eq!((digest.sections[0].items.len(), digest.waiting), (count, waiting));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_news_of_a_source_with_a_large_archive_is_told() {
    let office = Office::open();
    let topic = topic();
    office.round(&topic).await;
    // All are seen at one moment; by their names the news stands before the archive.
    for n in 0..5 {
        office.entry(n, &format!("第{n}则"), Verdict::New).await;
    }
    let archive: Vec<u128> = (5..1500).collect();
    for page in archive.chunks(30) {
        let mut changes = Changes::new();
        for n in page {
            changes.insert(office.entry_of(*n, "旧档", Verdict::Archive));
        }
        office.store.commit(changes).await.expect("commits");
    }
    office.clock.advance(HOUR);
    office.round(&topic).await;
    assert_eq!(office.digests().await[0].sections[0].items.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_tells_what_came_since_the_one_before_it_up_to_a_month_back() {
    let office = Office::open();
    let schedule = Schedule::parse("0 9 1 * *", chrono_tz::Tz::Asia__Shanghai);
    let topic = Topic { schedule: Some(schedule.expect("a schedule")), ..topic() };
    office.round(&topic).await;
    office.clock.jump(at("2026-07-01T09:00:00+08:00"));
    office.round(&topic).await;
    for (n, day, title) in
        [(1, "2026-07-02", "七月初"), (2, "2026-07-12", "七月中"), (3, "2026-07-31", "七月末")]
    {
        office.clock.jump(at(&format!("{day}T12:00:00+08:00")));
        office.entry(n, title, Verdict::New).await;
    }
    office.clock.jump(at("2026-08-01T09:00:00+08:00"));
    office.round(&topic).await;
    let told = |digest: &Digest| {
        digest.sections[0].items.iter().map(|i| i.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(&office.digests().await[0]), ["七月末", "七月中", "七月初"]);
    // After a long silence, no more than a month is made up for.
    for (n, day, title) in [(4, "2026-09-20", "九月"), (5, "2026-11-05", "十一月")] {
        office.clock.jump(at(&format!("{day}T12:00:00+08:00")));
        office.entry(n, title, Verdict::New).await;
    }
    office.clock.jump(at("2026-12-01T09:00:00+08:00"));
    office.round(&topic).await;
    assert_eq!(told(&office.digests().await[1]), ["十一月"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_post_goes_out_at_its_time_or_as_soon_as_it_can_and_once() {
    let office = Office::open();
    let topic = topic();
    let due = office.clock.now().plus(10 * MINUTE);
    office.scheduled(1, due).await;
    office.scheduled(2, office.clock.now().minus(3 * DAY)).await;
    assert_eq!(office.round(&topic).await, Some(due));
    let state = async |n: u128| {
        let key = Segments::new().id(Uuid::from_u128(n)).key(Kind::Post);
        office.reads().find::<Post>(&key).await.expect("reads").expect("a post").value.state
    };
    assert_eq!(state(2).await, PostState::Publishing { since: office.clock.now() });
    assert_eq!(state(1).await, PostState::Scheduled { at: due });
    office.clock.jump(due);
    office.round(&topic).await;
    office.round(&topic).await;
    assert_eq!(state(1).await, PostState::Publishing { since: due });
    let waiting = Scan::of(Index::OpenPosts, vec![OpenState::Scheduled as u8], 10);
    assert!(office.reads().scan(&waiting).await.expect("reads").is_empty());
    let fan_outs = office.reads().list(Kind::FanOut, &[], None, 10).await.expect("reads");
    assert_eq!(fan_outs.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_presses_at_once_push_one_digest() {
    let office = Office::open();
    let topic = topic();
    office.round(&topic).await;
    office.entry(1, "第一则", Verdict::New).await;
    office.clock.advance(HOUR);
    let rounds = (0..4).map(|_| office.round(&topic));
    futures::future::join_all(rounds).await;
    assert_eq!(office.digests().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_digests_due_at_once_are_pushed_once_each_by_two_presses_together() {
    let office = Office::open();
    let named = |n: usize| Topic { id: TopicId(format!("news-{n}")), ..topic() };
    let topics: Vec<_> = (0..300).map(named).collect();
    office.round_of(topics.clone()).await;
    office.entry(1, "第一则", Verdict::New).await;
    office.clock.advance(HOUR);
    let next = futures::future::join(
        office.round_of(topics.clone()),
        office.round_of(topics.iter().rev().cloned().collect()),
    );
    let tomorrow = Some(at("2026-07-02T09:00:00+08:00"));
    assert_eq!(next.await, (tomorrow, tomorrow));
    let mut pushed: Vec<_> = office.posts().await.into_iter().map(|post| post.topic).collect();
    pushed.sort();
    let mut wanted: Vec<_> = topics.into_iter().map(|topic| topic.id).collect();
    wanted.sort();
    assert_eq!(pushed, wanted);
}
