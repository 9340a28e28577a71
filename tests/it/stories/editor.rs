//! An editor at work: writes, looks, schedules, pushes, takes back, and reads how it went.

use super::world::{Tale, World, word_after};
use crate::fakes::telegram::Message;
use crate::pictures::BRIDGE;
use std::time::Duration;

const TEXT: &str =
    "/写稿 便民信息\n停水通知\n明天九点到十二点停水，请提前储水。\n\n- 一号楼\n- 二号楼";

async fn office() -> World {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    world
}

/// Writes the post; its code.
async fn writes(world: &mut World) -> String {
    let editor = world.admin.clone();
    world.tells(&editor, TEXT).await;
    let preview = world.last(&editor.private()).text;
    word_after(&preview, "以上是稿件 ")
}

#[tokio::test]
async fn an_editor_writes_looks_changes_schedules_and_reads_how_the_push_went() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let owner = world.telegram.user("物业老陈");
    let groups = ["阳光花园业主群", "桂花巷居民群", "教师新村群"].map(|t| world.telegram.group(t));
    for group in &groups {
        world.subscribes(group, &owner, "便民信息").await;
    }
    let code = writes(&mut world).await;
    world.calls(&code, "〈稿件〉");
    let desk = editor.private();
    tale.tells("写稿", &world.hears(&desk));
    let preview = world.last(&desk);
    editor.replies(&preview, "停水通知（更正）\n明天八点到十一点停水，请提前储水。");
    world.quiet().await;
    tale.tells("修改", &world.hears(&desk));
    tale.tells("旧预览按［立即推送］", &world.presses(&editor, &preview, "立即推送").await);
    for command in ["预览 〈稿件〉", "定时 〈稿件〉 今天 08:20"] {
        world.tells(&editor, &format!("/{command}").replace("〈稿件〉", &code)).await;
        tale.tells(command, &world.hears(&desk));
    }
    let asked = world.last(&desk);
    world.presses(&editor, &asked, "确认定时").await;
    tale.tells("按［确认定时］", &world.hears(&desk));
    world.tells(&editor, "/待发").await;
    tale.tells("待发", &world.hears(&desk));
    // One group asks to wait, one has thrown the bot out.
    world.telegram.floods(&groups[1], Duration::from_mins(40));
    world.telegram.kicks_bot_silently_from(&groups[2]);
    world.later(Duration::from_mins(20)).await;
    tale.tells("工作人员", &world.hears(&desk));
    for command in ["送达 〈稿件〉", "推送 〈稿件〉"] {
        world.tells(&editor, &format!("/{command}").replace("〈稿件〉", &code)).await;
        tale.tells(command, &world.hears(&desk));
    }
    tale.tells("阳光花园业主群", &world.hears(&groups[0]));
    assert_eq!(world.hears(&groups[1]), "");
    world.later(Duration::from_mins(20)).await;
    assert!(world.hears(&groups[1]).contains("八点到十一点"));
    world.tells(&editor, &format!("/送达 {code}")).await;
    tale.tells("二十分钟后", &world.hears(&desk));
    insta::assert_snapshot!(tale.0, @"
    【写稿】
    停水通知

    明天九点到十二点停水，请提前储水。

    • 一号楼
    • 二号楼
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 3 个会话，共 3 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［作废］

    【修改】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 3 个会话，共 3 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［作废］

    【旧预览按［立即推送］】
    稿件在您查看之后有改动，请重新预览后再操作。

    【预览 〈稿件〉】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ───
    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 3 个会话，共 3 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［作废］

    【定时 〈稿件〉 今天 08:20】
    确认于 11月24日（周二）08:20 推送稿件 〈稿件〉“停水通知（更正）”？按下面的按钮确认。

    将发往 3 个会话，共 3 条消息，预计 11月24日 08:20 发完。
    ［确认定时］

    【按［确认定时］】
    ✎ 稿件 〈稿件〉 将于 11月24日（周二）08:20 推送到 3 个会话。取消请发送：/取消 〈稿件〉

    【待发】
    〈稿件〉　停水通知（更正）（便民信息）　定于 11月24日（周二）08:20

    【工作人员】
    “教师新村群”的订阅已终止，今后不再推送。
    平台返回：Forbidden: bot was kicked from the supergroup chat

    【送达 〈稿件〉】
    〈稿件〉　停水通知（更正）
    应达 3，已达 1，等待 1，失败 1，待核实 0，已退订或取消 0。
    收到建议 0 条。
    等待：桂花巷居民群　平台要求等到 11月24日 08:40
    未送达：“教师新村群”（AAC1-2545）　Forbidden: bot was kicked from the supergroup chat

    【推送 〈稿件〉】
    这篇稿件已经推送完毕。

    【阳光花园业主群】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。

    【二十分钟后】
    〈稿件〉　停水通知（更正）
    应达 3，已达 2，等待 0，失败 1，待核实 0，已退订或取消 0。
    收到建议 0 条。
    未送达：“教师新村群”（AAC1-2545）　Forbidden: bot was kicked from the supergroup chat
    ");
}

