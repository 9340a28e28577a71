//! What staff are told when something keeps messages from arriving.

use super::DiagnosisSays;
use super::bot::{time_en, time_zh};
use crate::model::{Became, Cause, Lang, Reach};
use crate::text::Speak;
use chrono::NaiveDateTime;

/// Something that staff should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmSays {
    /// A subscription ended because the chat is gone or put us out.
    SubscriptionEnded {
        /// The group's title; empty for a person's own chat.
        title: String,
        /// What the platform said.
        reason: String,
    },
    /// A subscription rests until somebody mends something in the chat.
    SubscriptionPaused {
        /// The group's title; empty for a person's own chat.
        title: String,
        /// What the platform said.
        reason: String,
    },
    /// A subscription that rested goes on.
    SubscriptionResumed {
        /// The group's title; empty for a person's own chat.
        title: String,
    },
    /// An account sends nothing until its settings are mended.
    AccountShut {
        /// The account, by its name in the configuration.
        account: String,
        /// What is wrong.
        diagnosis: DiagnosisSays,
    },
    /// A post is with the platform, and nobody reads it before a person sends it on there.
    SendByHand {
        /// The title of the post.
        title: String,
        /// The account, by its name in the configuration.
        account: String,
    },
    /// A post could not be brought to a chat of an account, and is not tried again there.
    GivenUp {
        /// The title of the post.
        title: String,
        /// The account, by its name in the configuration.
        account: String,
        /// What the platform said.
        reason: String,
    },
    /// A platform told later that what it had taken is out, and how far it came.
    WentOut {
        /// The title of the post.
        title: String,
        /// The account, by its name in the configuration.
        account: String,
        /// How far.
        reach: Reach,
    },
    /// A platform told later that it does not bring what it had taken.
    TurnedDown {
        /// What people type to name the post.
        code: String,
        /// The title of the post.
        title: String,
        /// The account, by its name in the configuration.
        account: String,
        /// Why.
        cause: Cause,
    },
    /// A platform took a message for some of those who are pushed to together, and left others out.
    LeftOut {
        /// The first line of the message.
        title: String,
        /// The account, by its name in the configuration.
        account: String,
        /// Whom, in the platform's words.
        reason: String,
    },
    /// What was said to a submitter could not be sent, and is not tried again.
    AnswerGivenUp {
        /// The number of the suggestion.
        number: String,
        /// The account, by its name in the configuration.
        account: String,
        /// What the platform said.
        reason: String,
    },
    /// Messages are held, because nobody knows whether they arrived.
    DeliveriesHeld {
        /// The account, by its name in the configuration.
        account: String,
        /// How many.
        count: usize,
    },
    /// Something that arrived could not be handled, and is not tried again.
    NotHandled {
        /// The account, by its name in the configuration.
        account: String,
        /// When it arrived.
        at: NaiveDateTime,
    },
    /// The disk is nearly full.
    SpaceScarce {
        /// So many MiB are free.
        free_mb: u64,
        /// When less than so many are, nothing is taken in.
        reserve_mb: u64,
    },
    /// The disk was full, and no longer is.
    SpaceBack {
        /// So many MiB are free.
        free_mb: u64,
    },
    /// A post fails too often and was paused.
    PostPaused {
        /// What people type to name it.
        code: String,
        /// Its title.
        title: String,
        /// So many chats did not get it …
        dead: u64,
        /// … of so many that were tried.
        of: u64,
        /// What most of them said.
        reason: String,
    },
}

/// What the ledger says of something owed, where no platform said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerSays {
    /// The post was withdrawn, or is gone.
    PostWithdrawn,
    /// The subscriber left, rests, or no longer takes this topic.
    NotSubscribed,
    /// The text or the address was erased.
    Erased,
    /// The notice is no longer kept.
    NoticeGone,
    /// There is nothing in it.
    Empty,
    /// It failed too often.
    FailedTooOften,
    /// The chat of a submitter moved: where to is not kept.
    AddressMoved,
    /// The daemon ended before the answer came.
    Interrupted,
    /// A person found that it had not arrived.
    RuledNotSent,
    /// Nobody brought it to the group in time.
    NotBrought,
    /// A later edition took its place.
    Superseded,
    /// The account is no more.
    AccountRemoved,
}

