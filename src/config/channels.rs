//! Accounts on platforms, and the program's own groups.

use super::quotas::quota;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, Name, Setting, WebAddress, quoted};
use super::{
    Names, by_hand, dingtalk, email, feishu, hooks, official, robots, webpush, wecom, wecombot,
};
use crate::connector::by_hand as by_hand_groups;
use crate::connector::dingtalk as dingtalk_app;
use crate::connector::email as mailbox;
use crate::connector::feishu as feishu_app;
use crate::connector::hook;
use crate::connector::official as official_account;
use crate::connector::robot::{self, Make};
use crate::connector::telegram::{self, Receive};
use crate::connector::webpush as browsers;
use crate::connector::wecom as wecom_app;
use crate::connector::wecombot as wecom_bot;
use crate::connector::{Secret, called_at};
use crate::model::{AccountId, Lang, Platform, Role, TopicId, UnknownPolicy, hex, unhex};
use crate::text::say::operator::{ConfigSays, Expects, TelegramSays};
use std::path::Path;

/// The name of the account of the program's own pages; it is always there.
pub const WEB_ACCOUNT: &str = "web";

/// One account on a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name here.
    pub id: AccountId,
    /// What becomes of a message that may have arrived, or may not.
    pub unknown: UnknownPolicy,
    /// What its platform needs to know.
    pub settings: AccountSettings,
    /// Its chat, where it has one alone.
    pub only_chat: Option<OnlyChat>,
    /// Its further chats that are named here, in the order of its connector's.
    pub more_chats: Vec<OnlyChat>,
}

/// The chat of an account that has one alone, such as a group's robot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlyChat {
    /// What people call it.
    pub title: String,
    /// What is pushed there.
    pub topics: Vec<TopicId>,
    /// The language in which it is written to.
    pub lang: Lang,
}

/// What a platform needs to know of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountSettings {
    /// A Telegram bot.
    Telegram(telegram::Settings),
    /// A group's robot.
    Robot(robot::Settings),
    /// Another system.
    Hook(hook::Settings),
    /// A robot of a DingTalk app.
    Dingtalk(dingtalk_app::Settings),
    /// A WeChat Official Account.
    Official(official_account::Settings),
    /// An app of Feishu or Lark.
    Feishu(feishu_app::Settings),
    /// An application of WeCom.
    Wecom(wecom_app::Settings),
    /// The browsers of readers.
    WebPush(browsers::Settings),
    /// Groups to which people bring it, and what is pushed to each.
    ByHand(by_hand_groups::Settings, Vec<OnlyChat>),
    /// A mailbox.
    Email(Box<mailbox::Settings>),
    /// A smart robot of WeCom.
    WecomBot(wecom_bot::Settings),
}

impl AccountSettings {
    /// The platform.
    #[must_use]
    pub const fn platform(&self) -> Platform {
        match self {
            Self::Telegram(_) => Platform::Telegram,
            Self::Robot(settings) => settings.make.platform(),
            Self::Hook(_) => Platform::Webhook,
            Self::Dingtalk(_) => Platform::Dingtalk,
            Self::Official(_) => Platform::OfficialAccount,
            Self::Feishu(_) => Platform::Feishu,
            Self::Wecom(_) => Platform::Wecom,
            Self::WebPush(_) => Platform::WebPush,
            Self::ByHand(..) => Platform::ByHand,
            Self::Email(_) => Platform::Email,
            Self::WecomBot(_) => Platform::WecomBot,
        }
    }

    /// What no two accounts may have in common: they would be one account on the platform, or take each other's
    /// calls.
    #[must_use]
    pub fn own(&self) -> Vec<Secret> {
        let name = |name: &String| Secret::new(name.clone());
        match self {
            Self::Telegram(it) => vec![it.token.clone()],
            Self::Robot(it) => it.own().into_iter().collect(),
            Self::Hook(it) => vec![it.url.clone(), it.secret.clone()],
            Self::Dingtalk(it) => vec![name(&it.app_key), it.app_secret.clone()],
            Self::Official(it) => vec![name(&it.app_id), it.app_secret.clone()],
            Self::Feishu(it) => vec![name(&it.app_id), it.app_secret.clone()],
            // Several of one organisation have the same `corp_id`.
            Self::Wecom(it) => vec![it.secret.clone()],
            Self::Email(it) => vec![Secret::new(it.from.email.to_string().to_lowercase())],
            Self::WecomBot(it) => vec![name(&it.bot_id)],
            // One of a kind, and groups whose names are looked at by themselves.
            Self::WebPush(_) | Self::ByHand(..) => Vec::new(),
        }
    }
}

