//! Telegram, through the fake: what arrives, and what is dropped unread.

use crate::clock::StandingClock;
use crate::fakes::telegram::Fault;
use crate::telegram::{KEY, Stage, account, address, plain, sealed};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tongxin::connector::http::Caller;
use tongxin::connector::telegram::{Receive, Secret, Settings, Telegram};
use tongxin::connector::{CallbackError, Connector, Heard, Outgoing};
use tongxin::model::{
    Address, Button, ButtonDoes, ChatKind, Happening, Identity, Inbound, Lang, MessageRef,
    Platform, Rank,
};

const SECRET: &str = "webhook_secret-1";

fn webhook(settings: &mut Settings) {
    settings.receive = Receive::Webhook {
        url: "https://tongxin.example.org/hooks/main".into(),
        secret: Secret::new(SECRET.into()),
    };
}

/// A stage whose bot is called, and knows its name.
async fn called() -> Stage {
    let stage = Stage::with(webhook).await;
    stage.bot.prepare(&[]).await.expect("prepared");
    stage
}

/// Everything that arrived since the last time, through the webhook.
fn arrived(stage: &Stage) -> Vec<Inbound> {
    let mut all = Vec::new();
    while let Some(call) = stage.fake.next_call() {
        let accepted = stage.bot.accept(&call).expect("a call of Telegram's");
        assert_eq!((accepted.answer.status().as_u16(), accepted.answer.body().len()), (200, 0));
        all.extend(accepted.inbound);
        stage.fake.call_was_answered();
    }
    all
}

/// The texts that were said, as they arrived.
fn texts(stage: &Stage) -> Vec<String> {
    let said = |i: Inbound| match i.what {
        Happening::Said { text, .. } | Happening::Sent { text, .. } => Some(text),
        _ => None,
    };
    arrived(stage).into_iter().filter_map(said).collect()
}

fn reference(chat: &str, message: i64) -> MessageRef {
    MessageRef { account: account(), chat: chat.to_owned(), message: message.to_string() }
}

#[tokio::test]
async fn a_private_message_arrives_with_all_that_is_known() {
    let stage = called().await;
    let wang = stage.fake.user("小王");
    let said = wang.starts("s-42");
    let heard = arrived(&stage);
    assert_eq!(heard.len(), 1);
    let inbound = &heard[0];
    assert_eq!(inbound.event, "5000001");
    assert_eq!(inbound.chat, address(&wang.private()));
    assert_eq!(inbound.chat_title, "");
    let sender = inbound.from.as_ref().expect("a sender");
    assert_eq!(sender.identity, Identity::new(Platform::Telegram, &wang.id()));
    assert_eq!((sender.name.as_str(), sender.lang), ("小王", Some(Lang::Zh)));
    assert_eq!(sender.direct, Some(address(&wang.private())));
    assert_eq!(sender.rank, Rank::Decides);
    let what = Happening::Said {
        message: reference(&wang.id(), said.id),
        text: "/start s-42".into(),
        reply_to: None,
    };
    assert_eq!(inbound.what, what);
    wang.speaks("en");
    wang.says(&wang.private(), "hello");
    let lang = arrived(&stage)[0].from.as_ref().and_then(|s| s.lang);
    assert_eq!(lang, Some(Lang::En));
}

#[tokio::test]
async fn in_groups_only_what_is_addressed_to_us_is_heard() {
    let stage = called().await;
    let group = stage.group("一组");
    let (wang, li) = (stage.fake.user("小王"), stage.fake.user("老李"));
    let push = stage.says(&group, "本周要闻").await.expect("taken");
    arrived(&stage);
    let chatter = wang.says(&group, "中午吃什么");
    li.replies(&chatter, "面条");
    li.edits(&chatter_by(&stage, &li, &group), "米饭");
    wang.says(&group, "@tongxin_bot 你好");
    wang.says(&group, "/subscribe@another_bot");
    wang.says(&group, "/etc/passwd 是个文件");
    wang.says(&group, "/");
    wang.sends_sticker(&group);
    wang.sends_picture(&group, "看这张图");
    assert_eq!(arrived(&stage), [], "chatter is dropped unread");

    wang.says(&group, "/subscribe policy");
    wang.says(&group, "/Subscribe@TongXin_bot policy\n第二行");
    wang.says(&group, "/订阅 政策");
    let said = stage.fake.messages(&group).remove(0);
    assert_eq!(said.id.to_string(), push.message);
    wang.replies(&said, "建议延长开放时间");
    let expected =
        ["/subscribe policy", "/Subscribe policy\n第二行", "/订阅 政策", "建议延长开放时间"];
    assert_eq!(texts(&stage), expected);
}

