//! What a person is told who cannot have what they asked for, and what they can do instead.

use super::connect::ChannelRefusal;
use super::media::MediaRefusal;
use super::named::RoleNamed;
use super::suggestion::{PastRefusal, TriageRefusal};
use crate::model::{Lang, Role};
use crate::text::Speak;
use crate::text::command::Verb;
use crate::text::compose::{ArticleMistake, ExplainerMistake};

/// A whole sentence for a person, in their language.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum Refusal {
    /// They have not the role for it.
    NeedsRole(Role),
    NoSuchTopic {
        typed: String,
        known: Vec<String>,
    },
    NoTopicsYet,
    NoSuchPost(String),
    NoSuchSuggestion(String),
    NotInGroup,
    NotChatAdministrator,
    PostAlready(PostStanding),
    /// It has gone out to all, and is taken back only by whoever says so once more.
    AllOut {
        code: String,
        sent: u64,
    },
    PostNotGoing(PostStanding),
    PostNotPaused(PostStanding),
    NothingFailed,
    NothingHeld,
    NotHeld(ChatName),
    NoSuchChat(String),
    WhichChat(Vec<ChatName>),
    TooManyChats {
        looked: usize,
    },
    NotOwed(ChatName),
    PostChanged,
    NobodySubscribed(String),
    PastTime,
    /// Somebody else was faster with a suggestion.
    TakenBy(String),
    /// The step is not possible as the suggestion stands.
    WrongPhase,
    NotTheAuthor,
    DraftGone,
    /// So many of the author's drafts wait to be confirmed that no more is taken.
    DraftsWait {
        open: usize,
        hours: u32,
    },
    TooShort,
    TooLong {
        max: usize,
    },
    ReceiptInText,
    ConsentChanged,
    ConsentFirst,
    AnswerUnfinished(String),
    AnswerTooShort,
    AskedEnough,
    /// It is too late for its submitter to do it.
    Past(PastRefusal),
    /// Triage cannot do it.
    Triage(TriageRefusal),
    /// What somebody said became of a post that people bring to a group.
    Hand(super::HandRefusal),
    TooManyTries {
        minutes: u64,
    },
    WrongCode,
    SamePerson,
    NeedsSecondPerson,
    NoSuchPerson,
    LastAdministrator,
    /// The configuration gives them the role.
    Named(RoleNamed),
    InviteGone,
    TooManyAtOnce,
    /// What is about channels.
    Channel(ChannelRefusal),
    Mistake(MistakeSays),
    /// A picture or file is not taken.
    Media(MediaRefusal),
}

impl From<MediaRefusal> for Refusal {
    fn from(refusal: MediaRefusal) -> Self {
        Self::Media(refusal)
    }
}

/// Where a post stands that cannot take a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the states")]
pub enum PostStanding {
    Draft,
    Scheduled,
    GoingOut,
    Paused,
    Out,
    Withdrawn,
    /// Thrown away before it went out.
    Discarded,
}

/// What staff call a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatName {
    /// Its title; empty for a person's own chat.
    pub title: String,
    /// What names it in commands.
    pub code: String,
}

impl Speak for ChatName {
    fn say(&self, lang: Lang) -> String {
        match (self.title.as_str(), lang) {
            ("", Lang::Zh) => format!("私聊 {}", self.code),
            ("", Lang::En) => format!("direct chat {}", self.code),
            (title, Lang::Zh) => format!("“{title}”（{}）", self.code),
            (title, Lang::En) => format!("“{title}” ({})", self.code),
        }
    }
}

fn names(chats: &[ChatName], lang: Lang) -> String {
    let between = if lang == Lang::Zh { "、" } else { ", " };
    chats.iter().map(|c| c.say(lang)).collect::<Vec<_>>().join(between)
}

pub(super) const fn stands_zh(standing: PostStanding) -> &'static str {
    match standing {
        PostStanding::Draft => "还是草稿，没有开始推送",
        PostStanding::Scheduled => "已定时，还没有开始推送",
        PostStanding::GoingOut => "正在推送",
        PostStanding::Paused => "已经暂停",
        PostStanding::Out => "已经推送完毕",
        PostStanding::Withdrawn => "已经取消",
        PostStanding::Discarded => "已作废，没有发出",
    }
}

