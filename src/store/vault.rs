//! The vault: a key for each thing that is sealed, in files outside the data directory.
//!
//! **Invariant:** a sealed value can be read only while its slot holds the key; overwriting the slot erases
//! every copy of the value at once, in old pages, log segments, replicas and backups.
//!
//! Two files, `texts.keys` and `addresses.keys`, so that what people wrote and where an answer goes can be
//! held by different processes. A file is a header (magic, format, a key for keyed hashes) and slots of a
//! state byte and 32 bytes. Keys are made [`BATCH`] at a time with one `fdatasync`, so that sealing waits for
//! no disk. A slot that was handed out when the process died, and that no record refers to, is found and
//! overwritten by [`Sealer::reclaim`]. A slot gets a new key before it is used again.
//!
//! What overwriting in place cannot promise: file systems that copy on write (btrfs, ZFS) and flash media may
//! keep the old block for some time. Keep the keys on a plain file system, and out of backups that are kept
//! longer than erasure may take: whoever keeps an old key file keeps what it opens.

use crate::clock::Clock;
use crate::model::{AccountId, Code, Drawer, Identity, MemberKey, MessageRef, Sealed, Slot};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How many keys are made at a time.
pub const BATCH: usize = 256;

const MAGIC: &[u8; 8] = b"TXKEYS\0\x01";
const HEADER: u64 = 64;
const SLOT: u64 = 33;
const FREE: u8 = 0;
const HELD: u8 = 1;

/// Why the vault could not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is not a key file of this program, or of a later format.
    #[error("{0} is not a key file that this version reads")]
    Foreign(PathBuf),
    /// A value could not be sealed or hashed.
    #[error("sealing failed: {0}")]
    Crypto(String),
}

/// The vault's four capabilities, handed to different rooms.
#[derive(Clone)]
pub struct Parts {
    /// Seals, and destroys keys.
    pub sealer: Sealer,
    /// Opens what people wrote.
    pub texts: TextKeys,
    /// Opens return addresses: the sender's alone.
    pub addresses: AddressKeys,
    /// Hashes with a key, so that nobody without the vault can try out guesses.
    pub hasher: Hasher,
}

/// Seals values, each under a key of its own, and destroys keys.
#[derive(Clone)]
pub struct Sealer {
    texts: Arc<KeyFile>,
    addresses: Arc<KeyFile>,
    random: Arc<dyn Clock>,
}

/// Opens what people wrote.
#[derive(Clone)]
pub struct TextKeys(Arc<KeyFile>);

/// Opens return addresses. Only the code that sends a notice holds it, and only for that notice.
#[derive(Clone)]
pub struct AddressKeys(Arc<KeyFile>);

/// Hashes with a key.
#[derive(Clone)]
pub struct Hasher(Arc<[u8; 32]>);

/// True when there is a vault in this directory.
#[must_use]
pub fn exists(dir: &Path) -> bool {
    dir.join("texts.keys").exists() || dir.join("addresses.keys").exists()
}

/// Opens the vault in `dir`, or makes one there.
///
/// # Errors
/// When the files cannot be read or written, or are not ours.
pub fn open(dir: &Path, random: Arc<dyn Clock>) -> Result<Parts, VaultError> {
    let in_dir = |error| VaultError::File { path: dir.to_owned(), error };
    std::fs::create_dir_all(dir).map_err(in_dir)?;
    let texts = Arc::new(KeyFile::open(dir.join("texts.keys"), Drawer::Text, &*random)?);
    let addresses = Arc::new(KeyFile::open(dir.join("addresses.keys"), Drawer::Address, &*random)?);
    File::open(dir).and_then(|d| d.sync_all()).map_err(in_dir)?;
    let hasher = Hasher(Arc::new(texts.hash_key));
    Ok(Parts {
        texts: TextKeys(Arc::clone(&texts)),
        addresses: AddressKeys(Arc::clone(&addresses)),
        sealer: Sealer { texts, addresses, random },
        hasher,
    })
}

