//! The whole program, tested as one crate: rooms through their doors, stories through the chat.

mod clock;
mod commands;
mod config;
mod layers;
mod paths;
mod store_contract;
mod store_sled;
mod store_vault;
mod text;
mod text_properties;

mod fakes;
mod telegram;
