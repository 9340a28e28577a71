//! What whoever operates the program reads in a terminal: help, what commands did, mistakes of the
//! configuration, and what went wrong, each with what to do.
//!
//! What a system, a database or an engine said is quoted as it was said, behind our own sentence.

mod ask;
mod browsers;
mod channel;
mod command;
mod config;
mod connect;
mod data;
mod done;
mod expects;
mod ledger;
mod mailbox;
mod option;
mod pages;
mod remark;
mod robot;
mod sorting;
mod system;
mod telegram;
mod trouble;
mod usage;
mod wecom;

pub use ask::{AskSays, EmptySays};
pub use browsers::BrowsersSays;
pub use channel::{ChannelLine, ChannelSays, ChannelTrouble};
pub use command::CommandSays;
pub use config::{ConfigSays, FoundSays};
pub use connect::{ConnectSays, ConnectTrouble, DaemonSays, WrittenSays};
pub use data::{AdviceSays, DataSays, ExportSays, WhereSays};
pub use done::{DoneSays, DutySays, ProbeSays, VerifiedSays, WorkerLine};
pub use expects::Expects;
pub use ledger::LedgerColumn;
pub use mailbox::MailboxSays;
pub use option::OptionSays;
pub use pages::PagesSays;
pub use remark::{PlaceSays, RemarkSays};
pub use robot::RobotSays;
pub use sorting::SortingSays;
pub use system::SystemSays;
pub use telegram::TelegramSays;
pub use trouble::{PartSays, TroubleSays};
pub use usage::{HelpSays, UsageSays};
pub use wecom::WecomSays;
