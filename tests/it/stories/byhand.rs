//! What groups go through to which a person brings what is pushed there.

use super::world::World;
use crate::clock::StandingClock;
use crate::fakes::telegram::Person;
use crate::web::page::{Form, Page};
use axum::body::Body;
use axum::http::Request;
use std::sync::Arc;
use std::time::Duration;
use tongxin::model::{Code, Post};

const TEXT: &str = "停水通知\n明天九点到十二点停水，见[区政府网](https://gov.example.org/a)。\n\n- 一号楼\n- 二号楼";

/// Two groups that people keep: the second has no deputy.
pub const ACCOUNT: &str = r#"
[[account]]
name = "wechat"
platform = "by-hand"
remind_after = "30m"
hand_over_after = "1h"

[[account.group]]
id = "guihua"
title = "桂花巷居民群"
topics = ["policy"]
keeper = "王姐"
deputy = "李哥"

[[account.group]]
id = "yangguang"
title = "阳光花园业主群"
topics = ["policy"]
keeper = "王姐"
hand_over_after = "2h"
"#;

/// One group, whose keeper nobody knows.
const UNKNOWN: &str = r#"
[[account]]
name = "wechat"
platform = "by-hand"

[[account.group]]
id = "guihua"
title = "桂花巷居民群"
topics = ["policy"]
keeper = "赵姐"
deputy = "李哥"
"#;

pub const GUIHUA: &str = "桂花巷居民群";
const YANGGUANG: &str = "阳光花园业主群";

/// The office, its editor, and those who keep its groups.
pub struct Scene {
    pub world: World,
    pub wang: Person,
    li: Person,
}

