//! What people get wrong: each is told in a clear sentence, and nothing changes.

use super::world::{Tale, World};
use tongxin::model::{Kind, Subscriber};
use tongxin::store::typed;

/// Everything that is kept, without what only remembers that something was said.
async fn kept(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for kind in [Kind::Post, Kind::Edition, Kind::Subscriber, Kind::Suggestion, Kind::Person] {
        let records = world.store().list(kind, &[], None, 999).await.expect("lists");
        all.extend(records.into_iter().map(|r| format!("{:?}", r.value)));
    }
    all
}

/// What cannot be seen, written so that it can.
fn readable(text: &str) -> String {
    text.replace('\n', "⏎").replace('\u{202e}', "‹RLO›").replace('\u{200b}', "‹ZWS›")
}

#[tokio::test]
async fn each_mistake_in_a_command_gets_a_clear_sentence_and_changes_nothing() {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    let zhao = world.telegram.user("赵敏");
    let before = kept(&world).await;
    let mut tale = Tale::default();
    for mistake in [
        "/订阅",
        "/订阅 没有的栏目",
        "/订阅 🏳️‍🌈\u{202e}\u{200b}栏目",
        "/退订 没有的栏目",
        "/写稿 便民信息\n标题\n正文",
        "/推送 7K3QD",
        "/收件箱",
        "/认领 7K3Q-D9A2",
        "/邀请 编辑",
        "/人员",
        "/建议",
        "/撤回",
        "/撤回 7K3Q-D9A2",
        "/语言 火星文",
        "/订月",
        "/xyzzy",
        "/开始 i_ABCDEFGHJKMNPQRS",
        "灯",
        "   ",
        "🏳️‍🌈",
    ] {
        world.tells(&zhao, mistake).await;
        let heard = world.hears(&zhao.private());
        tale.tells(&readable(mistake), &readable(&heard).replace('⏎', "\n"));
    }
    let huge = "很长".repeat(2_047);
    world.tells(&zhao, &huge).await;
    tale.tells("4094 字", &world.hears(&zhao.private()));
    insta::assert_snapshot!(tale.0, @r"
    【/订阅】
    请写明栏目，例如：/订阅 便民信息。现有栏目：便民信息、政策解读。

    【/订阅 没有的栏目】
    没有“没有的栏目”这个栏目。现有栏目：便民信息、政策解读。

    【/订阅 🏳️‍🌈‹RLO›‹ZWS›栏目】
    没有“🏳️‍🌈‹RLO›‹ZWS›栏目”这个栏目。现有栏目：便民信息、政策解读。

    【/退订 没有的栏目】
    没有“没有的栏目”这个栏目。现有栏目：便民信息、政策解读。

    【/写稿 便民信息⏎标题⏎正文】
    这项操作需要“编辑”角色。如有需要，请联系管理员授权。

    【/推送 7K3QD】
    这项操作需要“编辑”角色。如有需要，请联系管理员授权。

    【/收件箱】
    这项操作需要“审阅人”角色。如有需要，请联系管理员授权。

    【/认领 7K3Q-D9A2】
    这项操作需要“审阅人”角色。如有需要，请联系管理员授权。

    【/邀请 编辑】
    这项操作需要“管理员”角色。如有需要，请联系管理员授权。

    【/人员】
    这项操作需要“管理员”角色。如有需要，请联系管理员授权。

    【/建议】
    格式不对。用法：
    /建议 内容

    【/撤回】
    格式不对。用法：
    /撤回 编号

    【/撤回 7K3Q-D9A2】
    没有找到编号 7K3Q-D9A2。请核对回执上的编号。

    【/语言 火星文】
    格式不对。用法：
    /语言 中文|English

    【/订月】
    没有“订月”这个命令。您是不是要用 /订阅？发送 /帮助 可查看全部命令。

    【/xyzzy】
    没有“xyzzy”这个命令。发送 /帮助 可查看全部命令。

    【/开始 i_ABCDEFGHJKMNPQRS】
    这个邀请已被使用或已过期，请向管理员索取新的邀请。

    【灯】
    内容太短，请至少写四个字。

    【   】
    内容太短，请至少写四个字。

    【🏳️‍🌈】
    内容太短，请至少写四个字。

    【4094 字】
    内容太长，请控制在 4000 字以内，或分几条发送。
    ");
    assert_eq!(kept(&world).await, before);
}

#[tokio::test]
async fn each_mistake_of_staff_gets_a_clear_sentence_and_changes_nothing() {
    let mut world = World::open().await;
    let admin = world.admin.clone();
    for role in ["编辑", "审阅人"] {
        world.hires(&admin, role).await;
    }
    let before = kept(&world).await;
    let mut tale = Tale::default();
    for mistake in [
        "/写稿",
        "/写稿 便民信息",
        "/写稿 便民信息\n",
        "/写稿 没有的栏目\n标题\n正文",
        "/解读 政策解读\n只有标题",
        "/预览",
        "/预览 7K3QD",
        "/定时 7K3QD",
        "/定时 7K3QD 昨天",
        "/推送 7K3QD 马上",
        "/取消 !!!",
        "/送达 7K3QD",
        "/试读",
        "/试读 不是网址",
        "/查看 7K3Q-D9A2",
        "/答复 7K3Q-D9A2",
        "/不采纳 7K3Q-D9A2 没有理由",
        "/邀请 皇帝",
        "/撤销角色 AAAAA 编辑",
    ] {
        world.tells(&admin, mistake).await;
        tale.tells(&mistake.replace('\n', "⏎"), &world.hears(&admin.private()));
    }
    insta::assert_snapshot!(tale.0, @r"
    【/写稿】
    格式不对。用法：
    /写稿 栏目
    标题
    正文（可用 Markdown）

    【/写稿 便民信息】
    格式不对。用法：
    /写稿 栏目
    标题
    正文（可用 Markdown）

    【/写稿 便民信息⏎】
    格式不对。用法：
    /写稿 栏目
    标题
    正文（可用 Markdown）

    【/写稿 没有的栏目⏎标题⏎正文】
    没有“没有的栏目”这个栏目。现有栏目：便民信息、政策解读。

    【/解读 政策解读⏎只有标题】
    “只有标题”前面缺少标签：每一项请写成“标签：内容”，例如“标题：……”。

    【/预览】
    格式不对。用法：
    /预览 稿件编号

    【/预览 7K3QD】
    没有找到稿件 7K3QD。发送 /待发 可查看现有稿件。

    【/定时 7K3QD】
    格式不对。用法：
    /定时 稿件编号 时间
    例如：/定时 7K3QD 明天 09:00

    【/定时 7K3QD 昨天】
    格式不对。用法：
    /定时 稿件编号 时间
    例如：/定时 7K3QD 明天 09:00

    【/推送 7K3QD 马上】
    格式不对。用法：
    /推送 稿件编号 [紧急]

    【/取消 !!!】
    格式不对。用法：
    /取消 稿件编号

    【/送达 7K3QD】
    没有找到稿件 7K3QD。发送 /待发 可查看现有稿件。

    【/试读】
    格式不对。用法：
    /试读 网址

    【/试读 不是网址】
    正在试读 不是网址，结果稍后发到这里。
    ───
    地址“不是网址”无法读取，请使用 http://、https:// 或 file: 开头的地址。

    【/查看 7K3Q-D9A2】
    没有找到编号 7K3Q-D9A2。请核对回执上的编号。

    【/答复 7K3Q-D9A2】
    格式不对。用法：
    /答复 编号 答复

    【/不采纳 7K3Q-D9A2 没有理由】
    格式不对。用法：
    /不采纳 编号 不属职权|已有规定|暂不可行|信息不足|其他 说明
    例如：/不采纳 AB12-CD34 暂不可行 目前经费不足，明年再议。

    【/邀请 皇帝】
    格式不对。用法：
    /邀请 管理员|编辑|审阅人|签批人

    【/撤销角色 AAAAA 编辑】
    没有找到这位工作人员。发送 /人员 可查看名单。
    ");
    assert_eq!(kept(&world).await, before);
}

#[tokio::test]
async fn what_is_pushed_to_a_group_is_worded_as_its_administrators_choose_and_nobody_else() {
    let mut world = World::open().await;
    let (owner, zhao) = (world.telegram.user("物业老陈"), world.telegram.user("赵敏"));
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "便民信息").await;
    let mut tale = Tale::default();
    for (who, words) in [(&owner, "/语言 english"), (&zhao, "/语言 中文")] {
        who.says(&group, words);
        world.quiet().await;
        tale.tells(words, &world.hears(&group));
        let kept = world.store().list(Kind::Subscriber, &[], None, 9).await.expect("lists");
        let kept = typed::<Subscriber>(kept[0].clone()).expect("a subscriber");
        tale.tells("推送的语言", &format!("{:?}", kept.lang));
    }
    insta::assert_snapshot!(tale.0, @r"
    【/语言 english】
    ↩ /语言 english
    All right, English from now on, and what is pushed to this group as well.

    【推送的语言】
    En

    【/语言 中文】
    ↩ /语言 中文
    好的，以后用中文。

    【推送的语言】
    En
    ");
}

#[tokio::test]
async fn members_of_a_group_cannot_change_its_subscriptions_and_private_matters_stay_private() {
    let mut world = World::open().await;
    let owner = world.telegram.user("物业老陈");
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "便民信息").await;
    let zhao = world.telegram.user("赵敏");
    let before = kept(&world).await;
    let mut tale = Tale::default();
    for mistake in ["/退订", "/订阅 政策解读", "/我的", "/忘记我", "/收件箱", "/邀请 编辑", "/订月"]
    {
        zhao.says(&group, mistake);
        world.quiet().await;
        tale.tells(mistake, &world.hears(&group));
    }
    insta::assert_snapshot!(tale.0, @r"
    【/退订】
    ↩ /退订
    只有本群管理员可以更改本群的订阅。

    【/订阅 政策解读】
    ↩ /订阅 政策解读
    只有本群管理员可以更改本群的订阅。

    【/我的】
    ↩ /我的
    为保护隐私，请在与我的私聊中进行这项操作。

    【/忘记我】
    ↩ /忘记我
    为保护隐私，请在与我的私聊中进行这项操作。

    【/收件箱】
    ↩ /收件箱
    为保护隐私，请在与我的私聊中进行这项操作。

    【/邀请 编辑】
    ↩ /邀请 编辑
    为保护隐私，请在与我的私聊中进行这项操作。

    【/订月】
    ↩ /订月
    没有“订月”这个命令。您是不是要用 /订阅？发送 /帮助 可查看全部命令。
    ");
    zhao.says(&group, "/roll 100");
    world.quiet().await;
    assert_eq!(world.hears(&group), "", "it is meant for another bot");
    assert_eq!(kept(&world).await, before);
}
