//! A post with a picture and a file on every platform that takes them: what readers see, and what becomes of it when
//! the platform does not take at once what it is given.

use super::world::World;
use crate::clock::StandingClock;
use crate::fakes::dingtalk::{self, FakeDingtalk};
use crate::fakes::feishu::{self, FakeFeishu};
use crate::fakes::hookhost::{Fault as HookFault, HookHost};
use crate::fakes::official::{self, Article, FakeOfficial};
use crate::fakes::wecom::{self, FakeWecom};
use crate::fakes::wecombot::{FakeWecomBot, Fault as BotFault};
use crate::pictures::{BRIDGE, MAP, hash};
use axum::body::Body;
use insta::assert_snapshot;
use std::sync::Arc;
use std::time::Duration;

const PDF: &[u8] = b"%PDF-1.7 the plan of the bridge";
const TEXT: &str = "桥通了\n明天起**通行**。";
const LI: &str = "lisi";
const CHAT: &str = "tongxin01";
const BOT_GROUP: &str = "wrAbc0123456789";
const DING_GROUP: &str = "cidAbc123==";

/// A platform to which things are given before a message names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Wecom,
    Feishu,
    Dingtalk,
    Official,
}

/// What happens to what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// The connection is cut before it is taken.
    CutUnread,
    /// It is taken, and the connection is cut before the answer.
    CutUnanswered,
    /// A page of something before the platform.
    Page,
    /// Too many calls.
    TooFast,
    /// It is not taken, and never will be.
    Refused,
}

/// The platform, and where on it the office pushes to.
enum Place {
    Wecom(FakeWecom),
    /// With its group.
    Feishu(FakeFeishu, String),
    Dingtalk(FakeDingtalk),
    Official(FakeOfficial),
}

impl Which {
    const ALL: [Self; 4] = [Self::Wecom, Self::Feishu, Self::Dingtalk, Self::Official];

    async fn start(self, clock: Arc<StandingClock>) -> Place {
        match self {
            Self::Wecom => Place::Wecom(FakeWecom::start(clock, &["wangwu", LI]).await),
            Self::Feishu => Place::Feishu(FakeFeishu::start(clock).await, String::new()),
            Self::Dingtalk => Place::Dingtalk(FakeDingtalk::start(clock).await),
            Self::Official => Place::Official(FakeOfficial::start(clock).await),
        }
    }
}

impl Place {
    fn account(&self) -> String {
        match self {
            Self::Wecom(wecom) => format!(
                "{}to_parties = [2]\ntitle = \"二科\"\ntopics = [\"policy\"]\n\
                 [[account.chat]]\nid = \"{CHAT}\"\ntitle = \"通知群\"\n\
                 members = [\"lisi\", \"wangwu\"]\ntopics = [\"policy\"]\n",
                wecom.account()
            ),
            Self::Feishu(feishu, _) => feishu.account(),
            Self::Dingtalk(ding) => ding.account(),
            Self::Official(wechat) => wechat.account(),
        }
    }

    /// Whoever reads there asks for it, where that is not said in the configuration.
    async fn subscribes(&mut self, world: &mut World) {
        match self {
            Self::Wecom(wecom) => {
                let call = wecom.call(&wecom.says(LI, "/订阅 政策解读"));
                assert_eq!(world.is_posted(call).await, 200);
            }
            Self::Feishu(feishu, group) => {
                let owner = feishu.person("王芳");
                *group = feishu.group("阳光花园", &owner);
                feishu.adds_bot(group, &owner);
                feishu.says(&owner, group, "@机器人 /订阅 政策解读");
                while let Some(event) = feishu.next_event() {
                    assert_eq!(world.is_posted(feishu.call(&event).map(Body::from)).await, 200);
                }
                feishu.hears(group);
            }
            Self::Dingtalk(ding) => {
                for to in [Some(DING_GROUP), None] {
                    let call = ding.call("boss", to, "/订阅 政策解读", None);
                    assert_eq!(world.is_posted(call.request()).await, 200);
                }
            }
            Self::Official(_) => {}
        }
    }

