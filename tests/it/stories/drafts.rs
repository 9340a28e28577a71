//! Drafts: thrown away and taken up again, changed by two at once, and the time at which they go out.

use super::world::{Tale, World, word_after};
use std::time::Duration;

const TEXT: &str = "/写稿 便民信息\n停水通知\n明天九点停水。";

async fn office() -> World {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let owner = world.telegram.user("物业老陈");
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "便民信息").await;
    world
}

/// The administrator, who is an editor, writes the post; its code.
async fn writes(world: &mut World) -> String {
    let editor = world.admin.clone();
    world.tells(&editor, TEXT).await;
    world.hears(&editor.private());
    let code = word_after(&world.last(&editor.private()).text, "以上是稿件 ");
    world.calls(&code, "〈稿件〉");
    code
}

#[tokio::test]
async fn a_draft_that_was_thrown_away_is_taken_up_again_with_a_new_text_or_a_time() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let desk = editor.private();
    let code = writes(&mut world).await;
    let preview = world.last(&desk);
    world.presses(&editor, &preview, "作废").await;
    tale.tells("作废", &world.hears(&desk));
    let discarded = world.last(&desk);
    editor.replies(&discarded, "停水通知（更正）\n明天八点停水。");
    world.quiet().await;
    tale.tells("引用回复全文", &world.hears(&desk));
    let preview = world.last(&desk);
    world.presses(&editor, &preview, "作废").await;
    world.hears(&desk);
    for command in ["预览", "推送", "取消"] {
        world.tells(&editor, &format!("/{command} {code}")).await;
        tale.tells(command, &world.hears(&desk));
    }
    world.tells(&editor, &format!("/定时 {code} 今天 09:00")).await;
    world.hears(&desk);
    let asked = world.last(&desk);
    world.presses(&editor, &asked, "确认定时").await;
    world.hears(&desk);
    world.later(Duration::from_hours(1)).await;
    let group = world.telegram.chats().into_iter().find(|c| world.last(c).text.contains("八点"));
    tale.tells("阳光花园业主群", &world.hears(&group.expect("the group has it")));
    world.tells(&editor, "/language english").await;
    world.tells(&editor, "/post news\nWater off\nFrom nine.").await;
    world.hears(&desk);
    let preview = world.last(&desk);
    world.presses(&editor, &preview, "Discard").await;
    let second = word_after(&world.last(&desk).text, "Post ");
    world.calls(&second, "〈POST〉");
    tale.tells("Discard", &world.hears(&desk));
    world.tells(&editor, &format!("/push {second}")).await;
    tale.tells("push", &world.hears(&desk));
    insta::assert_snapshot!(tale.0, @"");
}

#[tokio::test]
async fn whoever_answers_the_text_above_a_preview_changes_the_draft_too() {
    let mut world = office().await;
    let editor = world.admin.clone();
    let desk = editor.private();
    writes(&mut world).await;
    let shown = world.telegram.messages(&desk);
    let content = &shown[shown.len() - 2];
    assert!(content.text.starts_with("停水通知"), "{}", content.text);
    editor.replies(content, "停水通知（更正）\n明天八点停水。");
    world.quiet().await;
    let heard = world.hears(&desk);
    assert!(heard.starts_with("停水通知（更正）"), "{heard}");
    assert!(heard.contains("以上是稿件 〈稿件〉"), "{heard}");
}

#[tokio::test]
async fn a_reply_to_an_older_preview_does_not_overwrite_what_a_colleague_changed() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let desk = editor.private();
    let other = world.telegram.user("吴编辑");
    other.starts("");
    world.quiet().await;
    world.hires(&other, "编辑").await;
    let code = writes(&mut world).await;
    let shown = world.telegram.messages(&desk);
    let (content, preview) = (&shown[shown.len() - 2], &shown[shown.len() - 1]);
    world.clock.advance(Duration::from_mins(1));
    world.tells(&other, &format!("/预览 {code}")).await;
    let others = world.last(&other.private());
    other.replies(&others, "停水通知（更正）\n明天八点停水。");
    world.quiet().await;
    world.hears(&other.private());
    for (place, older) in [("旧预览", preview), ("旧预览上方的正文", content)] {
        editor.replies(older, "停水通知\n明天九点停水，请储水。");
        world.quiet().await;
        tale.tells(place, &world.hears(&desk));
    }
    let newer = world.last(&desk);
    editor.replies(&newer, "停水通知（更正）\n明天八点停水，请储水。");
    world.quiet().await;
    tale.tells("新预览", &world.hears(&desk));
    world.tells(&other, "/language english").await;
    other.replies(&others, "Water off\nFrom nine.");
    world.quiet().await;
    tale.tells("older, in English", &world.hears(&other.private()));
    insta::assert_snapshot!(tale.0, @"");
}

#[tokio::test]
async fn the_time_that_is_confirmed_names_the_day_and_another_year_and_today_is_today() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let desk = editor.private();
    let code = writes(&mut world).await;
    for when in ["2027-11-30 09:00", "今天 07:10", "07:10", "今天 09:00"] {
        world.tells(&editor, &format!("/定时 {code} {when}")).await;
        tale.tells(when, &world.hears(&desk));
        if when.starts_with("2027") {
            let asked = world.last(&desk);
            world.presses(&editor, &asked, "确认定时").await;
            tale.tells("按［确认定时］", &world.hears(&desk));
            world.tells(&editor, "/待发").await;
            tale.tells("待发", &world.hears(&desk));
        }
    }
    world.tells(&editor, "/language english").await;
    world.hears(&desk);
    for when in ["2027-11-30 09:00", "today 07:10", "today 09:00"] {
        world.tells(&editor, &format!("/schedule {code} {when}")).await;
        tale.tells(when, &world.hears(&desk));
    }
    insta::assert_snapshot!(tale.0, @"");
}
