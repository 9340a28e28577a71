//! Every sentence that the program says, in Chinese and in English.
//!
//! One enum for each listener; each is worded by two functions that match every variant, so that a
//! sentence missing in a language does not compile. Whoever operates the program is a listener too
//! ([`operator`]). Logs and the `Display` of error types below the command line are no sentences for anybody: they
//! are for searching, and stay in English.

mod alarm;
mod answer;
mod became;
mod bot;
mod connect;
mod cost;
mod day_time;
mod demo;
mod draft;
mod hand;
mod hand_page;
pub mod help;
mod mail;
mod media;
mod named;
mod notify;
pub mod operator;
mod page;
pub mod post;
mod push;
mod refusal;
pub mod sources;
mod suggestion;
mod trial;
mod why;

pub use alarm::{AlarmSays, LedgerSays};
pub use answer::{AnswerSays, asks_for_more};
pub use bot::{BotSays, PostLine, SourceSaysLine, StaffLine, TopicLine, WaitSays};
pub use connect::{
    AccountSays, AccountSaysLine, Cause, ChannelRefusal, Counted, DiagnosisSays, HangsSays, NEEDS,
    StandsSays, StepsPart, StepsSays, need, platform_called, platform_name,
};
pub use cost::{AccountCostSays, CostSays};
pub use day_time::DayTime;
pub use demo::DemoSays;
pub use hand::{Errand, HandLine, HandRefusal, HandSays, HandStands};
pub use hand_page::HandPageSays;
pub use mail::MailSays;
pub use media::{EnclosedSays, MediaRefusal};
pub use named::{NamedIn, RoleNamed};
pub use notify::NotifySays;
pub use page::PageSays;
pub use push::{HeldSays, PushSays};
pub use refusal::{ChatName, MistakeSays, PostStanding, Refusal, role_name};
pub use suggestion::{
    CaseSays, FormSays, Kept, MineSays, Named, PastRefusal, SortingSays, SuggestionSays,
    TriageRefusal, TriageSays, back_label, decline_name, facet_label, facet_name, kind_name,
    phase_name, triage_label,
};
pub use trial::{TrialLine, TrialSays, TrialStanding};
pub use why::{WhyEnd, WhyNote, WhySays, WhyStep, WhyTelling};
