//! Chats that take nothing any more, or not for now: what becomes of their subscriptions, and who is told.

use super::world::{World, word_after};
use tongxin::model::{Kind, Record, Standing, Subscriber};

const POST: &str = "/写稿 便民信息\n停水通知\n明天九点到十二点停水，请提前储水。";

/// Writes a post and pushes it.
async fn pushes(world: &mut World) {
    let editor = world.admin.clone();
    world.tells(&editor, POST).await;
    let preview = world.last(&editor.private());
    world.presses(&editor, &preview, "立即推送").await;
    world.hears(&editor.private());
}

async fn standing(world: &World, title: &str) -> Standing {
    let all = world.store().list(Kind::Subscriber, &[], None, 99).await.expect("lists");
    let mut all = all.into_iter().filter_map(|r| match r.value {
        Record::Subscriber(it) => Some(it),
        _ => None,
    });
    let found: Option<Subscriber> = all.find(|s| s.title == title);
    found.expect("a subscriber").standing
}

/// An office with an editor, a healthy group, and another group.
async fn two_groups() -> (World, [crate::fakes::telegram::Place; 2]) {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let owner = world.telegram.user("物业老陈");
    let well = world.telegram.group("阳光花园业主群");
    let ill = world.telegram.group("桂花巷居民群");
    world.subscribes(&well, &owner, "便民信息").await;
    world.subscribes(&ill, &owner, "便民信息").await;
    (world, [well, ill])
}

