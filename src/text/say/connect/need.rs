//! What somebody is asked for who adds an account: one line for each key.

use crate::model::{Lang, Platform};

/// Every key that somebody is asked for.
pub const NEEDS: [&str; 26] = [
    "token",
    "secret",
    "keyword",
    "title",
    "topics",
    "url",
    "app_key",
    "app_secret",
    "robot_code",
    "app_id",
    "aes_key",
    "thumb_media_id",
    "encrypt_key",
    "verification_token",
    "corp_id",
    "agent_id",
    "to",
    "contact",
    "from",
    "smtp",
    "imap",
    "user",
    "password",
    "bot_id",
    "bot_name",
    "deciders",
];

/// What has to be given for a key; the platform's own word where it differs. `None` for keys that are not asked for.
#[must_use]
pub const fn need(platform: Option<Platform>, key: &str, lang: Lang) -> Option<&'static str> {
    match lang {
        Lang::Zh => zh(platform, key.as_bytes()),
        Lang::En => en(platform, key.as_bytes()),
    }
}

const fn zh(platform: Option<Platform>, key: &[u8]) -> Option<&'static str> {
    Some(match (key, platform) {
        (b"name", _) => "这个账号在本程序里的名称（小写字母、数字和短横）",
        (b"token", Some(Platform::Telegram)) => "@BotFather 给的 token",
        (b"token", Some(Platform::OfficialAccount)) => {
            "服务器配置里的 Token（3 至 32 个字母或数字）"
        }
        (b"token", Some(Platform::Wecom)) => "“设置API接收”里的 Token；不填就只发不收",
        (b"token", Some(_)) => "机器人的 Webhook 地址，或其中的密钥",
        (b"token", None) => "机器人的 token 或 Webhook 地址；公众号或企业微信应用接收消息的 Token",
        (b"secret", Some(Platform::Webhook)) => "双方共用的签名密钥（whsec_…）",
        (b"secret", Some(Platform::Wecom)) => "应用的 Secret",
        (b"secret", Some(Platform::WecomBot)) => "智能机器人的 Secret（长连接）",
        (b"secret", None) => "签名密钥（加签、whsec_…），或企业微信应用、智能机器人的 Secret",
        (b"secret", _) => "机器人安全设置里“加签（签名校验）”的密钥",
        (b"keyword", _) => "机器人安全设置里的一个关键词",
        (b"title", _) => "群（或读者）的称呼，显示给同事看",
        (b"topics", _) => "推送到那里的栏目（id），用逗号隔开",
        (b"url", _) => "对方接收消息的网址（https）",
        (b"app_key", _) => "钉钉应用的 Client ID（AppKey）",
        (b"app_secret", Some(Platform::OfficialAccount)) => "公众号的 AppSecret",
        (b"app_secret", _) => "应用的 App Secret（Client Secret）",
        (b"robot_code", _) => "机器人编码，与 AppKey 不同时才填",
        (b"app_id", Some(Platform::OfficialAccount)) => "公众号的 AppID（wx…）",
        (b"app_id", _) => "应用的 App ID（飞书 cli_…，公众号 wx…）",
        (b"aes_key", Some(Platform::Wecom)) => {
            "“设置API接收”里的 EncodingAESKey（43 个字母或数字）"
        }
        (b"aes_key", _) => "服务器配置里的 EncodingAESKey（43 个字母或数字）",
        (b"thumb_media_id", _) => "封面图的 media_id；有栏目就必须填",
        (b"encrypt_key", _) => "飞书事件的 Encrypt Key",
        (b"verification_token", _) => "飞书事件的 Verification Token",
        (b"corp_id", _) => "企业 ID（ww…，在“我的企业”里）",
        (b"agent_id", _) => "企业微信应用的 AgentId（数字）",
        (b"to", _) => "@all 表示向可见范围内的全体成员推送；不填就只答复成员，也不填称呼和栏目",
        (b"contact", _) => "推送服务有事时联系谁（mailto:邮箱，或 https 网址）",
        (b"from", _) => "发件人，如 同心社区 <news@example.org>",
        (b"smtp", _) => "发信服务器（smtps://主机，或 smtp://主机:587）",
        (b"imap", _) => "收信服务器（imaps://主机）；不填就只发不收",
        (b"user", _) => "邮箱的登录名",
        (b"password", _) => "邮箱的密码，或单独的授权码",
        (b"bot_id", _) => "智能机器人的 Bot ID",
        (b"bot_name", _) => {
            "机器人在群里的名称；名称里有空格的要填，否则名称的一部分会混进引用回复的文字"
        }
        (b"deciders", _) => "哪些成员可以给群订阅（userid，用逗号隔开）；不填则群里任何人都可以",
        _ => return None,
    })
}

