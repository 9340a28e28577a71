//! What `tongxin channel add` and `remove` say.

use super::{ChannelSays, ConfigSays, SystemSays};
use crate::model::{Lang, Platform};
use crate::text::Speak;

/// What came of adding or removing an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectSays {
    /// What would be written.
    WouldAdd {
        /// The configuration.
        file: String,
        /// The lines, without secrets.
        lines: String,
        /// The files of its secrets.
        secrets: Vec<String>,
    },
    /// It is in the configuration.
    Added {
        /// What came of trying it; nothing where that was left out.
        tried: Option<Box<ChannelSays>>,
        /// What was written.
        written: WrittenSays,
        /// The account.
        account: String,
    },
    /// What would be taken out.
    WouldRemove {
        /// The account.
        account: String,
        /// What hangs on it.
        hangs: String,
        /// The configuration.
        file: String,
        /// The files of its secrets that go with it.
        secrets: Vec<String>,
    },
    /// It is no more in the configuration.
    Removed {
        /// The account.
        account: String,
        /// What hangs on it.
        hangs: String,
        /// What was written.
        written: WrittenSays,
        /// Files of its secrets that were not made by us, and stay.
        stay: Vec<String>,
    },
    /// It was out of the configuration before, and now nothing hangs on it any more.
    Finished {
        /// The account.
        account: String,
        /// What hung on it.
        hangs: String,
    },
    /// Nothing was changed, because it was not confirmed.
    LeftAlone,
}

/// What was written, and what has to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSays {
    /// The configuration.
    pub file: String,
    /// Where it stands as it was before.
    pub backup: String,
    /// The files of secrets that were made, or removed.
    pub secrets: Vec<String>,
    /// Files that the daemon's own account has to be given: who has it, as the system numbers them.
    pub owner: Option<u32>,
    /// Whether a daemon runs over it now.
    pub daemon: DaemonSays,
}

/// Whether a daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonSays {
    /// It does, and knows nothing of the change.
    Runs,
    /// None does.
    None,
}

/// Why an account cannot be added or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectTrouble {
    /// This name is taken.
    NameTaken(String),
    /// Another account has the same secret or address.
    Twin(String),
    /// The program's own pages have their account.
    OwnPages,
    /// These have to be given, and nobody can be asked: the options by which they are.
    Lacking(Platform, Vec<String>),
    /// This is a secret, and no value for a command line.
    Secret(String),
    /// This is not `key=value`.
    NotAPair(String),
    /// These keys are wrong, and what is wrong with each.
    Wrong(Vec<(String, ConfigSays)>),
    /// It does not work, so nothing was written; why is told.
    Failed(String),
    /// The configuration was changed by somebody else meanwhile.
    Changed(String),
    /// Somebody else is changing it.
    Busy(String),
    /// It has to be confirmed, and nobody can be asked.
    Unconfirmed,
    /// What hangs on it cannot be found out: why.
    Unread(String),
    /// Standard input ended before all secrets were read.
    InputEnded(String),
    /// A file could not be written.
    Unwritten {
        /// Which.
        path: String,
        /// Why.
        why: SystemSays,
    },
}

impl Speak for ConnectSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &ConnectSays) -> String {
    match says {
        ConnectSays::WouldAdd { file, lines, secrets } => {
            let mut said =
                vec![format!("将写入 {file}（试运行，什么都没有写）：\n{}", lines.trim())];
            let secret = |path| format!("密码将存入 {path}（仅属主可读）：***");
            said.extend(secrets.iter().map(secret));
            said.join("\n")
        }
        ConnectSays::Added { tried, written, account } => {
            let mut lines = Vec::new();
            lines.push(tried.as_ref().map_or_else(
                || format!("没有试用“{account}”。请用 tongxin channel test 试一次。"),
                |tried| tried.say(Lang::Zh),
            ));
            lines.push(format!(
                "已把“{account}”写入 {}；原文件留在 {}。",
                written.file, written.backup
            ));
            for path in &written.secrets {
                lines.push(format!("密码存入 {path}，仅属主可读。"));
            }
            lines.extend(owner_zh(written));
            lines.push(daemon_zh(written.daemon).to_owned());
            lines.join("\n")
        }
        ConnectSays::WouldRemove { account, hangs, file, secrets } => {
            let mut said = vec![format!("“{account}”将从 {file} 中删去。\n{hangs}")];
            said.extend(secrets.iter().map(|path| format!("密码文件 {path} 将一并删除。")));
            said.join("\n")
        }
        ConnectSays::Removed { account, hangs, written, stay } => {
            let mut lines = vec![format!(
                "已把“{account}”从 {} 中删去；原文件留在 {}（其中若写有密码，用不着时请删除）。",
                written.file, written.backup
            )];
            lines.push(hangs.clone());
            for path in &written.secrets {
                lines.push(format!("密码文件 {path} 已删除。"));
            }
            for path in stay {
                lines.push(format!("密码文件 {path} 不是本程序建的，已保留。"));
            }
            lines.push(daemon_zh(written.daemon).to_owned());
            lines.join("\n")
        }
        ConnectSays::Finished { account, hangs } => {
            format!("“{account}”先前已从配置中删去，现在办完余下的事。\n{hangs}")
        }
        ConnectSays::LeftAlone => "没有确认，什么都没有改。".into(),
    }
}

