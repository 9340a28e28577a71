//! What an editor is told of a push before it is confirmed: whom it reaches, until when, what it breaks.

use super::bot::{chats_en, time_en, time_zh};
use crate::model::Lang;
use crate::text::Speak;
use chrono::NaiveDateTime;
use std::time::Duration;

/// What a push will cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostSays {
    /// How many chats get it.
    pub chats: u64,
    /// How many messages that are.
    pub messages: u64,
    /// To how many of the chats a person brings it.
    pub by_hand: u64,
    /// When the last is sent, local time.
    pub end: NaiveDateTime,
    /// By account.
    pub accounts: Vec<AccountCostSays>,
}

/// What a push will cost one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCostSays {
    /// The account, by its name in the configuration.
    pub account: String,
    /// How many chats get it.
    pub chats: u64,
    /// How many messages that are.
    pub messages: u64,
    /// How many messages go before it, or in turn with it.
    pub ahead: u64,
    /// When the last is sent, local time.
    pub end: NaiveDateTime,
    /// How much of its limits the account uses, in percent.
    pub percent: u16,
    /// Quotas that it would break: how many are allowed within which span, and how many are spent.
    pub breaks: Vec<(u32, Duration, u64)>,
}

impl Speak for CostSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(cost: &CostSays) -> String {
    if cost.chats == 0 {
        return "目前没有会话订阅这个栏目。".to_owned();
    }
    let mut lines = vec![format!(
        "将发往 {} 个会话，共 {} 条消息，预计 {} 发完。",
        cost.chats,
        cost.messages,
        time_zh(cost.end)
    )];
    if cost.by_hand > 0 {
        lines.push(format!("其中 {} 个群由人转发，何时发到群里由转发人决定。", cost.by_hand));
    }
    let several = cost.accounts.len() > 1;
    for account in &cost.accounts {
        let name = &account.account;
        if several || account.ahead > 0 {
            lines.push(format!(
                "账号“{name}”：{} 个会话、{} 条消息，前面或交替发送的还有 {} 条，预计 {} 发完。",
                account.chats,
                account.messages,
                account.ahead,
                time_zh(account.end)
            ));
        }
        if account.percent < 100 {
            let percent = account.percent;
            lines.push(format!("账号“{name}”被平台限流后已放慢到上限的 {percent}%。"));
        }
        for (sends, span, spent) in &account.breaks {
            lines.push(format!(
                "⚠ 会超出账号“{name}”{}的上限 {sends} 条（已用 {spent} 条）：超出部分要等额度恢复后再发。",
                span_zh(*span)
            ));
        }
    }
    lines.join("\n")
}

fn en(cost: &CostSays) -> String {
    if cost.chats == 0 {
        return "No chat has this topic at present.".to_owned();
    }
    let mut lines = vec![format!(
        "It goes to {} in {}, and is through by about {}.",
        chats(cost.chats),
        messages(cost.messages),
        time_en(cost.end)
    )];
    if cost.by_hand > 0 {
        lines.push(format!("To {} of them a person brings it, whenever that is.", cost.by_hand));
    }
    let several = cost.accounts.len() > 1;
    for account in &cost.accounts {
        let name = &account.account;
        if several || account.ahead > 0 {
            lines.push(format!(
                "Account “{name}”: {}, {}; {} go before it or in turn with it; through by about {}.",
                chats(account.chats),
                messages(account.messages),
                account.ahead,
                time_en(account.end)
            ));
        }
        if account.percent < 100 {
            let percent = account.percent;
            lines.push(format!(
                "The account “{name}” was refused in spite of its limits and sends at {percent} % of them."
            ));
        }
        for (sends, span, spent) in &account.breaks {
            lines.push(format!(
                "⚠ It breaks the quota of the account “{name}”, {sends} in {} ({spent} are spent): what is beyond it waits until there is room again.",
                span_en(*span)
            ));
        }
    }
    lines.join("\n")
}

fn chats(count: u64) -> String {
    chats_en(usize::try_from(count).unwrap_or(usize::MAX))
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

fn span_zh(span: Duration) -> String {
    match span.as_secs() / 3600 {
        1 => "每小时".to_owned(),
        24 => "每 24 小时".to_owned(),
        hours if hours % 24 == 0 => format!("每 {} 天", hours / 24),
        hours => format!("每 {hours} 小时"),
    }
}

fn span_en(span: Duration) -> String {
    match span.as_secs() / 3600 {
        1 => "an hour".to_owned(),
        hours if hours % 24 == 0 && hours > 24 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}
