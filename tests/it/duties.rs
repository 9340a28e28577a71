//! Several workers over one store: one at a time does each thing, and who comes back late changes nothing.

use crate::clock::StandingClock;
use crate::fakes::around::{Around, Otherwise};
use async_trait::async_trait;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tongxin::clock::Clock;
use tongxin::model::{
    AccountId, Changes, Cursor, Duty, Kind, Lease, RunId, Stored, Wishes, Worker,
};
use tongxin::rounds::duties::{Duties, Hold, Settings, Wanted, roster};
use tongxin::store::sled::{self, SledStore};
use tongxin::store::{Reads, Sharing, Store, StoreError};

const SPAN: Duration = Duration::from_secs(15);

/// A store that several workers have, here within one process.
#[derive(Default)]
struct Common {
    /// Who makes a round once somebody else has read records of this kind.
    then: Mutex<Option<(Kind, Arc<Duties>)>>,
    /// How long each commit takes, by this clock.
    slow: Mutex<Option<(Arc<StandingClock>, Duration)>>,
}

#[async_trait]
impl Otherwise for Common {
    fn sharing(&self, _: &dyn Store) -> Sharing {
        Sharing::Shared
    }

    async fn commit(&self, below: &dyn Store, changes: Changes) -> Result<(), StoreError> {
        if let Some((clock, span)) = &*self.slow.lock().expect("a lock") {
            clock.advance(*span);
        }
        below.commit(changes).await
    }

    async fn listed(&self, kind: Kind) {
        let next = self.then.lock().expect("a lock").take_if(|(of, _)| *of == kind);
        if let Some((_, worker)) = next {
            beat(&worker).await;
        }
    }
}

struct Office {
    store: Arc<Around<Common>>,
    clock: Arc<StandingClock>,
    _dir: TempDir,
}

impl Office {
    fn open() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let store = SledStore::open(dir.path(), &sled::Settings::default()).expect("a store");
        let clock = Arc::new(StandingClock::at("2026-11-25T08:00:00+08:00"));
        Self { store: Arc::new(Around::over(Arc::new(store), Common::default())), clock, _dir: dir }
    }

    fn worker(&self, label: &str) -> Arc<Duties> {
        self.worker_for(label, &["bot"])
    }

    /// A worker that is set up for these accounts.
    fn worker_for(&self, label: &str, accounts: &[&str]) -> Arc<Duties> {
        let spreads = accounts.iter().map(|name| account(name)).collect();
        self.worker_with(label, Wanted { stays: vec![press()], spreads })
    }

    fn worker_with(&self, label: &str, wanted: Wanted) -> Arc<Duties> {
        self.worker_of(label, SPAN, wanted)
    }

    fn worker_of(&self, label: &str, span: Duration, wanted: Wanted) -> Arc<Duties> {
        let settings = Settings { label: label.to_owned(), span };
        Arc::new(Duties::new(self.store.clone(), self.clock.clone(), settings, wanted))
    }

    /// How many of the accounts each has of whom it is known.
    async fn shares(&self) -> BTreeMap<String, usize> {
        let mut shares = BTreeMap::new();
        for line in roster(&*self.store).await.expect("reads") {
            if let (Duty::Account(_), Some(worker)) = (line.duty, line.worker) {
                *shares.entry(worker.label).or_default() += 1;
            }
        }
        shares
    }

    /// All of them show that they live, one after the other, so often, a beat apart.
    async fn beats(&self, workers: &[&Arc<Duties>], times: usize) {
        for _ in 0..times {
            self.clock.advance(SPAN / 5);
            for worker in workers {
                beat(worker).await;
            }
        }
    }

    fn reads(&self) -> &dyn Reads {
        &*self.store
    }

    /// All workers of which there is a record.
    async fn known(&self) -> Vec<Worker> {
        let workers = self.reads().all::<Worker>(&[]).await.expect("reads");
        workers.into_iter().map(|worker| worker.value).collect()
    }

    /// The labels of all of them.
    async fn labels(&self) -> Vec<String> {
        self.known().await.into_iter().map(|worker| worker.label).collect()
    }

    async fn owners(&self) -> String {
        let lines = roster(&*self.store).await.expect("reads");
        let line = |r: &tongxin::rounds::duties::Roster| {
            let worker = r.worker.as_ref().map_or("nobody", |w| w.label.as_str());
            format!("{}: {worker}, {}", r.duty, r.epoch)
        };
        lines.iter().map(line).collect::<Vec<_>>().join("; ")
    }
}

