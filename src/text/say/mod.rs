//! Every sentence that the program says, in Chinese and in English.
//!
//! One enum for each listener; each is worded by two functions that match every variant, so that a
//! sentence missing in a language does not compile.

mod bot;
pub mod help;
pub mod post;
mod refusal;

pub use bot::{BotSays, PostLine, SourceSaysLine, StaffLine, TopicLine};
pub use refusal::{MistakeSays, PostStanding, Refusal, role_name};
