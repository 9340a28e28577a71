//! What submitters do a second time, too late, or while somebody is at it: nothing they write is lost without a word.

use crate::suggestions_room::{Room, Said, direct, group};
use std::time::Duration;
use tongxin::model::{Act, Code, PhaseName, Role};

const DAY: Duration = Duration::from_hours(24);

async fn office() -> Room {
    let room = Room::new().await;
    room.staff("rev", &[Role::Reviewer]).await;
    room
}

/// A suggestion of li's that rev has and asked about; its number and the question.
async fn asked(room: &Room) -> (Code, Said) {
    let (number, _) = room.submitted("li", "小区门口太暗了").await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/追问 {number} 是东门还是西门？"), None).await;
    (number, room.last(&direct("li")).await)
}

/// What each of them is told, without toasts.
async fn told<const N: usize>(room: &Room, who: [&str; N]) -> [Vec<String>; N] {
    let all = room.deliver().await;
    who.map(|name| {
        let to = direct(name).chat;
        let of =
            all.iter().filter(|(a, s)| a.chat == to && !matches!(s.act, Act::AnswerPress { .. }));
        of.map(|(_, said)| said.text.clone()).collect()
    })
}

#[tokio::test]
async fn what_is_added_later_reaches_whoever_has_it_as_long_as_it_is_open() {
    let room = office().await;
    let (number, question) = asked(&room).await;
    let halves = ["是东门的两盏灯", "其中一盏时亮时不亮"];
    for half in halves {
        room.writes("li", half, Some(&question.message)).await;
        let [li, rev] = told(&room, ["li", "rev"]).await;
        assert_eq!(li, [format!("收到补充，建议 {number} 继续办理。")]);
        assert_eq!(rev, [format!("建议 {number} 的提交人已补充内容，请继续办理。")]);
    }
    // The same words once more are no news.
    room.writes("li", halves[1], Some(&question.message)).await;
    let [li, rev] = told(&room, ["li", "rev"]).await;
    assert!(li[0].starts_with("收到补充") && rev.is_empty(), "{li:?} {rev:?}");
    room.writes("rev", &format!("/放回 {number}"), None).await;
    room.writes("li", "灯杆上写着三号", Some(&question.message)).await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    room.deliver().await;
    room.writes("li", "昨晚全都不亮了", Some(&question.message)).await;
    let [_, rev] = told(&room, ["li", "rev"]).await;
    assert_eq!(rev, [format!("建议 {number} 的提交人已补充内容，请继续办理。")]);
    let texts = &room.in_phase(PhaseName::Accepted).await[0].texts;
    assert_eq!(texts.len(), 5);

    room.writes("rev", &format!("/答复 {number} 本月内安装完成，请您监督。"), None).await;
    room.deliver().await;
    room.writes("li", "又有一盏坏了", Some(&question.message)).await;
    room.writes("li", &format!("/撤回 {number}"), None).await;
    let [li] = told(&room, ["li"]).await;
    let over =
        format!("建议 {number} 已经答复，不能再补充、修改或撤回。有新的情况，请另提一条建议。");
    assert_eq!(li, [over.clone(), over]);
}

#[tokio::test]
async fn what_is_added_to_what_was_taken_back_is_told_so_and_taking_back_twice_says_the_same() {
    let room = office().await;
    let (number, question) = asked(&room).await;
    for _ in 0..2 {
        room.writes("li", &format!("/撤回 {number}"), None).await;
        let [li] = told(&room, ["li"]).await;
        assert_eq!(li, [format!("建议 {number} 已撤回，内容将于 12月1日 彻底删除。")]);
    }
    room.writes("li", "是东门的两盏灯", Some(&question.message)).await;
    let [li] = told(&room, ["li"]).await;
    assert_eq!(li, [format!("建议 {number} 已经撤回，不再办理。需要时请重新提交。")]);
}

#[tokio::test]
async fn a_question_may_be_answered_until_the_end_of_the_day_that_it_names() {
    let room = office().await;
    let (_, question) = asked(&room).await;
    assert!(question.text.contains("请在 12月1日 前"), "{}", question.text);
    // Nine in the morning is when it was asked.
    room.later(7 * DAY + Duration::from_hours(14)).await;
    assert_eq!(room.in_phase(PhaseName::NeedInfo).await.len(), 1);
    room.later(Duration::from_hours(1)).await;
    assert_eq!(room.in_phase(PhaseName::NeedInfo).await.len(), 0);
}