const fn en(platform: Option<Platform>, key: &[u8]) -> Option<&'static str> {
    Some(match (key, platform) {
        (b"name", _) => "what the account is called here (lower-case letters, digits, dashes)",
        (b"token", Some(Platform::Telegram)) => "the token that @BotFather gave",
        (b"token", Some(Platform::OfficialAccount)) => {
            "the Token of the server settings (3 to 32 letters or digits)"
        }
        (b"token", Some(Platform::Wecom)) => {
            "the Token for receiving messages (设置API接收); without it, it only sends"
        }
        (b"token", Some(_)) => "the robot's webhook address, or the key in it",
        (b"token", None) => {
            "a bot's token, a robot's webhook address, or the Token of an Official Account or an application of WeCom"
        }
        (b"secret", Some(Platform::Webhook)) => "what both sign with (whsec_…)",
        (b"secret", Some(Platform::Wecom)) => "the application's Secret",
        (b"secret", Some(Platform::WecomBot)) => "the smart robot's Secret (long connection)",
        (b"secret", None) => {
            "the secret for signing, or the Secret of an application or smart robot of WeCom"
        }
        (b"secret", _) => "the secret for signing, from the robot's security settings",
        (b"keyword", _) => "one of the keywords of the robot's security settings",
        (b"title", _) => "what colleagues call the group, or the readers",
        (b"topics", _) => "the topics that are pushed there (their id), parted by commas",
        (b"url", _) => "where the other system takes messages (https)",
        (b"app_key", _) => "the Client ID (AppKey) of the DingTalk app",
        (b"app_secret", Some(Platform::OfficialAccount)) => "the account's AppSecret",
        (b"app_secret", _) => "the app's App Secret (Client Secret)",
        (b"robot_code", _) => "the robot's code, where it is not the AppKey",
        (b"app_id", Some(Platform::OfficialAccount)) => "the account's AppID (wx…)",
        (b"app_id", _) => "the App ID (Feishu cli_…, Official Account wx…)",
        (b"aes_key", Some(Platform::Wecom)) => {
            "the EncodingAESKey for receiving messages (43 letters or digits)"
        }
        (b"aes_key", _) => "the EncodingAESKey of the server settings (43 letters or digits)",
        (b"thumb_media_id", _) => "the media_id of a cover; what has topics needs it",
        (b"encrypt_key", _) => "the Encrypt Key of Feishu's events",
        (b"verification_token", _) => "the Verification Token of Feishu's events",
        (b"corp_id", _) => "the organisation's ID at WeCom (ww…)",
        (b"agent_id", _) => "the number of the application of WeCom (AgentId)",
        (b"to", _) => {
            "@all pushes to everybody whom the application may see; without it, it only answers, and takes no title and topics"
        }
        (b"contact", _) => "whom a push service writes to (mailto: and an address, or https)",
        (b"from", _) => "who writes, such as Office <news@example.org>",
        (b"smtp", _) => "the host that sends (smtps://HOST, or smtp://HOST:587)",
        (b"imap", _) => "the host where answers are read (imaps://HOST); without it, it only sends",
        (b"user", _) => "the mailbox's user",
        (b"password", _) => "its password, or the one for programs",
        (b"bot_id", _) => "the smart robot's Bot ID",
        (b"bot_name", _) => {
            "what groups call the robot by; needed where the name has blanks, or a part of it stays in what people write to a quote"
        }
        (b"deciders", _) => {
            "who may subscribe groups (userid, parted by commas); without it, everybody there"
        }
        _ => return None,
    })
}
