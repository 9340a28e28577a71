//! What is said about sources: what went wrong with one, and the words of `source try` and of digests.

use crate::model::{Lang, Likeness, ScheduleError, ScheduleField, Verdict};
use crate::text::Speak;
use std::time::Duration;

/// A sentence about a source, or one of the small words of a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.say(Lang::En))]
pub enum SourceSays {
    /// The address is not one that can be read.
    BadAddress(String),
    /// The server cannot be reached.
    Unreachable(String),
    /// No whole answer came in this time.
    Slow(Duration),
    /// The answer broke off.
    CutOff(String),
    /// The server answered with this status.
    Status(u16),
    /// The server asks to wait.
    Busy(u16),
    /// The source is gone for good.
    Gone,
    /// Too many redirects.
    Redirects(usize),
    /// A redirect to somewhere that is not followed.
    BadRedirect(String),
    /// More bytes than this.
    TooLarge(usize),
    /// The file cannot be read.
    File(String),
    /// There is nothing in it.
    Empty,
    /// A page where a feed was expected.
    PageNotFeed,
    /// It is no feed.
    NotAFeed,
    /// It cannot be read as a feed.
    Malformed(String),
    /// It is nested so deeply that it is refused.
    TooDeep,
    /// It was too much for the parser.
    ParserFailed,
    /// A CSS selector cannot be read.
    BadSelector(String),
    /// The selector of items finds nothing on the page.
    NothingFound(String),
    /// The source was read, and so many of the articles that it links were not.
    Articles {
        /// How many.
        count: usize,
        /// What went wrong with the last.
        why: Box<SourceSays>,
    },
    /// What a trial read: the first line of its report.
    Read {
        /// What it is: `RSS 2.0`, `page` …
        kind: &'static str,
        /// Its title.
        title: String,
        /// How it is encoded.
        encoding: &'static str,
        /// How many entries it lists.
        count: usize,
    },
    /// It has moved for good to this address.
    Moved(String),
    /// How an entry counts.
    Counts(Verdict),
    /// So many entries are not shown.
    NotShown(usize),
    /// A schedule cannot be read.
    Schedule(ScheduleError),
    /// Nothing is new.
    NothingNew,
    /// So many entries wait for the next digest.
    Waiting(u32),
    /// The source works again.
    Recovered {
        /// What it is called.
        name: String,
    },
    /// The source fails: an alarm for staff.
    Failing {
        /// What it is called.
        name: String,
        /// What went wrong, worded.
        what: String,
        /// How many times in a row.
        times: u32,
    },
}

impl Speak for SourceSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(said: &SourceSays) -> String {
    use SourceSays as S;
    match said {
        S::BadAddress(url) => {
            format!("地址“{url}”无法读取，请使用 http://、https:// 或 file: 开头的地址。")
        }
        S::Unreachable(why) => format!("连接不上对方服务器（{why}）。"),
        S::Slow(span) => format!("等候 {} 秒仍未收到完整答复。", span.as_secs()),
        S::CutOff(why) => format!("内容传送中断（{why}）。"),
        S::Status(404) => "对方服务器上没有这个地址（404），请核对网址。".to_owned(),
        S::Status(401 | 403) => "对方服务器拒绝访问（401/403）。".to_owned(),
        S::Status(code) => format!("对方服务器答复出错（{code}）。"),
        S::Busy(code) => format!("对方服务器请我们稍后再来（{code}）。"),
        S::Gone => "对方已声明此来源永久停用（410），请更换地址；此后每天只试一次。".to_owned(),
        S::Redirects(most) => format!("跳转超过 {most} 次，已放弃。"),
        S::BadRedirect(to) => format!("跳转到了不能读取的地址“{to}”。"),
        S::TooLarge(most) => format!("内容超过 {} MiB 的上限。", most / (1024 * 1024)),
        S::File(why) => format!("文件无法读取（{why}）。"),
        S::Empty => "内容为空。".to_owned(),
        S::PageNotFeed => "这是一个网页，不是订阅源；可按列表页（CSS 选择器）方式读取。".to_owned(),
        S::NotAFeed => "这不是 RSS、Atom 或 JSON Feed。".to_owned(),
        S::Malformed(why) => format!("订阅源格式有误，无法读取（{why}）。"),
        S::TooDeep => "内容嵌套过深，已拒绝读取。".to_owned(),
        S::Articles { count, why } => {
            format!("有 {count} 篇正文未能读取，下次再试：{}", zh(why))
        }
        S::ParserFailed => "内容异常，解析未能完成；其他来源不受影响。".to_owned(),
        S::BadSelector(it) => format!("CSS 选择器“{it}”无法识别。"),
        S::NothingFound(it) => format!("页面上没有找到与“{it}”相符的条目，页面可能已改版。"),
        S::Read { kind, title, encoding, count } => {
            let kind = if *kind == "page" { "列表页" } else { kind };
            format!("{kind}《{title}》，编码 {encoding}，共 {count} 条。")
        }
        S::Moved(to) => format!("对方已永久迁移到 {to}，请更新配置。"),
        S::Counts(Verdict::New) => "新".to_owned(),
        S::Counts(Verdict::Archive) => "旧（首次读取不推送）".to_owned(),
        S::Counts(Verdict::Same { by: Likeness::Link, .. }) => "已有（链接相同）".to_owned(),
        S::Counts(Verdict::Same { by: Likeness::Title, .. }) => "已有（标题相近）".to_owned(),
        S::NotShown(n) => format!("另有 {n} 条未列出。"),
        S::Schedule(error) => schedule_zh(error),
        S::NothingNew => "本期没有新内容。".to_owned(),
        S::Waiting(n) => format!("还有 {n} 条将在下期推送。"),
        S::Recovered { name } => format!("来源“{name}”已恢复正常。"),
        S::Failing { name, what, times } => {
            format!("来源“{name}”连续 {times} 次读取失败：{what}")
        }
    }
}

