//! What stands behind a verb, read word by word.

use super::When;
use crate::model::{At, Code, DeclineCode, Facet, Lang, Role, Ruling};

/// The first word, and what stands behind it.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((head, rest)) => (head, rest.trim()),
        None => (text, ""),
    }
}

/// A code, and what stands behind it.
pub(super) fn code_and(rest: &str) -> Option<(Code, &str)> {
    let (head, rest) = split_word(rest);
    Some((Code::parse(head)?, rest))
}

/// Reads what is said of something of which nobody knew whether it had arrived.
#[must_use]
pub fn ruling(word: &str) -> Option<Ruling> {
    match word.trim().to_lowercase().as_str() {
        "sent" | "已送达" | "送达" => Some(Ruling::Sent),
        "notsent" | "not-sent" | "未送达" => Some(Ruling::NotSent),
        "resend" | "重发" => Some(Ruling::Resend),
        _ => None,
    }
}

/// Reads a reason for declining: a reason's name, then the sentence for the submitter.
#[must_use]
pub fn decline(text: &str) -> Option<(DeclineCode, String)> {
    let (head, sentence) = split_word(text.trim());
    let code = match head.to_lowercase().as_str() {
        "remit" | "不属职权" => DeclineCode::OutsideRemit,
        "done" | "已有规定" => DeclineCode::AlreadyDone,
        "infeasible" | "暂不可行" => DeclineCode::NotFeasible,
        "vague" | "信息不足" => DeclineCode::TooVague,
        "other" | "其他" => DeclineCode::Other,
        _ => return None,
    };
    (sentence.chars().count() >= 4).then(|| (code, sentence.to_owned()))
}

/// Reads a choice behind the name of its side: `承办=城管科`, `unit: roads`. None where no side is named.
#[must_use]
pub fn of_facet(word: &str) -> Option<(Facet, &str)> {
    let (side, choice) = word.split_once(['=', '＝', ':', '：'])?;
    let facet = match side.trim().to_lowercase().as_str() {
        "kind" | "类型" => Facet::Kind,
        "category" | "类别" => Facet::Category,
        "area" | "区域" => Facet::Area,
        "unit" | "承办" | "承办单位" => Facet::Unit,
        _ => return None,
    };
    Some((facet, choice.trim()))
}

pub(super) fn language(word: &str) -> Option<Lang> {
    match word.to_lowercase().as_str() {
        "中文" | "汉语" | "zh" | "zh-cn" | "chinese" => Some(Lang::Zh),
        "english" | "en" | "英文" | "英语" => Some(Lang::En),
        _ => None,
    }
}

/// Reads a role's name in either language.
#[must_use]
pub fn role(word: &str) -> Option<Role> {
    Some(match word.trim().to_lowercase().as_str() {
        "administrator" | "admin" | "管理员" => Role::Administrator,
        "editor" | "编辑" => Role::Editor,
        "approver" | "审批人" => Role::Approver,
        "reviewer" | "审阅人" => Role::Reviewer,
        "lead" | "签批人" => Role::Lead,
        "custodian" | "保管人" => Role::Custodian,
        "keeper" | "转发人" => Role::Keeper,
        _ => return None,
    })
}

/// Reads a moment: `2026-11-30 09:00`, `11-30 09:00` is not taken (no year), `09:00`, `今天 09:00`,
/// `明天 09:00`, or RFC 3339 with an offset.
pub(super) fn moment(text: &str) -> Option<When> {
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    let text = text.trim().replace('：', ":");
    if let Ok(exact) = DateTime::parse_from_rfc3339(&text) {
        return Some(When::Moment(At::from(exact.with_timezone(&Utc))));
    }
    let time = |t: &str| NaiveTime::parse_from_str(t.trim(), "%H:%M").ok();
    if let Some(alone) = time(&text) {
        return Some(When::Local(None, alone));
    }
    let (day, rest) = split_word(&text);
    match day.to_lowercase().as_str() {
        "明天" | "tomorrow" => Some(When::Tomorrow(time(rest)?)),
        "今天" | "today" => Some(When::Today(time(rest)?)),
        _ => {
            let date = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(day, form).ok())?;
            Some(When::Local(Some(date), time(rest)?))
        }
    }
}
