//! The store in a database: the contract, and what only a store behind a connection can go through.
//!
//! Where `TONGXIN_TEST_POSTGRES` names a server (`postgres://name:password@host:port/base`, without
//! encryption), each test makes a schema of its own there and drops it at the end; elsewhere each says
//! that it was skipped.

use crate::store_contract::{Home, contract};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};
use tongxin::store::Store;
use tongxin::store::postgres::{Address, Encryption, PostgresStore, Settings};

/// A schema of its own.
pub struct OnServer {
    server: String,
    schema: String,
}

/// The server that was named, if any.
fn server() -> Option<String> {
    let named = std::env::var("TONGXIN_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if named.is_none() {
        eprintln!("skipped: TONGXIN_TEST_POSTGRES names no server");
    }
    named
}

/// A plain connection.
async fn plain(url: &str) -> (Client, JoinSet<()>) {
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

    pub fn settings(&self) -> Settings {
        settings(&self.url())
    }

    pub async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.settings()).await.expect("opens")
    }
}

fn settings(url: &str) -> Settings {
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
