//! One key file: a header, and slots of a fixed size that are overwritten in place.
//!
//! | bytes | what |
//! |---|---|
//! | 0–7 | `TONGXINK` |
//! | 8–11 | format, big-endian |
//! | 12 | drawer: 1 texts, 2 addresses |
//! | 32–63 | texts: the key for keyed hashes; addresses: random bytes, by which the file is known again |
//! | 64 + 64·n | slot n: state (0 empty, 1 key), 3 zeros, generation (4 bytes), key (32 bytes), zeros |
//!
//! A slot never lies across a sector, so that it is never half written. Keys are made 256 at a time,
//! with one wait for the disk. The generation counts the keys that a slot has had: sealed bytes name
//! it, so that what was erased is known as erased also when the slot has a new key.
//!
//! Several processes may have the file at once when all of them open it so ([`Manner::Shared`]). Each makes
//! keys for itself alone, at the end of the file, under a lock that all of them take for that; a slot is
//! then never used twice, since nobody can know that no other process is about to refer to it. Reading and
//! overwriting need no lock: a slot has one key in its life.
//!
//! A file that somebody put back from a copy may be older than the data, and have fewer slots than these refer to.
//! It grows by empty ones ([`KeyFile::reach`]) before any key is made, or two would have the same place.

use super::VaultError;
use crate::clock::Clock;
use crate::model::{Drawer, Slot};
use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const MAGIC: &[u8; 8] = b"TONGXINK";
const FORMAT: u32 = 1;
const SIZE: usize = 64;
const BATCH: u32 = 256;

/// A key, and how many keys its slot had before.
#[derive(Clone)]
pub struct SlotKey {
    /// The key.
    pub bytes: [u8; 32],
    /// Counts the keys of the slot, from 1.
    pub generation: u32,
}

/// Who may have a key file at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// This process alone.
    Alone,
    /// Every process that opens it so.
    Shared,
}

/// What becomes of keys under which nothing is sealed that the store knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// They are destroyed: a crash left them behind. Where there are more than a crash leaves, one batch in a file,
    /// other data may need them, and they are kept after all.
    Destroyed,
    /// They are kept: the data came from an export, and newer data may have been sealed under them.
    Kept,
}

/// One of the two files.
pub struct KeyFile {
    path: PathBuf,
    manner: Manner,
    drawer: Drawer,
    random: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    /// How many slots there are.
    slots: u32,
    /// How many there were at the start and are not yet reclaimed.
    before: u32,
    /// Slots without a key to which nothing refers.
    free: Vec<u32>,
    /// Slots with a key that is on the disk and seals nothing yet.
    ready: Vec<(u32, SlotKey)>,
}

impl KeyFile {
    /// Opens the file, or makes it; gives what its header holds as well.
    pub fn open(
        path: &Path,
        manner: Manner,
        drawer: Drawer,
        random: Arc<dyn Clock>,
    ) -> Result<(Self, [u8; 32]), VaultError> {
        if !path.exists() {
            create(path, drawer, random.as_ref())?;
        }
        let io = |e: std::io::Error| VaultError::io("open", path, &e);
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        let locked = match manner {
            Manner::Alone => file.try_lock(),
            Manner::Shared => file.try_lock_shared(),
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(VaultError::Busy(path.to_owned())),
            Err(TryLockError::Error(e)) => return Err(VaultError::io("lock", path, &e)),
        }
        warn_when_open_to_others(path, &file);
        let secret = read_header(path, drawer, &mut file)?;
        let slots = count(&file).map_err(io)?;
        let inner = Inner { file, slots, before: slots, free: Vec::new(), ready: Vec::new() };
        let path = path.to_owned();
        Ok((Self { path, manner, drawer, random, inner: Mutex::new(inner) }, secret))
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        self.inner().slots
    }

    /// Fills `bytes` with what nobody can guess.
    pub fn random(&self, bytes: &mut [u8]) {
        self.random.random(bytes);
    }

    /// A key that is on the disk and was never used.
    pub fn take(&self) -> Result<(Slot, SlotKey), VaultError> {
        let mut inner = self.inner();
        if inner.ready.is_empty() {
            self.make(&mut inner).map_err(|e| VaultError::io("write", &self.path, &e))?;
        }
        let (index, key) = inner.ready.pop().ok_or_else(|| VaultError::Foreign {
            path: self.path.clone(),
            why: "every slot is taken".to_owned(),
        })?;
        Ok((Slot { drawer: self.drawer, index }, key))
    }

