//! The types that a value can have, each read from letters and shown as TOML.

use super::meant;
use super::remark::{Wrong, nearest};
use crate::model::{Identity, Lang, Missed, Platform, UnknownPolicy, WhenEmpty};
use std::net::SocketAddr;
use std::time::Duration;

/// A type of value.
pub(super) trait Setting: Sized {
    /// What a person has to write, after "expected".
    const EXPECTS: &'static str;
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
    const EXPECTS: &'static str = "a text in quotes";

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
    const EXPECTS: &'static str = "a text in quotes";

    fn read(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            return Err(Wrong::new("must not be empty"));
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
    const EXPECTS: &'static str = "a name of lower-case letters, digits and dashes";

    fn read(text: &str) -> Result<Self, Wrong> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 40 || text.starts_with('-') || !text.chars().all(fits) {
            return Err(Wrong::new(format!(
                "\"{text}\" is no name: at most 40 lower-case letters, digits and dashes"
            )));
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
            const EXPECTS: &'static str = "a whole number";
            const WHOLE: bool = true;

            fn read(text: &str) -> Result<Self, Wrong> {
                let digits = text.replace('_', "");
                digits.parse().map_err(|_| Wrong::new(format!("{text} is not {}", Self::EXPECTS)))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole!(u16, u32, u64, usize);

impl Setting for Duration {
    const EXPECTS: &'static str = "a span such as \"30s\", \"10m\", \"2h\" or \"7d\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        parse_span(text).ok_or_else(|| Wrong {
            what: format!("\"{text}\" is not {}", Self::EXPECTS),
            nearest: meant::span(text),
        })
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
    const EXPECTS: &'static str = "an address and port such as \"127.0.0.1:8088\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| Wrong {
            what: format!("\"{text}\" is not {}", Self::EXPECTS),
            nearest: meant::listen(text),
        })
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Setting for chrono_tz::Tz {
    const EXPECTS: &'static str = "a time zone such as \"Asia/Shanghai\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| Wrong {
            what: format!("there is no time zone \"{text}\""),
            nearest: meant::zone(text),
        })
    }

    fn show(&self) -> String {
        quoted(self.name())
    }
}

/// An address of a web page or service, without a slash at its end.
pub(super) struct WebAddress(pub String);

impl Setting for WebAddress {
    const EXPECTS: &'static str = "an address such as \"https://news.example.org\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let whole = |url: &url::Url| {
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        match url::Url::parse(text) {
            Ok(url) if whole(&url) => Ok(Self(text.trim_end_matches('/').to_owned())),
            _ => Err(Wrong {
                what: format!("\"{text}\" is not {}", Self::EXPECTS),
                nearest: meant::site(text),
            }),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

impl Setting for Identity {
    const EXPECTS: &'static str = "a person such as \"telegram:4242\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let not = || Wrong::new(format!("\"{text}\" is not {}", Self::EXPECTS));
        let (platform, name) = text.split_once(':').ok_or_else(not)?;
        let platform = Platform::read(platform)?;
        let digits = name.chars().all(|c| c.is_ascii_digit());
        if name.is_empty() || platform == Platform::Telegram && !digits {
            return Err(Wrong::new(format!(
                "\"{text}\" is no person: behind telegram: stands the number that the bot tells"
            )));
        }
        Ok(Self::new(platform, name))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// A type with a few values, each under a name.
pub(super) trait Choice: Copy + PartialEq + 'static {
    const EXPECTS: &'static str;
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Choice> Setting for T {
    const EXPECTS: &'static str = T::EXPECTS;

    fn read(text: &str) -> Result<Self, Wrong> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| Wrong {
            what: format!("\"{text}\" is not {}", <T as Choice>::EXPECTS),
            nearest: nearest(text, Self::NAMES.iter().map(|(name, _)| *name)),
        })
    }

    fn show(&self) -> String {
        let name = Self::NAMES.iter().find(|(_, value)| value == self).map_or("", |(name, _)| name);
        quoted(name)
    }
}

impl Choice for Lang {
    const EXPECTS: &'static str = "\"zh-CN\" or \"en\"";
    const NAMES: &'static [(&'static str, Self)] = &[("zh-CN", Self::Zh), ("en", Self::En)];
}

impl Choice for Platform {
    const EXPECTS: &'static str = "a platform: \"telegram\" or \"web\"";
    const NAMES: &'static [(&'static str, Self)] =
        &[("telegram", Self::Telegram), ("web", Self::Web)];
}

impl Choice for UnknownPolicy {
    const EXPECTS: &'static str = "\"resend\" or \"hold\"";
    const NAMES: &'static [(&'static str, Self)] =
        &[("resend", Self::Resend), ("hold", Self::Hold)];
}

impl Choice for WhenEmpty {
    const EXPECTS: &'static str = "\"silent\" or \"say\"";
    const NAMES: &'static [(&'static str, Self)] = &[("silent", Self::Silent), ("say", Self::Say)];
}

impl Setting for Missed {
    const EXPECTS: &'static str = "\"skip\", \"once\" or \"within 2h\"";

    fn read(text: &str) -> Result<Self, Wrong> {
        let within = |span| parse_span(span).map(Self::Within);
        match text {
            "skip" => Ok(Self::Skip),
            "once" => Ok(Self::Once),
            _ => text.strip_prefix("within ").and_then(within).ok_or_else(|| Wrong {
                what: format!("\"{text}\" is not {}", Self::EXPECTS),
                nearest: nearest(text, ["skip", "once", "within 2h"]),
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
