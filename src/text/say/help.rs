//! The help: each command with its usage and one line on what it does.

use crate::model::Lang;
use crate::text::command::{Audience, Verb};

/// The help for those who belong to `audiences`.
#[must_use]
#[expect(clippy::format_push_string, reason = "a short list; plain words read best")]
pub fn help(audiences: &[Audience], lang: Lang) -> String {
    let mut text = match lang {
        Lang::Zh => "可用的命令（直接引用回复一条推送，就是提建议）：",
        Lang::En => "Commands (to suggest something, simply reply to a push):",
    }
    .to_owned();
    for verb in Verb::all().filter(|v| *v != Verb::Start && audiences.contains(&v.audience())) {
        let first = usage(verb, lang);
        let first = first.lines().next().unwrap_or_default();
        text.push_str(&format!("\n{first} – {}", gist(verb, lang)));
    }
    text
}

/// How a command is written, with an example where a form would not explain itself.
#[must_use]
pub fn usage(verb: Verb, lang: Lang) -> String {
    let takes = match lang {
        Lang::Zh => takes_zh(verb),
        Lang::En => takes_en(verb),
    };
    let name = verb.name(lang);
    if takes.is_empty() { format!("/{name}") } else { format!("/{name} {takes}") }
}

const fn takes_zh(verb: Verb) -> &'static str {
    match verb {
        Verb::Subscribe => "栏目",
        Verb::Unsubscribe => "[栏目]",
        Verb::Suggest => "内容",
        Verb::Withdraw
        | Verb::Show
        | Verb::Claim
        | Verb::Release
        | Verb::Confirm
        | Verb::Return => "编号",
        Verb::Language => "中文|English",
        Verb::Post => "栏目\n标题\n正文（可用 Markdown）",
        Verb::Explain => {
            "栏目\n标题：…\n新变化：…\n适用对象：…\n怎么办理：…\n截止时间：…\n咨询渠道：…\n政策原文：…\n文号：…\n链接：…"
        }
        Verb::Preview
        | Verb::Pause
        | Verb::Resume
        | Verb::Cancel
        | Verb::Retry
        | Verb::Report
        | Verb::Held => "稿件编号",
        Verb::Settle => {
            "稿件编号 会话|全部 已送达|未送达|重发\n例如：/核实 7K3QD 全部 重发\n会话可以写群名、会话编号或地址。"
        }
        Verb::Why => {
            "稿件编号 会话\n例如：/为何 7K3QD 阳光小区业主群\n会话可以写群名、会话编号或地址。"
        }
        Verb::Schedule => "稿件编号 时间\n例如：/定时 7K3QD 明天 09:00",
        Verb::Push => "稿件编号 [紧急]",
        Verb::Try => "网址",
        Verb::ChannelTest => "账号",
        Verb::Pair => "栏目，栏目\n例如在私聊中：/配对 便民信息\n然后在要接通的群里：/配对 配对码",
        Verb::Connect => "[平台]",
        Verb::Ask => "编号 问题",
        Verb::Sort => {
            "编号 类型，类别，区域，承办单位（写要改的即可）\n例如：/归类 AB12-CD34 咨询，承办=办公室"
        }
        Verb::Accept => {
            "编号 [类型，类别，区域，承办单位]\n例如：/受理 AB12-CD34 咨询，道路交通\n没写的按显示的归类；都不写，先看归类再确认。"
        }
        Verb::Answer => "编号 答复",
        Verb::Decline => {
            "编号 不属职权|已有规定|暂不可行|信息不足|其他 说明\n例如：/不采纳 AB12-CD34 暂不可行 目前经费不足，明年再议。"
        }
        Verb::Invite => "管理员|编辑|审阅人|签批人",
        Verb::Dismiss => "人员编号 角色",
        Verb::Start
        | Verb::Help
        | Verb::Topics
        | Verb::Mine
        | Verb::Forget
        | Verb::Queue
        | Verb::Sources
        | Verb::Channels
        | Verb::Inbox
        | Verb::Next
        | Verb::Staff => "",
    }
}

