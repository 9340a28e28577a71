//! What commands did, how far they are, and what the daemon says when it is ready.

use crate::model::Lang;
use crate::text::Speak;
use chrono::NaiveDateTime;

/// What a command did, or how far it is. Paths and addresses are as they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum DoneSays {
    /// The daemon is ready.
    Ready {
        listen: String,
        public: String,
        accounts: usize,
        sources: usize,
        topics: usize,
    },
    /// A configuration has no mistake; it may have warnings.
    Checked {
        warnings: usize,
    },
    Healthy,
    Verified(VerifiedSays),
    Compacted {
        before: u64,
        after: u64,
    },
    CompactsItself,
    Exported {
        records: u64,
        counts: u64,
        path: String,
    },
    Imported {
        records: u64,
        counts: u64,
    },
    /// How far an export or import is.
    Pace {
        moved: u64,
        a_second: u64,
    },
    LedgerWritten {
        lines: u64,
        path: String,
    },
    DaemonDoesAll {
        dir: String,
    },
    NoDaemon {
        dir: String,
    },
    NoWorkers,
    Workers(Vec<WorkerLine>),
    /// The lines of a new seat, and its secret.
    Seat {
        lines: String,
        secret: String,
    },
}

/// What was looked through and found to be well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedSays {
    /// Records.
    pub records: u64,
    /// Lines of indexes.
    pub lines: u64,
    /// Counts.
    pub counts: u64,
}

/// One line about who does what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLine {
    /// What is done.
    pub duty: DutySays,
    /// Who does it; nobody where it is none.
    pub worker: Option<String>,
    /// Since when, local time.
    pub since: NaiveDateTime,
    /// How many have had it, this one counted.
    pub tenure: u64,
}

/// What a worker does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutySays {
    /// Hears and sends through this account.
    Account(String),
    /// Turns this round.
    Round(String),
}

/// What a monitor reads of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeSays {
    /// The store failed.
    StoreFailed,
    /// The store does not answer.
    StoreSilent,
    /// The disk is full.
    DiskFull,
}

