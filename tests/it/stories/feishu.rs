//! What goes through an app of Feishu: pushes, answers to them, buttons, and calls that are not the platform's.

use super::world::{Between, Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::feishu::{APP_SECRET, ENCRYPT_KEY, FakeFeishu, Fault, Member, TOKEN};
use axum::body::Body;
use bytes::Bytes;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tongxin::app::channels;
use tongxin::clock::Clock as _;
use tongxin::config::{AccountSettings, Config, Given, Overrides};
use tongxin::connector::feishu::Feishu;
use tongxin::connector::signed::feishu as signed;
use tongxin::connector::{Amendment, Connector as _, Outgoing, Secret, SendFailure};
use tongxin::model::{Address, Button, ButtonDoes, ChatKind, Document, Lang, MessageRef};
use tongxin::text::{Part, Speak as _, render};

const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a?b=1&c=(2))。\n\n\
    - **一号楼** 3*4*5\n- `二号楼` <font> <at id=all></at> [x](y)";

/// An office with an app of Feishu, and an editor, who is on Telegram.
pub(super) struct Office {
    pub world: World,
    pub feishu: FakeFeishu,
    owner: Member,
}

impl Office {
    pub async fn open() -> Self {
        Self::with(Between::GoesOn).await
    }

    async fn with(between: Between) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let feishu = FakeFeishu::start(clock.clone()).await;
        let mut world = World::beside(clock, &feishu.account()).await;
        let admin = world.admin.clone();
        world.hires(&admin, "编辑").await;
        world.between = between;
        let owner = feishu.person("物业老陈");
        Self { world, feishu, owner }
    }

    /// Everything that happened is told, and all that is due soon is done.
    async fn goes_on(&mut self) {
        loop {
            self.world.part().await;
            let Some(event) = self.feishu.next_event() else { return };
            let (status, answer) = self.called(self.feishu.call(&event)).await;
            assert_eq!((status, answer.as_str()), (200, "{}"));
        }
    }

    /// The platform makes a call; what it is answered.
    async fn called(&self, call: http::Request<Bytes>) -> (u16, String) {
        self.world.answers(call.map(Body::from)).await
    }

    /// A group with the bot in it, subscribed by its owner.
    pub async fn group(&mut self, name: &str) -> String {
        let group = self.feishu.group(name, &self.owner);
        self.subscribes(&group).await;
        group
    }

    async fn subscribes(&mut self, group: &str) {
        self.feishu.adds_bot(group, &self.owner);
        self.goes_on().await;
        assert!(self.feishu.hears(group).contains("同心社区"));
        self.feishu.says(&self.owner, group, "@机器人 /订阅 政策解读");
        self.goes_on().await;
        let heard = self.feishu.hears(group);
        assert!(heard.contains("已订阅“政策解读”"), "{heard}");
    }

    /// The editor writes a post and pushes it; its code.
    pub async fn pushes(&mut self, text: &str) -> String {
        let editor = self.world.admin.clone();
        self.world.tells(&editor, &format!("/写稿 政策解读\n{text}")).await;
        let preview = self.world.last(&editor.private());
        self.world.hears(&editor.private());
        self.world.presses(&editor, &preview, "立即推送").await;
        self.goes_on().await;
        word_after(&preview.text, "以上是稿件 ")
    }

    /// What the editor is told since.
    pub fn told(&mut self) -> String {
        let desk = self.world.admin.private();
        self.world.hears(&desk)
    }

    pub async fn later(&mut self, span: Duration) {
        self.world.later(span).await;
        self.goes_on().await;
    }

    /// What a push became, chat by chat.
    pub async fn report(&mut self, code: &str) -> String {
        let editor = self.world.admin.clone();
        self.told();
        self.world.tells(&editor, &format!("/送达 {code}")).await;
        self.told()
    }
}

