//! What `--help` says of each command.

use crate::model::Lang;
use crate::text::Speak;

/// A command of the command line; what is said is what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the commands")]
pub enum CommandSays {
    /// The program as a whole.
    Program,
    Demo,
    Serve,
    Check,
    Health,
    Verify,
    Compact,
    Export,
    Import,
    Workers,
    Cost,
    Pause,
    Resume,
    Cancel,
    Retry,
    Held,
    Settle,
    Why,
    Ledger,
    Source,
    SourceTry,
    Channel,
    ChannelList,
    ChannelTest,
    ChannelAdd,
    ChannelRemove,
    Seat,
    Help,
}

impl CommandSays {
    /// Every command.
    pub const ALL: [Self; 28] = [
        Self::Program,
        Self::Demo,
        Self::Serve,
        Self::Check,
        Self::Health,
        Self::Verify,
        Self::Compact,
        Self::Export,
        Self::Import,
        Self::Workers,
        Self::Cost,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Retry,
        Self::Held,
        Self::Settle,
        Self::Why,
        Self::Ledger,
        Self::Source,
        Self::SourceTry,
        Self::Channel,
        Self::ChannelList,
        Self::ChannelTest,
        Self::ChannelAdd,
        Self::ChannelRemove,
        Self::Seat,
        Self::Help,
    ];

    /// What is typed behind `tongxin`.
    #[must_use]
    pub const fn typed(self) -> &'static str {
        match self {
            Self::Program => "",
            Self::Demo => "demo",
            Self::Serve => "serve",
            Self::Check => "check",
            Self::Health => "health",
            Self::Verify => "verify",
            Self::Compact => "compact",
            Self::Export => "export",
            Self::Import => "import",
            Self::Workers => "workers",
            Self::Cost => "cost",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Held => "held",
            Self::Settle => "settle",
            Self::Why => "why",
            Self::Ledger => "ledger",
            Self::Source => "source",
            Self::SourceTry => "source try",
            Self::Channel => "channel",
            Self::ChannelList => "channel list",
            Self::ChannelTest => "channel test",
            Self::ChannelAdd => "channel add",
            Self::ChannelRemove => "channel remove",
            Self::Seat => "seat",
            Self::Help => "help",
        }
    }

    /// Lines that can be typed as they stand; `help` needs none.
    #[must_use]
    pub const fn examples(self) -> &'static [&'static str] {
        match self {
            Self::Program => &[
                "tongxin demo",
                "tongxin check --config office.toml",
                "tongxin serve --config office.toml",
                "tongxin source try https://example.org/feed.xml",
            ],
            Self::Demo => &["tongxin demo --dir ./tongxin-demo --listen 127.0.0.1:8088"],
            Self::Serve => &["tongxin serve --config office.toml"],
            Self::Check => &["tongxin check --config office.toml"],
            Self::Health => {
                &["tongxin health --config office.toml", "tongxin health --listen 127.0.0.1:8088"]
            }
            Self::Verify => &["tongxin verify --config office.toml"],
            Self::Compact => &["tongxin compact --config office.toml"],
            Self::Export => &["tongxin export --config office.toml --to backup.jsonl"],
            Self::Import => &["tongxin import --config office.toml --from backup.jsonl"],
            Self::Workers => &["tongxin workers --config office.toml"],
            Self::Cost => &["tongxin cost --config office.toml 7K3QD"],
            Self::Pause => &["tongxin pause --config office.toml 7K3QD"],
            Self::Resume => &["tongxin resume --config office.toml 7K3QD"],
            Self::Cancel => &[
                "tongxin cancel --config office.toml 7K3QD",
                "tongxin cancel --config office.toml 7K3QD --published",
            ],
            Self::Retry => &["tongxin retry --config office.toml 7K3QD"],
            Self::Held => &["tongxin held --config office.toml 7K3QD"],
            Self::Settle => &[
                "tongxin settle --config office.toml 7K3QD --chat telegram:-100123 sent",
                "tongxin settle --config office.toml 7K3QD --all resend",
            ],
            Self::Why => &["tongxin why --config office.toml 7K3QD telegram:-100123"],
            Self::Ledger => &[
                "tongxin ledger --config office.toml 7K3QD --format jsonl",
                "tongxin ledger --config office.toml 7K3QD --to ledger.csv",
            ],
            Self::Source => &["tongxin source try https://example.org/feed.xml"],
            Self::SourceTry => &[
                "tongxin source try https://example.org/feed.xml",
                "tongxin source try https://example.gov.cn/list.html --item 'ul.list li' --date 'span.date'",
            ],
            Self::Channel => &[
                "tongxin channel add --config office.toml dingtalk-robot",
                "tongxin channel list --config office.toml",
                "tongxin channel test --config office.toml dingtalk",
            ],
            Self::ChannelList => &["tongxin channel list --config office.toml"],
            Self::ChannelTest => &["tongxin channel test --config office.toml dingtalk"],
            Self::ChannelAdd => &[
                "tongxin channel add --config office.toml telegram",
                "tongxin channel add --config office.toml feishu-robot --name garden --token-file hook.txt --topics news",
                "tongxin channel add --config office.toml feishu --app-id cli_0123 --app-secret-file - < secret.txt",
                "tongxin channel add --config office.toml wecom-robot --token-file hook.txt --set per_minute=10 --dry-run",
            ],
            Self::ChannelRemove => &[
                "tongxin channel remove --config office.toml garden --dry-run",
                "tongxin channel remove --config office.toml garden --yes",
            ],
            Self::Seat => &["tongxin seat --name 王芳 --role editor --role reviewer"],
            Self::Help => &[],
        }
    }

    /// What else is to be known, below the examples.
    #[must_use]
    pub const fn note(self, lang: Lang) -> Option<&'static str> {
        match (self, lang) {
            (Self::Export, Lang::Zh) => {
                Some("密钥目录不在其中：请另外保存，否则密封的内容无法再读取。")
            }
            (Self::Export, Lang::En) => Some(
                "The key directory is not part of it: keep that apart, or what is sealed cannot be read again.",
            ),
            (Self::ChannelAdd, Lang::Zh) => Some(
                "在终端里运行会逐项询问，密码不显示。密码只从文件或标准输入（-，一行一个）读取，存入配置旁边的文件，仅属主可读；原文件可以删除。试用不成功时什么都不写。",
            ),
            (Self::ChannelAdd, Lang::En) => Some(
                "In a terminal it asks for each, and shows no secret. Secrets are read from files or standard input alone (-, one a line), and kept in files beside the configuration, for their owner alone; the file that was named may be deleted then. What does not work is not written.",
            ),
            _ => None,
        }
    }
}