impl Speak for DoneSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &DoneSays) -> String {
    use DoneSays as S;
    match says {
        S::Ready { listen, public, accounts, sources, topics } => format!(
            "同心已就绪：网页在 http://{listen}（对外 {public}），平台账号 {accounts} 个，来源 {sources} 个，栏目 {topics} 个。按 Ctrl-C 停止。"
        ),
        S::Checked { warnings: 0 } => "配置没有错误。以上是实际生效的设置，密码已隐去。".into(),
        S::Checked { warnings } => {
            format!("配置没有错误，但有 {warnings} 处值得留意。以上是实际生效的设置，密码已隐去。")
        }
        S::Healthy => "服务运行正常。".into(),
        S::Verified(VerifiedSays { records, lines, counts }) => {
            format!("一切正常：记录 {records} 条，索引 {lines} 行，计数 {counts} 个。")
        }
        S::Compacted { before, after } => {
            format!("压缩完成：原为 {before} 字节，现为 {after} 字节。")
        }
        S::CompactsItself => "不需要压缩：PostgreSQL 会自行回收空间（autovacuum）。".into(),
        S::Exported { records, counts, path } => {
            format!("已将 {records} 条记录、{counts} 个计数写入 {path}。")
        }
        S::Imported { records, counts } => {
            format!("已导入 {records} 条记录、{counts} 个计数。")
        }
        S::Pace { moved, a_second } => format!("已处理 {moved} 条，每秒 {a_second} 条"),
        S::LedgerWritten { lines, path } => format!("已将 {lines} 行写入 {path}。"),
        S::DaemonDoesAll { dir } => {
            format!("使用 {dir} 的服务承担全部工作：内置存储只供它一个进程使用。")
        }
        S::NoDaemon { dir } => format!("没有服务在使用 {dir}。"),
        S::NoWorkers => "还没有进程承担任何工作。请用 tongxin serve 启动一个。".into(),
        S::Workers(lines) => {
            let line = |w: &WorkerLine| {
                let who = w.worker.as_deref().unwrap_or("（无）");
                let since = w.since.format("%Y-%m-%d %H:%M:%S");
                format!("{}　{who}，自 {since} 起（第 {} 任）", duty_zh(&w.duty), w.tenure)
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Seat { lines, secret } => format!(
            "# 请把以下几行加入配置，然后重启：\n{lines}\n\n# 席位的地址，只交给本人；只显示这一次：\n#   <public_url>/seat/{secret}"
        ),
    }
}

fn en(says: &DoneSays) -> String {
    use DoneSays as S;
    match says {
        S::Ready { listen, public, accounts, sources, topics } => format!(
            "Tongxin is ready: pages on http://{listen} (to others {public}), {accounts} accounts on platforms, {sources} sources, {topics} topics. Ctrl-C stops it."
        ),
        S::Checked { warnings: 0 } => {
            "the configuration has no mistakes; above is what takes effect, secrets masked".into()
        }
        S::Checked { warnings: 1 } => "the configuration has no mistakes, and one thing to think about; above is what takes effect, secrets masked".into(),
        S::Checked { warnings } => format!(
            "the configuration has no mistakes, and {warnings} things to think about; above is what takes effect, secrets masked"
        ),
        S::Healthy => "the daemon is well".into(),
        S::Verified(VerifiedSays { records, lines, counts }) => {
            format!("all is well: {records} records, {lines} index lines, {counts} counts")
        }
        S::Compacted { before, after } => format!("{before} bytes before, {after} bytes now"),
        S::CompactsItself => {
            "there is nothing to do: PostgreSQL gives space back by itself (autovacuum)".into()
        }
        S::Exported { records, counts, path } => {
            format!("{records} records and {counts} counts written to {path}")
        }
        S::Imported { records, counts } => format!("{records} records and {counts} counts read"),
        S::Pace { moved, a_second } => format!("{moved} records, {a_second} a second"),
        S::LedgerWritten { lines, path } => format!("{lines} lines written to {path}"),
        S::DaemonDoesAll { dir } => {
            format!("the daemon over {dir} does everything: the embedded store is its alone")
        }
        S::NoDaemon { dir } => format!("no daemon runs over {dir}"),
        S::NoWorkers => "no worker has taken anything yet: start one with `tongxin serve`".into(),
        S::Workers(lines) => {
            let line = |w: &WorkerLine| {
                let who = w.worker.as_deref().unwrap_or("nobody");
                let since = w.since.format("%Y-%m-%d %H:%M:%S");
                format!("{:<24} {who}, since {since} (tenure {})", duty_en(&w.duty), w.tenure)
            };
            lines.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        S::Seat { lines, secret } => format!(
            "# Put these lines into the configuration and restart:\n{lines}\n\n# The seat's address, for its owner alone; it is shown only now:\n#   <public_url>/seat/{secret}"
        ),
    }
}

fn duty_zh(duty: &DutySays) -> String {
    match duty {
        DutySays::Account(account) => format!("账号 {account}"),
        DutySays::Round(name) => round_zh(name),
    }
}

fn duty_en(duty: &DutySays) -> String {
    match duty {
        DutySays::Account(account) => format!("account {account}"),
        DutySays::Round(name) => format!("round {name}"),
    }
}

/// What a round is called, with its name in logs and figures; one of a later program has only that.
pub(super) fn round_zh(name: &str) -> String {
    let what = match name {
        "inbox" => "处理来信",
        "feeds" => "读取来源",
        "trials" => "试读来源",
        "press" => "编发信息",
        "fan-out" => "安排发送",
        "promises" => "办理期限",
        "hands" => "请人转发",
        "sweep" => "销毁密钥",
        "retention" => "清理到期数据",
        "duties" => "分工",
        "gauges" => "统计",
        "outbox" => "发送",
        _ => return format!("轮次 {name}"),
    };
    format!("{what}（{name}）")
}

impl Speak for ProbeSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::StoreFailed, Lang::Zh) => "数据读写出错".into(),
            (Self::StoreSilent, Lang::Zh) => "数据读写没有答复".into(),
            (Self::DiskFull, Lang::Zh) => "磁盘已满，暂不接收任何内容".into(),
            (Self::DiskFull, Lang::En) => "the disk is full, nothing is taken in".into(),
            (Self::StoreFailed, Lang::En) => "the store failed".into(),
            (Self::StoreSilent, Lang::En) => "the store does not answer".into(),
        }
    }
}
