//! The sentences about suggestions in Chinese.

use super::sorting::{SortingSays, facet_name, kind_name, reminder};
use super::{CaseSays, Kept, MineSays, SuggestionSays, TriageSays, decline_name, phase_name};
use crate::model::{Lang, PhaseName};
use crate::text::press::TriagePress;
use crate::text::say::help::usage;
use chrono::NaiveDate;

pub(super) fn zh(says: &SuggestionSays) -> String {
    use SuggestionSays as S;
    match says {
        S::ConsentQuestion { consent, hours } => {
            format!("这条内容要作为建议提交吗？\n{consent}\n{hours} 小时内不确认，将自动删除。")
        }
        S::WordsAlone => "只保存文字：图片和文件没有收取，也不会随建议提交。".to_owned(),
        S::ConsentQuestionGroup { hours } => format!(
            "要把这条留言作为建议提交吗？（仅留言者本人可选）\n{}\n{hours} 小时内不确认，将自动删除。",
            zh(&S::ConsentShort)
        ),
        S::ConsentShort => "提交后，工作人员只看到内容，看不到您的姓名和账号；内容加密保存，可随时撤回或删除。紧急情况请拨打 110、119、120。私聊我提建议时会显示完整说明。".into(),
        S::ConsentChanged => "提交说明已更新，请阅读新的说明后再确认。".into(),
        S::ButtonYes => "提交".into(),
        S::ButtonNo => "不提交".into(),
        S::TextChanged => "已按您修改后的内容更新。".into(),
        S::ChangedTooLate { number, page: None } => format!(
            "您的建议 {number} 已有工作人员在办，这次修改没有采用。要补充，请引用回复本条。"
        ),
        S::ChangedTooLate { number, page: Some(page) } => format!(
            "您的建议 {number} 已有工作人员在办，这次修改没有采用。要补充，请打开 {page} ，凭编号和查询码补充。"
        ),
        S::SubmittedHere => "已提交。回执和答复会私下告诉留言者本人；还没有私聊过我的，请先点下面的按钮打开私聊。".into(),
        S::SubmittedHereFindMe => "已提交。回执和答复会私下告诉留言者本人；没有收到的，请点我的头像或搜索我的名字打开私聊，发送 /我的。".into(),
        S::Submitted => "已提交，回执见下一条消息。".into(),
        S::SubmittedToast { number } => format!("已提交，编号 {number}。请到私聊查看回执。"),
        S::ButtonMine => "查看我的建议".into(),
        S::Receipt { number, secret, respond_by, url } => format!(
            "已收到您的建议。\n编号：{number}\n查询码：{secret}（只显示这一次，请妥善保存，不要转发）\n工作人员会在 {} 前回应，答复会发到这里。\n也可以用编号和查询码在这里查询：{url}\n随时可以撤回：/撤回 {number}",
            day(*respond_by)
        ),
        S::Discarded => "未提交，已删除。".into(),
        S::DraftLapsed => "您有一条内容超过时限没有确认：未提交，已删除。".into(),
        S::Question { number, question, until, page: None } => format!(
            "关于您的建议 {number}，想请您补充：\n{question}\n请在 {} 前引用回复本条；逾期将按现有内容办理。",
            day(*until)
        ),
        S::Question { number, question, until, page: Some(page) } => format!(
            "关于您的建议 {number}，想请您补充：\n{question}\n请在 {} 前打开 {page} ，凭编号和查询码补充；直接在这里回复会被当作新的内容。逾期将按现有内容办理。",
            day(*until)
        ),
        S::SupplementTaken { number } => format!("收到补充，建议 {number} 继续办理。"),
        S::GoesOnWithout { number } => format!("建议 {number} 未收到补充，将按现有内容继续办理。"),
        S::Accepted { number, unit, answer_by } => {
            format!("您的建议 {number} 已受理，由{unit}办理，将在 {} 前答复。", day(*answer_by))
        }
        S::Sorted { number, unit, answer_by } => format!(
            "您的建议 {number} 的受理信息有更正：由{unit}办理，将在 {} 前答复。",
            day(*answer_by)
        ),
        S::Answered { number, answer } => format!("您的建议 {number} 有答复了：\n{answer}"),
        S::Declined { number, code, reason } => format!(
            "您的建议 {number} 未予采纳（{}）：\n{reason}\n感谢您的关心。如有新的情况，欢迎再提。",
            decline_name(*code, Lang::Zh)
        ),
        S::Withdrawn { number, erase_on } => {
            format!("建议 {number} 已撤回，内容将于 {} 彻底删除。", day(*erase_on))
        }
        S::Mine(lines) if lines.is_empty() => {
            "您还没有提交过建议。引用回复推送，或直接给我发消息即可。".into()
        }
        S::Mine(lines) => lines.iter().map(mine).collect::<Vec<_>>().join("\n"),
        S::ForgetQuestion => "确定要删除与您有关的全部内容吗？您提交的建议、联系方式、订阅和设置都会彻底删除，无法恢复，未答复的建议也不再答复。".into(),
        S::ForgetButton => "全部删除".into(),
        S::Forgotten { suggestions, subscriptions, kept } => forgotten(*suggestions, *subscriptions, kept),
    }
}

