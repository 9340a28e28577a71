//! Secrets that are made up here, for platforms that are told what was made up.

use crate::clock::{Clock as _, SystemClock};
use crate::config::needs::Made;
use crate::connector::Secret;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The last of 43 letters of Base64 that stand for 32 bytes: its two lowest bits say nothing, and are zero.
const LAST: &[u8; 15] = b"AEIMQUYcgkosw04";

/// The letters of a key in Base64 that stands for 32 bytes.
const KEY: usize = 43;

/// A secret that nobody can guess.
#[must_use]
pub fn made(made: Made) -> Secret {
    Secret::new(match made {
        Made::HookKey => format!("whsec_{}=", letters(KEY)),
        Made::Letters(count) => letters(count),
    })
}

fn letters(count: usize) -> String {
    let from = |letters: &[u8]| {
        // A byte that would favour the first letters is thrown again.
        let fair = 256 - 256 % letters.len();
        loop {
            let mut byte = [0u8; 1];
            SystemClock.random(&mut byte);
            let byte = usize::from(byte[0]);
            if byte < fair {
                return char::from(letters[byte % letters.len()]);
            }
        }
    };
    let last = |number| number + 1 == KEY && count == KEY;
    (0..count).map(|number| if last(number) { from(LAST) } else { from(LETTERS) }).collect()
}

#[cfg(test)]
mod tests {
    use super::{LETTERS, made};
    use crate::config::needs::Made;

    #[test]
    fn what_is_made_up_has_its_length_and_form_and_differs_each_time() {
        let key = made(Made::Letters(43));
        assert_eq!(key.reveal().len(), 43);
        assert!(key.reveal().bytes().all(|b| LETTERS.contains(&b)));
        assert_ne!(key, made(Made::Letters(43)));
        let hook = made(Made::HookKey);
        assert!(hook.reveal().starts_with("whsec_") && hook.reveal().len() == 50);
    }
}
