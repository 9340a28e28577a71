//! The words of the reply form and of the receipt page.

use crate::model::Lang;
use crate::text::Speak;
use chrono::NaiveDate;

/// Words on the reply form and the receipt page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the words of its name")]
pub enum FormSays {
    Title,
    TextLabel,
    ConsentLabel,
    Submit,
    ReceiptTitle,
    NumberLabel,
    SecretLabel,
    LookUp,
    KeepSecret,
    RespondBy { day: NaiveDate },
    Standing,
    Asked,
    AnswerTitle,
    AddLabel,
    Add,
    Withdraw,
    Erase,
    ShowText,
    HideText,
    ErasedDone,
}

impl Speak for FormSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &FormSays) -> String {
    use FormSays as S;
    match says {
        S::Title => "提建议",
        S::TextLabel => "您的建议（至少四个字）",
        S::ConsentLabel => "我已阅读并同意以上说明",
        S::Submit => "提交",
        S::ReceiptTitle => "回执查询",
        S::NumberLabel => "编号",
        S::SecretLabel => "查询码",
        S::LookUp => "查询",
        S::KeepSecret => "查询码只显示这一次，请抄下或截图保存，不要转发他人。",
        S::RespondBy { day } => return format!("工作人员会在 {} 前回应。", super::zh::day(*day)),
        S::Standing => "办理状态",
        S::Asked => "需要您补充",
        S::AnswerTitle => "答复",
        S::AddLabel => "您的补充",
        S::Add => "提交补充",
        S::Withdraw => "撤回",
        S::Erase => "彻底删除",
        S::ShowText => "查看原文（需再次输入查询码）",
        S::HideText => "隐藏原文",
        S::ErasedDone => "已删除。只保留不含个人信息的计数和办理步骤。",
    }
    .into()
}

fn en(says: &FormSays) -> String {
    use FormSays as S;
    match says {
        S::Title => "Make a suggestion",
        S::TextLabel => "Your suggestion (at least four characters)",
        S::ConsentLabel => "I have read this and agree",
        S::Submit => "Submit",
        S::ReceiptTitle => "Look up a receipt",
        S::NumberLabel => "Number",
        S::SecretLabel => "Code",
        S::LookUp => "Look up",
        S::KeepSecret => {
            "The code is shown only this once. Write it down, and keep it to yourself."
        }
        S::RespondBy { day } => {
            return format!("Somebody will respond by {}.", day.format("%-d %B"));
        }
        S::Standing => "Where it stands",
        S::Asked => "We need to know more",
        S::AnswerTitle => "Answer",
        S::AddLabel => "What you would add",
        S::Add => "Add",
        S::Withdraw => "Withdraw",
        S::Erase => "Erase",
        S::ShowText => "Show what I wrote (enter the code again)",
        S::HideText => "Hide what I wrote",
        S::ErasedDone => "Erased. Only counts and the names of steps remain, with nobody in them.",
    }
    .into()
}