pub(super) fn to_staff(says: &TriageSays) -> String {
    use TriageSays as S;
    match says {
        S::NewCase { number, post, respond_by } => {
            let about = post.as_ref().map(|p| format!("（针对《{p}》）")).unwrap_or_default();
            format!("收到新建议 {number}{about}，请于 {} 前回应。", day(*respond_by))
        }
        S::SupplementFor { number } => format!("建议 {number} 的提交人已补充内容，请继续办理。"),
        S::QuestionOver { number } => {
            format!("建议 {number} 的追问到期，没有收到补充。请按现有内容继续办理。")
        }
        S::LeaseOver { number } => format!("建议 {number} 认领后未办理，已放回收件箱。"),
        S::TakenBack { number } => format!("建议 {number} 已由提交人撤回，不用再办。"),
        S::Erased { number } => format!("建议 {number} 已由提交人彻底删除，不用再办。"),
        S::TakenOver { number, by } => {
            format!("建议 {number} 已由{by}接手，答复由其负责，您不用再办。")
        }
        S::DeclineToConfirm { number, code, reason } => format!(
            "同事提出对建议 {number} 不予采纳（{}），请审定：\n{reason}",
            decline_name(*code, Lang::Zh)
        ),
        S::DeclineReturned { number } => format!("建议 {number} 的“不采纳”被退回，请继续办理。"),
        S::InboxEmpty => "收件箱是空的，没有待办的建议。".into(),
        S::Unreadable => "（原文无法读取：密钥目录比数据旧，或内容已损坏。请告知管理员。）".into(),
        S::Inbox(lines) => {
            let line = |c: &CaseSays| {
                let post = c.post.as_ref().map(|p| format!("　《{p}》")).unwrap_or_default();
                let sorting = c
                    .sorting
                    .as_ref()
                    .map(|s| format!("　{}·{}", kind_name(s.kind, Lang::Zh), s.unit));
                let sorting = sorting.unwrap_or_default();
                format!("{}　{}{}{sorting}{post}", c.number, state(c), due(c))
            };
            let lines: Vec<_> = lines.iter().map(line).collect();
            format!(
                "待办建议（{} 件）：\n{}\n查看请发送：/查看 编号",
                lines.len(),
                lines.join("\n")
            )
        }
        S::Case(case) => case_of(case),
        S::AskHow { number } => {
            format!("请引用回复本条，写下要向建议 {number} 的提交人追问的问题。")
        }
        S::AnswerHow { number } => format!(
            "请引用回复本条，写下对建议 {number} 的答复：做了什么、何时完成，或为什么不能做。"
        ),
        S::DeclineHow { number } => format!(
            "请引用回复本条，写明不采纳建议 {number} 的理由：先写类别（不属职权、已有规定、暂不可行、信息不足、其他），空一格，再写给提交人的一句说明。"
        ),
        S::ByCommand { verb, number } => {
            format!("请发送：{}", usage(*verb, Lang::Zh).replacen("编号", number, 1))
        }
        S::LookFirst => "请核对下面的归类和答复日期，再按“受理”。".into(),
        S::ChooseFrom(facet) => format!("请选择{}。", facet_name(*facet, Lang::Zh)),
        S::Chosen { facet, title } => {
            format!("{}：{title}", facet_name(*facet, Lang::Zh))
        }
        S::SortedNow => "已归类。".into(),
        S::Reminder { what, numbers, named } => reminder(*what, (numbers, *named), Lang::Zh),
        S::Done(press) => match press {
            TriagePress::Show => "请看下面。",
            TriagePress::Claim | TriagePress::Next => "已认领。",
            TriagePress::Release => "已放回。",
            TriagePress::Ask => "问题已发给提交人。",
            TriagePress::Accept | TriagePress::TakeUp => "已受理，提交人会收到通知。",
            TriagePress::Sort => "请选择要改的一项。",
            TriagePress::Answer => "答复已发出。",
            TriagePress::Decline => "已提请签批人审定。",
            TriagePress::Confirm => "已同意，提交人会收到说明。",
            TriagePress::Return => "已退回重办。",
        }
        .into(),
    }
}

