//! How we prove to a push service who we are: VAPID, RFC 8292, a JWT signed with ES256.
//!
//! A browser's subscription is bound to the public half of the key: with another key nobody who subscribed is
//! reached any more.

use super::push::BASE64_URL;
use super::{KeyFault, keyed};
use crate::model::At;
use base64::Engine as _;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use serde::Serialize;

/// The key of this office.
#[derive(Clone)]
pub struct Key {
    signs: SigningKey,
    public: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.public)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl Key {
    /// The key that belongs to a seed: always the same, and nobody finds the seed from it.
    ///
    /// # Errors
    /// Never, as far as anybody knows: 256 hashes in a row would all have to be no key.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyFault> {
        let of = |n: u8| SecretKey::from_slice(&keyed(seed, &[b"vapid", &[n]])).ok();
        let key = (0..=u8::MAX).find_map(of).ok_or(KeyFault::Form)?;
        let public = BASE64_URL.encode(key.public_key().to_sec1_point(false).as_bytes());
        Ok(Self { signs: SigningKey::from(key), public })
    }

    /// The public half as browsers are given it: the point written whole, in base64 for addresses.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// What the `Authorization` header says to the service at `origin`, good until `until`: at most a day.
    #[must_use]
    pub fn authorization(&self, origin: &str, contact: &str, until: At) -> String {
        let head = BASE64_URL.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let claims = Claims { aud: origin, exp: until.millis().div_euclid(1000), sub: contact };
        // Two texts and a number are always JSON.
        let claims = BASE64_URL.encode(serde_json::to_vec(&claims).unwrap_or_default());
        let signed: Signature = self.signs.sign(format!("{head}.{claims}").as_bytes());
        let sign = BASE64_URL.encode(signed.to_bytes());
        format!("vapid t={head}.{claims}.{sign}, k={}", self.public)
    }
}