fn bot() -> Duty {
    account("bot")
}

fn account(name: &str) -> Duty {
    Duty::Account(AccountId(name.to_owned()))
}

fn shares(of: &[(&str, usize)]) -> BTreeMap<String, usize> {
    of.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn press() -> Duty {
    Duty::Round("press".to_owned())
}

async fn beat(worker: &Duties) {
    worker.round().await.expect("beats").expect("has a next time");
}

#[tokio::test]
async fn the_first_worker_takes_everything_and_the_second_takes_over_when_the_first_falls_silent() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    beat(&two).await;
    assert_eq!(office.owners().await, "account bot: one, 1; round press: one, 1");
    assert!(one.hold(&bot()).is_some() && two.hold(&bot()).is_none());
    // While it beats, nobody takes anything from it, however long that is.
    for _ in 0..20 {
        office.clock.advance(Duration::from_secs(3));
        beat(&one).await;
        beat(&two).await;
    }
    assert!(one.hold(&bot()).is_some() && two.hold(&bot()).is_none());
    // It falls silent: after two thirds of a span it knows that it must not go on; after a span others do.
    let hold = one.hold(&bot()).expect("holds");
    office.clock.advance(SPAN * 2 / 3 + Duration::from_millis(1));
    beat(&two).await;
    assert!(!hold.stands() && one.hold(&bot()).is_none());
    assert!(two.hold(&bot()).is_none());
    office.clock.advance(SPAN / 3);
    beat(&two).await;
    assert_eq!(office.owners().await, "account bot: two, 2; round press: two, 2");
    assert!(two.hold(&bot()).is_some() && two.hold(&press()).is_some());
}

#[tokio::test]
async fn who_comes_back_late_cannot_commit_and_begins_again_under_a_new_name() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    beat(&two).await;
    let late = one.hold(&bot()).expect("holds");
    office.clock.advance(SPAN);
    beat(&two).await;
    // Frozen and back: it does not know yet, and what it decided before is refused.
    let mut changes = Changes::new();
    changes.overwrite(Cursor { account: AccountId("bot".to_owned()), mark: "late".to_owned() });
    late.fence(&mut changes);
    assert_eq!(office.store.commit(changes).await, Err(StoreError::Conflict));
    assert!(!late.stands());
    // Its next beat tells it.
    beat(&one).await;
    assert!(late.lost());
    assert!(one.hold(&bot()).is_none());
    assert_eq!(office.owners().await, "account bot: two, 2; round press: two, 2");
    // What the one who has it decides is taken.
    let mut changes = Changes::new();
    changes.overwrite(Cursor { account: AccountId("bot".to_owned()), mark: "in time".to_owned() });
    two.hold(&bot()).expect("holds").fence(&mut changes);
    office.store.commit(changes).await.expect("is taken");
}

#[tokio::test]
async fn a_worker_that_may_be_silent_for_longer_is_given_that_time_by_all() {
    let office = Office::open();
    let wanted = || Wanted { stays: vec![press()], spreads: vec![bot()] };
    let (patient, two) = (office.worker_of("one", SPAN * 20, wanted()), office.worker("two"));
    beat(&patient).await;
    let hold = patient.hold(&bot()).expect("holds");
    office.beats(&[&two], 66).await;
    assert!(hold.stands() && two.hold(&bot()).is_none());
    office.beats(&[&two], 33).await;
    assert!(!hold.stands() && two.hold(&bot()).is_none());
    office.beats(&[&two], 2).await;
    assert!(two.hold(&bot()).is_some());
}

