//! What the operator sees in figures.

use super::world::{FEED, World};
use crate::fakes::feedhost::Page;
use crate::fakes::telegram::Fault;
use std::time::Duration;

#[tokio::test]
async fn sends_waits_and_polls_are_counted() {
    let mut world = World::open().await;
    let zhao = world.telegram.user("赵敏");
    world.tells(&zhao, "/栏目").await;
    world.hears(&zhao.private());
    world.telegram.fails_next_in(&zhao.private(), 1, Fault::Internal);
    world.tells(&zhao, "/栏目").await;
    world.later(Duration::from_secs(30)).await;
    world.hears(&zhao.private());
    world.telegram.floods(&zhao.private(), Duration::from_secs(7));
    world.tells(&zhao, "/栏目").await;
    world.later(Duration::from_secs(30)).await;
    world.hears(&zhao.private());
    world.host.put(FEED, Page::Status(500, None));
    world.later(Duration::from_mins(11)).await;
    let figures = world.metrics();
    for line in [
        "tongxin_sends_total{platform=\"telegram\",outcome=\"taken\"} 5",
        "tongxin_sends_total{platform=\"telegram\",outcome=\"failed\"} 1",
        "tongxin_sends_total{platform=\"telegram\",outcome=\"waited\"} 1",
        "tongxin_waited_seconds_total{account=\"telegram\"} 7.0",
        "tongxin_polls_total{result=\"changed\"} 1",
        "tongxin_polls_total{result=\"failed\"} 1",
    ] {
        assert!(figures.contains(line), "{line} in\n{figures}");
    }
}

#[tokio::test]
async fn a_digest_with_many_long_links_is_split_so_that_telegram_takes_all_of_it() {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &admin, "便民信息").await;
    // Telegram takes no more than 4,096 characters of the editor: the post is written in the source's words.
    let long = "x".repeat(900);
    let entries: Vec<_> = (0..20)
        .map(|n| (format!("第{n}条公告"), format!("https://gov.example.org/{long}/{n}")))
        .collect();
    let entries: Vec<_> = entries.iter().map(|(t, l)| (t.as_str(), l.as_str())).collect();
    world.host.feed(FEED, &entries);
    world.later(Duration::from_mins(31)).await;
    let bold: Vec<_> = (0..150).map(|n| format!("**重点{n}**")).collect();
    let bold = bold.join(" ");
    world.tells(&admin, &format!("/写稿 便民信息\n清单\n{bold}")).await;
    let preview = world.last(&admin.private());
    world.presses(&admin, &preview, "立即推送").await;
    world.later(Duration::from_mins(1)).await;
    world.hears(&admin.private());
    let said = world.telegram.messages(&group);
    let marked = |kind: &str| said.iter().map(|m| m.marked(kind).len()).sum::<usize>();
    assert_eq!(marked("text_link"), 20);
    assert!(marked("bold") > 150);
    assert!(said.iter().all(|m| m.entities.len() <= 100));
    world.hears(&group);
}
