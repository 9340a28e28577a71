//! The embedded store: the contract, and what only a store on a disk can go through.

use crate::store_contract::{Home, contract, together};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tongxin::model::{
    At, Changes, ConsentText, Counter, Identity, Kind, Lang, Person, PersonId, Platform, Stored,
};
use tongxin::store::sled::{
    Batch, Blocks, OpenError, Settings, SledStore, compact, import, verify,
};
use tongxin::store::transfer::export;
use tongxin::store::{Reads, Store, StoreError, TransferError};
use uuid::Uuid;

/// A directory of its own.
pub struct OnDisk(TempDir);

#[async_trait]
impl Home for OnDisk {
    async fn new() -> Option<Self> {
        Some(Self(tempfile::tempdir().expect("a directory")))
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(open(self.0.path()))
    }
}

contract!(contract, super::OnDisk);

fn open(dir: &Path) -> SledStore {
    SledStore::open(dir, &Settings::default()).expect("opens")
}

fn refused(dir: &Path) -> OpenError {
    SledStore::open(dir, &Settings::default()).expect_err("refuses")
}

fn person(number: u32) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(number.into())),
        identities: BTreeSet::from([Identity::new(Platform::Telegram, &number.to_string())]),
        name: "王".repeat(20),
        roles: BTreeSet::new(),
        direct: None,
        lang: Lang::Zh,
        since: At::from_millis(1_700_000_000_000),
    }
}

/// Commits people by pages; each is counted.
async fn fill(store: &SledStore, people: std::ops::Range<u32>) {
    let numbers: Vec<_> = people.collect();
    for page in numbers.chunks(40) {
        let mut changes = Changes::new();
        for n in page {
            changes.insert(person(*n));
        }
        changes.add(Counter(b"people".to_vec()), i64::try_from(page.len()).expect("few"));
        store.commit(changes).await.expect("commits");
    }
}

/// Removes people, one by one.
async fn thin(store: &SledStore, people: std::ops::Range<u32>) {
    let numbers: Vec<_> = people.collect();
    for page in numbers.chunks(40) {
        let mut changes = Changes::new();
        for n in page {
            let found = (store as &dyn Reads).find(&person(*n).key()).await.expect("reads");
            changes.remove::<Person>(&found.expect("is there"));
        }
        store.commit(changes).await.expect("commits");
    }
}

async fn everything(store: &SledStore) -> String {
    use std::fmt::Write;
    let mut all = format!("{:?}", store.tallies(&[]).await.expect("reads"));
    for kind in Kind::ALL {
        let found = store.list(kind, &[], None, usize::MAX).await.expect("reads");
        let counted = store.records(kind).expect("reads");
        write!(all, "{kind:?} {counted} {found:?}").expect("a string takes all");
    }
    all
}

#[tokio::test]
async fn a_second_opening_is_refused_and_names_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let why = refused(dir.path());
    assert!(matches!(&why, OpenError::Busy { pid: Some(pid), .. } if *pid == std::process::id()));
    assert!(why.to_string().contains(&std::process::id().to_string()), "{why}");
    fill(&store, 0..1).await;
    drop(store);
    open(dir.path());
}

#[test]
fn a_newer_format_is_refused_and_stays_as_it_is() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(open(dir.path()));
    let path = dir.path().join("FORMAT");
    let newer = r#"{ "format": 7, "shards": ["a"] }"#;
    fs::write(&path, newer).expect("writes");
    assert!(matches!(refused(dir.path()), OpenError::Newer { found: 7, known: 5 }));
    assert_eq!(fs::read_to_string(&path).expect("reads"), newer);
    fs::write(&path, "not a marker").expect("writes");
    assert!(matches!(refused(dir.path()), OpenError::Marker { .. }));
}

#[tokio::test]
async fn a_store_whose_log_is_gone_or_exchanged_is_refused() {
    let (dir, other) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = open(dir.path());
    fill(&store, 0..2_000).await;
    store.close().expect("closes");
    drop(store);
    let (data, aside) = (dir.path().join("store"), dir.path().join("aside"));
    fs::rename(&data, &aside).expect("renames");
    assert!(matches!(refused(dir.path()), OpenError::Lost { .. }));
    assert!(!data.exists(), "nothing was made in its place");

    drop(open(other.path()));
    fs::rename(other.path().join("store"), &data).expect("renames");
    let why = refused(dir.path());
    assert!(matches!(why, OpenError::Lost { .. }), "{why}");
    fs::remove_dir_all(&data).expect("removes");

    fs::rename(&aside, &data).expect("renames");
    assert_eq!(open(dir.path()).records(Kind::Person), Ok(2_000), "put back it is as it was");
}

