//! Names of things: every ID is a type of its own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.simple().fmt(f)
            }
        }
    };
}

id!(
    /// Names a post.
    PostId
);
id!(
    /// Names a subscriber: one chat that asked to receive.
    SubscriberId
);
id!(
    /// Names a person who works with the program.
    PersonId
);
id!(
    /// Names a notice: something said to one chat.
    NoticeId
);
id!(
    /// Names an entry read from a source.
    EntryId
);
id!(
    /// Names a suggestion, from its draft to its end.
    SuggestionId
);
id!(
    /// Names one run of the daemon; a lease is held by a run.
    RunId
);

impl SubscriberId {
    /// What staff type to name a chat: the last forty bits, which differ where names were given at once.
    #[must_use]
    pub fn code(&self) -> Code {
        let bits = self.0.as_u128();
        let group = |n: u32| u8::try_from((bits >> (35 - 5 * n)) & 31).unwrap_or(0);
        Code::from_random(&[0, 1, 2, 3, 4, 5, 6, 7].map(group))
    }
}

/// A short code that people read, type and say aloud: Crockford's base 32 without I, L, O and U.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

/// The alphabet of codes: nothing that looks like something else.
pub const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Code {
    /// Makes a code of `length` characters from random bytes, five bits of each byte.
    #[must_use]
    pub fn from_random(bytes: &[u8]) -> Self {
        let letter = |b: &u8| char::from(CODE_ALPHABET[usize::from(b & 31)]);
        Self(bytes.iter().map(letter).collect())
    }

    /// Reads what a person typed: case, spaces, dashes and look-alikes (`O`, `I`, `L`) are forgiven.
    ///
    /// Returns `None` where anything else stands in it, or nothing at all.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(typed.len());
        for c in typed.trim().trim_start_matches('#').chars() {
            match c.to_ascii_uppercase() {
                ' ' | '-' | '\u{2013}' | '\u{2014}' => {}
                'O' => code.push('0'),
                'I' | 'L' => code.push('1'),
                c if c.is_ascii() && CODE_ALPHABET.contains(&(c as u8)) => code.push(c),
                _ => return None,
            }
        }
        (!code.is_empty() && code.len() <= 32).then_some(Self(code))
    }

    /// The bare characters, without dashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Code {
    /// As it is shown: groups of four, joined by dashes; a short one in one piece.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.len() <= 6 {
            return f.write_str(&self.0);
        }
        for (i, c) in self.0.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}
