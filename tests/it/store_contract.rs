//! What every store keeps, case by case. A backend says how it is opened, and takes all of it in one
//! line: `contract!(name, Home)`.

use async_trait::async_trait;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tongxin::model::{
    Change, Changes, ConsentText, Counter, Expect, Identity, Index, Key, Kind, Lang, Person,
    PersonId, Place, Platform, Record, Stored, Version, Versioned,
};
use tongxin::store::{Line, Order, Scan, Store, StoreError, typed};
use uuid::Uuid;

/// A place where one store lives, through any number of openings.
#[async_trait]
pub trait Home: Send + Sync + Sized {
    /// A place where none was before; none where this machine has none to give, which was said.
    async fn new() -> Option<Self>;

    /// Opens the store that lives here; the one opened before was dropped.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Holds a backend to the contract.
macro_rules! contract {
    ($name:ident, $home:ty) => {
        mod $name {
            $crate::store_contract::cases!($home:
                what_was_committed_is_read,
                a_record_that_exists_is_not_inserted_again,
                what_is_ensured_stays_as_it_was,
                a_change_of_an_old_version_is_a_conflict_and_changes_nothing,
                a_check_of_an_old_version_is_a_conflict_and_changes_nothing,
                a_version_does_not_come_back_with_a_new_record,
                changes_of_one_commit_see_those_before_them,
                places_follow_the_record,
                scans_go_both_ways_and_page,
                a_place_with_two_records_has_two_lines,
                each_of_many_is_read_in_its_place,
                lists_page_within_a_kind_and_prefix,
                counts_add_up_and_nothing_counted_is_zero,
                a_long_record_comes_back_whole,
                a_record_beyond_all_measure_is_refused_and_harms_nothing,
                a_commit_of_too_many_keys_is_refused_and_harms_nothing,
                of_many_who_change_one_record_at_once_each_version_has_one_winner,
                everything_is_there_after_opening_again
            );

            #[test]
            fn random_changes_leave_what_a_plain_map_has() {
                $crate::store_contract::random_changes_leave_what_a_plain_map_has::<$home>();
            }
        }
    };
}

/// One test a case.
macro_rules! cases {
    ($home:ty: $($case:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            use $crate::store_contract::Home;
            if let Some(home) = <$home>::new().await {
                $crate::store_contract::$case(&home).await;
            }
        }
    )*};
}

pub(crate) use {cases, contract};

fn text(number: u8, text: &str) -> ConsentText {
    ConsentText { hash: [number; 32], text: text.to_owned() }
}

fn person(number: u128, names: &[&str]) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(number)),
        identities: names.iter().map(|n| Identity::new(Platform::Telegram, n)).collect(),
        name: "李".to_owned(),
        roles: BTreeSet::new(),
        direct: None,
        lang: Lang::Zh,
        since: tongxin::model::At::from_millis(0),
    }
}

async fn commit(store: &dyn Store, fill: impl FnOnce(&mut Changes)) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    fill(&mut changes);
    store.commit(changes).await
}

async fn put(store: &dyn Store, value: impl Stored) {
    commit(store, |c| c.insert(value)).await.expect("commits");
}

async fn find<T: Stored>(store: &dyn Store, key: &Key) -> Option<Versioned<T>> {
    let found = store.get(key).await.expect("reads");
    found.map(|found| typed(found).expect("the right type"))
}

pub async fn what_was_committed_is_read(home: &impl Home) {
    let store = home.open().await;
    assert_eq!(store.get(&text(1, "").key()).await, Ok(None));
    put(&*store, text(1, "同意")).await;
    let found = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    assert_eq!(found.value, text(1, "同意"));
    commit(&*store, |c| c.update(&found, text(1, "同意。"))).await.expect("commits");
    let later = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    assert_eq!(later.value, text(1, "同意。"));
    assert!(later.version > found.version);
    commit(&*store, |c| c.remove(&later)).await.expect("commits");
    assert_eq!(store.get(&text(1, "").key()).await, Ok(None));
    commit(&*store, |_| {}).await.expect("nothing is committed as well");
}

