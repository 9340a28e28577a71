//! What staff are told in the chat about accounts: how they do, whether one works, how one is connected, and codes for
//! groups.

use super::{Counted, DiagnosisSays, StepsPart, StepsSays, platform_name};
use crate::model::{Lang, Platform};
use crate::text::Speak;
use crate::text::say::bot::{time_en, time_zh};
use crate::text::say::operator::ChannelSays;
use chrono::NaiveDateTime;

/// A sentence about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSays {
    /// How each does.
    Lines(Vec<AccountSaysLine>),
    /// One is being tried.
    Trying(String),
    /// It works.
    Works(ChannelSays),
    /// It does not.
    Fails {
        /// The account.
        account: String,
        /// Why.
        diagnosis: DiagnosisSays,
    },
    /// On this platform there is nobody whom it could be tried on from here.
    Untried(Platform),
    /// Which platforms can be connected.
    Platforms,
    /// How a channel of a platform is connected.
    Steps {
        /// The platform.
        platform: Platform,
        /// Where the platform calls us.
        hook: String,
        /// The accounts of it that are there.
        accounts: Vec<String>,
    },
    /// A code for a group.
    Code {
        /// The code.
        code: String,
        /// What the group is subscribed to.
        topics: Vec<String>,
        /// For so many minutes it holds.
        minutes: u64,
    },
    /// A group was connected by a code; said there.
    Paired {
        /// What it is subscribed to.
        topics: Vec<String>,
    },
    /// The same, to whoever made the code.
    PairedThere {
        /// The group; empty where its title is not known.
        title: String,
        /// What it is subscribed to.
        topics: Vec<String>,
    },
}

/// How an account does; local times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSaysLine {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: Platform,
    /// How it stands.
    pub stands: StandsSays,
    /// When the platform last took a message.
    pub taken: Option<NaiveDateTime>,
    /// How many messages wait.
    pub owed: Counted,
    /// How many chats receive through it.
    pub chats: Counted,
}

/// How an account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandsSays {
    /// It works, or nothing shows that it does not.
    Works,
    /// Nothing was sent through it yet.
    Fresh,
    /// It waits until then, because its platform asked for it.
    Waits(NaiveDateTime),
    /// Its platform refuses it since then.
    Shut(NaiveDateTime, DiagnosisSays),
}

impl Speak for AccountSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn steps(platform: Platform, part: StepsPart, hook: &str, lang: Lang) -> String {
    StepsSays { platform, part, hook: hook.to_owned() }.say(lang)
}

/// Every platform that can be connected, by its name in commands and what people call it.
fn platforms(lang: Lang) -> String {
    let all = Platform::ALL.into_iter().filter(|platform| *platform != Platform::Web);
    let line =
        |platform: Platform| format!("{}　{}", platform.name(), platform_name(platform, lang));
    all.map(line).collect::<Vec<_>>().join("\n")
}

fn zh(says: &AccountSays) -> String {
    let l = Lang::Zh;
    match says {
        AccountSays::Lines(lines) => {
            let lines: Vec<_> = lines.iter().map(line_zh).collect();
            format!("{}\n试发请发送：/试发 账号", lines.join("\n"))
        }
        AccountSays::Trying(account) => format!("正在试“{account}”，结果稍后发到这里。"),
        AccountSays::Works(says) => says.say(l),
        AccountSays::Fails { account, diagnosis } => {
            format!("“{account}”不可用。{}", diagnosis.say(l))
        }
        AccountSays::Untried(platform) => match platform {
            Platform::WebPush => "通知发给各位读者的浏览器，这里没有可以试发的对象：请打开群的页面，点“订阅通知”；推送服务能否连上，可在服务器上运行 tongxin channel test。",
            Platform::ByHand => "这些群由人转发，无需试发：请打开转发页看一看。",
            Platform::WecomBot => "这个机器人以 URL 回调接入，只能答复别人：请在群里 @它 说一句话试试。",
            _ => "本程序自己的网页一直可用，无需试发。",
        }
        .into(),
        AccountSays::Platforms => {
            format!("可以接入的平台：\n{}\n查看步骤请发送：/连接 平台", platforms(l))
        }
        AccountSays::Steps { platform, hook, accounts } => {
            let known = match accounts.as_slice() {
                [] => String::new(),
                some => format!("\n已有账号：{}。", some.join("、")),
            };
            format!(
                "接入{}{known}\n{}\n\n请服务器的管理人员运行（密码只在那里输入，请勿发到聊天里）：\ntongxin channel add {} --config 配置文件\n\n接下来：\n{}",
                platform_name(*platform, l),
                steps(*platform, StepsPart::Before, hook, l),
                platform.name(),
                steps(*platform, StepsPart::After, hook, l)
            )
        }
        AccountSays::Code { code, topics, minutes } => format!(
            "配对码：{code}\n请交给要接通的群的管理员，在那个群里发送（有的平台要先 @机器人）：\n/配对 {code}\n群将订阅：{}。{minutes} 分钟内有效，只能用一次。",
            topics.join("、")
        ),
        AccountSays::Paired { topics } => {
            format!("本群已接通，今后按时推送：{}。引用回复推送即可提建议。", topics.join("、"))
        }
        AccountSays::PairedThere { title, topics } => {
            let group =
                if title.is_empty() { "一个群".to_owned() } else { format!("“{title}”") };
            format!("{group}已用您的配对码接通，订阅了：{}。", topics.join("、"))
        }
    }
}