    /// The key in a slot; `None` when there is none.
    pub fn read(&self, index: u32) -> Result<Option<SlotKey>, VaultError> {
        let mut inner = self.inner();
        self.look_again(&mut inner, &[index])?;
        if index >= inner.slots {
            return Ok(None);
        }
        let raw = inner.read(index).map_err(|e| VaultError::io("read", &self.path, &e))?;
        let (generation, bytes) = parts(&raw);
        Ok((raw[0] == 1).then_some(SlotKey { bytes, generation }))
    }

    /// Overwrites keys, with one wait for the disk.
    pub fn destroy(&self, indexes: &[u32]) -> Result<(), VaultError> {
        let mut inner = self.inner();
        self.look_again(&mut inner, indexes)?;
        let indexes: Vec<_> = indexes.iter().copied().filter(|i| *i < inner.slots).collect();
        inner.destroy(&indexes).map_err(|e| VaultError::io("write", &self.path, &e))
    }

    /// Grows the file by empty slots up to the last of those in use. Gives how many of these it did not have.
    pub fn reach(&self, used: &HashSet<Slot>) -> Result<usize, VaultError> {
        let ours = used.iter().filter(|slot| slot.drawer == self.drawer).map(|slot| slot.index);
        let Some(last) = ours.clone().max() else { return Ok(0) };
        let mut inner = self.inner();
        if last < inner.slots {
            return Ok(0);
        }
        let reach = |inner: &mut Inner| {
            let _growing = self.growing(inner)?;
            let missing = ours.filter(|index| *index >= inner.slots).count();
            if missing > 0 {
                // What was cut short is no slot.
                inner.file.set_len(offset(inner.slots))?;
                inner.file.set_len(offset(last.saturating_add(1)))?;
                inner.file.sync_all()?;
                let grown = count(&inner.file)?;
                if inner.before == inner.slots {
                    inner.before = grown;
                }
                inner.slots = grown;
            }
            Ok(missing)
        };
        reach(&mut inner).map_err(|e| VaultError::io("write", &self.path, &e))
    }

    /// Frees the slots from before the start that are not in use; destroys the keys that some of them still have, where
    /// `lost` says so and they are no more than what a crash leaves behind.
    pub fn reclaim(&self, in_use: &dyn Fn(Slot) -> bool, lost: Lost) -> Result<usize, VaultError> {
        let mut inner = self.inner();
        if self.manner == Manner::Shared {
            // Another process may be about to refer to what nothing refers to yet.
            return Ok(0);
        }
        let failed = |e: std::io::Error| VaultError::io("write", &self.path, &e);
        let (mut free, mut keyed) = (Vec::new(), Vec::new());
        for index in 0..inner.before {
            if !in_use(Slot { drawer: self.drawer, index }) {
                let raw = inner.read(index).map_err(failed)?;
                if raw[0] == 0 { free.push(index) } else { keyed.push(index) }
            }
        }
        if lost == Lost::Destroyed && keyed.len() <= BATCH as usize {
            inner.destroy(&keyed).map_err(failed)?;
            free.extend(keyed);
        } else if lost == Lost::Destroyed {
            tracing::warn!(
                file = %self.path.display(),
                keys = keyed.len(),
                "nothing in these data was sealed under many of the keys, and they are kept: are these the newest data? If \
                 they are, the keys do no harm"
            );
        }
        inner.before = 0;
        inner.free.extend(free);
        Ok(inner.free.len())
    }

    /// Sees the slots that other processes have made.
    fn look_again(&self, inner: &mut Inner, indexes: &[u32]) -> Result<(), VaultError> {
        if self.manner == Manner::Shared && indexes.iter().any(|i| *i >= inner.slots) {
            inner.slots = count(&inner.file).map_err(|e| VaultError::io("read", &self.path, &e))?;
        }
        Ok(())
    }

    /// Keeps other processes from growing the file until what it gives is dropped, and sees what they have made.
    fn growing(&self, inner: &mut Inner) -> std::io::Result<Option<File>> {
        if self.manner == Manner::Alone {
            return Ok(None);
        }
        let lock = lock(self.path.parent().unwrap_or_else(|| Path::new(".")))?;
        inner.slots = count(&inner.file)?;
        Ok(Some(lock))
    }

