//! What becomes of a suggestion that was taken up when whoever took it up does not answer it.

use crate::suggestions_room::{Room, Said, direct};
use std::time::Duration;
use tongxin::desk::{Which, intact, person_code, replay};
use tongxin::model::{Act, At, Code, Lang, PersonId, Phase, PhaseName, Role, StepEvent};
use tongxin::store::StoreError;
use tongxin::text::Speak;
use tongxin::text::say::{TriageRefusal, TriageSays, role_name};

const DAY: Duration = Duration::from_hours(24);

/// An office with an administrator, and a reviewer who took a suggestion up.
struct Scene {
    room: Room,
    rev: PersonId,
    number: Code,
    answer_by: At,
}

impl Scene {
    async fn taken_up(keeps: &[Role]) -> Self {
        let room = Room::new().await;
        room.staff("boss", &[Role::Administrator]).await;
        let rev = room.staff("rev", &[&[Role::Reviewer], keeps].concat()).await;
        let (number, _) = room.submitted("li", "路口需要红绿灯").await;
        room.writes("rev", &format!("/认领 {number}"), None).await;
        room.writes("rev", &format!("/受理 {number} 建议"), None).await;
        let answer_by = room.all().await[0].phase.answer_by().expect("promised");
        let scene = Self { room, rev, number, answer_by };
        scene.room.deliver().await;
        scene
    }

    /// Somebody writes a command with the suggestion's number; what they hear in their own chat.
    async fn writes(&self, who: &str, verb: &str, rest: &str) -> Vec<Said> {
        let text = format!("/{verb} {} {rest}", self.number);
        self.room.writes(who, text.trim(), None).await;
        self.room.heard(&direct(who)).await
    }

    /// The first thing that somebody is told for such a command.
    async fn told(&self, who: &str, verb: &str, rest: &str) -> String {
        let said = self.writes(who, verb, rest).await.into_iter().next();
        self.masked(&said.expect("something is said"))
    }

    fn masked(&self, said: &Said) -> String {
        said.text.replace(&self.number.to_string(), "〈编号〉")
    }

    async fn dismisses(&self, person: PersonId, role: Role) {
        let role = role_name(role, Lang::Zh);
        let text = format!("/撤销角色 {} {role}", person_code(person));
        self.room.writes("boss", &text, None).await;
        assert!(self.room.last(&direct("boss")).await.text.contains("已撤销"));
    }

    async fn phase(&self) -> Phase {
        self.room.all().await.remove(0).value.phase
    }

    async fn events(&self) -> Vec<StepEvent> {
        let it = self.room.all().await.remove(0);
        let events = self.room.desk.events(it.id).await.expect("events");
        let events: Vec<_> = events.into_iter().map(|event| event.value).collect();
        assert!(intact(it.id, &events));
        assert_eq!(replay(&events), Some(it.phase.name()));
        events
    }
}

fn labels(said: &Said) -> Vec<&str> {
    said.buttons.iter().map(|b| b.label.as_str()).collect()
}

#[tokio::test]
async fn what_somebody_took_up_who_left_is_answered_by_another_when_it_was_promised() {
    let scene = Scene::taken_up(&[]).await;
    let chen = scene.room.staff("chen", &[Role::Reviewer]).await;
    scene.dismisses(scene.rev, Role::Reviewer).await;
    let said = scene.told("chen", "答复", "本月内安装完成，请您监督。").await;
    insta::assert_snapshot!(said, @"受理这条建议的同事已不再办理建议。要接手，请发送：/认领 〈编号〉");
    scene.room.writes("chen", "/收件箱", None).await;
    let inbox = scene.room.last(&direct("chen")).await;
    assert!(inbox.text.contains("已受理（待接手），限 12月15日"), "{}", inbox.text);
    let shown = scene.writes("chen", "查看", "").await.remove(0);
    assert_eq!(labels(&shown), ["认领"]);
    let before = scene.events().await.len();
    scene.room.presses("chen", direct("chen"), &shown, "认领").await;
    let all = scene.room.deliver().await;
    assert!(all.iter().all(|(to, _)| to.chat == direct("chen").chat), "{all:?}");
    let case = all.iter().rfind(|(_, said)| matches!(said.act, Act::Amend { .. }));
    assert_eq!(labels(&case.expect("amended").1), ["答复", "不采纳", "改归类", "认领下一件"]);
    let answer_by = scene.answer_by;
    assert_eq!(scene.phase().await, Phase::Accepted { by: chen, answer_by });
    let events = scene.events().await;
    assert_eq!(events.len(), before + 1);
    let last = events.last().expect("one");
    assert_eq!((last.from, last.to), (Some(PhaseName::Accepted), PhaseName::Accepted));
    let answer = format!("/答复 {} 本月内安装完成，请您监督。", scene.number);
    scene.room.writes("chen", &answer, None).await;
    let all = scene.room.deliver().await;
    let told = all.iter().find(|(to, _)| to.chat == direct("li").chat).expect("is told");
    assert_eq!(scene.masked(&told.1), "您的建议 〈编号〉 有答复了：\n本月内安装完成，请您监督。");
    assert_eq!(scene.phase().await.name(), PhaseName::Answered);
}