/// A group on the program's own pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in addresses.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What is pushed there.
    pub topics: Vec<TopicId>,
    /// The language of its page.
    pub lang: Lang,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Polling,
    Webhook,
}

impl Choice for Mode {
    const NAMES: &'static [(&'static str, Self)] =
        &[("polling", Self::Polling), ("webhook", Self::Webhook)];
}

/// An account and its name; the name alone where something in it is wrong.
pub(super) fn account(
    section: &mut Section<'_>,
    (base, public, lang): (&Path, &str, Lang),
    names: &Names,
) -> (String, Option<Account>) {
    let name = section.need::<Name>("name").map_or_else(String::new, |n| n.0);
    let platform = if section.has("platform") {
        section.maybe("platform")
    } else {
        Some(section.get("platform", Platform::Telegram))
    };
    let unknown = section.get("unknown", UnknownPolicy::default());
    if name == WEB_ACCOUNT {
        section.wrong("name", Wrong::new(ConfigSays::OwnPagesName));
    }
    // What it holds depends on the platform: without one, nothing more can be said of it.
    let Some(platform) = platform else {
        section.pass_over();
        return (name, None);
    };
    let one_chat = |section: &mut Section<'_>| Some(only_chat(section, &name, lang, names));
    let robot = |section: &mut Section<'_>, make| {
        robots::robot(section, base, make).map(AccountSettings::Robot)
    };
    let mut more_chats = Vec::new();
    let (only_chat, settings) = match platform {
        Platform::Telegram => {
            (None, bot(section, base, public, &name).map(AccountSettings::Telegram))
        }
        Platform::Web => {
            section.wrong("platform", Wrong::new(ConfigSays::OwnPagesAccount));
            (None, bot(section, base, public, &name).map(AccountSettings::Telegram))
        }
        Platform::WecomRobot => (one_chat(section), robot(section, Make::Wecom)),
        Platform::DingtalkRobot => (one_chat(section), robot(section, Make::Dingtalk)),
        Platform::FeishuRobot => (one_chat(section), robot(section, Make::Feishu)),
        Platform::Dingtalk => (None, dingtalk::app(section, base).map(AccountSettings::Dingtalk)),
        Platform::ByHand => {
            let (settings, chats) = by_hand::by_hand(section, lang, names);
            (None, Some(AccountSettings::ByHand(settings, chats)))
        }
        Platform::Feishu => (None, feishu::app(section, base).map(AccountSettings::Feishu)),
        Platform::Wecom => {
            let app = wecom::app(section, base);
            let together = section.has("topics") || app.as_ref().is_some_and(|s| s.to.is_some());
            let chat = together.then(|| only_chat(section, &name, lang, names));
            let chats;
            (chats, more_chats) = wecom::chats(section, lang, names);
            (chat, app.map(|app| AccountSettings::Wecom(wecom_app::Settings { chats, ..app })))
        }
        Platform::WebPush => {
            (None, webpush::browsers(section, public).map(AccountSettings::WebPush))
        }
        Platform::Email => {
            let settings = email::mailbox(section, (base, public, lang), names);
            (None, settings.map(|settings| AccountSettings::Email(Box::new(settings))))
        }
        Platform::WecomBot => (None, wecombot::bot(section, base).map(AccountSettings::WecomBot)),
        Platform::Webhook => {
            (one_chat(section), hooks::hook(section, base).map(AccountSettings::Hook))
        }
        Platform::OfficialAccount => {
            let chat = only_chat(section, &name, lang, names);
            let settings = official::official(section, base, &chat.topics);
            (Some(chat), settings.map(AccountSettings::Official))
        }
    };
    let id = AccountId(name.clone());
    (name, settings.map(|settings| Account { id, unknown, settings, only_chat, more_chats }))
}

pub(super) fn only_chat(
    section: &mut Section<'_>,
    name: &str,
    lang: Lang,
    names: &Names,
) -> OnlyChat {
    let title = section.get("title", Filled(name.to_owned())).0;
    let lang = section.get("lang", lang);
    let topics = topics(section, names);
    if topics.is_empty() {
        section.warn("topics", ConfigSays::GroupIdle(name.to_owned()));
    }
    OnlyChat { title, topics, lang }
}

/// What is pushed there.
pub(super) fn topics(section: &mut Section<'_>, names: &Names) -> Vec<TopicId> {
    let topics: Vec<String> = section.list::<Name>("topics").into_iter().map(|n| n.0).collect();
    names.exist(section, "topic", "topics", &topics);
    topics.into_iter().map(TopicId).collect()
}