impl Scene {
    pub async fn open(accounts: &str) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00+08:00"));
        let mut world = World::beside(clock, accounts).await;
        let admin = world.admin.clone();
        world.hires(&admin, "编辑").await;
        let (wang, li) = (world.telegram.user("王姐"), world.telegram.user("李哥"));
        for keeper in [&wang, &li] {
            world.hires(keeper, "转发人").await;
        }
        Self { world, wang, li }
    }

    pub async fn pushed(&mut self) -> String {
        let (code, _) = self.world.pushes(TEXT).await;
        self.world.calls(&code, "〈稿〉");
        code
    }

    /// The page that somebody was asked to open for a group, with which words, most lately.
    pub fn page_of(&self, who: &Person, group: &str) -> String {
        let mut all = self.world.telegram.messages(&who.private());
        all.retain(|m| m.text.contains(group) && !m.links().is_empty());
        let last = all.pop().expect("somebody was asked");
        let link = last.links().into_iter().next_back().expect("a link").to_owned();
        link.strip_prefix("https://tongxin.example.org").expect("ours").to_owned()
    }

    /// What somebody was told since.
    pub fn hears(&mut self, who: &Person) -> String {
        self.world.hears(&who.private())
    }

    async fn opens(&self, path: &str) -> Page {
        self.world.browses(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn sends(&mut self, form: &Form) -> Page {
        let call = Request::post(&form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.encoded()))
            .expect("a request");
        let page = self.world.browses(call).await;
        self.world.quiet().await;
        if page.status.as_u16() == 303 {
            return self.opens(page.header("location")).await;
        }
        page
    }

    /// Somebody taps a button of their page; what the page says then.
    async fn taps(&mut self, path: &str, label: &str) -> Page {
        let form = self.opens(path).await.button(label);
        self.sends(&form).await
    }

    /// The post of this code.
    async fn asks_post(&self, code: &str) -> Post {
        let desk = self.world.desk();
        let code = Code::parse(code).expect("a code");
        desk.post(&desk.operator(), &code).await.expect("the post").value
    }

    async fn asks(&mut self, what: &str) -> String {
        let editor = self.world.admin.clone();
        self.world.tells(&editor, what).await;
        let told = self.world.hears(&editor.private());
        // What names a chat differs from run to run.
        match told.split_once("”（").and_then(|(a, b)| Some((a, b.split_once("），经")?.1))) {
            Some((before, after)) => format!("{before}”（〈群〉），经{after}"),
            None => told,
        }
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

#[tokio::test]
async fn whoever_keeps_a_group_is_asked_copies_the_text_and_says_that_it_is_there() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let wang = scene.wang.clone();
    let asked = scene.hears(&wang);
    insta::assert_snapshot!(asked, @"
    请把《停水通知》发到“桂花巷居民群”。
    打开下面的页面，复制文字、保存海报，发到群里以后点“已发到群里”。到 11月24日 08:30 还没有发，会提醒您一次。
    ［打开转发页面］
    ───
    请把《停水通知》发到“阳光花园业主群”。
    打开下面的页面，复制文字、保存海报，发到群里以后点“已发到群里”。到 11月24日 08:30 还没有发，会提醒您一次。
    ［打开转发页面］
    ");
    let report = scene.asks(&format!("/送达 {code}")).await;
    insta::assert_snapshot!(report, @"
    〈稿〉　停水通知
    应达 2，已达 0，等待 2，失败 0，待核实 0，已退订或取消 0。
    收到建议 0 条。

    桂花巷居民群　11月24日 08:00 起等王姐转发；扫码打开 0 次，回复 0 条
    阳光花园业主群　11月24日 08:00 起等王姐转发；扫码打开 0 次，回复 0 条
    ");
    let path = scene.page_of(&wang, GUIHUA);
    let page = scene.opens(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.all("[data-piece]").len(), 1);
    insta::assert_snapshot!(scene.world.named(page.main()), @"发到“桂花巷居民群” 停水通知 11月24日 08:00 起等待转发，最晚 11月27日 08:00。 1 复制文字，发到群里 点“复制”，到群里粘贴发送。有几段就发几条。 长按文字，选“全选”“复制”，再到群里粘贴。 停水通知 明天九点到十二点停水，见区政府网 (https://gov.example.org/a)。 • 一号楼 • 二号楼 看全文、提意见：https://tongxin.example.org/g/guihua/p/〈稿〉 复制 2 保存海报，发到群里 长按图片，选“保存图片”；群里的人扫码就能看全文、提意见。 下载海报 3 发完了，点这里 点一下就记录在案，不会再提醒您。 已发到群里 这次不发 不发的原因（编辑会看到） 确定不发");
    // That it was looked at changes nothing.
    let why = scene.asks(&format!("/为何 {code} {GUIHUA}")).await;
    assert!(why.contains("等王姐发到群里"), "{why}");
    scene.world.later(minutes(5)).await;
    let done = scene.taps(&path, "已发到群里").await;
    assert!(
        done.words(".status").starts_with("王姐已于 11月24日 08:05 发到群里"),
        "{}",
        done.main()
    );
    // The next group that waits for her is one tap away.
    let next = done.attributes("a.button", "href").pop().expect("another group");
    assert!(
        next.ends_with(&scene.page_of(&wang, YANGGUANG)) || next.contains("/yangguang/"),
        "{next}"
    );
    let report = scene.asks(&format!("/送达 {code}")).await;
    insta::assert_snapshot!(report, @"
    〈稿〉　停水通知
    应达 2，已达 1，等待 1，失败 0，待核实 0，已退订或取消 0。
    收到建议 0 条。

    桂花巷居民群　11月24日 08:05 由王姐发到群里；扫码打开 0 次，回复 0 条
    阳光花园业主群　11月24日 08:00 起等王姐转发；扫码打开 0 次，回复 0 条
    ");
    let why = scene.asks(&format!("/为何 {code} {GUIHUA}")).await;
    insta::assert_snapshot!(why, @"
    稿件 〈稿〉“停水通知”→“桂花巷居民群”（〈群〉），经账号“wechat”。
    11月24日 08:00:07　列入发送计划
    11月24日 08:00:07　文字和海报已备好，等人转发到群里
    11月24日 08:00:07　已请王姐转发
    11月24日 08:05:10　王姐表示已发到群里
    现状：已于 11月24日 08:05:10 由王姐发到群里。
    ");
    let post = scene.asks_post(&code).await;
    let call = scene.world.desk().operator();
    let (lines, _) = scene.world.desk().ledger(&call, &post, None).await.expect("a ledger");
    let told: Vec<_> = lines.iter().map(|l| (l.title.as_str(), l.state, l.by.as_str())).collect();
    assert_eq!(told, [(GUIHUA, "sent", "王姐"), (YANGGUANG, "in_hands", "")]);
}

#[tokio::test]
async fn who_does_not_do_it_is_reminded_then_the_deputy_is_asked_then_staff_are_told() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let (wang, li, admin) = (scene.wang.clone(), scene.li.clone(), scene.world.admin.clone());
    scene.hears(&wang);
    // Whatever is held in memory goes, again and again.
    scene.world.restarts().await;
    scene.world.later(minutes(30)).await;
    insta::assert_snapshot!(scene.hears(&wang), @"
    《停水通知》还没有发到“桂花巷居民群”。发过了请在页面上点“已发到群里”；这次不发，也请在页面上说明。到 11月24日 09:30 仍未处理，将请李哥代发。
    ［打开转发页面］
    ───
    《停水通知》还没有发到“阳光花园业主群”。发过了请在页面上点“已发到群里”；这次不发，也请在页面上说明。到 11月24日 10:30 仍未处理，将告知编辑。
    ［打开转发页面］
    ");
    scene.world.restarts().await;
    scene.world.later(minutes(60)).await;
    insta::assert_snapshot!(scene.hears(&li), @"
    王姐还没有把《停水通知》发到“桂花巷居民群”，请您代发。
    打开下面的页面，复制文字、保存海报，发到群里以后点“已发到群里”。到 11月24日 10:30 仍未处理，将告知编辑。
    ［打开转发页面］
    ");
    scene.world.restarts().await;
    scene.world.later(minutes(60)).await;
    insta::assert_snapshot!(scene.hears(&admin), @"
    《停水通知》还没有人发到“桂花巷居民群”（转发人：王姐、李哥）。
    请联系他们，或打开下面的页面代发。到 11月27日 08:00 仍未处理，将记为没有送达。
    ［打开转发页面］
    ───
    《停水通知》还没有人发到“阳光花园业主群”（转发人：王姐）。
    请联系他们，或打开下面的页面代发。到 11月27日 08:00 仍未处理，将记为没有送达。
    ［打开转发页面］
    ");
    // Any editor can do it in their place.
    let path = scene.page_of(&admin, GUIHUA);
    let done = scene.taps(&path, "已发到群里").await;
    assert!(done.words(".status").starts_with("周站长已于"), "{}", done.main());
    // What nobody did is given up after three days, and stands in the ledger.
    scene.world.later(Duration::from_hours(72)).await;
    let why = scene.asks(&format!("/为何 {code} {YANGGUANG}")).await;
    insta::assert_snapshot!(why, @"
    稿件 〈稿〉“停水通知”→“阳光花园业主群”（〈群〉），经账号“wechat”。
    11月24日 08:00:07　列入发送计划
    11月24日 08:00:07　文字和海报已备好，等人转发到群里
    11月24日 08:00:07　已请王姐转发
    11月24日 08:30:07　已提醒王姐
    11月24日 10:30:07　没有人转发，已告知编辑
    11月27日 08:00:07　未能送达：超过时限，没有人发到群里
    现状：11月27日 08:00:07 起放弃发送，原因：超过时限，没有人发到群里
    ");
    let report = scene.asks(&format!("/送达 {code}")).await;
    assert!(report.contains("应达 2，已达 1，等待 0，失败 1"), "{report}");
    assert_eq!(scene.hears(&wang) + &scene.hears(&li), "");
}

#[tokio::test]
async fn of_two_who_say_it_at_once_the_first_counts_and_the_second_is_told_who_was_faster() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let (wang, li) = (scene.wang.clone(), scene.li.clone());
    scene.world.later(minutes(90)).await;
    scene.hears(&wang);
    scene.hears(&li);
    let hers = scene.opens(&scene.page_of(&wang, GUIHUA)).await.button("已发到群里");
    let his = scene.opens(&scene.page_of(&li, GUIHUA)).await.button("已发到群里");
    let first = scene.sends(&his).await;
    assert!(first.words(".status").starts_with("李哥已于"), "{}", first.main());
    let second = scene.sends(&hers).await;
    assert_eq!(second.status, 409);
    assert_eq!(second.words(".error"), "李哥快了一步，已在 11月24日 09:30 处理了，您不用再发。");
    // A second tap of the same person says the same as the first.
    let again = scene.sends(&his).await;
    assert_eq!(again.status, 200);
    let report = scene.asks(&format!("/送达 {code}")).await;
    assert!(report.contains("应达 2，已达 1，等待 1，失败 0"), "{report}");
}

#[tokio::test]
async fn a_slip_can_be_undone_within_ten_minutes_and_what_is_left_out_says_why() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let wang = scene.wang.clone();
    scene.hears(&wang);
    let path = scene.page_of(&wang, GUIHUA);
    scene.taps(&path, "已发到群里").await;
    scene.world.later(minutes(9)).await;
    let back = scene.taps(&path, "撤销，还没有处理").await;
    assert!(back.main().contains("已发到群里"), "{}", back.main());
    let report = scene.asks(&format!("/送达 {code}")).await;
    assert!(report.contains("应达 2，已达 0，等待 2"), "{report}");
    let form = scene.opens(&path).await.button("确定不发");
    let asked = scene.sends(&form).await;
    assert_eq!(asked.words(".error"), "请写一句不发的原因，编辑会看到。");
    let done = scene.sends(&form.with("reason", "群里刚发过")).await;
    insta::assert_snapshot!(done.words(".status"), @"王姐于 11月24日 08:09 决定不发：群里刚发过");
    let undo = scene.opens(&path).await.button("撤销，还没有处理");
    scene.world.later(minutes(11)).await;
    assert!(!scene.opens(&path).await.main().contains("撤销"));
    let late = scene.sends(&undo).await;
    assert_eq!(late.status, 409);
    let report = scene.asks(&format!("/送达 {code}")).await;
    insta::assert_snapshot!(report, @"
    〈稿〉　停水通知
    应达 2，已达 0，等待 1，失败 0，待核实 0，已退订或取消 1。
    收到建议 0 条。

    桂花巷居民群　11月24日 08:09 王姐决定不发：群里刚发过；扫码打开 0 次，回复 0 条
    阳光花园业主群　11月24日 08:00 起等王姐转发；扫码打开 0 次，回复 0 条
    ");
    scene.hears(&wang);
}

#[tokio::test]
async fn when_a_post_is_taken_back_who_posted_it_is_told_what_to_do_and_who_did_not_need_not() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let wang = scene.wang.clone();
    scene.hears(&wang);
    let (posted, waits) = (scene.page_of(&wang, GUIHUA), scene.page_of(&wang, YANGGUANG));
    scene.taps(&posted, "已发到群里").await;
    scene.asks(&format!("/暂停 {code}")).await;
    let paused = scene.opens(&waits).await;
    assert!(paused.words(".error").contains("请先不要发到群里"), "{}", paused.main());
    scene.asks(&format!("/取消 {code}")).await;
    scene.world.restarts().await;
    scene.world.quiet().await;
    insta::assert_snapshot!(scene.hears(&wang), @"
    《停水通知》已撤回，而它在 11月24日 08:00 已发到“桂花巷居民群”。发出不到两分钟的，请在群里长按那条消息，点“撤回”；超过两分钟的，请在群里说明：“刚才发的《停水通知》已撤回，请以后续通知为准。”
    ───
    《停水通知》已撤回，不用再发到“阳光花园业主群”了。
    ");
    let over = scene.opens(&waits).await;
    assert_eq!(over.words(".status"), "不用再发了：推送已撤回。");
    let late = scene.opens(&posted).await;
    assert!(late.words(".status").starts_with("王姐已于"), "{}", late.main());
    let report = scene.asks(&format!("/送达 {code}")).await;
    assert!(
        report.contains("应达 2，已达 1，等待 0，失败 0，待核实 0，已退订或取消 1"),
        "{report}"
    );
}

#[tokio::test]
async fn when_a_post_that_is_in_all_groups_is_taken_back_who_posted_it_is_told() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let wang = scene.wang.clone();
    scene.hears(&wang);
    for group in [GUIHUA, YANGGUANG] {
        let page = scene.page_of(&wang, group);
        scene.taps(&page, "已发到群里").await;
    }
    let asked = scene.asks(&format!("/取消 {code}")).await;
    assert!(asked.contains("2 个会话已收到") && asked.contains("［确认撤回］"), "{asked}");
    assert_eq!(scene.hears(&wang), "");
    let editor = scene.world.admin.clone();
    let below = scene.world.last(&editor.private());
    scene.world.presses(&editor, &below, "确认撤回").await;
    scene.world.hears(&editor.private());
    let told = scene.hears(&wang);
    assert_eq!(told.matches("《停水通知》已撤回，而它在").count(), 2, "{told}");
}

#[tokio::test]
async fn the_code_of_a_group_leads_to_a_page_that_counts_for_the_group_and_knows_nobody() {
    let mut scene = Scene::open(ACCOUNT).await;
    let code = scene.pushed().await;
    let (wang, admin) = (scene.wang.clone(), scene.world.admin.clone());
    scene.hears(&wang);
    scene.world.hires(&admin, "审阅人").await;
    let page = scene.opens(&format!("/g/guihua/p/{code}")).await;
    assert_eq!(page.words("h1"), "停水通知");
    assert!(page.body.contains("noindex"), "only its own code leads there");
    scene.opens(&format!("/g/guihua/p/{code}")).await;
    assert!(!scene.opens("/").await.main().contains(GUIHUA), "no list leads there");
    let form = page.form(&format!("/g/guihua/p/{code}/reply"));
    let form = form.with("text", "能不能提前一天通知").with("agreed", "yes");
    let receipt = scene.sends(&form).await;
    assert_eq!(receipt.all(".receipt dd code").len(), 2, "{}", receipt.main());
    let told = scene.hears(&admin);
    assert!(told.contains("停水通知"), "{told}");
    let case = scene.world.last(&admin.private());
    scene.world.presses(&admin, &case, "认领").await;
    let case = scene.hears(&admin);
    assert!(case.contains("来自：扫“桂花巷居民群”里二维码的人"), "{case}");
    let report = scene.asks(&format!("/送达 {code}")).await;
    assert!(
        report.contains("桂花巷居民群　11月24日 08:00 起等王姐转发；扫码打开 2 次，回复 1 条"),
        "{report}"
    );
    assert!(
        report.contains("阳光花园业主群　11月24日 08:00 起等王姐转发；扫码打开 0 次，回复 0 条"),
        "{report}"
    );
    // What was posted stands on the group's own page.
    assert!(!scene.opens("/g/guihua").await.main().contains("停水通知"));
    scene.taps(&scene.page_of(&wang, GUIHUA), "已发到群里").await;
    assert!(scene.opens("/g/guihua").await.main().contains("停水通知"));
}

#[tokio::test]
async fn the_address_of_a_page_is_for_one_person_and_ends() {
    let mut scene = Scene::open(ACCOUNT).await;
    scene.pushed().await;
    let wang = scene.wang.clone();
    scene.hears(&wang);
    let path = scene.page_of(&wang, GUIHUA);
    // Another group, a later end, another mark: none is taken.
    for forged in [
        path.replace("guihua", "yangguang"),
        path.replace('-', "-f"),
        format!("{path}0"),
        path.replace("/1-", "/2-"),
        path[..path.len() - 1].to_owned(),
    ] {
        let page = scene.opens(&forged).await;
        assert_eq!(page.status, 404, "{forged}");
        let (status, _) = scene.world.picture(&format!("{forged}/poster.png")).await;
        assert_eq!(status, 404, "{forged}");
    }
    let form = scene.opens(&path).await.button("已发到群里");
    let stale = scene.sends(&form.clone().with("token", "x")).await;
    assert_eq!(stale.status, 403);
    assert!(stale.main().contains("已发到群里"), "{}", stale.main());
    // Who is no keeper any more has no use of it.
    let admin = scene.world.admin.clone();
    scene.world.tells(&admin, "/人员").await;
    let staff = scene.hears(&admin);
    let line = staff.lines().find(|l| l.contains("王姐")).expect("listed").to_owned();
    let code = line.split_whitespace().find(|w| w.len() == 6 && w.is_ascii()).expect("a code");
    scene.asks(&format!("/撤销角色 {code} 转发人")).await;
    assert_eq!(scene.opens(&path).await.status, 404);
    assert_eq!(scene.sends(&form).await.status, 404);
    scene.world.later(Duration::from_hours(72)).await;
    scene.hears(&wang);
    let li = scene.li.clone();
    scene.hears(&li);
    scene.hears(&admin);
    // A day after it was given up, no page of it opens any more.
    let path = scene.page_of(&li, GUIHUA);
    assert_eq!(scene.opens(&path).await.words(".status"), "不用再发了：超过时限，没有人发到群里。");
    scene.world.later(Duration::from_hours(25)).await;
    assert_eq!(scene.opens(&path).await.status, 404);
}

#[tokio::test]
async fn a_keeper_whom_nobody_knows_is_named_to_staff_and_the_deputy_is_asked_at_once() {
    let mut scene = Scene::open(UNKNOWN).await;
    let li = scene.li.clone();
    let (_, told) = scene.world.pushes(TEXT).await;
    assert!(told.contains("群“桂花巷居民群”的转发人“赵姐”还联系不上"), "{told}");
    let asked = scene.hears(&li);
    assert!(asked.starts_with("赵姐还没有把《停水通知》发到“桂花巷居民群”，请您代发。"), "{asked}");
}

#[tokio::test]
async fn a_poster_is_a_picture_of_a_phones_size_whatever_a_post_says() {
    let mut scene = Scene::open(ACCOUNT).await;
    let wang = scene.wang.clone();
    let long = format!(
        "{}\n{}",
        "关于老旧小区改造的通知".repeat(20),
        "改造（含加装电梯）说明。".repeat(400)
    );
    for (name, text) in [
        ("plain", TEXT),
        ("long", &long),
        (
            "odd",
            "🎉 放假 𠮷 通知 🎉\nhttps://example.org/a-very-long-address-that-does-not-end-anywhere-near-here 🀄 Ünïcödé",
        ),
    ] {
        scene.world.pushes(text).await;
        scene.hears(&wang);
        let path = scene.page_of(&wang, GUIHUA);
        let (status, png) = scene.world.picture(&format!("{path}/poster.png")).await;
        assert_eq!(status, 200, "{name}");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
        let number =
            |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
        let (width, height) = (number(16), number(20));
        assert!(width == 1080 && (800..=2000).contains(&height), "{name}: {width} × {height}");
        assert!(png.len() < 1024 * 1024, "{name}: {} bytes", png.len());
        if let Some(dir) = std::env::var_os("TONGXIN_TEST_PICTURES") {
            std::fs::write(std::path::Path::new(&dir).join(format!("{name}.png")), &png)
                .expect("writes");
        }
        if name == "odd" {
            let page = scene.opens(&path).await.main();
            assert!(page.contains("表情（🎉🀄）不印在海报上。字体里没有“𠮷”"), "{page}");
        }
        if name == "long" {
            let pieces = scene.opens(&path).await.all("[data-piece]");
            assert!(pieces.len() > 4 && pieces.iter().all(|p| p.chars().count() <= 1_000));
        }
    }
}
