//! One function for each thing that people do.
pub mod digest;