#[tokio::test]
async fn submitting_twice_is_told_so_and_what_is_gone_is_told_to_be_gone() {
    let room = office().await;
    room.writes("li", "路口需要红绿灯", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "提交").await;
    let number = room.all().await[0].number.to_string();
    room.deliver().await;
    for label in ["提交", "不提交"] {
        room.presses("li", direct("li"), &question, label).await;
        let heard = room.heard(&direct("li")).await;
        let words = format!("这条内容已经提交过了（编号 {number}），不用再发。进展请发送 /我的。");
        assert_eq!(heard.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), [words]);
    }
    // In a group nobody reads the number.
    room.replies("li", "公园应当多装几盏路灯", "1").await;
    let asked = room.last(&group()).await;
    room.presses("li", group(), &asked, "提交").await;
    room.deliver().await;
    room.presses("li", group(), &asked, "提交").await;
    let heard = room.heard(&group()).await;
    assert_eq!(heard[0].text, "这条内容已经提交过了，不用再发。进展请私聊我发送 /我的。");
    assert_eq!(heard.len(), 1);

    let mut call = room.call("li").await;
    room.desk.forget_me(&mut call).await.expect("forgets");
    room.desk.commit(call).await.expect("commits");
    room.deliver().await;
    room.presses("li", direct("li"), &question, "提交").await;
    let heard = room.heard(&direct("li")).await;
    assert_eq!(heard[0].text, "这条内容已被删除。需要时请重新发送。");
}

#[tokio::test]
async fn forgetting_twice_leaves_the_report_of_the_first_time() {
    let room = office().await;
    room.submitted("li", "路口需要红绿灯").await;
    room.writes("li", "/忘记我", None).await;
    let question = room.last(&direct("li")).await;
    room.presses("li", direct("li"), &question, "全部删除").await;
    let first = room.heard(&direct("li")).await;
    assert!(first.iter().any(|s| s.text.contains("建议 1 条")), "{first:?}");
    room.presses("li", direct("li"), &question, "全部删除").await;
    let second = room.heard(&direct("li")).await;
    assert_eq!(second.len(), 1, "{second:?}");
    assert!(matches!(second[0].act, Act::AnswerPress { .. }), "{second:?}");
    assert_eq!(second[0].text, "没有与您有关的内容了，不用再删除。");
}

#[tokio::test]
async fn whoever_has_a_suggestion_is_told_when_its_submitter_takes_it_back_or_erases_it() {
    let room = office().await;
    room.staff("lead", &[Role::Lead]).await;
    let (number, _) = asked(&room).await;
    room.writes("li", &format!("/撤回 {number}"), None).await;
    let [rev, lead] = told(&room, ["rev", "lead"]).await;
    assert_eq!(rev, [format!("建议 {number} 已由提交人撤回，不用再办。")]);
    assert!(lead.is_empty(), "{lead:?}");
    room.writes("rev", &format!("/查看 {number}"), None).await;
    let [rev] = told(&room, ["rev"]).await;
    assert!(rev[0].contains("已撤回，12月1日 彻底删除"), "{rev:?}");

    let (number, _) = room.submitted("wu", "请在河上建一座机场").await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    room.writes("rev", &format!("/不采纳 {number} 暂不可行 河道管理规定不允许建设。"), None).await;
    room.deliver().await;
    let mut call = room.call("wu").await;
    room.desk.forget_me(&mut call).await.expect("forgets");
    room.desk.commit(call).await.expect("commits");
    let erased = [format!("建议 {number} 已由提交人彻底删除，不用再办。")];
    assert_eq!(told(&room, ["rev", "lead"]).await, [erased.to_vec(), erased.to_vec()]);
}

#[tokio::test]
async fn a_change_that_comes_too_late_is_told_in_the_authors_own_chat_and_can_be_added() {
    let room = office().await;
    let message = room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&group()).await;
    room.presses("li", group(), &question, "提交").await;
    let number = room.all().await[0].number.clone();
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.deliver().await;
    room.edits("li", group(), &message, "公园应当多装几盏路灯").await;
    assert!(room.deliver().await.is_empty(), "nothing has changed");
    room.edits("li", group(), &message, "公园应当多装几把长椅").await;
    let all = room.deliver().await;
    assert_eq!(all.len(), 1, "{all:?}");
    let (to, said) = &all[0];
    assert_eq!(*to, direct("li"));
    assert_eq!(
        said.text,
        format!("您的建议 {number} 已有工作人员在办，这次修改没有采用。要补充，请引用回复本条。")
    );
    room.writes("li", "长椅也不够，请一并考虑", Some(&said.message)).await;
    assert_eq!(room.in_phase(PhaseName::Claimed).await[0].texts.len(), 2);
}

#[tokio::test]
async fn a_photo_that_answers_a_question_is_told_not_to_be_kept() {
    let room = office().await;
    let (number, question) = asked(&room).await;
    room.sends("li", "就是这一盏", &question.message).await;
    let [li] = told(&room, ["li"]).await;
    assert_eq!(
        li,
        [format!(
            "收到补充，建议 {number} 继续办理。\n只保存文字：图片和文件没有收取，也不会随建议提交。"
        )]
    );
}
