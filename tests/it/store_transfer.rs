//! From one store to the other and back, also when it is interrupted.

use crate::store_postgres::{OnServer, plain};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tongxin::app::keep::export_to;
use tongxin::model::{
    At, Changes, ConsentText, Counter, Identity, Lang, Person, PersonId, Platform,
};
use tongxin::store::export::{ExportError, Totals};
use tongxin::store::postgres::{self, PostgresStore};
use tongxin::store::sled::{self, SledStore};
use tongxin::store::transfer::export;
use tongxin::store::{Store, TransferError};
use uuid::Uuid;

const PEOPLE: u128 = 3_000;

fn person(number: u128) -> Person {
    Person {
        id: PersonId(Uuid::from_u128(number)),
        identities: BTreeSet::from([Identity::new(Platform::Telegram, &number.to_string())]),
        name: "王".repeat(20),
        roles: BTreeSet::new(),
        direct: None,
        lang: Lang::Zh,
        since: At::from_millis(1_700_000_000_000),
    }
}

async fn fill(store: &dyn Store) {
    let numbers: Vec<_> = (0..PEOPLE).collect();
    for page in numbers.chunks(40) {
        let mut changes = Changes::new();
        for n in page {
            changes.insert(person(*n));
        }
        changes.add(Counter(b"people".to_vec()), i64::try_from(page.len()).expect("few"));
        store.commit(changes).await.expect("commits");
    }
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash: [255; 32], text: "长".repeat(50_000) });
    changes.add(Counter(Vec::new()), i64::MIN);
    changes.add(Counter(vec![0xFF, 0xFF]), i64::MAX);
    changes.add(Counter(b"nothing".to_vec()), 0);
    store.commit(changes).await.expect("commits");
}

async fn text_of(store: &dyn Store) -> String {
    let mut told = Totals::default();
    let done = export(store, Vec::new(), &mut |totals| told = totals).await;
    let (totals, text) = done.expect("exports");
    assert_eq!(told, totals, "the last that was told is all");
    assert_eq!((totals.records, totals.tallies), (u64::try_from(PEOPLE).expect("few") + 1, 3));
    String::from_utf8(text).expect("text")
}

/// What a store says that has some of everything.
async fn exported() -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let store = embedded(dir.path());
    fill(&store).await;
    text_of(&store).await
}

fn embedded(dir: &Path) -> SledStore {
    SledStore::open(dir, &sled::Settings::default()).expect("opens")
}

fn into_sled(dir: &Path, from: &mut dyn BufRead) -> Result<Totals, TransferError> {
    sled::import(dir, &sled::Settings::default(), from, &mut |_| {})
}

async fn into_postgres(
    home: &OnServer,
    from: &mut (dyn BufRead + Send),
) -> Result<Totals, TransferError> {
    postgres::import(&home.settings(), from, &mut |_| {}).await
}

/// A file whose disk fails after so many bytes.
fn breaking(text: &str, after: usize) -> impl BufRead + Send {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    BufReader::new(std::io::Cursor::new(text.as_bytes()[..after].to_vec()).chain(Fails))
}

