//! A push while it goes out: stopped, resumed, taken back, tried again, settled, from the chat.

use crate::newsroom::Newsroom;
use crate::outbox::world::{Does, World, no_limits, platform_limits};
use insta::assert_snapshot;
use std::time::Duration;
use tongxin::app::errands::{Errand, What, carry_out};
use tongxin::connector::SendFailure;
use tongxin::model::{
    ChatKind, Index, Kind, Lang, PauseReason, Person, PostState, Priority, Role, Tally,
    UnknownPolicy,
};
use tongxin::store::{Reads, Scan, StoreError, typed};
use tongxin::text::Speak as _;

/// What was said, with the codes of posts and chats left out.
fn without(said: &str, code: &str) -> String {
    said.replace(code, "CODE")
}

/// What the command line has done, and what is told.
async fn errand(room: &Newsroom, code: &str, what: What) -> String {
    let errand = Errand { post: code.to_owned(), what };
    let done = carry_out(&room.desk, &errand, Lang::Zh).await;
    done.unwrap_or_else(|error| error.say(Lang::Zh))
}

#[tokio::test]
async fn a_paused_push_sends_nothing_more_keeps_no_other_waiting_and_goes_on_where_it_was() {
    let room = Newsroom::new(platform_limits()).await;
    room.world.subscribe(300, ChatKind::Direct).await;
    let (code, post) = room.push("one").await;
    let outbox = room.world.outbox();
    room.goes_on(&outbox, Duration::from_secs(3)).await;
    let said = room.editor(&format!("/暂停 {code}")).await;
    let sent = room.count(Tally::Sent, post).await;
    assert!((60..=130).contains(&sent), "{sent}");
    assert_snapshot!(without(&said, &code).replace(&format!(" {sent} "), " N "), @"稿件 CODE 已暂停，已有 N 个会话收到；此刻正在发出的少量消息仍会到达。继续请发送：/继续 CODE");
    room.goes_on(&outbox, Duration::from_secs(20)).await;
    let rests = room.count(Tally::Sent, post).await;
    assert!(rests - sent <= 64, "{sent} {rests}");
    // Nothing of it stands in the queue, so that nobody passes over it again and again.
    let due = room.world.store.scan(&Scan::of(Index::Due, Vec::new(), 500)).await.expect("reads");
    assert_eq!(due.len(), 0);
    let other = room.world.publish_to("news", "two", Priority::Bulk).await;
    room.goes_on(&outbox, Duration::from_mins(1)).await;
    assert_eq!(room.count(Tally::Sent, other).await, 300);
    assert_eq!(room.count(Tally::Sent, post).await, rests);
    let queue = room.editor("/待发").await;
    assert_snapshot!(without(&queue, &code), @"CODE　one（便民信息）　已暂停");
    let said = room.editor(&format!("/resume {code}")).await;
    assert!(without(&said, &code).starts_with("稿件 CODE 继续推送"), "{said}");
    room.goes_on(&outbox, Duration::from_mins(1)).await;
    assert_eq!(room.count(Tally::Sent, post).await, 300);
    assert!(matches!(room.world.post(post).await.state, PostState::Published { .. }));
    let texts: Vec<_> = room.world.chats.shown().into_iter().filter(|s| s.text == "one").collect();
    assert_eq!(texts.len(), 300);
    assert_eq!(room.world.chats.too_many(), 0);
}

#[tokio::test]
async fn a_cancelled_push_says_who_has_it_and_the_others_are_counted() {
    let room = Newsroom::new(platform_limits()).await;
    room.world.subscribe(200, ChatKind::Direct).await;
    let (code, post) = room.push("one").await;
    let outbox = room.world.outbox();
    room.goes_on(&outbox, Duration::from_millis(500)).await;
    room.editor(&format!("/暂停 {code}")).await;
    room.goes_on(&outbox, Duration::from_secs(5)).await;
    let said = room.editor(&format!("/取消 {code}")).await;
    let sent = room.count(Tally::Sent, post).await;
    assert!(said.contains(&format!("取消时已有 {sent} 个会话收到")), "{said}");
    assert!(said.contains(&format!("tongxin ledger {code}")), "{said}");
    room.goes_on(&outbox, Duration::from_secs(30)).await;
    assert_eq!(room.count(Tally::Sent, post).await, sent);
    let planned = room.count(Tally::Planned, post).await;
    assert_eq!(room.count(Tally::Dropped, post).await, planned - sent);
    for index in [Index::Due, Index::Parked, Index::FanOuts] {
        let left = room.world.store.scan(&Scan::of(index, Vec::new(), 9)).await.expect("reads");
        assert_eq!(left, Vec::new(), "{index:?}");
    }
    assert_snapshot!(room.editor(&format!("/继续 {code}")).await, @"这篇稿件已经取消，没有暂停，无需继续。");
    assert_snapshot!(room.editor(&format!("/暂停 {code}")).await, @"这篇稿件已经取消，目前没有可以暂停或重试的推送。");
    assert_snapshot!(room.editor(&format!("/取消 {code}")).await, @"这篇稿件已经取消。如需再发，请重新写稿。");
    assert_snapshot!(room.editor(&format!("/重试 {code}")).await, @"这篇稿件已经取消，目前没有可以暂停或重试的推送。");
}

