//! Suggestions, from a reply to an answer, through the bot and the desk.

use crate::suggestions_room::{POST, Room, direct, group};
use std::time::Duration;
use tongxin::desk::{ConsentShown, DeskError, Form, Showing, Which, intact, replay};
use tongxin::model::{Act, Code, DeclineCode, Lang, PhaseName, Role, Tally};
use tongxin::store::{Reads, StoreError};
use tongxin::text::say::{PastRefusal, Refusal};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_reply_in_a_group_is_confirmed_by_its_author_and_answered_in_private() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&group()).await;
    assert!(question.text.contains("仅留言者本人可选"), "{}", question.text);
    assert!(!question.text.contains("路灯"));

    // Another member's press changes nothing, and only that member is told.
    room.presses("zhao", group(), &question, "提交").await;
    let heard = room.heard(&group()).await;
    assert_eq!(heard.len(), 1);
    assert!(matches!(heard[0].act, Act::AnswerPress { .. }), "{heard:?}");
    assert!(heard[0].text.contains("只有写这条留言的人"));

    room.presses("li", group(), &question, "提交").await;
    let all = room.deliver().await;
    let to = |chat: &str| -> Vec<_> {
        all.iter().filter(|(a, _)| a.chat == chat).map(|(_, s)| s).collect()
    };
    let public = to("-100");
    assert!(
        public.iter().any(|s| s.text.contains("编号") && matches!(s.act, Act::AnswerPress { .. }))
    );
    let amended = public.iter().find(|s| matches!(s.act, Act::Amend { .. })).expect("amended");
    assert!(amended.text.starts_with("已提交"));
    // This room's account has no platform that could open a chat alone by a button.
    assert!(!amended.text.contains("编号") && amended.text.contains("/我的"), "{}", amended.text);
    assert!(amended.buttons.is_empty());
    let receipt = to("chat-of-li");
    assert!(receipt.iter().any(|s| s.text.contains("查询码")), "{receipt:?}");
    let told = to("chat-of-rev");
    assert!(told[0].text.contains("《公园改造》"), "{told:?}");
    assert_eq!(room.store.tally(&Tally::Suggestions.of(POST)).await, Ok(1));

    // The reviewer takes it up and answers, by buttons and by replying to the prompt.
    room.presses("rev", direct("rev"), told[0], "认领").await;
    let case = room.last(&direct("rev")).await;
    assert!(case.text.contains("内容：公园应当多装几盏路灯"), "{}", case.text);
    assert!(!case.text.contains("chat-of-li") && !case.text.contains("name-of-li"));
    room.presses("rev", direct("rev"), &case, "受理").await;
    let all = room.deliver().await;
    assert!(all.iter().any(|(a, s)| a.chat == "chat-of-li" && s.text.contains("已受理")));
    let case = all.iter().rfind(|(a, s)| a.chat == "chat-of-rev" && !s.buttons.is_empty());
    let case = case.expect("the case again").1.clone();
    room.presses("rev", direct("rev"), &case, "答复").await;
    let prompt = room.last(&direct("rev")).await;
    room.writes("rev", "将于××月安装路灯，请放心。", Some(&prompt.message)).await;
    assert!(room.last(&direct("rev")).await.text.contains("××"), "a placeholder is refused");
    room.writes("rev", "十二月底前加装二十盏路灯，请您监督。", Some(&prompt.message)).await;
    let all = room.deliver().await;
    let answer = all.iter().find(|(a, _)| a.chat == "chat-of-li").expect("an answer");
    assert!(answer.1.text.contains("加装二十盏路灯"));
    assert!(!answer.1.text.contains("rev"), "no reviewer is named");

    room.writes("li", "/我的", None).await;
    let mine = room.last(&direct("li")).await;
    assert!(mine.text.contains("已答复") && mine.text.contains("加装二十盏路灯"), "{}", mine.text);
    room.replies("li", "/我的", "1").await;
    assert!(room.last(&group()).await.text.contains("私聊"));
}