fn line_zh(line: &AccountSaysLine) -> String {
    let l = Lang::Zh;
    let (mark, stands) = match &line.stands {
        StandsSays::Works => ("✓", "正常".to_owned()),
        StandsSays::Fresh => ("○", "还没有发过消息".to_owned()),
        StandsSays::Waits(until) => ("…", format!("按平台要求等到 {}", time_zh(*until))),
        StandsSays::Shut(since, diagnosis) => {
            ("⚠", format!("{} 起被平台停用。{}", time_zh(*since), diagnosis.say(l)))
        }
    };
    let taken = line.taken.map(|at| format!("，最近送出 {}", time_zh(at))).unwrap_or_default();
    let owed =
        if line.owed.is_none() { String::new() } else { format!("，待发 {}", line.owed.say(l)) };
    let (account, platform) = (&line.account, platform_name(line.platform, l));
    format!("{mark}　{account}（{platform}）　会话 {}{owed}{taken}\n　{stands}", line.chats.say(l))
}

fn en(says: &AccountSays) -> String {
    let l = Lang::En;
    match says {
        AccountSays::Lines(lines) => {
            let lines: Vec<_> = lines.iter().map(line_en).collect();
            format!("{}\nTo try one: /channeltest ACCOUNT", lines.join("\n"))
        }
        AccountSays::Trying(account) => {
            format!("Trying “{account}”; the result comes here in a moment.")
        }
        AccountSays::Works(says) => says.say(l),
        AccountSays::Fails { account, diagnosis } => {
            format!("“{account}” does not work: {}.", diagnosis.say(l))
        }
        AccountSays::Untried(platform) => match platform {
            Platform::WebPush => "Notifications go to readers' browsers, and from here there is none to try: open a group's page and press \"Notify me\". Whether the push services can be reached is told by `tongxin channel test` on the server.",
            Platform::ByHand => "People bring things to these groups, so there is nothing to try: open their page.",
            Platform::WecomBot => "This robot is called by WeCom and can only answer: call it in a group, and see.",
            _ => "The program's own pages are always there, and need no trial.",
        }
        .into(),
        AccountSays::Platforms => {
            format!("Platforms:\n{}\nFor the steps: /connect PLATFORM", platforms(l))
        }
        AccountSays::Steps { platform, hook, accounts } => {
            let known = match accounts.as_slice() {
                [] => String::new(),
                some => format!("\nAlready there: {}.", some.join(", ")),
            };
            format!(
                "Connecting a channel ({}){known}\n{}\n\nThen have whoever runs the server call this (secrets are typed there; never send one to a chat):\ntongxin channel add {} --config FILE\n\nWhat comes next:\n{}",
                platform_name(*platform, l),
                steps(*platform, StepsPart::Before, hook, l),
                platform.name(),
                steps(*platform, StepsPart::After, hook, l)
            )
        }
        AccountSays::Code { code, topics, minutes } => format!(
            "Code: {code}\nPass it to an administrator of the group that is to be connected, to be sent there (on some platforms mentioning the bot):\n/pair {code}\nThe group gets: {}. It holds for {minutes} minutes and works once.",
            topics.join(", ")
        ),
        AccountSays::Paired { topics } => format!(
            "This group is connected, and gets from now on: {}. Reply to a push to make a suggestion.",
            topics.join(", ")
        ),
        AccountSays::PairedThere { title, topics } => {
            let group =
                if title.is_empty() { "A group".to_owned() } else { format!("“{title}”") };
            format!("{group} was connected by your code, and gets: {}.", topics.join(", "))
        }
    }
}

fn line_en(line: &AccountSaysLine) -> String {
    let l = Lang::En;
    let (mark, stands) = match &line.stands {
        StandsSays::Works => ("✓", "works".to_owned()),
        StandsSays::Fresh => ("○", "nothing was sent yet".to_owned()),
        StandsSays::Waits(until) => {
            ("…", format!("waits until {}, as its platform asks", time_en(*until)))
        }
        StandsSays::Shut(since, diagnosis) => (
            "⚠",
            format!("refused by its platform since {}: {}", time_en(*since), diagnosis.say(l)),
        ),
    };
    let taken = line.taken.map(|at| format!(", last sent {}", time_en(at))).unwrap_or_default();
    let owed =
        if line.owed.is_none() { String::new() } else { format!(", waiting {}", line.owed.say(l)) };
    let (account, platform) = (&line.account, platform_name(line.platform, l));
    format!("{mark} {account} ({platform}), chats {}{owed}{taken}\n  {stands}", line.chats.say(l))
}
