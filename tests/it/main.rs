//! The whole program, tested as one crate: rooms through their doors, stories through the chat.
#![expect(missing_docs, reason = "tests are told by their names")]

mod clock;
mod commands;
mod config;
mod fakes;
mod layers;
mod paths;
mod schedule;
mod store_contract;
mod store_sled;
mod store_vault;
mod telegram;
mod text;
mod text_properties;