    /// What is read at each place there.
    fn shown(&self) -> Vec<Vec<String>> {
        match self {
            Self::Wecom(wecom) => {
                let read = |shown: Vec<wecom::Shown>| {
                    let posts = shown.into_iter().map(|shown| shown.text);
                    posts.filter(|text| !text.contains("已订阅")).collect()
                };
                vec![read(wecom.shown("wangwu")), read(wecom.shown(LI)), read(wecom.in_group(CHAT))]
            }
            Self::Feishu(feishu, group) => {
                let read = feishu.messages(group).into_iter().filter(|m| m.answers.is_none());
                let texts = read.map(|m| m.text).filter(|text| !text.contains("大家好"));
                vec![texts.collect()]
            }
            Self::Dingtalk(ding) => [DING_GROUP, "boss"]
                .map(|to| {
                    let texts = ding.shown(to).into_iter().map(|shown| shown.text);
                    texts.filter(|text| !text.contains("已订阅")).collect()
                })
                .to_vec(),
            Self::Official(wechat) => {
                let read = |a: Article| {
                    let cover = a.cover.replace("🖼 ", "");
                    format!("【{}】（封面 {cover}）\n{}", a.title, a.text)
                };
                vec![wechat.drafts().into_iter().map(read).collect()]
            }
        }
    }

    /// How often the platform took something that it was given.
    fn uploads(&self) -> usize {
        match self {
            Self::Wecom(wecom) => wecom.uploads(),
            Self::Feishu(feishu, _) => feishu.uploads(),
            Self::Dingtalk(ding) => ding.uploads(),
            Self::Official(wechat) => wechat.uploads(),
        }
    }

    /// What becomes of the next thing that is given.
    fn fails(&self, trouble: Trouble) {
        match self {
            Self::Wecom(wecom) => {
                let fault = match trouble {
                    Trouble::CutUnread => wecom::Fault::CutUnread,
                    Trouble::CutUnanswered => wecom::Fault::CutUnanswered,
                    Trouble::Page => wecom::Fault::Page(502),
                    Trouble::TooFast => wecom::Fault::TooFast,
                    Trouble::Refused => wecom::Fault::Refused(40005),
                };
                wecom.fails("/cgi-bin/media/upload", fault);
            }
            Self::Feishu(feishu, _) => feishu.fails_upload(match trouble {
                Trouble::CutUnread => feishu::Fault::CutUnread,
                Trouble::CutUnanswered => feishu::Fault::CutUnanswered,
                Trouble::Page => feishu::Fault::Page(502),
                Trouble::TooFast => feishu::Fault::TooFast,
                // The app was not granted that.
                Trouble::Refused => feishu::Fault::Refused(99_991_672),
            }),
            Self::Dingtalk(ding) => ding.fails_upload(match trouble {
                Trouble::CutUnread => dingtalk::Fault::CutUnread,
                Trouble::CutUnanswered => dingtalk::Fault::CutUnanswered,
                Trouble::Page => dingtalk::Fault::Page(502),
                Trouble::TooFast => dingtalk::Fault::TooFast,
                Trouble::Refused => dingtalk::Fault::Refused(40005),
            }),
            Self::Official(wechat) => {
                let fault = match trouble {
                    Trouble::CutUnread => official::Fault::CutUnread,
                    Trouble::CutUnanswered => official::Fault::CutUnanswered,
                    Trouble::Page => official::Fault::Page(502),
                    Trouble::TooFast => official::Fault::Refused(45011),
                    Trouble::Refused => official::Fault::Refused(40137),
                };
                for path in ["/cgi-bin/media/uploadimg", "/cgi-bin/material/add_material"] {
                    wechat.fails(path, fault);
                }
            }
        }
    }

