//! Why a command could not be carried out, and what to do.

use super::{ChannelTrouble, ConnectTrouble, DataSays, RemarkSays, SystemSays};
use crate::model::{Lang, Role};
use crate::text::Speak;
use crate::text::say::sources::SourceSays;
use crate::text::say::{Refusal, role_name};

/// Why a command could not be carried out, and what to do. Paths and addresses are as they are shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.say(Lang::En))]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum TroubleSays {
    /// The configuration has mistakes; each is told.
    Mistakes(Vec<RemarkSays>),
    ConfigUnreadable {
        path: String,
        why: SystemSays,
    },
    /// What is kept cannot be used.
    Data(DataSays),
    /// What people type about posts is refused.
    Refused(Refusal),
    /// A source cannot be read.
    Source(SourceSays),
    Channel(ChannelTrouble),
    Connect(ConnectTrouble),
    SourcesImpossible(String),
    CannotListen {
        address: String,
        why: SystemSays,
    },
    AccountImpossible {
        account: String,
        said: String,
    },
    CannotWrite {
        path: String,
        why: SystemSays,
    },
    CannotRead {
        path: String,
        why: SystemSays,
    },
    CannotMake {
        path: String,
        why: SystemSays,
    },
    DemoUnusable {
        path: String,
        why: SystemSays,
    },
    DemoNotUtf8 {
        path: String,
    },
    /// The system refused something that needs no name.
    System(SystemSays),
    NoDaemon {
        address: String,
        why: SystemSays,
    },
    DaemonUnwell,
    DaemonRuns,
    DaemonGone,
    /// The daemon is older than the command, or younger.
    DaemonPuzzled,
    NoSuchRole(String),
    Faulty {
        faults: u64,
        records: u64,
        problems: Vec<String>,
    },
    /// A part of the daemon ended, and took the others with it.
    PartEnded {
        part: PartSays,
        why: String,
    },
    PartCrashed,
    /// The program has a fault, at this place of its source.
    Panicked(String),
    /// What the daemon said, in the language in which it was asked.
    Answered(String),
}

/// A part of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the parts")]
pub enum PartSays {
    Pages,
    Control,
    Store,
    Listener,
    Bot,
    Duties,
    Round(&'static str),
}

impl Speak for TroubleSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &TroubleSays) -> String {
    use TroubleSays as S;
    let l = Lang::Zh;
    match says {
        S::Mistakes(remarks) => lines(remarks, l),
        S::ConfigUnreadable { path, why } => {
            format!("配置文件 {path} 无法读取：{}。请用 --config 指定正确的文件。", why.say(l))
        }
        S::Data(data) => data.say(l),
        S::Refused(refusal) => refusal.say(l),
        S::Source(source) => source.say(l),
        S::Channel(channel) => channel.say(l),
        S::Connect(connect) => connect.say(l),
        S::SourcesImpossible(said) => {
            format!("无法读取来源，请确认本机装有 CA 证书。（{said}）")
        }
        S::CannotListen { address, why } => format!(
            "无法在 {address} 上提供网页：{}。请用配置中的 web.listen 或选项 --listen 换一个地址。",
            why.say(l)
        ),
        S::AccountImpossible { account, said } => {
            format!("账号“{account}”的设置不可用，请核对 [[account]]。（{said}）")
        }
        S::CannotWrite { path, why } => {
            format!("无法写入 {path}：{}。请换一个文件名，或核对权限和磁盘空间。", why.say(l))
        }
        S::CannotRead { path, why } => {
            format!("无法读取 {path}：{}。请核对路径和权限。", why.say(l))
        }
        S::CannotMake { path, why } => {
            format!("无法建立 {path}：{}。请核对路径和权限。", why.say(l))
        }
        S::DemoUnusable { path, why } => {
            format!("无法使用 {path}：{}。请用 --dir 换一个目录。", why.say(l))
        }
        S::DemoNotUtf8 { path } => {
            format!("{path} 不是 UTF-8 编码的路径。请用 --dir 换一个目录。")
        }
        S::System(why) => format!("系统拒绝了操作：{}。", why.say(l)),
        S::NoDaemon { address, why } => format!(
            "{address} 上没有服务在运行：{}。请先运行 tongxin serve，或用 --listen 指定它的地址。",
            why.say(l)
        ),
        S::DaemonUnwell => "服务在运行，但状态不正常。请查看它的日志。".into(),
        S::DaemonRuns => "服务正在运行，请先停止它。".into(),
        S::DaemonGone => "服务没有答复就断开了，可能刚刚停止。请再试一次。".into(),
        S::DaemonPuzzled => {
            "服务不认识这个命令，它可能是另一个版本。请用同一版本的程序，或重启服务。".into()
        }
        S::NoSuchRole(typed) => {
            format!("没有“{typed}”这个角色。可用的角色：{}。", roles(l, "、"))
        }
        S::Faulty { faults, records, problems } => format!(
            "核对了 {records} 条记录，发现 {faults} 处问题，请恢复备份。逐条如下（原文，供技术支持使用）：{}",
            listed(problems)
        ),
        S::PartEnded { part, why } => format!("{}意外停止：{why}", part.say(l)),
        S::PartCrashed => "程序内部出错，已停止。日志里有出错的位置，请保留日志并报告。".into(),
        S::Panicked(place) => format!(
            "程序有错误，位置是 {place}。请把这个位置和程序版本（tongxin --version）告诉维护者。"
        ),
        S::Answered(words) => words.clone(),
    }
}

