//! What happens before a store may be used: nobody else has it, nothing of it was lost, it is of a
//! format that we know, and what is written becomes durable.
//!
//! The marker file beside the data says what was there last. sled takes a log whose end is missing for
//! a shorter log, or for none, and then writes over it; therefore the marker is compared *before* sled
//! opens the log (by size) and again before anything is written (by name and number of commits). What
//! sled makes of a log whose end is missing differs from one opening to the next, and once it took one
//! in which records were lost: a log that is shorter than the marker says is tried on a copy first.
//!
//! Races, by name. *Two processes*: the lock file is held as long as the store is open. *Killed while
//! sled opens*: sled leaves a half-written `snap.*.generating` and would take it for a whole one at
//! the next start; it is removed under our lock. *Killed before the first marker*: a store without a
//! marker is adopted, never emptied. *Killed while compacting*: see `compact.rs`.

use super::blocks::Blocks;
use super::files::{self, Marker, copy_dir, data, length, write_marker};
use super::layout::{self, FORMAT, Meta, WITHOUT_BLOCKS};
use super::recent::{Layer, Recent, View};
use super::step::STEPS;
use super::{OpenError, Settings, compact, journal, merger, reserve, shim, transfer, verify};
use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// A store that may be used. What is declared last is let go last: the lock.
pub struct Opened {
    /// The data.
    pub db: ::sled::Db,
    /// What the marker says now.
    pub marker: Marker,
    /// Nobody else opens the store while this lives.
    pub lock: File,
}

/// One step from a format to the next, made on the opened data.
pub struct Step {
    /// The format from which it leads to the one after.
    pub from: u32,
    /// What it does; it may be done twice when the process dies within.
    pub run: fn(&::sled::Db) -> Result<(), OpenError>,
}

/// Opens the data in `dir` for this process alone, or says why it must not be used. `fresh` names a
/// store that is new.
pub fn open(dir: &Path, settings: &Settings, fresh: Uuid) -> Result<Opened, OpenError> {
    let lock = files::lock(dir)?;
    compact::recover(dir)?;
    let importing = transfer::importing(dir);
    if importing.exists() {
        return Err(OpenError::Unfinished { dir: dir.to_owned(), importing });
    }
    let marker = files::read_marker(dir)?;
    let left = journal::read(dir)?;
    if let Some(marker) = &marker {
        inspect(dir, settings, marker, &left)?;
    }
    remove_half_written(&data(dir))?;
    let db = open_sled(&data(dir), settings)?;
    let found = found(&db, &left)?;
    if let Some(marker) = &marker {
        compare(marker, &found)?;
    }
    lay(dir, &db, &left, &found)?;
    let format = found.format.unwrap_or(FORMAT);
    migrate(&db, format, STEPS)?;
    let db = if format > WITHOUT_BLOCKS {
        db
    } else {
        compact::pack(dir, settings, db, marker)?;
        open_sled(&data(dir), settings)?
    };
    let store = found.store.unwrap_or(fresh);
    db.insert(Meta::Format.key(), &FORMAT.to_be_bytes()).map_err(OpenError::engine)?;
    db.insert(Meta::Store.key(), store.as_bytes()).map_err(OpenError::engine)?;
    prove_durable(&db)?;
    let (sequence, bytes) = (found.sequence, length(dir));
    let compacted = marker.map_or(0, |marker| marker.compacted);
    let marker = Marker { format: FORMAT, store, sequence, bytes, compacted };
    write_marker(dir, &marker)?;
    Ok(Opened { db, marker, lock })
}

/// Where a copy is looked through of data that may have been cut.
pub fn tried(dir: &Path) -> PathBuf {
    dir.join("store.tried")
}

/// Compares the log with the marker before sled touches it. A log that is shorter was cut by sled,
/// which sometimes gives up free room at its end, or by an accident, which sled would make worse: all
/// of a copy is looked through, and the data stay as they are unless nothing is missing.
fn inspect(
    dir: &Path,
    settings: &Settings,
    marker: &Marker,
    left: &[journal::Entry],
) -> Result<(), OpenError> {
    let bytes = length(dir);
    let lost = |found: String| OpenError::Lost {
        expected: format!("a log of {} bytes", marker.bytes),
        found,
    };
    if bytes == 0 && marker.bytes > 0 {
        return Err(lost("none".to_owned()));
    }
    if bytes >= marker.bytes {
        return Ok(());
    }
    tracing::warn!(
        bytes,
        before = marker.bytes,
        "the log is shorter than it was: looking through a copy"
    );
    reserve::admit_copy(dir, bytes)?;
    let copy = tried(dir);
    copy_dir(&data(dir), &copy)?;
    let whole = look_through(&copy, settings, marker, left);
    fs::remove_dir_all(&copy).map_err(|e| OpenError::io("remove", &copy, &e))?;
    whole.map_err(|why| match why {
        OpenError::Engine(why) => lost(why),
        other => other,
    })
}

