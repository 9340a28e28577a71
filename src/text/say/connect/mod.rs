//! What is said to whoever connects a channel: the steps at its platform, what has to be given, and what is wrong
//! where it does not work. The same words in a terminal and in the chat.

mod account;
mod diagnosis;
mod hangs;
mod need;
mod refusal;
mod steps;

pub use account::{AccountSays, AccountSaysLine, StandsSays};
pub use diagnosis::{Cause, DiagnosisSays};
pub use hangs::{Counted, HangsSays};
pub use need::{NEEDS, need};
pub use refusal::ChannelRefusal;
pub use steps::{StepsPart, StepsSays, platform_called, platform_name};