fn en(said: &SourceSays) -> String {
    use SourceSays as S;
    match said {
        S::BadAddress(url) => {
            format!("The address {url} cannot be read: use http://, https:// or file:.")
        }
        S::Unreachable(why) => format!("The server cannot be reached ({why})."),
        S::Slow(span) => format!("No whole answer came within {} seconds.", span.as_secs()),
        S::CutOff(why) => format!("The answer broke off ({why})."),
        S::Status(404) => "The server has nothing at this address (404): check it.".to_owned(),
        S::Status(401 | 403) => "The server refuses access (401/403).".to_owned(),
        S::Status(code) => format!("The server answered with an error ({code})."),
        S::Busy(code) => format!("The server asks us to come back later ({code})."),
        S::Gone => {
            "The source is gone for good (410): give another address. It is tried once a day."
                .to_owned()
        }
        S::Redirects(most) => format!("More than {most} redirects: given up."),
        S::BadRedirect(to) => format!("It redirects to {to}, which cannot be read."),
        S::TooLarge(most) => format!("It is larger than {} MiB.", most / (1024 * 1024)),
        S::File(why) => format!("The file cannot be read ({why})."),
        S::Empty => "There is nothing in it.".to_owned(),
        S::PageNotFeed => {
            "This is a page, not a feed: read it as a list page, by CSS selectors.".to_owned()
        }
        S::NotAFeed => "This is no RSS, Atom or JSON Feed.".to_owned(),
        S::Malformed(why) => format!("The feed is malformed and cannot be read ({why})."),
        S::TooDeep => "It is nested too deeply and is not read.".to_owned(),
        S::ParserFailed => {
            "It is so odd that reading it failed; other sources are not affected.".to_owned()
        }
        S::Articles { count: 1, why } => {
            format!("One article could not be read and is tried again next time: {}", en(why))
        }
        S::Articles { count, why } => {
            format!("{count} articles could not be read and are tried again next time: {}", en(why))
        }
        S::BadSelector(it) => format!("The CSS selector `{it}` cannot be read."),
        S::NothingFound(it) => {
            format!("Nothing on the page matches `{it}`: it may have been rebuilt.")
        }
        S::Read { kind, title, encoding, count } => {
            let entries = if *count == 1 { "entry" } else { "entries" };
            format!("{kind} “{title}”, {encoding}, {count} {entries}.")
        }
        S::Moved(to) => format!("It has moved for good to {to}: change the configuration."),
        S::Counts(Verdict::New) => "new".to_owned(),
        S::Counts(Verdict::Archive) => "old (not pushed at the first read)".to_owned(),
        S::Counts(Verdict::Same { by: Likeness::Link, .. }) => "known (same link)".to_owned(),
        S::Counts(Verdict::Same { by: Likeness::Title, .. }) => "known (like title)".to_owned(),
        S::NotShown(1) => "1 more is not shown.".to_owned(),
        S::NotShown(n) => format!("{n} more are not shown."),
        S::Schedule(error) => schedule_en(error),
        S::NothingNew => "Nothing new this time.".to_owned(),
        S::Waiting(1) => "1 more entry comes with the next digest.".to_owned(),
        S::Waiting(n) => format!("{n} more entries come with the next digest."),
        S::Recovered { name } => format!("The source {name} works again."),
        S::Failing { name, what, times: 1 } => {
            format!("The source {name} could not be read: {what}")
        }
        S::Failing { name, what, times } => {
            format!("The source {name} could not be read {times} times in a row: {what}")
        }
    }
}

fn schedule_zh(error: &ScheduleError) -> String {
    match error {
        ScheduleError::FieldCount(n) => format!(
            "时间表应有五段（分 时 日 月 星期），或写成“every 20s”；这里有 {n} 段。例：0 9 * * 1-5 为工作日 9:00。"
        ),
        ScheduleError::Field { field, text } => {
            let (least, most) = field.range();
            let name = match field {
                ScheduleField::Minute => "分",
                ScheduleField::Hour => "时",
                ScheduleField::Day => "日",
                ScheduleField::Month => "月",
                ScheduleField::Weekday => "星期",
            };
            format!("“{text}”不能用作“{name}”，可写 {least} 至 {most}。")
        }
        ScheduleError::BothDays => {
            "“日”和“星期”不能同时限定，请分成两个栏目，或把其中一段写成 *。".to_owned()
        }
        ScheduleError::NeverComes => "没有这样的日期，请核对“日”和“月”。".to_owned(),
        ScheduleError::Every(text) => {
            format!("“{text}”不是可用的间隔，可写 every 20s、every 5m 或 every 2h，最长一周。")
        }
    }
}

fn schedule_en(error: &ScheduleError) -> String {
    match error {
        ScheduleError::FieldCount(n) => format!(
            "A schedule has five fields (minute hour day month weekday) or reads `every 20s`; this one has {n}. `0 9 * * 1-5` is 9:00 on working days."
        ),
        ScheduleError::Field { field, text } => {
            let (least, most) = field.range();
            format!("`{text}` is no {field}: write {least} to {most}.")
        }
        ScheduleError::BothDays => {
            "A day of the month and a weekday cannot be given together: write * for one of them."
                .to_owned()
        }
        ScheduleError::NeverComes => "This date never comes: check day and month.".to_owned(),
        ScheduleError::Every(text) => {
            format!("`{text}` is no span: write every 20s, every 5m or every 2h, up to a week.")
        }
    }
}