pub async fn a_record_that_exists_is_not_inserted_again(home: &impl Home) {
    let store = home.open().await;
    put(&*store, text(1, "first")).await;
    let again = commit(&*store, |c| {
        c.insert(text(2, "beside"));
        c.insert(text(1, "second"));
    });
    assert_eq!(again.await, Err(StoreError::Conflict));
    assert_eq!(find(&*store, &text(1, "").key()).await.map(|f| f.value), Some(text(1, "first")));
    assert_eq!(store.get(&text(2, "").key()).await, Ok(None));
}

pub async fn what_is_ensured_stays_as_it_was(home: &impl Home) {
    let store = home.open().await;
    put(&*store, person(1, &["a"])).await;
    let kept = commit(&*store, |c| {
        c.ensure(person(1, &["b"]));
        c.ensure(person(2, &["c"]));
        c.add(Counter(b"n".to_vec()), 1);
    });
    kept.await.expect("commits");
    let found = find(&*store, &person(1, &[]).key()).await.map(|f| f.value);
    assert_eq!(found, Some(person(1, &["a"])));
    assert_eq!(at(&*store, Index::PersonByIdentity).await, [b"telegram:a\0", b"telegram:c\0"]);
    assert_eq!(store.tally(&Counter(b"n".to_vec())).await, Ok(1));
}

async fn at(store: &dyn Store, index: Index) -> Vec<Vec<u8>> {
    let lines = store.scan(&Scan::of(index, Vec::new(), 100)).await.expect("reads");
    lines.into_iter().map(|l| l.at).collect()
}

pub async fn a_change_of_an_old_version_is_a_conflict_and_changes_nothing(home: &impl Home) {
    let store = home.open().await;
    put(&*store, person(1, &["a"])).await;
    let read = find::<Person>(&*store, &person(1, &[]).key()).await.expect("is there");
    commit(&*store, |c| c.update(&read, person(1, &["b"]))).await.expect("commits");
    let late = commit(&*store, |c| {
        c.insert(text(1, "beside"));
        c.add(Counter(b"n".to_vec()), 1);
        c.update(&read, person(1, &["c"]));
    });
    assert_eq!(late.await, Err(StoreError::Conflict));
    assert_eq!(commit(&*store, |c| c.remove(&read)).await, Err(StoreError::Conflict));
    assert_eq!(store.get(&text(1, "").key()).await, Ok(None));
    assert_eq!(store.tally(&Counter(b"n".to_vec())).await, Ok(0));
    assert_eq!(at(&*store, Index::PersonByIdentity).await, [b"telegram:b\0"]);
}

pub async fn a_check_of_an_old_version_is_a_conflict_and_changes_nothing(home: &impl Home) {
    let store = home.open().await;
    put(&*store, text(1, "a")).await;
    let read = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    let checked = |number| {
        let (store, read) = (store.clone(), read.clone());
        async move {
            let both = |c: &mut Changes| {
                c.check(&read);
                c.insert(text(number, "b"));
            };
            commit(&*store, both).await
        }
    };
    checked(2).await.expect("still stands");
    assert_eq!(find(&*store, &text(1, "").key()).await, Some(read.clone()));
    commit(&*store, |c| c.update(&read, text(1, "c"))).await.expect("commits");
    assert_eq!(checked(3).await, Err(StoreError::Conflict));
    let alone = commit(&*store, |c| c.check(&read));
    assert_eq!(alone.await, Err(StoreError::Conflict));
    assert_eq!(store.get(&text(3, "").key()).await, Ok(None));
}

pub async fn a_version_does_not_come_back_with_a_new_record(home: &impl Home) {
    let store = home.open().await;
    put(&*store, text(1, "a")).await;
    let first = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    commit(&*store, |c| c.remove(&first)).await.expect("commits");
    put(&*store, text(1, "a")).await;
    let stale = commit(&*store, |c| c.update(&first, text(1, "stale")));
    assert_eq!(stale.await, Err(StoreError::Conflict));
}

