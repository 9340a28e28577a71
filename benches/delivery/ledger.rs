//! Where the ledger lies: the embedded store in a directory, or a schema of its own in a database.

use crate::args::Args;
use crate::office::Office;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::{Client, NoTls};
use tongxin::clock::SystemClock;
use tongxin::store::postgres::{Address, Encryption, PostgresStore, Settings};
use tongxin::store::sled::{self, SledStore};
use tongxin::store::vault::Vault;
use tongxin::store::{Store, recount};

/// Names the server in which schemas are made.
const SERVER: &str = "TONGXIN_TEST_POSTGRES";

/// What is told where no server is named.
const NO_SERVER: &str = "\
`--store postgres` needs a server: name one in the variable TONGXIN_TEST_POSTGRES, for example
  TONGXIN_TEST_POSTGRES=postgres://name:password@127.0.0.1:5432/base
It takes a connection without encryption and a name that may make schemas; what is made is dropped at the
end. To start one for the purpose:
  initdb -D /tmp/pg -U tongxin -A trust && pg_ctl -D /tmp/pg -o '-p 55433 -k /tmp' -w start
  TONGXIN_TEST_POSTGRES=postgres://tongxin@127.0.0.1:55433/postgres";

/// A ledger that is made for one measurement, and removed with it.
pub struct Ledger {
    dir: tempfile::TempDir,
    schema: Option<Schema>,
}

/// A schema of its own.
struct Schema {
    server: String,
    name: String,
}

impl Ledger {
    /// An empty one, on the store that was asked for. Ends the program where there is none.
    pub async fn make(args: &Args) -> Self {
        let schema = match args.text("store") {
            "" | "sled" => None,
            "postgres" => Some(Schema::make().await),
            other => refuse(&format!("there is no store `{other}`: sled, or postgres")),
        };
        let dir = tempfile::tempdir().expect("a directory");
        // Data without keys are refused.
        Vault::open(&dir.path().join("keys"), Arc::new(SystemClock)).expect("a vault");
        Self { dir, schema }
    }

    /// What keeps it.
    pub const fn store(&self) -> &'static str {
        if self.schema.is_some() { "postgres" } else { "sled" }
    }

    /// Where the daemon over it has its configuration, data and keys.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Opens it.
    pub async fn open(&self) -> Office {
        let store: Arc<dyn Store> = match &self.schema {
            None => {
                let opened = SledStore::open(&self.data(), &sled::Settings::default());
                Arc::new(opened.expect("a ledger"))
            }
            Some(schema) => {
                let settings = schema.settings();
                Arc::new(PostgresStore::open(&settings).await.expect("a ledger"))
            }
        };
        // As the daemon does when it starts: of an empty store that is nothing, of a full one that was never counted a
        // walk over all subscribers.
        recount(&*store).await.expect("counts");
        Office::over(store, self.dir())
    }

    /// Two connections to where it lies in a database; none where it lies in a directory.
    pub async fn clients(&self) -> Option<[Client; 2]> {
        let schema = self.schema.as_ref()?;
        let client = async || schema.client(&schema.url()).await.expect("connects");
        Some([client().await, client().await])
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// The lines of a configuration that say where it is.
    pub fn lines(&self) -> String {
        let of_database = self.schema.as_ref().map_or_else(String::new, |schema| {
            let url = schema.url();
            format!("store = \"postgres\"\npostgres_url = \"{url}\"\npostgres_tls = \"off\"\n")
        });
        format!("[data]\ndir = \"data\"\nkeys = \"keys\"\n{of_database}")
    }

    /// How many bytes it takes on the disk.
    pub async fn bytes(&self) -> u64 {
        match &self.schema {
            None => length(&self.data()),
            Some(schema) => schema.bytes().await,
        }
    }

    /// How many bytes of it are alive: of the embedded store by compacting it, which must be closed.
    pub async fn alive(&self) -> u64 {
        if self.schema.is_none() {
            sled::compact(&self.data(), &sled::Settings::default()).expect("compacts");
        }
        self.bytes().await
    }
}

/// Ends the program.
fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2);
}

/// How many bytes the files below a directory take.
fn length(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => length(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(of).sum()
}

impl Schema {
    async fn make() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(SERVER).ok().filter(|url| !url.is_empty());
        let server = server.unwrap_or_else(|| refuse(NO_SERVER));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tongxin_bench_{}_{number}", std::process::id());
        let schema = Self { server, name };
        let client = schema.client(&schema.server).await.unwrap_or_else(|why| {
            refuse(&format!("the server in {SERVER} cannot be used: {why}\n\n{NO_SERVER}"))
        });
        let made = client.batch_execute(&format!("CREATE SCHEMA {}", schema.name)).await;
        if let Err(why) = made {
            refuse(&format!("no schema can be made in the server in {SERVER}: {why}"));
        }
        schema
    }

    async fn client(&self, url: &str) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn url(&self) -> String {
        let sign = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{sign}options=-csearch_path%3D{}", self.server, self.name)
    }

    fn settings(&self) -> Settings {
        let address = Address::parse(&self.url()).expect("an address");
        Settings { encryption: Encryption::Off, ..Settings::new(address) }
    }

    async fn bytes(&self) -> u64 {
        let client = self.client(&self.server).await.expect("connects");
        let asked = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'";
        let row = client.query_one(asked, &[&self.name]).await.expect("answers");
        row.get::<_, i64>(0).unsigned_abs()
    }

    async fn drop(&self) {
        let Ok(client) = self.client(&self.server).await else { return };
        let words = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        for _ in 0..50 {
            // A store that still ends may hold a lock for a moment.
            if client.batch_execute(&words).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        eprintln!("the schema {} stays: drop it by hand", self.name);
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // Nothing can be awaited here: a thread of its own does it.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime").block_on(Self::drop(self));
            });
        });
    }
}
