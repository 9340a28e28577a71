//! How much space is left on the disk under what is kept.

/// The space on the disk, and what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// So many bytes are free.
    pub free: u64,
    /// So many are kept free.
    pub reserve: u64,
    /// What that allows.
    pub level: Level,
}

/// What the space on the disk allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Anything.
    Ample,
    /// Anything yet, and somebody should make room.
    Scarce,
    /// Nothing is taken in until there is room.
    Gone,
}
