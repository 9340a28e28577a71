//! Keys outside the store: what is sealed under them is erased by overwriting one key.
//!
//! **Invariant:** a text or address is sealed under a key of its own, which is on the disk before the
//! sealed bytes are; destroying the key erases it in the store, its log, its replicas and backups at
//! once. Who holds one capability cannot do what another allows: [`Sealer`] seals and destroys and
//! opens nothing, [`TextKeys`] opens texts alone, [`AddressKeys`] addresses alone, [`Hasher`] neither.
//!
//! What this cannot promise: file systems that copy on write, and flash memory, may keep the old bytes
//! of an overwritten key for a while. Keep the key directory on a plain file system (ext4, XFS), on a
//! disk that is itself encrypted where that matters. A copy of the key files that is put back undoes erasures made
//! after it: only the newest is kept, apart from the data.
//!
//! A destroyed slot takes a new key only after a [`Sealer::reclaim`] at a later start that found
//! nothing, not even an order to destroy it, that refers to it. Destroying twice is therefore harmless
//! even when the process died between destroying and noting it.

mod file;
mod secret;

pub use file::Lost;
pub use secret::{hash_secret, verify_secret};

use crate::clock::Clock;
use crate::model::{AccountId, Drawer, Identity, KeyMark, MemberKey, MessageRef, Sealed, Slot};
use crate::store::StoreError;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use file::{KeyFile, Manner, SlotKey};
use hmac::Mac;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the vault could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Another process has the key files.
    #[error("the key file {} is in use by another process", .0.display())]
    Busy(PathBuf),
    /// One of the two files is gone.
    #[error("the key file {} is missing beside the other; restore it, without it nothing sealed can be read", .0.display())]
    Missing(PathBuf),
    /// It is no key file, or of a later program.
    #[error("{} is not a key file of this program: {why}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk refused.
    #[error("cannot {action} {}: {why}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What kind of refusal it was.
        kind: std::io::ErrorKind,
        /// What the system said.
        why: String,
    },
    /// The disk has no room for new keys: nothing was sealed, and it can be tried again.
    #[error("there is no room on the disk for new keys in {}", .0.display())]
    Full(PathBuf),
    /// What was sealed does not belong here, or was altered.
    #[error("sealed bytes of {0:?} are damaged or were sealed elsewhere")]
    Damaged(Slot),
    /// A secret could not be hashed.
    #[error("hashing failed: {0}")]
    Hash(String),
}

impl VaultError {
    fn io(action: &'static str, path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full(path.to_owned())
            }
            kind => Self::Io { action, path: path.to_owned(), kind, why: error.to_string() },
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Full(_) => Self::Unavailable(error.to_string()),
            VaultError::Damaged(_) => Self::Impossible(error.to_string()),
            _ => Self::Backend(format!("the key file failed: {error}")),
        }
    }
}

/// The two key files in one directory, outside the data directory.
#[derive(Clone, Copy, Debug)]
pub struct Vault;

/// What a vault allows, in parts that are handed to different rooms.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Seals, and destroys.
    pub sealer: Sealer,
    /// Opens what people wrote.
    pub texts: TextKeys,
    /// Opens where an answer goes.
    pub addresses: AddressKeys,
    /// Makes names that lead to nobody without the key.
    pub hasher: Hasher,
    /// By which the two files are known again; nothing of the keys can be told from it.
    pub mark: KeyMark,
}

struct Files {
    texts: KeyFile,
    addresses: KeyFile,
}

impl Files {
    fn of(&self, drawer: Drawer) -> &KeyFile {
        match drawer {
            Drawer::Text => &self.texts,
            Drawer::Address => &self.addresses,
        }
    }
}

impl Vault {
    /// True when both key files are in `dir`. Where the store is not empty and they are not there,
    /// nothing must be opened: new files could not read what the lost ones sealed.
    #[must_use]
    pub fn exists(dir: &Path) -> bool {
        texts(dir).exists() && addresses(dir).exists()
    }

    /// Opens the key files in `dir` for this process alone, or makes them where there are none.
    ///
    /// # Errors
    /// When another process has them, one of them is missing, or they cannot be read.
    pub fn open(dir: &Path, random: Arc<dyn Clock>) -> Result<Parts, VaultError> {
        file::make_private(dir)?;
        open_files(dir, Manner::Alone, random)
    }

