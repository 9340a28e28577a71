//! How the groups are read to which people bring what is pushed there.

use super::channels::{Account, AccountSettings, only_chat};
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Filled, Name, show_span};
use super::{Names, OnlyChat};
use crate::connector::by_hand::{Group, Settings};
use crate::desk::KeptGroup;
use crate::model::Lang;
use crate::text::say::operator::ConfigSays;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// The groups of an account, and what is pushed to each.
pub(super) fn by_hand(
    section: &mut Section<'_>,
    lang: Lang,
    names: &Names,
) -> (Settings, Vec<OnlyChat>) {
    let piece = section.count("piece", 1_000, 200..=5_000);
    let remind = spans(section, "remind_after", Duration::from_mins(30));
    let hand_over = spans(section, "hand_over_after", Duration::from_hours(1));
    let both =
        section.tables("group", "account.group", |s| group(s, (remind, hand_over), lang, names));
    if both.is_empty() {
        section.warn("group", ConfigSays::NoKeptGroups);
    }
    let (groups, chats) = both.into_iter().flatten().unzip();
    (Settings { groups, piece }, chats)
}

fn spans(section: &mut Section<'_>, key: &'static str, default: Duration) -> Duration {
    section.within(key, default, &(MINUTE..=DAY), &show_span)
}

fn group(
    section: &mut Section<'_>,
    (remind, hand_over): (Duration, Duration),
    lang: Lang,
    names: &Names,
) -> Option<(Group, OnlyChat)> {
    let id = section.need::<Name>("id").map(|n| n.0);
    let chat = only_chat(section, id.as_deref().unwrap_or_default(), lang, names);
    let keeper = section.need::<Filled>("keeper").map(|n| n.0);
    let deputy: Option<Filled> = section.maybe("deputy");
    let deputy = deputy.map(|n| n.0);
    if deputy.is_some() && deputy == keeper {
        section.wrong("deputy", Wrong::new(ConfigSays::DeputyIsKeeper));
    }
    let remind_after = spans(section, "remind_after", remind);
    let hand_over_after = spans(section, "hand_over_after", hand_over);
    let (id, keeper) = (id?, keeper?);
    Some((Group { id, keeper, deputy, remind_after, hand_over_after }, chat))
}

/// The same as the desk knows them.
pub(super) fn kept(accounts: &[Account]) -> Vec<KeptGroup> {
    let of = |account: &Account| {
        let AccountSettings::ByHand(settings, chats) = &account.settings else {
            return Vec::new();
        };
        let group = |(group, chat): (&Group, &OnlyChat)| KeptGroup {
            address: Settings::address(&account.id, &group.id),
            slug: group.id.clone(),
            title: chat.title.clone(),
            lang: chat.lang,
            topics: chat.topics.clone(),
            keeper: group.keeper.clone(),
            deputy: group.deputy.clone(),
            remind_after: group.remind_after,
            hand_over_after: group.hand_over_after,
            size: settings.size(),
        };
        settings.groups.iter().zip(chats).map(group).collect()
    };
    accounts.iter().flat_map(of).collect()
}
