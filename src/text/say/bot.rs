//! What the bot says to members about topics, to editors about posts, to administrators about staff.

use super::PostStanding;
use super::day_time::DayTime;
use super::draft::{previewed_en, previewed_zh};
use crate::model::{Lang, PostState};
use crate::text::Speak;
use crate::text::press::PostPress;
use chrono::NaiveDateTime;

/// A sentence of the bot.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum BotSays {
    Hello {
        office: String,
    },
    HelloGroup {
        office: String,
        topics: Vec<String>,
    },
    Topics(Vec<TopicLine>),
    Subscribed {
        topic: String,
    },
    Unsubscribed {
        topics: Vec<String>,
    },
    Resumed {
        topics: Vec<String>,
    },
    LanguageChosen,
    /// The same, and what is pushed to this group as well.
    GroupLanguageChosen,
    RoleTaken {
        role: String,
    },
    Invited {
        role: String,
        payload: String,
        link: Option<String>,
    },
    Staff(Vec<StaffLine>),
    Dismissed {
        name: String,
        role: String,
    },
    /// What can be done with a post that is shown above, as it stands.
    Previewed {
        code: String,
        topic: String,
        standing: PostStanding,
    },
    /// Whether a post shall go out now, or at a time; what it costs is said below.
    Confirm {
        code: String,
        title: String,
        at: Option<DayTime>,
    },
    /// A change took a post off its schedule; the same time is offered again.
    OffSchedule {
        at: DayTime,
    },
    /// The same, when that time has passed.
    OffSchedulePast {
        at: DayTime,
    },
    /// What was answered is an older text of the post that is shown above.
    OlderPreview,
    PostButton(PostPress),
    /// What takes back a post that has not begun to go out.
    DiscardButton,
    ScheduleButton,
    SameTimeButton,
    Scheduled {
        code: String,
        at: DayTime,
        chats: u64,
    },
    Pushing {
        code: String,
        chats: u64,
    },
    Queue(Vec<PostLine>),
    Report {
        code: String,
        title: String,
        planned: u64,
        sent: u64,
        waiting: u64,
        dead: u64,
        unknown: u64,
        dropped: u64,
        suggestions: u64,
        troubles: Vec<(String, String)>,
        waits: Vec<(String, WaitSays)>,
    },
    Sources(Vec<SourceSaysLine>),
    Trying {
        url: String,
    },
    UnknownPress,
    /// Somebody answers a message of ours of which nothing is kept any more.
    Forgotten,
}

/// Why a chat still waits for a post; local times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitSays {
    /// Its turn has not come.
    Turn,
    /// The platform asked to wait until then.
    Until(NaiveDateTime),
    /// It failed for this reason, and is tried again then.
    Again(String, NaiveDateTime),
}

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicLine {
    /// What people call it.
    pub title: String,
    /// Whether this chat has it.
    pub chosen: bool,
    /// When its next digest is due, local time.
    pub next: Option<NaiveDateTime>,
}

/// A member of staff in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffLine {
    /// The code for commands.
    pub code: String,
    /// The name.
    pub name: String,
    /// The roles.
    pub roles: Vec<String>,
}

/// A post in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostLine {
    /// The code for commands.
    pub code: String,
    /// The title.
    pub title: String,
    /// What people call its topic.
    pub topic: String,
    /// Where it stands.
    pub state: PostState,
    /// When it goes out, local time, if that is set.
    pub at: Option<DayTime>,
}

/// A source in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSaysLine {
    /// What people call it.
    pub title: String,
    /// Where it is read.
    pub url: String,
    /// When it was last read, local time.
    pub read: Option<NaiveDateTime>,
    /// When it is read next, local time.
    pub next: Option<NaiveDateTime>,
    /// Since when it cannot be read, and why.
    pub trouble: Option<(NaiveDateTime, String)>,
}

