//! The whole program, tested as one crate: rooms through their doors, stories through the chat.
#![expect(missing_docs, reason = "tests are told by their names")]

mod clock;
mod fanout;
mod kills;
mod limiter;
mod outbox;
mod commands;
mod config;
mod store_contract;
mod store_sled;
mod store_vault;
mod layers;
mod paths;
mod text;
mod text_properties;

mod fakes;
mod telegram;
mod telegram_answers;
mod telegram_arrival;
mod schedule;
