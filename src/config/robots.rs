//! How the account of a group's robot is read.

use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::connector::robot::{Format, Make, Settings, SettingsError};
use crate::text::Form;
use crate::text::say::operator::{ConfigSays, RobotSays};
use std::path::Path;

impl Choice for Format {
    const NAMES: &'static [(&'static str, Self)] =
        &[("markdown", Self::Markdown), ("text", Self::Text)];
}

impl Choice for Form {
    const NAMES: &'static [(&'static str, Self)] = &[("words", Self::Words), ("news", Self::News)];
}

/// The robot of an account; none where something in it is wrong.
pub(super) fn robot(section: &mut Section<'_>, base: &Path, make: Make) -> Option<Settings> {
    let token =
        section.need_secret("token", "token_file", base, ConfigSays::Robot(RobotSays::NoToken));
    let api_url: Option<WebAddress> = section.maybe("api_url");
    let form = section.get("form", Form::default());
    if form == Form::News && make != Make::Wecom {
        section.wrong("form", Wrong::new(ConfigSays::Robot(RobotSays::NewsOfWecom)));
    }
    let settings = Settings {
        make,
        api_url: api_url.map(|url| url.0),
        secret: match make {
            Make::Wecom => None,
            _ => section.secret_or_file("secret", "secret_file", base).map(|(secret, _)| secret),
        },
        keyword: match make {
            Make::Wecom => None,
            _ => section.maybe::<Filled>("keyword").map(|word| word.0),
        },
        format: section.get("format", Format::default()),
        form,
        proxy: section.secret("proxy"),
        quota: spans(section, ["per_minute", "per_hour", "per_day", "per_month"]),
        // Last, so that every other mistake of this account was found before.
        token: token.as_ref()?.0.clone(),
    };
    let says = match settings.check() {
        Ok(()) => return Some(settings),
        Err(SettingsError::Host) => RobotSays::NotItsHost,
        Err(_) => RobotSays::NotAToken,
    };
    section.wrong(token?.1, Wrong::new(ConfigSays::Robot(says)));
    None
}
