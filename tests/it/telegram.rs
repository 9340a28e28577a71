//! Telegram, through the fake: how messages leave and what comes of it.

use crate::clock::StandingClock;
use crate::fakes::telegram::{FakeTelegram, Fault, Options, Place};
use std::sync::Arc;
use std::time::Duration;
use tongxin::connector::http::{CallFailure, Caller};
use tongxin::connector::telegram::{Secret, Settings, Telegram};
use tongxin::connector::{
    Amendment, Connector, Menu, MenuLine, Outgoing, Receipt, SendFailure, WaitScope,
};
use tongxin::model::{
    AccountId, Address, Button, ButtonDoes, ChatKind, Identity, Lang, MessageRef, Platform, Rank,
};
use tongxin::text::{Mark, Part, Style, Unit};

/// A bot, the platform it is on, and the clock of both.
pub struct Stage {
    pub fake: FakeTelegram,
    pub clock: Arc<StandingClock>,
    pub bot: Arc<Telegram>,
}

pub fn account() -> AccountId {
    AccountId("main".to_owned())
}

/// What seals who pressed.
pub const KEY: [u8; 32] = [7; 32];

/// The name under which a press is kept.
pub fn sealed(press: &str) -> String {
    tongxin::connector::signed::press::seal(&KEY, press, press)
}

impl Stage {
    pub async fn set() -> Self {
        Self::with(|_| {}).await
    }

    /// As benches use it: nothing is checked, kept or slowed down.
    async fn bench() -> Self {
        Self::seen(Options::BENCH, |_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::seen(Options::TEST, change).await
    }

    async fn seen(options: Options, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00Z"));
        let fake = FakeTelegram::start(clock.clone(), options).await;
        let mut settings = Settings::new(Secret::new(fake.token()));
        fake.url().clone_into(&mut settings.api_url);
        change(&mut settings);
        let bot = Telegram::new(account(), &settings, KEY, clock.clone()).expect("good settings");
        Self { fake, clock, bot: Arc::new(bot) }
    }

    /// A group with the bot in it.
    pub fn group(&self, title: &str) -> Place {
        let group = self.fake.group(title);
        self.fake.adds_bot_to(&group);
        group
    }

    pub async fn says(&self, to: &Place, text: &str) -> Result<Receipt, SendFailure> {
        self.bot.send(&plain(address(to), text)).await
    }
}

pub fn address(place: &Place) -> Address {
    let kind = if place.number() > 0 { ChatKind::Direct } else { ChatKind::Group };
    Address { account: account(), kind, chat: place.id(), thread: None }
}

pub fn plain(to: Address, text: &str) -> Outgoing {
    marked(to, text, Vec::new())
}

fn marked(to: Address, text: &str, marks: Vec<Mark>) -> Outgoing {
    Outgoing {
        to: to.into(),
        part: Arc::new(Part { text: text.to_owned(), marks }),
        buttons: Arc::default(),
        reply_to: None,
        topic: None,
        once: "d1/0".to_owned(),
    }
}

/// The mark over the first place where `words` stand.
fn mark(text: &str, words: &str, style: Style) -> Mark {
    let start = text.find(words).expect("the words stand there");
    Mark { start, end: start + words.len(), style }
}

fn press(label: &str, data: &str) -> Button {
    Button { label: label.to_owned(), does: ButtonDoes::Press(data.to_owned()) }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let receipt = stage.says(&group, "各位好").await.expect("taken");
    let said = stage.fake.messages(&group);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].text, "各位好");
    assert_eq!(receipt.message, said[0].id.to_string());
}

#[tokio::test]
async fn marks_are_counted_in_utf16_units_behind_emoji_and_chinese() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let text = "👨‍👩‍👧 通知：𠮷家 办事指南 见 https";
    let link = Style::Link("https://example.org/办事?a=\"b\"&c".to_owned());
    let marks = vec![
        mark(text, "👨‍👩‍👧 通知", Style::Bold),
        mark(text, "𠮷家", Style::Italic),
        mark(text, "办事指南", link),
        mark(text, "见", Style::Code),
    ];
    stage.bot.send(&marked(address(&group), text, marks)).await.expect("taken");
    let said = &stage.fake.messages(&group)[0];
    assert_eq!(said.marked("bold"), ["👨‍👩‍👧 通知"]);
    assert_eq!(said.marked("italic"), ["𠮷家"]);
    assert_eq!(said.marked("text_link"), ["办事指南"]);
    assert_eq!(said.marked("code"), ["见"]);
}

