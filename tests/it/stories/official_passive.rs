//! What an Official Account without customer-service messages goes through: all that its followers are told stands in
//! the answers to the platform's calls.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::official::{FakeOfficial, Rank};
use std::cell::Cell;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::model::Kind;

const LI: &str = "oLi_openid_of_the_story_000001";
/// How often the help names that command.
const HELP_NAMES: usize = 1;
const SEND: &str = "/cgi-bin/message/custom/send";

/// An office with such an account.
struct Scene {
    world: World,
    wechat: FakeOfficial,
}

impl Scene {
    async fn open() -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let wechat = FakeOfficial::start(clock.clone()).await;
        wechat.becomes(Rank::Unverified);
        let account = format!("{}replies = \"passive\"\n", wechat.account());
        let world = World::beside(clock, &account).await;
        Self { world, wechat }
    }

    /// The platform calls; while it waits, the program does its work.
    async fn called(&mut self, message: &str) -> String {
        let call = self.world.answers(self.wechat.call(message));
        let (status, answer) = at_work(&self.world, call).await;
        assert_eq!(status, 200, "{answer}");
        let read = self.wechat.reads(LI, &answer);
        self.world.quiet().await;
        read
    }

    /// A follower writes; what they read at once.
    async fn says(&mut self, text: &str) -> String {
        let message = self.wechat.says(LI, text);
        self.called(&message).await
    }

    /// A follower taps a choice.
    async fn chooses(&mut self, label: &str) -> String {
        let message = self.wechat.chooses(LI, label);
        self.called(&message).await
    }

    /// A follower submits a suggestion; its number.
    async fn submits(&mut self, text: &str) -> String {
        self.says(text).await;
        word_after(&self.chooses("提交").await, "编号：")
    }

    fn staff(&mut self) -> String {
        let desk = self.world.admin.private();
        self.world.hears(&desk)
    }

    async fn kept(&self) -> usize {
        let found = self.world.store().list(Kind::Answer, &[], None, 10).await;
        found.expect("reads").len()
    }
}

/// Something that waits, while the program does its work.
async fn at_work<T>(world: &World, waits: impl Future<Output = T>) -> T {
    let over = Cell::new(false);
    let waits = async {
        let done = waits.await;
        over.set(true);
        done
    };
    let works = async {
        while !over.get() {
            world.turns_rounds().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(waits, works).0
}

#[tokio::test]
async fn a_suggestion_is_confirmed_and_answered_in_the_answers_to_calls() {
    let mut scene = Scene::open().await;
    let wang = scene.world.telegram.user("王芳");
    scene.world.hires(&wang, "审阅人").await;
    let mut tale = Tale::default();
    let text = "<b>小区</b>门口 ]]> 加装路灯，见 https://a.cn/?x=1&y=2";
    tale.tells("问", &scene.says(text).await);
    let receipt = scene.chooses("提交").await;
    let (number, code) = (word_after(&receipt, "编号："), word_after(&receipt, "查询码："));
    tale.tells("提交", &receipt);
    scene.world.hears(&wang.private());
    scene.world.tells(&wang, &format!("/认领 {number}")).await;
    scene.world.tells(&wang, &format!("/受理 {number} 建议")).await;
    let answer = format!("/答复 {number} 路灯已列入<年底>计划 ]]>，见 https://a.cn/?x=1&y=2。");
    scene.world.tells(&wang, &answer).await;
    scene.world.hears(&wang.private());
    tale.tells("我的", &scene.says("/我的").await);
    tale.tells("再问", &scene.says("/我的").await);
    insta::assert_snapshot!(tale.0.replace(&number, "NUMBER").replace(&code, "CODE"), @"
    【问】
    这条内容要作为建议提交吗？
    提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。
    24 小时内不确认，将自动删除。

    请点下面的蓝字，或回复序号：
    1. ［提交］
    2. ［不提交］

    【提交】
    已收到您的建议。
    编号：NUMBER
    查询码：CODE（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 NUMBER

    【我的】
    NUMBER　已答复（11月24日提交）
    　答复：路灯已列入<年底>计划 ]]>，见 https://a.cn/?x=1&y=2。

    ———

    您的建议 NUMBER 已受理，由办公室办理，将在 12月15日 前答复。

    ———

    您的建议 NUMBER 有答复了：
    路灯已列入<年底>计划 ]]>，见 https://a.cn/?x=1&y=2。

    【再问】
    NUMBER　已答复（11月24日提交）
    　答复：路灯已列入<年底>计划 ]]>，见 https://a.cn/?x=1&y=2。
    ");
    assert_eq!((scene.wechat.calls(SEND), scene.wechat.shown(LI).len()), (0, 0));
    assert!(scene.world.files_with(LI.as_bytes()).is_empty(), "who wrote is kept nowhere in clear");
    scene.staff();
}

