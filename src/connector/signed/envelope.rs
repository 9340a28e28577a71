//! The envelope in which WeCom, WeChat Official Accounts and DingTalk send events, and take the answers.
//!
//! The rule (developer.work.weixin.qq.com, "Encryption and decryption"): the signature is SHA-1 in hex over
//! token, timestamp, nonce and ciphertext, sorted by their bytes and joined. The key is the `EncodingAESKey` of
//! 43 letters of base64; the cipher is AES-256-CBC, its first block the first 16 bytes of the key, filled up to
//! a multiple of 32. Inside are 16 random bytes, the length in 4 bytes (big end first), the message, and whom it
//! is meant for.
//!
//! Because the four strings are joined without anything between them, one signature fits several ways to cut
//! them. So a call is known by its signature, not by timestamp and nonce: however it is cut, it is taken once.

use super::blocks::{self, BLOCK};
use super::{BASE64, KeyFault, Secret, Stamp, Tick, Untrusted, filled, same, unbase64};
use crate::model::{At, hex};
use base64::Engine as _;
use sha1::{Digest as _, Sha1};
use std::time::Duration;

/// The letters of an `EncodingAESKey`.
const KEY_LETTERS: usize = 43;

/// What the text inside is filled up to.
const FILL: u8 = 32;

/// Random bytes and length, which come before the message.
const HEAD: usize = 20;

/// How the envelope is used; the platforms differ in the unit and in the age that they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// WeCom and Official Accounts: seconds. They name no age; 10 minutes are ours.
    WeChat,
    /// DingTalk: milliseconds, and the hour that it names for its signatures.
    DingTalk,
}

impl Dialect {
    const fn tick(self) -> Tick {
        match self {
            Self::WeChat => Tick::Second,
            Self::DingTalk => Tick::Millisecond,
        }
    }

    /// How far from now a call may have been signed, before or after.
    #[must_use]
    pub const fn skew(self) -> Duration {
        match self {
            Self::WeChat => Duration::from_mins(10),
            Self::DingTalk => Duration::from_hours(1),
        }
    }
}

/// A sealed message with what is sent beside it, as it stands in query and body.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The signature, `msg_signature`, in hex.
    pub signature: String,
    /// When it was signed, in the platform's unit.
    pub timestamp: String,
    /// Letters that the sender chose at random.
    pub nonce: String,
    /// The ciphertext in base64; for the check of an address it is `echostr`.
    pub encrypt: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({} letters, {}, {})", self.encrypt.len(), self.timestamp, self.nonce)
    }
}

/// A message that was in a letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The message; the answer to the check of an address.
    pub message: Vec<u8>,
    /// What it is known by, so that it is taken once.
    pub stamp: Stamp,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({} bytes, {:?})", self.message.len(), self.stamp)
    }
}

/// What may never be the same twice when a letter is sealed; whoever seals takes it from a random source.
#[derive(Clone, Debug)]
pub struct Chance {
    /// The bytes before the message.
    pub random: [u8; BLOCK],
    /// The nonce beside it.
    pub nonce: String,
}

/// One account's envelope: what opens its letters and seals the answers.
#[derive(Clone)]
pub struct Envelope {
    dialect: Dialect,
    token: Secret,
    key: [u8; 32],
    receiver: String,
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("dialect", &self.dialect)
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}

impl Envelope {
    /// The envelope of an account. The receiver is the corporation's ID (WeCom app), the app's ID (Official
    /// Account), the app key (DingTalk), or empty (WeCom smart bot).
    ///
    /// # Errors
    /// When the token is empty, or the key is not 43 letters of base64.
    pub fn new(
        dialect: Dialect,
        token: Secret,
        key: &Secret,
        receiver: impl Into<String>,
    ) -> Result<Self, KeyFault> {
        if token.reveal().is_empty() || key.reveal().is_empty() {
            return Err(KeyFault::Empty);
        }
        if key.reveal().len() != KEY_LETTERS {
            return Err(KeyFault::Form);
        }
        let bytes = BASE64.decode(key.reveal()).map_err(|_| KeyFault::Form)?;
        let key = bytes.try_into().map_err(|_| KeyFault::Form)?;
        Ok(Self { dialect, token, key, receiver: receiver.into() })
    }