#[tokio::test]
async fn a_post_is_read_as_it_was_written() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    office.pushes(TEXT).await;
    insta::assert_snapshot!(office.feishu.hears(&group), @r"
    停水通知

    明天九点到十二点停水，见区政府网〈https://gov.example.org/a?b=1&c=(2)〉。

    • 一号楼 345
    • 二号楼 <font> <at id=all></at> x (y)
    ");
    office.told();
}

#[tokio::test]
async fn ten_thousand_characters_arrive_whole_in_order_and_within_every_limit() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    let line = |n: usize| {
        format!("第{n:04}条，关于办理“居住证”的通知，详见[官网](https://gov.example.org/{n})。")
    };
    let lines: Vec<_> = (0..300).map(line).collect();
    office.pushes(&format!("长文\n{}", lines.join("\n\n"))).await;
    office.later(Duration::from_mins(1)).await;
    let read: String = office.feishu.messages(&group).iter().map(|m| m.text.as_str()).collect();
    let at: Vec<_> =
        (0..300).map(|n| read.find(&format!("第{n:04}条")).expect("is there")).collect();
    assert!(at.is_sorted());
    assert_eq!(read.matches("官网〈https://gov.example.org/").count(), 300);
    assert_eq!(office.feishu.refused(), 0);
    office.told();
}

#[tokio::test]
async fn a_chat_that_others_flood_waits_alone_and_an_app_that_is_flooded_waits_as_a_whole() {
    let mut office = Office::open().await;
    let (one, two) = (office.group("阳光花园").await, office.group("桂花巷").await);
    let editor = office.world.admin.clone();
    office.world.tells(&editor, &format!("/写稿 政策解读\n{TEXT}")).await;
    let preview = office.world.last(&editor.private());
    office.told();
    office.feishu.floods_chat(&one);
    editor.presses(&preview, "立即推送");
    office.world.takes_in().await;
    office.world.turns_rounds().await;
    assert!(office.feishu.hears(&two).contains("停水通知"));
    assert_eq!((office.feishu.hears(&one).as_str(), office.feishu.refused()), ("", 1));
    office.goes_on().await;
    assert!(office.feishu.hears(&one).contains("停水通知"));
    office.feishu.floods_app();
    office.pushes("第二篇\n内容").await;
    for group in [&one, &two] {
        assert_eq!(office.feishu.hears(group), "");
    }
    office.later(Duration::from_mins(2)).await;
    for group in [&one, &two] {
        assert_eq!(office.feishu.hears(group), "第二篇\n\n内容");
    }
    office.told();
}

#[tokio::test]
async fn a_group_that_removed_the_bot_or_was_dissolved_ends_and_staff_are_told() {
    let mut office = Office::open().await;
    let well = office.group("阳光花园").await;
    let told = office.group("桂花巷").await;
    let silent = office.group("学府里").await;
    let over = office.group("旧群").await;
    let zhao = office.feishu.person("赵敏");
    let alone = office.feishu.alone(&zhao);
    office.feishu.tells(&zhao, "/订阅 政策解读");
    office.goes_on().await;
    assert!(office.feishu.hears(&alone).contains("已订阅"));
    office.feishu.stops_bot(&zhao);
    office.feishu.removes_bot(&told, &office.owner);
    office.feishu.disbands(&over, &office.owner);
    office.goes_on().await;
    let mut alarm = office.told();
    office.feishu.removes_bot_silently(&silent);
    office.pushes(TEXT).await;
    alarm += &office.told();
    for name in ["桂花巷", "旧群", "学府里"] {
        assert!(alarm.contains(&format!("“{name}”的订阅已终止")), "{alarm}");
    }
    assert!(office.feishu.hears(&well).contains("停水通知"));
    // Who stops reading alone is nobody's to mend.
    assert!(!alarm.contains("私聊"), "{alarm}");
    for group in [&told, &silent, &over, &alone] {
        assert_eq!(office.feishu.hears(group), "");
    }
}