impl Speak for AlarmSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &AlarmSays) -> String {
    use AlarmSays as A;
    match says {
        A::SubscriptionEnded { title, reason } => {
            format!("{}的订阅已终止，今后不再推送。\n平台返回：{reason}", chat_zh(title))
        }
        A::SubscriptionPaused { title, reason } => format!(
            "{}的订阅已暂停：目前无法在该处发言。\n平台返回：{reason}\n请在该聊天中恢复发言权限（机器人已被移出或停用的，先加回或启用）；若之后没有收到恢复的通知，请在那里重新订阅。",
            chat_zh(title)
        ),
        A::SubscriptionResumed { title } => {
            format!("{}恢复了发言权限，订阅继续。", chat_zh(title))
        }
        A::AccountShut { account, diagnosis } => format!(
            "账号“{account}”已停止发送。{}\n待发内容均已保留，系统每隔几分钟重试一次；发送 /频道 可查看各账号的状态。",
            diagnosis.say(Lang::Zh)
        ),
        A::SendByHand { title, account } => format!(
            "“{title}”已存入公众号“{account}”的草稿箱，关注者还看不到：请登录 mp.weixin.qq.com，在“草稿箱”里预览、群发。"
        ),
        A::GivenUp { title, account, reason } => format!(
            "《{title}》经账号“{account}”未能送达部分会话，已放弃重试（同一推送只提醒一次）。\n平台返回：{reason}\n详情请查看该推送的送达情况。"
        ),
        A::WentOut { title, account, reach } => {
            format!(
                "《{title}》，经账号“{account}”：{}。",
                Became::Out(reach.clone()).say(Lang::Zh)
            )
        }
        A::TurnedDown { code, title, account, cause } => format!(
            "《{title}》经账号“{account}”提交后没有发出去：{}。\n改好后发送 /重试 {code} 重新提交；内容要改的，请另写一篇。",
            cause.say(Lang::Zh)
        ),
        A::LeftOut { title, account, reason } => format!(
            "《{title}》已经账号“{account}”发出，但平台没有发给其中一部分人，也不会补发。\n平台返回：{reason}\ninvaliduser 是查无此人或不在应用可见范围内的成员，invalidparty、invalidtag 是查无此号或不可见的部门、标签，unlicenseduser 是没有接口许可的成员；请在企业微信管理后台或本程序的配置里改正。"
        ),
        A::AnswerGivenUp { number, account, reason } => format!(
            "建议 {number} 的一条通知经账号“{account}”未能送达提出者，已放弃重试；提出者仍可凭编号和查询码在网页上查看。\n平台返回：{reason}"
        ),
        A::DeliveriesHeld { account, count } => format!(
            "账号“{account}”有 {count} 条消息无法确认是否送达，不再自动重发，请核实后处理：发送 /待核实 稿件编号 查看。"
        ),
        A::NotHandled { account, at } => format!(
            "账号“{account}”在 {} 收到的一条消息，五次处理都失败，已放弃：内容已销毁，发消息的人没有收到答复。请查看这段时间的日志，把其中的出错位置和程序版本告诉维护者。",
            time_zh(*at)
        ),
        A::SpaceScarce { free_mb, reserve_mb } => format!(
            "服务器磁盘空间不足：仅剩 {free_mb} MB。少于 {reserve_mb} MB 时将暂停接收和推送，已保存的内容不受影响。请联系运维人员清理磁盘。"
        ),
        A::SpaceBack { free_mb } => format!(
            "服务器磁盘曾经写满，接收和推送一度暂停；现有 {free_mb} MB 可用，已自动恢复。已保存的内容没有丢失，其间聊天平台上的消息由平台补发；网页上未能提交的需重新提交。"
        ),
        A::PostPaused { code, title, dead, of, reason } => format!(
            "稿件 {code}“{title}”失败过多，已自动暂停：已尝试 {of} 个会话，失败 {dead} 个。\n主要原因：{reason}\n排除原因后发送 /重试 {code} 重发失败的，发送 /继续 {code} 继续推送；不再推送请发送 /取消 {code}。"
        ),
    }
}

fn chat_zh(title: &str) -> String {
    if title.is_empty() { "一位成员的私聊".to_owned() } else { format!("“{title}”") }
}