#[tokio::test]
async fn a_cut_before_the_answer_is_unknown_and_no_connection_is_transient() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    stage.fake.fails_next(1, Fault::CutUnanswered);
    let cut = stage.says(&group, "一").await;
    assert!(matches!(cut, Err(SendFailure::Unknown(_))), "{cut:?}");
    assert_eq!(stage.fake.messages(&group).len(), 1, "it did arrive");

    // Nobody can tell from here that this one was not read: it is unknown as well.
    stage.fake.fails_next(1, Fault::CutUnread);
    let cut = stage.says(&group, "二").await;
    assert!(matches!(cut, Err(SendFailure::Unknown(_))), "{cut:?}");
    assert_eq!(stage.fake.messages(&group).len(), 1, "it did not arrive");

    stage.fake.fails_next(1, Fault::Garbled);
    let garbled = stage.says(&group, "三").await;
    assert!(matches!(garbled, Err(SendFailure::Unknown(_))), "{garbled:?}");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let lonely = Stage::with(|s| s.api_url = url).await;
    let unsent = lonely.says(&group, "四").await;
    assert!(matches!(unsent, Err(SendFailure::Transient(_))), "{unsent:?}");
}

#[tokio::test]
async fn buttons_replies_and_topics_arrive() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let topic = stage.fake.topic(&group);
    let first = stage.says(&group, "第一期").await.expect("taken");
    let mut to = address(&group);
    to.thread = Some(topic.to_string());
    let buttons = vec![
        vec![press("同意", "ok:7"), press("不同意", "no:7")],
        vec![
            Button {
                label: "原文".into(), does: ButtonDoes::Open("https://example.org/1".into())
            },
            Button { label: "私下说".into(), does: ButtonDoes::OpenDirect("s-42".into()) },
        ],
    ];
    let message = Outgoing {
        buttons: Arc::new(buttons),
        reply_to: Some(first.message.clone()),
        ..plain(to, "第二期")
    };
    stage.bot.send(&message).await.expect("taken");
    let said = &stage.fake.messages(&group)[1];
    assert_eq!(said.labels(), [["同意", "不同意"], ["原文", "私下说"]]);
    assert_eq!(said.keys[1][1].url.as_deref(), Some("https://t.me/tongxin_bot?start=s-42"));
    assert_eq!(said.reply_to.map(|id| id.to_string()), Some(first.message));
    assert_eq!(said.thread, Some(topic));
    assert_eq!(
        stage.bot.direct_link("s-42").as_deref(),
        Some("https://t.me/tongxin_bot?start=s-42"),
        "the name is known from now on",
    );
}

#[tokio::test]
async fn the_general_topic_is_never_named() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    stage.fake.topic(&group);
    let to = Address { thread: Some("1".into()), ..address(&group) };
    stage.bot.send(&plain(to, "大家好")).await.expect("taken");
    assert_eq!(stage.fake.messages(&group)[0].thread, None);
}

#[tokio::test]
async fn a_message_whose_answered_one_is_gone_is_sent_without_the_link() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let message = Outgoing { reply_to: Some("4711".into()), ..plain(address(&group), "答复") };
    stage.bot.send(&message).await.expect("taken");
    assert_eq!(stage.fake.messages(&group)[0].reply_to, None);
}

#[tokio::test]
async fn an_edit_and_a_recall_may_be_made_twice() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let receipt = stage.says(&group, "原来的话").await.expect("taken");
    let sent = MessageRef { account: account(), chat: group.id(), message: receipt.message };
    let part = Arc::new(Part { text: "改过的话".into(), marks: Vec::new() });
    let edit = Amendment::Edit { part, buttons: Arc::default() };
    stage.bot.amend(&sent, &edit).await.expect("edited");
    stage.bot.amend(&sent, &edit).await.expect("nothing to change is no failure");
    let said = &stage.fake.messages(&group)[0];
    assert_eq!((said.text.as_str(), said.edited), ("改过的话", true));
    stage.bot.amend(&sent, &Amendment::Recall).await.expect("taken back");
    stage.bot.amend(&sent, &Amendment::Recall).await.expect("it is gone already");
    assert_eq!(stage.fake.messages(&group), []);
    let late = stage.bot.amend(&sent, &edit).await;
    assert!(matches!(late, Err(SendFailure::Rejected(_))), "{late:?}");
}