/// Has a post go out at twenty past eight; what it was shown with.
async fn schedules(world: &mut World) -> Message {
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    let code = writes(world).await;
    world.calls(&code, "〈稿件〉");
    let preview = world.last(&desk);
    world.tells(&editor, &format!("/定时 {code} 今天 08:20")).await;
    let asked = world.last(&desk);
    world.presses(&editor, &asked, "确认定时").await;
    world.hears(&desk);
    preview
}

#[tokio::test]
async fn a_change_takes_a_post_off_its_schedule_says_so_and_offers_the_same_time_again() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let (owner, desk) = (world.telegram.user("物业老陈"), editor.private());
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "便民信息").await;
    let preview = schedules(&mut world).await;
    let code = word_after(&preview.text, "以上是稿件 ");
    editor.replies(&preview, "停水通知（更正）\n明天八点到十一点停水，请提前储水。");
    world.quiet().await;
    tale.tells("修改", &world.hears(&desk));
    let changed = world.last(&desk);
    world.presses(&editor, &changed, "按原定时间推送").await;
    tale.tells("按［按原定时间推送］", &world.hears(&desk));
    editor.answers_with_photo(&changed, BRIDGE, "水厂");
    world.quiet().await;
    tale.tells("加图片", &world.hears(&desk));
    let pictured = world.last(&desk);
    world.presses(&editor, &pictured, "按原定时间推送").await;
    world.tells(&editor, &format!("/预览 {code}")).await;
    world.hears(&desk);
    let preview = world.last(&desk);
    world.presses(&editor, &preview, "去掉图片和文件").await;
    tale.tells("去掉图片", &world.hears(&desk));
    let bare = world.last(&desk);
    world.presses(&editor, &bare, "按原定时间推送").await;
    world.hears(&desk);
    world.later(Duration::from_mins(19)).await;
    assert_eq!(world.hears(&group), "");
    world.later(Duration::from_mins(1)).await;
    tale.tells("八点二十分，阳光花园业主群", &world.hears(&group));
    insta::assert_snapshot!(tale.0, @"
    【修改】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ───
    稿件有改动，原定 11月24日（周二）08:20 的推送已取消。确认无误后，请按“按原定时间推送”，或重新定时。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:20 发完。
    ［按原定时间推送］
    ［立即推送］［加急推送］
    ［作废］

    【按［按原定时间推送］】
    ✎ 稿件 〈稿件〉 将于 11月24日（周二）08:20 推送到 1 个会话。取消请发送：/取消 〈稿件〉

    【加图片】
    🖼 picture.jpg
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ───
    稿件有改动，原定 11月24日（周二）08:20 的推送已取消。确认无误后，请按“按原定时间推送”，或重新定时。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:20 发完。
    ［按原定时间推送］
    ［立即推送］［加急推送］
    ［去掉图片和文件］［作废］

    【去掉图片】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ───
    稿件有改动，原定 11月24日（周二）08:20 的推送已取消。确认无误后，请按“按原定时间推送”，或重新定时。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:20 发完。
    ［按原定时间推送］
    ［立即推送］［加急推送］
    ［作废］

    【八点二十分，阳光花园业主群】
    停水通知（更正）

    明天八点到十一点停水，请提前储水。
    ");
}

#[tokio::test]
async fn a_time_that_has_passed_is_not_offered_again_and_its_button_is_refused() {
    let mut world = office().await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    let owner = world.telegram.user("物业老陈");
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "便民信息").await;
    let preview = schedules(&mut world).await;
    editor.replies(&preview, "停水通知（更正）\n停水改期。");
    world.quiet().await;
    world.hears(&desk);
    let changed = world.last(&desk);
    world.later(Duration::from_mins(20)).await;
    let refused = world.presses(&editor, &changed, "按原定时间推送").await;
    assert_eq!(refused, "这个时间已经过去。请写一个将来的时间，例如：明天 09:00。");
    assert_eq!(world.hears(&group), "");

    // What was sent while nothing ran is read before anything goes out.
    let code = word_after(&changed.text, "以上是稿件 ");
    world.tells(&editor, &format!("/定时 {code} 今天 09:00")).await;
    let asked = world.last(&desk);
    world.presses(&editor, &asked, "确认定时").await;
    world.hears(&desk);
    editor.replies(&changed, "停水通知（再更正）\n停水取消。");
    world.clock.advance(Duration::from_hours(1));
    world.quiet().await;
    insta::assert_snapshot!(world.hears(&desk), @"
    停水通知（再更正）

    停水取消。
    ───
    稿件有改动，原定 11月24日（周二）09:00 的推送已取消，这个时间也已过去。确认无误后，请立即推送，或重新定时。

    以上是稿件 〈稿件〉 的实际样子，栏目“便民信息”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈稿件〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 09:20 发完。
    ［立即推送］［加急推送］
    ［作废］
    ");
    assert_eq!(world.hears(&group), "");
}

