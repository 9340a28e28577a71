//! What a WeChat Official Account tells later of what it had taken: how a mass sending ended, and a publication.

use super::world::{World, word_after};
use crate::clock::StandingClock;
use crate::fakes::official::{FakeOfficial, Fault};
use std::sync::Arc;
use std::time::Duration;
use tongxin::desk::LedgerLine;
use tongxin::model::Code;

const MASS: &str = "/cgi-bin/message/mass/sendall";
const PUBLISH: &str = "/cgi-bin/freepublish/submit";

/// An office that goes as far as this by itself.
struct Scene {
    world: World,
    wechat: FakeOfficial,
}

impl Scene {
    async fn open(publish: &str) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let wechat = FakeOfficial::start(clock.clone()).await;
        let account = format!("{}publish = \"{publish}\"\n", wechat.account());
        let mut world = World::beside(clock, &account).await;
        let editor = world.admin.clone();
        world.hires(&editor, "编辑").await;
        Self { world, wechat }
    }

    /// An editor pushes a post; its code.
    async fn pushes(&mut self, title: &str) -> String {
        let (code, _) = self.world.pushes(&format!("{title}\n明天九点停水。")).await;
        code
    }

    /// The platform calls, and all that follows is done; what staff are told then.
    async fn told(&mut self, message: &str) -> String {
        let (status, answer) = self.world.answers(self.wechat.call(message)).await;
        assert_eq!((status, answer.as_str()), (200, "success"));
        self.world.quiet().await;
        self.staff()
    }

    fn staff(&mut self) -> String {
        let desk = self.world.admin.private();
        self.world.hears(&desk)
    }

    /// The one line of a post in the ledger.
    async fn line(&self, code: &str) -> LedgerLine {
        let call = self.world.desk().operator();
        let code = Code::parse(code).expect("a code");
        let post = self.world.desk().post(&call, &code).await.expect("the post");
        let (mut lines, _) = self.world.desk().ledger(&call, &post, None).await.expect("reads");
        assert_eq!(lines.len(), 1);
        lines.remove(0)
    }

    async fn why(&mut self, code: &str) -> String {
        let editor = self.world.admin.clone();
        self.world.tells(&editor, &format!("/为何 {code} 同心公众号")).await;
        self.staff().replace(code, "CODE")
    }
}

