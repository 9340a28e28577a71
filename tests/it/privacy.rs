//! What is promised about privacy, each with its proof.

use crate::suggestions_room::{Room, account, direct, group, sender};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tongxin::clock::Clock as _;
use tongxin::desk::{Saying, SetAside, Which};
use tongxin::model::{
    Act, Changes, Document, Drawer, Happening, Inbound, InboxItem, InboxState, Kind, MessageRef,
    Notice, NoticeBody, NoticeTo, PhaseName, Record, Return, Role, Sealed, Versioned,
};
use tongxin::store::vault::Lost;
use tongxin::store::{Reads, Store as _, StoreError, transfer, typed};
use tongxin::text::press::Press;

const CANARY: &str = "金丝雀canary七四一八五二";
const DAY: Duration = Duration::from_hours(24);

fn is_unreadable(room: &Room) {
    // What is open is found where it is looked for, so what is not found is not there.
    assert!(!room.files_with("公园改造".as_bytes()).is_empty());
    for found in [CANARY, "chat-of-li", "name-of-li", "telegram:li"] {
        assert_eq!(room.files_with(found.as_bytes()), Vec::<std::path::PathBuf>::new(), "{found}");
    }
}

#[tokio::test]
async fn a_draft_that_was_thrown_away_leaves_nothing_that_can_be_read() {
    let room = Room::new().await;
    room.writes("li", CANARY, None).await;
    let sealed = room.all().await[0].texts[0].clone();
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "不提交").await;
    assert!(room.last(&direct("li")).await.text.contains("未提交，已删除"));
    room.sweep.round().await.expect("sweeps");
    assert!(room.all().await.is_empty());
    assert_eq!(room.parts.texts.open(&sealed), Ok(None));
    is_unreadable(&room);
}

#[tokio::test]
async fn a_draft_that_nobody_confirmed_is_gone_after_a_day_and_its_author_is_told() {
    let room = Room::new().await;
    room.replies("li", CANARY, "1").await;
    let question = room.last(&group()).await;
    let draft = room.all().await.remove(0);
    room.later(DAY).await;
    assert_eq!(room.parts.texts.open(&draft.texts[0]), Ok(None));
    assert!(room.last(&direct("li")).await.text.contains("未提交，已删除"));
    room.presses("li", group(), &question, "提交").await;
    assert!(room.heard(&group()).await[0].text.contains("已被删除"));
    room.later(DAY).await;
    assert!(room.all().await.is_empty());
    assert!(room.store.list(Kind::Event, &[], None, 9).await.expect("lists").is_empty());
    let Return::Chat(_, address) = &draft.back else { panic!("an address") };
    assert_eq!(room.parts.addresses.open(address), Ok(None));
    is_unreadable(&room);
}

#[tokio::test]
async fn the_texts_and_addresses_of_living_suggestions_are_sealed_in_every_file() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", CANARY).await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.deliver().await;
    room.writes("li", "/我的", None).await;
    room.deliver().await;
    is_unreadable(&room);
    for secret in [secret.as_str().to_owned(), secret.to_string()] {
        assert!(
            room.files_with(secret.as_bytes()).is_empty(),
            "the receipt's code is kept as a hash"
        );
    }
}

#[tokio::test]
async fn an_export_without_the_keys_leads_to_nobody() {
    let room = Room::new().await;
    room.submitted("li", CANARY).await;
    room.writes("li", "/我的", None).await;
    room.writes("li", "灯", None).await;
    let (_, export) =
        transfer::export(&*room.store, Vec::new(), &mut |_| {}).await.expect("exports");
    let export = String::from_utf8(export).expect("text");
    for found in [CANARY, "chat-of-li", "name-of-li", "telegram:li"] {
        assert!(!export.contains(found), "{found}");
    }
    // Who may read the texts cannot open an address.
    let it = room.all().await.remove(0);
    let Return::Chat(_, address) = &it.back else { panic!("an address") };
    assert!(room.parts.texts.open(address).is_err());
    assert!(room.parts.addresses.open(&it.texts[0]).is_err());
}

#[tokio::test]
async fn the_same_person_has_another_name_in_each_suggestion_and_reviewers_see_nothing_else() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    room.submitted("li", "路口需要红绿灯").await;
    room.submitted("li", "公园需要长椅子").await;
    let mut rev = room.call("rev").await;
    let lines = room.desk.inbox(&rev).await.expect("an inbox");
    assert_eq!(lines.len(), 2);
    assert_ne!(lines[0].pseudonym, lines[1].pseudonym);
    let view = room.desk.show(&mut rev, &Which::Id(lines[0].id)).await.expect("shows");
    let json = serde_json::to_value(&view).expect("JSON");
    let mut fields: Vec<_> = json.as_object().expect("an object").keys().cloned().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "answer",
            "by",
            // A group that a code hung in: many people are in it.
            "came_by",
            "created",
            "due",
            "id",
            "number",
            "phase",
            "post",
            "proposal",
            "pseudonym",
            "question",
            "reason",
            "sorting",
            "texts"
        ]
    );
    let member = format!("{:?}", room.all().await[0].member.expect("a member").0);
    assert!(!format!("{view:?}").contains(&member));
}

