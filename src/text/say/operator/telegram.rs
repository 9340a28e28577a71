//! What is wrong with the settings of a bot of Telegram.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with the settings of a bot of Telegram. It is said behind the place and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum TelegramSays {
    NotAToken,
    NeedsHttps,
    WebhookSecretForm,
    NoWebhookSecret,
}

impl Speak for TelegramSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &TelegramSays) -> String {
    use TelegramSays as S;
    match says {
        S::NotAToken => "不是 Telegram 机器人的令牌，令牌形如 123456:ABC…".into(),
        S::NeedsHttps => {
            "Telegram 只回调 https 地址：请将 office.public_url 或 webhook_url 设为 https 地址，或改用 polling".into()
        }
        S::WebhookSecretForm => "应为 1 至 256 个字符，只能用 A-Z a-z 0-9 _ -".into(),
        S::NoWebhookSecret => "缺少回调密钥：请自拟一串较长的字符，用来确认回调来自 Telegram".into(),
    }
}

fn en(says: &TelegramSays) -> String {
    use TelegramSays as S;
    match says {
        S::NotAToken => "is no token of a Telegram bot, which looks like 123456:ABC…".into(),
        S::NeedsHttps => "Telegram calls https addresses only: set office.public_url or webhook_url to one, or use polling".into(),
        S::WebhookSecretForm => "must be 1 to 256 of A-Z a-z 0-9 _ -".into(),
        S::NoWebhookSecret => {
            "is missing; make up a long one, it proves that a call comes from Telegram".into()
        }
    }
}
