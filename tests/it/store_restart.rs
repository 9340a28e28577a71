//! A server of our own that ends, dies and comes back, and takes no writes for a while, under a store
//! that is used. Only where `TONGXIN_TEST_POSTGRES` asks for such tests, and its programs are here.

use crate::store_postgres::{server, settings};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tongxin::model::{Changes, ConsentText, Counter, Kind};
use tongxin::store::postgres::PostgresStore;
use tongxin::store::{Store, StoreError};

struct Server {
    dir: TempDir,
    programs: PathBuf,
    port: u16,
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut dirs: Vec<_> = versions.filter_map(|v| Some(v.ok()?.path().join("bin"))).collect();
    dirs.extend(["/usr/local/bin".into(), "/usr/bin".into()]);
    dirs.into_iter().find(|dir| dir.join("initdb").exists() && dir.join("pg_ctl").exists())
}

impl Server {
    fn start() -> Option<Self> {
        server()?;
        let Some(programs) = programs() else {
            eprintln!("skipped: the programs of a PostgreSQL server are not here");
            return None;
        };
        let dir = tempfile::tempdir().expect("a directory");
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(dir.path()).status();
            assert!(owned.expect("runs").success(), "the account postgres is there");
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let this = Self { dir, programs, port };
        let data = this.data();
        this.run("initdb", &["-D", &data, "-U", "tongxin", "-A", "trust", "--no-sync"]);
        this.control(&["start"]);
        Some(this)
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    fn control(&self, what: &[&str]) {
        let socket = self.dir.path().display();
        let options = format!("-p {} -k {socket} -c listen_addresses=127.0.0.1", self.port);
        let log = self.dir.path().join("log").display().to_string();
        let data = self.data();
        let all = [&["-D", &data, "-l", &log, "-w", "-o", &options], what].concat();
        self.run("pg_ctl", &all);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        command.current_dir("/").args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let done = command.status().expect("runs");
        assert!(done.success(), "{} {arguments:?}", program.display());
    }

    fn url(&self) -> String {
        format!("postgres://tongxin@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control(&["stop", "-m", "immediate"]);
    }
}

/// A server refuses to run as root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    Path::new("/proc/self").metadata().is_ok_and(|me| me.uid() == 0)
}

async fn add(store: &dyn Store, number: usize) -> Result<(), StoreError> {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let mut changes = Changes::new();
    changes.insert(ConsentText { hash, text: number.to_string() });
    changes.add(Counter(b"made".to_vec()), 1);
    store.commit(changes).await
}

async fn count(store: &dyn Store) -> (usize, i64) {
    let listed = store.list(Kind::Consent, &[], None, usize::MAX).await.expect("reads");
    (listed.len(), store.tally(&Counter(b"made".to_vec())).await.expect("reads"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_ends_or_dies_and_comes_back_nothing_is_lost_or_made_twice() {
    const EACH: usize = 400;
    let Some(server) = Server::start() else { return };
    let store = Arc::new(PostgresStore::open(&settings(&server.url())).await.expect("opens"));
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            for n in 0..EACH {
                add(&*store, task * EACH + n).await.expect("is made in the end");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
    let server = tokio::task::spawn_blocking(move || {
        for how in ["fast", "immediate", "immediate"] {
            std::thread::sleep(Duration::from_millis(300));
            server.control(&["restart", "-m", how]);
        }
        server
    });
    let server = server.await.expect("restarts");
    tasks.join_all().await;
    assert_eq!(count(&*store).await, (8 * EACH, 3_200));
    assert_eq!(store.verify().await.expect("reads").problems, Vec::<String>::new());
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_is_read_and_told_of_and_written_again_later() {
    let Some(server) = Server::start() else { return };
    let short = tongxin::store::postgres::Settings {
        patience: Duration::from_secs(1),
        ..settings(&server.url())
    };
    let store = PostgresStore::open(&short).await.expect("opens");
    add(&store, 0).await.expect("commits");
    let (client, _driver) = crate::store_postgres::plain(&server.url()).await;
    let set = async |on: &str| {
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {on}");
        client.batch_execute("SET default_transaction_read_only = off").await.expect("sets");
        client.batch_execute(&set).await.expect("sets");
        client.batch_execute("SELECT pg_reload_conf()").await.expect("sets");
    };
    set("on").await;
    let why = loop {
        match add(&store, 1).await {
            // The server has not read its settings yet.
            Ok(()) => assert_eq!(remove(&store, 1).await, Ok(())),
            Err(why) => break why,
        }
    };
    let StoreError::Unavailable(why) = why else { panic!("{why}") };
    assert!(why.starts_with("the database takes no writes"), "{why}");
    assert_eq!(count(&store).await, (1, 1), "it is read meanwhile");
    set("off").await;
    while add(&store, 2).await.is_err() {}
    assert_eq!(count(&store).await, (2, 2));
}

async fn remove(store: &dyn Store, number: usize) -> Result<(), StoreError> {
    let listed = store.list(Kind::Consent, &[], None, usize::MAX).await?;
    let mut changes = Changes::new();
    for read in listed {
        let read = tongxin::store::typed::<ConsentText>(read)?;
        if read.text == number.to_string() {
            changes.remove(&read);
            changes.add(Counter(b"made".to_vec()), -1);
        }
    }
    store.commit(changes).await
}
