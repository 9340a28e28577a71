//! Messages that one browser alone can read: RFC 8291, over `aes128gcm` of RFC 8188 with one record.
//!
//! The browser gave its public key and a secret when its reader subscribed. Each message has a key pair and a salt
//! of its own; the public half stands before what is encrypted.

use super::KeyFault;
use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes128Gcm, Nonce};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

/// How much one message holds, in bytes: its record is one of 4,096, which has to hold a head of 86, a sign of its
/// end and a tag of 16.
pub const PLAIN_MAX: usize = 3_993;

/// The length of the record, as the head tells it.
const RECORD: u32 = 4_096;
/// A key on the curve, written whole.
const PUBLIC: usize = 65;
/// The sign that ends the last record.
const LAST: u8 = 2;

/// Base64 for addresses, as browsers write it: some with `=`, most without.
pub(in crate::connector) const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whom a message is for.
#[derive(Clone, PartialEq, Eq)]
pub struct Browser {
    public: PublicKey,
    auth: [u8; 16],
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Browser {
    /// Reads the two keys of a subscription, `p256dh` and `auth`.
    ///
    /// # Errors
    /// When they are not of their length, or the first is no point on the curve.
    pub fn read(p256dh: &str, auth: &str) -> Result<Self, KeyFault> {
        let bytes = |text: &str| BASE64_URL.decode(text).map_err(|_| KeyFault::Form);
        let public = bytes(p256dh)?;
        if public.len() != PUBLIC {
            return Err(KeyFault::Form);
        }
        let public = PublicKey::from_sec1_bytes(&public).map_err(|_| KeyFault::Form)?;
        let auth = bytes(auth)?.try_into().map_err(|_| KeyFault::Form)?;
        Ok(Self { public, auth })
    }
}

/// What no two messages share.
pub struct Fresh {
    key: SecretKey,
    salt: [u8; 16],
}

impl Fresh {
    /// The key pair and the salt out of what nobody can guess.
    ///
    /// # Errors
    /// Once in four thousand million times, when the bytes are no key: take others.
    pub fn new(key: &[u8; 32], salt: [u8; 16]) -> Result<Self, KeyFault> {
        let key = SecretKey::from_slice(key).map_err(|_| KeyFault::Form)?;
        Ok(Self { key, salt })
    }
}

/// The body of a message that says `plain`.
///
/// # Errors
/// When it is longer than [`PLAIN_MAX`].
pub fn encrypt(plain: &[u8], to: &Browser, fresh: &Fresh) -> Result<Vec<u8>, TooLong> {
    if plain.len() > PLAIN_MAX {
        return Err(TooLong(plain.len()));
    }
    let own = fresh.key.public_key().to_sec1_point(false);
    let theirs = to.public.to_sec1_point(false);
    let (own, theirs) = (own.as_bytes(), theirs.as_bytes());
    let shared = fresh.key.diffie_hellman(&to.public);
    let both = [b"WebPush: info\0", theirs, own].concat();
    let ikm: [u8; 32] = derived(&to.auth, shared.raw_secret_bytes(), &both);
    let key: [u8; 16] = derived(&fresh.salt, &ikm, b"Content-Encoding: aes128gcm\0");
    let nonce: [u8; 12] = derived(&fresh.salt, &ikm, b"Content-Encoding: nonce\0");
    let record = [plain, &[LAST]].concat();
    let sealed = Aes128Gcm::new(&key.into()).encrypt(&Nonce::from(nonce), record.as_slice());
    // The cipher takes 64 GB at once.
    let sealed = sealed.map_err(|_| TooLong(plain.len()))?;
    let length = [u8::try_from(own.len()).unwrap_or(u8::MAX)];
    Ok([fresh.salt.as_slice(), &RECORD.to_be_bytes(), &length, own, &sealed].concat())
}

/// It does not fit one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message has {0} bytes, and may have {PLAIN_MAX}")]
pub struct TooLong(usize);

fn derived<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
    let mut key = [0; N];
    let expanded = Hkdf::<Sha256>::new(Some(salt), secret).expand(info, &mut key);
    debug_assert!(expanded.is_ok(), "no key here is longer than 255 hashes");
    key
}
