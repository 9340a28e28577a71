//! What `--help` says of each option and argument.

use super::CommandSays;
use crate::model::Lang;
use crate::text::Speak;
use crate::text::say::{NEEDS, need};

/// An option or argument of a command; what is said is what it sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the options")]
pub enum OptionSays {
    Lang,
    Help,
    Version,
    Config,
    HealthConfig,
    Data,
    Listen,
    HealthListen,
    DemoDir,
    DemoListen,
    ExportTo,
    ImportFrom,
    Post,
    CancelPublished,
    WhyChat,
    SettleChat,
    SettleAll,
    SettleHow,
    LedgerFormat,
    LedgerTo,
    Account,
    /// A key of an account that is added.
    Need(&'static str),
    /// The file of a secret of an account that is added.
    NeedFile(&'static str),
    AddPlatform,
    AddName,
    AddSet,
    AddDryRun,
    AddUntested,
    RemoveAccount,
    RemoveYes,
    RemoveDryRun,
    SourceUrl,
    SourceItem,
    SourceTitle,
    SourceLink,
    SourceDate,
    SourceArticle,
    SeatName,
    SeatRoles,
    HelpCommand,
}

impl OptionSays {
    /// The option with this name of this command; none where no such option is known.
    #[must_use]
    pub fn of(command: CommandSays, name: &str) -> Option<Self> {
        use CommandSays as C;
        Some(match (command, name) {
            (_, "lang") => Self::Lang,
            (_, "help") => Self::Help,
            (_, "version") => Self::Version,
            (C::Health, "config") => Self::HealthConfig,
            (C::Health, "listen") => Self::HealthListen,
            (C::Demo, "dir") => Self::DemoDir,
            (C::Demo, "listen") => Self::DemoListen,
            (C::Export, "to") => Self::ExportTo,
            (C::Import, "from") => Self::ImportFrom,
            (C::Cancel, "published") => Self::CancelPublished,
            (C::Why, "chat") => Self::WhyChat,
            (C::Settle, "chat") => Self::SettleChat,
            (C::Settle, "all") => Self::SettleAll,
            (C::Settle, "how") => Self::SettleHow,
            (C::Ledger, "format") => Self::LedgerFormat,
            (C::Ledger, "to") => Self::LedgerTo,
            (C::SourceTry, "url") => Self::SourceUrl,
            (C::SourceTry, "item") => Self::SourceItem,
            (C::SourceTry, "title") => Self::SourceTitle,
            (C::SourceTry, "link") => Self::SourceLink,
            (C::SourceTry, "date") => Self::SourceDate,
            (C::SourceTry, "article") => Self::SourceArticle,
            (C::ChannelTest, "account") => Self::Account,
            (C::ChannelAdd, "platform") => Self::AddPlatform,
            (C::ChannelAdd, "name") => Self::AddName,
            (C::ChannelAdd, "set") => Self::AddSet,
            (C::ChannelAdd, "dry_run") => Self::AddDryRun,
            (C::ChannelAdd, "untested") => Self::AddUntested,
            (C::ChannelRemove, "account") => Self::RemoveAccount,
            (C::ChannelRemove, "yes") => Self::RemoveYes,
            (C::ChannelRemove, "dry_run") => Self::RemoveDryRun,
            (C::Seat, "name") => Self::SeatName,
            (C::Seat, "roles") => Self::SeatRoles,
            (C::Help, "subcommand") => Self::HelpCommand,
            (_, "config") => Self::Config,
            (_, "data") => Self::Data,
            (_, "listen") => Self::Listen,
            (_, "post") => Self::Post,
            (C::ChannelAdd, name) => return need_option(name),
            _ => return None,
        })
    }

    /// What stands for its value in a line that shows how it is used; empty where it takes none.
    #[must_use]
    pub const fn value(self, lang: Lang) -> &'static str {
        use OptionSays as O;
        match (self, lang) {
            (
                O::Help
                | O::Version
                | O::CancelPublished
                | O::SettleAll
                | O::AddDryRun
                | O::AddUntested
                | O::RemoveYes
                | O::RemoveDryRun,
                _,
            ) => "",
            (O::AddPlatform, Lang::Zh) => "平台",
            (O::AddPlatform, Lang::En) => "PLATFORM",
            (O::Need(_), Lang::Zh) => "值",
            (O::Need(_), Lang::En) => "VALUE",
            (O::NeedFile(_), Lang::Zh) => "文件|-",
            (O::NeedFile(_), Lang::En) => "FILE|-",
            (O::AddName, Lang::Zh) => "名称",
            (O::AddSet, Lang::Zh) => "键=值",
            (O::AddSet, Lang::En) => "KEY=VALUE",
            (O::Lang, _) => "zh|en",
            (O::SettleHow, _) => "sent|notsent|resend",
            (O::LedgerFormat, _) => "csv|jsonl",
            (O::Config | O::HealthConfig | O::ExportTo | O::ImportFrom | O::LedgerTo, Lang::Zh) => {
                "文件"
            }
            (O::Config | O::HealthConfig | O::ExportTo | O::ImportFrom | O::LedgerTo, Lang::En) => {
                "FILE"
            }
            (O::Data | O::DemoDir, Lang::Zh) => "目录",
            (O::Data | O::DemoDir, Lang::En) => "DIR",
            (O::Listen | O::HealthListen | O::DemoListen, Lang::Zh) => "地址:端口",
            (O::Listen | O::HealthListen | O::DemoListen, Lang::En) => "ADDRESS:PORT",
            (O::Post, Lang::Zh) => "稿件",
            (O::Post, Lang::En) => "POST",
            (O::WhyChat | O::SettleChat, Lang::Zh) => "会话",
            (O::WhyChat | O::SettleChat, Lang::En) => "CHAT",
            (O::Account | O::RemoveAccount, Lang::Zh) => "账号",
            (O::Account | O::RemoveAccount, Lang::En) => "ACCOUNT",
            (O::SourceUrl, Lang::Zh) => "网址",
            (O::SourceUrl, Lang::En) => "URL",
            (
                O::SourceItem | O::SourceTitle | O::SourceLink | O::SourceDate | O::SourceArticle,
                Lang::Zh,
            ) => "选择器",
            (
                O::SourceItem | O::SourceTitle | O::SourceLink | O::SourceDate | O::SourceArticle,
                Lang::En,
            ) => "SELECTOR",
            (O::SeatName, Lang::Zh) => "姓名",
            (O::SeatName | O::AddName, Lang::En) => "NAME",
            (O::SeatRoles, Lang::Zh) => "角色",
            (O::SeatRoles, Lang::En) => "ROLE",
            (O::HelpCommand, Lang::Zh) => "命令",
            (O::HelpCommand, Lang::En) => "COMMAND",
        }
    }
}

/// The option by which a key of an account is given that is added.
fn need_option(name: &str) -> Option<OptionSays> {
    let known = |name: &str| NEEDS.into_iter().find(|key| *key == name);
    match known(name) {
        Some(key) => Some(OptionSays::Need(key)),
        None => known(name.strip_suffix("_file")?).map(OptionSays::NeedFile),
    }
}

impl Speak for OptionSays {
    fn say(&self, lang: Lang) -> String {
        let needed = |key| need(None, key, lang).unwrap_or_default();
        match (self, lang) {
            (Self::Need(key), _) => return needed(key).to_owned(),
            (Self::NeedFile(key), Lang::Zh) => {
                return format!("存放它的文件，- 表示标准输入：{}", needed(key));
            }
            (Self::NeedFile(key), Lang::En) => {
                return format!("A file that holds it, or - for standard input: {}", needed(key));
            }
            _ => {}
        }
        match lang {
            Lang::Zh => zh(*self).to_owned(),
            Lang::En => en(*self).to_owned(),
        }
    }
}

const fn zh(option: OptionSays) -> &'static str {
    use OptionSays as O;
    match option {
        O::Lang => "说明和结果所用的语言；不写则取 TONGXIN_LANG，再取终端的语言",
        O::Help => "显示说明",
        O::Version => "显示版本",
        O::Config => "配置文件；不写则取环境变量 TONGXIN_CONFIG",
        O::HealthConfig => "写明服务地址的配置文件；不写则取环境变量 TONGXIN_CONFIG",
        O::Data => "数据目录，代替配置中的 data.dir",
        O::Listen => "网页地址，代替配置中的 web.listen",
        O::HealthListen => "服务的地址，代替配置中的 web.listen；都没有时为 127.0.0.1:8088",
        O::DemoDir => "数据放在哪里（默认 tongxin-demo）；用同一目录再次运行，会接着上次继续",
        O::DemoListen => "网页地址（默认 127.0.0.1:8088）",
        O::ExportTo => "要写的文件，须尚不存在",
        O::ImportFrom => "要读的文件",
        O::Post => "稿件代码，可在聊天里用 /待发 查看",
        O::CancelPublished => "已经推送完毕的也撤回：网页和订阅源不再显示正文，收到的会话仍有消息",
        O::WhyChat => "会话：名称、代码或地址",
        O::SettleChat => "某一个会话：名称、代码或地址",
        O::SettleAll => "全部等待核实的会话",
        O::SettleHow => "核实结果：sent 已送达；notsent 未送达，不再发送；resend 重新发送",
        O::LedgerFormat => "格式（默认 csv）：csv 供电子表格打开；jsonl 每行一个 JSON",
        O::LedgerTo => "要写的文件，须尚不存在；不写则直接显示",
        // Said by their keys.
        O::Need(_) | O::NeedFile(_) => "",
        O::AddPlatform => "平台，如 telegram、dingtalk-robot、feishu、official-account",
        O::AddName => "账号在本程序里的名称；不写则取平台名",
        O::AddSet => "[[account]] 的其他键，可写多次，如 per_minute=10；密码不能这样写",
        O::AddDryRun => "只显示将写入什么，不试用，也不写",
        O::AddUntested => "不试用就写入，例如本机还连不上平台时",
        O::RemoveAccount => "要移除的账号的名称",
        O::RemoveYes => "已经看清影响，不再询问",
        O::RemoveDryRun => "只显示有什么与它相关、会删去什么",
        O::Account => "账号的名称（配置中 [[account]] 的 name）",
        O::SourceUrl => "订阅源的网址；配合 --item 时为列表页的网址",
        O::SourceItem => "列表页：每一条的 CSS 选择器",
        O::SourceTitle => "条目中标题的选择器；不写则取链接文字",
        O::SourceLink => "条目中链接的选择器；不写则取第一个链接",
        O::SourceDate => "条目中日期的选择器",
        O::SourceArticle => "正文页上正文的选择器；不写则不读正文页",
        O::SeatName => "同事对其的称呼",
        O::SeatRoles => {
            "授予的角色，可写多次：管理员、编辑、审批人、审阅人、签批人、保管人、转发人，或其英文名"
        }
        O::HelpCommand => "要查看说明的命令",
    }
}