#[tokio::test]
async fn a_log_that_was_cut_is_refused_and_left_as_it_was_found_unless_nothing_is_missing() {
    for cut in [3_000, 100_000, 600_000] {
        let dir = tempfile::tempdir().expect("a directory");
        let store = open(dir.path());
        fill(&store, 0..16_000).await;
        store.close().expect("closes");
        drop(store);
        let log = dir.path().join("store").join("db");
        let found = fs::read(&log).expect("reads");
        assert!(found.len() > 700_000, "{}", found.len());
        let found = &found[..found.len() - cut];
        fs::write(&log, found).expect("writes");
        for _ in 0..3 {
            match SledStore::open(dir.path(), &Settings::default()) {
                Err(OpenError::Lost { .. }) => {
                    let left = fs::read(&log).expect("reads");
                    assert!(left == found, "{cut}: what was found was not touched");
                    assert!(!dir.path().join("store.tried").exists());
                }
                Err(why) => panic!("{cut}: {why:?}"),
                // What was cut may be room that nothing was written to, or that was given up.
                Ok(store) => {
                    assert!(cut < 600_000, "{cut}: more than one segment was written");
                    assert_eq!(store.records(Kind::Person), Ok(16_000), "{cut}");
                    drop(store);
                    let report = verify(dir.path(), &Settings::default()).expect("reads");
                    assert_eq!(report.problems, Vec::<String>::new(), "{cut}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_log_that_is_shorter_but_whole_is_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..100).await;
    drop(store);
    let marker = dir.path().join("FORMAT");
    let text = fs::read_to_string(&marker).expect("reads");
    fs::write(&marker, text.replace("\"bytes\": ", "\"bytes\": 9")).expect("writes");
    assert_eq!(open(dir.path()).records(Kind::Person), Ok(100));
    assert!(!dir.path().join("store.tried").exists());
}

#[tokio::test]
async fn a_store_exchanged_for_an_empty_one_is_refused_and_not_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..100).await;
    drop(store);
    let log = dir.path().join("store").join("db");
    let bytes = fs::metadata(&log).expect("is").len();
    fs::remove_dir_all(dir.path().join("store")).expect("removes");
    fs::create_dir(dir.path().join("store")).expect("makes");
    fs::write(&log, vec![0; usize::try_from(bytes).expect("small")]).expect("writes");
    let why = refused(dir.path());
    assert!(why.to_string().contains("an empty store"), "{why}");
    assert!(matches!(refused(dir.path()), OpenError::Lost { .. }), "and it stays refused");
}

#[tokio::test]
async fn a_snapshot_half_written_by_a_killed_process_does_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..500).await;
    drop(store);
    let half = dir.path().join("store").join("snap.00000000000FFFFF.generating");
    fs::write(&half, b"half a snapsh").expect("writes");
    let store = open(dir.path());
    assert!(!half.exists());
    assert_eq!(store.records(Kind::Person), Ok(500));
}

#[tokio::test]
async fn a_store_without_a_marker_is_adopted_with_all_it_has() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..10).await;
    let before = everything(&store).await;
    drop(store);
    fs::remove_file(dir.path().join("FORMAT")).expect("removes");
    assert_eq!(everything(&open(dir.path())).await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_come_at_once_share_a_flush() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Arc::new(open(dir.path()));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for n in 0..50 {
                fill(&store, task * 50 + n..task * 50 + n + 1).await;
            }
        });
    }
    tasks.join_all().await;
    let written = store.written();
    assert_eq!(written.commits, 800);
    assert!(written.flushes < 400, "{written:?}");
    assert_eq!(store.records(Kind::Person), Ok(800));
}

#[test]
fn commits_that_come_together_are_made_one_after_the_other() {
    together(|| async {
        let home = OnDisk::new().await.expect("a disk");
        let store = home.open().await;
        (home, store)
    });
}