#[tokio::test]
async fn a_message_without_an_answer_is_sent_again_and_shown_once() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    for fault in [Fault::CutUnanswered, Fault::CutUnread, Fault::Page(502), Fault::Internal] {
        office.feishu.fails(fault);
    }
    let code = office.pushes(TEXT).await;
    office.later(Duration::from_mins(5)).await;
    assert_eq!(office.feishu.hears(&group).matches("停水通知").count(), 1);
    let report = office.report(&code).await;
    assert!(report.contains("已达 1"), "{report}");
}

/// The connector by itself, a group with its bot in it, and the clock.
async fn alone() -> (Feishu, FakeFeishu, String, Arc<StandingClock>) {
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
    let feishu = FakeFeishu::start(clock.clone()).await;
    let group = feishu.group("阳光花园", &feishu.person("物业老陈"));
    feishu.adds_bot(&group, &feishu.person("物业老陈"));
    let text = feishu.account() + "[[topic]]\nid = \"policy\"\n";
    let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
    let given = Given { file, text: &text, variables, overrides: Overrides::default() };
    let config = Config::read(given).expect("a good configuration");
    let AccountSettings::Feishu(settings) = &config.accounts[0].settings else { panic!("an app") };
    let account = config.accounts[0].id.clone();
    let app = Feishu::new(account, settings, clock.clone()).expect("an app");
    (app, feishu, group, clock)
}

fn outgoing(app: &Feishu, chat: &str, text: &str, buttons: Vec<Vec<Button>>) -> Outgoing {
    let account = app.account().clone();
    let to = Address { account, kind: ChatKind::Group, chat: chat.to_owned(), thread: None };
    let part = Part { text: text.to_owned(), marks: Vec::new() };
    let (part, buttons) = (Arc::new(part), Arc::new(buttons));
    Outgoing {
        to: to.into(),
        part,
        buttons,
        reply_to: None,
        topic: None,
        once: format!("{text:.30}"),
    }
}

fn reference(app: &Feishu, chat: &str, message: String) -> MessageRef {
    MessageRef { account: app.account().clone(), chat: chat.to_owned(), message }
}

#[tokio::test]
async fn after_an_hour_without_an_answer_it_is_not_known_whether_a_message_arrived() {
    let (app, feishu, group, clock) = alone().await;
    let message = outgoing(&app, &group, "停水通知", Vec::new());
    feishu.fails(Fault::CutUnanswered);
    assert!(matches!(app.send(&message).await, Err(SendFailure::Transient(_))));
    clock.advance(Duration::from_mins(56));
    assert!(matches!(app.send(&message).await, Err(SendFailure::Unknown(_))));
    assert_eq!(feishu.messages(&group).len(), 1);
    // The policy has it sent again.
    app.send(&message).await.expect("is taken");
    app.send(&message).await.expect("is taken");
    assert_eq!(feishu.messages(&group).len(), 1, "not yet forgotten there");
}

#[tokio::test]
async fn posts_and_cards_are_changed_and_taken_back_each_in_its_way() {
    let (app, feishu, group, _) = alone().await;
    let does = ButtonDoes::Press("x".to_owned());
    let buttons = vec![vec![Button { label: "提交".to_owned(), does }]];
    for (text, buttons) in [("一条通知", Vec::new()), ("一张卡片", buttons)] {
        let sent = app.send(&outgoing(&app, &group, text, buttons.clone())).await.expect("sent");
        let sent = reference(&app, &group, sent.message);
        let part = Arc::new(Part { text: format!("{text}（更正）"), marks: Vec::new() });
        let edit = Amendment::Edit { part, buttons: Arc::default() };
        app.amend(&sent, &edit).await.expect("is changed");
        let shown = feishu.last(&group);
        assert_eq!((shown.text, shown.keys), (format!("{text}（更正）"), Vec::new()));
        for _ in 0..2 {
            app.amend(&sent, &Amendment::Recall).await.expect("is taken back");
        }
        assert!(feishu.messages(&group).is_empty());
        assert!(matches!(app.amend(&sent, &edit).await, Err(SendFailure::Rejected(_))));
    }
}

