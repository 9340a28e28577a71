//! What Feishu (Lark) encrypts and signs, and how its custom bots want to be signed to.
//!
//! Three rules (open.feishu.cn, "Configure Encrypt Key" and "Custom bot"): the body of an event is
//! AES-256-CBC, its key SHA-256 of the Encrypt Key, its first block the first 16 bytes of what was sent; the
//! header `X-Lark-Signature` is SHA-256 in hex over timestamp, nonce, Encrypt Key and the body as it came; a
//! custom bot's `sign` is an HMAC of nothing, under timestamp, a new line and the secret.

use super::blocks::{self, BLOCK};
use super::{BASE64, Secret, Signature, Stamp, Tick, Untrusted, filled, keyed, same, unbase64};
use crate::model::{At, hex};
use base64::Engine as _;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// How far from now an event may have been signed. Feishu names no age; it repeats an event for the last time
/// 7.1 hours after the first, and nowhere says that it signs it anew.
pub const SKEW: Duration = Duration::from_hours(8);

/// What the text inside is filled up to.
const FILL: u8 = 16;

/// A call as it came: three headers and the body.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// `X-Lark-Signature`, in hex.
    pub signature: &'a str,
    /// `X-Lark-Request-Timestamp`, in seconds.
    pub timestamp: &'a str,
    /// `X-Lark-Request-Nonce`.
    pub nonce: &'a str,
    /// The body, byte by byte as it came: written anew by a JSON library it could differ.
    pub body: &'a [u8],
}

/// Checks an event's signature. Bytes can be added behind a body without knowing the key (SHA-256 goes on
/// from where it ended), so the body must be read as one JSON value with nothing after it.
///
/// # Errors
/// When it is forged or old.
pub fn check(key: &Secret, call: &Call<'_>, now: At) -> Result<Stamp, Untrusted> {
    let right = signed(filled(key)?, call.timestamp, call.nonce, call.body);
    same(call.signature, &right)?;
    let at = Tick::Second.fresh(call.timestamp, now, SKEW)?;
    Ok(Stamp::new(at, right.as_bytes()))
}

/// The signature that an event carries in its header.
#[must_use]
pub fn sign(key: &Secret, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    signed(key.reveal(), timestamp, nonce, body)
}

/// The event in the `encrypt` of a body. Decrypting proves nothing about who wrote it: check the signature
/// first. Only the first check of an address comes unsigned, and there the token inside must be compared; the
/// answer to one that cannot be read must be the answer to one whose token is wrong, or the difference would
/// tell, question by question, what any ciphertext says.
///
/// # Errors
/// When it cannot be decrypted; why is not told.
pub fn decrypt(key: &Secret, encrypt: &str) -> Result<Vec<u8>, Untrusted> {
    let wrong = || Untrusted::Malformed("cannot be decrypted".to_owned());
    let bytes = unbase64(encrypt).map_err(|_| wrong())?;
    let (iv, rest) = bytes.split_first_chunk::<BLOCK>().ok_or_else(wrong)?;
    blocks::decrypt(&hashed(key), *iv, rest.to_vec(), FILL).map_err(|_| wrong())
}

/// What [`decrypt`] takes; `iv` comes from a random source and is never used twice.
#[must_use]
pub fn encrypt(key: &Secret, iv: [u8; BLOCK], message: &[u8]) -> String {
    let rest = blocks::encrypt(&hashed(key), iv, message.to_vec(), FILL);
    BASE64.encode([&iv[..], &rest].concat())
}

/// What a message to a custom bot carries in its body; valid for an hour. The roles of key and message are
/// the other way round than DingTalk's.
#[must_use]
pub fn sign_bot(secret: &Secret, at: At) -> Signature {
    let timestamp = Tick::Second.write(at);
    let key = format!("{timestamp}\n{}", secret.reveal());
    Signature { sign: BASE64.encode(keyed(key.as_bytes(), &[])), timestamp }
}

fn signed(key: &str, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    let hash = Sha256::new().chain_update(timestamp).chain_update(nonce);
    hex(&hash.chain_update(key).chain_update(body).finalize())
}

fn hashed(key: &Secret) -> [u8; 32] {
    Sha256::digest(key.reveal()).into()
}