pub(super) const fn stands_en(standing: PostStanding) -> &'static str {
    match standing {
        PostStanding::Draft => "is a draft and has not begun to go out",
        PostStanding::Scheduled => "is scheduled and has not begun to go out",
        PostStanding::GoingOut => "is going out",
        PostStanding::Paused => "is paused",
        PostStanding::Out => "has gone out already",
        PostStanding::Withdrawn => "was cancelled",
        PostStanding::Discarded => "was discarded before it went out",
    }
}

/// What is wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the mistakes")]
pub enum MistakeSays {
    UnknownVerb { typed: String, nearest: Option<Verb> },
    Usage(Verb),
    Article(ArticleMistake),
    Explainer(ExplainerMistake),
}

impl From<ChannelRefusal> for Refusal {
    fn from(refusal: ChannelRefusal) -> Self {
        Self::Channel(refusal)
    }
}

impl From<PastRefusal> for Refusal {
    fn from(refusal: PastRefusal) -> Self {
        Self::Past(refusal)
    }
}

impl From<TriageRefusal> for Refusal {
    fn from(refusal: TriageRefusal) -> Self {
        Self::Triage(refusal)
    }
}

impl Speak for Refusal {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(refusal: &Refusal) -> String {
    use Refusal as R;
    match refusal {
        R::NeedsRole(role) => {
            format!(
                "这项操作需要“{}”角色。如有需要，请联系管理员授权。",
                role_name(*role, Lang::Zh)
            )
        }
        R::NoSuchTopic { typed, known } if typed.is_empty() => {
            format!("请写明栏目，例如：/订阅 {}。现有栏目：{}。", first(known), known.join("、"))
        }
        R::NoSuchTopic { typed, known } => {
            format!("没有“{typed}”这个栏目。现有栏目：{}。", known.join("、"))
        }
        R::NoTopicsYet => "目前还没有可订阅的栏目。".into(),
        R::NoSuchPost(code) => format!("没有找到稿件 {code}。发送 /待发 可查看现有稿件。"),
        R::NoSuchSuggestion(number) => format!("没有找到编号 {number}。请核对回执上的编号。"),
        R::NotInGroup => "为保护隐私，请在与我的私聊中进行这项操作。".into(),
        R::NotChatAdministrator => "只有本群管理员可以更改本群的订阅。".into(),
        R::PostAlready(standing) => already_zh(*standing),
        R::AllOut { code, sent } => format!(
            "稿件 {code} 已经推送完毕，{sent} 个会话已收到，他们手里的消息不会消失。要撤回它，使本单位的网页和订阅源不再显示正文，请运行：tongxin cancel {code} --published"
        ),
        R::PostNotGoing(standing) => {
            format!("这篇稿件{}，目前没有可以暂停或重试的推送。", stands_zh(*standing))
        }
        R::PostNotPaused(standing) => {
            format!("这篇稿件{}，没有暂停，无需继续。", stands_zh(*standing))
        }
        R::NothingFailed => "这篇稿件没有失败的会话，无需重试。".into(),
        R::NothingHeld => "这篇稿件没有等待核实的会话。".into(),
        R::NotHeld(chat) => format!("{}没有等待核实的消息。", chat.say(Lang::Zh)),
        R::NoSuchChat(typed) => {
            format!("这篇稿件的会话中没有“{typed}”。请写群名、会话编号或地址（账号:会话）。")
        }
        R::WhichChat(chats) => {
            format!("有几个会话相符，请写会话编号：{}。", names(chats, Lang::Zh))
        }
        R::TooManyChats { looked } => {
            format!("查找了 {looked} 个会话仍未找到，请写会话的地址（账号:会话）。")
        }
        R::NotOwed(chat) => format!(
            "这篇稿件没有发给{}的记录：发布时该会话没有订阅这个栏目，或者还没有轮到它，或者详细记录已过保存期。",
            chat.say(Lang::Zh)
        ),
        R::PostChanged => "稿件在您查看之后有改动，请重新预览后再操作。".into(),
        R::NobodySubscribed(topic) => {
            format!("栏目“{topic}”还没有订阅的群，暂时不能推送。请先在群里发送 /订阅。")
        }
        R::PastTime => "这个时间已经过去。请写一个将来的时间，例如：明天 09:00。".into(),
        R::TakenBy(name) => format!("已被{name}处理，下面是最新情况。"),
        R::WrongPhase => "这条建议目前的状态不能进行这项操作，下面是最新情况。".into(),
        R::NotTheAuthor => "只有写这条留言的人可以确认或放弃。".into(),
        R::DraftGone => "这条内容已被删除。需要时请重新发送。".into(),
        R::DraftsWait { open, hours } => format!(
            "您还有 {open} 条留言在等您确认：请先在那些提问下选择“提交”或“不提交”，再写新的。{hours} 小时内不确认的会自动删除。"
        ),
        R::TooShort => "内容太短，请至少写四个字。".into(),
        R::TooLong { max } => format!("内容太长，请控制在 {max} 字以内，或分几条发送。"),
        R::ReceiptInText => "内容里只有回执编号或查询码。查询进展请发送 /我的。".into(),
        R::ConsentChanged => "提交说明已更新，请阅读新的说明后再确认。".into(),
        R::ConsentFirst => "请先勾选同意提交说明。".into(),
        R::AnswerUnfinished(found) => {
            format!("答复里还有没填完的地方：“{found}”。请补全后再发送。")
        }
        R::AnswerTooShort => {
            "答复太短，请用至少十个字写明做了什么、何时完成，或为什么不能做。".into()
        }
        R::AskedEnough => "已经追问过两次，请按现有内容办理。".into(),
        R::Past(refusal) => refusal.say(Lang::Zh),
        R::Triage(refusal) => refusal.say(Lang::Zh),
        R::Hand(refusal) => refusal.say(Lang::Zh),
        R::TooManyTries { minutes } => format!("尝试次数过多，请 {minutes} 分钟后再试。"),
        R::WrongCode => "编号或查询码不对，请核对后再试。".into(),
        R::SamePerson => "“不采纳”须由另一位签批人确认，不能由提出人自己确认。".into(),
        R::NeedsSecondPerson => {
            "“不采纳”需要两个人：目前没有另一位签批人。请管理员先邀请一位签批人。".into()
        }
        R::NoSuchPerson => "没有找到这位工作人员。发送 /人员 可查看名单。".into(),
        R::LastAdministrator => "这是唯一的管理员，请先授权另一位管理员。".into(),
        R::Named(role) => role.say(Lang::Zh),
        R::InviteGone => "这个邀请已被使用或已过期，请向管理员索取新的邀请。".into(),
        R::TooManyAtOnce => "操作太频繁，请稍等一分钟再试。".into(),
        R::Channel(refusal) => refusal.say(Lang::Zh),
        R::Mistake(mistake) => mistake_zh(mistake),
        R::Media(refusal) => refusal.say(Lang::Zh),
    }
}

/// How a post stands already.
fn already_zh(standing: PostStanding) -> String {
    match standing {
        PostStanding::GoingOut => {
            "这篇稿件正在推送。需要停止时请发送 /取消。".into()
        }
        PostStanding::Paused => {
            "这篇稿件已暂停。继续推送请发送 /继续，不再推送请发送 /取消。".into()
        }
        PostStanding::Draft | PostStanding::Scheduled => {
            format!("这篇稿件{}。", stands_zh(standing))
        }
        PostStanding::Out => "这篇稿件已经推送完毕。".into(),
        PostStanding::Withdrawn => {
            "这篇稿件已经取消。如需再发，请重新写稿。".into()
        }
        PostStanding::Discarded => {
            "这篇稿件已作废，没有发出。要恢复，请引用回复它的预览并发送全文；内容不变，请用 /定时 重新定时。".into()
        }
    }
}

fn no_such_topic_en(typed: &str, known: &[String]) -> String {
    let topics = known.join(", ");
    if typed.is_empty() {
        let first = first(known);
        return format!("Please name a topic, for example: /subscribe {first}. Topics: {topics}.");
    }
    format!("There is no topic “{typed}”. Topics: {topics}.")
}

fn en(refusal: &Refusal) -> String {
    use Refusal as R;
    match refusal {
        R::NeedsRole(role) => format!(
            "This needs the role “{}”. Please ask an administrator for it.",
            role_name(*role, Lang::En)
        ),
        R::NoSuchTopic { typed, known } => no_such_topic_en(typed, known),
        R::NoTopicsYet => "There are no topics to subscribe to yet.".into(),
        R::NoSuchPost(code) => format!("There is no post {code}. Send /queue to see the posts."),
        R::NoSuchSuggestion(number) => {
            format!("There is no suggestion {number}. Please check the number on the receipt.")
        }
        R::NotInGroup => "To protect your privacy, please do this in a private chat with me.".into(),
        R::NotChatAdministrator => {
            "Only administrators of this group can change its subscriptions.".into()
        }
        R::PostAlready(standing) => already_en(*standing),
        R::AllOut { code, sent } => format!(
            "Post {code} has gone out, and those who got it keep it (chats: {sent}). To take it back, so that our own pages and feeds no longer show its text: tongxin cancel {code} --published"
        ),
        R::PostNotGoing(standing) => format!(
            "This post {}: there is no push to pause or try again.",
            stands_en(*standing)
        ),
        R::PostNotPaused(standing) => {
            format!("This post {}: it is not paused.", stands_en(*standing))
        }
        R::NothingFailed => "No chat failed to get this post; there is nothing to try again.".into(),
        R::NothingHeld => "Nothing of this post is held.".into(),
        R::NotHeld(chat) => format!("Nothing is held for {}.", chat.say(Lang::En)),
        R::NoSuchChat(typed) => format!(
            "No chat of this post is called “{typed}”. Name it by its title, code or address (account:chat)."
        ),
        R::WhichChat(chats) => {
            format!("Several chats are called so; please give the code: {}.", names(chats, Lang::En))
        }
        R::TooManyChats { looked } => format!(
            "It is not among the first {looked} chats. Please give its address (account:chat)."
        ),
        R::NotOwed(chat) => format!(
            "There is no record of this post for {}: it did not have the topic when the post went out, its turn has not come, or the details are past their time.",
            chat.say(Lang::En)
        ),
        R::PostChanged => "The post has changed since you saw it. Please preview it again.".into(),
        R::NobodySubscribed(topic) => format!(
            "No group has subscribed to “{topic}” yet, so it cannot be pushed. Send /subscribe in a group first."
        ),
        R::PastTime => "That time has passed. Please give a time to come, such as: tomorrow 09:00.".into(),
        R::TakenBy(name) => format!("{name} was faster. This is how it stands now."),
        R::WrongPhase => "That is not possible as it stands. This is how it stands now.".into(),
        R::NotTheAuthor => "Only the person who wrote this message can confirm or discard it.".into(),
        R::DraftGone => "This was deleted. If you still need it, please send it again.".into(),
        R::DraftsWait { open, hours } => format!(
            "{open} of your messages still wait for you: please choose “Submit” or “Do not submit” below the questions about them, and write on after that. What is not confirmed within {hours} hours is deleted."
        ),
        R::TooShort => "That is too short. Please write at least four characters.".into(),
        R::TooLong { max } => {
            format!("That is too long. Please keep to {max} characters, or send it in several messages.")
        }
        R::ReceiptInText => {
            "That is only a receipt number or code. Send /mine to see how things stand.".into()
        }
        R::ConsentChanged => {
            "The note on submitting has changed. Please read the new one before you confirm.".into()
        }
        R::ConsentFirst => "Please tick that you agree to the note on submitting first.".into(),
        R::AnswerUnfinished(found) => {
            format!("The answer still holds a placeholder: “{found}”. Please complete it first.")
        }
        R::AnswerTooShort => {
            "The answer is too short. Please say in at least ten characters what is done, by when, or why it cannot be.".into()
        }
        R::AskedEnough => "The submitter was asked twice already. Please decide with what there is.".into(),
        R::Past(refusal) => refusal.say(Lang::En),
        R::Triage(refusal) => refusal.say(Lang::En),
        R::Hand(refusal) => refusal.say(Lang::En),
        R::TooManyTries { minutes: 1 } => "Too many tries. Please wait one minute.".into(),
        R::TooManyTries { minutes } => format!("Too many tries. Please wait {minutes} minutes."),
        R::WrongCode => "The number or the code is wrong. Please check both.".into(),
        R::SamePerson => {
            "Declining must be confirmed by another lead, not by the person who proposed it.".into()
        }
        R::NeedsSecondPerson => {
            "Declining takes two people, and there is no other lead. Please have an administrator invite one.".into()
        }
        R::NoSuchPerson => "There is no such member of staff. Send /staff to see the list.".into(),
        R::LastAdministrator => "This is the only administrator. Please appoint another one first.".into(),
        R::Named(role) => role.say(Lang::En),
        R::InviteGone => "This invitation was used or has expired. Please ask for a new one.".into(),
        R::TooManyAtOnce => "That was too much at once. Please try again in a minute.".into(),
        R::Channel(refusal) => refusal.say(Lang::En),
        R::Mistake(mistake) => mistake_en(mistake),
        R::Media(refusal) => refusal.say(Lang::En),
    }
}

fn already_en(standing: PostStanding) -> String {
    match standing {
        PostStanding::GoingOut => "This post is going out now. Send /cancel to stop it.".into(),
        PostStanding::Paused => {
            "This post is paused. Send /resume to go on, or /cancel to stop it for good.".into()
        }
        PostStanding::Draft | PostStanding::Scheduled => {
            format!("This post {}.", stands_en(standing))
        }
        PostStanding::Out => "This post has already gone out.".into(),
        PostStanding::Withdrawn => {
            "This post was cancelled. Please write it anew to send it.".into()
        }
        PostStanding::Discarded => {
            "This post was discarded before it went out. To take it up again, reply to its preview with the whole text, or set its time with /schedule.".into()
        }
    }
}

fn mistake_zh(mistake: &MistakeSays) -> String {
    match mistake {
        MistakeSays::UnknownVerb { typed, nearest: Some(verb) } => {
            format!(
                "没有“{typed}”这个命令。您是不是要用 /{}？发送 /帮助 可查看全部命令。",
                verb.name(Lang::Zh)
            )
        }
        MistakeSays::UnknownVerb { typed, nearest: None } => {
            format!("没有“{typed}”这个命令。发送 /帮助 可查看全部命令。")
        }
        MistakeSays::Usage(verb) => {
            format!("格式不对。用法：\n{}", super::help::usage(*verb, Lang::Zh))
        }
        MistakeSays::Article(mistake) => mistake.say(Lang::Zh),
        MistakeSays::Explainer(mistake) => mistake.say(Lang::Zh),
    }
}

fn mistake_en(mistake: &MistakeSays) -> String {
    match mistake {
        MistakeSays::UnknownVerb { typed, nearest: Some(verb) } => format!(
            "There is no command “{typed}”. Did you mean /{}? Send /help for all commands.",
            verb.name(Lang::En)
        ),
        MistakeSays::UnknownVerb { typed, nearest: None } => {
            format!("There is no command “{typed}”. Send /help for all commands.")
        }
        MistakeSays::Usage(verb) => {
            format!(
                "That is not how it is written. Usage:\n{}",
                super::help::usage(*verb, Lang::En)
            )
        }
        MistakeSays::Article(mistake) => mistake.say(Lang::En),
        MistakeSays::Explainer(mistake) => mistake.say(Lang::En),
    }
}

fn first(known: &[String]) -> &str {
    known.first().map_or("", String::as_str)
}

/// What a role is called.
#[must_use]
pub const fn role_name(role: Role, lang: Lang) -> &'static str {
    match (role, lang) {
        (Role::Administrator, Lang::Zh) => "管理员",
        (Role::Editor, Lang::Zh) => "编辑",
        (Role::Approver, Lang::Zh) => "审批人",
        (Role::Reviewer, Lang::Zh) => "审阅人",
        (Role::Lead, Lang::Zh) => "签批人",
        (Role::Custodian, Lang::Zh) => "保管人",
        (Role::Keeper, Lang::Zh) => "转发人",
        (Role::Administrator, Lang::En) => "administrator",
        (Role::Editor, Lang::En) => "editor",
        (Role::Approver, Lang::En) => "approver",
        (Role::Reviewer, Lang::En) => "reviewer",
        (Role::Lead, Lang::En) => "lead",
        (Role::Custodian, Lang::En) => "custodian",
        (Role::Keeper, Lang::En) => "keeper",
    }
}