pub async fn changes_of_one_commit_see_those_before_them(home: &impl Home) {
    let store = home.open().await;
    put(&*store, person(1, &["a"])).await;
    let read = find::<Person>(&*store, &person(1, &[]).key()).await.expect("is there");
    let replaced = commit(&*store, |c| {
        c.remove(&read);
        c.insert(person(1, &["a", "b"]));
        c.ensure(person(1, &["c"]));
    });
    replaced.await.expect("commits");
    let found = find(&*store, &person(1, &[]).key()).await.map(|f| f.value);
    assert_eq!(found, Some(person(1, &["a", "b"])));
    assert_eq!(at(&*store, Index::PersonByIdentity).await, [b"telegram:a\0", b"telegram:b\0"]);
    let twice = commit(&*store, |c| {
        c.insert(text(1, "a"));
        c.insert(text(1, "b"));
    });
    assert_eq!(twice.await, Err(StoreError::Conflict));
}

pub async fn places_follow_the_record(home: &impl Home) {
    let store = home.open().await;
    put(&*store, person(1, &["a", "b"])).await;
    let by = |name| Person::by_identity(&Identity::new(Platform::Telegram, name)).at;
    let reads: &dyn Store = &*store;
    let line = Scan::of(Index::PersonByIdentity, by("b"), 1);
    let found = reads.scan(&line).await.expect("reads");
    assert_eq!(found, [Line { at: by("b"), key: person(1, &[]).key() }]);
    let read = find::<Person>(&*store, &person(1, &[]).key()).await.expect("is there");
    commit(&*store, |c| c.update(&read, person(1, &["b", "c"]))).await.expect("commits");
    assert_eq!(at(&*store, Index::PersonByIdentity).await, [by("b"), by("c")]);
    let read = find::<Person>(&*store, &person(1, &[]).key()).await.expect("is there");
    commit(&*store, |c| c.remove(&read)).await.expect("commits");
    assert!(at(&*store, Index::PersonByIdentity).await.is_empty());
}

/// A change that puts `number` at `places` of an index.
fn placed(number: u8, index: Index, places: &[&[u8]]) -> Change {
    let value = text(number, "placed");
    Change {
        key: value.key(),
        expect: Expect::Whatever,
        record: Some(value.into_record()),
        gained: places.iter().map(|at| Place { index, at: at.to_vec() }).collect(),
        lost: Vec::new(),
    }
}

pub async fn scans_go_both_ways_and_page(home: &impl Home) {
    let store = home.open().await;
    let places: [&[u8]; 9] =
        [b"", b"\0", b"\0\0x", b"\0\x01", b"a", b"a\0", b"a\0\x01", b"ab", b"b\xFF\xFF"];
    let changes = vec![
        placed(1, Index::Due, &places),
        placed(2, Index::FanOuts, &[b"a"]),
        placed(3, Index::TopicSubscribers, &[b"a", b"\xFF\xFF"]),
    ];
    store.commit(Changes { changes, ..Changes::new() }).await.expect("commits");
    for order in [Order::Forward, Order::Backward] {
        for prefix in [b"".as_slice(), b"\0", b"a", b"a\0", b"b\xFF", b"c"] {
            let mut want: Vec<_> = places.iter().filter(|p| p.starts_with(prefix)).collect();
            if order == Order::Backward {
                want.reverse();
            }
            let mut scan = Scan::of(Index::Due, prefix.to_vec(), 2);
            scan.order = order;
            let mut got: Vec<Vec<u8>> = Vec::new();
            loop {
                let page = store.scan(&scan).await.expect("reads");
                assert!(page.len() <= 2);
                let Some(last) = page.last() else { break };
                scan.after = Some(last.at.clone());
                got.extend(page.into_iter().map(|l| l.at));
            }
            assert_eq!(got.iter().map(Vec::as_slice).collect::<Vec<_>>(), {
                want.iter().map(|p| **p).collect::<Vec<_>>()
            });
        }
    }
    let none = Scan::of(Index::Due, Vec::new(), 0);
    assert_eq!(store.scan(&none).await, Ok(Vec::new()));
    let beyond = Scan::of(Index::Due, b"a".to_vec(), 9).after(Some(b"b".to_vec()));
    assert_eq!(store.scan(&beyond).await, Ok(Vec::new()));
    let before = Scan::of(Index::Due, b"a".to_vec(), 9).after(Some(b"".to_vec()));
    assert_eq!(store.scan(&before).await.expect("reads").len(), 4);
}

