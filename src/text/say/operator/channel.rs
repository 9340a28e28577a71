//! What `tongxin channel` says: which accounts there are, and whether one works.

use crate::model::{Lang, Platform};
use crate::text::Speak;
use crate::text::say::DiagnosisSays;
use std::fmt::Write as _;

/// The accounts, or what came of trying one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelSays {
    /// The accounts of the configuration.
    List(Vec<ChannelLine>),
    /// A test message was taken.
    Taken {
        /// The account.
        account: String,
        /// What its group is called.
        chat: String,
    },
    /// The platform knows the account, under this name.
    Known {
        /// The account.
        account: String,
        /// Its name there.
        name: String,
    },
    /// The hosts of a mailbox take us.
    Mailbox {
        /// The account.
        account: String,
        /// Its address, and what its host calls itself.
        name: String,
    },
    /// The platform takes the account, which its followers write to.
    Called {
        /// The account.
        account: String,
        /// Its name there.
        name: String,
        /// Where the platform has to call.
        hook: String,
    },
    /// The platform takes the application, to which members write.
    App {
        /// The account.
        account: String,
        /// Its name there.
        name: String,
        /// Where the platform has to call.
        hook: String,
    },
    /// These push services answer from here, and those do not.
    Reached {
        /// The account.
        account: String,
        /// Those that do.
        answer: Vec<String>,
        /// Those that do not, and why.
        silent: Vec<String>,
    },
    /// What the test message says.
    Message {
        /// The office.
        office: String,
    },
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelLine {
    /// Its name.
    pub account: String,
    /// Its platform.
    pub platform: &'static str,
    /// Its groups that are named in the configuration, and what is pushed to each.
    pub chats: Vec<(String, Vec<String>)>,
}

/// Why an account cannot be tried, or does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelTrouble {
    /// No account has this name; these are there.
    NoAccount(String, Vec<String>),
    /// It does not work.
    Refused(DiagnosisSays),
}

impl ChannelSays {
    /// A platform knows the account, under this name; `hook` is where it has to call us.
    #[must_use]
    pub fn known(platform: Platform, (account, name): (String, String), hook: String) -> Self {
        match platform {
            Platform::OfficialAccount => Self::Called { account, name, hook },
            Platform::Wecom => Self::App { account, name, hook },
            Platform::Email => Self::Mailbox { account, name },
            _ => Self::Known { account, name },
        }
    }
}

impl Speak for ChannelSays {
    fn say(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::List(lines), _) => list(lines, lang),
            (Self::Taken { account, chat }, Lang::Zh) => {
                format!("“{account}”可用：平台已收下测试消息，请到“{chat}”确认已显示。")
            }
            (Self::Taken { account, chat }, Lang::En) => format!(
                "\"{account}\" works: the platform took a test message; look into \"{chat}\" to see it."
            ),
            (Self::Known { account, name }, Lang::Zh) => {
                format!(
                    "“{account}”可用：平台上的名称是 {name}。请把它加入群，由群管理员在群里发送：/订阅"
                )
            }
            (Self::Known { account, name }, Lang::En) => format!(
                "\"{account}\" works: the platform knows it as {name}. Add it to a group, and have an administrator there send /subscribe."
            ),
            (Self::Mailbox { account, name }, Lang::Zh) => format!(
                "“{account}”可用：{name} 收发两端都能登录，没有发出任何邮件。正式推送前，请按 docs/platforms.md 核对域名的 SPF、DKIM、DMARC。"
            ),
            (Self::Mailbox { account, name }, Lang::En) => format!(
                "\"{account}\" works: {name}, both hosts let us in, and nothing was sent. Before anything is pushed, look at the domain's SPF, DKIM and DMARC as docs/platforms.md has it."
            ),
            (Self::Called { account, name, hook }, Lang::Zh) => format!(
                "“{account}”可用：平台认可 {name} 的密码和本机 IP。请在微信公众平台的“服务器配置”里把服务器地址（URL）设为 {hook}，消息加解密方式选“安全模式”，再启用。"
            ),
            (Self::Called { account, name, hook }, Lang::En) => format!(
                "\"{account}\" works: the platform takes the secret of {name}, and calls from here. In the account's console (服务器配置), set the server's address (URL) to {hook}, choose safe mode (安全模式), and switch it on."
            ),
            (Self::App { account, name, hook }, Lang::Zh) => format!(
                "“{account}”可用：企业微信认可应用 {name} 的 Secret 和本机 IP。要收到成员的消息，请在企业微信管理后台该应用的“接收消息 > 设置 API 接收”里把 URL 设为 {hook}，Token 和 EncodingAESKey 与配置一致；保存时本程序须正在运行。"
            ),
            (Self::App { account, name, hook }, Lang::En) => format!(
                "\"{account}\" works: WeCom takes the secret of the application {name}, and calls from here. To hear its members, set the URL on the application's page for receiving messages (设置 API 接收) to {hook}, with the same Token and EncodingAESKey as here; the program must be running when that is saved."
            ),
            (Self::Reached { account, answer, silent }, _) => {
                reached(account, answer, silent, lang)
            }
            (Self::Message { office }, Lang::Zh) => {
                format!("这是{office}的测试消息：本群已接通，今后的推送会发到这里。")
            }
            (Self::Message { office }, Lang::En) => {
                format!("A test by {office}: this group is connected, and pushes will arrive here.")
            }
        }
    }
}