#[tokio::test]
async fn a_choice_can_be_typed_by_its_number_or_its_words() {
    for typed in ["1", "１", " 提交 "] {
        let mut scene = Scene::open().await;
        scene.says("小区门口加装路灯").await;
        let told = scene.says(typed).await;
        assert!(told.contains("编号："), "{typed}: {told}");
        // Nothing is offered any more.
        let told = scene.says(typed).await;
        assert!(!told.contains("编号："), "{typed}: {told}");
    }
    let mut scene = Scene::open().await;
    scene.says("小区门口加装路灯").await;
    assert!(scene.says("2").await.contains("删除"), "it is thrown away");
    assert!(scene.says("/我的").await.contains("还没有"));
}

#[tokio::test]
async fn a_call_that_comes_again_gets_the_same_answer_and_is_handled_once() {
    let mut scene = Scene::open().await;
    let message = scene.wechat.says(LI, "小区门口加装路灯");
    let first = scene.called(&message).await;
    assert!(first.contains("［提交］"), "{first}");
    assert_eq!(scene.called(&message).await, first);
    scene.world.restarts().await;
    assert_eq!(scene.called(&message).await, first);
    let press = scene.wechat.chooses(LI, "提交");
    let receipt = scene.called(&press).await;
    assert!(receipt.contains("查询码："), "{receipt}");
    scene.world.restarts().await;
    assert_eq!(scene.called(&press).await, receipt);
    // An older call has no answer any more, and changes nothing.
    assert_eq!(scene.called(&message).await, "");
    assert_eq!(scene.says("/我的").await.matches("已收到（").count(), 1);
    scene.staff();
}

#[tokio::test]
async fn what_takes_too_long_is_told_the_next_time_that_they_write() {
    let mut scene = Scene::open().await;
    let message = scene.wechat.says(LI, "小区门口加装路灯");
    let call = scene.world.answers(scene.wechat.call(&message));
    let time =
        async { scene.world.clock.jump(scene.world.clock.now().plus(Duration::from_secs(5))) };
    let ((status, answer), ()) = tokio::join!(call, time);
    assert_eq!((status, answer.as_str()), (200, "success"));
    // It is handled now, and nobody waits.
    scene.world.quiet().await;
    scene.world.restarts().await;
    let told = scene.says("/我的").await;
    let mine = told.find("还没有").expect("what they asked for");
    let question = told.find("［提交］").expect("what they were not told");
    assert!(mine < question, "{told}");
    assert!(scene.chooses("提交").await.contains("编号："));
    scene.staff();
}