#[tokio::test]
async fn the_longest_text_fits_whatever_is_in_it_with_buttons_and_without() {
    let (app, feishu, group, clock) = alone().await;
    let does = ButtonDoes::Press("x".repeat(64));
    let buttons = vec![vec![Button { label: "提交".to_owned(), does }; 3]; 4];
    for sign in ["\"", "\\", "*", "<", "\n.", "字", "a", "\t."] {
        let text = Document::plain(&format!("始{}终", sign.repeat(14_000)));
        for part in render(&text, &app.limits().size) {
            for buttons in [Vec::new(), buttons.clone()] {
                clock.advance(Duration::from_secs(1));
                let mut message = outgoing(&app, &group, "", buttons);
                message.part = Arc::new(part.clone());
                message.once = clock.fresh().to_string();
                app.send(&message).await.expect("is taken");
                assert_eq!(feishu.last(&group).text.trim(), part.text.trim());
            }
        }
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_renewed_in_time_and_replaced_when_it_is_refused() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    office.pushes("第一篇\n内容").await;
    assert_eq!(office.feishu.tokens_fetched(), 1);
    office.feishu.revokes_tokens();
    office.pushes("第二篇\n内容").await;
    assert_eq!(office.feishu.tokens_fetched(), 2);
    office.later(Duration::from_mins(100)).await;
    office.pushes("第三篇\n内容").await;
    assert_eq!(office.feishu.tokens_fetched(), 3);
    assert_eq!(office.feishu.messages(&group).len(), 5);
    assert_eq!(office.feishu.refused(), 0);
    office.feishu.hears(&group);
    office.told();
}

#[tokio::test]
async fn a_token_that_is_refused_for_an_unknown_reason_stops_the_account_and_loses_no_post() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    office.feishu.revokes_tokens();
    office.feishu.fails_token(Fault::Refused(10_999));
    office.pushes("第一篇\n内容").await;
    let alarm = office.told();
    assert!(alarm.contains("账号“feishu”已停止发送") && alarm.contains("10999"), "{alarm}");
    office.later(Duration::from_mins(6)).await;
    assert!(office.feishu.hears(&group).contains("第一篇"));
    // What passes by itself alarms nobody.
    office.feishu.revokes_tokens();
    office.feishu.fails_token(Fault::Internal);
    office.feishu.fails_token(Fault::TooFast);
    office.told();
    office.pushes("第二篇\n内容").await;
    office.later(Duration::from_mins(6)).await;
    assert!(office.feishu.hears(&group).contains("第二篇"));
    let told = office.told();
    assert!(!told.contains("已停止发送"), "{told}");
}