pub async fn a_place_with_two_records_has_two_lines(home: &impl Home) {
    let store = home.open().await;
    let changes = vec![placed(1, Index::Due, &[b"x"]), placed(2, Index::Due, &[b"x"])];
    store.commit(Changes { changes, ..Changes::new() }).await.expect("commits");
    let lines = store.scan(&Scan::of(Index::Due, b"x".to_vec(), 9)).await.expect("reads");
    let keys: Vec<_> = lines.into_iter().map(|l| l.key).collect();
    assert_eq!(keys, [text(1, "").key(), text(2, "").key()]);
}

pub async fn each_of_many_is_read_in_its_place(home: &impl Home) {
    let store = home.open().await;
    put(&*store, text(1, "同意")).await;
    put(&*store, person(1, &["a"])).await;
    put(&*store, text(2, "不同意")).await;
    // Of two kinds, in no order, one of them missing and one twice.
    let [first, second, third] = [1, 2, 3].map(|number| text(number, "").key());
    let someone = person(1, &[]).key();
    let keys = [second.clone(), third, first, someone, second];
    let found = store.get_each(&keys).await.expect("reads");
    let each = futures::future::join_all(keys.iter().map(|key| store.get(key))).await;
    assert_eq!(found, each.into_iter().map(|read| read.expect("reads")).collect::<Vec<_>>());
    let there: Vec<_> = found.iter().map(Option::is_some).collect();
    assert_eq!(there, [true, false, true, true, true]);
    assert_eq!(store.get_each(&[]).await, Ok(Vec::new()));
}

pub async fn lists_page_within_a_kind_and_prefix(home: &impl Home) {
    let store = home.open().await;
    for number in [7, 9, 8, 255] {
        put(&*store, text(number, "listed")).await;
    }
    put(&*store, person(1, &[])).await;
    let list = |prefix: &'static [u8], after: Option<Key>, limit| {
        let store = store.clone();
        async move {
            let found = store.list(Kind::Consent, prefix, after.as_ref(), limit).await;
            let numbers = found.expect("reads").into_iter().map(|f| f.value.key().id[0]);
            numbers.collect::<Vec<_>>()
        }
    };
    assert_eq!(list(b"", None, 9).await, [7, 8, 9, 255]);
    assert_eq!(list(b"", None, 2).await, [7, 8]);
    assert_eq!(list(b"", Some(text(8, "").key()), 2).await, [9, 255]);
    assert_eq!(list(b"", Some(text(255, "").key()), 2).await, [0; 0]);
    assert_eq!(list(&[8, 8], None, 9).await, [8]);
    assert_eq!(list(&[255, 255], None, 9).await, [255]);
    assert_eq!(list(&[8], Some(text(7, "").key()), 9).await, [8]);
    assert_eq!(list(&[8], Some(text(9, "").key()), 9).await, [0; 0]);
    assert_eq!(list(b"", None, 0).await, [0; 0]);
}

pub async fn counts_add_up_and_nothing_counted_is_zero(home: &impl Home) {
    let store = home.open().await;
    let counter = |name: &[u8]| Counter(name.to_vec());
    let add = |name: &'static [u8], by| {
        let store = store.clone();
        async move { commit(&*store, |c| c.add(Counter(name.to_vec()), by)).await.expect("adds") }
    };
    assert_eq!(store.tally(&counter(b"a")).await, Ok(0));
    add(b"a\0sent", 2).await;
    add(b"a\0sent", 3).await;
    add(b"a\0gone", -1).await;
    add(b"b\0sent", 7).await;
    add(b"a\0zero", 1).await;
    add(b"a\0zero", -1).await;
    assert_eq!(store.tally(&counter(b"a\0sent")).await, Ok(5));
    assert_eq!(store.tally(&counter(b"a\0zero")).await, Ok(0));
    let all = vec![(counter(b"a\0gone"), -1), (counter(b"a\0sent"), 5)];
    assert_eq!(store.tallies(b"a\0").await, Ok(all));
    assert_eq!(store.tallies(b"").await.expect("reads").len(), 3);
}