#[tokio::test]
async fn who_has_much_to_take_shows_in_between_that_it_lives() {
    let office = Office::open();
    let names: Vec<_> = (0..1000).map(|n| format!("a{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let one = office.worker_for("one", &names);
    let slow = Duration::from_millis(500);
    *office.store.otherwise.slow.lock().expect("a lock") = Some((office.clock.clone(), slow));
    let mut rounds = 0;
    while office.shares().await != shares(&[("one", 1000)]) {
        let began = office.clock.elapsed();
        let next = one.round().await.expect("beats").expect("a next time");
        assert!(office.clock.elapsed() <= began + SPAN / 5 + slow, "silent for too long");
        assert!(next <= office.clock.now() || rounds > 0, "it has more to do");
        rounds += 1;
    }
    // Many are taken by one commit.
    assert!((2..=6).contains(&rounds), "{rounds}");
    assert!(names.iter().all(|name| one.hold(&account(name)).is_some()));
}

#[tokio::test]
async fn who_still_ends_something_while_it_stops_is_not_taken_for_dead() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    let hold = one.hold(&bot()).expect("holds");
    for _ in 0..10 {
        office.clock.advance(SPAN / 5);
        one.lasts().await.expect("beats");
        beat(&two).await;
    }
    assert!(hold.stands() && !hold.lost() && two.hold(&bot()).is_none());
    one.resign().await.expect("resigns");
    // Who never began shows nothing.
    let three = office.worker("three");
    three.lasts().await.expect("does nothing");
    assert_eq!(office.labels().await, ["two"]);
}

#[tokio::test]
async fn a_beat_between_looking_and_taking_keeps_the_duty() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    beat(&two).await;
    office.clock.advance(SPAN);
    // The store was slow, not the worker: its beat comes just before the other takes over.
    beat(&one).await;
    beat(&two).await;
    assert_eq!(office.owners().await, "account bot: one, 1; round press: one, 1");
    assert!(one.hold(&bot()).is_some());
}

#[tokio::test]
async fn who_joins_while_another_looks_keeps_what_it_has_taken() {
    for read in [Kind::Lease, Kind::Wishes, Kind::Worker] {
        let office = Office::open();
        let crew = ["one", "two", "three"].map(|label| office.worker_for(label, &["a", "b"]));
        let [one, two, three] = &crew;
        office.beats(&[one, three], 4).await;
        three.resign().await.expect("resigns");
        *office.store.otherwise.then.lock().expect("a lock") = Some((read, two.clone()));
        beat(one).await;
        assert_eq!(office.labels().await.len(), 2, "nobody joined after {read:?}");
        for name in ["a", "b"] {
            let held = crew.iter().filter(|worker| worker.hold(&account(name)).is_some()).count();
            assert_eq!(held, 1, "{name}, after {read:?}: {}", office.owners().await);
        }
    }
}

#[tokio::test]
async fn who_is_faster_at_one_of_many_keeps_nobody_from_the_others() {
    let office = Office::open();
    let (one, two) = (office.worker_for("one", &FOUR), office.worker_for("two", &["b"]));
    *office.store.otherwise.then.lock().expect("a lock") = Some((Kind::Worker, two.clone()));
    beat(&one).await;
    assert_eq!(office.shares().await, shares(&[("one", 3), ("two", 1)]));
    assert!(one.hold(&account("b")).is_none() && two.hold(&account("b")).is_some());
}

#[tokio::test]
async fn who_dies_at_once_after_each_start_gets_nothing_that_another_has() {
    let office = Office::open();
    let one = office.worker_for("one", &FOUR);
    beat(&one).await;
    let holds = FOUR.map(|name| one.hold(&account(name)).expect("holds"));
    for _ in 0..10 {
        let two = office.worker_for("two", &FOUR);
        office.beats(&[&two, &one], 2).await;
        office.beats(&[&one], 1).await;
    }
    assert!(holds.iter().all(Hold::stands));
    assert_eq!(office.shares().await, shares(&[("one", 4)]));
}

#[tokio::test]
async fn who_stops_in_order_gives_everything_back_at_once() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    beat(&two).await;
    one.resign().await.expect("resigns");
    assert!(one.hold(&press()).is_none());
    assert_eq!(office.owners().await, "account bot: nobody, 1; round press: nobody, 1");
    beat(&two).await;
    assert_eq!(office.owners().await, "account bot: two, 2; round press: two, 2");
    assert_eq!(office.labels().await, ["two"]);
}