#[tokio::test]
async fn whoever_wants_to_be_forgotten_is_and_counts_stay() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", CANARY).await;
    room.submitted("li", "公园需要长椅子").await;
    room.writes("li", "还没有想好要不要提交", None).await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    let before = room.all().await;
    let counts = room.store.tallies(&[]).await.expect("counts");

    room.writes("li", "/忘记我", None).await;
    let question = room.last(&direct("li")).await;
    assert_eq!(room.all().await, before, "asking erases nothing yet");
    room.presses("li", direct("li"), &question, "全部删除").await;
    let told = room.last(&direct("li")).await;
    assert!(told.text.contains("建议 3 条") && told.text.contains("仍然保留"), "{}", told.text);
    room.sweep.round().await.expect("sweeps");

    for it in before {
        for sealed in &it.texts {
            assert_eq!(room.parts.texts.open(sealed), Ok(None));
        }
        let Return::Chat(_, address) = &it.back else { panic!("an address") };
        assert_eq!(room.parts.addresses.open(address), Ok(None));
    }
    let after = room.all().await;
    assert_eq!(after.len(), 2, "the draft is gone, of the others the steps remain");
    assert!(after.iter().all(|s| s.member.is_none() && s.slots().is_empty()));
    assert!(after.iter().all(|s| s.phase.name() == PhaseName::Erased));
    assert_eq!(room.store.tallies(&[]).await.expect("counts"), counts);
    assert!(room.desk.receipt(&number, &secret).await.is_err());
    room.writes("li", "/我的", None).await;
    assert!(room.last(&direct("li")).await.text.contains("还没有提交过"));
    is_unreadable(&room);
    // Within three days, not even a sealed address is left.
    room.deliver().await;
    room.later(3 * DAY).await;
    let notices = room.store.list(Kind::Notice, &[], None, 999).await.expect("lists");
    for notice in notices {
        let Record::Notice(notice) = notice.value else { panic!("a notice") };
        let NoticeTo::Sealed { address, .. } = &notice.to else { continue };
        assert_eq!(room.parts.addresses.open(address), Ok(None));
    }
}

#[tokio::test]
async fn what_staff_are_owed_of_an_erased_suggestion_is_erased_with_it() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", CANARY).await;
    room.deliver().await;
    for _ in 0..45 {
        room.writes("rev", &format!("/查看 {number}"), None).await;
    }
    let mut owed = Vec::new();
    for notice in room.store.list(Kind::Notice, &[], None, 999).await.expect("lists") {
        let Record::Notice(notice) = notice.value else { panic!("a notice") };
        let (NoticeTo::Open(_), NoticeBody::Sealed(words)) = (notice.to, notice.body) else {
            continue;
        };
        owed.push(words);
    }
    assert!(owed.len() >= 45, "{}", owed.len());
    room.desk.erase_by_receipt(&number, &secret).await.expect("erases");
    room.sweep.round().await.expect("sweeps");
    for words in owed {
        assert_eq!(room.parts.texts.open(&words), Ok(None));
    }
    room.deliver().await;
    assert!(room.heard(&direct("rev")).await.iter().all(|m| !m.text.contains(CANARY)));
    is_unreadable(&room);
}

#[tokio::test]
async fn what_a_reviewer_is_shown_is_not_written_down_once_it_is_erased() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", CANARY).await;
    let mut shown = room.call("rev").await;
    let view = room.desk.show(&mut shown, &Which::Number(number.clone())).await.expect("shows");
    let words = Saying::of(Document::plain(&view.texts[0]));
    room.desk.say_sealed(&mut shown, &direct("rev"), Some(view.line.id), words).expect("seals");
    room.desk.erase_by_receipt(&number, &secret).await.expect("erases");
    assert_eq!(room.desk.commit(shown).await, Err(StoreError::Conflict));
}