pub async fn a_long_record_comes_back_whole(home: &impl Home) {
    let store = home.open().await;
    let mut read = None;
    for length in [4_000, 4_040, 4_060, 4_096, 4_100, 8_192, 100_000, 240_000, 20_000, 5, 9_000] {
        let value = text(1, &"字".repeat(length / 3));
        let change = |c: &mut Changes| match &read {
            Some(read) => c.update(read, value.clone()),
            None => c.insert(value.clone()),
        };
        commit(&*store, change).await.expect("commits");
        let found = find::<ConsentText>(&*store, &value.key()).await.expect("is there");
        assert_eq!(found.value, value);
        read = Some(found);
    }
    let found = store.list(Kind::Consent, &[], None, 9).await.expect("reads");
    assert_eq!(found.len(), 1);
    commit(&*store, |c| c.remove(&read.expect("was read"))).await.expect("commits");
    put(&*store, text(1, "short")).await;
    let found = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    assert_eq!(found.value, text(1, "short"));
}

pub async fn a_record_beyond_all_measure_is_refused_and_harms_nothing(home: &impl Home) {
    let store = home.open().await;
    let large = commit(&*store, |c| {
        c.insert(text(1, "beside"));
        c.insert(text(2, &"a".repeat(300_000)));
    });
    let Err(StoreError::Impossible(why)) = large.await else { panic!("not refused") };
    assert!(why.contains("is larger than"), "{why}");
    assert_eq!(store.get(&text(1, "").key()).await, Ok(None));
    put(&*store, text(2, "fits")).await;
}

pub async fn a_commit_of_too_many_keys_is_refused_and_harms_nothing(home: &impl Home) {
    let store = home.open().await;
    let many = |keys: u8| {
        move |c: &mut Changes| (0..keys).for_each(|number| c.insert(text(number, "one of many")))
    };
    let refused = commit(&*store, many(101)).await;
    let Err(StoreError::Impossible(why)) = refused else { panic!("not refused") };
    assert!(why.contains("101"), "{why}");
    assert_eq!(store.list(Kind::Consent, &[], None, 9).await, Ok(Vec::new()));
    commit(&*store, many(100)).await.expect("commits");
}

pub async fn of_many_who_change_one_record_at_once_each_version_has_one_winner(home: &impl Home) {
    const TASKS: usize = 16;
    const WINS: usize = 10;
    let store = home.open().await;
    put(&*store, text(1, "")).await;
    let change = |task: usize| {
        let store = store.clone();
        async move {
            let mut won = 0;
            while won < WINS {
                let read = find::<ConsentText>(&*store, &text(1, "").key()).await;
                let read = read.expect("is there");
                let next = text(1, &format!("{}{task:x}", read.text));
                let result = commit(&*store, |c| {
                    c.update(&read, next);
                    c.add(Counter(b"won".to_vec()), 1);
                });
                match result.await {
                    Ok(()) => won += 1,
                    Err(StoreError::Conflict) => tokio::task::yield_now().await,
                    Err(e) => panic!("{e}"),
                }
            }
        }
    };
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(change(task));
    }
    tasks.join_all().await;
    let found = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    assert_eq!(found.text.len(), TASKS * WINS, "each winner wrote once, over the one before");
    for task in 0..TASKS {
        let wrote = found.text.matches(&format!("{task:x}")).count();
        assert_eq!(wrote, WINS);
    }
    assert_eq!(store.tally(&Counter(b"won".to_vec())).await, Ok(160));
}