#[tokio::test]
async fn a_group_that_threw_the_bot_out_ends_and_staff_are_told_when_telegram_says_so() {
    let (mut world, [well, ill]) = two_groups().await;
    world.telegram.kicks_bot_from(&ill);
    world.quiet().await;
    let staff = world.admin.private();
    insta::assert_snapshot!(world.hears(&staff), @r"
    “桂花巷居民群”的订阅已终止，今后不再推送。
    平台返回：kicked
    ");
    assert!(matches!(standing(&world, "桂花巷居民群").await, Standing::Ended { .. }));
    pushes(&mut world).await;
    assert!(world.hears(&well).contains("停水通知"));
    assert_eq!(world.hears(&ill), "");
}

#[tokio::test]
async fn a_group_that_threw_the_bot_out_silently_ends_with_the_next_push_and_others_get_it() {
    let (mut world, [well, ill]) = two_groups().await;
    world.telegram.kicks_bot_silently_from(&ill);
    let editor = world.admin.clone();
    world.tells(&editor, POST).await;
    let preview = world.last(&editor.private());
    let code = word_after(&preview.text, "以上是稿件 ");
    world.calls(&code, "〈稿件〉");
    world.presses(&editor, &preview, "立即推送").await;
    insta::assert_snapshot!(world.hears(&editor.private()), @r"
    停水通知

    明天九点到十二点停水，请提前储水。
    ───
    稿件 〈稿件〉 正在推送，共 2 个会话。查看进度：/送达 〈稿件〉
    ［送达情况］［取消］
    ───
    “桂花巷居民群”的订阅已终止，今后不再推送。
    平台返回：Forbidden: bot was kicked from the supergroup chat
    ");
    assert!(world.hears(&well).contains("停水通知"));
    assert!(matches!(standing(&world, "桂花巷居民群").await, Standing::Ended { .. }));
    // Nobody is told twice.
    pushes(&mut world).await;
    assert_eq!(world.hears(&editor.private()), "");
    world.hears(&well);
}

#[tokio::test]
async fn a_group_that_was_deleted_ends_and_staff_are_told_why() {
    let (mut world, [well, ill]) = two_groups().await;
    world.telegram.deletes(&ill);
    let editor = world.admin.clone();
    world.tells(&editor, POST).await;
    let preview = world.last(&editor.private());
    world.presses(&editor, &preview, "立即推送").await;
    let told = world.hears(&editor.private());
    assert!(told.contains("“桂花巷居民群”的订阅已终止"), "{told}");
    assert!(told.contains("the group chat was deleted"), "{told}");
    assert!(world.hears(&well).contains("停水通知"));
}

#[tokio::test]
async fn a_group_where_the_bot_may_not_write_rests_until_it_may_again() {
    let (mut world, [well, ill]) = two_groups().await;
    world.telegram.mutes_bot_in(&ill);
    let editor = world.admin.clone();
    world.tells(&editor, POST).await;
    let preview = world.last(&editor.private());
    world.presses(&editor, &preview, "立即推送").await;
    let told = world.hears(&editor.private());
    assert!(told.contains("“桂花巷居民群”的订阅已暂停"), "{told}");
    assert!(world.hears(&well).contains("停水通知"));
    assert!(matches!(standing(&world, "桂花巷居民群").await, Standing::Paused { .. }));
    world.telegram.unmutes_bot_in(&ill);
    world.quiet().await;
    insta::assert_snapshot!(world.hears(&editor.private()), @"“桂花巷居民群”恢复了发言权限，订阅继续。");
    insta::assert_snapshot!(world.hears(&ill), @"发言权限已恢复，继续推送：便民信息。");
    assert_eq!(standing(&world, "桂花巷居民群").await, Standing::Active);
    pushes(&mut world).await;
    assert!(world.hears(&ill).contains("停水通知"));
    world.hears(&well);
}

#[tokio::test]
async fn a_group_that_mutes_the_bot_openly_rests_at_once() {
    let (mut world, [_, ill]) = two_groups().await;
    world.telegram.mutes_bot_openly_in(&ill);
    world.quiet().await;
    let told = world.hears(&world.admin.private());
    assert!(told.contains("“桂花巷居民群”的订阅已暂停"), "{told}");
    world.telegram.kicks_bot_from(&ill);
    world.quiet().await;
    let told = world.hears(&world.admin.private());
    assert!(told.contains("“桂花巷居民群”的订阅已终止"), "{told}");
}

#[tokio::test]
async fn a_person_who_blocks_the_bot_or_leaves_ends_and_nobody_is_told() {
    let (mut world, [well, other]) = two_groups().await;
    let chen = world.telegram.user("陈静");
    world.tells(&chen, "/订阅 便民信息").await;
    world.hears(&chen.private());
    chen.blocks_bot();
    world.quiet().await;
    // Who reads alone comes and goes, and nobody has to mend it.
    assert_eq!(world.hears(&world.admin.private()), "");
    let zhao = world.telegram.user("赵敏");
    world.tells(&zhao, "/订阅 便民信息").await;
    world.hears(&zhao.private());
    zhao.leaves_telegram();
    let editor = world.admin.clone();
    world.tells(&editor, POST).await;
    let preview = world.last(&editor.private());
    world.presses(&editor, &preview, "立即推送").await;
    let told = world.hears(&editor.private());
    assert!(!told.contains("已终止") && !told.contains("赵敏"), "{told}");
    for place in [&well, &other] {
        assert!(world.hears(place).contains("停水通知"));
    }
}

#[tokio::test]
async fn topics_of_a_forum_are_subscribed_by_themselves_and_end_with_their_group() {
    let (mut world, [well, other]) = two_groups().await;
    let owner = world.telegram.user("楼长");
    let forum = world.telegram.group("学府里论坛");
    let topic = world.telegram.topic(&forum);
    world.telegram.makes_admin(&forum, &owner);
    world.telegram.adds_bot_to(&forum);
    owner.says_in_topic(&forum, topic, "/订阅 便民信息");
    world.quiet().await;
    assert!(world.hears(&forum).contains("已订阅“便民信息”"));
    pushes(&mut world).await;
    let pushed = world.last(&forum);
    assert_eq!(pushed.thread, Some(topic));
    assert!(world.hears(&forum).contains("停水通知"));
    owner.replies(&pushed, "请把停水改到晚上十点以后");
    world.quiet().await;
    assert_eq!(world.last(&forum).thread, Some(topic), "the question stands where it was said");
    assert!(world.hears(&forum).contains("要把这条留言作为建议提交吗"));
    world.telegram.kicks_bot_from(&forum);
    world.quiet().await;
    let told = world.hears(&world.admin.private());
    assert!(told.contains("“学府里论坛”的订阅已终止"), "{told}");
    pushes(&mut world).await;
    assert_eq!(world.hears(&world.admin.private()), "");
    for place in [&well, &other] {
        assert_eq!(world.hears(place).matches("停水通知").count(), 2);
    }
}