/// Opens a copy as if it were the data and sees that nothing is missing in it.
fn look_through(
    copy: &Path,
    settings: &Settings,
    marker: &Marker,
    left: &[journal::Entry],
) -> Result<(), OpenError> {
    remove_half_written(copy)?;
    let db = open_sled(copy, settings)?;
    let found = found(&db, left)?;
    compare(marker, &found)?;
    lay(copy, &db, left, &found)?;
    // What lies in the layout of an earlier program is told by its commits alone.
    if found.format.is_none_or(|format| format <= WITHOUT_BLOCKS) {
        return Ok(());
    }
    let (recent, blocks) = (Recent::default(), Blocks::over(&db));
    let report =
        verify::look(View::of(&recent, &blocks)).map_err(|e| OpenError::Engine(e.to_string()))?;
    match report.problems.first() {
        Some(problem) => Err(OpenError::Engine(problem.clone())),
        None => Ok(()),
    }
}

/// What the data say of themselves, and the journal beside them.
struct Found {
    format: Option<u32>,
    store: Option<Uuid>,
    /// The number of the last commit, in the blocks or in the journal.
    sequence: u64,
    /// The number of the last one that is in the blocks with all before it.
    laid: u64,
}

fn found(db: &::sled::Db, left: &[journal::Entry]) -> Result<Found, OpenError> {
    let get = |meta: Meta| db.get(meta.key()).map_err(OpenError::engine);
    let format = get(Meta::Format)?
        .map(|v| v.as_ref().try_into().map(u32::from_be_bytes))
        .transpose()
        .map_err(|_| OpenError::Engine("the format number is damaged".to_owned()))?;
    let store = get(Meta::Store)?
        .map(|v| Uuid::from_slice(&v))
        .transpose()
        .map_err(|e| OpenError::Engine(format!("the store's name is damaged: {e}")))?;
    let laid = layout::number(get(Meta::Sequence)?.as_deref())?;
    if let Some(entry) = left.iter().find(|entry| Some(entry.store) != store) {
        return Err(OpenError::Lost {
            expected: store.map_or_else(
                || "no journal".to_owned(),
                |store| format!("a journal of store {store}"),
            ),
            found: format!("a journal of store {}", entry.store),
        });
    }
    let sequence = journal::reaches(left, laid).ok_or_else(|| OpenError::Lost {
        expected: format!("the commits from {} on", laid + 1),
        found: format!("a journal from commit {} on", left.first().map_or(0, |entry| entry.first)),
    })?;
    Ok(Found { format, store, sequence, laid })
}

/// Brings what the journal has into the blocks, and onto the disk.
fn lay(
    dir: &Path,
    db: &::sled::Db,
    left: &[journal::Entry],
    found: &Found,
) -> Result<(), OpenError> {
    if found.sequence == found.laid {
        return Ok(());
    }
    tracing::info!(commits = found.sequence - found.laid, "bringing in what the journal has");
    // Without what lies there already: where the end of an earlier turn was written over, the journal has older values.
    let missing = left.iter().filter(|entry| entry.last > found.laid);
    let layer: Layer = missing.flat_map(|entry| entry.writes.iter().cloned()).collect();
    let length =
        |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
    let bytes: usize = layer.iter().map(length).sum();
    // With the neighbours in the blocks that it is brought to.
    reserve::admit_copy(dir, 2 * bytes as u64)?;
    let blocks = Blocks::over(db);
    merger::bring(&layer, found.sequence, |writes| blocks.write(writes))?;
    Ok(blocks.flush()?)
}

fn compare(marker: &Marker, found: &Found) -> Result<(), OpenError> {
    let lost = |expected: String, found: String| OpenError::Lost { expected, found };
    match found.store {
        Some(store) if store != marker.store => {
            Err(lost(format!("store {}", marker.store), format!("store {store}")))
        }
        None if marker.sequence > 0 => {
            Err(lost(format!("{} commits", marker.sequence), "an empty store".to_owned()))
        }
        _ if found.sequence < marker.sequence => {
            Err(lost(format!("{} commits", marker.sequence), format!("{} commits", found.sequence)))
        }
        _ => Ok(()),
    }
}

/// Leads the data from an older format to the last one without blocks, step by step; from there to ours a copy
/// leads.
fn migrate(db: &::sled::Db, found: u32, steps: &[Step]) -> Result<(), OpenError> {
    if found > FORMAT {
        return Err(OpenError::Newer { found, known: FORMAT });
    }
    for format in found..WITHOUT_BLOCKS {
        let step = steps.iter().find(|s| s.from == format);
        let step = step.ok_or(OpenError::Older { found, known: FORMAT })?;
        (step.run)(db)?;
        db.insert(Meta::Format.key(), &(format + 1).to_be_bytes()).map_err(OpenError::engine)?;
        db.flush().map_err(OpenError::engine)?;
    }
    Ok(())
}