#[tokio::test]
async fn a_clock_that_is_set_takes_nothing_from_anybody() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker("two"));
    beat(&one).await;
    beat(&two).await;
    let day = Duration::from_hours(24);
    office.clock.jump(office.clock.now().plus(day));
    beat(&two).await;
    assert!(one.hold(&bot()).is_some() && two.hold(&bot()).is_none());
    office.clock.jump(office.clock.now().minus(day * 3));
    beat(&two).await;
    assert!(one.hold(&bot()).is_some() && two.hold(&bot()).is_none());
}

const FOUR: [&str; 4] = ["a", "b", "c", "d"];

#[tokio::test]
async fn who_joins_gets_its_share_of_the_accounts_and_what_is_under_way_ends_before() {
    let office = Office::open();
    let (one, two) = (office.worker_for("one", &FOUR), office.worker_for("two", &FOUR));
    beat(&one).await;
    assert_eq!(office.shares().await, shares(&[("one", 4)]));
    let holds = FOUR.map(|name| one.hold(&account(name)).expect("holds"));
    // It might be one that dies at once after each of its starts: first it shows that it stays.
    office.beats(&[&two, &one], 2).await;
    assert!(holds.iter().all(Hold::stands));
    office.beats(&[&two, &one], 1).await;
    // Two of them are let go: nothing begins any more, and what is under way is still taken.
    let leaving: Vec<_> = holds.iter().filter(|hold| hold.leaves()).collect();
    assert_eq!(leaving.len(), 2);
    assert!(leaving.iter().all(|hold| !hold.stands() && !hold.lost()));
    assert_eq!(FOUR.iter().filter(|name| one.hold(&account(name)).is_some()).count(), 2);
    office.beats(&[&two, &one], 20).await;
    assert_eq!(office.shares().await, shares(&[("one", 4)]));
    let mut changes = Changes::new();
    changes.overwrite(Cursor { account: AccountId("d".to_owned()), mark: "settled".to_owned() });
    for hold in leaving {
        hold.fence(&mut changes);
    }
    office.store.commit(changes).await.expect("is taken");
    // Once nobody holds them any more, the other has them with its next beat, and nothing else moves.
    drop(holds);
    beat(&one).await;
    assert_eq!(office.shares().await, shares(&[("one", 2)]));
    beat(&two).await;
    assert_eq!(office.shares().await, shares(&[("one", 2), ("two", 2)]));
    let before = office.owners().await;
    assert_eq!(
        before,
        "account a: one, 1; account b: one, 1; account c: two, 2; account d: two, 2; round press: one, 1"
    );
    office.beats(&[&one, &two], 20).await;
    assert_eq!(office.owners().await, before);
}

#[tokio::test]
async fn who_looks_again_soon_is_who_waits_for_something_to_move() {
    let office = Office::open();
    let (one, two) = (office.worker_for("one", &FOUR), office.worker_for("two", &FOUR));
    let next = async |worker: &Duties| {
        worker.round().await.expect("beats").expect("a time").since(office.clock.now())
    };
    let (beat, soon) = (SPAN / 5, Duration::from_millis(500));
    assert_eq!(next(&one).await, beat);
    let hold = one.hold(&account("d")).expect("holds");
    office.beats(&[&two, &one], 2).await;
    assert_eq!([next(&two).await, next(&one).await], [soon, soon]);
    drop(hold);
    assert_eq!(next(&one).await, soon);
    assert_eq!([next(&two).await, next(&one).await], [beat, beat]);
}

#[tokio::test]
async fn what_a_dead_worker_had_is_spread_over_all_others_within_a_beat() {
    let office = Office::open();
    let names = ["a", "b", "c", "d", "e", "f"];
    let crew = ["one", "two", "three"].map(|label| office.worker_for(label, &names));
    let [one, two, three] = &crew;
    office.beats(&[one, two, three], 4).await;
    assert_eq!(office.shares().await, shares(&[("one", 2), ("three", 2), ("two", 2)]));
    // The first falls silent. A span after its last beat was seen, and a beat, nothing of it is left.
    office.beats(&[two, three], 5).await;
    assert_eq!(office.shares().await, shares(&[("three", 3), ("two", 3)]));
    // It comes back under a new name, and gets a share again.
    office.beats(&[one, two, three], 4).await;
    assert_eq!(office.shares().await, shares(&[("one", 2), ("three", 2), ("two", 2)]));
}

