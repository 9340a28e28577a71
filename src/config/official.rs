//! How a WeChat Official Account is read.

use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::connector::official::{Publish, Replies, Settings};
use crate::connector::{OwnMenu, Secret};
use crate::model::TopicId;
use crate::text::say::operator::{ConfigSays, WecomSays};
use std::path::Path;

/// The letters of an `EncodingAESKey`.
const KEY_LETTERS: usize = 43;

impl Choice for Publish {
    const NAMES: &'static [(&'static str, Self)] =
        &[("draft", Self::Draft), ("mass", Self::Mass), ("page", Self::Page)];
}

impl Choice for Replies {
    const NAMES: &'static [(&'static str, Self)] =
        &[("customer-service", Self::CustomerService), ("passive", Self::Passive)];
}

impl Choice for OwnMenu {
    const NAMES: &'static [(&'static str, Self)] =
        &[("leave", Self::Leave), ("replace", Self::Replace)];
}

/// The Official Account of an account to which these topics are pushed; none where something in it is wrong.
pub(super) fn official(
    section: &mut Section<'_>,
    base: &Path,
    topics: &[TopicId],
) -> Option<Settings> {
    let app_id = section.need::<Filled>("app_id");
    let app_secret =
        section.need_secret("app_secret", "app_secret_file", base, ConfigSays::NoOfficialSecret);
    let token = section.need_secret("token", "token_file", base, ConfigSays::NoCallToken);
    let aes_key = aes_key(section, base, ConfigSays::NotAnAesKey);
    let thumb: Option<Filled> = section.maybe("thumb_media_id");
    let coverless = thumb.is_none() && !topics.is_empty();
    if coverless && section.is_sound("thumb_media_id") {
        section.wrong("thumb_media_id", Wrong::new(ConfigSays::NoThumb));
    }
    let replies = section.get("replies", Replies::default());
    let publish = section.get("publish", Publish::default());
    let menu = section.get("menu", OwnMenu::default());
    if replies == Replies::Passive {
        // What it may not do at all is said here, and not by the platform each time.
        if publish != Publish::Draft {
            section.wrong("publish", Wrong::new(ConfigSays::Wecom(WecomSays::OfficialOnlyAnswers)));
        }
        if menu == OwnMenu::Replace {
            section.wrong("menu", Wrong::new(ConfigSays::Wecom(WecomSays::OfficialOnlyAnswers)));
        }
    }
    let api = WebAddress("https://api.weixin.qq.com".to_owned());
    Some(Settings {
        replies,
        publish,
        thumb_media_id: thumb.map(|name| name.0),
        menu,
        api_url: section.get("api_url", api).0,
        proxy: section.secret("proxy"),
        quota: spans(section, ["per_minute", "per_hour", "per_day", "per_month"]),
        // Last, so that every other mistake of this account was found before.
        app_id: app_id?.0,
        app_secret: app_secret?.0,
        token: token?.0,
        aes_key: aes_key?,
    })
}

/// The key of 43 letters; or what is said where it is none.
pub(super) fn aes_key(section: &mut Section<'_>, base: &Path, says: ConfigSays) -> Option<Secret> {
    let (key, place) = section.need_secret("aes_key", "aes_key_file", base, says.clone())?;
    if !is_aes_key(&key) {
        section.wrong(place, Wrong::new(says));
        return None;
    }
    Some(key)
}

/// Whether these are the letters of an `EncodingAESKey`.
pub(super) fn is_aes_key(key: &Secret) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    key.reveal().len() == KEY_LETTERS && key.reveal().chars().all(fits)
}