#[tokio::test]
async fn a_colleague_who_keeps_other_roles_alone_has_left_it_too_and_may_come_back() {
    let scene = Scene::taken_up(&[Role::Editor]).await;
    scene.room.staff("chen", &[Role::Reviewer]).await;
    scene.dismisses(scene.rev, Role::Reviewer).await;
    assert!(scene.told("rev", "答复", "本月内安装完成。").await.contains("审阅人"));
    scene.dismisses(scene.rev, Role::Editor).await;
    // Whoever comes back is another person to the program.
    let back = scene.room.staff("rev", &[Role::Reviewer]).await;
    assert_ne!(back, scene.rev);
    assert_eq!(scene.told("rev", "认领", "").await, "已认领。");
    let answer_by = scene.answer_by;
    assert_eq!(scene.phase().await, Phase::Accepted { by: back, answer_by });
    assert_eq!(scene.told("rev", "答复", "本月内安装完成，请您监督。").await, "答复已发出。");
}

#[tokio::test]
async fn from_a_colleague_who_is_still_there_only_a_lead_takes_it() {
    let scene = Scene::taken_up(&[]).await;
    let answer_by = scene.answer_by;
    scene.room.staff("chen", &[Role::Reviewer]).await;
    let lead = scene.room.staff("lead", &[Role::Lead]).await;
    let events = scene.events().await;
    for (verb, rest) in [("认领", ""), ("答复", "本月内安装完成，请您监督。")] {
        let said = scene.told("chen", verb, rest).await;
        insta::allow_duplicates! { insta::assert_snapshot!(said, @"这条建议已由rev受理，由其答复。如需换人，请签批人接手：/认领 〈编号〉"); }
    }
    assert_eq!(scene.phase().await, Phase::Accepted { by: scene.rev, answer_by });
    assert_eq!(scene.events().await, events, "nothing is written");
    // Looking alone offers a lead no button that would take it away.
    assert!(scene.writes("lead", "查看", "").await[0].buttons.is_empty());
    let shown = scene.writes("rev", "查看", "").await.remove(0);
    scene.room.writes("lead", &format!("/claim {}", scene.number), None).await;
    assert_eq!(scene.phase().await, Phase::Accepted { by: lead, answer_by });
    assert_eq!(scene.events().await.len(), events.len() + 1);
    let all = scene.room.deliver().await;
    let told = all.iter().find(|(to, _)| to.chat == direct("rev").chat).expect("is told");
    insta::assert_snapshot!(scene.masked(&told.1), @"建议 〈编号〉 已由lead接手，答复由其负责，您不用再办。");
    scene.room.presses("rev", direct("rev"), &shown, "答复").await;
    assert!(scene.room.heard(&direct("rev")).await[0].text.contains("已被lead处理"));
    assert!(scene.told("chen", "认领", "").await.contains("已由lead受理"));
    let mine = scene.writes("lead", "查看", "").await.remove(0);
    assert_eq!(labels(&mine), ["答复", "不采纳", "改归类"]);
    assert_eq!(
        scene.told("lead", "认领", "").await,
        "这条建议目前的状态不能进行这项操作，下面是最新情况。"
    );
    // Whoever has it now is reminded, and answers it.
    scene.room.later(21 * DAY).await;
    assert!(scene.room.heard(&direct("chen")).await.is_empty());
    scene.writes("lead", "答复", "本月内安装完成，请您监督。").await;
    assert_eq!(scene.phase().await.name(), PhaseName::Answered);
}