#[tokio::test]
async fn a_push_that_is_cancelled_on_its_way_says_who_has_it() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let owner = world.telegram.user("物业老陈");
    let groups = ["阳光花园业主群", "桂花巷居民群"].map(|t| world.telegram.group(t));
    for group in &groups {
        world.subscribes(group, &owner, "便民信息").await;
    }
    let code = writes(&mut world).await;
    world.calls(&code, "〈稿件〉");
    let desk = editor.private();
    world.hears(&desk);
    world.telegram.floods(&groups[1], Duration::from_mins(10));
    let preview = world.last(&desk);
    tale.tells("按［加急推送］", &world.presses(&editor, &preview, "加急推送").await);
    tale.tells("推送", &world.hears(&desk));
    assert!(world.hears(&groups[0]).contains("停水通知"));
    let pushed = world.last(&desk);
    tale.tells("按［作废］", &world.presses(&editor, &pushed, "取消").await);
    tale.tells("取消", &world.hears(&desk));
    world.later(Duration::from_mins(10)).await;
    assert_eq!(world.hears(&groups[1]), "", "it was taken back before");
    for command in ["送达 〈稿件〉", "取消 〈稿件〉", "待发"] {
        world.tells(&editor, &format!("/{command}").replace("〈稿件〉", &code)).await;
        tale.tells(command, &world.hears(&desk));
    }
    insta::assert_snapshot!(tale.0, @"
    【按［加急推送］】


    【推送】
    ✎ 稿件 〈稿件〉 正在推送，共 2 个会话。查看进度：/送达 〈稿件〉
    ［送达情况］［取消］

    【按［作废］】


    【取消】
    ✎ 稿件 〈稿件〉 已停止推送：取消时已有 1 个会话收到，已排队的 1 个不再发送；此刻正在发出的少量消息仍会到达。
    已收到的会话：“阳光花园业主群”（E905-7CG8）。
    完整名单：tongxin ledger 〈稿件〉

    【送达 〈稿件〉】
    〈稿件〉　停水通知
    应达 2，已达 1，等待 0，失败 0，待核实 0，已退订或取消 1。
    收到建议 0 条。

    【取消 〈稿件〉】
    这篇稿件已经取消。如需再发，请重新写稿。

    【待发】
    没有待发的稿件。写稿请发送：
    /写稿 栏目
    标题
    正文
    ");
}

#[tokio::test]
async fn editors_are_served_in_english_too() {
    let mut world = office().await;
    let (editor, mut tale) = (world.admin.clone(), Tale::default());
    let group = world.telegram.group("Sunny Garden");
    world.subscribes(&group, &editor, "便民信息").await;
    world.tells(&editor, "/language english").await;
    tale.tells("language", &world.hears(&editor.private()));
    world.tells(&editor, "/post news\nWater off\nNo water from nine to twelve.").await;
    let code = word_after(&world.last(&editor.private()).text, "how post ");
    world.calls(&code, "〈POST〉");
    tale.tells("post", &world.hears(&editor.private()));
    let preview = world.last(&editor.private());
    world.tells(&editor, &format!("/schedule {code} today 09:00")).await;
    let asked = world.last(&editor.private());
    world.presses(&editor, &asked, "Schedule").await;
    world.hears(&editor.private());
    editor.replies(&preview, "Water off\nNo water from nine to eleven.");
    world.quiet().await;
    tale.tells("changed", &world.hears(&editor.private()));
    let preview = world.last(&editor.private());
    world.presses(&editor, &preview, "Push now").await;
    tale.tells("push", &world.hears(&editor.private()));
    world.tells(&editor, &format!("/report {code}")).await;
    tale.tells("report", &world.hears(&editor.private()));
    world.tells(&editor, "/sources").await;
    tale.tells("sources", &world.hears(&editor.private()));
    assert!(world.hears(&group).contains("Water off"));
    insta::assert_snapshot!(tale.0, @"
    【language】
    All right, English from now on.

    【post】
    Water off

    No water from nine to twelve.
    ───
    This is how post 〈POST〉 will look. Topic “便民信息”.
    To change it, reply to this message with the whole text; a picture or file is added in the same way. To schedule it: /schedule 〈POST〉 tomorrow 09:00

    It goes to 1 chat in 1 message, and is through by about 24 November 08:00.
    ［Push now］［Push as urgent］
    ［Discard］

    【changed】
    Water off

    No water from nine to eleven.
    ───
    The post has changed: it no longer goes out on Tuesday 24 November 09:00. If it is right, press “Push at that time”, or schedule it anew.

    This is how post 〈POST〉 will look. Topic “便民信息”.
    To change it, reply to this message with the whole text; a picture or file is added in the same way. To schedule it: /schedule 〈POST〉 tomorrow 09:00

    It goes to 1 chat in 1 message, and is through by about 24 November 09:00.
    ［Push at that time］
    ［Push now］［Push as urgent］
    ［Discard］

    【push】
    ✎ Post 〈POST〉 is going out to 1 chat. Progress: /report 〈POST〉
    ［How it went］［Cancel］

    【report】
    〈POST〉 Water off
    Owed 1, arrived 1, waiting 0, failed 0, to be checked 0, left or cancelled 0.
    Suggestions: 0.

    【sources】
    区政府网 – last read 24 November 08:00, next 24 November 08:10
    ");
}
