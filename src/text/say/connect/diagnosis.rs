//! What is wrong with an account, in plain words, and what to do about it.

use crate::model::{Lang, Platform};
use crate::text::Speak;

/// Why a platform does not do it, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No robot has this address: it is mistyped, or the robot was removed.
    NoRobot,
    /// The secret is wrong, or was replaced.
    Secret,
    /// The name of the account or app is wrong.
    Name,
    /// What is signed is not taken: another secret, or another time.
    Signature,
    /// Calls from this machine's address (this one, where the platform names it) are not allowed.
    Address(Option<String>),
    /// The word that the group's settings ask for is missing.
    Keyword,
    /// A right was not granted (these, where the platform names them).
    Scope(Option<String>),
    /// The account is not verified, or its kind may not do it.
    Unverified,
    /// The robot or app is switched off.
    Off,
    /// An administrator has to confirm this machine's address first.
    Confirm,
    /// The platform has taken the account's rights, or frozen its secret.
    Banned,
    /// The account is not in the chat any more, or the chat is no more.
    Out,
    /// The chat's settings do not let it write.
    Muted,
    /// The application may see nobody, or not those who are written to.
    Unseen,
    /// The host offers no encryption, or none that holds.
    Encryption,
    /// The host does not let us read.
    Inbox,
    /// The platform lets nobody write there for now, until they write first.
    Closed,
    /// Nothing answers at this address.
    NoSuchAddress,
    /// The address leads elsewhere.
    LeadsElsewhere,
    /// The address lies in a private network.
    Private,
    /// The proxy asks who we are.
    Proxy,
    /// The message itself is not taken.
    Message,
    /// It is asked to wait, for so many seconds.
    Wait(u64),
    /// The platform was not reached, or is busy.
    Unreached,
    /// It was sent, and no answer came.
    Unanswered,
    /// The settings are not what the platform asks for, and nobody knows which.
    Settings,
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosisSays {
    /// Where.
    pub platform: Platform,
    /// Why.
    pub cause: Cause,
    /// What the platform or the system said; empty where it said nothing.
    pub said: String,
}

impl Speak for DiagnosisSays {
    fn say(&self, lang: Lang) -> String {
        let what = match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        };
        match (lang, self.said.as_str()) {
            (_, "") => what,
            (Lang::Zh, said) => format!("{what}（原话：{said}）"),
            (Lang::En, said) => format!("{what} (it says: {said})"),
        }
    }
}

/// Where a platform's settings of what may call it are.
const fn address_list(platform: Platform, lang: Lang) -> &'static str {
    use Platform as P;
    match (platform, lang) {
        (P::OfficialAccount, Lang::Zh) => "微信公众平台“基本配置”的“IP白名单”",
        (P::OfficialAccount, Lang::En) => "the account's console (基本配置, IP白名单)",
        (P::DingtalkRobot | P::FeishuRobot, Lang::Zh) => "群机器人的安全设置（IP 白名单）",
        (P::DingtalkRobot | P::FeishuRobot, Lang::En) => {
            "the robot's security settings (IP allowlist)"
        }
        (P::Dingtalk | P::Feishu, Lang::Zh) => "开放平台该应用的“安全设置”（IP 白名单）",
        (P::Dingtalk | P::Feishu, Lang::En) => "the app's security settings (IP allowlist)",
        (P::Wecom, Lang::Zh) => "企业微信管理后台该应用的“企业可信IP”",
        (P::Wecom, Lang::En) => "the application's page in WeCom's console (企业可信IP)",
        (_, Lang::Zh) => "平台的 IP 白名单",
        (_, Lang::En) => "the platform's list of allowed addresses",
    }
}

