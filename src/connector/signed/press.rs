//! The name of a press, as it stands in what we keep until the press is answered: what a platform must be told to
//! answer it tells who pressed, and is sealed under a key that is not kept there.

use super::blocks::{self, BLOCK};
use super::{BASE64, keyed};
use base64::Engine as _;

/// What the text inside is filled up to.
const FILL: u8 = 16;

/// The name of a press. `event` names the call that told of it: the same call has the same name, and of two calls
/// nobody can tell whether they say the same.
#[must_use]
pub fn seal(key: &[u8], event: &str, told: &str) -> String {
    let mut iv = [0; BLOCK];
    iv.copy_from_slice(&keyed(key, &[event.as_bytes(), &[0], told.as_bytes()])[..BLOCK]);
    let sealed = blocks::encrypt(&of(key), iv, told.as_bytes().to_vec(), FILL);
    BASE64.encode([&iv[..], &sealed].concat())
}

/// What a press must be answered with; `None` where its name is none that was made under this key.
#[must_use]
pub fn open(key: &[u8], press: &str) -> Option<String> {
    let bytes = BASE64.decode(press).ok()?;
    let (iv, sealed) = bytes.split_first_chunk::<BLOCK>()?;
    String::from_utf8(blocks::decrypt(&of(key), *iv, sealed.to_vec(), FILL).ok()?).ok()
}

/// The key of the cipher: another one than that by which events are named.
fn of(key: &[u8]) -> [u8; 32] {
    keyed(key, &[b"press"])
}