impl Sealer {
    /// Seals `plain` under a key of its own, which is durable before this returns.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn seal(&self, drawer: Drawer, plain: &[u8]) -> Result<Sealed, VaultError> {
        let file = self.file(drawer);
        let index = file.take(&*self.random)?;
        let slot = Slot { drawer, index };
        let key = file.key(index)?.ok_or_else(|| crypto("the slot holds no key"))?;
        let mut nonce = [0u8; 12];
        self.random.random(&mut nonce);
        let cipher = ChaCha20Poly1305::new(&Key::from(key));
        let payload = Payload { msg: plain, aad: &aad(slot) };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(crypto)?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(Sealed { slot, bytes })
    }

    /// Overwrites the keys of these slots, durably: nobody can open what was sealed under them again.
    /// Destroying a key twice is no error.
    ///
    /// # Errors
    /// When the key file fails; some of the keys may be destroyed then.
    pub fn destroy(&self, slots: &[Slot]) -> Result<(), VaultError> {
        for drawer in [Drawer::Text, Drawer::Address] {
            let mine = slots.iter().filter(|s| s.drawer == drawer).map(|s| s.index);
            let mine: Vec<u32> = mine.collect();
            if !mine.is_empty() {
                self.file(drawer).wipe(&mine)?;
            }
        }
        Ok(())
    }

    /// Destroys every key that is neither in use nor waiting to be used: what a crash between sealing and
    /// committing left behind. Returns how many. To be called while nothing is being sealed.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn reclaim(&self, in_use: &dyn Fn(Slot) -> bool) -> Result<usize, VaultError> {
        let mut count = 0;
        for drawer in [Drawer::Text, Drawer::Address] {
            let file = self.file(drawer);
            let held = file.held()?;
            let lost: Vec<u32> =
                held.into_iter().filter(|index| !in_use(Slot { drawer, index: *index })).collect();
            count += lost.len();
            if !lost.is_empty() {
                file.wipe(&lost)?;
            }
        }
        Ok(count)
    }

    const fn file(&self, drawer: Drawer) -> &Arc<KeyFile> {
        match drawer {
            Drawer::Text => &self.texts,
            Drawer::Address => &self.addresses,
        }
    }
}

impl TextKeys {
    /// Opens what was sealed; `None` when its key was destroyed.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn open(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        self.0.unseal(sealed)
    }
}

impl AddressKeys {
    /// Opens what was sealed; `None` when its key was destroyed.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn open(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        self.0.unseal(sealed)
    }
}

impl Hasher {
    /// A hash of `data` under the vault's key; different for each label.
    #[must_use]
    pub fn keyed(&self, label: &str, data: &[u8]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_slice()) else {
            return [0; 32];
        };
        mac.update(label.as_bytes());
        mac.update(&[0]);
        mac.update(data);
        mac.finalize().into_bytes().into()
    }

    /// Who somebody is, hashed.
    #[must_use]
    pub fn member(&self, identity: &Identity) -> MemberKey {
        MemberKey(half(self.keyed("member", identity.0.as_bytes())))
    }

    /// Which message it is, hashed.
    #[must_use]
    pub fn message(&self, message: &MessageRef) -> [u8; 16] {
        let MessageRef { account, chat, message } = message;
        half(self.keyed("message", format!("{account}\0{chat}\0{message}").as_bytes()))
    }

    /// Which chat it is, hashed.
    #[must_use]
    pub fn chat(&self, account: &AccountId, chat: &str) -> u64 {
        let hash = self.keyed("chat", format!("{account}\0{chat}").as_bytes());
        let (head, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        u64::from_be_bytes(*head)
    }
}

/// Hashes a receipt's secret code: Argon2id with 16 MiB, 2 passes, one lane – about 20 ms on a small server.
///
/// # Errors
/// When hashing fails, for want of memory.
pub fn hash_secret(code: &Code, random: &dyn Clock) -> Result<String, VaultError> {
    let mut salt = [0u8; 16];
    random.random(&mut salt);
    let params = Params::new(16 * 1024, 2, 1, None).map_err(crypto)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon.hash_password_with_salt(code.as_str().as_bytes(), &salt).map_err(crypto)?;
    Ok(hash.to_string())
}

/// Whether this is the code that was hashed; compares in constant time.
#[must_use]
pub fn is_secret(code: &Code, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(code.as_str().as_bytes(), &hash).is_ok()
}

struct KeyFile {
    path: PathBuf,
    drawer: Drawer,
    hash_key: [u8; 32],
    file: File,
    stock: Mutex<Stock>,
}

/// Slots by what they wait for.
#[derive(Default)]
struct Stock {
    /// Hold a new key, not handed out.
    ready: VecDeque<u32>,
    /// Hold nothing.
    free: Vec<u32>,
    /// How many there are in all.
    count: u32,
}

