//! How the account of an app of Feishu or Lark is read.

use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, WebAddress};
use crate::connector::feishu::{Calls, Receive, Settings};
use crate::text::say::operator::ConfigSays;
use std::path::Path;

impl Choice for Receive {
    const NAMES: &'static [(&'static str, Self)] = &[("http", Self::Http), ("long", Self::Long)];
}

/// The app of an account; none where something in it is wrong.
pub(super) fn app(section: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let app_id = section.need::<Filled>("app_id");
    let app_secret =
        section.need_secret("app_secret", "app_secret_file", base, ConfigSays::NoAppSecret);
    let receive = section.get("receive", Receive::default());
    let calls = calls(section, base, receive);
    let calls = calls.map_err(|(key, says)| section.wrong(key, Wrong::new(says))).ok();
    let api_url = section.get("api_url", WebAddress(Settings::API.to_owned())).0;
    let proxy = section.secret("proxy");
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    let chat_quota =
        spans(section, ["chat_per_minute", "chat_per_hour", "chat_per_day", "chat_per_month"]);
    let parallel = section.count("parallel", Settings::PARALLEL, 1..=256);
    let (app_secret, _) = app_secret?;
    let app_id = app_id?.0;
    Some(Settings {
        app_id,
        app_secret,
        receive,
        calls: calls?,
        api_url,
        proxy,
        quota,
        chat_quota,
        parallel,
    })
}

/// What proves that a call comes from the platform, where it is to call at all; or which key is wrong, and why.
fn calls(
    section: &mut Section<'_>,
    base: &Path,
    receive: Receive,
) -> Result<Option<Calls>, (&'static str, ConfigSays)> {
    let keys = ["encrypt_key", "verification_token"];
    let files = ["encrypt_key_file", "verification_token_file"];
    let given = [0, 1].map(|n| section.secret_or_file(keys[n], files[n], base));
    match given.map(|given| given.map(|(letters, _)| letters).filter(|l| !l.reveal().is_empty())) {
        [Some(encrypt_key), Some(verification_token)] => {
            Ok(Some(Calls { encrypt_key, verification_token }))
        }
        [None, None] => {
            if receive == Receive::Http {
                section.warn("encrypt_key", ConfigSays::NotCalled);
            }
            Ok(None)
        }
        [given, _] => {
            let lacking = if given.is_none() { keys[0] } else { keys[1] };
            Err((lacking, ConfigSays::NeedsAnother(keys[0], keys[1])))
        }
    }
}
