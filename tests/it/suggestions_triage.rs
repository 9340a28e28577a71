//! T14: what a reviewer sorts a suggestion under, what its submitter is promised, and how the promises are kept.

use crate::suggestions_room::{Room, Said, direct};
use std::time::Duration;
use tongxin::desk::{DeskError, Which};
use tongxin::model::{
    Act, Changes, Code, DeclineCode, LabelId, Lang, MatterKind, Phase, PhaseName, Pick, Reminder,
    Role, Span, Suggestion, Version, Versioned,
};
use tongxin::store::Store as _;
use tongxin::text::Speak as _;
use tongxin::text::press::{Press, TriagePress};
use tongxin::text::say::{Refusal, TriageRefusal};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A suggestion that a reviewer has; its number and how the reviewer sees it.
async fn claimed(room: &Room, text: &str) -> (Code, Said) {
    let (number, _) = room.submitted("li", text).await;
    room.deliver().await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    let case = room.last(&direct("rev")).await;
    (number, case)
}

async fn office() -> Room {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    room
}

async fn only(room: &Room) -> Versioned<Suggestion> {
    let mut all = room.all().await;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// What somebody is told, without what is amended or only toasts.
async fn told(room: &Room, who: &str) -> Vec<String> {
    let heard = room.heard(&direct(who)).await.into_iter();
    heard.filter(|s| matches!(s.act, Act::Say { .. })).map(|s| s.text).collect()
}

/// The same for several who are told at once.
async fn each_told<const N: usize>(room: &Room, who: [&str; N]) -> [Vec<String>; N] {
    let all = room.deliver().await;
    who.map(|name| {
        let chat = direct(name).chat;
        let of =
            all.iter().filter(|(to, said)| to.chat == chat && matches!(said.act, Act::Say { .. }));
        of.map(|(_, said)| said.text.clone()).collect()
    })
}

fn labels(said: &Said) -> Vec<&str> {
    said.buttons.iter().map(|b| b.label.as_str()).collect()
}

#[tokio::test]
async fn a_kind_is_one_press_another_takes_it_up_and_the_submitter_reads_who_answers_and_when() {
    let room = office().await;
    let (number, case) = claimed(&room, "医保怎么转移到外地？").await;
    assert!(
        case.text.contains("建议 · 综合 · 全辖区 · 办公室办理（受理后 12月15日 前答复）"),
        "{}",
        case.text
    );
    insta::assert_snapshot!(labels(&case).join(" "), @"✓ 建议 咨询 投诉 举报 复杂 类别：综合 区域：全辖区 承办：办公室 受理 追问 放回");
    room.presses("rev", direct("rev"), &case, "咨询").await;
    let all = room.deliver().await;
    assert!(all.iter().all(|(to, _)| to.chat == direct("rev").chat), "nobody else is told yet");
    let heard: Vec<_> = all.into_iter().map(|(_, said)| said).collect();
    assert!(heard.iter().any(|s| s.text == "类型：咨询"), "the press is answered: {heard:?}");
    let case = heard.into_iter().rfind(|s| matches!(s.act, Act::Amend { .. })).expect("amended");
    assert!(
        case.text.contains("咨询 · 综合") && case.text.contains("受理后 12月1日 前答复"),
        "{}",
        case.text
    );
    assert!(labels(&case).contains(&"✓ 咨询") && labels(&case).contains(&"建议"));
    room.presses("rev", direct("rev"), &case, "受理").await;
    let all = room.deliver().await;
    let notice = all.iter().find(|(a, _)| a.chat == "chat-of-li").expect("told");
    assert_eq!(
        notice.1.text,
        format!("您的建议 {number} 已受理，由办公室办理，将在 12月1日 前答复。")
    );
    let it = only(&room).await;
    let sorting = it.sorting.as_ref().expect("sorted");
    assert_eq!((sorting.kind, sorting.clock), (MatterKind::Consult, Span::Working(5)));
    assert!(matches!(it.phase, Phase::Accepted { .. }));
    room.writes("li", "/我的", None).await;
    let mine = room.last(&direct("li")).await;
    assert!(
        mine.text.contains("已受理（11月24日提交），由办公室办理，12月1日 前答复"),
        "{}",
        mine.text
    );
    room.writes("rev", "/收件箱", None).await;
    let inbox = room.last(&direct("rev")).await;
    assert!(inbox.text.contains("已受理（rev），限 12月1日　咨询·办公室"), "{}", inbox.text);
}

#[tokio::test]
async fn a_unit_is_chosen_from_its_list_and_what_was_chosen_last_is_proposed_next() {
    let room = office().await;
    let (_, case) = claimed(&room, "路口需要红绿灯").await;
    room.presses("rev", direct("rev"), &case, "承办：办公室").await;
    let list = room.last(&direct("rev")).await;
    assert!(list.text.contains("路口需要红绿灯"), "what is sorted stays in sight");
    assert_eq!(labels(&list), ["✓ 办公室", "城管科", "教育科", "返回"]);
    room.presses("rev", direct("rev"), &list, "返回").await;
    let case = room.last(&direct("rev")).await;
    assert!(labels(&case).contains(&"承办：办公室") && labels(&case).contains(&"受理"));
    room.presses("rev", direct("rev"), &case, "承办：办公室").await;
    let list = room.last(&direct("rev")).await;
    room.presses("rev", direct("rev"), &list, "教育科").await;
    let case = room.last(&direct("rev")).await;
    room.presses("rev", direct("rev"), &case, "受理").await;
    assert!(told(&room, "li").await[0].contains("由教育科办理"));

    let (_, next) = claimed(&room, "校门口太挤了").await;
    assert!(next.text.contains("教育科办理"), "{}", next.text);
    room.presses("rev", direct("rev"), &next, "承办：教育科").await;
    assert_eq!(labels(&room.last(&direct("rev")).await), ["✓ 教育科", "办公室", "城管科", "返回"]);
}

#[tokio::test]
async fn what_answers_the_same_post_is_proposed_before_what_was_chosen_last() {
    let room = office().await;
    let accept = async |picks: &str| {
        let it = room.in_phase(PhaseName::Received).await.remove(0);
        room.writes("rev", &format!("/认领 {}", it.number), None).await;
        room.writes("rev", &format!("/受理 {} {picks}", it.number), None).await;
        room.deliver().await;
        room.clock.advance(HOUR);
    };
    room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&crate::suggestions_room::group()).await;
    room.presses("li", crate::suggestions_room::group(), &question, "提交").await;
    accept("建议 道路交通 东片 城管科").await;
    room.submitted("zhao", "医保怎么转移到外地？").await;
    accept("咨询 社保民政 办公室").await;
    room.replies("wang", "公园里请多放几把长椅", "1").await;
    let question = room.last(&crate::suggestions_room::group()).await;
    room.presses("wang", crate::suggestions_room::group(), &question, "提交").await;
    room.deliver().await;
    room.writes("rev", "/下一件", None).await;
    let case = room.last(&direct("rev")).await;
    assert!(case.text.contains("建议 · 道路交通 · 东片 · 城管科办理"), "{}", case.text);
}

