//! The words of the page from which a post is brought to a group, and of its poster.

use super::bot::{time_en, time_zh};
use crate::model::Lang;
use crate::text::Speak;
use chrono::{NaiveDate, NaiveDateTime};

/// A label or sentence of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the words of its name")]
pub enum HandPageSays {
    Title(String),
    CopyTitle,
    CopyHow,
    CopyByHand,
    Copy,
    Copied,
    Piece {
        number: usize,
        of: usize,
    },
    PosterTitle,
    PosterHow,
    PosterSave,
    /// What does not stand on the poster: pictures, and characters of which it shows a sign.
    PosterLacks {
        pictures: String,
        lacking: String,
    },
    PosterOf(String),
    DoneTitle,
    DoneHow,
    Posted,
    NotThis,
    Reason,
    Skip,
    Waits {
        since: NaiveDateTime,
        until: NaiveDateTime,
    },
    Paused,
    IsThere {
        by: String,
        at: NaiveDateTime,
    },
    IsLeftOut {
        by: String,
        at: NaiveDateTime,
        reason: String,
    },
    NotOwed(String),
    /// It is owed, and not by whoever looks.
    NothingNow,
    UndoUntil(NaiveDateTime),
    Undo,
    WhatItSays,
    Next(String),
    /// What ends the text: where more is read, and answered.
    TextEnd(String),
    Scan,
    ScanFor,
    Under {
        topic: String,
        day: NaiveDate,
    },
    GoneTitle,
    Gone,
}

impl Speak for HandPageSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &HandPageSays) -> String {
    use HandPageSays as S;
    match says {
        S::Title(group) => format!("发到“{group}”"),
        S::CopyTitle => "复制文字，发到群里".into(),
        S::CopyHow => "点“复制”，到群里粘贴发送。有几段就发几条。".into(),
        S::CopyByHand => "长按文字，选“全选”“复制”，再到群里粘贴。".into(),
        S::Copy => "复制".into(),
        S::Copied => "已复制 ✓".into(),
        S::Piece { number, of } => format!("第 {number} 段，共 {of} 段"),
        S::PosterTitle => "保存海报，发到群里".into(),
        S::PosterHow => "长按图片，选“保存图片”；群里的人扫码就能看全文、提意见。".into(),
        S::PosterSave => "下载海报".into(),
        S::PosterLacks { pictures, lacking } => {
            let pictures = match pictures.as_str() {
                "" => String::new(),
                some => format!("表情（{some}）不印在海报上。"),
            };
            let lacking = match lacking.as_str() {
                "" => String::new(),
                some => format!("字体里没有“{some}”，海报上以〓代替。"),
            };
            format!("{pictures}{lacking}")
        }
        S::PosterOf(title) => format!("海报：{title}"),
        S::DoneTitle => "发完了，点这里".into(),
        S::DoneHow => "点一下就记录在案，不会再提醒您。".into(),
        S::Posted => "已发到群里".into(),
        S::NotThis => "这次不发".into(),
        S::Reason => "不发的原因（编辑会看到）".into(),
        S::Skip => "确定不发".into(),
        S::Waits { since, until } => {
            format!("{} 起等待转发，最晚 {}。", time_zh(*since), time_zh(*until))
        }
        S::Paused => {
            "编辑已暂停这次推送，请先不要发到群里。已经发了的，仍请点“已发到群里”。".into()
        }
        S::IsThere { by, at } => format!("{by}已于 {} 发到群里。", time_zh(*at)),
        S::IsLeftOut { by, at, reason } => {
            format!("{by}于 {} 决定不发：{reason}", time_zh(*at))
        }
        S::NotOwed(why) => format!("不用再发了：{why}。"),
        S::NothingNow => "这一条现在不用您处理。".into(),
        S::UndoUntil(until) => format!("点错了？{} 前可以撤销。", time_zh(*until)),
        S::Undo => "撤销，还没有处理".into(),
        S::WhatItSays => "再看一遍文字和海报".into(),
        S::Next(group) => format!("下一个群：{group}"),
        S::TextEnd(url) => format!("看全文、提意见：{url}"),
        S::Scan => "长按识别二维码".into(),
        S::ScanFor => "看全文 · 提意见".into(),
        S::Under { topic, day } => format!("{topic} · {}", day.format("%Y年%-m月%-d日")),
        S::GoneTitle => "链接不能用了".into(),
        S::Gone => {
            "这个链接已经过期，或者这个群已经不由您转发。请打开机器人最新发给您的提醒。".into()
        }
    }
}

fn en(says: &HandPageSays) -> String {
    use HandPageSays as S;
    match says {
        S::Title(group) => format!("For the group “{group}”"),
        S::CopyTitle => "Copy the text into the group".into(),
        S::CopyHow => "Tap “Copy”, then paste it into the group. Each piece is one message.".into(),
        S::CopyByHand => "Press the text long, select all of it, copy it, and paste it into the group.".into(),
        S::Copy => "Copy".into(),
        S::Copied => "Copied ✓".into(),
        S::Piece { number, of } => format!("Piece {number} of {of}"),
        S::PosterTitle => "Save the poster, and post it".into(),
        S::PosterHow => "Press the picture long and save it. Whoever scans its code reads all of it, and can answer.".into(),
        S::PosterSave => "Download the poster".into(),
        S::PosterLacks { pictures, lacking } => {
            let pictures = match pictures.as_str() {
                "" => String::new(),
                some => format!("Emoji ({some}) are left out of the poster. "),
            };
            let lacking = match lacking.as_str() {
                "" => String::new(),
                some => format!("The font lacks “{some}”: the poster shows 〓."),
            };
            format!("{pictures}{lacking}").trim_end().to_owned()
        }
        S::PosterOf(title) => format!("Poster: {title}"),
        S::DoneTitle => "Once it is there".into(),
        S::DoneHow => "One tap, and it is on record; you are not reminded again.".into(),
        S::Posted => "It is in the group".into(),
        S::NotThis => "Not this time".into(),
        S::Reason => "Why not (editors read it)".into(),
        S::Skip => "Leave it out".into(),
        S::Waits { since, until } => {
            format!("Waits since {}, until {} at the latest.", time_en(*since), time_en(*until))
        }
        S::Paused => "The editors have paused this: please do not post it for now. If you have already, still tap “It is in the group”.".into(),
        S::IsThere { by, at } => format!("{by} brought it to the group on {}.", time_en(*at)),
        S::IsLeftOut { by, at, reason } => {
            format!("{by} left it out on {}: {reason}", time_en(*at))
        }
        S::NotOwed(why) => format!("It need not be posted any more: {why}."),
        S::NothingNow => "There is nothing for you to do here now.".into(),
        S::UndoUntil(until) => format!("A slip? You can take it back until {}.", time_en(*until)),
        S::Undo => "Take it back".into(),
        S::WhatItSays => "The text and the poster again".into(),
        S::Next(group) => format!("Next group: {group}"),
        S::TextEnd(url) => format!("Read all of it, and answer: {url}"),
        S::Scan => "Scan this code".into(),
        S::ScanFor => "to read all, and to answer".into(),
        S::Under { topic, day } => format!("{topic} · {}", day.format("%-d %B %Y")),
        S::GoneTitle => "This link no longer works".into(),
        S::Gone => {
            "It has expired, or the group is no longer yours to keep. Please open the latest reminder that you got.".into()
        }
    }
}