const fn takes_en(verb: Verb) -> &'static str {
    match verb {
        Verb::Subscribe => "TOPIC",
        Verb::Unsubscribe => "[TOPIC]",
        Verb::Suggest => "TEXT",
        Verb::Withdraw
        | Verb::Show
        | Verb::Claim
        | Verb::Release
        | Verb::Confirm
        | Verb::Return => "NUMBER",
        Verb::Language => "中文|English",
        Verb::Post => "TOPIC\nTitle\nText (Markdown)",
        Verb::Explain => {
            "TOPIC\ntitle: …\nwhat's new: …\nfor whom: …\nwhat to do: …\nby when: …\nwhere to ask: …\nsource: …\nnumber: …\nlink: …"
        }
        Verb::Preview
        | Verb::Pause
        | Verb::Resume
        | Verb::Cancel
        | Verb::Retry
        | Verb::Report
        | Verb::Held => "POST",
        Verb::Settle => {
            "POST CHAT|all sent|notsent|resend\nExample: /settle 7K3QD all resend\nA chat is named by its title, code or address."
        }
        Verb::Why => {
            "POST CHAT\nExample: /why 7K3QD Garden Residents\nA chat is named by its title, code or address."
        }
        Verb::Schedule => "POST TIME\nExample: /schedule 7K3QD tomorrow 09:00",
        Verb::Push => "POST [urgent]",
        Verb::Try => "URL",
        Verb::ChannelTest => "ACCOUNT",
        Verb::Pair => {
            "TOPIC, TOPIC\nExample, in your own chat: /pair news\nThen in the group that is to be connected: /pair CODE"
        }
        Verb::Connect => "[PLATFORM]",
        Verb::Ask => "NUMBER QUESTION",
        Verb::Sort => {
            "NUMBER KIND, CATEGORY, AREA, UNIT (those that change)\nExample: /sort AB12-CD34 question, unit=the office"
        }
        Verb::Accept => {
            "NUMBER [KIND, CATEGORY, AREA, UNIT]\nExample: /accept AB12-CD34 question, roads and traffic\nWhat is left out stays as it is shown; with none of them, you see it first."
        }
        Verb::Answer => "NUMBER ANSWER",
        Verb::Decline => {
            "NUMBER remit|done|infeasible|vague|other REASON\nExample: /decline AB12-CD34 infeasible There is no budget for it this year."
        }
        Verb::Invite => "administrator|editor|reviewer|lead",
        Verb::Dismiss => "PERSON ROLE",
        Verb::Start
        | Verb::Help
        | Verb::Topics
        | Verb::Mine
        | Verb::Forget
        | Verb::Queue
        | Verb::Sources
        | Verb::Channels
        | Verb::Inbox
        | Verb::Next
        | Verb::Staff => "",
    }
}

/// What a command does, in one line.
#[must_use]
pub const fn gist(verb: Verb, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => gist_zh(verb),
        Lang::En => gist_en(verb),
    }
}

