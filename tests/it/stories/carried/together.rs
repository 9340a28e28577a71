//! What goes to many of an organisation of WeCom together.

use super::{LI, PDF, TEXT, pushes};
use crate::clock::StandingClock;
use crate::fakes::wecom::{self, FakeWecom};
use crate::pictures::BRIDGE;
use crate::stories::world::World;
use std::sync::Arc;
use std::time::Duration;

/// An office that pushes to all members of an organisation of WeCom together.
async fn of_all(more: &str) -> (World, FakeWecom) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let wecom = FakeWecom::start(clock.clone(), &[LI, "wangwu"]).await;
    let all = "to = \"@all\"\ntitle = \"全体职工\"\ntopics = [\"policy\"]\n";
    let mut world = World::beside(clock, &format!("{}{all}{more}", wecom.account())).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, wecom)
}

fn read_by(wecom: &FakeWecom, who: &str) -> Vec<String> {
    wecom.shown(who).into_iter().map(|shown| shown.text).collect()
}

#[tokio::test]
async fn two_posts_for_many_with_a_picture_that_is_refused_both_have_their_link() {
    let (mut world, wecom) = of_all("").await;
    wecom.fails("/cgi-bin/media/upload", wecom::Fault::Refused(40005));
    wecom.fails("/cgi-bin/media/upload", wecom::Fault::Refused(40005));
    pushes(&mut world, TEXT, BRIDGE, None).await;
    pushes(&mut world, "路通了\n后天起通行。", BRIDGE, None).await;
    let read = read_by(&wecom, LI);
    let is_link = |text: &&String| text.starts_with("［图片］") && text.contains("/media/");
    let links = read.iter().filter(is_link).count();
    assert_eq!((read.len(), links), (4, 2), "{read:?}");
}

#[tokio::test]
async fn a_picture_for_many_that_gets_no_answer_is_held_where_that_is_wanted_and_outlives_a_restart()
 {
    let (mut world, wecom) = of_all("unknown = \"hold\"\n").await;
    wecom.fails("/cgi-bin/message/send", wecom::Fault::CutUnanswered);
    pushes(&mut world, TEXT, BRIDGE, None).await;
    world.restarts().await;
    world.later(Duration::from_mins(10)).await;
    assert_eq!(read_by(&wecom, LI), ["🖼 1345 字节"], "a person decides");
}

#[tokio::test]
async fn a_picture_for_many_that_gets_no_answer_is_seen_once_and_whom_it_left_out_is_told_once() {
    let (mut world, wecom) = of_all("").await;
    wecom.unlicenses("wangwu");
    wecom.fails("/cgi-bin/message/send", wecom::Fault::CutUnanswered);
    let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
    assert_eq!(told.matches("没有发给其中一部分人").count(), 1, "{told}");
    assert!(told.contains("桥通了") && told.contains("unlicenseduser wangwu"), "{told}");
    let read = read_by(&wecom, LI);
    assert_eq!(read, ["🖼 1345 字节", "桥通了\n\n明天起通行。", "📎 方案.pdf 31 字节"]);
    assert_eq!(wecom.uploads(), 2);
}