impl Speak for CommandSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(*self).to_owned(),
            Lang::En => en(*self).to_owned(),
        }
    }
}

const fn zh(command: CommandSays) -> &'static str {
    match command {
        CommandSays::Program => {
            "同心：向聊天群推送信息摘要和政策解读，把群友的回复收作建议，再把答复送回。"
        }
        CommandSays::Demo => "用样例数据运行整个程序，不需要任何账号；打开它给出的网址即可试用。",
        CommandSays::Serve => "运行服务。",
        CommandSays::Check => "检查配置，并列出实际生效的设置（密码已隐去）；不启动任何东西。",
        CommandSays::Health => "询问正在运行的服务是否正常；供容器的健康检查使用。",
        CommandSays::Verify => "核对保存的数据是否完整一致；服务运行时也可以使用。",
        CommandSays::Compact => "回收内置存储中已删除数据占用的空间；须先停止服务。",
        CommandSays::Export => "把全部数据写成 JSON 行，即备份；服务运行时也可以使用。",
        CommandSays::Import => {
            "把“export”写出的文件导入空的存储（内置存储或数据库）；中断后用同一文件再次运行，会接着继续。"
        }
        CommandSays::Workers => {
            "列出各项工作由哪个进程承担；适用于多个进程共用一个 PostgreSQL 的情形。"
        }
        CommandSays::Cost => "估算推送一篇稿件的代价：会话数、消息数、何时发完、会超出哪些限额。",
        CommandSays::Pause => "暂停一篇稿件的推送。",
        CommandSays::Resume => "继续已暂停的推送。",
        CommandSays::Cancel => "取消一篇稿件的推送，并告知谁已收到。",
        CommandSays::Retry => "故障排除后，重发给发送失败的会话。",
        CommandSays::Held => "列出不知是否送达、等待核实的会话。",
        CommandSays::Settle => "核实稿件在某个会话或全部会话中是否送达。",
        CommandSays::Why => "说明一篇稿件在某个会话中的全部经过。",
        CommandSays::Ledger => {
            "写出一篇稿件的送达台账：谁收到、谁没收到、为什么，每个会话的每一版一行。"
        }
        CommandSays::Source => "检查来源。",
        CommandSays::Channel => "接入、检查和移除平台账号。",
        CommandSays::ChannelAdd => {
            "接入一个平台账号：说明平台上的步骤，核对填写的内容，试用成功后写入配置（保留原有注释）。"
        }
        CommandSays::ChannelRemove => {
            "移除一个平台账号：先说明有哪些订阅、待发消息和建议与它相关，确认后从配置中删去。"
        }
        CommandSays::ChannelList => "列出配置中的平台账号，以及各自推送到哪里。",
        CommandSays::ChannelTest => {
            "试用一个账号：群机器人会在群里发一条测试消息，聊天机器人会向平台询问自己的名称；不可用时说明原因。"
        }
        CommandSays::SourceTry => "试读一次订阅源或列表页，显示会采用哪些内容；不保存任何东西。",
        CommandSays::Seat => "建立席位：工作人员用浏览器办公的专用网址。",
        CommandSays::Help => "显示本说明，或某个命令的说明。",
    }
}

