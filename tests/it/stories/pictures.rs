//! A picture or a file goes with a post: previewed, approved, and seen by the groups of every platform.

use super::world::{World, word_after};
use crate::clock::StandingClock;
use crate::fakes::robots::{FakeRobots, Fault as RobotFault, Make};
use crate::fakes::telegram::{Fault, Message, Place};
use crate::pictures::{BRIDGE, MAP, SECRETS, hash, office, photo};
use insta::assert_snapshot;
use std::sync::Arc;
use std::time::Duration;

const PDF: &[u8] = b"%PDF-1.7 the plan of the bridge";

/// An office with an editor, and groups that take policy.
async fn office_with(groups: usize) -> (World, Vec<Place>) {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let owner = world.telegram.user("物业老陈");
    let mut places = Vec::new();
    for number in 0..groups {
        let group = world.telegram.group(&format!("第{number}群"));
        world.subscribes(&group, &owner, "政策解读").await;
        places.push(group);
    }
    (world, places)
}

/// The editor sends a photo with a post below it; the message below the preview.
async fn sends(world: &mut World, bytes: &[u8], text: &str) -> Message {
    let editor = world.admin.clone();
    editor.sends_photo(&editor.private(), bytes, &format!("/写稿 政策解读\n{text}"));
    world.quiet().await;
    world.last(&editor.private())
}

fn bytes(message: &Message) -> Option<&[u8]> {
    message.carried.as_ref().map(|it| it.bytes.as_slice())
}

