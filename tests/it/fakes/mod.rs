//! Platforms that hold state and keep their real limits, without the platforms.

pub mod telegram;
//! What the program talks to, as state that a test sets and looks at.

pub mod feedhost;
