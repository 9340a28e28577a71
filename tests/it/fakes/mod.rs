//! Platforms that hold state and keep their real limits, without the platforms.

pub mod telegram;
