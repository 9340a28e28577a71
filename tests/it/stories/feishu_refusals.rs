//! What Feishu refuses, and whom that concerns.

use super::feishu::Office;
use crate::fakes::feishu::Fault;
use std::time::Duration;

#[tokio::test]
async fn a_message_that_is_still_on_its_way_is_asked_for_again_and_shown_once() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    office.feishu.fails(Fault::BeingSent);
    let code = office.pushes("停水通知\n明天九点停水。").await;
    office.later(Duration::from_mins(5)).await;
    assert_eq!(office.feishu.hears(&group).matches("停水通知").count(), 1);
    let report = office.report(&code).await;
    assert!(report.contains("已达 1"), "{report}");
}

#[tokio::test]
async fn a_group_of_others_too_rests_and_keeps_no_other_waiting() {
    let mut office = Office::open().await;
    let (outside, inside) = (office.group("物业联络").await, office.group("桂花巷").await);
    office.feishu.opens_outwards(&outside);
    office.told();
    office.pushes("停水通知\n明天九点停水。").await;
    let told = office.told();
    assert!(told.contains("“物业联络”的订阅已暂停") && told.contains("230027"), "{told}");
    assert!(!told.contains("已停止发送"), "{told}");
    assert!(office.feishu.hears(&inside).contains("停水通知"));
    office.pushes("第二篇\n内容").await;
    assert!(office.feishu.hears(&inside).contains("第二篇"));
    assert_eq!(office.feishu.hears(&outside), "");
    office.told();
}

#[tokio::test]
async fn a_right_that_was_not_granted_stops_the_account_and_costs_no_subscription() {
    let mut office = Office::open().await;
    let (one, two) = (office.group("阳光花园").await, office.group("桂花巷").await);
    for _ in 0..2 {
        office.feishu.fails(Fault::LacksScope);
    }
    office.told();
    office.pushes("停水通知\n明天九点停水。").await;
    let told = office.told();
    assert!(told.contains("账号“feishu”已停止发送"), "{told}");
    office.later(Duration::from_mins(12)).await;
    let told = told + &office.told();
    assert!(!told.contains("的订阅已暂停"), "{told}");
    for group in [&one, &two] {
        assert!(office.feishu.hears(group).contains("停水通知"));
    }
}
