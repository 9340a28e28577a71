//! The whole story of one delivery, in sentences.

use super::ChatName;
use crate::model::{Became, Lang, PauseReason, Ruling};
use crate::text::Speak;
use chrono::NaiveDateTime;

/// What became of a post in one chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhySays {
    /// What people type to name the post.
    pub code: String,
    /// Its title.
    pub title: String,
    /// The chat.
    pub chat: ChatName,
    /// The account through which it goes.
    pub account: String,
    /// By revision.
    pub tellings: Vec<WhyTelling>,
    /// What else explains it.
    pub notes: Vec<WhyNote>,
}

/// What became of one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyTelling {
    /// The revision.
    pub revision: u16,
    /// What happened, when, in order.
    pub steps: Vec<(NaiveDateTime, WhyStep)>,
    /// How it stands.
    pub end: WhyEnd,
    /// Whether it may have arrived twice.
    pub may_repeat: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the outcomes of an attempt")]
pub enum WhyStep {
    Planned,
    Taken,
    Waited(NaiveDateTime),
    Failed(String),
    Moved,
    Refused(String),
    Unknown(String),
    Rested,
    WentOn,
    Retried,
    Ruled(Ruling),
    LeftOut(String),
    Handed,
    /// Somebody was asked to bring it to the group, or all editors.
    Asked(Option<String>),
    Reminded(String),
    Posted(String),
    Skipped(String),
    Undone(String),
    CalledOff,
    Became(Became),
}

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the states of a delivery")]
pub enum WhyEnd {
    /// It waits, until a time where that is to come.
    Due {
        at: Option<NaiveDateTime>,
    },
    UnderWay,
    Sent {
        at: NaiveDateTime,
        messages: usize,
    },
    Dead {
        at: NaiveDateTime,
        reason: String,
    },
    Dropped {
        at: NaiveDateTime,
        reason: String,
    },
    Held {
        at: NaiveDateTime,
    },
    Parked {
        at: NaiveDateTime,
    },
    /// It waits for somebody, who was asked last, or for any editor.
    InHands {
        at: NaiveDateTime,
        who: Option<String>,
    },
    /// Somebody has brought it there.
    Brought {
        at: NaiveDateTime,
        by: String,
    },
}

/// What else explains how a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum WhyNote {
    PostPaused(PauseReason),
    PostWithdrawn { at: NaiveDateTime },
    Ended { at: NaiveDateTime, reason: String },
    Paused { at: NaiveDateTime, reason: String },
    TopicLeft,
    ChatGone,
    Slow { percent: u16 },
    AccountWaits { until: NaiveDateTime },
}

impl Speak for WhySays {
    fn say(&self, lang: Lang) -> String {
        let mut lines = vec![match lang {
            Lang::Zh => format!(
                "稿件 {}“{}”→{}，经账号“{}”。",
                self.code,
                self.title,
                self.chat.say(lang),
                self.account
            ),
            Lang::En => format!(
                "Post {} “{}” to {}, through the account “{}”.",
                self.code,
                self.title,
                self.chat.say(lang),
                self.account
            ),
        }];
        for telling in &self.tellings {
            if self.tellings.len() > 1 {
                lines.push(match lang {
                    Lang::Zh => format!("第 {} 版：", telling.revision),
                    Lang::En => format!("Revision {}:", telling.revision),
                });
            }
            for (at, step) in &telling.steps {
                lines.push(match lang {
                    Lang::Zh => format!("{}　{}", moment_zh(*at), step_zh(step)),
                    Lang::En => format!("{}: {}", moment_en(*at), step_en(step)),
                });
            }
            lines.push(match lang {
                Lang::Zh => end_zh(&telling.end),
                Lang::En => end_en(&telling.end),
            });
            if telling.may_repeat {
                lines.push(repeat(lang).to_owned());
            }
        }
        lines.extend(self.notes.iter().map(|note| match lang {
            Lang::Zh => note_zh(note),
            Lang::En => note_en(note),
        }));
        lines.join("\n")
    }
}

const fn repeat(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "有一次发送没有收到平台答复，因此该会话可能收到了两遍。",
        Lang::En => "One attempt was never answered, so the chat may have got it twice.",
    }
}

