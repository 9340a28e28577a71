//! Stories: the whole program, put together as it is for real, over a platform and a host that hold state.
//!
//! Each tells what people do and reads what they are told. A message that nobody read fails the story.

mod byhand;
mod byhand_phone;
mod cards;
mod carried;
mod chats;
mod dingtalk;
mod drafts;
mod editor;
mod email;
mod everywhere;
mod feishu;
mod feishu_refusals;
mod figures;
mod held;
mod hooks;
mod member;
mod mistakes;
mod official;
mod official_jobs;
mod official_passive;
mod pairing;
mod pictures;
mod robots;
mod telegram;
mod webpush;
mod wecom;
mod wecombot;
mod world;