fn owner_zh(written: &WrittenSays) -> Option<String> {
    let owner = written.owner?;
    let files = written.secrets.join(" ");
    Some(format!("服务以用户 {owner} 运行，读不到这些文件。请执行：chown {owner} {files}"))
}

const fn daemon_zh(daemon: DaemonSays) -> &'static str {
    match daemon {
        DaemonSays::Runs => "服务正在运行，重启后才会生效（例如 systemctl restart tongxin）。",
        DaemonSays::None => "下次用 tongxin serve 启动服务时生效。",
    }
}

fn en(says: &ConnectSays) -> String {
    match says {
        ConnectSays::WouldAdd { file, lines, secrets } => {
            let mut said =
                vec![format!("{file} would get (nothing was written):\n{}", lines.trim())];
            let secret = |path| format!("{path} would hold a secret, for its owner alone: ***");
            said.extend(secrets.iter().map(secret));
            said.join("\n")
        }
        ConnectSays::Added { tried, written, account } => {
            let mut lines = Vec::new();
            match tried {
                Some(tried) => lines.push(tried.say(Lang::En)),
                None => lines.push(format!(
                    "\"{account}\" was not tried: do so with `tongxin channel test`"
                )),
            }
            lines.push(format!(
                "\"{account}\" is in {}; as it was before it stands in {}",
                written.file, written.backup
            ));
            for path in &written.secrets {
                lines.push(format!("a secret is in {path}, for its owner alone"));
            }
            lines.extend(owner_en(written));
            lines.push(daemon_en(written.daemon).to_owned());
            lines.join("\n")
        }
        ConnectSays::WouldRemove { account, hangs, file, secrets } => {
            let mut said = vec![format!("\"{account}\" goes out of {file}\n{hangs}")];
            let gone = |path| format!("the file {path} of its secret goes with it");
            said.extend(secrets.iter().map(gone));
            said.join("\n")
        }
        ConnectSays::Removed { account, hangs, written, stay } => {
            let mut lines = vec![format!(
                "\"{account}\" is no more in {}; as it was before it stands in {} (remove that when it is no longer needed, should it hold secrets)",
                written.file, written.backup
            )];
            lines.push(hangs.clone());
            for path in &written.secrets {
                lines.push(format!("the file {path} of its secret was removed"));
            }
            for path in stay {
                lines.push(format!("the file {path} of its secret was not made by us, and stays"));
            }
            lines.push(daemon_en(written.daemon).to_owned());
            lines.join("\n")
        }
        ConnectSays::Finished { account, hangs } => format!(
            "\"{account}\" was out of the configuration before; what was left to do is done\n{hangs}"
        ),
        ConnectSays::LeftAlone => "it was not confirmed, and nothing was changed".into(),
    }
}

fn owner_en(written: &WrittenSays) -> Option<String> {
    let owner = written.owner?;
    let files = written.secrets.join(" ");
    Some(format!("the daemon runs as user {owner} and cannot read it; call: chown {owner} {files}"))
}

const fn daemon_en(daemon: DaemonSays) -> &'static str {
    match daemon {
        DaemonSays::Runs => {
            "the daemon is running, and takes it over when it is restarted (such as `systemctl restart tongxin`)"
        }
        DaemonSays::None => "it takes effect when the daemon is started with `tongxin serve`",
    }
}

impl Speak for ConnectTrouble {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => trouble_zh(self),
            Lang::En => trouble_en(self),
        }
    }
}

