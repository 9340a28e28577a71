//! The whole program, tested as one crate: rooms through their doors, stories through the chat.
#![expect(missing_docs, reason = "tests are told by their names")]

mod clock;
mod digest;
mod fakes;
mod feeds_read;
mod feeds_round;
mod press;
mod schedule;
mod store_contract;
mod store_sled;