    /// Opens the key files in `dir` together with other processes that open them so: those that work over one
    /// store. The directory must be the same for all of them, on a file system whose locks and writes all of
    /// them see at once. Keys of what was erased are overwritten as ever; their slots are not used again.
    ///
    /// # Errors
    /// When a process has them for itself alone, one of them is missing, or they cannot be read.
    pub fn open_shared(dir: &Path, random: Arc<dyn Clock>) -> Result<Parts, VaultError> {
        file::make_private(dir)?;
        // Two that start at once must not both make the files.
        let _making = file::lock(dir).map_err(|e| VaultError::io("lock", dir, &e))?;
        open_files(dir, Manner::Shared, random)
    }
}

fn open_files(dir: &Path, manner: Manner, random: Arc<dyn Clock>) -> Result<Parts, VaultError> {
    // Addresses are made first: that file alone and without a key is a vault half made.
    if texts(dir).exists() && !addresses(dir).exists() {
        return Err(VaultError::Missing(addresses(dir)));
    }
    let (addresses, made) =
        KeyFile::open(&addresses(dir), manner, Drawer::Address, random.clone())?;
    if !texts(dir).exists() && addresses.slots() > 0 {
        return Err(VaultError::Missing(texts(dir)));
    }
    let (texts, secret) = KeyFile::open(&texts(dir), manner, Drawer::Text, random)?;
    let files = Arc::new(Files { texts, addresses });
    let hasher = Hasher(Arc::new(secret));
    Ok(Parts {
        mark: KeyMark { name: first(&hasher.keyed("vault", &made)) },
        sealer: Sealer(files.clone()),
        texts: TextKeys(files.clone()),
        addresses: AddressKeys(files),
        hasher,
    })
}

fn texts(dir: &Path) -> PathBuf {
    dir.join("texts.keys")
}

fn addresses(dir: &Path) -> PathBuf {
    dir.join("addresses.keys")
}

/// Seals, and destroys keys; opens nothing. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<Files>);

impl Sealer {
    /// Seals `plain` under a key of its own, which is on the disk when this returns. Most calls touch
    /// no disk; one in 256 waits for it.
    ///
    /// # Errors
    /// When the disk refuses new keys.
    pub fn seal(&self, drawer: Drawer, plain: &[u8]) -> Result<Sealed, VaultError> {
        let file = self.0.of(drawer);
        let (slot, key) = file.take()?;
        let mut nonce = [0; NONCE];
        file.random(&mut nonce);
        let sealed = cipher(&key)
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: &bound(slot, key.generation) })
            .map_err(|_| VaultError::Damaged(slot))?;
        let bytes = [&key.generation.to_be_bytes(), nonce.as_slice(), &sealed].concat();
        Ok(Sealed { slot, bytes })
    }

    /// Destroys keys: what was sealed under them can never be read again. One wait for the disk per
    /// file; twice is the same as once.
    ///
    /// # Errors
    /// When the disk refuses; some keys may be destroyed then, and all can be tried again.
    pub fn destroy(&self, slots: &[Slot]) -> Result<(), VaultError> {
        for drawer in [Drawer::Text, Drawer::Address] {
            let of: Vec<_> = slots.iter().filter(|s| s.drawer == drawer).map(|s| s.index).collect();
            self.0.of(drawer).destroy(&of)?;
        }
        Ok(())
    }

    /// Keeps the places of all keys to which something refers: where a file does not reach as far, because it is
    /// older than the data, it grows by empty slots, so that no key is made in the place of one that is missing.
    /// Gives how many are. Call it at the start, before anything is sealed.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn reach(&self, used: &HashSet<Slot>) -> Result<usize, VaultError> {
        Ok(self.0.texts.reach(used)? + self.0.addresses.reach(used)?)
    }

    /// Destroys the keys from before this start to which nothing refers (the process died between
    /// sealing and committing), unless `lost` or their number speaks against it, and takes their slots, and those
    /// destroyed earlier, into use again. Gives how many slots are free now.
    ///
    /// `in_use` must say yes also for a slot that is still to be destroyed, or a key that is made in
    /// its place would be destroyed instead. Call it at the start, when nothing seals yet.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn reclaim(&self, in_use: &dyn Fn(Slot) -> bool, lost: Lost) -> Result<usize, VaultError> {
        let texts = self.0.texts.reclaim(in_use, lost)?;
        Ok(texts + self.0.addresses.reclaim(in_use, lost)?)
    }

    /// Whether keys were ever made here.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.0.texts.slots() > 0 || self.0.addresses.slots() > 0
    }
}

