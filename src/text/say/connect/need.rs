//! What somebody is asked for who adds an account: one line for each key.

use crate::model::{Lang, Platform};

/// Every key that somebody is asked for.
pub const NEEDS: [&str; 14] = [
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
        (b"token", Some(_)) => "机器人的 Webhook 地址，或其中的密钥",
        (b"token", None) => "机器人的 token 或 Webhook 地址；公众号服务器配置里的 Token",
        (b"secret", Some(Platform::Webhook)) => "双方共用的签名密钥（whsec_…）",
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
        (b"aes_key", _) => "服务器配置里的 EncodingAESKey（43 个字母或数字）",
        (b"thumb_media_id", _) => "封面图的 media_id；有栏目就必须填",
        (b"encrypt_key", _) => "飞书事件的 Encrypt Key",
        (b"verification_token", _) => "飞书事件的 Verification Token",
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
        (b"token", Some(_)) => "the robot's webhook address, or the key in it",
        (b"token", None) => {
            "a bot's token, a robot's webhook address, or the Token of an Official Account's server settings"
        }
        (b"secret", Some(Platform::Webhook)) => "what both sign with (whsec_…)",
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
        (b"aes_key", _) => "the EncodingAESKey of the server settings (43 letters or digits)",
        (b"thumb_media_id", _) => "the media_id of a cover; what has topics needs it",
        (b"encrypt_key", _) => "the Encrypt Key of Feishu's events",
        (b"verification_token", _) => "the Verification Token of Feishu's events",
        _ => return None,
    })
}