#[tokio::test]
async fn a_press_is_answered_and_one_too_old_is_no_failure() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let buttons = Arc::new(vec![vec![press("我来办", "claim:7:2")]]);
    let message = Outgoing { buttons, ..plain(address(&group), "有一条新建议") };
    stage.bot.send(&message).await.expect("taken");
    let said = stage.fake.messages(&group).remove(0);
    let wang = stage.fake.user("小王");
    let first = wang.presses(&said, "我来办");
    assert_eq!(stage.fake.answer_to(&first), None);
    stage.bot.answer_press(&sealed(&first), &"好".repeat(300)).await.expect("answered");
    let answer = stage.fake.answer_to(&first).expect("answered");
    assert_eq!(answer.chars().count(), 200);
    assert!(answer.ends_with('…'));
    let second = wang.presses(&said, "我来办");
    stage.fake.ages(&second);
    stage.bot.answer_press(&sealed(&second), "晚了").await.expect("too old is no failure");
}

#[tokio::test]
async fn only_administrators_decide_for_a_group() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let (wang, li) = (stage.fake.user("小王"), stage.fake.user("老李"));
    stage.fake.makes_admin(&group, &li);
    let of = |id: String| Identity::new(Platform::Telegram, &id);
    let rank = stage.bot.rank(&address(&group), &of(wang.id())).await;
    assert_eq!(rank, Ok(Rank::Member));
    let rank = stage.bot.rank(&address(&group), &of(li.id())).await;
    assert_eq!(rank, Ok(Rank::Decides));
    let rank = stage.bot.rank(&address(&wang.private()), &of(wang.id())).await;
    assert_eq!(rank, Ok(Rank::Decides));
    let stranger = Identity::new(Platform::Web, "x");
    let rank = stage.bot.rank(&address(&group), &stranger).await;
    assert!(matches!(rank, Err(SendFailure::Rejected(_))), "{rank:?}");
}

/// Checks one failure of the fake against what is to be done next.
async fn fails(stage: &Stage, to: Address, told: &str, expected: fn(&SendFailure) -> bool) {
    let failure = stage.bot.send(&plain(to, "通知")).await.expect_err("the fake refuses");
    assert!(expected(&failure), "{told}: {failure:?}");
}

#[tokio::test]
async fn a_chat_that_takes_nothing_more_is_gone() {
    let gone: fn(&SendFailure) -> bool = |f| matches!(f, SendFailure::Gone(_));
    let stage = Stage::set().await;
    let kicked = stage.group("踢出");
    stage.fake.kicks_bot_from(&kicked);
    fails(&stage, address(&kicked), "kicked", gone).await;
    let removed = stage.group("移出");
    stage.fake.removes_bot_from(&removed);
    fails(&stage, address(&removed), "removed", gone).await;
    let silent = stage.group("悄悄踢出");
    stage.fake.kicks_bot_silently_from(&silent);
    fails(&stage, address(&silent), "kicked without a word", gone).await;
    let deleted = stage.group("解散");
    stage.fake.deletes(&deleted);
    fails(&stage, address(&deleted), "deleted", gone).await;
    let never = stage.fake.group("没有加入");
    fails(&stage, address(&never), "never joined", gone).await;
    let wang = stage.fake.user("小王");
    fails(&stage, address(&wang.private()), "never wrote to us", gone).await;
    wang.starts("");
    stage.says(&wang.private(), "您好").await.expect("now it may be written to");
    wang.blocks_bot();
    fails(&stage, address(&wang.private()), "blocked", gone).await;
    wang.unblocks_bot();
    wang.leaves_telegram();
    fails(&stage, address(&wang.private()), "deactivated", gone).await;
}

