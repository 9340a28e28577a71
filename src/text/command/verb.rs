//! The verbs: how each is called, whom it is for.

use crate::model::Lang;

/// Whom a command is for; the help shows people what they may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Everybody.
    Members,
    /// Those who write posts.
    Editors,
    /// Those who answer suggestions.
    Reviewers,
    /// Those who grant roles.
    Administrators,
}

/// What a person wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is explained by its gist, which is what people read")]
pub enum Verb {
    Start,
    Help,
    Topics,
    Subscribe,
    Unsubscribe,
    Suggest,
    Mine,
    Withdraw,
    Forget,
    Language,
    Post,
    Explain,
    Preview,
    Schedule,
    Push,
    Pause,
    Resume,
    Cancel,
    Retry,
    Queue,
    Report,
    Held,
    Settle,
    Why,
    Sources,
    Try,
    Inbox,
    Next,
    Show,
    Claim,
    Release,
    Ask,
    Sort,
    Accept,
    Answer,
    Decline,
    Confirm,
    Return,
    Channels,
    ChannelTest,
    Pair,
    Invite,
    Staff,
    Dismiss,
    Connect,
}

impl Verb {
    /// Every verb, in the order of the help.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::Start), |v| v.following())
    }

    const fn following(self) -> Option<Self> {
        Some(match self {
            Self::Start => Self::Help,
            Self::Help => Self::Topics,
            Self::Topics => Self::Subscribe,
            Self::Subscribe => Self::Unsubscribe,
            Self::Unsubscribe => Self::Suggest,
            Self::Suggest => Self::Mine,
            Self::Mine => Self::Withdraw,
            Self::Withdraw => Self::Forget,
            Self::Forget => Self::Language,
            Self::Language => Self::Post,
            Self::Post => Self::Explain,
            Self::Explain => Self::Preview,
            Self::Preview => Self::Schedule,
            Self::Schedule => Self::Push,
            Self::Push => Self::Pause,
            Self::Pause => Self::Resume,
            Self::Resume => Self::Cancel,
            Self::Cancel => Self::Retry,
            Self::Retry => Self::Queue,
            Self::Queue => Self::Report,
            Self::Report => Self::Held,
            Self::Held => Self::Settle,
            Self::Settle => Self::Why,
            Self::Why => Self::Sources,
            Self::Sources => Self::Try,
            Self::Try => Self::Channels,
            Self::Channels => Self::ChannelTest,
            Self::ChannelTest => Self::Pair,
            Self::Pair => Self::Inbox,
            Self::Inbox => Self::Next,
            Self::Next => Self::Show,
            Self::Show => Self::Claim,
            Self::Claim => Self::Release,
            Self::Release => Self::Ask,
            Self::Ask => Self::Sort,
            Self::Sort => Self::Accept,
            Self::Accept => Self::Answer,
            Self::Answer => Self::Decline,
            Self::Decline => Self::Confirm,
            Self::Confirm => Self::Return,
            Self::Return => Self::Invite,
            Self::Invite => Self::Staff,
            Self::Staff => Self::Dismiss,
            Self::Dismiss => Self::Connect,
            Self::Connect => return None,
        })
    }

    /// Its names: English first, then Chinese, then what people also say.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Start => &["start", "开始"],
            Self::Help => &["help", "帮助", "?", "？"],
            Self::Topics => &["topics", "栏目"],
            Self::Subscribe => &["subscribe", "订阅"],
            Self::Unsubscribe => &["unsubscribe", "退订", "stop"],
            Self::Suggest => &["suggest", "建议"],
            Self::Mine => &["mine", "我的", "receipt", "回执"],
            Self::Withdraw => &["withdraw", "撤回"],
            Self::Forget => &["forget", "忘记我", "erase"],
            Self::Language => &["language", "语言", "lang"],
            Self::Post => &["post", "写稿"],
            Self::Explain => &["explain", "解读"],
            Self::Preview => &["preview", "预览"],
            Self::Schedule => &["schedule", "定时"],
            Self::Push => &["push", "推送"],
            Self::Pause => &["pause", "暂停"],
            Self::Resume => &["resume", "继续"],
            Self::Cancel => &["cancel", "取消"],
            Self::Retry => &["retry", "重试"],
            Self::Queue => &["queue", "待发"],
            Self::Report => &["report", "送达"],
            Self::Held => &["held", "待核实"],
            Self::Settle => &["settle", "核实"],
            Self::Why => &["why", "为何"],
            Self::Sources => &["sources", "来源"],
            Self::Try => &["try", "试读"],
            Self::Channels => &["channels", "频道"],
            Self::ChannelTest => &["channeltest", "试发"],
            Self::Pair => &["pair", "配对"],
            Self::Inbox => &["inbox", "收件箱"],
            Self::Next => &["next", "下一件"],
            Self::Show => &["show", "查看"],
            Self::Claim => &["claim", "认领"],
            Self::Release => &["release", "放回"],
            Self::Ask => &["ask", "追问"],
            Self::Sort => &["sort", "归类"],
            Self::Accept => &["accept", "受理"],
            Self::Answer => &["answer", "答复"],
            Self::Decline => &["decline", "不采纳"],
            Self::Confirm => &["confirm", "同意"],
            Self::Return => &["return", "退回"],
            Self::Invite => &["invite", "邀请"],
            Self::Staff => &["staff", "人员"],
            Self::Dismiss => &["dismiss", "撤销角色"],
            Self::Connect => &["connect", "连接"],
        }
    }

    /// Whether something may follow it. What a link brings along follows `Start` with its slash.
    #[must_use]
    pub const fn takes_more(self) -> bool {
        !matches!(
            self,
            Self::Start
                | Self::Help
                | Self::Topics
                | Self::Mine
                | Self::Forget
                | Self::Queue
                | Self::Sources
                | Self::Channels
                | Self::Inbox
                | Self::Next
                | Self::Staff
        )
    }

    /// Whom it is for.
    #[must_use]
    pub const fn audience(self) -> Audience {
        match self {
            Self::Start
            | Self::Help
            | Self::Topics
            | Self::Subscribe
            | Self::Unsubscribe
            | Self::Suggest
            | Self::Mine
            | Self::Withdraw
            | Self::Forget
            | Self::Language => Audience::Members,
            Self::Post
            | Self::Explain
            | Self::Preview
            | Self::Schedule
            | Self::Push
            | Self::Pause
            | Self::Resume
            | Self::Cancel
            | Self::Retry
            | Self::Queue
            | Self::Report
            | Self::Held
            | Self::Settle
            | Self::Why
            | Self::Sources
            | Self::Try
            | Self::Channels
            | Self::ChannelTest
            | Self::Pair => Audience::Editors,
            Self::Inbox
            | Self::Next
            | Self::Show
            | Self::Claim
            | Self::Release
            | Self::Ask
            | Self::Sort
            | Self::Accept
            | Self::Answer
            | Self::Decline
            | Self::Confirm
            | Self::Return => Audience::Reviewers,
            Self::Invite | Self::Staff | Self::Dismiss | Self::Connect => Audience::Administrators,
        }
    }

    /// The name to show in this language.
    #[must_use]
    pub const fn name(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.names()[1],
            Lang::En => self.names()[0],
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        Self::all().find(|v| v.names().contains(&word.as_str()))
    }
}

/// The verb that was probably meant.
pub(super) fn nearest(word: &str) -> Option<Verb> {
    let word = word.to_lowercase();
    let near = |v: &Verb| {
        let distance = |n: &&str| strsim::damerau_levenshtein(n, &word);
        v.names().iter().map(distance).min().unwrap_or(usize::MAX)
    };
    let best = Verb::all().min_by_key(near)?;
    let allowed = if word.is_ascii() { 2 } else { 1 };
    (near(&best) <= allowed && near(&best) < word.chars().count()).then_some(best)
}
