//! Tokens in forms: they show that the form was one of ours, for one purpose, and not long ago.

use crate::clock::Clock;
use crate::model::{At, hex, unhex};
use crate::store::vault::Hasher;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How long a form may lie open.
const VALID: Duration = Duration::from_hours(12);

/// A token for a form with this purpose. No two are the same: it is also the form's name.
pub(in crate::web) fn issue(hasher: &Hasher, clock: &dyn Clock, purpose: &str) -> String {
    let mut name = [0u8; 8];
    clock.random(&mut name);
    let stamp = format!("{:x}-{}", clock.now().millis(), hex(&name));
    let mark = hex(&sign(hasher, purpose, &stamp));
    format!("{stamp}.{mark}")
}

/// Whether this is a token of ours for this purpose, neither too old nor from the future.
pub(in crate::web) fn valid(hasher: &Hasher, purpose: &str, token: &str, now: At) -> bool {
    let Some((stamp, mark)) = token.split_once('.') else { return false };
    let moment = stamp.split_once('-').and_then(|(m, _)| i64::from_str_radix(m, 16).ok());
    let Some(at) = moment.map(At::from_millis) else { return false };
    let good = sign(hasher, purpose, stamp)[..].ct_eq(&unhex(mark).unwrap_or_default());
    bool::from(good) && at <= now && now.since(at) <= VALID
}

/// Signs a stamp for a purpose.
pub(in crate::web) fn sign(hasher: &Hasher, purpose: &str, stamp: &str) -> [u8; 32] {
    hasher.keyed("web-form", format!("{purpose}\0{stamp}").as_bytes())
}
