//! The whole program, tested as one crate: rooms through their doors, stories through the chat.

mod clock;
mod commands;
mod config;
mod digest;
mod fakes;
mod feeds_read;
mod feeds_round;
mod layers;
mod paths;
mod press;
mod privacy;
mod schedule;
mod store_contract;
mod store_kill;
mod store_records;
mod store_sled;
mod store_vault;
mod suggestions;
mod suggestions_phases;
mod suggestions_room;
mod telegram;
mod telegram_answers;
mod telegram_arrival;
mod text;
mod text_properties;
