//! The platforms to which things are given before a message names them, and what can happen to what they are given.

use super::LI;
use crate::clock::StandingClock;
use crate::fakes::dingtalk::{self, FakeDingtalk};
use crate::fakes::feishu::{self, FakeFeishu};
use crate::fakes::official::{self, Article, FakeOfficial};
use crate::fakes::wecom::{self, FakeWecom};
use crate::stories::world::World;
use axum::body::Body;
use std::sync::Arc;

const CHAT: &str = "tongxin01";
const DING_GROUP: &str = "cidAbc123==";

/// A platform to which things are given before a message names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Wecom,
    Feishu,
    Dingtalk,
    Official,
}

/// What happens to what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
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
pub(super) enum Place {
    Wecom(FakeWecom),
    /// With its group.
    Feishu(FakeFeishu, String),
    Dingtalk(FakeDingtalk),
    Official(FakeOfficial),
}

impl Which {
    pub(super) const ALL: [Self; 4] = [Self::Wecom, Self::Feishu, Self::Dingtalk, Self::Official];

    pub(super) async fn start(self, clock: Arc<StandingClock>) -> Place {
        match self {
            Self::Wecom => Place::Wecom(FakeWecom::start(clock, &["wangwu", LI]).await),
            Self::Feishu => Place::Feishu(FakeFeishu::start(clock).await, String::new()),
            Self::Dingtalk => Place::Dingtalk(FakeDingtalk::start(clock).await),
            Self::Official => Place::Official(FakeOfficial::start(clock).await),
        }
    }
}

impl Place {
    pub(super) fn account(&self) -> String {
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
    pub(super) async fn subscribes(&mut self, world: &mut World) {
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
    pub(super) fn shown(&self) -> Vec<Vec<String>> {
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
    pub(super) fn uploads(&self) -> usize {
        match self {
            Self::Wecom(wecom) => wecom.uploads(),
            Self::Feishu(feishu, _) => feishu.uploads(),
            Self::Dingtalk(ding) => ding.uploads(),
            Self::Official(wechat) => wechat.uploads(),
        }
    }

    /// What becomes of the next thing that is given.
    pub(super) fn fails(&self, trouble: Trouble) {
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
    pub(super) fn ends_token(&self) {
        match self {
            Self::Wecom(wecom) => wecom.ends_token(),
            Self::Feishu(feishu, _) => feishu.revokes_tokens(),
            Self::Dingtalk(ding) => ding.ends_tokens(),
            Self::Official(wechat) => wechat.ends_tokens(),
        }
    }

    /// The platform forgets the names that it gave.
    pub(super) fn forgets(&self) {
        match self {
            Self::Wecom(wecom) => wecom.forgets_media(),
            Self::Feishu(feishu, _) => feishu.forgets_media(),
            Self::Dingtalk(ding) => ding.forgets_media(),
            Self::Official(wechat) => wechat.removes_materials(),
        }
    }

    /// It takes what is given, and knows none of the names that it gives.
    pub(super) fn disowns(&self) {
        match self {
            Self::Wecom(wecom) => wecom.disowns_media(),
            Self::Feishu(feishu, _) => feishu.disowns_media(),
            Self::Dingtalk(ding) => ding.disowns_media(),
            Self::Official(wechat) => wechat.disowns_materials(),
        }
    }

    /// How many failures of what is given are still to come.
    pub(super) fn faults_left(&self) -> usize {
        match self {
            Self::Wecom(wecom) => wecom.faults_left(),
            Self::Feishu(feishu, _) => feishu.faults_left(),
            Self::Dingtalk(ding) => ding.faults_left(),
            Self::Official(wechat) => wechat.faults_left(),
        }
    }

    /// How many of the messages at each place are a picture, a file, and a link to one.
    pub(super) fn counts(&self) -> Vec<[usize; 3]> {
        let count = |texts: &Vec<String>, what: &str| texts.concat().matches(what).count();
        let places = self.shown();
        places.iter().map(|t| [count(t, "🖼"), count(t, "📎"), count(t, "/media/")]).collect()
    }
}
