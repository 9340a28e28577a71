//! What goes through an app of Feishu that holds a connection.

use super::world::World;
use crate::clock::StandingClock;
use crate::fakes::feishu::{FakeFeishu, Member, Split, When};
use std::sync::Arc;
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1)。";

/// An office with an app that holds a connection, and a group that its owner has subscribed.
struct Office {
    world: World,
    feishu: FakeFeishu,
    owner: Member,
    group: String,
}

impl Office {
    async fn open(split: Split) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let feishu = FakeFeishu::start(clock.clone()).await;
        let mut world = World::beside(clock, &feishu.held_account()).await;
        let admin = world.admin.clone();
        world.hires(&admin, "编辑").await;
        let owner = feishu.person("物业老陈");
        let group = feishu.group("阳光花园", &owner);
        let mut office = Self { world, feishu, owner, group };
        office.feishu.adds_bot(&office.group, &office.owner);
        office.goes_on(split).await;
        office.feishu.says(&office.owner, &office.group, "@机器人 /订阅 政策解读");
        office.goes_on(split).await;
        let heard = office.feishu.hears(&office.group);
        assert!(heard.contains("已订阅“政策解读”"), "{heard}");
        office
    }

    /// Everything that happened is told over the connection, and all that is due soon is done.
    async fn goes_on(&mut self, split: Split) {
        loop {
            let told = self.feishu.tells_next(split);
            self.feishu.is_heard_out().await;
            self.world.quiet().await;
            if !told {
                return;
            }
        }
    }
}

#[tokio::test]
async fn over_a_connection_an_answer_becomes_a_suggestion_and_is_answered() {
    for split in [Split::Whole, Split::Into(3)] {
        let mut office = Office::open(split).await;
        let admin = office.world.admin.clone();
        office.world.hires(&admin, "审阅人").await;
        office.world.pushes(TEXT).await;
        let pushed = office.feishu.last(&office.group);
        let zhao = office.feishu.person("赵敏");
        office.feishu.replies(&zhao, &pushed, "请早一点通知，老人家里要蓄水。");
        office.goes_on(split).await;
        let asked = office.feishu.last(&office.group);
        office.feishu.presses(&zhao, &asked, "提交");
        office.goes_on(split).await;
        let alone = office.feishu.alone(&zhao);
        assert!(office.feishu.hears(&alone).contains("已收到您的建议"));
        let desk = admin.private();
        assert!(office.world.hears(&desk).contains("针对《停水通知》"));
        office.world.answers_suggestion("今后提前三天通知，并上门告知独居老人。").await;
        assert!(office.feishu.hears(&alone).contains("今后提前三天通知"));
        // What colleagues say to each other is not kept, and is acknowledged all the same.
        let before = office.feishu.acknowledged();
        office.feishu.says(&zhao, &office.group, "老李，晚上吃什么？暗号甲乙丙");
        office.goes_on(split).await;
        assert_eq!(office.feishu.acknowledged(), before + 1);
        assert!(office.world.files_with("暗号甲乙丙".as_bytes()).is_empty());
        assert_eq!(office.feishu.opened(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_around_an_acknowledgement_loses_nothing_and_repeats_nothing() {
    for when in [When::Before, When::After] {
        let mut office = Office::open(Split::Whole).await;
        let zhao = office.feishu.person("赵敏");
        office.feishu.cuts_around_ack(when);
        office.feishu.tells(&zhao, "公园里请多装几盏路灯，晚上太黑了。");
        office.goes_on(Split::Into(2)).await;
        let alone = office.feishu.alone(&zhao);
        assert_eq!(office.feishu.messages(&alone).len(), 1, "{when:?}");
        assert_eq!(office.feishu.opened(), 2, "{when:?}");
        office.world.restarts().await;
        office.goes_on(Split::Whole).await;
        assert_eq!(office.feishu.messages(&alone).len(), 1, "{when:?}");
        assert_eq!(office.feishu.opened(), 3, "{when:?}");
    }
}

#[tokio::test]
async fn an_app_with_too_many_connections_waits_and_hostile_frames_cost_nothing() {
    let mut office = Office::open(Split::Whole).await;
    for hostile in [vec![], vec![0xff; 64], vec![8, 1], b"{}".to_vec()] {
        office.feishu.says_raw(Message::binary(hostile));
    }
    office.feishu.says_raw(Message::text("{}"));
    office.feishu.holds(&serde_json::json!({"schema": "2.0"}), Split::Whole);
    office.feishu.holds(&serde_json::json!([]), Split::Whole);
    office.feishu.is_heard_out().await;
    assert_eq!(office.feishu.opened(), 1);
    office.feishu.is_full_once();
    let zhao = office.feishu.person("赵敏");
    office.feishu.tells(&zhao, "公园里请多装几盏路灯，晚上太黑了。");
    assert!(office.feishu.tells_next(Split::Whole));
    office.feishu.was_full().await;
    assert_eq!(office.feishu.opened(), 1, "it waits");
    while office.feishu.opened() == 1 {
        office.world.clock.elapses(Duration::from_mins(6));
        tokio::task::yield_now().await;
    }
    office.goes_on(Split::Whole).await;
    let alone = office.feishu.alone(&zhao);
    assert!(office.feishu.hears(&alone).contains("要作为建议提交吗"));
}
