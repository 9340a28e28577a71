//! How platforms prove that a call is theirs and keep others from reading it, and how we prove the same to
//! them. Nothing here reads a clock, a network or a random source: all that is given.
//!
//! A call is checked in this order: the signature (or it is [`Untrusted::Forged`]), its age
//! ([`Untrusted::Old`]), what it holds, and last, by [`Replay`], whether it was taken before.
//!
//! **Invariant:** what is called true here was signed with the given secret within the window, compared in
//! constant time; and neither an error nor `Debug` shows a secret, a signature that would be right, or a text
//! that was decrypted.

mod blocks;
pub mod dingtalk;
pub mod envelope;
pub mod feishu;
pub mod press;
pub mod push;
mod replay;
pub mod standard;
pub mod vapid;

pub use replay::Replay;

use super::Secret;
use crate::model::{At, hex};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// Base64 as the platforms write it: with or without `=`, and the bits that a last letter has over may be
/// anything (they are in most keys of WeCom).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a call is not taken, told by what we do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Refuse it, and forget what it says: whoever sent it does not know the secret.
    #[error("the signature is not the platform's")]
    Forged,
    /// Refuse it; if calls are often old, mend our clock.
    #[error("the signature is too old, or from a time to come")]
    Old,
    /// Answer as the first time, and do nothing.
    #[error("the call was taken before")]
    Replayed,
    /// Refuse it, and mend the settings: it is signed with our secret, for another receiver than ours.
    #[error("the call is meant for another receiver")]
    Foreign,
    /// Refuse it: it cannot be read.
    #[error("the call cannot be read: {0}")]
    Malformed(String),
}

/// Why a secret cannot be used; an operator mends the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Nothing is given: everybody could sign with that.
    #[error("the secret is empty")]
    Empty,
    /// It has not the form in which the platform gives them out.
    #[error("the secret has not the form that the platform gives out")]
    Form,
}

/// What [`Replay`] knows a call by: when it was signed, and what is the same only if it is the same call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    at: At,
    once: [u8; 16],
}

impl Stamp {
    /// The stamp of a call that was checked, signed `at` this time, by what names it: an ID of any length,
    /// or the signature itself.
    #[must_use]
    pub fn new(at: At, once: &[u8]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&Sha256::digest(once)[..16]);
        Self { at, once: short }
    }

    /// When the call was signed.
    #[must_use]
    pub const fn at(&self) -> At {
        self.at
    }
}

/// What a call of ours carries besides its message.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    /// The time as it was signed, in the platform's own unit.
    pub timestamp: String,
    /// The signature in base64, not encoded for an address.
    pub sign: String,
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signature").field("timestamp", &self.timestamp).finish_non_exhaustive()
    }
}

/// In which unit a platform writes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tick {
    Second,
    Millisecond,
}

impl Tick {
    const fn millis(self) -> i64 {
        match self {
            Self::Second => 1000,
            Self::Millisecond => 1,
        }
    }

    fn write(self, at: At) -> String {
        at.millis().div_euclid(self.millis()).to_string()
    }

    /// Reads nothing but digits, and no zero before them, so that no time can be written in two ways; refuses
    /// what was signed more than `skew` before or after `now`.
    fn fresh(self, timestamp: &str, now: At, skew: Duration) -> Result<At, Untrusted> {
        let unread = || Untrusted::Malformed("the timestamp is no whole number".to_owned());
        if timestamp.starts_with('0') || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
            return Err(unread());
        }
        let ticks: i64 = timestamp.parse().map_err(|_| unread())?;
        let at = At::from_millis(ticks.saturating_mul(self.millis()));
        within(at, now, skew).map(|()| at)
    }
}

fn within(at: At, now: At, skew: Duration) -> Result<(), Untrusted> {
    if now.since(at) > skew || at.since(now) > skew { Err(Untrusted::Old) } else { Ok(()) }
}

/// Takes as long wherever the first difference lies.
fn same(shown: &str, right: &str) -> Result<(), Untrusted> {
    if bool::from(shown.as_bytes().ct_eq(right.as_bytes())) {
        Ok(())
    } else {
        Err(Untrusted::Forged)
    }
}

/// HMAC-SHA256 of the parts, one after the other.
fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Base64 of the usual kind.
pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// What a server that speaks `WebSocket` answers to a key (RFC 6455, 4.2.2): it proves that it read the question.
pub(super) fn socket_accept(key: &str) -> String {
    BASE64.encode(Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
}

/// A short name for words: the same for the same, and nothing is told of them.
pub(super) fn short_name(words: &str) -> String {
    hex(&Sha256::digest(words)[..16])
}

/// A short name for words, which only whoever has the secret can make.
pub(super) fn name_under(secret: &Secret, words: &[&str]) -> String {
    let parts: Vec<&[u8]> = words.iter().flat_map(|w| [w.as_bytes(), &[0]]).collect();
    hex(&keyed(secret.reveal().as_bytes(), &parts)[..16])
}

fn unbase64(text: &str) -> Result<Vec<u8>, Untrusted> {
    BASE64.decode(text).map_err(|_| Untrusted::Malformed("not base64".to_owned()))
}

/// With an empty secret everybody could sign, so nobody is believed.
fn filled(secret: &Secret) -> Result<&str, Untrusted> {
    let letters = secret.reveal();
    if letters.is_empty() { Err(Untrusted::Forged) } else { Ok(letters) }
}
