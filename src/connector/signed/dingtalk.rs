//! How DingTalk's robots sign: a custom robot wants it of us, an app's robot does it when it calls us.
//!
//! One rule for both (open.dingtalk.com, "Custom robot security settings" and "Receive messages of a robot"):
//! HMAC-SHA256 in base64, under the secret, over the timestamp in milliseconds, a new line and the secret
//! again; valid for an hour. Events come in the [`envelope`](super::envelope).

use super::{BASE64, Secret, Signature, Tick, Untrusted, filled, keyed, same};
use crate::model::At;
use base64::Engine as _;
use std::time::Duration;

/// How far from now a call may have been signed, by DingTalk's rule.
pub const SKEW: Duration = Duration::from_hours(1);

/// What a message to a custom robot carries in its address. The sign is base64 with `+`, `/` and `=`:
/// whoever builds the address encodes it.
#[must_use]
pub fn sign(secret: &Secret, at: At) -> Signature {
    let timestamp = Tick::Millisecond.write(at);
    Signature { sign: signed(secret.reveal(), &timestamp), timestamp }
}

/// When an app robot's call was signed, by its headers `timestamp` and `sign`. They cover nothing of the body,
/// and two messages of one millisecond carry the same: a call is known by the `msgId` in its body, together
/// with this time ([`Stamp::new`](super::Stamp::new)).
///
/// # Errors
/// When it is forged or old.
pub fn check(secret: &Secret, timestamp: &str, sign: &str, now: At) -> Result<At, Untrusted> {
    same(sign, &signed(filled(secret)?, timestamp))?;
    Tick::Millisecond.fresh(timestamp, now, SKEW)
}

fn signed(secret: &str, timestamp: &str) -> String {
    let parts = [timestamp.as_bytes(), b"\n", secret.as_bytes()];
    BASE64.encode(keyed(secret.as_bytes(), &parts))
}