fn en(says: &AlarmSays) -> String {
    use AlarmSays as A;
    match says {
        A::SubscriptionEnded { title, reason } => format!(
            "The subscription of {} has ended; nothing more is sent there.\nThe platform said: {reason}",
            chat_en(title)
        ),
        A::SubscriptionPaused { title, reason } => format!(
            "The subscription of {} is paused: we may not write there at present.\nThe platform said: {reason}\nPlease restore our right to write in that chat (a robot that was taken out or stopped has to be added or switched on again); if you are not told then that it goes on, subscribe there again.",
            chat_en(title)
        ),
        A::SubscriptionResumed { title } => {
            format!("We may write again in {}; its subscription goes on.", chat_en(title))
        }
        A::AccountShut { account, diagnosis } => format!(
            "The account “{account}” has stopped sending: {}.\nNothing is lost, and it is tried again every few minutes; /channels shows how the accounts do.",
            diagnosis.say(Lang::En)
        ),
        A::SendByHand { title, account } => format!(
            "“{title}” is in the drafts of the official account “{account}”, and no follower reads it yet: log in at mp.weixin.qq.com, look at it in the box of drafts (草稿箱), and send it there (群发)."
        ),
        A::GivenUp { title, account, reason } => format!(
            "“{title}” could not be brought to some chats through the account “{account}” and is not tried again there (told once for a post).\nThe platform said: {reason}\nSee the report of the post for details."
        ),
        A::WentOut { title, account, reach } => {
            let out = Became::Out(reach.clone()).say(Lang::En);
            format!("“{title}”, through the account “{account}”: {out}.")
        }
        A::TurnedDown { code, title, account, cause } => format!(
            "“{title}” was handed in through the account “{account}” and did not go out: {}.\nOnce that is mended, /retry {code} hands it in again; if the text has to change, write another post.",
            cause.say(Lang::En)
        ),
        A::LeftOut { title, account, reason } => format!(
            "“{title}” went out through the account “{account}”, but the platform left some out, and will not bring it later.\nThe platform said: {reason}\ninvaliduser are members who are not there or whom the application may not see, invalidparty and invalidtag departments and tags of which the same is true, unlicenseduser members without a licence; please mend it in WeCom's console or in the configuration."
        ),
        A::AnswerGivenUp { number, account, reason } => format!(
            "A notice about suggestion {number} could not be sent to its author through the account “{account}” and is not tried again; the page still shows it to whoever has number and code.\nThe platform said: {reason}"
        ),
        A::DeliveriesHeld { account, count: 1 } => format!(
            "One message of the account “{account}” may or may not have arrived. It is not sent again by itself; please check: /held POST."
        ),
        A::DeliveriesHeld { account, count } => format!(
            "{count} messages of the account “{account}” may or may not have arrived. They are not sent again by themselves; please check: /held POST."
        ),
        A::NotHandled { account, at } => format!(
            "A message that the account “{account}” received on {} could not be handled five times and was given up: what it said is destroyed, and whoever sent it was told nothing. Please look in the log at that time, and report the place that it names together with the program's version.",
            time_en(*at)
        ),
        A::SpaceScarce { free_mb, reserve_mb } => format!(
            "The server's disk is nearly full: {free_mb} MB are left. Below {reserve_mb} MB nothing is taken in and nothing is sent; what is kept stays. Please have room made on it."
        ),
        A::SpaceBack { free_mb } => format!(
            "The server's disk was full, and for a while nothing was taken in or sent. Now {free_mb} MB are free, and all goes on. Nothing that was kept is lost; what was said in chats meanwhile is brought again by the platform, forms that were refused have to be sent again."
        ),
        A::PostPaused { code, title, dead, of, reason } => format!(
            "Post {code} “{title}” fails too often and was paused: of {of} chats that were tried, {dead} did not get it.\nMain reason: {reason}\nOnce that is mended, /retry {code} sends again what failed, and /resume {code} goes on; to stop it, /cancel {code}."
        ),
    }
}

fn chat_en(title: &str) -> String {
    if title.is_empty() { "a member's own chat".to_owned() } else { format!("“{title}”") }
}

impl Speak for LedgerSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => ledger_zh(*self),
            Lang::En => ledger_en(*self),
        }
        .to_owned()
    }
}

const fn ledger_zh(says: LedgerSays) -> &'static str {
    match says {
        LedgerSays::PostWithdrawn => "推送已撤回",
        LedgerSays::NotSubscribed => "对方已退订、暂停或不再订阅该栏目",
        LedgerSays::Erased => "内容或地址已按要求删除",
        LedgerSays::NoticeGone => "通知已过保存期限",
        LedgerSays::Empty => "没有可发送的内容",
        LedgerSays::FailedTooOften => "多次尝试均未成功",
        LedgerSays::AddressMoved => "对方的聊天已迁移，新地址无从得知",
        LedgerSays::Interrupted => "程序在收到平台答复之前中断，可能已送达",
        LedgerSays::RuledNotSent => "经人工核实，未送达",
        LedgerSays::NotBrought => "超过时限，没有人发到群里",
        LedgerSays::Superseded => "已有更正的版本",
        LedgerSays::AccountRemoved => "账号已从配置中删去",
    }
}

const fn ledger_en(says: LedgerSays) -> &'static str {
    match says {
        LedgerSays::PostWithdrawn => "the post was withdrawn",
        LedgerSays::NotSubscribed => "the chat left, is paused, or no longer takes the topic",
        LedgerSays::Erased => "the text or the address was erased on request",
        LedgerSays::NoticeGone => "the notice is past its time and no longer kept",
        LedgerSays::Empty => "there is nothing to send",
        LedgerSays::FailedTooOften => "it failed too often",
        LedgerSays::AddressMoved => "the chat has moved, and where to is not known",
        LedgerSays::Interrupted => {
            "the program ended before the platform answered; it may have arrived"
        }
        LedgerSays::RuledNotSent => "a person found that it had not arrived",
        LedgerSays::NotBrought => "nobody brought it to the group in time",
        LedgerSays::Superseded => "a later edition took its place",
        LedgerSays::AccountRemoved => "the account was taken out of the configuration",
    }
}
