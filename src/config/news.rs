//! Sources and topics.

use super::remark::Wrong;
use super::section::Section;
use super::setting::{Filled, Name, Setting, quoted};
use super::{Names, Office};
use crate::model::{
    DigestForm, Missed, Schedule, Section as TopicSection, Selectors, Source, SourceForm, SourceId,
    Topic, TopicId, WhenEmpty,
};
use std::path::Path;
use std::time::Duration;

/// The address of a source.
struct SourceAddress(String);

impl Setting for SourceAddress {
    const EXPECTS: &'static str = "an address: http://…, https://… or file:…";

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
        Err(Wrong::new(format!("\"{text}\" is not {}", Self::EXPECTS)))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
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

fn selectors(section: &mut Section<'_>) -> Selectors {
    Selectors {
        item: section.need::<Filled>("item").map_or_else(String::new, |s| s.0),
        title: section.get("title", String::new()),
        link: section.get("link", String::new()),
        date: section.get("date", String::new()),
        article: section.get("article", String::new()),
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
            section.wrong("schedule", Wrong::new(e.to_string()));
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
        section.warn(
            "schedule",
            format!("no section of topic \"{id}\" names a source, so its digests are empty"),
        );
    }
    if schedule.is_none() && fed {
        section.warn(
            "section",
            format!("topic \"{id}\" has sources but no schedule, so no digest is made of them"),
        );
    }
    Topic { id: TopicId(id), title, lang, sections, schedule, missed, digest }
}

fn digest(section: &mut Section<'_>) -> DigestForm {
    let title = "{{ topic }} {{ date }}".to_owned();
    DigestForm {
        title: section.get("title_template", Filled(title)).0,
        item: section.get("item_template", "{{ source }} · {{ date }}".to_owned()),
        max_entries: section.count("max_entries", 20, 1..=40),
        max_chars: section.count("max_chars", 3_500, 200..=20_000),
        when_empty: section.get("when_empty", WhenEmpty::Silent),
    }
}
