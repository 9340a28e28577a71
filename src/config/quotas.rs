//! How further limits are read, which any account may have.

use super::remark::Wrong;
use super::section::Section;
use crate::connector::Quota;
use crate::text::say::operator::ConfigSays;

/// Limits under these keys, none of which must be given.
pub(super) fn quota(section: &mut Section<'_>, keys: [&'static str; 5]) -> Quota {
    let [burst, rest @ ..] = keys;
    Quota { burst: most(section, burst), ..spans(section, rest) }
}

/// The same without bursts.
pub(super) fn spans(section: &mut Section<'_>, keys: [&'static str; 4]) -> Quota {
    let [minute, hour, day, month] = keys.map(|key| most(section, key));
    Quota { burst: None, minute, hour, day, month }
}

fn most(section: &mut Section<'_>, key: &'static str) -> Option<u32> {
    let count: Option<u32> = section.maybe(key);
    if count == Some(0) {
        section.wrong(key, Wrong::new(ConfigSays::Unlimited));
    }
    count
}
