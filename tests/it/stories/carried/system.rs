//! Another system, which fetches what belongs to a message.

use super::{PDF, TEXT, pushes};
use crate::clock::StandingClock;
use crate::fakes::hookhost::{Fault, HookHost};
use crate::pictures::{BRIDGE, hash};
use crate::stories::world::World;
use insta::assert_snapshot;
use std::sync::Arc;

#[tokio::test]
async fn another_system_is_told_what_belongs_to_a_message_and_fetches_it() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = HookHost::start(clock.clone()).await;
    let mut world = World::beside(clock, &host.account("any")).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    host.fails(Fault::CutUnanswered);
    let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
    assert!(!told.contains("未能送达"), "{told}");
    let sent = host.taken("message.sent", None);
    assert_eq!(sent.len(), 1, "one message, taken once");
    world.calls(&hash(BRIDGE), "〈图〉");
    world.calls(&hash(PDF), "〈文件〉");
    let attachments = serde_json::to_string_pretty(&sent[0]["attachments"]).expect("JSON");
    assert_snapshot!(world.named(format!("{}\n{attachments}", sent[0]["text"])), @r#"
    "桥通了\n\n明天起通行。"
    [
      {
        "bytes": 1345,
        "name": "picture.jpg",
        "sha256": "〈图〉",
        "type": "image/jpeg",
        "url": "https://tongxin.example.org/media/〈图〉"
      },
      {
        "bytes": 31,
        "name": "方案.pdf",
        "sha256": "〈文件〉",
        "type": "application/pdf",
        "url": "https://tongxin.example.org/media/〈文件〉"
      }
    ]
    "#);
    for (attachment, bytes) in
        sent[0]["attachments"].as_array().expect("a list").iter().zip([BRIDGE, PDF])
    {
        let url = attachment["url"].as_str().expect("an address");
        let path = url.strip_prefix("https://tongxin.example.org").expect("ours");
        assert_eq!(world.picture(path).await, (200, bytes.to_vec()));
    }
}
