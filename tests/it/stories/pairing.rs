//! Connecting channels from the chat: codes for groups, how the accounts do, whether one works, and how a platform is
//! connected.

use super::world::{Tale, World, word_after};
use crate::clock::StandingClock;
use crate::fakes::dingtalk::FakeDingtalk;
use crate::fakes::robots::{FakeRobots, Make, Standing};
use crate::fakes::telegram::Place;
use std::sync::Arc;
use std::time::Duration;
use tongxin::model::{AccountId, Lang};
use tongxin::text::Speak as _;

const TEXT: &str = "停水通知\n明天九点到十二点停水，请提前储水。";

/// An office whose administrator is an editor too.
async fn office(accounts: &str, clock: Arc<StandingClock>) -> World {
    let mut world = World::beside(clock, accounts).await;
    let admin = world.admin.clone();
    world.hires(&admin, "编辑").await;
    world
}

fn clock() -> Arc<StandingClock> {
    Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"))
}

/// The editor types this alone; what they are told.
async fn tells(world: &mut World, typed: &str) -> String {
    let editor = world.admin.clone();
    world.tells(&editor, typed).await;
    world.hears(&editor.private())
}

/// What a group is told, without what it answers.
fn unquoted(world: &mut World, place: &Place) -> String {
    let heard = world.hears(place);
    heard.lines().filter(|line| !line.starts_with('↩')).collect::<Vec<_>>().join("\n")
}

/// A code that the editor was just given.
async fn code(world: &mut World, topics: &str) -> String {
    let told = tells(world, &format!("/配对 {topics}")).await;
    word_after(&told, "配对码：")
}

