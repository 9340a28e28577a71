//! What `tongxin channel` says: which accounts there are, and whether one works.

use crate::model::Lang;
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
    /// The platform takes the account, which its followers write to.
    Called {
        /// The account.
        account: String,
        /// Its name there.
        name: String,
        /// Where the platform has to call.
        hook: String,
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
    /// Its group and what is pushed there, where it has one alone.
    pub chat: Option<(String, Vec<String>)>,
}

/// Why an account cannot be tried, or does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelTrouble {
    /// No account has this name; these are there.
    NoAccount(String, Vec<String>),
    /// It does not work.
    Refused(DiagnosisSays),
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
            (Self::Called { account, name, hook }, Lang::Zh) => format!(
                "“{account}”可用：平台认可 {name} 的密码和本机 IP。请在微信公众平台的“服务器配置”里把服务器地址（URL）设为 {hook}，消息加解密方式选“安全模式”，再启用。"
            ),
            (Self::Called { account, name, hook }, Lang::En) => format!(
                "\"{account}\" works: the platform takes the secret of {name}, and calls from here. In the account's console (服务器配置), set the server's address (URL) to {hook}, choose safe mode (安全模式), and switch it on."
            ),
            (Self::Message { office }, Lang::Zh) => {
                format!("这是{office}的测试消息：本群已接通，今后的推送会发到这里。")
            }
            (Self::Message { office }, Lang::En) => {
                format!("A test by {office}: this group is connected, and pushes will arrive here.")
            }
        }
    }
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
    for ChannelLine { account, platform, chat } in lines {
        let end = if text.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{end}{account}　{platform}");
        let Some((title, topics)) = chat else { continue };
        let _ = match (lang, topics.is_empty()) {
            (Lang::Zh, true) => write!(text, "　{title}：没有栏目推送到这里"),
            (Lang::Zh, false) => write!(text, "　{title}：{}", topics.join("、")),
            (Lang::En, true) => write!(text, "　{title}: nothing is pushed there"),
            (Lang::En, false) => write!(text, "　{title}: {}", topics.join(", ")),
        };
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