const fn en(option: OptionSays) -> &'static str {
    use OptionSays as O;
    match option {
        O::Lang => {
            "The language of help and results; that of TONGXIN_LANG, then that of the terminal where left out"
        }
        O::Help => "Shows help",
        O::Version => "Shows the version",
        O::Config => "The configuration file; where left out, the variable TONGXIN_CONFIG names it",
        O::HealthConfig => {
            "The configuration that says where the daemon listens; where left out, the variable TONGXIN_CONFIG names it"
        }
        O::Data => "The data directory, in place of data.dir in the file",
        O::Listen => "Where the pages are, in place of web.listen in the file",
        O::HealthListen => {
            "Where the daemon listens, in place of web.listen in the file; 127.0.0.1:8088 without either"
        }
        O::DemoDir => {
            "Where its data goes (tongxin-demo where left out); run it again with the same directory and it goes on"
        }
        O::DemoListen => "Where its pages are (127.0.0.1:8088 where left out)",
        O::ExportTo => "The file to write; it must not exist yet",
        O::ImportFrom => "The file to read",
        O::Post => "The post's code, as /queue shows it in the chat",
        O::CancelPublished => {
            "Take back one that has gone out too: pages and feeds no longer show its text, chats that got it keep it"
        }
        O::WhyChat => "The chat, by its title, code or address",
        O::SettleChat => "One chat, by its title, code or address",
        O::SettleAll => "All chats of which it is not known",
        O::SettleHow => {
            "What became of it: sent (it arrived), notsent (it did not, and is not sent again), resend (it is sent again, although it may have arrived)"
        }
        O::LedgerFormat => {
            "How it is written: csv, as spreadsheets read it (where left out); jsonl, one JSON object a line"
        }
        O::LedgerTo => "The file to write, which must not exist yet; printed where left out",
        // Said by their keys.
        O::Need(_) | O::NeedFile(_) => "",
        O::AddPlatform => {
            "The platform, such as telegram, dingtalk-robot, feishu, official-account"
        }
        O::AddName => "What the account is called here; that of the platform where left out",
        O::AddSet => {
            "Another key of [[account]], may be given several times, such as per_minute=10; never a secret"
        }
        O::AddDryRun => "Only shows what would be written: tries nothing, writes nothing",
        O::AddUntested => {
            "Writes it without trying it, such as where the platform cannot be reached yet"
        }
        O::RemoveAccount => "The account to take out, by its name in [[account]]",
        O::RemoveYes => "What hangs on it was read: asks nothing",
        O::RemoveDryRun => "Only shows what hangs on it, and what would go",
        O::Account => "The account, by its name in [[account]]",
        O::SourceUrl => "Where it is read: a feed, or a list page with --item",
        O::SourceItem => "For a list page: the CSS selector of one entry",
        O::SourceTitle => {
            "The selector of the title within an entry; the link's text where left out"
        }
        O::SourceLink => "The selector of the link within an entry; the first link where left out",
        O::SourceDate => "The selector of the date within an entry",
        O::SourceArticle => {
            "The selector of the text on the linked page; the page is not read where left out"
        }
        O::SeatName => "What colleagues call them",
        O::SeatRoles => {
            "What they are trusted with, may be given several times: administrator, editor, approver, reviewer, lead, custodian, keeper"
        }
        O::HelpCommand => "The command whose help is shown",
    }
}