pub async fn everything_is_there_after_opening_again(home: &impl Home) {
    let store = home.open().await;
    put(&*store, person(1, &["a"])).await;
    put(&*store, text(1, &"长".repeat(5_000))).await;
    commit(&*store, |c| c.add(Counter(b"n".to_vec()), 4)).await.expect("commits");
    let before = store.get(&person(1, &[]).key()).await;
    drop(store);
    let store = home.open().await;
    assert_eq!(store.get(&person(1, &[]).key()).await, before);
    let long = find::<ConsentText>(&*store, &text(1, "").key()).await.expect("is there");
    assert_eq!(long.text.chars().count(), 5_000);
    assert_eq!(at(&*store, Index::PersonByIdentity).await, [b"telegram:a\0"]);
    assert_eq!(store.tally(&Counter(b"n".to_vec())).await, Ok(4));
    drop(store);
}

/// One thing that is done to a store.
#[derive(Clone, Debug)]
enum Deed {
    Commit { changes: Vec<Sketch>, tallies: Vec<(u8, i64)>, check: Option<(u8, bool)> },
    Reopen,
}

/// A change before it is known what is in the store.
#[derive(Clone, Debug)]
struct Sketch {
    number: u8,
    expect: u8,
    length: Option<usize>,
    gained: Vec<(bool, Vec<u8>)>,
    lost: Vec<(bool, Vec<u8>)>,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let number = 0..5u8;
    let byte = prop::sample::select(vec![0, 1, b'a', 0xFF]);
    let place = (any::<bool>(), prop::collection::vec(byte, 0..4));
    let places = prop::collection::vec(place, 0..3);
    let length = prop::option::of(prop_oneof![0..30usize, Just(4_100), Just(9_000)]);
    let sketch = (number.clone(), 0..5u8, length, places.clone(), places).prop_map(
        |(number, expect, length, gained, lost)| Sketch { number, expect, length, gained, lost },
    );
    let commit = (
        prop::collection::vec(sketch, 0..4),
        prop::collection::vec((0..3u8, -2..3i64), 0..3),
        prop::option::of((number, any::<bool>())),
    )
        .prop_map(|(changes, tallies, check)| Deed::Commit { changes, tallies, check });
    prop::collection::vec(prop_oneof![12 => commit, 1 => Just(Deed::Reopen)], 1..25)
}

/// The same in plain maps.
#[derive(Clone, Default)]
struct Plain {
    records: BTreeMap<Key, Record>,
    versions: BTreeMap<Key, Version>,
    lines: BTreeSet<(Index, Vec<u8>, Key)>,
    counts: BTreeMap<Counter, i64>,
}

impl Plain {
    fn sketched(&self, sketch: &Sketch, stale: Version) -> Change {
        let value = text(sketch.number, &"x".repeat(sketch.length.unwrap_or(0)));
        let (key, index) = (value.key(), |due| if due { Index::Due } else { Index::FanOuts });
        let places = |of: &[(bool, Vec<u8>)]| {
            of.iter().map(|(due, at)| Place { index: index(*due), at: at.clone() }).collect()
        };
        let expect = match sketch.expect {
            0 => Expect::Absent,
            1 => Expect::AbsentOrKeep,
            2 => Expect::Whatever,
            3 => Expect::Version(self.versions.get(&key).copied().unwrap_or(stale)),
            _ => Expect::Version(stale),
        };
        let record = sketch.length.map(|_| value.into_record());
        Change { key, expect, record, gained: places(&sketch.gained), lost: places(&sketch.lost) }
    }

    /// A whole commit as it was sketched.
    fn drafted(
        &self,
        changes: &[Sketch],
        tallies: &[(u8, i64)],
        check: Option<(u8, bool)>,
        stale: Version,
    ) -> Changes {
        let mut all = Changes::new();
        all.changes = changes.iter().map(|s| self.sketched(s, stale)).collect();
        for (name, by) in tallies {
            all.add(Counter(vec![*name]), *by);
        }
        if let Some((number, right)) = check {
            let key = text(number, "").key();
            let known = self.versions.get(&key).copied().filter(|_| right);
            all.checks.push((key, known.unwrap_or(stale)));
        }
        all
    }