/// Something that somebody says in a group, to be edited.
fn chatter_by(
    stage: &Stage,
    who: &crate::fakes::telegram::Person,
    group: &crate::fakes::telegram::Place,
) -> crate::fakes::telegram::Message {
    let said = who.says(group, "面条吧");
    assert_eq!(stage.fake.message(&said).map(|m| m.text), Some("面条吧".to_owned()));
    said
}

#[tokio::test]
async fn a_reply_names_the_message_that_it_answers_and_an_edit_its_own() {
    let stage = called().await;
    let group = stage.group("一组");
    let wang = stage.fake.user("小王");
    stage.says(&group, "本周要闻").await.expect("taken");
    arrived(&stage);
    let push = stage.fake.messages(&group).remove(0);
    let reply = wang.replies(&push, "建议一");
    let heard = arrived(&stage);
    let message = reference(&group.id(), reply.id);
    let reply_to = Some(reference(&group.id(), push.id));
    let what = Happening::Said { message: message.clone(), text: "建议一".into(), reply_to };
    assert_eq!(heard[0].what, what);
    assert_eq!(heard[0].from.as_ref().map(|s| s.rank), Some(Rank::Unknown));
    assert_eq!(heard[0].chat_title, "一组");

    wang.edits(&reply, "建议一，改过");
    let own = wang.says(&wang.private(), "私下说一句");
    wang.edits(&own, "私下再说一句");
    let heard = arrived(&stage);
    let edited = Happening::Edited { message, text: "建议一，改过".into() };
    assert_eq!(heard[0].what, edited);
    let message = reference(&wang.id(), own.id);
    assert_eq!(heard[2].what, Happening::Edited { message, text: "私下再说一句".into() });
}

#[tokio::test]
async fn a_topic_is_part_of_the_address_and_its_opening_is_answered_by_nobody() {
    let stage = called().await;
    let group = stage.group("论坛");
    let topic = stage.fake.topic(&group);
    let wang = stage.fake.user("小王");
    arrived(&stage);
    wang.says_in_topic(&group, topic, "/topics");
    let thread = Some(topic.to_string());
    assert_eq!(arrived(&stage)[0].chat, Address { thread, ..address(&group) });
    // In a forum, everything "answers" the message that opened the topic, even one opened by us.
    let opened = json!({ "message_id": topic, "date": 0, "is_topic_message": true,
        "chat": { "id": group.number(), "type": "supergroup", "title": "论坛" },
        "from": { "id": 700_000_001, "is_bot": true, "first_name": "同心" },
        "forum_topic_created": { "name": "建议", "icon_color": 7_322_096 } });
    stage.fake.pushes("message", &in_group(group.number(), "闲聊", &opened));
    assert_eq!(arrived(&stage), []);
}

/// A message of a person's in a supergroup that answers another, as Telegram writes it.
fn in_group(chat: i64, text: &str, answered: &Value) -> Value {
    json!({ "message_id": 900, "date": 1_764_000_000,
        "chat": { "id": chat, "type": "supergroup", "title": "一组" },
        "from": { "id": 42, "is_bot": false, "first_name": "小王" },
        "text": text, "reply_to_message": answered })
}