    /// The message in a letter, if the platform signed it for us not too far from `now`.
    ///
    /// # Errors
    /// When it is forged, old, meant for another, or cannot be read.
    pub fn open(&self, letter: &Letter, now: At) -> Result<Opened, Untrusted> {
        let right = self.sign(&letter.timestamp, &letter.nonce, &letter.encrypt);
        same(&letter.signature, &right)?;
        let at = self.dialect.tick().fresh(&letter.timestamp, now, self.dialect.skew())?;
        let text = blocks::decrypt(&self.key, self.iv(), unbase64(&letter.encrypt)?, FILL)?;
        let (message, receiver) = parts(&text)?;
        if receiver != self.receiver.as_bytes() {
            return Err(Untrusted::Foreign);
        }
        Ok(Opened { message: message.to_vec(), stamp: Stamp::new(at, right.as_bytes()) })
    }

    /// A letter to the platform, signed `at` this time.
    ///
    /// # Errors
    /// When the message is longer than 4 bytes can say (4 GiB).
    pub fn seal(&self, message: &[u8], at: At, chance: Chance) -> Result<Letter, Untrusted> {
        let length = u32::try_from(message.len())
            .map_err(|_| Untrusted::Malformed("the message is too long".to_owned()))?;
        let text =
            [&chance.random, &length.to_be_bytes()[..], message, self.receiver.as_bytes()].concat();
        let encrypt = BASE64.encode(blocks::encrypt(&self.key, self.iv(), text, FILL));
        let timestamp = self.dialect.tick().write(at);
        let signature = self.sign(&timestamp, &chance.nonce, &encrypt);
        Ok(Letter { signature, timestamp, nonce: chance.nonce, encrypt })
    }

    fn sign(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        sorted([self.token.reveal(), timestamp, nonce, encrypt])
    }

    /// The platforms take the key's beginning, always the same; the random bytes make up for that.
    fn iv(&self) -> [u8; BLOCK] {
        let mut iv = [0; BLOCK];
        iv.copy_from_slice(&self.key[..BLOCK]);
        iv
    }
}

/// The check of an Official Account's address, and the signature of its calls in plain mode.
#[derive(Clone, Copy)]
pub struct Plain<'a> {
    /// The signature in hex.
    pub signature: &'a str,
    /// When it was signed, in seconds.
    pub timestamp: &'a str,
    /// Letters that the sender chose at random.
    pub nonce: &'a str,
}

/// Checks a signature over token, timestamp and nonce. It does not cover `echostr` nor any body, and every
/// letter's signature passes as one of these: believe nothing by it but that an address may be confirmed.
///
/// # Errors
/// When it is forged or old.
pub fn check_plain(token: &Secret, call: &Plain<'_>, now: At) -> Result<Stamp, Untrusted> {
    let right = sorted([filled(token)?, call.timestamp, call.nonce]);
    same(call.signature, &right)?;
    let dialect = Dialect::WeChat;
    let at = dialect.tick().fresh(call.timestamp, now, dialect.skew())?;
    Ok(Stamp::new(at, right.as_bytes()))
}

/// The signature that an Official Account's call in plain mode carries.
#[must_use]
pub fn sign_plain(token: &Secret, timestamp: &str, nonce: &str) -> String {
    sorted([token.reveal(), timestamp, nonce])
}

fn sorted<const N: usize>(mut strings: [&str; N]) -> String {
    strings.sort_unstable();
    hex(&Sha1::digest(strings.concat()))
}

/// Message and receiver.
fn parts(text: &[u8]) -> Result<(&[u8], &[u8]), Untrusted> {
    let short = || Untrusted::Malformed("shorter than it says".to_owned());
    let (head, rest) = text.split_at_checked(HEAD).ok_or_else(short)?;
    let length = head[BLOCK..].iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    rest.split_at_checked(length).ok_or_else(short)
}
