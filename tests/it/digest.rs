//! Digests: which entries, in which order, in which words.

use chrono_tz::Tz;
use proptest::prelude::*;
use std::time::Duration;
use tongxin::desk::digest::{
    Candidate, LOOKBACK, check_templates, compose, long_date, short_date, since,
};
use tongxin::model::{
    At, DigestForm, Entry, EntryId, Lang, Likeness, Missed, Schedule, Section, SourceId, Topic,
    TopicId, Verdict, WhenEmpty,
};
use uuid::Uuid;

fn at(moment: &str) -> At {
    At::from(chrono::DateTime::parse_from_rfc3339(moment).expect("a moment").to_utc())
}

fn now() -> At {
    at("2026-07-01T09:00:00+08:00")
}

fn form() -> DigestForm {
    DigestForm {
        title: "{{ topic }} · {{ date }}（{{ count }} 条）".to_owned(),
        item: "{{ source }} {{ date }}".to_owned(),
        max_entries: 10,
        max_chars: 2000,
        when_empty: WhenEmpty::Silent,
    }
}

pub fn topic() -> Topic {
    let section = |title: &str, sources: &[&str]| Section {
        title: title.to_owned(),
        sources: sources.iter().map(|s| SourceId((*s).to_owned())).collect(),
    };
    Topic {
        id: TopicId("news".to_owned()),
        title: "同心早报".to_owned(),
        lang: Lang::Zh,
        sections: vec![section("政策", &["a"]), section("活动", &["b", "c"])],
        schedule: Some(Schedule::parse("0 9 * * *", Tz::Asia__Shanghai).expect("a schedule")),
        missed: Missed::Once,
        digest: form(),
    }
}

fn candidate(n: u128, source: &str, title: &str, hours_ago: u64) -> Candidate {
    let entry = Entry {
        id: EntryId(Uuid::from_u128(n)),
        source: SourceId(source.to_owned()),
        guid: n.to_string(),
        link: format!("https://x.cn/{n}"),
        title: title.to_owned(),
        summary: "摘要".to_owned(),
        published: Some(now().minus(Duration::from_secs(hours_ago * 3600))),
        seen: now().minus(Duration::from_mins(1)),
        verdict: Verdict::New,
    };
    Candidate { entry, source_title: format!("来源{source}") }
}

fn titles(topic: &Topic, candidates: &[Candidate]) -> Vec<Vec<String>> {
    let digest = compose(topic, candidates, since(now(), now()), now()).digest;
    let items =
        |s: &tongxin::model::DigestSection| s.items.iter().map(|i| i.title.clone()).collect();
    digest.sections.iter().map(items).collect()
}

#[test]
fn entries_stand_under_their_section_the_newest_first_each_linked() {
    let found = [
        candidate(1, "c", "旧活动", 9),
        candidate(2, "a", "政策", 5),
        candidate(3, "b", "新活动", 1),
        candidate(4, "z", "别处", 1),
    ];
    let composed = compose(&topic(), &found, since(now(), now()), now());
    assert_eq!(titles(&topic(), &found), [vec!["政策"], vec!["新活动", "旧活动"]]);
    assert_eq!(composed.digest.title, "同心早报 · 2026年7月1日（3 条）");
    let item = &composed.digest.sections[0].items[0];
    assert_eq!((item.link.as_str(), item.line.as_str()), ("https://x.cn/2", "来源a 7月1日"));
    assert_eq!(composed.used.len(), 3);
    assert_eq!(composed.digest.waiting, 0);
}

#[test]
fn sections_take_turns_and_what_does_not_fit_waits() {
    let mut found: Vec<_> = (0..20)
        .map(|n| candidate(n, "a", &format!("政策{n}"), u64::try_from(n).expect("small")))
        .collect();
    found.push(candidate(100, "b", "活动", 100));
    let mut topic = topic();
    topic.digest.max_entries = 3;
    assert_eq!(titles(&topic, &found), [vec!["政策0", "政策1"], vec!["活动"]]);
    assert_eq!(compose(&topic, &found, since(now(), now()), now()).digest.waiting, 18);

    topic.digest.max_entries = 1000;
    assert_eq!(compose(&topic, &found, since(now(), now()), now()).used.len(), 21);
    topic.digest.max_chars = 1;
    assert_eq!(titles(&topic, &found), [vec!["政策0"]], "the first always fits");
}