fn step_zh(step: &WhyStep) -> String {
    match step {
        WhyStep::Planned => "列入发送计划".into(),
        WhyStep::Taken => "平台已接收".into(),
        WhyStep::Waited(until) => format!("平台要求等到 {} 再发", moment_zh(*until)),
        WhyStep::Failed(what) => format!("发送失败，稍后重试。平台返回：{what}"),
        WhyStep::Moved => "会话已迁移，改发到新地址".into(),
        WhyStep::Refused(what) => format!("未能送达：{what}"),
        WhyStep::Unknown(what) => format!("已发出，但没有收到答复：{what}"),
        WhyStep::Rested => "随稿件一起暂停".into(),
        WhyStep::WentOn => "暂停结束".into(),
        WhyStep::Retried => "工作人员让它重新发送".into(),
        WhyStep::Ruled(Ruling::Sent) => "工作人员核实为已送达".into(),
        WhyStep::Ruled(Ruling::NotSent) => "工作人员核实为未送达".into(),
        WhyStep::Ruled(Ruling::Resend) => "工作人员决定重发".into(),
        WhyStep::LeftOut(whom) => format!("平台只发给了一部分人，没有发给：{whom}"),
        WhyStep::Handed => "文字和海报已备好，等人转发到群里".into(),
        WhyStep::Asked(Some(who)) => format!("已请{who}转发"),
        WhyStep::Asked(None) => "没有人转发，已告知编辑".into(),
        WhyStep::Reminded(who) => format!("已提醒{who}"),
        WhyStep::Posted(who) => format!("{who}表示已发到群里"),
        WhyStep::Skipped(who) => format!("{who}决定不发"),
        WhyStep::Undone(who) => format!("{who}撤销了上一步"),
        WhyStep::CalledOff => "稿件撤回，已请转发人在群里处理".into(),
        WhyStep::Became(became) => became.say(Lang::Zh),
    }
}

fn step_en(step: &WhyStep) -> String {
    match step {
        WhyStep::Planned => "it was planned".into(),
        WhyStep::Taken => "the platform took it".into(),
        WhyStep::Waited(until) => format!("the platform asked to wait until {}", moment_en(*until)),
        WhyStep::Failed(what) => {
            format!("it failed and was to be tried again; the platform said: {what}")
        }
        WhyStep::Moved => "the chat had moved; the new address is used since".into(),
        WhyStep::Refused(what) => format!("it could not be delivered: {what}"),
        WhyStep::Unknown(what) => format!("it left, and no answer came: {what}"),
        WhyStep::Rested => "it rested with its post".into(),
        WhyStep::WentOn => "its rest was over".into(),
        WhyStep::Retried => "staff had it tried again".into(),
        WhyStep::Ruled(Ruling::Sent) => "staff found that it had arrived".into(),
        WhyStep::Ruled(Ruling::NotSent) => "staff found that it had not arrived".into(),
        WhyStep::Ruled(Ruling::Resend) => "staff had it sent again".into(),
        WhyStep::LeftOut(whom) => format!("the platform took it for some, and left out: {whom}"),
        WhyStep::Handed => "text and poster were ready for somebody to bring them there".into(),
        WhyStep::Asked(Some(who)) => format!("{who} was asked to bring it there"),
        WhyStep::Asked(None) => "nobody had brought it there, and the editors were told".into(),
        WhyStep::Reminded(who) => format!("{who} was reminded"),
        WhyStep::Posted(who) => format!("{who} said that it is there"),
        WhyStep::Skipped(who) => format!("{who} decided to leave it out"),
        WhyStep::Undone(who) => format!("{who} took the last step back"),
        WhyStep::CalledOff => {
            "the post was taken back, and whoever had brought it there was told".into()
        }
        WhyStep::Became(became) => became.say(Lang::En),
    }
}

fn end_zh(end: &WhyEnd) -> String {
    match end {
        WhyEnd::Due { at: Some(at) } => format!("现状：等待发送，最早 {}。", moment_zh(*at)),
        WhyEnd::Due { at: None } => "现状：在队列中等待发送。".into(),
        WhyEnd::UnderWay => "现状：正在发送。".into(),
        WhyEnd::Sent { at, messages: 0 | 1 } => format!("现状：已于 {} 送达。", moment_zh(*at)),
        WhyEnd::Sent { at, messages } => {
            format!("现状：已于 {} 送达，共 {messages} 条消息。", moment_zh(*at))
        }
        WhyEnd::Dead { at, reason } => {
            format!("现状：{} 起放弃发送，原因：{reason}", moment_zh(*at))
        }
        WhyEnd::Dropped { at, reason } => {
            format!("现状：{} 起不再发送，原因：{reason}", moment_zh(*at))
        }
        WhyEnd::Held { at } => {
            format!("现状：{} 起等待人工核实是否送达。", moment_zh(*at))
        }
        WhyEnd::Parked { at } => format!("现状：{} 起随稿件暂停。", moment_zh(*at)),
        WhyEnd::InHands { at, who: Some(who) } => {
            format!("现状：{} 起等{who}发到群里。", moment_zh(*at))
        }
        WhyEnd::InHands { at, who: None } => {
            format!("现状：{} 起等人发到群里。", moment_zh(*at))
        }
        WhyEnd::Brought { at, by } => format!("现状：已于 {} 由{by}发到群里。", moment_zh(*at)),
    }
}