#[tokio::test]
async fn what_no_other_worker_is_set_up_for_comes_back_and_stays() {
    let office = Office::open();
    let one = office.worker_for("one", &["a", "b", "c", "d"]);
    let two = office.worker_for("two", &["d"]);
    office.beats(&[&one, &two], 12).await;
    let before = office.owners().await;
    let kept = "account a: one, 1; account b: one, 1; account c: one, 1; account d: two, 2; ";
    assert_eq!(before, format!("{kept}round press: one, 1"));
    office.beats(&[&one, &two], 20).await;
    assert_eq!(office.owners().await, before);
}

#[tokio::test]
async fn nobody_stands_by_while_another_has_two() {
    let office = Office::open();
    let crew = ["one", "two", "three"].map(|label| office.worker_for(label, &FOUR));
    let [one, two, three] = &crew;
    office.beats(&[one, two], 4).await;
    assert_eq!(office.shares().await, shares(&[("one", 2), ("two", 2)]));
    office.beats(&[one, two, three], 4).await;
    let after = office.shares().await;
    assert_eq!(after.values().sum::<usize>(), 4, "{after:?}");
    assert!(after.len() == 3 && after.values().all(|count| *count >= 1), "{after:?}");
}

#[tokio::test]
async fn what_no_other_worker_is_set_up_for_rests_with_nobody_when_workers_come_and_go() {
    let office = Office::open();
    let one = office.worker_for("one", &["a", "b", "c"]);
    let two = office.worker_for("two", &["d"]);
    beat(&one).await;
    let before = "account a: one, 1; account b: one, 1; account c: one, 1; ";
    for round in 1..=3 {
        office.beats(&[&two, &one], 3).await;
        let owners = office.owners().await;
        assert_eq!(owners, format!("{before}account d: two, {round}; round press: one, 1"));
        two.resign().await.expect("resigns");
        office.beats(&[&one], 3).await;
        let owners = office.owners().await;
        assert_eq!(owners, format!("{before}account d: nobody, {round}; round press: one, 1"));
    }
}

#[tokio::test]
async fn rounds_that_came_apart_come_together_again() {
    let office = Office::open();
    let feeds = || Duty::Round("feeds".to_owned());
    let wanted = || Wanted { stays: vec![press(), feeds()], spreads: Vec::new() };
    let (one, two) = (office.worker_with("one", wanted()), office.worker_with("two", wanted()));
    beat(&one).await;
    assert_eq!(office.owners().await, "round feeds: one, 1; round press: one, 1");
    // Both had begun in the same moment, and each was faster once.
    one.resign().await.expect("resigns");
    beat(&two).await;
    beat(&one).await;
    let other = office.known().await.into_iter().find(|worker| worker.label == "one");
    let other = other.map(|worker| worker.id);
    let mut changes = Changes::new();
    let since = office.clock.now();
    changes.overwrite(Lease { duty: press(), holder: other, epoch: 3, since });
    office.store.commit(changes).await.expect("is taken");
    office.beats(&[&two, &one], 1).await;
    assert_eq!(office.owners().await, "round feeds: two, 2; round press: nobody, 3");
    office.beats(&[&two, &one], 3).await;
    assert_eq!(office.owners().await, "round feeds: two, 2; round press: two, 4");
    assert!(two.hold(&press()).is_some() && two.hold(&feeds()).is_some());
}

#[tokio::test]
async fn nothing_is_left_of_a_dead_worker_that_had_nothing() {
    let office = Office::open();
    let (one, two) = (office.worker("one"), office.worker_for("two", &[]));
    office.beats(&[&one, &two], 2).await;
    assert_eq!(office.known().await.len(), 2);
    office.beats(&[&one], 6).await;
    assert_eq!(office.labels().await, ["one"]);
    assert_eq!(office.reads().all::<Wishes>(&[]).await.expect("reads").len(), 1);
    assert_eq!(office.owners().await, "account bot: one, 1; round press: one, 1");
}

