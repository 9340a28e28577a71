//! What the program talks to, as state that a test sets and looks at.

pub mod feedhost;