    /// Does what a store does; `None` where it is a conflict. A record written in this very commit
    /// has a version that nobody can name.
    fn commit(&self, changes: &Changes) -> Option<Self> {
        let mut next = self.clone();
        if changes.checks.iter().any(|(key, v)| self.versions.get(key) != Some(v)) {
            return None;
        }
        for change in &changes.changes {
            let there = next.records.contains_key(&change.key);
            match change.expect {
                Expect::AbsentOrKeep if there => continue,
                Expect::Absent if there => return None,
                Expect::Version(v) if next.versions.get(&change.key) != Some(&v) => return None,
                _ => {}
            }
            next.versions.remove(&change.key);
            match &change.record {
                Some(record) => next.records.insert(change.key.clone(), record.clone()),
                None => next.records.remove(&change.key),
            };
            for lost in &change.lost {
                next.lines.remove(&(lost.index, lost.at.clone(), change.key.clone()));
            }
            for gained in &change.gained {
                next.lines.insert((gained.index, gained.at.clone(), change.key.clone()));
            }
        }
        for (counter, by) in &changes.tallies {
            *next.counts.entry(counter.clone()).or_default() += by;
        }
        Some(next)
    }

    /// Compares everything that can be read, and takes over the versions.
    async fn compare(&mut self, store: &dyn Store) {
        for number in 0..5 {
            let key = text(number, "").key();
            let found = store.get(&key).await.expect("reads");
            assert_eq!(found.as_ref().map(|f| &f.value), self.records.get(&key));
            if let Some(found) = found {
                let known = self.versions.insert(key, found.version);
                assert!(known.is_none_or(|v| v == found.version), "a version changed by itself");
            }
        }
        let listed = store.list(Kind::Consent, &[], None, 99).await.expect("reads");
        let listed: Vec<_> = listed.into_iter().map(|f| f.value).collect();
        assert_eq!(listed, self.records.values().cloned().collect::<Vec<_>>());
        for index in [Index::Due, Index::FanOuts] {
            let of = self.lines.iter().filter(|l| l.0 == index);
            let mut want: Vec<_> = of.map(|l| (l.1.clone(), l.2.clone())).collect();
            let scan = Scan::of(index, Vec::new(), 999);
            let got = store.scan(&scan).await.expect("reads");
            assert_eq!(got.into_iter().map(|l| (l.at, l.key)).collect::<Vec<_>>(), want);
            want.reverse();
            let got = store.scan(&scan.backward()).await.expect("reads");
            assert_eq!(got.into_iter().map(|l| (l.at, l.key)).collect::<Vec<_>>(), want);
        }
        self.compare_parts(store).await;
        for name in 0..4 {
            let counter = Counter(vec![name]);
            let sum = self.counts.get(&counter).copied().unwrap_or(0);
            assert_eq!(store.tally(&counter).await, Ok(sum));
            let want: Vec<_> = if sum == 0 { vec![] } else { vec![(counter, sum)] };
            assert_eq!(store.tallies(&[name]).await, Ok(want));
        }
        let counts = self.counts.iter().filter(|(_, sum)| **sum != 0);
        let counts: Vec<_> = counts.map(|(counter, sum)| (counter.clone(), *sum)).collect();
        assert_eq!(store.tallies(&[]).await, Ok(counts));
    }
}

