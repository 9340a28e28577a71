//! What was committed and lies in no block yet, on the disk: two files that are written in turn.
//!
//! A group of commits is one entry, written behind the last and brought to the disk by one `fdatasync`; then it
//! is acknowledged. When a file has grown the next entries go into the other one, from its beginning, and what
//! the first one holds is brought into the blocks meanwhile. What is left at a start is brought there first.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | how long the entry is behind these eight |
//! | 4 | its CRC-32 |
//! | 16 | the store's name |
//! | 8, 8 | the numbers of its first and its last commit |
//! | then, for each key | the length of the key (4), the key, the length of the value and one more, or 0 where the key is removed (4), the value |
//!
//! **Invariant:** an entry is written only when the one before it is on the disk. So an entry that cannot be read
//! was never acknowledged, unless one that can be read stands behind it; then the file is damaged.
//!
//! *What an earlier turn left* in a file has lower numbers than what it goes on with, and so is known. Its head is
//! overwritten before the file is written anew: where a power cut keeps the later blocks of the first entry and
//! forgets the first one, nothing of that turn is taken for what follows. *Killed in
//! the middle of an entry*: its CRC is wrong. *Killed before an earlier file is brought into the blocks*: that is
//! done again from its beginning, which changes nothing: an entry says what lies under a key, not how it changed.

use super::{OpenError, files};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Room is made on the disk in steps, so that an entry changes nothing but its own bytes: that is what makes an
/// `fdatasync` cheap.
const STEP: u64 = 64 * 1024;
const STEP_MOST: u64 = 1024 * 1024;

/// A key and what lies under it; `None` where nothing does any more.
pub type Written = (Vec<u8>, Option<Vec<u8>>);

/// Why something was not written.
#[derive(Debug)]
pub enum Unwritten {
    /// There is no room for it, and nothing of it was written: it may be tried again.
    NoRoom(io::Error),
    /// All of it may stand in the file, or nothing. Over room that was made a disk does not run full, unless it
    /// writes nothing in place.
    Unsure(io::Error),
}

impl Unwritten {
    /// What an error means that came before anything was written that counts.
    fn of(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::NoRoom(error),
            _ => Self::Unsure(error),
        }
    }
}

/// Commits that became durable together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The store's name.
    pub store: Uuid,
    /// The number of the first commit.
    pub first: u64,
    /// The number of the last one.
    pub last: u64,
    /// What lies under which key afterwards.
    pub writes: Vec<Written>,
}

/// The two files, of which one is written.
pub struct Journal {
    store: Uuid,
    turns: [Turn; 2],
    current: usize,
    bytes: Vec<u8>,
}

/// One file.
struct Turn {
    file: File,
    path: PathBuf,
    /// Where the next entry goes.
    at: u64,
    /// How much room was made.
    room: u64,
}

