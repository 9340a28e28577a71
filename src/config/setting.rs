//! The types that a value can have, each read from letters and shown as TOML.

use super::meant;
use super::remark::{Wrong, nearest};
use crate::model::{Identity, Lang, Missed, Platform, UnknownPolicy, WhenEmpty};
use crate::text::say::operator::{ConfigSays, Expects};
use std::net::SocketAddr;
use std::time::Duration;

/// A type of value.
pub(super) trait Setting: Sized {
    /// What a person has to write.
    fn expects() -> Expects;

    /// Whether it is written as a bare number.
    const WHOLE: bool = false;

    /// Reads what a person wrote.
    fn read(text: &str) -> Result<Self, Wrong>;

    /// As it stands in a file.
    fn show(&self) -> String;
}

pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Setting for String {
    fn expects() -> Expects {
        Expects::Text
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        quoted(self)
    }
}

/// A text with something in it.
pub(super) struct Filled(pub String);

impl Setting for Filled {
    fn expects() -> Expects {
        Expects::Text
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            return Err(Wrong::new(ConfigSays::Empty));
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A name that stands in commands, addresses and variables.
pub(super) struct Name(pub String);

impl Setting for Name {
    fn expects() -> Expects {
        Expects::Name
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || text.starts_with('-') || !text.chars().all(fits) {
            return Err(Wrong::new(ConfigSays::NoName(text.to_owned())));
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl Setting for $kind {
            const WHOLE: bool = true;

            fn expects() -> Expects {
                Expects::Whole
            }

            fn read(text: &str) -> Result<Self, Wrong> {
                let digits = text.replace('_', "");
                digits.parse().map_err(|_| Wrong::new(ConfigSays::NotWhole(text.to_owned())))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole!(u16, u32, u64, usize);

impl Setting for Duration {
    fn expects() -> Expects {
        Expects::Span
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        parse_span(text).ok_or_else(|| Wrong::not(text, Self::expects()).or(meant::span(text)))
    }

    fn show(&self) -> String {
        quoted(&show_span(*self))
    }
}

/// Reads `90s`, `10m`, `1h30m`, `2d`, `250ms`.
fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let millis = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = rest[letters..].trim_start();
    }
    Some(total)
}

/// A span as it is written, in the largest unit that tells it whole.
pub(super) fn show_span(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let fits = |(size, _): &&(u128, &str)| millis > 0 && millis.is_multiple_of(*size);
    units
        .iter()
        .find(fits)
        .map_or_else(|| "0s".to_owned(), |(size, name)| format!("{}{name}", millis / size))
}

impl Setting for SocketAddr {
    fn expects() -> Expects {
        Expects::Listen
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| Wrong::not(text, Self::expects()).or(meant::listen(text)))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for chrono_tz::Tz {
    fn expects() -> Expects {
        Expects::Zone
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        text.parse()
            .map_err(|_| Wrong::new(ConfigSays::NoZone(text.to_owned())).or(meant::zone(text)))
    }

    fn show(&self) -> String {
        quoted(self.name())
    }
}

/// An address of a web page or service, without a slash at its end.
pub(super) struct WebAddress(pub String);

impl Setting for WebAddress {
    fn expects() -> Expects {
        Expects::Site
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let whole = |url: &url::Url| {
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        match url::Url::parse(text) {
            Ok(url) if whole(&url) => Ok(Self(text.trim_end_matches('/').to_owned())),
            _ => Err(Wrong::not(text, Self::expects()).or(meant::site(text))),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Setting for Identity {
    fn expects() -> Expects {
        Expects::Person
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let not = || Wrong::not(text, Self::expects());
        let (platform, name) = text.split_once(':').ok_or_else(not)?;
        let platform = Platform::read(platform)?;
        let digits = name.chars().all(|c| c.is_ascii_digit());
        if name.is_empty() || platform == Platform::Telegram && !digits {
            return Err(Wrong::new(ConfigSays::NoPerson(text.to_owned())));
        }
        if platform == Platform::Email {
            // It is known as it is written to, however somebody writes it.
            let address = crate::connector::email::typed(name);
            let address =
                address.ok_or_else(|| Wrong::new(ConfigSays::NoPerson(text.to_owned())))?;
            return Ok(Self::new(platform, address.as_ref()));
        }
        // Upper and lower case are one there, and calls may come in either.
        let lower = (platform == Platform::Wecom).then(|| name.to_lowercase());
        Ok(Self::new(platform, lower.as_deref().unwrap_or(name)))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A type with a few values, each under a name.
pub(super) trait Choice: Copy + PartialEq + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Choice> Setting for T {
    fn expects() -> Expects {
        Expects::OneOf(Self::NAMES.iter().map(|(name, _)| *name).collect())
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let near = nearest(text, Self::NAMES.iter().map(|(name, _)| *name));
            Wrong::not(text, Self::expects()).or(near)
        })
    }

    fn show(&self) -> String {
        let name = Self::NAMES.iter().find(|(_, value)| value == self).map_or("", |(name, _)| name);
        quoted(name)
    }
}

impl Choice for Lang {
    const NAMES: &'static [(&'static str, Self)] = &[("zh-CN", Self::Zh), ("en", Self::En)];
}

impl Choice for Platform {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("telegram", Self::Telegram),
        ("web", Self::Web),
        ("wecom-robot", Self::WecomRobot),
        ("dingtalk-robot", Self::DingtalkRobot),
        ("feishu-robot", Self::FeishuRobot),
        ("webhook", Self::Webhook),
        ("dingtalk", Self::Dingtalk),
        ("official-account", Self::OfficialAccount),
        ("feishu", Self::Feishu),
        ("wecom", Self::Wecom),
        ("web-push", Self::WebPush),
        ("by-hand", Self::ByHand),
        ("email", Self::Email),
        ("wecom-bot", Self::WecomBot),
    ];
}

impl Choice for UnknownPolicy {
    const NAMES: &'static [(&'static str, Self)] =
        &[("resend", Self::Resend), ("hold", Self::Hold)];
}

impl Choice for WhenEmpty {
    const NAMES: &'static [(&'static str, Self)] = &[("silent", Self::Silent), ("say", Self::Say)];
}

impl Setting for Missed {
    fn expects() -> Expects {
        Expects::Missed
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let within = |span| parse_span(span).map(Self::Within);
        match text {
            "skip" => Ok(Self::Skip),
            "once" => Ok(Self::Once),
            _ => text.strip_prefix("within ").and_then(within).ok_or_else(|| {
                Wrong::not(text, Self::expects()).or(nearest(text, ["skip", "once", "within 2h"]))
            }),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Skip => quoted("skip"),
            Self::Once => quoted("once"),
            Self::Within(span) => quoted(&format!("within {}", show_span(*span))),
        }
    }
}
