//! Sources and topics.

use super::remark::{Wrong, nearest};
use super::section::Section;
use super::setting::{Filled, Name, Setting, quoted};
use super::{Names, Office, meant};
use crate::model::{
    DigestForm, Missed, Schedule, Section as TopicSection, Selectors, Source, SourceForm, SourceId,
    Topic, TopicId, WhenEmpty,
};
use crate::rounds::feeds::page;
use crate::text::say::operator::{ConfigSays, Expects};
use crate::text::template::{self, ItemWords, TitleWords};
use std::path::Path;
use std::time::Duration;

/// The address of a source.
struct SourceAddress(String);

impl Setting for SourceAddress {
    fn expects() -> Expects {
        Expects::Source
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let sound = match text.split_once(':') {
            Some(("file", path)) => !path.is_empty(),
            Some(("http" | "https", _)) => {
                url::Url::parse(text).is_ok_and(|u| u.host_str().is_some_and(|h| !h.is_empty()))
            }
            _ => false,
        };
        if sound {
            return Ok(Self(text.to_owned()));
        }
        Err(Wrong::not(text, Self::expects()))
    }

    fn show(&self) -> String {
        quoted(&masked(&self.0))
    }
}

/// The address without what may be a secret: name and password, and what its parameters are set to.
fn masked(address: &str) -> String {
    let Some(mut url) = url::Url::parse(address).ok().filter(|url| url.scheme() != "file") else {
        return address.to_owned();
    };
    let is_named = !url.username().is_empty();
    if !is_named && url.password().is_none() && url.query().is_none() {
        return address.to_owned();
    }
    // Neither is refused by an address that has a host.
    if is_named {
        let _ = url.set_username("***");
    }
    if url.password().is_some() {
        let _ = url.set_password(Some("***"));
    }
    let mask = |piece: &str| match piece.split_once('=') {
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    };
    let query = url.query().map(|q| q.split('&').map(mask).collect::<Vec<_>>().join("&"));
    url.set_query(query.as_deref());
    url.into()
}

impl SourceAddress {
    /// The address, with a file's path counted from `base`.
    fn from(self, base: &Path) -> String {
        match self.0.strip_prefix("file:") {
            Some(path) if !path.starts_with('/') => format!("file:{}", base.join(path).display()),
            _ => self.0,
        }
    }
}

pub(super) fn source(section: &mut Section<'_>, base: &Path) -> Source {
    let id = section.need::<Name>("id").map_or_else(String::new, |n| n.0);
    let title = section.get("title", Filled(id.clone())).0;
    let url = section.need::<SourceAddress>("url").map_or_else(String::new, |u| u.from(base));
    let (least, most) = (Duration::from_secs(1), Duration::from_hours(7 * 24));
    let every = Duration::from_mins(10);
    let every = section.within("every", every, &(least..=most), &super::setting::show_span);
    let first_poll = section.count("first_poll", 5, 0..=1_000);
    let page = section.maybe_table("page", "source.page", selectors);
    let form = page.map_or(SourceForm::Feed, SourceForm::Page);
    Source { id: SourceId(id), title, url, form, every, first_poll }
}

/// A CSS selector.
struct Selects(String);

impl Setting for Selects {
    fn expects() -> Expects {
        Expects::Selector
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        match page::selector(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) if text.is_empty() => Err(Wrong::new(ConfigSays::Empty)),
            Err(_) => Err(Wrong::not(text, Self::expects())),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// The same, or nothing.
struct MaySelect(String);

impl Setting for MaySelect {
    fn expects() -> Expects {
        Selects::expects()
    }

    fn read(text: &str) -> Result<Self, Wrong> {
        let empty = || Ok(Self(String::new()));
        if text.is_empty() { empty() } else { Selects::read(text).map(|s| Self(s.0)) }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

fn selectors(section: &mut Section<'_>) -> Selectors {
    let may = |section: &mut Section<'_>, key| section.get(key, MaySelect(String::new())).0;
    Selectors {
        item: section.need::<Selects>("item").map_or_else(String::new, |s| s.0),
        title: may(section, "title"),
        link: may(section, "link"),
        date: may(section, "date"),
        article: may(section, "article"),
    }
}

pub(super) fn topic(section: &mut Section<'_>, office: &Office, names: &Names) -> Topic {
    let id = section.need::<Name>("id").map_or_else(String::new, |n| n.0);
    let title = section.get("title", Filled(id.clone())).0;
    let lang = section.get("lang", office.lang);
    let line: Option<Filled> = section.maybe("schedule");
    let zone = section.get("time_zone", office.zone);
    let schedule = line.and_then(|line| match Schedule::parse(&line.0, zone) {
        Ok(schedule) => Some(schedule),
        Err(e) => {
            let nearest = meant::schedule(&line.0);
            section.wrong("schedule", Wrong::new(ConfigSays::Schedule(e)).or(nearest));
            None
        }
    });
    let missed = section.get("missed", Missed::Once);
    let digest = digest(section);
    let sections = section.tables("section", "topic.section", |inner| {
        let title = inner.get("title", String::new());
        let sources: Vec<String> = inner.list::<Name>("sources").into_iter().map(|n| n.0).collect();
        names.exist(inner, "source", "sources", &sources);
        TopicSection { title, sources: sources.into_iter().map(SourceId).collect() }
    });
    let fed = sections.iter().any(|s| !s.sources.is_empty());
    if schedule.is_some() && !fed {
        section.warn("schedule", ConfigSays::DigestEmpty(id.clone()));
    }
    if schedule.is_none() && fed {
        section.warn("section", ConfigSays::DigestNever(id.clone()));
    }
    Topic { id: TopicId(id), title, lang, sections, schedule, missed, digest }
}

fn digest(section: &mut Section<'_>) -> DigestForm {
    let title = Filled("{{ topic }} {{ date }}".to_owned());
    let title = section.get("title_template", title).0;
    let checked = template::check(&title, &TitleWords::NAMES, TitleWords::sample());
    can_be_filled(section, "title_template", checked, &TitleWords::NAMES);
    let item = section.get("item_template", "{{ source }} · {{ date }}".to_owned());
    let checked = template::check(&item, &ItemWords::NAMES, ItemWords::sample());
    can_be_filled(section, "item_template", checked, &ItemWords::NAMES);
    DigestForm {
        title,
        item,
        max_entries: section.count("max_entries", 20, 1..=40),
        max_chars: section.count("max_chars", 3_500, 200..=20_000),
        when_empty: section.get("when_empty", WhenEmpty::Silent),
    }
}

/// Refuses a template that cannot be filled.
fn can_be_filled(
    section: &mut Section<'_>,
    key: &'static str,
    checked: Result<(), template::Fault>,
    names: &[&str],
) {
    let wrong = match checked {
        Ok(()) => return,
        Err(template::Fault::Broken(why)) => Wrong::new(ConfigSays::TemplateBroken(why)),
        Err(template::Fault::Unknown(name)) => {
            let near = nearest(&name, names.iter().copied());
            let known = names.iter().map(|name| (*name).to_owned()).collect();
            Wrong::new(ConfigSays::TemplateName(name, known)).or(near)
        }
    };
    section.wrong(key, wrong);
}
