//! The journal of the embedded store: what was acknowledged and lies in no block yet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tongxin::model::{At, Changes, Counter, Identity, Kind, Lang, Person, PersonId, Platform};
use tongxin::store::sled::{OpenError, Settings, SledStore, compact, import};
use tongxin::store::{Reads as _, Store as _, TransferError};
use uuid::Uuid;

fn open(dir: &Path) -> SledStore {
    SledStore::open(dir, &Settings::default()).expect("opens")
}

fn refused(dir: &Path) -> OpenError {
    SledStore::open(dir, &Settings::default()).expect_err("refuses")
}

fn person(number: u32, name: &str) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(number.into())),
        identities: BTreeSet::from([Identity::new(Platform::Telegram, &number.to_string())]),
        name: name.to_owned(),
        roles: BTreeSet::new(),
        direct: None,
        lang: Lang::Zh,
        since: At::from_millis(1_700_000_000_000),
    }
}

/// Commits these people, many at once; each commit is counted.
async fn write(store: &SledStore, people: impl IntoIterator<Item = u32>, name: &str) {
    let people: Vec<_> = people.into_iter().collect();
    for page in people.chunks(45) {
        let mut changes = Changes::new();
        for number in page {
            changes.overwrite(person(*number, name));
        }
        changes.add(Counter(b"pages".to_vec()), 1);
        store.commit(changes).await.expect("commits");
    }
}

async fn names(store: &SledStore) -> Vec<String> {
    let found = store.list(Kind::Person, &[], None, usize::MAX).await.expect("reads");
    let name = |record| match record {
        tongxin::model::Record::Person(person) => person.name,
        other => panic!("{other:?} is no person"),
    };
    found.into_iter().map(|found| name(found.value)).collect()
}

/// What a kill leaves at this moment: a copy of all files.
fn killed(dir: &Path) -> TempDir {
    let copy = tempfile::tempdir().expect("a directory");
    copy_all(dir, copy.path());
    copy
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("reads") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("is").is_dir() {
            fs::create_dir(&to).expect("makes");
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copies");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_although_no_block_has_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    write(&store, 0..10, "甲").await;
    write(&store, 5..20, "乙").await;
    let copy = killed(dir.path());
    // Killed again and again while it starts.
    for _ in 0..2 {
        let store = open(killed(copy.path()).path());
        assert_eq!(names(&store).await, [vec!["甲"; 5], vec!["乙"; 15]].concat());
    }
    let again = open(copy.path());
    assert_eq!(names(&again).await, names(&store).await);
    let report = again.verify().await.expect("reads");
    assert_eq!((report.faults, again.records(Kind::Person)), (0, Ok(20)), "{:?}", report.problems);
    write(&again, 20..30, "丙").await;
    drop(again);
    assert_eq!(open(copy.path()).records(Kind::Person), Ok(30));
}

#[tokio::test]
async fn layers_that_sink_into_the_blocks_while_others_are_written_change_nothing_that_is_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    write(&store, 0..24_000, "甲").await;
    write(&store, (0..24_000).step_by(3), "乙").await;
    let name = |number: u32| if number.is_multiple_of(3) { "乙" } else { "甲" };
    let wanted: Vec<_> = (0..24_000).map(|number| name(number).to_owned()).collect();
    assert!(names(&store).await == wanted);
    let pages = store.tally(&Counter(b"pages".to_vec())).await;
    assert_eq!(pages, Ok(24_000_i64.div_euclid(45) + 1 + 8_000_i64.div_euclid(45) + 1));
    let report = store.verify().await.expect("reads");
    assert_eq!((report.faults, store.records(Kind::Person)), (0, Ok(24_000)));
    // No layer is sinking now: whoever looks through everything waits for that.
    let killed = killed(dir.path());
    drop(store);
    // Closed in order everything lies in the blocks, and the journal is empty.
    for file in ["journal.0", "journal.1"] {
        assert_eq!(fs::metadata(dir.path().join(file)).expect("is there").len(), 0);
    }
    for dir in [dir.path(), killed.path()] {
        let store = open(dir);
        assert!(names(&store).await == wanted);
        assert_eq!(store.verify().await.expect("reads").faults, 0);
    }
}

#[tokio::test]
async fn a_journal_that_is_gone_or_of_another_store_or_altered_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    write(&store, 0..100, "甲").await;
    let other = tempfile::tempdir().expect("a directory");
    let another = open(other.path());
    write(&another, 0..10, "乙").await;

    let gone = killed(dir.path());
    let marker = gone.path().join("FORMAT");
    let text = fs::read_to_string(&marker).expect("reads");
    fs::write(&marker, text.replace("\"sequence\": 0", "\"sequence\": 3")).expect("writes");
    fs::remove_file(gone.path().join("journal.0")).expect("removes");
    let why = refused(gone.path()).to_string();
    assert!(why.contains("expected 3 commits, found 0 commits"), "{why}");

    let mixed = killed(dir.path());
    let from = killed(other.path());
    fs::copy(from.path().join("journal.0"), mixed.path().join("journal.0")).expect("copies");
    let why = refused(mixed.path()).to_string();
    assert!(why.contains("expected a journal of store"), "{why}");

    let altered = killed(dir.path());
    let journal = altered.path().join("journal.0");
    let mut bytes = fs::read(&journal).expect("reads");
    let (first, _) = bytes.split_first_chunk::<4>().expect("an entry");
    let second = 8 + usize::try_from(u32::from_le_bytes(*first)).expect("small");
    bytes[second + 100] ^= 1;
    fs::write(&journal, &bytes).expect("writes");
    let why = refused(altered.path()).to_string();
    assert!(why.contains("is damaged, commits stand behind it"), "{why}");
    assert_eq!(fs::read(&journal).expect("reads"), bytes);
}

#[tokio::test]
async fn compacting_what_was_killed_takes_the_journal_along() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    write(&store, 0..300, "甲").await;
    let killed = killed(dir.path());
    compact(killed.path(), &Settings::default()).expect("compacts");
    assert_eq!(open(killed.path()).records(Kind::Person), Ok(300));
}

#[tokio::test]
async fn nothing_is_imported_over_a_journal() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    write(&store, 0..3, "甲").await;
    let killed = killed(dir.path());
    fs::remove_dir_all(killed.path().join("store")).expect("removes");
    fs::remove_file(killed.path().join("FORMAT")).expect("removes");
    let done = import(killed.path(), &Settings::default(), &mut &b""[..], &mut |_| {});
    assert!(matches!(done, Err(TransferError::NotEmpty(_))), "{done:?}");
}