fn is_interrupted(done: &Result<Totals, TransferError>) -> bool {
    matches!(done, Err(TransferError::Export(ExportError::Io(_))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_moves_from_one_store_to_the_other_and_back_byte_by_byte() {
    let Some(home) = OnServer::make().await else { return };
    let (dir, back) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = embedded(dir.path());
    fill(&store).await;
    let text = text_of(&store).await;
    into_postgres(&home, &mut text.as_bytes()).await.expect("imports");
    let moved = home.store().await;
    assert_eq!(moved.verify().await.expect("reads").problems, Vec::<String>::new());
    assert!(text_of(&moved).await == text, "the same bytes");
    into_sled(back.path(), &mut text_of(&moved).await.as_bytes()).expect("imports");
    let returned = embedded(back.path());
    assert!(text_of(&returned).await == text, "the same bytes");
    let mut changes = Changes::new();
    changes.insert(person(PEOPLE));
    moved.commit(changes).await.expect("goes on with a version that was never given");
    let again = into_postgres(&home, &mut text.as_bytes()).await;
    assert!(matches!(again, Err(TransferError::NotEmpty(_))), "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_in_a_database_moves_to_a_disk_and_back() {
    let (Some(home), Some(back)) = (OnServer::make().await, OnServer::make().await) else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let store = home.store().await;
    fill(&store).await;
    let text = text_of(&store).await;
    into_sled(dir.path(), &mut text.as_bytes()).expect("imports");
    let moved = embedded(dir.path());
    assert!(text_of(&moved).await == text, "the same bytes");
    into_postgres(&back, &mut text.as_bytes()).await.expect("imports");
    assert!(text_of(&back.store().await).await == text, "the same bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_import_goes_on_and_takes_no_other_file_on_a_disk() {
    let (dir, to) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = embedded(dir.path());
    fill(&store).await;
    let text = text_of(&store).await;
    for part in [text.len() / 3, text.len() / 2] {
        assert!(is_interrupted(&into_sled(to.path(), &mut breaking(&text, part))));
        let why = SledStore::open(to.path(), &sled::Settings::default()).expect_err("is half");
        assert!(why.to_string().contains("run it again with the same file"), "{why}");
    }
    let other = text.replacen("telegram:7\"", "telegram:8\"", 1);
    let another = into_sled(to.path(), &mut other.as_bytes());
    assert!(matches!(another, Err(TransferError::Another { .. })), "{another:?}");
    into_sled(to.path(), &mut text.as_bytes()).expect("goes on");
    let whole = embedded(to.path());
    assert!(text_of(&whole).await == text, "the same bytes");
    assert_eq!(whole.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_import_goes_on_and_takes_no_other_file_in_a_database() {
    let Some(home) = OnServer::make().await else { return };
    let text = exported().await;
    for part in [text.len() / 3, text.len() / 2] {
        assert!(is_interrupted(&into_postgres(&home, &mut breaking(&text, part)).await));
        let why = PostgresStore::open(&home.settings()).await.expect_err("is half");
        assert!(why.to_string().contains("run it again with the same file"), "{why}");
    }
    let other = text.replacen("telegram:7\"", "telegram:8\"", 1);
    let another = into_postgres(&home, &mut other.as_bytes()).await;
    assert!(matches!(another, Err(TransferError::Another { .. })), "{another:?}");
    into_postgres(&home, &mut text.as_bytes()).await.expect("goes on");
    let whole = home.store().await;
    assert!(text_of(&whole).await == text, "the same bytes");
    assert_eq!(whole.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test]
async fn an_export_that_was_cut_or_altered_leaves_nothing_in_a_database() {
    let Some(home) = OnServer::make().await else { return };
    let text = exported().await;
    let lines: Vec<_> = text.lines().collect();
    let twice = |far: usize| text.replacen(lines[far], &format!("{}\n{}", lines[far], lines[1]), 1);
    let cases = [
        (text[..text.len() - 1].to_owned(), "it was cut"),
        (text.replacen("telegram:7\"", "telegram:8\"", 1), "something before it was altered"),
        (twice(1), "comes twice"),
        // In another transaction than the first.
        (twice(2_900), "comes twice"),
    ];
    for (wrong, want) in cases {
        let why = into_postgres(&home, &mut wrong.as_bytes()).await.expect_err(want).to_string();
        assert!(why.contains(want), "{want} is not in: {why}");
        let empty = home.store().await;
        assert_eq!(empty.verify().await.expect("reads"), tongxin::store::Report::default());
    }
    into_postgres(&home, &mut text.as_bytes()).await.expect("imports");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_out_of_a_database_is_one_moment_while_commits_go_on() {
    let Some(home) = OnServer::make().await else { return };
    let store = std::sync::Arc::new(home.store().await);
    let mut writing = tokio::task::JoinSet::new();
    writing.spawn({
        let store = store.clone();
        async move { fill(&*store).await }
    });
    for round in 0..6 {
        let (totals, out) = export(&*store, Vec::new(), &mut |_| {}).await.expect("exports");
        let text = String::from_utf8(out).expect("text");
        let counted = text.lines().find(|l| l.contains("\"tally\":\"70656f706c65\""));
        let counted = counted.map_or(0, |l| {
            let sum = l.rsplit(':').next().expect("a sum").trim_end_matches('}');
            sum.parse::<u64>().expect("a number")
        });
        let people = text.lines().filter(|l| l.contains("{\"Person\":")).count() as u64;
        assert_eq!(counted, people, "round {round} of {totals:?}");
    }
    writing.join_all().await;
}

/// A trigger that refuses this on a table, until it is dropped with `DROP TRIGGER refuses ON …`.
fn refusing(when: &str, table: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE EXCEPTION 'the server is going down'; END $$;
         CREATE TRIGGER refuses BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
}

#[tokio::test]
async fn giving_up_an_import_into_a_database_is_whole_or_is_not() {
    let Some(home) = OnServer::make().await else { return };
    let text = exported().await;
    drop(home.store().await);
    let (server, _driver) = plain(&home.url()).await;
    server.batch_execute(&refusing("DELETE", "records")).await.expect("is made");
    let cut = into_postgres(&home, &mut &text.as_bytes()[..text.len() / 2]).await;
    let why = cut.expect_err("was cut").to_string();
    assert!(why.contains("the server is going down"), "{why}");
    server.batch_execute("DROP TRIGGER refuses ON records").await.expect("is dropped");
    into_postgres(&home, &mut text.as_bytes()).await.expect("goes on");
    let whole = home.store().await;
    assert_eq!(whole.verify().await.expect("reads").problems, Vec::<String>::new());
    assert!(text_of(&whole).await == text, "the same bytes");
}

#[tokio::test]
async fn an_import_that_ends_at_its_last_step_goes_on_with_the_same_file_in_a_database() {
    let Some(home) = OnServer::make().await else { return };
    let text = exported().await;
    drop(home.store().await);
    let (server, _driver) = plain(&home.url()).await;
    server.batch_execute(&refusing("DELETE", "meta")).await.expect("is made");
    let done = into_postgres(&home, &mut text.as_bytes()).await;
    let why = done.expect_err("ends").to_string();
    assert!(why.contains("the server is going down"), "{why}");
    server.batch_execute("DROP TRIGGER refuses ON meta").await.expect("is dropped");
    let other = text.replacen("telegram:7\"", "telegram:8\"", 1);
    let another = into_postgres(&home, &mut other.as_bytes()).await;
    assert!(matches!(another, Err(TransferError::Another { .. })), "{another:?}");
    let shorter = into_postgres(&home, &mut &text.as_bytes()[..text.len() / 2]).await;
    assert!(matches!(shorter, Err(TransferError::Another { .. })), "{shorter:?}");
    into_postgres(&home, &mut text.as_bytes()).await.expect("goes on");
    let whole = home.store().await;
    assert_eq!(whole.verify().await.expect("reads").problems, Vec::<String>::new());
    assert!(text_of(&whole).await == text, "the same bytes");
}

#[tokio::test]
async fn an_import_that_ends_at_its_last_step_goes_on_with_the_same_file_on_a_disk() {
    let (dir, to) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = embedded(dir.path());
    fill(&store).await;
    let text = text_of(&store).await;
    // Where the data are to lie something else lies, so that they cannot get their name.
    let data = to.path().join("store");
    let mut in_the_way =
        |_: Totals| std::fs::create_dir_all(data.join("something")).expect("makes");
    let settings = sled::Settings::default();
    let done = sled::import(to.path(), &settings, &mut text.as_bytes(), &mut in_the_way);
    assert!(matches!(done, Err(TransferError::Directory(_))), "{done:?}");
    std::fs::remove_dir_all(&data).expect("removes");
    let other = text.replacen("telegram:7\"", "telegram:8\"", 1);
    let another = into_sled(to.path(), &mut other.as_bytes());
    assert!(matches!(another, Err(TransferError::Another { .. })), "{another:?}");
    into_sled(to.path(), &mut text.as_bytes()).expect("goes on");
    let whole = embedded(to.path());
    assert_eq!(whole.verify().await.expect("reads").problems, Vec::<String>::new());
    assert!(text_of(&whole).await == text, "the same bytes");
    let mut changes = Changes::new();
    changes.insert(person(PEOPLE));
    whole.commit(changes).await.expect("goes on with a version that was never given");
}

#[tokio::test]
async fn an_export_that_is_abandoned_leaves_no_file_and_one_under_way_is_its_owners_alone() {
    let (dir, out) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = embedded(dir.path());
    fill(&store).await;
    let to = out.path().join("office.jsonl");
    let under_way = tokio::sync::Notify::new();
    let mut progress = |_: Totals| {
        let mode = std::fs::metadata(&to).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        under_way.notify_one();
    };
    tokio::select! {
        biased;
        done = export_to(&store, &to, &mut progress) => panic!("{done:?} before it was abandoned"),
        () = under_way.notified() => {}
    }
    assert!(!to.exists(), "half an export is none");
    export_to(&store, &to, &mut |_| {}).await.expect("exports");
    assert!(std::fs::read_to_string(&to).expect("is there") == text_of(&store).await);
    let again = export_to(&store, &to, &mut |_| {}).await;
    assert!(again.is_err() && to.exists(), "what is there is not touched");
}
