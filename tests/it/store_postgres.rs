//! The store in a database: the contract, and what only a store behind a connection can go through.
//!
//! Where `TONGXIN_TEST_POSTGRES` names a server (`postgres://name:password@host:port/base`, without
//! encryption), each test makes a schema of its own there and drops it at the end; elsewhere each says
//! that it was skipped.

use crate::store_contract::{Home, contract, together};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use tongxin::metrics::Stopwatch;
use tongxin::model::{
    At, Changes, ConsentText, Counter, Identity, Kind, Lang, Person, PersonId, Platform, Stored,
    Suggestion,
};
use tongxin::store::Store;
use tongxin::store::postgres::{Address, Encryption, PostgresStore, Settings};
use tongxin::store::transfer::export;

/// A schema of its own.
pub struct OnServer {
    server: String,
    schema: String,
}

/// The server that was named, if any.
#[expect(clippy::disallowed_methods, reason = "only whoever runs the tests knows of a server")]
pub fn server() -> Option<String> {
    let named = std::env::var("TONGXIN_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if named.is_none() {
        eprintln!("skipped: TONGXIN_TEST_POSTGRES names no server");
    }
    named
}

/// A plain connection.
pub async fn plain(url: &str) -> (Client, JoinSet<()>) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connects");
    let mut driver = JoinSet::new();
    driver.spawn(async move { drop(connection.await) });
    (client, driver)
}

impl OnServer {
    /// A new schema; none where no server was named.
    pub async fn make() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = server()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("tongxin_test_{}_{number}", std::process::id());
        let (client, _driver) = plain(&server).await;
        client.batch_execute(&format!("CREATE SCHEMA {schema}")).await.expect("makes");
        Some(Self { server, schema })
    }

    /// The address of the schema.
    pub fn url(&self) -> String {
        let sign = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{sign}options=-csearch_path%3D{}", self.server, self.schema)
    }

    /// Host and port of the server, and the address of the schema, in which they stand.
    pub fn split(&self) -> (String, String) {
        let behind = self.server.split_once("://").expect("a scheme").1;
        let host = behind.split(['/', '?']).next().unwrap_or(behind);
        let host = host.rsplit('@').next().unwrap_or(host);
        (host.to_owned(), self.url())
    }

    pub fn settings(&self) -> Settings {
        settings(&self.url())
    }

    pub async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.settings()).await.expect("opens")
    }
}

pub fn settings(url: &str) -> Settings {
    let address = Address::parse(url).expect("an address");
    Settings { encryption: Encryption::Off, pool: 4, ..Settings::new(address) }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        let (server, schema) = (self.server.clone(), self.schema.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let (client, _driver) = plain(&server).await;
                // A store that still ends may hold a lock for a moment.
                for _ in 0..50 {
                    let drop = format!("DROP SCHEMA {schema} CASCADE");
                    if client.batch_execute(&drop).await.is_ok() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        });
        dropped.join().expect("drops");
    }
}

#[async_trait]
impl Home for OnServer {
    async fn new() -> Option<Self> {
        Self::make().await
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(self.store().await)
    }
}

contract!(contract, super::OnServer);

#[test]
fn commits_that_come_together_are_made_one_after_the_other() {
    if server().is_none() {
        return;
    }
    together(|| async {
        let home = OnServer::make().await.expect("a server");
        // One writer takes them in their order, as many at a time as have come.
        let one = Settings { pool: 2, ..home.settings() };
        let store = PostgresStore::open(&one).await.expect("opens");
        (home, Arc::new(store) as Arc<dyn Store>)
    });
}

fn text(number: u8, text: &str) -> ConsentText {
    ConsentText { hash: [number; 32], text: text.to_owned() }
}

fn person(number: u128) -> Person {
    Person {
        id: PersonId(uuid::Uuid::from_u128(number)),
        identities: BTreeSet::from([Identity::new(Platform::Telegram, &number.to_string())]),
        name: "王".to_owned(),
        roles: BTreeSet::new(),
        direct: None,
        lang: Lang::Zh,
        since: At::from_millis(0),
    }
}

async fn put(store: &dyn Store, value: impl Stored) {
    let mut changes = Changes::new();
    changes.insert(value);
    changes.add(Counter(b"put".to_vec()), 1);
    store.commit(changes).await.expect("commits");
}

async fn refused(url: &str) -> String {
    let begun = Stopwatch::start();
    let why = PostgresStore::open(&settings(url)).await.expect_err("refuses").to_string();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}: {why}", begun.elapsed());
    assert!(!why.contains("se/cret") && !why.contains("se%2Fcret"), "{why}");
    why
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_told_at_once_with_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let why = refused(&format!("postgres://office:se%2Fcret@127.0.0.1:{port}/news")).await;
    let want = format!("cannot use the database news at 127.0.0.1:{port}: ");
    assert!(why.starts_with(&want), "{why}");
    assert!(why.contains("refused") && why.ends_with("can be reached from this machine"), "{why}");
    let Some(server) = server() else { return };
    let base = server.rsplit_once('/').expect("a base").0;
    let why = refused(&format!("{base}/no_such_base")).await;
    assert!(why.contains("(3D000); make it (CREATE DATABASE)"), "{why}");
    let encrypted = Settings {
        encryption: Encryption::Verified { roots: None },
        ..settings(&format!("{base}/postgres"))
    };
    let why = PostgresStore::open(&encrypted).await.expect_err("refuses").to_string();
    assert!(why.contains("data.postgres_tls"), "{why}");
}

