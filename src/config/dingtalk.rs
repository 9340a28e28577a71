//! How the account of a DingTalk app is read.

use super::quotas::spans;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::connector::dingtalk::{Receive, Settings};
use crate::text::say::operator::ConfigSays;
use std::path::Path;

impl Choice for Receive {
    const NAMES: &'static [(&'static str, Self)] =
        &[("http", Self::Http), ("stream", Self::Stream)];
}

/// The app of an account; none where something in it is wrong.
pub(super) fn app(section: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let app_key = section.need::<Filled>("app_key");
    let app_secret =
        section.need_secret("app_secret", "app_secret_file", base, ConfigSays::NoAppSecret);
    let robot_code = section.maybe::<Filled>("robot_code").map(|code| code.0);
    let receive = section.get("receive", Receive::default());
    let api_url = section.get("api_url", WebAddress(Settings::API_URL.to_owned())).0;
    let proxy = section.secret("proxy");
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    // Last, so that every other mistake of this account was found before.
    let given = Settings::new(app_key?.0, app_secret?.0);
    Some(Settings { robot_code, receive, api_url, proxy, quota, ..given })
}
