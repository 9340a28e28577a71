//! Letters that nobody may read by chance.

use serde::{Deserialize, Serialize, Serializer};

/// Letters that are shown to nobody: printed and written as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// These letters, from now on shown to nobody.
    #[must_use]
    pub const fn new(letters: String) -> Self {
        Self(letters)
    }

    /// The letters themselves, for the one call that needs them.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str("***")
    }
}
