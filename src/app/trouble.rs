//! What an operator is told when something fails: from each error of the rooms below to its sentence.

use super::AppError;
use crate::model::Lang;
use crate::store::export::{ExportError, FORMAT, LineFault};
use crate::store::vault::VaultError;
use crate::store::{StoreError, TransferError, Whereabouts, postgres, sled};
use crate::text::Speak;
use crate::text::say::operator::{
    AdviceSays, DataSays, ExportSays, SystemSays, TroubleSays, WhereSays,
};
use std::path::Path;

impl Speak for AppError {
    fn say(&self, lang: Lang) -> String {
        trouble(self, lang).say(lang)
    }
}

/// The sentence of an error. The language is that of the errors within it, which are said first.
fn trouble(error: &AppError, lang: Lang) -> TroubleSays {
    TroubleSays::Data(match error {
        AppError::Config(error) => return error.trouble(),
        AppError::System(error) => return TroubleSays::System(error.into()),
        AppError::Told(says) => return says.clone(),
        AppError::Ended { part, error } => {
            return TroubleSays::PartEnded { part: *part, why: error.say(lang) };
        }
        AppError::Open(error) => directory(error),
        AppError::Connect(error) => database(error),
        AppError::Transfer(error) => transfer(error),
        AppError::Vault(error) => keys(error),
        AppError::Store(error) => store(error),
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A place in words.
pub(super) fn place(place: &Whereabouts) -> WhereSays {
    match place {
        Whereabouts::Directory(dir) => WhereSays::Directory(shown(dir)),
        Whereabouts::Database { name, hosts } => {
            WhereSays::Database { name: name.clone(), hosts: hosts.clone() }
        }
    }
}

fn directory(error: &sled::OpenError) -> DataSays {
    use sled::OpenError as E;
    match error {
        E::Busy { dir, pid } => DataSays::InUse { dir: shown(dir), process: *pid },
        E::Foreign { dir, owner, us } => {
            DataSays::OtherUser { dir: shown(dir), owner: *owner, us: *us }
        }
        E::Newer { found, known } => {
            DataSays::Newer { found: (*found).into(), known: (*known).into() }
        }
        E::Older { found, known } => {
            DataSays::Older { found: (*found).into(), known: (*known).into() }
        }
        E::Unfinished { dir, importing } => {
            DataSays::ImportBegun { dir: shown(dir), importing: shown(importing) }
        }
        E::Lost { expected, found } => {
            DataSays::Lost { expected: expected.clone(), found: found.clone() }
        }
        E::NoSpace { dir, free, needed } => {
            DataSays::NoSpace { dir: shown(dir), free: *free, needed: *needed }
        }
        E::NotDurable => DataSays::NotDurable,
        E::Marker { path, why } => DataSays::MarkerDamaged { path: shown(path), said: why.clone() },
        E::Io { path, kind, why, .. } => unusable(path, *kind, why),
        E::Engine(why) => DataSays::EngineRefuses(why.clone()),
    }
}

fn unusable(path: &Path, kind: std::io::ErrorKind, said: &str) -> DataSays {
    let why = SystemSays { kind, said: said.to_owned() };
    DataSays::Unusable { path: shown(path), why }
}

fn database(error: &postgres::OpenError) -> DataSays {
    use postgres::{Advice, OpenError as E};
    match error {
        E::Refused { place: at, why, advice } => DataSays::NoDatabase {
            place: place(at),
            said: why.clone(),
            advice: match advice {
                Advice::LetIn => AdviceSays::LetIn,
                Advice::Make => AdviceSays::Make,
                Advice::Grant => AdviceSays::Grant,
                Advice::Encrypt => AdviceSays::Encrypt,
                Advice::Primary => AdviceSays::Primary,
                Advice::Reach => AdviceSays::Reach,
            },
        },
        E::Newer { found, known } => {
            DataSays::DatabaseNewer { found: *found as u64, known: *known as u64 }
        }
        E::Migrating => DataSays::DatabaseChanging,
        E::Unfinished => DataSays::DatabaseImportBegun,
        E::Damaged => DataSays::DatabaseDamaged,
        E::Store(error) => store(error),
    }
}

fn store(error: &StoreError) -> DataSays {
    match error {
        StoreError::Conflict => DataSays::Conflict,
        StoreError::Unavailable(why) => DataSays::Unavailable(why.clone()),
        StoreError::Impossible(why) => DataSays::Impossible(why.clone()),
        StoreError::Backend(why) => DataSays::Failed(why.clone()),
    }
}

fn keys(error: &VaultError) -> DataSays {
    match error {
        VaultError::Busy(path) => DataSays::KeysInUse(shown(path)),
        VaultError::Missing(path) => DataSays::KeyMissing(shown(path)),
        VaultError::Foreign { path, why } => {
            DataSays::NotAKeyFile { path: shown(path), said: why.clone() }
        }
        VaultError::Io { path, kind, why, .. } => unusable(path, *kind, why),
        VaultError::Full(path) => {
            unusable(path, std::io::ErrorKind::StorageFull, &error.to_string())
        }
        VaultError::Damaged(_) | VaultError::Hash(_) => DataSays::SealedDamaged(error.to_string()),
    }
}

fn transfer(error: &TransferError) -> DataSays {
    use TransferError as E;
    match error {
        E::Export(ExportError::Line { line, why }) => {
            DataSays::ExportLine { line: *line, what: line_of(why) }
        }
        E::Export(ExportError::Io(error)) => DataSays::ExportUnreadable(error.into()),
        E::Store(error) => store(error),
        E::Directory(error) => directory(error),
        E::Database(error) => database(error),
        E::NotEmpty(at) => DataSays::NotEmpty(place(at)),
        E::Another { place: at, importing } => {
            DataSays::AnotherBegun { place: place(at), importing: importing.as_deref().map(shown) }
        }
        E::Underway => DataSays::ImportUnderway,
    }
}

fn line_of(fault: &LineFault) -> ExportSays {
    match fault {
        LineFault::NoExport(_) => ExportSays::NoExport,
        LineFault::Format { found } => ExportSays::Format { found: *found, known: FORMAT },
        LineFault::Cut => ExportSays::Cut,
        LineFault::Altered => ExportSays::Altered,
        LineFault::Other(why) => ExportSays::Other(why.clone()),
    }
}