#[tokio::test]
async fn a_process_that_dies_before_it_answers_answers_the_call_that_comes_again() {
    for again in [true, false] {
        let mut scene = Scene::open().await;
        let message = scene.wechat.says(LI, "小区门口加装路灯");
        {
            // The call is stored, and its caller hangs up.
            let call = scene.world.answers(scene.wechat.call(&message));
            let stored = async {
                while scene
                    .world
                    .store()
                    .list(Kind::Inbox, &[], None, 50)
                    .await
                    .expect("reads")
                    .len()
                    < 2
                {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                () = stored => {}
                _ = call => panic!("nobody handles it"),
            }
        }
        scene.world.restarts().await;
        scene.world.quiet().await;
        scene.world.restarts().await;
        let told = if again { scene.called(&message).await } else { scene.says("/帮助").await };
        assert!(told.contains("［提交］"), "{told}");
        assert!(scene.chooses("提交").await.contains("编号："));
        scene.staff();
    }
}

#[tokio::test]
async fn what_is_too_long_for_one_answer_goes_on_when_they_ask_for_it() {
    let mut scene = Scene::open().await;
    // Nobody waits for what these say.
    for _ in 0..6 {
        let message = scene.wechat.says(LI, "/帮助");
        let call = scene.world.answers(scene.wechat.call(&message));
        let late = scene.world.clock.now().plus(Duration::from_secs(5));
        let (answer, ()) = tokio::join!(call, async { scene.world.clock.jump(late) });
        assert_eq!(answer, (200, "success".to_owned()));
        scene.world.quiet().await;
    }
    let first = scene.says("/我的").await;
    assert!(first.starts_with("您还没有") && first.contains("回复“继续”"), "{first}");
    let mut told = vec![first];
    while told.last().is_some_and(|last| last.contains("回复“继续”")) {
        assert!(told.len() < 12, "{told:#?}");
        scene.world.restarts().await;
        told.push(scene.says("继续").await);
    }
    assert_eq!(told.concat().matches("/忘记我").count(), 6 * HELP_NAMES, "{told:#?}");
    assert_eq!(scene.says("继续").await, "没有更多内容了。");
    scene.staff();
}

#[tokio::test]
async fn forged_old_and_foreign_calls_are_answered_by_no_words() {
    let mut scene = Scene::open().await;
    let message = scene.wechat.says(LI, "小区门口加装路灯");
    let (mut parts, body) = scene.wechat.call(&message).into_parts();
    let forged = parts.uri.to_string().replacen("msg_signature=", "msg_signature=0", 1);
    parts.uri = forged.parse().expect("an address");
    let forged = axum::http::Request::from_parts(parts, body);
    assert_eq!(scene.world.answers(forged).await.0, 401);
    assert_eq!(scene.world.answers(scene.wechat.call_for(&message, "wxanother")).await.0, 400);
    let old = scene.wechat.call(&message);
    scene.world.clock.jump(scene.world.clock.now().plus(Duration::from_mins(11)));
    assert_eq!(scene.world.answers(old).await.0, 400);
    let odd = "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><A>&a;</A></xml>";
    assert_eq!(scene.called(odd).await, "");
    let nobody = message.replace(LI, "");
    assert_eq!(scene.world.answers(scene.wechat.call(&nobody)).await, (200, "success".to_owned()));
    assert_eq!(scene.kept().await, 0);
}

#[tokio::test]
async fn it_greets_helps_reads_words_alone_and_neither_pushes_to_one_nor_lets_anybody_work() {
    let mut scene = Scene::open().await;
    let mut tale = Tale::default();
    let follows = scene.wechat.happens(LI, "subscribe", "qrscene_");
    tale.tells("新关注", &scene.called(&follows).await);
    let voice = scene.wechat.shows(LI, "voice");
    tale.tells("语音", &scene.called(&voice).await);
    tale.tells("订阅", &scene.says("/订阅 政策解读").await);
    let admin = scene.world.admin.clone();
    scene.world.tells(&admin, "/邀请 审阅人").await;
    let invitation = scene.staff();
    let payload = invitation.split("?start=").nth(1).expect("a link");
    let payload = payload.split_whitespace().next().expect("a payload").to_owned();
    tale.tells("邀请", &scene.says(&format!("/start {payload}")).await);
    tale.tells("继续", &scene.says("继续").await);
    insta::assert_snapshot!(tale.0, @"
    【新关注】
    您好，这里是同心社区。
    我会按时推送您订阅的栏目。引用回复任何一条推送，或直接给我发消息，就可以提建议；答复会回到这里。
    发送 /帮助 查看全部命令。

    ———

    栏目：
    ○ 未订阅　便民信息，下一期 11月24日 08:30
    ○ 未订阅　政策解读
    订阅请发送：/订阅 栏目名

    【语音】
    内容太短，请至少写四个字。

    【订阅】
    这个公众号只能在您发来消息时回复，不能单独给您推送。推送请在公众号的文章里看。

    【邀请】
    这个账号不能主动通知您，因此不能在这里担任工作角色。请用其他平台的账号打开邀请。

    【继续】
    没有更多内容了。
    ");
    let gone = scene.wechat.happens(LI, "unsubscribe", "");
    assert_eq!(scene.called(&gone).await, "");
    scene.staff();
}

#[tokio::test]
async fn who_wants_to_be_forgotten_is_and_what_was_told_goes_when_its_time_is_over() {
    let mut scene = Scene::open().await;
    scene.submits("小区门口加装路灯").await;
    scene.says("公园应当多装几盏路灯").await;
    scene.says("/忘记我").await;
    let told = scene.says("1").await;
    assert!(!told.contains("提交") && !told.contains("编号"), "{told}");
    assert!(!scene.says("/帮助").await.contains("编号："));
    assert_eq!(scene.kept().await, 1);
    scene.world.later(Duration::from_hours(49)).await;
    assert_eq!(scene.kept().await, 0);
    scene.staff();
}
