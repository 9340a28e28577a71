//! Articles of an Official Account, which hold their pictures and have a cover.

use super::place::{Place, Which};
use super::{TEXT, office, pushes};
use crate::pictures::BRIDGE;
use std::time::Duration;

#[tokio::test]
async fn a_cover_of_the_configuration_that_is_gone_ends_the_article_and_nothing_is_given_again() {
    let (mut world, place) = office(Which::Official).await;
    let Place::Official(wechat) = &place else { unreachable!() };
    wechat.removes_cover();
    wechat.disowns_materials();
    let told = pushes(&mut world, TEXT, BRIDGE, None).await;
    assert!(told.contains("未能送达") && told.contains("40007"), "{told}");
    assert_eq!((wechat.drafts().len(), wechat.uploads()), (0, 2));
}

#[tokio::test]
async fn an_article_that_is_full_loses_what_its_picture_shows_and_then_the_picture_is_a_link() {
    for (ands, seen) in [(3_958, ["🖼", ""]), (3_965, ["", "/media/"])] {
        let (mut world, place) = office(Which::Official).await;
        let (editor, desk) = (world.admin.clone(), world.admin.private());
        let text = format!("/写稿 政策解读\n满\n{}", "&".repeat(ands));
        world.tells(&editor, &text).await;
        let below = world.last(&desk);
        editor.answers_with_photo(&below, BRIDGE, &"桥".repeat(20));
        world.quiet().await;
        world.hears(&desk);
        let told = world.pushes_last(Duration::from_mins(1)).await;
        let shown = place.shown().concat().concat();
        assert_eq!(shown.matches('&').count(), ands, "{told}: {shown}");
        let (_, body) = shown.split_once('\n').expect("a title");
        let is = ["🖼", "/media/"].map(|sign| if body.contains(sign) { sign } else { "" });
        assert_eq!(is, seen, "{ands}");
    }
}