#[tokio::test]
async fn whoever_leaves_three_questions_open_is_asked_no_more_before_they_answer_one() {
    let room = Room::new().await;
    for n in 0..200 {
        room.replies("li", &format!("公园应当多装路灯，第{n}处"), "1").await;
    }
    room.replies("li", "/建议 公园应当多装几把椅子", "1").await;
    let asked = room.heard(&group()).await;
    assert_eq!((asked.len(), room.all().await.len()), (3, 3));
    room.replies("wang", "公园应当多装几盏路灯", "1").await;
    assert_eq!(room.heard(&group()).await.len(), 1, "others are asked");
    room.writes("li", "公园应当多装几把椅子", None).await;
    let told = room.heard(&direct("li")).await;
    insta::assert_snapshot!(told[0].text, @"您还有 3 条留言在等您确认：请先在那些提问下选择“提交”或“不提交”，再写新的。24 小时内不确认的会自动删除。");
    room.presses("li", group(), &asked[0], "不提交").await;
    room.writes("li", "公园应当多装几把椅子", None).await;
    assert!(room.last(&direct("li")).await.text.contains("要作为建议提交吗"));
    // A day later none of them waits.
    room.later(Duration::from_hours(24)).await;
    room.replies("li", "公园应当多装几盏路灯", "1").await;
    assert!(room.last(&group()).await.text.contains("要把这条留言作为建议提交吗"));
}

#[tokio::test]
async fn chatter_under_a_push_is_left_alone() {
    let room = Room::new().await;
    room.replies("li", "赞", "1").await;
    assert!(room.heard(&group()).await.is_empty());
    assert!(room.all().await.is_empty());
}

#[tokio::test]
async fn of_two_reviewers_who_claim_at_once_one_wins_and_the_other_is_told_who() {
    let room = Room::new().await;
    room.staff("wang", &[Role::Reviewer]).await;
    room.staff("chen", &[Role::Reviewer]).await;
    room.submitted("li", "路口需要红绿灯").await;
    let it = room.in_phase(PhaseName::Received).await.remove(0);
    let shown = Which::Shown(it.id, tongxin::model::Version(it.chain.length.into()));
    let (mut first, mut second) = (room.call("wang").await, room.call("chen").await);
    room.desk.claim(&mut first, &shown).await.expect("may claim");
    room.desk.claim(&mut second, &shown).await.expect("may claim");
    let (first, second) = tokio::join!(room.desk.commit(first), room.desk.commit(second));
    assert_eq!([&first, &second].iter().filter(|r| r.is_ok()).count(), 1);
    assert!([&first, &second].contains(&&Err(StoreError::Conflict)));

    let (loser, winner) = if first.is_ok() { ("chen", "wang") } else { ("wang", "chen") };
    let mut again = room.call(loser).await;
    let stale = room.desk.claim(&mut again, &shown).await;
    assert_eq!(stale, Err(DeskError::Stale(Refusal::TakenBy(winner.into()), it.id)));
}

#[tokio::test]
async fn a_stale_press_is_answered_with_who_was_faster_and_the_message_shows_how_it_stands() {
    let room = Room::new().await;
    room.staff("wang", &[Role::Reviewer]).await;
    room.staff("chen", &[Role::Reviewer]).await;
    room.writes("li", "路口需要红绿灯", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "提交").await;
    let all = room.deliver().await;
    let of = |chat: &str| all.iter().find(|(a, _)| a.chat == chat).expect("told").1.clone();
    room.presses("wang", direct("wang"), &of("chat-of-wang"), "认领").await;
    room.deliver().await;
    room.presses("chen", direct("chen"), &of("chat-of-chen"), "认领").await;
    let heard = room.heard(&direct("chen")).await;
    assert!(heard[0].text.contains("已被wang处理"), "{heard:?}");
    assert!(matches!(heard[1].act, Act::Amend { .. }));
    assert!(heard[1].text.contains("审阅中（wang）") && heard[1].buttons.is_empty());
}

