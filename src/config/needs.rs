//! What has to be given for an account of each platform: the keys that somebody is asked for who adds one.
//!
//! How each is read and checked is said by the platform's own file beside this one, and by nothing here.

use crate::model::Platform;

/// One key that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The key in `[[account]]`.
    pub key: &'static str,
    /// What it holds.
    pub form: Form,
    /// Whether it has to be there.
    pub must: Must,
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Letters that anybody may read.
    Plain,
    /// A whole number.
    Number,
    /// Several such, parted by commas.
    List,
    /// Letters that are shown to nobody: they go into a file of their own, which the key with `_file` names.
    Secret,
}

/// Whether a key has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Must {
    /// Without it there is no account.
    Yes,
    /// It may be left out.
    No,
    /// It is made up here where nobody gives it: the platform is then told what was made up.
    Made(Made),
}

/// What is made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A key of Standard Webhooks: `whsec_` and 32 bytes in Base64.
    HookKey,
    /// So many letters and digits.
    Letters(usize),
}

/// Further keys that hold secrets, or may.
pub const SECRET_BESIDES: [&str; 4] = ["webhook_secret", "old_secret", "proxy", "dkim_key"];

const fn plain(key: &'static str, must: Must) -> Need {
    Need { key, form: Form::Plain, must }
}

const fn secret(key: &'static str, must: Must) -> Need {
    Need { key, form: Form::Secret, must }
}

const TITLE: Need = plain("title", Must::No);
const TOPICS: Need = Need { key: "topics", form: Form::List, must: Must::No };

/// Every key that is asked for on any platform, each once.
pub fn all() -> impl Iterator<Item = Need> {
    let keys = Platform::ALL.into_iter().flat_map(of);
    let mut known: Vec<&str> = Vec::new();
    keys.filter(move |need| {
        let new = !known.contains(&need.key);
        known.push(need.key);
        new
    })
}

/// What is asked for an account of this platform, in this order. Nothing for the program's own pages, which have
/// their account, nor for groups that people keep.
#[must_use]
pub fn of(platform: Platform) -> Vec<Need> {
    match platform {
        Platform::Telegram => vec![secret("token", Must::Yes)],
        // Groups that people keep are tables of their own.
        Platform::Web | Platform::ByHand => Vec::new(),
        Platform::WecomRobot => vec![secret("token", Must::Yes), TITLE, TOPICS],
        Platform::DingtalkRobot | Platform::FeishuRobot => vec![
            secret("token", Must::Yes),
            secret("secret", Must::No),
            plain("keyword", Must::No),
            TITLE,
            TOPICS,
        ],
        Platform::Webhook => {
            vec![
                secret("url", Must::Yes),
                secret("secret", Must::Made(Made::HookKey)),
                TITLE,
                TOPICS,
            ]
        }
        Platform::Dingtalk => vec![
            plain("app_key", Must::Yes),
            secret("app_secret", Must::Yes),
            plain("robot_code", Must::No),
        ],
        Platform::OfficialAccount => vec![
            plain("app_id", Must::Yes),
            secret("app_secret", Must::Yes),
            secret("token", Must::Made(Made::Letters(24))),
            secret("aes_key", Must::Made(Made::Letters(43))),
            plain("thumb_media_id", Must::No),
            TITLE,
            TOPICS,
        ],
        Platform::Feishu => vec![
            plain("app_id", Must::Yes),
            secret("app_secret", Must::Yes),
            secret("encrypt_key", Must::No),
            secret("verification_token", Must::No),
        ],
        Platform::Wecom => vec![
            plain("corp_id", Must::Yes),
            Need { key: "agent_id", form: Form::Number, must: Must::Yes },
            secret("secret", Must::Yes),
            secret("token", Must::No),
            secret("aes_key", Must::No),
            plain("to", Must::No),
            TITLE,
            TOPICS,
        ],
        Platform::WebPush => vec![plain("contact", Must::Yes)],
        Platform::Email => vec![
            plain("from", Must::Yes),
            plain("smtp", Must::Yes),
            plain("imap", Must::No),
            plain("user", Must::No),
            secret("password", Must::No),
        ],
        // Over a connection of ours, which can do more.
        Platform::WecomBot => vec![
            plain("bot_id", Must::Yes),
            secret("secret", Must::Yes),
            plain("bot_name", Must::No),
            Need { key: "deciders", form: Form::List, must: Must::No },
        ],
    }
}