/// Where the right secret is read.
const fn secret_place(platform: Platform, lang: Lang) -> &'static str {
    use Platform as P;
    match (platform, lang) {
        (P::Telegram, Lang::Zh) => {
            "token 不对，或已被换掉。请向 @BotFather 发送 /mybots，选这个机器人，在“API Token”里取现在的 token"
        }
        (P::Telegram, Lang::En) => {
            "the token is wrong, or was replaced: send /mybots to @BotFather, choose the bot, and take the token under \"API Token\""
        }
        (P::Webhook, Lang::Zh) => "对方不接受签名：两边的 secret 须完全一样，本机时间须准确",
        (P::Webhook, Lang::En) => {
            "the other side does not take the signature: secret must be the same on both sides, and this machine's clock right"
        }
        (P::OfficialAccount, Lang::Zh) => {
            "app_secret 不对，或已重置。请在微信公众平台的“基本配置”里重置开发者密码（AppSecret），换上新的"
        }
        (P::OfficialAccount, Lang::En) => {
            "app_secret is wrong, or was replaced: have a new one made in the account's console (基本配置, AppSecret)"
        }
        (P::Dingtalk | P::Feishu, Lang::Zh) => {
            "密码不对，或已重置。请在开放平台该应用的凭证页核对 app_key（app_id）和 app_secret"
        }
        (P::Dingtalk | P::Feishu, Lang::En) => {
            "the secret is wrong, or was replaced: compare app_key (app_id) and app_secret with the app's page of credentials"
        }
        (P::Wecom, Lang::Zh) => {
            "secret 不对，或已重置。请在企业微信管理后台该应用的页面核对 Secret；不要反复尝试，否则本机 IP 会被封禁一小时"
        }
        (P::Wecom, Lang::En) => {
            "secret is wrong, or was replaced: compare it with the application's page in WeCom's console; do not try again and again, or this address is shut out for an hour"
        }
        (P::WecomBot, Lang::Zh) => {
            "密码不对，或已重置。请在机器人的“API 模式”页核对 Bot ID 和 Secret"
        }
        (P::WecomBot, Lang::En) => {
            "the secret is wrong, or was replaced: compare Bot ID and Secret with the robot's page (API mode)"
        }
        (P::Email, Lang::Zh) => {
            "user 或 password 不对：请核对；不少邮箱要用单独的授权码，不是登录密码"
        }
        (P::Email, Lang::En) => {
            "user or password is wrong; many providers want a password of its own for programs"
        }
        (_, Lang::Zh) => "密钥不对，或已被换掉，请到平台上核对",
        (_, Lang::En) => "the secret is wrong, or was replaced: look it up on the platform",
    }
}

/// The keys that name an account to its platform.
const fn names(platform: Platform, lang: Lang) -> &'static str {
    match (platform, lang) {
        (Platform::Wecom, Lang::Zh) => "corp_id（企业 ID）或 agent_id（须是这个 Secret 的应用）",
        (Platform::Wecom, Lang::En) => {
            "corp_id, or agent_id (or it is not the application of this secret)"
        }
        (Platform::WecomBot, _) => "bot_id",
        (_, Lang::Zh) => "app_id（app_key、robot_code）",
        (_, Lang::En) => "app_id (app_key, robot_code)",
    }
}

/// Where nobody knows which of the settings it is.
const fn settings(platform: Platform, lang: Lang) -> &'static str {
    use Platform as P;
    match (platform, lang) {
        (P::Email, Lang::Zh) => {
            "邮件服务器不接受这个账号发的邮件。请核对 from（须是这个邮箱可用的发件地址）、user、smtp 和 imap；原话里有 blocked、relay 或 rcpthosts 的，请邮件服务器的管理员把本机移出黑名单，或允许这个账号向外发信。"
        }
        (P::Email, Lang::En) => {
            "the mail host does not take this account's mail: look at from (which the mailbox must be allowed to send as), user, smtp and imap; where it speaks of blocked, relay or rcpthosts, ask whoever runs it to have this machine taken off the block list, or to let this account write to other domains"
        }
        (P::WebPush, Lang::Zh) => {
            "推送服务不接受本程序的签名，请核对 contact、proxy 和本机时间；密钥目录（data.keys）若已更换，读者须重新订阅。"
        }
        (P::WebPush, Lang::En) => {
            "the push service does not take what we sign: look at contact, proxy and this machine's clock; if the directory of the keys (data.keys) was replaced, readers have to ask again"
        }
        (_, Lang::Zh) => "平台不接受这个账号的设置，请核对密钥、签名、关键词、IP 白名单和权限。",
        (_, Lang::En) => {
            "the platform does not take this account's settings: look at the key, the secret, the keyword, the allowed addresses and the rights"
        }
    }
}

