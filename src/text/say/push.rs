//! What editors are told of a push while it goes out: stopped, resumed, taken back, tried again, settled.

use super::ChatName;
use super::bot::{chats_en, time_en, time_zh};
use crate::model::{Lang, PauseReason, Ruling};
use crate::text::Speak;
use chrono::NaiveDateTime;

/// A sentence on a push.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum PushSays {
    Paused {
        code: String,
        sent: u64,
    },
    Resumed {
        code: String,
        waiting: u64,
    },
    Cancelled {
        code: String,
        sent: u64,
        waiting: u64,
        some: Vec<ChatName>,
    },
    /// Whether a post shall be taken back that has gone out to all.
    AskTakeBack {
        code: String,
        title: String,
        sent: u64,
    },
    /// It was taken back after it had gone out to all.
    TakenBack {
        code: String,
        sent: u64,
        some: Vec<ChatName>,
    },
    /// It was taken back before it had begun to go out, and can be taken up again.
    Discarded {
        code: String,
    },
    Retrying {
        code: String,
        count: u64,
    },
    Held {
        code: String,
        count: u64,
        lines: Vec<HeldSays>,
    },
    RuledAll {
        code: String,
        count: u64,
        ruling: Ruling,
    },
    RuledOne {
        code: String,
        chat: ChatName,
        ruling: Ruling,
    },
    /// Why a post is paused, below its report.
    Stands(PauseReason),
    /// An account that sends more slowly than its limits allow, in percent of them.
    Slow {
        account: String,
        percent: u16,
    },
}

/// Something of which nobody knows whether it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSays {
    /// The chat.
    pub chat: ChatName,
    /// Since when, local time.
    pub at: NaiveDateTime,
    /// What is known of the attempt.
    pub what: String,
}

impl Speak for PushSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &PushSays) -> String {
    use PushSays as S;
    match says {
        S::Paused { code, sent } => format!(
            "稿件 {code} 已暂停，已有 {sent} 个会话收到；此刻正在发出的少量消息仍会到达。继续请发送：/继续 {code}"
        ),
        S::Resumed { code, waiting } => {
            format!("稿件 {code} 继续推送，还有 {waiting} 个会话已排队等待。查看进度：/送达 {code}")
        }
        S::Cancelled { code, sent: 0, waiting: 0, .. } => {
            format!("稿件 {code} 已取消，没有发给任何会话。")
        }
        S::Cancelled { code, sent, waiting, some } => {
            let some = some_zh(*sent, some);
            format!(
                "稿件 {code} 已停止推送：取消时已有 {sent} 个会话收到，已排队的 {waiting} 个不再发送；此刻正在发出的少量消息仍会到达。{some}\n完整名单：tongxin ledger {code}"
            )
        }
        S::AskTakeBack { code, title, sent } => format!(
            "稿件 {code}“{title}”已经推送完毕，{sent} 个会话已收到，他们手里的消息不会消失。撤回后，本单位的网页和订阅源不再显示它的正文。送达情况：/送达 {code}\n确认撤回，请按下面的按钮。"
        ),
        S::TakenBack { code, sent, some } => format!(
            "稿件 {code} 已撤回：本单位的网页和订阅源不再显示它的正文；已收到的 {sent} 个会话仍有这条消息。{}\n完整名单：tongxin ledger {code}",
            some_zh(*sent, some)
        ),
        S::Discarded { code } => format!(
            "稿件 {code} 已作废，没有发给任何会话。\n要恢复，请引用回复本条并发送全文；内容不变，请发送：/定时 {code} 明天 09:00"
        ),
        S::Retrying { code, count } => {
            format!("稿件 {code} 将重发给失败的 {count} 个会话。查看进度：/送达 {code}")
        }
        S::Held { code, count: 0, .. } => format!("稿件 {code} 没有等待核实的会话。"),
        S::Held { code, count, lines } => held_zh(code, *count, lines),
        S::RuledAll { code, count, ruling } => {
            format!("稿件 {code} 等待核实的 {count} 个会话：{}。", ruling_zh(*ruling))
        }
        S::RuledOne { code, chat, ruling } => {
            format!("稿件 {code} 发往{}的消息：{}。", chat.say(Lang::Zh), ruling_zh(*ruling))
        }
        S::Stands(PauseReason::By(_)) => "推送已由工作人员暂停。".to_owned(),
        S::Stands(PauseReason::Failing { dead, of, reason }) => {
            format!(
                "推送因失败过多自动暂停：已尝试 {of} 个会话，失败 {dead} 个，主要原因：{reason}"
            )
        }
        S::Slow { account, percent } => {
            format!("账号“{account}”被平台限流后已放慢到上限的 {percent}%，会逐步恢复。")
        }
    }
}

