//! The sentences about what is kept in English.

use super::{AdviceSays, DataSays, ExportSays};
use crate::model::Lang;
use crate::text::Speak as _;

pub(super) fn en(says: &DataSays) -> String {
    use DataSays as S;
    let l = Lang::En;
    match says {
        S::InUse { dir, process } => {
            let process = process.map_or_else(String::new, |p| format!(" (process {p})"));
            format!(
                "the data directory {dir} is in use by another process{process}; stop it, or name another directory as data.dir"
            )
        }
        S::OtherUser { dir, owner, us } => format!(
            "the data directory {dir} belongs to the user of number {owner}, and this runs as {us}: run it as that user (sudo -u '#{owner}' tongxin …), or hand over data and keys (chown -R). Nothing was changed"
        ),
        S::NothingKept { dir } => format!(
            "nothing is kept in {dir}: name the right directory as data.dir or with --data"
        ),
        S::Newer { found, known } => format!(
            "the data are of format {found}, this program knows formats up to {known}; use a later program. Nothing was changed"
        ),
        S::Older { found, known } => format!(
            "the data are of format {found}, from which no step leads to format {known}; export them with the program that wrote them, and import the export"
        ),
        S::ImportBegun { dir, importing } => format!(
            "an import into {dir} was interrupted: run it again with the same file, and it goes on; or remove {importing}"
        ),
        S::Lost { expected, found } => format!(
            "the data are not what they were: expected {expected}, found {found}; restore a backup into an empty directory; nothing was written here"
        ),
        S::NoSpace { dir, free, needed } => format!(
            "there is no room on the disk of {dir}: {} MiB are free, {} MiB are needed; make room and start again, nothing was changed",
            free >> 20, (needed >> 20) + 1
        ),
        S::NotDurable => "writes do not become durable: sync_file_range was not replaced when this program was linked; use a released program".into(),
        S::MarkerDamaged { path, said } => {
            format!("the marker {path} cannot be read: {said}; restore a backup into an empty directory")
        }
        S::Unusable { path, why } => {
            format!("cannot use {path}: {}; look at the path, its rights and the room on the disk", why.say(l))
        }
        S::EngineRefuses(said) => {
            format!("the data cannot be opened: {said}; restore a backup into an empty directory")
        }
        S::NoDatabase { place, said, advice } => {
            format!("cannot use {}: {said}; {}", place.say(l), advice_en(*advice))
        }
        S::DatabaseNewer { found, known } => format!(
            "the database is of format {found}, this program knows formats up to {known}; use a later program. Nothing was changed"
        ),
        S::DatabaseChanging => "another process is bringing the database to a newer format and is not ready yet; start again when it is".into(),
        S::DatabaseImportBegun => "an import into the database was interrupted: run it again with the same file, and it goes on; or make an empty database".into(),
        S::DatabaseDamaged => "the table meta is damaged, or is not ours; name another database in data.postgres_url, or restore a backup".into(),
        S::Conflict => "something else was changed at the same moment, and nothing was done; try again".into(),
        S::Unavailable(said) => format!(
            "what is kept cannot be read or written now: {said}; nothing was changed. Look at the room on the disk or at the database, and try again"
        ),
        S::Impossible(said) => format!(
            "this cannot be done: {said}; nothing was changed, and trying again does not help. Run `tongxin verify`, and keep this message"
        ),
        S::Failed(said) => format!(
            "the store failed: {said}; look at the disk, then run `tongxin verify`"
        ),
        S::KeysInUse(path) => {
            format!("the key file {path} is in use by another process; stop it")
        }
        S::KeyMissing(path) => format!(
            "the key file {path} is missing beside the other; restore it, without it nothing sealed can be read"
        ),
        S::NotAKeyFile { path, said } => {
            format!("{path} is not a key file of this program: {said}; put the right key directory back")
        }
        S::NoKeys { place, keys } => format!(
            "{} has data, but {keys} has no keys, or not all: what people wrote could not be read. Put the key directory back, or name the right one as data.keys",
            place.say(l)
        ),
        S::ForeignKeys(keys) => format!(
            "the keys in {keys} are not those of these data: what people wrote could not be read. Put the right key directory back, or name it as data.keys; nothing was changed"
        ),
        S::KeysOfOtherData { place, keys } => format!(
            "nothing is kept in {}, but the keys in {keys} have sealed for other data: is the disk of the data mounted, and data.dir or the database the right one? For a new beginning, name an empty directory as data.keys. The keys are as they were",
            place.say(l)
        ),
        S::SealedDamaged(said) => said.clone(),
        S::NotEmpty(place) => {
            format!("{} has a store already; import into an empty one", place.say(l))
        }
        S::AnotherBegun { place, importing: Some(importing) } => format!(
            "an import of another file was begun into {} and is not finished: give that file again, or remove {importing}",
            place.say(l)
        ),
        S::AnotherBegun { place, importing: None } => format!(
            "an import of another file was begun into {} and is not finished: give that file again, or make an empty database",
            place.say(l)
        ),
        S::ImportUnderway => {
            "another import into the same database is under way; wait until it is over".into()
        }
        S::ExportLine { line, what } => format!("line {line}: {}", export_en(what)),
        S::ExportUnreadable(why) => format!("cannot read or write the export: {}", why.say(l)),
    }
}

const fn advice_en(advice: AdviceSays) -> &'static str {
    match advice {
        AdviceSays::LetIn => {
            "check name and password in data.postgres_url, and that the server lets this machine in (pg_hba.conf)"
        }
        AdviceSays::Make => "make it (CREATE DATABASE), or name another in data.postgres_url",
        AdviceSays::Grant => {
            "give its user the right to make tables: GRANT CREATE ON SCHEMA public"
        }
        AdviceSays::Encrypt => {
            "set up TLS on the server, name its certificate as data.postgres_ca, or set data.postgres_tls to \"off\" where the network is trusted"
        }
        AdviceSays::Primary => {
            "name the primary in data.postgres_url; several hosts may be given with commas between them"
        }
        AdviceSays::Reach => {
            "check data.postgres_url, and that the server runs and can be reached from this machine"
        }
    }
}

fn export_en(what: &ExportSays) -> String {
    match what {
        ExportSays::NoExport => "this is no export of Tongxin; look for the right file".into(),
        ExportSays::Format { found, known } => {
            format!("the export is of format {found}, this program knows format {known}")
        }
        ExportSays::Cut => {
            "the export ends before its end: it was cut; copy it again, or take another backup"
                .into()
        }
        ExportSays::Altered => {
            "something before it was altered (SHA-256 differs); take another backup".into()
        }
        ExportSays::Other(said) => said.clone(),
    }
}