fn zh(says: &DiagnosisSays) -> String {
    let (place, secret) =
        (address_list(says.platform, Lang::Zh), secret_place(says.platform, Lang::Zh));
    match &says.cause {
        Cause::NoRobot => "平台上没有这个机器人：地址抄得不全，或机器人已被移出群。请在群设置里核对；已移出的要重新添加，换用新的地址。".into(),
        Cause::Secret => format!("{secret}。"),
        Cause::Name => format!("平台不认识 {}，请到平台的设置页重新复制。", names(says.platform, Lang::Zh)),
        Cause::Signature => "签名不对：secret 与机器人安全设置里“加签（签名校验）”的密钥不一样，或本机时间不准。请重新复制密钥，并核对本机时间。".into(),
        Cause::Address(Some(ip)) => format!("平台不允许从 {ip} 调用：请把 {ip} 加入{place}，几分钟后再试。"),
        Cause::Address(None) => format!("平台不允许从本机的 IP 调用：请把本机出口的公网 IP 加入{place}，几分钟后再试。"),
        Cause::Keyword => "消息里没有机器人安全设置要求的关键词：请把其中一个写在 keyword 里，没有该词的消息会自动带上。".into(),
        Cause::Scope(Some(scope)) => format!("应用缺少权限 {scope}：请在开放平台的“权限管理”里开通，并发布新版本。"),
        Cause::Scope(None) => "应用缺少所需的权限：请在开放平台的“权限管理”里开通，并发布新版本。".into(),
        Cause::Unverified => "账号没有这项权限，通常是因为没有认证：请完成认证，或只用它存草稿（publish = \"draft\"）。".into(),
        Cause::Off => "机器人或应用已停用：请在平台上启用它（应用须有已发布的版本，并开启机器人能力）。".into(),
        Cause::Confirm => "平台要求管理员先确认本机的 IP：请公众号管理员在微信里点确认，然后再试。".into(),
        Cause::Banned => "平台封停了这个账号的接口，或冻结了密码：请登录平台查看通知，解除后再试。".into(),
        Cause::Out => "账号已不在群里，或群已解散：请重新添加，群机器人要换用新的地址。".into(),
        Cause::Muted => "群的设置不允许它发言：请群管理员放开权限。".into(),
        Cause::Unseen => "应用的可见范围里没有人，或没有收件人：请在企业微信管理后台该应用的“可见范围”里添加成员。".into(),
        Cause::Encryption => "邮件服务器的加密对不上：请核对 smtp、imap 的写法和端口（smtps:// 一般是 465，smtp:// 一般是 587，imaps:// 一般是 993），以及服务器的证书。".into(),
        Cause::Inbox => "收信一端不接受：请核对 imap、folder、user 和 password，并在邮箱设置里开启 IMAP。".into(),
        Cause::Closed => "平台现在不允许给对方发消息：对方先写一句话，就可以了。".into(),
        Cause::NoSuchAddress => "这个地址没有这项服务：请核对网址（url、api_url）。".into(),
        Cause::LeadsElsewhere => "地址已转到别处；为了安全，程序不跟随转向。请直接写最终的网址。".into(),
        Cause::Private => "地址在内部网络里；确实要用的话，请设 reach = \"any\"。".into(),
        Cause::Proxy => "代理服务器要求用户名和密码：请写在 proxy 的网址里。".into(),
        Cause::Message => "平台不接受这条消息。".into(),
        Cause::Wait(seconds) => format!("发送太频繁，平台要求等待 {seconds} 秒。设置没有问题，请稍后再试。"),
        Cause::Unreached => "没有连上平台，或平台正忙。请检查网络、proxy 和 api_url，稍后再试。".into(),
        Cause::Unanswered => "已经发出，但没有收到答复。请到群里看它是否已显示。".into(),
        Cause::Settings => settings(says.platform, Lang::Zh).into(),
    }
}

