//! What an editor is told before a push is confirmed.

use crate::newsroom::Newsroom;
use crate::outbox::world::{World, platform_limits};
use insta::assert_snapshot;
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::app::errands::{Errand, What, carry_out};
use tongxin::clock::Clock as _;
use tongxin::connector::{Limits, Rate};
use tongxin::model::*;
use tongxin::store::{Reads, Store as _, recount};
use tongxin::text::Speak as _;

/// The code of the post that was written last, as it was said.
fn code_in(said: &str) -> String {
    let rest = said.split_once("稿件 ").expect("a code").1;
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

fn without(said: &str, code: &str) -> String {
    said.replace(code, "CODE")
}

#[tokio::test]
async fn an_editor_is_told_what_a_push_costs_and_confirms_it_by_its_button() {
    let room = Newsroom::new(platform_limits()).await;
    room.world.subscribe(300, ChatKind::Direct).await;
    room.editor("/写稿 便民信息\n标题\n第一段很长很长很长很长很长很长很长很长很长。\n第二段也很长很长很长很长很长很长很长很长。").await;
    let preview = room.editor("/待发").await;
    let code = preview.split('\u{3000}').next().expect("a code").to_owned();
    let asked = room.asks("editor", &format!("/推送 {code}")).await;
    assert_snapshot!(without(&asked.text, &code), @r"
确认立即推送稿件 CODE“标题”？按下面的按钮确认。
将发往 300 个会话，共 600 条消息，预计 3月2日 08:00 发完。
账号“bot”：300 个会话、600 条消息，前面或交替发送的还有 3 条，预计 3月2日 08:00 发完。
");
    // Nothing goes out before it is confirmed.
    assert!(room.editor("/待发").await.contains("草稿"));
    let pushed = room.presses("editor", &asked, "立即推送").await;
    assert_snapshot!(without(&pushed, &code), @"稿件 CODE 正在推送，共 300 个会话。查看进度：/送达 CODE");
    // A button that showed an earlier state does nothing more.
    assert_snapshot!(room.presses("editor", &asked, "立即推送").await, @"这篇稿件正在推送。需要停止时请发送 /取消。");
    room.goes_on(&room.world.outbox(), Duration::from_mins(2)).await;
    // The estimate holds: 300 chats, two messages each, thirty a second.
    let last = room.world.chats.shown().last().expect("something").at;
    assert_snapshot!(last.utc().format("%H:%M:%S"), @"00:00:21");
}

#[tokio::test]
async fn a_time_is_confirmed_too_and_a_changed_post_is_not_pushed_by_an_old_button() {
    let room = Newsroom::new(platform_limits()).await;
    room.world.subscribe(3, ChatKind::Group).await;
    let shown = room.asks("editor", "/写稿 便民信息\n标题\n正文").await;
    assert_snapshot!(without(&shown.text, &code_in(&shown.text)), @r"
以上是稿件 CODE 的实际样子，栏目“便民信息”。
要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 CODE 明天 09:00
将发往 3 个会话，共 3 条消息，预计 3月2日 08:00 发完。
");
    let code = code_in(&shown.text);
    let asked = room.asks("editor", &format!("/定时 {code} 明天 09:00")).await;
    assert_snapshot!(without(&asked.text, &code), @r"
确认于 3月3日（周二）09:00 推送稿件 CODE“标题”？按下面的按钮确认。
将发往 3 个会话，共 3 条消息，预计 3月3日 09:00 发完。
账号“bot”：3 个会话、3 条消息，前面或交替发送的还有 2 条，预计 3月3日 09:00 发完。
");
    let done = room.presses("editor", &asked, "确认定时").await;
    assert_snapshot!(without(&done, &code), @"稿件 CODE 将于 3月3日（周二）09:00 推送到 3 个会话。取消请发送：/取消 CODE");
    assert_snapshot!(room.editor(&format!("/定时 {code} 2020-01-01 09:00")).await, @"这个时间已经过去。请写一个将来的时间，例如：明天 09:00。");
}

#[tokio::test]
async fn a_quota_that_would_break_what_waits_before_it_and_a_slowed_account_are_told() {
    let day = Rate::new(500, Duration::from_hours(24));
    let limits =
        Limits { account: vec![Rate::new(30, Duration::from_secs(1)), day], ..platform_limits() };
    let room = Newsroom::new(limits).await;
    room.world.subscribe(400, ChatKind::Direct).await;
    room.world.subscribe_to("other", 300, ChatKind::Direct).await;
    let outbox = room.world.outbox();
    let other = room.world.publish_to("other", "other", Priority::Bulk).await;
    room.goes_on(&outbox, Duration::from_secs(3)).await;
    let sent = room.count(Tally::Sent, other).await;
    assert!((60..300).contains(&sent), "{sent}");
    let account = AccountId("bot".to_owned());
    let reads: &dyn Reads = &*room.world.store;
    let usage =
        reads.find::<Usage>(&Usage::key_of(&account)).await.expect("reads").expect("is there");
    let mut changes = Changes::new();
    changes.overwrite(Usage { pace: 800, ..usage.value });
    room.commit(changes).await;
    let shown = room.asks("editor", "/写稿 便民信息\n标题\n正文").await.text;
    let digits =
        |text: &str| text.replace(char::is_numeric, "9").replace("99", "9").replace("99", "9");
    assert_snapshot!(digits(&without(&shown, &code_in(&shown))), @r"
以上是稿件 CODE 的实际样子，栏目“便民信息”。
要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 CODE 明天 9:9
将发往 9 个会话，共 9 条消息，预计 9月9日 9:9 发完。
账号“bot”：9 个会话、9 条消息，前面或交替发送的还有 9 条，预计 9月9日 9:9 发完。
账号“bot”被平台限流后已放慢到上限的 9%。
⚠ 会超出账号“bot”每 9 小时的上限 9 条（已用 9 条）：超出部分要等额度恢复后再发。
");
    let code = room.world.post(other).await.code.to_string();
    let report = room.editor(&format!("/送达 {code}")).await;
    assert!(report.ends_with("账号“bot”被平台限流后已放慢到上限的 80%，会逐步恢复。"), "{report}");
    // The same on the command line.
    let errand = Errand { post: code_in(&shown), what: What::Cost };
    let told = carry_out(&room.desk, &errand, Lang::Zh).await.expect("tells");
    let first = told.lines().next().expect("a line");
    assert!(shown.contains(first), "{told}\n{shown}");
    let wrong = Errand { post: "ZZZZZ".to_owned(), what: What::Cost };
    let refused = carry_out(&room.desk, &wrong, Lang::Zh).await.expect_err("is unknown");
    assert_snapshot!(refused.say(Lang::Zh), @"没有找到稿件 ZZZZZ。发送 /待发 可查看现有稿件。");
}

#[tokio::test]
async fn a_quota_of_the_chat_of_many_together_is_told_before_it_is_broken_and_then_waited_for() {
    let chat = vec![(ChatKind::Channel, vec![Rate::new(2, Duration::from_hours(24))])];
    let room = Newsroom::new(Limits { account: Vec::new(), chat, ..platform_limits() }).await;
    room.world.subscribe(1, ChatKind::Channel).await;
    let outbox = room.world.outbox();
    let shown = room.asks("editor", "/写稿 便民信息\n标题\n正文").await.text;
    assert!(!shown.contains('⚠'), "{shown}");
    for title in ["one", "two"] {
        room.push(title).await;
        room.goes_on(&outbox, Duration::from_secs(3)).await;
        // What is spent is written down now and then.
        let later = room.world.clock.now().plus(Duration::from_mins(10));
        room.world.clock.jump(later);
    }
    let shown = room.asks("editor", "/写稿 便民信息\n标题\n正文").await.text;
    let told = shown.lines().find(|line| line.starts_with('⚠')).expect("a warning");
    assert_snapshot!(told, @"⚠ 会超出账号“bot”每 24 小时的上限 2 条（已用 2 条）：超出部分要等额度恢复后再发。");
    let (_, third) = room.push("three").await;
    let wait = async |hours| {
        room.goes_on(&outbox, Duration::from_secs(3)).await;
        room.world.clock.jump(room.world.clock.now().plus(Duration::from_hours(hours)));
        room.goes_on(&outbox, Duration::from_secs(3)).await;
    };
    wait(20).await;
    assert_eq!(room.count(Tally::Sent, third).await, 0);
    wait(5).await;
    assert_eq!(
        (room.count(Tally::Sent, third).await, room.count(Tally::Dead, third).await),
        (1, 0)
    );
}

#[tokio::test]
async fn subscribers_are_counted_with_every_change_and_anew_where_they_were_not() {
    let world = World::new(platform_limits());
    world.subscribe(30, ChatKind::Group).await;
    let audience =
        Audience { account: AccountId("bot".to_owned()), kind: ChatKind::Group, lang: Lang::Zh };
    let counter = audience.counter(&TopicId("news".to_owned()));
    assert_eq!(world.store.tally(&counter).await, Ok(30));
    let old = world.subscriber("chat0007").await;
    let mut changes = Changes::new();
    let standing = Standing::Paused { at: old.since, reason: String::new() };
    changes.update(&old, Subscriber { standing, ..old.value.clone() });
    let old = world.subscriber("chat0008").await;
    changes.update(&old, Subscriber { topics: BTreeSet::new(), ..old.value.clone() });
    let old = world.subscriber("chat0009").await;
    changes.remove(&old);
    world.commit(changes).await;
    assert_eq!(world.store.tally(&counter).await, Ok(27));
    assert_eq!(world.store.verify().await.expect("looks").problems, Vec::<String>::new());
    // As it stands in a store that was written before they were counted.
    let mut changes = Changes::new();
    changes.add(counter.clone(), -20);
    world.commit(changes).await;
    assert_eq!(world.store.verify().await.expect("looks").faults, 1);
    assert_eq!(recount(&*world.store).await, Ok(Some(29)));
    assert_eq!(world.store.tally(&counter).await, Ok(27));
    assert_eq!(recount(&*world.store).await, Ok(None));
    assert_eq!(world.store.verify().await.expect("looks").faults, 0);
    world.store.commit(Changes::new()).await.expect("commits");
}