/// Opens what people wrote. Cheap to clone.
#[derive(Clone)]
pub struct TextKeys(Arc<Files>);

impl TextKeys {
    /// What was sealed; `None` once it was erased.
    ///
    /// # Errors
    /// When it is not a text, was altered, or the key file cannot be read.
    pub fn open(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        open(&self.0.texts, Drawer::Text, sealed)
    }
}

/// Opens where an answer goes. Cheap to clone.
#[derive(Clone)]
pub struct AddressKeys(Arc<Files>);

impl AddressKeys {
    /// What was sealed; `None` once it was erased.
    ///
    /// # Errors
    /// When it is not an address, was altered, or the key file cannot be read.
    pub fn open(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        open(&self.0.addresses, Drawer::Address, sealed)
    }
}

const NONCE: usize = 12;

fn open(file: &KeyFile, drawer: Drawer, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
    let damaged = || VaultError::Damaged(sealed.slot);
    if sealed.slot.drawer != drawer {
        return Err(damaged());
    }
    let (generation, rest) = sealed.bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
    let (nonce, sealed_text) = rest.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
    let generation = u32::from_be_bytes(*generation);
    let Some(key) = file.read(sealed.slot.index)?.filter(|k| k.generation == generation) else {
        return Ok(None);
    };
    let payload = Payload { msg: sealed_text, aad: &bound(sealed.slot, generation) };
    let plain = cipher(&key).decrypt(&Nonce::from(*nonce), payload);
    plain.map(Some).map_err(|_| damaged())
}

fn cipher(key: &SlotKey) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(key.bytes))
}

/// What sealed bytes are bound to, so that they open nowhere else.
fn bound(slot: Slot, generation: u32) -> [u8; 9] {
    let mut bound = [0; 9];
    bound[0] = match slot.drawer {
        Drawer::Text => 1,
        Drawer::Address => 2,
    };
    bound[1..5].copy_from_slice(&slot.index.to_be_bytes());
    bound[5..].copy_from_slice(&generation.to_be_bytes());
    bound
}

/// Makes names out of what must not be kept: always the same, and without the key file nobody can
/// tell from what, not even by trying all. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<[u8; 32]>);

impl Hasher {
    /// The name of a person.
    #[must_use]
    pub fn member(&self, identity: &Identity) -> MemberKey {
        MemberKey(first(&self.keyed("member", identity.0.as_bytes())))
    }

    /// The name of a message.
    #[must_use]
    pub fn message(&self, message: &MessageRef) -> [u8; 16] {
        let MessageRef { account, chat, message } = message;
        first(&self.keyed("message", format!("{account}\0{chat}\0{message}").as_bytes()))
    }

    /// The name of a chat, short enough for logs.
    #[must_use]
    pub fn chat(&self, account: &AccountId, chat: &str) -> u64 {
        u64::from_be_bytes(first(&self.keyed("chat", format!("{account}\0{chat}").as_bytes())))
    }

    /// HMAC-SHA-256 of `data`; another one under each label.
    #[must_use]
    pub fn keyed(&self, label: &str, data: &[u8]) -> [u8; 32] {
        // The block of SHA-256 is 64 bytes, so that a key of 32 fits as it is.
        let mut block = [0; 64];
        block[..32].copy_from_slice(self.0.as_slice());
        let mut mac = <hmac::Hmac<sha2::Sha256> as KeyInit>::new(&block.into());
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(data);
        mac.finalize().into_bytes().into()
    }
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&bytes[..N]);
    first
}

macro_rules! silent {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
silent!(Sealer, TextKeys, AddressKeys, Hasher);
