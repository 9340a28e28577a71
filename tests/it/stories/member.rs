//! Members and what is theirs: changing, taking back, being forgotten; and what nobody submitted.

use super::world::{Ask, Between, Tale, World, word_after};
use std::time::Duration;
use tongxin::model::Kind;

/// Submits a suggestion in somebody's own chat; its number.
async fn submits(world: &mut World, who: &crate::fakes::telegram::Person, text: &str) -> String {
    world.tells(who, text).await;
    let question = world.last(&who.private());
    world.presses(who, &question, "提交").await;
    word_after(&world.hears(&who.private()), "编号：")
}

#[tokio::test]
async fn an_edit_of_the_message_behind_a_draft_is_taken() {
    let mut world = World::open().await;
    let (wang, zhao) = (world.telegram.user("王芳"), world.telegram.user("赵敏"));
    world.hires(&wang, "审阅人").await;
    let written = zhao.says(&zhao.private(), "公园里请多装几盏路登");
    world.quiet().await;
    zhao.edits(&written, "公园里请多装几盏路灯");
    world.quiet().await;
    insta::assert_snapshot!(world.hears(&zhao.private()), @"
    这条内容要作为建议提交吗？
    提交后，工作人员会看到内容，但看不到您的姓名和账号；答复会发回到您提交的地方。内容和联系方式加密保存，您可以随时凭查询码撤回或彻底删除（在聊天中也可发送 /忘记我）。请不要写身份证号、银行卡号和他人隐私。紧急情况请拨打 110、119、120。
    24 小时内不确认，将自动删除。
    ［提交］［不提交］
    ───
    已按您修改后的内容更新。
    ");
    let question = world.telegram.messages(&zhao.private());
    let question = question.iter().find(|m| !m.keys.is_empty()).expect("a question").clone();
    world.presses(&zhao, &question, "提交").await;
    world.hears(&zhao.private());
    let notice = world.last(&wang.private());
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains("路灯") && !shown.contains("路登"), "{shown}");
    assert!(world.files_with("路登".as_bytes()).is_empty());
}

#[tokio::test]
async fn an_edit_in_a_group_of_the_reply_behind_a_draft_is_taken_silently() {
    let mut world = World::open().await;
    let wang = world.telegram.user("王芳");
    world.hires(&wang, "审阅人").await;
    let (group, push) = pushed(&mut world).await;
    let zhao = world.telegram.user("赵敏");
    let written = zhao.replies(&push, "公园里请多装几盏路登");
    world.quiet().await;
    let question = world.last(&group);
    zhao.edits(&written, "公园里请多装几盏路灯");
    world.quiet().await;
    world.presses(&zhao, &question, "提交").await;
    world.hears(&group);
    let notice = world.last(&wang.private());
    world.presses(&wang, &notice, "查看").await;
    let shown = world.hears(&wang.private());
    assert!(shown.contains("路灯") && !shown.contains("路登"), "{shown}");
}

/// A group with a push in it, which everybody has read.
async fn pushed(
    world: &mut World,
) -> (crate::fakes::telegram::Place, crate::fakes::telegram::Message) {
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &admin, "便民信息").await;
    world.tells(&admin, "/写稿 便民信息\n公园改造\n公园将改造，征求意见。").await;
    let preview = world.last(&admin.private());
    world.presses(&admin, &preview, "立即推送").await;
    world.hears(&admin.private());
    world.hears(&group);
    let push = world.last(&group);
    (group, push)
}

