//! How the account of readers' browsers is read.

use super::parts::is_plain;
use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Setting, quoted, show_span};
use crate::connector::http::Reach;
use crate::connector::webpush::{Settings, is_contact, is_service};
use crate::text::say::operator::{BrowsersSays, ConfigSays, Expects};
use std::time::Duration;

/// The longest that any service keeps a notification.
const TTL_MOST: Duration = Duration::from_hours(28 * 24);

/// Whom a push service writes to.
struct Contact(String);

impl Setting for Contact {
    fn expects() -> Expects {
        Expects::Text
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        if is_contact(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Wrong::new(ConfigSays::Browsers(BrowsersSays::ContactForm)))
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The host of a push service, or `*.` and the end of one.
struct Service(String);

impl Setting for Service {
    fn expects() -> Expects {
        Expects::Text
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let host = text.to_ascii_lowercase();
        if is_service(&host) {
            Ok(Self(host))
        } else {
            Err(Wrong::new(ConfigSays::Browsers(BrowsersSays::ServiceForm(text.to_owned()))))
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The browsers of readers, whose pages are at `public`; none where something in it is wrong.
pub(super) fn browsers(section: &mut Section<'_>, public: &str) -> Option<Settings> {
    let missing = !section.has("contact");
    let contact: Option<Contact> = section.maybe("contact");
    if missing {
        section.wrong("contact", Wrong::new(ConfigSays::Browsers(BrowsersSays::NoContact)));
    }
    let services = Settings::services().into_iter().map(Service).collect();
    let services: Vec<Service> = section.list_or("services", services);
    if services.is_empty() && section.is_sound("services") {
        section.wrong("services", Wrong::new(ConfigSays::Empty));
    }
    let least = Duration::ZERO;
    let ttl = section.within("ttl", Settings::TTL, &(least..=TTL_MOST), &show_span);
    let reach = section.get("reach", Reach::Public);
    let proxy = section.secret("proxy");
    let parallel: u32 = section.count("parallel", 8, 1..=64);
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    if is_plain(public) {
        section.warn("platform", ConfigSays::PushNeedsHttps);
    }
    // Last, so that every other mistake of this account was found before.
    let given = Settings::new(contact?.0);
    let services = services.into_iter().map(|service| service.0).collect();
    Some(Settings { services, ttl, reach, proxy, parallel: parallel as usize, quota, ..given })
}
