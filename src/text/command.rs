//! What people type to the program, read into types.
//!
//! A command is a slash (or, in somebody's own chat, nothing) and a verb, then what the verb takes. Every verb
//! has Chinese and English names; [`Verb::all`] is both what is recognised and what the help lists, so that
//! the help cannot lag behind.

use crate::model::{At, Code, DeclineCode, Facet, Lang, Priority, Role, Ruling};

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

    fn named(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        Self::all().find(|v| v.names().contains(&word.as_str()))
    }
}

/// A command with what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is told by its name and explained by the verb's gist")]
pub enum Command {
    Start { payload: String },
    Help,
    Topics,
    Subscribe { topic: String },
    Unsubscribe { topic: Option<String> },
    Suggest { text: String },
    Mine,
    Withdraw { number: Code },
    Forget,
    Language { lang: Lang },
    Post { topic: String, text: String },
    Explain { topic: String, text: String },
    Preview { post: Code },
    Schedule { post: Code, when: When },
    Push { post: Code, priority: Priority },
    Pause { post: Code },
    Resume { post: Code },
    Cancel { post: Code },
    Retry { post: Code },
    Queue,
    Report { post: Code },
    Held { post: Code },
    Settle { post: Code, which: Which, ruling: Ruling },
    Why { post: Code, chat: String },
    Sources,
    Try { url: String },
    Channels,
    ChannelTest { account: String },
    Pair { what: String },
    Inbox,
    Next,
    Show { number: Code },
    Claim { number: Code },
    Release { number: Code },
    Ask { number: Code, text: String },
    Sort { number: Code, picks: String },
    Accept { number: Code, picks: String },
    Answer { number: Code, text: String },
    Decline { number: Code, code: DeclineCode, reason: String },
    Confirm { number: Code },
    Return { number: Code },
    Invite { role: Role },
    Staff,
    Dismiss { person: Code, role: Role },
    Connect { platform: String },
}

/// Which chats of a post are meant, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// The one of this title, code or address.
    Chat(String),
}

/// When a post shall go out, as typed: the desk puts it into the office's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At this moment.
    Moment(At),
    /// On this day (or the next day on which that time is still to come) at this local time.
    Local(Option<chrono::NaiveDate>, chrono::NaiveTime),
    /// The day after today, at this local time.
    Tomorrow(chrono::NaiveTime),
}

/// Why a command cannot be carried out as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is no such verb; the nearest one, if any is near.
    UnknownVerb(String, Option<Verb>),
    /// The verb takes something that is missing or cannot be read.
    Usage(Verb),
}

/// Whether a bare verb without a slash counts: in somebody's own chat it does, in a group it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// Only with a slash.
    Needed,
    /// With or without one.
    Optional,
}

/// Reads what was typed; `None` when it is no command but words.
///
/// # Errors
/// When it is meant as a command and cannot be carried out.
pub fn parse(typed: &str, slash: Slash) -> Option<Result<Command, Mistake>> {
    let typed = typed.trim_start();
    let bare = typed.strip_prefix(['/', '／']);
    let (head, rest) = split_word(bare.unwrap_or(typed));
    let word = head.split('@').next().unwrap_or_default();
    match (Verb::named(word), bare) {
        (Some(verb), Some(_)) => Some(read(verb, rest)),
        (Some(verb), None) if slash == Slash::Optional && stands_alone(verb, head) => {
            // A sentence may begin with such a word by chance: only what reads as the command is one.
            read(verb, rest).ok().filter(|_| !word.is_ascii() || rest.is_empty()).map(Ok)
        }
        (None, Some(_)) if !word.is_empty() => {
            Some(Err(Mistake::UnknownVerb(word.to_owned(), nearest(word))))
        }
        _ => None,
    }
}

fn stands_alone(verb: Verb, head: &str) -> bool {
    // "建议" without a slash is how suggestions begin; they are words then, and become a draft.
    verb != Verb::Suggest && verb.names().contains(&head.to_lowercase().as_str())
}

fn nearest(word: &str) -> Option<Verb> {
    let word = word.to_lowercase();
    let near = |v: &Verb| {
        let distance = |n: &&str| strsim::damerau_levenshtein(n, &word);
        v.names().iter().map(distance).min().unwrap_or(usize::MAX)
    };
    let best = Verb::all().min_by_key(near)?;
    let allowed = if word.is_ascii() { 2 } else { 1 };
    (near(&best) <= allowed && near(&best) < word.chars().count()).then_some(best)
}

fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((head, rest)) => (head, rest.trim()),
        None => (text, ""),
    }
}

