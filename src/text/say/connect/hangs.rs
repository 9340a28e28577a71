//! What hangs on an account that is taken out.

use crate::model::Lang;
use crate::text::Speak;
use serde::{Deserialize, Serialize};

/// What hangs on an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HangsSays {
    /// So many chats receive through it.
    pub chats: Counted,
    /// So many messages are still owed through it.
    pub owed: Counted,
    /// So many open suggestions are answered through it.
    pub suggestions: Counted,
}

/// How many there are, as far as was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counted {
    /// So many.
    All(u64),
    /// More than so many.
    Over(u64),
}

impl Default for Counted {
    fn default() -> Self {
        Self::All(0)
    }
}

impl Counted {
    /// As it stands in a sentence.
    #[must_use]
    pub fn say(self, lang: Lang) -> String {
        match (self, lang) {
            (Self::All(count), _) => count.to_string(),
            (Self::Over(count), Lang::Zh) => format!("{count} 以上"),
            (Self::Over(count), Lang::En) => format!("more than {count}"),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self, Self::All(0))
    }
}

impl Speak for HangsSays {
    fn say(&self, lang: Lang) -> String {
        if [self.chats, self.owed, self.suggestions].iter().all(|count| count.is_none()) {
            return match lang {
                Lang::Zh => "没有订阅、待发消息或未办结的建议与它相关。",
                Lang::En => "no subscription, message or open suggestion hangs on it",
            }
            .to_owned();
        }
        let mut lines = Vec::new();
        if !self.chats.is_none() {
            let chats = self.chats.say(lang);
            lines.push(match lang {
                Lang::Zh => format!("订阅的会话 {chats} 个：订阅随之终止，以后重新接入时须重新订阅。"),
                Lang::En => format!(
                    "chats that subscribed: {chats}; their subscriptions end with it, and are to be made anew should it come back"
                ),
            });
        }
        if !self.owed.is_none() {
            let owed = self.owed.say(lang);
            lines.push(match lang {
                Lang::Zh => format!(
                    "待发消息 {owed} 条：留在台账里，不再发送；以后同名的账号重新接入，仍订阅着的会话会补发。"
                ),
                Lang::En => format!(
                    "messages still owed: {owed}; they stay in the ledger and are not sent; should an account of the same name come back, chats that are subscribed then get them"
                ),
            });
        }
        if !self.suggestions.is_none() {
            let suggestions = self.suggestions.say(lang);
            lines.push(match lang {
                Lang::Zh => format!(
                    "未办结的建议 {suggestions} 条：答复送不到提出者的聊天，提出者仍可凭编号和查询码在网页上看到。"
                ),
                Lang::En => format!(
                    "open suggestions: {suggestions}; their answers do not reach the chats of their authors, who still read them on the page with number and code"
                ),
            });
        }
        lines.join("\n")
    }
}
