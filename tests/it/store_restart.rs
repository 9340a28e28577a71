//! A server of our own that ends, dies and comes back, and takes no writes for a while, under a store
//! that is used. Only where `TONGXIN_TEST_POSTGRES` asks for such tests, and its programs are here.

use crate::store_postgres::{server, settings};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tongxin::clock::{Clock as _, SystemClock};
use tongxin::model::{Changes, ConsentText, Counter, Kind};
use tongxin::store::postgres::{Encryption, PostgresStore, Settings};
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
        let this = Self::prepare()?;
        let data = this.data();
        this.run("initdb", &["-D", &data, "-U", "tongxin", "-A", "trust", "--no-sync"]);
        this.control(&["start"]);
        Some(this)
    }

    /// One whose data lie on a disk of their own, of so many MiB; its log of changes lies elsewhere.
    fn start_on_a_disk(size: u32) -> Option<Self> {
        let this = Self::prepare()?;
        let (data, log) = (this.data(), this.dir.path().join("wal").display().to_string());
        std::fs::create_dir(&data).expect("makes");
        let options = format!("size={size}m,mode=0700,uid={},gid={}", this.owner(), this.owner());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "none", &data]);
        if !mount.stderr(Stdio::null()).status().is_ok_and(|done| done.success()) {
            eprintln!("skipped: no disk can be made here");
            std::fs::remove_dir(&data).expect("removes");
            return None;
        }
        let init = ["-D", &data, "-X", &log, "-U", "tongxin", "-A", "trust", "--no-sync"];
        this.run("initdb", &init);
        this.control(&["start"]);
        Some(this)
    }

    fn prepare() -> Option<Self> {
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
        Some(Self { dir, programs, port })
    }

    /// The number of the account that has the server's files.
    fn owner(&self) -> u32 {
        use std::os::unix::fs::MetadataExt as _;
        self.dir.path().metadata().expect("is there").uid()
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
        let mut command = self.by_its_account(&program);
        let done = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(done.expect("runs").success(), "{} {arguments:?}", program.display());
    }

    /// A program, run by the account that has the server's files.
    fn by_its_account(&self, program: &Path) -> Command {
        let mut command = Command::new(if is_root() { Path::new("runuser") } else { program });
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(program);
        }
        command.current_dir(if is_root() { Path::new("/") } else { self.dir.path() });
        command
    }

    fn url(&self) -> String {
        format!("postgres://tongxin@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.control(&["stop", "-m", "immediate"]);
        }
        // Only where it is a disk of its own.
        let _ = Command::new("umount").arg(self.data()).stderr(Stdio::null()).status();
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
    let short = Settings { patience: Duration::from_secs(1), ..settings(&server.url()) };
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_spoken_to_encrypted_when_its_certificate_proves_its_name() {
    let Some(server) = Server::start() else { return };
    let certificate = server.dir.path().join("data/server.crt");
    let (file, key) = (certificate.display().to_string(), format!("{}/server.key", server.data()));
    let name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let name = [&name[..], &["-addext", "basicConstraints=critical,CA:FALSE"]].concat();
    let asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", &file];
    let mut openssl = server.by_its_account(Path::new("openssl"));
    let made = openssl.args(asked).args(name).stderr(Stdio::null()).status();
    if !made.is_ok_and(|made| made.success()) {
        eprintln!("skipped: openssl is not here");
        return;
    }
    let (client, driver) = crate::store_postgres::plain(&server.url()).await;
    client.batch_execute("ALTER SYSTEM SET ssl = on").await.expect("sets");
    drop((client, driver));
    server.control(&["restart", "-m", "fast"]);
    let trusted = server.dir.path().join("trusted.pem");
    std::fs::copy(&certificate, &trusted).expect("copies");
    let open = async |host: &str, roots: Option<&Path>| {
        let url = server.url().replace("127.0.0.1", host);
        let encryption = Encryption::Verified { roots: roots.map(Path::to_owned) };
        PostgresStore::open(&Settings { encryption, ..settings(&url) }).await
    };
    let store = open("localhost", Some(&trusted)).await.expect("is encrypted");
    add(&store, 0).await.expect("commits");
    let (client, _driver) = crate::store_postgres::plain(&server.url()).await;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE ssl AND application_name = 'tongxin'";
    let encrypted: i64 = client.query_one(encrypted, &[]).await.expect("reads").get(0);
    assert!(encrypted >= 4, "only {encrypted} connections are encrypted");
    for (host, roots) in [("127.0.0.1", Some(&*trusted)), ("localhost", None)] {
        let why = open(host, roots).await.expect_err("is refused").to_string();
        assert!(why.contains("certificate"), "{host}: {why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_of_loses_nothing_and_with_room_again_it_goes_on() {
    let Some(server) = Server::start_on_a_disk(40) else { return };
    let short = Settings { patience: Duration::from_secs(1), ..settings(&server.url()) };
    let store = PostgresStore::open(&short).await.expect("opens");
    let mut made = 0;
    let why = loop {
        match fill(&store, made).await {
            Ok(()) => made += 1,
            Err(why) => break why,
        }
        assert!(made < 1_000, "the disk is never full");
    };
    let StoreError::Unavailable(why) = why else { panic!("{why}") };
    assert!(why.starts_with("the database has no room left"), "{why}");
    assert!(made > 10, "only {made} were made");
    assert_eq!(count(&store).await, (made, i64::try_from(made).expect("few")), "it is read");
    let larger = ["-o", "remount,size=120m", &server.data()];
    assert!(Command::new("mount").args(larger).status().expect("runs").success());
    fill(&store, made).await.expect("goes on");
    assert_eq!(count(&store).await.0, made + 1);
    assert_eq!(store.verify().await.expect("reads").problems, Vec::<String>::new());
}

/// Adds a record of letters that cannot be packed.
async fn fill(store: &dyn Store, number: usize) -> Result<(), StoreError> {
    let mut bytes = vec![0; 100_000];
    SystemClock.random(&mut bytes);
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let mut changes = Changes::new();
    let text = bytes.iter().map(|byte| char::from(byte & 0x7F | 1)).collect();
    changes.insert(ConsentText { hash, text });
    changes.add(Counter(b"made".to_vec()), 1);
    store.commit(changes).await
}