fn read(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    let usage = || Mistake::Usage(verb);
    let code = || Code::parse(rest).ok_or_else(usage);
    let some = || (!rest.is_empty()).then(|| rest.to_owned()).ok_or_else(usage);
    Ok(match verb {
        Verb::Start => Command::Start { payload: rest.to_owned() },
        Verb::Help => Command::Help,
        Verb::Topics => Command::Topics,
        Verb::Subscribe => Command::Subscribe { topic: rest.to_owned() },
        Verb::Unsubscribe => {
            Command::Unsubscribe { topic: (!rest.is_empty()).then(|| rest.to_owned()) }
        }
        Verb::Suggest => Command::Suggest { text: some()? },
        Verb::Mine => Command::Mine,
        Verb::Withdraw => Command::Withdraw { number: code()? },
        Verb::Forget => Command::Forget,
        Verb::Language => Command::Language { lang: language(rest).ok_or_else(usage)? },
        Verb::Post | Verb::Explain => return compose(verb, rest),
        Verb::Preview => Command::Preview { post: code()? },
        Verb::Schedule => {
            let (post, when) = code_and(rest).ok_or_else(usage)?;
            Command::Schedule { post, when: moment(when).ok_or_else(usage)? }
        }
        Verb::Push => push(rest).ok_or_else(usage)?,
        Verb::Pause => Command::Pause { post: code()? },
        Verb::Resume => Command::Resume { post: code()? },
        Verb::Cancel => Command::Cancel { post: code()? },
        Verb::Retry => Command::Retry { post: code()? },
        Verb::Queue => Command::Queue,
        Verb::Report => Command::Report { post: code()? },
        Verb::Held => Command::Held { post: code()? },
        Verb::Settle => settle(rest).ok_or_else(usage)?,
        Verb::Why => {
            let (post, chat) = code_and(rest).filter(|(_, c)| !c.is_empty()).ok_or_else(usage)?;
            Command::Why { post, chat: chat.to_owned() }
        }
        Verb::Sources => Command::Sources,
        Verb::Try => Command::Try { url: some()? },
        Verb::Channels => Command::Channels,
        Verb::ChannelTest => Command::ChannelTest { account: rest.to_owned() },
        Verb::Pair => Command::Pair { what: rest.to_owned() },
        Verb::Connect => Command::Connect { platform: rest.to_owned() },
        Verb::Inbox => Command::Inbox,
        Verb::Next => Command::Next,
        Verb::Show => Command::Show { number: code()? },
        Verb::Claim => Command::Claim { number: code()? },
        Verb::Release => Command::Release { number: code()? },
        Verb::Accept => {
            let (number, picks) = code_and(rest).ok_or_else(usage)?;
            Command::Accept { number, picks: picks.to_owned() }
        }
        Verb::Confirm => Command::Confirm { number: code()? },
        Verb::Return => Command::Return { number: code()? },
        Verb::Ask | Verb::Sort | Verb::Answer | Verb::Decline => return triage(verb, rest),
        Verb::Invite => Command::Invite { role: role(rest).ok_or_else(usage)? },
        Verb::Staff => Command::Staff,
        Verb::Dismiss => {
            let (person, of) = code_and(rest).ok_or_else(usage)?;
            Command::Dismiss { person, role: role(of).ok_or_else(usage)? }
        }
    })
}

fn code_and(rest: &str) -> Option<(Code, &str)> {
    let (head, rest) = split_word(rest);
    Some((Code::parse(head)?, rest))
}

fn compose(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    // The topic stands on the first line, the text from the second on.
    let (topic, text) = rest.split_once('\n').ok_or(Mistake::Usage(verb))?;
    let (topic, text) = (topic.trim().to_owned(), text.trim().to_owned());
    if topic.is_empty() || text.is_empty() {
        return Err(Mistake::Usage(verb));
    }
    Ok(match verb {
        Verb::Explain => Command::Explain { topic, text },
        _ => Command::Post { topic, text },
    })
}

fn push(rest: &str) -> Option<Command> {
    let (post, how) = code_and(rest)?;
    let priority = match how.to_lowercase().as_str() {
        "" => Priority::Bulk,
        "urgent" | "紧急" | "加急" => Priority::Urgent,
        _ => return None,
    };
    Some(Command::Push { post, priority })
}

fn settle(rest: &str) -> Option<Command> {
    let (post, rest) = code_and(rest)?;
    let (chat, how) = rest.rsplit_once(char::is_whitespace)?;
    let which = match chat.trim().to_lowercase().as_str() {
        "" => return None,
        "all" | "全部" => Which::All,
        _ => Which::Chat(chat.trim().to_owned()),
    };
    Some(Command::Settle { post, which, ruling: ruling(how)? })
}