impl KeyFile {
    fn open(path: PathBuf, drawer: Drawer, random: &dyn Clock) -> Result<Self, VaultError> {
        let failed = |error| VaultError::File { path: path.clone(), error };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let header_bytes = usize::try_from(HEADER).unwrap_or(64);
        if bytes.len() < header_bytes {
            // Nothing was ever sealed under a file whose header is not whole.
            let mut header = [0u8; 64];
            header[..8].copy_from_slice(MAGIC);
            random.random(&mut header[8..40]);
            file.write_all_at(&header, 0).and_then(|()| file.sync_all()).map_err(failed)?;
            bytes = header.to_vec();
        } else if !bytes.starts_with(MAGIC) {
            return Err(VaultError::Foreign(path));
        }
        let mut hash_key = [0u8; 32];
        hash_key.copy_from_slice(&bytes[8..40]);
        let slots = bytes[header_bytes..].chunks_exact(33);
        let count = u32::try_from(slots.len()).unwrap_or(u32::MAX);
        let free = (0..count).zip(slots).filter(|(_, s)| s[0] == FREE).map(|(i, _)| i).collect();
        let stock = Mutex::new(Stock { ready: VecDeque::new(), free, count });
        Ok(Self { path, drawer, hash_key, file, stock })
    }

    fn failed(&self, error: io::Error) -> VaultError {
        VaultError::File { path: self.path.clone(), error }
    }

    fn take(&self, random: &dyn Clock) -> Result<u32, VaultError> {
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        if stock.ready.is_empty() {
            self.fill(&mut stock, random)?;
        }
        stock.ready.pop_front().ok_or_else(|| crypto("no slot is left"))
    }

    fn fill(&self, stock: &mut Stock, random: &dyn Clock) -> Result<(), VaultError> {
        let reused = stock.free.len().saturating_sub(BATCH);
        let mut slots = stock.free.split_off(reused);
        while slots.len() < BATCH {
            slots.push(stock.count);
            stock.count += 1;
        }
        for index in &slots {
            let mut slot = [HELD; 33];
            random.random(&mut slot[1..]);
            self.file.write_all_at(&slot, place(*index)).map_err(|e| self.failed(e))?;
        }
        self.file.sync_data().map_err(|e| self.failed(e))?;
        stock.ready.extend(slots);
        Ok(())
    }

    fn key(&self, index: u32) -> Result<Option<[u8; 32]>, VaultError> {
        let mut slot = [0u8; 33];
        match self.file.read_exact_at(&mut slot, place(index)) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(self.failed(e)),
        }
        let mut key = [0u8; 32];
        key.copy_from_slice(&slot[1..]);
        Ok((slot[0] == HELD).then_some(key))
    }

    fn unseal(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, VaultError> {
        if sealed.slot.drawer != self.drawer {
            return Err(crypto("the value belongs to the other key file"));
        }
        let Some(key) = self.key(sealed.slot.index)? else { return Ok(None) };
        let Some((nonce, text)) = sealed.bytes.split_first_chunk::<12>() else { return Ok(None) };
        let cipher = ChaCha20Poly1305::new(&Key::from(key));
        let payload = Payload { msg: text, aad: &aad(sealed.slot) };
        // A slot that was overwritten and used again holds another key: what it sealed before is gone.
        Ok(cipher.decrypt(&Nonce::from(*nonce), payload).ok())
    }

    fn wipe(&self, slots: &[u32]) -> Result<(), VaultError> {
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wiped = Vec::with_capacity(slots.len());
        for index in slots.iter().filter(|i| **i < stock.count) {
            if self.key(*index)?.is_some() {
                self.file.write_all_at(&[FREE; 33], place(*index)).map_err(|e| self.failed(e))?;
                wiped.push(*index);
            }
        }
        self.file.sync_data().map_err(|e| self.failed(e))?;
        stock.free.append(&mut wiped);
        Ok(())
    }

    fn held(&self) -> Result<Vec<u32>, VaultError> {
        let stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut held = Vec::new();
        for index in (0..stock.count).filter(|i| !stock.ready.contains(i)) {
            if self.key(index)?.is_some() {
                held.push(index);
            }
        }
        Ok(held)
    }
}

const fn place(index: u32) -> u64 {
    HEADER + index as u64 * SLOT
}

fn aad(slot: Slot) -> [u8; 5] {
    let [a, b, c, d] = slot.index.to_be_bytes();
    let drawer = match slot.drawer {
        Drawer::Text => 1,
        Drawer::Address => 2,
    };
    [drawer, a, b, c, d]
}

fn half(hash: [u8; 32]) -> [u8; 16] {
    let mut half = [0u8; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

fn crypto(error: impl std::fmt::Display) -> VaultError {
    VaultError::Crypto(error.to_string())
}