#[tokio::test]
async fn what_a_group_read_of_a_suggestion_leads_to_nobody_once_it_is_erased() {
    let room = Room::new().await;
    let mut messages = Vec::new();
    for text in ["路口需要红绿灯", "公园需要长椅子"] {
        messages.push(room.replies("li", text, "1").await);
        let question = room.last(&group()).await;
        if messages.len() == 1 {
            room.presses("li", group(), &question, "提交").await;
        }
    }
    // The latest of them was not even asked yet.
    messages.push(room.replies("li", "路边需要垃圾桶", "1").await);
    let before: Vec<_> = room.all().await.iter().map(|s| s.id).collect();
    assert_eq!(before.len(), 3);
    room.writes("li", "/忘记我", None).await;
    let heard = room.store.list(Kind::Notice, &[], None, 999).await.expect("lists");
    let leads = |notice: &Notice| {
        let reply = match &notice.act {
            Act::Say { reply_to } => reply_to.clone(),
            Act::Amend { .. } => None,
            Act::AnswerPress { press } => Some(press.clone()).filter(|press| !press.is_empty()),
        };
        let below = notice.buttons.iter().flatten().filter_map(|b| Press::of(b)?.suggestion());
        let about: Vec<_> = notice.about.into_iter().chain(below).collect();
        (reply, about)
    };
    let in_group =
        |notice: &&Notice| matches!(&notice.to, NoticeTo::Open(chat) if *chat == group());
    let notices = |records: Vec<Versioned<Record>>| {
        let notice = |record| typed::<Notice>(record).expect("a notice").value;
        records.into_iter().map(notice).collect::<Vec<_>>()
    };
    let asked = notices(heard);
    for id in &before {
        assert!(asked.iter().filter(in_group).any(|n| leads(n).1.contains(id)), "the test looks");
    }
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "全部删除").await;
    room.sweep.round().await.expect("sweeps");
    let left = room.store.list(Kind::Notice, &[], None, 999).await.expect("lists");
    for notice in notices(left).iter().filter(in_group) {
        let (reply, about) = leads(notice);
        assert!(reply.is_none() && about.is_empty(), "{notice:?}");
    }
    assert_eq!(room.heard(&group()).await.len(), 0, "what was not asked yet is asked no more");
}

#[tokio::test]
async fn a_withdrawn_text_is_destroyed_a_week_later() {
    let room = Room::new().await;
    let (number, secret) = room.submitted("li", CANARY).await;
    let sealed = room.all().await[0].texts[0].clone();
    room.writes("li", &format!("/撤回 {number}"), None).await;
    assert!(room.last(&direct("li")).await.text.contains("已撤回"));
    room.later((7 * DAY).saturating_sub(Duration::from_secs(1))).await;
    assert!(room.parts.texts.open(&sealed).expect("opens").is_some());
    room.later(Duration::from_secs(1)).await;
    assert_eq!(room.parts.texts.open(&sealed), Ok(None));
    assert_eq!(room.all().await[0].phase.name(), PhaseName::Erased);
    assert!(room.desk.receipt(&number, &secret).await.is_err());
}

/// What lies in the inbox.
async fn in_inbox(room: &Room) -> Vec<Versioned<InboxItem>> {
    let items = room.store.list(Kind::Inbox, &[], None, 99).await.expect("lists");
    items.into_iter().map(|record| typed(record).expect("an item")).collect()
}

/// Something arrives whose words are known nowhere else, and waits.
async fn arrives(room: &Room) -> Sealed {
    let chat = direct("li");
    let message = MessageRef { account: account(), chat: chat.chat.clone(), message: "1".into() };
    let what = Happening::Said { message, text: CANARY.into(), reply_to: None };
    let event = ("poison".to_owned(), room.clock.now());
    let inbound = Inbound::alone(chat, sender("li"), event, what);
    room.desk.take_in(&[inbound]).await.expect("takes in");
    let item = in_inbox(room).await.into_iter().find(|item| item.event == "poison");
    let InboxState::Waiting(sealed, 0) = item.expect("an item").value.state else {
        panic!("it waits")
    };
    sealed
}

#[tokio::test]
async fn what_cannot_be_handled_is_destroyed_forgotten_in_two_days_and_administrators_are_told() {
    let room = Room::new().await;
    room.staff("zhang", &[Role::Administrator]).await;
    room.staff("chen", &[Role::Editor]).await;
    let sealed = arrives(&room).await;
    for time in 1..=5 {
        let waiting = room.desk.waiting(&account(), 9).await.expect("reads").remove(0);
        let aside = room.desk.failed(&waiting.item).await.expect("commits");
        assert_eq!(aside == SetAside::Yes, time == 5);
    }
    let told = room.heard(&direct("zhang")).await;
    insta::assert_snapshot!(told[0].text, @"账号“main”在 11月24日 09:00 收到的一条消息，五次处理都失败，已放弃：内容已销毁，发消息的人没有收到答复。请查看这段时间的日志，把其中的出错位置和程序版本告诉维护者。");
    assert_eq!((told.len(), room.heard(&direct("chen")).await.len()), (1, 0));
    room.sweep.round().await.expect("sweeps");
    assert_eq!(room.parts.texts.open(&sealed), Ok(None));
    is_unreadable(&room);
    room.later(2 * DAY).await;
    assert!(in_inbox(&room).await.iter().all(|item| item.event != "poison"));
}