#[tokio::test]
async fn a_member_answers_a_push_and_is_answered_alone() {
    insta::assert_snapshot!(Box::pin(journey(Between::GoesOn)).await, @r"
    【王芳】
    您已担任“审阅人”。发送 /帮助 查看可用的命令。

    【桂花巷居民群】
    公园改造

    桂花巷公园将改造，征求意见。

    【桂花巷居民群】
    ↩ @机器人 公园里请多装几
    要把这条留言作为建议提交吗？（仅留言者本人可选）
    提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。
    24 小时内不确认，将自动删除。
    ［提交］［不提交］

    【桂花巷居民群】
    ↩ @机器人 公园里请多装几
    ✎ 已提交。回执和答复会私下告诉留言者本人；还没有私聊过我的，请先点下面的按钮打开私聊。
    ［查看我的建议］
    ───
    （仅本人可见）只有写这条留言的人可以确认或放弃。
    ───
    （仅本人可见）已提交，编号 〈编号〉。请到私聊查看回执。

    【赵敏】
    已收到您的建议。
    编号：〈编号〉
    查询码：〈查询码〉（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 〈编号〉

    【王芳】
    收到新建议 〈编号〉（针对《公园改造》），请于 11月27日 前回应。
    ［查看］［认领］

    【王芳按［认领］】
    ✎ 建议 〈编号〉（提交人代号 〈代号〉）
    审阅中（〈王芳〉），限 11月27日
    归类：建议 · 综合 · 全辖区 · 办公室办理（受理后 12月15日 前答复）
    针对：《公园改造》
    内容：公园里请多装几盏路灯，晚上太黑了
    ［✓ 建议］［咨询］［投诉］
    ［举报］［复杂］
    ［类别：综合］
    ［受理］［追问］［放回］
    ───
    已认领。

    【王芳按［受理］】
    ✎ 建议 〈编号〉（提交人代号 〈代号〉）
    已受理（〈王芳〉），限 12月15日
    归类：建议 · 综合 · 全辖区 · 办公室办理
    针对：《公园改造》
    内容：公园里请多装几盏路灯，晚上太黑了
    ［答复］［不采纳］［改归类］
    ［认领下一件］
    ───
    已受理，提交人会收到通知。

    【赵敏】
    您的建议 〈编号〉 已受理，由办公室办理，将在 12月15日 前答复。

    【王芳按［答复］】
    请引用回复本条，写下对建议 〈编号〉 的答复：做了什么、何时完成，或为什么不能做。

    【赵敏】
    您的建议 〈编号〉 有答复了：
    已与园林部门商定，12 月底前加装 12 盏路灯。

    【王芳】
    答复已发出。
    ───
    建议 〈编号〉（提交人代号 〈代号〉）
    已答复
    归类：建议 · 综合 · 全辖区 · 办公室办理
    针对：《公园改造》
    内容：公园里请多装几盏路灯，晚上太黑了
    答复：已与园林部门商定，12 月底前加装 12 盏路灯。
    ");
}

#[tokio::test]
async fn a_restart_between_any_two_parts_of_the_journey_changes_nothing() {
    let told = Box::pin(journey(Between::GoesOn)).await;
    assert_eq!(Box::pin(journey(Between::Restarts)).await, told);
}

/// All that is said on the journey, chat by chat.
async fn journey(between: Between) -> String {
    let mut office = Office::with(between).await;
    let mut tale = Tale::default();
    let lane = office.group("桂花巷居民群").await;
    let people = ["王芳", "赵敏", "孙悦"].map(|name| office.feishu.person(name));
    let [wang, zhao, sun] = &people;
    let [to_wang, to_zhao] = [wang, zhao].map(|who| office.feishu.alone(who));

    // The administrator invites a reviewer, who is on Feishu.
    let admin = office.world.admin.clone();
    office.world.tells(&admin, "/邀请 审阅人").await;
    let payload = word_after(&office.told(), "?start=i_");
    office.feishu.tells(wang, &format!("/开始 i_{payload}"));
    office.goes_on().await;
    tale.tells("王芳", &office.feishu.hears(&to_wang));

    office.pushes("公园改造\n桂花巷公园将改造，征求意见。").await;
    office.told();
    tale.tells("桂花巷居民群", &office.feishu.hears(&lane));
    let push = office.feishu.last(&lane);
    office.feishu.replies(zhao, &push, "@机器人 公园里请多装几盏路灯，晚上太黑了");
    office.goes_on().await;
    tale.tells("桂花巷居民群", &office.feishu.hears(&lane));
    let question = office.feishu.last(&lane);
    for who in [sun, zhao] {
        office.feishu.presses(who, &question, "提交");
        office.goes_on().await;
    }
    let told = office.feishu.hears(&lane);
    let number = word_after(&told, "编号 ");
    tale.tells("桂花巷居民群", &told.replace(&number, "〈编号〉"));

    // The receipt needs no start.
    let receipt = office.feishu.hears(&to_zhao);
    let secret = word_after(&receipt, "查询码：");
    let named = |text: &str| text.replace(&number, "〈编号〉").replace(&secret, "〈查询码〉");
    tale.tells("赵敏", &named(&receipt));

    let notice = office.feishu.last(&to_wang);
    tale.tells("王芳", &named(&office.feishu.hears(&to_wang)));
    office.feishu.presses(wang, &notice, "认领");
    office.goes_on().await;
    let claimed = office.feishu.hears(&to_wang);
    let pseudonym = word_after(&claimed, "提交人代号 ");
    let named = |text: &str| {
        let named = text.replace(&number, "〈编号〉").replace(&pseudonym, "〈代号〉");
        named.replace(&wang.id[wang.id.len() - 6..], "〈王芳〉")
    };
    tale.tells("王芳按［认领］", &named(&claimed));
    let find = |office: &Office| {
        let all = office.feishu.messages(&to_wang);
        all.into_iter().find(|m| m.id == notice.id).expect("the case")
    };
    office.feishu.presses(wang, &find(&office), "受理");
    office.goes_on().await;
    tale.tells("王芳按［受理］", &named(&office.feishu.hears(&to_wang)));
    tale.tells("赵敏", &named(&office.feishu.hears(&to_zhao)));
    office.feishu.presses(wang, &find(&office), "答复");
    office.goes_on().await;
    tale.tells("王芳按［答复］", &named(&office.feishu.hears(&to_wang)));
    let all = office.feishu.messages(&to_wang);
    let prompt = all.into_iter().rfind(|m| m.text.contains("请引用回复本条")).expect("a prompt");
    office.feishu.replies(wang, &prompt, "已与园林部门商定，12 月底前加装 12 盏路灯。");
    office.goes_on().await;
    tale.tells("赵敏", &named(&office.feishu.hears(&to_zhao)));
    tale.tells("王芳", &named(&office.feishu.hears(&to_wang)));
    assert_eq!(office.feishu.hears(&lane), "", "the group hears nothing of it");
    tale.0
}

#[tokio::test]
async fn an_answer_without_a_mention_is_kept_only_if_it_answers_us_also_after_a_restart() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    let (zhao, sun) = (office.feishu.person("赵敏"), office.feishu.person("孙悦"));
    office.pushes(TEXT).await;
    office.told();
    office.feishu.hears(&group);
    let push = office.feishu.last(&group);
    office.world.restarts().await;
    office.feishu.says(&zhao, &group, "今晚谁去打球，带上我的红毛衣");
    let other = office.feishu.says(&zhao, &group, "/订阅 政策解读");
    office.goes_on().await;
    let mut gossip = push.clone();
    gossip.id = other;
    office.feishu.replies(&sun, &gossip, "我也去，红毛衣在我家");
    office.goes_on().await;
    assert_eq!(office.feishu.hears(&group), "");
    office.feishu.replies(&zhao, &push, "请把停水改到晚上");
    office.goes_on().await;
    assert!(office.feishu.hears(&group).contains("要把这条留言作为建议提交吗"));
    let kept = office.world.files_with("红毛衣".as_bytes());
    assert!(kept.is_empty(), "what members say to each other is kept nowhere: {kept:?}");
}