fn mine(line: &MineSays) -> String {
    let promised = line.promised.map(|by| match line.phase {
        PhaseName::NeedInfo => format!("，请在 {} 前补充", day(by)),
        PhaseName::Accepted | PhaseName::DeclineProposed => match &line.unit {
            Some(unit) => format!("，由{unit}办理，{} 前答复", day(by)),
            None => format!("，{} 前答复", day(by)),
        },
        PhaseName::Withdrawn => format!("，{} 彻底删除", day(by)),
        _ => format!("，{} 前回应", day(by)),
    });
    let mut lines = vec![format!(
        "{}　{}（{}提交）{}",
        line.number,
        phase_name(line.phase, Lang::Zh),
        day(line.on),
        promised.unwrap_or_default()
    )];
    for (label, words) in [("问题", &line.question), ("答复", &line.answer)] {
        if let Some(words) = words {
            lines.push(format!("　{label}：{words}"));
        }
    }
    lines.join("\n")
}

fn case_of(case: &CaseSays) -> String {
    let mut lines = vec![format!(
        "建议 {}（提交人代号 {}）\n{}{}",
        case.number,
        case.pseudonym,
        state(case),
        due(case)
    )];
    if let Some(sorting) = &case.sorting {
        lines.push(sorted(sorting));
    }
    if let Some(post) = &case.post {
        lines.push(format!("针对：《{post}》"));
    }
    if let Some(group) = &case.came_by {
        lines.push(format!("来自：扫“{group}”里二维码的人"));
    }
    for (nth, words) in case.texts.iter().enumerate() {
        let label = if nth == 0 { "内容".to_owned() } else { format!("补充 {nth}") };
        lines.push(format!("{label}：{words}"));
    }
    if let Some(question) = &case.question {
        lines.push(format!("已追问：{question}"));
    }
    if let Some((code, reason)) = &case.reason {
        lines.push(format!("拟不采纳（{}）：{reason}", decline_name(*code, Lang::Zh)));
    }
    if let Some(answer) = &case.answer {
        lines.push(format!("答复：{answer}"));
    }
    lines.join("\n")
}

fn state(case: &CaseSays) -> String {
    let name = match case.phase {
        PhaseName::DeclineProposed => "拟不采纳，待签批",
        phase => phase_name(phase, Lang::Zh),
    };
    match &case.by {
        Some(by) => format!("{name}（{by}）"),
        None if case.phase == PhaseName::Accepted => format!("{name}（待接手）"),
        None => name.to_owned(),
    }
}

fn due(case: &CaseSays) -> String {
    match case.due {
        Some(erased) if case.phase == PhaseName::Withdrawn => {
            format!("，{} 彻底删除", day(erased))
        }
        Some(due) if due < case.today => format!("，已过期（{}）", day(due)),
        Some(due) => format!("，限 {}", day(due)),
        None => String::new(),
    }
}

fn sorted(sorting: &SortingSays) -> String {
    let SortingSays { kind, category, area, unit, if_taken_up } = sorting;
    let kind = kind_name(*kind, Lang::Zh);
    let taken = if_taken_up.map(|by| format!("（受理后 {} 前答复）", day(by)));
    let taken = taken.unwrap_or_default();
    format!("归类：{kind} · {category} · {area} · {unit}办理{taken}")
}

fn forgotten(suggestions: usize, subscriptions: usize, kept: &[Kept]) -> String {
    let mut text = format!(
        "已删除：建议 {suggestions} 条，订阅 {subscriptions} 个，以及您的设置。密钥在几分钟内销毁，之后任何人都无法还原。\n仍然保留："
    );
    let words: Vec<_> = kept
        .iter()
        .map(|k| match k {
            Kept::Counts => "不含任何个人信息的计数和办理步骤",
            Kept::Roles => "您作为工作人员的角色（可请管理员撤销）",
            Kept::Away => "您已离开的记号（以免按单位的收件名单再次给您发信）",
            Kept::Platform => "聊天平台和群成员已经看到的消息（请在平台上自行删除）",
        })
        .collect();
    text.push_str(&words.join("；"));
    text.push('。');
    text
}

pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-m月%-d日").to_string()
}
