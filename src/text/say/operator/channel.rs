//! What `tongxin channel` says: which accounts there are, and whether one works.

use crate::model::Lang;
use crate::text::Speak;
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

/// Why an account did not take a test message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelTrouble {
    /// No account has this name; these are there.
    NoAccount(String, Vec<String>),
    /// The settings of the account are not what the platform asks for.
    Settings(String),
    /// The console of the account does not know its settings.
    Console(String),
    /// The application is not as WeCom knows it, or may not call from here.
    App(String),
    /// The hosts of a mailbox do not take us as it is set.
    Hosts(String),
    /// The group is no more, or the account is not in it.
    Gone(String),
    /// Somebody has to change something in the group.
    Blocked(String),
    /// The message itself is refused.
    Message(String),
    /// It is asked to wait, for so many seconds.
    Wait(u64),
    /// The platform was not reached, or is busy.
    Unreached(String),
    /// It was sent, and nothing came back.
    Unanswered(String),
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
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(trouble: &ChannelTrouble) -> String {
    use ChannelTrouble as T;
    match trouble {
        T::NoAccount(name, known) if known.is_empty() => {
            format!("没有名为“{name}”的账号；配置中还没有账号。")
        }
        T::NoAccount(name, known) => {
            format!("没有名为“{name}”的账号；现有：{}。", known.join("、"))
        }
        T::Settings(said) => format!(
            "平台不接受这个账号的设置（平台原话：{said}）。请核对密钥和签名，以及机器人设置里的关键词和 IP 白名单；机器人若已被移出群，请重新添加并换用新的地址。"
        ),
        T::Console(said) => format!(
            "平台不接受这个账号的设置（平台原话：{said}）。请在微信公众平台的“基本配置”里核对：40164 是本机 IP 不在“IP 白名单”里，把原话中的 IP 加进去；40013 是 app_id 不对；40125 是 app_secret 不对，可以重置后换上新的。"
        ),
        T::App(said) => format!(
            "企业微信不接受这个账号的设置（平台原话：{said}）。请在企业微信管理后台核对：60020 是本机 IP 不在该应用的“企业可信 IP”里，把原话中的 IP 加进去；40013 是 corp_id 不对；40001 是 secret 不对（不要反复尝试，否则本机 IP 会被封禁一小时）；301002、40056 是 agent_id 不对或不是这个 secret 的应用；可见范围为空时请添加成员。"
        ),
        T::Hosts(said) => format!(
            "邮件服务器不接受这个账号的设置（原话：{said}）。请核对：535 是 user 或 password 不对（不少邮箱要用单独的授权码）；STARTTLS 或 certificate 是 smtp、imap 的写法或端口不对；IMAP 开头的是收信一端，请核对 imap 和 folder。"
        ),
        T::Gone(said) => format!(
            "平台说群已不存在，或账号不在群里（平台原话：{said}）。请在群里重新添加，并换用新的地址。"
        ),
        T::Blocked(said) => {
            format!("群的设置不允许发送（平台原话：{said}）。请群管理员放开权限。")
        }
        T::Message(said) => format!("平台不接受这条测试消息（平台原话：{said}）。"),
        T::Wait(seconds) => {
            format!("发送太频繁，平台要求等待 {seconds} 秒。设置没有问题，请稍后再试。")
        }
        T::Unreached(said) => {
            format!("没有连上平台，或平台正忙（{said}）。请检查网络、proxy 和 api_url，稍后再试。")
        }
        T::Unanswered(said) => {
            format!("测试消息已发出，但没有收到答复（{said}）。请到群里看它是否已显示。")
        }
    }
}

fn en(trouble: &ChannelTrouble) -> String {
    use ChannelTrouble as T;
    match trouble {
        T::NoAccount(name, known) if known.is_empty() => {
            format!("there is no account \"{name}\", nor any other")
        }
        T::NoAccount(name, known) => {
            format!("there is no account \"{name}\"; there are {}", known.join(", "))
        }
        T::Settings(said) => format!(
            "the platform does not take this account's settings (it says: {said}); look at the key and the secret, and at the keywords and addresses in the robot's settings; a robot that was taken out of its group has to be added again, and gets a new address"
        ),
        T::Console(said) => format!(
            "the platform does not take this account's settings (it says: {said}); look into the account's console (基本配置): 40164, this machine's address is not allowed there (IP 白名单), add the one that is named; 40013, app_id is wrong; 40125, app_secret is wrong, have a new one made"
        ),
        T::App(said) => format!(
            "WeCom does not take this account's settings (it says: {said}); look into its console: 60020, this machine's address is not among the application's trusted ones (企业可信 IP), add the one that is named; 40013, corp_id is wrong; 40001, secret is wrong (do not try again and again, or this address is shut out for an hour); 301002 or 40056, agent_id is wrong, or not the application of this secret; where it may see nobody, give it members (可见范围)"
        ),
        T::Hosts(said) => format!(
            "the mail hosts do not take this account's settings (they say: {said}); 535: user or password is wrong, and many providers want a password of its own for programs; STARTTLS or certificate: smtp or imap is written for another port; what begins with IMAP is where mail is read, look at imap and folder"
        ),
        T::Gone(said) => format!(
            "the group is no more, or the account is not in it (the platform says: {said}); add it to the group again, and use its new address"
        ),
        T::Blocked(said) => {
            format!(
                "the group does not let it write (the platform says: {said}); ask its administrator"
            )
        }
        T::Message(said) => {
            format!("the platform does not take the test message (it says: {said})")
        }
        T::Wait(seconds) => {
            format!(
                "too many messages: the platform asks to wait {seconds} s; nothing is wrong with the settings, try again later"
            )
        }
        T::Unreached(said) => format!(
            "the platform was not reached, or is busy ({said}); look at the network, proxy and api_url, and try again later"
        ),
        T::Unanswered(said) => {
            format!(
                "the test message was sent, and no answer came ({said}); look into the group whether it is there"
            )
        }
    }
}
