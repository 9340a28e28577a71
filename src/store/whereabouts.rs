//! Where a store is.

use std::path::PathBuf;

/// Where a store is, as it can be told: without names of users and passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In this data directory.
    Directory(PathBuf),
    /// In a database.
    Database {
        /// What the database is called.
        name: String,
        /// Its hosts, with their ports.
        hosts: String,
    },
}

impl std::fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(dir) => write!(f, "{}", dir.display()),
            Self::Database { name, hosts } => write!(f, "the database {name} at {hosts}"),
        }
    }
}