#[tokio::test]
async fn a_worker_that_does_not_say_what_it_would_do_is_left_in_peace() {
    // It is of a version that knew nothing of this.
    let office = Office::open();
    let one = office.worker_for("one", &FOUR);
    let id = RunId(office.clock.fresh());
    let since = office.clock.now();
    let mut changes = Changes::new();
    changes.insert(Worker { id, label: "older".to_owned(), since, beats: 0 });
    changes.insert(Lease { duty: account("d"), holder: Some(id), epoch: 1, since });
    office.store.commit(changes).await.expect("is taken");
    beat(&one).await;
    assert_eq!(office.shares().await, shares(&[("older", 1), ("one", 3)]));
    // What it has cannot be asked for: who joins gets something of somebody else.
    let two = office.worker_for("two", &FOUR);
    let id = office.known().await.iter().find(|worker| worker.label == "older").map(|w| w.id);
    let mut changes = Changes::new();
    changes.overwrite(Lease { duty: account("c"), holder: id, epoch: 9, since });
    office.store.commit(changes).await.expect("is taken");
    office.beats(&[&two, &one], 3).await;
    beat(&two).await;
    assert_eq!(office.shares().await, shares(&[("older", 2), ("one", 1), ("two", 1)]));
    // It falls silent, and is replaced as any other.
    office.beats(&[&one, &two], 4).await;
    assert_eq!(office.shares().await, shares(&[("one", 2), ("two", 2)]));
}

#[tokio::test]
async fn who_dies_while_it_lets_go_is_replaced_as_any_other() {
    let office = Office::open();
    let (one, two) = (office.worker_for("one", &FOUR), office.worker_for("two", &FOUR));
    beat(&one).await;
    let hold = one.hold(&account("d")).expect("holds");
    office.beats(&[&two, &one], 3).await;
    assert!(hold.leaves() && !hold.lost());
    office.beats(&[&two], 6).await;
    assert_eq!(office.shares().await, shares(&[("two", 4)]));
    // What was under way here cannot be committed any more.
    let mut changes = Changes::new();
    changes.overwrite(Cursor { account: AccountId("d".to_owned()), mark: "late".to_owned() });
    hold.fence(&mut changes);
    assert_eq!(office.store.commit(changes).await, Err(StoreError::Conflict));
    beat(&one).await;
    assert!(hold.lost());
}

/// One thing that happens to one of three workers.
#[derive(Clone, Debug)]
enum Event {
    Beat(usize),
    Resign(usize),
    Passes(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..3usize).prop_map(Event::Beat),
        1 => (0..3usize).prop_map(Event::Resign),
        4 => (1..12u64).prop_map(Event::Passes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever beats, freezes, stops and comes back: at no moment do two workers hold the same duty.
    #[test]
    fn at_no_moment_do_two_workers_hold_the_same_duty(events in prop::collection::vec(event(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let held = runtime.block_on(async {
            let office = Office::open();
            let workers = ["a", "b", "c"].map(|label| office.worker_for(label, &FOUR));
            let mut most = 0;
            for event in events {
                match event {
                    Event::Beat(n) => beat(&workers[n]).await,
                    Event::Resign(n) => workers[n].resign().await.expect("resigns"),
                    Event::Passes(seconds) => office.clock.advance(Duration::from_secs(seconds)),
                }
                for duty in FOUR.map(account).into_iter().chain([press()]) {
                    most = most.max(workers.iter().filter(|w| w.hold(&duty).is_some()).count());
                }
            }
            // Once all of them live, everything is done, by nobody more than a share, and nothing moves.
            let [a, b, c] = &workers;
            office.beats(&[a, b, c], 16).await;
            let before = office.owners().await;
            assert_eq!(office.shares().await.values().sum::<usize>(), 4, "{before}");
            let shares: Vec<_> = office.shares().await.into_values().collect();
            assert!(shares.len() == 3 && shares.iter().all(|count| *count <= 2), "{before}");
            office.beats(&[a, b, c], 4).await;
            assert_eq!(office.owners().await, before);
            most
        });
        prop_assert!(held <= 1, "{held} workers held one duty");
    }
}

#[test]
fn worker_and_lease_come_back_from_their_records() {
    let clock = StandingClock::at("2026-11-25T08:00:00+08:00");
    let id = RunId(clock.fresh());
    let worker = Worker { id, label: "host/1".to_owned(), since: clock.now(), beats: 7 };
    assert_eq!(Worker::from_record(worker.clone().into_record()), Some(worker));
    let lease = Lease { duty: bot(), holder: Some(id), epoch: 3, since: clock.now() };
    assert_eq!(Lease::from_record(lease.clone().into_record()), Some(lease));
}