#[tokio::test]
async fn declining_takes_two_people() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer, Role::Lead]).await;
    let (number, secret) = room.submitted("li", "请在河上建一座机场").await;
    let which = Which::Number(number.clone());
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    let reason = "河道管理规定不允许建设。";
    let decline = async |who: &str| {
        let mut call = room.call(who).await;
        let code = DeclineCode::NotFeasible;
        let done = room.desk.propose_decline(&mut call, &which, code, reason).await.map(|_| ());
        room.desk.commit(call).await.expect("commits");
        done
    };
    assert_eq!(decline("rev").await, Err(Refusal::NeedsSecondPerson.into()));
    room.staff("lead", &[Role::Lead]).await;
    assert_eq!(decline("rev").await, Ok(()));
    let mut same = room.call("rev").await;
    let confirmed = room.desk.confirm_decline(&mut same, &which).await;
    assert_eq!(confirmed.map(|_| ()), Err(Refusal::SamePerson.into()));

    // The lead sends it back once, then confirms.
    room.deliver().await;
    room.writes("lead", &format!("/退回 {number}"), None).await;
    assert!(room.last(&direct("rev")).await.text.contains("被退回"));
    assert_eq!(decline("rev").await, Ok(()));
    let told = room.last(&direct("lead")).await;
    assert!(told.text.contains(reason));
    room.presses("lead", direct("lead"), &told, "同意不采纳").await;
    let all = room.deliver().await;
    let answer = all.iter().find(|(a, _)| a.chat == "chat-of-li").expect("told");
    assert!(answer.1.text.contains(reason) && answer.1.text.contains("暂不可行"));
    let receipt = room.desk.receipt(&number, &secret).await.expect("a receipt");
    assert_eq!(receipt.phase, PhaseName::Declined);
    assert_eq!(receipt.answer.as_deref(), Some(reason));
}

#[tokio::test]
async fn a_question_pauses_the_promise_and_an_answer_or_a_week_resumes_it() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, _) = room.submitted("li", "小区门口太暗了").await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/追问 {number} 是东门还是西门？"), None).await;
    let question = room.last(&direct("li")).await;
    assert!(question.text.contains("是东门还是西门"));
    room.writes("li", "是东门的两盏灯", Some(&question.message)).await;
    let all = room.deliver().await;
    assert!(all.iter().any(|(a, s)| a.chat == "chat-of-li" && s.text.contains("收到补充")));
    assert!(all.iter().any(|(a, s)| a.chat == "chat-of-rev" && s.text.contains("已补充内容")));
    assert_eq!(room.in_phase(PhaseName::Claimed).await[0].texts.len(), 2);

    room.writes("rev", &format!("/追问 {number} 每天都暗吗？"), None).await;
    room.deliver().await;
    room.later(7 * DAY + Duration::from_hours(15)).await;
    let all = room.deliver().await;
    assert!(all.iter().any(|(a, s)| a.chat == "chat-of-li" && s.text.contains("按现有内容")));
    assert!(all.iter().any(|(a, s)| a.chat == "chat-of-rev" && s.text.contains("追问到期")));
    // Whoever has it was waiting: it is theirs until the next working day is over.
    room.later(DAY / 2).await;
    assert_eq!(room.in_phase(PhaseName::Claimed).await.len(), 1);
    room.writes("rev", &format!("/追问 {number} 还有别的吗？"), None).await;
    assert!(room.last(&direct("rev")).await.text.contains("两次"));
}

#[tokio::test]
async fn a_claim_that_nobody_works_on_goes_back_to_all() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, _) = room.submitted("li", "小区门口太暗了").await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    let before = room.in_phase(PhaseName::Claimed).await[0].phase.clone();
    room.later(Duration::from_secs(2 * 3600 - 1)).await;
    assert_eq!(room.in_phase(PhaseName::Claimed).await.len(), 1);
    room.later(Duration::from_secs(1)).await;
    room.promises.round().await.expect("again changes nothing");
    let now = room.in_phase(PhaseName::Received).await.remove(0);
    let due = |p: &tongxin::model::Phase| match p {
        tongxin::model::Phase::Received { respond_by, .. }
        | tongxin::model::Phase::Claimed { respond_by, .. } => *respond_by,
        other => panic!("{other:?}"),
    };
    assert_eq!(due(&before), due(&now.phase), "the clock goes on");
}

#[tokio::test]
async fn a_changed_policy_is_read_anew_before_anything_is_submitted() {
    let room = Room::new().await;
    room.writes("li", "路口需要红绿灯", None).await;
    let draft = room.in_phase(PhaseName::Draft).await.remove(0);
    let mut call = room.call("li").await;
    let old = ConsentShown::Prefix(1);
    let refused = room.desk.confirm(&mut call, draft.id, old).await;
    assert_eq!(refused, Err(Refusal::ConsentChanged.into()));
    let shown = room.desk.consents(Lang::Zh)[0].clone();
    room.desk
        .confirm(&mut call, draft.id, ConsentShown::Whole(shown.hash))
        .await
        .expect("confirms");
    room.desk.commit(call).await.expect("commits");
    let stored = room.in_phase(PhaseName::Received).await.remove(0);
    assert_eq!(stored.consent.map(|c| c.text), Some(shown.hash));
}