#[tokio::test]
async fn a_comment_under_a_channels_post_answers_the_post() {
    let stage = called().await;
    let (channel, group) = (stage.fake.channel("政策快讯"), stage.fake.group("讨论组"));
    stage.fake.links(&channel, &group);
    stage.fake.adds_bot_to(&channel);
    stage.fake.adds_bot_to(&group);
    let to = Address { kind: ChatKind::Channel, ..address(&channel) };
    stage.bot.send(&plain(to, "新政策发布")).await.expect("taken");
    let post = stage.fake.messages(&channel).remove(0);
    arrived(&stage);
    let wang = stage.fake.user("小王");
    let comment = wang.comments(&post, "建议补充说明");
    wang.edits(&comment, "建议补充说明和电话");
    let answers = reference(&channel.id(), post.id);
    let message = reference(&group.id(), comment.id);
    let said = Happening::Said {
        message: message.clone(),
        text: "建议补充说明".into(),
        reply_to: Some(answers.clone()),
    };
    let edited = Happening::Edited { message, text: "建议补充说明和电话".into() };
    for what in [said, edited] {
        let accepted = stage.bot.accept(&stage.fake.next_call().expect("a call")).expect("taken");
        stage.fake.call_was_answered();
        let heard = accepted.overheard.expect("whose post it is, Telegram does not say");
        assert_eq!((accepted.inbound, &heard.answers), (Vec::new(), &answers));
        assert_eq!((&heard.inbound.chat, &heard.inbound.what), (&address(&group), &what));
    }
    wang.comments(&post, "/订阅 政策");
    assert_eq!(texts(&stage), ["/订阅 政策"], "a command is for us wherever it stands");
}

#[tokio::test]
async fn media_without_text_is_an_empty_text_and_a_caption_is_text() {
    let stage = called().await;
    let wang = stage.fake.user("小王");
    wang.starts("");
    wang.sends_sticker(&wang.private());
    wang.sends_picture(&wang.private(), "门口的台阶坏了");
    assert_eq!(texts(&stage), ["/start", "", "门口的台阶坏了"]);
    let part = json!({ "message_id": 900, "date": 0, "media_group_id": "138", "photo": [],
        "chat": { "id": 42, "type": "private", "first_name": "小王" },
        "from": { "id": 42, "is_bot": false, "first_name": "小王" } });
    stage.fake.pushes("message", &part);
    assert_eq!(arrived(&stage), [], "the words stand under another part of the album");
    let pinned = json!({ "message_id": 901, "date": 0,
        "chat": { "id": 42, "type": "private", "first_name": "小王" },
        "from": { "id": 42, "is_bot": false, "first_name": "小王" },
        "pinned_message": { "message_id": 1, "date": 0,
            "chat": { "id": 42, "type": "private" } } });
    stage.fake.pushes("message", &pinned);
    assert_eq!(arrived(&stage), [], "a service message says nothing");
}

#[tokio::test]
async fn a_press_names_its_button_and_its_message() {
    let stage = called().await;
    let group = stage.group("一组");
    let key = Button { label: "我来办".into(), does: ButtonDoes::Press("claim:7:2".into()) };
    let message =
        Outgoing { buttons: Arc::new(vec![vec![key]]), ..plain(address(&group), "新建议") };
    stage.bot.send(&message).await.expect("taken");
    arrived(&stage);
    let said = stage.fake.messages(&group).remove(0);
    let wang = stage.fake.user("小王");
    let press = wang.presses(&said, "我来办");
    let heard = arrived(&stage);
    let message = Some(reference(&group.id(), said.id));
    let data = "claim:7:2".into();
    assert_eq!(heard[0].what, Happening::Pressed { press: Some(sealed(&press)), message, data });
    let sender = heard[0].from.as_ref().expect("who pressed");
    assert_eq!(sender.identity, Identity::new(Platform::Telegram, &wang.id()));
}

