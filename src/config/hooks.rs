//! How the account of another system is read.

use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::Choice;
use crate::connector::hook::{Settings, SettingsError};
use crate::connector::http::Reach;
use crate::text::say::operator::{ConfigSays, Expects};
use std::path::Path;

impl Choice for Reach {
    const NAMES: &'static [(&'static str, Self)] = &[("public", Self::Public), ("any", Self::Any)];
}

/// The other system of an account; none where something in it is wrong.
pub(super) fn hook(section: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let url = section.need_secret("url", "url_file", base, ConfigSays::Missing(Expects::Site));
    let secret = section.need_secret("secret", "secret_file", base, ConfigSays::NoHookSecret);
    let old_secret = section.secret("old_secret");
    let reach = section.get("reach", Reach::Public);
    let proxy = section.secret("proxy");
    let parallel: u32 = section.count("parallel", 4, 1..=64);
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    // Last, so that every other mistake of this account was found before.
    let ((url, url_key), (secret, secret_key)) = (url?, secret?);
    let parallel = parallel as usize;
    let given = Settings::new(url, secret);
    let settings = Settings { old_secret, reach, proxy, parallel, quota, ..given };
    match settings.check() {
        Ok(()) => Some(settings),
        Err(SettingsError::Url) => {
            section.wrong(url_key, Wrong::new(ConfigSays::HookUrl));
            None
        }
        Err(_) => {
            section.wrong(secret_key, Wrong::new(ConfigSays::HookSecretForm));
            None
        }
    }
}