#[tokio::test]
async fn a_photo_with_a_post_is_previewed_reaches_every_group_and_tells_nobody_where_it_was_taken()
{
    let (mut world, groups) = office_with(5).await;
    let below = sends(&mut world, &photo(1, *b"II"), "桥通了\n明天起**通行**。").await;
    let desk = world.admin.private();
    let code = word_after(&below.text, "以上是稿件 ");
    world.calls(&code, "〈代号〉");
    let preview = world.telegram.messages(&desk).into_iter().rev().nth(1).expect("a preview");
    assert_eq!(bytes(&preview), Some(BRIDGE));
    assert_snapshot!(world.hears(&desk), @"
    🖼 picture.jpg
    桥通了

    明天起通行。
    ───
    以上是稿件 〈代号〉 的实际样子，栏目“政策解读”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈代号〉 明天 09:00

    将发往 5 个会话，共 5 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［去掉图片和文件］［作废］
    ");
    let editor = world.admin.clone();
    world.presses(&editor, &below, "立即推送").await;
    world.hears(&desk);
    for group in &groups {
        let told = world.last(group);
        assert_eq!(bytes(&told), Some(BRIDGE));
        assert_eq!(
            (told.text.as_str(), told.marked("bold")),
            ("桥通了\n\n明天起通行。", vec!["桥通了".to_owned(), "通行".to_owned()])
        );
        world.hears(group);
    }
    assert_eq!(world.telegram.given(), 1, "it was given once, for the preview");
    for secret in SECRETS {
        assert_eq!(
            world.files_with(secret.as_bytes()),
            Vec::<std::path::PathBuf>::new(),
            "{secret}"
        );
    }
    // Whoever answers the picture answers the post.
    let member = world.telegram.user("王芳");
    let push = world.last(&groups[0]);
    member.replies(&push, "桥头请加一盏路灯");
    world.quiet().await;
    assert!(
        world.hears(&groups[0]).contains("桥头请加"),
        "it is asked whether it shall be submitted"
    );
}

#[tokio::test]
async fn a_long_text_follows_its_picture_and_a_restart_between_the_two_repeats_neither() {
    let (mut world, groups) = office_with(1).await;
    let text = "长".repeat(1_500);
    let below = sends(&mut world, BRIDGE, &format!("长文\n{text}")).await;
    let desk = world.admin.private();
    assert!(world.hears(&desk).contains("共 2 条消息"), "the picture counts");
    let editor = world.admin.clone();
    editor.presses(&below, "立即推送");
    world.takes_in().await;
    world.turns_rounds().await;
    let so_far = world.telegram.messages(&groups[0]);
    assert_eq!(bytes(so_far.last().expect("a picture")), Some(BRIDGE));
    assert_eq!(so_far.last().expect("a picture").text, "", "the words wait for their second");
    world.restarts().await;
    world.quiet().await;
    let all = world.telegram.messages(&groups[0]);
    assert_eq!(all.len(), so_far.len() + 1);
    assert!(all.last().expect("words").text.contains(&text));
    world.hears(&groups[0]);
    world.hears(&desk);
}

#[tokio::test]
async fn a_draft_takes_pictures_and_files_as_answers_and_gives_them_up_by_a_button() {
    let (mut world, groups) = office_with(1).await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    world.tells(&editor, "/写稿 政策解读\n桥通了\n明天起通行。").await;
    let below = world.last(&desk);
    world.hears(&desk);
    editor.answers_with_photo(&below, &photo(1, *b"MM"), "桥的全景");
    world.quiet().await;
    let below = world.last(&desk);
    editor.answers_with_file(&below, "方案.pdf", PDF);
    world.quiet().await;
    let code = word_after(&world.last(&desk).text, "以上是稿件 ");
    world.calls(&code, "〈代号〉");
    assert_snapshot!(world.hears(&desk), @"
    🖼 picture.jpg
    桥通了

    明天起通行。
    ───
    以上是稿件 〈代号〉 的实际样子，栏目“政策解读”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈代号〉 明天 09:00

    将发往 1 个会话，共 1 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［去掉图片和文件］［作废］
    ───
    🖼 picture.jpg
    桥通了

    明天起通行。
    ───
    📎 方案.pdf

    ───
    以上是稿件 〈代号〉 的实际样子，栏目“政策解读”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈代号〉 明天 09:00

    将发往 1 个会话，共 2 条消息，预计 11月24日 08:00 发完。
    ［立即推送］［加急推送］
    ［去掉图片和文件］［作废］
    ");
    // New words leave them where they are.
    let below = world.last(&desk);
    editor.replies(&below, "桥修好了\n后天起通行。");
    world.quiet().await;
    world.hears(&desk);
    let below = world.last(&desk);
    world.presses(&editor, &below, "立即推送").await;
    world.hears(&desk);
    assert_snapshot!(world.hears(&groups[0]).trim_end(), @"
    🖼 picture.jpg
    桥修好了

    后天起通行。
    ───
    📎 方案.pdf
    ");
    let told = world.telegram.messages(&groups[0]);
    assert_eq!(bytes(told.last().expect("a file")), Some(PDF));

    world.tells(&editor, "/写稿 政策解读\n另一篇\n没有图。").await;
    let below = world.last(&desk);
    world.hears(&desk);
    editor.answers_with_photo(&below, MAP, "");
    world.quiet().await;
    world.hears(&desk);
    let below = world.last(&desk);
    world.presses(&editor, &below, "去掉图片和文件").await;
    let bare = world.hears(&desk);
    assert!(bare.contains("没有图。") && !bare.contains("🖼"), "{bare}");
}

#[tokio::test]
async fn what_a_post_cannot_carry_is_refused_in_a_sentence_and_changes_nothing() {
    let (mut world, _) = office_with(0).await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    world.tells(&editor, "/写稿 政策解读\n桥通了\n明天起通行。").await;
    let below = world.last(&desk);
    world.hears(&desk);
    let mut told = String::new();
    let long = [b"%PDF-".as_slice(), &vec![b' '; 10 << 20]].concat();
    for (name, bytes) in [
        ("片.heic", b"\0\0\0\x18ftypheic".as_slice()),
        ("宏.docm", &office("word/document.xml", "vbaProject")),
        ("断.jpg", &BRIDGE[..700]),
        ("长.pdf", &long),
    ] {
        editor.answers_with_file(&below, name, bytes);
        world.quiet().await;
        told.extend([name, "：", &world.hears(&desk), "\n"]);
    }
    editor.sends_album(&desk, &[BRIDGE, MAP], "/写稿 政策解读\n相册\n两张图");
    world.quiet().await;
    let code = word_after(&world.last(&desk).text, "以上是稿件 ");
    world.calls(&code, "〈代号〉");
    told += &world.hears(&desk);
    assert_snapshot!(told, @"
    片.heic：这种文件不能随稿件发布。可以用 JPEG、PNG 图片，PDF，以及不带宏的 Word、Excel、PowerPoint 文件（docx、xlsx、pptx）。手机照片请作为“照片”发送，不要作为文件发送。
    宏.docm：这种文件不能随稿件发布。可以用 JPEG、PNG 图片，PDF，以及不带宏的 Word、Excel、PowerPoint 文件（docx、xlsx、pptx）。手机照片请作为“照片”发送，不要作为文件发送。
    断.jpg：这张图片不完整或已损坏，没有保存。请重新导出后再发。
    长.pdf：文件不能超过 10 MB。请压缩后再发，或把文件放到网上，在正文里写链接。
    相册里的其他图片没有收进稿件。请逐张回复预览下方的消息来添加。
    ───
    🖼 picture.jpg
    相册

    两张图
    ───
    以上是稿件 〈代号〉 的实际样子，栏目“政策解读”。
    要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 〈代号〉 明天 09:00

    目前没有会话订阅这个栏目。
    ［立即推送］［加急推送］
    ［去掉图片和文件］［作废］
    ");
}

#[tokio::test]
async fn nobody_elses_pictures_are_ever_fetched() {
    let (mut world, groups) = office_with(1).await;
    let (_, _) = world.pushes("桥通了\n明天起通行。").await;
    let desk = world.admin.private();
    world.hears(&desk);
    world.hears(&groups[0]);
    let member = world.telegram.user("王芳");
    member.starts("");
    world.quiet().await;
    world.hears(&member.private());
    member.sends_photo(&member.private(), &photo(1, *b"II"), "/建议 桥头的灯坏了，见图");
    member.sends_photo(&member.private(), &photo(1, *b"II"), "/写稿 政策解读\n假的\n冒充");
    member.sends_album(&member.private(), &[BRIDGE, MAP], "");
    let push = world.last(&groups[0]);
    member.answers_with_photo(&push, &photo(1, *b"II"), "这里也坏了，见图");
    member.answers_with_file(&push, "王芳的简历.pdf", PDF);
    world.quiet().await;
    let told = world.hears(&member.private());
    assert!(told.contains("只保存文字：图片和文件没有收取"), "{told}");
    world.hears(&groups[0]);
    let counts = world.telegram.counts();
    assert_eq!(counts.requests.get("getFile"), None, "{counts:?}");
    for secret in [SECRETS[0], "AgACAgQAAx", "简历"] {
        assert_eq!(
            world.files_with(secret.as_bytes()),
            Vec::<std::path::PathBuf>::new(),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn a_group_without_pictures_gets_a_link_and_what_telegram_forgot_is_given_again() {
    let (mut world, groups) = office_with(2).await;
    world.telegram.allows_words_alone(&groups[0]);
    let below = sends(&mut world, BRIDGE, "桥通了\n明天起通行。").await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    world.hears(&desk);
    world.telegram.forgets_files();
    world.presses(&editor, &below, "立即推送").await;
    world.later(Duration::from_mins(2)).await;
    world.hears(&desk);
    let told = world.hears(&groups[0]);
    let (words, link) = told.rsplit_once("\n\n").expect("a link");
    assert_eq!((words, link), ("桥通了\n\n明天起通行。", "［图片］"));
    assert_eq!(world.last(&groups[0]).marked("text_link"), ["［图片］"]);
    assert_eq!(bytes(&world.last(&groups[1])), Some(BRIDGE));
    // Shown to the editor, and given again; once more where the group without pictures came first.
    assert!((2..=3).contains(&world.telegram.given()), "{}", world.telegram.given());
    world.hears(&groups[1]);
}

#[tokio::test]
async fn a_picture_that_got_no_answer_is_sent_again_and_one_that_fails_costs_nothing() {
    let (mut world, groups) = office_with(1).await;
    let below = sends(&mut world, BRIDGE, "桥通了\n明天起通行。").await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    world.hears(&desk);
    for fault in [Fault::Internal, Fault::BadGateway, Fault::CutUnread] {
        world.telegram.fails_next_calls("sendPhoto", 1, fault);
    }
    world.presses(&editor, &below, "立即推送").await;
    world.later(Duration::from_mins(5)).await;
    let with = |m: &Message| m.carried.is_some();
    assert_eq!(world.telegram.messages(&groups[0]).iter().filter(|m| with(m)).count(), 1);
    world.hears(&desk);
    world.hears(&groups[0]);
}

#[tokio::test]
async fn the_robots_of_three_platforms_show_a_picture_and_a_file_each_in_its_way() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robots = FakeRobots::start(clock.clone()).await;
    let accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    let mut world = World::beside(clock, &accounts).await;
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    world.hires(&editor, "编辑").await;
    let below = sends(&mut world, &photo(1, *b"II"), "桥通了\n明天起通行。").await;
    editor.answers_with_file(&below, "方案.pdf", PDF);
    world.quiet().await;
    world.hears(&desk);
    let told = world.pushes_last(Duration::from_mins(2)).await;
    assert!(!told.contains("未能送达"), "{told}");
    world.calls(&hash(BRIDGE), "〈图〉");
    world.calls(&hash(PDF), "〈文件〉");
    let read: Vec<_> = Make::ALL.iter().map(|make| robots.shown(*make).join("\n───\n")).collect();
    assert_snapshot!(world.named(read.join("\n\n【】\n")), @"
    🖼 1345 字节
    ───
    桥通了
    明天起通行。
    ───
    📎 方案.pdf 31 字节

    【】
    🖼〈https://tongxin.example.org/media/〈图〉〉
    桥通了
    明天起通行。
    ［文件］方案.pdf（1 KB）〈https://tongxin.example.org/media/〈文件〉〉
    同心

    【】
    桥通了

    明天起通行。

    ［图片］〈https://tongxin.example.org/media/〈图〉〉

    ［文件］方案.pdf（1 KB）〈https://tongxin.example.org/media/〈文件〉〉
    ");
}

/// An office that pushes to the group of a robot of WeCom.
async fn office_of_a_robot() -> (World, FakeRobots) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let robots = FakeRobots::start(clock.clone()).await;
    let mut world = World::beside(clock, &robots.account(Make::Wecom)).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, robots)
}

/// The editor pushes a post with a picture and a file, and nothing is amiss.
async fn pushes_both(world: &mut World, text: &str) {
    let editor = world.admin.clone();
    let below = sends(world, BRIDGE, text).await;
    editor.answers_with_file(&below, "方案.pdf", PDF);
    world.quiet().await;
    let told = world.pushes_last(Duration::from_mins(2)).await;
    assert!(!told.contains("未能送达"), "{told}");
}

#[tokio::test]
async fn a_picture_that_a_robot_does_not_take_is_a_link_and_a_file_is_given_once() {
    let (mut world, robots) = office_of_a_robot().await;
    robots.fails(Make::Wecom, RobotFault::Refused(40009));
    pushes_both(&mut world, "桥通了\n明天起通行。").await;
    world.calls(&hash(BRIDGE), "〈图〉");
    assert_snapshot!(world.named(robots.shown(Make::Wecom).join("\n───\n")), @"
    ［图片］〈https://tongxin.example.org/media/〈图〉〉
    ───
    桥通了
    明天起通行。
    ───
    📎 方案.pdf 31 字节
    ");
    assert_eq!(robots.uploads(Make::Wecom), 1);
    pushes_both(&mut world, "路通了\n后天起通行。").await;
    assert_eq!(robots.uploads(Make::Wecom), 1, "it is named again");
    let all = robots.shown(Make::Wecom).concat();
    assert_eq!((all.matches('🖼').count(), all.matches('📎').count()), (1, 2), "{all}");
}

#[tokio::test]
async fn a_file_that_a_robot_does_not_take_is_a_link_and_is_not_tried_again_for_a_while() {
    let (mut world, robots) = office_of_a_robot().await;
    robots.fails_upload(Make::Wecom, RobotFault::Refused(40006));
    for text in ["桥通了\n明天起通行。", "路通了\n后天起通行。"] {
        pushes_both(&mut world, text).await;
    }
    let all = robots.shown(Make::Wecom).concat();
    let counts = ["🖼", "📎", "/media/"].map(|sign| all.matches(sign).count());
    assert_eq!((counts, robots.uploads(Make::Wecom)), ([2, 0, 2], 0), "{all}");
}

#[tokio::test]
async fn a_file_that_a_robot_does_not_know_under_the_name_that_it_just_gave_is_a_link_at_once() {
    let (mut world, robots) = office_of_a_robot().await;
    robots.disowns_files(Make::Wecom);
    for text in ["桥通了\n明天起通行。", "路通了\n后天起通行。"] {
        pushes_both(&mut world, text).await;
    }
    let all = robots.shown(Make::Wecom).concat();
    let counts = ["🖼", "📎", "［文件］方案.pdf（1 KB）〈"].map(|sign| all.matches(sign).count());
    assert_eq!((counts, robots.uploads(Make::Wecom)), ([2, 0, 2], 1), "{all}");
}