#[tokio::test]
async fn a_chat_in_which_a_person_must_mend_something_is_blocked() {
    let blocked: fn(&SendFailure) -> bool = |f| matches!(f, SendFailure::Blocked(_));
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let (closed, deleted) = (stage.fake.topic(&group), stage.fake.topic(&group));
    stage.fake.closes_topic(&group, closed);
    stage.fake.deletes_topic(&group, deleted);
    for topic in [closed, deleted, 9999] {
        let to = Address { thread: Some(topic.to_string()), ..address(&group) };
        fails(&stage, to, "topic", blocked).await;
    }
    stage.fake.mutes_bot_in(&group);
    fails(&stage, address(&group), "muted", blocked).await;
}

#[tokio::test]
async fn an_upgraded_group_has_moved() {
    let stage = Stage::set().await;
    let group = stage.fake.basic_group("老群");
    stage.fake.adds_bot_to(&group);
    let new = stage.fake.upgrades(&group);
    let failure = stage.says(&group, "通知").await;
    assert_eq!(failure, Err(SendFailure::Moved(address(&new))));
    stage.says(&new, "通知").await.expect("the new address takes it");
}

#[tokio::test]
async fn a_flooded_chat_waits_and_another_does_not() {
    let stage = Stage::set().await;
    let (flooded, other) = (stage.group("一组"), stage.group("二组"));
    stage.fake.floods(&flooded, Duration::from_secs(7));
    let wait = SendFailure::Wait { span: Duration::from_secs(7), scope: WaitScope::Chat };
    assert_eq!(stage.says(&flooded, "通知").await, Err(wait));
    stage.says(&other, "通知").await.expect("another chat does not wait");
    stage.clock.advance(Duration::from_secs(7));
    stage.says(&flooded, "通知").await.expect("the wait is over");
    assert_eq!(stage.fake.counts().too_many, 1);
    stage.fake.floods_bot(Duration::from_secs(3));
    for chat in [&flooded, &other] {
        let wait = stage.says(chat, "通知").await;
        assert!(matches!(wait, Err(SendFailure::Wait { .. })), "{wait:?}");
    }
}

#[tokio::test]
async fn the_fake_keeps_telegrams_rates() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let mut taken = 0;
    for second in 0..120 {
        if stage.says(&group, &format!("第{second}条")).await.is_ok() {
            taken += 1;
        }
        stage.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(taken, 40, "twenty a minute");
    let chats: Vec<_> = (0..40).map(|n| stage.group(&format!("{n}组"))).collect();
    let mut refused = 0;
    for chat in &chats {
        refused += usize::from(stage.says(chat, "同一秒").await.is_err());
    }
    assert_eq!(refused, 7, "thirty a second, and a tenth more");
}

#[tokio::test]
async fn a_failing_platform_is_told_at_once_and_not_after_ten_seconds() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    for fault in [Fault::Internal, Fault::BadGateway] {
        stage.fake.fails_next_in(&group, 1, fault);
        let sent = stage.says(&group, "通知");
        let failure = tokio::time::timeout(Duration::from_secs(5), sent).await.expect("at once");
        assert!(matches!(failure, Err(SendFailure::Transient(_))), "{fault:?}: {failure:?}");
    }
    stage.says(&group, "通知").await.expect("the next is taken");
}

#[tokio::test]
async fn a_message_that_can_never_be_taken_is_rejected() {
    let rejected: fn(&SendFailure) -> bool = |f| matches!(f, SendFailure::Rejected(_));
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let limits = stage.bot.limits();
    assert_eq!((limits.size.unit, limits.size.max, limits.size.marks), (Unit::Utf16, 4096, 100));
    stage.says(&group, &"🙂".repeat(2048)).await.expect("4096 units fit");
    let long = stage.says(&group, &"🙂".repeat(2049)).await.expect_err("4098 units do not");
    assert!(rejected(&long), "{long:?}");
    let empty = stage.says(&group, " \n").await.expect_err("nothing to say");
    assert!(rejected(&empty), "{empty:?}");
    for data in [String::new(), "x".repeat(65)] {
        let buttons = Arc::new(vec![vec![press("按", &data)]]);
        let message = Outgoing { buttons, ..plain(address(&group), "通知") };
        let failure = stage.bot.send(&message).await.expect_err("no such button");
        assert!(rejected(&failure), "{failure:?}");
    }
    for chat in ["", "oc_1234"] {
        let to = Address { chat: chat.into(), ..address(&group) };
        let failure = stage.bot.send(&plain(to, "通知")).await.expect_err("no such chat");
        assert!(rejected(&failure), "{failure:?}");
    }
}