const fn gist_zh(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "开始使用",
        Verb::Help => "查看命令",
        Verb::Topics => "有哪些栏目，这里订阅了哪些",
        Verb::Subscribe => "订阅栏目（在群里由群管理员操作）",
        Verb::Unsubscribe => "退订一个或全部栏目",
        Verb::Suggest => "提一条建议",
        Verb::Mine => "我的建议办到哪一步了",
        Verb::Withdraw => "撤回一条建议",
        Verb::Forget => "删除我的全部建议和个人信息",
        Verb::Language => "换语言",
        Verb::Post => "写一篇稿件",
        Verb::Explain => "写一篇政策解读",
        Verb::Preview => "按实际样子预览稿件",
        Verb::Schedule => "定时推送",
        Verb::Push => "立即推送",
        Verb::Pause => "暂停正在进行的推送",
        Verb::Resume => "继续已暂停的推送",
        Verb::Cancel => "取消稿件或停止推送",
        Verb::Retry => "重发失败的会话",
        Verb::Queue => "待发和正在发的稿件",
        Verb::Report => "一次推送的送达情况",
        Verb::Held => "不知是否送达、等人核实的会话",
        Verb::Settle => "核实：已送达、未送达或重发",
        Verb::Why => "一个会话为何收到或没收到",
        Verb::Sources => "信息来源及其状况",
        Verb::Try => "试读一个来源",
        Verb::Channels => "各平台账号是否正常",
        Verb::ChannelTest => "试一个账号，说明哪里不对",
        Verb::Pair => "生成配对码，用来接通一个群",
        Verb::Inbox => "待办的建议",
        Verb::Next => "认领等得最久的一件",
        Verb::Show => "查看一条建议",
        Verb::Claim => "认领；接手已受理的（签批人，或在原办理人离岗后）",
        Verb::Release => "放回，由其他同事办理",
        Verb::Ask => "请提交人补充",
        Verb::Sort => "归类，或改正归类",
        Verb::Accept => "受理，并告诉提交人由谁、何时答复",
        Verb::Answer => "答复",
        Verb::Decline => "不采纳（须另一位签批人同意）",
        Verb::Confirm => "同意不采纳",
        Verb::Return => "退回不采纳，继续办理",
        Verb::Invite => "邀请同事担任角色",
        Verb::Staff => "工作人员名单",
        Verb::Dismiss => "撤销一个角色",
        Verb::Connect => "怎样接入一个平台",
    }
}

const fn gist_en(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "begin",
        Verb::Help => "these commands",
        Verb::Topics => "the topics, and which are subscribed here",
        Verb::Subscribe => "subscribe to a topic (in a group: its administrators)",
        Verb::Unsubscribe => "end one subscription, or all",
        Verb::Suggest => "make a suggestion",
        Verb::Mine => "how my suggestions stand",
        Verb::Withdraw => "take back a suggestion",
        Verb::Forget => "erase all my suggestions and data",
        Verb::Language => "choose a language",
        Verb::Post => "write a post",
        Verb::Explain => "write a policy explainer",
        Verb::Preview => "see a post as it will look",
        Verb::Schedule => "push at a time",
        Verb::Push => "push now",
        Verb::Pause => "stop a push for a while",
        Verb::Resume => "let a paused push go on",
        Verb::Cancel => "cancel a post, or stop its push",
        Verb::Retry => "try again where it failed",
        Verb::Queue => "posts waiting and going out",
        Verb::Report => "how a push went",
        Verb::Held => "what may or may not have arrived",
        Verb::Settle => "say what became of it, or send it again",
        Verb::Why => "why a chat has it or has it not",
        Verb::Sources => "the sources, and how they do",
        Verb::Try => "read a source on trial",
        Verb::Channels => "how the accounts on platforms do",
        Verb::ChannelTest => "try an account, and see what is wrong",
        Verb::Pair => "make a code by which a group is connected",
        Verb::Inbox => "suggestions to do",
        Verb::Next => "take on the one that has waited longest",
        Verb::Show => "look at a suggestion",
        Verb::Claim => {
            "take it on; or take over what was taken up (a lead, or once its holder has left)"
        }
        Verb::Release => "give it back for others",
        Verb::Ask => "ask the submitter for more",
        Verb::Sort => "sort it, or put a slip right",
        Verb::Accept => "take it up; its submitter hears who answers, and when",
        Verb::Answer => "answer it",
        Verb::Decline => "decline (another lead confirms)",
        Verb::Confirm => "confirm the decline",
        Verb::Return => "return it to be answered",
        Verb::Invite => "invite a colleague to a role",
        Verb::Staff => "who works here",
        Verb::Dismiss => "take a role away",
        Verb::Connect => "how a platform is connected",
    }
}
