//! The two journeys through Telegram.

use super::world::{Ask, Between, FEED, Tale, World, word_after};
use std::time::Duration;
use tongxin::model::{Kind, Record};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_post_goes_out_and_a_reply_comes_back() {
    insta::assert_snapshot!(journey(Ask::Polling, Between::GoesOn).await, @r"
    【陈静】
    已订阅“便民信息”。退订请发送：/退订 便民信息

    【陈静】
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日

    【桂花巷居民群】
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日

    【阳光花园业主群】
    便民信息 2026年11月24日

    要闻
    1. 桂花巷公园将改造，征求意见
    区政府网 · 11月24日

    【桂花巷居民群】
    ↩ 公园里请多装几盏路灯，晚
    要把这条留言作为建议提交吗？（仅留言者本人可选）
    提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。
    24 小时内不确认，将自动删除。
    ［提交］［不提交］

    【孙悦按［提交］】
    只有写这条留言的人可以确认或放弃。

    【赵敏按［提交］】
    已提交，编号 〈编号〉。请到私聊查看回执。

    【桂花巷居民群】
    ↩ 公园里请多装几盏路灯，晚
    ✎ 已提交。回执和答复会私下告诉留言者本人；还没有私聊过我的，请先点下面的按钮打开私聊。
    ［查看我的建议］

    【赵敏】
    已收到您的建议。
    编号：〈编号〉
    查询码：〈查询码〉（只显示这一次，请妥善保存，不要转发）
    工作人员会在 11月27日 前回应，答复会发到这里。
    也可以用编号和查询码在这里查询：https://tongxin.example.org/r
    随时可以撤回：/撤回 〈编号〉
    ───
    〈编号〉　已收到（11月24日提交），11月27日 前回应

    【王芳】
    收到新建议 〈编号〉（针对《便民信息 2026年11月24日》），请于 11月27日 前回应。
    ［查看］［认领］

    【王芳按［认领］】
    已认领。

    【李雷按［认领］】
    已被王芳处理，下面是最新情况。

    【李雷】
    ✎ 建议 〈编号〉（提交人代号 〈代号〉）
    审阅中（王芳），限 11月27日
    针对：《便民信息 2026年11月24日》
    内容：公园里请多装几盏路灯，晚上太黑了

    【王芳】
    ✎ 建议 〈编号〉（提交人代号 〈代号〉）
    审阅中（王芳），限 11月27日
    归类：建议 · 综合 · 全辖区 · 办公室办理（受理后 12月15日 前答复）
    针对：《便民信息 2026年11月24日》
    内容：公园里请多装几盏路灯，晚上太黑了
    ［✓ 建议］［咨询］［投诉］
    ［举报］［复杂］
    ［类别：综合］
    ［受理］［追问］［放回］

    【王芳按［受理］】
    已受理，提交人会收到通知。

    【赵敏】
    您的建议 〈编号〉 已受理，由办公室办理，将在 12月15日 前答复。

    【王芳】
    ✎ 建议 〈编号〉（提交人代号 〈代号〉）
    已受理（王芳），限 12月15日
    归类：建议 · 综合 · 全辖区 · 办公室办理
    针对：《便民信息 2026年11月24日》
    内容：公园里请多装几盏路灯，晚上太黑了
    ［答复］［不采纳］［改归类］
    ［认领下一件］

    【王芳按［答复］】
    请引用回复本条，写下对建议 〈编号〉 的答复：做了什么、何时完成，或为什么不能做。

    【王芳】
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
    针对：《便民信息 2026年11月24日》
    内容：公园里请多装几盏路灯，晚上太黑了
    答复：已与园林部门商定，12 月底前加装 12 盏路灯。

    【赵敏】
    〈编号〉　已答复（11月24日提交）
    　答复：已与园林部门商定，12 月底前加装 12 盏路灯。
    ");
}

#[tokio::test]
async fn a_restart_between_any_two_parts_of_the_journey_changes_nothing() {
    let told = journey(Ask::Polling, Between::GoesOn).await;
    assert_eq!(journey(Ask::Polling, Between::Restarts).await, told);
}

#[tokio::test]
async fn the_journey_is_the_same_where_telegram_calls() {
    let told = journey(Ask::Polling, Between::GoesOn).await;
    assert_eq!(journey(Ask::Webhook, Between::GoesOn).await, told);
}

/// All that is said on the journey, chat by chat.
async fn journey(ask: Ask, between: Between) -> String {
    let mut world = World::with(ask, between).await;
    let mut tale = Tale::default();
    let owner = world.telegram.user("物业老陈");
    let garden = world.telegram.group("阳光花园业主群");
    let lane = world.telegram.basic_group("桂花巷居民群");
    world.subscribes(&garden, &owner, "便民信息").await;
    world.subscribes(&lane, &owner, "便民信息").await;
    let chen = world.telegram.user("陈静");
    world.tells(&chen, "/订阅 便民信息").await;
    tale.tells("陈静", &world.hears(&chen.private()));
    let (wang, li) = (world.telegram.user("王芳"), world.telegram.user("李雷"));
    world.hires(&wang, "审阅人").await;
    world.hires(&li, "审阅人").await;
    world.part().await;

    // The source says something new; at half past eight it is told.
    let old = ("旧闻：社区活动室开放", "https://gov.example.org/1");
    let new = ("桂花巷公园将改造，征求意见", "https://gov.example.org/2");
    world.host.feed(FEED, &[new, old]);
    world.later(25 * MINUTE).await;
    world.part().await;
    world.telegram.floods(&garden, Duration::from_secs(40) + 5 * MINUTE);
    world.clock.advance(5 * MINUTE);
    let street = world.telegram.upgrades(&lane);
    // Telegram's word of the move is still on its way when the digest leaves.
    world.turns_rounds().await;
    world.part().await;
    tale.tells("陈静", &world.hears(&chen.private()));
    tale.tells("桂花巷居民群", &world.hears(&street));
    assert_eq!(world.hears(&garden), "", "it waits, and holds up nobody");
    world.later(Duration::from_secs(40)).await;
    world.part().await;
    tale.tells("阳光花园业主群", &world.hears(&garden));
    assert_eq!(world.hears(&lane), "");

    // A member answers it in the group.
    let (zhao, sun) = (world.telegram.user("赵敏"), world.telegram.user("孙悦"));
    let push = world.last(&street);
    zhao.replies(&push, "公园里请多装几盏路灯，晚上太黑了");
    world.part().await;
    tale.tells("桂花巷居民群", &world.hears(&street));
    let question = world.last(&street);
    tale.tells("孙悦按［提交］", &world.presses(&sun, &question, "提交").await);
    let toast = world.presses(&zhao, &question, "提交").await;
    let number = word_after(&toast, "编号 ");
    world.calls(&number, "〈编号〉");
    tale.tells("赵敏按［提交］", &toast.replace(&number, "〈编号〉"));
    world.part().await;
    tale.tells("桂花巷居民群", &world.hears(&street));

    // She has never talked to the bot alone: the receipt waits until she opens that chat.
    zhao.starts("r");
    world.part().await;
    let receipt = world.telegram.messages(&zhao.private());
    let receipt = receipt.iter().find(|m| m.text.contains("查询码")).expect("a receipt");
    let secret = word_after(&receipt.text, "查询码：");
    world.calls(&secret, "〈查询码〉");
    tale.tells("赵敏", &world.hears(&zhao.private()));

    // Two reviewers want it; the first has it.
    tale.tells("王芳", &world.hears(&wang.private()));
    world.hears(&li.private());
    let (to_wang, to_li) = (world.last(&wang.private()), world.last(&li.private()));
    tale.tells("王芳按［认领］", &world.presses(&wang, &to_wang, "认领").await);
    world.part().await;
    let pseudonym = word_after(&world.last(&wang.private()).text, "提交人代号 ");
    world.calls(&pseudonym, "〈代号〉");
    tale.tells("李雷按［认领］", &world.presses(&li, &to_li, "认领").await);
    tale.tells("李雷", &world.hears(&li.private()));
    tale.tells("王芳", &world.hears(&wang.private()));
    let case = world.last(&wang.private());
    tale.tells("王芳按［受理］", &world.presses(&wang, &case, "受理").await);
    world.part().await;
    tale.tells("赵敏", &world.hears(&zhao.private()));
    tale.tells("王芳", &world.hears(&wang.private()));
    tale.tells("王芳按［答复］", &world.presses(&wang, &case, "答复").await);
    world.part().await;
    tale.tells("王芳", &world.hears(&wang.private()));
    let prompt = world.last(&wang.private());
    wang.replies(&prompt, "已与园林部门商定，12 月底前加装 12 盏路灯。");
    world.part().await;

    // The answer arrives where nobody else reads it.
    tale.tells("赵敏", &world.hears(&zhao.private()));
    tale.tells("王芳", &world.hears(&wang.private()));
    world.tells(&zhao, "/我的").await;
    tale.tells("赵敏", &world.hears(&zhao.private()));
    assert_eq!(world.hears(&street), "", "the group hears nothing of it");
    for push in [&garden, &street, &chen.private()] {
        let said = world.telegram.messages(push);
        let digests = said.iter().filter(|m| m.text.contains("公园将改造")).count();
        assert_eq!(digests, 1, "everybody gets it exactly once");
    }
    tale.0
}

#[tokio::test]
async fn the_store_does_not_lead_from_a_receipt_to_whoever_pressed() {
    let mut world = World::open().await;
    let owner = world.telegram.user("物业老陈");
    let garden = world.telegram.group("阳光花园业主群");
    world.subscribes(&garden, &owner, "便民信息").await;
    let new = ("桂花巷公园将改造，征求意见", "https://gov.example.org/2");
    world.host.feed(FEED, &[new]);
    world.later(30 * MINUTE).await;
    let zhao = world.telegram.user("赵敏");
    zhao.replies(&world.last(&garden), "公园里请多装几盏路灯，晚上太黑了");
    world.part().await;
    let question = world.last(&garden);
    let press = zhao.presses(&question, "提交");
    world.part().await;
    let toast = world.telegram.answer_to(&press).expect("answered");
    let number = word_after(&toast, "编号 ");
    // What is open is found, so what is not found is not there.
    assert!(!world.files_with(garden.id().as_bytes()).is_empty());
    assert_eq!(world.files_with(press.as_bytes()), Vec::<std::path::PathBuf>::new());
    let notices = world.store().list(Kind::Notice, &[], None, 999).await.expect("lists");
    for notice in notices {
        let Record::Notice(notice) = notice.value else { panic!("a notice") };
        let open = format!("{:?}", notice.body);
        assert!(!open.contains(&number), "{open}");
    }
    world.hears(&garden);
}

#[tokio::test]
async fn comments_are_kept_under_our_own_posts_of_a_channel_and_under_no_others() {
    for ask in [Ask::Polling, Ask::Webhook] {
        let mut world = World::with(ask, Between::GoesOn).await;
        let (admin, zhao) = (world.admin.clone(), world.telegram.user("赵敏"));
        world.hires(&admin, "编辑").await;
        let channel = world.telegram.channel("政策快讯");
        let talks = world.telegram.group("政策快讯讨论组");
        world.telegram.links(&channel, &talks);
        for place in [&channel, &talks] {
            world.telegram.adds_bot_to(place);
        }
        world.telegram.makes_admin(&channel, &admin);
        admin.posts(&channel, "/订阅 政策解读");
        world.quiet().await;
        let told = world.hears(&channel);
        assert!(told.contains("已订阅“政策解读”"), "{told}");
        world.hears(&talks);
        let arrived = async |world: &World| {
            world.store().list(Kind::Inbox, &[], None, 99).await.expect("lists").len()
        };
        let before = arrived(&world).await;

        // What the channel's own people write there is not ours.
        let theirs = world.telegram.posts(&channel, "明天停电，请相互转告。");
        let comment = zhao.comments(&theirs, "那冰箱里的菜怎么办？");
        zhao.edits(&comment, "那冰柜里的菜怎么办？");
        zhao.comments(&theirs, "/vote 反对");
        world.quiet().await;
        assert_eq!(world.hears(&talks), "", "nobody asked us");
        assert_eq!(arrived(&world).await, before, "and nothing of it is kept");

        world.pushes("停水通知\n明天九点停水。").await;
        assert!(world.hears(&channel).contains("停水通知"));
        let ours = world.last(&channel);
        let comment = zhao.comments(&ours, "请早一点通知。");
        world.quiet().await;
        assert!(world.hears(&talks).contains("要把这条留言作为建议提交吗"));
        zhao.edits(&comment, "请早一点通知，老人家里要蓄水。");
        let kept = arrived(&world).await;
        world.quiet().await;
        assert_eq!(arrived(&world).await, kept + 1, "what is changed of it is heard");
        zhao.comments(&ours, "/帮助");
        world.quiet().await;
        assert!(world.hears(&talks).contains("可用的命令"));
        world.hears(&admin.private());
    }
}