    /// The token ends before its time.
    fn ends_token(&self) {
        match self {
            Self::Wecom(wecom) => wecom.ends_token(),
            Self::Feishu(feishu, _) => feishu.revokes_tokens(),
            Self::Dingtalk(ding) => ding.ends_tokens(),
            Self::Official(wechat) => wechat.ends_tokens(),
        }
    }

    /// The platform forgets the names that it gave.
    fn forgets(&self) {
        match self {
            Self::Wecom(wecom) => wecom.forgets_media(),
            Self::Feishu(feishu, _) => feishu.forgets_media(),
            Self::Dingtalk(ding) => ding.forgets_media(),
            Self::Official(wechat) => wechat.removes_materials(),
        }
    }

    /// It takes what is given, and knows none of the names that it gives.
    fn disowns(&self) {
        match self {
            Self::Wecom(wecom) => wecom.disowns_media(),
            Self::Feishu(feishu, _) => feishu.disowns_media(),
            Self::Dingtalk(ding) => ding.disowns_media(),
            Self::Official(wechat) => wechat.disowns_materials(),
        }
    }

    /// How many failures of what is given are still to come.
    fn faults_left(&self) -> usize {
        match self {
            Self::Wecom(wecom) => wecom.faults_left(),
            Self::Feishu(feishu, _) => feishu.faults_left(),
            Self::Dingtalk(ding) => ding.faults_left(),
            Self::Official(wechat) => wechat.faults_left(),
        }
    }

    /// How many of the messages at each place are a picture, a file, and a link to one.
    fn counts(&self) -> Vec<[usize; 3]> {
        let count = |texts: &Vec<String>, what: &str| texts.concat().matches(what).count();
        let places = self.shown();
        places.iter().map(|t| [count(t, "🖼"), count(t, "📎"), count(t, "/media/")]).collect()
    }
}

/// An office whose readers are on this platform.
async fn office(which: Which) -> (World, Place) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let mut place = which.start(clock.clone()).await;
    let mut world = World::beside(clock, &place.account()).await;
    place.subscribes(&mut world).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    (world, place)
}

/// The editor pushes a post with a picture, and perhaps a file; what staff saw before it and by the time all is done.
async fn pushes(world: &mut World, text: &str, picture: &[u8], file: Option<&[u8]>) -> String {
    let (editor, desk) = (world.admin.clone(), world.admin.private());
    editor.sends_photo(&desk, picture, &format!("/写稿 政策解读\n{text}"));
    world.quiet().await;
    if let Some(bytes) = file {
        let below = world.last(&desk);
        editor.answers_with_file(&below, "方案.pdf", bytes);
        world.quiet().await;
    }
    let shown = world.hears(&desk);
    let below = world.last(&desk);
    world.presses(&editor, &below, "立即推送").await;
    world.later(Duration::from_mins(10)).await;
    shown + &world.hears(&desk)
}

#[tokio::test]
async fn every_platform_shows_a_picture_and_a_file_in_its_own_way() {
    let mut read = Vec::new();
    for which in Which::ALL {
        let (mut world, place) = office(which).await;
        let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
        assert!(!told.contains("未能送达"), "{which:?}: {told}");
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
        let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
        assert!(!told.contains("未能送达"), "{which:?}: {told}");
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
        let told = pushes(&mut world, TEXT, BRIDGE, None).await;
        assert!(!told.contains("未能送达"), "{which:?}: {told}");
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
        let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
        assert!(!told.contains("未能送达"), "{which:?}: {told}");
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
        let below = world.last(&desk);
        world.presses(&editor, &below, "立即推送").await;
        world.later(Duration::from_mins(1)).await;
        let told = world.hears(&desk);
        let shown = place.shown().concat().concat();
        assert_eq!(shown.matches('&').count(), ands, "{told}: {shown}");
        let (_, body) = shown.split_once('\n').expect("a title");
        let is = ["🖼", "/media/"].map(|sign| if body.contains(sign) { sign } else { "" });
        assert_eq!(is, seen, "{ands}");
    }
}

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