/// Removes what sled was writing when it was killed at an earlier start.
pub fn remove_half_written(data: &Path) -> Result<(), OpenError> {
    let Ok(entries) = fs::read_dir(data) else { return Ok(()) };
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        if path.extension().is_some_and(|e| e == "generating") {
            tracing::warn!(file = %path.display(), "removing a snapshot that was half written");
            fs::remove_file(&path).map_err(|e| OpenError::io("remove", &path, &e))?;
        }
    }
    Ok(())
}

/// Opens sled in `path`. We hold our own lock, so that whoever has sled's can only be threads of an
/// earlier store of this very process, which are about to end.
pub fn open_sled(path: &Path, settings: &Settings) -> Result<::sled::Db, OpenError> {
    const TRIES: u32 = 1000;
    let config = ::sled::Config::new()
        .path(path)
        .cache_capacity(settings.cache_mb.clamp(1, 1024 * 1024) * 1024 * 1024)
        .flush_every_ms(None);
    for _ in 0..TRIES {
        // Some damage makes sled panic where it should answer.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| {
            OpenError::Engine("sled cannot read its log: it is damaged or was cut".to_owned())
        })?;
        match opened {
            Err(::sled::Error::Io(e)) if e.to_string().contains("could not acquire lock") => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(::sled::Error::Io(e)) => return Err(OpenError::io("open", path, &e)),
            other => return other.map_err(OpenError::engine),
        }
    }
    Err(OpenError::Engine("the data files stay locked".to_owned()))
}

/// Writes something and sees that it was brought to the disk.
fn prove_durable(db: &::sled::Db) -> Result<(), OpenError> {
    let before = shim::syncs();
    let last = layout::number(db.get(Meta::Probe.key()).map_err(OpenError::engine)?.as_deref())?;
    db.insert(Meta::Probe.key(), &last.wrapping_add(1).to_be_bytes()).map_err(OpenError::engine)?;
    db.flush().map_err(OpenError::engine)?;
    if cfg!(target_os = "linux") && shim::syncs() <= before {
        return Err(OpenError::NotDurable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn db() -> (tempfile::TempDir, ::sled::Db) {
        let dir = tempfile::tempdir().expect("a directory");
        let db = open_sled(dir.path(), &Settings::default()).expect("opens");
        (dir, db)
    }

    #[test]
    fn what_the_system_refuses_is_not_taken_for_damage() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("db")).expect("makes");
        let why = open_sled(dir.path(), &Settings::default()).expect_err("refuses");
        assert!(matches!(&why, OpenError::Io { path, .. } if path == dir.path()), "{why:?}");
    }

    #[test]
    fn an_older_format_is_led_to_ours_by_its_step() {
        let (_dir, db) = db();
        db.insert(b"old", b"1").expect("writes");
        let first = Step {
            from: WITHOUT_BLOCKS - 2,
            run: |db| {
                db.insert(b"new", b"1").map_err(OpenError::engine)?;
                db.remove(b"old").map_err(OpenError::engine)?;
                Ok(())
            },
        };
        let second = Step { from: WITHOUT_BLOCKS - 1, run: |_| Ok(()) };
        migrate(&db, WITHOUT_BLOCKS - 2, &[first, second]).expect("migrates");
        assert!(db.contains_key(b"new").expect("reads"));
        assert_eq!(found(&db, &[]).expect("reads").format, Some(WITHOUT_BLOCKS));
    }

    #[test]
    fn a_format_to_which_no_step_is_known_is_refused_and_stays() {
        let (_dir, db) = db();
        assert!(matches!(
            migrate(&db, 0, STEPS),
            Err(OpenError::Older { found: 0, known: FORMAT })
        ));
        assert_eq!(found(&db, &[]).expect("reads").format, None);
    }

    #[test]
    fn what_lies_in_the_blocks_is_not_set_back_by_what_the_journal_still_has_of_before() {
        let (dir, db) = db();
        let (store, blocks) = (Uuid::from_u128(7), Blocks::over(&db));
        let (named, laid) = (Meta::Store.key(), Meta::Sequence.key());
        let key = |name: u8| vec![layout::COUNTS, name];
        blocks
            .write(&[
                (&named, Some(store.as_bytes())),
                (&laid, Some(&10u64.to_be_bytes())),
                (&key(b'a'), Some(b"ten")),
            ])
            .expect("writes");
        let entry = |number, name, value: &[u8]| {
            let writes = vec![(key(name), Some(value.to_vec()))];
            journal::Entry { store, first: number, last: number, writes }
        };
        let left = [entry(1, b'a', b"one"), entry(11, b'b', b"eleven")];
        let found = found(&db, &left).expect("reads");
        assert_eq!((found.laid, found.sequence), (10, 11));
        lay(dir.path(), &db, &left, &found).expect("brings it in");
        let lies = |name| blocks.get(&key(name)).expect("reads").expect("is there");
        assert_eq!((lies(b'a'), lies(b'b')), (b"ten".to_vec(), b"eleven".to_vec()));
    }
}
