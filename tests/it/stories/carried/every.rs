//! What is the same on every platform, and how each of them shows it.

use super::place::{Trouble, Which};
use super::{PDF, TEXT, office, pushes};
use crate::pictures::{BRIDGE, MAP, hash};
use crate::stories::world::World;
use insta::assert_snapshot;
use std::time::Duration;

/// A post with a picture, and perhaps a file, is pushed, and staff hear of nobody whom it did not reach.
async fn arrives(world: &mut World, which: Which, file: Option<&[u8]>) {
    let told = pushes(world, TEXT, BRIDGE, file).await;
    assert!(!told.contains("未能送达"), "{which:?}: {told}");
}

#[tokio::test]
async fn every_platform_shows_a_picture_and_a_file_in_its_own_way() {
    let mut read = Vec::new();
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        arrives(&mut world, which, Some(PDF)).await;
        world.calls(&hash(BRIDGE), "〈图〉");
        world.calls(&hash(PDF), "〈文件〉");
        let shown = place.shown();
        assert!(shown.iter().all(|texts| *texts == shown[0]), "{which:?}: {shown:?}");
        read.push(world.named(format!("【{which:?}】\n{}", shown[0].join("\n───\n"))));
    }
    assert_snapshot!(read.join("\n\n"), @"
    【Wecom】
    🖼 1345 字节
    ───
    桥通了

    明天起通行。
    ───
    📎 方案.pdf 31 字节

    【Feishu】
    🖼 1345 字节
    桥通了

    明天起通行。
    ───
    📎 方案.pdf 31 字节

    【Dingtalk】
    🖼 1345 字节
    ───
    桥通了
    明天起通行。
    ───
    📎 方案.pdf 31 字节

    【Official】
    【桥通了】（封面 1345 字节）
    🖼 1345 字节
    明天起通行。

    ［文件］方案.pdf（1 KB） (https://tongxin.example.org/media/〈文件〉)
    ");
}

#[tokio::test]
async fn what_is_given_and_gets_no_answer_is_given_again_and_arrives_once() {
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        for trouble in [Trouble::CutUnread, Trouble::CutUnanswered, Trouble::Page, Trouble::TooFast]
        {
            place.fails(trouble);
        }
        arrives(&mut world, which, Some(PDF)).await;
        // An article holds no files.
        let all = if which == Which::Official { [1, 0, 1] } else { [1, 1, 0] };
        assert!(place.counts().iter().all(|n| *n == all), "{which:?}: {:?}", place.shown());
        assert_eq!(place.faults_left(), 0, "{which:?}");
    }
}

#[tokio::test]
async fn a_token_that_ends_before_something_is_given_and_before_it_is_named_costs_nothing() {
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        place.ends_token();
        pushes(&mut world, TEXT, BRIDGE, None).await;
        place.ends_token();
        pushes(&mut world, "路通了\n后天起通行。", BRIDGE, None).await;
        assert!(place.counts().iter().all(|n| *n == [2, 0, 0]), "{which:?}: {:?}", place.shown());
    }
}

#[tokio::test]
async fn what_was_given_is_named_until_the_platform_forgets_it() {
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        pushes(&mut world, TEXT, BRIDGE, None).await;
        let once = place.uploads();
        pushes(&mut world, "路通了\n后天起通行。", BRIDGE, None).await;
        // What WeCom knows again by its request bears a name of its own.
        let own = usize::from(which == Which::Wecom);
        assert_eq!(place.uploads(), once + own, "{which:?}");
        place.forgets();
        pushes(&mut world, "灯亮了\n今晚起照明。", BRIDGE, None).await;
        // What is shown within an article stays; its cover was removed.
        let anew = if which == Which::Official { 1 } else { once };
        assert_eq!(place.uploads(), once + own + anew, "{which:?}");
        world.restarts().await;
        pushes(&mut world, "水来了\n今晚起供水。", BRIDGE, None).await;
        assert_eq!(place.uploads(), once + own + anew + once, "{which:?}");
        assert!(place.counts().iter().all(|n| *n == [4, 0, 0]), "{which:?}: {:?}", place.shown());
        world.later(Duration::from_hours(72)).await;
        pushes(&mut world, "车来了\n明天起通车。", MAP, None).await;
        assert!(place.counts().iter().all(|n| *n == [5, 0, 0]), "{which:?}: {:?}", place.shown());
    }
}

#[tokio::test]
async fn a_picture_that_the_platform_refuses_is_a_link_and_the_words_arrive() {
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        for _ in 0..3 {
            place.fails(Trouble::Refused);
        }
        arrives(&mut world, which, None).await;
        for (counts, texts) in place.counts().iter().zip(place.shown()) {
            assert_eq!((counts[0], counts[2]), (0, 1), "{which:?}: {texts:?}");
            let all = texts.concat();
            assert!(all.contains("通行"), "{which:?}: {texts:?}");
            // As a link, or where there are none with the address behind it.
            let address = format!("https://tongxin.example.org/media/{}", hash(BRIDGE));
            let link = [format!("［图片］〈{address}〉"), format!("［图片］ ({address})")];
            assert!(link.iter().any(|link| all.contains(link)), "{which:?}: {texts:?}");
        }
    }
}

#[tokio::test]
async fn what_a_platform_does_not_know_under_the_name_that_it_just_gave_is_a_link_at_once() {
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        place.disowns();
        arrives(&mut world, which, Some(PDF)).await;
        // An article shows its picture; what is not known is its cover, and that of the configuration serves.
        let all = if which == Which::Official { [1, 0, 1] } else { [0, 0, 2] };
        assert!(place.counts().iter().all(|n| *n == all), "{which:?}: {:?}", place.shown());
        let given = place.uploads();
        // Messages for many have names of their own.
        let most = if which == Which::Wecom { 4 } else { 2 };
        assert_eq!(given, most, "{which:?}");
        pushes(&mut world, "路通了\n后天起通行。", BRIDGE, None).await;
        assert_eq!(place.uploads(), given + usize::from(which == Which::Wecom), "{which:?}");
    }
}

#[tokio::test]
async fn what_a_platform_takes_not_at_all_is_a_link_from_the_beginning_and_the_preview_counts_so() {
    let (scan, end) = BRIDGE.split_at(BRIDGE.len() - 2);
    let big = [scan, &vec![0; 1_000_000], end].concat();
    let slides = crate::pictures::office("ppt/presentation.xml", "slide1");
    let (mut world, place) = office(Which::Dingtalk).await;
    let told = pushes(&mut world, TEXT, BRIDGE, Some(&slides)).await;
    assert!(told.contains("将发往 2 个会话，共 4 条消息"), "a picture and words each: {told}");
    assert_eq!(place.uploads(), 1);
    assert!(place.counts().iter().all(|n| *n == [1, 0, 1]), "{:?}", place.shown());
    let (mut world, place) = office(Which::Official).await;
    pushes(&mut world, TEXT, &big, None).await;
    assert_eq!(place.uploads(), 0);
    let shown = place.shown().concat().concat();
    assert!(shown.starts_with("【桥通了】（封面 COVER）") && shown.contains("/media/"), "{shown}");
}