fn some_zh(sent: u64, some: &[ChatName]) -> String {
    let some = some.iter().map(|c| c.say(Lang::Zh)).collect::<Vec<_>>().join("、");
    match some.as_str() {
        "" => String::new(),
        some => format!("\n已收到的会话：{some}{}", if sent > 5 { "等" } else { "。" }),
    }
}

fn held_zh(code: &str, count: u64, lines: &[HeldSays]) -> String {
    let line = |l: &HeldSays| format!("{}　{} 起：{}", l.chat.say(Lang::Zh), time_zh(l.at), l.what);
    let shown = lines.iter().map(line).collect::<Vec<_>>().join("\n");
    format!(
        "稿件 {code} 有 {count} 个会话不知是否送达：\n{shown}\n核实后请发送：/核实 {code} 会话 已送达，或 未送达、重发；一并处理：/核实 {code} 全部 重发"
    )
}

const fn ruling_zh(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Sent => "记为已送达",
        Ruling::NotSent => "记为未送达，不再发送",
        Ruling::Resend => "重新发送",
    }
}

fn en(says: &PushSays) -> String {
    use PushSays as S;
    match says {
        S::Paused { code, sent } => format!(
            "Post {code} is paused. {} got it; the few messages that are leaving at this moment still arrive. To go on: /resume {code}",
            chats(*sent)
        ),
        S::Resumed { code, waiting } => format!(
            "Post {code} goes on; {} wait in the queue. Progress: /report {code}",
            chats(*waiting)
        ),
        S::Cancelled { code, sent: 0, waiting: 0, .. } => {
            format!("Post {code} is cancelled. Nobody got it.")
        }
        S::Cancelled { code, sent, waiting, some } => {
            let some = some_en(some);
            format!(
                "Post {code} is stopped. {} had it by then, {waiting} in the queue will not get it; the few messages that are leaving at this moment still arrive.{some}\nThe whole list: tongxin ledger {code}",
                chats(*sent)
            )
        }
        S::AskTakeBack { code, title, sent } => format!(
            "Post {code} “{title}” has gone out: {} got it, and keep it. Once it is taken back, our own pages and feeds no longer show its text. How it went: /report {code}\nPress the button to take it back.",
            chats(*sent)
        ),
        S::TakenBack { code, sent, some } => format!(
            "Post {code} is taken back: our own pages and feeds no longer show its text; {} got it, and keep it.{}\nThe whole list: tongxin ledger {code}",
            chats(*sent),
            some_en(some)
        ),
        S::Discarded { code } => format!(
            "Post {code} is discarded. Nobody got it.\nTo take it up again, reply to this message with the whole text; to leave it as it is: /schedule {code} tomorrow 09:00"
        ),
        S::Retrying { code, count } => format!(
            "Post {code} is sent again to {} that did not get it. Progress: /report {code}",
            chats(*count)
        ),
        S::Held { code, count: 0, .. } => format!("Nothing of post {code} is held."),
        S::Held { code, count, lines } => held_en(code, *count, lines),
        S::RuledAll { code, count, ruling } => {
            format!("Post {code}, {} that were held: {}.", chats(*count), ruling_en(*ruling))
        }
        S::RuledOne { code, chat, ruling } => {
            format!("Post {code}, {}: {}.", chat.say(Lang::En), ruling_en(*ruling))
        }
        S::Stands(PauseReason::By(_)) => "Staff have paused the push.".to_owned(),
        S::Stands(PauseReason::Failing { dead, of, reason }) => format!(
            "The push paused itself because it failed too often: of {of} chats that were tried, {dead} did not get it. Main reason: {reason}"
        ),
        S::Slow { account, percent } => format!(
            "The account “{account}” was refused in spite of its limits: it sends at {percent} % of them, and climbs back."
        ),
    }
}

fn some_en(some: &[ChatName]) -> String {
    let some = some.iter().map(|c| c.say(Lang::En)).collect::<Vec<_>>().join(", ");
    match some.as_str() {
        "" => String::new(),
        some => format!("\nAmong those who have it: {some}"),
    }
}

fn held_en(code: &str, count: u64, lines: &[HeldSays]) -> String {
    let line =
        |l: &HeldSays| format!("{} since {}: {}", l.chat.say(Lang::En), time_en(l.at), l.what);
    let shown = lines.iter().map(line).collect::<Vec<_>>().join("\n");
    format!(
        "Of post {code}, {} may or may not have it:\n{shown}\nOnce you know: /settle {code} CHAT sent, or notsent, or resend; all at once: /settle {code} all resend",
        chats(count)
    )
}

const fn ruling_en(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Sent => "taken as arrived",
        Ruling::NotSent => "taken as not arrived, and not sent again",
        Ruling::Resend => "sent again",
    }
}

fn chats(count: u64) -> String {
    chats_en(usize::try_from(count).unwrap_or(usize::MAX))
}
