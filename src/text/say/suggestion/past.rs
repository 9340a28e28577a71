//! What submitters are told for whom it is too late.

use crate::model::{Lang, PhaseName};
use crate::text::Speak;

/// Why something cannot be done to a suggestion any more, for the one who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastRefusal {
    /// It is over, in one of the phases in which nothing is added, changed or taken back.
    Over {
        /// The receipt number.
        number: String,
        /// How it ended.
        phase: PhaseName,
    },
    /// It is no draft any more, but was submitted; under this number, where that may be said.
    Submitted(Option<String>),
    /// Nothing of theirs is left to forget.
    NothingLeft,
    /// So much was added that no more is taken.
    AddedEnough,
}

impl Speak for PastRefusal {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(refusal: &PastRefusal) -> String {
    use PastRefusal as R;
    match refusal {
        R::Over { number, phase: PhaseName::Answered } => {
            format!("建议 {number} 已经答复，不能再补充、修改或撤回。有新的情况，请另提一条建议。")
        }
        R::Over { number, phase: PhaseName::Declined } => format!(
            "建议 {number} 已经办结（不采纳），不能再补充、修改或撤回。有新的情况，请另提一条建议。"
        ),
        R::Over { number, phase: PhaseName::Withdrawn } => {
            format!("建议 {number} 已经撤回，不再办理。需要时请重新提交。")
        }
        R::Over { number, .. } => format!("建议 {number} 已经删除，不再办理。需要时请重新提交。"),
        R::Submitted(Some(number)) => {
            format!("这条内容已经提交过了（编号 {number}），不用再发。进展请发送 /我的。")
        }
        R::Submitted(None) => "这条内容已经提交过了，不用再发。进展请私聊我发送 /我的。".into(),
        R::NothingLeft => "没有与您有关的内容了，不用再删除。".into(),
        R::AddedEnough => "这条建议已经补充过多次，不能再加。有新的情况，请另提一条建议。".into(),
    }
}

fn en(refusal: &PastRefusal) -> String {
    use PastRefusal as R;
    match refusal {
        R::Over { number, phase: PhaseName::Answered } => format!(
            "Suggestion {number} has been answered: nothing can be added, changed or taken back any more. If there is news, please make another suggestion."
        ),
        R::Over { number, phase: PhaseName::Declined } => format!(
            "Suggestion {number} was declined: nothing can be added, changed or taken back any more. If there is news, please make another suggestion."
        ),
        R::Over { number, phase: PhaseName::Withdrawn } => format!(
            "Suggestion {number} was withdrawn, and nobody works on it any more. If you need it after all, please submit it again."
        ),
        R::Over { number, .. } => format!(
            "Suggestion {number} was erased, and nobody works on it any more. If you need it after all, please submit it again."
        ),
        R::Submitted(Some(number)) => format!(
            "This was submitted already, as {number}; there is no need to send it again. Send /mine to see how things stand."
        ),
        R::Submitted(None) => {
            "This was submitted already; there is no need to send it again. Send me /mine in a private chat to see how things stand.".into()
        }
        R::NothingLeft => "Nothing of yours is left; there is nothing more to erase.".into(),
        R::AddedEnough => {
            "So much was added to this suggestion already that no more is taken. If there is news, please make another suggestion.".into()
        }
    }
}