#[tokio::test]
async fn coming_going_and_moving_are_told() {
    let stage = called().await;
    let group = stage.fake.basic_group("老群");
    stage.fake.adds_bot_to(&group);
    let channel = stage.fake.channel("政策快讯");
    stage.fake.adds_bot_to(&channel);
    let new = stage.fake.upgrades(&group);
    stage.fake.kicks_bot_from(&new);
    let wang = stage.fake.user("小王");
    wang.starts("");
    wang.blocks_bot();
    wang.unblocks_bot();
    let heard: Vec<_> = arrived(&stage).into_iter().map(|i| (i.chat, i.what)).collect();
    let of_channel = Address { kind: ChatKind::Channel, ..address(&channel) };
    let moved = Happening::MovedTo(address(&new));
    assert_eq!(heard[0], (address(&group), Happening::Joined));
    assert_eq!(heard[1], (of_channel, Happening::Joined));
    assert_eq!(heard[2], (address(&group), moved.clone()));
    assert_eq!(heard[3], (address(&group), moved), "told once more in the new chat");
    assert_eq!(heard[4], (address(&new), Happening::Left("kicked".into())));
    assert_eq!(heard[6], (address(&wang.private()), Happening::Left("kicked".into())));
    assert_eq!(heard[7], (address(&wang.private()), Happening::Joined));
}

#[tokio::test]
async fn a_bot_that_may_no_longer_write_is_silenced_and_one_that_is_gone_has_left() {
    let stage = called().await;
    let chat = json!({ "id": -1_003_333, "type": "supergroup", "title": "一组" });
    let by = json!({ "id": 42, "is_bot": false, "first_name": "小王" });
    let bot = json!({ "id": 1, "is_bot": true, "first_name": "同心" });
    let member = json!({ "status": "member", "user": bot });
    let muted = json!({ "status": "restricted", "user": bot, "is_member": true,
        "can_send_messages": false });
    let out = json!({ "status": "restricted", "user": bot, "is_member": false });
    for (old, new) in [(&member, &muted), (&muted, &member), (&member, &muted), (&muted, &out)] {
        let change = json!({ "chat": chat, "from": by, "date": 0,
            "old_chat_member": old, "new_chat_member": new });
        stage.fake.pushes("my_chat_member", &change);
    }
    let heard: Vec<_> = arrived(&stage).into_iter().map(|i| i.what).collect();
    let restricted = || "restricted".to_owned();
    assert_eq!(
        heard,
        [
            Happening::Muted(restricted()),
            Happening::Joined,
            Happening::Muted(restricted()),
            Happening::Left(restricted()),
        ]
    );
}

#[tokio::test]
async fn whoever_writes_as_a_group_or_a_channel_is_not_named() {
    let stage = called().await;
    let anonymous = json!({ "message_id": 902, "date": 0, "text": "/subscribe policy",
        "chat": { "id": -1_001_111, "type": "supergroup", "title": "一组" },
        "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group" },
        "sender_chat": { "id": -1_001_111, "type": "supergroup", "title": "一组" } });
    stage.fake.pushes("message", &anonymous);
    let post = json!({ "message_id": 903, "date": 0, "text": "/subscribe policy",
        "chat": { "id": -1_002_222, "type": "channel", "title": "快讯" },
        "sender_chat": { "id": -1_002_222, "type": "channel", "title": "快讯" } });
    stage.fake.pushes("channel_post", &post);
    let words = json!({ "message_id": 904, "date": 0, "text": "今天的新闻",
        "chat": { "id": -1_002_222, "type": "channel", "title": "快讯" } });
    stage.fake.pushes("channel_post", &words);
    let heard = arrived(&stage);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard.iter().all(|i| i.from.is_none()));
    assert_eq!(heard[1].chat.kind, ChatKind::Channel);
}