#[tokio::test]
async fn a_member_takes_a_suggestion_back_and_has_all_erased_from_the_chat() {
    let mut world = World::open().await;
    let (zhao, mut tale) = (world.telegram.user("赵敏"), Tale::default());
    let first = submits(&mut world, &zhao, "金丝雀一：路口请装红绿灯").await;
    let second = submits(&mut world, &zhao, "金丝雀二：公园里请放长椅").await;
    world.calls(&first, "〈一〉");
    world.calls(&second, "〈二〉");
    world.tells(&zhao, &format!("/撤回 {first}")).await;
    tale.tells("撤回", &world.hears(&zhao.private()));
    world.tells(&zhao, "/我的").await;
    tale.tells("我的", &world.hears(&zhao.private()));
    world.tells(&zhao, "/忘记我").await;
    tale.tells("忘记我", &world.hears(&zhao.private()));
    let question = world.last(&zhao.private());
    tale.tells("按［全部删除］", &world.presses(&zhao, &question, "全部删除").await);
    tale.tells("删除", &world.hears(&zhao.private()));
    world.tells(&zhao, "/我的").await;
    tale.tells("我的", &world.hears(&zhao.private()));
    insta::assert_snapshot!(tale.0, @r"
    【撤回】
    建议 〈一〉 已撤回，内容将于 12月1日 彻底删除。

    【我的】
    〈二〉　已收到（11月24日提交），11月27日 前回应
    〈一〉　已撤回（11月24日提交），12月1日 彻底删除

    【忘记我】
    确定要删除与您有关的全部内容吗？您提交的建议、联系方式、订阅和设置都会彻底删除，无法恢复，未答复的建议也不再答复。
    ［全部删除］

    【按［全部删除］】
    全部删除

    【删除】
    ✎ 已删除：建议 2 条，订阅 0 个，以及您的设置。密钥在几分钟内销毁，之后任何人都无法还原。
    仍然保留：不含任何个人信息的计数和办理步骤；聊天平台和群成员已经看到的消息（请在平台上自行删除）。

    【我的】
    您还没有提交过建议。引用回复推送，或直接给我发消息即可。
    ");
    for canary in ["金丝雀", &format!("\"{}\"", zhao.id()), "赵敏"] {
        assert!(world.files_with(canary.as_bytes()).is_empty(), "{canary}");
    }
}

#[tokio::test]
async fn a_thousand_messages_of_a_group_that_nobody_submitted_leave_no_byte() {
    let mut world = World::open().await;
    let (group, push) = pushed(&mut world).await;
    let members: Vec<_> = (0..10).map(|n| world.telegram.user(&format!("邻居{n}"))).collect();
    for n in 0..1_000 {
        let who = &members[n % members.len()];
        let said = format!("金丝雀canary{n:04}闲聊");
        match n % 4 {
            0 | 1 => who.says(&group, &said),
            2 => {
                let first = world.telegram.all_messages(&group);
                let other = first.iter().rfind(|m| m.text.contains("canary"));
                who.replies(other.expect("somebody said something"), &said)
            }
            _ => who.says(&group, &format!("/别的命令@another_bot {said}")),
        };
    }
    world.quiet().await;
    // One answers the push, and does not want it submitted; one says nothing to the question.
    members[0].replies(&push, "金丝雀canary回复一，算了");
    world.quiet().await;
    let question = world.last(&group);
    assert_eq!(world.presses(&members[0], &question, "不提交").await, "未提交，已删除。");
    members[1].replies(&push, "金丝雀canary回复二，没看见");
    world.quiet().await;
    world.later(Duration::from_hours(25)).await;
    world.hears(&group);
    world.restarts().await;
    world.quiet().await;
    assert!(!world.files_with("公园改造".as_bytes()).is_empty(), "what is open is found");
    for canary in ["金丝雀", "canary"] {
        assert_eq!(world.files_with(canary.as_bytes()), Vec::<std::path::PathBuf>::new());
    }
    let kept = world.store().list(Kind::Suggestion, &[], None, 9).await.expect("lists");
    assert!(kept.len() <= 1, "at most the lapsed draft whose author can yet be told");
    world.later(Duration::from_hours(25)).await;
    assert!(world.store().list(Kind::Suggestion, &[], None, 9).await.expect("lists").is_empty());
    world.hears(&group);
    world.hears(&world.admin.private());
}

#[tokio::test]
async fn a_member_who_only_talks_with_the_bot_leaves_no_address() {
    let mut world = World::open().await;
    let zhao = world.telegram.user("赵敏canary");
    for text in
        ["/start", "/帮助", "/栏目", "/我的", "/退订", "/语言 english", "/没有这个", "短", "/写稿"]
    {
        world.tells(&zhao, text).await;
    }
    world.tells(&zhao, "公园里请多装几盏路灯").await;
    let question = world.last(&zhao.private());
    world.presses(&zhao, &question, "Submit").await;
    assert!(!world.hears(&zhao.private()).is_empty());
    world.restarts().await;
    world.quiet().await;
    let id = zhao.id();
    for canary in [format!("\"{id}\""), format!("telegram:{id}"), "赵敏canary".to_owned(), id] {
        // Every message of theirs is on the disk, and nobody can read whose it is.
        assert!(world.files_with(canary.as_bytes()).is_empty(), "{canary}");
    }
    let staff = world.admin.id();
    assert!(!world.files_with(staff.as_bytes()).is_empty(), "an address in clear is found");
}

#[tokio::test]
async fn the_same_update_told_twice_is_handled_once() {
    for ask in [Ask::Polling, Ask::Webhook] {
        let mut world = World::with(ask, Between::GoesOn).await;
        let zhao = world.telegram.user("赵敏");
        zhao.says(&zhao.private(), "公园里请多装几盏路灯");
        let update = world.telegram.pending().pop().expect("an update");
        if ask == Ask::Webhook {
            // It is stored, and the answer does not reach Telegram.
            assert!(world.is_called_once().await);
        }
        world.quiet().await;
        let question = world.hears(&zhao.private());
        assert_eq!(question.matches("要作为建议提交吗").count(), 1);
        world.telegram.repeats(&update);
        world.quiet().await;
        world.restarts().await;
        world.telegram.repeats(&update);
        world.quiet().await;
        assert_eq!(world.hears(&zhao.private()), "");
        let below = world.last(&zhao.private());
        zhao.presses(&below, "提交");
        let press = world.telegram.pending().pop().expect("an update");
        world.quiet().await;
        let receipt = world.hears(&zhao.private());
        assert_eq!(receipt.matches("查询码：").count(), 1, "{receipt}");
        world.telegram.repeats(&press);
        world.quiet().await;
        assert_eq!(world.hears(&zhao.private()), "");
        let kept = world.store().list(Kind::Suggestion, &[], None, 9).await.expect("lists");
        assert_eq!(kept.len(), 1);
    }
}

#[tokio::test]
async fn a_member_is_served_in_english() {
    let mut world = World::open().await;
    let (wang, ann) = (world.telegram.user("王芳"), world.telegram.user("Ann"));
    world.hires(&wang, "审阅人").await;
    ann.speaks("en-GB");
    let mut tale = Tale::default();
    world.tells(&ann, "Please put more lamps into the park").await;
    tale.tells("Ann", &world.hears(&ann.private()));
    let question = world.last(&ann.private());
    let toast = world.presses(&ann, &question, "Submit").await;
    let number = word_after(&toast, "Submitted as ");
    world.calls(&number, "〈NUMBER〉");
    let receipt = world.last(&ann.private()).text;
    let secret = word_after(&receipt, "Code: ");
    world.calls(&secret, "〈CODE〉");
    tale.tells("Ann presses Submit", &toast.replace(&number, "〈NUMBER〉"));
    tale.tells("Ann", &world.hears(&ann.private()));
    world.hears(&wang.private());
    world.tells(&wang, &format!("/认领 {number}")).await;
    world.tells(&wang, &format!("/受理 {number} 建议")).await;
    world.hears(&wang.private());
    world.tells(&wang, &format!("/答复 {number} 已办。")).await;
    assert!(world.hears(&wang.private()).starts_with("答复太短"));
    world.tells(&wang, &format!("/答复 {number} 已与园林部门商定，十二月底前加装。")).await;
    assert!(world.hears(&wang.private()).contains("答复已发出"));
    tale.tells("Ann", &world.hears(&ann.private()));
    world.tells(&ann, "/mine").await;
    tale.tells("Ann", &world.hears(&ann.private()));
    insta::assert_snapshot!(tale.0, @"
    【Ann】
    Submit this as a suggestion?
    Staff will see what you wrote, but neither your name nor your account; the answer comes back to where you wrote. Text and return address are kept encrypted; with your code you can withdraw it or have it erased at any time (in a chat, /forget does that too). Please leave out identity and bank card numbers and other people's private matters. In an emergency call 110, 119 or 120.
    Unless you confirm within 24 hours, it is deleted.
    ［Submit］［Do not submit］

    【Ann presses Submit】
    Submitted as 〈NUMBER〉. The receipt is in your private chat.

    【Ann】
    ✎ Submitted. The receipt is in the next message.
    ───
    We have received your suggestion.
    Number: 〈NUMBER〉
    Code: 〈CODE〉 (shown only this once; keep it to yourself)
    Somebody will respond by 27 November; the answer comes here.
    You can also look it up with number and code: https://tongxin.example.org/r
    To withdraw it at any time: /withdraw 〈NUMBER〉

    【Ann】
    Your suggestion 〈NUMBER〉 is taken up: the office will answer by 15 December.
    ───
    Your suggestion 〈NUMBER〉 has an answer:
    已与园林部门商定，十二月底前加装。

    【Ann】
    〈NUMBER〉 answered (submitted on 24 November)
      Answer: 已与园林部门商定，十二月底前加装。
    ");
}
