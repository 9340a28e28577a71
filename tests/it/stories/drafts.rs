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
    insta::assert_snapshot!(tale.0, @"
    【作废】
    ✎ 稿件 〈稿件〉 已作废，没有发给任何会话。
    要恢复，请引用回复本条并发送全文；内容不变，请发送：/定时 〈稿件〉 明天 09:00

    【引用回复全文】
    停水通知（更正）

    明天八点停水。
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［作废］

    【预览】
    停水通知（更正）

    明天八点停水。
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    这篇稿件已作废，没有发出。要恢复，请引用回复本条并发送全文；内容不变，请发送：/定时 〈稿件〉 明天 09:00

    【推送】
    这篇稿件已作废，没有发出。要恢复，请引用回复它的预览并发送全文；内容不变，请用 /定时 重新定时。

    【取消】
    这篇稿件已作废，没有发出。要恢复，请引用回复它的预览并发送全文；内容不变，请用 /定时 重新定时。

    【阳光花园业主群】
    停水通知（更正）

    明天八点停水。

    【Discard】
    ✎ Post 〈POST〉 is discarded. Nobody got it.
    To take it up again, reply to this message with the whole text; to leave it as it is: /schedule 〈POST〉 tomorrow 09:00

    【push】
    This post was discarded before it went out. To take it up again, reply to its preview with the whole text, or set its time with /schedule.
    ");
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
    insta::assert_snapshot!(tale.0, @"
    【旧预览】
    停水通知（更正）

    明天八点停水。
    ───
    您引用的是旧稿，其间这篇稿件有改动。为免盖掉别人的改动，您刚才发的全文没有采用。最新的稿件如上，请在它的基础上修改，再引用回复本条并发送全文。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:01 发完。
    ［立即推送］［加急推送］
    ［作废］

    【旧预览上方的正文】
    停水通知（更正）

    明天八点停水。
    ───
    您引用的是旧稿，其间这篇稿件有改动。为免盖掉别人的改动，您刚才发的全文没有采用。最新的稿件如上，请在它的基础上修改，再引用回复本条并发送全文。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:01 发完。
    ［立即推送］［加急推送］
    ［作废］

    【新预览】
    停水通知（更正）

    明天八点停水，请储水。
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:01 发完。
    ［立即推送］［加急推送］
    ［作废］

    【older, in English】
    All right, English from now on.
    ───
    停水通知（更正）

    明天八点停水，请储水。
    ───
    You replied to an older text of this post, which has changed since. So that nobody's change is lost, what you sent was not taken. The present text is above: make your change in it, and reply to this message with the whole text.

    This is how post 〈稿件〉 will look. Topic “便民信息”.
    To change it, reply to this message with the whole text; a picture or file is added in the same way. To schedule it: /schedule 〈稿件〉 tomorrow 09:00

    It goes to 1 chat in 1 message, and is through by about 24 November 08:01.
    ［Push now］［Push as urgent］
    ［Discard］
    ");
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
    insta::assert_snapshot!(tale.0, @"
    【2027-11-30 09:00】
    确认于 2027年11月30日（周二）09:00 推送稿件 〈稿件〉“停水通知”？按下面的按钮确认。

    将发往 1 个会话，共 1 条消息，预计 11月30日 09:00 发完。
    ［确认定时］

    【按［确认定时］】
    ✎ 稿件 〈稿件〉 将于 2027年11月30日（周二）09:00 推送到 1 个会话。取消请发送：/取消 〈稿件〉

    【待发】
    〈稿件〉　停水通知（便民信息）　定于 2027年11月30日（周二）09:00

    【今天 07:10】
    这个时间已经过去。请写一个将来的时间，例如：明天 09:00。

    【07:10】
    确认于 11月25日（周三）07:10 推送稿件 〈稿件〉“停水通知”？按下面的按钮确认。

    将发往 1 个会话，共 1 条消息，预计 11月25日 07:10 发完。
    ［确认定时］

    【今天 09:00】
    确认于 11月24日（周二）09:00 推送稿件 〈稿件〉“停水通知”？按下面的按钮确认。

    将发往 1 个会话，共 1 条消息，预计 11月24日 09:00 发完。
    ［确认定时］

    【2027-11-30 09:00】
    Push post 〈稿件〉 “停水通知” on Tuesday 30 November 2027 09:00? Press the button to confirm.

    It goes to 1 chat in 1 message, and is through by about 30 November 09:00.
    ［Schedule］

    【today 07:10】
    That time has passed. Please give a time to come, such as: tomorrow 09:00.

    【today 09:00】
    Push post 〈稿件〉 “停水通知” on Tuesday 24 November 09:00? Press the button to confirm.

    It goes to 1 chat in 1 message, and is through by about 24 November 09:00.
    ［Schedule］
    ");
}