#[tokio::test]
async fn an_edit_is_taken_until_somebody_takes_the_suggestion_up() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let message = room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&group()).await;
    room.presses("li", group(), &question, "提交").await;
    room.edits("li", group(), &message, "公园应当多装几把长椅").await;
    let it = room.in_phase(PhaseName::Received).await.remove(0);
    let mut rev = room.call("rev").await;
    let view = room.desk.show(&mut rev, &Which::Id(it.id)).await.expect("shows");
    assert_eq!(view.texts, ["公园应当多装几把长椅"]);
    room.writes("rev", &format!("/认领 {}", it.number), None).await;
    room.edits("li", group(), &message, "公园应当多装几个秋千").await;
    let view = room.desk.show(&mut rev, &Which::Id(it.id)).await.expect("shows");
    assert_eq!(view.texts, ["公园应当多装几把长椅"]);
}

#[tokio::test]
async fn an_edit_of_the_first_words_leaves_what_was_added_since() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let message = room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&group()).await;
    room.presses("li", group(), &question, "提交").await;
    let it = room.in_phase(PhaseName::Received).await.remove(0);
    room.writes("rev", &format!("/认领 {}", it.number), None).await;
    room.writes("rev", &format!("/追问 {} 在哪个门附近？", it.number), None).await;
    let asked = room.last(&direct("li")).await;
    room.writes("li", "东门进去的小路上", Some(&asked.message)).await;
    room.writes("rev", &format!("/放回 {}", it.number), None).await;
    room.edits("li", group(), &message, "公园里应当多装几盏路灯").await;
    let mut rev = room.call("rev").await;
    let view = room.desk.show(&mut rev, &Which::Id(it.id)).await.expect("shows");
    assert_eq!(view.texts, ["公园里应当多装几盏路灯", "东门进去的小路上"]);
}

#[tokio::test]
async fn a_form_is_submitted_once_and_lives_on_its_receipt_page() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let consent = ConsentShown::Whole(room.desk.consents(Lang::Zh)[0].hash);
    let form = |once: &str| Form {
        text: "网页上的建议".into(),
        post: Some(POST),
        came_by: None,
        consent,
        once: once.into(),
    };
    let mut call = room.desk.visitor(Lang::Zh);
    let receipt = room.desk.submit_form(&mut call, form("a")).await.expect("submits");
    room.desk.commit(call).await.expect("commits");
    let mut call = room.desk.visitor(Lang::Zh);
    let again = room.desk.submit_form(&mut call, form("a")).await.expect("shows it again");
    room.desk.commit(call).await.expect("commits");
    assert_eq!((&again.number, again.shown), (&receipt.number, Showing::Anew));
    assert_eq!(room.all().await.len(), 1);
    let receipt = again;

    let (number, secret) = (receipt.number, receipt.secret);
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/追问 {number} 在哪一条路？"), None).await;
    let view = room.desk.receipt(&number, &secret).await.expect("a receipt");
    assert_eq!(view.question.as_deref(), Some("在哪一条路？"));
    room.desk.supplement_by_receipt(&number, &secret, "在人民路上").await.expect("adds");
    assert_eq!(room.desk.original(&number, &secret).await.expect("opens").len(), 2);
    room.desk.withdraw_by_receipt(&number, &secret).await.expect("withdraws");
    let view = room.desk.receipt(&number, &secret).await.expect("a receipt");
    assert_eq!(view.phase, PhaseName::Withdrawn);
    room.desk.erase_by_receipt(&number, &secret).await.expect("erases");
    let gone = room.desk.receipt(&number, &secret).await;
    assert_eq!(gone, Err(Refusal::WrongCode.into()));
}

#[tokio::test]
async fn what_is_too_short_too_long_or_only_a_receipt_is_not_taken() {
    let room = Room::new().await;
    let (number, secret) = room.submitted("li", "路口需要红绿灯").await;
    for (text, told) in [
        ("灯".to_owned(), "太短"),
        ("灯".repeat(4_001), "太长"),
        (number.to_string(), "回执"),
        (format!("{number} {secret}"), "回执"),
        (secret.as_str().to_owned(), "回执"),
    ] {
        room.writes("li", &text, None).await;
        assert!(room.last(&direct("li")).await.text.contains(told), "{text}");
    }
    assert!(room.in_phase(PhaseName::Draft).await.is_empty());
}

