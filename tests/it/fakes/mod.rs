//! What the program talks to, as state that a test sets and looks at; each fake keeps its platform's limits.

pub mod around;
pub mod dingtalk;
pub mod feedhost;
pub mod feishu;
pub mod hookhost;
pub mod mailhost;
pub mod official;
pub mod pushhost;
pub mod robots;
pub mod sockets;
pub mod telegram;
pub mod uploads;
pub mod wecom;
pub mod wecombot;