#[tokio::test]
async fn a_push_that_is_through_is_taken_back_only_by_who_says_so_once_more() {
    let room = Newsroom::new(no_limits()).await;
    room.world.subscribe(2, ChatKind::Group).await;
    let (code, post) = room.push("one").await;
    room.goes_on(&room.world.outbox(), Duration::from_secs(5)).await;
    let asked = room.asks("editor", &format!("/取消 {code}")).await;
    assert_snapshot!(without(&asked.text, &code), @r"
稿件 CODE“one”已经推送完毕，2 个会话已收到，他们手里的消息不会消失。撤回后，本单位的网页和订阅源不再显示它的正文。送达情况：/送达 CODE
确认撤回，请按下面的按钮。
");
    let refused = errand(&room, &code, What::Cancel).await;
    assert_snapshot!(without(&refused, &code), @"稿件 CODE 已经推送完毕，2 个会话已收到，他们手里的消息不会消失。要撤回它，使本单位的网页和订阅源不再显示正文，请运行：tongxin cancel CODE --published");
    assert!(matches!(room.world.post(post).await.state, PostState::Published { .. }));
    let done = room.presses("editor", &asked, "确认撤回").await;
    assert!(without(&done, &code).starts_with("稿件 CODE 已撤回："), "{done}");
    assert!(done.contains("\n已收到的会话：“Group chat0000”（"), "{done}");
    let (code, _) = room.push("two").await;
    room.goes_on(&room.world.outbox(), Duration::from_secs(5)).await;
    let done = errand(&room, &code, What::TakeBack).await;
    assert!(done.starts_with(&format!("稿件 {code} 已撤回")), "{done}");
}

#[tokio::test]
async fn a_push_that_fails_too_often_pauses_itself_and_what_failed_is_tried_again_once_mended() {
    let room = Newsroom::new(platform_limits()).await;
    let names = room.world.subscribe(200, ChatKind::Group).await;
    for name in &names[..100] {
        let full = || Does::Fails(SendFailure::Rejected("the disk is full".into()));
        room.world.chats.script(name, [full()]);
    }
    let (code, post) = room.push("one").await;
    let outbox = room.world.outbox();
    room.goes_on(&outbox, Duration::from_secs(30)).await;
    let state = room.world.post(post).await.value.state;
    let PostState::Paused { why: PauseReason::Failing { dead, of, reason }, .. } = state else {
        panic!("{state:?}");
    };
    assert_eq!((dead >= 20 && dead == of, reason.as_str()), (true, "the disk is full"));
    let tried = room.count(Tally::Dead, post).await + room.count(Tally::Sent, post).await;
    assert!(tried < 100, "{tried}");
    let alarm = room.world.chats.texts("editor").concat();
    assert!(
        alarm.contains("失败过多，已自动暂停") && alarm.contains("the disk is full"),
        "{alarm}"
    );
    let report = room.editor(&format!("/送达 {code}")).await;
    assert!(report.contains("推送因失败过多自动暂停"), "{report}");
    // Those who were not tried yet fail as well, as the disk is still full: going on is a person's decision.
    let retried = room.editor(&format!("/重试 {code}")).await;
    assert!(without(&retried, &code).starts_with("稿件 CODE 将重发给失败的"), "{retried}");
    for name in &names[..100] {
        room.world.chats.mend(name);
    }
    room.editor(&format!("/继续 {code}")).await;
    room.goes_on(&outbox, Duration::from_mins(2)).await;
    assert_eq!(room.count(Tally::Sent, post).await, 200);
    assert_eq!(room.count(Tally::Dead, post).await, 0);
    assert_eq!(room.world.chats.shown().iter().filter(|s| s.text == "one").count(), 200);
    assert_snapshot!(room.editor(&format!("/重试 {code}")).await, @"这篇稿件没有失败的会话，无需重试。");
}

#[tokio::test]
async fn who_tries_again_beside_who_goes_on_does_not_forgive_the_same_failures_twice() {
    let room = Newsroom::new(platform_limits()).await;
    let names = room.world.subscribe(200, ChatKind::Group).await;
    for name in &names {
        room.world.chats.script(name, [Does::Fails(SendFailure::Rejected("full".into()))]);
    }
    let (_, post) = room.push("one").await;
    room.goes_on(&room.world.outbox(), Duration::from_secs(30)).await;
    let paused = room.world.post(post).await;
    assert!(matches!(paused.state, PostState::Paused { .. }));
    let staff = room.world.store.list(Kind::Person, &[], None, 9).await.expect("lists");
    let staff = staff.into_iter().map(|read| typed::<Person>(read).expect("a person"));
    let editor = staff.into_iter().find(|p| p.roles.contains(&Role::Editor)).expect("an editor");
    let mut retries = room.desk.call_of(editor.id).await.expect("reads").expect("staff");
    let mut resumes = retries.clone();
    room.desk.retry(&mut retries, &paused).await.expect("retries");
    room.desk.resume(&mut resumes, &paused).await.expect("resumes");
    assert_eq!(room.desk.commit(resumes).await, Ok(()));
    assert_eq!(room.desk.commit(retries).await, Err(StoreError::Conflict));
}

#[tokio::test]
async fn the_draft_that_was_just_written_is_listed_behind_however_many_others() {
    let room = Newsroom::new(platform_limits()).await;
    room.world.subscribe(1, ChatKind::Group).await;
    for n in 0..25 {
        room.world.clock.advance(Duration::from_secs(1));
        room.editor(&format!("/写稿 news\n第{n}篇\n正文")).await;
    }
    let queue = room.editor("/待发").await;
    assert!(queue.contains("第24篇") && !queue.contains("第0篇"), "{queue}");
}

#[tokio::test]
async fn what_may_have_arrived_is_settled_one_by_one_or_all_together() {
    let mut world = World::new(no_limits());
    world.policy = UnknownPolicy::Hold;
    let room = Newsroom::over(world).await;
    let names = room.world.subscribe(60, ChatKind::Group).await;
    for name in &names[..50] {
        room.world.chats.script(name, [Does::ShowsAndCuts]);
    }
    let (code, post) = room.push("one").await;
    let outbox = room.world.outbox();
    room.goes_on(&outbox, Duration::from_secs(5)).await;
    assert_eq!(room.count(Tally::Unknown, post).await, 50);
    let list = room.editor(&format!("/待核实 {code}")).await;
    assert!(without(&list, &code).starts_with("稿件 CODE 有 50 个会话不知是否送达"), "{list}");
    assert!(list.contains("“Group chat0000”"), "{list}");
    let said = room.editor(&format!("/核实 {code} Group chat0000 已送达")).await;
    assert!(said.ends_with("记为已送达。"), "{said}");
    let said = room.editor(&format!("/settle {code} bot:chat0001 notsent")).await;
    assert!(said.ends_with("记为未送达，不再发送。"), "{said}");
    assert_eq!(room.count(Tally::Unknown, post).await, 48);
    assert_snapshot!(without(&room.editor(&format!("/核实 {code} bot:chat0001 重发")).await, &code), @"“Group chat0001”（0000-0006）没有等待核实的消息。");
    assert_snapshot!(room.editor(&format!("/核实 {code} 没有这个群 重发")).await, @"这篇稿件的会话中没有“没有这个群”。请写群名、会话编号或地址（账号:会话）。");
    let several = room.editor(&format!("/核实 {code} chat00 重发")).await;
    assert!(several.starts_with("有几个会话相符，请写会话编号：“Group chat0000”（"), "{several}");
    let said = room.editor(&format!("/核实 {code} 全部 重发")).await;
    assert_snapshot!(without(&said, &code), @"稿件 CODE 等待核实的 48 个会话：重新发送。");
    room.goes_on(&outbox, Duration::from_secs(5)).await;
    let counts = [Tally::Unknown, Tally::Sent, Tally::Dead];
    let mut found = Vec::new();
    for tally in counts {
        found.push(room.count(tally, post).await);
    }
    assert_eq!(found, [0, 59, 1]);
    assert_snapshot!(room.editor(&format!("/核实 {code} 全部 重发")).await, @"这篇稿件没有等待核实的会话。");
    assert_snapshot!(without(&room.editor(&format!("/待核实 {code}")).await, &code), @"稿件 CODE 没有等待核实的会话。");
}

#[tokio::test]
async fn only_editors_touch_a_push_and_an_unknown_post_is_named() {
    let room = Newsroom::new(no_limits()).await;
    room.world.subscribe(3, ChatKind::Group).await;
    let (code, _) = room.push("one").await;
    for verb in ["暂停", "继续", "取消", "重试", "待核实"] {
        let said = room.asks("reviewer", &format!("/{verb} {code}")).await.text;
        assert_eq!(said, "这项操作需要“编辑”角色。如有需要，请联系管理员授权。", "{verb}");
        let said = room.editor(&format!("/{verb} ZZZZZ")).await;
        assert_eq!(said, "没有找到稿件 ZZZZZ。发送 /待发 可查看现有稿件。", "{verb}");
    }
    assert_snapshot!(room.editor("/核实 7K3QD 全部").await, @r"
格式不对。用法：
/核实 稿件编号 会话|全部 已送达|未送达|重发
例如：/核实 7K3QD 全部 重发
会话可以写群名、会话编号或地址。
");
    assert_snapshot!(room.editor("/settle").await, @r"
格式不对。用法：
/核实 稿件编号 会话|全部 已送达|未送达|重发
例如：/核实 7K3QD 全部 重发
会话可以写群名、会话编号或地址。
");
}
