//! What went wrong with the database, told by what is done next.

use crate::store::StoreError;
use std::error::Error as _;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another transaction was in the way: again, at once.
    Raced(String),
    /// The connection is gone, or the server lets nobody in: connect, and again.
    Lost(String),
    /// The server is there and cannot take it now: again later.
    Later(String),
    /// It is never done, however often it is tried.
    Never(String),
}

impl Fault {
    /// What an error of the client means.
    pub fn of(error: &Error) -> Self {
        let Some(said) = error.as_db_error() else { return Self::Lost(chain(error)) };
        let (code, why) = (said.code(), words(said));
        let full = [SqlState::DISK_FULL, SqlState::OUT_OF_MEMORY];
        let raced = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNIQUE_VIOLATION,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        if raced.contains(code) {
            return Self::Raced(why);
        }
        if full.contains(code) {
            return Self::Later(format!("the database has no room left: {why}"));
        }
        if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            return Self::Later(format!("the database takes no writes (is it a standby?): {why}"));
        }
        if *code == SqlState::QUERY_CANCELED {
            return Self::Later(format!("the database is too slow: {why}"));
        }
        match code.code() {
            // The operator's doing, too many clients, a transaction left standing; and a prepared statement
            // that this connection's server does not have (a pooler in between).
            "57P01" | "57P02" | "57P03" | "57P05" | "53300" | "25P03" | "26000" => Self::Lost(why),
            code if code.starts_with("08") => Self::Lost(why),
            code if code.starts_with("53") || code.starts_with("58") => Self::Later(why),
            _ => Self::Never(why),
        }
    }

    /// Whether the server said for sure that the transaction was not made.
    pub fn is_sure(error: &Error) -> bool {
        let Some(said) = error.as_db_error() else { return false };
        let code = said.code().code();
        // Statement completion unknown; the session ended while the commit was on its way.
        !(code == "40003" || code.starts_with("08") || code.starts_with("57P") || code == "25P03")
    }

    /// What whoever asked is told once it is tried no longer.
    pub fn into_error(self) -> StoreError {
        match self {
            Self::Raced(why) | Self::Later(why) => StoreError::Unavailable(why),
            Self::Lost(why) => {
                StoreError::Unavailable(format!("the database does not answer: {why}"))
            }
            Self::Never(why) => StoreError::Backend(why),
        }
    }
}

/// What the server said. Its details are left out: they may hold what people wrote.
pub fn words(said: &DbError) -> String {
    format!("{} ({})", said.message(), said.code().code())
}

/// An error of the client with all its causes.
pub fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        // Some errors repeat what their cause says.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}