    fn make(&self, inner: &mut Inner) -> std::io::Result<()> {
        // Held until the new slots are on the disk: the next process begins behind them.
        let _growing = self.growing(inner)?;
        let again = inner.free.len().min(BATCH as usize);
        let mut indexes: Vec<_> = inner.free[inner.free.len() - again..].to_vec();
        let grown = if indexes.is_empty() { BATCH.min(u32::MAX - inner.slots) } else { 0 };
        indexes.extend(inner.slots..inner.slots + grown);
        let mut made = Vec::with_capacity(indexes.len());
        for index in indexes {
            let before = if index < inner.slots { parts(&inner.read(index)?).0 } else { 0 };
            let mut key = SlotKey { bytes: [0; 32], generation: before.wrapping_add(1) };
            self.random.random(&mut key.bytes);
            inner.write(index, 1, &key)?;
            made.push((index, key));
        }
        inner.file.sync_data()?;
        // Only what is on the disk is handed out, and only then are the slots no longer free.
        let left = inner.free.len() - again;
        inner.free.truncate(left);
        inner.slots += grown;
        made.reverse();
        inner.ready = made;
        Ok(())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn read(&mut self, index: u32) -> std::io::Result<[u8; SIZE]> {
        let mut raw = [0; SIZE];
        self.file.seek(SeekFrom::Start(offset(index)))?;
        self.file.read_exact(&mut raw)?;
        Ok(raw)
    }

    fn write(&mut self, index: u32, state: u8, key: &SlotKey) -> std::io::Result<()> {
        let mut raw = [0; SIZE];
        raw[0] = state;
        raw[4..8].copy_from_slice(&key.generation.to_be_bytes());
        raw[8..40].copy_from_slice(&key.bytes);
        self.file.seek(SeekFrom::Start(offset(index)))?;
        self.file.write_all(&raw)
    }

    fn destroy(&mut self, indexes: &[u32]) -> std::io::Result<()> {
        if indexes.is_empty() {
            return Ok(());
        }
        for index in indexes {
            let (generation, _) = parts(&self.read(*index)?);
            self.write(*index, 0, &SlotKey { bytes: [0; 32], generation })?;
        }
        self.file.sync_data()
    }
}

/// How many whole slots there are. One that was cut short by a crash has sealed nothing: it is written over.
fn count(file: &File) -> std::io::Result<u32> {
    let bytes = file.metadata()?.len();
    Ok(u32::try_from((bytes / SIZE as u64).saturating_sub(1)).unwrap_or(u32::MAX))
}

/// Waits for the lock under which key files are made and grow; it ends when this is dropped.
pub fn lock(dir: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(dir.join("keys.lock"))?;
    file.lock()?;
    Ok(file)
}

const fn offset(index: u32) -> u64 {
    (index as u64 + 1) * SIZE as u64
}

fn parts(raw: &[u8; SIZE]) -> (u32, [u8; 32]) {
    let (mut generation, mut key) = ([0; 4], [0; 32]);
    generation.copy_from_slice(&raw[4..8]);
    key.copy_from_slice(&raw[8..40]);
    (u32::from_be_bytes(generation), key)
}

/// Makes a directory that only its owner can enter.
pub fn make_private(dir: &Path) -> Result<(), VaultError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|e| VaultError::io("make", dir, &e))
}

/// Makes a file without slots, wholly or not at all.
fn create(path: &Path, drawer: Drawer, random: &dyn Clock) -> Result<(), VaultError> {
    let mut header = [0; SIZE];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&FORMAT.to_be_bytes());
    header[12] = number(drawer);
    random.random(&mut header[32..]);
    let new = path.with_extension("keys.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = || -> std::io::Result<()> {
        let mut file = options.open(&new)?;
        file.write_all(&header)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        match path.parent().filter(|_| cfg!(unix)) {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    };
    made().map_err(|e| VaultError::io("make", path, &e))
}

fn read_header(path: &Path, drawer: Drawer, file: &mut File) -> Result<[u8; 32], VaultError> {
    let foreign = |why: &str| VaultError::Foreign { path: path.to_owned(), why: why.to_owned() };
    let mut header = [0; SIZE];
    file.read_exact(&mut header).map_err(|_| foreign("it is too short"))?;
    if header[..8] != *MAGIC {
        return Err(foreign("it begins otherwise"));
    }
    if header[8..12] != FORMAT.to_be_bytes() {
        return Err(foreign("it is of another format; use a later program"));
    }
    if header[12] != number(drawer) {
        return Err(foreign("it is the other of the two files"));
    }
    let mut secret = [0; 32];
    secret.copy_from_slice(&header[32..]);
    Ok(secret)
}

const fn number(drawer: Drawer) -> u8 {
    match drawer {
        Drawer::Text => 1,
        Drawer::Address => 2,
    }
}

fn warn_when_open_to_others(path: &Path, file: &File) {
    #[cfg(unix)]
    if let Ok(about) = file.metadata() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
        if mode & 0o077 != 0 {
            tracing::warn!(file = %path.display(), "the key file can be read by others: chmod 600");
        }
    }
    #[cfg(not(unix))]
    let _ = (path, file);
}
