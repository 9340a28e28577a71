//! How the account of an application of WeCom is read.

use super::Names;
use super::channels::{OnlyChat, topics};
use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, Setting, WebAddress, quoted};
use crate::connector::OwnMenu;
use crate::connector::wecom::{AppChat, Calls, Settings, Together};
use crate::model::Lang;
use crate::text::Form;
use crate::text::say::operator::{ConfigSays, Expects, WecomSays};
use std::collections::BTreeSet;
use std::path::Path;

/// The most departments or tags that are pushed to together.
const MOST: usize = 100;
/// The fewest members of a group.
const MEMBERS: usize = 2;

/// Everybody.
#[derive(Clone, Copy, PartialEq)]
struct All;

impl Choice for All {
    const NAMES: &'static [(&'static str, Self)] = &[("@all", Self)];
}

/// The platform's name for a group chat.
struct ChatId(String);

impl Setting for ChatId {
    fn expects() -> Expects {
        Expects::ChatId
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let fits =
            (1..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric());
        if fits { Ok(Self(text.to_owned())) } else { Err(Wrong::not(text, Self::expects())) }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The application of an account, still without its groups; none where something in it is wrong.
pub(super) fn app(section: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let corp_id = section.need::<Filled>("corp_id");
    let agent_id = section.need::<u32>("agent_id");
    let secret =
        section.need_secret("secret", "secret_file", base, ConfigSays::Wecom(WecomSays::NoSecret));
    let calls = calls(section, base);
    let calls =
        calls.map_err(|(key, says)| section.wrong(key, Wrong::new(ConfigSays::Wecom(says))));
    let named = ["to", "to_parties", "to_tags"].into_iter().any(|key| section.has(key));
    let to = together(section);
    let form = section.get("form", Form::default());
    let menu = section.get("menu", OwnMenu::default());
    let api_url = section.get("api_url", WebAddress(Settings::API.to_owned())).0;
    let proxy = section.secret("proxy");
    let seats: Option<u32> = section.maybe("seats");
    if seats == Some(0) {
        let between = ConfigSays::Between("1".to_owned(), u32::MAX.to_string());
        section.wrong("seats", Wrong::new(between));
    }
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    if !named && section.has("topics") {
        section.wrong("topics", Wrong::new(ConfigSays::Wecom(WecomSays::NobodyTogether)));
    }
    // Last, so that every other mistake of this account was found before.
    Some(Settings {
        corp_id: corp_id?.0,
        agent_id: agent_id?,
        secret: secret?.0,
        calls: calls.ok()?,
        to,
        chats: Vec::new(),
        form,
        menu,
        api_url,
        proxy,
        seats,
        quota,
    })
}

/// Its groups, and what is pushed to each.
pub(super) fn chats(
    section: &mut Section<'_>,
    lang: Lang,
    names: &Names,
) -> (Vec<AppChat>, Vec<OnlyChat>) {
    let mut seen = BTreeSet::new();
    let chats = section.tables("chat", "account.chat", |inner| {
        let chat = chat(inner, lang, names)?;
        if !seen.insert(chat.0.id.clone()) {
            inner.wrong("id", Wrong::new(ConfigSays::NameTwice(chat.0.id.clone())));
        }
        Some(chat)
    });
    chats.into_iter().flatten().unzip()
}

/// What proves that a call is the platform's, where it is to call at all; or which key is wrong, and why.
fn calls(
    section: &mut Section<'_>,
    base: &Path,
) -> Result<Option<Calls>, (&'static str, WecomSays)> {
    let keys = [("token", "token_file"), ("aes_key", "aes_key_file")];
    let given = keys.map(|(key, file)| section.secret_or_file(key, file, base));
    let [token, aes_key] = given.map(|given| given.map(|(letters, _)| letters));
    match (token.filter(|t| !t.reveal().is_empty()), aes_key) {
        (Some(token), Some(aes_key)) if super::official::is_aes_key(&aes_key) => {
            Ok(Some(Calls { token, aes_key }))
        }
        (Some(_), Some(_)) => Err(("aes_key", WecomSays::NotAKey)),
        (None, None) => {
            section.warn("token", ConfigSays::Wecom(WecomSays::NotCalled));
            Ok(None)
        }
        (Some(_), None) => Err(("aes_key", WecomSays::NeedsCalls)),
        (None, Some(_)) => Err(("token", WecomSays::NeedsCalls)),
    }
}

fn together(section: &mut Section<'_>) -> Option<Together> {
    let all: Option<All> = section.maybe("to");
    let [parties, tags] = ["to_parties", "to_tags"].map(|key| {
        let numbers: Vec<u32> = section.list(key);
        if numbers.len() > MOST {
            let between = ConfigSays::Between("0".to_owned(), MOST.to_string());
            section.wrong(key, Wrong::new(between));
        }
        numbers
    });
    match (all, parties.is_empty() && tags.is_empty()) {
        (Some(All), true) => Some(Together::All),
        (Some(All), false) => {
            let other = if parties.is_empty() { "to_tags" } else { "to_parties" };
            section.wrong("to", Wrong::new(ConfigSays::OnlyOneOf("to", other)));
            None
        }
        (None, true) => None,
        (None, false) => Some(Together::Some { parties, tags }),
    }
}

fn chat(section: &mut Section<'_>, lang: Lang, names: &Names) -> Option<(AppChat, OnlyChat)> {
    let id = section.need::<ChatId>("id");
    let title = section.maybe::<Filled>("title").map(|title| title.0);
    let members: Vec<String> =
        section.list::<Filled>("members").into_iter().map(|name| name.0).collect();
    if !members.is_empty() && members.len() < MEMBERS {
        section.wrong("members", Wrong::new(ConfigSays::Wecom(WecomSays::TooFewMembers)));
    }
    let lang = section.get("lang", lang);
    let topics = topics(section, names);
    let id = id?.0;
    let title = title.unwrap_or_else(|| id.clone());
    if topics.is_empty() {
        section.warn("topics", ConfigSays::GroupIdle(title.clone()));
    }
    Some((AppChat { id, title: title.clone(), members }, OnlyChat { title, topics, lang }))
}