#[tokio::test]
async fn what_is_newer_than_we_are_costs_nothing_else() {
    let stage = called().await;
    let from = json!({ "id": 42, "is_bot": false, "first_name": "小王", "new_flag": {} });
    let chat = json!({ "id": 42, "type": "private", "first_name": "小王", "novel": 1 });
    let message = json!({ "message_id": 905, "date": 0, "chat": chat, "from": from,
        "text": "建议写在这里", "entities": [{ "type": "hologram", "offset": 0, "length": 2 }],
        "reply_to_message": { "message_id": "of a new kind" }, "forward_origin": 5,
        "external_reply": { "origin": [] } });
    stage.fake.pushes("message", &message);
    assert_eq!(texts(&stage), ["建议写在这里"]);
    for update in [
        json!({ "update_id": 7, "hologram_received": { "id": 1 } }),
        json!({ "update_id": 8, "message": { "text": 5 } }),
        json!({ "update_id": 9 }),
    ] {
        let accepted = stage.bot.accept(&call(SECRET, &update)).expect("left out, not repeated");
        assert_eq!(accepted.inbound, []);
    }
}

fn call(secret: &str, update: &Value) -> http::Request<Bytes> {
    let call = http::Request::post("/hooks/main").header("X-Telegram-Bot-Api-Secret-Token", secret);
    call.body(Bytes::from(update.to_string())).expect("a request")
}

#[tokio::test]
async fn a_call_without_the_secret_is_forged() {
    let stage = called().await;
    assert_eq!(stage.fake.webhook().as_deref(), Some("https://tongxin.example.org/hooks/main"));
    let update = json!({ "update_id": 1 });
    for secret in ["", "webhook_secret-2", "webhook_secret-11", "webhook_secret"] {
        let forged = stage.bot.accept(&call(secret, &update)).err();
        assert_eq!(forged, Some(CallbackError::Forged), "{secret}");
    }
    let bare = http::Request::post("/hooks/main").body(Bytes::from("{}")).expect("a request");
    assert_eq!(stage.bot.accept(&bare).err(), Some(CallbackError::Forged));
    for body in [json!([]), json!({}), json!("x")] {
        let malformed = stage.bot.accept(&call(SECRET, &body)).err();
        assert!(matches!(malformed, Some(CallbackError::Malformed(_))), "{body}: {malformed:?}");
    }
    let asking = Stage::set().await;
    assert_eq!(asking.bot.accept(&call(SECRET, &update)).err(), Some(CallbackError::NotCalled));
    assert!(stage.bot.clone().listen(None).is_none(), "who is called does not ask");
}

#[tokio::test]
async fn a_command_that_names_a_bot_is_repeated_until_we_know_our_name() {
    let stage = Stage::with(webhook).await;
    let update =
        json!({ "update_id": 3, "message": in_group(-1_001, "/help@tongxin_bot", &Value::Null) });
    let early = stage.bot.accept(&call(SECRET, &update)).err();
    assert!(matches!(early, Some(CallbackError::Malformed(_))), "{early:?}");
    stage.bot.prepare(&[]).await.expect("prepared");
    let heard = stage.bot.accept(&call(SECRET, &update)).expect("now it is known").inbound;
    assert_eq!(heard.len(), 1);
}

async fn next(stream: &mut BoxStream<'static, Heard>) -> Heard {
    let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
    next.expect("soon").expect("the stream has no end")
}

fn events(heard: &Heard) -> Vec<&str> {
    heard.inbound.iter().map(|i| i.event.as_str()).collect()
}

#[tokio::test]
async fn a_batch_is_confirmed_only_when_the_next_is_asked_for() {
    let stage = Stage::set().await;
    let wang = stage.fake.user("小王");
    wang.says(&wang.private(), "一");
    wang.says(&wang.private(), "二");
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    let first = next(&mut stream).await;
    assert_eq!(events(&first), ["5000001", "5000002"]);
    assert_eq!(first.mark.as_deref(), Some("5000003"));
    assert_eq!(stage.fake.pending().len(), 2, "not confirmed yet");

    // The process dies before it stored the batch: it comes again.
    drop(stream);
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    assert_eq!(next(&mut stream).await.inbound, first.inbound);

    // It dies after it stored the batch: only what is new comes.
    drop(stream);
    wang.says(&wang.private(), "三");
    let mut stream = stage.bot.clone().listen(first.mark).expect("it asks");
    let second = next(&mut stream).await;
    assert_eq!(events(&second), ["5000003"]);
    wang.says(&wang.private(), "四");
    assert_eq!(events(&next(&mut stream).await), ["5000004"]);
    assert_eq!(stage.fake.pending().len(), 1, "the batches before are confirmed");
}