fn en(says: &DiagnosisSays) -> String {
    let (place, secret) =
        (address_list(says.platform, Lang::En), secret_place(says.platform, Lang::En));
    match &says.cause {
        Cause::NoRobot => "the platform knows no such robot: its address was not copied whole, or the robot was taken out of its group; compare it with the group's settings, or add the robot again and use its new address".into(),
        Cause::Secret => secret.into(),
        Cause::Name => format!("the platform does not know {}: copy it again from its page there", names(says.platform, Lang::En)),
        Cause::Signature => "the signature is wrong: secret is not the one in the robot's security settings, or this machine's clock is not right".into(),
        Cause::Address(Some(ip)) => format!("calls from {ip} are not allowed: add {ip} to {place}, and try again in some minutes"),
        Cause::Address(None) => format!("calls from this machine's address are not allowed: add its public address to {place}, and try again in some minutes"),
        Cause::Keyword => "the message lacks the word that the robot's security settings ask for: write one of these words as keyword, and it is added where it is missing".into(),
        Cause::Scope(Some(scope)) => format!("the app lacks the right {scope}: grant it on the open platform (权限管理), and publish a new version"),
        Cause::Scope(None) => "the app lacks a right: grant it on the open platform (权限管理), and publish a new version".into(),
        Cause::Unverified => "the account may not do this, most often because it is not verified: have it verified, or use it for drafts alone (publish = \"draft\")".into(),
        Cause::Off => "the robot or app is switched off: switch it on on its platform (an app needs a published version, and its bot switched on)".into(),
        Cause::Confirm => "the platform wants this machine's address confirmed: the account's administrator has to confirm it in WeChat; then try again".into(),
        Cause::Banned => "the platform has stopped this account's calls, or frozen its secret: log in there and see why, and try again once that is lifted".into(),
        Cause::Out => "the account is no longer in the group, or the group is no more: add it again; a group's robot then has a new address".into(),
        Cause::Muted => "the group does not let it write: ask its administrator".into(),
        Cause::Unseen => "the application may see nobody, or not those who are written to: give it members in WeCom's console (可见范围)".into(),
        Cause::Encryption => "the encryption does not fit: look at how smtp and imap are written and at their ports (most often 465 for smtps://, 587 for smtp://, 993 for imaps://), and at the host's certificate".into(),
        Cause::Inbox => "mail cannot be read: look at imap, folder, user and password, and switch IMAP on in the mailbox's settings".into(),
        Cause::Closed => "the platform lets us write to them only after they have written: one line of theirs is enough".into(),
        Cause::NoSuchAddress => "nothing of the kind answers at this address: look at url and api_url".into(),
        Cause::LeadsElsewhere => "the address leads elsewhere, and no call of ours follows: write the final address".into(),
        Cause::Private => "the address lies in a private network; if that is meant, set reach = \"any\"".into(),
        Cause::Proxy => "the proxy asks for a name and a password: write them into the address in proxy".into(),
        Cause::Message => "the platform does not take this message".into(),
        Cause::Wait(seconds) => format!("too many messages: the platform asks to wait {seconds} s; nothing is wrong with the settings, try again later"),
        Cause::Unreached => "the platform was not reached, or is busy: look at the network, proxy and api_url, and try again later".into(),
        Cause::Unanswered => "it was sent, and no answer came: look into the group whether it is there".into(),
        Cause::Settings => settings(says.platform, Lang::En).into(),
    }
}