#[tokio::test]
async fn a_group_is_connected_by_a_code_once_and_with_the_topics_that_the_editor_chose() {
    let mut world = office("", clock()).await;
    let mut tale = Tale::default();
    let told = tells(&mut world, "/配对 便民信息，政策解读").await;
    let paired = word_after(&told, "配对码：");
    world.calls(&paired, "〈配对码〉");
    tale.tells("编辑", &world.named(told));
    let (owner, member) = (world.telegram.user("老陈"), world.telegram.user("小李"));
    let group = world.telegram.group("阳光花园业主群");
    world.telegram.makes_admin(&group, &owner);
    world.telegram.adds_bot_to(&group);
    world.quiet().await;
    world.hears(&group);
    member.says(&group, &format!("/配对 {paired}"));
    world.quiet().await;
    tale.tells("群（成员发送）", &unquoted(&mut world, &group));
    owner.says(&group, &format!("/配对 {}", paired.to_lowercase()));
    world.quiet().await;
    tale.tells("群（管理员发送）", &unquoted(&mut world, &group));
    tale.tells("编辑", &world.hears(&world.admin.private()));
    let other = world.telegram.group("桂花巷居民群");
    world.telegram.makes_admin(&other, &owner);
    world.telegram.adds_bot_to(&other);
    world.quiet().await;
    world.hears(&other);
    owner.says(&other, &format!("/配对 {paired}"));
    world.quiet().await;
    tale.tells("另一个群", &unquoted(&mut world, &other));
    insta::assert_snapshot!(tale.0, @"
    【编辑】
    配对码：〈配对码〉
    请交给要接通的群的管理员，在那个群里发送（有的平台要先 @机器人）：
    /配对 〈配对码〉
    群将订阅：便民信息、政策解读。15 分钟内有效，只能用一次。

    【群（成员发送）】
    只有本群管理员可以更改本群的订阅。

    【群（管理员发送）】
    本群已接通，今后按时推送：便民信息、政策解读。引用回复推送即可提建议。

    【编辑】
    “阳光花园业主群”已用您的配对码接通，订阅了：便民信息、政策解读。

    【另一个群】
    这个配对码已用过、已过期或不正确。请向编辑要一个新的（编辑在与我的私聊中发送 /配对 栏目）。
    ");
    world.pushes(TEXT).await;
    assert!(world.hears(&group).contains("停水通知"));
    assert_eq!(world.hears(&other), "");
}

#[tokio::test]
async fn of_two_groups_that_bring_a_code_at_once_one_is_connected() {
    let mut world = office("", clock()).await;
    let paired = code(&mut world, "政策解读").await;
    let owner = world.telegram.user("老陈");
    let groups = ["一号楼", "二号楼"].map(|title| world.telegram.group(title));
    for group in &groups {
        world.telegram.makes_admin(group, &owner);
        world.telegram.adds_bot_to(group);
    }
    world.quiet().await;
    for group in &groups {
        world.hears(group);
        owner.says(group, &format!("/配对 {paired}"));
    }
    world.quiet().await;
    let told = groups.each_ref().map(|group| world.hears(group));
    assert!(told[0].contains("本群已接通") && told[1].contains("已用过"), "{told:?}");
    world.hears(&world.admin.private());
}

#[tokio::test]
async fn a_code_is_over_after_a_quarter_of_an_hour_and_nothing_is_left_of_it() {
    let mut world = office("", clock()).await;
    let paired = code(&mut world, "全部").await;
    let owner = world.telegram.user("老陈");
    let group = world.telegram.group("阳光花园业主群");
    world.telegram.makes_admin(&group, &owner);
    world.telegram.adds_bot_to(&group);
    world.quiet().await;
    world.hears(&group);
    world.later(Duration::from_mins(16)).await;
    owner.says(&group, &format!("/配对 {paired}"));
    world.quiet().await;
    assert!(world.hears(&group).contains("已过期"));
    let kept = world.store().list(tongxin::model::Kind::Pairing, &[], None, 9).await;
    assert_eq!(kept.expect("lists").len(), 0);
    assert_eq!(world.files_with(paired.as_bytes()), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_robot_of_dingtalk_is_connected_by_whoever_has_a_code_and_by_nobody_else() {
    let clock = clock();
    let ding = FakeDingtalk::start(clock.clone()).await;
    let mut world = office(&ding.account(), clock).await;
    let group = "cidAbc123==";
    let says = |text: &str| ding.call("zhao", Some(group), text, None).request();
    assert_eq!(world.is_posted(says("/订阅 政策解读")).await, 200);
    insta::assert_snapshot!(ding.last(group).text, @"这个平台没有告诉我谁是群管理员。请让编辑在与我的私聊中发送 /配对 栏目，把得到的配对码发给您，再在本群发送：/配对 配对码");
    assert_eq!(world.is_posted(says("/配对 ABCD2345")).await, 200);
    assert!(ding.last(group).text.contains("不正确"), "{}", ding.last(group).text);
    let paired = code(&mut world, "政策解读").await;
    assert_eq!(world.is_posted(says(&format!("/配对 {paired}"))).await, 200);
    assert!(ding.last(group).text.contains("今后按时推送：政策解读"), "{}", ding.last(group).text);
    assert!(world.hears(&world.admin.private()).contains("已用您的配对码接通"));
    world.pushes(TEXT).await;
    assert!(ding.last(group).text.contains("停水通知"));
}

#[tokio::test]
async fn who_may_do_what_about_channels_is_asked_at_the_desk() {
    let mut world = World::open().await;
    let member = world.telegram.user("小李");
    let mut tale = Tale::default();
    for typed in ["/配对 便民信息", "/频道", "/试发 telegram", "/连接 飞书"] {
        world.tells(&member, typed).await;
        tale.tells(typed, &world.hears(&member.private()));
    }
    // An administrator who is no editor may do all of it.
    for typed in ["/配对", "/配对 天气", "/试发 nobody", "/连接 火星", "/配对 便民信息"]
    {
        let admin = world.admin.clone();
        world.tells(&admin, typed).await;
        let heard = world.hears(&admin.private());
        tale.tells(typed, heard.lines().last().unwrap_or_default());
    }
    insta::assert_snapshot!(tale.0, @"
    【/配对 便民信息】
    这项操作需要“编辑”角色。如有需要，请联系管理员授权。

    【/频道】
    这项操作需要“编辑”角色。如有需要，请联系管理员授权。

    【/试发 telegram】
    这项操作需要“编辑”角色。如有需要，请联系管理员授权。

    【/连接 飞书】
    这项操作需要“管理员”角色。如有需要，请联系管理员授权。

    【/配对】
    请写明群要订阅的栏目，例如：/配对 便民信息；全部栏目请发送 /配对 全部。现有栏目：便民信息、政策解读。

    【/配对 天气】
    没有“天气”这个栏目。现有栏目：便民信息、政策解读。

    【/试发 nobody】
    没有名为“nobody”的账号。现有账号：web、telegram。

    【/连接 火星】
    没有“火星”这个平台。发送 /连接 可查看能接入哪些平台。

    【/配对 便民信息】
    群将订阅：便民信息。15 分钟内有效，只能用一次。
    ");
}

#[tokio::test]
async fn staff_see_how_the_accounts_do_and_try_one_and_read_what_is_wrong() {
    let clock = clock();
    let robots = FakeRobots::start(clock.clone()).await;
    let accounts: String = Make::ALL.iter().map(|make| robots.account(*make)).collect();
    let mut world = office(&accounts, clock).await;
    let mut tale = Tale::default();
    tale.tells("还没有推送", &tells(&mut world, "/频道").await);
    robots.becomes(Make::Feishu, Standing::Removed);
    robots.floods(Make::Wecom);
    world.pushes(TEXT).await;
    tale.tells("推送之后", &tells(&mut world, "/频道").await);
    tale.tells("试飞书", &tells(&mut world, "/试发 feishu-robot").await);
    tale.tells("马上再试", &tells(&mut world, "/试发 feishu-robot").await);
    tale.tells("试钉钉", &tells(&mut world, "/试发 dingtalk-robot").await);
    tale.tells("试 Telegram", &tells(&mut world, "/试发 telegram").await);
    assert!(robots.shown(Make::Dingtalk).concat().contains("本群已接通"));
    // What was seen before is known again.
    world.restarts().await;
    let told = tells(&mut world, "/频道").await;
    assert!(told.contains("起被平台停用"), "{told}");
    robots.becomes(Make::Feishu, Standing::Works);
    world.later(Duration::from_mins(6)).await;
    world.hears(&world.admin.private());
    tale.tells("修好之后", &tells(&mut world, "/频道").await);
    insta::assert_snapshot!(tale.0, @"
    【还没有推送】
    ○　web（本程序自己的网页）　会话 0
    　还没有发过消息
    ✓　telegram（Telegram）　会话 0，最近送出 11月24日 08:00
    　正常
    ○　wecom-robot（企业微信群机器人）　会话 1
    　还没有发过消息
    ○　dingtalk-robot（钉钉群自定义机器人）　会话 1
    　还没有发过消息
    ○　feishu-robot（飞书群自定义机器人）　会话 1
    　还没有发过消息
    试发请发送：/试发 账号

    【推送之后】
    ○　web（本程序自己的网页）　会话 0
    　还没有发过消息
    ✓　telegram（Telegram）　会话 0，最近送出 11月24日 08:00
    　正常
    …　wecom-robot（企业微信群机器人）　会话 1，待发 1
    　按平台要求等到 11月24日 08:01
    ✓　dingtalk-robot（钉钉群自定义机器人）　会话 1，最近送出 11月24日 08:00
    　正常
    ⚠　feishu-robot（飞书群自定义机器人）　会话 1，待发 1
    　11月24日 08:00 起被平台停用。平台上没有这个机器人：地址抄得不全，或机器人已被移出群。请在群设置里核对；已移出的要重新添加，换用新的地址。（原话：19001 param invalid: incoming webhook access token invalid）
    试发请发送：/试发 账号

    【试飞书】
    正在试“feishu-robot”，结果稍后发到这里。
    ───
    “feishu-robot”不可用。平台上没有这个机器人：地址抄得不全，或机器人已被移出群。请在群设置里核对；已移出的要重新添加，换用新的地址。（原话：19001 param invalid: incoming webhook access token invalid）

    【马上再试】
    账号“feishu-robot”刚刚试过，请半分钟后再试。

    【试钉钉】
    正在试“dingtalk-robot”，结果稍后发到这里。
    ───
    “dingtalk-robot”可用：平台已收下测试消息，请到“dingtalk-robot 群”确认已显示。

    【试 Telegram】
    正在试“telegram”，结果稍后发到这里。
    ───
    “telegram”可用：平台上的名称是 @tongxin_bot。请把它加入群，由群管理员在群里发送：/订阅

    【修好之后】
    ○　web（本程序自己的网页）　会话 0
    　还没有发过消息
    ✓　telegram（Telegram）　会话 0，最近送出 11月24日 08:00
    　正常
    ✓　wecom-robot（企业微信群机器人）　会话 1，最近送出 11月24日 08:01
    　正常
    ✓　dingtalk-robot（钉钉群自定义机器人）　会话 1，最近送出 11月24日 08:00
    　正常
    ✓　feishu-robot（飞书群自定义机器人）　会话 1，最近送出 11月24日 08:05
    　正常
    试发请发送：/试发 账号
    ");
}

#[tokio::test]
async fn an_administrator_reads_how_a_platform_is_connected_and_is_asked_for_no_secret() {
    let mut world = office("", clock()).await;
    let mut tale = Tale::default();
    tale.tells("/连接", &tells(&mut world, "/连接").await);
    tale.tells("/连接 飞书应用", &tells(&mut world, "/连接 飞书应用").await);
    insta::assert_snapshot!(tale.0, @"
    【/连接】
    可以接入的平台：
    telegram　Telegram
    wecom-robot　企业微信群机器人
    dingtalk-robot　钉钉群自定义机器人
    feishu-robot　飞书群自定义机器人
    webhook　其他系统（双向签名调用）
    dingtalk　钉钉应用机器人
    official-account　微信公众号
    feishu　飞书应用
    wecom　企业微信应用
    web-push　浏览器通知
    by-hand　由人转发的群（如个人微信群）
    email　电子邮件
    wecom-bot　企业微信智能机器人
    查看步骤请发送：/连接 平台

    【/连接 飞书应用】
    接入飞书应用
    1. 登录飞书开放平台（open.feishu.cn），“开发者后台”→创建企业自建应用，在“添加应用能力”里开启“机器人”。
    2. 在“凭证与基础信息”里复制 App ID 和 App Secret。
    3. 在“权限管理”里开通 im:message、im:message.p2p_msg:readonly、im:message.group_at_msg:readonly、im:chat:readonly。
    4. 在“事件与回调”→“加密策略”里设置 Encrypt Key，连同 Verification Token 一起复制；两样都不填，就只发不收。

    请服务器的管理人员运行（密码只在那里输入，请勿发到聊天里）：
    tongxin channel add feishu --config 配置文件

    接下来：
    1. 重启服务；https://tongxin.example.org/hook/feishu 须能从外网以 https 访问。
    2. 在“事件与回调”里，事件和回调的请求地址都填 https://tongxin.example.org/hook/feishu；订阅 im.message.receive_v1、im.chat.member.bot.added_v1、im.chat.member.bot.deleted_v1、im.chat.disbanded_v1、im.chat.updated_v1，以及回调 card.action.trigger。
    3. 发布版本，可用范围包括所有读者。把机器人加入群，由群主或群管理员 @机器人 发送 /订阅 栏目。
    ");
    let english = tells(&mut world, "/language en").await;
    assert!(english.contains("English"));
    let told = tells(&mut world, "/connect telegram").await;
    assert!(told.contains("Already there: telegram.") && told.contains("@BotFather"), "{told}");
}

#[tokio::test]
async fn what_hangs_on_an_account_is_counted_and_its_subscriptions_end_with_it() {
    let clock = clock();
    let robots = FakeRobots::start(clock.clone()).await;
    let mut world = office(&robots.account(Make::Wecom), clock).await;
    let admin = world.admin.clone();
    world.hires(&admin, "审阅人").await;
    let owner = world.telegram.user("老陈");
    let group = world.telegram.group("阳光花园业主群");
    world.subscribes(&group, &owner, "政策解读").await;
    robots.floods(Make::Wecom);
    world.pushes(TEXT).await;
    let pushed = world.last(&group);
    world.hears(&group);
    owner.replies(&pushed, "请早一点通知，老人家里要蓄水。");
    world.quiet().await;
    let asked = world.last(&group);
    world.presses(&owner, &asked, "提交").await;
    world.hears(&group);
    world.hears(&owner.private());
    world.hears(&admin.private());
    let robot = AccountId("wecom-robot".to_owned());
    let bot = AccountId("telegram".to_owned());
    let mut tale = Tale::default();
    for account in [&robot, &bot] {
        let hangs = world.desk().hanging(account).await.expect("counts");
        tale.tells(&account.0, &hangs.say(Lang::Zh));
    }
    insta::assert_snapshot!(tale.0, @"
    【wecom-robot】
    订阅的会话 1 个：订阅随之终止，以后重新接入时须重新订阅。
    待发消息 1 条：留在台账里，不再发送；以后同名的账号重新接入，仍订阅着的会话会补发。

    【telegram】
    订阅的会话 1 个：订阅随之终止，以后重新接入时须重新订阅。
    未办结的建议 1 条：答复送不到提出者的聊天，提出者仍可凭编号和查询码在网页上看到。
    ");
    for _ in 0..2 {
        world.desk().end_account(&bot).await.expect("ends");
    }
    let hangs = world.desk().hanging(&bot).await.expect("counts");
    assert!(!hangs.say(Lang::En).contains("subscribed"), "{hangs:?}");
    world.pushes("第二篇\n内容").await;
    assert_eq!(world.hears(&group), "", "nothing is owed to it any more");
}