impl Plain {
    /// Compares what is read by prefix, beyond a place, and so many at a time.
    async fn compare_parts(&self, store: &dyn Store) {
        let ends = [vec![], vec![0], vec![1, 0], vec![b'a'], vec![b'a', 0xFF], vec![0xFF, 0xFF]];
        for (prefix, after) in ends.iter().flat_map(|p| ends.iter().map(move |a| (p, a))) {
            let of = self.lines.iter().filter(|l| l.0 == Index::Due && l.1.starts_with(prefix));
            let of = of.map(|l| (l.1.clone(), l.2.clone()));
            let (before, behind): (Vec<_>, Vec<_>) =
                of.filter(|l| l.0 != *after).partition(|l| l.0 < *after);
            let scan = Scan::of(Index::Due, prefix.clone(), 2).after(Some(after.clone()));
            let got = store.scan(&scan).await.expect("reads");
            let got: Vec<_> = got.into_iter().map(|l| (l.at, l.key)).collect();
            assert_eq!(got, behind.into_iter().take(2).collect::<Vec<_>>(), "{scan:?}");
            let got = store.scan(&scan.clone().backward()).await.expect("reads");
            let got: Vec<_> = got.into_iter().map(|l| (l.at, l.key)).collect();
            assert_eq!(got, before.into_iter().rev().take(2).collect::<Vec<_>>(), "{scan:?}");
        }
        for number in 0..5 {
            let key = text(number, "").key();
            let behind = self.records.range(key.clone()..).filter(|(k, _)| **k != key);
            let want: Vec<_> = behind.map(|(_, record)| record.clone()).take(2).collect();
            let got = store.list(Kind::Consent, &[], Some(&key), 2).await.expect("reads");
            assert_eq!(got.into_iter().map(|f| f.value).collect::<Vec<_>>(), want);
            let got = store.list(Kind::Consent, &key.id[..1], None, 9).await.expect("reads");
            let want: Vec<_> = self.records.get(&key).cloned().into_iter().collect();
            assert_eq!(got.into_iter().map(|f| f.value).collect::<Vec<_>>(), want);
        }
    }
}

pub fn random_changes_leave_what_a_plain_map_has<H: Home>() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    proptest!(config, |(deeds in deeds())| {
        runtime.block_on(run::<H>(deeds));
    });
}

async fn run<H: Home>(deeds: Vec<Deed>) {
    let Some(home) = H::new().await else { return };
    let mut store = Some(home.open().await);
    let mut plain = Plain::default();
    let mut stale = Version(u64::MAX);
    for deed in deeds {
        match deed {
            Deed::Reopen => {
                drop(store.take());
                store = Some(home.open().await);
            }
            Deed::Commit { changes, tallies, check } => {
                let all = plain.drafted(&changes, &tallies, check, stale);
                let before = plain.versions.values().max().copied();
                let done = store.as_ref().expect("is open").commit(all.clone()).await;
                match plain.commit(&all) {
                    Some(next) => {
                        assert_eq!(done, Ok(()));
                        plain = next;
                        stale = before.unwrap_or(stale);
                    }
                    None => assert_eq!(done, Err(StoreError::Conflict)),
                }
            }
        }
        plain.compare(&**store.as_ref().expect("is open")).await;
    }
}

/// Sends commits in groups, all at once, to a store that takes them in the order in which they come:
/// each must see those before it, whether they are written yet or not.
pub fn together<H, F: Future<Output = (H, Arc<dyn Store>)>>(open: impl Fn() -> F) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() };
    proptest!(config, |(groups in prop::collection::vec(deeds(), 1..6))| {
        runtime.block_on(async {
            let (home, store) = open().await;
            let mut plain = Plain::default();
            for deeds in groups {
                group(&*store, &mut plain, &deeds).await;
            }
            drop(store);
            drop(home);
        });
    });
}

async fn group(store: &dyn Store, plain: &mut Plain, deeds: &[Deed]) {
    let stale = Version(u64::MAX);
    let drafted = deeds.iter().filter_map(|deed| match deed {
        Deed::Commit { changes, tallies, check } => {
            Some(plain.drafted(changes, tallies, *check, stale))
        }
        Deed::Reopen => None,
    });
    let drafted: Vec<_> = drafted.collect();
    let sent = drafted.iter().map(|changes| store.commit(changes.clone()));
    let answers = futures::future::join_all(sent).await;
    for (changes, answer) in drafted.iter().zip(answers) {
        match plain.commit(changes) {
            Some(next) => {
                assert_eq!(answer, Ok(()));
                *plain = next;
            }
            None => assert_eq!(answer, Err(StoreError::Conflict)),
        }
    }
    plain.compare(store).await;
}