#[tokio::test]
async fn more_than_a_hundred_marks_would_be_dropped_without_a_word() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    let text = "字".repeat(101);
    let marks =
        (0..101).map(|n| Mark { start: n * 3, end: n * 3 + 3, style: Style::Bold }).collect();
    stage.bot.send(&marked(address(&group), &text, marks)).await.expect("taken");
    assert_eq!(stage.fake.messages(&group)[0].entities.len(), 100);
    assert_eq!(stage.fake.counts().marks_dropped, 1, "so the limit of the text room is 100");
}

#[tokio::test]
async fn a_revoked_token_is_a_mistake_of_settings_and_is_never_shown() {
    let stage = Stage::set().await;
    let group = stage.group("一组");
    stage.fake.revokes_token();
    let failure = stage.says(&group, "通知").await.expect_err("revoked");
    assert!(matches!(failure, SendFailure::Misconfigured(_)), "{failure:?}");
    let settings = Settings::new(Secret::new(stage.fake.token()));
    let shown = format!("{settings:?} {}", serde_json::to_string(&settings).expect("JSON"));
    assert!(!shown.contains("TEST-TOKEN"), "{shown}");
    let nowhere = Stage::with(|s| s.api_url = "http://127.0.0.1:1".into()).await;
    let failure = nowhere.says(&group, "通知").await.expect_err("nobody is there");
    assert!(!format!("{failure:?}").contains("TEST-TOKEN"), "{failure:?}");
}

