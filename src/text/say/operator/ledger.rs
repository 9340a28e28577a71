//! The words of a ledger that people read in a spreadsheet. Programs read the names of columns and states as they
//! are, in the other form.

use crate::model::Lang;

/// A column of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the columns")]
pub enum LedgerColumn {
    Post,
    Revision,
    Title,
    Chat,
    ChatTitle,
    Kind,
    Account,
    Address,
    State,
    Planned,
    Settled,
    Messages,
    Failures,
    MayRepeat,
    Reason,
    By,
    Meant,
    Reached,
    Missed,
    Page,
}

impl LedgerColumn {
    /// Every column, in order.
    pub const ALL: [Self; 20] = [
        Self::Post,
        Self::Revision,
        Self::Title,
        Self::Chat,
        Self::ChatTitle,
        Self::Kind,
        Self::Account,
        Self::Address,
        Self::State,
        Self::Planned,
        Self::Settled,
        Self::Messages,
        Self::Failures,
        Self::MayRepeat,
        Self::Reason,
        Self::By,
        Self::Meant,
        Self::Reached,
        Self::Missed,
        Self::Page,
    ];

    /// The name by which programs know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Revision => "revision",
            Self::Title => "title",
            Self::Chat => "chat",
            Self::ChatTitle => "chat_title",
            Self::Kind => "kind",
            Self::Account => "account",
            Self::Address => "address",
            Self::State => "state",
            Self::Planned => "planned",
            Self::Settled => "settled",
            Self::Messages => "messages",
            Self::Failures => "failures",
            Self::MayRepeat => "may_repeat",
            Self::Reason => "reason",
            Self::By => "by",
            Self::Meant => "meant",
            Self::Reached => "reached",
            Self::Missed => "missed",
            Self::Page => "page",
        }
    }

    /// What stands at its head in a spreadsheet.
    #[must_use]
    pub const fn head(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (_, Lang::En) => self.name(),
            (Self::Post, Lang::Zh) => "稿件",
            (Self::Revision, Lang::Zh) => "版次",
            (Self::Title, Lang::Zh) => "标题",
            (Self::Chat, Lang::Zh) => "会话代码",
            (Self::ChatTitle, Lang::Zh) => "会话名称",
            (Self::Kind, Lang::Zh) => "会话类型",
            (Self::Account, Lang::Zh) => "账号",
            (Self::Address, Lang::Zh) => "平台地址",
            (Self::State, Lang::Zh) => "状态",
            (Self::Planned, Lang::Zh) => "列入时间",
            (Self::Settled, Lang::Zh) => "了结时间",
            (Self::Messages, Lang::Zh) => "消息数",
            (Self::Failures, Lang::Zh) => "失败次数",
            (Self::MayRepeat, Lang::Zh) => "可能重复",
            (Self::Reason, Lang::Zh) => "原因",
            (Self::By, Lang::Zh) => "经手人",
            (Self::Meant, Lang::Zh) => "应发人数",
            (Self::Reached, Lang::Zh) => "发到人数",
            (Self::Missed, Lang::Zh) => "未发到人数",
            (Self::Page, Lang::Zh) => "文章地址",
        }
    }

    /// What a cell of this column says in a spreadsheet, where it says one of a few words.
    #[must_use]
    pub fn cell(self, word: &str, lang: Lang) -> &str {
        match (self, word, lang) {
            (Self::Kind, "group", Lang::Zh) => "群",
            (Self::Kind, "channel", Lang::Zh) => "频道",
            (Self::Kind, "direct", Lang::Zh) => "私聊",
            (Self::State, "sent", Lang::Zh) => "已送达",
            (Self::State, "dead", Lang::Zh) => "未送达",
            (Self::State, "dropped", Lang::Zh) => "不再发送",
            (Self::State, "waiting", Lang::Zh) => "等待发送",
            (Self::State, "held", Lang::Zh) => "等待核实",
            (Self::State, "paused", Lang::Zh) => "已暂停",
            (Self::State, "in_hands", Lang::Zh) => "等人转发",
            (Self::MayRepeat, "yes", Lang::Zh) => "是",
            (Self::MayRepeat, "no", Lang::Zh) => "否",
            _ => word,
        }
    }
}