impl Journal {
    /// Two empty files. What was in them is gone: it lies in the blocks.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn begin(dir: &Path, store: Uuid) -> Result<Self, OpenError> {
        let [first, second] = paths(dir);
        let turns = [Turn::begin(first)?, Turn::begin(second)?];
        files::sync_dir(dir)?;
        Ok(Self { store, turns, current: 0, bytes: Vec::new() })
    }

    /// Writes what these commits make true, and brings it to the disk.
    ///
    /// # Errors
    /// When there is no room, or the disk refuses.
    pub fn write<'w>(
        &mut self,
        (first, last): (u64, u64),
        writes: impl Iterator<Item = (&'w Vec<u8>, Option<&'w [u8]>)>,
    ) -> Result<(), Unwritten> {
        self.bytes.clear();
        self.bytes.extend_from_slice(&[0; 8]);
        self.bytes.extend_from_slice(self.store.as_bytes());
        self.bytes.extend_from_slice(&first.to_le_bytes());
        self.bytes.extend_from_slice(&last.to_le_bytes());
        for (key, value) in writes {
            self.bytes.extend_from_slice(&number(key.len()));
            self.bytes.extend_from_slice(key);
            self.bytes.extend_from_slice(&number(value.map_or(0, |value| value.len() + 1)));
            self.bytes.extend_from_slice(value.unwrap_or_default());
        }
        let length = number(self.bytes.len() - 8);
        let crc = crc32fast::hash(&self.bytes[8..]).to_le_bytes();
        self.bytes[..4].copy_from_slice(&length);
        self.bytes[4..8].copy_from_slice(&crc);
        let written = self.turns[self.current].write(&self.bytes);
        // One large commit does not stay in memory.
        self.bytes.shrink_to(KEPT);
        written
    }

    /// How many bytes this turn has.
    pub const fn length(&self) -> u64 {
        self.turns[self.current].at
    }

    /// Goes on in the other file, all of which must lie in the blocks.
    ///
    /// # Errors
    /// When what that file has cannot be given up; then it goes on in this one, and it may be tried again.
    pub fn turn(&mut self) -> Result<(), Unwritten> {
        let next = 1 - self.current;
        self.turns[next].give_up().map_err(Unwritten::of)?;
        self.current = next;
        Ok(())
    }

    /// Empties both files, all of which must lie in the blocks.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn empty(&mut self) -> io::Result<()> {
        for turn in &mut self.turns {
            turn.file.set_len(0)?;
            (turn.at, turn.room) = (0, 0);
        }
        Ok(())
    }
}

/// How long a buffer is kept.
const KEPT: usize = 256 * 1024;

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

impl Turn {
    fn begin(path: PathBuf) -> Result<Self, OpenError> {
        let opened = OpenOptions::new().write(true).create(true).truncate(true).open(&path);
        let file = opened.map_err(|e| OpenError::io("open", &path, &e))?;
        file.sync_all().map_err(|e| OpenError::io("sync", &path, &e))?;
        Ok(Self { file, path, at: 0, room: 0 })
    }

    /// Begins anew: from here on no entry is read in it.
    fn give_up(&mut self) -> io::Result<()> {
        if self.at > 0 {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(&[0; 8])?;
            self.file.sync_data()?;
            self.at = 0;
        }
        Ok(())
    }

    fn write(&mut self, entry: &[u8]) -> Result<(), Unwritten> {
        let end = self.at + entry.len() as u64;
        self.make_room(end).map_err(Unwritten::of)?;
        self.put(entry).map_err(Unwritten::Unsure)?;
        self.at = end;
        Ok(())
    }

    fn make_room(&mut self, end: u64) -> io::Result<()> {
        if end > self.room {
            let step = self.room.clamp(STEP, STEP_MOST);
            let room = end.next_multiple_of(step);
            self.file.seek(SeekFrom::Start(self.room))?;
            io::copy(&mut io::repeat(0).take(room - self.room), &mut self.file)?;
            self.room = room;
        }
        Ok(())
    }

    fn put(&mut self, entry: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.at))?;
        self.file.write_all(entry)?;
        self.file.sync_data()
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Turn({} at {})", self.path.display(), self.at)
    }
}

/// Where the files lie.
fn paths(dir: &Path) -> [PathBuf; 2] {
    [dir.join("journal.0"), dir.join("journal.1")]
}

/// What earlier runs left, from the first entry to the last.
///
/// # Errors
/// When the files cannot be read, or an entry is damaged that was acknowledged.
pub fn read(dir: &Path) -> Result<Vec<Entry>, OpenError> {
    let mut turns = Vec::new();
    for path in paths(dir) {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(OpenError::io("read", &path, &e)),
        };
        let entries = entries(&bytes).ok_or_else(|| {
            OpenError::Engine(format!("{} is damaged, commits stand behind it", path.display()))
        })?;
        turns.push(entries);
    }
    turns.sort_by_key(|entries| entries.first().map(|entry| entry.first));
    Ok(turns.concat())
}