#[tokio::test]
async fn a_closed_store_answers_with_an_error_and_has_not_failed() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..1).await;
    store.close().expect("closes");
    let mut changes = Changes::new();
    changes.insert(person(2));
    let late = store.commit(changes).await;
    assert_eq!(late, Err(StoreError::Backend("the store is closed".to_owned())));
    assert!(store.close().is_err());
    let failed = tokio::time::timeout(std::time::Duration::ZERO, store.failed()).await;
    assert!(failed.is_err(), "closing is no failure");
    let marker = fs::read_to_string(dir.path().join("FORMAT")).expect("reads");
    assert!(marker.contains("\"sequence\": 1,"), "{marker}");
}

#[tokio::test]
async fn a_damaged_record_fails_the_store_for_good() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..2).await;
    drop(store);
    scratch(dir.path(), |blocks, batch| {
        let key = [&[1, 13], person(1).id.0.as_bytes().as_slice()].concat();
        let mut value = blocks.get(&key).expect("reads").expect("is there");
        value.truncate(12);
        batch.insert(key, value);
    });
    let store = open(dir.path());
    let failed = store.failed();
    assert!(store.get(&person(0).key()).await.expect("reads").is_some());
    assert!(matches!(store.get(&person(1).key()).await, Err(StoreError::Backend(_))));
    assert!(failed.await.contains("cannot be read"));
    assert!(matches!(store.get(&person(0).key()).await, Err(StoreError::Backend(_))));
    let mut changes = Changes::new();
    changes.insert(person(9));
    assert!(matches!(store.commit(changes).await, Err(StoreError::Backend(_))));
}

/// Writes below the store, as a fault of the disk or of a program would.
fn scratch(dir: &Path, write: impl FnOnce(&Blocks, &mut Batch)) {
    let db = below(dir);
    let (blocks, mut batch) = (Blocks::over(&db), Batch::default());
    write(&blocks, &mut batch);
    blocks.apply(&batch).expect("writes");
    db.flush().expect("flushes");
}

/// What lies below a store that is closed.
fn below(dir: &Path) -> sled::Db {
    let config = sled::Config::new().path(dir.join("store")).flush_every_ms(None);
    // The threads of the store that was dropped end a little later.
    let mut opened = config.open();
    for _ in 0..1_000_000 {
        if opened.is_ok() {
            break;
        }
        std::thread::yield_now();
        opened = config.open();
    }
    opened.expect("opens")
}

#[tokio::test]
async fn verify_finds_a_lost_place_a_stray_place_a_lost_record_and_a_wrong_count() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..5).await;
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash: [1; 32], text: "长".repeat(5_000) });
    store.commit(changes).await.expect("commits");
    let sound = store.verify().await.expect("reads");
    assert_eq!((sound.faults, sound.lines, sound.counts), (0, 5, 1));
    assert_eq!(sound.records.values().sum::<u64>(), 6);
    drop(store);
    scratch(dir.path(), |blocks, batch| {
        let lines = blocks.beginning(vec![2]).expect("reads");
        let mut lines = lines.map(|line| line.expect("reads").0);
        batch.remove(lines.next().expect("a line"));
        let mut stray = lines.next().expect("another");
        stray[4] ^= 1;
        batch.insert(stray, Vec::new());
        batch.remove([&[1, 13], person(4).id.0.as_bytes().as_slice()].concat());
        batch.remove([&[1, 20], [1; 32].as_slice()].concat());
        batch.insert(b"\x07what".to_vec(), Vec::new());
    });
    let report = verify(dir.path(), &Settings::default()).expect("reads");
    let told = report.problems.join("\n");
    for want in [
        "is not found in index PersonByIdentity",
        "which is not of it",
        "which is not there",
        "belongs to no record",
        "5 records of Person are counted, 4 are there",
        "1 records of Consent are counted, 0 are there",
        "nothing should lie at",
    ] {
        assert!(told.contains(want), "{want} is not in\n{told}");
    }
    assert_eq!(report.faults, told.lines().count() as u64);
}

#[tokio::test]
async fn compacting_keeps_everything_and_gives_space_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..10_000).await;
    thin(&store, 500..10_000).await;
    let before = everything(&store).await;
    drop(store);
    let gave = compact(dir.path(), &Settings::default()).expect("compacts");
    assert!(gave.after < gave.before / 2, "{gave:?}");
    let left: BTreeSet<_> = fs::read_dir(dir.path())
        .expect("reads")
        .map(|e| e.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(
        left,
        ["FORMAT", "journal.0", "journal.1", "lock", "store"].map(str::to_owned).into()
    );
    let store = open(dir.path());
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.verify().await.expect("reads").faults, 0);
    fill(&store, 20_000..20_001).await;
}

