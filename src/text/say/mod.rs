//! Every sentence that the program says, in Chinese and in English.
//!
//! One enum for each listener; each is worded by two functions that match every variant, so that a
//! sentence missing in a language does not compile.

mod alarm;
mod bot;
mod demo;
pub mod help;
pub mod post;
mod refusal;

pub use alarm::{AlarmSays, LedgerSays};
pub use bot::{BotSays, PostLine, SourceSaysLine, StaffLine, TopicLine};
pub use demo::DemoSays;
pub use refusal::{MistakeSays, PostStanding, Refusal, role_name};
pub mod sources;