fn reached(account: &str, answer: &[String], silent: &[String], lang: Lang) -> String {
    let mut text = match lang {
        Lang::Zh => format!("“{account}”：从本机可以连上 {}。", answer.join("、")),
        Lang::En => format!("\"{account}\": from here {} can be reached.", answer.join(", ")),
    };
    let _ = match lang {
        _ if silent.is_empty() => Ok(()),
        Lang::Zh => write!(
            text,
            "\n连不上 {}：依靠它的浏览器无法订阅；可在该账号里设 proxy。",
            silent.join("、")
        ),
        Lang::En => write!(
            text,
            "\nNot {}: browsers that depend on it cannot be notified; the account may have a proxy.",
            silent.join(", ")
        ),
    };
    text.push_str(match lang {
        Lang::Zh => "\n请打开群的页面，点“订阅通知”，应立刻收到一条通知。",
        Lang::En => {
            "\nOpen a group's page and press \"Notify me\": a notification should be there at once."
        }
    });
    text
}

fn list(lines: &[ChannelLine], lang: Lang) -> String {
    if lines.is_empty() {
        return match lang {
            Lang::Zh => "配置中还没有账号。请在配置文件里加一节 [[account]]；本程序自己的网页不需要账号。",
            Lang::En => {
                "There is no account yet. Add an [[account]] to the configuration; the program's own pages need none."
            }
        }
        .to_owned();
    }
    let mut text = String::new();
    for ChannelLine { account, platform, chats } in lines {
        let end = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{end}{account}　{platform}");
        for (title, topics) in chats {
            let _ = match (lang, topics.is_empty()) {
                (Lang::Zh, true) => write!(text, "　{title}：没有栏目推送到这里"),
                (Lang::Zh, false) => write!(text, "　{title}：{}", topics.join("、")),
                (Lang::En, true) => write!(text, "　{title}: nothing is pushed there"),
                (Lang::En, false) => write!(text, "　{title}: {}", topics.join(", ")),
            };
        }
    }
    text
}

impl Speak for ChannelTrouble {
    fn say(&self, lang: Lang) -> String {
        use ChannelTrouble as T;
        match (self, lang) {
            (T::Refused(diagnosis), _) => diagnosis.say(lang),
            (T::NoAccount(name, known), Lang::Zh) if known.is_empty() => {
                format!("没有名为“{name}”的账号；配置中还没有账号。")
            }
            (T::NoAccount(name, known), Lang::Zh) => {
                format!("没有名为“{name}”的账号；现有：{}。", known.join("、"))
            }
            (T::NoAccount(name, known), Lang::En) if known.is_empty() => {
                format!("there is no account \"{name}\", nor any other")
            }
            (T::NoAccount(name, known), Lang::En) => {
                format!("there is no account \"{name}\"; there are {}", known.join(", "))
            }
        }
    }
}