/// Lays the keys of a closed store as the formats before blocks had them.
fn lay_plainly(dir: &Path) {
    let entries: Vec<_> = {
        let db = below(dir);
        Blocks::over(&db).all().expect("reads").map(|entry| entry.expect("reads")).collect()
    };
    fs::remove_dir_all(dir.join("store")).expect("removes");
    let db = below(dir);
    for (key, value) in entries {
        db.insert(key, value).expect("writes");
    }
    db.insert(b"\0format", &2u32.to_be_bytes()).expect("writes");
    db.flush().expect("flushes");
    drop(db);
    let bytes = fs::metadata(dir.join("store/db")).expect("is there").len();
    let marker = fs::read_to_string(dir.join("FORMAT")).expect("reads");
    let mut marker: serde_json::Value = serde_json::from_str(&marker).expect("reads");
    marker["format"] = 2.into();
    marker["bytes"] = bytes.into();
    fs::write(dir.join("FORMAT"), marker.to_string()).expect("writes");
}

#[tokio::test]
async fn data_of_the_format_before_blocks_are_laid_into_blocks_whenever_that_was_cut_short() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..700).await;
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash: [1; 32], text: "长".repeat(9_000) });
    store.commit(changes).await.expect("commits");
    let want = everything(&store).await;
    drop(store);
    let at = |name: &str| dir.path().join(name);
    // Killed while the copy is written; and when it was whole and not yet in the place of the old data.
    let states: [&dyn Fn(); 3] =
        [&|| {}, &|| fs::create_dir(at("store.building")).expect("makes"), &|| {
            fs::create_dir(at("store.new")).expect("makes");
        }];
    for (number, state) in states.iter().enumerate() {
        lay_plainly(dir.path());
        state();
        let store = open(dir.path());
        assert_eq!(everything(&store).await, want, "state {number}");
        let report = store.verify().await.expect("reads");
        assert_eq!((report.faults, report.lines), (0, 700), "{:?}", report.problems);
        drop(store);
        let db = below(dir.path());
        assert!(db.len() < 700, "many keys lie in one");
        drop(db);
        let store = open(dir.path());
        assert_eq!(everything(&store).await, want, "opened again after state {number}");
        drop(store);
        let marker = fs::read_to_string(at("FORMAT")).expect("reads");
        assert!(marker.contains("\"format\": 5"), "{marker}");
    }
}

#[tokio::test]
async fn a_compaction_killed_at_any_step_is_undone_or_finished() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    fill(&store, 0..300).await;
    let want = everything(&store).await;
    drop(store);
    let whole = dir.path().join("store");
    let at = |name: &str| dir.path().join(name);
    let copy = |to: &str| {
        fs::create_dir_all(at(to)).expect("makes");
        for entry in fs::read_dir(&whole).expect("reads").map(|e| e.expect("an entry")) {
            if entry.path().is_file() {
                fs::copy(entry.path(), at(to).join(entry.file_name())).expect("copies");
            }
        }
    };
    let half = |name: &str| {
        fs::create_dir_all(at(name)).expect("makes");
        fs::write(at(name).join("db"), b"half").expect("writes");
    };
    // What lies there after a kill while copying, before the swap, within it, and before the end.
    let states: [&dyn Fn(); 5] = [
        &|| half("store.building"),
        &|| copy("store.new"),
        &|| {
            copy("store.new");
            fs::rename(&whole, at("store.old")).expect("renames");
        },
        &|| half("store.old"),
        &|| fs::rename(&whole, at("store.old")).expect("renames"),
    ];
    for (number, state) in states.iter().enumerate() {
        state();
        let store = open(dir.path());
        assert_eq!(everything(&store).await, want, "state {number}");
        drop(store);
        for name in ["store.building", "store.new", "store.old"] {
            assert!(!at(name).exists(), "{name} after state {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_is_one_moment_while_commits_go_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Arc::new(open(dir.path()));
    fill(&store, 0..400).await;
    let mut writing = tokio::task::JoinSet::new();
    writing.spawn({
        let store = store.clone();
        async move { fill(&store, 1_000..3_000).await }
    });
    for round in 0..5 {
        let store = store.clone();
        let (totals, out) = export(&*store, Vec::new(), &mut |_| {}).await.expect("exports");
        let text = String::from_utf8(out).expect("text");
        let sum = text.lines().rev().nth(1).expect("a count");
        let want = format!("\"sum\":{}}}", totals.records);
        assert!(sum.ends_with(&want), "round {round}: people and their count differ: {sum} {want}");
    }
    writing.join_all().await;
}

async fn exported(dir: &Path) -> (String, String) {
    let store = open(dir);
    fill(&store, 0..120).await;
    thin(&store, 10..30).await;
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash: [1; 32], text: "长".repeat(5_000) });
    changes.add(Counter(vec![0, 0xFF]), -3);
    store.commit(changes).await.expect("commits");
    let (totals, out) = export(&store, Vec::new(), &mut |_| {}).await.expect("exports");
    assert_eq!((totals.records, totals.tallies), (101, 2));
    (everything(&store).await, String::from_utf8(out).expect("text"))
}