fn bot(
    section: &mut Section<'_>,
    base: &Path,
    public: &str,
    name: &str,
) -> Option<telegram::Settings> {
    let token = token(section, base);
    let api = WebAddress("https://api.telegram.org".to_owned());
    let api_url = section.get("api_url", api).0;
    let proxy = section.secret("proxy");
    let receive = receive(section, base, &called_at(public, name));
    Some(telegram::Settings {
        api_url,
        proxy,
        per_second: section.count("per_second", 30, 1..=1_000),
        chat_per_second: section.count("chat_per_second", 1, 1..=30),
        group_per_minute: section.count("group_per_minute", 20, 1..=1_000),
        quota: quota(section, ["burst", "per_minute", "per_hour", "per_day", "per_month"]),
        chat_quota: quota(
            section,
            ["chat_burst", "chat_per_minute", "chat_per_hour", "chat_per_day", "chat_per_month"],
        ),
        parallel: section.count("parallel", 32, 1..=256),
        // Last, so that every other mistake of this account was found before.
        receive: receive?,
        token: token?,
    })
}

/// The token, from the file itself or from a file of its own.
fn token(section: &mut Section<'_>, base: &Path) -> Option<Secret> {
    let given = section.need_secret("token", "token_file", base, ConfigSays::NoToken);
    let (token, key) = given?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let whole = |(id, rest): (&str, &str)| {
        id.parse::<u64>().is_ok() && !rest.is_empty() && rest.chars().all(fits)
    };
    if !token.reveal().split_once(':').is_some_and(whole) {
        section.wrong(key, Wrong::new(ConfigSays::Telegram(TelegramSays::NotAToken)));
        return None;
    }
    Some(token)
}

fn receive(section: &mut Section<'_>, base: &Path, default: &str) -> Option<Receive> {
    let mode = section.get("mode", Mode::Polling);
    let url: Option<WebAddress> = section.maybe("webhook_url");
    let given = section.has("webhook_secret") || section.has("webhook_secret_file");
    let secret = section.secret_or_file("webhook_secret", "webhook_secret_file", base);
    if mode == Mode::Polling {
        return Some(Receive::Polling);
    }
    let url = url.map_or_else(|| default.to_owned(), |url| url.0);
    let encrypted = url.starts_with("https://");
    if !encrypted {
        section.wrong("mode", Wrong::new(ConfigSays::Telegram(TelegramSays::NeedsHttps)));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let sound = |s: &Secret| (1..=256).contains(&s.reveal().len()) && s.reveal().chars().all(fits);
    if !given {
        let says = ConfigSays::Telegram(TelegramSays::NoWebhookSecret);
        section.wrong("webhook_secret", Wrong::new(says));
    }
    let (secret, key) = secret?;
    if !sound(&secret) {
        section.wrong(key, Wrong::new(ConfigSays::Telegram(TelegramSays::WebhookSecretForm)));
        return None;
    }
    encrypted.then_some(Receive::Webhook { url, secret })
}

pub(super) fn group(section: &mut Section<'_>, lang: Lang, names: &Names) -> Group {
    let id = section.need::<Name>("id").map_or_else(String::new, |n| n.0);
    let title = section.get("title", Filled(id.clone())).0;
    let lang = section.get("lang", lang);
    let topics = topics(section, names);
    if topics.is_empty() {
        section.warn("topics", ConfigSays::GroupIdle(id.clone()));
    }
    Group { id, title, topics, lang }
}

/// Somebody of the staff who works in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// What colleagues call them.
    pub name: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
    /// SHA-256 of the secret in the seat's address.
    pub token: [u8; 32],
}

impl Choice for Role {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("administrator", Self::Administrator),
        ("editor", Self::Editor),
        ("approver", Self::Approver),
        ("reviewer", Self::Reviewer),
        ("lead", Self::Lead),
        ("custodian", Self::Custodian),
        ("keeper", Self::Keeper),
    ];
}

/// A SHA-256, as 64 hexadecimal digits.
struct Hash([u8; 32]);

impl Setting for Hash {
    fn expects() -> Expects {
        Expects::Hash
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| Wrong::new(ConfigSays::MustBe(Self::expects())))
    }

    fn show(&self) -> String {
        quoted(&hex(&self.0))
    }
}

pub(super) fn seat(section: &mut Section<'_>) -> Option<Seat> {
    let name = section.need::<Filled>("name");
    let roles = section.list("roles");
    if roles.is_empty() {
        section.warn("roles", ConfigSays::SeatIdle);
    }
    let token = section.need::<Hash>("token_sha256");
    Some(Seat { name: name?.0, roles, token: token?.0 })
}
