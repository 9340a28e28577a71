//! Loops that look at the store, do what is due, and stop.
pub mod feeds;
pub mod press;
