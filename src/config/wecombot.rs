//! How a smart robot of WeCom is read.

use super::official::aes_key;
use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::connector::wecombot::{Receive, Settings};
use crate::text::say::operator::{ConfigSays, WecomSays};
use std::path::Path;

#[derive(Clone, Copy, Default, PartialEq)]
enum Way {
    #[default]
    Long,
    Http,
}

impl Choice for Way {
    const NAMES: &'static [(&'static str, Self)] = &[("long", Self::Long), ("http", Self::Http)];
}

/// The robot of an account; none where something in it is wrong.
pub(super) fn bot(section: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let bot_id = section.need::<Filled>("bot_id");
    let name = section.maybe::<Filled>("bot_name").map(|name| name.0);
    let way = section.get("receive", Way::default());
    let deciders = section.list::<Filled>("deciders").into_iter().map(|id| id.0).collect();
    let receive = match way {
        Way::Long => {
            let secret =
                section.need_secret("secret", "secret_file", base, ConfigSays::NoBotSecret);
            secret.map(|(secret, _)| Receive::Long { secret })
        }
        Way::Http => {
            // What would be pushed there is said to go nowhere, in place of an unknown key.
            if section.has("topics") {
                section.list::<Filled>("topics");
                section.wrong("topics", Wrong::new(ConfigSays::Wecom(WecomSays::RobotOnlyAnswers)));
            }
            section.warn("receive", ConfigSays::Wecom(WecomSays::RobotOnlyAnswers));
            let token = section.need_secret("token", "token_file", base, ConfigSays::NoBotToken);
            let key = aes_key(section, base, ConfigSays::NotABotKey);
            token.zip(key).map(|((token, _), aes_key)| Receive::Called { token, aes_key })
        }
    };
    let proxy = section.secret("proxy");
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    let chat_quota =
        spans(section, ["chat_per_minute", "chat_per_hour", "chat_per_day", "chat_per_month"]);
    let usual = match way {
        Way::Long => "https://openws.work.weixin.qq.com",
        Way::Http => "https://qyapi.weixin.qq.com",
    };
    let api_url = section.get("api_url", WebAddress(usual.to_owned())).0;
    // Last, so that every other mistake of this account was found before.
    let given = Settings::new(bot_id?.0, receive?);
    Some(Settings { name, deciders, api_url, proxy, quota, chat_quota, ..given })
}