const fn en(command: CommandSays) -> &'static str {
    match command {
        CommandSays::Program => {
            "Tongxin 同心: pushes news digests and policy explainers to chat groups, takes the replies as suggestions, and brings the answers back."
        }
        CommandSays::Demo => {
            "Runs the whole program on sample data, without any account: open the addresses that it prints."
        }
        CommandSays::Serve => "Runs the daemon.",
        CommandSays::Check => {
            "Checks a configuration and prints it as it will be used, secrets masked. Starts nothing."
        }
        CommandSays::Health => {
            "Asks a running daemon whether it is well; for health checks of containers."
        }
        CommandSays::Verify => {
            "Looks whether all that is kept hangs together. Works while the daemon runs."
        }
        CommandSays::Compact => {
            "Gives back the space of what was deleted in the embedded store. The daemon must not be running."
        }
        CommandSays::Export => {
            "Writes everything as JSON lines: the backup. Works while the daemon runs."
        }
        CommandSays::Import => {
            "Reads what `export` wrote into an empty store, the embedded one or a database. Interrupted, it goes on where it was when it is called again with the same file."
        }
        CommandSays::Workers => {
            "Shows which worker does what, where several processes work over one PostgreSQL store."
        }
        CommandSays::Cost => {
            "Tells what pushing a post costs: chats, messages, until when, and which quota it would break."
        }
        CommandSays::Pause => "Stops a push for a while.",
        CommandSays::Resume => "Lets a paused push go on.",
        CommandSays::Cancel => "Takes a post back, and tells who has it.",
        CommandSays::Retry => "Tries again where a post failed, once the cause is mended.",
        CommandSays::Held => "Lists the chats of which nobody knows whether they have a post.",
        CommandSays::Settle => "Says what became of a post in such a chat, or in all of them.",
        CommandSays::Why => "Tells the whole story of a post in one chat.",
        CommandSays::Ledger => {
            "Writes who got a post, who did not, and why: one line for each chat and revision."
        }
        CommandSays::Source => "Works with sources.",
        CommandSays::Channel => "Connects, tries and removes accounts on platforms.",
        CommandSays::ChannelAdd => {
            "Connects an account: says what is to be done at its platform, checks what is given, tries it, and writes it into the configuration, whose comments stay."
        }
        CommandSays::ChannelRemove => {
            "Takes an account out of the configuration, once it was shown which subscriptions, messages and suggestions hang on it."
        }
        CommandSays::ChannelList => {
            "Lists the accounts of the configuration, and what is pushed where."
        }
        CommandSays::ChannelTest => {
            "Tries an account: a group's robot sends a test message, a bot asks its platform who it is; what is wrong is told."
        }
        CommandSays::SourceTry => {
            "Reads a feed or a list page once and shows what would be taken. Keeps nothing."
        }
        CommandSays::Seat => {
            "Makes a seat: the secret address from which one of the staff works in a browser."
        }
        CommandSays::Help => "Shows this help, or that of a command.",
    }
}
