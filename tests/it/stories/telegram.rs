//! The two journeys through Telegram.

use super::world::{Ask, Between, FEED, World, word_after};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_post_goes_out_and_a_reply_comes_back() {
    journey(World::with(Ask::Polling, Between::GoesOn).await).await;
}

#[tokio::test]
async fn a_restart_between_any_two_parts_of_the_journey_changes_nothing() {
    journey(World::with(Ask::Polling, Between::Restarts).await).await;
}

#[tokio::test]
async fn the_journey_is_the_same_where_telegram_calls() {
    journey(World::with(Ask::Webhook, Between::GoesOn).await).await;
}

async fn journey(mut world: World) {
    let owner = world.telegram.user("物业老陈");
    let garden = world.telegram.group("阳光花园业主群");
    let lane = world.telegram.basic_group("桂花巷居民群");
    world.subscribes(&garden, &owner, "便民信息").await;
    world.subscribes(&lane, &owner, "便民信息").await;
    let chen = world.telegram.user("陈静");
    world.tells(&chen, "/订阅 便民信息").await;
    insta::assert_snapshot!(world.hears(&chen.private()), @"已订阅“便民信息”。退订请发送：/退订 便民信息");
    let (wang, li) = (world.telegram.user("王芳"), world.telegram.user("李雷"));
    world.hires(&wang, "审阅人").await;
    world.hires(&li, "审阅人").await;
    world.part().await;

    // The source says something new; at half past eight it is told.
    let old = ("旧闻：社区活动室开放", "https://gov.example.org/1");
    let new = ("桂花巷公园将改造，征求意见", "https://gov.example.org/2");
    world.host.feed(FEED, &[new, old]);
    world.later(25 * MINUTE).await;
    world.part().await;
    world.telegram.floods(&garden, Duration::from_secs(40) + 5 * MINUTE);
    world.clock.advance(5 * MINUTE);
    let street = world.telegram.upgrades(&lane);
    // Telegram's word of the move is still on its way when the digest leaves.
    world.turns_rounds().await;
    world.part().await;
    insta::assert_snapshot!(world.hears(&chen.private()), @r"
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日
    ");
    insta::assert_snapshot!(world.hears(&street), @r"
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日
    ");
    assert_eq!(world.hears(&garden), "", "it waits, and holds up nobody");
    world.later(Duration::from_secs(40)).await;
    world.part().await;
    insta::assert_snapshot!(world.hears(&garden), @r"
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日
    ");
    assert_eq!(world.hears(&lane), "");

    // A member answers it in the group.
    let (zhao, sun) = (world.telegram.user("赵敏"), world.telegram.user("孙悦"));
    let push = world.last(&street);
    zhao.replies(&push, "公园里请多装几盏路灯，晚上太黑了");
    world.part().await;
    insta::assert_snapshot!(world.hears(&street), @r"
    ↩ 公园里请多装几盏路灯，晚
    要把这条留言作为建议提交吗？（仅留言者本人可选）

    提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。

    24 小时内不确认，将自动删除。
    ［提交］［不提交］
    ");
    let question = world.last(&street);
    insta::assert_snapshot!(world.presses(&sun, &question, "提交").await, @"只有写这条留言的人可以确认或放弃。");
    let toast = world.presses(&zhao, &question, "提交").await;
    let number = word_after(&toast, "编号 ");
    world.calls(&number, "〈编号〉");
    insta::assert_snapshot!(toast.replace(&number, "〈编号〉"), @"已提交，编号 〈编号〉。请到私聊查看回执。");
    world.part().await;
    insta::assert_snapshot!(world.hears(&street), @r"
    ↩ 公园里请多装几盏路灯，晚
    ✎ 已提交。回执和答复会私下告诉留言者本人。
    ［查看我的建议］
    ");

    // She has never talked to the bot alone: the receipt waits until she opens that chat.
    zhao.starts("r");
    world.part().await;
    let receipt = world.telegram.messages(&zhao.private());
    let receipt = receipt.iter().find(|m| m.text.contains("查询码")).expect("a receipt");
    let secret = word_after(&receipt.text, "查询码：");
    world.calls(&secret, "〈查询码〉");
    insta::assert_snapshot!(world.hears(&zhao.private()), @"");

    // Two reviewers want it; the first has it.
    insta::assert_snapshot!(world.hears(&wang.private()), @"");
    world.hears(&li.private());
    let (to_wang, to_li) = (world.last(&wang.private()), world.last(&li.private()));
    insta::assert_snapshot!(world.presses(&wang, &to_wang, "认领").await, @"");
    world.part().await;
    insta::assert_snapshot!(world.presses(&li, &to_li, "认领").await, @"");
    insta::assert_snapshot!(world.hears(&li.private()), @"");
    insta::assert_snapshot!(world.hears(&wang.private()), @"");
    let case = world.last(&wang.private());
    insta::assert_snapshot!(world.presses(&wang, &case, "受理").await, @"");
    world.part().await;
    insta::assert_snapshot!(world.hears(&zhao.private()), @"");
    insta::assert_snapshot!(world.hears(&wang.private()), @"");
    insta::assert_snapshot!(world.presses(&wang, &case, "答复").await, @"");
    world.part().await;
    insta::assert_snapshot!(world.hears(&wang.private()), @"");
    let prompt = world.last(&wang.private());
    wang.replies(&prompt, "已与园林部门商定，12 月底前加装 12 盏路灯。");
    world.part().await;

    // The answer arrives where nobody else reads it.
    insta::assert_snapshot!(world.hears(&zhao.private()), @"");
    insta::assert_snapshot!(world.hears(&wang.private()), @"");
    world.tells(&zhao, "/我的").await;
    insta::assert_snapshot!(world.hears(&zhao.private()), @"");
    assert_eq!(world.hears(&street), "", "the group hears nothing of it");
    for push in [&garden, &street, &chen.private()] {
        let said = world.telegram.messages(push);
        let digests = said.iter().filter(|m| m.text.contains("公园将改造")).count();
        assert_eq!(digests, 1, "everybody gets it exactly once");
    }
}