#[tokio::test]
async fn a_lead_claims_nothing_that_was_not_taken_up() {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    room.staff("chen", &[Role::Reviewer]).await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = room.submitted("li", "路口需要红绿灯").await;
    let told = async |who: &str, text: String| {
        room.deliver().await;
        room.writes(who, &text, None).await;
        room.heard(&direct(who)).await.remove(0).text
    };
    for verb in ["认领", "放回"] {
        assert!(told("lead", format!("/{verb} {number}")).await.contains("需要“审阅人”角色"));
    }
    told("rev", format!("/认领 {number}")).await;
    let said = told("chen", format!("/受理 {number} 建议")).await;
    insta::assert_snapshot!(said, @"已被rev处理，下面是最新情况。如需接手，请对方放回；对方一直不办理的，会自动放回收件箱。");
    assert!(told("lead", format!("/认领 {number}")).await.contains("需要“审阅人”角色"));
    assert_eq!(room.in_phase(PhaseName::Claimed).await.len(), 1);
}

#[tokio::test]
async fn a_decline_that_is_returned_to_somebody_who_left_is_taken_over_and_answered() {
    let scene = Scene::taken_up(&[]).await;
    scene.room.staff("lead", &[Role::Lead]).await;
    scene.room.staff("chen", &[Role::Reviewer]).await;
    scene.writes("rev", "不采纳", "暂不可行 目前经费不足，明年再议。").await;
    assert_eq!(scene.phase().await.name(), PhaseName::DeclineProposed);
    scene.dismisses(scene.rev, Role::Reviewer).await;
    let returned = scene.writes("lead", "退回", "").await;
    assert_eq!(labels(&returned[1]), ["认领"], "the lead can go on with it at once");
    assert_eq!(scene.told("chen", "认领", "").await, "已认领。");
    assert_eq!(scene.phase().await.answer_by(), Some(scene.answer_by));
    // The answer may be to decline it after all.
    scene.writes("chen", "不采纳", "暂不可行 目前经费不足，明年再议。").await;
    scene.writes("lead", "退回", "").await;
    assert_eq!(scene.told("chen", "答复", "本月内安装完成，请您监督。").await, "答复已发出。");
    scene.events().await;
}

#[test]
fn whoever_has_it_not_reads_what_to_do_in_both_languages() {
    let refusals = [
        TriageRefusal::ClaimedBy("王芳".into()),
        TriageRefusal::TakenUpBy { name: "王芳".into(), number: "AB12-CD34".into() },
        TriageRefusal::TakenUpByNobody { number: "AB12-CD34".into() },
    ];
    let both = |says: &dyn Speak| format!("{}\n{}", says.say(Lang::Zh), says.say(Lang::En));
    let mut said: Vec<_> = refusals.iter().map(|refusal| both(refusal)).collect();
    said.push(both(&TriageSays::TakenOver { number: "AB12-CD34".into(), by: "李哥".into() }));
    insta::assert_snapshot!(said.join("\n"), @"
    已被王芳处理，下面是最新情况。如需接手，请对方放回；对方一直不办理的，会自动放回收件箱。
    王芳 is working on it. This is how it stands now. Ask them to release it; if they let it lie, it goes back to the inbox by itself.
    这条建议已由王芳受理，由其答复。如需换人，请签批人接手：/认领 AB12-CD34
    王芳 took this one up and is to answer it. If somebody else has to, a lead can take it over: /claim AB12-CD34
    受理这条建议的同事已不再办理建议。要接手，请发送：/认领 AB12-CD34
    Whoever took this one up handles suggestions no more. To take it over, send /claim AB12-CD34
    建议 AB12-CD34 已由李哥接手，答复由其负责，您不用再办。
    李哥 has taken over suggestion AB12-CD34 and answers it; there is nothing left for you to do.
    ");
}

#[tokio::test]
async fn of_two_who_take_it_over_at_once_one_has_it_and_the_other_is_told_who() {
    let scene = Scene::taken_up(&[]).await;
    for who in ["chen", "wang"] {
        scene.room.staff(who, &[Role::Reviewer]).await;
    }
    scene.dismisses(scene.rev, Role::Reviewer).await;
    let (desk, which) = (&scene.room.desk, Which::Number(scene.number.clone()));
    let (mut first, mut second) = (scene.room.call("chen").await, scene.room.call("wang").await);
    desk.claim(&mut first, &which).await.expect("may take it over");
    desk.claim(&mut second, &which).await.expect("may take it over");
    assert_eq!(desk.commit(first).await, Ok(()));
    assert_eq!(desk.commit(second).await, Err(StoreError::Conflict));
    assert!(scene.told("wang", "认领", "").await.contains("已由chen受理"));
}
