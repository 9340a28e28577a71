//! The embedded store: the contract, and what only a store on a disk can go through.

use crate::store_contract::{Home, contract};
use async_trait::async_trait;
use std::sync::Arc;
use tempfile::TempDir;
use tongxin::store::Store;
use tongxin::store::sled::{Settings, SledStore};

/// A directory of its own.
pub struct OnDisk(TempDir);

#[async_trait]
impl Home for OnDisk {
    async fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SledStore::open(self.0.path(), &Settings::default()).expect("opens"))
    }
}

contract!(contract, super::OnDisk);
