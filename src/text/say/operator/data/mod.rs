//! What is said about what is kept: the data directory, the database, the keys, exports and imports.

mod en;
mod zh;

use super::SystemSays;
use crate::model::Lang;
use crate::text::Speak;

/// Why what is kept cannot be used, and what to do. Paths are as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum DataSays {
    // The data directory.
    /// Another process has it: this one, where it is known.
    InUse {
        dir: String,
        process: Option<u32>,
    },
    /// It is the user's of this number, and the command runs as another.
    OtherUser {
        dir: String,
        owner: u32,
        us: u32,
    },
    NothingKept {
        dir: String,
    },
    /// A later program wrote them.
    Newer {
        found: u64,
        known: u64,
    },
    Older {
        found: u64,
        known: u64,
    },
    ImportBegun {
        dir: String,
        importing: String,
    },
    Lost {
        expected: String,
        found: String,
    },
    /// Too little is free, in bytes.
    NoSpace {
        dir: String,
        free: u64,
        needed: u64,
    },
    NotDurable,
    MarkerDamaged {
        path: String,
        said: String,
    },
    /// A file or directory cannot be used as the program needs it.
    Unusable {
        path: String,
        why: SystemSays,
    },
    EngineRefuses(String),
    // The database.
    NoDatabase {
        place: WhereSays,
        said: String,
        advice: AdviceSays,
    },
    DatabaseNewer {
        found: u64,
        known: u64,
    },
    DatabaseChanging,
    DatabaseImportBegun,
    DatabaseDamaged,
    // The store, while it is used.
    Conflict,
    Unavailable(String),
    Impossible(String),
    Failed(String),
    // The keys.
    KeysInUse(String),
    KeyMissing(String),
    NotAKeyFile {
        path: String,
        said: String,
    },
    NoKeys {
        place: WhereSays,
        keys: String,
    },
    ForeignKeys(String),
    /// They have sealed something, and nothing is kept there.
    KeysOfOtherData {
        place: WhereSays,
        keys: String,
    },
    SealedDamaged(String),
    // Exports and imports.
    NotEmpty(WhereSays),
    AnotherBegun {
        place: WhereSays,
        importing: Option<String>,
    },
    ImportUnderway,
    ExportLine {
        line: u64,
        what: ExportSays,
    },
    ExportUnreadable(SystemSays),
}

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhereSays {
    /// In this directory.
    Directory(String),
    /// In this database on these hosts.
    Database {
        /// Its name.
        name: String,
        /// The hosts with their ports.
        hosts: String,
    },
}

/// What to do about a database that is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdviceSays {
    /// Name and password are wrong, or the server does not know this machine.
    LetIn,
    /// The database is not there.
    Make,
    /// Its owner may not make tables.
    Grant,
    /// The connection cannot be encrypted.
    Encrypt,
    /// It takes no writes.
    Primary,
    /// It does not answer.
    Reach,
}

/// What is wrong with a line of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportSays {
    /// It is the first one, and no export of ours begins so.
    NoExport,
    /// The export is of another format than ours.
    Format {
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file ends before its last line.
    Cut,
    /// What stands before was altered.
    Altered,
    /// Something else, as the reader says it.
    Other(String),
}

impl Speak for DataSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh::zh(self),
            Lang::En => en::en(self),
        }
    }
}

impl Speak for WhereSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Directory(dir), Lang::Zh) => format!("目录“{dir}”"),
            (Self::Directory(dir), Lang::En) => dir.clone(),
            (Self::Database { name, hosts }, Lang::Zh) => format!("数据库“{name}”（{hosts}）"),
            (Self::Database { name, hosts }, Lang::En) => format!("the database {name} at {hosts}"),
        }
    }
}