#[tokio::test]
async fn an_export_is_imported_as_it_was() {
    let (dir, to) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let (want, text) = exported(dir.path()).await;
    let totals = import(to.path(), &Settings::default(), &mut text.as_bytes(), &mut |_| {})
        .expect("imports");
    assert_eq!((totals.records, totals.tallies), (101, 2));
    let store = open(to.path());
    assert_eq!(everything(&store).await, want);
    assert_eq!(store.verify().await.expect("reads").faults, 0);
    let (_, again) = export(&store, Vec::new(), &mut |_| {}).await.expect("exports");
    assert_eq!(String::from_utf8(again).expect("text"), text);
    fill(&store, 500..501).await;
    drop(store);
    let twice = import(to.path(), &Settings::default(), &mut text.as_bytes(), &mut |_| {});
    assert!(matches!(twice, Err(TransferError::NotEmpty(_))));
}

#[tokio::test]
async fn an_export_that_was_cut_or_altered_is_refused_by_line_and_leaves_nothing() {
    let (dir, to) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let (_, text) = exported(dir.path()).await;
    let lines: Vec<_> = text.lines().collect();
    let without = |n: usize| {
        let left: Vec<_> = lines.iter().enumerate().filter(|(i, _)| *i != n).collect();
        left.into_iter().fold(String::new(), |all, (_, line)| all + line + "\n")
    };
    let last = lines.len();
    let cases = [
        (String::new(), "line 1: the export ends before its end".to_owned()),
        ("hello\n".to_owned(), "line 1: this is no export of Tongxin".to_owned()),
        (
            text.replacen("\"format\":1", "\"format\":2", 1),
            "line 1: the export is of format 2".to_owned(),
        ),
        (text[..text.len() - 1].to_owned(), format!("line {last}: the export ends before")),
        (without(last - 1), format!("line {last}: the export ends before")),
        (text[..text.len() / 2].to_owned(), "it was cut".to_owned()),
        (without(3), format!("line {}: there should be 101 records", last - 1)),
        (
            text.replacen("telegram:7\"", "telegram:8\"", 1),
            format!("line {last}: something before it was altered"),
        ),
        (
            text.replacen("\"version\":", "\"versoin\":", 1),
            "line 2: unknown field `versoin`".to_owned(),
        ),
        (
            text.replacen("\"lang\":\"zh-CN\"", "\"lang\":\"la\"", 1),
            "line 2: unknown variant `la`".to_owned(),
        ),
        (format!("{text}{}\n", lines[1]), format!("line {last}: something follows behind the end")),
        (
            text.replacen(lines[1], &format!("{}\n{}", lines[1], lines[1]), 1),
            "line 3: record Person/".to_owned(),
        ),
    ];
    for (wrong, want) in cases {
        let why = import(to.path(), &Settings::default(), &mut wrong.as_bytes(), &mut |_| {});
        let why = why.expect_err(&want).to_string();
        assert!(why.contains(&want), "{want} is not in: {why}");
        let left: Vec<_> = fs::read_dir(to.path()).expect("reads").collect();
        assert_eq!(left.len(), 1, "only the lock file is left: {left:?}");
    }
    import(to.path(), &Settings::default(), &mut text.as_bytes(), &mut |_| {}).expect("imports");
}

#[test]
fn settings_refuse_what_they_do_not_know() {
    assert_eq!(toml::from_str::<Settings>("").expect("reads").cache_mb, 16);
    assert_eq!(toml::from_str::<Settings>("cache_mb = 8").expect("reads").cache_mb, 8);
    assert!(toml::from_str::<Settings>("cache_md = 8").is_err());
}