impl Speak for BotSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each sentence")]
#[expect(clippy::format_push_string, reason = "a short list; plain words read best")]
fn zh(says: &BotSays) -> String {
    use BotSays as S;
    match says {
        S::Hello { office } => format!(
            "您好，这里是{office}。\n我会按时推送您订阅的栏目。引用回复任何一条推送，或直接给我发消息，就可以提建议；答复会回到这里。\n发送 /帮助 查看全部命令。"
        ),
        S::HelloGroup { office, topics } => format!(
            "大家好，这里是{office}。\n群管理员发送 /订阅 栏目，就会在本群按时推送。现有栏目：{}。\n引用回复推送即可提建议；群里的其他聊天我不读取、不保存。",
            list(topics, "、", "（暂无）")
        ),
        S::Topics(lines) if lines.is_empty() => "目前还没有可订阅的栏目。".into(),
        S::Topics(lines) => {
            let line = |t: &TopicLine| {
                let mark = if t.chosen { "✓ 已订阅" } else { "○ 未订阅" };
                let next = t.next.map(|n| format!("，下一期 {}", time_zh(n))).unwrap_or_default();
                format!("{mark}　{}{next}", t.title)
            };
            format!(
                "栏目：\n{}\n订阅请发送：/订阅 栏目名",
                lines.iter().map(line).collect::<Vec<_>>().join("\n")
            )
        }
        S::Subscribed { topic } => format!("已订阅“{topic}”。退订请发送：/退订 {topic}"),
        S::Unsubscribed { topics } if topics.is_empty() => "这里没有相应的订阅，无需退订。".into(),
        S::Unsubscribed { topics } => format!("已退订：{}。", topics.join("、")),
        S::Resumed { topics } => format!("发言权限已恢复，继续推送：{}。", topics.join("、")),
        S::LanguageChosen => "好的，以后用中文。".into(),
        S::GroupLanguageChosen => "好的，以后用中文；本群的推送也用中文。".into(),
        S::RoleTaken { role } => format!("您已担任“{role}”。发送 /帮助 查看可用的命令。"),
        S::Invited { role, payload, link } => {
            let how = match link {
                Some(link) => format!("请把这个链接转给对方，打开即可：\n{link}"),
                None => format!("请让对方在与我的私聊中发送：\n/开始 {payload}"),
            };
            format!("邀请一位“{role}”。{how}\n七天内有效，只能用一次。")
        }
        S::Staff(lines) => {
            let line = |p: &StaffLine| format!("{}　{}：{}", p.code, p.name, p.roles.join("、"));
            format!(
                "工作人员（{} 位）：\n{}",
                lines.len(),
                lines.iter().map(line).collect::<Vec<_>>().join("\n")
            )
        }
        S::Dismissed { name, role } => format!("已撤销{name}的“{role}”角色。"),
        S::Previewed { code, topic, standing } => format!(
            "以上是稿件 {code} 的实际样子，栏目“{topic}”。\n{}",
            previewed_zh(code, *standing)
        ),
        S::Confirm { code, title, at: None } => {
            format!("确认立即推送稿件 {code}“{title}”？按下面的按钮确认。")
        }
        S::Confirm { code, title, at: Some(at) } => {
            format!("确认于 {} 推送稿件 {code}“{title}”？按下面的按钮确认。", at.zh())
        }
        S::OffSchedule { at } => format!(
            "稿件有改动，原定 {} 的推送已取消。确认无误后，请按“{}”，或重新定时。",
            at.zh(),
            zh(&S::SameTimeButton)
        ),
        S::OffSchedulePast { at } => format!(
            "稿件有改动，原定 {} 的推送已取消，这个时间也已过去。确认无误后，请立即推送，或重新定时。",
            at.zh()
        ),
        S::OlderPreview => "您引用的是旧稿，其间这篇稿件有改动。为免盖掉别人的改动，您刚才发的全文没有采用。最新的稿件如上，请在它的基础上修改，再引用回复本条并发送全文。".into(),
        S::DiscardButton => "作废".into(),
        S::ScheduleButton => "确认定时".into(),
        S::SameTimeButton => "按原定时间推送".into(),
        S::PostButton(press) => match press {
            PostPress::Preview => "预览",
            PostPress::Push => "立即推送",
            PostPress::PushUrgent => "加急推送",
            PostPress::Cancel => "取消",
            PostPress::TakeBack => "确认撤回",
            PostPress::Report => "送达情况",
            PostPress::Bare => "去掉图片和文件",
        }
        .into(),
        S::Scheduled { code, at, chats } => format!(
            "稿件 {code} 将于 {} 推送到 {chats} 个会话。取消请发送：/取消 {code}",
            at.zh()
        ),
        S::Pushing { code, chats } => {
            format!("稿件 {code} 正在推送，共 {chats} 个会话。查看进度：/送达 {code}")
        }
        S::Queue(lines) if lines.is_empty() => {
            "没有待发的稿件。写稿请发送：\n/写稿 栏目\n标题\n正文".into()
        }
        S::Queue(lines) => {
            let line = |p: &PostLine| {
                let state = match (&p.state, p.at) {
                    (_, Some(at)) => format!("定于 {}", at.zh()),
                    (PostState::Publishing { .. }, _) => "正在推送".into(),
                    (PostState::Paused { .. }, _) => "已暂停".into(),
                    (PostState::Submitted { .. }, _) => "待审批".into(),
                    (PostState::Approved { .. }, _) => "已批准".into(),
                    _ => "草稿".into(),
                };
                format!("{}　{}（{}）　{state}", p.code, p.title, p.topic)
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Report {
            code,
            title,
            planned,
            sent,
            waiting,
            dead,
            unknown,
            dropped,
            suggestions,
            troubles,
            waits,
        } => {
            let mut text = format!(
                "{code}　{title}\n应达 {planned}，已达 {sent}，等待 {waiting}，失败 {dead}，待核实 {unknown}，已退订或取消 {dropped}。\n收到建议 {suggestions} 条。"
            );
            for (chat, why) in waits {
                let why = match why {
                    WaitSays::Turn => "排队中".to_owned(),
                    WaitSays::Until(at) => format!("平台要求等到 {}", time_zh(*at)),
                    WaitSays::Again(what, at) => format!("{what}，{} 重试", time_zh(*at)),
                };
                text.push_str(&format!("\n等待：{}　{why}", chat_zh(chat)));
            }
            for (chat, why) in troubles {
                text.push_str(&format!("\n未送达：{}　{why}", chat_zh(chat)));
            }
            text
        }
        S::Sources(lines) if lines.is_empty() => "还没有设置信息来源。".into(),
        S::Sources(lines) => {
            let line = |s: &SourceSaysLine| {
                let read =
                    s.read.map_or("还没有读过".into(), |t| format!("上次读取 {}", time_zh(t)));
                let next = s.next.map(|t| format!("，下次 {}", time_zh(t))).unwrap_or_default();
                let trouble = s.trouble.as_ref();
                let trouble =
                    trouble.map(|(t, why)| format!("\n　⚠ {} 起读取失败：{why}", time_zh(*t)));
                format!("{}　{read}{next}{}", s.title, trouble.unwrap_or_default())
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Trying { url } => format!("正在试读 {url}，结果稍后发到这里。"),
        S::UnknownPress => "这个按钮已失效，请重新发送命令。".into(),
        S::Forgotten => {
            "您引用的这条消息已过保存期，我已不记得它的内容，您刚才写的也没有保存。要提建议，请发送：/建议 内容".into()
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each sentence")]
#[expect(clippy::format_push_string, reason = "a short list; plain words read best")]
fn en(says: &BotSays) -> String {
    use BotSays as S;
    match says {
        S::Hello { office } => format!(
            "Hello, this is {office}.\nI push the topics that you subscribe to, on time. Reply to any push, or just write to me, to make a suggestion; the answer comes back here.\nSend /help for all commands."
        ),
        S::HelloGroup { office, topics } => format!(
            "Hello, this is {office}.\nAdministrators of the group send /subscribe TOPIC, and it is pushed here on time. Topics: {}.\nReply to a push to make a suggestion; I neither read nor keep what else is said in the group.",
            list(topics, ", ", "(none yet)")
        ),
        S::Topics(lines) if lines.is_empty() => "There are no topics to subscribe to yet.".into(),
        S::Topics(lines) => {
            let line = |t: &TopicLine| {
                let mark = if t.chosen { "✓" } else { "○" };
                let next = t.next.map(|n| format!(", next on {}", time_en(n))).unwrap_or_default();
                format!("{mark} {}{next}", t.title)
            };
            format!(
                "Topics:\n{}\nTo subscribe: /subscribe TOPIC",
                lines.iter().map(line).collect::<Vec<_>>().join("\n")
            )
        }
        S::Subscribed { topic } => {
            format!("Subscribed to “{topic}”. To stop: /unsubscribe {topic}")
        }
        S::Unsubscribed { topics } if topics.is_empty() => {
            "There was no such subscription here.".into()
        }
        S::Unsubscribed { topics } => format!("Unsubscribed: {}.", topics.join(", ")),
        S::Resumed { topics } => {
            format!("We may write here again and go on with: {}.", topics.join(", "))
        }
        S::LanguageChosen => "All right, English from now on.".into(),
        S::GroupLanguageChosen => {
            "All right, English from now on, and what is pushed to this group as well.".into()
        }
        S::RoleTaken { role } => {
            format!("You now have the role “{role}”. Send /help for your commands.")
        }
        S::Invited { role, payload, link } => {
            let how = match link {
                Some(link) => format!("Pass on this link; opening it is enough:\n{link}"),
                None => format!("Have them send this in a private chat with me:\n/start {payload}"),
            };
            format!(
                "An invitation to the role “{role}”. {how}\nIt holds for seven days and works once."
            )
        }
        S::Staff(lines) => {
            let line = |p: &StaffLine| format!("{} {}: {}", p.code, p.name, p.roles.join(", "));
            format!(
                "Staff ({}):\n{}",
                lines.len(),
                lines.iter().map(line).collect::<Vec<_>>().join("\n")
            )
        }
        S::Dismissed { name, role } => format!("{name} no longer has the role “{role}”."),
        S::Previewed { code, topic, standing } => format!(
            "This is how post {code} will look. Topic “{topic}”.\n{}",
            previewed_en(code, *standing)
        ),
        S::Confirm { code, title, at: None } => {
            format!("Push post {code} “{title}” now? Press the button to confirm.")
        }
        S::Confirm { code, title, at: Some(at) } => {
            let at = at.en();
            format!("Push post {code} “{title}” on {at}? Press the button to confirm.")
        }
        S::OffSchedule { at } => format!(
            "The post has changed: it no longer goes out on {}. If it is right, press “{}”, or schedule it anew.",
            at.en(),
            en(&S::SameTimeButton)
        ),
        S::OffSchedulePast { at } => format!(
            "The post has changed: it did not go out on {}, and that time has passed. If it is right, push it now, or schedule it anew.",
            at.en()
        ),
        S::OlderPreview => "You replied to an older text of this post, which has changed since. So that nobody's change is lost, what you sent was not taken. The present text is above: make your change in it, and reply to this message with the whole text.".into(),
        S::DiscardButton => "Discard".into(),
        S::ScheduleButton => "Schedule".into(),
        S::SameTimeButton => "Push at that time".into(),
        S::PostButton(press) => match press {
            PostPress::Preview => "Preview",
            PostPress::Push => "Push now",
            PostPress::PushUrgent => "Push as urgent",
            PostPress::Cancel => "Cancel",
            PostPress::TakeBack => "Take it back",
            PostPress::Report => "How it went",
            PostPress::Bare => "Without pictures and files",
        }
        .into(),
        S::Scheduled { code, at, chats } => format!(
            "Post {code} goes out on {} to {}. To cancel: /cancel {code}",
            at.en(),
            many(*chats)
        ),
        S::Pushing { code, chats } => {
            format!("Post {code} is going out to {}. Progress: /report {code}", many(*chats))
        }
        S::Queue(lines) if lines.is_empty() => {
            "No posts are waiting. To write one:\n/post TOPIC\nTitle\nText".into()
        }
        S::Queue(lines) => {
            let line = |p: &PostLine| {
                let state = match (&p.state, p.at) {
                    (_, Some(at)) => format!("scheduled for {}", at.en()),
                    (PostState::Publishing { .. }, _) => "going out".into(),
                    (PostState::Paused { .. }, _) => "paused".into(),
                    (PostState::Submitted { .. }, _) => "awaiting approval".into(),
                    (PostState::Approved { .. }, _) => "approved".into(),
                    _ => "draft".into(),
                };
                format!("{} {} ({}) – {state}", p.code, p.title, p.topic)
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Report {
            code,
            title,
            planned,
            sent,
            waiting,
            dead,
            unknown,
            dropped,
            suggestions,
            troubles,
            waits,
        } => {
            let mut text = format!(
                "{code} {title}\nOwed {planned}, arrived {sent}, waiting {waiting}, failed {dead}, to be checked {unknown}, left or cancelled {dropped}.\nSuggestions: {suggestions}."
            );
            for (chat, why) in waits {
                let why = match why {
                    WaitSays::Turn => "queued".to_owned(),
                    WaitSays::Until(at) => {
                        format!("the platform asked to wait until {}", time_en(*at))
                    }
                    WaitSays::Again(what, at) => format!("{what}; again at {}", time_en(*at)),
                };
                text.push_str(&format!("\nWaiting: {} – {why}", chat_en(chat)));
            }
            for (chat, why) in troubles {
                text.push_str(&format!("\nNot delivered: {} – {why}", chat_en(chat)));
            }
            text
        }
        S::Sources(lines) if lines.is_empty() => "No sources are set up yet.".into(),
        S::Sources(lines) => {
            let line = |s: &SourceSaysLine| {
                let read =
                    s.read.map_or("never read yet".into(), |t| format!("last read {}", time_en(t)));
                let next = s.next.map(|t| format!(", next {}", time_en(t))).unwrap_or_default();
                let trouble = s.trouble.as_ref();
                let trouble =
                    trouble.map(|(t, why)| format!("\n  ⚠ failing since {}: {why}", time_en(*t)));
                format!("{} – {read}{next}{}", s.title, trouble.unwrap_or_default())
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Trying { url } => format!("Reading {url} on trial; the result comes here in a moment."),
        S::UnknownPress => "This button no longer works. Please send the command again.".into(),
        S::Forgotten => "The message that you quote is past its time: I no longer know what it was about, and what you wrote was not kept. To make a suggestion: /suggest TEXT".into(),
    }
}

fn list(words: &[String], between: &str, none: &str) -> String {
    if words.is_empty() { none.to_owned() } else { words.join(between) }
}

fn chat_zh(title: &str) -> &str {
    if title.is_empty() { "一位成员的私聊" } else { title }
}

fn chat_en(title: &str) -> &str {
    if title.is_empty() { "a member's own chat" } else { title }
}

fn many(chats: u64) -> String {
    chats_en(usize::try_from(chats).unwrap_or(usize::MAX))
}

pub(super) fn chats_en(chats: usize) -> String {
    if chats == 1 { "1 chat".into() } else { format!("{chats} chats") }
}

/// A local time, as Chinese readers write it.
pub(super) fn time_zh(time: NaiveDateTime) -> String {
    time.format("%-m月%-d日 %H:%M").to_string()
}

/// A local time, as English readers write it.
pub(super) fn time_en(time: NaiveDateTime) -> String {
    time.format("%-d %B %H:%M").to_string()
}
