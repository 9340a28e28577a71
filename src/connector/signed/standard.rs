//! Standard Webhooks, version 1 (standardwebhooks.com): how hooks of no platform in particular are signed.
//!
//! The rule: HMAC-SHA256 in base64 over ID, timestamp in seconds and body, with full stops between them; the
//! header holds one or more signatures, `v1,…`, with spaces between them. While a key is changed the sender
//! signs with the old and the new one, and one that fits is enough. Other versions are passed over.

use super::{BASE64, KeyFault, Secret, Signature, Stamp, Tick, Untrusted, keyed, same};
use crate::model::At;
use base64::Engine as _;
use std::time::Duration;

/// How far from now a call may have been signed, before or after.
pub const SKEW: Duration = Duration::from_mins(5);

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1";

/// A key of 24 to 64 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Key {
    /// Reads `whsec_` and base64.
    ///
    /// # Errors
    /// When it is empty, or not of that form and length.
    pub fn parse(secret: &Secret) -> Result<Self, KeyFault> {
        if secret.reveal().is_empty() {
            return Err(KeyFault::Empty);
        }
        let letters = secret.reveal().strip_prefix(PREFIX).ok_or(KeyFault::Form)?;
        let bytes = BASE64.decode(letters).map_err(|_| KeyFault::Form)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(KeyFault::Form) }
    }
}

/// A call as it came: three headers and the body.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// `webhook-id`: the same when the call is repeated.
    pub id: &'a str,
    /// `webhook-timestamp`: when this attempt was signed, in seconds.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more, with spaces between them.
    pub signatures: &'a str,
    /// The body, byte by byte as it came.
    pub body: &'a [u8],
}

/// The header `webhook-signature` of a call, one signature for each key, and `webhook-timestamp` to it.
/// Neither the ID nor the timestamp has a full stop in it: that is what divides them.
#[must_use]
pub fn sign(keys: &[Key], id: &str, at: At, body: &[u8]) -> Signature {
    let timestamp = Tick::Second.write(at);
    let all: Vec<String> = keys.iter().map(|key| signed(key, id, &timestamp, body)).collect();
    Signature { sign: all.join(" "), timestamp }
}

/// Checks that one of the keys made one of the signatures. The stamp is of the ID, so that a call that is
/// repeated and signed anew is known as the same.
///
/// # Errors
/// When it is forged or old, or the ID is empty or has a full stop in it.
pub fn check(keys: &[Key], call: &Call<'_>, now: At) -> Result<Stamp, Untrusted> {
    let mut found = false;
    for key in keys {
        let right = signed(key, call.id, call.timestamp, call.body);
        for shown in call.signatures.split(' ') {
            found |= same(shown, &right).is_ok();
        }
    }
    if !found {
        return Err(Untrusted::Forged);
    }
    if call.id.is_empty() || call.id.contains('.') {
        return Err(Untrusted::Malformed("no ID, or one with a full stop".to_owned()));
    }
    let at = Tick::Second.fresh(call.timestamp, now, SKEW)?;
    Ok(Stamp::new(at, call.id.as_bytes()))
}

fn signed(key: &Key, id: &str, timestamp: &str, body: &[u8]) -> String {
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    format!("{VERSION},{}", BASE64.encode(keyed(&key.0, &parts)))
}
