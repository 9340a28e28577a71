//! The whole story of one delivery, and the ledger of a post.

use crate::newsroom::Newsroom;
use crate::outbox::world::{Does, World, no_limits};
use insta::assert_snapshot;
use std::time::Duration;
use tongxin::app::errands::{Errand, What, carry_out};
use tongxin::app::ledger::Format;
use tongxin::connector::{SendFailure, WaitScope};
use tongxin::model::*;

fn without(said: &str, code: &str) -> String {
    said.replace(code, "CODE")
}

#[tokio::test]
async fn a_delivery_is_explained_from_its_planning_to_its_end() {
    let room = Newsroom::new(no_limits()).await;
    room.world.subscribe(6, ChatKind::Group).await;
    let chats = &room.world.chats;
    let wait = SendFailure::Wait { span: Duration::from_mins(1), scope: WaitScope::Chat };
    chats
        .script("chat0001", [Does::Fails(wait), Does::Fails(SendFailure::Transient("502".into()))]);
    chats.script("chat0002", [Does::Fails(SendFailure::Gone("bot was kicked".into()))]);
    chats.script("chat0003", [Does::ShowsAndCuts]);
    let (code, _) = room.push("one").await;
    room.goes_on(&room.world.outbox(), Duration::from_mins(10)).await;
    let why =
        async |chat: &str| without(&room.editor(&format!("/为何 {code} {chat}")).await, &code);
    assert_snapshot!(why("Group chat0000").await, @"
    稿件 CODE“one”→“Group chat0000”（0000-0005），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　平台已接收
    现状：已于 3月2日 08:00:00 送达。
    ");
    assert_snapshot!(why("bot:chat0001").await, @"
    稿件 CODE“one”→“Group chat0001”（0000-0006），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　平台要求等到 3月2日 08:01:00 再发
    3月2日 08:01:00　发送失败，稍后重试。平台返回：502
    3月2日 08:01:04　平台已接收
    现状：已于 3月2日 08:01:04 送达。
    ");
    assert_snapshot!(why("chat0002").await, @"
    稿件 CODE“one”→“Group chat0002”（0000-0007），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　未能送达：bot was kicked
    现状：3月2日 08:00:00 起放弃发送，原因：bot was kicked
    该会话的订阅已于 3月2日 08:00:00 终止。平台返回：bot was kicked
    ");
    assert_snapshot!(why("CHAT0003").await, @"
    稿件 CODE“one”→“Group chat0003”（0000-0008），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　已发出，但没有收到答复：cut
    3月2日 08:00:12　平台已接收
    现状：已于 3月2日 08:00:12 送达。
    有一次发送没有收到平台答复，因此该会话可能收到了两遍。
    ");
    assert_snapshot!(why("没有").await, @"这篇稿件的会话中没有“没有”。请写群名、会话编号或地址（账号:会话）。");
    let errand = Errand { post: code.clone(), what: What::Why("chat0001".into()) };
    let told = carry_out(&room.desk, &errand, Lang::Zh).await.expect("tells");
    assert_eq!(without(&told, &code), why("chat0001").await);
}

#[tokio::test]
async fn a_paused_and_a_withdrawn_post_and_a_chat_that_left_are_explained() {
    let room = Newsroom::new(no_limits()).await;
    room.world.subscribe(3, ChatKind::Group).await;
    let wait = SendFailure::Wait { span: Duration::from_mins(1), scope: WaitScope::Chat };
    room.world.chats.script("chat0001", [Does::Fails(wait)]);
    let (code, _) = room.push("one").await;
    let outbox = room.world.outbox();
    room.goes_on(&outbox, Duration::from_secs(5)).await;
    room.editor(&format!("/暂停 {code}")).await;
    room.goes_on(&outbox, Duration::from_secs(90)).await;
    let why = async |chat: &str| without(&room.editor(&format!("/why {code} {chat}")).await, &code);
    assert_snapshot!(why("chat0001").await, @"
    稿件 CODE“one”→“Group chat0001”（0000-0006），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　平台要求等到 3月2日 08:01:00 再发
    3月2日 08:01:00　随稿件一起暂停
    现状：3月2日 08:01:00 起随稿件暂停。
    推送已由工作人员暂停。
    ");
    room.editor(&format!("/取消 {code}")).await;
    room.goes_on(&outbox, Duration::from_secs(90)).await;
    assert_snapshot!(why("chat0001").await, @"
    稿件 CODE“one”→“Group chat0001”（0000-0006），经账号“bot”。
    3月2日 08:00:00　列入发送计划
    3月2日 08:00:00　平台要求等到 3月2日 08:01:00 再发
    3月2日 08:01:00　随稿件一起暂停
    3月2日 08:01:00　暂停结束
    3月2日 08:01:00　未能送达：推送已撤回
    现状：3月2日 08:01:00 起不再发送，原因：推送已撤回
    稿件已于 3月2日 08:01:00 取消。
    ");
    let reviewer = room.asks("reviewer", &format!("/为何 {code} chat0001")).await.text;
    assert_eq!(reviewer, "这项操作需要“编辑”角色。如有需要，请联系管理员授权。");
}

#[tokio::test]
async fn a_ledger_has_one_line_a_chat_no_formula_and_nobody_who_answers() {
    let mut world = World::new(no_limits());
    world.policy = UnknownPolicy::Hold;
    let room = Newsroom::over(world).await;
    room.world.subscribe(1200, ChatKind::Group).await;
    room.world.subscribe_to("news", 1, ChatKind::Direct).await;
    let old = room.world.subscriber("chat0000").await;
    let mut changes = Changes::new();
    let title = "=HYPERLINK(\"http://evil\",\"x\"),群".to_owned();
    changes.update(&old, Subscriber { title, ..old.value.clone() });
    room.commit(changes).await;
    room.world.chats.script("chat0001", [Does::Fails(SendFailure::Rejected("-1 \"no\"".into()))]);
    room.world.chats.script("chat0002", [Does::ShowsAndCuts]);
    // Somebody who suggested something is told something, and stands in no ledger.
    room.world.say_sealed("4242", "secret").await;
    let (code, _) = room.push("one").await;
    room.goes_on(&room.world.outbox(), Duration::from_mins(1)).await;
    let dir = tempfile::tempdir().expect("a directory");
    let (csv, jsonl) = (dir.path().join("a.csv"), dir.path().join("a.jsonl"));
    let ledger = async |format, to: &std::path::Path| {
        let what = What::Ledger(format, to.to_owned());
        carry_out(&room.desk, &Errand { post: code.clone(), what }, Lang::En).await
    };
    let told = ledger(Format::Csv, &csv).await.expect("writes");
    assert!(told.starts_with("1201 lines written to "), "{told}");
    ledger(Format::Jsonl, &jsonl).await.expect("writes");
    let text = std::fs::read_to_string(&csv).expect("reads");
    assert_eq!(text.lines().count(), 1202);
    let lines: Vec<_> = text.lines().take(4).map(|l| without(l, &code)).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    ﻿post,revision,title,chat,chat_title,kind,account,address,state,planned,settled,messages,failures,may_repeat,reason,by,meant,reached,missed,page
    CODE,1,one,0000-0005,"'=HYPERLINK(""http://evil"",""x""),群",group,bot,chat0000,sent,2026-03-02T00:00:00.000Z,2026-03-02T00:00:00.000Z,1,0,no,,,,,,
    CODE,1,one,0000-0006,Group chat0001,group,bot,chat0001,dead,2026-03-02T00:00:00.000Z,2026-03-02T00:00:00.000Z,0,0,no,"'-1 ""no""",,,,,
    CODE,1,one,0000-0007,Group chat0002,group,bot,chat0002,held,2026-03-02T00:00:00.000Z,2026-03-02T00:00:00.000Z,0,0,yes,,,,,,
    "#);
    let direct = text.lines().last().expect("a line");
    assert!(direct.contains(",direct,bot,,sent,"), "{direct}");
    let json = std::fs::read_to_string(&jsonl).expect("reads");
    assert_eq!(json.lines().count(), 1201);
    let first: serde_json::Value =
        serde_json::from_str(json.lines().next().expect("one")).expect("JSON");
    assert_eq!((&first["state"], &first["revision"]), (&"sent".into(), &"1".into()));
    assert!(!text.contains("4242") && !json.contains("4242") && !text.contains("secret"));
    assert!(ledger(Format::Csv, &csv).await.is_err(), "a file that is there is not written over");
}