#[tokio::test]
async fn updates_numbered_anew_after_a_quiet_week_are_heard() {
    let stage = Stage::set().await;
    let wang = stage.fake.user("小王");
    wang.says(&wang.private(), "一");
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    let first = next(&mut stream).await;
    drop(stream);
    stage.fake.numbers_updates_from(77);
    wang.says(&wang.private(), "一周以后");
    let mut stream = stage.bot.clone().listen(first.mark).expect("it asks");
    assert_eq!(events(&next(&mut stream).await), ["77"]);
}

#[tokio::test]
async fn asking_takes_a_webhook_away_and_leaves_what_is_pending() {
    let stage = Stage::set().await;
    let mut settings = Settings::new(Secret::new(stage.fake.token()));
    settings.api_url = stage.fake.url().to_owned();
    webhook(&mut settings);
    let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00Z"));
    let before = Telegram::new(account(), &settings, KEY, clock).expect("good settings");
    before.prepare(&[]).await.expect("prepared");
    let wang = stage.fake.user("小王");
    wang.says(&wang.private(), "还在等");
    assert!(stage.fake.webhook().is_some());
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    assert_eq!(next(&mut stream).await.inbound.len(), 1);
    assert_eq!(stage.fake.webhook(), None);
}

#[tokio::test]
async fn chatter_is_confirmed_and_makes_no_batch() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let wang = stage.fake.user("小王");
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    assert_eq!(next(&mut stream).await.inbound.len(), 1, "the bot was added");
    wang.says(&group, "中午吃什么");
    let quiet = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
    assert!(quiet.is_err(), "nothing to store: {quiet:?}");
    wang.says(&group, "/help");
    assert_eq!(next(&mut stream).await.inbound.len(), 1);
    assert_eq!(stage.fake.pending().len(), 1, "the chatter is confirmed and gone");
}

#[tokio::test]
async fn asking_goes_on_after_a_failure() {
    let stage = Stage::set().await;
    stage.fake.fails_next_calls("getUpdates", 1, Fault::BadGateway);
    let wang = stage.fake.user("小王");
    wang.says(&wang.private(), "一");
    let mut stream = stage.bot.clone().listen(None).expect("it asks");
    assert_eq!(next(&mut stream).await.inbound.len(), 1);
    assert_eq!(stage.fake.counts().requests["getUpdates"], 2);
}

#[tokio::test]
async fn the_fake_has_one_receiver_at_a_time() {
    let stage = Stage::set().await;
    let caller = Caller::new(2, None).expect("a caller");
    let ask = |body: Value| {
        let url = format!("{}/bot{}/getUpdates", stage.fake.url(), stage.fake.token());
        let (caller, url) = (caller.clone(), url.parse().expect("an address"));
        async move {
            let answer = caller.post_json(url, &body, Duration::from_secs(9)).await;
            String::from_utf8(answer.expect("answered").body.to_vec()).expect("text")
        }
    };
    let long = json!({ "timeout": 50 });
    let (first, second) = tokio::join!(ask(long.clone()), async {
        while stage.fake.counts().requests.is_empty() {
            tokio::task::yield_now().await;
        }
        ask(json!({})).await
    });
    assert!(first.contains("terminated by other getUpdates request"), "{first}");
    assert_eq!(second, r#"{"ok":true,"result":[]}"#);
    let wang = stage.fake.user("小王");
    for text in ["一", "二", "三"] {
        wang.says(&wang.private(), text);
    }
    let last = ask(json!({ "offset": -1 })).await;
    assert!(last.contains("5000003") && !last.contains("5000002"), "{last}");
    assert_eq!(stage.fake.pending().len(), 1, "a negative offset forgets the others");
}