fn wrong(keys: &[(String, ConfigSays)], lang: Lang) -> String {
    let lines = keys.iter().map(|(key, what)| format!("{key}: {}", what.say(lang)));
    lines.collect::<Vec<_>>().join("\n")
}

fn trouble_zh(trouble: &ConnectTrouble) -> String {
    use ConnectTrouble as T;
    let l = Lang::Zh;
    match trouble {
        T::NameTaken(name) => {
            format!(
                "已有名为“{name}”的账号。请用 --name 另起一个名称，或先 tongxin channel remove {name}。"
            )
        }
        T::Twin(other) => format!(
            "账号“{other}”用的就是同一个机器人、应用或密码。同一个只能接一次；要换设置，请先 tongxin channel remove {other}。"
        ),
        T::OwnPages => "本程序自己的网页不需要账号，一直都在。".into(),
        T::Lacking(platform, options) => format!(
            "还缺：{}。请补上后再试；在终端里运行 tongxin channel add {} 会逐项询问。密码从文件读取，写 - 则从标准输入读取，一行一个。",
            options.join("、"),
            platform.name()
        ),
        T::Secret(key) => format!(
            "{key} 是密码，不能写在命令行里：请存入文件，用 --{}-file 指定，或写 - 从标准输入读取。",
            key.replace('_', "-")
        ),
        T::NotAPair(typed) => format!("“{typed}”不可用，--set 应写成 键=值，例如 per_minute=10。"),
        T::Wrong(keys) => wrong(keys, l),
        T::Failed(why) => {
            format!("{why}\n没有写入任何内容。改正后再试；确实要先写入，请加 --untested。")
        }
        T::Changed(file) => format!("{file} 刚刚被别人改过，没有写入。请再运行一次。"),
        T::Busy(file) => format!("另一个命令正在修改 {file}，请稍后再试。"),
        T::Unconfirmed => "请先看清以上影响，再加 --yes 确认；只想看看请用 --dry-run。".into(),
        T::Unread(why) => format!(
            "无法查明还有什么与这个账号相关：{why}\n什么都没有改。请让服务运行着再试，或停止服务后再试。"
        ),
        T::InputEnded(key) => format!("标准输入已结束，还缺 {key}：一行一个，按上面步骤的顺序。"),
        T::Unwritten { path, why } => {
            format!("无法写入 {path}：{}。配置没有改动。", why.say(l))
        }
    }
}

fn trouble_en(trouble: &ConnectTrouble) -> String {
    use ConnectTrouble as T;
    let l = Lang::En;
    match trouble {
        T::NameTaken(name) => format!(
            "there is an account \"{name}\" already: give another --name, or take that one out with `tongxin channel remove {name}`"
        ),
        T::Twin(other) => format!(
            "the account \"{other}\" has the same robot, app or secret: each is connected once; to change it, take that one out with `tongxin channel remove {other}`"
        ),
        T::OwnPages => "the program's own pages need no account and are always there".into(),
        T::Lacking(platform, options) => format!(
            "missing: {}; in a terminal, `tongxin channel add {}` asks for each; secrets are read from files, or with - from standard input, one a line",
            options.join(", "),
            platform.name()
        ),
        T::Secret(key) => format!(
            "{key} is a secret and must not stand in a command line: put it into a file and name that with --{}-file, or write - to give it on standard input",
            key.replace('_', "-")
        ),
        T::NotAPair(typed) => {
            format!("\"{typed}\" is not KEY=VALUE, such as per_minute=10")
        }
        T::Wrong(keys) => wrong(keys, l),
        T::Failed(why) => format!(
            "{why}\nnothing was written; try again once that is mended, or write it all the same with --untested"
        ),
        T::Changed(file) => {
            format!("{file} was changed by somebody else just now, and was left alone; try again")
        }
        T::Busy(file) => format!("another command is changing {file}; try again in a moment"),
        T::Unconfirmed => {
            "read what hangs on it, then confirm with --yes; --dry-run only shows it".into()
        }
        T::Unread(why) => format!(
            "what hangs on the account cannot be found out: {why}\nnothing was changed; try again while the daemon runs, or after it was stopped"
        ),
        T::InputEnded(key) => {
            format!(
                "standard input ended before {key}: one line for each, in the order of the steps"
            )
        }
        T::Unwritten { path, why } => {
            format!("cannot write {path}: {}; the configuration is as it was", why.say(l))
        }
    }
}