/// The number of the last commit, where what the blocks have goes up to `laid` and these entries follow; `None`
/// where something between them is missing.
pub fn reaches(entries: &[Entry], laid: u64) -> Option<u64> {
    let mut reached = laid;
    for entry in entries {
        if entry.first > reached + 1 {
            return None;
        }
        reached = reached.max(entry.last);
    }
    Some(reached)
}

/// The entries of one file; `None` where one is damaged that was acknowledged.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
    let (mut entries, mut rest): (Vec<Entry>, _) = (Vec::new(), bytes);
    while let Some((entry, behind)) = entry(rest) {
        let follows = |last: &Entry| (last.store, last.last + 1) == (entry.store, entry.first);
        if !entries.last().is_none_or(follows) {
            return Some(entries);
        }
        entries.push(entry);
        rest = behind;
    }
    let behind = split(rest).and_then(|(_, _, behind)| entry(behind));
    let later = |last: &Entry| behind.is_some_and(|(entry, _)| entry.first > last.last);
    if entries.last().is_some_and(later) { None } else { Some(entries) }
}

/// An entry, and what stands behind it.
fn entry(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (crc, body, behind) = split(bytes)?;
    if crc32fast::hash(body) != crc {
        return None;
    }
    let (store, rest) = body.split_first_chunk::<16>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (last, mut rest) = rest.split_first_chunk::<8>()?;
    let mut writes = Vec::new();
    while !rest.is_empty() {
        let (key, value);
        (key, rest) = part(rest, 0)?;
        (value, rest) = part(rest, 1)?;
        writes.push((key.unwrap_or_default().to_vec(), value.map(<[u8]>::to_vec)));
    }
    let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    Some((Entry { store: Uuid::from_bytes(*store), first, last, writes }, behind))
}

/// An entry's CRC and its bytes, and what stands behind it.
fn split(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, behind) = rest.split_at_checked(length)?;
    Some((u32::from_le_bytes(*crc), body, behind))
}