/// Reads what is said of something of which nobody knew whether it had arrived.
#[must_use]
pub fn ruling(word: &str) -> Option<Ruling> {
    match word.trim().to_lowercase().as_str() {
        "sent" | "已送达" | "送达" => Some(Ruling::Sent),
        "notsent" | "not-sent" | "未送达" => Some(Ruling::NotSent),
        "resend" | "重发" => Some(Ruling::Resend),
        _ => None,
    }
}

fn triage(verb: Verb, rest: &str) -> Result<Command, Mistake> {
    let (number, text) =
        code_and(rest).filter(|(_, t)| !t.is_empty()).ok_or(Mistake::Usage(verb))?;
    Ok(match verb {
        Verb::Ask => Command::Ask { number, text: text.to_owned() },
        Verb::Sort => Command::Sort { number, picks: text.to_owned() },
        Verb::Answer => Command::Answer { number, text: text.to_owned() },
        _ => {
            let (code, reason) = decline(text).ok_or(Mistake::Usage(verb))?;
            Command::Decline { number, code, reason }
        }
    })
}

/// Reads a reason for declining: a reason's name, then the sentence for the submitter.
#[must_use]
pub fn decline(text: &str) -> Option<(DeclineCode, String)> {
    let (head, sentence) = split_word(text.trim());
    let code = match head.to_lowercase().as_str() {
        "remit" | "不属职权" => DeclineCode::OutsideRemit,
        "done" | "已有规定" => DeclineCode::AlreadyDone,
        "infeasible" | "暂不可行" => DeclineCode::NotFeasible,
        "vague" | "信息不足" => DeclineCode::TooVague,
        "other" | "其他" => DeclineCode::Other,
        _ => return None,
    };
    (sentence.chars().count() >= 4).then(|| (code, sentence.to_owned()))
}

/// Reads a choice behind the name of its side: `承办=城管科`, `unit: roads`. None where no side is named.
#[must_use]
pub fn of_facet(word: &str) -> Option<(Facet, &str)> {
    let (side, choice) = word.split_once(['=', '＝', ':', '：'])?;
    let facet = match side.trim().to_lowercase().as_str() {
        "kind" | "类型" => Facet::Kind,
        "category" | "类别" => Facet::Category,
        "area" | "区域" => Facet::Area,
        "unit" | "承办" | "承办单位" => Facet::Unit,
        _ => return None,
    };
    Some((facet, choice.trim()))
}

fn language(word: &str) -> Option<Lang> {
    match word.to_lowercase().as_str() {
        "中文" | "汉语" | "zh" | "zh-cn" | "chinese" => Some(Lang::Zh),
        "english" | "en" | "英文" | "英语" => Some(Lang::En),
        _ => None,
    }
}

/// Reads a role's name in either language.
#[must_use]
pub fn role(word: &str) -> Option<Role> {
    Some(match word.trim().to_lowercase().as_str() {
        "administrator" | "admin" | "管理员" => Role::Administrator,
        "editor" | "编辑" => Role::Editor,
        "approver" | "审批人" => Role::Approver,
        "reviewer" | "审阅人" => Role::Reviewer,
        "lead" | "签批人" => Role::Lead,
        "custodian" | "保管人" => Role::Custodian,
        "keeper" | "转发人" => Role::Keeper,
        _ => return None,
    })
}

/// Reads a moment: `2026-11-30 09:00`, `11-30 09:00` is not taken (no year), `09:00`, `明天 09:00`,
/// or RFC 3339 with an offset.
fn moment(text: &str) -> Option<When> {
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    let text = text.trim().replace('：', ":");
    if let Ok(exact) = DateTime::parse_from_rfc3339(&text) {
        return Some(When::Moment(At::from(exact.with_timezone(&Utc))));
    }
    let time = |t: &str| NaiveTime::parse_from_str(t.trim(), "%H:%M").ok();
    if let Some(alone) = time(&text) {
        return Some(When::Local(None, alone));
    }
    let (day, rest) = split_word(&text);
    match day.to_lowercase().as_str() {
        "明天" | "tomorrow" => Some(When::Tomorrow(time(rest)?)),
        "今天" | "today" => Some(When::Local(None, time(rest)?)),
        _ => {
            let date = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(day, form).ok())?;
            Some(When::Local(Some(date), time(rest)?))
        }
    }
}