#[tokio::test]
async fn a_newer_format_is_refused_and_stays_as_it_is() {
    let Some(home) = OnServer::make().await else { return };
    drop(home.store().await);
    let (client, _driver) = plain(&home.url()).await;
    let newer = "UPDATE meta SET value = '7' WHERE name = 'format'";
    client.batch_execute(newer).await.expect("writes");
    let why = refused(&home.url()).await;
    assert_eq!(
        why,
        "the database is of format 7, this program knows formats up to 4; use a later program"
    );
}

#[tokio::test]
async fn an_older_format_is_led_to_ours_with_all_it_has() {
    let (Some(home), Some(older)) = (OnServer::make().await, OnServer::make().await) else {
        return;
    };
    let store = home.store().await;
    for number in 0..50 {
        put(&store, text(number, "from before")).await;
    }
    let suggestion =
        crate::store_records::one_of_each().into_iter().find_map(Suggestion::from_record);
    let suggestion = suggestion.expect("a suggestion");
    let suggestion = Suggestion { clocks: None, sorting: None, ..suggestion };
    put(&store, suggestion).await;
    let (_, want) = export(&store, Vec::new(), &mut |_| {}).await.expect("exports");
    let (client, _driver) = plain(&older.url()).await;
    let first = include_str!("../../src/store/postgres/migrations/0001_records.sql");
    client.batch_execute(first).await.expect("the first format");
    let copy = format!(
        "CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);
         INSERT INTO meta SELECT name, CASE name WHEN 'format' THEN '1' ELSE value END FROM {0}.meta;
         INSERT INTO records SELECT kind, id, version, CASE kind WHEN 16
             THEN substring(value FROM 1 FOR length(value) - 2) ELSE value END FROM {0}.records;
         INSERT INTO places SELECT * FROM {0}.places;
         INSERT INTO counts SELECT * FROM {0}.counts;
         SELECT setval('versions', (SELECT last_value FROM {0}.versions))",
        home.schema
    );
    client.batch_execute(&copy).await.expect("copies");
    let led = older.store().await;
    let (_, found) = export(&led, Vec::new(), &mut |_| {}).await.expect("exports");
    assert_eq!(String::from_utf8(found), String::from_utf8(want));
    put(&led, text(200, "from now")).await;
    let room =
        "SELECT array_to_string(reloptions, ' ') FROM pg_class WHERE oid = 'records'::regclass";
    let room: String = client.query_one(room, &[]).await.expect("reads").get(0);
    assert_eq!(room, "fillfactor=50", "a record can be written again in its page");
    assert_eq!(led.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_start_on_an_empty_database_all_come_in() {
    let Some(home) = OnServer::make().await else { return };
    let settings = home.settings();
    let opened = (0..6).map(|_| PostgresStore::open(&settings));
    for store in futures::future::join_all(opened).await {
        store.expect("opens");
    }
}

#[tokio::test]
async fn a_lock_of_a_process_that_died_over_its_steps_keeps_nobody_out_for_long() {
    let Some(home) = OnServer::make().await else { return };
    let (client, _driver) = plain(&home.url()).await;
    let locked = "CREATE TABLE migration
         (one smallint PRIMARY KEY, holder uuid NOT NULL, until timestamptz NOT NULL);
         INSERT INTO migration VALUES
         (1, '00000000-0000-0000-0000-000000000001', now() + interval '700 ms')";
    client.batch_execute(locked).await.expect("locks");
    let begun = Stopwatch::start();
    let store = home.store().await;
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    put(&store, text(1, "a")).await;
}

#[tokio::test]
async fn verify_finds_a_lost_place_a_stray_place_and_a_lost_record() {
    let Some(home) = OnServer::make().await else { return };
    let store = home.store().await;
    for number in 0..3 {
        put(&store, person(number)).await;
    }
    let sound = store.verify().await.expect("reads");
    assert_eq!((sound.faults, sound.lines, sound.counts), (0, 3, 1));
    assert_eq!(sound.records[&Kind::Person], 3);
    let (client, _driver) = plain(&home.url()).await;
    let damage = "DELETE FROM places WHERE place = 'telegram:0\\000'::bytea;
         DELETE FROM records WHERE id = decode(lpad('1', 32, '0'), 'hex');
         INSERT INTO places SELECT 1, 'x'::bytea, kind, id FROM records
         WHERE id = decode(lpad('2', 32, '0'), 'hex')";
    client.batch_execute(damage).await.expect("damages");
    let report = store.verify().await.expect("reads");
    let told = report.problems.join("\n");
    assert_eq!(report.faults, 3, "{told}");
    assert!(told.contains("00 is not found in index 10"), "{told}");
    assert!(told.contains("01, which is not there"), "{told}");
    assert!(told.contains("02, which is not of it"), "{told}");
}