#[tokio::test]
async fn the_same_call_twice_is_taken_once() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    let zhao = office.feishu.person("赵敏");
    office.pushes(TEXT).await;
    office.told();
    office.feishu.hears(&group);
    office.feishu.replies(&zhao, &office.feishu.last(&group), "@机器人 请把停水改到晚上");
    let event = office.feishu.next_event().expect("an answer");
    for _ in 0..3 {
        assert_eq!(office.called(office.feishu.call(&event)).await.0, 200);
        office.goes_on().await;
        office.world.later(Duration::from_mins(5)).await;
    }
    assert_eq!(office.feishu.hears(&group).matches("要把这条留言").count(), 1);
    let question = office.feishu.last(&group);
    office.feishu.presses(&zhao, &question, "提交");
    let event = office.feishu.next_event().expect("a press");
    for _ in 0..2 {
        assert_eq!(office.called(office.feishu.call(&event)).await.0, 200);
        office.goes_on().await;
    }
    assert_eq!(office.feishu.hears(&group).matches("已提交，编号").count(), 1);
    office.feishu.hears(&office.feishu.alone(&zhao));
}

#[tokio::test]
async fn forged_altered_old_and_foreign_calls_are_refused_and_change_nothing() {
    let mut office = Office::open().await;
    let zhao = office.feishu.person("赵敏");
    office.feishu.tells(&zhao, "/订阅 政策解读");
    let event = office.feishu.next_event().expect("a command");
    let good = office.feishu.call(&event);
    let header = |name: &'static str, value: &'static str| {
        let mut call = good.clone();
        call.headers_mut().insert(name, value.parse().expect("a header"));
        call
    };
    let mut unsigned = good.clone();
    unsigned.headers_mut().remove("x-lark-signature");
    let plain = http::Request::post("/hook/feishu").body(Bytes::from(event.to_string()));
    let mut altered = good.clone();
    *altered.body_mut() = Bytes::from([good.body(), &b" "[..]].concat());
    let other = |change: fn(&mut Value)| {
        let mut event = event.clone();
        change(&mut event);
        office.feishu.call(&event)
    };
    let calls = [
        ("another signature", header("x-lark-signature", "00")),
        ("another time", header("x-lark-request-timestamp", "1795478401")),
        ("another nonce", header("x-lark-request-nonce", "1")),
        ("no signature", unsigned),
        ("no encryption", plain.expect("a call")),
        ("another body", altered),
        ("another token", other(|event| event["header"]["token"] = "other".into())),
        ("another app", other(|event| event["header"]["app_id"] = "cli_other".into())),
    ];
    for (what, call) in calls {
        assert_eq!(office.called(call).await.0, 401, "{what}");
    }
    office.later(Duration::from_hours(9)).await;
    assert_eq!(office.called(good).await.0, 401, "an old one");
    office.goes_on().await;
    assert_eq!(office.feishu.hears(&office.feishu.alone(&zhao)), "");
}