#[tokio::test]
async fn another_system_is_told_what_belongs_to_a_message_and_fetches_it() {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let host = HookHost::start(clock.clone()).await;
    let mut world = World::beside(clock, &host.account("any")).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    host.fails(HookFault::CutUnanswered);
    let told = pushes(&mut world, TEXT, BRIDGE, Some(PDF)).await;
    assert!(!told.contains("未能送达"), "{told}");
    let sent = host.taken("message.sent", None);
    assert_eq!(sent.len(), 1, "one message, taken once");
    world.calls(&hash(BRIDGE), "〈图〉");
    world.calls(&hash(PDF), "〈文件〉");
    let attachments = serde_json::to_string_pretty(&sent[0]["attachments"]).expect("JSON");
    assert_snapshot!(world.named(format!("{}\n{attachments}", sent[0]["text"])), @r#"
    "桥通了\n\n明天起通行。"
    [
      {
        "bytes": 1345,
        "name": "picture.jpg",
        "sha256": "〈图〉",
        "type": "image/jpeg",
        "url": "https://tongxin.example.org/media/〈图〉"
      },
      {
        "bytes": 31,
        "name": "方案.pdf",
        "sha256": "〈文件〉",
        "type": "application/pdf",
        "url": "https://tongxin.example.org/media/〈文件〉"
      }
    ]
    "#);
    for (attachment, bytes) in
        sent[0]["attachments"].as_array().expect("a list").iter().zip([BRIDGE, PDF])
    {
        let url = attachment["url"].as_str().expect("an address");
        let path = url.strip_prefix("https://tongxin.example.org").expect("ours");
        assert_eq!(world.picture(path).await, (200, bytes.to_vec()));
    }
}

/// An office whose posts go to one group of a smart robot, over its connection.
async fn smart_robot() -> (World, FakeWecomBot) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let bot = FakeWecomBot::start(clock.clone()).await;
    let mut world = World::beside(clock, &bot.account()).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    bot.is_heard_out().await;
    bot.happens(&bot.says("boss", Some(BOT_GROUP), "/订阅 政策解读"));
    bot.is_heard_out().await;
    world.quiet().await;
    (world, bot)
}

#[tokio::test]
async fn a_smart_robot_gives_what_it_shows_over_its_connection_and_a_break_costs_nothing() {
    let (mut world, bot) = smart_robot().await;
    let seen = bot.shown(BOT_GROUP).len();
    // Of three pieces.
    let plan = [PDF, &vec![b' '; 1_200_000]].concat();
    bot.fails(BotFault::Busy);
    bot.fails(BotFault::CutUnanswered);
    let mut told = pushes(&mut world, TEXT, BRIDGE, Some(&plan)).await;
    for _ in 0..3 {
        bot.is_heard_out().await;
        world.later(Duration::from_mins(10)).await;
    }
    told += &world.hears(&world.admin.private());
    assert!(!told.contains("未能送达"), "{told}");
    let read: Vec<_> = bot.shown(BOT_GROUP).into_iter().skip(seen).map(|s| s.text).collect();
    assert_eq!(read, ["🖼 1345 字节", "桥通了\n明天起通行。", "📎 方案.pdf 1200031 字节"]);
    assert_eq!(bot.uploads(), 2);
}

#[tokio::test]
async fn a_smart_robot_shows_a_link_for_what_is_not_known_under_the_name_that_was_just_given() {
    let (mut world, bot) = smart_robot().await;
    let seen = bot.shown(BOT_GROUP).len();
    bot.disowns_media();
    let told = pushes(&mut world, TEXT, BRIDGE, None).await;
    assert!(!told.contains("未能送达"), "{told}");
    let read: Vec<_> = bot.shown(BOT_GROUP).into_iter().skip(seen).map(|s| s.text).collect();
    assert_eq!(read.len(), 2, "{read:?}");
    assert!(read[0].starts_with("［图片］〈https://tongxin.example.org/media/"), "{read:?}");
    assert_eq!(bot.uploads(), 1);
}
