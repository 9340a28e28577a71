//! feeds
pub mod decode;
pub mod parse;
pub mod plain;
mod repair;