#[tokio::test]
async fn the_address_is_confirmed_to_whoever_knows_the_token_encrypted_or_plain() {
    let office = Office::open().await;
    let asked =
        |token: &str| json!({"type": "url_verification", "challenge": "c-1", "token": token});
    let call =
        |body: String| http::Request::post("/hook/feishu").body(Bytes::from(body)).expect("a call");
    let key = Secret::new(ENCRYPT_KEY.to_owned());
    let shut = |asked: Value| {
        let encrypt = signed::encrypt(&key, [7; 16], asked.to_string().as_bytes());
        json!({ "encrypt": encrypt }).to_string()
    };
    for body in [asked(TOKEN).to_string(), shut(asked(TOKEN))] {
        let (status, answer) = office.called(call(body)).await;
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!((status, answer), (200, json!({"challenge": "c-1"})));
    }
    let unreadable = json!({"encrypt": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}).to_string();
    let refused = [asked("other").to_string(), shut(asked("other")), unreadable, "{".to_owned()];
    for body in refused {
        assert_eq!(office.called(call(body.clone())).await, (401, String::new()), "{body}");
    }
}

#[tokio::test]
async fn an_answer_to_a_message_that_is_gone_stands_by_itself() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    let zhao = office.feishu.person("赵敏");
    office.pushes(TEXT).await;
    office.told();
    office.feishu.hears(&group);
    let said = office.feishu.replies(&zhao, &office.feishu.last(&group), "@机器人 请改到晚上");
    office.feishu.withdraws(&said);
    office.goes_on().await;
    let heard = office.feishu.hears(&group);
    assert!(heard.starts_with("要把这条留言"), "{heard}");
}