#[tokio::test]
async fn what_lies_in_the_inbox_for_a_person_is_destroyed_at_the_next_start() {
    let room = Room::new().await;
    let sealed = arrives(&room).await;
    let item = in_inbox(&room).await.into_iter().find(|item| item.event == "poison");
    let item = item.expect("an item");
    let mut changes = Changes::new();
    let state = InboxState::Stuck(sealed.clone());
    changes.update(&item, InboxItem { state, ..item.value.clone() });
    room.store.commit(changes).await.expect("commits");
    let room = room.restarted();
    room.sweep.reclaim(Lost::Destroyed).await.expect("reclaims");
    room.later(2 * DAY).await;
    assert_eq!(room.parts.texts.open(&sealed), Ok(None));
    assert!(in_inbox(&room).await.is_empty());
}

#[tokio::test]
async fn a_restart_destroys_lost_keys_and_keeps_those_in_use() {
    let room = Room::new().await;
    room.submitted("li", CANARY).await;
    let living = room.all().await[0].clone();
    // Sealed, and never committed: the process died between the two.
    let lost = room.parts.sealer.seal(Drawer::Text, CANARY.as_bytes()).expect("seals");
    let room = room.restarted();
    room.sweep.reclaim(Lost::Destroyed).await.expect("reclaims");
    assert_eq!(room.parts.texts.open(&lost), Ok(None));
    assert!(room.parts.texts.open(&living.texts[0]).expect("opens").is_some());
    let Return::Chat(_, address) = &living.back else { panic!("an address") };
    assert!(room.parts.addresses.open(address).expect("opens").is_some());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes all that is logged by this thread until the guard is dropped.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let sink = self.clone();
        let lines = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || sink.clone())
            .finish();
        tracing::subscriber::set_default(lines)
    }

    /// What was logged.
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

#[tokio::test]
async fn no_log_line_tells_who_wrote_or_what() {
    let log = Log::default();
    let guard = log.listen();
    tracing::info!("a line");
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, secret) = room.submitted("li", CANARY).await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("li", "/忘记我", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "全部删除").await;
    room.later(DAY).await;
    drop(guard);
    let log = log.text();
    assert!(log.contains("a line"));
    for found in [CANARY, "chat-of-li", "name-of-li", "telegram:li", secret.as_str()] {
        assert!(!log.contains(found), "{found} in {log}");
    }
}

#[tokio::test]
async fn no_log_line_tells_who_read_a_page_or_what_they_sent() {
    let log = Log::default();
    let room = Room::new().await;
    let router = crate::doors::router(&room, Vec::new());
    let guard = log.listen();
    let from = std::net::SocketAddr::from(([203, 0, 113, 77], 4711));
    for (method, path) in [("GET", "/r"), ("POST", "/r"), ("GET", "/nowhere"), ("POST", "/hook/x")]
    {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{path}?q=canary-query"))
            .header("user-agent", "canary-agent/1.0")
            .header("x-forwarded-for", "198.51.100.88")
            .header("cookie", "seat=canary-cookie")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(axum::extract::ConnectInfo(from))
            .body(axum::body::Body::from("number=canary-number&secret=canary-secret"))
            .expect("a request");
        tower::ServiceExt::oneshot(router.clone(), request).await.expect("answers");
    }
    drop(guard);
    let log = log.text();
    assert_eq!(log.matches("http.route=").count(), 4, "{log}");
    for found in ["203.0.113.77", "198.51.100.88", "canary"] {
        assert!(!log.contains(found), "{found} in {log}");
    }
}

#[tokio::test]
async fn no_log_line_of_a_source_tells_the_token_in_its_address_or_what_it_says() {
    use crate::feeds_round::{Office, source};
    let office = Office::open().await;
    office.host.feed("/good", &[("canary-title", "https://x.cn/canary-link")]);
    office.host.put("/bad", crate::fakes::feedhost::Page::Status(500, None));
    let at = |id: &str| source(id, &office.host.url(&format!("/{id}?token=canary-token")));
    let log = Log::default();
    let guard = log.listen();
    let report = office.round(&[at("good"), at("bad"), at("missing")]).await;
    drop(guard);
    assert_eq!((report.fresh, report.failed), (1, 2));
    let log = log.text();
    let ours: String = log.lines().filter(|l| l.contains("tongxin")).collect();
    assert_eq!(ours.matches("source failed").count(), 2, "{log}");
    assert!(!ours.contains("canary"), "{ours}");
}