fn en(says: &TroubleSays) -> String {
    use TroubleSays as S;
    let l = Lang::En;
    match says {
        S::Mistakes(remarks) => lines(remarks, l),
        S::ConfigUnreadable { path, why } => {
            format!("the configuration {path} cannot be read: {}; name the right one with --config", why.say(l))
        }
        S::Data(data) => data.say(l),
        S::Refused(refusal) => refusal.say(l),
        S::Source(source) => source.say(l),
        S::Channel(channel) => channel.say(l),
        S::Connect(connect) => connect.say(l),
        S::SourcesImpossible(said) => {
            format!("sources cannot be read: {said}; see that CA certificates are installed")
        }
        S::CannotListen { address, why } => format!(
            "cannot listen on {address}: {}; name another address as web.listen or with --listen",
            why.say(l)
        ),
        S::AccountImpossible { account, said } => {
            format!("account {account}: {said}; see its [[account]]")
        }
        S::CannotWrite { path, why } => format!("cannot write {path}: {}", why.say(l)),
        S::CannotRead { path, why } => format!("cannot read {path}: {}", why.say(l)),
        S::CannotMake { path, why } => format!("cannot make {path}: {}", why.say(l)),
        S::DemoUnusable { path, why } => {
            format!("cannot use {path}: {}; name another with --dir", why.say(l))
        }
        S::DemoNotUtf8 { path } => format!("{path} is not UTF-8; name another with --dir"),
        S::System(why) => format!("the system refused: {}", why.say(l)),
        S::NoDaemon { address, why } => format!(
            "no daemon answers on {address}: {}; start it with `tongxin serve`, or name its address with --listen",
            why.say(l)
        ),
        S::DaemonUnwell => "the daemon runs and is not well; look into its log".into(),
        S::DaemonRuns => "the daemon is running; stop it first".into(),
        S::DaemonGone => {
            "the daemon hung up without an answer; it may just have stopped: try again".into()
        }
        S::DaemonPuzzled => {
            "the daemon does not understand this command: it is of another version; use the same one, or restart the daemon".into()
        }
        S::NoSuchRole(typed) => format!("“{typed}” is no role; roles are {}", roles(l, ", ")),
        S::Faulty { faults, records, problems } => format!(
            "{faults} faults in {records} records, restore a backup:{}",
            listed(problems)
        ),
        S::PartEnded { part, why } => format!("{}: {why}", part.say(l)),
        S::PartCrashed => "something within the program failed: the log names the place; keep it, and report it".into(),
        S::Panicked(place) => format!("the program has a fault at {place}: report this place and the program's version (tongxin --version)"),
        S::Answered(words) => words.clone(),
    }
}

fn lines(remarks: &[RemarkSays], lang: Lang) -> String {
    remarks.iter().map(|remark| remark.say(lang)).collect::<Vec<_>>().join("\n")
}

/// The roles as they are typed: in the language of the reader, the configuration's word behind.
fn roles(lang: Lang, between: &str) -> String {
    let name = |role: Role| match lang {
        Lang::Zh => format!("{}（{}）", role_name(role, lang), role_name(role, Lang::En)),
        Lang::En => role_name(role, lang).to_owned(),
    };
    Role::ALL.map(name).join(between)
}

fn listed(problems: &[String]) -> String {
    problems.iter().flat_map(|problem| ["\n  ", problem]).collect()
}

impl Speak for PartSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Pages, Lang::Zh) => "网页服务".into(),
            (Self::Control, Lang::Zh) => "命令通道".into(),
            (Self::Store, Lang::Zh) => "数据存储".into(),
            (Self::Listener, Lang::Zh) => "消息接收".into(),
            (Self::Bot, Lang::Zh) => "机器人准备".into(),
            (Self::Duties, Lang::Zh) => "分工".into(),
            (Self::Round(name), Lang::Zh) => super::done::round_zh(name),
            (Self::Pages, Lang::En) => "the web server".into(),
            (Self::Control, Lang::En) => "the control socket".into(),
            (Self::Store, Lang::En) => "the store".into(),
            (Self::Listener, Lang::En) => "a listener".into(),
            (Self::Bot, Lang::En) => "a bot's preparation".into(),
            (Self::Duties, Lang::En) => "taken duties".into(),
            (Self::Round(name), Lang::En) => (*name).to_owned(),
        }
    }
}
