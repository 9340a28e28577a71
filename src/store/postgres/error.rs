//! Why a database is not used, and what to do about it.

use super::Settings;
use super::fault::Fault;
use crate::store::{StoreError, Whereabouts};
use tokio_postgres::Error;

/// Why the store in a database is not opened. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there, or not as one that can be used.
    #[error("cannot use {place}: {why}; {advice}")]
    Refused {
        /// Where it should be.
        place: Whereabouts,
        /// What was found.
        why: String,
        /// What to do.
        advice: Advice,
    },
    /// A later program made it.
    #[error(
        "the database is of format {found}, this program knows formats up to {known}; use a later program"
    )]
    Newer {
        /// The format of the data.
        found: usize,
        /// Our format.
        known: usize,
    },
    /// Another process leads it to our format.
    #[error(
        "another process is bringing the database to a newer format and is not ready yet; start again when it is"
    )]
    Migrating,
    /// An import into it was begun.
    #[error(
        "an import into the database was interrupted: run it again with the same file, and it goes on; or make an empty database"
    )]
    Unfinished,
    /// What it says of itself cannot be read.
    #[error(
        "the table meta is damaged, or is not ours; name another database in data.postgres_url, or restore a backup"
    )]
    Damaged,
    /// It failed while it was opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Store(Fault::of(&error).into_error())
    }
}

impl OpenError {
    /// Why we were not let in.
    pub(super) fn refused(settings: &Settings, fault: Fault) -> Self {
        let (Fault::Raced(why) | Fault::Lost(why) | Fault::Later(why) | Fault::Never(why)) = fault;
        let advice = advice(&why);
        Self::Refused { place: settings.address.place(), why, advice }
    }
}

/// What to do about a database that does not let us in, or not do what we need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Advice {
    /// Name and password are wrong, or it does not know this machine.
    #[error(
        "check name and password in data.postgres_url, and that the server lets this machine in (pg_hba.conf)"
    )]
    LetIn,
    /// It is not there.
    #[error("make it (CREATE DATABASE), or name another in data.postgres_url")]
    Make,
    /// Its user may not make tables.
    #[error("give its user the right to make tables: GRANT CREATE ON SCHEMA public")]
    Grant,
    /// The connection cannot be encrypted.
    #[error(
        "set up TLS on the server, name its certificate as data.postgres_ca, or set data.postgres_tls to \"off\" where the network is trusted"
    )]
    Encrypt,
    /// It takes no writes.
    #[error(
        "name the primary in data.postgres_url; several hosts may be given with commas between them"
    )]
    Primary,
    /// It does not answer.
    #[error(
        "check data.postgres_url, and that the server runs and can be reached from this machine"
    )]
    Reach,
}

/// What to do, by what the server or the client said.
fn advice(why: &str) -> Advice {
    let says = |words: &str| why.contains(words);
    if says("(28P01)") || says("(28000)") || says("password") {
        Advice::LetIn
    } else if says("(3D000)") {
        Advice::Make
    } else if says("(42501)") {
        Advice::Grant
    } else if says("TLS") || says("certificate") || says("CertificateUnknown") {
        Advice::Encrypt
    } else if says("does not allow writes") || says("read-only") {
        Advice::Primary
    } else {
        Advice::Reach
    }
}