#[tokio::test]
async fn a_sending_that_is_done_completes_its_line_and_is_told_once_however_often_it_is_told() {
    let mut scene = Scene::open("mass").await;
    let code = scene.pushes("停水通知").await;
    assert_eq!(scene.line(&code).await.reach, [const { String::new() }; 3]);
    let done = scene.wechat.finishes_sending(0, "send success", (1_200, 1_190));
    insta::assert_snapshot!(scene.told(&done).await, @"《停水通知》，经账号“wechat”：平台已发出，应发 1200 人，发到 1190 人，未发到 10 人，地址：http://mp.weixin.qq.com/s/sent0?a=1&b=2。");
    assert_eq!(scene.told(&done).await, "");
    scene.world.restarts().await;
    assert_eq!(scene.told(&done).await, "");
    let line = scene.line(&code).await;
    assert_eq!(
        (line.state, line.reach, line.page.as_str()),
        (
            "sent",
            ["1200", "1190", "10"].map(str::to_owned),
            "http://mp.weixin.qq.com/s/sent0?a=1&b=2",
        )
    );
    insta::assert_snapshot!(scene.why(&code).await, @"
    稿件 CODE“停水通知”→“同心公众号”（8F3Q-5QP7），经账号“wechat”。
    11月24日 08:00:05　列入发送计划
    11月24日 08:00:05　平台已接收
    11月24日 08:00:06　平台已发出，应发 1200 人，发到 1190 人，未发到 10 人，地址：http://mp.weixin.qq.com/s/sent0?a=1&b=2
    现状：已于 11月24日 08:00:05 送达。
    ");
}

#[tokio::test]
async fn a_sending_that_the_platform_turns_down_is_dead_in_words_and_can_be_handed_in_again() {
    let mut scene = Scene::open("mass").await;
    let code = scene.pushes("停水通知").await;
    let refused = scene.wechat.finishes_sending(0, "err(40002)", (0, 0));
    let told = scene.told(&refused).await.replace(&code, "CODE");
    insta::assert_snapshot!(told, @"
    《停水通知》经账号“wechat”提交后没有发出去：公众号管理员 30 分钟内没有在微信里确认。
    改好后发送 /重试 CODE 重新提交；内容要改的，请另写一篇。
    ");
    assert_eq!(scene.line(&code).await.state, "dead");
    // Counted as not there, and not as there.
    let editor = scene.world.admin.clone();
    scene.world.tells(&editor, &format!("/送达 {code}")).await;
    insta::assert_snapshot!(scene.staff().replace(&code, "CODE"), @"
    CODE　停水通知
    应达 1，已达 0，等待 0，失败 1，待核实 0，已退订或取消 0。
    收到建议 0 条。
    未送达：“同心公众号”（8F3Q-5QP7）　平台没有发出：公众号管理员 30 分钟内没有在微信里确认
    ");
    scene.world.later(Duration::from_hours(16)).await;
    scene.world.tells(&editor, &format!("/重试 {code}")).await;
    scene.staff();
    assert_eq!((scene.wechat.sent().len(), scene.wechat.calls(MASS)), (2, 2), "as another sending");
    let done = scene.wechat.finishes_sending(1, "send success", (1_200, 1_200));
    scene.told(&done).await;
    // What is told late of the first changes nothing of the second.
    scene.told(&scene.wechat.finishes_sending(0, "send fail", (0, 0))).await;
    let line = scene.line(&code).await;
    assert_eq!((line.state, line.reach), ("sent", ["1200", "1200", "0"].map(str::to_owned)));
    insta::assert_snapshot!(scene.why(&code).await, @"
    稿件 CODE“停水通知”→“同心公众号”（8F3Q-5QP7），经账号“wechat”。
    11月24日 08:00:05　列入发送计划
    11月24日 08:00:05　平台已接收
    11月24日 08:00:06　平台没有发出：公众号管理员 30 分钟内没有在微信里确认
    11月25日 00:00:08　工作人员让它重新发送
    11月25日 00:00:08　平台已接收
    11月25日 00:00:08　平台已发出，应发 1200 人，发到 1200 人，未发到 0 人，地址：http://mp.weixin.qq.com/s/sent1?a=1&b=2
    现状：已于 11月25日 00:00:08 送达。
    ");
}

#[tokio::test]
async fn each_reason_of_the_platforms_is_told_in_words() {
    let mut scene = Scene::open("mass").await;
    let mut told = Vec::new();
    let statuses =
        ["send fail", "err(10001)", "err(20008)", "err(30002)", "err(40001)", "err(99999)"];
    for (number, status) in statuses.into_iter().enumerate() {
        let code = scene.pushes("停水通知").await;
        let call = scene.wechat.finishes_sending(number, status, (0, 0));
        let says = scene.told(&call).await;
        told.push(format!("{status}: {}", says.lines().next().expect("a line")));
        assert_eq!(scene.line(&code).await.state, "dead");
        scene.world.later(Duration::from_hours(24)).await;
        scene.staff();
    }
    scene.pushes("停水通知").await;
    let nobody = scene.wechat.finishes_sending(6, "send success", (5, 0));
    told.push(scene.told(&nobody).await.lines().next().expect("a line").to_owned());
    insta::assert_snapshot!(told.join("\n"), @"
    send fail: 《停水通知》经账号“wechat”提交后没有发出去：平台没有说明原因。
    err(10001): 《停水通知》经账号“wechat”提交后没有发出去：平台审核没有通过，涉嫌：广告。
    err(20008): 《停水通知》经账号“wechat”提交后没有发出去：平台审核没有通过，涉嫌：欺诈。
    err(30002): 《停水通知》经账号“wechat”提交后没有发出去：平台的原创校验认为它与他人的文章相同。
    err(40001): 《停水通知》经账号“wechat”提交后没有发出去：公众号管理员在微信里拒绝了这次群发。
    err(99999): 《停水通知》经账号“wechat”提交后没有发出去：平台返回：err(99999)。
    《停水通知》经账号“wechat”提交后没有发出去：一个人也没有发到（可能都已收满本月的次数）。
    ");
}

#[tokio::test]
async fn a_telling_that_comes_before_the_sending_was_written_down_waits_for_it() {
    let mut scene = Scene::open("mass").await;
    scene.wechat.fails(MASS, Fault::CutUnanswered);
    for _ in 0..8 {
        scene.wechat.fails(MASS, Fault::Busy);
    }
    let code = scene.pushes("停水通知").await;
    assert_eq!((scene.wechat.sent().len(), scene.line(&code).await.state), (1, "waiting"));
    let refused = scene.wechat.finishes_sending(0, "err(20013)", (0, 0));
    assert_eq!(scene.told(&refused).await, "");
    scene.world.restarts().await;
    scene.world.later(Duration::from_hours(2)).await;
    let told = scene.staff();
    assert!(told.contains("涉嫌：版权"), "{told}");
    assert_eq!((scene.line(&code).await.state, scene.wechat.sent().len()), ("dead", 1));
}

#[tokio::test]
async fn what_is_unknown_odd_huge_or_hostile_breaks_nothing_and_is_not_kept_for_ever() {
    let mut scene = Scene::open("mass").await;
    let code = scene.pushes("停水通知").await;
    let long = "9".repeat(5_000);
    let deep = format!("{}{}", "<a>".repeat(3_000), "</a>".repeat(3_000));
    let odd = [
        scene.wechat.finishes_sending(77, "send fail", (0, 0)),
        scene.wechat.finishes_publishing(0, 3),
        scene.wechat.job("MASSSENDJOBFINISH", "<Status>send fail</Status>"),
        scene.wechat.job("MASSSENDJOBFINISH", &format!("<MsgID>{long}</MsgID>")),
        scene.wechat.job("MASSSENDJOBFINISH", &format!("<MsgID>1</MsgID><Status>{long}</Status>")),
        scene.wechat.job("MASSSENDJOBFINISH", &format!("<MsgID>1000000000</MsgID>{deep}")),
        scene.wechat.job("PUBLISHJOBFINISH", ""),
        scene.wechat.job("PUBLISHJOBFINISH", "<PublishEventInfo><publish_id/></PublishEventInfo>"),
        scene.wechat.job("SOMETHINGJOBFINISH", "<MsgID>1000000000</MsgID>"),
        "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><MsgType>event</MsgType><Event>&a;</Event></xml>"
            .to_owned(),
    ];
    for call in &odd {
        assert_eq!(scene.told(call).await, "", "{call:.400}");
    }
    assert_eq!(scene.line(&code).await.state, "sent");
    let counts = scene.wechat.finishes_sending(0, "send success", (2, 2));
    let counts = counts
        .replace("<TotalCount>2", "<TotalCount>-1")
        .replace(">2</SentCount>", ">x</SentCount>");
    scene.told(&counts).await;
    assert_eq!(scene.line(&code).await.reach, ["2", "", "0"].map(str::to_owned));
    let kept = |world: &World| {
        let store = world.store();
        async move {
            let found = store.list(tongxin::model::Kind::Telling, &[], None, 10).await;
            found.expect("reads").len()
        }
    };
    assert_eq!(kept(&scene.world).await, 3, "of what may yet turn out to be ours");
    scene.world.later(Duration::from_hours(49)).await;
    assert_eq!(kept(&scene.world).await, 0);
    scene.staff();
}

#[tokio::test]
async fn a_forged_or_old_telling_is_not_believed() {
    let mut scene = Scene::open("mass").await;
    let code = scene.pushes("停水通知").await;
    let refused = scene.wechat.finishes_sending(0, "send fail", (0, 0));
    let (mut parts, body) = scene.wechat.call(&refused).into_parts();
    let forged = parts.uri.to_string().replacen("msg_signature=", "msg_signature=0", 1);
    parts.uri = forged.parse().expect("an address");
    let forged = axum::http::Request::from_parts(parts, body);
    assert_eq!(scene.world.answers(forged).await.0, 401);
    let old = scene.wechat.call(&refused);
    scene.world.later(Duration::from_mins(11)).await;
    assert_eq!(scene.world.answers(old).await.0, 400);
    scene.world.quiet().await;
    assert_eq!((scene.staff().as_str(), scene.line(&code).await.state), ("", "sent"));
}

#[tokio::test]
async fn a_publication_is_told_with_its_address_and_what_is_taken_away_later_is_dropped() {
    let mut scene = Scene::open("page").await;
    let code = scene.pushes("停水通知").await;
    assert_eq!((scene.wechat.published().len(), scene.wechat.drafts().len()), (1, 0));
    assert_eq!(scene.told(&scene.wechat.finishes_publishing(0, 1)).await, "", "it runs");
    let told = scene.told(&scene.wechat.finishes_publishing(0, 0)).await;
    insta::assert_snapshot!(told, @"《停水通知》，经账号“wechat”：平台已发布，地址：http://mp.weixin.qq.com/s/page0?a=1&b=2。");
    let line = scene.line(&code).await;
    assert_eq!(
        (line.state, line.page.as_str()),
        ("sent", "http://mp.weixin.qq.com/s/page0?a=1&b=2")
    );
    assert_eq!(scene.told(&scene.wechat.finishes_publishing(0, 5)).await, "");
    insta::assert_snapshot!(scene.why(&code).await, @"
    稿件 CODE“停水通知”→“同心公众号”（8F3Q-5QP7），经账号“wechat”。
    11月24日 08:00:05　列入发送计划
    11月24日 08:00:05　平台已接收
    11月24日 08:00:06　平台已发布，地址：http://mp.weixin.qq.com/s/page0?a=1&b=2
    11月24日 08:00:07　已有人在平台后台把它删除
    现状：11月24日 08:00:07 起不再发送，原因：已有人在平台后台把它删除
    ");
    for (number, status) in [(1, 2), (2, 3), (3, 4), (4, 6)] {
        let code = scene.pushes("停电通知").await;
        let told = scene.told(&scene.wechat.finishes_publishing(number, status)).await;
        assert!(told.contains("没有发出去"), "{told}");
        assert_eq!(scene.line(&code).await.state, "dead");
    }
}

#[tokio::test]
async fn a_publication_that_got_no_answer_follows_the_policy_and_a_lost_request_is_sent_again() {
    let mut scene = Scene::open("page").await;
    scene.wechat.fails(PUBLISH, Fault::CutUnread);
    scene.wechat.fails(PUBLISH, Fault::Busy);
    let code = scene.pushes("停水通知").await;
    scene.world.later(Duration::from_mins(20)).await;
    assert_eq!((scene.wechat.published().len(), scene.line(&code).await.state), (1, "sent"));
    let why = scene.why(&code).await;
    assert!(why.contains("没有收到答复"), "{why}");
    let _ = word_after(&why, "稿件 ");
}