#[tokio::test]
async fn nobody_without_the_role_sees_or_moves_a_suggestion() {
    let room = Room::new().await;
    room.staff("ed", &[Role::Editor]).await;
    let (number, _) = room.submitted("li", "路口需要红绿灯").await;
    for who in ["ed", "li"] {
        let mut call = room.call(who).await;
        let which = Which::Number(number.clone());
        let refused = Err(DeskError::from(Refusal::NeedsRole(Role::Reviewer)));
        assert_eq!(room.desk.inbox(&call).await.map(|_| ()), refused);
        assert_eq!(room.desk.show(&mut call, &which).await.map(|_| ()), refused);
        assert_eq!(room.desk.claim(&mut call, &which).await.map(|_| ()), refused);
    }
    // A draft is nobody's business but its author's.
    room.staff("rev", &[Role::Reviewer]).await;
    room.writes("li", "还没有想好要不要提交", None).await;
    let draft = room.in_phase(PhaseName::Draft).await.remove(0);
    let mut rev = room.call("rev").await;
    assert!(room.desk.show(&mut rev, &Which::Id(draft.id)).await.is_err());
    let mut other = room.call("zhao").await;
    let withdrawn = room.desk.withdraw(&mut other, &number).await.map(|_| ());
    assert_eq!(withdrawn, Err(Refusal::NoSuchSuggestion(number.to_string()).into()));
}

#[tokio::test]
async fn the_events_of_a_suggestion_replay_to_where_it_stands_and_show_any_change() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    let (number, _) = room.submitted("li", "路口需要红绿灯").await;
    for step in ["认领", "放回", "认领"] {
        room.writes("rev", &format!("/{step} {number}"), None).await;
    }
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    room.writes("rev", &format!("/答复 {number} 本月内安装完成，请您监督。"), None).await;
    let it = room.all().await.remove(0);
    let events = room.desk.events(it.id).await.expect("events");
    let mut events: Vec<_> = events.into_iter().map(|e| e.value).collect();
    assert_eq!(replay(&events), Some(PhaseName::Answered));
    assert_eq!(events.len(), usize::try_from(it.chain.length).expect("few"));
    assert_eq!(events.len(), 7);
    assert!(intact(it.id, &events));
    events[2].at = events[2].at.plus(DAY);
    assert!(!intact(it.id, &events));
}

#[tokio::test]
async fn wrong_tries_of_a_code_are_slowed_and_unknown_numbers_look_the_same() {
    let room = Room::new().await;
    let (number, secret) = room.submitted("li", "路口需要红绿灯").await;
    let wrong = Code::parse("0000-0000-0000").expect("a code");
    let nobody = Code::parse("0000-0000").expect("a code");
    let unknown = room.desk.receipt(&nobody, &wrong).await;
    assert_eq!(unknown, Err(Refusal::WrongCode.into()));
    let (mut tried, mut waited) = (0, 0);
    while tried < 100 {
        match room.desk.receipt(&number, &wrong).await {
            Err(DeskError::Refused(Refusal::WrongCode)) => tried += 1,
            Err(DeskError::Refused(Refusal::TooManyTries { minutes })) => {
                assert!((1..=60).contains(&minutes));
                let next = room.all().await[0].tries.next;
                let span = next.since(tongxin::clock::Clock::now(&*room.clock));
                room.clock.advance(span);
                waited += span.as_secs();
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(waited > 80 * 3600, "100 wrong tries took only {waited} s");
    room.clock.advance(Duration::from_hours(1));
    room.desk.receipt(&number, &secret).await.expect("the right one still opens");
    assert_eq!(room.all().await[0].tries, tongxin::model::Tries::default());
}

#[tokio::test]
async fn an_office_with_many_reviewers_still_takes_a_suggestion_in_one_commit() {
    let room = Room::new().await;
    for n in 0..30 {
        room.staff(&format!("rev{n}"), &[Role::Reviewer]).await;
    }
    room.writes("li", "路口需要红绿灯", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "提交").await;
    let told = room.deliver().await;
    assert_eq!(told.iter().filter(|(a, _)| a.chat.starts_with("chat-of-rev")).count(), 12);
    let id = room.in_phase(PhaseName::Received).await[0].id;
    let mut call = room.call("li").await;
    let gone = room.desk.discard(&mut call, id).await;
    let refused = matches!(gone, Err(DeskError::Refused(Refusal::Past(PastRefusal::Submitted(_)))));
    assert!(refused, "nothing is received twice: {gone:?}");
}