#[tokio::test]
async fn the_bot_prepares_its_menu_and_the_way_updates_arrive() {
    let stage = Stage::set().await;
    let (command, name) = ("suggest".into(), "建议".into());
    let lines = vec![MenuLine { command, name, about: "提一条建议".into() }];
    let menus = [Menu { lang: None, lines: lines.clone() }, Menu { lang: Some(Lang::Zh), lines }];
    stage.bot.prepare(&menus).await.expect("prepared");
    assert_eq!(stage.fake.menu(""), [("suggest".to_owned(), "提一条建议".to_owned())]);
    assert_eq!(stage.fake.menu("zh").len(), 1);
    assert_eq!(stage.fake.webhook(), None);
    stage.fake.fails_next_calls("getMe", 1, Fault::Internal);
    let again = Stage::set().await;
    again.fake.fails_next_calls("getMe", 1, Fault::Internal);
    let failed = again.bot.prepare(&menus).await;
    assert!(matches!(failed, Err(SendFailure::Transient(_))), "{failed:?}");
    again.bot.prepare(&menus).await.expect("and may be called again");
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_reason() {
    let good = |json: &str| serde_json::from_str::<Settings>(json).expect("settings");
    let refused = |json: &str| {
        let clock = Arc::new(StandingClock::at("2026-11-24T08:00:00Z"));
        let made = Telegram::new(account(), &good(json), KEY, clock);
        made.err().expect("refused").to_string()
    };
    let cases = [
        (r#"{"token":"abc"}"#, "token"),
        (r#"{"token":"12:"}"#, "token"),
        (r#"{"token":"12:a/../b"}"#, "token"),
        (r#"{"token":"1:a","api_url":"ftp://x"}"#, "api_url"),
        (r#"{"token":"1:a","parallel":0}"#, "parallel"),
        (r#"{"token":"1:a","receive":{"webhook":{"url":"http://x","secret":"s"}}}"#, "url"),
        (r#"{"token":"1:a","receive":{"webhook":{"url":"https://x","secret":"密"}}}"#, "secret"),
        (r#"{"token":"1:a","proxy":"::"}"#, "proxy"),
    ];
    for (json, told) in cases {
        let words = refused(json);
        assert!(words.contains(told), "{json}: {words}");
    }
    assert!(serde_json::from_str::<Settings>(r#"{"token":"1:a","tokn":1}"#).is_err());
}

#[tokio::test]
async fn the_fake_serves_many_chats_and_tells_repeated_messages() {
    let stage = Stage::bench().await;
    let (groups, directs) = (stage.fake.groups(50), stage.fake.directs(50));
    stage.fake.slows_to(Duration::from_millis(1));
    let all: Vec<_> = groups.iter().chain(&directs).collect();
    let sent = all.iter().map(|place| stage.says(place, "本周要闻"));
    assert!(futures::future::join_all(sent).await.iter().all(Result::is_ok));
    stage.says(all[0], "本周要闻").await.expect("taken twice");
    stage.says(all[0], "下周要闻").await.expect("taken");
    let taken = stage.fake.taken_by_chat();
    assert_eq!(taken.len(), 100);
    assert_eq!(taken[&all[0].number()], 3);
    assert!(all[1..].iter().all(|place| taken[&place.number()] == 1));
    let counts = stage.fake.counts();
    assert_eq!((counts.taken, counts.repeated, counts.too_many), (102, 1, 0));
    assert_eq!(counts.requests["sendMessage"], 102);
}

#[tokio::test]
async fn the_fake_refuses_and_remembers_what_the_schema_does_not_have() {
    let stage = Stage::set().await;
    let caller = Caller::new(1, None).expect("a caller");
    let bad = [
        ("sendMessage", r#"{"chat_id":1,"txt":"x"}"#),
        ("sendMessage", r#"{"chat_id":1}"#),
        ("sendMessage", r#"{"chat_id":1,"text":5}"#),
        ("sendMessage", r#"{"chat_id":1,"text":"x","entities":[{"type":"bold","offset":0}]}"#),
        ("sendMessage", r#"{"chat_id":1,"text":"x","reply_parameters":{"message_id":"7"}}"#),
        ("sendMassage", "{}"),
    ];
    for (method, body) in bad {
        let url = format!("{}/bot{}/{method}", stage.fake.url(), stage.fake.token());
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let url = url.parse().expect("an address");
        let answer = caller.post_json(url, &body, Duration::from_secs(9)).await.expect("answered");
        assert_eq!(answer.status, 400, "{method} {body}");
    }
    assert_eq!(stage.fake.takes_violations().len(), bad.len());
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_unanswered() {
    let stage = Stage::set().await;
    stage.fake.slows_to(Duration::from_mins(10));
    let caller = Caller::new(1, None).expect("a caller");
    let url = format!("{}/bot{}/getMe", stage.fake.url(), stage.fake.token());
    let url = url.parse().expect("an address");
    let outcome = caller.post_json(url, &(), Duration::from_millis(20)).await;
    assert_eq!(outcome.err(), Some(CallFailure::Unanswered("timed out".to_owned())));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the fake notes when it was really called")]
async fn two_bots_have_their_own_chats_and_callers_with_a_path_are_told_apart() {
    let began = std::time::Instant::now();
    let stage = Stage::set().await;
    let token = stage.fake.adds_bot("second_bot");
    let chats = [stage.fake.directs_of(&token, 1), stage.fake.groups_of(&token, 1)].concat();
    let mut settings = Settings::new(Secret::new(token.clone()));
    settings.api_url = format!("{}/worker-2", stage.fake.url());
    let second =
        Telegram::new(account(), &settings, KEY, stage.clock.clone()).expect("good settings");
    for chat in &chats {
        second.send(&plain(address(chat), "各位好")).await.expect("taken");
        let refused = stage.says(chat, "各位好").await;
        assert!(refused.is_err(), "the first bot is not there");
    }
    let calls = stage.fake.calls_since(began);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.by == "worker-2" && call.token == token));
    assert!(calls[0].at <= calls[1].at);
    assert!(stage.fake.distinct_by_chat().values().all(|distinct| *distinct == 1));

    let zhao = stage.fake.user("赵敏");
    stage.fake.knows_the_first_bot_only(&zhao);
    zhao.says(&zhao.private(), "你好");
    let (next, pending) = stage.fake.numbers();
    assert_eq!(pending, [next - 1], "the first bot hears it");
    assert!(second.send(&plain(address(&zhao.private()), "你好")).await.is_err());
}