#[tokio::test]
async fn a_typed_line_sorts_and_takes_up_and_alone_it_shows_first() {
    let room = office().await;
    let (number, _) = claimed(&room, "路口需要红绿灯").await;
    room.writes("rev", &format!("/受理 {number}"), None).await;
    let heard = room.heard(&direct("rev")).await;
    assert!(heard[0].text.contains("请核对下面的归类"), "{heard:?}");
    assert!(labels(&heard[1]).contains(&"受理"));
    assert_eq!(only(&room).await.phase.name(), PhaseName::Claimed);
    room.writes("rev", &format!("/accept {number} complex，承办＝城管科、area: 西片"), None).await;
    assert!(told(&room, "li").await[0].contains("由城管科办理，将在 1月23日 前答复"));
    let sorting = only(&room).await.value.sorting.expect("sorted");
    assert_eq!((sorting.kind, sorting.area), (MatterKind::Complex, LabelId("west".to_owned())));
    assert_eq!(sorting.clock, Span::Days(60));
}

#[tokio::test]
async fn each_mistake_in_a_typed_line_is_told_and_changes_nothing() {
    let room = office().await;
    let (number, _) = claimed(&room, "路口需要红绿灯").await;
    room.deliver().await;
    let before = room.all().await;
    let mut tale = String::new();
    for typed in ["火星", "承办=教育", "其他", "类别=其他，类别=综合", "咨询 建议", "区域=城管科"]
    {
        room.writes("rev", &format!("/受理 {number} {typed}"), None).await;
        let [rev, li] = each_told(&room, ["rev", "li"]).await;
        assert!(li.is_empty(), "{li:?}");
        let said = rev.join("\n");
        tale.extend(["【", typed, "】", &said, "\n"]);
    }
    room.writes("rev", &format!("/归类 {number}"), None).await;
    tale.push_str(&room.last(&direct("rev")).await.text);
    insta::assert_snapshot!(tale, @"
    【火星】没有“火星”这一项。可选：类型：建议、咨询、投诉、举报、复杂；类别：综合、道路交通、环境卫生、住房物业、教育、医疗卫生、社保民政、公共安全、文体旅游、政务服务、其他；区域：全辖区、东片、西片、其他；承办：办公室、城管科、教育科。
    【承办=教育】没有“教育”这一项。可选：承办：办公室、城管科、教育科。
    【其他】“其他”不止一处有，请写明是哪一项，例如：类别=其他。
    【类别=其他，类别=综合】“类别”写了不止一个，请只写一个。
    【咨询 建议】“类型”写了不止一个，请只写一个。
    【区域=城管科】没有“城管科”这一项。可选：区域：全辖区、东片、西片、其他。
    格式不对。用法：
    /归类 编号 类型，类别，区域，承办单位（写要改的即可）
    例如：/归类 AB12-CD34 咨询，承办=办公室
    ");
    assert_eq!(room.all().await, before);
}

#[tokio::test]
async fn a_button_of_an_earlier_program_shows_the_sorting_and_takes_nothing_up() {
    let room = office().await;
    let (_, case) = claimed(&room, "路口需要红绿灯").await;
    let it = only(&room).await;
    let shown = Version(it.chain.length.into());
    let old = Press::Triage(TriagePress::Accept, it.id, shown);
    assert_eq!(old.encode(), format!("ta{}{:x}", it.id, shown.0), "as it was written then");
    // As that program left it: claimed, and neither sorted nor with clocks.
    let mut changes = Changes::new();
    changes.update(&it, Suggestion { clocks: None, sorting: None, ..it.value.clone() });
    room.store.commit(changes).await.expect("commits");
    let below = Said { buttons: vec![old.button("受理")], ..case };
    room.presses("rev", direct("rev"), &below, "受理").await;
    let heard = room.heard(&direct("rev")).await;
    assert!(heard[0].text.contains("请核对下面的归类"), "{heard:?}");
    assert!(labels(&heard[1]).contains(&"✓ 建议"));
    assert_eq!(only(&room).await.phase.name(), PhaseName::Claimed);
    room.presses("rev", direct("rev"), &heard[1], "受理").await;
    assert!(told(&room, "li").await[0].contains("由办公室办理，将在 12月15日 前答复"));
}

#[tokio::test]
async fn what_was_taken_up_before_anything_was_sorted_keeps_its_date_and_can_be_sorted() {
    let room = office().await;
    let (number, secret) = room.submitted("li", "路口需要红绿灯").await;
    let it = only(&room).await;
    let (by, answer_by) =
        (room.call("rev").await.staff().expect("staff").id, it.created.plus(9 * DAY));
    let mut changes = Changes::new();
    let phase = Phase::Accepted { by, answer_by };
    changes.update(&it, Suggestion { clocks: None, sorting: None, phase, ..it.value.clone() });
    room.store.commit(changes).await.expect("commits");
    room.later(30 * DAY).await;
    let receipt = room.desk.receipt(&number, &secret).await.expect("a receipt");
    assert_eq!((receipt.unit, receipt.promised), (None, Some(answer_by)));
    room.deliver().await;
    room.writes("rev", &format!("/归类 {number} 复杂，城管科"), None).await;
    assert_eq!(
        told(&room, "li").await,
        [format!("您的建议 {number} 的受理信息有更正：由城管科办理，将在 12月3日 前答复。")]
    );
    let it = only(&room).await;
    assert_eq!(it.phase, Phase::Accepted { by, answer_by }, "what was promised stands");
    assert_eq!(
        it.sorting.as_ref().map(|s| (s.kind, s.clock)),
        Some((MatterKind::Complex, Span::Days(9)))
    );
}

#[tokio::test]
async fn a_slip_is_put_right_and_the_submitter_hears_of_what_concerns_them() {
    let room = office().await;
    let (number, case) = claimed(&room, "路口需要红绿灯").await;
    room.presses("rev", direct("rev"), &case, "受理").await;
    let accepted = room.last(&direct("rev")).await;
    assert_eq!(labels(&accepted), ["答复", "不采纳", "改归类", "认领下一件"]);
    room.deliver().await;
    room.presses("rev", direct("rev"), &accepted, "改归类").await;
    let panel = room.last(&direct("rev")).await;
    insta::assert_snapshot!(labels(&panel).join(" "), @"✓ 建议 咨询 投诉 举报 复杂 类别：综合 区域：全辖区 承办：办公室 答复 不采纳 认领下一件");
    // What only the office uses is not told.
    room.writes("rev", &format!("/归类 {number} 道路交通"), None).await;
    assert!(told(&room, "li").await.is_empty());
    room.writes("rev", &format!("/归类 {number} 城管科"), None).await;
    assert_eq!(
        told(&room, "li").await,
        [format!("您的建议 {number} 的受理信息有更正：由城管科办理，将在 12月15日 前答复。")]
    );
    // The kind is put right within two hours, and its date counts from when it was taken up.
    room.later(2 * HOUR).await;
    room.presses("rev", direct("rev"), &panel, "咨询").await;
    assert!(told(&room, "li").await[0].contains("由城管科办理，将在 12月1日 前答复"));
    room.later(Duration::from_secs(1)).await;
    room.presses("rev", direct("rev"), &panel, "复杂").await;
    let heard = room.heard(&direct("rev")).await;
    assert!(heard[0].text.contains("受理已超过 2 小时"), "{heard:?}");
    assert!(heard[1].text.contains("咨询 · 道路交通 · 全辖区 · 城管科办理"), "{}", heard[1].text);
    room.writes("rev", &format!("/归类 {number} 教育科"), None).await;
    assert!(told(&room, "li").await[0].contains("由教育科办理，将在 12月1日 前答复"));
    let events = room.desk.events(only(&room).await.id).await.expect("events");
    assert_eq!(events.len(), 4, "draft, received, claimed, accepted: a slip is no step");
}

#[tokio::test]
async fn nobody_sorts_what_a_colleague_has_and_a_late_press_is_told_who_was_faster() {
    let room = office().await;
    room.staff("chen", &[Role::Reviewer]).await;
    let (number, case) = claimed(&room, "路口需要红绿灯").await;
    let it = only(&room).await;
    room.presses("chen", direct("chen"), &case, "咨询").await;
    assert!(room.heard(&direct("chen")).await[0].text.contains("已被rev处理"));
    room.writes("rev", &format!("/放回 {number}"), None).await;
    room.writes("chen", &format!("/认领 {number}"), None).await;
    room.deliver().await;
    room.presses("rev", direct("rev"), &case, "受理").await;
    assert!(room.heard(&direct("rev")).await[0].text.contains("已被chen处理"));
    let which = Which::Id(it.id);
    let (mut li, pick) = (room.call("li").await, Pick::Kind(MatterKind::Consult));
    let refused = Err(DeskError::from(Refusal::NeedsRole(Role::Reviewer)));
    assert_eq!(
        room.desk.sort(&mut li, &which, std::slice::from_ref(&pick)).await.map(|_| ()),
        refused
    );
    assert_eq!(room.desk.accept(&mut li, &which, &[pick]).await.map(|_| ()), refused);
    assert_eq!(room.desk.claim_next(&mut li).await.map(|_| ()), refused);
    // A choice that the office does not have, as a forged or an old button carries it.
    let mut chen = room.call("chen").await;
    let gone = Pick::Unit(LabelId("closed".to_owned()));
    let refused = room.desk.sort(&mut chen, &which, &[gone]).await.map(|_| ());
    assert_eq!(refused, Err(DeskError::Stale(TriageRefusal::SortFirst.into(), it.id)));
}

#[tokio::test]
async fn one_press_leads_to_the_next_that_has_waited_longest() {
    let room = office().await;
    for text in ["第一件：路灯", "第二件：长椅"] {
        room.submitted("li", text).await;
        room.clock.advance(HOUR);
    }
    room.deliver().await;
    room.writes("rev", "/收件箱", None).await;
    let inbox = room.last(&direct("rev")).await;
    room.presses("rev", direct("rev"), &inbox, "认领下一件").await;
    let first = room.last(&direct("rev")).await;
    assert!(first.text.contains("第一件") && matches!(first.act, Act::Say { .. }), "{first:?}");
    room.presses("rev", direct("rev"), &first, "受理").await;
    let accepted = room.last(&direct("rev")).await;
    room.presses("rev", direct("rev"), &accepted, "认领下一件").await;
    assert!(room.last(&direct("rev")).await.text.contains("第二件"));
    room.presses("rev", direct("rev"), &accepted, "认领下一件").await;
    assert_eq!(room.heard(&direct("rev")).await[0].text, "没有等待认领的建议了。");
}

#[tokio::test]
async fn a_report_is_never_declined() {
    let room = office().await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = claimed(&room, "有人违规收费").await;
    room.writes("rev", &format!("/受理 {number} 举报"), None).await;
    let accepted = room.last(&direct("rev")).await;
    assert!(!labels(&accepted).contains(&"不采纳"), "{accepted:?}");
    let which = Which::Number(number);
    let mut call = room.call("rev").await;
    let code = DeclineCode::Other;
    let refused = room.desk.propose_decline(&mut call, &which, code, "查无此事，不予采纳。").await;
    assert_eq!(refused.map(|_| ()), Err(DeskError::from(TriageRefusal::ReportStands)));
}

#[tokio::test]
async fn whoever_is_at_it_keeps_it_for_a_working_day_and_no_longer() {
    let room = office().await;
    let (number, _) = claimed(&room, "路口需要红绿灯").await;
    // From Tuesday at nine to the end of Wednesday, something is done every hour.
    for hour in 1..39 {
        room.later(HOUR).await;
        let kind = if hour % 2 == 0 { "建议" } else { "咨询" };
        room.writes("rev", &format!("/归类 {number} {kind}"), None).await;
        assert_eq!(only(&room).await.phase.name(), PhaseName::Claimed, "after {hour} hours");
    }
    room.deliver().await;
    room.later(HOUR).await;
    assert_eq!(only(&room).await.phase.name(), PhaseName::Received);
    assert!(told(&room, "rev").await[0].contains("已放回收件箱"));
    // Who does nothing has it for two hours, as before.
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.later(2 * HOUR).await;
    assert_eq!(only(&room).await.phase.name(), PhaseName::Received);
}

#[tokio::test]
async fn what_nobody_takes_is_brought_to_mind_each_time_once_and_in_the_end_to_the_lead() {
    let room = office().await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = room.submitted("li", "路口需要红绿灯").await;
    room.deliver().await;
    let mut tale = String::new();
    // Received on Tuesday at nine. Each is told at nine in the morning.
    for (what, hours) in [
        ("周四八点", 47),
        ("周四九点", 1),
        ("周五九点", 24),
        ("周六九点", 24),
        ("12月9日九点", 11 * 24),
        ("12月10日九点", 24),
        ("一年以后", 365 * 24),
    ] {
        room.later(hours * HOUR).await;
        room.promises.round().await.expect("again says nothing");
        let [rev, lead, li] = each_told(&room, ["rev", "lead", "li"]).await;
        assert!(li.is_empty(), "{li:?}");
        for (who, texts) in [("rev", rev), ("lead", lead)] {
            for text in texts {
                let text = text.replace(&number.to_string(), "〈编号〉");
                tale.extend(["【", what, "，", who, "】", &text, "\n"]);
            }
        }
    }
    insta::assert_snapshot!(tale, @"
    【周四九点，rev】这些建议一直没有人认领，请尽快认领：〈编号〉。
    【周五九点，rev】今天是承诺回应这些建议的最后一天，请受理或追问：〈编号〉。
    【周六九点，rev】这些建议已过承诺回应的日期，还没有受理，请马上办理：〈编号〉。
    【周六九点，lead】这些建议已过承诺回应的日期，还没有受理，请马上办理：〈编号〉。
    【12月9日九点，rev】今天是决定是否受理这些建议的最后期限，不能再追问：〈编号〉。
    【12月9日九点，lead】今天是决定是否受理这些建议的最后期限，不能再追问：〈编号〉。
    【12月10日九点，rev】这些建议已过受理的最后期限，仍未决定，请马上办理：〈编号〉。
    【12月10日九点，lead】这些建议已过受理的最后期限，仍未决定，请马上办理：〈编号〉。
    ");
    // It can still be taken up, and nothing can be asked any more.
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.deliver().await;
    room.writes("rev", &format!("/追问 {number} 是哪个路口？"), None).await;
    assert!(room.last(&direct("rev")).await.text.contains("收到已满 15 天，不能再追问"));
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    assert!(told(&room, "li").await[0].contains("已受理"));
}

#[tokio::test]
async fn whoever_is_reminded_of_very_many_is_told_once_and_none_is_forgotten() {
    let room = office().await;
    for n in 0..60 {
        room.submitted(&format!("li{n}"), &format!("第{n}盏路灯坏了，请修理")).await;
    }
    room.deliver().await;
    room.later(5 * DAY).await;
    let [rev] = each_told(&room, ["rev"]).await;
    let (numbers, rest) =
        rev[0].split_once(" 等（其余请发 /收件箱 查看）").expect("there are more");
    assert_eq!((rev.len(), numbers.matches('、').count(), rest), (1, 39, "。"), "{rev:?}");
    let quiet = |s: &Versioned<Suggestion>| {
        s.clocks.is_some_and(|clocks| clocks.reminded == Reminder::Nothing)
    };
    assert_eq!(room.all().await.iter().filter(|s| quiet(s)).count(), 0);
}

#[tokio::test]
async fn a_decline_that_waits_for_a_lead_is_brought_to_the_leads_and_can_be_taken_back() {
    let room = office().await;
    room.staff("chen", &[Role::Reviewer]).await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = claimed(&room, "医保怎么转移到外地？").await;
    room.writes("rev", &format!("/受理 {number} 咨询"), None).await;
    room.writes("rev", &format!("/不采纳 {number} 暂不可行 目前经费不足，明年再议。"), None).await;
    room.deliver().await;
    room.later(7 * DAY).await;
    let [rev, chen, lead] = each_told(&room, ["rev", "chen", "lead"]).await;
    assert!(rev.is_empty() && chen.is_empty(), "{rev:?} {chen:?}");
    assert!(lead.len() == 1 && lead[0].contains("今天是承诺答复这些建议的最后一天"), "{lead:?}");
    // A colleague has no say in it; whoever proposed it takes it back and answers.
    room.writes("chen", &format!("/退回 {number}"), None).await;
    assert_eq!(only(&room).await.phase.name(), PhaseName::DeclineProposed);
    room.writes("rev", &format!("/退回 {number}"), None).await;
    assert_eq!(only(&room).await.phase.name(), PhaseName::Accepted);
}

#[tokio::test]
async fn an_answer_that_is_owed_is_brought_to_the_mind_of_whoever_owes_it() {
    let room = office().await;
    room.staff("chen", &[Role::Reviewer]).await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = claimed(&room, "医保怎么转移到外地？").await;
    room.writes("rev", &format!("/受理 {number} 咨询"), None).await;
    room.deliver().await;
    // Promised for the first of December.
    let staff = ["rev", "chen", "lead"];
    room.later(7 * DAY).await;
    let [rev, chen, lead] = each_told(&room, staff).await;
    assert!(rev.len() == 1 && rev[0].contains("今天是承诺答复这些建议的最后一天"), "{rev:?}");
    assert!(chen.is_empty() && lead.is_empty(), "{chen:?} {lead:?}");
    room.later(DAY).await;
    let [rev, chen, lead] = each_told(&room, staff).await;
    assert!(rev.len() == 1 && rev[0].contains("已过承诺答复的日期"), "{rev:?}");
    assert!(chen.is_empty() && lead == rev, "{chen:?} {lead:?}");
    room.writes("rev", "/收件箱", None).await;
    assert!(room.last(&direct("rev")).await.text.contains("已过期（12月1日）"));
    assert_eq!(only(&room).await.clocks.expect("clocks").reminded, Reminder::Unanswered);
}

#[tokio::test]
async fn many_that_end_on_one_day_are_named_together_and_fit_a_commit() {
    let room = Room::new().await;
    for n in 0..10 {
        room.staff(&format!("rev{n}"), &[Role::Reviewer, Role::Lead]).await;
    }
    let mut numbers = Vec::new();
    for n in 0..14 {
        numbers.push(room.submitted("li", &format!("第{n}盏路灯坏了")).await.0.to_string());
    }
    room.deliver().await;
    // Nobody was there for a week: of all that has come due, the weightiest is told.
    room.later(7 * DAY).await;
    let all = room.deliver().await;
    let of = |chat: &str| -> Vec<_> {
        all.iter().filter(|(a, _)| a.chat == chat).map(|(_, s)| s).collect()
    };
    let said = of("chat-of-rev0");
    assert_eq!(said.len(), 1, "{said:?}");
    for number in numbers {
        assert_eq!(said.iter().filter(|s| s.text.contains(&number)).count(), 1, "{number}");
    }
    assert!(said.iter().all(|s| s.text.contains("已过承诺回应的日期")));
    assert_eq!((0..10).filter(|n| !of(&format!("chat-of-rev{n}")).is_empty()).count(), 8);
}

#[tokio::test]
async fn a_question_pauses_the_promise_by_working_days_and_ends_before_it_has_to_be_decided() {
    let respond_by = async |room: &Room| {
        let it = only(room).await;
        room.desk.day(it.phase.respond_by().expect("promised")).to_string()
    };
    let room = office().await;
    let (number, _) = claimed(&room, "小区门口太暗了").await;
    assert_eq!(respond_by(&room).await, "2026-11-27");
    room.writes("rev", &format!("/追问 {number} 是东门还是西门？"), None).await;
    let question = room.last(&direct("li")).await;
    assert!(question.text.contains("请在 12月1日 前"), "{}", question.text);
    // Asked on Tuesday with three working days left, answered on Monday.
    room.later(6 * DAY).await;
    room.writes("li", "是东门的两盏灯", Some(&question.message)).await;
    assert_eq!(respond_by(&room).await, "2026-12-03");
    room.writes("rev", &format!("/放回 {number}"), None).await;
    // Sunday the sixth of December: seven days from then would be beyond the fifteenth day.
    room.later(6 * DAY).await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.deliver().await;
    room.writes("rev", &format!("/追问 {number} 每天都暗吗？"), None).await;
    let question = room.last(&direct("li")).await;
    assert!(question.text.contains("请在 12月9日 前"), "{}", question.text);
    room.deliver().await;
    room.later(4 * DAY).await;
    assert!(told(&room, "li").await[0].contains("按现有内容"));
    assert_eq!(respond_by(&room).await, "2026-12-10", "it has to be decided now");
}

#[tokio::test]
async fn the_lists_speak_english_to_whoever_does() {
    let room = office().await;
    room.writes("li", "/language English", None).await;
    room.writes("rev", "/language English", None).await;
    room.deliver().await;
    room.writes("li", "How do I move my insurance?", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "Submit").await;
    room.deliver().await;
    room.writes("rev", "/next", None).await;
    let case = room.last(&direct("rev")).await;
    assert!(case.text.contains("Sorted: suggestion · general · the whole area · answered by the office (once taken up, by 15 December)"), "{}", case.text);
    assert!(labels(&case).contains(&"category: general") && labels(&case).contains(&"question"));
    let number = only(&room).await.number.clone();
    room.writes(
        "rev",
        &format!("/accept {number} question, roads and traffic, city management"),
        None,
    )
    .await;
    assert_eq!(
        told(&room, "li").await,
        [format!(
            "Your suggestion {number} is taken up: city management will answer by 1 December."
        )]
    );
    room.writes("li", "/mine", None).await;
    assert!(
        room.last(&direct("li")).await.text.contains("city management will answer by 1 December")
    );
}

#[test]
fn every_refusal_of_triage_says_what_to_do_in_both_languages() {
    let refusals = [
        TriageRefusal::MustDecide { days: 15 },
        TriageRefusal::SortFirst,
        TriageRefusal::KindStands { hours: 2 },
        TriageRefusal::ReportStands,
        TriageRefusal::NothingWaits,
    ];
    let said: Vec<_> =
        refusals.iter().map(|r| format!("{} / {}", r.say(Lang::Zh), r.say(Lang::En))).collect();
    insta::assert_snapshot!(said.join("\n"), @"
    收到已满 15 天，不能再追问，请按现有内容马上决定。 / It came 15 days ago: nothing more can be asked. Please decide now with what there is.
    请先核对归类，再受理。 / Please look at how it is sorted first, then take it up.
    受理已超过 2 小时，类型和答复日期不能再改；类别、区域和承办单位可以改。 / It was taken up more than 2 hours ago: kind and date stand. Category, area and unit can be changed.
    举报不能以“不采纳”办结，请核实后答复。 / A report of wrongdoing cannot be declined. Please look into it and answer.
    没有等待认领的建议了。 / No suggestion waits to be claimed.
    ");
}