fn end_en(end: &WhyEnd) -> String {
    match end {
        WhyEnd::Due { at: Some(at) } => {
            format!("Now: it waits to be sent, at {} at the earliest.", moment_en(*at))
        }
        WhyEnd::Due { at: None } => "Now: it waits in the queue.".into(),
        WhyEnd::UnderWay => "Now: it is being sent.".into(),
        WhyEnd::Sent { at, messages: 0 | 1 } => format!("Now: it arrived on {}.", moment_en(*at)),
        WhyEnd::Sent { at, messages } => {
            format!("Now: it arrived on {}, in {messages} messages.", moment_en(*at))
        }
        WhyEnd::Dead { at, reason } => {
            format!("Now: it was given up on {}: {reason}", moment_en(*at))
        }
        WhyEnd::Dropped { at, reason } => {
            format!("Now: it is not sent any more since {}: {reason}", moment_en(*at))
        }
        WhyEnd::Held { at } => {
            format!("Now: since {} it waits for a person to find out.", moment_en(*at))
        }
        WhyEnd::Parked { at } => format!("Now: it rests with its post since {}.", moment_en(*at)),
        WhyEnd::InHands { at, who: Some(who) } => {
            format!("Now: since {} it waits for {who} to bring it there.", moment_en(*at))
        }
        WhyEnd::InHands { at, who: None } => {
            format!("Now: since {} it waits for somebody to bring it there.", moment_en(*at))
        }
        WhyEnd::Brought { at, by } => {
            format!("Now: {by} brought it there on {}.", moment_en(*at))
        }
    }
}

fn note_zh(note: &WhyNote) -> String {
    match note {
        WhyNote::PostPaused(why) => super::PushSays::Stands(why.clone()).say(Lang::Zh),
        WhyNote::PostWithdrawn { at } => format!("稿件已于 {} 取消。", moment_zh(*at)),
        WhyNote::Ended { at, reason } if reason.is_empty() => {
            format!("该会话已于 {} 自行退订。", moment_zh(*at))
        }
        WhyNote::Ended { at, reason } => {
            format!("该会话的订阅已于 {} 终止。平台返回：{reason}", moment_zh(*at))
        }
        WhyNote::Paused { at, reason } => {
            format!("该会话的订阅自 {} 起暂停。平台返回：{reason}", moment_zh(*at))
        }
        WhyNote::TopicLeft => "该会话现在没有订阅这个栏目。".into(),
        WhyNote::ChatGone => "该会话的订阅记录已不在。".into(),
        WhyNote::Slow { percent } => {
            format!("该账号被平台限流后已放慢到上限的 {percent}%，会逐步恢复。")
        }
        WhyNote::AccountWaits { until } => {
            format!("平台要求该账号等到 {} 再发。", moment_zh(*until))
        }
    }
}

fn note_en(note: &WhyNote) -> String {
    match note {
        WhyNote::PostPaused(why) => super::PushSays::Stands(why.clone()).say(Lang::En),
        WhyNote::PostWithdrawn { at } => format!("The post was cancelled on {}.", moment_en(*at)),
        WhyNote::Ended { at, reason } if reason.is_empty() => {
            format!("The chat unsubscribed on {}.", moment_en(*at))
        }
        WhyNote::Ended { at, reason } => {
            format!("Its subscription ended on {}; the platform said: {reason}", moment_en(*at))
        }
        WhyNote::Paused { at, reason } => {
            let at = moment_en(*at);
            format!("Its subscription is paused since {at}; the platform said: {reason}")
        }
        WhyNote::TopicLeft => "The chat does not have this topic now.".into(),
        WhyNote::ChatGone => "The chat's subscription is no longer on record.".into(),
        WhyNote::Slow { percent } => format!(
            "The account was refused in spite of its limits: it sends at {percent} % of them, and climbs back."
        ),
        WhyNote::AccountWaits { until } => {
            format!("The platform asked the account to wait until {}.", moment_en(*until))
        }
    }
}

/// A local time to the second, as Chinese readers write it.
fn moment_zh(time: NaiveDateTime) -> String {
    time.format("%-m月%-d日 %H:%M:%S").to_string()
}

/// A local time to the second, as English readers write it.
fn moment_en(time: NaiveDateTime) -> String {
    time.format("%-d %B %H:%M:%S").to_string()
}