/// Bytes whose length, and `more`, stands before them, or `None` where that is less than `more`; and what follows.
fn part(bytes: &[u8], more: usize) -> Option<(Option<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    match usize::try_from(u32::from_le_bytes(*length)).ok()?.checked_sub(more) {
        Some(length) => {
            let (part, rest) = rest.split_at_checked(length)?;
            Some((Some(part), rest))
        }
        None => Some((None, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORE: Uuid = Uuid::from_u128(7);

    fn writes() -> impl Strategy<Value = Vec<Written>> {
        let bytes = |most| proptest::collection::vec(any::<u8>(), 0..most);
        proptest::collection::vec((bytes(20), proptest::option::of(bytes(200))), 0..20)
    }

    fn write(journal: &mut Journal, number: u64, writes: &[Written]) {
        let writes = writes.iter().map(|(key, value)| (key, value.as_deref()));
        journal.write((number, number), writes).expect("writes");
    }

    fn entry(number: u64, writes: Vec<Written>) -> Entry {
        Entry { store: STORE, first: number, last: number, writes }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_was_written_comes_out_in_order_over_several_turns(
            turns in proptest::collection::vec(proptest::collection::vec(writes(), 1..6), 1..5),
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let mut journal = Journal::begin(dir.path(), STORE).expect("begins");
            let (mut number, mut before, mut last) = (0, Vec::new(), Vec::new());
            for (turn, groups) in turns.into_iter().enumerate() {
                if turn > 0 {
                    journal.turn().expect("turns");
                    before = std::mem::take(&mut last);
                }
                for writes in groups {
                    number += 1;
                    write(&mut journal, number, &writes);
                    last.push(entry(number, writes));
                }
            }
            let (found, wanted) = (read(dir.path()).expect("reads"), [before, last].concat());
            prop_assert_eq!(&found, &wanted);
            prop_assert_eq!(reaches(&found, wanted[0].first - 1), Some(number));
        }

        #[test]
        fn a_file_that_ends_anywhere_gives_the_entries_that_are_whole(
            groups in proptest::collection::vec(writes(), 1..5),
            cut in any::<proptest::sample::Index>(),
        ) {
            let dir = tempfile::tempdir().expect("a directory");
            let mut journal = Journal::begin(dir.path(), STORE).expect("begins");
            let mut ends = Vec::new();
            for (number, writes) in (1..).zip(&groups) {
                write(&mut journal, number, writes);
                ends.push(usize::try_from(journal.length()).expect("small"));
            }
            let path = &paths(dir.path())[0];
            let mut bytes = fs::read(path).expect("reads");
            let cut = cut.index(*ends.last().expect("one") + 1);
            bytes.truncate(cut);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(entries(&bytes).map(|found| found.len()), Some(whole));
        }
    }

    #[test]
    fn an_entry_that_is_altered_is_damage_where_another_stands_behind_it_and_torn_at_the_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut journal = Journal::begin(dir.path(), STORE).expect("begins");
        let mut ends = vec![0];
        for number in 1..=3 {
            write(&mut journal, number, &[(vec![1], Some(vec![9; 30]))]);
            ends.push(usize::try_from(journal.length()).expect("small"));
        }
        let bytes = fs::read(&paths(dir.path())[0]).expect("reads");
        let altered = |entry: usize| {
            let mut bytes = bytes.clone();
            bytes[ends[entry] + 50] ^= 1;
            entries(&bytes).map(|found| found.len())
        };
        assert_eq!((altered(1), altered(2)), (None, Some(2)));
    }

    /// A power cut may keep a later block of an entry and forget the first one.
    #[test]
    fn an_entry_that_lost_its_first_block_brings_back_nothing_of_the_turn_before() {
        // Ends within the entry of that turn in which the second block begins, or far behind it.
        for length in [4_081, 9_000] {
            let dir = tempfile::tempdir().expect("a directory");
            let mut journal = Journal::begin(dir.path(), STORE).expect("begins");
            for number in 1..=200 {
                write(&mut journal, number, &[(vec![1], Some(vec![9; 100]))]);
            }
            journal.turn().expect("turns");
            write(&mut journal, 201, &[]);
            journal.turn().expect("turns");
            let path = &paths(dir.path())[0];
            let before = fs::read(path).expect("reads");
            write(&mut journal, 202, &[(vec![2], Some(vec![7; length]))]);
            let mut torn = fs::read(path).expect("reads");
            torn[..4096].copy_from_slice(&before[..4096]);
            fs::write(path, torn).expect("writes");
            assert_eq!(read(dir.path()).expect("reads"), [entry(201, Vec::new())], "{length}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_what_found_no_room_may_be_tried_again() {
        // A disk that is full whatever is written to it.
        let path = PathBuf::from("/dev/full");
        let file = || OpenOptions::new().write(true).open(&path).expect("opens");
        let mut roomless = Turn { file: file(), path: path.clone(), at: 0, room: 0 };
        let written = roomless.write(&[1; 100]);
        assert!(matches!(written, Err(Unwritten::NoRoom(_))), "{written:?}");
        let mut roomy = Turn { file: file(), path: path.clone(), at: 50, room: 4096 };
        let written = roomy.write(&[1; 100]);
        assert!(matches!(written, Err(Unwritten::Unsure(_))), "{written:?}");
        assert!(matches!(roomy.give_up().map_err(Unwritten::of), Err(Unwritten::NoRoom(_))));
        assert_eq!(roomy.at, 50, "it is tried again");
    }

    #[test]
    fn commits_that_are_missing_between_the_blocks_and_the_journal_are_told() {
        let entries = [entry(5, Vec::new()), entry(6, Vec::new())];
        assert_eq!(reaches(&entries, 3), None);
        assert_eq!(reaches(&entries, 4), Some(6));
        assert_eq!(reaches(&entries, 9), Some(9));
        assert_eq!(reaches(&[], 2), Some(2));
    }
}