#[tokio::test]
async fn only_the_owner_and_managers_decide_for_a_group() {
    let mut office = Office::open().await;
    let group = office.feishu.group("阳光花园", &office.owner);
    let (li, zhao) = (office.feishu.person("李雷"), office.feishu.person("赵敏"));
    office.feishu.makes_manager(&group, &li);
    office.feishu.adds_bot(&group, &office.owner);
    office.goes_on().await;
    office.feishu.hears(&group);
    office.feishu.says(&zhao, &group, "@机器人 /订阅 政策解读");
    office.goes_on().await;
    assert!(!office.feishu.hears(&group).contains("已订阅"));
    office.feishu.says(&li, &group, "@机器人 /订阅 政策解读");
    office.goes_on().await;
    assert!(office.feishu.hears(&group).contains("已订阅“政策解读”"));
}

#[tokio::test]
async fn in_a_group_of_topics_whoever_presses_is_told_alone() {
    let mut office = Office::open().await;
    let group = office.feishu.group_of_topics("学府里", &office.owner);
    office.subscribes(&group).await;
    let (zhao, sun) = (office.feishu.person("赵敏"), office.feishu.person("孙悦"));
    office.pushes(TEXT).await;
    office.told();
    office.feishu.hears(&group);
    office.feishu.replies(&zhao, &office.feishu.last(&group), "@机器人 请改到晚上");
    office.goes_on().await;
    office.feishu.hears(&group);
    office.feishu.presses(&sun, &office.feishu.last(&group), "提交");
    office.goes_on().await;
    assert_eq!(office.feishu.hears(&group), "");
    let told = office.feishu.hears(&office.feishu.alone(&sun));
    assert_eq!(told, "只有写这条留言的人可以确认或放弃。");
}

#[tokio::test]
async fn who_pressed_a_button_in_a_group_is_kept_nowhere_in_clear() {
    let mut office = Office::open().await;
    let group = office.group("阳光花园").await;
    let zhao = office.feishu.person("赵敏");
    office.pushes(TEXT).await;
    office.told();
    office.feishu.hears(&group);
    office.feishu.replies(&zhao, &office.feishu.last(&group), "@机器人 请改到晚上");
    office.goes_on().await;
    office.feishu.presses(&zhao, &office.feishu.last(&group), "提交");
    office.goes_on().await;
    assert!(office.feishu.hears(&group).contains("已提交，编号"));
    office.feishu.hears(&office.feishu.alone(&zhao));
    let kept = office.world.files_with(zhao.id.as_bytes());
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn whoever_connects_an_app_is_told_whether_it_works_and_what_is_wrong() {
    let feishu = FakeFeishu::start(Arc::new(tongxin::clock::SystemClock)).await;
    let tried = async |change: fn(String) -> String| {
        let text = change(feishu.account());
        let (file, variables) = (Path::new("tongxin.toml"), Vec::new());
        let given = Given { file, text: &text, variables, overrides: Overrides::default() };
        let config = Config::read(given).expect("a good configuration");
        let tried = channels::test(&config, "feishu").await;
        let said = tried.map_or_else(|e| e.say(Lang::Zh), |says| says.say(Lang::Zh));
        assert!(!said.contains(APP_SECRET));
        said
    };
    let told = [
        tried(|text| text).await,
        tried(|text| text.replace(APP_SECRET, "another")).await,
        tried(|text| text.replace("http://127.0.0.1:", "http://127.0.0.2:")).await,
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    “feishu”可用：平台上的名称是 同心助手。请把它加入群，由群管理员在群里发送：/订阅
    密码不对，或已重置。请在开放平台该应用的凭证页核对 app_key（app_id）和 app_secret。（原话：10014 app secret invalid）
    没有连上平台，或平台正忙。请检查网络、proxy 和 api_url，稍后再试。（原话：Connection refused (os error 111)）
    ");
}