#[test]
fn news_told_by_two_sources_is_told_once_and_by_the_one_that_the_topic_has() {
    let mut again = candidate(2, "b", "转载", 1);
    again.entry.verdict = Verdict::Same { of: EntryId(Uuid::from_u128(1)), by: Likeness::Link };
    let first = candidate(1, "a", "原文", 2);
    assert_eq!(titles(&topic(), &[again.clone(), first]), [vec!["原文"]]);
    // The first source belongs to no section of this topic: the second tells it, under the first's name.
    let composed = compose(&topic(), &[again], since(now(), now()), now());
    assert_eq!(composed.used, [EntryId(Uuid::from_u128(1))]);
}

#[test]
fn archives_and_what_is_long_past_are_left_out() {
    let mut archive = candidate(1, "a", "旧档", 1);
    archive.entry.verdict = Verdict::Archive;
    let mut old = candidate(2, "a", "过期", 1);
    old.entry.seen = now().minus(LOOKBACK + Duration::from_secs(1));
    let composed = compose(&topic(), &[archive, old], since(now(), now()), now());
    assert!(composed.digest.sections.is_empty() && composed.used.is_empty());
    assert_eq!(composed.digest.title, "同心早报 · 2026年7月1日（0 条）");
}

#[test]
fn a_digest_looks_back_two_weeks_or_to_the_one_before_it_and_a_month_at_most() {
    let days = |n: u64| now().minus(Duration::from_hours(24 * n));
    for (before, back) in [(0, 14), (1, 14), (20, 20), (31, 31), (90, 31)] {
        assert_eq!(since(days(before), now()), days(back), "{before}");
    }
}

#[test]
fn a_broken_template_is_found_beforehand_and_falls_back_when_it_was_not() {
    assert_eq!(check_templates(&form()), Ok(()));
    for (title, item, part) in [
        ("{{ topic", "", "title"),
        ("{{ topci }}", "", "title"),
        ("{{ topic }}", "{{ link | nosuch }}", "item"),
        ("x", "{% for %}", "item"),
    ] {
        let form = DigestForm { title: title.to_owned(), item: item.to_owned(), ..form() };
        let error = check_templates(&form).expect_err(title);
        assert!(error.starts_with(part), "{error}");
        let topic = Topic { digest: form, ..topic() };
        let composed = compose(&topic, &[candidate(1, "a", "政策", 1)], since(now(), now()), now());
        assert_eq!(composed.used.len(), 1);
        assert!(!composed.digest.title.is_empty());
    }
}

#[test]
fn words_of_an_entry_are_no_template() {
    let found = [candidate(1, "a", "{{ 7 * 7 }} {% raw %}", 1)];
    let mut topic = topic();
    topic.digest.item = "{{ title }}".to_owned();
    let digest = compose(&topic, &found, since(now(), now()), now()).digest;
    assert_eq!(digest.sections[0].items[0].line, "{{ 7 * 7 }} {% raw %}");
}

#[test]
fn dates_are_those_of_the_zone_in_the_language() {
    let late = at("2026-06-30T17:30:00Z");
    assert_eq!(long_date(late, Tz::Asia__Shanghai, Lang::Zh), "2026年7月1日");
    assert_eq!(long_date(late, Tz::Europe__Berlin, Lang::En), "30 June 2026");
    assert_eq!(short_date(late, Tz::Asia__Shanghai, Lang::En), "1 July");
    assert_eq!(short_date(late, Tz::America__New_York, Lang::Zh), "6月30日");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_digest_keeps_its_budget_and_accounts_for_every_entry(
        entries in prop::collection::vec((0_usize..4, 0_u64..200, 1_usize..60), 0..60),
        max_entries in 1_usize..50,
        max_chars in 1_usize..500,
    ) {
        let found: Vec<_> = entries.iter().zip(1..)
            .map(|((source, hours, length), n)| candidate(n, ["a", "b", "c", "z"][*source], &"字".repeat(*length), *hours))
            .collect();
        let mut topic = topic();
        topic.digest.max_entries = max_entries;
        topic.digest.max_chars = max_chars;
        let composed = compose(&topic, &found, since(now(), now()), now());
        let items: Vec<_> = composed.digest.sections.iter().flat_map(|s| &s.items).collect();
        let chars: usize = items.iter().map(|i| i.title.chars().count() + i.line.chars().count()).sum();
        prop_assert_eq!(items.len(), composed.used.len());
        prop_assert!(items.len() <= max_entries.min(40));
        prop_assert!(chars <= max_chars || items.len() == 1);
        let listed = entries.iter().filter(|(s, ..)| *s < 3).count();
        prop_assert_eq!(items.len() + composed.digest.waiting as usize, listed);
        prop_assert_eq!(items.is_empty(), listed == 0);
        prop_assert!(composed.digest.sections.iter().all(|s| !s.items.is_empty()));
    }
}
